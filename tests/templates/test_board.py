"""The board report: plan or actual by quarter, and a bridge of the cost whose parts sum exactly."""

import numpy as np
import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from tokenbook.templates import build
from tokenbook.templates.engine import EngineError, Model
from tokenbook.templates.models.board import book as board
from tokenbook.templates.models.board import fleet
from tokenbook.templates.models.board.page import BETTER, EVEN, LONGEST, WORSE
from tokenbook.templates.models.shared.options import Options
from tokenbook.udfs.kernels import cost_bridge

MTOK_HOUR = 0.0036  # Mtok an hour at 1 tok/s


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("board") / "board.xlsx"
    writer = board.compose(Options(version="test"))
    return path, writer, build.build(writer, path)


@pytest.fixture(scope="module")
def four(tmp_path_factory):
    path = tmp_path_factory.mktemp("board") / "four.xlsx"
    options = Options(
        platforms=("GB300 NVL72", "GB200 NVL72", "B200", "H100"), months=18, currency="EUR", exchange_rate=0.9,
        version="test",
    )  # fmt: skip
    writer = board.compose(options)
    return path, writer, build.build(writer, path)


def at(writer, model, name, quarter=None):
    """A named cell, or the cell of a row in a quarter."""
    place = writer.book.find(name)
    return model.at(place.sheet, place.row, place.column if quarter is None else place.first + quarter)


def actual(writer, n, key, quarter):
    """The reference of a cell on Actuals."""
    place = writer.book.find(f"actual_{n}.{key}")
    return f"{place.sheet}!{get_column_letter(place.first + quarter)}{place.row}"


def factors(writer, model, count, quarter):
    return np.array(
        [[at(writer, model, f"unit_{n}.{key}", quarter) for key in fleet.FACTORS] for n in range(1, count + 1)]
    )


def assert_bridge(writer, model, count, quarter, case=""):
    """The native bridge of a quarter is the kernel's."""
    kernel = cost_bridge.cost_bridge(factors(writer, model, count, quarter - 1), factors(writer, model, count, quarter))
    native = {key: at(writer, model, f"fleet.{key}", quarter) for key in fleet.BRIDGE}
    *parts, after = native.values()
    scale = np.abs(kernel).max()
    assert sum(parts) == pytest.approx(after, abs=1e-12 * scale), f"{case} quarter {quarter}"
    spend, tokens = (at(writer, model, f"fleet.{key}", quarter) for key in ("spend", "tokens"))
    assert after == pytest.approx(spend / tokens, rel=1e-12), f"{case} quarter {quarter}"
    # The kernel knows the platforms that sell tokens.
    native["before"] -= at(writer, model, "fleet.idle", quarter - 1)
    native["after"] -= at(writer, model, "fleet.idle", quarter)
    seen = [native[key] for key in board.BY_FUNCTION]
    np.testing.assert_allclose(seen, kernel, rtol=0, atol=1e-9 * scale, err_msg=f"{case} quarter {quarter}")


def test_the_plan_by_quarter_is_the_model_by_month(made):
    _, writer, model = made
    for n in (1, 2):
        for native, monthly in (("sold", "sold"), ("revenue", "revenue"), ("opex", "opex")):
            place = writer.book.find(f"model_{n}.{monthly}")
            months = [model.at(place.sheet, place.row, place.first + month) for month in (4, 5, 6)]
            assert at(writer, model, f"quarter_{n}.{native}", 2) == pytest.approx(sum(months), rel=1e-12)
        hours = at(writer, model, f"quarter_{n}.gpu_hours", 2)
        assert hours == 72 * 730 * 3


def test_from_the_hour_to_the_transaction(made):
    """The chain of the title: each step is the one before, divided or multiplied by what the page shows."""
    path, writer, _ = made
    with Model(path) as model:
        model.set("requests_per_transaction", 25.0)
        model.recalculate()
        shown = {key: at(writer, model, f"report_1.{key}") for key, *_ in fleet.KPIS}
    assert shown["cost"] == pytest.approx(
        shown["rate"] / (shown["speed"] * MTOK_HOUR * shown["utilization"]), rel=1e-12
    )
    assert shown["cost"] == pytest.approx(shown["spend"] / shown["tokens"], rel=1e-12)
    assert shown["per_request"] == pytest.approx(shown["cost"] * (8192 + 1024) / 1e6, rel=1e-12)
    assert shown["per_transaction"] == pytest.approx(25 * shown["per_request"], rel=1e-12)
    assert shown["margin"] == pytest.approx(1 - shown["cost"] / shown["price"], rel=1e-12)


