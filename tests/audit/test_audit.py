"""What an auditor must be told about a workbook, and what must not be told for nothing."""

import json
import os
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.formula import ArrayFormula

from tokenbook.addin.cli import run
from tokenbook.templates import build, ooxml
from tokenbook.templates.audit import audit
from tokenbook.templates.engine import Model


@pytest.fixture(scope="module")
def roi(tmp_path_factory):
    from tokenbook.templates import models
    from tokenbook.templates.models.shared.options import Options

    path = tmp_path_factory.mktemp("audit") / "roi.xlsx"
    build.build(models.module("roi").compose(Options(version="test")), path)
    return path


@pytest.fixture
def made(tmp_path):
    """Function: a workbook from cells of one sheet, calculated by the engine unless told not to."""

    def make(cells, calculated=True, name="book.xlsx", edit=lambda book: None):
        book = openpyxl.Workbook()
        for ref, value in cells.items():
            book.active[ref] = value
        edit(book)
        path = tmp_path / name
        book.save(path)
        if calculated:
            with Model(path) as model:
                model.recalculate()
                model.store()
                model.package.save(path)
        return path

    return make


def found(path, key):
    """(cell, text) of the findings of one category."""
    return [(finding.cell, finding.text) for finding in audit(path).category(key).findings]


def test_every_check_of_our_workbook_is_listed_and_passes(roi):
    report = audit(roi)
    checks = report.category("checks")
    assert report.failed == []
    assert checks.summary == f"{len(checks.facts)} of {len(checks.facts)} OK"
    assert len(checks.facts) > 80
    assert any("Net present value: sheet and TOK_DEPLOYMENT: OK" in fact for fact in checks.facts)
    for key in ("errors", "stale", "not_calculated", "circular", "inconsistent", "overrides", "volatile", "links"):
        assert report.category(key).findings == [], key


def test_a_changed_input_is_an_override_and_makes_values_stale(roi, tmp_path):
    path = tmp_path / "changed.xlsx"
    book = ooxml.open_package(roi)
    sheet, _, ref = book.defined_names["capex_usd_per_gpu_2", None].replace("$", "").partition("!")
    before = book.cell(sheet.strip("'"), ref).value
    book.set_value(sheet.strip("'"), ref, before + 1000)
    book.save(path)
    report = audit(path)
    (override,) = report.category("overrides").findings
    assert (override.sheet, override.cell) == ("Inputs", ref)
    assert f"{before + 1000:g}, baseline {before:g} (C" in override.text
    assert len(report.category("stale").findings) > 100
    assert report.failed == []


def test_a_broken_formula_fails_a_check_and_is_seen_in_its_row(roi, tmp_path):
    path = tmp_path / "broken.xlsx"
    book = ooxml.open_package(roi)
    row = next(c.row for c in book.cells("Model") if c.column == 1 and c.value == "Revenue")
    refs = [f"{letters}{row}" for letters in ("Y", "Z")]
    formula = book.cell("Model", refs[0]).formula
    book.set_formula("Model", refs[0], formula + "+1000000")
    book.save(path)
    report = audit(path)
    assert [category.key for category in report.failed] == ["checks"]
    assert any("against" in finding.text and "CHECK" in finding.text for finding in report.category("checks").findings)
    (odd,) = report.category("inconsistent").findings
    assert odd.cell == refs[0]
    assert f"which has ={book.cell('Model', f'X{row}').formula}" in odd.text
    assert run(["check", str(path)]) == 1


def test_errors_are_listed_with_their_formula_and_fail(made):
    report = audit(made({"A1": 0, "B1": "=1/A1", "B2": "=NA()", "B3": "=IFERROR(1/A1,0)"}))
    errors = report.category("errors")
    assert [(f.cell, f.text, f.formula) for f in errors.findings] == [("B1", "#DIV/0!", "1/A1"), ("B2", "#N/A", "NA()")]
    assert report.failed == [errors]


def test_a_value_that_is_not_what_the_formula_gives_is_stale(made):
    path = made({"A1": 5, "B1": "=A1*A1", "B2": "=A1/3", "B3": '=A1&" GPUs"', "B4": "=A1>3"})
    with ooxml.open_package(path) as book:
        book.set_cached_many("Sheet", {"B1": 25 * (1 + 1e-8), "B2": 5 / 3 * (1 + 1e-11), "B3": "4 GPUs"})
        book.save()
    assert [cell for cell, _ in found(path, "stale")] == ["B1", "B3"]
    assert audit(path).failed == []


def test_a_file_that_was_never_calculated_says_so_once(made):
    assert found(made({"A1": "=1+1", "A2": "=A1"}, calculated=False), "stale") == [
        ("", "none of its 2 formulas has a value in the file: never calculated")
    ]


