"""Stored names by host: only calls of ours change, and back again every byte is what it was."""

import io
import os
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenbook.templates import ooxml
from tokenbook.templates.engine import Model
from tokenbook.templates.formulas import stored_calls

PREFIX = "_xldudf_"


def parts(data):
    book = ooxml.open_package(data)
    return {name: book.read_part(name) for name in book.part_names}


@pytest.mark.parametrize(
    ("formula", "lite"),
    [
        ("TOK_COST(A1,B1)", "_xldudf_TOK_COST(A1,B1)"),
        ("tok_cost(A1)", "_xldudf_TOK_COST(A1)"),
        ('TOK_COST(A1)&"TOK_COST("', '_xldudf_TOK_COST(A1)&"TOK_COST("'),
        ("'TOK_COST(x)'!A1+TOK_NPV(0,A1:B1)", "'TOK_COST(x)'!A1+_xldudf_TOK_NPV(0,A1:B1)"),
        ("MYTOK_COST(1)+TOK_UNKNOWN(2)", "MYTOK_COST(1)+TOK_UNKNOWN(2)"),
        ('"日本"&TOK_COST(Größe)', '"日本"&_xldudf_TOK_COST(Größe)'),
        ("[1]!TOK_COST(1)", "_xldudf_TOK_COST(1)"),
        ("SUM( TOK_COST (1),\nTOK_COST(2))", "SUM( TOK_COST (1),\n_xldudf_TOK_COST(2))"),
    ],
)
def test_only_calls_of_our_functions_get_the_prefix(formula, lite):
    assert stored_calls.with_prefix(formula, PREFIX) == lite


@given(
    st.lists(st.sampled_from(["TOK_COST(", "TOK_NPV(", '"TOK_COST("', "A1", ",", "+", ")", "'TOK_COST('!B2", "é", " "]))
)
def test_any_text_comes_back_as_it_was(pieces):
    text = "".join(pieces)
    assert stored_calls.with_prefix(stored_calls.with_prefix(text, PREFIX), "") == text


def test_lite_and_back_gives_every_part_byte_for_byte(workbook):
    before = parts(workbook.read_bytes())
    book = ooxml.open_package(workbook)
    changed = stored_calls.convert(book, "lite")
    assert changed
    lite = parts(book.to_bytes())
    assert {name for name in before if before[name] != lite[name]} == set(changed)
    again = ooxml.open_package(book.to_bytes())
    stored_calls.convert(again, "classic")
    assert parts(again.to_bytes()) == before


def test_every_place_that_holds_formulas_is_converted(by_openpyxl):
    book = ooxml.open_package(by_openpyxl)
    stored_calls.convert(book, "server")
    assert book.defined_names["price", None].startswith("_xldudf_TOK_COST(")
    sheet = book.read_part("xl/worksheets/sheet1.xml").decode()
    assert "<formula>_xldudf_TOK_COST(B1,B2)&gt;1</formula>" in sheet
    assert "<formula1>_xldudf_TOK_COST(B1,B2)&lt;5</formula1>" in sheet
    assert {prefix for _, prefix in stored_calls.spellings(book)} == {PREFIX}


def test_a_converted_workbook_calculates_to_the_same_values(by_openpyxl, tmp_path):
    lite = tmp_path / "lite.xlsx"
    book = ooxml.open_package(by_openpyxl)
    stored_calls.convert(book, "lite")
    book.save(lite)
    with Model(by_openpyxl) as plain, Model(lite) as prefixed:
        plain.recalculate()
        prefixed.recalculate()
        assert prefixed.values() == plain.values()


def test_an_argument_left_out_is_left_out_under_both_names(tmp_path):
    path = tmp_path / "book.xlsx"
    book = openpyxl.Workbook()
    book.active["A1"] = "=TOK_PRICE_BLENDED(1,2,3,1,,)"
    book.active["A2"] = "=_xldudf_TOK_PRICE_BLENDED(1,2,3,1,,)"
    book.save(path)
    with Model(path) as model:
        model.recalculate()
        assert model.value("Sheet", "A2") == model.value("Sheet", "A1") == pytest.approx(1.25)


def test_a_sheet_whose_name_looks_like_a_call_keeps_it(by_xlsxwriter):
    book = ooxml.open_package(by_xlsxwriter)
    stored_calls.convert(book, "lite")
    assert list(book.sheets) == ["TOK_COST(1) model"]
    assert book.cell("TOK_COST(1) model", "B6").formula == "SUM('TOK_COST(1) model'!B3,1)"
    assert book.cell("TOK_COST(1) model", "B4").formula.startswith('"TOK_COST("&TEXT(')


def test_shared_formulas_and_references_in_xml_are_converted(package):
    rows = (
        '<row r="1"><c r="A1"><f t="shared" ref="A1:A2" si="0">TOK_COST(B1,C1)</f><v>1</v></c></row>'
        '<row r="2"><c r="A2"><f t="shared" si="0"/><v>1</v></c>'
        '<c r="B2"><f>&#84;OK_COST(1,2)&amp;"TOK_COST("</f><v>1</v></c></row>'
    )
    book = ooxml.open_package(package(rows))
    stored_calls.convert(book, "lite")
    assert [book.cell("Inputs", ref).formula for ref in ("A1", "A2", "B2")] == [
        "_xldudf_TOK_COST(B1,C1)",
        "_xldudf_TOK_COST(B2,C2)",
        '_xldudf_TOK_COST(1,2)&"TOK_COST("',
    ]


@pytest.fixture
def package(tmp_path):
    """A one-sheet package around some rows, zipped by hand."""

    def build(rows):
        main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        content = "http://schemas.openxmlformats.org/package/2006"
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
        path = tmp_path / "by hand.xlsx"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(
                "[Content_Types].xml",
                f'<Types xmlns="{content}/content-types"><Default Extension="rels" ContentType='
                '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
                f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
                f'ContentType="{kind}.sheet.main+xml"/></Types>',
            )
            archive.writestr(
                "_rels/.rels",
                f'<Relationships xmlns="{content}/relationships"><Relationship Id="rId1" '
                f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            )
            archive.writestr(
                "xl/workbook.xml",
                f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="Inputs" sheetId="1" r:id="rId1"/>'
                "</sheets></workbook>",
            )
            archive.writestr(
                "xl/_rels/workbook.xml.rels",
                f'<Relationships xmlns="{content}/relationships"><Relationship Id="rId1" '
                f'Type="{office}/worksheet" Target="sheet1.xml"/></Relationships>',
            )
            archive.writestr("xl/sheet1.xml", f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>')
        return path

    return build


def test_an_unknown_host_is_refused_with_the_choices(by_openpyxl):
    with pytest.raises(
        stored_calls.HostError, match="--host excel: there is no such host; choose classic, lite, server"
    ):
        stored_calls.convert(ooxml.open_package(by_openpyxl), "excel")


def others():
    """Workbooks without a call of ours: one made here, and those of the folder TOKENBOOK_CORPUS."""
    stream = io.BytesIO()
    openpyxl.Workbook().save(stream)
    yield stream.getvalue()
    for path in sorted(Path(os.environ.get("TOKENBOOK_CORPUS", "/nowhere")).glob("*.xl[st][xm]")):
        yield path.read_bytes()


def test_workbooks_that_do_not_call_us_are_left_alone():
    for data in others():
        try:
            book = ooxml.open_package(data)
        except ooxml.PackageError:
            continue  # what cannot be opened is refused with a sentence, see tests/ooxml
        assert stored_calls.convert(book, "lite") == {}
        assert book.to_bytes() == data
