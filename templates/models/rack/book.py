"""The ``rack`` template: which platform earns most per rack and per megawatt, under which workload and at which speed.

The throughput of a platform is read off its measured frontier at the speed that users get; volumes and revenue of
prefill (input) and decode (output) tokens follow from the workload; cost is the published all-in rate. Read from the
top: what may be asked, what is shown, how it is put together.
"""

from __future__ import annotations

from tokenbook.templates.engine import Model
from tokenbook.templates.models.rack import grids as rack_grids
from tokenbook.templates.models.rack import serving as rack_serving
from tokenbook.templates.models.rack.grids import LADDER, SPEEDS, WORKLOADS, Workload
from tokenbook.templates.models.rack.inputs import fill, input_sections, longest
from tokenbook.templates.models.rack.page import write_dashboard
from tokenbook.templates.models.shared import by_period, core_inputs, frame, frontier_sheet, headlines
from tokenbook.templates.models.shared import deployment_core as core
from tokenbook.templates.models.shared.frame import Setting
from tokenbook.templates.models.shared.frontier_sheet import NOT_MEASURED, Curve
from tokenbook.templates.models.shared.function_panels import CURVES, Panels
from tokenbook.templates.models.shared.options import Options
from tokenbook.templates.models.shared.reconciliation import function_checks
from tokenbook.templates.sheets import time_sheet
from tokenbook.templates.sheets.checks import Check, Group
from tokenbook.templates.sheets.front import LAST_STEP, USUAL_SHEETS, Cover
from tokenbook.templates.sheets.rows import Block, Constant, Ingredient, Row
from tokenbook.templates.sheets.writer import Writer

DEFAULT_PLATFORMS = ("GB300 NVL72", "GB200 NVL72", "B200", "MI355X")
ANNUAL, FRONTIER, SERVING = "By year", "Frontier", "Serving"
SHEETS = {  # name: what a reader finds there
    "Inputs": USUAL_SHEETS["Inputs"],
    "Baselines": "Every pre-filled figure and measured point with source, date, qualifier.",
    FRONTIER: "Measured points of each platform and workload, the frontier through them, read at the speeds asked for.",
    SERVING: "The frontiers of disaggregated and of aggregated serving.",
    WORKLOADS: "Each workload: tokens, revenue, cost and margin per rack and per megawatt; who wins.",
    SPEEDS: "The chosen workload at a ladder of speeds; the points behind the chart.",
    "Model": "The racks month by month, as software, prices and use move. One formula a row.",
    ANNUAL: "The same by year.",
    "Panels": "The same figures through the functions of the add-in.",
    "Dashboard": "One page for the director.",
    "Checks": USUAL_SHEETS["Checks"],
    "Log": USUAL_SHEETS["Log"],
    "Lists": "Choices behind the inputs.",
}


# What the time model has of the deployment core: volume, price and the all-in rate; no capital of its own.
NATIVE_CHECKS = (
    "cost_per_mtok_first", "cost_per_mtok_last", "revenue_per_rack_year", "revenue_per_mw_year", "gross_margin",
    "average_utilization", "sold", "cost_per_mtok", "revenue",
)  # fmt: skip
PANEL_NAMES = (
    "gpus", "tok_s_per_gpu", "software_gain", "software_months", "software_annual_gain", "utilization_start",
    "utilization_end", "ramp_months", "ramp_shape", "availability", "demand_mtok_per_month", "demand_growth_per_year",
    "demand_cv", "price_usd_per_mtok", "price_annual_factor", "price_floor", "acquisition", "usd_per_gpu_hour",
    "kw_per_gpu", "pue", "gpus_per_rack", "months",
)  # fmt: skip


