"""Present values as polynomials in delta: one matrix product turns the flows of many rows into short polynomials."""

from __future__ import annotations

from typing import Literal

import numpy as np

from tokenbook.udfs.kernels.value_ratio import Floats

CHEBYSHEV_POINTS = 80
CUT = 5e-16  # relative size of the first Chebyshev coefficient left out
LEAST_TERMS = 8
ONE_THREAD = 1 << 18  # multiplications up to which OpenBLAS does not wake its threads, see `product`


def exponentials_as_polynomials(times: Floats, centre: float, radius: float) -> Floats:
    """Matrix (terms, periods): exp(-(centre + radius x) t) = sum of its rows times x^k for |x| <= 1.

    Interpolated at Chebyshev points, then cut where the Chebyshev coefficients are rounding errors. Written
    out in powers of x the coefficients are about Taylor's: all terms together are as large as the
    exponential at x = -1, so that Horner's rule loses nothing.
    """
    degrees = np.arange(CHEBYSHEV_POINTS)
    turns = np.outer(degrees, 2 * degrees + 1) % (4 * CHEBYSHEV_POINTS)  # whole turns removed while still integer
    cosines = np.cos(turns * (0.5 * np.pi / CHEBYSHEV_POINTS))  # (degree, point)
    exact = np.exp(-(centre + radius * cosines[1])[:, None] * times)
    coefficients = cosines @ exact * (2 / CHEBYSHEV_POINTS)
    coefficients[0] *= 0.5
    size = np.abs(coefficients) / np.exp(radius * np.abs(times) - centre * times)
    terms = max(LEAST_TERMS, 1 + np.flatnonzero(size.max(axis=1) > CUT)[-1])
    powers = np.zeros((terms, terms))  # column k: the Chebyshev polynomial T_k in powers of x
    powers[0, 0] = powers[1, 1] = 1.0
    for k in range(2, terms):
        powers[1:, k] = 2 * powers[:-1, k - 1]
        powers[:, k] -= powers[:, k - 2]
    in_powers: Floats = powers @ coefficients[:terms]
    return in_powers


def product(matrix: Floats, columns: Floats, order: Literal["C", "F"] = "C") -> Floats:
    """``matrix @ columns``, a few columns at a time, so that OpenBLAS works on this thread alone.

    On idle cores its threads would save a third of the time; next to other work (a server, dask, parallel tests)
    every product waits for the slowest thread and takes several times as long.
    """
    result = np.empty((len(matrix), columns.shape[1]), order=order)
    step = max(1, ONE_THREAD // matrix.size)
    for first in range(0, columns.shape[1], step):
        some = slice(first, first + step)
        np.matmul(matrix, columns[:, some], out=result[:, some])
    return result


def horner(coefficients: Floats, x: Floats) -> Floats:
    """Value at x (rows,) of each polynomial (terms, rows), constant first."""
    value: Floats = coefficients[-1] * x
    for k in range(len(coefficients) - 2, 0, -1):
        value += coefficients[k]
        value *= x
    value += coefficients[0]
    return value


def value_and_slope(coefficients: Floats, x: Floats) -> tuple[Floats, Floats]:
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
