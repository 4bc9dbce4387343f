"""An opened workbook package: reads cells, takes edits, saves. The rest of the room does the work."""

import os

from . import edits, metadata, save, tables
from .cells import Cell, CellReader, SharedStrings
from .container import Limits, holds, inflate, read_container, rebuild
from .errors import PackageError
from .parts import (
    CONTENT_TYPES,
    EMPTY_RELATIONSHIPS,
    RELATIONSHIP_BASES,
    content_type,
    find_part,
    read_relationships,
    relationships_name,
    source_of,
    with_override,
    with_relationship,
    without_override,
    without_target,
)
from .references import inside, parse_range, parse_ref, range_text, to_ref
from .sheetscan import STRICT, SheetScan
from .values import stored_constant, stored_result
from .workbook import (
    SheetMap,
    defined_names,
    read_root,
    sheet_entries,
    uses_1904,
    with_calculation,
    with_defined_name,
    without_defined_name,
)
from .xmlscan import XmlText, check, decode, encode, tree

WORKBOOK_TYPES = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
    "application/vnd.ms-excel.sheet.macroenabled.main+xml",
    "application/vnd.ms-excel.template.macroenabled.main+xml",
    "application/vnd.ms-excel.addin.macroenabled.main+xml",
)
BINARY_TYPE = "application/vnd.ms-excel.sheet.binary.macroenabled.main"
LARGEST_SMALL_PART = 64 << 20  # bytes; workbook.xml, relationships, tables and the like, read as a tree
SCANS_KEPT = 4  # sheets kept scanned at a time
KEEP = object()  # "leave the cached value as it is"


