"""Internal rates: the rate at which dated flows are worth nothing.

One engine behind IRR (times 0, 1, 2, ...) and XIRR (days / 365). With ``delta = log(1 + rate)`` a
series is worth ``P(delta) - N(delta)``, its receipts less its payments, each a positive sum of
``flow * exp(-delta * time)``. The engine looks for zeros of ``h = log(P / N)``:

* ``h`` does not feel the size of the flows, and it is close to a straight line where the value itself
  spans a hundred orders of magnitude: Newton's method takes a handful of steps from anywhere.
* ``h' = E_N - E_P``, payments' mean time less receipts' mean time, both falling in ``delta`` (a mean time's
  derivative is minus a variance). The two ends of an interval therefore bound ``h'`` inside it, and
  with it ``h``: an interval is *proven* to hold no root or one root, or it is halved.

Three ways to the same root, quickest first:

* `_compressed`: thousands of scenarios that pay first and receive later. One matrix product turns each into
  a short polynomial in ``delta`` that is its value to the last digit. Rows that fail the check go on.
* `_single`: one sign change, hence one root (Descartes): Newton inside closed-form bounds.
* `_nearest`: several sign changes. Isolate every root, double ones too; answer the one nearest the guess.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["internal_rate"]

BLOCK_ELEMENTS = 1 << 17  # flows per block where every flow costs an exponential: 1 MB a temporary
DELTA_FLOOR = -36.7  # log(2**-53): below, 1 + rate is lost beside 1
DELTA_CEILING = 709.0  # above, the rate is not a double

NEWTON_STEPS = 100
NEWTON_TOLERANCE = 1e-8  # of 1 / span; convergence is quadratic, so the next error is near 1e-16

GRID_REACH = 100.0  # [delta * span] where the shared grid of `_nearest` ends
GRID_BEND = 4.0  # [delta * span] up to which that grid is even; geometric beyond
GRID_CELLS = 32
NARROWEST = 1e-7  # [delta * span] cells below this width are no longer halved
TOUCHES = 1e-13  # |log(P / N)| that counts as zero where the curve only touches zero

MANY_ROWS = 1024  # from here on `_compressed` pays
SAMPLE_ROWS = 128
SAMPLE_MARGIN = 0.08  # share of the sample's range added on either side
MARGIN = 0.3  # [delta * span] added on either side
WIDEST = 16.0  # [delta * span] from the median to where roots are still expected: keeps the polynomial short
CHEBYSHEV_POINTS = 80
CUT = 5e-16  # relative size of the first Chebyshev coefficient left out
NODES = 32  # one 32-bit word of signs
STENCIL = 8  # nodes that carry one local polynomial
STEEPEST = 6.0  # [-delta * span] below, rounding errors of late flows would tell on the other roots
SETTLED = 1e-8  # [interval radii] largest last step of a certain row
ACCEPTED = 1e-12  # [interval radii] largest step that would have come next; the leap leaves far less
PANEL_ROWS = 4096  # rows per panel: its polynomials stay in the cache
ONE_THREAD = 1 << 18  # multiplications up to which OpenBLAS does not wake its threads, see `_product`


def internal_rate(flows, times, guess=0.1):
    """Rate per unit of time at which each row of flows is worth nothing.

    Parameters
    ----------
    flows : array (rows, periods)
        Money in positive, money out negative.
    times : array (periods,) or (rows, periods)
        When each flow falls, in units of the rate's period, in any order.
    guess : float or array (rows,)
        Where several rates answer, the one nearest this rate is returned.

    Returns
    -------
    array (rows,)
        nan where flows do not have both signs, where no rate above -100 % answers, or where a flow or a
        time is not finite.
    """
    flows, times = _in_time_order(np.asarray(flows, float), np.asarray(times, float))
    flows = _netted(flows, times)
    rows, periods = flows.shape
    guess = np.broadcast_to(np.asarray(guess, float), (rows,))
    rates = np.full(rows, np.nan)
    start = np.full(rows, np.nan)
    if periods < 2:
        return rates
    todo = np.ones(rows, bool)
    with np.errstate(all="ignore"):
        if rows >= MANY_ROWS and times.ndim == 1 and np.isfinite(times).all() and times[-1] > times[0]:
            start, certain = _compressed(flows, times)
            rates = np.where(certain, np.exp(start) - 1, np.nan)
            todo = ~certain
        todo = np.flatnonzero(todo)
        size = max(1, BLOCK_ELEMENTS // periods)
        for first in range(0, len(todo), size):
            block = todo[first : first + size]
            own_times = times if times.ndim == 1 else times[block]
            rates[block] = _block(flows[block], own_times, guess[block], start[block])
    return rates


def _in_time_order(flows, times):
    if np.all(times[..., 1:] >= times[..., :-1]) or np.isnan(times).any():
        return flows, times
    order = np.argsort(times, axis=-1, kind="stable")
    if times.ndim == 1:
        return flows[:, order], times[order]
    return np.take_along_axis(flows, order, -1), np.take_along_axis(times, order, -1)


def _netted(flows, times):
    """Flows of the same date as one: money that comes and goes on one day is no receipt and no payment."""
    same = times[..., 1:] == times[..., :-1]
    if not same.any():
        return flows
    flows = flows.copy()
    for k in np.flatnonzero(same.reshape(-1, same.shape[-1]).any(axis=0)):
        flows[:, k + 1] += np.where(same[..., k], flows[:, k], 0.0)
        flows[:, k] = np.where(same[..., k], 0.0, flows[:, k])
    return flows


class Rows(NamedTuple):
    """Some rows to solve, and what all solvers ask about them."""

    flows: np.ndarray  # (rows, periods), the largest of each row near 1
    times: np.ndarray  # (periods,) or (rows, periods), rising
    guess: np.ndarray  # (rows,)
    start: np.ndarray  # (rows,) delta to begin with, or nan
    early: np.ndarray  # (rows,) time of the first flow that is not zero
    late: np.ndarray  # (rows,) time of the last one
    low: np.ndarray  # (rows,) no root lies below this delta
    high: np.ndarray  # (rows,) nor above this one

    def pick(self, chosen):
        """The rows chosen, by indices or by a slice."""
        return Rows(*(part if part is self.times and part.ndim == 1 else part[chosen] for part in self))


def _block(flows, times, guess, start):
    """Rates of one block of rows, by the rule of signs. ``start``: delta to begin with, or nan."""
    rates = np.full(len(flows), np.nan)
    # A power of two brings the largest flow near 1 without touching a digit, so no sum overflows.
    flows = np.ldexp(flows, -np.frexp(np.abs(flows).max(axis=1))[1][:, None])
    receives, pays = flows > 0, flows < 0
    usable = receives.any(axis=1) & pays.any(axis=1) & np.isfinite(flows).all(axis=1)
    usable &= np.isfinite(times).all(axis=-1)
    receipts, payments = _first_and_last(receives), _first_and_last(pays)
    rows = Rows(flows, times, guess, start, *_early_late_low_high(flows, times, receipts, payments))
    one_change = (payments[1] < receipts[0]) | (receipts[1] < payments[0])
    for solve, chosen in ((_single, usable & one_change), (_nearest, usable & ~one_change)):
        chosen = np.flatnonzero(chosen)
        if len(chosen):
            delta = solve(rows.pick(chosen))
            rates[chosen] = np.where((delta > DELTA_FLOOR) & (delta < DELTA_CEILING), np.expm1(delta), np.nan)
    return np.where(rates > -1, rates, np.nan)


def _first_and_last(flags):
    return flags.argmax(axis=1), flags.shape[1] - 1 - flags[:, ::-1].argmax(axis=1)


def _early_late_low_high(flows, times, receipts, payments):
    """Times of the first and last flow of each row, and delta between which all its roots lie.

    Above the upper bound the first flow alone outweighs all flows of the other sign; below the lower bound
    the last one does. A rounding error is added.
    """
    row = np.arange(len(flows))
    into, out_of = np.maximum(flows, 0.0).sum(axis=1), np.maximum(-flows, 0.0).sum(axis=1)
    ends, reaches = [], []
    for k, outer, inner in ((0, np.minimum, np.maximum), (1, np.maximum, np.minimum)):
        end, nearest_other = outer(receipts[k], payments[k]), inner(receipts[k], payments[k])
        end_time, other_time = (times[i] if times.ndim == 1 else times[row, i] for i in (end, nearest_other))
        others = np.where(flows[row, end] < 0, into, out_of)
        reach = np.log(others / np.abs(flows[row, end])) / np.abs(other_time - end_time)
        ends.append(end_time)
        reaches.append(np.maximum(reach, 0.0) * (1 + 1e-12) + 1e-12)
    return *ends, np.fmax(-reaches[1], DELTA_FLOOR), np.fmin(reaches[0], DELTA_CEILING)


# --- the function h --------------------------------------------------------------------------------------


def _log_ratio(rows, delta):
    """h = log(P / N) and the mean times E_P, E_N of receipts and payments, (3, rows), at ``delta`` (rows,)."""
    # Dated at the row's end that weighs most: then no weight exceeds 1 and nothing overflows.
    weighted = rows.times - np.where(delta < 0, rows.late, rows.early)[:, None]
    weighted *= -delta[:, None]
    np.minimum(weighted, 0.0, out=weighted)  # only flows of zero lie beyond
    np.exp(weighted, out=weighted)
    weighted *= rows.flows
    receipts = np.maximum(weighted, 0.0)
    payments = np.subtract(receipts, weighted, out=weighted)
    into, out_of = receipts.sum(axis=1), payments.sum(axis=1)
    time_in, time_out = np.vecdot(receipts, rows.times), np.vecdot(payments, rows.times)
    answer = np.stack([np.log(into / out_of), time_in / into, time_out / out_of])
    lost = np.flatnonzero(~np.isfinite(answer).all(axis=0))
    if len(lost):  # receipts or payments are too small for a double beside the others
        answer[:, lost] = _log_ratio_in_logs(rows.pick(lost), delta[lost])
    return answer


def _log_ratio_in_logs(rows, delta):
    """As `_log_ratio` for any range of magnitudes, at several times the cost."""
    logs = np.log(np.abs(rows.flows)) - delta[:, None] * rows.times
    totals, mean_times = [], []
    for side in (rows.flows > 0, rows.flows < 0):
        terms = np.where(side, logs, -np.inf)
        largest = terms.max(axis=1)
        terms = np.exp(terms - largest[:, None])
        total = terms.sum(axis=1)
        totals.append(largest + np.log(total))
        mean_times.append(np.vecdot(terms, rows.times) / total)
    return np.stack([totals[0] - totals[1], *mean_times])


def _newton(rows, low, high, falling, start):
    """The one root of h between ``low`` and ``high`` (rows,), where ``falling`` says h > 0 at ``low``."""
    answer = np.full(len(start), np.nan)
    span = rows.late - rows.early
    delta = np.clip(start, low, high)
    active = np.arange(len(start))
    for _ in range(NEWTON_STEPS):
        value, mean_in, mean_out = _log_ratio(rows, delta)
        root_is_above = (value > 0) == falling
        low, high = np.where(root_is_above, delta, low), np.where(root_is_above, high, delta)
        target = np.where(value == 0, delta, delta - value / (mean_out - mean_in))
        # A step that ends a rounding error outside is an answer; any other leap outside is halved.
        done = (np.abs(target - delta) * span < NEWTON_TOLERANCE) | ((high - low) * span < 1e-15)
        delta = np.where(done | ((target >= low) & (target <= high)), target, 0.5 * (low + high))
        answer[active[done]] = delta[done]
        left = np.flatnonzero(~done)
        if not len(left):
            break
        if len(left) < len(done):
            rows = rows.pick(left)
            active, delta, low, high = active[left], delta[left], low[left], high[left]
            falling, span = falling[left], span[left]
    return answer


# --- one sign change, one root ------------------------------------------------------------------------


def _single(rows):
    """delta of rows with one sign change; h is monotone there, so the guess does not matter."""
    receipts, payments = np.maximum(rows.flows, 0.0), np.maximum(-rows.flows, 0.0)
    totals, means, variances = [], [], []
    for side in (receipts, payments):
        totals.append(side.sum(axis=1))
        means.append(np.vecdot(side, rows.times) / totals[-1])
        variances.append(np.vecdot(side, rows.times * rows.times) / totals[-1] - means[-1] ** 2)
    # A start that costs no exponential: were receipts spread over time as a gamma distribution is, then
    # h would be h(0) - gap^2 / spread x log(1 + delta x spread / gap).
    gap, spread = means[0] - means[1], variances[0] - variances[1]
    line = np.log(totals[0] / totals[1]) / gap
    bend = line * spread / gap
    start = np.where(np.abs(bend) > 1e-6, line * np.expm1(bend) / bend, line)
    start = np.where(np.isnan(rows.start), start, rows.start)
    return _newton(rows, rows.low, rows.high, gap > 0, start)


# --- several sign changes: isolate all roots, take the nearest ---------------------------------------


def _nearest(rows):
    """delta nearest the guess. Ends of cells are arrays (4, cells): delta, h, E_P, E_N."""
    span = rows.late - rows.early
    row, left, right = _first_cells(rows)
    brackets, touching = [], []  # cells with exactly one root; roots where h only touches zero
    reach = np.full(len(span), np.inf)  # a root is known to lie no further from the guess than this
    while True:
        one_root, undecided = _judge(left, right)
        size_left, size_right = np.abs(left[1]), np.abs(right[1])
        narrow = undecided & ((right[0] - left[0]) * span[row] < NARROWEST)
        flat = undecided & (np.maximum(size_left, size_right) < TOUCHES)
        last = narrow | flat
        crosses = (left[1] > 0) != (right[1] > 0)
        keep = one_root | (last & crosses)
        below, above = np.expm1(left[0]) - rows.guess[row], np.expm1(right[0]) - rows.guess[row]
        np.minimum.at(reach, row[keep], np.maximum(np.abs(below), np.abs(above))[keep])
        near = np.maximum(below, -above) <= reach[row]
        keep &= near
        brackets.append((row[keep], left[:, keep], right[:, keep]))
        turns = (left[3] > left[2]) != (right[3] > right[2])
        touch = last & ~crosses & turns & (np.minimum(size_left, size_right) < TOUCHES)
        touching.append((row[touch], _turning_point(left[:, touch], right[:, touch])))
        split = undecided & ~last & near
        if not split.any():
            break
        row, left, right = row[split], left[:, split], right[:, split]
        middle = _ends(rows, row, 0.5 * (left[0] + right[0]))
        row = np.concatenate([row, row])
        left, right = np.concatenate([left, middle], axis=1), np.concatenate([middle, right], axis=1)

    row, left, right = (np.concatenate(parts, axis=-1) for parts in zip(*brackets, strict=True))
    roots = _in_blocks(rows, row, _root_of_bracket, left, right)
    row = np.concatenate([row] + [owner for owner, _ in touching])
    roots = np.concatenate([roots] + [root for _, root in touching])
    return _pick_nearest(row, roots, rows.guess)


def _in_blocks(rows, row, function, *arrays):
    """``function(rows.pick(row), *arrays)`` some of ``row`` at a time; the last axis of all is joined."""
    size = max(1, BLOCK_ELEMENTS // rows.flows.shape[1])
    blocks = [slice(first, first + size) for first in range(0, max(1, len(row)), size)]
    done = [function(rows.pick(row[block]), *(array[..., block] for array in arrays)) for block in blocks]
    return done[0] if len(done) == 1 else np.concatenate(done, axis=-1)


def _root_of_bracket(rows, left, right):
    # The cubic through both ends, inverted: delta as a function of h, with the slopes there.
    width, rise = right[0] - left[0], right[1] - left[1]
    share = -left[1] / rise
    slope_left, slope_right = rise / (left[3] - left[2]), rise / (right[3] - right[2])
    rest = 1 - share
    start = share * width + share * rest * (rest * (slope_left - width) - share * (slope_right - width))
    start = left[0] + np.where((start >= 0) & (start <= width), start, share * width)
    return _newton(rows, left[0], right[0], left[1] > 0, start)


def _pick_nearest(row, roots, guess):
    answer = np.full(len(guess), np.nan)
    distance = np.abs(np.expm1(roots) - guess[row])
    distance = np.where((roots > DELTA_FLOOR) & (roots < DELTA_CEILING), distance, np.inf)
    order = np.lexsort((roots, distance, row))
    owners, first = np.unique(row[order], return_index=True)
    answer[owners] = roots[order][first]
    return answer


def _ends(rows, row, delta):
    """The four values that describe a cell's end, at ``delta`` of the rows ``row``."""
    return np.concatenate([delta[None, :], _in_blocks(rows, row, _log_ratio, delta)])


