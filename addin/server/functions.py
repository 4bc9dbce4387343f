"""Our functions as xlwings custom functions: what xlwings Server writes into the metadata that Excel shows.

Calls go through ``calls`` (routes in front of xlwings' own), so these bodies are the way in for scripts only.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable

# Not xlwings.func: that is a no-op where xlwings was imported before the server said that it is one.
from xlwings.server import arg, func

from tokenbook.udfs.functions import registry
from tokenbook.udfs.functions.declare import ExcelFunction


def custom_functions() -> dict[str, object]:
    """Python name -> decorated function, with Excel's names, descriptions and optional arguments."""
    return {name: _custom(function) for name, function in registry().items()}


def _custom(function: ExcelFunction) -> Callable[..., object]:
    def body(*args: object) -> object:
        result = function.in_cell(*args)
        return result if isinstance(result, list) else [[result]]

    body.__name__ = body.__qualname__ = function.python_name
    body.__doc__ = function.help.summary
    plain = inspect.Parameter.POSITIONAL_OR_KEYWORD
    signature = inspect.Signature(
        [
            inspect.Parameter(each.name, plain, default=None if each.optional else inspect.Parameter.empty)
            for each in function.arguments
        ]
    )
    vars(body)["__signature__"] = signature
    decorated: Callable[..., object] = func(body)
    for each in function.arguments:
        about = function.help.arguments[each.name]
        unit = f" [{about.unit}]" if about.unit else ""
        decorated = arg(each.name, doc=f"{about.text}{unit}")(decorated)
    return decorated
