"""Risk: what moves the result of the deployment model, and how far it may fall, from ranges of named inputs."""

from collections.abc import Callable, Sequence

import numpy as np

from tokenbook.udfs.functions.arguments import Cells, Count, Number, Text, Words, clean, did_you_mean
from tokenbook.udfs.functions.declare import excel_function
from tokenbook.udfs.functions.deployment import NO_ANSWER, OUTPUTS, Inputs
from tokenbook.udfs.functions.errors import DIV0, CellError, NoAnswerError, WrongTypeError, error_for
from tokenbook.udfs.kernels import correlation, deployment, risk_measures, sampling, sensitivity, simulation
from tokenbook.udfs.kernels.deployment_inputs import BY_NAME
from tokenbook.udfs.kernels.distributions import Distribution, DistributionError, distribution

INPUT_NAMES = tuple(BY_NAME)
COSTS = {  # outputs of which more is worse
    "lcot", "cost_per_mtok_first", "cost_per_mtok_last", "total_opex", "total_cost", "payback_months",
    "discounted_payback_months",
}  # fmt: skip
SUMMARY_LABELS = {"below_target": "probability_of_loss", "shortfall": "expected_shortfall"}
WITHOUT_ERROR = {"lowest", "highest", "no_answer"}
VIEWS = ("summary", "percentiles", "histogram", "drivers", "correlations", "inputs", "trials")
DRIVER_TRIALS = 50_000  # enough to rank inputs by; with more trials the first of them are looked at
EVERY_PERCENT = range(1, 100)

Trials = Count(low=2, high=1_000_000, meaning="trials")
Seed = Count(low=0, high=sampling.HIGHEST_SEED, meaning="whole number that chooses the draws")
Share = Number(high=1, above=0, meaning="share of the base value: 0.1 for 10 % down and up")


# ---------------------------------------------------------------------------------------------------------
# Sensitivity
# ---------------------------------------------------------------------------------------------------------


@excel_function("Risk", shape="table")
def tok_tornado(inputs: Inputs, ranges: Cells(columns=3, alone=True), output: Text(choices=OUTPUTS) = "npv"):
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
    base = _one_scenario(inputs)
    swings = _answered("inputs", sensitivity.tornado, base, _ranges(base, ranges), output)
    rows: list[list] = [["input", "low", "base", "high", "at_low", "at_base", "at_high", "swing"]]
    for swing in swings:
        results = (swing.at_low, swing.at_base, swing.at_high, swing.width)
        base_value = "unlimited" if swing.base is None else swing.base
        rows.append([swing.name, swing.low, base_value, swing.high, *(_cell(output, value) for value in results)])
    return rows


def _ranges(base: dict, rows: list[list]) -> dict[str, tuple]:
    """Name -> low and high value, from rows of three cells or from one share for all."""
    if rows and len(rows[0]) == 1:
        return _moved(base, clean(Share, "ranges", rows[0][0]).value)
    found: dict[str, tuple] = {}
    for row, (name, low, high, *_) in _named(rows, "ranges"):
        if name in found:
            raise WrongTypeError(f"ranges, row {row}: {name} is given twice")
        found[name] = (_input(f"ranges, row {row}, low", name, low), _input(f"ranges, row {row}, high", name, high))
    if not found:
        raise WrongTypeError("ranges: is blank")
    return found


def _moved(base: dict, share: float) -> dict[str, tuple]:
    found = {}
    for name, value in base.items():
        item = BY_NAME[name]
        if item.kind != "number" or not value or not np.isfinite(value):
            continue
        ends = np.sort([value * (1.0 - share), value * (1.0 + share)])
        found[name] = tuple(float(end) for end in np.clip(ends, item.low, item.high))
    return found


