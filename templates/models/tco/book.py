"""The ``tco`` template: what a million tokens cost in full, owned, rented or bought from an API, on each platform.

The same demand for every platform; the fleet follows from it. A GPU-hour is built up line by line and laid beside the
published all-in rates, which hold all of it already: one of the two counts, never both. Read from the top: what may be
asked, what is shown, how it is put together.
"""

from __future__ import annotations

from dataclasses import replace

from tokenbook.templates.models.shared import by_period, core_inputs, frame, headlines, reconciliation
from tokenbook.templates.models.shared import deployment_core as core
from tokenbook.templates.models.shared.by_period import PeriodRow
from tokenbook.templates.models.shared.fill import FillError
from tokenbook.templates.models.shared.function_panels import Panels
from tokenbook.templates.models.shared.options import Options
from tokenbook.templates.models.tco import grids as tco_grids
from tokenbook.templates.models.tco.grids import BREAK_EVEN, LIMITS, PARTS, RATES, USES
from tokenbook.templates.sheets import charts, dashboard, grid, style, time_sheet
from tokenbook.templates.sheets.checks import Check, Group
from tokenbook.templates.sheets.dashboard import Figure
from tokenbook.templates.sheets.formula import Cell, Range
from tokenbook.templates.sheets.front import LAST_STEP, USUAL_SHEETS, Cover, Listed
from tokenbook.templates.sheets.inputs import Filled, Input, Section
from tokenbook.templates.sheets.rows import Block
from tokenbook.templates.sheets.writer import Writer

DEFAULT_PLATFORMS = ("GB200 NVL72", "GB300 NVL72", "B200", "H100")
DEFAULT_DEMAND = 1_500_000  # Mtok a month: about what one NVL72 rack serves at the use below
BITS = {"FP4": 4, "FP8": 8, "INT4": 4, "BF16": 16}
DEFAULT_BITS = 8
DRAFTED = 4.0  # tokens a step: a limit must hold for runs with multi-token prediction too
ANNUAL = "By year"
SHEETS = {  # name: what a reader finds there
    "Inputs": USUAL_SHEETS["Inputs"],
    "Baselines": USUAL_SHEETS["Baselines"],
    RATES: "The fleet, the GPU-hour line by line beside the published rates, and the cost of a token.",
    BREAK_EVEN: "Own against rent against API: utilisation, volume and price at which one beats the other.",
    LIMITS: "What memory bandwidth allows: a throughput above it is impossible.",
    "Model": "Each platform owned and rented, month by month. One formula a row.",
    ANNUAL: "The same by year, with what has been spent so far.",
    "Panels": "The same figures through the functions of the add-in.",
    "Dashboard": "One page for the director.",
    "Checks": USUAL_SHEETS["Checks"],
    "Log": USUAL_SHEETS["Log"],
    "Lists": USUAL_SHEETS["Lists"],
}

KPIS = tuple(
    Figure(key, label, unit, kind, formula)
    for key, label, unit, kind, formula in (
        ("fleet", "GPUs that serve the demand", "GPUs", "count", "={fleet_#.gpus}"),
        ("own_rate", "GPU-hour, owned", "USD", "usd_rate", "={rates_#.own_rate}"),
        ("tier", "GPU-hour, published owning rate", "USD", "usd_rate", "={rates_#.rate_hyperscaler}"),
        ("rent_rate", "GPU-hour, rented for 3 years", "USD", "usd_rate", "={rates_#.rent_rate}"),
        ("own_lcot", "Owning, levelised", "USD per Mtok", "usd_per_mtok", "={life_#.own_lcot}"),
        ("rent_lcot", "Renting, levelised", "USD per Mtok", "usd_per_mtok", "={life_#.rent_lcot}"),
        ("api_lcot", "API price, levelised", "USD per Mtok", "usd_per_mtok", "={life_#.api_lcot}"),
        ("own_total", "Owning over the horizon", "USD", "usd", "={life_#.own_total}"),
        ("rent_total", "Renting over the horizon", "USD", "usd", "={life_#.rent_total}"),
        ("api_total", "API bill over the horizon", "USD", "usd", "={life_#.api_total}"),
        ("own_use", "Use above which owning beats API", "share", "share", "={even_#.own_use}"),
        ("own_volume", "Volume above which it does", "Mtok/month", "mtok", "={even_#.own_volume}"),
        (
            "memory",
            "Output, of the memory limit",
            "share",
            "share",
            '=IF({limit_#.used}="","not known",{limit_#.used})',
        ),
    )
)