def open_package(source, limits=None):
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
    date1904 : bool
    """

    def __init__(self, data, path, limits):
        self.path, self.limits = path, limits
        self._container = read_container(data, limits)
        self._changed, self._added, self._removed = {}, {}, set()
        self._texts, self._views, self._checked = {}, {}, set()
        self._strings = self._root = None
        self._index_names()
        self.workbook_part = self._find_workbook()
        self._load_sheets()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __repr__(self):
        return f"<Package {self.path or 'in memory'}: {', '.join(self.sheets)}>"

    def close(self):
        """Forget what is held in memory; unsaved edits are dropped."""
        self._texts, self._views, self._changed, self._added = {}, {}, {}, {}

    # ---- parts ------------------------------------------------------------------------------------------

    @property
    def part_names(self):
        """All part names, in the order of the archive."""
        kept = [name for name in self._container.members if name not in self._removed]
        return [*kept, *self._added]

    def read_part(self, name):
        """The current content (bytes) of a part."""
        found = find_part(self._by_lower, name)
        if found is None:
            raise PackageError(f"no part {name} in the workbook: repair the file in Excel first")
        if found in self._added:
            return self._added[found]
        if found in self._changed:
            return self._changed[found]
        return inflate(self._container, self._container.members[found])

    def set_part(self, name, content):
        """Replace the content (bytes) of an existing part."""
        self._refuse_signed()
        found = find_part(self._by_lower, name)
        if found is None:
            raise PackageError(f"no part {name} to replace: add it with add_part")
        self._forget(found)
        self._root = self._root if found != self.workbook_part else None
        if found in self._added:
            self._added[found] = bytes(content)
        elif holds(self._container, self._container.members[found], content):
            self._changed.pop(found, None)  # back to what it was: not a change
        else:
            self._changed[found] = bytes(content)

    def add_part(self, name, content, content_type, source="", relationship=None):
        """Add a part with its content type and, if `relationship` (a type) is given, the relation to it.

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
        self._refuse_signed()
        segments = name.split("/")
        if not name.isascii() or "\\" in name or any(s in ("", ".", "..") for s in segments):
            raise PackageError(f"{name!r} cannot be a part name: give one like xl/metadata.xml")
        if find_part(self._by_lower, name):
            raise PackageError(f"the part {name} exists already: replace it with set_part")
        self._added[name] = bytes(content)
        self._by_lower[name.lower()] = name
        self._edit(CONTENT_TYPES, with_override, name, content_type)
        return self.add_relationship(source, relationship, name) if relationship else None

    def add_relationship(self, source, kind, target, external=False):
        """Relate part `source` ("" for the package) to part (or address) `target`; returns the id."""
        self._refuse_signed()
        name = relationships_name(source)
        if find_part(self._by_lower, name) is None:
            self._added[name] = EMPTY_RELATIONSHIPS
            self._by_lower[name.lower()] = name
        part = self._text(name)
        text, identifier = with_relationship(part.text, source, kind, target, external)
        self._put_text(name, text)
        return identifier

    def remove_part(self, name):
        """Remove a part, its own relationships, its content type and every relationship that leads to it."""
        self._refuse_signed()
        found = find_part(self._by_lower, name)
        if found is None:
            raise PackageError(f"no part {name} to remove")
        for doomed in (found, find_part(self._by_lower, relationships_name(found))):
            if doomed is None:
                continue
            if self._added.pop(doomed, None) is None:
                self._removed.add(doomed)
                self._changed.pop(doomed, None)
            del self._by_lower[doomed.lower()]
            self._forget(doomed)
        self._edit(CONTENT_TYPES, without_override, found)
        for part in [n for n in self.part_names if n.endswith(".rels") and "_rels/" in n]:
            text = self._text(part).text
            new = without_target(text, source_of(part), found)
            if new != text:
                self._put_text(part, new)

    def relationships(self, part):
        """The Relationships of a part ("" is the package)."""
        name = find_part(self._by_lower, relationships_name(part))
        return read_relationships(self._text(name).text, part) if name else []

    # ---- the workbook -------------------------------------------------------------------------------------

    @property
    def date1904(self):
        """Whether day numbers count from 1904."""
        return uses_1904(self._workbook())

    @property
    def names(self):
        """The DefinedNames: name, scope, text, hidden, comment."""
        return defined_names(self._workbook())

    @property
    def defined_names(self):
        """dict of (name, scope) to text; scope is a sheet name or None for the workbook."""
        return {(n.name, n.scope): n.text for n in self.names}

    @property
    def signed(self):
        """Whether the package carries a digital signature, which any change would break."""
        return any(name.lower().startswith("_xmlsignatures/") for name in self._container.members)

    def add_defined_name(self, name, text, hidden=False, comment=None, scope=None, replace=False):
        """Add a defined name with the formula or reference `text` (no "="); `replace` changes an existing one."""
        self._refuse_signed()
        text = text.removeprefix("=")
        self._edit(self.workbook_part, with_defined_name, name, text, scope, hidden, comment, replace, named=True)

    def remove_defined_name(self, name, scope=None):
        """Remove a defined name."""
        self._refuse_signed()
        self._edit(self.workbook_part, without_defined_name, name, scope, named=True)

    def set_calculation(self, calc_id=None, full_calc_on_load=None):
        """Set calcPr's calcId and fullCalcOnLoad (False removes it); None leaves one as it is."""
        self._refuse_signed()
        self._edit(self.workbook_part, with_calculation, calc_id, full_calc_on_load, named=True)

    # ---- reading cells --------------------------------------------------------------------------------------

    def cells(self, sheet, refs=None):
        """Iterate the Cells that the sheet holds.

        Parameters
        ----------
        sheet : str
        refs : str or iterable of str, optional
            A range ("A1:C9") or references; all cells by default. Cells that do not exist are left out.
        """
        reader = self._reader(sheet)
        if refs is None:
            yield from reader.all()
        elif isinstance(refs, str):
            yield from reader.within(parse_range(refs))
        else:
            for ref in refs:
                span = reader.scan.find(*parse_ref(ref))
                if span:
                    yield reader.read(span)

    def cell(self, sheet, ref):
        """The Cell at `ref`; a blank one if the sheet does not hold it."""
        row, column = parse_ref(ref)
        reader = self._reader(sheet)
        span = reader.scan.find(row, column)
        return reader.read(span) if span else Cell(to_ref(row, column), row, column)

    def formulas(self, sheet):
        """Iterate (ref, text, kind, array range) of the sheet's formula cells; shared ones are translated."""
        yield from self._reader(sheet).formulas()

    def tables(self, sheet):
        """The Tables of a sheet."""
        return [tables.read_table(self._text(name).text, name) for name in self._related(sheet, "table")]

    # ---- changing cells -------------------------------------------------------------------------------------

    def set_value(self, sheet, ref, value):
        """Set an input cell: number, text, bool, date, error text; None empties it. The style stays.

        Raises
        ------
        PackageError
            The cell holds a formula, is covered by a merged cell or an array, or is a table's header or total.
        """
        self.set_values_many(sheet, {ref: value})

    def set_values_many(self, sheet, values):
        """`set_value` for a mapping of reference to value, in one pass; all of them or none."""
        view, date1904, makers = self._view(sheet), self.date1904, {}
        for ref, value in values.items():
            row, column = parse_ref(ref)
            stored = None if value is None else stored_constant(value, date1904)
            self._refuse_reserved(sheet, view, row, column)
            makers[row, column] = _constant_maker(view, sheet, row, column, stored)
        self._rewrite(sheet, view, makers)

    def set_cached(self, sheet, ref, value):
        """Set the cached result of a formula cell, or of a cell that an array or data table fills.

        None is empty text, nan and infinities are #NUM!; error names such as "#N/A" are errors.
        """
        self.set_cached_many(sheet, {ref: value})

    def set_cached_many(self, sheet, values):
        """`set_cached` for a mapping of reference to value, in one pass; missing spill cells are created."""
        view, date1904, makers = self._view(sheet), self.date1904, {}
        for ref, value in values.items():
            row, column = parse_ref(ref)
            makers[row, column] = _result_maker(view, sheet, row, column, stored_result(value, date1904))
        self._rewrite(sheet, view, makers)

    def set_formula(self, sheet, ref, text, cached=KEEP, array_ref=None, dynamic=False):
        """Write, replace or (text None) remove a formula.

        Parameters
        ----------
        sheet, ref : str
        text : str or None
            Formula as stored, with or without "="; None turns the cell into its present value.
        cached : optional
            The result; the present value by default.
        array_ref : str, optional
            Range that an array formula fills. An array formula keeps the range it has by default.
        dynamic : bool
            Mark the array as one that spills.
        """
        view = self._view(sheet)
        row, column = parse_ref(ref)
        self._refuse_reserved(sheet, view, row, column)
        mark = self._dynamic_mark() if dynamic else None
        makers, had = _formula_makers(view, sheet, row, column, text, cached, array_ref, mark, self.date1904)
        if self._rewrite(sheet, view, makers) and had != (text is not None):
            self._drop_calculation_chain()

    def mark_dynamic_arrays(self, sheet, refs):
        """Make formulas spilling arrays: `refs` are ranges ("B2:B9", top left holds the formula) or anchor -> range.

        Without this mark Excel shows such a formula as a legacy {array} or puts "@" in front.
        """
        pairs = refs.items() if hasattr(refs, "items") else [(ref.partition(":")[0], ref) for ref in refs]
        view, makers = self._view(sheet), {}
        pairs = list(pairs)
        mark = self._dynamic_mark() if pairs else None
        for anchor, area in pairs:
            row, column = parse_ref(anchor)
            bounds = parse_range(area)
            if bounds[:2] != (row, column):
                raise PackageError(f"{sheet}!{anchor} is not the top left of {area}: give the range it fills")
            cell = view.cell(row, column)
            if cell.formula is None or cell.formula_kind == "dataTable":
                raise PackageError(f"{sheet}!{anchor} holds no formula: only formulas spill")
            new, _ = _formula_makers(
                view, sheet, row, column, cell.formula, KEEP, range_text(bounds), mark, self.date1904
            )
            makers.update(new)
        self._rewrite(sheet, view, makers)

    def append_table_row(self, table_name, values):
        """Add a row of constants below a table and make the table, its filter and the sheet that much longer.

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
        sheet, table = self._find_table(table_name)
        row_of_values = tables.row_values(table, values)
        first, left, last, right = table.bounds
        view, columns = self._view(sheet), range(left, right + 1)
        if table.totals_rows:
            raise PackageError(f"table {table.name} has a totals row: add the row in Excel")
        body_rows = last - first + 1 - table.header_rows
        empty_body = body_rows == 1 and not any(view.taken(last, c) for c in columns)
        target = last if empty_body else last + 1  # a new table has one empty row
        if not empty_body:
            parse_ref(to_ref(target, right))  # inside the grid
            others = [t for t in self.tables(sheet) if t.part != table.part]
            blocked = any(
                view.taken(target, c) or view.covers(target, c) or any(inside(t.bounds, target, c) for t in others)
                for c in columns
            )
            if blocked:
                raise PackageError(f"the row below table {table.name} ({sheet}, row {target}) is taken: make room")
        makers = {}
        for column, value in zip(columns, row_of_values, strict=True):
            above = view.cell(last, column).style if body_rows else 0
            stored = None if value is None else stored_constant(value, self.date1904)
            makers[target, column] = _constant_maker(view, sheet, target, column, stored, style=above)
        self._rewrite(sheet, view, makers)
        if not empty_body:
            self._edit(table.part, tables.with_range, (first, left, target, right), named=True)

    # ---- saving -----------------------------------------------------------------------------------------------

    @property
    def changed_parts(self):
        """Names of parts that differ from the file: changed, added and removed."""
        return [*self._changed, *self._added, *sorted(self._removed)]

    def to_bytes(self):
        """The package as it would be saved (bytes)."""
        return b"".join(self._pieces())

    def save(self, path=None, backup=False):
        """Write the workbook, in place (default) or to `path`.

        The old file stays whole until the new one is complete on disk. Nothing changed: nothing is written in
        place, and a copy is byte-identical. Refuses when Excel or LibreOffice has the target open or when the
        source changed since it was opened.

        Parameters
        ----------
        path : str or os.PathLike, optional
        backup : bool
            Keep the file that is replaced as `<name>.bak`.
        """
        target = self.path if path is None else os.fspath(path)
        if target is None:
            raise PackageError("a workbook opened from bytes has no place of its own: give save a path")
        in_place = self.path is not None and _same_file(target, self.path)
        if in_place and not self.changed_parts:
            return
        pieces = self._pieces()
        real = os.path.realpath(target)
        save.refuse_if_locked(real)
        if in_place:
            save.refuse_if_changed(self.path, self._container.data)
        if backup and os.path.exists(real):
            save.back_up(real, self._container.data if in_place else save.read_file(real, self.limits.file_bytes))
        save.write_atomically(real, pieces)
        if in_place:
            self._restart(b"".join(pieces))

    # ---- inside -----------------------------------------------------------------------------------------------

    def _forget(self, name):
        """Drop what was worked out from a part's former content."""
        self._texts.pop(name, None)
        self._views.pop(name, None)
        self._checked.discard(name)

    def _index_names(self):
        names = [n for n in self._container.members if not n.endswith("/")]
        self._by_lower = {name.lower(): name for name in names}

    def _restart(self, data):
        """Continue from what was just saved."""
        self._container = read_container(data, self.limits)
        self._changed, self._added, self._removed = {}, {}, set()
        self._index_names()

    def _pieces(self):
        if not self.changed_parts:
            return [self._container.data]
        self._refuse_signed()
        for name in (*self._changed, *self._added):
            if name.endswith((".xml", ".rels")) and name not in self._checked:
                check(decode(self.read_part(name), name).text, name)  # never write what we would not read
        return rebuild(self._container, self._changed, self._added, self._removed)

    def _refuse_signed(self):
        if self.signed:
            raise PackageError("digitally signed workbook: a change would break the signature, remove it in Excel first")

    def _find_workbook(self):
        if find_part(self._by_lower, CONTENT_TYPES) is None:
            raise PackageError("a zip archive but not an Office file: give an .xlsx, .xlsm, .xltx or .xltm file")
        main = next((r.target for r in self.relationships("") if r.kind == "officeDocument" and not r.external), None)
        name = find_part(self._by_lower, main) if main else None
        if name is None:
            raise PackageError("an Office file without a main part: repair it in Excel first")
        kind = content_type(self._text(CONTENT_TYPES).text, name).lower()
        if kind == BINARY_TYPE:
            raise PackageError("binary workbook (.xlsb): save it as .xlsx or .xlsm in Excel, then retry")
        if kind not in WORKBOOK_TYPES:
            raise PackageError(f"not a spreadsheet ({kind or 'unknown type'}): give an .xlsx, .xlsm, .xltx or .xltm file")
        return name

    def _load_sheets(self):
        related = {r.id: r for r in self.relationships(self.workbook_part) if not r.external}
        work, other, seen = [], [], set()
        for entry in sheet_entries(self._workbook()):
            relation = related.get(entry.relationship_id)
            if entry.name.casefold() in seen or not entry.name:
                raise PackageError(f"two sheets are called {entry.name!r}: repair the file in Excel first")
            seen.add(entry.name.casefold())
            if relation is None:
                continue  # a sheet whose part is lost: Excel repairs such a file, we leave it alone
            part = find_part(self._by_lower, relation.target) or relation.target
            (work if relation.kind == "worksheet" else other).append((entry.name, part))
        self.sheets, self.other_sheets = SheetMap(work), SheetMap(other)

    def _workbook(self):
        if self._root is None:
            self._root = read_root(self._text(self.workbook_part).text, self.workbook_part)
        return self._root

    def _text(self, name):
        """A small part as XmlText, kept."""
        found = find_part(self._by_lower, name) or name
        if found not in self._texts:
            raw = self.read_part(found)
            if len(raw) > LARGEST_SMALL_PART:
                raise PackageError(f"refused: {name} is {len(raw):,} bytes long, far more than Excel ever writes")
            self._texts[found] = decode(raw, found)
        return self._texts[found]

    def _put_text(self, name, text):
        found = find_part(self._by_lower, name)
        part = self._text(found)
        self.set_part(found, encode(part, text))
        self._texts[found] = XmlText(part.mark, part.encoding, text)

    def _edit(self, part, function, *arguments, named=False):
        """Replace a small part's text by ``function(text, [part,] *arguments)``."""
        text = self._text(part).text
        new = function(text, part, *arguments) if named else function(text, *arguments)
        if new != text:
            self._put_text(part, new)

    def _part_of(self, sheet):
        try:
            return self.sheets[sheet]
        except KeyError:
            pass
        if sheet in self.other_sheets:
            raise PackageError(f"{sheet} is a chart, dialog or macro sheet without cells: choose another")
        raise PackageError(f"no sheet {sheet!r}: the workbook has {', '.join(self.sheets) or 'none'}")

    def _related(self, sheet, kind):
        """Part names that a sheet refers to with relationships of one kind."""
        return [r.target for r in self.relationships(self._part_of(sheet)) if r.kind == kind and not r.external]

    def _view(self, sheet):
        part = self._part_of(sheet)
        if part not in self._views:
            raw = decode(self.read_part(part), part)
            reader = CellReader(SheetScan(raw.text, part), self._shared_string, self.date1904, self._dynamic_marks())
            self._views.pop(part, None)
            while len(self._views) >= SCANS_KEPT:
                self._views.pop(next(iter(self._views)))
            self._views[part] = SheetView(raw, reader)
        return self._views[part]

    def _reader(self, sheet):
        return self._view(sheet).reader

    def _shared_string(self, index):
        if self._strings is None:
            part = self._related_to_workbook("sharedStrings")
            if part is None:
                raise PackageError("a cell refers to shared strings, which the workbook lacks: repair it in Excel first")
            self._strings = SharedStrings(decode(self.read_part(part), part).text, part)
        return self._strings(index)

    def _related_to_workbook(self, kind):
        for relation in self.relationships(self.workbook_part):
            if relation.kind == kind and not relation.external:
                return find_part(self._by_lower, relation.target)
        return None

    def _dynamic_marks(self):
        part = self._related_to_workbook("sheetMetadata")
        return metadata.dynamic_marks(self._text(part).text, part) if part else frozenset()

    def _dynamic_mark(self):
        """The `cm` value for dynamic arrays, adding the metadata it refers to if need be."""
        self._refuse_signed()
        part = self._related_to_workbook("sheetMetadata")
        if part is None:
            strict = self._workbook().uri == STRICT
            kind = RELATIONSHIP_BASES[strict] + "sheetMetadata"
            name, number = "xl/metadata.xml", 1
            while find_part(self._by_lower, name):
                number += 1
                name = f"xl/metadata{number}.xml"
            self.add_part(name, metadata.new_metadata(strict), metadata.CONTENT_TYPE, self.workbook_part, kind)
            self._views.clear()  # readers know the marks from the metadata
            return "1"
        text, number = metadata.with_dynamic_mark(self._text(part).text, part)
        if text != self._text(part).text:
            self._put_text(part, text)
            self._views.clear()
        return str(number)

    def _rewrite(self, sheet, view, makers):
        """Apply cell makers to a sheet; returns whether anything changed."""
        self._refuse_signed()
        new = edits.rewrite(view.reader.scan, makers)
        if new == view.reader.scan.text:
            return False
        part = self._part_of(sheet)
        self.set_part(part, encode(view.part, new))
        self._checked.add(part)  # `rewrite` checked every element it put in and took out
        return True

    def _drop_calculation_chain(self):
        part = self._related_to_workbook("calcChain")
        if part:
            self.remove_part(part)

    def _find_table(self, name):
        for sheet in self.sheets:
            for table in self.tables(sheet):
                if table.name.casefold() == name.casefold():
                    return sheet, table
        raise PackageError(f"no table {name!r} in the workbook: check its name in Excel (Table Design)")

    def _refuse_reserved(self, sheet, view, row, column):
        """Refuse places whose content belongs to a merged cell, an array, a table's edge or a pivot table."""
        ref = f"{sheet}!{to_ref(row, column)}"
        merged = edits.covering(view.merged, row, column)
        if merged:
            raise PackageError(f"{ref} is covered by the merged cell {range_text(merged)}: set its top left cell")
        array = edits.covering(view.arrays.values(), row, column)
        if array:
            raise PackageError(f"{ref} is filled by the array in {range_text(array)}: change the formula instead")
        if view.tables is None:
            view.tables = self.tables(sheet)
            view.pivots = self._pivot_ranges(sheet)
        for table in view.tables:
            if table.reserved(row, column):
                raise PackageError(f"{ref} is a header or total of table {table.name}: rename it in Excel")
        for bounds in view.pivots:
            if inside(bounds, row, column):
                raise PackageError(f"{ref} lies in the pivot table {range_text(bounds)}: change its source instead")

    def _pivot_ranges(self, sheet):
        found = []
        for name in self._related(sheet, "pivotTable"):
            location = tree(self._text(name).text, name).first("location")
            if location and "ref" in location.attributes:
                found.append(parse_range(location.attributes["ref"]))
        return found


