"""Risk: what moves the result of the deployment model, and how far it may fall, from ranges of named inputs."""

from typing import Annotated, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tokenbook.udfs.functions.arguments import Cells, Count, Number, Text, Words
from tokenbook.udfs.functions.declare import excel_function
from tokenbook.udfs.functions.deployment import OUTPUTS, Inputs
from tokenbook.udfs.functions.errors import WrongTypeError
from tokenbook.udfs.functions.quantities import Grid, Numbers, Rows, TextRange, number, rows, table, words
from tokenbook.udfs.functions.risk_ranges import (
    answered,
    cell_of,
    correlations_of,
    distributions_of,
    one_scenario,
    ranges_of,
    values_of,
)
from tokenbook.udfs.functions.simulation_tables import SHOWN, histogram
from tokenbook.udfs.kernels import sampling, sensitivity, simulation
from tokenbook.udfs.kernels.deployment_inputs import BY_NAME

INPUT_NAMES = tuple(BY_NAME)
VIEWS = ("summary", "percentiles", "histogram", "drivers", "correlations", "inputs", "trials")

TrialCount: TypeAlias = Annotated[int, Count(low=2, high=1_000_000, meaning="trials")]
Seed: TypeAlias = Annotated[
    int, Count(low=0, high=sampling.HIGHEST_SEED, meaning="whole number that chooses the draws")
]


@excel_function("Risk", shape="table")
def tok_tornado(
    inputs: Inputs,
    ranges: Annotated[Rows, Cells(columns=3, alone=True)],
    output: Annotated[str, Text(choices=OUTPUTS)] = "npv",
) -> Grid:
    """Moves one input at a time between a low and a high value and sorts the inputs by what that does.

    Parameters
    ----------
    inputs : two-column range, names and values
        The base case, as in TOK_DEPLOYMENT, one scenario.
    ranges : value or range, units of the inputs
        Input names, low and high values in three columns; a heading may stand above. Or one share, 0.1 for 10 %: every
        number given in inputs, but months, moves so far down and up, within its allowed range.
    output : text, name of an output
        What is looked at; npv if omitted.

    Returns
    -------
    range, a table with a header (input, low, base, high, at_low, at_base, at_high, swing), widest swing first. Swing is
    the largest less the smallest of the three results.

    Errors
    ------
    #VALUE! a name that is no input, text for a number, a low or high value that is missing, several scenarios
    #NUM! a value outside the range of its input, a share outside 0 to 1; no IRR
    #DIV/0! an output per token, per MW or over capital where there is none
    #N/A never pays back

    Formula
    -------
    swing = max(f(low), f(base), f(high)) - min(f(low), f(base), f(high)), the other inputs at their base

    Source
    ------
    One-at-a-time sensitivity (tornado diagram) as in decision analysis.

    Example
    -------
    =TOK_TORNADO({"gpus", 72; "tok_s_per_gpu", 10000; "price_usd_per_mtok", 1; "months", 12},
        {"gpus", 70, 74; "price_usd_per_mtok", 0.5, 1.5}, "total_revenue")
        -> {"input", "low", "base", "high", "at_low", "at_base", "at_high", "swing";
        "price_usd_per_mtok", 0.5, 1, 1.5, 11352960, 22705920, 34058880, 22705920;
        "gpus", 70, 72, 74, 22075200, 22705920, 23336640, 1261440}
    =INDEX(TOK_TORNADO({"gpus", 72; "tok_s_per_gpu", 10000; "price_usd_per_mtok", 1; "months", 12}, 0.1,
        "total_revenue"), 2, 8) -> 4541184
    """
    base = one_scenario(table(inputs))
    swings = answered("inputs", sensitivity.tornado, base, ranges_of(base, rows(ranges)), output)
    cells: Grid = [["input", "low", "base", "high", "at_low", "at_base", "at_high", "swing"]]
    for swing in swings:
        results = (swing.at_low, swing.at_base, swing.at_high, swing.width)
        base_value = "unlimited" if swing.base is None else swing.base
        cells.append([swing.name, swing.low, base_value, swing.high, *(cell_of(output, value) for value in results)])
    return cells