def test_the_fleet_is_the_sum_of_costs_over_the_sum_of_tokens(four):
    _, writer, model = four
    for quarter in (1, 3, 6):
        spend = sum(at(writer, model, f"unit_{n}.spend", quarter) for n in range(1, 5))
        tokens = sum(at(writer, model, f"unit_{n}.tokens", quarter) for n in range(1, 5))
        assert at(writer, model, "fleet.cost", quarter) == pytest.approx(spend / tokens, rel=1e-12)


@pytest.mark.parametrize("quarter", [2, 3, 4, 5, 6])
def test_the_bridge_of_the_plan_is_the_kernels(four, quarter):
    _, writer, model = four
    assert_bridge(writer, model, 4, quarter)


def test_the_first_quarter_has_no_bridge(made):
    path, writer, _ = made
    with Model(path) as model:
        model.set("report_quarter", 1.0)
        model.recalculate()
        assert at(writer, model, "fleet.bridged", 1) == 0
        assert all(at(writer, model, f"step_{n}.value") == 0 for n in range(1, len(fleet.BRIDGE) + 1))
        assert model.named("check_master") == "OK"
        page = openpyxl.load_workbook(path)["Dashboard"]
        texts = [model.at("Dashboard", row, column) for row in range(1, page.max_row) for column in range(1, 14)]
    assert "no quarter before" in texts
    assert any("There is no quarter before" in str(text) for text in texts)


def random_actuals(rng, writer, model, count, quarters):
    """Some cells of Actuals: any of them may stay blank; a platform may vanish or appear."""
    for quarter in quarters:
        for n in range(1, count + 1):
            idle = rng.random() < 0.1
            for key, _, _, _ in fleet.TYPED:
                if rng.random() < 0.6 and not idle:
                    plan = at(writer, model, f"quarter_{n}.{fleet.PLANNED.get(key, key)}", quarter)
                    model.set(actual(writer, n, key, quarter), float(plan * rng.uniform(0.3, 1.8)))
            if idle:
                model.set(actual(writer, n, "tokens", quarter), 0.0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_the_bridge_is_the_kernels_for_any_actual_figures(four, seed):
    path, writer, _ = four
    rng = np.random.default_rng(seed)
    with Model(path) as model:
        model.recalculate()
        for case in range(2):
            random_actuals(rng, writer, model, 4, range(1, 6))
            model.set("report_quarter", float(rng.integers(2, 6)))
            model.recalculate()
            for quarter in range(2, 6):
                assert_bridge(writer, model, 4, quarter, f"seed {seed} case {case}")
            assert model.named("check_master") == "OK", f"seed {seed} case {case}"


def test_each_cause_is_told_apart(made):
    """One thing changed in quarter 5 of a steady fleet moves its own part of the bridge and no other."""
    path, writer, _ = made
    with Model(path) as model:
        for name in ("software_months_1", "software_months_2", "inflation_per_year"):
            model.set(name, 0.0)  # else throughput and rate move every quarter
        for name in ("utilization_start_1", "utilization_start_2"):
            model.set(name, 0.6)
        model.recalculate()
        steady = [at(writer, model, f"fleet.{key}", 5) for key in fleet.BRIDGE]
        np.testing.assert_allclose(steady[1:-1], 0, atol=1e-12)
        for key, typed, factor in (
            ("by_rate", "spend", 1.2),
            ("by_speed", "throughput", 1.25),
            ("by_utilization", "tokens", 0.8),
        ):
            for n in (1, 2):
                plan = at(writer, model, f"quarter_{n}.{fleet.PLANNED.get(typed, typed)}", 5)
                model.set(actual(writer, n, typed, 5), plan * factor)
                if typed == "throughput":  # as many tokens more, so that utilisation stays
                    model.set(actual(writer, n, "tokens", 5), at(writer, model, f"quarter_{n}.sold", 5) * factor)
            model.recalculate()
            moved = {name: at(writer, model, f"fleet.{name}", 5) for name in fleet.BRIDGE[1:-1]}
            before, after = at(writer, model, "fleet.before", 5), at(writer, model, "fleet.after", 5)
            assert moved[key] == pytest.approx(after - before, rel=1e-9), (key, moved)
            for n in (1, 2):
                for each in ("spend", "throughput", "tokens"):
                    model.set(actual(writer, n, each, 5), None)


def test_a_blank_actual_shows_the_plan_and_a_zero_is_a_figure(made):
    path, writer, _ = made
    with Model(path) as model:
        model.recalculate()
        plan = at(writer, model, "fleet.plan_tokens", 2)
        assert at(writer, model, "fleet.tokens", 2) == plan
        assert at(writer, model, "fleet.status", 2) == "plan"
        model.set(actual(writer, 1, "tokens", 2), 0.0)
        model.recalculate()
        assert at(writer, model, "fleet.tokens", 2) == pytest.approx(at(writer, model, "quarter_2.sold", 2))
        assert at(writer, model, "fleet.status", 2) == "part actual"
        for n in (1, 2):
            for key in fleet.COUNTED:
                model.set(actual(writer, n, key, 2), 1000.0)
        model.recalculate()
        assert at(writer, model, "fleet.status", 2) == "actual"
        assert at(writer, model, "fleet.plan_tokens", 2) == plan
        assert model.named("check_master") == "OK"


def against(path, model, label):
    sheet = openpyxl.load_workbook(path)["Dashboard"]
    row = next(row for row in range(1, sheet.max_row) if sheet.cell(row, 1).value == label and sheet.cell(row, 2).value)
    return model.at("Dashboard", row, 9)


def test_targets_are_the_plan_until_they_are_typed(made):
    path, _, _ = made
    with Model(path) as model:
        model.recalculate()
        assert against(path, model, "Cost per million tokens") == EVEN
        model.set("target_cost", 0.05)
        model.set("target_utilization", 0.5)
        model.set("target_margin", 0.95)
        model.recalculate()
        assert against(path, model, "Cost per million tokens") == WORSE
        assert against(path, model, "Utilisation") == BETTER
        assert against(path, model, "Margin after capital recovery") == WORSE


def test_what_the_page_cannot_show_is_refused(made):
    path, writer, _ = made
    with Model(path) as model:
        for name, value in (("report_quarter", 0.0), ("report_quarter", 21.0), ("report_quarter", 2.5)):
            with pytest.raises(EngineError):
                model.set(name, value)
        model.set("commentary_1", "Utilisation rose with the new contract.")
        with pytest.raises(EngineError):
            model.set(actual(writer, 1, "tokens", 2), -1.0)
    rules = openpyxl.load_workbook(path)["Dashboard"].data_validations.dataValidation
    assert [rule.formula1 for rule in rules if rule.type == "textLength"] == [str(LONGEST)]


def test_the_page_prints_on_one_landscape_page_with_its_commentary(made):
    path, writer, _ = made
    sheet = openpyxl.load_workbook(path)["Dashboard"]
    assert sheet.page_setup.orientation == "landscape"
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 1)
    assert len(sheet._charts) == 4
    last = int(sheet.print_area.split("$")[-1])
    for n in (1, 2):
        ref = writer.workbook.defined_names[f"commentary_{n}"].attr_text
        box = next(
            area for area in sheet.merged_cells.ranges if area.coord.split(":")[0] == ref.split("!")[1].replace("$", "")
        )
        assert box.max_row <= last
        assert sheet.cell(box.min_row, box.min_col).alignment.wrap_text


