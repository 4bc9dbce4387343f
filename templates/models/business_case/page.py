"""What the ``business-case`` template says: the recommendation, the page for the decision, the dashboard."""

from __future__ import annotations

from tokenbook.templates.models.business_case.inputs import BASE, CASES, HIGH, LOW, TRADITIONAL
from tokenbook.templates.models.shared import (
    break_even,
    decision_page,
)
from tokenbook.templates.models.shared.decision_page import Test
from tokenbook.templates.models.shared.frame import Setting
from tokenbook.templates.sheets import charts, citations, dashboard
from tokenbook.templates.sheets.dashboard import Figure
from tokenbook.templates.sheets.formula import Range
from tokenbook.templates.sheets.writer import Writer

CASE_SHEET, ANNUAL, APPRAISAL = "Cases", "By year", "Appraisal"
SHOWN = (TRADITIONAL, LOW, BASE, HIGH)  # from left to right
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


def write_decision(writer: Writer, setting: Setting) -> None:
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


def write_dashboard(writer: Writer, setting: Setting, years: int) -> None:
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
    safety = writer.book.time_row("margin.safety")
    span = (safety.first, safety.first + break_even.LEVERS.index("Accelerator price") - 1)
    heads = writer.book.find("margin.heading").row
    margins = charts.bars(
        writer, title="Margin of safety: how far the plan may be missed", y_title="share of plan", number_format="0%",
        sheet=APPRAISAL, categories=(heads, *span), rows=[(safety.row, *span)], names=["Until the NPV after tax is zero"],
    )  # fmt: skip
    npv = writer.book.time_row("outcome.npv")
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
