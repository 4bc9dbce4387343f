"""The ``cfo`` template: five-year cost and net present value, as finance keeps its books.

Income statement, cash flow and balance by year; the cost curve that software bends against depreciation that does not,
and the price that falls beside it; every depreciation method with its tax; what the discount rate does. Read from the
top: what is shown, how it is put together, what it says.
"""

from __future__ import annotations

from collections.abc import Mapping

from tokenbook.templates.engine import Model
from tokenbook.templates.models.shared import (
    bridge,
    by_period,
    core_inputs,
    depreciation_methods,
    frame,
    headlines,
    reconciliation,
    risk_panel,
    risk_results,
    statements,
)
from tokenbook.templates.models.shared import deployment_core as core
from tokenbook.templates.models.shared.function_panels import Panels
from tokenbook.templates.models.shared.options import Options
from tokenbook.templates.sheets import charts, dashboard, grid, time_sheet
from tokenbook.templates.sheets.checks import Check, Group
from tokenbook.templates.sheets.dashboard import Figure
from tokenbook.templates.sheets.front import LAST_STEP, Cover, Listed
from tokenbook.templates.sheets.grid import Grid, per_platform
from tokenbook.templates.sheets.inputs import Filled, Input, Section
from tokenbook.templates.sheets.rows import Constant, Row
from tokenbook.templates.sheets.writer import Writer

DEFAULT_PLATFORMS = ("GB200 NVL72", "H200")
MOST_PLATFORMS = 3
STATEMENTS, VALUATION = "Statements", "Valuation"
SHEETS = (
    "Cover", "Inputs", "Baselines", "Model", depreciation_methods.SHEET, STATEMENTS, VALUATION, risk_panel.NAME, "Panels",
    "Dashboard", "Checks", "Log", "Lists",
)  # fmt: skip
RATE_STEPS = Listed("rate_steps", "Steps of the discount rate", (-2, -1, 0, 1, 2), "Times the step on Inputs")

CAPITAL_INPUTS = Section("Cost of capital", (
    Input("cost_of_equity", "Cost of equity", "a year", "share", low=0, high=1, note="Your figure. Ask treasury."),
    Input("cost_of_debt", "Cost of debt, before tax", "a year", "share", low=0, high=1, note="Your figure. Ask treasury."),
    Input("debt_share", "Debt in the financing", "share of capital", "share", low=0, high=1,
          note="Your figure. The weighted cost of capital is shown beside the discount rate above, which stays in force."),
    Input("rate_step", "Step of the discount rate, for its sensitivity", "a year", "share", low=0.001, high=0.1,
          note="Two steps down and two up from the discount rate above."),
))  # fmt: skip
CAPITAL = {"cost_of_equity": 0.12, "cost_of_debt": 0.06, "debt_share": 0.4, "rate_step": 0.02}

KPIS = (
    Figure("investment", "Investment", "USD", "usd"),
    Figure("npv", "Net present value", "USD", "usd"),
    Figure("npv_at_wacc", "... at the weighted cost of capital", "USD", "usd", "={value_#.npv_at_wacc}"),
    Figure("irr", "Internal rate of return", "a year", "share"),
    Figure("payback", "Payback", "months", "months"),
    Figure("ebitda_margin", "EBITDA margin", "share", "share", "={value_#.ebitda_margin}"),
    Figure("ebit_margin", "EBIT margin", "share", "share", "={value_#.ebit_margin}"),
    Figure("net_margin", "Net margin", "share", "share", "={value_#.net_margin}"),
    Figure("tax_paid", "Tax paid", "USD", "usd", "={value_#.tax_paid}"),
    Figure("book_cost_first", "Book cost per Mtok, year 1", "USD per Mtok", "usd_per_mtok", "={value_#.book_cost_first}"),
    Figure("book_cost_last", "Book cost per Mtok, last year", "USD per Mtok", "usd_per_mtok", "={value_#.book_cost_last}"),
    Figure("static_cost_last", "... without software gains", "USD per Mtok", "usd_per_mtok", "={value_#.static_cost_last}"),
    Figure("cash_cost_last", "Cash cost per Mtok, last year", "USD per Mtok", "usd_per_mtok", "={value_#.cash_cost_last}"),
    Figure("lcot", "Levelised cost of token", "USD per Mtok", "usd_per_mtok"),
)  # fmt: skip


