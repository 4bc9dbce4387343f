"""One function call as Excel's client sends it: cells in, cells out.

The client sends each argument as a matrix (null where it was left out) and wants a matrix back. Errors go as Office.js
error values; the sentence behind a single error goes with it as ``message``, which our client shows on hovering.
"""

from __future__ import annotations

import sys
from typing import Any

from tokenbook.udfs.errors import TokenbookError
from tokenbook.udfs.functions import registry
from tokenbook.udfs.functions.arguments import OMITTED
from tokenbook.udfs.functions.errors import VALUE, CellError, is_error

ERROR_TYPES = {  # errorType of Office.js
    "#VALUE!": "Value",
    "#NUM!": "Num",
    "#DIV/0!": "Div0",
    "#N/A": "NotAvailable",
    "#REF!": "Ref",
    "#NAME?": "Name",
    "#NULL!": "Null",
    "#SPILL!": "Spill",
    "#CALC!": "Calc",
    "#GETTING_DATA": "GettingData",
    "#BUSY!": "Busy",
}
CODES = {kind: code for code, kind in ERROR_TYPES.items()}
OLD_RUNTIMES = ("1.1", "1.2", "1.3")  # know no error values: the cell shows the text
MOST_ARGUMENTS = 64
LARGEST = sys.float_info.max
FUNCTIONS = registry()


class BadCallError(TokenbookError):
    """The request is not a call of one of our functions."""


def call(body: object) -> dict[str, Any]:
    """Answer one request body: ``{"result": [[cell, ...], ...]}``. Never raises for what a cell holds."""
    if not isinstance(body, dict):
        raise BadCallError("a call is an object with func_name and args")
    function = FUNCTIONS.get(str(body.get("func_name")).lower())
    if function is None:
        raise BadCallError("there is no such function; install the newest version of the add-in")
    arguments = body.get("args")
    if not isinstance(arguments, list) or len(arguments) > MOST_ARGUMENTS:
        raise BadCallError("args is a list with an entry for each argument")
    try:
        given = [_argument(item) for item in arguments]
    except ValueError as error:
        result = CellError(VALUE, str(error))
    else:
        while given and given[-1] is OMITTED:
            given.pop()
        result = function.in_cell(*given)
    old = body.get("runtime") in OLD_RUNTIMES
    if not isinstance(result, list):
        return {"result": [[_cell(result, old, alone=True)]]}
    return {"result": [[_cell(value, old) for value in row] for row in result]}


def _argument(item: object) -> object:
    if item is None:
        return OMITTED
    if not isinstance(item, list):
        return _value(item)
    rows = [[_value(value) for value in row] if isinstance(row, list) else [_value(row)] for row in item]
    if len({len(row) for row in rows}) > 1:
        raise ValueError("a range has rows of the same length")
    if len(rows) == 1 and len(rows[0]) == 1:
        return rows[0][0]
    return rows


def _value(value: object) -> float | str | bool | None:
    if isinstance(value, dict):  # a cell value with a type: an error, a formatted number, an entity
        if value.get("type") == "Error":
            return CellError(CODES.get(str(value.get("errorType")), VALUE))
        value = value.get("basicValue")
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float)):
        if not abs(value) <= LARGEST:
            raise ValueError("a number is finite")
        return float(value)
    if isinstance(value, str):
        return CellError(value) if is_error(value) else value or None
    raise ValueError("a cell holds a number, a text or a logical value")


def _cell(value: object, old: bool, *, alone: bool = False) -> object:
    if not isinstance(value, CellError):
        return value
    if old:
        return value.message or str(value) if alone else str(value)
    error = {"type": "Error", "errorType": ERROR_TYPES.get(str(value), "Value")}
    if alone and value.message:
        error["message"] = value.message
    return error
