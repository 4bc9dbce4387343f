"""Unit cost: the published prices of a token, the arithmetic of claims, and what moved a cost."""

import csv
import doctest
import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenbook.udfs.kernels import cost_bridge, earnings, unit_cost

with open(Path(__file__).parent / "data" / "best_throughput_costs.csv", encoding="utf-8") as lines:
    BEST = list(csv.DictReader(line for line in lines if not line.startswith("#")))

rates = st.floats(0.01, 100)
throughputs = st.floats(1, 1e6)
shares = st.floats(0.01, 1)


class TestCost:
    @pytest.mark.parametrize("row", BEST, ids=lambda r: f"{r['model']} {r['isl']} {r['platform']}")
    def test_best_throughput_of_every_platform(self, row):
        rate, throughput = float(row["usd_per_gpu_hour"]), float(row["throughput_tok_s_per_gpu"])
        cost = unit_cost.cost_per_mtok(rate, throughput)
        assert cost == pytest.approx(float(row["usd_per_mtok_recomputed"]), abs=0.5001e-5)
        if row["usd_per_mtok_published"]:
            assert cost == pytest.approx(float(row["usd_per_mtok_published"]), abs=0.5001e-2)

    @pytest.mark.parametrize(
        ("rate", "cost"),
        [(1.95, 0.0193), (1.73, 0.0172), (2.34, 0.0232), (2.90, 0.0288), (3.70, 0.0367)],
    )
    def test_two_cents_depends_on_the_rate(self, rate, cost):
        assert unit_cost.cost_per_mtok(rate, 28_012.9) == pytest.approx(cost, abs=5.1e-5)

    def test_the_35_times_claim(self):
        new, old = unit_cost.cost_per_mtok([2.652, 1.41], [6000, 90])
        assert (new, old) == pytest.approx((0.1228, 4.352), abs=5e-4)
        assert old / new == pytest.approx(35.4, abs=0.05)

    @given(rates, throughputs, shares)
    def test_proportional_to_the_rate_and_inverse_to_throughput_and_utilization(self, rate, tok_s, share):
        cost = unit_cost.cost_per_mtok(rate, tok_s, share)
        assert unit_cost.cost_per_mtok(2 * rate, tok_s, share) == pytest.approx(2 * cost, rel=1e-14)
        assert unit_cost.cost_per_mtok(rate, 2 * tok_s, share) == pytest.approx(cost / 2, rel=1e-14)
        assert unit_cost.cost_per_mtok(rate, tok_s, share / 2) == pytest.approx(2 * cost, rel=1e-14)

    @pytest.mark.parametrize("args", [(2.0, 0.0), (2.0, 1000.0, 0.0), (np.nan, 1000.0), (np.inf, 1.0)])
    def test_no_answer_is_nan_without_a_warning(self, args):
        assert np.isnan(unit_cost.cost_per_mtok(*args))

    def test_ranges_become_a_table(self):
        table = unit_cost.cost_per_mtok([[1.95], [2.21]], [1000, 0, 3000])
        assert table.shape == (2, 3)
        assert np.isnan(table[:, 1]).all()
        assert np.isfinite(table[:, [0, 2]]).all()

    def test_a_number_gives_a_number(self):
        assert isinstance(unit_cost.cost_per_mtok(1.95, 1000), float)


class TestSplit:
    @given(rates, throughputs, st.integers(1, 10**6), st.integers(1, 10**6))
    def test_total_is_below_each_kind_and_their_shares_add_up(self, rate, tok_s, isl, osl):
        total, per_input, per_output = unit_cost.cost_split(rate, tok_s, isl, osl)
        assert total <= min(per_input, per_output) * (1 + 1e-12)
        assert 1 / per_input + 1 / per_output == pytest.approx(1 / total, rel=1e-12)

    def test_output_tokens_of_long_prompts_cost_nine_times_the_average(self):
        total, _, per_output = unit_cost.cost_split(1.95, 61_612.7, 8192, 1024)
        assert per_output == pytest.approx(9 * total)

    def test_a_kind_that_does_not_occur_has_no_cost(self):
        total, per_input, per_output = unit_cost.cost_split(2.0, 1000, 1024, 0)
        assert per_input == total
        assert np.isnan(per_output)
        assert np.isnan(unit_cost.cost_split(2.0, 1000, 0, 0)).all()

    def test_shapes_agree(self):
        assert {cost.shape for cost in unit_cost.cost_split(2.0, 1000, [1, 2, 3], 4)} == {(3,)}


