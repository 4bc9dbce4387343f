"""Break-even after tax, in native formulas: how far one lever may miss the plan before the net present value is zero.

A lever is scaled by a multiple of the plan: all prices, the volume (utilisation, or throughput: the same), or the price
of the accelerators. Before tax the multiple follows at once. Tax with losses carried forward bends the line, so
Newton's method walks from there: tax so far is the rate times the highest that profit so far has ever been, which
makes net present value a chain of straight pieces that bend one way, and each step lands on or before the answer.
A few steps suffice; each is a constant and three to five rows, without circularity and without Goal Seek.
"""

from __future__ import annotations

from collections.abc import Sequence

from tokenbook.templates.models.shared.function_panels import Panels
from tokenbook.templates.sheets.checks import Check, Group
from tokenbook.templates.sheets.grid import Grid
from tokenbook.templates.sheets.rows import Block, Constant, Heading, Row
from tokenbook.templates.sheets.writer import Writer

SHEET = "Break-even"
LINEAR_STEPS, VOLUME_STEPS = 6, 9
LEVERS = ("Price", "Utilisation", "Throughput", "Accelerator price")
SEARCHES = ("price", "volume", "volume", "capex")  # the search behind each lever

# What each lever moves of the cash and of the profit, and what it leaves.
PRICE = (
    ("={model_1.revenue}", "={model_1.revenue}"),
    ("={model_1.investing}-{model_1.opex}", "={model_1.disposal_gain}-{model_1.opex}-{model_1.depreciation}"),
)
CAPEX = (
    ("={model_1.investing}-{model_1.maintenance}",
     "={model_1.disposal_gain}-{model_1.maintenance}-{model_1.depreciation}"),
    ("={model_1.revenue}-{model_1.opex}+{model_1.maintenance}", "={model_1.revenue}-{model_1.opex}+{model_1.maintenance}"),
)  # fmt: skip


def blocks() -> tuple[Block, ...]:
    """The three searches, for a time sheet beside the model."""
    return (
        _linear("price", "Price: all prices, the floor too, as a multiple of the plan", PRICE, direction="=1"),
        _volume(),
        _linear("capex", "Accelerator price: with installation, maintenance and residual value, as a multiple of the plan",
                CAPEX, direction="=-1"),
    )  # fmt: skip


def _linear(key: str, title: str, parts: Sequence[tuple[str, str]], *, direction: str) -> Block:
    (lever_cash, lever_profit), (other_cash, other_profit) = parts
    lines = [
        Row("lever_cash", "Cash that the lever scales", "USD", lever_cash, "usd", "sum"),
        Row("other_cash", "Other cash, before tax", "USD", other_cash, "usd", "sum"),
        Row("lever_profit", "Profit that the lever scales", "USD", lever_profit, "usd", "sum"),
        Row("other_profit", "Other profit", "USD", other_profit, "usd", "sum"),
        Row("lever_to_date", "Profit that the lever scales, to date", "USD", "={lever_to_date:prev}+{lever_profit}", "usd"),
        Constant("lever_value", "Present value of what the lever scales", "USD", _present("{lever_cash:all}"), "usd"),
        Constant("other_value", "Present value of the rest, before tax", "USD", _present("{other_cash:all}"), "usd"),
        Constant("first", "Multiple at which nothing is gained or lost before tax", "times the plan",
                 "=IF({lever_value}=0,0,MAX(0,-{other_value}/{lever_value}))", "factor", True),
    ]  # fmt: skip
    for step in range(1, LINEAR_STEPS + 1):
        lines += [
            *_begin(step),
            Row(f"profit_{step}", "Profit to date", "USD",
                f"={{profit_{step}:prev}}+{{multiple_{step}}}*{{lever_profit}}+{{other_profit}}", "usd"),
            *_taxed(step, "{lever_to_date}"),
            Constant(f"npv_{step}", "Net present value there", "USD",
                     f"={{multiple_{step}}}*{{lever_value}}+{{other_value}}-{{tax_{step}}}", "usd"),
            Constant(f"slope_{step}", "... and its change with the multiple", "USD",
                     f"={{lever_value}}-{{tax_slope_{step}}}", "usd"),
        ]  # fmt: skip
    return Block(f"search_{key}", title, (*lines, *_answer(LINEAR_STEPS, direction)))