# The core's words are those of a seller of tokens; here the tokens replace a bill.
LABELS = {
    "revenue": "API bill that these tokens replace",
    "price": "API price",
    "price_usd_per_mtok": "API price, blended, today",
    "rent": "Rent for three years, used or not",
    "revenue_multiple": "API bill over investment",
    "margin": "Saved, share of the API bill",
    "gross_margin": "Saved over the horizon, share of the API bill",
    "revenue_per_rack_year": "API bill replaced per rack and year",
    "revenue_per_mw_year": "API bill replaced per megawatt and year",
}
YEARLY = (
    PeriodRow("sold", "Tokens served", "Mtok", "mtok"),
    PeriodRow("opex", "Running costs", "USD", "usd"),
    PeriodRow("investing", "Investment and residual value", "USD", "usd"),
    PeriodRow("revenue", "API bill replaced", "USD", "usd"),
    PeriodRow("fcf", "Cash flow against the API, after tax", "USD", "usd"),
    PeriodRow("spent", "Spent so far", "USD", "usd", "=SUM({opex:to_date})-SUM({investing:to_date})"),
    PeriodRow("api_spent", "The API would have cost so far", "USD", "usd", "=SUM({revenue:to_date})"),
    PeriodRow("cost_per_mtok", "Spent a million tokens, so far", "USD per Mtok", "usd_per_mtok",
              "=IF(SUM({sold:to_date})>0,{spent}/SUM({sold:to_date}),0)"),
)  # fmt: skip


def compose(options: Options) -> Writer:
    """Write the workbook; cached values and dynamic arrays are added when the file is finished (``build``)."""
    setting = frame.settle(options, default_platforms=DEFAULT_PLATFORMS)
    fill(setting)
    sections = input_sections(setting)
    shared = core_inputs.by_name(core_inputs.sections(setting.room, options.currency))
    # The memory limit reads these under names of its own.
    of_limit = {name: shared[known] for name, known in LIMIT_OF.items()}
    inputs = {**shared, **of_limit, **core_inputs.by_name(sections)}
    writer = frame.start(setting, "Total cost of ownership", ("Cover", *SHEETS), sections)
    sheets = tco_grids.sheets(setting.platforms)
    for name, grids in sheets.items():
        grid.place(writer, name, grids)
    variants = name_places(writer, setting)
    time_sheet.write(
        writer, "Model", blocks(variants), months=setting.room, inputs=inputs,
        subtitle="Each platform owned, then rented. Revenue of the model is the API bill that the same tokens would cost: "
        "a positive value means cheaper than the API.",
    )  # fmt: skip
    for n in range(1, len(setting.platforms) + 1):
        for key in ("total_cost", "lcot", "npv"):
            writer.book.put(f"rented_{n}.{key}", writer.book.find(f"model_{n + len(setting.platforms)}.{key}"))
    for name, subtitle in (
        (RATES, "What an hour of a GPU and a million tokens cost, line by line, and beside what others publish."),
        (
            BREAK_EVEN,
            "At prices and software of today: from which utilisation, volume or price on one way is the cheaper.",
        ),
        (LIMITS, "Each decoded token reads weights and cache: more output than bandwidth over bytes is impossible."),
    ):
        grid.write(writer, name, sheets[name], inputs=inputs, subtitle=subtitle, in_place=True)
    years = by_period.write(writer, variants, setting.room, sheet_name=ANNUAL, rows=YEARLY, word="Variant")
    found = write_panels(setting, writer, variants)
    write_dashboard(writer, setting, years)
    left_out = ("Not included", "Risk, financing structure, VAT, migration and exit cost, idle power below full use.")
    groups = (
        *reconciliation.core_checks(variants, found, word="Variant"),
        *(checks(n, platform, found) for n, platform in enumerate(setting.platforms, 1)),
    )
    return frame.finish(setting, writer, cover(frame.facts(setting, left_out)), groups)