def compose(options: Options) -> Writer:
    """Write the workbook; cached values and dynamic arrays are added when the file is finished (``build``)."""
    setting = frame.settle(options, default_platforms=DEFAULT_PLATFORMS, most_platforms=MOST_PLATFORMS)
    platforms = setting.platforms
    setting.filled |= {name: Filled(value) for name, value in CAPITAL.items()}
    setting.listed += [RATE_STEPS, *risk_panel.LISTS]
    *above, conventions = core_inputs.sections(setting.room, options.currency)
    sections = (*above, CAPITAL_INPUTS, conventions)
    named = core_inputs.by_name(sections)
    writer = frame.start(setting, "Five-year cost and NPV", SHEETS, sections)
    time_sheet.write(
        writer, "Model", core.blocks(platforms), months=setting.room, inputs=named,
        subtitle="The deployment model of each platform, month by month, in native formulas.",
    )  # fmt: skip
    time_sheet.write(
        writer, depreciation_methods.SHEET, depreciation_methods.blocks(platforms), months=setting.room, inputs=named,
        clock="methods", timeline=time_sheet.FOLLOWING, tall=2 * len(platforms),
        subtitle="Cost per million tokens as the books have it, and tax under each depreciation method.",
    )  # fmt: skip
    years = by_period.write(writer, platforms, setting.room, sheet_name=STATEMENTS, rows=statements.ROWS)
    write_valuation(writer, named, platforms, years)
    risk_panel.write(writer, platforms[0])
    panels = Panels.begin(writer, platforms, setting.room)
    panels.deployment()
    depreciation_methods.panel(panels, years)
    rate_panel(panels)
    risk_panel.panel(panels)
    found = panels.finish()
    risk_results.results(writer)
    write_dashboard(writer, platforms, years)
    groups = (
        *reconciliation.core_checks(platforms, found), *statements.checks(platforms), *depreciation_methods.checks(found),
        value_checks(platforms, found),
    )  # fmt: skip
    left_out = ("Not included", "Financing flows and interest, VAT, deferred tax in the balance, working capital, limits on "
                "the use of losses, idle power below full use.")  # fmt: skip
    return frame.finish(setting, writer, cover(frame.facts(setting, left_out), setting.months), groups)


# --- valuation -----------------------------------------------------------------------------------------------------


def value_grid(count: int) -> Grid:
    """Per platform: the bridge, margins, unit costs, and the value at the weighted cost of capital."""
    last = "COLUMNS({year_#.sold:periods})-COUNTIF({year_#.sold:periods},0)"
    first_and_last = (
        ("book_cost_first", "Running costs and depreciation per Mtok, year 1", "book_cost", "1"),
        ("book_cost_last", "... last year", "book_cost", "{last_year}"),
        ("static_cost_last", "... last year, without software gains", "book_cost_static", "{last_year}"),
        ("cash_cost_first", "Running costs alone per Mtok, year 1", "cash_cost", "1"),
        ("cash_cost_last", "... last year", "cash_cost", "{last_year}"),
        ("price_first", "Price per Mtok, year 1", "price", "1"),
        ("price_last", "... last year", "price", "{last_year}"),
    )
    return Grid("value", "From the static view to the net present value", per_platform(count), (
        *bridge.value_rows(),
        Constant("wacc", "Weighted cost of capital (WACC), after tax", "a year",
                 "=(1-{inputs.debt_share})*{inputs.cost_of_equity}"
                 "+{inputs.debt_share}*{inputs.cost_of_debt}*(1-{inputs.tax_rate})", "share"),
        Row("npv_at_wacc", "Net present value at the weighted cost of capital", "USD", "=" + present("{wacc}", "#"), "usd"),
        Row("ebitda_margin", "EBITDA margin", "share", _over_revenue("{model_#.revenue:total}-{model_#.opex:total}"), "share"),
        Row("ebit_margin", "EBIT margin", "share", _over_revenue("{model_#.ebit:total}"), "share"),
        Row("net_margin", "Net margin", "share",
            _over_revenue("{model_#.ebit:total}+{model_#.disposal_gain:total}-{model_#.tax:total}"), "share"),
        Row("tax_paid", "Tax paid", "USD", "={model_#.tax:total}", "usd"),
        Row("last_year", "Last year with sales", "year", f"=MAX(1,{last})", "month"),
        *(Row(key, label, "USD per Mtok", f"=INDEX({{year_#.{row}:periods}},{at})", "usd_per_mtok")
          for key, label, row, at in first_and_last),
    ))  # fmt: skip


