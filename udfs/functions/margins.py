"""Margins: what a rack or a megawatt earns, what is left of it, and where the break-even is."""

from typing import Annotated

from tokenbook.udfs.functions.arguments import Number
from tokenbook.udfs.functions.declare import excel_function
from tokenbook.udfs.functions.errors import DIV0
from tokenbook.udfs.functions.quantities import (
    Answer,
    GpuHourRate,
    Numbers,
    PowerDivisor,
    Pue,
    Share,
    Throughput,
    ThroughputDivisor,
    TokenPrice,
    TokenPriceDivisor,
    Utilization,
    UtilizationDivisor,
)
from tokenbook.udfs.kernels import earnings
from tokenbook.udfs.kernels.units import GPUS_PER_RACK


@excel_function("Unit cost")
def tok_revenue_per_rack(
    usd_per_mtok: TokenPrice,
    tok_s_per_gpu: Throughput,
    gpus_per_rack: Annotated[Numbers, Number(low=0, meaning="GPUs")] = GPUS_PER_RACK,
    utilization: Utilization = 1.0,
) -> Answer:
    """Revenue of a rack in a year.

    Parameters
    ----------
    usd_per_mtok : number or range, USD per Mtok
        Price of the tokens that the throughput counts.
    tok_s_per_gpu : number or range, tok/s per GPU
        Throughput of one GPU at full load, of total (input plus output) or of output tokens; it decides which tokens
        the result is about.
    gpus_per_rack : number or range, GPUs
        72 (NVL72) if omitted.
    utilization : number or range, share 0 to 1
        Share of the hours in which that throughput is sold; 1 if omitted.

    Returns
    -------
    number or range, USD per rack and year, in the size to which the arguments broadcast.

    Errors
    ------
    #VALUE! text or a blank where a number belongs; ranges of different size
    #NUM! a negative number, a utilization above 1

    Formula
    -------
    usd_per_mtok x gpus_per_rack x tok_s_per_gpu x 0.0036 x 8760 x utilization

    Source
    ------
    Price times volume.

    Example
    -------
    =TOK_REVENUE_PER_RACK(1.1, 10000) -> 24976512
    """
    return earnings.revenue_per_rack_year(usd_per_mtok, tok_s_per_gpu, gpus_per_rack, utilization)


@excel_function("Unit cost")
def tok_revenue_per_mw(
    usd_per_mtok: TokenPrice,
    tok_s_per_gpu: Throughput,
    kw_per_gpu: PowerDivisor,
    utilization: Utilization = 1.0,
    pue: Pue = 1.0,
) -> Answer:
    """Revenue of a megawatt in a year: where power is the limit, the figure that ranks platforms.

    Parameters
    ----------
    usd_per_mtok : number or range, USD per Mtok
        Price of the tokens that the throughput counts.
    tok_s_per_gpu : number or range, tok/s per GPU
        Throughput of one GPU at full load, of total (input plus output) or of output tokens; it decides which tokens
        the result is about.
    kw_per_gpu : number or range, kW per GPU
        Power of a GPU with its share of the rack.
    utilization : number or range, share 0 to 1
        Share of the hours in which that throughput is sold; 1 if omitted.
    pue : number or range, kW per kW
        Facility power over IT power, 1 or more; 1 if omitted, as for all-in utility power.

    Returns
    -------
    number or range, USD per MW and year, in the size to which the arguments broadcast.

    Errors
    ------
    #VALUE! text or a blank where a number belongs; ranges of different size
    #NUM! a negative number, a utilization above 1, a PUE below 1
    #DIV/0! zero power

    Formula
    -------
    usd_per_mtok x (1000 / (kw_per_gpu x pue)) x tok_s_per_gpu x 0.0036 x 8760 x utilization

    Source
    ------
    Price times volume.

    Example
    -------
    =TOK_REVENUE_PER_MW(1.1, 10000, 2) -> 173448000
    """
    return earnings.revenue_per_mw_year(usd_per_mtok, tok_s_per_gpu, kw_per_gpu, utilization, pue)


