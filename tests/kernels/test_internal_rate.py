"""Internal rates: every rate that exists is found, of several the one that Newton's search reaches, in any batch.

The oracle is exact: Sturm's theorem in rational arithmetic counts and isolates all rates of a series.
"""

import datetime
import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import pyxirr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tokenbook.udfs.kernels import compressed_rates, newton_search, value_ratio
from tokenbook.udfs.kernels import internal_rate as module
from tokenbook.udfs.kernels.internal_rate import internal_rate, internal_rates

MONTHS = np.arange(61.0)


def rate_of(flows, guess=0.1, times=None):
    flows = np.atleast_2d(np.asarray(flows, float))
    return internal_rate(flows, np.arange(flows.shape[1]) if times is None else times, guess)[0]


def residual(flows, rates, times=None):
    """NPV at the rate as a share of the gross present value."""
    times = np.arange(flows.shape[1]) if times is None else times
    with np.errstate(divide="ignore"):  # log of no flow
        logs = np.log(np.abs(flows)) - np.log1p(rates)[:, None] * times
    present = np.sign(flows) * np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.abs(present.sum(axis=1)) / np.abs(present).sum(axis=1)


def projects(rows, seed=1, periods=60):
    """Monthly flows of a deployment: capex, ramp, falling price."""
    rng = np.random.default_rng(seed)
    month = np.arange(1, periods + 1)
    revenue = rng.uniform(0.02, 0.2, (rows, 1)) * rng.uniform(0.6, 1.0, (rows, periods))
    ramp = np.minimum(1.0, month / rng.uniform(1, 12, (rows, 1)))
    price = rng.uniform(1, 4, (rows, 1)) ** (-month / 12)
    return np.hstack([-np.ones((rows, 1)), revenue * ramp * price])


# --- exact oracle ---------------------------------------------------------------------------------------


def _remainder(a, b):
    a = list(a)
    while len(a) >= len(b):
        factor, shift = a[-1] / b[-1], len(a) - len(b)
        for k, value in enumerate(b):
            a[shift + k] -= factor * value
        a.pop()
    while a and a[-1] == 0:
        a.pop()
    return a


def _quotient(a, b):
    a, quotient = list(a), []
    while len(a) >= len(b):
        factor, shift = a[-1] / b[-1], len(a) - len(b)
        quotient.insert(0, factor)
        for k, value in enumerate(b):
            a[shift + k] -= factor * value
        a.pop()
    return quotient


def _sturm_chain(p):
    chain = [p, [k * c for k, c in enumerate(p)][1:]]
    while rest := _remainder(chain[-2], chain[-1]):
        chain.append([-c for c in rest])
    return chain


def _sign_changes(chain, x):
    signs = []
    for p in chain:
        value = Fraction(0)
        for c in reversed(p):
            value = value * x + c
        if value:
            signs.append(value > 0)
    return sum(a != b for a, b in itertools.pairwise(signs))


def exact_rates(flows):
    """All rates above -100 %, each within 1e-12 of 1 + rate."""
    p = [Fraction(c) for c in flows]
    while p and p[0] == 0:
        p.pop(0)
    while p and p[-1] == 0:
        p.pop()
    if len(p) < 2:
        return []
    chain = _sturm_chain(p)
    if len(chain[-1]) > 1:  # divide multiple roots out
        p = _quotient(p, chain[-1])
        chain = _sturm_chain(p)
    rates = []

    def isolate(low, high, at_low, at_high):
        if at_low == at_high:
            return
        if high - low < high * Fraction(1, 10**12):
            rates.append(float(2 / (low + high) - 1))
            return
        middle = (low + high) / 2
        at_middle = _sign_changes(chain, middle)
        isolate(low, middle, at_low, at_middle)
        isolate(middle, high, at_middle, at_high)

    bound = 1 + max(abs(c) for c in p) / abs(p[-1])
    isolate(Fraction(0), bound, _sign_changes(chain, Fraction(0)), _sign_changes(chain, bound))
    return rates


