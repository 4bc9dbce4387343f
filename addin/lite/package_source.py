"""The short ``main.py`` of a workbook that asks for the package in requirements.txt instead of carrying the source."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tokenbook.addin.lite.source import MADE_BY, SCRIPT_NAMES, sealed
from tokenbook.addin.version import version
from tokenbook.udfs.functions import registry

TEXT = '''"""Tokenbook {version} in this workbook, {made_by}. Python for the xlwings Lite add-in.

The functions come from the package named in requirements.txt; it must be where Lite looks for packages.
"""

from tokenbook.addin.lite.inside.installed import (  # noqa: F401
{functions}
)
from tokenbook.addin.lite.inside.scripts import (  # noqa: F401
{scripts}
)
'''


def write(functions: Collection[str] | None) -> str:
    """The text of ``main.py`` for these functions (Python names); all of them by default."""
    names = [name for name in registry() if functions is None or name in functions]
    text = TEXT.format(version=version(), made_by=MADE_BY, functions=_listed(names), scripts=_listed(SCRIPT_NAMES))
    return sealed(text)


def _listed(names: Iterable[str]) -> str:
    return "\n".join(f"    {name}," for name in sorted(names))
