"""Which formulas of a workbook some outputs need: all others may stand still while scenarios are calculated.

The engine calculates whatever an input reaches, wanted or not: on a model with dashboards, checks and several platforms
that is ten times the work of the few results that a sweep collects.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tokenbook.templates.formulas.places import Place
from tokenbook.templates.formulas.references import Area
from tokenbook.templates.formulas.workbook import LARGEST_ARRAY, FormulaCell, Formulas
from tokenbook.templates.ooxml.references import column_letters, parse_ref


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


def needs(formulas: Formulas, outputs: Iterable[Place]) -> Needs | None:
    """What the outputs need; None where a formula does not tell (INDIRECT, OFFSET, a what-if table)."""
    found = Needs()
    waiting = [Area(place.sheet.casefold(), *parse_ref(place.ref), *parse_ref(place.ref)) for place in outputs]
    found.areas.update(waiting)
    reached: set[FormulaCell] = set()
    while waiting:
        for cell in _formulas_in(formulas, waiting.pop()):
            if cell in reached:
                continue
            reached.add(cell)
            reads = formulas.reads(cell)
            if reads.opaque or cell.is_table or cell.fills.size > LARGEST_ARRAY:
                return None
            refs = found.cells.setdefault(cell.sheet, set())
            if cell.fills.size == 1:
                refs.add(cell.ref)
            else:
                found.spills = True
                refs.update(f"{column_letters(column)}{row}" for row, column in cell.fills.cells())
            for area in reads.areas:
                if area not in found.areas:
                    found.areas.add(area)
                    waiting.append(area)
    return found


def _formulas_in(formulas: Formulas, area: Area) -> list[FormulaCell]:
    """The formulas whose results lie in an area."""
    if area.sheet not in formulas.package.sheets:
        return []
    by_cell = formulas.by_cell(area.sheet)
    if area.size <= len(by_cell):
        return [by_cell[place] for place in area.cells() if place in by_cell]
    return [cell for place, cell in by_cell.items() if area.holds(*place)]