def value_at(flows, rate) -> Fraction:
    return sum((Fraction(flow) / (1 + Fraction(rate)) ** time for time, flow in enumerate(flows)), Fraction(0))


def newton(flows, guess):
    """Where Newton's method in the rate ends, as spreadsheets search; None where it leaves the rates or takes long."""
    rate = guess
    for _ in range(20):
        value = math.fsum(flow / (1 + rate) ** time for time, flow in enumerate(flows))
        slope = math.fsum(-time * flow / (1 + rate) ** (time + 1) for time, flow in enumerate(flows))
        if slope == 0:
            return None
        before, rate = rate, rate - value / slope
        if not -1 < rate < 1e30:
            return None
        if abs(math.log1p(rate) - math.log1p(before)) * (len(flows) - 1) < 1e-8:
            return rate
    return None


def rate_by_the_rule(flows, guess):
    """The rate that the rule names: Newton's, else the first in the direction of the value at the guess; or None."""
    rates = sorted(exact_rates(flows))
    if not rates:
        return None
    reached = newton(flows, guess)
    if reached is not None:
        return min(rates, key=lambda rate: abs(rate - reached))
    above = [rate for rate in rates if rate >= guess]
    below = [rate for rate in reversed(rates) if rate < guess]
    return (above + below if value_at(flows, guess) > 0 else below + above)[0]


def assert_follows_the_rule(flows, guess, tolerance):
    expected, rate = rate_by_the_rule(flows, guess), rate_of(flows, guess)
    if expected is None:
        assert np.isnan(rate), (flows, rate)
    else:
        assert abs(rate - expected) < tolerance * (1 + expected), (flows, guess, rate, expected)


def is_settled(flows, guess):
    """Whether a rounding error in the guess leads Newton's method to the same end: elsewhere anything may happen."""
    ends = [newton(flows, guess + nudge) for nudge in (-1e-9, 0.0, 1e-9)]
    if None in ends:
        return ends == [None] * 3
    return max(ends) - min(ends) < 1e-6


guesses = st.floats(-0.9, 5)


