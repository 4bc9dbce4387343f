"""The Workloads and Speeds sheets of the ``rack`` template: each workload per rack and per megawatt, and who wins."""

from __future__ import annotations

from dataclasses import dataclass

from tokenbook.templates.models.shared.frontier_sheet import NOT_MEASURED
from tokenbook.templates.sheets import grid
from tokenbook.templates.sheets.grid import Grid, per_platform
from tokenbook.templates.sheets.inputs import Input
from tokenbook.templates.sheets.rows import Constant, Heading, Ingredient, Row
from tokenbook.templates.sheets.writer import Writer

WORKLOADS, SPEEDS = "Workloads", "Speeds"
MIX = "mix"
LADDER = 10  # speeds at which the frontiers are compared


@dataclass(frozen=True, slots=True)
class Workload:
    """A shape of requests that was measured; number 1, 2 ... on the sheets."""

    number: int
    shape: str
    isl: int
    osl: int

    @property
    def share(self) -> str:
        """The input that holds its share of a mix."""
        return f"request_share_{self.number}"


def write(
    writer: Writer, inputs: dict[str, Input], platforms: tuple[str, ...], workloads: tuple[Workload, ...], points: int, serving: tuple[Grid, ...]
) -> None:
    """Write both sheets. ``points`` is the room for points of a curve; ``serving`` stands at the foot of Workloads."""
    columns = per_platform(len(platforms))
    number = len(workloads)
    mixed = number > 1
    everything = (*(workload.shape for workload in workloads), *((MIX,) if mixed else ()))
    grids = (
        Grid("base", "Rates, prices and use", columns, BASE),
        Grid("shapes", "Workloads measured", tuple(workload.shape for workload in workloads), shapes(mixed), scope=""),
        chosen(columns, number, mixed),
        winners(everything),
        *(work(columns, workload) for workload in workloads),
        *((mix(columns, workloads),) if mixed else ()),
        *serving,
    )
    speeds = (ladder(platforms, number), chart(platforms, number, points))
    # The two sheets refer to each other: both are placed before either is written.
    grid.place(writer, WORKLOADS, grids)
    grid.place(writer, SPEEDS, speeds)
    grid.write(
        writer, WORKLOADS, grids, inputs=inputs, in_place=True,
        subtitle="A year at the utilisation after the ramp, with prices and software of today. Input and output tokens apart.",
    )  # fmt: skip
    grid.write(
        writer, SPEEDS, speeds, inputs=inputs, in_place=True, large=True,
        subtitle="The chosen workload at a ladder of speeds: who is cheapest changes along the way.",
    )  # fmt: skip


BASE = (
    Ingredient("gpus_per_rack"),
    Ingredient("usd_per_gpu_hour"),
    Ingredient("kw_per_gpu"),
    Ingredient("pue"),
    Ingredient("usd_per_mtok_input"),
    Ingredient("usd_per_mtok_output"),
    Ingredient("cached_share"),
    Ingredient("cached_price_ratio"),
    Row("utilization", "Use: utilisation after the ramp, times availability", "share of hours",
        "={utilization_end}*{availability}", "share"),
    Row("hours_year", "Hours a year", "hours", "={hours_per_month}*{months_per_year}", "count"),
    Row("kw_rack", "Power of a rack", "kW", "={gpus_per_rack}*{kw_per_gpu}*{pue}", "number",
        note="At the catalogue's all-in power. Baselines has the figures before 2026-07-14 and rack draws of other sources."),
    Row("racks_mw", "Racks in a megawatt", "racks", "=IF({kw_rack}>0,{kw_per_mw}/{kw_rack},0)", "number"),
    Row("rate_rack", "Cost of a rack a year, at the all-in rate", "USD",
        "={gpus_per_rack}*{usd_per_gpu_hour}*{hours_year}", "usd"),
)  # fmt: skip


def shapes(mixed: bool) -> tuple:
    """Lengths of a request, a column a workload."""
    return (
        Row("position", "Position in the list", "position", "=MATCH({heading},{lists.workload},0)", "flag"),
        Row("isl", "Input tokens of a request (ISL)", "tokens", "=INDEX({lists.isl},{position})", "count"),
        Row("osl", "Output tokens of a request (OSL)", "tokens", "=INDEX({lists.osl},{position})", "count"),
        *(
            (
                Row("asked", "Share of requests, as entered", "share", "={inputs.request_share_#}", "share"),
                Row("weight", "Share of requests in the mix", "share",
                    "=IF(SUM({asked:all})>0,{asked}/SUM({asked:all}),1/COUNT({asked:all}))", "share"),
            )
            if mixed
            else ()
        ),
    )  # fmt: skip


