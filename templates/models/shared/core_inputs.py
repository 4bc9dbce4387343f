"""The inputs of the deployment core: what may be changed, within which bounds, and how the catalogue fills it.

Templates on the core take these sections as they are and add their own beside them.
"""

from __future__ import annotations

import datetime as dt

from tokenbook.templates.models.shared import deployment_core as core
from tokenbook.templates.models.shared.fill import CAPEX_TIERS, DEFAULT_GPUS, Filler, FillError
from tokenbook.templates.sheets.front import Listed
from tokenbook.templates.sheets.inputs import Filled, Input, Section
from tokenbook.udfs.catalog import Catalog
from tokenbook.udfs.kernels import units

SHARE = {"low": 0, "high": 1}
LARGEST_UNIT = 144  # GPUs of the largest rack; a larger scale-up domain is a pod that nobody buys at once
SERVER = 8
MACRS5 = (0.20, 0.32, 0.192, 0.1152, 0.1152, 0.0576, 0.0)

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

def finance_inputs(room: int, currency: str = "USD") -> Section:
    """Horizon, discounting, tax and depreciation; ``room`` is the number of months that the sheets hold."""
    return Section("Finance", (
        Input("start_date", "Investment date (month 0)", "date", "date", note="Only dates the columns; no figure depends on it."),
        Input("months", f"Months of operation, up to {room}", "months", "month", low=1, high=room, whole=True,
              note=f"The sheets have room for {room} months."),
        Input("discount_rate", "Discount rate", "a year", "share", low=-0.99),
        Input("timing", "Cash flows fall", "end / mid of the month", "text", choices="timing", note="end: at the end of each month."),
        Input("tax_rate", "Tax rate", "share of profit", "share", **SHARE),
        Input("depreciation_method", "Depreciation method", "method", "text", choices="depreciation_method",
              note="SL straight line, SYD sum of the digits, DDB double declining then straight line, MACRS5, UNITS by tokens sold."),
        Input("depreciation_years", "Depreciation life", "years", "number", low=0.5, high=50),
        Input("residual_share", "Residual value at the end", "share of accelerator price", "share", **SHARE),
        *_exchange(currency),
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



def _exchange(currency: str) -> tuple[Input, ...]:
    if currency == "USD":
        return ()
    label = f"{currency} for one USD"
    note = f"Prices stand in USD on this sheet, as they are quoted; the model and all results are in {currency}."
    return (Input("exchange_rate", label, f"{currency} per USD", "usd_rate", above=0, note=note),)


def sections(room: int, currency: str = "USD") -> tuple[Section, ...]:
    """All inputs of the core, in the order of the Inputs sheet."""
    return (PLATFORM_INPUTS, MARKET_INPUTS, COST_INPUTS, finance_inputs(room, currency), CONVENTIONS)


def by_name(all_sections: tuple[Section, ...]) -> dict[str, Input]:
    return {item.name: item for section in all_sections for item in section.inputs}


# Inputs that the catalogue's assumptions fill under their own name; the rest have values of their own in `fill`.
FROM_ASSUMPTIONS = (
    "utilization_start", "utilization_end", "software_gain", "software_months", "software_annual_gain",
    "price_annual_factor", "ramp_months", "availability", "hosting_usd_per_kw_month", "maintenance_share_per_year",
    "inflation_per_year", "discount_rate", "tax_rate", "depreciation_years", "residual_share",
)  # fmt: skip
OWN_VALUES = {
    "cached_share": 0.0, "cached_price_ratio": 0.25, "price_floor": 0.0, "ramp_shape": "linear",
    "demand_mtok_per_month": None, "demand_growth_per_year": 0.0, "demand_cv": 0.0, "pue": 1.0,
    "software_usd_per_gpu_month": 0.0, "staff_usd_per_month": 0.0, "timing": "end",
    "depreciation_method": "SL", "hours_per_month": units.HOURS_PER_MONTH, "months_per_year": units.MONTHS_PER_YEAR,
    "seconds_per_hour": units.SECONDS_PER_HOUR,
    "tokens_per_mtok": units.TOKENS_PER_MTOK, "kw_per_mw": units.KW_PER_MW, "declining_factor": 2, "logistic_slope": 10, "logistic_middle": 0.5,
}  # fmt: skip
MEMORY_UNITS = {"bits_per_byte": units.BITS_PER_BYTE, "gb_per_tb": units.GB_PER_TB, "kb_per_gb": units.KB_PER_GB}


def fill(
    filler: Filler, platforms: tuple[str, ...], model: str, shape: str, *, months: int, interactivity: float | None = None
) -> dict[str, Filled | list[Filled]]:
    """Every input of the core with its value and the catalogue row behind it."""
    filled = around(filler, platforms, model, months=months)
    peaks = [filler.row(platform, "total_tok_s_per_gpu", model, shape) for platform in platforms]
    filled["platform"] = [Filled(platform) for platform in platforms]
    filled["model"] = Filled(peaks[0].model)
    filled["isl"], filled["osl"] = Filled(peaks[0].isl), Filled(peaks[0].osl)
    if interactivity is None:
        filled["tok_s_per_gpu"] = [filler.take(row) for row in peaks]
    else:
        filled["tok_s_per_gpu"] = [filler.at_interactivity(p, model, shape, interactivity) for p in platforms]
    filled["gpus"] = [Filled(DEFAULT_GPUS) for _ in platforms]
    filled["gpus_per_rack"] = [_per_rack(filler, platform) for platform in platforms]
    filled["kw_per_gpu"] = [filler.get(platform, "kw_per_gpu") for platform in platforms]
    filled["usd_per_gpu_hour"] = [filler.get(p, "usd_per_gpu_hour", None, "hyperscaler") for p in platforms]
    capex = [filler.first(platform, "capex_usd_per_gpu", CAPEX_TIERS) for platform in platforms]
    filled["capex_usd_per_gpu"] = [price or Filled(0.0) for price in capex]
    # Without a price to buy at, the platform is shown at its all-in rate.
    filled["acquisition"] = [Filled("own" if price else "rent") for price in capex]
    filled["usd_per_kwh"] = filler.get_or_newer(None, "usd_per_kwh")
    filled["installation_share"] = filler.get_or_newer(None, "installation_share_of_capex")
    return filled


def around(
    filler: Filler, platforms: tuple[str, ...], model: str, *, months: int, assumptions: tuple[str, ...] = FROM_ASSUMPTIONS
) -> dict[str, Filled | list[Filled]]:
    """What stands around the platforms: prices of the model, assumptions, horizon; without a look at throughputs."""
    filled: dict[str, Filled | list[Filled]] = {name: Filled(value) for name, value in OWN_VALUES.items()}
    filled["usd_per_mtok_input"] = filler.get_or_newer(None, "usd_per_mtok_input", model)
    filled["usd_per_mtok_output"] = filler.get_or_newer(None, "usd_per_mtok_output", model)
    each = {item.name for item in PLATFORM_INPUTS.inputs}
    for name in assumptions:
        value = filler.get_or_newer(None, name)
        filled[name] = [value for _ in platforms] if name in each else value
    filled["months"] = Filled(months)
    filled["start_date"] = Filled(_first_of_next_month(filler.as_of or filler.figures.date))
    return filled


def lists(figures: Catalog) -> tuple[Listed, ...]:
    """The drop-downs and tables that the inputs and formulas of the core refer to."""
    return (
        Listed("platforms", "Platforms", tuple(figures.platforms("usd_per_gpu_hour")), "Catalogue"),
        Listed("acquisition", "Own or rent", ("own", "rent")),
        Listed("ramp_shape", "Shape of the ramp", ("linear", "logistic")),
        Listed("timing", "Cash flows fall", ("end", "mid")),
        Listed("depreciation_method", "Depreciation", core.METHODS),
        Listed("macrs5", "MACRS, 5 years", MACRS5, "IRS Publication 946, table A-1, half-year convention", "share"),
    )


def _per_rack(filler: Filler, platform: str) -> Filled:
    try:
        return filler.get_or_newer(platform, "gpus_per_rack")
    except FillError:
        return bought_together(filler, "scale_up_gpus", platform)


def bought_together(filler: Filler, metric: str, platform: str, known: Filled | None = None) -> Filled:
    """GPUs that are bought, or share a model, together; of a pod larger than any rack, a server."""
    value = known or filler.get_or_newer(platform, metric)
    if value.value <= LARGEST_UNIT:
        return value
    return Filled(
        SERVER,
        note=f"{platform}: a server of {SERVER}, an assumption; the catalogue knows the pod of {value.value:,.0f}",
    )


def _first_of_next_month(day: str) -> dt.date:
    known = dt.date.fromisoformat(day)
    return (known.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
