"""The cfo workbook: its statements are books that balance, its methods and bridge are the model under other inputs."""

import numpy as np
import pytest

from tokenbook.templates import build
from tokenbook.templates.engine import Model
from tokenbook.templates.models import cfo
from tokenbook.templates.models.shared import bridge
from tokenbook.templates.models.shared.depreciation_methods import SOURCES
from tokenbook.templates.models.shared.options import Options
from tokenbook.udfs.kernels import cash_flow, deployment, depreciation


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("cfo") / "cfo.xlsx"
    writer = cfo.compose(Options(version="test"))
    return path, writer, build.build(writer, path)


class Book:
    """Named cells and rows of the calculated workbook."""

    def __init__(self, writer, model):
        self.writer, self.model = writer, model

    def __call__(self, name):
        place = self.writer.book.find(name)
        return self.model.at(place.sheet, place.row, place.column)

    def row(self, name):
        place = self.writer.book.find(name)
        return np.array(
            [self.model.at(place.sheet, place.row, at) for at in range(place.first, place.last + 1)], dtype=float
        )

    def inputs(self, n):
        given = {item.name: self(f"model_{n}.{item.name}") for item in deployment.INPUTS}
        return {name: None if value in ("", None) else value for name, value in given.items()}


@pytest.fixture
def book(made):
    _, writer, model = made
    return Book(writer, model)


@pytest.fixture
def changed(made):
    """The workbook to type into."""
    path, writer, _ = made
    with Model(path) as model:

        def with_inputs(**settings):
            for name, value in settings.items():
                model.set(name, value)
            model.recalculate()
            return Book(writer, model)

        yield with_inputs


LOSSES = {"demand_mtok_per_month": 300_000.0, "depreciation_method": "DDB", "months": 40.0, "price_annual_factor": 3.0}


def npv(inputs, **changes):
    return float(deployment.run({**inputs, **changes}, outputs=["npv"]).outputs["npv"][0])


@pytest.mark.parametrize("settings", [{}, LOSSES, {"acquisition_2": "rent"}], ids=["default", "losses", "rent"])
@pytest.mark.parametrize("n", [1, 2])
def test_book_value_and_cash_are_the_profit_to_date(changed, n, settings):
    """A controller adds up the balance of any year."""
    book = changed(**settings)
    total = book.row(f"year_{n}.book_value") + book.row(f"year_{n}.cash")
    np.testing.assert_allclose(total, book.row(f"year_{n}.profit_to_date"), atol=1e-3)
    assert book.row(f"year_{n}.book_value")[-1] == pytest.approx(0, abs=1e-3)
    assert book.model.named("check_master") == "OK"


@pytest.mark.parametrize("settings", [{}, LOSSES], ids=["default", "losses"])
def test_years_are_the_sums_of_the_kernels_months(changed, settings):
    book = changed(**settings)
    lines = ["revenue", "opex", "depreciation", "ebit", "tax", "fcf", "losses_closing"]
    result = deployment.run(book.inputs(1), lines=lines)
    for year in range(1, 6):
        months = slice((year - 1) * 12 + 1, year * 12 + 1)
        for line in lines[:-1]:
            ours = book.row(f"year_1.{line}")[year]
            assert ours == pytest.approx(result.lines[line][0, months].sum(), rel=1e-9, abs=1e-3), f"{line} {year}"
    assert book.row("year_1.losses")[-1] == pytest.approx(result.lines["losses_closing"][0, -1], rel=1e-9, abs=1e-3)


@pytest.mark.parametrize("settings", [{}, LOSSES], ids=["default", "losses"])
@pytest.mark.parametrize("method", SOURCES)
def test_each_method_is_the_model_with_that_method(changed, method, settings):
    """The comparison must show what a reader would get by choosing the method on Inputs."""
    book = changed(**settings)
    number = list(SOURCES).index(method) + 1
    for n in (1, 2):
        size = abs(book(f"model_{n}.investment"))
        expected = npv(book.inputs(n), depreciation_method=method)
        assert abs(book(f"effect_{number}.npv_{n}") - expected) / size < 1e-9, f"platform {n}"


@pytest.mark.parametrize("method", ["SL", "SYD", "DDB", "MACRS5"])
def test_the_schedule_by_year_is_the_kernels(book, method):
    cost, salvage, life = (book(f"model_1.{key}") for key in ("investment", "residual_value", "life_months"))
    monthly = depreciation.schedule(method, cost, salvage, life, 60, per_year=12)
    np.testing.assert_allclose(book.row(f"schedule.{method.lower()}"), monthly.reshape(5, 12).sum(axis=1), rtol=1e-12)


