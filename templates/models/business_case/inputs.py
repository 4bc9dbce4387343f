"""The inputs of the business case beside the core's: the cases side by side, their odds, and what finance asks for."""

from __future__ import annotations

from tokenbook.templates.models.shared import core_inputs
from tokenbook.templates.models.shared.fill import Filler
from tokenbook.templates.sheets.front import Listed
from tokenbook.templates.sheets.grid import Grid
from tokenbook.templates.sheets.inputs import Filled, Input, Section
from tokenbook.templates.sheets.rows import Constant, Row
from tokenbook.templates.sheets.writer import Writer

CASES = ("Base", "Low", "High", "Traditional")
BASE, LOW, HIGH, TRADITIONAL = 1, 2, 3, 4
SCOPES = tuple(f"view{number}" for number in range(1, len(CASES) + 1))
RENTAL_TIERS = ("3-year", "market", "reserved", "spot")
MOST_TIMES_THE_PLAN, REMAINDER = 1000, 1e-10  # where a search for a break-even ends

CASE_INPUTS = Section("Cases", (
    Input("price_multiplier", "Prices, against those above", "times", "number", low=0, high=100, each=True,
          note="Your figure. Scales the prices of input and output tokens and the floor."),
    Input("price_fall_share", "Price decline, against that above", "power of the factor", "number", low=0, high=10, each=True,
          note="Your figure. 1: the yearly factor above. 0: flat prices. 1.5: a factor of 2 a year becomes 2.83."),
    Input("utilization_multiplier", "Utilisation, against that above", "times", "number", low=0, high=10, each=True,
          note="Your figure. Never above 100 % of capacity."),
    Input("ramp_share", "Part of the utilisation ramp that comes", "share", "share", low=0, high=1, each=True,
          note="0: utilisation stays at its start, as in a static appraisal."),
    Input("software_share", "Software gains, against those above", "power of the gain", "number", low=0, high=10, each=True,
          note="Your figure. 1: the gains above. 0: none, the throughput of today for ever."),
    Input("straight_line", "Depreciation in a straight line", "1 yes, 0 as under Finance", "flag", low=0, high=1, whole=True,
          each=True, note="The traditional view depreciates in a straight line, whatever the method under Finance."),
), SCOPES, CASES)  # fmt: skip

ODDS_INPUTS = Section("Odds of the cases", (
    Input("probability_low", "Odds of the low case", "share", "share", low=0, high=1,
          note="Your figure. The base case has the rest; together they are 1."),
    Input("probability_high", "Odds of the high case", "share", "share", low=0, high=1, note="Your figure."),
))  # fmt: skip

DECISION_INPUTS = Section("What finance asks for, and the alternative", (
    Input("payback_asked", "Longest payback that finance accepts", "months", "months", low=1, high=600,
          note="Your policy. The traditional test."),
    Input("safety_asked", "Smallest margin of safety", "share of plan", "share", low=0, high=1,
          note="Your policy. How much price, utilisation and throughput must be able to miss the plan before value is lost."),
    Input("rental_usd_per_gpu_hour", "Rent of the same GPUs, as the alternative", "USD per GPU-hour", "usd_rate", low=0,
          blank=True),
))  # fmt: skip

VALUES = {  # in the order of CASES
    "price_multiplier": (1.0, 0.8, 1.1, 1.0),
    "price_fall_share": (1.0, 1.5, 0.5, 0.0),
    "utilization_multiplier": (1.0, 0.7, 1.15, 1.0),
    "ramp_share": (1.0, 1.0, 1.0, 0.0),
    "software_share": (1.0, 0.0, 1.5, 0.0),
    "straight_line": (0, 0, 0, 1),
}
ONE_VALUE = {"probability_low": 0.25, "probability_high": 0.25, "payback_asked": 24, "safety_asked": 0.2}

SEARCH = Listed(
    "search", "Break-even searches", (MOST_TIMES_THE_PLAN, REMAINDER),
    "Most times the plan that is looked at; remainder, over all costs, that counts as zero",
)  # fmt: skip

# What a case changes. Everything else it takes from Inputs as it stands there.
CASE = Grid("case", "The inputs that differ", CASES, (
    Row("usd_per_mtok_input", "Price of input tokens", "USD per Mtok", "={inputs.usd_per_mtok_input}*{price_multiplier}",
        "usd_per_mtok"),
    Row("usd_per_mtok_output", "Price of output tokens", "USD per Mtok", "={inputs.usd_per_mtok_output}*{price_multiplier}",
        "usd_per_mtok"),
    Row("price_floor", "Price below which they do not fall", "USD per Mtok", "={inputs.price_floor}*{price_multiplier}",
        "usd_per_mtok"),
    Row("price_annual_factor", "Prices fall by this factor a year", "times a year",
        "={inputs.price_annual_factor}^{price_fall_share}", "number"),
    Row("utilization_start", "Utilisation at the start", "share of capacity",
        "=MIN(1,{inputs.p1.utilization_start}*{utilization_multiplier})", "share"),
    Row("utilization_end", "Utilisation after the ramp", "share of capacity",
        "=MIN(1,({inputs.p1.utilization_start}+({inputs.p1.utilization_end}-{inputs.p1.utilization_start})*{ramp_share})"
        "*{utilization_multiplier})", "share"),
    Row("software_gain", "Software gain reached", "times", "={inputs.p1.software_gain}^{software_share}", "number"),
    Row("software_annual_gain", "... and afterwards", "share a year",
        "=(1+{inputs.p1.software_annual_gain})^{software_share}-1", "share"),
    Row("depreciation_method", "Depreciation method", "method",
        "=IF({straight_line}=1,INDEX({lists.depreciation_method},1),{inputs.depreciation_method})", "text"),
), scope="view#")  # fmt: skip

ODDS = Grid("odds", "Odds", ("",), (
    Constant("base", "Odds of the base case", "share", "=1-{inputs.probability_low}-{inputs.probability_high}", "share"),
), scope="")  # fmt: skip


def sections(room: int, currency: str) -> tuple[Section, ...]:
    """All inputs of the workbook, in the order of the Inputs sheet."""
    *above, conventions = core_inputs.sections(room, currency)
    return (*above, CASE_INPUTS, ODDS_INPUTS, DECISION_INPUTS, conventions)


def fill(filler: Filler, platform: str) -> dict[str, Filled | list[Filled]]:
    """Values for the inputs above."""
    filled = {name: [Filled(value) for value in values] for name, values in VALUES.items()}
    filled |= {name: Filled(value) for name, value in ONE_VALUE.items()}
    rental = filler.first(platform, "rental_usd_per_gpu_hour", RENTAL_TIERS)
    filled["rental_usd_per_gpu_hour"] = rental or Filled(None, note="No rental of this platform is in the catalogue.")
    return filled


def give_each_case_its_inputs(writer: Writer) -> None:
    """Name, for each case, the cell of every platform input: its own where the case changes it, else the one on Inputs."""
    changed = {line.key for line in CASE.lines}
    for number, scope in enumerate(SCOPES, 1):
        for key in sorted(changed):
            writer.book.put(f"inputs.{scope}.{key}", writer.book.find(f"case_{number}.{key}"))
        for item in core_inputs.PLATFORM_INPUTS.inputs:
            if item.name not in changed:
                writer.book.put(f"inputs.{scope}.{item.name}", writer.book.find(f"inputs.p1.{item.name}"))
