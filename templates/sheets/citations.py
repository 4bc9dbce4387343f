"""What our workbooks tell of a row of the catalogue: the columns of the Baselines sheet, and the note of an input."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tokenbook.udfs.catalog import Baseline
from tokenbook.udfs.kernels.units import MS_PER_S

# Column title, width, and what a row of the catalogue shows there.
COLUMNS: tuple[tuple[str, int, Callable[[Baseline], object]], ...] = (
    ("Platform", 14, lambda row: row.platform),
    ("Metric", 26, lambda row: row.metric),
    ("Value", 13, lambda row: row.value),
    ("Unit", 13, lambda row: row.unit),
    ("Kind", 12, lambda row: row.kind),
    ("Qualifier", 46, lambda row: row.qualifier),
    ("Model", 15, lambda row: row.model),
    ("Conditions", 34, lambda row: conditions(row)),
    ("Tier", 14, lambda row: row.tier),
    ("Source", 44, lambda row: row.source),
    ("Reference", 40, lambda row: row.source_ref),
    ("As of", 11, lambda row: row.as_of),
    ("Confidence", 11, lambda row: row.confidence),
    ("Origin", 10, lambda row: row.origin),
    ("Key", 34, lambda row: row.id),
    ("Speed, tok/s/user", 12, lambda row: row.interactivity),
)
VALUE_COLUMN = 3
SPEED_COLUMN = len(COLUMNS)  # the speed that a user sees, where a throughput belongs to one


def conditions(row: Baseline) -> str:
    """Shape, precision, framework, speed per user and run date of a measured row, in one line."""
    parts = [row.shape, row.precision, row.framework, row.conditions]
    if row.interactivity:
        parts.append(f"{row.interactivity:g} tok/s/user")
    if row.ttft_ms:
        parts.append(f"TTFT {row.ttft_ms / MS_PER_S:.1f} s")
    if row.concurrency:
        parts.append(f"concurrency {row.concurrency:g}")
    if row.run_date:
        parts.append(f"run {row.run_date}")
    return ", ".join(part for part in parts if part)


def short_citation(rows: Iterable[Baseline]) -> str:
    """Where a figure (or one per platform) comes from, for the Inputs sheet; Baselines has the whole of it."""
    sources: dict[str, list[str]] = {}
    for row in rows:
        whose = "" if row.origin == "shipped" else "the team's own: "
        sources.setdefault(f"{whose}{row.source}, confidence {row.confidence}", []).append(row.as_of)
    text = "; ".join(f"{source}, {' and '.join(dict.fromkeys(days))}" for source, days in sources.items())
    qualifiers = list(dict.fromkeys(row.qualifier for row in rows if row.qualifier))
    tiers = list(dict.fromkeys(row.tier for row in rows if row.tier))
    told = [", ".join(tiers)] if tiers else []
    told += qualifiers if len(qualifiers) == 1 else []
    return text + (f" ({'; '.join(told)})" if told else "")