def rates_grid(platforms: tuple[str, ...]) -> Grid:
    """Net present value of the same cash flows at five discount rates."""
    return Grid("rates", "Net present value at other discount rates", ("Two down", "One down", "As chosen", "One up", "Two up"), (
        Row("rate", "Discount rate", "a year",
            "={inputs.discount_rate}+INDEX({lists.rate_steps},COLUMNS({heading:to_date}))*{inputs.rate_step}", "share"),
        *(Row(f"npv_{n}", platform, "USD", "=" + present("{rate}", n), "usd", strong=True)
          for n, platform in enumerate(platforms, 1)),
    ))  # fmt: skip


def present(rate: str, n: int | str) -> str:
    """The value of a platform's cash flows at a rate, discounted as the model does."""
    m = f"model_{n}"
    return (
        f"SUMPRODUCT({{{m}.fcf:all}},(1+{rate})^(-({{time.month:all}}-{{{m}.mid_period}}*{{time.operating:all}}/2)"
        f"/{{{m}.months_per_year}}))"
    )


def _over_revenue(amount: str) -> str:
    return f'=IF({{model_#.revenue:total}}>0,({amount})/{{model_#.revenue:total}},"none")'


def write_valuation(writer: Writer, named: Mapping[str, Input], platforms: tuple[str, ...], years: int) -> None:
    def name() -> None:
        bridge.name_steps(writer)
        depreciation_methods.name_effects(writer, platforms)

    grid.write(
        writer, VALUATION,
        (value_grid(len(platforms)), rates_grid(platforms), *depreciation_methods.grids(platforms, years),
         bridge.grid(platforms[0])),
        inputs=named, placed=name, large=True,
        subtitle="What makes the value, what the discount rate does to it, and what the depreciation method does.",
    )  # fmt: skip


def rate_panel(panels: Panels) -> None:
    """TOK_NPV of platform 1 at the lowest, the chosen and the highest rate, and at the weighted cost of capital."""
    panels.head(f"{panels.platforms[0]}: =TOK_NPV(rate, cash flows, periods a year, timing)")
    for key, label in (("rates_1.rate", "lowest rate"), ("rates_3.rate", "rate as chosen"), ("rates_5.rate", "highest rate"),
                       ("value.wacc", "weighted cost of capital")):  # fmt: skip
        call = f"TOK_NPV({{{key}}},{{model_1.fcf:all}},{{model_1.months_per_year}},{{model_1.timing}})"
        panels.cell(f"Net present value, {label}", f"at.{key}", call, "usd")


def value_checks(platforms: tuple[str, ...], panel: dict[str, str]) -> Group:
    size = "=MAX(1,{{model_{0}.revenue:total}}+{{model_{0}.opex:total}}+{{model_{0}.investment}})"
    rows = []
    for n, platform in enumerate(platforms, 1):
        rows += [
            Check(f"{platform}: the steps of the bridge lead to the net present value", f"={{value_{n}.npv}}",
                  f"={{model_{n}.npv}}", "usd", scale=size.format(n)),
            Check(f"{platform}: net present value at the rate chosen", f"={{rates_3.npv_{n}}}", f"={{model_{n}.npv}}", "usd",
                  scale=size.format(n)),
        ]  # fmt: skip
    rows += [
        Check(f"{label}: sheet and TOK_NPV", f"={{{cell}}}", panel[f"at.{key}"], "usd", True, scale=size.format(1))
        for key, cell, label in (
            ("rates_1.rate", "rates_1.npv_1", "NPV at the lowest rate"),
            ("rates_3.rate", "rates_3.npv_1", "NPV at the rate chosen"),
            ("rates_5.rate", "rates_5.npv_1", "NPV at the highest rate"),
            ("value.wacc", "value_1.npv_at_wacc", "NPV at the weighted cost of capital"),
        )
    ]  # fmt: skip
    return Group("Valuation", tuple(rows))