def _first_cells(rows):
    """Cells that cover all delta a root may have: a grid shared by the rows, and a tail on either side."""
    flows, times = rows.flows, rows.times
    span = (rows.late - rows.early).max()
    reach = np.arcsinh(GRID_REACH / GRID_BEND)
    # Lopsided, so that no node, nor half-way between nodes, is a rate that people choose, 0 above all.
    grid = np.sinh(np.linspace(-reach, 1.0137 * reach, GRID_CELLS + 1)) * (GRID_BEND / span)
    nodes = np.empty((4, len(grid), len(flows)))
    nodes[0] = grid[:, None]
    if times.ndim == 1:
        receipts = np.maximum(flows, 0.0)
        payments = receipts - flows
        anchor = np.where(grid < 0, times[-1], times[0])
        weights = np.exp(-grid[:, None] * (times - anchor[:, None]))
        into, out_of = _product(weights, receipts.T), _product(weights, payments.T)
        weights *= times
        nodes[1] = np.log(into / out_of)
        nodes[2] = _product(weights, receipts.T) / into
        nodes[3] = _product(weights, payments.T) / out_of
    else:
        for k, delta in enumerate(grid):
            nodes[1:, k] = _log_ratio(rows, np.full(len(flows), delta))
    cell, row = np.nonzero(~np.isfinite(nodes).all(axis=0))
    if len(row):
        nodes[:, cell, row] = _ends(rows, row, grid[cell])
    left, right = nodes[:, :-1], nodes[:, 1:]
    # Cells beyond a row's bounds hold nothing; most of the rest is decided at once.
    one_root, undecided = _judge(left, right)
    cell, row = np.nonzero((one_root | undecided) & (right[0] >= rows.low) & (left[0] <= rows.high))
    under, over = np.flatnonzero(rows.low < grid[0]), np.flatnonzero(rows.high > grid[-1])
    left = [left[:, cell, row], _ends(rows, under, rows.low[under]), nodes[:, -1, over]]
    right = [right[:, cell, row], nodes[:, 0, under], _ends(rows, over, rows.high[over])]
    return np.concatenate([row, under, over]), np.concatenate(left, axis=1), np.concatenate(right, axis=1)


