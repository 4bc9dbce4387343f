"""The engine on what Excel writes: shared formulas, what-if tables, files that crash its reader."""

import io
import re
import zipfile

import openpyxl
import pytest
import xlsxwriter
from openpyxl.worksheet.formula import DataTableFormula

from tokenbook.templates import ooxml
from tokenbook.templates.engine import EngineError, Model, model
from tokenbook.templates.trust.calculate import calculate


def rewritten(path, part, *changes):
    """Replace texts in one part of a workbook file."""
    stream = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(stream, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == part:
                for old, new in changes:
                    assert old in content, old
                    content = content.replace(old, new)
            target.writestr(name, content)
    path.write_bytes(stream.getvalue())


def test_shared_formulas_move_all_their_references(tmp_path):
    """Excel stores a copied formula once; the value in every copy must be that of its own row."""
    path = tmp_path / "shared.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    for row in range(1, 9):
        sheet.cell(row, 1).value = row
        sheet.cell(row, 2).value = "=A1+A2" if row == 2 else None
    for row in range(3, 9):
        sheet.cell(row, 2).value = "=copied"
    book.save(path)
    rewritten(
        path,
        "xl/worksheets/sheet1.xml",
        (b"<f>A1+A2</f>", b'<f t="shared" ref="B2:B8" si="0">A1+A2</f>'),
        (b"<f>copied</f>", b'<f t="shared" si="0"/>'),
    )
    with Model(path) as model:
        model.recalculate()
        assert [model.value("Sheet", f"B{row}") for row in range(2, 9)] == [2.0 * row - 1 for row in range(2, 9)]
        model.set("A5", 100.0)
        model.recalculate()
        assert [model.value("Sheet", f"B{row}") for row in (5, 6, 7)] == [104.0, 106.0, 13.0]


def test_the_values_of_a_what_if_table_stay_when_a_workbook_is_calculated(tmp_path):
    """Only Excel calculates them; they must not turn into #N/A."""
    path, out = tmp_path / "table.xlsx", tmp_path / "out.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"], sheet["B1"] = 5, "=A1*2"
    sheet["C2"] = DataTableFormula(ref="C2:C4", dt2D=False, r1="A1")
    for row in (3, 4):
        sheet.cell(row, 3).value = 10 * row
    book.save(path)
    with Model(path) as model:
        model.set("A1", 7.0)
        model.recalculate()
        model.store()
        model.package.save(out)
    values = openpyxl.load_workbook(out, data_only=True).active
    assert [values[ref].value for ref in ("B1", "C3", "C4")] == [14, 30, 40]


def test_a_name_that_calls_our_function_calculates(tmp_path):
    path = tmp_path / "name.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"], sheet["A2"], sheet["A3"] = 1.95, 28012.9, '=ROUND(unit_cost*2,6)&" unit_cost"'
    book.defined_names["unit_cost"] = openpyxl.workbook.defined_name.DefinedName(
        "unit_cost", attr_text="TOK_COST(Sheet!$A$1,Sheet!$A$2)"
    )
    book.save(path)
    with Model(path) as model:
        model.recalculate()
        assert model.value("Sheet", "A3") == "0.038673 unit_cost"


