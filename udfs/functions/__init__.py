"""The Excel functions: thin, documented, one file per category. ``registry()`` lists them for every host.

A new function is one decorated function in the file of its category; help, hosts, docs and tests follow from it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from tokenbook.udfs.functions.errors import CellError, FunctionError

if TYPE_CHECKING:
    from tokenbook.udfs.functions.declare import ExcelFunction

MODULES = (
    "unit_cost", "workload", "margins", "curves", "cash_flow", "returns", "depreciation", "frontier", "deployment",
    "risk", "baselines", "claims",
)  # fmt: skip

__all__ = ["CellError", "FunctionError", "registry"]


def registry() -> "dict[str, ExcelFunction]":
    """All functions: Python name -> ``declare.ExcelFunction``, in the order of the categories."""
    from tokenbook.udfs.functions import declare

    for module in MODULES:
        import_module(f"tokenbook.udfs.functions.{module}")
    return declare.registered()
