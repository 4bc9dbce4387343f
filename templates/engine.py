"""Recalculates a workbook in process, with our functions bound, and puts the values back as cached values.

The engine is formualizer. It reads the file, never writes it: results go back through ``ooxml``, which
changes the cached values of the formula cells concerned and not one other byte.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import formualizer
from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token, TokenizerError
from openpyxl.utils.cell import column_index_from_string, coordinate_from_string, get_column_letter, range_boundaries

from tokenbook.templates import engine_copy, ooxml, validation
from tokenbook.templates.names import Names
from tokenbook.udfs.errors import TokenbookError
from tokenbook.udfs.functions import CellError, registry
from tokenbook.udfs.functions.arguments import OMITTED
from tokenbook.udfs.functions.errors import is_error

OFFICE_JS_PREFIX = "_xldudf_"
OMITTED_TEXT = "\ufffcomitted"  # stands in for an empty argument, which the engine would read as 0
ENGINE_ERRORS = {
    "Div": "#DIV/0!",
    "Na": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
    "Spill": "#SPILL!",
    "Calc": "#CALC!",
    "Circ": "#NUM!",
}
ENGINE_KINDS = {code: kind for kind, code in ENGINE_ERRORS.items() if kind != "Circ"}
CALLS_US = re.compile(r"TOK_[A-Z0-9_]+\(", re.IGNORECASE)  # behind any prefix that a host stores
MAY_OMIT = re.compile(r"[(,]\s*[,)]")


class EngineError(TokenbookError):
    """The workbook cannot be recalculated; the message is one line for its reader."""


@dataclass(frozen=True, slots=True)
class Change:
    """An input set before recalculation."""

    name: str
    sheet: str
    ref: str
    old: object
    new: object


class Model:
    """A workbook in the engine: set inputs, recalculate, read values, save the values into the file.

    ``only`` (sheet -> references) leaves all other formulas out: their cells stand still with the values of the file.
    """

    def __init__(self, path: str | Path, only: dict[str, set[str]] | None = None):
        self.path = Path(path)
        self._only = only
        self.package = ooxml.open_package(self.path)
        self._names = Names(self.package)
        self.changes: list[Change] = []
        self._formulas: dict[str, dict[str, str | None]] | None = None
        self._validations: dict[str, list] = {}
        self._readers: list[tuple[str, str, str]] | None = None
        self._calculated = False
        self.workbook = self._loaded()
        self.workbook.set_temporal_egress("serial")
        bind(self.workbook)
        self._enter_again()

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *exception) -> None:
        self.package.close()

    # --- inputs ------------------------------------------------------------------------------------------------

    def locate(self, name: str) -> tuple[str, str]:
        """Sheet and cell of a defined name, of ``Sheet!B7``, or of ``B7`` on the first sheet."""
        return locate(self.package, name)

    def set(self, name: str, value: float | str | bool | None) -> None:
        """Set an input cell. A formula cell is refused: it would be calculated over again."""
        sheet, ref = self.locate(name)
        if ref in self.formulas(sheet):
            raise EngineError(f"{name}: {sheet}!{ref} holds a formula; set the inputs it depends on instead")
        old = self.value(sheet, ref)
        if isinstance(old, float) and isinstance(value, str):
            raise EngineError(f"{name}: {sheet}!{ref} holds the number {old:g}, {value!r} is text")
        refused = validation.refusal(self, sheet, ref, value)
        if refused:
            raise EngineError(f"{name}: {_shown(value)} is refused by {sheet}!{ref}: {refused}")
        row, column = _position(ref)
        self.workbook.set_value(sheet, row, column, value)
        self.changes.append(Change(name, sheet, ref, old, value))

    def validations(self, sheet: str) -> list:
        """The data validations of a sheet, read once."""
        if sheet not in self._validations:
            self._validations[sheet] = validation.rules_of(self.package, sheet)
        return self._validations[sheet]

    # --- calculation -------------------------------------------------------------------------------------------

    def formulas(self, sheet: str) -> dict[str, str | None]:
        """Cells of a sheet that are calculated: reference -> formula, or None for the other cells of an array."""
        if self._formulas is None:
            self._formulas = {name: calculated(self.package, name) for name in self.package.sheets}
            if self._only is not None:
                for name, cells in self._formulas.items():
                    kept = self._only.get(name, ())
                    self._formulas[name] = {ref: text for ref, text in cells.items() if ref in kept}
        return self._formulas[sheet]

    def recalculate(self) -> None:
        """Calculate what depends on changed inputs (at first everything)."""
        try:
            with _without_panics():
                self.workbook.evaluate_all()
                if self._calculated:
                    # A cell that a spill fills does not pass its change on: enter the formulas that read it once more.
                    for sheet, ref, formula in self._spill_readers():
                        self.workbook.set_formula(sheet, *_position(ref), formula)
                    self.workbook.evaluate_all()
            self._calculated = True
        except Exception as error:
            raise EngineError(f"{self.path.name}: the engine cannot calculate this workbook ({_line(error)})") from None

    def evaluate_only(self, cells: list[tuple[str, int, int]]) -> None:
        """Calculate these cells and what they need, no other; none may depend on a cell that an array fills.

        cells : (sheet, row, column), from 1.
        """
        try:
            with _without_panics():
                self.workbook.evaluate_cells(cells)
        except Exception as error:
            raise EngineError(f"{self.path.name}: the engine cannot calculate this workbook ({_line(error)})") from None

    def value(self, sheet: str, ref: str):
        """The value of one cell: float, str, bool, a CellError, or None for an empty cell."""
        return self.at(sheet, *_position(ref))

    def at(self, sheet: str, row: int, column: int):
        """The value of one cell by its row and column, from 1."""
        return from_engine(self.workbook.get_value(sheet, row, column))

    def named(self, name: str):
        """The value of the cell that a defined name stands for."""
        return self.value(*self.locate(name))

    def values(self) -> dict[str, dict[str, object]]:
        """Values of all calculated cells, by sheet and reference. Cells beside a short array hold #N/A."""
        found: dict[str, dict[str, object]] = {}
        for sheet in self.package.sheets:
            cells = found[sheet] = {}
            for ref, formula in self.formulas(sheet).items():
                value = self.value(sheet, ref)
                cells[ref] = CellError("#N/A") if value is None and formula is None else value
        return found

    def unknown(self, values: dict[str, dict[str, object]] | None = None) -> list[str]:
        """Cells that the file shows a value for and the engine only #NAME?: it lacks a function that they use.

        values : what ``values`` gave, if it is at hand
        """
        found = []
        for sheet, cells in (values or self.values()).items():
            lost = [ref for ref, value in cells.items() if is_error(value) and value == ENGINE_ERRORS["Name"]]
            known = self.package.cells(sheet, lost) if lost else ()
            found += [f"{sheet}!{cell.ref}" for cell in known if cell.value is not None and not is_error(cell.value)]
        return found

    def save(self, out: str | Path | None = None, **options) -> None:
        """Write the inputs set and all calculated values into ``out`` (or the file itself), nothing else.

        Where the engine lacks a function, no calculated value is written, since others may follow from it: the file
        keeps those it has and is marked for calculation when it is opened.
        """
        values = self.values()
        unknown = self.unknown(values)
        for change in self.changes:
            self.package.set_value(change.sheet, change.ref, change.new)
        if unknown:
            self.package.set_calculation(full_calc_on_load=True)
        else:
            for sheet, cells in values.items():
                if cells:
                    self.package.set_cached_many(sheet, cells)
        self.package.save(out or self.path, **options)

    def _spill_readers(self) -> list[tuple[str, str, str]]:
        """Formulas that refer to a cell which an array fills: sheet, reference, formula as entered in the engine."""
        if self._readers is None:
            areas: dict[str, list[tuple[int, int, int, int]]] = {}
            for sheet in self.package.sheets:
                mine = self.formulas(sheet)
                ranges = {
                    area for ref, *_, area in self.package.formulas(sheet) if ref in mine and area and ":" in area
                }
                areas[sheet.casefold()] = [range_boundaries(ref) for ref in ranges]
            self._readers = []
            if any(areas.values()):
                names = {name.casefold(): text for (name, _), text in self.package.defined_names.items()}
                for sheet in self.package.sheets:
                    for ref, formula in self.formulas(sheet).items():
                        if formula and _reads(formula, sheet, areas, names):
                            text = self._names.written_out(formula, sheet, ref)
                            self._readers.append((sheet, ref, _entered(text)))
        return self._readers

    def _loaded(self):
        content = engine_copy.readable(self.package, self.formulas, only=self._only is not None)
        try:
            with _without_panics():
                try:
                    return formualizer.load_workbook_bytes(content, backend="umya")
                except Exception:  # of what it does not calculate with, such as a conditional format
                    return formualizer.load_workbook_bytes(engine_copy.bare(content), backend="umya")
        except Exception as error:  # the engine's own exceptions have no common base
            raise EngineError(f"{self.path.name}: the engine cannot load this workbook ({_line(error)})") from None

    def _enter_again(self) -> None:
        """Enter the formulas once more that the engine could not read while loading.

        It did not know our functions yet, and does not know names that stand for more than cells.
        """
        for sheet in self.package.sheets:
            for ref, formula in self.formulas(sheet).items():
                text = formula and self._names.written_out(formula, sheet, ref)
                if text and (text != formula or CALLS_US.search(text)):
                    try:
                        self.workbook.set_formula(sheet, *_position(ref), _entered(text))
                    except Exception as error:  # it refers to itself, say
                        if not CALLS_US.search(text):
                            continue  # what a name stands for is no formula: #NAME?, as it was read
                        raise EngineError(
                            f"{self.path.name}: the engine cannot take the formula of {sheet}!{ref} ({_line(error)})"
                        ) from None