def _judge(left, right):
    """(cells with exactly one root, cells that must be halved); the others are proven empty."""
    width = right[0] - left[0]
    fall = right[3] - left[2]  # E_N at its least less E_P at its most: no slope is below
    rise = left[3] - right[2]  # no slope is above
    monotone = (fall >= 0) | (rise <= 0)
    positive, also_positive = left[1] > 0, right[1] > 0
    one_root = monotone & (positive != also_positive)
    # Lines of extreme slope through both ends meet at the least (most) that h can be in between.
    spread = rise - fall
    least = (rise * left[1] - fall * right[1] + fall * rise * width) / spread
    most = (rise * right[1] - fall * left[1] - fall * rise * width) / spread
    empty = np.where(positive, also_positive & (least > TOUCHES), ~also_positive & (most < -TOUCHES))
    return one_root, ~(monotone | empty) & np.isfinite(spread)


def _turning_point(left, right):
    """Where h' = E_N - E_P is zero: on so narrow a cell it is a straight line, and it changes sign."""
    slope_left, slope_right = left[3] - left[2], right[3] - right[2]
    return left[0] + slope_left / (slope_left - slope_right) * (right[0] - left[0])


# --- thousands of rows: a short polynomial for each --------------------------------------------------


def _lagrange_coefficients(points):
    """Matrix from values at ``points`` to the coefficients of the polynomial through them, constant first."""
    columns = []
    for k, point in enumerate(points):
        others = np.delete(points, k)
        columns.append(np.poly(others)[::-1] / np.prod(point - others))
    return np.array(columns).T


