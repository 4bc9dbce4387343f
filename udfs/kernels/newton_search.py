"""Newton's method in the rate, from the guess: of several rates it reaches the one that spreadsheets answer.

Excel and LibreOffice search with ``x - f(x) / f'(x)`` on the value ``f`` at the rate ``x`` and give up after some
steps. In ``delta = log(1 + x)`` a step is ``delta + log(1 - f / f')``, f' by delta. Where it leaves the rates above
-100 %, or has not settled after `STEPS`, there is no answer here.

* `from_guess`: an exponential for every flow and step; a few rows or a thousand.
* `from_guess_compressed`: thousands of rows on one row of times, on short polynomials (see `polynomials`).
"""

from __future__ import annotations

import numpy as np

from tokenbook.udfs.kernels.polynomials import exponentials_as_polynomials, product
from tokenbook.udfs.kernels.value_ratio import BLOCK_ELEMENTS, DELTA_CEILING, DELTA_FLOOR, Floats, Indices

STEPS = 20  # as Excel's IRR
SETTLED = 1e-8  # [delta * span] largest last step; convergence is quadratic, so the next one is near 1e-16

SAMPLE_ROWS = 128
MARGIN = 1.0  # [delta * span] beyond the roots of a sample
WIDEST = 24.0  # [delta * span] from end to end: keeps the polynomials short
STEEPEST = 8.0  # [-delta * span] below, rounding errors of late flows would tell
PANEL_ROWS = 2048  # its polynomials stay in the cache


def from_guess(flows: Floats, times: Floats, guess: Floats) -> Floats:
    """delta (rows,) that Newton's method reaches, nan where it reaches none.

    Parameters
    ----------
    flows : array (rows, periods)
    times : array (periods,) or (rows, periods), rising
    guess : array (rows,)
        Rates, where the search begins.
    """
    found = np.full(len(flows), np.nan)
    size = max(1, BLOCK_ELEMENTS // flows.shape[1])
    with np.errstate(all="ignore"):
        for first in range(0, len(flows), size):
            block = slice(first, first + size)
            own = times if times.ndim == 1 else times[block]
            found[block] = _search(flows[block], own - own[..., :1], guess[block])
    return found


def _search(flows: Floats, times: Floats, guess: Floats) -> Floats:
    found = np.full(len(flows), np.nan)
    delta = _after_one_step(flows, times, guess)
    span = times[..., -1]
    active = np.arange(len(flows))
    sides = np.stack([flows, flows * times])  # their present values: the value, and minus its slope by delta
    weights = np.empty(flows.shape)
    for _ in range(STEPS):
        np.multiply(delta[:, None], times, out=weights)
        np.negative(weights, out=weights)
        np.exp(weights, out=weights)
        value, slope = np.vecdot(weights, sides)
        step = np.log1p(value / slope)
        delta = delta + step
        done = np.abs(step) * span < SETTLED
        if done.any():
            found[active[done]] = delta[done]
        left = np.flatnonzero(~done & np.isfinite(step))
        if not len(left):
            break
        if len(left) < len(done):
            active, delta, sides, weights = active[left], delta[left], sides[:, left], weights[: len(left)]
            times = times if times.ndim == 1 else times[left]
            span = span if times.ndim == 1 else span[left]
    return np.where((found > DELTA_FLOOR) & (found < DELTA_CEILING), found, np.nan)


def _after_one_step(flows: Floats, times: Floats, guess: Floats) -> Floats:
    """delta after the first step; where all begin at one rate, it costs one exponential a period, not a flow."""
    start = np.log1p(guess)
    if times.ndim > 1 or (guess != guess[0]).any():
        return start
    weights = np.exp(-start[0] * times)
    slope: Floats = flows @ (weights * times)
    stepped: Floats = start + np.log1p((flows @ weights) / slope)
    return stepped


def from_guess_compressed(flows: Floats, times: Floats, guess: Floats) -> Floats:
    """As `from_guess` for thousands of rows on one row of times; nan also where the search leaves the polynomials."""
    found = np.full(len(flows), np.nan)
    times = times - times[0]
    span = times[-1]
    every = max(1, len(flows) // SAMPLE_ROWS)
    sample = from_guess(flows[::every], times, guess[::every])
    start = np.log1p(guess)
    ends = np.concatenate([sample[np.isfinite(sample)], start[np.isfinite(start)]])
    if not len(ends):
        return found
    middle = float(np.median(ends))
    low = max(float(ends.min()) - MARGIN / span, middle - WIDEST / 2 / span, -STEEPEST / span)
    high = min(float(ends.max()) + MARGIN / span, middle + WIDEST / 2 / span)
    if not low < high:
        return found
    centre, radius = 0.5 * (low + high), 0.5 * (high - low)
    to_coefficients = exponentials_as_polynomials(times, centre, radius)
    with np.errstate(all="ignore"):
        for first in range(0, len(flows), PANEL_ROWS):
            panel = slice(first, first + PANEL_ROWS)
            polynomials = product(to_coefficients, flows[panel].T)
            x = (_after_one_step(flows[panel], times, guess[panel]) - centre) / radius
            x = _search_polynomials(polynomials, x, radius, span)
            found[panel] = centre + radius * x
    return found


def _search_polynomials(polynomials: Floats, x: Floats, radius: float, span: float) -> Floats:
    """Where Newton's method ends on polynomials (terms, rows) in x, delta = centre + radius * x."""
    found = np.full(len(x), np.nan)
    active: Indices = np.arange(len(x))
    for _ in range(STEPS):
        value, slope = _value_and_slope(polynomials, x)
        step = np.log1p(-radius * value / slope) / radius
        x = x + step
        done = np.abs(step) * (radius * span) < SETTLED
        found[active[done]] = x[done]
        left = np.flatnonzero(~done & (np.abs(x) <= 1))
        if not len(left):
            break
        if 4 * len(left) < 3 * len(done) or not done.any():
            active, x, polynomials = active[left], x[left], polynomials[:, left]
        else:  # copying the polynomials costs more than a step on rows that are done
            x = np.where(np.abs(x) <= 1, x, np.nan)
    return np.where(np.abs(found) <= 1, found, np.nan)


def _value_and_slope(coefficients: Floats, x: Floats) -> tuple[Floats, Floats]:
    """Of each polynomial (terms, rows) at x (rows,), constant term first."""
    value = coefficients[-1] * x
    value += coefficients[-2]
    slope = coefficients[-1].copy()
    for k in range(len(coefficients) - 3, -1, -1):
        slope *= x
        slope += value
        value *= x
        value += coefficients[k]
    return value, slope
