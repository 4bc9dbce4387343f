"""Published figures, reached through the functions as a workbook reaches them."""

import csv
from pathlib import Path

import numpy as np
import pytest

import tokenbook

MEASURED = Path(__file__).parents[1] / "kernels" / "data"  # SemiAnalysis InferenceX, see its README


def rows(name: str) -> list[dict]:
    lines = (MEASURED / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


@pytest.fixture(scope="module")
def audit():
    return dict(tokenbook.tok_claim_audit(5e6, 75e6, 72, 3, 10_000))


@pytest.mark.parametrize(
    ("figure", "value", "within"),
    [
        ("mtok", 68.1e6, 0.05e6),
        ("implied_usd_per_mtok", 1.10, 0.005),
        ("implied_usd_per_gpu_hour", 2.64, 0.005),
        ("implied_cost_usd_per_mtok", 0.0734, 0.00005),
        ("revenue_multiple", 15.0, 1e-12),
        ("net_roi", 14.0, 1e-12),
    ],
)
def test_the_fifteen_times_claim_implies(audit, figure, value, within):
    assert audit[figure] == pytest.approx(value, abs=within, rel=0)


def test_a_multiple_is_one_more_than_a_net_return():
    assert tokenbook.tok_multiple(75e6, 5e6) == 15.0
    assert tokenbook.tok_roi(75e6, 5e6) == 14.0


def test_two_cents():
    assert tokenbook.tok_cost(1.95, 28012.9) == pytest.approx(0.0193, abs=0.00005)


def test_thirty_five_times_lower_cost():
    now, before = tokenbook.tok_cost(2.652, 6000), tokenbook.tok_cost(1.41, 90)
    assert now == pytest.approx(0.1228, abs=0.00005)
    assert before == pytest.approx(4.352, abs=0.0005)
    assert before / now == pytest.approx(35.4, abs=0.05)


@pytest.mark.parametrize(("new_kw", "old_kw", "ratio"), [(2.10, 1.73, 54.9), (2.12, 1.37, 43.1)])
def test_fifty_times_per_megawatt_shrinks_with_the_corrected_power(new_kw, old_kw, ratio):
    assert tokenbook.tok_per_mw(6000, new_kw) / tokenbook.tok_per_mw(90, old_kw) == pytest.approx(ratio, abs=0.05)


@pytest.mark.parametrize(("price_factor", "npv"), [(1, 57.2e6), (10, 20.0e6)])
def test_the_value_of_the_rack_at_a_flat_and_at_a_falling_price(price_factor, npv):
    revenue = tokenbook.tok_price_curve(25e6, price_factor, 3, per_year=1)
    assert tokenbook.tok_npv(0.10, [-5e6, *revenue]) == pytest.approx(npv, abs=0.05e6)


@pytest.mark.parametrize("row", rows("best_throughput_costs.csv"), ids=lambda row: f"{row['model']}-{row['platform']}")
def test_the_cost_of_every_best_throughput_row(row):
    cost = tokenbook.tok_cost(float(row["usd_per_gpu_hour"]), float(row["throughput_tok_s_per_gpu"]))
    assert cost == pytest.approx(float(row["usd_per_mtok_recomputed"]), abs=0.000005)
    if row["usd_per_mtok_published"]:
        assert round(cost, 2) == float(row["usd_per_mtok_published"])


@pytest.mark.parametrize("platform", ["GB200 NVL72", "B200"])
def test_costs_at_equal_interactivity_from_the_catalogue_alone(platform):
    published = [
        r for r in rows("costs_at_equal_interactivity.csv") if r["platform"] == platform and r["usd_per_mtok_total"]
    ]
    targets = [float(row["interactivity_tok_s_per_user"]) for row in published]
    rate = tokenbook.tok_baseline(platform, "usd_per_gpu_hour", "", "hyperscaler", "2026-05-31")
    front = tokenbook.tok_baseline_frontier(platform, "DeepSeek-R1", "1k/1k FP4 published-curve", "2026-05-31")
    interactivity, throughput = zip(*front, strict=True)
    costs = tokenbook.tok_cost_at(rate, targets, interactivity, throughput)
    assert len(costs) == 11
    np.testing.assert_allclose(costs, [float(row["usd_per_mtok_total"]) for row in published], rtol=0.001)


def test_the_same_in_cells_of_a_workbook(values_of):
    frontier = 'TOK_BASELINE_FRONTIER("GB200", "DeepSeek-R1", "1k/1k FP4 published-curve", "2026-05-31")'
    rate = 'TOK_BASELINE("GB200", "usd_per_gpu_hour", , "hyperscaler", "2026-05-31")'
    formula = f"=TOK_COST_AT({rate}, Data!A1:A4, INDEX({frontier}, 0, 1), INDEX({frontier}, 0, 2))"
    found = values_of({"costs": formula}, {"A1": 25, "A2": 100, "A3": 250, "A4": 400})["costs"]
    assert [row[0] for row in found[:3]] == pytest.approx([0.0435, 0.0905, 3.2962], rel=0.001)
    assert found[3] == ["#N/A"]
