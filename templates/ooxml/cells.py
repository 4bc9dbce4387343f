"""Cells as Python values: what a sheet's `<c>` elements say, shared strings and shared formulas resolved."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from .errors import PackageError
from .references import LAST_COLUMN, LAST_ROW, Bounds, Place, column_number, inside, parse_range, parse_ref
from .shared import SharedFormula
from .sheetscan import PREFIX, CellSpan, Row, SheetScan, text_of_runs, text_run_pattern
from .values import iso_serial
from .xmlcheck import check, lexing_copy
from .xmlscan import ATTRIBUTE, ATTRIBUTES, resolve_escapes, unescape

CellValue: TypeAlias = float | str | bool | None
PLAIN_NUMBER = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,2})?")
MOST_STRINGS = 8_000_000  # entries of the shared strings table


class Cell(NamedTuple):
    """One cell.

    `value` is float, str, bool or None; `kind` is number, string, bool, error or blank. `formula` has no
    leading "=", shared formulas are translated to this cell; `formula_kind` is normal, shared, array or
    dataTable (None without formula). `array_ref` is the range an array or data table fills; `dynamic` marks
    arrays that spill. `style` indexes the cell formats.
    """

    ref: str
    row: int
    column: int
    value: CellValue = None
    kind: str = "blank"
    formula: str | None = None
    formula_kind: str | None = None
    array_ref: str | None = None
    shared_index: int | None = None
    style: int = 0
    dynamic: bool = False


class Held(NamedTuple):
    """What a cell holds: its place, value and kind as in `Cell`, and whether a formula gives it."""

    row: int
    column: int
    value: CellValue
    kind: str
    has_formula: bool


class Formula(NamedTuple):
    """A formula cell: text without "=", kind as in Cell, and the range an array fills."""

    ref: str
    text: str
    kind: str
    array_ref: str | None


class CellReader:
    """Turns the spans of one SheetScan into Cells.

    Parameters
    ----------
    scan : SheetScan
    strings : callable
        Index to text of the shared strings table.
    date1904 : bool
    dynamic_metadata : frozenset of int
        The `cm` values that mark a dynamic array.
    """

    def __init__(
        self, scan: SheetScan, strings: Callable[[int], str], date1904: bool, dynamic_metadata: frozenset[int]
    ):
        self.scan, self.strings, self.date1904 = scan, strings, date1904
        self.dynamic_metadata = dynamic_metadata
        self._shared: dict[int, SharedFormula] | None = None

    def all(self) -> Iterator[Cell]:
        """Iterate all cells in file order."""
        for row in self.scan.rows:
            yield from self._row(row)

    def _row(self, row: Row) -> Iterator[Cell]:
        """The cells of a row: by one regular expression while they look like Excel's own, else one by one."""
        yield from self._row_from(row, row.open_end)

    def _row_from(self, row: Row, at: int) -> Iterator[Cell]:
        lexed = self.scan.lexed
        if self.scan.straight:
            while found := self.scan.plain_cell(at, row.close_start):
                plain = found.re is self.scan.excel_cell
                yield self.read_excel_cell(found) if plain else self.read_inline_cell(found)
                at = found.end()
            if lexed[at : row.close_start].isspace():
                return
        for span in self.scan.cells_of(row) if at < row.close_start else ():
            if span.start >= at:
                yield self.read(span)

    def held(self) -> Iterator[Held]:
        """What every cell holds, whatever its formula says: a third of the time that whole Cells take."""
        excel_cell = self.scan.excel_cell
        for row in self.scan.rows:
            at, stop, lexed = row.open_end, row.close_start, self.scan.lexed
            while self.scan.straight and (found := excel_cell.match(lexed, at, stop)):
                letters, digits, _, type_, _, f_marks, _, text = found.groups()
                if text and (type_ is None or type_ == b"n") and PLAIN_NUMBER.fullmatch(text):
                    yield Held(int(digits), column_number(letters), float(text), "number", f_marks is not None)
                else:
                    cell = self.read_excel_cell(found)
                    yield Held(cell.row, cell.column, cell.value, cell.kind, f_marks is not None)
                at = found.end()
            for cell in self._row_from(row, at):
                yield Held(cell.row, cell.column, cell.value, cell.kind, cell.formula is not None)

    def read_excel_cell(self, found: re.Match[bytes]) -> Cell:
        """The Cell that `SheetScan.excel_cell` matched."""
        letters, digits, style, type_, more, f_marks, f_text, value = found.groups()
        row, column, ref = int(digits), column_number(letters), (letters + digits).decode()
        if row > LAST_ROW or column > LAST_COLUMN:
            raise PackageError(f"{ref} lies outside the grid: repair the file in Excel first")
        value, kind = self._value(ref, type_ or b"n", value)
        style = int(style) if style else 0
        if f_marks is None:
            return Cell(ref, row, column, value, kind, style=style)
        text, formula_kind, array_ref, shared_index = self._formula(ref, f_marks, f_text or b"")
        dynamic = formula_kind == "array" and self._dynamic(_attributes(more), ref)
        return Cell(
            ref, row, column, value, kind, text, formula_kind, array_ref, shared_index, style, dynamic
        )  # fmt: skip

    def read_inline_cell(self, found: re.Match[bytes]) -> Cell:
        """The Cell that `SheetScan.inline_cell` matched."""
        letters, digits, style, text = found.groups()
        ref = (letters + digits).decode()
        row, column, _, _ = parse_range(ref)
        style = int(style) if style else 0
        if text is None:
            return Cell(ref, row, column, style=style)
        return Cell(ref, row, column, resolve_escapes(unescape(text)), "string", style=style)

    def _dynamic(self, marks: dict[bytes, bytes], ref: str) -> bool:
        return _integer(marks.get(b"cm", b"0"), ref) in self.dynamic_metadata

    def within(self, bounds: Bounds) -> Iterator[Cell]:
        """Iterate the cells inside (row1, column1, row2, column2), in file order."""
        for row in self.scan.rows:
            if bounds[0] <= row.number <= bounds[2]:
                for span in self.scan.cells_of(row):
                    if inside(bounds, span.row, span.column):
                        yield self.read(span)

    def read(self, span: CellSpan) -> Cell:
        """The Cell of a CellSpan."""
        ref = span.ref
        marks = _attributes(self.scan.lexed[span.start : span.open_end])
        inner = self.scan.inner(span)
        type_ = marks.get(b"t", b"n")
        if type_ == b"inlineStr":
            value: CellValue = None if inner.is_start is None else resolve_escapes(inner.is_text)
            kind = "blank" if value is None else "string"
        else:
            value, kind = self._value(ref, type_, inner.v_text)
        style = _integer(marks.get(b"s", b"0"), ref)
        if inner.f_start is None:
            return Cell(ref, span.row, span.column, value, kind, style=style)
        text, formula_kind, array_ref, shared_index = self._formula(ref, inner.f_tag, inner.f_text)
        dynamic = formula_kind == "array" and self._dynamic(marks, ref)
        return Cell(
            ref, span.row, span.column, value, kind, text, formula_kind, array_ref, shared_index, style, dynamic
        )  # fmt: skip

    def formulas(self) -> Iterator[Formula]:
        """Iterate the Formulas of the sheet."""
        opening = b"f" if self.scan.root_prefix is None else b"<" + self.scan.root_prefix + b"f"
        for row in self.scan.rows:
            if self.scan.lexed.find(opening, row.open_end, row.close_start) >= 0:
                yield from self._formulas_of(row)

    def _formulas_of(self, row: Row) -> Iterator[Formula]:
        """The Formulas of a row; where its cells look like Excel's own, without reading their values."""
        at, lexed, f_marks, f_text = row.open_end, self.scan.lexed, 6, 7
        if self.scan.straight:
            while found := self.scan.plain_cell(at, row.close_start):
                at = found.end()
                if found.re is self.scan.excel_cell and found[f_marks] is not None:
                    ref = (found[1] + found[2]).decode()
                    parse_range(ref)  # inside the grid
                    text, kind, array_ref, _ = self._formula(ref, found[f_marks], found[f_text] or b"")
                    yield Formula(ref, text, kind, array_ref)
            if lexed[at : row.close_start].isspace():
                return
        for span in self.scan.cells_of(row) if at < row.close_start else ():
            if span.start >= at:
                cell = self.read(span)
                if cell.formula is not None and cell.formula_kind is not None:
                    yield Formula(cell.ref, cell.formula, cell.formula_kind, cell.array_ref)

    def _value(self, ref: str, kind: bytes, raw: bytes | None) -> tuple[CellValue, str]:
        """(value, kind) of the raw text of `<v>` (None if there is none) in a cell of type `kind`."""
        if raw is None or (kind != b"str" and not raw.strip()):
            return None, "blank"
        if kind == b"n":
            return _number(raw, ref), "number"
        if kind == b"s":
            return self.strings(_integer(raw, ref)), "string"
        if kind == b"str":
            return resolve_escapes(unescape(raw)), "string"
        text = unescape(raw).strip()
        if kind == b"b":
            return text in ("1", "true"), "bool"
        if kind == b"e":
            return text, "error"
        if kind == b"d":
            return iso_serial(text, self.date1904), "number"
        raise PackageError(f"{ref} has the unknown type {kind!r}: repair the file in Excel first")

    def _formula(self, ref: str, tag: bytes, raw: bytes) -> tuple[str, str, str | None, int | None]:
        """(text, kind, array range, shared index) of `<f>`, from its start tag and raw text."""
        text = unescape(raw)
        marks = _attributes(tag) if b"=" in tag else {}
        kind = marks.get(b"t", b"normal")
        if kind == b"shared":
            index = _integer(marks.get(b"si", b"0"), ref)
            return (text or self._shared_text(index, ref)), "shared", None, index
        if kind in (b"array", b"dataTable"):
            return text, kind.decode(), unescape(marks.get(b"ref", b"")) or ref, None
        return text, "normal", None, None

    def _shared_text(self, index: int, ref: str) -> str:
        """The text of a formula that shares another one's, moved to `ref`."""
        if self._shared is None:
            self._shared = self._shared_masters()
        if index not in self._shared:
            return ""  # an orphan: its master was overwritten; Excel shows the cached value only
        return self._shared[index].at(*parse_ref(ref))

    def _shared_masters(self) -> dict[int, SharedFormula]:
        masters: dict[int, SharedFormula] = {}
        for row in self.scan.rows:
            if b"shared" not in self.scan.lexed[row.open_end : row.close_start]:
                continue
            for span in self.scan.cells_of(row):
                inner = self.scan.inner(span)
                if inner.f_text and b"shared" in inner.f_tag:
                    marks = _attributes(inner.f_tag)
                    if marks.get(b"t") == b"shared":
                        index = _integer(marks.get(b"si", b"0"), span.ref)
                        masters.setdefault(index, SharedFormula(unescape(inner.f_text), span.ref))
        return masters

    def arrays(self) -> dict[Place, Bounds]:
        """dict of anchor (row, column) to bounds of every array formula and data table of the sheet."""
        scan = self.scan
        if scan.lexed.find(b"ref", scan.data_open_end, scan.data_close_start) < 0:
            return {}  # much faster than the pattern
        tags = scan.pattern("f").finditer(scan.lexed, scan.data_open_end, scan.data_close_start)
        rows = {row for tag in tags if b"ref" in tag[0] and (row := scan.row_at(tag.start()))}
        return {
            (cell.row, cell.column): parse_range(cell.array_ref)
            for row in sorted(rows)
            for cell in self._row(row)
            if cell.array_ref is not None
        }


