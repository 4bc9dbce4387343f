"""How the formulas of the deployment model are declared: as parts, lines and outputs, each a function with a unit.

A formula's parameters name what it is made of: inputs (`deployment_inputs`), lines, parts, other outputs. Everything is
a table: a line is (scenarios, months + 1), one value per scenario is a column (scenarios, 1); what is the same in all
scenarios has a single row. Month 0 is the investment date: curves have their value of today there, volumes and money of
operation are 0.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Table = NDArray[Any]
Formula = Callable[..., Any]


# What an output is, whatever its unit says: hosts and templates choose its number format by it.
Kind = Literal["usd", "usd_per_mtok", "mtok", "months", "share", "multiple"]


@dataclass(frozen=True)
class Quantity:
    """A line or an output: its name, its unit, what it is, and for an output its kind."""

    name: str
    unit: str
    help: str
    kind: Kind | None = None


FORMULAS: dict[str, Formula] = {}  # lines, and the parts that several of them share
OUTPUT_FORMULAS: dict[str, Formula] = {}
LINE_TABLE: list[Quantity] = []
OUTPUT_TABLE: list[Quantity] = []


def part(formula: Formula) -> Formula:
    """What several lines share, and nobody is shown."""
    FORMULAS[formula.__name__] = formula
    return formula


def line(unit: str) -> Callable[[Formula], Formula]:
    """A value per month; its name and its docstring are shown."""

    def declare(formula: Formula) -> Formula:
        LINE_TABLE.append(Quantity(formula.__name__, unit, inspect.getdoc(formula) or ""))
        return part(formula)

    return declare


def output(unit: str, kind: Kind, name: str = "") -> Callable[[Formula], Formula]:
    """A value per scenario."""

    def declare(formula: Formula) -> Formula:
        quantity = Quantity(name or formula.__name__, unit, inspect.getdoc(formula) or "", kind)
        OUTPUT_TABLE.append(quantity)
        OUTPUT_FORMULAS[quantity.name] = formula
        return formula

    return declare


def ratio(top: Table, bottom: Table) -> Table:
    """Top over bottom; nan, not inf, where there is nothing to divide by."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bottom != 0, top / bottom, np.nan)


def over_time(column: Table, line: Table) -> Table:
    """A value per scenario times a line."""
    return np.multiply(column, line, order="F")  # as `tables` has it


def add_at_ends(line: Table, at_start: Table | float, at_end: Table) -> Table:
    """A line with amounts added in its first and its last month."""
    # In place where the amounts are no more than the scenarios of the line.
    scenarios = max(len(line), np.size(at_start), len(at_end))
    if len(line) < scenarios:
        line = np.array(np.broadcast_to(line, (scenarios, line.shape[1])), order="F")
    line[:, :1] += at_start
    line[:, -1:] += at_end
    return line
