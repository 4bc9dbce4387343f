"""The Checks sheet: each check compares two ways to the same number; one master check sums them up."""

from __future__ import annotations

from dataclasses import dataclass

from openpyxl.worksheet.worksheet import Worksheet

from tokenbook.templates.conventions import (
    ALL_CHECKS,
    CHECK_COLUMNS,
    CHECK_TOLERANCE,
    CHECKS,
    FAILED,
    MASTER_CHECK,
    NO_ADDIN,
    OK,
    OK_WITHOUT_ADDIN,
)
from tokenbook.templates.sheets.formula import Cell
from tokenbook.templates.sheets.writer import MASTER, Writer, mark_check

TOLERANCE = 1e-9
COLUMNS = (
    ("Check", 70, "text"),
    ("This way", 18, "general"),
    ("The other way", 18, "general"),
    ("Difference, relative", 19, "general"),
    ("Result", 14, "text"),
)


@dataclass(frozen=True, slots=True)
class Check:
    """Two formulas that must agree. ``function`` says that the second needs the add-in."""

    label: str
    this: str
    other: str
    kind: str = "number"
    function: bool = False
    scale: str = ""  # what the difference is measured against, where the values themselves may be near zero


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    checks: tuple[Check, ...]


def reserve(writer: Writer) -> None:
    """Give the master check its place, so that every sheet can show it."""
    writer.book.put(MASTER, Cell(CHECKS, writer.body_row, 2))


def write(writer: Writer, groups: tuple[Group, ...]) -> None:
    sheet = writer.sheet(CHECKS)
    last = len(COLUMNS)
    row = writer.head(CHECKS, "Each line is calculated in two ways. OK means that they agree to 1e-9.", last=last)
    paint = writer.painter.paint
    for column, (_, width, _) in enumerate(COLUMNS, 1):
        sheet.column_dimensions["ABCDE"[column - 1]].width = width
    master_row, tolerance_row = row, row + 1
    sheet.cell(master_row, 1).value = ALL_CHECKS
    sheet.cell(tolerance_row, 1).value = "Tolerance, relative"
    sheet.cell(tolerance_row, 2).value = TOLERANCE
    for at in (master_row, tolerance_row):
        paint(sheet.cell(at, 1), "TB Label")
    paint(sheet.cell(tolerance_row, 2), "TB Input")
    sheet.cell(tolerance_row, 2).number_format = "0E+00"
    writer.define(CHECK_TOLERANCE, Cell(CHECKS, tolerance_row, 2))
    row = tolerance_row + 2
    first = row
    for group in groups:
        for column, (title, _, _) in enumerate(COLUMNS, 1):
            sheet.cell(row, column).value = group.title if column == 1 else title
            paint(sheet.cell(row, column), "TB Column Left" if column == 1 else "TB Column")
        row += 1
        for check in group.checks:
            _write_check(writer, sheet, row, check, tolerance_row)
            row += 1
        row += 1
    results = f"$E${first}:$E${row}"
    master = sheet.cell(master_row, 2)
    master.value = (
        f'=IF(COUNTIF({results},"{FAILED}")>0,"{FAILED} "&COUNTIF({results},"{FAILED}"),'
        f'IF(COUNTIF({results},"{NO_ADDIN}")>0,"{OK_WITHOUT_ADDIN}","{OK}"))'
    )
    paint(master, "TB Check")
    mark_check(sheet, master.coordinate)
    mark_check(sheet, f"E{first}:E{row}")
    writer.define(MASTER_CHECK, Cell(CHECKS, master_row, 2))
    sheet.freeze_panes = sheet.cell(first, 1)
    writer.finish(sheet, last_row=row - 2, last_column=last, landscape=False)


def _write_check(writer: Writer, sheet: Worksheet, row: int, check: Check, tolerance_row: int) -> None:
    paint, compiled = writer.painter.paint, writer.book.compile
    label, this, other, difference, result = (sheet.cell(row, column) for column in CHECK_COLUMNS)
    label.value = check.label
    paint(label, "TB Label")
    this.value = compiled(check.this, CHECKS)
    paint(this, "TB Link" if "!" in this.value else "TB Calc", check.kind)
    text = compiled(check.other, CHECKS)
    other.value = f'=IFERROR({text[1:]},"{NO_ADDIN}")' if check.function else text
    paint(other, "TB Function" if check.function else "TB Link" if "!" in text else "TB Calc", check.kind)
    scale = compiled(check.scale, CHECKS)[1:] if check.scale else f"MAX(ABS(B{row}),ABS(C{row}))"
    difference.value = f"=IF(B{row}=C{row},0,IFERROR(ABS(B{row}-C{row})/{scale},1))"
    paint(difference, "TB Calc")
    difference.number_format = "0.0E+00"
    verdict = f'IF(C{row}="{NO_ADDIN}","{NO_ADDIN}",IF(D{row}<=$B${tolerance_row},"{OK}","{FAILED}"))'
    result.value = f'=IFERROR({verdict},"{FAILED}")'
    paint(result, "TB Check")
