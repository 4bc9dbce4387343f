"""Workload: what tokens and requests are sold for, how many a fleet makes, and what the memory allows."""

from typing import Annotated

import numpy as np

from tokenbook.udfs.functions.arguments import Number
from tokenbook.udfs.functions.declare import excel_function
from tokenbook.udfs.functions.errors import DIV0
from tokenbook.udfs.functions.quantities import Answer, Numbers, Share, Throughput, TokenPrice, Tokens, Utilization
from tokenbook.udfs.kernels import demand, unit_cost
from tokenbook.udfs.kernels.units import HOURS_PER_YEAR

CachedPrice = Annotated[Numbers | None, Number(low=0, meaning="USD per Mtok")]
Params = Annotated[Numbers, Number(low=0, divisor=True, meaning="billions of parameters")]


@excel_function("Unit cost", no_answer=DIV0)
def tok_price_blended(
    usd_input: TokenPrice,
    usd_output: TokenPrice,
    isl: Tokens,
    osl: Tokens,
    cached_share: Share = 0.0,
    usd_cached: CachedPrice = None,
) -> Answer:
    """Price of a million tokens of a workload, input and output together.

    Cached tokens are a part of the input, never on top of it.

    Parameters
    ----------
    usd_input : number or range, USD per Mtok
        Price of a million input tokens, as providers list it.
    usd_output : number or range, USD per Mtok
        Price of a million output tokens.
    isl : number or range, tokens
        Input length of a request (what TOK_REQUEST_COST calls input_tokens), or anything in proportion to it.
    osl : number or range, tokens
        Output length (output_tokens there), in the same measure.
    cached_share : number or range, share of the input 0 to 1
        Input tokens read from the cache; 0 if omitted.
    usd_cached : number or range, USD per Mtok
        Price of a million cached input tokens; the input price if omitted.

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
    usd_input: TokenPrice,
    usd_output: TokenPrice,
    cached_tokens: Tokens = 0.0,
    usd_cached: CachedPrice = None,
) -> Answer:
    """What one request costs at token prices.

    Cached tokens are a part of the input, never on top of it. Times the requests per transaction it is the cost of a
    business transaction.

    Parameters
    ----------
    input_tokens : number or range, tokens
        Tokens in, cached ones among them; isl elsewhere.
    output_tokens : number or range, tokens
        Tokens out; osl elsewhere.
    usd_input : number or range, USD per Mtok
        Price of a million input tokens, as providers list it.
    usd_output : number or range, USD per Mtok
        Price of a million output tokens.
    cached_tokens : number or range, tokens
        Input tokens read from the cache, no more than input_tokens; 0 if omitted.
    usd_cached : number or range, USD per Mtok
        Price of a million cached input tokens; the input price if omitted.

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
    gpus: Annotated[Numbers, Number(low=0, meaning="GPUs")],
    tok_s_per_gpu: Throughput,
    hours: Annotated[Numbers, Number(low=0, meaning="hours")] = HOURS_PER_YEAR,
    utilization: Utilization = 1.0,
) -> Answer:
    """Million tokens that a fleet makes.

    The other way round: demand / TOK_VOLUME(1, ...) is the number of GPUs that a demand needs.

    Parameters
    ----------
    gpus : number or range, GPUs
        Size of the fleet.
    tok_s_per_gpu : number or range, tok/s per GPU
        Throughput of one GPU at full load, of total (input plus output) or of output tokens; it decides which tokens
        the result is about.
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
    usd_per_gpu_hour: Annotated[Numbers, Number(low=0, divisor=True, meaning="USD per GPU-hour")],
    tok_s_per_gpu: Throughput,
    utilization: Utilization = 1.0,
) -> Answer:
    """Tokens that one dollar buys.

    Parameters
    ----------
    usd_per_gpu_hour : number or range, USD per GPU-hour
        All-in rate.
    tok_s_per_gpu : number or range, tok/s per GPU
        Throughput of one GPU at full load, of total (input plus output) or of output tokens; it decides which tokens
        the result is about.
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
    mean_demand: Annotated[Numbers, Number(low=0, meaning="Mtok")],
    cv: Annotated[Numbers, Number(low=0, high=100, meaning="standard deviation over mean")],
    capacity: Annotated[Numbers, Number(low=0, meaning="Mtok")],
) -> Answer:
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
    return demand.expected_sold(mean_demand, cv, capacity)


@excel_function("Unit cost")
def tok_decode_limit(
    hbm_tb_s: Annotated[Numbers, Number(low=0, meaning="TB/s per GPU")],
    total_params_bn: Params,
    active_params_bn: Params,
    bits: Annotated[Numbers, Number(low=0, divisor=True, meaning="bits per weight")],
    batch: Annotated[Numbers, Number(low=0, divisor=True, meaning="sequences")],
    context: Tokens = 0.0,
    kv_kb_per_token: Annotated[Numbers, Number(low=0, meaning="kB per token")] = 0.0,
) -> Answer:
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