@excel_function("Unit cost")
def tok_margin(
    price: Annotated[Numbers, Number(low=0, divisor=True, meaning="USD")],
    cost: Annotated[Numbers, Number(meaning="USD")],
) -> Answer:
    """Gross margin, as a share of the price.

    Parameters
    ----------
    price : number or range, USD per Mtok (or any)
        Selling price, or revenue.
    cost : number or range, in the unit of price
        Cost of the same quantity.

    Returns
    -------
    number or range, share of the price, in the size to which the arguments broadcast.

    Errors
    ------
    #VALUE! text or a blank where a number belongs; ranges of different size
    #NUM! a negative price
    #DIV/0! a price of 0

    Formula
    -------
    (price - cost) / price

    Source
    ------
    Accounting.

    Example
    -------
    =TOK_MARGIN(1.1, 0.0734) -> 0.933273
    """
    return earnings.margin(price, cost)


@excel_function("Unit cost")
def tok_multiple(
    revenue: Annotated[Numbers, Number(meaning="USD")],
    investment: Annotated[Numbers, Number(divisor=True, meaning="USD")],
) -> Answer:
    """Revenue multiple: revenue over investment. It is not a return: a multiple of 15 is a net ROI of 14.

    Parameters
    ----------
    revenue : number or range, USD
        Revenue over the whole time, gross.
    investment : number or range, USD
        Money put in.

    Returns
    -------
    number or range, times, in the size to which the arguments broadcast.

    Errors
    ------
    #VALUE! text or a blank where a number belongs; ranges of different size
    #DIV/0! an investment of 0

    Formula
    -------
    revenue / investment

    Source
    ------
    The "15x" of vendors, which call it return on investment.

    Example
    -------
    =TOK_MULTIPLE(75000000, 5000000) -> 15
    """
    return earnings.multiple(revenue, investment)


@excel_function("Unit cost")
def tok_roi(
    revenue: Annotated[Numbers, Number(meaning="USD")], cost: Annotated[Numbers, Number(divisor=True, meaning="USD")]
) -> Answer:
    """Net return on investment: what is left of the revenue, over the cost.

    Parameters
    ----------
    revenue : number or range, USD
        Revenue over the whole time.
    cost : number or range, USD
        All costs over the same time, investment included.

    Returns
    -------
    number or range, share of the cost (14 is 1,400 %), in the size to which the arguments broadcast.

    Errors
    ------
    #VALUE! text or a blank where a number belongs; ranges of different size
    #DIV/0! a cost of 0

    Formula
    -------
    (revenue - cost) / cost

    Source
    ------
    Corporate finance.

    Example
    -------
    =TOK_ROI(75000000, 5000000) -> 14
    """
    return earnings.roi(revenue, cost)


@excel_function("Unit cost", no_answer=DIV0)
def tok_breakeven_price(
    usd_per_gpu_hour: GpuHourRate,
    tok_s_per_gpu: ThroughputDivisor,
    utilization: UtilizationDivisor = 1.0,
    margin: Share = 0.0,
) -> Answer:
    """Price of a million tokens that just covers the cost, or that leaves a margin.

    Parameters
    ----------
    usd_per_gpu_hour : number or range, USD per GPU-hour
        All-in rate.
    tok_s_per_gpu : number or range, tok/s per GPU
        Throughput of one GPU at full load, of total (input plus output) or of output tokens; it decides which tokens
        the result is about.
    utilization : number or range, share 0 to 1
        Share of the paid hours in which that throughput is sold; 1 if omitted.
    margin : number or range, share of the price 0 to 1
        Gross margin to be left; 0 if omitted.

    Returns
    -------
    number or range, USD per Mtok, in the size to which the arguments broadcast.

    Errors
    ------
    #VALUE! text or a blank where a number belongs; ranges of different size
    #NUM! a negative rate or throughput, a utilization or margin outside 0 to 1
    #DIV/0! zero throughput or utilization, a margin of 1

    Formula
    -------
    usd_per_gpu_hour / (tok_s_per_gpu x 0.0036 x utilization x (1 - margin))

    Source
    ------
    TOK_COST solved for the price.

    Example
    -------
    =TOK_BREAKEVEN_PRICE(3.6, 1000, 0.5, 0.5) -> 4
    """
    return earnings.breakeven_price(usd_per_gpu_hour, tok_s_per_gpu, utilization, margin)


