"""Defined names, calculation settings, tables and added parts: spliced in where the schema wants them."""

import io
import re
import zipfile

import openpyxl
import pytest
from lxml import etree
from openpyxl.worksheet.table import Table as MadeTable

from tokenbook.templates import ooxml
from tokenbook.templates.ooxml.parts import with_relationship

NAMES = (
    '<definedNames><definedName name="_xlnm.Print_Area" localSheetId="0">Inputs!$A$1:$B$2</definedName>'
    '<definedName name="rate" comment="yearly" hidden="1">Inputs!$B$1</definedName></definedNames>'
)


def workbook_text(book):
    return book.read_part("xl/workbook.xml").decode()


def children(book):
    return [etree.QName(child).localname for child in etree.fromstring(book.read_part("xl/workbook.xml"))]


# ---- defined names -----------------------------------------------------------------------------------------


def test_names_are_read_with_scope_comment_and_visibility(package):
    book = ooxml.open_package(package(book_extra=NAMES))
    assert book.defined_names == {("_xlnm.Print_Area", "Inputs"): "Inputs!$A$1:$B$2", ("rate", None): "Inputs!$B$1"}
    assert book.names[1] == ooxml.DefinedName("rate", None, "Inputs!$B$1", True, "yearly")


def test_a_name_is_added_behind_the_others_and_the_rest_of_the_part_stays(package):
    book = ooxml.open_package(package(book_extra=NAMES))
    before = workbook_text(book)
    book.add_defined_name("tok.bind.1", "='P&L'!$A$1&\"x\"", hidden=True, comment='a "b" & <c>\nd', scope="inputs")
    added = (
        '<definedName name="tok.bind.1" comment="a &quot;b&quot; &amp; &lt;c&gt;&#10;d" localSheetId="0" hidden="1">'
        "'P&amp;L'!$A$1&amp;\"x\"</definedName>"
    )
    assert workbook_text(book) == before.replace("</definedNames>", added + "</definedNames>")
    assert book.names[-1] == ooxml.DefinedName("tok.bind.1", "Inputs", "'P&L'!$A$1&\"x\"", True, 'a "b" & <c>\nd')


def test_the_first_name_is_put_where_the_schema_wants_it(package):
    book = ooxml.open_package(package(book_extra='<calcPr calcId="191029"/><extLst/>'))
    book.add_defined_name("rate", "Inputs!$B$1")
    assert children(book) == ["workbookPr", "sheets", "definedNames", "calcPr", "extLst"]


def test_names_are_replaced_only_on_purpose_and_removed_with_their_list(package):
    book = ooxml.open_package(package(book_extra=NAMES))
    with pytest.raises(ooxml.PackageError, match="exists already"):
        book.add_defined_name("RATE", "1")
    book.add_defined_name("RATE", "Inputs!$C$1", replace=True)
    assert book.names[1] == ooxml.DefinedName("rate", None, "Inputs!$C$1", False, None)
    book.remove_names(["Rate"])
    assert [(each.name, each.scope) for each in book.names] == [("_xlnm.Print_Area", "Inputs")]


@pytest.mark.parametrize("name", ["", "A1", "$B$2", "R1C1", "r", "1x", "with space", "x" * 256, "a-b", "TAX24"])
def test_names_that_excel_would_not_take_are_refused(package, name):
    with pytest.raises(ooxml.PackageError, match="cannot be a defined name"):
        ooxml.open_package(package()).add_defined_name(name, "1")


def test_names_need_a_text_a_known_scope_and_a_short_comment(package):
    book = ooxml.open_package(package())
    for options, said in (
        ({"text": ""}, "needs a text"), ({"text": "1", "scope": "Nowhere"}, "no sheet 'Nowhere'"),
        ({"text": "1", "comment": "x" * 256}, "at most 255"), ({"text": "1\x00"}, "cannot have"),
    ):  # fmt: skip
        with pytest.raises(ooxml.PackageError, match=said):
            book.add_defined_name("fine", **options)


