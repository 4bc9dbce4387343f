"""For the tests of the hosts: the shared table of inputs and the engine's values for it."""

import importlib.util
import sys
from pathlib import Path

import pytest

TABLE = Path(__file__).parents[1] / "hosts" / "cases.py"


def load_table():
    if "host_cases" not in sys.modules:
        spec = importlib.util.spec_from_file_location("host_cases", TABLE)
        sys.modules["host_cases"] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules["host_cases"]


@pytest.fixture(scope="session")
def host_cases():
    """The module tests/hosts/cases.py: ``cases()``, ``cases_of(name)``, ``write_workbook(path)``, ``difference``."""
    return load_table()


@pytest.fixture(scope="session")
def expected(host_cases, tmp_path_factory) -> dict[str, list[list]]:
    """The headless engine's value of every case: key -> rows of cells."""
    return host_cases.expected(tmp_path_factory.mktemp("cases"))
