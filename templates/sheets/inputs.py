"""The Inputs sheet: what a reader may change, with unit, allowed values, and the baseline each figure came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import PatternFill
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from tokenbook.templates.conventions import BASELINE, OVERRIDE, STATUS
from tokenbook.templates.sheets.baselines import kept
from tokenbook.templates.sheets.citations import short_citation
from tokenbook.templates.sheets.formula import Cell, Range
from tokenbook.templates.sheets.style import lines_of
from tokenbook.templates.sheets.writer import Writer

LABEL, UNIT, FIRST = 1, 2, 3  # columns
WHERE_WIDTH = 100  # characters


@dataclass(frozen=True, slots=True)
class Input:
    """One line of the Inputs sheet.

    ``low``/``high`` bound a number (``above`` is an open bound), ``choices`` names a list of the workbook, ``blank``
    allows none. ``each`` asks for one value per platform. ``name`` becomes a defined name, numbered for each platform.
    """

    name: str
    label: str
    unit: str
    kind: str = "number"
    low: float | None = None
    high: float | None = None
    above: float | None = None
    whole: bool = False
    choices: str = ""
    blank: bool = False
    each: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Inputs under one heading. ``scopes`` and ``columns`` give it columns of its own instead of the platforms."""

    title: str
    inputs: tuple[Input, ...]
    scopes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()  # their headings


@dataclass(frozen=True, slots=True)
class Filled:
    """A value for an input cell, and the Baselines row it was taken from (an id, or None for a plain assumption).

    ``note`` tells where a value comes from that no single row holds, such as an interpolated one. ``pinned`` keeps a
    figure of its day (the rate when a claim was made): it has its row on Baselines, and refresh leaves it alone.
    """

    value: object
    baseline: str | None = None
    note: str = ""
    pinned: bool = False


Filling = Mapping[str, Filled | list[Filled]]  # the value of each input by name, one per scope for those with ``each``


def kept_and_refreshed(filled: Filling) -> set[str]:
    """Baselines that one input keeps as they were and another has refreshed; each needs a row of its own."""
    values = [each for value in filled.values() for each in (value if isinstance(value, list) else [value])]
    pinned = {value.baseline for value in values if value.pinned}
    return pinned & {value.baseline for value in values if value.baseline and not value.pinned}


def write(writer: Writer, sections: Sequence[Section], filled: Filling, scopes: Sequence[str]) -> None:
    """Write the Inputs sheet.

    ``filled[name]`` is a Filled, or a list of them, one per scope, for inputs with ``each``. Baselines rows are
    numbered by ``writer.baseline_place``, so that the status column can compare the cell with its baseline.
    """
    sheet = writer.sheet("Inputs")
    source = FIRST + max(len(scopes), *(len(section.scopes) for section in sections))
    status = source + 1
    row = writer.head("Inputs", "Change what is blue on yellow. Everything else follows.", last=status)
    for section in sections:
        each = any(item.each for item in section.inputs)
        own = section.scopes or scopes
        heads = (section.columns or own) if each else ("Value",)
        row = _section_head(writer, sheet, row, section.title, heads, source, status)
        for item in section.inputs:
            _write_input(writer, sheet, row, item, filled, own, source, status)
            row += 1
        row += 1
    writer.book.put("inputs.status", Range("Inputs", writer.body_row, status, row, status))
    sheet.column_dimensions["A"].width = 52
    sheet.column_dimensions["B"].width = 24
    for column in range(FIRST, source):
        sheet.column_dimensions[get_column_letter(column)].width = 15
    sheet.column_dimensions[get_column_letter(source)].width = WHERE_WIDTH
    sheet.column_dimensions[get_column_letter(status)].width = 14
    sheet.freeze_panes = sheet.cell(writer.body_row, FIRST)
    writer.finish(sheet, last_row=row - 2, last_column=status)


def _section_head(
    writer: Writer, sheet: Worksheet, row: int, title: str, columns: Sequence[str], source: int, status: int
) -> int:
    for column in range(LABEL, status + 1):
        writer.painter.paint(sheet.cell(row, column), "TB Column" if FIRST <= column < source else "TB Column Left")
    sheet.cell(row, LABEL).value, sheet.cell(row, UNIT).value = title, "Unit"
    for offset, text in enumerate(columns):
        sheet.cell(row, FIRST + offset).value = text
    sheet.cell(row, source).value, sheet.cell(row, status).value = "Where it comes from", STATUS
    return row + 1