class TestAllInRate:
    def test_straight_line_without_interest(self):
        # 36,000 over 4 years, 10 % of it comes back
        assert unit_cost.all_in_rate(36_000, 4, 0, 0.1) == pytest.approx(36_000 * 0.9 / (4 * 8760))

    @pytest.mark.parametrize("rate", [1e-12, 0.03, 0.1, 0.5])
    def test_capital_is_recovered_with_interest(self, rate):
        yearly = unit_cost.all_in_rate(40_000, 5, rate, 0.2) * 8760
        value = sum(yearly / (1 + rate) ** year for year in range(1, 6)) + 8_000 / (1 + rate) ** 5
        assert value == pytest.approx(40_000, rel=1e-12)

    def test_interest_next_to_none_is_next_to_the_straight_line(self):
        assert unit_cost.all_in_rate(40_000, 4, 1e-13) == pytest.approx(unit_cost.all_in_rate(40_000, 4), rel=1e-12)

    def test_energy_running_costs_and_hosting_come_on_top(self):
        base = unit_cost.all_in_rate(40_000, 4)
        energy = unit_cost.all_in_rate(40_000, 4, kw=2, usd_per_kwh=0.08, pue=1.25) - base
        opex = unit_cost.all_in_rate(40_000, 4, opex_share_per_year=0.0876) - base
        hosting = unit_cost.all_in_rate(40_000, 4, kw=2, hosting_per_kw_month=146) - base
        assert (energy, opex, hosting) == pytest.approx((0.2, 0.4, 0.4))

    @pytest.mark.parametrize(("life", "rate"), [(0, 0.0), (0, 0.1), (-1, 0.1), (4, -1.0)])
    def test_no_life_or_no_rate_has_no_answer(self, life, rate):
        assert np.isnan(unit_cost.all_in_rate(40_000, life, rate))


class TestPrices:
    def test_blend_behind_the_15_times_claim(self):
        assert unit_cost.blended_price([0.90, 0.55], [2.98, 2.19], 8, 1) == pytest.approx([1.131, 0.732], abs=5e-4)

    def test_cached_tokens_are_part_of_the_input(self):
        # 10,000 in, of which 8,000 from the cache: 2,000 at full price, not 10,000.
        cost = unit_cost.request_cost(10_000, 500, 1.0, 2.0, 8_000, 0.1)
        assert cost == pytest.approx((2_000 * 1.0 + 8_000 * 0.1 + 500 * 2.0) / 1e6)

    def test_without_a_cached_price_the_cache_saves_nothing(self):
        assert unit_cost.request_cost(1000, 10, 1.0, 2.0, 900) == unit_cost.request_cost(1000, 10, 1.0, 2.0)
        assert unit_cost.blended_price(1.0, 2.0, 8, 1, 0.9) == pytest.approx(unit_cost.blended_price(1.0, 2.0, 8, 1))

    @given(st.integers(0, 10**5), st.integers(1, 10**5), shares, rates, rates, rates)
    def test_blend_times_tokens_is_the_request(self, isl, osl, share, usd_in, usd_out, usd_cached):
        blend = unit_cost.blended_price(usd_in, usd_out, isl, osl, share, usd_cached)
        request = unit_cost.request_cost(isl, osl, usd_in, usd_out, share * isl, usd_cached)
        assert blend * (isl + osl) / 1e6 == pytest.approx(request, rel=1e-12)

    def test_no_tokens_have_no_price(self):
        assert np.isnan(unit_cost.blended_price(1.0, 2.0, 0, 0))


