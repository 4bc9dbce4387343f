"""Calls of our functions inside a formula: what they are and what stands around them.

A formula is taken apart into pieces: text, references to cells of its own sheet (``Local``), and calls of ours, whose
arguments are taken apart in the same way. Put together again it can have something else where a call stood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from formualizer import Tokenizer

OURS = "TOK_"
CALLS_US = re.compile(rf"{OURS}\w+\(", re.IGNORECASE)  # behind any prefix; a look at the letters, before reading
PREFIX = re.compile(r"^_XL(?:DUDF|FN|WS|UDF)[_.]|^_XLFN\.", re.IGNORECASE)  # that hosts store before a name
CELL = r"\$?[A-Z]{1,3}\$?[0-9]{1,7}"
LOCAL = re.compile(
    rf"{CELL}(?::{CELL})?|\$?[A-Z]{{1,3}}:\$?[A-Z]{{1,3}}|\$?[0-9]{{1,7}}:\$?[0-9]{{1,7}}", re.IGNORECASE
)


class UnsupportedError(ValueError):
    """A call stands where its arguments have no value of their own; the message is a reason for a reader."""


class Local(str):
    """A reference that names no sheet: it means the sheet of its formula."""

    __slots__ = ()


@dataclass(frozen=True)
class Call:
    """A call of one of our functions.

    arguments : the pieces of each; none for one that was left empty
    first : it stands behind an @, of an array that it gives the first value is meant
    """

    name: str
    arguments: tuple[Pieces, ...]
    first: bool


Pieces: TypeAlias = "tuple[str | Call, ...]"


def pieces_of(formula: str) -> Pieces:
    """A formula (with "=") taken apart.

    Raises
    ------
    UnsupportedError
        It cannot be read, or calls one of ours inside a LAMBDA.
    """
    try:
        tokens = Tokenizer(formula)
        words = [tokens[place] for place in range(len(tokens))]
    except Exception as error:  # the tokenizer's own exceptions
        raise UnsupportedError(f"its formula cannot be read ({error})") from None
    reader = _Reader([_Token(word.value, str(word.token_type), str(word.subtype)) for word in words])
    if "=" + "".join(token.value for token in reader.tokens) != formula:
        raise UnsupportedError("its formula cannot be read")
    pieces, end = reader.pieces(0, ())
    if end != len(reader.tokens):
        raise UnsupportedError("its formula cannot be read")
    return ("=", *pieces)


def calls_in(pieces: Pieces) -> list[Call]:
    """The calls among pieces; not those inside of their arguments."""
    return [piece for piece in pieces if isinstance(piece, Call)]


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    kind: str
    sub: str


class _Reader:
    def __init__(self, tokens: list[_Token]):
        self.tokens = tokens

    def pieces(self, at: int, scope: tuple[Pieces, ...], in_lambda: bool = False) -> tuple[Pieces, int]:
        """The pieces up to the end of an argument or of everything, and where that is.

        scope : the names that the LETs around have given values to, one text of names and values each
        """
        found: list[str | Call] = []
        while at < len(self.tokens):
            token = self.tokens[at]
            if token.sub == "Close" or (token.kind == "Sep" and token.sub == "Arg"):
                break
            at += 1
            if token.sub != "Open":
                local = token.kind == "Operand" and LOCAL.fullmatch(token.value)
                found.append(Local(token.value) if local else token.value)
                continue
            name = PREFIX.sub("", token.value[:-1].strip().upper()) if token.kind == "Func" else ""
            if name.startswith(OURS):
                if in_lambda:
                    raise UnsupportedError(f"it calls {name} inside of a LAMBDA")
                arguments, at = self._arguments(at, name, scope)
                first = bool(found) and found[-1] == "@"
                if first:
                    found.pop()
                found.append(Call(name, self._meant(arguments, scope), first))
                continue
            arguments, at = self._arguments(at, name, scope, in_lambda)
            found.append(token.value)
            found += _joined(arguments)
            found.append(self.tokens[at - 1].value)
        return tuple(found), at

    def _arguments(
        self, at: int, name: str, scope: tuple[Pieces, ...], in_lambda: bool = False
    ) -> tuple[list[Pieces], int]:
        """What stands between brackets, and the place behind the closing one."""
        arguments: list[Pieces] = []
        in_lambda = in_lambda or name == "LAMBDA"
        while True:
            inner = scope
            if name == "LET" and (whole := len(arguments) // 2 * 2):  # pairs of name and value that are complete
                inner = (*scope, tuple(_joined(arguments[:whole])))
            pieces, at = self.pieces(at, inner, in_lambda)
            arguments.append(pieces)
            if at >= len(self.tokens):
                raise UnsupportedError("its formula cannot be read")
            at += 1
            if self.tokens[at - 1].sub == "Close":
                return arguments, at

    def _meant(self, arguments: list[Pieces], scope: tuple[Pieces, ...]) -> tuple[Pieces, ...]:
        """Arguments without the blanks around them; those that may use a name of a LET bring the LET along."""
        found = [_stripped(pieces) for pieces in arguments]
        if found == [()]:
            return ()
        for names in reversed(scope):
            found = [
                pieces if not pieces or _plain(pieces) else ("LET(", *names, ",", *pieces, ")") for pieces in found
            ]
        return tuple(found)


def _joined(arguments: list[Pieces]) -> list[str | Call]:
    found: list[str | Call] = []
    for place, pieces in enumerate(arguments):
        found += ([","] if place else []) + list(pieces)
    return found


def _stripped(pieces: Pieces) -> Pieces:
    kept = list(pieces)
    while kept and isinstance(kept[0], str) and not kept[0].strip():
        kept.pop(0)
    while kept and isinstance(kept[-1], str) and not kept[-1].strip():
        kept.pop()
    return tuple(kept)


def _plain(pieces: Pieces) -> bool:
    """Whether an argument is one reference to cells, one number or one text."""
    return (
        len(pieces) == 1
        and isinstance(pieces[0], str)
        and (isinstance(pieces[0], Local) or pieces[0][0] in '"0123456789.')
    )
