"""Workbooks for the tests of the patcher: hand-written packages whose every byte the test decides."""

import importlib.util
import io
import sys
import zipfile
from pathlib import Path

import pytest

from tokenbook.templates import ooxml

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
SHEET_PART = "xl/worksheets/sheet1.xml"


def _parts(sheet, strings, strict, workbook_type, book_extra, extra_parts):
    main, office = (STRICT_MAIN, STRICT_OFFICE) if strict else (MAIN, OFFICE)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{workbook_type}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><workbookPr/>'
        f'<sheets><sheet name="Inputs" sheetId="1" r:id="rId1"/></sheets>{book_extra}</workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{office}/worksheet" Target="/{SHEET_PART}"/>'
        f'<Relationship Id="rId2" Type="{office}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        SHEET_PART: sheet,
        "xl/sharedStrings.xml": f'<sst xmlns="{main}">{strings}</sst>',
    }
    return parts | extra_parts


@pytest.fixture
def package():
    """Function that zips a one-sheet package: sheet XML (str or bytes) or the rows inside sheetData."""

    def build(
        sheet=None,
        rows="",
        strings="<si><t>label</t></si>",
        strict=False,
        workbook_type=f"{SPREADSHEET}.sheet.main+xml",
        book_extra="",
        extra_parts=None,
        compression=zipfile.ZIP_DEFLATED,
    ):
        main = STRICT_MAIN if strict else MAIN
        sheet = sheet or f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>'
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", compression) as archive:
            for name, text in _parts(sheet, strings, strict, workbook_type, book_extra, extra_parts or {}).items():
                item = zipfile.ZipInfo(name, date_time=(2021, 3, 4, 5, 6, 8))
                item.compress_type = compression
                archive.writestr(item, text)
        return stream.getvalue()

    return build


@pytest.fixture
def sheet_after(package):
    """Function that patches the sheet of a package with one action and returns its text afterwards."""

    def patch(action, sheet_part=SHEET_PART, **options):
        book = ooxml.open_package(package(**options))
        action(book)
        reread = ooxml.open_package(book.to_bytes())
        return reread.read_part(sheet_part).decode("utf-8")

    return patch


@pytest.fixture(scope="session")
def fuzz_package():
    """The fuzzer beside these tests, as a module (the tests folder is not a package)."""
    spec = importlib.util.spec_from_file_location("fuzz_package", Path(__file__).with_name("fuzz_package.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def raw_members():
    """Function: member name -> local header and compressed bytes, as they lie in the archive, in file order."""

    def read(data):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            items = sorted(archive.infolist(), key=lambda item: item.header_offset)
            ends = [*(item.header_offset for item in items[1:]), archive.start_dir]
        return {item.filename: data[item.header_offset : end] for item, end in zip(items, ends, strict=True)}

    return read
