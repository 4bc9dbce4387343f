"""Names that stand for constants, expressions and dynamic ranges mean in the engine what they mean in LibreOffice."""

import openpyxl
import pytest
from openpyxl.workbook.defined_name import DefinedName

from tokenbook.templates import ooxml
from tokenbook.templates.engine import Model
from tokenbook.templates.formulas.names import LONGEST, Names
from tokenbook.udfs.functions.errors import is_error

NAMES = {
    "one": "Plan!$A$1", "block": "Plan!$A$1:$A$2", "column": "Plan!$A:$A", "quoted": "'Low & high'!$A$1",
    "tax": "0.21", "debt": "-5", "word": '"abc"', "yes": "TRUE", "list": "{1,2,3}", "twice": "Plan!$A$1*2",
    "four": "twice*2", "dynamic": "OFFSET(Plan!$A$1,0,0,COUNT(Plan!$A$1:$A$2),1)",
    "to_index": "Plan!$A$1:INDEX(Plan!$A$1:$A$9,2)", "summed": "SUM(block)", "left_of_me": "Plan!A1",
    "above_me_doubled": "Plan!C1*2", "shadowed": "Plan!$A$1", "tax_2026": "tax+0.01",
}  # fmt: skip
OF_SHEET = {"shadowed": "'Low & high'!$A$1", "own": "'Low & high'!$A$1", "own_twice": "'Low & high'!$A$1*2"}
ON_PLAN = {  # formula: its value in E3
    "one": 5, "SUM(block)": 12, "SUM(column)": 12, "quoted": 11, "tax*2": 0.42, "TAX*2": 0.42,
    "-debt": 5, 'word&"x"': "abcx",
    "IF(yes,1,2)": 1, "SUM(list)": 6, "twice": 10, "four+1": 21, "twice^2": 100, "SUM(dynamic)": 12, "ROWS(dynamic)": 2,
    "SUM(to_index)": 12, "summed/2": 6, "tax_2026": 0.22, "shadowed": 5, "'Low & high'!shadowed": 11,
    "'Low & high'!own": 11, "'Low & high'!own_twice+tax": 22.21, 'SUMIF(dynamic,">5")': 7, '"tax"&tax': "tax0.21",
}  # fmt: skip
ON_LOW_AND_HIGH = {"shadowed": 11, "own": 11, "own_twice": 22, "one+tax": 5.21}


@pytest.fixture
def book(tmp_path):
    """Function: formulas of the sheets Plan and Low & high, in column E from row 3, with the names above -> path."""

    def make(on_plan, on_low=(), more=()):
        made = openpyxl.Workbook()
        plan = made.active
        plan.title = "Plan"
        low = made.create_sheet("Low & high")
        plan["A1"], plan["A2"], low["A1"] = 5, 7, 11
        for name, text in {**NAMES, **dict(more)}.items():
            made.defined_names[name] = DefinedName(name, attr_text=text)
        for name, text in OF_SHEET.items():
            low.defined_names[name] = DefinedName(name, attr_text=text)
        for sheet, formulas in ((plan, on_plan), (low, on_low)):
            for row, formula in enumerate(formulas, 3):
                sheet.cell(row, 5).value = f"={formula}"
        path = tmp_path / "names.xlsx"
        made.save(path)
        return path

    return make


def test_every_kind_of_name_calculates(book):
    with Model(book(ON_PLAN, ON_LOW_AND_HIGH)) as model:
        model.recalculate()
        for sheet, expected in (("Plan", ON_PLAN), ("Low & high", ON_LOW_AND_HIGH)):
            for row, (formula, value) in enumerate(expected.items(), 3):
                found = model.value(sheet, f"E{row}")
                assert found == (value if isinstance(value, str) else pytest.approx(value, rel=1e-12)), formula


def test_they_follow_a_changed_input(book):
    with Model(book(["four", "SUM(dynamic)", "own_twice"], ["own_twice"])) as model:
        model.recalculate()
        model.set("one", 100.0)
        model.set("quoted", 3.0)
        model.recalculate()
        assert [model.value("Plan", "E3"), model.value("Plan", "E4")] == [400, 107]
        assert model.value("Low & high", "E3") == 6


