"""data/claims.toml: each vendor claim, and the rows of the catalogue that its figures are.

A claim is data: words, figures, and the recipes by which more follows from them (`recipes`). README.md has the fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from . import packaged, spelling
from .errors import CatalogError, UnknownKey
from .metrics import metric

FILE = "claims.toml"
ROLES = ("", "own", "measured")
WORDS = ("id", "statement", "claimant", "qualifier", "platform", "model", "conditions")
LISTS = ("aliases", "missing", "disagreements", "measured", "rows")
OTHER = ("title", "stated", "recompute", "each", "figure")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that follows: a recipe, and the rows it takes where they are not the claim's own figures.

    ``role`` says how it is read beside what is stated: "own" follows from the claim's own figures, "measured" is what
    somebody measured, "" only stands there. ``name`` and ``how`` replace those that the recipe gives.
    """

    recipe: str
    rows: tuple[tuple[str, str], ...] = ()  # (argument of the recipe, id of a row)
    name: str = ""
    how: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A [[claim]] of the file. ``rows`` are ids of its figures, or what they begin with if they end in a full stop."""

    id: str
    title: str
    statement: str
    claimant: str
    qualifier: str
    platform: str
    model: str
    conditions: str
    aliases: tuple[str, ...]
    missing: tuple[str, ...]
    disagreements: tuple[str, ...]
    measured: tuple[str, ...]
    rows: tuple[str, ...]
    stated: str  # name of the figure that is the claim; the first of its own if empty
    steps: tuple[Step, ...]


@lru_cache(maxsize=1)
def _tables() -> tuple[dict[str, Any], ...]:
    import tomllib  # 15 ms that importing the catalogue does not need

    return tuple(tomllib.loads(packaged.text(FILE))["claim"])


@lru_cache(maxsize=1)
def entries() -> dict[str, Entry]:
    """Every claim by its id, in the order of the file.

    Raises
    ------
    CatalogError
        naming the claim and the field that is missing or not known.
    """
    found: dict[str, Entry] = {}
    for table in _tables():
        entry = _entry(table)
        if entry.id in found:
            raise CatalogError(f"{FILE}: claim {entry.id!r} stands twice")
        found[entry.id] = entry
    return found


def figure_rows() -> Iterator[dict[str, object]]:
    """The figures of all claims as rows of the schema: what a figure does not say, its claim says for all."""
    for table in _tables():
        for figure in table.get("figure", ()):
            yield _row(table, figure)


def _row(table: dict[str, Any], figure: dict[str, Any]) -> dict[str, object]:
    platforms = spelling.platforms()
    row: dict[str, object] = {
        "kind": "claim",
        "platform": table.get("platform", ""),
        "model": table.get("model", ""),
        "tier": table.get("id", ""),
        **table.get("each", {}),
        **figure,
    }
    named = str(row["platform"])
    row.setdefault("vendor", platforms[named].vendor if named in platforms else "")
    with suppress(UnknownKey):  # the schema refuses the row, and says where it stands
        row.setdefault("unit", metric(str(row.get("metric", ""))).unit)
    return row | {"id": f"claim.{row['tier']}.{row.pop('name', '')}"}


def _entry(table: dict[str, Any]) -> Entry:
    id = str(table.get("id", ""))
    where = f"{FILE}, claim {id!r}"
    for name in WORDS:
        if name not in table or (name != "model" and not table[name]):
            raise CatalogError(f"{where}: {name} is missing")
    for name in table:
        if name not in (*WORDS, *LISTS, *OTHER):
            raise CatalogError(f"{where}: no such field as {name!r}")
    words = {name: str(table[name]) for name in WORDS}
    lists = {name: tuple(map(str, table.get(name, ()))) for name in LISTS}
    return Entry(
        title=str(table.get("title", id)),
        statement=words["statement"],
        claimant=words["claimant"],
        qualifier=words["qualifier"],
        platform=words["platform"],
        model=words["model"],
        conditions=words["conditions"],
        aliases=lists["aliases"],
        missing=lists["missing"],
        disagreements=lists["disagreements"],
        measured=lists["measured"],
        rows=lists["rows"] or (f"claim.{id}.",),
        stated=str(table.get("stated", "")),
        steps=_steps(table.get("recompute", ()), where),
        id=id,
    )


def _steps(given: Any, where: str) -> tuple[Step, ...]:
    """``recompute = "money"`` is one step on the claim's own figures; otherwise each [[claim.recompute]] is one."""
    if isinstance(given, str):
        return (Step(given),)
    steps = []
    for table in given:
        texts = {name: str(value) for name, value in table.items()}
        step = Step(
            recipe=texts.pop("recipe", ""),
            name=texts.pop("name", ""),
            how=texts.pop("how", ""),
            role=texts.pop("role", ""),
            rows=tuple(texts.items()),
        )
        if step.role not in ROLES:
            raise CatalogError(f"{where}: role {step.role!r} is none of {', '.join(filter(None, ROLES))}")
        steps.append(step)
    return tuple(steps)
