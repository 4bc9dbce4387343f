"""The Excel functions: thin, documented, one file per category. ``registry()`` lists them for every host.

A new function is one decorated function in the file of its category; help, hosts, docs and tests follow from it.
"""

from importlib import import_module

from tokenbook.udfs.functions.errors import CellError, FunctionError

MODULES = ("unit_cost", "curves", "cash_flow", "frontier", "deployment", "risk", "baselines")

__all__ = ["CellError", "FunctionError", "registry"]


def registry():
    """All functions: Python name -> ``declare.ExcelFunction``, in the order of the categories."""
    from tokenbook.udfs.functions import declare

    for module in MODULES:
        import_module(f"tokenbook.udfs.functions.{module}")
    return declare.registered()
