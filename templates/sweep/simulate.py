"""Monte Carlo over any workbook: draws of its uncertain inputs are the scenarios of a sweep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokenbook.templates.engine import validation
from tokenbook.templates.sweep import run, scenarios
from tokenbook.templates.sweep.errors import SweepError
from tokenbook.templates.sweep.evaluator import Evaluator
from tokenbook.udfs.kernels import risk_measures, sampling, simulation

TRIAL = "trial"


@dataclass(frozen=True, slots=True)
class Simulated:
    """A simulation of a workbook: what was asked, how many draws were moved, and what came out."""

    spec: simulation.Spec
    outcome: run.Outcome
    clipped: dict[str, int]
    summaries: dict[str, dict[str, risk_measures.Estimate]]
    drivers: dict[str, list[risk_measures.Driver]]


def simulate(
    book: Path, spec: simulation.Spec, out: Path, *, progress: Callable[[int, int], None], **options: Any
) -> Simulated:
    """Draw, sweep, and say what the trials tell. ``out`` holds every trial; options as for ``run.sweep``."""
    table, clipped = trials(book, spec)
    outcome = run.sweep(book, table, list(spec.outputs), out, progress=progress, **options)
    results = scenarios.read(out)
    groups = sampling.groups_of(spec.sampling, spec.trials)
    draws = {name: np.asarray(table[name], float) for name in spec.uncertain}
    summaries, drivers = {}, {}
    for name in outcome.outputs:
        values = _numbers(results[name])
        summaries[name] = risk_measures.summary(values, groups)
        answered = np.isfinite(values)
        some = answered.sum() > 1 and np.ptp(values[answered]) > 0
        kept = {key: drawn[answered] for key, drawn in draws.items()}
        drivers[name] = risk_measures.drivers(kept, values[answered]) if some else []
    return Simulated(spec, outcome, clipped, summaries, drivers)


def trials(book: Path, spec: simulation.Spec) -> tuple[scenarios.Table, dict[str, int]]:
    """The draws as a table of scenarios, moved to the bounds of their cells (or refused, as the spec says)."""
    drawn = simulation.sampled(spec, 0, spec.trials)
    fixed = tuple(spec.inputs)
    evaluator = Evaluator(run.content_of(book), (*drawn, *fixed), (), book.name)
    clipped: dict[str, int] = {}
    try:
        for target, base in zip(evaluator.inputs, evaluator.base, strict=True):
            if target.name in drawn and not isinstance(base, (float, type(None))):
                raise SweepError(
                    f"{target.name}: {target.sheet}!{target.ref} holds {base!r}; only numbers are uncertain"
                )
        for target, rules in zip(evaluator.inputs[: len(drawn)], evaluator.rules, strict=False):
            low, high = validation.bounds(rules)
            values = drawn[target.name]
            outside = (values < low) | (values > high)
            clipped[target.name] = int(np.count_nonzero(outside))
            if clipped[target.name] and spec.outside == "refuse":
                raise SweepError(
                    f"{target.name}: {spec.uncertain[target.name]} gives values that {target.sheet}!{target.ref} "
                    f"does not take, as {values[outside][0]:g}; choose bounds with pert, triangular or uniform"
                )
            drawn[target.name] = np.clip(values, low, high)
    finally:
        evaluator.close()
    columns: dict[str, list[Any]] = {TRIAL: list(range(1, spec.trials + 1))}
    columns |= {name: values.tolist() for name, values in drawn.items()}
    columns |= {name: [value] * spec.trials for name, value in spec.inputs.items()}
    return scenarios.Table(columns), clipped


def _numbers(column: list[Any]) -> NDArray[np.float64]:
    """A column of results as floats; nan where a trial has no number."""
    return np.array([value if isinstance(value, float) else np.nan for value in column], float)
