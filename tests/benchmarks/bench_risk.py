"""How fast and how lean a simulation is: a million trials of 60 months of the deployment model.

Speed is against drawing the uncertain inputs alone as one writes it: what the simulation draws, through the
distributions and correlations, without the model. With few inputs that is a handful of numbers per trial against a
model of 60 months and 20 lines. All are measured in turn in the same process, in one thread, and the best time of each
counts. Beside it, without a target, against a uniform number per trial and month from numpy's Philox generator.

Beside them what a user waits for: 10,000 trials in a cell, summary with standard errors included, against a second.
Memory: the growth of the peak from 200,000 to a million trials, as tracemalloc counts, beyond the results (one number
per trial and output), against one line of the model over the trials that were added.

Run it with ``python tests/benchmarks/bench_risk.py``.
"""

from __future__ import annotations

import tracemalloc

import numpy as np
from turns import best_in_turns, compared

from tokenbook.udfs.functions import registry
from tokenbook.udfs.kernels import simulation
from tokenbook.udfs.kernels.distributions import distribution

TRIALS = 1_000_000
CELL_TRIALS = 10_000
MONTHS = 60
REPEATS = 3
SPEED_TARGET = 4.0
CELL_SECONDS = 1.0
MEMORY_TARGET = 0.01
BLOCK = 2000 * MONTHS
SEED = 20_260_401

BASE = {
    "gpus": 720, "tok_s_per_gpu": 10_000, "software_gain": 3, "software_months": 3, "software_annual_gain": 0.2,
    "utilization_start": 0.2, "utilization_end": 0.7, "ramp_months": 12, "price_usd_per_mtok": 0.4,
    "price_annual_factor": 2, "price_floor": 0.01, "capex_usd_per_gpu": 45_000, "installation_usd_per_gpu": 4_000,
    "kw_per_gpu": 1.9, "pue": 1.25, "usd_per_kwh": 0.086, "hosting_usd_per_kw_month": 130,
    "maintenance_share_per_year": 0.03, "staff_usd_per_month": 30_000, "inflation_per_year": 0.025,
    "residual_share": 0.1, "tax_rate": 0.21, "discount_rate": 0.12, "months": MONTHS,
}  # fmt: skip
THREE = {
    "price_usd_per_mtok": distribution("lognormal", 0.4, 0.1),
    "utilization_end": distribution("pert", 0.4, 0.7, 0.9),
    "usd_per_kwh": distribution("normal", 0.086, 0.01),
}
EIGHT = {
    **THREE,
    "price_annual_factor": distribution("triangular", 1.2, 2.0, 4.0),
    "software_gain": distribution("pert", 1.5, 3.0, 5.0),
    "tok_s_per_gpu": distribution("lognormal_p10_p90", 8_000, 12_000),
    "capex_usd_per_gpu": distribution("triangular", 40_000, 45_000, 60_000),
    "kw_per_gpu": distribution("pert", 1.7, 1.9, 2.2),
}
PAIRS = {("price_usd_per_mtok", "utilization_end"): 0.5, ("price_usd_per_mtok", "usd_per_kwh"): 0.2}


def rows() -> list[dict]:
    """One row per comparison: name, peer, ratio (simulation over peer), target, met, detail."""
    return [
        *_speed_rows("three uncertain inputs", THREE, PAIRS),
        *_speed_rows("eight uncertain inputs", EIGHT, PAIRS),
        _cell_row(),
        _memory_row(),
    ]


def _speed_rows(name: str, uncertain: dict, pairs: dict) -> list[dict]:
    spec = simulation.specification(BASE, uncertain, pairs, ["npv"], TRIALS, SEED)
    name = f"{TRIALS:,} trials x {MONTHS} months, {name}, npv"
    best = best_in_turns(
        {"all": lambda: simulation.simulate(spec), "inputs": lambda: _draw_inputs(spec), "months": _draw_months},
        REPEATS,
    )
    inputs = "drawing the uncertain inputs alone (hypercubes, distributions, correlations)"
    months = f"drawing {MONTHS} uniform numbers per trial (numpy, Philox)"
    return [
        compared(name, inputs, best["all"], best["inputs"], SPEED_TARGET),
        compared(name, months, best["all"], best["months"], None),
    ]


def _draw_inputs(spec: simulation.Spec) -> None:
    for first in range(0, spec.trials, simulation.DRAWN_AT_A_TIME):
        simulation.draws(spec, first, min(simulation.DRAWN_AT_A_TIME, spec.trials - first))


def _draw_months() -> None:
    generator = np.random.Generator(np.random.Philox(SEED))
    block = np.empty(BLOCK)
    for _ in range(TRIALS * MONTHS // BLOCK):
        generator.random(out=block)


def _cell_row() -> dict:
    simulate = registry()["tok_simulate"].in_cell
    inputs = [[name, float(value)] for name, value in BASE.items()]
    width = max(len(drawn.parameters) for drawn in EIGHT.values())
    uncertain = [[name, drawn.kind, *_padded(drawn.parameters, width)] for name, drawn in EIGHT.items()]
    pairs = [[*names, value] for names, value in PAIRS.items()]
    asked = (inputs, uncertain, float(CELL_TRIALS), 1.0, "npv, lcot", pairs)
    seconds = best_in_turns({"cell": lambda: simulate(*asked)}, REPEATS)["cell"]
    name = f"TOK_SIMULATE, {CELL_TRIALS:,} trials x {MONTHS} months in a cell, eight inputs, npv and lcot, with errors"
    return compared(name, "a second", seconds, CELL_SECONDS, 1.0)


def _padded(parameters: tuple[float, ...], width: int) -> list:
    return [*parameters, *[None] * (width - len(parameters))]


def _memory_row() -> dict:
    few, many = (_peak_bytes(trials) for trials in (TRIALS // 5, TRIALS))
    added = TRIALS - TRIALS // 5
    line = added * (MONTHS + 1) * 8
    growth = many - few - added * 8
    detail = (
        f"{few / 1e6:.1f} MB for 200,000, {many / 1e6:.1f} MB for 1,000,000, of it {TRIALS * 8 / 1e6:.1f} MB results; "
        f"one line {line / 1e6:.0f} MB"
    )
    return {
        "name": "peak memory, growth beyond the results from 200,000 to 1,000,000 trials",
        "peer": "one line over the trials that were added",
        "ratio": growth / line,
        "target": MEMORY_TARGET,
        "met": growth / line <= MEMORY_TARGET,
        "detail": detail,
    }


def _peak_bytes(trials: int) -> int:
    spec = simulation.specification(BASE, THREE, PAIRS, ["npv"], trials, SEED)
    tracemalloc.start()
    simulation.simulate(spec)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


if __name__ == "__main__":
    for row in rows():
        word = {None: "", True: "met", False: "MISSED"}[row["met"]]
        aim = f" (<= {row['target']:g})" if row["target"] else ""
        print(f"{word:7}{row['ratio']:6.3g}{aim}  {row['name']}")
        print(f"       against {row['peer']}: {row['detail']}")
