"""What the functions promise each other and their reader, beyond single figures."""

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tokenbook
from tokenbook.udfs.functions import about, registry
from tokenbook.udfs.functions.errors import DIV0, NA, NUM, VALUE, CellError, FunctionError

RACK = {
    "gpus": 72,
    "tok_s_per_gpu": 10_000,
    "capex_usd_per_gpu": 5e6 / 72,
    "price_usd_per_mtok": 1.1,
    "software_gain": 5,
    "months": 36,
}


def cell(name: str, *arguments):
    return registry()[name].in_cell(*arguments)


def raised(function, *arguments) -> str:
    with pytest.raises(FunctionError) as caught:
        function(*arguments)
    return caught.value.code


# --- domains --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "arguments", "code"),
    [
        ("tok_cost", (-1.0, 1000.0), NUM),
        ("tok_cost", (2.0, 0.0), DIV0),
        ("tok_cost", (2.0, 1000.0, 0.0), DIV0),
        ("tok_cost", (2.0, 1000.0, 1.01), NUM),
        ("tok_rate", (30000.0, 0.0), NUM),
        ("tok_rate", (30000.0, 4.0, -1.0), NUM),
        ("tok_rate", (30000.0, 4.0, 0.1, 1.1), NUM),
        ("tok_rate", (30000.0, 4.0, 0.1, 0.1, 1.7, 0.09, 0.9), NUM),
        ("tok_energy", (1.7, 0.0), DIV0),
        ("tok_joules", (1.7, 0.0), DIV0),
        ("tok_per_mw", (1000.0, 0.0), DIV0),
        ("tok_price_blended", (1.0, 2.0, 0.0, 0.0), DIV0),
        ("tok_price_blended", (1.0, 2.0, 8.0, 1.0, 1.1), NUM),
        ("tok_volume", (-1.0, 1000.0), NUM),
        ("tok_tokens_per_dollar", (0.0, 1000.0), DIV0),
        ("tok_expected_sold", (100.0, -0.1, 100.0), NUM),
        ("tok_decode_limit", (8.0, 120.0, 5.0, 4.0, 0.0), DIV0),
        ("tok_revenue_per_mw", (1.0, 1000.0, 0.0), DIV0),
        ("tok_margin", (0.0, 1.0), DIV0),
        ("tok_multiple", (75.0, 0.0), DIV0),
        ("tok_roi", (75.0, 0.0), DIV0),
        ("tok_breakeven_utilization", (2.0, 1000.0, 0.0), DIV0),
        ("tok_breakeven_throughput", (2.0, 0.0), DIV0),
        ("tok_price_curve", (1.0, 0.0, 12.0), NUM),
        ("tok_price_curve", (1.0, 2.0, 0.0), NUM),
        ("tok_software_curve", (12.0, 0.0, 2.0), NUM),
        ("tok_software_curve", (12.0, 5.0, -1.0), NUM),
        ("tok_ramp_curve", (12.0, 0.0, 1.0, -1.0), NUM),
        ("tok_learning_curve", (100.0, 0.0, 0.2), NUM),
        ("tok_learning_curve", (100.0, 4.0, 1.0), NUM),
        ("tok_npv", (-1.0, [[-5.0, 6.0]]), NUM),
        ("tok_irr", ([[-5.0]],), NUM),
        ("tok_payback", ([[-5.0, 1.0]],), NA),
        ("tok_eaa", (0.1, 100.0, 0.0), NUM),
        ("tok_depreciation", ("SL", 100.0, 0.0, 0.0, 5.0), NUM),
        ("tok_claim_audit", (0.0, 75.0, 72.0, 3.0), DIV0),
        ("tok_claim_audit", (5.0, 75.0, 72.0, 3.0, 0.0), DIV0),
    ],
)
def test_outside_its_domain_a_function_shows_the_documented_error(name, arguments, code):
    assert cell(name, *arguments) == code


