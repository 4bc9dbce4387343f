"""The values in the file against those of the engine: failed checks, errors, stale values, circles, overrides."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tokenbook.templates.audit.book import FormulaCell, Sheet
from tokenbook.templates.audit.depends import Dependence, Place
from tokenbook.templates.audit.findings import Category
from tokenbook.templates.conventions import (
    BASELINES,
    CHECK_DIFFERENCE,
    CHECK_LABEL,
    CHECK_OTHER,
    CHECK_THIS,
    CHECK_VERDICT,
    INPUTS,
    MASTER_CHECK,
    OK,
    OVERRIDE,
    PASSED,
    STATUS,
)
from tokenbook.templates.formulas.places import place_of
from tokenbook.templates.formulas.references import reference
from tokenbook.templates.formulas.tokens import CHANGES_BY_ITSELF, SEARCHES
from tokenbook.templates.formulas.workbook import Formulas
from tokenbook.templates.ooxml import Package
from tokenbook.templates.ooxml.references import parse_ref, to_ref
from tokenbook.udfs.functions.errors import is_error

if TYPE_CHECKING:
    from tokenbook.templates.engine import Model

RELATIVE, ABSOLUTE = 1e-9, 1e-11  # a cached value within either of the recalculated one is not stale
SEARCHED = 1e-6  # relative, for what depends on a rate that is searched for: programs stop at different digits


@dataclass(slots=True)
class Values:
    """Values after recalculation (or those of the file, where the engine cannot calculate it) by sheet and place.

    ``unsure`` are the cells whose recalculated value says nothing: they use what the engine does not know, or the
    clock. ``iterated`` ones depend on a rate that is searched for, which two programs find to a few digits less.
    """

    refusal: str = ""  # why the engine could not calculate the workbook
    sheets: dict[str, dict[tuple[int, int], Any]] = field(default_factory=dict)
    circular: set[Place] = field(default_factory=set)
    unknown: set[Place] = field(default_factory=set)
    unsure: set[Place] = field(default_factory=set)
    iterated: set[Place] = field(default_factory=set)

    def at(self, sheet: str, row: int, column: int) -> Any:
        return self.sheets.get(sheet, {}).get((row, column))


def from_engine(model: Model, formulas: Formulas, sheets: dict[str, Sheet]) -> Values:
    """The values of all calculated cells in a recalculated model."""
    from tokenbook.templates.engine import CIRCLE, NOT_KNOWN, EngineError

    values = Values()
    knotted: set[Place] = set()
    for name, place, cell in calculated(sheets):
        where = (name, *place)
        value, trouble = model.reading(name, *place)
        if trouble == CIRCLE:
            knotted.add(where)
        elif cell.kind == "dataTable" or (trouble == NOT_KNOWN and cell.value_kind != "error"):
            values.unknown.add(where)
        elif value is None and cell.value_kind != "blank" and cell.value != "":
            if cell.kind != "filled" and not model.has_formula(name, *place):
                raise EngineError(f"the engine cannot read the formulas of sheet {name}")
            values.unknown.add(where)
        values.sheets.setdefault(name, {})[place] = value
    _tell_apart(formulas, sheets, values, knotted)
    return values


def _tell_apart(formulas: Formulas, sheets: dict[str, Sheet], values: Values, knotted: set[Place]) -> None:
    """Find real circles, and what depends on cells whose value is not to be compared."""
    cells = clock(sheets)
    searched = {(name, *place) for name, place, cell in calculated(sheets) if _uses(cell, SEARCHES)}
    if not (knotted or values.unknown or cells or searched):
        return
    dependence = Dependence(formulas, sheets)
    values.circular = dependence.on_circles(knotted)
    # The engine sees circles through tables (its This Row is the whole column); such cells it just does not know.
    values.unknown |= knotted - dependence.of(values.circular)
    values.unsure = dependence.of(values.unknown | knotted | cells)
    values.iterated = dependence.of(searched)


def clock(sheets: dict[str, Sheet]) -> set[Place]:
    """The cells whose value is another at every calculation."""
    return {(name, *place) for name, place, cell in calculated(sheets) if _uses(cell, CHANGES_BY_ITSELF)}


def _uses(cell: FormulaCell, functions: set[str]) -> bool:
    return cell.parsed is not None and not functions.isdisjoint(cell.parsed.functions)


def from_file(sheets: dict[str, Sheet], refusal: str) -> Values:
    """The values that the file holds, for want of better ones."""
    values = Values(refusal)
    for name, sheet in sheets.items():
        cells = (*sheet.formulas.items(), *sheet.filled.items())
        values.sheets[name] = {place: cell.value for place, cell in cells}
    return values


# --- errors and stale values -----------------------------------------------------------------------------------


def errors(sheets: dict[str, Sheet], values: Values) -> Category:
    """Cells that hold an error after recalculation. What only the engine does not know is not the model's error."""
    found = Category("errors", "Cell errors", fails=True)
    for name, place, cell in calculated(sheets):
        where, value = (name, *place), values.at(name, *place)
        if where in values.circular:
            continue
        if cell.value_kind == "error" and (values.refusal or where in values.unsure):
            found.add(name, cell.ref, str(cell.value), cell.text or "")
        elif _is_error(value) and where not in values.unsure:
            was = "" if cell.value_kind in ("error", "blank") else f" (the file still holds {shown(cell.value)})"
            found.add(name, cell.ref, f"{value}{was}", cell.text or "")
    return found


