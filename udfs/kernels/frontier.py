"""The frontier: how much throughput a platform gives at an interactivity, and what a token costs there.

A benchmark measures pairs of interactivity (tok/s per user, 1 / TPOT) and throughput (tok/s per GPU). Of
these the frontier keeps the best; between them throughput runs along a monotone cubic; beyond them nothing
is known and the answer is nan. Costs come from the interpolated throughput, never from interpolated costs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tokenbook.udfs.kernels.unit_cost import cost_per_mtok

Floats = NDArray[np.float64]


def pareto(interactivity: ArrayLike, throughput: ArrayLike) -> NDArray[np.intp]:
    """Indices of the points that no other point beats, by rising interactivity.

    Parameters
    ----------
    interactivity : array_like, shape (points), tok/s per user
    throughput : array_like, shape (points), tok/s per GPU

    Returns
    -------
    ndarray of int
        Where no other point has at least as much of both; of equal points the first. Along the result
        interactivity rises and throughput falls, both strictly. Points with a nan are left out.

    Raises
    ------
    ValueError
        Different numbers of interactivities and throughputs.

    Examples
    --------
    The point (40, 50) gives less of both than (60, 80):

    >>> pareto([20, 40, 60], [100, 50, 80]).tolist()
    [0, 2]
    """
    interactivity, throughput = _points(interactivity, throughput)
    known = np.flatnonzero(np.isfinite(interactivity) & np.isfinite(throughput))
    # From the fastest on; at equal interactivity the highest throughput first, at equal points the first.
    order = known[np.lexsort((known, -throughput[known], -interactivity[known]))]
    if not len(order):
        return order
    best_so_far = np.maximum.accumulate(throughput[order])
    keep = np.ones(len(order), bool)
    keep[1:] = throughput[order][1:] > best_so_far[:-1]
    return order[keep][::-1]


def steffen(x: ArrayLike, y: ArrayLike, targets: ArrayLike) -> Floats:
    """Monotone cubic through points, nan outside them: never above or below the two points beside it.

    Parameters
    ----------
    x : array_like, shape (points)
        Strictly rising.
    y : array_like, shape (points)
    targets : array_like, any shape

    Returns
    -------
    ndarray, shape of `targets`

    Raises
    ------
    ValueError
        Different numbers of x and y, or x that does not rise.

    Notes
    -----
    A cubic Hermite spline. With the slope ``s`` of each interval, the slope at an inner point is
    ``(sign s0 + sign s1) x min(|s0|, |s1|, |p| / 2)``, p the slope there of the parabola through three
    points; at an end it is ``(3 s - m) / 2``, m the slope at the next point, as d3.curveMonotoneX draws it.
    Two points are joined by a straight line. M. Steffen, A simple method for monotonic interpolation in one
    dimension, Astronomy and Astrophysics 239 (1990).

    Examples
    --------
    >>> steffen([0, 1, 2], [0, 1, 4], [0.5, 1.0, 2.5]).tolist()
    [0.3125, 1.0, nan]
    """
    x, y = _points(x, y)
    targets = np.asarray(targets, float)
    if not np.all(x[1:] > x[:-1]):
        raise ValueError("x does not rise strictly")
    if len(x) < 2:
        return np.where(targets == (x[0] if len(x) else np.nan), y[0] if len(y) else np.nan, np.nan)[()]
    width = np.diff(x)
    slope = np.diff(y) / width
    tangent = _tangents(width, slope)
    cell = np.clip(np.searchsorted(x, targets, side="right") - 1, 0, len(x) - 2)
    h, share = width[cell], (targets - x[cell]) / width[cell]
    rest = 1.0 - share
    # Hermite's form around the straight line: exact at both points.
    line = y[cell] * rest + y[cell + 1] * share
    bend = rest * (tangent[cell] - slope[cell]) - share * (tangent[cell + 1] - slope[cell])
    inside = (targets >= x[0]) & (targets <= x[-1])
    return np.where(inside, line + h * share * rest * bend, np.nan)[()]


def _tangents(width: Floats, slope: Floats) -> Floats:
    if len(slope) == 1:
        return np.repeat(slope, 2)
    before, after = slope[:-1], slope[1:]
    parabola = (before * width[1:] + after * width[:-1]) / (width[1:] + width[:-1])
    steepest = np.minimum(np.minimum(np.abs(before), np.abs(after)), 0.5 * np.abs(parabola))
    inner = (np.sign(before) + np.sign(after)) * steepest
    first, last = 1.5 * slope[0] - 0.5 * inner[0], 1.5 * slope[-1] - 0.5 * inner[-1]
    return np.concatenate([[first], inner, [last]])


def throughput_at(target: ArrayLike, interactivity: ArrayLike, throughput: ArrayLike) -> Floats:
    """Throughput per GPU at an interactivity, on the frontier of measured points.

    Parameters
    ----------
    target : array_like, any shape, tok/s per user
        Interactivity that users get.
    interactivity, throughput : array_like, shape (points)
        Measured points in any order, tok/s per user and tok/s per GPU; `pareto` picks the frontier.

    Returns
    -------
    ndarray, shape of `target`
        tok/s per GPU, at least 0; nan outside the measured range, where nothing is extrapolated.

    Raises
    ------
    ValueError
        Different numbers of interactivities and throughputs.

    Examples
    --------
    >>> throughput_at([20, 40, 80], [20, 60, 40], [100, 20, 70]).tolist()
    [100.0, 70.0, nan]
    """
    interactivity, throughput = _points(interactivity, throughput)
    front = pareto(interactivity, throughput)
    return np.maximum(steffen(interactivity[front], throughput[front], target), 0.0)


def cost_at(
    usd_per_gpu_hour: ArrayLike,
    target: ArrayLike,
    interactivity: ArrayLike,
    throughput: ArrayLike,
    utilization: ArrayLike = 1.0,
) -> Floats:
    """Cost per Mtok at an interactivity, from the throughput on the frontier.

    Parameters
    ----------
    usd_per_gpu_hour : array_like, broadcasts with `target`
        All-in rate.
    target, interactivity, throughput
        As in `throughput_at`.
    utilization : array_like, share
        As in `tokenbook.udfs.kernels.unit_cost.cost_per_mtok`.

    Returns
    -------
    ndarray
        USD per Mtok of the tokens that `throughput` counts; nan outside the measured range.

    Examples
    --------
    >>> cost_at(3.6, [20, 40, 80], [20, 40, 60], [100, 80, 20]).round(4).tolist()
    [10.0, 12.5, nan]
    """
    return cost_per_mtok(usd_per_gpu_hour, throughput_at(target, interactivity, throughput), utilization)


def _points(x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    x, y = np.asarray(x, float).ravel(), np.asarray(y, float).ravel()
    if len(x) != len(y):
        raise ValueError(f"{len(x)} and {len(y)} coordinates do not make points")
    return x, y
