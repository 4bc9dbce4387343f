"""The Risk sheet: distributions beside the values, the tornado, the simulated spread and a two-way table.

What is uncertain is chosen on the sheet, as multiples of the base case; Panels turns that into what the functions read
and holds their results; the sheet shows them, and charts. Everything is about the first platform (or case).

    risk_panel.write(writer, ...)        before Panels: the reader's choices
    risk_panel.panel(panels)             on Panels: TOK_SIMULATE, TOK_TORNADO, TOK_GRID
    risk_results.results(writer)         after Panels: what they say, and the charts
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation

from tokenbook.templates.conventions import NO_ADDIN
from tokenbook.templates.models.shared.function_panels import NAME as PANELS
from tokenbook.templates.models.shared.function_panels import Panels
from tokenbook.templates.sheets import style
from tokenbook.templates.sheets.formula import Book, Cell, Range
from tokenbook.templates.sheets.front import Listed
from tokenbook.templates.sheets.writer import Writer
from tokenbook.udfs.kernels.deployment_inputs import BY_NAME

NAME = "Risk"
ABOUT = "What is uncertain, the tornado, the simulated spread, a two-way table: of the first platform or case."
THREE_POINT = ("pert", "triangular")  # low, likely, high; the others take the ends only
DISTRIBUTIONS = ("pert", "triangular", "uniform", "normal_p10_p90", "lognormal_p10_p90", "fixed")
LISTED = Listed(
    "distributions", "Distributions", DISTRIBUTIONS,
    "pert and triangular: low, likely, high. uniform: low to high. ..._p10_p90: low and high are met or undercut with 10 % "
    "and 90 % probability. fixed: the likely value.",
)  # fmt: skip
BINS = 20  # of the histogram
BARS = Listed("histogram_bars", "Bars of the histogram", (BINS,), "As many as the Risk sheet has rows for.")
LISTS = (LISTED, BARS)
WIDTHS = (40, 20, 15, 19, 12, 12, 12, 66)
LABEL, UNIT, BASE, KIND, LOW, LIKELY, HIGH, WHY = range(1, 9)
TRIALS, SEED = 10_000, 1
STEPS = 5  # of each side of the two-way table
ROWS_OF, COLUMNS_OF = ("price_usd_per_mtok", (0.4, 0.7, 1.0, 1.3, 1.6)), ("utilization_end", (0.4, 0.7, 1.0, 1.2, 1.4))
SUMMARY_ROWS = 17  # with its heading


@dataclass(frozen=True, slots=True)
class Uncertain:
    """An input of the model that a simulation draws: multiples of its base value, and why these."""

    name: str  # of the kernel, and of the core's block
    label: str
    unit: str
    kind: str
    distribution: str
    low: float
    likely: float
    high: float
    why: str


UNCERTAIN = (
    Uncertain("price_usd_per_mtok", "Blended price today", "USD per Mtok", "usd_per_mtok", "lognormal_p10_p90", 0.6, 1, 1.3,
              "List prices; negotiated ones are lower, and they spread by a factor between providers."),
    Uncertain("price_annual_factor", "Prices fall by this factor a year", "times a year", "number", "triangular", 0.75, 1, 2,
              "Measured declines range far wider; see token_price_annual_factor on Baselines."),
    Uncertain("utilization_end", "Utilisation after the ramp", "share", "share", "pert", 0.5, 1, 1.4,
              "What will be sold is the least certain of all; nobody publishes it."),
    Uncertain("tok_s_per_gpu", "Throughput today", "tok/s per GPU", "count", "triangular", 0.6, 1, 1.05,
              "A benchmark's peak; a stricter latency target means less, hardly ever more."),
    Uncertain("software_gain", "Software gain reached", "times", "number", "pert", 0.6, 1, 1.6,
              "Claims reach 5x; independent measurements less."),
    Uncertain("capex_usd_per_gpu", "Accelerator price", "USD per GPU", "usd", "triangular", 0.9, 1, 1.3,
              "The catalogue's prices have low confidence; replace by your quotes."),
    Uncertain("usd_per_kwh", "Electricity", "USD per kWh", "usd_rate", "normal_p10_p90", 0.7, 1, 1.4,
              "By region and contract."),
)  # fmt: skip


def write(writer: Writer, platform: str, *, block: str = "model_1") -> None:
    """The reader's choices: one line for each uncertain input, the simulation's own settings, the two-way steps."""
    sheet, paint, book = writer.sheet(NAME), writer.painter.paint, writer.book
    subtitle = f"{platform}: what is uncertain, and what that does to the net present value."
    row = writer.head(NAME, subtitle, last=WHY)
    for column, width in enumerate(WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    heads = ("Uncertain input", "Unit", "Base", "Distribution", "Low, x", "Likely, x", "High, x", "  Why these")
    column_heads(writer, row, *heads, left=(KIND, WHY))
    kinds, factors = _rules(writer)
    for each in UNCERTAIN:
        row += 1
        cells = (each.label, writer.unit(each.unit), book.compile(f"={{{block}.{each.name}}}", NAME), each.distribution,
                 each.low, each.likely, each.high, f"Assumption, as multiples of the base. {each.why}")  # fmt: skip
        styles = ("TB Label", "TB Unit", "TB Link", "TB Input", "TB Input", "TB Input", "TB Input", "TB Note")
        formats = ("text", "text", each.kind, "text", "number", "number", "number", "text")
        for column, (value, named, kind) in enumerate(zip(cells, styles, formats, strict=True), 1):
            sheet.cell(row, column).value = value
            paint(sheet.cell(row, column), named, kind)
        sheet.cell(row, KIND).alignment = Alignment(indent=1, vertical="center")
        sheet.row_dimensions[row].height = 13.5 * style.lines_of(str(cells[-1]), WIDTHS[-1])
        for column, word in ((BASE, "base"), (KIND, "kind"), (LOW, "low"), (LIKELY, "likely"), (HIGH, "high")):
            place = Cell(NAME, row, column)
            book.put(f"risk.{each.name}.{word}", place)
            if column != BASE:
                writer.define(f"risk_{each.name}_{'distribution' if column == KIND else word}", place)
        kinds.add(sheet.cell(row, KIND).coordinate)
        factors.add(f"{get_column_letter(LOW)}{row}:{get_column_letter(HIGH)}{row}")
    row = _settings(writer, row + 2)
    _steps(writer, row + 2, factors)
    sheet.freeze_panes = sheet.cell(writer.body_row + 1, BASE)


def _settings(writer: Writer, row: int) -> int:
    sheet, paint = writer.sheet(NAME), writer.painter.paint
    column_heads(writer, row, "Simulation", "Unit", "Value")
    for key, label, unit, value, low, high, note in (
        (
            "trials",
            "Trials",
            "number",
            TRIALS,
            100,
            100_000,
            "More trials, smaller standard errors; 10,000 take about 0.1 s.",
        ),
        (
            "seed",
            "Seed",
            "number",
            SEED,
            0,
            2**31,
            "The same seed gives the same figures. Another shows how far they vary.",
        ),
    ):
        row += 1
        place = Cell(NAME, row, BASE)
        for column, (text, named) in enumerate(((label, "TB Label"), (unit, "TB Unit"), (value, "TB Input")), 1):
            sheet.cell(row, column).value = text
            paint(sheet.cell(row, column), named, "count" if column == BASE else "text")
        sheet.cell(row, KIND).value = note
        paint(sheet.cell(row, KIND), "TB Subtitle")
        writer.book.put(f"risk.{key}", place)
        writer.define(f"risk_{key}", place)
        rule = DataValidation("whole", operator="between", formula1=str(low), formula2=str(high), showErrorMessage=True)
        rule.error, rule.errorTitle = f"{label}: a whole number from {low:,} to {high:,} belongs here", "Tokenbook"
        rule.add(sheet.cell(row, BASE).coordinate)
        sheet.add_data_validation(rule)
    return row


def _steps(writer: Writer, row: int, factors: DataValidation) -> None:
    """The sides of the two-way table, as multiples of the base."""
    sheet, paint = writer.sheet(NAME), writer.painter.paint
    heads = (f"Step {n}" for n in range(1, STEPS + 1))
    column_heads(writer, row, "Steps of the two-way table, x the base", "Unit", *heads)
    for word, (name, steps) in (("down", ROWS_OF), ("across", COLUMNS_OF)):
        row += 1
        each = next(item for item in UNCERTAIN if item.name == name)
        sheet.cell(row, LABEL).value, sheet.cell(row, UNIT).value = f"{each.label}, {word}", "times"
        paint(sheet.cell(row, LABEL), "TB Label")
        paint(sheet.cell(row, UNIT), "TB Unit")
        for n, step in enumerate(steps):
            cell = sheet.cell(row, BASE + n)
            cell.value = step
            paint(cell, "TB Input", "number")
            writer.book.put(f"risk.{word}_{n + 1}", Cell(NAME, row, BASE + n))
            writer.define(f"risk_{word}_{n + 1}", Cell(NAME, row, BASE + n))
        factors.add(f"{get_column_letter(BASE)}{row}:{get_column_letter(BASE + STEPS - 1)}{row}")
    writer.book.put("risk.end_of_choices", Cell(NAME, row, 1))


def _rules(writer: Writer) -> tuple[DataValidation, DataValidation]:
    sheet, place = writer.sheet(NAME), writer.book.area(f"lists.{LISTED.name}")
    letter = get_column_letter(place.column)
    listed = f"{quote_sheetname(place.sheet)}!${letter}${place.row}:${letter}${place.last_row}"
    kinds = DataValidation("list", formula1=listed, showErrorMessage=True)
    kinds.error, kinds.errorTitle = "Choose a distribution from the list", "Tokenbook"
    factors = DataValidation("decimal", operator="between", formula1="0", formula2="1000", showErrorMessage=True)
    factors.error, factors.errorTitle = "A multiple of the base, from 0 to 1,000, belongs here", "Tokenbook"
    sheet.add_data_validation(kinds)
    sheet.add_data_validation(factors)
    return kinds, factors


def column_heads(writer: Writer, row: int, *texts: str, left: tuple[int, ...] = ()) -> None:
    sheet = writer.sheet(NAME)
    for column in range(1, WHY + 1):
        sheet.cell(row, column).value = texts[column - 1] if column <= len(texts) else None
        words = column in (LABEL, UNIT, *left)
        writer.painter.paint(sheet.cell(row, column), "TB Column Left" if words else "TB Column")


# --- on Panels ---------------------------------------------------------------------------------------------------


def panel(panels: Panels) -> None:
    """The choices as the functions read them, and the functions' results."""
    names, moves = _as_read(panels)
    table, book = panels.first_table(), panels.writer.book
    common = f'{table},{names},{{risk.trials}},{{risk.seed}},"npv",,'
    panels.head("Spread of the net present value: =TOK_SIMULATE(names and values, distributions, trials, seed)")
    _keep(panels, "summary", panels.spill(f'TOK_SIMULATE({common}"summary")', SUMMARY_ROWS, 3, ("text", "general")),
          SUMMARY_ROWS, 3)  # fmt: skip
    panels.head('What drives it: =TOK_SIMULATE(..., "drivers")')
    count = len(UNCERTAIN) + 1
    _keep(panels, "drivers", panels.spill(f'TOK_SIMULATE({common}"drivers")', count, 4, ("text", "share")), count, 4)
    panels.head('Histogram: =TOK_SIMULATE(..., "histogram")')
    call = f'TOK_SIMULATE({common}"histogram",,{{lists.{BARS.name}}})'
    _keep(panels, "histogram", panels.spill(call, BINS + 1, 5, ("usd", "usd", "count", "share")), BINS + 1, 5)
    panels.head("One input at a time: =TOK_TORNADO(names and values, ranges)")
    kinds = ("text", "general", "general", "general", "usd")
    _keep(panels, "tornado", panels.spill(f'TOK_TORNADO({table},{moves},"npv")', count, 8, kinds), count, 8)
    panels.head("Two inputs at a time: =TOK_GRID(names and values, first, values, second, values)")
    _two_way(panels, table, book)


