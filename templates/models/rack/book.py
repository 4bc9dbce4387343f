"""The ``rack`` template: which platform earns most per rack and per megawatt, under which workload and at which speed.

The throughput of a platform is read off its measured frontier at the speed that users get; volumes and revenue of
prefill (input) and decode (output) tokens follow from the workload; cost is the published all-in rate. Read from the
top: what may be asked, what is shown, how it is put together.
"""

from __future__ import annotations

from dataclasses import replace

from tokenbook.templates.models.rack import grids as rack_grids
from tokenbook.templates.models.rack import serving as rack_serving
from tokenbook.templates.models.rack.grids import LADDER, MIX, SPEEDS, WORKLOADS, Workload
from tokenbook.templates.models.shared import by_period, core_inputs, frame, frontier_sheet, headlines
from tokenbook.templates.models.shared import deployment_core as core
from tokenbook.templates.models.shared.fill import FillError
from tokenbook.templates.models.shared.frontier_sheet import NOT_MEASURED, Curve
from tokenbook.templates.models.shared.function_panels import CURVES, Panels
from tokenbook.templates.models.shared.options import Options
from tokenbook.templates.models.shared.reconciliation import function_checks
from tokenbook.templates.sheets import charts, dashboard, time_sheet
from tokenbook.templates.sheets.checks import Check, Group
from tokenbook.templates.sheets.dashboard import Figure
from tokenbook.templates.sheets.formula import Range
from tokenbook.templates.sheets.front import LAST_STEP, USUAL_SHEETS, Cover, Listed
from tokenbook.templates.sheets.inputs import Filled, Input, Section
from tokenbook.templates.sheets.rows import Block, Constant, Ingredient, Row
from tokenbook.templates.sheets.writer import Writer
from tokenbook.udfs.kernels.frontier import pareto

DEFAULT_PLATFORMS = ("GB300 NVL72", "GB200 NVL72", "B200", "MI355X")
DEFAULT_SPEED = 60.0  # tok/s per user: within what was measured of these four, under all three workloads
DEFAULT_RACK = 72  # GPUs, where the catalogue knows no rack: nine servers of 8 stand beside an NVL72
LADDER_FIRST, LADDER_STEP = 25.0, 25.0  # tok/s per user
SHAPES = ("1k/1k", "8k/1k", "1k/8k")  # as benchmarks run them
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

