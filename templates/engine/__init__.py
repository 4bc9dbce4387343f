"""Recalculating a workbook in process, with our functions bound. README.md says what the rooms above may ask.

``model`` holds a workbook in the engine; ``functions`` binds ours and carries values to and fro; ``inputs`` sets an
input as a person would; ``validation`` reads what an input cell takes; ``typed`` what a person types.
"""

from tokenbook.templates.engine.errors import EngineError
from tokenbook.templates.engine.inputs import Change
from tokenbook.templates.engine.model import CIRCLE, NOT_KNOWN, Model, Reading
from tokenbook.templates.engine.typed import parse_value

__all__ = ["CIRCLE", "NOT_KNOWN", "Change", "EngineError", "Model", "Reading", "parse_value"]