# ---- calculation -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "options", "after"),
    [
        ('<calcPr calcId="124519" fullCalcOnLoad="1"/>', {"calc_id": 191029, "full_calc_on_load": False},
         '<calcPr calcId="191029"/>'),
        ('<calcPr calcId="191029" iterate="1"/>', {"full_calc_on_load": True},
         '<calcPr calcId="191029" iterate="1" fullCalcOnLoad="1"/>'),
        ("", {"full_calc_on_load": True}, '<calcPr fullCalcOnLoad="1"/>'),
        ("", {"full_calc_on_load": False}, ""),
        ("<calcPr></calcPr>", {"calc_id": 1}, '<calcPr calcId="1"></calcPr>'),
    ],
)  # fmt: skip
def test_calculation_settings(package, before, options, after):
    book = ooxml.open_package(package(book_extra=NAMES + before))
    text = workbook_text(book)
    book.set_calculation(**options)
    assert workbook_text(book) == text.replace(NAMES + before, NAMES + after)
    assert children(book) == ["workbookPr", "sheets", "definedNames", *(["calcPr"] if after else [])]
    assert book.calculation == dict(re.findall(r'(\w+)="(\w+)"', after)), "what a refresh asks before it calculates"


# ---- tables ------------------------------------------------------------------------------------------------


def with_table(rows=3, totals=0, below=None, **options):
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.append([None, "when", "what", "value"])
    for row in range(rows):
        sheet.append([None, f"day {row}", "x", row])
    table = MadeTable(displayName="Log", ref=f"B1:D{rows + 1}", **options)
    table.totalsRowCount = totals or None
    sheet.add_table(table)
    if below:
        sheet[below] = "taken"
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def test_a_row_is_appended_to_a_table():
    before = with_table()
    book = ooxml.open_package(before)
    book.append_table_row("LOG", ["day 3", None, 2.5])
    book.append_table_row("Log", {"What": "y", "value": True})
    data = book.to_bytes()
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert [[c.value for c in row] for row in sheet["B5:D6"]] == [["day 3", None, 2.5], [None, "y", True]]
    assert sheet.tables["Log"].ref == "B1:D6"
    assert sheet.tables["Log"].autoFilter.ref == "B1:D6"
    assert sheet.dimensions == "B1:D6"
    assert ooxml.open_package(data).tables("Sheet")[0].bounds == (1, 2, 6, 4)


def test_the_row_takes_over_the_look_of_the_one_above(package):
    made = openpyxl.load_workbook(io.BytesIO(with_table()))
    made.active["D4"].number_format = "0.00%"
    made.save(stream := io.BytesIO())
    book = ooxml.open_package(stream.getvalue())
    book.append_table_row("Log", ["a", "b", 0.5])
    assert book.cell("Sheet", "D5").style == book.cell("Sheet", "D4").style != 0


def test_the_empty_row_of_a_new_table_is_used_first():
    made = openpyxl.Workbook()
    made.active["A1"], made.active["B1"] = "a", "b"
    made.active.add_table(MadeTable(displayName="New", ref="A1:B2"))
    made.save(stream := io.BytesIO())
    book = ooxml.open_package(stream.getvalue())
    book.append_table_row("New", [1, 2])
    assert book.tables("Sheet")[0].bounds == (1, 1, 2, 2)
    book.append_table_row("New", [3, 4])
    assert book.tables("Sheet")[0].bounds == (1, 1, 3, 2)
    assert [c.value for c in book.cells("Sheet", "A2:B3")] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("data", "values", "said"),
    [
        (with_table(below="C5"), [1, 2, 3], "is taken"),
        (with_table(totals=1), [1, 2, 3], "totals row"),
        (with_table(), [1, 2], "3 columns, 2 values"),
        (with_table(), {"who": 1}, "no column 'who': it has when, what, value"),
    ],
)
def test_rows_that_do_not_fit_are_refused(data, values, said):
    book = ooxml.open_package(data)
    with pytest.raises(ooxml.PackageError, match=said):
        book.append_table_row("Log", values)
    assert book.to_bytes() == data


def test_unknown_tables_are_refused():
    with pytest.raises(ooxml.PackageError, match="no table 'Nope'"):
        ooxml.open_package(with_table()).append_table_row("Nope", [])


# ---- parts -------------------------------------------------------------------------------------------------


