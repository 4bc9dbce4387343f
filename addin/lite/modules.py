"""Which of our modules travel in a workbook: those that functions and scripts import, and what those import in turn.

Imports are read, not run: on the top level and inside functions, but not those that only type checkers see. A package
of which nothing but modules is taken travels without its ``__init__``.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from tokenbook.udfs.errors import TokenbookError

PACKAGE = "tokenbook"
INSIDE = "tokenbook.addin.lite.inside"
# These need files or the package's metadata, which a workbook has not; others take their place and their name.
INSTEAD = {
    "tokenbook.udfs.catalog.packaged": f"{INSIDE}.packaged",
    "tokenbook.udfs.catalog.store": f"{INSIDE}.store",
    "tokenbook.udfs.functions.about": f"{INSIDE}.about",
}
AVAILABLE = {"numpy", "xlwings", *sys.stdlib_module_names}  # what a module may import when it is loaded


class ModuleError(TokenbookError):
    """A module imports what xlwings Lite does not have; a fault of the module, not of the user."""


@dataclass(frozen=True)
class Module:
    """A module as it travels: its name, its text, whether it is the ``__init__`` of a package, what it says it is."""

    name: str
    text: str
    is_package: bool
    about: str = ""

    @property
    def path(self) -> str:
        """Where it would stand: ``tokenbook/udfs/errors.py``."""
        return self.name.replace(".", "/") + ("/__init__.py" if self.is_package else ".py")


def needed(roots: Iterable[str]) -> list[Module]:
    """The modules ``roots`` and all that they import of ours, by name.

    Raises
    ------
    ModuleError
        One of them imports, as soon as it is loaded, what xlwings Lite does not have.
    """
    found: dict[str, Module] = {}
    todo = list(roots)
    while todo:
        name = todo.pop()
        if name not in found:
            found[name] = _read(name)
            todo += _imported(found[name])
    return sorted(found.values(), key=lambda module: module.name)


@cache
def _read(name: str) -> Module:
    spec = find_spec(INSTEAD.get(name, name))
    if spec is None or spec.origin is None:
        raise ModuleError(f"{name}: its source was not found")
    text = Path(spec.origin).read_text(encoding="utf-8")
    about = (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
    return Module(name, text, spec.submodule_search_locations is not None, about)


@cache
def _imported(module: Module) -> tuple[str, ...]:
    """Our modules that a module imports."""
    tree = ast.parse(module.text)
    for node in tree.body:
        for base in _bases(module, node):
            if base.partition(".")[0] not in (PACKAGE, *AVAILABLE):
                raise ModuleError(f"{module.name} imports {base}, which xlwings Lite does not have")
    return tuple(name for node in _running(tree.body) for name in _ours(module, node))


def _running(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Nodes and all inside them, but for what stands under ``if TYPE_CHECKING``."""
    for node in nodes:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from _running(node.orelse)
        else:
            yield node
            yield from _running(ast.iter_child_nodes(node))


def _bases(module: Module, node: ast.AST) -> list[str]:
    """The modules that an import statement names."""
    if isinstance(node, ast.Import):
        return [item.name for item in node.names]
    return [_base(module, node)] if isinstance(node, ast.ImportFrom) else []


def _base(module: Module, node: ast.ImportFrom) -> str:
    """The module that stands behind ``from``, dots resolved."""
    parts = module.name.split(".")
    above = parts[: len(parts) - node.level + module.is_package] if node.level else []
    return ".".join([*above, *([node.module] if node.module else [])])


def _ours(module: Module, node: ast.AST) -> Iterator[str]:
    for base in _bases(module, node):
        if base.partition(".")[0] != PACKAGE:
            continue
        if not isinstance(node, ast.ImportFrom):
            yield base
            continue
        for item in node.names:
            inner = f"{base}.{item.name}"
            is_module = _is_module(inner)
            if is_module:
                yield inner
            if not is_module or item.name in _bound(_read(base)):
                yield base


@cache
def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # the part in front of the last dot is no package
        return False


@cache
def _bound(package: Module) -> frozenset[str]:
    """Names that a package gives a meaning of its own, which may also be names of its modules."""
    found: set[str] = set()
    for node in ast.parse(package.text).body:
        if isinstance(node, ast.ImportFrom):
            base = _base(package, node)
            found |= {i.asname or i.name for i in node.names if f"{base}.{i.name}" != f"{package.name}.{i.name}"}
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
    return frozenset(found)