@pytest.mark.parametrize(
    ("name", "arguments", "value"),
    [
        ("tok_cost", (0.0, 1000.0), 0.0),
        ("tok_volume", (0.0, 1000.0), 0.0),
        ("tok_revenue_per_rack", (1.0, 0.0), 0.0),
        ("tok_rate", (0.0, 4.0), 0.0),
        ("tok_expected_sold", (0.0, 0.5, 100.0), 0.0),
        ("tok_eaa", (0.0, 100.0, 4.0), 25.0),
        ("tok_payback", ([[5.0, 1.0]],), 0.0),
        ("tok_margin", (1.0, 1.5), -0.5),
        ("tok_request_cost", (0.0, 0.0, 1.0, 1.0), 0.0),
    ],
)
def test_zero_is_an_answer_where_it_is_one(name, arguments, value):
    assert cell(name, *arguments) == value


# --- unit cost ------------------------------------------------------------------------------------------

amounts = st.floats(0.01, 1e5)
shares = st.floats(0.01, 1)


@settings(deadline=None)
@given(rate=amounts, throughput=amounts, utilization=shares, more=st.floats(1.01, 100))
def test_cost_rises_with_the_rate_and_falls_with_the_throughput(rate, throughput, utilization, more):
    cost = tokenbook.tok_cost(rate, throughput, utilization)
    assert tokenbook.tok_cost(rate * more, throughput, utilization) > cost
    assert tokenbook.tok_cost(rate, throughput * more, utilization) < cost


@settings(deadline=None)
@given(rate=amounts, throughput=amounts, utilization=shares, margin=st.floats(0, 0.9))
def test_the_break_even_functions_undo_each_other(rate, throughput, utilization, margin):
    price = tokenbook.tok_breakeven_price(rate, throughput, utilization, margin)
    assert tokenbook.tok_breakeven_utilization(rate, throughput, price, margin) == pytest.approx(utilization)
    assert tokenbook.tok_breakeven_throughput(rate, price, utilization, margin) == pytest.approx(throughput)
    assert tokenbook.tok_margin(price, tokenbook.tok_cost(rate, throughput, utilization)) == pytest.approx(
        margin, abs=1e-12
    )


def test_a_margin_of_one_cannot_be_reached_at_any_price():
    assert raised(tokenbook.tok_breakeven_price, 2.0, 1000.0, 1.0, 1.0) == DIV0


def test_the_cost_split_lies_as_its_scenarios_do():
    single = cell("tok_cost_split", 1.95, 61612.7, 8192.0, 1024.0)
    assert (len(single), len(single[0])) == (1, 3)
    down = cell("tok_cost_split", 1.95, [[61612.7], [1000.0]], 8192.0, 1024.0)
    across = cell("tok_cost_split", 1.95, [[61612.7, 1000.0]], 8192.0, 1024.0)
    assert down[0] == single[0]
    assert across == [list(row) for row in zip(*down, strict=True)]
    assert cell("tok_cost_split", 1.95, 1000.0, 8192.0, 0.0)[0][2] == DIV0


def test_cached_tokens_are_part_of_the_input():
    whole = tokenbook.tok_request_cost(10_000, 0, 1.0, 0.0, 10_000, 0.1)
    assert whole == pytest.approx(0.001)
    assert raised(tokenbook.tok_request_cost, 1000, 0, 1.0, 1.0, 1001, 0.1) == NUM
    assert cell("tok_request_cost", [[1000.0, 2000.0]], 0.0, 1.0, 1.0, 1500.0) == [[NUM, 0.002]]


def test_an_omitted_cached_price_is_the_input_price():
    assert tokenbook.tok_price_blended(0.9, 2.98, 8, 1, 0.7) == tokenbook.tok_price_blended(0.9, 2.98, 8, 1)


mixes = st.lists(st.tuples(amounts, amounts, shares, amounts), min_size=1, max_size=4)


