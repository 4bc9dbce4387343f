"""Frozen formulas go back to where their cells are now, byte for byte in a file that nobody saved in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tokenbook.templates.audit import results
from tokenbook.templates.formulas.references import Reference, quoted, reference, written
from tokenbook.templates.ooxml import Package
from tokenbook.templates.ooxml.references import LAST_COLUMN, LAST_ROW, range_text, to_ref
from tokenbook.templates.sharing import chain
from tokenbook.templates.sharing.errors import SharingError
from tokenbook.templates.sharing.record import (
    CELL_NAME,
    OUR_NAME,
    REFERENCE_NAME,
    Bounds,
    Record,
    Where,
    absolute,
    bounds_of,
    digest,
    read_record,
    values,
)

SAME = 1e-12  # relative; LibreOffice saves 15 digits of a number
EXAMPLES = 3  # cells named in a refusal


@dataclass(slots=True)
class Thawed:
    """What thaw did: formulas put back, whether byte for byte, and cells left because someone changed them."""

    cells: int
    exact: bool
    left: list[str] = field(default_factory=list)


def thaw(package: Package, *, keep_changed: bool = False) -> Thawed:
    """Put the formulas back that ``freeze`` replaced, in an opened package.

    Raises SharingError where the file is not frozen, its record was damaged, or a cell no longer holds the value that
    was frozen; with ``keep_changed`` such cells stay as they are and the others are thawed.
    """
    texts = {each.name.casefold(): each.text for each in package.names if each.scope is None}
    record = read_record(texts)
    places = [[_place_of(package, texts, entry) for entry in sheet["cells"]] for sheet in record["sheets"].values()]
    references = [_now(package, texts, n) for n in range(1, len(record["refs"]) + 1)]
    changed = []
    todo: list[tuple[Record, list[tuple[Record, Where]]]] = []
    for sheet, found in zip(record["sheets"].values(), places, strict=True):
        kept: list[tuple[Record, Where]] = []
        for entry, place in zip(sheet["cells"], found, strict=True):
            problem = _problem(package, sheet, entry, place)
            if place is None or problem:
                changed.append(problem)
            else:
                kept.append((entry, place))
        todo.append((sheet, kept))
    if changed and not keep_changed:
        more = f", and {len(changed) - EXAMPLES:,} more" if len(changed) > EXAMPLES else ""
        raise SharingError(
            f"{'; '.join(changed[:EXAMPLES])}{more}: nothing thawed. --keep-changed thaws all other cells"
        )
    exact = not changed and references == record["refs"] and all(_untouched(package, *each) for each in todo)
    for sheet, kept in todo:
        if exact:
            package.put_raw_cells(sheet["name"], {entry["ref"]: entry["raw"].encode() for entry, _ in kept})
        else:
            for entry, (name, bounds) in kept:
                _put_formula(package, name, bounds, entry, references)
    if exact:
        chain.with_entries(package, record["chain"])
    package.remove_names([name for name in texts if OUR_NAME.fullmatch(name)])
    return Thawed(sum(len(kept) for _, kept in todo), exact, changed)


def _place_of(package: Package, texts: Mapping[str, str], entry: Record) -> Where | None:
    """Where the cell or block is now: (sheet, bounds), or None if it is gone."""
    return bounds_of(package, texts.get(CELL_NAME.format(entry["cell"]), ""))


def _now(package: Package, texts: Mapping[str, str], number: int) -> str:
    """Where a reference leads now, absolute; "#REF!" if its cells are gone."""
    place = bounds_of(package, texts.get(REFERENCE_NAME.format(number), ""))
    return absolute(*place) if place else "#REF!"


def _problem(package: Package, sheet: Record, entry: Record, place: Where | None) -> str:
    """Why a cell cannot be thawed, or nothing."""
    was = f"{sheet['name']}!{entry['ref']}"
    if place is None:
        return f"{was} was deleted"
    name, bounds = place
    here = f"{name}!{to_ref(*bounds[:2])}"
    found = values(package, name, bounds)
    if len(found) != len(entry["values"]):
        return f"{here} filled {len(entry['values'])} cells, and rows or columns were put between them"
    cell = package.cell(name, to_ref(*bounds[:2]))
    if cell.formula is not None:
        return f"{here} holds a formula now"
    for at, (now, then) in enumerate(zip(found, entry["values"], strict=True)):
        if not _same_value(now, then):
            width = bounds[3] - bounds[1] + 1
            ref = to_ref(bounds[0] + at // width, bounds[1] + at % width)
            return f"{name}!{ref} held {results.shown(then[1])} and now holds {results.shown(now[1])}"
    return ""


def _same_value(now: list[Any], then: list[Any]) -> bool:
    if now[0] == then[0] == "number":
        return bool(abs(now[1] - then[1]) <= SAME * max(abs(now[1]), abs(then[1])))
    empty = (None, "")
    return bool(now[1] == then[1]) or (now[1] in empty and then[1] in empty)


def _untouched(package: Package, sheet: Record, kept: list[tuple[Record, Where]]) -> bool:
    """Whether nobody saved the sheet since, and all its frozen cells are where they were."""
    name = sheet["name"]
    if name not in package.sheets or digest(package.read_part(package.sheets[name])) != sheet["sha"]:
        return False
    return all(place[0] == name and to_ref(*place[1][:2]) == entry["ref"] for entry, place in kept)


def _put_formula(package: Package, sheet: str, bounds: Bounds, entry: Record, references: list[str]) -> None:
    text = entry["text"].encode()
    for start, end, old, number in reversed(entry["refs"]):
        text = text[:start] + _rendered(old, references[number - 1], sheet).encode() + text[end:]
    area_ref = range_text(bounds) if entry["array"] else None
    package.set_formula(sheet, to_ref(*bounds[:2]), text.decode(), array_ref=area_ref, dynamic=entry["dynamic"])


def _rendered(old: str, absolute: str, sheet: str) -> str:
    """A reference in the style of ``old`` (its $ marks, its sheet prefix) that leads to ``absolute``."""
    new, before = reference(absolute), reference(old)
    if new is None or new.sheet is None or before is None:  # its cells are gone
        return absolute
    if new.sheet.casefold() == (before.sheet or "").casefold():
        qualifier = before.qualifier
    else:
        qualifier = None if before.qualifier is None and new.sheet == sheet else quoted(new.sheet)
    first, last = before.first, before.last or before.first
    top, left, bottom, right = new.bounds
    start = first._replace(row=top, column=left)
    whole = (top, bottom) == (1, LAST_ROW) or (left, right) == (1, LAST_COLUMN)
    end = last._replace(row=bottom, column=right) if whole or ":" in old else None
    return written(Reference(qualifier, start, end), absolute if whole else "A1")