class TestEveryRateThatExists:
    @settings(max_examples=300)
    @given(st.lists(st.integers(-20, 20), min_size=2, max_size=9), guesses)
    def test_of_any_flows_the_rate_that_the_rule_names_or_none(self, flows, guess):
        rates = sorted(exact_rates(flows))
        assume(all(b - a > 1e-5 for a, b in itertools.pairwise(rates)))
        assume(all(abs(rate - guess) > 1e-6 for rate in rates))
        assume(is_settled(flows, guess))
        # A multiple root is as wide as the third root of a rounding error.
        assert_follows_the_rule(flows, guess, 3e-5)

    @settings(max_examples=300)
    @given(st.lists(st.integers(-20, 20), min_size=2, max_size=9))
    def test_all_rates_of_any_flows(self, flows):
        rates = sorted(exact_rates(flows))
        assume(all(b - a > 1e-4 for a, b in itertools.pairwise(rates)))
        (found,) = internal_rates(np.array([flows], float), np.arange(float(len(flows))))
        np.testing.assert_allclose(1 + found, 1 + np.array(rates), rtol=3e-5)

    @pytest.mark.parametrize(
        ("flows", "guess", "rate"),
        [
            ([-50, -100, 600, 300, -100], 0.1, 1.8544178),  # not -77 %: the project earns at 10 %
            ([-4, 13, -10], 0.1, 0.25),
            ([-4, 13, -10], 0.9, 1.0),
            ([-50, -100, 600, 300, -100], -0.75, -0.7688955),
            # Newton's first step leaves the rates; the value at the guess is positive, and 60 % is the first above.
            ([-100, 310, -226.8, -40, 71.2], 0.1, None),
        ],
    )
    def test_the_rate_that_spreadsheets_answer(self, flows, guess, rate):
        expected = rate_by_the_rule(flows, guess) if rate is None else rate
        assert rate_of(flows, guess) == pytest.approx(expected, abs=1e-7)

    def test_where_newton_fails_the_value_at_the_guess_gives_the_direction(self):
        below, above = [1.0, -4.4, 6.15, -2.74], [-1.0, 4.4, -6.15, 2.74]
        for flows in (below, above):
            guess = next(g for g in np.linspace(0.0, 1.0, 400) if newton(flows, g) is None)
            assert_follows_the_rule(flows, float(guess), 1e-9)

    @settings(max_examples=200)
    @given(st.lists(st.integers(1, 40), min_size=1, max_size=5, unique=True), guesses, st.booleans())
    def test_flows_made_from_their_rates(self, tenths, guess, flip):
        flows = [1]
        for tenth in tenths:  # (10 x - t) for each root: growth 1 + rate = t / 10
            flows = np.polymul(flows, [10, -tenth])
        rate = rate_of(-flows if flip else flows, guess)
        assert np.abs(np.array(tenths) / 10 - 1 - rate).min() < 1e-7
        (found,) = internal_rates(np.atleast_2d(flows).astype(float), np.arange(float(len(flows))))
        assert found == pytest.approx(sorted(tenth / 10 - 1 for tenth in tenths), abs=1e-6)

    @given(st.integers(1, 30), st.integers(1, 30), st.lists(st.integers(1, 9), min_size=1, max_size=4))
    def test_a_value_that_only_touches_zero(self, a, b, positive):
        # (a x - b)^2 times a polynomial with positive coefficients: one rate, a double one, no sign change
        flows = np.polymul(np.polymul([a, -b], [a, -b]), positive)
        assert rate_of(flows) == pytest.approx(b / a - 1, abs=3e-7 * b / a)

    @pytest.mark.parametrize(("root", "guess"), [(1.1, 0.1), (0.6, 0.0), (1.25, 3.0), (2.4, -0.5)])
    def test_a_double_rate_is_found_to_half_the_digits(self, root, guess):
        assert rate_of([1.0, -2 * root, root * root], guess) == pytest.approx(root - 1, abs=1e-7)
        assert rate_of(np.polymul([1.0, -2 * root, root * root], [3.0, 1.0, 4.0, 1.0, 5.0]), guess) == pytest.approx(
            root - 1, abs=1e-7
        )

    def test_nearly_touching_is_not_touching(self):
        # x^2 - 2 x + 1 + e: above zero everywhere
        assert np.isnan(rate_of([1, -2, 1 + 1e-9]))
        apart = rate_of([1, -2, 1 - 1e-9])  # two rates, 3.2e-5 either side of 0
        assert abs(apart) == pytest.approx(1e-9**0.5, rel=1e-4)

    @pytest.mark.parametrize(
        ("guess", "rate"), [(-0.5, -0.5), (-0.1, 0.0), (0.05, 0.0), (0.45, 0.5), (1.9, 2.0), (9.0, 2.0)]
    )
    def test_of_four_rates_the_one_that_the_search_reaches(self, guess, rate):
        flows = np.polymul(np.polymul([1, -0.5], [1, -1]), np.polymul([1, -1.5], [1, -3]))
        assert rate_of(flows, guess) == pytest.approx(rate, abs=1e-12)

    def test_one_guess_per_row(self):
        flows = np.tile(np.polymul([1, -1.1], [1, -1.6]), (4, 1))
        assert internal_rate(flows, np.arange(3), [0.0, 0.2, 0.45, 8.0]) == pytest.approx([0.1, 0.1, 0.6, 0.6])


