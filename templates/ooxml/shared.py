"""Shared formulas: the text of one cell as it reads in another, its relative references moved along."""

import re
from collections.abc import Iterator

from .errors import PackageError
from .references import LAST_COLUMN, LAST_ROW, column_letters, column_number, parse_ref

LONGEST_FORMULA = 8192  # characters, Excel's limit
WORD = r"\w.\\?"  # characters of names: what stands among them is no reference
PIECE = re.compile(
    r"""(?P<text>"(?:[^"]|"")*"|'(?:[^']|'')*')"""  # texts and quoted sheet names
    r"""|(?P<bracket>\[)"""
    rf"""|(?<![{WORD}])(?P<cell>(\$?[A-Za-z]{{1,3}})(\$?[1-9][0-9]{{0,6}}))(?![{WORD}(!\[])"""
    rf"""|(?<![{WORD}])(?P<columns>(\$?[A-Za-z]{{1,3}}):(\$?[A-Za-z]{{1,3}}))(?![{WORD}(!])"""
    rf"""|(?<![{WORD}])(?P<rows>(\$?[1-9][0-9]{{0,6}}):(\$?[1-9][0-9]{{0,6}}))(?![{WORD}(!])"""
)
BRACKETS = re.compile(r"'.|\[|\]", re.DOTALL)  # in column names of tables an apostrophe escapes the next character


class SharedFormula:
    """A formula and the cell it was written for.

    Parameters
    ----------
    text : str
        Without "=".
    ref : str
    """

    def __init__(self, text: str, ref: str):
        if len(text) > LONGEST_FORMULA:
            raise PackageError(f"{ref} shares a formula that cannot be read: repair the file in Excel first")
        self._row, self._column = parse_ref(ref)
        # Texts that stay, and between them the coordinates that move: (whether a column, offset from the first cell).
        self._pieces: list[str | tuple[bool, int]] = list(_joined(self._taken_apart(text)))

    def at(self, row: int, column: int) -> str:
        """The formula as it reads in another cell; a reference that would leave the grid is #REF!."""
        made: list[str] = []
        for piece in self._pieces:
            if isinstance(piece, str):
                made.append(piece)
                continue
            is_column, offset = piece
            if is_column:
                place = column + offset
                if not 1 <= place <= LAST_COLUMN:
                    return "#REF!"
                made.append(column_letters(place))
            else:
                place = row + offset
                if not 1 <= place <= LAST_ROW:
                    return "#REF!"
                made.append(str(place))
        return "".join(made)

    def _taken_apart(self, text: str) -> Iterator[str | tuple[bool, int]]:
        at = 0
        while found := PIECE.search(text, at):
            yield text[at : found.start()]
            at = found.end()
            if found["bracket"]:
                at = behind_bracket(text, found.start())
                yield text[found.start() : at]
            elif found["cell"]:
                yield from self._moving(found[0], found[4], "", found[5])
            elif found["columns"]:
                yield from self._moving(found[0], found[7], ":", found[8])
            elif found["rows"]:
                yield from self._moving(found[0], found[10], ":", found[11])
            else:
                yield found[0]
        yield text[at:]

    def _moving(self, whole: str, first: str, between: str, second: str) -> Iterator[str | tuple[bool, int]]:
        """The two coordinates of a reference, or the text as it is where they lie outside the grid: names like XYZ1."""
        places = [(text, _is_row(text), _number(text)) for text in (first, second)]
        if any(number > (LAST_ROW if is_row else LAST_COLUMN) for _, is_row, number in places):
            yield whole
            return
        for text, is_row, number in places:
            if text.startswith("$"):
                yield text
            else:
                yield (False, number - self._row) if is_row else (True, number - self._column)
            yield between
            between = ""


def _is_row(coordinate: str) -> bool:
    return coordinate[-1].isdigit()


def _number(coordinate: str) -> int:
    plain = coordinate.removeprefix("$")
    return int(plain) if _is_row(plain) else column_number(plain)


def _joined(pieces: Iterator[str | tuple[bool, int]]) -> Iterator[str | tuple[bool, int]]:
    """The same pieces with texts that follow each other made one."""
    text = ""
    for piece in pieces:
        if isinstance(piece, str):
            text += piece
            continue
        if text:
            yield text
        yield piece
        text = ""
    if text:
        yield text


def behind_bracket(text: str, start: int) -> int:
    """Offset behind the bracket that closes the one at `start`, or behind it if none does."""
    depth = 0
    for found in BRACKETS.finditer(text, start):
        depth += (found[0] == "[") - (found[0] == "]")
        if depth == 0:
            return found.end()
    return start + 1
