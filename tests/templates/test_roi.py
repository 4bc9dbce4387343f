"""The roi workbook: right everywhere it is opened, and the same in sheet, kernel, engine and LibreOffice."""

import numpy as np
import pytest
from python_calamine import CalamineWorkbook

from tokenbook.templates import build
from tokenbook.templates.engine import Model
from tokenbook.templates.models import roi
from tokenbook.templates.models.shared.options import Options
from tokenbook.udfs.kernels import deployment

LINES = {  # native row -> line of the kernel
    "software": "software",
    "utilization": "utilization",
    "capacity": "capacity_mtok",
    "sold": "sold_mtok",
    "price": "price",
    "revenue": "revenue",
    "energy": "energy",
    "hosting": "hosting",
    "maintenance": "maintenance",
    "licences": "licences",
    "staff": "staff",
    "rent": "rent",
    "opex": "opex",
    "depreciation": "depreciation",
    "ebit": "ebit",
    "taxable": "taxable",
    "losses_closing": "losses_closing",
    "tax": "tax",
    "fcf": "fcf",
    "discount_factor": "discount_factor",
    "npv_curve": "npv_curve",
    "capital_recovery": "capital_recovery",
    "cost_per_mtok": "cost_per_mtok",
}
OUTPUTS = {  # native constant -> output of the kernel
    "npv": "npv",
    "irr": "irr",
    "payback": "payback_months",
    "lcot": "lcot",
    "revenue_multiple": "revenue_multiple",
    "net_roi": "net_roi",
    "cost_per_mtok_first": "cost_per_mtok_first",
    "cost_per_mtok_last": "cost_per_mtok_last",
    "revenue_per_rack_year": "revenue_per_rack_year",
    "revenue_per_mw_year": "revenue_per_mw_year",
    "gross_margin": "gross_margin",
    "average_utilization": "average_utilization",
    "peak_funding": "peak_funding",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The default workbook as ``tokenbook demo`` writes it: its path, writer and model."""
    path = tmp_path_factory.mktemp("roi") / "roi.xlsx"
    writer = roi.compose(Options(version="test"))
    return path, writer, build.build(writer, path)


def row_values(writer, model, name, months):
    place = writer.book.find(name)
    return np.array([model.at(place.sheet, place.row, place.first + t) for t in range(months + 1)], dtype=float)


def cell_value(writer, model, name):
    place = writer.book.find(name)
    return model.at(place.sheet, place.row, place.column)


def cell_total(writer, model, name):
    place = writer.book.find(name)
    return model.at(place.sheet, place.row, place.total)


def kernel_inputs(writer, model, n):
    """The kernel's inputs, read off the constants of platform n's block."""
    given = {}
    for item in deployment.INPUTS:
        value = cell_value(writer, model, f"model_{n}.{item.name}")
        given[item.name] = None if value in ("", None) else value
    return given


def assert_core_is_kernel(writer, model, n, case=""):
    inputs = kernel_inputs(writer, model, n)
    result = deployment.run(inputs, lines=list(LINES.values()), outputs=list(OUTPUTS.values()))
    months = result.months
    money = max(1.0, float(np.nansum(np.abs(result.lines["revenue"])) + np.nansum(np.abs(result.lines["opex"]))))
    for native, line in LINES.items():
        sheet = row_values(writer, model, f"model_{n}.{native}", months)
        kernel = np.nan_to_num(result.lines[line][0])  # the sheet shows 0 where a month has no cost per token
        scale = np.maximum(np.abs(kernel), 1e-9)
        if native in ("ebit", "taxable", "losses_closing", "tax", "fcf", "npv_curve"):
            scale = np.full_like(kernel, money)  # differences of large sums, which may be near zero
        np.testing.assert_array_less(np.abs(sheet - kernel) / scale, 1e-9, err_msg=f"{case} {native}")
    turns = cell_total(writer, model, f"model_{n}.turn")
    for native, output in OUTPUTS.items():
        if native == "irr" and turns > 1:
            continue  # several rates may answer; which one is found depends on the search
        sheet, kernel = cell_value(writer, model, f"model_{n}.{native}"), result.outputs[output][0]
        if isinstance(sheet, str):
            assert np.isnan(kernel), f"{case} {native}: the sheet says {sheet}, the kernel {kernel}"
        else:
            assert not np.isnan(kernel), f"{case} {native}: the kernel has no answer, the sheet {sheet}"
            scale = money if native in ("npv", "peak_funding") else max(abs(kernel), 1e-9)
            tolerance = 1e-7 if native == "irr" else 1e-9  # an engine's IRR() stops at its own tolerance
            assert abs(sheet - kernel) / scale < tolerance, f"{case} {native}: {sheet} {kernel}"


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_native_core_and_kernel_agree_in_every_month(made, n):
    _, writer, model = made
    assert_core_is_kernel(writer, model, n)


def test_other_readers_see_the_numbers(made):
    path, _, model = made
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("Dashboard").to_python()
    shown = {row[0]: row for row in rows if row and row[0]}
    assert shown["Net present value"][2] == pytest.approx(model.named("npv_1"))
    assert shown["Per platform"][2:6] == list(roi.DEFAULT_PLATFORMS)


def test_an_override_shows(made, tmp_path):
    path, writer, _ = made
    place = writer.book.find("inputs.p1.kw_per_gpu")
    with Model(path) as model:
        model.recalculate()
        status = f"H{place.row}"
        assert model.value("Inputs", status) == "baseline"
        model.set("kw_per_gpu_1", 2.5)
        model.recalculate()
        assert model.value("Inputs", status) == "override"


def random_settings(rng):
    """One random set of inputs for platform 1 and the globals: losses, caps, no tax, rent, every method."""
    pick = lambda *choices: choices[rng.integers(len(choices))]  # noqa: E731
    return {
        "gpus_1": float(rng.integers(1, 400)),
        "tok_s_per_gpu_1": float(rng.uniform(50, 20_000)),
        "software_gain_1": float(pick(1.0, rng.uniform(0.5, 6))),
        "software_months_1": float(pick(0, 1, 2.5, 7, 90)),
        "software_annual_gain_1": float(pick(0.0, rng.uniform(-0.2, 0.6))),
        "utilization_start_1": float(rng.uniform(0, 1)),
        "utilization_end_1": float(rng.uniform(0, 1)),
        "acquisition_1": pick("own", "own", "rent"),
        "capex_usd_per_gpu_1": float(rng.uniform(0, 80_000)),
        "usd_per_gpu_hour_1": float(rng.uniform(0.5, 6)),
        "kw_per_gpu_1": float(rng.uniform(0, 3)),
        "ramp_months": float(pick(0, 1, 12, 40)),
        "ramp_shape": pick("linear", "logistic"),
        "availability": float(rng.uniform(0.5, 1)),
        "demand_mtok_per_month": pick(None, None, 0.0, float(10 ** rng.uniform(2, 7))),
        "demand_growth_per_year": float(pick(0.0, rng.uniform(-0.5, 1))),
        "demand_cv": float(pick(0.0, 0.0, rng.uniform(0.05, 1.5))),
        "usd_per_mtok_input": float(10 ** rng.uniform(-2.5, 0.5)),
        "usd_per_mtok_output": float(10 ** rng.uniform(-2, 1)),
        "cached_share": float(pick(0.0, rng.uniform(0, 1))),
        "cached_price_ratio": float(rng.uniform(0, 1)),
        "price_annual_factor": float(pick(1.0, rng.uniform(0.7, 10))),
        "price_floor": float(pick(0.0, 0.05, 1.0)),
        "installation_share": float(rng.uniform(0, 0.8)),
        "pue": float(rng.uniform(1, 1.6)),
        "usd_per_kwh": float(rng.uniform(0, 0.3)),
        "hosting_usd_per_kw_month": float(pick(0.0, rng.uniform(20, 200))),
        "maintenance_share_per_year": float(rng.uniform(0, 0.1)),
        "software_usd_per_gpu_month": float(pick(0.0, rng.uniform(0, 500))),
        "staff_usd_per_month": float(pick(0.0, rng.uniform(0, 1e5))),
        "inflation_per_year": float(pick(0.0, rng.uniform(-0.02, 0.1))),
        "months": float(pick(1, 7, 36, 48, 60, 60)),
        "discount_rate": float(pick(0.0, 0.1, rng.uniform(0, 0.4))),
        "timing": pick("end", "mid"),
        "tax_rate": float(pick(0.0, 0.25, rng.uniform(0, 0.5))),
        "depreciation_method": pick("SL", "SYD", "DDB", "MACRS5", "UNITS"),
        "depreciation_years": float(pick(1, 3, 5, 7)),
        "residual_share": float(pick(0.0, 0.1, 0.4)),
    }


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A workbook of one platform, which calculates four times as fast."""
    path = tmp_path_factory.mktemp("roi") / "one.xlsx"
    writer = roi.compose(Options(platforms=("GB200 NVL72",), version="test"))
    build.build(writer, path)
    return path, writer


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_native_core_and_kernel_agree_on_random_inputs(small, seed):
    path, writer = small
    rng = np.random.default_rng(seed)
    with Model(path) as model:
        for case in range(20):
            settings = random_settings(rng)
            for name, value in settings.items():
                model.set(name, value)
            model.recalculate()
            assert_core_is_kernel(writer, model, 1, f"seed {seed} case {case} {settings}:")
            assert model.named("check_master") == "OK", f"seed {seed} case {case} {settings}"
