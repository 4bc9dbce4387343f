"""What surrounds the cells: hidden sheets and rows, merged cells, links to other files, iterative calculation."""

from __future__ import annotations

from lxml import etree

from tokenbook.templates.audit.book import Sheet
from tokenbook.templates.audit.findings import Category
from tokenbook.templates.audit.formula import LINK
from tokenbook.templates.ooxml import Package
from tokenbook.templates.ooxml.references import column_letters, parse_range

Roots = dict[str, etree._Element]  # the XML of sheets, by name
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
TRUE = ("1", "true")
ONLY_A_REFERENCE = "#"  # the shape of a formula like ='Report'!C14


def hidden(package: Package, roots: Roots) -> Category:
    """Sheets, rows and columns that a reader does not see."""
    found = Category("hidden", "Hidden sheets, rows, columns")
    workbook = _root(package, package.workbook_part)
    for entry in workbook.iterfind("{*}sheets/{*}sheet"):
        if entry.get("state", "visible") != "visible":
            kind = "very hidden (only a macro shows it)" if entry.get("state") == "veryHidden" else "hidden"
            found.add(entry.get("name", ""), "", f"the sheet is {kind}")
    for name, root in roots.items():
        rows = [int(row.get("r", 0)) for row in root.iterfind("{*}sheetData/{*}row") if row.get("hidden") in TRUE]
        for first, last in _stretches(rows):
            found.add(name, f"{first}:{last}", f"{'rows are' if last > first else 'row is'} hidden")
        for column in root.iterfind("{*}cols/{*}col"):
            if column.get("hidden") in TRUE:
                first, last = int(column.get("min", 1)), int(column.get("max", 1))
                text = "columns are hidden" if last > first else "column is hidden"
                found.add(name, f"{column_letters(first)}:{column_letters(last)}", text)
    return found


def merged(sheets: dict[str, Sheet], roots: Roots) -> Category:
    """Merged cells in which a formula calculates a number. Merged sentences and mere links to a cell are layout."""
    found = Category("merged", "Merged calculation cells")
    for name, root in roots.items():
        for entry in root.iterfind("{*}mergeCells/{*}mergeCell"):
            cell = sheets[name].formulas.get(parse_range(entry.get("ref", "A1"))[:2])
            only_shows = cell is not None and cell.parsed is not None and cell.parsed.shape == ONLY_A_REFERENCE
            if cell is not None and cell.value_kind == "number" and not only_shows:
                found.add(name, entry.get("ref"), "a merged cell calculates a number", cell.text or "")
    return found


def links(package: Package, sheets: dict[str, Sheet]) -> Category:
    """Other files that the workbook reads."""
    found = Category("links", "Links to other files")
    targets = [relation for relation in package.relationships(package.workbook_part) if relation.kind == "externalLink"]
    for number, relation in enumerate(targets, 1):
        target = [r.target for r in package.relationships(relation.target) if r.external]
        found.add("", "", f"[{number}] is {target[0] if target else relation.target}")
    for sheet in sheets.values():
        for cell in sheet.formulas.values():
            if cell.parsed and cell.parsed.linked:
                found.add(sheet.name, cell.ref, "reads another file", cell.text)
    for name in package.names:
        if LINK.search(name.text):
            found.add("", "", f"the name {name.name} reads another file", name.text)
    files, users = len(targets), len(found.findings) - len(targets)
    if found.findings:
        found.summary = f"{files} {'file' if files == 1 else 'files'}, read by {users} formulas and names"
    return found


def iterates(package: Package) -> bool:
    """Whether the workbook lets circular references run (iterative calculation)."""
    settings = _root(package, package.workbook_part).find("{*}calcPr")
    return settings is not None and settings.get("iterate") in TRUE


def roots(package: Package) -> Roots:
    """The XML of every sheet, by name."""
    return {name: _root(package, part) for name, part in package.sheets.items()}


def _root(package: Package, part: str) -> etree._Element:
    return etree.fromstring(package.read_part(part), PARSER)


def _stretches(rows: list[int]) -> list[tuple[int, int]]:
    found: list[list[int]] = []
    for row in sorted(rows):
        if found and found[-1][1] == row - 1:
            found[-1][1] = row
        else:
            found.append([row, row])
    return [(first, last) for first, last in found]
