"""The inputs of the ``claims`` template: each stated or measured figure with the catalogue row it comes from.

A section is a table of figures: name, label, unit, format, and the rows of the catalogue, one a column. Adding a figure
to a claim is one line here and one where it is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tokenbook.templates.models.shared import core_inputs
from tokenbook.templates.models.shared.claim_sheet import CLAIM_FIGURES
from tokenbook.templates.models.shared.fill import Filler, FillError
from tokenbook.templates.models.shared.frame import Setting
from tokenbook.templates.sheets.inputs import Filled, Input, Section
from tokenbook.udfs.catalog import Baseline

SHARE = {"low": 0, "high": 1}
MOST_YEARS = 10  # columns of the sheet "Your claim"
MTOK, TOK_S, RATE = "USD per Mtok", "tok/s per GPU", "USD per GPU-hour"


@dataclass(frozen=True, slots=True)
class Figure:
    """An input and, for each column, the id of its catalogue row, or a plain value that is the reader's to change."""

    item: Input
    rows: tuple = ()


def stated(name: str, label: str, unit: str, kind: str, *rows: Any, note: str = "", each: bool = False, **bounds: Any) -> Figure:
    """A figure of the catalogue; one column for each row. Above 0 unless ``bounds`` say otherwise."""
    limits = bounds or {"above": 0}
    return Figure(Input(name, label, unit, kind, note=note, each=each or len(rows) > 1, **limits), rows)


@dataclass(frozen=True, slots=True)
class Group:
    """A section of Inputs; ``key`` names its columns for formulas: cost35_1, cost35_2."""

    key: str
    title: str
    columns: tuple[str, ...]
    figures: tuple[Figure, ...]


def _peak(slug: str, rest: str) -> str:
    return f"{slug}.total_tok_s_per_gpu.{rest}"


GB200_NEAR_50 = "gb200.frontier.dsr1-8k1k-fp4.dynamo-trt.c1075.48gpu-to-48gpu.2025-12-05"
CENTS_1K, CENTS_8K = (_peak("b200", f"gpt-oss-120b-{shape}-fp4.2026-02-05") for shape in ("1k1k", "8k1k"))
SOFTWARE = (
    "gb300.{}.dsr1.mlperf-offline.2026-04", "gb300.{}.dsr1.mlperf-server.2026-04",
    "gb200.{}.dsr1.mlperf-offline.2026-04", "gb200.{}.dsr1.mlperf-server.2026-04",
    "mi355x.{}.dsr1-8k1k-fp4.2026-05",
)  # fmt: skip
SHAPE_NOTE = "Tokens of a request, as the claim or the measured row has them; they weigh input against output."
KV_NOTE = "0 leaves the cache out, which makes the limit generous. Enter your model's figure to tighten it."