@excel_function("Risk", shape="table")
def tok_grid(
    inputs: Inputs,
    row_name: Text(choices=INPUT_NAMES),
    row_values: Cells(alone=True),
    column_name: Text(choices=INPUT_NAMES),
    column_values: Cells(alone=True),
    output: Text(choices=OUTPUTS) = "npv",
):
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
    rows, columns = _values("row_values", row_name, row_values), _values("column_values", column_name, column_values)
    found = _answered("inputs", sensitivity.grid, _one_scenario(inputs), row_name, rows, column_name, columns, output)
    cells = np.empty(found.shape, dtype=object)
    cells.flat = [_cell(output, value) for value in found.ravel().tolist()]
    return cells


def _values(argument: str, name: str, rows: list[list]) -> list:
    if not rows:
        raise WrongTypeError(f"{argument}: is blank")
    if len(rows) > 1 and len(rows[0]) > 1:
        raise WrongTypeError(f"{argument}: is a {len(rows)} x {len(rows[0])} block, one row or column belongs here")
    values = [value for row in rows for value in row]
    return [_input(f"{argument}, position {i}", name, value) for i, value in enumerate(values, start=1)]


# ---------------------------------------------------------------------------------------------------------
# Simulation
# ---------------------------------------------------------------------------------------------------------


@excel_function("Risk", shape="table")
def tok_simulate(
    inputs: Inputs,
    distributions: Cells(columns=3),
    trials: Trials = simulation.DEFAULT_TRIALS,
    seed: Seed = simulation.DEFAULT_SEED,
    output: Words(choices=OUTPUTS) = ("npv",),
    correlations: Cells(columns=3) = (),
    show: Text(choices=VIEWS) = "summary",
    target: Number() = 0.0,
    bins: Count(low=1, high=1000, meaning="bars of the histogram") = 20,
    method: Text(choices=sampling.METHODS) = "latin_hypercube",
):
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
    certain, uncertain = _one_scenario(inputs), _distributions(distributions)
    pairs = _correlations(correlations, tuple(uncertain))
    asked = (certain, uncertain, pairs, output, trials, seed, method)
    spec = _answered("distributions", simulation.specification, *asked)
    if len(output) > 1 and show in ("histogram", "drivers"):
        raise WrongTypeError(f"output: {show} is of one output, {len(output)} were given")
    done = _answered("inputs", simulation.simulate, spec)
    if show == "histogram":
        return _histogram(output[0], done.outputs[output[0]], bins)
    return SHOWN[show](spec, done, target)


def _summary(spec: simulation.Spec, done: simulation.Trials, target: float) -> list[list]:
    groups = sampling.groups_of(spec.sampling, spec.trials)
    columns = {
        name: risk_measures.summary(values, groups, target, high_is_bad=name in COSTS)
        for name, values in done.outputs.items()
    }
    rows: list[list] = [["statistic"], ["trials"]]
    for name in columns:
        rows[0] += [name, "standard error"]
        rows[1] += [float(spec.trials), ""]
    for label in next(iter(columns.values())):
        row: list = [SUMMARY_LABELS.get(label, label)]
        for name, figures in columns.items():
            value, error = figures[label]
            row += [_cell(name, value), "" if label in WITHOUT_ERROR else _cell(name, error)]
        rows.append(row)
    clipped = float(sum(done.clipped.values()))
    return [*rows, ["clipped", *[clipped, ""] * len(columns)]]


def _percentiles(spec: simulation.Spec, done: simulation.Trials, target: float) -> list[list]:
    groups = sampling.groups_of(spec.sampling, spec.trials)
    rows: list[list] = [["percentile"], *([percent / 100.0] for percent in EVERY_PERCENT)]
    for name, values in done.outputs.items():
        answered = np.isfinite(values)
        if not answered.any():
            raise error_for(NO_ANSWER.get(name, DIV0), f"{name}: has no answer in any trial")
        of_answered = None if groups is None else groups[answered]
        rows[0] += [name, "standard error"]
        estimates = risk_measures.percentiles(values[answered], of_answered, EVERY_PERCENT)
        for row, estimate in zip(rows[1:], estimates, strict=True):
            row += estimate
    return rows


