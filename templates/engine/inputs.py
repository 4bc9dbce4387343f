"""Setting an input as a person would: no formula is written over, text is no number, the cell's own rules hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tokenbook.templates.engine import validation
from tokenbook.templates.engine.errors import EngineError
from tokenbook.templates.engine.typed import shown
from tokenbook.templates.formulas.places import PlaceError, locate
from tokenbook.templates.formulas.workbook import Formulas
from tokenbook.templates.ooxml.references import parse_ref


@dataclass(frozen=True, slots=True)
class Change:
    """An input set before recalculation."""

    name: str
    sheet: str
    ref: str
    old: Any
    new: Any


def change(held: validation.Held, formulas: Formulas, name: str, value: float | str | bool | None) -> Change:
    """What setting an input changes, which nobody has done yet.

    Raises
    ------
    EngineError
        There is no such cell, it holds a formula, or it refuses the value.
    """
    try:
        sheet, ref = locate(held.package, name)
    except PlaceError as error:
        raise EngineError(str(error)) from None
    cell = formulas.at(sheet, *parse_ref(ref))
    if cell is not None:
        what = "is filled by a what-if table" if cell.is_table else "holds a formula"
        raise EngineError(f"{name}: {sheet}!{ref} {what}; set the inputs it depends on instead")
    old = held.at(sheet, *parse_ref(ref))
    if isinstance(old, float) and isinstance(value, str):
        raise EngineError(f"{name}: {sheet}!{ref} holds the number {old:g}, {value!r} is text")
    refused = validation.refusal(held, sheet, ref, value)
    if refused:
        raise EngineError(f"{name}: {shown(value)} is refused by {sheet}!{ref}: {refused}")
    return Change(name, sheet, ref, old, value)
