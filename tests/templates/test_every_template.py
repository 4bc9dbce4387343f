"""What holds for every template, whichever platforms it is written for and whatever a reader types into it.

A template listed in ``tokenbook.templates.models.TEMPLATES`` is tested here without another line.
"""

import functools
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from tokenbook.templates import build, models, ooxml
from tokenbook.templates.engine import Model
from tokenbook.templates.models.shared.options import Options
from tokenbook.templates.sheets.formula import Cell
from tokenbook.udfs.functions.errors import is_error

NAMES = tuple(models.TEMPLATES)
SHEETS_AROUND = ("Cover", "Inputs", "Baselines", "Dashboard", "Checks", "Log", "Lists")
# Where LibreOffice has no add-in these sheets say so, and the master check of every sheet with them.
FUNCTION_SHEETS = ("Panels", "Checks")
NOT_RESULTS = {"Inputs", "Model", "Panels", "Checks", "Baselines", "Cover", "Log", "Lists"}
LONGEST_FORMULA = 8192  # characters that Excel takes
MOST_ARGUMENT_TEXT = 255  # characters of a text inside a formula
WIDEST_NAME = 31  # characters of a sheet's name


class Made:
    """A workbook as ``tokenbook new`` writes it: its path, its writer and the calculated model."""

    def __init__(self, name: str, **wishes):
        self.name, self.wishes = name, wishes
        folder = tempfile.mkdtemp(prefix="tokenbook-test-")
        self.path = Path(folder) / f"{name}.xlsx"
        self.writer = models.module(name).compose(Options(version="test", **wishes))
        self.model = build.build(self.writer, self.path)

    def results(self) -> dict[str, object]:
        """What a reader takes away: cells of the sheets of results, and the results at the foot of each block."""
        return results(self.model, self.writer)


@functools.cache
def default(name: str) -> Made:
    return Made(name)


@functools.cache
def other(name: str) -> Made:
    """Other platforms, one of them without a price to buy at; another horizon, model shape, currency and day."""
    return Made(name, **OTHER_WISHES.get(name, USUAL_WISHES))


USUAL_WISHES = {
    "platforms": ("B300", "H200"), "shape": "1k/1k", "months": 36, "currency": "EUR", "exchange_rate": 0.9,
    "interactivity": 60.0, "as_of": "2026-09-30", "money_format": "#,##0.00",
}  # fmt: skip
OTHER_WISHES = {
    "claims": {"as_of": "2026-09-30"},
    "business-case": {**USUAL_WISHES, "platforms": ("H200",)},
}


def results(model, writer) -> dict[str, object]:
    found = {}
    for sheet, cells in model.values().items():
        if sheet in NOT_RESULTS:
            continue
        links = {ref for ref, text in model.formulas(sheet).items() if text.lstrip("=").startswith("Inputs!")}
        found |= {f"{sheet}!{ref}": value for ref, value in cells.items() if ref not in links}
    places, number = writer.book.places, 1
    while f"model_{number}.npv" in places:
        for key in ("npv", "irr", "payback", "lcot", "net_roi", "average_utilization", "revenue_per_mw_year"):
            place = places[f"model_{number}.{key}"]
            found[f"model_{number}.{key}"] = model.at(place.sheet, place.row, place.column)
        number += 1
    return found


def same(mine, other, *, rel=1e-9, near_zero=1e-9) -> bool:
    """Equal to 1e-9. LibreOffice shows a difference of almost equal amounts as 0: ``near_zero`` is for those."""
    if isinstance(mine, (int, float)) and not isinstance(mine, bool):
        return isinstance(other, (int, float)) and other == pytest.approx(mine, rel=rel, abs=near_zero)
    return (other or "") == (mine or "")


@pytest.mark.parametrize("kind", [default, other], ids=["default", "other"])
@pytest.mark.parametrize("name", NAMES)
def test_every_formula_cell_shows_a_value_and_none_an_error(name, kind):
    made = kind(name)
    count = 0
    with ooxml.open_package(made.path) as package:
        for sheet in package.sheets:
            for cell in package.cells(sheet):
                if cell.formula is not None:
                    count += 1
                    assert cell.value is not None, f"{sheet}!{cell.ref} shows nothing"
                    assert not is_error(cell.value), f"{sheet}!{cell.ref} shows {cell.value}: {cell.formula}"
    assert count > 100


