"""The deployment model in native formulas: the block that every template with a time axis shares.

It says the same as ``tokenbook.udfs.kernels.deployment`` in the language of the sheet; the Checks sheet compares the two to
1e-9 in every month. One block is one platform; its inputs come from the platform's column of the Inputs sheet.
"""

from __future__ import annotations

from tokenbook.templates.sheets.rows import Block, Constant, Heading, Ingredient, Row

METHODS = ("SL", "SYD", "DDB", "MACRS5", "UNITS")

INGREDIENTS = (
    Heading("Inputs of this platform"),
    *(
        Ingredient(key)
        for key in (
            "gpus",
            "tok_s_per_gpu",
            "software_gain",
            "software_months",
            "software_annual_gain",
            "utilization_start",
            "utilization_end",
            "ramp_months",
            "ramp_shape",
            "availability",
            "demand_mtok_per_month",
            "demand_growth_per_year",
            "demand_cv",
            "price_annual_factor",
            "price_floor",
            "acquisition",
            "capex_usd_per_gpu",
            "installation_share",
            "usd_per_gpu_hour",
            "kw_per_gpu",
            "pue",
            "usd_per_kwh",
            "hosting_usd_per_kw_month",
            "maintenance_share_per_year",
            "software_usd_per_gpu_month",
            "staff_usd_per_month",
            "inflation_per_year",
            "depreciation_method",
            "depreciation_years",
            "residual_share",
            "tax_rate",
            "discount_rate",
            "timing",
            "gpus_per_rack",
            "months",
            "hours_per_month",
            "months_per_year",
            "seconds_per_hour",
            "tokens_per_mtok",
        )
    ),
)

PRICE = (
    Heading("Price of a blended million tokens"),
    Ingredient("isl"),
    Ingredient("osl"),
    Ingredient("usd_per_mtok_input"),
    Ingredient("usd_per_mtok_output"),
    Ingredient("cached_share"),
    Ingredient("cached_price_ratio"),
    Constant(
        "price_usd_per_mtok",
        "Blended price today",
        "USD per Mtok",
        "=({isl}*{usd_per_mtok_input}*(1-{cached_share}*(1-{cached_price_ratio}))+{osl}*{usd_per_mtok_output})"
        "/({isl}+{osl})",
        "usd_per_mtok",
    ),
)

CONSTANTS = (
    Heading("Constants"),
    Constant("installation_usd_per_gpu", "Installation", "USD per GPU", "={capex_usd_per_gpu}*{installation_share}", "usd"),
    Constant("owned", "Owned", "1 or 0", '=IF({acquisition}="own",1,0)', "flag"),
    Constant("rented", "Rented", "1 or 0", "=1-{owned}", "flag"),
    Constant("mid_period", "Cash flows fall mid-month", "1 or 0", '=IF({timing}="mid",1,0)', "flag"),
    Constant("s_shaped", "Ramp is S-shaped", "1 or 0", '=IF({ramp_shape}="logistic",1,0)', "flag"),
    Constant("demand_limited", "Demand is limited", "1 or 0", '=IF({demand_mtok_per_month}="",0,1)', "flag"),
    Constant("sigma", "Spread of demand", "log", "=SQRT(LN(1+{demand_cv}^2))", "factor"),
    Constant("investment", "Investment", "USD", "={owned}*{gpus}*({capex_usd_per_gpu}+{installation_usd_per_gpu})", "usd"),
    Constant("residual_value", "Residual value in the last month", "USD",
             "={owned}*{residual_share}*{gpus}*{capex_usd_per_gpu}", "usd"),
    Constant("life_months", "Life for depreciation", "months", "={depreciation_years}*{months_per_year}", "months"),
    Constant("method", "Depreciation method, position in the list", "position",
             "=MATCH({depreciation_method},{lists.depreciation_method},0)", "flag"),
    Constant("monthly_rate", "Discount rate a month", "share", "=(1+{discount_rate})^(1/{months_per_year})-1", "factor"),
    Constant("annuity", "Capital recovery a month", "USD a month",
             "=IF({monthly_rate}=0,({investment}-{residual_value})/{months},"
             "({investment}-{residual_value}/(1+{monthly_rate})^{months})"
             "*{monthly_rate}/(1-(1+{monthly_rate})^-{months}))", "usd"),
    Constant("full_rack_hours", "GPU-hours a month at full availability", "hours",
             "={gpus}*{hours_per_month}*{availability}", "count"),
)  # fmt: skip

