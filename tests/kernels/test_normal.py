"""The normal distribution: wrong digits here would bend every expected sale and every simulated trial."""

import doctest
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from tokenbook.udfs.kernels import normal

PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459")
SERIES_UP_TO = 6  # standard deviations; beyond, the continued fraction of the tail converges faster


def exact_cdf(x: float) -> Decimal:
    """Phi(x) to 50 digits: power series in the middle, continued fraction in the tail."""
    with localcontext() as context:
        context.prec = 60
        value = Decimal(x)
        density = (-value * value / 2).exp() / (2 * PI).sqrt()
        if abs(value) < SERIES_UP_TO:
            term = total = value
            k = 1
            while abs(term) > Decimal(10) ** -58:
                term *= value * value / (2 * k + 1)
                total += term
                k += 1
            return Decimal("0.5") + total * density
        fraction = Decimal(0)
        for k in range(600, 0, -1):
            fraction = k / (abs(value) + fraction)
        tail = density / (abs(value) + fraction)
        return tail if value < 0 else 1 - tail


def test_cdf_has_all_its_digits_also_far_out_in_the_tail():
    x = np.random.default_rng(1).uniform(-37.0, 9.0, 800)
    exact = [exact_cdf(value) for value in x.tolist()]
    error = [abs(float(Decimal(float(got)) / want - 1)) for got, want in zip(normal.cdf(x), exact, strict=True)]
    assert max(error) < 1e-15


@pytest.mark.parametrize("edge", [normal.CENTRE, normal.FAR_TAIL])
def test_cdf_has_no_step_where_one_approximation_hands_over_to_the_next(edge):
    x = np.array([-np.nextafter(edge, 99), -edge, -np.nextafter(edge, 0)])
    np.testing.assert_allclose(normal.cdf(x), [float(exact_cdf(value)) for value in x.tolist()], rtol=1e-15)


def test_cdf_agrees_with_scipy_and_keeps_the_shape():
    x = np.linspace(-8.0, 8.0, 6000).reshape(3, 20, 100)
    np.testing.assert_allclose(normal.cdf(x), special.ndtr(x), rtol=2e-14)  # scipy's own digits in the tail


def test_cdf_at_the_ends_of_the_line():
    ends = np.array([-np.inf, -1e300, 0.0, 1e300, np.inf, np.nan])
    np.testing.assert_array_equal(normal.cdf(ends), [0.0, 0.0, 0.5, 1.0, 1.0, np.nan])


def test_tail_ratio_times_its_exponential_is_the_tail():
    x = np.concatenate([np.linspace(0, 8, 200), [12.0, 25.0, 37.0]])
    tail = np.array([float(exact_cdf(-value)) for value in x.tolist()])
    got = normal.tail_ratio(x) * np.exp(-0.5 * x * x)
    np.testing.assert_allclose(got, tail, rtol=0, atol=1e-16)
    np.testing.assert_allclose(got[x < 2], tail[x < 2], rtol=2e-15)


def test_pdf_agrees_with_the_exact_density():
    for x in (0.0, -0.3, 1.0, 5.7, 12.34, -36.9):
        with localcontext() as context:
            context.prec = 60
            exact = (-Decimal(x) * Decimal(x) / 2).exp() / (2 * PI).sqrt()
        assert abs(float(Decimal(float(normal.pdf(x))) / exact - 1)) < 1e-15


def test_pdf_vanishes_at_infinity_without_a_warning():
    np.testing.assert_array_equal(normal.pdf([-np.inf, 1e200, np.inf]), [0.0, 0.0, 0.0])


def test_ppf_agrees_with_scipy_from_the_deepest_tail_to_the_middle():
    p = np.concatenate([10.0 ** np.linspace(-300, -1, 2000), np.linspace(0.001, 0.999, 3001)])
    np.testing.assert_allclose(normal.ppf(p), special.ndtri(p), rtol=2e-15, atol=1e-17)


def test_ppf_of_impossible_probabilities():
    np.testing.assert_array_equal(normal.ppf([0.0, 1.0, -0.1, 1.1, np.nan]), [-np.inf, np.inf, np.nan, np.nan, np.nan])


@given(st.floats(1e-300, 0.5))
def test_cdf_undoes_ppf(p):
    x = float(normal.ppf(p))
    # Some roundings of x move the tail by about x^2 as many.
    assert normal.cdf(x) == pytest.approx(p, rel=1e-14 + 2e-15 * x * x, abs=0)


@given(st.floats(-37, 37), st.floats(-37, 37))
def test_cdf_never_falls_by_more_than_a_rounding(a, b):
    low, high = sorted((a, b))
    assert normal.cdf(low) <= normal.cdf(high) * (1 + 1e-15)


def test_scalars_stay_scalars():
    assert [np.ndim(f(0.3)) for f in (normal.cdf, normal.pdf, normal.ppf)] == [0, 0, 0]


def test_examples_in_the_help_are_true():
    result = doctest.testmod(normal)
    assert (result.attempted, result.failed) == (4, 0)
