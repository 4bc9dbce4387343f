"""The model summed by year (or quarter): SUMIFS over the months, and the ratios of the sums."""

from __future__ import annotations

from dataclasses import dataclass

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from tokenbook.templates.sheets import time_sheet
from tokenbook.templates.sheets.formula import TimeRow
from tokenbook.templates.sheets.rows import Heading
from tokenbook.templates.sheets.writer import SUBTITLE_ROW, Writer

FIRST = time_sheet.FIRST
TOTAL = time_sheet.TOTAL


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """A line by period: the sum of a monthly row (no formula), or a formula over the lines above it.

    ``#`` in a formula is the number of the platform: ``{model_#.book_closing:all}``.
    """

    key: str
    label: str
    unit: str
    kind: str
    formula: str = ""
    strong: bool = False


ROWS = (
    PeriodRow("sold", "Sold", "Mtok", "mtok"),
    PeriodRow("revenue", "Revenue", "USD", "usd"),
    PeriodRow("opex", "Running costs", "USD", "usd"),
    PeriodRow("capital_recovery", "Capital recovery", "USD", "usd"),
    PeriodRow("depreciation", "Depreciation", "USD", "usd"),
    PeriodRow("tax", "Tax", "USD", "usd"),
    PeriodRow("fcf", "Free cash flow", "USD", "usd"),
    PeriodRow("discounted_fcf", "Discounted cash flow", "USD", "usd"),
    PeriodRow("cost_per_mtok", "Cost per million tokens", "USD per Mtok", "usd_per_mtok",
              "=IF({sold}>0,({opex}+{capital_recovery})/{sold},0)"),
    PeriodRow("margin", "Gross margin", "share", "share", "=IF({revenue}>0,({revenue}-{opex})/{revenue},0)"),
    PeriodRow("cumulative", "Cumulative cash", "USD", "usd", "=SUM({fcf:to_date})"),
)  # fmt: skip


def write(
    writer: Writer,
    platforms: tuple[str, ...],
    months: int,
    *,
    sheet_name: str = "By year",
    period: str = "year",
    months_per_period: int = 12,
    rows: tuple[PeriodRow | Heading, ...] = ROWS,
    word: str = "Platform",
) -> int:
    """Write the sheet; gives the number of periods after period 0, the investment date.

    ``time.<period>`` must be a row of the timeline. Lines are named ``<period>_<n>.<key>``, the header ``<period>.number``.
    """
    sheet = writer.sheet(sheet_name)
    count = -(-months // months_per_period)
    last = FIRST + count
    subtitle = f"The model by {period}: sums of its months. {period.capitalize()} 0 is the investment date."
    row = writer.head(sheet_name, subtitle, last=3)
    paint, book = writer.painter.paint, writer.book
    for column, text in ((1, "Line"), (2, "Unit"), (TOTAL, "Total")):
        sheet.cell(row, column).value = text
    for column in range(1, last + 1):
        paint(sheet.cell(row, column), "TB Column Left" if column <= 2 else "TB Column")
    for column in range(FIRST, last + 1):
        cell = sheet.cell(row, column)
        cell.value = f"=COLUMNS($F${SUBTITLE_ROW}:{get_column_letter(column)}${SUBTITLE_ROW})-1"
        cell.number_format = f'"{period.capitalize()} "0'
    book.put(f"{period}.number", TimeRow(sheet_name, row, TOTAL, FIRST, last))
    for n, platform in enumerate(platforms, 1):
        row += 1
        writer.heading(sheet, row, f"{word} {n}: {platform}", last)
        for line in rows:
            row += 1
            if isinstance(line, Heading):
                sheet.cell(row, 1).value = line.text
                paint(sheet.cell(row, 1), "TB Column Left")
                continue
            book.put(f"{period}_{n}.{line.key}", TimeRow(sheet_name, row, TOTAL, FIRST, last))
            _write_row(writer, sheet, row, line, n, last, period)
    for column, width in (("A", 32), ("B", 16), ("C", 14), ("D", 16), ("E", 2)):
        sheet.column_dimensions[column].width = width
    for column in range(FIRST, last + 1):
        sheet.column_dimensions[get_column_letter(column)].width = 15
    sheet.freeze_panes = sheet.cell(writer.body_row + 1, FIRST)
    writer.finish(
        sheet, last_row=row, last_column=last, rows=f"1:{writer.body_row}", columns="A:D", wide=max(1, round(count / 8))
    )
    return count


def _write_row(writer: Writer, sheet: Worksheet, row: int, line: PeriodRow, n: int, last: int, period: str) -> None:
    paint = writer.painter.paint
    sheet.cell(row, 1).value, sheet.cell(row, 2).value = line.label, writer.unit(line.unit)
    paint(sheet.cell(row, 1), "TB Total" if line.strong else "TB Label")
    paint(sheet.cell(row, 2), "TB Unit")
    summed = not line.formula
    formula = line.formula.replace("#", str(n)) or (
        f"=SUMIFS({{model_{n}.{line.key}:all}},{{time.{period}:all}},{{{period}.number}})"
    )
    if summed:
        cell = sheet.cell(row, TOTAL)
        cell.value = f"=SUM($F{row}:${get_column_letter(last)}{row})"
        paint(cell, "TB Calc", line.kind)
    for column in range(FIRST, last + 1):
        cell = sheet.cell(row, column)
        cell.value = writer.book.compile(formula, sheet.title, column=column, scopes=(f"{period}_{n}",))
        paint(cell, "TB Total" if line.strong else "TB Link" if "!" in cell.value else "TB Calc", line.kind)