def test_a_part_is_added_with_its_type_and_relation_and_removed_without_a_trace(package, raw_members):
    before = package()
    book = ooxml.open_package(before)
    identifier = book.add_part("xl/webextensions/taskpanes.xml", b"<a/>", "application/x-pane+xml", "", "urn:pane")
    book.add_part("xl/webextensions/webextension1.xml", b"<b/>", "application/x-ext+xml",
                  "xl/webextensions/taskpanes.xml", "urn:ext")  # fmt: skip
    again = ooxml.open_package(book.to_bytes())
    assert identifier == "rId2"
    assert [(r.type, r.target) for r in again.relationships("")][1:] == [("urn:pane", "xl/webextensions/taskpanes.xml")]
    assert [(r.id, r.target, r.external) for r in again.relationships("xl/webextensions/taskpanes.xml")] == [
        ("rId1", "xl/webextensions/webextension1.xml", False)
    ]  # fmt: skip
    assert b'PartName="/xl/webextensions/webextension1.xml"' in again.read_part("[Content_Types].xml")
    old, new = raw_members(before), raw_members(book.to_bytes())
    assert [name for name in old if old[name] != new[name]] == ["[Content_Types].xml", "_rels/.rels"]
    assert list(new)[: len(old)] == list(old)
    again.remove_part("xl/webextensions/webextension1.xml")
    again.remove_part("xl/webextensions/taskpanes.xml")
    with zipfile.ZipFile(io.BytesIO(again.to_bytes())) as archive:
        assert sorted(archive.namelist()) == sorted(old)
        for name in old:
            assert archive.read(name) == ooxml.open_package(before).read_part(name), name


RELATIONS = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    b'<Relationship Id="rId1" Type="urn:a" Target="https://x.example/a" TargetMode="External"/>'
    b'<Relationship Id="rId7" Type="urn:b" Target="xl/a.xml"/></Relationships>'
)


@pytest.mark.parametrize(
    ("kind", "target", "external", "identifier"),
    [
        ("urn:a", "https://x.example/a", True, "rId1"),
        ("urn:b", "XL/a.xml", False, "rId7"),
        ("urn:a", "xl/a.xml", False, "rId8"),
        ("urn:a", "https://x.example/a", False, "rId8"),
        ("urn:b", "https://x.example/a", True, "rId8"),
        ("urn:b", "xl/a.xml", True, "rId8"),
        ("urn:a", "https://x.example/b", True, "rId8"),
    ],
)
def test_only_an_equal_relation_is_used_again(kind, target, external, identifier):
    """Of another kind or beyond the file it would lead a program to the wrong thing."""
    text, given = with_relationship(RELATIONS, "", kind, target, external)
    assert given == identifier
    assert (text == RELATIONS) is (identifier != "rId8")
    assert text.count(b'TargetMode="External"') == 1 + (external and identifier == "rId8")


def test_broken_relations_are_never_written(package):
    book = ooxml.open_package(package())
    book.set_part("_rels/.rels", b"<Relationships>")
    with pytest.raises(ooxml.PackageError, match="damaged XML"):
        book.to_bytes()


def test_parts_are_set_and_wrong_ones_refused(package):
    book = ooxml.open_package(package())
    book.set_part("XL/sharedstrings.xml", b"<sst/>")
    assert book.read_part("xl/sharedStrings.xml") == b"<sst/>"
    assert book.changed_parts == ["xl/sharedStrings.xml"]
    for action, said in (
        (lambda: book.set_part("xl/none.xml", b""), "no part"),
        (lambda: book.read_part("xl/none.xml"), "missing"),
        (lambda: book.add_part("xl/workbook.xml", b"", "x"), "exists already"),
        (lambda: book.add_part("../x.xml", b"", "x"), "cannot be a part name"),
        (lambda: book.remove_part("xl/none.xml"), "no part"),
    ):
        with pytest.raises(ooxml.PackageError, match=said):
            action()


def test_a_part_that_is_not_xml_is_not_written(package):
    book = ooxml.open_package(package())
    book.set_part("xl/sharedStrings.xml", b"<sst>")
    with pytest.raises(ooxml.PackageError, match="damaged XML"):
        book.to_bytes()


@pytest.mark.parametrize(
    "action",
    [
        lambda book: book.set_value("Inputs", "A1", 1),
        lambda book: book.add_defined_name("x.y", "1"),
        lambda book: book.set_calculation(full_calc_on_load=True),
        lambda book: book.set_part("xl/sharedStrings.xml", b"<sst/>"),
        lambda book: book.mark_dynamic_arrays("Inputs", ["A1"]),
    ],
)
def test_signed_workbooks_are_read_but_never_changed(package, action):
    rows = '<row r="1"><c r="A1"><f>1</f><v>5</v></c></row>'
    data = package(rows=rows, extra_parts={"_xmlsignatures/origin.sigs": ""})
    book = ooxml.open_package(data)
    assert book.signed
    assert book.cell("Inputs", "A1").value == 5
    with pytest.raises(ooxml.PackageError, match="digitally signed"):
        action(book)
    assert book.to_bytes() == data
