"""Draws by trial number: the same whoever asks for them, and spread as their method promises."""

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest, qmc

from tokenbook.udfs.kernels import sampling
from tokenbook.udfs.kernels.sampling import CUBE, SOBOL_DIMENSIONS, SOBOL_REPLICATES

NAMES = tuple(f"input {i}" for i in range(6))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 3000), st.integers(1, 500), st.integers(0, 2**53 - 1))
def test_a_stretch_of_trials_is_the_same_whoever_draws_it(first, count, seed):
    whole = sampling.uniforms(seed, "price", 0, first + count)
    assert np.array_equal(sampling.uniforms(seed, "price", first, count), whole[first:])
    points = sampling.sobol(seed, NAMES, 0, first + count)
    assert np.array_equal(sampling.sobol(seed, NAMES, first, count), points[:, first:])
    cube = first // CUBE
    for draw in (sampling.hypercube_strata, sampling.hypercube_places):
        assert np.array_equal(draw(seed, "price", cube, 1)[0], draw(seed, "price", 0, cube + 1)[cube])


def test_the_draws_of_a_seed_never_change():
    # A workbook of last year must show last year's figures.
    assert sampling.uniforms(1, "price_usd_per_mtok", 0, 3) == pytest.approx(UNIFORMS, abs=0)
    assert sampling.hypercube_strata(1, "price_usd_per_mtok", 0, 1)[0, :5].tolist() == STRATA
    assert sampling.sobol(1, ("price_usd_per_mtok",), 0, 3)[0] == pytest.approx(SOBOL, abs=0)


def test_plain_draws_are_uniform_and_differ_by_seed_and_name():
    draws = sampling.uniforms(1, "price", 0, 100_000)
    assert kstest(draws, "uniform").pvalue > 1e-3
    assert 0 < draws.min() < draws.max() < 1
    for other in (sampling.uniforms(2, "price", 0, 100_000), sampling.uniforms(1, "demand", 0, 100_000)):
        assert abs(np.corrcoef(draws, other)[0, 1]) < 0.015


def test_a_hypercube_has_one_trial_in_each_stratum():
    strata = sampling.hypercube_strata(7, "price", 3, 20)
    assert np.array_equal(np.sort(strata, axis=1), np.tile(np.arange(CUBE), (20, 1)))
    places = sampling.hypercube_places(7, "price", 3, 20)
    assert np.array_equal(np.floor(places * CUBE), np.tile(np.arange(CUBE), (20, 1)))


def test_which_stratum_comes_when_is_random():
    strata = sampling.hypercube_strata(7, "price", 0, 2000)
    at_first = np.bincount(strata[:, 0], minlength=CUBE)
    assert at_first.max() < 20  # 4 expected in each
    assert abs(np.corrcoef(strata[:, 0], strata[:, 1])[0, 1]) < 0.1


def test_sobol_points_before_scrambling_are_scipys():
    peer = qmc.Sobol(SOBOL_DIMENSIONS, scramble=False, bits=32).random(1024)
    number = np.arange(1024)
    gray = number ^ (number >> 1)
    for dimension in range(SOBOL_DIMENSIONS):
        bits = np.zeros(1024, dtype=np.uint64)
        for bit, direction in enumerate(sampling._directions(dimension)[:10]):
            bits ^= np.where(gray >> bit & 1, direction, np.uint64(0))
        assert np.array_equal(bits / 2.0**32, peer[:, dimension]), dimension


def test_each_scrambled_sequence_fills_the_space_as_evenly_as_scipys():
    points = sampling.sobol(3, NAMES, 0, 1024 * SOBOL_REPLICATES)
    peer = qmc.discrepancy(qmc.Sobol(len(NAMES), seed=1).random(1024))
    for sequence in range(SOBOL_REPLICATES):
        of_sequence = points[:, sequence::SOBOL_REPLICATES].T
        assert [len(set(np.floor(column * 1024))) for column in of_sequence.T] == [1024] * len(NAMES)
        assert qmc.discrepancy(of_sequence) < 2 * peer


def test_the_sequences_are_independent():
    points = sampling.sobol(3, NAMES, 0, 64 * SOBOL_REPLICATES)
    sums = points.sum(axis=0).reshape(64, SOBOL_REPLICATES)
    assert len({tuple(sums[:, sequence]) for sequence in range(SOBOL_REPLICATES)}) == SOBOL_REPLICATES
    assert sums.mean() == pytest.approx(len(NAMES) / 2, abs=0.01)


def test_too_many_inputs_for_sobol_are_refused():
    with pytest.raises(ValueError, match="at most 40"):
        sampling.sobol(1, tuple(map(str, range(41))), 0, 10)


def test_groups_are_the_hypercubes_and_the_sequences():
    assert sampling.groups_of("plain", 10) is None
    assert np.bincount(sampling.groups_of("latin_hypercube", 1700) + 1).tolist() == [200, 500, 500, 500]
    assert np.bincount(sampling.groups_of("sobol", 33)).tolist() == [3] + [2] * 15


def test_examples_in_the_help_are_true():
    assert doctest.testmod(sampling).failed == 0


UNIFORMS = [0.21452225173579176, 0.45810422524690286, 0.4798222599616043]
STRATA = [150, 421, 378, 486, 489]
SOBOL = [0.0019724074518308043, 0.6533743586624041, 0.5700565705774352]
