"""Formulas that call our functions become values, and the formulas go into hidden names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tokenbook.templates import engine, ooxml
from tokenbook.templates.audit import book, results
from tokenbook.templates.audit.book import FormulaCell, Sheet
from tokenbook.templates.audit.second import with_second_opinion
from tokenbook.templates.formulas.references import reference
from tokenbook.templates.formulas.stored_calls import CALL_IN_XML, calls
from tokenbook.templates.formulas.tokens import RANGE, tokens
from tokenbook.templates.formulas.workbook import Formulas
from tokenbook.templates.ooxml import Package
from tokenbook.templates.ooxml.references import parse_range
from tokenbook.templates.sharing import chain
from tokenbook.templates.sharing.errors import SharingError
from tokenbook.templates.sharing.record import (
    CELL_NAME,
    OUR_NAME,
    REFERENCE_NAME,
    VERSION,
    Record,
    absolute,
    digest,
    stored,
    values,
)

MOST_NAMES = 60_000

Wanted = dict[str, list[FormulaCell]]  # sheet -> cells to freeze
Tracked = tuple[int, int, str, str]  # start and end in bytes, the reference as it stands, the same absolute


@dataclass(slots=True)
class Frozen:
    """What freeze did: calls replaced (spills count once), of these not verified by the engine, and rules left."""

    cells: int
    unverified: int
    left: list[str] = field(default_factory=list)


def freeze(package: Package, progress: Callable[[str], None] = lambda step: None) -> Frozen:
    """Replace the formulas that call our functions by their values, in an opened package.

    Raises SharingError where there is nothing to freeze, or a value is missing or not what the formula gives.
    """
    if any(OUR_NAME.fullmatch(name.name) for name in package.names):
        raise SharingError("is frozen already; thaw it first")
    progress("reading")
    sheets = book.read(package)
    wanted = _calling(package, sheets)
    if not wanted:
        raise SharingError("no cell calls a function of Tokenbook: there is nothing to freeze")
    progress("recalculating")
    unverified = _refuse_stale(package, sheets, wanted)
    progress("storing formulas")
    record, names = _record(package, wanted)
    _put_values(package, wanted)
    record["chain"] = chain.without_entries(package, wanted)
    for entry in record["sheets"].values():
        entry["sha"] = digest(package.read_part(package.sheets[entry["name"]]))
    package.add_hidden_names(names | stored(record))
    return Frozen(sum(map(len, wanted.values())), unverified, _rules_left(package))


def _calling(package: Package, sheets: Mapping[str, Sheet]) -> Wanted:
    """Formula cells that call us, directly or through a defined name, by sheet."""
    names = {each.name.casefold(): each.text.removeprefix("=") for each in package.names}
    ours = {name for name, text in names.items() if calls(text)}
    while more := {name for name, text in names.items() if name not in ours and _uses(text, ours)}:
        ours |= more
    found: Wanted = {}
    for name, sheet in sheets.items():
        for cell in sheet.formulas.values():
            if cell.kind != "dataTable" and cell.text and (calls(cell.text) or (ours and _uses(cell.text, ours))):
                found.setdefault(name, []).append(cell)
    return found


def _uses(text: str, names: set[str]) -> bool:
    found = tokens(text) or ()
    return any(each.subtype == RANGE and each.value.rpartition("!")[2].casefold() in names for each in found)


def _refuse_stale(package: Package, sheets: dict[str, Sheet], wanted: Wanted) -> int:
    """Refuse values that are missing or not current; gives the number that the engine could not verify."""
    cells = [(name, cell) for name, each in wanted.items() for cell in each]
    for name, cell in cells:
        if cell.value_kind == "error" and cell.value == "#NAME?":
            _refuse(name, cell, "holds #NAME?: it was saved where the add-in was missing")
    try:
        formulas = Formulas(package)
        with engine.Model(package.path or package, formulas=formulas) as model:
            model.recalculate()
            first = results.from_engine(model, formulas, sheets)
            current = with_second_opinion(first, formulas, sheets)
    except engine.EngineError:
        current = None
    unverified = 0
    for name, cell in cells:
        if current is None or (name, cell.row, cell.column) in current.unsure:
            unverified += 1
            if cell.value_kind == "blank":
                _refuse(name, cell, "has no value in the file, and the engine cannot calculate it")
            continue
        for each in _block(sheets[name], cell):
            now = current.at(name, each.row, each.column)
            loose = results.SEARCHED if (name, each.row, each.column) in current.iterated else results.RELATIVE
            if not results.same(each, now, loose):
                _refuse(name, each, f"holds {results.shown(each.value)} and recalculates to {results.shown(now)}")
    return unverified


def _refuse(sheet: str, cell: FormulaCell, reason: str) -> None:
    raise SharingError(
        f"{sheet}!{cell.ref} {reason}; calculate and save it first: tokenbook calc BOOK.xlsx -o NEW.xlsx"
    )


def _block(sheet: Sheet, cell: FormulaCell) -> list[FormulaCell]:
    """The cell and, for an array, the cells that it fills."""
    filled = [sheet.filled[place] for place, anchor in sheet.anchors.items() if anchor == (cell.row, cell.column)]
    return [cell, *filled] if cell.kind == "array" else [cell]


def _record(package: Package, wanted: Wanted) -> tuple[Record, dict[str, str]]:
    """What thaw must know, and the names that follow cells and references."""
    names: dict[str, str] = {}
    numbers: dict[str, int] = {}  # absolute reference -> number of its name
    record: Record = {"version": VERSION, "sheets": {}, "refs": []}
    number = 0
    for name, cells in wanted.items():
        raw = package.raw_cells(name, [cell.ref for cell in cells])
        entries = []
        for cell in cells:
            number += 1
            here = package.cell(name, cell.ref)
            bounds = parse_range(here.array_ref) if here.array_ref else (cell.row, cell.column, cell.row, cell.column)
            names[CELL_NAME.format(number)] = absolute(name, bounds)
            entries.append({
                "cell": number, "ref": cell.ref, "text": here.formula, "array": here.array_ref, "dynamic": here.dynamic,
                "refs": [_number(each, names, numbers, record) for each in _tracked(package, name, here.formula)],
                "values": values(package, name, bounds), "raw": raw[cell.ref].decode("utf-8"),
            })  # fmt: skip
        record["sheets"][str(len(record["sheets"]))] = {"name": name, "cells": entries}
        if len(names) > MOST_NAMES:
            raise SharingError(f"it calls our functions in more cells than can be kept track of ({MOST_NAMES:,} names)")
    return record, names


def _tracked(package: Package, sheet: str, formula: str | None) -> list[Tracked]:
    """References of a formula that names can follow: (start, end in UTF-8 bytes, as it stands, absolute)."""
    found = []
    for token in tokens(formula or "") or ():
        place = reference(token.value) if token.subtype == RANGE else None
        if place and (place.sheet is None or place.sheet in package.sheets):
            where = sheet if place.sheet is None else package.sheets.spelling(place.sheet)
            found.append((token.start - 1, token.end - 1, token.value, absolute(where, place.bounds)))
    return found


def _number(tracked: Tracked, names: dict[str, str], numbers: dict[str, int], record: Record) -> list[Any]:
    start, end, text, absolute = tracked
    if absolute not in numbers:
        numbers[absolute] = len(numbers) + 1
        names[REFERENCE_NAME.format(numbers[absolute])] = absolute
        record["refs"].append(absolute)
    return [start, end, text, numbers[absolute]]


def _put_values(package: Package, wanted: Wanted) -> None:
    """Turn the cells into their values; in a copy, so that the calculation chain of this package stays."""
    copy = ooxml.open_package(package.to_bytes())
    for name, cells in wanted.items():
        refs = [cell.ref for cell in cells]
        copy.set_formulas_many(name, dict.fromkeys(refs))
        package.put_raw_cells(name, copy.raw_cells(name, refs))


def _rules_left(package: Package) -> list[str]:
    """Places that call us and are no cells: a reader without the add-in sees them not work, no number is lost."""
    left = [f"the name {name.name}" for name in package.names if calls(name.text)]
    for name, part in package.sheets.items():
        text = package.read_part(part)
        for word, element in (("conditional formats", b"<cfRule"), ("validations", b"<dataValidation ")):
            at = text.find(element)
            if at >= 0 and CALL_IN_XML.search(text, at):
                left.append(f"{word} of sheet {name}")
    return left