def locate(package, name: str) -> tuple[str, str]:
    """Sheet and cell of a defined name, of ``Sheet!B7``, or of ``B7`` on the first sheet."""
    for (defined, scope), text in package.defined_names.items():
        if scope is None and defined.casefold() == name.casefold():
            sheet, ref = _one_cell(text, name)
            return sheet, ref
    sheet, bang, ref = name.rpartition("!")
    sheet = sheet.strip("'").replace("''", "'") if bang else next(iter(package.sheets))
    ref = ref.replace("$", "").upper()
    if not re.fullmatch(r"[A-Z]{1,3}[1-9][0-9]{0,6}", ref):
        hidden = {each.name for each in package.names if each.hidden}
        known = sorted(n for n, scope in package.defined_names if scope is None and n not in hidden)
        hint = f"; names in this workbook: {', '.join(known[:12])}" if known else ""
        raise EngineError(f"{name}: is neither a name of this workbook nor a cell like Inputs!C9{hint}")
    for known in package.sheets:
        if known.casefold() == sheet.casefold():
            return known, ref
    raise EngineError(f"{name}: there is no sheet {sheet!r}; it has {', '.join(package.sheets)}")


def bind(workbook) -> None:
    """Register every function under its plain name and under the name that Office.js hosts store."""
    for function in registry().values():
        callback = _callback(function.in_cell)
        most = len(function.arguments)
        for name in (function.name, OFFICE_JS_PREFIX + function.name):
            workbook.register_function(name, callback, min_args=0, max_args=most)