def measured(formula: str) -> str:
    """A formula that is a word where the platform was not measured at this speed."""
    return f'=IF({{known}}=1,{formula},"{NOT_MEASURED}")'


# What follows from a throughput, a blended request and the base; the same for each workload, the mix and the chosen one.
RESULTS = (
    Row("known", "Was measured at this speed", "1 or 0", "=IF(N({throughput})>0,1,0)", "flag"),
    Row("tok_s_per_mw", "Throughput of a megawatt", "tok/s per MW",
        measured("{throughput}*{kw_per_mw}/({base.kw_per_gpu}*{base.pue})"), "count"),
    Row("cost_full", "Cost at full use", "USD per Mtok",
        measured("{base.usd_per_gpu_hour}/({throughput}*{seconds_per_hour}/{tokens_per_mtok})"), "usd_per_mtok"),
    Row("cost", "Cost as sold", "USD per Mtok", measured("{cost_full}/{base.utilization}"), "usd_per_mtok", strong=True,
        note="All hours are paid; those sold carry them."),
    Row("price", "Blended price", "USD per Mtok",
        "=({isl}*{base.usd_per_mtok_input}*(1-{cached_share}*(1-{cached_price_ratio}))"
        "+{osl}*{base.usd_per_mtok_output})/({isl}+{osl})", "usd_per_mtok"),
    Heading("Volumes of a rack, a year"),
    Row("mtok_rack", "Tokens", "Mtok",
        measured("{base.gpus_per_rack}*{throughput}*{seconds_per_hour}*{base.hours_year}/{tokens_per_mtok}"
                 "*{base.utilization}"), "mtok"),
    Row("requests_rack", "Requests", "requests", measured("{mtok_rack}*{tokens_per_mtok}/({isl}+{osl})"), "count"),
    Row("mtok_input", "Prefill: input tokens, computed", "Mtok",
        measured("{mtok_rack}*{isl}/({isl}+{osl})*(1-{cached_share})"), "mtok"),
    Row("mtok_cached", "Prefill: input tokens, from the cache", "Mtok",
        measured("{mtok_rack}*{isl}/({isl}+{osl})*{cached_share}"), "mtok",
        note="Part of the input, never on top of it. Throughput was measured without a cache: it is counted at full effort."),
    Row("mtok_output", "Decode: output tokens", "Mtok", measured("{mtok_rack}*{osl}/({isl}+{osl})"), "mtok"),
    Heading("Money of a rack, a year"),
    Row("revenue_input", "Revenue from computed input", "USD", measured("{mtok_input}*{base.usd_per_mtok_input}"), "usd"),
    Row("revenue_cached", "Revenue from cached input", "USD",
        measured("{mtok_cached}*{base.usd_per_mtok_input}*{cached_price_ratio}"), "usd"),
    Row("revenue_output", "Revenue from output", "USD", measured("{mtok_output}*{base.usd_per_mtok_output}"), "usd"),
    Row("revenue_rack", "Revenue per rack", "USD", measured("{revenue_input}+{revenue_cached}+{revenue_output}"), "usd",
        strong=True),
    Row("prefill_share", "Share of prefill (input) in revenue", "share",
        measured("IF({revenue_rack}>0,({revenue_input}+{revenue_cached})/{revenue_rack},0)"), "share"),
    Row("decode_share", "Share of decode (output) in revenue", "share",
        measured("IF({revenue_rack}>0,{revenue_output}/{revenue_rack},0)"), "share"),
    Row("margin_rack", "Margin per rack", "USD", measured("{revenue_rack}-{base.rate_rack}"), "usd", strong=True),
    Row("margin", "Margin", "share of revenue", measured("IF({revenue_rack}>0,{margin_rack}/{revenue_rack},0)"), "share"),
    Heading("Per megawatt, a year"),
    Row("mtok_mw", "Tokens of a megawatt", "Mtok", measured("{mtok_rack}*{base.racks_mw}"), "mtok"),
    Row("revenue_mw", "Revenue per megawatt", "USD", measured("{revenue_rack}*{base.racks_mw}"), "usd", strong=True),
    Row("margin_mw", "Margin per megawatt", "USD", measured("{margin_rack}*{base.racks_mw}"), "usd", strong=True),
)  # fmt: skip
LENGTHS = (
    Row("isl", "Input tokens of a request", "tokens", "={shapes_@.isl}", "count"),
    Row("osl", "Output tokens of a request", "tokens", "={shapes_@.osl}", "count"),
)