@settings(deadline=None)
@given(before=mixes, seed=st.integers(0, 1000))
def test_the_bridge_adds_up(before, seed):
    before = np.array(before)
    after = before * np.random.default_rng(seed).uniform(0.5, 2.0, before.shape)
    bridge = dict(tokenbook.tok_cost_bridge(before, after))
    effects = sum(bridge[name] for name in ("rate", "throughput", "utilization", "mix"))
    assert bridge["before"] + effects == pytest.approx(bridge["after"], rel=1e-9)


def test_the_bridge_reads_one_row_in_any_orientation_and_refuses_rows_without_shares():
    row, column = [[1.95, 5600.0, 0.8]], [[1.95], [5600.0], [0.8]]
    assert cell("tok_cost_bridge", row, column) == cell("tok_cost_bridge", row, row)
    found = cell("tok_cost_bridge", row * 2, row * 2)
    assert (found, found.message) == (VALUE, "before and after: several rows need a fourth column, their tokens")
    assert cell("tok_cost_bridge", row, row * 2) == VALUE
    assert cell("tok_cost_bridge", row, [[1.95, 0.0, 0.8]]) == [
        [name, DIV0] for name, _ in cell("tok_cost_bridge", row, row)
    ]


# --- cash flow ------------------------------------------------------------------------------------------

flows = st.lists(st.floats(-1e6, 1e6).map(lambda value: round(value, 2)), min_size=2, max_size=24)


@settings(deadline=None)
@given(flows=flows, rate=st.floats(-0.5, 1.0))
def test_the_running_value_ends_at_the_value(flows, rate):
    assert tokenbook.tok_npv_curve(rate, flows)[-1] == pytest.approx(tokenbook.tok_npv(rate, flows), rel=1e-9, abs=1e-6)


@settings(deadline=None)
@given(income=st.lists(st.floats(1, 1e6), min_size=1, max_size=60), cost=st.floats(1, 1e6), scale=st.floats(1e-6, 1e6))
def test_the_internal_rate_makes_the_value_zero_and_does_not_feel_the_scale(income, cost, scale):
    rate = tokenbook.tok_irr([-cost, *income])
    assert tokenbook.tok_npv(rate, [-cost, *income]) == pytest.approx(0, abs=1e-9 * (cost + sum(income)))
    assert tokenbook.tok_irr([-cost * scale, *(value * scale for value in income)]) == pytest.approx(
        rate, rel=1e-9, abs=1e-12
    )


def test_no_change_of_sign_has_no_internal_rate():
    assert raised(tokenbook.tok_irr, [1.0, 2.0, 3.0]) == NUM
    assert raised(tokenbook.tok_mirr, [1.0, 2.0, 3.0], 0.1, 0.1) == DIV0
    assert cell("tok_irr", [[-1.0, 2.0], [1.0, 2.0]]) == [[pytest.approx(1.0)], [NUM]]


def test_dated_flows_in_any_order_and_form_give_the_same_rate():
    values, dates = [-100.0, 60.0, 60.0], ["2026-01-01", "2027-01-01", "2028-01-01"]
    rate = tokenbook.tok_xirr(values, dates)
    assert tokenbook.tok_xirr(values[::-1], dates[::-1]) == pytest.approx(rate)
    assert tokenbook.tok_xirr(values, np.array(dates, dtype="datetime64[ns]")) == pytest.approx(rate)
    np.testing.assert_allclose(tokenbook.tok_xirr(np.array([values, values]), dates), [rate, rate])
    assert tokenbook.tok_xnpv(rate, values, dates) == pytest.approx(0, abs=1e-9)


def test_nothing_paid_yet_has_no_return():
    assert cell("tok_roi_curve", [[0.0, -5.0, 10.0]]) == [[DIV0, -1.0, 1.0]]


