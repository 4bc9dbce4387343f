"""What becomes of one `<c>`: makers for `edits.rewrite`, one kind for each thing a Package can do to a cell.

A maker is called with the cell's span (None if it does not exist) and the prefix for new elements; it returns
the new `<c>` as bytes, or None to leave everything as it is.
"""

from . import edits
from .cells import Cell
from .edits import Maker
from .errors import PackageError
from .references import Place, parse_range
from .sheetscan import CellSpan
from .values import Stored, stored_constant, stored_result
from .views import SheetView
from .xmlscan import attributes

KEEP = object()  # "leave the cached value as it is"


def constant_maker(view: SheetView, row: int, column: int, stored: Stored | None, style: int | None = None) -> Maker:
    """Sets an input cell to a Stored value (None empties it); refuses formulas."""

    def make(span: CellSpan | None, prefix: bytes) -> bytes | None:
        if span is None:
            return None if stored is None else _created(view, row, column, prefix, stored, style)
        cell = view.reader.read(span)
        if cell.formula is not None:
            raise PackageError(f"{view.where(row, column)} holds a formula, which is left alone: set what it refers to")
        if stored is not None and edits.kept_value(cell, constant=True) == stored:
            return None
        return edits.with_value(view.scan, span, prefix, stored)

    return make


def result_maker(view: SheetView, row: int, column: int, stored: Stored) -> Maker:
    """Sets the cached value of a formula cell, or of one that an array or data table fills."""
    filled = view.filled.covering(row, column)

    def make(span: CellSpan | None, prefix: bytes) -> bytes | None:
        if span is None:
            if not filled:
                raise PackageError(f"{view.where(row, column)} is empty: only formulas have cached values")
            return _created(view, row, column, prefix, stored)
        cell = view.reader.read(span)
        if cell.formula is None and not filled:
            raise PackageError(f"{view.where(row, column)} holds no formula: set its value instead")
        if edits.kept_value(cell, constant=False) == stored:
            return None
        return edits.with_value(view.scan, span, prefix, stored)

    return make


class FormulaEdit:
    """Writing or removing the formulas of one sheet.

    When a cell held the master of shared formulas, the others get their own text so that none is orphaned;
    `makers` has those first, so that an edit of one of them wins.
    """

    def __init__(self, view: SheetView, date1904: bool):
        self.view, self.date1904 = view, date1904
        self._own: dict[Place, Maker] = {}
        self._unshared: dict[Place, Maker] = {}
        self.alters_chain = False  # whether the set or the kind of formula cells changes

    @property
    def makers(self) -> dict[Place, Maker]:
        return self._unshared | self._own

    def write(
        self,
        row: int,
        column: int,
        text: str | None,
        cached: object = KEEP,
        array_ref: str | None = None,
        mark: str | None = None,
    ) -> None:
        """Give the cell a formula (no "="), or None to keep only its value.

        `array_ref` is the range that it fills, as an array; `mark` the `cm` value of a spilling one. An array
        keeps its range and mark if neither is given.
        """
        view = self.view
        cell = view.cell(row, column)
        if cell.formula_kind == "dataTable":
            raise PackageError(f"{view.where(row, column)} is a what-if data table: change it in Excel")
        if text is not None and not text.removeprefix("="):
            raise PackageError(f"{view.where(row, column)}: the formula is empty: give its text, or None to remove it")
        keeps_array = text is not None and array_ref is None and cell.formula_kind == "array"
        array_ref = cell.array_ref if keeps_array else array_ref
        if array_ref is not None and parse_range(array_ref)[:2] != (row, column):
            raise PackageError(f"{view.where(row, column)} is not the top left of {array_ref}: give the range it fills")
        is_array = array_ref is not None
        had_array = cell.formula_kind == "array"
        self.alters_chain |= (cell.formula is None) != (text is None) or is_array != had_array

        def make(span: CellSpan | None, prefix: bytes) -> bytes | None:
            stored = self._stored(cell, cached, constant=text is None)
            if text is None:
                return None if span is None else edits.with_formula(view.scan, span, prefix, None, stored, None)
            element = edits.formula_element(text.removeprefix("="), prefix, array_ref)
            if span is None:
                return _created(view, row, column, prefix, stored, element=element, mark=mark)
            own_mark = attributes(view.scan.lexed[span.start : span.open_end]).get("cm") if keeps_array else None
            return edits.with_formula(view.scan, span, prefix, element, stored, mark or own_mark)

        self._own[row, column] = make
        if cell.formula_kind == "shared":
            self._unshare(cell)

    def _stored(self, cell: Cell, cached: object, constant: bool) -> Stored | None:
        if cached is KEEP:
            return edits.kept_value(cell, constant)
        if constant:
            return None if cached is None else stored_constant(cached, self.date1904)
        return stored_result(cached, self.date1904)

    def _unshare(self, master: Cell) -> None:
        view = self.view
        span = view.scan.find(master.row, master.column)
        if span is None or not view.scan.inner(span).f_text:
            return  # not the master: the others do not depend on it
        for cell in view.reader.all():
            if cell.shared_index == master.shared_index and cell.ref != master.ref and cell.formula:
                self._unshared[cell.row, cell.column] = _plain_formula_maker(view, cell.formula)


def _plain_formula_maker(view: SheetView, formula: str) -> Maker:
    def make(span: CellSpan | None, prefix: bytes) -> bytes | None:
        if span is None:
            return None
        inner = view.scan.inner(span)
        element = edits.formula_element(formula, prefix)
        return view.scan.text[span.start : inner.f_start] + element + view.scan.text[inner.f_end : span.end]

    return make


def _created(
    view: SheetView,
    row: int,
    column: int,
    prefix: bytes,
    stored: Stored | None,
    style: int | None = None,
    element: bytes = b"",
    mark: str | None = None,
) -> bytes:
    """A `<c>` that did not exist, formatted like its row or column unless `style` says otherwise."""
    own_style = edits.default_style(view.scan, row, column) if style is None else style
    marks = (edits.type_attribute(stored) if stored else b"") + (b' cm="%s"' % mark.encode() if mark else b"")
    content = element + (edits.value_element(stored, prefix) if stored else b"")
    return edits.new_cell(prefix, row, column, own_style, (marks, content))