def work(columns: tuple[str, ...], workload: Workload) -> Grid:
    """One workload, a column a platform."""
    at = str(workload.number)
    lengths = tuple(Row(line.key, line.label, line.unit, line.formula.replace("@", at), line.kind) for line in LENGTHS)
    throughput = Row(
        "throughput", "Throughput at the speed asked for", "tok/s per GPU", f"={{front_{at}_#.at_0}}", "number"
    )
    title = f"{workload.shape} (input/output tokens)"
    return Grid(f"work_{at}", title, columns, (*lengths, throughput, *RESULTS))


def mix(columns: tuple[str, ...], workloads: tuple[Workload, ...]) -> Grid:
    """The workloads mixed by shares of requests: GPU time adds up, throughput does not."""
    weight = [f"{{shapes_{w.number}.weight}}" for w in workloads]
    length = [f"({{shapes_{w.number}.isl}}+{{shapes_{w.number}.osl}})" for w in workloads]
    known = [f"{{work_{w.number}.known}}" for w in workloads]
    through = [f"{{work_{w.number}.throughput}}" for w in workloads]
    parts = range(len(workloads))
    total = lambda pieces: "=" + "+".join(pieces)  # noqa: E731
    lines = (
        Row("isl", "Input tokens of a mean request", "tokens",
            total(f"{weight[i]}*{{shapes_{i + 1}.isl}}" for i in parts), "count"),
        Row("osl", "Output tokens of a mean request", "tokens",
            total(f"{weight[i]}*{{shapes_{i + 1}.osl}}" for i in parts), "count"),
        Row("missing", "Workloads of the mix that were not measured", "workloads",
            total(f"IF({weight[i]}>0,1-{known[i]},0)" for i in parts), "flag"),
        Row("gpu_seconds", "GPU time of a mean request", "seconds",
            total(f"IF({known[i]}=1,{weight[i]}*{length[i]}/{through[i]},0)" for i in parts), "factor"),
        Row("throughput", "Throughput of the mix", "tok/s per GPU",
            f'=IF(AND({{missing}}=0,{{gpu_seconds}}>0),({{isl}}+{{osl}})/{{gpu_seconds}},"{NOT_MEASURED}")', "number",
            note="Tokens of a mean request over its GPU time: slow workloads weigh more than their share."),
    )  # fmt: skip
    return Grid(f"work_{len(workloads) + 1}", "Mix of the workloads", columns, (*lines, *RESULTS))


def chosen(columns: tuple[str, ...], workloads: int, mixed: bool) -> Grid:
    """The workload that Inputs chooses, for Dashboard and Model."""
    last = workloads + (1 if mixed else 0)
    choose = lambda key: ",".join(f"{{work_{w}.{key}}}" for w in range(1, last + 1))  # noqa: E731
    picked = tuple(
        Row(line.key, line.label, line.unit, f"=CHOOSE({{index}},{choose(line.key)})", line.kind, strong=line.strong)
        for line in (*LENGTHS, Row("throughput", "Throughput", "tok/s per GPU", "", "number"), *RESULTS)
        if isinstance(line, Row)
    )
    leading = "MATCH(MAX({shapes.asked:all}),{shapes.asked:all},0)" if mixed else "{index}"
    return Grid("chosen", "The chosen workload", columns, (
        Constant("index", "Position in the list", "position", "=MATCH({inputs.workload},{lists.workload},0)", "flag"),
        Constant("curve", "Its frontier (of a mix: of the workload with the largest share)", "position",
                 f"=IF({{index}}>COUNT({{shapes.position:all}}),{leading},{{index}})", "flag"),
        *picked,
        Row("kw_rack", "Power of a rack", "kW", "={base.kw_rack}", "number"),
        Row("racks_mw", "Racks in a megawatt", "racks", "={base.racks_mw}", "number"),
        Row("throughput_number", "Throughput, 0 where not measured", "tok/s per GPU",
            "=IF({known}=1,{throughput},0)", "number"),
        Row("demand_mtok_per_month", "Demand (blank: unlimited)", "Mtok a month",
            '=IF({inputs.requests_per_month}="","",{inputs.requests_per_month}*({isl}+{osl})/{tokens_per_mtok})', "mtok"),
        Row("racks_needed", "Racks that serve this demand", "racks",
            '=IF({demand_mtok_per_month}="","no limit",'
            + measured("{demand_mtok_per_month}*{months_per_year}/{mtok_rack}")[1:] + ")", "number"),
    ))  # fmt: skip


