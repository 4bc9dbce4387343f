"""References in A1 notation: one reader of them, the areas that they mean, and how they look from another cell."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from tokenbook.templates.ooxml.references import LAST_COLUMN, LAST_ROW, column_letters, column_number, sheet_name

SHEET = r"(?:('(?:[^']|'')*'|[^'!\[\]]*)!)?"
CELLS = re.compile(SHEET + r"(\$?)([A-Za-z]{1,3})(\$?)([0-9]{1,7})(?::(\$?)([A-Za-z]{1,3})(\$?)([0-9]{1,7}))?")
COLUMNS = re.compile(SHEET + r"(\$?)([A-Za-z]{1,3}):(\$?)([A-Za-z]{1,3})")
ROWS = re.compile(SHEET + r"(\$?)([0-9]{1,7}):(\$?)([0-9]{1,7})")


class Area(NamedTuple):
    """A range of one sheet; the sheet's name is case-folded, rows and columns count from 1."""

    sheet: str
    top: int
    left: int
    bottom: int
    right: int

    @property
    def size(self) -> int:
        return (self.bottom - self.top + 1) * (self.right - self.left + 1)

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        return self[1:]

    def holds(self, row: int, column: int) -> bool:
        return self.top <= row <= self.bottom and self.left <= column <= self.right

    def overlaps(self, other: Area) -> bool:
        """Whether the two, on one sheet, share a cell."""
        return (
            self.top <= other.bottom
            and other.top <= self.bottom
            and self.left <= other.right
            and other.left <= self.right
        )

    def cells(self) -> list[tuple[int, int]]:
        """(row, column) of all its cells, row by row."""
        columns = range(self.left, self.right + 1)
        return [(row, column) for row in range(self.top, self.bottom + 1) for column in columns]


class Corner(NamedTuple):
    """A row and a column, and whether each is fixed by a dollar sign."""

    row: int
    column: int
    row_fixed: bool
    column_fixed: bool


class Reference(NamedTuple):
    """A cell, range, or whole rows or columns as a formula writes them.

    ``qualifier``: what stands before "!", quotes and all, or None. ``last`` is None for a single cell.
    """

    qualifier: str | None
    first: Corner
    last: Corner | None

    @property
    def sheet(self) -> str | None:
        """The sheet that it names, as spelled there; None for the reader's own."""
        return None if self.qualifier is None else sheet_name(self.qualifier)

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        """First row, first column, last row, last column."""
        first, last = self.first, self.last or self.first
        return (
            min(first.row, last.row),
            min(first.column, last.column),
            max(first.row, last.row),
            max(first.column, last.column),
        )

    @property
    def fixed(self) -> bool:
        """Whether it means the same cells wherever it stands."""
        corners = (self.first, self.last or self.first)
        return all(corner.row_fixed and corner.column_fixed for corner in corners)


@lru_cache(maxsize=200_000)
def reference(text: str) -> Reference | None:
    """A reference taken apart; None for a name, a table column, another file."""
    if found := CELLS.fullmatch(text):
        sheet, column_1, letters_1, row_1, digits_1, column_2, letters_2, row_2, digits_2 = found.groups()
        first = Corner(int(digits_1), column_number(letters_1), bool(row_1), bool(column_1))
        last = digits_2 and Corner(int(digits_2), column_number(letters_2), bool(row_2), bool(column_2))
        parts = Reference(sheet, first, last or None)
    elif found := COLUMNS.fullmatch(text):
        sheet, column_1, letters_1, column_2, letters_2 = found.groups()
        first = Corner(1, column_number(letters_1), True, bool(column_1))
        parts = Reference(sheet, first, Corner(LAST_ROW, column_number(letters_2), True, bool(column_2)))
    elif found := ROWS.fullmatch(text):
        sheet, row_1, digits_1, row_2, digits_2 = found.groups()
        parts = Reference(
            sheet, Corner(int(digits_1), 1, bool(row_1), True), Corner(int(digits_2), LAST_COLUMN, bool(row_2), True)
        )
    else:
        return None
    top, _, bottom, right = parts.bounds
    return parts if top >= 1 and bottom <= LAST_ROW and right <= LAST_COLUMN else None  # else a name, as RATES2026


def relative(text: str, row: int, column: int) -> str:
    """A reference as seen from a cell: B7 from C7 is R[0]C[-1]. Names stay names."""
    parts = reference(text)
    if parts is None:
        return text.upper()
    seen = f"{parts.qualifier}!" if parts.qualifier else ""
    for corner in (parts.first, parts.last):
        if corner is not None:
            seen += f"R{corner.row}" if corner.row_fixed else f"R[{corner.row - row}]"
            seen += f"C{corner.column}:" if corner.column_fixed else f"C[{corner.column - column}]:"
    return seen[:-1]


def moved(text: str, rows: int, columns: int) -> str | None:
    """A reference after its formula was copied so many rows down and columns right; None outside the grid."""
    parts = reference(text)
    if parts is None or parts.fixed:
        return text
    corners = []
    for corner in (parts.first, parts.last):
        if corner is not None:
            row = corner.row if corner.row_fixed else corner.row + rows
            column = corner.column if corner.column_fixed else corner.column + columns
            if not (1 <= row <= LAST_ROW and 1 <= column <= LAST_COLUMN):
                return None
            corners.append(Corner(row, column, corner.row_fixed, corner.column_fixed))
    return written(Reference(parts.qualifier, corners[0], corners[1] if len(corners) > 1 else None), text)


def quoted(sheet: str) -> str:
    """A sheet's name as it stands before "!"."""
    return "'" + sheet.replace("'", "''") + "'"


def written(parts: Reference, like: str) -> str:
    """A reference in A1 notation; whole columns or rows where ``like`` is written so."""
    shown = f"{parts.qualifier}!" if parts.qualifier else ""
    body = like.rpartition("!")[2]
    letters, digits = any(mark.isalpha() for mark in body), any(mark.isdigit() for mark in body)
    ends = []
    for corner in (parts.first, parts.last):
        if corner is not None:
            column = f"{'$' * corner.column_fixed}{column_letters(corner.column)}" if letters else ""
            ends.append(column + (f"{'$' * corner.row_fixed}{corner.row}" if digits else ""))
    return shown + ":".join(ends)
