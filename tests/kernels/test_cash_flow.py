"""Cash flow: what Excel's documentation prints, what pyxirr answers, and what finance people expect."""

import datetime
import doctest

import numpy as np
import pytest
import pyxirr
from hypothesis import assume, given
from hypothesis import strategies as st

from tokenbook.udfs.kernels import cash_flow, returns

EPOCH = datetime.date(1899, 12, 30)  # day 0 of Excel's serials, for dates after February 1900

rates = st.floats(-0.5, 1.0)
series = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40)
rng = np.random.default_rng(20_260_401)


def serial(*ymd):
    return (datetime.date(*ymd) - EPOCH).days


def projects(rows, periods=60):
    """Monthly flows of deployments: capex, a ramp, falling prices."""
    month = np.arange(1, periods + 1)
    revenue = rng.uniform(0.02, 0.2, (rows, 1)) * rng.uniform(0.6, 1.0, (rows, periods))
    price = rng.uniform(1, 4, (rows, 1)) ** (-month / 12)
    return np.hstack([-np.ones((rows, 1)), revenue * np.minimum(1, month / 6) * price])


class TestExcelDocumentation:
    """The worked examples on Microsoft's help pages, to the digits printed there."""

    def test_npv_begins_to_discount_with_the_first_value(self):
        assert cash_flow.npv(0.1, [0, -10_000, 3_000, 4_200, 6_800]) == pytest.approx(1188.44, abs=0.005)

    def test_npv_of_a_shoe_shop(self):
        flows = [-40_000, 8_000, 9_200, 10_000, 12_000, 14_500]
        assert cash_flow.npv(0.08, flows) == pytest.approx(1922.06, abs=0.005)
        assert cash_flow.npv(0.08, [*flows, -9_000]) == pytest.approx(-3749.47, abs=0.005)

    @pytest.mark.parametrize(
        ("years", "guess", "rate"), [(4, 0.1, -0.021244848), (5, 0.1, 0.086630948), (2, -0.1, -0.443506941)]
    )
    def test_irr(self, years, guess, rate):
        flows = [-70_000, 12_000, 15_000, 18_000, 21_000, 26_000]
        assert returns.irr(flows[: years + 1], guess) == pytest.approx(rate, abs=5e-10)

    @pytest.mark.parametrize(("other", "rate"), [(0.22, 0.0), (0.18, 0.18)])
    def test_of_two_rates_the_one_nearest_a_tenth_where_no_guess_is_given(self, other, rate):
        """Excel's guess: whoever leaves it out in a cell gets the same of several rates here."""
        assert returns.irr(np.polymul([1, -1], [1, -1 - other])) == pytest.approx(rate, abs=1e-12)

    def test_xnpv_and_xirr(self):
        flows = [-10_000, 2_750, 4_250, 3_250, 2_750]
        dates = [serial(*d) for d in ((2008, 1, 1), (2008, 3, 1), (2008, 10, 30), (2009, 2, 15), (2009, 4, 1))]
        assert cash_flow.xnpv(0.09, flows, dates) == pytest.approx(2086.647602, abs=5e-7)
        assert returns.xirr(flows, dates, 0.1) == pytest.approx(0.373362535, abs=5e-9)

    @pytest.mark.parametrize(
        ("years", "reinvest", "rate"), [(5, 0.12, 0.126094), (3, 0.12, -0.048045), (5, 0.14, 0.134759)]
    )
    def test_mirr(self, years, reinvest, rate):
        flows = [-120_000, 39_000, 30_000, 21_000, 37_000, 46_000][: years + 1]
        assert returns.mirr(flows, 0.10, reinvest) == pytest.approx(rate, abs=5e-7)


