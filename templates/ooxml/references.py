"""Cell references: `B7`, `$B$7`, `A1:C9` as numbers and back. Rows and columns count from 1."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TypeAlias

from .errors import PackageError

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
Place: TypeAlias = tuple[int, int]  # row, column
Bounds: TypeAlias = tuple[int, int, int, int]  # first row, first column, last row, last column
CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")


@lru_cache(maxsize=LAST_COLUMN)
def column_letters(column: int) -> str:
    """1 -> "A", 27 -> "AA"."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@lru_cache(maxsize=LAST_COLUMN)
def column_number(letters: str | bytes) -> int:
    """ "A" -> 1, "AA" -> 27; letters as str or as bytes of XML."""
    number = 0
    for letter in letters.upper() if isinstance(letters, bytes) else letters.upper().encode():
        number = number * 26 + letter - 64
    return number


def sheet_name(qualifier: str) -> str:
    """What stands before "!" as the sheet is called: ``'It''s'`` -> ``It's``."""
    return qualifier[1:-1].replace("''", "'") if qualifier.startswith("'") else qualifier


def quoted_sheet(name: str) -> str:
    """A sheet's name as a formula holds it before "!": ``It's`` -> ``'It''s'``."""
    doubled = name.replace("'", "''")
    return f"'{doubled}'"


def absolute(ref: str) -> str:
    """ "B7" -> "$B$7"."""
    row, column = parse_ref(ref)
    return f"${column_letters(column)}${row}"


def to_ref(row: int, column: int) -> str:
    """(7, 2) -> "B7"."""
    return f"{column_letters(column)}{row}"


def parse_ref(ref: object) -> Place:
    """ "B7" or "$B$7" -> (7, 2); raises PackageError for anything else or outside the grid."""
    place = _place(ref) if isinstance(ref, str) else None
    if place is None:
        raise PackageError(f"{ref!r} is not a cell reference: give one like B7 (A1 to XFD1048576)")
    return place


@lru_cache(maxsize=50_000)  # the same references stand on every sheet, and are asked for again and again
def _place(ref: str) -> Place | None:
    match = CELL.fullmatch(ref)
    if match:
        row, column = int(match[2]), column_number(match[1])
        if 1 <= row <= LAST_ROW and column <= LAST_COLUMN:
            return row, column
    return None


def parse_range(text: str) -> Bounds:
    """ "A1:C9" or "B7" -> (first row, first column, last row, last column), ordered."""
    first, _, last = text.partition(":")
    row1, column1 = parse_ref(first)
    row2, column2 = parse_ref(last or first)
    return min(row1, row2), min(column1, column2), max(row1, row2), max(column1, column2)


def range_text(bounds: Bounds) -> str:
    """(1, 1, 9, 3) -> "A1:C9"; a single cell -> "A1"."""
    row1, column1, row2, column2 = bounds
    first, last = to_ref(row1, column1), to_ref(row2, column2)
    return first if first == last else f"{first}:{last}"


def inside(bounds: Bounds, row: int, column: int) -> bool:
    """Whether the cell lies in the range."""
    return bounds[0] <= row <= bounds[2] and bounds[1] <= column <= bounds[3]


class Ranges:
    """Many ranges, asked which of them covers a cell.

    Ranges are kept in bands of rows, so that a question looks at the few near it; those that span very many
    rows are kept apart.
    """

    BAND_ROWS, MOST_BANDS = 64, 64

    def __init__(self, bounds: Iterable[Bounds]):
        self._bands: dict[int, list[Bounds]] = {}
        self._tall: list[Bounds] = []
        for each in bounds:
            first, last = each[0] // self.BAND_ROWS, each[2] // self.BAND_ROWS
            if last - first >= self.MOST_BANDS:
                self._tall.append(each)
                continue
            for band in range(first, last + 1):
                self._bands.setdefault(band, []).append(each)

    def at(self, row: int, column: int) -> Bounds | None:
        """The first range that holds the cell, or None."""
        for each in (*self._bands.get(row // self.BAND_ROWS, []), *self._tall):
            if inside(each, row, column):
                return each
        return None

    def covering(self, row: int, column: int) -> Bounds | None:
        """The first range in which the cell lies without being its top left, or None."""
        for each in (*self._bands.get(row // self.BAND_ROWS, []), *self._tall):
            if inside(each, row, column) and (row, column) != each[:2]:
                return each
        return None
