"""Curves over time: prices that fall, software that gets faster, utilisation that ramps up.

A curve starts with period 0 (today) and has one value per period on its last axis. A parameter given as an
array puts its axes in front: one curve per scenario. Outside its domain a curve is nan.
`fit_decline` goes the other way, from dated values to the yearly factor; `learning_curve`
runs over volume, not over time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tokenbook.udfs.kernels.units import DAYS_PER_YEAR, MONTHS_PER_YEAR, MTOK_PER_HOUR

LEAST_MONTHS = 1e-9  # less than this is at once
LOGISTIC_STEEPNESS = 10.0  # of the ramp: 90 % of the way lies between 0.2 and 0.8 of its time

Floats = NDArray[np.float64]


def compound(factor: ArrayLike, periods: int, per_year: int = MONTHS_PER_YEAR) -> Floats:
    """A yearly factor, compounded every period: ``factor ** (t / per_year)``.

    Parameters
    ----------
    factor : array_like, shape (...)
        Growth factor a year, above 0: 1.1 for 10 % a year.
    periods : int
        Number of values, t = 0 .. periods - 1.
    per_year : int
        Periods a year, 12 for months.

    Returns
    -------
    ndarray, shape (..., periods)
        1 in period 0; nan where `factor` is not above 0.

    Notes
    -----
    The first year, then twice as much with every step: few exponentials, and exact at whole years but for the
    rounding of a handful of products.

    Examples
    --------
    >>> compound(4.0, 5, per_year=2).tolist()
    [1.0, 2.0, 4.0, 8.0, 16.0]
    """
    factor = _column(_where_positive(factor))
    curve = np.empty((*factor.shape[:-1], periods), order="F")
    done = min(per_year, periods)
    first_year = np.multiply(np.log(factor), np.arange(done) / per_year, out=curve[..., :done])
    np.exp(first_year, out=first_year)
    step = factor
    while done < periods:
        more = min(done, periods - done)
        np.multiply(curve[..., :more], step, out=curve[..., done : done + more])
        done += more
        step = step * step if done < periods else step
    return curve


def price_curve(
    start: ArrayLike,
    annual_factor: ArrayLike,
    periods: int,
    per_year: int = MONTHS_PER_YEAR,
    floor: ArrayLike = 0.0,
) -> Floats:
    """A price that falls by a factor a year, down to a floor.

    Parameters
    ----------
    start : array_like, shape (...)
        Price in period 0 [USD per Mtok, or any other].
    annual_factor : array_like, shape (...)
        Times a year that the price falls: 10 means a tenth after a year, 1 means flat, below 1 it rises.
    periods : int
        Number of values, t = 0 .. periods - 1.
    per_year : int
        Periods a year, 12 for months.
    floor : array_like, shape (...)
        Price below which it does not fall, in the unit of `start`.

    Returns
    -------
    ndarray, shape (..., periods)
        max(floor, start * annual_factor ** (-t / per_year)); nan where `annual_factor` is not above 0.

    Examples
    --------
    >>> price_curve(2.0, 10.0, 4, per_year=1).round(6).tolist()
    [2.0, 0.2, 0.02, 0.002]
    """
    start, floor = _column(start), _column(floor)
    fall = compound(annual_factor, periods, per_year)
    found: Floats = np.maximum(np.divide(start, fall, order="F"), floor)
    return found


def software_curve(periods: int, gain: ArrayLike, months: ArrayLike, annual_gain: ArrayLike = 0.0) -> Floats:
    """Throughput multiplier from software releases: a gain within some months, then so much a year.

    Parameters
    ----------
    periods : int
        Number of months, t = 0 .. periods - 1.
    gain : array_like, shape (...)
        Throughput at the end of the first phase over throughput today, above 0: 5 for five times.
    months : array_like, shape (...)
        Months in which `gain` is reached; 0 means it is there from the start.
    annual_gain : array_like, shape (...)
        Growth a year afterwards, above -1: 0.2 for 20 %.

    Returns
    -------
    ndarray, shape (..., periods)
        gain ** min(1, t / months) * (1 + annual_gain) ** (max(0, t - months) / 12); nan outside the domain.

    Examples
    --------
    >>> software_curve(4, 4.0, 2).round(6).tolist()
    [1.0, 2.0, 4.0, 4.0]
    """
    gain, months, annual_gain = (np.asarray(x, dtype=float) for x in (gain, months, annual_gain))
    in_domain = (gain > 0) & (months >= 0) & (annual_gain > -1)
    annual_factor = np.where(annual_gain > -1, 1.0 + annual_gain, np.nan)
    gain, months, annual_factor = _column(np.where(in_domain, gain, np.nan)), _column(months), _column(annual_factor)
    # Counted from the month in which the gain is reached, so that it is reached exactly, as is the start.
    months_after = np.subtract(np.arange(periods), months, order="F")
    per_month_before = np.log(gain) / np.maximum(months, LEAST_MONTHS)
    per_month_after = np.log(annual_factor) / MONTHS_PER_YEAR
    # Where all get there in the same month and grow alike from then on, one exponential a month does for all.
    alike = months.size == 1 and annual_factor.size == 1
    rising = int(np.count_nonzero(months_after < 0)) if alike else periods
    exponent = np.multiply(per_month_before, np.minimum(months_after[..., :rising], 0.0), order="F")
    if not alike:
        exponent += per_month_after * np.maximum(months_after, 0.0)
    curve = np.empty((*gain.shape[:-1], periods), order="F")
    np.multiply(gain, np.exp(exponent), out=curve[..., :rising])
    np.multiply(gain, np.exp(per_month_after * months_after[..., rising:]), out=curve[..., rising:])
    curve[..., :1] = np.where(months == 0, gain, gain / gain)
    return curve


def ramp_curve(periods: int, start: ArrayLike, end: ArrayLike, ramp: ArrayLike, shape: ArrayLike = "linear") -> Floats:
    """A share that ramps up (or down) from start to end, in a line or in an S.

    Parameters
    ----------
    periods : int
        Number of values, t = 0 .. periods - 1.
    start, end : array_like, shape (...)
        Value in period 0, and from period `ramp` on.
    ramp : array_like, shape (...)
        Periods that the ramp takes; 0 means that `end` is there at once.
    shape : {"linear", "logistic"} or array of them, shape (...)
        A line, or the logistic curve rescaled so that it begins and ends exactly.

    Returns
    -------
    ndarray, shape (..., periods)
        start + (end - start) * share(min(1, t / ramp)). Linear: share(x) = x.
        Logistic: share(x) = (L(x) - L(0)) / (L(1) - L(0)), L(x) = 1 / (1 + exp(-10 (x - 1/2))).

    Raises
    ------
    ValueError
        If `shape` is another word.

    Examples
    --------
    >>> ramp_curve(5, 0.2, 0.8, 4).round(6).tolist()
    [0.2, 0.35, 0.5, 0.65, 0.8]
    >>> ramp_curve(5, 0.2, 0.8, 4, "logistic").round(6).tolist()
    [0.2, 0.242062, 0.5, 0.757938, 0.8]
    """
    shape = np.asarray(shape)
    logistic = shape == "logistic"
    if not np.all(logistic | (shape == "linear")):
        raise ValueError(f"shape: {str(shape[~(logistic | (shape == 'linear'))][0])!r} is not one of linear, logistic")
    t = np.arange(float(periods))
    start, end, ramp = _column(start), _column(end), _column(_where_not_negative(ramp))
    share = _share_of_way(t, ramp)
    if np.all(logistic):
        share = _logistic_share(share)
    elif np.any(logistic):
        share = np.array(np.broadcast_to(share, (*np.broadcast_shapes(ramp.shape[:-1], shape.shape), periods)))
        curved = np.broadcast_to(logistic, share.shape[:-1])
        share[curved] = _logistic_share(share[curved])
    if ramp.size > 1:
        there = np.greater_equal(t, ramp, order="F")
        return np.where(there, end, start + np.multiply(end - start, share, order="F"))
    # All are there in the same period: what comes before it, and the end.
    on_the_way = int(np.count_nonzero(t < ramp))
    before = start + np.multiply(end - start, share[..., :on_the_way], order="F")
    curve = np.empty((*np.broadcast_shapes(before.shape[:-1], start.shape[:-1], end.shape[:-1]), periods), order="F")
    curve[..., :on_the_way] = before
    curve[..., on_the_way:] = np.where(ramp >= 0, end, np.nan)
    return curve


def learning_curve(first_cost: ArrayLike, cumulative_volume: ArrayLike, learning_rate: ArrayLike) -> Floats:
    """Wright's law: every doubling of the volume made so far cuts the cost by the learning rate.

    Parameters
    ----------
    first_cost : array_like
        Cost at volume 1 [USD].
    cumulative_volume : array_like
        Volume made so far, in units of the first, above 0.
    learning_rate : array_like
        Share by which the cost falls with each doubling, below 1: 0.2 for 20 %.

    Returns
    -------
    ndarray, the shapes broadcast
        first_cost * cumulative_volume ** log2(1 - learning_rate); nan outside the domain.

    References
    ----------
    T. P. Wright, Factors affecting the cost of airplanes, J. Aeronautical Sciences 3 (1936).

    Examples
    --------
    >>> learning_curve(100.0, [1, 2, 4], 0.2).round(6).tolist()
    [100.0, 80.0, 64.0]
    """
    kept = _where_positive(1.0 - np.asarray(learning_rate, dtype=float))
    return np.asarray(first_cost, dtype=float) * _where_positive(cumulative_volume) ** np.log2(kept)


def fit_decline(dates_in_days: ArrayLike, values: ArrayLike) -> tuple[Floats, Floats]:
    """The factor by which dated values fall a year: a line fitted to their logarithms.

    Parameters
    ----------
    dates_in_days : array_like, shape (..., n)
        Dates as day numbers (Excel serials, ordinals); any order.
    values : array_like, shape (..., n)
        Prices or costs, above 0.

    Returns
    -------
    annual_factor : ndarray, shape (...)
        Times a year (365 days) that the values fall; above 1 they fall, below 1 they rise. nan with fewer
        than two different dates, or where a value is not above 0.
    r_squared : ndarray, shape (...)
        Share of the variance of log(value) that the line explains; nan where the values are all the same.

    Notes
    -----
    Ordinary least squares of log(value) on years, both centred first: dates near 46,000 cost no digits.

    Examples
    --------
    >>> factor, r_squared = fit_decline([45000, 45365, 45730], [60.0, 6.0, 0.6])
    >>> round(float(factor), 9), round(float(r_squared), 9)
    (10.0, 1.0)
    """
    days, values = np.broadcast_arrays(np.asarray(dates_in_days, dtype=float), _where_positive(values))
    years = (days - days[..., :1]) / DAYS_PER_YEAR
    years = years - years.mean(axis=-1, keepdims=True)
    logs = np.log(values)
    # About the first value first: values that are all the same become exact zeros, not rounding noise.
    logs = logs - logs[..., :1]
    logs = logs - logs.mean(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = (years * years).sum(axis=-1)
        slope = (years * logs).sum(axis=-1) / spread
        slope = np.where(spread > 0, slope, np.nan)
        r_squared = slope * (years * logs).sum(axis=-1) / (logs * logs).sum(axis=-1)
    return np.exp(-slope)[()], r_squared[()]


def cost_curve(
    usd_per_gpu_hour: ArrayLike,
    tok_s_per_gpu: ArrayLike,
    utilization: ArrayLike,
    gain: ArrayLike,
    months: ArrayLike,
    periods: int,
    annual_gain: ArrayLike = 0.0,
) -> Floats:
    """Cost per million tokens, month by month, as software makes the same GPU faster.

    Parameters
    ----------
    usd_per_gpu_hour : array_like, shape (...)
        All-in rate [USD per GPU-hour].
    tok_s_per_gpu : array_like, shape (...)
        Throughput today [tok/s per GPU].
    utilization : array_like, shape (...)
        Share of that throughput in use, 0 to 1.
    gain, months, annual_gain : array_like, shape (...)
        The software gain, as in `software_curve`.
    periods : int
        Number of months, t = 0 .. periods - 1.

    Returns
    -------
    ndarray, shape (..., periods)
        USD per Mtok: usd_per_gpu_hour / (tok_s_per_gpu * 0.0036 * utilization * software(t)); nan where
        throughput or utilisation is 0.

    Examples
    --------
    >>> cost_curve(1.95, 5602.58, 1.0, 5.0, 2, 3).round(4).tolist()
    [0.0967, 0.0432, 0.0193]
    """
    mtok_per_hour = np.asarray(tok_s_per_gpu, dtype=float) * MTOK_PER_HOUR * np.asarray(utilization, dtype=float)
    today = np.asarray(usd_per_gpu_hour, dtype=float) / _where_positive(mtok_per_hour)
    return _column(today) / software_curve(periods, gain, months, annual_gain)


def _column(parameter: ArrayLike) -> NDArray[Any]:
    return np.asarray(parameter)[..., np.newaxis]


def _where_positive(parameter: ArrayLike) -> Floats:
    parameter = np.asarray(parameter, dtype=float)
    return np.where(parameter > 0, parameter, np.nan)


def _where_not_negative(parameter: ArrayLike) -> Floats:
    parameter = np.asarray(parameter, dtype=float)
    return np.where(parameter >= 0, parameter, np.nan)


def _share_of_way(t: Floats, length: Floats) -> Floats:
    # min(1, t / length), also for a length next to nothing; for 0 it is right from t = 1 on.
    length = np.maximum(length, np.finfo(float).tiny)
    return np.minimum(t, length, order="F") / length


def _logistic(x: ArrayLike) -> Floats:
    return 1.0 / (1.0 + np.exp(-LOGISTIC_STEEPNESS * (np.asarray(x) - 0.5)))


def _logistic_share(x: Floats) -> Floats:
    low, high = _logistic(0.0), _logistic(1.0)
    return (_logistic(x) - low) / (high - low)