CLAIM_GROUPS = (
    Group("money", "USD 75 M from USD 5 M, the 15x", (), (
        *(stated(f"claim_{key}", label, unit, kind, row) for key, label, unit, kind, row in CLAIM_FIGURES),
        stated("claim_multiple", "Multiple stated", "times", "multiple", "claim.15x.multiple"),
        stated("claim_isl", "Input tokens of a request (ISL)", "tokens", "count", 8192, note=SHAPE_NOTE),
        stated("claim_osl", "Output tokens of a request (OSL)", "tokens", "count", 1024, note=SHAPE_NOTE),
    )),
    Group("parts", "The 15x from measured and listed parts: median or DeepSeek's own price",
          ("Median, owned", "Own, neocloud", "Own, rented"), (
        stated("parts_throughput", "Throughput measured near 50 tok/s/user", TOK_S, "number", *[GB200_NEAR_50] * 3),
        stated("parts_input", "Listed price of input tokens", MTOK, "usd_per_mtok", "dsr1.usd_per_mtok_input.median.2026",
               *["dsr1.usd_per_mtok_input.deepseek.2026"] * 2),
        stated("parts_output", "Listed price of output tokens", MTOK, "usd_per_mtok", "dsr1.usd_per_mtok_output.median.2026",
               *["dsr1.usd_per_mtok_output.deepseek.2026"] * 2),
        stated("parts_rate", "All-in rate when the claim was made", RATE, "usd_rate",
               "gb200.usd_per_gpu_hour.hyperscaler.2025-10", "gb200.usd_per_gpu_hour.neocloud.2025-10",
               "gb200.rental_usd_per_gpu_hour.3-year.2025-10"),
    )),
    Group("other15", "The other fifteen: throughput of GB200 NVL72 over H200", ("H200, highest", "H200, lowest"), (
        stated("other15_ratio", "Ratio stated (up to)", "times", "multiple", "claim.15x.throughput-ratio"),
        stated("other15_h200", "H200 in FP8 near 50 tok/s/user", TOK_S, "number",
               "h200.frontier.dsr1-8k1k-fp8.trt-mtp.c16.tp8.ep8.2026-05-18",
               "h200.frontier.dsr1-8k1k-fp8.sglang.c16.tp8.ep1.2025-12-13"),
    )),
    Group("cost35", "35 times lower cost", ("GB300 NVL72", "H200"), (
        stated("cost35_ratio", "Ratio stated", "times", "multiple", "claim.35x.ratio"),
        stated("cost35_throughput", "Throughput stated", TOK_S, "number", "claim.35x.throughput", "claim.35x.throughput-before"),
        stated("cost35_rate", "All-in rate (2.65 in print is 2.652)", RATE, "usd_rate",
               "gb300.usd_per_gpu_hour.hyperscaler.2026-04", "claim.35x.rate-before"),
        stated("cost35_stated", "Cost stated", MTOK, "usd_per_mtok", "claim.35x.cost", "claim.35x.cost-before"),
        stated("cost35_rate_new", "All-in rate, newest", RATE, "usd_rate",
               ("GB300 NVL72", "usd_per_gpu_hour", "hyperscaler"), ("H200", "usd_per_gpu_hour", "hyperscaler")),
        stated("cost35_low", "Measured against Hopper at 40 tok/s/user", "times", "multiple",
               "gb300.tokens_per_usd_ratio.vs-hopper.40.2026-02"),
        stated("cost35_high", "Measured against Hopper at 116 tok/s/user", "times", "multiple",
               "gb300.tokens_per_usd_ratio.vs-hopper.116.2026-02"),
    )),
    Group("cost15", "15 times lower cost (not the 15x of the return)", ("GB200 NVL72", "H200", "H100"), (
        stated("cost15_ratio", "Ratio stated", "times", "multiple", "claim.15x-lower-cost.ratio"),
        stated("cost15_throughput", "Highest throughput measured, DeepSeek-R1 8k/1k", TOK_S, "number",
               _peak("gb200", "dsr1-8k1k-fp4.2026-03-23"), _peak("h200", "dsr1-8k1k-fp8.2026-01-14"),
               _peak("h100", "dsr1-8k1k-fp8.2026-02-08")),
        stated("cost15_rate", "All-in rate when the claim was made", RATE, "usd_rate",
               *(f"{slug}.usd_per_gpu_hour.hyperscaler.2025-10" for slug in ("gb200", "h200", "h100"))),
    )),
    Group("mw50", "50 times the throughput per megawatt", ("GB300 NVL72", "H200"), (
        stated("mw50_ratio", "Ratio stated (up to)", "times", "multiple", "claim.50x-per-mw.ratio"),
        stated("mw50_kw_then", "All-in power, figures of the time", "kW per GPU", "number",
               "gb300.kw_per_gpu.old.2026-04", "h200.kw_per_gpu.old.2025-10"),
        stated("mw50_kw_corrected", "All-in power, corrected", "kW per GPU", "number",
               "gb300.kw_per_gpu.corrected.2026-07", "h200.kw_per_gpu.corrected.2026-07"),
    )),
    Group("mw10", "10 times the throughput per megawatt", ("GB200 NVL72", "H200"), (
        stated("mw10_ratio", "Ratio stated (up to, in some texts)", "times", "multiple", "claim.10x-per-mw.ratio"),
        stated("mw10_measured", "Measured at 30 tok/s/user (about)", "times", "multiple",
               "gb200.throughput_per_mw_ratio.vs-h200.30.2025-10"),
        stated("mw10_kw_then", "All-in power, figures of the time", "kW per GPU", "number",
               "gb200.kw_per_gpu.old.2025-10", "h200.kw_per_gpu.old.2025-10"),
        stated("mw10_kw_corrected", "All-in power, corrected", "kW per GPU", "number",
               "gb200.kw_per_gpu.corrected.2026-07", "h200.kw_per_gpu.corrected.2026-07"),
    )),
    Group("mwb200", "The same for B200: GPT-OSS-120B 1k/8k at 90 tok/s/user", ("B200", "H100"), (
        stated("mwb200_tok_s", "Throughput per megawatt measured", "tok/s per MW", "count",
               *(f"{slug}.tok_s_per_mw.gpt-oss-120b-1k8k.90.2025-10" for slug in ("b200", "h100"))),
        stated("mwb200_kw_then", "All-in power, figures of the time", "kW per GPU", "number",
               "b200.kw_per_gpu.old.2025-10", "h100.kw_per_gpu.old.2025-10"),
        stated("mwb200_kw_corrected", "All-in power, corrected", "kW per GPU", "number",
               "b200.kw_per_gpu.corrected.2026-07", "h100.kw_per_gpu.corrected.2026-07"),
    )),
    Group("cents", "Two cents per million tokens: B200, GPT-OSS-120B, FP4",
          ("Owned, then", "Owned, newest", "Neocloud, then", "Rented, then", "Rented, newest", "Owned, 8k/1k"), (
        stated("cents_cost", "Cost stated", MTOK, "usd_per_mtok", "claim.two-cents.cost"),
        stated("cents_before", "Cost stated for two months earlier", MTOK, "usd_per_mtok", "claim.two-cents.cost-before"),
        stated("cents_throughput", "Throughput measured", TOK_S, "number", *[CENTS_1K] * 5, CENTS_8K),
        stated("cents_rate", "All-in rate", RATE, "usd_rate", "b200.usd_per_gpu_hour.hyperscaler.2025-10",
               ("B200", "usd_per_gpu_hour", "hyperscaler"), "b200.usd_per_gpu_hour.neocloud.2025-10",
               "b200.rental_usd_per_gpu_hour.3-year.2025-10", ("B200", "rental_usd_per_gpu_hour", "3-year"),
               "b200.usd_per_gpu_hour.hyperscaler.2025-10"),
        stated("cents_isl", "Input tokens of a request (ISL)", "tokens", "count", *[1024] * 5, 8192, note=SHAPE_NOTE),
        stated("cents_osl", "Output tokens of a request (OSL)", "tokens", "count", *[1024] * 6, note=SHAPE_NOTE),
        Figure(Input("cents_use", "Utilisation to look at", "share of capacity", "share", above=0, each=True,
                     note="Yours to change. The claim implies 100 %."), (1.0, 0.8, 0.6, 0.4, 0.2, 0.1)),
    )),
    Group("software", "Five times by software in two months: what was measured",
          ("GB300 Offline", "GB300 Server", "GB200 Offline", "GB200 Server", "MI355X peak"), (
        stated("software_stated", "Gain stated", "times", "multiple", "claim.5x-in-2-months.gain"),
        stated("software_stated_months", "... in", "months", "months", "claim.5x-in-2-months.months"),
        stated("software_measured", "Gain measured on DeepSeek-R1", "times", "multiple",
               *(row.format("software_throughput_gain") for row in SOFTWARE)),
        stated("software_measured_months", "... in", "months", "months", *(row.format("software_gain_months") for row in SOFTWARE)),
    )),
)  # fmt: skip

