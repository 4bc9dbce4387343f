"""xlwings Lite: the workbook carries its functions. ``embed`` puts them in; README.md says how to use them.

``flatten`` lays modules end to end, ``source`` and ``package_source`` write ``main.py``, ``figures`` chooses the rows
that travel, ``part`` reads and writes the web-extension part, ``inside`` is what runs in Lite beside our functions.
"""


def __getattr__(name: str):
    if name in ("embed", "EmbedError", "Embedded"):
        from importlib import import_module

        return getattr(import_module("tokenbook.addin.lite.embedding"), name)
    raise AttributeError(name)
