"""Runs the shared table through xlwings' own ``call_udf``, with COM stubbed, in a process of its own.

    python classic_process.py OUT.pickle

Everything below ``xlwings.udfs.call_udf`` is xlwings' code for Windows; only pywin32 is replaced. Cells arrive as
ranges with COM's values: errors as numbers, dates as datetimes, omitted arguments as DISP_E_PARAMNOTFOUND.
"""

import ctypes
import datetime as dt
import importlib.util
import pickle
import sys
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import MagicMock

MISSING = -2147352572
ANYTHING = MagicMock()
TABLE = Path(__file__).parents[2] / "hosts" / "cases.py"


def stub_pywin32():
    class ComError(Exception):
        pass

    def module(name, **attributes):
        made = MagicMock(name=name)
        made.__name__, made.__spec__, made.__file__ = name, None, f"{name}.pyd"
        for key, value in attributes.items():
            setattr(made, key, value)
        sys.modules[name] = made
        return made

    dispatch = "{IDispatch}"
    module("pywintypes", com_error=ComError, TimeType=dt.datetime, IID=str)
    module("pythoncom", IID_IDispatch=dispatch, TypeIIDs={dispatch: type("PyIDispatch", (), {})}, com_error=ComError)
    for name in ("win32api", "win32con", "win32gui", "win32process", "win32timezone", "win32event", "comtypes"):
        module(name)
    sys.modules["win32timezone"].TimeZoneInfo = type(
        "TimeZoneInfo", (dt.tzinfo,), {"utc": staticmethod(lambda: dt.UTC)}
    )
    client = module("win32com.client", Dispatch=lambda value, **_: value)
    for name in ("CDispatch", "CoClassBaseClass", "DispatchBaseClass"):
        setattr(client, name, type(name, (), {}))
    module("win32com", client=client)
    for name in ("dispatcher", "policy", "util", "exception"):
        module(f"win32com.server.{name}")
    for name in ("win32com.server", "win32com.universal"):
        module(name)
    ctypes.windll = ctypes.oledll = MagicMock()


def load_xlwings():
    """xlwings as it is on Windows: its decorators, and the module behind CallUDF."""
    stub_pywin32()
    import xlwings

    loader, ctypes.PyDLL = ctypes.PyDLL, MagicMock()
    try:
        from xlwings import _xlwindows, udfs
    finally:
        ctypes.PyDLL = loader
    from xlwings.main import Engine

    xlwings._xlwindows = _xlwindows
    if "excel" not in [engine.name for engine in xlwings.engines]:
        xlwings.engines.add(Engine(impl=_xlwindows.engine))
    xlwings.func, xlwings.arg, xlwings.ret = udfs.xlfunc, udfs.xlarg, udfs.xlret
    _xlwindows.is_range_instance = lambda value: isinstance(value, ComRange)
    sys.modules["xlwings.com_server"] = SimpleNamespace(loop=None)
    return udfs


class ComRange:
    """A range as COM hands it over: ``Value`` is a scalar for one cell, a tuple of tuples for more."""

    def __init__(self, rows):
        self.rows = rows
        self.Rows, self.Columns = SimpleNamespace(Count=len(rows)), SimpleNamespace(Count=len(rows[0]))

    def __getattr__(self, name):  # sheet, book: xlwings looks at them, our function does not
        return ANYTHING

    @property
    def Value(self):
        return self.rows[0][0] if len(self.rows) == len(self.rows[0]) == 1 else self.rows


def as_com(table, value):
    if value is table.OMITTED:
        return MISSING
    rows = value if isinstance(value, list) else [[value]]
    return ComRange(tuple(tuple(com_value(table, cell) for cell in row) for row in rows))


def com_value(table, cell):
    from tokenbook.addin.classic.functions import COM_ERROR_BASE, ERROR_NUMBERS

    if isinstance(cell, table.CellError):
        return COM_ERROR_BASE + ERROR_NUMBERS[str(cell)]
    if isinstance(cell, dt.datetime):
        return cell.replace(tzinfo=dt.UTC)  # as pywin32 gives it
    return cell


def main(out: Path):
    udfs = load_xlwings()
    spec = importlib.util.spec_from_file_location("host_cases", TABLE)
    table = sys.modules["host_cases"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(table)

    def call(name, *arguments):
        return udfs.call_udf("tokenbook.addin.classic.functions", "call", (name, *arguments), None, None)

    found = {
        case.key: call(case.function, *(as_com(table, value) for value in case.arguments)) for case in table.cases()
    }
    others = {
        "currency": call("tok_cost", ComRange(((Decimal("1.95"),),)), ComRange(((28012.9,),)), MISSING),
        "written into the formula": call("tok_cost", 1.95, 28012.9, MISSING),
        "array in the formula": call("tok_npv", 0.1, ((-5.0, 25.0, 25.0, 25.0),), MISSING, MISSING),
        "an error in the formula": call("tok_cost", -2146826281, 28012.9, MISSING),
        "unknown function": call("tok_of_tomorrow", 1.0),
    }
    out.write_bytes(pickle.dumps((found, others)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
