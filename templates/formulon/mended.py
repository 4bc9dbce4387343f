"""What formulon 0.18 reads wrong, written in a way that it reads right."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from lxml import etree

from tokenbook.templates import ooxml
from tokenbook.templates.formulas.names import Names
from tokenbook.templates.ooxml import Package

CONSTANTS = "@{"
OTHER_WORKBOOK = re.compile(r"\[(?:\d+|[^\[\]]*\.xl\w+)\]", re.IGNORECASE)  # [1]Rates!A1, [rates.xlsx]Rates!A1
TEXT = re.compile(r'"(?:[^"]|"")*"')
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)


def with_whole_constants(formula: str) -> str:
    """A plain formula in which arrays of constants count as a whole, as in SUM(SUMIFS(.., {..})).

    formulon intersects them like cells, which leaves the first value. What the formula gives is still one value, the
    first.
    """
    if CONSTANTS not in formula:
        return formula
    return f"=INDEX({formula[1:].replace(CONSTANTS, '{')},1,1)"


def names_column(formula: str) -> bool:
    """Whether a formula refers to columns of a table by their names."""
    return "[" in formula and "[" in OTHER_WORKBOOK.sub("", TEXT.sub("", formula))


def mention_tables(formulas: Iterable[str], tables: Collection[str]) -> bool:
    """Whether any formula may refer to a table of these names."""
    named = re.compile("|".join(map(re.escape, tables)) or "(?!)", re.IGNORECASE)
    return any(names_column(text) or named.search(text) for text in formulas)


def without_tables(package: Package) -> tuple[bytes, dict[tuple[str, str], str]]:
    """The workbook with cells in the place of references to tables, and the cells where that cannot be done.

    formulon knows the value of T[Cost] and not that it depends on the cells of the column: after a change it keeps
    the old value. [Cost] without the table's name it does not know, and takes no dependencies of the sheet any more.
    """
    names = Names(package)
    loose = names.tables.names() | {each.name.casefold() for each in package.names if names_column(each.text)}
    left: dict[tuple[str, str], str] = {}
    with ooxml.open_package(package.to_bytes()) as copy:
        for sheet, part in package.sheets.items():
            texts = {ref: text for ref, text, kind, _ in package.formulas(sheet) if text and kind != "dataTable"}
            new: dict[str, str] = {}
            for ref, text in texts.items():
                if names_column(text) or any(name in text.casefold() for name in loose):
                    new[ref] = names.written_out(text, sheet, ref)
                    if names_column(new[ref]):
                        left[sheet, ref] = "a reference to a table that cannot be written as cells"
            if any(new[ref] != texts[ref] for ref in new):
                copy.set_part(part, _rewritten(copy.read_part(part), texts | new))
        return copy.to_bytes(), left


def _rewritten(content: bytes, texts: dict[str, str]) -> bytes:
    """A sheet with these formulas; those that others share get a text of their own."""
    root = etree.fromstring(content, PARSER)
    for cell in root.iter("{*}c"):
        formula = cell.find("{*}f")
        text = texts.get(str(cell.get("r")))
        if formula is None or text is None:
            continue
        if formula.get("t") == "shared":
            formula.attrib.clear()
        formula.text = text
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
