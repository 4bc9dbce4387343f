"""The ``business-case`` template: how to justify a GPU cluster where the payback of its price does not.

The traditional appraisal of a static asset stands beside token economics: throughput that grows with software, prices
that fall, utilisation that ramps up. One platform; low, base and high case; break-even after tax with its margin of
safety; rent and the API as alternatives; a page for the board. Read from the top: what is appraised, how it is put
together, what it says.
"""

from __future__ import annotations

from tokenbook.templates.models.business_case import inputs as case_inputs
from tokenbook.templates.models.business_case.inputs import BASE, CASES, HIGH, LOW, TRADITIONAL
from tokenbook.templates.models.shared import (
    break_even,
    by_period,
    core_inputs,
    decision_page,
    frame,
    headlines,
    reconciliation,
    risk_panel,
)
from tokenbook.templates.models.shared import deployment_core as core
from tokenbook.templates.models.shared.by_period import PeriodRow
from tokenbook.templates.models.shared.decision_page import Test
from tokenbook.templates.models.shared.function_panels import Panels
from tokenbook.templates.models.shared.options import Options
from tokenbook.templates.sheets import charts, citations, dashboard, grid, time_sheet
from tokenbook.templates.sheets.checks import Check, Group
from tokenbook.templates.sheets.dashboard import Figure
from tokenbook.templates.sheets.formula import Range
from tokenbook.templates.sheets.front import LAST_STEP, Cover
from tokenbook.templates.sheets.grid import Grid
from tokenbook.templates.sheets.rows import Block, Constant, Ingredient, Row
from tokenbook.templates.sheets.writer import Writer

DEFAULT_PLATFORMS = ("GB200 NVL72",)
CASE_SHEET, ANNUAL, APPRAISAL = "Cases", "By year", "Appraisal"
SHEETS = (
    "Cover", "Inputs", "Baselines", CASE_SHEET, "Model", break_even.SHEET, ANNUAL, APPRAISAL, decision_page.SHEET,
    risk_panel.NAME, "Panels", "Dashboard", "Checks", "Log", "Lists",
)  # fmt: skip
TITLES = (
    "Base case",
    "Low case",
    "High case",
    "Traditional view: the throughput, price and utilisation of today, for ever",
)
SHOWN = (TRADITIONAL, LOW, BASE, HIGH)  # from left to right

ALTERNATIVES = Block("other", "Alternatives: rent the same GPUs, or buy the tokens of the base case", (
    Ingredient("rental_usd_per_gpu_hour"),
    Row("proposal_cost", "The proposal: running costs and investment, less the residual value", "USD",
        "={model_1.opex}-{model_1.investing}", "usd", "sum"),
    Row("rent_cost", "Rent, licences and staff", "USD",
        "={operating}*{model_1.gpus}*N({rental_usd_per_gpu_hour})*{model_1.hours_per_month}+{model_1.licences}+{model_1.staff}",
        "usd", "sum"),
    Row("buy_cost", "The same tokens at the price of the market", "USD", "={model_1.sold}*{model_1.price}", "usd", "sum"),
))  # fmt: skip

YEAR_ROWS = (
    PeriodRow("sold", "Sold", "Mtok", "mtok"),
    PeriodRow("revenue", "Revenue", "USD", "usd"),
    PeriodRow("opex", "Running costs", "USD", "usd"),
    PeriodRow("capital_recovery", "Capital recovery", "USD", "usd"),
    PeriodRow("depreciation", "Depreciation", "USD", "usd"),
    PeriodRow("ebit", "Operating profit (EBIT)", "USD", "usd"),
    PeriodRow("disposal_gain", "Gain or loss on disposal", "USD", "usd"),
    PeriodRow("tax", "Tax", "USD", "usd"),
    PeriodRow("nopat", "Profit after tax", "USD", "usd", "={ebit}+{disposal_gain}-{tax}"),
    PeriodRow("opening", "Capital in use, opening", "USD", "usd",
              "=SUMIFS({model_#.book_opening:all},{time.month:all},({year.number}-1)*{inputs.months_per_year}+1)"),
    PeriodRow("closing", "Capital in use, closing", "USD", "usd", "={opening}-{depreciation}"),
    PeriodRow("roic", "Return on mean capital in use", "share", "share",
              '=IF({opening}>0,{nopat}/AVERAGE({opening},{closing}),"none")'),
    PeriodRow("fcf", "Free cash flow", "USD", "usd"),
    PeriodRow("cumulative", "Cumulative cash", "USD", "usd", "=SUM({fcf:to_date})"),
    PeriodRow("cost_per_mtok", "Cost per million tokens", "USD per Mtok", "usd_per_mtok",
              "=IF({sold}>0,({opex}+{capital_recovery})/{sold},0)"),
    PeriodRow("earned_per_mtok", "Price per million tokens", "USD per Mtok", "usd_per_mtok",
              "=IF({sold}>0,{revenue}/{sold},0)"),
)  # fmt: skip

