"""The tco workbook: a GPU-hour is counted once, the three ways to the same tokens compare, limits hold."""

import numpy as np
import pytest

from tokenbook.templates import build
from tokenbook.templates.engine import Model
from tokenbook.templates.models.shared import core_inputs
from tokenbook.templates.models.shared.options import Options
from tokenbook.templates.models.tco import book as tco
from tokenbook.templates.models.tco import inputs as tco_inputs
from tokenbook.templates.models.tco.grids import NEVER, PARTS, USES
from tokenbook.udfs.kernels import deployment, earnings, unit_cost

LINES = {
    "capacity": "capacity_mtok", "sold": "sold_mtok", "revenue": "revenue", "opex": "opex",
    "depreciation": "depreciation", "tax": "tax",
    "fcf": "fcf", "npv_curve": "npv_curve", "cost_per_mtok": "cost_per_mtok",
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The default workbook as ``tokenbook new tco`` writes it: its path, writer and model."""
    path = tmp_path_factory.mktemp("tco") / "tco.xlsx"
    writer = tco.compose(Options(version="test"))
    return path, writer, build.build(writer, path)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """One platform, quick to calculate."""
    path = tmp_path_factory.mktemp("tco") / "one.xlsx"
    writer = tco.compose(Options(version="test", platforms=("GB200 NVL72",)))
    build.build(writer, path)
    return path, writer


def cell(writer, model, name):
    place = writer.book.find(name)
    return model.at(place.sheet, place.row, getattr(place, "column", getattr(place, "first", 0)))


def total(writer, model, name):
    place = writer.book.find(name)
    return model.at(place.sheet, place.row, place.total)


def assert_grids_are_kernels(writer, model, n, case=""):
    """Rates, unit costs, break-even and memory limit of platform n against the kernels, straight from the inputs."""
    given = lambda name, each=True: model.named(f"{name}_{n}" if each else name)  # noqa: E731
    use = given("utilization_end") * given("availability", False)
    tput, price = given("tok_s_per_gpu"), cell(writer, model, f"unit_{n}.api_cost")
    gpus = cell(writer, model, f"fleet_{n}.gpus")
    life, rate = given("depreciation_years", False), given("discount_rate", False)
    on_top = given("software_usd_per_gpu_month", False) / 730 + given("staff_usd_per_month", False) / gpus / 730
    if given("capex_usd_per_gpu") > 0:
        capex = given("capex_usd_per_gpu")
        bought = unit_cost.all_in_rate(
            capex, life, rate, given("residual_share", False), given("kw_per_gpu"),
            given("usd_per_kwh", False), given("pue", False), given("maintenance_share_per_year", False),
            given("hosting_usd_per_kw_month", False),
        )  # fmt: skip
        own = on_top + bought + unit_cost.all_in_rate(capex * given("installation_share", False), life, rate)
    else:
        own = on_top + given("rate_hyperscaler")
    rent = given("usd_per_gpu_hour") + on_top
    expected = {
        f"rates_{n}.own_rate": own,
        f"rates_{n}.rent_rate": rent,
        f"unit_{n}.own_cost": unit_cost.cost_per_mtok(own, tput, use),
        f"unit_{n}.rent_cost": unit_cost.cost_per_mtok(rent, tput, use),
        f"even_{n}.own_use_needed": earnings.breakeven_utilization(own, tput, price),
        f"even_{n}.rent_use_needed": earnings.breakeven_utilization(rent, tput, price),
    }
    for name, value in expected.items():
        assert cell(writer, model, name) == pytest.approx(float(value), rel=1e-9), f"{case} {name}"
    for way, needed in (("own", expected[f"even_{n}.own_use_needed"]), ("rent", expected[f"even_{n}.rent_use_needed"])):
        volume = cell(writer, model, f"even_{n}.{way}_volume")
        if needed > 1:
            assert volume == cell(writer, model, f"even_{n}.{way}_use") == NEVER, case
        else:
            assert volume == pytest.approx(float(unit_cost.volume_mtok(gpus, tput, 730, needed)), rel=1e-9), case
    for step, share in enumerate(USES, 1):
        cost = unit_cost.cost_per_mtok(own, tput, share)
        assert cell(writer, model, f"uses_{step}.own_{n}") == pytest.approx(float(cost), rel=1e-9), case


def assert_core_is_kernel(writer, model, n, case=""):
    inputs = {}
    for item in deployment.INPUTS:
        value = cell(writer, model, f"model_{n}.{item.name}")
        inputs[item.name] = None if value in ("", None) else value
    result = deployment.run(inputs, lines=list(LINES.values()), outputs=["lcot", "npv"])
    money = max(1.0, float(np.nansum(result.lines["revenue"]) + np.nansum(result.lines["opex"])))
    for native, line in LINES.items():
        place = writer.book.find(f"model_{n}.{native}")
        ours = np.array([model.at(place.sheet, place.row, place.first + t) for t in range(result.months + 1)], float)
        scale = money if native in ("tax", "fcf", "npv_curve") else 1e-9
        np.testing.assert_allclose(
            ours, np.nan_to_num(result.lines[line][0]), rtol=1e-9, atol=1e-9 * scale, err_msg=native
        )
    if not isinstance(cell(writer, model, f"model_{n}.lcot"), str):
        assert cell(writer, model, f"model_{n}.lcot") == pytest.approx(result.outputs["lcot"][0], rel=1e-9), case


def test_rates_costs_and_break_evens_are_the_kernels(made):
    _, writer, model = made
    for n in (1, 2, 3, 4):
        assert_grids_are_kernels(writer, model, n)


def test_each_platform_owned_and_rented_is_the_deployment_kernel(made):
    _, writer, model = made
    for n in range(1, 9):
        assert cell(writer, model, f"model_{n}.acquisition") == ("own" if n <= 4 else "rent")
        assert_core_is_kernel(writer, model, n)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_everything_holds_for_random_inputs(small, seed):
    path, writer = small
    rng = np.random.default_rng(seed)
    pick = lambda *choices: choices[rng.integers(len(choices))]  # noqa: E731
    with Model(path) as model:
        for case in range(12):
            settings = {
                "capex_usd_per_gpu_1": float(pick(0.0, rng.uniform(1000, 90_000))),
                "rate_hyperscaler_1": float(rng.uniform(0.5, 5)),
                "usd_per_gpu_hour_1": float(rng.uniform(0.5, 9)),
                "rate_by_the_hour_1": pick(None, float(rng.uniform(0.5, 12))),
                "gpus_asked_1": pick(None, float(rng.integers(1, 300))),
                "demand_mtok_per_month": pick(None, float(10 ** rng.uniform(3, 7))),
                "demand_growth_per_year": float(rng.uniform(-0.3, 1)),
                "demand_cv": float(pick(0.0, rng.uniform(0.05, 1))),
                "tok_s_per_gpu_1": float(10 ** rng.uniform(2, 4.3)),
                "utilization_end_1": float(rng.uniform(0.05, 1)),
                "ramp_months": float(pick(0, 12)),
                "discount_rate": float(pick(0.0, rng.uniform(0.02, 0.3))),
                "depreciation_years": float(pick(2, 4, 7)),
                "residual_share": float(pick(0.0, 0.3)),
                "pue": float(rng.uniform(1, 1.6)),
                "software_usd_per_gpu_month": float(pick(0.0, 120.0)),
                "staff_usd_per_month": float(pick(0.0, 40_000.0)),
                "usd_per_mtok_input": float(10 ** rng.uniform(-2, 0.5)),
                "price_annual_factor": float(pick(1.0, 3.0)),
                "months": float(pick(12, 37, 60)),
                "limit_kv": float(pick(0.0, 35.0)),
                "limit_total": pick(None, 671.0),
            }
            for name, value in settings.items():
                model.set(name, value)
            model.recalculate()
            what = f"seed {seed} case {case} {settings}"
            assert model.named("check_master") == "OK", what
            assert_grids_are_kernels(writer, model, 1, what)
            for n in (1, 2):
                assert_core_is_kernel(writer, model, n, what)


def test_electricity_is_counted_once(small):
    """It moves a build-up; it moves neither a published rate nor a rent, which hold it already."""
    path, writer = small
    with Model(path) as model:
        model.recalculate()
        rate, rented = cell(writer, model, "rates_1.own_rate"), total(writer, model, "model_2.opex")
        model.set("usd_per_kwh", 0.2)
        model.recalculate()
        kw, more = model.named("kw_per_gpu_1"), 0.2 - 0.0861
        assert cell(writer, model, "rates_1.own_rate") == pytest.approx(rate + kw * more, rel=1e-3)
        assert total(writer, model, "model_2.opex") == pytest.approx(rented)
        assert total(writer, model, "model_2.energy") == total(writer, model, "model_2.hosting") == 0
        model.set("capex_usd_per_gpu_1", 0.0)
        model.recalculate()
        assert cell(writer, model, "rates_1.own_rate") == pytest.approx(model.named("rate_hyperscaler_1"))
        assert cell(writer, model, "rates_1.build_up") == "no price"
        assert total(writer, model, "model_1.energy") == 0
        assert cell(writer, model, "model_1.usd_per_gpu_hour") == model.named("rate_hyperscaler_1")
        assert model.named("check_master") == "OK"


def test_the_parts_of_a_gpu_hour_add_up_to_the_rate(made):
    _, writer, model = made
    for n in (1, 2, 3, 4):
        parts = [cell(writer, model, f"rates_{n}.{key}") for key, _ in PARTS]
        assert sum(parts) == pytest.approx(cell(writer, model, f"rates_{n}.own_rate"))
        gap = cell(writer, model, f"rates_{n}.over_hyperscaler")
        assert gap == pytest.approx(cell(writer, model, f"rates_{n}.build_up") - model.named(f"rate_hyperscaler_{n}"))


def test_all_platforms_serve_the_same_demand_with_fleets_of_whole_racks_or_servers(made):
    _, writer, model = made
    sold = {total(writer, model, f"model_{n}.sold") for n in range(1, 9)}
    assert max(sold) == pytest.approx(min(sold)) == pytest.approx(tco_inputs.DEFAULT_DEMAND * 60)
    for n in (1, 2, 3, 4):
        gpus, unit = cell(writer, model, f"fleet_{n}.gpus"), model.named(f"gpus_per_rack_{n}")
        needed = cell(writer, model, f"fleet_{n}.gpus_needed")
        assert gpus % unit == 0
        assert needed <= gpus < needed + unit
        a_gpu = 3600 * 730 / 1e6 * model.named(f"tok_s_per_gpu_{n}") * model.named("availability")
        assert needed == pytest.approx(tco_inputs.DEFAULT_DEMAND / (a_gpu * model.named(f"utilization_end_{n}")))


def test_growing_demand_is_served_in_its_last_month(small):
    path, writer = small
    with Model(path) as model:
        model.set("demand_growth_per_year", 0.8)
        model.recalculate()
        assert cell(writer, model, "fleet_1.served") == pytest.approx(1.0)
        assert cell(writer, model, "fleet_1.gpus") > 72


def test_at_the_break_even_use_owning_costs_what_the_api_costs(small):
    path, writer = small
    with Model(path) as model:
        model.recalculate()
        use = cell(writer, model, "even_1.own_use")
        model.set("availability", 1.0)
        model.set("utilization_end_1", use)
        model.set("gpus_asked_1", cell(writer, model, "fleet_1.gpus"))
        model.recalculate()
        assert cell(writer, model, "unit_1.own_cost") == pytest.approx(cell(writer, model, "unit_1.api_cost"), rel=1e-9)
        volume = cell(writer, model, "even_1.own_volume")
        fixed = cell(writer, model, "fleet_1.gpus") * 730 * cell(writer, model, "rates_1.own_rate")
        assert volume * cell(writer, model, "unit_1.api_cost") == pytest.approx(fixed)


def test_an_api_too_cheap_to_beat_says_never(small):
    path, writer = small
    with Model(path) as model:
        model.set("usd_per_mtok_input", 0.001)
        model.set("usd_per_mtok_output", 0.001)
        model.recalculate()
        assert cell(writer, model, "even_1.own_use") == cell(writer, model, "even_1.own_volume") == NEVER
        assert cell(writer, model, "life_1.cheapest") == "API"
        assert model.named("check_master") == "OK"


def test_a_throughput_above_what_memory_allows_is_called_impossible(small):
    path, writer = small
    with Model(path) as model:
        model.recalculate()
        assert cell(writer, model, "limit_1.verdict") == "within the limit"
        kernel = unit_cost.decode_limit_tok_s(
            model.named("limit_hbm_1"), 671.0, 37.0, 4.0, cell(writer, model, "limit_1.batch")
        )  # fmt: skip
        assert cell(writer, model, "limit_1.most") == pytest.approx(float(kernel) * model.named("limit_step"))
        # Three sequences on one GPU, no drafted tokens: each step reads 37 of 671 billion parameters for each of them.
        model.set("limit_speed_1", 500.0)
        model.set("limit_sharing_1", 1.0)
        model.set("limit_step", 1.0)
        model.recalculate()
        assert cell(writer, model, "limit_1.verdict") == "above the limit"
        said = [model.value("Dashboard", f"H{row}") for row in range(5, 20)]
        assert any("impossible as stated" in text for text in said if isinstance(text, str))
        assert model.named("check_master") == "OK"


def test_spent_so_far_ends_at_the_total_of_each_way(made):
    _, writer, model = made
    for n, key in ((1, "own_total"), (5, "rent_total")):
        place = writer.book.find(f"year_{n}.spent")
        assert model.at(place.sheet, place.row, place.last) == pytest.approx(cell(writer, model, f"life_1.{key}"))
    place = writer.book.find("year_1.api_spent")
    assert model.at(place.sheet, place.row, place.last) == pytest.approx(cell(writer, model, "life_1.api_total"))


def test_a_platform_without_a_price_to_buy_at_is_shown_at_its_published_rate_and_a_pod_is_not_bought_whole(tmp_path):
    writer = tco.compose(Options(version="test", platforms=("B300",)))
    model = build.build(writer, tmp_path / "b300.xlsx")
    assert cell(writer, model, "rates_1.owned_how") == "rent"
    assert cell(writer, model, "model_1.investment") == 0
    assert model.named("check_master") == "OK"
    writer = tco.compose(Options(version="test", platforms=("TPU v7x",), model="Qwen3.5-397B"))
    model = build.build(writer, tmp_path / "tpu.xlsx")
    assert model.named("gpus_per_rack_1") == core_inputs.SERVER
    assert cell(writer, model, "limit_1.verdict") == "not checked"  # parameters of this model are not in the catalogue
    assert model.named("check_master") == "OK"
