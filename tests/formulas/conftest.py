"""Small workbooks whose formulas, names and tables the test decides."""

import io

import openpyxl
import pytest
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table

from tokenbook.templates import ooxml


@pytest.fixture
def package():
    """Function: cells ("Calc!A1": value), names ("rate", or "Calc!rate" of one sheet) and tables -> Package."""

    def make(cells, names=(), tables=(), sheets=("Inputs", "Calc", "Jan", "Feb", "Mar")):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for sheet in sheets:
            book.create_sheet(sheet)
        for where, value in cells.items():
            sheet, _, ref = where.rpartition("!")
            book[sheet][ref] = value
        for name, text in dict(names).items():
            scope, _, name = name.rpartition("!")
            (book[scope] if scope else book).defined_names[name] = DefinedName(name, attr_text=text)
        for sheet, ref, name in tables:
            book[sheet].add_table(Table(displayName=name, ref=ref))
        stream = io.BytesIO()
        book.save(stream)
        return ooxml.open_package(stream.getvalue())

    return make
