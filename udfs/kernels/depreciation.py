"""Depreciation schedules: straight line, sum of years' digits, declining balance, MACRS, units of output.

One function, `schedule`; the last axis is time and begins with period 1, the first one in service. Life is
counted in periods, so that the deployment model can ask for months.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tokenbook.udfs.kernels import tables

DECLINING_BALANCE_FACTOR = 2.0

# Share of the cost a year, half-year convention. Source: IRS Publication 946, table A-1.
MACRS_SHARES = {
    "MACRS3": (0.3333, 0.4445, 0.1481, 0.0741),
    "MACRS5": (0.2000, 0.3200, 0.1920, 0.1152, 0.1152, 0.0576),
    "MACRS7": (0.1429, 0.2449, 0.1749, 0.1249, 0.0893, 0.0892, 0.0893, 0.0446),
}
METHODS = ("SL", "SYD", "DDB", *MACRS_SHARES, "UNITS")

Floats = NDArray[np.float64]


def schedule(
    method: ArrayLike,
    cost: ArrayLike,
    salvage: ArrayLike,
    life: ArrayLike,
    periods: int,
    units: ArrayLike | None = None,
    *,
    per_year: int = 1,
) -> Floats:
    """Depreciation per period.

    Parameters
    ----------
    method : {"SL", "SYD", "DDB", "MACRS3", "MACRS5", "MACRS7", "UNITS"} or array of them, shape (...)
        Straight line; sum of years' digits; double declining balance, switching to straight line as soon as
        that is more; MACRS with its half-year convention; in proportion to `units`.
    cost, salvage : array_like, shape (...)
        What was paid, and what is left at the end of life [USD]; 0 <= salvage <= cost. MACRS ignores salvage.
    life : array_like, shape (...)
        Life in periods, above 0, whole or not. MACRS and UNITS ignore it.
    periods : int
        Number of values, for the periods 1 .. periods.
    units : array_like, shape (..., periods)
        Output of each period, in any unit; for UNITS only.
    per_year : int
        Periods a year, 12 for months: a month has a twelfth of its year's MACRS share.

    Returns
    -------
    ndarray, shape (..., periods)
        USD per period, 0 after the end of life. Over a whole life it sums to cost - salvage (MACRS: cost).
        nan outside the domain, and for UNITS where there is no output at all.

    Raises
    ------
    ValueError
        If `method` is unknown, or UNITS has no units.

    Notes
    -----
    With L = life, in period t: SL (cost - salvage) / L; SYD (cost - salvage) (L - t + 1) / (L (L + 1) / 2);
    DDB max(2 / L, 1 / (L - t + 1) of what is still to go), never below salvage, as Excel's VDB. A life
    that ends within a period gets its part of it.

    References
    ----------
    IRS Publication 946, How to depreciate property, table A-1 (MACRS).

    Examples
    --------
    >>> schedule("DDB", 1000.0, 100.0, 5, 6).round(2).tolist()
    [400.0, 240.0, 144.0, 86.4, 29.6, 0.0]
    >>> schedule("MACRS5", 1000.0, 0.0, 5, 6).round(2).tolist()
    [200.0, 320.0, 192.0, 115.2, 115.2, 57.6]
    """
    methods = np.asarray(method)
    given = set(methods.ravel().tolist())
    if not given <= set(METHODS):
        unknown = next(name for name in methods.ravel().tolist() if name not in METHODS)
        raise ValueError(f"method: {unknown!s} is not one of {', '.join(METHODS)}")
    if "UNITS" in given and units is None:
        raise ValueError("units: needed for the method UNITS, one value per period")

    cost, salvage, life = (np.asarray(x, dtype=float) for x in (cost, salvage, life))
    of_units = None if units is None else np.asarray(units, dtype=float)
    scenarios_of_units = () if of_units is None else of_units.shape[:-1]
    shape = np.broadcast_shapes(methods.shape, cost.shape, salvage.shape, life.shape, scenarios_of_units)
    # Scenarios become rows of one table; each method does its own rows in one go.
    methods, cost, salvage, life = (np.broadcast_to(x, shape).reshape(-1, 1) for x in (methods, cost, salvage, life))
    if of_units is not None and "UNITS" in given:
        of_units = np.broadcast_to(of_units, (*shape, periods)).reshape(-1, periods)
    present = [name for name in METHODS if name in given]
    if len(present) == 1:
        result = _of_method(present[0], cost, salvage, life, periods, of_units, per_year)
    else:
        result = np.empty((len(cost), periods), order="F")
        for name in present:
            rows = (methods == name)[:, 0]
            of_rows = of_units[rows] if name == "UNITS" and of_units is not None else None
            result[rows] = _of_method(name, cost[rows], salvage[rows], life[rows], periods, of_rows, per_year)
    return result.reshape(*shape, periods)


def _of_method(
    method: str, cost: Floats, salvage: Floats, life: Floats, periods: int, units: Floats | None, per_year: int
) -> Floats:
    # cost, salvage, life: (rows, 1); units, only looked at by UNITS: (rows, periods).
    if method in MACRS_SHARES:
        return np.multiply(np.where(cost >= 0, cost, np.nan), _macrs_shares(method, periods, per_year), order="F")
    to_go = np.where((salvage >= 0) & (salvage <= cost), cost - salvage, np.nan)
    if method == "UNITS" and units is not None:
        return to_go * _unit_shares(units)
    life = np.where(life > 0, life, np.nan)
    if method in ("SL", "SYD") and np.all(life == life[:1]):
        life = life[:1]  # one life, one row of shares
    if method == "SL":
        return np.multiply(to_go / life, _periods_in_service(life, periods), order="F")
    if method == "SYD":
        return np.multiply(to_go, _digit_shares(life, periods), order="F")
    return _declining_balance(to_go, salvage, life, periods)


def _periods_in_service(life: Floats, periods: int) -> Floats:
    # 1 in every period of life, the part in one that is not whole, 0 after.
    return np.clip(np.subtract(life, np.arange(periods), order="F"), 0.0, 1.0)


def _digit_shares(life: Floats, periods: int) -> Floats:
    # The digits up to a time x sum to x (2 life - x + 1) / 2; the difference over a period, in product form.
    t = np.arange(1, periods + 1)
    begin, end = np.minimum(t - 1, life, order="F"), np.minimum(t, life, order="F")
    return (end - begin) * (2.0 * life - begin - end + 1.0) / (life * (life + 1.0))


def _declining_balance(to_go: Floats, salvage: Floats, life: Floats, periods: int) -> Floats:
    to_go, salvage, life = to_go[:, 0], salvage[:, 0], life[:, 0]
    declining_rate = np.minimum(DECLINING_BALANCE_FACTOR / life, 1.0)
    result = np.empty((periods, to_go.size))
    for t in range(1, periods + 1):
        left = life - (t - 1)
        amount = np.maximum((to_go + salvage) * declining_rate, to_go / np.maximum(left, 1.0))
        amount = np.where(left <= 0, 0.0 * to_go, np.minimum(amount, to_go))
        to_go = to_go - amount
        result[t - 1] = amount
    return result.T


def _macrs_shares(method: str, periods: int, per_year: int) -> Floats:
    by_year = np.array([*MACRS_SHARES[method], 0.0])
    year = np.minimum(np.arange(periods) // per_year, len(by_year) - 1)
    return by_year[year] / per_year


def _unit_shares(units: Floats) -> Floats:
    total = tables.total(units)
    return units / np.where(total > 0, total, np.nan)
