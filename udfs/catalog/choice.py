"""Which of several rows counts: team over shipped, the newest vintage, the metric's default words, else a question.

The rules stand in `lookup`; these are pure functions of rows.
"""

from __future__ import annotations

from collections.abc import Iterable

from .baseline import CONFIDENCES, Baseline
from .conditions import parse, words_of
from .errors import AmbiguousKey
from .metrics import Metric

SHOWN_CHOICES = 6  # figures listed in an error or a citation before "and n more"
VINTAGE_WORDS = ("old", "corrected")  # tell vintages of one figure apart, not figures
_SERIES = ("platform", "metric", "model", "tier", "isl", "osl", "precision")

Series = tuple[object, ...]


def series_of(about: Metric, row: Baseline) -> Series:
    """What a figure is, apart from when it was known: the vintages of one series supersede each other."""
    key = tuple(getattr(row, name) for name in _SERIES)
    key = (*key, " ".join(word for word in row.conditions.split() if word not in VINTAGE_WORDS))
    if about.point == "at_interactivity":
        return (*key, row.framework, row.interactivity, row.concurrency)
    if about.point == "peak":  # the best configuration, whichever framework and batch it needed
        return key
    return (*key, row.framework)


def covers(team: Baseline, shipped: Baseline) -> bool:
    """True when a team row answers for a shipped row: equal in all it names, blank covers all."""
    if team.id == shipped.id:
        return True
    if (team.platform, team.metric, team.model) != (shipped.platform, shipped.metric, shipped.model):
        return False
    return all(
        getattr(team, name) in ("", None) or getattr(team, name) == getattr(shipped, name)
        for name in ("tier", "conditions", "isl", "osl", "precision", "framework", "interactivity")
    )


def current(about: Metric, rows: list[Baseline]) -> list[Baseline]:
    """The valid rows: team over shipped, then per series the newest and most trusted."""
    team = [row for row in rows if row.is_team]
    if team:
        rows = team + [row for row in rows if not row.is_team and not any(covers(t, row) for t in team)]
    groups: dict[Series, list[Baseline]] = {}
    for row in rows:
        groups.setdefault(series_of(about, row), []).append(row)
    found: list[Baseline] = []
    for group in groups.values():
        newest = max(row.as_of for row in group)
        group = [row for row in group if row.as_of == newest]
        best = min(map(rank, group))
        found += [row for row in group if rank(row) == best]
    return found


def rank(row: Baseline) -> int:
    return CONFIDENCES.index(row.confidence)


def prefer(about: Metric, rows: list[Baseline]) -> list[Baseline]:
    """The rows that the metric's default words choose, or all when they choose none."""
    if len(rows) < 2 or not about.default:
        return rows
    wanted = set(parse(about.default).words)
    return [row for row in rows if row.is_team or wanted <= words_of(row)] or rows


def one(about: Metric, rows: list[Baseline]) -> Baseline:
    rows = prefer(about, rows)
    if len({row.value for row in rows}) > 1:
        raise AmbiguousKey(which(about, rows))
    return min(rows, key=lambda row: (not row.is_team, rank(row), row.as_of))


def which(about: Metric, rows: list[Baseline]) -> str:
    names = {
        "model": "model", "tier": "tier", "shape": "shape", "precision": "precision",
        "framework": "framework",
        "interactivity": "speed per user", "conditions": "conditions", "source": "source",
    }  # fmt: skip
    differ = [name for name in names if len({getattr(row, name) for row in rows}) > 1] or ["id"]
    if about.point == "peak":
        differ = [name for name in differ if name not in ("interactivity", "framework")] or ["id"]
    alone = [name for name in differ if len({getattr(row, name) for row in rows}) == len(rows)]
    differ = alone[:1] or [name for name in differ if name != "source"] or differ
    choices = (
        f"{row.value:.6g} ({', '.join(str(getattr(row, name)) or '-' for name in differ)})"
        for row in sorted(rows, key=lambda row: row.value)
    )
    subject = f"{about.id} of {rows[0].platform}" if rows[0].platform else about.id
    deciding = " and ".join(names.get(name, name) for name in differ)
    return f"{subject} has {len(rows)} figures, say which {deciding}: {listed(choices)}"


def point(row: Baseline) -> str:
    speed = f"{row.interactivity:.4g} tok/s/user" if row.interactivity else ""
    return " ".join(part for part in (row.shape, row.precision, speed) if part) or "no shape"


def listed(items: Iterable[object], limit: int = SHOWN_CHOICES) -> str:
    texts = [str(item) for item in items]
    more = f" and {len(texts) - limit} more" if len(texts) > limit else ""
    return ", ".join(texts[:limit]) + more


def front(rows: Iterable[Baseline]) -> list[tuple[float, Baseline]]:
    """The rows with a speed per user that none beats in speed and value: (speed, row), the speeds rising."""
    points = [(row.interactivity, row) for row in rows if row.interactivity is not None]
    found: list[tuple[float, Baseline]] = []
    for speed, row in sorted(points, key=lambda point: (-point[0], -point[1].value)):
        if not found or row.value > found[-1][1].value:
            found.append((speed, row))
    return found[::-1]


def change(old: Baseline | None, new: Baseline) -> dict[str, object]:
    """What `Catalog.diff` says of a figure that is new or has another value."""
    return {
        "change": "new" if old is None else "changed",
        "platform": new.platform,
        "metric": new.metric,
        "model": new.model,
        "words": (old or new).words,
        "value_a": None if old is None else old.value,
        "as_of_a": "" if old is None else old.as_of,
        "value_b": new.value,
        "as_of_b": new.as_of,
        "unit": new.unit,
        "ratio": None if old is None or old.value == 0 else new.value / old.value,
        "source": new.source,
        "origin": new.origin,
    }
