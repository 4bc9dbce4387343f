"""Vendor claims: what is said and how, what is missing, who says it differently, what was measured.

Words, figures and recipes stand in data/claims.toml (`claim_table`); the figures are rows of kind "claim" in the
shipped catalogue. What follows from them is computed when it is asked for (`recipes`).
"""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from . import spelling
from .baseline import Baseline
from .claim_table import FILE, Entry, Step, entries
from .errors import CatalogError, UnknownKey
from .store import shipped

if TYPE_CHECKING:
    from .recipes import Figure

TEXT_FIELDS = (
    "id", "statement", "claimant", "qualifier", "platform", "model", "conditions", "missing", "disagreements",
    "measured", "sources",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Followed:
    """One step of a claim done: the rows it took, by the names of its recipe, and the figures it gave."""

    step: Step
    rows: dict[str, Baseline]
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A vendor claim with what a reader needs to judge it."""

    id: str
    title: str
    statement: str
    claimant: str
    qualifier: str
    platform: str
    model: str
    conditions: str
    missing: tuple[str, ...]
    disagreements: tuple[str, ...]
    measured: tuple[str, ...]
    figures: tuple[Baseline, ...]

    @property
    def followed(self) -> tuple[Followed, ...]:
        """Every step of the claim with its rows and figures."""
        return _followed(self.id)

    @property
    def recomputed(self) -> tuple[Figure, ...]:
        """What follows from the claim's figures."""
        return tuple(figure for each in self.followed for figure in each.figures)

    @property
    def sources(self) -> tuple[str, ...]:
        """Where its figures were read."""
        return tuple(dict.fromkeys(f"{row.source} ({row.source_ref})" for row in self.figures))

    @property
    def stated(self) -> Baseline | None:
        """The figure that is the claim, or None for one in words alone."""
        name = entries()[self.id].stated
        own = [row for row in self.figures if row.tier == self.id]
        return next((row for row in own if name in ("", _last(row))), own[0] if own else None)

    def as_dict(self) -> dict[str, object]:
        """All fields, ready for JSON."""
        figures = [{name: getattr(each, name) for name in ("name", "value", "unit", "how")} for each in self.recomputed]
        return {
            **{name: getattr(self, name) for name in TEXT_FIELDS[:-1]},
            "figures": [row.as_dict() for row in self.figures],
            "recomputed": figures,
            "sources": self.sources,
        }

    def field(self, name: str) -> str | float:
        """One field for a cell: a text, or the number of a figure ("multiple", "implied_usd_per_mtok").

        Raises
        ------
        UnknownKey
            with the fields there are.
        """
        form = spelling.normal(name)
        for column in TEXT_FIELDS:
            if form == spelling.normal(column):
                value = getattr(self, column)
                return value if isinstance(value, str) else "; ".join(value)
        numbers = self.numbers()
        for key, number in numbers.items():
            if form == spelling.normal(key):
                return number
        raise UnknownKey(f"claim {self.id} has no field {name!r}; it has {', '.join((*TEXT_FIELDS, *numbers))}")

    def numbers(self) -> dict[str, float]:
        """Every number of the claim by name: its figures first, then what was recomputed."""
        found: dict[str, float] = {}
        for row in self.figures:
            found.setdefault(named(row), row.value)
        for figure in self.recomputed:
            found.setdefault(figure.name, figure.value)
        return found


def get(id: str) -> Claim:
    """The claim of an id or one of its usual names ("15x", "75M from 5M", "two cents").

    Raises
    ------
    UnknownKey
        with the claims there are.
    """
    names = {spelling.normal(name): entry.id for entry in entries().values() for name in (entry.id, *entry.aliases)}
    found = names.get(spelling.normal(str(id)))
    if found is None:
        raise UnknownKey(f"unknown claim {str(id)!r}; there are {', '.join(ids())}")
    return _claims()[found]


def list() -> tuple[Claim, ...]:
    """Every claim, in the order of the file."""
    return tuple(_claims().values())


def ids() -> tuple[str, ...]:
    """The ids of all claims."""
    return tuple(entries())


def named(row: Baseline) -> str:
    """The name of a claim's figure in cells and recipes: ``throughput_before`` of claim.35x.throughput-before."""
    return _last(row).replace("-", "_")


# -- inside --------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _claims() -> dict[str, Claim]:
    claimed = [row for row in shipped() if row.kind == "claim"]
    return {entry.id: _claim(entry, claimed) for entry in entries().values()}


def _claim(entry: Entry, claimed: builtins.list[Baseline]) -> Claim:
    return Claim(
        id=entry.id,
        title=entry.title,
        statement=entry.statement,
        claimant=entry.claimant,
        qualifier=entry.qualifier,
        platform=entry.platform,
        model=entry.model,
        conditions=entry.conditions,
        missing=entry.missing,
        disagreements=entry.disagreements,
        measured=entry.measured,
        figures=tuple(row for name in entry.rows for row in _named(name, claimed)),
    )


def _named(name: str, claimed: builtins.list[Baseline]) -> builtins.list[Baseline]:
    """The rows of an id, or of what ids begin with: "claim.35x." are all figures of that claim."""
    return [row for row in claimed if row.id.startswith(name)] if name.endswith(".") else [shipped().row(name)]


@lru_cache(maxsize=256)
def _followed(id: str) -> tuple[Followed, ...]:
    from . import recipes  # numpy, which the words of a claim do not need

    claim, rows = _claims()[id], shipped()
    own: dict[str, Baseline] = {}
    for row in claim.figures:
        own.setdefault(named(row), row)
    found = []
    names: set[str] = set(own)
    for step in entries()[id].steps:
        taken = recipes.taken(step, own, rows.row, id)
        figures = recipes.follow(step, taken)
        if twice := names.intersection(figure.name for figure in figures):
            raise CatalogError(f"{FILE}, claim {id!r}: two figures are called {min(twice)!r}; give one a name")
        names.update(figure.name for figure in figures)
        found.append(Followed(step, taken, figures))
    return tuple(found)


def _last(row: Baseline) -> str:
    return row.id.rsplit(".", 1)[-1]