LIMIT_COLUMNS = ("15x, GB200", "2 cents, B200", "2 ends, B200", "35x, GB300")
LIMIT_GROUPS = (
    Group("limit", "Memory limit: the point that is claimed", LIMIT_COLUMNS, (
        stated("limit_throughput", "Throughput, input plus output tokens", TOK_S, "number", "claim.75m-from-5m.throughput",
               CENTS_1K, "claim.5x-in-2-months.peak-throughput", "claim.35x.throughput"),
        Figure(Input("limit_speed", "Speed for each user (blank: not stated)", "tok/s per user", "number", above=0, blank=True,
                     each=True), ("claim.75m-from-5m.interactivity", "claim.two-cents.interactivity",
                                  "claim.5x-in-2-months.peak-interactivity", None)),
        stated("limit_isl", "Input tokens of a request (ISL)", "tokens", "count", 8192, 1024, 8192, 8192,
               note="15x: as stated. Two cents: the shape that reproduces it. The others state none: 8k/1k is assumed."),
        stated("limit_osl", "Output tokens of a request (OSL)", "tokens", "count", 1024, 1024, 1024, 1024,
               note="15x: as stated. Two cents: the shape that reproduces it. The others state none: 8k/1k is assumed."),
    )),
    Group("limit", "Memory limit: hardware and model", (*LIMIT_COLUMNS, "Your claim"), (
        stated("limit_sharing", "GPUs that share one copy of the model", "GPUs", "count", 72, 1, 1, 72, "per rack", low=1,
               note="72: the whole rack. 1: the model fits into one GPU. The more share it, the faster it is for one user."),
        stated("limit_hbm", "Memory bandwidth", "TB/s per GPU", "number", ("GB200 NVL72", "hbm_tb_s", None),
               ("B200", "hbm_tb_s", None), ("B200", "hbm_tb_s", None), ("GB300 NVL72", "hbm_tb_s", None), "platform"),
        Figure(Input("limit_total", "Parameters of the model", "billions", "number", above=0, blank=True, each=True),
               ("dsr1.total_params_bn", "gpt-oss-120b.total_params_bn", "gpt-oss-120b.total_params_bn",
                "dsr1.total_params_bn", "model")),
        Figure(Input("limit_active", "... of which one token passes", "billions", "number", above=0, blank=True, each=True),
               ("dsr1.active_params_bn", "gpt-oss-120b.active_params_bn", "gpt-oss-120b.active_params_bn",
                "dsr1.active_params_bn", "model")),
        stated("limit_bits", "Bits per weight", "bits", "count", 4, 4, 4, 4, 4, low=1, high=64, note="4: FP4, as the claims say."),
        stated("limit_kv", "Cache per token of context", "kB per token", "number", 0.0, 0.0, 0.0, 0.0, 0.0, low=0, note=KV_NOTE),
        stated("limit_step", "Tokens accepted a step", "tokens", "number", 1, 1, 1, 1, 1, low=1, high=20,
               note="1: no speculative decoding. With MTP or a draft model more than one token leaves a step."),
    )),
)  # fmt: skip

