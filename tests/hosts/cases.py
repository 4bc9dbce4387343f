"""One table of inputs for all functions, by which every host is measured.

It follows from the registry: the examples of each docstring, every argument given, batches of scenarios, dates, and for
each argument what is wrong for it (see ``tests/functions/test_bad_input.py``). A new function is in it at once. What a
cell cannot hold (an infinity, ragged rows) is left out. ``expected`` are the values of the headless engine, which
calculates the same cells from a real .xlsx file.
"""

import datetime as dt
import importlib.util
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.formula import ArrayFormula

from tokenbook.udfs.functions import CellError, registry
from tokenbook.udfs.functions.arguments import EXCEL_EPOCH, OMITTED, Block, Series, Table, Vector

FUNCTION_TESTS = Path(__file__).parents[1] / "functions"
PLAIN = "{}"
HOST = ", host "
MOST_ROWS = 2_000  # of a result; every trial of a simulation would fill the table


@dataclass(frozen=True)
class Case:
    """One call: the Python name of a function, and the arguments as cells hold them.

    An argument is a float, text, True, a date, a CellError, None (a blank cell), OMITTED (nothing at all), or a list of
    rows of these (a range). Where a host can only hand over something else, ``handed`` says what.
    """

    key: str
    function: str
    arguments: tuple
    handed: tuple | None = None

    def cells(self):
        for argument in self.arguments:
            yield from (cell for row in argument for cell in row) if isinstance(argument, list) else (argument,)

    @property
    def logical(self) -> bool:
        """Whether an argument is or holds a logical value."""
        return any(type(cell) is bool for cell in self.cells())

    def direct(self):
        """The answer of the function itself, without any host."""
        arguments = self.arguments if self.handed is None else self.handed
        return registry()[self.function].in_cell(*map(plain, arguments))

    def result(self) -> list[list]:
        return rows_of(self.direct())


def plain(value):
    """A cell's value as a function is given it: dates as serials."""
    if isinstance(value, list):
        return [[plain(cell) for cell in row] for row in value]
    if isinstance(value, dt.datetime):
        return (value - EXCEL_EPOCH) / dt.timedelta(days=1)
    return value


def rows_of(value) -> list[list]:
    return value if isinstance(value, list) else [[value]]


@cache
def cases() -> tuple[Case, ...]:
    """The whole table, in the order of the registry."""
    found: dict[str, Case] = {}
    for name, function in registry().items():
        for what, arguments in _calls(function):
            arguments = tuple(_trimmed(arguments))
            case = Case(f"{name}: {what}", name, arguments)
            if _fits_cells(arguments) and case.key not in found and len(case.result()) <= MOST_ROWS:
                found[case.key] = case
    return tuple(found.values())


def cases_of(name: str) -> list[Case]:
    """The cases of one function, by its Python name."""
    return [case for case in cases() if case.function == name]


# --- what the table holds ----------------------------------------------------------------------------------------


def _calls(function):
    """Pairs of a title and a list of arguments."""
    examples, wrong, every = _tests("conftest"), _tests("test_bad_input"), _tests("test_every_argument_counts")
    good = examples.arguments_of_example(function)
    for index, (formula, shown) in enumerate(function.help.examples, start=1):
        alone = SimpleNamespace(name=function.name, help=SimpleNamespace(examples=((formula, shown),)))
        yield f"example {index}", examples.arguments_of_example(alone)
    if function.python_name in {name for name, _ in every.CASES}:
        given = every.filled(function, every.TELLING.get(function.python_name, good))
        yield "every argument", [given.get(argument.name, OMITTED) for argument in function.arguments]
    for (name, argument), calls in every.TWO_CALLS.items():
        if name == function.python_name:
            yield from ((f"{argument} {number}", call) for number, call in enumerate(calls, start=1))
    for position, argument in enumerate(function.arguments):
        for what, value in _others(function, argument, good, position, wrong):
            padded = good + [OMITTED] * (position + 1 - len(good))
            yield f"{argument.name} {what}", [*padded[:position], value, *padded[position + 1 :]]
    if function.arguments:
        yield "no arguments", []


def _others(function, argument, good, position, wrong):
    """Other values for one argument: ranges, dates, blanks, and all that is wrong for its kind."""
    value = good[position] if position < len(good) else OMITTED
    kind = argument.kind
    if isinstance(value, float) and wrong.takes_numbers_for_several(function, argument):
        yield "down a column", [[value], [value * 1.25], [value]]
        yield "one bad cell", [[value], ["abc"], [value]]
        yield "one error cell", [[value], [CellError("#N/A")], [value]]
    if isinstance(kind, Series) and isinstance(value, list):
        flat = [cell for row in value for cell in row]
        if isinstance(flat[0], str):
            flat = [dt.datetime.fromisoformat(cell) for cell in flat]
            yield "as dates", [flat]
        else:
            yield "two scenarios", [flat, [cell * 2 if cell > 0 else cell for cell in flat]]
            yield "a bad scenario", [flat, [*flat[:-1], None]]
            yield "an error in a scenario", [flat, [*flat[:-1], CellError("#N/A")]]
        yield "in a column", [[cell] for cell in flat]
    if getattr(kind, "many", False) and isinstance(value, str):
        yield "a column of words", [[value], ["no such thing"], [None]]
    yield "left out", OMITTED
    yield "blank", None
    yield "an error", CellError("#N/A")
    bad = list(wrong.wrong_for(function, kind))
    if isinstance(kind, (Series, Vector, Block)):
        bad += wrong.wrong_in_range(kind, wrong.good_range(good, position))
    cells = [cell for cell, _code in bad]
    if isinstance(kind, Table):
        cells += [cell for cell, _code, _word in wrong.wrong_in_table(good[position])]
    yield from ((f"{shown}", cell) for cell in cells if len(shown := _shown(cell)) <= 200)


