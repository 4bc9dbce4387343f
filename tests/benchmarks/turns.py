"""What the benchmarks share: actions timed in turns, and a row of the table."""

import time
from collections.abc import Callable


def best_in_turns(actions: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Shortest time [s] of each action; they take turns, so that other work on the machine disturbs all alike."""
    times: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(repeats):
        for name, action in actions.items():
            start = time.perf_counter()
            action()
            times[name].append(time.perf_counter() - start)
    return {name: min(each) for name, each in times.items()}


def compared(name: str, peer: str, ours: float, theirs: float, most: float | None) -> dict:
    """A row of the table for two times [s]; ``most`` is the largest ratio allowed, None where there is no target."""
    ratio = ours / theirs
    met = None if most is None else ratio <= most
    detail = f"{ours * 1e3:,.1f} ms against {theirs * 1e3:,.1f} ms"
    return {"name": name, "peer": peer, "ratio": ratio, "target": most or "", "met": met, "detail": detail}