# --- what it says --------------------------------------------------------------------------------------------------


def write_dashboard(writer: Writer, platforms: tuple[str, ...], years: int) -> None:
    """One page for the CFO: the figures, what they say, four charts."""
    table = dashboard.write_table(
        writer, title="Cost and value over the years", figures=KPIS, count=len(platforms),
        subtitle='={inputs.model}&", "&{inputs.months}&" months from "&TEXT({inputs.start_date},"yyyy-mm-dd")&", discount rate "'
        '&TEXT({inputs.discount_rate},"0.0%")&", tax "&TEXT({inputs.tax_rate},"0.0%")&", depreciation "'
        '&{inputs.depreciation_method}&" over "&{inputs.depreciation_years}&" years"',
    )  # fmt: skip
    dashboard.write_findings(writer, table, findings(writer, table))
    dashboard.place_charts(writer, table, dashboard_charts(writer, platforms, years))


def _million(value: str) -> str:
    return f'TEXT({value}/1000000,"#,##0.0")&" million"'


def findings(writer: Writer, table: dashboard.Table) -> tuple[str, ...]:
    """Sentences that the figures write themselves; of platform 1 where no other is named."""
    money = writer.currency
    best, npv = table.who("npv", "MAX"), f"MAX({table.span('npv')})"
    who = "{inputs.p1.platform}"
    return (
        f'="Highest net present value: "&{best}&", {money} "&{_million(npv)}&"; at the weighted cost of capital of "'
        f'&TEXT({{value.wacc}},"0.0%")&" it is "&{_million(table.of("npv_at_wacc", best))}&"."',
        f'={who}&": cost per Mtok in the books goes from {money} "&TEXT({{value_1.book_cost_first}},"0.0000")&" in year 1 to "'
        f'&TEXT({{value_1.book_cost_last}},"0.0000")&" in year "&{{value_1.last_year}}&"; without software gains it would be "'
        '&TEXT({value_1.static_cost_last},"0.0000")&"."',
        f'="The price goes from {money} "&TEXT({{value_1.price_first}},"0.0000")&" to "&TEXT({{value_1.price_last}},"0.0000")&", means of the year"'
        '&IF({value_1.price_last}<{value_1.book_cost_last},": at the end it is below the cost in the books"'
        '&IF({value_1.price_last}<{value_1.cash_cost_last}," and below the running costs: switch off earlier.",'
        '", though above the running costs."),": it stays above the cost in the books.")',
        f'={who}&": software gains add {money} "&{_million("{value_1.software}")}&" of value, falling prices take "'
        f'&{_million("-{value_1.price}")}&", tax "&{_million("-{value_1.tax}")}&"."',
        f'={who}&": depreciated by "&{{effect.best}}&" the value is highest, {money} "&TEXT(MAX({{effect.against_1:all}}),"#,##0")'
        '&" more than by "&{inputs.depreciation_method}&" as chosen. The method moves tax, no other cash."',
        f'={who}&": from "&TEXT({{rates_1.rate}},"0.0%")&" to "&TEXT({{rates_5.rate}},"0.0%")&" discount rate the value goes '
        f'from {money} "&{_million("{rates_1.npv_1}")}&" to "&{_million("{rates_5.npv_1}")}&"."',
        '="Assumed: utilisation "&TEXT({inputs.p1.utilization_start},"0%")&" to "&TEXT({inputs.p1.utilization_end},"0%")&", "'
        '&IF({inputs.demand_mtok_per_month}="","unlimited demand","limited demand")&", prices falling "'
        '&TEXT({inputs.price_annual_factor},"0.0")&"x a year. "&COUNTIF({inputs.status},"override")&" inputs differ from '
        'their baselines."',
    )


