"""The deployment model: what a finance team would notice in its lines, its totals and its error messages."""

import doctest
import math
import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenbook.udfs.kernels import cash_flow, deployment, deployment_inputs, returns
from tokenbook.udfs.kernels.deployment import INPUTS, LINES, OUTPUTS, InputError, run, static_vs_declining

LINE_NAMES = [line.name for line in LINES]
OUTPUT_NAMES = [output.name for output in OUTPUTS]
MACRS5 = [0.20, 0.32, 0.192, 0.1152, 0.1152, 0.0576]

# The smallest deployment that works: a rack at a flat price, nothing else.
RACK = {"gpus": 72, "tok_s_per_gpu": 10_000, "price_usd_per_mtok": 1.0}

# A deployment with a value in every input.
FULL = {
    **RACK,
    "price_usd_per_mtok": 0.4,
    "software_gain": 3.0,
    "software_months": 4,
    "software_annual_gain": 0.15,
    "utilization_start": 0.2,
    "utilization_end": 0.8,
    "ramp_months": 12,
    "ramp_shape": "logistic",
    "availability": 0.97,
    "demand_mtok_per_month": 2_000_000,
    "demand_growth_per_year": 0.5,
    "demand_cv": 0.4,
    "price_annual_factor": 2.0,
    "price_floor": 0.01,
    "capex_usd_per_gpu": 45_000,
    "installation_usd_per_gpu": 4_000,
    "kw_per_gpu": 1.9,
    "pue": 1.25,
    "usd_per_kwh": 0.086,
    "hosting_usd_per_kw_month": 130,
    "maintenance_share_per_year": 0.03,
    "software_usd_per_gpu_month": 90,
    "staff_usd_per_month": 30_000,
    "inflation_per_year": 0.025,
    "depreciation_method": "DDB",
    "depreciation_years": 4,
    "residual_share": 0.1,
    "tax_rate": 0.21,
    "discount_rate": 0.12,
    "timing": "mid",
}


