"""Deployment: the whole business case of GPUs that make and sell tokens, from a range of named inputs."""

from collections.abc import Callable
from typing import Annotated, Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from tokenbook.udfs.functions.arguments import LARGEST, Count, Number, Table, Text
from tokenbook.udfs.functions.declare import Coded, excel_function
from tokenbook.udfs.functions.errors import CODE_INDEX, DIV0, NA, NUM, CellError, WrongTypeError, error_for
from tokenbook.udfs.functions.quantities import Curve, Grid, Rows
from tokenbook.udfs.kernels import deployment

OUTPUTS = tuple(item.name for item in deployment.OUTPUTS)
LINES = tuple(item.name for item in deployment.LINES)
VOCABULARY: dict[str, tuple[Any, ...]] = {
    "inputs": deployment.INPUTS,
    "outputs": deployment.OUTPUTS,
    "lines": deployment.LINES,
}
# What a missing answer means, by output; for the others it is a division by zero tokens, power or capital.
NO_ANSWER = {"irr": NUM, "payback_months": NA, "discounted_payback_months": NA}


Run = TypeVar("Run")


def _field(item: deployment.Input) -> Number | Count | Text:
    if item.kind == "choice":
        return Text(choices=item.choices)
    assert item.low is not None
    low, high = item.low, LARGEST if item.high is None else item.high
    if item.kind == "integer":
        return Count(int(low), int(high), meaning=item.unit)
    return Number(low=low, high=high, meaning=item.unit)


INPUTS = Table(
    fields={item.name: _field(item) for item in deployment.INPUTS},
    required=frozenset(item.name for item in deployment.INPUTS if item.required),
)
Inputs: TypeAlias = Annotated[Rows, INPUTS]


def _modelled(run: Callable[..., Run], inputs: Any, **asked: Any) -> Run:
    """Run the model. What only it can see (a missing input, different months) becomes the typed error."""
    try:
        return run(inputs, **asked)
    except deployment.InputError as error:
        raise WrongTypeError(str(error)) from None


@excel_function("Deployment", shape="table")
def tok_deployment(inputs: Inputs, output: Annotated[str, Text(choices=OUTPUTS)] = "") -> Any:
    """Runs the deployment model: NPV, IRR, payback, ROI and levelised cost of GPUs that sell tokens.

    The names and units of the inputs are those of TOK_DEPLOYMENT_NAMES(); a name that is absent or has a blank value
    takes its default. Rows with a name and no value, such as headings, are passed over.

    Parameters
    ----------
    inputs : two-column range, names and values
        Input names in the first column, values beside them; each further column is a further scenario.
    output : text, name of an output
        One output, such as npv or lcot; all of them if omitted.

    Returns
    -------
    range, USD and other units as TOK_DEPLOYMENT_NAMES("outputs") gives them. Without an output a table: names, then
    one column per scenario. With an output one value per scenario, along a row.

    Errors
    ------
    #VALUE! a name that is no input (the message names the closest), text for a number, a required input that is
            missing, an unknown output, months that differ between scenarios
    #NUM! an input outside its range; no IRR
    #DIV/0! an output per token, per MW or over capital where there is none
    #N/A never pays back

    Formula
    -------
    For months t = 1..N: sold = min(demand, GPUs x tok/s x software(t) x 0.0036 x 730 x availability x utilization(t));
    FCF = sold x price(t) - opex(t) - tax(t), with depreciation and losses carried forward; month 0 is the investment;
    NPV = sum of FCF / (1 + r)^(t/12). Every line is one of TOK_DEPLOYMENT_NAMES("lines").

    Source
    ------
    Discounted cash flow as in corporate finance; software gains, price decline and volatile demand as separate curves.

    Example
    -------
    =TOK_DEPLOYMENT({"gpus", 72; "tok_s_per_gpu", 10000; "capex_usd_per_gpu", 69444.4444;
        "price_usd_per_mtok", 1.1; "months", 36}, "revenue_multiple") -> 14.9859
    =TOK_DEPLOYMENT({"gpus", 72, 72; "tok_s_per_gpu", 10000, 10000; "capex_usd_per_gpu", 69444.4444, 69444.4444;
        "price_usd_per_mtok", 1.1, 0.11; "months", 36, 36}, "net_roi") -> {13.9859, 0.498591}
    """
    result = _modelled(deployment.run, inputs, outputs=[output] if output else OUTPUTS)
    if not output:
        return [[name, *_cells(name, result.outputs[name])] for name in OUTPUTS]
    values = result.outputs[output]
    code = NO_ANSWER.get(output, DIV0)
    if values.size > 1:
        return Coded(values, np.where(np.isfinite(values), 0, CODE_INDEX[code]).astype(np.uint8))
    if not np.isfinite(values[0]):
        raise error_for(code, f"{output}: has no answer for these inputs")
    return float(values[0])


def _cells(name: str, values: NDArray[np.float64]) -> list[float | CellError]:
    error = CellError(NO_ANSWER.get(name, DIV0), f"{name}: has no answer for these inputs")
    return [value if np.isfinite(value) else error for value in values.tolist()]


