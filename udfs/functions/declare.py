"""The registry of Excel functions: one decorator makes a plain Python function callable from every host.

The decorated body sees clean arguments only (see ``arguments``) and returns what a kernel returned. Around it stand

* ``call``: for Python. Raises the typed error of ``errors``; rows of a batch without an answer are ``nan``.
* ``in_cell``: for hosts. Never raises; gives finite floats, text, logical values, Excel errors, or rows of these.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from udfs.functions.arguments import OMITTED, Clean, Kind, Number, Series, Table, clean
from udfs.functions.docstrings import Help, parse
from udfs.functions.errors import (
    CODES,
    NUM,
    VALUE,
    CellError,
    FunctionError,
    NotFoundError,
    WrongTypeError,
    error_for,
)

CATEGORIES = ("Unit cost", "Curves", "Cash flow", "Frontier", "Deployment", "Risk", "Baselines")
SHAPES = ("elementwise", "rows", "curve", "table")


@dataclass(frozen=True, slots=True)
class Argument:
    name: str
    kind: Kind
    default: object = OMITTED

    @property
    def optional(self) -> bool:
        return self.default is not OMITTED


@dataclass(frozen=True)
class ExcelFunction:
    """A function of the add-in with all that a host, a help page or a test wants to know of it."""

    body: Callable
    category: str
    shape: str
    no_answer: str
    arguments: tuple[Argument, ...]
    python_name: str
    names: dict[str, int] = field(repr=False)

    @property
    def name(self) -> str:
        """The name in a cell: ``TOK_NPV``."""
        return self.python_name.upper()

    @cached_property
    def help(self) -> Help:
        return parse(self.body.__doc__ or "", self.name)

    @property
    def signature(self) -> str:
        """As functions.md writes it: ``TOK_COST(usd_per_gpu_hour, tok_s_per_gpu, [utilization])``."""
        shown = [f"[{a.name}]" if a.optional else a.name for a in self.arguments]
        return f"{self.name}({', '.join(shown)})"

    # --- the two ways in ---------------------------------------------------------------------------------------

    def call(self, *args, **kwargs):
        """Call from Python: numbers, lists, arrays in; a float or an array out; a typed error for no answer."""
        if kwargs:
            args = self._positional(args, kwargs)
        result, codes, _ = self._run(args)
        if isinstance(result, float):
            if math.isfinite(result):
                return result
            raise error_for(self.no_answer, f"{self.name}: these arguments have no answer")
        if isinstance(result, np.ndarray):
            if result.ndim == 0:
                return self._scalar(float(result))
            if codes is not None and self.shape in ("elementwise", "rows") and result.shape == codes.shape:
                result = np.where(codes > 0, np.nan, result)
        return result

    def in_cell(self, *args):
        """Call from a host. Whatever happens, the answer is something that a cell can hold."""
        try:
            result, codes, layout = self._run(args)
            return self._to_cells(result, codes, layout)
        except FunctionError as error:
            return CellError(error.code, str(error))
        except LookupError as error:
            return CellError(NotFoundError.code, _sentence(error))
        except MemoryError:
            return CellError(NUM, f"{self.name}: these ranges are too large for this machine's memory")
        except Exception as error:  # a host must never see a traceback; the sentence says what to report
            return CellError(VALUE, f"{self.name}: {type(error).__name__}: {error}")

    # --- what happens in between -------------------------------------------------------------------------------

    def _positional(self, args, kwargs):
        values = list(args) + [OMITTED] * (len(self.arguments) - len(args))
        for name, value in kwargs.items():
            if name not in self.names:
                raise TypeError(f"{self.python_name}() has no argument {name!r}; it takes {', '.join(self.names)}")
            values[self.names[name]] = value
        return values

    def _run(self, args):
        """Clean the arguments, call the body; the result, its error indices, and how the input lay."""
        if len(args) > len(self.arguments):
            raise WrongTypeError(f"{self.name}: takes {len(self.arguments)} arguments, {len(args)} were given")
        given = len(args)
        values: list[object] = []
        ranges: list[tuple[Argument, Clean]] = []
        for position, argument in enumerate(self.arguments):
            raw = args[position] if position < given else OMITTED
            kind = argument.kind
            if type(raw) is float and type(kind) is Number:  # by far the most frequent case in a sheet
                if not (kind.low <= raw <= kind.high and raw > kind.above and (raw or not kind.divisor)):
                    kind.check(argument.name, raw)
                values.append(raw)
                continue
            if _blank(raw):
                if not argument.optional:
                    raise WrongTypeError(f"{argument.name}: is {'missing' if raw is OMITTED else 'blank'}")
                values.append(argument.default)
                continue
            cleaned = clean(kind, argument.name, raw)
            values.append(cleaned.value)
            if isinstance(cleaned.value, (np.ndarray, dict)) or cleaned.codes is not None:
                ranges.append((argument, cleaned))
        if not ranges:
            return _unwrapped(self.body(*values)), None, None
        self._check_sizes(ranges)
        codes = self._codes(ranges)
        return _unwrapped(self.body(*values)), codes, ranges

    def _scalar(self, value: float) -> float:
        if math.isfinite(value):
            return value
        raise error_for(self.no_answer, f"{self.name}: these arguments have no answer")

    def _check_sizes(self, ranges) -> None:
        """Ranges must fit each other: element by element, or one value per scenario row."""
        if self.shape == "elementwise":
            shapes = {a.name: c.value.shape for a, c in ranges if isinstance(c.value, np.ndarray)}
        else:
            shapes = {a.name: _scenarios(a.kind, c.value) for a, c in ranges if isinstance(c.value, np.ndarray)}
            periods = {
                a.name: c.value.shape[-1] for a, c in ranges if isinstance(a.kind, Series) and c.value.ndim
            }
            if len(set(periods.values())) > 1:
                raise WrongTypeError(f"{self.name}: {_listed(periods)} differ in the number of periods")
        try:
            np.broadcast_shapes(*shapes.values())
        except ValueError:
            sizes = {name: " x ".join(map(str, shape)) for name, shape in shapes.items()}
            raise WrongTypeError(f"{self.name}: {_listed(sizes)} are of different size") from None

    def _codes(self, ranges) -> np.ndarray | None:
        combined = None
        for _, cleaned in ranges:
            if cleaned.codes is None:
                continue
            if combined is None:
                combined = cleaned.codes
            else:
                left, right = np.broadcast_arrays(combined, cleaned.codes)
                combined = np.where(left > 0, left, right)
        return combined

    def _to_cells(self, result, codes, ranges):
        if isinstance(result, np.ndarray) and result.ndim == 0:
            result = result.item()
        if not isinstance(result, (np.ndarray, list, tuple)):
            return self._cell(result)
        if isinstance(result, np.ndarray) and self.shape != "table":
            return self._grid(result, codes, ranges or [])
        rows = result if isinstance(result[0], (list, tuple, np.ndarray)) else [result]
        return [[self._cell(item) for item in row] for row in rows]

    def _grid(self, result: np.ndarray, codes, ranges):
        """Rows of cells in the orientation in which the arguments came."""
        down = any(c.column for _, c in ranges)
        along = self.shape == "curve" and any(c.row for _, c in ranges)
        if self.shape == "elementwise":
            grid = result if result.ndim == 2 else result[None, :]
            spoilt = None if codes is None else np.broadcast_to(codes, result.shape).reshape(grid.shape)
        elif self.shape == "rows":
            across = result.ndim == 1 and any(c.row for _, c in ranges) and not _batch(ranges)
            grid = result[None, :] if across else result.reshape(len(result), -1)
            spoilt = None if codes is None else codes.reshape(grid.shape[:1] if not across else (1, -1))
            spoilt = spoilt if spoilt is None or spoilt.ndim == 2 else np.repeat(spoilt[:, None], grid.shape[1], 1)
        else:
            grid = result if result.ndim == 2 else result[None, :]
            spoilt = None if codes is None else np.broadcast_to(codes[:, None], grid.shape)
            if (down and result.ndim == 1) or along:
                grid, spoilt = grid.T, None if spoilt is None else spoilt.T
        if spoilt is None and np.isfinite(grid).all():
            return grid.tolist()
        rows = []
        for index, row in enumerate(grid.tolist()):
            marks = spoilt[index] if spoilt is not None else [0] * len(row)
            rows.append([CellError(CODES[m]) if m else self._cell(v) for v, m in zip(row, marks, strict=True)])
        return rows

    def _cell(self, value):
        if isinstance(value, float):
            if math.isfinite(value):
                return value
            return CellError(self.no_answer, f"{self.name}: these arguments have no answer")
        if isinstance(value, (bool, np.bool_)):
            return bool(value)
        if isinstance(value, (int, np.integer)):
            return float(value)
        if isinstance(value, np.floating):
            return self._cell(float(value))
        return "" if value is None else value if isinstance(value, str) else str(value)


_FUNCTIONS: dict[str, ExcelFunction] = {}


def excel_function(category: str, *, shape: str = "elementwise", no_answer: str = NUM):
    """Register a function. Its annotations are argument kinds; its docstring is the help of every host.

    shape: ``elementwise`` (ranges broadcast), ``rows`` (one result per scenario row), ``curve`` (one result per
    period and scenario), ``table`` (rows of cells as the body returns them).
    """
    if category not in CATEGORIES or shape not in SHAPES:
        raise ValueError(f"unknown category or shape: {category!r}, {shape!r}")

    def register(body: Callable) -> Callable:
        parameters = inspect.signature(body, eval_str=True).parameters.values()
        empty = inspect.Parameter.empty
        arguments = tuple(
            Argument(p.name, p.annotation, OMITTED if p.default is empty else p.default) for p in parameters
        )
        names = {argument.name: position for position, argument in enumerate(arguments)}
        function = ExcelFunction(body, category, shape, no_answer, arguments, body.__name__, names)
        if function.python_name in _FUNCTIONS:
            raise ValueError(f"{function.python_name} is registered twice")
        _FUNCTIONS[function.python_name] = function
        return body

    return register


def registered() -> dict[str, ExcelFunction]:
    """Functions by Python name, in the order of their registration."""
    return _FUNCTIONS


def _blank(raw) -> bool:
    return raw is None or raw is OMITTED or (isinstance(raw, str) and not raw.strip())


def _unwrapped(result):
    return float(result) if isinstance(result, np.floating) else result


def _scenarios(kind: Kind, value: np.ndarray) -> tuple[int, ...]:
    return value.shape[:-1] if isinstance(kind, Series) else value.shape


def _batch(ranges) -> bool:
    return any(isinstance(a.kind, Series) and c.value.ndim == 2 for a, c in ranges) or any(
        isinstance(a.kind, Table) for a, _ in ranges
    )


def _listed(items: dict) -> str:
    parts = [f"{name} ({value})" for name, value in items.items()]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _sentence(error: LookupError) -> str:
    return str(error.args[0]) if error.args else str(error)
