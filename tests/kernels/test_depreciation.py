"""Depreciation: the schedules that a controller checks against Excel's own functions and the IRS tables."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenbook.udfs.kernels.depreciation import MACRS_SHARES, METHODS, schedule

LIFE_METHODS = ["SL", "SYD", "DDB"]

# VDB(cost, salvage, life, t-1, t, 2, FALSE) in LibreOffice Calc: cost, salvage, life, schedule.
VDB = [
    (2400, 300, 10, [480, 384, 307.2, 245.76, 196.608, 157.2864, 125.82912, 100.663296, 80.5306368,
                     22.1225472]),
    (1000, 100, 5, [400, 240, 144, 86.4, 29.6]),
    (1000, 0, 5, [400, 240, 144, 108, 108]),  # the switch to straight line
    (1000, 600, 5, [400, 0, 0, 0, 0]),  # stops at the salvage value
    (5000, 250, 7, [1428.57142857143, 1020.40816326531, 728.862973760933, 520.616409829238, 371.868864163741,
                    339.836080204677, 339.836080204676]),
    (1000, 0, 1, [1000]),
    (1000, 100, 2, [900, 0]),
]  # fmt: skip


@pytest.mark.parametrize(("cost", "salvage", "life", "expected"), VDB)
def test_declining_balance_is_vdb(cost, salvage, life, expected):
    np.testing.assert_allclose(schedule("DDB", cost, salvage, life, life), expected, rtol=1e-12, atol=1e-9)


def test_straight_line_and_digits_are_sln_and_syd():
    np.testing.assert_allclose(schedule("SL", 30000, 7500, 10, 10), np.full(10, 2250.0))
    np.testing.assert_allclose(
        schedule("SYD", 5000, 250, 7, 7)[[0, 1, 6]], [1187.5, 1017.85714285714, 169.642857142857]
    )


@pytest.mark.parametrize("method", MACRS_SHARES)
def test_macrs_is_the_irs_table_on_the_full_cost(method):
    years = len(MACRS_SHARES[method])
    amounts = schedule(method, 1e6, 123456.0, 99, years + 2)
    np.testing.assert_allclose(amounts[:years], 1e6 * np.array(MACRS_SHARES[method]))
    assert (amounts[years:] == 0).all()
    assert round(amounts.sum(), 2) == 1e6


def test_macrs_by_month_spreads_each_year_over_twelve():
    by_month = schedule("MACRS5", 1200.0, 0.0, 60, 72, per_year=12)
    np.testing.assert_allclose(by_month.reshape(6, 12).sum(axis=1), schedule("MACRS5", 1200.0, 0.0, 5, 6))
    assert by_month[0] == pytest.approx(20.0)


def test_units_follow_output():
    np.testing.assert_allclose(schedule("UNITS", 1000.0, 100.0, 3, 4, [10, 20, 0, 70]), [90.0, 180.0, 0.0, 630.0])


def test_units_without_any_output_have_no_schedule():
    assert np.isnan(schedule("UNITS", 1000.0, 100.0, 3, 3, [0, 0, 0])).all()


def test_a_life_that_ends_within_a_period_gets_its_part_of_it():
    np.testing.assert_allclose(schedule("SL", 1000, 0, 2.5, 4), [400, 400, 200, 0])
    for method in LIFE_METHODS:
        amounts = schedule(method, 1000, 50, 2.5, 4)
        assert amounts[:3].sum() == pytest.approx(950)
        assert amounts[3] == 0


def test_an_unknown_method_is_named():
    with pytest.raises(ValueError, match="method: XYZ is not one of SL, SYD, DDB, MACRS3"):
        schedule("XYZ", 1000, 0, 5, 5)


def test_units_must_be_given_for_units():
    with pytest.raises(ValueError, match="units: needed"):
        schedule("UNITS", 1000, 0, 5, 5)


@pytest.mark.parametrize("method", LIFE_METHODS)
def test_impossible_assets_have_no_schedule(method):
    amounts = schedule(method, [100.0, 100.0, 100.0, 100.0], [120.0, -1.0, 0.0, 0.0], [5, 5, 0, 5], 5)
    assert np.isnan(amounts[:3]).all()
    assert amounts[3].sum() == pytest.approx(100.0)


def test_methods_may_differ_by_scenario():
    methods = np.array([["SL", "DDB", "UNITS"], ["MACRS5", "SYD", "SL"]])
    cost = np.array([[1000.0], [2000.0]])
    units = np.arange(1.0, 7.0)
    table = schedule(methods, cost, 10.0, 5, 6, units)
    assert table.shape == (2, 3, 6)
    for i in range(2):
        for j in range(3):
            alone = schedule(str(methods[i, j]), cost[i, 0], 10.0, 5, 6, units)
            np.testing.assert_array_equal(table[i, j], alone)


@given(
    method=st.sampled_from(METHODS),
    cost=st.floats(0.01, 1e9),
    salvage_share=st.floats(0, 1),
    life=st.integers(1, 120),
    beyond=st.integers(0, 5),
)
def test_sums_to_the_depreciable_cost_to_the_cent_and_never_goes_back(method, cost, salvage_share, life, beyond):
    salvage = cost * salvage_share
    if method in MACRS_SHARES:
        salvage, life = 0.0, len(MACRS_SHARES[method])
    units = np.linspace(1.0, 3.0, life + beyond)
    amounts = schedule(method, cost, salvage, life, life + beyond, units)
    assert amounts.sum() == pytest.approx(cost - salvage, abs=0.005, rel=1e-12)
    assert (amounts >= 0).all()
    if method != "UNITS":
        assert (amounts[life:] == 0).all()


@given(st.floats(1, 1e6), st.floats(0, 0.9), st.integers(2, 60))
def test_accelerated_methods_are_ahead_of_the_straight_line_all_along(cost, salvage_share, life):
    straight, digits, declining = (
        np.cumsum(schedule(method, cost, cost * salvage_share, life, life)) for method in LIFE_METHODS
    )
    assert (digits >= straight - 1e-9 * cost).all()
    assert (declining >= straight - 1e-9 * cost).all()


def test_examples_in_the_help_are_true():
    import tokenbook.udfs.kernels.depreciation as module

    result = doctest.testmod(module)
    assert (result.attempted, result.failed) == (2, 0)
