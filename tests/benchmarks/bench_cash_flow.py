"""How fast IRR, XIRR and NPV of many scenarios are: 100,000 rows of 60 flows, and 10,000 rows of dated flows.

The peer for rates is pyxirr (Rust), called row by row as its users do; on a tenth of the rows, its time scaled up,
since it has no batch form. The peer for NPV is one numpy pass that reads the array, ``flows.sum()``. Ours and
peer run in turn in the same process; the best time of each counts. Three kinds of flows, since pyxirr's time
depends on them: deployments as our models make them (ramp, falling prices, some that lose money), which the target
is about; even returns near pyxirr's first guess, the quickest for it; and flows with many changes of sign, where both
follow Newton's method and we, where it fails, look at every rate. A sheet's hundred rows are compared as well. pyxirr's
XIRR stops at about 3e-9, so there the two agree to 1e-8 only.

Run it with ``python tests/benchmarks/bench_cash_flow.py``.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable

import numpy as np
import pyxirr

from tokenbook.udfs.kernels import cash_flow, returns

SCENARIOS = 100_000
DATED_SCENARIOS = 10_000
PERIODS = 60  # flows per row
SHEET_ROWS, SHEET_PERIODS = 100, 20
PEER_SHARE = 10  # pyxirr runs on one row in so many
REPEATS = 7
QUICK_REPEATS = 40  # of what takes milliseconds
SEED = 20_260_401
AGREEMENT = {"IRR": 1e-9, "XIRR": 1e-8}

# Of the peer's time, at most. A row that misses its target says so.
IRR_TARGET = 1 / 20
MANY_SIGNS_TARGET = 1 / 8
SHEET_TARGET = 1.0  # a few rows, as a sheet has them
XIRR_TARGET = 1 / 3
NPV_TARGET = 2.0


def rows() -> list[dict]:
    """One row per comparison: name, peer, ratio (ours over peer), target, met, detail."""
    rng = np.random.default_rng(SEED)
    deployments, even, signs = _deployments(rng), _even_returns(rng), _many_signs(rng)
    return [
        *_irr_rows("deployments", deployments, IRR_TARGET),
        *_irr_rows("even returns", even, IRR_TARGET),
        _irr_rows("many changes of sign", signs, MANY_SIGNS_TARGET)[0],
        _sheet_row(even[:SHEET_ROWS, :SHEET_PERIODS]),
        *_xirr_rows(deployments[:DATED_SCENARIOS], rng),
        *_npv_rows(deployments, rng),
    ]


def _deployments(rng) -> np.ndarray:
    month = np.arange(1, PERIODS)
    revenue = rng.uniform(0.02, 0.2, (SCENARIOS, 1)) * rng.uniform(0.6, 1.0, (SCENARIOS, PERIODS - 1))
    ramp = np.minimum(1.0, month / rng.uniform(1, 12, (SCENARIOS, 1)))
    price = rng.uniform(1, 4, (SCENARIOS, 1)) ** (-month / 12)
    return np.hstack([-np.ones((SCENARIOS, 1)), revenue * ramp * price])


def _even_returns(rng) -> np.ndarray:
    flows = rng.lognormal(0, 0.5, (SCENARIOS, PERIODS))
    flows[:, 0] = -rng.uniform(5, 20, SCENARIOS)
    return flows


def _many_signs(rng) -> np.ndarray:
    flows = rng.normal(0.5, 1.0, (SCENARIOS, PERIODS))
    flows[:, 0] = -10
    return flows


def _irr_rows(kind: str, flows: np.ndarray, target: float) -> list[dict]:
    some = list(flows[::PEER_SHARE])
    ours, theirs = _best(lambda: returns.irr(flows), lambda: [pyxirr.irr(row) for row in some])
    theirs *= len(flows) / len(some)
    rates = returns.irr(flows)[::PEER_SHARE]
    peer = np.array([np.nan if (rate := pyxirr.irr(row)) is None else rate for row in some])
    return [
        _row(f"IRR of {len(flows):,} x {PERIODS}, {kind}", "pyxirr.irr row by row", ours, theirs, target,
             f"answers: ours {_answers(rates)}, pyxirr {_answers(peer)}"),
        _agreement(f"IRR, {kind}", rates, peer),
    ]  # fmt: skip


def _sheet_row(flows: np.ndarray) -> dict:
    some = list(flows)
    ours, theirs = _best(lambda: returns.irr(flows), lambda: [pyxirr.irr(row) for row in some], QUICK_REPEATS)
    return _row(f"IRR of {SHEET_ROWS} x {SHEET_PERIODS}", "pyxirr.irr row by row", ours, theirs, SHEET_TARGET, "")


def _xirr_rows(flows: np.ndarray, rng) -> list[dict]:
    days = 46_000 + np.sort(rng.choice(1800, PERIODS, replace=False))
    own_days = 46_000 + np.sort(np.argsort(rng.random((len(flows), 1800)), axis=1)[:, :PERIODS], axis=1)
    made = []
    cases = [("one row of dates", days, XIRR_TARGET), ("dates of their own", own_days, XIRR_TARGET)]
    for kind, dates, target in cases:
        rows_of_dates = np.broadcast_to(dates, flows.shape)
        peer_dates = [_as_dates(row) for row in (dates[None, :] if dates.ndim == 1 else dates)]
        peer_dates *= len(flows) // len(peer_dates)
        pairs = list(zip(peer_dates, flows, strict=True))
        ours, theirs = _best(
            lambda dates=dates: returns.xirr(flows, dates),
            lambda pairs=pairs: [pyxirr.xirr(*pair) for pair in pairs],
        )
        rates = returns.xirr(flows, rows_of_dates)
        peer = np.array([np.nan if (rate := pyxirr.xirr(*pair)) is None else rate for pair in pairs])
        name = f"XIRR of {len(flows):,} x {PERIODS}, {kind}"
        made.append(_row(name, "pyxirr.xirr row by row", ours, theirs, target,
                         f"answers: ours {_answers(rates)}, pyxirr {_answers(peer)}"))  # fmt: skip
        made.append(_agreement(f"XIRR, {kind}", rates, peer))
    return made


def _as_dates(days: np.ndarray) -> np.ndarray:
    return np.datetime64(datetime.date(1899, 12, 30)) + days.astype("timedelta64[D]")


def _npv_rows(flows: np.ndarray, rng) -> list[dict]:
    own = rng.uniform(0.05, 0.2, len(flows))
    made = []
    for kind, rate, target in (("one rate", 0.1, NPV_TARGET), ("a rate per row", own, NPV_TARGET)):
        ours, theirs = _best(lambda rate=rate: cash_flow.npv(rate, flows, per_year=12), flows.sum, QUICK_REPEATS)
        made.append(_row(f"NPV of {len(flows):,} x {PERIODS}, {kind}", "flows.sum()", ours, theirs, target, ""))
    return made


def _agreement(name: str, rates: np.ndarray, peer: np.ndarray) -> dict:
    difference = np.nanmax(np.abs(rates - peer) / (1 + rates))
    allowed = AGREEMENT[name.split(",")[0]]
    ratio = difference / allowed
    return {
        "name": f"{name}: largest difference of 1 + rate",
        "peer": f"{allowed:g}, relative",
        "ratio": float(ratio),
        "target": 1.0,
        "met": bool(ratio <= 1.0),
        "detail": f"{difference:.1e} where both answer",
    }


def _answers(rates: np.ndarray) -> str:
    return f"{np.isfinite(rates).mean():.1%}"


def _best(ours: Callable[[], object], theirs: Callable[[], object], repeats: int = REPEATS) -> tuple[float, float]:
    best = [np.inf, np.inf]
    for _ in range(repeats):
        for which, work in enumerate((ours, theirs)):
            start = time.perf_counter()
            work()
            best[which] = min(best[which], time.perf_counter() - start)
    return best[0], best[1]


def _row(name: str, peer: str, ours: float, theirs: float, target: float, detail: str) -> dict:
    ratio = ours / theirs
    times = f"{ours * 1e3:.1f} ms against {theirs * 1e3:.1f} ms, {theirs / ours:.1f} times as fast"
    detail = f"{times}; {detail}" if detail else times
    return {"name": name, "peer": peer, "ratio": ratio, "target": target, "met": ratio <= target, "detail": detail}


if __name__ == "__main__":
    for row in rows():
        print(f"{'met' if row['met'] else 'MISSED':7}{row['ratio']:7.3f} (<= {row['target']:.3g})  {row['name']}")
        print(f"       against {row['peer']}: {row['detail']}")
