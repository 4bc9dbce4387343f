"""New results are stored only where the engine has first reproduced the old ones; otherwise Excel is asked to."""

import openpyxl
import pytest
import xlsxwriter
from openpyxl.worksheet.formula import DataTableFormula

from tokenbook.templates import ooxml, refresh
from tokenbook.templates.engine import EngineError
from tokenbook.templates.engine.quiet import quiet
from tokenbook.templates.trust import engines


def run(path, figures):
    return refresh.refresh_file(path, figures, write=True)


def left_to_excel(path, report, value_of):
    """The bound cell is new, its dependents keep their old results, and Excel calculates on opening."""
    assert report.left_to_excel
    assert report.recalculated == 0
    assert value_of(path, "Inputs", "B2") == 1.73
    with ooxml.open_package(path) as package:
        assert package.calculation["fullCalcOnLoad"] == "1"
    return report.left_to_excel


def test_results_that_the_engine_cannot_reproduce_are_left_to_excel(bound, figures, value_of):
    path = bound(wrong_by=1e-6)
    reason = left_to_excel(path, run(path, figures), value_of)
    assert "Model!B2 is 140.4 here" in reason
    assert value_of(path, "Model", "B2") == 1.95 * 72 + 1e-6


def test_a_difference_in_the_last_places_is_no_difference(bound, figures, value_of):
    path = bound(wrong_by=1e-8)
    assert run(path, figures).left_to_excel == ""
    assert value_of(path, "Model", "B2") == pytest.approx(1.73 * 72, rel=1e-15)


def test_formulas_that_were_never_calculated_are_left_to_excel(tmp_path, figures, rate, value_of):
    path, book = tmp_path / "new.xlsx", openpyxl.Workbook()
    book.active.title = "Inputs"
    book.active["B2"], book.active["B3"] = 1.95, "=B2*2"
    book.save(path)
    refresh.bind(path, [rate], figures)
    assert "no calculated value" in left_to_excel(path, run(path, figures), value_of)


def test_a_formula_without_a_value_is_not_taken_for_an_empty_text(tmp_path, figures, rate, value_of):
    """The engine's own "" agrees with nothing: what was never calculated proves nothing."""
    path, book = tmp_path / "new.xlsx", openpyxl.Workbook()
    book.active.title = "Inputs"
    book.active["B2"], book.active["B3"] = 1.95, '=IF(B2>0,"","none")'
    book.save(path)
    refresh.bind(path, [rate], figures)
    assert "Inputs!B3 holds no calculated value" in left_to_excel(path, run(path, figures), value_of)


@pytest.mark.parametrize(
    ("formula", "before"),
    [
        ("SEQUENCE(IF(Inputs!B2<1.9,3,2))", [[1], [2]]),
        ("SEQUENCE(1,IF(Inputs!B2<1.9,3,2))", [[1, 2]]),
        ("SEQUENCE(IF(Inputs!B2<1.9,2,3))", [[1], [2], [3]]),
        ("SEQUENCE(1,IF(Inputs!B2<1.9,2,3))", [[1, 2, 3]]),
    ],
    ids=["down", "to the right", "shorter", "narrower"],
)
def test_a_result_that_spills_over_more_or_fewer_cells_is_left_to_excel(tmp_path, figures, rate, formula, before):
    """Cells that a spill newly fills are not in the file, and those it leaves would keep old figures."""
    path = tmp_path / "spill.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        inputs, model = book.add_worksheet("Inputs"), book.add_worksheet("Model")
        inputs.write("B2", 1.95)
        last = (len(before) - 1, len(before[0]) - 1)
        model.write_dynamic_array_formula(0, 0, *last, f"=_xlfn.{formula}", None, before[0][0])
        for row, values in enumerate(before):
            for column, value in enumerate(values):
                if row or column:
                    model.write_number(row, column, value)
    refresh.bind(path, [rate], figures)
    report = run(path, figures)
    assert report.left_to_excel == "a result that spills changes its size"
    with ooxml.open_package(path) as package:
        found = {cell.ref: cell.value for cell in package.cells("Model")}
        assert package.calculation["fullCalcOnLoad"] == "1"
    assert list(found.values()) == [value for values in before for value in values]


@pytest.mark.parametrize(
    ("formula", "said"),
    [("GETPIVOTDATA(\"a\",B2)", "B9 is"), ("NOW()*0+B2+1", None), ("NOFUNCTION(B2)", "#NAME?")],
)  # fmt: skip
def test_what_the_engine_lacks_is_left_to_excel(bound, figures, put, value_of, formula, said):
    path = bound()
    with ooxml.open_package(path) as package:
        package.set_formula("Inputs", "B9", formula, cached=2.95)
        package.save()
    report = run(path, figures)
    if said is None:
        assert (report.left_to_excel, value_of(path, "Inputs", "B9")) == ("", 2.73)
    else:
        assert said in left_to_excel(path, report, value_of)


