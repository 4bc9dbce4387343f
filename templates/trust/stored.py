"""What a file holds for the cells of its formulas, before anybody calculates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any, TypeAlias

from tokenbook.templates.formulas.references import reference
from tokenbook.templates.formulas.tokens import CHANGES_BY_ITSELF
from tokenbook.templates.formulas.workbook import Formulas
from tokenbook.templates.ooxml import Package
from tokenbook.templates.ooxml.cells import Held

Place: TypeAlias = tuple[int, int, int]  # number of the sheet, row and column from 0
FEW = 40  # cells that are looked for one by one; of more the whole sheet is read
MOST_CELLS = 100_000  # of a range that is looked at cell by cell


class Stored:
    """What a workbook's file holds, read sheet by sheet when somebody asks.

    Parameters
    ----------
    package : Package
    cells : mapping
        Sheet -> the cells that are calculated, which are read first; those beside them only if they are asked for.
    """

    def __init__(self, package: Package, cells: Mapping[str, Set[str]]):
        self.package, self.sheets = package, list(package.sheets)
        self.never: set[Place] = set()  # formula cells without any value
        self._cells = cells
        self._first: dict[int, dict[Place, Any]] = {}
        self._all: dict[int, dict[Place, Any]] = {}

    def get(self, place: Place, default: Any = None) -> Any:
        """The value of a cell; None for a blank one."""
        number = place[0]
        if number not in self._first:
            self._first[number] = self._read(number, self._cells.get(self.sheets[number], set()))
        if place in self._first[number]:
            return self._first[number][place]
        if place in self.never:
            return default
        if number not in self._all:
            self._all[number] = self._read(number, None)
        return self._all[number].get(place, default)

    def _read(self, number: int, refs: Set[str] | None) -> dict[Place, Any]:
        sheet = self.sheets[number]
        found: dict[Place, Any] = {}
        if refs is not None and len(refs) <= FEW:
            cells = self.package.cells(sheet, refs) if refs else ()
            held: Iterator[Held] = (
                Held(each.row, each.column, each.value, each.kind, each.formula is not None) for each in cells
            )
        else:
            held = self.package.held(sheet)
            self._all[number] = found
        for row, column, value, _, has_formula in held:
            if value is not None:
                found[number, row - 1, column - 1] = value
            elif has_formula:
                self.never.add((number, row - 1, column - 1))
        return found

    def area(self, text: str, home: Place) -> list[list[Place]] | None:
        """The cells that a reference or a name for cells stands for, row by row; None if it is not as simple."""
        parts = reference(text)
        if parts is None:
            meaning = self._named(text, home)
            parts = reference(meaning) if meaning else None
        if parts is None:
            return None
        number = home[0]
        if parts.sheet is not None:
            folded = [sheet.casefold() for sheet in self.sheets]
            if parts.sheet.casefold() not in folded:
                return None
            number = folded.index(parts.sheet.casefold())
        top, left, bottom, right = parts.bounds
        if (bottom - top + 1) * (right - left + 1) > MOST_CELLS:
            return None
        return [[(number, r - 1, c - 1) for c in range(left, right + 1)] for r in range(top, bottom + 1)]

    def _named(self, name: str, home: Place) -> str | None:
        folded, sheet = name.casefold(), self.sheets[home[0]].casefold()
        found = None
        for (defined, scope), text in self.package.defined_names.items():
            if defined.casefold() == folded and (scope is None or scope.casefold() == sheet):
                found = text
                if scope is not None:
                    break
        return found.removeprefix("=").replace("$", "") if found else None


def standing(formulas: Formulas) -> dict[str, set[str]]:
    """Cells whose value is another at every calculation: they stand still with that of the file."""
    found: dict[str, set[str]] = {}
    for cell in formulas:
        parsed = formulas.parsed(cell.text) if cell.text else None
        if parsed is not None and any(call.rstrip("(").upper() in CHANGES_BY_ITSELF for call in parsed.calls):
            found.setdefault(cell.sheet, set()).add(cell.ref)
    return found


def without(cells: Mapping[str, Iterable[str]], left_out: Mapping[str, Set[str]]) -> dict[str, set[str]]:
    """Cells by sheet, less others."""
    return {sheet: set(refs) - left_out.get(sheet, set()) for sheet, refs in cells.items()}
