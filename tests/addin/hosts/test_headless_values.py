"""The headless engine, by which other hosts are measured, against the functions themselves; the reach of the table."""

import pytest

from tokenbook.udfs.functions import registry
from tokenbook.udfs.functions.errors import is_error

FUNCTIONS = registry()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_cell_of_the_engine_shows_what_the_function_answers(name, host_cases, expected):
    complaints = []
    for case in host_cases.cases_of(name):
        wanted = [[str(cell) if is_error(cell) else cell for cell in row] for row in case.result()]
        found = [[str(cell) if is_error(cell) else cell for cell in row] for row in expected[case.key]]
        if wrong := host_cases.difference(found, wanted, tolerance=1e-12):
            complaints.append(f"{case.key}: {wrong}")
    assert complaints == []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_table_asks_every_function_for_values_and_for_errors(name, host_cases):
    shown = [cell for case in host_cases.cases_of(name) for row in case.result() for cell in row]
    assert any(not is_error(cell) for cell in shown)
    assert any(is_error(cell) for cell in shown) == bool(FUNCTIONS[name].arguments)