def test_words_of_the_page_name_what_moved_the_cost(made):
    path, writer, _ = made
    with Model(path) as model:
        model.recalculate()
        plan = at(writer, model, "quarter_1.spend", 4)
        model.set(actual(writer, 1, "spend", 4), plan * 4)
        model.recalculate()
        texts = [str(model.at("Dashboard", row, 10)) for row in range(1, 25)]
        assert any("rate moved it most" in text for text in texts)
        model.set(actual(writer, 1, "tokens", 4), at(writer, model, "quarter_1.sold", 4) * 3)
        model.recalculate()
        texts = [str(model.at("Dashboard", row, 10)) for row in range(1, 25)]
        assert any("type the measured throughput" in text for text in texts)


def test_a_short_horizon_reports_its_last_quarter(tmp_path):
    writer = board.compose(Options(platforms=("B200",), months=7, version="test"))
    model = build.build(writer, tmp_path / "short.xlsx")
    assert at(writer, model, "inputs.report_quarter") == 3
    assert model.named("check_master") == "OK"
    assert at(writer, model, "fleet.gpu_hours", 3) == 72 * 730  # one month of the third quarter


def test_ten_years_fit(tmp_path):
    writer = board.compose(Options(platforms=("H200",), months=120, version="test"))
    model = build.build(writer, tmp_path / "long.xlsx")
    assert model.named("check_master") == "OK"
    assert at(writer, model, "q.label", 40) == "Q40"


def test_a_platform_that_sells_nothing_weighs_on_the_others(made):
    """Its spend stays in the cost of the fleet, and the bridge says so: the parts still sum."""
    path, writer, _ = made
    with Model(path) as model:
        model.set(actual(writer, 2, "tokens", 4), 0.0)
        model.recalculate()
        spend, tokens = at(writer, model, "unit_2.spend", 4), at(writer, model, "unit_1.tokens", 4)
        assert at(writer, model, "fleet.by_idle", 4) == pytest.approx(spend / tokens, rel=1e-12)
        assert_bridge(writer, model, 2, 4)
        assert model.named("check_master") == "OK"