def _histogram(name: str, values: np.ndarray, bins: int) -> list[list]:
    values = values[np.isfinite(values)]
    if not len(values):
        raise error_for(NO_ANSWER.get(name, DIV0), f"{name}: has no answer in any trial")
    edges, counts = risk_measures.histogram(values, bins)
    shares = counts / len(values)
    columns = (edges[:-1], edges[1:], counts, shares, np.cumsum(counts) / len(values))
    rows = zip(*(column.astype(float).tolist() for column in columns), strict=True)
    return [["from", "to", "trials", "share", "cumulative"], *map(list, rows)]


def _drivers(spec: simulation.Spec, done: simulation.Trials, target: float) -> list[list]:
    (name,) = spec.outputs
    looked_at = min(spec.trials, DRIVER_TRIALS)
    found = risk_measures.drivers(simulation.draws(spec, 0, looked_at), done.outputs[name][:looked_at])
    return [["input", "rank_correlation", "contribution", "first_order"], *map(list, found)]


def _as_drawn(spec: simulation.Spec, done: simulation.Trials, target: float) -> list[list]:
    looked_at = min(spec.trials, DRIVER_TRIALS)
    values = simulation.draws(spec, 0, looked_at) | {name: v[:looked_at] for name, v in done.outputs.items()}
    table = np.stack(list(values.values()))
    answered = np.isfinite(table).all(axis=0)
    found = correlation.spearman(table[:, answered]) if answered.any() else np.full((len(table),) * 2, np.nan)
    cells = [[_cell("irr", value) for value in row] for row in found.tolist()]
    return [["", *values], *([name, *row] for name, row in zip(values, cells, strict=True))]


def _inputs(spec: simulation.Spec, done: simulation.Trials, target: float) -> list[list]:
    rows: list[list] = [["input", "distribution", "mean", "sd", "p10", "p50", "p90", "clipped"]]
    for name, values in simulation.draws(spec).items():
        points = np.quantile(values, (0.1, 0.5, 0.9)).tolist()
        drawn = str(spec.uncertain[name])
        rows.append([name, drawn, values.mean(), values.std(ddof=1), *points, float(done.clipped[name])])
    return rows


def _trials(spec: simulation.Spec, done: simulation.Trials, target: float) -> list[list]:
    drawn = {name: values.tolist() for name, values in simulation.draws(spec).items()}
    results = [[_cell(name, value) for value in values.tolist()] for name, values in done.outputs.items()]
    numbers = np.arange(1.0, spec.trials + 1.0).tolist()
    return [["trial", *drawn, *done.outputs], *map(list, zip(numbers, *drawn.values(), *results, strict=True))]


Shown = Callable[[simulation.Spec, simulation.Trials, float], list[list]]
SHOWN: dict[str, Shown] = {
    "summary": _summary,
    "percentiles": _percentiles,
    "drivers": _drivers,
    "correlations": _as_drawn,
    "inputs": _inputs,
    "trials": _trials,
}


# ---------------------------------------------------------------------------------------------------------
# Reading ranges
# ---------------------------------------------------------------------------------------------------------


def _one_scenario(inputs: dict) -> dict:
    """The values of a range of inputs that must hold a single scenario."""
    if any(np.ndim(value) and len(value) > 1 for value in inputs.values()):
        raise WrongTypeError("inputs: several scenarios, one belongs here")
    return {name: value[0] if np.ndim(value) else value for name, value in inputs.items()}


def _named(rows: list[list], argument: str):
    """(row number, [input name, ...]) for each row that says something; a heading may stand above."""
    for number, (first, *others) in enumerate(rows, start=1):
        said = [value for value in others if value is not None]
        if not said or (number == 1 and _is_heading(first, said)):
            continue
        if first is None:
            raise WrongTypeError(f"{argument}, row {number}: the name of the input is missing")
        yield number, [_input_name(f"{argument}, row {number}", first), *others]


def _is_heading(first, others: Sequence) -> bool:
    return all(isinstance(value, str) for value in others) and _spelled(first) not in BY_NAME


def _spelled(name) -> str:
    return "_".join(str(name).lower().replace("-", " ").split())