@excel_function("Deployment", shape="curve", no_answer=NA)
def tok_deployment_curve(
    inputs: Inputs, line: Annotated[str, Text(choices=LINES)], columns: Annotated[int, Count()] = 1
) -> Curve:
    """One line of the deployment model over time: cost per Mtok, revenue, cash flow, running NPV and others.

    Parameters
    ----------
    inputs : two-column range, names and values
        As in TOK_DEPLOYMENT; each further column is a further scenario.
    line : text, name of a line
        Such as cost_per_mtok, npv_curve or fcf; TOK_DEPLOYMENT_NAMES("lines") lists them.
    columns : whole number, number of months with month 0
        The least length: a shorter curve is filled up with 0, so that it fits a fixed range.

    Returns
    -------
    range, in the unit of the line: months 0 to N along a row; with several scenarios down columns, one per scenario.

    Errors
    ------
    #VALUE! a name that is no input, text for a number, a required input that is missing, an unknown line
    #NUM! an input outside its range
    #N/A a month in which the line has no value (cost per token without sales, as in month 0): charts leave it out

    Formula
    -------
    See TOK_DEPLOYMENT and TOK_DEPLOYMENT_NAMES("lines").

    Source
    ------
    See TOK_DEPLOYMENT.

    Example
    -------
    =TOK_DEPLOYMENT_CURVE({"gpus", 1; "tok_s_per_gpu", 1000; "price_usd_per_mtok", 1; "software_gain", 4;
        "software_months", 2; "months", 3}, "software") -> {1, 2, 4, 4}
    =TOK_DEPLOYMENT_CURVE({"gpus", 1; "tok_s_per_gpu", 1000; "price_usd_per_mtok", 1; "software_gain", 4;
        "software_months", 2; "months", 3}, "software", 6) -> {1, 2, 4, 4, 0, 0}
    """
    lines = _modelled(deployment.run, inputs, lines=[line]).lines[line]
    lines = np.pad(lines, ((0, 0), (0, max(0, columns - lines.shape[1]))))
    return lines if len(lines) > 1 else lines[0]


@excel_function("Deployment", shape="table")
def tok_static_vs_declining(inputs: Inputs) -> Grid:
    """The declining, software-driven view beside the static one, in which throughput never improves.

    The static twin is the same model with a software gain of 1 and no yearly gain: the fixed-depreciation view.

    Parameters
    ----------
    inputs : two-column range, names and values
        As in TOK_DEPLOYMENT, one scenario.

    Returns
    -------
    range, a table with a header (line, declining, static, difference): NPV in USD and levelised cost in USD per Mtok.

    Errors
    ------
    #VALUE! a name that is no input, text for a number, a required input that is missing, several scenarios
    #NUM! an input outside its range
    #DIV/0! no token is sold (levelised cost only)

    Formula
    -------
    difference = declining - static; that of the NPV is the value of the declining cost curve

    Source
    ------
    See TOK_DEPLOYMENT.

    Example
    -------
    =INDEX(TOK_STATIC_VS_DECLINING({"gpus", 8; "tok_s_per_gpu", 5000; "software_gain", 5; "price_usd_per_mtok", 0.5;
        "acquisition", "rent"; "usd_per_gpu_hour", 2}), 3, 3) -> 0.111111
    """
    both = _modelled(deployment.static_vs_declining, inputs)
    if both.npv_declining.size > 1:
        raise WrongTypeError("inputs: several scenarios, one belongs here")
    return [
        ["line", "declining", "static", "difference"],
        ["npv", *_cells("npv", np.concatenate(both[:3]))],
        ["lcot", *_cells("lcot", np.concatenate(both[3:]))],
    ]


@excel_function("Deployment", shape="table")
def tok_deployment_names(what: Annotated[str, Text(choices=tuple(VOCABULARY))] = "inputs") -> Grid:
    """The names that the deployment model knows: its inputs with defaults, its outputs, its lines.

    Parameters
    ----------
    what : text, inputs, outputs or lines
        Which names; the inputs if omitted.

    Returns
    -------
    range, a table with a header. Inputs: name, default, unit, allowed, help: the first two columns are a range for
    TOK_DEPLOYMENT as soon as the required values are filled in. Outputs and lines: name, unit, help.

    Errors
    ------
    #VALUE! another word than these three

    Formula
    -------
    None: a list.

    Source
    ------
    The declarations of the model itself.

    Example
    -------
    =INDEX(TOK_DEPLOYMENT_NAMES(), 2, 1) -> "gpus"
    =INDEX(TOK_DEPLOYMENT_NAMES("outputs"), 2, 2) -> "USD"
    """
    if what != "inputs":
        return [["name", "unit", "help"], *([item.name, item.unit, item.help] for item in VOCABULARY[what])]
    rows: Grid = [["name", "default", "unit", "allowed", "help"]]
    for item in deployment.INPUTS:
        default = "" if item.required or item.default is None else item.default
        rows.append([item.name, default, item.unit, "required" if item.required else item.domain, item.help])
    return rows
