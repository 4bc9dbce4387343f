"""Kinds of argument: what each accepts, and the one place where a host's values become clean arrays.

A function says with an annotation what an argument is (``rate: Rate``, ``cashflows: Series()``); ``clean`` turns
whatever a host or a Python caller hands over into floats, arrays, text or a table, and refuses the rest by name.

Ranges keep the errors of their elements beside them as small integers (see ``errors.CODES``), so that one bad
cell of a range spoils one result and not the whole spill.
"""

from __future__ import annotations

import datetime as dt
import difflib
import math
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from tokenbook.udfs.functions.errors import (
    CODE_INDEX,
    CODES,
    DIV0,
    NUM,
    CellError,
    FunctionError,
    WrongTypeError,
    error_for,
    is_error,
)

EXCEL_EPOCH = dt.datetime(1899, 12, 30)
LAST_EXCEL_DAY = 2958465  # 9999-12-31
YEARS = range(1990, 2200)  # a whole number in this range where a date belongs is a year, not a day of 1905
LARGEST = sys.float_info.max  # as the default bound it keeps infinity out
STAND_IN = 1.0  # in place of a cell that spoils its scenario anyway
MANY_CHOICES = 8  # from here on an error message names the closest choice instead of all
OMITTED = type("Omitted", (), {"__repr__": lambda self: "<omitted>", "__bool__": lambda self: False})()


@dataclass(frozen=True, slots=True)
class Number:
    """A number, or a range of numbers that broadcasts against the other arguments.

    ``low``, ``high`` and the open bound ``above`` limit it (``#NUM!`` outside); ``divisor`` makes zero ``#DIV/0!``.
    """

    low: float = -LARGEST
    high: float = LARGEST
    above: float = -math.inf
    divisor: bool = False
    meaning: str = ""

    takes = "number or range"

    def check(self, name: str, value: float) -> float:
        """A plain float inside the bounds; raises the typed error otherwise."""
        if value == 0.0 and self.divisor:
            raise error_for(DIV0, f"{name}: 0 cannot be divided by{self._meaning()}")
        if not (self.low <= value <= self.high and value > self.above):
            raise error_for(NUM, f"{name}: {value:g} {self._outside(value)}{self._meaning()}")
        return value

    def codes(self, values: np.ndarray) -> np.ndarray | None:
        """Error index per element of an array, or None when every element is inside the bounds (or nan)."""
        with np.errstate(invalid="ignore"):
            bad = (values < self.low) | (values > self.high) | (values <= self.above)
        zero = (values == 0.0) if self.divisor else None
        if not bad.any() and (zero is None or not zero.any()):
            return None
        found = np.where(bad, np.uint8(CODE_INDEX[NUM]), np.uint8(0))
        if zero is not None:
            found[zero] = CODE_INDEX[DIV0]
        return found

    def _outside(self, value: float) -> str:
        if not math.isfinite(value):
            return "is not a finite number"
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
    """A word. With ``choices`` only those, in any case; ``blank`` lets a required one be left empty;
    ``many`` takes a range of words, each of which is looked up for itself."""

    choices: tuple[str, ...] = ()
    blank: bool = False
    many: bool = False

    @property
    def takes(self) -> str:
        return "text or range" if self.many else "text"


