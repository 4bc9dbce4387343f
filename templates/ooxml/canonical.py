"""One canonical copy of a workbook for a calculation engine, whatever program wrote the file.

Engines read what Excel writes and little else: they see no formula in cells without addresses or under a prefix, take
text that looks like a number for one, stop at parts that they do not calculate with. The copy holds what values depend
on, written in the one way that all of them read: cells with their addresses, texts in one table, dates as serials,
shared formulas in full, number formats, tables and names. Pictures, charts, pivots and rules are left out. What the
file keeps of other workbooks stands on sheets of its own behind the others, and formulas read it there. Nobody but an
engine ever sees the copy.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from . import canonical_parts as parts
from .canonical_sheet import copied
from .external import LinkedSheets
from .formula_words import Wording
from .package import Package
from .tables import Table
from .workbook import DefinedName


@dataclass
class CanonicalCopy:
    """The copy, and in what it differs from the workbook.

    Attributes
    ----------
    content : bytes
        An .xlsx.
    formulas : dict of str to int
        Sheet to how many formulas the copy holds there: as many an engine has to find.
    frozen : dict of str to list of str
        Sheet to the cells whose formula reads another workbook of which the file keeps nothing (or shares a formula
        that is lost): they hold the value that the file has for them.
    renamed : dict of str to str
        Names of the workbook that engines do not take, and how they are called in the copy.
    """

    content: bytes = b""
    formulas: dict[str, int] = field(default_factory=dict)
    frozen: dict[str, list[str]] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)


def canonical(package: Package, keep: Mapping[str, Collection[str]] | None = None) -> CanonicalCopy:
    """The workbook as engines read it.

    Parameters
    ----------
    package : Package
        With its edits, if any; not changed.
    keep : mapping of sheet to references, optional
        The formulas to keep: the cells of all others stand still with the values of the file.

    Raises
    ------
    PackageError
        The file is damaged, or not all of its formulas could be read: the difference is named.
    """
    sheets = list(package.sheets)
    tables: dict[str, list[Table]] = {sheet: package.tables(sheet) for sheet in sheets}
    names = [each for each in package.names if parts.is_calculated_with(each, sheets)]
    links = LinkedSheets(package)
    table_names = [table.name for found in tables.values() for table in found]
    wording = Wording([(each.name, each.text) for each in names], table_names, links.name)
    copy, texts = CanonicalCopy(renamed=wording.renamed), parts.Texts()
    styles, number = 1, 0
    members: dict[str, bytes] = {}
    for place, sheet in enumerate(sheets, start=1):
        made = copied(package.view(sheet), wording, texts.number, None if keep is None else keep.get(sheet, ()))
        copy.formulas[sheet] = made.formulas
        styles = max(styles, made.styles)
        if made.frozen:
            copy.frozen[sheet] = made.frozen
        mine = range(number + 1, number + 1 + len(tables[sheet]))
        members[f"xl/worksheets/sheet{place}.xml"] = parts.sheet(made.body, len(mine))
        if mine:
            members[f"xl/worksheets/_rels/sheet{place}.xml.rels"] = parts.table_relationships(mine)
        for number, table in zip(mine, tables[sheet], strict=True):
            members[f"xl/tables/table{number}.xml"] = parts.table(table, number, wording)
    defined = _renamed(names, wording)
    for place, (name, body) in enumerate(links.bodies(texts.number).items(), start=len(sheets) + 1):
        members[f"xl/worksheets/sheet{place}.xml"] = parts.sheet(body, 0)
        sheets.append(name)
    members["xl/sharedStrings.xml"] = texts.part()
    members["xl/styles.xml"] = parts.styles(package, styles)
    members["xl/metadata.xml"] = parts.metadata()
    members["xl/workbook.xml"] = parts.workbook(package, sheets, defined)
    members["xl/_rels/workbook.xml.rels"] = parts.workbook_relationships(len(sheets))
    members["_rels/.rels"] = parts.root_relationships()
    members["[Content_Types].xml"] = parts.content_types(len(sheets), number)
    copy.content = _zipped(members)
    return copy


def _renamed(names: list[DefinedName], wording: Wording) -> list[DefinedName]:
    """The names as the copy has them, without those that stand for something in another workbook."""
    made = []
    for each in names:
        text = wording.formula(each.text)
        if text is not None:
            made.append(each._replace(name=wording.name(each.name), text=text))
    return made


def _zipped(members: dict[str, bytes]) -> bytes:
    """Not deflated: the copy lives as long as an engine reads it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name in reversed(members):  # content types first, as readers of streams expect
            archive.writestr(zipfile.ZipInfo(name), members[name])
    return stream.getvalue()
