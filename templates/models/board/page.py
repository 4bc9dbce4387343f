"""The page for the board: tiles, the quarter beside the one before and its plan, commentary, four charts. One page."""

from __future__ import annotations

from typing import Any

from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from tokenbook.templates.models.board.fleet import BRIDGE, KPIS, REPORT, TARGETS
from tokenbook.templates.sheets import charts
from tokenbook.templates.sheets.dashboard import CM_PER_ROW, NAME
from tokenbook.templates.sheets.formula import Cell
from tokenbook.templates.sheets.style import GREEN, GREY, NAVY, SERIES
from tokenbook.templates.sheets.writer import Writer

WIDTHS = (28, 17, 13, 13, 10, 20, 13, 13, 13, 15, 15, 15, 15)  # A to M
LAST = len(WIDTHS)
WORDS = 10  # first column of sentences, commentary and the right-hand charts
TILES = (
    ("cost", 1),
    ("per_request", 3),
    ("per_transaction", 5),
    ("utilization", 7),
    ("margin", 9),
    ("tokens", 12),
)  # KPI, column
HEADS = (
    "From hour to output", "Unit", "This quarter", "Before", "Change",
    '="within "&TEXT({inputs.report_tolerance},"0.00%")&": none"', "Plan", "Target", "Against it",
)  # fmt: skip
BOXES = (("What happened", 1, 7), ("What we decide, and what we watch", 8, LAST))  # title, first and last column
BOX_ROWS = 6
LONGEST = 600  # characters of a commentary
CHART_ROWS = 14
BAD = "A61B1B"


