"""The audit sheets of the ``claims`` template: what each claim implies, in native formulas, beside what was measured.

A grid is a claim, a column one side of its comparison or one way to see it. In a formula ``#`` is the number of the
column; on these sheets no text format with that sign is used.
"""

from __future__ import annotations

from tokenbook.templates.models.claims.inputs import CLAIM_GROUPS, LIMIT_COLUMNS, LIMIT_GROUPS, MOST_YEARS, VIEWS
from tokenbook.templates.sheets.grid import Grid
from tokenbook.templates.sheets.rows import Constant, Heading, Ingredient, Line, Row

MTOK, TOK_S, RATE = "USD per Mtok", "tok/s per GPU", "USD per GPU-hour"
MTOK_HOUR = "*{inputs.seconds_per_hour}/{inputs.tokens_per_mtok}"  # after tok/s: Mtok an hour
HOURS = "{inputs.hours_per_month}*{inputs.months_per_year}"  # a year
COLUMNS = {group.key: group.columns for group in (*CLAIM_GROUPS, *LIMIT_GROUPS)}


def _grid(key: str, title: str, *lines: Line, columns: tuple[str, ...] = (), also: tuple[str, ...] = ()) -> Grid:
    return Grid(key, title, columns or COLUMNS[key], lines, f"{key}_#", also)


