"""LibreOffice Calc with the wrappers installed: every function in cells, as in the headless engine."""

import dataclasses

import openpyxl
import pytest

from tokenbook.addin.calc import omitted
from tokenbook.udfs.functions import registry
from tokenbook.udfs.functions.arguments import OMITTED, Number

pytestmark = pytest.mark.libreoffice
FUNCTIONS = registry()


def handed_over(value):
    """LibreOffice has no logical values: TRUE is the number 1."""
    if isinstance(value, list):
        return [[handed_over(cell) for cell in row] for row in value]
    return float(value) if type(value) is bool else value


def as_calc_hands_over(case):
    """The case with its arguments as Calc hands them over, where that differs; see addin/calc/README.md."""
    arguments = [handed_over(value) for value in case.arguments]
    declared = FUNCTIONS[case.function].arguments
    for position, value in enumerate(arguments[:-1]):
        if value is OMITTED and isinstance(declared[position].kind, Number) and not declared[position].optional:
            arguments[position] = 0.0  # left out in the middle
    if repr(arguments) == repr(list(case.arguments)):  # True == 1.0, but they look different
        return case
    return dataclasses.replace(case, handed=tuple(arguments))


def cannot_tell(case) -> bool:
    """Whether an argument is left out in the middle where 0 would mean something else than the default."""
    declared = FUNCTIONS[case.function].arguments
    return any(
        value is OMITTED and omitted.left_out_or_zero(declared[position]) is None
        for position, value in enumerate(case.arguments[:-1])
    )


@pytest.fixture(scope="module")
def recalculated(calc, host_cases, tmp_path_factory):
    """The shared table as LibreOffice calculates it: key -> the case as handed over, and rows of cells."""
    path = tmp_path_factory.mktemp("table") / "cases.xlsx"
    placed = host_cases.write_workbook(path, map(as_calc_hands_over, host_cases.cases()))
    (made,) = calc.recalculated([path])
    book = openpyxl.load_workbook(made, data_only=True)
    return {p.case.key: (p.case, [[book[p.sheet][ref].value for ref in row] for row in p.refs()]) for p in placed}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_calc_shows_what_the_headless_engine_shows(name, recalculated, host_cases, expected):
    complaints = []
    for case in host_cases.cases_of(name):
        handed, found = recalculated[case.key]
        wanted = expected[case.key] if handed.handed is None else handed.result()
        if cannot_tell(case):
            wanted = [["#VALUE!"] * len(row) for row in found]
        if wrong := host_cases.difference(found, wanted):
            complaints.append(f"{case.key}: {wrong}")
    assert complaints == []


def test_calc_differs_in_few_cases_only(host_cases):
    cases = host_cases.cases()
    different = [
        case for case in cases if cannot_tell(case) or (not case.logical and as_calc_hands_over(case) is not case)
    ]
    assert len(different) < 0.05 * len(cases)