# --- what the catalogue answers -----------------------------------------------------------------------------------


def fill(setting) -> None:
    """The core's figures are filled already; here the ways to pay, the demand, and the memory of each platform."""
    filler, platforms, filled = setting.filler, setting.platforms, setting.filled
    model, shape = setting.model, setting.shape
    peaks = [filler.row(platform, "total_tok_s_per_gpu", model, shape) for platform in platforms]
    filled["rate_hyperscaler"] = filled["usd_per_gpu_hour"]
    filled["rate_neocloud"] = [_or_blank(filler, p, "usd_per_gpu_hour", "neocloud") for p in platforms]
    filled["usd_per_gpu_hour"] = [filler.get(p, "rental_usd_per_gpu_hour", None, "3-year") for p in platforms]
    filled["rate_by_the_hour"] = [_or_blank(filler, p, "rental_usd_per_gpu_hour", "market AWS") for p in platforms]
    filled["gpus_asked"] = [Filled(None) for _ in platforms]
    filled["utilization_start"] = filled["utilization_end"]
    filled["ramp_months"] = Filled(0)
    filler.used = [
        row for row in filler.used if row.metric not in ("utilization_start", "ramp_months")
    ]  # not used here
    filled["demand_mtok_per_month"] = Filled(DEFAULT_DEMAND)
    speeds = [setting.options.interactivity or row.interactivity for row in peaks]
    filled["limit_speed"] = [Filled(speed) for speed in speeds]
    filled["gpus_per_rack"] = [
        core_inputs.bought_together(filler, "gpus_per_rack", p, known)
        for p, known in zip(platforms, filled["gpus_per_rack"], strict=True)
    ]
    filled["limit_sharing"] = [core_inputs.bought_together(filler, "scale_up_gpus", p) for p in platforms]
    filled["limit_hbm"] = [_memory(filler, platform) for platform in platforms]
    filled["limit_bits"] = [Filled(BITS.get(row.precision, DEFAULT_BITS)) for row in peaks]
    for name, metric in (("limit_total", "total_params_bn"), ("limit_active", "active_params_bn")):
        filled[name] = _parameters(filler, metric, model)
    filled["limit_kv"], filled["limit_step"] = Filled(0.0), Filled(DRAFTED)
    filled |= {name: Filled(value) for name, value in core_inputs.MEMORY_UNITS.items()}
    setting.listed = [Listed("uses", "Shares of hours compared", USES, "Break-even", "share")]


def _or_blank(filler, platform: str, metric: str, conditions: str) -> Filled:
    try:
        return filler.get(platform, metric, None, conditions)
    except FillError:
        return Filled(None)


def _memory(filler, platform: str) -> Filled:
    return filler.get_or_newer(platform, "hbm_tb_s")


def _parameters(filler, metric: str, model: str) -> Filled:
    try:
        return filler.get_or_newer(None, metric, model)
    except FillError:
        return Filled(None, note="Not in the catalogue: enter it, or the memory limit is not checked")