class TestNoRate:
    @pytest.mark.parametrize(
        "flows",
        [
            [0, 0, 0], [1, 2, 3], [-1, -2, -3], [-1, 0, 0], [5], [1, -2, 2],  # the last: never zero
            [-1, np.nan, 3], [-1, np.inf, 3], [-np.inf, 1, 2], [np.nan, np.nan, np.nan],
        ],
    )  # fmt: skip
    def test_is_nan_without_a_warning(self, flows):
        assert np.isnan(rate_of(flows))

    def test_money_that_comes_and_goes_on_one_day_is_no_flow(self):
        assert np.isnan(rate_of([-5, 5, 7], times=np.array([0.0, 0.0, 1.0])))
        assert rate_of([-5, 2, 3, -4, 8], times=np.array([0.0, 0.0, 1.0, 1.0, 1.0])) == pytest.approx(4 / 3)

    def test_all_flows_on_one_day_have_no_rate(self):
        assert np.isnan(rate_of([-5, 4], times=np.array([3.0, 3.0])))

    def test_unknown_dates_have_no_rate(self):
        assert np.isnan(rate_of([-5, 4, 3], times=np.array([0.0, np.nan, 2.0])))
        rows = internal_rate(np.array([[-5.0, 6], [-5, 6]]), np.array([[0.0, np.inf], [0, 1]]))
        assert np.isnan(rows[0])
        assert rows[1] == pytest.approx(0.2)


class TestExtremes:
    @pytest.mark.parametrize("growth", [1e-15, 1e-9, 1e-4, 0.5, 1 + 1e-12, 7.0, 1e6, 1e30, 1e200])
    def test_loss_of_nearly_all_and_gain_of_almost_any_multiple(self, growth):
        assert rate_of([-1, growth]) == pytest.approx(growth - 1, rel=1e-12, abs=1e-15)
        two_signs_more = [-1, growth, -growth * 1e-3, growth * 1e-6]
        rate = rate_of(two_signs_more, growth)
        assert rate == pytest.approx(rate_of([-1, growth * 0.999], growth), rel=0.01, abs=0.01)

    def test_a_loss_that_no_double_tells_from_everything_is_no_rate(self):
        assert np.isnan(rate_of([-1, 1e-17]))

    @pytest.mark.parametrize("size", [1e-300, 1e-9, 1.0, 1e15, 1e290])
    def test_the_size_of_the_money_does_not_matter(self, size):
        flows = projects(20)
        expected = internal_rate(flows, MONTHS)
        np.testing.assert_allclose(internal_rate(flows * size, MONTHS), expected, rtol=1e-13, atol=1e-15)

    def test_flows_of_a_billionth_and_of_a_quadrillion_in_one_series(self):
        assert rate_of([-1e-9, 1e15]) == pytest.approx(1e24, rel=1e-12)
        assert rate_of([-1e15, *[1e-9] * 10, 2e15]) == pytest.approx(2 ** (1 / 11) - 1, rel=1e-12)
        assert rate_of([-1e-33, 1e-9]) == pytest.approx(1e24, rel=1e-12)
        assert rate_of([-1e-9, *[1e-33] * 10, 2e-9]) == pytest.approx(2 ** (1 / 11) - 1, rel=1e-12)
        mixed = np.array([[-1e15, 1e-9, -1e-9, 5e14, -1e-9, 6e14]])
        rate = internal_rate(mixed, np.arange(6))
        assert residual(mixed, rate) < 1e-14

    @pytest.mark.parametrize("rate", [-0.5, -0.2, -0.01, 0.0, 0.003, 0.05, 1.0, 20.0])
    def test_six_hundred_periods(self, rate):
        payment = 1e-3
        value = payment * np.sum((1 + rate) ** -np.arange(1.0, 601))
        assert rate_of([-value, *[payment] * 600]) == pytest.approx(rate, abs=1e-12)
        # ... and with a repair bill in between, two sign changes more
        flows = np.full(601, payment)
        flows[300] = -payment
        flows[0] = 0
        flows[0] = -np.sum(flows * (1 + rate) ** -np.arange(601.0))
        assert rate_of(flows, rate) == pytest.approx(rate, abs=1e-12)

    def test_a_doubling_in_a_day(self):
        days = np.array([0.0, 1.0]) / 365
        assert rate_of([-100, 101], times=days) == pytest.approx(1.01**365 - 1, rel=1e-11)

    def test_a_loan_is_an_investment_seen_from_the_bank(self):
        flows = projects(50)
        np.testing.assert_allclose(1 + internal_rate(-flows, MONTHS), 1 + internal_rate(flows, MONTHS), rtol=1e-14)


