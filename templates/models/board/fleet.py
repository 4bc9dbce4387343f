"""The fleet by quarter: plan from the deployment core, actual figures where the team typed them, and what moved the cost.

The cost of a million tokens is, over the platforms, the sum of share x rate / (throughput x utilisation). Each quarter's
change is split into rate, throughput, utilisation and mix by the logarithmic mean (additive LMDI-I, as TOK_COST_BRIDGE):
the parts sum exactly, and no order of changes has to be chosen. Spend on a platform that sells nothing is a part of its own.
"""

from __future__ import annotations

from openpyxl.utils import get_column_letter

from tokenbook.templates.models.shared.by_period import PeriodRow
from tokenbook.templates.sheets import time_sheet
from tokenbook.templates.sheets.formula import Cell, Range, TimeRow
from tokenbook.templates.sheets.grid import Grid
from tokenbook.templates.sheets.inputs import bounds
from tokenbook.templates.sheets.rows import Block, Constant, Heading, Ingredient, Row
from tokenbook.templates.sheets.writer import Writer

QUARTERLY, ACTUALS, FLEET, REPORT = "By quarter", "Actuals", "Fleet", "Report"
MONTHS_PER_QUARTER = 3
FIRST, TOTAL = time_sheet.FIRST, time_sheet.TOTAL
MTOK = "USD per Mtok"
PER_HOUR = "*{seconds_per_hour}/{tokens_per_mtok}"  # after tok/s: Mtok an hour

QUARTER_OF_MONTH = Row(
    "quarter", "Quarter of the model", "quarter", "=ROUNDUP({month}/{months_per_quarter},0)", kind="month"
)

QUARTER_ROWS = (  # per platform, by quarter, from the model
    PeriodRow("sold", "Tokens sold", "Mtok", "mtok"),
    PeriodRow("full_output", "Tokens at full use", "Mtok", "mtok"),
    PeriodRow("revenue", "Revenue", "USD", "usd"),
    PeriodRow("opex", "Running costs", "USD", "usd"),
    PeriodRow("capital_recovery", "Capital recovery", "USD", "usd"),
    PeriodRow("spend", "Spend: running costs and capital recovery", "USD", "usd", "={opex}+{capital_recovery}"),
    PeriodRow("gpu_hours", "GPU-hours paid for", "hours", "count",
              "=SUMIFS({time.operating:all},{time.quarter:all},{quarter.number})*{model_#.gpus}*{model_#.hours_per_month}"),
    PeriodRow("throughput", "Throughput at full use", "tok/s per GPU", "number",
              "=IF({gpu_hours}>0,{full_output}/({gpu_hours}*{inputs.seconds_per_hour}/{inputs.tokens_per_mtok}),0)"),
)  # fmt: skip

# What a team may type for a platform and a quarter: key, label, unit, format. Blank: the plan counts.
TYPED = (
    ("gpu_hours", "GPU-hours paid for", "hours", "count"),
    ("tokens", "Tokens sold", "Mtok", "mtok"),
    ("spend", "Spend: running costs and capital recovery, or rent", "USD", "usd"),
    ("revenue", "Revenue", "USD", "usd"),
    ("throughput", "Throughput at full use, if measured", "tok/s per GPU", "number"),
)
PLANNED = {"tokens": "sold"}  # where the model's line has another name
COUNTED = ("gpu_hours", "tokens", "spend", "revenue")  # a quarter is actual when these are typed for every platform

CLOCK = (
    Row("number", "Quarter", "quarter", "={quarter.number}", kind="month"),
    Row("label", "Shown as", "text", '="Q"&{number}', kind="text"),
    Row("end", "Ends", "date", "=EDATE({inputs.start_date},{number}*{inputs.months_per_quarter})-1", kind="date"),
)