def not_calculated(sheets: dict[str, Sheet], values: Values) -> Category:
    """Cells that the engine cannot calculate (a function or table reference it does not know), and how many follow."""
    found = Category("not_calculated", "Not recalculated here")
    for name, place, cell in calculated(sheets):
        if (name, *place) in values.unknown:
            what = "a what-if table" if cell.kind == "dataTable" else "a function or reference that the engine lacks"
            found.add(name, cell.ref, f"{what}; the file holds {shown(cell.value)}", cell.text or "")
    followers = len(values.unsure) - len(values.unknown & values.unsure)
    if values.unsure:
        found.summary = f"{len(found.findings):,}, and {followers:,} cells that follow from them, the clock or a circle"
    return found


def stale(sheets: dict[str, Sheet], values: Values) -> Category:
    """Cells whose value in the file is not what the formula gives; new errors are listed as errors."""
    found = Category("stale", "Stale values")
    if values.refusal:
        found.summary = "not known"
        return found
    never = set()
    for name, sheet in sheets.items():
        count = sum(cell.value_kind == "blank" for cell in sheet.formulas.values())
        if count and count == len(sheet.formulas):
            found.add(name, "", f"none of its {count:,} formulas has a value in the file: never calculated")
            never.add(name)
    for name, place, cell in calculated(sheets):
        where, now = (name, *place), values.at(name, *place)
        if name in never or where in values.unsure or where in values.circular or _is_error(now):
            continue
        if not same(cell, now, SEARCHED if where in values.iterated else RELATIVE):
            text = f"the file holds {shown(cell.value)}, recalculated {shown(now)}"
            found.add(name, cell.ref, text, cell.text or "")
    return found


def circular(sheets: dict[str, Sheet], values: Values, iterates: bool) -> Category:
    """Formulas that depend on themselves."""
    found = Category("circular", "Circular references")
    for name, row, column in sorted(values.circular):
        cell = sheets[name].formulas.get((row, column))
        if cell is not None:
            found.add(name, cell.ref, "depends on itself", cell.text or "")
    if iterates:
        found.add("", "", "iterative calculation is switched on: circles are not reported by Excel")
    return found


def same(cell: FormulaCell, value: Any, relative: float = RELATIVE) -> bool:
    """Whether the file's value of a cell is the recalculated one."""
    held = cell.value
    if _is_error(value) or cell.value_kind == "error":
        return cell.value_kind == "error" and str(held) == str(value)
    if held in (None, "") or value in (None, ""):
        return held in (None, "") and value in (None, "")
    if isinstance(held, (int, float)) and isinstance(value, (int, float)):
        difference = abs(held - value)
        return difference <= ABSOLUTE or difference <= relative * max(abs(held), abs(value))
    return held == value


# --- what only our templates have ------------------------------------------------------------------------------


