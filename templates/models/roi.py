"""The ``roi`` template: which platform pays, over several years, under one set of market assumptions.

Up to four platforms side by side on the deployment core; revenue multiple beside net return; the 15x claim
reproduced and stressed. Read from the top: what may be changed, how it is filled, what each sheet shows.
"""

from __future__ import annotations

import datetime as dt

from templates.models import deployment_core as core
from templates.models.fill import CAPEX_TIERS, DEFAULT_GPUS, Filler, FillError, day_of, spell_platforms
from templates.models.roi_sheets import (
    ANNUAL,
    CLAIM,
    CLAIM_FIGURES,
    KPIS,
    write_annual,
    write_claim,
    write_dashboard,
    write_panels,
)
from templates.sheets import baselines, checks, front, inputs, time_sheet
from templates.sheets.checks import Check, Group
from templates.sheets.formula import place_ref
from templates.sheets.front import Cover, Listed
from templates.sheets.inputs import Filled, Input, Section
from templates.sheets.writer import Writer
from udfs import catalog

DEFAULT_PLATFORMS = ("GB200 NVL72", "GB300 NVL72", "B200", "H100")
DEFAULT_MODEL = "DeepSeek-R1"
DEFAULT_SHAPE = "8k/1k"
MOST_PLATFORMS = 4
THE_CLAIM = "75m-from-5m"
MONTHS = 60
SHEETS = (
    "Cover", "Inputs", "Baselines", "Model", ANNUAL, CLAIM, "Panels", "Dashboard", "Checks", "Log", "Lists",
)  # fmt: skip
SHARE = {"low": 0, "high": 1}

PLATFORM_INPUTS = Section("Platforms", (
    Input("platform", "Platform", "name", "text", choices="platforms", each=True,
          note="A label. Choosing another platform does not change the figures below: make a new workbook, or refresh."),
    Input("gpus", "GPUs deployed", "GPUs", "count", low=1, whole=True, each=True,
          note="One NVL72 rack has 72; the others get as many, so that the columns compare."),
    Input("gpus_per_rack", "GPUs per rack (per server where the catalogue knows no rack)", "GPUs", "count", low=1, each=True),
    Input("tok_s_per_gpu", "Throughput today, input plus output tokens", "tok/s per GPU", "number", above=0, each=True),
    Input("acquisition", "Own or rent", "own / rent", "text", choices="acquisition", each=True,
          note="own: capital plus the running costs below. rent: the all-in rate, which already contains electricity."),
    Input("capex_usd_per_gpu", "Accelerator price", "USD per GPU", "usd", low=0, each=True),
    Input("usd_per_gpu_hour", "All-in rate, for rent", "USD per GPU-hour", "usd_rate", low=0, each=True),
    Input("kw_per_gpu", "All-in power", "kW per GPU", "number", low=0, each=True),
    Input("software_gain", "Software gain reached", "times", "number", above=0, each=True),
    Input("software_months", "... over", "months", "months", low=0, each=True),
    Input("software_annual_gain", "... and afterwards", "share a year", "share", low=-0.99, each=True),
    Input("utilization_start", "Utilisation at the start", "share of capacity", "share", each=True, **SHARE),
    Input("utilization_end", "Utilisation after the ramp", "share of capacity", "share", each=True, **SHARE),
))  # fmt: skip

