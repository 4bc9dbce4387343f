"""The Risk sheet of roi, cfo and business-case: what a reader types there reaches the functions, and comes back."""

import numpy as np
import pytest

from tokenbook.templates import build, models
from tokenbook.templates.engine import Model
from tokenbook.templates.models.shared import risk_panel, risk_results
from tokenbook.templates.models.shared.options import Options
from tokenbook.udfs.functions import registry

NAMES = ("roi", "cfo", "business-case")
CALL = {name: registry()[name].call for name in ("tok_simulate", "tok_tornado", "tok_grid")}


@pytest.fixture(scope="module", params=NAMES)
def made(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("risk") / "book.xlsx"
    wishes = {} if request.param == "cfo" else {"platforms": ("B200",)}
    writer = models.module(request.param).compose(Options(version="test", **wishes))
    return path, writer, build.build(writer, path)


def area(writer, model, name):
    """The values of a named block of cells."""
    place = writer.book.find(name)
    rows = range(place.row, place.last_row + 1)
    return [[model.at(place.sheet, r, c) for c in range(place.column, place.last_column + 1)] for r in rows]


def result(writer, model, key):
    place = writer.book.find(f"risk.result.{key}")
    return model.at(place.sheet, place.row, place.column)


def base_case(writer, model):
    """The inputs of the first column of Panels, by the functions' names."""
    from tokenbook.udfs.kernels.deployment import INPUTS

    found = {}
    for item in INPUTS:
        place = writer.book.find(f"model_1.{item.name}")
        value = model.at(place.sheet, place.row, place.column)
        if value not in ("", None):
            found[item.name] = value
    return [[name, value] for name, value in found.items()]


def test_the_sheet_shows_what_the_functions_give_for_these_choices(made):
    _, writer, model = made
    inputs = base_case(writer, model)
    uncertain, ranges = [], []
    for each in risk_panel.UNCERTAIN:
        base = dict(inputs)[each.name]
        most = 1.0 if each.unit == "share" else np.inf
        low, likely, high = (min(most, base * factor) for factor in (each.low, each.likely, each.high))
        three = each.distribution in risk_panel.THREE_POINT
        parameters = [low, likely, high] if three else [low, high, ""]
        uncertain.append([each.name, each.distribution, *parameters])
        ranges.append([each.name, low, high])
    summary = {row[0]: row[1] for row in CALL["tok_simulate"](inputs, uncertain, 10_000, 1, "npv")}
    for key, _, _ in risk_results.STATISTICS:
        assert result(writer, model, key) == pytest.approx(summary[key], rel=1e-9), key
    tornado = CALL["tok_tornado"](inputs, ranges, "npv")[1:]
    shown = area(writer, model, "risk.tornado_table")
    for row, (_, _, _, _, at_low, at_base, at_high, _) in zip(shown, tornado, strict=True):
        assert row[2] == pytest.approx(at_low - at_base, rel=1e-6, abs=1)
        assert row[3] == pytest.approx(at_high - at_base, rel=1e-6, abs=1)
    assert [abs(row[3] - row[2]) for row in shown] == sorted((abs(r[3] - r[2]) for r in shown), reverse=True)


def test_the_histogram_adds_up(made):
    _, writer, model = made
    rows = area(writer, model, "risk.histogram_table")
    assert len(rows) == risk_panel.BINS
    assert sum(row[2] for row in rows) == 10_000
    assert rows[-1][4] == pytest.approx(1)
    assert [row[1] for row in rows[:-1]] == pytest.approx([row[0] for row in rows[1:]])


def test_the_middle_of_the_two_way_table_is_the_base_case(made):
    _, writer, model = made
    grid = area(writer, model, "risk.grid")
    place = writer.book.find("model_1.npv")
    middle = len(grid) // 2
    assert grid[middle][middle] == pytest.approx(model.at(place.sheet, place.row, place.column), rel=1e-9)


def test_every_choice_on_the_sheet_has_an_effect(made):
    path, writer, _ = made
    names = [name for name in writer.workbook.defined_names if name.startswith("risk_")]
    assert len(names) == 4 * len(risk_panel.UNCERTAIN) + 2 + 2 * risk_panel.STEPS
    outputs = ("risk.summary", "risk.tornado", "risk.grid")
    with Model(path) as model:
        model.recalculate()
        before = [area(writer, model, name) for name in outputs]
        for name in names:
            old = model.named(name)
            if name.endswith("_likely") and "lognormal" in str(model.named(name.replace("_likely", "_distribution"))):
                continue  # the likely value counts for three-point distributions
            if name.endswith("_likely") and "normal" in str(model.named(name.replace("_likely", "_distribution"))):
                continue
            model.set(
                name, "uniform" if isinstance(old, str) else old + 1 if old >= 1 and old == int(old) else old * 0.9
            )
            model.recalculate()
            changed = [area(writer, model, output) for output in outputs]
            model.set(name, old)
            assert changed != before, f"{name} changes nothing"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("risk_usd_per_kwh_low", -1.0, "multiple of the base"), ("risk_usd_per_kwh_distribution", "beta", "list"),
     ("risk_trials", 5.0, "whole number"), ("risk_trials", 1e7, "whole number")],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_the_cell(made, name, value, words):
    path, _, _ = made
    with Model(path) as model, pytest.raises(ValueError, match=words):
        model.set(name, value)


def test_a_rented_platform_has_nothing_to_vary_in_its_price(tmp_path):
    """No price to buy at: base 0, so that input is fixed, and the simulation answers all the same."""
    path = tmp_path / "rented.xlsx"
    writer = models.module("roi").compose(Options(platforms=("B300",), version="test"))
    model = build.build(writer, path)
    assert isinstance(result(writer, model, "mean"), float)
    assert model.named("check_master") == "OK"
