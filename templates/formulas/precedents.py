"""Which formulas of a workbook some outputs need: all others may stand still while scenarios are calculated.

The engine calculates whatever an input reaches, wanted or not: on a model with dashboards, checks and several platforms
that is ten times the work of the few results that a sweep collects.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tokenbook.templates.formulas.dependents import Followers
from tokenbook.templates.formulas.places import Place
from tokenbook.templates.formulas.references import Area
from tokenbook.templates.formulas.workbook import LARGEST_ARRAY, FormulaCell, Formulas
from tokenbook.templates.ooxml.references import column_letters, parse_ref


@dataclass
class Needs:
    """What some outputs read, directly or through others.

    ``formulas``: those that calculate them, their own included. ``cells``: the cells that these fill, sheet ->
    references. ``spills``: whether one of them fills more than its own cell.
    """

    formulas: list[FormulaCell] = field(default_factory=list)
    cells: dict[str, set[str]] = field(default_factory=dict)
    spills: bool = False


def needs(formulas: Formulas, outputs: Iterable[Place]) -> Needs | None:
    """What the outputs need; None where a formula does not tell (INDIRECT, OFFSET, a what-if table)."""
    found = Needs()
    waiting = [_area_of(place) for place in outputs]
    seen = set(waiting)
    reached: set[int] = set()
    while waiting:
        for cell in _formulas_in(formulas, waiting.pop()):
            if id(cell) in reached:  # each formula is one object
                continue
            reached.add(id(cell))
            reads = formulas.reads(cell)
            if reads.opaque or cell.is_table or cell.fills.size > LARGEST_ARRAY:
                return None
            found.formulas.append(cell)
            refs = found.cells.setdefault(cell.sheet, set())
            if cell.fills.size == 1:
                refs.add(cell.ref)
            else:
                found.spills = True
                refs.update(f"{column_letters(column)}{row}" for row, column in cell.fills.cells())
            for area in reads.areas:
                if area not in seen:
                    seen.add(area)
                    waiting.append(area)
    return found


def without_effect(
    formulas: Formulas, inputs: Sequence[Place], outputs: Sequence[Place], known: Needs | None = None
) -> list[Place]:
    """The outputs that depend on none of the inputs; where a formula does not tell, an output may depend on any.

    known : what the outputs need, if somebody has found it already
    """
    known = known or needs(formulas, outputs)
    if known is None:
        one_by_one = ((place, needs(formulas, [place])) for place in outputs)
        return [place for place, each in one_by_one if each and place in _apart(formulas, each, inputs, [place])]
    return _apart(formulas, known, inputs, outputs)


def _apart(formulas: Formulas, known: Needs, inputs: Sequence[Place], outputs: Sequence[Place]) -> list[Place]:
    followers = Followers([cell.fills for cell in known.formulas], [formulas.reads(c).areas for c in known.formulas])
    given = [_area_of(place) for place in inputs]
    reached = followers.follow((area.sheet, area.top, area.left) for area in given)
    lit = [*given, *(known.formulas[number].fills for number in reached)]
    return [place for place in outputs if not any(_covers(area, place) for area in lit)]


def _area_of(place: Place) -> Area:
    row, column = parse_ref(place.ref)
    return Area(place.sheet.casefold(), row, column, row, column)


def _covers(area: Area, place: Place) -> bool:
    return area.sheet == place.sheet.casefold() and area.holds(*parse_ref(place.ref))


def _formulas_in(formulas: Formulas, area: Area) -> Iterable[FormulaCell]:
    """The formulas whose results lie in an area."""
    sheet, top, left, bottom, right = area
    by_cell = formulas.by_cell(sheet)
    if top == bottom and left == right:
        cell = by_cell.get((top, left))
        return () if cell is None else (cell,)
    if area.size <= len(by_cell):
        return [by_cell[place] for place in area.cells() if place in by_cell]
    return [cell for place, cell in by_cell.items() if area.holds(*place)]
