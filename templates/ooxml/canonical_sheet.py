"""One sheet of the canonical copy: cells in order, each with its address and its value written by its type."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from .cells import Cell
from .errors import PackageError
from .formula_words import Wording
from .references import LAST_COLUMN, LAST_ROW, Ranges, column_number, parse_range, range_text, to_ref
from .values import number_text
from .views import SheetView
from .xmlscan import attributes, escape_attribute, escape_formula, escape_text

NUMBER_TYPES = (None, b"n")
NUMBER = re.compile(rb"[-+]?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?")
# Cells that stay as they are, next to each other: formulas without brackets, which may lead elsewhere, numbers, blanks.
HEAD = rb'<c r="[A-Z]{1,3}[1-9][0-9]{0,6}"(?: s="[0-9]{1,5}")?'
RUN = re.compile(
    rb"(?:" + HEAD + rb'(?: t="(?:n|str|b|e)")?><f>[^<\[\r]+</f>(?:<v>[^<]*</v>|<v/>)?</c>|'
    + HEAD + rb'(?: t="n")?(?:/>|>(?:<v>' + NUMBER.pattern + rb"</v>)?</c>))++"
)  # fmt: skip
REFERENCE, STYLE = re.compile(rb'<c r="([A-Z]+)([0-9]+)"'), re.compile(rb'" s="([0-9]+)"')
HIDDEN = re.compile(rb"""\shidden\s*=\s*["'](?:1|true)["']""")
DATA_TABLE_MARKS = ("ref", "dt2D", "dtr", "del1", "del2", "r1", "r2")
MOST_STYLES = 65_536  # Excel's own limit is 65,490
CELL_START = len(b'<c r="')
ROW_SHIFT, COLUMN_MASK = 15, (1 << 15) - 1  # a place in the grid as one number


@dataclass
class SheetCopy:
    """What a sheet became."""

    body: bytes = b""  # sheetData and merged cells
    formulas: int = 0
    frozen: list[str] = field(default_factory=list)  # cells that hold their stored value instead of their formula
    styles: int = 1  # so many cell formats have to exist


def copied(
    view: SheetView, wording: Wording, text_number: Callable[[str], int], kept: Collection[str] | None
) -> SheetCopy:
    """The sheet as engines read it.

    Parameters
    ----------
    view : SheetView
    wording : Wording
    text_number : callable
        Text to its number in the copy's table of texts.
    kept : collection of str, optional
        References of the formulas to keep; the cells of the others stand still with the values of the file.
    """
    return _Writer(view, wording, text_number, kept).written()


class _Writer:
    def __init__(
        self, view: SheetView, wording: Wording, text_number: Callable[[str], int], kept: Collection[str] | None
    ):
        self.view, self.scan, self.reader = view, view.scan, view.reader
        self.wording, self.text_number, self.kept = wording, text_number, kept
        self.copy = SheetCopy()
        self.cells: list[tuple[int, int, bytes]] = []  # first place, last place, elements
        self.met = 0  # formulas, whatever becomes of them
        arrays = {place: bounds for place, bounds in view.arrays.items() if bounds[:2] != bounds[2:]}
        self.spills = [bounds for place, bounds in arrays.items() if self._calculated(view.cell(*place))]
        self.filled = Ranges(self.spills)  # an engine takes the values that an array fills for obstacles to it

    def _calculated(self, cell: Cell) -> bool:
        if cell.formula_kind != "array" or not (self.kept is None or cell.ref in self.kept):
            return False
        return self.wording.formula(cell.formula or "") is not None

    def written(self) -> SheetCopy:
        plain = self.scan.straight and self.scan.root_prefix == b"" and not self.wording.changes_names
        self._collect(runs=plain and not self.spills and self.kept is None)
        if not self._in_order():
            self._collect(runs=False)
            self._sort()
        self._check_count()
        self.copy.body = b"".join((b"<sheetData>", *self._rows(), b"</sheetData>", self._merged()))
        return self.copy

    def _collect(self, runs: bool) -> None:
        """Go through the cells in the order of the file; `runs`: whether many may be taken at once."""
        self.copy, self.cells, self.met = SheetCopy(), [], 0
        for row in self.scan.rows:
            at, stop = row.open_end, row.close_start
            while self.scan.straight and at < stop:
                if runs and (many := RUN.match(self.scan.lexed, at, stop)) and self._run(many[0]):
                    at = many.end()
                elif found := self.scan.plain_cell(at, stop):
                    at = found.end()
                    self._plain(found)
                else:
                    break
            if self.scan.lexed[at:stop].isspace():
                continue
            for span in self.scan.cells_of(row) if at < stop else ():
                if span.start >= at:
                    self._add(self.reader.read(span), self.scan.inner(span).f_tag)

    # ---- cells ---------------------------------------------------------------------------------------------

    def _run(self, cells: bytes) -> bool:
        """Neighbours that stay as they are, taken as one piece; False if they are no neighbours in one row."""
        places = [int(row) << ROW_SHIFT | column_number(column) for column, row in REFERENCE.findall(cells)]
        first, last = places[0], places[-1]
        if first >> ROW_SHIFT != last >> ROW_SHIFT or last >> ROW_SHIFT > LAST_ROW or last & COLUMN_MASK > LAST_COLUMN:
            return False
        if any(left >= right for left, right in pairwise(places)):
            return False
        formulas = cells.count(b"<f>")
        self.met += formulas
        self.copy.formulas += formulas
        self._needs_style(max(map(int, STYLE.findall(cells)), default=0))
        self.cells.append((first, last, cells))
        return True

    def _plain(self, found: re.Match[bytes]) -> None:
        """A cell that one of the scan's patterns matched; most are taken as they are."""
        if found.re is self.scan.inline_cell:
            self._inline(found)
            return
        letters, digits, style, type_, more, f_marks, f_text, value = found.groups()
        row, column = int(digits), column_number(letters)
        if f_marks is None:
            stays = value and type_ in NUMBER_TYPES and NUMBER.fullmatch(value)
            if stays and self.spills and self.filled.covering(row, column):
                return
        else:
            stays = f_text and type_ != b"s" and b"t=" not in f_marks
            stays = stays and b"[" not in f_text and b"\r" not in f_text and not self.wording.changes_names
            if stays and self.kept is not None:
                stays = (letters + digits).decode() in self.kept
        if not stays or more or self.scan.root_prefix or row > LAST_ROW or column > LAST_COLUMN:
            self._add(self.reader.read_excel_cell(found), b"<f%s>" % (f_marks or b""))
            return
        self._append(row, column, found.string[found.start(1) - CELL_START : found.end()], int(style or 0))
        if f_marks is not None:
            self.met += 1
            self.copy.formulas += 1

    def _inline(self, found: re.Match[bytes]) -> None:
        """A text inside its cell: into the table of texts with it."""
        letters, digits, style, text = found.groups()
        row, column = int(digits), column_number(letters)
        if text is None or b"&" in text or b"_x" in text or b"\r" in text or row > LAST_ROW or column > LAST_COLUMN:
            self._add(self.reader.read_inline_cell(found), b"")
        elif not (self.spills and self.filled.covering(row, column)):
            format_ = b' s="%s"' % style if style else b""
            element = b'<c r="%s%s"%s t="s"><v>%d</v></c>' % (letters, digits, format_, self.text_number(text.decode()))
            self._append(row, column, element, int(style or 0))

    def _add(self, cell: Cell, f_tag: bytes) -> None:
        """A cell written anew; `f_tag` is the start tag of its formula."""
        marks = b' s="%d"' % cell.style if cell.style else b""
        formula = self._formula(cell, f_tag) if cell.formula is not None else b""
        filled = self.spills and cell.formula is None and self.filled.covering(cell.row, cell.column)
        if filled or (cell.kind == "blank" and not formula):
            return
        type_, value = self._value(cell, constant=not formula)
        if b't="array"' in formula and cell.dynamic:
            marks += b' cm="1"'
        element = b'<c r="%s"%s%s>%s%s</c>' % (cell.ref.encode(), marks, type_, formula, value)
        self._append(cell.row, cell.column, element, cell.style)

    def _formula(self, cell: Cell, f_tag: bytes) -> bytes:
        """The `<f>` of a formula cell, or nothing if the cell stands with its value."""
        self.met += 1
        if self.kept is not None and cell.ref not in self.kept:
            return b""
        if cell.formula_kind == "dataTable":
            known = attributes(f_tag)
            marks = "".join(f' {key}="{known[key]}"' for key in DATA_TABLE_MARKS if key in known)
            self.copy.formulas += 1
            return b'<f t="dataTable"%s/>' % marks.encode()
        text = self.wording.formula(cell.formula) if cell.formula else None
        if text is None:  # it reads another workbook, or shares a formula that is lost
            self.copy.frozen.append(cell.ref)
            return b""
        self.copy.formulas += 1
        array = b' t="array" ref="%s"' % escape_attribute(cell.array_ref or cell.ref)
        return b"<f%s>%s</f>" % (array if cell.formula_kind == "array" else b"", escape_formula(text))

    def _value(self, cell: Cell, constant: bool) -> tuple[bytes, bytes]:
        """The type attribute and the `<v>` of a cell."""
        if cell.kind == "blank":
            return b"", b""
        if isinstance(cell.value, bool):
            return b' t="b"', b"<v>%d</v>" % cell.value
        if isinstance(cell.value, float):
            return b"", b"<v>%s</v>" % number_text(cell.value).encode()
        text = str(cell.value)
        if cell.kind == "error":
            return b' t="e"', b"<v>%s</v>" % escape_text(text)
        if constant:
            return b' t="s"', b"<v>%d</v>" % self.text_number(text)
        return b' t="str"', b"<v>%s</v>" % escape_text(text)

    def _append(self, row: int, column: int, element: bytes, style: int) -> None:
        place = row << ROW_SHIFT | column
        self.cells.append((place, place, element))
        if style:
            self._needs_style(style)

    def _needs_style(self, style: int) -> None:
        if style >= self.copy.styles:
            if style >= MOST_STYLES:
                raise PackageError(f"{self.scan.name} uses cell format {style:,}: repair the file in Excel first")
            self.copy.styles = style + 1

    # ---- the sheet -----------------------------------------------------------------------------------------

    def _in_order(self) -> bool:
        return all(left[1] < right[0] for left, right in pairwise(self.cells))

    def _sort(self) -> None:
        """Put single cells in order; refuses a place that the file gives twice."""
        self.cells.sort(key=lambda each: each[0])
        for left, right in pairwise(self.cells):
            if left[0] == right[0]:
                ref = to_ref(left[0] >> ROW_SHIFT, left[0] & COLUMN_MASK)
                raise PackageError(f"{self.scan.name} holds {ref} twice: repair the file in Excel first")

    def _rows(self) -> Iterator[bytes]:
        """The cells in their rows."""
        hidden = self._hidden_rows()
        now = 0
        for place, _, element in self.cells:
            row = place >> ROW_SHIFT
            if row != now:
                yield (b"</row>" if now else b"") + b'<row r="%d"%s>' % (row, b' hidden="1"' if row in hidden else b"")
                now = row
            yield element
        if now:
            yield b"</row>"

    def _hidden_rows(self) -> set[int]:
        """Rows that SUBTOTAL and AGGREGATE may leave out."""
        lexed = self.scan.lexed
        if lexed.find(b"hidden", self.scan.data_start, self.scan.data_end) < 0:
            return set()
        return {row.number for row in self.scan.rows if HIDDEN.search(lexed, row.start, row.open_end)}

    def _merged(self) -> bytes:
        found = self.scan.pattern("mergeCell").finditer(self.scan.lexed, self.scan.data_end)
        areas = [range_text(parse_range(attributes(tag[0]).get("ref", ""))) for tag in found]
        merged = b"".join(b'<mergeCell ref="%s"/>' % area.encode() for area in areas)
        return b'<mergeCells count="%d">%s</mergeCells>' % (len(areas), merged) if areas else b""

    def _check_count(self) -> None:
        """Every formula of the part was met: counted in another way than they were read."""
        tags = self.scan.pattern("f").finditer(self.scan.lexed, self.scan.data_open_end, self.scan.data_close_start)
        held = sum(1 for _ in tags)
        if held != self.met:
            raise PackageError(
                f"{self.view.sheet}: the file holds {held:,} formulas, {self.met:,} were read: repair it in Excel first"
            )