VIEWS = ("As claimed", "As you expect")


def your_groups(currency: str) -> tuple[Group, ...]:
    """What the reader types: a claim in money, how it is seen, and the figures of the catalogue beside it."""
    money = currency
    example = "An example, the published claim: type yours."
    return (
        Group("your", "Your claim", (), (
            Figure(Input("your_name", "Who says it", "name", "text", note="A label. Type vendor and date."), ("Published 15x, as an example",)),
            stated("your_investment", "Investment over the whole time", money, "usd", "investment", note=example),
            stated("your_revenue", "Revenue over the whole time", money, "usd", "revenue", note=example),
            stated("your_gpus", "GPUs", "GPUs", "count", "gpus", note=example),
            stated("your_years", f"Years, up to {MOST_YEARS}", "years", "number", "years", above=None, low=0.1, high=MOST_YEARS,
                   note=example),
            stated("your_throughput", "Throughput, input plus output tokens", TOK_S, "number", "throughput", note=example),
            Figure(Input("your_speed", "Speed for each user (blank: not stated)", "tok/s per user", "number", above=0, blank=True,
                         note=example), ("speed",)),
            Figure(Input("your_cost", "Cost stated (blank: not stated)", f"{money} per Mtok", "usd_per_mtok", above=0, blank=True,
                         note="Blank: the claim names none."), (None,)),
        )),
        Group("view", "Your claim, two ways to see it", VIEWS, (
            stated("view_utilization", "Share of capacity that is sold", "share of capacity", "share", 1.0,
                   "assumption.utilization_end", above=0,
                   note="As claimed: what the claim says or implies, mostly 100 %. As you expect: your own."),
            stated("view_factor", "Prices fall by this factor a year", "times a year", "number", 1.0,
                   "assumption.price_annual_factor", above=0, note="1: flat, as claims assume. Your own beside it."),
        )),
    )  # fmt: skip


