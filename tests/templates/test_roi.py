"""The roi workbook: right everywhere it is opened, and the same in sheet, kernel, engine and LibreOffice."""

import zipfile

import numpy as np
import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from templates import build, ooxml
from templates.engine import Model
from templates.models import core_inputs, roi
from templates.models.options import Options
from udfs.functions.errors import is_error
from udfs.kernels import deployment

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


def test_every_formula_cell_has_a_cached_value_and_none_is_an_error(made):
    path, _, _ = made
    count = 0
    with ooxml.open_package(path) as package:
        for sheet in package.sheets:
            for cell in package.cells(sheet):
                if cell.formula is not None:
                    count += 1
                    assert cell.value is not None, f"{sheet}!{cell.ref} shows nothing"
                    assert not is_error(cell.value), f"{sheet}!{cell.ref} shows {cell.value}"
    assert count > 10_000


def test_all_checks_are_ok_with_the_functions_at_hand(made):
    _, _, model = made
    assert model.named("check_master") == "OK"


def test_reading_the_file_again_gives_the_values_that_were_stored(made):
    path, _, model = made
    with Model(path) as again:
        again.recalculate()
        fresh = again.values()
    for sheet, cells in model.values().items():
        for ref, value in cells.items():
            if isinstance(value, float):
                assert fresh[sheet][ref] == pytest.approx(value, rel=1e-12, abs=1e-12), f"{sheet}!{ref}"
            else:
                assert fresh[sheet][ref] == value, f"{sheet}!{ref}"


def test_excel_is_not_asked_to_recalculate_and_spills_are_dynamic(made):
    path, writer, _ = made
    with zipfile.ZipFile(path) as package:
        workbook = package.read("xl/workbook.xml").decode()
        names = package.namelist()
        panels = package.read("xl/worksheets/sheet7.xml").decode()
    assert 'calcId="191029"' in workbook
    assert "fullCalcOnLoad" not in workbook
    assert "xl/metadata.xml" in names
    assert panels.count('cm="1"') == len(writer.dynamic["Panels"]) == 8


def test_the_same_call_gives_the_same_bytes(made, tmp_path):
    path, _, _ = made
    again = tmp_path / "again.xlsx"
    build.build(roi.compose(Options(version="test")), again)
    assert again.read_bytes() == path.read_bytes()


def test_other_readers_see_the_numbers(made):
    path, _, model = made
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("Dashboard").to_python()
    shown = {row[0]: row for row in rows if row and row[0]}
    assert shown["Net present value"][2] == pytest.approx(model.named("npv_1"))
    assert shown["Per platform"][2:6] == list(roi.DEFAULT_PLATFORMS)


def test_every_prefilled_figure_stands_on_baselines_with_its_source(made):
    path, writer, _ = made
    book = openpyxl.load_workbook(path)
    header = [cell.value for cell in book["Baselines"][4]]
    by_key = {}
    for row in book["Baselines"].iter_rows(min_row=5, values_only=True):
        named = dict(zip(header, row, strict=True))
        by_key[named["Key"]] = named
    assert len(writer.bindings) > 40
    for binding in writer.bindings:
        row = by_key[binding.baseline.id]
        cell = book[binding.place.sheet].cell(binding.place.row, binding.place.column)
        assert cell.value == row["Value"] == binding.baseline.value, binding.name
        assert row["Source"], f"{binding.name} has no source"
        assert row["As of"], f"{binding.name} has no date"
        assert row["Confidence"] in ("high", "medium", "low")


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
        for case in range(50):
            settings = random_settings(rng)
            for name, value in settings.items():
                model.set(name, value)
            model.recalculate()
            assert_core_is_kernel(writer, model, 1, f"seed {seed} case {case} {settings}:")
            assert model.named("check_master") == "OK", f"seed {seed} case {case} {settings}"


# With these set every input has an effect: demand is limited and volatile, the cache used, the price floor reached.
ALIVE = {
    "demand_mtok_per_month": 900_000.0, "demand_cv": 0.3, "cached_share": 0.4, "price_floor": 0.2,
    "ramp_shape": "logistic",
    "depreciation_method": "DDB", "software_annual_gain_1": 0.1, "software_usd_per_gpu_month": 10.0, "months": 40.0,
}  # fmt: skip
OTHER = {
    "ramp_shape": "linear", "timing": "mid", "depreciation_method": "SL", "acquisition_1": "rent", "months": 39.0,
    "gpus_1": 73.0, "pue": 1.3, "availability": 0.8, "depreciation_years": 4.0,
}  # fmt: skip
LABELS = {"platform", "model", "start_date"}


def test_no_input_is_dead(small):
    """Each input, changed alone, changes a result; a dead input would make a reader believe in a lever."""
    path, writer = small
    results = [f"model_1.{name}" for name in (*OUTPUTS, "revenue_per_mw_year")]
    with Model(path) as model:
        for name, value in ALIVE.items():
            model.set(name, value)
        model.recalculate()
        base = [cell_value(writer, model, name) for name in results]
        items = core_inputs.by_name(core_inputs.sections(60)).values()
        names = [f"{item.name}_1" if item.each else item.name for item in items]
        for name in names:
            if name.removesuffix("_1") in LABELS:
                continue
            if name == "usd_per_gpu_hour_1":  # lives where the platform is rented
                model.set("acquisition_1", "rent")
                model.recalculate()
            before = [cell_value(writer, model, result) for result in results]
            old = model.named(name)
            model.set(name, OTHER[name] if name in OTHER else old * 1.1 if old else 0.05)
            model.recalculate()
            after = [cell_value(writer, model, result) for result in results]
            assert after != before, f"{name} changes nothing"
            model.set(name, old)
            model.set("acquisition_1", "own")
            model.recalculate()
        assert [cell_value(writer, model, name) for name in results] == base


# Where LibreOffice has no add-in these sheets say so, and the master check of every sheet with them.
FUNCTION_SHEETS = ("Panels", "Checks")


@pytest.mark.libreoffice
def test_libreoffice_recalculates_every_native_cell_to_the_same_value(made, libreoffice):
    path, _, _ = made
    formulas = openpyxl.load_workbook(path)
    ours = openpyxl.load_workbook(path, data_only=True)
    theirs = openpyxl.load_workbook(libreoffice.convert(path, "xlsx"), data_only=True)
    compared = 0
    for sheet in formulas:
        if sheet.title in FUNCTION_SHEETS:
            continue
        for cell in (cell for cells in sheet.iter_rows() for cell in cells if cell.data_type == "f"):
            if "'Checks'!" in cell.value:
                continue
            mine, other = ours[sheet.title][cell.coordinate].value, theirs[sheet.title][cell.coordinate].value
            where = f"{sheet.title}!{cell.coordinate} {cell.value}: {mine} and {other}"
            compared += 1
            if isinstance(mine, (int, float)) and not isinstance(mine, bool):
                assert isinstance(other, (int, float)), where
                assert other == pytest.approx(mine, rel=1e-9, abs=1e-9), where
            else:
                assert (other or "") == (mine or ""), where
    assert compared > 10_000
