"""Curves over time: what a planner sees when prices fall, software improves and data centres fill up."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from tokenbook.udfs.kernels import curves
from tokenbook.udfs.kernels import demand as selling


class TestCompound:
    def test_follows_the_power_for_half_a_century_of_months(self):
        factor = np.array([0.01, 0.5, 0.97, 1.0, 1.07, 2.0, 10.0, 1e6])
        t = np.arange(601)
        np.testing.assert_allclose(curves.compound(factor, 601), factor[:, np.newaxis] ** (t / 12), rtol=5e-14)

    @pytest.mark.parametrize("periods", [0, 1, 3, 12, 13, 25])
    def test_any_number_of_periods(self, periods):
        assert curves.compound([1.1, 1.2], periods).shape == (2, periods)

    def test_a_factor_that_is_not_positive_has_no_curve(self):
        assert np.isnan(curves.compound([0.0, -2.0, np.nan], 15)).all()


class TestPriceCurve:
    def test_ten_times_a_year_is_a_tenth_after_twelve_months(self):
        curve = curves.price_curve(2.0, 10.0, 25)
        assert curve[[0, 12, 24]] == pytest.approx([2.0, 0.2, 0.02], rel=1e-15)
        assert curve[6] == pytest.approx(2.0 / 10**0.5, rel=1e-15)

    def test_flat_stays_flat_to_the_bit(self):
        assert (curves.price_curve(0.07, 1.0, 600) == 0.07).all()

    def test_stops_at_the_floor(self):
        np.testing.assert_allclose(curves.price_curve(1.0, 10.0, 4, per_year=1, floor=0.05), [1.0, 0.1, 0.05, 0.05])

    def test_one_curve_per_scenario(self):
        curve = curves.price_curve([1.0, 2.0], [10.0, 1.0], 3, per_year=1, floor=[0.0, 0.0])
        np.testing.assert_allclose(curve, [[1.0, 0.1, 0.01], [2.0, 2.0, 2.0]])

    def test_prices_falling_tenfold_for_three_years_are_worth_20_million(self):
        """The golden case: -5 M, then 25 M a year at 10 %, the first at today's price."""
        revenue = 25e6 * curves.price_curve(1.0, 10.0, 3, per_year=1)
        npv = -5e6 + (revenue / 1.1 ** np.arange(1, 4)).sum()
        assert npv / 1e6 == pytest.approx(20.0, abs=0.05)


class TestSoftwareCurve:
    def test_five_times_in_two_months_then_a_fifth_a_year(self):
        curve = curves.software_curve(27, 5.0, 2, 0.2)
        assert curve[[0, 1, 2]].tolist() == pytest.approx([1.0, 5**0.5, 5.0], rel=1e-15)
        assert curve[14] == pytest.approx(6.0, rel=1e-14)
        assert curve[26] == pytest.approx(7.2, rel=1e-14)

    def test_the_gain_is_reached_and_kept_exactly(self):
        curve = curves.software_curve(60, 5.0, 2)
        assert curve[0] == 1.0
        assert (curve[2:] == 5.0).all()

    def test_no_months_means_that_the_gain_is_there_today(self):
        curve = curves.software_curve(13, 3.0, 0, 0.5)
        assert curve[0] == 3.0
        assert curve[12] == pytest.approx(4.5)

    def test_months_need_not_be_whole(self):
        curve = curves.software_curve(4, 4.0, 1.5, 0.1)
        expected = [1.0, 4.0 ** (1 / 1.5), 4.0 * 1.1 ** (0.5 / 12), 4.0 * 1.1 ** (1.5 / 12)]
        np.testing.assert_allclose(curve, expected, rtol=1e-14)

    def test_no_gain_leaves_throughput_alone_to_the_bit(self):
        assert (curves.software_curve(60, 1.0, 2) == 1.0).all()

    def test_outside_the_domain_only_that_scenario_is_lost(self):
        curve = curves.software_curve(3, [0.0, 2.0, 2.0, 2.0], [2, -1, 2, 2], [0.0, 0.0, -1.0, 0.1])
        assert np.isnan(curve[:3]).all()
        assert np.isfinite(curve[3]).all()

    @given(st.floats(0.1, 1000), st.floats(0, 600), st.floats(-0.5, 3), st.integers(1, 600))
    def test_is_the_formula_of_the_contract(self, gain, months, annual_gain, periods):
        t = np.arange(periods)
        share = np.minimum(1, t / months) if months > 1e-300 else np.where(t >= months, 1.0, 0.0)
        expected = gain**share * (1 + annual_gain) ** (np.maximum(0, t - months) / 12)
        np.testing.assert_allclose(curves.software_curve(periods, gain, months, annual_gain), expected, rtol=1e-12)


