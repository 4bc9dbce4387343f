"""All rates of a series: every interval of delta is proven to hold no root or one, or it is halved.

See `value_ratio` for the function and its bounds. Roots where it only touches zero are found too.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tokenbook.udfs.kernels.polynomials import product
from tokenbook.udfs.kernels.value_ratio import (
    BLOCK_ELEMENTS,
    DELTA_CEILING,
    DELTA_FLOOR,
    Flags,
    Floats,
    Indices,
    Rows,
    log_ratio,
    newton,
)

GRID_REACH = 100.0  # [delta * span] where the shared grid of `all_roots` ends
GRID_BEND = 4.0  # [delta * span] up to which that grid is even; geometric beyond
GRID_CELLS = 32
NARROWEST = 1e-7  # [delta * span] cells below this width are no longer halved
TOUCHES = 1e-13  # |log(P / N)| that counts as zero where the curve only touches zero


def all_roots(rows: Rows, start: Floats | None = None, upwards: Flags | None = None) -> tuple[Indices, Floats]:
    """Row and delta of every root; with ``start`` and ``upwards`` (rows,) at least the first on that side of start.

    Ends of cells are arrays (4, cells): delta, h, E_P, E_N.
    """
    span = rows.late - rows.early
    row, left, right = _first_cells(rows)
    reach = np.full(len(span), np.inf)  # [delta] a root is known to lie no further from the start than this
    brackets, touching = [], []  # cells with exactly one root; roots where h only touches zero
    while True:
        one_root, undecided = _judge(left, right)
        size_left, size_right = np.abs(left[1]), np.abs(right[1])
        narrow = undecided & ((right[0] - left[0]) * span[row] < NARROWEST)
        flat = undecided & (np.maximum(size_left, size_right) < TOUCHES)
        last = narrow | flat
        crosses = (left[1] > 0) != (right[1] > 0)
        keep = one_root | (last & crosses)
        if start is not None and upwards is not None:
            near, far = _distances(left, right, start[row], upwards[row])
            np.minimum.at(reach, row[keep & (near >= 0)], far[keep & (near >= 0)])
            wanted = (far >= 0) & (near <= reach[row])
            keep, undecided = keep & wanted, undecided & wanted
        brackets.append((row[keep], left[:, keep], right[:, keep]))
        turns = (left[3] > left[2]) != (right[3] > right[2])
        touch = last & ~crosses & turns & (np.minimum(size_left, size_right) < TOUCHES)
        touching.append((row[touch], _turning_point(left[:, touch], right[:, touch])))
        split = undecided & ~last
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
    within = (roots > DELTA_FLOOR) & (roots < DELTA_CEILING)
    return row[within], roots[within]


def _distances(left: Floats, right: Floats, start: Floats, upwards: Flags) -> tuple[Floats, Floats]:
    """How far from the start, in its direction, the nearer and the farther end of each cell lie."""
    below, above = left[0] - start, right[0] - start
    return np.where(upwards, below, -above), np.where(upwards, above, -below)


def _in_blocks(rows: Rows, row: Indices, function: Callable[..., Floats], *arrays: Floats) -> Floats:
    """``function(rows.pick(row), *arrays)`` some of ``row`` at a time; the last axis of all is joined."""
    size = max(1, BLOCK_ELEMENTS // rows.flows.shape[1])
    blocks = [slice(first, first + size) for first in range(0, max(1, len(row)), size)]
    done = [function(rows.pick(row[block]), *(array[..., block] for array in arrays)) for block in blocks]
    return done[0] if len(done) == 1 else np.concatenate(done, axis=-1)


def _root_of_bracket(rows: Rows, left: Floats, right: Floats) -> Floats:
    # The cubic through both ends, inverted: delta as a function of h, with the slopes there.
    width, rise = right[0] - left[0], right[1] - left[1]
    share = -left[1] / rise
    slope_left, slope_right = rise / (left[3] - left[2]), rise / (right[3] - right[2])
    rest = 1 - share
    start = share * width + share * rest * (rest * (slope_left - width) - share * (slope_right - width))
    start = left[0] + np.where((start >= 0) & (start <= width), start, share * width)
    return newton(rows, left[0], right[0], left[1] > 0, start)


def _ends(rows: Rows, row: Indices, delta: Floats) -> Floats:
    """The four values that describe a cell's end, at ``delta`` of the rows ``row``."""
    return np.concatenate([delta[None, :], _in_blocks(rows, row, log_ratio, delta)])


def _first_cells(rows: Rows) -> tuple[Indices, Floats, Floats]:
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
        into, out_of = product(weights, receipts.T), product(weights, payments.T)
        weights *= times
        nodes[1] = np.log(into / out_of)
        nodes[2] = product(weights, receipts.T) / into
        nodes[3] = product(weights, payments.T) / out_of
    else:
        for k, delta in enumerate(grid):
            nodes[1:, k] = log_ratio(rows, np.full(len(flows), delta))
    cell, row = np.nonzero(~np.isfinite(nodes).all(axis=0))
    if len(row):
        nodes[:, cell, row] = _ends(rows, row, grid[cell])
    left, right = nodes[:, :-1], nodes[:, 1:]
    # Cells beyond a row's bounds hold nothing; most of the rest is decided at once.
    one_root, undecided = _judge(left, right)
    cell, row = np.nonzero((one_root | undecided) & (right[0] >= rows.low) & (left[0] <= rows.high))
    under, over = np.flatnonzero(rows.low < grid[0]), np.flatnonzero(rows.high > grid[-1])
    lefts = [left[:, cell, row], _ends(rows, under, rows.low[under]), nodes[:, -1, over]]
    rights = [right[:, cell, row], nodes[:, 0, under], _ends(rows, over, rows.high[over])]
    return np.concatenate([row, under, over]), np.concatenate(lefts, axis=1), np.concatenate(rights, axis=1)


def _judge(left: Floats, right: Floats) -> tuple[Flags, Flags]:
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


def _turning_point(left: Floats, right: Floats) -> Floats:
    """Where h' = E_N - E_P is zero: on so narrow a cell it is a straight line, and it changes sign."""
    slope_left, slope_right = left[3] - left[2], right[3] - right[2]
    turn: Floats = left[0] + slope_left / (slope_left - slope_right) * (right[0] - left[0])
    return turn
