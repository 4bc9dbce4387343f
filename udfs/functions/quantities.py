"""What functions are given: types as a caller sees them, and the kinds that several functions share, with their units.

``Throughput`` and its like are both: a type checker sees numbers, the registry sees the bounds and the unit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Protocol, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from tokenbook.udfs.functions.arguments import Count, Day, Number, Series, Text, Vector


class AnyArray(Protocol):
    """A numpy array, or a series or frame of pandas."""

    def __array__(self) -> NDArray[Any]: ...


# What a caller hands over. A range is a list (or rows) of cells, as a sheet has them.
Numbers: TypeAlias = float | Sequence[float] | Sequence[Sequence[float]] | AnyArray
Range: TypeAlias = Sequence[float] | Sequence[Sequence[float]] | AnyArray
Date: TypeAlias = float | str | dt.date
DateRange: TypeAlias = Sequence[Date] | Sequence[Sequence[Date]] | AnyArray
TextRange: TypeAlias = str | Sequence[str] | Sequence[Sequence[str]] | AnyArray
Cell: TypeAlias = float | str | None
Rows: TypeAlias = Sequence[Sequence[Cell]] | Mapping[str, Cell | Sequence[Cell]] | AnyArray

# What comes back. ``Any`` stands for an array, where a range was given: whoever gives numbers gets a float.
Answer: TypeAlias = float | Any
Curve: TypeAlias = NDArray[np.float64]
Grid: TypeAlias = list[list[Any]]

# Money and rates. TOK_RATE and every usd_per_gpu_hour is a price of an hour; a discount rate is a share.
GpuHourRate: TypeAlias = Annotated[Numbers, Number(low=0, meaning="USD per GPU-hour")]
TokenPrice: TypeAlias = Annotated[Numbers, Number(low=0, meaning="USD per Mtok")]
TokenPriceDivisor: TypeAlias = Annotated[Numbers, Number(low=0, divisor=True, meaning="USD per Mtok")]
Money: TypeAlias = Annotated[Numbers, Number(low=0, meaning="USD")]
DiscountRate: TypeAlias = Annotated[Numbers, Number(above=-1, meaning="share a year, above -1")]
PeriodRate: TypeAlias = Annotated[Numbers, Number(above=-1, meaning="share a period, above -1")]
AnyRate: TypeAlias = Annotated[Numbers, Number(meaning="share a year; below -1 it means nothing")]
AnyPeriodRate: TypeAlias = Annotated[Numbers, Number(meaning="share a period; below -1 it means nothing")]
Share: TypeAlias = Annotated[Numbers, Number(low=0, high=1, meaning="share, 0 to 1")]

# Machines. What is divided by may not be 0.
Throughput: TypeAlias = Annotated[Numbers, Number(low=0, meaning="tokens per second per GPU")]
ThroughputDivisor: TypeAlias = Annotated[Numbers, Number(low=0, divisor=True, meaning="tokens per second per GPU")]
Utilization: TypeAlias = Annotated[Numbers, Number(low=0, high=1, meaning="share of capacity, 0 to 1")]
UtilizationDivisor: TypeAlias = Annotated[
    Numbers, Number(low=0, high=1, divisor=True, meaning="share of capacity, 0 to 1")
]
Power: TypeAlias = Annotated[Numbers, Number(low=0, meaning="kW per GPU")]
PowerDivisor: TypeAlias = Annotated[Numbers, Number(low=0, divisor=True, meaning="kW per GPU")]
Pue: TypeAlias = Annotated[Numbers, Number(low=1, meaning="facility power over IT power, 1 or more")]
Tokens: TypeAlias = Annotated[Numbers, Number(low=0, meaning="tokens")]

# Time.
PerYear: TypeAlias = Annotated[int, Count(low=1, high=366, meaning="periods a year: 12 for months, 1 for years")]
Periods: TypeAlias = Annotated[int, Count(low=1, high=10_000, meaning="values of the curve, period 0 among them")]
PeriodCount: TypeAlias = Annotated[Numbers, Number(above=0, meaning="periods, above 0")]
Timing: TypeAlias = Annotated[str, Text(choices=("end", "mid"))]
DayKnown: TypeAlias = Annotated[Date, Day()]

# Series.
Flows: TypeAlias = Annotated[Range, Series()]
AtLeastTwo: TypeAlias = Annotated[Range, Series(least=2)]
Dates: TypeAlias = Annotated[DateRange, Series(dates=True)]
AtLeastTwoDates: TypeAlias = Annotated[DateRange, Series(dates=True, least=2)]
Points: TypeAlias = Annotated[Range, Vector(low=0)]

# Words.
Word: TypeAlias = Annotated[str, Text()]
WordRange: TypeAlias = Annotated[TextRange, Text(many=True)]

# What the body of a function sees: the registry has cleaned it, which no type checker can know.


def array(given: Numbers | DateRange) -> NDArray[np.float64]:
    """A series, a vector or a block, as an array of numbers."""
    return cast("NDArray[np.float64]", given)


def table(given: Rows) -> dict[str, Any]:
    """A range of names and values, by name."""
    return cast("dict[str, Any]", given)


def rows(given: Rows) -> list[list[Any]]:
    """A range that the function reads itself, row by row."""
    return cast("list[list[Any]]", given)


def word(given: TextRange) -> str:
    """One word: those of a range are looked up one at a time."""
    return cast(str, given)


def words(given: TextRange) -> tuple[str, ...]:
    """A list of words."""
    return cast("tuple[str, ...]", given)


def number(given: Numbers) -> float:
    """A number where no range belongs."""
    return cast(float, given)