@pytest.mark.parametrize("kind", [default, other], ids=["default", "other"])
@pytest.mark.parametrize("name", NAMES)
def test_all_checks_are_ok(name, kind):
    made = kind(name)
    assert made.model.named("check_master") == "OK"


@pytest.mark.parametrize("name", NAMES)
def test_sheets_stand_in_the_usual_order_and_each_shows_the_master_check(name):
    made = default(name)
    book = openpyxl.load_workbook(made.path)
    assert book.sheetnames[:3] == ["Cover", "Inputs", "Baselines"]
    assert book.sheetnames[-5:] == ["Panels", "Dashboard", "Checks", "Log", "Lists"]
    for sheet in book:
        assert sheet.sheet_state == "visible"
        assert len(sheet.title) <= WIDEST_NAME
        assert sheet.print_area, f"{sheet.title} has no print area"
        if sheet.title in ("Checks", "Lists", "Log"):
            continue
        head = [cell.value for cell in sheet[1]]
        assert any("Checks" in str(value) for value in head), f"{sheet.title} does not show the master check"
    dashboard = book["Dashboard"]
    assert (dashboard.page_setup.fitToWidth, dashboard.page_setup.fitToHeight) == (1, 1)
    assert len(dashboard._charts) >= 3
    for chart in dashboard._charts:
        assert chart.title is not None


@pytest.mark.parametrize("name", NAMES)
def test_reading_the_file_again_gives_the_values_that_were_stored(name):
    made = default(name)
    with Model(made.path) as again:
        again.recalculate()
        fresh = again.values()
    for sheet, cells in made.model.values().items():
        for ref, value in cells.items():
            assert same(value, fresh[sheet][ref], rel=1e-12), f"{sheet}!{ref}: {value} and {fresh[sheet][ref]}"


@pytest.mark.parametrize("name", NAMES)
def test_excel_is_not_asked_to_recalculate_and_spills_are_dynamic(name):
    made = default(name)
    assert set(made.writer.dynamic) <= {"Panels"}, "dynamic arrays belong on Panels only"
    with zipfile.ZipFile(made.path) as package:
        workbook = package.read("xl/workbook.xml").decode()
        marked = sum(
            package.read(part).count(b'cm="1"') for part in package.namelist() if part.startswith("xl/worksheets/sheet")
        )
    assert f'calcId="{build.CALC_ID}"' in workbook
    assert "fullCalcOnLoad" not in workbook
    assert marked == sum(len(refs) for refs in made.writer.dynamic.values())


@pytest.mark.parametrize("name", NAMES)
def test_the_same_call_gives_the_same_bytes(name):
    made = default(name)
    assert Made(name).path.read_bytes() == made.path.read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_other_readers_see_the_master_check(name):
    made = default(name)
    rows = CalamineWorkbook.from_path(str(made.path)).get_sheet_by_name("Checks").to_python()
    assert any(row[:2] == ["All checks", "OK"] for row in rows)


@pytest.mark.parametrize("name", NAMES)
def test_every_prefilled_figure_stands_on_baselines_with_its_source(name):
    made = default(name)
    book = openpyxl.load_workbook(made.path)
    header = [cell.value for cell in book["Baselines"][made.writer.body_row]]
    by_key = {}
    for row in book["Baselines"].iter_rows(min_row=made.writer.body_row + 1, values_only=True):
        named = dict(zip(header, row, strict=True))
        by_key[named["Key"]] = named
    assert made.writer.bindings
    for binding in made.writer.bindings:
        row = by_key[binding.baseline.id]
        cell = book[binding.place.sheet].cell(binding.place.row, binding.place.column)
        assert cell.value == row["Value"] == binding.baseline.value, binding.name
        assert row["Source"], f"{binding.name} has no source"
        assert row["As of"], f"{binding.name} has no date"
        assert row["Confidence"] in ("high", "medium", "low")


