"""The Frontier sheet: measured points, which of them no other beats, and what the curve through those says at a speed.

The native twin of ``tokenbook.udfs.kernels.frontier``: a table for each curve, one row a point. The best points are ranked and
put in order of speed; slopes and tangents after Steffen stand in columns; the throughput at each speed asked for is the
sum of the one interval it falls into. Outside of what was measured the answer is a word, not a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from tokenbook.templates.models.shared.fill import PRECISIONS, Filler
from tokenbook.templates.sheets.citations import SPEED_COLUMN
from tokenbook.templates.sheets.formula import Cell, Range
from tokenbook.templates.sheets.inputs import bounds
from tokenbook.templates.sheets.style import lines_of
from tokenbook.templates.sheets.writer import Writer

METRIC = "frontier_total_tok_s_per_gpu"
# Where a model has no measured curve, single points with their speed stand in for one.
SINGLE_POINTS = ("total_tok_s_per_gpu", "total_tok_s_per_gpu_at_interactivity")
PUBLISHED = "published-curve"
NOT_MEASURED = "not measured"
SPARE_ROWS = 4  # for points of the reader's own

# Columns of the table of a curve.
POINT, RUN, SPEED, THROUGHPUT, BEST, RANK, ORDER = 1, 2, 3, 4, 5, 6, 7
SPEED_IN_ORDER, THROUGHPUT_IN_ORDER, WIDTH, SLOPE, INNER, TANGENT = 8, 9, 10, 11, 12, 13
FIRST_TARGET = 14
COLUMNS = (  # title, width
    ("Measured point", 70),
    ("Run", 11),
    ("Speed, tok/s per user", 12),
    ("Throughput, tok/s per GPU", 13),
    ("On the frontier", 10),
    ("Rank by speed", 10),
    ("Position", 9),
    ("Speed, in order", 12),
    ("Throughput, in order", 13),
    ("To the next", 11),
    ("Slope", 11),
    ("Tangent inside", 11),
    ("Tangent", 11),
)
TARGET_WIDTH = 11


@dataclass(frozen=True, slots=True)
class Curve:
    """One table: ``key`` names its results, ``points`` are catalogue rows of one platform, workload and precision."""

    key: str
    title: str
    points: tuple

    @property
    def rows(self) -> int:
        return len(self.points) + SPARE_ROWS


def measured(filler: Filler, platform: str, model: str, shape: str, conditions: str = "") -> tuple:
    """The measured points of a platform, of the finest precision measured; those on the curve and those below it."""
    for metrics in ((METRIC,), SINGLE_POINTS):
        for precision in PRECISIONS:
            words = " ".join(part for part in (shape, precision, conditions) if part)
            rows = [row for metric in metrics for row in _find(filler, platform, metric, model, words)]
            rows = [row for row in rows if row.interactivity]
            if rows:
                own = [row for row in rows if row.is_team]  # a frontier is one campaign: the team's stands alone
                published = [row for row in rows if row.tier == PUBLISHED]
                return tuple(sorted(own or published or rows, key=lambda row: (row.interactivity, -row.value, row.id)))
    return ()


def take(filler: Filler, points: tuple) -> tuple:
    """Put the points on Baselines."""
    for row in points:
        filler.take(row)
    return points


def _find(filler: Filler, platform: str, metric: str, model: str, words: str) -> list:
    try:
        return filler.figures.find(platform, metric, model, words, filler.as_of, current=True)
    except LookupError:
        return []


def write(
    writer: Writer, name: str, curves: tuple[Curve, ...], targets: tuple[str, ...], *, subtitle: str, key: str = "target"
) -> None:
    """Write the tables one below the other.

    ``targets`` are formulas of the speeds asked for, one a column; their cells are named ``<key>.0``, ``<key>.1`` ... Of each curve the book then has ``<key>.at_0``,
    ``.at_1`` ... (throughput at each speed, or a word), ``.count``, ``.slowest``, ``.fastest``, and the ranges
    ``.speeds``, ``.throughputs`` (as measured), ``.front_speeds``, ``.front_throughputs`` (in order, the rest 0).
    """
    sheet = writer.sheet(name)
    last = TANGENT + len(targets)
    top = writer.head(name, subtitle, last=THROUGHPUT)
    target_row = top + 1
    _header(writer, sheet, top, target_row, targets, last)
    for offset in range(len(targets)):
        writer.book.put(f"{key}.{offset}", Cell(name, target_row, FIRST_TARGET + offset))
    row = target_row + 2
    for curve in curves:
        row = _curve(writer, sheet, row, curve, target_row, len(targets), last) + 2
    for column, (_, width) in enumerate(COLUMNS, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    for column in range(FIRST_TARGET, last + 1):
        sheet.column_dimensions[get_column_letter(column)].width = TARGET_WIDTH
    sheet.freeze_panes = sheet.cell(target_row + 1, RUN)
    writer.finish(sheet, last_row=row - 2, last_column=last, rows=f"1:{target_row}", large=True)


def _header(writer: Writer, sheet: Worksheet, row: int, target_row: int, targets: tuple[str, ...], last: int) -> None:
    paint = writer.painter.paint
    titles = [title for title, _ in COLUMNS] + ["At the speed asked for"] * (1 if targets else 0)
    titles += ["Also at"] * (len(targets) - 1)
    for column, title in enumerate(titles, 1):
        cell = sheet.cell(row, column)
        cell.value = title
        paint(cell, "TB Column Left" if column <= RUN else "TB Column")
        cell.alignment = Alignment(wrap_text=True, vertical="bottom", horizontal="left" if column <= RUN else "right")
    sheet.row_dimensions[row].height = 13.5 * max(lines_of(title, TARGET_WIDTH) for title in titles[1:])
    sheet.cell(target_row, POINT).value = "Speed asked for, tok/s per user"
    for column in range(POINT, last + 1):
        paint(sheet.cell(target_row, column), "TB Total" if column >= FIRST_TARGET else "TB Label", "number")
    for offset, formula in enumerate(targets):
        sheet.cell(target_row, FIRST_TARGET + offset).value = writer.book.compile(
            formula.replace("{this}", f"{get_column_letter(FIRST_TARGET + offset - 1)}${target_row}"), sheet.title
        )


def _curve(writer: Writer, sheet: Worksheet, row: int, curve: Curve, target_row: int, targets: int, last: int) -> int:
    """A table; gives its last row."""
    name, book, paint = sheet.title, writer.book, writer.painter.paint
    writer.heading(sheet, row, curve.title, last)
    summary, first, end = row + 1, row + 2, row + 1 + curve.rows
    span = {
        column: f"${get_column_letter(column)}${first}:${get_column_letter(column)}${end}"
        for column in range(1, last + 1)
    }
    count = f"${get_column_letter(BEST)}${summary}"
    slowest, fastest = (f"${get_column_letter(column)}${summary}" for column in (SPEED_IN_ORDER, THROUGHPUT_IN_ORDER))
    sheet.cell(
        summary, POINT
    ).value = "The curve: points on it, slowest and fastest speed, throughput at the speeds asked for"
    for column, formula, kind in (
        (BEST, f"=SUM({span[BEST]})", "flag"),
        (SPEED_IN_ORDER, f"=IF({count}>0,{get_column_letter(SPEED_IN_ORDER)}{first},0)", "number"),
        (THROUGHPUT_IN_ORDER, f"=MAX({span[SPEED_IN_ORDER]})", "number"),
    ):
        sheet.cell(summary, column).value = formula
        paint(sheet.cell(summary, column), "TB Total", kind)
    for column in (POINT, *range(RUN, BEST)):
        paint(sheet.cell(summary, column), "TB Total")
    for key, column in (("count", BEST), ("slowest", SPEED_IN_ORDER), ("fastest", THROUGHPUT_IN_ORDER)):
        book.put(f"{curve.key}.{key}", Cell(name, summary, column))
    for key, column in (
        ("speeds", SPEED), ("throughputs", THROUGHPUT),
        ("front_speeds", SPEED_IN_ORDER), ("front_throughputs", THROUGHPUT_IN_ORDER),
    ):  # fmt: skip
        book.put(f"{curve.key}.{key}", Range(name, first, column, end, column))
    for offset in range(targets):
        column = FIRST_TARGET + offset
        letter = get_column_letter(column)
        target = f"{letter}${target_row}"
        cell = sheet.cell(summary, column)
        cell.value = (
            f"=IF(AND({count}>0,{target}>={slowest},{target}<={fastest}),"
            f'MAX(0,SUM({letter}{first}:{letter}{end})),"{NOT_MEASURED}")'
        )
        paint(cell, "TB Total", "number")
        book.put(f"{curve.key}.at_{offset}", Cell(name, summary, column))
    for at in range(first, end + 1):
        point = curve.points[at - first] if at - first < len(curve.points) else None
        _given(writer, sheet, at, point)
        _calculated(writer, sheet, at, first, span, count, target_row, targets)
    for column, label in ((SPEED, "Speed per user"), (THROUGHPUT, "Throughput per GPU")):
        letter = get_column_letter(column)
        rule = bounds(label, low=0)
        rule.add(f"{letter}{first + len(curve.points)}:{letter}{end}")
        sheet.add_data_validation(rule)
    return end


def _given(writer: Writer, sheet: Worksheet, row: int, point: Any) -> None:
    """A measured point, read from Baselines; or an empty row for the reader's own."""
    paint = writer.painter.paint
    words, run, speed, throughput = (sheet.cell(row, column) for column in (POINT, RUN, SPEED, THROUGHPUT))
    if point is None:
        words.value = "Your own measurement (0: none)"
        speed.value = throughput.value = 0
        paint(words, "TB Note")
        paint(run, "TB Input")
        paint(speed, "TB Input", "number")
        paint(throughput, "TB Input", "number")
        return
    parts = (point.precision, point.framework, point.conditions)
    words.value = ", ".join(part for part in parts if part) or point.source
    run.value = point.run_date or point.as_of
    place = writer.baseline_place(point.id)
    speed.value = f"='{place.sheet}'!${get_column_letter(SPEED_COLUMN)}${place.row}"
    throughput.value = f"='{place.sheet}'!${get_column_letter(place.column)}${place.row}"
    paint(words, "TB Label")
    paint(run, "TB Label")
    paint(speed, "TB Link", "number")
    paint(throughput, "TB Link", "number")