def test_levelised_cost_is_the_price_at_which_the_value_is_zero():
    costs, mtok = np.array([5e6, 1e5, 1e5, -5e5]), np.array([0.0, 2e6, 3e6, 4e6])
    price = tokenbook.tok_lcot(0.1, costs, mtok)
    assert tokenbook.tok_npv(0.1, price * mtok - costs) == pytest.approx(0, abs=1e-6)
    assert raised(tokenbook.tok_lcot, 0.1, [1.0, 1.0], [0.0, 0.0]) == DIV0


@pytest.mark.parametrize("method", ["SL", "SYD", "DDB", "UNITS"])
def test_schedules_sum_to_the_cent(method):
    units = [3.0, 1.0, 0.0, 2.0, 5.0] if method == "UNITS" else None
    schedule = tokenbook.tok_depreciation(method, 3_333_333.33, 333_333.33, 5, 5, units)
    assert round(math.fsum(schedule), 2) == 3_000_000.00


def test_the_macrs_schedule_ignores_salvage_and_sums_to_the_cost():
    assert math.fsum(tokenbook.tok_depreciation("macrs7", 1000, 400, 7, 8)) == pytest.approx(1000, abs=0.005)


def test_a_schedule_by_units_needs_them_in_full():
    assert raised(tokenbook.tok_depreciation, "UNITS", 100, 0, 3, 3) == VALUE
    assert raised(tokenbook.tok_depreciation, "UNITS", 100, 0, 3, 3, [1.0, 2.0]) == VALUE
    assert raised(tokenbook.tok_depreciation, "UNITS", 100, 0, 3, 2, [0.0, 0.0]) == NUM
    assert raised(tokenbook.tok_depreciation, "SL", 100, 101, 3, 3) == NUM


# --- curves and frontier --------------------------------------------------------------------------------


def test_the_fit_finds_the_factor_of_the_price_curve():
    prices = tokenbook.tok_price_curve(2.0, 7.0, 5, per_year=1)
    factor, fit = tokenbook.tok_fit_decline(45000 + 365.0 * np.arange(5), prices)
    assert (factor, fit) == (pytest.approx(7.0), pytest.approx(1.0))
    assert cell("tok_fit_decline", [[45000.0], [45365.0]], [[2.0], [2.0]]) == [[1.0], [NUM]]


def test_the_declining_cost_is_the_static_cost_over_the_software_gain():
    static, declining = (tokenbook.tok_cost_curve(2.0, 1000, 0.8, gain, 2, 13, 0.2 * (gain > 1)) for gain in (1, 5))
    np.testing.assert_allclose(static / declining, tokenbook.tok_software_curve(13, 5, 2, 0.2))


def test_the_frontier_lies_as_its_points_do():
    x, y = [20.0, 50.0, 60.0, 100.0], [12000.0, 7000.0, 8000.0, 1000.0]
    rows = cell("tok_frontier", [x], [y])
    columns = cell("tok_frontier", [[value] for value in x], [[value] for value in y])
    assert rows == [[20.0, 60.0, 100.0], [12000.0, 8000.0, 1000.0]]
    assert columns == [list(pair) for pair in zip(*rows, strict=True)]


def test_nothing_is_extrapolated():
    points = [50.0, 100.0], [9000.0, 4000.0]
    assert cell("tok_throughput_at", [[49.9, 50.0, 100.0, 100.1]], *points) == [[NA, 9000.0, 4000.0, NA]]
    assert cell("tok_cost_at", 2.0, 49.9, *points) == NA


# --- deployment -----------------------------------------------------------------------------------------


def as_range(inputs: dict) -> list[list]:
    return [[name, *(value if isinstance(value, list) else [value])] for name, value in inputs.items()]


def test_a_mapping_and_a_range_give_the_same_answer():
    assert tokenbook.tok_deployment(RACK, "npv") == cell("tok_deployment", as_range(RACK), "npv")


