"""Cell references as openpyxl spells them, for modules that use it on the desktop: Lite has no openpyxl."""

from __future__ import annotations

from tokenbook.templates.ooxml.references import column_letters, parse_range, parse_ref


def get_column_letter(column: int) -> str:
    """1 -> "A"."""
    return column_letters(column)


def range_boundaries(text: str) -> tuple[int, int, int, int]:
    """ "A1:C9" -> first column, first row, last column, last row."""
    first_row, first_column, last_row, last_column = parse_range(text)
    return first_column, first_row, last_column, last_row


def absolute_coordinate(text: str) -> str:
    """ "B7" -> "$B$7"."""
    row, column = parse_ref(text)
    return f"${column_letters(column)}${row}"


def quote_sheetname(name: str) -> str:
    """A sheet name as formulas hold it."""
    doubled = name.replace("'", "''")
    return f"'{doubled}'"
