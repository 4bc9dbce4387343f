"""A changed cell is the only thing that changes in its sheet, and everyone reads the new value."""

import datetime
import io
import math
import re

import numpy as np
import openpyxl
import pytest
import python_calamine
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.formula import ArrayFormula

from tokenbook.templates import ooxml

ROWS = (
    '<row r="1" spans="1:2" s="3" customFormat="1" x14ac:dyDescent="0.25"><c r="A1" s="5"><v>1</v></c>'
    '<c r="B1" s="6" t="str"><f>A1&amp;"x"</f><v>1x</v></c></row>\r\n'
    '<!-- kept --><row r="3"><c r="B3" s="7" vm="1" t="e"><v>#VALUE!</v></c><c r="D3" t="s"><v>0</v></c></row>'
)


def sheet(rows=ROWS, before="", after=""):
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        f'xmlns:x14ac="urn:x14ac">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'
    )


@pytest.mark.parametrize(
    ("ref", "value", "old", "new"),
    [
        ("A1", 2.5, '<c r="A1" s="5"><v>1</v></c>', '<c r="A1" s="5"><v>2.5</v></c>'),
        ("A1", "a<b", '<c r="A1" s="5"><v>1</v></c>', '<c r="A1" s="5" t="inlineStr"><is><t>a&lt;b</t></is></c>'),
        ("A1", " x", '<v>1</v></c><c r="B1"', None),
        ("A1", True, '<c r="A1" s="5"><v>1</v></c>', '<c r="A1" s="5" t="b"><v>1</v></c>'),
        ("A1", "#N/A", '<c r="A1" s="5"><v>1</v></c>', '<c r="A1" s="5" t="e"><v>#N/A</v></c>'),
        ("A1", "#SPILL!", '<c r="A1" s="5"><v>1</v></c>', '<c r="A1" s="5" t="e"><v>#VALUE!</v></c>'),
        ("A1", None, '<c r="A1" s="5"><v>1</v></c>', '<c r="A1" s="5"></c>'),
        ("B3", 4, '<c r="B3" s="7" vm="1" t="e"><v>#VALUE!</v></c>', '<c r="B3" s="7"><v>4</v></c>'),
        ("D3", 4, '<c r="D3" t="s"><v>0</v></c>', '<c r="D3"><v>4</v></c>'),
    ],
)
def test_one_element_is_replaced_and_nothing_else(sheet_after, ref, value, old, new):
    text = sheet_after(lambda book: book.set_value("Inputs", ref, value), sheet=sheet())
    if new is None:
        assert '<c r="A1" s="5" t="inlineStr"><is><t xml:space="preserve"> x</t></is></c>' in text
        return
    assert sheet().count(old) == 1
    assert text == sheet().replace(old, new)


@pytest.mark.parametrize(
    ("ref", "value"),
    [("A1", 1), ("A1", 1.0), ("D3", "label"), ("B3", "#VALUE!"), ("Z9", None), ("C3", None)],
)
def test_a_value_that_is_there_already_changes_nothing(package, ref, value):
    before = package(sheet=sheet())
    book = ooxml.open_package(before)
    book.set_value("Inputs", ref, value)
    assert book.to_bytes() == before


@pytest.mark.parametrize(
    ("ref", "old", "new"),
    [
        ("C1", "</c></row>\r\n", '</c><c r="C1" s="3"><v>7</v></c></row>\r\n'),
        ("A3", '<row r="3"><c r="B3"', '<row r="3"><c r="A3"><v>7</v></c><c r="B3"'),
        ("C3", '</c><c r="D3"', '</c><c r="C3"><v>7</v></c><c r="D3"'),
        ("E3", "</c></row></sheetData>", '</c><c r="E3"><v>7</v></c></row></sheetData>'),
        ("B2", '<row r="3">', '<row r="2"><c r="B2"><v>7</v></c></row><row r="3">'),
        ("A9", "</row></sheetData>", '</row><row r="9"><c r="A9"><v>7</v></c></row></sheetData>'),
    ],
)
def test_missing_cells_and_rows_are_created_in_their_place(sheet_after, ref, old, new):
    text = sheet_after(lambda book: book.set_value("Inputs", ref, 7), sheet=sheet())
    expected = sheet().replace(old, new)
    if ref == "C1":
        expected = expected.replace('spans="1:2"', 'spans="1:3"')
    assert text == expected


