"""The parts of a canonical copy around its sheets, each as short as engines allow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.parsers import expat

from .formula_words import Wording
from .metadata import new_metadata
from .package import Package
from .parts import RELATIONSHIP_BASES
from .references import range_text
from .sheetscan import TRANSITIONAL
from .tables import Table
from .workbook import DefinedName
from .xmlcheck import parse, parser_for, split_tag
from .xmlscan import decode, escape_attribute, escape_formula, escape_text

HEAD = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN, OFFICE = TRANSITIONAL.encode(), RELATIONSHIP_BASES[0].removesuffix("/").encode()
PACKAGE = b"http://schemas.openxmlformats.org/package/2006"
SPREADSHEET = b"application/vnd.openxmlformats-officedocument.spreadsheetml."
CALCULATION = ("iterate", "iterateCount", "iterateDelta", "fullPrecision")  # settings that values depend on
FIRST_OWN_FORMAT = 164  # number formats below are built in


class Texts:
    """The table of texts, each held once."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        """The text's place in the table."""
        return self._numbers.setdefault(text, len(self._numbers))

    def part(self) -> bytes:
        """xl/sharedStrings.xml."""
        items = b"".join(b'<si><t xml:space="preserve">%s</t></si>' % _exact(text) for text in self._numbers)
        return b'%s<sst xmlns="%s" count="%d" uniqueCount="%d">%s</sst>' % (
            HEAD, MAIN, len(self._numbers), len(self._numbers), items
        )  # fmt: skip


def _exact(text: str) -> bytes:
    """Text as XML; carriage returns as references, which every reader knows (escapes like _x000D_ not all do)."""
    return b"&#13;".join(escape_text(line) for line in text.split("\r"))


def is_calculated_with(name: DefinedName, sheets: Sequence[str]) -> bool:
    """Whether a defined name can matter to a formula: no print area, filter or name of a sheet without cells."""
    return bool(name.text) and not name.name.lower().startswith("_xlnm.") and name.scope in (None, *sheets)


def sheet(body: bytes, tables: int) -> bytes:
    """A worksheet part."""
    parts = b"".join(b'<tablePart r:id="rId%d"/>' % number for number in range(1, tables + 1))
    held = b'<tableParts count="%d">%s</tableParts>' % (tables, parts) if tables else b""
    return b'%s<worksheet xmlns="%s" xmlns:r="%s">%s%s</worksheet>' % (HEAD, MAIN, OFFICE, body, held)


def table(held: Table, number: int, wording: Wording) -> bytes:
    """A table part."""
    name = escape_attribute(wording.name(held.name))
    columns = b"".join(
        b'<tableColumn id="%d" name="%s"/>' % (place, escape_attribute(column))
        for place, column in enumerate(held.columns, start=1)
    )
    marks = b"" if held.header_rows else b' headerRowCount="0"'
    marks += b' totalsRowCount="%d"' % held.totals_rows if held.totals_rows else b""
    return (
        b'%s<table xmlns="%s" id="%d" name="%s" displayName="%s" ref="%s"%s>'
        b'<tableColumns count="%d">%s</tableColumns></table>'
    ) % (HEAD, MAIN, number, name, name, range_text(held.bounds).encode(), marks, len(held.columns), columns)


def workbook(package: Package, sheets: Sequence[str], names: Iterable[DefinedName]) -> bytes:
    """The workbook part."""
    listed = b"".join(
        b'<sheet name="%s" sheetId="%d" r:id="rId%d"/>' % (escape_attribute(name), place, place)
        for place, name in enumerate(sheets, start=1)
    )
    defined = b"".join(
        b'<definedName name="%s"%s>%s</definedName>' % (
            escape_attribute(each.name),
            b"" if each.scope is None else b' localSheetId="%d"' % sheets.index(each.scope),
            escape_formula(each.text),
        )
        for each in names
    )  # fmt: skip
    held = b"<definedNames>%s</definedNames>" % defined if defined else b""
    settings = package.calculation
    calculation = "".join(f' {key}="{settings[key]}"' for key in CALCULATION if key in settings).encode()
    dates = b' date1904="1"' if package.date1904 else b""
    return (
        b'%s<workbook xmlns="%s" xmlns:r="%s"><workbookPr%s/><sheets>%s</sheets>%s'
        b'<calcPr calcId="191029"%s/></workbook>'
    ) % (HEAD, MAIN, OFFICE, dates, listed, held, calculation)


