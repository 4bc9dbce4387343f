"""Uniform numbers for simulations: plain draws, Latin hypercubes and Sobol points, by the number of the trial.

Every number follows from the seed, the name of the input and the number of the trial alone (Philox, a
counter-based generator): whoever computes which trials, in blocks of any size, gets the same ones, and a further
uncertain input changes nothing in the draws of the others. Raw 64-bit words are turned into numbers here, so the
figures of a seed do not depend on how numpy makes its floats.

Trials come in groups that are independent of each other, from which standard errors are estimated:

* ``latin_hypercube``: each `CUBE` consecutive trials are a Latin hypercube of their own.
* ``sobol``: every `SOBOL_REPLICATES`-th trial belongs to the same scrambled Sobol sequence.
* ``plain``: each trial is independent.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

METHODS = ("latin_hypercube", "sobol", "plain")
CUBE = 500  # trials of a hypercube: 10,000 trials give 20 of them, enough to see how they differ
SOBOL_REPLICATES = 16
SOBOL_BITS = 32
WORDS_PER_TICK = 4  # 64-bit words that Philox gives for each value of its counter
MANTISSA_SHIFT, MANTISSA_STEP = np.uint64(12), 2.0**-52  # 52 bits, so that half a step never rounds up to 1
INDEX_BITS = np.uint64(9)  # low bits of a sorting word that carry the position in a hypercube: 2^9 >= CUBE
INDEX_MASK = np.uint64(2**9 - 1)
HIGHEST_SEED = 2**53 - 1  # the largest whole number that a cell holds exactly

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Words = NDArray[np.uint64]


def uniforms(seed: int, name: str, first: int, count: int) -> Floats:
    """Independent uniform numbers of some trials.

    Parameters
    ----------
    seed : int
        Which set of numbers.
    name : str
        Which stream of it: the name of an input.
    first, count : int
        The trials, counted from 0.

    Returns
    -------
    ndarray, shape (count,)
        Above 0 and below 1.

    Examples
    --------
    >>> bool((uniforms(1, "price", 0, 10)[3:] == uniforms(1, "price", 3, 7)).all())
    True
    """
    found: Floats = (
        (_words(seed, f"{name}/place", first, count) >> MANTISSA_SHIFT).astype(float) + 0.5
    ) * MANTISSA_STEP
    return found


def hypercube_strata(seed: int, name: str, first_cube: int, cubes: int) -> Integers:
    """Which stratum of its hypercube each trial falls into: a permutation per hypercube.

    Returns
    -------
    ndarray of int, shape (cubes, CUBE)
        0 .. CUBE - 1 in each row, in random order.
    """
    words = _words(seed, f"{name}/order", first_cube * CUBE, cubes * CUBE).reshape(cubes, CUBE)
    # Random words with the position in their low bits, sorted: the positions come out shuffled.
    words &= ~INDEX_MASK
    words |= np.arange(CUBE, dtype=np.uint64)
    words.sort(axis=1)
    words &= INDEX_MASK
    return words.view(np.int64)


def hypercube_places(seed: int, name: str, first_cube: int, cubes: int) -> Floats:
    """A uniform number in each stratum of each hypercube, ascending along the rows.

    Returns
    -------
    ndarray, shape (cubes, CUBE)
        Number j of a row lies between j / CUBE and (j + 1) / CUBE.
    """
    within = uniforms(seed, name, first_cube * CUBE, cubes * CUBE).reshape(cubes, CUBE)
    within += np.arange(CUBE)
    within *= 1.0 / CUBE
    return within


def sobol(seed: int, names: tuple[str, ...], first: int, count: int) -> Floats:
    """Scrambled Sobol points, `SOBOL_REPLICATES` sequences side by side.

    Parameters
    ----------
    seed : int
        Which scrambling.
    names : tuple of str
        The inputs, one dimension each.
    first, count : int
        The trials, counted from 0. Trial i is point i // SOBOL_REPLICATES of sequence i % SOBOL_REPLICATES.

    Returns
    -------
    ndarray, shape (dimensions, count)
        Above 0 and below 1.

    Raises
    ------
    ValueError
        If there are more dimensions than `SOBOL_DIMENSIONS`.

    Notes
    -----
    Direction numbers of S. Joe and F. Y. Kuo (2008), new-joe-kuo-6; scrambled by a random lower triangular matrix
    (J. Matousek, 1998) and, for each sequence, a random digital shift. Best with a power of two trials.
    """
    if len(names) > SOBOL_DIMENSIONS:
        raise ValueError(f"sobol: {len(names)} uncertain inputs, at most {SOBOL_DIMENSIONS} are possible")
    trial = np.arange(first, first + count, dtype=np.uint64)
    point, sequence = trial // np.uint64(SOBOL_REPLICATES), (trial % np.uint64(SOBOL_REPLICATES)).astype(np.intp)
    gray = point ^ (point >> np.uint64(1))
    digits = [((gray >> np.uint64(8 * byte)) & np.uint64(255)).astype(np.intp) for byte in range(SOBOL_BITS // 8)]
    result = np.empty((len(names), count))
    for dimension, name in enumerate(names):
        tables, shifts = _scrambled(seed, name, dimension)
        bits = shifts[sequence]
        for table, digit in zip(tables, digits, strict=True):
            bits ^= table[digit]
        result[dimension] = (bits + 0.5) * 2.0**-SOBOL_BITS
    return result


def groups_of(method: str, trials: int) -> Integers | None:
    """The independent group that each trial belongs to; None where every trial is one of its own.

    Returns
    -------
    ndarray of int, shape (trials,), or None
        -1 for trials of a hypercube that is not complete.
    """
    if method == "plain":
        return None
    trial = np.arange(trials)
    if method == "sobol":
        return trial % SOBOL_REPLICATES
    return np.where(trial < trials // CUBE * CUBE, trial // CUBE, -1)


@lru_cache(maxsize=256)
def _key(seed: int, stream: str) -> tuple[int, int]:
    return seed, int.from_bytes(hashlib.blake2b(stream.encode(), digest_size=8).digest(), "little")


def _words(seed: int, stream: str, first: int, count: int) -> Words:
    # The words of positions first .. first + count of a stream.
    ahead = first % WORDS_PER_TICK
    generator = np.random.Philox(key=_key(seed, stream), counter=first // WORDS_PER_TICK)
    return generator.random_raw(ahead + count)[ahead:]


@lru_cache(maxsize=64)
def _scrambled(seed: int, name: str, dimension: int) -> tuple[Words, Words]:
    """One dimension, scrambled: for each byte of a point's number what its 256 values contribute; and the shifts."""
    random = _words(seed, f"{name}/sobol", 0, SOBOL_BITS + SOBOL_REPLICATES) >> np.uint64(64 - SOBOL_BITS)
    row = np.arange(SOBOL_BITS, dtype=np.uint64)
    diagonal = np.uint64(1) << (np.uint64(SOBOL_BITS - 1) - row)  # row 0 makes the highest bit
    above = ~(diagonal | (diagonal - np.uint64(1)))
    rows = (random[:SOBOL_BITS] & above) | diagonal
    parity = np.bitwise_count(_directions(dimension)[:, np.newaxis] & rows).astype(np.uint64) & np.uint64(1)
    directions = np.bitwise_or.reduce(parity * diagonal, axis=1)
    tables = np.zeros((SOBOL_BITS // 8, 256), dtype=np.uint64)
    for byte, table in enumerate(tables):
        for bit in range(8):
            table[2**bit : 2 ** (bit + 1)] = table[: 2**bit] ^ directions[8 * byte + bit]
    return tables, random[SOBOL_BITS:]


@lru_cache(maxsize=64)
def _directions(dimension: int) -> Words:
    """Direction numbers, the one of the lowest bit of a point's number first."""
    if dimension == 0:
        odd = [1] * SOBOL_BITS
    else:
        polynomial, start = JOE_KUO[dimension - 1]
        degree = len(start)
        odd = list(start)
        for j in range(degree, SOBOL_BITS):
            value = odd[j - degree] ^ (odd[j - degree] << degree)
            for k in range(1, degree):
                if polynomial >> (degree - k) & 1:
                    value ^= odd[j - k] << k
            odd.append(value)
    return np.array([value << (SOBOL_BITS - 1 - j) for j, value in enumerate(odd)], dtype=np.uint64)


# Primitive polynomial, as the number whose bits are its coefficients, and the first direction numbers of dimensions
# 2, 3 ...: S. Joe and F. Y. Kuo, Constructing Sobol sequences with better two-dimensional projections, SIAM J.
# Sci. Comput. 30 (2008).
JOE_KUO: tuple[tuple[int, tuple[int, ...]], ...] = (
    (3, (1,)), (7, (1, 3)), (11, (1, 3, 1)), (13, (1, 1, 1)), (19, (1, 1, 3, 3)), (25, (1, 3, 5, 13)),
    (37, (1, 1, 5, 5, 17)), (41, (1, 1, 5, 5, 5)), (47, (1, 1, 7, 11, 19)), (55, (1, 1, 5, 1, 1)),
    (59, (1, 1, 1, 3, 11)), (61, (1, 3, 5, 5, 31)), (67, (1, 3, 3, 9, 7, 49)), (91, (1, 1, 1, 15, 21, 21)),
    (97, (1, 3, 1, 13, 27, 49)), (103, (1, 1, 1, 15, 7, 5)), (109, (1, 3, 1, 15, 13, 25)),
    (115, (1, 1, 5, 5, 19, 61)), (131, (1, 3, 7, 11, 23, 15, 103)), (137, (1, 3, 7, 13, 13, 15, 69)),
    (143, (1, 1, 3, 13, 7, 35, 63)), (145, (1, 3, 5, 9, 1, 25, 53)), (157, (1, 3, 1, 13, 9, 35, 107)),
    (167, (1, 3, 1, 5, 27, 61, 31)), (171, (1, 1, 5, 11, 19, 41, 61)), (185, (1, 3, 5, 3, 3, 13, 69)),
    (191, (1, 1, 7, 13, 1, 19, 1)), (193, (1, 3, 7, 5, 13, 19, 59)), (203, (1, 1, 3, 9, 25, 29, 41)),
    (211, (1, 3, 5, 13, 23, 1, 55)), (213, (1, 3, 7, 3, 13, 59, 17)), (229, (1, 3, 1, 3, 5, 53, 69)),
    (239, (1, 1, 5, 5, 23, 33, 13)), (241, (1, 1, 7, 7, 1, 61, 123)), (247, (1, 1, 7, 9, 13, 61, 49)),
    (253, (1, 3, 3, 5, 3, 55, 33)), (285, (1, 3, 1, 15, 31, 13, 49, 245)), (299, (1, 3, 5, 15, 31, 59, 63, 97)),
    (301, (1, 3, 1, 11, 11, 11, 77, 249)),
)  # fmt: skip
SOBOL_DIMENSIONS = len(JOE_KUO) + 1
