"""How xlwings Lite calls a function: every cell comes as rows of values, an answer leaves as what Excel can show.

Text such as "#NUM!" becomes a real Excel error. A #VALUE! with its sentence is raised, because that is the one error
with which Lite shows a message.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable

from xlwings import XlwingsError, arg

from tokenbook.udfs.functions.cleaning import Argument
from tokenbook.udfs.functions.declare import ExcelFunction, registered
from tokenbook.udfs.functions.errors import VALUE, CellError

declared: dict[str, ExcelFunction] = {}  # those that this workbook offers, by Python name


def cell(body: Callable[..., object]) -> Callable[..., object]:
    """Wrap a registered function for cells; ``@func`` above it makes it known to Excel."""
    function = declared[body.__name__] = registered()[body.__name__]

    def call(*values: object) -> object:
        result = function.in_cell(*values)
        if isinstance(result, CellError) and result == VALUE and result.message:
            raise XlwingsError(result.message)
        if isinstance(result, list):
            return [[_plain(item) for item in row] for row in result]
        return _plain(result)

    call.__name__ = call.__qualname__ = body.__name__
    call.__module__ = body.__module__
    call.__doc__ = function.help.summary
    call.__annotations__ = {}  # xlwings would take types for converters
    signature = inspect.Signature([_parameter(argument) for argument in function.arguments])
    vars(call)["__signature__"] = signature
    for argument in function.arguments:
        about = function.help.arguments[argument.name]
        explained = f"{about.takes}, {about.unit}. {about.text}"
        call = arg(argument.name, doc=explained, ndim=2, err_to_str=True)(call)  # rows also for a row or column
    return call


def _parameter(argument: Argument) -> inspect.Parameter:
    default = None if argument.optional else inspect.Parameter.empty
    return inspect.Parameter(argument.name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)


def _plain(value: object) -> object:
    return str(value) if isinstance(value, CellError) else value