HALF = STENCIL // 2
# Cells are one unit wide and centred on 0; half-integers make the products exact in double precision.
TO_POLYNOMIAL = _lagrange_coefficients(np.arange(STENCIL) - HALF + 0.5)


def _compressed(flows, times):
    """log(1 + rate) of rows that pay first and receive later, and which of them are certain.

    A sample of rows tells on which interval of delta the roots lie. There ``exp(-delta * time)`` is, to the
    last digit, a polynomial of some 30 terms: one matrix product turns the flows of a row, 60 or 600, into
    the coefficients of its value. Values at evenly spaced nodes bracket the root, the polynomial through
    the eight nodes around it gives it to about 1e-7, two steps on the full polynomial to the last
    digits. The size of the second is the check. Rows that are not certain carry a delta to start from, or nan.
    """
    rows, periods = flows.shape
    delta, certain = np.full(rows, np.nan), np.zeros(rows, bool)
    row_ends = _row_ends(periods)
    sample = _sampled_deltas(flows, times, row_ends)
    if not len(sample):
        return delta, certain

    # Nodes crowd around delta = 0, where roots do, on the same scale as the grid of `_nearest`; all cells but
    # the outer ones, which lend their nodes, may hold roots.
    span = times[-1] - times[0]
    bend = GRID_BEND / span
    middle, margin = np.median(sample), SAMPLE_MARGIN * np.ptp(sample) + MARGIN / span
    lowest = max(sample.min() - margin, middle - WIDEST / span, -STEEPEST / span)
    first_root = np.arcsinh(lowest / bend)
    last_root = np.arcsinh(min(sample.max() + margin, middle + WIDEST / span) / bend)
    spacing = (last_root - first_root) / (NODES - STENCIL + 1)
    place = first_root + spacing * np.arange(1 - HALF, NODES - HALF + 1)
    sinh, cosh = bend * np.sinh(place), bend * np.cosh(place)

    centre, radius = 0.5 * (sinh[0] + sinh[-1]), 0.5 * (sinh[-1] - sinh[0])
    # A value may be dated at will. At negative rates late flows grow; dated in the middle of its life a
    # project's value is smoother, and so better interpolated.
    share = np.clip(-sinh[0] / (2 * radius), 0.0, 0.5)
    to_coefficients = _exponentials_as_polynomials(times - times[0] - share * span, centre, radius)
    to_values = np.vander((sinh - centre) / radius, len(to_coefficients), increasing=True)

    for first in range(0, rows, PANEL_ROWS):
        panel = slice(first, first + PANEL_ROWS)
        polynomials = _product(to_coefficients, flows[panel].T)
        values = _product(to_values, polynomials, order="F").T
        above = np.bitwise_count(np.packbits(values > 0).view("<u4"))  # how many nodes lie below the root
        bracketed = _pays_first(flows[panel], row_ends) & (above >= HALF) & (above <= NODES - HALF)
        cell = np.clip(above, HALF, NODES - HALF).astype(np.intp) - 1
        root, slope = _polynomial_root(_stencil(values, cell))
        # sinh and cosh of so small an angle by their series, a sixth of the cost of np.sinh
        angle = (root + 0.5) * spacing
        square = angle * angle
        cosh_angle = 1 + square * (1 / 2 + square * (1 / 24 + square / 720))
        sinh_angle = angle * (1 + square * (1 / 6 + square * (1 / 120 + square / 5040)))
        sinh_cell, cosh_cell = sinh[cell], cosh[cell]
        x = (sinh_cell * cosh_angle + cosh_cell * sinh_angle - centre) / radius
        # The slope per cell, made a slope per x, saves the derivative of the full polynomial.
        slope /= (cosh_cell * cosh_angle + sinh_cell * sinh_angle) * (spacing / radius)
        step = _horner(polynomials, x) / slope
        x -= step
        last_step = _horner(polynomials, x) / slope
        # The steps shrink by the slope's error each time (1e-3 to 1e-8): leap to where they would end.
        shrink = last_step / step
        shrink[~(np.abs(shrink) < 0.1)] = 0.0
        x -= last_step / (1.0 - shrink)
        settled = (np.abs(last_step) < SETTLED) & (np.abs(last_step * shrink) < ACCEPTED)
        bracketed &= np.abs(x) <= 1
        delta[panel] = np.where(bracketed, centre + radius * x, np.nan)
        certain[panel] = bracketed & settled
    return delta, certain


