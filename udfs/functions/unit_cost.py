"""Unit cost: what a million tokens, a request, a rack and a megawatt cost and earn."""

import numpy as np

from tokenbook.udfs.functions.arguments import Block, Number
from tokenbook.udfs.functions.declare import excel_function
from tokenbook.udfs.functions.errors import DIV0, WrongTypeError
from tokenbook.udfs.kernels import cost_bridge, curves, earnings, unit_cost
from tokenbook.udfs.kernels.units import GPUS_PER_RACK, HOURS_PER_YEAR

Rate = Number(low=0, meaning="USD per GPU-hour")
Throughput = Number(low=0, divisor=True, meaning="tokens per second per GPU")
ThroughputOrNone = Number(low=0, meaning="tokens per second per GPU")
Utilization = Number(low=0, high=1, divisor=True, meaning="share of capacity, 0 to 1")
UtilizationOrNone = Number(low=0, high=1, meaning="share of capacity, 0 to 1")
Share = Number(low=0, high=1, meaning="share, 0 to 1")
Price = Number(low=0, meaning="USD per Mtok")
Money = Number(low=0, meaning="USD")
Power = Number(low=0, meaning="kW per GPU")
PowerDivisor = Number(low=0, divisor=True, meaning="kW per GPU")
Pue = Number(low=1, meaning="facility power over IT power, 1 or more")
Tokens = Number(low=0, meaning="tokens")
Params = Number(low=0, divisor=True, meaning="billions of parameters")


@excel_function("Unit cost")
def tok_cost(usd_per_gpu_hour: Rate, tok_s_per_gpu: Throughput, utilization: Utilization = 1.0):
    """Cost of one million tokens.

    The throughput says which tokens: with total throughput (input plus output) the cost is per million total
    tokens, with output throughput per million output tokens.

    Parameters
    ----------
    usd_per_gpu_hour : number or range, USD per GPU-hour
        All-in rate. Owning and rental tiers contain electricity already: do not add it again.
    tok_s_per_gpu : number or range, tok/s per GPU
        Throughput of one GPU at full load.
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
def tok_cost_split(usd_per_gpu_hour: Rate, tok_s_per_gpu: Throughput, isl: Tokens, osl: Tokens):
    """Cost of a million tokens in total, of input and of output: three views of one bill, not parts of it.

    Parameters
    ----------
    usd_per_gpu_hour : number or range, USD per GPU-hour
        All-in rate; a range gives one row per scenario.
    tok_s_per_gpu : number or range, tok/s per GPU
        Total throughput, input plus output.
    isl : number or range, tokens
        Input length of a request.
    osl : number or range, tokens
        Output length of a request.

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
    life_years: Number(above=0, meaning="years, above 0"),
    discount_rate: Number(above=-1, meaning="share a year, above -1") = 0.0,
    residual_share: Share = 0.0,
    kw: Power = 0.0,
    usd_per_kwh: Number(low=0, meaning="USD per kWh") = 0.0,
    pue: Pue = 1.0,
    opex_share_per_year: Number(low=0, meaning="share of capex a year") = 0.0,
    hosting_per_kw_month: Number(low=0, meaning="USD per kW and month") = 0.0,
):
    """All-in rate of an owned GPU-hour, built up from capital, energy, running costs and hosting.

    Use either this or a published tier rate, never both: a tier rate already holds all of it.

    Parameters
    ----------
    capex_per_gpu : number or range, USD per GPU
        Price of a GPU with its share of server, rack and network.
    life_years : number or range, years
        Economic life, above 0.
    discount_rate : number or range, share a year
        Cost of capital, above -1; 0 (straight line) if omitted.
    residual_share : number or range, share of capex 0 to 1
        Resale value at the end of life; 0 if omitted.
    kw : number or range, kW per GPU
        IT power, drawn in every hour; 0 if omitted.
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
def tok_energy(kw_per_gpu: Power, tok_s_per_gpu: Throughput, pue: Pue = 1.0):
    """Electricity that a million tokens take.

    Parameters
    ----------
    kw_per_gpu : number or range, kW per GPU
        Power of a GPU with its share of the rack. With all-in utility power leave the PUE out.
    tok_s_per_gpu : number or range, tok/s per GPU
        Throughput.
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
def tok_joules(kw_per_gpu: Power, tok_s_per_gpu: Throughput, pue: Pue = 1.0):
    """Energy of one token in joules, the unit in which platforms are compared.

    Parameters
    ----------
    kw_per_gpu : number or range, kW per GPU
        Power of a GPU with its share of the rack. With all-in utility power leave the PUE out.
    tok_s_per_gpu : number or range, tok/s per GPU
        Throughput.
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
def tok_per_mw(tok_s_per_gpu: ThroughputOrNone, kw_per_gpu: PowerDivisor):
    """Throughput of a megawatt.

    Parameters
    ----------
    tok_s_per_gpu : number or range, tok/s per GPU
        Throughput.
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


