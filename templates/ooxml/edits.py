"""Splicing cells: the new text of a worksheet part in which only chosen `<c>` elements differ.

`rewrite` takes, for each place, a function that says what the `<c>` there becomes; it finds the places in one
pass and creates rows and cells that do not exist, in order. The other functions here build such `<c>`
elements, keeping whatever of the old one the change does not concern.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import TypeAlias

from .cells import Cell
from .errors import PackageError
from .references import Place, parse_range, range_text, to_ref
from .sheetscan import CellSpan, Inner, Row, SheetScan
from .values import Stored, stored_constant
from .xmlcheck import check_elements
from .xmlscan import (
    Splice,
    attributes,
    closing,
    escape_attribute,
    escape_formula,
    escape_text,
    opened,
    set_attribute,
    splice,
)

Maker: TypeAlias = Callable[[CellSpan | None, bytes], bytes | None]
TAG_PREFIX = re.compile(rb"<((?:[^\s/>:]+:)?)")


def rewrite(scan: SheetScan, makers: Mapping[Place, Maker]) -> bytes:
    """The sheet's text with some cells rewritten.

    Parameters
    ----------
    scan : SheetScan
    makers : dict of (row, column) to callable
        ``maker(span, prefix)`` gets the CellSpan (None if the cell is missing) and the prefix for a new
        element, and returns the bytes of the whole `<c>`, or None to leave everything as it is.

    Returns
    -------
    bytes
    """
    by_row: dict[int, dict[int, Maker]] = {}
    splices: list[Splice] = []
    created: list[Place] = []
    elements: list[bytes] = []
    for row, column in sorted(makers):
        by_row.setdefault(row, {})[column] = makers[row, column]
    for number, wanted in by_row.items():
        holders = scan.by_number.get(number)
        if not holders:
            splices += _new_row(scan, number, wanted, created, elements)
        elif len(holders) == 1:
            splices += _in_row(scan, holders[0], wanted, created, elements)
        else:
            raise PackageError(f"{scan.name} holds row {number} twice: repair the file in Excel first")
    if not splices:
        return scan.text
    if scan.lexed.find(b"AlternateContent", scan.data_open_end, scan.data_close_start) >= 0:
        raise PackageError(f"{scan.name} gives cells in alternative versions: change them in Excel")
    check_elements(elements, scan.name)
    splices = _open_sheet_data(scan, splices) + _dimension(scan, created)
    return splice(scan.text, splices)


def _in_row(
    scan: SheetScan, row: Row, wanted: dict[int, Maker], created: list[Place], elements: list[bytes]
) -> list[Splice]:
    """Splices for the cells of one existing row; `wanted` is column -> maker, in order."""
    prefix = _prefix_at(scan, row.start)
    spans = list(scan.cells_of(row))
    present = {span.column: span for span in spans if span.row == row.number}
    if len(present) < len(spans):
        raise PackageError(f"{scan.name}: row {row.number} has misplaced cells: repair the file in Excel first")
    splices, new_columns = [], []
    greatest = list(accumulate((span.column for span in spans), max))  # cells may be out of order
    for column, maker in wanted.items():
        span = present.get(column)
        new = maker(span, prefix if span is None else _prefix_at(scan, span.start))
        if new is None:
            continue
        if span is None:
            place = bisect_right(greatest, column)
            at = spans[place].start if place < len(spans) else row.close_start
            splices.append(Splice(at, at, new))
            new_columns.append(column)
        elif new != scan.text[span.start : span.end]:
            splices.append(Splice(span.start, span.end, new))
            elements.append(scan.text[span.start : span.end])
        elements.append(new)
    if not new_columns:
        return splices
    created += [(row.number, column) for column in new_columns]
    tag = scan.text[row.start : row.open_end]
    wide = _wider_spans(tag, new_columns[0], new_columns[-1])
    if row.end == row.open_end:  # <row/>: open it up around the new cells
        cells = b"".join(s.new for s in splices)
        return [Splice(row.start, row.end, opened(wide) + cells + closing(wide))]
    return [Splice(row.start, row.open_end, wide), *splices] if wide != tag else splices


def _new_row(
    scan: SheetScan, number: int, wanted: dict[int, Maker], created: list[Place], elements: list[bytes]
) -> list[Splice]:
    """Splices that put a row which does not exist in its place; none if it stays empty."""
    prefix = _prefix_at(scan, scan.data_start)
    made = {column: maker(None, prefix) for column, maker in wanted.items()}
    cells = [new for new in made.values() if new is not None]
    if not cells:
        return []
    created += [(number, column) for column, new in made.items() if new is not None]
    elements += cells
    later = scan.row_after(number)
    at = later.start if later else scan.data_close_start
    return [Splice(at, at, b'<%srow r="%d">%s</%srow>' % (prefix, number, b"".join(cells), prefix))]


def _prefix_at(scan: SheetScan, start: int) -> bytes:
    """The prefix, with its colon, of the tag that starts there."""
    found = TAG_PREFIX.match(scan.text, start)
    return found[1] if found else b""


def _wider_spans(tag: bytes, first: int, last: int) -> bytes:
    """A row's start tag whose `spans` hint covers the new columns, if it has one."""
    found = re.fullmatch(r"([0-9]{1,5}):([0-9]{1,5})", attributes(tag).get("spans", ""))
    if not found or (int(found[1]) <= first and last <= int(found[2])):
        return tag
    return set_attribute(tag, "spans", f"{min(int(found[1]), first)}:{max(int(found[2]), last)}")