def reference(given_inputs: dict) -> tuple[dict, dict]:
    """The model written down month by month with plain floats: slow, and read against the contract."""
    x = {item.name: item.default for item in INPUTS} | given_inputs
    n = int(x["months"])
    own = x["acquisition"] == "own"
    line = {name: [0.0] * (n + 1) for name in LINE_NAMES}
    capex = x["gpus"] * x["capex_usd_per_gpu"] if own else 0.0
    invested = capex + (x["gpus"] * x["installation_usd_per_gpu"] if own else 0.0)
    residual = x["residual_share"] * capex

    for t in range(n + 1):
        m, g = x["software_months"], x["software_annual_gain"]
        reached = 1.0 if m == 0 else min(1.0, t / m)
        line["software"][t] = x["software_gain"] ** reached * (1 + g) ** (max(0.0, t - m) / 12)
        ramped = 1.0 if x["ramp_months"] == 0 else min(1.0, t / x["ramp_months"])
        if x["ramp_shape"] == "logistic":
            low, here, high = (1 / (1 + math.exp(-10 * (z - 0.5))) for z in (0.0, ramped, 1.0))
            ramped = (here - low) / (high - low)
        u0, u1 = x["utilization_start"], x["utilization_end"]
        line["utilization"][t] = u0 + (u1 - u0) * ramped
        line["price"][t] = max(x["price_floor"], x["price_usd_per_mtok"] * x["price_annual_factor"] ** (-t / 12))
        line["cost_index"][t] = (1 + x["inflation_per_year"]) ** (t / 12)
        age = t - 0.5 if x["timing"] == "mid" and t > 0 else t
        line["discount_factor"][t] = (1 + x["discount_rate"]) ** (-age / 12)
        line["investment"][t] = invested if t == 0 else 0.0
        line["residual"][t] = residual if t == n else 0.0
        if t == 0:
            continue

        capacity = x["gpus"] * x["tok_s_per_gpu"] * line["software"][t] * 3600 * 730 * x["availability"]
        capacity *= line["utilization"][t] / 1e6
        demand = math.inf
        if x["demand_mtok_per_month"] is not None:
            demand = x["demand_mtok_per_month"] * (1 + x["demand_growth_per_year"]) ** (t / 12)
        sold = min(capacity, demand)
        if x["demand_cv"] > 0 and 0 < demand < math.inf and capacity > 0:
            s = math.sqrt(math.log(1 + x["demand_cv"] ** 2))
            z = math.log(capacity / demand)
            sold = demand * phi((z - s * s / 2) / s) + capacity * phi(-(z + s * s / 2) / s)
        line["capacity_mtok"][t], line["demand_mtok"][t], line["sold_mtok"][t] = capacity, demand, sold
        line["revenue"][t] = sold * line["price"][t]

        index = line["cost_index"][t]
        it_kw = x["gpus"] * x["kw_per_gpu"]
        if own:
            line["energy"][t] = it_kw * x["pue"] * 730 * x["availability"] * x["usd_per_kwh"] * index
            line["hosting"][t] = it_kw * x["hosting_usd_per_kw_month"] * index
            line["maintenance"][t] = x["maintenance_share_per_year"] * capex / 12 * index
        else:
            line["rent"][t] = x["gpus"] * x["usd_per_gpu_hour"] * 730
        line["licences"][t] = x["gpus"] * x["software_usd_per_gpu_month"] * index
        line["staff"][t] = x["staff_usd_per_month"] * index
        line["opex"][t] = sum(
            line[name][t] for name in ("energy", "hosting", "maintenance", "licences", "staff", "rent")
        )

    line["depreciation"][1:] = depreciate(x, invested, residual, line["sold_mtok"][1:])
    book, losses, npv, cash, revenue, cost = invested, 0.0, 0.0, 0.0, 0.0, 0.0
    rate = (1 + x["discount_rate"]) ** (1 / 12) - 1
    annuity = 1 / n if x["discount_rate"] == 0 else rate / (1 - (1 + rate) ** -n)
    for t in range(n + 1):
        book -= line["depreciation"][t]
        line["net_book_value"][t] = book
        line["ebit"][t] = line["revenue"][t] - line["opex"][t] - line["depreciation"][t]
        line["disposal_gain"][t] = residual - book if t == n else 0.0
        profit = line["taxable"][t] = line["ebit"][t] + line["disposal_gain"][t]
        line["losses_opening"][t] = losses
        used = line["losses_used"][t] = min(losses, max(0.0, profit))
        losses = line["losses_closing"][t] = losses + max(0.0, -profit) - used
        line["tax"][t] = x["tax_rate"] * (max(0.0, profit) - used)
        flow = line["revenue"][t] - line["opex"][t] - line["tax"][t]
        line["fcf"][t] = flow = flow - line["investment"][t] + line["residual"][t]
        line["discounted_fcf"][t] = flow * line["discount_factor"][t]
        npv += line["discounted_fcf"][t]
        cash += flow
        line["npv_curve"][t], line["cumulative_cash"][t] = npv, cash
        if t > 0:
            line["capital_recovery"][t] = (invested - residual * (1 + rate) ** -n) * annuity
        line["cost_per_mtok"][t] = over(line["opex"][t] + line["capital_recovery"][t], line["sold_mtok"][t])
        line["gross_margin"][t] = over(line["revenue"][t] - line["opex"][t], line["revenue"][t])
        revenue += line["revenue"][t]
        cost += line["opex"][t] + line["investment"][t] - line["residual"][t]
        line["roi_curve"][t] = over(revenue - cost, cost)

    factors = line["discount_factor"]
    costs = [a + b - c for a, b, c in zip(line["opex"], line["investment"], line["residual"], strict=True)]
    sold, opex = sum(line["sold_mtok"]), sum(line["opex"])
    full = sum(line["software"][1:]) * x["gpus"] * x["tok_s_per_gpu"] * 3600 * 730 * x["availability"] / 1e6
    output = {
        "npv": npv,
        "payback_months": months_until_back(line["cumulative_cash"]),
        "discounted_payback_months": months_until_back(line["npv_curve"]),
        "total_revenue": revenue,
        "total_opex": opex,
        "total_cost": invested + opex - residual,
        "revenue_multiple": over(revenue, invested if own else invested + opex - residual),
        "net_roi": over(revenue - cost, cost),
        "total_mtok": sold,
        "lcot": over(
            sum(c * f for c, f in zip(costs, factors, strict=True)),
            sum(q * f for q, f in zip(line["sold_mtok"], factors, strict=True)),
        ),
        "cost_per_mtok_first": line["cost_per_mtok"][1],
        "cost_per_mtok_last": line["cost_per_mtok"][n],
        "revenue_per_rack_year": over(revenue / (n / 12), x["gpus"] / x["gpus_per_rack"]),
        "revenue_per_mw_year": over(revenue / (n / 12), x["gpus"] * x["kw_per_gpu"] * x["pue"] / 1000),
        "gross_margin": over(revenue - opex, revenue),
        "average_utilization": over(sold, full),
        "peak_funding": min(0.0, *line["cumulative_cash"]),
    }
    return line, output