class TestEnergyAndVolume:
    def test_the_50_times_per_megawatt_claim(self):
        ratio = unit_cost.tok_s_per_mw(6000, [2.10, 2.12]) / unit_cost.tok_s_per_mw(90, [1.73, 1.37])
        assert ratio == pytest.approx([54.9, 43.1], abs=0.05)

    @given(st.floats(0.1, 5), throughputs, st.floats(1, 2))
    def test_energy_in_two_units_is_the_same_energy(self, kw, tok_s, pue):
        kwh_per_mtok = unit_cost.energy_kwh_per_mtok(kw, tok_s, pue)
        assert kwh_per_mtok * 3.6 == pytest.approx(unit_cost.joules_per_token(kw, tok_s, pue), rel=1e-12)
        joules = unit_cost.joules_per_token(kw, tok_s)
        assert joules * unit_cost.tok_s_per_mw(tok_s, kw) == pytest.approx(1e6, rel=1e-12)

    def test_tokens_for_a_dollar_are_the_inverse_of_the_cost(self):
        assert unit_cost.tokens_per_dollar(1.95, 28_012.9, 0.7) == pytest.approx(
            1e6 / unit_cost.cost_per_mtok(1.95, 28_012.9, 0.7)
        )

    def test_volume_of_a_rack_in_a_year(self):
        assert unit_cost.volume_mtok(72, 10_000) == pytest.approx(22_705_920)
        assert unit_cost.volume_mtok(72, 10_000, 730, 0.5) * 24 == pytest.approx(unit_cost.volume_mtok(72, 10_000))


class TestDecodeLimit:
    def test_one_sequence_of_a_dense_model_reads_all_weights_for_each_token(self):
        assert unit_cost.decode_limit_tok_s(8.0, 70, 70, 4, 1) == pytest.approx(8e12 / 35e9)
        assert unit_cost.decode_limit_tok_s(8.0, 70, 70, 4, 1, kv_kb_per_token=1e6) == pytest.approx(8e12 / 35e9)
        assert unit_cost.decode_limit_tok_s(8.0, 70, 70, 4, 1, context=1e6) == pytest.approx(8e12 / 35e9)

    def test_a_mixture_of_experts_reads_active_weights_until_the_batch_touches_all(self):
        limit = unit_cost.decode_limit_tok_s(8.0, 100, 5, 8, [1, 10, 20, 40])
        assert limit[:3] == pytest.approx([1600.0] * 3)  # batch 20 x 5 bn = all 100 bn
        assert limit[3] == pytest.approx(3200.0)

    def test_long_context_caps_what_a_larger_batch_can_win(self):
        # 100 kB x 10,000 tokens = 1 GB per sequence and step: never more than 8e12 / 1e9
        limit = unit_cost.decode_limit_tok_s(8.0, 70, 70, 8, [1, 100, 1e9], 10_000, 100)
        assert (np.diff(limit) > 0).all()
        assert limit[-1] == pytest.approx(8000, rel=1e-6)

    def test_measured_output_throughput_is_below_it(self):
        # GPT-OSS-120B, MXFP4 at about 4.25 bits, B200 at batch 256: 28,012.9 total tok/s is half output
        assert unit_cost.decode_limit_tok_s(8.0, 116.8, 5.1, 4.25, 256, 1536, 37) > 28_012.9 / 2


