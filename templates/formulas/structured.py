"""Structured references (``Deals[Amount]``, ``Deals[[#This Row],[Amount]]``) as the cells that they stand for."""

from __future__ import annotations

import re

from tokenbook.templates.formulas.references import Area, quoted
from tokenbook.templates.ooxml import Package, Table
from tokenbook.templates.ooxml.references import column_letters, parse_ref

REFERENCE = re.compile(r"([^\[\]!']*)\[(.*)\]", re.DOTALL)
ITEM = re.compile(r"\[((?:[^\[\]']|'.)*)\]", re.DOTALL)
ESCAPED = re.compile(r"'(.)", re.DOTALL)
ROW_WORDS = ("#all", "#data", "#headers", "#totals", "#this row")


class Tables:
    """The tables of a workbook."""

    def __init__(self, package: Package):
        self._by_name: dict[str, tuple[str, Table]] = {}
        self._of_sheet: dict[str, list[tuple[str, Table]]] = {}
        for sheet in package.sheets:
            for table in package.tables(sheet):
                self._by_name[table.name.casefold()] = sheet, table
                self._of_sheet.setdefault(sheet.casefold(), []).append((sheet, table))

    def __bool__(self) -> bool:
        return bool(self._by_name)

    def names(self) -> set[str]:
        """The names of the tables, case-folded."""
        return set(self._by_name)

    def areas(self, name: str, sheet: str | None) -> tuple[Area, ...]:
        """The whole area of a table; without a name, of those on a sheet, one of which it must be."""
        if name:
            found = [self._by_name[name.casefold()]] if name.casefold() in self._by_name else []
        else:
            found = self._of_sheet.get(sheet.casefold(), []) if sheet else []
        return tuple(Area(owner.casefold(), *table.bounds) for owner, table in found)

    def cells(self, operand: str, sheet: str, ref: str, one: bool) -> str | None:
        """The cells of an operand, such as ``Calc!$B$2:$B$9``; None if it is no structured reference that is known.

        Parameters
        ----------
        operand : str
        sheet, ref : str
            The cell whose formula it is; its row is "this row".
        one : bool
            Whether the formula takes one value here. ``[Amount]`` alone, as Excel 2007 wrote it, is then this row's.
        """
        found = REFERENCE.fullmatch(operand)
        name, inside = (found[1].casefold(), found[2]) if found else (operand.casefold(), "")
        row, column = parse_ref(ref)
        holder = self._by_name.get(name) if name else self._around(sheet, row, column)
        items = _items(inside)
        if holder is None or items is None:
            return None
        words, columns = items
        owner, table = holder
        if one and not name and not words and columns:
            words = ["#this row"]
        rows = _rows(table, words, row)
        span = _columns(table, columns)
        if rows is None or span is None:
            return None
        first, last = (f"${column_letters(c)}${r}" for c, r in zip(span, rows, strict=True))
        return f"{quoted(owner)}!{first}" + (f":{last}" if first != last else "")

    def _around(self, sheet: str, row: int, column: int) -> tuple[str, Table] | None:
        for owner, table in self._of_sheet.get(sheet.casefold(), ()):
            top, left, bottom, right = table.bounds
            if top <= row <= bottom and left <= column <= right:
                return owner, table
        return None


def _items(inside: str) -> tuple[list[str], list[str]] | None:
    """(words, column names) between the brackets; two names are the ends of a run. None if it is something else."""
    this_row = inside.startswith("@")
    inside = inside.removeprefix("@")
    found = ITEM.findall(inside) if inside.startswith("[") else [inside] if inside else []
    words = [item.casefold() for item in found if item.casefold() in ROW_WORDS]
    columns = [ESCAPED.sub(r"\1", item) for item in found if item.casefold() not in ROW_WORDS]
    separators = re.sub(r"\s", "", ITEM.sub("", inside)) if inside.startswith("[") else ""
    plain = "," * (len(found) - 1) if len(columns) < 2 else "," * len(words) + ":"
    if separators != plain or len(columns) > 2:
        return None
    return (["#this row"] if this_row else words), columns


def _rows(table: Table, words: list[str], row: int) -> tuple[int, int] | None:
    """First and last row of what the words mean; None where there is no such row."""
    top, _, bottom, _ = table.bounds
    data = top + table.header_rows, bottom - table.totals_rows
    if words == ["#this row"]:
        return (row, row) if data[0] <= row <= data[1] else None
    places: dict[str, tuple[int, int] | None] = {
        "#all": (top, bottom),
        "#data": data,
        "#headers": (top, top) if table.header_rows else None,
        "#totals": (bottom, bottom) if table.totals_rows else None,
    }
    runs = [run for word in words or ["#data"] if (run := places.get(word)) is not None]
    if len(runs) < len(words or ["#data"]) or data[0] > data[1]:
        return None
    return min(first for first, _ in runs), max(last for _, last in runs)


def _columns(table: Table, columns: list[str]) -> tuple[int, int] | None:
    """First and last column of the names; None where one is unknown."""
    _, left, _, right = table.bounds
    known = {name.casefold(): left + place for place, name in enumerate(table.columns)}
    places = [known[name.casefold()] for name in columns if name.casefold() in known]
    if len(places) < len(columns):
        return None
    return (min(places), max(places)) if places else (left, right)
