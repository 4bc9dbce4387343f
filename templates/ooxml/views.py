"""A sheet as last scanned, with what edits ask about it worked out once."""

import re

from .cells import Cell
from .errors import PackageError
from .references import Ranges, parse_range, range_text, to_ref
from .xmlscan import ATTRIBUTES, attributes, check, decode, mask

PIVOT_LOCATION = re.compile(rb"<(?:[^\s<>/:!?]+:)?location(?=\s)" + ATTRIBUTES + rb">")


class SheetView:
    """One worksheet: its scan and reader, and the places whose content is not the user's to set.

    Parameters
    ----------
    sheet : str
        Display name, for messages.
    part : XmlText
        The part as decoded, to encode it back.
    reader : CellReader
    tables : list of Table
    pivots : list of bounds
    """

    def __init__(self, sheet, part, reader, tables, pivots):
        self.sheet, self.part, self.reader, self.scan = sheet, part, reader, reader.scan
        self.tables, self.pivots = tables, pivots
        self._arrays = self._filled = self._merged = None

    @property
    def arrays(self):
        """Anchor (row, column) -> bounds of array formulas and data tables."""
        if self._arrays is None:
            self._arrays = self.reader.arrays()
        return self._arrays

    @property
    def filled(self):
        """Ranges that array formulas and data tables fill."""
        if self._filled is None:
            self._filled = Ranges(bounds for bounds in self.arrays.values() if bounds[:2] != bounds[2:])
        return self._filled

    @property
    def merged(self):
        """Merged Ranges."""
        if self._merged is None:
            found = self.scan.pattern("mergeCell").finditer(self.scan.lexed, self.scan.data_end)
            self._merged = Ranges(parse_range(attributes(tag[0]).get("ref", "")) for tag in found)
        return self._merged

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
