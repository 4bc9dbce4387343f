"""Reading the tables that travel inside the package (csv only, so that it is quick and runs in Pyodide)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from importlib import resources


def text(name: str) -> str:
    """The content of a file of `data/`."""
    return resources.files(__package__).joinpath("data", name).read_text(encoding="utf-8")


def table(name: str) -> Iterator[dict[str, str]]:
    """The rows of a CSV file of `data/`, as dictionaries of text."""
    return csv.DictReader(text(name).splitlines())