class TestRampCurve:
    def test_linear_ramp_of_a_filling_data_centre(self):
        np.testing.assert_allclose(curves.ramp_curve(6, 0.2, 0.8, 4), [0.2, 0.35, 0.5, 0.65, 0.8, 0.8], rtol=1e-15)

    @pytest.mark.parametrize("shape", ["linear", "logistic"])
    def test_begins_and_ends_exactly(self, shape):
        curve = curves.ramp_curve(40, 0.1, 0.7, 17, shape)
        assert curve[0] == 0.1
        assert (curve[17:] == 0.7).all()

    def test_logistic_is_what_a_cell_with_exp_computes(self):
        def logistic(x):
            return 1 / (1 + np.exp(-10 * (x - 0.5)))

        share = (logistic(5 / 12) - logistic(0)) / (logistic(1) - logistic(0))
        assert curves.ramp_curve(6, 0.3, 0.9, 12, "logistic")[5] == pytest.approx(0.3 + 0.6 * share, rel=1e-14)

    def test_logistic_is_slow_first_then_fast_and_symmetric(self):
        share = curves.ramp_curve(13, 0.0, 1.0, 12, "logistic")
        assert share[3] < 0.25 < 0.75 < share[9]
        np.testing.assert_allclose(share + share[::-1], 1.0, rtol=1e-14)

    def test_no_ramp_means_the_end_at_once(self):
        assert curves.ramp_curve(3, 0.2, 0.8, 0).tolist() == [0.8, 0.8, 0.8]

    def test_shapes_may_differ_by_scenario(self):
        both = curves.ramp_curve(10, 0.1, 0.9, 9, np.array(["linear", "logistic"]))
        np.testing.assert_array_equal(both[0], curves.ramp_curve(10, 0.1, 0.9, 9, "linear"))
        np.testing.assert_array_equal(both[1], curves.ramp_curve(10, 0.1, 0.9, 9, "logistic"))

    def test_an_unknown_shape_is_named(self):
        with pytest.raises(ValueError, match="'cubic' is not one of linear, logistic"):
            curves.ramp_curve(3, 0.0, 1.0, 2, "cubic")

    def test_a_negative_ramp_has_no_curve(self):
        assert np.isnan(curves.ramp_curve(4, 0.0, 1.0, -1)).all()

    @given(st.floats(0, 1), st.floats(0, 1), st.floats(0.5, 120), st.sampled_from(["linear", "logistic"]))
    def test_stays_between_start_and_end(self, start, end, ramp, shape):
        curve = curves.ramp_curve(130, start, end, ramp, shape)
        assert curve.min() >= min(start, end) - 1e-15
        assert curve.max() <= max(start, end) + 1e-15


class TestLearningAndDecline:
    def test_every_doubling_cuts_the_cost_by_the_learning_rate(self):
        np.testing.assert_allclose(curves.learning_curve(100.0, [1, 2, 4, 8], 0.2), [100, 80, 64, 51.2])

    def test_no_learning_at_rate_zero_and_none_beyond_the_domain(self):
        assert curves.learning_curve(7.0, 1e6, 0.0) == 7.0
        assert np.isnan(curves.learning_curve(7.0, [0.0, 10.0], [0.2, 1.0])).all()

    def test_fit_finds_the_factor_of_a_price_curve_whatever_the_order(self):
        order = np.array([3, 0, 2, 1])
        factor, r_squared = curves.fit_decline((46000 + 365 * np.arange(4))[order], (60 / 10.0 ** np.arange(4))[order])
        assert factor == pytest.approx(10.0, rel=1e-12)
        assert r_squared == pytest.approx(1.0, rel=1e-12)

    def test_fit_agrees_with_a_regression_on_scattered_prices(self):
        rng = np.random.default_rng(3)
        days = np.sort(rng.uniform(45000, 46500, 40))
        prices = 5 / 4.0 ** ((days - 45000) / 365) * rng.lognormal(0, 0.3, 40)
        line = stats.linregress(days / 365, np.log(prices))
        factor, r_squared = curves.fit_decline(days, prices)
        assert factor == pytest.approx(np.exp(-line.slope), rel=1e-9)
        assert r_squared == pytest.approx(line.rvalue**2, rel=1e-9)

    def test_rising_prices_fall_by_less_than_one(self):
        factor, _ = curves.fit_decline([0, 365], [1.0, 2.0])
        assert factor == pytest.approx(0.5)

    def test_prices_that_never_move(self):
        factor, r_squared = curves.fit_decline([45000, 45100, 45333], [0.6, 0.6, 0.6])
        assert factor == 1.0
        assert np.isnan(r_squared)

    def test_rows_without_an_answer_leave_the_others_alone(self):
        factor, _ = curves.fit_decline([[0, 0], [0, 365], [0, 365]], [[1.0, 2.0], [1.0, 0.0], [4.0, 1.0]])
        np.testing.assert_allclose(factor, [np.nan, np.nan, 4.0])

    def test_several_series_at_once_are_as_each_alone(self):
        days = [[0, 200, 500, 900], [0, 365, 730, 1000], [5, 10, 400, 800]]
        prices = [[9.0, 7.5, 4.0, 1.0], [1.0, 1.5, 1.2, 2.0], [60.0, 50.0, 9.0, 0.5]]
        alone = np.array([curves.fit_decline(*row) for row in zip(days, prices, strict=True)])
        np.testing.assert_allclose(np.transpose(curves.fit_decline(days, prices)), alone, rtol=1e-13)
        assert (np.ptp(alone, axis=0) > 0.1).all()