def unit_block(n: int, platform: str) -> Block:
    """One platform: plan or actual, its factors, and its part in the change of the fleet's cost."""
    q, a = f"quarter_{n}", f"actual_{n}"
    shown = tuple(
        Row(key, label, unit, f'=IF({{{a}.{key}}}="",{{{q}.{PLANNED.get(key, key)}}},{{{a}.{key}}})', kind)
        for key, label, unit, kind in TYPED
    )
    effect = "={both}*{mean}*LN(IF({both}=1,{%s}/{%s:prev},1))"
    return Block(f"unit_{n}", f"Platform {n}: {platform}", (
        Heading("Plan, or actual where it was typed"),
        *shown,
        Heading("Factors of its cost"),
        Row("rate", "Spend per GPU-hour", "USD per GPU-hour", "=IF({gpu_hours}>0,{spend}/{gpu_hours},0)", "usd_rate"),
        Row("speed", "Throughput at full use", "tok/s per GPU", "={throughput}", "number"),
        Row("utilization", "Utilisation", "share",
            "=IF({gpu_hours}*{throughput}>0,{tokens}/({gpu_hours}*{throughput}" + PER_HOUR + "),0)", "share"),
        Row("weight", "Tokens", "Mtok", "={tokens}", "mtok"),
        Row("share", "Share of the fleet's tokens", "share", "=IF({fleet.tokens}>0,{tokens}/{fleet.tokens},0)", "share"),
        Row("cost", "Cost per million tokens", MTOK, "=IF({tokens}>0,{spend}/{tokens},0)", "usd_per_mtok", strong=True),
        Heading("What it adds to the change against the quarter before"),
        Row("part", "Its part of the fleet's cost", MTOK, "={share}*{cost}", "usd_per_mtok"),
        Row("both", "In both quarters", "1 or 0",
            "=IF(AND({part}>0,N({part:prev})>0,{rate}*{speed}*{utilization}>0,N({rate:prev})*N({speed:prev})*N({utilization:prev})>0),1,0)",
            "flag"),
        Row("log", "Log of the change", "log", "=IF({both}=1,LN({part}/{part:prev}),0)", "factor"),
        # L(a, b) = (a - b) / ln(a / b), written so that it is exact also where the two are nearly equal.
        Row("mean", "Logarithmic mean of both quarters", MTOK,
            "=IF({both}=1,SQRT({part}*{part:prev})*IF({log}=0,1,SINH({log}/2)/IF({log}=0,1,{log}/2)),0)", "usd_per_mtok"),
        Row("by_rate", "Rate", MTOK, effect % ("rate", "rate"), "usd_per_mtok_change"),
        Row("by_speed", "Throughput", MTOK, "=-" + (effect % ("speed", "speed"))[1:], "usd_per_mtok_change"),
        Row("by_utilization", "Utilisation", MTOK, "=-" + (effect % ("utilization", "utilization"))[1:], "usd_per_mtok_change"),
        Row("by_mix", "Mix", MTOK, "=IF({both}=1,{mean}*LN({share}/{share:prev}),{part}-N({part:prev}))", "usd_per_mtok_change"),
    ))  # fmt: skip


