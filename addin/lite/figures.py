"""The figures of the catalogue that travel in a workbook, as tidy tables of text.

All figures travel but two long series, the measured points of throughput frontiers and the MLPerf results: of these
only what the workbook shows, and where it looks frontiers up, those of the platforms it names. What a team has on top
travels too.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import TypeVar

from tokenbook.udfs import catalog
from tokenbook.udfs.catalog import packaged

LONG_SERIES = ("frontier_", "output_tok_s_per_accelerator")  # metrics, by their first letters
LOOK_UP_TABLES = ("metrics.csv", "platforms.csv", "models.csv")
CLAIM_TABLE = "claims.toml"
Item = TypeVar("Item", bound=Hashable)
LISTED_ONCE = ("source", "source_ref", "qualifier", "unit")  # kept in tables of their own, or with the metric
COLUMNS = (*(name for name in catalog.FIELDS if name not in LISTED_ONCE), "source", "qualifier", "origin")


def chosen(ids: Collection[str] = (), platforms: Collection[str] = ()) -> list[catalog.Baseline]:
    """Rows for a workbook that shows the rows ``ids`` and looks up frontiers of ``platforms``."""
    return [
        row
        for row in catalog.active()
        if not row.metric.startswith(LONG_SERIES) or row.id in ids or row.platform in platforms or row.is_team
    ]


def tables(rows: Sequence[catalog.Baseline], *, claims: bool = True) -> dict[str, str]:
    """The rows and what their look-up needs: table name -> comma-separated text."""
    sources = _numbered((row.source, row.source_ref) for row in rows)
    qualifiers = _numbered(row.qualifier for row in rows if row.qualifier)
    figures = (
        [
            *(_plain(getattr(row, name)) for name in COLUMNS[:-3]),
            sources[row.source, row.source_ref],
            qualifiers.get(row.qualifier, ""),
            row.origin if row.is_team else "",
        ]
        for row in rows
    )
    found = {
        "figures.csv": _csv(COLUMNS, figures),
        "sources.csv": _csv(("n", "source", "source_ref"), ((n, *pair) for pair, n in sources.items())),
        "qualifiers.csv": _csv(("n", "qualifier"), ((n, text) for text, n in qualifiers.items())),
    }
    found |= {name: packaged.text(name) for name in LOOK_UP_TABLES}
    if claims:
        found[CLAIM_TABLE] = packaged.text(CLAIM_TABLE)
    return found


def _numbered(items: Iterable[Item]) -> dict[Item, int]:
    return {item: number for number, item in enumerate(dict.fromkeys(items), 1)}


def _plain(value: object) -> object:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    return "" if value is None else value


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return stream.getvalue()