def test_clock_and_dice_are_volatile_and_not_stale(made):
    path = made({"A1": "=TODAY()", "A2": "=A1+30", "A3": "=RAND()", "A4": "=SUM(A1:A3)", "B1": "=OFFSET(A1,0,0)"})
    with ooxml.open_package(path) as book:
        book.set_cached_many("Sheet", {"A1": 40000, "A2": 40030, "A3": 0.5, "A4": 80030.5})
        book.save()
    report = audit(path)
    assert report.category("stale").findings == []
    assert [f.text for f in report.category("volatile").findings] == ["TODAY", "OFFSET", "RAND"]


@pytest.mark.parametrize(
    ("formula", "numbers"),
    [
        ("A1*0+1-1*A1", ""),
        ("-1*A1", ""),
        ("A1^2/2+A1^0.5", ""),
        ("A1*2", "2"),
        ("A1*12", "12"),
        ("A1/1000000", "1000000"),
        ("A1*-0.05", "-0.05"),
        ("A1*5%", "5"),
        ("ROUND(A1,2)", ""),
        ("ROUND(A1*1.1,2)", "1.1"),
        ("MATCH(A1,B1:B9,0)+VLOOKUP(A1,B1:D9,3,FALSE)", ""),
        ("INDEX(B1:B9,MATCH(3,C1:C9))", "3"),
        ('SUMIFS(A:A,B:B,">100",C:C,5)', "5"),
        ('"15x of 2026"&LEFT(A1,5)', ""),
        ("SUM(LARGE(A1:A9,{1,2,3}))", ""),
        ("SUM({4,5})", "4, 5"),
        ("A10+Sheet2!B200", ""),
        ("TOK_NPV(0.1,A1:A9)", "0.1"),
        ("DATE(2026,12,31)", "2026"),
        ("1E3*A1", "1E3"),
        ('"USD "&TEXT(A1/1000000,"0.0")&" million"', ""),
        ('TEXT(A1*1000000,"0.0")', "1000000"),
    ],
)
def test_numbers_in_formulas_that_need_a_name(made, formula, numbers):
    path = made({"E5": f"={formula}"}, calculated=False)
    assert ", ".join(text for _, text in found(path, "numbers")) == numbers


def test_copies_of_a_formula_with_a_number_are_listed_once(made):
    path = made({f"{letter}3": f"={letter}2*1.2" for letter in "BCDEFG"}, calculated=False)
    assert found(path, "numbers") == [("B3:G3", "1.2")]
    path = made({"B3": "=A3*1.2", "B4": "=A4*1.2", "B7": "=A7*1.2"}, calculated=False)
    assert found(path, "numbers") == [("B3", "1.2 (and in 2 copies)")]


LETTERS = "BCDEFGHIJKLM"


@pytest.mark.parametrize(
    ("name", "changes", "odd"),
    [
        ("all alike", {}, []),
        ("another reference in the middle", {"F3": "=F2*$A$2"}, ["F3"]),
        ("a typed number in the middle", {"F3": 7}, ["F3"]),
        ("two typed numbers", {"D3": 7, "H3": 8}, ["D3", "H3"]),
        ("another function in the middle", {"F3": "=SUM(F1:F2)"}, ["F3"]),
        ("the last column refers elsewhere", {"M3": "=L2*$A$1"}, ["M3"]),
        ("a total at the end", {"M3": "=SUM(B3:L3)"}, []),
        ("an opening at the start", {"B3": "=A9"}, []),
        ("totals of quarters", {"E3": "=SUM(B3:D3)", "I3": "=SUM(F3:H3)", "M3": "=SUM(J3:L3)"}, []),
        ("two phases", {letter + "3": f"={letter}2*$A$2" for letter in "HIJKLM"}, []),
        ("an input row", dict.fromkeys((letter + "3" for letter in LETTERS), 5), []),
    ],
)
def test_the_odd_cell_of_a_row(made, name, changes, odd):
    cells = {f"{letter}3": f"={letter}2*$A$1" for letter in LETTERS} | changes
    assert [cell for cell, _ in found(made(cells, calculated=False), "inconsistent")] == odd, name


def test_the_odd_cell_comes_with_the_formula_of_its_neighbour(made):
    cells = {f"{letter}3": f"={letter}2*$A$1" for letter in LETTERS} | {"F3": 7}
    assert found(made(cells, calculated=False), "inconsistent") == [
        ("F3", "the number 7 among formulas; E3 has =E2*$A$1")
    ]


def test_what_surrounds_the_cells(made):
    def edit(book):
        sheet = book.active
        sheet.merge_cells("C1:D1")
        sheet.merge_cells("C2:D2")
        sheet.merge_cells("C3:D3")
        for row in (5, 6, 9):
            sheet.row_dimensions[row].hidden = True
        sheet.column_dimensions["H"].hidden = True
        book.create_sheet("Secret").sheet_state = "veryHidden"

    path = made({"A1": 1, "C1": "=A1+A1", "C2": '="a sentence "&A1', "C3": "=A1", "A5": 1, "A6": 1, "A9": 1}, edit=edit)
    assert found(path, "merged") == [("C1:D1", "a merged cell calculates a number")]
    hidden = [(f.where, f.text) for f in audit(path).category("hidden").findings]
    assert hidden == [
        ("Secret", "the sheet is very hidden (only a macro shows it)"),
        ("Sheet!5:6", "rows are hidden"),
        ("Sheet!9:9", "row is hidden"),
        ("Sheet!H:H", "column is hidden"),
    ]


