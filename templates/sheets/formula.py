"""Formulas written with names, compiled to A1 references.

A name in braces stands for a row or an input: ``={sold} * {price}``. An option after a colon says which part of it:

    {sold}          the cell of this column (time rows) or the one cell (inputs, constants)
    {sold:prev}     the cell one column to the left
    {sold:all}      the whole row, month 0 to the last
    {sold:periods}  the whole row without month 0
    {sold:before}   the whole row without the last month: beside {sold:periods} the month before
    {sold:to_date}  month 0 up to this column
    {sold:total}    the total column
    {sold:start}    the cell of month 0

A name is looked up in the block that uses it, then among that block's inputs, then among the inputs of the workbook;
``{model_1.npv}`` names a block. Names of another sheet get their sheet, and the cell the colour of a link.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from openpyxl.utils import get_column_letter, quote_sheetname

from tokenbook.udfs.errors import TokenbookError

NAME = re.compile(r"\{(@?[a-z0-9_.]+)(?::([a-z_]+))?\}")
WITH_COLUMN = ("", "prev", "to_date")
OPTIONS = ("prev", "all", "periods", "before", "to_date", "total", "start")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: an input, a constant, a result."""

    sheet: str
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class TimeRow:
    """A row of a time sheet: its total, month 0 and last month."""

    sheet: str
    row: int
    total: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Range:
    """A block of cells, for lists and tables."""

    sheet: str
    row: int
    column: int
    last_row: int
    last_column: int


Place = Cell | TimeRow | Range
Piece = str | Callable[[int], str]  # of a formula: text, or what depends on the column


def place_ref(place: Cell) -> str:
    """The reference of one cell without its sheet: C9."""
    return f"{get_column_letter(place.column)}{place.row}"


class UnknownName(TokenbookError, KeyError):
    """A formula uses a name that nothing in the workbook has."""


class Book:
    """Where everything stands: the address book of a workbook while it is written."""

    def __init__(self) -> None:
        self._places: dict[str, Place] = {}
        self._read: dict[
            tuple[object, ...], list[Piece]
        ] = {}  # formulas taken apart: a row is compiled once, not once a month

    def put(self, name: str, place: Place) -> None:
        """Give a name to a place. Names are unique, so that a formula means one thing."""
        if name in self._places:
            raise ValueError(f"{name} stands in two places")
        self._places[name] = place
        self._read.clear()  # a name may now mean another place

    @property
    def places(self) -> dict[str, Place]:
        """All names with their places, in the order in which they were given."""
        return dict(self._places)

    def find(self, name: str, scopes: tuple[str, ...] = ()) -> Place:
        """The place of a name, in the first scope that has it."""
        for key in (*(f"{scope}.{name}" for scope in scopes), name):
            if key in self._places:
                return self._places[key]
        raise UnknownName(f"no row or input is called {name!r} in {', '.join(scopes) or 'this workbook'}")

    def cell(self, name: str) -> Cell:
        """The place of a name that stands for one cell."""
        place = self.find(name)
        assert isinstance(place, Cell), f"{name} is no cell"
        return place

    def time_row(self, name: str) -> TimeRow:
        """The place of a name that stands for a row over months or columns."""
        place = self.find(name)
        assert isinstance(place, TimeRow), f"{name} is no row over time"
        return place

    def area(self, name: str) -> Range:
        """The place of a name that stands for a block of cells."""
        place = self.find(name)
        assert isinstance(place, Range), f"{name} is no block of cells"
        return place

    def compile(
        self, formula: str, sheet: str, *, column: int = 0, scopes: tuple[str, ...] = (), floating: tuple[str, ...] = ()
    ) -> str:
        """A formula with names as a formula with A1 references, for one cell of ``sheet``.

        Cells found in a scope of ``floating`` stand in the formula's own column on their sheet; they are written
        without a dollar before it, so that the formula can be copied across.
        """
        key = (formula, sheet, scopes, floating)
        pieces = self._read.get(key)
        if pieces is None:
            pieces = self._read[key] = self._pieces(formula, sheet, scopes, floating)
        return "".join([piece if isinstance(piece, str) else piece(column) for piece in pieces])

    def _pieces(self, formula: str, sheet: str, scopes: tuple[str, ...], floating: tuple[str, ...]) -> list[Piece]:
        """A formula taken apart: text as it stands, and for what depends on the column a function of it."""
        pieces: list[Piece] = []
        end = 0
        for match in NAME.finditer(formula):
            pieces.append(formula[end : match.start()])
            end = match.end()
            name, option = match[1], match[2] or ""
            # @name: the input, even where the block has a row of that name.
            place = self.find(name[1:], scopes[1:]) if name.startswith("@") else self.find(name, scopes)
            prefix = "" if place.sheet == sheet else quote_sheetname(place.sheet) + "!"
            if isinstance(place, TimeRow) and option in WITH_COLUMN:
                pieces += [prefix, partial(_moving, place, option, name)]
                continue
            text = _reference(place, option, name)
            if isinstance(place, Cell) and any(
                self._places.get(f"{at}.{name.lstrip('@')}") is place for at in floating
            ):
                text = text[1:]
            pieces.append(prefix + text)
        pieces.append(formula[end:])
        return pieces


def _reference(place: Place, option: str, name: str) -> str:
    if option and option not in OPTIONS:
        raise ValueError(f"{{{name}:{option}}}: the options are {', '.join(OPTIONS)}")
    if isinstance(place, Cell):
        return f"${get_column_letter(place.column)}${place.row}"
    if isinstance(place, Range):
        first = f"${get_column_letter(place.column)}${place.row}"
        return f"{first}:${get_column_letter(place.last_column)}${place.last_row}"
    row = place.row
    first, last = get_column_letter(place.first), get_column_letter(place.last)
    if option == "all":
        return f"${first}${row}:${last}${row}"
    if option == "periods":
        return f"${get_column_letter(place.first + 1)}${row}:${last}${row}"
    if option == "before":
        return f"${first}${row}:${get_column_letter(place.last - 1)}${row}"
    if option == "start":
        return f"${first}${row}"
    return f"${get_column_letter(place.total)}${row}"


def _moving(row: TimeRow, option: str, name: str, column: int) -> str:
    """The part of a time row that goes with the column of the formula."""
    if not column:
        raise ValueError(f"{{{name}}} is a row over time; say which part of it, {{{name}:all}} or {{{name}:total}}")
    if option == "prev":
        return f"{get_column_letter(column - 1)}${row.row}"
    if option == "to_date":
        return f"${get_column_letter(row.first)}${row.row}:{get_column_letter(column)}${row.row}"
    return f"{get_column_letter(column)}${row.row}"
