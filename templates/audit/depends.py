"""Which formulas depend on which cells, and which stand on circles, by the references that stand in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from tokenbook.templates.audit.book import Sheet
from tokenbook.templates.formulas.dependents import Followers
from tokenbook.templates.formulas.references import Area
from tokenbook.templates.formulas.workbook import Formulas

Place = tuple[str, int, int]  # sheet, row, column
SMALL = 256  # cells of a reference that are looked up one by one


class Dependence:
    """The formulas of a workbook, and the cells whose values they read by plain references and names."""

    def __init__(self, formulas: Formulas, sheets: dict[str, Sheet]):
        every = list(formulas)
        self._formulas = formulas
        self._places: list[Place] = [(cell.sheet, cell.fills.top, cell.fills.left) for cell in every]
        reads = [() if cell.is_table else formulas.reads(cell).values for cell in every]
        self._reads = dict(zip(self._places, reads, strict=True))
        self._followers = Followers([cell.fills for cell in every], reads)
        self._filled: dict[Place, list[Place]] = defaultdict(list)  # an array's formula -> the other cells it fills
        for name, sheet in sheets.items():
            for place, anchor in sheet.anchors.items():
                self._filled[name, *anchor].append((name, *place))

    def of(self, seeds: Iterable[Place]) -> set[Place]:
        """The seeds and every calculated cell that depends on one of them."""
        found = set(seeds)
        for seed in list(found):
            found.update(self._filled.get(seed, ()))
        cells = [(sheet.casefold(), row, column) for sheet, row, column in found]
        for number in self._followers.follow(cells) if cells else ():
            place = self._places[number]
            found.add(place)
            found.update(self._filled.get(place, ()))
        return found

    def on_circles(self, cells: set[Place]) -> set[Place]:
        """Of some cells, those on a circle of references or between two; not what only leads to one or follows it."""
        by_sheet: dict[str, dict[tuple[int, int], Place]] = defaultdict(dict)
        for cell in cells:
            by_sheet[cell[0].casefold()][cell[1:]] = cell
        precedents: dict[Place, set[Place]] = {}
        for cell in cells:
            precedents[cell] = set()
            for area in self._reads.get(cell, ()):
                precedents[cell].update(_within(area, by_sheet.get(area.sheet, {})))
        readers: dict[Place, set[Place]] = defaultdict(set)
        for cell, others in precedents.items():
            for other in others:
                readers[other].add(cell)
        kept = _trimmed(set(cells), precedents, readers)
        return _trimmed(kept, readers, precedents)


def _within(area: Area, places: dict[tuple[int, int], Place]) -> list[Place]:
    if area.size <= min(SMALL, len(places)):
        return [places[place] for place in area.cells() if place in places]
    return [cell for place, cell in places.items() if area.holds(*place)]


def _trimmed(cells: set[Place], ahead: dict[Place, set[Place]], behind: dict[Place, set[Place]]) -> set[Place]:
    """Without the cells that have nothing ahead of them, again and again."""
    degree = {cell: len(ahead.get(cell, set()) & cells) for cell in cells}
    todo = [cell for cell, number in degree.items() if not number]
    kept = set(cells)
    while todo:
        cell = todo.pop()
        kept.discard(cell)
        for other in behind.get(cell, ()):
            if other in kept:
                degree[other] -= 1
                if not degree[other]:
                    todo.append(other)
    return kept