@pytest.mark.parametrize("name", NAMES)
def test_every_input_cell_is_validated_named_and_says_where_it_comes_from(name):
    made = default(name)
    sheet = openpyxl.load_workbook(made.path)["Inputs"]
    rules = sheet.data_validations.dataValidation
    header = next(row for row in sheet.iter_rows() if any(cell.value == "Where it comes from" for cell in row))
    where = next(cell.column for cell in header if cell.value == "Where it comes from")
    named = {place.attr_text.replace("$", "") for place in sheet.parent.defined_names.values()}
    for key, place in made.writer.book.places.items():
        if not key.startswith("inputs.") or not isinstance(place, Cell):
            continue
        cell = sheet.cell(place.row, place.column)
        if cell.style == "TB Input":
            assert sheet.cell(place.row, where).value, f"{key} does not say where it comes from"
            assert f"Inputs!{cell.coordinate}" in named or f"'Inputs'!{cell.coordinate}" in named, f"{key} has no name"
            if isinstance(cell.value, (int, float)) and sheet.cell(place.row, 2).value not in LABEL_UNITS:
                convention = "leave them" in str(section_of(sheet, place.row))
                assert convention or any(cell.coordinate in rule.sqref for rule in rules), f"{key} takes anything"


LABEL_UNITS = ("name", "text", "date")


def section_of(sheet, row: int):
    """The title of the section that an input stands in."""
    while row > 1:
        if sheet.cell(row, 2).value == "Unit":
            return sheet.cell(row, 1).value
        row -= 1
    return None


@pytest.mark.parametrize("name", NAMES)
def test_no_formula_is_more_than_excel_takes(name):
    made = default(name)
    with ooxml.open_package(made.path) as package:
        for sheet in package.sheets:
            for cell in package.cells(sheet):
                ref, text = cell.ref, cell.formula or ""
                assert len(text) < LONGEST_FORMULA, f"{sheet}!{ref}"
                for word in ("OFFSET(", "INDIRECT(", "NOW(", "TODAY(", "RAND(", "RANDBETWEEN(", "[1]"):
                    assert word not in text, f"{sheet}!{ref} uses {word}"
                for piece in text.split('"')[1::2]:
                    assert len(piece) <= MOST_ARGUMENT_TEXT, f"{sheet}!{ref}: a text of {len(piece)} characters"


# --- what a reader types -----------------------------------------------------------------------------------------

# With these set every input of the core has an effect: demand is limited and volatile, the cache used, the floor met.
ALIVE = {
    "demand_mtok_per_month": 900_000.0, "demand_cv": 0.3, "cached_share": 0.4, "price_floor": 0.2,
    "ramp_shape": "logistic", "depreciation_method": "DDB", "software_annual_gain_1": 0.1,
    "software_usd_per_gpu_month": 10.0, "staff_usd_per_month": 1000.0, "months": 40.0, "acquisition_1": "own",
}  # fmt: skip
ALIVE_TOO: dict[str, dict] = {  # template: what it needs beyond that
    "claims": {"limit_kv_1": 35.0},
    "rack": {"requests_per_month": 1e8, "workload": "mix"},
    "tco": {"utilization_start_1": 0.3, "ramp_months": 12.0, "limit_kv": 35.0},
}
RENTED = {"usd_per_gpu_hour_1"}  # has an effect where the platform is rented
LABELS = {"platform_1", "model", "start_date"}  # texts that stand on charts and sheets; dates of the columns


def input_items(made: Made):
    """(defined name, cell, allowed choices) of each input a reader may change, of platform 1 and of the whole."""
    sheet = made.writer.sheet("Inputs")
    names = {}
    for name, defined in made.writer.workbook.defined_names.items():
        where, _, ref = defined.attr_text.rpartition("!")
        if where.strip("'") == "Inputs" and not defined.hidden:
            names[ref.replace("$", "")] = name
    for ref, name in names.items():
        cell = sheet[ref]
        if cell.style == "TB Input" and not (name[-2:-1] == "_" and name[-1] in "234"):
            yield name, cell


