"""The sheets of the ``tco`` template beside the monthly model: fleets, rates line by line, break-even, memory limit."""

from __future__ import annotations

from tokenbook.templates.models.claims.audits import LIMIT_LINES
from tokenbook.templates.sheets.grid import Grid, per_platform
from tokenbook.templates.sheets.rows import Heading, Ingredient, Row

RATES, BREAK_EVEN, LIMITS = "Rates", "Break-even", "Memory limit"
RATE = "USD per GPU-hour"
NEVER = "never"
USES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)  # shares of hours at which costs are compared

# The parts of a GPU-hour that an owner pays, in the order in which the chart stacks them: key and legend.
PARTS = (
    ("accelerator", "Accelerator"),
    ("installation", "Network, installation, facility"),
    ("energy", "Electricity"),
    ("hosting", "Hosting"),
    ("maintenance", "Maintenance"),
    ("licences", "Software licences"),
    ("staff", "Staff"),
    ("instead", "Published owning rate, where no price is known"),
)
ANNUITY = "IF({discount_rate}=0,1/{depreciation_years},{discount_rate}/(1-(1+{discount_rate})^-{depreciation_years}))"

FLEET = (
    Ingredient("gpus_asked"),
    Ingredient("gpus_per_rack"),
    Ingredient("tok_s_per_gpu"),
    Row("mtok_gpu", "Tokens of a GPU a month, at the highest planned use", "Mtok",
        "={tok_s_per_gpu}*{seconds_per_hour}*{hours_per_month}*{availability}*{utilization_end}/{tokens_per_mtok}", "mtok"),
    Row("demand_first", "Demand today", "Mtok a month", "=N({demand_mtok_per_month})", "mtok"),
    Row("demand_last", "Demand in the last month, in GPUs of today", "Mtok a month",
        "={demand_first}*(1+{demand_growth_per_year})^({months}/{months_per_year})"
        "/INDEX({model_#.software:all},{months}+1)", "mtok",
        note="Software makes the same GPUs faster by then, so growth needs fewer of them."),
    Row("gpus_needed", "GPUs that serve the demand", "GPUs",
        "=IF({mtok_gpu}>0,MAX({demand_first},{demand_last})/{mtok_gpu},0)", "number"),
    Row("gpus", "GPUs deployed, in whole racks or servers", "GPUs",
        '=IF({gpus_asked}="",MAX(1,ROUNDUP({gpus_needed}/{gpus_per_rack},0))*{gpus_per_rack},{gpus_asked})', "count",
        strong=True, note="The same work for every platform; not the same number of GPUs."),
    Row("served", "Share of the demand that is served over the horizon", "share",
        "=IF({model_#.demand:total}>0,{model_#.sold:total}/{model_#.demand:total},1)", "share"),
)  # fmt: skip

