"""Cash flow: what a series of payments is worth, and when it is back. Period 0 is today."""

from typing import Annotated

from tokenbook.udfs.functions.arguments import Number, Series
from tokenbook.udfs.functions.declare import excel_function
from tokenbook.udfs.functions.errors import DIV0, NA
from tokenbook.udfs.functions.quantities import (
    Answer,
    AnyRate,
    Curve,
    Dates,
    DiscountRate,
    Flows,
    Numbers,
    PeriodCount,
    PeriodRate,
    PerYear,
    Range,
    Timing,
    array,
)
from tokenbook.udfs.kernels import cash_flow


@excel_function("Cash flow", shape="rows")
def tok_npv(rate: AnyRate, cashflows: Flows, per_year: PerYear = 1, timing: Timing = "end") -> Answer:
    """Net present value of cash flows that start today.

    Unlike Excel's NPV, the first value is not discounted: it is period 0, the investment. NPV(rate, B1:F1) + A1 in
    Excel is TOK_NPV(rate, A1:F1). Blanks are refused, because skipping them would shift every later period.

    Parameters
    ----------
    rate : number or range, share a year
        Effective annual discount rate (not a price of GPU-hours, which is TOK_RATE); a range gives one value per
        scenario. Below -1 it means nothing: where the formula has a value all the same, that is given, as in Excel.
    cashflows : range, USD
        One per period from period 0, money out negative. A row of a two-dimensional range is one scenario.
    per_year : whole number, periods a year
        1 for years (if omitted), 12 for months.
    timing : text, end or mid
        Whether the flows of a period fall at its end (if omitted) or in its middle; period 0 is always today.

    Returns
    -------
    number, USD; for a two-dimensional range a column with one value per row.

    Errors
    ------
    #VALUE! text or a blank in the cash flows or rate, a timing other than end or mid
    #NUM! a rate of -1, or one below at which the formula has no value

    Formula
    -------
    sum over t of flow(t) / (1 + rate) ^ (t / per_year); with timing "mid", t - 0.5 instead of t from period 1 on

    Source
    ------
    Standard discounting; Brealey, Myers and Allen, Principles of Corporate Finance.

    Example
    -------
    =TOK_NPV(0.1, {-5, 25, 25, 25}) -> 57.1713
    =TOK_NPV(0.1, {-5, 25, 2.5, 0.25}) -> 19.9812
    """
    return cash_flow.npv(rate, cashflows, per_year=per_year, timing=timing)


@excel_function("Cash flow", shape="curve")
def tok_npv_curve(rate: AnyRate, cashflows: Flows, per_year: PerYear = 1, timing: Timing = "end") -> Curve:
    """Running net present value: what the flows up to each period are worth today.

    Parameters
    ----------
    rate : number or range, share a year
        Effective annual discount rate; a range gives one curve per scenario. Below -1 it means nothing, see TOK_NPV.
    cashflows : range, USD
        One per period from period 0, money out negative. A row of a two-dimensional range is one scenario.
    per_year : whole number, periods a year
        1 for years (if omitted), 12 for months.
    timing : text, end or mid
        Whether the flows of a period fall at its end (if omitted) or in its middle.

    Returns
    -------
    range, USD: one value per period, along a row or down a column as the cash flows lie; the last one is TOK_NPV.

    Errors
    ------
    #VALUE! text or a blank in the cash flows or rate, a timing other than end or mid
    #NUM! a rate of -1, or one below at which the formula has no value

    Formula
    -------
    cumulative sum of flow(t) / (1 + rate) ^ (t / per_year)

    Source
    ------
    Standard discounting, as TOK_NPV.

    Example
    -------
    =TOK_NPV_CURVE(0.1, {-5, 25, 25, 25}) -> {-5, 17.7273, 38.3884, 57.1713}
    """
    return cash_flow.npv_curve(rate, cashflows, per_year=per_year, timing=timing)


@excel_function("Cash flow", shape="curve", no_answer=DIV0)
def tok_roi_curve(cashflows: Flows) -> Curve:
    """Running return on investment: cash so far over the money put in so far.

    Parameters
    ----------
    cashflows : range, USD
        One per period from period 0, money out negative. A row of a two-dimensional range is one scenario.

    Returns
    -------
    range, share of the money paid: one value per period, as the cash flows lie; -1 until something comes back.

    Errors
    ------
    #VALUE! text or a blank in the cash flows
    #DIV/0! nothing has been paid yet

    Formula
    -------
    sum of flows so far / sum of negative flows so far, taken as a positive amount

    Source
    ------
    Net return on investment; a revenue multiple is one more.

    Example
    -------
    =TOK_ROI_CURVE({-5, 25, 25, 25}) -> {-1, 4, 9, 14}
    """
    return cash_flow.roi_curve(cashflows)


