"""The registry of Excel functions: one decorator makes a plain Python function callable from every host.

The decorated body sees clean arguments only (see ``arguments``) and returns what a kernel returned. Around it stand

* ``call``: for Python. Raises the typed error of ``errors``; rows of a batch without an answer are ``nan``.
* ``in_cell``: for hosts. Never raises; gives finite floats, text, logical values, Excel errors, or rows of these.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import zip_longest
from typing import Any, TypeVar, get_type_hints

import numpy as np
from numpy.typing import NDArray

from tokenbook.udfs.functions.arguments import OMITTED, Block, Clean, Codes, Kind, Series, Vector
from tokenbook.udfs.functions.cleaning import EACH, PER_SCENARIO, REFUSED, Argument
from tokenbook.udfs.functions.docstrings import Help, parse
from tokenbook.udfs.functions.errors import CODES, NUM, VALUE, CellError, FunctionError, WrongTypeError, error_for

CATEGORIES = ("Unit cost", "Curves", "Cash flow", "Frontier", "Deployment", "Risk", "Baselines")
SHAPES = ("elementwise", "rows", "curve", "table", "lookup")

Body = TypeVar("Body", bound=Callable[..., Any])
Ranges = list[tuple[Argument, Clean]]


@dataclass(frozen=True)
class ExcelFunction:
    """A function of the add-in with all that a host, a help page or a test wants to know of it."""

    body: Callable[..., Any]
    category: str
    shape: str
    no_answer: str
    arguments: tuple[Argument, ...]
    names: dict[str, int] = field(repr=False)

    @property
    def python_name(self) -> str:
        return self.body.__name__

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

    @cached_property
    def call(self) -> Callable[..., Any]:
        """For Python: numbers, lists, arrays in; a float or an array out; a typed error for no answer."""

        @functools.wraps(self.body)
        def call(*args: Any, **kwargs: Any) -> Any:
            return self._for_python(self._positional(args, kwargs) if kwargs else args)

        vars(call)["__signature__"] = plain_signature(self.body)
        return call

    def in_cell(self, *args: Any) -> Any:
        """Call from a host. Whatever happens, the answer is something that a cell can hold."""
        try:
            result, codes, ranges = self._run(args)
            if type(result) is float and math.isfinite(result):
                return result
            return self._to_cells(result, codes, ranges)
        except FunctionError as error:
            return CellError(error.code, str(error))
        except MemoryError:
            return CellError(NUM, f"{self.name}: these ranges are too large for this machine's memory")
        except Exception as error:  # a host must never see a traceback; the sentence says what to report
            return CellError(VALUE, f"{self.name}: {type(error).__name__}: {error}")

    # --- in ----------------------------------------------------------------------------------------------------

    def _positional(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Any]:
        values = list(args) + [OMITTED] * (len(self.arguments) - len(args))
        for name, value in kwargs.items():
            if name not in self.names:
                raise TypeError(f"{self.python_name}() has no argument {name!r}; it takes {', '.join(self.names)}")
            if self.names[name] < len(args):
                raise TypeError(f"{self.python_name}() got {name!r} twice")
            values[self.names[name]] = value
        return values

    def _run(self, args: Sequence[Any]) -> tuple[Any, Codes | None, Ranges]:
        """Clean the arguments, call the body; its result, the error indices, and how the ranges lay."""
        if len(args) > len(self.arguments):
            raise WrongTypeError(f"{self.name}: takes {len(self.arguments)} arguments, {len(args)} were given")
        values: list[Any] = []
        ranges: Ranges = []
        for argument, raw in zip_longest(self.arguments, args, fillvalue=OMITTED):
            value = argument.read(raw)
            if type(value) is Clean:
                ranges.append((argument, value))
                value = value.value
            values.append(value)
        codes = None
        if ranges:
            self._check_sizes(ranges)
            codes = _combined(ranges)
        if self.shape == "lookup" and ranges:
            return self._each(values), None, ranges
        with np.errstate(all="ignore"):  # what leaves the domain is nan or inf, and becomes an error below
            result = self.body(*values)
        if isinstance(result, np.floating):
            return float(result), codes, ranges
        if isinstance(result, Coded):
            return result.values, _merged(codes, result.codes), ranges
        return result, codes, ranges

    def _each(self, values: list[Any]) -> NDArray[np.object_]:
        """Look every word of a range up for itself; an object array that may hold CellErrors."""
        shape = np.broadcast_shapes(*(value.shape for value in values if isinstance(value, np.ndarray)))
        each = [np.broadcast_to(v, shape) if isinstance(v, np.ndarray) else np.full(shape, v, object) for v in values]
        found: NDArray[Any] = np.empty(shape, dtype=object)
        for index in np.ndindex(shape):
            words = [value[index] for value in each]
            bad = next((word for word in words if isinstance(word, CellError)), None)
            try:
                found[index] = self.body(*words) if bad is None else bad
            except FunctionError as error:
                found[index] = CellError(error.code, str(error))
        return found

    def _check_sizes(self, ranges: Ranges) -> None:
        """Ranges must fit each other: element by element, or one value per scenario."""
        lengths = {a.name: c.value.shape[-1] for a, c in ranges if _is_paired(a.kind)}
        if len(set(lengths.values())) > 1:
            raise WrongTypeError(f"{self.name}: {_listed(lengths)} differ in length")
        shapes = {a.name: _scenarios(a.kind, c.value) for a, c in ranges}
        try:
            np.broadcast_shapes(*shapes.values())
        except ValueError:
            sizes = {name: " x ".join(map(str, shape)) for name, shape in shapes.items() if shape}
            raise WrongTypeError(f"{self.name}: {_listed(sizes)} are of different size") from None

    # --- out ---------------------------------------------------------------------------------------------------

    def _for_python(self, args: Sequence[Any]) -> Any:
        result, codes, _ = self._run(args)
        given = zip(self.arguments, args, strict=False)
        if any(isinstance(argument.kind, Series) and _is_batch_of_one(raw) for argument, raw in given):
            return np.atleast_1d(result) if self.shape == "rows" else np.atleast_2d(result)
        if isinstance(result, float):
            return self._answer(result)
        if not isinstance(result, np.ndarray):
            return result
        if result.dtype == object:
            return _without_errors(result)
        if result.ndim == 0:
            return self._answer(float(result))
        if self.shape == "curve" and result.ndim == 1 and not np.isfinite(result).any():
            raise error_for(self.no_answer, f"{self.name}: these arguments have no answer")
        return result if codes is None else np.where(self._spread(codes, result) > 0, np.nan, result)

    def _spread(self, codes: Codes, result: NDArray[Any]) -> Codes:
        """Error indices per element of the result: a spoilt scenario spoils its row."""
        if codes.ndim < result.ndim and self.shape != "elementwise":
            codes = codes[:, None]
        return np.broadcast_to(codes, result.shape)

    def _answer(self, value: float) -> float:
        if math.isfinite(value):
            return value
        raise error_for(self.no_answer, f"{self.name}: these arguments have no answer")

    def _to_cells(self, result: Any, codes: Codes | None, ranges: Ranges) -> Any:
        if isinstance(result, np.ndarray) and result.ndim == 0:
            result = result.item()
        if isinstance(result, np.ndarray) and result.dtype != object:
            return self._grid(result, codes, ranges)
        if not isinstance(result, (np.ndarray, list, tuple)):
            return self._cell(result)
        given = result if isinstance(result[0], (list, tuple, np.ndarray)) else [result]
        rows: list[list[Any]] = [[self._cell(item) for item in row] for row in given]
        if codes is not None:  # a label, then one column per scenario
            for column, code in enumerate(codes.tolist(), start=1):
                if code:
                    for row in rows:
                        row[column] = CellError(CODES[code])
        return rows

    def _grid(self, result: NDArray[Any], codes: Codes | None, ranges: Ranges) -> list[list[Any]]:
        """Rows of cells in the orientation in which the arguments came."""
        marks = np.zeros(result.shape, np.uint8) if codes is None else self._spread(codes, result)
        along = any(cleaned.row for _, cleaned in ranges)
        down = any(cleaned.column for _, cleaned in ranges)
        if self.shape == "elementwise":
            turn = False
        elif self.shape == "curve" or result.ndim == 2:  # a row per scenario, unless the ranges lay the other way
            turn = down or along
        else:  # one result per scenario: beside its row, or above its column
            turn = not (along and not any(isinstance(a.kind, Series) and c.value.ndim == 2 for a, c in ranges))
        grid, marks = np.atleast_2d(result), np.atleast_2d(marks)
        if turn:
            grid, marks = grid.T, marks.T
        if not marks.any() and np.isfinite(grid).all():
            plain: list[list[Any]] = grid.tolist()
            return plain
        return [
            [CellError(CODES[mark]) if mark else self._cell(value) for value, mark in zip(*pair, strict=True)]
            for pair in zip(grid.tolist(), marks.tolist(), strict=True)
        ]

    def _cell(self, value: Any) -> float | str | bool:
        if isinstance(value, (bool, np.bool_)):
            return bool(value)
        if isinstance(value, (int, float, np.integer, np.floating)):
            number = float(value)
            if math.isfinite(number):
                return number
            return CellError(self.no_answer, f"{self.name}: these arguments have no answer")
        return "" if value is None else value if isinstance(value, str) else str(value)


@dataclass(frozen=True, slots=True)
class Coded:
    """A result whose missing answers have their own errors: ``codes`` holds an error index per element, or 0."""

    values: NDArray[np.float64]
    codes: Codes


_FUNCTIONS: dict[str, ExcelFunction] = {}


def excel_function(category: str, *, shape: str = "elementwise", no_answer: str = NUM) -> Callable[[Body], Body]:
    """Register a function. Its annotations name the kinds of its arguments; its docstring is the help of every host.

    shape: ``elementwise`` (ranges broadcast), ``rows`` (one result per scenario), ``curve`` (a row of results per
    scenario), ``table`` (rows of cells as the body returns them), ``lookup`` (words, each looked up for itself).
    no_answer: the error for a result that is nan or infinite.
    """
    if category not in CATEGORIES or shape not in SHAPES:
        raise ValueError(f"unknown category or shape: {category!r}, {shape!r}")

    def register(body: Body) -> Body:
        if body.__name__ in _FUNCTIONS:
            raise ValueError(f"{body.__name__} is registered twice")
        _FUNCTIONS[body.__name__] = declared(body, category, shape, no_answer)
        return body

    return register


def declared(
    body: Callable[..., Any], category: str, shape: str = "elementwise", no_answer: str = NUM
) -> ExcelFunction:
    """The Excel function of a body, outside the registry."""
    of_a_range = {"elementwise": EACH, "rows": PER_SCENARIO, "curve": PER_SCENARIO}.get(shape, REFUSED)
    arguments = tuple(
        Argument(p.name, _kind(body, p), OMITTED if p.default is p.empty else p.default, of_a_range)
        for p in inspect.signature(body, eval_str=True).parameters.values()
    )
    names = {argument.name: position for position, argument in enumerate(arguments)}
    return ExcelFunction(body, category, shape, no_answer, arguments, names)


def _kind(body: Callable[..., Any], parameter: inspect.Parameter) -> Kind:
    """The kind that an annotation names: ``Annotated[Numbers, Number(low=0)]``."""
    kinds = [item for item in getattr(parameter.annotation, "__metadata__", ()) if isinstance(item, Kind)]
    if len(kinds) != 1:
        raise TypeError(f"{body.__name__}: {parameter.name} names no kind, as rate: Annotated[Numbers, Number()] does")
    return kinds[0]


def plain_signature(body: Callable[..., Any]) -> inspect.Signature:
    """The signature of a body with the types alone, as help() and editors show it."""
    types = get_type_hints(body)
    found = inspect.signature(body)
    parameters = [p.replace(annotation=types.get(name, p.empty)) for name, p in found.parameters.items()]
    return found.replace(parameters=parameters, return_annotation=types.get("return", found.empty))


def registered() -> dict[str, ExcelFunction]:
    """Functions by Python name, in the order of their registration."""
    return _FUNCTIONS


def _scenarios(kind: Kind, value: Any) -> tuple[int, ...]:
    """The axes of a cleaned range that must fit those of the other ranges."""
    if isinstance(kind, (Vector, Block)) or not isinstance(value, np.ndarray):
        return ()
    shape: tuple[int, ...] = value.shape
    return shape[:-1] if isinstance(kind, Series) else shape


def _is_paired(kind: Kind) -> bool:
    return isinstance(kind, Series) or (isinstance(kind, Vector) and kind.paired)


def _combined(ranges: Ranges) -> Codes | None:
    """The error index per element or scenario over all ranges."""
    return functools.reduce(_merged, (cleaned.codes for _, cleaned in ranges), None)


def _merged(codes: Codes | None, more: Codes | None) -> Codes | None:
    """Of two errors the first stands."""
    if codes is None or more is None:
        return more if codes is None else codes
    left, right = np.broadcast_arrays(codes, more)
    return np.where(left > 0, left, right)


def _is_batch_of_one(raw: Any) -> bool:
    return isinstance(raw, np.ndarray) and raw.ndim == 2 and len(raw) == 1


def _without_errors(found: NDArray[np.object_]) -> NDArray[Any]:
    """What was looked up, for Python: floats with nan where there is no answer, or objects with None."""
    errors = np.array([isinstance(item, CellError) for item in found.flat]).reshape(found.shape)
    if all(isinstance(item, float) for item in found[~errors]):
        answers: NDArray[Any] = np.where(errors, np.nan, found).astype(float)
        return answers
    found = found.copy()
    found[errors] = None
    return found


def _listed(items: Mapping[str, object]) -> str:
    parts = [f"{name} ({value})" for name, value in items.items()]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
