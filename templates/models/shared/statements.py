"""Income statement, cash flow and balance by year, from the deployment core: rows for ``by_period.write``.

Sums of the months where nothing else is said. The balance is of the project alone: what is not in the bank yet was
paid in by the owner, so cash may be negative; book value and cash together are the profit to date.
"""

from __future__ import annotations

from tokenbook.templates.models.shared.by_period import PeriodRow
from tokenbook.templates.sheets.checks import Check, Group
from tokenbook.templates.sheets.rows import Heading

ROWS = (
    Heading("Income statement"),
    PeriodRow("sold", "Tokens sold", "Mtok", "mtok"),
    PeriodRow("revenue", "Revenue", "USD", "usd", strong=True),
    PeriodRow("energy", "Electricity", "USD", "usd"),
    PeriodRow("hosting", "Hosting", "USD", "usd"),
    PeriodRow("maintenance", "Maintenance", "USD", "usd"),
    PeriodRow("licences", "Software licences", "USD", "usd"),
    PeriodRow("staff", "Staff", "USD", "usd"),
    PeriodRow("rent", "Rent", "USD", "usd"),
    PeriodRow("opex", "Running costs", "USD", "usd"),
    PeriodRow("ebitda", "EBITDA", "USD", "usd", "={revenue}-{opex}", strong=True),
    PeriodRow("depreciation", "Depreciation", "USD", "usd"),
    PeriodRow("ebit", "Operating profit (EBIT)", "USD", "usd", "={ebitda}-{depreciation}", strong=True),
    PeriodRow("disposal_gain", "Gain or loss on disposal", "USD", "usd"),
    PeriodRow("losses_used", "Losses carried forward, used", "USD", "usd"),
    PeriodRow("tax", "Tax", "USD", "usd"),
    PeriodRow("net_profit", "Net profit", "USD", "usd", "={ebit}+{disposal_gain}-{tax}", strong=True),
    PeriodRow("ebitda_margin", "EBITDA margin", "share", "share", "=IF({revenue}>0,{ebitda}/{revenue},0)"),
    PeriodRow("ebit_margin", "EBIT margin", "share", "share", "=IF({revenue}>0,{ebit}/{revenue},0)"),
    PeriodRow("net_margin", "Net margin", "share", "share", "=IF({revenue}>0,{net_profit}/{revenue},0)"),
    Heading("Cash flow"),
    PeriodRow("operating_cash", "From operations, after tax", "USD", "usd", "={ebitda}-{tax}"),
    PeriodRow("investing", "Investment and residual value", "USD", "usd"),
    PeriodRow("fcf", "Free cash flow", "USD", "usd", "={operating_cash}+{investing}", strong=True),
    PeriodRow("discounted_fcf", "Free cash flow, discounted", "USD", "usd"),
    PeriodRow("npv_to_date", "Net present value to date", "USD", "usd", "=SUM({discounted_fcf:to_date})"),
    Heading("Balance at the end of the year"),
    PeriodRow("bought", "Bought", "USD", "usd", "=IF({year.number}=0,{model_#.investment},0)"),
    PeriodRow("disposed", "Book value of what is sold", "USD", "usd",
              "=SUMIFS({model_#.book_closing:all},{time.year:all},{year.number},{time.final:all},1)"),
    PeriodRow("book_value", "Net book value", "USD", "usd", "=N({book_value:prev})+{bought}-{depreciation}-{disposed}"),
    PeriodRow("cash", "Cash; negative is paid in by the owner", "USD", "usd", "=N({cash:prev})+{fcf}"),
    PeriodRow("profit_to_date", "Profit to date", "USD", "usd", "=N({profit_to_date:prev})+{net_profit}", strong=True),
    PeriodRow("losses_added", "Tax losses added", "USD", "usd"),
    PeriodRow("losses", "Tax losses carried forward", "USD", "usd", "=N({losses:prev})+{losses_added}-{losses_used}"),
    Heading("Per million tokens"),
    PeriodRow("sold_static", "Sold without software gains", "Mtok", "mtok"),
    PeriodRow("price", "Price", "USD per Mtok", "usd_per_mtok", "=IF({sold}>0,{revenue}/{sold},0)"),
    PeriodRow("cash_cost", "Running costs", "USD per Mtok", "usd_per_mtok", "=IF({sold}>0,{opex}/{sold},0)"),
    PeriodRow("book_cost", "Running costs and depreciation", "USD per Mtok", "usd_per_mtok",
              "=IF({sold}>0,({opex}+{depreciation})/{sold},0)", strong=True),
    PeriodRow("book_cost_static", "... without software gains", "USD per Mtok", "usd_per_mtok",
              "=IF({sold_static}>0,({opex}+{depreciation})/{sold_static},0)"),
    PeriodRow("capital_recovery", "Capital recovery", "USD", "usd"),
    PeriodRow("full_cost", "Running costs and capital recovery", "USD per Mtok", "usd_per_mtok",
              "=IF({sold}>0,({opex}+{capital_recovery})/{sold},0)"),
)  # fmt: skip


def checks(platforms: tuple[str, ...]) -> tuple[Group, ...]:
    """The statements hang together, and with the months."""
    groups = []
    for n, platform in enumerate(platforms, 1):
        y, m = f"year_{n}", f"model_{n}"
        size = f"=MAX(1,{{{m}.revenue:total}}+{{{m}.opex:total}}+{{{m}.investment}})"
        rows = (
            Check("Book value and cash are the profit to date, in every year",
                  f"=SUMPRODUCT(({{{y}.book_value:all}}+{{{y}.cash:all}}-{{{y}.profit_to_date:all}})^2)^(1/2)", "=0", "usd",
                  scale=size),
            Check("Years: net profit is the cash flow of all months", f"=SUM({{{y}.net_profit:all}})", f"={{{m}.fcf:total}}",
                  "usd", scale=size),
            Check("Years: free cash flow", f"=SUM({{{y}.fcf:all}})", f"={{{m}.fcf:total}}", "usd", scale=size),
            Check("Years: discounted cash flow is the net present value", f"=SUM({{{y}.discounted_fcf:all}})",
                  f"={{{m}.npv}}", "usd", scale=size),
            Check("Years: EBIT", f"=SUM({{{y}.ebit:all}})", f"={{{m}.ebit:total}}", "usd", scale=size),
            Check("Years: costs by kind are the running costs",
                  "=" + "+".join(f"SUM({{{y}.{key}:all}})" for key in
                                 ("energy", "hosting", "maintenance", "licences", "staff", "rent")),
                  f"={{{m}.opex:total}}", "usd", scale=size),
            Check("Nothing is left in the books after the disposal", f"=INDEX({{{y}.book_value:all}},COLUMNS({{{y}.book_value:all}}))",
                  "=0", "usd", scale=size),
            Check("Tax losses at the end", f"=INDEX({{{y}.losses:all}},COLUMNS({{{y}.losses:all}}))",
                  f"=INDEX({{{m}.losses_closing:all}},{{{m}.months}}+1)", "usd", scale=size),
        )  # fmt: skip
        groups.append(Group(f"Statements {n}: {platform}", rows))
    return tuple(groups)
