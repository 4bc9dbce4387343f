"""The sheet of the 15x claim: what it says, what it implies, and what is left of it under other assumptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from tokenbook.templates.models.shared.function_panels import Panels
from tokenbook.templates.sheets.checks import Check, Group
from tokenbook.templates.sheets.formula import Cell, TimeRow, place_ref
from tokenbook.templates.sheets.inputs import Filled, bounds
from tokenbook.templates.sheets.style import lines_of
from tokenbook.templates.sheets.writer import SUBTITLE_ROW, Writer
from tokenbook.udfs.catalog.claims import Claim

THE_CLAIM = "75m-from-5m"
CLAIM = "Claim"
CLAIM_FIGURES = (  # name, label, unit, format, catalogue row
    ("investment", "Investment", "USD", "usd", "claim.75m-from-5m.investment"),
    ("revenue", "Token revenue", "USD", "usd", "claim.75m-from-5m.revenue"),
    ("gpus", "GPUs", "GPUs", "count", "claim.75m-from-5m.gpus"),
    ("years", "Years", "years", "number", "claim.75m-from-5m.years"),
    ("throughput", "Throughput, input plus output tokens", "tok/s per GPU", "number", "claim.75m-from-5m.throughput"),
)
CASES = (  # label, utilisation, factor by which the price falls a year, key
    ("As published: all sold, flat price", 1.0, 1.0, "flat"),
    ("40 % utilisation", 0.4, 1.0, "utilized"),
    ("Prices fall 3x a year", 1.0, 3.0, "threefold"),
    ("Prices fall 10x a year", 1.0, 10.0, "tenfold"),
)
CLAIM_YEARS = 3


def about_claim(claim: Claim) -> list[str]:
    """The words that belong to the claim: its conditions, its gaps, who says it differently, what was measured."""
    return [
        f"Stated by {claim.claimant}. {claim.qualifier} {claim.conditions}",
        *(f"Not stated: {text}" for text in claim.missing),
        *(f"Said differently: {text}" for text in claim.disagreements),
        *(f"Measured: {text}" for text in claim.measured),
    ]


def write_claim(writer: Writer, filled: Mapping[str, Filled] | None, about: Sequence[str]) -> None:
    """The 15x claim: what it says, what it implies, and what is left under other assumptions.

    filled : the figures of CLAIM_FIGURES by name, or None where they stand on Inputs, as claim_investment and so on;
    about : the catalogue's entry of the claim.
    """
    sheet = writer.sheet(CLAIM)
    last = 7 + CLAIM_YEARS + 1
    paint, book = writer.painter.paint, writer.book
    row = writer.head(CLAIM, "75 million USD of token revenue from an investment of 5 million: 15x, examined.", last=last)
    writer.heading(sheet, row, "What the vendor states", last)
    for key, label, unit, kind, _ in CLAIM_FIGURES:
        row += 1
        place = Cell(CLAIM, row, 3)
        book.put(f"claim.{key}", place)
        if filled is None:
            link = book.compile(f"={{inputs.claim_{key}}}", CLAIM)
            _claim_line(writer, sheet, row, label, unit, link, kind, "TB Link")
            continue
        writer.define(f"claim_{key}", place)
        writer.bound(f"claim_{key}", place, filled[key].baseline)
        _claim_line(writer, sheet, row, label, unit, filled[key].value, kind, "TB Input")
        _bounded(sheet, place_ref(place), label, above=0)
    row += 2
    writer.heading(sheet, row, "What that implies", last)
    for key, label, unit, kind, formula in (
        ("tokens", "Tokens, all hours of all years used", "Mtok", "mtok",
         "={claim.gpus}*{claim.throughput}*{inputs.seconds_per_hour}*{inputs.hours_per_month}*{inputs.months_per_year}"
         "*{claim.years}/{inputs.tokens_per_mtok}"),
        ("price", "Price at which they are sold", "USD per Mtok", "usd_per_mtok", "={claim.revenue}/{claim.tokens}"),
        ("rate", "Investment per GPU-hour", "USD per GPU-hour", "usd_rate",
         "={claim.investment}/({claim.gpus}*{inputs.hours_per_month}*{inputs.months_per_year}*{claim.years})"),
        ("cost", "Cost per million tokens", "USD per Mtok", "usd_per_mtok", "={claim.investment}/{claim.tokens}"),
        ("multiple", "Revenue over investment (the published 15x)", "multiple", "multiple",
         "={claim.revenue}/{claim.investment}"),
        ("net", "Net return: (revenue - investment) / investment", "multiple", "multiple",
         "=({claim.revenue}-{claim.investment})/{claim.investment}"),
    ):  # fmt: skip
        row += 1
        book.put(f"claim.{key}", Cell(CLAIM, row, 3))
        _claim_line(writer, sheet, row, label, unit, book.compile(formula, CLAIM), kind, "TB Calc")
    row = _claim_cases(writer, sheet, row + 2, last)
    row += 1
    writer.heading(sheet, row, "Conditions, gaps and contradictions", last)
    for text in about:
        row += 1
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=last)
        sheet.cell(row, 1).value = text
        paint(sheet.cell(row, 1), "TB Sentence")
        sheet.row_dimensions[row].height = 14.5 * lines_of(text, 46 + 19 * (last - 1))
    sheet.column_dimensions["A"].width = 46
    for column in range(2, last + 1):
        sheet.column_dimensions[get_column_letter(column)].width = 19
    writer.finish(sheet, last_row=row, last_column=last, tall=1)


def _claim_line(writer: Writer, sheet: Worksheet, row: int, label: str, unit: str, value: object, kind: str, style: str) -> None:
    sheet.cell(row, 1).value, sheet.cell(row, 2).value, sheet.cell(row, 3).value = label, unit, value
    writer.painter.paint(sheet.cell(row, 1), "TB Label")
    writer.painter.paint(sheet.cell(row, 2), "TB Unit")
    writer.painter.paint(sheet.cell(row, 3), style, kind)


def _claim_cases(writer: Writer, sheet: Worksheet, row: int, last: int) -> int:
    paint, book = writer.painter.paint, writer.book
    writer.heading(sheet, row, "What is left of it", last)
    row += 1
    titles = ("Case", "Utilisation", "Price fall, x a year", "Revenue, USD", "Multiple", "Net return", "NPV, USD")
    for column, title in enumerate(titles, 1):
        sheet.cell(row, column).value = title
    for column in range(1, last + 1):
        paint(sheet.cell(row, column), "TB Column Left" if column == 1 else "TB Column")
    years = row
    for column in range(8, last + 1):
        cell = sheet.cell(row, column)
        cell.value = f"=COLUMNS($H${SUBTITLE_ROW}:{get_column_letter(column)}${SUBTITLE_ROW})-1"
        cell.number_format = '"Year "0'
    end = get_column_letter(last)
    _bounded(sheet, f"B{row + 1}:B{row + len(CASES)}", "Utilisation", low=0, high=1)
    _bounded(sheet, f"C{row + 1}:C{row + len(CASES)}", "Price fall", above=0)
    for label, utilization, factor, key in CASES:
        row += 1
        sheet.cell(row, 1).value = label
        paint(sheet.cell(row, 1), "TB Label")
        for column, value, style, kind in (
            (2, utilization, "TB Input", "share"),
            (3, factor, "TB Input", "number"),
            (4, f"=SUM($I{row}:${end}{row})", "TB Calc", "usd"),
            (5, f"=D{row}/{{claim.investment}}", "TB Calc", "multiple"),
            (6, f"=(D{row}-{{claim.investment}})/{{claim.investment}}", "TB Calc", "multiple"),
            (7, f"=$H{row}+NPV({{inputs.discount_rate}},$I{row}:${end}{row})", "TB Link", "usd"),
        ):
            cell = sheet.cell(row, column)
            cell.value = book.compile(value, CLAIM) if isinstance(value, str) else value
            paint(cell, style, kind)
        for name, column in (("utilization", 2), ("factor", 3), ("revenue", 4), ("multiple", 5), ("net", 6), ("npv", 7)):
            book.put(f"claim.{name}_{key}", Cell(CLAIM, row, column))
        book.put(f"claim.flows_{key}", TimeRow(CLAIM, row, 4, 8, last))
        for column in range(8, last + 1):
            letter = get_column_letter(column)
            cell = sheet.cell(row, column)
            cell.value = book.compile(
                f"=IF({letter}${years}=0,-{{claim.investment}},IF({letter}${years}<={{claim.years}},"
                f"{{claim.revenue}}/{{claim.years}}*$B{row}*$C{row}^-({letter}${years}-1),0))",
                CLAIM,
            )
            paint(cell, "TB Calc", "usd")
    return row + 1


def _bounded(sheet: Worksheet, ref: str, label: str, *, low: float | None = None, high: float | None = None, above: float | None = None) -> None:
    rule = bounds(label, low=low, high=high, above=above)
    rule.add(ref)
    sheet.add_data_validation(rule)


def panel(panels: Panels) -> None:
    """The claim through TOK_CLAIM_AUDIT and TOK_NPV."""
    panels.head("The claim: =TOK_CLAIM_AUDIT, =TOK_NPV")
    audit = "TOK_CLAIM_AUDIT({claim.investment},{claim.revenue},{claim.gpus},{claim.years},{claim.throughput})"
    for label, key, index, kind in (
        ("Price implied, USD per Mtok", "price", "implied_usd_per_mtok", "usd_per_mtok"),
        ("Rate implied, USD per GPU-hour", "rate", "implied_usd_per_gpu_hour", "usd_rate"),
        ("Net return", "net", "net_roi", "multiple"),
    ):
        panels.cell(label, f"claim.{key}", f'VLOOKUP("{index}",{audit},2,FALSE)', kind)
    for label, key in (("NPV at a flat price, USD", "flat"), ("NPV at prices falling 10x a year, USD", "tenfold")):
        call = f"TOK_NPV({{inputs.discount_rate}},{{claim.flows_{key}:all}})"
        panels.cell(label, f"claim.npv_{key}", call, "usd")


def checks(panel: dict[str, str]) -> Group:
    """The sheet against the functions."""
    rows = (
        Check("Price implied: sheet and TOK_CLAIM_AUDIT", "={claim.price}", panel["claim.price"], "usd_per_mtok", True),
        Check("Rate implied: sheet and TOK_CLAIM_AUDIT", "={claim.rate}", panel["claim.rate"], "usd_rate", True),
        Check("Net return: sheet and TOK_CLAIM_AUDIT", "={claim.net}", panel["claim.net"], "multiple", True),
        Check("NPV at a flat price: sheet and TOK_NPV", "={claim.npv_flat}", panel["claim.npv_flat"], "usd", True),
        Check("NPV at prices falling 10x a year: sheet and TOK_NPV", "={claim.npv_tenfold}",
              panel["claim.npv_tenfold"], "usd", True),
    )  # fmt: skip
    return Group("The 15x claim", rows)