REFERENCE = ("platform", "tok_s_per_gpu", "usd_per_gpu_hour", "kw_per_gpu")  # inputs of the core, one platform
RELABELLED = {
    "usd_per_gpu_hour": {"name": "owner_usd_per_gpu_hour", "label": "All-in rate of an owner"},
    "tok_s_per_gpu": {"label": "Throughput measured"},
}
REFERENCE_MARKET = ("model", "isl", "osl", "usd_per_mtok_input", "usd_per_mtok_output")
RENTAL = Input("rental_usd_per_gpu_hour", "All-in rate, rented for three years", RATE, "usd_rate", above=0, each=True)
VERDICTS = Section("How verdicts are made", (
    Input("verdict_tolerance", "Two figures match within", "share", "share", low=0, high=1,
          note="Yours to change. Benchmarks of one setup differ by some per cent, operating points by far more."),
    Input("discount_rate", "Discount rate", "a year", "share", low=-0.99),
))  # fmt: skip
CONVENTION_NAMES = ("hours_per_month", "months_per_year", "seconds_per_hour", "tokens_per_mtok", "kw_per_mw")
MORE_CONVENTIONS = (
    Input("bits_per_byte", "Bits in a byte", "bits", "count", note="Unit."),
    Input("gb_per_tb", "GB in a TB", "GB", "count", note="Unit."),
    Input("kb_per_gb", "kB in a GB", "kB", "count", note="Unit."),
)
MORE_VALUES = {**core_inputs.MEMORY_UNITS, "verdict_tolerance": 0.2}


def sections(currency: str, more: Sequence[Group] = ()) -> tuple[Section, ...]:
    """All inputs, your claim first, in the order of the Inputs sheet; ``more`` are the groups of further claims."""
    core = core_inputs.by_name(core_inputs.sections(1, currency))
    each = [replace(core[name], **RELABELLED.get(name, {})) for name in REFERENCE]
    reference = Section("What your claim is compared with", (*each, RENTAL, *(core[name] for name in REFERENCE_MARKET)))
    exchange = (core["exchange_rate"],) if currency != "USD" else ()
    conventions = (*(core[name] for name in CONVENTION_NAMES), *MORE_CONVENTIONS)
    return (
        *(_section(group) for group in your_groups(currency)),
        reference,
        Section(VERDICTS.title, (*VERDICTS.inputs, *exchange)),
        *(_section(group) for group in (*CLAIM_GROUPS, *more, *LIMIT_GROUPS)),
        Section("Conventions (the functions use the same; leave them)", conventions),
    )


def fill(setting: Setting, more: Sequence[Group] = ()) -> None:
    """Every input of the template: claims as they were made, your claim as an example, the references of today."""
    options, filler, filled = setting.options, setting.filler, setting.filled
    platform = setting.platforms[0]
    peak = _peak_row(setting)
    filled["platform"] = [Filled(platform)]
    filled["model"], filled["isl"], filled["osl"] = Filled(peak.model), Filled(peak.isl), Filled(peak.osl)
    filled["tok_s_per_gpu"] = [_measured(setting, peak)]
    filled["owner_usd_per_gpu_hour"] = [filler.get(platform, "usd_per_gpu_hour", None, "hyperscaler")]
    filled["rental_usd_per_gpu_hour"] = [_rental(filler, platform)]
    filled["kw_per_gpu"] = [filler.get(platform, "kw_per_gpu")]
    for name in ("usd_per_mtok_input", "usd_per_mtok_output"):
        filled[name] = filler.get_or_newer(None, name, setting.model)
    filled["discount_rate"] = filler.get_or_newer(None, "discount_rate")
    for name in CONVENTION_NAMES:
        filled[name] = Filled(core_inputs.OWN_VALUES[name])
    for name, value in MORE_VALUES.items():
        filled[name] = Filled(value)
    for group in (*CLAIM_GROUPS, *more, *LIMIT_GROUPS, *your_groups(options.currency)):
        for figure in group.figures:
            values = [_value(setting, figure.item.name, row) for row in figure.rows]
            filled[figure.item.name] = values if figure.item.each else values[0]


