"""The package patcher: change chosen cells of an .xlsx, .xlsm, .xltx or .xltm and nothing else.

`open_package` reads a workbook (hostile until proven), `Package` reads and edits cells by splicing the one
part concerned, and `Package.save` copies every other member as the compressed bytes it is. What stands where,
and why, is in README.md.
"""

from .cells import Cell, CellValue, Formula
from .container import Limits
from .errors import PackageError
from .package import Package, open_package
from .parts import Relationship
from .save import write_atomically
from .tables import Table
from .workbook import DefinedName

__all__ = [
    "Cell",
    "CellValue",
    "DefinedName",
    "Formula",
    "Limits",
    "Package",
    "PackageError",
    "Relationship",
    "Table",
    "open_package",
    "write_atomically",
]
