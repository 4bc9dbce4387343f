"""Everything that is imported is declared, in the extra whose code imports it, and nothing is declared for nothing."""

import ast
import functools
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRA_OF = {  # code that an extra is for; everything else runs with what is always installed
    "addin/server": "server",
    "addin/commands/serve.py": "server",
    "templates/sweep/schedule.py": "scale",
    "udfs/catalog/team.py": "sql",
}
NOT_IMPORTED = {  # declared for another reason than an import
    "pyarrow": "pandas reads and writes .parquet with it",
    "pytest-xdist": "runs tests side by side",
    "mypy": "tests/typing runs it",
    "pandas-stubs": "mypy reads it",
    "lxml-stubs": "mypy reads it",
    "ruff": "reads the sources",
    "setuptools": "builds the wheel that a test looks into",
}
OUR_OWN = {"tokenbook", "turns"}  # the package, and a module beside the benchmarks
RIVALS = {"formulas", "ironcalc"}  # benchmarks measure them where somebody has installed them
FILES = [path for room in ("addin", "templates", "udfs") for path in sorted((ROOT / room).rglob("*.py"))]
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def named(requirement: str) -> str:
    return normal(re.match(r"[\w.-]+", requirement)[0])


def declared(extra: str | None) -> set[str]:
    """Distributions that are declared for an extra (and those it asks for), or always."""
    found = set()
    for requirement in PROJECT["dependencies"] if extra is None else PROJECT["optional-dependencies"][extra]:
        if named(requirement) == PROJECT["name"]:
            for other in re.search(r"\[(.*)]", requirement)[1].split(","):
                found |= declared(other)
        else:
            found.add(named(requirement))
    return found


@functools.cache
def imported(path: Path, *, at_once: bool = False) -> set[str]:
    """Names of the packages that a file imports: anywhere, or only as soon as it is loaded."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    if at_once:
        later = {each for node in nodes if isinstance(node, FUNCTIONS) for each in ast.walk(node)}
        nodes = [node for node in nodes if node not in later]
    names = [name.name for node in nodes if isinstance(node, ast.Import) for name in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
    return {name.split(".")[0] for name in names} - sys.stdlib_module_names - OUR_OWN - RIVALS


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
DISTRIBUTIONS = {name: {normal(each) for each in found} for name, found in packages_distributions().items()}


def extra_of(path: Path) -> str | None:
    place = path.relative_to(ROOT).as_posix()
    return next((extra for start, extra in EXTRA_OF.items() if place == start or place.startswith(f"{start}/")), None)


def undeclared(names: set[str], *extras: str | None) -> set[str]:
    known = set().union(*map(declared, extras))
    return {name for name in names if not DISTRIBUTIONS.get(name, {name}) & known}


def test_what_a_module_imports_is_declared():
    found = {}
    for path in FILES:
        extra = extra_of(path)
        if missing := undeclared(imported(path), None, *([extra] if extra else [])):
            found[path.relative_to(ROOT).as_posix()] = missing
    assert found == {}


def test_what_an_extra_brings_is_imported_only_when_it_is_used():
    """Commands, templates and functions can be loaded without any extra."""
    rooms = [ROOT / place for place in EXTRA_OF if (ROOT / place).is_dir()]
    always = [path for path in FILES if not set(rooms) & set(path.parents)]
    loaded = {path.relative_to(ROOT).as_posix(): undeclared(imported(path, at_once=True), None) for path in always}
    assert {path: names for path, names in loaded.items() if names} == {}


def test_what_the_tests_import_is_declared_for_them():
    names = set().union(*map(imported, TESTS)) - {path.stem for path in TESTS}
    assert undeclared(names, None, "test") == set()


@pytest.mark.parametrize("room", ["kernels", "catalog", "functions"])
def test_the_small_set_for_the_arithmetic_is_enough_for_its_tests(room):
    names = set().union(*map(imported, [ROOT / "tests" / "conftest.py", *sorted((ROOT / "tests" / room).glob("*.py"))]))
    assert undeclared(names, None, "test-core") == set()


@pytest.mark.parametrize("extra", [None, *PROJECT["optional-dependencies"]])
def test_nothing_is_declared_that_its_code_does_not_import(extra):
    if extra is not None and extra.startswith("test"):
        files = TESTS
    else:
        files = [path for path in FILES if extra is None or extra_of(path) == extra]
    wanted = {each for path in files for name in imported(path) for each in DISTRIBUTIONS.get(name, {name})}
    given = PROJECT["dependencies"] if extra is None else PROJECT["optional-dependencies"][extra]
    own = {named(each) for each in given} - {PROJECT["name"]}
    assert own - wanted - set(NOT_IMPORTED) == set()
