"""The rack workbook: the frontier in native formulas is the frontier of the functions, and money follows from it."""

import csv
from pathlib import Path

import numpy as np
import pytest

from tokenbook.templates import build
from tokenbook.templates.engine import Model
from tokenbook.templates.models.rack import book as rack
from tokenbook.templates.models.rack import inputs as rack_inputs
from tokenbook.templates.models.rack.grids import LADDER
from tokenbook.templates.models.shared.fill import FillError
from tokenbook.templates.models.shared.frontier_sheet import NOT_MEASURED, SPARE_ROWS
from tokenbook.templates.models.shared.options import Options
from tokenbook.udfs import catalog
from tokenbook.udfs.kernels import deployment, earnings, unit_cost
from tokenbook.udfs.kernels.frontier import pareto, throughput_at

GOLDEN = Path(__file__).parents[1] / "kernels" / "data" / "costs_at_equal_interactivity.csv"
RATES = {"GB200 NVL72": 2.21, "B200": 1.95}  # owning hyperscaler, October 2025 to July 2026


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The default workbook as ``tokenbook new rack`` writes it: its path, writer and model."""
    path = tmp_path_factory.mktemp("rack") / "rack.xlsx"
    writer = rack.compose(Options(version="test"))
    return path, writer, build.build(writer, path)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """The two platforms of the published comparison."""
    path = tmp_path_factory.mktemp("rack") / "pair.xlsx"
    writer = rack.compose(Options(version="test", platforms=("GB200 NVL72", "B200"), shape="1k/1k"))
    build.build(writer, path)
    return path, writer


def cell(writer, model, name):
    place = writer.book.find(name)
    return model.at(place.sheet, place.row, getattr(place, "column", getattr(place, "first", 0)))


def column(writer, model, name):
    place = writer.book.find(name)
    return np.array([model.at(place.sheet, row, place.column) for row in range(place.row, place.last_row + 1)], float)


def curves(writer):
    return sorted({key.rsplit(".", 1)[0] for key in writer.book._places if key.endswith(".front_speeds")})


def assert_frontier_is_kernel(writer, model, case=""):
    """Best points and the value at every speed asked for, of every curve of the workbook."""
    for key in curves(writer):
        speeds, throughputs = column(writer, model, f"{key}.speeds"), column(writer, model, f"{key}.throughputs")
        known = speeds > 0
        speeds, throughputs = speeds[known], throughputs[known]
        front = pareto(speeds, throughputs)
        count = int(cell(writer, model, f"{key}.count"))
        assert count == len(front), f"{case} {key}"
        assert np.array_equal(column(writer, model, f"{key}.front_speeds")[:count], speeds[front]), f"{case} {key}"
        assert np.array_equal(column(writer, model, f"{key}.front_throughputs")[:count], throughputs[front])
        targets = "serving_target" if "aggregated" in key else "target"
        for step in range(LADDER + 1 if targets == "target" else 1):
            target = cell(writer, model, f"{targets}.{step}")
            native, kernel = cell(writer, model, f"{key}.at_{step}"), float(throughput_at(target, speeds, throughputs))
            if np.isnan(kernel):
                assert native == NOT_MEASURED, f"{case} {key} at {target}: {native}"
            else:
                assert native == pytest.approx(kernel, rel=1e-9, abs=1e-9), f"{case} {key} at {target}"


def test_the_22_published_costs_come_out_of_native_formulas(pair):
    """GB200 NVL72 and B200, DeepSeek-R1 FP4 1k/1k, within 0.1 % of what InferenceX published."""
    path, writer = pair
    lines = [line for line in GOLDEN.read_text().splitlines() if not line.startswith("#")]
    golden = list(csv.DictReader(lines))
    with Model(path) as model:
        for n, platform in enumerate(("GB200 NVL72", "B200"), 1):
            model.set(f"usd_per_gpu_hour_{n}", RATES[platform])
        compared = 0
        for speed in dict.fromkeys(row["interactivity_tok_s_per_user"] for row in golden):
            model.set("interactivity", float(speed))
            model.recalculate()
            assert model.named("check_master") == "OK"
            for row in golden:
                if row["interactivity_tok_s_per_user"] == speed:
                    n = 1 if row["platform"] == "GB200 NVL72" else 2
                    if row["usd_per_mtok_total"]:
                        native = cell(writer, model, f"chosen_{n}.cost_full")
                        assert native == pytest.approx(float(row["usd_per_mtok_total"]), rel=1e-3), row
                        compared += 1
        assert compared == 22


def test_cost_along_the_ladder_flips_between_the_two_platforms_as_published(pair):
    """GB200 NVL72 is cheaper to 200 tok/s per user, B200 from 225 on."""
    path, writer = pair
    with Model(path) as model:
        for n, rate in enumerate(RATES.values(), 1):
            model.set(f"usd_per_gpu_hour_{n}", rate)
        model.recalculate()
        winners = {
            cell(writer, model, f"ladder_{k}.speed"): cell(writer, model, f"ladder_{k}.winner") for k in range(1, 11)
        }
    assert winners[100.0] == winners[200.0] == "GB200 NVL72"
    assert winners[225.0] == winners[250.0] == "B200"


def test_every_frontier_is_the_kernels(made):
    _, writer, model = made
    assert len(curves(writer)) >= 12
    assert_frontier_is_kernel(writer, model)


def test_the_catalogues_frontier_is_the_one_on_the_sheet(made):
    """The points flagged as the front are those that the catalogue itself calls the frontier."""
    _, writer, model = made
    figures = catalog.active()
    for w, shape in enumerate(rack_inputs.SHAPES, 1):
        for n, platform in enumerate(rack.DEFAULT_PLATFORMS, 1):
            speeds, throughputs, _ = figures.frontier(platform, "DeepSeek-R1", shape, "FP4")
            count = int(cell(writer, model, f"front_{w}_{n}.count"))
            assert np.array_equal(column(writer, model, f"front_{w}_{n}.front_speeds")[:count], speeds)
            assert np.array_equal(column(writer, model, f"front_{w}_{n}.front_throughputs")[:count], throughputs)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_frontiers_money_and_checks_hold_for_random_inputs(made, seed):
    """Speeds inside and outside of what was measured, own measurements, every workload."""
    path, writer, _ = made
    rng = np.random.default_rng(seed)
    with Model(path) as model:
        for case in range(6):
            model.set("interactivity", float(rng.uniform(5, 400)))
            model.set("ladder_first", float(rng.uniform(5, 60)))
            model.set("ladder_step", float(rng.uniform(2, 50)))
            model.set("workload", ("1k/1k", "8k/1k", "1k/8k", "mix")[rng.integers(4)])
            for w in (1, 2, 3):
                model.set(f"request_share_{w}", float(rng.choice([0.0, rng.uniform(0, 1)])))
            model.set("requests_per_month", [None, float(10 ** rng.uniform(4, 9))][rng.integers(2)])
            model.set("demand_cv", float(rng.choice([0.0, rng.uniform(0.05, 1)])))
            model.set("cached_share", float(rng.uniform(0, 1)))
            model.set("pue", float(rng.uniform(1, 1.5)))
            model.set("gpus_per_rack_2", float(rng.integers(4, 144)))
            model.set("utilization_end_1", float(rng.uniform(0.05, 1)))
            own = writer.book.find(f"front_{rng.integers(1, 4)}_{rng.integers(1, 5)}.speeds")
            for spare in range(SPARE_ROWS):
                at = f"{own.sheet}!C{own.last_row - spare}", f"{own.sheet}!D{own.last_row - spare}"
                point = (rng.uniform(5, 400), rng.uniform(10, 20_000)) if rng.integers(2) else (0.0, 0.0)
                model.set(at[0], float(point[0]))
                model.set(at[1], float(point[1]))
            model.recalculate()
            assert_frontier_is_kernel(writer, model, f"seed {seed} case {case}")
            assert model.named("check_master") == "OK", f"seed {seed} case {case}"
            assert_money(writer, model)


def assert_money(writer, model):
    """Each workload's money against the kernels."""
    for w in (1, 2, 3):
        for n in (1, 2, 3, 4):
            get = lambda key: cell(writer, model, f"work_{w}_{n}.{key}")  # noqa: B023, E731
            base = lambda key: cell(writer, model, f"base_{n}.{key}")  # noqa: B023, E731
            tput = get("throughput")
            if tput == NOT_MEASURED:
                assert get("revenue_rack") == get("margin_mw") == get("cost") == NOT_MEASURED
                continue
            cached = model.named("cached_share"), model.named("cached_price_ratio")
            price = unit_cost.blended_price(
                base("usd_per_mtok_input"), base("usd_per_mtok_output"), get("isl"), get("osl"), cached[0],
                base("usd_per_mtok_input") * cached[1],
            )  # fmt: skip
            rack_year = earnings.revenue_per_rack_year(price, tput, base("gpus_per_rack"), base("utilization"))
            assert get("revenue_rack") == pytest.approx(float(rack_year), rel=1e-9)
            mw_year = earnings.revenue_per_mw_year(price, tput, base("kw_per_gpu"), base("utilization"), base("pue"))
            assert get("revenue_mw") == pytest.approx(float(mw_year), rel=1e-9)
            cost = unit_cost.cost_per_mtok(base("usd_per_gpu_hour"), tput, base("utilization"))
            assert get("cost") == pytest.approx(float(cost), rel=1e-9)
            assert get("margin") == pytest.approx(float(earnings.margin(price, cost)), rel=1e-9, abs=1e-12)


