"""Charts in the house style: titled, with axis units, readable in print."""

from __future__ import annotations

from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.chart.series import SeriesLabel
from openpyxl.chart.series_factory import SeriesFactory
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import CharacterProperties, Font, Paragraph, ParagraphProperties
from openpyxl.utils import quote_sheetname

from templates.sheets import style
from templates.sheets.formula import TimeRow

GRID = "D9E1E8"


def _text(size: int, *, bold: bool = False, color: str = style.INK) -> CharacterProperties:
    return CharacterProperties(sz=size * 100, b=bold, solidFill=color, latin=Font(typeface=style.FONT))


def _finish(chart, title: str, x_title: str, y_title: str, width: float, height: float, number_format: str) -> None:
    chart.title = title
    chart.title.tx.rich.p[0].pPr = ParagraphProperties(defRPr=_text(11, bold=True, color=style.NAVY))
    for run in chart.title.tx.rich.p[0].r:
        run.rPr = _text(11, bold=True, color=style.NAVY)
    chart.width, chart.height = width, height
    chart.legend.position = "b"
    chart.legend.txPr = RichText(p=[Paragraph(pPr=ParagraphProperties(defRPr=_text(9)), endParaRPr=_text(9))])
    for axis, text in ((chart.x_axis, x_title), (chart.y_axis, y_title)):
        axis.delete = False  # openpyxl hides both axes otherwise
        axis.title = text
        for run in axis.title.tx.rich.p[0].r:
            run.rPr = _text(9, color=style.GREY)
        axis.txPr = RichText(p=[Paragraph(pPr=ParagraphProperties(defRPr=_text(8)), endParaRPr=_text(8))])
        axis.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=style.RULE))
    chart.y_axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill=GRID, w=6350))
    chart.y_axis.number_format = number_format
    chart.y_axis.numFmt.sourceLinked = False
    chart.x_axis.number_format = "0"
    chart.x_axis.tickLblPos = "low"


def _range(sheet, place: TimeRow, *, skip: int) -> Reference:
    return Reference(sheet, min_row=place.row, max_row=place.row, min_col=place.first + skip, max_col=place.last)


def lines_over_months(
    writer, *, title, y_title, number_format, rows, names, skip=0, dashed=(), log=False, width=16.5, height=8.6
):
    """A line a platform (or a variant of it) over the months of the model.

    rows : names of time rows; names : (sheet, cell) of each legend text, or plain text; dashed : indices.
    """
    chart = LineChart()
    first = writer.book.find(rows[0])
    sheet = writer.sheet(first.sheet)
    for index, key in enumerate(rows):
        place = writer.book.find(key)
        series = SeriesFactory(_range(writer.sheet(place.sheet), place, skip=skip))
        series.tx = SeriesLabel(v=names[index]) if isinstance(names[index], str) else _linked(names[index])
        color = style.SERIES[index % (len(rows) // 2 if dashed else len(style.SERIES))]
        series.graphicalProperties.line = LineProperties(solidFill=color, w=25400 if index not in dashed else 15875)
        if index in dashed:
            series.graphicalProperties.line.dashStyle = "dash"
        series.smooth = False
        series.marker.symbol = "none"
        chart.series.append(series)
    chart.set_categories(_range(sheet, writer.book.find("time.month"), skip=skip))
    _finish(chart, title, "Month", y_title, width, height, number_format)
    chart.x_axis.tickLblSkip = chart.x_axis.tickMarkSkip = 12
    if log:
        chart.y_axis.scaling.logBase = 10
    return chart


def bars(
    writer, *, title, y_title, number_format, sheet, categories, rows, names, stacked=False, width=16.5, height=8.6
):
    """Clustered (or stacked) bars; ``categories`` and ``rows`` are (row, first column, last column) of ``sheet``."""
    chart = BarChart()
    chart.type = "col"
    if stacked:
        chart.grouping, chart.overlap = "stacked", 100
    chart.gapWidth = 60
    worksheet = writer.sheet(sheet)
    for index, (row, first, last) in enumerate(rows):
        series = SeriesFactory(Reference(worksheet, min_row=row, max_row=row, min_col=first, max_col=last))
        series.tx = SeriesLabel(v=names[index]) if isinstance(names[index], str) else _linked(names[index])
        series.graphicalProperties = GraphicalProperties(solidFill=style.SERIES[index % len(style.SERIES)])
        series.invertIfNegative = False
        chart.series.append(series)
    row, first, last = categories
    chart.set_categories(Reference(worksheet, min_row=row, max_row=row, min_col=first, max_col=last))
    _finish(chart, title, "", y_title, width, height, number_format)
    chart.x_axis.title = None
    return chart


def _linked(place) -> SeriesLabel:
    from openpyxl.chart.data_source import StrRef
    from openpyxl.utils import get_column_letter

    return SeriesLabel(
        strRef=StrRef(f=f"{quote_sheetname(place.sheet)}!${get_column_letter(place.column)}${place.row}")
    )
