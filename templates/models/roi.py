"""The ``roi`` template: which platform pays, over several years, under one set of market assumptions.

Up to four platforms side by side on the deployment core; revenue multiple beside net return; the 15x claim
reproduced and stressed. Read from the top: what it shows, how it is put together, what its Cover says.
"""

from __future__ import annotations

from tokenbook.templates.engine import Model
from tokenbook.templates.models.shared import (
    by_period,
    claim_sheet,
    core_inputs,
    frame,
    headlines,
    reconciliation,
    risk_panel,
    risk_results,
)
from tokenbook.templates.models.shared import deployment_core as core
from tokenbook.templates.models.shared.claim_sheet import CLAIM, CLAIM_FIGURES, THE_CLAIM
from tokenbook.templates.models.shared.function_panels import Panels
from tokenbook.templates.models.shared.options import Options
from tokenbook.templates.sheets import charts, dashboard, time_sheet
from tokenbook.templates.sheets.dashboard import Figure
from tokenbook.templates.sheets.front import LAST_STEP, Cover
from tokenbook.templates.sheets.writer import Writer
from tokenbook.udfs import catalog

DEFAULT_PLATFORMS = ("GB200 NVL72", "GB300 NVL72", "B200", "H100")
ANNUAL = "By year"
SHEETS = (
    "Cover", "Inputs", "Baselines", "Model", ANNUAL, CLAIM, risk_panel.NAME, "Panels", "Dashboard", "Checks", "Log", "Lists",
)  # fmt: skip

KPIS = (
    Figure("tok_s_per_gpu", "Throughput today, input plus output", "tok/s per GPU", "count"),
    Figure("lcot", "Levelised cost of token", "USD per Mtok", "usd_per_mtok"),
    Figure("cost_per_mtok_first", "Cost per Mtok, month 1", "USD per Mtok", "usd_per_mtok"),
    Figure("cost_per_mtok_last", "Cost per Mtok, last month", "USD per Mtok", "usd_per_mtok"),
    Figure("investment", "Investment", "USD", "usd"),
    Figure("npv", "Net present value", "USD", "usd"),
    Figure("irr", "Internal rate of return", "a year", "share"),
    Figure("payback", "Payback", "months", "months"),
    Figure("revenue_multiple", "Revenue over investment", "multiple", "multiple"),
    Figure("net_roi", "Net return (revenue - cost) / cost", "multiple", "multiple"),
    Figure("revenue_per_rack_year", "Revenue per rack or server a year", "USD", "usd"),
    Figure("revenue_per_mw_year", "Revenue per megawatt a year", "USD", "usd"),
    Figure("gross_margin", "Gross margin", "share", "share"),
    Figure("average_utilization", "Average utilisation sold", "share", "share"),
)  # fmt: skip


def compose(options: Options) -> Writer:
    """Write the workbook; cached values and dynamic arrays are added when the file is finished (``build``)."""
    setting = frame.settle(options, default_platforms=DEFAULT_PLATFORMS)
    claimed = {name: setting.filler.take(setting.figures.row(key)) for name, _, _, _, key in CLAIM_FIGURES}
    sections = core_inputs.sections(setting.room, options.currency)
    setting.listed += risk_panel.LISTS
    writer = frame.start(setting, "Token ROI", SHEETS, sections)
    time_sheet.write(
        writer, "Model", core.blocks(setting.platforms), months=setting.room, inputs=core_inputs.by_name(sections),
        subtitle="The deployment model of each platform, month by month, in native formulas.",
    )  # fmt: skip
    years = by_period.write(writer, setting.platforms, setting.room, sheet_name=ANNUAL)
    claim_sheet.write_claim(writer, claimed, claim_sheet.about_claim(catalog.claims.get(THE_CLAIM)))
    risk_panel.write(writer, setting.platforms[0])
    panels = Panels.begin(writer, setting.platforms, setting.room)
    panels.deployment()
    claim_sheet.panel(panels)
    risk_panel.panel(panels)
    found = panels.finish()
    risk_results.results(writer)
    write_dashboard(writer, setting.platforms, years)
    groups = (*reconciliation.core_checks(setting.platforms, found), claim_sheet.checks(found))
    left_out = ("Not included", "Financing, VAT, idle power below full use, prefill and decode priced apart.")
    return frame.finish(setting, writer, cover(frame.facts(setting, left_out)), groups)


def write_dashboard(writer: Writer, platforms: tuple[str, ...], years: int) -> None:
    """One page for the director: the figures side by side, what they say, four charts."""
    table = dashboard.write_table(
        writer, title="Which platform pays?", figures=KPIS, count=len(platforms),
        subtitle='={inputs.model}&" at "&TEXT({inputs.isl},"#,##0")&" input and "&TEXT({inputs.osl},"#,##0")'
        '&" output tokens, "&{inputs.months}&" months, discount rate "&TEXT({inputs.discount_rate},"0.0%")'
        '&", prices falling "&TEXT({inputs.price_annual_factor},"0.0")&"x a year"',
    )  # fmt: skip
    dashboard.write_findings(writer, table, findings(writer, table))
    dashboard.place_charts(writer, table, dashboard_charts(writer, table, platforms, years))