def _as_read(panels: Panels) -> tuple[str, str]:
    """Distributions with their parameters, and low and high values, in the units of the model."""
    sheet, paint, book = panels.sheet, panels.writer.painter.paint, panels.writer.book
    panels.head("Uncertain inputs: name, distribution, parameters; and name, low, high")
    first = panels.row + 1
    for each in UNCERTAIN:
        panels.row += 1
        at, bounds = f"risk.{each.name}", BY_NAME[each.name]
        three = "OR(" + ",".join(f'{{{at}.kind}}="{kind}"' for kind in THREE_POINT) + ")"
        low, likely, high = (_within(f"{{{at}.base}}*{{{at}.{word}}}", bounds) for word in ("low", "likely", "high"))
        # Without a base value (the price of a platform that is rented) there is nothing to vary.
        kind = f'IF({{{at}.base}}=0,"fixed",{{{at}.kind}})'
        fixed = f'OR({{{at}.base}}=0,{{{at}.kind}}="fixed")'
        formulas = (
            f'="{each.name}"', f"={kind}", f"=IF({fixed},{likely},{low})",
            f'=IF({fixed},"",IF({three},{likely},{high}))', f'=IF({fixed},"",IF({three},{high},""))',
            f'="{each.name}"', f"={low}", f"={high}",
        )  # fmt: skip
        for column, formula in enumerate(formulas, 1):
            cell = sheet.cell(panels.row, column if column < 6 else column + 1)
            cell.value = each.name if formula.startswith('="') else book.compile(formula, PANELS)
            paint(
                cell,
                "TB Label" if formula.startswith('="') else "TB Calc",
                each.kind if column not in (1, 2, 6) else "text",
            )
    return f"$A${first}:$E${panels.row}", f"$G${first}:$I${panels.row}"


