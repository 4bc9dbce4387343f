"""The cells that a formula refers to, read from its text: names, tables and ranges of sheets resolved.

What the text does not tell (INDIRECT, OFFSET, a name relative to its reader) makes a formula opaque: it may read
any cell, and is treated so.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token

from tokenbook.templates.names import NO_FORMULA
from tokenbook.templates.ooxml.references import LAST_COLUMN, LAST_ROW, column_number, sheet_name

DEEPEST_NAME = 12  # names that refer to names
LONGEST_FORMULA = 8192  # characters, Excel's limit
REACHES_ANYWHERE = re.compile(r"\b(?:INDIRECT|OFFSET)\s*\(", re.IGNORECASE)
CELLS = re.compile(r"(\$?)([A-Za-z]{1,3})(\$?)([0-9]{1,7})(?::(\$?)([A-Za-z]{1,3})(\$?)([0-9]{1,7}))?")
COLUMNS = re.compile(r"(\$?)([A-Za-z]{1,3}):(\$?)([A-Za-z]{1,3})")
ROWS = re.compile(r"(\$?)([0-9]{1,7}):(\$?)([0-9]{1,7})")
REFERENCE = re.compile(r"(?:('(?:[^']|'')*'|[^'!#]*)!)?(.*)", re.DOTALL)  # sheet and the rest
IDENTIFIER = re.compile(r"[^\W\d][\w.\\?]*|\\[\w.\\?]*")


class Area(NamedTuple):
    """A range of one sheet; the sheet's name is case-folded, rows and columns count from 1."""

    sheet: str
    top: int
    left: int
    bottom: int
    right: int

    def holds(self, row: int, column: int) -> bool:
        return self.top <= row <= self.bottom and self.left <= column <= self.right


class Opaque(Exception):
    """The text does not tell which cells are read."""


class Reader:
    """Resolves references within one workbook.

    Parameters
    ----------
    package : tokenbook.templates.ooxml.Package
    """

    def __init__(self, package):
        self._order = [sheet.casefold() for sheet in package.sheets]
        self._tables = {}  # name -> Area
        self._tables_of = {sheet: [] for sheet in self._order}
        for sheet in package.sheets:
            for table in package.tables(sheet):
                area = Area(sheet.casefold(), *table.bounds)
                self._tables[table.name.casefold()] = area
                self._tables_of[sheet.casefold()].append(area)
        self._names = {}
        for name in package.names:
            scope = None if name.scope is None else name.scope.casefold()
            self._names[name.name.casefold(), scope] = name.text
        self._resolved = {}

    def areas(self, formula: str, sheet: str) -> list[Area]:
        """The areas that a formula (without "=") on a sheet refers to; raises Opaque when it does not tell."""
        return self._areas(formula, sheet.casefold(), 0, absolute=False)

    def _areas(self, formula, sheet, depth, absolute) -> list[Area]:
        if len(formula) > LONGEST_FORMULA or depth > DEEPEST_NAME or REACHES_ANYWHERE.search(formula):
            raise Opaque
        try:
            tokens = Tokenizer("=" + formula).items
        except NO_FORMULA:
            raise Opaque from None
        found = []
        for token in tokens:
            if token.type == Token.FUNC and token.subtype == Token.OPEN:
                if ":" in token.value:  # A1:INDEX(...): a range with a computed end
                    raise Opaque
                where, bang, name = token.value[:-1].rpartition("!")
                scope = next(iter(self._sheets(where)), sheet) if bang else sheet
                found += self._name(name.casefold(), scope, depth)  # a LAMBDA of the workbook
            if token.type == Token.OPERAND and token.subtype == Token.RANGE:
                found += self._operand(token.value, sheet, depth, absolute)
        return found

    def _operand(self, text, sheet, depth, absolute) -> list[Area]:
        where, area = REFERENCE.fullmatch(text).groups()
        if where and "[" in where:
            return []  # another workbook
        if "!" in area.replace("#REF!", ""):  # Inputs!A1:Inputs!B2
            raise Opaque
        sheets = [sheet] if where is None else self._sheets(where)
        bounds = bounds_of(area, absolute)
        if bounds:
            return [Area(name, *bounds) for name in sheets]
        if "[" in area:
            return self._structured(area, sheet)
        if ":" in area or "#" in area.replace("#REF!", ""):
            raise Opaque
        if not IDENTIFIER.fullmatch(area):
            return []  # #REF! and the like
        return self._name(area.casefold(), sheets[0] if sheets else sheet, depth)

    def _sheets(self, where) -> list[str]:
        """The sheets of a qualifier: one, or those between two (Jan:Mar)."""
        where = sheet_name(where).casefold()
        if where in self._order:
            return [where]
        first, colon, last = where.partition(":")
        if colon and first in self._order and last in self._order:
            low, high = sorted((self._order.index(first), self._order.index(last)))
            return self._order[low : high + 1]
        return []  # a sheet that is gone, or one without cells

    def _structured(self, text, sheet) -> list[Area]:
        name = text.partition("[")[0].casefold()
        if not name:
            return self._tables_of.get(sheet, [])
        return [self._tables[name]] if name in self._tables else []

    def _name(self, name, sheet, depth) -> list[Area]:
        key = name, sheet
        if key not in self._resolved:
            text = self._names.get((name, sheet), self._names.get((name, None)))
            if text is None:  # a variable of LET or LAMBDA, or a name that does not exist
                area = self._tables.get(name)
                self._resolved[key] = [area] if area else []
            else:
                try:
                    self._resolved[key] = self._areas(text, sheet, depth + 1, absolute=True)
                except Opaque:
                    self._resolved[key] = None
        if self._resolved[key] is None:
            raise Opaque
        return self._resolved[key]


def bounds_of(text, absolute):
    """(top, left, bottom, right) of a cell, range, or whole columns or rows; None for anything else.

    `absolute`: in a name, a reference without $ would move with the cell that uses the name.
    """
    if match := CELLS.fullmatch(text):
        marks = [match[1], match[3], *((match[5], match[7]) if match[6] else ())]
        columns = [column_number(part) for part in (match[2], match[6] or match[2])]
        rows = [int(part) for part in (match[4], match[8] or match[4])]
        if max(columns) > LAST_COLUMN or not 1 <= max(rows) <= LAST_ROW:
            return None  # a name like TAX2026
    elif match := COLUMNS.fullmatch(text):
        marks, rows = [match[1], match[3]], [1, LAST_ROW]
        columns = [column_number(part) for part in (match[2], match[4])]
    elif match := ROWS.fullmatch(text):
        marks, columns, rows = [match[1], match[3]], [1, LAST_COLUMN], [int(match[2]), int(match[4])]
    else:
        return None
    if absolute and not all(marks):
        raise Opaque
    return min(rows), min(columns), max(rows), max(columns)
