"""Kinds of argument: what each accepts, and the one place where a host's values become clean arrays.

A function says with an annotation what an argument is (``rate: Rate``, ``cashflows: Series()``); ``clean`` turns
whatever a host or a Python caller hands over into floats, arrays, text or a table, and refuses the rest by name.

Two-dimensional input keeps its element errors beside it as small integers (see ``errors.CODES``), so that one bad
cell of a range spoils one result and not the whole spill.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from udfs.functions.errors import CODE_INDEX, DIV0, NUM, VALUE, WrongTypeError, error_for, is_error

EXCEL_EPOCH = dt.datetime(1899, 12, 30)
LAST_EXCEL_DAY = 2958465  # 9999-12-31
OMITTED = type("Omitted", (), {"__repr__": lambda self: "<omitted>", "__bool__": lambda self: False})()
INF = math.inf


@dataclass(frozen=True, slots=True)
class Number:
    """A number, or a range of numbers that broadcasts against the other arguments.

    ``low`` and ``high`` bound it (``#NUM!`` outside); ``divisor`` turns zero into ``#DIV/0!``.
    """

    low: float = -INF
    high: float = INF
    above: float = -INF  # an open lower bound
    divisor: bool = False
    meaning: str = ""
    scenario: bool = False  # one per scenario beside a series, rather than element by element

    takes = "number or range"

    def check(self, name: str, value: float) -> float:
        """A plain float inside the bounds; raises the typed error otherwise."""
        if value == 0.0 and self.divisor:
            raise error_for(DIV0, f"{name}: 0 cannot be divided by{self._meaning()}")
        if not (self.low <= value <= self.high and value > self.above):
            raise error_for(NUM, f"{name}: {value:g} {self._bounds(value)}{self._meaning()}")
        return value

    def codes(self, values: np.ndarray) -> np.ndarray | None:
        """Error index per element of an array, or None when every element is inside the bounds."""
        with np.errstate(invalid="ignore"):
            bad = ~((values >= self.low) & (values <= self.high) & (values > self.above)) & ~np.isnan(values)
        zero = values == 0.0 if self.divisor else None
        if not bad.any() and (zero is None or not zero.any()):
            return None
        found = np.where(bad, np.uint8(CODE_INDEX[NUM]), np.uint8(0))
        if zero is not None:
            found[zero] = CODE_INDEX[DIV0]
        return found

    def _bounds(self, value: float) -> str:
        if math.isnan(value):
            return "is not a number"
        if value > self.high:
            return f"is above {self.high:g}"
        if value <= self.above:
            return f"is not above {self.above:g}"
        return f"is below {self.low:g}"

    def _meaning(self) -> str:
        return f" ({self.meaning})" if self.meaning else ""


@dataclass(frozen=True, slots=True)
class Count:
    """A whole number, one for the whole call."""

    low: int = 1
    high: int = 10_000
    meaning: str = ""

    takes = "whole number"


@dataclass(frozen=True, slots=True)
class Text:
    """A word. With ``choices`` only those, in any case."""

    choices: tuple[str, ...] = ()

    takes = "text"


@dataclass(frozen=True, slots=True)
class Day:
    """A date: an Excel serial, a date, or text as 2026-07-31."""

    takes = "date"


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers over time. A row of a two-dimensional range is one scenario; a single column is one series.

    Blanks and text are refused: skipping them would shift every later period.
    """

    low: float = -INF
    least: int = 1
    dates: bool = False
    shared: bool = False  # one series for all scenarios is fine (dates, volumes)

    takes = "range"


@dataclass(frozen=True, slots=True)
class Vector:
    """Numbers in any orientation, read as one list."""

    low: float = -INF
    least: int = 1
    dates: bool = False
    text: bool = False

    takes = "range"


@dataclass(frozen=True, slots=True)
class Table:
    """Names in the first column, values beside them; further columns are further scenarios."""

    takes = "two-column range"


@dataclass(slots=True)
class Clean:
    """A cleaned argument: its value, the error index per element or row (if any), and how it lay in the sheet."""

    value: object
    codes: np.ndarray | None = None
    column: bool = False  # a series or scenario list that ran down a column
    row: bool = False  # a scenario list that ran along a row


Kind = Number | Count | Text | Day | Series | Vector | Table


def clean(kind: Kind, name: str, raw) -> Clean:
    """Turn one raw argument into what a kernel takes. Raises a FunctionError that names the argument."""
    if is_error(raw):
        raise error_for(str(raw), getattr(raw, "message", "") or f"{name}: the cell holds {raw}")
    return _CLEANERS[type(kind)](kind, name, raw)


# --- scalars -----------------------------------------------------------------------------------------------------


def scalar_number(name: str, raw) -> float:
    """One number as a float; blanks, text and logical values are refused by name."""
    if isinstance(raw, (bool, np.bool_)):
        raise WrongTypeError(f"{name}: {str(bool(raw)).upper()} is a logical value, a number belongs here")
    if isinstance(raw, (int, float, np.integer, np.floating)):
        return float(raw)
    if raw is None or raw is OMITTED or (isinstance(raw, str) and not raw.strip()):
        raise WrongTypeError(f"{name}: is blank, a number belongs here")
    raise WrongTypeError(f"{name}: {_shown(raw)} is not a number")


def single(name: str, raw):
    """The one value of a scalar or of a 1 x 1 range."""
    if isinstance(raw, np.ndarray):
        raw = raw.tolist()
    while isinstance(raw, (list, tuple)):
        if len(raw) != 1:
            raise WrongTypeError(f"{name}: is a range of several cells, one value belongs here")
        raw = raw[0]
    if is_error(raw):
        raise error_for(str(raw), f"{name}: the cell holds {raw}")
    return raw


def _clean_count(kind: Count, name: str, raw) -> Clean:
    value = scalar_number(name, single(name, raw))
    if not math.isfinite(value) or value != math.floor(value):
        raise error_for(NUM, f"{name}: {value:g} is not a whole number")
    if not kind.low <= value <= kind.high:
        raise error_for(NUM, f"{name}: {value:g} is not between {kind.low} and {kind.high}")
    return Clean(int(value))


def _clean_text(kind: Text, name: str, raw) -> Clean:
    value = single(name, raw)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = f"{value:g}"
    if value is None or value is OMITTED:
        value = ""
    if not isinstance(value, str):
        raise WrongTypeError(f"{name}: {_shown(value)} is not text")
    value = value.strip()
    if kind.choices:
        for choice in kind.choices:
            if value.casefold() == choice.casefold():
                return Clean(choice)
        raise WrongTypeError(f"{name}: {_shown(value)} is not one of {', '.join(kind.choices)}")
    return Clean(value)


def serial_day(name: str, raw) -> float:
    """A date as Excel's day number (1 January 1900 is 1)."""
    if isinstance(raw, str):
        try:
            raw = dt.datetime.fromisoformat(raw.strip())
        except ValueError:
            raise WrongTypeError(f"{name}: {_shown(raw)} is not a date (write 2026-07-31)") from None
    if isinstance(raw, np.datetime64):
        raw = raw.astype("datetime64[us]").item()
    if isinstance(raw, dt.datetime):
        return (raw.replace(tzinfo=None) - EXCEL_EPOCH) / dt.timedelta(days=1)
    if isinstance(raw, dt.date):
        return float((raw - EXCEL_EPOCH.date()).days)
    value = scalar_number(name, raw)
    if not 0 < value <= LAST_EXCEL_DAY:
        raise error_for(NUM, f"{name}: {value:g} is not a date serial")
    return value


def _clean_day(kind: Day, name: str, raw) -> Clean:
    day = serial_day(name, single(name, raw))
    return Clean((EXCEL_EPOCH + dt.timedelta(days=math.floor(day))).date().isoformat())


# --- ranges ------------------------------------------------------------------------------------------------------


def numbers(name: str, raw, *, dates: bool = False) -> tuple[np.ndarray, np.ndarray | None, str]:
    """A float array (1-D for lists, 2-D for ranges), error index per element, and the first complaint.

    Fast for arrays and for nested lists that hold nothing but numbers; the slow path finds what is wrong and where.
    """
    if hasattr(raw, "to_numpy"):  # pandas Series and frames, without importing pandas
        raw = raw.to_numpy()
    if isinstance(raw, np.ndarray) and raw.dtype.kind in "fiu":
        return _finite(name, raw.astype(float, copy=False))
    array = np.array(raw, dtype=object)
    if array.ndim == 0:
        array = array.reshape(1)
    if array.ndim > 2 or any(isinstance(item, (list, tuple)) for item in array.flat):
        raise WrongTypeError(f"{name}: is not a range of equal rows")
    if not dates:
        types = set(map(type, array.ravel().tolist()))
        if types <= {float, int}:
            return _finite(name, array.astype(float))
    values = np.full(array.shape, np.nan)
    codes = np.zeros(array.shape, dtype=np.uint8)
    complaint = ""
    for index, item in enumerate(array.flat):
        if is_error(item):
            codes.flat[index] = CODE_INDEX[str(item)]
            complaint = complaint or f"{_at(name, index, array.shape)} holds {item}"
            continue
        try:
            where = _at(name, index, array.shape)
            values.flat[index] = serial_day(where, item) if dates else scalar_number(where, item)
        except ValueError as error:
            codes.flat[index] = CODE_INDEX[getattr(error, "code", VALUE)]
            complaint = complaint or str(error)
    return values, codes if codes.any() else None, complaint


def _finite(name: str, values: np.ndarray) -> tuple[np.ndarray, np.ndarray | None, str]:
    bad = ~np.isfinite(values)
    if not bad.any():
        return values, None, ""
    first = int(np.flatnonzero(bad.ravel())[0])
    codes = np.where(bad, np.uint8(CODE_INDEX[NUM]), np.uint8(0))
    return values, codes, f"{_at(name, first, values.shape)} is not a finite number"


def _clean_number(kind: Number, name: str, raw) -> Clean:
    if not isinstance(raw, (list, tuple, np.ndarray)) and not hasattr(raw, "to_numpy"):
        return Clean(kind.check(name, scalar_number(name, raw)))
    values, codes, complaint = numbers(name, raw)
    if values.size == 0:
        raise WrongTypeError(f"{name}: is an empty range")
    if values.size == 1 and values.ndim == 2:
        if codes is not None:
            raise error_for(_code_name(codes), complaint)
        return Clean(kind.check(name, float(values.flat[0])))
    outside = kind.codes(values)
    if outside is not None:
        codes = outside if codes is None else np.where(codes > 0, codes, outside)
    if codes is not None:
        values = np.where(codes > 0, np.nan, values)
    result = Clean(values, codes)
    if kind.scenario:
        if values.ndim == 2 and 1 not in values.shape:
            raise WrongTypeError(f"{name}: is a {_size(values)} block, one value per scenario belongs here")
        result.row = values.ndim == 2 and values.shape[0] == 1
        result.value = values.ravel()
        result.codes = None if codes is None else codes.ravel()
    return result


def _clean_series(kind: Series, name: str, raw) -> Clean:
    if not isinstance(raw, (list, tuple, np.ndarray)) and not hasattr(raw, "to_numpy"):
        raw = [raw]
    values, codes, complaint = numbers(name, raw, dates=kind.dates)
    column = values.ndim == 2 and values.shape[1] == 1 and values.shape[0] > 1
    single_series = values.ndim == 1 or 1 in values.shape
    if single_series:
        values = values.ravel()
        codes = None if codes is None else codes.ravel()
        if codes is not None:
            raise error_for(_code_name(codes), complaint)
    if values.shape[-1] < kind.least:
        raise error_for(NUM, f"{name}: has {values.shape[-1]} values, at least {kind.least} belong here")
    if kind.low > -INF:
        low = Number(low=kind.low).codes(values)
        if low is not None:
            if single_series:
                first = int(np.flatnonzero(low)[0])
                raise error_for(NUM, f"{_at(name, first, values.shape)}: {values[first]:g} is below {kind.low:g}")
            codes = low if codes is None else np.where(codes > 0, codes, low)
    if codes is not None:  # two-dimensional: the row is spoilt, the others stand
        per_row = np.where(codes.any(axis=1), codes[np.arange(len(codes)), (codes > 0).argmax(axis=1)], 0)
        values = np.where(per_row[:, None] > 0, np.nan, values)
        return Clean(values, per_row.astype(np.uint8))
    return Clean(values, column=column)


def _clean_vector(kind: Vector, name: str, raw) -> Clean:
    if hasattr(raw, "to_numpy"):
        raw = raw.to_numpy()
    if not isinstance(raw, (list, tuple, np.ndarray)):
        raw = [raw]
    column = len(raw) > 1 and isinstance(raw[0], (list, tuple, np.ndarray)) and len(raw[0]) == 1
    if kind.text:
        cells = [cell for row in raw for cell in (row if isinstance(row, (list, tuple, np.ndarray)) else [row])]
        for cell in cells:
            if is_error(cell):
                raise error_for(str(cell), f"{name}: a cell holds {cell}")
        return Clean([_clean_text(Text(), name, cell).value for cell in cells], column=column)
    values, codes, complaint = numbers(name, raw, dates=kind.dates)
    if codes is not None:
        raise error_for(_code_name(codes.ravel()), complaint)
    values = values.ravel()
    if values.size < kind.least:
        raise error_for(NUM, f"{name}: has {values.size} values, at least {kind.least} belong here")
    if kind.low > -INF and (values < kind.low).any():
        first = int(np.flatnonzero(values < kind.low)[0])
        raise error_for(NUM, f"{_at(name, first, values.shape)}: {values[first]:g} is below {kind.low:g}")
    return Clean(values, column=column)


def _clean_table(kind: Table, name: str, raw) -> Clean:
    """A dict of name -> value (or array over scenarios). Blank values are left out, blank rows skipped."""
    if isinstance(raw, Mapping):
        return Clean({key: value for key, value in raw.items() if value is not None})
    if hasattr(raw, "to_numpy"):
        raw = raw.to_numpy()
    rows = raw.tolist() if isinstance(raw, np.ndarray) else raw
    if not isinstance(rows, (list, tuple)) or not rows or not isinstance(rows[0], (list, tuple)):
        raise WrongTypeError(f"{name}: a range with names in the first column and values beside them belongs here")
    width = len(rows[0])
    if width < 2:
        raise WrongTypeError(f"{name}: the values beside the names are missing (select both columns)")
    table: dict[str, object] = {}
    spoilt = np.zeros(width - 1, dtype=np.uint8)
    for row in rows:
        key, cells = row[0], list(row[1:])
        if is_error(key):
            raise error_for(str(key), f"{name}: a name cell holds {key}")
        if key is None or not str(key).strip():
            continue
        if not isinstance(key, str):
            raise WrongTypeError(f"{name}: {_shown(key)} in the first column is not a name")
        key = key.strip().lower().replace(" ", "_").replace("-", "_")
        if key in table:
            raise WrongTypeError(f"{name}: {key} is given twice")
        for column, cell in enumerate(cells):
            if is_error(cell):
                if width == 2:
                    raise error_for(str(cell), f"{key}: the cell holds {cell}")
                spoilt[column] = spoilt[column] or CODE_INDEX[str(cell)]
                cells[column] = None
            elif isinstance(cell, str) and not cell.strip():
                cells[column] = None
        table[key] = cells[0] if width == 2 else cells
    if not table:
        raise WrongTypeError(f"{name}: holds no names")
    return Clean(table, spoilt if spoilt.any() else None, row=width > 2)


_CLEANERS = {
    Number: _clean_number,
    Count: _clean_count,
    Text: _clean_text,
    Day: _clean_day,
    Series: _clean_series,
    Vector: _clean_vector,
    Table: _clean_table,
}


def _code_name(codes: np.ndarray) -> str:
    from udfs.functions.errors import CODES

    return CODES[int(codes.flat[int(np.flatnonzero(codes.ravel())[0])])]


def _at(name: str, index: int, shape: tuple[int, ...]) -> str:
    if len(shape) == 2 and shape[0] > 1 and shape[1] > 1:
        return f"{name}, row {index // shape[1] + 1}, column {index % shape[1] + 1}"
    return f"{name}, position {index + 1}"


def _size(values: np.ndarray) -> str:
    return " x ".join(map(str, values.shape))


def _shown(value) -> str:
    text = repr(value) if not isinstance(value, str) else f'"{value}"'
    return text if len(text) <= 40 else text[:37] + "..."