CASE_HEADS = tuple(f"={{case_{number}.heading}}" for number in range(1, len(CASES) + 1))
EFFICIENCY = Grid("efficiency", "Traditional test and capital efficiency", CASE_HEADS, (
    Row("investment", "Investment", "USD", "={model_#.investment}", "usd"),
    Row("first_year", "Cash flow after tax of the first year, without the investment", "USD a month",
        "=(SUMIFS({model_#.revenue:all},{time.year:all},1)-SUMIFS({model_#.opex:all},{time.year:all},1)"
        "-SUMIFS({model_#.tax:all},{time.year:all},1))/MIN({model_#.months_per_year},{model_#.months})", "usd"),
    Row("simple_payback", "Simple payback: investment over that cash flow", "months",
        '=IF({first_year}>0,{investment}/{first_year},"never")', "months", strong=True,
        note="The traditional test belongs to the traditional view, where every month is as the first."),
    Row("payback", "Payback on cumulative cash", "months", "={model_#.payback}", "months"),
    Row("yearly_profit", "Mean profit a year, after tax", "USD a year",
        "=({model_#.ebit:total}+{model_#.disposal_gain:total}-{model_#.tax:total})*{model_#.months_per_year}/{model_#.months}",
        "usd"),
    Row("arr", "Accounting rate of return: that profit over the investment", "a year",
        '=IF({investment}>0,{yearly_profit}/{investment},"none")', "share"),
    Row("roic", "Return on invested capital: that profit over the mean book value", "a year",
        '=IF({investment}>0,{yearly_profit}/(SUM({model_#.book_opening:all})/{model_#.months}),"none")', "share"),
    Row("months_covered", "Months in which the price covers running costs and capital recovery", "months",
        "=SUMPRODUCT({time.operating:all}*({model_#.revenue:all}>={model_#.opex:all}+{model_#.capital_recovery:all}))", "month"),
    Row("npv", "Net present value", "USD", "={model_#.npv}", "usd", strong=True),
    Row("npv_per_usd", "Net present value per USD invested", "USD per USD", '=IF({investment}>0,{npv}/{investment},"none")',
        "number", strong=True),
    Row("profitability_index", "Profitability index: (NPV + investment) over investment", "times",
        '=IF({investment}>0,({npv}+{investment})/{investment},"none")', "number", note="Above 1 earns more than its capital."),
    Row("revenue_per_usd", "Revenue per USD of investment, over the horizon", "USD per USD",
        '=IF({investment}>0,{model_#.revenue:total}/{investment},"none")', "number", note="A multiple of revenue is no return."),
    Row("capacity_first", "Full output a month, month 1", "Mtok a month", "=INDEX({model_#.full_output:periods},1)", "mtok"),
    Row("capacity_last", "Full output a month, last month", "Mtok a month",
        "=INDEX({model_#.full_output:periods},{model_#.months})", "mtok"),
    Row("usd_per_capacity_first", "Investment per Mtok a month of full output, month 1", "USD per Mtok a month",
        '=IF({investment}*{capacity_first}>0,{investment}/{capacity_first},"none")', "usd_per_mtok"),
    Row("usd_per_capacity_last", "Investment per Mtok a month of full output, last month", "USD per Mtok a month",
        '=IF({investment}*{capacity_last}>0,{investment}/{capacity_last},"none")', "usd_per_mtok",
        note="Software makes the same capital more productive; a static view does not see it."),
), scope="view#")  # fmt: skip

OUTCOMES = Grid("outcome", "Cases by their odds", ("Low", "Base", "High"), (
    Row("odds", "Odds", "share", "={of.odds}", "share"),
    Row("npv", "Net present value", "USD", "={of.npv}", "usd", strong=True),
    Row("weighted", "Odds times value", "USD", "={odds}*{npv}", "usd"),
    Constant("expected", "Expected net present value", "USD", "=SUM({weighted:all})", "usd", True),
    Constant("chance_of_loss", "Odds of a case that loses", "share", '=SUMIF({npv:all},"<0",{odds:all})', "share"),
), also=("chance#",))  # fmt: skip