@pytest.mark.parametrize(
    ("ref", "old", "new"),
    [
        ("B1", '<c r="E1">', '<c r="B1"><v>7</v></c><c r="E1">'),  # before the first that stands further right
        ("D1", '<c r="E1">', '<c r="D1"><v>7</v></c><c r="E1">'),
        ("F1", "<v>3</v></c>", '<v>3</v></c><c r="F1"><v>7</v></c>'),
        ("A1", '<c r="A1"><v>2', '<c r="A1"><v>7'),
        ("E1", '<c r="E1"><v>1', '<c r="E1"><v>7'),
        ("A8", '<row r="9">', '<row r="8"><c r="A8"><v>7</v></c></row><row r="9">'),  # the first further down
        ("A12", "</row></sheetData>", '</row><row r="12"><c r="A12"><v>7</v></c></row></sheetData>'),
        ("B7", '<c r="B7"><v>5', '<c r="B7"><v>7'),
    ],
)
def test_where_cells_and_rows_are_out_of_order_the_others_stay_where_they_are(sheet_after, ref, old, new):
    """Some programs write them so, and Excel opens the file: a figure set there must not take another's place."""
    before = sheet(
        '<row r="1"><c r="E1"><v>1</v></c><c r="A1"><v>2</v></c><c r="C1"><v>3</v></c></row>'
        '<row r="9"><c r="B9"><v>4</v></c></row><row r="7"><c r="B7"><v>5</v></c></row>'
        '<row r="2"><c r="B2"><v>6</v></c></row>'
    )
    assert before.count(old) == 1
    assert sheet_after(lambda book: book.set_value("Inputs", ref, 7), sheet=before) == before.replace(old, new)


def test_columns_give_new_cells_their_format_and_the_dimension_grows(sheet_after):
    before = '<dimension ref="A1:D3"/><cols><col min="5" max="6" width="9" style="11" customWidth="1"/></cols>'
    text = sheet_after(lambda book: book.set_value("Inputs", "F5", 1), sheet=sheet(before=before))
    assert '<c r="F5" s="11"><v>1</v></c>' in text
    assert '<dimension ref="A1:F5"/>' in text


@pytest.mark.parametrize(
    "data",
    [
        "<{p}sheetData/>",
        "<{p}sheetData></{p}sheetData>",
        "<{p}sheetData><{p}row/></{p}sheetData>",
        '<{p}sheetData><{p}row r="1" ht="20"/></{p}sheetData>',
        "<{p}sheetData><{p}row></{p}row></{p}sheetData>",
    ],
)
@pytest.mark.parametrize("p", ["", "x:"])
def test_empty_sheets_and_rows_open_up(package, data, p):
    declared = f'xmlns{":x" if p else ""}="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    text = f"<{p}worksheet {declared}>{data.format(p=p)}</{p}worksheet>"
    book = ooxml.open_package(package(sheet=text))
    book.set_values_many("Inputs", {"B1": 1, "A1": 2, "C2": 3})
    again = ooxml.open_package(book.to_bytes())
    assert [(c.ref, c.value) for c in again.cells("Inputs")] == [("A1", 2), ("B1", 1), ("C2", 3)]
    assert ('ht="20"' in text) == (b'ht="20"' in again.read_part("xl/worksheets/sheet1.xml"))


def test_many_values_at_once_are_all_or_nothing(package):
    book = ooxml.open_package(package(sheet=sheet()))
    with pytest.raises(ooxml.PackageError, match="Inputs!B1 holds a formula"):
        book.set_values_many("Inputs", {"A1": 9, "B1": 9, "C1": 9})
    assert book.changed_parts == []
    book.set_values_many("Inputs", {"C9": 1, "A1": 2, "B2": 3, "AA3": 4, "A3": 5})
    assert [c.ref for c in book.cells("Inputs")] == ["A1", "B1", "B2", "A3", "B3", "D3", "AA3", "C9"]


