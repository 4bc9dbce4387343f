"""Depreciation: how what was paid is written off over time."""

from typing import Annotated

import numpy as np

from tokenbook.udfs.functions.arguments import Count, Series, Text
from tokenbook.udfs.functions.declare import excel_function
from tokenbook.udfs.functions.errors import WrongTypeError
from tokenbook.udfs.functions.quantities import Curve, Money, PeriodCount, Range
from tokenbook.udfs.kernels import depreciation

MAX_PERIODS = 10_000


@excel_function("Cash flow", shape="curve")
def tok_depreciation(
    method: Annotated[str, Text(choices=depreciation.METHODS)],
    cost: Money,
    salvage: Money,
    life: PeriodCount,
    periods: Annotated[int, Count(low=1, high=MAX_PERIODS, meaning="values of the schedule")],
    units: Annotated[Range | None, Series(low=0)] = None,
) -> Curve:
    """Depreciation schedule: straight line, years' digits, declining balance, MACRS, or by tokens made.

    Parameters
    ----------
    method : text, SL, SYD, DDB, MACRS3, MACRS5, MACRS7 or UNITS
        Straight line; sum of years' digits; double declining balance switching to straight line; MACRS with its
        half-year convention; units of tokens.
    cost : number or range, USD
        What was paid; a range gives one schedule per scenario.
    salvage : number or range, USD
        What is left at the end of life, no more than the cost. MACRS ignores it.
    life : number or range, periods
        Life in periods, above 0. MACRS and UNITS ignore it.
    periods : whole number, count of periods
        Values of the schedule, for periods 1, 2, ... (period 0 has no depreciation).
    units : range, Mtok (or any unit)
        Output of each period, for UNITS only.

    Returns
    -------
    range, USD: one value per period along a row, 0 after the end of life; over a whole life they sum to cost - salvage
    (MACRS: cost).

    Errors
    ------
    #VALUE! an unknown method, text or a blank where a number belongs, UNITS without units or with too many or too few
    #NUM! a negative amount, salvage above cost, a life of 0 or less, no units at all

    Formula
    -------
    SL (cost - salvage) / life; SYD (cost - salvage) (life - t + 1) / (life (life + 1) / 2); DDB the larger of 2 / life
    of book value and straight line over the rest; MACRS cost x table share; UNITS (cost - salvage) x units(t) / sum of
    units

    Source
    ------
    As Excel's SLN, SYD and VDB; MACRS: IRS Publication 946, table A-1.

    Example
    -------
    =TOK_DEPRECIATION("DDB", 1000, 100, 5, 6) -> {400, 240, 144, 86.4, 29.6, 0}
    =TOK_DEPRECIATION("MACRS5", 1000, 0, 5, 6) -> {200, 320, 192, 115.2, 115.2, 57.6}
    """
    if method == "UNITS" and units is None:
        raise WrongTypeError("units: is missing, the method UNITS needs the output of each period")
    if units is not None and np.shape(units)[-1] != periods:
        raise WrongTypeError(f"units: has length {np.shape(units)[-1]}, the schedule has {periods} periods")
    return depreciation.schedule(method, cost, salvage, life, periods, units)
