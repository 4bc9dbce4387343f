"""What the simulation says: the tornado, the two-way table and the histogram on the Risk sheet, in values and charts."""

from __future__ import annotations

from typing import Any

from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.chart.series import SeriesLabel
from openpyxl.chart.series_factory import SeriesFactory
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties
from openpyxl.utils import get_column_letter

from tokenbook.templates.models.shared.function_panels import NAME as PANELS
from tokenbook.templates.models.shared.risk_panel import (
    BASE,
    BINS,
    COLUMNS_OF,
    HIGH,
    KIND,
    LABEL,
    LOW,
    NAME,
    ROWS_OF,
    STEPS,
    UNCERTAIN,
    UNIT,
    WHY,
    column_heads,
)
from tokenbook.templates.sheets import charts, style
from tokenbook.templates.sheets.formula import Cell, Range
from tokenbook.templates.sheets.writer import Writer

CHART_ROWS = 19
STATISTICS = (  # row of the summary that TOK_SIMULATE gives, label, number format
    ("mean", "Mean", "usd"), ("sd", "Standard deviation", "usd"), ("p5", "5 % are below", "usd"),
    ("p25", "25 % are below", "usd"), ("p50", "50 % are below (median)", "usd"), ("p75", "75 % are below", "usd"),
    ("p95", "95 % are below", "usd"), ("probability_of_loss", "Probability of a loss (NPV below 0)", "share"),
    ("expected_shortfall", "Mean of the worst 5 %", "usd"),
)  # fmt: skip


def results(writer: Writer) -> None:
    """The figures, linked from Panels, and four charts."""
    sheet, paint, book = writer.sheet(NAME), writer.painter.paint, writer.book
    row = book.find("risk.end_of_choices").row + 2
    top = row
    heads = ("Net present value", "Unit", "Value", "Standard error", "What drives it", "", "Variance")
    column_heads(writer, row, *heads, left=(LOW,))
    summary, drivers = book.area("risk.summary"), book.area("risk.drivers")
    for key, label, kind in STATISTICS:
        row += 1
        sheet.cell(row, LABEL).value = label
        sheet.cell(row, UNIT).value = "share" if kind == "share" else writer.unit("USD")
        paint(sheet.cell(row, LABEL), "TB Label")
        paint(sheet.cell(row, UNIT), "TB Unit")
        names = f"{PANELS}!$A${summary.row}:$A${summary.last_row}"
        for column, letter in ((BASE, "B"), (KIND, "C")):
            values = f"{PANELS}!${letter}${summary.row}:${letter}${summary.last_row}"
            cell = sheet.cell(row, column)
            cell.value = f'=IFERROR(INDEX({values},MATCH("{key}",{names},0)),"none")'
            paint(cell, "TB KPI" if column == BASE else "TB Link", kind)
        book.put(f"risk.result.{key}", Cell(NAME, row, BASE))
    for n in range(1, len(UNCERTAIN) + 1):
        at = top + n
        sheet.cell(at, LOW).value = f'=IFERROR("  "&{_label_of(f"{PANELS}!$A${drivers.row + n}")},"none")'
        paint(sheet.cell(at, LOW), "TB Link", "text")
        sheet.cell(at, HIGH).value = f'=IFERROR(0+{PANELS}!$C${drivers.row + n},"none")'
        paint(sheet.cell(at, HIGH), "TB Link", "share")
    charts_at = row + 2
    row = _tornado_table(writer, charts_at + CHART_ROWS + 1)
    row = _two_way_table(writer, row + 2)
    row = _histogram_table(writer, row + 2)
    _charts(writer, charts_at)
    writer.finish(sheet, last_row=row, last_column=WHY, landscape=False, tall=1)


def _label_of(name: str) -> str:
    """A formula for the label of the input whose kernel name stands in a cell."""
    words = ",".join(f'"{each.name}"' for each in UNCERTAIN)
    labels = ",".join(f'"{each.label}"' for each in UNCERTAIN)
    return f"INDEX({{{labels}}},MATCH({name},{{{words}}},0))"


def _tornado_table(writer: Writer, row: int) -> int:
    sheet, paint, book = writer.sheet(NAME), writer.painter.paint, writer.book
    tornado = book.find("risk.tornado")
    column_heads(
        writer,
        row,
        "One input at a time: change of the net present value",
        "Unit",
        "At low",
        "At high",
        "Low",
        "Base",
        "High",
    )
    first = row + 1
    for n in range(1, len(UNCERTAIN) + 1):
        row += 1
        here = tornado.row + n
        cells = (
            (LABEL, f'=IFERROR({_label_of(f"{PANELS}!$A${here}")},"none")', "TB Link", "text"),
            (BASE, f'=IFERROR({PANELS}!$E${here}-{PANELS}!$F${here},"none")', "TB Link", "usd"),
            (KIND, f'=IFERROR({PANELS}!$G${here}-{PANELS}!$F${here},"none")', "TB Link", "usd"),
            *((LOW + i, f'=IFERROR(0+{PANELS}!${"BCD"[i]}${here},"none")', "TB Link", "factor") for i in range(3)),
        )
        for column, formula, named, kind in cells:
            sheet.cell(row, column).value = formula
            paint(sheet.cell(row, column), named, kind)
        sheet.cell(row, UNIT).value = writer.unit("USD")
        paint(sheet.cell(row, UNIT), "TB Unit")
    book.put("risk.tornado_table", Range(NAME, first, LABEL, row, HIGH))
    return row


