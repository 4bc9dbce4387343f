"""A main.py with every function and figure, and what it answers to the shared table when it runs alone."""

import ast
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def texts_in():
    """The function that reads a main.py: path of each module that it carries -> its text."""

    def texts_in(main: Path) -> dict[str, str]:
        tree = ast.parse(main.read_text(encoding="utf-8"))
        calls = (node.value for node in tree.body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call))
        adding = (call for call in calls if ast.unparse(call.func) == "carried.add")
        return {ast.literal_eval(call.args[0]): ast.literal_eval(call.args[1])[1:] for call in adding}

    return texts_in


@pytest.fixture(scope="session")
def full_main(tmp_path_factory) -> Path:
    """main.py with all functions and the whole catalogue."""
    from tokenbook.addin.lite import figures, source
    from tokenbook.udfs import catalog

    path = tmp_path_factory.mktemp("lite") / "main.py"
    rows = list(catalog.active())
    path.write_text(source.write(None, figures.tables(rows), catalog.active().date), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def ran_alone(full_main, host_cases, alone, tmp_path_factory) -> dict:
    """What the full main.py answers to the shared table, in its order; and what it tells Excel of itself."""
    calls = [(case.function, [host_cases.plain(a) for a in case.arguments]) for case in host_cases.cases()]
    return alone(full_main, tmp_path_factory.mktemp("alone"), calls)


@pytest.fixture(scope="session")
def roi_of_may(tmp_path_factory) -> Path:
    """The roi workbook for xlwings Lite as of 2026-05-31: its rates have changed since."""
    from typer.testing import CliRunner

    from tokenbook.addin.cli import app

    path = tmp_path_factory.mktemp("roi") / "roi.xlsx"
    made = CliRunner().invoke(app, ["new", "roi", str(path), "--as-of", "2026-05-31", "--host", "lite"])
    assert made.exit_code == 0, made.output
    return path


@pytest.fixture(scope="session")
def carried(roi_of_may, tmp_path_factory) -> Path:
    """The main.py that this workbook carries."""
    from tokenbook.addin.lite import part
    from tokenbook.templates.ooxml import open_package

    path = tmp_path_factory.mktemp("carried") / "main.py"
    with open_package(roi_of_may) as package:
        path.write_text(part.lite(package).properties["main.py"], encoding="utf-8")
    return path
