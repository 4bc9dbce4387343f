"""Fills the inputs of a model from the catalogue: which row answers for which input, and what if none does."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from tokenbook.templates.sheets.inputs import Filled
from tokenbook.udfs import catalog
from tokenbook.udfs.catalog import Baseline
from tokenbook.udfs.errors import TokenbookError
from tokenbook.udfs.kernels.frontier import throughput_at
from tokenbook.udfs.kernels.ratios import Floats

# Tiers of an accelerator's price, in the order in which a model prefers them.
CAPEX_TIERS = ("model-input", "rack-share", "low")
PRECISIONS = ("FP4", "FP8", None)  # the finest that was measured counts
DEFAULT_GPUS = 72  # one NVL72 rack, and as many single accelerators of the other platforms beside it


class FillError(TokenbookError):
    """The catalogue lacks a figure that the model cannot do without; one line for the reader."""


@dataclass
class Filler:
    """Looks figures up as known on a day and remembers which rows the workbook uses."""

    figures: catalog.Catalog
    as_of: str | None = None
    used: list[catalog.Baseline] = field(default_factory=list)
    newer: list[catalog.Baseline] = field(default_factory=list)  # not known yet on that day, used for want of another
    beside: list[catalog.Baseline] = field(default_factory=list)  # measured points behind an interpolated figure

    def row(self, platform: str | None, metric: str, model: str | None = None, conditions: str | None = None) -> Baseline:
        """The catalogue row for a key, or FillError with the catalogue's own words."""
        try:
            return self.figures.get(platform, metric, model, conditions, self.as_of)
        except LookupError as error:
            raise FillError(str(error.args[0])) from None

    def take(self, row: catalog.Baseline) -> Filled:
        if row not in self.used:
            self.used.append(row)
        return Filled(row.value, row.id)

    def get(self, platform: str | None, metric: str, model: str | None = None, conditions: str | None = None) -> Filled:
        return self.take(self.row(platform, metric, model, conditions))

    def get_or_newer(self, platform: str | None, metric: str, model: str | None = None) -> Filled:
        """As ``get``; where nothing was known on the day, the first that became known, remembered in ``newer``.

        For figures of the market around the platform, such as token prices: without one there is no model, and the
        reader is told.
        """
        try:
            return self.get(platform, metric, model)
        except FillError:
            if self.as_of is None:
                raise
        row = Filler(self.figures).row(platform, metric, model)
        self.newer.append(row)
        return self.take(row)

    def first(self, platform: str, metric: str, tiers: tuple[str, ...]) -> Filled | None:
        """The figure of the first tier that the catalogue has (known on the day, or else newer), or None."""
        for as_of in dict.fromkeys((self.as_of, None)):
            for tier in tiers:
                rows = self.figures.find(platform, metric, None, tier, as_of, current=True)
                rows = [row for row in rows if row.tier == tier]
                if rows:
                    if as_of != self.as_of:
                        self.newer.append(rows[0])
                    return self.take(rows[0])
        return None

    def frontier(self, platform: str, model: str, shape: str) -> tuple[Floats, Floats, list[catalog.Baseline]]:
        """The measured frontier of a platform: (speed per user, throughput, rows), of the finest precision measured."""
        refusals: list[LookupError] = []
        for precision in PRECISIONS:
            try:
                return self.figures.frontier(platform, model, shape, precision, self.as_of)
            except LookupError as error:
                refusals.append(error)
        raise FillError(str(refusals[0].args[0]))

    def at_interactivity(self, platform: str, model: str, shape: str, target: float) -> Filled:
        """Throughput at a speed per user, read off the measured frontier; refused outside of what was measured."""
        speeds, throughputs, rows = self.frontier(platform, model, shape)
        value = float(throughput_at(target, speeds, throughputs))
        if not math.isfinite(value):
            raise FillError(
                f"{platform}: {model} at {shape} was measured from {speeds.min():.3g} to {speeds.max():.3g} tok/s/user, "
                f"not at {target:g}; choose a speed within"
            )
        self.beside += [row for row in rows if row not in self.beside]
        newest = max(row.as_of for row in rows)
        return Filled(
            value,
            note=f"At {target:g} tok/s/user on the measured frontier ({len(rows)} points on Baselines, "
            f"{rows[0].precision}, to {newest})",
        )

    def context(self, platforms: tuple[str, ...], model: str) -> list[catalog.Baseline]:
        """Rows to stand beside those in use: other tiers, old power figures, other providers, other sources."""
        found: list[catalog.Baseline] = []
        for platform in platforms:
            for metric in ("usd_per_gpu_hour", "rental_usd_per_gpu_hour", "capex_usd_per_gpu", "kw_per_gpu"):
                found += self._known(platform, metric)
            found += self._known(platform, "interactivity_tok_s_user", model)
        for metric in ("usd_per_mtok_input", "usd_per_mtok_output", "usd_per_mtok_cached_input"):
            found += self._known(None, metric, model)
        for metric in ("token_price_annual_factor", "pue", "usd_per_kwh", "software_throughput_gain"):
            found += self._known(None, metric)
        return [row for row in [*self.beside, *found] if row not in self.used]

    def _known(self, platform: str | None, metric: str, model: str | None = None) -> list[catalog.Baseline]:
        try:
            return self.figures.find(platform, metric, model, None, self.as_of, current=True)
        except LookupError:
            return []


def day_of(as_of: str | None) -> str | None:
    """The day asked for as an ISO date; a bare month or year means its last day. Refuses what is no date."""
    try:
        return None if as_of is None else catalog.iso(as_of)
    except catalog.CatalogError as error:
        raise FillError(f"--as-of {error}") from None


def spell_platforms(figures: catalog.Catalog, names: tuple[str, ...], metric: str) -> tuple[str, ...]:
    """Platforms in the catalogue's spelling; an unknown or repeated one is refused."""
    spelled = []
    known = figures.platforms(metric)
    for name in names:
        rows = []
        try:
            rows = figures.find(name, metric)
        except LookupError as error:
            raise FillError(f"{error.args[0]}; platforms: {', '.join(known)}") from None
        if not rows:
            raise FillError(f"{name}: the catalogue has no {metric} for it; platforms: {', '.join(known)}")
        if rows[0].platform in spelled:
            raise FillError(f"{rows[0].platform}: is given twice")
        spelled.append(rows[0].platform)
    return tuple(spelled)
