"""The text of a formula taken apart, by the engine's own tokeniser: the one place in the house that does so.

What it cannot read is None to every reader, who then must expect anything of the formula.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

import formualizer
from formualizer import Token as Token
from formualizer import TokenSubType, TokenType

CHANGES_BY_ITSELF = {"NOW", "TODAY", "RAND", "RANDBETWEEN", "RANDARRAY"}  # gives another value without any input
SEARCHES = {"IRR", "XIRR", "RATE", "YIELD", "ODDFYIELD", "ODDLYIELD", "BESSELI", "BESSELJ", "BESSELK", "BESSELY"}
OPERAND, FUNCTION, SEPARATOR, SPACE = TokenType.Operand, TokenType.Func, TokenType.Sep, TokenType.Whitespace
INFIX, PREFIX, POSTFIX = TokenType.OpInfix, TokenType.OpPrefix, TokenType.OpPostfix
RANGE, NUMBER, OPEN, CLOSE = TokenSubType.Range, TokenSubType.Number, TokenSubType.Open, TokenSubType.Close
ARGUMENT = TokenSubType.Arg
OPERATORS = (INFIX, PREFIX, POSTFIX)
REACHES_ANYWHERE = re.compile(r"\b(?:INDIRECT|OFFSET)\s*\(", re.IGNORECASE)
MAY_OMIT = re.compile(r"[(,]\s*[,)]")
SHAPE_ONLY = {
    "ROW(",
    "ROWS(",
    "COLUMN(",
    "COLUMNS(",
    "AREAS(",
    "SHEET(",
    "SHEETS(",
}  # look where a range lies, not into it


class Parsed(NamedTuple):
    """What a formula says, in the order of its text.

    ``operands``: references and names whose values are read, as they stand. ``asked``: those of which only the place
    matters, as in ROW(A1). ``calls``: functions as stored, with their bracket. ``computed``: whether it works out at
    least one place that it reads (A1#, A1:INDEX(...), INDIRECT, OFFSET). ``gaps``: (offset in UTF-8 bytes, function)
    of arguments left empty.
    """

    operands: tuple[str, ...]
    asked: tuple[str, ...]
    calls: tuple[str, ...]
    computed: bool
    gaps: tuple[tuple[int, str], ...]


def tokens(text: str) -> list[Token] | None:
    """The tokens of a formula (without "="), or None for text that is none. Their offsets count bytes, from "="."""
    try:
        return formualizer.tokenize("=" + text).tokens()
    except formualizer.TokenizerError:
        return None


def parse(text: str) -> Parsed | None:
    """Read a formula (without "="); None for text that is none."""
    found = tokens(text)
    if found is None:
        return None
    operands: list[str] = []
    asked: list[str] = []
    calls: list[str] = []
    inside: list[str] = []  # open brackets, each with its function
    computed = REACHES_ANYWHERE.search(text) is not None
    for token in found:
        subtype = token.subtype
        if subtype == RANGE:
            (asked if inside and inside[-1] in SHAPE_ONLY else operands).append(token.value)
        elif subtype == OPEN:
            call = token.value
            if len(call) > 1:
                calls.append(call)
                computed = computed or ":" in call  # A1:(B2): a range with a computed end
            inside.append(call.upper())
        elif subtype == CLOSE:
            if inside:
                inside.pop()
        elif token.value in (":", "#") and token.token_type in OPERATORS:
            computed = True
    gaps = _gaps(found) if MAY_OMIT.search(text) else ()
    return Parsed(tuple(operands), tuple(asked), tuple(calls), computed, gaps)


@dataclass(slots=True)
class _Call:
    """An open bracket: its function or "", commas so far, and whether its argument is empty so far."""

    function: str
    commas: int = 0
    empty: bool = True


def _gaps(found: list[Token]) -> tuple[tuple[int, str], ...]:
    """Where calls leave an argument empty."""
    gaps: list[tuple[int, str]] = []
    calls: list[_Call] = []
    for token in found:
        if token.subtype == OPEN:
            if calls:
                calls[-1].empty = False
            calls.append(_Call(token.value[:-1] if token.token_type == FUNCTION else ""))
        elif not calls:
            continue
        elif token.subtype == CLOSE:
            call = calls.pop()
            if call.function and call.commas and call.empty:
                gaps.append((token.start - 1, call.function))
        elif token.token_type == SEPARATOR and token.subtype == ARGUMENT:
            call = calls[-1]
            if call.function and call.empty:
                gaps.append((token.start - 1, call.function))
            call.commas, call.empty = call.commas + 1, True
        elif token.token_type != SPACE:
            calls[-1].empty = False
    return tuple(gaps)


def spliced(text: str, changes: list[tuple[int, int, str]]) -> str:
    """A text in which stretches (start, end in UTF-8 bytes, from left to right) are replaced."""
    raw, at = text.encode(), 0
    pieces: list[bytes] = []
    for start, end, new in changes:
        pieces += (raw[at:start], new.encode())
        at = end
    return b"".join([*pieces, raw[at:]]).decode()
