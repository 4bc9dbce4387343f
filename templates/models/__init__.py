"""The template workbooks, one module each, declarative.

A template is a module with ``compose(options) -> Writer`` and ``headline(writer, model) -> Headline``. An entry here is
all that the command line, the tests and the documentation need to know of it; modules are imported when they are used.
"""

from __future__ import annotations

from importlib import import_module

TEMPLATES = {  # name on the command line: the question it answers
    "roi": "Which platform pays over several years? Up to four side by side: cost per Mtok, NPV, IRR, multiple, net ROI.",
}


def module(name: str):
    """The module of a template."""
    return import_module(f"templates.models.{name.replace('-', '_')}")
