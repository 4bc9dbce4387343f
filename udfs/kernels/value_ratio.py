"""The function whose zeros are internal rates: receipts over payments, in logarithms.

With ``delta = log(1 + rate)`` a series is worth ``P(delta) - N(delta)``, its receipts less its payments, each a
positive sum of ``flow * exp(-delta * time)``. ``h = log(P / N)`` has the same zeros, and

* does not feel the size of the flows, and is close to a straight line where the value itself spans a hundred orders of
  magnitude: Newton's method takes a handful of steps from anywhere;
* ``h' = E_N - E_P``, payments' mean time less receipts' mean time, both falling in ``delta`` (a mean time's derivative
  is minus a variance). The two ends of an interval therefore bound ``h'`` inside it, and with it ``h``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.intp]

BLOCK_ELEMENTS = 1 << 17  # flows per block where every flow costs an exponential: 1 MB a temporary
DELTA_FLOOR = -36.7  # log(2**-53): below, 1 + rate is lost beside 1
DELTA_CEILING = 709.0  # above, the rate is not a double

NEWTON_STEPS = 100
NEWTON_TOLERANCE = 1e-8  # of 1 / span; convergence is quadratic, so the next error is near 1e-16


class Rows(NamedTuple):
    """Some rows to solve, and what all solvers ask about them."""

    flows: Floats  # (rows, periods), the largest of each row near 1
    times: Floats  # (periods,) or (rows, periods), rising
    guess: Floats  # (rows,)
    early: Floats  # (rows,) time of the first flow that is not zero
    late: Floats  # (rows,) time of the last one
    low: Floats  # (rows,) no root lies below this delta
    high: Floats  # (rows,) nor above this one

    def pick(self, chosen: Indices | slice) -> Rows:
        """The rows chosen, by indices or by a slice."""
        return Rows(*(part if part is self.times and part.ndim == 1 else part[chosen] for part in self))


def prepared(flows: Floats, times: Floats, guess: Floats) -> tuple[Rows, Flags, Flags]:
    """Rows to solve; which of them can have a rate (both signs, all finite); which change their sign once."""
    # A power of two brings the largest flow near 1 without touching a digit, so no sum overflows.
    flows = np.ldexp(flows, -np.frexp(np.abs(flows).max(axis=1))[1][:, None])
    receives, pays = flows > 0, flows < 0
    sound = np.isfinite(flows).all(axis=1) & np.isfinite(times).all(axis=-1)
    usable = np.asarray(receives.any(axis=1) & pays.any(axis=1) & sound, bool)
    receipts, payments = _first_and_last(receives), _first_and_last(pays)
    rows = Rows(flows, times, guess, *_early_late_low_high(flows, times, receipts, payments))
    return rows, usable, (payments[1] < receipts[0]) | (receipts[1] < payments[0])


def _first_and_last(flags: Flags) -> tuple[Indices, Indices]:
    return flags.argmax(axis=1), flags.shape[1] - 1 - flags[:, ::-1].argmax(axis=1)


def _early_late_low_high(
    flows: Floats, times: Floats, receipts: tuple[Indices, Indices], payments: tuple[Indices, Indices]
) -> tuple[Floats, Floats, Floats, Floats]:
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
    early, late = ends
    return early, late, np.fmax(-reaches[1], DELTA_FLOOR), np.fmin(reaches[0], DELTA_CEILING)


def log_ratio(rows: Rows, delta: Floats) -> Floats:
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


def _log_ratio_in_logs(rows: Rows, delta: Floats) -> Floats:
    """As `log_ratio` for any range of magnitudes, at several times the cost."""
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


def newton(rows: Rows, low: Floats, high: Floats, falling: Flags, start: Floats) -> Floats:
    """The one root of h between ``low`` and ``high`` (rows,), where ``falling`` says h > 0 at ``low``."""
    answer = np.full(len(start), np.nan)
    span = rows.late - rows.early
    delta = np.clip(start, low, high)
    active = np.arange(len(start))
    for _ in range(NEWTON_STEPS):
        value, mean_in, mean_out = log_ratio(rows, delta)
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


def single_root(rows: Rows) -> Floats:
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
    return newton(rows, rows.low, rows.high, gap > 0, start)