def fleet_block(count: int) -> Block:
    """The fleet: sums over the platforms, ratios of the sums, units of output, plan, and the bridge."""
    numbers = range(1, count + 1)

    def total(key: str, block: str = "unit") -> str:
        return "=" + "+".join(f"{{{block}_{n}.{key}}}" for n in numbers)

    full = "+".join(f"{{unit_{n}.gpu_hours}}*{{unit_{n}.throughput}}" for n in numbers)
    plan_full = "+".join(f"{{quarter_{n}.full_output}}" for n in numbers)
    typed = "+".join(f"N({{actual_{n}.count}})" for n in numbers)
    request = "*({isl}+{osl})/{tokens_per_mtok}"
    return Block("fleet", "The fleet: sum of cost over sum of tokens", (
        Ingredient("isl"), Ingredient("osl"), Ingredient("requests_per_transaction"), Ingredient("seconds_per_hour"),
        Ingredient("tokens_per_mtok"),
        Heading("Sums"),
        Row("gpu_hours", "GPU-hours paid for", "hours", total("gpu_hours"), "count", "sum"),
        Row("tokens", "Tokens sold", "Mtok", total("tokens"), "mtok", "sum"),
        Row("spend", "Spend", "USD", total("spend"), "usd", "sum"),
        Row("revenue", "Revenue", "USD", total("revenue"), "usd", "sum"),
        Row("typed", "Figures typed, of those that make a quarter actual", "figures", f"={typed}", "flag"),
        Row("status", "This quarter is", "word", '=IF({typed}=0,"plan",IF({typed}>={actual.needed},"actual","part actual"))', "text"),
        Heading("From the hour to the unit of output"),
        Row("rate", "Cost per GPU-hour", "USD per GPU-hour", "=IF({gpu_hours}>0,{spend}/{gpu_hours},0)", "usd_rate"),
        Row("speed", "Throughput at full use", "tok/s per GPU", f"=IF({{gpu_hours}}>0,({full})/{{gpu_hours}},0)", "number"),
        Row("utilization", "Utilisation", "share",
            "=IF({gpu_hours}*{speed}>0,{tokens}/({gpu_hours}*{speed}" + PER_HOUR + "),0)", "share"),
        Row("cost", "Cost per million tokens", MTOK, "=IF({tokens}>0,{spend}/{tokens},0)", "usd_per_mtok", strong=True),
        Row("per_request", "Cost per request", "USD", "={cost}" + request, "usd_unit"),
        Row("per_transaction", "Cost per business transaction", "USD", "={per_request}*{requests_per_transaction}", "usd_unit", strong=True),
        Row("price", "Revenue per million tokens", MTOK, "=IF({tokens}>0,{revenue}/{tokens},0)", "usd_per_mtok"),
        Row("margin", "Margin after capital recovery", "share of revenue", "=IF({revenue}>0,({revenue}-{spend})/{revenue},0)", "share", strong=True),
        Constant(
            "racks",
            "Racks (servers where the catalogue knows no rack)",
            "racks",
            "=" + "+".join(f"{{model_{n}.racks}}" for n in numbers),
            "number",
        ),
        Row("per_rack", "Spend per rack", "USD", "=IF({racks}>0,{spend}/{racks},0)", "usd"),
        Row("requests", "Requests served", "million", "={tokens}/({isl}+{osl})", "number", "sum"),
        Heading("Plan"),
        Row("plan_gpu_hours", "GPU-hours paid for", "hours", total("gpu_hours", "quarter"), "count", "sum"),
        Row("plan_tokens", "Tokens sold", "Mtok", total("sold", "quarter"), "mtok", "sum"),
        Row("plan_spend", "Spend", "USD", total("spend", "quarter"), "usd", "sum"),
        Row("plan_revenue", "Revenue", "USD", total("revenue", "quarter"), "usd", "sum"),
        Row("plan_rate", "Cost per GPU-hour", "USD per GPU-hour", "=IF({plan_gpu_hours}>0,{plan_spend}/{plan_gpu_hours},0)", "usd_rate"),
        Row("plan_speed", "Throughput at full use", "tok/s per GPU",
            f"=IF({{plan_gpu_hours}}>0,({plan_full})/({{plan_gpu_hours}}" + PER_HOUR + "),0)", "number"),
        Row("plan_utilization", "Utilisation", "share", f"=IF(({plan_full})>0,{{plan_tokens}}/({plan_full}),0)", "share"),
        Row("plan_cost", "Cost per million tokens", MTOK, "=IF({plan_tokens}>0,{plan_spend}/{plan_tokens},0)", "usd_per_mtok"),
        Row("plan_per_request", "Cost per request", "USD", "={plan_cost}" + request, "usd_unit"),
        Row("plan_per_transaction", "Cost per business transaction", "USD", "={plan_per_request}*{requests_per_transaction}", "usd_unit"),
        Row("plan_price", "Revenue per million tokens", MTOK, "=IF({plan_tokens}>0,{plan_revenue}/{plan_tokens},0)", "usd_per_mtok"),
        Row("plan_margin", "Margin after capital recovery", "share of revenue",
            "=IF({plan_revenue}>0,({plan_revenue}-{plan_spend})/{plan_revenue},0)", "share"),
        Heading("Bridge: what moved the cost per million tokens against the quarter before"),
        Row("bridged", "There is a quarter before", "1 or 0", "=IF(AND({tokens}>0,N({tokens:prev})>0),1,0)", "flag"),
        # A platform that sells nothing has no cost per token of its own; what is paid for it weighs on the others' tokens.
        Row("idle", "Spend on platforms that sell nothing", MTOK,
            "=IF({tokens}>0,(" + "+".join(f"IF({{unit_{n}.tokens}}>0,0,{{unit_{n}.spend}})" for n in numbers) + ")/{tokens},0)",
            "usd_per_mtok"),
        Row("before", "Cost of the quarter before", MTOK, "={bridged}*N({cost:prev})", "usd_per_mtok"),
        *(
            Row(f"by_{key}", label, MTOK, "={bridged}*(" + total(f"by_{key}")[1:] + ")", "usd_per_mtok_change")
            for key, label in (("rate", "Rate"), ("speed", "Throughput"), ("utilization", "Utilisation"), ("mix", "Mix"))
        ),
        Row("by_idle", "Idle", MTOK, "={bridged}*({idle}-N({idle:prev}))", "usd_per_mtok_change"),
        Row("after", "Cost of this quarter", MTOK, "={bridged}*{cost}", "usd_per_mtok"),
        Row("rest", "What the parts leave unexplained", MTOK,
            "={after}-{before}-{by_rate}-{by_speed}-{by_utilization}-{by_mix}-{by_idle}", "usd_per_mtok_change"),
    ))  # fmt: skip


