"""What a workbook keeps of others: the stored values of the cells that its formulas read there."""

from __future__ import annotations

import re
from collections.abc import Callable

from .errors import PackageError
from .package import Package
from .references import column_letters, parse_ref
from .workbook import RELATIONSHIP_NAMESPACES, read_root
from .xmlscan import Node, decode, escape_text, resolve_escapes, tree

PREFIX = "_tb_link_"
NUMBER = re.compile(r"[-+]?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?")


class LinkedSheets:
    """Sheets of other workbooks as sheets of a copy, each made when a formula first asks for it.

    Parameters
    ----------
    package : Package
    """

    def __init__(self, package: Package):
        self._stored = _stored_sheets(package)
        self._taken = {sheet.casefold() for sheet in (*package.sheets, *package.other_sheets)}
        self._names: dict[tuple[str, str], str] = {}

    def name(self, book: str, sheet: str) -> str | None:
        """How a sheet of the linked workbook number `book` is called in the copy; None if its values are not kept."""
        key = book, sheet.casefold()
        if key not in self._stored:
            return None
        if key not in self._names:
            number = len(self._taken)
            while (name := f"{PREFIX}{number}") in self._taken:
                number += 1
            self._taken.add(name)
            self._names[key] = name
        return self._names[key]

    def bodies(self, text_number: Callable[[str], int]) -> dict[str, bytes]:
        """The sheets that were asked for: name in the copy -> its cells."""
        return {name: _body(self._stored[key], text_number) for key, name in self._names.items()}


def _stored_sheets(package: Package) -> dict[tuple[str, str], Node]:
    """(number of the workbook, sheet in lower case) -> its element with the stored cells."""
    main = package.workbook_part
    root = read_root(decode(package.read_part(main), main).text, main)
    holder = root.first("externalReferences")
    targets = {each.id: each.target for each in package.relationships(main) if not each.external}
    found: dict[tuple[str, str], Node] = {}
    for number, node in enumerate(holder.all("externalReference") if holder else (), start=1):
        keys = (f"{uri} id" for uri in RELATIONSHIP_NAMESPACES)
        part = targets.get(next((node.attributes[key] for key in keys if key in node.attributes), ""))
        try:
            book = tree(decode(package.read_part(part), part).text, part).first("externalBook") if part else None
        except PackageError:  # lost or too large: nothing is kept of this one
            continue
        names, data = (book.first("sheetNames"), book.first("sheetDataSet")) if book else (None, None)
        listed = [each.attributes.get("val", "") for each in names.children] if names else []
        for sheet in data.all("sheetData") if data else ():
            place = sheet.attributes.get("sheetId", "")
            if place.isascii() and place.isdigit() and int(place) < len(listed):
                found[str(number), listed[int(place)].casefold()] = sheet
    return found


def _body(data: Node, text_number: Callable[[str], int]) -> bytes:
    """The stored cells as a sheet has them."""
    cells: dict[tuple[int, int], bytes] = {}
    for row in data.all("row"):
        for cell in row.all("cell"):
            value, kind = cell.first("v"), cell.attributes.get("t", "n")
            if value is None:
                continue
            text = value.text.strip() if kind in ("n", "b", "e") else value.text
            if kind not in ("n", "b", "e") or (kind == "n" and not NUMBER.fullmatch(text)):
                kind, text = "s", str(text_number(resolve_escapes(text)))
            marks = "" if kind == "n" else f' t="{kind}"'
            at = parse_ref(cell.attributes.get("r", ""))
            ref = f"{column_letters(at[1])}{at[0]}"
            cells[at] = b'<c r="%s"%s><v>%s</v></c>' % (ref.encode(), marks.encode(), escape_text(text))
    rows: dict[int, bytes] = {}
    for (row_number, _), element in sorted(cells.items()):
        rows[row_number] = rows.get(row_number, b"") + element
    held = b"".join(b'<row r="%d">%s</row>' % each for each in rows.items())
    return b"<sheetData>%s</sheetData>" % held
