"""A copy of a workbook that the engine reads, and reads right. Nobody else sees it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from lxml import etree

from tokenbook.templates import ooxml
from tokenbook.templates.engine.validation import PARSER
from tokenbook.templates.ooxml import Package

OF_A_SHEET = {"sheetPr", "dimension", "sheetFormatPr", "sheetData", "mergeCells", "tableParts"}  # that it uses
OF_A_WORKBOOK = {"workbookPr", "sheets", "definedNames", "calcPr"}
PREFIXED = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?[^>]*>\s*)?<[\w.-]+:")  # the first element of a part
PARTS = re.compile(r"(sharedStrings|styles|theme\d*|table\d*)\.xml$", re.IGNORECASE)  # besides workbook and sheets


def readable(package: Package, formulas: Callable[[str], Mapping[str, str | None]], only: bool) -> bytes:
    """The workbook as the engine reads it right.

    It takes the cached values of a spill for obstacles to it, and moves the references of shared formulas to the
    wrong rows: the first go, the second get a text of their own. It sees nothing in elements with a prefix, as
    ``<x:row>``, which some programs write: they lose it.

    Parameters
    ----------
    package : Package
    formulas : callable
        Sheet -> {reference: formula, or None for the other cells of an array}.
    only : bool
        Turn all other formulas into constants.
    """
    copy = ooxml.open_package(package.to_bytes())
    if PREFIXED.match(copy.read_part(copy.workbook_part)):
        _take_prefixes_off(copy)
    for sheet, part in package.sheets.items():
        mine = formulas(sheet)
        spilled = {ref for ref, formula in mine.items() if formula is None}
        content = copy.read_part(part)
        if not spilled and b"shared" not in content and not only:
            continue
        root = etree.fromstring(content, PARSER)
        for cell in root.iter("{*}c"):
            ref = str(cell.get("r"))
            if ref in spilled:
                if "t" in cell.attrib:
                    del cell.attrib["t"]
                del cell[:]
                continue
            formula = cell.find("{*}f")
            if formula is None:
                continue
            if only and ref not in mine:
                cell.remove(formula)
            elif formula.get("t") == "shared" and ref in mine:
                formula.attrib.clear()
                formula.text = mine[ref]
        copy.set_part(part, _written(root))
    return copy.to_bytes()


def bare(content: bytes) -> bytes:
    """The workbook without all that the engine does not calculate with; some of it makes its reader crash."""
    with ooxml.open_package(content) as package:
        for part in (*package.sheets.values(), package.workbook_part):
            kept = OF_A_WORKBOOK if part == package.workbook_part else OF_A_SHEET
            root = etree.fromstring(package.read_part(part), PARSER)
            for child in list(root):
                if not isinstance(child.tag, str) or etree.QName(child).localname not in kept:
                    root.remove(child)
            package.set_part(part, _written(root))
        for part in set(package.part_names) - _needed(package):
            package.remove_part(part)
        return package.to_bytes()


def _take_prefixes_off(package: Package) -> None:
    for part in _needed(package):
        root = etree.fromstring(package.read_part(part), PARSER)
        own = etree.QName(root).namespace
        others = {prefix: uri for prefix, uri in root.nsmap.items() if prefix and uri != own}
        names: dict[str | None, str] = {None: str(own), **{str(prefix): uri for prefix, uri in others.items()}}
        plain = etree.Element(root.tag, dict(root.attrib), nsmap=names)  # type: ignore[arg-type]  # as lxml takes it
        plain.extend(list(root))  # which take the prefix of their namespace here: none
        package.set_part(part, _written(plain))


def _needed(package: Package) -> set[str]:
    """The parts that the engine calculates with, and those that lead to them."""
    main = {*package.sheets.values(), package.workbook_part, "[Content_Types].xml"}
    return {part for part in package.part_names if part in main or part.endswith(".rels") or PARTS.search(part)}


def _written(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
