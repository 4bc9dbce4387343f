"""New values for the formulas that depend on refreshed cells, where an engine reproduces the old ones.

An engine calculates only what it has first reproduced (``trust``). Otherwise the file is left to Excel, which
calculates it when it opens it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tokenbook.templates.formulas.dependents import Dependents
from tokenbook.templates.formulas.places import Place
from tokenbook.templates.formulas.workbook import Formulas
from tokenbook.templates.ooxml import open_package
from tokenbook.templates.refresh.follow import Edit


class NotTrusted(Exception):
    """No engine is used on this workbook; the message says why, in words that follow "because"."""


def recalculated(formulas: Formulas, dependents: Dependents, edits: Iterable[Edit]) -> dict[str, dict[str, Any]]:
    """The dependents whose value changes when the edits are made: sheet -> reference -> value.

    The package of the formulas may already hold the edits: the engine is given the file on disk.

    Raises
    ------
    NotTrusted
        No engine can calculate the workbook as the program that wrote it did.
    """
    from tokenbook.templates.trust import trusted  # loaded only when formulas depend on what changed
    from tokenbook.templates.trust.calculate import to_store
    from tokenbook.templates.trust.rule import DISPLAYED, NEVER, RESIZED

    if dependents.doubts:
        raise NotTrusted(dependents.doubts[0])
    places = [Place(sheet, ref) for sheet, refs in dependents.cells.items() for ref in refs]
    with open_package(formulas.package.path) as package:
        found = trusted(Formulas(package, read=formulas), places)
        try:
            for place, value in edits:
                if found.engine is not None:
                    found.put(package.sheets.spelling(place.sheet), place.ref, value)
            changed = found.recalculate()
            unknown = [place for place in places if (place.sheet, place.ref) in found.unknown]
            doubts = [doubt for place in unknown[:1] if (doubt := found.why(place.sheet, place.ref)) is not None]
            never = [f"{p.sheet}!{p.ref} {NEVER}" for p in places if (p.sheet, p.ref) in found.fresh]
            if doubts and doubts[0].reason == DISPLAYED:
                raise NotTrusted(DISPLAYED)
            if doubts and doubts[0].reason == RESIZED:
                raise NotTrusted("a result that spills changes its size")
            if doubts or never:
                first = [*map(str, doubts), *never][0]
                cells = len(dict.fromkeys([*map(str, found.doubts), *never])) - 1
                raise NotTrusted(first + (f", and {cells:,} more cells differ" if cells > 0 else ""))
        finally:
            found.close()
    anchors = {(cell.sheet, cell.ref) for cell in formulas}
    new: dict[str, dict[str, Any]] = {}
    for place in places:
        if place.ref in changed.get(place.sheet, ()):
            filled = (place.sheet, place.ref) not in anchors
            new.setdefault(place.sheet, {})[place.ref] = to_store(changed[place.sheet][place.ref], filled)
    return new
