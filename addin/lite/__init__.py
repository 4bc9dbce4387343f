"""xlwings Lite: the workbook carries its functions. ``embed`` puts them in; README.md says how to use them.

``modules`` finds what travels, ``source`` and ``package_source`` write ``main.py``, ``figures`` chooses the rows that
travel, ``part`` reads and writes the web-extension part, ``inside`` is what runs in Lite beside our functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenbook.addin.lite.embedding import Embedded as Embedded
    from tokenbook.addin.lite.embedding import EmbedError as EmbedError
    from tokenbook.addin.lite.embedding import embed as embed


def __getattr__(name: str) -> object:
    if name in ("embed", "EmbedError", "Embedded"):
        from importlib import import_module

        return getattr(import_module("tokenbook.addin.lite.embedding"), name)
    raise AttributeError(name)
