"""A worksheet part as rows and cells with byte offsets, without building a tree.

`SheetScan` indexes the rows once; the cells of a row are looked at only when asked for, so that one cell in
a large sheet costs little more than finding its row. Implied positions (rows or cells without `r`), rows out
of order, any prefix, comments, CDATA and empty elements are all met in the wild and handled here.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from .errors import PackageError
from .references import LAST_COLUMN, LAST_ROW, Place, column_number, parse_ref, to_ref
from .xmlcheck import check, lexing_copy
from .xmlscan import ATTRIBUTES, attributes, unescape

TRANSITIONAL = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
SLASH = ord("/")
PREFIX = rb"(?:[^\s<>/:!?]+:)?"
ROW_NUMBER = re.compile(rb"""\sr\s*=\s*["']\s*([0-9]{1,7})\s*["']""")
CELL_REF = re.compile(rb"""\sr\s*=\s*["']\s*([A-Za-z]{1,3})([0-9]{1,7})\s*["']""")
ANY_POSITION = re.compile(rb"""\sr\s*=""")


class Row(NamedTuple):
    """A `<row>`: its number and the offsets of start tag, content and end."""

    number: int
    start: int
    open_end: int
    close_start: int
    end: int


class CellSpan(NamedTuple):
    """A `<c>`: its place in the grid and the offsets of start tag, content and end."""

    row: int
    column: int
    start: int
    open_end: int
    close_start: int
    end: int

    @property
    def ref(self) -> str:
        return to_ref(self.row, self.column)


class Inner(NamedTuple):
    """What a `<c>` holds: offsets of `<f>` and the value element, their attributes and raw text; None if absent."""

    f_start: int | None = None
    f_end: int | None = None
    f_tag: bytes = b""  # start tag of <f>
    f_text: bytes = b""  # raw, unescaped later
    v_start: int | None = None
    v_end: int | None = None
    v_text: bytes | None = None
    is_start: int | None = None
    is_end: int | None = None
    is_text: str = ""  # already unescaped


class SheetScan:
    """Rows and cells of one worksheet.

    Parameters
    ----------
    text : bytes
        The part as UTF-8 without mark.
    name : str
        Part name, for messages.
    """

    def __init__(self, text: bytes, name: str):
        root = check(text, name)
        if root.local != "worksheet" or root.uri not in (TRANSITIONAL, STRICT):
            raise PackageError(f"{name} is not a worksheet (its root is {root.local}): choose another sheet")
        self.text, self.name, self.uri = text, name, root.uri
        self.lexed = lexing_copy(text, name, root)
        self.straight = self.lexed is text  # raw text can be taken from the lexed copy
        prefix = re.escape(root.prefix.encode() + b":") if root.prefix else b""
        self.root_prefix = (root.prefix.encode() + b":" if root.prefix else b"") if root.plain else None
        self._compile(prefix if root.plain else PREFIX)
        self._find_sheet_data()
        self.rows = self._index_rows()
        self._by_number: dict[int, list[Row]] | None = None
        self._greatest: list[int] | None = None
        self._last_inner = -1, Inner()
        self._sorted_starts = [row.start for row in self.rows]

    def _compile(self, p: bytes) -> None:
        tag = rb"(?=[\s/>])" + ATTRIBUTES + rb">"
        self._row_open = re.compile(rb"<" + p + rb'row(?: r="([0-9]{1,7})")?' + tag)
        self._row_close = re.compile(rb"</" + p + rb"row\s*>")
        self._cell_open = re.compile(rb"<" + p + rb'c(?: r="([A-Z]{1,3})([0-9]{1,7})")?' + tag)
        self._cell_close = re.compile(rb"</" + p + rb"c\s*>")
        f = rb"(<" + p + rb"f" + tag + rb")(?:(?<=/>)|([^<]*)</" + p + rb"f\s*>)"
        v = rb"(<" + p + rb"v" + tag + rb")(?:(?<=/>)|([^<]*)</" + p + rb"v\s*>)"
        self._usual = re.compile(rb"\s*(?:" + f + rb")?\s*(?:" + v + rb")?\s*")
        # As Excel writes them: one blank, double quotes; r, s and t only in front, or the slower path reads the cell.
        marks = rb"""(?: (?![rst]=)[A-Za-z:]+="[^"<]*")*"""
        f_marks = rb"""(?: [A-Za-z:]+="[^"<]*")*"""
        self.excel_cell = re.compile(
            rb"\s*<" + p + rb'c r="([A-Z]{1,3})([1-9][0-9]{0,6})"(?: s="([0-9]{1,8})")?(?: t="(n|s|str|b|e)")?('
            + marks + rb")(?:/>|>(?:<" + p + rb"f(" + f_marks + rb")(?:/>|>([^<]*)</" + p + rb"f>))?(?:<" + p
            + rb'v(?: xml:space="preserve")?>([^<]*)</' + p + rb"v>|<" + p + rb"v/>)?</" + p + rb"c>)"
        )  # fmt: skip
        # A text inside its cell, as openpyxl writes every one; groups 1 to 3 as above, then the text.
        self.inline_cell = re.compile(
            rb"\s*<" + p + rb'c r="([A-Z]{1,3})([1-9][0-9]{0,6})"(?: s="([0-9]{1,8})")? t="inlineStr">(?:<' + p
            + rb"is><" + p + rb't(?: xml:space="preserve")?>([^<]*)</' + p + rb"t></" + p + rb"is>)?</" + p + rb"c>"
        )  # fmt: skip
        self._child = re.compile(rb"<(/?)(" + p + rb"(f|v|is|extLst)|[^\s/>]+)" + tag)
        self._text_run = text_run_pattern(p)
        self._prefix = p

    def plain_cell(self, at: int, stop: int) -> re.Match[bytes] | None:
        """The match of `excel_cell` or `inline_cell` at an offset, or None for a cell written in another way."""
        return self.excel_cell.match(self.lexed, at, stop) or self.inline_cell.match(self.lexed, at, stop)

    def pattern(self, name: str) -> re.Pattern[bytes]:
        """Regular expression for start tags called `name` (str) in the sheet's namespace."""
        return re.compile(rb"<" + self._prefix + name.encode() + rb"(?=[\s/>])" + ATTRIBUTES + rb">")

    def _find_sheet_data(self) -> None:
        opening = self.pattern("sheetData").search(self.lexed)
        if not opening:
            raise PackageError(f"{self.name} has no cell table: choose another sheet")
        self.data_start, self.data_open_end = opening.span()
        if opening[0].endswith(b"/>"):
            self.data_close_start = self.data_end = self.data_open_end
            return
        closing = re.compile(rb"</" + self._prefix + rb"sheetData\s*>").search(self.lexed, self.data_open_end)
        if not closing:
            raise PackageError(f"{self.name} has a broken cell table: repair the file in Excel first")
        self.data_close_start, self.data_end = closing.span()

    def _index_rows(self) -> list[Row]:
        rows, number, lexed, stop = [], 0, self.lexed, self.data_close_start
        opening = self._row_open.search(lexed, self.data_open_end, stop)
        while opening:
            start, open_end = opening.span()
            number = int(opening[1]) if opening[1] else self._row_number(opening[0], number)
            if not 1 <= number <= LAST_ROW:
                raise PackageError(f"{self.name} has a row outside the grid: repair the file in Excel first")
            if lexed[open_end - 2] == SLASH:  # an empty row
                close_start = end = open_end
            else:
                closing = self._row_close.search(lexed, open_end, stop)
                if not closing:
                    raise PackageError(f"{self.name}, row {number} does not end: repair the file in Excel first")
                close_start, end = closing.span()
            rows.append(Row(number, start, open_end, close_start, end))
            if len(rows) > LAST_ROW:
                raise PackageError(f"{self.name} has more rows than the grid: hostile or damaged, refused")
            opening = self._row_open.search(lexed, end, stop)
        return rows

    def _row_number(self, tag: bytes, previous: int) -> int:
        """A row's number where it is not the first attribute, or is implied by the row before."""
        found = ROW_NUMBER.search(tag)
        if found:
            return int(found[1])
        if not ANY_POSITION.search(tag):
            return previous + 1
        text = attributes(tag).get("r", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0

    @property
    def by_number(self) -> dict[int, list[Row]]:
        """dict of row number to list of Rows (more than one only in files that repeat a row)."""
        if self._by_number is None:
            self._by_number = {}
            for row in self.rows:
                self._by_number.setdefault(row.number, []).append(row)
        return self._by_number

    def row_at(self, offset: int) -> Row | None:
        """The Row that contains a byte offset, or None."""
        place = bisect_right(self._sorted_starts, offset) - 1
        return self.rows[place] if place >= 0 and offset < self.rows[place].end else None

    def cells_of(self, row: Row) -> Iterator[CellSpan]:
        """Iterate the CellSpans of one Row, in file order."""
        lexed, stop, column, count = self.lexed, row.close_start, 0, 0
        opening = self._cell_open.search(lexed, row.open_end, stop)
        while opening:
            start, open_end = opening.span()
            if opening[1]:
                number, column = int(opening[2]), column_number(opening[1])
            else:
                number, column = self._cell_place(opening[0], row.number, column)
            count += 1
            if not (1 <= column <= LAST_COLUMN and 1 <= number <= LAST_ROW) or count > LAST_COLUMN:
                raise PackageError(f"{self.name} has a cell outside the grid: repair the file in Excel first")
            if lexed[open_end - 2] == SLASH:
                close_start = end = open_end
            else:
                closing = self._cell_close.search(lexed, open_end, stop)
                if not closing:
                    raise PackageError(f"{self.name}, row {number}: a cell lacks its end: repair the file in Excel")
                close_start, end = closing.span()
            yield CellSpan(number, column, start, open_end, close_start, end)
            opening = self._cell_open.search(lexed, end, stop)

    def _cell_place(self, tag: bytes, row: int, previous_column: int) -> Place:
        """(row, column) of a cell whose `r` is not the first attribute, or is missing: behind the cell before."""
        position = CELL_REF.search(tag)
        if position:
            return int(position[2]), column_number(position[1])
        if not ANY_POSITION.search(tag):
            return row, previous_column + 1
        return parse_ref(attributes(tag).get("r", ""))

    def find(self, row: int, column: int) -> CellSpan | None:
        """The CellSpan at a place, or None; refuses a place that the file gives twice."""
        hits = [
            cell
            for holder in self.by_number.get(row, ())
            for cell in self.cells_of(holder)
            if cell.column == column and cell.row == row
        ]
        return self._the_one(hits, row, column)

    def find_many(self, places: Iterable[Place]) -> Iterator[CellSpan]:
        """The CellSpans of those places that the sheet holds, in the order asked; each row is read once."""
        rows: dict[int, dict[int, list[CellSpan]]] = {}
        for row, column in places:
            if row not in rows:
                cells = rows[row] = {}
                for holder in self.by_number.get(row, ()):
                    for cell in self.cells_of(holder):
                        if cell.row == row:
                            cells.setdefault(cell.column, []).append(cell)
            span = self._the_one(rows[row].get(column, ()), row, column)
            if span:
                yield span

    def _the_one(self, hits: Sequence[CellSpan], row: int, column: int) -> CellSpan | None:
        if len(hits) > 1:
            raise PackageError(f"{self.name} holds {to_ref(row, column)} twice: repair the file in Excel first")
        return hits[0] if hits else None

    def row_after(self, number: int) -> Row | None:
        """The first Row in the file whose number is greater than `number`, or None."""
        if self._greatest is None:  # running maximum, so that unordered rows can be searched too
            self._greatest = list(accumulate((row.number for row in self.rows), max))
        place = bisect_right(self._greatest, number)
        return self.rows[place] if place < len(self.rows) else None

    def inner(self, cell: CellSpan) -> Inner:
        """The Inner of a cell; the last one asked for is kept, as readers and makers ask in turn."""
        if self._last_inner[0] != cell.start:
            self._last_inner = cell.start, self._find_inner(cell)
        return self._last_inner[1]

    def _find_inner(self, cell: CellSpan) -> Inner:
        usual = self._usual.fullmatch(self.lexed, cell.open_end, cell.close_start)
        if not usual:
            return self._unusual_inner(cell)
        f_start, f_tag = usual.start(1), usual[1]
        v_start = usual.start(3)
        return Inner(
            f_start=None if f_tag is None else f_start,
            f_end=None if f_tag is None else self._element_end(usual, 1),
            f_tag=f_tag or b"",
            f_text=self._raw(usual, 2),
            v_start=None if usual[3] is None else v_start,
            v_end=None if usual[3] is None else self._element_end(usual, 3),
            v_text=None if usual[3] is None else self._raw(usual, 4),
        )

    def _element_end(self, match: re.Match[bytes], group: int) -> int:
        """End of the element whose start tag is `group` and whose text is `group + 1`."""
        if match[group + 1] is None:
            return match.end(group)
        return self.lexed.index(b">", match.end(group + 1)) + 1

    def _raw(self, match: re.Match[bytes], group: int) -> bytes:
        if match[group] is None:
            return b""
        return match[group] if self.straight else self.text[match.start(group) : match.end(group)]

    def _unusual_inner(self, cell: CellSpan) -> Inner:
        """Inner of a cell with inline text, an extension list or elements in another order."""
        parts: dict[bytes, tuple[int, int, int, int]] = {}
        depth, open_at = 0, None
        for found in self._child.finditer(self.lexed, cell.open_end, cell.close_start):
            closes, empty, local = found[1] == b"/", found[0].endswith(b"/>"), found[3]
            if closes:
                depth -= 1
                if depth == 0 and open_at and open_at[0] is not None:
                    name, start, open_end = open_at
                    parts.setdefault(name, (start, open_end, found.start(), found.end()))
                continue
            if depth == 0:
                open_at = (local, found.start(), found.end())
                if empty and local is not None:
                    parts.setdefault(local, (found.start(), found.end(), found.end(), found.end()))
            depth += not empty
        made = Inner()
        if b"f" in parts:
            start, open_end, close_start, end = parts[b"f"]
            made = made._replace(
                f_start=start, f_end=end, f_tag=self.lexed[start:open_end], f_text=self.text[open_end:close_start]
            )
        if b"v" in parts:
            start, open_end, close_start, end = parts[b"v"]
            made = made._replace(v_start=start, v_end=end, v_text=self.text[open_end:close_start])
        if b"is" in parts:
            start, open_end, close_start, end = parts[b"is"]
            made = made._replace(is_start=start, is_end=end, is_text=self.rich_text(open_end, close_start))
        return made

    def rich_text(self, start: int, stop: int) -> str:
        """The text runs between two offsets (of `<is>`), phonetic ones left out."""
        return text_of_runs(self._text_run, self.lexed, self.text, start, stop)


def text_run_pattern(prefix: bytes) -> re.Pattern[bytes]:
    """Regular expression for what `text_of_runs` looks at, with the prefix (a pattern, bytes) of the part."""
    tag = rb"(?=[\s/>])" + ATTRIBUTES + rb">"
    return re.compile(
        rb"<" + prefix + rb"(rPh)" + tag + rb"|</" + prefix + rb"(rPh)\s*>|<" + prefix + rb"t" + tag + rb"([^<]*)"
    )


def text_of_runs(pattern: re.Pattern[bytes], lexed: bytes, text: bytes, start: int, stop: int) -> str:
    """The text of rich or plain string items between two offsets, without the phonetic hints (`<rPh>`)."""
    pieces, phonetic = [], 0
    for found in pattern.finditer(lexed, start, stop):
        if found[1]:
            phonetic += not found[0].endswith(b"/>")
        elif found[2]:
            phonetic -= 1
        elif phonetic <= 0 and lexed[found.start(3) - 2] != SLASH:
            pieces.append(unescape(text[found.start(3) : found.end(3)]))
    return "".join(pieces)
