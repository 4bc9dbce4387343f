"""Every formula that may read a changed cell is found, however it refers to it; a quick look never says too little."""

import os
from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula
from openpyxl.worksheet.table import Table

from tokenbook.templates import ooxml
from tokenbook.templates.bindings import Place
from tokenbook.templates.formulas.dependents import dependents
from tokenbook.templates.formulas.glance import BETWEEN, formulas_of, may_depend
from tokenbook.templates.formulas.reader import Reader
from tokenbook.templates.formulas.workbook import Formulas

CORPUS = Path(os.environ.get("TOKENBOOK_CORPUS", "/nowhere"))


@pytest.fixture
def traced(tmp_path):
    """Function: formulas by cell ("Calc!A1": "=..."), names and tables -> dependents of Inputs!B2, by sheet."""

    def follow(cells, names=(), tables=(), cell="B2", sheets=("Inputs", "Calc", "Jan", "Feb", "Mar", "It's & more")):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for sheet in sheets:
            book.create_sheet(sheet)
        book["Inputs"]["A1"], book["Inputs"]["B1"], book["Inputs"]["B2"] = "Name", "Value", 5
        for where, formula in cells.items():
            sheet, _, ref = where.rpartition("!")
            book[sheet][ref] = formula
        for name, text in dict(names).items():
            book.defined_names[name] = DefinedName(name, attr_text=text)
        for sheet, ref, name in tables:
            book[sheet].add_table(Table(displayName=name, ref=ref))
        path = tmp_path / "book.xlsx"
        book.save(path)
        with ooxml.open_package(path) as package:
            found = dependents(Formulas(package), [Place("Inputs", cell)])
            assert bool(found) <= may_depend(package, {("inputs", 2, 2)})
            return found

    return follow


REFERS = [
    "=Inputs!B2", "=inputs!$b$2", "='Inputs'!B2*2", "=SUM(Inputs!A1:C9)", "=SUM(Inputs!B:B)", "=SUM(Inputs!2:2)",
    "=SUM(Inputs:Mar!B2)", "=SUM('Inputs:Mar'!A1:B2)", "=rate", "=RATE_TWICE", "=SUM(block)", "=Prices[Value]",
    "=SUM(Prices[[#All],[Value]])", "=Prices", '=IF(TRUE,"x",Inputs!B2)', "=INDEX(Inputs!A1:B9,2,2)",
    "=-Inputs!B2%", "=(Inputs!B2)", "=Inputs!B2:Inputs!C3", "=Inputs!B1:INDEX(Inputs!B:B,9)", "=moving",
    '=INDIRECT("Inp"&"uts!B2")', "=OFFSET(Calc!A1,1,1)", "=reach", "=LET(x,Inputs!B2,x+1)",
    "=VLOOKUP(\"a\",Inputs!A1:B9,2,FALSE)", "=Inputs!B2&\"it's\"", "={1,2}*Inputs!B2", "=rate rate",
    "=scaled(3)", "=1+Scaled_Twice(3)", "=SUM(Mar:Inputs!B2)",
]  # fmt: skip
DOES_NOT = [
    "=Inputs!B3", "=SUM(Inputs!A1:A9)", "=SUM(Inputs!C:D)", "=SUM(Inputs!3:9)", "=B2", "=SUM(Jan:Mar!B2)",
    "=[1]Inputs!B2", "='[b.xlsx]Inputs'!B2", "=other", "=1+1", "=PI()", "=fixed", "=#REF!", "=Inputs!#REF!",
    '=SUM(1,"rate")', '="Inputs!B2"', "=Unknown[Value]", "=plus(3)", "=SUM(Mar:Jan!B2)",
]  # fmt: skip
NAMES = {
    "rate": "Inputs!$B$2", "rate_twice": "rate*2", "block": "Inputs!$A$1:$B$9", "moving": "Inputs!B2",
    "reach": "OFFSET(Inputs!$A$1,1,1)", "other": "Inputs!$B$3", "fixed": '"rate"',
    "scaled": "_xlfn.LAMBDA(_xlpm.x,_xlpm.x*Inputs!$B$2)", "scaled_twice": "_xlfn.LAMBDA(_xlpm.x,scaled(_xlpm.x)*2)",
    "plus": "_xlfn.LAMBDA(_xlpm.x,_xlpm.x+1)",
}  # fmt: skip
TABLES = [("Inputs", "A1:B3", "Prices")]


@pytest.mark.parametrize("formula", REFERS)
def test_a_formula_that_refers_to_the_cell_is_found(traced, formula):
    found = traced({"Calc!D4": formula, "Calc!D5": "=D4+1", "Jan!A1": "=Calc!D5"}, NAMES, TABLES)
    assert found.cells["Calc"] == ["D4", "D5"]
    assert found.cells["Jan"] == ["A1"]


@pytest.mark.parametrize("formula", DOES_NOT)
def test_a_formula_that_does_not_is_not(traced, formula):
    assert len(traced({"Calc!D4": formula, "Calc!D5": "=D4+1"}, NAMES)) == 0


def test_cells_of_the_sheet_itself_and_a_sheet_that_needs_quotes(traced):
    found = traced({"Inputs!C2": "=B2", "It's & more!A1": "=Inputs!C2", "Calc!A1": "='It''s & more'!A1"})
    assert found.cells == {"Inputs": ["C2"], "It's & more": ["A1"], "Calc": ["A1"]}


