"""Correlated inputs: the correlation that is asked for is the one that is found, and an impossible one is refused."""

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tokenbook.udfs.kernels import correlation, sampling
from tokenbook.udfs.kernels.correlation import (
    CorrelationError,
    check,
    factor,
    gaussian_copula,
    iman_conover,
    nearest,
    spearman,
)

ASKED = np.array([[1, 0.6, -0.3, 0.0], [0.6, 1, 0.2, 0.5], [-0.3, 0.2, 1, 0.1], [0.0, 0.5, 0.1, 1]])
NAMES = ["price", "demand", "power", "rate"]


def hypercubes(cubes: int, inputs: int) -> np.ndarray:
    return np.stack([sampling.hypercube_strata(5, str(i), 0, cubes) for i in range(inputs)], axis=1)


def test_iman_conover_meets_the_correlations_within_every_hypercube():
    arranged = iman_conover(hypercubes(40, 4), factor(ASKED))
    found = np.array([spearman(cube.astype(float)) for cube in arranged])
    assert found.mean(axis=0) == pytest.approx(ASKED, abs=0.005)
    assert np.abs(found - ASKED).max() < 0.05  # sampling error without it: 0.045 is one standard deviation
    assert np.std(found[:, 1, 0]) < 0.5 * np.sqrt((1 - 0.6**2) ** 2 / sampling.CUBE)


def test_iman_conover_keeps_the_strata_and_the_first_input():
    strata = hypercubes(3, 4)
    arranged = iman_conover(strata, factor(ASKED))
    assert np.array_equal(np.sort(arranged, axis=-1), np.sort(strata, axis=-1))
    assert np.array_equal(arranged[:, 0], strata[:, 0])


def test_each_hypercube_is_arranged_alone():
    strata = hypercubes(7, 4)
    together = iman_conover(strata, factor(ASKED))
    assert all(np.array_equal(iman_conover(strata[i : i + 1], factor(ASKED))[0], together[i]) for i in range(7))


def test_a_gaussian_copula_has_the_correlations_and_stays_uniform():
    uniform = np.stack([sampling.uniforms(5, name, 0, 200_000) for name in NAMES])
    drawn = gaussian_copula(uniform, factor(ASKED))
    assert spearman(drawn) == pytest.approx(ASKED, abs=0.01)
    assert all(stats.kstest(row, "uniform").pvalue > 1e-3 for row in drawn)


def test_a_gaussian_copula_never_reaches_0_or_1():
    """Where an unbounded distribution would be drawn as infinity, and take the mean of all trials along."""
    edge = 2.0**-53
    uniform = np.array([[edge, 1 - edge, edge, 1 - edge], [edge, 1 - edge, 1 - edge, edge]])
    drawn = gaussian_copula(uniform, factor([[1, 0.9], [0.9, 1]]))
    assert ((drawn > 0) & (drawn < 1)).all()
    assert np.isfinite(stats.norm.ppf(drawn)).all()
    assert drawn[1, 0] <= edge
    assert drawn[1, 1] >= 1 - edge


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_full_correlation_puts_inputs_in_one_order(sign):
    lower = factor([[1, sign], [sign, 1]])
    first, second = iman_conover(hypercubes(1, 2), lower)[0]
    assert np.array_equal(second, first if sign > 0 else sampling.CUBE - 1 - first)
    uniform = np.stack([sampling.uniforms(5, name, 0, 1000) for name in "ab"])
    assert spearman(gaussian_copula(uniform, lower))[0, 1] == pytest.approx(sign)


def test_an_impossible_matrix_is_refused_with_the_pair_the_eigenvalue_and_a_possible_one():
    asked = np.array([[1, 0.9, 0.2], [0.9, 1, 0.9], [0.2, 0.9, 1]])
    with pytest.raises(CorrelationError) as caught:
        check(asked, NAMES[:3])
    assert str(caught.value) == (
        "price and demand: 0.9 cannot hold beside the other correlations (smallest eigenvalue -0.18, below 0); "
        "the nearest that can: price and demand 0.79 instead of 0.9, demand and power 0.79 instead of 0.9, "
        "price and power 0.26 instead of 0.2"
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_what_the_message_suggests_is_accepted(size, seed):
    half = np.tril(np.random.default_rng(seed).uniform(-1, 1, (size, size)).round(1), -1)
    asked = half + half.T + np.eye(size)
    try:
        check(asked, NAMES[:1] * size)
    except CorrelationError:
        check(correlation._rounded(nearest(asked)), NAMES[:1] * size)
        assert np.linalg.eigvalsh(nearest(asked))[0] > -1e-10


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[1, 0.5], [0.4, 1]], "price and demand: 0.5 in one half, 0.4 in the other"),
        ([[0.9, 0.5], [0.5, 1]], "price with itself is 0.9, it must be 1"),
        ([[1, 1.5], [1.5, 1]], "price and demand: 1.5 is not between -1 and 1"),
        ([[1, np.nan], [np.nan, 1]], "price and demand: nan is not between -1 and 1"),
        ([[1, 0.5]], "a 1 x 2 matrix for 2 inputs"),
    ],
)
def test_a_matrix_of_the_wrong_form_is_refused(matrix, message):
    with pytest.raises(CorrelationError) as caught:
        check(matrix, NAMES[:2])
    assert str(caught.value) == message


def test_the_nearest_matrix_of_higham_2002():
    asked = [[2, -1, 0, 0], [-1, 2, -1, 0], [0, -1, 2, -1], [0, 0, -1, 2]]
    published = [[1, -0.8084, 0.1916, 0.1068], [-0.8084, 1, -0.6562, 0.1916], [0.1916, -0.6562, 1, -0.8084],
                 [0.1068, 0.1916, -0.8084, 1]]  # fmt: skip
    assert nearest(asked) == pytest.approx(np.array(published), abs=6e-5)


def test_ranks_share_ties_as_scipy_does():
    values = np.random.default_rng(1).integers(0, 50, (3, 1000)).astype(float)
    assert np.array_equal(correlation.ranks(values), stats.rankdata(values, axis=1))
    assert spearman(values)[0, 1] == pytest.approx(stats.spearmanr(values[0], values[1]).statistic, abs=1e-12)


def test_examples_in_the_help_are_true():
    assert doctest.testmod(correlation).failed == 0
