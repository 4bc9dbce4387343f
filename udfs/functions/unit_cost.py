"""Unit cost: what a million tokens cost, an owned GPU-hour, and a token in energy."""

from typing import Annotated

import numpy as np

from tokenbook.udfs.functions.arguments import Block, Number
from tokenbook.udfs.functions.declare import excel_function
from tokenbook.udfs.functions.errors import DIV0, WrongTypeError
from tokenbook.udfs.functions.quantities import (
    Answer,
    Curve,
    GpuHourRate,
    Grid,
    Money,
    Numbers,
    Power,
    PowerDivisor,
    Pue,
    Range,
    Share,
    Throughput,
    ThroughputDivisor,
    Tokens,
    UtilizationDivisor,
    array,
)
from tokenbook.udfs.kernels import cost_bridge, unit_cost


@excel_function("Unit cost")
def tok_cost(
    usd_per_gpu_hour: GpuHourRate, tok_s_per_gpu: ThroughputDivisor, utilization: UtilizationDivisor = 1.0
) -> Answer:
    """Cost of one million tokens.

    The throughput says which tokens: with total throughput (input plus output) the cost is per million total
    tokens, with output throughput per million output tokens.

    Parameters
    ----------
    usd_per_gpu_hour : number or range, USD per GPU-hour
        All-in rate. Owning and rental tiers contain electricity already: do not add it again.
    tok_s_per_gpu : number or range, tok/s per GPU
        Throughput of one GPU at full load, of total (input plus output) or of output tokens; it decides which tokens
        the result is about.
    utilization : number or range, share 0 to 1
        Share of the paid hours in which that throughput is sold; 1 if omitted.

    Returns
    -------
    number or range, USD per Mtok, in the size to which the arguments broadcast.

    Errors
    ------
    #VALUE! text or a blank where a number belongs; ranges of different size
    #NUM! a negative rate or throughput, a utilization outside 0 to 1
    #DIV/0! zero throughput or zero utilization

    Formula
    -------
    usd_per_gpu_hour / (tok_s_per_gpu x 0.0036 x utilization)

    Source
    ------
    The identity that NVIDIA, SemiAnalysis InferenceX and Artificial Analysis all use; 0.0036 is 3,600 s / 1e6.

    Example
    -------
    =TOK_COST(1.95, 28012.9) -> 0.0193363
    """
    return unit_cost.cost_per_mtok(usd_per_gpu_hour, tok_s_per_gpu, utilization)


@excel_function("Unit cost", shape="curve", no_answer=DIV0)
def tok_cost_split(usd_per_gpu_hour: GpuHourRate, tok_s_per_gpu: ThroughputDivisor, isl: Tokens, osl: Tokens) -> Curve:
    """Cost of a million tokens in total, of input and of output: three views of one bill, not parts of it.

    Parameters
    ----------
    usd_per_gpu_hour : number or range, USD per GPU-hour
        All-in rate; a range gives one row per scenario.
    tok_s_per_gpu : number or range, tok/s per GPU
        Total throughput, input plus output.
    isl : number or range, tokens
        Input length of a request (ISL), as input_tokens elsewhere.
    osl : number or range, tokens
        Output length of a request (OSL), as output_tokens elsewhere.

    Returns
    -------
    range, USD per Mtok: total, per input and per output token, beside each other; a row per scenario.

    Errors
    ------
    #VALUE! text or a blank where a number belongs; scenario ranges of different size
    #NUM! a negative argument
    #DIV/0! zero throughput; a kind of token that does not occur

    Formula
    -------
    rate / (throughput of that kind x 0.0036); input throughput = total x isl / (isl + osl), output likewise

    Source
    ------
    As the SemiAnalysis InferenceX dashboard: each view carries the whole rate.

    Example
    -------
    =TOK_COST_SPLIT(1.95, 61612.7, 8192, 1024) -> {0.00879148, 0.00989041, 0.0791233}
    """
    return np.stack(unit_cost.cost_split(usd_per_gpu_hour, tok_s_per_gpu, isl, osl), axis=-1)