def _within(formula: str, bounds: Any) -> str:
    """A formula kept within what the model takes: a share is at most 1, other inputs have room."""
    return f"MIN(1,{formula})" if bounds.high == 1 else formula


def _two_way(panels: Panels, table: str, book: Book) -> None:
    sheet, paint = panels.sheet, panels.writer.painter.paint
    (down, _), (across, _) = ROWS_OF, COLUMNS_OF
    panels.row += 1
    head = panels.row
    for n in range(1, STEPS + 1):
        cell = sheet.cell(head, FIRST_STEP + n)
        cell.value = "=" + book.compile(_within(f"{{risk.{across}.base}}*{{risk.across_{n}}}", BY_NAME[across]), PANELS)
        paint(cell, "TB Calc", "share")
    for n in range(1, STEPS + 1):
        cell = sheet.cell(head + n, FIRST_STEP)
        cell.value = book.compile(f"={{risk.{down}.base}}*{{risk.down_{n}}}", PANELS)
        paint(cell, "TB Calc", "usd_per_mtok")
    left, right = get_column_letter(FIRST_STEP + 1), get_column_letter(FIRST_STEP + STEPS)
    mine = get_column_letter(FIRST_STEP)
    call = f'TOK_GRID({table},"{down}",${mine}${head + 1}:${mine}${head + STEPS},"{across}",${left}${head}:${right}${head},"npv")'
    missing = f'IF(ISERROR(TOK_VERSION()),"{NO_ADDIN}","none")'
    panels.writer.spill(sheet, f"{left}{head + 1}:{right}{head + STEPS}", f"=IFERROR({call},{missing})")
    for row in range(head + 1, head + STEPS + 1):
        for column in range(FIRST_STEP + 1, FIRST_STEP + STEPS + 1):
            paint(sheet.cell(row, column), "TB Function", "usd")
    book.put("risk.grid", Range(PANELS, head, FIRST_STEP, head + STEPS, FIRST_STEP + STEPS))
    panels.row = head + STEPS


FIRST_STEP = 1  # column of the values down, on Panels


def _keep(panels: Panels, key: str, first: int, rows: int, columns: int) -> None:
    panels.writer.book.put(f"risk.{key}", Range(PANELS, first, 1, first + rows - 1, columns))
