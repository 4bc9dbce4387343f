"""Returns: the rate that a series of payments earns. Period 0 is today."""

from tokenbook.udfs.functions.declare import excel_function
from tokenbook.udfs.functions.errors import DIV0, NA, NoAnswerError
from tokenbook.udfs.functions.quantities import (
    Answer,
    AnyPeriodRate,
    AtLeastTwo,
    AtLeastTwoDates,
    Curve,
    DiscountRate,
    array,
)
from tokenbook.udfs.kernels import returns


@excel_function("Cash flow", shape="rows")
def tok_irr(values: AtLeastTwo, guess: DiscountRate = 0.1) -> Answer:
    """Internal rate of return per period, also where Excel's IRR gives up.

    Any root above -100 % is found. Of several roots the answer is the one that Newton's method reaches from the guess;
    where it reaches none, the first above the guess if the value at the guess is positive, else the first below.
    TOK_IRR_ROOTS shows them all.

    Parameters
    ----------
    values : range, USD
        Cash flows from period 0, money out negative, as cashflows elsewhere. A row of a two-dimensional range is one
        scenario.
    guess : number or range, share a period
        Where to look first, above -1; 0.1 if omitted.

    Returns
    -------
    number, share a period; for a two-dimensional range a column with one value per row. Months to years:
    (1 + IRR) ^ 12 - 1.

    Errors
    ------
    #VALUE! text or a blank in the values
    #NUM! no change of sign, no root above -100 %, a guess of -1 or less, fewer than two values

    Formula
    -------
    the rate r with sum of value(t) / (1 + r) ^ t = 0

    Source
    ------
    As Excel's IRR where that answers; where its search fails, every root is bracketed and polished with Newton steps.

    Example
    -------
    =TOK_IRR({-5, 25, 25, 25}) -> 4.97658
    =TOK_IRR({-100, 230, -132}, 0.3) -> 0.2
    =TOK_IRR({-50, -100, 600, 300, -100}) -> 1.85442
    """
    return returns.irr(values, guess)


@excel_function("Cash flow", shape="curve", no_answer=NA)
def tok_irr_roots(values: AtLeastTwo) -> Curve:
    """Every internal rate of return of a series: more than one, and its IRR is ambiguous.

    A series that changes its sign more than once may have several rates, and none of them need be a return: look at the
    net present value (TOK_NPV_CURVE, TOK_NPV) at the rate that money costs instead.

    Parameters
    ----------
    values : range, USD
        Cash flows from period 0, money out negative, along a row or down a column. A row of a two-dimensional range is
        one scenario.

    Returns
    -------
    range, share a period: the rates above -100 % in rising order, along a row or down a column as the values lie; a row
    per scenario, as wide as the scenario with most rates.

    Errors
    ------
    #VALUE! text or a blank in the values
    #NUM! no change of sign, no root above -100 %, fewer than two values
    #N/A in the place of the rates that a scenario has fewer than another

    Formula
    -------
    all rates r with sum of value(t) / (1 + r) ^ t = 0; one at which the sum touches zero without crossing is there once

    Source
    ------
    Every interval of rates is proven to hold no root or one, or it is halved.

    Example
    -------
    =TOK_IRR_ROOTS({-50, -100, 600, 300, -100}) -> {-0.768895, 1.85442}
    =TOK_IRR_ROOTS({-5, 25, 25, 25}) -> 4.97658
    """
    roots = returns.irr_roots(values)
    if not roots.size:
        raise NoAnswerError("values: no rate above -100 % answers")
    return roots


@excel_function("Cash flow", shape="rows")
def tok_xirr(values: AtLeastTwo, dates: AtLeastTwoDates, guess: DiscountRate = 0.1) -> Answer:
    """Annual internal rate of return of dated cash flows, in any order, also where Excel's XIRR gives up.

    Parameters
    ----------
    values : range, USD
        Cash flows, money out negative. A row of a two-dimensional range is one scenario.
    dates : range, dates
        Date of each value: serials, dates or text as 2026-07-31. One row serves all scenarios.
    guess : number or range, share a year
        Where to look first, above -1; 0.1 if omitted.

    Returns
    -------
    number, share a year; for a two-dimensional range a column with one value per row.

    Errors
    ------
    #VALUE! text or a blank in a range, a text that is no date, values and dates of different length
    #NUM! no change of sign, no root above -100 %, a number that is no date serial, fewer than two values

    Formula
    -------
    the rate r with sum of value(i) / (1 + r) ^ ((date(i) - earliest date) / 365) = 0

    Source
    ------
    As Excel's XIRR where that answers.

    Example
    -------
    =TOK_XIRR({-100, 60, 60}, {"2026-01-01", "2027-01-01", "2028-01-01"}) -> 0.130662
    """
    return returns.xirr(values, array(dates), guess)


@excel_function("Cash flow", shape="rows", no_answer=DIV0)
def tok_mirr(values: AtLeastTwo, finance_rate: AnyPeriodRate, reinvest_rate: AnyPeriodRate) -> Answer:
    """Modified internal rate of return: payments financed at one rate, receipts reinvested at another.

    Parameters
    ----------
    values : range, USD
        Cash flows from period 0, money out negative, as cashflows elsewhere. A row of a two-dimensional range is one
        scenario.
    finance_rate : number or range, share a period
        Rate paid on money that goes out. Below -1 it means nothing, and is calculated all the same, as in Excel.
    reinvest_rate : number or range, share a period
        Rate earned on money that comes in; below -1 likewise.

    Returns
    -------
    number, share a period; -1 if no money comes in; for a two-dimensional range a column with one value per row.

    Errors
    ------
    #VALUE! text or a blank in the values or rates
    #NUM! fewer than two values
    #DIV/0! no money goes out; a rate of -1, or one below at which the formula has no value

    Formula
    -------
    (future value of receipts at reinvest_rate / present value of payments at finance_rate) ^ (1 / n) - 1, n periods

    Source
    ------
    As Excel's MIRR.

    Example
    -------
    =TOK_MIRR({-120000, 39000, 30000, 21000, 37000, 46000}, 0.1, 0.12) -> 0.126094
    """
    return returns.mirr(values, finance_rate, reinvest_rate)
