"""What a cell holds is read as Excel would show it, however the producer chose to write it."""

import datetime
import io

import openpyxl
import pytest

from tokenbook.templates import ooxml

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def read(data, ref, sheet="Inputs"):
    cell = ooxml.open_package(data).cell(sheet, ref)
    return cell.value, cell.kind


@pytest.mark.parametrize(
    ("cell", "value", "kind"),
    [
        ('<c r="B2"><v>1.5</v></c>', 1.5, "number"),
        ('<c r="B2" t="n"><v> -1E-3 </v></c>', -0.001, "number"),
        ('<c r="B2"><v>&#49;&#50;</v></c>', 12.0, "number"),
        ('<c r="B2" t="b"><v>1</v></c>', True, "bool"),
        ('<c r="B2" t="b"><v>0</v></c>', False, "bool"),
        ('<c r="B2" t="e"><v>#DIV/0!</v></c>', "#DIV/0!", "error"),
        ('<c r="B2" t="s"><v>0</v></c>', "label", "string"),
        ('<c r="B2" t="s"><v>1</v></c>', "rich text", "string"),
        ('<c r="B2" t="s"><v>2</v></c>', "漢字", "string"),
        ('<c r="B2" t="s"><v>3</v></c>', "", "string"),
        ('<c r="B2" t="inlineStr"><is><t>in &amp; line</t></is></c>', "in & line", "string"),
        ('<c r="B2" t="inlineStr"><is><r><t>ri</t></r><r><rPr><b/></rPr><t>ch</t></r></is></c>', "rich", "string"),
        ('<c r="B2" t="inlineStr"><is><t>a</t><rPh sb="0" eb="1"><t>no</t></rPh></is></c>', "a", "string"),
        ('<c r="B2" t="str"><f>A1</f><v>a_x000D_b_x005F_x0041_</v></c>', "a\rb_x0041_", "string"),
        ('<c r="B2" t="str"><f>A1</f><v>_xD83D__xDE00_</v></c>', "\U0001f600", "string"),
        ('<c r="B2" t="str"><f>A1</f><v></v></c>', "", "string"),
        ('<c r="B2" t="str"><v><![CDATA[<c r="A1">]]></v></c>', '<c r="A1">', "string"),
        ('<c r="B2" t="d"><v>2024-03-01T12:00:00</v></c>', 45352.5, "number"),
        ('<c r="B2" s="4"/>', None, "blank"),
        ('<c r="B2"><v/></c>', None, "blank"),
        ('<c r="B2"><v></v></c>', None, "blank"),
        ('<c r="B2" t="inlineStr"/>', None, "blank"),
        ('<c s="1" t="s" r="B2"><v>0</v></c>', "label", "string"),
        ("<c t='s' r='B2' ><v >0</v ></c >", "label", "string"),
        ('<c\n r = "B2"\n><v>3</v>\n</c>', 3.0, "number"),
        ('<c r="B2"><extLst><ext><v>9</v></ext></extLst><v>4</v></c>', 4.0, "number"),
    ],
)
def test_every_way_to_write_a_value(package, cell, value, kind):
    strings = (
        "<si><t>label</t></si><si><r><t>rich </t></r><r><t>text</t></r></si>"
        "<si><t>漢字</t><rPh sb='0' eb='1'><t>かん</t></rPh><phoneticPr fontId='1'/></si><si/>"
    )
    assert read(package(rows=f'<row r="2">{cell}</row>', strings=strings), "B2") == (value, kind)


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ("<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>", {"A1": 1, "B1": 2, "A2": 3}),
        ('<row r="5"><c r="C5"><v>1</v></c><c><v>2</v></c></row><row><c/><c><v>3</v></c></row>',
         {"C5": 1, "D5": 2, "B6": 3}),
        ('<row r="9"><c r="A9"><v>9</v></c></row><row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>2</v></c></row>',
         {"A9": 9, "B2": 1, "A2": 2}),
        ('<row r="1"/><row r="2"></row>\r\n<row r="3">\r\n<c r="A3">\r\n<v>1</v>\r\n</c>\r\n</row>', {"A3": 1}),
        ('<!-- <row r="1"><c r="A1"><v>8</v></c></row> --><row r="1"><c r="A1"><v>1</v></c><?x <c r="B1"/> ?></row>',
         {"A1": 1}),
    ],
)  # fmt: skip
def test_positions_may_be_implied_or_out_of_order(package, rows, found):
    cells = ooxml.open_package(package(rows=rows)).cells("Inputs")
    assert {cell.ref: cell.value for cell in cells if cell.value is not None} == found