def winners(names: tuple[str, ...]) -> Grid:
    """Who is best under each workload."""
    best = lambda key, function: (  # noqa: E731
        f'=IF(COUNT({{work_#.{key}:all}})=0,"none",INDEX({{base.heading:all}},'
        f"MATCH({function}({{work_#.{key}:all}}),{{work_#.{key}:all}},0)))"
    )
    return Grid("winners", "Who wins under which workload", names, (
        Row("revenue_rack", "Most revenue per rack", "platform", best("revenue_rack", "MAX"), "text"),
        Row("margin_rack", "Most margin per rack", "platform", best("margin_rack", "MAX"), "text"),
        Row("revenue_mw", "Most revenue per megawatt", "platform", best("revenue_mw", "MAX"), "text"),
        Row("margin_mw", "Most margin per megawatt", "platform", best("margin_mw", "MAX"), "text"),
        Row("cost", "Cheapest token", "platform", best("cost", "MIN"), "text"),
    ), scope="")  # fmt: skip


def ladder(platforms: tuple[str, ...], workloads: int) -> Grid:
    """The chosen workload at several speeds: throughput and cost of each platform, and the cheapest."""
    count = len(platforms)
    curve = lambda n: ",".join(f"{{front_{w}_{n}.at_#}}" for w in range(1, workloads + 1))  # noqa: E731
    names = ",".join(f"{{base_{n}.heading}}" for n in range(1, count + 1))
    costs = f"{{cost_1}}:{{cost_{count}}}"
    lines = (
        Row("speed", "Speed of a user", "tok/s per user", "={target.#}", "number", strong=True),
        Heading("Throughput, tok/s per GPU"),
        *(Row(f"throughput_{n}", platform, "tok/s per GPU", f"=CHOOSE({{chosen.curve}},{curve(n)})", "number")
          for n, platform in enumerate(platforms, 1)),
        Heading("Cost at full use, per Mtok"),
        *(Row(f"cost_{n}", platform, "USD per Mtok",
              f"=IF(N({{throughput_{n}}})>0,{{base_{n}.usd_per_gpu_hour}}"
              f'/({{throughput_{n}}}*{{seconds_per_hour}}/{{tokens_per_mtok}}),"{NOT_MEASURED}")', "usd_per_mtok")
          for n, platform in enumerate(platforms, 1)),
        Row("winner", "Cheapest", "platform",
            f'=IF(COUNT({costs})=0,"none",CHOOSE(MATCH(MIN({costs}),{costs},0),{names}))', "text", strong=True),
    )  # fmt: skip
    columns = tuple(f"Speed {step}" for step in range(1, LADDER + 1))
    return Grid("ladder", "The chosen workload at a ladder of speeds", columns, lines, scope="")


def chart(platforms: tuple[str, ...], workloads: int, points: int) -> Grid:
    """The frontiers of the chosen workload in order, for the chart; the last point stands in for those beyond it."""
    lines: list = []
    for n, platform in enumerate(platforms, 1):
        for key, label, unit, of in (
            ("x", "speed", "tok/s per user", "front_speeds"),
            ("y", "throughput", "tok/s per GPU", "front_throughputs"),
        ):
            curves = ",".join(
                f"INDEX({{front_{w}_{n}.{of}}},MAX(1,MIN({{heading}},{{front_{w}_{n}.count}})))"
                for w in range(1, workloads + 1)
            )
            lines.append(Row(f"{key}_{n}", f"{platform}, {label}", unit, f"=CHOOSE({{chosen.curve}},{curves})"))
        lines.append(Constant(f"at_x_{n}", f"{platform}, chosen speed", "tok/s per user", "={inputs.interactivity}"))
        lines.append(Constant(f"at_y_{n}", f"{platform}, throughput there", "tok/s per GPU",
                              "=N(CHOOSE({chosen.curve},"
                              + ",".join(f"{{front_{w}_{n}.at_0}}" for w in range(1, workloads + 1)) + "))"))  # fmt: skip
    return Grid(
        "chart", "The frontiers of the chart, point by point", tuple(range(1, points + 1)), tuple(lines), scope=""
    )