@dataclass(frozen=True, slots=True)
class Day:
    """A date: an Excel serial, a date, or text as 2026-07-31; also a month (2026-07) or a year."""

    takes = "date"


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers over time. A row of a two-dimensional range is one scenario; a single column is one series.

    Blanks and text are refused: skipping them would shift every later period.
    """

    low: float = -LARGEST
    least: int = 1
    dates: bool = False

    takes = "range"


@dataclass(frozen=True, slots=True)
class Vector:
    """Numbers in any orientation, read as one list; ``paired`` with the other vectors, of one length with them."""

    low: float = -LARGEST
    above: float = -math.inf
    least: int = 1
    dates: bool = False
    paired: bool = True

    takes = "range"


@dataclass(frozen=True, slots=True)
class Block:
    """Numbers in rows and columns, all of which must be right. A single column is read as a row."""

    low: float = -LARGEST
    columns: tuple[int, ...] = ()

    takes = "range"


@dataclass(frozen=True, slots=True)
class Table:
    """Names in the first column, values beside them; further columns are further scenarios.

    ``fields`` says which names there are and what kind each value is. A required one may not be blank.
    """

    fields: Mapping[str, Number | Count | Text]
    required: frozenset[str] = frozenset()

    takes = "two-column range"


@dataclass(frozen=True, slots=True)
class Cells:
    """Rows of text and numbers that the function reads itself, at least ``columns`` wide; a blank cell is None.

    Rows without anything in them are left out. ``alone`` lets a single value stand for a range of one cell.
    """

    columns: int = 1
    alone: bool = False

    @property
    def takes(self) -> str:
        return "value or range" if self.alone else "range"


@dataclass(frozen=True, slots=True)
class Words:
    """One word or several of the ``choices``, in any case: a range of them, or text with commas between."""

    choices: tuple[str, ...]

    takes = "text or range"


Kind = Number | Count | Text | Day | Series | Vector | Block | Table | Cells | Words


@dataclass(slots=True)
class Clean:
    """A cleaned argument: its value, the error index per element or scenario, and how it lay in the sheet."""

    value: object
    codes: np.ndarray | None = None
    column: bool = False  # a series that ran down a column
    row: bool = False  # scenarios that lay along a row


def clean(kind: Kind, name: str, raw) -> Clean:
    """Turn one raw argument into what a kernel takes. Raises a FunctionError that names the argument."""
    if is_error(raw):
        raise error_for(str(raw), getattr(raw, "message", "") or f"{name}: the cell holds {raw}")
    return _CLEANERS[type(kind)](kind, name, raw)


def is_blank(raw) -> bool:
    """True for an omitted argument, an empty cell and empty text."""
    return raw is None or raw is OMITTED or (isinstance(raw, str) and not raw.strip())


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of an error message: the closest known word, if one is close."""
    close = difflib.get_close_matches(word.strip().lower(), [k.lower() for k in known], n=1)
    return f"; did you mean {close[0]}?" if close else ""


# --- scalars -----------------------------------------------------------------------------------------------------


def scalar_number(name: str, raw) -> float:
    """One number as a float; blanks, text and logical values are refused by name."""
    if isinstance(raw, (bool, np.bool_)):
        raise WrongTypeError(f"{name}: {str(bool(raw)).upper()} is a logical value, a number belongs here")
    if isinstance(raw, (int, float, np.integer, np.floating)):
        return float(raw)
    if is_blank(raw):
        raise WrongTypeError(f"{name}: is blank, a number belongs here")
    raise WrongTypeError(f"{name}: {_shown(raw)} is not a number")


def single(name: str, raw):
    """The one value of a scalar or of a range of one cell."""
    if hasattr(raw, "tolist"):
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
        meaning = f" ({kind.meaning})" if kind.meaning else ""
        raise error_for(NUM, f"{name}: {value:g} is not between {kind.low} and {kind.high}{meaning}")
    return Clean(int(value))


def _clean_text(kind: Text, name: str, raw) -> Clean:
    if kind.many and isinstance(raw, (list, tuple, np.ndarray)):
        return Clean(_words(name, raw))
    return Clean(_word(kind, name, single(name, raw)))


def _words(name: str, raw) -> np.ndarray:
    """A range of words as an object array; a cell without a word holds the CellError that says why."""
    cells = np.array(raw, dtype=object)
    if cells.ndim > 2 or cells.size == 0 or any(isinstance(cell, (list, tuple)) for cell in cells.flat):
        raise WrongTypeError(f"{name}: is not a range of equal rows")
    words = np.empty(cells.shape, dtype=object)
    for index, cell in enumerate(cells.flat):
        if is_error(cell):
            words.flat[index] = cell if isinstance(cell, CellError) else CellError(cell)
            continue
        try:
            words.flat[index] = _word(Text(), _at(name, index, cells.shape), cell)
        except FunctionError as error:
            words.flat[index] = CellError(error.code, str(error))
    return words


def _word(kind: Text, name: str, value) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = f"{value:g}"
    if value is None or value is OMITTED:
        value = ""
    if not isinstance(value, str):
        raise WrongTypeError(f"{name}: {_shown(value)} is not text")
    value = value.strip()
    if not kind.choices:
        return value
    for choice in kind.choices:
        if value.casefold() == choice.casefold():
            return choice
    if len(kind.choices) >= MANY_CHOICES:
        raise WrongTypeError(f"{name}: there is no {_shown(value)}{did_you_mean(value, kind.choices)}")
    raise WrongTypeError(f"{name}: {_shown(value)} is not one of {', '.join(kind.choices)}")


