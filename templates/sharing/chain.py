"""The calculation chain, calcChain.xml, whose entries must all be formulas: frozen cells leave it and come back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tokenbook.templates.audit.book import FormulaCell
from tokenbook.templates.ooxml import Package
from tokenbook.templates.ooxml.xmlscan import Splice, set_attribute, splice, tree
from tokenbook.templates.sharing.record import digest


def without_entries(package: Package, wanted: Mapping[str, Sequence[FormulaCell]]) -> dict[str, Any] | None:
    """Take frozen cells out of the chain; gives what undoes it."""
    part = _chain(package)
    if part is None:
        return None
    old = package.read_part(part)
    root = tree(old, part)
    ids = {name: number for number, name in _sheet_numbers(package).items()}
    doomed = {(ids.get(name), cell.ref) for name, cells in wanted.items() for cell in cells}
    splices: list[Splice] = []
    sheet, written, kept = "", "", 0
    for node in root.children:
        sheet = node.attributes.get("i", sheet)
        if (sheet, node.attributes.get("r")) in doomed:
            splices.append(Splice(node.start, node.end, b""))
            continue
        kept += 1
        if "i" not in node.attributes and written != sheet:  # the entry that named its sheet is gone
            tag = old[node.start : node.end]
            splices.append(Splice(node.start, node.end, set_attribute(tag, "i", sheet)))
        written = sheet
    if not splices:
        return None
    if not kept:
        package.remove_part(part)  # an empty chain is not allowed; Excel makes a new one
        return None
    new = splice(old, splices)
    package.set_part(part, new)
    undo: list[list[Any]] = []
    shift = 0
    for at, end, content in splices:
        undo.append([at + shift, at + shift + len(content), old[at:end].decode()])
        shift += len(content) - (end - at)
    return {"sha": digest(new), "undo": undo}


def with_entries(package: Package, undo: Mapping[str, Any] | None) -> None:
    """Put back what `without_entries` took, where nobody wrote the chain since; else it goes, and Excel makes one."""
    part = _chain(package)
    if undo and part and digest(package.read_part(part)) == undo["sha"]:
        splices = [Splice(start, end, text.encode()) for start, end, text in undo["undo"]]
        package.set_part(part, splice(package.read_part(part), splices))
    elif part:
        package.remove_part(part)


def _chain(package: Package) -> str | None:
    related = (r.target for r in package.relationships(package.workbook_part) if r.kind == "calcChain")
    return next((target for target in related if target in package.part_names), None)


def _sheet_numbers(package: Package) -> dict[str, str]:
    """Sheet id, as calcChain uses it, -> sheet name."""
    root = tree(package.read_part(package.workbook_part), package.workbook_part)
    holder = root.first("sheets")
    sheets = holder.children if holder else ()
    return {node.attributes.get("sheetId", ""): node.attributes.get("name", "") for node in sheets}