def fleet_blocks(platforms: tuple[str, ...]) -> tuple[Block, ...]:
    return (fleet_block(len(platforms)), *(unit_block(n, name) for n, name in enumerate(platforms, 1)))


def write_actuals(writer: Writer, platforms: tuple[str, ...], count: int) -> None:
    """The sheet where the team types what happened: a block a platform, a column a quarter, blank until known."""
    sheet, paint, book = writer.sheet(ACTUALS), writer.painter.paint, writer.book
    last = FIRST + count
    subtitle = "Type what happened; a blank cell shows the plan. A quarter is actual when hours, tokens, spend and revenue are there."
    row = writer.head(ACTUALS, subtitle, last=4)
    for column, text in ((1, "Line"), (2, "Unit"), (TOTAL, "Total")):
        sheet.cell(row, column).value = text
    for column in range(1, last + 1):
        paint(sheet.cell(row, column), "TB Column Left" if column <= 2 else "TB Column")
    for column in range(FIRST + 1, last + 1):
        cell = sheet.cell(row, column)
        cell.value = book.compile("={quarter.number}", ACTUALS, column=column)
        cell.number_format = '"Quarter "0'
    head = row
    for n, platform in enumerate(platforms, 1):
        row += 1
        writer.heading(sheet, row, f"Platform {n}: {platform}", last)
        top = row + 1
        for key, label, unit, kind in TYPED:
            row += 1
            book.put(f"actual_{n}.{key}", TimeRow(ACTUALS, row, TOTAL, FIRST, last))
            sheet.cell(row, 1).value, sheet.cell(row, 2).value = label, writer.unit(unit)
            paint(sheet.cell(row, 1), "TB Label")
            paint(sheet.cell(row, 2), "TB Unit")
            if key != "throughput":
                sheet.cell(row, TOTAL).value = f"=SUM($G{row}:${get_column_letter(last)}{row})"
                paint(sheet.cell(row, TOTAL), "TB Calc", kind)
            for column in range(FIRST + 1, last + 1):
                paint(sheet.cell(row, column), "TB Input", kind)
            rule = bounds(label, low=0, blank=True)
            rule.add(f"G{row}:{get_column_letter(last)}{row}")
            sheet.add_data_validation(rule)
        row += 1
        book.put(f"actual_{n}.count", TimeRow(ACTUALS, row, TOTAL, FIRST, last))
        sheet.cell(row, 1).value, sheet.cell(row, 2).value = "Figures typed, of the first four", "figures"
        paint(sheet.cell(row, 1), "TB Label")
        paint(sheet.cell(row, 2), "TB Unit")
        for column in range(FIRST + 1, last + 1):
            letter = get_column_letter(column)
            sheet.cell(row, column).value = f"=COUNT({letter}${top}:{letter}${top + len(COUNTED) - 1})"
            paint(sheet.cell(row, column), "TB Calc", "flag")
    row += 2
    sheet.cell(row, 1).value, sheet.cell(row, 2).value = "Figures that make a quarter actual", "figures"
    paint(sheet.cell(row, 1), "TB Label")
    paint(sheet.cell(row, 2), "TB Unit")
    sheet.cell(row, 3).value = "=" + "+".join(
        f"ROWS($A${book.find(f'actual_{n}.gpu_hours').row}:$A${book.find(f'actual_{n}.revenue').row})"
        for n in range(1, len(platforms) + 1)
    )
    paint(sheet.cell(row, 3), "TB Calc", "flag")
    book.put("actual.needed", Cell(ACTUALS, row, 3))
    for column, width in (("A", 46), ("B", 16), ("C", 8), ("D", 16), ("E", 2), ("F", 2)):
        sheet.column_dimensions[column].width = width
    for column in range(FIRST + 1, last + 1):
        sheet.column_dimensions[get_column_letter(column)].width = 14
    sheet.freeze_panes = sheet.cell(head + 1, FIRST)
    wide = max(1, round(count / 8))
    writer.finish(sheet, last_row=row, last_column=last, rows=f"1:{head}", columns="A:D", wide=wide)