def _input_name(where: str, given) -> str:
    name = _spelled(given)
    if name not in BY_NAME:
        raise WrongTypeError(f"{where}: the model has no input {str(given)!r}{did_you_mean(name, BY_NAME)}")
    return name


def _input(where: str, name: str, value) -> float | str | int:
    """A value of an input, or an error that says where it stands."""
    if value is None:
        raise WrongTypeError(f"{where}: is blank, a value of {name} belongs here")
    return clean(Inputs.fields[name], f"{where} ({name})", value).value


def _distributions(rows: list[list]) -> dict[str, Distribution]:
    found: dict[str, Distribution] = {}
    for number, (name, kind, *parameters) in _named(rows, "distributions"):
        where = f"distributions, row {number}: {name}"
        if name in found:
            raise WrongTypeError(f"{where} is given twice")
        while parameters and parameters[-1] is None:
            parameters.pop()
        for position, value in enumerate(parameters, start=1):
            if not isinstance(value, float):
                problem = "is blank" if value is None else f'"{value}" is not a number'
                raise WrongTypeError(f"{where}: parameter {position} {problem}")
        if not isinstance(kind, str):
            raise WrongTypeError(f"{where}: the name of a distribution is missing")
        found[name] = _answered(where, distribution, kind, *parameters)
    if not found:
        raise WrongTypeError("distributions: is blank")
    return found


def _correlations(rows: Sequence[list], uncertain: tuple[str, ...]) -> dict[tuple[str, str], float]:
    """Pairs of inputs and their correlation, from a square table or from rows of name, name, number."""
    if not rows:
        return {}
    pairs = _pairs(rows) if isinstance(rows[-1][1], str) else _square(rows)
    found: dict[tuple[str, str], float] = {}
    for where, first, second, value in pairs:
        names = tuple(_input_name(where, name) for name in (first, second))
        for name in names:
            if name not in uncertain:
                raise WrongTypeError(f"{where}: {name} has no distribution")
        if not isinstance(value, float):
            raise WrongTypeError(f"{where}: {'a blank' if value is None else value!r} is not a number")
        if names[0] == names[1]:
            if value != 1.0:
                raise NoAnswerError(f"{where}: {names[0]} with itself is {value:g}, it must be 1")
            continue
        other = found.get((names[1], names[0]), found.get(names))
        if other is not None and abs(other - value) > correlation.ASYMMETRY:
            raise NoAnswerError(f"{where}: {names[0]} and {names[1]}: {value:g} here, {other:g} in the other half")
        found.setdefault(names if other is None else (names[1], names[0]), value)
    return found


def _pairs(rows: Sequence[list]):
    for number, (first, second, value, *_) in enumerate(rows, start=1):
        if number > 1 or _spelled(first) in BY_NAME:
            yield f"correlations, row {number}", first, second, value


def _square(rows: Sequence[list]):
    (_, *across), *below = rows
    if len(below) != len(across):
        size = f"{len(below)} rows and {len(across)} columns"
        raise WrongTypeError(f"correlations: {size} of numbers; a square with names above and on the left belongs here")
    for number, (name, *values) in enumerate(below, start=2):
        for other, value in zip(across, values, strict=True):
            if value is not None:
                yield f"correlations, row {number}", name, other, value


# ---------------------------------------------------------------------------------------------------------
# Errors
# ---------------------------------------------------------------------------------------------------------


def _answered(where: str, work: Callable, *args):
    """What the kernel answers; its refusals become typed errors that say where to look."""
    try:
        return work(*args)
    except (DistributionError, simulation.SpecError) as error:
        message = str(error) if str(error).startswith("correlations") else f"{where}: {error}"
        raise (NoAnswerError if error.domain else WrongTypeError)(message) from None
    except deployment.InputError as error:
        raise WrongTypeError(str(error)) from None


def _cell(output: str, value: float) -> float | CellError:
    if np.isfinite(value):
        return float(value)
    return CellError(NO_ANSWER.get(output, DIV0), f"{output}: has no answer for these inputs")
