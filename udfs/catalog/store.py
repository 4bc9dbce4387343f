"""The shipped catalogue, and the active one: shipped rows with the team's own on top."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import lru_cache

from . import claim_table, packaged
from .baseline import Baseline
from .errors import CatalogError, RowError
from .lookup import Catalog
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
)  # and the figures of claims.toml
ENVIRONMENT = "TOKENBOOK_CATALOG"

_chosen: str | None = None


@lru_cache(maxsize=1)
def shipped() -> Catalog:
    """The catalogue of the package, checked against the schema; read once, at the first call."""
    rows: dict[str, Baseline] = {}
    for place, row in _all_rows():
        try:
            found = baseline(row)
        except RowError as error:
            raise CatalogError(f"{place}: {error}") from None
        if found.id in rows:
            raise CatalogError(f"{place}: id {found.id!r} is used twice")
        rows[found.id] = found
    return Catalog(rows.values())


def _all_rows() -> Iterator[tuple[str, Mapping[str, object]]]:
    """(where it stands, row) of every table, the figures of the claims last."""
    for name in TABLES:
        for line, row in enumerate(packaged.table(name), start=2):
            yield f"{name}, line {line}", row
    for figure in claim_table.figure_rows():
        yield f"{claim_table.FILE}, figure {figure['id']}", figure


def use(place: str | os.PathLike[str] | None) -> None:
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
    from .team import layered  # openpyxl or SQLAlchemy, for those who have a team catalogue

    return layered(where, shipped())