def depreciate(x: dict, invested: float, residual: float, sold: list[float]) -> list[float]:
    life = 12 * x["depreciation_years"]
    method, book, amounts = x["depreciation_method"], invested, []
    for t in range(1, len(sold) + 1):
        left = life - (t - 1)
        if method == "MACRS5":
            amount = invested * (MACRS5 + [0.0] * 60)[(t - 1) // 12] / 12
        elif method == "UNITS":
            amount = (invested - residual) * sold[t - 1] / sum(sold) if sum(sold) > 0 else 0.0
        elif left <= 0:
            amount = 0.0
        elif method == "SL":
            amount = (invested - residual) / life
        elif method == "SYD":
            amount = (invested - residual) * left / (life * (life + 1) / 2)
        else:
            amount = min(max(book * 2 / life, (book - residual) / left), book - residual)
        book -= amount
        amounts.append(amount)
    return amounts


def phi(z: float) -> float:
    return math.erfc(-z / math.sqrt(2)) / 2


def over(top: float, bottom: float) -> float:
    return top / bottom if bottom != 0 else math.nan


def months_until_back(balance: list[float]) -> float:
    if min(balance) >= 0:
        return 0.0
    for t in range(1, len(balance)):
        if balance[t - 1] < 0 <= balance[t]:
            return t - 1 + balance[t - 1] / (balance[t - 1] - balance[t])
    return math.nan


def random_inputs(rng: np.random.Generator, scenarios: int, months: int) -> dict:
    """Scenarios of all kinds: each input is at its special value (0, 1, none) in a part of them."""

    def mixed(low, high, special, share=0.25):
        return np.where(rng.random(scenarios) < share, special, rng.uniform(low, high, scenarios))

    return {
        "gpus": rng.uniform(8, 5000, scenarios),
        "tok_s_per_gpu": mixed(100, 20_000, 0.0, 0.03),
        "software_gain": mixed(0.5, 6, 1.0),
        "software_months": mixed(0.5, 30, 0.0),
        "software_annual_gain": mixed(-0.2, 0.8, 0.0),
        "utilization_start": mixed(0, 1, 0.0),
        "utilization_end": mixed(0, 1, 1.0),
        "ramp_months": mixed(0.5, 40, 0.0),
        "ramp_shape": rng.choice(["linear", "logistic"], scenarios),
        "availability": mixed(0.8, 1, 1.0),
        "demand_mtok_per_month": mixed(1e3, 3e7, np.inf),
        "demand_growth_per_year": mixed(-0.5, 2, 0.0),
        "demand_cv": mixed(0.01, 2, 0.0, 0.5),
        "price_usd_per_mtok": mixed(0.01, 2, 0.0, 0.03),
        "price_annual_factor": mixed(0.8, 12, 1.0),
        "price_floor": mixed(0, 0.05, 0.0),
        "acquisition": rng.choice(["own", "own", "rent"], scenarios),
        "capex_usd_per_gpu": mixed(5e3, 6e4, 0.0, 0.05),
        "installation_usd_per_gpu": mixed(0, 6e3, 0.0),
        "usd_per_gpu_hour": mixed(0.5, 11, 0.0, 0.05),
        "kw_per_gpu": mixed(0.7, 2.5, 0.0, 0.1),
        "pue": mixed(1.05, 1.6, 1.0),
        "usd_per_kwh": mixed(0.03, 0.25, 0.0),
        "hosting_usd_per_kw_month": mixed(50, 250, 0.0),
        "maintenance_share_per_year": mixed(0, 0.1, 0.0),
        "software_usd_per_gpu_month": mixed(0, 400, 0.0),
        "staff_usd_per_month": mixed(0, 3e5, 0.0),
        "inflation_per_year": mixed(-0.02, 0.1, 0.0),
        "depreciation_method": rng.choice(["SL", "SYD", "DDB", "MACRS5", "UNITS"], scenarios),
        "depreciation_years": rng.integers(1, 8, scenarios),
        "residual_share": mixed(0, 1, 0.0),
        "tax_rate": mixed(0.05, 0.4, 0.0),
        "discount_rate": mixed(-0.05, 0.4, 0.0),
        "timing": rng.choice(["end", "mid"], scenarios),
        "gpus_per_rack": rng.choice([8, 72, 144], scenarios),
        "months": months,
    }


def one_of(inputs: dict, row: int) -> dict:
    one = {name: value[row].item() if np.ndim(value) else value for name, value in inputs.items()}
    if one["demand_mtok_per_month"] == np.inf:
        one["demand_mtok_per_month"] = None
    return one


class TestAgainstTheReference:
    @pytest.mark.parametrize(("months", "scenarios"), [(60, 220), (36, 80), (13, 60), (1, 60), (97, 40)])
    def test_every_line_and_output_of_every_kind_of_scenario(self, months, scenarios):
        inputs = random_inputs(np.random.default_rng(months), scenarios, months)
        result = run(inputs, lines=LINE_NAMES, outputs=OUTPUT_NAMES)
        for row in range(scenarios):
            line, output = reference(one_of(inputs, row))
            # Money is exact to 1e-9 of the money at stake, not of a difference that happens to vanish.
            stake = max(*line["revenue"], *line["opex"], line["investment"][0], 1e-9)
            for name in LINE_NAMES:
                scale = stake * 1e-9 if unit_of(name, LINES) == "USD" else 1e-12
                np.testing.assert_allclose(
                    result.lines[name][row], line[name], rtol=1e-9, atol=scale, err_msg=f"{name}, row {row}"
                )
            for name, value in output.items():
                scale = stake * 1e-9 * months if unit_of(name, OUTPUTS) == "USD" else 1e-9
                np.testing.assert_allclose(
                    result.outputs[name][row], value, rtol=1e-9, atol=scale, err_msg=f"{name}, row {row}"
                )

    def test_the_random_scenarios_reach_the_hard_cases(self):
        """Guards the test above: losses used up, demand caps, late paybacks and rents must really occur."""
        inputs = random_inputs(np.random.default_rng(60), 220, 60)
        result = run(inputs, lines=LINE_NAMES, outputs=["payback_months"])
        lines = result.lines
        assert (lines["losses_used"].max(axis=1) > 0).sum() > 20
        assert (lines["losses_closing"][:, -1] > 0).sum() > 20  # a loss that lapses
        assert (lines["tax"].max(axis=1) > 0).sum() > 40
        assert (lines["sold_mtok"] < 0.999 * lines["capacity_mtok"]).any(axis=1).sum() > 40
        assert (np.abs(lines["disposal_gain"][:, -1]) > 1000).sum() > 40
        assert (result.outputs["payback_months"] > 1).sum() > 20
        assert (lines["rent"].max(axis=1) > 0).sum() > 40

    def test_defaults_are_the_defaults_of_the_reference(self):
        line, output = reference(RACK)
        result = run(RACK, lines=LINE_NAMES, outputs=OUTPUT_NAMES)
        for name in LINE_NAMES:
            np.testing.assert_allclose(result.lines[name][0], line[name], rtol=1e-12, atol=1e-6, err_msg=name)
        for name, value in output.items():
            np.testing.assert_allclose(result.outputs[name][0], value, rtol=1e-12, err_msg=name)


def unit_of(name: str, table) -> str:
    return next(item.unit for item in table if item.name == name)


def value(inputs: dict, name: str) -> float:
    return float(run(inputs, outputs=[name]).outputs[name][0])


class TestGoldenFigures:
    def test_fifteen_times_claim(self):
        """72 GPUs, 10,000 tok/s, three years, 5 M in and 75 M out: multiple 15, net ROI 14, 0.0734 a Mtok."""
        claim = {**RACK, "months": 36, "price_usd_per_mtok": 75 / 68.11776, "capex_usd_per_gpu": 5e6 / 72}
        assert value(claim, "total_mtok") == pytest.approx(68.1e6, rel=1e-3)
        assert value(claim, "revenue_multiple") == pytest.approx(15, rel=1e-9)
        assert value(claim, "net_roi") == pytest.approx(14, rel=1e-9)
        undiscounted = {**claim, "discount_rate": 0}
        assert value(undiscounted, "lcot") == pytest.approx(0.0734, abs=5e-5)
        assert value(undiscounted, "cost_per_mtok_first") == pytest.approx(0.0734, abs=5e-5)

    def test_two_cents_on_rented_gpus(self):
        """GPT-OSS-120B on B200, 28,012.9 tok/s/GPU at 1.95 USD an hour, all of it sold: 0.0193 USD a Mtok."""
        b200 = {
            "gpus": 8, "tok_s_per_gpu": 28_012.9, "price_usd_per_mtok": 0.1, "acquisition": "rent",
            "usd_per_gpu_hour": 1.95,
        }  # fmt: skip
        for name in ("lcot", "cost_per_mtok_first", "cost_per_mtok_last"):
            assert round(value(b200, name), 4) == 0.0193
        before = {**b200, "tok_s_per_gpu": 28_012.9 / 5, "software_gain": 5, "software_months": 2}
        curve = run(before, lines=["cost_per_mtok"]).lines["cost_per_mtok"][0]
        assert curve[1] == pytest.approx(0.0193 * 5**0.5, rel=2e-3)
        assert round(float(curve[2]), 4) == round(float(curve[60]), 4) == 0.0193

    def test_five_million_that_return_25_million_a_year(self):
        """57.2 M when the money comes at each year's end; by the month it comes earlier and is worth more."""
        mtok_a_month = 72 * 10_000 * 0.0036 * 730
        rack = {
            **RACK,
            "months": 36,
            "capex_usd_per_gpu": 5e6 / 72,
            "price_usd_per_mtok": 25e6 / 12 / mtok_a_month,
        }
        yearly = 25e6 * (1 - 1.1**-3) / 0.1
        assert (yearly - 5e6) / 1e6 == pytest.approx(57.2, abs=0.05)
        by_month = yearly * 0.1 / 12 / (1.1 ** (1 / 12) - 1)
        assert value(rack, "npv") == pytest.approx(by_month - 5e6, rel=1e-12)

    def test_flat_deployment_has_one_cost_per_token_however_it_is_computed(self):
        """Levelised cost is cost per month: the annuity is what makes the two the same."""
        flat = {
            **RACK, "capex_usd_per_gpu": 50_000, "residual_share": 0.15, "kw_per_gpu": 1.87, "pue": 1.2,
            "usd_per_kwh": 0.086, "hosting_usd_per_kw_month": 100, "utilization_start": 0.6,
            "utilization_end": 0.6,
        }  # fmt: skip
        for rate in (0.0, 1e-9, 0.1, 0.35, -0.02):
            result = run({**flat, "discount_rate": rate}, ["cost_per_mtok"], ["lcot"])
            np.testing.assert_allclose(result.lines["cost_per_mtok"][0, 1:], result.outputs["lcot"][0], rtol=1e-10)


class TestMoney:
    def test_reports_of_a_full_deployment_hang_together(self):
        result = run(FULL, lines=LINE_NAMES, outputs=OUTPUT_NAMES)
        line = {name: values[0] for name, values in result.lines.items()}
        output = {name: values[0] for name, values in result.outputs.items()}
        np.testing.assert_array_equal(line["npv_curve"][-1], output["npv"])
        assert line["roi_curve"][-1] == pytest.approx(output["net_roi"], rel=1e-12)
        assert output["total_cost"] == pytest.approx(line["opex"].sum() + 72 * 49_000 - 72 * 4_500)
        np.testing.assert_allclose(
            line["losses_closing"],
            line["losses_opening"] + np.maximum(0, -line["taxable"]) - line["losses_used"],
            rtol=1e-9,
            atol=1e-6,
        )
        np.testing.assert_allclose(np.diff(line["net_book_value"]), -line["depreciation"][1:], atol=1e-6)
        parts = sum(line[name] for name in ("energy", "hosting", "maintenance", "licences", "staff", "rent"))
        np.testing.assert_allclose(line["opex"], parts)

    def test_month_zero_has_only_the_investment_and_the_values_of_today(self):
        result = run({**FULL, "timing": "mid"}, lines=LINE_NAMES)
        today = {name: values[0, 0] for name, values in result.lines.items()}
        assert today["fcf"] == today["npv_curve"] == today["cumulative_cash"] == -72 * 49_000
        assert today["net_book_value"] == today["investment"] == 72 * 49_000
        assert (today["price"], today["software"], today["utilization"]) == (0.4, 1.0, 0.2)
        assert today["discount_factor"] == today["cost_index"] == 1.0
        idle = ["sold_mtok", "capacity_mtok", "demand_mtok", "revenue", "opex", "tax", "depreciation", "ebit"]
        assert [today[name] for name in idle] == [0.0] * len(idle)
        assert np.isnan(today["cost_per_mtok"])

    def test_rented_gpus_cost_the_same_idle_and_are_not_inflated(self):
        rented = {
            **FULL, "acquisition": "rent", "usd_per_gpu_hour": 2.5, "utilization_start": 0,
            "utilization_end": 0,
        }  # fmt: skip
        result = run(rented, ["rent", "energy", "hosting", "maintenance", "staff", "investment", "residual"])
        lines = {name: values[0] for name, values in result.lines.items()}
        np.testing.assert_allclose(lines["rent"][1:], 72 * 2.5 * 730)
        for name in ("energy", "hosting", "maintenance", "investment", "residual"):  # part of the rate
            assert not lines[name].any()
        assert lines["staff"][12] == pytest.approx(30_000 * 1.025)

    def test_the_all_in_rate_of_an_owner_is_not_counted_twice(self):
        assert value({**FULL, "usd_per_gpu_hour": 99}, "npv") == value(FULL, "npv")

    def test_selling_above_book_value_is_taxed_and_selling_below_is_deducted(self):
        asset = {**RACK, "capex_usd_per_gpu": 40_000, "months": 12, "tax_rate": 0.25, "depreciation_years": 5}
        macrs = run({**asset, "depreciation_method": "MACRS5", "residual_share": 0.9}, ["disposal_gain", "taxable"])
        assert macrs.lines["disposal_gain"][0, -1] == pytest.approx(72 * 40_000 * (0.9 - 0.8))
        sold_low = run({**asset, "residual_share": 0.0}, ["disposal_gain", "ebit", "taxable", "tax"])
        assert sold_low.lines["disposal_gain"][0, -1] == pytest.approx(-72 * 40_000 * 0.8)
        last = {name: values[0, -1] for name, values in sold_low.lines.items()}
        assert last["taxable"] == pytest.approx(last["ebit"] + last["disposal_gain"])

    def test_a_lost_year_is_not_taxed_again_when_profit_returns(self):
        """Losses of the ramp-up shelter later profit, until they are used up."""
        slow = {
            **RACK, "months": 24, "ramp_months": 24, "utilization_start": 0, "staff_usd_per_month": 600_000,
            "tax_rate": 0.3,
        }  # fmt: skip
        line = {
            name: values[0]
            for name, values in run(slow, ["taxable", "tax", "losses_closing", "losses_opening"]).lines.items()
        }
        assert line["taxable"].min() < 0 < line["losses_closing"].max()
        first_tax = int(np.argmax(line["tax"] > 0))
        assert line["taxable"][1:first_tax].max() > 0  # profit came earlier than tax
        assert line["losses_closing"][first_tax] == 0
        assert line["tax"].sum() == pytest.approx(0.3 * line["taxable"].sum())

    def test_a_price_floor_stops_the_fall(self):
        price = run({**RACK, "price_annual_factor": 10, "price_floor": 0.05}, ["price"]).lines["price"][0]
        assert price[12] == pytest.approx(0.1)
        assert (price[24:] == 0.05).all()

    def test_demand_caps_sales_and_capacity_caps_demand(self):
        sold = run({**RACK, "demand_mtok_per_month": [1e6, 1e9, None]}, ["sold_mtok"]).lines["sold_mtok"]
        np.testing.assert_allclose(sold[:, 1], [1e6, 72 * 10_000 * 2.628, 72 * 10_000 * 2.628])
        assert value({**RACK, "demand_mtok_per_month": 1e6}, "average_utilization") == pytest.approx(
            1e6 / (72 * 10_000 * 2.628)
        )

    def test_volatile_demand_sells_less_than_the_same_demand_as_planned(self):
        at_capacity = {**RACK, "demand_mtok_per_month": 72 * 10_000 * 2.628}
        calm, wild = run({**at_capacity, "demand_cv": [0.0, 0.5]}, outputs=["total_mtok"]).outputs["total_mtok"]
        assert 0.75 < wild / calm < 0.85

    def test_one_rack_earns_its_revenue_per_rack_and_per_mw(self):
        rack = {**RACK, "kw_per_gpu": 1.87, "pue": 1.25, "months": 24}
        assert value(rack, "revenue_per_rack_year") == pytest.approx(value(rack, "total_revenue") / 2)
        assert value(rack, "revenue_per_mw_year") == pytest.approx(
            value(rack, "total_revenue") / 2 / (72 * 1.87 * 1.25 / 1000)
        )
        assert math.isnan(value(RACK, "revenue_per_mw_year"))

    def test_at_the_internal_rate_of_return_the_npv_is_nothing(self):
        rates = run({**FULL, "timing": "end", "price_usd_per_mtok": [0.3, 0.4, 0.6]}, outputs=["irr"]).outputs["irr"]
        assert np.isfinite(rates).all()
        assert (np.diff(rates) > 0).all()
        again = {**FULL, "timing": "end", "price_usd_per_mtok": [0.3, 0.4, 0.6], "discount_rate": rates}
        np.testing.assert_allclose(run(again, outputs=["npv"]).outputs["npv"], 0.0, atol=1e-4)

    def test_rented_gpus_that_always_earn_have_no_rate_of_return_and_are_never_out_of_pocket(self):
        rented = {**RACK, "acquisition": "rent", "usd_per_gpu_hour": 2.0}
        assert math.isnan(value(rented, "irr"))
        assert value(rented, "payback_months") == 0.0
        assert value(rented, "peak_funding") == 0.0

    def test_payback_is_between_the_month_before_and_the_month_after(self):
        result = run({**RACK, "capex_usd_per_gpu": 300_000}, ["cumulative_cash"], ["payback_months"])
        months, cash = float(result.outputs["payback_months"][0]), result.lines["cumulative_cash"][0]
        assert cash[math.floor(months)] < 0 < cash[math.ceil(months)]
        assert np.interp(months, np.arange(61), cash) == pytest.approx(0, abs=1e-6)
        assert math.isnan(value({**RACK, "capex_usd_per_gpu": 1e9}, "payback_months"))

    def test_payback_is_that_of_the_cash_flow_kernel(self):
        project = {**FULL, "timing": "end"}
        result = run(project, ["fcf"], ["payback_months", "discounted_payback_months"])
        flows = result.lines["fcf"]
        assert result.outputs["payback_months"][0] == pytest.approx(cash_flow.payback(flows, 0.0, 12)[0])
        assert result.outputs["discounted_payback_months"][0] == pytest.approx(cash_flow.payback(flows, 0.12, 12)[0])

    def test_gpus_that_never_sell_a_token_give_no_ratio_and_no_warning(self):
        idle = {**FULL, "utilization_start": 0, "utilization_end": 0, "depreciation_method": "UNITS"}
        result = run(idle, ["depreciation", "cost_per_mtok", "gross_margin"])
        assert not result.lines["depreciation"].any()
        assert np.isnan(result.lines["cost_per_mtok"]).all()
        outputs = run(idle).outputs
        assert math.isnan(outputs["lcot"][0])
        assert math.isnan(outputs["gross_margin"][0])
        assert outputs["npv"][0] < 0


class TestStaticTwin:
    def test_the_twin_is_the_model_without_software_gains(self):
        both = static_vs_declining(FULL)
        static = run({**FULL, "software_gain": 1, "software_annual_gain": 0}, outputs=["npv", "lcot"]).outputs
        declining = run(FULL, outputs=["npv", "lcot"]).outputs
        assert both.npv_static[0] == static["npv"][0]
        assert both.npv_difference[0] == declining["npv"][0] - static["npv"][0]
        assert both.lcot_declining[0] == declining["lcot"][0] < both.lcot_static[0] == static["lcot"][0]

    def test_without_gains_there_is_no_difference(self):
        both = static_vs_declining(RACK)
        assert both.npv_difference[0] == 0
        assert both.lcot_difference[0] == 0

    def test_only_the_gain_varies(self):
        both = static_vs_declining({**RACK, "software_gain": [1.0, 2.0, 5.0]})
        assert both.npv_static.shape == (3,)
        assert np.ptp(both.npv_static) == 0
        assert (np.diff(both.npv_difference) > 0).all()


def assert_same_output(name: str, got: np.ndarray, expected: np.ndarray):
    # The kernel of the IRR solves many rows in one matrix product, whose last digits depend on them all.
    if name == "irr":
        np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-12)
    else:
        assert got.tobytes() == expected.tobytes(), name


