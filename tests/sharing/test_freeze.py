"""Freezing keeps the numbers for readers without the add-in; thawing brings the formulas back, wherever cells went."""

import openpyxl
import pytest
import xlsxwriter

from tokenbook.templates import ooxml, sharing
from tokenbook.templates.engine import Model
from tokenbook.templates.formulas import stored_calls
from tokenbook.templates.sharing import SharingError


def parts(data):
    book = ooxml.open_package(data)
    return {name: book.read_part(name) for name in book.part_names}


def calls(book):
    """Formulas that call us, by sheet and cell."""
    return {
        (sheet, formula.ref): (formula.text, formula.array_ref)
        for sheet in book.sheets
        for formula in book.formulas(sheet)
        if stored_calls.calls(formula.text)
    }


def frozen(path, out):
    book = ooxml.open_package(path)
    done = sharing.freeze(book)
    book.save(out)
    return done


def test_a_frozen_workbook_shows_the_same_values_without_a_call_of_ours(workbook, tmp_path):
    out = tmp_path / "frozen.xlsx"
    done = frozen(workbook, out)
    before, after = ooxml.open_package(workbook), ooxml.open_package(out)
    assert done.cells >= len(calls(before)) > 0
    assert calls(after) == {}
    for sheet in before.sheets:
        held = {cell.ref: (cell.value or None, cell.style) for cell in before.cells(sheet)}
        assert {cell.ref: (cell.value or None, cell.style) for cell in after.cells(sheet)} == held


def test_thawing_an_untouched_file_gives_every_part_byte_for_byte(workbook, tmp_path):
    out = tmp_path / "frozen.xlsx"
    frozen(workbook, out)
    book = ooxml.open_package(out)
    done = sharing.thaw(book)
    assert done.exact
    assert parts(book.to_bytes()) == parts(workbook.read_bytes())


def test_only_the_sheets_concerned_and_the_names_change(generated, tmp_path):
    out = tmp_path / "frozen.xlsx"
    frozen(generated, out)
    before, after = parts(generated.read_bytes()), parts(out.read_bytes())
    book = ooxml.open_package(generated)
    sheets = {book.sheets[sheet] for sheet, _ in calls(book)}
    assert {name for name in before if before[name] != after[name]} == {book.workbook_part, *sheets}


def test_others_read_the_frozen_values(by_xlsxwriter, tmp_path):
    out = tmp_path / "frozen.xlsx"
    frozen(by_xlsxwriter, out)
    sheet = openpyxl.load_workbook(out).active
    assert [sheet[ref].value for ref in ("D1", "E1", "F1", "B5")] == [1.95, 0.975, 0.4875, "#DIV/0!"]
    assert sheet["B4"].value == "TOK_COST(0.02, none"
    assert sheet["B6"].value == "=SUM('TOK_COST(1) model'!B3,1)"


def test_a_cell_that_calls_us_through_a_name_is_frozen_too(by_openpyxl, tmp_path):
    out = tmp_path / "frozen.xlsx"
    done = frozen(by_openpyxl, out)
    assert ooxml.open_package(out).cell("Model", "B5").formula is None
    assert done.left == ["the name price", "conditional formats of sheet Model", "validations of sheet Model"]


def test_rows_columns_and_a_new_sheet_name_are_followed(by_openpyxl, tmp_path):
    """As a spreadsheet moves it: two rows inserted on top of Model, Other renamed; names follow, cells move."""
    out = tmp_path / "frozen.xlsx"
    frozen(by_openpyxl, out)
    moved = moved_down(out, tmp_path / "moved.xlsx")
    book = ooxml.open_package(moved)
    done = sharing.thaw(book)
    assert not done.exact
    assert {key: value for key, value in calls(book).items() if key[0] == "Model"} == {
        ("Model", "B5"): ("TOK_COST(B3,B4)", None),
        ("Model", "B6"): ('IF(B5>0,"é & <"&TOK_COST($B$3,\'New name\'!A1),"")', None),
        ("Model", "D3"): ("TOK_PRICE_CURVE(B3,2,3,1)", "D3:F3"),
    }
    assert book.cell("Model", "D3").dynamic == ooxml.open_package(by_openpyxl).cell("Model", "D1").dynamic
    assert not [name for name in book.names if "frozen" in name.name]
    book.save(tmp_path / "thawed.xlsx")
    with Model(tmp_path / "thawed.xlsx") as again, Model(by_openpyxl) as first:
        again.recalculate()
        first.recalculate()
        assert again.value("Model", "B6") == first.value("Model", "B4")
        assert again.value("Model", "F3") == first.value("Model", "F1")