@excel_function("Unit cost", no_answer=DIV0)
def tok_price_blended(
    usd_input: Price, usd_output: Price, isl: Tokens, osl: Tokens, cached_share: Share = 0.0, usd_cached: Price = None
):
    """Price of a million tokens of a workload, input and output together.

    Cached tokens are a part of the input, never on top of it.

    Parameters
    ----------
    usd_input : number or range, USD per Mtok
        Price of input tokens.
    usd_output : number or range, USD per Mtok
        Price of output tokens.
    isl : number or range, tokens
        Input length of a request, or anything in proportion to it.
    osl : number or range, tokens
        Output length, in the same measure.
    cached_share : number or range, share of the input 0 to 1
        Input tokens read from the cache; 0 if omitted.
    usd_cached : number or range, USD per Mtok
        Price of cached input tokens; the input price if omitted.

    Returns
    -------
    number or range, USD per Mtok, in the size to which the arguments broadcast.

    Errors
    ------
    #VALUE! text or a blank where a number belongs; ranges of different size
    #NUM! a negative price or length, a share outside 0 to 1
    #DIV/0! neither input nor output

    Formula
    -------
    (isl x ((1 - cached_share) x usd_input + cached_share x usd_cached) + osl x usd_output) / (isl + osl)

    Source
    ------
    Billing of API providers, weighted by the workload.

    Example
    -------
    =TOK_PRICE_BLENDED(0.9, 2.98, 8, 1) -> 1.13111
    =TOK_PRICE_BLENDED(0.55, 2.19, 8, 1, 0.5, 0.14) -> 0.55
    """
    return unit_cost.blended_price(usd_input, usd_output, isl, osl, cached_share, usd_cached)


@excel_function("Unit cost")
def tok_request_cost(
    input_tokens: Tokens,
    output_tokens: Tokens,
    usd_input: Price,
    usd_output: Price,
    cached_tokens: Tokens = 0.0,
    usd_cached: Price = None,
):
    """What one request costs at token prices.

    Cached tokens are a part of the input, never on top of it. Times the requests per transaction it is the cost of a
    business transaction.

    Parameters
    ----------
    input_tokens : number or range, tokens
        Tokens in, cached ones among them.
    output_tokens : number or range, tokens
        Tokens out.
    usd_input : number or range, USD per Mtok
        Price of input tokens.
    usd_output : number or range, USD per Mtok
        Price of output tokens.
    cached_tokens : number or range, tokens
        Input tokens read from the cache, no more than input_tokens; 0 if omitted.
    usd_cached : number or range, USD per Mtok
        Price of cached input tokens; the input price if omitted.

    Returns
    -------
    number or range, USD per request, in the size to which the arguments broadcast.

    Errors
    ------
    #VALUE! text or a blank where a number belongs; ranges of different size
    #NUM! a negative number, more cached tokens than input tokens

    Formula
    -------
    ((input_tokens - cached_tokens) x usd_input + cached_tokens x usd_cached + output_tokens x usd_output) / 1e6

    Source
    ------
    Billing of API providers.

    Example
    -------
    =TOK_REQUEST_COST(10000, 500, 0.55, 2.19, 8000, 0.14) -> 0.003315
    """
    cost = unit_cost.request_cost(input_tokens, output_tokens, usd_input, usd_output, cached_tokens, usd_cached)
    return np.where(np.asarray(cached_tokens) <= input_tokens, cost, np.nan)


