"""The Checks sheet: each check compares two ways to the same number; one master check sums them up."""

from __future__ import annotations

from dataclasses import dataclass

from openpyxl.worksheet.worksheet import Worksheet

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
    writer.book.put(MASTER, Cell("Checks", writer.body_row, 2))


def write(writer: Writer, groups: tuple[Group, ...]) -> None:
    sheet = writer.sheet("Checks")
    last = len(COLUMNS)
    row = writer.head("Checks", "Each line is calculated in two ways. OK means that they agree to 1e-9.", last=last)
    paint = writer.painter.paint
    for column, (_, width, _) in enumerate(COLUMNS, 1):
        sheet.column_dimensions["ABCDE"[column - 1]].width = width
    master_row, tolerance_row = row, row + 1
    sheet.cell(master_row, 1).value = "All checks"
    sheet.cell(tolerance_row, 1).value = "Tolerance, relative"
    sheet.cell(tolerance_row, 2).value = TOLERANCE
    for at in (master_row, tolerance_row):
        paint(sheet.cell(at, 1), "TB Label")
    paint(sheet.cell(tolerance_row, 2), "TB Input")
    sheet.cell(tolerance_row, 2).number_format = "0E+00"
    writer.define("check_tolerance", Cell("Checks", tolerance_row, 2))
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
        f'=IF(COUNTIF({results},"CHECK")>0,"CHECK "&COUNTIF({results},"CHECK"),'
        f'IF(COUNTIF({results},"no add-in")>0,"OK, no add-in","OK"))'
    )
    paint(master, "TB Check")
    mark_check(sheet, master.coordinate)
    mark_check(sheet, f"E{first}:E{row}")
    writer.define("check_master", Cell("Checks", master_row, 2))
    sheet.freeze_panes = sheet.cell(first, 1)
    writer.finish(sheet, last_row=row - 2, last_column=last, landscape=False)


def _write_check(writer: Writer, sheet: Worksheet, row: int, check: Check, tolerance_row: int) -> None:
    paint, compiled = writer.painter.paint, writer.book.compile
    label, this, other, difference, result = (sheet.cell(row, column) for column in range(1, 6))
    label.value = check.label
    paint(label, "TB Label")
    this.value = compiled(check.this, "Checks")
    paint(this, "TB Link" if "!" in this.value else "TB Calc", check.kind)
    text = compiled(check.other, "Checks")
    other.value = f'=IFERROR({text[1:]},"no add-in")' if check.function else text
    paint(other, "TB Function" if check.function else "TB Link" if "!" in text else "TB Calc", check.kind)
    scale = compiled(check.scale, "Checks")[1:] if check.scale else f"MAX(ABS(B{row}),ABS(C{row}))"
    difference.value = f"=IF(B{row}=C{row},0,IFERROR(ABS(B{row}-C{row})/{scale},1))"
    paint(difference, "TB Calc")
    difference.number_format = "0.0E+00"
    verdict = f'IF(C{row}="no add-in","no add-in",IF(D{row}<=$B${tolerance_row},"OK","CHECK"))'
    result.value = f'=IFERROR({verdict},"CHECK")'
    paint(result, "TB Check")