BUILD_UP = (
    Heading("What owning costs for each hour of a GPU, used or not"),
    Ingredient("capex_usd_per_gpu"),
    Ingredient("kw_per_gpu"),
    Ingredient("usd_per_kwh"),
    Ingredient("hosting_usd_per_kw_month"),
    Ingredient("software_usd_per_gpu_month"),
    Ingredient("staff_usd_per_month"),
    Row("hours_year", "Hours a year", "hours", "={hours_per_month}*{months_per_year}", "count"),
    Row("annuity", "Capital recovery a year, of each USD", "share a year", f"={ANNUITY}", "factor",
        note="Over the depreciation life at the discount rate: interest and repayment in equal parts."),
    Row("residual_today", "Residual value, today", "share of price",
        "={residual_share}*(1+{discount_rate})^-{depreciation_years}", "share"),
    Row("built", "A price to buy at is known", "1 or 0", "=IF({capex_usd_per_gpu}>0,1,0)", "flag"),
    Row("accelerator", "Accelerator: capital recovery", RATE,
        "={capex_usd_per_gpu}*(1-{residual_today})*{annuity}/{hours_year}", "usd_rate"),
    Row("installation", "Network, installation, facility: capital recovery", RATE,
        "={capex_usd_per_gpu}*{installation_share}*{annuity}/{hours_year}", "usd_rate"),
    Row("energy", "Electricity: kW x PUE x price", RATE, "={built}*{kw_per_gpu}*{pue}*{usd_per_kwh}", "usd_rate",
        note="The catalogue's power is all-in, the facility with it: PUE 1. With IT power enter your PUE, never both."),
    Row("hosting", "Hosting", RATE, "={built}*{kw_per_gpu}*{hosting_usd_per_kw_month}/{hours_per_month}", "usd_rate",
        note="Space and cooling; electricity is not inside."),
    Row("maintenance", "Maintenance", RATE, "={capex_usd_per_gpu}*{maintenance_share_per_year}/{hours_year}", "usd_rate"),
    Row("licences", "Software licences", RATE, "={software_usd_per_gpu_month}/{hours_per_month}", "usd_rate"),
    Row("staff", "Staff", RATE, "={staff_usd_per_month}/{fleet.gpus}/{hours_per_month}", "usd_rate"),
    Row("instead", "Published owning rate in their place, where no price is known", RATE, "=(1-{built})*{rate_hyperscaler}",
        "usd_rate"),
    Row("own_rate", "Owning", RATE, "=" + "+".join(f"{{{key}}}" for key, _ in PARTS), "usd_rate", strong=True,
        note="A build-up, or a published rate with licences and staff: never both."),
    Heading("Beside published all-in rates, which hold all of this already"),
    Ingredient("rate_hyperscaler"),
    Ingredient("rate_neocloud"),
    Ingredient("usd_per_gpu_hour"),
    Row("build_up", "Built up, without licences and staff", RATE,
        '=IF({built}=1,{own_rate}-{licences}-{staff},"no price")', "usd_rate", note="What the published rates compare with."),
    Row("over_hyperscaler", "Built up less hyperscaler", RATE, '=IF({built}=1,{build_up}-{rate_hyperscaler},"no price")',
        "usd_rate",
        note="The tiers assume 4 years of life and the buying terms of large owners; a build-up uses your own."),
    Row("over_neocloud", "Built up less neocloud", RATE,
        '=IF({built}=0,"no price",IF({rate_neocloud}="","not known",{build_up}-{rate_neocloud}))', "usd_rate"),
    Row("over_rent", "Built up less rental", RATE, '=IF({built}=1,{build_up}-{usd_per_gpu_hour},"no price")', "usd_rate"),
    Heading("Used in this workbook"),
    Row("owned_how", "Owning is counted", "own / rent", '=IF({built}=1,"own","rent")', "text",
        note="own: built up. rent: no price of the accelerator is known, so the owning hyperscaler's all-in rate stands in."),
    Row("rent_rate", "Renting", RATE, "={usd_per_gpu_hour}+{licences}+{staff}", "usd_rate", strong=True,
        note="Committed, used or not. Licences and staff come on top."),
)  # fmt: skip

UNIT_COST = (
    Row("use", "Highest planned use, times availability", "share of hours", "={utilization_end}*{availability}", "share"),
    Row("full", "Tokens of a GPU-hour at full use", "Mtok", "={fleet.tok_s_per_gpu}*{seconds_per_hour}/{tokens_per_mtok}",
        "factor"),
    Row("own_cost", "Owning", "USD per Mtok", "=IF({use}>0,{rates.own_rate}/({full}*{use}),0)", "usd_per_mtok", strong=True),
    Row("rent_cost", "Renting", "USD per Mtok", "=IF({use}>0,{rates.rent_rate}/({full}*{use}),0)", "usd_per_mtok",
        strong=True),
    Row("api_cost", "Buying from an API, list price blended", "USD per Mtok", "={model_#.price_usd_per_mtok}", "usd_per_mtok",
        strong=True),
)  # fmt: skip

