"""All formulas of a workbook: their cells, and what each refers to, read once and only when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from tokenbook.templates.formulas.names import Names
from tokenbook.templates.formulas.reader import Reader, Reads
from tokenbook.templates.formulas.references import Area
from tokenbook.templates.formulas.tokens import Parsed, parse
from tokenbook.templates.ooxml import Package
from tokenbook.templates.ooxml.references import column_letters, parse_range, parse_ref

DATA_TABLE = "dataTable"
LARGEST_ARRAY = 100_000  # cells that one formula may fill


class FormulaCell(NamedTuple):
    """A formula: its sheet and cell, its text without "=", its kind as ``ooxml.Formula``, the area that it fills."""

    sheet: str
    ref: str
    text: str
    kind: str
    fills: Area

    @property
    def is_table(self) -> bool:
        """Whether it is a what-if data table, which only Excel calculates."""
        return self.kind == DATA_TABLE


class Formulas:
    """The formulas of a workbook, numbered sheet by sheet in the order of the file.

    The texts are those of the package when a sheet is first asked for: constants may change meanwhile, formulas not.
    What ``read`` has taken apart, those of another copy of the workbook, is not read again.
    """

    def __init__(self, package: Package, read: Formulas | None = None):
        self.package = package
        self._cells: dict[str, list[FormulaCell]] = {}
        self._parsed: dict[str, Parsed | None] = {} if read is None else read._parsed
        self._reads: dict[tuple[str, str], Reads] = {}  # of a text on a sheet
        self._at: dict[str, dict[tuple[int, int], FormulaCell]] = {}

    @cached_property
    def names(self) -> Names:
        """What names and tables stand for."""
        return Names(self.package)

    @cached_property
    def reader(self) -> Reader:
        """Resolves references in this workbook."""
        return Reader(self.package, self.names)

    def __iter__(self) -> Iterator[FormulaCell]:
        for sheet in self.package.sheets:
            yield from self.on(sheet)

    def on(self, sheet: str) -> list[FormulaCell]:
        """The formulas of a sheet, in the order of the file."""
        folded = sheet.casefold()
        if folded not in self._cells:
            self._cells[folded] = list(self._read(folded)) if sheet in self.package.sheets else []
        return self._cells[folded]

    def _read(self, folded: str) -> Iterator[FormulaCell]:
        name = self.package.sheets.spelling(folded)
        for ref, text, kind, array_ref in self.package.formulas(name):
            if array_ref:
                fills = Area(folded, *parse_range(array_ref))
            else:
                row, column = parse_ref(ref)
                fills = Area(folded, row, column, row, column)
            yield FormulaCell(name, ref, text, kind, fills)

    def at(self, sheet: str, row: int, column: int) -> FormulaCell | None:
        """The formula whose result a cell shows: its own, or that of the array that fills it."""
        return self.by_cell(sheet).get((row, column))

    def by_cell(self, sheet: str) -> dict[tuple[int, int], FormulaCell]:
        """Every calculated cell of a sheet, by row and column, with its formula."""
        folded = sheet.casefold()
        if folded not in self._at:
            found = self._at[folded] = {}
            for cell in self.on(sheet):
                _, top, left, bottom, right = cell.fills
                if top == bottom and left == right:
                    found[top, left] = cell
                elif cell.fills.size <= LARGEST_ARRAY:
                    found |= dict.fromkeys(cell.fills.cells(), cell)
                else:
                    found[top, left] = cell
        return self._at[folded]

    def parsed(self, text: str) -> Parsed | None:
        """A formula taken apart; each different text is read once. None for text that is no formula."""
        if text not in self._parsed:
            self._parsed[text] = parse(text)
        return self._parsed[text]

    def reads(self, cell: FormulaCell) -> Reads:
        """What a formula refers to; a what-if table the formulas and values along its upper and left edge."""
        if cell.is_table:
            sheet, top, left, bottom, right = cell.fills
            return Reads((Area(sheet, max(1, top - 1), max(1, left - 1), bottom, right),))
        key = cell.text, cell.fills.sheet
        if key not in self._reads:
            parsed = self.parsed(cell.text)
            self._reads[key] = Reads(opaque=True) if parsed is None else self.reader.resolve(parsed, cell.sheet)
        return self._reads[key]

    def calculated(self, sheet: str) -> dict[str, str | None]:
        """The cells of a sheet that an engine calculates: reference -> formula, or None for the others of an array."""
        cells: dict[str, str | None] = {}
        others: list[str] = []
        for cell in self.on(sheet):
            if cell.is_table:
                continue  # its values stay
            cells[cell.ref] = cell.text
            if cell.fills.size > 1:
                others += [f"{column_letters(column)}{row}" for row, column in cell.fills.cells()]
        for ref in others:
            cells.setdefault(ref, None)
        return cells

    def is_calculated(self, sheet: str, ref: str) -> bool:
        """Whether a cell has a formula or is filled by one that an engine calculates."""
        cell = self.at(sheet, *parse_ref(ref))
        return cell is not None and not cell.is_table