def choices(made: Made, cell) -> list:
    """What the cell's drop-down offers; nothing where it has none."""
    for rule in made.writer.sheet("Inputs").data_validations.dataValidation:
        if rule.type == "list" and cell.coordinate in rule.sqref:
            where, _, area = rule.formula1.rpartition("!")
            return [each[0].value for each in made.writer.sheet(where.strip("'"))[area.replace("$", "")]]
    return []


def set_otherwise(model, item: str, old, offered: list) -> bool:
    """Give the input another value that it takes; False where it is a free text."""
    if offered:
        model.set(item, next(value for value in offered if value != old))
        return True
    if isinstance(old, str):
        return False
    candidates = [0.05, 1.0, 10.0] if not old else [old * 1.07, old * 0.93, round(old * 1.5), old + 1, old - 1]
    for value in candidates:
        try:
            model.set(item, float(value))
        except ValueError:
            continue
        return True
    raise AssertionError(f"{item} takes no other value than {old}")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_no_input_is_dead(name):
    """Each input, changed alone, changes a result; a dead input would make a reader believe in a lever."""
    made = Made(name, **({} if name == "claims" else {"platforms": ("GB200 NVL72",)}))
    dead = []
    with Model(made.path) as model:
        known = {item for item, _ in input_items(made)}
        for item, value in {**ALIVE, **ALIVE_TOO.get(name, {})}.items():
            if item in known:
                model.set(item, value)
        model.recalculate()
        base = results(model, made.writer)
        rented = RENTED if "acquisition_1" in known else set()
        for item, cell in input_items(made):
            if item in LABELS:
                continue
            if item in rented:
                model.set("acquisition_1", "rent")
                model.recalculate()
            before = results(model, made.writer)
            old = model.named(item)
            if not set_otherwise(model, item, old, choices(made, cell)):
                continue
            model.recalculate()
            if results(model, made.writer) == before:
                dead.append(item)
            model.set(item, old)
            if item in rented:
                model.set("acquisition_1", "own")
            model.recalculate()
        after = results(model, made.writer)
    assert not dead
    wrong = [key for key, value in base.items() if not same(value, after[key])]
    assert not wrong, "the old inputs do not give the old results"


@pytest.mark.slow
@pytest.mark.libreoffice
@pytest.mark.parametrize("case", ["default", "other", "random"])
@pytest.mark.parametrize("name", NAMES)
def test_libreoffice_recalculates_every_native_cell_to_the_same_value(name, case, libreoffice, tmp_path):
    path = default(name).path if case == "default" else other(name).path
    if case == "random":
        path = randomised(name, tmp_path / f"{name}.xlsx")
    formulas = openpyxl.load_workbook(path)
    ours = openpyxl.load_workbook(path, data_only=True)
    theirs = openpyxl.load_workbook(libreoffice.convert(path, "xlsx"), data_only=True)
    compared, wrong = 0, []
    for sheet in formulas:
        if sheet.title in FUNCTION_SHEETS:
            continue
        for cell in (cell for cells in sheet.iter_rows() for cell in cells if cell.data_type == "f"):
            if "Checks'!" in cell.value or "Checks!" in cell.value or "Panels!" in cell.value:
                continue
            mine, theirs_ = ours[sheet.title][cell.coordinate].value, theirs[sheet.title][cell.coordinate].value
            compared += 1
            money = cell.number_format.startswith("#,##0")
            if not same(mine, theirs_, near_zero=1e-6 if money else 1e-12):
                wrong.append(f"{sheet.title}!{cell.coordinate} {cell.value}: {mine} and {theirs_}")
    assert not wrong, f"{len(wrong)} cells differ, first: {wrong[:3]}"
    assert compared > 100