SHEETS = {
    "default namespace": '<worksheet xmlns="{m}"><sheetData><row r="1"><c r="A1"><v>7</v></c></row></sheetData>'
    "</worksheet>",
    "prefix": '<x:worksheet xmlns:x="{m}"><x:sheetData><x:row r="1"><x:c r="A1"><x:v>7</x:v></x:c></x:row>'
    "</x:sheetData></x:worksheet>",
    "foreign cells of the same name": '<x:worksheet xmlns:x="{m}" xmlns="urn:other"><x:sheetData>'
    '<row r="1"><c r="A1"><v>1</v></c></row><x:row r="1"><c r="A1"><v>2</v></c><x:c r="A1"><v>3</v><x:v>7</x:v></x:c>'
    "</x:row></x:sheetData></x:worksheet>",
    "foreign ends of the same name": '<x:worksheet xmlns:x="{m}" xmlns="urn:other"><x:sheetData><x:row r="1">'
    '<row></row><x:c r="A1"><c></c><v></v><x:v>7</x:v></x:c></x:row></x:sheetData></x:worksheet>',
    "prefix declared again": '<worksheet xmlns="{m}"><sheetData><y:row xmlns:y="{m}" r="1"><y:c r="A1"><y:v>7</y:v>'
    "</y:c></y:row></sheetData></worksheet>",
    "namespace turned off inside": '<worksheet xmlns="{m}"><sheetData><row r="1"><c r="A1"><v xmlns="">1</v><v>7</v>'
    "</c></row></sheetData></worksheet>",
    "two prefixes": '<a:worksheet xmlns:a="{m}" xmlns="{m}"><sheetData><a:row r="1"><c r="A1"><a:v>7</a:v></c>'
    "</a:row></sheetData></a:worksheet>",
}


@pytest.mark.parametrize("name", SHEETS)
@pytest.mark.parametrize("strict", [False, True])
def test_prefixes_and_namespaces_are_respected(package, name, strict):
    main = "http://purl.oclc.org/ooxml/spreadsheetml/main" if strict else MAIN
    sheet = SHEETS[name].format(m=main)
    book = ooxml.open_package(package(sheet=sheet, strict=strict))
    assert [(cell.ref, cell.value) for cell in book.cells("Inputs")] == [("A1", 7.0)]
    book.set_value("Inputs", "A1", 8)
    book.set_value("Inputs", "B1", 9)
    book.set_value("Inputs", "A2", 10)
    again = ooxml.open_package(book.to_bytes())
    assert {cell.ref: cell.value for cell in again.cells("Inputs")} == {"A1": 8, "B1": 9, "A2": 10}


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("latin-1", b""),
    ],
)
def test_encodings_are_read_and_kept(package, encoding, mark):
    label = {"latin-1": "iso-8859-1"}.get(encoding, encoding[:6] if encoding.startswith("utf-16") else encoding)
    text = (
        f'<?xml version="1.0" encoding="{label}" standalone="yes"?>\r\n<worksheet xmlns="{MAIN}"><sheetData><row r="1">'
        '<c r="A1" t="inlineStr"><is><t>caf\u00e9</t></is></c><c r="B1"><v>1</v></c></row></sheetData></worksheet>\r\n'
    )
    before = mark + text.encode(encoding)
    book = ooxml.open_package(package(sheet=before))
    assert book.cell("Inputs", "A1").value == "caf\u00e9"
    book.set_value("Inputs", "B1", "\u20ac 5")
    after = book.read_part("xl/worksheets/sheet1.xml")
    assert book.cell("Inputs", "B1").value == "\u20ac 5"
    old_cell, euro = '<c r="B1"><v>1</v></c>', "&#8364;" if encoding == "latin-1" else "\u20ac"
    new_cell = f'<c r="B1" t="inlineStr"><is><t>{euro} 5</t></is></c>'
    assert after == mark + text.replace(old_cell, new_cell).encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("start", ["\r\n", "\ufeff", " "])