def test_a_relative_name_is_relative_to_the_cell_that_asks(book):
    """Stored as seen from A1: Plan!A1 is the cell itself, two columns right of it for C1."""
    path = book(["one"])
    with ooxml.open_package(path) as package:
        package.set_value("Plan", "D5", 8)
        package.set_formula("Plan", "B5", "above_me_doubled")
        package.save()
    with Model(path) as model:
        model.recalculate()
        assert model.value("Plan", "B5") == 16


def test_names_that_cannot_be_written_out_stay(book):
    more = {"me": "me+1", "first": "second+1", "second": "first+1", "fn": "LAMBDA(x,x+1)", "odd": "SUM(("}
    with ooxml.open_package(book(["one"], more=more)) as package:
        names = Names(package)
        for formula in ("one+1", "fn(3)", "SUM(A1:A9)", "unknown*2", '"tax"', "Prices[tax]", "taxes", "A1:"):
            assert names.written_out(formula, "Plan", "C3") == formula
        assert names.written_out("me", "Plan", "C3") == "(me+1)"
        assert names.written_out("first", "Plan", "C3") == "((first+1)+1)"
        assert names.written_out("odd", "Plan", "C3") == "(SUM(()"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("#REF!", "#REF!"), ("Plan!#REF!", None), ("SUM((", None),
        ("GET.CELL(6,Plan!$A$1)", "#NAME?"), ("", None), ("-", None), ('"a""b"', "#VALUE!"),
    ],
)  # fmt: skip
def test_a_name_that_is_lost_or_odd_is_an_error_in_its_cell_only(book, text, seen):
    with Model(book(["odd+1", "one*2"], more={"odd": text})) as model:
        model.recalculate()
        found = model.value("Plan", "E3")
        assert is_error(found)
        assert seen is None or found == seen
        assert model.value("Plan", "E4") == 10


def test_names_do_not_grow_without_end(book):
    doubling = {f"grow_{i}": f"grow_{i - 1}+grow_{i - 1}" for i in range(1, 60)} | {"grow_0": "Plan!$A$1+1"}
    with ooxml.open_package(book(["one"], more=doubling)) as package:
        names = Names(package)
        assert names.written_out("grow_3", "Plan", "C3").count("Plan!$A$1+1") == 8
        assert len(names.written_out("grow_59", "Plan", "C3")) <= LONGEST


@pytest.mark.slow
@pytest.mark.libreoffice
def test_libreoffice_agrees(book, libreoffice):
    path = book(ON_PLAN, ON_LOW_AND_HIGH)
    seen = openpyxl.load_workbook(libreoffice.convert(path, "xlsx"), data_only=True)
    for sheet, expected in (("Plan", ON_PLAN), ("Low & high", ON_LOW_AND_HIGH)):
        for row, (formula, value) in enumerate(expected.items(), 3):
            found = seen[sheet][f"E{row}"].value
            assert found == (value if isinstance(value, str) else pytest.approx(value, rel=1e-12)), formula


def test_a_name_whose_text_begins_with_an_equals_sign_means_the_same(book):
    """Some programs write it so; Excel leaves it out."""
    path = book(["signed*2", "one_more+signed"], more={"signed": "=0.25", "one_more": "=Plan!$A$1"})
    with Model(path) as model:
        model.recalculate()
        assert [model.value("Plan", "E3"), model.value("Plan", "E4")] == [0.5, 5.25]


@pytest.mark.parametrize("text", ["[1]Rates!$A$1*2", "'C:\\x\\[b.xlsx]S'!$A$1"])
def test_what_reads_a_name_of_another_workbook_stands_still_with_the_value_of_the_file(book, text):
    """What that workbook held is not in the file here: an engine cannot know it, and an error would be its own."""
    path = book(["odd+1", "one*2"], more={"odd": text})
    with ooxml.open_package(path) as package:
        package.set_cached_many("Plan", {"E3": 5.0})
        package.save(path)
    with Model(path) as model:
        model.recalculate()
        assert model.value("Plan", "E3") == 5.0
        assert model.value("Plan", "E4") == 10
