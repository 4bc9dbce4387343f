"""A workbook in the engine formulon: set inputs, recalculate, read values.

formulon reads the file and never writes it. It is compared by its author with Excel cell by cell; what it reads wrong
is written otherwise for it (``mended``).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import formulon
from formulon import CalcMode, FormulonError

from tokenbook.templates import ooxml
from tokenbook.templates.formulas.names import Names
from tokenbook.templates.formulon import bulk, compiled
from tokenbook.templates.formulon.areas import Surroundings
from tokenbook.templates.formulon.calls import CALLS_US
from tokenbook.templates.formulon.kinds import CellValue, Place
from tokenbook.templates.formulon.mended import CONSTANTS, mention_tables, with_whole_constants, without_tables
from tokenbook.templates.formulon.ours import Cell, Ours
from tokenbook.templates.ooxml.references import parse_ref, to_ref
from tokenbook.udfs.errors import TokenbookError

Canonical = Callable[[bytes], bytes]
TABLE = "=TABLE("


class EngineError(TokenbookError):
    """The workbook cannot be calculated; the message is one line for its reader."""


class Book:
    """A workbook in the engine.

    Parameters
    ----------
    source : bytes or Path
    canonical : callable, optional
        Content of a file -> content of a copy that any reader takes; asked for where the engine refuses the file.
    package : tokenbook.templates.ooxml.Package, optional
        The same workbook, if it is open already; asked for names and arrays where it calls our functions.
    """

    def __init__(self, source: bytes | Path, canonical: Canonical | None = None, package: ooxml.Package | None = None):
        self.name = "workbook" if isinstance(source, bytes) else source.name
        content = source if isinstance(source, bytes) else source.read_bytes()
        compiled.start()
        self._book, content = self._loaded(content, canonical)
        scanned = self._scanned()
        self._left: dict[tuple[str, str], str] = {}
        names = {name for table in self._book.iter_tables() for name in (table.name, table.display_name) if name}
        if mention_tables((text for cells, _ in scanned for _, _, text in cells), names):
            with ooxml.open_package(content) as opened:
                content, self._left = without_tables(opened)
            self._book.close()
            self._book, content = self._loaded(content, canonical)
            scanned = self._scanned()
        self.sheets = [self._book.sheet_name(number) for number in range(len(scanned))]
        self._numbers = {sheet.casefold(): number for number, sheet in enumerate(self.sheets)}
        self._formulas: dict[Place, str] = {
            (number, row, column): text for number, (cells, _) in enumerate(scanned) for row, column, text in cells
        }
        tables = [place for place, text in self._formulas.items() if text.startswith(TABLE)]
        self._tables_apart = bool(tables) and self._book.calc_mode() == CalcMode.AUTO_NO_TABLE
        self._ours: Ours | None = None
        mine = {place: text for place, text in self._formulas.items() if CALLS_US.search(text)}
        for place, text in self._formulas.items():
            if CONSTANTS in text and place not in mine:
                self._book.set_formula(*place, with_whole_constants(text))
        if mine:
            with contextlib.nullcontext(package) if package else ooxml.open_package(content) as opened:
                around = Surroundings(self.sheets, _known(opened), [used for _, used in scanned])
                self._ours = Ours(self._book, around, self._cells(mine, Names(opened), opened), tables)

    def __enter__(self) -> Book:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        self._book.close()

    # --- what it holds -----------------------------------------------------------------------------------------

    def formulas(self, sheet: str) -> dict[str, str]:
        """The formula cells of a sheet: reference -> text without "=", implicit intersection marked with an @."""
        number = self._number(sheet)
        return {to_ref(r + 1, c + 1): text[1:] for (s, r, c), text in self._formulas.items() if s == number}

    @property
    def unsupported(self) -> dict[tuple[str, str], str]:
        """Cells that are not calculated, as (sheet, reference), with the reason; what depends on them is unknown."""
        refused = {} if self._ours is None else self._ours.unsupported
        return self._left | {(self.sheets[s], to_ref(r + 1, c + 1)): why for (s, r, c), why in refused.items()}

    def spill(self, sheet: str, ref: str) -> tuple[int, int]:
        """How many rows and columns the formula of a cell fills now."""
        about = self._book.spill_info(*self._place(sheet, ref))
        return (about.rows, about.cols) if about.engaged else (1, 1)

    # --- calculating -------------------------------------------------------------------------------------------

    def set(self, sheet: str, ref: str, value: float | str | bool | None) -> None:
        """Set an input cell. A formula cell is refused: it would be calculated over again."""
        place = self._place(sheet, ref)
        if place in self._formulas:
            raise EngineError(f"{sheet}!{ref} holds a formula; set the inputs it depends on instead")
        try:
            bulk.write(self._book, [place], [value])
        except FormulonError:
            raise EngineError(f"{sheet}!{ref} cannot be set: an array or a what-if table fills it") from None
        if self._ours is not None:
            self._ours.grow(place)

    def recalculate(self, asked: Iterable[tuple[str, str]] | None = None) -> None:
        """Calculate what depends on changed inputs (at first everything).

        asked : (sheet, reference) of the cells that will be read; calls of our functions that they do not need wait
        """
        try:
            if self._ours is None:
                self._book.recalc()
            else:
                self._ours.settle(None if asked is None else [self._place(*cell) for cell in asked])
            if self._tables_apart:
                self._book.recalc_data_tables()
                self._book.recalc()
        except FormulonError as error:
            raise EngineError(f"{self.name}: the engine cannot calculate this workbook ({_line(error)})") from None

    def value(self, sheet: str, ref: str) -> CellValue:
        """The value of one cell: float, str, bool, a CellError, or None for an empty cell."""
        return self._read([self._place(sheet, ref)])[0]

    def at(self, sheet: str, row: int, column: int) -> CellValue:
        """The value of one cell by its row and column, from 1."""
        return self._read([(self._number(sheet), row - 1, column - 1)])[0]

    def values(self, cells: Mapping[str, Iterable[str]] | None = None) -> dict[str, dict[str, CellValue]]:
        """Values by sheet and reference: of the cells asked for (sheet -> references), or of all formula cells."""
        if cells is None:
            places = list(self._formulas)
        else:
            places = [self._place(sheet, ref) for sheet, refs in cells.items() for ref in refs]
        found: dict[str, dict[str, CellValue]] = {sheet: {} for sheet in self.sheets}
        for (sheet, row, column), value in zip(places, self._read(places), strict=True):
            found[self.sheets[sheet]][to_ref(row + 1, column + 1)] = value
        return found

    # --- inside ------------------------------------------------------------------------------------------------

    def _read(self, places: list[Place]) -> list[CellValue]:
        return bulk.read(self._book, places)

    def _number(self, sheet: str) -> int:
        number = self._numbers.get(sheet.casefold())
        if number is None:
            raise EngineError(f"there is no sheet {sheet!r}; it has {', '.join(self.sheets)}")
        return number

    def _place(self, sheet: str, ref: str) -> Place:
        row, column = parse_ref(ref)
        return self._number(sheet), row - 1, column - 1

    def _scanned(self) -> list[tuple[list[tuple[int, int, str]], tuple[int, int]]]:
        return [bulk.scan(self._book, number) for number in range(self._book.sheet_count())]

    def _loaded(self, content: bytes, canonical: Canonical | None) -> tuple[formulon.Workbook, bytes]:
        try:
            return formulon.Workbook.load(content), content
        except FormulonError as error:
            refused = error
        if canonical is not None:
            content = canonical(content)
            try:
                return formulon.Workbook.load(content), content
            except FormulonError as error:
                refused = error
        raise EngineError(f"{self.name}: the engine cannot load this workbook ({_line(refused)})")

    def _cells(self, mine: Mapping[Place, str], names: Names, package: ooxml.Package) -> list[Cell]:
        """The formula cells with calls of ours, names and tables written out."""
        refs: dict[str, list[str]] = {}
        for sheet, row, column in mine:
            refs.setdefault(self.sheets[sheet], []).append(to_ref(row + 1, column + 1))
        stored = {
            (self._number(sheet), cell.row - 1, cell.column - 1): cell
            for sheet, wanted in refs.items()
            for cell in package.cells(sheet, wanted)
        }
        return [self._cell(place, text, names, stored.get(place)) for place, text in mine.items()]

    def _cell(self, place: Place, text: str, names: Names, stored: ooxml.Cell | None) -> Cell:
        sheet, row, column = place
        written = names.written_out(text[1:], self.sheets[sheet], to_ref(row + 1, column + 1))
        formula = with_whole_constants("=" + written)
        if stored is None or stored.formula_kind != "array":
            return Cell(place, formula)
        top, left, bottom, right = ooxml.references.parse_range(stored.array_ref or stored.ref)
        return Cell(place, formula, (bottom - top + 1, right - left + 1), not stored.dynamic)


def _known(package: ooxml.Package) -> dict[tuple[str, str | None], str]:
    """What the names of a workbook stand for."""
    return {
        (each.name.casefold(), each.scope and each.scope.casefold()): each.text.removeprefix("=")
        for each in package.names
    }


def _line(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 160 else text[:157] + "..."