@excel_function("Unit cost")
def tok_rate(
    capex_per_gpu: Money,
    life_years: Annotated[Numbers, Number(above=0, meaning="years, above 0")],
    discount_rate: Annotated[Numbers, Number(above=-1, meaning="share a year, above -1")] = 0.0,
    residual_share: Share = 0.0,
    kw: Power = 0.0,
    usd_per_kwh: Annotated[Numbers, Number(low=0, meaning="USD per kWh")] = 0.0,
    pue: Pue = 1.0,
    opex_share_per_year: Annotated[Numbers, Number(low=0, meaning="share of capex a year")] = 0.0,
    hosting_per_kw_month: Annotated[Numbers, Number(low=0, meaning="USD per kW and month")] = 0.0,
) -> Answer:
    """All-in rate of an owned GPU-hour, built up from capital, energy, running costs and hosting.

    This rate is a price of an hour of a GPU (usd_per_gpu_hour elsewhere), not a discount rate, which is an argument of
    it. Use either this or a published tier rate, never both: a tier rate already holds all of it.

    Parameters
    ----------
    capex_per_gpu : number or range, USD per GPU
        Price of a GPU with its share of server, rack and network.
    life_years : number or range, years
        Economic life, above 0.
    discount_rate : number or range, share a year
        Cost of capital, called rate in TOK_NPV, above -1; 0 (straight line) if omitted.
    residual_share : number or range, share of capex 0 to 1
        Resale value at the end of life; 0 if omitted.
    kw : number or range, kW per GPU
        IT power, drawn in every hour, as kw_per_gpu elsewhere; 0 if omitted.
    usd_per_kwh : number or range, USD per kWh
        Electricity price; 0 if omitted.
    pue : number or range, kW per kW
        Facility power over IT power, 1 or more, on the energy only; 1 if omitted.
    opex_share_per_year : number or range, share of capex a year
        Maintenance, staff, insurance; 0 if omitted.
    hosting_per_kw_month : number or range, USD per kW and month
        Colocation rent per kW of IT power, without electricity; 0 if omitted.

    Returns
    -------
    number or range, USD per GPU-hour, over 8,760 hours a year, used or not.

    Errors
    ------
    #VALUE! text or a blank where a number belongs; ranges of different size
    #NUM! a negative amount, a life of 0 or less, a discount rate of -1 or less, a share outside 0 to 1, a PUE below 1

    Formula
    -------
    (annuity + capex x opex_share + 12 x hosting x kw) / 8760 + kw x pue x usd_per_kwh,
    annuity = capex (1 - residual_share / (1 + r)^n) x r / (1 - (1 + r)^-n)

    Source
    ------
    Capital recovery as in corporate finance; the parts as in the SemiAnalysis AI Cloud TCO model.

    Example
    -------
    =TOK_RATE(35040, 4) -> 1
    =TOK_RATE(40000, 4, 0.08, 0.1, 1.71, 0.0861, 1.3, 0.03) -> 1.60569
    """
    return unit_cost.all_in_rate(
        capex_per_gpu, life_years, discount_rate, residual_share, kw, usd_per_kwh, pue, opex_share_per_year,
        hosting_per_kw_month,
    )  # fmt: skip


@excel_function("Unit cost")
def tok_energy(kw_per_gpu: Power, tok_s_per_gpu: ThroughputDivisor, pue: Pue = 1.0) -> Answer:
    """Electricity that a million tokens take.

    Parameters
    ----------
    kw_per_gpu : number or range, kW per GPU
        Power of a GPU with its share of the rack. With all-in utility power leave the PUE out.
    tok_s_per_gpu : number or range, tok/s per GPU
        Throughput of one GPU, of total (input plus output) or of output tokens; it decides which tokens the result is
        about.
    pue : number or range, kW per kW
        Facility power over IT power, 1 or more; 1 if omitted.

    Returns
    -------
    number or range, kWh per Mtok, in the size to which the arguments broadcast.

    Errors
    ------
    #VALUE! text or a blank where a number belongs; ranges of different size
    #NUM! a negative power or throughput, a PUE below 1
    #DIV/0! zero throughput

    Formula
    -------
    kw_per_gpu x pue / (tok_s_per_gpu x 0.0036)

    Source
    ------
    Energy is power times time; as the InferenceX dashboard.

    Example
    -------
    =TOK_ENERGY(1.71, 28012.9) -> 0.0169565
    """
    return unit_cost.energy_kwh_per_mtok(kw_per_gpu, tok_s_per_gpu, pue)


