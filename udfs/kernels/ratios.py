"""Quotients of floats or arrays: nan where no number answers, and one float stays one float."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def floats(value: ArrayLike) -> Floats:
    """The value as floats. One float, as from a cell, stays one: an array of it costs twenty times the arithmetic."""
    return value if type(value) is float else np.asarray(value, float)


def ratio(numerator: ArrayLike, denominator: ArrayLike) -> Floats:
    """``numerator / denominator``; nan for a divisor of zero and where the result is no finite number."""
    if type(numerator) is float and type(denominator) is float:
        return finite(numerator / denominator if denominator else np.nan)
    with np.errstate(all="ignore"):
        return finite(floats(numerator) / floats(denominator))


def finite(values: ArrayLike) -> Floats:
    """The values, with nan for what is not finite."""
    if isinstance(values, float):
        return values if math.isfinite(values) else np.nan
    found = np.asarray(values)
    known = np.isfinite(found)
    return found[()] if known.all() else np.where(known, found, np.nan)[()]