def findings(writer: Writer, table: dashboard.Table) -> tuple[str, ...]:
    """Sentences that the figures write themselves."""
    who_cost, who_npv = table.who("lcot", "MIN"), table.who("npv", "MAX")
    cost, npv = f"MIN({table.span('lcot')})", f"MAX({table.span('npv')})"
    multiple, net, payback = (table.of(key, who_npv) for key in ("revenue_multiple", "net_roi", "payback"))
    losing = f'COUNTIF({table.span("npv")},"<0")'
    money = writer.currency
    return (
        f'="Lowest levelised cost: "&{who_cost}&", {money} "&TEXT({cost},"0.0000")&" per million tokens."',
        f'="Highest net present value: "&{who_npv}&", {money} "&TEXT({npv}/1000000,"#,##0.0")&" million."',
        f'={who_npv}&" earns "&TEXT({multiple},"0.0")&"x its investment in revenue; after all cost the net return is "'
        f'&TEXT({net},"0.0")&"x. The first is no return."',
        f'={who_npv}&" pays back "&IF(ISNUMBER({payback}),"in month "&TEXT({payback},"0.0"),"never")&" of "'
        '&{inputs.months}&"."',
        f'=IF({losing}=0,"Every platform earns its capital.",{losing}&" of {table.columns} do not earn their capital at '
        'these assumptions.")',
        '="Assumed: utilisation "&TEXT({inputs.p1.utilization_start},"0%")&" to "&TEXT({inputs.p1.utilization_end},"0%")'
        '&", "&IF({inputs.demand_mtok_per_month}="","unlimited demand","limited demand")&", blended price '
        f'{money} "&TEXT({{model_1.price_usd_per_mtok}},"0.000")&" today. "'
        '&IF(COUNTIF({inputs.status},"override")=0,"All baselines as in the catalogue.",'
        'COUNTIF({inputs.status},"override")&" inputs differ from their baselines.")',
    )


def dashboard_charts(writer: Writer, table: dashboard.Table, platforms: tuple[str, ...], years: int) -> tuple:
    count = len(platforms)
    models = [f"model_{n}" for n in range(1, count + 1)]
    labels = [writer.book.find(f"dashboard.name_{n}") for n in range(1, count + 1)]
    money = writer.unit("USD million")
    cost = charts.lines_over_months(
        writer, title="Cost per million tokens: with software gains, and static (dashed)", log=True,
        y_title=writer.unit("USD per Mtok, log scale"), number_format="0.00##", skip=1,
        rows=[f"{m}.cost_per_mtok" for m in models] + [f"{m}.cost_per_mtok_static" for m in models],
        names=labels + [f"{text}, static" for text in platforms], dashed=tuple(range(count, 2 * count)),
    )  # fmt: skip
    value = charts.lines_over_months(
        writer, title="Net present value to date", y_title=money, number_format="#,##0,,", names=labels,
        rows=[f"{m}.npv_curve" for m in models],
    )  # fmt: skip
    first = time_sheet.FIRST + 1
    span = (first, time_sheet.FIRST + years)
    lines = [writer.book.find(f"year_1.{key}").row for key in ("revenue", "opex", "capital_recovery", "tax")]
    by_year = charts.bars(
        writer, title=f"{platforms[0]}: revenue and cost by year", y_title=money, number_format="#,##0.0,,",
        sheet=ANNUAL, categories=(writer.book.find("year.number").row, *span), rows=[(row, *span) for row in lines],
        names=["Revenue", "Running costs", "Capital recovery", "Tax"],
    )  # fmt: skip
    columns = (dashboard.FIRST, dashboard.UNIT + count)
    returns = charts.bars(
        writer, title="Revenue multiple is not net return", y_title="times", number_format="0.0",
        sheet=dashboard.NAME, categories=(table.names_row, *columns),
        rows=[(table.rows[key], *columns) for key in ("revenue_multiple", "net_roi")],
        names=["Revenue over investment", "Net return (revenue - cost) / cost"],
    )  # fmt: skip
    return cost, value, by_year, returns


def cover(facts: tuple[tuple[str, str], ...]) -> Cover:
    return Cover(
        title="Token ROI: which platform pays?",
        question="A multi-year platform choice in token economics: cost per million tokens, NPV, IRR, multiple, net ROI.",
        first_steps=(
            "Inputs, Platforms: enter the GPUs you would deploy and your own quotes for price or rate. A cell that differs "
            "from its baseline turns orange and says override.",
            "Inputs, Market: replace the list price of tokens by what you earn, and the utilisation by what you would sell. "
            "These two decide more than the hardware does.",
            "Inputs, Market: set how fast prices fall. Flat prices flatter every platform; the cost per token falls here "
            "with software, and the price falls too.",
            "Inputs, Market: enter a demand in Mtok a month if your demand is limited. Blank sells everything.",
            "Inputs, Running costs: enter electricity, hosting, licences and staff. With rent they are inside the rate.",
            "Inputs, Finance: set discount rate, tax, depreciation and horizon as your finance policy has them.",
            "Dashboard: read levelised cost, NPV and payback first. A revenue multiple is not a net return: both are shown.",
            "Claim: see what the published 15x assumes, and what is left of it at 40 % utilisation or with falling prices.",
            "Baselines: look at the date, qualifier and confidence of the figures that matter to you, and at those beside them.",
            LAST_STEP,
        ),
        sheets=(
            "Inputs",
            "Baselines",
            ("Model", "The deployment model of each platform, month by month. One formula a row."),
            (ANNUAL, "The same by year."),
            (risk_panel.NAME, risk_panel.ABOUT),
            (CLAIM, "The published claim of 75 million USD from 5 million, reproduced and stressed."),
            "Panels",
            ("Dashboard", "One page for the director."),
            "Checks",
            "Log",
            "Lists",
        ),
        facts=facts,
    )  # fmt: skip


def headline(writer: Writer, model: Model) -> headlines.Headline:
    """What the workbook answers, for the command line."""
    return headlines.by_platform(writer, model)
