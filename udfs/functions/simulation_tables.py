"""The tables that TOK_SIMULATE shows: statistics, percentiles, histogram, drivers, correlations, inputs, trials."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokenbook.udfs.functions.deployment import NO_ANSWER
from tokenbook.udfs.functions.errors import DIV0, error_for
from tokenbook.udfs.functions.quantities import Grid
from tokenbook.udfs.functions.risk_ranges import cell_of
from tokenbook.udfs.kernels import correlation, risk_measures, sampling, simulation

COSTS = {  # outputs of which more is worse
    "lcot", "cost_per_mtok_first", "cost_per_mtok_last", "total_opex", "total_cost", "payback_months",
    "discounted_payback_months",
}  # fmt: skip
SUMMARY_LABELS = {"below_target": "probability_of_loss", "shortfall": "expected_shortfall"}
WITHOUT_ERROR = {"lowest", "highest", "no_answer"}
DRIVER_TRIALS = 50_000  # enough to rank inputs by; with more trials the first of them are looked at
EVERY_PERCENT = range(1, 100)


def _summary(spec: simulation.Spec, done: simulation.Trials, target: float) -> Grid:
    groups = sampling.groups_of(spec.sampling, spec.trials)
    columns = {
        name: risk_measures.summary(values, groups, target, high_is_bad=name in COSTS)
        for name, values in done.outputs.items()
    }
    rows: Grid = [["statistic"], ["trials"]]
    for name in columns:
        rows[0] += [name, "standard error"]
        rows[1] += [float(spec.trials), ""]
    for label in next(iter(columns.values())):
        row: list[Any] = [SUMMARY_LABELS.get(label, label)]
        for name, figures in columns.items():
            value, error = figures[label]
            row += [cell_of(name, value), "" if label in WITHOUT_ERROR else cell_of(name, error)]
        rows.append(row)
    clipped = float(sum(done.clipped.values()))
    return [*rows, ["clipped", *[clipped, ""] * len(columns)]]


def _percentiles(spec: simulation.Spec, done: simulation.Trials, target: float) -> Grid:
    groups = sampling.groups_of(spec.sampling, spec.trials)
    rows: Grid = [["percentile"], *([percent / 100.0] for percent in EVERY_PERCENT)]
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


def histogram(name: str, values: NDArray[np.float64], bins: int) -> Grid:
    values = values[np.isfinite(values)]
    if not len(values):
        raise error_for(NO_ANSWER.get(name, DIV0), f"{name}: has no answer in any trial")
    edges, counts = risk_measures.histogram(values, bins)
    shares = counts / len(values)
    columns = (edges[:-1], edges[1:], counts, shares, np.cumsum(counts) / len(values))
    rows = zip(*(column.astype(float).tolist() for column in columns), strict=True)
    return [["from", "to", "trials", "share", "cumulative"], *map(list, rows)]


def _drivers(spec: simulation.Spec, done: simulation.Trials, target: float) -> Grid:
    (name,) = spec.outputs
    looked_at = min(spec.trials, DRIVER_TRIALS)
    found = risk_measures.drivers(simulation.draws(spec, 0, looked_at), done.outputs[name][:looked_at])
    return [["input", "rank_correlation", "contribution", "first_order"], *map(list, found)]


def _as_drawn(spec: simulation.Spec, done: simulation.Trials, target: float) -> Grid:
    looked_at = min(spec.trials, DRIVER_TRIALS)
    values = simulation.draws(spec, 0, looked_at) | {name: v[:looked_at] for name, v in done.outputs.items()}
    table = np.stack(list(values.values()))
    answered = np.isfinite(table).all(axis=0)
    found = correlation.spearman(table[:, answered]) if answered.any() else np.full((len(table),) * 2, np.nan)
    cells = [[cell_of("irr", value) for value in row] for row in found.tolist()]
    return [["", *values], *([name, *row] for name, row in zip(values, cells, strict=True))]


def _inputs(spec: simulation.Spec, done: simulation.Trials, target: float) -> Grid:
    rows: Grid = [["input", "distribution", "mean", "sd", "p10", "p50", "p90", "clipped"]]
    for name, values in simulation.draws(spec).items():
        points = np.quantile(values, (0.1, 0.5, 0.9)).tolist()
        drawn = str(spec.uncertain[name])
        rows.append([name, drawn, values.mean(), values.std(ddof=1), *points, float(done.clipped[name])])
    return rows


def _trials(spec: simulation.Spec, done: simulation.Trials, target: float) -> Grid:
    drawn = {name: values.tolist() for name, values in simulation.draws(spec).items()}
    results = [[cell_of(name, value) for value in values.tolist()] for name, values in done.outputs.items()]
    numbers = np.arange(1.0, spec.trials + 1.0).tolist()
    return [["trial", *drawn, *done.outputs], *map(list, zip(numbers, *drawn.values(), *results, strict=True))]


Shown = Callable[[simulation.Spec, simulation.Trials, float], Grid]
SHOWN: dict[str, Shown] = {
    "summary": _summary,
    "percentiles": _percentiles,
    "drivers": _drivers,
    "correlations": _as_drawn,
    "inputs": _inputs,
    "trials": _trials,
}