def test_circular_references_are_those_on_the_circle(made):
    path = made({"A1": "=B1+1", "B1": "=A1*1", "C1": "=B1+D1", "D1": 5, "E1": "=D1"}, calculated=False)
    assert [cell for cell, _ in found(path, "circular")] == ["A1", "B1"]


def test_links_to_other_files(tmp_path):
    path = tmp_path / "linked.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write_formula("A1", "='[prices.xlsx]Sheet1'!A1", None, 5)
        book.define_name("outside", "=[prices.xlsx]Sheet1!$A$1")
    report = audit(path)
    assert [f.where for f in report.category("links").findings if f.where] == []
    book = ooxml.open_package(path)
    book.set_formula("Sheet1", "A1", "[1]Sheet1!A1+1")
    book.save()
    assert ("A1", "reads another file") in found(path, "links")


def test_our_functions_and_how_they_are_stored(made):
    cells = {"A1": "=TOK_COST(1,2)", "A2": "=_xldudf_TOK_COST(1,3)", "A3": '="TOK_COST("'}
    report = audit(made(cells))
    functions = report.category("functions")
    assert functions.summary == ("2 calls of 1 functions, stored plain (classic, Calc) and Office.js (Lite, server)")
    assert [finding.cell for finding in functions.findings] == ["A1", "A2"]
    assert report.failed == []


def test_spills_are_no_typed_numbers_and_their_values_are_compared(made):
    path = made({"A1": 5, "B3": "=A1", **{"D3": ArrayFormula("D3:F3", "=TOK_PRICE_CURVE(A1,2,3,1)")}})
    assert found(path, "inconsistent") == []
    with ooxml.open_package(path) as book:
        book.set_cached_many("Sheet", {"E3": 99})
        book.save()
    assert [cell for cell, _ in found(path, "stale")] == ["E3"]


def test_a_workbook_that_counts_its_days_from_1904_is_calculated_by_the_engine_that_can(tmp_path):
    path = tmp_path / "1904.xlsx"
    with xlsxwriter.Workbook(path, {"date_1904": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_formula("A1", "=B1*7", None, 14)
        sheet.write_formula("A2", "=1/0", None, "#DIV/0!")
        sheet.write_formula("A3", "=YEAR(44835)", None, 2026)
    report = audit(path)
    assert report.refusal == ""
    assert report.category("numbers").findings
    assert [finding.cell for finding in report.category("not_calculated").findings] == ["A1"]
    assert [finding.cell for finding in report.category("errors").findings] == ["A2"]


def test_the_command_never_writes_and_tells_by_its_exit_code(made, capsys):
    fine, bad = made({"A1": 1, "A2": "=A1"}), made({"A1": 0, "A2": "=1/A1"}, name="bad.xlsx")
    before = fine.read_bytes()
    assert run(["check", str(fine)]) == 0
    assert capsys.readouterr().out.rstrip().endswith("Fine.")
    assert fine.read_bytes() == before
    assert run(["check", str(bad), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["failed"] == ["errors"]
    errors = next(category for category in told["categories"] if category["key"] == "errors")
    assert errors["findings"] == [{"sheet": "Sheet", "cell": "A2", "text": "#DIV/0!", "formula": "=1/A1"}]
    assert run(["check", str(bad.with_name("none.xlsx"))]) == 2


def test_long_lists_are_cut_unless_all_is_asked_for(made, capsys):
    path = made({f"A{row}": f"=B{row}*{row + 2}" for row in range(1, 51)})
    run(["check", str(path)])
    assert "and 40 more (--all)" in capsys.readouterr().out
    run(["check", str(path), "--all"])
    assert "Sheet!A50  52" in capsys.readouterr().out


def test_names_are_followed_through_circles(made):
    def edit(book):
        book.defined_names["total"] = DefinedName("total", attr_text="Sheet!$B$1")

    path = made({"A1": "=total+1", "B1": "=A1", "C1": 2}, calculated=False, edit=edit)
    assert [cell for cell, _ in found(path, "circular")] == ["A1", "B1"]


def test_foreign_workbooks_are_audited_or_refused_in_a_sentence(made):
    """One made here and every workbook of the folder TOKENBOOK_CORPUS: no traceback, what is static is listed."""
    corpus = sorted(Path(os.environ.get("TOKENBOOK_CORPUS", "/nowhere")).glob("*.xl[st]x"))
    for path in [made({"A1": "=B1"}), *corpus]:
        try:
            report = audit(path)
        except ooxml.PackageError as error:
            report, refusal = None, str(error)
        assert "\n" not in (report.refusal if report else refusal), path.name
        if report:
            assert report.category("checks").summary == "no Checks sheet of Tokenbook", path.name
