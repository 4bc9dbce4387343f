"""The catalogue of this workbook: the rows it carries, shipped ones and the team's own on top."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from tokenbook.addin.lite.inside import tables
from tokenbook.udfs.catalog.baseline import Baseline
from tokenbook.udfs.catalog.errors import CatalogError
from tokenbook.udfs.catalog.lookup import Catalog
from tokenbook.udfs.catalog.metrics import metrics
from tokenbook.udfs.catalog.packaged import table

WHOLE_NUMBERS = ("isl", "osl", "concurrency")
NUMBERS = ("value", "interactivity", "ttft_ms")
SHIPPED = "shipped"


@lru_cache(maxsize=1)
def shipped() -> Catalog:
    """The rows that come with Tokenbook, as far as this workbook carries them."""
    return _dated(row for row in active() if not row.is_team)


@lru_cache(maxsize=1)
def active() -> Catalog:
    """All rows that this workbook carries."""
    return _dated(_rows())


def place() -> str:
    """Where a team's catalogue is: nowhere, its figures came with the others."""
    return ""


def use(place: object) -> None:
    """Refuse another catalogue: the figures of this workbook are those it carries."""
    if place is not None:
        raise CatalogError("this workbook carries its figures; tokenbook embed brings others")


def _dated(rows: Iterable[Baseline]) -> Catalog:
    found = Catalog(rows)
    found.date = tables.CATALOGUE_DATE
    return found


def _rows() -> Iterator[Baseline]:
    sources = {row["n"]: row for row in table("sources.csv")}
    qualifiers = {row["n"]: row["qualifier"] for row in table("qualifiers.csv")}
    for row in table("figures.csv"):
        source = sources[row.pop("source")]
        fields: dict[str, Any] = {
            **row,
            "unit": metrics()[row["metric"]].unit,
            "qualifier": qualifiers[row["qualifier"]] if row["qualifier"] else "",
            "source": source["source"],
            "source_ref": source["source_ref"],
            "origin": row["origin"] or SHIPPED,
        }
        for names, kind in ((WHOLE_NUMBERS, int), (NUMBERS, float)):
            fields |= {name: kind(row[name]) if row[name] else None for name in names}
        yield Baseline(**fields)