class TestNpv:
    def test_a_rack_at_flat_and_at_falling_prices(self):
        assert cash_flow.npv(0.10, [-5, 25, 25, 25]) == pytest.approx(57.2, abs=0.05)
        assert cash_flow.npv(0.10, [-5, 25, 2.5, 0.25]) == pytest.approx(20.0, abs=0.05)
        assert cash_flow.npv(0.10, [-5, 25, 25 / 3, 25 / 9]) == pytest.approx(26.7, abs=0.05)
        assert cash_flow.npv(0.10, [-5, 10, 10, 10]) == pytest.approx(19.9, abs=0.05)  # 40 % utilised

    @given(rates, series)
    def test_is_the_sum_of_its_definition(self, rate, flows):
        present = np.array(flows) / (1 + rate) ** np.arange(len(flows))
        tolerance = 1e-13 * np.abs(present).sum()
        assert cash_flow.npv(rate, flows) == pytest.approx(present.sum(), abs=tolerance)
        assert pyxirr.npv(rate, flows) == pytest.approx(cash_flow.npv(rate, flows), abs=tolerance)

    @given(rates, series, series)
    def test_two_projects_are_worth_their_sum(self, rate, one, other):
        size = max(len(one), len(other))
        one, other = (np.pad(flows, (0, size - len(flows))) for flows in (one, other))
        total = cash_flow.npv(rate, one + other)
        assert total == pytest.approx(
            cash_flow.npv(rate, one) + cash_flow.npv(rate, other),
            abs=1e-12 * cash_flow.npv(rate, np.abs(one) + np.abs(other)),
        )

    def test_a_yearly_rate_on_months(self):
        assert cash_flow.npv(0.21, [0] * 24 + [1.21**2], per_year=12) == pytest.approx(1.0, rel=1e-14)

    def test_middle_of_the_period_is_half_a_period_earlier_but_not_today(self):
        flows = [-5, 25, 25, 25]
        end, mid = (cash_flow.npv(0.10, flows, timing=timing) for timing in ("end", "mid"))
        assert mid + 5 == pytest.approx((end + 5) * 1.1**0.5, rel=1e-14)

    @pytest.mark.parametrize("timing", ["end", "mid"])
    @pytest.mark.parametrize("per_year", [1, 4, 12])
    def test_one_rate_per_scenario_is_scenario_by_scenario(self, timing, per_year):
        flows, own = projects(500), rng.uniform(-0.3, 0.9, 500)
        batch = cash_flow.npv(own, flows, per_year=per_year, timing=timing)
        alone = [cash_flow.npv(r, f, per_year=per_year, timing=timing) for r, f in zip(own, flows, strict=True)]
        np.testing.assert_allclose(batch, alone, atol=1e-12)

    def test_shapes_broadcast(self):
        flows = projects(6).reshape(2, 3, 61)
        assert cash_flow.npv(0.1, flows).shape == (2, 3)
        assert cash_flow.npv([0.1, 0.2, 0.3], flows).shape == (2, 3)
        assert cash_flow.npv([[[0.1]], [[0.2]]], flows).shape == (2, 2, 3)
        profile = cash_flow.npv([0.0, 0.1], flows[0, 0])
        assert profile == pytest.approx([flows[0, 0].sum(), cash_flow.npv(0.1, flows[0, 0])])

    def test_a_series_gives_a_number(self):
        assert isinstance(cash_flow.npv(0.1, [-5, 25]), float)
        assert isinstance(returns.irr([-5, 25]), float)
        assert isinstance(cash_flow.payback([-5, 25]), float)

    def test_block_size_does_not_matter(self, monkeypatch):
        flows, own = projects(300), rng.uniform(0, 0.4, 300)
        before = cash_flow.npv(own, flows)
        monkeypatch.setattr(cash_flow, "BLOCK_ELEMENTS", 1000)
        assert cash_flow.npv(own, flows).tolist() == before.tolist()

    @pytest.mark.parametrize("rate", [-1.0, np.nan, np.inf])
    def test_a_rate_that_discounts_nothing_sensible_has_no_value(self, rate):
        assert np.isnan(cash_flow.npv(rate, [-5, 25, 25]))
        assert np.isnan(cash_flow.npv([rate, 0.1], [-5, 25, 25])).tolist() == [True, False]
        assert np.isnan(cash_flow.npv([rate, 0.1], [[-5, 25, 25]] * 2)).tolist() == [True, False]

    def test_below_minus_100_percent_the_formula_stands_where_it_has_a_value(self):
        # Excel: NPV(-1.5, 25, 25) - 5 is 45, for 25 / -0.5 + 25 / 0.25 - 5
        assert cash_flow.npv(-1.5, [-5, 25, 25]) == 45.0
        assert np.isnan(cash_flow.npv([-1.5, np.inf, -1.0], [-5, 25, 25])).tolist() == [False, True, True]
        assert cash_flow.npv([-1.5, 0.1], [-5, 25, 25]) == pytest.approx([45.0, cash_flow.npv(0.1, [-5, 25, 25])])
        assert cash_flow.npv_curve(-1.5, [-5, 25, 25]).tolist() == [-5.0, -55.0, 45.0]
        assert np.isnan(cash_flow.npv(-1.5, [-5, 25, 25], per_year=12))  # a twelfth power root of a negative number
        assert np.isnan(cash_flow.npv(-1.5, [-5, 25, 25], timing="mid"))

    def test_a_value_beyond_any_number_is_nan_without_a_warning(self):
        assert np.isnan(cash_flow.npv(-0.99, [-5] + [1.0] * 600))
        assert np.isnan(cash_flow.npv([-0.99, 0.1], [[-5] + [1.0] * 600] * 2)).tolist() == [True, False]

    def test_an_unknown_timing_is_a_programming_error(self):
        with pytest.raises(ValueError, match="'begin'"):
            cash_flow.npv(0.1, [-5, 25], timing="begin")
        with pytest.raises(ValueError, match="'begin'"):
            cash_flow.npv([0.1, 0.2], [[-5, 25]] * 2, timing="begin")


