"""The ``claims`` template through the functions of the add-in: the sheet Panels, and the checks of it and of sums."""

from __future__ import annotations

from collections.abc import Sequence

from tokenbook.templates.models.claims import inputs as claims_inputs
from tokenbook.templates.models.claims.further import Again
from tokenbook.templates.models.shared import claim_sheet
from tokenbook.templates.models.shared.function_panels import Panels
from tokenbook.templates.sheets.checks import Check, Group
from tokenbook.templates.sheets.writer import Writer

COLUMNS = 6  # of the Panels sheet; there is no time axis
YOURS = "Your claim"
AUDITED = (  # row of TOK_CLAIM_AUDIT, native row, label, format
    ("mtok", "mtok", "Tokens sold, Mtok", "mtok"),
    ("implied_usd_per_mtok", "price", "Price implied", "usd_per_mtok"),
    ("implied_usd_per_gpu_hour", "rate", "Investment per GPU-hour", "usd_rate"),
    ("implied_cost_usd_per_mtok", "cost", "Cost per Mtok", "usd_per_mtok"),
    ("revenue_multiple", "multiple", "Revenue multiple", "multiple"),
    ("net_roi", "net", "Net return", "multiple"),
)
RECOMPUTED = tuple(Again(*row) for row in (
    ("15x", "implied_usd_per_mtok", "{claim.price}", "15x: price implied", "usd_per_mtok"),
    ("15x", "implied_usd_per_gpu_hour", "{claim.rate}", "15x: rate implied", "usd_rate"),
    ("15x", "implied_cost_usd_per_mtok", "{claim.cost}", "15x: cost implied", "usd_per_mtok"),
    ("15x", "net_roi", "{claim.net}", "15x: net return", "multiple"),
    ("35x", "cost_usd_per_mtok", "{cost35_1.cost}", "35x: cost of GB300 NVL72", "usd_per_mtok"),
    ("35x", "cost_before_usd_per_mtok", "{cost35_2.cost}", "35x: cost of H200", "usd_per_mtok"),
    ("35x", "cost_ratio", "{cost35.ratio}", "35x: ratio", "multiple"),
    ("50x-per-mw", "ratio_with_old_power", "{mw50.ratio_then}", "50x: power of the time", "multiple"),
    ("50x-per-mw", "ratio_with_corrected_power", "{mw50.ratio_corrected}", "50x: corrected power", "multiple"),
    ("10x-per-mw", "measured_gb200_h200_at_30", "{mw10.measured}", "10x: measured at 30 tok/s/user", "multiple"),
    ("10x-per-mw", "measured_b200_h100_at_90", "{mwb200.ratio}", "10x: B200 over H100", "multiple"),
    ("two-cents", "usd_per_mtok_at_1k1k", "{cents_1.cost}", "Two cents: owned, 2025-10", "usd_per_mtok"),
    ("two-cents", "usd_per_mtok_neocloud_2025_10", "{cents_3.cost}", "Two cents: neocloud, 2025-10", "usd_per_mtok"),
    ("two-cents", "usd_per_mtok_rental_2025_10", "{cents_4.cost}", "Two cents: rented, 2025-10", "usd_per_mtok"),
    ("two-cents", "usd_per_mtok_at_8k1k", "{cents_6.cost}", "Two cents: 8k/1k", "usd_per_mtok"),
    ("5x-in-2-months", "implied_by_two_cents", "{software.by_cents}", "5x: in the printed costs", "multiple"),
    ("15x-lower-cost", "measured_vs_h200", "{cost15_2.ratio}", "15x lower cost: against H200", "multiple"),
    ("15x-lower-cost", "measured_vs_h100", "{cost15_3.ratio}", "15x lower cost: against H100", "multiple"),
))  # fmt: skip
ANEW = (  # call, native cell, label, format: live with every input
    ("TOK_COST({inputs.cost35_1.cost35_rate},{inputs.cost35_1.cost35_throughput})", "{cost35_1.cost}",
     "35x: cost of GB300 NVL72", "usd_per_mtok"),
    ("TOK_COST({inputs.cost35_2.cost35_rate},{inputs.cost35_2.cost35_throughput})", "{cost35_2.cost}",
     "35x: cost of H200", "usd_per_mtok"),
    ("TOK_COST({inputs.cents_2.cents_rate},{inputs.cents_2.cents_throughput})", "{cents_2.cost}",
     "Two cents: newest rate", "usd_per_mtok"),
    ("TOK_COST({inputs.cents_1.cents_rate},{inputs.cents_1.cents_throughput},{inputs.cents_4.cents_use})",
     "{cents_use_4.owned}", "Two cents: at a utilisation", "usd_per_mtok"),
    ("TOK_PER_MW({inputs.cost35_1.cost35_throughput},{inputs.mw50_1.mw50_kw_corrected})", "{mw50_1.corrected}",
     "50x: GB300 NVL72 per MW", "count"),
    ("TOK_PRICE_BLENDED({inputs.parts_1.parts_input},{inputs.parts_1.parts_output},{inputs.claim_isl},{inputs.claim_osl})",
     "{parts_1.price}", "15x: listed price, blended", "usd_per_mtok"),
    *(
        (f"{{inputs.limit_{n}.limit_step}}*TOK_DECODE_LIMIT({{inputs.limit_{n}.limit_hbm}},{{inputs.limit_{n}.limit_total}},"
         f"{{inputs.limit_{n}.limit_active}},{{inputs.limit_{n}.limit_bits}},{{limit_{n}.batch}},{{inputs.limit_{n}.limit_isl}},"
         f"{{inputs.limit_{n}.limit_kv}})", f"{{limit_{n}.most}}", f"{title}: memory limit", "number")
        for n, title in enumerate((*claims_inputs.LIMIT_COLUMNS[:3], YOURS), 1)
        for n in ((5,) if title == YOURS else (n,))
    ),
    ("TOK_NPV({inputs.discount_rate},{flow.revenue_1:all})/(1+{inputs.discount_rate})-{inputs.your_investment}", "{left_1.npv}",
     "Your claim: NPV as claimed", "usd"),
    ("TOK_NPV({inputs.discount_rate},{flow.revenue_2:all})/(1+{inputs.discount_rate})-{inputs.your_investment}", "{left_2.npv}",
     "Your claim: NPV as you expect", "usd"),
)  # fmt: skip
SAME_IF_BLANK = "most"  # a limit that is not known has no counterpart