def compose(options: Options) -> Writer:
    """Write the workbook; cached values and dynamic arrays are added when the file is finished (``build``)."""
    setting = frame.settle(options, default_platforms=DEFAULT_PLATFORMS, core=False)
    curves, workloads, pairs = fill(setting)
    count = len(setting.platforms)
    sections = input_sections(setting, workloads)
    inputs = {
        **core_inputs.by_name(core_inputs.sections(setting.room, options.currency)),
        **core_inputs.by_name(sections),
    }
    sheets = {name: text for name, text in SHEETS.items() if pairs or name != SERVING}
    writer = frame.start(setting, "Revenue per rack", ("Cover", *sheets), sections)
    targets = ("={inputs.interactivity}", "={inputs.ladder_first}", *("={this}+{inputs.ladder_step}",) * (LADDER - 1))
    frontier_sheet.write(
        writer, FRONTIER, curves, targets,
        subtitle="Measured throughput against the speed of a user. No point on the frontier is beaten in both; between "
        "points Steffen's monotone cubic; beyond them nothing is known.",
    )  # fmt: skip
    if pairs:
        rack_serving.write(writer, SERVING, pairs)
    rack_grids.write(writer, inputs, setting.platforms, workloads, longest(curves), rack_serving.results(pairs))
    for n in range(1, count + 1):
        writer.book.put(f"inputs.p{n}.tok_s_per_gpu", writer.book.find(f"chosen_{n}.throughput_number"))
    for name in ("isl", "osl", "demand_mtok_per_month"):
        writer.book.put(f"inputs.{name}", writer.book.find(f"chosen_1.{name}"))
    time_sheet.write(
        writer, "Model", blocks(setting.platforms), months=setting.room, inputs=inputs,
        subtitle="The racks of each platform month by month, at the chosen workload and speed: software, prices and use move.",
    )  # fmt: skip
    by_period.write(writer, setting.platforms, setting.room, sheet_name=ANNUAL, rows=YEARLY)
    found = write_panels(setting, writer, curves)
    write_dashboard(writer, setting, workloads, pairs)
    left_out = (
        "Not included",
        "Capital, tax and financing: the all-in rate holds the cost of owning or renting, electricity with it.",
    )
    facts = frame.facts(setting, left_out)
    return frame.finish(
        setting, writer, cover(facts, tuple(sheets.items())), check_groups(setting.platforms, workloads, found)
    )


# --- the racks month by month -------------------------------------------------------------------------------------

LINES = (
    *(Ingredient(key) for key in (
        "gpus_per_rack", "racks_deployed", "tok_s_per_gpu", "software_gain", "software_months", "software_annual_gain",
        "utilization_start", "utilization_end", "ramp_months", "ramp_shape", "availability", "demand_mtok_per_month",
        "demand_growth_per_year", "demand_cv", "price_annual_factor", "price_floor", "usd_per_gpu_hour", "kw_per_gpu",
        "pue", "months", "hours_per_month", "months_per_year", "seconds_per_hour", "tokens_per_mtok", "logistic_slope",
        "logistic_middle", "kw_per_mw",
    )),
    *core.PRICE,
    Constant("gpus", "GPUs", "GPUs", "={racks_deployed}*{gpus_per_rack}", "count"),
    Constant("acquisition", "At the all-in rate", "own / rent", '="rent"', "text"),
    *core.pick("owned", "rented", "s_shaped", "demand_limited", "sigma", "full_rack_hours"),
    *core.VOLUME,
    *core.pick("price", "revenue", "rent"),
    Row("opex", "Cost at the all-in rate", "USD", "={rent}", "usd", "sum", True),
    Row("margin_usd", "Margin", "USD", "={revenue}-{opex}", "usd", "sum", True),
    Row("cost_per_mtok", "Cost per million tokens", "USD per Mtok", "=IF({sold}>0,{opex}/{sold},0)", "usd_per_mtok"),
    *core.pick("cost_per_mtok_first", "cost_per_mtok_last", "racks", "revenue_per_rack_year", "megawatts",
               "revenue_per_mw_year", "gross_margin", "average_utilization"),
    Constant("margin_per_rack_year", "Margin per rack and year", "USD",
             "=IF({racks}>0,{margin_usd:total}/{racks}/({months}/{months_per_year}),0)", "usd", True),
    Constant("margin_per_mw_year", "Margin per megawatt and year", "USD",
             '=IF({megawatts}>0,{margin_usd:total}/{megawatts}/({months}/{months_per_year}),"none")', "usd", True),
)  # fmt: skip

YEARLY = (
    by_period.PeriodRow("sold", "Sold", "Mtok", "mtok"),
    by_period.PeriodRow("revenue", "Revenue", "USD", "usd"),
    by_period.PeriodRow("opex", "Cost at the all-in rate", "USD", "usd"),
    by_period.PeriodRow("margin_usd", "Margin", "USD", "usd"),
    by_period.PeriodRow("price_sold", "Price of what was sold", "USD per Mtok", "usd_per_mtok",
                        "=IF({sold}>0,{revenue}/{sold},0)"),
    by_period.PeriodRow("cost_per_mtok", "Cost per million tokens", "USD per Mtok", "usd_per_mtok",
                        "=IF({sold}>0,{opex}/{sold},0)"),
    by_period.PeriodRow("margin", "Margin, share of revenue", "share", "share", "=IF({revenue}>0,{margin_usd}/{revenue},0)"),
)  # fmt: skip


def blocks(platforms: tuple[str, ...]) -> tuple[Block, ...]:
    return tuple(Block(f"model_{n}", f"Platform {n}: {name}", LINES, f"p{n}") for n, name in enumerate(platforms, 1))