MARKET_INPUTS = Section("Market", (
    Input("model", "Model served", "name", "text",
          note="A label. The throughputs and prices below belong to this model."),
    Input("isl", "Input tokens of a request (ISL)", "tokens", "count", low=1,
          note="As in the benchmark runs behind the throughput; here it weighs the two prices."),
    Input("osl", "Output tokens of a request (OSL)", "tokens", "count", low=1,
          note="As in the benchmark runs behind the throughput; here it weighs the two prices."),
    Input("usd_per_mtok_input", "Price of input tokens", "USD per Mtok", "usd_per_mtok", low=0),
    Input("usd_per_mtok_output", "Price of output tokens", "USD per Mtok", "usd_per_mtok", low=0),
    Input("cached_share", "Share of the input that is cached", "share of input", "share", **SHARE,
          note="Cached tokens are part of the input, not extra. 0: the prefix cache was off in the benchmark runs."),
    Input("cached_price_ratio", "Price of cached over other input", "share", "share", **SHARE,
          note="Listed between 0.10 and 1.00; without effect while the cached share is 0."),
    Input("price_annual_factor", "Prices fall by this factor a year", "times a year", "number", above=0),
    Input("price_floor", "Price below which they do not fall", "USD per Mtok", "usd_per_mtok", low=0,
          note="0: no floor. Blended over input and output."),
    Input("ramp_months", "Utilisation ramps up over", "months", "months", low=0),
    Input("ramp_shape", "Shape of the ramp", "linear / logistic", "text", choices="ramp_shape",
          note="linear: a straight line. logistic: an S."),
    Input("availability", "Availability", "share of hours", "share", **SHARE),
    Input("demand_mtok_per_month", "Demand for each platform today (blank: unlimited)", "Mtok a month", "mtok", low=0,
          blank=True, note="Blank: all that can be made at the utilisation above is sold. The claims assume this; test it."),
    Input("demand_growth_per_year", "Demand grows", "share a year", "share", low=-0.99,
          note="Without effect while demand is blank."),
    Input("demand_cv", "Volatility of demand (standard deviation over mean)", "share", "share", low=0, high=10,
          note="0: demand as planned. Above 0 the sold volume is the expectation of min(demand, capacity)."),
))  # fmt: skip

COST_INPUTS = Section("Running costs (own)", (
    Input("installation_share", "Network, installation and facility", "share of accelerator price", "share", low=0, high=10),
    Input("pue", "Power usage effectiveness on top of the power above", "times", "number", low=1, high=10,
          note="1, because the catalogue's power is all-in: the facility is inside. With IT power or TDP enter your PUE."),
    Input("usd_per_kwh", "Electricity", "USD per kWh", "usd_rate", low=0),
    Input("hosting_usd_per_kw_month", "Hosting", "USD per kW a month", "number", low=0),
    Input("maintenance_share_per_year", "Maintenance", "share of capex a year", "share", **SHARE),
    Input("software_usd_per_gpu_month", "Software licences", "USD per GPU a month", "number", low=0,
          note="0: no sourced figure. Enter your licence, per GPU and month."),
    Input("staff_usd_per_month", "Staff, for each platform", "USD a month", "usd", low=0,
          note="0: no sourced figure. Enter your team's cost a month."),
    Input("inflation_per_year", "Inflation of running costs", "share a year", "share", low=-0.99),
))  # fmt: skip

FINANCE_INPUTS = Section("Finance", (
    Input("start_date", "Investment date (month 0)", "date", "date", note="Only dates the columns; no figure depends on it."),
    Input("months", f"Months of operation, up to {MONTHS}", "months", "month", low=1, high=MONTHS, whole=True,
          note=f"The sheets have room for {MONTHS} months."),
    Input("discount_rate", "Discount rate", "a year", "share", low=-0.99),
    Input("timing", "Cash flows fall", "end / mid of the month", "text", choices="timing", note="end: at the end of each month."),
    Input("tax_rate", "Tax rate", "share of profit", "share", **SHARE),
    Input("depreciation_method", "Depreciation method", "method", "text", choices="depreciation_method",
          note="SL straight line, SYD sum of the digits, DDB double declining then straight line, MACRS5, UNITS by tokens sold."),
    Input("depreciation_years", "Depreciation life", "years", "number", low=0.5, high=50),
    Input("residual_share", "Residual value at the end", "share of accelerator price", "share", **SHARE),
))  # fmt: skip

CONVENTIONS = Section("Conventions (the functions use the same; leave them)", (
    Input("hours_per_month", "Hours a month", "hours", "count", note="8,760 hours a year over 12."),
    Input("months_per_year", "Months a year", "months", "count", note="Calendar."),
    Input("seconds_per_hour", "Seconds an hour", "seconds", "count", note="Clock."),
    Input("tokens_per_mtok", "Tokens in an Mtok", "tokens", "count", note="A million."),
    Input("kw_per_mw", "kW in a MW", "kW", "count", note="Unit."),
    Input("declining_factor", "Factor of the declining balance", "times", "count", note="2: double declining."),
    Input("logistic_slope", "Steepness of the S-shaped ramp", "number", "number", note="10 over the whole ramp."),
    Input("logistic_middle", "Middle of the S-shaped ramp", "share", "share", note="Half-way."),
))  # fmt: skip

SECTIONS = (PLATFORM_INPUTS, MARKET_INPUTS, COST_INPUTS, FINANCE_INPUTS, CONVENTIONS)
BY_NAME = {item.name: item for section in SECTIONS for item in section.inputs}