WAYS = Grid("way", "Three ways to the same tokens, before tax", ("Proposal", "Rent the GPUs", "Buy the tokens"), (
    Row("first_day", "Cash on day 0", "USD", "={cost:start}", "usd"),
    Row("total", "Cost over the horizon", "USD", "={cost:total}", "usd"),
    Row("value", "Present value of the cost", "USD", "=SUMPRODUCT({cost:all},{model_1.discount_factor:all})", "usd"),
    Constant("tokens", "Tokens of the base case, discounted", "Mtok",
             "=SUMPRODUCT({model_1.sold:all},{model_1.discount_factor:all})", "mtok"),
    Row("levelised", "Levelised cost per million tokens", "USD per Mtok", '=IF({tokens}*{total}>0,{value}/{tokens},"none")',
        "usd_per_mtok", strong=True, note="none: no rent of this platform is known; enter yours on Inputs."),
    Row("saving", "Saved against buying the tokens, present value", "USD",
        '=IF(ISNUMBER({levelised}),{way_3.value}-{value},"none")', "usd",
        note="Every token at the market's price of its month; the proposal must be as good and as fast as the API."),
), also=("costs#",))  # fmt: skip

KPIS = (
    Figure("investment", "Investment", "USD", "usd"),
    Figure("simple_payback", "Simple payback", "months", "months", "={efficiency_#.simple_payback}"),
    Figure("payback", "Payback on cumulative cash", "months", "months"),
    Figure("npv", "Net present value", "USD", "usd"),
    Figure("irr", "Internal rate of return", "a year", "share"),
    Figure("npv_per_usd", "NPV per USD invested", "USD", "number", "={efficiency_#.npv_per_usd}"),
    Figure("roic", "Return on invested capital", "a year", "share", "={efficiency_#.roic}"),
    Figure("revenue_per_usd", "Revenue per USD invested", "USD", "number", "={efficiency_#.revenue_per_usd}"),
    Figure("lcot", "Levelised cost of token", "USD per Mtok", "usd_per_mtok"),
    Figure("cost_per_mtok_first", "Cost per Mtok, month 1", "USD per Mtok", "usd_per_mtok"),
    Figure("cost_per_mtok_last", "Cost per Mtok, last month", "USD per Mtok", "usd_per_mtok"),
    Figure("usd_per_capacity_last", "Capex per Mtok a month, last", "USD", "usd_per_mtok",
           "={efficiency_#.usd_per_capacity_last}"),
    Figure("average_utilization", "Average utilisation sold", "share", "share"),
    Figure("peak_funding", "Deepest point of cash", "USD", "usd"),
)  # fmt: skip

TESTS = (
    Test("payback", "Simple payback of the traditional view (for information)", "months",
         f"={{efficiency_{TRADITIONAL}.simple_payback}}", "={inputs.payback_asked}", most=True),
    Test("base", "Net present value of the base case", "usd", f"={{model_{BASE}.npv}}", "=0"),
    Test("expected", "Expected net present value over the cases", "usd", "={outcome.expected}", "=0"),
    Test("low", "Net present value of the low case", "usd", f"={{model_{LOW}.npv}}", "=0"),
    Test("safety", "Smallest margin of safety: price, utilisation, throughput", "share",
         '=IF(COUNT({margin_1.safety},{margin_2.safety},{margin_3.safety})=0,"none",'
         "MIN({margin_1.safety},{margin_2.safety},{margin_3.safety}))", "={inputs.safety_asked}"),
    Test("rent", "Levelised cost against renting the same GPUs", "usd_per_mtok", "={way_1.levelised}", "={way_2.levelised}",
         most=True),
)  # fmt: skip


