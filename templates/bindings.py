"""How a workbook remembers that a cell holds a figure of the catalogue.

A bound cell has two hidden defined names of the workbook, both of the kinds that every spreadsheet keeps:

    _tokenbook.7       'My Inputs'!$B$7                                    follows the cell wherever it goes
    _tokenbook.7.key   "platform=B200&metric=usd_per_gpu_hour&..."         what is asked, and the value last written

and, where the workbook has a cell that says where the figure comes from, a third, ``_tokenbook.7.note``. The key
asks the catalogue a question (platform, metric, model, conditions), so that the answer can be a newer row each time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, quote, urlencode

from tokenbook.templates.conventions import BINDING_PREFIX
from tokenbook.templates.formulas.places import Place as Place
from tokenbook.templates.formulas.places import place_of as place_of
from tokenbook.templates.ooxml.references import absolute, quoted_sheet
from tokenbook.udfs import catalog
from tokenbook.udfs.errors import TokenbookError

NAME = re.compile(r"_tokenbook\.([1-9][0-9]{0,6})(\.key|\.note)?", re.IGNORECASE)
LONGEST_STRING = 255  # characters of one text within a formula, Excel's limit
LONGEST_KEY = 4096  # characters; half of what the formula of a name may have
READABLE = " /:,()"  # need no escape in a key; a quotation mark would, and so never has to be doubled
STRING = re.compile(r'"((?:[^"]|"")*)"')


class BindingError(TokenbookError):
    """A binding cannot be written as asked; one line for the reader."""


@dataclass(frozen=True, slots=True)
class Key:
    """What a bound cell asks the catalogue, and what it was given last.

    platform, metric, model, conditions : str
        As `Catalog.get` takes them; empty where they do not apply.
    unit : str
        Unit of the cell [as the metric's]; empty if unknown.
    value : float or None
        The value last written, at first the one found; None for an empty cell.
    row : str
        Id of the catalogue row last written; empty before the first refresh.
    """

    platform: str
    metric: str
    model: str = ""
    conditions: str = ""
    unit: str = ""
    value: float | None = None
    row: str = ""

    @property
    def words(self) -> str:
        """The question in one line, for tables and messages."""
        return " ".join(part for part in (self.platform, self.metric, self.model, self.conditions) if part)


@dataclass(frozen=True, slots=True)
class Binding:
    """One bound cell as read from a workbook's names; what is missing or unreadable is None."""

    number: int
    place: Place | None = None
    key: Key | None = None
    note: Place | None = None


# ---- reading -------------------------------------------------------------------------------------------


def read(names: Iterable[tuple[str, str]]) -> list[Binding]:
    """The bindings among the workbook-scoped names, given as (name, text); the others are passed over."""
    found: dict[int, Binding] = {}
    for name, text in names:
        match = NAME.fullmatch(name)
        if not match:
            continue
        number, part = int(match[1]), (match[2] or "").lower()
        known = found.get(number, Binding(number))
        if part == ".key":
            known = replace(known, key=_key_of(text))
        else:
            known = replace(known, **{"note" if part else "place": place_of(text)})
        found[number] = known
    return [found[number] for number in sorted(found)]


def _key_of(text: str) -> Key | None:
    fields = dict(parse_qsl("".join(part.replace('""', '"') for part in STRING.findall(text)), keep_blank_values=True))
    try:
        value = float(fields["value"]) if fields.get("value") else None
    except ValueError:
        return None
    if not fields.get("metric"):
        return None
    known = {name: fields.get(name, "") for name in ("platform", "metric", "model", "conditions", "unit", "row")}
    return Key(**known, value=value)


# ---- writing -------------------------------------------------------------------------------------------


def names_of(binding: Binding) -> list[tuple[str, str]]:
    """The names of a binding with their texts (without "="), as a workbook stores them."""
    name = f"{BINDING_PREFIX}{binding.number}"
    found = [(name, reference(binding.place)), key_name(binding)]
    if binding.note:
        found.append((f"{name}.note", reference(binding.note)))
    return found


def key_name(binding: Binding) -> tuple[str, str]:
    """The one name that changes with a refresh: it holds the key."""
    return f"{BINDING_PREFIX}{binding.number}.key", _text_of(binding.key)


def all_names(number: int) -> tuple[str, str, str]:
    """Every name that the binding of a number may have."""
    return f"{BINDING_PREFIX}{number}", f"{BINDING_PREFIX}{number}.key", f"{BINDING_PREFIX}{number}.note"


def reference(place: Place) -> str:
    """The text of a name for one cell."""
    return f"{quoted_sheet(place.sheet)}!{absolute(place.ref)}"


def _text_of(key: Key) -> str:
    fields = {
        "platform": key.platform, "metric": key.metric, "model": key.model, "conditions": key.conditions,
        "unit": key.unit, "value": "" if key.value is None else repr(float(key.value)), "row": key.row,
    }  # fmt: skip
    told = {name: text for name, text in fields.items() if text}
    text = urlencode(told, quote_via=quote, safe=READABLE)
    if len(text) > LONGEST_KEY:
        raise BindingError(f"{key.words[:60]}...: the key is longer than a name can hold; use fewer conditions")
    pieces = [text[at : at + LONGEST_STRING] for at in range(0, len(text), LONGEST_STRING)]
    return "&".join(f'"{piece}"' for piece in pieces)


# ---- which question a row answers ------------------------------------------------------------------------


def key_of_row(row: catalog.Baseline, figures: catalog.Catalog) -> Key:
    """The question with the fewest words that this row answers, today as on its own day.

    A template is filled with rows; refresh has to find the row that will replace one. Words that change from one
    vintage to the next (the run's framework, the speed that a peak was reached at) are used only if nothing less
    decides.
    """
    shape = " ".join(part for part in (row.shape, row.precision) if part)
    speed = f"at {row.interactivity:.4g} tok/s/user" if row.interactivity else ""
    attempts = (
        (row.tier,), (row.shape,), (row.tier, row.shape), (row.tier, shape), (row.tier, shape, speed),
        (row.tier, shape, row.conditions), (row.tier, shape, row.conditions, speed),
        (row.tier, shape, row.framework, row.conditions, speed),
    )  # fmt: skip
    asked = dict.fromkeys(" ".join(part for part in words if part) for words in ((), *attempts))
    for conditions in asked:
        key = Key(row.platform, row.metric, row.model, conditions, row.unit, row.value, row.id)
        if _answers(key, row, figures):
            return key
    return Key(row.platform, row.metric, row.model, row.words, row.unit, row.value, row.id)


def answer(key: Key, figures: catalog.Catalog, as_of: str | None = None) -> catalog.Baseline:
    """The catalogue row that answers a key as known on a day; raises as `Catalog.get` does."""
    return figures.get(key.platform or None, key.metric, key.model or None, key.conditions or None, as_of)


def _answers(key: Key, row: catalog.Baseline, figures: catalog.Catalog) -> bool:
    try:
        then, now = (answer(key, figures, day) for day in (row.as_of, None))
    except LookupError:
        return False
    same_figure = all(getattr(now, name) == getattr(row, name) for name in ("tier", "isl", "osl", "precision"))
    return then.id == row.id and (same_figure or now.is_team)