# Inputs that the catalogue fills: input -> metric. The rest have values of their own in `fill`.
FROM_ASSUMPTIONS = (
    "utilization_start", "utilization_end", "software_gain", "software_months", "software_annual_gain",
    "price_annual_factor", "ramp_months", "availability", "hosting_usd_per_kw_month", "maintenance_share_per_year",
    "inflation_per_year", "discount_rate", "tax_rate", "depreciation_years", "residual_share",
)  # fmt: skip
OWN_VALUES = {
    "cached_share": 0.0, "cached_price_ratio": 0.25, "price_floor": 0.0, "ramp_shape": "linear",
    "demand_mtok_per_month": None, "demand_growth_per_year": 0.0, "demand_cv": 0.0, "pue": 1.0,
    "software_usd_per_gpu_month": 0.0, "staff_usd_per_month": 0.0, "months": MONTHS, "timing": "end",
    "depreciation_method": "SL", "hours_per_month": 730, "months_per_year": 12, "seconds_per_hour": 3600,
    "tokens_per_mtok": 1_000_000, "kw_per_mw": 1000, "declining_factor": 2, "logistic_slope": 10, "logistic_middle": 0.5,
}  # fmt: skip
MACRS5 = (0.20, 0.32, 0.192, 0.1152, 0.1152, 0.0576, 0.0)


def fill(filler: Filler, platforms: tuple[str, ...], model: str, shape: str) -> dict[str, Filled | list[Filled]]:
    """Every input of the workbook with its value and the catalogue row behind it."""
    filled: dict[str, Filled | list[Filled]] = {name: Filled(value) for name, value in OWN_VALUES.items()}
    throughput = [filler.row(platform, "total_tok_s_per_gpu", model, shape) for platform in platforms]
    filled["platform"] = [Filled(platform) for platform in platforms]
    filled["model"] = Filled(throughput[0].model)
    filled["isl"], filled["osl"] = Filled(throughput[0].isl), Filled(throughput[0].osl)
    filled["tok_s_per_gpu"] = [filler.take(row) for row in throughput]
    filled["gpus"] = [Filled(DEFAULT_GPUS) for _ in platforms]
    filled["gpus_per_rack"] = [_per_rack(filler, platform) for platform in platforms]
    filled["kw_per_gpu"] = [filler.get(platform, "kw_per_gpu") for platform in platforms]
    filled["usd_per_gpu_hour"] = [filler.get(p, "usd_per_gpu_hour", None, "hyperscaler") for p in platforms]
    capex = [filler.first(platform, "capex_usd_per_gpu", CAPEX_TIERS) for platform in platforms]
    filled["capex_usd_per_gpu"] = [price or Filled(0.0) for price in capex]
    # Without a price to buy at, the platform is shown at its all-in rate.
    filled["acquisition"] = [Filled("own" if price else "rent") for price in capex]
    filled["usd_per_mtok_input"] = filler.get_or_newer(None, "usd_per_mtok_input", model)
    filled["usd_per_mtok_output"] = filler.get_or_newer(None, "usd_per_mtok_output", model)
    filled["usd_per_kwh"] = filler.get_or_newer(None, "usd_per_kwh")
    filled["installation_share"] = filler.get_or_newer(None, "installation_share_of_capex")
    for name in FROM_ASSUMPTIONS:
        value = filler.get_or_newer(None, name)
        filled[name] = [value for _ in platforms] if BY_NAME[name].each else value
    filled["start_date"] = Filled(_first_of_next_month(filler.as_of or filler.figures.date))
    return filled


def _per_rack(filler: Filler, platform: str) -> Filled:
    try:
        return filler.get_or_newer(platform, "gpus_per_rack")
    except FillError:
        return filler.get_or_newer(platform, "scale_up_gpus")


def _first_of_next_month(day: str) -> dt.date:
    known = dt.date.fromisoformat(day)
    return (known.replace(day=1) + dt.timedelta(days=32)).replace(day=1)