def checks(package: Package, sheets: dict[str, Sheet], values: Values) -> Category:
    """Every line of the Checks sheet with its verdict, as facts; those that fail, as findings."""
    found = Category("checks", "Checks", fails=True)
    master = _named_cell(package, MASTER_CHECK)
    if master is None or master[0] not in sheets:
        found.summary = "no Checks sheet of Tokenbook"
        return found
    name = master[0]
    texts = {(cell.row, cell.column): cell.value for cell in package.cells(name) if cell.kind == "string"}
    group, passed, total = "", 0, 0
    for row in sorted({row for row, column in texts if column == CHECK_LABEL}):
        if (row, CHECK_VERDICT) in texts and (row, CHECK_VERDICT) not in sheets[name].formulas:
            group = str(texts[row, CHECK_LABEL])  # the band above a group: its title, and titles of columns
            continue
        if (row, CHECK_VERDICT) not in sheets[name].formulas:
            continue
        total += 1
        verdict = values.at(name, row, CHECK_VERDICT)
        label = f"{group}: {texts[row, CHECK_LABEL]}" if group else str(texts[row, CHECK_LABEL])
        line = f"{label}: {shown(verdict)}"
        if verdict in PASSED:
            passed += 1
        else:
            this, other, off = (values.at(name, row, column) for column in (CHECK_THIS, CHECK_OTHER, CHECK_DIFFERENCE))
            text = f"{line} ({shown(this)} against {shown(other)}, relative difference {shown(off)})"
            found.add(name, to_ref(row, CHECK_VERDICT), text, sheets[name].formulas[row, CHECK_VERDICT].text or "")
        found.facts.append(f"{to_ref(row, CHECK_VERDICT)}  {line}")
    found.summary = f"{passed} of {total} OK" if total else "none listed"
    verdict = values.at(name, *master[1])
    if not str(verdict).startswith(OK) and not found.findings:
        found.add(name, to_ref(*master[1]), f"the master check says {shown(verdict)}")
    return found


def overrides(package: Package, sheets: dict[str, Sheet], values: Values) -> Category:
    """Inputs that differ from the baseline they were filled with, as the Status column of the Inputs sheet sees it."""
    found = Category("overrides", "Overrides of baselines")
    sheet = sheets.get(INPUTS)
    if sheet is None or BASELINES not in sheets:
        found.summary = "no baselines of Tokenbook"
        return found
    cells = {(cell.row, cell.column): cell for cell in package.cells(INPUTS)}
    status = {column for (_, column), cell in cells.items() if cell.value == STATUS and cell.formula is None}
    for (row, column), cell in sheet.formulas.items():
        if column not in status or values.at(INPUTS, row, column) != OVERRIDE or cell.parsed is None:
            continue
        areas = [reference(text) for text in cell.parsed.references]
        for here, there in pairwise(areas):
            if here and there and here.sheet is None and there.sheet == BASELINES:
                mine = cells.get(here.bounds[:2])
                theirs = package.cell(BASELINES, to_ref(*there.bounds[:2]))
                if mine is None or mine.value != theirs.value:
                    label = cells.get((row, CHECK_LABEL))
                    value = shown(mine.value if mine else None)
                    text = f"{label.value if label else ''}: {value}, baseline {shown(theirs.value)} ({theirs.ref})"
                    found.add(INPUTS, to_ref(*here.bounds[:2]), text)
    return found


def _named_cell(package: Package, name: str) -> tuple[str, tuple[int, int]] | None:
    place = place_of(package.defined_names.get((name, None), ""))
    return None if place is None else (place.sheet, parse_ref(place.ref))


def calculated(sheets: dict[str, Sheet]) -> Iterator[tuple[str, tuple[int, int], FormulaCell]]:
    """(sheet, (row, column), cell) of every calculated cell, those that arrays fill too."""
    for name, sheet in sheets.items():
        for place, cell in sheet.formulas.items():
            yield name, place, cell
        for place, cell in sheet.filled.items():
            yield name, place, cell


def _is_error(value: object) -> bool:
    return is_error(value) or (isinstance(value, str) and value.startswith("#") and value.endswith(("!", "?", "A")))


def shown(value: object) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, float)):
        return f"{value:.12g}" if math.isfinite(value) else "#NUM!"
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."
