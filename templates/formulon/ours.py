"""Our functions in the cells of a workbook that the engine calculates.

Each formula with calls of ours is entered anew, with references to blocks of results where the calls stood; from
there the engine's own dependencies do the rest. What a call's arguments come to is compared with what they came to
last, so that after a change only those calls are made whose arguments have changed, one after the other in the order
in which they depend on each other.

Arguments that are more than cells (``A1:A9*2``) are entered as formulas of their own, on an added sheet at the very
place of the cell, with their references made to name its sheet. They are not evaluated "in place"
(``evaluate_formula_array``): formulon 0.18 calculates the cells that such a formula reads as if their references
meant the sheet that it is evaluated on, and answers with a wrong number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from formulon import FormulonError, Workbook

from tokenbook.templates.formulon import bulk
from tokenbook.templates.formulon.areas import Area, Surroundings
from tokenbook.templates.formulon.calls import Call, Pieces, UnsupportedError, pieces_of
from tokenbook.templates.formulon.kinds import CellValue, Place
from tokenbook.templates.formulon.slots import (
    Argument,
    Constant,
    Formula,
    Grid,
    Inner,
    Slot,
    grid_of,
)
from tokenbook.udfs.functions import CellError, registry

RESULTS = "_tokenbook"
FIRST_ROW = 500_000  # of results, on the sheet on which the formulas of arguments lie at the place of their cell
NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?(?:E[+-]?[0-9]+)?|\.[0-9]+(?:E[+-]?[0-9]+)?", re.IGNORECASE)
OF_ITS_SHEET = re.compile(r"\b(?:INDIRECT|CELL|SHEET|SHEETS|FORMULATEXT)\(", re.IGNORECASE)  # mean where they stand


@dataclass(frozen=True)
class Cell:
    """A formula cell with calls of ours, as the file has it.

    formula : with "=", names that the engine cannot take along to another sheet written out
    area : rows and columns that the file's array fills; None for a plain formula
    legacy : an array of a fixed size ({=...}), not one that spills
    """

    place: Place
    formula: str
    area: tuple[int, int] | None = None
    legacy: bool = False

    def places(self) -> list[Place]:
        """All cells that it fills in the file."""
        sheet, row, column = self.place
        height, width = self.area or (1, 1)
        return [(sheet, row + i, column + j) for i in range(height) for j in range(width)]


class Ours:
    """The calls of our functions in a workbook of the engine.

    ``unsupported`` names the cells that cannot be calculated (with the reason); what depends on them is as unknown.
    """

    def __init__(self, book: Workbook, around: Surroundings, cells: Iterable[Cell], tables: Iterable[Place] = ()):
        self._book, self._around = book, around
        self._functions: dict[str, Callable[..., object]] = {f.name: f.in_cell for f in registry().values()}
        self._slots: list[Slot] = []
        self._shared: dict[object, Slot] = {}
        self._mine: dict[Place, list[Slot]] = {}
        self._next_row = FIRST_ROW
        self._asked: dict[frozenset[Place], set[Slot]] = {}
        self.unsupported: dict[Place, str] = {}
        self._results, self._results_name = self._added(RESULTS)
        self._layers: list[tuple[int, set[tuple[int, int]]]] = [(self._results, set())]  # with the places taken
        mine = {cell.place: cell for cell in cells}
        self._fills = {place: cell.places() for place, cell in mine.items()}
        self._before, turns = self._order()
        self._refuse_tables(tables)
        for place, cell in mine.items():
            if place in self.unsupported:
                continue
            try:
                self._take(cell, turns[place])
            except UnsupportedError as error:
                self.unsupported[place] = str(error)
        self._batches = [
            [slot for slot in self._slots if slot.step == step] for step in sorted({s.step for s in self._slots})
        ]

    # --- calculating -------------------------------------------------------------------------------------------

    def settle(self, asked: Iterable[Place] | None = None) -> None:
        """Recalculate the workbook, with our functions, until nothing moves any more.

        asked : cells that have to be right; only the calls that they need are made then
        """
        needed = None if asked is None else self._needed(frozenset(asked))
        self._book.recalc()
        for _ in range(len(self._batches) + 2):  # one turn is enough, another sees that; more if a cell is computed
            moved = False
            for batch in self._batches:
                slots = batch if needed is None else [slot for slot in batch if slot in needed]
                moved = self._make(slots) or moved
            if not moved:
                return
        raise FormulonError(8, op="calls of functions that depend on each other in a circle")

    def grow(self, place: Place) -> None:
        """A cell was filled: it counts for references to whole rows and columns."""
        sheet, row, column = place
        rows, columns = self._around.used[sheet]
        self._around.used[sheet] = (max(rows, row + 1), max(columns, column + 1))

    def _make(self, slots: list[Slot]) -> bool:
        """Make the calls whose arguments have changed; whether there were any."""
        places: list[Place] = []
        values: list[object] = []
        entered: list[Formula] = []
        for slot, arguments in zip(slots, self._arguments(slots), strict=True):
            seen = _seen(arguments)
            if slot.seen == seen:
                continue
            slot.seen = seen
            slot.grid = grid_of(slot.function(*arguments)) or [[CellError("#CALC!")]]
            self._fit(slot)
            places += [(self._results, slot.row + i, j) for i in range(slot.size[0]) for j in range(slot.size[1])]
            values += [value for row in slot.grid for value in row]
            entered += slot.readers
        if not places:
            return False
        bulk.write(self._book, places, values)
        for formula in dict.fromkeys(entered):
            self._enter(formula)
        self._book.recalc()
        return True

    def _fit(self, slot: Slot) -> None:
        """Give a result a block that has room for it."""
        height, width = slot.size = len(slot.grid), len(slot.grid[0])
        if height > slot.room[0] or width > slot.room[1]:
            slot.row, slot.room = self._next_row, (height, width)
            self._next_row += height

    def _enter(self, formula: Formula) -> None:
        if formula.ready():
            text = formula.text(self._results_name)
            if text != formula.entered:
                self._book.set_formula(*formula.place, text)
                formula.entered = text

    def _arguments(self, slots: list[Slot]) -> list[list[object]]:
        """What the arguments of calls come to, with one reading of all cells."""
        self._free_blocked(slots)
        places: list[Place] = []
        sizes: list[tuple[int, int]] = []
        for slot in slots:
            for argument in slot.arguments:
                if isinstance(argument, (Area, Formula)):
                    area = argument if isinstance(argument, Area) else self._spill(argument)
                    places += area.places()
                    sizes.append((area.bottom - area.top + 1, area.right - area.left + 1))
        values, blocks = iter(bulk.read(self._book, places)), iter(sizes)
        return [[self._argument(argument, values, blocks) for argument in slot.arguments] for slot in slots]

    @staticmethod
    def _argument(argument: Argument, values: Iterable[CellValue], sizes: Iterable[tuple[int, int]]) -> object:
        if isinstance(argument, Constant):
            return argument.value
        if isinstance(argument, Inner):
            grid: Grid = argument.slot.grid
            return grid[0][0] if argument.first else _one(grid)
        height, width = next(iter(sizes))
        values = iter(values)
        return _one([[next(values) for _ in range(width)] for _ in range(height)])

    def _spill(self, formula: Formula) -> Area:
        sheet, row, column = formula.place
        about = self._book.spill_info(sheet, row, column)
        height, width = (about.rows, about.cols) if about.engaged else (1, 1)
        return Area(sheet, row, column, row + max(height, 1) - 1, column + max(width, 1) - 1)

    def _free_blocked(self, slots: list[Slot]) -> None:
        """Give arguments that have no room beside others a sheet to themselves."""
        formulas = [a for slot in slots for a in slot.arguments if isinstance(a, Formula) and not a.alone]
        values = bulk.read(self._book, [formula.place for formula in formulas])
        blocked = [formula for formula, value in zip(formulas, values, strict=True) if value == "#SPILL!"]
        for formula in blocked:
            self._book.set_blank(*formula.place)
            sheet, _ = self._added(f"{RESULTS}_{len(self._layers)}a")
            formula.place, formula.alone, formula.entered = (sheet, *formula.place[1:]), True, None
            self._enter(formula)
        if blocked:
            self._book.recalc()

    # --- what is needed, in which order ------------------------------------------------------------------------

    def _order(self) -> tuple[dict[Place, set[Place]], dict[Place, int]]:
        """For each cell with calls those that it depends on, and how many stand in a row before it."""
        anchors = list(self._fills)
        before: dict[Place, set[Place]] = {place: set() for place in anchors}
        owners = [(anchor, place) for anchor, places in self._fills.items() for place in places]
        depending = bulk.dependents(self._book, [place for _, place in owners], anchors)
        for (anchor, _), readers in zip(owners, depending, strict=True):
            for reader in readers:
                before[reader].add(anchor)
        for place in anchors:
            if place in before[place]:
                self.unsupported[place] = "it depends on itself"
                before[place].discard(place)
        turns: dict[Place, int] = {}
        try:
            for place in TopologicalSorter(before).static_order():
                turns[place] = 1 + max((turns[other] for other in before[place]), default=-1)
        except CycleError:
            for place in anchors:
                self.unsupported.setdefault(place, "it depends on itself")
            turns = dict.fromkeys(anchors, 0)
        return before, turns

    def _needed(self, asked: frozenset[Place]) -> set[Slot]:
        """The calls on which cells depend."""
        if asked not in self._asked:
            owners = [(anchor, place) for anchor, places in self._fills.items() for place in places]
            reached = bulk.dependents(self._book, [place for _, place in owners], asked)
            todo = [anchor for (anchor, place), hits in zip(owners, reached, strict=True) if hits or place in asked]
            cells: set[Place] = set()
            while todo:
                place = todo.pop()
                if place not in cells:
                    cells.add(place)
                    todo += self._before[place]
            self._asked[asked] = {slot for place in cells for slot in self._mine.get(place, ())}
        return self._asked[asked]

    def _refuse_tables(self, tables: Iterable[Place]) -> None:
        """A what-if table that calculates through our functions: the engine alone would not call them."""
        for place in tables:
            table = self._book.get_data_table(*place)
            if table is None:
                continue
            inputs = [(place[0], each.row, each.col) for each in (table.row_input, table.col_input) if each]
            if any(bulk.dependents(self._book, inputs, self._fills)):
                self.unsupported[place] = "a what-if table that calculates with TOK functions"

    # --- taking a workbook's formulas apart --------------------------------------------------------------------

    def _take(self, cell: Cell, turn: int) -> None:
        pieces = pieces_of(cell.formula)
        slots: list[Slot] = []
        flat, firsts = self._flattened(pieces, cell.place, turn, slots)
        if not slots:  # the letters of a call, in a text
            return
        formula = Formula(cell.place, flat, None, firsts)
        if cell.legacy and cell.area:
            height, width = cell.area  # one value fills all, one row every row, and what is missing is #N/A
            formula.around = (f"TAKE(IF(SEQUENCE({height},{width}),", f"),{height},{width})")
        self._mine[cell.place] = slots
        self._slots += [slot for slot in slots if slot not in self._slots]
        for slot in dict.fromkeys(piece for piece in formula.pieces if isinstance(piece, Slot)):
            slot.readers.append(formula)
        fills = (
            cell.places()
        )  # the rest of an array would be in its way; its first cell goes first, it holds the others
        bulk.write(self._book, fills, [None] * len(fills))

    def _flattened(
        self, pieces: Pieces, place: Place, turn: int, slots: list[Slot]
    ) -> tuple[tuple[str | Slot, ...], frozenset[int]]:
        flat = tuple(self._slot(piece, place, turn, slots) if isinstance(piece, Call) else piece for piece in pieces)
        return flat, frozenset(n for n, piece in enumerate(pieces) if isinstance(piece, Call) and piece.first)

    def _slot(self, call: Call, place: Place, turn: int, slots: list[Slot]) -> Slot:
        function = self._functions.get(call.name)
        if function is None:
            raise UnsupportedError(f"it calls {call.name}, which is none of our functions")
        inner: list[Slot] = []
        arguments = [self._given(pieces, place, turn, inner) for pieces in call.arguments]
        slots += inner
        key = None
        if all(isinstance(argument, (Constant, Area)) for argument in arguments):  # the same call needs one block
            key = (call.name, *((type(getattr(argument, "value", None)), argument) for argument in arguments))
        slot = self._shared.get(key) if key else None
        depth = 1 + max((each.step[1] for each in inner), default=-1)
        if slot is None:
            slot = Slot(call.name, function, arguments, (turn, depth))
            if key:
                self._shared[key] = slot
            for argument in arguments:
                if isinstance(argument, Formula):
                    for piece in dict.fromkeys(each for each in argument.pieces if isinstance(each, Slot)):
                        piece.readers.append(argument)
        slot.step = min(slot.step, (turn, depth))
        slots.append(slot)
        return slot

    def _given(self, pieces: Pieces, place: Place, turn: int, slots: list[Slot]) -> Argument:
        if not pieces:
            return Constant()
        if len(pieces) == 1:
            only = pieces[0]
            if isinstance(only, Call):
                return Inner(self._slot(only, place, turn, slots), only.first)
            simple = self._simple(only, place[0])
            if simple is not None:
                return simple
        return self._expression(pieces, place, turn, slots)

    def _simple(self, text: str, home: int) -> Constant | Area | None:
        if NUMBER.fullmatch(text):
            return Constant(float(text))
        if len(text) > 1 and text[0] == text[-1] == '"':
            return Constant(text[1:-1].replace('""', '"'))
        if text.upper() in ("TRUE", "FALSE"):
            return Constant(text.upper() == "TRUE")
        return self._around.area(text, home)

    def _expression(self, pieces: Pieces, place: Place, turn: int, slots: list[Slot]) -> Formula:
        text = "".join(piece if isinstance(piece, str) else "" for piece in pieces)
        if OF_ITS_SHEET.search(text):
            raise UnsupportedError("an argument means the place where it stands (INDIRECT, CELL, SHEET)")
        flat, firsts = self._flattened(pieces, place, turn, slots)
        _, row, column = place
        layer = next((layer for layer in self._layers if (row, column) not in layer[1]), None)
        if layer is None:
            sheet, _ = self._added(f"{RESULTS}_{len(self._layers)}")
            layer = (sheet, set())
            self._layers.append(layer)
        layer[1].add((row, column))
        formula = Formula((layer[0], row, column), flat, self._around.titles[place[0]], firsts)
        self._enter(formula)
        return formula

    def _added(self, name: str) -> tuple[int, str]:
        """A new sheet behind the others: its number and name."""
        taken = {self._book.sheet_name(number).casefold() for number in range(self._book.sheet_count())}
        while name.casefold() in taken:
            name += "_"
        self._book.add_sheet(name)
        return self._book.sheet_count() - 1, name


def _one(grid: Grid) -> object:
    """Rows of cells; one cell alone as its value."""
    return grid[0][0] if len(grid) == 1 and len(grid[0]) == 1 else grid


def _seen(arguments: list[object]) -> object:
    """Arguments as something to compare: 1 and TRUE are different, errors and texts too."""
    return [
        [[(type(value), value) for value in row] for row in argument]
        if isinstance(argument, list)
        else (type(argument), argument)
        for argument in arguments
    ]