# --- the quarter that is reported ------------------------------------------------------------------------------------

KPIS = (  # row of the fleet, label, unit, format, whether more is better (None: neither)
    ("rate", "Cost per GPU-hour", "USD per GPU-hour", "usd_rate", False),
    ("speed", "Throughput at full use", "tok/s per GPU", "count", True),
    ("utilization", "Utilisation", "share", "share", True),
    ("cost", "Cost per million tokens", MTOK, "usd_per_mtok", False),
    ("per_request", "Cost per request", "USD", "usd_unit", False),
    ("per_transaction", "Cost per business transaction", "USD", "usd_unit", False),
    ("price", "Revenue per million tokens", MTOK, "usd_per_mtok", True),
    ("margin", "Margin after capital recovery", "share of revenue", "share", True),
    ("tokens", "Tokens sold", "Mtok", "mtok", True),
    ("revenue", "Revenue", "USD", "usd", True),
    ("spend", "Spend", "USD", "usd", None),
)
TARGETS = {"cost": "target_cost", "utilization": "target_utilization", "margin": "target_margin"}
BRIDGE = ("before", "by_rate", "by_speed", "by_utilization", "by_mix", "by_idle", "after")
FACTORS = ("rate", "speed", "utilization", "weight")

CHOSEN = Grid("report", "The reporting quarter and the one before", ("Reporting", "Before"), (
    Row("age", "Quarters back", "quarters", "=COLUMNS({report.heading:to_date})-1", "flag"),
    Row("position", "Position in the rows of the fleet", "position", "={inputs.report_quarter}+1-{age}", "flag"),
    Row("label", "Quarter", "text", "=INDEX({q.label:all},{position})", "text"),
    Row("end", "Ends", "date", "=INDEX({q.end:all},{position})", "date"),
    Row("status", "It is", "word", "=INDEX({fleet.status:all},{position})", "text"),
    *(Row(key, label, unit, f"=INDEX({{fleet.{key}:all}},{{position}})", kind) for key, label, unit, kind, _ in KPIS),
    Row("idle", "Of the cost: spend on platforms that sell nothing", MTOK, "=INDEX({fleet.idle:all},{position})", "usd_per_mtok"),
    Heading("Plan"),
    *(Row(f"plan_{key}", label, unit, f"=INDEX({{fleet.plan_{key}:all}},{{position}})", kind) for key, label, unit, kind, _ in KPIS),
), "report_#")  # fmt: skip
STEPS = Grid("step", "What moved the cost per million tokens", ("Before", "Rate", "Throughput", "Utilisation", "Mix", "Idle", "After"), (
    Row("value", "Cost, or change of it", MTOK, "=INDEX({bridge.area},COLUMNS({step.heading:to_date}),{inputs.report_quarter}+1)",
        "usd_per_mtok_change", strong=True),
    Row("total", "A total", "1 or 0", "=IF(OR(COLUMNS({step.heading:to_date})=1,COLUMNS({step.heading:to_date})=COLUMNS({step.heading:all})),1,0)",
        "flag"),
    Row("end", "Level after it", MTOK, "=IF({total}=1,{value},N({end:prev})+{value})", "usd_per_mtok_change"),
    Row("start", "Level before it", MTOK, "=IF({total}=1,0,N({end:prev}))", "usd_per_mtok_change"),
    Row("low", "Lower end", MTOK, "=MIN({start},{end})", "usd_per_mtok_change"),
    Row("high", "Upper end", MTOK, "=MAX({start},{end})", "usd_per_mtok_change"),
    Row("over", "Above zero", MTOK, "=MAX(0,{high})-MAX(0,{low})", "usd_per_mtok_change"),
    Row("under", "Below zero", MTOK, "=MIN(0,{low})-MIN(0,{high})", "usd_per_mtok_change"),
    Row("base_over", "Chart: carries it, above zero", MTOK, "=MAX(0,{low})", "usd_per_mtok_change"),
    Row("base_under", "Chart: carries it, below zero", MTOK, "=MIN(0,{high})", "usd_per_mtok_change"),
    *(
        Row(f"{key}_{side}", f"Chart: {label}, {side} zero".replace("over", "above").replace("under", "below"), MTOK,
            f"=IF({condition},{{{side}}},0)", "usd_per_mtok_change")
        for key, label, condition in (("level", "cost", "{total}=1"), ("rise", "raises it", "AND({total}=0,{value}>0)"),
                                      ("fall", "lowers it", "AND({total}=0,{value}<0)"))
        for side in ("over", "under")
    ),
    Row("size", "Size of the change", MTOK, "=IF({total}=1,0,ABS({value}))", "usd_per_mtok_change"),
), "step_#")  # fmt: skip