def _shown(value) -> str:
    if isinstance(value, list):
        return "{" + "; ".join(", ".join(map(_shown, row)) for row in value) + "}"
    return "blank" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _trimmed(arguments: list) -> list:
    arguments = list(arguments)
    while arguments and arguments[-1] is OMITTED:
        arguments.pop()
    return arguments


def _fits_cells(arguments) -> bool:
    """Whether cells can hold the arguments: ranges have equal rows, numbers are finite."""
    for argument in arguments:
        rows = argument if isinstance(argument, list) else [[argument]]
        if not rows or not all(isinstance(row, list) and len(row) == len(rows[0]) > 0 for row in rows):
            return False
        if any(isinstance(cell, float) and not abs(cell) < 1e300 for row in rows for cell in row):
            return False
        if isinstance(argument, list) and any(cell is OMITTED for row in rows for cell in row):
            return False
    return True


@cache
def _tests(name: str) -> ModuleType:
    """A module of the tests of the functions, whose tables of right and wrong arguments are used here too."""
    spec = importlib.util.spec_from_file_location(f"function_tests_{name}", FUNCTION_TESTS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- the table as a workbook -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Placed:
    """Where a case stands in the workbook: its sheet, and the first cell and size of its result."""

    case: Case
    sheet: str
    row: int
    height: int
    width: int

    def refs(self) -> list[list[str]]:
        first = RESULT_COLUMN
        return [
            [f"{get_column_letter(first + across)}{self.row + down}" for across in range(self.width)]
            for down in range(self.height)
        ]


KEY_COLUMN, RESULT_COLUMN, SPARE = 1, 2, 1


def write_workbook(path: Path, chosen=None, name: str = PLAIN) -> list[Placed]:
    """Write the table with its inputs in cells, a sheet for each function; gives the place of each result.

    Results are array formulas, so that every engine fills the whole range. ``name`` is the pattern of a function's
    stored name: "{}" for the plain one, "_xldudf_{}" for Office.js hosts.
    """
    book = Workbook()
    book.remove(book.active)
    placed, next_row = [], {}
    for case in cases() if chosen is None else chosen:
        title = case.function.upper()[:31]
        if title not in book.sheetnames:
            book.create_sheet(title)
            next_row[title] = 1
        sheet, row = book[title], next_row[title]
        rows = case.result()
        height, width = len(rows), len(rows[0])
        sheet.cell(row, KEY_COLUMN, case.key)
        column, tallest = RESULT_COLUMN + width + SPARE, height
        parts = []
        for argument in case.arguments:
            if argument is OMITTED:
                parts.append("")
                continue
            block = argument if isinstance(argument, list) else [[argument]]
            for down, cells in enumerate(block):
                for across, value in enumerate(cells):
                    _enter(sheet.cell(row + down, column + across), value)
            first, last = f"{get_column_letter(column)}{row}", f"{get_column_letter(column + len(block[0]) - 1)}"
            parts.append(first if len(block) == len(block[0]) == 1 else f"{first}:{last}{row + len(block) - 1}")
            column, tallest = column + len(block[0]) + SPARE, max(tallest, len(block))
        formula = f"={name.format(case.function.upper())}({','.join(parts)})"
        place = Placed(case, title, row, height, width)
        refs = place.refs()
        if height == width == 1:
            sheet[refs[0][0]] = formula
        else:
            sheet[refs[0][0]] = ArrayFormula(f"{refs[0][0]}:{refs[-1][-1]}", formula)
        placed.append(place)
        next_row[title] = row + tallest + SPARE
    book.save(path)
    return placed


def _enter(cell, value) -> None:
    if value is None:
        return
    if isinstance(value, CellError):
        cell.value, cell.data_type = str(value), "e"
    elif isinstance(value, str):
        cell.value, cell.data_type = value, "s"
    else:
        cell.value = value


def expected(folder: Path) -> dict[str, list[list]]:
    """The values of the headless engine: key of the case -> rows of cells."""
    from tokenbook.templates.engine import Model

    path = Path(folder) / "cases.xlsx"
    placed = write_workbook(path)
    with Model(path) as model:
        model.recalculate()
        return {p.case.key: [[model.value(p.sheet, ref) for ref in row] for row in p.refs()] for p in placed}


def difference(found, wanted: list[list], tolerance: float = 1e-9) -> str:
    """What differs between two results; empty if nothing does. Numbers to a relative tolerance."""
    found = rows_of(found)
    if [len(row) for row in found] != [len(row) for row in wanted]:
        return f"is {len(found)} x {len(found[0])}, not {len(wanted)} x {len(wanted[0])}: {found!r:.200}"
    for row, (cells, expected_cells) in enumerate(zip(found, wanted, strict=True), start=1):
        for column, (cell, value) in enumerate(zip(cells, expected_cells, strict=True), start=1):
            if not same(cell, value, tolerance):
                return f"row {row}, column {column}: {cell!r}, not {value!r}"
    return ""


def same(cell, value, tolerance: float = 1e-9) -> bool:
    if type(value) is float and type(cell) in (float, int):
        return math.isclose(cell, value, rel_tol=tolerance, abs_tol=1e-12)
    if value in ("", None) and cell in ("", None):
        return True
    if isinstance(value, str) and isinstance(cell, str) and HOST in value:  # TOK_VERSION() names the host
        return cell.partition(HOST)[0] == value.partition(HOST)[0]
    if type(cell) is bool or type(value) is bool:
        return cell is value
    return cell == value
