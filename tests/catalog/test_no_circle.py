"""The modules of the catalogue import each other one way, also where an import waits inside a function."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

from tokenbook.udfs import catalog

FOLDER = Path(catalog.__file__).parent


def imported(file: Path) -> set[str]:
    """Modules of the catalogue that a file imports, anywhere in it, by their path under the folder."""
    home = file.parent.relative_to(FOLDER)
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = home if node.level == 1 else home.parent
            target = base.joinpath(*(node.module or "").split(".")) if node.module else base
            for name in [target, *(target / alias.name for alias in node.names)]:
                if (FOLDER / name).with_suffix(".py").is_file():
                    found.add(str(name))
                elif (FOLDER / name / "__init__.py").is_file() and name != Path():
                    found.add(str(name / "__init__"))
    return found - {str(file.relative_to(FOLDER).with_suffix(""))}


def test_no_module_of_the_catalogue_is_in_a_circle():
    graph = {
        str(file.relative_to(FOLDER).with_suffix("")): imported(file)
        for file in FOLDER.rglob("*.py")
        if file != FOLDER / "__init__.py"
    }
    assert "team" in graph["store"]
    assert "importers/quotes" in graph["team"]
    order = tuple(TopologicalSorter(graph).static_order())  # CycleError names the circle
    assert order.index("importers/quotes") < order.index("team") < order.index("store")