def _open_sheet_data(scan: SheetScan, splices: list[Splice]) -> list[Splice]:
    if scan.data_end != scan.data_open_end:
        return splices
    tag = scan.text[scan.data_start : scan.data_open_end]
    rows = b"".join(s.new for s in splices)
    return [Splice(scan.data_start, scan.data_open_end, opened(tag) + rows + closing(tag))]


def _dimension(scan: SheetScan, created: list[Place]) -> list[Splice]:
    """Splice that widens `<dimension ref>` to the cells created; readers use it to size the sheet."""
    found = scan.pattern("dimension").search(scan.lexed, 0, scan.data_start) if created else None
    if not found:
        return []
    old = attributes(found[0]).get("ref", "")
    if not re.fullmatch(r"[A-Z]{1,3}[0-9]{1,7}(:[A-Z]{1,3}[0-9]{1,7})?", old):
        return []
    rows, columns = [r for r, _ in created], [c for _, c in created]
    bounds = parse_range(old)
    wide = (
        min(bounds[0], *rows), min(bounds[1], *columns), max(bounds[2], *rows), max(bounds[3], *columns)
    )  # fmt: skip
    if wide == bounds:
        return []
    return [Splice(*found.span(), set_attribute(found[0], "ref", range_text(wide)))]


# ---- single cells --------------------------------------------------------------------------------------


def new_cell(prefix: bytes, row: int, column: int, style: int, content: tuple[bytes, bytes]) -> bytes:
    """A `<c>` that did not exist: `content` is (attributes, inner XML)."""
    marks, inner = content
    styled = b' s="%d"' % style if style else b""
    return b'<%sc r="%s"%s%s>%s</%sc>' % (
        prefix, to_ref(row, column).encode(), styled, marks, inner, prefix
    )  # fmt: skip


def type_attribute(stored: Stored) -> bytes:
    """The `t` attribute as it is written in a new tag."""
    return b' t="%s"' % stored.type.encode() if stored.type else b""


def value_element(stored: Stored, prefix: bytes) -> bytes:
    """`<v>` or `<is>` for a Stored value."""
    keep = b' xml:space="preserve"' if stored.keeps_space else b""
    if stored.type == "inlineStr":
        return b"<%sis><%st%s>%s</%st></%sis>" % (prefix, prefix, keep, stored.xml, prefix, prefix)
    return b"<%sv%s>%s</%sv>" % (prefix, keep, stored.xml, prefix)