PARTS = _grid(
    "parts", "The 15x from measured and listed parts",
    Ingredient("parts_throughput"), Ingredient("parts_input"), Ingredient("parts_output"), Ingredient("parts_rate"),
    Row("price", "Blended price at the shape of the claim", MTOK,
        "=({inputs.claim_isl}*{parts_input}+{inputs.claim_osl}*{parts_output})/({inputs.claim_isl}+{inputs.claim_osl})",
        "usd_per_mtok", note="Columns: median listed price or DeepSeek's own. Listed is what is asked, not what is earned."),
    Row("mtok_hour", "Tokens of a GPU in an hour, all sold", "Mtok", "={parts_throughput}" + MTOK_HOUR, "factor"),
    Row("cost", "Cost per million tokens", MTOK, "={parts_rate}/{mtok_hour}", "usd_per_mtok"),
    Row("multiple", "Revenue over cost", "multiple", "={mtok_hour}*{price}/{parts_rate}", "multiple", strong=True,
        note="Fully used, at flat prices, before discounting and tax: a multiple of gross revenue."),
    Row("net", "Net return: (revenue - cost) / cost", "multiple", "=({mtok_hour}*{price}-{parts_rate})/{parts_rate}", "multiple"),
    Row("revenue", "Revenue of the same GPUs in the same time", "USD",
        "={mtok_hour}*{price}*{inputs.claim_gpus}*{inputs.claim_years}*" + HOURS, "usd"),
    Row("investment", "Cost of the same GPUs in the same time", "USD",
        "={parts_rate}*{inputs.claim_gpus}*{inputs.claim_years}*" + HOURS, "usd",
        note="Beside the stated investment: an all-in cost of the whole time, not the price of a rack."),
)  # fmt: skip
OTHER15 = _grid(
    "other15", "The other fifteen: throughput over H200",
    Ingredient("other15_h200"),
    Row("claimed", "Throughput claimed over it", "multiple", "={inputs.claim_throughput}/{other15_h200}", "multiple"),
    Row("measured", "Throughput measured over it", "multiple", "={inputs.parts_1.parts_throughput}/{other15_h200}", "multiple",
        strong=True),
    Row("beyond", "Stated over measured", "times", "={inputs.other15_ratio}/{measured}", "multiple"),
)  # fmt: skip
COST35 = _grid(
    "cost35", "35 times lower cost, at one point",
    Ingredient("cost35_throughput"), Ingredient("cost35_rate"),
    Row("cost", "Cost recomputed", MTOK, "={cost35_rate}/({cost35_throughput}" + MTOK_HOUR + ")", "usd_per_mtok", strong=True),
    Ingredient("cost35_stated"),
    Row("gap", "Recomputed over stated, less 1", "share", "={cost}/{cost35_stated}-1", "share",
        note="4.20 is printed for H200; 90 tok/s per GPU does not give it."),
    Row("needed", "Throughput at which the stated cost holds", TOK_S,
        "={cost35_rate}/({cost35_stated}" + MTOK_HOUR + ")", "number"),
    Ingredient("cost35_rate_new"),
    Row("cost_new", "Cost at the newest rates", MTOK, "={cost35_rate_new}/({cost35_throughput}" + MTOK_HOUR + ")", "usd_per_mtok"),
    Constant("ratio", "Ratio from unrounded figures", "multiple", "={cost35_2.cost}/{cost35_1.cost}", "multiple", True),
    Constant("ratio_printed", "Ratio of the printed costs", "multiple", "={cost35_2.cost35_stated}/{cost35_1.cost35_stated}", "multiple"),
    Constant("ratio_new", "Ratio at the newest rates", "multiple", "={cost35_2.cost_new}/{cost35_1.cost_new}", "multiple"),
    Constant("throughput_ratio", "... of which throughput", "multiple",
             "={cost35_1.cost35_throughput}/{cost35_2.cost35_throughput}", "multiple"),
    Constant("low", "Measured against Hopper at 40 tok/s/user", "multiple", "={inputs.cost35_low}", "multiple"),
    Constant("high", "Measured against Hopper at 116 tok/s/user", "multiple", "={inputs.cost35_high}", "multiple"),
)  # fmt: skip
COST15 = _grid(
    "cost15", "15 times lower cost (not the return)",
    Ingredient("cost15_throughput"), Ingredient("cost15_rate"),
    Row("cost", "Cost at the highest throughput of each", MTOK, "={cost15_rate}/({cost15_throughput}" + MTOK_HOUR + ")",
        "usd_per_mtok", strong=True),
    Row("ratio", "Cost over that of GB200 NVL72", "multiple", "={cost}/{cost15_1.cost}", "multiple", strong=True,
        note="The claim names no model, shape, speed or rate. The newest generation before is H200."),
    Row("beyond", "Stated over measured", "times", "={inputs.cost15_ratio}/{ratio}", "multiple"),
)  # fmt: skip
MW50 = _grid(
    "mw50", "50 times per megawatt, up to",
    Ingredient("cost35_throughput"), Ingredient("mw50_kw_then"),
    Row("then", "Throughput per megawatt, power of the time", "tok/s per MW",
        "={cost35_throughput}*{inputs.kw_per_mw}/{mw50_kw_then}", "count"),
    Ingredient("mw50_kw_corrected"),
    Row("corrected", "Throughput per megawatt, corrected power", "tok/s per MW",
        "={cost35_throughput}*{inputs.kw_per_mw}/{mw50_kw_corrected}", "count"),
    Constant("ratio_then", "Ratio with the power of the time", "multiple", "={mw50_1.then}/{mw50_2.then}", "multiple", True),
    Constant("ratio_corrected", "Ratio with the corrected power", "multiple", "={mw50_1.corrected}/{mw50_2.corrected}", "multiple", True),
    Constant("lost", "Share of the ratio that the correction takes", "share", "=1-{mw50.ratio_corrected}/{mw50.ratio_then}", "share"),
    also=("inputs.cost35_#",),
)  # fmt: skip
MW10 = _grid(
    "mw10", "10 times per megawatt, up to",
    Ingredient("mw10_kw_then"), Ingredient("mw10_kw_corrected"),
    Row("shift", "Throughput per megawatt by the correction", "times", "={mw10_kw_then}/{mw10_kw_corrected}", "factor"),
    Constant("measured", "Ratio measured, power of the time", "multiple", "={inputs.mw10_measured}", "multiple", True),
    Constant("corrected", "Ratio measured, corrected power", "multiple", "={inputs.mw10_measured}*{mw10_1.shift}/{mw10_2.shift}", "multiple", True),
    Constant("beyond", "Stated over measured", "times", "={inputs.mw10_ratio}/{mw10.measured}", "multiple"),
)  # fmt: skip
MWB200 = _grid(
    "mwb200", "B200: GPT-OSS-120B, 90 tok/s/user",
    Ingredient("mwb200_tok_s"), Ingredient("mwb200_kw_then"), Ingredient("mwb200_kw_corrected"),
    Row("corrected", "Throughput per megawatt, corrected power", "tok/s per MW",
        "={mwb200_tok_s}*{mwb200_kw_then}/{mwb200_kw_corrected}", "count"),
    Constant("ratio", "Ratio with the power of the time", "multiple", "={mwb200_1.mwb200_tok_s}/{mwb200_2.mwb200_tok_s}", "multiple", True),
    Constant("ratio_corrected", "Ratio with the corrected power", "multiple", "={mwb200_1.corrected}/{mwb200_2.corrected}", "multiple"),
)  # fmt: skip
CENTS = _grid(
    "cents", "One measured point at five rates; another shape",
    Ingredient("cents_throughput"), Ingredient("cents_rate"), Ingredient("cents_isl"), Ingredient("cents_osl"),
    Row("cost", "Cost per million tokens, input plus output", MTOK, "={cents_rate}/({cents_throughput}" + MTOK_HOUR + ")",
        "usd_per_mtok", strong=True, note="Fully used. The rate contains electricity."),
    Row("cost_output", "... if all is charged to output tokens", MTOK, "={cost}*({cents_isl}+{cents_osl})/{cents_osl}", "usd_per_mtok",
        note="MLPerf counts output tokens only: such a figure is never compared with one of total tokens."),
    Row("over", "Cost over the stated one", "times", "={cost}/{inputs.cents_cost}", "multiple"),
    Row("needed", "Utilisation at which the stated cost holds", "share", '=IF({over}>1,"none",{over})', "share"),
    Row("stated", "Cost stated", MTOK, "={inputs.cents_cost}", "usd_per_mtok"),
    Constant("fall", "Fall stated: two months earlier over now", "times", "={inputs.cents_before}/{inputs.cents_cost}", "multiple"),
)  # fmt: skip
CENTS_USE = Grid("cents_use", "What utilisation makes of it", tuple("={inputs.cents_#.cents_use}" for _ in COLUMNS["cents"]), (
    Row("owned", "Owned, rate of 2025-10", MTOK, "={cents_1.cost}/{cents_use}", "usd_per_mtok"),
    Row("rented", "Rented, newest rate", MTOK, "={cents_5.cost}/{cents_use}", "usd_per_mtok"),
    Row("over", "Owned, over the stated cost", "times", "={owned}/{inputs.cents_cost}", "multiple"),
), "cents_#", heading_kind="share")  # fmt: skip
SOFTWARE = _grid(
    "software", "Gains measured on DeepSeek-R1",
    Ingredient("software_measured"), Ingredient("software_measured_months"),
    Row("monthly", "Rate a month", "share a month", "={software_measured}^(1/{software_measured_months})-1", "share"),
    Row("in_time", "Gain in the stated time at that rate", "times", "=(1+{monthly})^{inputs.software_stated_months}", "multiple",
        strong=True),
    Row("needed", "Months to the stated gain at that rate", "months",
        '=IF({software_measured}>1,LN({inputs.software_stated})/LN(1+{monthly}),"never")', "months"),
    Row("beyond", "Stated gain over measured gain", "times", "={inputs.software_stated}/{software_measured}", "multiple",
        note="Other models and platforms; MI355X changed its configuration too. MLPerf counts output tokens."),
    Constant("stated_monthly", "Rate a month that the claim implies", "share a month",
             "={inputs.software_stated}^(1/{inputs.software_stated_months})-1", "share", True),
    Constant("stated_year", "... which in a year would be", "times",
             "={inputs.software_stated}^({inputs.months_per_year}/{inputs.software_stated_months})", "count"),
    Constant("by_cents", "Gain in the printed costs (two cents)", "times", "={inputs.cents_before}/{inputs.cents_cost}", "multiple"),
)  # fmt: skip

