"""The sheets without calculation: Cover, Lists and Log."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import Any

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from tokenbook.templates.conventions import LOG_TABLE
from tokenbook.templates.sheets import style
from tokenbook.templates.sheets.formula import Cell, Range
from tokenbook.templates.sheets.writer import Writer

USUAL_SHEETS = {  # what a reader finds on sheets that mean the same in every workbook
    "Inputs": "All that may be changed, with unit, source and status.",
    "Baselines": "Every pre-filled figure with source, date, qualifier; and those that contradict it.",
    "Panels": "The same model through the functions of the add-in, for reconciliation and for your own formulas.",
    "Checks": "Two ways to each number.",
    "Log": "What was written here, and when.",
    "Lists": "Choices and tables behind the inputs.",
}
LAST_STEP = "Checks: must say OK. Without the add-in the model still works; only the function panels need it."


@dataclass(frozen=True, slots=True)
class Listed:
    """A list for drop-downs, or a small table of figures, with a word on where it comes from."""

    name: str
    title: str
    values: tuple[Any, ...]
    source: str = ""
    kind: str = "general"


@dataclass(frozen=True, slots=True)
class Cover:
    """What a reader must know first: the question, what to change first, how the sheets hang together.

    ``sheets``: names with what is found there; of `USUAL_SHEETS` the name alone.
    """

    title: str
    question: str
    first_steps: tuple[str, ...]
    sheets: tuple[str | tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]


def place_lists(writer: Writer, lists: tuple[Listed, ...]) -> None:
    """Lists stand in columns of the Lists sheet; inputs and formulas refer to them as {lists.name}."""
    for column, listed in enumerate(lists, 1):
        top = writer.body_row + 2
        place = Range("Lists", top, column, top + len(listed.values) - 1, column)
        writer.book.put(f"lists.{listed.name}", place)


def write_lists(writer: Writer, lists: tuple[Listed, ...]) -> None:
    sheet = writer.sheet("Lists")
    row = writer.head("Lists", "Choices and tables that the inputs and formulas refer to.", last=max(4, len(lists)))
    for column, listed in enumerate(lists, 1):
        head, source = sheet.cell(row, column), sheet.cell(row + 1, column)
        head.value, source.value = listed.title, listed.source
        writer.painter.paint(head, "TB Column Left")
        writer.painter.paint(source, "TB Note")
        sheet.column_dimensions[get_column_letter(column)].width = 26
        for offset, value in enumerate(listed.values):
            cell = sheet.cell(row + 2 + offset, column)
            cell.value = value
            writer.painter.paint(cell, "TB Text", listed.kind)
    sheet.row_dimensions[row + 1].height = 42
    longest = max(len(listed.values) for listed in lists)
    writer.finish(sheet, last_row=row + 1 + longest, last_column=max(4, len(lists)))


def write_cover(writer: Writer, cover: Cover) -> None:
    sheet = writer.sheet("Cover")
    paint = writer.painter.paint
    for column, width in (("A", 24), ("B", 98), ("C", 16)):
        sheet.column_dimensions[column].width = width
    row = writer.head("Cover", cover.question, last=3, title=cover.title)
    row = _band(writer, sheet, row, "What to change first")
    for number, text in enumerate(cover.first_steps, 1):
        row = _pair(writer, sheet, row, f"{number}", text)
    row = _band(writer, sheet, row + 1, "The sheets")
    for each in cover.sheets:
        name, text = (each, USUAL_SHEETS[each]) if isinstance(each, str) else each
        row = _pair(writer, sheet, row, name, text)
        cell = sheet.cell(row - 1, 1)
        cell.hyperlink = f"#'{name}'!A1"
        paint(cell, "TB Text")
        font = copy(cell.font)
        font.color, font.underline = style.BLUE, "single"
        cell.font = font
    row = _band(writer, sheet, row + 1, "The colours")
    for named, word, text in style.LEGEND:
        row = _pair(writer, sheet, row, word, text)
        paint(sheet.cell(row - 1, 1), named)
    row = _band(writer, sheet, row + 1, "About this file")
    for name, text in cover.facts:
        row = _pair(writer, sheet, row, name, text)
    writer.finish(sheet, last_row=row - 1, last_column=3, landscape=False, tall=1)


def _band(writer: Writer, sheet: Worksheet, row: int, text: str) -> int:
    writer.heading(sheet, row, text, 3)
    return row + 1


def _pair(writer: Writer, sheet: Worksheet, row: int, left: str, right: str) -> int:
    sheet.cell(row, 1).value, sheet.cell(row, 2).value = left, right
    writer.painter.paint(sheet.cell(row, 1), "TB Label")
    writer.painter.paint(sheet.cell(row, 2), "TB Sentence")
    sheet.row_dimensions[row].height = 14.5 * style.lines_of(right, 98)
    return row + 1


LOG_COLUMNS = (("Date", 12), ("Event", 22), ("Cell", 24), ("Old", 16), ("New", 16), ("Unit", 14), ("Source", 60))


def write_log(writer: Writer, first: tuple[str, ...]) -> None:
    """The change log: a table that ``tokenbook refresh`` appends to."""
    from openpyxl.worksheet.table import Table, TableStyleInfo

    sheet = writer.sheet("Log")
    row = writer.head("Log", "What was written into this workbook, and when.", last=len(LOG_COLUMNS))
    for column, (title, width) in enumerate(LOG_COLUMNS, 1):
        sheet.cell(row, column).value = title
        writer.painter.paint(sheet.cell(row, column), "TB Column Left")
        sheet.column_dimensions[get_column_letter(column)].width = width
        cell = sheet.cell(row + 1, column)
        cell.value = first[column - 1]
        writer.painter.paint(cell, "TB Wrap")
    table = Table(displayName=LOG_TABLE, ref=f"A{row}:{get_column_letter(len(LOG_COLUMNS))}{row + 1}")
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
    sheet.add_table(table)
    sheet.freeze_panes = sheet.cell(row + 1, 1)
    writer.define("log_start", Cell("Log", row, 1))
    writer.finish(sheet, last_row=row + 1, last_column=len(LOG_COLUMNS))
