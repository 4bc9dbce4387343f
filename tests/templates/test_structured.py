"""Structured references mean in the engine what Excel and LibreOffice mean by them."""

import openpyxl
import pytest
from openpyxl.worksheet.table import Table, TableColumn

from tokenbook.templates import ooxml
from tokenbook.templates.engine import Model
from tokenbook.templates.formulas.structured import Tables

AMOUNT, ODD = "Amount", "Share [%] of 'all' #1"
WRITTEN = ODD.replace("'", "''").replace("[", "'[").replace("]", "']").replace("#", "'#")  # as formulas have it


@pytest.fixture
def book(tmp_path):
    """Function: formulas on the sheet Calc, in column A from row 1 -> path. Deals has a totals row, Bare no header."""

    def make(formulas=()):
        made = openpyxl.Workbook()
        deals = made.active
        deals.title = "Deals & more"
        rows = [
            ("Item", AMOUNT, "Fee", ODD, "Net"),
            ("a", 10, 1, 0.5),
            ("b", 20, 2, 0.25),
            ("c", 30, 3, 0.25),
            ("Total",),
        ]
        for row in rows:
            deals.append(row)
        for row in (2, 3, 4):
            deals.cell(row, 5).value = "=Deals[[#This Row],[Amount]]-Deals[[#This Row],[Fee]]"
        deals["B5"] = "=SUBTOTAL(109,Deals[Amount])"
        table = Table(displayName="Deals", ref="A1:E5", totalsRowCount=1)
        table._initialise_columns()
        for column, cell in zip(table.tableColumns, deals[1], strict=True):
            column.name = cell.value
        deals.add_table(table)
        bare = made.create_sheet("Bare")
        for row in [(1, 2), (3, 4)]:
            bare.append(row)
        table = Table(displayName="Bare_1", ref="A1:B2", headerRowCount=0)
        table.tableColumns = [TableColumn(id=1, name="x"), TableColumn(id=2, name="y")]
        bare.add_table(table)
        calc = made.create_sheet("Calc")
        for row, formula in enumerate(formulas, 1):
            calc.cell(row, 1).value = f"={formula}"
        path = tmp_path / "tables.xlsx"
        made.save(path)
        return path

    return make


VALUES = {
    "SUM(Deals[Amount])": 60, "SUM(deals[AMOUNT])": 60, "SUM(Deals[#Data])": 60 + 6 + 1 + 54,
    "ROWS(Deals)": 3,
    "COLUMNS(Deals)": 5, "ROWS(Deals[#All])": 5, "Deals[[#Totals],[Amount]]": 60, "Deals[[#Headers],[Fee]]": "Fee",
    "SUM(Deals[[Amount]:[Fee]])": 66, "SUM(Deals[[#All],[Fee]])": 6, "COUNTA(Deals[#Headers])": 5,
    "ROWS(Deals[[#Headers],[#Data],[Fee]])": 4, "ROWS(Deals[[#Data],[#Totals],[Amount]:[Fee]])": 4,
    f"SUM(Deals[{WRITTEN}])": 1, f"SUM(Deals[[#Data],[{WRITTEN}]])": 1, "INDEX(Deals[Fee],2)": 2,
    'SUMIF(Deals[Item],"b",Deals[Amount])': 20, "SUMPRODUCT(Deals[Amount]*Deals[Fee])": 140, "SUM(Deals[Net])": 54,
    'VLOOKUP("c",Deals,2,FALSE)': 30, "MAX(Deals[Amount])/Deals[[#Totals],[Amount]]": 0.5,
}  # fmt: skip


def test_every_kind_of_reference_calculates(book):
    with Model(book(VALUES)) as model:
        model.recalculate()
        for row, (formula, value) in enumerate(VALUES.items(), 1):
            assert model.value("Calc", f"A{row}") == value, formula
        assert [model.value("Deals & more", f"E{row}") for row in (2, 3, 4)] == [9, 18, 27]
        model.set("'Deals & more'!B2", 110.0)
        model.recalculate()
        assert [model.value("Calc", "A1"), model.value("Deals & more", "E2")] == [160, 109]


# LibreOffice counts header and totals to the name of a table, and knows no [#Data] or [#All] alone.
NOT_AS_EXCEL = {"ROWS(Deals)", "COUNTA(Deals[#Headers])", "SUM(Deals[#Data])", "ROWS(Deals[#All])"}


@pytest.mark.slow
@pytest.mark.libreoffice
def test_libreoffice_agrees(book, libreoffice):
    seen = openpyxl.load_workbook(libreoffice.convert(book(VALUES), "xlsx"), data_only=True)
    found = {formula: seen["Calc"].cell(row, 1).value for row, formula in enumerate(VALUES, 1)}
    asked = VALUES.keys() - NOT_AS_EXCEL
    assert {formula: found[formula] for formula in asked} == {formula: VALUES[formula] for formula in asked}


@pytest.mark.parametrize(
    ("operand", "ref", "one", "cells"),
    [
        ("Deals[Amount]", "E3", True, "'Deals & more'!$B$2:$B$4"),
        ("[Amount]", "E3", True, "'Deals & more'!$B$3"),  # as Excel 2007 wrote a calculated column
        ("[Amount]", "B5", False, "'Deals & more'!$B$2:$B$4"),  # ... and a total
        ("[@Amount]", "E3", True, "'Deals & more'!$B$3"),
        ("Deals[@[Amount]:[Fee]]", "E3", False, "'Deals & more'!$B$3:$C$3"),
        ("Deals[@]", "E3", False, "'Deals & more'!$A$3:$E$3"),
        ("Deals[]", "E3", False, "'Deals & more'!$A$2:$E$4"),
        ("Deals[[Fee]:[Amount]]", "A1", False, "'Deals & more'!$B$2:$C$4"),
        ("Deals[ [#Totals] , [Fee] ]", "A1", False, None),  # blanks inside are Excel's to remove
        ("Bare_1[y]", "A1", False, "'Bare'!$B$1:$B$2"),
        ("Bare_1[#Headers]", "A1", False, None),
        ("Bare_1[#Totals]", "A1", False, None),
        ("Deals[@Amount]", "E5", True, None),  # not a row of data
        ("Deals[Nothing]", "A1", False, None),
        ("Unknown[Amount]", "A1", False, None),
        ("[Amount]", "Z9", False, None),
        ("Deals[[Item],[Fee]]", "A1", False, None),
        ("Deals[[Item]:[Fee]:[Net]]", "A1", False, None),
        ("Deals[[#Headers],[#Totals],[Fee]]", "A1", False, "'Deals & more'!$C$1:$C$5"),
        ("[1]Sheet1!$A$1", "A1", False, None),
        ("'[b.xlsx]Sheet1'!$A$1", "A1", False, None),
        ("$A$1", "A1", False, None),
    ],
)
def test_what_a_reference_stands_for(book, operand, ref, one, cells):
    with ooxml.open_package(book()) as package:
        assert Tables(package).cells(operand, "Deals & more", ref, one) == cells