class TestCurves:
    @given(rates, series, st.sampled_from([1, 12]), st.sampled_from(["end", "mid"]))
    def test_the_npv_curve_ends_at_the_npv_and_begins_with_the_investment(self, rate, flows, per_year, timing):
        curve = cash_flow.npv_curve(rate, flows, per_year=per_year, timing=timing)
        gross = cash_flow.npv(rate, np.abs(flows), per_year=per_year, timing=timing)
        assert curve.shape == (len(flows),)
        assert curve[0] == flows[0]
        expected = cash_flow.npv(rate, flows, per_year=per_year, timing=timing)
        assert curve[-1] == pytest.approx(expected, abs=1e-12 * gross)

    def test_the_npv_curve_leaves_its_input_alone(self):
        flows = projects(3)
        copy = flows.copy()
        cash_flow.npv_curve([0.1, 0.2, 0.3], flows, per_year=12)
        assert (flows == copy).all()

    def test_roi_of_the_15_times_claim_is_14_at_the_end(self):
        assert cash_flow.roi_curve([-5, 25, 25, 25])[-1] == 14

    def test_a_second_outlay_counts_as_outlay(self):
        assert cash_flow.roi_curve([-10, 5, -10, 25]).tolist() == [-1, -0.5, -0.75, 0.5]

    def test_no_return_on_nothing(self):
        assert np.isnan(cash_flow.roi_curve([0, 3, -2, 4])[:2]).all()
        assert cash_flow.roi_curve([0, 3, -2, 4])[2:].tolist() == [0.5, 2.5]

    def test_a_blank_poisons_only_what_comes_after(self):
        curve = cash_flow.npv_curve(0.0, [[-5, 1, np.nan, 1], [-5, 1, 1, 1]])
        assert np.isnan(curve).tolist() == [[False, False, True, True], [False] * 4]


def test_all_rates_of_each_scenario_filled_up():
    found = returns.irr_roots([[-50, -100, 600, 300, -100], [-100, 60, 60, 0, 0]])
    np.testing.assert_allclose(found, [[-0.7688955, 1.8544178], [0.1306624, np.nan]], atol=1e-7)
    assert returns.irr_roots([1, 2, 3]).shape == (0,)


