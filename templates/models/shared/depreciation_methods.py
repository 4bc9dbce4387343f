"""All depreciation methods side by side: schedule, tax, and net present value of each platform under each method.

Depreciation moves no cash but tax. Tax with losses carried forward without limit is the rate times the rise of the
highest profit that has been reached so far; that needs three rows a method.
"""

from __future__ import annotations

from tokenbook.templates.models.shared import deployment_core as core
from tokenbook.templates.models.shared.function_panels import Panels
from tokenbook.templates.sheets import time_sheet
from tokenbook.templates.sheets.checks import Check, Group
from tokenbook.templates.sheets.formula import TimeRow
from tokenbook.templates.sheets.grid import Grid
from tokenbook.templates.sheets.rows import Block, Constant, Heading, Row
from tokenbook.templates.sheets.writer import Writer

SHEET = "Methods"
TITLES = {
    "SL": "Straight line", "SYD": "Sum of the digits", "DDB": "Double declining, then straight line",
    "MACRS5": "MACRS, 5 years", "UNITS": "By tokens sold",
}  # fmt: skip
SOURCES = dict(zip(core.METHODS, ("straight_line", "years_digits", "declining", "macrs", "by_tokens"), strict=True))
NONE = "none"  # the case without any deduction, against which tax is saved


def blocks(platforms: tuple[str, ...]) -> tuple[Block, ...]:
    """For each platform: unit costs, the tax without a deduction, and each method."""
    made = []
    for n, platform in enumerate(platforms, 1):
        made.append(
            Block(f"unit_{n}", f"Platform {n}: {platform}: cost per million tokens as the books have it", _unit(n))
        )
        made.append(Block(f"method_{n}", f"Platform {n}: {platform}: depreciation methods", _methods(n)))
    return tuple(made)


def _unit(n: int) -> tuple[Row, ...]:
    m = f"model_{n}"
    return (
        Row("book_cost", "Running costs and depreciation, with software gains", "USD per Mtok",
            f"=IF({{{m}.sold}}>0,({{{m}.opex}}+{{{m}.depreciation}})/{{{m}.sold}},0)", "usd_per_mtok", strong=True),
        Row("book_cost_static", "... without software gains", "USD per Mtok",
            f"=IF({{{m}.sold_static}}>0,({{{m}.opex}}+{{{m}.depreciation}})/{{{m}.sold_static}},0)", "usd_per_mtok"),
        Row("cash_cost", "Running costs alone", "USD per Mtok", f"=IF({{{m}.sold}}>0,{{{m}.opex}}/{{{m}.sold}},0)",
            "usd_per_mtok"),
        Row("flat_price", "Price, if it stayed", "USD per Mtok", f"=MAX({{{m}.price_floor}},{{{m}.price_usd_per_mtok}})",
            "usd_per_mtok"),
    )  # fmt: skip


def _methods(n: int) -> tuple[Row | Constant | Heading, ...]:
    m = f"model_{n}"
    lines = [
        Row(
            "before",
            "Profit before depreciation, without the disposal",
            "USD",
            f"={{{m}.revenue}}-{{{m}.opex}}",
            "usd",
            "sum",
        ),
        *_taxed(NONE, f"={{before}}+{{{m}.final}}*{{{m}.residual_value}}".replace(f"{{{m}.final}}", "{time.final}"), n),
    ]
    for method, source in SOURCES.items():
        lines += [
            Heading(TITLES[method]),
            Row(f"amount_{method.lower()}", "Depreciation", "USD", f"={{{m}.{source}}}", "usd", "sum"),
            Row(f"book_{method.lower()}", "Net book value, closing", "USD",
                f"=IF({{time.month}}=0,{{{m}.investment}},N({{book_{method.lower()}:prev}}))-{{amount_{method.lower()}}}", "usd"),
            *_taxed(
                method.lower(),
                f"={{before}}-{{amount_{method.lower()}}}"
                f"+{{time.final}}*({{{m}.residual_value}}-{{book_{method.lower()}}})",
                n,
            ),
            Constant(f"npv_{method.lower()}", "Net present value", "USD",
                     f"=SUMPRODUCT({{before:all}}+{{{m}.investing:all}}-{{tax_{method.lower()}:all}},{{{m}.discount_factor:all}})",
                     "usd", True),
            Constant(f"saved_{method.lower()}", "Tax saved by deducting the investment, present value", "USD",
                     f"={{tax_value_{NONE}}}-{{tax_value_{method.lower()}}}", "usd"),
            Constant(f"shield_{method.lower()}", "Tax shield, present value: tax rate times depreciation, were there no losses",
                     "USD", f"={{{m}.tax_rate}}*SUMPRODUCT({{amount_{method.lower()}:all}},{{{m}.discount_factor:all}})", "usd"),
        ]  # fmt: skip
    return tuple(lines)


