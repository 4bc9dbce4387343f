"""One call of our functions in a workbook: where its arguments come from and where its result goes.

The engine cannot call back. A call gives way to a reference to a block of a sheet that is added for results; its
arguments are read from the cells that they name, or from a formula that is entered for them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from tokenbook.templates.formulon.areas import Area
from tokenbook.templates.formulon.calls import Local
from tokenbook.templates.formulon.kinds import CellValue, Place
from tokenbook.templates.ooxml.references import column_letters
from tokenbook.udfs.functions.arguments import OMITTED

Grid: TypeAlias = "list[list[CellValue]]"


@dataclass(frozen=True)
class Constant:
    """A number, a text, or nothing at all."""

    value: object = OMITTED


@dataclass(frozen=True)
class Inner:
    """The result of a call inside of this one; of an array the first value, if only that is meant."""

    slot: Slot
    first: bool


@dataclass(eq=False)
class Formula:
    """A formula entered in the engine that has blocks of results where calls of ours stood.

    home : the name of the sheet that references without a sheet mean, where the formula lies on another
    """

    place: Place
    pieces: tuple[str | Slot, ...]
    home: str | None = None
    firsts: frozenset[int] = frozenset()  # the pieces of which the first value is meant
    around: tuple[str, str] = ("", "")  # written before and behind all of it
    alone: bool = False  # it has a sheet to itself
    entered: str | None = None

    def ready(self) -> bool:
        """Whether there is a result for every call that stood in it."""
        return all(piece.seen is not None for piece in self.pieces if isinstance(piece, Slot))

    def text(self, results: str) -> str:
        """As the engine is given it; ``results`` is the sheet that holds them."""
        words = []
        for number, piece in enumerate(self.pieces):
            if isinstance(piece, Slot):
                words.append(f"(+{piece.reference(results, number in self.firsts)})")
            elif self.home is not None and isinstance(piece, Local):
                words.append(f"{quoted(self.home)}!{piece}")
            else:
                words.append(piece)
        return "=" + self.around[0] + "".join(words).removeprefix("=") + self.around[1]


Argument: TypeAlias = "Constant | Area | Formula | Inner"


@dataclass(eq=False)
class Slot:
    """One call: its function, its arguments, the block of its result."""

    name: str
    function: Callable[..., object]
    arguments: list[Argument]
    step: tuple[int, int] = (0, 0)  # when it is its turn: formulas before this one's, calls inside of this one
    readers: list[Formula] = field(default_factory=list)  # the formulas that hold a reference to the block
    seen: object = None  # the arguments of which the result is in the block
    grid: Grid = field(default_factory=list)
    row: int = 0
    size: tuple[int, int] = (1, 1)
    room: tuple[int, int] = (0, 0)

    def reference(self, sheet: str, first: bool) -> str:
        height, width = (1, 1) if first else self.size
        start = f"{quoted(sheet)}!$A${self.row + 1}"
        return start if (height, width) == (1, 1) else f"{start}:${column_letters(width)}${self.row + height}"


def quoted(sheet: str) -> str:
    """A sheet's name as a formula spells it."""
    return "'" + sheet.replace("'", "''") + "'"


def grid_of(result: object) -> Grid:
    """A result as rows of cells."""
    if isinstance(result, list):
        return [list(row) if isinstance(row, (list, tuple)) else [row] for row in result]
    return [[result]]  # type: ignore[list-item]