@excel_function("Unit cost", no_answer=DIV0)
def tok_breakeven_utilization(
    usd_per_gpu_hour: GpuHourRate,
    tok_s_per_gpu: ThroughputDivisor,
    usd_per_mtok: TokenPriceDivisor,
    margin: Share = 0.0,
) -> Answer:
    """Utilisation at which a price just covers the cost, or leaves a margin; above 1 no utilisation does.

    With the price of an API it is the utilisation from which running GPUs is cheaper than buying tokens.

    Parameters
    ----------
    usd_per_gpu_hour : number or range, USD per GPU-hour
        All-in rate.
    tok_s_per_gpu : number or range, tok/s per GPU
        Throughput of one GPU at full load, of total (input plus output) or of output tokens; it decides which tokens
        the result is about.
    usd_per_mtok : number or range, USD per Mtok
        Selling price, or the price of an API.
    margin : number or range, share of the price 0 to 1
        Gross margin to be left; 0 if omitted.

    Returns
    -------
    number or range, share of the paid hours, in the size to which the arguments broadcast.

    Errors
    ------
    #VALUE! text or a blank where a number belongs; ranges of different size
    #NUM! a negative rate, throughput or price, a margin outside 0 to 1
    #DIV/0! zero throughput or price, a margin of 1

    Formula
    -------
    usd_per_gpu_hour / (tok_s_per_gpu x 0.0036 x usd_per_mtok x (1 - margin))

    Source
    ------
    TOK_COST solved for the utilisation.

    Example
    -------
    =TOK_BREAKEVEN_UTILIZATION(3.6, 1000, 4, 0.5) -> 0.5
    """
    return earnings.breakeven_utilization(usd_per_gpu_hour, tok_s_per_gpu, usd_per_mtok, margin)


@excel_function("Unit cost", no_answer=DIV0)
def tok_breakeven_throughput(
    usd_per_gpu_hour: GpuHourRate,
    usd_per_mtok: TokenPriceDivisor,
    utilization: UtilizationDivisor = 1.0,
    margin: Share = 0.0,
) -> Answer:
    """Throughput per GPU at which a price just covers the cost, or leaves a margin.

    Parameters
    ----------
    usd_per_gpu_hour : number or range, USD per GPU-hour
        All-in rate.
    usd_per_mtok : number or range, USD per Mtok
        Selling price of the tokens that the throughput counts.
    utilization : number or range, share 0 to 1
        Share of the paid hours in which that throughput is sold; 1 if omitted.
    margin : number or range, share of the price 0 to 1
        Gross margin to be left; 0 if omitted.

    Returns
    -------
    number or range, tok/s per GPU, in the size to which the arguments broadcast.

    Errors
    ------
    #VALUE! text or a blank where a number belongs; ranges of different size
    #NUM! a negative rate or price, a utilization or margin outside 0 to 1
    #DIV/0! zero price or utilization, a margin of 1

    Formula
    -------
    usd_per_gpu_hour / (usd_per_mtok x 0.0036 x utilization x (1 - margin))

    Source
    ------
    TOK_COST solved for the throughput.

    Example
    -------
    =TOK_BREAKEVEN_THROUGHPUT(3.6, 4, 0.5, 0.5) -> 1000
    """
    return earnings.breakeven_throughput(usd_per_gpu_hour, usd_per_mtok, utilization, margin)
