"""Cells as Python values: what a sheet's `<c>` elements say, shared strings and shared formulas resolved."""

import math
import re
from typing import NamedTuple

from openpyxl.formula.translate import Translator, TranslatorError

from .errors import PackageError
from .references import inside, parse_range
from .sheetscan import PREFIX
from .values import iso_serial
from .xmlscan import ATTRIBUTE, ATTRIBUTES, canonical_mask, check, mask, resolve_escapes, unescape


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
    value: object = None
    kind: str = "blank"
    formula: str | None = None
    formula_kind: str | None = None
    array_ref: str | None = None
    shared_index: int | None = None
    style: int = 0
    dynamic: bool = False


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

    def __init__(self, scan, strings, date1904, dynamic_metadata):
        self.scan, self.strings, self.date1904 = scan, strings, date1904
        self.dynamic_metadata = dynamic_metadata
        self._shared = None

    def all(self):
        """Iterate all cells in file order."""
        for row in self.scan.rows:
            for span in self.scan.cells_of(row):
                yield self.read(span)

    def within(self, bounds):
        """Iterate the cells inside (row1, column1, row2, column2), in file order."""
        for row in self.scan.rows:
            if bounds[0] <= row.number <= bounds[2]:
                for span in self.scan.cells_of(row):
                    if inside(bounds, span.row, span.column):
                        yield self.read(span)

    def read(self, span):
        """The Cell of a CellSpan."""
        marks = _attributes(self.scan.lexed[span.start : span.open_end])
        inner = self.scan.inner(span)
        value, kind = self._value(span, marks.get(b"t", b"n"), inner)
        style = _integer(marks.get(b"s", b"0"), span)
        if inner.f_start is None:
            return Cell(span.ref, span.row, span.column, value, kind, style=style)
        text, formula_kind, array_ref, shared_index = self._formula(span, inner)
        dynamic = formula_kind == "array" and _integer(marks.get(b"cm", b"0"), span) in self.dynamic_metadata
        return Cell(
            span.ref, span.row, span.column, value, kind, text, formula_kind, array_ref, shared_index, style, dynamic
        )  # fmt: skip

    def formulas(self):
        """Iterate the Formulas of the sheet."""
        for row in self.scan.rows:
            for span in self.scan.cells_of(row):
                inner = self.scan.inner(span)
                if inner.f_start is not None:
                    text, kind, array_ref, _ = self._formula(span, inner)
                    yield Formula(span.ref, text, kind, array_ref)

    def _value(self, span, kind, inner):
        if kind == b"inlineStr":
            return (None, "blank") if inner.is_start is None else (resolve_escapes(inner.is_text), "string")
        raw = inner.v_text
        if raw is None or (not raw and kind != b"str"):
            return None, "blank"
        if kind == b"s":
            return self.strings(_integer(raw, span)), "string"
        if kind == b"n":
            return _number(raw, span), "number"
        if kind == b"b":
            return unescape(raw).strip() in ("1", "true"), "bool"
        if kind == b"e":
            return unescape(raw).strip(), "error"
        if kind == b"d":
            return iso_serial(unescape(raw).strip(), self.date1904), "number"
        if kind == b"str":
            return resolve_escapes(unescape(raw)), "string"
        raise PackageError(f"{span.ref} has the unknown type {kind!r}: repair the file in Excel first")

    def _formula(self, span, inner):
        """(text, kind, array range, shared index) of a cell with `<f>`."""
        text = unescape(inner.f_text)
        marks = _attributes(inner.f_tag) if b"=" in inner.f_tag else {}
        kind = marks.get(b"t", b"normal")
        if kind == b"shared":
            index = _integer(marks.get(b"si", b"0"), span)
            return (text or self._shared_text(index, span)), "shared", None, index
        if kind in (b"array", b"dataTable"):
            reference = unescape(marks.get(b"ref", b"")) or span.ref
            return text, kind.decode(), reference, None
        return text, "normal", None, None

    def _shared_text(self, index, span):
        if self._shared is None:
            self._shared = self._shared_masters()
        master = self._shared.get(index)
        if master is None:
            return ""  # an orphan: its master was overwritten; Excel shows the cached value only
        try:
            return master.translate_formula(span.ref)[1:]
        except TranslatorError:
            return "#REF!"

    def _shared_masters(self):
        masters = {}
        for row in self.scan.rows:
            if b"shared" not in self.scan.lexed[row.open_end : row.close_start]:
                continue
            for span in self.scan.cells_of(row):
                inner = self.scan.inner(span)
                if inner.f_text and b"shared" in inner.f_tag:
                    marks = _attributes(inner.f_tag)
                    if marks.get(b"t") == b"shared":
                        index = _integer(marks.get(b"si", b"0"), span)
                        masters.setdefault(index, Translator("=" + unescape(inner.f_text), span.ref))
        return masters

    def arrays(self):
        """dict of anchor (row, column) to bounds of every array formula and data table of the sheet."""
        scan, found = self.scan, {}
        for tag in scan.pattern("f").finditer(scan.lexed, scan.data_open_end, scan.data_close_start):
            if b"ref" not in tag[0]:
                continue
            marks = _attributes(tag[0])
            if marks.get(b"t") in (b"array", b"dataTable") and marks.get(b"ref"):
                row = scan.row_at(tag.start())
                anchor = next((c for c in scan.cells_of(row) if c.start < tag.start() < c.end), None)
                if anchor:
                    found[anchor.row, anchor.column] = parse_range(unescape(marks[b"ref"]))
        return found


