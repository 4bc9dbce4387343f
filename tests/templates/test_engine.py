"""The engine: our functions bound under both names, inputs set, values stored without touching anything else."""

import zipfile

import openpyxl
import pytest
from openpyxl.worksheet.formula import ArrayFormula

from tokenbook.templates import ooxml
from tokenbook.templates.engine import EngineError, Model, parse_value
from tokenbook.templates.engine.functions import OMITTED_TEXT, with_omitted_marked


@pytest.fixture
def book(tmp_path):
    """A small workbook of a user: a named input, our functions under both stored names, a spill, a comment sheet."""
    path = tmp_path / "book.xlsx"
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "My Model"
    sheet["A1"], sheet["B1"] = "rate", 1.95
    sheet["A2"], sheet["B2"] = "throughput", 28012.9
    sheet["B3"] = "=TOK_COST(B1,B2)"
    sheet["B4"] = "=_xldudf_TOK_COST(B1,B2)"
    sheet["B5"] = "=B3*1000"
    sheet["D1"] = ArrayFormula("D1:F1", "=TOK_PRICE_CURVE(B1,2,3,1)")
    sheet["E5"] = "=E1*10"
    sheet["E6"] = "=SUM(spilled)+E5"
    other = workbook.create_sheet("Untouched")
    other["A1"] = "words"
    workbook.defined_names["usd_rate"] = openpyxl.workbook.defined_name.DefinedName(
        "usd_rate", attr_text="'My Model'!$B$1"
    )
    workbook.defined_names["spilled"] = openpyxl.workbook.defined_name.DefinedName(
        "spilled", attr_text="'My Model'!$D$1:$F$1"
    )
    workbook.save(path)
    return path


def test_both_stored_names_of_a_function_calculate(book):
    with Model(book) as model:
        model.recalculate()
        assert model.value("My Model", "B3") == pytest.approx(1.95 / (28012.9 * 0.0036))
        assert model.value("My Model", "B4") == model.value("My Model", "B3")


def test_inputs_are_found_by_name_by_cell_and_by_bare_cell(book):
    with Model(book) as model:
        assert model.locate("usd_rate") == ("My Model", "B1")
        assert model.locate("USD_Rate") == ("My Model", "B1")
        assert model.locate("'My Model'!$B$2") == ("My Model", "B2")
        assert model.locate("b2") == ("My Model", "B2")


def test_a_changed_input_changes_what_depends_on_it_and_is_stored(book, tmp_path):
    out = tmp_path / "out.xlsx"
    with Model(book) as model:
        model.set("usd_rate", 3.9)
        model.recalculate()
        model.store()
        model.package.save(out)
    values = openpyxl.load_workbook(out, data_only=True)["My Model"]
    assert values["B1"].value == 3.9
    assert values["B5"].value == pytest.approx(2000 * 1.95 / (28012.9 * 0.0036))
    assert [cell.value for cell in values["D1:F1"][0]] == pytest.approx([3.9, 1.95, 0.975])
    assert openpyxl.load_workbook(out)["My Model"]["B3"].value == "=TOK_COST(B1,B2)"


def test_saving_leaves_every_other_part_as_it_was(book, tmp_path):
    out = tmp_path / "out.xlsx"
    with Model(book) as model:
        model.recalculate()
        model.store()
        model.package.save(out)
    with zipfile.ZipFile(book) as before, zipfile.ZipFile(out) as after:
        assert before.namelist() == after.namelist()
        changed = [name for name in before.namelist() if before.read(name) != after.read(name)]
    assert changed == ["xl/worksheets/sheet1.xml"]


def test_a_spill_is_calculated_anew_over_its_own_cached_values(book, tmp_path):
    out, again = tmp_path / "out.xlsx", tmp_path / "again.xlsx"
    with Model(book) as model:
        model.recalculate()
        model.store()
        model.package.save(out)
    with Model(out) as model:
        model.set("usd_rate", 8.0)
        model.recalculate()
        model.store()
        model.package.save(again)
    values = openpyxl.load_workbook(again, data_only=True)["My Model"]
    assert [cell.value for cell in values["D1:F1"][0]] == [8.0, 4.0, 2.0]


