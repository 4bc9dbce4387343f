"""Workbooks that nobody here wrote: where no input changes, nothing is written that differs from what they hold."""

import os
from pathlib import Path

import pytest

from tokenbook.templates import ooxml
from tokenbook.templates.trust.calculate import calculate

CORPUS = Path(os.environ.get("TOKENBOOK_CORPUS", ""))
BOOKS = sorted(p for p in CORPUS.glob("*.xl[st][xm]")) if os.environ.get("TOKENBOOK_CORPUS") else []


def held(path):
    with ooxml.open_package(path) as package:
        return {(sheet, each.row, each.column): each.value for sheet in package.sheets for each in package.held(sheet)}


@pytest.mark.slow
@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.name)
def test_nothing_is_written_where_no_input_changes(path, tmp_path):
    try:
        before = held(path)
    except ooxml.PackageError:
        return  # encrypted, damaged or no workbook: refused, which other tests hold
    out = tmp_path / f"out{path.suffix}"
    calculate(path, [], out)
    after = held(out)
    assert {place: value for place, value in before.items() if value is not None} == {
        place: after[place] for place, value in before.items() if value is not None
    }