KPIS = tuple(
    Figure(key, label, unit, kind, f"={{chosen_#.{key}}}")
    for key, label, unit, kind in (
        ("throughput", "Throughput at that speed", "tok/s per GPU", "count"),
        ("tok_s_per_mw", "Throughput of a megawatt", "tok/s per MW", "count"),
        ("cost_full", "Cost per Mtok at full use", "USD per Mtok", "usd_per_mtok"),
        ("cost", "Cost per Mtok as sold", "USD per Mtok", "usd_per_mtok"),
        ("revenue_rack", "Revenue per rack a year", "USD", "usd"),
        ("margin_rack", "Margin per rack a year", "USD", "usd"),
        ("revenue_mw", "Revenue per megawatt a year", "USD", "usd"),
        ("margin_mw", "Margin per megawatt a year", "USD", "usd"),
        ("margin", "Margin", "share of revenue", "share"),
        ("prefill_share", "Revenue from input (prefill)", "share", "share"),
        ("kw_rack", "Power of a rack", "kW", "number"),
        ("racks_mw", "Racks in a megawatt", "racks", "number"),
    )
)

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
ASSUMPTIONS = (
    "utilization_start", "utilization_end", "software_gain", "software_months", "software_annual_gain",
    "price_annual_factor", "ramp_months", "availability",
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
    rack_grids.write(writer, inputs, setting.platforms, workloads, _longest(curves), rack_serving.results(pairs))
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


# --- what the catalogue answers -----------------------------------------------------------------------------------


def fill(setting) -> tuple[tuple[Curve, ...], tuple[Workload, ...], tuple[rack_serving.Pair, ...]]:
    """Measured points and inputs; the workloads are those of which any of the platforms has points."""
    filler, platforms, options = setting.filler, setting.platforms, setting.options
    points = {
        (platform, shape): frontier_sheet.measured(filler, platform, setting.model, shape)
        for shape in dict.fromkeys((*SHAPES, setting.shape))
        for platform in platforms
    }
    shapes = tuple(shape for shape in SHAPES if any(points[platform, shape] for platform in platforms))
    _refuse(setting, points, shapes)
    measured = [row for rows in points.values() for row in rows]
    setting.model = measured[0].model
    asked = next(row.shape for rows in points.values() for row in rows if _is_shape(row, setting, points))
    setting.shape = asked
    workloads = tuple(Workload(w, shape, *_lengths(points, platforms, shape)) for w, shape in enumerate(shapes, 1))
    curves = tuple(
        Curve(
            f"front_{workload.number}_{n}",
            f"{platform}, {workload.shape}: {_described(points[platform, workload.shape])}",
            frontier_sheet.take(filler, points[platform, workload.shape]),
        )
        for workload in workloads
        for n, platform in enumerate(platforms, 1)
    )
    pairs = rack_serving.pairs(setting, shapes)
    filled = core_inputs.around(filler, platforms, setting.model, months=setting.months, assumptions=ASSUMPTIONS)
    filled["platform"] = [Filled(platform) for platform in platforms]
    filled["model"] = Filled(setting.model)
    filled["gpus_per_rack"] = [_rack(filler, platform) for platform in platforms]
    filled["racks_deployed"] = [Filled(1) for _ in platforms]
    filled["usd_per_gpu_hour"] = [filler.get(p, "usd_per_gpu_hour", None, "hyperscaler") for p in platforms]
    filled["kw_per_gpu"] = [filler.get(platform, "kw_per_gpu") for platform in platforms]
    for platform in platforms:  # the figures before their correction, and what a rack draws
        filler.beside += [*filler.figures.find(platform, "kw_per_gpu"), *filler.figures.find(platform, "rack_power_kw")]
    filled["workload"] = Filled(asked)
    setting.options = replace(options, interactivity=options.interactivity or DEFAULT_SPEED)
    filled["interactivity"] = Filled(setting.options.interactivity)
    filled["ladder_first"], filled["ladder_step"] = Filled(LADDER_FIRST), Filled(LADDER_STEP)
    filled["requests_per_month"] = Filled(None)
    for workload in workloads:
        filled[workload.share] = Filled(1.0 if len(workloads) == 1 else round(1 / len(workloads), 2))
    if "exchange_rate" in setting.filled:
        filled["exchange_rate"] = setting.filled["exchange_rate"]
    setting.filled = filled
    choices = tuple(workload.shape for workload in workloads) + ((MIX,) if len(workloads) > 1 else ())
    known = {listed.name: listed for listed in core_inputs.lists(setting.figures)}
    setting.lists = (
        known["platforms"], known["ramp_shape"], Listed("workload", "Workload", choices),
        Listed("isl", "Input tokens of a request", tuple(w.isl for w in workloads), "As measured, workload by workload"),
        Listed("osl", "Output tokens of a request", tuple(w.osl for w in workloads), "As measured, workload by workload"),
        *((Listed("serving", "Served both ways", rack_serving.listed(pairs), "Catalogue"),) if pairs else ()),
    )  # fmt: skip
    return curves, workloads, pairs


def _refuse(setting, points, shapes) -> None:
    """What cannot be answered at all is said before anything is written."""
    if not shapes:
        known = ", ".join(setting.figures.models(frontier_sheet.METRIC))
        raise FillError(
            f"{setting.model}: the catalogue has no measured points of it for {', '.join(setting.platforms)}; "
            f"models with a frontier: {known}"
        )
    without = [p for p in setting.platforms if not any(points[p, shape] for shape in shapes)]
    if without:
        have = [p for p in setting.platforms if p not in without]
        raise FillError(
            f"{', '.join(without)}: no measured points of {setting.model} were known on {setting.day}; "
            f"of {', '.join(have)} they were"
        )
    if not any(points[p, setting.shape] for p in setting.platforms):
        raise FillError(f"--shape {setting.shape}: was not measured; measured workloads: {', '.join(shapes)}")


def _longest(curves: tuple[Curve, ...]) -> int:
    """Room for the points of a curve on the chart: those measured, and a reader's own."""
    fronts = (
        len(pareto([row.interactivity for row in curve.points], [row.value for row in curve.points]))
        for curve in curves
    )
    return max(fronts) + frontier_sheet.SPARE_ROWS


def _is_shape(row, setting, points) -> bool:
    return any(row in points[platform, setting.shape] for platform in setting.platforms)


def _lengths(points, platforms, shape: str) -> tuple[int, int]:
    row = next(row for platform in platforms for row in points[platform, shape])
    return row.isl, row.osl


def _described(rows) -> str:
    if not rows:
        return "nothing was measured"
    precisions = " and ".join(dict.fromkeys(row.precision for row in rows if row.precision))
    days = sorted(row.run_date or row.as_of for row in rows)
    whose = "published curve" if rows[0].tier == frontier_sheet.PUBLISHED else "sample of the runs"
    return f"{precisions}, {len(rows)} points, {whose}, {days[0]} to {days[-1]}"


def _rack(filler, platform: str) -> Filled:
    try:
        return filler.get_or_newer(platform, "gpus_per_rack")
    except FillError:
        return Filled(
            DEFAULT_RACK, note=f"No rack in the catalogue: {DEFAULT_RACK} GPUs, as many as an NVL72, for others"
        )


def input_sections(setting, workloads: tuple[Workload, ...]) -> tuple[Section, ...]:
    """The inputs of this template; those it shares with the others are taken from there."""
    shared = core_inputs.by_name(core_inputs.sections(setting.room, setting.options.currency))
    take = lambda *names: tuple(shared[name] for name in names)  # noqa: E731
    shares = tuple(
        Input(workload.share, f"... share of requests with {workload.shape} (input/output tokens)", "share", "share",
              low=0, high=1, note="For the workload mix; shares are scaled so that they add up to 100 %.")
        for workload in workloads if len(workloads) > 1
    )  # fmt: skip
    return (
        Section("Platforms", (
            *take("platform"),
            Input("gpus_per_rack", "GPUs in a rack", "GPUs", "count", low=1, each=True),
            Input("racks_deployed", "Racks deployed", "racks", "number", above=0, each=True,
                  note="For totals, and for how much of a limited demand they serve. Figures per rack do not depend on it "
                  "while all is sold."),
            Input("usd_per_gpu_hour", "All-in rate", "USD per GPU-hour", "usd_rate", low=0, each=True),
            *take("kw_per_gpu", "software_gain", "software_months", "software_annual_gain", "utilization_start",
                  "utilization_end"),
        )),
        Section("Workload", (
            *take("model"),
            Input("workload", "Workload (input/output tokens of a request)", "choice", "text", choices="workload",
                  note="Of the Dashboard and the monthly model. Workloads shows all of them side by side."),
            Input("interactivity", "Speed that a user must see", "tok/s per user", "number", above=0,
                  note="Output tokens a second for each user (1 / TPOT). Outside of what was measured a platform says so."),
            *shares,
            Input("requests_per_month", "Requests a month (blank: all that can be made is sold)", "requests", "count",
                  low=0, blank=True, note="Blank: the racks sell their capacity at the utilisation above."),
            *take("demand_growth_per_year", "demand_cv"),
        )),
        Section("Prices", take(
            "usd_per_mtok_input", "usd_per_mtok_output", "cached_share", "cached_price_ratio", "price_annual_factor",
            "price_floor",
        )),
        Section("Use and power", take("ramp_months", "ramp_shape", "availability", "pue")),
        Section("Speeds compared", (
            Input("ladder_first", "First speed", "tok/s per user", "number", above=0,
                  note=f"The Frontier is read at {LADDER} speeds from here on."),
            Input("ladder_step", "Step to the next", "tok/s per user", "number", above=0,
                  note="Which platform is cheapest changes along the way."),
        )),
        Section("Horizon", take("start_date", "months", *(("exchange_rate",) if "exchange_rate" in shared else ()))),
        Section(core_inputs.CONVENTIONS.title, take(
            "hours_per_month", "months_per_year", "seconds_per_hour", "tokens_per_mtok", "kw_per_mw", "logistic_slope",
            "logistic_middle",
        )),
    )  # fmt: skip


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


def write_panels(setting, writer: Writer, curves: tuple[Curve, ...]) -> dict[str, str]:
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


# --- one page -----------------------------------------------------------------------------------------------------


def write_dashboard(writer: Writer, setting, workloads: tuple[Workload, ...], pairs) -> None:
    count = len(setting.platforms)
    table = dashboard.write_table(
        writer, title="Which platform earns most per rack, under which workload?", figures=KPIS, count=count,
        subtitle='={inputs.model}&", "&{inputs.workload}&" at "&TEXT({inputs.interactivity},"0")'
        '&" tokens a second for each user, a year at "&TEXT({base_1.utilization},"0.0%")&" use of "&{base_1.heading}'
        '&", prices and software of today"',
    )  # fmt: skip
    dashboard.write_findings(writer, table, findings(writer, table, workloads, pairs))
    dashboard.place_charts(writer, table, dashboard_charts(writer, setting, table, workloads))


def findings(writer: Writer, table: dashboard.Table, workloads: tuple[Workload, ...], pairs) -> tuple[str, ...]:
    """Sentences that the figures write themselves."""
    money = writer.currency
    best = {key: f'IFERROR({table.who(key, "MAX")},"none")' for key in ("revenue_rack", "margin_rack", "revenue_mw")}
    value = lambda key: f'TEXT(MAX({table.span(key)})/1000000,"#,##0.00")'  # noqa: E731
    by_workload = '&"; "&'.join(f'"{w.shape} "&{{winners_{w.number}.revenue_mw}}' for w in workloads)
    unmeasured = f'COUNTIF({table.span("throughput")},"{NOT_MEASURED}")'
    return (
        f'="Most revenue per rack: "&{best["revenue_rack"]}&", {money} "&{value("revenue_rack")}&" million a year; most '
        f'margin per rack: "&{best["margin_rack"]}&", {money} "&{value("margin_rack")}&" million."',
        f'="Most revenue per megawatt: "&{best["revenue_mw"]}&", {money} "&{value("revenue_mw")}&" million a year. Where '
        'power is the limit, this ranks."',
        f'="Most revenue per megawatt under each workload: "&{by_workload}&"."',
        '="Cheapest token along the speeds: "&{ladder_1.winner}&" at "&TEXT({ladder_1.speed},"0")&", "'
        f'&{{ladder_{LADDER // 2}.winner}}&" at "&TEXT({{ladder_{LADDER // 2}.speed}},"0")&", "'
        f'&{{ladder_{LADDER}.winner}}&" at "&TEXT({{ladder_{LADDER}.speed}},"0")&" tok/s per user."',
        f'=IF({unmeasured}=0,"All platforms were measured at this speed.",{unmeasured}&" of {table.columns} were not '
        'measured at this speed; nothing is extrapolated.")&" Points are samples of runs: the true frontier may lie higher."',
        *(
            (
                '=IF(COUNT({serving.ratio:all})=0,"Disaggregated and aggregated serving were not both measured at this '
                'speed.","Disaggregated serving gives "&TEXT(MIN({serving.ratio:all}),"0.0")&" to "'
                '&TEXT(MAX({serving.ratio:all}),"0.0")&" times the throughput of aggregated at this speed, where both were '
                'measured.")',
            )
            if pairs
            else ()
        ),
        f'="Margins hold if every token earns {money} "&TEXT(MAX({{chosen.price:all}}),"0.000")&" per Mtok"'
        '&IF(COUNTIF({inputs.status},"override")=0," (list price; all baselines as in the catalogue)",'
        '" ("&COUNTIF({inputs.status},"override")&" inputs differ from their baselines)")&". Only the all-in rate is cost."',
    )


def dashboard_charts(writer: Writer, setting, table: dashboard.Table, workloads: tuple[Workload, ...]) -> tuple:
    count, book = len(setting.platforms), writer.book
    names = [book.find(f"dashboard.name_{n}") for n in range(1, count + 1)]
    columns = (dashboard.FIRST, dashboard.UNIT + count)
    curves = []
    for n in range(1, count + 1):
        x, y = book.find(f"chart.x_{n}"), book.find(f"chart.y_{n}")
        curves.append(charts.Curve(_area(x), _area(y), names[n - 1], n - 1))
    for n in range(1, count + 1):
        x, y = book.find(f"chart.at_x_{n}"), book.find(f"chart.at_y_{n}")
        curves.append(charts.Curve(x, y, f"{setting.platforms[n - 1]}, chosen speed", n - 1, points=True))
    frontier = charts.scatter(
        writer, title="Measured frontier and chosen operating point (on the axis: not measured)",
        x_title="Speed of a user, tok/s", y_title="Throughput, tok/s per GPU", number_format="#,##0", curves=curves, x_low=0,
    )  # fmt: skip
    per_rack = charts.bars(
        writer, title="Revenue and margin a year", y_title=writer.unit("USD million"), number_format="#,##0.0,,",
        sheet=dashboard.NAME, categories=(table.names_row, *columns),
        rows=[(table.rows[key], *columns) for key in ("revenue_rack", "margin_rack", "revenue_mw", "margin_mw")],
        names=["Revenue per rack", "Margin per rack", "Revenue per megawatt", "Margin per megawatt"],
    )  # fmt: skip
    tokens = charts.bars(
        writer, title="Throughput of a megawatt at the chosen speed", y_title="million tok/s per MW",
        number_format="#,##0.0,,", sheet=dashboard.NAME, categories=(table.names_row, *columns),
        rows=[(table.rows["tok_s_per_mw"], *columns)], names=["Input plus output tokens"],
    )  # fmt: skip
    heading = book.find("base.heading")
    across = (heading.first, heading.last)
    by_workload = charts.bars(
        writer, title="Revenue per megawatt a year, by workload (no bar: not measured)", y_title=writer.unit("USD million"),
        number_format="#,##0,,", sheet=WORKLOADS, categories=(heading.row, *across),
        rows=[(book.find(f"work_{w.number}.revenue_mw").row, *across) for w in workloads],
        names=[f"{w.shape} (input/output)" for w in workloads],
    )  # fmt: skip
    return frontier, per_rack, tokens, by_workload


def _area(place) -> Range:
    return Range(place.sheet, place.row, place.first, place.row, place.last)


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


def headline(writer: Writer, model) -> headlines.Headline:
    """What the workbook answers, for the command line."""
    return headlines.by_platform(writer, model, HEADLINE, block="chosen")