class SharedStrings:
    """The shared strings table; texts are decoded when asked for."""

    def __init__(self, text: bytes, name: str):
        root = check(text, name)
        lexed = lexing_copy(text, name, root)
        prefix = PREFIX if not root.plain else re.escape(root.prefix.encode() + b":") if root.prefix else b""
        item = rb"<" + prefix + rb"si(?=[\s/>])" + ATTRIBUTES + rb"(?:(?<=/)>|>(.*?)</" + prefix + rb"si\s*>)"
        self._run = text_run_pattern(prefix)
        self._text, self._lexed, self._name = text, lexed, name
        self._starts, self._stops = array("q"), array("q")
        for match in re.finditer(item, lexed, re.DOTALL):
            if len(self._starts) >= MOST_STRINGS:
                raise PackageError(f"refused: {name} has more than {MOST_STRINGS:,} texts")
            self._starts.append(match.start(1))
            self._stops.append(match.end(1))
        self._decoded: dict[int, str] = {}

    def __call__(self, index: int) -> str:
        if index not in self._decoded:
            self._decoded[index] = self._decode(index)
        return self._decoded[index]

    def _decode(self, index: int) -> str:
        if index >= len(self._starts):
            raise PackageError(f"{self._name} has no text {index}, which a cell uses: repair the file in Excel first")
        start, stop = self._starts[index], self._stops[index]  # -1 for <si/>
        return resolve_escapes(text_of_runs(self._run, self._lexed, self._text, start, stop)) if stop > 0 else ""


def _attributes(tag: bytes) -> dict[bytes, bytes]:
    """Raw attribute values (bytes) by raw name; unescaping is the caller's where it can matter."""
    return {m[1]: m[2] if m[2] is not None else m[3] for m in ATTRIBUTE.finditer(tag)}


def _integer(raw: bytes, ref: str) -> int:
    text = raw.strip()
    if text.isdigit() and len(text) < 10:
        return int(text)
    raise PackageError(f"{ref} holds {raw[:40]!r} where an index belongs: repair the file in Excel first")


def _number(raw: bytes, ref: str) -> float:
    try:
        value = float(raw)
    except ValueError:
        value = math.nan
    if math.isfinite(value) and b"_" not in raw:  # Python also reads nan, inf and 1_000; a workbook may not
        return value
    text = unescape(raw).strip()
    if text.encode() != raw:
        return _number(text.encode(), ref)
    raise PackageError(f"{ref} holds {text[:40]!r} where a number belongs: repair the file in Excel first")