def test_names_that_stand_for_expressions_and_constants_are_no_reason_to_leave_it(bound, figures, value_of):
    path = bound()
    with ooxml.open_package(path) as package:
        package.add_defined_name("doubled", "Inputs!$B$2*2")
        package.add_defined_name("tax", "0.25")
        package.set_formula("Inputs", "B9", "doubled*(1-tax)", cached=1.95 * 2 * 0.75)
        package.save()
    assert run(path, figures).left_to_excel == ""
    assert value_of(path, "Inputs", "B9") == pytest.approx(1.73 * 2 * 0.75, rel=1e-12)


def test_a_what_if_table_that_was_never_calculated_is_left_to_excel(tmp_path, figures, rate, value_of):
    path, book = tmp_path / "table.xlsx", openpyxl.Workbook()
    book.active.title = "Inputs"
    book.active["B2"], book.active["B5"] = 1.95, "=B2*2"
    book.active["B6"] = DataTableFormula(ref="B6:B8", dt2D=False, r1="B2", dtr=False)
    book.save(path)
    refresh.bind(path, [rate], figures)
    assert "holds no calculated value" in left_to_excel(path, run(path, figures), value_of)


def test_precision_as_displayed_is_left_to_excel(bound, figures, value_of):
    path = bound()
    with ooxml.open_package(path) as package:
        text = package.read_part("xl/workbook.xml").replace(b"<calcPr ", b'<calcPr fullPrecision="0" ')
        package.set_part("xl/workbook.xml", text)
        package.save()
    assert "precision as displayed" in left_to_excel(path, run(path, figures), value_of)


class Panic(BaseException):
    """Stands for pyo3's PanicException, which is no Exception."""


@pytest.mark.parametrize("error", [EngineError("x.xlsx: cannot load"), Panic("index out of bounds"), ValueError("odd")])
@pytest.mark.parametrize("method", ["__init__", "recalculate"])
def test_a_failing_engine_is_no_failing_refresh(bound, figures, monkeypatch, value_of, error, method):
    def fail(*_, **__):
        raise error

    for engine in list(engines.ENGINES):
        broken = type("Broken", (engines.ENGINES[engine],), {method: fail})
        monkeypatch.setitem(engines.ENGINES, engine, broken)
    path = bound()
    assert str(error).split(": ")[-1] in left_to_excel(path, run(path, figures), value_of)


def test_an_interrupt_while_calculating_leaves_the_file_whole(bound, figures, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    path = bound()
    before = path.read_bytes()
    for engine in list(engines.ENGINES):
        monkeypatch.setitem(
            engines.ENGINES, engine, type("Slow", (engines.ENGINES[engine],), {"recalculate": interrupt})
        )
    with pytest.raises(KeyboardInterrupt):
        run(path, figures)
    assert path.read_bytes() == before


def test_the_engine_is_not_loaded_when_nothing_depends_on_the_cells(bound, figures, monkeypatch, power, value_of):
    """Inputs!B3, the power, is read by no formula."""
    path = bound()

    def never(*_):
        raise AssertionError("the engine was loaded")

    monkeypatch.setattr(engines, "started", never)
    monkeypatch.setattr("tokenbook.templates.trust.rule.started", never)
    from dataclasses import replace

    from tokenbook.udfs import catalog

    dearer = catalog.Catalog([replace(row, value=9.9) if row.id == "power.new" else row for row in figures
                              if row.id != "rate.new"])  # fmt: skip
    report = refresh.refresh_file(path, dearer, write=True)
    assert [line.status for line in report.lines] == ["same", "changed"]
    assert (report.dependents, report.left_to_excel, value_of(path, "Inputs", "B3")) == (0, "", 9.9)


def test_our_functions_are_recalculated_too(bound, figures, value_of):
    path = bound()
    with ooxml.open_package(path) as package:
        package.set_formula("Model", "B6", "TOK_COST(Inputs!B2,1000)", cached=1.95 / 3.6)
        package.set_formula("Model", "B7", "_xldudf_TOK_COST(Inputs!B2,1000)", cached=1.95 / 3.6)
        package.save()
    report = run(path, figures)
    assert report.left_to_excel == ""
    assert value_of(path, "Model", "B6") == pytest.approx(1.73 / 3.6, rel=1e-12)
    assert value_of(path, "Model", "B7") == pytest.approx(1.73 / 3.6, rel=1e-12)


def test_a_stack_trace_of_the_engine_stays_away_from_the_user(capfd):
    import os

    with quiet():
        os.write(2, b"thread panicked at ...")
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"
