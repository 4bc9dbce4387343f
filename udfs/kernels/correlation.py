"""Correlated inputs: a matrix of rank correlations, whether it is possible, and how draws come to have it.

Correlations are Spearman's, between ranks: they hold whatever the distributions. Latin hypercubes are rearranged
(`iman_conover`: each keeps its strata, and the correlation is met within each); points that may not be rearranged
go through normal distributions that are correlated (`gaussian_copula`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tokenbook.udfs.errors import TokenbookError
from tokenbook.udfs.kernels import normal

ASYMMETRY = 1e-9  # difference between the two halves that is rounding
NO_VARIANCE = 1e-12  # of a variable, given those before it; it is then made of them
LEAST_EIGENVALUE = -1e-10  # below it a matrix is not positive semi-definite by more than rounding
NEAREST_STEPS = 1000
NEAREST_CHANGE = 1e-13
SHOWN_DECIMALS = 2
STRENGTHS = (1.0, 0.995, 0.99, 0.98, 0.95, 0.9)  # of a suggested matrix, until it holds after rounding

Floats = NDArray[np.float64]


class CorrelationError(TokenbookError):
    """A matrix of correlations is impossible.

    Attributes
    ----------
    domain : bool
        True where a number is out of range, False where the matrix has the wrong form.
    """

    def __init__(self, message: str, domain: bool = True):
        super().__init__(message)
        self.domain = domain


def check(matrix: ArrayLike, names: Sequence[str]) -> Floats:
    """A correlation matrix that is one, or an error that says what to change.

    Parameters
    ----------
    matrix : array_like, shape (n, n)
        Correlations, 1 on the diagonal.
    names : sequence of str
        Of the rows and columns, for the message.

    Returns
    -------
    ndarray, shape (n, n)

    Raises
    ------
    CorrelationError
        If it is not square, not symmetric, has another diagonal than 1, a value outside -1 to 1, or is not
        positive semi-definite.

    Examples
    --------
    >>> check([[1, 0.5], [0.4, 1]], ["price", "demand"])
    Traceback (most recent call last):
    tokenbook.udfs.kernels.correlation.CorrelationError: price and demand: 0.5 in one half, 0.4 in the other
    """
    table = np.array(matrix, dtype=float)
    if table.shape != (len(names), len(names)):
        size = " x ".join(map(str, table.shape))
        raise CorrelationError(f"a {size} matrix for {len(names)} inputs", domain=False)
    for i, first in enumerate(names):
        if table[i, i] != 1.0:
            raise CorrelationError(f"{first} with itself is {table[i, i]:g}, it must be 1")
        for j, second in enumerate(names[:i]):
            pair = f"{second} and {first}"
            if not (abs(table[i, j]) <= 1.0 and abs(table[j, i]) <= 1.0):
                wrong = table[i, j] if not abs(table[i, j]) <= 1.0 else table[j, i]
                raise CorrelationError(f"{pair}: {wrong:g} is not between -1 and 1")
            if abs(table[i, j] - table[j, i]) > ASYMMETRY:
                raise CorrelationError(f"{pair}: {table[j, i]:g} in one half, {table[i, j]:g} in the other")
    even: Floats = 0.5 * (table + table.T)
    smallest = np.linalg.eigvalsh(even)[0] if len(names) else 0.0
    if smallest < LEAST_EIGENVALUE:
        raise CorrelationError(_contradiction(even, names, smallest))
    return even


def nearest(matrix: ArrayLike) -> Floats:
    """The correlation matrix that is nearest to a symmetric matrix (in the sum of squared differences).

    Parameters
    ----------
    matrix : array_like, shape (n, n)

    Returns
    -------
    ndarray, shape (n, n)
        Positive semi-definite, 1 on the diagonal.

    References
    ----------
    N. J. Higham, Computing the nearest correlation matrix, IMA J. Numerical Analysis 22 (2002).

    Examples
    --------
    >>> nearest([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]]).round(3).tolist()
    [[1.0, 0.5, -0.5], [0.5, 1.0, 0.5], [-0.5, 0.5, 1.0]]
    """
    found = np.array(matrix, dtype=float)
    correction = np.zeros_like(found)
    for _ in range(NEAREST_STEPS):
        before = found
        shifted = found - correction
        values, vectors = np.linalg.eigh(shifted)
        possible = (vectors * np.maximum(values, 0.0)) @ vectors.T
        correction = possible - shifted
        found = possible.copy()
        np.fill_diagonal(found, 1.0)
        if np.abs(found - before).max() < NEAREST_CHANGE:
            break
    # The last projection moved the diagonal only; scaling, unlike setting it, leaves the eigenvalues at 0 or above.
    scale = 1.0 / np.sqrt(np.diag(possible))
    found = possible * scale * scale[:, np.newaxis]
    np.fill_diagonal(found, 1.0)
    even: Floats = 0.5 * (found + found.T)
    return even


def factor(rank_correlation: ArrayLike) -> Floats:
    """The lower triangle by which independent normal variables become correlated ones.

    Parameters
    ----------
    rank_correlation : array_like, shape (n, n)
        Spearman's correlations that the variables are to have, checked.

    Returns
    -------
    ndarray, shape (n, n)
        L with L L' = 2 sin(pi/6 r), the correlations of normal variables whose ranks correlate with r.

    Notes
    -----
    A Cholesky factor that also takes variables which are made of those before them (correlations of 1).

    Examples
    --------
    >>> factor([[1.0, -1.0], [-1.0, 1.0]]).round(6).tolist()
    [[1.0, 0.0], [-1.0, 0.0]]
    """
    of_normals = 2.0 * np.sin(np.pi / 6.0 * np.asarray(rank_correlation, dtype=float))
    np.fill_diagonal(of_normals, 1.0)
    if np.linalg.eigvalsh(of_normals)[0] < 0.0:  # possible for ranks, hardly possible for normal variables
        of_normals = nearest(of_normals)
    size = len(of_normals)
    lower = np.zeros((size, size))
    for j in range(size):
        left = of_normals[j:, j] - lower[j:, :j] @ lower[j, :j]
        if left[0] > NO_VARIANCE:
            lower[j:, j] = left / np.sqrt(left[0])
    scaled: Floats = lower / np.sqrt((lower * lower).sum(axis=1, keepdims=True))
    return scaled


def iman_conover(strata: NDArray[np.int64], lower: Floats) -> NDArray[np.int64]:
    """Rearrange Latin hypercubes so that their inputs are correlated.

    Parameters
    ----------
    strata : ndarray of int, shape (cubes, inputs, n)
        Which of its n strata each input has in each trial: a permutation per row.
    lower : ndarray, shape (inputs, inputs)
        From `factor`.

    Returns
    -------
    ndarray of int, shape (cubes, inputs, n)
        Permutations again. The first input stays as it was.

    Notes
    -----
    The normal scores of the strata are freed of the correlation that they have by chance and given that of
    `lower`; each input is then put into the order of its new scores. Each hypercube is done for itself.

    References
    ----------
    R. L. Iman and W. J. Conover, A distribution-free approach to inducing rank correlation among input variables,
    Communications in Statistics B 11 (1982).
    """
    size = strata.shape[-1]
    scores = normal.ppf(np.arange(1.0, size + 1.0) / (size + 1.0))
    scores /= np.sqrt((scores * scores).mean())
    by_trial = scores[strata]
    by_chance = np.linalg.cholesky(by_trial @ by_trial.transpose(0, 2, 1) / size)
    turn = lower @ np.linalg.inv(by_chance)
    order = np.argsort(turn @ by_trial, axis=-1)
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.broadcast_to(np.arange(size), order.shape), axis=-1)
    return ranks


def gaussian_copula(uniform: Floats, lower: Floats) -> Floats:
    """Correlate independent uniform numbers through normal distributions.

    Parameters
    ----------
    uniform : ndarray, shape (inputs, n)
        Above 0 and below 1.
    lower : ndarray, shape (inputs, inputs)
        From `factor`.

    Returns
    -------
    ndarray, shape (inputs, n)
        Uniform again. The first input stays as it was, but for rounding.
    """
    independent = normal.ppf(uniform)
    result = np.empty_like(uniform)
    for i, weights in enumerate(lower):  # sum by sum, so that the bits do not depend on how many trials there are
        mixed = weights[0] * independent[0]
        for j in range(1, i + 1):
            mixed += weights[j] * independent[j]
        result[i] = normal.cdf(mixed)
    return np.clip(result, 2.0**-54, 1.0 - 2.0**-53)  # the last double below 1: half a step more would round to 1


def ranks(values: Floats) -> Floats:
    """Ranks along the last axis, from 1; equal values share the mean of theirs."""
    values = np.asarray(values, dtype=float)
    return np.apply_along_axis(_ranks, -1, values)


def spearman(values: Floats) -> Floats:
    """Rank correlations between variables.

    Parameters
    ----------
    values : ndarray, shape (variables, n)

    Returns
    -------
    ndarray, shape (variables, variables)
        nan with a variable that does not vary.
    """
    centred = ranks(values)
    centred -= centred.mean(axis=1, keepdims=True)
    spread = np.sqrt((centred * centred).sum(axis=1))
    products = spread[:, np.newaxis] * spread
    found: Floats = np.divide(centred @ centred.T, products, out=np.full(products.shape, np.nan), where=products > 0)
    return found


def _ranks(values: Floats) -> Floats:
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    ends = np.append(starts[1:], len(values))
    result = np.empty(len(values))
    result[order] = np.repeat(0.5 * (starts + 1 + ends), ends - starts)
    return result


def _contradiction(matrix: Floats, names: Sequence[str], smallest: float) -> str:
    possible = _rounded(nearest(matrix))
    pairs = [(abs(matrix[i, j] - possible[i, j]), j, i) for i in range(len(names)) for j in range(i)]
    giving = [(j, i) for change, j, i in sorted(pairs, key=lambda p: (-round(p[0], 6), p[1], p[2])) if change > 0.0]
    first = f"{names[giving[0][0]]} and {names[giving[0][1]]}: {matrix[giving[0]]:g}"
    instead = ", ".join(f"{names[j]} and {names[i]} {possible[j, i]:g} instead of {matrix[j, i]:g}" for j, i in giving)
    return (
        f"{first} cannot hold beside the other correlations (smallest eigenvalue {smallest:.2g}, below 0); "
        f"the nearest that can: {instead}"
    )


def _rounded(possible: Floats) -> Floats:
    # To decimals that can be typed; a little weaker where rounding would make the matrix impossible again.
    for strength in STRENGTHS:
        rounded = np.round(strength * possible, SHOWN_DECIMALS)
        np.fill_diagonal(rounded, 1.0)
        if np.linalg.eigvalsh(rounded)[0] >= LEAST_EIGENVALUE:
            break
    return rounded
