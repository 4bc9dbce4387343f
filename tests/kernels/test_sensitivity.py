"""Tornado and two-way table: every figure is that of the model run for that case alone."""

import doctest

import numpy as np
import pytest

from tokenbook.udfs.kernels import deployment, sensitivity
from tokenbook.udfs.kernels.deployment import InputError
from tokenbook.udfs.kernels.sensitivity import grid, tornado

BASE = {"gpus": 72, "tok_s_per_gpu": 5000, "price_usd_per_mtok": 0.5, "capex_usd_per_gpu": 40_000, "tax_rate": 0.2}
RANGES = {
    "price_usd_per_mtok": (0.3, 0.7),
    "tax_rate": (0.3, 0.1),
    "months": (36, 72),
    "acquisition": ("rent", "own"),
    "demand_mtok_per_month": (1e5, 8e5),
}


def alone(output: str = "npv", **changes) -> float:
    return float(deployment.run({**BASE, **changes}, outputs=[output]).outputs[output][0])


def test_each_result_is_that_of_the_model_run_alone():
    swings = tornado(BASE, RANGES)
    assert {swing.name for swing in swings} == set(RANGES)
    for swing in swings:
        low, high = RANGES[swing.name]
        expected = (alone(**{swing.name: low}), alone(), alone(**{swing.name: high}))
        assert (swing.at_low, swing.at_base, swing.at_high) == pytest.approx(expected, rel=1e-12)
    assert [swing.width for swing in swings] == sorted((swing.width for swing in swings), reverse=True)


def test_the_base_is_shown_also_where_it_is_a_default():
    bases = {swing.name: swing.base for swing in tornado(BASE, RANGES)}
    assert bases == {"price_usd_per_mtok": 0.5, "tax_rate": 0.2, "months": 60, "acquisition": "own",
                     "demand_mtok_per_month": None}  # fmt: skip


def test_inputs_without_an_answer_stand_last():
    swings = tornado(BASE, {"acquisition": ("rent", "own"), "tax_rate": (0.1, 0.3)}, "irr")
    assert [swing.name for swing in swings] == ["tax_rate", "acquisition"]
    assert np.isnan(swings[1].width)


def test_the_width_counts_the_base_where_it_is_the_best():
    swing = sensitivity.Swing("x", 0, 1, 2, at_low=3.0, at_base=5.0, at_high=4.0)
    assert swing.width == 2.0


def test_a_table_of_two_inputs_also_of_choices_and_months():
    found = grid(BASE, "months", [36, 60], "acquisition", ["own", "rent"])
    expected = [[alone(months=m, acquisition=a) for a in ("own", "rent")] for m in (36, 60)]
    assert found == pytest.approx(np.array(expected), rel=1e-12)
    assert grid(BASE, "pue", [1.1], "tax_rate", [0.1, 0.2, 0.3], "lcot").shape == (1, 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tornado(BASE, {"prise_usd_per_mtok": (1, 2)}), "no such input; did you mean price_usd_per_mtok?"),
        (lambda: tornado(BASE, {"tax_rate": (0.1, 1.5)}), "tax_rate: 1.5 is above 1"),
        (lambda: grid(BASE, "pue", [1], "pue", [2]), "pue: is given for the rows and for the columns"),
        (lambda: grid(BASE, "pue", [0.5], "gpus", [2]), "pue: 0.5 is below 1"),
        (lambda: grid(BASE, "puw", [1], "gpus", [2]), "puw: no such input; did you mean pue?"),
        (lambda: tornado({"gpus": 1}, {"tax_rate": (0.1, 0.2)}), "tok_s_per_gpu: a value is needed"),
    ],
)
def test_what_cannot_be_varied_is_refused_by_name(call, message):
    with pytest.raises(InputError, match=message.replace("?", r"\?")):
        call()


def test_examples_in_the_help_are_true():
    assert doctest.testmod(sensitivity).failed == 0
