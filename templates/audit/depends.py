"""Which formulas depend on which cells, by the references that stand in them."""

from __future__ import annotations

from collections import defaultdict

from tokenbook.templates.audit.book import Sheet
from tokenbook.templates.audit.formula import Area, area

Place = tuple[str, int, int]  # sheet, row, column
SMALL = 256  # cells of a reference that are looked up one by one


class References:
    """The cells that each formula reads: plain references, and names that stand for cells."""

    def __init__(self, package, sheets: dict[str, Sheet]):
        self._spelling = {name.casefold(): name for name in sheets}
        self._names = {name.name.casefold(): name.text for name in package.names}
        self._sheets = sheets

    def formulas(self) -> dict[Place, list[tuple[str, Area]]]:
        """What every formula reads, as (sheet, area)."""
        return {
            (name, row, column): self._areas(name, cell.parsed.references)
            for name, sheet in self._sheets.items()
            for (row, column), cell in sheet.formulas.items()
            if cell.parsed and cell.parsed.references
        }

    def _areas(self, sheet: str, references, depth: int = 0) -> list[tuple[str, Area]]:
        found = []
        for reference in references:
            place = area(reference.removeprefix("=").strip())
            if place is None:
                text = self._names.get(reference.rpartition("!")[2].casefold())
                if text and depth < 3:
                    found += self._areas(sheet, (text,), depth + 1)
                continue
            where = self._spelling.get((place.sheet or sheet).casefold())
            if where:
                found.append((where, place))
        return found


def dependents(reads: dict[Place, list[tuple[str, Area]]], filled: dict[Place, Place], seeds: set[Place]) -> set[Place]:
    """The seeds and every formula that depends on one of them; ``filled`` leads from a spilled cell to its formula."""
    if not seeds:
        return set()
    exact: dict[Place, list[Place]] = defaultdict(list)
    wide: dict[str, list[tuple[Area, Place]]] = defaultdict(list)
    for reader, areas in reads.items():
        for sheet, a in areas:
            if (a.bottom - a.top + 1) * (a.right - a.left + 1) > SMALL:
                wide[sheet].append((a, reader))
                continue
            for row in range(a.top, a.bottom + 1):
                for column in range(a.left, a.right + 1):
                    exact[sheet, row, column].append(reader)
    spilled: dict[Place, list[Place]] = defaultdict(list)
    for cell, anchor in filled.items():
        spilled[anchor].append(cell)
    reached, todo = set(seeds), list(seeds)
    while todo:
        place = todo.pop()
        sheet, row, column = place
        near = [reader for reader in exact.get(place, ()) if reader not in reached]
        near += [cell for cell in spilled.get(place, ()) if cell not in reached]
        if wide.get(sheet):
            left = []
            for a, reader in wide[sheet]:
                if reader in reached:
                    continue
                if a.top <= row <= a.bottom and a.left <= column <= a.right:
                    near.append(reader)
                else:
                    left.append((a, reader))
            wide[sheet] = left
        for reader in near:
            if reader not in reached:
                reached.add(reader)
                todo.append(reader)
    return reached


def on_circles(reads: dict[Place, list[tuple[str, Area]]], cells: set[Place]) -> set[Place]:
    """Of some cells, those on a circle of references or between two; not what only leads to one or follows it."""
    by_sheet: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for sheet, row, column in cells:
        by_sheet[sheet].add((row, column))
    precedents: dict[Place, set[Place]] = {}
    for cell in cells:
        precedents[cell] = set()
        for sheet, a in reads.get(cell, ()):
            precedents[cell].update((sheet, *place) for place in _within(a, by_sheet.get(sheet, ())))
    readers: dict[Place, set[Place]] = defaultdict(set)
    for cell, others in precedents.items():
        for other in others:
            readers[other].add(cell)
    kept = _trimmed(set(cells), precedents, readers)
    return _trimmed(kept, readers, precedents)


def _within(a: Area, places) -> list[tuple[int, int]]:
    if (a.bottom - a.top + 1) * (a.right - a.left + 1) <= min(SMALL, len(places)):
        candidates = ((row, column) for row in range(a.top, a.bottom + 1) for column in range(a.left, a.right + 1))
        return [place for place in candidates if place in places]
    return [(row, column) for row, column in places if a.top <= row <= a.bottom and a.left <= column <= a.right]


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