def _sampled_deltas(flows, times, row_ends):
    """Roots of a sample of the rows, or none where most rows do not pay first."""
    sample = flows[:: max(1, len(flows) // SAMPLE_ROWS)]
    pays_first = _pays_first(sample, row_ends)
    if 2 * pays_first.sum() < len(sample):
        return np.empty(0)
    sample = sample[pays_first]
    rates = _block(sample, times, np.full(len(sample), 0.1), np.full(len(sample), np.nan))
    return np.log1p(rates[np.isfinite(rates)])


def _exponentials_as_polynomials(times, centre, radius):
    """Matrix (terms, periods): exp(-(centre + radius x) t) = sum of its rows times x^k for |x| <= 1.

    Interpolated at Chebyshev points, then cut where the Chebyshev coefficients are rounding errors. Written
    out in powers of x the coefficients are about Taylor's: all terms together are as large as the
    exponential at x = -1, so that Horner's rule loses nothing.
    """
    k = np.arange(CHEBYSHEV_POINTS)
    turns = np.outer(k, 2 * k + 1) % (4 * CHEBYSHEV_POINTS)  # whole turns removed while still integer
    cosines = np.cos(turns * (0.5 * np.pi / CHEBYSHEV_POINTS))  # (degree, point)
    exact = np.exp(-(centre + radius * cosines[1])[:, None] * times)
    coefficients = cosines @ exact * (2 / CHEBYSHEV_POINTS)
    coefficients[0] *= 0.5
    size = np.abs(coefficients) / np.exp(radius * np.abs(times) - centre * times)
    terms = max(STENCIL, 1 + np.flatnonzero(size.max(axis=1) > CUT)[-1])
    powers = np.zeros((terms, terms))  # column k: the Chebyshev polynomial T_k in powers of x
    powers[0, 0] = powers[1, 1] = 1.0
    for k in range(2, terms):
        powers[1:, k] = 2 * powers[:-1, k - 1]
        powers[:, k] -= powers[:, k - 2]
    return powers @ coefficients[:terms]


def _row_ends(periods):
    """Bits of the last periods of a panel of rows, for `_pays_first`."""
    flags = np.zeros((PANEL_ROWS, periods), bool)
    flags[:, -1] = True
    return _packed(flags)


def _product(matrix, columns, order="C"):
    """``matrix @ columns``, a few columns at a time, so that OpenBLAS works on this thread alone.

    On idle cores its threads would save a third of the time; next to other work (a server, dask, parallel tests)
    every product waits for the slowest thread and takes several times as long.
    """
    product = np.empty((len(matrix), columns.shape[1]), order=order)
    step = max(1, ONE_THREAD // matrix.size)
    for first in range(0, columns.shape[1], step):
        some = slice(first, first + step)
        np.matmul(matrix, columns[:, some], out=product[:, some])
    return product


def _pays_first(flows, row_ends):
    """Rows (at most `PANEL_ROWS`) whose negative flows all come before all others.

    Signs are packed into bits and compared 64 at a time: a bit 1 followed by a bit 0 in the same row is a
    payment after the first receipt.
    """
    rows, periods = flows.shape
    words = _packed(flows >= 0)
    following = words >> np.uint64(1)
    following[:-1] |= words[1:] << np.uint64(63)
    falls = words & ~(following | row_ends[: len(words)])
    if not falls.any():
        return np.ones(rows, bool)
    falls = np.unpackbits(falls.view(np.uint8), bitorder="little", count=rows * periods)
    return ~falls.view(bool).reshape(rows, periods).any(axis=1)


def _packed(flags):
    bits = np.packbits(flags, bitorder="little")
    words = np.zeros(-(-len(bits) // 8), "<u8")
    words.view(np.uint8)[: len(bits)] = bits
    return words


def _stencil(values, cell):
    """Coefficients (8, rows) of the polynomial through the eight values (rows, nodes) around a cell."""
    eights = np.lib.stride_tricks.sliding_window_view(values.ravel(), STENCIL)
    start = cell - (HALF - 1) + NODES * np.arange(len(cell))
    return TO_POLYNOMIAL @ eights[start].T


def _polynomial_root(coefficients):
    """Root near [-0.5, 0.5] of each polynomial (terms, rows), and the slope there."""
    root = np.clip(-coefficients[0] / coefficients[1], -0.5, 0.5)
    for degree in (3, STENCIL - 1):  # a cubic first: less than half the work for most of the way
        value = coefficients[degree] * root
        value += coefficients[degree - 1]
        slope = coefficients[degree].copy()
        for k in range(degree - 2, -1, -1):
            slope *= root
            slope += value
            value *= root
            value += coefficients[k]
        value /= slope
        root -= value
    return root, slope


def _horner(coefficients, x):
    """Value at x (rows,) of each polynomial (terms, rows), constant first."""
    value = coefficients[-1] * x
    for k in range(len(coefficients) - 2, 0, -1):
        value += coefficients[k]
        value *= x
    value += coefficients[0]
    return value
