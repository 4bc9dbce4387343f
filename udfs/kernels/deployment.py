"""The deployment model: from GPUs, throughput and prices to monthly lines, NPV, ROI and levelised cost.

Three tables are the whole model: `INPUTS` declares what is asked (`deployment_inputs`), `LINES` and `OUTPUTS`
what is answered, each with its formula (`deployment_formulas`). `run` computes what is asked for, and what
that needs, for one scenario or for a hundred thousand.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tokenbook.udfs.errors import did_you_mean
from tokenbook.udfs.kernels.deployment_formulas import (
    FORMULAS,
    LINES,
    OUTPUT_FORMULAS,
    OUTPUTS,
    Formula,
    Quantity,
    Table,
)
from tokenbook.udfs.kernels.deployment_inputs import BY_NAME, INPUTS, Input, InputError, read

__all__ = [
    "INPUTS",
    "LINES",
    "OUTPUTS",
    "Input",
    "InputError",
    "Quantity",
    "Result",
    "StaticVsDeclining",
    "run",
    "static_vs_declining",
]

BLOCK_CELLS = 131_072  # cells of one line that are worked on at a time: the lines in use stay in the cache
# glibc hands freed memory back to the system, and every block would then pay for fetching it again (a quarter
# of the time), unless a larger piece has once been freed: it keeps up to twice that.
KEPT_BYTES = 16 * 2**20

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Result:
    """What `run` returns: ``lines[name]`` (scenarios, months + 1) and ``outputs[name]`` (scenarios,)."""

    months: int
    scenarios: int
    lines: dict[str, Floats] = field(default_factory=dict)
    outputs: dict[str, Floats] = field(default_factory=dict)


class StaticVsDeclining(NamedTuple):
    """NPV [USD] and levelised cost [USD per Mtok] with and without software gains; arrays (scenarios,)."""

    npv_declining: Floats
    npv_static: Floats
    npv_difference: Floats  # the value of the declining curve
    lcot_declining: Floats
    lcot_static: Floats
    lcot_difference: Floats


def run(
    inputs: Mapping[str, ArrayLike | str | None],
    lines: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    block: int | None = None,
) -> Result:
    """Run the deployment model for one scenario or for many.

    Parameters
    ----------
    inputs : mapping of name to value
        Names and units as in `INPUTS`. A value is a scalar or an array (scenarios,); None takes the default.
    lines, outputs : sequence of str, optional
        Names from `LINES` and `OUTPUTS` to compute. All outputs and no lines if neither is given.
    block : int, optional
        Scenarios worked on at a time. Any number gives the same bits (`irr`, which is solved for many rows
        together, to the accuracy of its kernel); memory grows with it.

    Returns
    -------
    Result
        ``lines[name]``: (scenarios, months + 1), month 0 first. ``outputs[name]``: (scenarios,).
        nan where there is no answer, such as a cost per token in a month without sales.

    Raises
    ------
    InputError
        If an input is missing, unknown or outside its domain, or a line or output is unknown.

    Notes
    -----
    The formula of each line and output is the function of that name in `deployment_formulas`. Work is done
    block by block, so memory beyond the result does not grow with the number of scenarios.

    Examples
    --------
    An investment of 5 million USD in 72 GPUs, and what it returns at two prices:

    >>> result = run(
    ...     {
    ...         "gpus": 72, "tok_s_per_gpu": 10_000, "capex_usd_per_gpu": 5e6 / 72,
    ...         "price_usd_per_mtok": [1.10, 0.11], "months": 36,
    ...     },
    ...     outputs=["revenue_multiple", "net_roi", "lcot"],
    ... )  # fmt: skip
    >>> {name: values.round(3).tolist() for name, values in result.outputs.items()}
    {'revenue_multiple': [14.986, 1.499], 'net_roi': [13.986, 0.499], 'lcot': [0.085, 0.085]}
    """
    if lines is None and outputs is None:
        outputs = [item.name for item in OUTPUTS]
    wanted_lines = _formulas("line", lines or (), _LINE_NAMES, FORMULAS)
    wanted_outputs = _formulas("output", outputs or (), _OUTPUT_NAMES, OUTPUT_FORMULAS)
    values, scenarios = read(inputs)
    months = values["months"]
    result = Result(
        months,
        scenarios,
        {name: np.empty((scenarios, months + 1)) for name in wanted_lines},
        {name: np.empty(scenarios) for name in wanted_outputs},
    )

    wanted = [*wanted_lines.values(), *wanted_outputs.values()]
    order = _in_order(wanted)
    varying = frozenset(name for name, value in values.items() if name != "months" and len(value) > 1)
    once = [formula for formula in order if _reads(formula).isdisjoint(varying)]
    per_block = [formula for formula in order if formula not in once]
    same_for_all: dict[Formula, Table] = {}
    for formula in once:
        _compute(formula, values, same_for_all)

    last_use = {used: formula for formula in per_block for used in _formulas_used(formula)}
    finished = {
        formula: [used for used, last in last_use.items() if last is formula and used not in wanted + once]
        for formula in per_block
    }
    block = block or max(1, BLOCK_CELLS // (months + 1))
    np.empty(KEPT_BYTES, dtype=np.uint8)  # never touched, freed at once; see KEPT_BYTES
    for first in range(0, scenarios, block):
        rows = slice(first, min(first + block, scenarios))
        values_of_block = {name: value[rows] if name in varying else value for name, value in values.items()}
        known = dict(same_for_all)
        for formula in per_block:
            _compute(formula, values_of_block, known)
            for used in finished[formula]:  # its memory, still in the cache, is the next formula's
                del known[used]
        for name, formula in wanted_lines.items():
            result.lines[name][rows] = known[formula]
        for name, formula in wanted_outputs.items():
            result.outputs[name][rows] = known[formula][:, 0]
    return result


def static_vs_declining(inputs: Mapping[str, ArrayLike | str | None], block: int | None = None) -> StaticVsDeclining:
    """The model beside its static twin, the same without software gains: the fixed-depreciation view.

    Parameters
    ----------
    inputs, block
        As in `run`.

    Returns
    -------
    StaticVsDeclining
        NPV and levelised cost of both, and declining less static; each an array (scenarios,).

    Raises
    ------
    InputError
        As in `run`.

    Examples
    --------
    >>> both = static_vs_declining(
    ...     {
    ...         "gpus": 8, "tok_s_per_gpu": 5000, "software_gain": 5, "price_usd_per_mtok": 0.5,
    ...         "acquisition": "rent", "usd_per_gpu_hour": 2,
    ...     }
    ... )  # fmt: skip
    >>> [round(float(values[0]), 4) for values in (both.lcot_declining, both.lcot_static)]
    [0.0225, 0.1111]
    """
    outputs = ("npv", "lcot")
    declining = run(inputs, outputs=outputs, block=block).outputs
    static = run({**inputs, "software_gain": 1.0, "software_annual_gain": 0.0}, outputs=outputs, block=block).outputs
    # Where only a software input is an array, the twin is one scenario: give it its row in each.
    both = [np.broadcast_arrays(declining[name], static[name]) for name in outputs]
    return StaticVsDeclining(*(part for first, second in both for part in (first, second, first - second)))


_LINE_NAMES = tuple(item.name for item in LINES)
_OUTPUT_NAMES = tuple(item.name for item in OUTPUTS)


@cache
def _needs(formula: Formula) -> tuple[str, ...]:
    return tuple(inspect.signature(formula).parameters)


@cache
def _formulas_used(formula: Formula) -> tuple[Formula, ...]:
    others = (name for name in _needs(formula) if name not in BY_NAME)
    return tuple(FORMULAS[name] if name in FORMULAS else OUTPUT_FORMULAS[name] for name in others)


@cache
def _reads(formula: Formula) -> frozenset[str]:
    # The inputs that a formula depends on, directly or through others.
    direct = frozenset(name for name in _needs(formula) if name in BY_NAME)
    return direct.union(*(_reads(used) for used in _formulas_used(formula)))


def _in_order(wanted: Iterable[Formula]) -> list[Formula]:
    # What is wanted and all that it needs, each after what it is made of.
    order: dict[Formula, None] = {}

    def place(formula: Formula) -> None:
        if formula not in order:
            for used in _formulas_used(formula):
                place(used)
            order[formula] = None

    for formula in wanted:
        place(formula)
    return list(order)


def _compute(formula: Formula, values: Mapping[str, Any], known: dict[Formula, Table]) -> None:
    used = iter(_formulas_used(formula))
    known[formula] = formula(*(values[name] if name in BY_NAME else known[next(used)] for name in _needs(formula)))


def _formulas(
    what: str, names: Sequence[str], allowed: Sequence[str], formulas: Mapping[str, Formula]
) -> dict[str, Formula]:
    for name in names:
        if name not in allowed:
            raise InputError(str(name), f"no such {what}{did_you_mean(name, allowed)}")
    return {name: formulas[name] for name in names}
