"""Which formulas depend on cells, directly or through others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from tokenbook.templates.formulas.glance import Cell, may_depend
from tokenbook.templates.formulas.places import Place
from tokenbook.templates.formulas.references import Area
from tokenbook.templates.formulas.workbook import LARGEST_ARRAY, FormulaCell, Formulas
from tokenbook.templates.ooxml.references import column_letters, parse_ref

SMALL_AREA = 64  # cells; larger areas are compared as rectangles instead of cell by cell


@dataclass
class Dependents:
    """The cells whose cached values may change, by sheet; and what no engine but Excel's can follow.

    `cells`: sheet -> references, formulas and the cells that arrays fill. `doubts`: a sentence on each dependent
    that cannot be recalculated here. `tables`: what-if tables among them. `spills`: sheet -> (top, left, bottom, right)
    of dynamic arrays among them.
    """

    cells: dict[str, list[str]] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    spills: dict[str, list[tuple[int, int, int, int]]] = field(default_factory=dict)

    def __len__(self) -> int:
        return sum(map(len, self.cells.values()))


def dependents(formulas: Formulas, changed: Iterable[Place]) -> Dependents:
    """Every formula that may read one of the changed cells, and all that follow from it."""
    cells = {(place.sheet.casefold(), *parse_ref(place.ref)) for place in changed}
    if not cells or not may_depend(formulas.package, cells):
        return Dependents()
    return Graph(formulas).follow(cells)


class Graph:
    """The formulas of a workbook and all that each may read; those that do not tell may read any cell."""

    def __init__(self, formulas: Formulas):
        self._formulas, self._every = formulas, list(formulas)
        reads = [formulas.reads(cell) for cell in self._every]
        self._followers = Followers([cell.fills for cell in self._every], [each.areas for each in reads])
        self._opaque = [number for number, each in enumerate(reads) if each.opaque]

    def follow(self, cells: Iterable[Cell]) -> Dependents:
        """All formulas that may depend on the cells, or on nobody knows what."""
        found = Dependents()
        for number in sorted(self._followers.follow(cells, self._opaque)):
            cell = self._every[number]
            top, left, bottom, right = cell.fills.bounds
            anchor = f"{cell.sheet}!{column_letters(left)}{top}"
            if cell.fills.size > LARGEST_ARRAY:
                found.doubts.append(f"the array at {anchor} fills more than {LARGEST_ARRAY:,} cells")
                continue
            refs = [f"{column_letters(column)}{row}" for row, column in cell.fills.cells()]
            found.cells.setdefault(cell.sheet, []).extend(refs)
            if cell.is_table:
                found.tables.append(anchor)
            if cell.kind == "array" and self._formulas.package.cell(cell.sheet, cell.ref).dynamic:
                found.spills.setdefault(cell.sheet, []).append((top, left, bottom, right))
        found.cells = {sheet: list(dict.fromkeys(refs)) for sheet, refs in found.cells.items()}
        return found


class Followers:
    """Formulas by number, the cells that each fills and the areas that each reads; followed from cells onwards."""

    def __init__(self, fills: Sequence[Area], reads: Iterable[Iterable[Area]]):
        self._fills = fills
        self._by_cell: dict[Cell, list[int]] = {}
        by_area: dict[str, dict[tuple[int, int, int, int], list[int]]] = {}  # sheet -> bounds -> formulas
        for number, areas in enumerate(reads):
            for area in areas:
                sheet, top, left, bottom, right = area
                if top == bottom and left == right:
                    self._by_cell.setdefault((sheet, top, left), []).append(number)
                elif (bottom - top + 1) * (right - left + 1) <= SMALL_AREA:
                    for row in range(top, bottom + 1):
                        for column in range(left, right + 1):
                            self._by_cell.setdefault((sheet, row, column), []).append(number)
                else:
                    by_area.setdefault(sheet, {}).setdefault((top, left, bottom, right), []).append(number)
        self._bounds = {sheet: np.array(list(areas)) for sheet, areas in by_area.items()}
        self._readers = {sheet: list(areas.values()) for sheet, areas in by_area.items()}

    def follow(self, cells: Iterable[Cell], also: Iterable[int] = ()) -> set[int]:
        """The numbers of all formulas that depend on the cells; ``also`` are taken to depend on them."""
        reached: set[int] = set()
        waiting = list(cells)
        seen = set(waiting)
        unread = {sheet: np.ones(len(areas), dtype=bool) for sheet, areas in self._bounds.items()}
        self._reach(also, reached, waiting, seen)
        while waiting:
            sheet, row, column = waiting.pop()
            self._reach(self._by_cell.get((sheet, row, column), ()), reached, waiting, seen)
            areas = self._bounds.get(sheet)
            if areas is not None:
                hit = (areas[:, 0] <= row) & (row <= areas[:, 2]) & (areas[:, 1] <= column) & (column <= areas[:, 3])
                hit &= unread[sheet]  # the readers of an area are reached once
                unread[sheet] &= ~hit
                for place in np.flatnonzero(hit).tolist():
                    self._reach(self._readers[sheet][place], reached, waiting, seen)
        return reached

    def _reach(self, numbers: Iterable[int], reached: set[int], waiting: list[Cell], seen: set[Cell]) -> None:
        for number in numbers:
            if number in reached:
                continue
            reached.add(number)
            area = self._fills[number]
            if area.size > LARGEST_ARRAY:
                continue  # a doubt in the end
            for row, column in area.cells():
                cell = (area.sheet, row, column)
                if cell not in seen:
                    seen.add(cell)
                    waiting.append(cell)


def readers_of(formulas: Formulas, areas: Iterable[Area]) -> list[FormulaCell]:
    """The formulas that refer to one of the areas, or may do so."""
    by_sheet: dict[str, list[Area]] = {}
    for area in areas:
        by_sheet.setdefault(area.sheet, []).append(area)
    if not by_sheet:
        return []
    return [cell for cell in formulas if _reads_one(formulas, cell, by_sheet)]


def _reads_one(formulas: Formulas, cell: FormulaCell, by_sheet: dict[str, list[Area]]) -> bool:
    reads = formulas.reads(cell)
    if reads.opaque:
        return True
    return any(area.overlaps(other) for area in reads.areas for other in by_sheet.get(area.sheet, ()))
