"""Outputs of the deployment model: one value per scenario."""

from __future__ import annotations

import numpy as np

from tokenbook.udfs.kernels import returns, tables
from tokenbook.udfs.kernels.deployment_declaring import Table, output, ratio
from tokenbook.udfs.kernels.units import KW_PER_MW, MONTHS_PER_YEAR


@output("USD", "usd")
def npv(discounted_fcf: Table) -> Table:
    """Net present value."""
    return tables.total(discounted_fcf)  # where the NPV curve ends, to the bit


@output("share a year", "share")
def irr(fcf: Table, investment_usd: Table) -> Table:
    """Internal rate of return a year: (1 + monthly rate)^12 - 1; nan if there is none, as for rented GPUs."""
    # Rented GPUs that first earn and later lose have a root, but it is the rate of a loan, not of a return.
    rates = returns.irr(np.ascontiguousarray(fcf))  # it goes scenario by scenario
    monthly = np.where(investment_usd > 0, rates[:, np.newaxis], np.nan)
    return (1.0 + monthly) ** MONTHS_PER_YEAR - 1.0


@output("months", "months")
def payback_months(cumulative_cash: Table) -> Table:
    """Months until the cash is back, interpolated; 0 if it was never out, nan if it never comes back."""
    return _months_until_back(cumulative_cash)


@output("months", "months")
def discounted_payback_months(npv_curve: Table) -> Table:
    """Months until the discounted cash is back, interpolated; 0 if it was never out, nan if never."""
    return _months_until_back(npv_curve)


@output("USD", "usd")
def total_revenue(revenue: Table) -> Table:
    """Revenue of all months."""
    return tables.total(revenue)


@output("USD", "usd")
def total_opex(opex: Table) -> Table:
    """Running costs of all months."""
    return tables.total(opex)


@output("USD", "usd")
def total_cost(investment_usd: Table, total_opex: Table, residual_usd: Table) -> Table:
    """Investment and running costs less the residual value, before tax."""
    return investment_usd + total_opex - residual_usd


@output("times", "multiple")
def revenue_multiple(own: Table, total_revenue: Table, investment_usd: Table, total_cost: Table) -> Table:
    """Revenue over investment; for rented GPUs over total cost."""
    return ratio(total_revenue, np.where(own, investment_usd, total_cost))


@output("share of cost", "multiple")
def net_roi(total_revenue: Table, total_cost: Table) -> Table:
    """Revenue less total cost, over total cost, before tax. A multiple of 15 is a net ROI of 14."""
    return ratio(total_revenue - total_cost, total_cost)


@output("Mtok", "mtok")
def total_mtok(sold_mtok: Table) -> Table:
    """Tokens sold in all months."""
    return tables.total(sold_mtok)


@output("USD per Mtok", "usd_per_mtok")
def lcot(opex: Table, investment: Table, residual: Table, sold_mtok: Table, discount_factor: Table) -> Table:
    """Levelised cost of token: present value of all costs over that of the tokens sold, before tax."""
    costs = tables.total((opex + investment - residual) * discount_factor)
    return ratio(costs, tables.total(sold_mtok * discount_factor))


@output("USD per Mtok", "usd_per_mtok")
def cost_per_mtok_first(cost_per_mtok: Table) -> Table:
    """Cost per million tokens in month 1."""
    return cost_per_mtok[:, 1:2]


@output("USD per Mtok", "usd_per_mtok")
def cost_per_mtok_last(cost_per_mtok: Table) -> Table:
    """Cost per million tokens in the last month."""
    return cost_per_mtok[:, -1:]


@output("USD per rack and year", "usd")
def revenue_per_rack_year(total_revenue: Table, gpus: Table, gpus_per_rack: Table, months: int) -> Table:
    """Revenue a year per rack."""
    return ratio(total_revenue * (MONTHS_PER_YEAR / months), gpus / gpus_per_rack)


@output("USD per MW and year", "usd")
def revenue_per_mw_year(total_revenue: Table, gpus: Table, kw_per_gpu: Table, pue: Table, months: int) -> Table:
    """Revenue a year per MW of facility power (IT power x PUE)."""
    return ratio(total_revenue * (MONTHS_PER_YEAR / months), gpus * kw_per_gpu * pue / KW_PER_MW)


@output("share of revenue", "share", name="gross_margin")
def overall_gross_margin(total_revenue: Table, total_opex: Table) -> Table:
    """Revenue less running costs, over revenue, of all months."""
    return ratio(total_revenue - total_opex, total_revenue)


@output("share of capacity", "share")
def average_utilization(total_mtok: Table, mtok_at_launch: Table, software: Table, in_operation: Table) -> Table:
    """Tokens sold over the tokens that full utilisation would make."""
    return ratio(total_mtok, mtok_at_launch * tables.total(software * in_operation))


@output("USD", "usd")
def peak_funding(cumulative_cash: Table) -> Table:
    """Lowest point of the cash so far: what has to be funded, as a negative number."""
    lowest: Table = np.minimum(cumulative_cash.min(axis=1, keepdims=True), 0.0)
    return lowest


def _months_until_back(balance: Table) -> Table:
    # The first month that is not below 0 after one that was; linear between the two month-ends.
    below = balance < 0
    back = ~below[:, 1:] & below[:, :-1]
    before = np.argmax(back, axis=1)[:, np.newaxis]
    owed = -np.take_along_axis(balance, before, axis=1)
    left = np.take_along_axis(balance, before + 1, axis=1)
    never_out = ~below.any(axis=1, keepdims=True)
    is_back = back.any(axis=1, keepdims=True)
    return np.where(is_back, before + ratio(owed, owed + left), np.where(never_out, 0.0, np.nan))