class TestRevenue:
    def test_rack_and_megawatt(self):
        assert earnings.revenue_per_rack_year(1.0, 1000) == pytest.approx(72 * 3.6 * 8760)
        assert earnings.revenue_per_rack_year(1.0, 1000, 8, 0.5) == pytest.approx(8 * 3.6 * 8760 / 2)
        assert earnings.revenue_per_mw_year(1.0, 1000, 2.0) == pytest.approx(500 * 3.6 * 8760)
        assert earnings.revenue_per_mw_year(1.0, 1000, 2.0, 0.5, 1.25) == pytest.approx(200 * 3.6 * 8760)

    def test_a_multiple_of_15_is_a_net_return_of_14(self):
        assert (earnings.multiple(75, 5), earnings.roi(75, 5)) == (15, 14)

    @pytest.mark.parametrize("ratio", [earnings.multiple, earnings.roi])
    def test_return_on_nothing_has_no_answer(self, ratio):
        assert np.isnan(ratio(75, 0))

    def test_margin_is_a_share_of_the_price(self):
        assert earnings.margin(2.0, [0.5, 2.0, 3.0]) == pytest.approx([0.75, 0.0, -0.5])
        assert np.isnan(earnings.margin(0, 1))

    @given(rates, throughputs, shares, st.floats(-1, 0.95))
    def test_break_even_points_give_back_the_margin(self, rate, tok_s, share, margin):
        price = earnings.breakeven_price(rate, tok_s, share, margin)
        cost = unit_cost.cost_per_mtok(rate, tok_s, share)
        assert earnings.margin(price, cost) == pytest.approx(margin, abs=1e-12)
        assert earnings.breakeven_utilization(rate, tok_s, price, margin) == pytest.approx(share, rel=1e-12)
        assert earnings.breakeven_throughput(rate, price, share, margin) == pytest.approx(tok_s, rel=1e-12)

    def test_what_is_left_out_means_fully_used_and_without_margin(self):
        price = earnings.breakeven_price(3.6, 1000)
        assert price == pytest.approx(1.0, rel=1e-15)
        assert earnings.breakeven_utilization(3.6, 1000, price) == pytest.approx(1.0, rel=1e-15)
        assert earnings.breakeven_throughput(3.6, price) == pytest.approx(1000.0, rel=1e-15)
        assert earnings.claim_audit(5e6, 75e6, 72, 3, 10_000) == earnings.claim_audit(5e6, 75e6, 72, 3, 10_000, 1.0)

    def test_no_price_pays_for_a_margin_of_all(self):
        assert np.isnan(earnings.breakeven_price(2.0, 1000, 1.0, 1.0))


class TestClaimAudit:
    def test_the_15_times_claim(self):
        audit = earnings.claim_audit(5e6, 75e6, 72, 3, 10_000)
        assert audit.mtok * 1e6 == pytest.approx(68.1e12, rel=1e-3)
        assert audit.implied_usd_per_mtok == pytest.approx(1.10, abs=5e-3)
        assert audit.implied_usd_per_gpu_hour == pytest.approx(2.64, abs=5e-3)
        assert audit.implied_cost_usd_per_mtok == pytest.approx(0.0734, abs=5e-5)
        assert (audit.revenue_multiple, audit.net_roi) == (15, 14)

    def test_its_cost_is_that_of_its_rate(self):
        audit = earnings.claim_audit(5e6, 75e6, 72, 3, 10_000, 0.6)
        assert audit.implied_cost_usd_per_mtok == pytest.approx(
            unit_cost.cost_per_mtok(audit.implied_usd_per_gpu_hour, 10_000, 0.6)
        )

    def test_without_a_throughput_only_the_money_is_known(self):
        audit = earnings.claim_audit(5e6, 75e6, 72, 3)
        assert np.isnan([audit.mtok, audit.implied_usd_per_mtok, audit.implied_cost_usd_per_mtok]).all()
        assert (audit.revenue_multiple, audit.implied_usd_per_gpu_hour) == (15, pytest.approx(2.6425, abs=1e-4))

    def test_half_the_hours_sold_is_half_the_tokens(self):
        audit = earnings.claim_audit(5e6, 75e6, 72, 3, 10_000, 0.5)
        assert audit.mtok == pytest.approx(72 * 10_000 * 3 * 8760 * 3600 / 1e6 / 2)
        assert audit.implied_cost_usd_per_mtok == pytest.approx(2 * 0.0734023, rel=1e-6)

    @pytest.mark.parametrize("zero", ["investment", "gpus", "years", "tok_s_per_gpu"])
    def test_what_divides_by_zero_has_no_answer(self, zero):
        given = {"investment": 5e6, "revenue": 75e6, "gpus": 72, "years": 3, "tok_s_per_gpu": 10_000}
        assert np.isnan(earnings.claim_audit(**given | {zero: 0})).any()

    def test_several_utilizations_at_once(self):
        assert earnings.claim_audit(5e6, 75e6, 72, 3, 10_000, [1.0, 0.4]).implied_usd_per_mtok.shape == (2,)