def _calculated(writer: Writer, sheet: Worksheet, row: int, first: int, span: Mapping[int, str], count: str, target_row: int, targets: int) -> None:
    at = {column: f"${get_column_letter(column)}{row}" for column in range(1, TANGENT + 1)}
    after = {column: f"${get_column_letter(column)}{row + 1}" for column in range(1, TANGENT + 1)}
    before = {column: f"${get_column_letter(column)}{row - 1}" for column in range(1, TANGENT + 1)}
    x, y, k = at[SPEED], at[THROUGHPUT], at[ORDER]
    parabola = f"({before[SLOPE]}*{at[WIDTH]}+{at[SLOPE]}*{before[WIDTH]})/({before[WIDTH]}+{at[WIDTH]})"
    for column, formula, kind in (
        # No other point has at least as much of both; of equal points the first.
        (BEST, f"=IF(AND(N({x})>0,N({y})>0),IF(SUMPRODUCT(({span[SPEED]}>={x})*({span[THROUGHPUT]}>={y})"
               f"*((({span[SPEED]}>{x})+({span[THROUGHPUT]}>{y})+({span[ORDER]}<{k}))>0))=0,1,0),0)", "flag"),
        (RANK, f"=IF({at[BEST]}=1,SUMPRODUCT({span[BEST]}*({span[SPEED]}<={x})),0)", "flag"),
        (ORDER, f"=ROWS($A${first}:$A{row})", "flag"),
        (SPEED_IN_ORDER, f"=IF({k}<={count},INDEX({span[SPEED]},MATCH({k},{span[RANK]},0)),0)", "number"),
        (THROUGHPUT_IN_ORDER, f"=IF({k}<={count},INDEX({span[THROUGHPUT]},MATCH({k},{span[RANK]},0)),0)", "number"),
        (WIDTH, f"=IF({k}<{count},{after[SPEED_IN_ORDER]}-{at[SPEED_IN_ORDER]},0)", "number"),
        (SLOPE, f"=IF({k}<{count},({after[THROUGHPUT_IN_ORDER]}-{at[THROUGHPUT_IN_ORDER]})/{at[WIDTH]},0)", "number"),
        (INNER, f"=IF(AND({k}>1,{k}<{count}),(SIGN({before[SLOPE]})+SIGN({at[SLOPE]}))"
                f"*MIN(ABS({before[SLOPE]}),ABS({at[SLOPE]}),ABS({parabola})/2),0)", "number"),
        # At an end (3 s - m) / 2; two points (count - 1 = 1) are joined by a straight line.
        (TANGENT, f"=IF({k}=1,IF({count}-1>1,{at[SLOPE]}+({at[SLOPE]}-{after[INNER]})/2,{at[SLOPE]}),"
                  f"IF({k}={count},IF({count}-1>1,{before[SLOPE]}+({before[SLOPE]}-{before[INNER]})/2,{before[SLOPE]}),"
                  f"{at[INNER]}))", "number"),
    ):  # fmt: skip
        cell = sheet.cell(row, column)
        cell.value = formula
        writer.painter.paint(cell, "TB Calc", kind)
    for offset in range(targets):
        column = FIRST_TARGET + offset
        target = f"{get_column_letter(column)}${target_row}"
        share = f"({target}-{at[SPEED_IN_ORDER]})/{at[WIDTH]}"
        cell = sheet.cell(row, column)
        cell.value = (
            f"=IF({k}={count},IF({target}={at[SPEED_IN_ORDER]},{at[THROUGHPUT_IN_ORDER]},0),"
            f"IF(AND({k}<{count},{target}>={at[SPEED_IN_ORDER]},{target}<{after[SPEED_IN_ORDER]}),"
            f"{at[THROUGHPUT_IN_ORDER]}+({target}-{at[SPEED_IN_ORDER]})*{at[SLOPE]}"
            f"+({target}-{at[SPEED_IN_ORDER]})*(1-{share})*((1-{share})*({at[TANGENT]}-{at[SLOPE]})"
            f"-{share}*({after[TANGENT]}-{at[SLOPE]})),0))"
        )
        writer.painter.paint(cell, "TB Calc", "number")
