"""What a cell of Excel calls, through xlwings' COM server: one function that takes the name of ours and its arguments.

Values cross COM as Excel has them (``raw``), so that nothing is lost on the way: an error cell is a number, a date a
datetime, a currency a Decimal. Errors go back as marked text, which the VBA wrapper turns into real Excel errors.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import xlwings as xw

from tokenbook.udfs.functions import CellError, about, registry
from tokenbook.udfs.functions.arguments import EXCEL_EPOCH, OMITTED

MARK = "\ue000"  # a private character in front of an error's text
COM_MISSING = -2147352572  # DISP_E_PARAMNOTFOUND
COM_ERROR_BASE = -2146828288  # what COM adds to Excel's number of an error
ERROR_NUMBERS = {
    "#NULL!": 2000,
    "#DIV/0!": 2007,
    "#VALUE!": 2015,
    "#REF!": 2023,
    "#NAME?": 2029,
    "#NUM!": 2036,
    "#N/A": 2042,
    "#GETTING_DATA": 2043,
    "#SPILL!": 2045,
    "#CALC!": 2050,
    "#BUSY!": 2051,
}
ERRORS = {COM_ERROR_BASE + number: error for error, number in ERROR_NUMBERS.items()}

about.host = "classic"


@xw.func
@xw.arg("name", "raw")
@xw.arg("arguments", "raw")
@xw.ret("raw")
def call(name: str, *arguments: object) -> object:
    """The value of a function of ours for a cell: ``call("tok_cost", 1.95, 28012.9, None)``."""
    function = registry().get(name)
    if function is None:  # wrappers of another version
        return MARK + "#NAME?"
    return for_excel(function.in_cell(*map(from_excel, arguments)))


def from_excel(value: object) -> object:
    """A value as COM gives it, as our functions take it; ranges as lists of rows."""
    if isinstance(value, (tuple, list)):  # xlwings reads very large ranges in pieces, as lists
        return [[from_excel(cell) for cell in row] for row in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        if value == COM_MISSING:
            return OMITTED
        return CellError(ERRORS[value]) if value in ERRORS else float(value)
    if isinstance(value, dt.datetime):
        return (value.replace(tzinfo=None) - EXCEL_EPOCH) / dt.timedelta(days=1)
    return float(value) if isinstance(value, Decimal) else value


def for_excel(value: object) -> object:
    """A value as COM takes it; errors as marked text."""
    if isinstance(value, list):
        return [[for_excel(cell) for cell in row] for row in value]
    return MARK + str(value) if isinstance(value, CellError) else value