def _taxed(key: str, taxable: str, n: int) -> tuple[Row | Constant, ...]:
    m = f"model_{n}"
    to_date = "{profit_" + key + ":prev}"
    return (
        Row(f"profit_{key}", "Taxable to date", "USD", f"=N({to_date})+{taxable[1:]}", "usd"),
        Row(f"taxed_{key}", "... of which taxed: the highest so far", "USD",
            f"=MAX({{taxed_{key}:prev}},{{profit_{key}}})", "usd"),
        Row(f"tax_{key}", "Tax", "USD", f"={{{m}.tax_rate}}*({{taxed_{key}}}-N({{taxed_{key}:prev}}))", "usd", "sum"),
        Constant(f"tax_value_{key}", "Tax, present value", "USD",
                 f"=SUMPRODUCT({{tax_{key}:all}},{{{m}.discount_factor:all}})", "usd"),
    )  # fmt: skip


# --- what a reader sees of it --------------------------------------------------------------------------------------


def grids(platforms: tuple[str, ...], years: int) -> tuple[Grid, ...]:
    """Depreciation by year of platform 1, and what the method does to each platform."""
    schedule = Grid("schedule", f"Depreciation by year: {platforms[0]}", tuple(f"Year {y}" for y in range(1, years + 1)), (
        Row("year", "Year", "year", "=COLUMNS({heading:to_date})", "month"),
        Row("whole", "Whole year within the horizon", "1 or 0", "=IF({year}*{inputs.months_per_year}<={inputs.months},1,0)",
            "flag"),
        *(Row(method.lower(), TITLES[method], "USD",
              f"=SUMIFS({{method_1.amount_{method.lower()}:all}},{{time.year:all}},{{year}})", "usd") for method in SOURCES),
    ))  # fmt: skip
    effect = Grid("effect", "What the method changes", tuple(SOURCES), (
        Row("first_year", f"Depreciation in year 1, {platforms[0]}", "USD", "={of.first_year}", "usd"),
        Row("tax", f"Tax over the horizon, {platforms[0]}", "USD", "={of.tax:total}", "usd"),
        Row("shield", f"Tax shield, present value, {platforms[0]}", "USD", "={of.shield}", "usd",
            note="Tax rate times depreciation, as textbooks have it: it takes for granted that every year has a profit."),
        Row("saved", f"Tax saved, present value, {platforms[0]}", "USD", "={of.saved}", "usd",
            note="Against no deduction at all; with losses carried forward, and with what is written off at disposal."),
        *(Row(f"npv_{n}", f"Net present value, {platform}", "USD", f"={{of.npv_{n}}}", "usd", strong=True)
          for n, platform in enumerate(platforms, 1)),
        *(Row(f"against_{n}", f"... against the method chosen, {platform}", "USD", f"={{npv_{n}}}-INDEX({{npv_{n}:all}},{{model_{n}.method}})", "usd")
          for n, platform in enumerate(platforms, 1)),
        Constant("best", f"Method with the highest net present value, {platforms[0]}", "method",
                 "=INDEX({heading:all},MATCH(MAX({npv_1:all}),{npv_1:all},0))", "text"),
    ), also=("effect_of_#",))  # fmt: skip
    return schedule, effect