def test_parts_that_hide_their_encoding_are_refused(package, encoding, start):
    """expat would guess what we do not, and report offsets of another text."""
    text = f'{start}<worksheet xmlns="{MAIN}"><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>'
    mark = b"\xef\xbb\xbf"
    for raw in (text.encode(encoding), mark + text.encode(encoding)):
        if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
            continue  # a byte order mark says it all
        book = ooxml.open_package(package(sheet=raw))
        with pytest.raises(ooxml.PackageError, match="is not XML"):
            book.cell("Inputs", "A1")


def test_the_last_cell_of_the_grid_is_one_and_the_next_is_none(package):
    book = ooxml.open_package(package(rows='<row r="1048576"><c r="XFD1048576"><v>7</v></c></row>'))
    assert [(cell.ref, cell.value) for cell in book.cells("Inputs")] == [("XFD1048576", 7.0)]
    assert book.cell("Inputs", "XFD1048576").value == 7.0
    book.set_value("Inputs", "XFD1048575", 8)
    book.set_value("Inputs", "XFC1048576", 9)
    again = ooxml.open_package(book.to_bytes())
    assert [cell.value for cell in again.cells("Inputs")] == [8.0, 9.0, 7.0]
    for ref in ("XFE1", "A1048577"):
        with pytest.raises(ooxml.PackageError):
            book.set_value("Inputs", ref, 1)


def test_missing_cells_are_blank_and_references_ignore_case_and_dollars(package):
    data = package(rows='<row r="7"><c r="C7" s="3"><v>5</v></c></row>')
    book = ooxml.open_package(data)
    assert book.cell("Inputs", "Z99") == ooxml.Cell("Z99", 99, 26)
    assert book.cell("inputs", "$c$7").style == 3
    assert [cell.ref for cell in book.cells("INPUTS", "A1:C7")] == ["C7"]
    assert [cell.ref for cell in book.cells("Inputs", ["C7", "D7"])] == ["C7"]
    for wrong in ("A0", "XFE1", "A1048577", "7", "", "A1:B2", None):
        with pytest.raises(ooxml.PackageError, match="not a cell reference"):
            book.cell("Inputs", wrong)


def test_date_systems(package):
    data = package(
        rows='<row r="1"><c r="A1"><v>0</v></c></row>',
        book_extra="",
        extra_parts={
            "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/'
            'relationships"><workbookPr date1904="1"/><sheets><sheet name="Inputs" sheetId="1" r:id="rId1"/></sheets>'
            "</workbook>"
        },
    )
    book = ooxml.open_package(data)
    assert book.date1904
    book.set_value("Inputs", "A1", datetime.date(2024, 3, 1))
    assert book.cell("Inputs", "A1").value == 45352 - 1462
    plain = ooxml.open_package(package())
    for moment, serial in (
        (datetime.datetime(2024, 3, 1, 12), 45352.5), (datetime.date(1900, 1, 1), 1), (datetime.date(1900, 3, 1), 61)
    ):  # fmt: skip
        plain.set_value("Inputs", "A1", moment)
        assert plain.cell("Inputs", "A1").value == serial


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ('<row r="1"><c r="A1" t="s"><v>99</v></c></row>', "no text 99"),
        ('<row r="1"><c r="A1"><v>abc</v></c></row>', "A1 holds 'abc' where a number belongs"),
        ('<row r="1"><c r="A1"><v>NaN</v></c></row>', "where a number belongs"),
        ('<row r="1"><c r="A1"><v>1_000</v></c></row>', "where a number belongs"),
        ('<row r="1"><c r="A1" t="x"><v>1</v></c></row>', "unknown type"),
        ('<row r="1"><c r="XFE1"><v>1</v></c></row>', "outside the grid"),
        ('<row r="9999999"><c><v>1</v></c></row>', "outside the grid"),
        ('<row r="0"/>', "outside the grid"),
        ('<row r="1"><c r="oops"><v>1</v></c></row>', "not a cell reference"),
    ],
)
def test_damaged_cells_are_named(package, rows, said):
    book = ooxml.open_package(package(rows=rows))
    with pytest.raises(ooxml.PackageError, match=said):
        list(book.cells("Inputs"))


