"""Curves: prices that fall, software that gets faster, utilisation that ramps up. Period 0 is today."""

from typing import Annotated, TypeAlias

import numpy as np

from tokenbook.udfs.functions.arguments import Number, Text, Vector
from tokenbook.udfs.functions.declare import excel_function
from tokenbook.udfs.functions.quantities import (
    Answer,
    Curve,
    DateRange,
    GpuHourRate,
    Numbers,
    Periods,
    PerYear,
    Range,
    ThroughputDivisor,
    TokenPrice,
    UtilizationDivisor,
    array,
)
from tokenbook.udfs.kernels import curves

Factor: TypeAlias = Annotated[Numbers, Number(above=0, meaning="times a year, above 0")]
Gain: TypeAlias = Annotated[Numbers, Number(above=0, meaning="times, above 0")]
Months: TypeAlias = Annotated[Numbers, Number(low=0, meaning="months")]
AnnualGain: TypeAlias = Annotated[Numbers, Number(above=-1, meaning="share a year, above -1")]
RAMP_SHAPES = ("linear", "logistic")


@excel_function("Curves", shape="curve")
def tok_price_curve(
    start: TokenPrice, annual_factor: Factor, periods: Periods, per_year: PerYear = 12, floor: TokenPrice = 0.0
) -> Curve:
    """A token price that falls by a factor every year, down to a floor.

    The factor is a divisor: 10 means a tenth after one year, 1 means flat, 0.5 means twice the price. The decline
    that studies report is that of the cheapest model of equal quality, not of one fixed model.

    Parameters
    ----------
    start : number or range, USD per Mtok
        Price in period 0; a range gives one curve per scenario.
    annual_factor : number or range, times a year
        Factor by which the price is divided in a year, above 0: 10 is a tenth after a year.
    periods : whole number, count of periods
        Values of the curve, period 0 among them: 61 for months 0 to 60.
    per_year : whole number, periods a year
        12 for months (if omitted), 4 for quarters, 1 for years.
    floor : number or range, USD per Mtok
        Price below which it does not fall; 0 if omitted.

    Returns
    -------
    range, USD per Mtok: one value per period along a row; a row per scenario (columns, if the scenarios lie along a
    row).

    Errors
    ------
    #VALUE! text or a blank where a number belongs; scenario ranges of different size
    #NUM! a negative price or floor, a factor of 0 or less, periods that are not a whole number from 1 to 10,000

    Formula
    -------
    max(floor, start x annual_factor ^ (-t / per_year)), t = 0 .. periods - 1

    Source
    ------
    Exponential decline as a16z (LLMflation, 2024: about 10 a year) and Epoch AI (2025: 9 to 900 a year) report it.

    Example
    -------
    =TOK_PRICE_CURVE(2, 10, 4, 1) -> {2, 0.2, 0.02, 0.002}
    =TOK_PRICE_CURVE(1.1, 3, 3, 1, 0.2) -> {1.1, 0.366667, 0.2}
    """
    return curves.price_curve(start, annual_factor, periods, per_year, floor)


@excel_function("Curves", shape="curve")
def tok_software_curve(periods: Periods, gain: Gain, months: Months, annual_gain: AnnualGain = 0.0) -> Curve:
    """Throughput multiplier from serving-software releases: a gain within some months, then so much a year.

    Parameters
    ----------
    periods : whole number, count of months
        Values of the curve, month 0 among them.
    gain : number or range, times
        Throughput after the first releases over throughput today, above 0: 5 for "5x".
    months : number or range, months
        Months in which that gain is reached; 0 means at once.
    annual_gain : number or range, share a year
        Growth a year afterwards, above -1; 0 if omitted.

    Returns
    -------
    range, times: one multiplier per month along a row, 1 in month 0; a row per scenario.

    Errors
    ------
    #VALUE! text or a blank where a number belongs; scenario ranges of different size
    #NUM! a gain of 0 or less, negative months, an annual gain of -1 or less

    Formula
    -------
    gain ^ min(1, t / months) x (1 + annual_gain) ^ (max(0, t - months) / 12)

    Source
    ------
    Tokenbook's reading of vendor claims such as NVIDIA's 5x in two months (TensorRT-LLM, GPT-OSS-120B, 2025).

    Example
    -------
    =TOK_SOFTWARE_CURVE(4, 4, 2) -> {1, 2, 4, 4}
    """
    return curves.software_curve(periods, gain, months, annual_gain)


@excel_function("Curves", shape="curve")
def tok_ramp_curve(
    periods: Periods,
    start: Annotated[Numbers, Number()],
    end: Annotated[Numbers, Number()],
    ramp: Annotated[Numbers, Number(low=0, meaning="periods")],
    shape: Annotated[str, Text(choices=RAMP_SHAPES)] = "linear",
) -> Curve:
    """A share, such as utilisation, that ramps from a start to an end value, in a line or in an S.

    Parameters
    ----------
    periods : whole number, count of periods
        Values of the curve, period 0 among them.
    start : number or range, share (or any unit)
        Value in period 0.
    end : number or range, share (or any unit)
        Value from period `ramp` on.
    ramp : number or range, periods
        Periods that the ramp takes; 0 means that the end value is there at once.
    shape : text, linear or logistic
        A line (if omitted), or a logistic S that begins and ends exactly.

    Returns
    -------
    range, in the unit of start and end: one value per period along a row; a row per scenario.

    Errors
    ------
    #VALUE! text or a blank where a number belongs; another shape; scenario ranges of different size
    #NUM! a negative ramp

    Formula
    -------
    start + (end - start) x s(min(1, t / ramp)); linear s(x) = x; logistic s(x) = (L(x) - L(0)) / (L(1) - L(0)),
    L(x) = 1 / (1 + exp(-10 (x - 0.5)))

    Source
    ------
    Linear and logistic adoption, as usual in business cases; 90 % of the S lies between 0.2 and 0.8 of its time.

    Example
    -------
    =TOK_RAMP_CURVE(5, 0.2, 0.8, 4) -> {0.2, 0.35, 0.5, 0.65, 0.8}
    =TOK_RAMP_CURVE(5, 0.2, 0.8, 4, "logistic") -> {0.2, 0.242062, 0.5, 0.757938, 0.8}
    """
    return curves.ramp_curve(periods, start, end, ramp, shape)