def _volume() -> Block:
    lines = [
        Row("other_cash", "Cash without revenue, before tax", "USD", PRICE[1][0], "usd", "sum"),
        Row("other_profit", "Profit without revenue", "USD", PRICE[1][1], "usd", "sum"),
        Row("full_value", "Capacity at its price, discounted", "USD",
            "={model_1.capacity}*{model_1.price}*{model_1.discount_factor}", "usd", "sum"),
        Constant("by_tokens", "Depreciation follows the tokens", "1 or 0",
                 "=IF({model_1.depreciation_method}=INDEX({lists.depreciation_method},ROWS({lists.depreciation_method})),1,0)",
                 "flag"),
        Constant("base", "Investment less residual value", "USD", "={model_1.investment}-{model_1.residual_value}", "usd"),
        Constant("other_value", "Present value without revenue, before tax", "USD", _present("{other_cash:all}"), "usd"),
        Constant("first", "Multiple that would do if all capacity were sold, before tax", "times the plan",
                 "=IF({full_value:total}=0,0,MAX(0,-{other_value}/{full_value:total}))", "factor", True),
    ]  # fmt: skip
    for step in range(1, VOLUME_STEPS + 1):
        k = f"{{multiple_{step}}}"
        headroom = f"({{model_1.headroom}}+{{shift_{step}}})"
        lines += [
            *_begin(step),
            Constant(f"shift_{step}", "The multiple in spreads of demand", "log, in spreads",
                     f"=IF(AND({k}>0,{{model_1.sigma}}>0),LN({k})/{{model_1.sigma}},0)", "factor"),
            Row(f"sold_{step}", "Sold", "Mtok",
                f"=IF({{model_1.volatile}}*{k}>0,{{model_1.demand}}*NORMSDIST({headroom}-{{model_1.sigma}}/2)"
                f"+{k}*{{model_1.capacity}}*NORMSDIST(-{headroom}-{{model_1.sigma}}/2),"
                f"IF({{model_1.demand_limited}}=1,MIN({{model_1.demand}},{k}*{{model_1.capacity}}),{k}*{{model_1.capacity}}))",
                "mtok", "sum"),
            Row(f"worth_{step}", "Revenue of a further capacity, to date", "USD",
                f"={{worth_{step}:prev}}+{{model_1.price}}*{{model_1.capacity}}*IF({{model_1.volatile}}*{k}>0,"
                f"NORMSDIST(-{headroom}-{{model_1.sigma}}/2),"
                f"IF({{model_1.demand_limited}}*({k}*{{model_1.capacity}}-{{model_1.demand}})>=0,1-{{model_1.demand_limited}},1))",
                "usd"),
            Row(f"profit_{step}", "Profit to date", "USD",
                f"={{profit_{step}:prev}}+{{model_1.price}}*{{sold_{step}}}+{{other_profit}}+{{by_tokens}}*({{model_1.by_tokens}}"
                f"-IF({{sold_{step}:total}}>0,{{base}}*{{sold_{step}}}/{{sold_{step}:total}},{{model_1.by_tokens}}))", "usd"),
            *_taxed(step, f"{{worth_{step}}}"),
            Constant(f"npv_{step}", "Net present value there", "USD",
                     f"=SUMPRODUCT({{sold_{step}:all}},{{model_1.price:all}},{{model_1.discount_factor:all}})"
                     f"+{{other_value}}-{{tax_{step}}}", "usd"),
            Constant(f"slope_{step}", "... and its change with the multiple", "USD",
                     f"={_steps(f'worth_{step}')}-{{tax_slope_{step}}}", "usd"),
        ]  # fmt: skip
    return Block("search_volume", "Volume: utilisation or throughput, as a multiple of the plan",
                 (*lines, *_answer(VOLUME_STEPS, "=1")))  # fmt: skip


def _begin(step: int) -> tuple[Heading | Constant, ...]:
    last = step - 1
    formula = "={first}"
    if last:
        walked = f"{{multiple_{last}}}-{{npv_{last}}}/{{slope_{last}}}"
        formula = f"=IF({{slope_{last}}}=0,{{multiple_{last}}},MAX(0,MIN(INDEX({{lists.search}},1),{walked})))"
    return (
        Heading(f"Step {step}"),
        Constant(f"multiple_{step}", "Multiple", "times the plan", formula, "factor"),
    )


def _taxed(step: int, lever_to_date: str) -> tuple[Row | Constant, ...]:
    high, reached = f"high_{step}", f"reached_{step}"
    return (
        Row(high, "Highest profit to date: taxed so far", "USD", f"=MAX({{{high}:prev}},{{profit_{step}}})", "usd"),
        Row(reached, "What the lever scales of it", "USD",
            f"=IF({{{high}}}>N({{{high}:prev}}),{lever_to_date},N({{{reached}:prev}}))", "usd"),
        Constant(f"tax_{step}", "Present value of the tax", "USD", f"={{model_1.tax_rate}}*{_steps(high)}", "usd"),
        Constant(f"tax_slope_{step}", "... and its change with the multiple", "USD",
                 f"={{model_1.tax_rate}}*{_steps(reached)}", "usd"),
    )  # fmt: skip


