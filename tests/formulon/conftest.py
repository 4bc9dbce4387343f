"""Workbooks of few cells, as Excel would save them."""

import pytest
import xlsxwriter

from tokenbook.templates.formulon.model import Book


@pytest.fixture
def make(tmp_path):
    """Write a workbook: sheet -> reference -> value; "=.." is a plain formula, "{=..}" an array that spills.

    ``names`` are defined names; ``arrays`` arrays of a fixed size: (sheet, range) -> formula.
    """

    def make(cells, names=None, arrays=None):
        path = tmp_path / f"book{len(list(tmp_path.iterdir()))}.xlsx"
        with xlsxwriter.Workbook(path) as book:
            for sheet, content in cells.items():
                page = book.add_worksheet(sheet)
                for ref, value in content.items():
                    if isinstance(value, str) and value.startswith("{="):
                        page.write_dynamic_array_formula(f"{ref}:{ref}", value[1:-1])
                    elif isinstance(value, str) and value.startswith("="):
                        page.write_formula(ref, value)
                    else:
                        page.write(ref, value)
            for (sheet, area), formula in (arrays or {}).items():
                book.get_worksheet_by_name(sheet).write_array_formula(area, formula)
            for name, text in (names or {}).items():
                book.define_name(name, text)
        return path

    return make


@pytest.fixture
def calculated(make):
    """The same workbook in the engine, recalculated."""
    books = []

    def calculated(cells, names=None, arrays=None):
        books.append(Book(make(cells, names, arrays)))
        books[-1].recalculate()
        return books[-1]

    yield calculated
    for book in books:
        book.close()
