"""Which figures a question means, and what to say where it means none or several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

from tokenbook.addin.commands.errors import CommandError
from tokenbook.addin.commands.texts import Row

if TYPE_CHECKING:
    from tokenbook.udfs.catalog import Baseline, Catalog

Words = Sequence[str] | None  # of an option that may be given several times


@dataclass(frozen=True)
class Filters:
    """What ``list`` and ``diff`` narrow by; of several platforms, metrics or models any will do."""

    platform: tuple[str, ...] = ()
    metric: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    conditions: str = ""

    def __str__(self) -> str:
        given = [f'--{name} "{text}"' for name in ("platform", "metric", "model") for text in getattr(self, name)]
        return " ".join([*given, *([f'--conditions "{self.conditions}"'] if self.conditions else [])])

    def each(self) -> Iterator[tuple[str | None, str | None, str | None, str | None]]:
        """The questions for the catalogue: platform, metric, model, conditions."""
        yield from product(self.platform or [None], self.metric or [None], self.model or [None], [self.conditions])


def filters(platform: Words = None, metric: Words = None, model: Words = None, conditions: Words = None) -> Filters:
    """Filters of options that may each be given several times; every word of the conditions must be met."""
    platforms, metrics, models = (
        tuple(text for text in texts or () if text.strip()) for texts in (platform, metric, model)
    )
    return Filters(platforms, metrics, models, " ".join(conditions or ()).strip())


def iso_day(text: str | None, name: str) -> str:
    """The ISO day of an option; empty when it was not given."""
    from tokenbook.udfs.catalog import CatalogError
    from tokenbook.udfs.catalog.dates import iso

    if not text:
        return ""
    try:
        return iso(text)
    except CatalogError as error:
        raise CommandError(f"{name} {error}") from None


def listed(figures: Catalog, filters: Filters, day: str, everything: bool) -> list[dict[str, object]]:
    from tokenbook.udfs.catalog import views

    with named_well(figures):
        rows = unlike(
            row
            for asked in filters.each()
            for row in views.listing(figures, *asked, day or None, everything=everything)
        )
    return in_order(rows)


def unlike(rows: Iterable[dict[str, object]]) -> list[dict[str, object]]:
    """The rows without repetition: B200 asked for under two spellings is one B200."""
    return list({tuple(row.values()): row for row in rows}.values())


@contextmanager
def named_well(figures: Catalog) -> Iterator[None]:
    """A name that the catalogue does not know, and that is near none it knows, is answered with those it knows."""
    from tokenbook.udfs import catalog

    try:
        yield
    except catalog.UnknownKey as error:
        message = str(error.args[0])
        if "did you mean" not in message:
            for kind, names in (("platform", figures.platforms), ("model", figures.models)):
                message += f"; there are {', '.join(names())}" if message.startswith(f"unknown {kind}") else ""
            message += "; tokenbook baselines list shows them all" if message.startswith("unknown metric") else ""
        raise CommandError(message) from None


def in_order(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Metric by metric, in it the platforms and models as they first appear, in them by speed per user and date."""
    from tokenbook.udfs import catalog

    metrics = {name: at for at, name in enumerate(catalog.metrics())}
    seen: dict[tuple[str, object], int] = {}

    def key(row: Row) -> tuple[object, ...]:
        series = tuple(row.get(name) for name in ("tier", "isl", "osl", "precision"))
        parts = (("platform", row["platform"]), ("model", row["model"]), ("series", series))
        first_seen = (seen.setdefault(part, len(seen)) for part in parts)
        return (metrics[str(row["metric"])], *first_seen, row.get("interactivity") or 0.0, row.get("as_of", ""))

    return sorted(rows, key=key)


def chosen(figures: Catalog, first: str, second: str, model: str | None, conditions: str | None, day: str) -> Baseline:
    """The row that two words, or one, ask for."""
    from tokenbook.udfs import catalog

    if not (first.strip() or second.strip()):
        raise CommandError("name a platform and a metric: tokenbook baselines show B200 kw_per_gpu")
    if not second and any(row.id == first for row in figures):
        row = figures.row(first)
        if day and row.as_of > day:
            raise CommandError(f"{first} was not known on {day}; it is of {row.as_of}")
        return row
    platform, metric = (first, second) if second else ("", first)
    if not second:
        try:
            catalog.metric(metric)
        except catalog.UnknownKey as error:
            raise CommandError(_which_metric(figures, first, str(error.args[0]))) from None
    try:
        with named_well(figures):
            return figures.get(platform, metric, model, conditions, day or None)
    except catalog.AmbiguousKey as error:
        raise CommandError(f"{error.args[0]}; decide with --conditions or --model") from None


def _which_metric(figures: Catalog, text: str, reason: str) -> str:
    """What to write instead of a single word that is no metric: it may be a platform, or nearly one, or an id."""
    from tokenbook.udfs import catalog

    try:
        if "." in text:
            figures.row(text)
        metrics = list(dict.fromkeys(row.metric for row in figures.find(text)))
    except catalog.UnknownKey as error:
        nearer = error.args[0] if "did you mean" in error.args[0] and "did you mean" not in reason else reason
        return f"{nearer} Name a platform and a metric, a metric, or the id of a figure"
    listed = f'tokenbook baselines list --platform "{text}"'
    return f"{text}: name a metric too, such as {' or '.join(metrics[:2])}; {listed} shows all"


def in_place_of(figures: Catalog, row: Baseline, history: Sequence[Row], day: str) -> list[Baseline]:
    """The shipped figures that a team row answers for and that its history does not name."""
    from tokenbook.udfs import catalog

    shipped = catalog.shipped()
    unknown = (row.platform and row.platform not in shipped.platforms()) or (
        row.model and row.model not in shipped.models()
    )
    if not row.is_team or unknown:
        return []
    asked = (row.platform or None, row.metric, row.model or None, None, day or None)
    valid = {other.id for other in figures.find(*asked, current=True)}
    named = {other["id"] for other in history}
    return [
        other
        for other in shipped.find(*asked, current=True)
        if other.id not in valid | named and row.tier in ("", other.tier)
    ]


def why_nothing(figures: Catalog, filters: Filters, day: str) -> str:
    """Why no figure fits: the catalogue's own reason, or how many there are without each filter."""
    from tokenbook.udfs import catalog

    ((platform, metric, model, conditions), *others) = filters.each()
    if not others and platform and metric:
        try:
            figures.get(platform, metric, model, conditions, day or None)
        except catalog.UnknownKey as error:
            return str(error.args[0])
    hints = []
    for name in ("conditions", "model", "metric", "platform"):
        if given := getattr(filters, name):
            count = len(listed(figures, replace(filters, **{name: type(given)()}), day, everything=False))
            hints += [f"without --{name} there are {count:,}"] if count else []
    if day:
        count = len(listed(figures, filters, "", everything=False))
        hints += [f"on a later day there are {count:,}"] if count else []
    known = f" as known on {day}" if day else ""
    return f"no figure fits {filters}{known}; {', '.join(hints) or 'leave filters out'}"
