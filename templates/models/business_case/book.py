"""The ``business-case`` template: how to justify a GPU cluster where the payback of its price does not.

The traditional appraisal of a static asset stands beside token economics: throughput that grows with software, prices
that fall, utilisation that ramps up. One platform; low, base and high case; break-even after tax with its margin of
safety; rent and the API as alternatives; a page for the board. Read from the top: what is appraised, how it is put
together, what it says.
"""

from __future__ import annotations

from collections.abc import Mapping

from tokenbook.templates.engine import Model
from tokenbook.templates.models.business_case import inputs as case_inputs
from tokenbook.templates.models.business_case.inputs import BASE, CASES, HIGH, LOW
from tokenbook.templates.models.business_case.page import (
    ANNUAL,
    APPRAISAL,
    CASE_SHEET,
    SHOWN,
    write_dashboard,
    write_decision,
)
from tokenbook.templates.models.shared import (
    break_even,
    by_period,
    core_inputs,
    decision_page,
    frame,
    headlines,
    reconciliation,
    risk_panel,
    risk_results,
)
from tokenbook.templates.models.shared import deployment_core as core
from tokenbook.templates.models.shared.by_period import PeriodRow
from tokenbook.templates.models.shared.function_panels import Panels
from tokenbook.templates.models.shared.options import Options
from tokenbook.templates.sheets import grid, time_sheet
from tokenbook.templates.sheets.checks import Check, Group
from tokenbook.templates.sheets.front import LAST_STEP, Cover
from tokenbook.templates.sheets.grid import Grid
from tokenbook.templates.sheets.inputs import Input
from tokenbook.templates.sheets.rows import Block, Constant, Ingredient, Row
from tokenbook.templates.sheets.writer import Writer

DEFAULT_PLATFORMS = ("GB200 NVL72",)
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
    risk_results.results(writer)
    write_dashboard(writer, setting, years)
    groups = (*reconciliation.core_checks(CASES, found, word="Case"), *break_even.checks(found), own_checks())
    left_out = ("Not included", "Financing, VAT, idle power below full use, prices of input and output apart, quality of "
                "the model against the API, the value of options after the horizon.")  # fmt: skip
    return frame.finish(setting, writer, cover(frame.facts(setting, left_out)), groups)


def write_appraisal(writer: Writer, named: Mapping[str, Input]) -> None:
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


def headline(writer: Writer, model: Model) -> headlines.Headline:
    """What the workbook answers, for the command line."""
    title = headlines.value(writer, model, "decision.verdict")
    lines = tuple(
        (writer.unit(label), kind, tuple(headlines.value(writer, model, f"{block}_{n}.{key}") for n in SHOWN))
        for block, key, label, kind in HEADLINE
    )
    return headlines.Headline(title, tuple(CASES[n - 1] for n in SHOWN), lines)
