"""What the catalogue answers for the ``rack`` template: measured points, workloads, and the inputs of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tokenbook.templates.models.rack import serving as rack_serving
from tokenbook.templates.models.rack.grids import LADDER, MIX, Workload
from tokenbook.templates.models.shared import core_inputs, frontier_sheet
from tokenbook.templates.models.shared.fill import Filler, FillError
from tokenbook.templates.models.shared.frame import Setting
from tokenbook.templates.models.shared.frontier_sheet import Curve
from tokenbook.templates.sheets.front import Listed
from tokenbook.templates.sheets.inputs import Filled, Input, Section
from tokenbook.udfs.catalog import Baseline
from tokenbook.udfs.kernels.frontier import pareto

DEFAULT_SPEED = 60.0  # tok/s per user: within what was measured of these four, under all three workloads
DEFAULT_RACK = 72  # GPUs, where the catalogue knows no rack: nine servers of 8 stand beside an NVL72
LADDER_FIRST, LADDER_STEP = 25.0, 25.0  # tok/s per user
SHAPES = ("1k/1k", "8k/1k", "1k/8k")  # as benchmarks run them
ASSUMPTIONS = (
    "utilization_start", "utilization_end", "software_gain", "software_months", "software_annual_gain",
    "price_annual_factor", "ramp_months", "availability",
)  # fmt: skip


def fill(setting: Setting) -> tuple[tuple[Curve, ...], tuple[Workload, ...], tuple[rack_serving.Pair, ...]]:
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


def _refuse(setting: Setting, points: Mapping[tuple[str, str], Sequence[Baseline]], shapes: Sequence[str]) -> None:
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


def longest(curves: tuple[Curve, ...]) -> int:
    """Room for the points of a curve on the chart: those measured, and a reader's own."""
    fronts = (
        len(pareto([row.interactivity for row in curve.points], [row.value for row in curve.points]))
        for curve in curves
    )
    return max(fronts) + frontier_sheet.SPARE_ROWS


def _is_shape(row: Baseline, setting: Setting, points: Mapping[tuple[str, str], Sequence[Baseline]]) -> bool:
    return any(row in points[platform, setting.shape] for platform in setting.platforms)


def _lengths(points: Mapping[tuple[str, str], Sequence[Baseline]], platforms: Sequence[str], shape: str) -> tuple[int, int]:
    row = next(row for platform in platforms for row in points[platform, shape])
    return row.isl, row.osl


def _described(rows: Sequence[Baseline]) -> str:
    if not rows:
        return "nothing was measured"
    precisions = " and ".join(dict.fromkeys(row.precision for row in rows if row.precision))
    days = sorted(row.run_date or row.as_of for row in rows)
    whose = "published curve" if rows[0].tier == frontier_sheet.PUBLISHED else "sample of the runs"
    return f"{precisions}, {len(rows)} points, {whose}, {days[0]} to {days[-1]}"


def _rack(filler: Filler, platform: str) -> Filled:
    try:
        return filler.get_or_newer(platform, "gpus_per_rack")
    except FillError:
        return Filled(
            DEFAULT_RACK, note=f"No rack in the catalogue: {DEFAULT_RACK} GPUs, as many as an NVL72, for others"
        )


def input_sections(setting: Setting, workloads: tuple[Workload, ...]) -> tuple[Section, ...]:
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