def test_what_reads_a_spill_follows_every_change_of_it(book):
    with Model(book) as model:
        model.recalculate()
        for rate in (8.0, 16.0, 2.0):
            model.set("usd_rate", rate)
            model.recalculate()
            assert model.value("My Model", "E5") == rate / 2 * 10
            assert model.value("My Model", "E6") == rate * 1.75 + rate / 2 * 10


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("nothing", 1.0, "neither a name of this workbook nor a cell"),
        ("Nowhere!B1", 1.0, "there is no sheet 'Nowhere'; it has My Model, Untouched"),
        ("B3", 1.0, "holds a formula"),
        ("usd_rate", "much", "holds the number 1.95, 'much' is text"),
    ],
)
def test_a_wrong_setting_is_refused_in_words(book, name, value, says):
    with Model(book) as model, pytest.raises(EngineError, match=says):
        model.set(name, value)


def test_a_file_that_is_no_workbook_is_refused(tmp_path):
    path = tmp_path / "notes.xlsx"
    path.write_text("no workbook")
    with pytest.raises(ooxml.PackageError, match="not a workbook"):
        Model(path)


def test_errors_reach_cells_as_excel_errors_and_ifna_catches_them(values_of):
    found = values_of(
        {
            "value": '=TOK_COST("x",1)',
            "division": "=TOK_COST(1,0)",
            "number": "=TOK_COST(-1,1)",
            "caught": '=IFERROR(TOK_COST(1,0),"none")',
            "passed": "=TOK_COST(NA(),1)",
        }
    )
    assert found == {
        "value": "#VALUE!",
        "division": "#DIV/0!",
        "number": "#NUM!",
        "caught": "none",
        "passed": "#N/A",
    }


def test_an_empty_argument_is_omitted_and_not_zero(values_of):
    found = values_of({"omitted": "=TOK_PRICE_BLENDED(1,2,3,1,,)", "given": "=TOK_PRICE_BLENDED(1,2,3,1,0)"})
    assert found["omitted"] == found["given"] == pytest.approx(1.25)


@pytest.mark.parametrize(
    ("formula", "marked"),
    [
        ("TOK_X(A1,,B1)", 'TOK_X(A1,"*",B1)'),
        ("TOK_X(,A1)", 'TOK_X("*",A1)'),
        ("TOK_X(A1,)", 'TOK_X(A1,"*")'),
        ("TOK_X()", "TOK_X()"),
        ("TOK_X( )", "TOK_X( )"),
        ("TOK_X(A1, )", 'TOK_X(A1, "*")'),
        ('TOK_X("é", ,1)&"é"', 'TOK_X("é", "*",1)&"é"'),
        ('TOK_X("a,,b",A1)', 'TOK_X("a,,b",A1)'),
        ("SUM(A1,,B1)", "SUM(A1,,B1)"),
        ("SUM(1,,TOK_X(IF(A1,,2),,3))", 'SUM(1,,TOK_X(IF(A1,,2),"*",3))'),
        ("_xldudf_TOK_X(A1,,B1)", '_xldudf_TOK_X(A1,"*",B1)'),
        ("TOK_X({1,2;3,4},,1)", 'TOK_X({1,2;3,4},"*",1)'),
    ],
)
def test_only_empty_arguments_of_our_functions_are_marked(formula, marked):
    assert with_omitted_marked(formula) == marked.replace("*", OMITTED_TEXT)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12%", 0.12),
        ("1,250.5", 1250.5),
        ("-3e-2", -0.03),
        ("TRUE", True),
        ("own", "own"),
        ("  ", None),
        ("1,25", "1,25"),
        ("nan", "nan"),
    ],
)
def test_values_are_read_as_a_person_types_them(text, value):
    assert parse_value(text) == (pytest.approx(value) if isinstance(value, float) else value)