def input_sections(setting) -> tuple[Section, ...]:
    """The core's inputs in the words of a buyer, and those of this template."""
    shared = core_inputs.by_name(core_inputs.sections(setting.room, setting.options.currency))

    def take(*names: str) -> tuple[Input, ...]:
        return tuple(replace(shared[name], **WORDS.get(name, {})) for name in names if name in shared)

    columns = tuple(f"Platform {n}" for n in range(1, len(setting.platforms) + 1))
    finance = core_inputs.finance_inputs(setting.room, setting.options.currency)
    conventions = core_inputs.CONVENTIONS
    return (
        Section("Demand", (
            *take("model", "isl", "osl", "demand_mtok_per_month", "demand_growth_per_year", "demand_cv"),
        )),
        Section("Platforms", (
            *take("platform"),
            Input("gpus_asked", "GPUs deployed (blank: as many as the demand needs)", "GPUs", "count", low=1, whole=True,
                  blank=True, each=True, note="Blank: whole racks or servers that serve the demand at the use below."),
            *take("gpus_per_rack", "tok_s_per_gpu", "kw_per_gpu", "software_gain", "software_months", "software_annual_gain",
                  "utilization_start", "utilization_end"),
        )),
        Section("Ways to pay", (
            *take("capex_usd_per_gpu"),
            Input("rate_hyperscaler", "All-in rate of an owner: hyperscaler", "USD per GPU-hour", "usd_rate", low=0, each=True),
            Input("rate_neocloud", "All-in rate of an owner: neocloud (blank: not known)", "USD per GPU-hour", "usd_rate",
                  low=0, blank=True, each=True),
            *take("usd_per_gpu_hour"),
            Input("rate_by_the_hour", "Rent by the hour (blank: not known)", "USD per GPU-hour", "usd_rate", low=0, blank=True,
                  each=True),
        ), columns=columns),
        Section("API prices", take(
            "usd_per_mtok_input", "usd_per_mtok_output", "cached_share", "cached_price_ratio", "price_annual_factor",
            "price_floor",
        )),
        Section("Use", take("ramp_months", "ramp_shape", "availability")),
        replace(core_inputs.COST_INPUTS, inputs=take(*(item.name for item in core_inputs.COST_INPUTS.inputs))),
        finance,
        Section("Memory limit", LIMIT_INPUTS, columns=columns),
        replace(conventions, inputs=(*conventions.inputs, *UNITS)),
    )  # fmt: skip


WORDS = {
    "demand_mtok_per_month": {
        "label": "Demand today (blank: all that one rack or server makes)",
        "note": "Your figure. As pre-filled, about what one NVL72 rack serves, so that whole racks compare.",
    },
    "usd_per_gpu_hour": {"label": "Rent under a 3-year contract"},
    "usd_per_mtok_input": {"label": "API price of input tokens"},
    "usd_per_mtok_output": {"label": "API price of output tokens"},
    "price_annual_factor": {"label": "API prices fall by this factor a year"},
    "price_floor": {"label": "API price below which they do not fall"},
    "utilization_start": {"label": "Highest use at the start"},
    "utilization_end": {"label": "Highest use after the ramp"},
    "ramp_months": {"label": "Use ramps up over", "note": "0: at once. Without effect while both uses are the same."},
    "ramp_shape": {"note": "linear: a straight line. logistic: an S. Without effect while nothing ramps up."},
    "capex_usd_per_gpu": {"note": "0: not known; owning is then shown at the owning hyperscaler's all-in rate."},
}
LIMIT_INPUTS = (
    Input("limit_speed", "Speed of a user at this throughput", "tok/s per user", "number", above=0, each=True,
          note="Of the benchmark run behind the throughput, or as asked for with --interactivity."),
    Input("limit_sharing", "GPUs that share one copy of the model", "GPUs", "count", low=1, each=True,
          note="The scale-up domain of the catalogue. The more GPUs share it, the less of it each must read."),
    Input("limit_hbm", "Memory bandwidth", "TB/s per GPU", "number", above=0, each=True),
    Input("limit_bits", "Bits per weight", "bits", "count", low=1, high=64, each=True,
          note="Of the precision of the run behind the throughput: 4 for FP4, 8 for FP8."),
    Input("limit_total", "Parameters of the model", "billions", "number", above=0, blank=True),
    Input("limit_active", "... of which one token passes", "billions", "number", above=0, blank=True),
    Input("limit_kv", "Cache per token of context", "kB per token", "number", low=0,
          note="0 leaves the cache out, which makes the limit generous. Enter your model's figure to tighten it."),
    Input("limit_step", "Tokens accepted a step", "tokens", "number", low=1, high=20,
          note="4: three drafted tokens all accepted, the most that MTP can give; the runs may have used it. 1: none drafted."),
)  # fmt: skip
LIMIT_OF = {"limit_throughput": "tok_s_per_gpu", "limit_isl": "isl", "limit_osl": "osl"}
UNITS = (
    Input("bits_per_byte", "Bits in a byte", "bits", "count", note="Unit."),
    Input("gb_per_tb", "GB in a TB", "GB", "count", note="Unit."),
    Input("kb_per_gb", "kB in a GB", "kB", "count", note="Unit."),
)