def compose(options: Options) -> Writer:
    """Write the workbook; cached values and dynamic arrays are added when the file is finished (``build``)."""
    setting = frame.settle(options, default_platforms=DEFAULT_PLATFORMS, most_platforms=1)
    setting.filled |= case_inputs.fill(setting.filler, setting.platforms[0])
    setting.listed += [case_inputs.SEARCH, *risk_panel.LISTS]
    sections = case_inputs.sections(setting.room, options.currency)
    writer = frame.start(setting, "Business case", SHEETS, sections)
    named = core_inputs.by_name(sections)
    grid.write(
        writer, CASE_SHEET, (case_inputs.CASE, case_inputs.ODDS), inputs=named,
        subtitle="What each case changes. All else is as on Inputs, in every case.",
    )  # fmt: skip
    case_inputs.give_each_case_its_inputs(writer)
    blocks = [core.block(f"model_{n}", TITLES[n - 1], f"view{n}") for n in range(1, len(CASES) + 1)]
    time_sheet.write(
        writer, "Model", (*blocks, ALTERNATIVES), months=setting.room, inputs=named,
        subtitle="The deployment model of each case, month by month, in native formulas.",
    )  # fmt: skip
    time_sheet.write(
        writer, break_even.SHEET, break_even.blocks(), months=setting.room, inputs=named, clock="search",
        timeline=time_sheet.FOLLOWING, tall=6,
        subtitle="How far price, volume or the accelerator price may miss the plan before the NPV after tax is zero.",
    )  # fmt: skip
    years = by_period.write(writer, CASES, setting.room, sheet_name=ANNUAL, rows=YEAR_ROWS, word="Case")
    write_appraisal(writer, named)
    write_decision(writer, setting)
    risk_panel.write(writer, f"{setting.platforms[0]}, base case")
    panels = Panels.begin(writer, CASES, setting.room)
    panels.deployment()
    break_even.panel(panels)
    risk_panel.panel(panels)
    found = panels.finish()
    risk_panel.results(writer)
    write_dashboard(writer, setting, years)
    groups = (*reconciliation.core_checks(CASES, found, word="Case"), *break_even.checks(found), own_checks())
    left_out = ("Not included", "Financing, VAT, idle power below full use, prices of input and output apart, quality of "
                "the model against the API, the value of options after the horizon.")  # fmt: skip
    return frame.finish(setting, writer, cover(frame.facts(setting, left_out)), groups)


def write_appraisal(writer: Writer, named) -> None:
    """The grids of results: capital efficiency, margin of safety, odds, alternatives."""
    book = writer.book
    break_even.name_levers(writer)
    for number, (case, odds) in enumerate(
        ((LOW, "inputs.probability_low"), (BASE, "odds.base"), (HIGH, "inputs.probability_high")), 1
    ):
        book.put(f"chance{number}.of.odds", book.find(odds))
        book.put(f"chance{number}.of.npv", book.find(f"model_{case}.npv"))
    for number, key in enumerate(("proposal_cost", "rent_cost", "buy_cost"), 1):
        book.put(f"costs{number}.cost", book.find(f"other.{key}"))
    grid.write(
        writer, APPRAISAL, (EFFICIENCY, OUTCOMES, WAYS, break_even.MARGIN, break_even.POINTS, break_even.AT_A_MOMENT),
        inputs=named, placed=lambda: break_even.name_points(writer),
        subtitle="The traditional test beside token economics; what a dollar of capital earns; how far the plan may be missed.",
    )  # fmt: skip


def own_checks() -> Group:
    """What must hold between the cases."""
    rows = (
        Check("Odds of the cases are not negative", "=MIN(0,{odds.base})", "=0", "share", scale="=1"),
        Check("Odds add up to 1", "=SUM({outcome.odds:all})", "=1", "share"),
        Check("Value of buying the tokens instead, less the cost of the proposal: its NPV before tax",
              "={way_3.value}-{way_1.value}",
              "={model_1.npv}+SUMPRODUCT({model_1.tax:all},{model_1.discount_factor:all})", "usd",
              scale="=MAX(1,{way_3.value}+{way_1.value})"),
        Check("By year: profit after tax and depreciation are the cash flow",
              "=SUM({year_1.nopat:all})+SUM({year_1.depreciation:all})-{model_1.disposal_gain:total}",
              "={model_1.fcf:total}-{model_1.investing:total}", "usd",
              scale="=MAX(1,{model_1.revenue:total}+{model_1.opex:total}+{model_1.investment})"),
    )  # fmt: skip
    return Group("Cases, alternatives and years", rows)


# --- what it says --------------------------------------------------------------------------------------------------

MILLIONS = 'TEXT({0}/1000000,"#,##0.0")&" million"'


def million(value: str) -> str:
    return MILLIONS.replace("{0}", value)


