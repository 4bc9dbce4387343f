"""The rooms and the one direction: addin -> templates -> udfs.functions -> udfs.catalog -> udfs.kernels."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FACE = ROOT / "addin" / "face"
ORDER = tuple(  # lower rooms first
    f"tokenbook.{room}" for room in ("udfs.kernels", "udfs.catalog", "udfs.functions", "templates", "addin")
)
FILES = sorted(path for room in ("addin", "templates", "udfs") for path in (ROOT / room).rglob("*.py"))


def module_of(path: Path) -> str:
    parts = ("tokenbook", *path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path):
    package = module_of(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            target = ".".join([*base, *((node.module or "").split(".") if node.module else [])])
            yield target
            yield from (f"{target}.{name.name}" for name in node.names)


def room_of(module: str) -> str | None:
    return next((room for room in ORDER if module == room or module.startswith(room + ".")), None)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_one_way(path):
    room = room_of(module_of(path))
    if room is None or FACE in path.parents:  # the face hands out the functions by name
        return
    for module in imports_of(path):
        other = room_of(module)
        if other is not None:
            assert ORDER.index(other) <= ORDER.index(room), f"{module_of(path)} imports {module}, a higher room"


@pytest.mark.parametrize(
    "path", [p for p in FILES if room_of(module_of(p)) == "tokenbook.udfs.kernels"], ids=lambda p: p.name
)
def test_kernels_need_nothing_but_numpy(path):
    allowed = {"numpy", "tokenbook", *sys.stdlib_module_names}
    assert {module.split(".")[0] for module in imports_of(path)} <= allowed


def loaded_by(command: str) -> set[str]:
    code = f"import sys; {command}; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split("\n")[-2].split())


def test_help_answers_without_pandas_openpyxl_or_the_engine():
    heavy = {"pandas", "openpyxl", "formualizer", "numpy", "lxml", "tokenbook.templates", "xlwings"}
    assert not heavy & loaded_by("from tokenbook.addin.cli import run; run(['--help'])")


def test_the_functions_need_no_pandas():
    assert not {"pandas", "openpyxl", "formualizer"} & loaded_by("import tokenbook; tokenbook.tok_version()")