def compose(
    *,
    platforms: tuple[str, ...] = (),
    model: str = DEFAULT_MODEL,
    shape: str = DEFAULT_SHAPE,
    as_of: str | None = None,
    version: str,
) -> Writer:
    """Write the workbook; cached values and dynamic arrays are added when the file is finished (``build``)."""
    as_of = day_of(as_of)
    figures = catalog.active()
    platforms = spell_platforms(figures, platforms or DEFAULT_PLATFORMS, "usd_per_gpu_hour")
    if len(platforms) > MOST_PLATFORMS:
        raise FillError(f"the roi workbook compares up to {MOST_PLATFORMS} platforms, {len(platforms)} were given")
    filler = Filler(figures, as_of)
    filled = fill(filler, platforms, model, shape)
    claimed = {name: filler.take(figures.row(key)) for name, _, _, _, key in CLAIM_FIGURES}
    scopes = tuple(f"p{number}" for number in range(1, len(platforms) + 1))
    used = list(filler.used)
    lists = (
        Listed("platforms", "Platforms", tuple(figures.platforms("usd_per_gpu_hour")), "Catalogue"),
        Listed("acquisition", "Own or rent", ("own", "rent")),
        Listed("ramp_shape", "Shape of the ramp", ("linear", "logistic")),
        Listed("timing", "Cash flows fall", ("end", "mid")),
        Listed("depreciation_method", "Depreciation", core.METHODS),
        Listed("macrs5", "MACRS, 5 years", MACRS5, "IRS Publication 946, table A-1, half-year convention", "share"),
    )
    writer = Writer("Token ROI", SHEETS)
    checks.reserve(writer)
    baselines.place(writer, used, filler.context(platforms, model))
    front.place_lists(writer, lists)
    inputs.write(writer, SECTIONS, filled, scopes)
    label_columns(writer, platforms)
    blocks = tuple(
        core.block(f"model_{n}", f"Platform {n}: {name}", scope)
        for n, (scope, name) in enumerate(zip(scopes, platforms, strict=True), 1)
    )
    time_sheet.write(
        writer, "Model", blocks, months=MONTHS, inputs=BY_NAME,
        subtitle="The deployment model of each platform, month by month, in native formulas.",
    )  # fmt: skip
    years = write_annual(writer, platforms, MONTHS)
    write_claim(writer, claimed, about_claim(catalog.claims.get(THE_CLAIM)))
    panel = write_panels(writer, platforms, MONTHS)
    write_dashboard(writer, platforms, MONTHS, years)
    checks.write(writer, reconciliation(platforms, panel))
    baselines.write(writer, used)
    front.write_lists(writer, lists)
    date = as_of or figures.date
    facts = cover_facts(version, figures.date, date, platforms, filled["model"].value, shape, filler.newer)
    front.write_cover(writer, cover(facts))
    front.write_log(writer, (date, "created", "", "", "", "", f"Tokenbook {version}, catalogue {figures.date}"))
    return writer


def about_claim(claim) -> list[str]:
    """The words that belong to the claim: its conditions, its gaps, who says it differently, what was measured."""
    return [
        f"Stated by {claim.claimant}. {claim.qualifier} {claim.conditions}",
        *(f"Not stated: {text}" for text in claim.missing),
        *(f"Said differently: {text}" for text in claim.disagreements),
        *(f"Measured: {text}" for text in claim.measured),
    ]


def label_columns(writer: Writer, platforms: tuple[str, ...]) -> None:
    """Put the platform names over the columns of the Inputs sheet."""
    sheet = writer.sheet("Inputs")
    for number in range(1, len(platforms) + 1):
        place = writer.book.find(f"inputs.p{number}.platform")
        sheet.cell(place.row - 1, place.column).value = f"Platform {number}"