# --- the same through the functions -------------------------------------------------------------------------------


def write_panels(setting: Setting, writer: Writer, curves: tuple[Curve, ...]) -> dict[str, str]:
    platforms = setting.platforms
    panels = Panels.begin(writer, platforms, setting.room, names=PANEL_NAMES)
    panels.head("The frontier at the chosen speed: =TOK_THROUGHPUT_AT, at all speeds compared: =TOK_COST_AT")
    for curve in curves:
        panels.cell(
            f"{curve.title.split(':')[0]}, tok/s per GPU", f"{curve.key}.throughput",
            f"TOK_THROUGHPUT_AT({{inputs.interactivity}},{{{curve.key}.speeds}},{{{curve.key}.throughputs}})", "number",
        )  # fmt: skip
    for n, platform in enumerate(platforms, 1):
        for step in range(1, LADDER + 1):
            choice = ",".join(_cost_at(curve.key, n, step) for curve in curves if curve.key.endswith(f"_{n}"))
            panels.cell(
                f"{platform}, speed {step}, cost per Mtok", f"ladder_{n}.{step}",
                f"CHOOSE({{chosen.curve}},{choice})", "usd_per_mtok",
            )  # fmt: skip
    panels.head("The chosen workload: =TOK_PRICE_BLENDED, =TOK_PER_MW, =TOK_REVENUE_PER_RACK, =TOK_REVENUE_PER_MW")
    for n, platform in enumerate(platforms, 1):
        c = f"chosen_{n}"
        use = f"{{base_{n}.utilization}}"
        price = f"{{{c}.price}}"
        for key, label, call, kind in (
            ("price", "blended price", f"TOK_PRICE_BLENDED({{base_{n}.usd_per_mtok_input}},{{base_{n}.usd_per_mtok_output}},"
             f"{{{c}.isl}},{{{c}.osl}},{{inputs.cached_share}},"
             f"{{base_{n}.usd_per_mtok_input}}*{{inputs.cached_price_ratio}})", "usd_per_mtok"),
            ("tok_s_per_mw", "tok/s per MW", f"TOK_PER_MW({{{c}.throughput}},{{base_{n}.kw_per_gpu}}*{{inputs.pue}})", "count"),
            ("revenue_rack", "revenue per rack a year",
             f"TOK_REVENUE_PER_RACK({price},{{{c}.throughput}},{{base_{n}.gpus_per_rack}},{use})", "usd"),
            ("revenue_mw", "revenue per MW a year",
             f"TOK_REVENUE_PER_MW({price},{{{c}.throughput}},{{base_{n}.kw_per_gpu}},{use},{{inputs.pue}})", "usd"),
            ("cost", "cost per Mtok as sold", f"TOK_COST({{base_{n}.usd_per_gpu_hour}},{{{c}.throughput}},{use})",
             "usd_per_mtok"),
            ("margin", "margin", f"TOK_MARGIN({price},{{{c}.cost}})", "share"),
        ):  # fmt: skip
            panels.cell(f"{platform}, {label}", f"{c}.{key}", call, kind)
    panels.deployment(tuple(curve for curve in CURVES if curve[0] in ("cost_per_mtok", "sold_mtok")))
    return panels.finish()


def _cost_at(key: str, n: int, step: int) -> str:
    """TOK_COST_AT for one curve and one of the speeds compared."""
    place = f"{{ladder_{step}.speed}}"
    return f"TOK_COST_AT({{base_{n}.usd_per_gpu_hour}},{place},{{{key}.speeds}},{{{key}.throughputs}})"