# The most that memory lets a GPU decode. Where the speed is not stated, the batch and so the limit are unknown.
LIMIT_LINES = (
    Ingredient("limit_throughput"), Ingredient("limit_speed"), Ingredient("limit_isl"), Ingredient("limit_osl"),
    Ingredient("limit_sharing"), Ingredient("limit_hbm"), Ingredient("limit_total"), Ingredient("limit_active"),
    Ingredient("limit_bits"), Ingredient("limit_kv"), Ingredient("limit_step"),
    Heading("What follows"),
    Row("output", "Output tokens", TOK_S, "={limit_throughput}*{limit_osl}/({limit_isl}+{limit_osl})", "number"),
    Row("batch", "Sequences decoded together", "sequences", '=IF({limit_speed}="","",{output}*{limit_sharing}/{limit_speed})', "number",
        note="Output of all GPUs that share the model over the speed of one user."),
    Row("known", "Limit can be computed", "1 or 0", '=IF(OR({batch}="",{limit_total}="",{limit_active}=""),0,1)', "flag"),
    Row("weights", "Weights read a step", "GB",
        '=IF({known}=1,MIN({limit_total},{limit_active}*{batch})*{limit_bits}/{inputs.bits_per_byte},"")', "number",
        note="At most all, and at most the active ones of each sequence (mixture of experts)."),
    Row("cache", "Cache read a step", "GB", '=IF({known}=1,{batch}*{limit_isl}*{limit_kv}/{inputs.kb_per_gb},"")', "number"),
    Row("most", "The most that memory allows, output tokens", TOK_S,
        '=IF({known}=1,{batch}*{limit_hbm}*{inputs.gb_per_tb}*{limit_step}/({weights}+{cache}),"")', "number", strong=True),
    Row("used", "Claimed over the most", "share", '=IF({known}=1,{output}/{most},"")', "share", strong=True),
    Row("verdict", "Verdict", "", '=IF({known}=0,"not checked",IF({used}>1,"above the limit","within the limit"))', "text"),
)  # fmt: skip
LIMIT = Grid("limit", "Is it physically possible?", (*LIMIT_COLUMNS, "Your claim"), LIMIT_LINES, "limit_#")

