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


TEMPLATES = "tokenbook.templates."
INSIDE = (  # the rooms of templates, lower ones first; those of one line do not know each other
    ("conventions",),
    ("ooxml",),
    ("formulas",),
    ("engine", "formulon"),
    ("trust",),
    ("bindings", "sheets", "build"),
    ("audit", "refresh", "sweep", "models"),
    ("sharing",),
)
LEVEL = {room: level for level, rooms in enumerate(INSIDE) for room in rooms}
PAIRS = {("sheets", "bindings")}  # a bound input is written with its names


def inner_room(module: str) -> str | None:
    """The room of templates that a module belongs to."""
    return module.removeprefix(TEMPLATES).split(".")[0] if module.startswith(TEMPLATES) else None


@pytest.mark.parametrize("path", [p for p in FILES if inner_room(module_of(p))], ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_inside_templates_run_one_way(path):
    room = inner_room(module_of(path))
    assert room in LEVEL, f"{room} is a new room: give it its place"
    for module in modules_imported(path):
        other = inner_room(module)
        if other and other != room and (room, other) not in PAIRS:
            assert LEVEL[other] < LEVEL[room], f"{module_of(path)} imports {module}, a room beside or above it"


def modules_imported(path: Path) -> set[str]:
    """The modules of ours that a file imports, on top or inside a function; a package only for what is no module."""
    found = set()
    for target in imports_of(path):
        if target in MODULES:
            found.add(target)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = module_of(path).split(".")[: None if path.name == "__init__.py" else -1]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            target = ".".join([*base, *((node.module or "").split(".") if node.module else [])])
            if all(f"{target}.{name.name}" in MODULES for name in node.names):
                found.discard(target)  # only modules of it
    return found - {module_of(path)}


MODULES = {module_of(path) for path in FILES}


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Modules that import each other, each group sorted: strongly connected components of more than one."""
    index, low, stack, on_stack, found = {}, {}, [], set(), []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        on_stack.add(node)
        for other in sorted(graph.get(node, ())):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in on_stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            group = []
            while not group or group[-1] != node:
                group.append(stack.pop())
                on_stack.discard(group[-1])
            if len(group) > 1:
                found.append(sorted(group))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def test_a_circle_would_be_seen():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set()}) == [["a", "b", "c"]]


def test_no_modules_import_each_other():
    """Imports inside functions and for types count: what needs them lives in the wrong room."""
    assert circles({module_of(path): modules_imported(path) for path in FILES}) == []


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
