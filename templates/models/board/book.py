"""The ``board`` template: from cost per GPU to cost per unit of output, on one page by quarter.

A fleet of up to four platforms on the deployment core; actual figures typed by the team stand in for the plan, quarter by
quarter; the cost of a million tokens is bridged from one quarter to the next. Read from the top: what is reported, how it
is put together, what the page says.
"""

from __future__ import annotations

from tokenbook.templates.engine import Model
from tokenbook.templates.models.board import fleet
from tokenbook.templates.models.board import page as board_page
from tokenbook.templates.models.board.fleet import ACTUALS, BRIDGE, FLEET, MONTHS_PER_QUARTER, QUARTERLY, REPORT
from tokenbook.templates.models.shared import by_period, core_inputs, frame, reconciliation
from tokenbook.templates.models.shared import deployment_core as core
from tokenbook.templates.models.shared.frame import Setting
from tokenbook.templates.models.shared.function_panels import Panels
from tokenbook.templates.models.shared.headlines import Headline, value
from tokenbook.templates.models.shared.options import Options
from tokenbook.templates.sheets import grid, time_sheet
from tokenbook.templates.sheets.checks import Check, Group
from tokenbook.templates.sheets.front import Cover
from tokenbook.templates.sheets.inputs import Filled, Input, Section
from tokenbook.templates.sheets.writer import Writer

DEFAULT_PLATFORMS = ("GB200 NVL72", "H200")
USUAL_QUARTER = 4  # reported at first: the first with a year behind it
SMALLEST_CHANGE = 0.001  # share of a figure
SHEETS = (
    "Cover", "Inputs", "Baselines", ACTUALS, "Model", QUARTERLY, FLEET, REPORT, "Panels", "Dashboard", "Checks", "Log",
    "Lists",
)  # fmt: skip


