"""Rows for a screen, JSON or CSV: what the `baselines` and `claims` commands print.

Every function returns plain dictionaries; `to_text`, `to_json` and `to_csv` turn any of them into text.
"""

from __future__ import annotations

import csv
import io
import json
import textwrap
from collections.abc import Iterable, Mapping, Sequence

from .baseline import FIELDS, Baseline
from .claims import Claim
from .lookup import Catalog
from .metrics import metrics

LIST_COLUMNS = ("platform", "metric", "model", "words", "value", "unit", "as_of", "confidence", "origin")
DIFF_COLUMNS = ("change", "platform", "metric", "model", "words", "value_a", "value_b", "unit", "as_of_b")
WIDTH = 100  # of wrapped text
NUMBER_DIGITS = 6


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
    return [_with_words(row) for row in rows]


def show(catalog: Catalog, key: str) -> dict[str, object]:
    """One figure by id: itself, its citation, its whole history, and who says otherwise.

    Raises
    ------
    UnknownKey
        with the nearest ids.
    """
    row = catalog.row(key)
    same = [
        other
        for other in catalog.find(row.platform or None, row.metric)
        if (other.platform, other.model, other.tier, other.isl, other.osl, other.precision)
        == (row.platform, row.model, row.tier, row.isl, row.osl, row.precision)
        and (not row.metric.startswith("frontier") or other.interactivity == row.interactivity)
    ]
    return {
        "figure": row.as_dict(),
        "meaning": metrics()[row.metric].description,
        "citation": catalog.citation(row),
        "history": [other.as_dict() for other in sorted(same, key=lambda other: other.as_of)],
        "contradictions": [other.as_dict() for other in catalog.contradictions(row)],
    }


def show_text(shown: Mapping[str, object]) -> str:
    """`show` as text."""
    figure = shown["figure"]
    lines = [str(figure["id"]), *_wrapped(shown["citation"]), *_wrapped(shown["meaning"]), "", "history"]
    for row in shown["history"]:
        extra = ", ".join(str(row[name]) for name in ("conditions", "confidence") if row[name])
        lines.append(f"  {row['as_of']}  {_cell(row['value']):>12} {row['unit']}  {extra}; {row['source']}")
        lines += _wrapped(row["source_ref"], "              ")
    if shown["contradictions"]:
        lines += ["", "others say"]
        for row in shown["contradictions"]:
            lines.append(
                f"  {row['as_of']}  {_cell(row['value']):>12} {row['unit']}  {row['tier']}; {row['source']}"
            )
    return "\n".join(lines)


def claim_rows(claims: Iterable[Claim]) -> list[dict[str, object]]:
    """One short row per claim."""
    return [
        {"id": claim.id, "platform": claim.platform, "model": claim.model, "statement": claim.statement}
        for claim in claims
    ]


def claim_text(claim: Claim) -> str:
    """A whole claim as text."""
    lines = [claim.id, *_wrapped(claim.statement), *_wrapped(f"{claim.claimant}. {claim.qualifier}"), ""]
    lines += ["conditions", *_wrapped(claim.conditions)]
    for title, items in (
        ("missing", claim.missing),
        ("said differently", claim.disagreements),
        ("measured independently", claim.measured),
    ):
        lines += ["", title, *(line for item in items for line in _wrapped(item, "  - ", "    "))]
    lines += ["", "figures as claimed"]
    lines += [f"  {_cell(row.value):>14} {row.unit:<12} {row.metric}" for row in claim.figures]
    lines += ["", "recomputed"]
    lines += [f"  {_cell(f.value):>14} {f.unit:<12} {f.name}: {f.how}" for f in claim.recomputed]
    lines += ["", "sources", *(line for source in claim.sources for line in _wrapped(source, "  - ", "    "))]
    return "\n".join(lines)


def to_text(rows: Sequence[Mapping[str, object]], columns: Sequence[str] | None = None) -> str:
    """A plain text table with aligned columns; columns that are empty throughout are left out."""
    if not rows:
        return "nothing found"
    names = [name for name in (columns or rows[0]) if any(row.get(name) not in (None, "") for row in rows)]
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    widths = [max(len(name), *(len(line[i]) for line in cells)) for i, name in enumerate(names)]
    right = [any(isinstance(row.get(name), float) for row in rows) for name in names]

    def line(texts: Sequence[str]) -> str:
        padded = (
            text.rjust(width) if to_right else text.ljust(width)
            for text, width, to_right in zip(texts, widths, right, strict=True)
        )  # fmt: skip
        return "  ".join(padded).rstrip()

    return "\n".join([line(names), line(["-" * width for width in widths]), *map(line, cells)])


def to_json(rows: object) -> str:
    """JSON text, readable and without loss."""
    return json.dumps(rows, indent=2, ensure_ascii=False, allow_nan=False)


def to_csv(rows: Sequence[Mapping[str, object]], columns: Sequence[str] | None = None) -> str:
    """CSV text with a header (empty without rows and columns)."""
    names = list(columns or (rows[0] if rows else ()))
    stream = io.StringIO()
    writer = csv.DictWriter(stream, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: "" if value is None else value for name, value in row.items()} for row in rows)
    return stream.getvalue()


def schema_rows(rows: Iterable[Baseline]) -> list[dict[str, object]]:
    """Rows in the columns of the schema, as a team catalogue takes them."""
    return [{name: getattr(row, name) for name in FIELDS} for row in rows]


def _with_words(row: Baseline) -> dict[str, object]:
    return row.as_dict() | {"words": row.words}


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        whole = abs(value) < 1e15 and value == int(value)
        return f"{value:.0f}" if whole else f"{value:.{NUMBER_DIGITS}g}"
    return str(value)


def _wrapped(text: object, first: str = "  ", rest: str | None = None) -> list[str]:
    return textwrap.wrap(
        str(text), WIDTH, initial_indent=first, subsequent_indent=first if rest is None else rest
    )