def test_faster_depreciation_is_never_worth_less_where_there_are_profits(book):
    """Where every month has a profit, early deductions are worth more: digits over straight line."""
    assert book("effect_2.npv_1") > book("effect_1.npv_1")
    assert book("effect_2.saved") > book("effect_1.saved")


def test_the_bridge_takes_one_step_at_a_time(book):
    """Each step is what the kernel says if one assumption after the other is let in."""
    for n in (1, 2):
        inputs = book.inputs(n)
        flat = {"price_annual_factor": 1.0, "tax_rate": 0.0}
        still = {"software_gain": 1.0, "software_annual_gain": 0.0}
        values = [npv(inputs, **flat, **still), npv(inputs, **flat), npv(inputs, tax_rate=0.0), npv(inputs)]
        steps = [values[0], *np.diff(values), values[-1]]
        for (key, _), step in zip(bridge.STEPS, steps, strict=True):
            assert book(f"value_{n}.{key}") == pytest.approx(step, rel=1e-9), f"{key}, platform {n}"


def test_the_waterfall_floats_where_the_steps_are(changed):
    """Columns of the chart must begin and end where the bridge does, below zero too."""
    for settings in ({}, {"price_annual_factor": 20.0, "demand_mtok_per_month": 200_000.0}):
        book = changed(**settings)
        lower = book.row("bridge.hidden_above") + book.row("bridge.hidden_below") + book.row("bridge.below")
        upper = book.row("bridge.hidden_above") + book.row("bridge.hidden_below") + book.row("bridge.above")
        ends = np.array([book.row("bridge.from"), book.row("bridge.to")])
        np.testing.assert_allclose(lower, ends.min(axis=0), atol=1e-6)
        np.testing.assert_allclose(upper, ends.max(axis=0), atol=1e-6)
        parts = [f"bridge.{kind}_{side}" for kind in ("whole", "up", "down") for side in ("above", "below")]
        shown = sum(np.abs(book.row(part)) for part in parts)
        np.testing.assert_allclose(shown, np.abs(book.row("bridge.step")), atol=1e-6)
        assert book.row("bridge.to")[-2] == pytest.approx(book.row("bridge.to")[-1], abs=1e-3)


def test_other_discount_rates_are_the_model_at_those_rates(changed):
    for timing in ("end", "mid"):
        book = changed(timing=timing)
        for n in (1, 2):
            for number in range(1, 6):
                rate = book(f"rates_{number}.rate")
                assert rate == pytest.approx(0.10 + (number - 3) * 0.02)
                expected = npv(book.inputs(n), discount_rate=rate)
                assert book(f"rates_{number}.npv_{n}") == pytest.approx(expected, rel=1e-9)


def test_the_weighted_cost_of_capital_is_equity_and_taxed_debt(book):
    assert book("value.wacc") == pytest.approx(0.6 * 0.12 + 0.4 * 0.06 * 0.75)
    flows = book.row("model_1.fcf")
    monthly = (1 + book("value.wacc")) ** (1 / 12) - 1
    assert book("value_1.npv_at_wacc") == pytest.approx(float(cash_flow.npv(monthly, flows)), rel=1e-9)


def test_software_bends_the_cost_and_depreciation_does_not(book):
    """The cost in the books with software gains falls below the fixed one by exactly the gain, where all is sold."""
    gain = book("model_1.software_gain")
    ratio = book.row("unit_1.book_cost_static")[-1] / book.row("unit_1.book_cost")[-1]
    assert ratio == pytest.approx(gain)


@pytest.mark.parametrize("months", [36, 84, 120])
def test_the_years_follow_the_horizon(tmp_path, months):
    path = tmp_path / "long.xlsx"
    writer = cfo.compose(Options(platforms=("B200",), months=months, version="test"))
    book = Book(writer, build.build(writer, path))
    years = max(5, months // 12)
    assert len(book.row("year_1.fcf")) == years + 1
    assert len(book.row("schedule.sl")) == years
    assert book.row("year_1.fcf")[1 : months // 12 + 1].all()
    assert book("value_1.last_year") == months // 12
    assert book.model.named("check_master") == "OK"
