"""New values for the formulas that depend on refreshed cells, from the engine, once it has earned trust.

The engine is trusted with a workbook only after it has reproduced, to REPRODUCES_TO, the values that the file
holds in these very cells. Otherwise the file is left to Excel, which calculates it when it opens it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tokenbook.templates.formulas.dependents import Dependents
from tokenbook.templates.formulas.workbook import Formulas
from tokenbook.templates.ooxml import Package
from tokenbook.templates.refresh.follow import Edit

if TYPE_CHECKING:
    from tokenbook.templates.engine import Model

REPRODUCES_TO = 1e-9  # relative
NOTHING = 1e-12  # absolute; what is left of two equal amounts after a subtraction


class NotTrusted(Exception):
    """The engine is not used on this workbook; the message says why, in words that follow "because"."""


def recalculated(formulas: Formulas, dependents: Dependents, edits: Iterable[Edit]) -> dict[str, dict[str, object]]:
    """The dependents whose value changes when the edits are made: sheet -> reference -> value.

    The package of the formulas may already hold the edits: of it only cached values are read, and the file on disk.

    Raises
    ------
    NotTrusted
        The engine cannot calculate the workbook, or not as the program that wrote it did.
    """
    from tokenbook.templates.engine.quiet import quiet  # loaded only when formulas depend on what changed

    package = formulas.package
    if dependents.doubts:
        raise NotTrusted(dependents.doubts[0])
    if package.calculation.get("fullPrecision") in ("0", "false"):
        raise NotTrusted("the workbook calculates with precision as displayed")
    cached = {sheet: _cached(package, sheet, refs) for sheet, refs in dependents.cells.items()}
    with quiet(), _model(formulas) as model:
        _evaluate(model)
        before = _values(model, dependents)
        _compare(model, before, cached)
        shapes = _shapes(model, dependents)
        for place, value in edits:
            model.put(place.sheet, place.ref, value)
        _evaluate(model)
        after = _values(model, dependents)
        if _shapes(model, dependents) != shapes:
            raise NotTrusted("a result that spills changes its size")
    changed = {}
    for sheet, cells in after.items():
        new = {
            ref: _stored(value, _is_filled(model, sheet, ref))
            for ref, value in cells.items()
            if not _identical(value, before[sheet][ref])
        }
        if new:
            changed[sheet] = new
    return changed


def _cached(package: Package, sheet: str, refs: Iterable[str]) -> dict[str, tuple[Any, str]]:
    wanted = set(refs)
    found = {cell.ref: (cell.value, cell.kind) for cell in package.cells(sheet) if cell.ref in wanted}
    return {ref: found.get(ref, (None, "blank")) for ref in refs}


def _model(formulas: Formulas) -> Model:
    from tokenbook.templates.engine import Model

    try:
        return Model(formulas.package.path, formulas=formulas)
    except BaseException as error:
        raise _refusal(error) from None


def _evaluate(model: Model) -> None:
    try:
        model.recalculate()
    except BaseException as error:
        raise _refusal(error) from None


def _refusal(error: BaseException) -> BaseException:
    """NotTrusted for whatever the engine fails with, its panics included; an interrupt stays one."""
    if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit)):
        return error
    text = " ".join(str(error).split())
    return NotTrusted(text.split(": ", 1)[-1][:160] or type(error).__name__)


def _values(model: Model, dependents: Dependents) -> dict[str, dict[str, Any]]:
    return {sheet: {ref: model.value(sheet, ref) for ref in refs} for sheet, refs in dependents.cells.items()}


def _is_filled(model: Model, sheet: str, ref: str) -> bool:
    """Whether the cell has no formula of its own but is filled by an array."""
    return model.formulas(sheet).get(ref) is None


def _compare(model: Model, values: dict[str, dict[str, Any]], cached: dict[str, dict[str, tuple[Any, str]]]) -> None:
    wrong = []
    for sheet, cells in cached.items():
        for ref, (held, kind) in cells.items():
            if not _reproduces(values[sheet][ref], held, kind, _is_filled(model, sheet, ref)):
                wrong.append((f"{sheet}!{ref}", values[sheet][ref], held))
    if wrong:
        cell, here, held = wrong[0]
        more = f", and {len(wrong) - 1:,} more cells differ" if len(wrong) > 1 else ""
        if held is None:
            raise NotTrusted(f"{cell} holds no calculated value to check against{more}")
        raise NotTrusted(f"{cell} is {_shown(here)} here and {_shown(held)} in the file{more}")


def _reproduces(value: Any, held: Any, kind: str, filled: bool) -> bool:
    if held is None:  # a formula that gives "" is cached as empty text; one never calculated has no value at all
        return value is None if filled else kind == "string" and value in (None, "")
    if value is None:  # a formula that refers to an empty cell is 0; beside a short array there is #N/A
        return held == "#N/A" if filled else held in (0.0, "") and not isinstance(held, bool)
    if isinstance(held, bool) or isinstance(value, bool):
        return value is held
    if isinstance(held, float) and isinstance(value, float):
        return math.isclose(value, held, rel_tol=REPRODUCES_TO, abs_tol=NOTHING)
    return isinstance(held, str) and isinstance(value, str) and value == held


def _identical(first: object, second: object) -> bool:
    return type(first) is type(second) and first == second


def _stored(value: Any, filled: bool) -> Any:
    if value is None:
        return "#N/A" if filled else 0.0
    return value


def _shapes(model: Model, dependents: Dependents) -> list[tuple[str, int, int, tuple[bool, ...]]]:
    """Which cells of each spill, and of one row and column around it, hold something."""
    shapes = []
    for sheet, areas in dependents.spills.items():
        for top, left, bottom, right in areas:
            cells = ((row, column) for row in range(top, bottom + 2) for column in range(left, right + 2))
            filled = tuple(model.at(sheet, r, c) is not None for r, c in cells)
            shapes.append((sheet, top, left, filled))
    return shapes


def _shown(value: object) -> str:
    text = f"{value:.12g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else text[:37] + "..."