def serial_day(name: str, raw) -> float:
    """A date as Excel's day number (1 January 1900 is 1)."""
    if isinstance(raw, str) and raw.strip():
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
    """ISO text; a month or a year stays one, the catalogue knows its last day."""
    raw = single(name, raw)
    if isinstance(raw, str) and re.fullmatch(r"\s*\d{4}(-(0?[1-9]|1[0-2]))?\s*", raw):
        return Clean(raw.strip())
    if isinstance(raw, (int, float)) and raw in YEARS:
        return Clean(f"{raw:.0f}")
    day = serial_day(name, raw)
    return Clean((EXCEL_EPOCH + dt.timedelta(days=math.floor(day))).date().isoformat())


# --- ranges ------------------------------------------------------------------------------------------------------


def numbers(name: str, raw, *, dates: bool = False) -> tuple[np.ndarray, np.ndarray | None, str]:
    """A float array (1-D for lists, 2-D for ranges), error index per element, and the first complaint.

    Fast for arrays and for nested lists that hold nothing but numbers; the slow path finds what is wrong and where.
    """
    if hasattr(raw, "to_numpy"):  # pandas Series and frames, without importing pandas
        raw = raw.to_numpy()
    if isinstance(raw, np.ndarray) and raw.dtype.kind in "fiu" and raw.ndim in (1, 2) and raw.size:
        return _finite(name, raw.astype(float, copy=False))
    if dates and isinstance(raw, np.ndarray) and raw.dtype.kind == "M":
        days = (raw - np.datetime64(EXCEL_EPOCH, "us")) / np.timedelta64(1, "D")
        return _finite(name, np.atleast_1d(days))
    array = np.array(raw, dtype=object)
    if array.ndim == 0:
        array = array.reshape(1)
    if array.ndim > 2 or any(isinstance(item, (list, tuple, np.ndarray)) for item in array.flat):
        raise WrongTypeError(f"{name}: is not a range of equal rows")
    if array.size == 0:
        raise WrongTypeError(f"{name}: is an empty range")
    if not dates and set(map(type, array.ravel().tolist())) <= {float, int}:
        return _finite(name, array.astype(float))
    values = np.full(array.shape, np.nan)
    codes = np.zeros(array.shape, dtype=np.uint8)
    complaint = ""
    for index, item in enumerate(array.flat):
        where = _at(name, index, array.shape)
        try:
            if is_error(item):
                raise error_for(str(item), f"{where} holds {item}")
            value = serial_day(where, item) if dates else scalar_number(where, item)
            if not math.isfinite(value):
                raise error_for(NUM, f"{where} is not a finite number")
            values.flat[index] = value
        except FunctionError as error:
            codes.flat[index] = CODE_INDEX[error.code]
            complaint = complaint or str(error)
    return values, codes if codes.any() else None, complaint


def _finite(name: str, values: np.ndarray) -> tuple[np.ndarray, np.ndarray | None, str]:
    finite = np.isfinite(values)
    if finite.all():
        return values, None, ""
    first = int(np.flatnonzero(~finite.ravel())[0])
    codes = np.where(finite, np.uint8(0), np.uint8(CODE_INDEX[NUM]))
    return values, codes, f"{_at(name, first, values.shape)} is not a finite number"


def _clean_number(kind: Number, name: str, raw) -> Clean:
    if not _is_range(raw):
        return Clean(kind.check(name, scalar_number(name, raw)))
    values, codes, _ = numbers(name, raw)
    codes = _merged(codes, kind.codes(values))
    if codes is not None:
        values = np.where(codes > 0, np.nan, values)
    return Clean(values, codes)


def one_per_scenario(name: str, cleaned: Clean) -> Clean:
    """A cleaned range of numbers as a list over scenarios, where it stands beside series or curves."""
    values = cleaned.value
    if values.ndim == 2 and 1 not in values.shape:
        raise WrongTypeError(f"{name}: is a {_size(values)} block, one value per scenario belongs here")
    codes = None if cleaned.codes is None else cleaned.codes.ravel()
    return Clean(values.ravel(), codes, row=values.ndim == 2 and values.shape[0] == 1)


def _clean_series(kind: Series, name: str, raw) -> Clean:
    values, codes, complaint = numbers(name, raw if _is_range(raw) else [raw], dates=kind.dates)
    column = values.ndim == 2 and values.shape[1] == 1 and values.shape[0] > 1
    if values.ndim == 1 or 1 in values.shape:
        return Clean(_checked(kind, name, values, codes, complaint), column=column)
    _check_length(kind, name, values.shape[-1])
    codes = _merged(codes, Number(low=kind.low).codes(values))
    if codes is None:
        return Clean(values)
    # Its first bad cell spoils a row; the other rows stand.
    first_bad = (codes > 0).argmax(axis=1)
    per_row = codes[np.arange(len(codes)), first_bad]
    return Clean(np.where(per_row[:, None] > 0, np.nan, values), per_row)


