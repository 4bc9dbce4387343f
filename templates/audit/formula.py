"""One formula as an auditor reads it: its relative form, its numbers, its functions, what it refers to.

The relative form is the formula in R1C1 notation: two cells that were copied from each other have the same one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import formualizer

from tokenbook.templates.ooxml.references import LAST_COLUMN, LAST_ROW, column_number

# Numbers that need no name. Everything else belongs in a cell with a label and a unit.
NEUTRAL = {"0", "1"}  # nothing, unity, the direction of a sum (-1), an offset by one
AS_EXPONENT = {"2", "0.5"}  # a square and its root
AS_DIVISOR = {"2"}  # a half
AS_SCALE = {"1000", "1000000", "1000000000"}  # divisors inside TEXT: "12.3 million" in a sentence

# Arguments that choose or count places instead of carrying a quantity, by function: 1 is the first argument.
CHOICES = {
    "ADDRESS": (3, 4), "AGGREGATE": (1, 2), "BETA.DIST": (4,), "BINOM.DIST": (4,), "CHOOSE": (1,),
    "CHOOSECOLS": (2, 3, 4), "CHOOSEROWS": (2, 3, 4), "CUMIPMT": (6,), "CUMPRINC": (6,), "DATE": (2, 3),
    "DAYS360": (3,), "DROP": (2, 3), "EXPON.DIST": (3,), "FIND": (3,), "FV": (5,), "HLOOKUP": (3, 4),
    "INDEX": (2, 3, 4), "INDIRECT": (2,), "IPMT": (6,), "IRR": (2,), "LARGE": (2,), "LEFT": (2,),
    "LOGNORM.DIST": (4,), "MATCH": (3,), "MID": (2, 3), "NORM.DIST": (4,), "NORM.S.DIST": (2,), "NPER": (5,),
    "NUMBERVALUE": (2, 3), "OFFSET": (2, 3, 4, 5), "PMT": (5,), "POISSON.DIST": (3,), "PPMT": (6,), "PV": (5,),
    "QUARTILE": (2,), "QUARTILE.INC": (2,), "RANK": (3,), "RANK.EQ": (3,), "RATE": (5, 6), "REPLACE": (2, 3),
    "REPT": (2,), "RIGHT": (2,), "ROUND": (2,), "ROUNDDOWN": (2,), "ROUNDUP": (2,), "SEARCH": (3,), "SMALL": (2,),
    "SORT": (2, 3), "SUBSTITUTE": (4,), "SUBTOTAL": (1,), "TAKE": (2, 3), "TRUNC": (2,), "VDB": (7,),
    "VLOOKUP": (3, 4), "WEEKDAY": (2,), "WEEKNUM": (2,), "WORKDAY.INTL": (3,), "XIRR": (3,), "XLOOKUP": (5, 6),
    "XMATCH": (3, 4), "YEARFRAC": (3,),
}  # fmt: skip
VOLATILE = {"OFFSET", "INDIRECT", "NOW", "TODAY", "RAND", "RANDBETWEEN", "RANDARRAY", "CELL", "INFO"}
SHAPE_ONLY = {"ROW", "ROWS", "COLUMN", "COLUMNS", "AREAS", "SHEET", "SHEETS"}  # look where a range lies, not into it
CHANGES_BY_ITSELF = {"NOW", "TODAY", "RAND", "RANDBETWEEN", "RANDARRAY"}  # gives another value without any input
FUTURE = re.compile(r"^(_xlfn\.|_xlws\.|_xludf\.)+", re.IGNORECASE)  # how the file marks functions newer than 2007
LINK = re.compile(r"\[[0-9]+\]")

SHEET = r"(?:('(?:[^']|'')*'|[^'!\[\]]*)!)?"
CELLS = re.compile(SHEET + r"(\$?)([A-Za-z]{1,3})(\$?)([0-9]{1,7})(?::(\$?)([A-Za-z]{1,3})(\$?)([0-9]{1,7}))?")
COLUMNS = re.compile(SHEET + r"(\$?)([A-Za-z]{1,3}):(\$?)([A-Za-z]{1,3})")
ROWS = re.compile(SHEET + r"(\$?)([0-9]{1,7}):(\$?)([0-9]{1,7})")


class Parsed(NamedTuple):
    """What a formula says. ``shape`` is the relative form without its references and numbers.

    ``references`` are those whose values the formula reads: ROW(A1) does not read A1.
    """

    form: str
    shape: str
    numbers: tuple[str, ...]
    functions: tuple[str, ...]
    references: tuple[str, ...]
    linked: bool


class Area(NamedTuple):
    """A reference of a formula: sheet (None: its own) and bounds, first and last row and column."""

    sheet: str | None
    top: int
    left: int
    bottom: int
    right: int


def parse(text: str, row: int, column: int) -> Parsed | None:
    """Read the formula (without "=") of a cell; None where it is no formula."""
    try:
        tokens = list(formualizer.tokenize("=" + text))
    except formualizer.TokenizerError:
        return None
    form, shape, numbers, functions, references = [], [], [], [], []
    linked = False
    calls: list[list] = []  # open brackets: [function or "", argument]
    before = sign = ""  # the token in front of an operand, and the sign between the two
    for token in tokens:
        kind, value = str(token.token_type), token.value
        if kind == "Whitespace":
            continue
        mark = value
        if kind == "Operand":
            subtype = str(token.subtype)
            if subtype == "Range":
                mark = relative(value, row, column)
                if not (calls and calls[-1][0] in SHAPE_ONLY):
                    references.append(value)
                linked = linked or ("[" in value and LINK.search(value) is not None)
                shape.append("#")
            elif subtype == "Number":
                if not _needs_no_name(value, before, calls):
                    numbers.append(sign + value)
                shape.append("0")
            else:
                shape.append(value)
            form.append(mark)
            before, sign = value, ""
            continue
        subtype = str(token.subtype)
        if kind == "Func" and subtype == "Open":
            name = FUTURE.sub("", value[:-1]).upper()
            functions.append(name)
            linked = linked or "[" in value
            calls.append([name, 1])
            mark = name + "("
        elif subtype == "Open":
            calls.append(["", 1])
        elif subtype == "Close":
            if calls:
                calls.pop()
        elif kind == "Sep" and calls and value == ",":
            calls[-1][1] += 1
        form.append(mark)
        shape.append(mark)
        if kind == "OpPrefix":
            sign = value if value == "-" else ""
        else:
            before, sign = value, ""
    return Parsed("".join(form), "".join(shape), tuple(numbers), tuple(functions), tuple(references), linked)


def _needs_no_name(value: str, before: str, calls: list[list]) -> bool:
    if value in NEUTRAL or (before == "^" and value in AS_EXPONENT) or (before == "/" and value in AS_DIVISOR):
        return True
    if float(value) in (0.0, 1.0):
        return True
    for function, argument in reversed(calls):
        if function == "TEXT" and argument == 1 and before == "/" and value in AS_SCALE:
            return True
        if function:
            return argument in CHOICES.get(function, ())
    return False


@lru_cache(maxsize=200_000)
def pieces(reference: str):
    """Sheet prefix, first and last corner of a reference: (row mark, row, column mark, column), last None for a cell.

    None for a name, a table column, another file. The sheet prefix is as it stands, quotes and all.
    """
    found = CELLS.fullmatch(reference)
    if found:
        sheet, column_1, letters_1, row_1, digits_1, column_2, letters_2, row_2, digits_2 = found.groups()
        first = (row_1, int(digits_1), column_1, column_number(letters_1))
        if digits_2 is None:
            return sheet, first, None
        return sheet, first, (row_2, int(digits_2), column_2, column_number(letters_2))
    found = COLUMNS.fullmatch(reference)
    if found:
        sheet, column_1, letters_1, column_2, letters_2 = found.groups()
        return sheet, ("$", 1, column_1, column_number(letters_1)), ("$", LAST_ROW, column_2, column_number(letters_2))
    found = ROWS.fullmatch(reference)
    if found:
        sheet, row_1, digits_1, row_2, digits_2 = found.groups()
        return sheet, (row_1, int(digits_1), "$", 1), (row_2, int(digits_2), "$", LAST_COLUMN)
    return None


def relative(reference: str, row: int, column: int) -> str:
    """A reference as seen from a cell: B7 from C7 is R[0]C[-1]. Names stay names."""
    parts = pieces(reference)
    if parts is None:
        return reference.upper()
    sheet, first, last = parts
    text = f"{sheet}!" if sheet else ""
    for part in (first, last):
        if part is not None:
            row_mark, at_row, column_mark, at_column = part
            text += f"R{at_row}" if row_mark else f"R[{at_row - row}]"
            text += f"C{at_column}:" if column_mark else f"C[{at_column - column}]:"
    return text[:-1]


def area(reference: str) -> Area | None:
    """The cells of a reference; None for names, table columns and other files."""
    parts = pieces(reference)
    if parts is None:
        return None
    sheet, first, last = parts
    last = last or first
    name = sheet.strip("'").replace("''", "'") if sheet else None
    rows, columns = sorted((first[1], last[1])), sorted((first[3], last[3]))
    return Area(name, rows[0], columns[0], rows[1], columns[1])
