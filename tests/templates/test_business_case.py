"""The business case: its break-evens are zeros of the model, its views are what they say, its verdict follows them."""

import numpy as np
import pytest

from tokenbook.templates import build
from tokenbook.templates.engine import Model
from tokenbook.templates.models.business_case import book as business_case
from tokenbook.templates.models.business_case.inputs import BASE, CASES, HIGH, LOW, TRADITIONAL, VALUES
from tokenbook.templates.models.shared import break_even
from tokenbook.templates.models.shared.options import Options
from tokenbook.udfs.kernels import deployment


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("business-case") / "case.xlsx"
    writer = business_case.compose(Options(version="test"))
    return path, writer, build.build(writer, path)


@pytest.fixture
def open_case(made):
    """The workbook to type into: a function that sets inputs and gives a reader of named cells."""
    path, writer, _ = made
    with Model(path) as model:

        def with_inputs(**settings):
            for name, value in settings.items():
                model.set(name, value)
            model.recalculate()
            return lambda name: cell(writer, model, name)

        yield with_inputs


def cell(writer, model, name):
    place = writer.book.find(name)
    return model.at(place.sheet, place.row, place.column)


def grid_cell(writer, model, name, column):
    place = writer.book.find(name)
    return model.at(place.sheet, place.row, place.first + column)


def row(writer, model, name):
    place = writer.book.find(name)
    return np.array([model.at(place.sheet, place.row, at) for at in range(place.first, place.last + 1)], dtype=float)


def kernel_inputs(read, n=BASE):
    given = {item.name: read(f"model_{n}.{item.name}") for item in deployment.INPUTS}
    return {name: None if value in ("", None) else value for name, value in given.items()}


def npv_at(inputs, search, multiple):
    """The kernel's net present value with a lever at a multiple of the plan, and what it is to be measured against."""
    scaled = {**inputs, **{name: inputs[name] * multiple for name in break_even.SCALED[search]}}
    result = deployment.run(scaled, lines=["opex", "investment", "discount_factor", "revenue"], outputs=["npv"])
    lines = result.lines
    size = float(((lines["opex"] + lines["investment"] + lines["revenue"]) * lines["discount_factor"]).sum())
    return float(result.outputs["npv"][0]), max(1.0, size)


def random_inputs(rng):
    pick = lambda *choices: choices[rng.integers(len(choices))]  # noqa: E731
    return {
        "gpus_1": float(rng.integers(8, 400)),
        "tok_s_per_gpu_1": float(10 ** rng.uniform(2, 4.3)),
        "software_gain_1": float(pick(1.0, rng.uniform(0.5, 6))),
        "utilization_start_1": float(rng.uniform(0.05, 1)),
        "utilization_end_1": float(rng.uniform(0.05, 1)),
        "capex_usd_per_gpu_1": float(rng.uniform(1000, 80_000)),
        "demand_mtok_per_month": pick(None, None, float(10 ** rng.uniform(4, 7))),
        "demand_growth_per_year": float(pick(0.0, rng.uniform(-0.5, 1))),
        "demand_cv": float(pick(0.0, rng.uniform(0.05, 1.5))),
        "usd_per_mtok_input": float(10 ** rng.uniform(-1.5, 0.5)),
        "price_annual_factor": float(pick(1.0, rng.uniform(0.7, 10))),
        "price_floor": float(pick(0.0, 0.05)),
        "staff_usd_per_month": float(pick(0.0, rng.uniform(0, 1e5))),
        "months": float(pick(7, 36, 60)),
        "discount_rate": float(rng.uniform(0.02, 0.3)),
        "timing": pick("end", "mid"),
        "tax_rate": float(pick(0.0, 0.25, rng.uniform(0, 0.5))),
        "depreciation_method": pick("SL", "SYD", "DDB", "MACRS5", "UNITS"),
        "depreciation_years": float(pick(3, 5, 7)),
        "residual_share": float(pick(0.0, 0.1, 0.4)),
    }


