"""The ``tco`` template: what a million tokens cost in full, owned, rented or bought from an API, on each platform.

The same demand for every platform; the fleet follows from it. A GPU-hour is built up line by line and laid beside the
published all-in rates, which hold all of it already: one of the two counts, never both. Read from the top: what may be
asked, what is shown, how it is put together.
"""

from __future__ import annotations

from dataclasses import replace

from tokenbook.templates.conventions import NO_ADDIN
from tokenbook.templates.engine import Model
from tokenbook.templates.models.shared import by_period, core_inputs, frame, headlines, reconciliation
from tokenbook.templates.models.shared import deployment_core as core
from tokenbook.templates.models.shared.by_period import PeriodRow
from tokenbook.templates.models.shared.frame import Setting
from tokenbook.templates.models.shared.function_panels import Panels
from tokenbook.templates.models.shared.options import Options
from tokenbook.templates.models.tco import grids as tco_grids
from tokenbook.templates.models.tco.grids import BREAK_EVEN, LIMITS, PARTS, RATES
from tokenbook.templates.models.tco.inputs import fill, input_sections
from tokenbook.templates.models.tco.page import write_dashboard
from tokenbook.templates.sheets import grid, time_sheet
from tokenbook.templates.sheets.checks import Check, Group
from tokenbook.templates.sheets.formula import Cell
from tokenbook.templates.sheets.front import LAST_STEP, USUAL_SHEETS, Cover
from tokenbook.templates.sheets.rows import Block
from tokenbook.templates.sheets.writer import Writer

DEFAULT_PLATFORMS = ("GB200 NVL72", "GB300 NVL72", "B200", "H100")
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


LIMIT_OF = {"limit_throughput": "tok_s_per_gpu", "limit_isl": "isl", "limit_osl": "osl"}


# --- the monthly model: each platform owned, then rented ----------------------------------------------------------


def name_places(writer: Writer, setting: Setting) -> tuple[str, ...]:
    """Give each variant its column of inputs: the platform's own, but for how it is paid. Gives their titles."""
    book, count = writer.book, len(setting.platforms)
    choice = book.area("lists.acquisition")
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


def write_panels(setting: Setting, writer: Writer, variants: tuple[str, ...]) -> dict[str, str]:
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
    return f'=IF({cell}="none",{{{native}}},IF({cell}="{NO_ADDIN}",NA(),{cell}))'


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


def headline(writer: Writer, model: Model) -> headlines.Headline:
    """What the workbook answers, for the command line."""
    return headlines.by_platform(writer, model, HEADLINE, block="life")