@excel_function("Cash flow", shape="rows")
def tok_xnpv(rate: DiscountRate, values: Flows, dates: Dates) -> Answer:
    """Net present value of dated cash flows, in any order, at the earliest date.

    Parameters
    ----------
    rate : number or range, share a year
        Effective annual discount rate, above -1.
    values : range, USD
        Cash flows, money out negative. A row of a two-dimensional range is one scenario.
    dates : range, dates
        Date of each value: serials, dates or text as 2026-07-31. One row serves all scenarios.

    Returns
    -------
    number, USD at the earliest date; for a two-dimensional range a column with one value per row.

    Errors
    ------
    #VALUE! text or a blank in a range, a text that is no date, values and dates of different length
    #NUM! a rate of -1 or less, a number that is no date serial

    Formula
    -------
    sum of value(i) / (1 + rate) ^ ((date(i) - earliest date) / 365)

    Source
    ------
    As Excel's XNPV, which counts from the first date in the list and refuses earlier ones.

    Example
    -------
    =TOK_XNPV(0.1, {-100, 60, 60}, {"2026-01-01", "2027-01-01", "2028-01-01"}) -> 4.1322
    """
    return cash_flow.xnpv(rate, values, array(dates))


@excel_function("Cash flow", shape="rows", no_answer=NA)
def tok_payback(cashflows: Flows, rate: DiscountRate = 0.0, per_year: PerYear = 1) -> Answer:
    """Periods until the money is back, interpolated; discounted, if a rate is given.

    Parameters
    ----------
    cashflows : range, USD
        One per period from period 0, money out negative. A row of a two-dimensional range is one scenario.
    rate : number or range, share a year
        Annual discount rate, above -1; 0 (not discounted) if omitted.
    per_year : whole number, periods a year
        1 for years (if omitted), 12 for months.

    Returns
    -------
    number, periods; for a two-dimensional range a column with one value per row.

    Errors
    ------
    #VALUE! text or a blank in the cash flows or rate
    #NUM! a rate of -1 or less
    #N/A never pays back

    Formula
    -------
    t + (-balance(t)) / flow(t + 1) where the running (discounted) balance, having been below zero, is back for the
    first time; 0 if it never is below zero

    Source
    ------
    Payback as in corporate finance, linear within the period.

    Example
    -------
    =TOK_PAYBACK({-5, 2, 2, 2}) -> 2.5
    =TOK_PAYBACK({-5, 2, 2}) -> #N/A
    """
    return cash_flow.payback(cashflows, rate, per_year)


@excel_function("Cash flow")
def tok_eaa(
    rate: PeriodRate,
    npv: Annotated[Numbers, Number()],
    periods: PeriodCount,
) -> Answer:
    """Equivalent annual annuity: the level payment that is worth a net present value.

    It makes projects of different length comparable.

    Parameters
    ----------
    rate : number or range, share a period
        Discount rate per period, above -1.
    npv : number or range, USD
        Net present value.
    periods : number or range, periods
        Number of payments, above 0.

    Returns
    -------
    number or range, USD per period, in the size to which the arguments broadcast.

    Errors
    ------
    #VALUE! text or a blank where a number belongs; ranges of different size
    #NUM! a rate of -1 or less, periods of 0 or less

    Formula
    -------
    npv x rate / (1 - (1 + rate) ^ -periods); npv / periods at a rate of 0

    Source
    ------
    As -PMT(rate, periods, npv) in Excel.

    Example
    -------
    =TOK_EAA(0.1, 57.1713, 3) -> 22.9894
    """
    return cash_flow.equivalent_annual_annuity(rate, npv, periods)


@excel_function("Cash flow", shape="rows", no_answer=DIV0)
def tok_lcot(rate: DiscountRate, costs: Flows, mtok: Annotated[Range, Series(low=0)], per_year: PerYear = 1) -> Answer:
    """Levelised cost of token: the one price per million tokens at which all costs are earned back.

    Parameters
    ----------
    rate : number or range, share a year
        Effective annual discount rate, above -1.
    costs : range, USD
        Costs per period from period 0 as positive amounts, investment included, resale value as a negative one. A row
        is one scenario.
    mtok : range, Mtok
        Million tokens sold per period, in the same length; 0 in period 0, when nothing is sold yet.
    per_year : whole number, periods a year
        1 for years (if omitted), 12 for months.

    Returns
    -------
    number, USD per Mtok; for a two-dimensional range a column with one value per row.

    Errors
    ------
    #VALUE! text or a blank in a range, costs and mtok of different length
    #NUM! negative tokens, a rate of -1 or less
    #DIV/0! no tokens at all

    Formula
    -------
    sum of costs(t) / (1 + rate) ^ (t / per_year) over sum of mtok(t) / (1 + rate) ^ (t / per_year)

    Source
    ------
    As the levelised cost of energy (LCOE) of the IEA and NREL, per token instead of per MWh.

    Example
    -------
    =TOK_LCOT(0.1, {5000000, 0, 0, 0}, {0, 22705920, 22705920, 22705920}) -> 0.0885484
    """
    return cash_flow.lcot(rate, costs, mtok, per_year=per_year)
