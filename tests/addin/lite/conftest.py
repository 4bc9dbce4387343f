"""A main.py with every function and figure, and what it answers to the shared table when it runs alone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ALONE = Path(__file__).with_name("alone.py")


def as_json(argument):
    """An argument of a case for the other process: errors as entities, what is left out as null."""
    from udfs.functions import CellError
    from udfs.functions.arguments import OMITTED

    if isinstance(argument, list):
        return [[as_json(cell) for cell in row] for row in argument]
    if isinstance(argument, CellError):
        return {"basicValue": str(argument)}
    return None if argument is OMITTED else argument


def as_questions(calls: list, scripts: list = ()) -> str:
    """What alone.py reads."""
    asked = {"calls": [[name, [as_json(a) for a in arguments]] for name, arguments in calls], "scripts": list(scripts)}
    return json.dumps(asked)


def run_alone(main: Path, folder: Path, calls: list = (), scripts: list = (), *, installed: bool = False) -> dict:
    """Questions to a main.py that runs in a process of its own; calls are (function, arguments)."""
    questions, answers = folder / "questions.json", folder / "answers.json"
    questions.write_text(as_questions(calls, scripts))
    command = [sys.executable, "-I", "-W", "error::RuntimeWarning", str(ALONE), str(main), str(questions), str(answers)]
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


@pytest.fixture(scope="session")
def full_main(tmp_path_factory) -> Path:
    """main.py with all functions and the whole catalogue."""
    from addin.lite import figures, source
    from udfs import catalog

    path = tmp_path_factory.mktemp("lite") / "main.py"
    rows = list(catalog.active())
    path.write_text(source.write(None, figures.tables(rows), catalog.active().date), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def ran_alone(full_main, host_cases, tmp_path_factory) -> dict:
    """What the full main.py answers to the shared table, in its order; and what it tells Excel of itself."""
    calls = [(case.function, [host_cases.plain(a) for a in case.arguments]) for case in host_cases.cases()]
    return run_alone(full_main, tmp_path_factory.mktemp("alone"), calls)


@pytest.fixture(scope="session")
def roi_of_may(tmp_path_factory) -> Path:
    """The roi workbook for xlwings Lite as of 2026-05-31: its rates have changed since."""
    from typer.testing import CliRunner

    from addin.cli import app

    path = tmp_path_factory.mktemp("roi") / "roi.xlsx"
    made = CliRunner().invoke(app, ["new", "roi", str(path), "--as-of", "2026-05-31", "--host", "lite"])
    assert made.exit_code == 0, made.output
    return path


@pytest.fixture(scope="session")
def carried(roi_of_may, tmp_path_factory) -> Path:
    """The main.py that this workbook carries."""
    from addin.lite import part
    from templates.ooxml import open_package

    path = tmp_path_factory.mktemp("carried") / "main.py"
    with open_package(roi_of_may) as package:
        path.write_text(part.lite(package).properties["main.py"], encoding="utf-8")
    return path
