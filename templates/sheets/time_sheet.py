"""Time sheets: label, unit, constant, total, a spacer, then month 0 to the last, the same columns on every one."""

from __future__ import annotations

from typing import Any

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

from tokenbook.templates.sheets.formula import Cell, TimeRow
from tokenbook.templates.sheets.inputs import LABEL, UNIT, Input
from tokenbook.templates.sheets.rows import Block, Constant, Ingredient, Line, Row, write_label
from tokenbook.templates.sheets.writer import SUBTITLE_ROW, Writer

CONSTANT, TOTAL, SPACER, FIRST = 3, 4, 5, 6
TIMELINE = (
    # The spacer left of month 0 is empty and reads as 0, so that opening balances need no formula of their own.
    Row("month", "Month", "month", "=COLUMNS({ruler:to_date})-1", kind="month"),
    Row("date", "Date", "date", "=EDATE({start_date},{month})", kind="date"),
    Row("year", "Year of the model", "year", "=ROUNDUP({month}/{months_per_year},0)", kind="month"),
    Row("operating", "Months of operation", "1 or 0", "=IF(AND({month}>0,{month}<={months}),1,0)", kind="flag"),
    Row("final", "Last month", "1 or 0", "=IF({month}={months},1,0)", kind="flag"),
)
FOLLOWING = (  # the timeline of a further sheet
    Row("month", "Month", "month", "={time.month}", kind="month"),
    Row("date", "Date", "date", "={time.date}", kind="date"),
)


def last_column(months: int) -> int:
    return FIRST + months


def write(
    writer: Writer,
    name: str,
    blocks: tuple[Block, ...],
    *,
    months: int,
    inputs: dict[str, Input],
    subtitle: str,
    timeline: tuple[Row, ...] = TIMELINE,
    clock: str = "time",
    tall: int = 0,
) -> None:
    """Write a time sheet: the timeline on top, then the blocks, each under a band with its title.

    The rows of the timeline are named ``time.month`` and so on. A second sheet has its own ``clock``, ``FOLLOWING`` as
    its timeline and the same columns, so that its rows may use those of the first. ``tall`` is in pages.
    """
    sheet = writer.sheet(name)
    last = last_column(months)
    row = writer.head(name, subtitle, last=CONSTANT + 1)
    lines: list[tuple[int, Block, object]] = []
    # An empty row to count columns on; a row that counted on itself would be circular.
    writer.book.put(f"{clock}.ruler", TimeRow(name, SUBTITLE_ROW, TOTAL, FIRST, last))
    row = _place(writer, name, Block(clock, "", timeline), row, last, lines, named=clock)
    body = row
    for block in blocks:
        if row > body:
            sheet.row_breaks.append(Break(id=row))
        row += 1
        writer.heading(sheet, row, block.title, last)
        row = _place(writer, name, block, row + 1, last, lines, named=block.key)
    for at, block, line in lines:
        _write_line(writer, sheet, at, block, line, last, inputs)
    _header(writer, sheet, writer.body_row - 1, months)
    sheet.freeze_panes = sheet.cell(body, FIRST)
    sheet.column_dimensions["A"].width = 54
    sheet.column_dimensions["B"].width = 25
    sheet.column_dimensions["C"].width = 14
    sheet.column_dimensions["D"].width = 16
    sheet.column_dimensions["E"].width = 2
    for column in range(FIRST, last + 1):
        sheet.column_dimensions[get_column_letter(column)].width = 12.5
    # On A3 a platform is two pages tall and a year a page wide; smaller would be unreadable.
    writer.finish(
        sheet, last_row=row - 1, last_column=last, columns="A:D", rows=f"1:{body - 1}",
        large=True, wide=max(1, round(months / 12)), tall=tall or 2 * len(blocks),
    )  # fmt: skip


def _place(
    writer: Writer, sheet: str, block: Block, row: int, last: int, lines: list[tuple[int, Block, Line]], *, named: str
) -> int:
    for line in block.lines:
        if isinstance(line, Row):
            writer.book.put(f"{named}.{line.key}", TimeRow(sheet, row, TOTAL, FIRST, last))
        elif isinstance(line, (Constant, Ingredient)):
            writer.book.put(f"{named}.{line.key}", Cell(sheet, row, CONSTANT))
        lines.append((row, block, line))
        row += 1
    return row


def _header(writer: Writer, sheet: Worksheet, row: int, months: int) -> None:
    for column, text in ((LABEL, "Line"), (UNIT, "Unit"), (CONSTANT, "Constant"), (TOTAL, "Total")):
        sheet.cell(row, column).value = text
    for column in range(LABEL, last_column(months) + 1):
        writer.painter.paint(sheet.cell(row, column), "TB Column Left" if column <= UNIT else "TB Column")


def _write_line(
    writer: Writer, sheet: Worksheet, row: int, block: Block, written: Line, last: int, inputs: dict[str, Input]
) -> None:
    paint, compiled = writer.painter.paint, writer.book.compile
    scopes = (block.key, *((f"inputs.{block.scope}",) if block.scope else ()), "inputs", "time")
    line = write_label(writer, sheet, row, written, inputs, Constant)
    if line is None:
        return
    if isinstance(line, Constant):
        _write_formula(writer, sheet.cell(row, CONSTANT), compiled(line.formula, sheet.title, scopes=scopes), line)
        return
    if line.total:
        text = "=SUM({" + line.key + ":all})" if line.total == "sum" else line.total
        _write_formula(writer, sheet.cell(row, TOTAL), compiled(text, sheet.title, scopes=scopes), line)
    linked = None
    for column in range(FIRST, last + 1):
        cell = sheet.cell(row, column)
        cell.value = compiled(line.formula, sheet.title, column=column, scopes=scopes)
        if linked is None:
            linked = _style(cell.value, line)
        paint(cell, linked, line.kind)


def _write_formula(writer: Writer, cell: Any, formula: str, line: Row | Constant) -> None:
    cell.value = formula
    writer.painter.paint(cell, _style(formula, line), line.kind)


def _style(formula: str, line: Row | Constant) -> str:
    if line.strong:
        return "TB Total"
    return "TB Link" if "!" in formula else "TB Calc"
