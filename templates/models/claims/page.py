"""The dashboard of the ``claims`` template: every claim in a line, what the figures say, four charts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openpyxl.styles import Alignment
from openpyxl.worksheet.worksheet import Worksheet

from tokenbook.templates.models.claims import verdicts
from tokenbook.templates.models.claims.panels import YOURS
from tokenbook.templates.models.claims.verdicts import CLAIMS, COLUMN, Judged
from tokenbook.templates.models.shared.claim_sheet import CASES, CLAIM
from tokenbook.templates.sheets import charts, dashboard
from tokenbook.templates.sheets.formula import Cell
from tokenbook.templates.sheets.writer import Writer

TABLE = (  # key of the overview, title
    ("stated", "Stated"), ("own", "From its figures"), ("closest", "Measured: closest"), ("lowest", "lowest"), ("highest", "highest"),
)  # fmt: skip
LEFT_CHART = 25.0  # cm; the table is wider here than on other dashboards
WIDTHS = (22, 15, 15, 15, 15, 15, 34)
VERDICT_COLUMN = 7


def write_dashboard(writer: Writer, all_judged: Sequence[Judged]) -> None:
    """Every claim in a line, what the figures say, four charts."""
    sheet, paint, book = writer.sheet(dashboard.NAME), writer.painter.paint, writer.book
    row = writer.head(dashboard.NAME, "", last=dashboard.LAST, title="Is the vendor's claim sound?")
    sheet.cell(2, 1).value = book.compile(
        '="What vendors state, what follows from it, what was measured. Figures match within "&TEXT({inputs.verdict_tolerance},"0%")&"."',
        dashboard.NAME,
    )
    table = dashboard.Table(len(TABLE), row)
    heads = ("Claim", *(title for _, title in TABLE), "Verdict")
    _heads(writer, sheet, row, heads)
    for n, judged in enumerate(all_judged, 1):
        row += 1
        for column, key in enumerate(("name", *(key for key, _ in TABLE), "verdict"), 1):
            cell = sheet.cell(row, column)
            cell.value = book.compile(f"={{claims_{n}.{key}}}", dashboard.NAME)
            shown = "TB Label" if column == 1 else "TB Sentence" if key == "verdict" else "TB KPI"
            paint(cell, shown, judged.kind if shown == "TB KPI" else "general")
            book.put(f"dashboard_{n}.{key}", Cell(dashboard.NAME, row, column))
        writer.define(f"claim_verdict_{n}", book.find(f"claims_{n}.verdict"))
        sheet.row_dimensions[row].height = 19
    verdicts.grade(sheet, f"G{table.names_row + 1}:G{row}")
    row = _your_line(writer, sheet, row + 2)
    table.last_row = row
    for column, width in enumerate(WIDTHS, 1):
        sheet.column_dimensions[chr(64 + column)].width = width
    for column in range(dashboard.FINDINGS, dashboard.LAST + 1):
        sheet.column_dimensions[chr(64 + column)].width = 17
    dashboard.write_findings(writer, table, findings())
    placed = dashboard_charts(writer, all_judged)
    dashboard.place_charts(writer, table, placed)
    for chart in placed[::2]:
        chart.width = LEFT_CHART


def _heads(writer: Writer, sheet: Worksheet, row: int, titles: tuple[str, ...]) -> None:
    for column, title in enumerate(titles, 1):
        cell = sheet.cell(row, column)
        cell.value = title
        writer.painter.paint(cell, "TB Column" if 1 < column < VERDICT_COLUMN else "TB Column Left")
        if column == VERDICT_COLUMN:
            cell.alignment = Alignment(vertical="center", indent=1)


YOUR_LINE = (  # title, name, format
    ("Multiple claimed", "your_1.multiple", "multiple"), ("Net return", "your_1.net", "multiple"),
    ("... as you expect", "left_2.net", "multiple"), ("Price implied", "your_1.price", "usd_per_mtok"),
    ("Cost implied", "your_1.cost", "usd_per_mtok"),
)  # fmt: skip


def _your_line(writer: Writer, sheet: Worksheet, row: int) -> int:
    """The reader's own claim in one line below the others."""
    paint, book = writer.painter.paint, writer.book
    _heads(writer, sheet, row, (YOURS, *(title for title, _, _ in YOUR_LINE), "Memory limit"))
    row += 1
    sheet.cell(row, 1).value = book.compile("={inputs.your_name}", dashboard.NAME)
    paint(sheet.cell(row, 1), "TB Sentence")
    for column, (_, name, kind) in enumerate(YOUR_LINE, 2):
        sheet.cell(row, column).value = book.compile(f"={{{name}}}", dashboard.NAME)
        paint(sheet.cell(row, column), "TB KPI", kind)
    sheet.cell(row, VERDICT_COLUMN).value = book.compile("={limit_5.verdict}", dashboard.NAME)
    paint(sheet.cell(row, VERDICT_COLUMN), "TB Sentence")
    sheet.row_dimensions[row].height = 27
    return row