def styles(package: Package, least: int) -> bytes:
    """The styles part: number formats only, at least so many cell formats."""
    found = package.related(package.workbook_part, "styles")
    own, used = number_formats(package.read_part(found[0]), found[0]) if found else ({}, [])
    used += [0] * (least - len(used))
    formats = b"".join(
        b'<numFmt numFmtId="%d" formatCode="%s"/>' % (n, escape_attribute(code)) for n, code in own.items()
    )
    held = b'<numFmts count="%d">%s</numFmts>' % (len(own), formats) if own else b""
    cells = b"".join(
        b'<xf numFmtId="%d" fontId="0" fillId="0" borderId="0" xfId="0"%s/>'
        % (n, b' applyNumberFormat="1"' if n else b"")
        for n in used
    )
    return (
        b'%s<styleSheet xmlns="%s">%s<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
        b'<fills count="2"><fill><patternFill patternType="none"/></fill>'
        b'<fill><patternFill patternType="gray125"/></fill></fills>'
        b'<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        b'<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        b'<cellXfs count="%d">%s</cellXfs>'
        b'<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ) % (HEAD, MAIN, held, len(used), cells)  # fmt: skip


def number_formats(raw: bytes, name: str) -> tuple[dict[int, str], list[int]]:
    """A styles part's own number formats, number to code, and the number that each cell format has."""
    own: dict[int, str] = {}
    used: list[int] = []
    within: list[str] = []

    def on_start(tag: str, marks: dict[str, str]) -> None:
        local = split_tag(tag)[1]
        number = marks.get("numFmtId", "0")
        known = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 0
        if within[-1:] == ["cellXfs"] and local == "xf":
            used.append(known)
        elif within[-1:] == ["numFmts"] and local == "numFmt" and known >= FIRST_OWN_FORMAT:
            own[known] = marks.get("formatCode", "")
        within.append(local)

    def on_end(_tag: str) -> None:
        within.pop()

    parser: expat.XMLParserType = parser_for(name)
    parser.StartElementHandler, parser.EndElementHandler = on_start, on_end
    parse(parser, decode(raw, name).text, name)
    return own, used


def metadata() -> bytes:
    """The part that holds the mark of arrays that spill, number 1."""
    return new_metadata()


def table_relationships(numbers: Iterable[int]) -> bytes:
    """What leads from a sheet to its tables."""
    return _relationships((b"table", b"../tables/table%d.xml" % number) for number in numbers)


def workbook_relationships(sheets: int) -> bytes:
    """What leads from the workbook to its parts; the sheets first, so that their ids are their numbers."""
    return _relationships(
        (
            *((b"worksheet", b"worksheets/sheet%d.xml" % place) for place in range(1, sheets + 1)),
            (b"styles", b"styles.xml"),
            (b"sharedStrings", b"sharedStrings.xml"),
            (b"sheetMetadata", b"metadata.xml"),
        )
    )


def root_relationships() -> bytes:
    """What leads to the workbook."""
    return _relationships([(b"officeDocument", b"xl/workbook.xml")])


def _relationships(targets: Iterable[tuple[bytes, bytes]]) -> bytes:
    held = b"".join(
        b'<Relationship Id="rId%d" Type="%s/%s" Target="%s"/>' % (place, OFFICE, kind, target)
        for place, (kind, target) in enumerate(targets, start=1)
    )
    return b'%s<Relationships xmlns="%s/relationships">%s</Relationships>' % (HEAD, PACKAGE, held)


def content_types(sheets: int, tables: int) -> bytes:
    """[Content_Types].xml."""
    kinds = [
        (b"workbook.xml", b"sheet.main+xml"),
        (b"styles.xml", b"styles+xml"),
        (b"sharedStrings.xml", b"sharedStrings+xml"),
        (b"metadata.xml", b"sheetMetadata+xml"),
        *((b"worksheets/sheet%d.xml" % place, b"worksheet+xml") for place in range(1, sheets + 1)),
        *((b"tables/table%d.xml" % place, b"table+xml") for place in range(1, tables + 1)),
    ]
    overrides = b"".join(
        b'<Override PartName="/xl/%s" ContentType="%s%s"/>' % (part, SPREADSHEET, kind) for part, kind in kinds
    )
    return (
        b'%s<Types xmlns="%s/content-types">'
        b'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        b'<Default Extension="xml" ContentType="application/xml"/>%s</Types>'
    ) % (HEAD, PACKAGE, overrides)