@pytest.mark.parametrize(
    ("ref", "said"),
    [
        ("B1", "holds a formula"),
        ("H2", "covered by the merged cell G1:H2"),
        ("G2", "covered by the merged cell G1:H2"),
        ("J2", "filled by the formula of J1:J3"),
        ("L1", "header or total of table Log"),
        ("L4", "header or total of table Log"),
        ("P3", "in the pivot table O2:Q9"),
    ],
)
def test_cells_that_are_not_the_users_to_set_are_refused(package, ref, said):
    rows = ROWS.replace("</row>\r\n", '<c r="J1"><f t="array" ref="J1:J3">A1:A3</f><v>1</v></c></row>\r\n')
    merges = '<mergeCells count="1"><mergeCell ref="G1:H2"/></mergeCells><tableParts count="1"/>'
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    extra = {
        "xl/worksheets/_rels/sheet1.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
        f'relationships"><Relationship Id="rId1" Type="{office}/table" Target="../tables/table1.xml"/>'
        f'<Relationship Id="rId2" Type="{office}/pivotTable" Target="../pivotTables/pivotTable1.xml"/></Relationships>',
        "xl/tables/table1.xml": f'<table xmlns="{main}" id="1" displayName="Log" ref="K1:L4" totalsRowCount="1">'
        '<tableColumns count="2"><tableColumn id="1" name="a"/><tableColumn id="2" name="b"/></tableColumns></table>',
        "xl/pivotTables/pivotTable1.xml": f'<pivotTableDefinition xmlns="{main}" name="p"><location ref="O2:Q9" '
        'firstHeaderRow="1" firstDataRow="1" firstDataCol="1"/></pivotTableDefinition>',
    }
    book = ooxml.open_package(package(sheet=sheet(rows, after=merges), extra_parts=extra))
    with pytest.raises(ooxml.PackageError, match=re.escape(said)) as caught:
        book.set_value("Inputs", ref, 1)
    assert f"Inputs!{ref}" in str(caught.value)
    for allowed in ("G1", "K2", "N1"):
        book.set_value("Inputs", allowed, 1)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (math.nan, "not a number"),
        (math.inf, "not a number"),
        (10**400, "not a number"),
        (1 + 2j, "does not fit a cell"),
        ([1], "does not fit a cell"),
        ("x" * 32_768, "at most 32,767"),
        (datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC), "time zone"),
        (datetime.date(1800, 1, 1), "before the first day"),
    ],
)
def test_values_that_no_cell_can_hold_are_refused(package, value, said):
    book = ooxml.open_package(package())
    with pytest.raises(ooxml.PackageError, match=said):
        book.set_value("Inputs", "A1", value)


def test_cells_given_twice_or_in_alternatives_are_not_guessed_at(package):
    twice = '<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>'
    rows_twice = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1"><c r="B1"><v>2</v></c></row>'
    alternative = '<row r="1"/><mc:AlternateContent xmlns:mc="urn:mc"><mc:Choice/></mc:AlternateContent>'
    for rows in (twice, rows_twice, alternative):
        book = ooxml.open_package(package(rows=rows))
        with pytest.raises(ooxml.PackageError):
            book.set_value("Inputs", "A1", 5)