class TestIrr:
    """The engine has tests of its own in test_internal_rate.py."""

    @given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40))
    def test_the_npv_at_the_irr_is_zero(self, flows):
        rate = returns.irr(flows)
        assume(not np.isnan(rate))
        assume(rate > -0.999)
        with np.errstate(over="ignore"):
            gross = cash_flow.npv(rate, np.abs(flows))
        assume(1e-290 < gross < np.inf)  # next to the smallest doubles no digits are left to compare
        assert abs(cash_flow.npv(rate, flows)) < 1e-11 * gross

    @given(st.floats(0.01, 0.5), st.floats(1e-6, 1e9))
    def test_the_irr_does_not_know_the_currency(self, growth, factor):
        flows = np.array([-100, 30, 10, *(40 * (1 + growth) ** np.arange(10))])
        assert returns.irr(flows * factor) == pytest.approx(returns.irr(flows), rel=1e-12)

    def test_rows_and_shapes(self):
        flows = projects(6).reshape(2, 3, 61)
        rate = returns.irr(flows)
        assert rate.shape == (2, 3)
        alone = [[float(returns.irr(row)) for row in rows] for rows in flows]
        np.testing.assert_allclose(rate, alone, rtol=1e-12, atol=1e-14)
        assert returns.irr([-4, 13, -10], [0.1, 0.9]).shape == (2,)

    def test_where_excel_gives_up(self):
        # Excel's IRR: #NUM! after 20 tries from the default guess
        flows = [-1e-3, *[0.0] * 200, 1e6]
        assert returns.irr(flows) == pytest.approx(1e9 ** (1 / 201) - 1, rel=1e-12)
        assert returns.irr([-100, 1e-6]) == pytest.approx(1e-8 - 1, rel=1e-12)

    def test_no_sign_change_has_no_rate(self):
        assert np.isnan(returns.irr([[1, 2, 3], [-1, -2, -3], [0, 0, 0]])).all()

    def test_a_rented_fleet_without_outlay_has_no_rate_among_others(self):
        assert np.isnan(returns.irr([[0, 5, 5], [-5, 3, 3]])).tolist() == [True, False]