def reconciliation(platforms: tuple[str, ...], panel: dict[str, str]) -> tuple[Group, ...]:
    """The checks: the sheet against the functions, and what goes in against what comes out."""
    groups = []
    for n, platform in enumerate(platforms, 1):
        m = f"model_{n}"
        rows = [
            Check("Tokens sold do not exceed capacity", f"=MAX(0,{{{m}.sold:total}}-{{{m}.capacity:total}})", "=0",
                  "mtok", scale=f"=MAX(1,{{{m}.capacity:total}})"),
            Check("Cash: revenue less costs, tax and investment, plus the residual value",
                  f"={{{m}.fcf:total}}",
                  f"={{{m}.revenue:total}}-{{{m}.opex:total}}-{{{m}.tax:total}}-{{{m}.investment}}+{{{m}.residual_value}}",
                  "usd", scale=f"=MAX(1,{{{m}.revenue:total}}+{{{m}.opex:total}}+{{{m}.investment}})"),
            Check("Cash at the end is the sum of the flows", f"=INDEX({{{m}.cumulative_cash:all}},{{{m}.months}}+1)",
                  f"={{{m}.fcf:total}}", "usd", scale=f"=MAX(1,{{{m}.revenue:total}}+{{{m}.opex:total}}+{{{m}.investment}})"),
            Check("Book value: investment less depreciation less value at disposal",
                  f"={{{m}.investment}}-{{{m}.depreciation:total}}", f"=SUMPRODUCT({{time.final:all}},{{{m}.book_closing:all}})",
                  "usd", scale=f"=MAX(1,{{{m}.investment}})"),
            Check("Losses: added less used are what is left",
                  f"={{{m}.losses_added:total}}-{{{m}.losses_used:total}}",
                  f"=INDEX({{{m}.losses_closing:all}},{{{m}.months}}+1)", "usd",
                  scale=f"=MAX(1,{{{m}.losses_added:total}}+{{{m}.investment}})"),
            Check("Net present value: total of the row and end of the curve", f"={{{m}.npv}}",
                  f"=INDEX({{{m}.npv_curve:all}},{{{m}.months}}+1)", "usd",
                  scale=f"=MAX(1,SQRT(SUMSQ({{{m}.discounted_fcf:all}})))"),
        ]  # fmt: skip
        rows += [
            Check(f"{label}: sheet and TOK_DEPLOYMENT", f"={{{m}.{key}}}", _other(m, key, panel[f"{m}.{output}"]), kind, True)
            for key, output, label, kind in (
                ("npv", "npv", "Net present value", "usd"),
                ("irr", "irr", "Internal rate of return, where it is unique", "share"),
                ("payback", "payback_months", "Payback", "months"),
                ("lcot", "lcot", "Levelised cost of token", "usd_per_mtok"),
                ("revenue_multiple", "revenue_multiple", "Revenue over investment", "multiple"),
                ("net_roi", "net_roi", "Net return", "share"),
                ("cost_per_mtok_first", "cost_per_mtok_first", "Cost per Mtok, month 1", "usd_per_mtok"),
                ("cost_per_mtok_last", "cost_per_mtok_last", "Cost per Mtok, last month", "usd_per_mtok"),
                ("revenue_per_rack_year", "revenue_per_rack_year", "Revenue per rack and year", "usd"),
                ("revenue_per_mw_year", "revenue_per_mw_year", "Revenue per megawatt and year", "usd"),
                ("gross_margin", "gross_margin", "Gross margin", "share"),
                ("average_utilization", "average_utilization", "Average utilisation", "share"),
                ("peak_funding", "peak_funding", "Deepest point of cumulative cash", "usd"),
            )
        ]
        rows += [
            Check(f"{label}, month by month: sheet and TOK_DEPLOYMENT_CURVE",
                  f"=SQRT(SUMPRODUCT({{{m}.{key}:all}}^2*({{time.month:all}}<={{{m}.months}})))",
                  f"=SQRT(SUMPRODUCT({{{m}.{key}:all}}^2*({{time.month:all}}<={{{m}.months}})))"
                  f"+SQRT(SUMPRODUCT(({{{m}.{key}:all}}-{panel[f'{m}.curve.{line}']})^2*({{time.month:all}}<={{{m}.months}})))"
                  "+IF(ISTEXT({panels.addin_missing}),NA(),0)",
                  kind, True)
            for key, line, label, kind in (
                ("sold", "sold_mtok", "Tokens sold", "mtok"),
                ("cost_per_mtok", "cost_per_mtok", "Cost per Mtok", "usd_per_mtok"),
                ("depreciation", "depreciation", "Depreciation", "usd"),
                ("tax", "tax", "Tax", "usd"),
                ("fcf", "fcf", "Free cash flow", "usd"),
                ("npv_curve", "npv_curve", "Net present value to date", "usd"),
            )
        ]  # fmt: skip
        groups.append(Group(f"Platform {n}: {platform}", tuple(rows)))
    claim = (
        Check("Price implied: sheet and TOK_CLAIM_AUDIT", "={claim.price}", panel["claim.price"], "usd_per_mtok", True),
        Check("Rate implied: sheet and TOK_CLAIM_AUDIT", "={claim.rate}", panel["claim.rate"], "usd_rate", True),
        Check("Net return: sheet and TOK_CLAIM_AUDIT", "={claim.net}", panel["claim.net"], "multiple", True),
        Check("NPV at a flat price: sheet and TOK_NPV", "={claim.npv_flat}", panel["claim.npv_flat"], "usd", True),
        Check("NPV at prices falling 10x a year: sheet and TOK_NPV", "={claim.npv_tenfold}",
              panel["claim.npv_tenfold"], "usd", True),
    )  # fmt: skip
    return (*groups, Group("The 15x claim", claim))