@pytest.mark.parametrize(
    "attack",
    [
        '<!DOCTYPE w [<!ENTITY a "b">]>',
        '<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    ],
)
@pytest.mark.parametrize("part", ["sheet", "xl/workbook.xml", "xl/sharedStrings.xml", "[Content_Types].xml"])
def test_entity_attacks_are_refused_in_every_part(package, attack, part):
    plain = f'<worksheet xmlns="{MAIN}"><sheetData><row><c t="s"><v>0</v></c></row></sheetData></worksheet>'
    parts = {} if part == "sheet" else {part: f'{attack}<sst xmlns="{MAIN}"><si><t>a</t></si></sst>'}
    data = package(sheet=attack + plain if part == "sheet" else plain, extra_parts=parts)
    with pytest.raises(ooxml.PackageError, match="DOCTYPE"):
        list(ooxml.open_package(data).cells("Inputs"))


@pytest.mark.parametrize(
    "rows",
    [
        "<row>" + "<c>" * 150_000 + "<row></row>" + "</c>" * 150_000 + "</row>",
        "<row>" + "<c/>" * 200_000 + "</row>",
        '<row r="1">' + '<c r="A1"/>' * 200_000 + "</row>",
        "<row><c t='inlineStr'><is>" + "<rPh>" * 100_000 + "<is></is>" + "</rPh>" * 100_000 + "</is></c></row>",
        "<row/>" * 1_100_000,
    ],
    ids=["cells in cells", "too many cells", "one cell again and again", "nested hints", "too many rows"],
)
def test_xml_built_to_take_for_ever_is_done_within_seconds(package, rows):
    """Quadratic scans of such input would take hours; the suite would hang here."""
    book = ooxml.open_package(package(rows=rows), limits=ooxml.Limits(ratio=10_000))
    try:
        for _ in book.cells("Inputs"):
            pass
        book.set_value("Inputs", "B2", 1)
    except ooxml.PackageError:
        return
    assert book.cell("Inputs", "B2").value == 1


def test_sheets_names_and_odd_targets():
    """Sheet names with markup and quotes, parts with odd names and absolute targets, chart sheets."""
    book = openpyxl.Workbook()
    book.active.title = "P&L 'net' <1>"
    book.active["A1"] = 5
    chart_sheet = book.create_chartsheet("Chart")
    assert chart_sheet.title == "Chart"
    book.create_sheet("Second")["B2"] = 6
    stream = io.BytesIO()
    book.save(stream)
    opened = ooxml.open_package(stream.getvalue())
    assert list(opened.sheets) == ["P&L 'net' <1>", "Second"]
    assert list(opened.other_sheets) == ["Chart"]
    assert opened.cell("p&l 'NET' <1>", "A1").value == 5
    assert opened.cell("second", "B2").value == 6
    with pytest.raises(ooxml.PackageError, match="chart, dialog or macro sheet"):
        opened.cell("chart", "A1")
    with pytest.raises(ooxml.PackageError, match="no sheet 'Third': the workbook has"):
        opened.cell("Third", "A1")


def test_agrees_with_openpyxl_on_a_mixed_workbook(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in range(1, 40):
        day = datetime.datetime(2024, 1, row % 28 + 1)
        sheet.append([row, row / 7, f"text {row} & more", row % 2 == 0, None, "#N/A", day])
    book.save(tmp_path / "mixed.xlsx")
    ours = {c.ref: c.value for c in ooxml.open_package(tmp_path / "mixed.xlsx").cells("Sheet")}
    for cells in openpyxl.load_workbook(tmp_path / "mixed.xlsx")["Sheet"].iter_rows():
        for cell in cells:
            theirs = cell.value
            if isinstance(theirs, datetime.datetime):
                theirs = openpyxl.utils.datetime.to_excel(theirs)
            assert ours.get(cell.coordinate) == theirs, cell.coordinate
