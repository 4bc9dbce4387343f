"""Sensitivity of the deployment model: one input at a time (tornado), or two together (grid).

All variants are scenarios of one run of the model. Only `months`, which a run has in common, needs a run for each
of its values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokenbook.udfs.errors import did_you_mean
from tokenbook.udfs.kernels import deployment
from tokenbook.udfs.kernels.deployment_inputs import BY_NAME, InputError

Floats = NDArray[np.float64]


class Swing(NamedTuple):
    """What one input does to the output while the others stay: its three values and their results."""

    name: str
    low: Any
    base: Any
    high: Any
    at_low: float
    at_base: float
    at_high: float

    @property
    def width(self) -> float:
        """Largest less smallest of the three results; nan if one is missing."""
        results = (self.at_low, self.at_base, self.at_high)
        return max(results) - min(results) if np.all(np.isfinite(results)) else np.nan


def tornado(inputs: Mapping[str, Any], ranges: Mapping[str, tuple[Any, Any]], output: str = "npv") -> list[Swing]:
    """Move each input from its low to its high value, the others at their base.

    Parameters
    ----------
    inputs : mapping of name to value
        The base case, one value each.
    ranges : mapping of name to (low, high)
        What each input may be, in its unit; choices too.
    output : str
        One of `deployment.OUTPUTS`.

    Returns
    -------
    list of Swing
        The widest first; those without an answer last.

    Raises
    ------
    InputError
        If an input or value is unknown or outside its range.

    Examples
    --------
    >>> swings = tornado(
    ...     {"gpus": 72, "tok_s_per_gpu": 10_000, "price_usd_per_mtok": 1.0, "months": 12},
    ...     {"gpus": (70, 74), "price_usd_per_mtok": (0.5, 1.5)}, "total_revenue",
    ... )  # fmt: skip
    >>> [(swing.name, round(swing.width)) for swing in swings]
    [('price_usd_per_mtok', 22705920), ('gpus', 1261440)]
    """
    for name in ranges:
        _known(name)
    variants = [{}, *({name: value} for name, pair in ranges.items() for value in pair)]
    results = _run(inputs, variants, output)
    swings = [
        Swing(name, low, _base(inputs, name), high, *map(float, (results[2 * i + 1], results[0], results[2 * i + 2])))
        for i, (name, (low, high)) in enumerate(ranges.items())
    ]
    return sorted(swings, key=lambda swing: (np.isnan(swing.width), -np.nan_to_num(swing.width)))


def grid(
    inputs: Mapping[str, Any],
    row_name: str,
    row_values: Sequence[Any],
    column_name: str,
    column_values: Sequence[Any],
    output: str = "npv",
) -> Floats:
    """Every combination of two inputs, the others at their base.

    Parameters
    ----------
    inputs : mapping of name to value
        The base case, one value each.
    row_name, column_name : str
        The two inputs.
    row_values, column_values : sequence
        What they are: a row of results for each row value, a column for each column value.
    output : str
        One of `deployment.OUTPUTS`.

    Returns
    -------
    ndarray, shape (row values, column values)
        nan where there is no answer.

    Raises
    ------
    InputError
        If an input or value is unknown or outside its range, or the two inputs are the same.

    Examples
    --------
    >>> grid(
    ...     {"tok_s_per_gpu": 1e6 / 3600 / 730, "months": 1},
    ...     "gpus", [1, 2], "price_usd_per_mtok", [3.0, 4.0, 5.0], "total_revenue",
    ... ).round(9).tolist()  # fmt: skip
    [[3.0, 4.0, 5.0], [6.0, 8.0, 10.0]]
    """
    for name in (row_name, column_name):
        _known(name)
    if row_name == column_name:
        raise InputError(row_name, "is given for the rows and for the columns")
    variants = [{row_name: row, column_name: column} for row in row_values for column in column_values]
    return _run(inputs, variants, output).reshape(len(row_values), len(column_values))


def _known(name: str) -> None:
    if name not in BY_NAME:
        raise InputError(str(name), f"no such input{did_you_mean(name, BY_NAME)}")


def _base(inputs: Mapping[str, Any], name: str) -> Any:
    given = inputs.get(name)
    return BY_NAME[name].default if given is None else given


def _run(inputs: Mapping[str, Any], variants: Sequence[Mapping[str, Any]], output: str) -> Floats:
    """The output of the base case with each of the variants, which are changes to it."""
    varied = {name: None for variant in variants for name in variant}
    scenarios = {name: [variant.get(name, inputs.get(name)) for variant in variants] for name in varied}
    months = scenarios.pop("months", None) or [inputs.get("months")] * len(variants)
    results = np.empty(len(variants))
    for horizon in dict.fromkeys(months):
        rows = [row for row, value in enumerate(months) if value == horizon]
        chosen = {name: [values[row] for row in rows] for name, values in scenarios.items()}
        found = deployment.run({**inputs, "months": horizon, **chosen}, outputs=[output]).outputs[output]
        results[rows] = found  # a single value where only months vary
    return results
