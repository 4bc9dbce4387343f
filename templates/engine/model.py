"""A workbook in the engine: loaded, inputs set, what is asked recalculated, values read and put back as cached values.

The engine is formualizer. It reads the file, never writes it: results go back through ``ooxml``, which
changes the cached values of the formula cells concerned and not one other byte.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any, NamedTuple

import formualizer

from tokenbook.templates import ooxml
from tokenbook.templates.engine import validation
from tokenbook.templates.engine.errors import EngineError
from tokenbook.templates.engine.functions import CALLS_US, bind, entered, from_engine
from tokenbook.templates.engine.inputs import Change, change
from tokenbook.templates.engine.quiet import quiet
from tokenbook.templates.formulas.dependents import readers_of
from tokenbook.templates.formulas.places import PlaceError, locate
from tokenbook.templates.formulas.references import Area
from tokenbook.templates.formulas.workbook import Formulas
from tokenbook.templates.ooxml import Package, PackageError
from tokenbook.templates.ooxml.canonical import canonical
from tokenbook.templates.ooxml.references import parse_ref
from tokenbook.udfs.functions import CellError

CIRCLE, NOT_KNOWN = "circle", "not known"  # why a cell has no value: see `Reading`
TROUBLES = {"Circ": CIRCLE, "Name": NOT_KNOWN}


class Reading(NamedTuple):
    """A cell as the engine has it: its value as `Model.value` gives it, and "", CIRCLE or NOT_KNOWN."""

    value: Any
    trouble: str


class Model:
    """A workbook in the engine: set inputs, recalculate, read values, save the values into the file.

    Parameters
    ----------
    source : path or Package
    only : mapping, optional
        Sheet -> references: all other formulas are left out, their cells stand still with the values of the file.
    formulas : Formulas, optional
        Those of this workbook, where somebody has read them already.
    name : str, optional
        What messages call a workbook that is in no file.
    """

    def __init__(
        self,
        source: str | Path | Package,
        only: Mapping[str, Set[str]] | None = None,
        formulas: Formulas | None = None,
        name: str = "the workbook",
    ):
        self.package = source if isinstance(source, Package) else ooxml.open_package(source)
        self.path = Path(self.package.path or name)
        self._only = only
        self._read = Formulas(self.package) if formulas is None else formulas
        self.changes: list[Change] = []
        self._formulas: dict[str, dict[str, str | None]] = {}
        self._validations: dict[str, list[validation.Rule]] = {}
        self._spill_readers: list[tuple[str, str, str]] | None = None
        self._calculated = False
        self.workbook = self._loaded()
        self.workbook.set_temporal_egress("serial")
        self._enter_again()

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        self.package.close()

    # --- inputs ------------------------------------------------------------------------------------------------

    def locate(self, name: str) -> tuple[str, str]:
        """Sheet and cell of a defined name, of ``Sheet!B7``, or of ``B7`` on the first sheet."""
        try:
            return locate(self.package, name)
        except PlaceError as error:
            raise EngineError(str(error)) from None

    def set(self, name: str, value: float | str | bool | None) -> None:
        """Set an input cell as a person would. A formula cell is refused: it would be calculated over again."""
        made = change(self, self._read, name, value)
        self.put(made.sheet, made.ref, value)
        self.changes.append(made)

    def put(self, sheet: str, ref: str, value: Any) -> None:
        """Put a constant into a cell, which nobody asks about; `save` leaves it out."""
        self.workbook.set_value(self.package.sheets.spelling(sheet), *parse_ref(ref), value)

    def validations(self, sheet: str) -> list[validation.Rule]:
        """The data validations of a sheet, read once."""
        if sheet not in self._validations:
            self._validations[sheet] = validation.rules_of(self.package, sheet)
        return self._validations[sheet]

    # --- calculation -------------------------------------------------------------------------------------------

    def formulas(self, sheet: str) -> dict[str, str | None]:
        """Cells of a sheet that are calculated: reference -> formula, or None for the other cells of an array."""
        if sheet not in self._formulas:
            if self._only is None:
                self._formulas[sheet] = self._read.calculated(sheet)
            elif kept := self._only.get(sheet):
                cells = self._read.calculated(sheet)
                self._formulas[sheet] = {ref: text for ref, text in cells.items() if ref in kept}
            else:
                self._formulas[sheet] = {}
        return self._formulas[sheet]

    def recalculate(self) -> None:
        """Calculate what depends on changed inputs (at first everything)."""
        try:
            with quiet():
                self.workbook.evaluate_all()
                if self._calculated:
                    # A cell that a spill fills does not pass its change on: enter the formulas that read it once more.
                    for sheet, ref, formula in self._readers_of_spills():
                        self.workbook.set_formula(sheet, *parse_ref(ref), formula)
                    self.workbook.evaluate_all()
            self._calculated = True
        except Exception as error:
            raise EngineError(f"{self.path.name}: the engine cannot calculate this workbook ({_line(error)})") from None

    def evaluate_only(self, cells: list[tuple[str, int, int]]) -> None:
        """Calculate these cells and what they need, no other; none may depend on a cell that an array fills.

        cells : (sheet, row, column), from 1.
        """
        try:
            with quiet():
                self.workbook.evaluate_cells(cells)
        except Exception as error:
            raise EngineError(f"{self.path.name}: the engine cannot calculate this workbook ({_line(error)})") from None

    # --- values ------------------------------------------------------------------------------------------------

    def value(self, sheet: str, ref: str) -> Any:
        """The value of one cell: float, str, bool, a CellError, or None for an empty cell."""
        return self.at(sheet, *parse_ref(ref))

    def at(self, sheet: str, row: int, column: int) -> Any:
        """The value of one cell by its row and column, from 1."""
        return from_engine(self.workbook.get_value(sheet, row, column))

    def reading(self, sheet: str, row: int, column: int) -> Reading:
        """The value of one cell, and whether it has none because of a circle or of something that is not known."""
        raw = self.workbook.get_value(sheet, row, column)
        return Reading(from_engine(raw), TROUBLES.get(raw.get("kind", ""), "") if type(raw) is dict else "")

    def has_formula(self, sheet: str, row: int, column: int) -> bool:
        """Whether the engine found a formula in a cell when it read the file."""
        return self.workbook.get_formula(sheet, row, column) is not None

    def named(self, name: str) -> Any:
        """The value of the cell that a defined name stands for."""
        return self.value(*self.locate(name))

    def values(self) -> dict[str, dict[str, Any]]:
        """Values of all calculated cells, by sheet and reference. Cells beside a short array hold #N/A."""
        found: dict[str, dict[str, Any]] = {}
        for sheet in self.package.sheets:
            cells = found[sheet] = {}
            for ref, formula in self.formulas(sheet).items():
                value = self.value(sheet, ref)
                cells[ref] = CellError("#N/A") if value is None and formula is None else value
        return found

    def store(self) -> None:
        """Put the inputs set and all calculated values into the package, as cached values."""
        for made in self.changes:
            self.package.set_value(made.sheet, made.ref, made.new)
        for sheet, cells in self.values().items():
            if cells:
                self.package.set_cached_many(sheet, cells)

    # --- loading -----------------------------------------------------------------------------------------------

    def _readers_of_spills(self) -> list[tuple[str, str, str]]:
        """Formulas that refer to a cell which an array fills: sheet, reference, formula as entered in the engine."""
        if self._spill_readers is None:
            areas: list[Area] = []
            for sheet in self.package.sheets:
                mine = self.formulas(sheet)
                areas += [cell.fills for cell in self._read.on(sheet) if cell.fills.size > 1 and cell.ref in mine]
            self._spill_readers = []
            for cell in readers_of(self._read, areas):
                if self.formulas(cell.sheet).get(cell.ref):
                    text = self._read.names.written_out(cell.text, cell.sheet, cell.ref)
                    self._spill_readers.append((cell.sheet, cell.ref, entered(text, self._read.parsed)))
        return self._spill_readers

    def _loaded(self) -> formualizer.Workbook:
        keep = None if self._only is None else {sheet: self.formulas(sheet).keys() for sheet in self.package.sheets}
        try:
            with quiet():
                return formualizer.load_workbook_bytes(canonical(self.package, keep).content, backend="umya")
        except PackageError:
            raise
        except Exception as error:  # the engine's own exceptions have no common base
            raise EngineError(f"{self.path.name}: the engine cannot load this workbook ({_line(error)})") from None

    def _enter_again(self) -> None:
        """Enter the formulas once more that the engine could not read while loading.

        It did not know our functions yet, and does not know names that stand for more than cells.
        """
        names = self._read.names
        again = []
        for sheet in self.package.sheets:
            for ref, formula in self.formulas(sheet).items():
                text = formula and names.written_out(formula, sheet, ref)
                if text and (text != formula or CALLS_US.search(text)):
                    again.append((sheet, ref, text))
        if any(CALLS_US.search(text) for _, _, text in again):  # else ours need not be loaded
            bind(self.workbook)
        for sheet, ref, text in again:
            try:
                self.workbook.set_formula(sheet, *parse_ref(ref), entered(text, self._read.parsed))
            except Exception as error:  # it refers to itself, say
                if not CALLS_US.search(text):
                    continue  # what a name stands for is no formula: #NAME?, as it was read
                raise EngineError(
                    f"{self.path.name}: the engine cannot take the formula of {sheet}!{ref} ({_line(error)})"
                ) from None


def _line(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 160 else text[:157] + "..."
