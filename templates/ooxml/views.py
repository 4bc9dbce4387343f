"""A sheet as last scanned, with what edits ask about it worked out once."""

import re
from functools import cached_property
from typing import NoReturn

from .cells import Cell, CellReader
from .errors import PackageError
from .references import Bounds, Place, Ranges, parse_range, range_text, to_ref
from .store import PartStore
from .tables import Table, read_table
from .xmlcheck import check, mask
from .xmlscan import ATTRIBUTES, XmlText, attributes, decode

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

    def __init__(self, sheet: str, part_name: str, part: XmlText, reader: CellReader, store: PartStore):
        self.sheet, self.part_name, self.part, self.reader = sheet, part_name, part, reader
        self.scan, self._store = reader.scan, store

    @cached_property
    def arrays(self) -> dict[Place, Bounds]:
        """Anchor (row, column) -> bounds of array formulas and data tables."""
        return self.reader.arrays()

    @cached_property
    def filled(self) -> Ranges:
        """Ranges of several cells that array formulas and data tables fill."""
        return Ranges(bounds for bounds in self.arrays.values() if bounds[:2] != bounds[2:])

    @cached_property
    def merged(self) -> Ranges:
        """Merged Ranges."""
        found = self.scan.pattern("mergeCell").finditer(self.scan.lexed, self.scan.data_end)
        return Ranges(parse_range(attributes(tag[0]).get("ref", "")) for tag in found)

    @cached_property
    def tables(self) -> list[Table]:
        """The sheet's Tables."""
        names = self._store.related(self.part_name, "table")
        return [read_table(self._store.text(name), name) for name in names]

    @cached_property
    def pivots(self) -> Ranges:
        """Ranges of the sheet's pivot tables."""
        names = self._store.related(self.part_name, "pivotTable")
        located = [pivot_range(self._store.read(name), name) for name in names]
        return Ranges(bounds for bounds in located if bounds)

    def cell(self, row: int, column: int) -> Cell:
        """The Cell at a place; a blank one if the sheet does not hold it."""
        span = self.scan.find(row, column)
        return self.reader.read(span) if span else Cell(to_ref(row, column), row, column)

    def where(self, row: int, column: int) -> str:
        """`Inputs!B7`, for messages."""
        return f"{self.sheet}!{to_ref(row, column)}"

    def taken(self, row: int, column: int) -> bool:
        """Whether the cell holds something, or a merged cell or an array reaches over it."""
        cell = self.cell(row, column)
        if cell.value is not None or cell.formula is not None:
            return True
        return bool(self.merged.at(row, column) or self.filled.at(row, column))

    def refuse_reserved(self, row: int, column: int) -> None:
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

    def _refuse(self, row: int, column: int, reason: str) -> NoReturn:
        raise PackageError(f"{self.where(row, column)} {reason}")


def pivot_range(raw: bytes, name: str) -> Bounds | None:
    """Bounds of a pivot table part's location, or None. Pivot parts are large, so no tree is made."""
    text = decode(raw, name).text
    check(text, name)
    location = PIVOT_LOCATION.search(mask(text))
    reference = attributes(location[0]).get("ref", "") if location else ""
    return parse_range(reference) if reference else None