def factor_grid(key: str, title: str, count: int, back: str) -> Grid:
    """The factors of every platform in one quarter, as TOK_COST_BRIDGE reads them."""
    return Grid(key, title, ("USD a GPU-hour", "tok/s per GPU", "Utilisation", "Mtok"), tuple(
        Row(f"unit_{n}", f"Platform {n}", "", f"=INDEX({{unit_{n}.area}},COLUMNS({{{key}.heading:to_date}}),{{{back}.position}})", "factor")
        for n in range(1, count + 1)
    ), f"{key}_#")  # fmt: skip


def report_grids(count: int) -> tuple[Grid, ...]:
    return (
        CHOSEN,
        STEPS,
        factor_grid("factors_before", "Factors of the quarter before", count, "report_2"),
        factor_grid("factors_after", "Factors of the reporting quarter", count, "report_1"),
    )


def name_areas(writer: Writer, count: int) -> None:
    """Rows that stand below each other as areas: the bridge of the fleet, the factors of each platform."""
    book = writer.book

    def area(name: str, block: str, keys: tuple[str, ...]) -> None:
        first, last = book.time_row(f"{block}.{keys[0]}"), book.time_row(f"{block}.{keys[-1]}")
        book.put(name, Range(first.sheet, first.row, first.first, last.row, last.last))

    area("bridge.area", "fleet", BRIDGE)
    for n in range(1, count + 1):
        area(f"unit_{n}.area", f"unit_{n}", FACTORS)


def name_tables(writer: Writer, count: int) -> None:
    """The factors of the two quarters as ranges for TOK_COST_BRIDGE."""
    book = writer.book
    for key in ("factors_before", "factors_after"):
        first, last = book.time_row(f"{key}.unit_1"), book.time_row(f"{key}.unit_{count}")
        book.put(f"{key}.table", Range(first.sheet, first.row, first.first, last.row, first.last))