def test_the_table_holds_every_output_and_each_is_what_it_is_alone():
    table = dict(tokenbook.tok_deployment(RACK))
    names = [row[0] for row in tokenbook.tok_deployment_names("outputs")[1:]]
    assert list(table) == names
    for name, value in table.items():
        assert value == cell("tok_deployment", as_range(RACK), name)


def test_an_error_says_what_kind_of_answer_is_missing():
    assert raised(tokenbook.tok_deployment, RACK | {"price_usd_per_mtok": 0}, "payback_months") == NA
    assert raised(tokenbook.tok_deployment, RACK | {"price_usd_per_mtok": 0}, "irr") == NUM
    assert raised(tokenbook.tok_deployment, RACK, "revenue_per_mw_year") == DIV0
    scenarios = RACK | {"price_usd_per_mtok": [1.1, 0.0]}
    assert cell("tok_deployment", as_range({k: v if isinstance(v, list) else [v, v] for k, v in scenarios.items()}),
                "payback_months")[0][1] == NA  # fmt: skip
    assert np.isnan(tokenbook.tok_deployment(scenarios, "payback_months")).tolist() == [False, True]


def test_a_thousand_scenarios_are_one_call():
    prices = np.linspace(0.1, 2.0, 1000)
    values = tokenbook.tok_deployment(RACK | {"price_usd_per_mtok": prices}, "npv")
    assert values.shape == (1000,)
    assert (np.diff(values) > 0).all()
    assert values[-1] == pytest.approx(tokenbook.tok_deployment(RACK | {"price_usd_per_mtok": 2.0}, "npv"), rel=1e-12)


def test_the_running_value_of_the_model_ends_at_its_value():
    curve = tokenbook.tok_deployment_curve(RACK, "npv_curve")
    assert curve.shape == (37,)
    assert curve[-1] == pytest.approx(tokenbook.tok_deployment(RACK, "npv"), rel=1e-12)


def test_a_month_without_sales_is_left_out_of_a_chart():
    curve = cell("tok_deployment_curve", as_range(RACK), "cost_per_mtok")
    assert (len(curve), len(curve[0]), curve[0][0]) == (1, 37, NA)
    assert isinstance(curve[0][1], float)


def test_scenarios_in_columns_give_curves_down_columns():
    curve = cell("tok_deployment_curve", [[*row, row[1]] for row in as_range(RACK)], "price")
    assert (len(curve), len(curve[0])) == (37, 2)


def test_the_value_of_the_declining_curve_is_the_difference():
    table = {row[0]: row[1:] for row in tokenbook.tok_static_vs_declining(RACK)[1:]}
    assert tokenbook.tok_static_vs_declining(RACK)[0] == ["line", "declining", "static", "difference"]
    for name in ("npv", "lcot"):
        declining, static, difference = table[name]
        assert declining == tokenbook.tok_deployment(RACK, name)
        assert static == tokenbook.tok_deployment(RACK | {"software_gain": 1, "software_annual_gain": 0}, name)
        assert difference == declining - static
    assert table["npv"][2] > 0 > table["lcot"][2]
    assert raised(tokenbook.tok_static_vs_declining, RACK | {"gpus": [72, 8]}) == VALUE


def test_the_list_of_inputs_is_a_range_for_the_model_once_the_required_ones_are_filled_in():
    rows = [row[:2] for row in cell("tok_deployment_names")[1:]]
    filled = [[name, RACK.get(name, default)] for name, default in rows]
    assert cell("tok_deployment", filled, "npv") == tokenbook.tok_deployment(RACK, "npv")
    assert cell("tok_deployment", rows, "npv") == VALUE


# --- baselines ------------------------------------------------------------------------------------------


def test_a_figure_and_its_citation_agree():
    value = tokenbook.tok_baseline("B200", "usd_per_gpu_hour", "", "hyperscaler", "2026-04-30")
    line = tokenbook.tok_baseline_source("B200", "usd_per_gpu_hour", "", "hyperscaler", "2026-04-30")
    assert line.startswith(f"{value:g} USD/GPU-h")
    assert "2025-10" in line
    assert "confidence high" in line