# --- the monthly model: each platform owned, then rented ----------------------------------------------------------


def name_places(writer: Writer, setting) -> tuple[str, ...]:
    """Give each variant its column of inputs: the platform's own, but for how it is paid. Gives their titles."""
    book, count = writer.book, len(setting.platforms)
    choice = book.find("lists.acquisition")
    for n in range(1, count + 1):
        book.put(f"inputs.p{n}.gpus", book.find(f"fleet_{n}.gpus"))
        book.put(f"inputs.p{n}.limit_throughput", book.find(f"inputs.p{n}.tok_s_per_gpu"))
        own, rent = f"inputs.v{n}", f"inputs.v{count + n}"
        shared = [item.name for item in core_inputs.PLATFORM_INPUTS.inputs if item.name != "acquisition"]
        for scope in (own, rent):
            for name in shared:
                if (scope, name) != (own, "usd_per_gpu_hour"):
                    book.put(f"{scope}.{name}", book.find(f"inputs.p{n}.{name}"))
        # Where no price to buy at is known, the owner's all-in rate stands in for a build-up.
        book.put(f"{own}.usd_per_gpu_hour", book.find(f"inputs.p{n}.rate_hyperscaler"))
        book.put(f"{own}.acquisition", book.find(f"rates_{n}.owned_how"))
        book.put(f"{rent}.acquisition", Cell(choice.sheet, choice.row + 1, choice.column))
    for name in ("limit_isl", "limit_osl"):
        book.put(f"inputs.{name}", book.find(f"inputs.{LIMIT_OF[name]}"))
    return (*(f"{name}, owned" for name in setting.platforms), *(f"{name}, rented" for name in setting.platforms))


def blocks(variants: tuple[str, ...]) -> tuple[Block, ...]:
    lines = tuple(
        replace(line, label=LABELS[line.key]) if getattr(line, "key", "") in LABELS and hasattr(line, "label") else line
        for line in core.LINES
    )
    return tuple(Block(f"model_{n}", f"Variant {n}: {title}", lines, f"v{n}") for n, title in enumerate(variants, 1))


# --- the same through the functions -------------------------------------------------------------------------------


def functions(n: int) -> tuple[tuple[str, str, str, str, str], ...]:
    """(key, label, call, native cell, format) of one platform."""
    r, u, e, f = f"rates_{n}", f"unit_{n}", f"even_{n}", f"fleet_{n}"
    life = "{inputs.depreciation_years},{inputs.discount_rate}"
    built = (
        f"IF({{{r}.built}}=0,NA(),1)*TOK_RATE({{{r}.capex_usd_per_gpu}},{life},{{inputs.residual_share}},{{{r}.kw_per_gpu}},{{{r}.usd_per_kwh}},"
        f"{{inputs.pue}},{{inputs.maintenance_share_per_year}},{{{r}.hosting_usd_per_kw_month}})"
        f"+TOK_RATE({{{r}.capex_usd_per_gpu}}*{{inputs.installation_share}},{life})"
    )
    tput = f"{{{f}.tok_s_per_gpu}}"
    price = f"{{{u}.api_cost}}"
    needed = f"TOK_BREAKEVEN_UTILIZATION({{{r}.own_rate}},{tput},{price})"
    limit = (
        f"{{inputs.limit_step}}*TOK_DECODE_LIMIT({{inputs.p{n}.limit_hbm}},{{inputs.limit_total}},{{inputs.limit_active}},"
        f"{{inputs.p{n}.limit_bits}},{{limit_{n}.batch}},{{inputs.isl}},{{inputs.limit_kv}})"
    )
    return (
        ("build_up", "GPU-hour, built up without licences and staff", built, f"{r}.build_up", "usd_rate"),
        ("own_cost", "owning, per Mtok", f"TOK_COST({{{r}.own_rate}},{tput},{{{u}.use}})", f"{u}.own_cost", "usd_per_mtok"),
        ("rent_cost", "renting, per Mtok", f"TOK_COST({{{r}.rent_rate}},{tput},{{{u}.use}})", f"{u}.rent_cost",
         "usd_per_mtok"),
        ("own_use", "use at which owning is the API's price", needed, f"{e}.own_use_needed", "factor"),
        ("rent_use", "use at which renting is the API's price",
         f"TOK_BREAKEVEN_UTILIZATION({{{r}.rent_rate}},{tput},{price})", f"{e}.rent_use_needed", "factor"),
        ("own_price", "price at which owning breaks even",
         f"TOK_BREAKEVEN_PRICE({{{r}.own_rate}},{tput},{{{u}.use}})", f"{e}.own_price", "usd_per_mtok"),
        ("own_volume", "volume at which the fleet breaks even",
         f"IF({needed}>1,NA(),TOK_VOLUME({{{f}.gpus}},{tput},{{inputs.hours_per_month}},{needed}))", f"{e}.own_volume",
         "mtok"),
        ("api", "API price blended",
         f"TOK_PRICE_BLENDED({{model_{n}.usd_per_mtok_input}},{{model_{n}.usd_per_mtok_output}},{{inputs.isl}},{{inputs.osl}},"
         f"{{inputs.cached_share}},{{model_{n}.usd_per_mtok_input}}*{{inputs.cached_price_ratio}})", f"{u}.api_cost",
         "usd_per_mtok"),
        ("limit", "memory limit", limit, f"limit_{n}.most", "number"),
    )  # fmt: skip


