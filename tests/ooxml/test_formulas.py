"""Formulas as a reader of the workbook sees them: shared ones in full, arrays with their range, spills marked."""

import io
import zipfile

import openpyxl
import pytest
from lxml import etree

from tokenbook.templates import ooxml

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SHARED = (
    '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f t="shared" ref="B1:B3" si="0">A1*$A$1+Other!A1</f><v>1</v></c></row>'
    '<row r="2"><c r="A2"><v>2</v></c><c r="B2"><f t="shared" si="0"/><v>2</v></c></row>'
    '<row r="3"><c r="A3"><v>3</v></c><c r="B3" s="4"><f t="shared" si="0"></f><v>3</v></c></row>'
)
ARRAY = (
    '<row r="1"><c r="A1"><f t="array" ref="A1:A3">B1:B3*2</f><v>2</v></c></row>'
    '<row r="2"><c r="A2"><v>4</v></c></row><row r="3"><c r="A3" t="str"><v>six</v></c></row>'
)
CHAIN = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/calcChain.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"/></Types>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId9" Type="{OFFICE}/calcChain" Target="calcChain.xml"/></Relationships>',
    "xl/calcChain.xml": f'<calcChain xmlns="{MAIN}"><c r="B1" i="1"/></calcChain>',
}


def formulas(book):
    return [tuple(formula) for formula in book.formulas("Inputs")]


def test_shared_formulas_are_translated_to_each_cell(package):
    book = ooxml.open_package(package(rows=SHARED))
    assert formulas(book) == [
        ("B1", "A1*$A$1+Other!A1", "shared", None),
        ("B2", "A2*$A$1+Other!A2", "shared", None),
        ("B3", "A3*$A$1+Other!A3", "shared", None),
    ]
    assert book.cell("Inputs", "B3").formula == "A3*$A$1+Other!A3"
    assert book.cell("Inputs", "B3").shared_index == 0


def test_an_orphan_of_a_shared_formula_is_still_a_formula(package):
    book = ooxml.open_package(package(rows='<row r="2"><c r="B2"><f t="shared" si="5"/><v>2</v></c></row>'))
    assert formulas(book) == [("B2", "", "shared", None)]
    book.set_cached_many("Inputs", {"B2": 3})
    assert book.cell("Inputs", "B2").value == 3


def test_array_and_data_table_ranges(package):
    table = '<row r="5"><c r="C5"><f t="dataTable" ref="C5:D6" dt2D="1" dtr="1" r1="A1" r2="A2"/><v>1</v></c></row>'
    book = ooxml.open_package(package(rows=ARRAY + table))
    assert formulas(book) == [("A1", "B1:B3*2", "array", "A1:A3"), ("C5", "", "dataTable", "C5:D6")]
    book.set_cached_many("Inputs", {"D6": 4, "A2": 5})
    assert (book.cell("Inputs", "D6").value, book.cell("Inputs", "A2").value) == (4, 5)
    for action in (lambda: book.set_formula("Inputs", "C5", "1"), lambda: book.set_formula("Inputs", "A2", "1")):
        with pytest.raises(ooxml.PackageError):
            action()


def test_text_with_markup_line_ends_and_quotes(package):
    text = 'IF(A1<>"&",CHAR(10)&"<b>\n",\'P&L\'!A1)'
    book = ooxml.open_package(package(rows='<row r="1"><c r="A1"><v>1</v></c></row>'))
    book.set_formula("Inputs", "D1", "=" + text)
    again = ooxml.open_package(book.to_bytes())
    assert again.cell("Inputs", "D1").formula == text
    assert openpyxl.load_workbook(io.BytesIO(book.to_bytes()))["Inputs"]["D1"].value == "=" + text


def test_replacing_a_shared_master_leaves_the_others_their_formula(package):
    book = ooxml.open_package(package(rows=SHARED))
    book.set_formula("Inputs", "B1", "42")
    assert formulas(book) == [
        ("B1", "42", "normal", None), ("B2", "A2*$A$1+Other!A2", "normal", None),
        ("B3", "A3*$A$1+Other!A3", "normal", None),
    ]  # fmt: skip
    assert [book.cell("Inputs", ref).value for ref in ("B1", "B2", "B3")] == [1, 2, 3]
    assert book.cell("Inputs", "B3").style == 4


def test_replacing_a_shared_child_leaves_the_master_alone(package, sheet_after):
    text = sheet_after(lambda book: book.set_formula("Inputs", "B2", "7"), rows=SHARED)
    assert SHARED.replace('<f t="shared" si="0"/>', "<f>7</f>", 1) in text


def test_freezing_keeps_the_value_and_thawing_brings_the_formula_back(package):
    before = package(rows=ARRAY)
    book = ooxml.open_package(before)
    book.set_formula("Inputs", "A1", None)
    assert formulas(book) == []
    assert [book.cell("Inputs", ref).value for ref in ("A1", "A2", "A3")] == [2, 4, "six"]
    book.set_formula("Inputs", "A1", "B1:B3*2", array_ref="A1:A3")
    assert book.to_bytes() == before


