"""Returns: the rate that a series of payments earns, as Excel's IRR, XIRR and MIRR have it.

Axes and conventions as in `cash_flow`: time is the last axis, scenarios are the leading ones, money in is positive.
Without an answer a rate is nan.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tokenbook.udfs.kernels.cash_flow import finite, log_growth, npv, years_since_the_first
from tokenbook.udfs.kernels.internal_rate import internal_rate, internal_rates

Floats = NDArray[np.float64]


def irr(flows: ArrayLike, guess: ArrayLike = 0.1) -> Floats:
    """Internal rate of return per period, as Excel's IRR, and an answer wherever there is one.

    Parameters
    ----------
    flows : array_like, shape (..., periods)
        USD per period, at least one in and one out.
    guess : array_like, shape (...)
        Where the search begins. Where several rates answer, it decides which is returned, never whether one is.

    Returns
    -------
    ndarray, shape (...)
        Rate per period above -1 at which `npv` is zero: of monthly flows, a monthly rate. nan where there is
        none, or where the flows do not have both signs.

    Notes
    -----
    See `tokenbook.udfs.kernels.internal_rate` for which of several rates is returned; `irr_roots` gives them all. Every
    root is found, also where the value touches zero without crossing it. Within about 1e-15 of 1 + rate unless two
    roots nearly coincide.

    Examples
    --------
    >>> round(float(irr([-70_000, 12_000, 15_000, 18_000, 21_000, 26_000])), 6)
    0.086631

    Two rates answer, 25 % and 100 %; the guess chooses:

    >>> irr([-4, 13, -10], [0.1, 0.9]).round(12).tolist()
    [0.25, 1.0]
    """
    flows = np.asarray(flows, float)
    return _rates(flows, np.arange(flows.shape[-1], dtype=float), guess)


def irr_roots(flows: ArrayLike) -> Floats:
    """Every internal rate of return above -100 %, rising: more than one, and an IRR is ambiguous.

    Parameters
    ----------
    flows : array_like, shape (periods) or (scenarios, periods)
        USD per period.

    Returns
    -------
    ndarray, shape (rates) or (scenarios, most rates of a scenario)
        Rates per period, filled up with nan; of no length where there is none.

    Examples
    --------
    >>> irr_roots([-50, -100, 600, 300, -100]).round(4).tolist()
    [-0.7689, 1.8544]
    """
    flows = np.asarray(flows, float)
    found = internal_rates(np.atleast_2d(flows), np.arange(flows.shape[-1], dtype=float))
    table = np.full((len(found), max(map(len, found))), np.nan)
    for row, rates in zip(table, found, strict=True):
        row[: len(rates)] = rates
    return table if flows.ndim > 1 else table[0]


def xirr(flows: ArrayLike, dates: ArrayLike, guess: ArrayLike = 0.1) -> Floats:
    """Internal rate of return a year of dated flows, as Excel's XIRR, and an answer wherever there is one.

    Parameters
    ----------
    flows : array_like, shape (..., flows)
        USD, at least one in and one out.
    dates : array_like, shape (flows) or (..., flows)
        Day serials, in any order; the time of day is cut off.
    guess : array_like, shape (...)
        Where the search begins; of several rates it decides which is returned.

    Returns
    -------
    ndarray, shape (...)
        Rate a year (365 days) above -1 at which `xnpv` is zero, nan where there is none.

    Raises
    ------
    ValueError
        Number of dates differs from the number of flows.

    Notes
    -----
    Times count from the earliest date, Excel's from the first in the list. That multiplies all present values
    by one factor, ``(1 + rate)^years``, which is never zero: the roots are the same.

    Examples
    --------
    >>> dates = [39448, 39508, 39751, 39859, 39904]
    >>> round(float(xirr([-10_000, 2_750, 4_250, 3_250, 2_750], dates)), 6)
    0.373363
    """
    flows = np.asarray(flows, float)
    return _rates(flows, years_since_the_first(dates, flows), guess)


def mirr(flows: ArrayLike, finance_rate: ArrayLike, reinvest_rate: ArrayLike) -> Floats:
    """Modified internal rate of return per period, as Excel's MIRR.

    Parameters
    ----------
    flows : array_like, shape (..., periods)
        USD per period, at least one in and one out.
    finance_rate, reinvest_rate : array_like, shape (...)
        Rate per period paid on the money out, and earned on the money in.

    Returns
    -------
    ndarray, shape (...)
        Rate per period; -1 where nothing is received, nan where nothing is paid. With a rate below -100 %, which means
        nothing, what the formula gives, as in Excel, where it gives anything.

    Notes
    -----
    ``(value of receipts at the end / value of payments today)^(1 / n) - 1`` with n periods after period 0.
    Computed in logarithms: the value of receipts after 600 periods may be beyond any double.

    Examples
    --------
    >>> round(float(mirr([-120_000, 39_000, 30_000, 21_000, 37_000, 46_000], 0.10, 0.12)), 6)
    0.126094
    """
    flows = np.asarray(flows, float)
    last = flows.shape[-1] - 1
    reinvest, finance = np.asarray(reinvest_rate, float), np.asarray(finance_rate, float)
    received = npv(reinvest, np.maximum(flows, 0.0))
    paid = npv(finance, np.maximum(-flows, 0.0))
    with np.errstate(all="ignore"):
        gain = np.where(received > 0, np.log(received / paid) / last, np.nan)
        rate = np.expm1(log_growth(reinvest, 1) + gain)
        if (reinvest < -1).any() or (finance < -1).any():
            growth = (received * (1.0 + reinvest) ** last / paid) ** (1.0 / last)
            rate = np.where((reinvest < -1) | (finance < -1), growth - 1.0, rate)
        return finite(np.where((received == 0) & (paid > 0) & (last > 0), -1.0, rate))


def _rates(flows: Floats, times: Floats, guess: ArrayLike) -> Floats:
    periods = flows.shape[-1]
    guess = np.asarray(guess, float)
    shape = np.broadcast_shapes(flows.shape[:-1], times.shape[:-1], guess.shape)
    flows = np.broadcast_to(flows, (*shape, periods)).reshape(-1, periods)
    if times.ndim > 1:
        times = np.broadcast_to(times, (*shape, periods)).reshape(-1, periods)
    guess = np.broadcast_to(guess, shape).reshape(-1)
    rates: Floats = internal_rate(flows, times, guess).reshape(shape)
    return rates[()]