def months_or_never(value: str) -> str:
    return f'IF(ISNUMBER({value}),TEXT({value},"0.0")&" months","never")'


def share_or_none(value: str) -> str:
    return f'IF(ISNUMBER({value}),TEXT({value},"0%"),"none")'


def recommendation(writer: Writer) -> str:
    """One of three: approve, approve in stages, do not approve."""
    money = writer.currency
    base, low, expected = f"{{model_{BASE}.npv}}", f"{{model_{LOW}.npv}}", "{outcome.expected}"
    reject = (
        f'"Do not approve as proposed. "&IF({base}<0,"In the base case the cluster does not earn its cost of capital: net '
        f'present value {money} "&{million(base)}&".","Weighted by the odds of the cases it does not earn its cost of '
        f'capital: expected net present value {money} "&{million(expected)}&".")'
    )
    approve = (
        f'"Approve "&{{inputs.p1.gpus}}&" GPUs of "&{{inputs.p1.platform}}&": net present value {money} "&{million(base)}'
        f'&", expected over the cases "&{million(expected)}&", and in the low case still "&{million(low)}&"."'
    )
    staged = (
        f'"Approve in stages, with the conditions below: net present value {money} "&{million(base)}&", expected over the '
        f'cases "&{million(expected)}&", but "&IF({{test.low}}=0,"the low case loses "&{million(f"-{low}")},'
        'IF({test.safety}=0,"the margin of safety is thinner than asked","renting the same GPUs costs less"))&"."'
    )
    payback = (
        'IF({test.payback}=1," It passes the payback test, too.",'
        '" It fails the payback test, which sees a static asset: no software gains, no ramp, no falling price.")'
    )
    chosen = f"IF({{test.base}}*{{test.expected}}=0,{reject},IF({{test.low}}*{{test.safety}}*{{test.rent}}=1,{approve},{staged}))"
    return f"={chosen}&{payback}"