def moved_down(path, out, rows=2):
    """The workbook as if rows had been inserted on top of Model and Other had been renamed (by openpyxl and hand)."""
    book = openpyxl.load_workbook(path)
    sheet = book["Model"]
    sheet.insert_rows(1, rows)
    book["Other"].title = "New name"
    for name in book.defined_names.values():
        if name.attr_text.startswith("'Model'!"):
            where, _, ref = name.attr_text.partition("!")
            bounds = [int(part) for part in ref.replace(":", "$").split("$") if part.isdigit()]
            for row in sorted(set(bounds), reverse=True):
                ref = ref.replace(f"${row}", f"${row + rows}")
            name.attr_text = f"{where}!{ref}"
        name.attr_text = name.attr_text.replace("'Other'!", "'New name'!")
    book.save(out)
    return out


@pytest.mark.parametrize(
    ("ref", "value", "says"),
    [
        ("B3", 7.0, "Model!B3 held 0.0193.* and now holds 7"),
        ("E1", "text", "Model!E1 held 0.975 and now holds text"),
        ("B4", None, "Model!B4 held .* and now holds nothing"),
    ],
)
def test_a_cell_that_was_typed_over_stops_the_thaw_unless_told_to_keep_it(by_openpyxl, tmp_path, ref, value, says):
    out = tmp_path / "frozen.xlsx"
    frozen(by_openpyxl, out)
    book = ooxml.open_package(out)
    book.set_value("Model", ref, value)
    book.save(out)
    book = ooxml.open_package(out)
    with pytest.raises(SharingError, match=says):
        sharing.thaw(book)
    assert book.changed_parts == []
    done = sharing.thaw(book, keep_changed=True)
    assert len(done.left) == 1
    assert done.cells == 3
    assert book.cell("Model", ref).value == value
    assert len(calls(book)) in (2, 3)


def test_stale_and_missing_values_are_refused(tmp_path):
    path = tmp_path / "stale.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("S").write_formula("A1", "=TOK_COST(1,2)", None, 5)
    with pytest.raises(SharingError, match=r"S!A1 holds 5 and recalculates to 138\.88.*tokenbook calc"):
        sharing.freeze(ooxml.open_package(path))
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("S").write_formula("A1", "=TOK_COST(1,2)", None, "#NAME?")
    with pytest.raises(SharingError, match="holds #NAME\\?: it was saved where the add-in was missing"):
        sharing.freeze(ooxml.open_package(path))
    book = openpyxl.Workbook()
    book.active["A1"] = "=TOK_COST(1,2)"
    book.save(path)
    with pytest.raises(SharingError, match="holds nothing and recalculates to 138"):
        sharing.freeze(ooxml.open_package(path))


def test_nothing_to_do_is_said(by_openpyxl, tmp_path):
    path = tmp_path / "empty.xlsx"
    openpyxl.Workbook().save(path)
    with pytest.raises(SharingError, match="nothing to freeze"):
        sharing.freeze(ooxml.open_package(path))
    with pytest.raises(SharingError, match="nothing to thaw"):
        sharing.thaw(ooxml.open_package(path))
    out = tmp_path / "frozen.xlsx"
    frozen(by_openpyxl, out)
    with pytest.raises(SharingError, match="frozen already"):
        sharing.freeze(ooxml.open_package(out))


def test_a_damaged_record_is_refused(by_openpyxl, tmp_path):
    out = tmp_path / "frozen.xlsx"
    frozen(by_openpyxl, out)
    book = ooxml.open_package(out)
    book.add_defined_name("_tb_frozen_data_1", '"abcd"', replace=True)
    with pytest.raises(SharingError, match="damaged"):
        sharing.thaw(book)


@pytest.mark.libreoffice
def test_formulas_survive_a_save_by_libreoffice(generated, tmp_path, libreoffice):
    out = tmp_path / "frozen.xlsx"
    frozen(generated, out)
    book = ooxml.open_package(libreoffice.convert(out, "xlsx"))
    sharing.thaw(book)
    assert calls(book) == calls(ooxml.open_package(generated))


def test_the_calculation_chain_comes_back_with_the_formulas(tmp_path, by_openpyxl):
    """Excel repairs a file whose chain names a cell without a formula."""
    chain = (
        b'<calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><c r="B3" i="1"/><c r="Z9"/>'
        b'<c r="B5"/><c r="D1" a="1"/><c r="Z8"/><c r="A1" i="2"/><c r="B4" i="1"/></calcChain>'
    )
    book = ooxml.open_package(by_openpyxl)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain"
    book.add_part("xl/calcChain.xml", chain, kind, book.workbook_part, relation)
    path, out = tmp_path / "chained.xlsx", tmp_path / "frozen.xlsx"
    book.save(path)
    frozen(path, out)
    inner = ooxml.open_package(out).read_part("xl/calcChain.xml").decode()
    assert inner[inner.index("<c ") :] == '<c r="Z9" i="1"/><c r="Z8"/><c r="A1" i="2"/></calcChain>'
    book = ooxml.open_package(out)
    sharing.thaw(book)
    assert parts(book.to_bytes()) == parts(path.read_bytes())
