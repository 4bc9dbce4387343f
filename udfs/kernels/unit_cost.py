"""Unit cost: what a million tokens and a request cost, and what energy and how many tokens they take.

All functions take numbers or arrays that broadcast, and return the same. Throughput is tok/s per GPU; *which*
tokens (input, output, both) is the caller's choice and decides which tokens the cost is of. A result that
no number answers (a zero divisor) is nan. What tokens earn is in `earnings`, what moved a cost in `cost_bridge`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tokenbook.udfs.kernels.cash_flow import annuity_factor
from tokenbook.udfs.kernels.ratios import Floats, finite, floats, ratio
from tokenbook.udfs.kernels.units import (
    BITS_PER_BYTE,
    BYTES_PER_KB,
    BYTES_PER_TB,
    HOURS_PER_YEAR,
    KW_PER_MW,
    MONTHS_PER_YEAR,
    MTOK_PER_HOUR,
    PARAMS_PER_BN,
    SECONDS_PER_HOUR,
    TOKENS_PER_MTOK,
    WATTS_PER_KW,
)

# --- cost ---------------------------------------------------------------------------------------------


def cost_per_mtok(usd_per_gpu_hour: ArrayLike, tok_s_per_gpu: ArrayLike, utilization: ArrayLike = 1.0) -> Floats:
    """Cost of one million tokens.

    Parameters
    ----------
    usd_per_gpu_hour : array_like, USD
        All-in rate of a GPU-hour. Ownership and rental tiers contain electricity: never add it again.
    tok_s_per_gpu : array_like, tok/s
        Throughput at full load.
    utilization : array_like, share
        Share of paid hours sold at that throughput.

    Returns
    -------
    ndarray
        USD per Mtok: ``rate / (throughput x 0.0036 x utilization)``.

    Examples
    --------
    GPT-OSS-120B on B200, 1k/1k, at the hyperscaler rate of October 2025 (SemiAnalysis InferenceX):

    >>> round(float(cost_per_mtok(1.95, 28_012.9)), 4)
    0.0193
    """
    return ratio(usd_per_gpu_hour, floats(tok_s_per_gpu) * MTOK_PER_HOUR * floats(utilization))


def cost_split(
    usd_per_gpu_hour: ArrayLike, tok_s_per_gpu: ArrayLike, isl: ArrayLike, osl: ArrayLike
) -> tuple[Floats, Floats, Floats]:
    """Cost per Mtok of all tokens, of input and of output tokens.

    Parameters
    ----------
    usd_per_gpu_hour : array_like, USD
        All-in rate of a GPU-hour.
    tok_s_per_gpu : array_like, tok/s
        Total throughput, input plus output.
    isl, osl : array_like, tokens
        Input and output length of a request.

    Returns
    -------
    (total, per_input, per_output) : tuple of ndarray
        USD per Mtok. Each is the whole rate over the throughput of that kind of token, as InferenceX shows
        it: the three are views of one bill, not parts of it. nan for a kind that does not occur.

    Examples
    --------
    >>> [round(float(cost), 4) for cost in cost_split(1.95, 61_612.7, 8192, 1024)]
    [0.0088, 0.0099, 0.0791]
    """
    isl, osl, throughput = floats(isl), floats(osl), floats(tok_s_per_gpu)
    length = isl + osl
    return (
        cost_per_mtok(usd_per_gpu_hour, throughput * ratio(length, length)),
        cost_per_mtok(usd_per_gpu_hour, throughput * ratio(isl, length)),
        cost_per_mtok(usd_per_gpu_hour, throughput * ratio(osl, length)),
    )


def all_in_rate(
    capex_per_gpu: ArrayLike,
    life_years: ArrayLike,
    discount_rate: ArrayLike = 0.0,
    residual_share: ArrayLike = 0.0,
    kw: ArrayLike = 0.0,
    usd_per_kwh: ArrayLike = 0.0,
    pue: ArrayLike = 1.0,
    opex_share_per_year: ArrayLike = 0.0,
    hosting_per_kw_month: ArrayLike = 0.0,
) -> Floats:
    """All-in rate of an owned GPU, built up: capital recovery, energy, running costs, hosting.

    Parameters
    ----------
    capex_per_gpu : array_like, USD
        Price of a GPU with its share of server, rack and network.
    life_years : array_like, years
        Economic life, above 0.
    discount_rate : array_like, share a year
        Cost of capital; 0 recovers the capital in a straight line.
    residual_share : array_like, share of capex
        What the GPU is worth at the end of its life.
    kw : array_like, kW
        IT power per GPU, drawn in every hour.
    usd_per_kwh : array_like, USD
        Electricity price.
    pue : array_like, factor
        Facility power over IT power, on the energy only.
    opex_share_per_year : array_like, share of capex
        Maintenance, staff, insurance.
    hosting_per_kw_month : array_like, USD
        Colocation rent per kW of IT power and month.

    Returns
    -------
    ndarray
        USD per GPU-hour over 8,760 hours a year, used or not.

    Notes
    -----
    Capital recovery a year is the annuity ``(capex - residual / (1 + r)^life) x r / (1 - (1 + r)^-life)``.

    Examples
    --------
    >>> energy = {"kw": 1.71, "usd_per_kwh": 0.0861, "pue": 1.3}
    >>> round(float(all_in_rate(40_000, 4, 0.08, 0.1, **energy, opex_share_per_year=0.03)), 4)
    1.6057
    """
    capex, rate, life = floats(capex_per_gpu), floats(discount_rate), floats(life_years)
    with np.errstate(all="ignore"):
        residual_today = capex * floats(residual_share) * np.exp(-life * np.log1p(rate))
        recovery = (capex - residual_today) * annuity_factor(rate, life)
        running = (
            recovery + capex * floats(opex_share_per_year) + floats(hosting_per_kw_month) * floats(kw) * MONTHS_PER_YEAR
        )
        return finite(running / HOURS_PER_YEAR + floats(kw) * floats(pue) * floats(usd_per_kwh))


def request_cost(
    input_tokens: ArrayLike,
    output_tokens: ArrayLike,
    usd_input: ArrayLike,
    usd_output: ArrayLike,
    cached_tokens: ArrayLike = 0.0,
    usd_cached: ArrayLike | None = None,
) -> Floats:
    """What one request costs at token prices.

    Parameters
    ----------
    input_tokens, output_tokens : array_like, tokens
        Tokens in and out. Cached tokens are part of the input, never on top of it.
    usd_input, usd_output : array_like, USD per Mtok
        Prices.
    cached_tokens : array_like, tokens
        Input tokens read from the cache.
    usd_cached : array_like, USD per Mtok
        Price of those; the input price if None.

    Returns
    -------
    ndarray
        USD per request.

    Examples
    --------
    >>> round(float(request_cost(10_000, 500, 0.55, 2.19, cached_tokens=8_000, usd_cached=0.14)), 6)
    0.003315
    """
    usd_cached = usd_input if usd_cached is None else usd_cached
    fresh = floats(input_tokens) - floats(cached_tokens)
    usd = (
        fresh * floats(usd_input)
        + floats(cached_tokens) * floats(usd_cached)
        + floats(output_tokens) * floats(usd_output)
    )
    return finite(usd / TOKENS_PER_MTOK)


def blended_price(
    usd_input: ArrayLike,
    usd_output: ArrayLike,
    isl: ArrayLike,
    osl: ArrayLike,
    cached_share: ArrayLike = 0.0,
    usd_cached: ArrayLike | None = None,
) -> Floats:
    """Price of a million tokens of a workload, input and output together.

    Parameters
    ----------
    usd_input, usd_output : array_like, USD per Mtok
        Prices.
    isl, osl : array_like, tokens
        Input and output length of a request.
    cached_share : array_like, share of the input
        Input tokens read from the cache.
    usd_cached : array_like, USD per Mtok
        Price of those; the input price if None.

    Returns
    -------
    ndarray
        USD per Mtok: ``(isl x ((1 - c) x p_in + c x p_cached) + osl x p_out) / (isl + osl)``.

    Examples
    --------
    >>> round(float(blended_price(0.90, 2.98, 8, 1)), 4)
    1.1311
    """
    usd_cached = usd_input if usd_cached is None else usd_cached
    share, isl, osl = floats(cached_share), floats(isl), floats(osl)
    usd_of_input = (1 - share) * floats(usd_input) + share * floats(usd_cached)
    return ratio(isl * usd_of_input + osl * floats(usd_output), isl + osl)


# --- energy and volume ---------------------------------------------------------------------------------


def energy_kwh_per_mtok(kw_per_gpu: ArrayLike, tok_s_per_gpu: ArrayLike, pue: ArrayLike = 1.0) -> Floats:
    """Energy of a million tokens in kWh: ``kW x PUE / (throughput x 0.0036)``.

    Parameters
    ----------
    kw_per_gpu : array_like, kW
        Power per GPU; with all-in utility power leave `pue` at 1.
    tok_s_per_gpu : array_like, tok/s
        Throughput.
    pue : array_like, factor
        Facility power over IT power.

    Examples
    --------
    >>> round(float(energy_kwh_per_mtok(1.71, 28_012.9)), 5)
    0.01696
    """
    return ratio(floats(kw_per_gpu) * floats(pue), floats(tok_s_per_gpu) * MTOK_PER_HOUR)


def joules_per_token(kw_per_gpu: ArrayLike, tok_s_per_gpu: ArrayLike, pue: ArrayLike = 1.0) -> Floats:
    """Energy of a token in joules: ``kW x PUE x 1000 / throughput``. Arguments as `energy_kwh_per_mtok`.

    Examples
    --------
    >>> float(joules_per_token(2.0, 10_000))
    0.2
    """
    return ratio(floats(kw_per_gpu) * floats(pue) * WATTS_PER_KW, tok_s_per_gpu)


def tok_s_per_mw(tok_s_per_gpu: ArrayLike, kw_per_gpu: ArrayLike) -> Floats:
    """Throughput of a megawatt in tok/s: ``throughput x 1000 / kW``.

    Examples
    --------
    The "50x" of GB300 over H200, with the power figures of its time and with the corrected ones:

    >>> (tok_s_per_mw(6000, [2.10, 2.12]) / tok_s_per_mw(90, [1.73, 1.37])).round(1).tolist()
    [54.9, 43.1]
    """
    return ratio(floats(tok_s_per_gpu) * KW_PER_MW, kw_per_gpu)


def volume_mtok(
    gpus: ArrayLike,
    tok_s_per_gpu: ArrayLike,
    hours: ArrayLike = HOURS_PER_YEAR,
    utilization: ArrayLike = 1.0,
) -> Floats:
    """Million tokens that a fleet makes: ``gpus x throughput x 0.0036 x hours x utilization``.

    Examples
    --------
    72 GPUs at 10,000 tok/s for three years, in trillions of tokens:

    >>> round(float(volume_mtok(72, 10_000, 3 * 8760)) / 1e6, 1)
    68.1
    """
    return finite(floats(gpus) * floats(tok_s_per_gpu) * MTOK_PER_HOUR * floats(hours) * floats(utilization))


def tokens_per_dollar(usd_per_gpu_hour: ArrayLike, tok_s_per_gpu: ArrayLike, utilization: ArrayLike = 1.0) -> Floats:
    """Tokens for one USD: ``3600 x throughput x utilization / rate``.

    Examples
    --------
    >>> round(float(tokens_per_dollar(1.95, 28_012.9)))
    51716123
    """
    return ratio(floats(tok_s_per_gpu) * SECONDS_PER_HOUR * floats(utilization), usd_per_gpu_hour)


def decode_limit_tok_s(
    hbm_tb_s: ArrayLike,
    total_params_bn: ArrayLike,
    active_params_bn: ArrayLike,
    bits: ArrayLike,
    batch: ArrayLike,
    context: ArrayLike = 0.0,
    kv_kb_per_token: ArrayLike = 0.0,
) -> Floats:
    """The most that memory lets a GPU decode: no measured or claimed output throughput can be above it.

    Parameters
    ----------
    hbm_tb_s : array_like, TB/s
        Memory bandwidth of the GPU (TB = 1e12 bytes).
    total_params_bn, active_params_bn : array_like, billions
        Parameters of the model, and those that one token passes (equal for a dense model).
    bits : array_like
        Bits per weight.
    batch : array_like
        Sequences decoded together on this GPU.
    context : array_like, tokens
        Tokens in the cache per sequence.
    kv_kb_per_token : array_like, kB
        KV cache per token of context (kB = 1e3 bytes).

    Returns
    -------
    ndarray
        tok/s per GPU: ``batch x bandwidth / (weight bytes touched per step + batch x context x KV bytes)``.
        A step touches at most all weights and at most ``batch`` times the active ones (mixture of experts).
        One GPU holds the model here; spread over n GPUs, weights and batch per GPU shrink alike.

    Examples
    --------
    Llama-3.3-70B in FP8 on H100, one sequence: each token reads 70 GB at 3.35 TB/s.

    >>> round(float(decode_limit_tok_s(3.35, 70, 70, 8, 1)), 1)
    47.9
    """
    batch = floats(batch)
    touched = np.minimum(floats(total_params_bn), floats(active_params_bn) * batch) * PARAMS_PER_BN
    weight_bytes = touched * floats(bits) / BITS_PER_BYTE
    cache_bytes = batch * floats(context) * floats(kv_kb_per_token) * BYTES_PER_KB
    return ratio(batch * floats(hbm_tb_s) * BYTES_PER_TB, weight_bytes + cache_bytes)
