"""One cell: blanks, numbers, words, whole numbers and days, and the sentences that refuse the rest by name."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokenbook.udfs.errors import did_you_mean
from tokenbook.udfs.functions.arguments import EXCEL_EPOCH, OMITTED, Clean, Count, Day, Text
from tokenbook.udfs.functions.errors import NUM, CellError, FunctionError, WrongTypeError, error_for, is_error

LAST_EXCEL_DAY = 2958465  # 9999-12-31
YEARS = range(1990, 2200)  # a whole number in this range where a date belongs is a year, not a day of 1905
MANY_CHOICES = 8  # from here on an error message names the closest choice instead of all


def is_blank(raw: Any) -> bool:
    """True for an omitted argument, an empty cell and empty text."""
    return raw is None or raw is OMITTED or (isinstance(raw, str) and not raw.strip())


def scalar_number(name: str, raw: Any) -> float:
    """One number as a float; blanks, text and logical values are refused by name."""
    if isinstance(raw, (bool, np.bool_)):
        raise WrongTypeError(f"{name}: {str(bool(raw)).upper()} is a logical value, a number belongs here")
    if isinstance(raw, (int, float, np.integer, np.floating)):
        return float(raw)
    if is_blank(raw):
        raise WrongTypeError(f"{name}: is blank, a number belongs here")
    raise WrongTypeError(f"{name}: {shown(raw)} is not a number")


def refuse_error(name: str, raw: Any) -> None:
    """An Excel error in place of a value is passed through, with its own sentence if it has one."""
    if is_error(raw):
        raise error_for(str(raw), getattr(raw, "message", "") or f"{name}: the cell holds {raw}")


def single(name: str, raw: Any) -> Any:
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


def clean_count(kind: Count, name: str, raw: Any) -> Clean:
    value = scalar_number(name, single(name, raw))
    if not math.isfinite(value) or value != math.floor(value):
        raise error_for(NUM, f"{name}: {value:g} is not a whole number")
    if not kind.low <= value <= kind.high:
        meaning = f" ({kind.meaning})" if kind.meaning else ""
        raise error_for(NUM, f"{name}: {value:g} is not between {kind.low} and {kind.high}{meaning}")
    return Clean(int(value))


def clean_text(kind: Text, name: str, raw: Any) -> Clean:
    if kind.many and isinstance(raw, (list, tuple, np.ndarray)):
        return Clean(_words(name, raw))
    return Clean(word(kind, name, single(name, raw)))


def _words(name: str, raw: Any) -> NDArray[np.object_]:
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
            words.flat[index] = word(Text(), at(name, index, cells.shape), cell)
        except FunctionError as error:
            words.flat[index] = CellError(error.code, str(error))
    return words


def word(kind: Text, name: str, value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = f"{value:g}"
    if value is None or value is OMITTED:
        value = ""
    if not isinstance(value, str):
        raise WrongTypeError(f"{name}: {shown(value)} is not text")
    value = value.strip()
    if not kind.choices:
        return str(value)
    for choice in kind.choices:
        if value.casefold() == choice.casefold():
            return choice
    if len(kind.choices) >= MANY_CHOICES:
        raise WrongTypeError(f"{name}: there is no {shown(value)}{did_you_mean(value, kind.choices)}")
    raise WrongTypeError(f"{name}: {shown(value)} is not one of {', '.join(kind.choices)}")


def serial_day(name: str, raw: Any) -> float:
    """A date as Excel's day number (1 January 1900 is 1)."""
    if isinstance(raw, str) and raw.strip():
        try:
            raw = dt.datetime.fromisoformat(raw.strip())
        except ValueError:
            raise WrongTypeError(f"{name}: {shown(raw)} is not a date (write 2026-07-31)") from None
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


def clean_day(kind: Day, name: str, raw: Any) -> Clean:
    """ISO text; a month or a year stays one, the catalogue knows its last day."""
    raw = single(name, raw)
    if isinstance(raw, str) and re.fullmatch(r"\s*\d{4}(-(0?[1-9]|1[0-2]))?\s*", raw):
        return Clean(raw.strip())
    if isinstance(raw, (int, float)) and raw in YEARS:
        return Clean(f"{raw:.0f}")
    day = serial_day(name, raw)
    return Clean((EXCEL_EPOCH + dt.timedelta(days=math.floor(day))).date().isoformat())


def at(name: str, index: int, shape: tuple[int, ...]) -> str:
    if len(shape) == 2 and shape[0] > 1 and shape[1] > 1:
        return f"{name}, row {index // shape[1] + 1}, column {index % shape[1] + 1}"
    return f"{name}, position {index + 1}"


def shown(value: Any) -> str:
    text = f'"{value}"' if isinstance(value, str) else repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def is_range(raw: Any) -> bool:
    return isinstance(raw, (list, tuple, np.ndarray)) or hasattr(raw, "to_numpy")