def write_panels(setting, writer: Writer, variants: tuple[str, ...]) -> dict[str, str]:
    panels = Panels.begin(writer, variants, setting.room)
    panels.head(
        "Rates, costs, break-even, memory limit: =TOK_RATE, =TOK_COST, =TOK_BREAKEVEN_UTILIZATION, =TOK_DECODE_LIMIT"
    )
    for n, platform in enumerate(setting.platforms, 1):
        for key, label, call, _, kind in functions(n):
            panels.cell(f"{platform}: {label}", f"tco_{n}.{key}", call, kind)
    panels.deployment()
    return panels.finish()


def checks(n: int, platform: str, found: dict[str, str]) -> Group:
    """The grids against the functions; parts against wholes."""
    rows = [
        Check(f"{label[0].upper()}{label[1:]}: sheet and function", f"={{{native}}}", _same(native, found[f"tco_{n}.{key}"]),
              kind, True)
        for key, label, _, native, kind in functions(n)
    ]  # fmt: skip
    parts = "+".join(f"{{rates_{n}.{key}}}" for key, _ in PARTS)
    rows += [
        Check("The rate of owning is the sum of its parts", f"={{rates_{n}.own_rate}}", f"={parts}", "usd_rate"),
        Check("The fleet makes no more than it can: use within the highest planned",
              f"=MAX(0,{{model_{n}.sold:total}}-{{model_{n}.capacity:total}})", "=0", "mtok",
              scale=f"=MAX(1,{{model_{n}.capacity:total}})"),
        Check("Owned and rented serve the same tokens", f"={{model_{n}.sold:total}}",
              f"={{life_{n}.sold}}", "mtok"),
        Check("Spent by year and in total", f"=INDEX({{year_{n}.spent:all}},COUNT({{year_{n}.spent:all}}))",
              f"={{life_{n}.own_total}}", "usd", scale=f"=MAX(1,{{life_{n}.own_total}})"),
    ]  # fmt: skip
    return Group(f"Rates, break-even, memory limit: {platform}", tuple(rows))


def _same(native: str, panel: str) -> str:
    """What Panels shows for it; where there is no number, the sheet's own word."""
    cell = panel.removeprefix("=IF(").split("=")[0]
    return f'=IF({cell}="none",{{{native}}},IF({cell}="no add-in",NA(),{cell}))'


# --- one page -----------------------------------------------------------------------------------------------------


