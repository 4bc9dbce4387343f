"""What the catalogue answers for the ``tco`` template, and the sections of its inputs."""

from __future__ import annotations

from dataclasses import replace

from tokenbook.templates.models.shared import core_inputs
from tokenbook.templates.models.shared.fill import Filler, FillError
from tokenbook.templates.models.shared.frame import Setting
from tokenbook.templates.models.tco.grids import USES
from tokenbook.templates.sheets.front import Listed
from tokenbook.templates.sheets.inputs import Filled, Input, Section

DEFAULT_DEMAND = 1_500_000  # Mtok a month: about what one NVL72 rack serves at the use below
BITS = {"FP4": 4, "FP8": 8, "INT4": 4, "BF16": 16}
DEFAULT_BITS = 8
DRAFTED = 4.0  # tokens a step: a limit must hold for runs with multi-token prediction too


def fill(setting: Setting) -> None:
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


def _or_blank(filler: Filler, platform: str, metric: str, conditions: str) -> Filled:
    try:
        return filler.get(platform, metric, None, conditions)
    except FillError:
        return Filled(None)


def _memory(filler: Filler, platform: str) -> Filled:
    return filler.get_or_newer(platform, "hbm_tb_s")


def _parameters(filler: Filler, metric: str, model: str) -> Filled:
    try:
        return filler.get_or_newer(None, metric, model)
    except FillError:
        return Filled(None, note="Not in the catalogue: enter it, or the memory limit is not checked")


def input_sections(setting: Setting) -> tuple[Section, ...]:
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
UNITS = (
    Input("bits_per_byte", "Bits in a byte", "bits", "count", note="Unit."),
    Input("gb_per_tb", "GB in a TB", "GB", "count", note="Unit."),
    Input("kb_per_gb", "kB in a GB", "kB", "count", note="Unit."),
)