def write_decision(writer: Writer, setting) -> None:
    """The page for the board paper."""
    money = writer.currency
    first = writer.body_row + 1
    column = 1 + [title for title, _, _ in citations.COLUMNS].index("Confidence")
    rows = len(setting.filler.used)
    writer.book.put("baselines.confidence", Range("Baselines", first, column, first + rows - 1, column))
    static, base = f"efficiency_{TRADITIONAL}", f"efficiency_{BASE}"
    simple, hurdle = f"{{{static}.simple_payback}}", "{inputs.payback_asked}"
    cost_first, cost_last = (f"INDEX({{model_1.cost_per_mtok:periods}},{at})" for at in ("1", "{model_1.months}"))
    price_first, price_last = (f"INDEX({{model_1.price:periods}},{at})" for at in ("1", "{model_1.months}"))
    paragraphs = (
        ("What is proposed", (
            f'="Investment of {money} "&{million("{model_1.investment}")}&" in "&{{inputs.p1.gpus}}&" GPUs of "'
            '&{inputs.p1.platform}&" to serve "&{inputs.model}&" for "&{inputs.months}&" months, appraised at "'
            '&TEXT({inputs.discount_rate},"0.0%")&" a year and a tax rate of "&TEXT({inputs.tax_rate},"0.0%")&"."',
            '="Each GPU makes "&TEXT({inputs.p1.tok_s_per_gpu},"#,##0")&" tokens a second today (input plus output) at "'
            '&TEXT({inputs.isl},"#,##0")&" input and "&TEXT({inputs.osl},"#,##0")&" output tokens a request. Planned '
            'utilisation: "&TEXT({model_1.utilization_start},"0%")&" rising to "&TEXT({model_1.utilization_end},"0%")'
            '&IF({model_1.demand_limited}=1,", with limited demand.",", with unlimited demand: test it.")',
        )),
        ("What the traditional test says", (
            f'="As a static asset the cluster pays back in "&{months_or_never(simple)}&"; finance accepts "&{hurdle}&" months. '
            f'Accounting rate of return: "&{share_or_none(f"{{{static}.arr}}")}&" a year; net present value of the static '
            f'view: {money} "&{million(f"{{model_{TRADITIONAL}.npv}}")}&"."',
            '="It leaves out software gains of "&TEXT({inputs.p1.software_gain},"0.00")&"x in "&{inputs.p1.software_months}'
            '&" months, a price that falls "&TEXT({inputs.price_annual_factor},"0.00")&"x a year, and the ramp of utilisation. '
            'The first and the last speak for the cluster, the second against it."',
        )),
        ("What token economics say", (
            f'="With all three the net present value is {money} "&{million("{model_1.npv}")}&", the internal rate of return "'
            f'&{share_or_none("{model_1.irr}")}&" a year, and the cash is back "&IF(ISNUMBER({{model_1.payback}}),"after "'
            '&TEXT({model_1.payback},"0.0")&" months.","never.")',
            f'="Cost per million tokens: {money} "&TEXT({cost_first},"0.0000")&" in month 1, "&TEXT({cost_last},"0.0000")'
            f'&" in the last. Price: "&TEXT({price_first},"0.0000")&", then "&TEXT({price_last},"0.0000")&". "'
            f'&IF({price_last}<{cost_last},"It covers the full cost in "&{{efficiency_{BASE}.months_covered}}&" of "&{{inputs.months}}'
            f'&" months only: early months earn the return.",'
            f'IF({price_last}*{cost_first}<{price_first}*{cost_last},"The price falls faster than the cost: the margin narrows, '
            'and early months earn the return.","The cost falls faster than the price: the margin widens."))',
        )),
        ("What the capital earns", (
            f'="Each {money} invested earns a net present value of "&IF(ISNUMBER({{{base}.npv_per_usd}}),'
            f'TEXT({{{base}.npv_per_usd}},"0.00"),"none")&" and brings a revenue of "&IF(ISNUMBER({{{base}.revenue_per_usd}}),'
            f'TEXT({{{base}.revenue_per_usd}},"0.00"),"none")&" over the horizon. The second is no return. On the capital in '
            f'use the return is "&{share_or_none(f"{{{base}.roic}}")}&" a year."',
            f'="The capital for one million tokens a month goes from {money} "&IF(ISNUMBER({{{base}.usd_per_capacity_first}}),'
            f'TEXT({{{base}.usd_per_capacity_first}},"0.0000")&" to "&TEXT({{{base}.usd_per_capacity_last}},"0.0000"),"none")'
            '&" with the software gains."',
        )),
        ("How far the plan may be missed", (
            f'="The value is gone if all prices are "&{_missed(1)}&" the plan, if utilisation or throughput is "&{_missed(2)}'
            f'&" the plan, or if the accelerators cost "&{_missed(4)}&" the plan; each alone, after tax."',
            f'="In their own units: a blended price today of {money} "&IF(ISNUMBER({{point_3.price}}),'
            'TEXT({point_3.price},"0.0000"),"none")&" per Mtok, a utilisation after the ramp of "'
            f'&{share_or_none("{point_3.utilization}")}&", or "&IF(ISNUMBER({{point_3.throughput}}),'
            'TEXT({point_3.throughput},"#,##0"),"none")&" tokens a second per GPU."',
        )),
        ("Cases", (
            f'="Low case: {money} "&{million(f"{{model_{LOW}.npv}}")}&" (odds "&TEXT({{inputs.probability_low}},"0%")'
            f'&"). Base case: "&{million(f"{{model_{BASE}.npv}}")}&" (odds "&TEXT({{odds.base}},"0%")&"). High case: "'
            f'&{million(f"{{model_{HIGH}.npv}}")}&" (odds "&TEXT({{inputs.probability_high}},"0%")&"). Expected: "'
            f'&{million("{outcome.expected}")}&"; odds of a loss "&TEXT({{outcome.chance_of_loss}},"0%")&"."',
        )),
        ("Alternatives", (
            f'="For the same tokens, levelised and before tax: {money} "&{_per_mtok("{way_1.levelised}")}&" per Mtok as '
            f'proposed, "&{_per_mtok("{way_2.levelised}")}&" with the same GPUs rented, "&{_per_mtok("{way_3.levelised}")}'
            '&" bought at the price of the market. Renting and buying need no capital and can be stopped."',
        )),
        ("Conditions to watch", (
            f'="Plan again if the blended price is below {money} "&{_per_mtok("{point_3.price}")}&" today (or the same share of '
            f'the plan later), or if utilisation after month "&{{inputs.ramp_months}}&" stays under "'
            f'&{share_or_none("{point_3.utilization}")}&"."',
            '=IF({inputs.p1.software_gain}>1,"Software gains are part of the case: measure tokens a second on your own work in '
            'month "&{inputs.p1.software_months}&", and compare with "&TEXT({inputs.p1.tok_s_per_gpu}*{inputs.p1.software_gain}'
            ',"#,##0")&" per GPU.","No software gains are counted on.")',
            '="Of the "&ROWS({baselines.confidence})&" prefilled figures "&COUNTIF({baselines.confidence},"low")&" have low '
            'confidence; "&COUNTIF({inputs.status},"override")&" of the inputs differ from their baselines. See Baselines."',
        )),
    )  # fmt: skip
    decision_page.write(
        writer, title="Decision", tests=TESTS, verdict=recommendation(writer), paragraphs=paragraphs,
    )  # fmt: skip


