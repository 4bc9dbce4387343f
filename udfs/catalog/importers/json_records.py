"""The records of a JSON file one after the other, with the line each begins on.

The file is decoded record by record, so that a file cut off in the middle is told apart from a broken one,
and a key that stands twice in an object is seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from ..errors import CatalogError
from ..tabular import check_file

MAX_JSON_MB = 100
_SPACE = " \t\r\n"


def records(path: Path, *, keyed: bool) -> Iterator[tuple[int, object, object]]:
    """(line, index from 1 or key, record) of a JSON list, or with `keyed` of a JSON object.

    Raises
    ------
    CatalogError
        when the file is missing, too large, cut off, not JSON or of the other shape.
    """
    check_file(path, MAX_JSON_MB)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CatalogError(f"{path}: not UTF-8 text (byte {error.start})") from None
    except OSError as error:
        raise CatalogError(f"{path}: cannot be read ({error.strerror})") from None
    opening, closing = ("{", "}") if keyed else ("[", "]")
    at = _skip(text, 0)
    if text[at : at + 1] != opening:
        wanted = "an object of entries by name" if keyed else "a list of rows"
        raise CatalogError(f"{path}: {wanted} was expected, the file begins with {text[at : at + 1]!r}")
    cursor = _Cursor(path, text)
    at = _skip(text, at + 1)
    while text[at : at + 1] != closing:
        start = at
        key: object = cursor.count + 1
        if keyed:
            key, at = cursor.decode(at)
            if not isinstance(key, str):
                raise CatalogError(f"{path}, line {cursor.line(start)}: not JSON (a name was expected)")
            at = cursor.expect(":", at)
        value, at = cursor.decode(at)
        cursor.count += 1
        yield cursor.line(start), key, value
        at = _skip(text, at)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != closing:
            raise cursor.broken(at, f"',' or {closing!r} was expected")


class _Cursor:
    """Where in the text we are, for messages."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.text = path, text
        self.count = 0
        self._decoder = json.JSONDecoder()
        self._at, self._line = 0, 1

    def line(self, at: int) -> int:
        self._line += self.text.count("\n", self._at, at)
        self._at = at
        return self._line

    def decode(self, at: int) -> tuple[object, int]:
        try:
            return self._decoder.raw_decode(self.text, at)
        except json.JSONDecodeError as error:
            raise self.broken(error.pos, error.msg) from None
        except (RecursionError, ValueError) as error:
            reason = "nested too deeply" if isinstance(error, RecursionError) else "a number is too long"
            raise CatalogError(f"{self.path}, line {self.line(at)}: {reason}; nothing was taken") from None

    def expect(self, sign: str, at: int) -> int:
        at = _skip(self.text, at)
        if self.text[at : at + 1] != sign:
            raise self.broken(at, f"{sign!r} was expected")
        return _skip(self.text, at + 1)

    def broken(self, at: int, reason: str) -> CatalogError:
        end = len(self.text.rstrip())
        if at >= end or "Unterminated string" in reason or self.text[at:end] in ("t", "tr", "tru", "f", "fa", "-"):
            return CatalogError(
                f"{self.path}: the file is cut off after {self.count:,} complete records; nothing was taken, "
                "fetch it again"
            )
        line = self.text.count("\n", 0, at) + 1
        column = at - self.text.rfind("\n", 0, at)
        return CatalogError(f"{self.path}, line {line}, column {column}: not JSON ({reason}); nothing was taken")


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at
