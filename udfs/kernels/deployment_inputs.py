"""The inputs of the deployment model: one table that says what is asked, and the reading of it.

`INPUTS` is the declaration: names, defaults, units, allowed ranges, help. `read` turns what was given into
columns, one row per scenario, or raises `InputError` with a line that names the input.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokenbook.udfs.errors import TokenbookError, did_you_mean

MAX_MONTHS = 600
REQUIRED = "required"  # the default of an input that has none
UNLIMITED = np.inf

Column = NDArray[Any]


class InputError(TokenbookError):
    """An input of the model is missing, unknown or outside its domain.

    Attributes
    ----------
    name : str
        The input (or line, or output) in question.
    message : str
        What is wrong with it.
    scenario : int or None
        Its position among the scenarios, from 0, where several were given.
    """

    def __init__(self, name: str, message: str, scenario: int | None = None):
        super().__init__(name, message, scenario)
        self.name = name
        self.message = message
        self.scenario = scenario

    def __str__(self) -> str:
        return f"{self.name}: {self.message}"


@dataclass(frozen=True)
class Input:
    """One input: its default (`REQUIRED` if there is none), unit and allowed range, and what it means."""

    name: str
    default: float | str | None
    unit: str
    low: float | None
    high: float | None
    help: str
    kind: str = "number"  # number, integer or choice
    choices: tuple[str, ...] = ()

    @property
    def required(self) -> bool:
        return self.default == REQUIRED

    @property
    def domain(self) -> str:
        """What is allowed, in words: ``share of capacity, 0 to 1``."""
        if self.choices:
            return ", ".join(self.choices)
        if self.high is None:
            return f"{self.unit}, {self.low:g} or more"
        return f"{self.unit}, {self.low:g} to {self.high:g}"


def _choice(name: str, *choices: str, help: str) -> Input:
    return Input(name, choices[0], "", None, None, help, "choice", choices)


INPUTS: tuple[Input, ...] = (
    # throughput
    Input("gpus", REQUIRED, "GPUs", 0, None, "Number of GPUs deployed."),
    Input("tok_s_per_gpu", REQUIRED, "tok/s per GPU", 0, None,
          "Throughput of one GPU today, fully used; of the tokens that the price is for (total, or output)."),
    Input("software_gain", 1, "times", 0.001, 1e6,
          "Throughput after the first software releases over throughput today."),
    Input("software_months", 2, "months", 0, 1200, "Months in which that gain is reached; 0: at once."),
    Input("software_annual_gain", 0, "share a year", -0.99, 100, "Growth of throughput a year afterwards."),
    Input("utilization_start", 1, "share of capacity", 0, 1, "Utilisation in month 0."),
    Input("utilization_end", 1, "share of capacity", 0, 1, "Utilisation when the ramp is over."),
    Input("ramp_months", 0, "months", 0, 1200, "Months from the first utilisation to the last; 0: at once."),
    _choice("ramp_shape", "linear", "logistic", help="How utilisation ramps up: in a line or in an S."),
    Input("availability", 1, "share of time", 0, 1, "Share of the hours in which the GPUs are up."),
    # demand and price
    Input("demand_mtok_per_month", None, "Mtok a month", 0, None,
          "Demand today; blank: unlimited, all that can be made is sold."),
    Input("demand_growth_per_year", 0, "share a year", -0.99, 100, "Growth of demand a year."),
    Input("demand_cv", 0, "coefficient of variation", 0, 10,
          "Volatility of a month's demand: standard deviation over mean, lognormal; 0: as planned."),
    Input("price_usd_per_mtok", REQUIRED, "USD per Mtok", 0, None, "Price today."),
    Input("price_annual_factor", 1, "times a year", 0.001, 1e6, "Factor by which the price falls; 1: flat."),
    Input("price_floor", 0, "USD per Mtok", 0, None, "Price below which it does not fall."),
    # costs
    _choice("acquisition", "own", "rent",
            help="own: capex and a build-up of running costs; rent: an all-in rate, licences and staff."),
    Input("capex_usd_per_gpu", 0, "USD per GPU", 0, None,
          "Hardware, with its part of rack and network (own)."),
    Input("installation_usd_per_gpu", 0, "USD per GPU", 0, None, "Installation; depreciated, too (own)."),
    Input("usd_per_gpu_hour", 0, "USD per GPU-hour", 0, None,
          "All-in rate (rent): for every hour, used or not; fixed by contract, so not inflated."),
    Input("kw_per_gpu", 0, "kW per GPU", 0, None, "IT power of a GPU with its share of the rack."),
    Input("pue", 1, "facility power over IT power", 1, 10, "Power usage effectiveness."),
    Input("usd_per_kwh", 0, "USD per kWh", 0, None, "Electricity (own)."),
    Input("hosting_usd_per_kw_month", 0, "USD per kW a month", 0, None, "Hosting, per kW of IT power (own)."),
    Input("maintenance_share_per_year", 0, "share of capex a year", 0, 1, "Maintenance (own)."),
    Input("software_usd_per_gpu_month", 0, "USD per GPU a month", 0, None, "Software licences."),
    Input("staff_usd_per_month", 0, "USD a month", 0, None, "Staff."),
    Input("inflation_per_year", 0, "share a year", -0.99, 100, "Growth of all running costs but the rent."),
    # valuation
    _choice("depreciation_method", "SL", "SYD", "DDB", "MACRS5", "UNITS",
            help="Straight line, years' digits, double declining, MACRS 5 years, or by tokens sold (own)."),
    Input("depreciation_years", 5, "years", 0.5, 50, "Life, for SL, SYD and DDB."),
    Input("residual_share", 0, "share of capex", 0, 1, "What the GPUs are sold for in the last month (own)."),
    Input("tax_rate", 0, "share of profit", 0, 1, "Tax on profit; losses are carried forward."),
    Input("discount_rate", 0.1, "share a year", -0.99, 100, "Effective annual rate."),
    _choice("timing", "end", "mid", help="A month's cash flow falls at its end or in its middle."),
    Input("gpus_per_rack", 72, "GPUs", 1, None, "GPUs in a rack."),
    Input("months", 60, "months", 1, MAX_MONTHS, "Months of operation; one for all scenarios.", "integer"),
)  # fmt: skip

BY_NAME = {item.name: item for item in INPUTS}


def read(inputs: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """Check the inputs and bring them into shape.

    Parameters
    ----------
    inputs : mapping of name to value
        Scalars or arrays (scenarios,); None, also inside an array, takes the default.

    Returns
    -------
    values : dict
        Every input as a column, (scenarios, 1) or (1, 1); ``months`` as an int.
    scenarios : int
        How many there are.

    Raises
    ------
    InputError
        If an input is missing, unknown, outside its domain, or of another length than the others.

    Examples
    --------
    >>> values, scenarios = read({"gpus": [8, 72], "tok_s_per_gpu": 5000, "price_usd_per_mtok": 0.5})
    >>> scenarios, values["gpus"].tolist(), values["pue"].tolist()
    (2, [[8.0], [72.0]], [[1.0]])
    """
    for name in inputs:
        if name not in BY_NAME:
            raise InputError(str(name), f"no such input{did_you_mean(name, BY_NAME)}")
    values: dict[str, Any] = {}
    scenarios, longest = 1, ""
    for item in INPUTS:
        given = inputs.get(item.name)
        column = _default_column(item) if given is None else _read_one(item, given)
        if len(column) > 1 and item.name != "months":
            if scenarios not in (1, len(column)):
                raise InputError(item.name, f"{len(column)} scenarios, but {longest} has {scenarios}")
            scenarios, longest = len(column), item.name
        values[item.name] = column[:, np.newaxis]
    months = values["months"]
    if np.any(months != months[0]):
        raise InputError("months", "must be the same in all scenarios")
    return {**values, "months": int(months[0, 0])}, scenarios


@cache
def _default_column(item: Input) -> Column:
    column = _read_one(item, None)
    column.flags.writeable = False  # one for all runs
    return column


def _read_one(item: Input, given: Any) -> Column:
    cells = np.asarray(given)
    if cells.dtype.kind == "U" and not isinstance(given, np.ndarray):
        cells = np.asarray(given, dtype=object)  # a list of numbers and words keeps its numbers
    if cells.ndim > 1 or cells.size == 0:
        raise InputError(item.name, f"an array of shape {cells.shape}, but one value per scenario is needed")
    cells = cells.reshape(-1)
    if cells.dtype == object:  # blanks, or numbers and words mixed
        if item.required:
            _refuse(item, cells, [cell is None for cell in cells], "a value is needed")
        blank = UNLIMITED if item.default is None else item.default
        cells = np.array([blank if cell is None else cell for cell in cells], dtype=object)
    return _choices(item, cells) if item.kind == "choice" else _numbers(item, cells)


def _choices(item: Input, cells: Column) -> Column:
    words = cells.astype(str)
    if not np.all(np.isin(words, item.choices)):  # to a person, upper and lower case are the same
        by_lower = {choice.lower(): choice for choice in item.choices}
        words = np.array([by_lower.get(word.strip().lower(), "") for word in words.tolist()])
        _refuse(item, cells, words == "", "{} is not one of the choices")
    return words


def _numbers(item: Input, cells: Column) -> Column:
    if cells.dtype == object:
        is_number = np.array([isinstance(x, (int, float, np.number)) and not isinstance(x, bool) for x in cells])
    else:
        is_number = np.full(cells.shape, cells.dtype.kind in "iuf")
    _refuse(item, cells, np.logical_not(is_number), "{} is not a number")
    numbers = np.ascontiguousarray(cells, dtype=float)
    unlimited = (numbers == UNLIMITED) & (item.default is None)
    _refuse(item, numbers, ~(np.isfinite(numbers) | unlimited), "{} is not a number")
    _refuse(item, numbers, numbers < item.low, f"{{}} is below {item.low:g}")
    if item.high is not None:
        _refuse(item, numbers, numbers > item.high, f"{{}} is above {item.high:g}")
    if item.kind == "integer":
        _refuse(item, numbers, numbers != np.round(numbers), "{} is not a whole number")
    return numbers


def _refuse(item: Input, cells: Column, wrong: Any, problem: str) -> None:
    if not np.any(wrong):
        return
    first = int(np.argmax(wrong))
    cell = cells[first]
    given = f"{cell:.10g}" if isinstance(cell, float) else repr(str(cell)) if isinstance(cell, str) else str(cell)
    several = len(cells) > 1
    where = f", scenario {first + 1} of {len(cells)}" if several else ""
    raise InputError(item.name, f"{problem.format(given)} ({item.domain}){where}", first if several else None)