VOLUME = (
    Heading("Volume"),
    Row("software", "Software multiplier", "times",
        "={software_gain}^IF({software_months}=0,1,MIN(1,{month}/{software_months}))"
        "*(1+{software_annual_gain})^(MAX(0,{month}-{software_months})/{months_per_year})", "factor"),
    Row("ramp_progress", "Progress of the ramp", "share",
        "=IF({ramp_months}=0,1,MIN(1,{month}/{ramp_months}))", "share"),
    Row("ramp_share", "Share of the ramp reached", "share",
        "=IF({s_shaped}=1,(1/(1+EXP({logistic_slope}*({logistic_middle}-{ramp_progress})))"
        "-1/(1+EXP({logistic_slope}*{logistic_middle})))"
        "/(1/(1+EXP({logistic_slope}*({logistic_middle}-1)))-1/(1+EXP({logistic_slope}*{logistic_middle}))),"
        "{ramp_progress})", "share"),
    Row("utilization", "Utilisation", "share of capacity",
        "={utilization_start}+({utilization_end}-{utilization_start})*{ramp_share}", "share"),
    Row("full_output", "Output at full use", "Mtok",
        "={operating}*{full_rack_hours}*{tok_s_per_gpu}*{software}*{seconds_per_hour}/{tokens_per_mtok}",
        "mtok", "sum"),
    Row("capacity", "Capacity", "Mtok", "={full_output}*{utilization}", "mtok", "sum"),
    Row("demand", "Demand", "Mtok",
        "={demand_limited}*{operating}*N({demand_mtok_per_month})"
        "*(1+{demand_growth_per_year})^({month}/{months_per_year})", "mtok", "sum"),
    Row("sold_as_planned", "Sold if demand came as planned", "Mtok",
        "=IF({demand_limited}=1,MIN({demand},{capacity}),{capacity})", "mtok", "sum"),
    Row("volatile", "Demand is volatile", "1 or 0",
        "=IF(AND({demand_limited}=1,{demand_cv}>0,{demand}>0,{capacity}>0),1,0)", "flag"),
    Row("headroom", "Capacity over demand", "log, in spreads",
        "=IF({volatile}=1,LN({capacity}/{demand})/{sigma},0)", "factor"),
    Row("sold", "Sold", "Mtok",
        "=IF({volatile}=1,{demand}*NORMSDIST({headroom}-{sigma}/2)+{capacity}*NORMSDIST(-{headroom}-{sigma}/2),"
        "{sold_as_planned})", "mtok", "sum", True),
)  # fmt: skip

MONEY = (
    Heading("Revenue and running costs"),
    Row("price", "Price", "USD per Mtok",
        "=MAX({price_floor},{price_usd_per_mtok}*{price_annual_factor}^(-{month}/{months_per_year}))", "usd_per_mtok"),
    Row("revenue", "Revenue", "USD", "={sold}*{price}", "usd", "sum", True),
    Row("inflation", "Inflation", "times", "=(1+{inflation_per_year})^({month}/{months_per_year})", "factor"),
    Row("energy", "Electricity", "USD",
        "={operating}*{owned}*{full_rack_hours}*{kw_per_gpu}*{pue}*{usd_per_kwh}*{inflation}", "usd", "sum"),
    Row("hosting", "Hosting", "USD",
        "={operating}*{owned}*{gpus}*{kw_per_gpu}*{hosting_usd_per_kw_month}*{inflation}", "usd", "sum"),
    Row("maintenance", "Maintenance", "USD",
        "={operating}*{owned}*{maintenance_share_per_year}*{gpus}*{capex_usd_per_gpu}/{months_per_year}*{inflation}",
        "usd", "sum"),
    Row("licences", "Software licences", "USD",
        "={operating}*{gpus}*{software_usd_per_gpu_month}*{inflation}", "usd", "sum"),
    Row("staff", "Staff", "USD", "={operating}*{staff_usd_per_month}*{inflation}", "usd", "sum"),
    Row("rent", "Rent at the all-in rate, used or not", "USD",
        "={operating}*{rented}*{gpus}*{usd_per_gpu_hour}*{hours_per_month}", "usd", "sum"),
    Row("opex", "Running costs", "USD",
        "={energy}+{hosting}+{maintenance}+{licences}+{staff}+{rent}", "usd", "sum", True),
)  # fmt: skip

