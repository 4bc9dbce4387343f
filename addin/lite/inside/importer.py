"""Imports the modules that stand below as text, under the names they have in the package.

It comes before everything else that could offer a module of that name, and asks for nothing outside this file. Line
numbers in error messages are those of the module, "main.py/tokenbook/udfs/errors.py" is the one of that heading.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType

PACKAGE = "tokenbook"


class Carried(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds and runs the modules whose text was added; a package may stand without a text of its own."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}  # "tokenbook/udfs/errors.py" -> what stands in it

    def add(self, path: str, text: str) -> None:
        """Keep the text of a module; the line break with which its block opens is not part of it."""
        self.texts[path] = text.removeprefix("\n")

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] != PACKAGE:
            return None
        place = self._place(fullname)
        is_package = place.endswith("/__init__.py")
        if place not in self.texts and not is_package:
            raise ModuleNotFoundError(f"{fullname} is not among the modules in this workbook", name=fullname)
        return importlib.machinery.ModuleSpec(fullname, self, origin=f"main.py/{place}", is_package=is_package)

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        exec(compile(self.get_source(name), f"main.py/{self._place(name)}", "exec", dont_inherit=True), vars(module))

    def get_source(self, fullname: str) -> str:
        """The text of a module; tracebacks show lines of it."""
        return self.texts.get(self._place(fullname), "")

    def _place(self, fullname: str) -> str:
        folder = fullname.replace(".", "/")
        is_package = any(place.startswith(f"{folder}/") for place in self.texts)
        return f"{folder}/__init__.py" if is_package else f"{folder}.py"


def install() -> Carried:
    """A new importer in front of all others; what an earlier run of this file imported is forgotten."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__name__ != Carried.__name__]
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]
    carried = Carried()
    sys.meta_path.insert(0, carried)
    return carried
