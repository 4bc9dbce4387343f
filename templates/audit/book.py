"""A workbook as the audit reads it: its formula cells, parsed, and its typed numbers; one pass over each sheet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tokenbook.templates.audit.formula import Parsed, parse
from tokenbook.templates.ooxml import Package
from tokenbook.templates.ooxml.references import Ranges, parse_range


@dataclass(slots=True)
class FormulaCell:
    """A cell that is calculated: its formula (None in the cells that an array fills) and the value in the file."""

    ref: str
    row: int
    column: int
    text: str | None
    kind: str
    value: Any
    value_kind: str
    parsed: Parsed | None


@dataclass(slots=True)
class Sheet:
    """The formulas of a sheet by (row, column), its typed numbers, and the ranges that arrays fill."""

    name: str
    formulas: dict[tuple[int, int], FormulaCell] = field(default_factory=dict)
    numbers: dict[tuple[int, int], float] = field(default_factory=dict)
    filled: dict[tuple[int, int], FormulaCell] = field(default_factory=dict)
    anchors: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)  # filled cell -> its formula
    unreadable: list[str] = field(default_factory=list)


def read(package: Package) -> dict[str, Sheet]:
    """All sheets of a package, by name."""
    return {name: _sheet(package, name) for name in package.sheets}


def _sheet(package: Package, name: str) -> Sheet:
    sheet, arrays, others = Sheet(name), [], []
    for cell in package.cells(name):
        if cell.formula is not None:
            parsed = parse(cell.formula, cell.row, cell.column) if cell.formula else None
            if parsed is None and cell.formula and cell.formula_kind != "dataTable":
                sheet.unreadable.append(cell.ref)
            sheet.formulas[cell.row, cell.column] = FormulaCell(
                cell.ref, cell.row, cell.column, cell.formula, cell.formula_kind, cell.value, cell.kind, parsed
            )
            if cell.array_ref and ":" in cell.array_ref and cell.formula_kind == "array":
                arrays.append(parse_range(cell.array_ref))
        elif cell.kind != "blank":
            others.append(cell)
    areas = Ranges(arrays)
    for cell in others:
        place = cell.row, cell.column
        if arrays and areas.at(*place):
            sheet.anchors[place] = areas.at(*place)[:2]
            sheet.filled[place] = FormulaCell(cell.ref, *place, None, "filled", cell.value, cell.kind, None)
        elif cell.kind == "number":
            sheet.numbers[place] = cell.value
    return sheet