def _write_input(
    writer: Writer,
    sheet: Worksheet,
    row: int,
    item: Input,
    filled: Filling,
    scopes: Sequence[str],
    source: int,
    status: int,
) -> None:
    paint = writer.painter.paint
    label, unit = sheet.cell(row, LABEL), sheet.cell(row, UNIT)
    label.value, unit.value = item.label, item.unit
    paint(label, "TB Label")
    paint(unit, "TB Unit")
    values = filled[item.name]
    values = values if item.each else [values]
    comparisons, rows = [], []
    cites = not item.note and not any(value.note for value in values)  # else the note tells something else
    for offset, (scope, value) in enumerate(zip(scopes if item.each else ("",), values, strict=True)):
        cell = sheet.cell(row, FIRST + offset)
        cell.value = value.value
        paint(cell, "TB Input", item.kind)
        place = Cell("Inputs", row, FIRST + offset)
        writer.book.put(f"inputs.{scope}.{item.name}" if item.each else f"inputs.{item.name}", place)
        name = f"{item.name}_{offset + 1}" if item.each else item.name
        writer.define(name, place)
        if value.baseline:
            key = kept(value.baseline) if value.pinned else value.baseline
            at = writer.baseline_place(key if key in writer.baselines else value.baseline)
            here = f"{get_column_letter(cell.column)}{row}"
            comparisons.append(f"{here}={quote_sheetname(at.sheet)}!${get_column_letter(at.column)}${at.row}")
            rows.append(writer.baseline_row(value.baseline))
            if not value.pinned:
                writer.bound(name, place, value.baseline, note=Cell("Inputs", row, source) if cites else None)
    rule = _validation(writer, item)
    if rule is not None:
        rule.add(f"{get_column_letter(FIRST)}{row}:{get_column_letter(FIRST + len(values) - 1)}{row}")
        sheet.add_data_validation(rule)
    where = sheet.cell(row, source)
    derived = "; ".join(dict.fromkeys(value.note for value in values if value.note))
    where.value = derived or item.note or (short_citation(rows) if rows else "Your figure")
    paint(where, "TB Note")
    sheet.row_dimensions[row].height = 13.5 * lines_of(where.value, WHERE_WIDTH)
    state = sheet.cell(row, status)
    if comparisons:
        state.value = f'=IF(AND({",".join(comparisons)}),"{BASELINE}","{OVERRIDE}")'
        paint(state, "TB Link")
        marked = FormulaRule([f'{state.coordinate}="{OVERRIDE}"'], fill=PatternFill("solid", bgColor="FFD9A0"))
        sheet.conditional_formatting.add(state.coordinate, marked)
    else:
        state.value = "assumption"
        paint(state, "TB Unit")


def _validation(writer: Writer, item: Input) -> DataValidation | None:
    if item.choices:
        place = writer.book.find(f"lists.{item.choices}")
        assert isinstance(place, Range)
        letter = get_column_letter(place.column)
        listed = f"{quote_sheetname(place.sheet)}!${letter}${place.row}:${letter}${place.last_row}"
        rule = DataValidation("list", formula1=listed, allow_blank=item.blank, showErrorMessage=True)
        rule.error = f"{item.label}: choose from the list"
    elif item.kind == "date":
        rule = DataValidation("date", operator="greaterThan", formula1="36526", allow_blank=item.blank)
        rule.error = f"{item.label}: a date belongs here"
    elif item.above is not None or item.low is not None or item.high is not None:
        rule = bounds(item.label, low=item.low, high=item.high, above=item.above, whole=item.whole, blank=item.blank)
    else:
        return None
    rule.showErrorMessage, rule.errorTitle = True, "Tokenbook"
    rule.promptTitle, rule.prompt = item.label[:32], (item.note or item.unit)[:250]
    rule.showInputMessage = bool(item.note)
    return rule


def bounds(
    label: str,
    *,
    low: float | None = None,
    high: float | None = None,
    above: float | None = None,
    whole: bool = False,
    blank: bool = False,
) -> DataValidation:
    """A validation for a number between bounds; ``above`` is an open one."""
    if above is not None:
        rule = DataValidation("decimal", operator="greaterThan", formula1=f"{above:.15g}", allow_blank=blank)
        rule.error = f"{label}: a number above {above:,g} belongs here"
    else:
        bottom, top = (low if low is not None else -1e15), (high if high is not None else 1e15)
        rule = DataValidation(
            "whole" if whole else "decimal",
            operator="between",
            formula1=f"{bottom:.15g}",
            formula2=f"{top:.15g}",
            allow_blank=blank,
        )
        between = f"from {bottom:,g} to {top:,g}" if high is not None else f"of {bottom:,g} or more"
        rule.error = f"{label}: a {'whole ' if whole else ''}number {between} belongs here"
    rule.showErrorMessage, rule.errorTitle = True, "Tokenbook"
    return rule
