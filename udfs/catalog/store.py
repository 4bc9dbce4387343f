"""The shipped catalogue, and the active one: shipped rows with the team's own on top."""

from __future__ import annotations

import os
from functools import lru_cache

from .baseline import Baseline
from .errors import CatalogError, RowError
from .lookup import Catalog
from .packaged import table
from .schema import baseline

TABLES = (
    "rates.csv",
    "power.csv",
    "hardware.csv",
    "throughput.csv",
    "frontier.csv",
    "mlperf.csv",
    "measured_ratios.csv",
    "token_prices.csv",
    "site.csv",
    "price_decline.csv",
    "models_spec.csv",
    "assumptions.csv",
    "claims.csv",
)
ENVIRONMENT = "TOKENBOOK_CATALOG"

_chosen: str | None = None


@lru_cache(maxsize=1)
def shipped() -> Catalog:
    """The catalogue of the package, checked against the schema; read once, at the first call."""
    rows: list[Baseline] = []
    ids: set[str] = set()
    for name in TABLES:
        for line, row in enumerate(table(name), start=2):
            try:
                found = baseline(row)
            except RowError as error:
                raise CatalogError(f"{name}, line {line}: {error}") from None
            if found.id in ids:
                raise CatalogError(f"{name}, line {line}: id {found.id!r} is used twice")
            ids.add(found.id)
            rows.append(found)
    return Catalog(rows)


def use(place: str | os.PathLike | None) -> None:
    """Put a team catalogue on top from now on: a CSV or Excel path, a database URL, or None for none chosen.

    Without a choice the environment variable TOKENBOOK_CATALOG counts. Nothing is read before `active()`.
    """
    global _chosen
    _chosen = None if place is None else os.fspath(place)


def place() -> str:
    """Where the team catalogue is: the chosen place, else TOKENBOOK_CATALOG, else empty."""
    return (_chosen if _chosen is not None else os.environ.get(ENVIRONMENT, "")).strip()


def active() -> Catalog:
    """The shipped catalogue with the team's rows on top.

    Raises
    ------
    CatalogError
        when a team catalogue is named and cannot be read or has a bad row: never a silent fall-back.
    """
    where = place()
    if not where:
        return shipped()
    from .team import layered

    return layered(where)
