"""The metrics of the catalogue, read from data/metrics.csv: the one place where they are defined.

`tokens`, `ownership` and `point` keep apart what a reader could mistake: total, input and output tokens;
owning and renting; peak throughput and throughput at a stated speed per user.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from .errors import UnknownKey
from .packaged import table
from .spelling import nearest, normal


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: its unit, what it counts and the words that choose a row when several remain."""

    id: str
    unit: str
    subject: str
    tokens: str  # none | total | input | output | cached input | ratio
    ownership: str  # none | owning | renting
    point: str  # none | peak | at_interactivity | scenario
    per: frozenset[str]  # of {"platform", "model"}: what a row must name
    same_thing: bool  # rows of different tiers describe one physical quantity, so they contradict
    default: str  # words that apply when the question does not decide
    low: float  # outside low..high the unit is almost certainly wrong
    high: float
    description: str


@lru_cache(maxsize=1)
def metrics() -> dict[str, Metric]:
    """Every metric by its id, in the order of the table."""
    found = {}
    for row in table("metrics.csv"):
        per = frozenset() if row["per"] == "none" else frozenset(row["per"].split())
        found[row["metric"]] = Metric(
            row["metric"], row["unit"], row["subject"], row["tokens"], row["ownership"], row["point"], per,
            row["same_thing"] == "yes", row["default"], float(row["low"]), float(row["high"]),
            row["description"],
        )  # fmt: skip
    return found


@lru_cache(maxsize=1)
def _by_normal_form() -> dict[str, str]:
    return {normal(name): name for name in metrics()}


@lru_cache(maxsize=1024)
def metric(text: str) -> Metric:
    """The metric of that name, in any case and with spaces or hyphens for underscores.

    Raises
    ------
    UnknownKey
        with the nearest names.
    """
    name = _by_normal_form().get(normal(str(text)))
    if name is None:
        raise UnknownKey(f"unknown metric {str(text)!r}{nearest(str(text), metrics())}")
    return metrics()[name]
