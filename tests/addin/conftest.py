"""For the tests of the hosts: the shared table of inputs, the engine's values for it, and a main.py that runs alone."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TABLE = Path(__file__).parents[1] / "hosts" / "cases.py"
ALONE = Path(__file__).parent / "lite" / "alone.py"


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


def as_json(argument):
    """An argument of a case for the other process: errors as entities, what is left out as null."""
    from tokenbook.udfs.functions import CellError
    from tokenbook.udfs.functions.arguments import OMITTED

    if isinstance(argument, list):
        return [[as_json(cell) for cell in row] for row in argument]
    if isinstance(argument, CellError):
        return {"basicValue": str(argument)}
    return None if argument is OMITTED else argument


def as_questions(calls: list, scripts: list = ()) -> str:
    """What alone.py reads."""
    asked = {"calls": [[name, [as_json(a) for a in arguments]] for name, arguments in calls], "scripts": list(scripts)}
    return json.dumps(asked)


def run_alone(
    main: Path | list[Path], folder: Path, calls: list = (), scripts: list = (), *, installed: bool = False
) -> dict:
    """Questions to a main.py that runs in a process of its own; calls are (function, arguments), one for each of
    several main.py."""
    place = os.pathsep.join(map(str, main if isinstance(main, list) else [main]))
    questions, answers = folder / "questions.json", folder / "answers.json"
    questions.write_text(as_questions(calls, scripts))
    command = [sys.executable, "-I", "-W", "error::RuntimeWarning", str(ALONE), place, str(questions), str(answers)]
    command += ["installed"] if installed else []
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(answers.read_text())


@pytest.fixture(scope="session")
def alone():
    """The function ``run_alone``."""
    return run_alone


@pytest.fixture(scope="session")
def asked():
    """The function ``as_questions``."""
    return as_questions