@excel_function("Risk", shape="table")
def tok_grid(
    inputs: Inputs,
    row_name: Annotated[str, Text(choices=INPUT_NAMES)],
    row_values: Annotated[Rows, Cells(alone=True)],
    column_name: Annotated[str, Text(choices=INPUT_NAMES)],
    column_values: Annotated[Rows, Cells(alone=True)],
    output: Annotated[str, Text(choices=OUTPUTS)] = "npv",
) -> NDArray[Any]:
    """Two-way table: the result for every combination of two inputs, as Excel's data table, in one call.

    Parameters
    ----------
    inputs : two-column range, names and values
        The base case, as in TOK_DEPLOYMENT, one scenario.
    row_name : text, name of an input
        The input that changes from row to row.
    row_values : value or range, unit of that input
        Its values; a row of results for each.
    column_name : text, name of an input
        The input that changes from column to column.
    column_values : value or range, unit of that input
        Its values; a column of results for each.
    output : text, name of an output
        What is looked at; npv if omitted.

    Returns
    -------
    range, in the unit of the output: one row per row value, one column per column value, without headings, so that it
    spills between the two ranges of values.

    Errors
    ------
    #VALUE! a name that is no input, the same input twice, text or a blank for a number, several scenarios
    #NUM! a value outside the range of its input; no IRR
    #DIV/0! an output per token, per MW or over capital where there is none
    #N/A never pays back

    Formula
    -------
    TOK_DEPLOYMENT for each combination, the other inputs at their base

    Source
    ------
    Two-way sensitivity table.

    Example
    -------
    =TOK_GRID({"gpus", 72; "months", 12}, "tok_s_per_gpu", {5000; 10000}, "price_usd_per_mtok", {0.5, 1, 1.5},
        "total_revenue") -> {5676480, 11352960, 17029440; 11352960, 22705920, 34058880}
    """
    down = values_of("row_values", row_name, rows(row_values))
    across = values_of("column_values", column_name, rows(column_values))
    base = one_scenario(table(inputs))
    found = answered("inputs", sensitivity.grid, base, row_name, down, column_name, across, output)
    cells: NDArray[Any] = np.empty(found.shape, dtype=object)
    cells[:] = [[cell_of(output, value) for value in row] for row in found.tolist()]
    return cells