def _callback(in_cell):
    def call(*args):
        for value in args:
            if type(value) is not float:
                args = [value if type(value) is float else _argument(value) for value in args]
                break
        result = in_cell(*args)
        return result if type(result) is float else to_engine(result)

    return call


def _argument(value):
    if type(value) is list:
        return [[from_engine(cell) if type(cell) is dict else cell for cell in row] for row in value]
    if value == OMITTED_TEXT:
        return OMITTED
    return from_engine(value)


def from_engine(value):
    """An engine value as ours: errors arrive as dictionaries."""
    if type(value) is dict:
        return CellError(ENGINE_ERRORS.get(value.get("kind"), "#VALUE!"), value.get("message") or "")
    if type(value) is int:
        return float(value)
    return value


def to_engine(value):
    """Our value as the engine's; rows of cells become nested lists."""
    if isinstance(value, CellError):
        return {"type": "Error", "kind": ENGINE_KINDS.get(str(value), "Value"), "message": value.message}
    if isinstance(value, list):
        return [[cell if type(cell) is float else to_engine(cell) for cell in row] for row in value]
    return value


def _entered(formula: str) -> str:
    """A formula of the file as the engine is given it."""
    marked = CALLS_US.search(formula) and MAY_OMIT.search(formula)
    return "=" + (with_omitted_marked(formula) if marked else formula)


def _reads(formula: str, sheet: str, areas, names, depth: int = 0) -> bool:
    """Whether a formula refers to one of the areas, directly or through a defined name."""
    try:
        tokens = Tokenizer("=" + formula).items
    except TokenizerError:
        return True
    for token in tokens:
        if token.type != Token.OPERAND or token.subtype != Token.RANGE:
            continue
        where, bang, area = token.value.rpartition("!")
        where = where.strip("'").replace("''", "'") if bang else sheet
        try:
            bounds = range_boundaries(area)
        except ValueError:
            text = names.get(area.casefold())
            if text and depth < 3 and _reads(text, sheet, areas, names, depth + 1):
                return True
            continue
        if any(_overlap(bounds, other) for other in areas.get(where.casefold(), ())):
            return True
    return False


def _overlap(one, other) -> bool:
    """Whether two ranges (left, top, right, bottom; None for whole rows or columns) share a cell."""
    left, top, right, bottom = one
    return (
        (left or 1) <= other[2]
        and (right or other[2]) >= other[0]
        and (top or 1) <= other[3]
        and (bottom or other[3]) >= other[1]
    )