class TestProperties:
    any_flows = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40)

    @given(any_flows, guesses)
    def test_the_value_at_the_rate_is_zero(self, flows, guess):
        flows = np.array([flows])
        rate = internal_rate(flows, np.arange(flows.shape[1]), guess)
        if not np.isnan(rate[0]):
            assert rate[0] > -1
            # The last digit of the rate alone moves 1 + rate by a part in 4e15 (1 + rate), and that of its logarithm,
            # in hundreds where a flow is next to nothing, moves the discount factors.
            digits = max(1.0, 1 / (1 + rate[0]), np.log1p(rate[0]))
            assert residual(flows, rate)[0] < 1e-13 + 3e-16 * flows.shape[1] * digits

    @given(any_flows, guesses, st.integers(-40, 40))
    def test_another_currency_has_the_same_rate(self, flows, guess, power):
        flows = np.array(flows)
        other = flows * 2.0**power
        assume((other == 0).tolist() == (flows == 0).tolist())
        np.testing.assert_array_equal(rate_of(flows, guess), rate_of(other, guess))

    @given(any_flows)
    def test_waiting_a_while_leaves_all_rates(self, flows):
        later = np.concatenate([[0.0, 0.0], flows, [0.0]])
        (now,) = internal_rates(np.array([flows]), np.arange(float(len(flows))))
        (then,) = internal_rates(np.array([later]), np.arange(float(len(later))))
        assert len(now) == len(then)
        np.testing.assert_allclose(then, now, rtol=1e-6, atol=1e-6)

    @given(st.floats(-0.3, 0.6), st.lists(st.floats(0.0, 100), min_size=1, max_size=60))
    def test_a_price_fair_at_a_rate_earns_that_rate(self, rate, receipts):
        assume(max(receipts) > 1e-3)
        price = np.sum(np.array(receipts) * (1 + rate) ** -np.arange(1.0, len(receipts) + 1))
        assert rate_of([-price, *receipts]) == pytest.approx(rate, abs=1e-11)