def _clean_vector(kind: Vector, name: str, raw) -> Clean:
    values, codes, complaint = numbers(name, raw if _is_range(raw) else [raw], dates=kind.dates)
    column = values.ndim == 2 and values.shape[1] == 1
    return Clean(_checked(kind, name, values, codes, complaint), column=column)


def _clean_block(kind: Block, name: str, raw) -> Clean:
    values, codes, complaint = numbers(name, raw if _is_range(raw) else [raw])
    _check_all(name, values, codes, complaint, Number(low=kind.low))
    values = np.atleast_2d(values)
    if values.shape[1] == 1:
        values = values.T
    if kind.columns and values.shape[1] not in kind.columns:
        belong = " or ".join(map(str, kind.columns))
        raise WrongTypeError(f"{name}: has {values.shape[1]} columns, {belong} belong here")
    return Clean(values)


def _checked(kind: Series | Vector, name: str, values, codes, complaint: str) -> np.ndarray:
    """The one list of numbers in a range, in which every cell must be right."""
    _check_all(name, values, codes, complaint, Number(low=kind.low, above=getattr(kind, "above", -math.inf)))
    _check_length(kind, name, values.size)
    return values.ravel()


def _check_all(name: str, values: np.ndarray, codes, complaint: str, bounds: Number) -> None:
    """Raise the first error of a range in which every cell must be right."""
    if codes is not None:
        raise error_for(CODES[codes[codes > 0][0]], complaint)
    outside = bounds.codes(values)
    if outside is not None:
        first = int((outside > 0).argmax())
        bounds.check(_at(name, first, values.shape), float(values.flat[first]))


def _check_length(kind: Series | Vector, name: str, length: int) -> None:
    if length < kind.least:
        raise error_for(NUM, f"{name}: has length {length}, at least {kind.least} values belong here")


def _clean_table(kind: Table, name: str, raw) -> Clean:
    """A dict of name -> value, or list over scenarios. What is blank is left out, and so are headings."""
    pairs = list(raw.items()) if isinstance(raw, Mapping) else _named_rows(name, raw)
    scenarios = max((len(cells) for _, cells in pairs if _is_range(cells)), default=0)
    table: dict[str, object] = {}
    spoilt = np.zeros(scenarios, dtype=np.uint8)
    for key, cells in pairs:
        if is_error(key):
            raise error_for(str(key), f"{name}: a name cell holds {key}")
        if is_blank(key):
            continue
        if not isinstance(key, str):
            raise WrongTypeError(f"{name}: {_shown(key)} in the first column is not a name")
        key = re.sub(r"[\s-]+", "_", key.strip().lower())
        values = cells if _is_range(cells) else [cells]
        if key not in kind.fields:
            if all(map(is_blank, values)):
                continue  # a heading
            raise WrongTypeError(f"{name}: the model has no input {_shown(key)}{did_you_mean(key, kind.fields)}")
        if key in table:
            raise WrongTypeError(f"{name}: {key} is given twice")
        if not _is_range(cells):
            table[key] = _field(kind, key, cells)
            continue
        if len(values) not in (1, scenarios):
            raise WrongTypeError(f"{name}: {key} has {len(values)} values for {scenarios} scenarios")
        table[key], codes = _field_of_scenarios(kind, key, values)
        spoilt = np.where(spoilt > 0, spoilt, codes)
    return Clean(table, spoilt if spoilt.any() else None, row=scenarios > 1)


def _named_rows(name: str, raw) -> list[tuple[object, object]]:
    """Rows of a range as pairs: the name, and its value or list over scenarios."""
    if hasattr(raw, "to_numpy"):
        raw = raw.to_numpy()
    rows = raw.tolist() if isinstance(raw, np.ndarray) else raw
    if not isinstance(rows, (list, tuple)) or not rows or not all(isinstance(r, (list, tuple)) for r in rows):
        raise WrongTypeError(f"{name}: a range with names in its first column and values beside them belongs here")
    width = len(rows[0])
    if width < 2 or any(len(row) != width for row in rows):
        raise WrongTypeError(f"{name}: the values beside the names are missing (select both columns)")
    return [(row[0], row[1] if width == 2 else list(row[1:])) for row in rows]