class TestScenarios:
    def test_any_block_size_gives_the_same_bits(self):
        inputs = random_inputs(np.random.default_rng(5), 300, 60)
        whole = run(inputs, lines=LINE_NAMES, outputs=OUTPUT_NAMES, block=300)
        for block in (1, 7, 64, 299, None):
            parts = run(inputs, lines=LINE_NAMES, outputs=OUTPUT_NAMES, block=block)
            for name in LINE_NAMES:
                assert parts.lines[name].tobytes() == whole.lines[name].tobytes(), name
            for name in OUTPUT_NAMES:
                assert_same_output(name, parts.outputs[name], whole.outputs[name])

    def test_a_scenario_does_not_depend_on_its_neighbours(self):
        inputs = random_inputs(np.random.default_rng(6), 40, 60)
        together = run(inputs)
        for row in range(0, 40, 3):
            alone = run(one_of(inputs, row))
            for name in OUTPUT_NAMES:
                assert_same_output(name, alone.outputs[name], together.outputs[name][row : row + 1])

    def test_an_input_that_is_the_same_for_all_may_be_given_once(self):
        prices = [0.1, 0.5, 0.9]
        once = run({**FULL, "price_usd_per_mtok": prices}, LINE_NAMES, OUTPUT_NAMES)
        spelled_out = {name: np.repeat(np.asarray(given), 3) for name, given in FULL.items()}
        each = run({**spelled_out, "price_usd_per_mtok": prices, "months": [60, 60, 60]}, LINE_NAMES, OUTPUT_NAMES)
        for name in LINE_NAMES:
            np.testing.assert_array_equal(once.lines[name], each.lines[name], err_msg=name)
        for name in OUTPUT_NAMES:
            assert_same_output(name, once.outputs[name], each.outputs[name])

    def test_only_what_is_asked_for_is_returned_and_computed(self, monkeypatch):
        def refuse(*_):
            raise AssertionError("the IRR was computed without being asked for")

        monkeypatch.setattr(returns, "irr", refuse)
        result = run(FULL, lines=["price"], outputs=["npv"])
        assert list(result.lines) == ["price"]
        assert list(result.outputs) == ["npv"]
        assert list(run(FULL, lines=["price"]).outputs) == []

    def test_asked_for_nothing_in_particular_it_returns_all_outputs(self):
        result = run(RACK)
        assert list(result.outputs) == OUTPUT_NAMES
        assert result.lines == {}
        assert (result.months, result.scenarios) == (60, 1)

    def test_results_are_not_tied_to_the_inputs(self):
        gpus = np.array([8.0, 72.0])
        run({**RACK, "gpus": gpus}, LINE_NAMES)
        assert gpus.tolist() == [8.0, 72.0]

    def test_outputs_of_many_scenarios_need_no_table_of_all_months(self):
        scenarios = 200_000
        prices = np.random.default_rng(0).uniform(0.1, 1.0, scenarios)
        tracemalloc.start()
        run({**FULL, "price_usd_per_mtok": prices}, outputs=["npv", "lcot"])
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 0.4 * scenarios * 61 * 8  # of a single line of all scenarios


