"""The package patcher: change chosen cells of an .xlsx, .xlsm, .xltx or .xltm and nothing else.

`open_package` reads a workbook (hostile until proven), `Package` reads and edits cells by splicing the one
part concerned, and `Package.save` copies every other member as the compressed bytes it is. From the bottom:
`errors`, `references` and `values` (plain conversions); `container` (zip), `xmlscan` (XML as bytes), `parts`
(relationships, content types); `sheetscan` (rows and cells with offsets), `cells` (typed values), `edits`
(splicing cells), `workbook`, `tables`, `metadata`, `protection` (what else we look at); `store` (all parts and
their changes), `views` and `makers` (a sheet under edit, and what becomes of one cell); `save` (the disk);
`package`.
"""

from .cells import Cell, Formula
from .container import Limits
from .errors import PackageError
from .package import Package, open_package
from .save import write_atomically
from .tables import Table
from .workbook import DefinedName

__all__ = [
    "Cell",
    "DefinedName",
    "Formula",
    "Limits",
    "Package",
    "PackageError",
    "Table",
    "open_package",
    "write_atomically",
]
