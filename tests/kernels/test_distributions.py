"""Distributions against scipy's, and what a finance team would notice about their parameters."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tokenbook.udfs.kernels import distributions
from tokenbook.udfs.kernels.distributions import KINDS, DistributionError, distribution

PROBABILITIES = np.concatenate([[1e-6, 1e-3], np.linspace(0.005, 0.995, 199), [0.999, 1 - 1e-6]])
LOG_SD = np.sqrt(np.log1p(0.25**2))

PEERS = {
    ("normal", 0.4, 0.1): stats.norm(0.4, 0.1),
    ("lognormal", 0.4, 0.1): stats.lognorm(LOG_SD, scale=0.4 * np.exp(-(LOG_SD**2) / 2)),
    ("uniform", -1.0, 3.0): stats.uniform(-1, 4),
    ("triangular", 1.0, 2.0, 5.0): stats.triang(0.25, 1, 4),
    ("triangular", 1.0, 1.0, 5.0): stats.triang(0, 1, 4),
    ("triangular", 1.0, 5.0, 5.0): stats.triang(1, 1, 4),
    ("pert", 0.4, 0.7, 0.9): stats.beta(1 + 4 * 0.6, 1 + 4 * 0.4, 0.4, 0.5),
    ("pert", 0.0, 0.0, 1.0): stats.beta(1, 5),
    ("pert", 0.0, 1.0, 1.0): stats.beta(5, 1),
    ("pert", 0.0, 0.01, 1.0): stats.beta(1.04, 4.96),
    ("pert", 0.0, 0.3, 1.0, 20.0): stats.beta(7, 15),
    ("pert", 0.0, 0.3, 1.0, 0.5): stats.beta(1.15, 1.35),
}


@pytest.mark.parametrize("asked", PEERS, ids=str)
def test_percentiles_are_those_of_the_textbook(asked):
    assert distribution(*asked).ppf(PROBABILITIES) == pytest.approx(PEERS[asked].ppf(PROBABILITIES), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("kind", ["normal_p10_p90", "lognormal_p10_p90"])
def test_a_tenth_falls_below_p10_and_above_p90(kind):
    assert distribution(kind, 0.2, 0.5).ppf([0.1, 0.9]) == pytest.approx([0.2, 0.5], rel=1e-14)


def test_discrete_values_come_as_often_as_their_weights_say():
    drawn = distribution("discrete", 5, 1, 2, 3, 9, 0).ppf((np.arange(1000) + 0.5) / 1000)
    assert dict(zip(*np.unique(drawn, return_counts=True), strict=True)) == {2.0: 750, 5.0: 250}


def test_a_higher_probability_never_gives_a_lower_value():
    probability = np.linspace(1e-9, 1 - 1e-9, 100_001)
    for asked in [*PEERS, ("discrete", 3, 1, 1, 1, 2, 1), ("fixed", 7)]:
        assert np.all(np.diff(distribution(*asked).ppf(probability)) >= 0), asked


@pytest.mark.parametrize(
    "asked", [("normal", 3, 0), ("lognormal", 3, 0), ("triangular", 3, 3, 3), ("pert", 3, 3, 3), ("uniform", 3, 3),
              ("normal_p10_p90", 3, 3), ("lognormal_p10_p90", 3, 3), ("discrete", 3, 1), ("fixed", 3)],
)  # fmt: skip
def test_without_spread_every_draw_is_the_value(asked):
    assert distribution(*asked).ppf([1e-9, 0.3, 1 - 1e-9]) == pytest.approx([3, 3, 3], rel=1e-15)


@given(st.floats(0, 1), st.floats(0.5, 30), st.floats(1e-6, 1 - 1e-6))
def test_any_pert_lies_within_its_points_and_is_the_beta_it_should_be(likely, weight, probability):
    drawn = float(distribution("pert", 0, likely, 1, weight).ppf(probability))
    expected = stats.beta.ppf(probability, 1 + weight * likely, 1 + weight * (1 - likely))
    assert 0 <= drawn <= 1
    assert drawn == pytest.approx(expected, abs=1e-6 if min(probability, 1 - probability) < 1e-3 else 1e-8)


@pytest.mark.parametrize(
    ("asked", "domain", "message"),
    [
        (("lognomal", 1, 1), False, "there is no distribution 'lognomal'; did you mean lognormal?"),
        (("pert", 1, 2), False, "high is missing (pert takes low, likely, high, [weight])"),
        (("normal", 1, 2, 3), False, "3 parameters are too many (normal takes mean, sd)"),
        (("discrete", 1, 2, 3), False, "discrete takes pairs of value and weight, 3 numbers were given"),
        (("normal", 1, -2), True, "normal: an sd of -2 is negative"),
        (("lognormal", 0, 1), True, "lognormal: a mean of 0 is not above 0"),
        (("lognormal_p10_p90", -1, 1), True, "lognormal_p10_p90: p10 -1 is not above 0"),
        (("normal_p10_p90", 2, 1), True, "normal_p10_p90: p10 2 is above p90 1"),
        (("triangular", 3, 2, 4), True, "triangular: low 3, likely 2, high 4 are not in ascending order"),
        (("pert", 1, 2, 3, 0), True, "pert: a weight of 0 is not above 0 and at most 100"),
        (("uniform", 2, 1), True, "uniform: low 2 is above high 1"),
        (("discrete", 1, -1), True, "discrete: a weight of -1 is negative"),
        (("discrete", 1, 0, 2, 0), True, "discrete: all weights are 0"),
        (("fixed", np.inf), True, "a parameter of fixed is not a finite number"),
    ],
)
def test_what_is_no_distribution_is_refused_in_words(asked, domain, message):
    with pytest.raises(DistributionError) as caught:
        distribution(*asked)
    assert (str(caught.value), caught.value.domain) == (message, domain)


def test_names_are_read_as_people_write_them():
    assert distribution(" Lognormal P10-P90 ", 1, 2).kind == "lognormal_p10_p90"


def test_every_kind_says_what_it_is():
    assert all(kind.help.endswith(".") or kind.pairs for kind in KINDS.values())
    assert doctest.testmod(distributions).failed == 0
