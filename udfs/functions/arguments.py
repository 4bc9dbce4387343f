"""Kinds of argument: what each accepts, and where its bounds are.

A function says with an annotation what an argument is, twice over: ``rate: Annotated[Numbers, Number(above=-1)]`` tells
type checkers and editors what may be handed over, and ``cleaning`` what to make of it. The kinds that several functions
share stand in ``quantities``.
"""

from __future__ import annotations

import datetime as dt
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokenbook.udfs.functions.errors import CODE_INDEX, DIV0, NUM, error_for

EXCEL_EPOCH = dt.datetime(1899, 12, 30)
LARGEST = sys.float_info.max  # as the default bound it keeps infinity out
OMITTED: Any = type("Omitted", (), {"__repr__": lambda self: "<omitted>", "__bool__": lambda self: False})()

Codes = NDArray[np.uint8]  # error indices, see ``errors.CODES``; 0 where there is none


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

    def codes(self, values: NDArray[np.float64]) -> Codes | None:
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
    """A cleaned argument: its value, the error index per element or scenario, and how it lay in the sheet.

    Ranges keep the errors of their elements beside them, so that one bad cell spoils one result and not the whole
    spill.
    """

    value: Any
    codes: Codes | None = None
    column: bool = False  # a series that ran down a column
    row: bool = False  # scenarios that lay along a row