class TestCostCurve:
    def test_two_cents_after_five_times_in_two_months(self):
        """The golden B200 row of GPT-OSS-120B: 28,012.9 tok/s at 1.95 USD an hour is 0.0193 USD."""
        curve = curves.cost_curve(1.95, 28_012.9 / 5, 1.0, 5.0, 2, 3)
        assert round(float(curve[2]), 4) == 0.0193
        assert curve[0] == pytest.approx(5 * curve[2], rel=1e-14)

    def test_idle_gpus_cost_more_per_token(self):
        full, half = curves.cost_curve(2.0, 1000.0, [1.0, 0.5], 2.0, 2, 5)
        np.testing.assert_allclose(half, 2 * full, rtol=1e-15)

    def test_no_throughput_no_cost_per_token(self):
        assert np.isnan(curves.cost_curve(2.0, [0.0, 100.0], [1.0, 0.0], 2.0, 2, 5)).all()


class TestExpectedSold:
    @pytest.mark.parametrize("cv", [0.05, 0.3, 1.0, 3.0])
    @pytest.mark.parametrize("capacity", [20.0, 90.0, 100.0, 110.0, 900.0])
    def test_is_the_mean_of_what_is_sold(self, cv, capacity):
        """E[min(D, C)] is the area under the chance that demand exceeds x, up to capacity."""
        s = np.log1p(cv**2) ** 0.5
        demand = stats.lognorm(s, scale=100.0 * np.exp(-(s**2) / 2))
        assert demand.mean() == pytest.approx(100.0)
        area, _ = integrate.quad(demand.sf, 0.0, capacity, epsabs=1e-11, epsrel=1e-11, limit=400)
        assert selling.expected_sold(100.0, cv, capacity) == pytest.approx(area, rel=1e-9)

    def test_certain_demand_is_the_smaller_of_the_two(self):
        np.testing.assert_array_equal(selling.expected_sold([50.0, 150.0, np.inf], 0.0, 100.0), [50.0, 100.0, 100.0])

    def test_nothing_to_sell_or_nobody_to_buy(self):
        np.testing.assert_array_equal(selling.expected_sold([0.0, 100.0, 0.0], 0.5, [100.0, 0.0, 0.0]), [0, 0, 0])

    def test_unlimited_demand_fills_the_capacity_however_volatile(self):
        assert selling.expected_sold(np.inf, 2.0, 77.0) == 77.0

    def test_capacity_without_limit_sells_the_mean(self):
        assert selling.expected_sold(100.0, 0.7, np.inf) == 100.0

    def test_extremes_give_neither_nan_nor_warnings(self):
        sold = selling.expected_sold([1e-300, 1e300, 5.0], [0.5, 0.5, 1e-200], [1e300, 1e-300, 5.0])
        np.testing.assert_array_equal(sold, [1e-300, 1e-300, 5.0])

    def test_negative_arguments_have_no_answer(self):
        assert np.isnan(selling.expected_sold([-1.0, 1.0, 1.0], [0.1, -0.1, 0.1], [1.0, 1.0, -1.0])).all()

    def test_certain_and_volatile_scenarios_in_one_call(self):
        demand = np.array([[80.0, 120.0], [80.0, 120.0]])
        sold = selling.expected_sold(demand, np.array([[0.0], [0.4]]), 100.0)
        np.testing.assert_array_equal(sold[0], [80.0, 100.0])
        assert sold[1].tolist() == [selling.expected_sold(d, 0.4, 100.0) for d in (80.0, 120.0)]

    @given(st.floats(1e-3, 1e6), st.floats(0, 5), st.floats(0, 5), st.floats(1e-3, 1e6))
    def test_volatility_never_helps_and_never_sells_more_than_there_is(self, demand, cv, more, capacity):
        calm, wild = selling.expected_sold(demand, [cv, cv + more], capacity)
        assert 0 <= wild <= calm * (1 + 1e-12) <= min(demand, capacity) * (1 + 2e-12)


def test_examples_in_the_help_are_true():
    for module, examples in ((curves, 8), (selling, 1)):
        result = doctest.testmod(module)
        assert result.attempted >= examples
        assert result.failed == 0