def with_table_and_name(path, last):
    """A workbook of two sheets, a table and a name; 6 in B4, the formula ``last`` in B5."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in [("Item", "Amount"), ("a", 1), ("b", 2), ("Sum", "=SUM(Items[Amount])*rate"), ("x", last)]:
        sheet.append(row)
    sheet.add_table(openpyxl.worksheet.table.Table(displayName="Items", ref="A1:B3"))
    book.create_sheet("Two")["A1"] = "=SUM(Sheet!B2:B3)"
    book.defined_names["rate"] = openpyxl.workbook.defined_name.DefinedName("rate", attr_text="Sheet!$B$3")
    book.save(path)
    return path


def test_elements_with_a_prefix_are_read(tmp_path):
    """As the Open XML SDK writes them: <x:worksheet xmlns:x="...">."""
    path = with_table_and_name(tmp_path / "prefix.xlsx", last='=A2&"!"')
    stream = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(stream, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.startswith("xl/"):
                content = re.sub(rb"<(/?)(?=[A-Za-z])(?![\w.]+:)", rb"<\1x:", content)
                content = content.replace(b" xmlns=", b" xmlns:x=")
            target.writestr(name, content)
    path.write_bytes(stream.getvalue())
    with Model(path) as model:
        model.recalculate()
        assert [model.value("Sheet", "B4"), model.value("Sheet", "B5")] == [6, "a!"]
        model.set("B2", 10.0)
        model.recalculate()
        assert model.value("Sheet", "B4") == 24


DATA_BAR = (
    b'<conditionalFormatting sqref="A1:A3"><cfRule type="dataBar" priority="1"><dataBar><cfvo type="min" val="0"/>'
    b'<cfvo type="max" val="0"/><color rgb="FF638EC6"/></dataBar></cfRule></conditionalFormatting>'
)
LOST_PRINTER = (
    b'<pageSetup xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" orientation="portrait" '
    b'r:id="rId9"/>'
)


@pytest.mark.parametrize("crash", [LOST_PRINTER, DATA_BAR + LOST_PRINTER])
def test_what_is_not_calculated_with_is_left_out_where_the_reader_crashes_on_it(tmp_path, capfd, crash):
    path = with_table_and_name(tmp_path / "book.xlsx", last="=Two!A1+1")
    rewritten(path, "xl/worksheets/sheet1.xml", (b"<tableParts", crash + b"<tableParts"))
    before = path.read_bytes()
    with Model(path) as model:
        model.recalculate()
        assert [model.value("Sheet", "B4"), model.value("Sheet", "B5"), model.value("Two", "A1")] == [6, 4, 3]
        model.set("B2", 10.0)
        model.recalculate()
        assert model.value("Sheet", "B4") == 24
    assert path.read_bytes() == before
    assert capfd.readouterr().err == ""


def test_a_damaged_file_is_refused_in_one_sentence(tmp_path, capfd):
    path = tmp_path / "book.xlsx"
    book = xlsxwriter.Workbook(path)
    book.add_worksheet().write_column(0, 0, list("abcdef"))
    book.close()
    rewritten(path, "xl/worksheets/sheet1.xml", (b"<v>5</v>", b"<v>99999</v>"))  # a text that does not exist
    with pytest.raises(ooxml.PackageError, match=r"^xl/sharedStrings.xml has no text 99999, which a cell uses[^\n]+$"):
        Model(path)
    assert capfd.readouterr().err == ""


def test_a_crash_of_the_engines_reader_is_one_sentence(tmp_path, monkeypatch):
    def crash(*_, **__):
        raise RuntimeError("index out of bounds")

    path = tmp_path / "book.xlsx"
    openpyxl.Workbook().save(path)
    monkeypatch.setattr(model.formualizer, "load_workbook_bytes", crash)
    with pytest.raises(EngineError, match=r"^book.xlsx: the engine cannot load this workbook .[^\n]+$"):
        Model(path)


def test_a_formula_that_the_engine_does_not_take_is_named(tmp_path, monkeypatch):
    path = tmp_path / "book.xlsx"
    book = openpyxl.Workbook()
    book.active["B2"] = "=TOK_COST(1,2)"
    book.save(path)

    def refused(formula, read):  # as the engine did for a spill that counted its own columns
        raise RuntimeError("Engine error: #CIRC!: Self-reference detected")

    monkeypatch.setattr(model, "entered", refused)
    with pytest.raises(EngineError, match=r"^book.xlsx: the engine cannot take the formula of Sheet!B2 .[^\n]+$"):
        Model(path)


def test_a_call_that_refers_to_itself_is_an_error_and_no_crash(tmp_path):
    path = tmp_path / "self.xlsx"
    book = openpyxl.Workbook()
    book.active["B2"] = "=TOK_COST(B2,1)"
    book.save(path)
    with Model(path) as model:
        model.recalculate()
        assert model.value("Sheet", "B2") == "#NUM!"


def test_results_of_functions_that_the_engine_lacks_stay_and_excel_calculates_the_file(tmp_path):
    path = tmp_path / "cube.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"], sheet["A2"], sheet["A3"] = 5, "=A1*2", '=CUBEVALUE("Sales",A1)'
    book.save(path)
    with ooxml.open_package(path) as package:
        package.set_cached_many("Sheet", {"A2": 10.0, "A3": 77.0})
        package.save(path)
    found = calculate(path, [("A1", 6.0)], tmp_path / "out.xlsx")
    assert [(doubt.sheet, doubt.ref) for doubt in found.doubts] == [("Sheet", "A3")]
    assert found.left == 1
    values = openpyxl.load_workbook(tmp_path / "out.xlsx", data_only=True)
    assert [values.active[ref].value for ref in ("A1", "A2", "A3")] == [6, 12, 77]
    assert values.calculation.fullCalcOnLoad