def test_money_of_each_workload_is_the_kernels(made):
    _, writer, model = made
    assert_money(writer, model)


def test_prefill_and_decode_make_up_the_revenue_and_cached_input_is_part_of_the_input(made):
    path, writer, _ = made
    with Model(path) as model:
        model.set("cached_share", 0.5)
        model.set("cached_price_ratio", 0.1)
        model.recalculate()
        get = lambda key: cell(writer, model, f"chosen_1.{key}")  # noqa: E731
        assert get("mtok_input") == pytest.approx(get("mtok_cached"))
        assert (get("mtok_input") + get("mtok_cached")) / get("mtok_output") == pytest.approx(8.0)
        assert get("revenue_cached") == pytest.approx(0.1 * get("revenue_input"))
        assert get("prefill_share") + get("decode_share") == pytest.approx(1.0)


def test_the_monthly_model_is_the_deployment_kernel(made):
    _, writer, model = made
    for n in (1, 2, 3, 4):
        inputs = {}
        for name in rack.PANEL_NAMES:
            value = cell(writer, model, f"model_{n}.{name}")
            inputs[name] = None if value in ("", None) else value
        lines = ("sold_mtok", "revenue", "opex", "cost_per_mtok")
        result = deployment.run(inputs, lines=list(lines), outputs=["gross_margin", "revenue_per_rack_year"])
        for native, line in zip(("sold", "revenue", "opex", "cost_per_mtok"), lines, strict=True):
            place = writer.book.find(f"model_{n}.{native}")
            ours = np.array([model.at(place.sheet, place.row, place.first + t) for t in range(61)], float)
            np.testing.assert_allclose(ours, np.nan_to_num(result.lines[line][0]), rtol=1e-9, atol=1e-9, err_msg=native)
        assert cell(writer, model, f"model_{n}.gross_margin") == pytest.approx(
            result.outputs["gross_margin"][0], rel=1e-9
        )


