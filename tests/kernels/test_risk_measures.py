"""What is read off the trials, against numbers that can be worked out by hand."""

import doctest

import numpy as np
import pytest

from tokenbook.udfs.kernels import risk_measures
from tokenbook.udfs.kernels.risk_measures import drivers, histogram, percentiles, summary

NORMAL = np.random.default_rng(1).normal(10.0, 2.0, 40_000)


def test_percentiles_are_excels():
    values = np.array([7.0, 1.0, 3.0, 10.0])
    assert [estimate.value for estimate in percentiles(values, shares=(0, 10, 50, 90, 100))] == pytest.approx(
        [1, 1.6, 5, 9.1, 10]
    )
    assert [e.value for e in percentiles(NORMAL)] == pytest.approx(np.percentile(NORMAL, risk_measures.PERCENTILES))


def test_standard_errors_of_independent_trials_are_the_textbooks():
    found = summary(NORMAL, target=8.0)
    root = np.sqrt(len(NORMAL))
    assert found["mean"].standard_error == pytest.approx(2.0 / root, rel=0.02)
    assert found["sd"].standard_error == pytest.approx(2.0 / root / np.sqrt(2), rel=0.03)
    assert found["p50"].standard_error == pytest.approx(1.2533 * 2.0 / root, rel=0.1)
    assert found["below_target"].standard_error == pytest.approx(np.sqrt(0.1587 * 0.8413) / root, rel=0.02)


def test_groups_that_agree_make_a_small_error_and_groups_that_differ_a_large_one():
    agreeing = np.tile(np.arange(100.0), 20)
    groups = np.repeat(np.arange(20), 100)
    assert summary(agreeing, groups)["mean"].standard_error == pytest.approx(0.0, abs=1e-12)
    differing = groups * 1.0
    expected = differing[::100].std(ddof=1) / np.sqrt(20)
    assert summary(differing, groups)["mean"].standard_error == pytest.approx(expected)


def test_few_groups_count_as_independent_trials():
    groups = np.repeat(np.arange(9), 100)
    assert summary(NORMAL[:900], groups) == summary(NORMAL[:900])


def test_the_shortfall_is_the_mean_of_the_worst_twentieth():
    values = np.arange(1.0, 31.0)  # a twentieth is a trial and a half
    assert summary(values)["shortfall"].value == pytest.approx((1 + 0.5 * 2) / 1.5)
    assert summary(values, high_is_bad=True)["shortfall"].value == pytest.approx((30 + 0.5 * 29) / 1.5)


def test_trials_without_an_answer_are_counted_and_left_out():
    found = summary(np.array([1.0, np.nan, 3.0, np.nan]))
    assert (found["mean"].value, found["no_answer"].value, found["lowest"].value) == (2.0, 0.5, 1.0)
    nothing = summary(np.full(3, np.nan))
    assert nothing["no_answer"].value == 1.0
    assert np.isnan(nothing["p50"].value)
    assert set(nothing) == set(found)


def test_values_that_are_all_the_same_have_no_spread_and_no_error():
    found = summary(np.full(1000, 5.0), np.repeat(np.arange(10), 100))
    assert found["sd"].value == 0.0
    assert {e.standard_error for name, e in found.items() if name not in ("lowest", "highest")} == {0.0}


def test_a_histogram_counts_every_trial_once():
    edges, counts = histogram(NORMAL, 7)
    assert (counts.sum(), edges[0], edges[-1]) == (len(NORMAL), NORMAL.min(), NORMAL.max())
    assert histogram(np.full(9, 2.0), 3)[1].sum() == 9


class TestDrivers:
    RNG = np.random.default_rng(2)
    X, Y, Z = RNG.uniform(-1, 1, (3, 50_000))

    def test_the_first_order_index_of_a_sum_is_each_share_of_the_variance(self):
        found = {d.name: d for d in drivers({"x": self.X, "y": self.Y, "z": self.Z}, 3 * self.X - 2 * self.Y)}
        assert found["x"].first_order == pytest.approx(9 / 13, abs=0.01)
        assert found["y"].first_order == pytest.approx(4 / 13, abs=0.01)
        assert found["z"].first_order == pytest.approx(0, abs=0.005)
        assert found["y"].rank_correlation < 0
        assert sum(d.contribution for d in found.values()) == pytest.approx(1)
        assert found["x"].contribution == pytest.approx(9 / 13, abs=0.02)

    def test_an_effect_that_turns_back_is_seen_by_the_index_only(self):
        found = {d.name: d for d in drivers({"x": self.X, "y": self.Y}, self.X**2 + 0.1 * self.Y)}
        assert found["x"].contribution < 0.01
        assert found["x"].first_order == pytest.approx(0.0889 / (0.0889 + 0.01 / 3), abs=0.01)

    def test_the_strongest_stands_first_and_a_constant_does_nothing(self):
        found = drivers({"c": np.ones(50_000), "y": self.Y, "x": self.X}, self.X + 0.5 * self.Y)
        assert [d.name for d in found] == ["x", "y", "c"]
        assert found[-1][1:] == (0.0, 0.0, 0.0)

    def test_a_result_that_does_not_vary_has_no_driver(self):
        assert drivers({"x": self.X}, np.zeros(50_000))[0][1:] == (0.0, 0.0, 0.0)

    def test_a_few_values_are_not_cut_apart(self):
        steps = np.round(self.X)
        found = drivers({"x": steps}, steps)[0]
        assert (found.rank_correlation, found.first_order) == (pytest.approx(1), pytest.approx(1))


def test_examples_in_the_help_are_true():
    assert doctest.testmod(risk_measures).failed == 0