segment = st.tuples(rates, throughputs, shares, st.floats(0.01, 10))
quarters = st.integers(1, 5).flatmap(
    lambda n: st.tuples(*[st.lists(segment, min_size=n, max_size=n)] * 2).map(np.array)
)


class TestBridge:
    @given(quarters)
    def test_effects_add_up_to_the_change(self, quarters):
        before, *effects, after = cost_bridge.cost_bridge(*quarters)
        assert before + sum(effects) == pytest.approx(after, abs=1e-12 * (before + after + np.abs(effects).sum()))

    @given(quarters)
    def test_looking_back_flips_every_sign(self, quarters):
        there = cost_bridge.cost_bridge(*quarters)
        back = cost_bridge.cost_bridge(*quarters[::-1])
        assert back[[0, 5]].tolist() == there[[5, 0]].tolist()
        np.testing.assert_allclose(back[1:5], -there[1:5], atol=1e-12 * np.abs(there).max())

    @given(quarters)
    def test_order_and_unit_of_the_segments_do_not_matter(self, quarters):
        there = cost_bridge.cost_bridge(*quarters)
        tolerance = 1e-11 * np.abs(there).max()
        np.testing.assert_allclose(cost_bridge.cost_bridge(*quarters[:, ::-1]), there, atol=tolerance)
        in_tokens = quarters * [1, 1, 1, 1e12]
        np.testing.assert_allclose(cost_bridge.cost_bridge(*in_tokens), there, atol=tolerance)

    @given(quarters)
    def test_splitting_a_segment_in_two_changes_nothing(self, quarters):
        halves = np.repeat(quarters * [1, 1, 1, 0.5], 2, axis=1)
        there = cost_bridge.cost_bridge(*quarters)
        np.testing.assert_allclose(cost_bridge.cost_bridge(*halves), there, atol=1e-11 * np.abs(there).max())

    def test_causes_that_cancel_are_shown_at_their_full_size(self):
        """Twice the rate at twice the throughput costs the same, yet each moved the cost by ln 2 of itself."""
        before, *effects, after = cost_bridge.cost_bridge([2.0, 1000, 0.5], [4.0, 2000, 0.5])
        assert before == after == pytest.approx(2.0 / (1000 * 0.0036 * 0.5))
        assert effects == pytest.approx([before * np.log(2), -before * np.log(2), 0, 0], rel=1e-12, abs=1e-15)

    @pytest.mark.parametrize(
        ("column", "factor", "effect"),
        [(0, 0.8, "rate"), (1, 5.0, "throughput"), (2, 1.5, "utilization")],
    )
    def test_what_did_not_change_has_no_effect(self, column, factor, effect):
        before = np.array([2.0, 1000.0, 0.5])
        after = before.copy()
        after[column] *= factor
        bridge = dict(zip(cost_bridge.BRIDGE, cost_bridge.cost_bridge(before, after), strict=True))
        assert bridge[effect] == pytest.approx(bridge["after"] - bridge["before"])
        for other in {"rate", "throughput", "utilization", "mix"} - {effect}:
            assert bridge[other] == 0

    def test_a_shift_to_the_cheaper_platform_is_mix(self):
        cheap, dear = [2.0, 10_000, 0.8], [3.0, 2_000, 0.8]
        before, after = [[*cheap, 0.2], [*dear, 0.8]], [[*cheap, 0.7], [*dear, 0.3]]
        bridge = dict(zip(cost_bridge.BRIDGE, cost_bridge.cost_bridge(before, after), strict=True))
        assert bridge["mix"] == pytest.approx(bridge["after"] - bridge["before"])
        assert bridge["mix"] < 0
        assert bridge["rate"] == bridge["throughput"] == bridge["utilization"] == 0

    def test_a_platform_that_comes_or_goes_is_mix(self):
        old, new = [1.3, 1000, 0.8], [2.2, 15_000, 0.8]
        # the row of a platform that is not there yet may be empty figures
        bridge = cost_bridge.cost_bridge([[*old, 1], [0, 0, 0, 0]], [[*old, 0], [*new, 1]])
        costs = unit_cost.cost_per_mtok([1.3, 2.2], [1000, 15_000], 0.8)
        assert bridge == pytest.approx([costs[0], 0, 0, 0, costs[1] - costs[0], costs[1]])

    def test_a_platform_that_is_nearly_gone_is_nearly_that(self):
        old, new = [1.3, 1000, 0.8], [2.2, 15_000, 0.8]
        gone = cost_bridge.cost_bridge([[*old, 1], [*new, 0.5]], [[*old, 0], [*new, 1]])
        nearly = cost_bridge.cost_bridge([[*old, 1], [*new, 0.5]], [[*old, 1e-13], [*new, 1]])
        assert nearly == pytest.approx(gone, abs=1e-9)

    def test_stays_near_every_order_of_one_at_a_time(self):
        before, after = np.array([2.0, 1000.0, 0.5]), np.array([1.5, 2500.0, 0.7])
        effects = []
        for order in itertools.permutations(range(3)):
            now, effect = before.copy(), np.empty(3)
            for column in order:
                cost = unit_cost.cost_per_mtok(*now)
                now[column] = after[column]
                effect[column] = unit_cost.cost_per_mtok(*now) - cost
            effects.append(effect)
        bridge = cost_bridge.cost_bridge(before, after)[1:4]
        assert (bridge >= np.min(effects, axis=0)).all()
        assert (bridge <= np.max(effects, axis=0)).all()

    def test_nothing_changed(self):
        assert cost_bridge.cost_bridge([2, 1000, 0.5], [2, 1000, 0.5])[1:5].tolist() == [0, 0, 0, 0]

    def test_several_bridges_at_once(self):
        quarters = np.array([[2.0, 1000, 0.5, 1.0]]) * np.ones((7, 2, 1))
        assert cost_bridge.cost_bridge(quarters, quarters * [1, 2, 1, 1]).shape == (7, 6)

    @pytest.mark.parametrize("bad", [[2.0, 0.0, 0.5], [0.0, 1000, 0.5], [2.0, 1000, 0.0], [-2.0, 1000, 0.5]])
    def test_a_cost_that_is_not_there_gives_no_bridge(self, bad):
        assert np.isnan(cost_bridge.cost_bridge([2.0, 1000, 0.5], bad)).all()

    def test_shapes_that_do_not_fit_are_programming_errors(self):
        with pytest.raises(ValueError, match="same segments"):
            cost_bridge.cost_bridge([[1, 2, 1, 1]], [[1, 2, 1, 1], [1, 2, 1, 1]])
        with pytest.raises(ValueError, match="5 columns"):
            cost_bridge.cost_bridge([1, 2, 3, 4, 5], [1, 2, 3, 4, 5])
        with pytest.raises(ValueError, match="fourth column"):
            cost_bridge.cost_bridge([[1, 2, 1], [1, 2, 1]], [[1, 2, 1], [1, 2, 1]])


@pytest.mark.parametrize("module", [unit_cost, earnings, cost_bridge], ids=lambda module: module.__name__)
def test_examples_in_the_docstrings(module):
    result = doctest.testmod(module)
    assert result.failed == 0
    assert result.attempted > 0
