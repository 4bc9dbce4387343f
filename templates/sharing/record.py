"""What freeze keeps inside a workbook and thaw reads again: hidden names, text constants in them, values of cells."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Mapping
from typing import Any

from tokenbook.templates.conventions import FROZEN_PREFIX
from tokenbook.templates.formulas.references import quoted, reference
from tokenbook.templates.ooxml import Package
from tokenbook.templates.ooxml.references import LAST_COLUMN, LAST_ROW, column_letters, range_text
from tokenbook.templates.sharing.errors import SharingError

CELL_NAME, REFERENCE_NAME, DATA_NAME = (FROZEN_PREFIX + kind for kind in ("cell_{}", "ref_{}", "data_{}"))
OUR_NAME = re.compile(FROZEN_PREFIX + "(cell|ref|data)_[0-9]+", re.IGNORECASE)
LITERAL = 255  # characters that Excel allows in one text constant of a formula
LITERALS = 24  # in one name, so that it stays below Excel's 8,192 characters and 16,384 bytes
VERSION = 1

Record = dict[str, Any]  # as JSON holds it
Bounds = tuple[int, int, int, int]  # top, left, bottom, right
Where = tuple[str, Bounds]  # sheet and block of cells


def stored(record: Record) -> dict[str, str]:
    """The record as names that hold text constants."""
    content = json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()
    text = base64.b64encode(zlib.compress(content, 9)).decode()
    literals = [text[at : at + LITERAL] for at in range(0, len(text), LITERAL)]
    chunks = [literals[at : at + LITERALS] for at in range(0, len(literals), LITERALS)]
    return {DATA_NAME.format(n): "&".join(f'"{each}"' for each in chunk) for n, chunk in enumerate(chunks, 1)}


def read_record(texts: Mapping[str, str]) -> Record:
    """The record in the names of a workbook, name in small letters -> text."""
    pieces, number = [], 1
    while (text := texts.get(DATA_NAME.format(number))) is not None:
        pieces += re.findall(r'"([A-Za-z0-9+/=]*)"', text)
        number += 1
    if not pieces:
        raise SharingError("holds nothing that freeze stored: there is nothing to thaw")
    try:
        record: Record = json.loads(zlib.decompress(base64.b64decode("".join(pieces), validate=True)))
    except (ValueError, zlib.error):
        raise SharingError("what freeze stored was damaged since: its hidden names were edited") from None
    if record.get("version") != VERSION:
        raise SharingError("was frozen by a newer Tokenbook: thaw it with that one")
    return record


def absolute(sheet: str, bounds: Bounds) -> str:
    """A block of cells as a name holds it, which follows them when rows or columns are put in."""
    top, left, bottom, right = bounds
    name = quoted(sheet)
    if (top, bottom) == (1, LAST_ROW):
        return f"{name}!${column_letters(left)}:${column_letters(right)}"
    if (left, right) == (1, LAST_COLUMN):
        return f"{name}!${top}:${bottom}"
    first, last = (f"${column_letters(column)}${row}" for row, column in ((top, left), (bottom, right)))
    return f"{name}!{first}" if first == last else f"{name}!{first}:{last}"


def bounds_of(package: Package, text: str) -> Where | None:
    """The cells that an absolute reference names; None if they are gone."""
    place = reference(text.removeprefix("=").strip())
    if place is None or place.sheet is None or place.sheet not in package.sheets:
        return None
    return package.sheets.spelling(place.sheet), place.bounds


def values(package: Package, sheet: str, bounds: Bounds) -> list[list[Any]]:
    """[kind, value] of the cells of a block, row by row."""
    cells = {(cell.row, cell.column): cell for cell in package.cells(sheet, range_text(bounds))}
    places = [(row, column) for row in range(bounds[0], bounds[2] + 1) for column in range(bounds[1], bounds[3] + 1)]
    found = [cells.get(place) for place in places]
    return [["blank", None] if cell is None else [cell.kind, cell.value] for cell in found]


def digest(content: bytes) -> str:
    """Tells whether a part is the one that freeze wrote."""
    return hashlib.sha256(content).hexdigest()[:16]