def write_dashboard(writer: Writer, setting, years: int) -> None:
    table = dashboard.write_table(
        writer, title="What do the tokens cost in full: owned, rented, bought?", figures=KPIS, count=len(setting.platforms),
        subtitle='={inputs.model}&" at "&TEXT({inputs.isl},"#,##0")&" input and "&TEXT({inputs.osl},"#,##0")'
        '&" output tokens, "&IF({inputs.demand_mtok_per_month}="","one rack or server","a demand of "'
        '&TEXT({inputs.demand_mtok_per_month},"#,##0")&" Mtok a month")&", "&{inputs.months}&" months"',
    )  # fmt: skip
    dashboard.write_findings(writer, table, findings(writer, table))
    dashboard.place_charts(writer, table, dashboard_charts(writer, setting, table, years))


def findings(writer: Writer, table: dashboard.Table) -> tuple[str, ...]:
    """Sentences that the figures write themselves."""
    money = writer.currency
    own, rent = (f'IFERROR({table.who(key, "MIN")},"none")' for key in ("own_lcot", "rent_lcot"))
    lowest = lambda key: f'TEXT(MIN({table.span(key)}),"0.0000")'  # noqa: E731
    cheapest = f"IFERROR({table.of('own_lcot', own)},0)"
    beaten = f"COUNT({table.span('own_use')})"
    impossible = f'COUNTIF({table.span("memory")},">1")'
    return (
        f'="Owning costs least on "&{own}&", {money} "&{lowest("own_lcot")}&" per million tokens over the horizon; renting '
        f'on "&{rent}&", {money} "&{lowest("rent_lcot")}&"."',
        f'="The API costs {money} "&TEXT(INDEX({table.span("api_lcot")},1),"0.0000")&" levelised, its price falling "'
        '&TEXT({inputs.price_annual_factor},"0.0")&"x a year: "&IF(N(INDEX('
        + table.span("api_lcot")
        + f",1))>{cheapest},"
        '"self-hosting at this volume is cheaper.","the API is cheaper at this volume.")',
        f'={beaten}&" of {table.columns} platforms, owned, beat the API of today at some use; the lowest use is "'
        f'&IF({beaten}=0,"none",TEXT(MIN({table.span("own_use")}),"0%"))&"."',
        f'=IF({{rates_1.built}}=0,"No price of "&{{rates_1.heading}}&" is known: owning stands at the published rate",'
        f'"Built up, "&{{rates_1.heading}}&" costs {money} "&TEXT({{rates_1.build_up}},"0.00")&" an hour")&"; published owning '
        f'rate {money} "&TEXT({{rates_1.rate_hyperscaler}},"0.00")&", three-year rent {money} "'
        '&TEXT({rates_1.usd_per_gpu_hour},"0.00")&". Electricity is inside each of the three once."',
        f'=IF({impossible}=0,"No throughput is above what memory allows.",{impossible}&" of {table.columns} throughputs are '
        'above what memory allows: impossible as stated.")&IF({inputs.limit_kv}=0," The cache is left out: a generous limit.","")',
        '=IF(COUNTIF({inputs.status},"override")=0,"All baselines as in the catalogue. Prices to buy at are of low '
        'confidence: ask for quotes.",COUNTIF({inputs.status},"override")&" inputs differ from their baselines.")',
    )


