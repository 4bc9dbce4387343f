"""Charts in the house style: titled, with axis units, readable in print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl.chart import BarChart, LineChart, Reference, ScatterChart
from openpyxl.chart.marker import Marker
from openpyxl.chart.series import SeriesLabel
from openpyxl.chart.series_factory import SeriesFactory
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import CharacterProperties, Font, Paragraph, ParagraphProperties
from openpyxl.utils import quote_sheetname
from openpyxl.worksheet.worksheet import Worksheet

from tokenbook.templates.sheets import style
from tokenbook.templates.sheets.formula import Range, TimeRow
from tokenbook.templates.sheets.writer import Writer

GRID = "D9E1E8"


def _text(size: int, *, bold: bool = False, color: str = style.INK) -> CharacterProperties:
    return CharacterProperties(sz=size * 100, b=bold, solidFill=color, latin=Font(typeface=style.FONT))


def finish(chart: Any, title: str, x_title: str, y_title: str, number_format: str) -> None:
    """Title, axes and colours of the house for a chart that is put together elsewhere."""
    _finish(chart, title, x_title, y_title, chart.width, chart.height, number_format)


def _finish(
    chart: Any, title: str, x_title: str, y_title: str, width: float, height: float, number_format: str
) -> None:
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


def _range(sheet: Worksheet, place: TimeRow, *, skip: int, upto: int | None = None) -> Reference:
    last = place.last if upto is None else min(place.last, place.first + upto)
    return Reference(sheet, min_row=place.row, max_row=place.row, min_col=place.first + skip, max_col=last)


def lines_over_months(
    writer: Writer,
    *,
    title: str,
    y_title: str,
    number_format: str,
    rows: Sequence[Any],
    names: Sequence[Any],
    skip: int = 0,
    dashed: Sequence[int] = (),
    log: bool = False,
    width: float = 16.5,
    height: float = 8.6,
    categories: str = "time.month",
    x_title: str = "Month",
    every: int = 12,
    upto: int | None = None,
) -> Any:
    """A line a platform (or a variant of it) over the months of the model.

    rows : names of time rows; names : (sheet, cell) of each legend text, or plain text; dashed : indices.
    categories, x_title, every, upto : for other periods than months: the row of their labels, what they are, how many
    lie between two labels, how many are drawn.
    """
    chart = LineChart()
    for index, key in enumerate(rows):
        place = writer.book.find(key)
        series = SeriesFactory(_range(writer.sheet(place.sheet), place, skip=skip, upto=upto))
        series.tx = SeriesLabel(v=names[index]) if isinstance(names[index], str) else _linked(names[index])
        color = style.SERIES[index % (len(rows) // 2 if dashed else len(style.SERIES))]
        series.graphicalProperties.line = LineProperties(solidFill=color, w=25400 if index not in dashed else 15875)
        if index in dashed:
            series.graphicalProperties.line.dashStyle = "dash"
        series.smooth = False
        series.marker.symbol = "none"
        chart.series.append(series)
    labels = writer.book.find(categories)
    chart.set_categories(_range(writer.sheet(labels.sheet), labels, skip=skip, upto=upto))
    _finish(chart, title, x_title, y_title, width, height, number_format)
    chart.x_axis.tickLblSkip = chart.x_axis.tickMarkSkip = every
    if log:
        chart.y_axis.scaling.logBase = 10
    return chart


def bars(
    writer: Writer,
    *,
    title: str,
    y_title: str,
    number_format: str,
    sheet: Worksheet,
    categories: Any,
    rows: Sequence[Any],
    names: Sequence[Any],
    stacked: bool = False,
    down: bool = False,
    width: float = 16.5,
    height: float = 8.6,
    palette: Sequence[str] = style.SERIES,
) -> Any:
    """Clustered (or stacked) bars; ``categories`` and ``rows`` are (row, first column, last column) of ``sheet``.

    With ``down`` they are (column, first row, last row).
    """
    chart = BarChart()
    chart.type = "col"
    if stacked:
        chart.grouping, chart.overlap = "stacked", 100
    chart.gapWidth = 60
    worksheet = writer.sheet(sheet)
    for index, (row, first, last) in enumerate(rows):
        series = SeriesFactory(_stretch(worksheet, row, first, last, down))
        series.tx = SeriesLabel(v=names[index]) if isinstance(names[index], str) else _linked(names[index])
        series.graphicalProperties = GraphicalProperties(solidFill=palette[index % len(palette)])
        series.invertIfNegative = False
        chart.series.append(series)
    row, first, last = categories
    chart.set_categories(_stretch(worksheet, row, first, last, down))
    _finish(chart, title, "", y_title, width, height, number_format)
    chart.x_axis.title = None
    return chart


def waterfall(
    writer: Writer,
    *,
    title: str,
    y_title: str,
    number_format: str,
    sheet: Worksheet,
    categories: Any,
    hidden: Sequence[Any],
    shown: Sequence[Any],
    width: float = 16.5,
    height: float = 8.6,
) -> Any:
    """Steps from one total to another as floating columns.

    ``hidden`` are the rows below (or above, for negative parts) which a step floats, ``shown`` pairs of rows (above and
    below zero) and their colour; all (row, first column, last column) of ``sheet``.
    """
    rows = [(row, None) for row in hidden] + [(row, color) for pair, color in shown for row in pair]
    chart = bars(
        writer, title=title, y_title=y_title, number_format=number_format, sheet=sheet, categories=categories,
        rows=[row for row, _ in rows], names=[""] * len(rows), stacked=True, width=width, height=height,
    )  # fmt: skip
    for series, (_, color) in zip(chart.series, rows, strict=True):
        fill = GraphicalProperties(noFill=True) if color is None else GraphicalProperties(solidFill=color)
        fill.line.noFill = True
        series.graphicalProperties = fill
    chart.legend = None
    return chart


def _stretch(worksheet: Worksheet, at: int, first: int, last: int, down: bool) -> Reference:
    """Cells of one row, or ``down`` one column."""
    if down:
        return Reference(worksheet, min_col=at, max_col=at, min_row=first, max_row=last)
    return Reference(worksheet, min_row=at, max_row=at, min_col=first, max_col=last)


@dataclass(frozen=True, slots=True)
class Curve:
    """A series of a scatter chart: x and y (Range or Cell), its name, its colour by number, large points or a line."""

    x: Range
    y: Range
    name: object  # text, or a place that holds it
    color: int | str = 0  # a platform's by its number, or a colour
    points: bool = False  # large markers without a line
    dashed: bool = False


def scatter(
    writer: Writer,
    *,
    title: str,
    x_title: str,
    y_title: str,
    number_format: str,
    curves: Sequence[Any],
    x_format: str = "0",
    x_low: float | None = None,
    x_high: float | None = None,
    log: bool = False,
    width: float = 16.5,
    height: float = 8.6,
) -> Any:
    """Points over points: measured frontiers, a cost over utilisation. Lines are straight: nothing is drawn in."""
    chart = ScatterChart()
    chart.style, chart.scatterStyle = 13, "lineMarker"
    for curve in curves:
        series = SeriesFactory(_area(writer, curve.y), _area(writer, curve.x))
        series.tx = SeriesLabel(v=curve.name) if isinstance(curve.name, str) else _linked(curve.name)
        color = curve.color if isinstance(curve.color, str) else style.SERIES[curve.color % len(style.SERIES)]
        fill = GraphicalProperties(solidFill=color, ln=LineProperties(solidFill=style.INK if curve.points else color))
        line = LineProperties(noFill=True) if curve.points else LineProperties(solidFill=color, w=19050)
        if curve.dashed:
            line.dashStyle = "dash"
        symbol, size = ("diamond", 12) if curve.points else ("none", None) if curve.dashed else ("circle", 4)
        series.marker = Marker(symbol=symbol, size=size, spPr=fill)
        series.graphicalProperties = GraphicalProperties(ln=line)
        series.smooth = False
        chart.series.append(series)
    _finish(chart, title, x_title, y_title, width, height, number_format)
    chart.x_axis.number_format = x_format
    chart.x_axis.majorGridlines = None
    if log:
        chart.y_axis.scaling.logBase = 10
    chart.x_axis.scaling.min, chart.x_axis.scaling.max = x_low, x_high
    return chart


def _area(writer: Writer, place: Any) -> Reference:
    sheet = writer.sheet(place.sheet)
    last_row, last_column = getattr(place, "last_row", place.row), getattr(place, "last_column", place.column)
    return Reference(sheet, min_row=place.row, max_row=last_row, min_col=place.column, max_col=last_column)


def _linked(place: Any) -> SeriesLabel:
    from openpyxl.chart.data_source import StrRef
    from openpyxl.utils import get_column_letter

    return SeriesLabel(
        strRef=StrRef(f=f"{quote_sheetname(place.sheet)}!${get_column_letter(place.column)}${place.row}")
    )
