"""Thousands of scenarios that pay first and receive later: a short polynomial in delta for each.

One matrix product turns a row of flows into a polynomial that is its value to the last digit; its root is bracketed,
interpolated and polished there, all rows at once. Rows that fail the check are left to others.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tokenbook.udfs.kernels.polynomials import exponentials_as_polynomials, horner, product
from tokenbook.udfs.kernels.value_ratio import Flags, Floats, Indices, prepared, single_root

Words = NDArray[np.uint64]

GRID_BEND = 4.0  # [delta * span] up to which the nodes are even; geometric beyond
SAMPLE_ROWS = 128
SAMPLE_MARGIN = 0.08  # share of the sample's range added on either side
MARGIN = 0.3  # [delta * span] added on either side
WIDEST = 16.0  # [delta * span] from the median to where roots are still expected: keeps the polynomial short
NODES = 32  # one 32-bit word of signs
STENCIL = 8  # nodes that carry one local polynomial
STEEPEST = 6.0  # [-delta * span] below, rounding errors of late flows would tell on the other roots
SETTLED = 1e-8  # [interval radii] largest last step of a certain row
ACCEPTED = 1e-12  # [interval radii] largest step that would have come next; the leap leaves far less
PANEL_ROWS = 4096  # rows per panel: its polynomials stay in the cache


def _lagrange_coefficients(points: Floats) -> Floats:
    """Matrix from values at ``points`` to the coefficients of the polynomial through them, constant first."""
    columns = []
    for k, point in enumerate(points):
        others = np.delete(points, k)
        columns.append(np.poly(others)[::-1] / np.prod(point - others))
    return np.array(columns).T


HALF = STENCIL // 2
# Cells are one unit wide and centred on 0; half-integers make the products exact in double precision.
TO_POLYNOMIAL = _lagrange_coefficients(np.arange(float(STENCIL)) - HALF + 0.5)


def pay_first(flows: Floats, times: Floats) -> tuple[Floats, Flags]:
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

    # Nodes crowd around delta = 0, where roots do, on the same scale as the grid of `root_isolation`; all cells but
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
    to_coefficients = exponentials_as_polynomials(times - times[0] - share * span, centre, radius)
    to_values = np.vander((sinh - centre) / radius, len(to_coefficients), increasing=True)

    for first in range(0, rows, PANEL_ROWS):
        panel = slice(first, first + PANEL_ROWS)
        polynomials = product(to_coefficients, flows[panel].T)
        values = product(to_values, polynomials, order="F").T
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
        step = horner(polynomials, x) / slope
        x -= step
        last_step = horner(polynomials, x) / slope
        # The steps shrink by the slope's error each time (1e-3 to 1e-8): leap to where they would end.
        shrink = last_step / step
        shrink[~(np.abs(shrink) < 0.1)] = 0.0
        x -= last_step / (1.0 - shrink)
        settled = (np.abs(last_step) < SETTLED) & (np.abs(last_step * shrink) < ACCEPTED)
        bracketed &= np.abs(x) <= 1
        delta[panel] = np.where(bracketed, centre + radius * x, np.nan)
        certain[panel] = bracketed & settled
    return delta, certain


def _sampled_deltas(flows: Floats, times: Floats, row_ends: Words) -> Floats:
    """Roots of a sample of the rows, or none where most rows do not pay first."""
    sample = flows[:: max(1, len(flows) // SAMPLE_ROWS)]
    pays_first = _pays_first(sample, row_ends)
    if 2 * pays_first.sum() < len(sample):
        return np.empty(0)
    sample = sample[pays_first]
    rows, usable, _ = prepared(sample, times, np.zeros(len(sample)))
    deltas = single_root(rows.pick(np.flatnonzero(usable)))
    return deltas[np.isfinite(deltas)]


def _row_ends(periods: int) -> Words:
    """Bits of the last periods of a panel of rows, for `_pays_first`."""
    flags = np.zeros((PANEL_ROWS, periods), bool)
    flags[:, -1] = True
    return _packed(flags)


def _pays_first(flows: Floats, row_ends: Words) -> Flags:
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
    return np.asarray(~falls.view(bool).reshape(rows, periods).any(axis=1), bool)


def _packed(flags: Flags) -> Words:
    bits = np.packbits(flags, bitorder="little")
    words = np.zeros(-(-len(bits) // 8), "<u8")
    words.view(np.uint8)[: len(bits)] = bits
    return words


def _stencil(values: Floats, cell: Indices) -> Floats:
    """Coefficients (8, rows) of the polynomial through the eight values (rows, nodes) around a cell."""
    eights = np.lib.stride_tricks.sliding_window_view(values.ravel(), STENCIL)
    start = cell - (HALF - 1) + NODES * np.arange(len(cell))
    local: Floats = TO_POLYNOMIAL @ eights[start].T
    return local


def _polynomial_root(coefficients: Floats) -> tuple[Floats, Floats]:
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