@excel_function("Unit cost")
def tok_volume(
    gpus: Number(low=0, meaning="GPUs"),
    tok_s_per_gpu: ThroughputOrNone,
    hours: Number(low=0, meaning="hours") = HOURS_PER_YEAR,
    utilization: UtilizationOrNone = 1.0,
):
    """Million tokens that a fleet makes.

    The other way round: demand / TOK_VOLUME(1, ...) is the number of GPUs that a demand needs.

    Parameters
    ----------
    gpus : number or range, GPUs
        Size of the fleet.
    tok_s_per_gpu : number or range, tok/s per GPU
        Throughput of one GPU at full load.
    hours : number or range, hours
        8,760 (a year) if omitted; a month has 730.
    utilization : number or range, share 0 to 1
        Share of those hours; 1 if omitted.

    Returns
    -------
    number or range, Mtok, in the size to which the arguments broadcast.

    Errors
    ------
    #VALUE! text or a blank where a number belongs; ranges of different size
    #NUM! a negative number, a utilization above 1

    Formula
    -------
    gpus x tok_s_per_gpu x 0.0036 x hours x utilization

    Source
    ------
    Arithmetic; 0.0036 is 3,600 s / 1e6.

    Example
    -------
    =TOK_VOLUME(72, 10000, 26280) -> 68117760
    """
    return unit_cost.volume_mtok(gpus, tok_s_per_gpu, hours, utilization)


@excel_function("Unit cost")
def tok_tokens_per_dollar(
    usd_per_gpu_hour: Number(low=0, divisor=True, meaning="USD per GPU-hour"),
    tok_s_per_gpu: ThroughputOrNone,
    utilization: UtilizationOrNone = 1.0,
):
    """Tokens that one dollar buys.

    Parameters
    ----------
    usd_per_gpu_hour : number or range, USD per GPU-hour
        All-in rate.
    tok_s_per_gpu : number or range, tok/s per GPU
        Throughput of one GPU at full load.
    utilization : number or range, share 0 to 1
        Share of the paid hours in which that throughput is sold; 1 if omitted.

    Returns
    -------
    number or range, tokens per USD, in the size to which the arguments broadcast.

    Errors
    ------
    #VALUE! text or a blank where a number belongs; ranges of different size
    #NUM! a negative rate or throughput, a utilization outside 0 to 1
    #DIV/0! a rate of 0

    Formula
    -------
    3600 x tok_s_per_gpu x utilization / usd_per_gpu_hour

    Source
    ------
    As the InferenceX dashboard; 1e6 over TOK_COST.

    Example
    -------
    =TOK_TOKENS_PER_DOLLAR(1.95, 28012.9) -> 51716123.08
    """
    return unit_cost.tokens_per_dollar(usd_per_gpu_hour, tok_s_per_gpu, utilization)


@excel_function("Unit cost")
def tok_expected_sold(
    mean_demand: Number(low=0, meaning="Mtok"),
    cv: Number(low=0, high=100, meaning="standard deviation over mean"),
    capacity: Number(low=0, meaning="Mtok"),
):
    """Tokens sold on average when demand is volatile: what is demanded, but never more than capacity.

    Volatility costs sales even where capacity is above the mean demand.

    Parameters
    ----------
    mean_demand : number or range, Mtok
        Mean demand of the period.
    cv : number or range, standard deviation over mean
        Coefficient of variation of the demand; 0 if it is certain.
    capacity : number or range, Mtok
        What can be made in the period.

    Returns
    -------
    number or range, Mtok, in the size to which the arguments broadcast.

    Errors
    ------
    #VALUE! text or a blank where a number belongs; ranges of different size
    #NUM! a negative argument, a cv above 100

    Formula
    -------
    D x Phi((ln(C / D) - s^2 / 2) / s) + C x Phi(-(ln(C / D) + s^2 / 2) / s), s^2 = ln(1 + cv^2); min(D, C) for cv = 0

    Source
    ------
    Limited expected value of a lognormal demand, as actuaries use it.

    Example
    -------
    =TOK_EXPECTED_SOLD(100, 0.5, 120) -> 87.9833
    """
    return curves.expected_sold(mean_demand, cv, capacity)


