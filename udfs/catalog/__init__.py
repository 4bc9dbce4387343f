"""The platform baselines: dated rows with provenance, look-ups, claims, and importers.

`shipped()` and `active()` give a `Catalog`, whose `get`, `find`, `history`, `frontier` and `diff` answer;
`claims` holds what vendors say; `views` makes rows for a screen, JSON or CSV; `importers` read the files that
people have (import it when it is used). Importing this package parses nothing.
"""

from . import claims, views
from .baseline import CONFIDENCES, FIELDS, KINDS, Baseline
from .dates import iso
from .errors import AmbiguousKey, CatalogError, UnknownKey
from .lookup import Catalog
from .metrics import Metric, metric, metrics
from .store import active, place, shipped, use

__all__ = [
    "CONFIDENCES",
    "FIELDS",
    "KINDS",
    "AmbiguousKey",
    "Baseline",
    "Catalog",
    "CatalogError",
    "Metric",
    "UnknownKey",
    "active",
    "claims",
    "diff",
    "iso",
    "metric",
    "metrics",
    "place",
    "shipped",
    "use",
    "views",
]


def diff(date_a: object, date_b: object, **filters: str | None) -> list[dict[str, object]]:
    """`Catalog.diff` of the active catalogue."""
    return active().diff(date_a, date_b, **filters)
