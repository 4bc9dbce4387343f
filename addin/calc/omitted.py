"""Arguments left out in the middle of a call. Calc hands over 0 for them: ``TOK_NPV(0.1,B2:F2,,"mid")``.

Cells are told apart from what is written into the formula, so only a written (or calculated) 0 is in doubt. It counts
as left out where 0 could not be meant, as 0 where that is the default anyway, and is refused where both could be meant.
"""

from __future__ import annotations

from tokenbook.addin.calc.protocol import Literal, TooLargeError
from tokenbook.udfs.functions import CellError
from tokenbook.udfs.functions.arguments import OMITTED, Count, Number
from tokenbook.udfs.functions.cleaning import Argument
from tokenbook.udfs.functions.declare import ExcelFunction


def given(function: ExcelFunction, arguments: list[object]) -> list[object] | CellError:
    """The arguments as the function is given them; a CellError where it cannot be told what was meant."""
    while arguments and arguments[-1] is OMITTED:
        arguments.pop()
    last = len(arguments) - 1
    found = []
    for position, value in enumerate(arguments):
        if value is TooLargeError:
            return CellError("#VALUE!", "a range is too large")
        if isinstance(value, Literal):
            value = float(value)
            if value == 0.0 and position < min(last, len(function.arguments)):
                value = left_out_or_zero(function.arguments[position])
                if value is None:
                    return CellError("#VALUE!", "write the default instead of leaving an argument out")
        found.append(value)
    return found


def left_out_or_zero(argument: Argument) -> object:
    """What a written 0 before the last argument means: 0.0, OMITTED, or None where it cannot be told."""
    kind = argument.kind
    if not isinstance(kind, (Number, Count)) or (isinstance(kind, Count) and kind.low > 0):
        return OMITTED
    if not argument.optional or argument.default == 0:
        return 0.0
    if isinstance(kind, Count):
        return None
    if kind.low > 0 or kind.above >= 0:
        return OMITTED
    return None