@pytest.mark.parametrize(
    ("value", "cell"),
    [("text", '<c r="A1" t="inlineStr"><is><t>text</t></is></c>'), (True, '<c r="A1" t="b"><v>1</v></c>'),
     ("#N/A", '<c r="A1" t="e"><v>#N/A</v></c>'), (2.5, '<c r="A1"><v>2.5</v></c>')],
)  # fmt: skip
def test_a_frozen_cell_is_an_ordinary_constant(sheet_after, value, cell):
    def freeze(book):
        book.set_cached_many("Inputs", {"A1": value})
        book.set_formula("Inputs", "A1", None)

    assert cell in sheet_after(freeze, rows='<row r="1"><c r="A1"><f>TOK_X()</f><v>0</v></c></row>')


def test_renaming_functions_keeps_arrays_and_values(package):
    rows = ARRAY.replace('<c r="A1">', '<c r="A1" cm="1">')
    rows += '<row r="4"><c r="A4" t="str"><f>TOK_A()</f><v>v</v></c></row>'
    book = ooxml.open_package(package(rows=rows))
    book.set_formulas_many("Inputs", {"A1": "_xldudf_TOK_B()", "A4": "_xldudf_TOK_A()"})
    text = book.read_part("xl/worksheets/sheet1.xml").decode()
    assert '<c r="A1" cm="1"><f t="array" ref="A1:A3">_xldudf_TOK_B()</f><v>2</v></c>' in text
    assert '<c r="A4" t="str"><f>_xldudf_TOK_A()</f><v>v</v></c>' in text
    assert '<c r="A2"><v>4</v></c>' in text


# ---- the calculation chain ---------------------------------------------------------------------------------


def test_the_calculation_chain_stays_while_the_formulas_stay(package, raw_members):
    before = package(rows=SHARED, extra_parts=CHAIN)
    book = ooxml.open_package(before)
    book.set_cached_many("Inputs", {"B1": 9})
    book.set_value("Inputs", "A1", 9)
    book.set_formula("Inputs", "B2", "1+1")
    old, new = raw_members(before), raw_members(book.to_bytes())
    assert [name for name in old if old[name] != new[name]] == ["xl/worksheets/sheet1.xml"]


@pytest.mark.parametrize(("ref", "text"), [("D1", "1+1"), ("A1", "2"), ("B2", None)])
def test_the_calculation_chain_goes_when_a_formula_comes_or_goes(package, ref, text):
    book = ooxml.open_package(package(rows=SHARED, extra_parts=CHAIN))
    book.set_formula("Inputs", ref, text)
    data = book.to_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert "xl/calcChain.xml" not in archive.namelist()
        assert b"calcChain" not in archive.read("[Content_Types].xml")
        assert b"calcChain" not in archive.read("xl/_rels/workbook.xml.rels")
    assert [f.ref for f in ooxml.open_package(data).formulas("Inputs")] != []


# ---- spilling arrays ----------------------------------------------------------------------------------------


def spilling(package, **options):
    rows = '<row r="2"><c r="B2" s="3"><f>TOK_CURVE(A1:A9)</f><v>1</v></c><c r="E2"><f>TOK_X()</f></c></row>'
    book = ooxml.open_package(package(rows=rows, **options))
    book.mark_dynamic_arrays("Inputs", ["B2:B4", "E2"])
    book.set_cached_many("Inputs", {"B2": 1, "B3": 2, "B4": "end"})
    return book


@pytest.mark.parametrize("strict", [False, True])
def test_a_spilling_array_is_written_as_excel_writes_it(package, strict):
    data = spilling(package, strict=strict).to_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        metadata = etree.fromstring(archive.read("xl/metadata.xml"))
        types, relations = archive.read("[Content_Types].xml"), archive.read("xl/_rels/workbook.xml.rels").decode()
    assert '<c r="B2" s="3" cm="1"><f t="array" ref="B2:B4">TOK_CURVE(A1:A9)</f><v>1</v></c>' in sheet
    assert '<row r="3"><c r="B3"><v>2</v></c></row><row r="4"><c r="B4" t="str"><v>end</v></c></row>' in sheet
    assert '<c r="E2" cm="1"><f t="array" ref="E2">TOK_X()</f></c>' in sheet
    main = "http://purl.oclc.org/ooxml/spreadsheetml/main" if strict else MAIN
    assert [etree.QName(child).localname for child in metadata] == ["metadataTypes", "futureMetadata", "cellMetadata"]
    assert {etree.QName(child).namespace for child in metadata} == {main}
    assert metadata.xpath("//*[@fDynamic='1']")
    assert b'PartName="/xl/metadata.xml"' in types
    assert relations.count("/sheetMetadata") == 1
    assert ("purl.oclc.org/ooxml/officeDocument/relationships/sheetMetadata" in relations) == strict
    again = ooxml.open_package(data)
    assert [(c.ref, c.dynamic) for c in again.cells("Inputs") if c.formula] == [("B2", True), ("E2", True)]