class SheetView:
    """A sheet as last scanned, with what edits ask about it worked out once."""

    def __init__(self, part, reader):
        self.part, self.reader, self.scan = part, reader, reader.scan
        self.tables = self.pivots = self._arrays = self._merged = None

    @property
    def arrays(self):
        """Anchor (row, column) -> bounds of array formulas and data tables."""
        if self._arrays is None:
            self._arrays = self.reader.arrays()
        return self._arrays

    @property
    def merged(self):
        if self._merged is None:
            self._merged = edits.merged_ranges(self.scan)
        return self._merged

    def cell(self, row, column):
        span = self.scan.find(row, column)
        return self.reader.read(span) if span else Cell(to_ref(row, column), row, column)

    def taken(self, row, column):
        """Whether the cell holds a value or a formula."""
        cell = self.cell(row, column)
        return cell.value is not None or cell.formula is not None

    def covers(self, row, column):
        """Whether a merged cell or an array reaches over the cell."""
        return any(inside(b, row, column) for b in (*self.merged, *self.arrays.values()))


def _constant_maker(view, sheet, row, column, stored, style=None):
    def make(span, prefix):
        if span is None:
            if stored is None:
                return None
            own = style if style is not None else edits.default_style(view.scan, row, column)
            content = edits.type_attribute(stored), edits.value_element(stored, prefix)
            return edits.new_cell(prefix, row, column, own, content)
        cell = view.reader.read(span)
        if cell.formula is not None:
            raise PackageError(f"{sheet}!{cell.ref} holds a formula: it is left alone, change what it refers to")
        if stored is not None and edits.kept_value(cell, constant=True) == stored:
            return None
        return edits.with_value(view.scan, span, prefix, stored)

    return make