class TestLargeBatches:
    """From 1,024 rows on the batch goes through `_compressed`; nobody must notice."""

    @pytest.mark.parametrize("periods", [3, 60, 64, 65, 127, 130])
    def test_rows_of_a_batch_are_as_alone(self, periods):
        flows = projects(1500, periods=periods)
        times = np.arange(periods + 1.0)
        batch = internal_rate(flows, times)
        alone = np.concatenate([internal_rate(row, times) for row in np.split(flows, 15)])
        np.testing.assert_allclose(1 + batch, 1 + alone, rtol=1e-12)
        assert np.isfinite(batch).all()

    def test_every_kind_of_row_in_one_batch(self):
        rng = np.random.default_rng(3)
        flows = projects(3000, 4)
        flows[::7] = rng.normal(size=flows[::7].shape)  # many sign changes
        flows[1::7, 40:] *= -0.1  # a bill at the end
        flows[2::7, 20:30] = 0
        flows[3::7] *= -1
        flows[4::7, -1] = 0
        flows[5] = np.nan
        flows[12, 5] = np.inf
        flows[19] = 0
        flows[26, 1:] = 0
        flows[33] *= 1e300
        flows[40] *= 1e-300
        flows[47, -1] = 1e9  # far above the others
        flows[54, 1:] *= 1e-5  # far below
        batch = internal_rate(flows, MONTHS)
        alone = np.concatenate([internal_rate(row, MONTHS) for row in np.split(flows, 30)])
        np.testing.assert_array_equal(np.isnan(batch), np.isnan(alone))
        np.testing.assert_allclose(1 + batch, 1 + alone, rtol=1e-12)
        assert np.isnan(batch[[5, 12, 19, 26]]).all()

    @pytest.mark.parametrize(("panel", "block"), [(512, 700), (9000, 1 << 20)])
    def test_the_size_of_blocks_does_not_matter(self, monkeypatch, panel, block):
        flows = projects(5000, 5)
        flows[::3, 30:33] *= -1
        before = internal_rate(flows, MONTHS)
        for each in (compressed_rates, newton_search):
            monkeypatch.setattr(each, "PANEL_ROWS", panel)
        for each in (module, newton_search, value_ratio):
            monkeypatch.setattr(each, "BLOCK_ELEMENTS", block)
        after = internal_rate(flows, MONTHS)
        np.testing.assert_array_equal(np.isnan(after), np.isnan(before))
        np.testing.assert_allclose(1 + after, 1 + before, rtol=1e-12)

    def test_nearly_all_rows_of_ordinary_projects_take_the_quick_way(self):
        flows = projects(20_000)
        delta, certain = compressed_rates.pay_first(flows, MONTHS)
        assert certain.mean() > 0.97
        alone = np.concatenate([internal_rate(rows, MONTHS) for rows in np.split(flows, 20)])
        np.testing.assert_allclose(delta[certain], np.log1p(alone)[certain], rtol=0, atol=2e-14)

    def test_columns_in_fortran_order_and_slices(self):
        flows = projects(2000)
        expected = internal_rate(flows, MONTHS)
        for same in (np.asfortranarray(flows), np.repeat(flows, 2, axis=0)[::2], np.hstack([flows] * 2)[:, :61]):
            np.testing.assert_allclose(1 + internal_rate(same, MONTHS), 1 + expected, rtol=1e-12)

    def test_identical_rows(self):
        flows = np.repeat(projects(1), 1100, axis=0)
        np.testing.assert_allclose(internal_rate(flows, MONTHS), rate_of(flows[0]), rtol=1e-12)


class TestPeers:
    def test_pyxirr_on_projects(self):
        flows = projects(2000)
        peer = np.array([pyxirr.irr(row) for row in flows])
        np.testing.assert_allclose(internal_rate(flows, MONTHS), peer, atol=1e-9)

    def test_pyxirr_on_noise_where_both_found_the_same_root(self):
        rng = np.random.default_rng(6)
        flows = rng.normal(0.4, 1.0, (400, 40))
        flows[:, 0] = -10
        peer = np.array([np.nan if (rate := pyxirr.irr(row)) is None else rate for row in flows])
        known = ~np.isnan(peer)
        ours = internal_rate(flows, np.arange(40), np.where(known, peer, 0.1))
        np.testing.assert_allclose(ours[known], peer[known], atol=1e-9)
        assert np.isnan(internal_rate(flows, np.arange(40), 0.1)).sum() <= np.isnan(peer).sum()

    def test_pyxirr_on_dates(self):
        rng = np.random.default_rng(7)
        flows = projects(300)
        days = np.sort(rng.choice(1800, (300, 61)), axis=1)
        start = datetime.date(2026, 1, 1)
        peer = [
            pyxirr.xirr([start + datetime.timedelta(int(day)) for day in row], flow)
            for row, flow in zip(days, flows, strict=True)
        ]
        years = (days - days[:, :1]) / 365
        ours = internal_rate(flows, years)
        np.testing.assert_allclose(1 + ours, 1 + np.array(peer), rtol=1e-8)
        assert residual(flows, ours, years).max() < 1e-14