def test_outside_of_what_was_measured_a_word_stands_and_nothing_is_earned(made):
    path, writer, _ = made
    with Model(path) as model:
        model.set("interactivity", 305.0)  # GB300 was measured to 312 tok/s per user at 8k/1k, MI355X to 243
        model.recalculate()
        assert isinstance(cell(writer, model, "chosen_1.revenue_mw"), float)
        assert cell(writer, model, "chosen_4.throughput") == NOT_MEASURED
        assert cell(writer, model, "chosen_4.revenue_rack") == NOT_MEASURED
        assert cell(writer, model, "model_4.revenue_per_rack_year") == 0
        assert model.named("check_master") == "OK"
        said = [model.value("Dashboard", f"H{row}") for row in range(5, 20)]
        assert any("were not measured at this speed" in text for text in said if isinstance(text, str))
        model.set("interactivity", 4000.0)
        model.recalculate()
        assert model.named("check_master") == "OK"
        assert cell(writer, model, "winners_1.revenue_rack") == "none"
        assert cell(writer, model, "ladder_1.winner") in rack.DEFAULT_PLATFORMS


def test_a_mix_adds_gpu_time_not_throughput(made):
    path, writer, _ = made
    with Model(path) as model:
        model.set("workload", "mix")
        for w, share in ((1, 0.5), (2, 0.5), (3, 0.0)):
            model.set(f"request_share_{w}", share)
        model.recalculate()
        first, second = (cell(writer, model, f"work_{w}_1.throughput") for w in (1, 2))
        expected = (2048 + 9216) / (2048 / first + 9216 / second)
        assert cell(writer, model, "chosen_1.throughput") == pytest.approx(expected, rel=1e-12)
        assert cell(writer, model, "chosen_1.isl") == pytest.approx((1024 + 8192) / 2)
        assert model.named("check_master") == "OK"