def _other(model: str, key: str, function: str) -> str:
    """What a result is compared with. A cash flow that turns twice has several IRRs: then either may be found."""
    if key == "irr":
        return f"=IF({{{model}.turn:total}}>1,{{{model}.irr}},{function[1:]})"
    return function


def cover_facts(version, catalogue, as_of, platforms, model, shape, newer) -> tuple[tuple[str, str], ...]:
    """What a reader should know of the figures: whose, of when, of what, and which are younger than the day asked for."""
    late = [f"{row.metric} ({row.as_of})" for row in newer]
    return (
        ("Made by", f"Tokenbook {version}"),
        ("Catalogue", f"of {catalogue}; figures as known on {as_of}"),
        *((("Newer than that", f"{', '.join(late)}: nothing was known on {as_of}"),) if late else ()),
        ("Compared", f"{', '.join(platforms)} serving {model} at {shape} (input/output tokens)"),
        (
            "Throughput",
            "Peak-throughput benchmark points, input plus output tokens. Latency at that point is part of the row on "
            "Baselines; a stricter latency target means less throughput.",
        ),
        ("Not included", "Risk, financing, VAT, idle power below full use, prefill and decode priced apart."),
    )


def cover(facts: tuple[tuple[str, str], ...]) -> Cover:
    return Cover(
        title="Token ROI: which platform pays?",
        question="A multi-year platform choice in token economics: cost per million tokens, NPV, IRR, multiple, net ROI.",
        first_steps=(
            "Inputs, Platforms: enter the GPUs you would deploy and your own quotes for price or rate. A cell that differs "
            "from its baseline turns orange and says override.",
            "Inputs, Market: replace the list price of tokens by what you earn, and the utilisation by what you would sell. "
            "These two decide more than the hardware does.",
            "Inputs, Market: set how fast prices fall. Flat prices flatter every platform; the cost per token falls here "
            "with software, and the price falls too.",
            "Inputs, Market: enter a demand in Mtok a month if your demand is limited. Blank sells everything.",
            "Inputs, Running costs: enter electricity, hosting, licences and staff. With rent they are inside the rate.",
            "Inputs, Finance: set discount rate, tax, depreciation and horizon as your finance policy has them.",
            "Dashboard: read levelised cost, NPV and payback first. A revenue multiple is not a net return: both are shown.",
            "Claim: see what the published 15x assumes, and what is left of it at 40 % utilisation or with falling prices.",
            "Baselines: look at the date, qualifier and confidence of the figures that matter to you, and at those beside them.",
            "Checks: must say OK. Without the add-in the model still works; only the function panels need it.",
        ),
        sheets=(
            ("Inputs", "All that may be changed, with unit, source and status."),
            ("Baselines", "Every pre-filled figure with source, date, qualifier; and those that contradict it."),
            ("Model", "The deployment model of each platform, month by month. One formula a row."),
            (ANNUAL, "The same by year."),
            (CLAIM, "The published claim of 75 million USD from 5 million, reproduced and stressed."),
            ("Panels", "The same model through the functions of the add-in, for reconciliation and for your own formulas."),
            ("Dashboard", "One page for the director."),
            ("Checks", "Two ways to each number."),
            ("Log", "What was written here, and when."),
            ("Lists", "Choices and tables behind the inputs."),
        ),
        facts=facts,
    )  # fmt: skip


def headline(writer: Writer, model) -> list[dict[str, object]]:
    """What the workbook answers, one row per platform: the Dashboard's figures by name."""
    rows = []
    number = 1
    while True:
        try:
            name = writer.book.find(f"dashboard.name_{number}")
        except KeyError:
            return rows
        row: dict[str, object] = {"platform": model.value(name.sheet, place_ref(name))}
        for key, _, _, _ in KPIS:
            place = writer.book.find(f"model_{number}.{key}")
            row[key] = model.value(place.sheet, place_ref(place))
        rows.append(row)
        number += 1
