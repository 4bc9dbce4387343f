"""An opened workbook: what can be asked of it and done to it. The other modules of this room do the work.

Long because it is the whole face of the room, with its help: a method here is a few lines that look
a sheet up, call the module that knows, and write what came back.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from . import edits, fresh, metadata, protection, save, tablerows, tables, workbook
from .cells import Cell, Formula, Held
from .container import Buffer, Limits
from .edits import Maker
from .errors import PackageError
from .makers import KEEP, FormulaEdit, constant_maker, result_maker
from .opening import find_workbook, read_sheets
from .parts import RELATIONSHIP_BASES, Relationship
from .references import Place, parse_range, parse_ref, range_text
from .scanned import ScannedSheets
from .sheetscan import STRICT
from .store import PartStore
from .tables import Table
from .values import stored_constant, stored_result
from .views import SheetView
from .workbook import DefinedName
from .xmlscan import Node, encode


def open_package(source: str | os.PathLike[str] | Buffer, limits: Limits | None = None) -> Package:
    """Open an .xlsx, .xlsm, .xltx or .xltm for reading and patching.

    Parameters
    ----------
    source : str, os.PathLike or bytes
        A path, or the file's content.
    limits : Limits, optional
        What the file may cost in size and memory.

    Returns
    -------
    Package
        Also a context manager; changes nothing on disk until `save`.

    Raises
    ------
    PackageError
        Not a workbook, encrypted, damaged, hostile or too large; one line that says which and what to do.

    Examples
    --------
    >>> import io, openpyxl
    >>> stream = io.BytesIO()
    >>> openpyxl.Workbook().save(stream)
    >>> with open_package(stream.getvalue()) as book:
    ...     book.set_value("Sheet", "B2", 0.42)
    ...     book.cell("Sheet", "B2").value
    0.42
    """
    limits = limits or Limits()
    if isinstance(source, (bytes, bytearray, memoryview)):
        return Package(bytes(source), None, limits)
    path = os.fspath(source)
    content = save.read_file(path, limits.file_bytes)
    try:
        return Package(content, path, limits)
    except PackageError as error:
        raise PackageError(f"{path}: {error}") from None


class Package:
    """A workbook package, made by `open_package`. Edits are held in memory until `save`.

    Attributes
    ----------
    path : str or None
    sheets : SheetMap
        Worksheet name -> part name, in tab order; look-up ignores case.
    other_sheets : SheetMap
        The same for chart, dialog and macro sheets, which have no cells.
    workbook_part : str
    """

    def __init__(self, data: bytes, path: str | None, limits: Limits):
        self.path, self.limits = path, limits
        self._store = PartStore(data, limits)
        self._scanned = ScannedSheets(self._store)
        self._root_of: tuple[bytes, Node] | None = None
        self.workbook_part = self._scanned.workbook_part = find_workbook(self._store)
        self.sheets, self.other_sheets = read_sheets(self._store, self.workbook_part, self._root())

    def __enter__(self) -> Package:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Package {self.path or 'in memory'}: {', '.join(self.sheets)}>"

    def close(self) -> None:
        """Drop unsaved edits and what is held in memory."""
        self._store.revert()
        self._scanned.drop_all()

    # ---- the workbook ---------------------------------------------------------------------------------

    @property
    def date1904(self) -> bool:
        """Whether day numbers count from 1904."""
        return workbook.uses_1904(self._root())

    @property
    def names(self) -> list[DefinedName]:
        """The DefinedNames: name, scope, text, hidden, comment."""
        return workbook.defined_names(self._root())

    @property
    def defined_names(self) -> dict[tuple[str, str | None], str]:
        """dict of (name, scope) to text; scope is a sheet name or None for the workbook."""
        return {(each.name, each.scope): each.text for each in self.names}

    @property
    def calculation(self) -> dict[str, str]:
        """The workbook's calculation settings: attributes of calcPr, as texts by name."""
        node = self._root().first("calcPr")
        return {} if node is None else dict(node.attributes)

    @property
    def signed(self) -> bool:
        """Whether the package carries a digital signature; such a workbook can be read but not changed."""
        return self._store.signed

    def add_defined_name(
        self,
        name: str,
        text: str,
        hidden: bool = False,
        comment: str | None = None,
        scope: str | None = None,
        replace: bool = False,
    ) -> None:
        """Add a defined name for the formula or reference `text`; `replace` changes an existing one."""
        text = text.removeprefix("=")
        self._edit_workbook(workbook.with_defined_name, name, text, scope, hidden, comment, replace)

    def add_hidden_names(self, names: Mapping[str, str], replace: bool = False) -> None:
        """Add many hidden names of the whole workbook in one pass, name -> formula; `replace` changes existing ones."""
        self._edit_workbook(workbook.with_hidden_names, names, replace)

    def remove_names(self, names: Iterable[str]) -> None:
        """Remove many names of the whole workbook in one pass; unknown ones are no fault."""
        self._edit_workbook(workbook.without_names, names)

    def set_calculation(self, calc_id: int | None = None, full_calc_on_load: bool | None = None) -> None:
        """Set calcPr's calcId and fullCalcOnLoad (False removes it); None leaves one as it is."""
        self._edit_workbook(workbook.with_calculation, calc_id, full_calc_on_load)

    # ---- reading cells --------------------------------------------------------------------------------

    def cells(self, sheet: str, refs: str | Iterable[str] | None = None) -> Iterator[Cell]:
        """Iterate the Cells that the sheet holds.

        Parameters
        ----------
        sheet : str
        refs : str or iterable of str, optional
            A range ("A1:C9") or references; all cells by default. Cells that do not exist are left out.
        """
        reader = self.view(sheet).reader
        if refs is None:
            yield from reader.all()
        elif isinstance(refs, str):
            yield from reader.within(parse_range(refs))
        else:
            yield from map(reader.read, reader.scan.find_many(map(parse_ref, refs)))

    def held(self, sheet: str) -> Iterator[Held]:
        """Iterate what the cells of the sheet hold, without their formulas."""
        return self.view(sheet).reader.held()

    def cell(self, sheet: str, ref: str) -> Cell:
        """The Cell at `ref`; a blank one if the sheet does not hold it."""
        return self.view(sheet).cell(*parse_ref(ref))

    def formulas(self, sheet: str) -> Iterator[Formula]:
        """Iterate (ref, text, kind, array range) of the sheet's formula cells; shared ones are translated."""
        yield from self.view(sheet).reader.formulas()

    def tables(self, sheet: str) -> list[Table]:
        """The Tables of a sheet."""
        return [tables.read_table(self._store.text(name), name) for name in self._table_parts(sheet)]

    def find_table(self, name: str) -> tuple[str, Table] | None:
        """(sheet, Table) of a table by its name, or None; look-up ignores case."""
        for sheet in self.sheets:
            for table in self.tables(sheet):
                if table.name.casefold() == name.casefold():
                    return sheet, table
        return None

    def obstacle(self, sheet: str, ref: str, locks: bool = True) -> str | None:
        """Why an input cell cannot be set there (one line), or None.

        Besides what `set_value` refuses (formulas, merged cells, arrays, table headers, pivot tables), which this
        asks beforehand, with `locks` a locked cell of a protected sheet is one: Excel would not let its user change
        it.
        """
        view, (row, column) = self.view(sheet), parse_ref(ref)
        cell = view.cell(row, column)
        if cell.formula is not None:
            return f"{view.where(row, column)} holds a formula, which is left alone: set what it refers to"
        try:
            view.refuse_reserved(row, column)
        except PackageError as error:
            return str(error)
        if locks and protection.is_protected(view.scan) and cell.style not in self._scanned.unlocked_styles():
            return f"{view.where(row, column)} is locked on a protected sheet: unprotect the sheet in Excel first"
        return None

    # ---- changing cells -------------------------------------------------------------------------------

    def set_value(self, sheet: str, ref: str, value: object) -> None:
        """Set an input cell: number, text, bool, date, error text; None empties it. The style stays.

        Raises
        ------
        PackageError
            The cell holds a formula, is covered by a merged cell, an array or a pivot table, or is a
            table's header or total.
        """
        self.set_values_many(sheet, {ref: value})

    def set_values_many(self, sheet: str, values: Mapping[str, object]) -> None:
        """`set_value` for a mapping of reference to value, in one pass; all of them or none."""
        view, date1904, makers = self.view(sheet), self.date1904, {}
        for ref, value in values.items():
            row, column = parse_ref(ref)
            view.refuse_reserved(row, column)
            stored = None if value is None else stored_constant(value, date1904)
            makers[row, column] = constant_maker(view, row, column, stored)
        self._rewrite(view, makers)

    def set_cached_many(self, sheet: str, values: Mapping[str, object]) -> None:
        """Set cached results, reference -> value, of formula cells or of cells that an array or data table fills.

        One pass; missing spill cells are created. None is empty text, nan and infinities are #NUM!; error names such
        as "#N/A" are errors.
        """
        view, date1904 = self.view(sheet), self.date1904
        results = {parse_ref(ref): stored_result(value, date1904) for ref, value in values.items()}
        plain = fresh.plain_cells(view.scan, results)
        makers = {place: result_maker(view, *place, results[place]) for place in results if place not in plain}
        self._rewrite(view, makers)
        if plain:
            scan = self.view(sheet).scan
            if scan is not view.scan:
                plain = fresh.plain_cells(scan, plain)
            self._put_sheet(self.view(sheet), fresh.with_results(scan, plain, results))

    def raw_cells(self, sheet: str, refs: Iterable[str]) -> dict[str, bytes]:
        """The `<c>` elements (bytes) of existing cells as they stand in the part: dict of reference to bytes."""
        scan, found = self.view(sheet).scan, {}
        for ref in refs:
            span = scan.find(*parse_ref(ref))
            if span:
                found[ref] = scan.text[span.start : span.end]
        return found

    def put_raw_cells(self, sheet: str, elements: Mapping[str, bytes]) -> None:
        """Put back `<c>` elements (bytes) that `raw_cells` gave, for cells that exist; nothing else is looked at."""
        view, makers = self.view(sheet), {}
        for ref, element in elements.items():
            makers[parse_ref(ref)] = lambda span, prefix, element=element: element if span else None
        self._rewrite(view, makers)

    def set_formula(
        self,
        sheet: str,
        ref: str,
        text: str | None,
        cached: object = KEEP,
        array_ref: str | None = None,
        dynamic: bool = False,
    ) -> None:
        """Write, replace or (text None) remove a formula.

        Parameters
        ----------
        sheet, ref : str
        text : str or None
            Formula as stored, with or without "="; None turns the cell into its present value.
        cached : optional
            The result; the present value by default.
        array_ref : str, optional
            Range that the formula fills as an array; an array formula keeps its range by default.
        dynamic : bool
            Mark the array as one that spills.
        """
        row, column = parse_ref(ref)
        mark = self._dynamic_mark() if dynamic else None
        edit = self._formula_edit(sheet)
        edit.view.refuse_reserved(row, column)
        edit.write(row, column, text, cached, array_ref, mark)
        self._apply(edit)

    def set_formulas_many(self, sheet: str, formulas: Mapping[str, str | None]) -> None:
        """Write or (None) remove formulas, reference -> text, in one pass; present values are kept."""
        edit = self._formula_edit(sheet)
        for ref, text in formulas.items():
            row, column = parse_ref(ref)
            edit.view.refuse_reserved(row, column)
            edit.write(row, column, text)
        self._apply(edit)

    def mark_dynamic_arrays(self, sheet: str, refs: Iterable[str] | Mapping[str, str]) -> None:
        """Make formulas spilling arrays: `refs` are ranges (the top left holds the formula) or anchor -> range.

        Without this mark Excel shows such a formula as a legacy {array} or puts "@" in front.
        """
        pairs = refs if hasattr(refs, "items") else {ref.partition(":")[0]: ref for ref in refs}
        if not pairs:
            return
        mark = self._dynamic_mark()
        edit = self._formula_edit(sheet)
        for anchor, area in pairs.items():
            row, column = parse_ref(anchor)
            formula = edit.view.cell(row, column).formula
            if formula is None:
                raise PackageError(f"{edit.view.where(row, column)} holds no formula: only formulas spill")
            edit.write(row, column, formula, array_ref=range_text(parse_range(area)), mark=mark)
        self._apply(edit)

    def append_table_row(self, table_name: str, values: Sequence[object] | Mapping[str, object]) -> None:
        """Add a row of constants below a table and make the table, its filter and the sheet that much longer.

        A table whose only row is empty, as a new one has, takes the values there.

        Parameters
        ----------
        table_name : str
        values : sequence or mapping
            One value per column, or column name -> value (the others stay empty).

        Raises
        ------
        PackageError
            No such table, it has a totals row, or the row below it is taken.
        """
        view, table = self._find_table(table_name)
        makers, bounds = tablerows.row_below(view, table, values, self.date1904)
        self._rewrite(view, makers)
        self._store.edit(table.part, tables.with_range, table.part, bounds)
        self._scanned.drop(view.part_name)

    # ---- parts ----------------------------------------------------------------------------------------

    @property
    def part_names(self) -> list[str]:
        """All part names, in the order of the archive."""
        return self._store.names

    @property
    def changed_parts(self) -> list[str]:
        """Names of the parts that differ from the file: changed, added and removed."""
        return self._store.changed

    def read_part(self, name: str) -> bytes:
        """The current content (bytes) of a part."""
        return self._store.read(name)

    def set_part(self, name: str, content: Buffer) -> None:
        """Replace the content (bytes) of an existing part."""
        self._store.write(name, bytes(content))
        self._scanned.drop_all()

    def add_part(
        self, name: str, content: Buffer, content_type: str, source: str = "", relationship: str | None = None
    ) -> str | None:
        """Add a part and, if `relationship` (a type) is given, a relationship from `source` to it.

        Parameters
        ----------
        name : str
            Part name without leading slash, such as ``xl/webextensions/taskpanes.xml``.
        content : bytes
        content_type : str
        source : str
            The part that refers to the new one; "" is the package itself.
        relationship : str, optional
            Relationship type (an address).

        Returns
        -------
        str or None
            The relationship's id.
        """
        self._store.add(name, bytes(content), content_type)
        self._scanned.drop_all()
        return self._store.relate(source, relationship, name) if relationship else None

    def remove_part(self, name: str) -> None:
        """Remove a part, its relationships, its content type and every relationship that leads to it."""
        self._store.remove(name)
        self._scanned.drop_all()

    def relationships(self, part: str) -> list[Relationship]:
        """The Relationships (id, kind, type, target, external) of a part; "" is the package."""
        return self._store.relationships(part)

    def related(self, part: str, kind: str) -> list[str]:
        """Names of the parts that `part` refers to with relationships of one kind (last word of the type)."""
        return self._store.related(part, kind)

    # ---- saving ---------------------------------------------------------------------------------------

    def to_bytes(self) -> bytes:
        """The package as it would be saved."""
        return b"".join(self._store.pieces())

    def save(self, path: str | os.PathLike[str] | None = None, backup: bool = False, sync_folder: bool = True) -> None:
        """Write the workbook, in place (default) or to `path`.

        The old file stays whole until the new one is complete on disk. Nothing changed: nothing is written
        in place, and a copy is byte-identical. Refuses when Excel or LibreOffice has the target open, when
        it is read-only, or when the source changed since it was opened.

        Parameters
        ----------
        path : str or os.PathLike, optional
        backup : bool
            Keep the file that is replaced as `<name>.bak`.
        sync_folder : bool
            Wait until the new name is on disk too; not needed when another write to the folder follows.
        """
        target = self.path if path is None else os.fspath(path)
        if target is None:
            raise PackageError("a workbook opened from bytes has no place of its own: give save a path")
        in_place = self.path is not None and save.same_file(target, self.path)
        if in_place and not self.changed_parts:
            return
        pieces = self._store.pieces()
        save.replace_workbook(
            target, pieces, original=self._store.data if in_place else None, backup=backup, sync_folder=sync_folder
        )
        if in_place:
            self._store.restart(pieces)

    # ---- inside ---------------------------------------------------------------------------------------

    def _root(self) -> Node:
        text = self._store.text(self.workbook_part)
        if self._root_of is None or self._root_of[0] is not text:
            self._root_of = text, workbook.read_root(text, self.workbook_part)
        return self._root_of[1]

    def _edit_workbook(self, function: Callable[..., bytes], *arguments: Any) -> None:
        self._store.refuse_signed()
        self._store.edit(self.workbook_part, function, self._root(), *arguments)

    def view(self, sheet: str) -> SheetView:
        """A sheet as scanned, for the other modules of this room."""
        part = self._part_of(sheet)
        return self._scanned.view(self.sheets.spelling(sheet), part, self.date1904)

    def _part_of(self, sheet: str) -> str:
        if sheet in self.sheets:
            return self.sheets[sheet]
        if sheet in self.other_sheets:
            raise PackageError(f"{sheet} is a chart, dialog or macro sheet without cells: choose another")
        raise PackageError(f"no sheet {sheet!r}: the workbook has {', '.join(self.sheets) or 'none'}")

    def _rewrite(self, view: SheetView, makers: Mapping[Place, Maker]) -> None:
        """Apply cell makers to a sheet."""
        self._store.refuse_signed()
        # `rewrite` checks every element it puts in and takes out: the part need not be parsed again
        self._put_sheet(view, edits.rewrite(view.scan, makers))

    def _put_sheet(self, view: SheetView, new: bytes) -> None:
        """Replace a sheet's text by one that is known to be well-formed."""
        self._store.refuse_signed()
        if new != view.scan.text:
            self._store.write(view.part_name, encode(view.part, new), proven=True)
            self._scanned.drop(view.part_name)

    def _formula_edit(self, sheet: str) -> FormulaEdit:
        return FormulaEdit(self.view(sheet), self.date1904)

    def _apply(self, edit: FormulaEdit) -> None:
        self._rewrite(edit.view, edit.makers)
        chain = self._store.related(self.workbook_part, "calcChain")
        if edit.alters_chain and chain:
            self._store.remove(chain[0])

    def _dynamic_mark(self) -> str:
        """The `cm` value for dynamic arrays, adding the metadata it refers to if need be."""
        self._store.refuse_signed()
        found = self._store.related(self.workbook_part, "sheetMetadata")
        if found:
            text, number = metadata.with_dynamic_mark(self._store.text(found[0]), found[0])
            self._store.put_text(found[0], text)
        else:
            strict, number, name = self._root().uri == STRICT, 1, "xl/metadata.xml"
            kind = RELATIONSHIP_BASES[strict] + "sheetMetadata"
            self._store.add(name, metadata.new_metadata(strict), metadata.CONTENT_TYPE)
            self._store.relate(self.workbook_part, kind, name)
        self._scanned.drop_views()  # readers know the marks
        return str(number)

    def _table_parts(self, sheet: str) -> list[str]:
        return self._store.related(self._part_of(sheet), "table")

    def _find_table(self, name: str) -> tuple[SheetView, Table]:
        found = self.find_table(name)
        if found is None:
            raise PackageError(f"no table {name!r} in the workbook: look its name up in Excel (Table Design)")
        return self.view(found[0]), found[1]