def test_marking_again_reuses_the_metadata(package):
    once = spilling(package).to_bytes()
    book = ooxml.open_package(once)
    book.mark_dynamic_arrays("Inputs", {"B2": "B2:B4"})
    assert book.to_bytes() == once


def test_foreign_metadata_gets_one_more_entry(package):
    """A workbook with linked data types has metadata of another kind, whose numbers may not move."""
    metadata = (
        f'<m:metadata xmlns:m="{MAIN}"><m:metadataTypes count="1"><m:metadataType name="XLRICHVALUE" '
        'minSupportedVersion="120000" copy="1"/></m:metadataTypes>'
        '<m:futureMetadata name="XLRICHVALUE" count="1"><m:bk/>'
        "</m:futureMetadata>"
        '<m:cellMetadata count="1"><m:bk><m:rc t="1" v="0"/></m:bk></m:cellMetadata>'
        '<m:valueMetadata count="1"><m:bk><m:rc t="1" v="0"/></m:bk></m:valueMetadata></m:metadata>'
    )
    extra = {
        "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{OFFICE}/sheetMetadata" Target="metadata.xml"/></Relationships>',
        "xl/metadata.xml": metadata,
    }
    book = spilling(package, extra_parts=extra)
    root = etree.fromstring(book.read_part("xl/metadata.xml"))
    names = {"m": MAIN}
    assert root.xpath("m:metadataTypes/@count", namespaces=names) == ["2"]
    assert root.xpath("m:metadataTypes/m:metadataType/@name", namespaces=names) == ["XLRICHVALUE", "XLDAPR"]
    assert root.xpath("m:futureMetadata/@name", namespaces=names) == ["XLRICHVALUE", "XLDAPR"]
    assert root.xpath("m:cellMetadata/m:bk/m:rc/@t", namespaces=names) == ["1", "2"]
    assert [etree.QName(c).localname for c in root][-2:] == ["cellMetadata", "valueMetadata"]
    assert 'cm="2"' in book.read_part("xl/worksheets/sheet1.xml").decode()


def test_empty_lists_of_foreign_metadata_are_opened_up(package):
    """A program may leave <metadataTypes count="0"/> behind; the workbook must still open with its spill."""
    lists = "".join(f'<{name} count="0"/>' for name in ("metadataTypes", "cellMetadata", "valueMetadata"))
    extra = {
        "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{OFFICE}/sheetMetadata" Target="metadata.xml"/></Relationships>',
        "xl/metadata.xml": f'<metadata xmlns="{MAIN}">{lists}</metadata>',
    }
    root = etree.fromstring(spilling(package, extra_parts=extra).read_part("xl/metadata.xml"))
    names = {"m": MAIN}
    assert root.xpath("m:metadataTypes/m:metadataType/@name", namespaces=names) == ["XLDAPR"]
    assert root.xpath("m:cellMetadata/m:bk/m:rc/@t", namespaces=names) == ["1"]
    assert [child.get("count") for child in root] == ["1", "1", "1", "0"]
    order = ["metadataTypes", "futureMetadata", "cellMetadata", "valueMetadata"]
    assert [etree.QName(child).localname for child in root] == order


def test_shared_formulas_can_be_made_to_spill(package):
    book = ooxml.open_package(package(rows=SHARED))
    book.mark_dynamic_arrays("Inputs", ["B1", "B2"])
    assert formulas(book) == [
        ("B1", "A1*$A$1+Other!A1", "array", "B1"), ("B2", "A2*$A$1+Other!A2", "array", "B2"),
        ("B3", "A3*$A$1+Other!A3", "normal", None),
    ]  # fmt: skip


def test_only_formulas_spill(package):
    book = ooxml.open_package(package(rows=SHARED))
    for refs, said in ((["A1:A3"], "holds no formula"), ({"B1": "B2:B3"}, "not the top left")):
        with pytest.raises(ooxml.PackageError, match=said):
            book.mark_dynamic_arrays("Inputs", refs)


def test_openpyxl_reads_what_was_marked(tmp_path):
    path = tmp_path / "made.xlsx"
    made = openpyxl.Workbook()
    made.active["B2"] = "=TOK_CURVE(1)"
    made.save(path)
    with ooxml.open_package(path) as book:
        book.mark_dynamic_arrays("Sheet", ["B2:B3"])
        book.set_cached_many("Sheet", {"B2": 1.5, "B3": 2.5})
        book.save()
    assert openpyxl.load_workbook(path).active["B2"].value.text == "=TOK_CURVE(1)"
    again = openpyxl.load_workbook(path, data_only=True).active
    assert (again["B2"].value, again["B3"].value) == (1.5, 2.5)