@pytest.mark.parametrize("seed", range(12))
def test_at_each_break_even_after_tax_the_kernel_finds_no_value(open_case, seed):
    settings = random_inputs(np.random.default_rng(seed))
    read = open_case(**settings)
    inputs = kernel_inputs(read)
    for search in break_even.SCALED:
        multiple = read(f"search_{search}.multiple")
        if multiple == "none":
            # More volume must not help enough, or even free accelerators: there is no break-even to find.
            furthest = {"price": 1000, "volume": 1000, "capex": 0}[search]
            assert npv_at(inputs, search, furthest)[0] < 0, f"{search}: {settings}"
            continue
        value, size = npv_at(inputs, search, multiple)
        assert abs(value) / size < 1e-9, f"{search} at {multiple}: {settings}"


def test_margins_of_safety_have_the_sign_of_the_value(open_case):
    """Whoever reads a positive margin must find that the plan earns its capital, and the other way round."""
    for price in (0.9, 0.05):
        read = open_case(usd_per_mtok_input=price, usd_per_mtok_output=price)
        worth = read(f"model_{BASE}.npv") > 0
        assert worth == (price == 0.9)
        for lever in (1, 2, 4):
            assert (read(f"margin_{lever}.safety") > 0) == worth, f"lever {lever} at {price}"


def test_break_even_price_typed_into_the_inputs_gives_no_value(made, open_case):
    """A reader who types the break-even price into Inputs must see a net present value of zero."""
    read = open_case()
    factor = read("point_3.price") / read("point_1.price")
    before = read("search_price.other_value")
    read = open_case(
        usd_per_mtok_input=read("inputs.usd_per_mtok_input") * factor,
        usd_per_mtok_output=read("inputs.usd_per_mtok_output") * factor,
    )
    assert abs(read(f"model_{BASE}.npv") / before) < 1e-9
    assert read("margin_1.safety") == pytest.approx(0, abs=1e-9)


def test_the_traditional_view_is_a_static_asset(made):
    """Today's throughput, price and utilisation in every month, whatever the plan is."""
    _, writer, model = made
    n = TRADITIONAL
    assert set(row(writer, model, f"model_{n}.software")) == {1.0}
    assert np.ptp(row(writer, model, f"model_{n}.price")) == 0
    assert np.ptp(row(writer, model, f"model_{n}.utilization")) == 0
    assert row(writer, model, f"model_{n}.utilization")[0] == cell(writer, model, "inputs.p1.utilization_start")
    assert cell(writer, model, f"model_{n}.depreciation_method") == "SL"


def test_the_traditional_view_keeps_its_straight_line(open_case):
    read = open_case(depreciation_method="DDB")
    assert read(f"model_{TRADITIONAL}.depreciation_method") == "SL"
    assert read(f"model_{BASE}.depreciation_method") == "DDB"


def test_simple_payback_is_the_investment_over_the_cash_flow_of_the_first_year(made):
    _, writer, model = made
    read = lambda name: cell(writer, model, name)  # noqa: E731
    n = TRADITIONAL
    result = deployment.run(kernel_inputs(read, n), lines=["revenue", "opex", "tax", "investment"])
    lines = {name: values[0] for name, values in result.lines.items()}
    monthly = (lines["revenue"] - lines["opex"] - lines["tax"])[1:13].sum() / 12
    assert read(f"efficiency_{n}.simple_payback") == pytest.approx(lines["investment"][0] / monthly, rel=1e-12)


