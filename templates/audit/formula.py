"""One formula as an auditor reads it: its relative form, its numbers, its functions, what it refers to.

The relative form is the formula in R1C1 notation: two cells that were copied from each other have the same one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from tokenbook.templates.formulas.references import relative
from tokenbook.templates.formulas.tokens import (
    CLOSE,
    FUNCTION,
    NUMBER,
    OPEN,
    OPERAND,
    PREFIX,
    RANGE,
    SEPARATOR,
    SHAPE_ONLY,
    SPACE,
    tokens,
)

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
FUTURE = re.compile(r"^(_xlfn\.|_xlws\.|_xludf\.)+", re.IGNORECASE)  # how the file marks functions newer than 2007
LINK = re.compile(r"\[[0-9]+\]")


@dataclass(slots=True)
class Call:
    """An open bracket: its function (or ""), and in which argument we are."""

    function: str
    argument: int = 1


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


def parse(text: str, row: int, column: int) -> Parsed | None:
    """Read the formula (without "=") of a cell; None where it is no formula."""
    found = tokens(text)
    if found is None:
        return None
    form: list[str] = []
    shape: list[str] = []
    numbers: list[str] = []
    functions: list[str] = []
    references: list[str] = []
    linked = False
    calls: list[Call] = []
    before = sign = ""  # the token in front of an operand, and the sign between the two
    for token in found:
        kind, subtype, value = token.token_type, token.subtype, token.value
        if kind == SPACE:
            continue
        mark = value
        if kind == OPERAND:
            if subtype == RANGE:
                mark = relative(value, row, column)
                if not (calls and f"{calls[-1].function}(" in SHAPE_ONLY):
                    references.append(value)
                linked = linked or ("[" in value and LINK.search(value) is not None)
                shape.append("#")
            elif subtype == NUMBER:
                if not _needs_no_name(value, before, calls):
                    numbers.append(sign + value)
                shape.append("0")
            else:
                shape.append(value)
            form.append(mark)
            before, sign = value, ""
            continue
        if kind == FUNCTION and subtype == OPEN:
            name = FUTURE.sub("", value[:-1]).upper()
            functions.append(name)
            linked = linked or "[" in value
            calls.append(Call(name))
            mark = name + "("
        elif subtype == OPEN:
            calls.append(Call(""))
        elif subtype == CLOSE:
            if calls:
                calls.pop()
        elif kind == SEPARATOR and calls and value == ",":
            calls[-1].argument += 1
        form.append(mark)
        shape.append(mark)
        if kind == PREFIX:
            sign = value if value == "-" else ""
        else:
            before, sign = value, ""
    return Parsed("".join(form), "".join(shape), tuple(numbers), tuple(functions), tuple(references), linked)


def _needs_no_name(value: str, before: str, calls: list[Call]) -> bool:
    if value in NEUTRAL or (before == "^" and value in AS_EXPONENT) or (before == "/" and value in AS_DIVISOR):
        return True
    if float(value) in (0.0, 1.0):
        return True
    for call in reversed(calls):
        if call.function == "TEXT" and call.argument == 1 and before == "/" and value in AS_SCALE:
            return True
        if call.function:
            return call.argument in CHOICES.get(call.function, ())
    return False
