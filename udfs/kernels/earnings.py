"""Earnings: what tokens bring, what is left of it, at which point it covers the cost, and what a claim implies.

As in `unit_cost`, all functions take numbers or arrays that broadcast, and nan stands where no number answers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from tokenbook.udfs.kernels.ratios import Floats, finite, floats, ratio
from tokenbook.udfs.kernels.unit_cost import volume_mtok
from tokenbook.udfs.kernels.units import GPUS_PER_RACK, HOURS_PER_YEAR, KW_PER_MW, MTOK_PER_HOUR


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
    return finite(floats(usd_per_mtok) * volume_mtok(gpus_per_rack, tok_s_per_gpu, HOURS_PER_YEAR, utilization))


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
    gpus = ratio(KW_PER_MW, floats(kw_per_gpu) * floats(pue))
    return revenue_per_rack_year(usd_per_mtok, tok_s_per_gpu, gpus, utilization)


def margin(price: ArrayLike, cost: ArrayLike) -> Floats:
    """Gross margin, a share of the price: ``(price - cost) / price``.

    Examples
    --------
    >>> float(margin(1.0, 0.25))
    0.75
    """
    return ratio(floats(price) - floats(cost), price)


def multiple(revenue: ArrayLike, investment: ArrayLike) -> Floats:
    """Revenue multiple ``revenue / investment``. A multiple of 15 is a net return (`roi`) of 14.

    Examples
    --------
    >>> float(multiple(75e6, 5e6))
    15.0
    """
    return ratio(revenue, investment)


def roi(revenue: ArrayLike, cost: ArrayLike) -> Floats:
    """Net return on investment ``(revenue - cost) / cost``: 14 is 1,400 %.

    Examples
    --------
    >>> float(roi(75e6, 5e6))
    14.0
    """
    return ratio(floats(revenue) - floats(cost), cost)


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
    return ratio(usd_per_gpu_hour, floats(tok_s_per_gpu) * MTOK_PER_HOUR * floats(utilization) * (1 - floats(margin)))


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


class ClaimAudit(NamedTuple):
    """What the figures of a claim imply, by the names that cells and claims use; nan for what needs a throughput."""

    mtok: Floats  # million tokens made over the years
    implied_usd_per_mtok: Floats  # price that the revenue implies
    implied_usd_per_gpu_hour: Floats  # rate that the investment implies
    implied_cost_usd_per_mtok: Floats  # investment per token
    revenue_multiple: Floats  # revenue over investment
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
    >>> round(float(audit.implied_usd_per_mtok), 2), round(float(audit.implied_usd_per_gpu_hour), 2)
    (1.1, 2.64)
    >>> round(float(audit.implied_cost_usd_per_mtok), 4), float(audit.revenue_multiple), float(audit.net_roi)
    (0.0734, 15.0, 14.0)
    """
    hours = floats(years) * HOURS_PER_YEAR
    mtok = volume_mtok(gpus, tok_s_per_gpu, hours, utilization)
    return ClaimAudit(
        mtok=mtok,
        implied_usd_per_mtok=ratio(revenue, mtok),
        implied_usd_per_gpu_hour=ratio(investment, floats(gpus) * hours),
        implied_cost_usd_per_mtok=ratio(investment, mtok),
        revenue_multiple=multiple(revenue, investment),
        net_roi=roi(revenue, investment),
    )