@excel_function("Unit cost")
def tok_decode_limit(
    hbm_tb_s: Number(low=0, meaning="TB/s per GPU"),
    total_params_bn: Params,
    active_params_bn: Params,
    bits: Number(low=0, divisor=True, meaning="bits per weight"),
    batch: Number(low=0, divisor=True, meaning="sequences"),
    context: Tokens = 0.0,
    kv_kb_per_token: Number(low=0, meaning="kB per token") = 0.0,
):
    """The most output tokens per second that memory lets a GPU decode: a claim above it is impossible.

    One GPU holds the model here; spread over n GPUs, weights and batch per GPU shrink alike.

    Parameters
    ----------
    hbm_tb_s : number or range, TB/s per GPU
        Memory bandwidth (1 TB is 1e12 bytes).
    total_params_bn : number or range, billions
        Parameters of the model.
    active_params_bn : number or range, billions
        Parameters that one token passes; as total_params_bn for a dense model.
    bits : number or range, bits per weight
        4 for FP4, 8 for FP8.
    batch : number or range, sequences
        Sequences decoded together on this GPU.
    context : number or range, tokens
        Tokens in the cache per sequence; 0 if omitted.
    kv_kb_per_token : number or range, kB per token
        KV cache per token of context (1 kB is 1e3 bytes); 0 if omitted.

    Returns
    -------
    number or range, output tok/s per GPU, an upper bound, in the size to which the arguments broadcast.

    Errors
    ------
    #VALUE! text or a blank where a number belongs; ranges of different size
    #NUM! a negative argument
    #DIV/0! no parameters, 0 bits, an empty batch

    Formula
    -------
    batch x bandwidth / (bytes of min(total, active x batch) weights + batch x context x KV bytes)

    Source
    ------
    Roofline of memory-bound decoding (S. Williams et al., Communications of the ACM 52 (2009)).

    Example
    -------
    =TOK_DECODE_LIMIT(3.35, 70, 70, 8, 1) -> 47.8571
    """
    return unit_cost.decode_limit_tok_s(
        hbm_tb_s, total_params_bn, active_params_bn, bits, batch, context, kv_kb_per_token
    )


@excel_function("Unit cost", shape="table", no_answer=DIV0)
def tok_cost_bridge(before: Block(low=0, columns=(3, 4)), after: Block(low=0, columns=(3, 4))):
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
    if before.shape != after.shape:
        raise WrongTypeError(f"TOK_COST_BRIDGE: before {before.shape} and after {after.shape} differ in size")
    if before.shape[1] == 3 and len(before) > 1:
        raise WrongTypeError("before and after: several rows need a fourth column, their tokens")
    return list(zip(cost_bridge.BRIDGE, cost_bridge.cost_bridge(before, after).tolist(), strict=True))


@excel_function("Unit cost")
def tok_revenue_per_rack(
    usd_per_mtok: Price,
    tok_s_per_gpu: ThroughputOrNone,
    gpus_per_rack: Number(low=0, meaning="GPUs") = GPUS_PER_RACK,
    utilization: UtilizationOrNone = 1.0,
):
    """Revenue of a rack in a year.

    Parameters
    ----------
    usd_per_mtok : number or range, USD per Mtok
        Price of the tokens that the throughput counts.
    tok_s_per_gpu : number or range, tok/s per GPU
        Throughput of one GPU at full load.
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
    usd_per_mtok: Price,
    tok_s_per_gpu: ThroughputOrNone,
    kw_per_gpu: PowerDivisor,
    utilization: UtilizationOrNone = 1.0,
    pue: Pue = 1.0,
):
    """Revenue of a megawatt in a year: where power is the limit, the figure that ranks platforms.

    Parameters
    ----------
    usd_per_mtok : number or range, USD per Mtok
        Price of the tokens that the throughput counts.
    tok_s_per_gpu : number or range, tok/s per GPU
        Throughput of one GPU at full load.
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
def tok_margin(price: Number(low=0, divisor=True, meaning="USD"), cost: Number(meaning="USD")):
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
def tok_multiple(revenue: Number(meaning="USD"), investment: Number(divisor=True, meaning="USD")):
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
def tok_roi(revenue: Number(meaning="USD"), cost: Number(divisor=True, meaning="USD")):
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
    usd_per_gpu_hour: Rate, tok_s_per_gpu: Throughput, utilization: Utilization = 1.0, margin: Share = 0.0
):
    """Price of a million tokens that just covers the cost, or that leaves a margin.

    Parameters
    ----------
    usd_per_gpu_hour : number or range, USD per GPU-hour
        All-in rate.
    tok_s_per_gpu : number or range, tok/s per GPU
        Throughput of one GPU at full load.
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
    usd_per_gpu_hour: Rate,
    tok_s_per_gpu: Throughput,
    usd_per_mtok: Number(low=0, divisor=True, meaning="USD per Mtok"),
    margin: Share = 0.0,
):
    """Utilisation at which a price just covers the cost, or leaves a margin; above 1 no utilisation does.

    With the price of an API it is the utilisation from which running GPUs is cheaper than buying tokens.

    Parameters
    ----------
    usd_per_gpu_hour : number or range, USD per GPU-hour
        All-in rate.
    tok_s_per_gpu : number or range, tok/s per GPU
        Throughput of one GPU at full load.
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
    usd_per_gpu_hour: Rate,
    usd_per_mtok: Number(low=0, divisor=True, meaning="USD per Mtok"),
    utilization: Utilization = 1.0,
    margin: Share = 0.0,
):
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