RANGES_AROUND_THE_CELL = [
    "=SUM(A1:C9)", "=SUM(C9:A1)", "=SUM(A:C)", "=SUM(1:3)", "=SUM($A$1:C$3)", "=SUM(A1:INDEX(C1:C9,3))",
    "=SUM(INDEX(A1:A9,1):C9)", "=SUM(CHOOSE(1,A1,A2):C5)", "=SUM(first:C9)", "=SUM(A1:last)", "=SUM(first:last)",
    "=SUM((A1):(C9))", "=SUM(A1 : C9)", "=SUM(A1:B1:C9)", "=SUM(Inputs!A1:C9)", "=SUM(A1:'Inputs'!C9)",
    "=COUNT(INDIRECT(\"B2\"))", "=SUM(A2:C2 B1:B9)",
]  # fmt: skip


@pytest.mark.parametrize("formula", RANGES_AROUND_THE_CELL)
def test_a_range_of_the_sheet_itself_that_covers_the_cell_is_found(traced, formula):
    found = traced({"Inputs!D4": formula}, {"first": "Inputs!$A$1", "last": "Inputs!$C$9"})
    assert found.cells == {"Inputs": ["D4"]}


RANGES_BESIDE_THE_CELL = [
    "=SUM(A1:A9)", "=SUM(C1:D9)", "=SUM(A3:C9)", "=SUM(A:A)", "=SUM(3:9)", "=LOG10(B3)", "=B20", "=SUM(AB2:AC2)",
    '=TEXT(A1,"hh:mm")', "=Q1Sales", "=ABS(-C2)",
]  # fmt: skip


@pytest.mark.parametrize("formula", RANGES_BESIDE_THE_CELL)
def test_a_range_of_the_sheet_itself_that_does_not_is_not(traced, formula):
    assert len(traced({"Inputs!D4": formula}, {"Q1Sales": "Inputs!$A$1"})) == 0


def test_an_array_takes_all_the_cells_it_fills_with_it(traced):
    cells = {"Calc!A1": ArrayFormula("A1:A3", "=Inputs!B2*{1;2;3}"), "Calc!C1": "=A3", "Calc!C2": "=A4"}
    assert traced(cells).cells["Calc"] == ["A1", "A2", "A3", "C1"]


def test_a_what_if_table_is_told_apart(traced):
    table = DataTableFormula(ref="B6:B8", dt2D=False, r1="B2", dtr=False)
    found = traced({"Inputs!B5": "=B2*2", "Inputs!B6": table})
    assert found.tables == ["Inputs!B6"]


def test_circular_and_self_references_end(traced):
    found = traced({"Calc!A1": "=A2+Inputs!B2", "Calc!A2": "=A1", "Calc!A3": "=A3+A2"})
    assert found.cells["Calc"] == ["A1", "A2", "A3"]


def test_a_long_chain_is_followed_to_its_end(traced):
    chain = {f"Calc!A{row}": f"=A{row - 1}+1" for row in range(2, 400)}
    assert len(traced({"Calc!A1": "=Inputs!B2", **chain})) == 399


def test_names_that_refer_to_each_other_end(traced):
    names = {"first": "second+1", "second": "first+1"}
    assert traced({"Calc!A1": "=first"}, names).cells["Calc"] == ["A1"], "unreadable: treated as dependent"


# ---- real workbooks ----------------------------------------------------------------------------------------------


def sound():
    names = sorted(path for path in CORPUS.glob("*.xl*")) if CORPUS.is_dir() else []
    found = []
    for path in names:
        try:
            with ooxml.open_package(path) as package:
                if any(True for sheet in package.sheets for _ in package.formulas(sheet)):
                    found.append(path)
        except ooxml.PackageError:
            continue
    return found


def test_the_quick_look_reads_the_formulas_that_the_patcher_reads(tmp_path):
    """Where it reads a sheet at all, it finds every formula text; in real workbooks and in one of our own."""
    book = openpyxl.Workbook()
    book.active["A1"], book.active["A2"] = '=IF(B1<2,"a&b","<c>")', "=SUM(B1:B9)"
    book.save(tmp_path / "own.xlsx")
    read = 0
    for path in [tmp_path / "own.xlsx", *sound()]:
        with ooxml.open_package(path) as package:
            for sheet, part in package.sheets.items():
                text = formulas_of(package.read_part(part))
                if text is None:
                    continue
                read += 1
                assert text.split(BETWEEN) == [each.text for each in package.formulas(sheet)] or (
                    not text and not list(package.formulas(sheet))
                ), f"{path.name}, {sheet}"
    assert read


def test_the_quick_look_never_misses_a_reader(tmp_path):
    """For cells that formulas of real workbooks refer to, the quick look says that something may depend on them."""
    book = openpyxl.Workbook()
    book.active["A2"] = "=SUM(B1:B9)"
    book.save(tmp_path / "own.xlsx")
    asked = 0
    for path in [tmp_path / "own.xlsx", *sound()]:
        with ooxml.open_package(path) as package:
            reader, places = Reader(package), set()
            for sheet in package.sheets:
                for formula in list(package.formulas(sheet))[:40]:
                    reads = reader.read(formula.text, sheet)
                    if not reads.opaque:
                        places |= {(area.sheet, area.bottom, area.right) for area in reads.areas}
            for place in sorted(places)[:60]:
                asked += 1
                assert may_depend(package, {place}), f"{path.name}: {place}"
    assert asked
