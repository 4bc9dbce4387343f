"""Dates of the catalogue: ISO text, so that they compare as they read."""

from __future__ import annotations

import calendar
import re
from contextlib import suppress
from datetime import date, datetime
from functools import lru_cache

from .errors import CatalogError

_PARTIAL = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


def iso(value: object) -> str:
    """The ISO date of a date, a datetime or a text; a bare month or year means its last day.

    Raises
    ------
    CatalogError
        when it is no date; one line that repeats the text.

    Examples
    --------
    >>> iso("2026-07"), iso("2024"), iso("2026-3-9")
    ('2026-07-31', '2024-12-31', '2026-03-09')
    """
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return _iso_of_text(str(value).strip())


def is_iso_day(text: str) -> bool:
    """True for a complete ISO date that exists."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


@lru_cache(maxsize=4096)  # a file repeats few days many times
def _iso_of_text(text: str) -> str:
    text = text.split("T")[0].split(" ")[0] if re.match(r"\d{4}-\d\d-\d\d[T ]", text) else text
    parts = _PARTIAL.fullmatch(text)
    if parts:
        year, month = int(parts[1]), int(parts[2] or 12)
        with suppress(ValueError):  # a day that the calendar does not have
            day = int(parts[3]) if parts[3] else calendar.monthrange(year, month)[1]
            return date(year, month, day).isoformat()
    raise CatalogError(f"{' '.join(text.split())}: is not a date; write it as 2026-07-31")