@excel_function("Curves")
def tok_learning_curve(
    first_cost: Annotated[Numbers, Number(low=0, meaning="USD")],
    cumulative_volume: Annotated[Numbers, Number(above=0, meaning="units made so far, above 0")],
    learning_rate: Annotated[Numbers, Number(above=-1e6, high=1 - 1e-12, meaning="share per doubling, below 1")],
) -> Answer:
    """Cost after a cumulative volume, falling by the same share with every doubling (Wright's law).

    Parameters
    ----------
    first_cost : number or range, USD (or any unit)
        Cost at volume 1.
    cumulative_volume : number or range, units of the first
        Volume made so far, above 0.
    learning_rate : number or range, share per doubling
        Share by which each doubling cuts the cost, below 1: 0.2 for 20 %.

    Returns
    -------
    number or range, in the unit of first_cost, in the size to which the arguments broadcast.

    Errors
    ------
    #VALUE! text or a blank where a number belongs; ranges of different size
    #NUM! a negative cost, a volume of 0 or less, a learning rate of 1 or more

    Formula
    -------
    first_cost x cumulative_volume ^ log2(1 - learning_rate)

    Source
    ------
    T. P. Wright, Factors affecting the cost of airplanes, Journal of the Aeronautical Sciences 3 (1936).

    Example
    -------
    =TOK_LEARNING_CURVE(100, 4, 0.2) -> 64
    """
    return curves.learning_curve(first_cost, cumulative_volume, learning_rate)


@excel_function("Curves", shape="curve")
def tok_cost_curve(
    usd_per_gpu_hour: GpuHourRate,
    tok_s_per_gpu: ThroughputDivisor,
    utilization: UtilizationDivisor,
    gain: Gain,
    months: Months,
    periods: Periods,
    annual_gain: AnnualGain = 0.0,
) -> Curve:
    """Cost of a million tokens month by month, declining as software makes the same GPU faster.

    Parameters
    ----------
    usd_per_gpu_hour : number or range, USD per GPU-hour
        All-in rate; a range gives one curve per scenario.
    tok_s_per_gpu : number or range, tok/s per GPU
        Throughput of one GPU today, at full load, of total (input plus output) or of output tokens; it decides which
        tokens the cost is of.
    utilization : number or range, share 0 to 1
        Share of the paid hours in which that throughput is sold.
    gain : number or range, times
        Throughput after the first software releases over throughput today; 1 for the static view.
    months : number or range, months
        Months in which that gain is reached; 0 means at once.
    periods : whole number, count of months
        Values of the curve, month 0 among them.
    annual_gain : number or range, share a year
        Growth of throughput a year afterwards; 0 if omitted.

    Returns
    -------
    range, USD per Mtok: one value per month along a row; a row per scenario.

    Errors
    ------
    #VALUE! text or a blank where a number belongs; scenario ranges of different size
    #NUM! a negative rate or throughput, a utilization outside 0 to 1, a gain of 0 or less
    #DIV/0! zero throughput or zero utilization

    Formula
    -------
    usd_per_gpu_hour / (tok_s_per_gpu x 0.0036 x utilization x software(t)), software(t) as in TOK_SOFTWARE_CURVE

    Source
    ------
    The cost identity of TOK_COST with throughput moving over time.

    Example
    -------
    =TOK_COST_CURVE(1.95, 5602.58, 1, 5, 2, 3) -> {0.0966816, 0.0432373, 0.0193363}
    """
    return curves.cost_curve(usd_per_gpu_hour, tok_s_per_gpu, utilization, gain, months, periods, annual_gain)


@excel_function("Curves", shape="curve")
def tok_fit_decline(
    dates: Annotated[DateRange, Vector(dates=True, least=2)], values: Annotated[Range, Vector(above=0, least=2)]
) -> Curve:
    """The factor by which dated prices or costs fall in a year, and how well the line fits.

    Parameters
    ----------
    dates : range, dates
        Date of each value, in any order: serials, dates or text as 2026-07-31.
    values : range, USD per Mtok (or any unit)
        Prices or costs on those dates, above 0.

    Returns
    -------
    range, two cells beside each other: the factor a year (above 1 the values fall), and R2 of the fit; below each
    other if the dates or the values run down a column.

    Errors
    ------
    #VALUE! text or a blank in a range; dates and values of different size; a text that is no date
    #NUM! fewer than two values, a value of 0 or less, all dates the same; all values the same (R2 only)

    Formula
    -------
    exp(-b), b = slope of the least-squares line of ln(value) over years of 365 days

    Source
    ------
    Log-linear regression, as Excel's LOGEST: the factor is 1 / LOGEST(values, years).

    Example
    -------
    =TOK_FIT_DECLINE({"2024-01-01", "2024-12-31", "2025-12-31"}, {60, 6, 0.6}) -> {10, 1}
    """
    return np.array(curves.fit_decline(array(dates), values))