def formula_element(text: str, prefix: bytes, array_ref: str | None = None) -> bytes:
    """`<f>`, of an array if `array_ref` is given."""
    array = b' t="array" ref="%s"' % array_ref.encode() if array_ref else b""
    return b"<%sf%s>%s</%sf>" % (prefix, array, escape_formula(text), prefix)


def with_value(scan: SheetScan, span: CellSpan, prefix: bytes, stored: Stored | None) -> bytes | None:
    """The cell with another value (None: without value); formula, style and extensions stay."""
    inner = scan.inner(span)
    tag = scan.text[span.start : span.open_end]
    if stored is None and inner.v_start is None and inner.is_start is None:
        return None
    new_tag = set_attribute(tag, "t", stored.type if stored else None)
    new_tag = set_attribute(new_tag, "vm", None)  # value metadata describes the old value
    element = value_element(stored, prefix) if stored else b""
    if span.end == span.open_end:
        return opened(new_tag) + element + closing(new_tag)
    content = _replace_value(scan, span, inner, element)
    return new_tag + content + scan.text[span.close_start : span.end]


def _replace_value(scan: SheetScan, span: CellSpan, inner: Inner, element: bytes) -> bytes:
    places = ((inner.v_start, inner.v_end), (inner.is_start, inner.is_end))
    holes = sorted((start, end) for start, end in places if start is not None and end is not None)
    if not holes:
        behind = inner.f_end if inner.f_end is not None else span.open_end
        holes = [(behind, behind)]
    pieces, at = b"", span.open_end
    for start, end in holes:
        pieces += scan.text[at:start] + element
        element, at = b"", end
    return pieces + scan.text[at : span.close_start]


def with_formula(
    scan: SheetScan, span: CellSpan, prefix: bytes, element: bytes | None, stored: Stored | None, dynamic: str | None
) -> bytes:
    """The cell with another `<f>` (None: no formula) and value; `dynamic` is the `cm` mark or None."""
    inner = scan.inner(span)
    tag = scan.text[span.start : span.open_end]
    tag = set_attribute(tag, "t", stored.type if stored else None)
    tag = set_attribute(tag, "cm", dynamic)
    body = (element or b"") + (value_element(stored, prefix) if stored else b"")
    rest = b""
    if span.end != span.open_end:
        ends = [e for e in (inner.f_end, inner.v_end, inner.is_end) if e is not None]
        rest = scan.text[max(ends, default=span.open_end) : span.close_start]
    return opened(tag) + body + rest + closing(tag)


def kept_value(cell: Cell, constant: bool) -> Stored | None:
    """A Cell's value as Stored, for a formula cell or (`constant`) an input cell; None if it has none."""
    if cell.kind == "blank":
        return None
    if cell.kind == "error":
        return Stored("e", escape_attribute(str(cell.value)))
    if cell.kind == "string":
        return Stored("inlineStr" if constant else "str", escape_text(str(cell.value)))
    return stored_constant(cell.value)


def default_style(scan: SheetScan, row: int, column: int) -> int:
    """Cell format that a new cell takes over from its row or, failing that, its column."""
    for holder in scan.by_number.get(row, ()):
        marks = attributes(scan.lexed[holder.start : holder.open_end])
        if marks.get("customFormat", "0") in ("1", "true"):
            return _small_integer(marks.get("s", "0"))
    for found in scan.pattern("col").finditer(scan.lexed, 0, scan.data_start):
        marks = attributes(found[0])
        if _small_integer(marks.get("min", "0")) <= column <= _small_integer(marks.get("max", "0")):
            return _small_integer(marks.get("style", "0"))
    return 0


def _small_integer(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