def name_effects(writer: Writer, platforms: tuple[str, ...]) -> None:
    """After the schedule has its place: what the columns of the second grid show."""
    book = writer.book
    for number, method in enumerate(SOURCES, 1):
        key = method.lower()
        book.put(f"effect_of_{number}.of.first_year", book.find(f"schedule_1.{key}"))
        book.put(f"effect_of_{number}.of.tax", book.find(f"method_1.tax_{key}"))
        book.put(f"effect_of_{number}.of.shield", book.find(f"method_1.shield_{key}"))
        book.put(f"effect_of_{number}.of.saved", book.find(f"method_1.saved_{key}"))
        for n in range(1, len(platforms) + 1):
            book.put(f"effect_of_{number}.of.npv_{n}", book.find(f"method_{n}.npv_{key}"))


def panel(panels: Panels, years: int) -> None:
    """TOK_DEPRECIATION of platform 1 by month (MACRS by year), and TOK_DEPLOYMENT under each method."""
    sheet, writer = panels.sheet, panels.writer
    panels.head(f"{panels.platforms[0]}: depreciation by month, =TOK_DEPRECIATION(method, cost, salvage, life, months)")
    cost = "{model_1.investment},{model_1.residual_value},{model_1.life_months}"
    last = time_sheet.last_column(panels.room)
    for method in SOURCES:
        if method == "MACRS5":
            call, width = 'TOK_DEPRECIATION("MACRS5",{model_1.investment},0,1,COLUMNS({schedule.heading:all}))', years
        else:
            units = ",{model_1.sold:periods}" if method == "UNITS" else ""
            call, width = f'TOK_DEPRECIATION("{method}",{cost},COLUMNS({{time.month:periods}}){units})', panels.room
        panels.row += 1
        label = TITLES[method] + (", by year" if method == "MACRS5" else "")
        for column, text in ((1, label), (2, writer.unit("USD"))):
            sheet.cell(panels.row, column).value = text
            writer.painter.paint(sheet.cell(panels.row, column), "TB Label" if column == 1 else "TB Unit")
        first = time_sheet.FIRST + 1
        place = TimeRow("Panels", panels.row, time_sheet.TOTAL, first, min(last, first + width - 1))
        panels.spill_row(call, place, "usd")
        writer.book.put(f"function.{method.lower()}", place)
    panels.head(f'{panels.platforms[0]} under each method: =TOK_DEPLOYMENT(names and values, "npv")', tuple(SOURCES))
    values = panels.variants(tuple(
        {"depreciation_method": f"INDEX({{lists.depreciation_method}},{number})"} for number in range(1, len(SOURCES) + 1)
    ))  # fmt: skip
    for number, method in enumerate(SOURCES, 1):
        call = f'INDEX(TOK_DEPLOYMENT({values},"npv"),{number})'
        panels.cell(f"Net present value, {TITLES[method]}", f"method.{method}", call, "usd")


def checks(panel: dict[str, str]) -> tuple[Group, ...]:
    """Each method on the sheet against the functions."""
    size = "=MAX(1,{model_1.revenue:total}+{model_1.opex:total}+{model_1.investment})"
    missing = "+IF(ISTEXT({panels.addin_missing}),NA(),0)"
    rows = []
    for method in SOURCES:
        key = method.lower()
        rows.append(
            Check(f"{TITLES[method]}: NPV, sheet and TOK_DEPLOYMENT", f"={{method_1.npv_{key}}}", panel[f"method.{method}"],
                  "usd", True, scale=size)
        )  # fmt: skip
        if method == "MACRS5":
            ours, theirs, within = "{schedule.macrs5:all}", "{function.macrs5:all}", "{schedule.whole:all}"
        else:
            ours, theirs = f"{{method_1.amount_{key}:periods}}", f"{{function.{key}:all}}"
            within = "({time.month:periods}<={model_1.months})"
        rows.append(
            Check(f"{TITLES[method]}: depreciation, sheet and TOK_DEPRECIATION", f"=SUMPRODUCT({ours}*{within})",
                  f"=SUMPRODUCT({ours}*{within})+SQRT(SUMPRODUCT(({ours}-{theirs})^2*{within})){missing}", "usd", True,
                  scale="=MAX(1,{model_1.investment})")
        )  # fmt: skip
    chosen = Check("The method chosen gives the net present value of the model",
                   "=INDEX({effect.npv_1:all},{model_1.method})", "={model_1.npv}", "usd", scale=size)  # fmt: skip
    return (Group("Depreciation methods, platform 1", (*rows, chosen)),)
