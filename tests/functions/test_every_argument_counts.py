"""No argument is decoration: with all of them given, changing one changes the result."""

import math

import pytest

from tokenbook.udfs.functions import registry
from tokenbook.udfs.functions.arguments import OMITTED, Count, Number, Text
from tokenbook.udfs.functions.errors import CellError

FUNCTIONS = registry()
# Arguments to start from where the docstring's example is too plain to tell.
TELLING = {
    "tok_ramp_curve": [6.0, 0.2, 0.8, 4.0, "linear"],
    "tok_software_curve": [6.0, 4.0, 3.0, 0.2],
    "tok_cost_curve": [1.95, 5602.58, 0.9, 5.0, 3.0, 6.0, 0.2],
    "tok_decode_limit": [3.35, 70.0, 5.0, 8.0, 2.0, 1000.0, 70.0],
    "tok_payback": [[[-5.0, 2.0, 2.0, 2.0]], 0.1, 4.0],
    "tok_mirr": [[[-100.0, 60.0, -10.0, 80.0]], 0.1, 0.12],
    "tok_throughput_at": [120.0, [[50.0, 100.0, 200.0]], [[9000.0, 4000.0, 500.0]]],
    "tok_cost_at": [2.21, 120.0, [[50.0, 100.0, 200.0]], [[9000.0, 4000.0, 500.0]]],
}
TWO_RATES, ITS_DATES = [[-100.0, 230.0, -132.0]], [[45000.0, 45365.0, 45730.0]]  # 10 % and 20 % both answer
BY_UNITS = ["UNITS", 1000.0, 100.0, 5.0, 3.0]
SIMULATION = [
    [["gpus", 72.0], ["tok_s_per_gpu", 1000.0], ["capex_usd_per_gpu", 30000.0]],
    [["price_usd_per_mtok", "lognormal", 0.8, 0.3, None], ["utilization_end", "pert", 0.4, 0.7, 0.9]],
]
GRID = [[["gpus", 72.0], ["tok_s_per_gpu", 1000.0], ["price_usd_per_mtok", 1.0]], "gpus", [[36.0, 72.0]]]
# Two calls that differ in this argument only, where it counts only beside certain others.
TWO_CALLS = {
    ("tok_irr", "guess"): ([TWO_RATES, 0.3], [TWO_RATES, 0.05]),
    ("tok_xirr", "guess"): ([TWO_RATES, ITS_DATES, 0.3], [TWO_RATES, ITS_DATES, 0.05]),
    ("tok_depreciation", "method"): (["DDB", 1000.0, 100.0, 5.0, 6.0], ["SYD", 1000.0, 100.0, 5.0, 6.0]),
    ("tok_depreciation", "units"): ([*BY_UNITS, [[1.0, 2.0, 3.0]]], [*BY_UNITS, [[1.0, 2.0, 4.0]]]),
    ("tok_decode_limit", "total_params_bn"): ([3.35, 70.0, 5.0, 8.0, 20.0], [3.35, 80.0, 5.0, 8.0, 20.0]),
    ("tok_grid", "row_name"): ([*GRID, "pue", 1.5], [GRID[0], "tok_s_per_gpu", GRID[2], "pue", 1.5]),
    ("tok_grid", "column_name"): ([*GRID, "price_usd_per_mtok", 1.5], [*GRID, "software_gain", 2.5]),
    ("tok_simulate", "inputs"): (
        [*SIMULATION, 1000.0],
        [[*SIMULATION[0], ["tax_rate", 0.2]], SIMULATION[1], 1000.0],
    ),
    ("tok_simulate", "output"): ([*SIMULATION, 1000.0, 1.0, "npv"], [*SIMULATION, 1000.0, 1.0, "npv, lcot"]),
    ("tok_simulate", "correlations"): (
        [*SIMULATION, 1000.0],
        [*SIMULATION, 1000.0, OMITTED, OMITTED, [["price_usd_per_mtok", "utilization_end", 0.5]]],
    ),
    ("tok_simulate", "target"): (
        [*SIMULATION, 1000.0, OMITTED, OMITTED, OMITTED, OMITTED, 0.0],
        [*SIMULATION, 1000.0, OMITTED, OMITTED, OMITTED, OMITTED, 1e6],
    ),
    ("tok_simulate", "bins"): (
        [*SIMULATION, 1000.0, OMITTED, OMITTED, OMITTED, "histogram", OMITTED, bins] for bins in (5.0, 6.0)
    ),
    ("tok_price_curve", "floor"): ([2.0, 10.0, 4.0, 1.0, 1.0], [2.0, 10.0, 4.0, 1.0, 1.5]),
}
CASES = [
    (name, argument.name)
    for name, function in FUNCTIONS.items()
    if function.category not in ("Baselines", "Deployment") or name == "tok_claim_audit"
    for argument in function.arguments
]


def filled(function, good: list) -> dict:
    """The example's arguments, and a value other than the default for each that it leaves out."""
    given = {argument.name: value for argument, value in zip(function.arguments, good, strict=False)}
    for argument in function.arguments:
        if given.get(argument.name, OMITTED) is not OMITTED or not isinstance(argument.kind, (Number, Count, Text)):
            continue
        given[argument.name] = other(argument.kind, 0.5 if argument.default is None else argument.default)
    return given


def other(kind, value):
    """Another value that the kind allows."""
    if isinstance(kind, Text):
        return next(choice for choice in reversed(kind.choices) if choice != value)
    if isinstance(kind, Count):
        return value + 3.0
    if isinstance(kind, Number):
        return next(v for v in (0.8 * value + 0.1, 1.3 * value + 0.2) if v != value and inside(kind, v))
    rows = [list(row) for row in value]
    rows[-1][-1] = 1.25 * rows[-1][-1] + 1.0 if isinstance(rows[-1][-1], float) else "2031-01-01"
    return rows


def inside(kind: Number, value: float) -> bool:
    return kind.low <= value <= kind.high and value > kind.above and math.isfinite(value)


def two_calls(function, argument: str, good: list):
    if (function.python_name, argument) in TWO_CALLS:
        return TWO_CALLS[function.python_name, argument]
    before = filled(function, TELLING.get(function.python_name, good))
    kind = function.arguments[function.names[argument]].kind
    after = before | {argument: other(kind, before[argument])}
    return [[given.get(a.name, OMITTED) for a in function.arguments] for given in (before, after)]


@pytest.mark.parametrize(("name", "argument"), CASES)
def test_a_change_of_the_argument_shows_in_the_result(name, argument, good_arguments):
    function = FUNCTIONS[name]
    before, after = two_calls(function, argument, good_arguments(function))
    first, second = function.in_cell(*before), function.in_cell(*after)
    assert not isinstance(first, CellError), first.message
    assert not isinstance(second, CellError), second.message
    assert first != second