def randomised(name: str, out: Path) -> Path:
    """The workbook with random, allowed inputs, calculated and saved by the engine."""
    made = default(name)
    rng = np.random.default_rng(20261121)
    with Model(made.path) as model:
        settings = random_settings(rng)
        known = set(made.writer.workbook.defined_names)
        for item, value in settings.items():
            if item in known:
                model.set(item, value)
        model.recalculate()
        assert model.named("check_master") == "OK", settings
        model.store()
        model.package.save(out)
    return out


def random_settings(rng) -> dict[str, object]:
    """One random set of inputs for all platforms: losses, caps, rent, every method come up over the seeds."""
    pick = lambda *choices: choices[rng.integers(len(choices))]  # noqa: E731
    settings = {
        "ramp_months": float(pick(0, 1, 12, 40)),
        "ramp_shape": pick("linear", "logistic"),
        "availability": float(rng.uniform(0.5, 1)),
        "demand_mtok_per_month": pick(None, float(10 ** rng.uniform(3, 7))),
        "demand_growth_per_year": float(pick(0.0, rng.uniform(-0.5, 1))),
        "demand_cv": float(pick(0.0, rng.uniform(0.05, 1.5))),
        "usd_per_mtok_input": float(10 ** rng.uniform(-1.5, 0.5)),
        "usd_per_mtok_output": float(10 ** rng.uniform(-1, 1)),
        "cached_share": float(pick(0.0, rng.uniform(0, 1))),
        "cached_price_ratio": float(rng.uniform(0, 1)),
        "price_annual_factor": float(pick(1.0, rng.uniform(0.7, 10))),
        "price_floor": float(pick(0.0, 0.05, 1.0)),
        "installation_share": float(rng.uniform(0, 0.8)),
        "usd_per_kwh": float(rng.uniform(0.01, 0.3)),
        "hosting_usd_per_kw_month": float(pick(0.0, rng.uniform(20, 200))),
        "maintenance_share_per_year": float(rng.uniform(0, 0.1)),
        "software_usd_per_gpu_month": float(pick(0.0, rng.uniform(0, 500))),
        "staff_usd_per_month": float(pick(0.0, rng.uniform(0, 1e5))),
        "inflation_per_year": float(pick(0.0, rng.uniform(-0.02, 0.1))),
        "months": float(pick(12, 36, 48, 60)),
        "discount_rate": float(rng.uniform(0.02, 0.4)),
        "timing": pick("end", "mid"),
        "tax_rate": float(pick(0.0, 0.25, rng.uniform(0, 0.5))),
        "depreciation_method": pick("SL", "SYD", "DDB", "MACRS5", "UNITS"),
        "depreciation_years": float(pick(1, 3, 5, 7)),
        "residual_share": float(pick(0.0, 0.1, 0.4)),
    }
    for n in range(1, 5):
        settings |= {
            f"gpus_{n}": float(rng.integers(8, 400)),
            f"software_gain_{n}": float(pick(1.0, rng.uniform(0.5, 6))),
            f"software_months_{n}": float(pick(0, 1, 2.5, 7)),
            f"software_annual_gain_{n}": float(pick(0.0, rng.uniform(-0.2, 0.6))),
            f"utilization_start_{n}": float(rng.uniform(0.05, 1)),
            f"utilization_end_{n}": float(rng.uniform(0.05, 1)),
            f"acquisition_{n}": pick("own", "own", "rent"),
            f"capex_usd_per_gpu_{n}": float(rng.uniform(1000, 80_000)),
            f"usd_per_gpu_hour_{n}": float(rng.uniform(0.5, 6)),
            f"kw_per_gpu_{n}": float(rng.uniform(0.5, 3)),
        }
    return settings


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_checks_hold_for_random_inputs(name):
    made = default(name)
    known = set(made.writer.workbook.defined_names)
    with Model(made.path) as model:
        for seed in range(int(os.environ.get("TOKENBOOK_RANDOM_CASES", "6"))):
            settings = random_settings(np.random.default_rng(seed))
            for item, value in settings.items():
                if item in known:
                    model.set(item, value)
            model.recalculate()
            assert model.named("check_master") == "OK", f"seed {seed}: {settings}"