DEPRECIATION = (
    Heading("Depreciation"),
    Row("in_life", "Within the life", "1 or 0",
        "=IF(AND({month}>0,{month}<={life_months}),1,0)*{operating}", "flag"),
    Row("straight_line", "Straight line", "USD",
        "={in_life}*({investment}-{residual_value})/{life_months}", "usd", "sum"),
    Row("years_digits", "Sum of the digits", "USD",
        "={in_life}*({investment}-{residual_value})*({life_months}-{month}+1)/({life_months}*({life_months}+1)/2)",
        "usd", "sum"),
    Row("declining_opening", "Declining balance, opening", "USD",
        "=IF({month}=1,{investment},{declining_opening:prev}-{declining:prev})", "usd"),
    Row("declining", "Double declining, then straight line", "USD",
        "=IF({in_life}=1,MAX(0,MIN({declining_opening}-{residual_value},"
        "MAX({declining_opening}*{declining_factor}/{life_months},"
        "({declining_opening}-{residual_value})/({life_months}-{month}+1)))),0)", "usd", "sum"),
    Row("macrs", "MACRS, 5 years", "USD",
        "={operating}*{investment}*INDEX({lists.macrs5},MAX(1,MIN(ROWS({lists.macrs5}),{year})))/{months_per_year}",
        "usd", "sum"),
    Row("by_tokens", "By tokens sold", "USD",
        "=IF({sold:total}>0,({investment}-{residual_value})*{sold}/{sold:total},0)", "usd", "sum"),
    Row("depreciation", "Depreciation", "USD",
        "=CHOOSE({method},{straight_line},{years_digits},{declining},{macrs},{by_tokens})", "usd", "sum", True),
    Row("book_opening", "Net book value, opening", "USD",
        "=IF({month}=1,{investment},{book_closing:prev})*{operating}", "usd"),
    Row("book_closing", "Net book value, closing", "USD",
        "={book_opening}-{depreciation}", "usd", "={book_opening:start}"),
)  # fmt: skip

TAX = (
    Heading("Tax, with losses carried forward"),
    Row("ebit", "Operating profit (EBIT)", "USD", "={revenue}-{opex}-{depreciation}", "usd", "sum", True),
    Row("disposal_gain", "Gain or loss on disposal", "USD",
        "={final}*({residual_value}-{book_closing})", "usd", "sum"),
    Row("taxable", "Taxable before losses", "USD", "={ebit}+{disposal_gain}", "usd", "sum"),
    Row("losses_opening", "Losses carried forward, opening", "USD", "={losses_closing:prev}", "usd"),
    Row("losses_added", "Losses added", "USD", "=MAX(0,-{taxable})", "usd", "sum"),
    Row("losses_used", "Losses used", "USD", "=MIN({losses_opening},MAX(0,{taxable}))", "usd", "sum"),
    Row("losses_closing", "Losses carried forward, closing", "USD",
        "={losses_opening}+{losses_added}-{losses_used}", "usd"),
    Row("tax", "Tax", "USD", "={tax_rate}*(MAX(0,{taxable})-{losses_used})", "usd", "sum", True),
)  # fmt: skip

