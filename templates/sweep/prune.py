"""Which formulas of a workbook some outputs need: all others may stand still while scenarios are calculated.

The engine calculates whatever an input reaches, wanted or not: on a model with dashboards, checks and several platforms
that is ten times the work of the few results that a sweep collects.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from tokenbook.templates.bindings import Place
from tokenbook.templates.ooxml import Package
from tokenbook.templates.ooxml.references import column_letters, parse_range, parse_ref
from tokenbook.templates.refresh.references import Area, Opaque, Reader

SMALL_AREA = 64  # cells; larger areas are compared with all formulas of the sheet at once


@dataclass
class Needs:
    """What some outputs read, directly or through others.

    ``cells``: the calculated ones, the outputs included, sheet -> references. ``areas``: all that their formulas refer
    to, and the outputs. ``spills``: whether one of the formulas fills more than its own cell.
    """

    cells: dict[str, set[str]] = field(default_factory=dict)
    areas: set[Area] = field(default_factory=set)
    spills: bool = False

    def reads(self, place: Place) -> bool:
        """Whether any output depends on a cell."""
        sheet, cell = place.sheet.casefold(), parse_ref(place.ref)
        return any(area.sheet == sheet and area.holds(*cell) for area in self.areas)


class Formulas:
    """The formulas of a workbook, to be followed from results back to what they read."""

    def __init__(self, package: Package):
        self._reader = Reader(package)
        self._texts: list[tuple[str, str, str]] = []  # of each formula: sheet, text, kind
        self._filled: list[list[tuple[str, int, int]]] = []  # the cells that each fills
        self._by_cell: dict[tuple[str, int, int], int] = {}
        self._areas: dict[int, list[Area] | None] = {}
        for sheet in package.sheets:
            folded = sheet.casefold()
            for ref, text, kind, array_ref in package.formulas(sheet):
                top, left, bottom, right = parse_range(array_ref or ref)
                cells = [(folded, row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)]
                self._by_cell |= dict.fromkeys(cells, len(self._texts))
                self._texts.append((sheet, text, kind))
                self._filled.append(cells)
        places: dict[str, list[tuple[int, int]]] = {}
        for sheet, row, column in self._by_cell:
            places.setdefault(sheet, []).append((row, column))
        self._grid = {sheet: np.array(cells) for sheet, cells in places.items()}

    def needs(self, outputs: Iterable[Place]) -> Needs | None:
        """What the outputs need; None where a formula does not tell (INDIRECT, OFFSET, a what-if table)."""
        asked = [(place.sheet.casefold(), *parse_ref(place.ref)) for place in outputs]
        found = Needs(areas={Area(sheet, row, column, row, column) for sheet, row, column in asked})
        waiting = [self._by_cell[cell] for cell in asked if cell in self._by_cell]
        reached: set[int] = set()
        while waiting:
            number = waiting.pop()
            if number in reached:
                continue
            reached.add(number)
            areas = self._read_by(number)
            if areas is None:
                return None
            filled = self._filled[number]
            found.spills = found.spills or len(filled) > 1
            refs = {f"{column_letters(column)}{row}" for _, row, column in filled}
            found.cells.setdefault(self._texts[number][0], set()).update(refs)
            for area in areas:
                if area not in found.areas:
                    found.areas.add(area)
                    waiting += self._formulas_in(area)
        return found

    def _read_by(self, number: int) -> list[Area] | None:
        if number not in self._areas:
            sheet, text, kind = self._texts[number]
            try:
                self._areas[number] = None if kind == "dataTable" else self._reader.areas(text, sheet)
            except Opaque:
                self._areas[number] = None
        return self._areas[number]

    def _formulas_in(self, area: Area) -> list[int]:
        sheet, top, left, bottom, right = area
        if (bottom - top + 1) * (right - left + 1) <= SMALL_AREA:
            cells = ((sheet, row, column) for row in range(top, bottom + 1) for column in range(left, right + 1))
            return [self._by_cell[cell] for cell in cells if cell in self._by_cell]
        grid = self._grid.get(sheet)
        if grid is None:
            return []
        rows, columns = grid[:, 0], grid[:, 1]
        inside = (top <= rows) & (rows <= bottom) & (left <= columns) & (columns <= right)
        return [self._by_cell[sheet, row, column] for row, column in grid[inside].tolist()]
