"""The schema: what makes a mapping of texts a Baseline, and why it is refused otherwise."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date

from .baseline import CONFIDENCES, FIELDS, KINDS, Baseline
from .dates import is_iso_day
from .errors import RowError, UnknownKey
from .metrics import Metric, metric

REQUIRED = ("metric", "value", "unit", "kind", "source", "as_of", "confidence")
LARGEST_COUNT = 1_000_000_000  # of accelerators, tokens or users
EARLIEST = "2000-01-01"  # a date before it is a typing error
_ID = re.compile(r"[a-z0-9][a-z0-9.+_-]*")


def baseline(row: Mapping[str, object], origin: str = "shipped") -> Baseline:
    """The checked figure of a row (texts or numbers under the names of the schema).

    Names are expected in their one spelling and the value in the unit of its metric; the importers bring
    them there before they ask.

    Raises
    ------
    RowError
        with the reason, naming the field and what would be right.
    """
    texts = {name: _text(row.get(name)) for name in FIELDS}
    for name in REQUIRED:
        if not texts[name]:
            raise RowError(f"{name} is empty")
    try:
        about = metric(texts["metric"])
    except UnknownKey as error:
        raise RowError(str(error)) from None
    if texts["unit"] != about.unit:
        raise RowError(f"unit {texts['unit']!r}: {about.id} is in {about.unit}")
    if texts["kind"] not in KINDS:
        raise RowError(f"kind {texts['kind']!r} is none of {', '.join(KINDS)}")
    if texts["confidence"] not in CONFIDENCES:
        raise RowError(f"confidence {texts['confidence']!r} is none of {', '.join(CONFIDENCES)}")
    for name in ("platform", "model"):
        if name in about.per and not texts[name]:
            raise RowError(f"{name} is empty: {about.id} is kept per {name}")
    if not _ID.fullmatch(texts["id"]):
        raise RowError(f"id {texts['id']!r} is empty or not of small letters, digits, '.', '-', '+' and '_'")
    as_of, run_date = texts["as_of"], texts["run_date"]
    _check_day("as_of", as_of)
    if run_date:
        _check_day("run_date", run_date)
        if run_date > as_of:
            raise RowError(f"run_date {run_date} is after as_of {as_of}: not known before it was run")
    value = number(row.get("value"), "value")
    check_range(about, value)
    return Baseline(
        id=texts["id"],
        platform=texts["platform"],
        vendor=texts["vendor"],
        metric=about.id,
        value=value,
        unit=texts["unit"],
        kind=texts["kind"],
        qualifier=texts["qualifier"],
        model=texts["model"],
        conditions=texts["conditions"],
        tier=texts["tier"],
        source=texts["source"],
        source_ref=texts["source_ref"],
        as_of=as_of,
        confidence=texts["confidence"],
        precision=texts["precision"],
        framework=texts["framework"],
        run_date=run_date,
        origin=origin,
        isl=whole(row.get("isl"), "isl"),
        osl=whole(row.get("osl"), "osl"),
        concurrency=whole(row.get("concurrency"), "concurrency"),
        interactivity=positive(row.get("interactivity"), "interactivity"),
        ttft_ms=positive(row.get("ttft_ms"), "ttft_ms"),
    )


def check_range(about: Metric, value: float) -> None:
    """Refuse a value that only a wrong unit explains."""
    if not about.low <= value <= about.high:
        raise RowError(
            f"value {value:g} is outside {about.low:g} to {about.high:g} {about.unit} of {about.id}: wrong unit?"
        )


def number(value: object, name: str) -> float:
    """A finite number, or the reason why not (text with a decimal comma or thousands is not guessed at)."""
    if isinstance(value, bool) or value is None or (isinstance(value, str) and not value.strip()):
        raise RowError(f"{name} is empty" if not isinstance(value, bool) else f"{name} is {value}, not a number")
    try:
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise RowError(f"{name} {str(value)!r} is not a number (write 1234.5)") from None
    if not math.isfinite(found):
        raise RowError(f"{name} is {value}, not a finite number")
    return found


def positive(value: object, name: str) -> float | None:
    """None for an empty field, otherwise a number above zero."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    found = number(value, name)
    if found <= 0:
        raise RowError(f"{name} {found:g} is not above zero")
    return found


def whole(value: object, name: str) -> int | None:
    """None for an empty field, otherwise a whole number above zero."""
    found = positive(value, name)
    if found is None:
        return None
    if found != int(found) or found > LARGEST_COUNT:
        raise RowError(f"{name} {found:g} is not a whole number up to {LARGEST_COUNT:,}")
    return int(found)


def _check_day(name: str, text: str) -> None:
    if not is_iso_day(text):
        raise RowError(f"{name} {text!r} is not an ISO date such as 2026-07-31")
    if not EARLIEST <= text <= f"{date.today().year + 1}-12-31":
        raise RowError(f"{name} {text} is not a plausible date")


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()