VALUATION = (
    Heading("Cash flow and value"),
    Row("investing", "Investment and residual value", "USD",
        "=IF({month}=0,-{investment},0)+{final}*{residual_value}", "usd", "sum"),
    Row("fcf", "Free cash flow", "USD", "={revenue}-{opex}-{tax}+{investing}", "usd", "sum", True),
    Row("cumulative_cash", "Cumulative cash", "USD", "={cumulative_cash:prev}+{fcf}", "usd"),
    Row("direction", "Direction of the last cash flow", "1 or -1",
        "=IF({fcf}=0,N({direction:prev}),SIGN({fcf}))", "flag"),
    Row("turn", "The cash flow turns", "1 or 0",
        "=IF({direction}*N({direction:prev})<0,1,0)", "flag", "sum"),
    Row("discount_factor", "Discount factor", "times",
        "=(1+{discount_rate})^(-({month}-{mid_period}*{operating}/2)/{months_per_year})", "factor"),
    Row("discounted_fcf", "Discounted cash flow", "USD", "={fcf}*{discount_factor}", "usd", "sum"),
    Row("npv_curve", "Net present value to date", "USD", "={npv_curve:prev}+{discounted_fcf}", "usd", "", True),
    Row("capital_recovery", "Capital recovery", "USD", "={operating}*{annuity}", "usd", "sum"),
    Row("cost_per_mtok", "Cost per million tokens", "USD per Mtok",
        "=IF({sold}>0,({opex}+{capital_recovery})/{sold},0)", "usd_per_mtok", "", True),
    Row("margin", "Gross margin", "share of revenue", "=IF({revenue}>0,({revenue}-{opex})/{revenue},0)", "share"),
)  # fmt: skip

PAYBACK = (
    Heading("Payback: the first return of the cash to zero after it was below"),
    Row("was_below", "Cash was below zero by now", "1 or 0",
        "=MAX({was_below:prev},IF({cumulative_cash}<0,1,0))", "flag"),
    Row("paid_back", "Paid back by now", "1 or 0",
        "=MAX({paid_back:prev},IF(AND({was_below}=1,{cumulative_cash}>=0),1,0))", "flag"),
    Row("payback_month", "Month of payback, interpolated", "months",
        "=IF({paid_back}>{paid_back:prev},{month}-IF({fcf}>0,MIN(1,{cumulative_cash}/{fcf}),0),0)", "months", "sum"),
)  # fmt: skip

STATIC = (
    Heading("Static twin: the same without software gains"),
    Row("capacity_static", "Capacity", "Mtok", "={capacity}/{software}", "mtok", "sum"),
    Row("headroom_static", "Capacity over demand", "log, in spreads",
        "=IF({volatile}=1,LN({capacity_static}/{demand})/{sigma},0)", "factor"),
    Row("sold_static", "Sold", "Mtok",
        "=IF({volatile}=1,{demand}*NORMSDIST({headroom_static}-{sigma}/2)"
        "+{capacity_static}*NORMSDIST(-{headroom_static}-{sigma}/2),"
        "IF({demand_limited}=1,MIN({demand},{capacity_static}),{capacity_static}))", "mtok", "sum"),
    Row("cost_per_mtok_static", "Cost per million tokens, static", "USD per Mtok",
        "=IF({sold_static}>0,({opex}+{capital_recovery})/{sold_static},0)", "usd_per_mtok"),
)  # fmt: skip