def _missed(lever: int) -> str:
    safety = f"{{margin_{lever}.safety}}"
    more, less = ("over", "under") if lever == 4 else ("under", "over")
    return f'IF(ISNUMBER({safety}),TEXT(ABS({safety}),"0%")&IF({safety}>=0," {more}"," {less}"),"at no multiple of")'


def _per_mtok(value: str) -> str:
    return f'IF(ISNUMBER({value}),TEXT({value},"0.0000"),"none")'


def write_dashboard(writer: Writer, setting, years: int) -> None:
    """One page: the traditional view beside the three cases, what they say, four charts."""
    table = dashboard.write_table(
        writer, title="Does the cluster earn its capital?", figures=KPIS, count=len(CASES), corner="Per case",
        heading="={case_#.heading}", order=SHOWN,
        subtitle='={inputs.p1.gpus}&" GPUs of "&{inputs.p1.platform}&", "&{inputs.model}&" at "&TEXT({inputs.isl},"#,##0")'
        '&" input and "&TEXT({inputs.osl},"#,##0")&" output tokens, "&{inputs.months}&" months, discount rate "'
        '&TEXT({inputs.discount_rate},"0.0%")',
    )  # fmt: skip
    dashboard.write_findings(writer, table, findings(writer), title="What the figures say")
    dashboard.place_charts(writer, table, dashboard_charts(writer))


def findings(writer: Writer) -> tuple[str, ...]:
    """Sentences that the figures write themselves."""
    money = writer.currency
    simple = f"{{efficiency_{TRADITIONAL}.simple_payback}}"
    return (
        "={decision.verdict}",
        f'="Traditional view: pays back in "&{months_or_never(simple)}&" against "&{{inputs.payback_asked}}&" asked, and has a '
        f'net present value of {money} "&{million(f"{{model_{TRADITIONAL}.npv}}")}'
        f'&IF({{model_{TRADITIONAL}.npv}}>{{model_{BASE}.npv}},": flat prices flatter it.",": it misses what software and ramp add.")',
        f'="Token economics: pays back in "&{months_or_never("{model_1.payback}")}&"; net present value {money} "'
        f'&{million("{model_1.npv}")}&", "&IF(ISNUMBER({{efficiency_1.npv_per_usd}}),TEXT({{efficiency_1.npv_per_usd}},"0.00")'
        f',"none")&" per {money} invested."',
        f'="Low case "&{million(f"{{model_{LOW}.npv}}")}&", high case "&{million(f"{{model_{HIGH}.npv}}")}&", expected "'
        f'&{million("{outcome.expected}")}&" {money}."',
        f'="Zero value if prices are "&{_missed(1)}&" plan, utilisation or throughput "&{_missed(2)}&" plan, or accelerators "'
        f'&{_missed(4)}&" plan."',
        f'="Levelised, before tax: {money} "&{_per_mtok("{way_1.levelised}")}&" per Mtok as proposed, "'
        f'&{_per_mtok("{way_2.levelised}")}&" rented, "&{_per_mtok("{way_3.levelised}")}&" bought from the API."',
        '="Assumed: utilisation "&TEXT({model_1.utilization_start},"0%")&" to "&TEXT({model_1.utilization_end},"0%")&", "'
        '&IF({model_1.demand_limited}=0,"unlimited demand","limited demand")&", prices falling "'
        '&TEXT({model_1.price_annual_factor},"0.0")&"x a year. "&COUNTIF({inputs.status},"override")&" inputs differ from '
        'their baselines."',
    )


