"""Rows for a screen, JSON or CSV: what the `baselines` commands print and `TOK_BASELINES` spills.

Every function returns plain dictionaries; `to_csv` turns rows into text.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from .baseline import Baseline
from .choice import Series, series_of
from .dates import iso
from .lookup import Catalog
from .metrics import metrics

YEAR = re.compile(r"\d{4}(-\d\d)?")


def listing(
    catalog: Catalog,
    platform: str | None = None,
    metric: str | None = None,
    model: str | None = None,
    conditions: str | None = None,
    as_of: object = None,
    *,
    everything: bool = False,
) -> list[dict[str, object]]:
    """Current figures (`everything`: all vintages); frontier points only when their metric is asked for."""
    rows = catalog.find(platform, metric, model, conditions, as_of, current=not everything)
    if not metric:
        rows = [row for row in rows if not row.metric.startswith("frontier")]
    return [row.as_dict() | {"words": row.words} for row in rows]


def show(catalog: Catalog, key: str, as_of: object = None) -> dict[str, object]:
    """One figure by id: itself, its citation, its whole history, and who says otherwise.

    With `as_of` as it was known on that day; `known_later` counts the vintages that came afterwards.

    Raises
    ------
    UnknownKey
        with the nearest ids; also when the figure was not known on the day.
    """
    day = iso(as_of) if as_of not in (None, "") else ""
    known = Catalog(row for row in catalog if row.as_of <= day) if day else catalog
    row = known.row(key)
    history = _vintages(known, row)
    return {
        "figure": row.as_dict(),
        "meaning": metrics()[row.metric].description,
        "citation": known.citation(row),
        "history": [other.as_dict() for other in history],
        "contradictions": [other.as_dict() for other in known.contradictions(row)],
        "known_later": len(_vintages(catalog, row)) - len(history),
    }


def to_csv(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> str:
    """CSV text with a header of the columns; other fields are left out."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: "" if value is None else value for name, value in row.items()} for row in rows)
    return stream.getvalue()


def _vintages(catalog: Catalog, row: Baseline) -> list[Baseline]:
    """The rows that differ from the row in their date alone, oldest first.

    A look-up keeps the figures of two years apart ("survey 2024", "survey 2025"); in a history they are one.
    Another region, scenario, contract or speed per user is another figure here too.
    """
    about = metrics()[row.metric]

    def undated(row: Baseline) -> Series:
        words = (word for word in row.conditions.split() if not YEAR.fullmatch(word))
        return series_of(about, replace(row, conditions=" ".join(words)))

    wanted = undated(row)
    same = [other for other in catalog.find(row.platform or None, row.metric) if undated(other) == wanted]
    return sorted(same, key=lambda other: other.as_of)
