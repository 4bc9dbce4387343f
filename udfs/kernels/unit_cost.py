"""Unit cost: what a million tokens, a request, a rack and a megawatt cost and earn.

All functions take numbers or arrays that broadcast, and return the same. Throughput is tok/s per GPU; *which*
tokens (input, output, both) is the caller's choice and decides which tokens the cost is of. A result that
no number answers (a zero divisor) is nan.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tokenbook.udfs.kernels.cash_flow import annuity_factor
from tokenbook.udfs.kernels.units import (
    BITS_PER_BYTE,
    BYTES_PER_KB,
    BYTES_PER_TB,
    GPUS_PER_RACK,
    HOURS_PER_YEAR,
    KW_PER_MW,
    MONTHS_PER_YEAR,
    MTOK_PER_HOUR,
    PARAMS_PER_BN,
    SECONDS_PER_HOUR,
    TOKENS_PER_MTOK,
    WATTS_PER_KW,
)

BRIDGE = ("before", "rate", "throughput", "utilization", "mix", "after")  # columns of `cost_bridge`

Floats = NDArray[np.float64]


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
    return _ratio(usd_per_gpu_hour, _f(tok_s_per_gpu) * MTOK_PER_HOUR * _f(utilization))


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
    input_length, output_length, throughput = _f(isl), _f(osl), _f(tok_s_per_gpu)
    length = input_length + output_length
    return (
        cost_per_mtok(usd_per_gpu_hour, throughput * _ratio(length, length)),
        cost_per_mtok(usd_per_gpu_hour, throughput * _ratio(input_length, length)),
        cost_per_mtok(usd_per_gpu_hour, throughput * _ratio(output_length, length)),
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
    capex, rate, life = _f(capex_per_gpu), _f(discount_rate), _f(life_years)
    with np.errstate(all="ignore"):
        residual_today = capex * _f(residual_share) * np.exp(-life * np.log1p(rate))
        recovery = (capex - residual_today) * annuity_factor(rate, life)
        running = recovery + capex * _f(opex_share_per_year) + _f(hosting_per_kw_month) * _f(kw) * MONTHS_PER_YEAR
        return _finite(running / HOURS_PER_YEAR + _f(kw) * _f(pue) * _f(usd_per_kwh))


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
    fresh = _f(input_tokens) - _f(cached_tokens)
    usd = fresh * _f(usd_input) + _f(cached_tokens) * _f(usd_cached) + _f(output_tokens) * _f(usd_output)
    return _finite(usd / TOKENS_PER_MTOK)


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
    share, input_length, output_length = _f(cached_share), _f(isl), _f(osl)
    usd_of_input = (1 - share) * _f(usd_input) + share * _f(usd_cached)
    return _ratio(input_length * usd_of_input + output_length * _f(usd_output), input_length + output_length)


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
    return _ratio(_f(kw_per_gpu) * _f(pue), _f(tok_s_per_gpu) * MTOK_PER_HOUR)


def joules_per_token(kw_per_gpu: ArrayLike, tok_s_per_gpu: ArrayLike, pue: ArrayLike = 1.0) -> Floats:
    """Energy of a token in joules: ``kW x PUE x 1000 / throughput``. Arguments as `energy_kwh_per_mtok`.

    Examples
    --------
    >>> float(joules_per_token(2.0, 10_000))
    0.2
    """
    return _ratio(_f(kw_per_gpu) * _f(pue) * WATTS_PER_KW, tok_s_per_gpu)


def tok_s_per_mw(tok_s_per_gpu: ArrayLike, kw_per_gpu: ArrayLike) -> Floats:
    """Throughput of a megawatt in tok/s: ``throughput x 1000 / kW``.

    Examples
    --------
    The "50x" of GB300 over H200, with the power figures of its time and with the corrected ones:

    >>> (tok_s_per_mw(6000, [2.10, 2.12]) / tok_s_per_mw(90, [1.73, 1.37])).round(1).tolist()
    [54.9, 43.1]
    """
    return _ratio(_f(tok_s_per_gpu) * KW_PER_MW, kw_per_gpu)


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
    return _finite(_f(gpus) * _f(tok_s_per_gpu) * MTOK_PER_HOUR * _f(hours) * _f(utilization))


def tokens_per_dollar(usd_per_gpu_hour: ArrayLike, tok_s_per_gpu: ArrayLike, utilization: ArrayLike = 1.0) -> Floats:
    """Tokens for one USD: ``3600 x throughput x utilization / rate``.

    Examples
    --------
    >>> round(float(tokens_per_dollar(1.95, 28_012.9)))
    51716123
    """
    return _ratio(_f(tok_s_per_gpu) * SECONDS_PER_HOUR * _f(utilization), usd_per_gpu_hour)


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
    batch = _f(batch)
    touched = np.minimum(_f(total_params_bn), _f(active_params_bn) * batch) * PARAMS_PER_BN
    weight_bytes = touched * _f(bits) / BITS_PER_BYTE
    cache_bytes = batch * _f(context) * _f(kv_kb_per_token) * BYTES_PER_KB
    return _ratio(batch * _f(hbm_tb_s) * BYTES_PER_TB, weight_bytes + cache_bytes)


# --- revenue, margin, break-even ------------------------------------------------------------------------


def revenue_per_rack_year(
    usd_per_mtok: ArrayLike,
    tok_s_per_gpu: ArrayLike,
    gpus_per_rack: ArrayLike = GPUS_PER_RACK,
    utilization: ArrayLike = 1.0,
) -> Floats:
    """Revenue of a rack in USD a year: ``price x gpus x throughput x 0.0036 x 8760 x utilization``.

    Examples
    --------
    >>> round(float(revenue_per_rack_year(1.10, 10_000)) / 1e6, 1)
    25.0
    """
    return _finite(_f(usd_per_mtok) * volume_mtok(gpus_per_rack, tok_s_per_gpu, HOURS_PER_YEAR, utilization))


def revenue_per_mw_year(
    usd_per_mtok: ArrayLike,
    tok_s_per_gpu: ArrayLike,
    kw_per_gpu: ArrayLike,
    utilization: ArrayLike = 1.0,
    pue: ArrayLike = 1.0,
) -> Floats:
    """Revenue of a megawatt in USD a year; GPUs per MW are ``1000 / (kW x PUE)``.

    Examples
    --------
    >>> round(float(revenue_per_mw_year(1.10, 10_000, 2.0)) / 1e6, 1)
    173.4
    """
    gpus = _ratio(KW_PER_MW, _f(kw_per_gpu) * _f(pue))
    return revenue_per_rack_year(usd_per_mtok, tok_s_per_gpu, gpus, utilization)


def margin(price: ArrayLike, cost: ArrayLike) -> Floats:
    """Gross margin, a share of the price: ``(price - cost) / price``.

    Examples
    --------
    >>> float(margin(1.0, 0.25))
    0.75
    """
    return _ratio(_f(price) - _f(cost), price)


def multiple(revenue: ArrayLike, investment: ArrayLike) -> Floats:
    """Revenue multiple ``revenue / investment``. A multiple of 15 is a net return (`roi`) of 14.

    Examples
    --------
    >>> float(multiple(75e6, 5e6))
    15.0
    """
    return _ratio(revenue, investment)


def roi(revenue: ArrayLike, cost: ArrayLike) -> Floats:
    """Net return on investment ``(revenue - cost) / cost``: 14 is 1,400 %.

    Examples
    --------
    >>> float(roi(75e6, 5e6))
    14.0
    """
    return _ratio(_f(revenue) - _f(cost), cost)


def breakeven_price(
    usd_per_gpu_hour: ArrayLike,
    tok_s_per_gpu: ArrayLike,
    utilization: ArrayLike = 1.0,
    margin: ArrayLike = 0.0,
) -> Floats:
    """Price in USD per Mtok that leaves just this margin (a share of the price): ``cost / (1 - margin)``.

    Examples
    --------
    >>> round(float(breakeven_price(3.6, 1000, 0.5, 0.5)), 9)
    4.0
    """
    return _ratio(usd_per_gpu_hour, _f(tok_s_per_gpu) * MTOK_PER_HOUR * _f(utilization) * (1 - _f(margin)))


def breakeven_utilization(
    usd_per_gpu_hour: ArrayLike,
    tok_s_per_gpu: ArrayLike,
    usd_per_mtok: ArrayLike,
    margin: ArrayLike = 0.0,
) -> Floats:
    """Utilisation at which the price leaves just this margin; above 1 no utilisation does.

    Examples
    --------
    >>> round(float(breakeven_utilization(3.6, 1000, 4.0, 0.5)), 9)
    0.5
    """
    return breakeven_price(usd_per_gpu_hour, tok_s_per_gpu, usd_per_mtok, margin)


def breakeven_throughput(
    usd_per_gpu_hour: ArrayLike,
    usd_per_mtok: ArrayLike,
    utilization: ArrayLike = 1.0,
    margin: ArrayLike = 0.0,
) -> Floats:
    """Throughput in tok/s per GPU at which the price leaves just this margin.

    Examples
    --------
    >>> round(float(breakeven_throughput(3.6, 4.0, 0.5, 0.5)), 6)
    1000.0
    """
    return breakeven_price(usd_per_gpu_hour, usd_per_mtok, utilization, margin)


# --- what changed, and what a claim implies ----------------------------------------------------------


def cost_bridge(before: ArrayLike, after: ArrayLike) -> Floats:
    """How rate, throughput, utilisation and mix moved the cost per Mtok from one quarter to the next.

    Parameters
    ----------
    before, after : array_like, shape (3), or (..., segments, 3 or 4)
        Per segment (a model, a platform, a site): USD per GPU-hour, tok/s per GPU, utilization, and with
        several segments their share of the tokens, or the tokens themselves. Same segments, same order.

    Returns
    -------
    ndarray, shape (6) or (..., 6)
        USD per Mtok: cost before, effects of rate, throughput, utilization and mix, cost after (`BRIDGE`).
        The first five add up to the last.

    Raises
    ------
    ValueError
        Shapes that differ, other than 3 or 4 columns, several segments without a share.

    Notes
    -----
    Cost is ``C = sum over segments of share x rate / (throughput x 0.0036 x utilization)``. Changing one
    factor after the other would also add up, but each order tells another story (n! of them), and "one factor
    at a time" leaves a rest. The logarithmic mean Divisia index, additive LMDI-I, has neither flaw: with
    ``L(a, b) = (a - b) / ln(a / b)``, a factor x that enters segment s as a product has the effect
    ``sum of L(C_s after, C_s before) x ln(x_s after / x_s before)``. The logs of the factors add up to
    ``ln(C_s after / C_s before)``, hence no rest; no order is chosen; swapping before and after flips all
    signs; splitting a segment into equal halves changes nothing. A segment that appears or vanishes is all
    mix, the limit of L. B. W. Ang, The LMDI approach to decomposition analysis, Energy Policy 33 (2005).

    Examples
    --------
    The rate falls 11 %, throughput rises fivefold:

    >>> cost_bridge([1.95, 5600, 0.8], [1.73, 28_000, 0.8]).round(4).tolist()
    [0.1209, -0.0069, -0.0926, 0.0, 0.0, 0.0215]
    """
    before, after = _segments(before), _segments(after)
    if before.shape != after.shape:
        raise ValueError(f"before {before.shape} and after {after.shape} are not the same segments")
    share_before, cost_before = _share_and_cost(before)
    share_after, cost_after = _share_and_cost(after)
    with np.errstate(all="ignore"):
        rate, throughput, utilization = np.moveaxis(np.log(after[..., :3] / before[..., :3]), -1, 0)
        mix = np.log(share_after / share_before)
        change = rate - throughput - utilization + mix
        both = (share_before > 0) & (share_after > 0)
        # L of two numbers a e^(+-x/2) is a sinh(x/2) / (x/2): exact also where they are nearly equal.
        half = np.where(change == 0, 1.0, 0.5 * change)
        mean = np.sqrt(cost_before) * np.sqrt(cost_after)
        mean = mean * np.where(change == 0, 1.0, np.sinh(half) / half)
        effects = [np.where(both, mean * effect, 0.0) for effect in (rate, -throughput, -utilization)]
        effects.append(np.where(both, mean * mix, cost_after - cost_before))
        columns = [cost_before, *effects, cost_after]
        bridge = np.stack([column.sum(axis=-1) for column in columns], axis=-1)
    return np.where(np.isfinite(bridge).all(axis=-1, keepdims=True), bridge, np.nan)


def _segments(table: ArrayLike) -> Floats:
    table = np.asarray(table, float)
    if table.ndim == 1:
        table = table[None, :]
    if table.shape[-1] not in (3, 4):
        raise ValueError(f"{table.shape[-1]} columns: rate, throughput, utilization and a share are 3 or 4")
    if table.shape[-1] == 3 and table.shape[-2] > 1:
        raise ValueError("several segments need a fourth column, their share of the tokens")
    return table


def _share_and_cost(segments: Floats) -> tuple[Floats, Floats]:
    """Share of the tokens, and the part of the cost per Mtok, of each segment."""
    shares = segments[..., 3] if segments.shape[-1] == 4 else np.ones(segments.shape[:-1])
    share = np.broadcast_to(_ratio(shares, shares.sum(axis=-1, keepdims=True)), shares.shape)
    share = np.where(share >= 0, share, np.nan)
    cost = cost_per_mtok(segments[..., 0], segments[..., 1], segments[..., 2])
    # A segment without tokens costs nothing, whatever stands in its row.
    return share, np.where(share == 0, 0.0, share * np.where(cost > 0, cost, np.nan))


class ClaimAudit(NamedTuple):
    """What the figures of a claim imply; nan for what needs a throughput that was not given."""

    mtok: Floats  # million tokens made over the years
    usd_per_mtok: Floats  # price that the revenue implies
    usd_per_gpu_hour: Floats  # rate that the investment implies
    cost_per_mtok: Floats  # USD
    multiple: Floats  # revenue over investment
    net_roi: Floats  # (revenue - investment) / investment


def claim_audit(
    investment: ArrayLike,
    revenue: ArrayLike,
    gpus: ArrayLike,
    years: ArrayLike,
    tok_s_per_gpu: ArrayLike = np.nan,
    utilization: ArrayLike = 1.0,
) -> ClaimAudit:
    """What a claim "invest this, earn that" implies about prices and costs.

    Parameters
    ----------
    investment, revenue : array_like, USD
        Money in and money back over the whole period.
    gpus : array_like
        Number of GPUs.
    years : array_like, years
        Period, of 8,760 hours each.
    tok_s_per_gpu : array_like, tok/s
        Throughput claimed or measured; nan if unknown.
    utilization : array_like, share
        Share of the hours sold at that throughput.

    Returns
    -------
    ClaimAudit
        A named tuple of arrays.

    Examples
    --------
    The claim "5 M USD of GB200 NVL72 earn 75 M USD": 72 GPUs, 10,000 tok/s each, three years.

    >>> audit = claim_audit(5e6, 75e6, 72, 3, 10_000)
    >>> round(float(audit.usd_per_mtok), 2), round(float(audit.usd_per_gpu_hour), 2)
    (1.1, 2.64)
    >>> round(float(audit.cost_per_mtok), 4), float(audit.multiple), float(audit.net_roi)
    (0.0734, 15.0, 14.0)
    """
    hours = _f(years) * HOURS_PER_YEAR
    mtok = volume_mtok(gpus, tok_s_per_gpu, hours, utilization)
    return ClaimAudit(
        mtok=mtok,
        usd_per_mtok=_ratio(revenue, mtok),
        usd_per_gpu_hour=_ratio(investment, _f(gpus) * hours),
        cost_per_mtok=_ratio(investment, mtok),
        multiple=multiple(revenue, investment),
        net_roi=roi(revenue, investment),
    )


def _f(value: Any) -> Any:
    # One float, as from a cell, stays one: an array of it would cost twenty times the arithmetic.
    return value if type(value) is float else np.asarray(value, float)


def _ratio(numerator: Any, denominator: Any) -> Floats:
    numerator, denominator = _f(numerator), _f(denominator)
    if type(numerator) is float and type(denominator) is float:
        return _finite(numerator / denominator if denominator else math.nan)
    with np.errstate(all="ignore"):
        return _finite(numerator / denominator)


def _finite(values: Any) -> Floats:
    found: Any
    if isinstance(values, float):
        found = values if math.isfinite(values) else math.nan
    else:
        finite = np.isfinite(values)
        found = values[()] if finite.all() else np.where(finite, values, np.nan)[()]
    return cast(Floats, found)