def compose(options: Options) -> Writer:
    """Write the workbook; cached values and dynamic arrays are added when the file is finished (``build``)."""
    setting = frame.settle(options, default_platforms=DEFAULT_PLATFORMS)
    quarters = -(-setting.months // MONTHS_PER_QUARTER)  # of the horizon; the sheets hold more
    fill(setting, quarters)
    sections = (report_inputs(setting.room, options.currency), *core_inputs.sections(setting.room, options.currency))
    sections = (*sections[:-1], Section(sections[-1].title, (*sections[-1].inputs, MONTHS_INPUT)))
    writer = frame.start(setting, "Board report", SHEETS, sections)
    inputs = core_inputs.by_name(sections)
    time_sheet.write(
        writer, "Model", core.blocks(setting.platforms), months=setting.room, inputs=inputs,
        subtitle="The deployment model of each platform, month by month, in native formulas.",
        timeline=(*time_sheet.TIMELINE, fleet.QUARTER_OF_MONTH),
    )  # fmt: skip
    held = by_period.write(
        writer, setting.platforms, setting.room, sheet_name=QUARTERLY, period="quarter",
        months_per_period=MONTHS_PER_QUARTER, rows=fleet.QUARTER_ROWS,
    )  # fmt: skip
    write_report(writer, setting.platforms, held, inputs)
    found = write_panels(writer, setting.platforms, setting.room)
    board_page.write(writer, setting.platforms, quarters)
    groups = (*board_checks(found, len(setting.platforms), held), *reconciliation.core_checks(setting.platforms, found))
    left_out = (
        "Not included",
        "Tax and discounting on the board page (they are in Model), idle power, prefill and decode priced apart.",
    )
    return frame.finish(setting, writer, cover(frame.facts(setting, left_out)), groups)


def report_inputs(room: int, currency: str) -> Section:
    """What the board page asks for beyond the model; ``room`` is the number of months that the sheets hold."""
    last = room // MONTHS_PER_QUARTER
    own = "Blank: the plan of the quarter is the target."
    return Section("Board report", (
        Input("report_quarter", f"Reporting quarter, 1 to {last}", "quarter of the model", "month", low=1, high=last, whole=True,
              note="Quarter 1 is the first of operation. The page compares it with the quarter before."),
        Input("requests_per_transaction", "Requests for one business transaction", "requests", "number", above=0,
              note="1: a transaction is a request. Enter how many calls of the model one case, order or ticket takes."),
        Input("target_cost", "Target: cost per million tokens", f"{currency} per Mtok", "usd_per_mtok", above=0, blank=True, note=own),
        Input("target_utilization", "Target: utilisation", "share", "share", low=0, high=1, blank=True, note=own),
        Input("target_margin", "Target: margin after capital recovery", "share of revenue", "share", high=1, blank=True, note=own),
        Input("report_tolerance", "Changes count as none within", "share", "share_fine", low=0, high=1,
              note="Of the figure; for utilisation and margin, points. Smaller changes read unchanged or on target."),
    ))  # fmt: skip


MONTHS_INPUT = Input("months_per_quarter", "Months a quarter", "months", "count", note="Calendar.")


def fill(setting: Setting, quarters: int) -> None:
    setting.filled |= {
        "report_quarter": Filled(min(USUAL_QUARTER, quarters)),
        "requests_per_transaction": Filled(1.0),
        "target_cost": Filled(None),
        "target_utilization": Filled(None),
        "target_margin": Filled(None),
        "report_tolerance": Filled(SMALLEST_CHANGE),
        "months_per_quarter": Filled(MONTHS_PER_QUARTER),
    }


def write_report(writer: Writer, platforms: tuple[str, ...], held: int, inputs: dict[str, Input]) -> None:
    """Actuals, Fleet and Report; ``held`` is the number of quarters that the sheets hold."""
    count = len(platforms)
    fleet.write_actuals(writer, platforms, held)
    time_sheet.write(
        writer, FLEET, fleet.fleet_blocks(platforms), months=held, inputs=inputs, timeline=fleet.CLOCK, clock="q", tall=count + 1,
        subtitle="Plan or actual by quarter: sums over the platforms, ratios of the sums, and what moved the cost.",
    )  # fmt: skip
    fleet.name_areas(writer, count)
    grid.write(
        writer, REPORT, fleet.report_grids(count), inputs=inputs,
        subtitle="The reporting quarter as the board page shows it. Nothing to change here.",
    )  # fmt: skip
    fleet.name_tables(writer, count)


# Rows of TOK_COST_BRIDGE, which knows platforms that sell tokens; what is idle is added to its totals.
BY_FUNCTION = tuple(key for key in BRIDGE if key != "by_idle")
WITH_IDLE = {"before": "+{report_2.idle}", "after": "+{report_1.idle}"}


def write_panels(writer: Writer, platforms: tuple[str, ...], room: int) -> dict[str, str]:
    panels = Panels.begin(writer, platforms, room)
    panels.deployment()
    panels.head("What moved the cost per million tokens: =TOK_COST_BRIDGE(before, after)")
    call = "TOK_COST_BRIDGE({factors_before.table},{factors_after.table})"
    for position, key in enumerate(BY_FUNCTION, 1):
        label = fleet.STEPS.columns[BRIDGE.index(key)]
        panels.cell(label, f"bridge.{key}", f"INDEX({call},{position},2)", "usd_per_mtok_change")
    return panels.finish()


def board_checks(found: dict[str, str], count: int, held: int) -> tuple[Group, ...]:
    """The bridge against itself and against the function; the fleet against its platforms."""
    last = "{inputs.report_quarter}"
    steps = range(1, len(BRIDGE) + 1)
    scale = "=MAX({report_1.cost}," + ",".join(f"ABS({{step_{n}.value}})" for n in steps) + ")"
    bridged = f"INDEX({{fleet.bridged:all}},{last}+1)"
    rows = [
        Check("Bridge: before plus its parts is after, in every quarter", "=SQRT(SUMSQ({fleet.rest:all}))", "=0", "usd_per_mtok",
              scale="=SQRT(SUMSQ({fleet.cost:all}))"),
        Check("Bridge of the reporting quarter: before plus its parts is after",
              "=" + "+".join(f"{{step_{n}.value}}" for n in steps[:-1]), f"={{step_{len(BRIDGE)}.value}}", "usd_per_mtok",
              scale=f"=IF({bridged}=1,{scale[1:]},1)"),
        *(
            # In the first quarter, or after one without tokens, there is nothing to bridge from.
            Check(f"Bridge, {label}: sheet and TOK_COST_BRIDGE", f"={{step_{n}.value}}",
                  f"=IF({bridged}=1,{found[f'bridge.{key}'][1:]}{WITH_IDLE.get(key, '')},{{step_{n}.value}})",
                  "usd_per_mtok_change", True, scale=scale)
            for n, (key, label) in enumerate(zip(BRIDGE, fleet.STEPS.columns, strict=True), 1) if key in BY_FUNCTION
        ),
        Check("Cost per million tokens: rate over throughput and utilisation",
              "=IF({report_1.utilization}*{report_1.speed}>0,{report_1.rate}/({report_1.speed}*{report_1.utilization}"
              "*{inputs.seconds_per_hour}/{inputs.tokens_per_mtok}),0)", "={report_1.cost}", "usd_per_mtok"),
        Check("Plan by quarter: tokens of all quarters are those of all months", "={fleet.plan_tokens:total}",
              "=" + "+".join(f"{{model_{n}.sold:total}}" for n in range(1, count + 1)), "mtok"),
        Check("Plan by quarter: revenue of all quarters is that of all months", "={fleet.plan_revenue:total}",
              "=" + "+".join(f"{{model_{n}.revenue:total}}" for n in range(1, count + 1)), "usd"),
        Check("Plan by quarter: spend of all quarters is that of all months", "={fleet.plan_spend:total}",
              "=" + "+".join(f"{{model_{n}.opex:total}}+{{model_{n}.capital_recovery:total}}" for n in range(1, count + 1)), "usd"),
        Check("Shares of the tokens add up to 1", "=SUMPRODUCT(" + "+".join(f"{{unit_{n}.share:all}}" for n in range(1, count + 1)) + ")",
              '=COUNTIF({fleet.tokens:all},">0")', "number"),
    ]  # fmt: skip
    return (Group("Board report", tuple(rows)),)


def headline(writer: Writer, model: Model) -> Headline:
    """What the workbook answers, for the command line."""
    quarter = value(writer, model, "report_1.label")
    before = value(writer, model, "report_2.label")
    lines = tuple(
        (
            f"{label}, {writer.unit(unit)}",
            kind,
            (value(writer, model, f"report_1.{key}"), value(writer, model, f"report_2.{key}")),
        )
        for key, label, unit, kind, _ in fleet.KPIS
    )
    return Headline(f"Board report, {value(writer, model, 'report_1.status')}", (str(quarter), str(before)), lines)


def cover(facts: tuple[tuple[str, str], ...]) -> Cover:
    return Cover(
        title="Board report: from cost per GPU to cost per unit of output",
        question="One page a quarter: cost per GPU-hour, per million tokens, per request, per transaction; and what moved it.",
        first_steps=(
            "Inputs, Platforms: enter the GPUs of your fleet and your own quotes for price or rate. An override turns orange.",
            "Inputs, Market: enter what you earn per token, how fast prices fall, and the utilisation you plan to sell.",
            "Inputs, Board report: enter how many requests one business transaction takes. 1 is one call a transaction.",
            "Inputs, Board report: enter targets for cost, utilisation and margin. Blank takes the plan as the target.",
            "Actuals: type GPU-hours, tokens, spend and revenue of each closed quarter. Blank cells show the plan.",
            "Actuals: type the measured throughput too, if you know it; else a shortfall in tokens counts as utilisation.",
            "Inputs, Board report: choose the reporting quarter. Page, bridge and charts follow.",
            "Dashboard: write your commentary into the yellow boxes; they print with the page.",
            "Fleet: look up any quarter, any platform, and what each added to the change of cost.",
            "Checks: must say OK. The parts of the bridge sum exactly; without the add-in only the panels stay empty.",
        ),
        sheets=(
            "Inputs",
            "Baselines",
            (ACTUALS, "What happened, quarter by quarter, as far as it is known."),
            ("Model", "The deployment model of each platform, month by month. One formula a row."),
            (QUARTERLY, "The plan by quarter."),
            (FLEET, "Plan or actual of the fleet and each platform, and the bridge of every quarter."),
            (REPORT, "The reporting quarter, as the page shows it."),
            ("Panels", "The same model and bridge through the functions of the add-in."),
            ("Dashboard", "The page for the board."),
            "Checks",
            "Log",
            "Lists",
        ),
        facts=facts,
    )  # fmt: skip