def _field_of_scenarios(kind: Table, key: str, values) -> tuple[object, np.ndarray]:
    """One input over all scenarios, and the error index of those that its cell spoils."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiu" and isinstance(kind.fields[key], Number):
        cleaned = _clean_number(kind.fields[key], key, values.ravel())
        if cleaned.codes is None:
            return cleaned.value, np.zeros(values.size, dtype=np.uint8)
        return np.where(cleaned.codes > 0, STAND_IN, cleaned.value), cleaned.codes
    values = list(values)
    codes = np.zeros(len(values), dtype=np.uint8)
    for scenario, cell in enumerate(values):
        try:
            values[scenario] = _field(kind, key, cell)
        except FunctionError as error:
            codes[scenario] = CODE_INDEX[error.code]
            values[scenario] = STAND_IN if key in kind.required else None
    return values, codes


def _field(kind: Table, key: str, cell):
    """The value of one cell; None, which takes the default, for a blank."""
    if not is_blank(cell):
        return clean(kind.fields[key], key, cell).value
    if key in kind.required:
        raise WrongTypeError(f"{key}: is blank, a value is needed")
    return None


def _clean_cells(kind: Cells, name: str, raw) -> Clean:
    rows = _rows(name, raw)
    if not _is_range(raw) and not isinstance(raw, Mapping) and not kind.alone:
        raise WrongTypeError(f"{name}: {_shown(raw)} is not a range")
    width = len(rows[0]) if rows else 0
    if width == 0 or any(len(row) != width for row in rows):
        raise WrongTypeError(f"{name}: is not a range of equal rows")
    if width < kind.columns and not (kind.alone and width == len(rows) == 1):
        raise WrongTypeError(f"{name}: has {width} columns, at least {kind.columns} belong here")
    cells = [[_cell_value(name, value) for value in row] for row in rows]
    return Clean([row for row in cells if any(value is not None for value in row)])


def _rows(name: str, raw) -> list[list]:
    """Rows of a range, of a single value, or of a dictionary of name (or names) -> value (or values)."""
    if isinstance(raw, Mapping):
        pairs = [[key, cells] for key, cells in raw.items()]
        rows = [[x for part in pair for x in (part if isinstance(part, (list, tuple)) else [part])] for pair in pairs]
        width = max(map(len, rows), default=0)
        return [row + [None] * (width - len(row)) for row in rows]
    if hasattr(raw, "to_numpy"):
        raw = raw.to_numpy()
    rows = raw.tolist() if isinstance(raw, np.ndarray) else raw
    rows = list(rows) if isinstance(rows, (list, tuple)) else [[rows]]
    if rows and not any(isinstance(row, (list, tuple)) for row in rows):
        rows = [rows]
    if not all(isinstance(row, (list, tuple)) for row in rows):
        raise WrongTypeError(f"{name}: is not a range of equal rows")
    return rows


def _cell_value(name: str, value) -> float | str | None:
    if is_error(value):
        raise error_for(str(value), f"{name}: a cell holds {value}")
    if is_blank(value):
        return None
    if isinstance(value, str):
        return value.strip()
    value = scalar_number(name, value)
    if not math.isfinite(value):
        raise error_for(NUM, f"{name}: {value:g} is not a finite number")
    return value


def _clean_words(kind: Words, name: str, raw) -> Clean:
    words = []
    for row in _rows(name, raw):
        for cell in row:
            value = _cell_value(name, cell)
            parts = value.split(",") if isinstance(value, str) else [value]
            words += [_word(Text(kind.choices), name, part) for part in parts if part is not None]
    if not words:
        raise WrongTypeError(f"{name}: is blank")
    return Clean(tuple(dict.fromkeys(words)))


_CLEANERS = {
    Number: _clean_number,
    Count: _clean_count,
    Text: _clean_text,
    Day: _clean_day,
    Series: _clean_series,
    Vector: _clean_vector,
    Block: _clean_block,
    Table: _clean_table,
    Cells: _clean_cells,
    Words: _clean_words,
}


def _is_range(raw) -> bool:
    return isinstance(raw, (list, tuple, np.ndarray)) or hasattr(raw, "to_numpy")


def _merged(codes: np.ndarray | None, more: np.ndarray | None) -> np.ndarray | None:
    if codes is None or more is None:
        return more if codes is None else codes
    return np.where(codes > 0, codes, more)


def _at(name: str, index: int, shape: tuple[int, ...]) -> str:
    if len(shape) == 2 and shape[0] > 1 and shape[1] > 1:
        return f"{name}, row {index // shape[1] + 1}, column {index % shape[1] + 1}"
    return f"{name}, position {index + 1}"


def _size(values: np.ndarray) -> str:
    return " x ".join(map(str, values.shape))


def _shown(value) -> str:
    text = f'"{value}"' if isinstance(value, str) else repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
