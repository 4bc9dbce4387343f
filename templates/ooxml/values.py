"""Python values to what a cell stores, and back."""

import datetime
import math
from typing import NamedTuple

from .errors import PackageError
from .xmlscan import escape_text

LONGEST_TEXT = 32_767  # characters in a cell
SECONDS_PER_DAY = 86_400
EPOCH_1900, EPOCH_1904 = datetime.datetime(1899, 12, 30), datetime.datetime(1904, 1, 1)
FICTITIOUS_LEAP_DAY = datetime.datetime(1900, 3, 1)  # Excel counts a 29 February 1900 before it
EXACT_INTEGER = 2**53  # beyond it a double no longer holds every integer

# The error names that the file format knows, and the newer ones, which a cell stores as #VALUE!.
STORED_ERRORS = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA"}
NEWER_ERRORS = {
    "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!", "#UNKNOWN!", "#CONNECT!", "#BUSY!", "#PYTHON!", "#EXTERNAL!",
    "#TIMEOUT!",
}  # fmt: skip
ERRORS = STORED_ERRORS | NEWER_ERRORS


class Stored(NamedTuple):
    """A value as a cell stores it: `type` is the t attribute (None for numbers), `xml` the escaped text."""

    type: str | None
    xml: bytes

    @property
    def keeps_space(self) -> bool:
        """Whether the text begins or ends with white space, or holds line ends, that XML readers may drop."""
        return self.xml != self.xml.strip() or b"\n" in self.xml


def plain(value: object) -> object:
    """numpy scalars and other wrappers as the Python value they hold."""
    return value.item() if hasattr(value, "item") and not hasattr(value, "__len__") else value


def stored_result(value: object, date1904: bool = False) -> Stored:
    """A formula's result as Stored: nan and infinities are #NUM!, None is empty text, too long text #VALUE!."""
    value = plain(value)
    if value is None:
        return Stored("str", b"")
    if isinstance(value, (int, float)) and not isinstance(value, bool) and not _finite(value):
        return Stored("e", b"#NUM!")
    if isinstance(value, str) and value not in ERRORS:
        if len(value) > LONGEST_TEXT:
            return Stored("e", b"#VALUE!")
        return Stored("str", escape_text(value))
    return _stored(value, date1904)


def stored_constant(value: object, date1904: bool = False) -> Stored:
    """An input cell's value as Stored ("inlineStr" for text); raises PackageError for nan and other types."""
    value = plain(value)
    if isinstance(value, str) and value not in ERRORS:
        if len(value) > LONGEST_TEXT:
            raise PackageError(f"text of {len(value):,} characters: a cell holds at most {LONGEST_TEXT:,}")
        return Stored("inlineStr", escape_text(value))
    if isinstance(value, (int, float)) and not isinstance(value, bool) and not _finite(value):
        raise PackageError(f"{value} is not a number that a cell can hold: give a finite one")
    return _stored(value, date1904)


def serial(moment: datetime.date, date1904: bool = False) -> float:
    """A date or datetime as Excel's day number [days since 1900-01-00 or 1904-01-01]."""
    if not isinstance(moment, datetime.datetime):
        moment = datetime.datetime(moment.year, moment.month, moment.day)
    if moment.tzinfo is not None:
        raise PackageError(f"{moment} has a time zone, which a cell cannot hold: give local time without one")
    if date1904:
        days = (moment - EPOCH_1904).total_seconds() / SECONDS_PER_DAY
    else:
        days = (moment - EPOCH_1900).total_seconds() / SECONDS_PER_DAY
        days -= moment < FICTITIOUS_LEAP_DAY
    if days < 0:
        raise PackageError(f"{moment} lies before the first day a cell can hold: write it as text")
    return days


def iso_serial(text: str, date1904: bool = False) -> float:
    """The serial of an ISO 8601 date, time or date and time (cells of type d)."""
    try:
        if ":" in text and "-" not in text:
            moment = datetime.time.fromisoformat(text)
            seconds = moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond / 1e6
            return seconds / SECONDS_PER_DAY
        return float(serial(datetime.datetime.fromisoformat(text).replace(tzinfo=None), date1904))
    except ValueError:
        raise PackageError(f"{text!r} is not an ISO date: repair the file in Excel first") from None


def number_text(value: float) -> str:
    """Shortest text that reads back as the same double; integral values without a decimal point."""
    if isinstance(value, int):
        return str(value) if abs(value) <= EXACT_INTEGER else repr(float(value))
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value)


def _stored(value: object, date1904: bool) -> Stored:
    if isinstance(value, bool):
        return Stored("b", b"1" if value else b"0")
    if isinstance(value, (int, float)):
        return Stored(None, number_text(value).encode())
    if isinstance(value, (datetime.date, datetime.datetime)):
        return Stored(None, number_text(float(serial(value, date1904))).encode())
    if isinstance(value, str):
        return Stored("e", (value if value in STORED_ERRORS else "#VALUE!").encode())
    raise PackageError(f"{value!r} ({type(value).__name__}) does not fit a cell: give a number, text, bool or date")


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an int beyond the range of a double
        return False
