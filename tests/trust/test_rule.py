"""The trust rule: what is not reproduced is unknown with its dependents, never written, refused by name."""

import openpyxl
import pytest
import xlsxwriter

from tokenbook.addin.cli import run
from tokenbook.templates import ooxml
from tokenbook.templates.formulas.workbook import Formulas
from tokenbook.templates.trust import engines, trusted
from tokenbook.templates.trust.calculate import calculate


@pytest.fixture
def book(tmp_path):
    """Function: a workbook of one sheet from constants and (formula, stored value)."""

    def make(**cells):
        path = tmp_path / "book.xlsx"
        with xlsxwriter.Workbook(str(path)) as made:
            sheet = made.add_worksheet("S")
            for ref, value in cells.items():
                if isinstance(value, tuple):
                    sheet.write_formula(ref, value[0], None, value[1])
                else:
                    sheet.write(ref, value)
        with ooxml.open_package(path) as package:  # its writer asks Excel to calculate on opening
            package.set_calculation(full_calc_on_load=False)
            package.save(path)
        return path

    return make


def stored(path):
    with ooxml.open_package(path) as package:
        return {cell.ref: cell.value for cell in package.cells("S")}, package.calculation.get("fullCalcOnLoad")


def test_a_value_that_is_not_reproduced_is_kept_with_all_that_follows_from_it(book, tmp_path):
    path = book(A1=2, A2=("=A1*3", 7), A3=("=A2+1", 8), A4=("=A1+1", 3))
    found = calculate(path, [("A1", 5.0)], tmp_path / "out.xlsx")
    assert stored(tmp_path / "out.xlsx") == ({"A1": 5, "A2": 7, "A3": 8, "A4": 6}, "1")
    assert [str(doubt) for doubt in found.doubts] == [
        "S!A2 is 6 here and 7 in the file",
        "S!A3 is 7 here and 8 in the file",
    ]
    assert found.left == 2


def test_a_workbook_of_which_all_is_known_needs_no_calculation_on_opening(book, tmp_path):
    path = book(A1=2, A2=("=A1*3", 6))
    calculate(path, [("A1", 5.0)], tmp_path / "out.xlsx")
    assert stored(tmp_path / "out.xlsx") == ({"A1": 5, "A2": 15}, None)


def test_a_sweep_refuses_an_output_that_rests_on_an_unknown_cell(book, tmp_path, capsys):
    path = book(A1=2, A2=("=A1*3", 7), A3=("=A2+1", 8), A4=("=A1+1", 3))
    table = tmp_path / "scenarios.csv"
    table.write_text("S!A1\n3\n4\n")
    arguments = ["sweep", str(path), "--inputs", str(table), "-o", str(tmp_path / "results.csv")]
    assert run([*arguments, "--outputs", "S!A3"]) == 2
    assert "output S!A3: cannot be calculated here: S!A3 is 7 here and 8 in the file" in capsys.readouterr().err
    assert run([*arguments, "--outputs", "S!A4"]) == 0
    assert (tmp_path / "results.csv").read_text().split() == ["S!A1,S!A4,error", "3.0,4.0,", "4.0,5.0,"]


def test_the_command_names_what_it_does_not_know(book, tmp_path, capsys):
    path = book(A1=2, A2=("=A1*3", 7))
    assert run(["calc", str(path), "--set", "A1=5", "-o", str(tmp_path / "out.xlsx")]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "Not calculated here: S!A2 is 6 here and 7 in the file" in told
    assert "1 cell that follows from the new inputs keep" in told


def test_a_workbook_that_was_never_calculated_is_known_where_both_engines_agree(tmp_path):
    made = openpyxl.Workbook()
    made.active.title = "S"
    made.active["A1"], made.active["A2"] = 2, "=A1*3"
    path = tmp_path / "new.xlsx"
    made.save(path)
    calculate(path, [], tmp_path / "out.xlsx")
    assert stored(tmp_path / "out.xlsx")[0] == {"A1": 2, "A2": 6}


def test_where_only_one_engine_answers_what_was_never_calculated_stays_unknown(tmp_path, monkeypatch):
    def fail(*_):
        raise ValueError("no such engine here")

    made = openpyxl.Workbook()
    made.active.title = "S"
    made.active["A1"], made.active["A2"] = 2, "=A1*3"
    path = tmp_path / "new.xlsx"
    made.save(path)
    monkeypatch.setitem(engines.ENGINES, "formulon", fail)
    found = calculate(path, [], tmp_path / "out.xlsx")
    assert [doubt.ref for doubt in found.doubts] == ["A2"]
    assert "A2" not in stored(tmp_path / "out.xlsx")[0] or stored(tmp_path / "out.xlsx")[0]["A2"] is None


@pytest.mark.parametrize("formula", ["=RAND()*A1", "=NOW()+A1"])
def test_time_and_chance_stand_still_and_are_unknown_once_an_input_reaches_them(book, formula):
    path = book(A1=2, A2=(formula, 0.25), A3=("=A2*2", 0.5), A4=("=A1*2", 4))
    with ooxml.open_package(path) as package:
        found = trusted(Formulas(package))
        assert found.doubts == []
        found.put("S", "A1", 3.0)
        assert found.recalculate() == {"S": {"A4": 6.0}}
        assert {ref for _, ref in found.unknown} == {"A2", "A3"}
        found.close()


@pytest.mark.parametrize(
    ("formula", "before"),
    [
        ("SEQUENCE(IF(A9<2,3,2))", [[1], [2]]),
        ("SEQUENCE(1,IF(A9<2,3,2))", [[1, 2]]),
        ("SEQUENCE(IF(A9<2,2,3))", [[1], [2], [3]]),
        ("SEQUENCE(1,IF(A9<2,2,3))", [[1, 2, 3]]),
    ],
    ids=["down", "to the right", "shorter", "narrower"],
)
def test_a_result_that_spills_and_changes_its_size_is_unknown(tmp_path, formula, before):
    path = tmp_path / "spill.xlsx"
    with xlsxwriter.Workbook(str(path)) as made:
        sheet = made.add_worksheet("S")
        sheet.write("A9", 2)
        sheet.write_dynamic_array_formula(0, 2, len(before) - 1, 1 + len(before[0]), f"=_xlfn.{formula}", None, 1)
        for row, items in enumerate(before):
            for column, value in enumerate(items):
                if row or column:
                    sheet.write(row, 2 + column, value)
    with ooxml.open_package(path) as package:
        found = trusted(Formulas(package))
        assert found.doubts == []
        found.put("S", "A9", 1.0)
        assert found.recalculate() == {}
        assert "C1" in {ref for _, ref in found.unknown}
        found.close()