@pytest.mark.parametrize("n", range(1, len(CASES) + 1))
def test_every_case_is_the_kernel_with_the_levers_of_the_case(made, n):
    """The multipliers on Inputs act on the plan exactly as their notes say."""
    _, writer, model = made
    read = lambda name: cell(writer, model, name)  # noqa: E731
    plan = kernel_inputs(read)
    lever = {name: values[n - 1] for name, values in VALUES.items()}
    start, end = plan["utilization_start"], plan["utilization_end"]
    given = {
        **plan,
        "price_usd_per_mtok": plan["price_usd_per_mtok"] * lever["price_multiplier"],
        "price_floor": plan["price_floor"] * lever["price_multiplier"],
        "price_annual_factor": plan["price_annual_factor"] ** lever["price_fall_share"],
        "utilization_start": start * lever["utilization_multiplier"],
        "utilization_end": (start + (end - start) * lever["ramp_share"]) * lever["utilization_multiplier"],
        "software_gain": plan["software_gain"] ** lever["software_share"],
        "software_annual_gain": (1 + plan["software_annual_gain"]) ** lever["software_share"] - 1,
    }
    result = deployment.run(given, outputs=["npv", "lcot"]).outputs
    assert read(f"model_{n}.npv") == pytest.approx(result["npv"][0], rel=1e-9)
    assert read(f"model_{n}.lcot") == pytest.approx(result["lcot"][0], rel=1e-9)


def test_expected_value_weighs_the_three_cases(made):
    _, writer, model = made
    values = [cell(writer, model, f"model_{n}.npv") for n in (LOW, BASE, HIGH)]
    assert cell(writer, model, "outcome.expected") == pytest.approx(np.dot(values, [0.25, 0.5, 0.25]))


def test_rent_as_the_alternative_is_the_kernel_renting(made):
    _, writer, model = made
    read = lambda name: cell(writer, model, name)  # noqa: E731
    rented = {**kernel_inputs(read), "acquisition": "rent", "usd_per_gpu_hour": read("inputs.rental_usd_per_gpu_hour")}
    lcot = deployment.run(rented, outputs=["lcot"]).outputs["lcot"][0]
    assert read("way_2.levelised") == pytest.approx(lcot, rel=1e-12)
    assert read("way_1.levelised") == pytest.approx(read(f"model_{BASE}.lcot"), rel=1e-12)


def test_return_by_year_times_the_capital_in_use_is_the_profit(made):
    _, writer, model = made
    opening, closing, profit = (row(writer, model, f"year_{BASE}.{key}") for key in ("opening", "closing", "nopat"))
    for year in range(1, 6):
        roic = grid_cell(writer, model, f"year_{BASE}.roic", year)
        assert roic * (opening[year] + closing[year]) / 2 == pytest.approx(profit[year])
    investment = cell(writer, model, f"model_{BASE}.investment")
    assert opening[1] == pytest.approx(investment)
    assert closing[5] == pytest.approx(cell(writer, model, f"model_{BASE}.residual_value"))


@pytest.mark.parametrize(
    ("settings", "begins", "contains"),
    [
        ({}, "Approve 72 GPUs of GB200 NVL72", "passes the payback test"),
        ({"payback_asked": 3.0}, "Approve 72 GPUs", "fails the payback test"),
        ({"demand_mtok_per_month": 60_000.0}, "Do not approve", "net present value"),
        ({"price_multiplier_2": 0.3}, "Approve in stages", "the low case loses"),
        ({"safety_asked": 0.95}, "Approve in stages", "margin of safety is thinner"),
        ({"rental_usd_per_gpu_hour": 0.2}, "Approve in stages", "renting the same GPUs costs less"),
    ],
)
def test_the_recommendation_follows_the_tests(open_case, settings, begins, contains):
    """A board must not read "approve" where a test on the same page says no."""
    verdict = open_case(**settings)("decision.verdict")
    assert verdict.startswith(begins), verdict
    assert contains in verdict, verdict


def test_without_a_known_rent_the_page_says_so_and_decides_on_the_rest(open_case):
    read = open_case(rental_usd_per_gpu_hour=None)
    assert read("way_2.levelised") == "none"
    assert read("decision.verdict").startswith("Approve 72 GPUs")


def test_a_rented_proposal_has_no_payback_of_capital(open_case):
    """Every figure per unit of capital must say none instead of dividing by nothing."""
    read = open_case(acquisition_1="rent")
    assert read(f"efficiency_{BASE}.npv_per_usd") == "none"
    assert read("search_capex.multiple") == "none"
    assert read(f"efficiency_{BASE}.simple_payback") == 0
    assert read("decision.verdict")


def test_all_checks_are_ok(made):
    _, _, model = made
    assert model.named("check_master") == "OK"