class SharedStrings:
    """The shared strings table; texts are decoded when asked for."""

    def __init__(self, text, name):
        root = check(text, name)
        lexed = mask(text) if root.plain else canonical_mask(text, name, root.uri)
        prefix = PREFIX if not root.plain else re.escape(root.prefix.encode() + b":") if root.prefix else b""
        item = rb"<" + prefix + rb"si(?=[\s/>])" + ATTRIBUTES + rb"(?:(?<=/)>|>(.*?)</" + prefix + rb"si\s*>)"
        tag = rb"(?=[\s/>])" + ATTRIBUTES + rb">"
        self._run = re.compile(
            rb"<" + prefix + rb"rPh[\s>].*?</" + prefix + rb"rPh\s*>|<" + prefix + rb"t" + tag
            + rb"(?<!/>)([^<]*)</" + prefix + rb"t\s*>",
            re.DOTALL,
        )  # fmt: skip
        self._text, self._lexed, self._name = text, lexed, name
        self._spans = [match.span(1) for match in re.finditer(item, lexed, re.DOTALL)]

    def __call__(self, index):
        if index >= len(self._spans):
            raise PackageError(f"shared string {index} does not exist in {self._name}: repair the file in Excel first")
        start, stop = self._spans[index]
        runs = self._run.finditer(self._lexed, max(start, 0), max(stop, 0))
        return resolve_escapes("".join(unescape(self._text[slice(*r.span(1))]) for r in runs if r[1] is not None))


def _attributes(tag):
    """Raw attribute values (bytes) by raw name; unescaping is the caller's where it can matter."""
    return {m[1]: m[2] if m[2] is not None else m[3] for m in ATTRIBUTE.finditer(tag)}


def _integer(raw, span):
    text = raw.strip()
    if text.isdigit() and len(text) < 10:
        return int(text)
    raise PackageError(f"{span.ref} holds {raw[:40]!r} where an index belongs: repair the file in Excel first")


def _number(raw, span):
    text = unescape(raw).strip()
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or "_" in text:  # Python also reads nan, inf and 1_000; a workbook may not
        raise PackageError(f"{span.ref} holds {text[:40]!r} where a number belongs: repair the file in Excel first")
    return value