YOUR = Grid("your", "What your claim implies", ("Your claim",), (
    Ingredient("your_investment"), Ingredient("your_revenue"), Ingredient("your_gpus"), Ingredient("your_years"),
    Ingredient("your_throughput"),
    Row("gpu_hours", "GPU-hours", "hours", "={your_gpus}*{your_years}*" + HOURS, "count"),
    Row("mtok", "Tokens sold", "Mtok", "={gpu_hours}*{your_throughput}*{inputs.view_1.view_utilization}" + MTOK_HOUR, "mtok"),
    Row("price", "Price at which they are sold", MTOK, "={your_revenue}/{mtok}", "usd_per_mtok", strong=True),
    Row("rate", "Investment per GPU-hour", RATE, "={your_investment}/{gpu_hours}", "usd_rate"),
    Row("cost", "Cost per million tokens", MTOK, "={your_investment}/{mtok}", "usd_per_mtok", strong=True),
    Row("multiple", "Revenue over investment", "multiple", "={your_revenue}/{your_investment}", "multiple", strong=True,
        note="A revenue multiple is not a return."),
    Row("net", "Net return: (revenue - investment) / investment", "multiple",
        "=({your_revenue}-{your_investment})/{your_investment}", "multiple", strong=True),
), "your_#")  # fmt: skip
FLOWS = Grid("flow", "Year by year", tuple(f"Year {year}" for year in range(1, MOST_YEARS + 1)), (
    Row("year", "Year", "year", "=N({year:prev})+1", "month"),
    Row("share", "Share of the year within the claim", "share", "=MAX(0,MIN(1,{inputs.your_years}-{year}+1))", "share"),
    *(
        Row(f"revenue_{n}", f"Revenue, {view[0].lower() + view[1:]}", "USD",
            "={share}*{inputs.your_revenue}/{inputs.your_years}"
            f"*{{inputs.view_{n}.view_utilization}}/{{inputs.view_1.view_utilization}}"
            f"*{{inputs.view_{n}.view_factor}}^(1-{{year}})", "usd")
        for n, view in enumerate(VIEWS, 1)
    ),
    Row("discount", "Discount factor, end of the year", "times", "=(1+{inputs.discount_rate})^-{year}", "factor"),
), "flow_#")  # fmt: skip
LEFT = Grid("left", "What is left of it", VIEWS, (
    Ingredient("view_utilization"), Ingredient("view_factor"),
    Row("revenue", "Revenue", "USD", "=SUM({flow.revenue_#:all})", "usd"),
    Row("multiple", "Revenue over investment", "multiple", "={revenue}/{inputs.your_investment}", "multiple", strong=True),
    Row("net", "Net return", "multiple", "=({revenue}-{inputs.your_investment})/{inputs.your_investment}", "multiple", strong=True),
    Row("npv", "Net present value, revenue at the end of each year", "USD",
        "=SUMPRODUCT({flow.revenue_#:all},{flow.discount:all})-{inputs.your_investment}", "usd", strong=True),
    Row("mtok", "Tokens sold", "Mtok",
        "={your_1.gpu_hours}*{inputs.your_throughput}*{view_utilization}" + MTOK_HOUR, "mtok"),
    Row("cost", "Cost per million tokens", MTOK, "={inputs.your_investment}/{mtok}", "usd_per_mtok"),
), "view_#")  # fmt: skip
BESIDE = Grid("beside", "Beside the catalogue", ("={inputs.p#.platform}",), (
    Ingredient("tok_s_per_gpu"), Ingredient("owner_usd_per_gpu_hour"), Ingredient("rental_usd_per_gpu_hour"), Ingredient("kw_per_gpu"),
    Ingredient("isl"), Ingredient("osl"), Ingredient("usd_per_mtok_input"), Ingredient("usd_per_mtok_output"),
    Row("price", "Listed price, blended", MTOK,
        "=({isl}*{usd_per_mtok_input}+{osl}*{usd_per_mtok_output})/({isl}+{osl})", "usd_per_mtok"),
    Row("cost", "Cost at the owner's rate, fully used", MTOK, "={owner_usd_per_gpu_hour}/({tok_s_per_gpu}" + MTOK_HOUR + ")", "usd_per_mtok"),
    Row("cost_rented", "Cost rented, at your utilisation", MTOK,
        "={rental_usd_per_gpu_hour}/({tok_s_per_gpu}*{inputs.view_2.view_utilization}" + MTOK_HOUR + ")", "usd_per_mtok"),
    Row("kwh", "Electricity inside those rates", "kWh per Mtok", "={kw_per_gpu}/({tok_s_per_gpu}" + MTOK_HOUR + ")", "factor"),
    Heading("Claimed over catalogue"),
    Row("over_throughput", "Throughput", "times", "={inputs.your_throughput}/{tok_s_per_gpu}", "multiple"),
    Row("over_rate", "Investment per GPU-hour, over the owner's rate", "times", "={your_1.rate}/{owner_usd_per_gpu_hour}", "multiple"),
    Row("over_rental", "... over the rent", "times", "={your_1.rate}/{rental_usd_per_gpu_hour}", "multiple"),
    Row("over_price", "Price implied, over the listed one", "times", "={your_1.price}/{price}", "multiple"),
    Row("over_cost", "Cost implied, over the owner's", "times", "={your_1.cost}/{cost}", "multiple"),
    Row("stated_cost", "Cost implied, over the one stated", "times", '=IF({inputs.your_cost}="","",{your_1.cost}/{inputs.your_cost})', "multiple"),
), "p#")  # fmt: skip

PAGES = (  # sheet, subtitle, grids
    ("Claim measured", "The 15x once more, from what was measured and what is listed, and the other fifteen beside it.", (PARTS, OTHER15)),
    ("Cost", "The claims of lower cost, recomputed from their own figures and beside measurements.", (COST35, COST15)),
    ("Power", "The claims per megawatt, with the power figures of the time and with the corrected ones.", (MW50, MW10, MWB200)),
    ("Two cents", "Two cents per million tokens: at which rate, of which tokens, at which utilisation.", (CENTS, CENTS_USE)),
    ("Software", "Five times by software in two months, beside gains that were measured on dated rows.", (SOFTWARE,)),
    ("Memory limit", "Each decoded token reads weights and cache: more output than bandwidth over bytes is impossible.", (LIMIT,)),
)  # fmt: skip
YOUR_PAGE = (YOUR, LEFT, FLOWS, BESIDE)
