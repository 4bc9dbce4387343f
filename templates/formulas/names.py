"""The names of a workbook: what each stands for on a sheet, and formulas with what they stand for written out.

Of names the engine knows those of cells only; of a constant (``tax`` for 0.21), an expression or a dynamic range it
makes #NAME?, as of a name of one sheet that is used on another. Of references to tables it knows hardly more than a
column, and no totals row. What they stand for can be put in their place.
"""

from __future__ import annotations

import re

from tokenbook.templates.conventions import NOT_IN_FORMULAS
from tokenbook.templates.formulas.references import moved
from tokenbook.templates.formulas.structured import Tables
from tokenbook.templates.formulas.tokens import OPERATORS, RANGE, SPACE, Token, spliced, tokens
from tokenbook.templates.ooxml import Package
from tokenbook.templates.ooxml.references import parse_ref, sheet_name

SHEET = r"(?:'(?:[^']|'')+'|[^'!:(),\s]+)!"
CELLS = re.compile(
    SHEET + r"(?:\$[A-Z]{1,3}\$[0-9]{1,7}(?::\$[A-Z]{1,3}\$[0-9]{1,7})?|\$[A-Z]{1,3}:\$[A-Z]{1,3}|\$[0-9]+:\$[0-9]+)",
    re.IGNORECASE,
)
OTHER_WORKBOOK = re.compile(r"\[[^\[\]]+\][^!\[\]]*!")  # [1]Rates!A1: the engine would refuse the whole workbook
IDENTIFIER = re.compile(r"[^\W\d][\w.\\?]*|\\[\w.\\?]*")
LONGEST = 32_000  # characters that a formula may grow to
DEEPEST = 12  # names that stand for names


class Names:
    """The names and tables of a workbook."""

    def __init__(self, package: Package):
        self._texts: dict[tuple[str, str | None], str] = {}
        self.tables = Tables(package)
        self._suspects: set[str] = self.tables.names()  # without one of these a formula stays as it is
        self._signed: set[tuple[str, str | None]] = set()  # stored with "=": the engine takes them for no cells
        for each in package.names:
            name, scope = each.name.casefold(), None if each.scope is None else each.scope.casefold()
            text = self._texts[name, scope] = each.text.removeprefix("=")
            if each.text != text:
                self._signed.add((name, scope))
            known = scope is None and each.text == text and CELLS.fullmatch(text)
            if not name.startswith(NOT_IN_FORMULAS) and not known:
                self._suspects.add(name)

    def find(self, name: str, sheet: str) -> tuple[str, str | None] | None:
        """The key of a name as a sheet sees it, its own before the workbook's; None where there is none."""
        name = name.casefold()
        for key in ((name, sheet.casefold()), (name, None)):
            if key in self._texts:
                return key
        return None

    def text(self, key: tuple[str, str | None]) -> str:
        """What a name stands for, without "="; by the key that ``find`` gave."""
        return self._texts[key]

    def written_out(self, formula: str, sheet: str, ref: str) -> str:
        """A formula (without "=") of a cell, in which the engine knows every name.

        Names that it knows stay, as do those that cannot be written out: functions, names that stand for themselves
        or for cells of another workbook.
        """
        if not self._suspects:
            return formula
        if self._suspects.isdisjoint(IDENTIFIER.findall(formula.casefold())) and not (self.tables and "[" in formula):
            return formula
        text = self._expanded(formula, sheet.casefold(), ref, ())
        return formula if len(text) > LONGEST else text

    def _expanded(self, formula: str, sheet: str, ref: str, inside: tuple[tuple[str, str | None], ...]) -> str:
        found = tokens(formula)
        if found is None:
            return formula
        changes, length = [], len(formula)
        for place, token in enumerate(found):
            if token.subtype != RANGE or _of_a_computed_place(found, place):
                continue
            meaning = self._meaning(token.value, sheet, ref, inside)
            if meaning is None and self.tables:
                one = "[" in token.value and _takes_one_value(found, place)
                meaning = self.tables.cells(token.value, sheet, ref, one)
            if meaning:
                changes.append((token.start - 1, token.end - 1, meaning))
                length += len(meaning)
                if length > LONGEST:
                    break
        return spliced(formula, changes)

    def _meaning(self, operand: str, sheet: str, ref: str, inside: tuple[tuple[str, str | None], ...]) -> str | None:
        """What an operand stands for, in brackets; None if it is no name or one that the engine knows."""
        where, bang, name = operand.rpartition("!")
        scope = sheet_name(where).casefold() if bang else sheet
        key = self.find(name, scope)
        if key is None or key[0].startswith(NOT_IN_FORMULAS) or key in inside or len(inside) >= DEEPEST:
            return None
        text = self._texts[key]
        if OTHER_WORKBOOK.search(text):
            return None
        if CELLS.fullmatch(text):
            return text if bang or key in self._signed else None
        at = _as_seen_from(text, ref)
        return None if at is None else f"({self._expanded(at, scope, ref, (*inside, key))})"


def _as_seen_from(text: str, ref: str) -> str | None:
    """What a name stands for in a cell: references without $ go with it, as seen from A1. None outside the grid."""
    found = tokens(text)
    if found is None:
        return text
    row, column = parse_ref(ref)
    changes = []
    for token in found:
        if token.subtype == RANGE:
            new = moved(token.value, row - 1, column - 1)
            if new is None:
                return None
            if new != token.value:
                changes.append((token.start - 1, token.end - 1, new))
    return spliced(text, changes)


def _around(found: list[Token], place: int) -> list[Token]:
    """The tokens before and after one, without spaces."""
    before = [token for token in found[:place][::-1] if token.token_type != SPACE][:1]
    return before + [token for token in found[place + 1 :] if token.token_type != SPACE][:1]


def _of_a_computed_place(found: list[Token], place: int) -> bool:
    """Whether an operand is one end of a range, or the cell of a spill."""
    return any(token.value in (":", "#") and token.token_type in OPERATORS for token in _around(found, place))


def _takes_one_value(found: list[Token], place: int) -> bool:
    """Whether an operand is all of a formula or stands beside an operator, and no function takes it as it is."""
    around = _around(found, place)
    return not around or any(token.token_type in OPERATORS and token.value.strip() for token in around)