class TestMessages:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"utilization_end": 1.4}, "utilization_end: 1.4 is above 1 (share of capacity, 0 to 1)"),
            ({"pue": 0.9}, "pue: 0.9 is below 1 (facility power over IT power, 1 to 10)"),
            ({"usd_per_kwh": -0.05}, "usd_per_kwh: -0.05 is below 0 (USD per kWh, 0 or more)"),
            ({"gpus": None}, "gpus: a value is needed (GPUs, 0 or more)"),
            ({"gpus": "many"}, "gpus: 'many' is not a number (GPUs, 0 or more)"),
            ({"gpus": True}, "gpus: True is not a number (GPUs, 0 or more)"),
            ({"tax_rate": float("nan")}, "tax_rate: nan is not a number (share of profit, 0 to 1)"),
            ({"demand_mtok_per_month": float("nan")},
             "demand_mtok_per_month: nan is not a number (Mtok a month, 0 or more)"),
            ({"gpus": float("inf")}, "gpus: inf is not a number (GPUs, 0 or more)"),
            ({"months": 12.5}, "months: 12.5 is not a whole number (months, 1 to 600)"),
            ({"months": [12, 24]}, "months: must be the same in all scenarios"),
            ({"acquisition": "lease"}, "acquisition: 'lease' is not one of the choices (own, rent)"),
            ({"timing": 3}, "timing: 3 is not one of the choices (end, mid)"),
            ({"utilisation_end": 0.5}, "utilisation_end: no such input; did you mean utilization_end?"),
            ({"colour": 1}, "colour: no such input"),
            ({"pue": [1.1, 1.2, 0.5]},
             "pue: 0.5 is below 1 (facility power over IT power, 1 to 10), scenario 3 of 3"),
            ({"gpus": [1, 2], "pue": [1.1, 1.2, 1.3]}, "pue: 3 scenarios, but gpus has 2"),
            ({"gpus": [1, None]}, "gpus: a value is needed (GPUs, 0 or more), scenario 2 of 2"),
            ({"gpus": [8, "x"]}, "gpus: 'x' is not a number (GPUs, 0 or more), scenario 2 of 2"),
            ({"gpus": np.ones((2, 2))},
             "gpus: an array of shape (2, 2), but one value per scenario is needed"),
        ],
    )  # fmt: skip
    def test_says_what_was_given_what_is_allowed_and_where(self, change, message):
        with pytest.raises(InputError) as caught:
            run({**RACK, **change})
        assert str(caught.value) == message
        assert caught.value.name == next(reversed(change))

    def test_a_missing_required_input_is_named(self):
        with pytest.raises(InputError, match="price_usd_per_mtok: a value is needed"):
            run({"gpus": 1, "tok_s_per_gpu": 1})

    def test_an_unknown_line_or_output_is_named_with_the_closest_one(self):
        with pytest.raises(InputError, match=r"revenues: no such line; did you mean revenue\?"):
            run(RACK, lines=["revenues"])
        with pytest.raises(InputError, match=r"NPV: no such output; did you mean npv\?"):
            run(RACK, outputs=["NPV"])
        with pytest.raises(InputError, match="month: no such line"):  # a part of formulas, not a line
            run(RACK, lines=["month"])

    def test_the_scenario_at_fault_can_be_found_also_from_another_process(self):
        with pytest.raises(InputError) as caught:
            run({**RACK, "tax_rate": [0.2, 0.3, 2.0]})
        copy = pickle.loads(pickle.dumps(caught.value))
        assert (copy.name, copy.scenario, str(copy)) == ("tax_rate", 2, str(caught.value))

    def test_blank_cells_take_the_default_also_in_one_scenario_only(self):
        blank = run({**RACK, "pue": [None, 1.0], "ramp_shape": [None, "logistic"], "discount_rate": None})
        np.testing.assert_array_equal(blank.outputs["npv"], run(RACK).outputs["npv"].repeat(2))

    def test_choices_may_be_typed_in_any_case(self):
        typed = {**FULL, "acquisition": "Own", "depreciation_method": "ddb ", "timing": "MID"}
        assert value(typed, "npv") == value(FULL, "npv")


