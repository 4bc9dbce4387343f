"""How fast and how lean the deployment model is: 100,000 scenarios of 60 months.

The peer for speed is the least that numpy could do: one multiply and one add over the full table per line of
the model (`len(LINES)` times ``x * a + b`` over 100,000 x 61 doubles), done in place into one buffer, so that
it pays for no memory but its three tables. No power, logarithm, running sum or division is in it. Peer and
model run in turn in the same process; the best time of each counts.
The peer for memory is one line of the model over all scenarios, 100,000 x 61 doubles (48.8 MB), as
tracemalloc counts; the inputs, made before, are not counted, the outputs are.

Run it with ``python tests/benchmarks/bench_deployment.py``.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import numpy as np

from tokenbook.udfs.kernels.deployment import LINES, OUTPUTS, run

SCENARIOS = 100_000
MONTHS = 60
REPEATS = 4
SPEED_TARGET = 4.0  # times the peer, at most
MEMORY_TARGET = 1.0
SEED = 20_260_401

USUAL_OUTPUTS = ["npv", "lcot", "cost_per_mtok_last", "net_roi", "gross_margin", "peak_funding"]
ALL_BUT_IRR = [output.name for output in OUTPUTS if output.name != "irr"]  # the IRR has its own benchmark

RANGES = {
    "gpus": (100, 5000),
    "tok_s_per_gpu": (500, 20_000),
    "software_gain": (1, 5),
    "software_months": (1, 12),
    "software_annual_gain": (0, 0.5),
    "utilization_start": (0.1, 0.5),
    "utilization_end": (0.5, 0.95),
    "ramp_months": (0, 24),
    "availability": (0.9, 1),
    "demand_mtok_per_month": (1e5, 1e8),
    "demand_growth_per_year": (0, 1),
    "price_usd_per_mtok": (0.05, 2),
    "price_annual_factor": (1, 10),
    "price_floor": (0, 0.02),
    "capex_usd_per_gpu": (2e4, 6e4),
    "installation_usd_per_gpu": (0, 5e3),
    "usd_per_gpu_hour": (1, 4),
    "kw_per_gpu": (1, 2.5),
    "pue": (1.1, 1.5),
    "usd_per_kwh": (0.04, 0.15),
    "hosting_usd_per_kw_month": (0, 200),
    "maintenance_share_per_year": (0, 0.05),
    "software_usd_per_gpu_month": (0, 200),
    "staff_usd_per_month": (0, 1e5),
    "inflation_per_year": (0, 0.05),
    "depreciation_years": (3, 7),
    "residual_share": (0, 0.2),
    "tax_rate": (0.1, 0.3),
    "discount_rate": (0.05, 0.15),
}


def rows() -> list[dict]:
    """One row per comparison: name, peer, ratio (model over peer), target, met, detail."""
    rng = np.random.default_rng(SEED)
    every_input = {name: rng.uniform(*bounds, SCENARIOS) for name, bounds in RANGES.items()}
    every_input["months"] = MONTHS
    volatile = {**every_input, "demand_cv": rng.uniform(0.1, 1.0, SCENARIOS)}
    mixed = {
        **volatile,
        "acquisition": rng.choice(["own", "rent"], SCENARIOS),
        "ramp_shape": rng.choice(["linear", "logistic"], SCENARIOS),
        "depreciation_method": rng.choice(["SL", "SYD", "DDB", "MACRS5", "UNITS"], SCENARIOS),
        "timing": rng.choice(["end", "mid"], SCENARIOS),
    }
    simulated = {name: float(np.mean(values)) for name, values in every_input.items()}
    for name in ("price_usd_per_mtok", "utilization_end", "usd_per_kwh"):
        simulated[name] = every_input[name]

    usual = ", ".join(USUAL_OUTPUTS)
    number = f"{len(RANGES)} inputs differ in every scenario"
    cases = [
        ("outputs, planned demand", every_input, USUAL_OUTPUTS, f"{usual}; {number}"),
        ("outputs, volatile demand", volatile, USUAL_OUTPUTS, f"{usual}; {number}, demand_cv too"),
        ("outputs, every kind of scenario", mixed, ALL_BUT_IRR,
         f"all {len(ALL_BUT_IRR)} outputs but irr; {number}, all 4 choices mixed, volatile demand"),
        ("outputs, three uncertain inputs", simulated, USUAL_OUTPUTS, f"{usual}; as a simulation calls it"),
    ]  # fmt: skip
    return [_speed_row(*case) for case in cases] + _memory_rows(mixed)


def _speed_row(name: str, inputs: dict, outputs: list[str], detail: str) -> dict:
    chain = _chain()
    best_chain = best_model = np.inf
    for _ in range(REPEATS):
        best_chain = min(best_chain, _seconds(chain))
        best_model = min(best_model, _seconds(lambda: run(inputs, outputs=outputs)))
    return _row(
        f"{SCENARIOS:,} x {MONTHS} months, {name}",
        f"numpy multiply-add chain of {len(LINES)} passes",
        best_model / best_chain,
        SPEED_TARGET,
        f"{best_model * 1e3:.0f} ms against {best_chain * 1e3:.0f} ms; {detail}",
    )


def _chain() -> Callable[[], None]:
    rng = np.random.default_rng(SEED)
    factor, addend, buffer = (rng.uniform(0.9, 1.0, (SCENARIOS, MONTHS + 1)) for _ in range(3))

    def multiply_and_add() -> None:
        for _ in LINES:
            np.multiply(buffer, factor, out=buffer)
            np.add(buffer, addend, out=buffer)

    return multiply_and_add


def _memory_rows(inputs: dict) -> list[dict]:
    one_line = SCENARIOS * (MONTHS + 1) * 8
    part = {name: values[: SCENARIOS // 5] if np.ndim(values) else values for name, values in inputs.items()}
    few, many = (_peak_bytes(some, ALL_BUT_IRR) for some in (part, inputs))
    results = len(ALL_BUT_IRR) * 8 * SCENARIOS
    return [
        _row(
            f"peak memory, {SCENARIOS:,} x {MONTHS} months, every kind of scenario",
            "one line over all scenarios",
            many / one_line,
            MEMORY_TARGET,
            f"{many / 1e6:.1f} MB, of it {results / 1e6:.1f} MB results, against {one_line / 1e6:.1f} MB",
        ),
        _row(
            "peak memory, growth beyond results and choices from 20,000 to 100,000 scenarios",
            "the growth of one line over all scenarios",
            (many - few - 0.8 * results) / (0.8 * one_line),
            MEMORY_TARGET / 4,
            f"{few / 1e6:.1f} MB for 20,000, {many / 1e6:.1f} MB for 100,000",
        ),
    ]


def _peak_bytes(inputs: dict, outputs: list[str]) -> int:
    tracemalloc.start()
    run(inputs, outputs=outputs)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _row(name: str, peer: str, ratio: float, target: float, detail: str) -> dict:
    met = bool(ratio <= target)
    return {"name": name, "peer": peer, "ratio": float(ratio), "target": target, "met": met, "detail": detail}


if __name__ == "__main__":
    for row in rows():
        print(f"{'met' if row['met'] else 'MISSED':7}{row['ratio']:6.2f} (<= {row['target']:g})  {row['name']}")
        print(f"       against {row['peer']}: {row['detail']}")