def dashboard_charts(writer: Writer, platforms: tuple[str, ...], years: int) -> tuple:
    money = writer.unit("USD million")
    cost = charts.lines_over_months(
        writer, title=f"{platforms[0]}: cost per million tokens in the books, and price", log=True, skip=1,
        y_title=writer.unit("USD per Mtok, log scale"), number_format="0.00##",
        rows=["unit_1.book_cost", "unit_1.book_cost_static", "model_1.price"],
        names=["Cost, with software gains", "Cost, fixed: without software gains", "Price"],
    )  # fmt: skip

    def stretch(key: str) -> tuple[int, int, int]:
        place = writer.book.time_row(key)
        return place.row, place.first, place.last

    schedule = charts.bars(
        writer, title=f"{platforms[0]}: depreciation by year and method", y_title=money, number_format="#,##0.0,,",
        sheet=VALUATION, categories=stretch("schedule.heading"),
        rows=[stretch(f"schedule.{method.lower()}") for method in depreciation_methods.SOURCES],
        names=list(depreciation_methods.TITLES.values()),
    )  # fmt: skip
    rates = charts.bars(
        writer, title="Net present value at other discount rates", y_title=money, number_format="#,##0.0,,",
        sheet=VALUATION, categories=stretch("rates.rate"),
        rows=[stretch(f"rates.npv_{n}") for n in range(1, len(platforms) + 1)],
        names=[writer.book.find(f"dashboard.name_{n}") for n in range(1, len(platforms) + 1)],
    )  # fmt: skip
    rates.x_axis.number_format = "0.0%"
    return cost, bridge.chart(writer, VALUATION, platforms[0]), schedule, rates


def cover(facts: tuple[tuple[str, str], ...], months: int) -> Cover:
    return Cover(
        title="Five-year cost and NPV" if months == frame.DEFAULT_MONTHS else f"Cost and NPV over {months} months",
        question="The cost that software bends against depreciation that stays fixed, the price that falls beside it, and tax.",
        first_steps=(
            "Inputs, Finance: set discount rate, tax, depreciation method and life, horizon and residual value as your policy "
            "has them. Statements, tax and value follow.",
            "Inputs, Cost of capital: enter equity, debt and their cost; the value at that rate stands beside yours.",
            "Inputs, Platforms: enter GPUs and your quotes. The methods and the bridge are of platform 1: put the one you "
            "plan first.",
            "Inputs, Market: set how fast prices fall. A falling cost beside a flat price flatters every investment.",
            "Inputs, Market: enter a demand in Mtok a month if your demand is limited. Blank sells everything.",
            "Inputs, Running costs: enter electricity, hosting, licences and staff. With rent they are inside the rate.",
            "Statements: income statement, cash flow and balance by year, with the cost per million tokens.",
            "Valuation: what software, prices and tax do to the value; five depreciation methods; five discount rates.",
            "Dashboard: read the net present value beside the cost curve and the price, never alone.",
            LAST_STEP,
        ),
        sheets=(
            "Inputs",
            "Baselines",
            ("Model", "The deployment model of each platform, month by month. One formula a row."),
            (depreciation_methods.SHEET, "Cost per Mtok in the books, and tax under each depreciation method, by month."),
            (STATEMENTS, "Income statement, cash flow, balance and unit cost by year."),
            (VALUATION, "Bridge, weighted cost of capital, discount rates, depreciation methods."),
            (risk_panel.NAME, risk_panel.ABOUT),
            "Panels",
            ("Dashboard", "One page for the CFO."),
            "Checks",
            "Log",
            "Lists",
        ),
        facts=facts,
    )  # fmt: skip


def headline(writer: Writer, model: Model) -> headlines.Headline:
    """What the workbook answers, for the command line."""
    return headlines.by_platform(writer, model)
