"""The template workbooks, a module or a folder each, declarative.

A template is a module or folder with ``compose(options) -> Writer`` and ``headline(writer, model) -> Headline``. An entry here is
all that the command line, the tests and the documentation need to know of it; modules are imported when they are used.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

TEMPLATES = {  # name on the command line: the question it answers
    "roi": "Which platform pays over several years? Up to four side by side: cost per Mtok, NPV, IRR, multiple, net ROI.",
    "rack": "Which platform earns most per rack and per megawatt, under which workload, at which speed per user?",
    "tco": "What do tokens cost in full? The GPU-hour line by line; own against rent against API; the memory limit.",
    "cfo": "What does it cost over five years, and what is it worth? Statements, cost curve, depreciation methods, NPV bridge.",
    "business-case": "How to justify a GPU cluster where capex payback does not? Capital efficiency, break-even, cases, verdict.",
    "board": "What does a unit of output cost, this quarter? One page: GPU-hour, Mtok, request, transaction; what moved it.",
    "claims": "Is the vendor's claim sound? Each claim recomputed, beside what was measured; and an audit of your own.",
}


def module(name: str) -> ModuleType:
    """The module or folder of a template; it has ``compose`` and ``headline``."""
    return import_module(f"tokenbook.templates.models.{name.replace('-', '_')}")
