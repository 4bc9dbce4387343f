"""What time sheets and grids are made of: rows, constants, inputs brought there, headings, in blocks."""

from __future__ import annotations

from dataclasses import dataclass

from openpyxl.worksheet.worksheet import Worksheet

from tokenbook.templates.sheets.inputs import LABEL, UNIT, Input
from tokenbook.templates.sheets.writer import Writer


@dataclass(frozen=True, slots=True)
class Row:
    """A line over the months: one formula, the same in every column."""

    key: str
    label: str
    unit: str
    formula: str
    kind: str = "number"  # number format, a key of style.FORMATS
    total: str = ""  # formula of the total column; "sum" for the plain sum
    strong: bool = False
    note: str = ""  # words beside the line, on grids


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that does not change over time: one formula in the constant column."""

    key: str
    label: str
    unit: str
    formula: str
    kind: str = "number"
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Ingredient:
    """An input brought to the sheet that uses it; label, unit and format are those of the input."""

    key: str


@dataclass(frozen=True, slots=True)
class Heading:
    text: str


Line = Row | Constant | Ingredient | Heading


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together: one platform's model, say. ``scope`` names the inputs it reads first."""

    key: str
    title: str
    lines: tuple[Line, ...]
    scope: str = ""


def write_label(
    writer: Writer, sheet: Worksheet, row: int, line: Line, inputs: dict[str, Input], brought: type[Row | Constant]
) -> Row | Constant | None:
    """Write label and unit of a line, and say which formula belongs there; None for a heading.

    An ingredient becomes a ``brought`` (Row or Constant) with the input's value in the currency of the model.
    """
    label, unit, paint = sheet.cell(row, LABEL), sheet.cell(row, UNIT), writer.painter.paint
    if isinstance(line, Heading):
        label.value = line.text
        paint(label, "TB Column Left")
        return None
    shown: Row | Constant
    if isinstance(line, Ingredient):
        item, cell = inputs[line.key], "{@" + line.key + "}"
        value = writer.converted(cell, item.unit)
        formula = f'=IF({cell}="","",{value})' if item.blank else f"={value}"
        shown = brought(line.key, item.label, item.unit, formula, item.kind)
    else:
        shown = line
    label.value, unit.value = shown.label, writer.unit(shown.unit)
    paint(label, "TB Total" if shown.strong else "TB Label")
    paint(unit, "TB Unit")
    return shown