def _answer(steps: int, direction: str) -> tuple[Heading | Constant, ...]:
    return (
        Heading("Answer"),
        Constant("remainder", "Net present value that remains, over all that is discounted", "share",
                 f"=ABS({{npv_{steps}}})/MAX(1,ABS({{other_value}}))", "factor"),
        Constant("found", "Found", "1 or 0",
                 f"=IF(AND({{remainder}}<=INDEX({{lists.search}},2),{{multiple_{steps}}}>0),1,0)", "flag"),
        Constant("multiple", "Break-even after tax", "times the plan",
                 f'=IF({{found}}=1,{{multiple_{steps}}},"none")', "factor", True),
        Constant("before_tax", "Break-even before tax", "times the plan", '=IF({first}>0,{first},"none")', "factor"),
        Constant("direction", "1: less of it is worse, -1: more of it is worse", "1 or -1", direction, "flag"),
    )  # fmt: skip


def _present(row: str) -> str:
    return f"=SUMPRODUCT({row},{{model_1.discount_factor:all}})"


def _steps(row: str) -> str:
    """The present value of what a running total adds in each month."""
    return f"SUMPRODUCT({{{row}:periods}}-{{{row}:before}},{{model_1.discount_factor:periods}})"


# --- what a reader sees of it --------------------------------------------------------------------------------------

MARGIN = Grid("margin", "Margin of safety of the base case", LEVERS, (
    Row("plan", "As planned", "times the plan", "=1", "share"),
    Row("before_tax", "Break-even before tax", "times the plan", "={lever.before_tax}", "share"),
    Row("multiple", "Break-even after tax", "times the plan", "={lever.multiple}", "share",
        note="Where the net present value after tax is zero, all else as planned. none: at no multiple looked at."),
    Row("safety", "Margin of safety", "share of plan", '=IF(ISNUMBER({multiple}),{lever.direction}*(1-{multiple}),"none")',
        "share", strong=True, note="How far it may miss the plan. Negative: it must beat the plan by that much."),
), also=("lever#",))  # fmt: skip

POINTS = Grid("point", "Break-even in its own units", ("Planned", "Before tax", "After tax"), tuple(
    Row(key, label, unit, f'=IF(ISNUMBER({{at.{key}}}),{{model_1.{source}}}*{{at.{key}}},"none")', kind, note=note)
    for key, label, unit, source, kind, note in (
        ("price", "Blended price today, falling from there as planned", "USD per Mtok", "price_usd_per_mtok", "usd_per_mtok",
         "The floor moves with it."),
        ("utilization", "Utilisation after the ramp", "share of capacity", "utilization_end", "share",
         "The whole ramp moves with it. Above 100 %: no utilisation is enough."),
        ("throughput", "Throughput today, growing with software as planned", "tok/s per GPU", "tok_s_per_gpu", "number",
         "The same multiple as utilisation: both scale the volume."),
        ("capex", "Accelerator price", "USD per GPU", "capex_usd_per_gpu", "usd",
         "Installation, maintenance and residual value move with it."),
    )
), also=("column#",))  # fmt: skip

AT_A_MOMENT = Grid("moment", "Break-even of a single month, at the all-in rate of that month", ("Month 1", "Last month"), (
    Row("month", "Month", "month", "=CHOOSE(#,1,{model_1.months})", "month"),
    Row("rate", "All-in rate: running costs and capital recovery", "USD per GPU-hour",
        "=(INDEX({model_1.opex:periods},{month})+INDEX({model_1.capital_recovery:periods},{month}))"
        "/({model_1.gpus}*{model_1.hours_per_month})", "usd_rate"),
    Row("throughput", "Throughput in the hours that are up", "tok/s per GPU",
        "={model_1.tok_s_per_gpu}*{model_1.availability}*INDEX({model_1.software:periods},{month})", "number"),
    Row("utilization", "Utilisation sold", "share of capacity",
        "=IF({throughput}>0,INDEX({model_1.sold:periods},{month})/INDEX({model_1.full_output:periods},{month}),0)", "share"),
    Row("price", "Price", "USD per Mtok", "=INDEX({model_1.price:periods},{month})", "usd_per_mtok"),
    Row("price_needed", "Break-even price", "USD per Mtok",
        '=IF({throughput}*{utilization}>0,{rate}*{model_1.tokens_per_mtok}/({throughput}*{utilization}'
        '*{model_1.seconds_per_hour}),"none")', "usd_per_mtok", note="The cost per Mtok of that month."),
    Row("utilization_needed", "Break-even utilisation", "share of capacity",
        '=IF({throughput}*{price}>0,{rate}*{model_1.tokens_per_mtok}/({throughput}*{price}*{model_1.seconds_per_hour}),"none")',
        "share"),
    Row("throughput_needed", "Break-even throughput", "tok/s per GPU",
        '=IF({price}*{utilization}>0,{rate}*{model_1.tokens_per_mtok}/({price}*{utilization}*{model_1.seconds_per_hour}),"none")',
        "number"),
))  # fmt: skip