# ---- cached values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (0.1 + 0.2, '<c r="B1" s="6"><f>A1&amp;"x"</f><v>0.30000000000000004</v></c>'),
        (np.float64(2.5), '<c r="B1" s="6"><f>A1&amp;"x"</f><v>2.5</v></c>'),
        (7, '<c r="B1" s="6"><f>A1&amp;"x"</f><v>7</v></c>'),
        ("a&b", '<c r="B1" s="6" t="str"><f>A1&amp;"x"</f><v>a&amp;b</v></c>'),
        (" a", '<c r="B1" s="6" t="str"><f>A1&amp;"x"</f><v xml:space="preserve"> a</v></c>'),
        ("a\x07\r_x0041_", '<c r="B1" s="6" t="str"><f>A1&amp;"x"</f><v>a_x0007__x000D__x005F_x0041_</v></c>'),
        ("\ud800", '<c r="B1" s="6" t="str"><f>A1&amp;"x"</f><v>_xD800_</v></c>'),
        (None, '<c r="B1" s="6" t="str"><f>A1&amp;"x"</f><v></v></c>'),
        (np.bool_(True), '<c r="B1" s="6" t="b"><f>A1&amp;"x"</f><v>1</v></c>'),
        (math.nan, '<c r="B1" s="6" t="e"><f>A1&amp;"x"</f><v>#NUM!</v></c>'),
        (-math.inf, '<c r="B1" s="6" t="e"><f>A1&amp;"x"</f><v>#NUM!</v></c>'),
        ("#DIV/0!", '<c r="B1" s="6" t="e"><f>A1&amp;"x"</f><v>#DIV/0!</v></c>'),
        ("y" * 32_768, '<c r="B1" s="6" t="e"><f>A1&amp;"x"</f><v>#VALUE!</v></c>'),
        (datetime.date(2024, 3, 1), '<c r="B1" s="6"><f>A1&amp;"x"</f><v>45352</v></c>'),
    ],
)
def test_cached_values_keep_the_formula_and_the_style(sheet_after, value, cell):
    old = '<c r="B1" s="6" t="str"><f>A1&amp;"x"</f><v>1x</v></c>'
    text = sheet_after(lambda book: book.set_cached_many("Inputs", {"B1": value}), sheet=sheet())
    assert text == sheet().replace(old, cell)


def test_only_formula_cells_take_cached_values(package):
    book = ooxml.open_package(package(sheet=sheet()))
    for ref, said in (("A1", "holds no formula"), ("C1", "is empty")):
        with pytest.raises(ooxml.PackageError, match=said):
            book.set_cached_many("Inputs", {ref: 1})


def test_openpyxl_formulas_get_their_values_spill_cells_included(tmp_path):
    """openpyxl writes formulas with an empty value; after patching, every reader shows numbers."""
    path = tmp_path / "made.xlsx"
    book = openpyxl.Workbook()
    book.active["A1"] = "=1+1"
    book.active["C2"] = ArrayFormula("C2:D3", "=TOK_CURVE(A1)")
    book.save(path)
    with ooxml.open_package(path) as patch:
        patch.set_cached_many("Sheet", {"A1": 2, "C2": 1.5, "D2": "two", "C3": False, "D3": math.nan})
        patch.save()
    again = openpyxl.load_workbook(path, data_only=True).active
    assert [again[ref].value for ref in ("A1", "C2", "D2", "C3", "D3")] == [2, 1.5, "two", False, "#NUM!"]
    formulas = openpyxl.load_workbook(path).active
    assert formulas["A1"].value == "=1+1"
    assert formulas["C2"].value.ref == "C2:D3"
    assert python_calamine.load_workbook(path).get_sheet_by_index(0).to_python() == [
        [2.0, "", "", ""], ["", "", 1.5, "two"], ["", "", False, ""]
    ]  # fmt: skip


# ---- properties ------------------------------------------------------------------------------------------

REFS = st.tuples(st.integers(1, 12), st.integers(1, 6)).map(lambda p: f"{'ABCDEF'[p[1] - 1]}{p[0]}")
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)
VALUES = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(2**60), 2**60), st.booleans(), TEXTS)


def same(found, value):
    if isinstance(value, str | bool):
        return found == value and type(found) is type(value)
    return found == float(value)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(REFS, VALUES, min_size=1, max_size=8), min_size=1, max_size=4))
def test_any_values_anywhere_read_back_exactly(batches):
    stream = io.BytesIO()
    openpyxl.Workbook().save(stream)
    data, expected = stream.getvalue(), {}
    for batch in batches:
        book = ooxml.open_package(data)
        book.set_values_many("Sheet", batch)
        data = book.to_bytes()
        expected |= batch
    found = {cell.ref: cell.value for cell in ooxml.open_package(data).cells("Sheet")}
    assert set(found) == set(expected)
    for ref, value in expected.items():
        assert same(found[ref], value), (ref, value, found[ref])
    numbers = {ref: value for ref, value in expected.items() if not isinstance(value, str)}
    theirs = openpyxl.load_workbook(io.BytesIO(data)).active
    for ref, value in numbers.items():
        assert theirs[ref].value == (value if isinstance(value, bool) else pytest.approx(float(value), rel=0, abs=0))