@excel_function("Risk", shape="table")
def tok_simulate(
    inputs: Inputs,
    distributions: Annotated[Rows, Cells(columns=3)],
    trials: TrialCount = simulation.DEFAULT_TRIALS,
    seed: Seed = simulation.DEFAULT_SEED,
    output: Annotated[TextRange, Words(choices=OUTPUTS)] = ("npv",),
    correlations: Annotated[Rows, Cells(columns=3)] = (),
    show: Annotated[str, Text(choices=VIEWS)] = "summary",
    target: Annotated[Numbers, Number()] = 0.0,
    bins: Annotated[int, Count(low=1, high=1000, meaning="bars of the histogram")] = 20,
    method: Annotated[str, Text(choices=sampling.METHODS)] = "latin_hypercube",
) -> Grid:
    """Monte Carlo simulation of the deployment model: percentiles, probability of loss and what drives the spread.

    The same arguments give the same figures, on every machine and in every recalculation. Distributions and their
    parameters, in the unit of the input: normal (mean, sd), lognormal (mean, sd), normal_p10_p90 and lognormal_p10_p90
    (p10, p90), triangular (low, likely, high), pert (low, likely, high, [weight of likely, 4]), uniform (low, high),
    discrete (value, weight, value, weight ...), fixed (value). A draw outside the allowed range of its input, such as
    a utilisation above 1, is moved to the bound and counted in the row "clipped".

    Parameters
    ----------
    inputs : two-column range, names and values
        The inputs that are certain, as in TOK_DEPLOYMENT, one scenario; those with a distribution may be among them.
    distributions : range, units of the inputs
        One row per uncertain input: its name, the distribution, its parameters; a heading may stand above.
    trials : whole number, number of trials
        How often the model is run; 10,000 if omitted.
    seed : whole number, any
        Which draws; 1 if omitted. Another seed shows how far the figures depend on the draws.
    output : text or range, names of outputs
        What is looked at, such as npv or "npv, lcot"; npv if omitted. Only one for histogram and drivers.
    correlations : range, rank correlations of -1 to 1
        A square table with input names above and on the left (one half is enough), or rows of name, name, correlation.
    show : text, one of the tables below
        summary, percentiles (1 to 99 %), histogram, drivers, correlations (as drawn), inputs (as drawn), or trials.
    target : number, unit of the output
        A result below it is a loss; 0 if omitted.
    bins : whole number, number of bars
        Bars of the histogram, of equal width; 20 if omitted.
    method : text, how draws are spread
        latin_hypercube, sobol (best with a power of two trials) or plain; latin_hypercube if omitted.

    Returns
    -------
    range, a table with a header, in the units of the outputs. Summary: trials, mean, sd, percentiles, lowest and
    highest, probability_of_loss, expected_shortfall (mean of the worst 5 %: the lowest, of costs and payback the
    highest), no_answer (share of trials), clipped (number of draws), each with its standard error. Histogram: from, to,
    trials, share, cumulative share. Drivers: rank correlation with the output, contribution to variance (squared rank
    correlation over the sum of all) and first-order Sobol index, strongest first.

    Errors
    ------
    #VALUE! an unknown input, distribution or output, a parameter that is missing, text for a number, several scenarios
    #NUM! parameters that make no distribution, correlations that contradict each other (the message names the pair and
          the nearest that do not), a trials, seed or bins out of range; no IRR
    #DIV/0! an output per token, per MW or over capital where there is none
    #N/A never pays back

    Formula
    -------
    draw = inverse distribution of a uniform number; contribution_i = r_i^2 / sum r^2, r Spearman's rank correlation;
    percentile = PERCENTILE.INC; its standard error is half the distance between the percentiles one standard error of
    the share to either side, which comes from how independent hypercubes of 500 trials (or 16 Sobol sequences) differ,
    or is sqrt(p (1 - p) / trials) for plain draws and for less than ten groups (too large then, never too small)

    Source
    ------
    McKay, Beckman and Conover 1979 (Latin hypercube); Iman and Conover 1982 (rank correlation; for the other ways of
    sampling a Gaussian copula); Joe and Kuo 2008 (Sobol); Acerbi and Tasche 2002 (expected shortfall).

    Example
    -------
    =ROUND(INDEX(TOK_SIMULATE({"gpus", 1; "tok_s_per_gpu", 1000000; "demand_mtok_per_month", 1000; "months", 1},
        {"price_usd_per_mtok", "uniform", 1, 3}, 10000, 1, "total_revenue"), 8, 2), -1) -> 2000
    =INDEX(TOK_SIMULATE({"gpus", 1; "tok_s_per_gpu", 1000000; "demand_mtok_per_month", 1000; "months", 1},
        {"price_usd_per_mtok", "uniform", 1, 3}, 10000, 1, "total_revenue", , "histogram", , 4), 3, 5) -> 0.5
    """
    certain, uncertain = one_scenario(table(inputs)), distributions_of(rows(distributions))
    pairs = correlations_of(rows(correlations), tuple(uncertain))
    outputs = words(output)
    asked = (certain, uncertain, pairs, outputs, trials, seed, method)
    spec = answered("distributions", simulation.specification, *asked)
    if len(outputs) > 1 and show in ("histogram", "drivers"):
        raise WrongTypeError(f"output: {show} is of one output, {len(outputs)} were given")
    done = answered("inputs", simulation.simulate, spec)
    if show == "histogram":
        return histogram(outputs[0], done.outputs[outputs[0]], bins)
    return SHOWN[show](spec, done, number(target))
