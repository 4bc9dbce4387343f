"""Which engine may calculate what somebody asks of a workbook.

The one that reproduces the values that the file holds, in the cells asked for and in all that they read. What none
reproduces has names, by which a caller can refuse.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np

from tokenbook.templates.formulon.kinds import CellValue, Place
from tokenbook.templates.formulon.residuals import Part, leeway

Values: TypeAlias = Mapping[Place, CellValue]


class Held(Protocol):
    """What a file holds, by cell."""

    def get(self, place: Place, default: Any = None, /) -> Any:
        """The value of a cell; None for a blank one."""


SAME_TO = 1e-9  # relative to the value: what iterations and long chains come to is kept less exactly than 15 digits


@dataclass(frozen=True)
class Workbook:
    """What is known of a workbook before anything calculates it.

    stored : the values that the file holds
    formulas : the formula cells, with "="
    area : a reference or a name, and the cell whose formula it stands in -> the cells, row by row; None if unknown
    """

    stored: Held
    formulas: Mapping[Place, str]
    area: Callable[[str, Place], list[list[Place]] | None]


@dataclass(frozen=True)
class Choice:
    """The engine that calculates, or None and the cells that no engine reproduces."""

    engine: str | None
    unknown: tuple[Place, ...] = ()


def choose(book: Workbook, cells: Collection[Place], answers: Iterable[tuple[str, Values]]) -> Choice:
    """The first engine that reproduces every one of some cells.

    Parameters
    ----------
    cells : the formula cells asked for and all that they read
    answers : engines and what they make of the unchanged file, the preferred one first. One behind it is not asked
        for where it will do. A cell that an engine does not calculate is left out of its values.

    Returns
    -------
    Choice
        Without an engine it names the cells that none reproduces or, if each fails at others, those at which the
        one fails that fails at the fewest.
    """
    failures: list[set[Place]] = []
    for name, values in answers:
        wrong = differing(book, cells, values)
        if not wrong:
            return Choice(name)
        failures.append(wrong)
    if not failures:
        return Choice(None, tuple(sorted(cells)))
    common = set.intersection(*failures) or min(failures, key=len)
    return Choice(None, tuple(sorted(common)))


def differing(book: Workbook, cells: Iterable[Place], values: Values) -> set[Place]:
    """The cells whose stored value an engine does not reproduce."""
    compared = _Compared(book, values)
    return {cell for cell in cells if not compared.same(cell)}


def equal(stored: CellValue, value: CellValue) -> bool:
    """Whether a value is that of the file, to the digits that engines share."""
    if isinstance(stored, bool) or isinstance(value, bool):
        return value is stored
    if isinstance(stored, float) and isinstance(value, float):
        return math.isclose(stored, value, rel_tol=SAME_TO)
    if value is None:  # a formula that refers to an empty cell is 0; one that gives "" may be kept either way
        return stored == 0.0 or stored == ""
    return isinstance(stored, str) and isinstance(value, str) and str(stored) == str(value)


class _Compared:
    """The values of one engine beside those of the file."""

    def __init__(self, book: Workbook, values: Values):
        self._book, self._values = book, values
        self._leeways: dict[Place, float] = {}

    def same(self, cell: Place) -> bool:
        held, value = self._book.stored.get(cell), self._values.get(cell)
        if cell not in self._values or held is None:
            return False  # not calculated here, or never calculated at all
        if equal(held, value):
            return True
        if isinstance(held, float) and isinstance(value, float):
            return abs(held - value) <= self._leeway(cell)
        return False

    def _leeway(self, cell: Place) -> float:
        if cell not in self._leeways:
            self._leeways[cell] = 0.0  # for a formula that comes back to itself
            formula = self._book.formulas.get(cell)
            if formula is not None:
                self._leeways[cell] = leeway(formula, lambda text: self._read(text, cell))
        return self._leeways[cell]

    def _read(self, text: str, cell: Place) -> Part:
        rows = self._book.area(text, cell)
        if rows is None:
            raise LookupError(text)
        return Part(
            np.array([[self._amount(place) for place in row] for row in rows]),
            np.array([[self._off(place) for place in row] for row in rows]),
        )

    def _amount(self, place: Place) -> float:
        held = self._book.stored.get(place)
        return float(held) if isinstance(held, (float, int)) else 0.0

    def _off(self, place: Place) -> float:
        """How far off a cell is that a formula reads, of those that count as the same."""
        held, value = self._book.stored.get(place), self._values.get(place, self._book.stored.get(place))
        if type(held) is not float or type(value) is not float:
            return 0.0
        return abs(held - value) if equal(held, value) else self._leeway(place)