def with_omitted_marked(formula: str) -> str:
    """A formula (without "=") in which empty arguments of our functions are a marker text instead of nothing."""
    try:
        tokens = Tokenizer("=" + formula).items
    except TokenizerError:
        return formula
    marker = f'"{OMITTED_TEXT}"'
    text: list[str] = []
    ours: list[bool] = []  # for each open parenthesis: is it a call of ours?
    awaiting = [False]  # for each level: has the current argument no content yet?
    for token in tokens:
        if token.type in (Token.FUNC, Token.PAREN, Token.ARRAY) and token.subtype == Token.OPEN:
            awaiting[-1] = False
            name = token.value.rstrip("(").upper()
            ours.append(name.removeprefix(OFFICE_JS_PREFIX.upper()).startswith("TOK_"))
            awaiting.append(True)
        elif token.type in (Token.FUNC, Token.PAREN, Token.ARRAY) and token.subtype == Token.CLOSE:
            if ours.pop() and awaiting[-1] and text and text[-1].strip().endswith(","):
                text.append(marker)
            awaiting.pop()
        elif token.type == Token.SEP and token.subtype == Token.ARG:
            if ours and ours[-1] and awaiting[-1]:
                text.append(marker)
            awaiting[-1] = True
        elif token.type != Token.WSPACE:
            awaiting[-1] = False
        text.append(token.value)
    return "".join(text)


def values_of(formulas: dict[str, str], cells: dict[str, object] | None = None) -> dict[str, object]:
    """Calculate formulas by name in a real .xlsx: ``{"a": "=TOK_COST(1.95, 28012.9)"}`` -> ``{"a": 0.0193...}``.

    ``cells`` fills a sheet named Data (``{"A1": -5, "B1": 25}``) to which the formulas may refer. A formula whose
    result spills gives the rows of its spill.
    """
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "Calc"
    data = book.create_sheet("Data")
    for ref, value in (cells or {}).items():
        data[ref] = value
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "calc.xlsx"
        sheets = {}
        for index, (name, formula) in enumerate(formulas.items()):  # one sheet each: spills must not collide
            sheet = book.create_sheet(f"F{index}")
            sheet["A1"] = formula
            sheets[name] = sheet.title
        book.save(path)
        with Model(path) as model:
            model.recalculate()
            return {name: _spilled(model, sheet) for name, sheet in sheets.items()}


def _spilled(model: Model, sheet: str):
    width = height = 1
    while model.value(sheet, f"{get_column_letter(width + 1)}1") is not None:
        width += 1
    while model.value(sheet, f"A{height + 1}") is not None:
        height += 1
    if width == height == 1:
        return model.value(sheet, "A1")
    return [
        [model.value(sheet, f"{get_column_letter(column)}{row}") for column in range(1, width + 1)]
        for row in range(1, height + 1)
    ]


def calculated(package, sheet: str) -> dict[str, str | None]:
    """The cells of a sheet that are calculated: reference -> formula, or None for the other cells of an array."""
    cells: dict[str, str | None] = {}
    children: list[str] = []
    for ref, text, kind, array_ref in package.formulas(sheet):
        if kind == "dataTable":
            continue  # a what-if table: only Excel calculates it, its values stay
        cells[ref] = text
        if array_ref and ":" in array_ref:
            left, top, right, bottom = range_boundaries(array_ref)
            children += [
                f"{get_column_letter(column)}{row}"
                for row in range(top, bottom + 1)
                for column in range(left, right + 1)
            ]
    for ref in children:
        cells.setdefault(ref, None)
    return cells


@contextlib.contextmanager
def _without_panics():
    """Keep what the engine's own crash prints off the terminal; the crash itself arrives as an exception."""
    try:
        terminal = os.dup(2)
    except OSError:  # no such stream
        yield
        return
    try:
        with open(os.devnull, "wb") as nothing:
            os.dup2(nothing.fileno(), 2)
        yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)


def _one_cell(text: str, name: str) -> tuple[str, str]:
    match = re.fullmatch(r"(?:'((?:[^']|'')+)'|([^'!]+))!\$?([A-Z]{1,3})\$?([1-9][0-9]*)", text)
    if not match:
        raise EngineError(f"{name}: stands for {text}, which is not a single cell")
    return (match[1] or match[2]).replace("''", "'"), match[3] + match[4]


def _position(ref: str) -> tuple[int, int]:
    letters, row = coordinate_from_string(ref)
    return row, column_index_from_string(letters)


def _shown(value) -> str:
    return "a blank" if value is None else f"{value:g}" if isinstance(value, float) else f"{value}"


def _line(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 160 else text[:157] + "..."


def parse_value(text: str) -> float | str | bool | None:
    """What a person types for a cell: 1,250 and 12 % and TRUE are what they look like; nothing clears the cell."""
    stripped = text.strip()
    if not stripped:
        return None
    if stripped.upper() in ("TRUE", "FALSE"):
        return stripped.upper() == "TRUE"
    number, percent = (stripped[:-1].strip(), 0.01) if stripped.endswith("%") else (stripped, 1.0)
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", number):
        number = number.replace(",", "")
    try:
        value = float(number) * percent
    except ValueError:
        return stripped
    return value if math.isfinite(value) else stripped
