"""A workbook for xlwings Lite as other programs see it, and its own calls answered by what it carries."""

import datetime as dt
import math

import openpyxl
import pytest
import python_calamine
from typer.testing import CliRunner

from tokenbook.addin.cli import app
from tokenbook.templates.engine import Model
from tokenbook.templates.ooxml import open_package
from tokenbook.udfs.functions import CellError
from tokenbook.udfs.functions.declare import ExcelFunction


def cached(path):
    """Values as stored: sheet -> reference -> value, of the formula cells."""
    with open_package(path) as package:
        return {
            sheet: {cell.ref: cell.value for cell in package.cells(sheet) if cell.formula is not None}
            for sheet in package.sheets
        }


def array_cells(path):
    """Cells of array formulas that call us: LibreOffice calculates those when it loads them, whatever is stored."""
    found = set()
    with open_package(path) as package:
        for sheet in package.sheets:
            for formula in package.formulas(sheet):
                if formula.array_ref and "TOK_" in formula.text:
                    found |= {(sheet, cell.ref) for cell in package.cells(sheet, formula.array_ref)}
    return found


def same(found, stored):
    if isinstance(stored, float | int) and isinstance(found, float | int):
        return math.isclose(found, stored, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(found, dt.date | dt.time):
        return True  # a number in a cell with a date format
    return str(found or "") == str("" if stored is None else stored)


def test_what_the_workbook_calls_is_answered_by_what_it_carries(
    roi_of_may, carried, host_cases, alone, tmp_path, monkeypatch
):
    calls, answers, in_cell = [], [], ExcelFunction.in_cell

    def noted(self, *arguments):
        answer = in_cell(self, *arguments)
        calls.append((self.python_name, arguments))
        answers.append(answer)
        return answer

    monkeypatch.setattr(ExcelFunction, "in_cell", noted)
    with Model(roi_of_may) as model:
        model.recalculate()
    assert len({name for name, _ in calls}) >= 5
    found = alone(carried, tmp_path, calls)["answers"]
    complaints = []
    for (name, _), answer, wanted in zip(calls, found, answers, strict=True):
        answer = answer["error"] if isinstance(answer, dict) else answer
        wanted = wanted if isinstance(wanted, list) else [[wanted]]
        wanted = [[str(cell) if isinstance(cell, CellError) else cell for cell in row] for row in wanted]
        if wrong := host_cases.difference(answer, wanted):
            complaints.append(f"{name}: {wrong}")
    assert complaints == []


def test_openpyxl_and_calamine_read_the_values(roi_of_may):
    stored = cached(roi_of_may)
    assert sum(len(cells) for cells in stored.values()) > 1000
    book = openpyxl.load_workbook(roi_of_may, data_only=True)
    other = python_calamine.CalamineWorkbook.from_path(str(roi_of_may))
    assert other.sheet_names == book.sheetnames == list(stored)
    for sheet, cells in stored.items():
        rows = other.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        for ref, value in cells.items():
            cell = book[sheet][ref]
            assert same(cell.value, value), f"openpyxl, {sheet}!{ref}"
            if not isinstance(value, str) or not value.startswith("#"):  # calamine gives errors as empty text
                assert same(rows[cell.row - 1][cell.column - 1], value), f"calamine, {sheet}!{ref}"


@pytest.mark.libreoffice
def test_libreoffice_opens_it_and_shows_the_stored_values(roi_of_may, libreoffice, tmp_path):
    as_installed = type(libreoffice)(tmp_path / "lo")
    (tmp_path / "lo/profile/user/registrymodifications.xcu").unlink()  # it then recalculates nothing on loading
    shown = openpyxl.load_workbook(as_installed.convert(roi_of_may, "xlsx"), data_only=True)
    stored, arrays = cached(roi_of_may), array_cells(roi_of_may)
    wrong = [
        f"{sheet}!{ref}: {shown[sheet][ref].value!r}, not {value!r}"
        for sheet, cells in stored.items()
        for ref, value in cells.items()
        if not same(shown[sheet][ref].value, value) and (sheet, ref) not in arrays
    ]
    assert wrong == []


# --- the command -------------------------------------------------------------------------------------------------


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "book.xlsx"
    made = openpyxl.Workbook()
    made.active["A1"] = "=TOK_COST(1.95,28012.9)"
    made.save(path)
    return path


def test_embed_says_what_it_put_in_and_keeps_the_old_file(book, capsys):
    from tokenbook.addin import cli

    before = book.read_bytes()
    assert cli.run(["embed", str(book)]) == 0
    told = capsys.readouterr().out
    assert "functions and" in told
    assert "1 formula is stored" in told
    assert "book.xlsx.bak" in told
    assert (book.parent / "book.xlsx.bak").read_bytes() == before
    assert cli.run(["embed", str(book)]) == 0
    assert "nothing written" in capsys.readouterr().out


def test_embed_to_another_file_leaves_the_first_alone(book, tmp_path, capsys):
    from tokenbook.addin import cli

    before, out = book.read_bytes(), tmp_path / "lite.xlsx"
    assert cli.run(["embed", str(book), "-o", str(out)]) == 0
    assert book.read_bytes() == before
    assert cli.run(["embed", str(book), "-o", str(out)]) == 2
    assert "exists already" in capsys.readouterr().err


def test_embed_refuses_in_one_line(book, capsys):
    from tokenbook.addin import cli
    from tokenbook.addin.lite import part

    with open_package(book) as package:
        part.write(package, {"main.py": "def mine(): pass\n"})
        package.save()
    before = book.read_bytes()
    assert cli.run(["embed", str(book)]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "mine" in told
    assert book.read_bytes() == before
    assert cli.run(["embed", str(book), "--force"]) == 0


def test_a_template_of_excel_stays_a_template(book, tmp_path, capsys):
    """Excel refuses an .xlsx that says inside that it is a template."""
    from tokenbook.addin import cli

    template = book.rename(tmp_path / "budget.xltx")
    assert cli.run(["embed", str(template), "-o", str(tmp_path / "lite.xlsx")]) == 2
    assert "is an .xltx file" in capsys.readouterr().err
    assert cli.run(["embed", str(template), "-o", str(tmp_path / "lite.xltx")]) == 0


def test_a_refusal_names_the_workbook(tmp_path, capsys):
    from tokenbook.addin import cli

    path = tmp_path / "plain.xlsx"
    openpyxl.Workbook().save(path)
    assert cli.run(["embed", str(path), "--used"]) == 2
    assert capsys.readouterr().err.startswith(f"tokenbook: {path}: this workbook calls none of our functions")


def test_new_with_another_host_carries_no_code(tmp_path):
    from tokenbook.addin.lite import part

    out = tmp_path / "roi.xlsx"
    made = CliRunner().invoke(app, ["new", "roi", str(out)])
    assert made.exit_code == 0, made.output
    with open_package(out) as package:
        assert part.lite(package) is None
