"""Conditions as people write them ("8k/1k FP4 at 50 tok/s/user, hyperscaler") against the fields of a row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from .baseline import TOKENS_PER_K, Baseline

INTERACTIVITY_TOLERANCE = 0.5  # [tok/s/user] "at 50" also means a measured 50.3
_FILLERS = frozenset({"at", "the", "a", "an", "for", "with", "and", "of", "in", "on", "by", "to", "@"})
_PER_USER = re.compile(r"(\d+(?:\.\d+)?)\s*(?:tok(?:en)?s?/s(?:ec)?/user|tps/user)", re.IGNORECASE)
_SHAPE = re.compile(r"(?<![\w.])(\d+)(k?)\s*/\s*(\d+)(k?)(?![\w.])", re.IGNORECASE)
_LENGTH = re.compile(r"\b(isl|osl)\s*=?\s*(\d+)(k?)\b", re.IGNORECASE)
_CONCURRENCY = re.compile(r"\bconc(?:urrency)?\s*=?\s*(\d+)\b", re.IGNORECASE)
_SAME = (
    (re.compile(r"\bon[\s-]demand\b"), "on-demand"),
    (re.compile(r"\b(\d+)[\s-]?(?:years?|yrs?|y)\b"), r"\1-year"),
    (re.compile(r"\b(?:tensorrt[\s-]?llm|trt[\s-]?llm)\b"), "trt"),
    (re.compile(r"\bdisagg(?:regate|regation)?\b"), "disaggregated"),
    (re.compile(r"\bno[\s-]mtp\b"), "no-mtp"),
    (re.compile(r"\bnvfp4\b"), "fp4"),
)


@dataclass(frozen=True, slots=True)
class Request:
    """What a text of conditions asks for."""

    isl: int | None
    osl: int | None
    interactivity: float | None  # [tok/s/user]
    concurrency: int | None
    words: tuple[str, ...]


def parse(text: str | None) -> Request:
    """Take shape, speed per user and concurrency out of the text; the rest are words, each to be met.

    Examples
    --------
    >>> parse("8k/1k FP4, at 50 tok/s/user")
    Request(isl=8192, osl=1024, interactivity=50.0, concurrency=None, words=('fp4',))
    """
    rest = text or ""
    isl = osl = interactivity = concurrency = None
    if found := _PER_USER.search(rest):
        interactivity = float(found[1])
        rest = _PER_USER.sub(" ", rest, count=1)
    if found := _SHAPE.search(rest):
        isl, osl = _tokens(found[1], found[2]), _tokens(found[3], found[4])
        rest = _SHAPE.sub(" ", rest, count=1)
    for name, count, k in _LENGTH.findall(rest):
        isl, osl = (_tokens(count, k), osl) if name.casefold() == "isl" else (isl, _tokens(count, k))
    rest = _LENGTH.sub(" ", rest)
    if found := _CONCURRENCY.search(rest):
        concurrency = int(found[1])
        rest = _CONCURRENCY.sub(" ", rest, count=1)
    return Request(isl, osl, interactivity, concurrency, tuple(w for w in _words(rest) if w not in _FILLERS))


def meets_numbers(row: Baseline, request: Request) -> bool:
    """True when shape, speed per user and concurrency of the request are the row's."""
    if request.isl is not None and row.isl != request.isl:
        return False
    if request.osl is not None and row.osl != request.osl:
        return False
    if request.concurrency is not None and row.concurrency != request.concurrency:
        return False
    if request.interactivity is None:
        return True
    return row.interactivity is not None and abs(row.interactivity - request.interactivity) <= INTERACTIVITY_TOLERANCE


def words_of(row: Baseline) -> frozenset[str]:
    """The words a row meets: tier, conditions, precision, framework, vendor and their hyphenated parts."""
    return _words_of(row.tier, row.conditions, row.precision, row.framework, row.vendor)


@lru_cache(maxsize=8192)
def _words_of(*texts: str) -> frozenset[str]:
    found = set(_words(" ".join(texts)))
    for word in tuple(found):
        if "-" in word and not word.startswith("no-"):
            found.update(part for part in word.split("-") if part)
    return frozenset(found)


def _words(text: str) -> list[str]:
    text = text.casefold()
    for pattern, instead in _SAME:
        text = pattern.sub(instead, text)
    return [word for word in (part.strip(".:'\"") for part in re.split(r"[\s,;|()]+", text)) if word]


def _tokens(count: str, k: str) -> int:
    return int(count) * (TOKENS_PER_K if k else 1)
