"""The checks of the deployment core: the sheet against the functions, and what goes in against what comes out."""

from __future__ import annotations

from tokenbook.templates.sheets.checks import Check, Group


def core_checks(platforms: tuple[str, ...], panel: dict[str, str], *, word: str = "Platform") -> tuple[Group, ...]:
    """One group a platform, or whatever ``word`` says. ``panel`` is what ``function_panels`` found."""
    groups = []
    for n, platform in enumerate(platforms, 1):
        m = f"model_{n}"
        rows = [
            Check("Tokens sold do not exceed capacity", f"=MAX(0,{{{m}.sold:total}}-{{{m}.capacity:total}})", "=0",
                  "mtok", scale=f"=MAX(1,{{{m}.capacity:total}})"),
            Check("Cash: revenue less costs, tax and investment, plus the residual value",
                  f"={{{m}.fcf:total}}",
                  f"={{{m}.revenue:total}}-{{{m}.opex:total}}-{{{m}.tax:total}}-{{{m}.investment}}+{{{m}.residual_value}}",
                  "usd", scale=f"=MAX(1,{{{m}.revenue:total}}+{{{m}.opex:total}}+{{{m}.investment}})"),
            Check("Cash at the end is the sum of the flows", f"=INDEX({{{m}.cumulative_cash:all}},{{{m}.months}}+1)",
                  f"={{{m}.fcf:total}}", "usd", scale=f"=MAX(1,{{{m}.revenue:total}}+{{{m}.opex:total}}+{{{m}.investment}})"),
            Check("Book value: investment less depreciation less value at disposal",
                  f"={{{m}.investment}}-{{{m}.depreciation:total}}", f"=SUMPRODUCT({{time.final:all}},{{{m}.book_closing:all}})",
                  "usd", scale=f"=MAX(1,{{{m}.investment}})"),
            Check("Losses: added less used are what is left",
                  f"={{{m}.losses_added:total}}-{{{m}.losses_used:total}}",
                  f"=INDEX({{{m}.losses_closing:all}},{{{m}.months}}+1)", "usd",
                  scale=f"=MAX(1,{{{m}.losses_added:total}}+{{{m}.investment}})"),
            Check("Net present value: total of the row and end of the curve", f"={{{m}.npv}}",
                  f"=INDEX({{{m}.npv_curve:all}},{{{m}.months}}+1)", "usd",
                  scale=f"=MAX(1,SQRT(SUMSQ({{{m}.discounted_fcf:all}})))"),
        ]  # fmt: skip
        rows += function_checks(m, panel)
        groups.append(Group(f"{word} {n}: {platform}", tuple(rows)))
    return tuple(groups)


RESULTS = (  # native constant, output of TOK_DEPLOYMENT, label, format
    ("npv", "npv", "Net present value", "usd"),
    ("irr", "irr", "Internal rate of return, where it is unique", "share"),
    ("payback", "payback_months", "Payback", "months"),
    ("lcot", "lcot", "Levelised cost of token", "usd_per_mtok"),
    ("revenue_multiple", "revenue_multiple", "Revenue over investment", "multiple"),
    ("net_roi", "net_roi", "Net return", "share"),
    ("cost_per_mtok_first", "cost_per_mtok_first", "Cost per Mtok, month 1", "usd_per_mtok"),
    ("cost_per_mtok_last", "cost_per_mtok_last", "Cost per Mtok, last month", "usd_per_mtok"),
    ("revenue_per_rack_year", "revenue_per_rack_year", "Revenue per rack and year", "usd"),
    ("revenue_per_mw_year", "revenue_per_mw_year", "Revenue per megawatt and year", "usd"),
    ("gross_margin", "gross_margin", "Gross margin", "share"),
    ("average_utilization", "average_utilization", "Average utilisation", "share"),
    ("peak_funding", "peak_funding", "Deepest point of cumulative cash", "usd"),
)
LINES = (  # native row, line of TOK_DEPLOYMENT_CURVE, label, format
    ("sold", "sold_mtok", "Tokens sold", "mtok"),
    ("cost_per_mtok", "cost_per_mtok", "Cost per Mtok", "usd_per_mtok"),
    ("depreciation", "depreciation", "Depreciation", "usd"),
    ("tax", "tax", "Tax", "usd"),
    ("fcf", "fcf", "Free cash flow", "usd"),
    ("npv_curve", "npv_curve", "Net present value to date", "usd"),
)


def function_checks(m: str, panel: dict[str, str], *, only: tuple[str, ...] = ()) -> list[Check]:
    """The block ``m`` against the functions; ``only`` names the native lines that a template has, if not all."""
    rows = [
        Check(
            f"{label}: sheet and TOK_DEPLOYMENT", f"={{{m}.{key}}}", _other(m, key, panel[f"{m}.{output}"]), kind, True
        )
        for key, output, label, kind in RESULTS
        if not only or key in only
    ]
    return rows + [
        Check(f"{label}, month by month: sheet and TOK_DEPLOYMENT_CURVE",
              f"=SQRT(SUMPRODUCT({{{m}.{key}:all}}^2*({{time.month:all}}<={{{m}.months}})))",
              f"=SQRT(SUMPRODUCT({{{m}.{key}:all}}^2*({{time.month:all}}<={{{m}.months}})))"
              f"+SQRT(SUMPRODUCT(({{{m}.{key}:all}}-{panel[f'{m}.curve.{line}']})^2*({{time.month:all}}<={{{m}.months}})))"
              "+IF(ISTEXT({panels.addin_missing}),NA(),0)",
              kind, True)
        for key, line, label, kind in LINES
        if not only or key in only
    ]  # fmt: skip


def _other(model: str, key: str, function: str) -> str:
    """What a result is compared with. A cash flow that turns twice has several IRRs: then either may be found."""
    if key == "irr":
        return f"=IF({{{model}.turn:total}}>1,{{{model}.irr}},{function[1:]})"
    return function