@excel_function("Unit cost")
def tok_joules(kw_per_gpu: Power, tok_s_per_gpu: ThroughputDivisor, pue: Pue = 1.0) -> Answer:
    """Energy of one token in joules, the unit in which platforms are compared.

    Parameters
    ----------
    kw_per_gpu : number or range, kW per GPU
        Power of a GPU with its share of the rack. With all-in utility power leave the PUE out.
    tok_s_per_gpu : number or range, tok/s per GPU
        Throughput of one GPU, of total (input plus output) or of output tokens; it decides which tokens the result is
        about.
    pue : number or range, kW per kW
        Facility power over IT power, 1 or more; 1 if omitted.

    Returns
    -------
    number or range, J per token, in the size to which the arguments broadcast.

    Errors
    ------
    #VALUE! text or a blank where a number belongs; ranges of different size
    #NUM! a negative power or throughput, a PUE below 1
    #DIV/0! zero throughput

    Formula
    -------
    kw_per_gpu x 1000 x pue / tok_s_per_gpu

    Source
    ------
    As the InferenceX dashboard; 1 kWh per Mtok is 3.6 J per token.

    Example
    -------
    =TOK_JOULES(2, 10000) -> 0.2
    """
    return unit_cost.joules_per_token(kw_per_gpu, tok_s_per_gpu, pue)


@excel_function("Unit cost")
def tok_per_mw(tok_s_per_gpu: Throughput, kw_per_gpu: PowerDivisor) -> Answer:
    """Throughput of a megawatt.

    Parameters
    ----------
    tok_s_per_gpu : number or range, tok/s per GPU
        Throughput of one GPU, of total (input plus output) or of output tokens; it decides which tokens the result is
        about.
    kw_per_gpu : number or range, kW per GPU
        All-in power. Figures from before 2026-07-14 were corrected by their publisher: compare within one table.

    Returns
    -------
    number or range, tok/s per MW, in the size to which the arguments broadcast.

    Errors
    ------
    #VALUE! text or a blank where a number belongs; ranges of different size
    #NUM! a negative throughput or power
    #DIV/0! zero power

    Formula
    -------
    tok_s_per_gpu x 1000 / kw_per_gpu

    Source
    ------
    As the InferenceX dashboard.

    Example
    -------
    =TOK_PER_MW(6000, 2.1) / TOK_PER_MW(90, 1.73) -> 54.9206
    """
    return unit_cost.tok_s_per_mw(tok_s_per_gpu, kw_per_gpu)


@excel_function("Unit cost", shape="table", no_answer=DIV0)
def tok_cost_bridge(
    before: Annotated[Range, Block(low=0, columns=(3, 4))], after: Annotated[Range, Block(low=0, columns=(3, 4))]
) -> Grid:
    """How rate, throughput, utilisation and mix moved the cost of a million tokens; the effects add up exactly.

    Parameters
    ----------
    before : range, USD per GPU-hour then tok/s per GPU then share
        Rate, throughput and utilization beside (or below) each other; for a mix of models or platforms one row each
        with its tokens, or share of the tokens, as a fourth column.
    after : range, USD per GPU-hour then tok/s per GPU then share
        The same one period later: same rows, same order.

    Returns
    -------
    range, USD per Mtok: a table of two columns, before, rate, throughput, utilization, mix, after; the first five
    values add up to the last.

    Errors
    ------
    #VALUE! text or a blank in a range, ranges of different size, other than 3 or 4 columns, several rows without shares
    #NUM! a negative number
    #DIV/0! zero rate, throughput or utilization of a row that has tokens; no tokens at all

    Formula
    -------
    effect of x = sum over rows of L(after, before) x ln(x after / x before), L(a, b) = (a - b) / ln(a / b), of each
    row's part of the cost

    Source
    ------
    Additive LMDI-I, B. W. Ang, The LMDI approach to decomposition analysis, Energy Policy 33 (2005): no rest, no order.

    Example
    -------
    =INDEX(TOK_COST_BRIDGE({1.95, 5600, 0.8}, {1.73, 28000, 0.8}), 3, 2) -> -0.0926
    """
    before, after = array(before), array(after)
    if before.shape != after.shape:
        raise WrongTypeError(f"TOK_COST_BRIDGE: before {before.shape} and after {after.shape} differ in size")
    if before.shape[1] == 3 and len(before) > 1:
        raise WrongTypeError("before and after: several rows need a fourth column, their tokens")
    return [list(row) for row in zip(cost_bridge.BRIDGE, cost_bridge.cost_bridge(before, after).tolist(), strict=True)]
