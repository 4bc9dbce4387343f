"""What Calc and the helper say to each other over their connection: one call, one answer, in big-endian binary.

A call: name (UTF), number of arguments (int), then each argument. An argument or cell is a kind (byte) and its content.
Doubles travel as they are, so that no digit is lost; UNO's DataOutputStream and DataInputStream write and read this.
An answer is always a kind and 8 bytes (a double), after which texts and ranges go on with that many bytes.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import SupportsFloat, cast

from tokenbook.udfs.errors import TokenbookError
from tokenbook.udfs.functions import CellError
from tokenbook.udfs.functions.arguments import OMITTED

MISSING, NUMBER, TEXT, BLANK, ERROR, RANGE = range(6)  # kinds of arguments and cells
NUMBERS = 6  # a kind of answer: a range of numbers only
TOO_LARGE = -1  # rows of a range that Calc did not want to send
MAX_TEXT = 60_000  # bytes; a UTF block may have 65,535

# LibreOffice's numbers for the errors of a cell.
ERROR_NUMBERS = {
    "#NULL!": 521,
    "#DIV/0!": 532,
    "#VALUE!": 519,
    "#REF!": 524,
    "#NAME?": 525,
    "#NUM!": 503,
    "#N/A": 32767,
}
ERRORS = {number: error for error, number in ERROR_NUMBERS.items()} | {523: "#NUM!"}  # 523: does not converge
NAN_BITS = 0x7FF8_0000_0000_0000  # Calc reads a NaN with an error number in its low bits as that error

Read = Callable[[int], bytes]


def read_call(read: Read) -> tuple[str, list[object]]:
    """The next call: Python name of the function, and its arguments.

    A number that is not a cell comes as a ``Literal``: Calc writes 0 also where nothing was given.
    """
    name = _text(read)
    (count,) = struct.unpack(">i", read(4))
    return name, [_argument(read) for _ in range(count)]


class Literal(float):
    """A number written into the formula, or calculated in it, or nothing at all if it is 0."""


class TooLargeError(TokenbookError):
    """A range has more cells than a function of ours could mean."""


def _argument(read: Read) -> object:
    kind = read(1)[0]
    if kind == MISSING:
        return OMITTED
    if kind == NUMBER:
        return Literal(_number(read))
    if kind != RANGE:
        return _content(kind, read)
    rows, columns = struct.unpack(">ii", read(8))
    if rows == TOO_LARGE:
        return TooLargeError
    cells = [[_content(read(1)[0], read) for _ in range(columns)] for _ in range(rows)]
    return cells[0][0] if rows == columns == 1 else cells


def _content(kind: int, read: Read) -> float | str | None:
    if kind == NUMBER:
        return _number(read)
    if kind == TEXT:
        return _text(read)
    if kind == ERROR:
        (number,) = struct.unpack(">i", read(4))
        return CellError(ERRORS.get(number, "#VALUE!"))
    return None


def _number(read: Read) -> float:
    (number,) = struct.unpack(">d", read(8))
    return float(number)


def _text(read: Read) -> str:
    """Java's modified UTF-8, which differs from UTF-8 in characters beyond the basic plane (as surrogates) and NUL."""
    (length,) = struct.unpack(">H", read(2))
    raw = read(length).replace(b"\xc0\x80", b"\0").decode("utf-8", "surrogatepass")
    return raw.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def answer(value: object) -> bytes:
    """The answer for a value as ``ExcelFunction.in_cell`` gives it."""
    if isinstance(value, list):
        body = struct.pack(">ii", len(value), len(value[0]))
        if all(type(cell) is float for row in value for cell in row):
            flat = [cell for row in value for cell in row]
            body += struct.pack(f">{len(flat)}d", *flat)
            return struct.pack(">Bd", NUMBERS, len(body)) + body
        body += b"".join(_cell(cell) for row in value for cell in row)
        return struct.pack(">Bd", RANGE, len(body)) + body
    if isinstance(value, str) and not isinstance(value, CellError):
        body = _utf(value)
        return struct.pack(">Bd", TEXT, len(body)) + body
    return struct.pack(">B", NUMBER) + _double(value)


def _cell(value: object) -> bytes:
    if isinstance(value, str) and not isinstance(value, CellError):
        return struct.pack(">B", TEXT) + _utf(value)
    return struct.pack(">B", NUMBER) + _double(value)


def _double(value: object) -> bytes:
    if isinstance(value, CellError):
        return struct.pack(">Q", NAN_BITS | ERROR_NUMBERS.get(str(value), ERROR_NUMBERS["#VALUE!"]))
    value = float(cast(SupportsFloat, value))
    return struct.pack(">d", value if math.isfinite(value) else math.nan)


def _utf(text: str) -> bytes:
    units = text.encode("utf-16-be", "surrogatepass")
    raw = (
        b"".join(
            units[at : at + 2].decode("utf-16-be", "surrogatepass").encode("utf-8", "surrogatepass")
            for at in range(0, len(units), 2)
        )
        if not text.isascii()
        else text.encode()
    )
    raw = raw.replace(b"\0", b"\xc0\x80")
    if len(raw) > MAX_TEXT:
        raw = raw[:MAX_TEXT].decode("utf-8", "ignore").encode()
    return struct.pack(">H", len(raw)) + raw
