"""What a refresh would do to each bound cell, and why. Cells are looked at through a function, nothing is written.

The same plan serves a file (`files`) and a workbook that is open in Excel (`open_book`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from tokenbook.templates.bindings import Binding, Key, Place, answer
from tokenbook.udfs import catalog

SAME_TO = 1e-12  # relative; LibreOffice writes 15 digits, so a reread value may differ in the last place

CHANGED, SAME, RENEWED = "changed", "same", "renewed"
OVERRIDE, FORMULA, LOCKED, UNSEEN = "override", "formula", "locked", "unseen"
UNIT, UNKNOWN, LOST, UNREADABLE, TWICE = "unit", "unknown", "lost", "unreadable", "twice"
WRITTEN = (CHANGED, RENEWED)

# What a status means, in the words of a table.
MEANING = {
    CHANGED: "new figure",
    SAME: "as in the catalogue",
    RENEWED: "same figure, newer source",
    OVERRIDE: "your own figure: left alone",
    FORMULA: "now a formula: left alone",
    LOCKED: "cannot be set: left alone",
    UNSEEN: "formula or not, this host does not show it: left alone",
    UNIT: "unit changed: left alone",
    UNKNOWN: "the catalogue has no answer",
    LOST: "the cell is gone",
    UNREADABLE: "the binding is damaged",
    TWICE: "bound twice",
}


class Found(NamedTuple):
    """A cell as found: its value, and whether a formula gives it (None where the host does not say)."""

    value: object
    formula: bool | None = False


@dataclass(frozen=True, slots=True)
class Line:
    """One bound cell: what it holds, what the catalogue says, and what becomes of it.

    `old` is the cell's value, `new` the catalogue's [in `row.unit`]; `taken` marks an override that was forced.
    """

    binding: Binding
    status: str
    old: object = None
    row: catalog.Baseline | None = None
    reason: str = ""
    taken: bool = False

    @property
    def place(self) -> Place | None:
        return self.binding.place

    @property
    def new(self) -> float | None:
        return None if self.row is None else self.row.value

    @property
    def cell(self) -> str:
        return str(self.place) if self.place else f"binding {self.binding.number}"

    @property
    def meaning(self) -> str:
        """The status for a reader, with its reason."""
        if self.status == CHANGED and self.taken:
            return "your own figure: replaced, as forced"
        return self.reason or MEANING[self.status]

    @property
    def new_key(self) -> Key:
        """The binding's key once the row is written."""
        return replace(self.binding.key, value=self.row.value, unit=self.row.unit, row=self.row.id)


Look = Callable[[Place], Found | None]
Obstacle = Callable[[Place], str | None]


def plan(
    bindings: Iterable[Binding],
    look: Look,
    figures: catalog.Catalog,
    *,
    as_of: str | None = None,
    force: bool = False,
    obstacle: Obstacle = lambda place: None,
    assume_values: bool = False,
) -> list[Line]:
    """One Line per binding.

    Parameters
    ----------
    look : callable
        Place -> Found, or None where there is no such cell.
    figures : Catalog
    as_of : str, optional
        The day whose knowledge counts; default: everything known.
    force : bool
        Take cells with the user's own figure too; never formulas.
    obstacle : callable
        Place -> why the cell cannot be set, or None; asked only where something would be written.
    assume_values : bool
        Write also where the host does not show whether a formula stands in the cell.
    """
    lines, seen = [], set()
    for binding in bindings:
        line = _line(binding, look, figures, as_of, force, obstacle, assume_values)
        where = binding.place and (binding.place.sheet.casefold(), binding.place.ref)
        if where and where in seen:
            reason = f"bound twice: tokenbook bind BOOK {binding.number} --remove"
            line = Line(binding, TWICE, line.old, line.row, reason)
        seen.add(where)
        lines.append(line)
    return lines


def _line(binding, look, figures, as_of, force, obstacle, assume_values) -> Line:
    key, place, number = binding.key, binding.place, binding.number
    found = look(place) if place else None
    if found is None:
        return Line(binding, LOST, reason=f"the cell is gone: tokenbook bind BOOK {number} --remove")
    if key is None:
        return Line(binding, UNREADABLE, found.value, reason="the binding is damaged: bind the cell again")
    try:
        row = answer(key, figures, as_of)
    except LookupError as error:
        return Line(binding, UNKNOWN, found.value, reason=str(error.args[0]))
    if key.unit and row.unit != key.unit:
        return Line(binding, UNIT, found.value, row, f"unit was {key.unit}, the catalogue's is {row.unit}: left alone")
    if found.formula:
        return Line(binding, FORMULA, found.value, row)
    if same_figure(found.value, row.value):
        return Line(binding, SAME, found.value, row)
    own = not same_figure(found.value, key.value)
    if own and not force:
        return Line(binding, OVERRIDE, found.value, row)
    if found.formula is None and not assume_values:
        return Line(binding, UNSEEN, found.value, row)
    if reason := obstacle(place):
        return Line(binding, LOCKED, found.value, row, reason)
    return Line(binding, CHANGED, found.value, row, taken=own)


def same_figure(first: object, second: object) -> bool:
    """Whether two cell values are one figure; both empty counts, text and TRUE are never a figure."""
    if is_figure(first) and is_figure(second):
        return math.isclose(first, second, rel_tol=SAME_TO)
    return first in (None, "") and second in (None, "")


def is_figure(value: object) -> bool:
    """Whether a cell value is a number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