class TestTables:
    def test_defaults_lie_within_their_own_bounds(self):
        for item in INPUTS:
            if item.kind == "choice":
                assert item.default in item.choices
            elif item.default is not None and not item.required:
                assert item.low <= item.default <= (math.inf if item.high is None else item.high)

    def test_the_names_and_their_order_are_the_contract_of_the_native_sheet(self):
        assert " ".join(item.name for item in INPUTS) == (  # frozen: models in the field use these names
            "gpus tok_s_per_gpu software_gain software_months software_annual_gain utilization_start "
            "utilization_end ramp_months ramp_shape availability demand_mtok_per_month "
            "demand_growth_per_year demand_cv price_usd_per_mtok price_annual_factor price_floor "
            "acquisition capex_usd_per_gpu installation_usd_per_gpu usd_per_gpu_hour kw_per_gpu pue "
            "usd_per_kwh hosting_usd_per_kw_month maintenance_share_per_year software_usd_per_gpu_month "
            "staff_usd_per_month inflation_per_year depreciation_method depreciation_years "
            "residual_share tax_rate discount_rate timing "
            "gpus_per_rack months"
        )
        assert [item.name for item in INPUTS if item.required] == [
            "gpus",
            "tok_s_per_gpu",
            "price_usd_per_mtok",
        ]

    def test_every_name_means_one_thing_and_is_explained(self):
        names = [item.name for item in (*INPUTS, *LINES)]
        assert len(names) == len(set(names))
        assert len(OUTPUT_NAMES) == len(set(OUTPUT_NAMES))
        assert all(item.help.endswith(".") and item.unit for item in (*LINES, *OUTPUTS))
        assert all(item.help.endswith(".") for item in INPUTS)

    @pytest.mark.parametrize("module", [deployment, deployment_inputs])
    def test_examples_in_the_help_are_true(self, module):
        result = doctest.testmod(module)
        assert result.attempted > 0
        assert result.failed == 0


