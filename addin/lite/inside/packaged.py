"""Reading the tables, which stand in the workbook's Python instead of in files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from tokenbook.addin.lite.inside import tables


def text(name: str) -> str:
    """The content of a table."""
    return tables.TABLES[name].strip("\n")


def table(name: str) -> Iterator[dict[str, str]]:
    """The rows of a table, as dictionaries of text."""
    return csv.DictReader(io.StringIO(text(name), newline=""))
