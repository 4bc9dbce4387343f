"""What a time sheet is made of: rows over months, constants, headings, in blocks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A line over the months: one formula, the same in every column."""

    key: str
    label: str
    unit: str
    formula: str
    kind: str = "number"  # number format, a key of style.FORMATS
    total: str = ""  # formula of the total column; "sum" for the plain sum
    strong: bool = False
    note: str = ""  # words beside the line, on grids


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that does not change over time: one formula in the constant column."""

    key: str
    label: str
    unit: str
    formula: str
    kind: str = "number"
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Ingredient:
    """An input brought to the sheet that uses it; label, unit and format are those of the input."""

    key: str


@dataclass(frozen=True, slots=True)
class Heading:
    text: str


Line = Row | Constant | Ingredient | Heading


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together: one platform's model, say. ``scope`` names the inputs it reads first."""

    key: str
    title: str
    lines: tuple[Line, ...]
    scope: str = ""