def write(writer: Writer, platforms: tuple[str, ...], quarters: int) -> None:
    """Write the page; ``quarters`` are drawn."""
    sheet = writer.sheet(NAME)
    for column, width in enumerate(WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    row = writer.head(NAME, "", last=LAST, title="From cost per GPU to cost per unit of output")
    fleet = ", ".join(platforms)
    sheet.cell(2, 1).value = writer.book.compile(
        f'={{report_1.label}}&" of operation ("&{{report_1.status}}&", to "&YEAR({{report_1.end}})&"-"&RIGHT("0"&MONTH({{report_1.end}}),2)&"): '
        f'{fleet}, "&{{inputs.model}}&" at "&TEXT({{inputs.isl}},"#,##0")&"/"&TEXT({{inputs.osl}},"#,##0")&" tokens a request"',
        NAME,
    )
    row = _tiles(writer, sheet, row) + 2
    bottom = _table(writer, sheet, row)
    _words(writer, sheet, row)
    _charts(writer, sheet, bottom + 2, quarters)
    last_row = _commentary(writer, sheet, bottom + 3 + 2 * CHART_ROWS)
    writer.finish(sheet, last_row=last_row, last_column=LAST, tall=1)


def _change(key: str, kind: str) -> str:
    """The change against the quarter before, in words: shares in points, the rest in per cent."""
    now, then = f"{{report_1.{key}}}", f"{{report_2.{key}}}"
    points = " points" if kind == "share" else ""
    size = f"ABS({now}-{then})" if kind == "share" else f"ABS({now}/IF({then}=0,1,{then})-1)"
    return (
        f'=IF({{report_2.tokens}}=0,"no quarter before",IF({_equal(now, then, kind)},"unchanged",'
        f'IF({now}>{then},"▲ up ","▼ down ")&IF({then}=0,"from 0",TEXT({size},"0.0%")&"{points}")))'
    )


def _equal(one: str, other: str, kind: str) -> str:
    """Nearer to each other than a change that counts."""
    scale = "" if kind == "share" else f"*MAX(ABS({one}),ABS({other}))"
    return f"ABS({one}-{other})<={{inputs.report_tolerance}}{scale}"


def _tiles(writer: Writer, sheet: Worksheet, row: int) -> int:
    """Six figures in large type, each with its change; gives the last row."""
    known = {key: (label, unit, kind, more) for key, label, unit, kind, more in KPIS}
    paint, book = writer.painter.paint, writer.book
    for (key, column), after in zip(TILES, [column for _, column in TILES[1:]] + [LAST + 1], strict=True):
        label, unit, kind, more = known[key]
        for at in range(row, row + 3):
            for across in range(column, after):
                paint(sheet.cell(at, across), "TB Column Left")
        title, figure, change = (sheet.cell(row + offset, column) for offset in range(3))
        title.value = f"{label}, {writer.unit(unit)}" if kind != "share" else label
        title.value = title.value.replace("business ", "")
        title.font = Font(name="Calibri", size=9, color=GREY)
        figure.value = book.compile(f"={{report_1.{key}}}", NAME)
        paint(figure, "TB Column Left", kind)
        figure.font = Font(name="Calibri", size=17, bold=True, color=NAVY)
        figure.alignment = Alignment(horizontal="left", vertical="center")
        change.value = book.compile(_change(key, kind), NAME)
        change.font = Font(name="Calibri", size=10, color=NAVY)
        _colours(sheet, change, more)
        for offset in range(3):
            sheet.merge_cells(start_row=row + offset, start_column=column, end_row=row + offset, end_column=after - 1)
    sheet.row_dimensions[row + 1].height = 26
    return row + 2


def _colours(sheet: Worksheet, cell: Any, more: bool | None) -> None:
    """Green where the change is good, red where it is bad."""
    if more is None:
        return
    ref = cell.coordinate
    for sign, good in (("▲", more), ("▼", not more)):
        rule = FormulaRule([f'LEFT({ref},1)="{sign}"'], font=Font(color=GREEN if good else BAD, bold=True))
        sheet.conditional_formatting.add(ref, rule)


def _table(writer: Writer, sheet: Worksheet, row: int) -> int:
    """Every figure beside the quarter before, the plan and the target; gives the last row."""
    paint, book = writer.painter.paint, writer.book
    for column, title in enumerate(HEADS, 1):
        sheet.cell(row, column).value = book.compile(title, NAME)
        paint(sheet.cell(row, column), "TB Column Left" if column in (1, 2, 6, 9) else "TB Column")
    for key, label, unit, kind, more in KPIS:
        row += 1
        target = TARGETS.get(key)
        now, then, plan = (f"{{report_{n}.{name}}}" for n, name in ((1, key), (2, key), (1, f"plan_{key}")))
        aim = f'IF({{inputs.{target}}}="",{plan},{{inputs.{target}}})' if target else plan
        change = f"{now}-{then}" if kind == "share" else f'IF({then}=0,"",{now}/{then}-1)'
        cells = (
            (label, "TB Label", "general"), (writer.unit(unit), "TB Unit", "general"), (f"={now}", "TB KPI", kind),
            (f"={then}", "TB Link", kind), (f"={change}", "TB Link", "share"), (_change(key, kind), "TB Sentence", "general"),
            (f"={plan}", "TB Link", kind), (f"={aim}", "TB Link", kind), (_against(now, aim, kind, more), "TB Sentence", "general"),
        )  # fmt: skip
        for column, (text, style, form) in enumerate(cells, 1):
            cell = sheet.cell(row, column)
            cell.value = book.compile(text, NAME) if text.startswith("=") else text
            paint(cell, style, form)
        _colours(sheet, sheet.cell(row, 6), more)
        _verdict_colours(sheet, sheet.cell(row, 9))
        book.put(f"board.{key}", Cell(NAME, row, 3))
        writer.define(f"board_{key}", book.find(f"report_1.{key}"))
    return row


BETTER, WORSE, EVEN = "better", "worse", "on target"


def _against(now: str, aim: str, kind: str, more: bool | None) -> str:
    above, below = ("above", "below") if more is None else (BETTER, WORSE) if more else (WORSE, BETTER)
    return f'=IF({_equal(now, aim, kind)},"{EVEN}",IF({now}>{aim},"{above}","{below}"))'


def _verdict_colours(sheet: Worksheet, cell: Any) -> None:
    for word, color in ((BETTER, GREEN), (WORSE, BAD)):
        rule = FormulaRule([f'{cell.coordinate}="{word}"'], font=Font(color=color, bold=True))
        sheet.conditional_formatting.add(cell.coordinate, rule)


def sentences(writer: Writer) -> tuple[str, ...]:
    """What the figures say, each on two rows."""
    money = writer.currency
    driver = "INDEX({step.heading:all},MATCH(MAX({step.size:all}),{step.size:all},0))"
    # What is nothing by the reader's own measure is shown as 0, not as a rounded rest with a sign.
    size = "IF(ABS({step_%d.value})<={inputs.report_tolerance}*{report_1.cost},0,{step_%d.value})"
    signed = '&", "&'.join(
        f'{{step_{n}.heading}}&" "&TEXT({size % (n, n)},"+0.0000;-0.0000;0")' for n in range(2, len(BRIDGE))
    )
    return (
        f'=IF({{report_2.tokens}}=0,"Cost per million tokens: {money} "&TEXT({{report_1.cost}},"0.0000")&". There is no quarter before.",'
        f'"Cost per million tokens moved from {money} "&TEXT({{report_2.cost}},"0.0000")&" to "&TEXT({{report_1.cost}},"0.0000")'
        f'&IF(MAX({{step.size:all}})=0,"; nothing moved it.","; "&LOWER({driver})&" moved it most."))',
        f'=IF({{report_2.tokens}}=0,"No bridge in the first quarter.","{money} per Mtok: "&{signed}&".")',
        f'="A transaction of "&TEXT({{inputs.requests_per_transaction}},"#,##0.0#")&" requests costs {money} "'
        '&TEXT({report_1.per_transaction},"0.000000")&"; "&TEXT({report_1.utilization},"0.0%")'
        '&IF({report_1.utilization}>1," utilisation: type the measured throughput on Actuals."," of what was paid for was sold.")',
        '="Revenue per million tokens "&TEXT({report_1.price},"0.0000")&", margin after capital recovery "&TEXT({report_1.margin},"0.0%")'
        '&IF({report_1.margin}<0,": each token sold loses money.",".")',
    )  # fmt: skip


def _words(writer: Writer, sheet: Worksheet, row: int) -> None:
    """Sentences that the figures write, to the right of the table."""
    _band(writer, sheet, row, "What the figures say", WORDS, LAST)
    row += 1
    for text in sentences(writer):
        sheet.cell(row, WORDS).value = writer.book.compile(text, NAME)
        sheet.merge_cells(start_row=row, start_column=WORDS, end_row=row + 1, end_column=LAST)
        writer.painter.paint(sheet.cell(row, WORDS), "TB Sentence")
        row += 2


def _commentary(writer: Writer, sheet: Worksheet, row: int) -> int:
    """Boxes for what people write, beside each other; gives the last row."""
    rule = DataValidation("textLength", operator="lessThanOrEqual", formula1=str(LONGEST), allow_blank=True)
    rule.error, rule.errorTitle, rule.showErrorMessage = (
        f"Up to {LONGEST} characters fit on the page",
        "Tokenbook",
        True,
    )
    sheet.add_data_validation(rule)
    for n, (title, first, last) in enumerate(BOXES, 1):
        _band(writer, sheet, row, f"{title} (your commentary)", first, last)
        for at in range(row + 1, row + BOX_ROWS + 1):
            for column in range(first, last + 1):
                writer.painter.paint(sheet.cell(at, column), "TB Input")
        sheet.merge_cells(start_row=row + 1, start_column=first, end_row=row + BOX_ROWS, end_column=last)
        cell = sheet.cell(row + 1, first)
        cell.alignment = Alignment(wrap_text=True, vertical="top", horizontal="left")
        rule.add(cell.coordinate)
        writer.define(f"commentary_{n}", Cell(NAME, row + 1, first))
    return row + BOX_ROWS


def _band(writer: Writer, sheet: Worksheet, row: int, text: str, first: int, last: int) -> None:
    sheet.cell(row, first).value = text
    for column in range(first, last + 1):
        writer.painter.paint(sheet.cell(row, column), "TB Column Left")


def _charts(writer: Writer, sheet: Worksheet, top: int, quarters: int) -> None:
    book = writer.book
    over_quarters = {
        "categories": "q.label",
        "x_title": "Quarter of operation",
        "every": 2 if quarters > 12 else 1,
        "upto": quarters,
        "skip": 1,
    }
    cost = charts.lines_over_months(
        writer, title="Cost and revenue per million tokens (dashed: plan)", y_title=writer.unit("USD per Mtok"), number_format="0.00##",
        rows=["fleet.cost", "fleet.price", "fleet.plan_cost", "fleet.plan_price"], dashed=(2, 3),
        names=["Cost", "Revenue", "Cost, plan", "Revenue, plan"], **over_quarters,
    )  # fmt: skip
    steps = [book.time_row(f"step.{key}") for key in ("heading", "base_over", "base_under")]
    span = (steps[0].first, steps[0].last)
    rows = {key: book.find(f"step.{key}").row for key in
            ("level_over", "level_under", "rise_over", "rise_under", "fall_over", "fall_under")}  # fmt: skip
    bridge = charts.waterfall(
        writer, title="What moved the cost against the quarter before", y_title=writer.unit("USD per Mtok"), number_format="0.00##",
        sheet=REPORT, categories=(steps[0].row, *span), hidden=[(place.row, *span) for place in steps[1:]],
        shown=[
            (((rows[f"{key}_over"], *span), (rows[f"{key}_under"], *span)), color)
            for key, color in (("level", SERIES[0]), ("rise", SERIES[2]), ("fall", SERIES[3]))
        ],
    )  # fmt: skip
    shares = charts.lines_over_months(
        writer, title="Utilisation and margin (dashed: plan)", y_title="share", number_format="0%",
        rows=["fleet.utilization", "fleet.margin", "fleet.plan_utilization", "fleet.plan_margin"], dashed=(2, 3),
        names=["Utilisation", "Margin", "Utilisation, plan", "Margin, plan"], **over_quarters,
    )  # fmt: skip
    tokens, plan, label = (book.time_row(name) for name in ("fleet.tokens", "fleet.plan_tokens", "q.label"))
    span = (tokens.first + 1, tokens.first + quarters)
    volumes = charts.bars(
        writer, title="Tokens sold", y_title="Mtok", number_format="#,##0", sheet=tokens.sheet, categories=(label.row, *span),
        rows=[(tokens.row, *span), (plan.row, *span)], names=["Plan or actual", "Plan"],
    )  # fmt: skip
    for index, chart in enumerate((cost, bridge, shares, volumes)):
        left = index % 2 == 0
        chart.height, chart.width = CHART_ROWS * CM_PER_ROW, LEFT_WIDTH if left else RIGHT_WIDTH
        sheet.add_chart(chart, f"{'A' if left else 'H'}{top + index // 2 * CHART_ROWS}")


LEFT_WIDTH, RIGHT_WIDTH = 21.5, 16.6  # cm: columns A to G, and H to M
