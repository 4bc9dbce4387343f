"""Names and structured references that the engine does not know, written out in the formulas that use them.

Of names it knows those of cells only; of a constant (``tax`` for 0.21), an expression or a dynamic range it makes
#NAME?, as of a name of one sheet that is used on another. Of references to tables it knows hardly more than a column,
and no totals row. What they stand for can be put in their place.
"""

from __future__ import annotations

import re

from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token, TokenizerError
from openpyxl.formula.translate import Translator, TranslatorError

from tokenbook.templates.bindings import PREFIX
from tokenbook.templates.ooxml.references import sheet_name
from tokenbook.templates.structured import Tables

NOT_IN_FORMULAS = ("_xlnm.", PREFIX)  # names of print areas and of bindings
SHEET = r"(?:'(?:[^']|'')+'|[^'!:(),\s]+)!"
CELLS = re.compile(
    SHEET + r"(?:\$[A-Z]{1,3}\$[0-9]{1,7}(?::\$[A-Z]{1,3}\$[0-9]{1,7})?|\$[A-Z]{1,3}:\$[A-Z]{1,3}|\$[0-9]+:\$[0-9]+)",
    re.IGNORECASE,
)
OTHER_WORKBOOK = re.compile(r"\[[^\[\]]+\][^!\[\]]*!")  # [1]Rates!A1: the engine would refuse the whole workbook
IDENTIFIER = re.compile(r"[^\W\d][\w.\\?]*")
NO_FORMULA = (TokenizerError, IndexError, AttributeError)  # what openpyxl raises on text that is none
LONGEST = 32_000  # characters that a formula may grow to
DEEPEST = 12  # names that stand for names


class Names:
    """The names and tables of a workbook.

    Parameters
    ----------
    package : tokenbook.templates.ooxml.Package
    """

    def __init__(self, package):
        self._texts: dict[tuple[str, str | None], str] = {}
        self._tables = Tables(package)
        self._suspects: set[str] = self._tables.names()  # without one of these a formula stays as it is
        for each in package.names:
            name, scope = each.name.casefold(), None if each.scope is None else each.scope.casefold()
            if name.startswith(NOT_IN_FORMULAS):
                continue
            text = self._texts[name, scope] = each.text.removeprefix("=")
            if scope is not None or not CELLS.fullmatch(text):
                self._suspects.add(name)

    def written_out(self, formula: str, sheet: str, ref: str) -> str:
        """A formula (without "=") of a cell, in which the engine knows every name.

        Names that it knows stay, as do those that cannot be written out: functions, names that stand for themselves
        or for cells of another workbook.
        """
        if not self._suspects:
            return formula
        if self._suspects.isdisjoint(IDENTIFIER.findall(formula.casefold())) and not (self._tables and "[" in formula):
            return formula
        text = self._expanded(formula, sheet.casefold(), ref, ())
        return formula if len(text) > LONGEST else text

    def _expanded(self, formula: str, sheet: str, ref: str, inside: tuple) -> str:
        try:
            tokens = Tokenizer("=" + formula).items
        except NO_FORMULA:
            return formula
        pieces, length = [], 0
        for place, token in enumerate(tokens):
            meaning = None
            if token.type == Token.OPERAND and token.subtype == Token.RANGE:
                meaning = self._meaning(token.value, sheet, ref, inside)
                if meaning is None and self._tables:
                    one = "[" in token.value and _takes_one_value(tokens, place)
                    meaning = self._tables.cells(token.value, sheet, ref, one)
            pieces.append(meaning or token.value)
            length += len(pieces[-1])
            if length > LONGEST:
                break
        return "".join(pieces)

    def _meaning(self, operand: str, sheet: str, ref: str, inside: tuple) -> str | None:
        """What an operand stands for, in brackets; None if it is no name or one that the engine knows."""
        where, bang, name = operand.rpartition("!")
        scope = sheet_name(where).casefold() if bang else sheet
        key = next((key for key in ((name.casefold(), scope), (name.casefold(), None)) if key in self._texts), None)
        if key is None or key in inside or len(inside) >= DEEPEST:
            return None
        text = self._texts[key]
        if OTHER_WORKBOOK.search(text):
            return None
        if CELLS.fullmatch(text):
            return text if bang else None
        try:
            text = Translator("=" + text, origin="A1").translate_formula(ref)[1:]  # relative to the cell that asks
        except (TranslatorError, *NO_FORMULA):
            return None
        return f"({self._expanded(text, scope, ref, (*inside, key))})"


def _takes_one_value(tokens, place: int) -> bool:
    """Whether an operand is all of a formula or stands beside an operator, and no function takes it as it is."""
    around = [token for token in tokens[:place][::-1] if token.type != Token.WSPACE][:1]
    around += [token for token in tokens[place + 1 :] if token.type != Token.WSPACE][:1]
    return not around or any(token.type.startswith("OPERATOR") for token in around)