PRICES = st.floats(0.01, 5)
RATES = st.floats(0, 0.4)


class TestProperties:
    @settings(deadline=None, max_examples=40)
    @given(scale=st.floats(0.1, 50), price=PRICES, cv=st.sampled_from([0.0, 0.6]))
    def test_twice_the_deployment_is_twice_the_money(self, scale, price, cv):
        small = {**FULL, "price_usd_per_mtok": price, "demand_cv": cv}
        large = {
            **small,
            "gpus": 72 * scale,
            "demand_mtok_per_month": 2e6 * scale,
            "staff_usd_per_month": 3e4 * scale,
        }
        one, many = run(small).outputs, run(large).outputs
        money = [item.name for item in OUTPUTS if item.unit in ("USD", "Mtok")]
        for name in money:
            np.testing.assert_allclose(many[name], scale * one[name], rtol=1e-9, atol=1e-6 * scale, err_msg=name)
        for name in ("lcot", "irr", "net_roi", "gross_margin", "revenue_per_rack_year", "payback_months"):
            np.testing.assert_allclose(many[name], one[name], rtol=1e-7, err_msg=name)

    @settings(deadline=None, max_examples=40)
    @given(price=PRICES, method=st.sampled_from(["SL", "SYD", "DDB", "MACRS5", "UNITS"]), years=st.integers(1, 9))
    def test_without_tax_depreciation_moves_no_cash(self, price, method, years):
        untaxed = {**FULL, "tax_rate": 0, "price_usd_per_mtok": price}
        a = run(untaxed, ["fcf"]).lines["fcf"]
        b = run({**untaxed, "depreciation_method": method, "depreciation_years": years}, ["fcf"]).lines["fcf"]
        np.testing.assert_array_equal(a, b)

    @settings(deadline=None, max_examples=40)
    @given(price=PRICES, rate=RATES, tax=st.floats(0, 0.9), more=st.floats(1, 1e6))
    def test_higher_costs_never_raise_the_npv_and_higher_prices_never_lower_it(self, price, rate, tax, more):
        base = {**FULL, "price_usd_per_mtok": price, "discount_rate": rate, "tax_rate": tax}
        npv = value(base, "npv")
        slack = 1e-9 * abs(npv)
        for name in ("staff_usd_per_month", "capex_usd_per_gpu", "hosting_usd_per_kw_month"):
            dearer = {**base, name: base[name] + more}
            assert value({**dearer, "residual_share": 0}, "npv") <= value({**base, "residual_share": 0}, "npv") + slack
        assert value({**base, "price_usd_per_mtok": price + more / 1e6}, "npv") >= npv - slack

    @settings(deadline=None, max_examples=40)
    @given(price=PRICES, tax=st.floats(0, 1), staff=st.floats(0, 1e6))
    def test_tax_takes_its_share_of_profit_at_most_and_never_pays_out(self, price, tax, staff):
        inputs = {**FULL, "price_usd_per_mtok": price, "tax_rate": tax, "staff_usd_per_month": staff}
        line = {name: rows[0] for name, rows in run(inputs, ["tax", "taxable"]).lines.items()}
        assert (line["tax"] >= 0).all()
        paid, profit = np.cumsum(line["tax"]), np.cumsum(line["taxable"])
        assert (paid <= tax * np.maximum(0, np.maximum.accumulate(profit)) * (1 + 1e-9) + 1e-6).all()

    @settings(deadline=None, max_examples=30)
    @given(rate=st.floats(0.001, 1), price=PRICES)
    def test_money_in_the_middle_of_the_month_is_worth_half_a_month_more(self, rate, price):
        inputs = {**FULL, "discount_rate": rate, "price_usd_per_mtok": price}
        end, mid = (value({**inputs, "timing": timing}, "npv") + 72 * 49_000 for timing in ("end", "mid"))
        assert mid == pytest.approx(end * (1 + rate) ** (0.5 / 12), rel=1e-9, abs=1e-6)