def _two_way_table(writer: Writer, row: int) -> int:
    sheet, paint, book = writer.sheet(NAME), writer.painter.paint, writer.book
    place = book.area("risk.grid")
    names = {each.name: each.label for each in UNCERTAIN}
    across, down = names[COLUMNS_OF[0]].lower(), names[ROWS_OF[0]].lower()
    column_heads(writer, row)
    sheet.cell(row, LABEL).value = writer.unit(f"Net present value in USD by {down} (down) and {across} (across)")
    for n in range(STEPS + 1):
        row += 1
        for m in range(STEPS + 1):
            if n == m == 0:
                continue
            source = f"{PANELS}!${get_column_letter(place.column + m)}${place.row + n}"
            cell = sheet.cell(row, UNIT + m)
            cell.value = f'=IFERROR(0+{source},"none")'
            kind = "share" if n == 0 else "usd_per_mtok" if m == 0 else "usd"
            paint(cell, "TB Total" if n == 0 or m == 0 else "TB Link", kind)
    return row


def _histogram_table(writer: Writer, row: int) -> int:
    sheet, paint, book = writer.sheet(NAME), writer.painter.paint, writer.book
    place = book.find("risk.histogram")
    column_heads(writer, row, "Simulated net present value, from", "to", "Trials", "Share", "Up to there")
    first, kinds = row + 1, ("usd", "usd", "count", "share", "share")
    for n in range(1, BINS + 1):
        row += 1
        for column, kind in enumerate(kinds, 1):
            cell = sheet.cell(row, column)
            cell.value = f'=IFERROR(0+{PANELS}!${get_column_letter(column)}${place.row + n},"none")'
            paint(cell, "TB Link", kind)
    book.put("risk.histogram_table", Range(NAME, first, 1, row, len(kinds)))
    return row


def _charts(writer: Writer, row: int) -> None:
    sheet = writer.sheet(NAME)
    for chart, column, width in ((_histogram(writer), "A", 17.5), (_tornado(writer), "E", 20.0)):
        chart.height, chart.width = CHART_ROWS * 0.51, width
        sheet.add_chart(chart, f"{column}{row}")


def _histogram(writer: Writer) -> Any:
    """Shares of the trials by NPV as columns, the cumulative share as a line on its own axis."""
    place, sheet = writer.book.area("risk.histogram_table"), writer.sheet(NAME)
    bars = BarChart()
    bars.type, bars.gapWidth = "col", 8

    def column(number: int) -> Reference:
        return Reference(sheet, min_col=number, max_col=number, min_row=place.row, max_row=place.last_row)

    shares = SeriesFactory(column(4))
    shares.tx = SeriesLabel(v="Share of the trials")
    shares.graphicalProperties = GraphicalProperties(solidFill=style.SERIES[1])
    bars.series.append(shares)
    bars.set_categories(column(1))
    charts.finish(bars, writer.unit("Simulated net present value, USD million"), "", "share of trials", "0%")
    bars.x_axis.title = None
    bars.x_axis.number_format = "#,##0.0,,"
    bars.x_axis.numFmt.sourceLinked = False
    line = LineChart()
    cumulative = SeriesFactory(column(5))
    cumulative.tx = SeriesLabel(v="Cumulative, right axis")
    cumulative.graphicalProperties.line = LineProperties(solidFill=style.SERIES[2], w=22225)
    cumulative.marker.symbol, cumulative.smooth = "none", False
    line.series.append(cumulative)
    line.y_axis.axId, line.y_axis.crosses, line.y_axis.delete = 200, "max", False
    line.y_axis.number_format, line.y_axis.majorGridlines = "0%", None
    line.y_axis.scaling.min, line.y_axis.scaling.max = 0, 1
    bars += line
    return bars


def _tornado(writer: Writer) -> Any:
    place, sheet = writer.book.area("risk.tornado_table"), writer.sheet(NAME)
    chart = BarChart()
    chart.type, chart.grouping, chart.overlap, chart.gapWidth = "bar", "stacked", 100, 40
    for column, name, color in (
        (BASE, "At the low value", style.SERIES[2]),
        (KIND, "At the high value", style.SERIES[1]),
    ):
        series = SeriesFactory(
            Reference(sheet, min_col=column, max_col=column, min_row=place.row, max_row=place.last_row)
        )
        series.tx = SeriesLabel(v=name)
        series.graphicalProperties = GraphicalProperties(solidFill=color)
        series.invertIfNegative = False
        chart.series.append(series)
    chart.set_categories(Reference(sheet, min_col=LABEL, max_col=LABEL, min_row=place.row, max_row=place.last_row))
    title = "Tornado: change of the net present value, one input at a time"
    charts.finish(chart, title, "", writer.unit("USD million"), "#,##0,,")
    chart.x_axis.title = None
    chart.x_axis.scaling.orientation = "maxMin"  # the widest on top
    chart.y_axis.crosses = "max"  # ... and the axis below
    return chart
