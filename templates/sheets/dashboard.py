"""The one-page Dashboard: a table of figures, what they say, and charts.

table = dashboard.write_table(writer, title, subtitle, first_row)      figures side by side
dashboard.write_findings(writer, table, sentences)                     sentences that the figures write themselves
dashboard.place_charts(writer, table, charts)                          two beside each other
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from openpyxl.utils import get_column_letter

from tokenbook.templates.sheets.formula import Cell
from tokenbook.templates.sheets.writer import Writer

NAME = "Dashboard"
LAST = 12  # columns of the page
LABEL, UNIT, FIRST = 1, 2, 3  # columns of the table
FINDINGS = 8  # first column of the sentences, and of the right-hand charts
CHART_ROWS = 20  # rows that a chart covers
CM_PER_ROW = 0.51
WIDTHS = (34, 14, 15, 15, 15, 15, 2)


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the table: ``key`` of the model's block, or a formula with names; ``{n}`` is the platform's number."""

    key: str
    label: str
    unit: str
    kind: str
    formula: str = ""


@dataclass
class Table:
    """Where the figures stand."""

    columns: int
    names_row: int
    rows: dict[str, int] = field(default_factory=dict)
    last_row: int = 0

    def span(self, key: str) -> str:
        """The values of a line, over all columns."""
        return f"$C${self.rows[key]}:${get_column_letter(UNIT + self.columns)}${self.rows[key]}"

    @property
    def names(self) -> str:
        return f"$C${self.names_row}:${get_column_letter(UNIT + self.columns)}${self.names_row}"

    def who(self, key: str, function: str) -> str:
        """The name of the column with the MIN or MAX of a line."""
        return f"INDEX({self.names},MATCH({function}({self.span(key)}),{self.span(key)},0))"

    def of(self, key: str, who: str) -> str:
        """The value of a line in the column of that name."""
        return f"INDEX({self.span(key)},MATCH({who},{self.names},0))"


def write_table(
    writer: Writer,
    *,
    title: str,
    subtitle: str,
    figures: tuple[Figure, ...],
    count: int,
    corner: str = "Per platform",
    heading: str = "={inputs.p#.platform}",
    order: tuple[int, ...] = (),
) -> Table:
    """Write head and table. ``#`` in ``heading`` and in formulas stands for the number of the column.

    ``order`` puts the numbers into another order than 1, 2, 3 from left to right.

    Headings are named ``dashboard.name_1``; each figure gets the defined name ``npv_1`` if no input has it already.
    """
    sheet, paint, book = writer.sheet(NAME), writer.painter.paint, writer.book
    row = writer.head(NAME, "", last=LAST, title=title)
    sheet.cell(2, 1).value = book.compile(subtitle, NAME)
    sheet.cell(row, LABEL).value, sheet.cell(row, UNIT).value = corner, "Unit"
    for column in range(1, FIRST + count):
        paint(sheet.cell(row, column), "TB Column Left" if column <= UNIT else "TB Column")
    numbers = order or tuple(range(1, count + 1))
    for column, n in enumerate(numbers, FIRST):
        sheet.cell(row, column).value = book.compile(heading.replace("#", str(n)), NAME)
        book.put(f"dashboard.name_{n}", Cell(NAME, row, column))
    table = Table(count, row)
    for figure in figures:
        row += 1
        table.rows[figure.key] = row
        sheet.cell(row, LABEL).value, sheet.cell(row, UNIT).value = figure.label, writer.unit(figure.unit)
        paint(sheet.cell(row, LABEL), "TB Label")
        paint(sheet.cell(row, UNIT), "TB Unit")
        for column, n in enumerate(numbers, FIRST):
            cell = sheet.cell(row, column)
            place = Cell(NAME, row, column)
            book.put(f"dashboard.{figure.key}_{n}", place)
            formula = figure.formula or f"={{model_#.{figure.key}}}"
            cell.value = book.compile(formula.replace("#", str(n)), NAME)
            paint(cell, "TB KPI", figure.kind)
            name = f"{figure.key}_{n}"
            if name not in writer.workbook.defined_names:  # an input has its name already
                writer.define(name, place if figure.formula else book.find(f"model_{n}.{figure.key}"))
    table.last_row = row
    for column, width in enumerate(WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    for column in range(FINDINGS, LAST + 1):
        sheet.column_dimensions[get_column_letter(column)].width = 17
    return table


def write_findings(
    writer: Writer, table: Table, sentences: tuple[str, ...], *, title: str = "What the figures say"
) -> None:
    """Sentences as formulas, two rows each, to the right of the table."""
    sheet, paint = writer.sheet(NAME), writer.painter.paint
    sheet.cell(table.names_row, FINDINGS).value = title
    for column in range(FINDINGS, LAST + 1):
        paint(sheet.cell(table.names_row, column), "TB Column Left")
    row = table.names_row + 1
    for text in sentences:
        cell = sheet.cell(row, FINDINGS)
        cell.value = writer.book.compile(text, NAME)
        sheet.merge_cells(start_row=row, start_column=FINDINGS, end_row=row + 1, end_column=LAST)
        paint(cell, "TB Sentence")
        row += 2
    table.last_row = max(table.last_row, row - 1)


def place_charts(writer: Writer, table: Table, charts: tuple[Any, ...]) -> None:
    """Charts in pairs under the table; the page ends below them."""
    sheet = writer.sheet(NAME)
    top = table.last_row + 2
    for index, chart in enumerate(charts):
        left = index % 2 == 0
        chart.height, chart.width = CHART_ROWS * CM_PER_ROW, 20.3 if left else 16.6
        sheet.add_chart(chart, f"{'A' if left else get_column_letter(FINDINGS)}{top + index // 2 * CHART_ROWS}")
    bottom = top + -(-len(charts) // 2) * CHART_ROWS
    writer.finish(sheet, last_row=bottom, last_column=LAST, tall=1)