def write_panels(writer: Writer, platforms: tuple[str, ...], again: Sequence[Again], claims: int) -> dict[str, str]:
    """The same figures through TOK_CLAIM, TOK_CLAIM_AUDIT, TOK_COST and others."""
    panels = Panels.begin(writer, platforms, COLUMNS, core_inputs=False)
    panels.head("Your claim: =TOK_CLAIM_AUDIT(investment, revenue, GPUs, years, throughput, utilisation)")
    audit = (
        "TOK_CLAIM_AUDIT({inputs.your_investment},{inputs.your_revenue},{inputs.your_gpus},{inputs.your_years},"
        "{inputs.your_throughput},{inputs.view_1.view_utilization})"
    )
    for row, key, label, kind in AUDITED:
        panels.cell(label, f"your.{key}", f'VLOOKUP("{row}",{audit},2,FALSE)', kind)
    claim_sheet.panel(panels)
    panels.head("Claims of the catalogue: =TOK_CLAIM(claim, figure)")
    for each in (*RECOMPUTED, *again):
        panels.cell(each.label, each.native, f'TOK_CLAIM("{each.claim}","{each.figure}")', each.kind)
    panels.head("From the figures on Inputs: =TOK_COST, =TOK_PER_MW, =TOK_PRICE_BLENDED, =TOK_DECODE_LIMIT, =TOK_NPV")
    for call, native, label, kind in ANEW:
        panels.cell(label, f"again {native}", call, kind)
    panels.head("All claims: =TOK_CLAIMS()")
    panels.spill("TOK_CLAIMS()", claims + 1, 4, ("text",))
    return panels.finish()


def checks(found: dict[str, str], again: Sequence[Again]) -> tuple[Group, ...]:
    """Native formulas against functions; sums against what they are sums of."""
    yours = tuple(
        Check(f"{label}: sheet and TOK_CLAIM_AUDIT", f"={{your_1.{key}}}", found[f"your.{key}"], kind, True)
        for _, key, label, kind in AUDITED
    )
    balances = (
        Check("Revenue of all years as claimed is the claim's revenue", "=SUM({flow.revenue_1:all})",
              "={inputs.your_revenue}*{inputs.view_1.view_factor}^0*SUMPRODUCT({flow.share:all}*{inputs.view_1.view_factor}^(1-{flow.year:all}))"
              "/{inputs.your_years}", "usd"),
        Check("Years of the claim are the shares of its years", "=SUM({flow.share:all})", "={inputs.your_years}", "number"),
        Check("Tokens sold at their price are the revenue", "={your_1.mtok}*{your_1.price}", "={inputs.your_revenue}", "usd"),
        Check("Multiple less 1 is the net return", "={your_1.multiple}-1", "={your_1.net}", "multiple",
              scale="=MAX(1,{your_1.multiple})"),
    )  # fmt: skip
    # TOK_CLAIM knows the catalogue's figures only: where one on Inputs was overridden, there is nothing to compare.
    kept = 'IF(COUNTIF({inputs.claims_status},"override")>0,'
    recomputed = tuple(
        Check(f"{each.label}: sheet and TOK_CLAIM", f"={each.native}", f"={kept}{each.native},{found[each.native][1:]})",
              each.kind, True)
        for each in (*RECOMPUTED, *again)
    )  # fmt: skip
    anew = tuple(
        Check(f"{label}: sheet and function", f"={native}", _unless_blank(native, found[f"again {native}"]), kind, True,
              scale="=MAX(1,{inputs.your_investment})" if "npv" in native else "")
        for _, native, label, kind in ANEW
    )  # fmt: skip
    return (
        Group(YOURS, (*yours, *balances)),
        claim_sheet.checks(found),
        Group("Claims of the catalogue", recomputed),
        Group("From the figures on Inputs", anew),
    )


def _unless_blank(native: str, function: str) -> str:
    return f'=IF({native}="",{native},{function[1:]})' if native.endswith(f".{SAME_IF_BLANK}}}") else function
