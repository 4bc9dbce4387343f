"""Files as programs other than Excel leave them: read as their formats say, and changed like any other."""

import io
import re
import zipfile
from pathlib import Path

import pytest

from tokenbook.templates import ooxml

ROWS = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>Rate</t></is></c><c r="B1"><v>2.5</v></c></row>'
    '<row r="2"><c r="A2" t="inlineStr"><is><t>Volume</t></is></c><c r="B2"><v>4</v></c></row>'
    '<row r="3"><c r="B3"><f>B1*B2</f><v>10</v></c></row><row r="4"><c r="B4"><f>SUM(B1:B2)</f><v>6.5</v></c></row>'
)


def members(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {item.orig_filename: archive.read(item) for item in archive.infolist()}


def zipped(parts, data_descriptors=False):
    """An archive of `parts`; with signature-less data descriptors behind each member if asked for."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            item = zipfile.ZipInfo("x")
            item.filename = name  # as it is: ZipInfo would mend backslashes on some systems
            item.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(item, content)
    return with_descriptors(stream.getvalue()) if data_descriptors else stream.getvalue()


def with_descriptors(data):
    """The archive as a streaming writer leaves it: sizes and checksum behind each member, without signature."""
    out, records = b"", []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for item in archive.infolist():
            at = item.header_offset
            name = item.orig_filename.encode()
            start = at + 30 + len(name)
            header = bytearray(data[at:start])
            header[6] |= 8
            sizes = bytes(header[14:26])
            header[14:26] = bytes(12)
            records.append((len(out), name, sizes, header))
            out += bytes(header) + data[start : start + item.compress_size] + sizes
    directory = b""
    for offset, name, sizes, header in records:
        directory += b"PK\x01\x02" + bytes(header[4:6]) + bytes(header[4:14]) + sizes
        directory += len(name).to_bytes(2, "little") + bytes(12) + offset.to_bytes(4, "little") + name
    end = b"PK\x05\x06" + bytes(4) + 2 * len(records).to_bytes(2, "little")
    return out + directory + end + len(directory).to_bytes(4, "little") + len(out).to_bytes(4, "little") + bytes(2)


def with_backslashes(parts):
    return {name.replace("/", "\\"): content for name, content in parts.items()}


def from_libreoffice(parts):
    relations = parts["_rels/.rels"].replace(
        b"</Relationships>",
        b'<Relationship Id="rId4" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/customXml" '
        b'Target="../customXml/item1.xml"/></Relationships>',
    )
    return parts | {"_rels/.rels": relations, "customXml/item1.xml": b"<label/>"}


def from_element_tree(parts):
    """Every namespace under another prefix, the relationship's id too."""
    book = parts["xl/workbook.xml"].replace(b"r:id", b"ns1:id").replace(b"xmlns:r=", b"xmlns:ns1=")
    return parts | {
        name: re.sub(rb"<(/?)(?=[A-Za-z])", rb"<\1ns0:", content).replace(b" xmlns=", b" xmlns:ns0=")
        for name, content in (parts | {"xl/workbook.xml": book}).items()
        if name.startswith("xl/") and name.endswith(".xml")
    }


def with_lines_between(parts):
    return parts | {
        name: re.sub(rb">(?=<)(?!</[tfv])(?!<t>)", b">\r\n", content)
        for name, content in parts.items()
        if name.startswith("xl/")
    }


def changed_sheet(change):
    return lambda parts: parts | {"xl/worksheets/sheet1.xml": change(parts["xl/worksheets/sheet1.xml"])}


def with_comment(sheet):
    return sheet.replace(b'<row r="3">', b'<!-- <c r="B3"><f>1</f><v>1</v></c> --><row r="3">')


def out_of_order(sheet):
    rows = re.findall(rb"<row.*?</row>", sheet)
    return sheet.replace(b"".join(rows), b"".join((rows[1], rows[0], *rows[2:])))


def with_label(parts):
    """A sensitivity label, as Office 365 stores it."""
    relations = parts["_rels/.rels"].replace(
        b"</Relationships>",
        b'<Relationship Id="rId7" '
        b'Type="http://schemas.microsoft.com/office/2020/02/relationships/classificationlabels" '
        b'Target="docMetadata/LabelInfo.xml"/></Relationships>',
    )
    label = b'<clbl:labelList xmlns:clbl="http://schemas.microsoft.com/office/2020/mipLabelMetadata"/>'
    return parts | {"_rels/.rels": relations, "docMetadata/LabelInfo.xml": label}


WRITERS = {
    "backslashes between folders": with_backslashes,
    "LibreOffice, custom XML": from_libreoffice,
    "ElementTree": from_element_tree,
    "line ends between elements": with_lines_between,
    "a comment that holds a cell": changed_sheet(with_comment),
    "rows out of order": changed_sheet(out_of_order),
    "a sensitivity label": with_label,
    "as it is": dict,
}


@pytest.mark.parametrize("descriptors", [False, True], ids=["", "data descriptors"])
@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_files_of_other_programs_are_read_and_only_the_cells_asked_for_change(package, writer, descriptors):
    data = zipped(writer(members(package(rows=ROWS))), descriptors)
    book = ooxml.open_package(data)
    assert {cell.ref: cell.value for cell in book.cells("Inputs")} == {
        "A1": "Rate", "B1": 2.5, "A2": "Volume", "B2": 4, "B3": 10, "B4": 6.5
    }  # fmt: skip
    assert sorted(each[:2] for each in book.formulas("Inputs")) == [("B3", "B1*B2"), ("B4", "SUM(B1:B2)")]
    book.set_value("Inputs", "B1", 3)
    book.set_value("Inputs", "C9", "new")
    book.set_cached_many("Inputs", {"B3": 12, "B4": 7})
    saved = book.to_bytes()
    again = ooxml.open_package(saved)
    assert {cell.ref: cell.value for cell in again.cells("Inputs")} == {
        "A1": "Rate", "B1": 3, "A2": "Volume", "B2": 4, "B3": 12, "B4": 7, "C9": "new"
    }  # fmt: skip
    before, after = members(data), members(saved)
    assert [name for name in before if before[name] != after[name]] == [
        next(name for name in before if name.replace("\\", "/") == "xl/worksheets/sheet1.xml")
    ]
    assert list(before) == list(after)  # the members are still called what they were


def test_a_target_that_climbs_above_the_root_is_taken_from_the_root(package):
    """RFC 3986, 5.2.4: .. at the root is dropped. LibreOffice writes one for every workbook with custom XML."""
    book = ooxml.open_package(zipped(from_libreoffice(members(package(rows=ROWS)))))
    assert [r.target for r in book.relationships("")] == ["xl/workbook.xml", "customXml/item1.xml"]
    book.remove_part("customXml/item1.xml")
    assert [r.target for r in ooxml.open_package(book.to_bytes()).relationships("")] == ["xl/workbook.xml"]


@pytest.mark.parametrize(
    ("target", "source", "part"),
    [
        ("../customXml/item1.xml", "", "customXml/item1.xml"),
        ("../../../etc/passwd", "xl/workbook.xml", "etc/passwd"),
        ("/xl/./worksheets/../styles.xml", "xl/workbook.xml", "xl/styles.xml"),
        ("worksheets\\sheet1.xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"),
        ("../tables/table1.xml#x", "xl/worksheets/sheet1.xml", "xl/tables/table1.xml"),
    ],
)
def test_targets_stay_inside_the_package(target, source, part):
    from tokenbook.templates.ooxml.parts import resolve

    assert resolve(target, source) == part


IMPLIED = "<row><c><v>1</v></c><c><v>2.5</v></c><c><f>A1*B1</f><v>2.5</v></c></row><row><c/><c><v>4</v></c></row>"


def test_cells_without_addresses_are_changed_where_they_are(package):
    book = ooxml.open_package(package(rows=IMPLIED))
    book.set_value("Inputs", "B1", 3)
    book.set_value("Inputs", "D1", 7)
    book.set_value("Inputs", "A2", 5)
    book.set_cached_many("Inputs", {"C1": 3})
    assert [(cell.ref, cell.value, cell.formula) for cell in ooxml.open_package(book.to_bytes()).cells("Inputs")] == [
        ("A1", 1, None), ("B1", 3, None), ("C1", 3, "A1*B1"), ("D1", 7, None), ("A2", 5, None), ("B2", 4, None)
    ]  # fmt: skip


ODD_NAMES = "".join(
    f'<definedName name="{name}">Inputs!$A$1</definedName>' for name in ("rate?", "net\\gross", "lien.☏", "\\x")
)


def test_names_may_hold_question_marks_backslashes_and_symbols(package):
    book = ooxml.open_package(package(rows=ROWS, book_extra=f"<definedNames>{ODD_NAMES}</definedNames>"))
    book.add_defined_name("rate", "Inputs!$B$1")
    names = [each.name for each in ooxml.open_package(book.to_bytes()).names]
    assert names == ["rate?", "net\\gross", "lien.☏", "\\x", "rate"]


def test_a_date_as_iso_text_is_its_day_number_and_can_be_replaced(package):
    book = ooxml.open_package(package(rows='<row r="1"><c r="A1" t="d"><v>2026-01-01</v></c></row>'))
    assert book.cell("Inputs", "A1").value == 46023
    book.set_value("Inputs", "A1", 46388)
    assert book.read_part("xl/worksheets/sheet1.xml").count(b'<c r="A1"><v>46388</v></c>') == 1


RICH = '<is><r><t>GPU </t></r><r><rPr><b/></rPr><t xml:space="preserve">100|</t></r></is>'


def test_text_that_looks_like_a_number_is_text_and_rich_text_is_whole(package):
    rows = f'<row r="1"><c r="A1" t="inlineStr"><is><t>0042</t></is></c><c r="B1" t="inlineStr">{RICH}</c></row>'
    book = ooxml.open_package(package(rows=rows))
    assert [(cell.value, cell.kind) for cell in book.cells("Inputs")] == [("0042", "string"), ("GPU 100|", "string")]


@pytest.mark.parametrize("empty", ["<definedNames/>", "<definedNames />", "<definedNames></definedNames>"])
def test_an_empty_list_of_names_comes_back_byte_for_byte(package, empty):
    """openpyxl, ClosedXML and Google Sheets write one; names that come and go again leave it as it was."""
    book = ooxml.open_package(package(rows=ROWS, book_extra=empty))
    before = book.read_part("xl/workbook.xml")
    book.add_hidden_names({"_tb_1": "Inputs!$B$1", "_tb_2": "Inputs!$B$2"})
    book = ooxml.open_package(book.to_bytes())
    book.add_defined_name("_tb_3", "Inputs!$B$3")
    assert [each.name for each in book.names] == ["_tb_1", "_tb_2", "_tb_3"]
    book.remove_names(["_tb_1", "_tb_2"])
    book.remove_names(["_TB_3"])
    assert book.read_part("xl/workbook.xml") == before


def test_a_list_of_names_that_was_not_there_goes_with_its_last_name(package):
    book = ooxml.open_package(package(rows=ROWS))
    before = book.read_part("xl/workbook.xml")
    book.add_hidden_names({"_tb_1": "Inputs!$B$1"})
    book.remove_names(["_tb_1"])
    assert book.read_part("xl/workbook.xml") == before


QUOTED = "O&apos;Brien&apos;s &quot;Q1&quot; &lt;FY&gt; &amp; Co 😀"


def test_a_sheet_name_may_hold_quotes_markup_and_an_emoji(package):
    plain = members(package(rows=ROWS))
    plain["xl/workbook.xml"] = plain["xl/workbook.xml"].replace(b'name="Inputs"', f'name="{QUOTED}"'.encode())
    book = ooxml.open_package(zipped(plain))
    assert list(book.sheets) == ["O'Brien's \"Q1\" <FY> & Co 😀"]
    book.set_value(next(iter(book.sheets)), "B1", 3)
    assert ooxml.open_package(book.to_bytes()).cell("O'Brien's \"Q1\" <FY> & Co 😀", "B1").value == 3


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[1] / "trust" / "cases").glob("*.xlsx")), ids=lambda p: p.stem
)
def test_what_cells_hold_is_the_same_whether_their_formulas_are_read_or_not(path):
    with ooxml.open_package(path) as package:
        for sheet in package.sheets:
            whole = [(c.row, c.column, c.value, c.kind, c.formula is not None) for c in package.cells(sheet)]
            assert [tuple(each) for each in package.held(sheet)] == whole