def _result_maker(view, sheet, row, column, stored):
    def make(span, prefix):
        ref = f"{sheet}!{to_ref(row, column)}"
        filled = edits.covering(view.arrays.values(), row, column)
        if span is None:
            if not filled:
                raise PackageError(f"{ref} is empty: only formula cells and what they fill have cached values")
            style = edits.default_style(view.scan, row, column)
            content = edits.type_attribute(stored), edits.value_element(stored, prefix)
            return edits.new_cell(prefix, row, column, style, content)
        cell = view.reader.read(span)
        if cell.formula is None and not filled:
            raise PackageError(f"{ref} holds no formula: set its value instead")
        if edits.kept_value(cell, constant=False) == stored:
            return None
        return edits.with_value(view.scan, span, prefix, stored)

    return make


def _formula_makers(view, sheet, row, column, text, cached, array_ref, mark, date1904):
    """Makers that write or remove one formula, and whether the cell had one.

    When the cell held the master of shared formulas, the others get their own text, so that none is orphaned.
    """
    cell = view.cell(row, column)
    ref = f"{sheet}!{cell.ref}"
    if cell.formula_kind == "dataTable":
        raise PackageError(f"{ref} is a what-if data table: change it in Excel")
    if text is not None:
        text = text.removeprefix("=")
        if not text:
            raise PackageError(f"{ref}: an empty formula: give its text, or None to keep only the value")
    if text is not None and array_ref is None and cell.formula_kind == "array":
        array_ref = cell.array_ref
        keep_mark = cell.dynamic
    else:
        keep_mark = False
    if array_ref is not None:
        parse_range(array_ref)

    def stored_for(constant):
        if cached is KEEP:
            return edits.kept_value(cell, constant)
        if constant:
            return None if cached is None else stored_constant(cached, date1904)
        return stored_result(cached, date1904)

    def make(span, prefix):
        stored = stored_for(constant=text is None)
        element = None if text is None else edits.formula_element(text, prefix, array_ref)
        if span is None:
            if element is None:
                return None
            style = edits.default_style(view.scan, row, column)
            dynamic = b' cm="%s"' % mark.encode() if mark else b""
            marks = (edits.type_attribute(stored) if stored else b"") + dynamic
            body = element + (edits.value_element(stored, prefix) if stored else b"")
            return edits.new_cell(prefix, row, column, style, (marks, body))
        dynamic = mark
        if keep_mark and mark is None:
            dynamic = edits.attributes(view.scan.lexed[span.start : span.open_end]).get("cm")
        return edits.with_formula(view.scan, span, prefix, element, stored, dynamic)

    makers = {(row, column): make}
    if cell.formula_kind == "shared":
        makers = _unshared(view, cell) | makers
    return makers, cell.formula is not None


def _unshared(view, master):
    """Makers that give every formula sharing `master`'s index its own text, if it is indeed the master."""
    scan, makers = view.scan, {}
    span = scan.find(master.row, master.column)
    if not scan.inner(span).f_text:
        return {}
    for cell in view.reader.all():
        if cell.shared_index == master.shared_index and cell.ref != master.ref:
            makers[cell.row, cell.column] = _plain_formula_maker(view, cell)
    return makers


def _plain_formula_maker(view, cell):
    def make(span, prefix):
        inner = view.scan.inner(span)
        start, end = inner.f_start, inner.f_end
        if not cell.formula:
            return None
        element = edits.formula_element(cell.formula, prefix)
        return view.scan.text[span.start : start] + element + view.scan.text[end : span.end]

    return make


def _same_file(first, second):
    try:
        return os.path.samefile(first, second)
    except OSError:
        return os.path.realpath(first) == os.path.realpath(second)