def _peak_row(setting: Setting) -> Baseline:
    """The highest throughput measured; where none was known on the day, the first that became known."""
    key = (setting.platforms[0], "total_tok_s_per_gpu", setting.model, setting.shape)
    try:
        return setting.filler.row(*key)
    except FillError:
        if setting.filler.as_of is None:
            raise
    row = Filler(setting.figures).row(*key)
    setting.filler.newer.append(row)
    return row


def _measured(setting: Setting, peak: Baseline) -> Filled:
    """The throughput that your claim is compared with: at its speed per user where that was measured, else the peak."""
    platform, speed = setting.platforms[0], setting.options.interactivity
    if speed is not None:
        return setting.filler.at_interactivity(platform, setting.model, setting.shape, speed)
    try:
        return setting.filler.at_interactivity(platform, setting.model, setting.shape, _example_speed(setting))
    except FillError:
        return setting.filler.take(peak)


def _example_speed(setting: Setting) -> float:
    return setting.figures.row("claim.75m-from-5m.interactivity").value


def _section(group: Group) -> Section:
    scopes = tuple(f"{group.key}_{n}" for n in range(1, len(group.columns) + 1))
    return Section(group.title, tuple(figure.item for figure in group.figures), scopes, group.columns)


def _value(setting: Setting, name: str, row: Any) -> Filled:
    """A cell of a group: a plain value, a row's id, a key of which the newest row counts, or a word for your claim."""
    if row is None or not isinstance(row, (str, tuple)):
        return Filled(row)
    if isinstance(row, tuple):
        platform, metric, tier = row
        return setting.filler.get_or_newer(platform, metric) if tier is None else _tiered(setting.filler, row)
    if "." in row:
        return _taken(setting, row)
    return _yours(setting, name, row)


def _tiered(filler: Filler, key: tuple[str, str, str]) -> Filled:
    platform, metric, tier = key
    return filler.first(platform, metric, (tier,))


def _rental(filler: Filler, platform: str) -> Filled:
    """The three-year rent where the catalogue has one, else what the market asks."""
    found = filler.first(platform, "rental_usd_per_gpu_hour", ("3-year", "market"))
    if found is None:
        raise FillError(f"{platform}: the catalogue has no rental rate for it; choose another platform")
    return found


def _taken(setting: Setting, id: str) -> Filled:
    """A row by its id. One that was not known on the day asked is used all the same, and the Cover says so."""
    filler, row = setting.filler, setting.figures.row(id)
    if filler.as_of and row.as_of > filler.as_of and row not in filler.newer:
        filler.newer.append(row)
    taken = filler.take(row)
    # What was true when the claim was made must not follow the catalogue to newer figures; assumptions may.
    return replace(taken, pinned=not id.startswith("assumption."))


def _yours(setting: Setting, name: str, word: str) -> Filled:
    """Your claim: the published one as an example, on the platform and for the time that were asked for."""
    options, filler, platform = setting.options, setting.filler, setting.platforms[0]
    if name == "your_name":
        return Filled(word)
    if word == "years" and options.months:
        return Filled(min(MOST_YEARS, options.months / core_inputs.OWN_VALUES["months_per_year"]))
    if word == "speed":
        return Filled(options.interactivity or _example_speed(setting))
    if word in ("investment", "revenue"):
        value = setting.figures.row(f"claim.75m-from-5m.{word}").value
        return Filled(value * (options.exchange_rate or 1))
    if word == "per rack":
        return filler.first(platform, "scale_up_gpus", ("vendor",)) or Filled(1)
    if word == "platform":
        return filler.get_or_newer(platform, "hbm_tb_s")
    if word == "model":
        return _of_model(setting, name.replace("limit_", "") + "_params_bn")
    return _taken(setting, f"claim.75m-from-5m.{word}")


def _of_model(setting: Setting, metric: str) -> Filled:
    """A figure of the model that is served; blank where the catalogue has none, and the limit is not checked."""
    try:
        return setting.filler.get_or_newer(None, metric, setting.model)
    except FillError:
        return Filled(None)