def dashboard_charts(writer: Writer, setting, table: dashboard.Table, years: int) -> tuple:
    book, count = writer.book, len(setting.platforms)
    names = [book.find(f"dashboard.name_{n}") for n in range(1, count + 1)]
    heading = book.find("rates.heading")
    across = (heading.first, heading.last)
    built = charts.bars(
        writer, title="A GPU-hour, built up", y_title=writer.unit("USD per GPU-hour"), number_format="0.00", sheet=RATES,
        categories=(heading.row, *across), rows=[(book.find(f"rates.{key}").row, *across) for key, _ in PARTS],
        names=[text for _, text in PARTS], stacked=True, palette=style.PARTS,
    )  # fmt: skip
    x = _stretch(book.find("uses.use"))
    lines = [charts.Curve(x, _stretch(book.find(f"uses.own_{n}")), names[n - 1], n - 1) for n in range(1, count + 1)]
    lines += [
        charts.Curve(x, _stretch(book.find(f"uses.rent_{n}")), f"{platform}, rented", n - 1, dashed=True)
        for n, platform in enumerate(setting.platforms, 1)
    ]
    lines.append(charts.Curve(x, _stretch(book.find("uses.api")), "API", style.GREY))
    over_use = charts.scatter(
        writer, title="Cost per million tokens over use: owned, rented (dashed), API", x_title="Share of hours used",
        y_title=writer.unit("USD per Mtok"), number_format="0.00", x_format="0%", curves=lines, x_low=0, x_high=1, log=True,
    )  # fmt: skip
    year = _stretch(book.find("year.number"))
    spent = [
        charts.Curve(year, _stretch(book.find(f"year_{n}.spent")), names[n - 1], n - 1) for n in range(1, count + 1)
    ]
    spent += [
        charts.Curve(year, _stretch(book.find(f"year_{count + n}.spent")), f"{platform}, rented", n - 1, dashed=True)
        for n, platform in enumerate(setting.platforms, 1)
    ]
    spent.append(charts.Curve(year, _stretch(book.find("year_1.api_spent")), "API", style.GREY))
    so_far = charts.scatter(
        writer, title="Spent so far: owned, rented (dashed), API", x_title="Year", y_title=writer.unit("USD million"),
        number_format="#,##0,,", curves=spent, x_low=0, x_high=years,
    )  # fmt: skip
    columns = (dashboard.FIRST, dashboard.UNIT + count)
    roofline = charts.bars(
        writer, title="Output throughput as a share of what memory allows", y_title="share of the limit", number_format="0%",
        sheet=dashboard.NAME, categories=(table.names_row, *columns), rows=[(table.rows["memory"], *columns)],
        names=["Measured output over memory limit"],
    )  # fmt: skip
    return built, over_use, so_far, roofline


def _stretch(place) -> Range:
    return Range(place.sheet, place.row, place.first, place.row, place.last)


def cover(facts: tuple[tuple[str, str], ...]) -> Cover:
    return Cover(
        title="Total cost of ownership across platforms",
        question="What a GPU-hour and a million tokens cost in full; own, rent or buy from an API; and from when on.",
        first_steps=(
            "Inputs, Demand: enter the tokens that you need a month. All platforms serve the same demand; the fleet follows.",
            "Inputs, Ways to pay: replace price, rent and hourly rate by your quotes. Prices to buy at are of low confidence "
            "in every public source.",
            "Inputs, API prices: enter what you pay an API today, and how fast that falls. This decides against owning more "
            "often than the hardware does.",
            "Inputs, Running costs: enter electricity, hosting, licences and staff. The power is all-in: leave the PUE at 1 "
            "unless you enter IT power.",
            "Inputs, Platforms: set the highest use that your latency and your peaks allow; it sizes the fleet.",
            "Rates: see the GPU-hour line by line beside published rates. A published rate holds electricity already: the "
            "workbook counts a build-up or a rate, never both.",
            "Break-even: find the use, the volume and the API price from which on owning, renting or buying is the cheapest.",
            "Memory limit: a throughput above what memory bandwidth allows is impossible, whoever states it.",
            "Dashboard: read the three levelised costs first. By year has what would have been spent so far.",
            LAST_STEP,
        ),
        sheets=tuple(SHEETS.items()),
        facts=facts,
    )  # fmt: skip


HEADLINE = (
    ("own_lcot", "Owning, levelised, USD/Mtok", "usd_per_mtok"),
    ("rent_lcot", "Renting, levelised, USD/Mtok", "usd_per_mtok"),
    ("api_lcot", "API, levelised, USD/Mtok", "usd_per_mtok"),
    ("own_total", "Owning, USD", "usd"),
    ("rent_total", "Renting, USD", "usd"),
    ("api_total", "API bill, USD", "usd"),
    ("cheapest", "Cheapest", "text"),
)


def headline(writer: Writer, model) -> headlines.Headline:
    """What the workbook answers, for the command line."""
    return headlines.by_platform(writer, model, HEADLINE, block="life")
