"""Excel on Windows: every function through xlwings' own call path, the same values as in the headless engine."""

import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tokenbook.addin.classic import functions, vba
from tokenbook.udfs.functions import CellError, registry

FUNCTIONS = registry()
PROCESS = Path(__file__).with_name("classic_process.py")
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def through_com(tmp_path_factory):
    """What ``call_udf`` gives back to VBA: for each case, and for some calls that cells cannot make."""
    out = tmp_path_factory.mktemp("classic") / "found.pickle"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, str(PROCESS), str(out)], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return pickle.loads(out.read_bytes())


def shown(value):
    """What TokenbookShown of the wrappers makes of an answer."""
    if isinstance(value, (list, tuple)):
        return [[shown(cell) for cell in row] for row in value]
    if isinstance(value, str) and value.startswith(functions.MARK):
        return CellError(value.removeprefix(functions.MARK))
    return value


@pytest.mark.parametrize("name", FUNCTIONS)
def test_excel_shows_what_the_headless_engine_shows(name, through_com, host_cases, expected):
    complaints = [
        f"{case.key}: {wrong}"
        for case in host_cases.cases_of(name)
        if (wrong := host_cases.difference(shown(through_com[0][case.key]), expected[case.key], tolerance=1e-12))
    ]
    assert complaints == []


def test_values_cross_com_as_com_can_carry_them(through_com):
    def carried(value):
        return type(value) in (float, str, bool)

    for key, value in through_com[0].items():
        rows = value if isinstance(value, (list, tuple)) else [[value]]
        assert all(carried(cell) for row in rows for cell in row), key


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("currency", pytest.approx(0.0193363, abs=5e-8)),
        ("written into the formula", pytest.approx(0.0193363, abs=5e-8)),
        ("array in the formula", pytest.approx(57.1713, abs=5e-5)),
        ("an error in the formula", "#DIV/0!"),
        ("unknown function", "#NAME?"),
    ],
)
def test_what_excel_hands_over_in_its_own_way(what, value, through_com):
    assert shown(through_com[1][what]) == value


def test_every_error_that_python_can_send_is_a_real_excel_error_in_the_wrapper():
    text = vba.functions()
    cases = dict(re.findall(r'Case "(#[^"]+)": TokenbookCell = CVErr\((\w+)\)', text))
    assert set(cases) == set(functions.ERROR_NUMBERS)
    mark = int(re.search(r"AscW\(Left\$\(answer, 1\)\) <> (-?\d+)", text)[1])
    assert chr(mark % 0x10000) == functions.MARK, "AscW gives a signed number"
