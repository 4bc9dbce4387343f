"""Internal rates: the rate at which dated flows are worth nothing, the one that spreadsheets answer of several.

One engine behind IRR (times 0, 1, 2, ...) and XIRR (days / 365). Which rate of several is the answer: the one that
Newton's method reaches from the guess, as in Excel and LibreOffice (`newton_search`); where it reaches none, the first
above the guess if the value at the guess is positive (the project earns more than that), else the first below; and if
there is none on that side, the first on the other. It never depends on the guess whether there is an answer.

Ways to it, quickest first:

* `compressed_rates.pay_first`: thousands of scenarios that pay first and receive later, hence with one rate.
* `newton_search`: Newton's method from the guess, on short polynomials for thousands of rows.
* `value_ratio.single_root`: one sign change, hence one rate (Descartes): Newton inside closed-form bounds.
* `root_isolation.all_roots`: every rate, double ones too, and the rule.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tokenbook.udfs.kernels.compressed_rates import pay_first
from tokenbook.udfs.kernels.newton_search import from_guess, from_guess_compressed
from tokenbook.udfs.kernels.root_isolation import all_roots
from tokenbook.udfs.kernels.value_ratio import (
    BLOCK_ELEMENTS,
    DELTA_CEILING,
    DELTA_FLOOR,
    Flags,
    Floats,
    Rows,
    log_ratio,
    prepared,
    single_root,
)

__all__ = ["internal_rate", "internal_rates"]

MANY_ROWS = 1024  # from here on polynomials pay
FEW_ROWS = 16  # below, Newton's method on the logarithm, in fewer and dearer steps, is as quick, and to the last digit


def internal_rate(flows: ArrayLike, times: ArrayLike, guess: ArrayLike = 0.1) -> Floats:
    """Rate per unit of time at which each row of flows is worth nothing.

    Parameters
    ----------
    flows : array (rows, periods)
        Money in positive, money out negative.
    times : array (periods,) or (rows, periods)
        When each flow falls, in units of the rate's period, in any order.
    guess : float or array (rows,)
        Where the search begins; of several rates it decides which is answered.

    Returns
    -------
    array (rows,)
        nan where flows do not have both signs, where no rate above -100 % answers, or where a flow or a
        time is not finite.
    """
    money, dated = _in_time_order(np.asarray(flows, float), np.asarray(times, float))
    rows, periods = money.shape
    delta = np.full(rows, np.nan)
    if periods < 2:
        return delta
    from_where = np.broadcast_to(np.asarray(guess, float), (rows,))
    many, tried = rows >= MANY_ROWS, False
    with np.errstate(all="ignore"):
        if many and dated.ndim == 1 and np.isfinite(dated).all() and dated[-1] > dated[0]:
            found, certain = pay_first(money, dated)
            delta = np.where(certain, found, np.nan)
            left = np.flatnonzero(~certain)
            if len(left) >= MANY_ROWS:
                delta[left] = from_guess_compressed(money[left], dated, from_where[left])
                left = left[np.isnan(delta[left])]
            if len(left):
                delta[left] = from_guess(money[left], dated, from_where[left])
            tried = True
        elif FEW_ROWS <= rows < MANY_ROWS:
            delta = from_guess(money, dated, from_where)
            tried = True
        left = np.flatnonzero(np.isnan(delta))
        size = max(1, BLOCK_ELEMENTS // periods)
        for first in range(0, len(left), size):
            block = left[first : first + size]
            own = dated if dated.ndim == 1 else dated[block]
            delta[block] = _one_by_one(money[block], own, from_where[block], tried)
        rates = np.where((delta > DELTA_FLOOR) & (delta < DELTA_CEILING), np.expm1(delta), np.nan)
    return np.where(rates > -1, rates, np.nan)


def internal_rates(flows: ArrayLike, times: ArrayLike) -> list[Floats]:
    """Every rate above -100 % of each row of flows, rising; none where flows do not have both signs.

    Parameters
    ----------
    flows, times
        As in `internal_rate`.

    Returns
    -------
    list of array
        One for each row. A rate at which the value touches zero without crossing it is there once.
    """
    money, dated = _in_time_order(np.asarray(flows, float), np.asarray(times, float))
    found: list[Floats] = [np.empty(0)] * len(money)
    if money.shape[1] < 2:
        return found
    with np.errstate(all="ignore"):
        rows, usable, _ = prepared(money, dated, np.full(len(money), 0.1))
        chosen = np.flatnonzero(usable)
        if len(chosen):
            row, delta = all_roots(rows.pick(chosen))
            for k, own in enumerate(chosen.tolist()):
                found[own] = np.expm1(np.sort(delta[row == k]))
    return found


def _in_time_order(flows: Floats, times: Floats) -> tuple[Floats, Floats]:
    """By rising time, and netted: money that comes and goes on one day is no receipt and no payment."""
    gaps = np.diff(times, axis=-1)
    if (gaps > 0).all():
        return flows, times
    if not ((gaps >= 0).all() or np.isnan(times).any()):
        order = np.argsort(times, axis=-1, kind="stable")
        if times.ndim == 1:
            flows, times = flows[:, order], times[order]
        else:
            flows, times = np.take_along_axis(flows, order, -1), np.take_along_axis(times, order, -1)
    same = times[..., 1:] == times[..., :-1]
    if same.any():
        flows = flows.copy()
        for k in np.flatnonzero(same.reshape(-1, same.shape[-1]).any(axis=0)):
            flows[:, k + 1] += np.where(same[..., k], flows[:, k], 0.0)
            flows[:, k] = np.where(same[..., k], 0.0, flows[:, k])
    return flows, times


def _one_by_one(flows: Floats, times: Floats, guess: Floats, tried: bool) -> Floats:
    """delta of one block of rows, by the rule of signs. ``tried``: Newton's method from the guess has failed."""
    delta = np.full(len(flows), np.nan)
    rows, usable, one_change = prepared(flows, times, guess)
    alone = np.flatnonzero(usable & one_change)
    if len(alone):
        delta[alone] = single_root(rows.pick(alone))
    several = np.flatnonzero(usable & ~one_change)
    if len(several) and not tried:
        delta[several] = from_guess(rows.flows[several], rows.pick(several).times, guess[several])
        several = several[np.isnan(delta[several])]
    if len(several):
        delta[several] = _by_direction(rows.pick(several))
    return delta


def _by_direction(rows: Rows) -> Floats:
    """delta of the first root in the direction in which the value at the guess points, else in the other."""
    start = np.log1p(np.where(rows.guess > -1, rows.guess, np.nan))
    value = log_ratio(rows, np.where(np.isnan(start), 0.0, start))[0]
    upwards = np.isnan(start) | (value > 0)
    start = np.where(np.isnan(start), DELTA_FLOOR, np.maximum(start, DELTA_FLOOR))
    answer = _first(rows, start, upwards)
    other = np.flatnonzero(np.isnan(answer))
    if len(other):
        answer[other] = _first(rows.pick(other), start[other], ~upwards[other])
    return answer


def _first(rows: Rows, start: Floats, upwards: Flags) -> Floats:
    """The first root of each row on one side of delta ``start``."""
    answer = np.full(len(start), np.nan)
    row, roots = all_roots(rows, start, upwards)
    ahead = (roots >= start[row]) == upwards[row]
    row, roots = row[ahead], roots[ahead]
    order = np.lexsort((np.abs(roots - start[row]), row))
    owners, first = np.unique(row[order], return_index=True)
    answer[owners] = roots[order][first]
    return answer
