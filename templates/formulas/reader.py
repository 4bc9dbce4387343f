"""The cells that formulas refer to: names, tables and ranges of sheets resolved.

What the text does not tell (INDIRECT, OFFSET, A1:INDEX(...), a name relative to its reader) makes a formula opaque: it
may read any cell, and is treated so.
"""

from __future__ import annotations

from typing import NamedTuple

from tokenbook.templates.formulas.names import DEEPEST, IDENTIFIER, Names
from tokenbook.templates.formulas.references import Area, reference
from tokenbook.templates.formulas.tokens import Parsed, parse
from tokenbook.templates.ooxml import Package
from tokenbook.templates.ooxml.references import sheet_name


class Reads(NamedTuple):
    """What a formula refers to.

    ``values``: areas whose values it reads, by references and names. ``places``: areas that it only asks for their
    place, as in ROW(A1). ``tables``: areas of the tables that it names, of which it may read a part. ``opaque``: it may
    read other cells too, any of them.
    """

    values: tuple[Area, ...] = ()
    places: tuple[Area, ...] = ()
    tables: tuple[Area, ...] = ()
    opaque: bool = False

    @property
    def special(self) -> bool:
        """Whether there is more to it than values that it reads."""
        return self.opaque or bool(self.places or self.tables)

    @property
    def areas(self) -> tuple[Area, ...]:
        """All that it refers to."""
        return self.values + self.places + self.tables


UNREADABLE = Reads(opaque=True)
NOTHING = Reads()


class Reader:
    """Resolves references within one workbook."""

    def __init__(self, package: Package, names: Names | None = None):
        self.names = names or Names(package)
        self._order = [sheet.casefold() for sheet in package.sheets]
        self._operands: dict[str, dict[str, Reads]] = {}  # sheet -> operand, or "function(" -> what it means there
        self._meanings: dict[tuple[str, str], Reads | None] = {}  # None while a name is being read

    def read(self, text: str, sheet: str) -> Reads:
        """What a formula (without "=") of a sheet refers to."""
        parsed = parse(text)
        return UNREADABLE if parsed is None else self.resolve(parsed, sheet)

    def resolve(self, parsed: Parsed, sheet: str) -> Reads:
        """What a formula that was read already refers to."""
        return self._resolved(parsed, sheet.casefold(), 0)

    def _resolved(self, parsed: Parsed, sheet: str, depth: int) -> Reads:
        values: list[Area] = []
        places: list[Area] = []
        tables: list[Area] = []
        opaque = parsed.computed
        known = self._operands.setdefault(sheet, {})
        for text in (*parsed.calls, *parsed.operands):  # a function may be a LAMBDA of the workbook
            found = known.get(text)
            if found is None:
                found = self._operand(text, sheet, depth)
            if found is not NOTHING:
                values += found.values
                if found.special:
                    places += found.places
                    tables += found.tables
                    opaque = opaque or found.opaque
        for text in parsed.asked:
            found = self._operand(text, sheet, depth)
            # how large a name or table is may depend on values
            (places if reference(text) else values).extend(found.values)
            places += found.places
            tables += found.tables
            opaque = opaque or found.opaque
        return Reads(tuple(values), tuple(places), tuple(tables), opaque)

    def _operand(self, text: str, sheet: str, depth: int) -> Reads:
        known = self._operands.setdefault(sheet, {})
        found = known.get(text)
        if found is None:
            found = self._operand_read(text, sheet, depth)
            if not depth:  # else it may have been cut short
                known[text] = found
        return found

    def _operand_read(self, text: str, sheet: str, depth: int) -> Reads:
        if text.endswith("("):
            before, bang, name = text[:-1].rpartition("!")
            return self._name(name, next(iter(self._sheets(before)), sheet) if bang else sheet, depth)
        parts = reference(text)
        if parts is not None:
            where: str | None = parts.qualifier
            if where is None:
                return Reads((Area(sheet, *parts.bounds),))
            if "[" in where:
                return NOTHING  # another workbook
            sheets = self._sheets(where)
            if not sheets and ":" in where:
                return UNREADABLE  # A1:Inputs!C9
            return Reads(tuple(Area(name, *parts.bounds) for name in sheets))
        before, bang, rest = text.rpartition("!")
        if bang and "[" in before:
            return NOTHING
        if bang and ("!" in before or (":" in before and not self._sheets(before))):
            return UNREADABLE  # Inputs!A1:Inputs!B2, A1:'Inputs'!C9
        if "[" in rest:
            return Reads(tables=self.names.tables.areas(rest.partition("[")[0], sheet))
        if ":" in rest or "#" in rest.replace("#REF!", ""):
            return UNREADABLE
        if not IDENTIFIER.fullmatch(rest):
            return NOTHING  # #REF! and the like
        return self._name(rest, next(iter(self._sheets(before)), sheet) if bang else sheet, depth)

    def _sheets(self, qualifier: str) -> list[str]:
        """The sheets of a qualifier: one, or those between two (Jan:Mar)."""
        where = sheet_name(qualifier).casefold()
        if where in self._order:
            return [where]
        first, colon, last = where.partition(":")
        if colon and first in self._order and last in self._order:
            low, high = sorted((self._order.index(first), self._order.index(last)))
            return self._order[low : high + 1]
        return []  # a sheet that is gone, or one without cells

    def _name(self, name: str, sheet: str, depth: int) -> Reads:
        key = self.names.find(name, sheet)
        if key is None:  # a function, a variable of LET or LAMBDA, a table, or a name that does not exist
            areas = self.names.tables.areas(name, None)
            return Reads(tables=areas) if areas else NOTHING
        asked = name.casefold(), sheet  # what a name says may depend on the sheet that asks
        if asked not in self._meanings:
            self._meanings[asked] = None
            self._meanings[asked] = self._meaning(self.names.text(key), sheet, depth + 1)
        found = self._meanings[asked]
        return UNREADABLE if found is None else found

    def _meaning(self, text: str, sheet: str, depth: int) -> Reads:
        parsed = parse(text)
        if parsed is None or depth > DEEPEST:
            return UNREADABLE
        found = self._resolved(parsed, sheet, depth)
        moves = any(not parts.fixed for parts in map(reference, parsed.operands + parsed.asked) if parts is not None)
        return found._replace(opaque=found.opaque or moves)
