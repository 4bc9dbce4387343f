"""Reading the tables, which stand in this file instead of beside it."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from tokenbook.addin.lite.inside.tables import TABLES


def text(name: str) -> str:
    """The content of a table."""
    return TABLES[name].strip("\n")


def table(name: str) -> Iterator[dict[str, str]]:
    """The rows of a table, as dictionaries of text."""
    return csv.DictReader(text(name).splitlines())