def check_groups(
    platforms: tuple[str, ...], workloads: tuple[Workload, ...], found: dict[str, str]
) -> tuple[Group, ...]:
    """The sheet against the functions; parts against wholes."""
    word = lambda text: text.replace("=IF(", f'=IF({_panel(text)}="none","{NOT_MEASURED}",IF(', 1) + ")"  # noqa: E731
    groups = [
        Group("Frontier", (
            *(Check(f"{platform}, {workload.shape}: sheet and TOK_THROUGHPUT_AT",
                    f"={{front_{workload.number}_{n}.at_0}}", word(found[f"front_{workload.number}_{n}.throughput"]),
                    "number", True)
              for workload in workloads for n, platform in enumerate(platforms, 1)),
            *(Check(f"{platform}, cost at speed {step} of {LADDER}: sheet and TOK_COST_AT",
                    f"={{ladder_{step}.cost_{n}}}", word(found[f"ladder_{n}.{step}"]), "usd_per_mtok", True)
              for n, platform in enumerate(platforms, 1) for step in range(1, LADDER + 1)),
        )),
    ]  # fmt: skip
    for n, platform in enumerate(platforms, 1):
        c = f"chosen_{n}"
        rows = [
            Check(f"{label}: sheet and {function}", f"={{{c}.{key}}}", word(found[f"{c}.{key}"]), kind, True)
            for key, label, function, kind in (
                ("price", "Blended price", "TOK_PRICE_BLENDED", "usd_per_mtok"),
                ("tok_s_per_mw", "Throughput of a megawatt", "TOK_PER_MW", "count"),
                ("revenue_rack", "Revenue per rack", "TOK_REVENUE_PER_RACK", "usd"),
                ("revenue_mw", "Revenue per megawatt", "TOK_REVENUE_PER_MW", "usd"),
                ("cost", "Cost per Mtok as sold", "TOK_COST", "usd_per_mtok"),
                ("margin", "Margin", "TOK_MARGIN", "share"),
            )
        ]
        rows += [
            Check("Revenue of a rack: its parts and price times volume",
                  f"=N({{{c}.revenue_input}})+N({{{c}.revenue_cached}})+N({{{c}.revenue_output}})",
                  f"=N({{{c}.price}})*N({{{c}.mtok_rack}})", "usd"),
            Check("Tokens of a rack: prefill, cached and decode are all",
                  f"=N({{{c}.mtok_input}})+N({{{c}.mtok_cached}})+N({{{c}.mtok_output}})", f"=N({{{c}.mtok_rack}})", "mtok"),
            Check("Margin of a megawatt: margin of a rack times racks in it",
                  f"=N({{{c}.margin_mw}})", f"=N({{{c}.margin_rack}})*N({{{c}.racks_mw}})", "usd",
                  scale=f"=MAX(1,ABS(N({{{c}.revenue_mw}})))"),
            Check("Tokens sold do not exceed capacity", f"=MAX(0,{{model_{n}.sold:total}}-{{model_{n}.capacity:total}})",
                  "=0", "mtok", scale=f"=MAX(1,{{model_{n}.capacity:total}})"),
            *function_checks(f"model_{n}", found, only=NATIVE_CHECKS),
        ]  # fmt: skip
        groups.append(Group(f"Platform {n}: {platform}", tuple(rows)))
    return tuple(groups)


def _panel(text: str) -> str:
    """The cell of Panels that a formula of ``Panels.found`` begins with."""
    return text.removeprefix("=IF(").split("=")[0]


def cover(facts: tuple[tuple[str, str], ...], sheets: tuple[tuple[str, str], ...]) -> Cover:
    return Cover(
        title="Revenue per rack: which platform, under which workload?",
        question="Revenue and margin per rack and per megawatt, from measured frontiers, token prices and all-in rates.",
        first_steps=(
            "Inputs, Workload: choose the workload (input/output tokens of a request) and the speed that each user must see. "
            "These two decide which platform wins.",
            "Dashboard: read revenue per megawatt where power is your limit, revenue per rack where floor space is.",
            "Inputs, Platforms: enter your own all-in rate, and how many GPUs your rack holds. Where the catalogue knows no "
            "rack it is 72 GPUs, so that columns compare; an eight-GPU server is no rack.",
            "Inputs, Prices: replace the list prices of input, cached and output tokens by what you earn.",
            "Inputs, Workload: for a mix of workloads enter the shares of requests and choose mix.",
            "Inputs, Workload: enter requests a month if demand is limited; Workloads then says how many racks serve it.",
            "Workloads: see each workload beside the others, prefill and decode apart, and who wins under which.",
            "Frontier: see every measured point, which of them count, and add measurements of your own in the yellow rows.",
            "Serving: see what disaggregated serving gives over aggregated at the same speed, where both were measured.",
            LAST_STEP,
        ),
        sheets=sheets,
        facts=facts,
    )  # fmt: skip


HEADLINE = (  # row of the chosen workload, label, number format
    ("throughput", "Throughput, tok/s/GPU", "count"),
    ("cost", "Cost as sold, USD/Mtok", "usd_per_mtok"),
    ("revenue_rack", "Revenue per rack a year, USD", "usd"),
    ("margin_rack", "Margin per rack a year, USD", "usd"),
    ("revenue_mw", "Revenue per MW a year, USD", "usd"),
    ("margin_mw", "Margin per MW a year, USD", "usd"),
    ("margin", "Margin", "share"),
)


def headline(writer: Writer, model: Model) -> headlines.Headline:
    """What the workbook answers, for the command line."""
    return headlines.by_platform(writer, model, HEADLINE, block="chosen")