@pytest.mark.parametrize("as_of", ["2026-04-30", "2026-04", 46142.0, dt.date(2026, 4, 30)])
def test_the_date_of_knowledge_may_come_in_any_form(as_of):
    assert tokenbook.tok_baseline("B200", "usd_per_gpu_hour", "", "hyperscaler", as_of) == 1.95


def test_a_figure_that_is_not_unique_is_not_guessed():
    found = cell("tok_baseline", "B200", "usd_per_gpu_hour", "", "", "2026-04-30")
    assert found == NA
    assert "say which tier" in found.message


def test_figures_of_no_platform_are_found_without_one():
    assert 1 < tokenbook.tok_baseline("", "pue") < 2
    assert cell("tok_baseline", None, "pue") == tokenbook.tok_baseline("", "pue")


def test_figures_of_several_platforms_and_metrics_are_one_call():
    found = cell("tok_baseline", [["B200"], ["H100"]], [["tdp_w", "hbm_gb", "no metric"]])
    assert found == [[1000.0, 180.0, NA], [700.0, 80.0, NA]]
    assert "no metric" in found[0][2].message


def test_tables_of_the_catalogue_name_their_columns():
    table = cell("tok_baselines", "H100", "usd_per_gpu_hour")
    assert table[0][:6] == ["platform", "metric", "model", "words", "value", "unit"]
    assert {row[0] for row in table[1:]} == {"H100"}
    assert all(isinstance(row[4], float) for row in table[1:])
    assert cell("tok_baselines", "Trainium2", "hbm_gb", "2001-01-01") == NA


def test_lists_of_platforms_metrics_and_claims():
    platforms = [row[0] for row in cell("tok_platforms")]
    assert {"GB200 NVL72", "GB300 NVL72", "B200", "H100", "MI355X"} <= set(platforms)
    assert {row[0] for row in cell("tok_platforms", "rack_price_usd")} < set(platforms)
    metrics = {row[0]: row[1] for row in cell("tok_metrics")[1:]}
    assert metrics["usd_per_gpu_hour"] == "USD/GPU-h"
    assert "total_tok_s_per_gpu" in {row[0] for row in cell("tok_metrics", "GB200")[1:]}
    for id, *_ in cell("tok_claims")[1:]:
        assert len(cell("tok_claim", id)) > 20


def test_a_claim_gives_texts_and_figures():
    assert cell("tok_claim", "15x", [["platform", "multiple", "nonsense"]]) == [["GB200 NVL72", 15.0, NA]]


def test_an_audit_without_a_throughput_gives_what_it_can():
    audit = dict(tokenbook.tok_claim_audit(5e6, 75e6, 72, 3))
    assert audit["net_roi"] == 14.0
    assert audit["mtok"] == NA
    assert isinstance(audit["mtok"], CellError)


def test_the_version_names_catalogue_and_host(monkeypatch):
    monkeypatch.setattr(about, "host", "LibreOffice")
    words = tokenbook.tok_version()
    assert words.startswith("Tokenbook ")
    assert ", catalogue 20" in words
    assert words.endswith(", host LibreOffice")


def test_a_copy_that_is_not_installed_knows_its_version(monkeypatch):
    import tomllib
    from pathlib import Path

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == about.SOURCE_VERSION

    def not_installed(name):
        raise about.PackageNotFoundError(name)

    monkeypatch.setattr(about, "version", not_installed)
    assert about.tokenbook_version() == about.SOURCE_VERSION


def test_a_team_catalogue_that_cannot_be_read_is_said_not_swallowed(monkeypatch, tmp_path):
    monkeypatch.setenv("TOKENBOOK_CATALOG", str(tmp_path / "missing.csv"))
    found = cell("tok_baseline", "B200", "tdp_w")
    assert found == VALUE
    assert "missing.csv" in found.message