def findings() -> tuple[str, ...]:
    """Sentences that the figures write themselves."""
    count = 'COUNTIF({claims.verdict},"%s*")'
    return (
        f'={count % verdicts.MATCHES}&" of "&ROWS({{claims.verdict}})&" claims match a like-for-like measurement; "'
        f'&{count % verdicts.ABOVE}&" are above what was measured, "&{count % verdicts.UNMEASURED}&" not measured independently."',
        '="The 15x is revenue over investment; net it is "&TEXT({claim.net},"0.0")&"x. At "&TEXT({claim.utilization_utilized},"0%")&" utilisation net "'
        '&TEXT({claim.net_utilized},"0.0")&"x, at prices falling "&TEXT({claim.factor_tenfold},"0")&"x a year "&TEXT({claim.net_tenfold},"0.0")&"x."',
        '="Two cents holds for an owner at full use; rented at the newest rate it is USD "&TEXT({cents_5.cost},"0.0000")&" per Mtok."',
        '="50x per MW is up to, and rests on power figures since corrected: "&TEXT({mw50.ratio_then},"0.0")&"x then, "'
        '&TEXT({mw50.ratio_corrected},"0.0")&"x now."',
        '="35x is one operating point: measured ratios run from "&TEXT({cost35.low},"0.0")&"x to "&TEXT({cost35.high},"0")&"x with the speed per user."',
        '="5x in two months would be "&TEXT({software.stated_monthly},"0%")&" a month; dated rows show at most "'
        '&TEXT(MAX({software.monthly:all}),"0%")&"."',
        '=IF(COUNTIF({inputs.status},"override")=0,"All figures as in the catalogue.",COUNTIF({inputs.status},"override")'
        '&" lines of Inputs differ from the catalogue.")',
    )  # fmt: skip


def dashboard_charts(writer: Writer, all_judged: Sequence[Judged]) -> tuple[Any, ...]:
    top = writer.book.find("claims.name").row
    first_ratio = [judged.kind for judged in all_judged].index("multiple")
    ratios = (top + first_ratio, top + len(all_judged) - 1)
    series = (
        ("stated", "Stated"),
        ("own", "From its own figures"),
        ("lowest", "Measured, lowest"),
        ("highest", "Measured, highest"),
    )
    stated = charts.bars(
        writer, title="Stated and measured (no bar: nothing measured)", y_title="times", number_format="0", sheet=CLAIMS, down=True,
        categories=(COLUMN["name"], *ratios), rows=[(COLUMN[key], *ratios) for key, _ in series], names=[name for _, name in series],
    )  # fmt: skip
    first = writer.book.find(f"claim.npv_{CASES[0][3]}").row
    cases = (first, first + len(CASES) - 1)
    left = charts.bars(
        writer, title="What is left of the 15x", y_title="times the investment", number_format="0", sheet=CLAIM, down=True,
        categories=(1, *cases), rows=[(5, *cases), (6, *cases)], names=["Revenue over investment", "Net return"],
    )  # fmt: skip
    heading, cost, claimed = (writer.book.time_row(f"cents.{key}") for key in ("heading", "cost", "stated"))
    span = (cost.first, cost.last)
    cents = charts.bars(
        writer, title="Two cents: cost claimed and implied", y_title="USD per Mtok", number_format="0.000", sheet=cost.sheet,
        categories=(heading.row, *span), rows=[(claimed.row, *span), (cost.row, *span)], names=["Stated", "Implied by the measured point"],
    )  # fmt: skip
    heading, multiple, net = (writer.book.time_row(f"left.{key}") for key in ("heading", "multiple", "net"))
    span = (multiple.first, multiple.last)
    yours = charts.bars(
        writer, title="Your claim: as claimed, and as you expect", y_title="times the investment", number_format="0.0", sheet=YOURS,
        categories=(heading.row, *span), rows=[(multiple.row, *span), (net.row, *span)], names=["Revenue over investment", "Net return"],
    )  # fmt: skip
    return stated, left, cents, yours