class TestDates:
    dates = np.array([serial(2026, 1, 1), serial(2026, 7, 1), serial(2027, 3, 15), serial(2029, 12, 31)])
    flows = np.array([-1000.0, 200.0, 500.0, 700.0])

    def test_any_order_gives_the_same(self):
        shuffled = [2, 0, 3, 1]
        flows, dates = self.flows[shuffled], self.dates[shuffled]
        expected = returns.xirr(self.flows, self.dates)
        assert returns.xirr(flows, dates) == pytest.approx(expected, rel=1e-14)
        assert cash_flow.xnpv(0.1, flows, dates) == pytest.approx(cash_flow.xnpv(0.1, self.flows, self.dates))

    def test_the_time_of_day_is_cut_off(self):
        noon = self.dates + np.array([0.5, 0.1, 0.9, 0.0])
        assert returns.xirr(self.flows, noon) == returns.xirr(self.flows, self.dates)
        assert cash_flow.xnpv(0.1, self.flows, noon) == cash_flow.xnpv(0.1, self.flows, self.dates)

    def test_a_year_of_365_days_is_a_period(self):
        days = 365 * np.arange(61)
        flows = projects(40)
        np.testing.assert_allclose(returns.xirr(flows, days), returns.irr(flows), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(cash_flow.xnpv(0.1, flows, days), cash_flow.npv(0.1, flows), rtol=1e-12)

    def test_one_row_of_dates_for_all_or_one_each(self):
        flows = projects(1200)
        days = np.sort(rng.choice(1800, 61, replace=False))
        shared = returns.xirr(flows, days)
        each = returns.xirr(flows, np.tile(days, (1200, 1)))
        np.testing.assert_allclose(1 + shared, 1 + each, rtol=1e-11)
        np.testing.assert_allclose(
            cash_flow.xnpv(0.1, flows, days), cash_flow.xnpv(0.1, flows, np.tile(days, (1200, 1))), atol=1e-12
        )
        assert returns.xirr(flows[0], np.tile(days, (3, 1))).shape == (3,)

    @pytest.mark.parametrize("rate", [-0.5, 0.0, 0.07, 3.0])
    def test_pyxirr_agrees(self, rate):
        days = [datetime.date(2026, 1, 1) + datetime.timedelta(int(d)) for d in 30 * np.arange(61)]
        flows = projects(5)
        ours = cash_flow.xnpv(rate, flows, [(day - EPOCH).days for day in days])
        np.testing.assert_allclose(ours, [pyxirr.xnpv(rate, days, row) for row in flows], rtol=1e-9, atol=1e-12)

    def test_flows_without_a_date_are_a_programming_error(self):
        for function in (returns.xirr, lambda f, d: cash_flow.xnpv(0.1, f, d)):
            with pytest.raises(ValueError, match="dates"):
                function(self.flows, self.dates[:-1])


class TestMirr:
    @given(st.lists(st.floats(-100, 100), min_size=2, max_size=30), st.floats(-0.2, 0.5), st.floats(-0.2, 0.5))
    def test_pyxirr_agrees(self, flows, finance, reinvest):
        assume(min(flows) < -1e-3)
        assume(max(flows) > 1e-3)
        ours = returns.mirr(flows, finance, reinvest)
        assert 1 + ours == pytest.approx(1 + pyxirr.mirr(flows, finance, reinvest), rel=1e-9)

    def test_six_hundred_periods_at_a_rate_beyond_any_double(self):
        # At 900 % the receipts grow to 1e600 / 9.
        rate = returns.mirr([-1.0] + [1.0] * 600, 9.0, 9.0)
        assert rate == pytest.approx(10 * 9 ** (-1 / 600) - 1, rel=1e-12)

    def test_needs_money_out_and_money_in(self):
        assert np.isnan(returns.mirr([[1, 2, 3], [0, 0, 0]], 0.1, 0.1)).all()
        assert returns.mirr([-1, -2, -3], 0.1, 0.1) == -1.0  # all is lost

    def test_below_minus_100_percent_as_excel_calculates(self):
        # paid 100 today, received 50 x -0.5 + 80 in two years
        assert returns.mirr([-100, 50, 80], 0.1, -1.5) == pytest.approx((55 / 100) ** 0.5 - 1)
        assert np.isnan(returns.mirr([-100, 10, 0], 0.1, -1.5))  # the root of a negative number
        assert np.isnan(returns.mirr([-100, 50, 80], 0.1, -1.0))

    def test_needs_more_than_one_flow(self):
        assert np.isnan(returns.mirr([-1], 0.1, 0.1))

    def test_one_rate_per_scenario(self):
        flows = projects(4)
        batch = returns.mirr(flows, [0.1, 0.1, 0.2, 0.2], 0.05)
        alone = [returns.mirr(f, r, 0.05) for f, r in zip(flows, [0.1, 0.1, 0.2, 0.2], strict=True)]
        np.testing.assert_allclose(batch, alone, rtol=1e-12)


class TestPayback:
    @pytest.mark.parametrize(
        ("flows", "periods"),
        [
            ([-100, 40, 40, 40], 2.5),
            ([-100, 100], 1.0),
            ([-100, 50, 50, 0], 2.0),  # back at zero is back
            ([-100, 40, 40], np.nan),  # never
            ([100, -50, 20], 0.0),  # never out of pocket
            ([0, 0, 0], 0.0),
            ([50, -100, 20, 60], 2.5),  # out of pocket in period 1
            ([-100, 150, -100, 60], 100 / 150),  # the first time, though it falls below again
            ([-100], np.nan),
            ([7], 0.0),
            ([-100, np.nan, 200], np.nan),
            ([-100, 150, np.nan], np.nan),  # a blank after the money is back is still a blank
            ([-100, 150, 20, np.nan], np.nan),
        ],
    )
    def test_first_moment_that_the_money_is_back(self, flows, periods):
        np.testing.assert_allclose(cash_flow.payback(flows), periods, rtol=1e-15)

    @given(st.lists(st.floats(0, 100), min_size=1, max_size=30), st.floats(0, 0.5))
    def test_lies_where_the_curve_crosses_zero(self, receipts, rate):
        flows = [-100.0, *receipts]
        periods = cash_flow.payback(flows, rate, 12)
        curve = cash_flow.npv_curve(rate, flows, per_year=12)
        if np.isnan(periods):
            assert curve[-1] < 0
        else:
            assert np.interp(periods, np.arange(len(flows)), curve) == pytest.approx(0, abs=1e-9)

    def test_discounted_payback_is_later(self):
        flows = projects(200) * [1, *[3] * 60]
        simple, discounted = cash_flow.payback(flows), cash_flow.payback(flows, 0.3, 12)
        both = ~np.isnan(discounted)
        assert both.sum() > 50
        assert (discounted[both] > simple[both]).all()

    def test_rows_are_as_alone(self):
        flows = projects(50)
        np.testing.assert_allclose(
            cash_flow.payback(flows, 0.1, 12), [cash_flow.payback(f, 0.1, 12) for f in flows], rtol=1e-12
        )


class TestAnnuities:
    def test_projects_of_unequal_lives(self):
        assert cash_flow.equivalent_annual_annuity(0.10, 1000, 3) == pytest.approx(402.1148, abs=5e-5)
        assert cash_flow.equivalent_annual_annuity(0.0, 1000, 4) == 250

    @given(st.floats(-0.5, 2), st.floats(0.5, 200), st.floats(-1e9, 1e9))
    def test_is_minus_the_payment_of_a_loan(self, rate, periods, value):
        assume(abs(rate) > 1e-9)  # below, pyxirr's formula has lost its digits
        expected = -pyxirr.pmt(rate, periods, value)
        ours = cash_flow.equivalent_annual_annuity(rate, value, periods)
        assert ours == pytest.approx(expected, rel=1e-6 if abs(rate) < 1e-4 else 1e-10, abs=1e-300)

    @given(st.integers(1, 600))
    def test_small_rates_run_into_the_straight_line(self, periods):
        factors = cash_flow.annuity_factor([1e-300, 1e-16, 1e-12, 1e-9], periods)
        np.testing.assert_allclose(factors, 1 / periods, rtol=1e-9 * (periods + 1))
        np.testing.assert_allclose(factors[:2], 1 / periods, rtol=1e-13)

    @pytest.mark.parametrize(("rate", "periods"), [(0.1, 0), (0.0, 0), (0.1, -2), (-1.0, 3), (np.nan, 3)])
    def test_no_life_no_annuity(self, rate, periods):
        assert np.isnan(cash_flow.equivalent_annual_annuity(rate, 1000, periods))


class TestLcot:
    @given(
        st.floats(-0.2, 1),
        st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)), min_size=2, max_size=60),
        st.sampled_from([1, 12]),
        st.sampled_from(["end", "mid"]),
    )
    def test_is_the_price_at_which_the_project_is_worth_nothing(self, rate, periods, per_year, timing):
        costs, mtok = np.array(periods).T
        assume(mtok.max() > 1e-3)
        price = cash_flow.lcot(rate, costs, mtok, per_year, timing=timing)
        worth = cash_flow.npv(rate, price * mtok - costs, per_year=per_year, timing=timing)
        gross = cash_flow.npv(rate, price * mtok + costs, per_year=per_year, timing=timing)
        assert worth == pytest.approx(0, abs=1e-12 * gross + 1e-300)

    def test_without_tokens_there_is_no_cost_of_a_token(self):
        assert np.isnan(cash_flow.lcot(0.1, [100, 10], [0, 0]))

    def test_one_row_per_scenario(self):
        assert cash_flow.lcot([0.05, 0.15], [[100, 10]] * 2, [0, 80]).shape == (2,)


def test_examples_in_the_docstrings():
    for module in (cash_flow, returns):
        result = doctest.testmod(module)
        assert result.failed == 0
        assert result.attempted > 0
