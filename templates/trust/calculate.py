"""A workbook with other inputs: what is known of its results, and a file that holds them and loses nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tokenbook.templates.conventions import NOT_IN_FORMULAS
from tokenbook.templates.engine.errors import EngineError
from tokenbook.templates.engine.inputs import Change, change
from tokenbook.templates.engine.typed import Typed
from tokenbook.templates.engine.validation import Rule
from tokenbook.templates.formulas.places import Place, PlaceError, locate
from tokenbook.templates.formulas.workbook import Formulas
from tokenbook.templates.ooxml import open_package
from tokenbook.templates.ooxml.pivots import pivots_over, set_refresh_on_load
from tokenbook.templates.trust.rule import Doubt, Trusted, trusted
from tokenbook.udfs.functions.errors import is_error


@dataclass
class Calculated:
    """What came of it.

    Attributes
    ----------
    results, inputs : dict of str to value
        The named cells with and without a formula; a result that is unknown is None.
    unknown_results : dict of str to Doubt
        Named results that rest on a cell which is unknown here.
    doubts : list of Doubt
        The cells that are not reproduced; what depends on them keeps the value of the file.
    left : int
        Formula cells that follow from the new inputs and keep their old value, as they are unknown.
    pivots : int
        Pivot tables over a cell that changed.
    """

    changes: list[Change]
    results: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)
    unknown_results: dict[str, Doubt] = field(default_factory=dict)
    doubts: list[Doubt] = field(default_factory=list)
    errors: int = 0
    left: int = 0
    pivots: int = 0


def calculate(
    book: Path, settings: Iterable[tuple[str, Typed]], out: Path | None = None, *, refresh_pivots: bool = False
) -> Calculated:
    """Set inputs and calculate; write ``out``, if given: the inputs, the known results that changed, nothing else.

    Raises
    ------
    EngineError
        An input that does not exist, holds a formula, or refuses its value.
    """
    with open_package(book) as package:
        formulas = Formulas(package)
        found = trusted(formulas)
        try:
            changes = []
            for name, value in settings:
                made = change(_Reading(found), formulas, name, value)
                found.put(made.sheet, made.ref, made.new)
                changes.append(made)
            new = found.recalculate()
            given = [Place(each.sheet, each.ref) for each in changes]
            reached = found.depend_on(given) if given and found.unknown else set()
            result = Calculated(changes, doubts=found.doubts, left=len(reached & found.unknown))
            _name(result, found, reached)
            result.errors = sum(
                1 for s, refs in found.cells.items() for ref in refs
                if (s, ref) not in found.unknown and is_error(found.value(s, ref))
            )  # fmt: skip
            moved: dict[str, set[str]] = {sheet: set(cells) for sheet, cells in new.items()}
            for each in changes:
                moved.setdefault(each.sheet, set()).add(each.ref)
            pivots = pivots_over(package, moved) if moved else []
            result.pivots = len(pivots)
            if out is not None:
                for each in changes:
                    package.set_value(each.sheet, each.ref, each.new)
                anchors = {(cell.sheet, cell.ref) for cell in formulas}
                for sheet, cells in new.items():
                    values = {ref: to_store(value, (sheet, ref) not in anchors) for ref, value in cells.items()}
                    package.set_cached_many(sheet, values)
                if result.left:
                    package.set_calculation(full_calc_on_load=True)
                if refresh_pivots:
                    set_refresh_on_load(package, pivots)
                package.save(out)
        finally:
            found.close()
    return result


def to_store(value: Any, filled: bool) -> Any:
    """What a file is given: a formula that refers to an empty cell is 0, beside a short array stands #N/A."""
    if value is None:
        return "#N/A" if filled else 0.0
    return value


class _Reading:
    """What the rules of input cells are checked against."""

    def __init__(self, found: Trusted):
        self.package, self._found = found.formulas.package, found

    def at(self, sheet: str, row: int, column: int) -> Any:
        if self._found.engine is None:
            raise EngineError(f"{self.package.path}: {self._found.doubts[0].reason}")
        return self._found.engine.at(sheet, row, column)

    def validations(self, sheet: str) -> list[Rule]:
        return self._found.engine.validations(sheet) if self._found.engine is not None else []


def _name(result: Calculated, found: Trusted, reached: set[tuple[str, str]]) -> None:
    package = found.formulas.package
    for name, scope in package.defined_names:
        if scope is not None or name.startswith(NOT_IN_FORMULAS):
            continue  # of a sheet, of Excel, or a binding
        try:
            sheet, ref = locate(package, name)
        except PlaceError:
            continue  # a range or an expression
        if not found.formulas.is_calculated(sheet, ref):
            result.inputs[name] = found.value(sheet, ref)
            continue
        doubt = found.why(sheet, ref)
        if doubt is None:
            result.results[name] = found.value(sheet, ref)
        elif (sheet, ref) in reached or not result.changes:
            result.results[name], result.unknown_results[name] = None, doubt
        else:  # nothing that it reads has changed: the file's own result stands
            result.results[name] = package.cell(sheet, ref).value
