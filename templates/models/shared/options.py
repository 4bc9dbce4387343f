"""What a template may be asked for: the options of ``tokenbook new``, checked once for all templates."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from tokenbook.templates.models.shared.fill import FillError, day_of

LONGEST = 120  # months that a workbook may hold
ROOM = 60  # months that it holds at least, so that the horizon can grow
MONTHS_PER_YEAR = 12
CURRENCY = re.compile(r"[A-Za-z]{2,5}|[^\w\s]{1,3}")
FORMAT_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Options:
    """The wishes of a reader; what is None or empty is left to the template."""

    platforms: tuple[str, ...] = ()
    model: str | None = None
    shape: str | None = None  # "8k/1k": input and output tokens of a request
    interactivity: float | None = None  # tok/s/user; None takes the peak-throughput rows
    months: int | None = None
    currency: str = "USD"
    exchange_rate: float | None = None  # units of the currency for one USD
    money_format: str | None = None  # Excel number format of amounts
    as_of: str | None = None
    version: str = ""


def checked(options: Options) -> Options:
    """The options, or FillError with one line that says which one cannot be."""
    day_of(options.as_of)
    months, speed, rate = options.months, options.interactivity, options.exchange_rate
    if months is not None and not 1 <= months <= LONGEST:
        raise FillError(f"--months {months}: the horizon is from 1 to {LONGEST} months")
    if speed is not None and not (math.isfinite(speed) and speed > 0):
        raise FillError(f"--interactivity {speed:g}: is a speed above 0, in tokens a second for one user")
    if not CURRENCY.fullmatch(options.currency):
        raise FillError(f"--currency {options.currency}: is a code or sign, for instance EUR")
    if options.currency != "USD" and rate is None:
        raise FillError(
            f"--currency {options.currency}: the catalogue is in USD; say with --exchange-rate how many "
            f"{options.currency} one USD buys"
        )
    if rate is not None and options.currency == "USD":
        raise FillError("--exchange-rate: belongs to --currency; without it the workbook is in USD")
    if rate is not None and not (math.isfinite(rate) and rate > 0):
        raise FillError(f"--exchange-rate {rate:g}: is a number above 0")
    if options.money_format is not None:
        _check_format(options.money_format)
    return options


def room_for(months: int) -> int:
    """Months that the sheets hold: whole years, and never fewer than ROOM."""
    return max(ROOM, -(-months // MONTHS_PER_YEAR) * MONTHS_PER_YEAR)


def _check_format(code: str) -> None:
    plain = re.sub(r'"[^"]*"|\\.', "", code)
    if not code or len(code) > FORMAT_LENGTH or not re.search(r"[0#]", plain) or plain.count(";") > 3 or '"' in plain:
        raise FillError(f"--number-format {code}: is an Excel number format, for instance #,##0 or #,##0.0,")
