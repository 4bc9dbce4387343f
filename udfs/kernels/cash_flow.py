"""Cash flow: present values, payback, annuities and the levelised cost of a token. Rates are in `returns`.

Money in is positive, money out negative. Time is the last axis and begins with period 0, the investment
date; scenarios are the leading axes. Rates are annual and effective: a period of ``1 / per_year`` years
discounts by ``(1 + rate)^(1 / per_year)``. ``timing`` says when in its period a flow falls: ``"end"``, or
``"mid"``, half a period earlier, for all periods but period 0.

A rate of -100 % and a row without an answer give nan. A rate below -100 % means nothing; where the formula has a value
all the same (whole years), that is given, as Excel does. ValueError is for programming errors only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tokenbook.udfs.kernels.units import DAYS_PER_YEAR

MID_PERIOD = 0.5
TIMINGS = ("end", "mid")
BLOCK_ELEMENTS = 1 << 17  # flows per block of scenarios: 1 MB, so that a block stays in the cache

Floats = NDArray[np.float64]


def npv(rate: ArrayLike, flows: ArrayLike, *, per_year: float = 1, timing: str = "end") -> Floats:
    """Net present value, period 0 undiscounted.

    Parameters
    ----------
    rate : array_like, shape (...)
        Discount rate a year; one for all scenarios, or one per scenario.
    flows : array_like, shape (..., periods)
        USD per period.
    per_year : float
        Periods a year, 12 for months.
    timing : {"end", "mid"}
        When in its period a flow falls.

    Returns
    -------
    ndarray, shape (...)
        USD at period 0.

    Notes
    -----
    ``sum of flow(t) / (1 + rate)^(t / per_year)``, with t - 1/2 for t in mid-period timing. Excel's NPV
    begins to discount with its first value: ``NPV(r, f1, ..., fn) = npv(r, [0, f1, ..., fn])``.

    Examples
    --------
    A 5 M USD rack that earns 25 M USD a year for three years:

    >>> round(float(npv(0.10, [-5, 25, 25, 25])), 1)
    57.2
    """
    delta = log_growth(rate, per_year)
    flows = np.asarray(flows, float)
    times = _times(flows.shape[-1], timing)
    below = np.asarray(rate, float) < -1
    with np.errstate(all="ignore"):
        if below.any():
            weights = _weights(rate, times / per_year)
            return finite(np.vecdot(weights, flows))
        if delta.ndim == 0 or flows.ndim == 1:  # one set of weights, or one series: one pass over the array
            return finite(np.vecdot(np.exp(-delta[..., None] * times), flows))
        shape = np.broadcast_shapes(delta.shape, flows.shape[:-1])
        delta = np.broadcast_to(delta, shape).reshape(-1)
        series = np.broadcast_to(flows, (*shape, flows.shape[-1])).reshape(-1, flows.shape[-1])
        values = np.empty(len(series))
        size = max(1, BLOCK_ELEMENTS // max(1, series.shape[1]))
        for first in range(0, len(series), size):
            block = slice(first, first + size)
            values[block] = _horner(series[block], np.exp(-delta[block]), timing)
    return finite(values.reshape(shape))


def npv_curve(rate: ArrayLike, flows: ArrayLike, *, per_year: float = 1, timing: str = "end") -> Floats:
    """Running net present value: what the project is worth if it ends after each period.

    Parameters
    ----------
    rate, flows, per_year, timing
        As in `npv`.

    Returns
    -------
    ndarray, shape (..., periods)
        USD at period 0; the last value is `npv`.

    Examples
    --------
    >>> npv_curve(0.10, [-5, 25, 25, 25]).round(2).tolist()
    [-5.0, 17.73, 38.39, 57.17]
    """
    with np.errstate(all="ignore"):
        discounted = _discounted(rate, flows, per_year, timing)
        return finite(np.cumsum(discounted, axis=-1, out=discounted))


def roi_curve(flows: ArrayLike) -> Floats:
    """Running net return on the money put in: cash so far over outlay so far.

    Parameters
    ----------
    flows : array_like, shape (..., periods)
        USD per period; a period counts as outlay where its flow is negative.

    Returns
    -------
    ndarray, shape (..., periods)
        ``sum of flows so far / sum of -min(flow, 0) so far``: -1 is all lost, 0 is paid back, 14 is fourteen
        times the money on top of the money. nan before the first outlay.

    Examples
    --------
    >>> roi_curve([-5, 25, 25, 25]).tolist()
    [-1.0, 4.0, 9.0, 14.0]
    """
    flows = np.asarray(flows, float)
    with np.errstate(all="ignore"):
        outlay = np.cumsum(np.maximum(-flows, 0.0), axis=-1)
        return finite(np.cumsum(flows, axis=-1) / outlay)


def xnpv(rate: ArrayLike, flows: ArrayLike, dates: ArrayLike) -> Floats:
    """Net present value of dated flows at the earliest date.

    Parameters
    ----------
    rate : array_like, shape (...)
        Discount rate a year.
    flows : array_like, shape (..., flows)
        USD.
    dates : array_like, shape (flows) or (..., flows)
        Day serials, in any order; the time of day is cut off. One row for all scenarios, or one for each.

    Returns
    -------
    ndarray, shape (...)
        USD at the earliest date.

    Raises
    ------
    ValueError
        Number of dates differs from the number of flows.

    Notes
    -----
    ``sum of flow / (1 + rate)^(days / 365)``, days since the earliest date. Excel counts from the first date
    in the list and refuses earlier ones: where both answer, they agree.

    Examples
    --------
    >>> dates = [39448, 39508, 39751, 39859, 39904]  # 2008-01-01 ... 2009-04-01
    >>> round(float(xnpv(0.09, [-10_000, 2_750, 4_250, 3_250, 2_750], dates)), 4)
    2086.6476
    """
    flows = np.asarray(flows, float)
    years = years_since_the_first(dates, flows)
    delta = log_growth(rate, 1)
    with np.errstate(all="ignore"):
        return finite(np.vecdot(np.exp(-delta[..., None] * years), flows))


def payback(flows: ArrayLike, rate: ArrayLike = 0.0, per_year: float = 1, *, timing: str = "end") -> Floats:
    """Periods until the money is back, interpolated; with a rate, discounted payback.

    Parameters
    ----------
    flows : array_like, shape (..., periods)
        USD per period.
    rate : array_like, shape (...)
        Discount rate a year; 0 for simple payback.
    per_year, timing
        As in `npv`.

    Returns
    -------
    ndarray, shape (...)
        The first moment at which the running (discounted) total, having been below zero, is back at zero;
        within a period it moves in a straight line. 0 if it never is below zero, nan if it never comes back.

    Examples
    --------
    >>> float(payback([-100, 40, 40, 40]))
    2.5
    """
    total = npv_curve(rate, flows, per_year=per_year, timing=timing)
    below = total < 0
    back = below[..., :-1] & ~below[..., 1:]
    if not back.shape[-1]:
        return finite(np.where(below[..., 0] | np.isnan(total[..., 0]), np.nan, 0.0))
    before = back.argmax(axis=-1)
    owed = -np.take_along_axis(total, before[..., None], -1)[..., 0]
    left = np.take_along_axis(total, before[..., None] + 1, -1)[..., 0]
    with np.errstate(all="ignore"):
        period = before + owed / (owed + left)
    period = np.where(back.any(axis=-1), period, np.where(below.any(axis=-1), np.nan, 0.0))
    return finite(np.where(np.isnan(total).any(axis=-1), np.nan, period))


def equivalent_annual_annuity(rate: ArrayLike, npv: ArrayLike, periods: ArrayLike) -> Floats:
    """The same amount every year that is worth as much as the project: compares projects of unequal lives.

    Parameters
    ----------
    rate : array_like, shape (...)
        Discount rate a year; at 0 the annuity is ``npv / periods``.
    npv : array_like, shape (...)
        USD at period 0.
    periods : array_like, shape (...)
        Years, above 0.

    Returns
    -------
    ndarray, shape (...)
        USD a year, at the end of each year: ``npv x rate / (1 - (1 + rate)^-periods)``.

    Examples
    --------
    >>> round(float(equivalent_annual_annuity(0.10, 1000, 3)), 4)
    402.1148
    """
    npv, periods = np.asarray(npv, float), np.asarray(periods, float)
    return finite(npv * annuity_factor(rate, periods))


def annuity_factor(rate: ArrayLike, periods: ArrayLike) -> Floats:
    """Payment at the end of each period per USD today: ``rate / (1 - (1 + rate)^-periods)``.

    Parameters
    ----------
    rate, periods : array_like, shape (...)
        Rate per period, above -1; number of periods, above 0.

    Returns
    -------
    ndarray, shape (...)
        Share per period; ``1 / periods`` at a rate of 0, and without a jump next to it.

    Examples
    --------
    >>> annuity_factor([0.0, 0.08], 4).round(6).tolist()
    [0.25, 0.301921]
    """
    rate, periods = np.asarray(rate, float), np.asarray(periods, float)
    with np.errstate(all="ignore"):
        # expm1 and log1p keep the digits that 1 - (1 + rate)^-n loses at small rates.
        factor = rate / -np.expm1(-periods * log_growth(rate, 1))
        factor = np.where(rate == 0, 1 / periods, factor)
        return finite(np.where(periods > 0, factor, np.nan))


def lcot(rate: ArrayLike, costs: ArrayLike, mtok: ArrayLike, per_year: float = 1, *, timing: str = "end") -> Floats:
    """Levelised cost of token: the constant price at which tokens sold just pay all costs.

    Parameters
    ----------
    rate : array_like, shape (...)
        Discount rate a year.
    costs : array_like, shape (..., periods)
        USD per period, investment in period 0; costs are positive here.
    mtok : array_like, shape (..., periods)
        Million tokens sold per period.
    per_year, timing
        As in `npv`.

    Returns
    -------
    ndarray, shape (...)
        USD per Mtok: present value of costs over present value of tokens, as LCOE in energy. nan where no
        token is sold.

    Examples
    --------
    >>> round(float(lcot(0.10, [100, 10, 10], [0, 80, 80])), 4)
    0.8452
    """
    costs = npv(rate, costs, per_year=per_year, timing=timing)
    tokens = npv(rate, mtok, per_year=per_year, timing=timing)
    with np.errstate(all="ignore"):
        return finite(costs / tokens)


def log_growth(rate: ArrayLike, per_year: float) -> Floats:
    """log(1 + rate) of one period; nan at or below -100 %, and for a rate without end."""
    rate = np.asarray(rate, float)
    with np.errstate(all="ignore"):
        return np.log1p(np.where((rate > -1) & (rate < np.inf), rate, np.nan)) / per_year


def _times(periods: int, timing: str) -> Floats:
    if timing not in TIMINGS:
        raise ValueError(f"timing: {timing!r} is not one of {', '.join(TIMINGS)}")
    times = np.arange(periods, dtype=float)
    if timing == "mid":
        times[1:] -= MID_PERIOD
    return times


def _weights(rate: ArrayLike, years: Floats) -> Floats:
    """(1 + rate) ^ -years as Excel has it, also below -100 %, where a whole number of years has a value; else nan."""
    growth = 1.0 + np.asarray(rate, float)[..., None]
    weights: Floats = np.where((growth == 0) | ~np.isfinite(growth), np.nan, growth**-years)
    return weights


def _discounted(rate: ArrayLike, flows: ArrayLike, per_year: float, timing: str) -> Floats:
    flows = np.asarray(flows, float)
    delta = log_growth(rate, per_year)
    times = _times(flows.shape[-1], timing)
    if (np.asarray(rate, float) < -1).any():
        return flows * _weights(rate, times / per_year)
    discounted: Floats = flows * np.exp(-delta[..., None] * times)
    return discounted


def _horner(flows: Floats, factor: Floats, timing: str) -> Floats:
    """Present values of a block (rows, periods), each row with its own discount factor per period."""
    periods_first = np.ascontiguousarray(flows.T)
    value = np.zeros(len(flows))
    for flow in periods_first[:0:-1]:
        value += flow
        value *= factor
    if timing == "mid":
        value /= factor**MID_PERIOD
    value += periods_first[0]
    return value


def years_since_the_first(dates: ArrayLike, flows: Floats) -> Floats:
    """Days of each row since its earliest date, over 365."""
    days = np.floor(np.asarray(dates, float))
    if days.shape[-1:] != flows.shape[-1:]:
        raise ValueError(f"{days.shape[-1:]} dates for {flows.shape[-1:]} flows")
    years: Floats = (days - days.min(axis=-1, keepdims=True)) / DAYS_PER_YEAR
    return years


def finite(values: Floats) -> Floats:
    """nan for every value that is not a number a cell could show; a scalar for a scalar."""
    is_finite = np.isfinite(values)
    found: Floats = values if is_finite.all() else np.where(is_finite, values, np.nan)
    return found[()]