BREAK_EVENS = (
    Heading("Own against rent"),
    Row("own_over_rent", "Owning over renting under a 3-year contract", "times",
        '=IF({rates.rent_rate}>0,{rates.own_rate}/{rates.rent_rate},"none")', "multiple",
        note="Both are paid used or not: below 1 owning is cheaper at any use."),
    Ingredient("rate_by_the_hour"),
    Row("use_by_the_hour", "Use above which owning beats renting by the hour", "share of hours",
        '=IF(N({rate_by_the_hour})=0,"not known",IF({rates.own_rate}>{rate_by_the_hour}+{rates.licences}+{rates.staff},'
        f'"{NEVER}",{{rates.own_rate}}/({{rate_by_the_hour}}+{{rates.licences}}+{{rates.staff}})))', "share",
        note="Renting by the hour pays only for the hours used. Market prices of this kind are of low confidence."),
    Row("months_to_own", "Months after which the investment is saved against renting", "months",
        '=IF({model_#.investment}=0,"none",IF({saved}>0,{model_#.investment}/{saved},' f'"{NEVER}"))', "months",
        note="At the running costs of today."),
    Row("saved", "Rent less running costs of owning, a month", "USD",
        "={fleet.gpus}*{hours_per_month}*({rates.usd_per_gpu_hour}+{rates.licences}+{rates.staff}-{running})", "usd"),
    Row("running", "Running costs of owning", RATE,
        "={rates.own_rate}-{rates.accelerator}-{rates.installation}", "usd_rate"),
    Heading("Own or rent against an API, at its price of today"),
    Row("own_use", "Use above which owning beats the API", "share of hours",
        f'=IF(AND(ISNUMBER({{own_use_needed}}),N({{own_use_needed}})<=1),{{own_use_needed}},"{NEVER}")', "share", strong=True),
    Row("own_use_needed", "... as computed; above 1 no use is enough", "share",
        '=IF({unit.api_cost}>0,{rates.own_rate}/({unit.full}*{unit.api_cost}),"none")', "factor"),
    Row("rent_use", "Use above which renting beats the API", "share of hours",
        f'=IF(AND(ISNUMBER({{rent_use_needed}}),N({{rent_use_needed}})<=1),{{rent_use_needed}},"{NEVER}")', "share", strong=True),
    Row("rent_use_needed", "... as computed; above 1 no use is enough", "share",
        '=IF({unit.api_cost}>0,{rates.rent_rate}/({unit.full}*{unit.api_cost}),"none")', "factor"),
    Row("own_volume", "Volume at which this fleet, owned, beats the API", "Mtok a month",
        f'=IF(ISTEXT({{own_use}}),"{NEVER}",IF({{unit.api_cost}}>0,{{fleet.gpus}}*{{hours_per_month}}*{{rates.own_rate}}'
        '/{unit.api_cost},"none"))', "mtok", strong=True,
        note="Its cost a month over the price of a token."),
    Row("rent_volume", "Volume at which this fleet, rented, beats the API", "Mtok a month",
        f'=IF(ISTEXT({{rent_use}}),"{NEVER}",IF({{unit.api_cost}}>0,{{fleet.gpus}}*{{hours_per_month}}*{{rates.rent_rate}}'
        '/{unit.api_cost},"none"))', "mtok", strong=True),
    Row("smallest", "... and at which the smallest fleet, owned, does", "Mtok a month",
        f'=IF(ISTEXT({{own_use}}),"{NEVER}",IF({{unit.api_cost}}>0,{{fleet.gpus_per_rack}}*{{hours_per_month}}'
        '*{rates.own_rate}/{unit.api_cost},"none"))', "mtok", note="One rack, or one server. Below this volume buy from an API."),
    Row("own_price", "API price at which owning costs the same", "USD per Mtok", "={unit.own_cost}", "usd_per_mtok"),
    Row("margin_own", "Owning below the API price by", "share of the price",
        '=IF({unit.api_cost}>0,1-{unit.own_cost}/{unit.api_cost},"none")', "share"),
)  # fmt: skip

