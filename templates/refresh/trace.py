"""Which formulas depend on cells, directly or through others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from tokenbook.templates.bindings import Place
from tokenbook.templates.ooxml import Package
from tokenbook.templates.ooxml.references import column_letters, parse_range, parse_ref
from tokenbook.templates.refresh.glance import may_depend
from tokenbook.templates.refresh.references import Area, Opaque, Reader

SMALL_AREA = 64  # cells; larger areas are compared as rectangles instead of cell by cell
LARGEST_ARRAY = 100_000  # cells that one formula may fill


@dataclass
class Dependents:
    """The cells whose cached values may change, by sheet; and what no engine but Excel's can follow.

    `cells`: sheet -> references, formulas and the cells that arrays fill. `doubts`: a sentence on each dependent
    that cannot be recalculated here. `spills`: sheet -> (top, left, bottom, right) of dynamic arrays among them.
    """

    cells: dict[str, list[str]] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    spills: dict[str, list[tuple[int, int, int, int]]] = field(default_factory=dict)

    def __len__(self) -> int:
        return sum(map(len, self.cells.values()))


def dependents(package: Package, changed: Iterable[Place]) -> Dependents:
    """Every formula that may read one of the changed cells, and all that follow from it."""
    cells = {(place.sheet.casefold(), *parse_ref(place.ref)) for place in changed}
    if not cells or not may_depend(package, cells):
        return Dependents()
    return _Graph(package).follow(cells)


# ---- the whole graph -------------------------------------------------------------------------------------


class _Graph:
    """The formulas of a workbook and what each reads."""

    def __init__(self, package):
        self._outputs: list[tuple[str, int, int, int, int]] = []  # sheet and area that a formula fills
        self._tables, self._dynamic, self._opaque = set(), set(), []  # numbers of formulas
        self._by_cell: dict[tuple, list[int]] = {}
        by_area: dict[str, dict[tuple, list[int]]] = {}  # sheet -> bounds -> formulas
        reader = Reader(package)
        for sheet in package.sheets:
            folded = sheet.casefold()
            for ref, text, kind, array_ref in package.formulas(sheet):
                number = len(self._outputs)
                self._outputs.append((sheet, *parse_range(array_ref or ref)))
                if kind == "dataTable":
                    self._tables.add(number)
                if kind == "array" and package.cell(sheet, ref).dynamic:
                    self._dynamic.add(number)
                try:
                    areas = self._read_by(reader, folded, number, text, kind)
                except Opaque:
                    self._opaque.append(number)
                    continue
                for area in areas:
                    height, width = area.bottom - area.top + 1, area.right - area.left + 1
                    if height * width <= SMALL_AREA:
                        for row in range(area.top, area.bottom + 1):
                            for column in range(area.left, area.right + 1):
                                self._by_cell.setdefault((area.sheet, row, column), []).append(number)
                    else:
                        by_area.setdefault(area.sheet, {}).setdefault(tuple(area[1:]), []).append(number)
        self._bounds = {sheet: np.array(list(areas)) for sheet, areas in by_area.items()}
        self._readers = {sheet: list(areas.values()) for sheet, areas in by_area.items()}

    def _read_by(self, reader, sheet, number, text, kind) -> list[Area]:
        if kind == "dataTable":  # fed by the formulas and values along its upper and left edge
            _, top, left, bottom, right = self._outputs[number]
            return [Area(sheet, max(1, top - 1), max(1, left - 1), bottom, right)]
        return reader.areas(text, sheet)

    def follow(self, cells) -> Dependents:
        """All formulas that depend on the cells."""
        reached: set[int] = set()
        waiting = list(cells)
        seen = set(waiting)
        unread = {sheet: np.ones(len(areas), dtype=bool) for sheet, areas in self._bounds.items()}
        self._reach(self._opaque, reached, waiting, seen)
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
        return self._collected(reached)

    def _reach(self, numbers, reached, waiting, seen) -> None:
        for number in numbers:
            if number in reached:
                continue
            reached.add(number)
            sheet, top, left, bottom, right = self._outputs[number]
            if (bottom - top + 1) * (right - left + 1) > LARGEST_ARRAY:
                continue  # a doubt in the end
            folded = sheet.casefold()
            for row in range(top, bottom + 1):
                for column in range(left, right + 1):
                    cell = (folded, row, column)
                    if cell not in seen:
                        seen.add(cell)
                        waiting.append(cell)

    def _collected(self, reached) -> Dependents:
        found = Dependents()
        for number in sorted(reached):
            sheet, top, left, bottom, right = self._outputs[number]
            anchor = f"{sheet}!{column_letters(left)}{top}"
            if (bottom - top + 1) * (right - left + 1) > LARGEST_ARRAY:
                found.doubts.append(f"the array at {anchor} fills more than {LARGEST_ARRAY:,} cells")
                continue
            letters = [column_letters(column) for column in range(left, right + 1)]
            found.cells.setdefault(sheet, []).extend(f"{a}{row}" for row in range(top, bottom + 1) for a in letters)
            if number in self._tables:
                found.doubts.append(f"{anchor} is a what-if data table")
            if number in self._dynamic:
                found.spills.setdefault(sheet, []).append((top, left, bottom, right))
        found.cells = {sheet: list(dict.fromkeys(refs)) for sheet, refs in found.cells.items()}
        return found