def dashboard_charts(writer: Writer) -> tuple:
    money = writer.unit("USD million")
    payback = charts.lines_over_months(
        writer, title="Cumulative cash: traditional view and token economics", y_title=money, number_format="#,##0.0,,",
        rows=[f"model_{TRADITIONAL}.cumulative_cash", f"model_{BASE}.cumulative_cash"],
        names=["Traditional view: a static asset", "Token economics, base case"],
    )  # fmt: skip
    safety = writer.book.find("margin.safety")
    span = (safety.first, safety.first + break_even.LEVERS.index("Accelerator price") - 1)
    heads = writer.book.find("margin.heading").row
    margins = charts.bars(
        writer, title="Margin of safety: how far the plan may be missed", y_title="share of plan", number_format="0%",
        sheet=APPRAISAL, categories=(heads, *span), rows=[(safety.row, *span)], names=["Until the NPV after tax is zero"],
    )  # fmt: skip
    npv = writer.book.find("outcome.npv")
    three = (npv.first, npv.first + 2)
    cases = charts.bars(
        writer, title="Net present value by case", y_title=money, number_format="#,##0.0,,", sheet=APPRAISAL,
        categories=(writer.book.find("outcome.heading").row, *three), rows=[(npv.row, *three)], names=["Net present value"],
    )  # fmt: skip
    unit = charts.lines_over_months(
        writer, title="Cost and price per million tokens, base case", log=True, skip=1,
        y_title=writer.unit("USD per Mtok, log scale"), number_format="0.00##",
        rows=["model_1.cost_per_mtok", "model_1.cost_per_mtok_static", "model_1.price"],
        names=["Cost, with software gains", "Cost, without software gains", "Price"],
    )  # fmt: skip
    return payback, margins, cases, unit


def cover(facts: tuple[tuple[str, str], ...]) -> Cover:
    return Cover(
        title="Business case for a GPU cluster",
        question="How to justify a cluster where the payback of its price does not: the traditional test beside token economics.",
        first_steps=(
            "Inputs, Platforms: enter the number of GPUs and your quote for the accelerators. A cell that differs from its "
            "baseline turns orange and says override.",
            "Inputs, Market: enter your demand in Mtok a month. Blank sells everything that can be made, which no board believes.",
            "Inputs, Market: replace the list price by what you earn, or by the API bill that the cluster saves you.",
            "Inputs, Market: set how fast prices fall. The traditional view ignores it, and it is the largest risk.",
            "Inputs, Platforms: set the software gains that you count on; 1 counts on none.",
            "Inputs, Cases: agree with finance what low and high mean, and their odds.",
            "Inputs, What finance asks for: the longest payback, the margin of safety, and your rent as the alternative.",
            "Decision: read the recommendation and the tests behind it; copy the wording into your paper.",
            "Appraisal: capital efficiency, margin of safety, odds, and the same tokens rented or bought.",
            LAST_STEP,
        ),
        sheets=(
            "Inputs",
            "Baselines",
            (CASE_SHEET, "What the low, high and traditional case change."),
            ("Model", "The deployment model of each case, month by month. One formula a row."),
            (break_even.SHEET, "The searches for the break-even after tax, step by step."),
            (ANNUAL, "Each case by year, with the return on the capital in use."),
            (APPRAISAL, "Traditional test, capital efficiency, odds, alternatives, margin of safety."),
            (decision_page.SHEET, "The recommendation, its tests, and wording for a board paper."),
            (risk_panel.NAME, risk_panel.ABOUT),
            "Panels",
            ("Dashboard", "One page for the board."),
            "Checks",
            "Log",
            "Lists",
        ),
        facts=facts,
    )  # fmt: skip


HEADLINE = (  # row of EFFICIENCY or of the model, label, format
    ("efficiency", "investment", "Investment, USD", "usd"),
    ("efficiency", "simple_payback", "Simple payback, months", "months"),
    ("model", "payback", "Payback on cash, months", "months"),
    ("model", "npv", "NPV, USD", "usd"),
    ("efficiency", "npv_per_usd", "NPV per USD invested", "number"),
    ("model", "irr", "IRR a year", "share"),
    ("model", "lcot", "LCOT, USD/Mtok", "usd_per_mtok"),
)


def headline(writer: Writer, model) -> headlines.Headline:
    """What the workbook answers, for the command line."""
    title = headlines.value(writer, model, "decision.verdict")
    lines = tuple(
        (writer.unit(label), kind, tuple(headlines.value(writer, model, f"{block}_{n}.{key}") for n in SHOWN))
        for block, key, label, kind in HEADLINE
    )
    return headlines.Headline(title, tuple(CASES[n - 1] for n in SHOWN), lines)