RESULTS = (
    Heading("Results"),
    Constant("npv", "Net present value", "USD", "={discounted_fcf:total}", "usd", True),
    Constant("inflows", "Months with money in", "USD", '=SUMIF({fcf:all},">0")', "usd"),
    Constant("outflows", "Months with money out", "USD", '=-SUMIF({fcf:all},"<0")', "usd"),
    # IRR() gives up when it starts far from the root: start where one payment in, at its mean month, would be.
    Constant("irr_guess", "Where the search for the IRR starts", "a month",
             "=IFERROR(({inflows}/{outflows})^({inflows}/SUMPRODUCT(({fcf:all}>0)*{fcf:all}*{month:all}))-1,0)", "factor"),
    Constant("irr", "Internal rate of return", "a year",
             '=IF({investment}=0,"none",IFERROR((1+IRR({fcf:all},{irr_guess}))^{months_per_year}-1,"none"))', "share"),
    Constant("payback", "Payback", "months",
             '=IF(SUM({paid_back:all})>0,{payback_month:total},IF(SUM({was_below:all})=0,0,"never"))', "months"),
    Constant("total_cost", "Total cost", "USD", "={investment}+{opex:total}-{residual_value}", "usd"),
    Constant("revenue_multiple", "Revenue over investment", "multiple",
             '=IF({investment}+{opex:total}>0,{revenue:total}/IF({owned}=1,{investment},{total_cost}),"none")', "multiple"),
    Constant("net_roi", "Net return: (revenue - cost) / cost", "share",
             '=IF({total_cost}>0,({revenue:total}-{total_cost})/{total_cost},"none")', "share", True),
    Constant("lcot", "Levelised cost of token (LCOT)", "USD per Mtok",
             "=IF({sold:total}>0,({investment}+SUMPRODUCT({opex:all},{discount_factor:all})"
             "-{residual_value}*SUMPRODUCT({final:all},{discount_factor:all}))"
             '/SUMPRODUCT({sold:all},{discount_factor:all}),"none")', "usd_per_mtok", True),
    Constant("cost_per_mtok_first", "Cost per million tokens, month 1", "USD per Mtok",
             '=IF(INDEX({sold:periods},1)>0,INDEX({cost_per_mtok:periods},1),"none")', "usd_per_mtok"),
    Constant("cost_per_mtok_last", "Cost per million tokens, last month", "USD per Mtok",
             '=IF(INDEX({sold:periods},{months})>0,INDEX({cost_per_mtok:periods},{months}),"none")', "usd_per_mtok"),
    Constant("racks", "Racks", "racks", "={gpus}/{gpus_per_rack}", "number"),
    Constant("revenue_per_rack_year", "Revenue per rack and year", "USD",
             "=IF({racks}>0,{revenue:total}/{racks}/({months}/{months_per_year}),0)", "usd"),
    Constant("megawatts", "Facility power", "MW", "={gpus}*{kw_per_gpu}*{pue}/{kw_per_mw}", "factor"),
    Constant("revenue_per_mw_year", "Revenue per megawatt and year", "USD",
             '=IF({megawatts}>0,{revenue:total}/{megawatts}/({months}/{months_per_year}),"none")', "usd"),
    Constant("gross_margin", "Gross margin over the horizon", "share",
             '=IF({revenue:total}>0,({revenue:total}-{opex:total})/{revenue:total},"none")', "share"),
    Constant("average_utilization", "Average utilisation sold", "share",
             '=IF({full_output:total}>0,{sold:total}/{full_output:total},"none")', "share"),
    Constant("peak_funding", "Deepest point of cumulative cash", "USD", "=MIN({cumulative_cash:all})", "usd"),
)  # fmt: skip


LINES = (
    *INGREDIENTS,
    Ingredient("logistic_slope"),
    Ingredient("logistic_middle"),
    Ingredient("declining_factor"),
    Ingredient("kw_per_mw"),
    *PRICE,
    *CONSTANTS,
    *VOLUME,
    *MONEY,
    *DEPRECIATION,
    *TAX,
    *VALUATION,
    *PAYBACK,
    *STATIC,
    *RESULTS,
)


def pick(*keys: str) -> tuple[Row | Constant | Ingredient, ...]:
    """Lines of the core by their keys, for a template that needs only a part of it."""
    known = {line.key: line for line in LINES if not isinstance(line, Heading)}
    return tuple(known[key] for key in keys)


def block(key: str, title: str, scope: str) -> Block:
    """The deployment model of one platform; ``scope`` is its column on the Inputs sheet."""
    return Block(key, title, LINES, scope)


def blocks(platforms: tuple[str, ...]) -> tuple[Block, ...]:
    """The model of each platform: blocks ``model_1``, ``model_2`` ... over the inputs of p1, p2 ..."""
    return tuple(block(f"model_{n}", f"Platform {n}: {name}", f"p{n}") for n, name in enumerate(platforms, 1))
