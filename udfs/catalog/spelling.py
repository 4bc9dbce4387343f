"""One spelling for every platform and model; other ways of writing are in platforms.csv and models.csv."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from .errors import UnknownKey
from .packaged import table

CACHED_TEXTS = 4096  # a file repeats few names many times
_MAKERS = ("nvidia", "amdinstinct", "amd", "google", "aws", "openai", "virtualized")


@dataclass(frozen=True, slots=True)
class Platform:
    """An accelerator platform: its spelling, the short form used in ids, and two dates of its life."""

    name: str
    slug: str
    vendor: str
    announced: str
    available: str


@lru_cache(maxsize=CACHED_TEXTS)
def normal(text: str) -> str:
    """Lower case without spaces, hyphens, underscores: what two spellings of one name share."""
    return re.sub(r"[\s_\-/()]+", "", text.casefold())


def nearest(text: str, names: Iterable[str]) -> str:
    """The ": did you mean A or B?" of a message, or an empty text."""
    by_form: dict[str, str] = {}
    for name in names:
        by_form.setdefault(normal(name), name)
    close = difflib.get_close_matches(normal(text), by_form, n=3, cutoff=0.6)
    found = list(dict.fromkeys(by_form[form] for form in close))
    return f": did you mean {' or '.join(found)}?" if found else ""


@lru_cache(maxsize=1)
def platforms() -> dict[str, Platform]:
    """The platforms the package knows, by name."""
    return {
        row["platform"]: Platform(row["platform"], row["slug"], row["vendor"], row["announced"], row["available"])
        for row in table("platforms.csv")
    }


@lru_cache(maxsize=1)
def models() -> dict[str, str]:
    """The models the package knows: name -> slug."""
    return {row["model"]: row["slug"] for row in table("models.csv")}


@lru_cache(maxsize=2)
def _aliases(file: str, column: str) -> dict[str, str]:
    found = {}
    for row in table(file):
        for spelling in (row[column], row["slug"], *row["aliases"].split(";")):
            if spelling:
                found[normal(spelling)] = row[column]
    return found


@lru_cache(maxsize=CACHED_TEXTS)
def find_platform(text: str) -> str | None:
    """The one spelling of a platform, or None when the package does not know it."""
    form = normal(text)
    known = _aliases("platforms.csv", "platform")
    if form in known:
        return known[form]
    for maker in _MAKERS:
        if form.startswith(maker) and form[len(maker) :] in known:
            return known[form[len(maker) :]]
    return None


@lru_cache(maxsize=CACHED_TEXTS)
def find_model(text: str) -> str | None:
    """The one spelling of a model, or None when the package does not know it."""
    return _aliases("models.csv", "model").get(normal(text))


def platform(text: str) -> str:
    """As `find_platform`, raising UnknownKey with the nearest names."""
    found = find_platform(text)
    if found is None:
        raise UnknownKey(f"unknown platform {text!r}{platform_hint(text)}")
    return found


def platform_hint(text: str, more: Iterable[str] = ()) -> str:
    """The "did you mean" of a platform; an alias close to the text leads to its platform."""
    aliases = _aliases("platforms.csv", "platform")
    close = difflib.get_close_matches(normal(text), [*aliases, *map(normal, more)], n=3, cutoff=0.6)
    names = {**{normal(name): name for name in more}, **aliases}
    found = list(dict.fromkeys(names[form] for form in close))
    return f": did you mean {' or '.join(found)}?" if found else ""


def model_hint(text: str, more: Iterable[str] = ()) -> str:
    """The "did you mean" of a model."""
    aliases = _aliases("models.csv", "model")
    close = difflib.get_close_matches(normal(text), [*aliases, *map(normal, more)], n=3, cutoff=0.6)
    names = {**{normal(name): name for name in more}, **aliases}
    found = list(dict.fromkeys(names[form] for form in close))
    return f": did you mean {' or '.join(found)}?" if found else ""


@lru_cache(maxsize=CACHED_TEXTS)
def slug(text: str) -> str:
    """A short, readable, stable part of an id."""
    return re.sub(r"[^a-z0-9.+]+", "-", text.casefold()).strip("-.")
