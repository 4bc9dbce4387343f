"""Newton's method in the rate, from the guess: of several rates it reaches the one that spreadsheets answer.

Excel and LibreOffice search with ``x - f(x) / f'(x)`` on the value ``f`` at the rate ``x`` and give up after some
steps. In ``delta = log(1 + x)`` a step is ``delta + log(1 - f / f')``, f' by delta. Where it leaves the rates above
-100 %, or has not settled after `STEPS`, there is no answer here.

* `from_guess`: an exponential for every flow and step; a few rows or a thousand.
* `from_guess_compressed`: thousands of rows on one row of times, on short polynomials (see `polynomials`).
"""

from __future__ import annotations

import numpy as np

from tokenbook.udfs.kernels.polynomials import exponentials_as_polynomials, product, value_and_slope
from tokenbook.udfs.kernels.value_ratio import BLOCK_ELEMENTS, DELTA_CEILING, DELTA_FLOOR, Floats, Indices

STEPS = 20  # as Excel's IRR
MOST_STEPS = 11  # that most rows need; the stragglers of all panels go on together, elsewhere
SETTLED = 1e-8  # [delta * span] largest last step; convergence is quadratic, so the next one is near 1e-16

MANY_ROWS = 256  # from here on a pass over all rows for each period pays
SAMPLE_ROWS = 128
MARGIN = 1.0  # [delta * span] beyond the roots of a sample
WIDEST = 24.0  # [delta * span] from end to end: keeps the polynomials short
STEEPEST = 8.0  # [-delta * span] below, rounding errors of late flows would tell
PANEL_ROWS = 4096  # its polynomials stay in the cache


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
    spacing = _spacing(times) if len(flows) >= MANY_ROWS else 0.0
    with np.errstate(all="ignore"):
        if spacing > 0:
            for first in range(0, len(flows), PANEL_ROWS):
                panel = slice(first, first + PANEL_ROWS)
                found[panel] = _search_evenly(flows[panel], spacing, guess[panel])
            return found
        for first in range(0, len(flows), size):
            block = slice(first, first + size)
            own = times if times.ndim == 1 else times[block]
            found[block] = _search(flows[block], own - own[..., :1], guess[block])
    return found


def _spacing(times: Floats) -> float:
    """The gap between any two times next to each other, 0 where gaps differ."""
    gaps = np.diff(times, axis=-1)
    return float(gaps.flat[0]) if times.ndim == 1 and (gaps == gaps[0]).all() else 0.0


def _search(flows: Floats, times: Floats, guess: Floats) -> Floats:
    found = np.full(len(flows), np.nan)
    delta = _after_one_step(flows, times, guess)
    span = times[..., -1]
    active = np.arange(len(flows))
    sides = np.stack([flows, flows * times])  # their present values: the value, and minus its slope by delta
    weights = np.empty(flows.shape)
    backwards = -times
    going_on = np.ones(len(flows), bool)
    for _ in range(STEPS - 1):
        np.multiply(delta[:, None], backwards, out=weights)
        np.exp(weights, out=weights)
        value, slope = np.vecdot(weights, sides)
        step = np.log1p(value / slope)
        delta = delta + step
        going_on = np.abs(step) * span >= SETTLED  # False for nan, too
        left = np.count_nonzero(going_on)
        if 2 * left < len(delta):  # rows that are done cost less than leaving them out, until most are
            done = ~going_on
            found[active[done]] = delta[done]
            if not left:
                break
            active, delta, sides = active[going_on], delta[going_on], sides[:, going_on]
            weights = weights[:left]
            if times.ndim > 1:
                backwards, span = backwards[going_on], span[going_on]
            going_on = np.ones(left, bool)
    found[active[~going_on]] = delta[~going_on]
    return np.where((found > DELTA_FLOOR) & (found < DELTA_CEILING), found, np.nan)


def _search_evenly(flows: Floats, spacing: float, guess: Floats) -> Floats:
    """As `_search` on times 0, spacing, 2 spacing, ...: a polynomial in the discount factor of one period."""
    found = np.full(len(flows), np.nan)
    delta = np.log1p(guess)
    active = np.arange(len(flows))
    columns = np.ascontiguousarray(flows.T)
    settled = SETTLED / (spacing * (len(columns) - 1))
    going_on = np.ones(len(flows), bool)
    for _ in range(STEPS):
        factor = np.exp(-spacing * delta)
        value, slope = value_and_slope(columns, factor)
        step = np.log1p(value / (spacing * factor * slope))
        delta = delta + step
        going_on = np.abs(step) >= settled
        left = np.count_nonzero(going_on)
        if 4 * left < 3 * len(delta):
            done = ~going_on
            found[active[done]] = delta[done]
            if not left:
                break
            active, delta, columns = active[going_on], delta[going_on], columns[:, going_on]
            going_on = np.ones(left, bool)
    found[active[~going_on]] = delta[~going_on]
    return np.where((found > DELTA_FLOOR) & (found < DELTA_CEILING), found, np.nan)


def _after_one_step(flows: Floats, times: Floats, guess: Floats) -> Floats:
    """delta after the first step; where all begin at one rate, it costs one exponential a period, not a flow."""
    start = np.log1p(guess)
    if times.ndim == 1 and (guess == guess[0]).all():
        weights = np.exp(-start[0] * times)
        value, slope = flows @ weights, flows @ (weights * times)
    else:
        each = np.exp(-start[:, None] * times)
        value, slope = np.vecdot(each, flows), np.vecdot(each * times, flows)
    stepped: Floats = start + np.log1p(value / slope)
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
    for _ in range(MOST_STEPS):
        value, slope = value_and_slope(polynomials, x)
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