LIFETIME = (
    Row("sold", "Tokens served", "Mtok", "={model_#.sold:total}", "mtok"),
    Row("own_total", "Owning: investment and running costs less residual value", "USD", "={model_#.total_cost}", "usd",
        strong=True),
    Row("rent_total", "Renting: rent, licences, staff", "USD", "={rented_#.total_cost}", "usd", strong=True),
    Row("api_total", "API: the same tokens at its falling price", "USD", "={model_#.revenue:total}", "usd", strong=True),
    Row("own_lcot", "Owning: levelised cost of token", "USD per Mtok", "={model_#.lcot}", "usd_per_mtok", strong=True),
    Row("rent_lcot", "Renting: levelised cost of token", "USD per Mtok", "={rented_#.lcot}", "usd_per_mtok", strong=True),
    Row("api_lcot", "API: levelised price", "USD per Mtok",
        "=IF({sold}>0,SUMPRODUCT({model_#.revenue:all},{model_#.discount_factor:all})"
        '/SUMPRODUCT({model_#.sold:all},{model_#.discount_factor:all}),"none")', "usd_per_mtok", strong=True),
    Row("own_npv", "Owning instead of the API: net present value after tax", "USD", "={model_#.npv}", "usd"),
    Row("rent_npv", "Renting instead of the API: net present value after tax", "USD", "={rented_#.npv}", "usd"),
    Row("cheapest", "Cheapest of the three, levelised", "way",
        '=IF(COUNT({own_lcot},{rent_lcot},{api_lcot})=0,"none",CHOOSE(MATCH(MIN({own_lcot},{rent_lcot},{api_lcot}),'
        '{own_lcot}:{api_lcot},0),"own","rent","API"))', "text", strong=True),
)  # fmt: skip


def sheets(platforms: tuple[str, ...]) -> dict[str, tuple[Grid, ...]]:
    """The grids of each sheet, by its name."""
    columns = per_platform(len(platforms))
    return {
        RATES: (
            Grid("fleet", "The fleet that serves the demand", columns, FLEET),
            Grid("rates", "The rate, line by line", columns, BUILD_UP),
            Grid("unit", "Cost of a million tokens at the highest planned use", columns, UNIT_COST),
            Grid("life", "Over the horizon", columns, LIFETIME),
        ),
        BREAK_EVEN: (
            Grid("even", "Where one way becomes cheaper than another", columns, BREAK_EVENS),
            uses(platforms),
        ),
        LIMITS: (Grid("limit", "Is this throughput physically possible?", columns, LIMIT_LINES),),
    }


def uses(platforms: tuple[str, ...]) -> Grid:
    """Cost of a million tokens at several uses: a fixed rate over more and more tokens, and the API's price."""
    lines = [
        Row("use", "Share of hours used", "share", "=INDEX({lists.uses},COLUMNS($C$1:{heading}))", "share", strong=True)
    ]
    for key, word, rate in (("own", "Owning", "own_rate"), ("rent", "Renting", "rent_rate")):
        lines.append(Heading(f"{word}, per Mtok"))
        lines += [
            Row(f"{key}_{n}", platform, "USD per Mtok", f"={{rates_{n}.{rate}}}/({{unit_{n}.full}}*{{use}})",
                "usd_per_mtok")
            for n, platform in enumerate(platforms, 1)
        ]  # fmt: skip
    lines += [
        Heading("API, per Mtok"),
        Row("api", "List price, blended", "USD per Mtok", "={unit_1.api_cost}", "usd_per_mtok"),
    ]
    columns = tuple(f"Use {step}" for step in range(1, len(USES) + 1))
    return Grid("uses", "Cost of a million tokens over use", columns, tuple(lines), scope="")