def test_a_limited_demand_says_how_many_racks_serve_it(made):
    path, writer, _ = made
    with Model(path) as model:
        model.recalculate()
        assert cell(writer, model, "chosen_1.racks_needed") == "no limit"
        model.set("requests_per_month", 1e9)
        model.recalculate()
        demand = 1e9 * 9216 / 1e6
        assert cell(writer, model, "model_1.demand_mtok_per_month") == pytest.approx(demand)
        a_month = cell(writer, model, "chosen_1.mtok_rack") / 12
        assert cell(writer, model, "chosen_1.racks_needed") == pytest.approx(demand / a_month)


def test_power_of_racks_follows_the_corrected_figures_and_the_old_ones_stand_beside(made):
    _, writer, model = made
    assert cell(writer, model, "base_2.kw_rack") == pytest.approx(72 * 1.87)
    assert cell(writer, model, "base_2.racks_mw") == pytest.approx(1000 / (72 * 1.87))
    rows = [row for row, _ in writer.baselines.values() if row.metric == "kw_per_gpu" and row.platform == "GB200 NVL72"]
    assert {row.value for row in rows} == {1.87, 2.10}


def test_all_points_of_the_frontier_stand_on_baselines(made):
    _, writer, model = made
    place = writer.book.find("front_1_1.speeds")
    formulas = model.formulas(place.sheet)
    for row in range(place.row, place.last_row + 1 - SPARE_ROWS):
        assert "Baselines" in formulas[f"C{row}"]
        assert "Baselines" in formulas[f"D{row}"]


def test_disaggregated_over_aggregated_is_read_at_the_same_speed(made):
    _, writer, model = made
    ratio = cell(writer, model, "serving_1.ratio")
    both = [cell(writer, model, f"serving_1.{mode}") for mode in ("disaggregated", "aggregated")]
    assert ratio == pytest.approx(both[0] / both[1])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"model": "GPT-OSS-20B"}, "no measured points"),
        ({"platforms": ("GB200", "TPU v7x")}, "TPU v7x: no measured points"),
        ({"shape": "4k/2k"}, "--shape 4k/2k"),
    ],
)
def test_what_was_never_measured_is_refused_in_one_line(options, words):
    with pytest.raises(FillError) as refusal:
        rack.compose(Options(version="test", **options))
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_one_platform_one_workload_and_another_currency(tmp_path):
    """TPU v7x was measured under one workload only: no mix, no serving sheet; results in EUR."""
    options = Options(
        version="test", platforms=("TPU v7x",), model="Qwen3.5-397B", shape="8k/1k", currency="EUR", exchange_rate=0.9
    )
    writer = rack.compose(options)
    model = build.build(writer, tmp_path / "tpu.xlsx")
    assert model.named("check_master") == "OK"
    assert "Serving" not in writer.order
    assert cell(writer, model, "base_1.usd_per_gpu_hour") == pytest.approx(0.9 * model.named("usd_per_gpu_hour_1"))