FUNCTIONS = (  # row of AT_A_MOMENT, call, label
    ("price_needed", "TOK_BREAKEVEN_PRICE({rate},{throughput},{utilization})", "Break-even price"),
    ("utilization_needed", "TOK_BREAKEVEN_UTILIZATION({rate},{throughput},{price})", "Break-even utilisation"),
    ("throughput_needed", "TOK_BREAKEVEN_THROUGHPUT({rate},{price},{utilization})", "Break-even throughput"),
)
SEARCHED = {"price": "the price", "volume": "the volume", "capex": "the accelerator price"}
SCALED = {  # inputs of the functions that a lever scales
    "price": ("price_usd_per_mtok", "price_floor"),
    "volume": ("tok_s_per_gpu",),
    "capex": ("capex_usd_per_gpu", "installation_usd_per_gpu"),
}


def name_levers(writer: Writer) -> None:
    """Let the grids above find the search of each lever, and the multiples of each column of POINTS."""
    book = writer.book
    for number, search in enumerate(SEARCHES, 1):
        for key in ("before_tax", "multiple", "direction"):
            book.put(f"lever{number}.lever.{key}", book.find(f"search_{search}.{key}"))


def name_points(writer: Writer) -> None:
    """After MARGIN has its place: the multiples that the columns of POINTS show."""
    for number, line in enumerate(("plan", "before_tax", "multiple"), 1):
        for lever, key in enumerate(("price", "utilization", "throughput", "capex"), 1):
            writer.book.put(f"column{number}.at.{key}", writer.book.find(f"margin_{lever}.{line}"))


def panel(panels: Panels) -> None:
    """TOK_BREAKEVEN_... for single months; and the model at each break-even, where its value must be zero."""
    panels.head("Break-even of a single month: =TOK_BREAKEVEN_PRICE, _UTILIZATION, _THROUGHPUT")
    for number, moment in ((1, "month 1"), (2, "last month")):
        for key, call, label in FUNCTIONS:
            named = call.replace("{", f"{{moment_{number}.")
            kind = "usd_per_mtok" if key == "price_needed" else "factor"
            panels.cell(f"{label}, {moment}", f"moment_{number}.{key}", named, kind)
    panels.head('Each lever at its break-even: =TOK_DEPLOYMENT(names and values, "npv")', tuple(SEARCHED.values()))
    values = panels.variants(tuple(
        dict.fromkeys(scaled, f"#*IF(ISNUMBER({{search_{name}.multiple}}),{{search_{name}.multiple}},1)")
        for name, scaled in SCALED.items()
    ))  # fmt: skip
    for number, (name, label) in enumerate(SEARCHED.items(), 1):
        call = f'INDEX(TOK_DEPLOYMENT({values},"npv"),{number})'
        panels.cell(f"NPV at the break-even of {label}", f"search.{name}", call, "usd")


def checks(panel: dict[str, str]) -> tuple[Group, ...]:
    """The searches against the functions."""
    zero = [
        Check(f"At the break-even of {label} the NPV is zero: search and TOK_DEPLOYMENT", "=0",
              f"=IF({{search_{name}.found}}=1,{panel[f'search.{name}'][1:]},0*{panel[f'search.{name}'][1:]})", "usd", True,
              scale=f"=MAX(1,ABS({{search_{name}.other_value}}))")
        for name, label in SEARCHED.items()
    ]  # fmt: skip
    single = [
        Check(f"{label}, {moment}: sheet and TOK_{call.split('(')[0][4:]}", f"={{moment_{n}.{key}}}", panel[f"moment_{n}.{key}"],
              "factor", True)
        for n, moment in ((1, "month 1"), (2, "last month"))
        for key, call, label in FUNCTIONS
    ]  # fmt: skip
    native = [
        Check("Break-even price of month 1 is its cost per Mtok",
              '=IF(ISNUMBER({moment_1.price_needed}),{moment_1.price_needed},0)', "=INDEX({model_1.cost_per_mtok:periods},1)",
              "usd_per_mtok"),
        Check("Break-even price before tax is LCOT over the levelised price",
              "={search_price.first}*SUMPRODUCT({model_1.revenue:all},{model_1.discount_factor:all})",
              "=IF(ISNUMBER({model_1.lcot}),{model_1.lcot}*SUMPRODUCT({model_1.sold:all},{model_1.discount_factor:all})"
              "*IF({search_price.lever_value}=0,0,1),0)", "usd", scale="=MAX(1,ABS({search_price.other_value}))"),
    ]  # fmt: skip
    return (Group("Break-even", (*zero, *single, *native)),)
