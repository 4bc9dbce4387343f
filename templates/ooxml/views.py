"""A sheet as last scanned, with what edits ask about it worked out once."""

import re
from functools import cached_property

from .cells import Cell
from .errors import PackageError
from .references import Ranges, parse_range, range_text, to_ref
from .tables import read_table
from .xmlscan import ATTRIBUTES, attributes, check, decode, mask

PIVOT_LOCATION = re.compile(rb"<(?:[^\s<>/:!?]+:)?location(?=\s)" + ATTRIBUTES + rb">")


class SheetView:
    """One worksheet: its scan and reader, and the places whose content is not the user's to set.

    Parameters
    ----------
    sheet : str
        Display name, for messages.
    part_name : str
    part : XmlText
        The part as decoded, to encode it back.
    reader : CellReader
    store : PartStore
        Where the sheet's tables and pivot tables are looked up, when asked for.
    """

    def __init__(self, sheet, part_name, part, reader, store):
        self.sheet, self.part_name, self.part, self.reader = sheet, part_name, part, reader
        self.scan, self._store = reader.scan, store

    @cached_property
    def arrays(self):
        """Anchor (row, column) -> bounds of array formulas and data tables."""
        return self.reader.arrays()

    @cached_property
    def filled(self):
        """Ranges of several cells that array formulas and data tables fill."""
        return Ranges(bounds for bounds in self.arrays.values() if bounds[:2] != bounds[2:])

    @cached_property
    def merged(self):
        """Merged Ranges."""
        found = self.scan.pattern("mergeCell").finditer(self.scan.lexed, self.scan.data_end)
        return Ranges(parse_range(attributes(tag[0]).get("ref", "")) for tag in found)

    @cached_property
    def tables(self):
        """The sheet's Tables."""
        names = self._store.related(self.part_name, "table")
        return [read_table(self._store.text(name), name) for name in names]

    @cached_property
    def pivots(self):
        """Ranges of the sheet's pivot tables."""
        names = self._store.related(self.part_name, "pivotTable")
        located = [pivot_range(self._store.read(name), name) for name in names]
        return Ranges(bounds for bounds in located if bounds)

    def cell(self, row, column):
        """The Cell at a place; a blank one if the sheet does not hold it."""
        span = self.scan.find(row, column)
        return self.reader.read(span) if span else Cell(to_ref(row, column), row, column)

    def where(self, row, column):
        """`Inputs!B7`, for messages."""
        return f"{self.sheet}!{to_ref(row, column)}"

    def taken(self, row, column):
        """Whether the cell holds something, or a merged cell or an array reaches over it."""
        cell = self.cell(row, column)
        if cell.value is not None or cell.formula is not None:
            return True
        return bool(self.merged.at(row, column) or self.filled.at(row, column))

    def refuse_reserved(self, row, column):
        """Refuse places whose content belongs to a merged cell, an array, a table's edge or a pivot table."""
        merged = self.merged.covering(row, column)
        if merged:
            self._refuse(row, column, f"is covered by the merged cell {range_text(merged)}: set its top left cell")
        array = self.filled.covering(row, column)
        if array:
            self._refuse(row, column, f"is filled by the formula of {range_text(array)}: change that instead")
        for table in self.tables:
            if table.reserved(row, column):
                self._refuse(row, column, f"is a header or total of table {table.name}: change it in Excel")
        pivot = self.pivots.at(row, column)
        if pivot:
            self._refuse(row, column, f"lies in the pivot table {range_text(pivot)}: change its source instead")

    def _refuse(self, row, column, reason):
        raise PackageError(f"{self.where(row, column)} {reason}")


def pivot_range(raw, name):
    """Bounds of a pivot table part's location, or None. Pivot parts are large, so no tree is made."""
    text = decode(raw, name).text
    check(text, name)
    location = PIVOT_LOCATION.search(mask(text))
    reference = attributes(location[0]).get("ref", "") if location else ""
    return parse_range(reference) if reference else None
