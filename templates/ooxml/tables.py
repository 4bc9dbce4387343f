"""Table parts (`<table>`): where they lie, and giving one another range."""

from typing import NamedTuple

from .errors import PackageError
from .references import Bounds, parse_range, range_text
from .xmlscan import Splice, set_attribute, splice, tree


class Table(NamedTuple):
    """A table: names, range, how many header and totals rows it has, and its columns."""

    name: str
    part: str
    bounds: Bounds
    header_rows: int
    totals_rows: int
    columns: tuple[str, ...]
    calculated: tuple[bool, ...]  # per column, whether it has a column formula

    def reserved(self, row: int, column: int) -> bool:
        """Whether the cell is a header or a totals cell, whose text the table part repeats."""
        first, left, last, right = self.bounds
        if not left <= column <= right:
            return False
        return first <= row < first + self.header_rows or last - self.totals_rows < row <= last


def read_table(text: bytes, part: str) -> Table:
    """The Table of a table part (UTF-8 text)."""
    root = tree(text, part)
    marks = root.attributes
    holder = root.first("tableColumns")
    columns = holder.all("tableColumn") if holder else []
    if root.name != "table":
        raise PackageError(f"{part} is not a table part: repair the file in Excel first")
    return Table(
        marks.get("displayName") or marks.get("name", ""),
        part,
        parse_range(marks.get("ref", "")),
        _count(marks.get("headerRowCount", "1")),
        _count(marks.get("totalsRowCount", "0")),
        tuple(c.attributes.get("name", "") for c in columns),
        tuple(c.first("calculatedColumnFormula") is not None for c in columns),
    )


def with_range(text: bytes, part: str, bounds: Bounds) -> bytes:
    """The table part with another range; its filter covers the same rows."""
    root = tree(text, part)
    splices = [
        Splice(node.start, node.open_end, set_attribute(text[node.start : node.open_end], "ref", range_text(bounds)))
        for node in (root, root.first("autoFilter"))
        if node is not None
    ]
    return splice(text, splices)


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0
