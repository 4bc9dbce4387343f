"""A glance at all formulas of a workbook: whether any may depend on cells, told from their texts alone.

Mostly none does, and then this is all the work; where one may, `dependents` reads every formula. Thousands of formulas
have a few shapes only (their text with all digits alike), so most questions are asked of the shapes.
"""

from __future__ import annotations

import html
import re
from collections.abc import Set
from operator import itemgetter

from tokenbook.templates.conventions import NOT_IN_FORMULAS
from tokenbook.templates.formulas.references import Area, reference
from tokenbook.templates.formulas.tokens import REACHES_ANYWHERE
from tokenbook.templates.ooxml import Package
from tokenbook.templates.ooxml.references import column_number

Cell = tuple[str, int, int]  # case-folded sheet, row, column
BETWEEN = "\0"  # formulas, as no XML can hold it

FORMULA = re.compile(rb"<f(?: [^<>]*)?(?:/>|>([^<]*)</f>)")
LAST_LETTER = itemgetter(slice(-1, None))
DIGITS_ALIKE = bytes.maketrans(b"123456789", b"000000000")
STRING_OR_SHEET = re.compile(r"""\"[^"]*"|('[^']*')""")
# In shapes: A1:C9, A:C or 1:9, of this or another sheet, and nothing computed, named or quoted at either end.
PLAIN_RANGE = re.compile(
    r"(?<![\w.\\'\]])(?:[A-Za-z]{1,3}0{1,7}:[A-Za-z]{1,3}0{1,7}|[A-Za-z]{1,3}:[A-Za-z]{1,3}|0{1,7}:0{1,7})"
    r"(?![\w.\\'(:!\[])"
)
WHOLE_LINES = re.compile(r"[A-Za-z]:|:0")
SOME_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Za-z]{1,3})\$?([0-9]{1,7}))?")


def may_depend(package: Package, cells: Set[Cell]) -> bool:
    """False only when no formula of the workbook can refer to the cells (sheet, row, column)."""
    sheets = {sheet for sheet, _, _ in cells}
    words = _words_that_reach(package, cells, sheets)
    for sheet, part in package.sheets.items():
        own = [(row, column) for name, row, column in cells if name == sheet.casefold()]
        text = formulas_of(package.read_part(part), shared=not own)
        if text is None:
            return True
        if not text:
            continue
        folded = text.casefold()
        if any(word in folded for word in words):
            return True
        shapes = _shapes(text)
        if _computes_a_place(shapes) or (own and ("[" in shapes or _mentions(text, shapes, own))):
            return True
    return False


def _words_that_reach(package: Package, cells: Set[Cell], sheets: Set[str]) -> set[str]:
    """What a formula on another sheet must contain to refer to the cells: sheet names, names, tables."""
    words = {sheet.replace("'", "''") + mark for sheet in sheets for mark in ("!", "'!")}
    for sheet in package.sheets:
        if sheet.casefold() in sheets:
            words |= {table.name.casefold() for table in package.tables(sheet)}
    for name in package.names:
        folded = name.name.casefold()
        if not (folded.startswith(NOT_IN_FORMULAS) or _is_constant(name.text) or _elsewhere(name.text, cells)):
            words.add(folded)
    return words


def _is_constant(text: str) -> bool:
    return text.startswith('"') or text.replace(".", "", 1).replace("-", "", 1).isdigit()


def _elsewhere(text: str, cells: Set[Cell]) -> bool:
    """Whether a name stands for plain cells that are none of these."""
    parts = reference(text)
    sheet = parts.sheet if parts else None
    if parts is None or sheet is None or not parts.fixed or ":" in sheet or "[" in sheet:
        return False
    area = Area(sheet.casefold(), *parts.bounds)
    return not any(name == area.sheet and area.holds(row, column) for name, row, column in cells)


def _shapes(formulas: str) -> str:
    """The different shapes of formulas: digits alike, without $ and without what strings say."""
    different = set(formulas.encode().translate(DIGITS_ALIKE, b"$").split(BETWEEN.encode()))
    shapes = BETWEEN.join(shape.decode() for shape in different)
    return STRING_OR_SHEET.sub(lambda found: found[1] or '""', shapes) if '"' in shapes else shapes


def _computes_a_place(shapes: str) -> bool:
    """Whether a formula works out which cells it reads: INDIRECT, A1:INDEX(...), Jan:Mar!A1, first:last."""
    if REACHES_ANYWHERE.search(shapes):
        return True
    return shapes.count(":") - shapes.count("]:[") != len(PLAIN_RANGE.findall(shapes))


def _mentions(text: str, shapes: str, places: list[tuple[int, int]]) -> bool:
    """Whether any reference, on whichever sheet, covers one of the places; `text` and `shapes` of the same formulas."""
    if WHOLE_LINES.search(shapes):
        return True
    near = {
        (first, last): rows
        for first, _, last, _ in SOME_CELL.findall(shapes)
        if (rows := [row for row, column in places if _lies_between(column, first, last or first)])
    }
    for first, top, last, bottom in SOME_CELL.findall(text) if near else ():
        low, high = sorted((int(top), int(bottom or top)))
        if any(low <= row <= high for row in near.get((first, last), ())):
            return True
    return False


def _lies_between(column: int, first: str, last: str) -> bool:
    left, right = sorted((column_number(first), column_number(last)))
    return left <= column <= right


def formulas_of(raw: bytes, shared: bool = False) -> str | None:
    """The texts of all formulas of a worksheet part, with `BETWEEN` in between; None if a glance cannot tell them.

    Data tables, comments and prefixes are left to the patcher, and shared formulas, whose other cells have no text of
    their own, unless `shared` says that the text of the first will do.
    """
    start, stop = raw.find(b"<sheetData"), raw.rfind(b"</sheetData>")
    if raw[:1] not in (b"<", b"\xef") or b"<sheetData/>" in raw[start : start + 12]:
        return "" if raw[:1] == b"<" and start >= 0 else None
    if start < 0 or stop < 0:
        return None
    if raw.find(b"!", start, stop) >= 0 and raw.find(b"<!", start, stop) >= 0:
        return None
    found: list[bytes] | None = _plain_formulas(raw[start:stop])
    if found is None:
        found = FORMULA.findall(raw, start, stop)
        if len(found) != raw.count(b"<f", start, stop):
            return None
        if raw.find(b":f", start, stop) >= 0 or raw.find(b"dataTable", start, stop) >= 0:
            return None
    if b"" in found:
        if not shared:
            return None
        found = [text for text in found if text]
    return html.unescape(BETWEEN.encode().join(found).decode("utf-8", "replace"))


def _plain_formulas(cells: bytes) -> list[bytes] | None:
    """The texts of all formulas where each "f" belongs to an <f>text</f>; None where one does not.

    Split at one letter, which is many times faster than looking for a tag.
    """
    around = cells.split(b"f")
    inside = around[1::2]
    if not inside:
        return []
    texts = b"f".join(inside)
    if not (len(around) % 2 and texts.startswith(b">") and texts.endswith(b"</")):
        return None
    found = texts[1:-2].split(b"</f>")
    if len(found) != len(inside) or b"<" in b"".join(found):
        return None
    return found if set(map(LAST_LETTER, around[:-1:2])) == {b"<"} else None
