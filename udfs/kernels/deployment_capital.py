"""Lines of the deployment model from investment to value: depreciation, tax, cash flow, its value, cost per Mtok."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from tokenbook.udfs.kernels import curves, tables
from tokenbook.udfs.kernels import depreciation as depreciation_schedules
from tokenbook.udfs.kernels.deployment_declaring import Table, add_at_ends, line, over_time, part, ratio
from tokenbook.udfs.kernels.units import MONTHS_PER_YEAR


@part
def capex_usd(own: Table, gpus: Table, capex_usd_per_gpu: Table) -> Table:
    return own * gpus * capex_usd_per_gpu


@part
def investment_usd(own: Table, gpus: Table, capex_usd: Table, installation_usd_per_gpu: Table) -> Table:
    found: Table = capex_usd + own * gpus * installation_usd_per_gpu
    return found


@part
def residual_usd(capex_usd: Table, residual_share: Table) -> Table:
    return capex_usd * residual_share


@line("USD")
def investment(investment_usd: Table, at_start: Table) -> Table:
    """Capex and installation, in month 0; nothing for rented GPUs."""
    return over_time(investment_usd, at_start)


@line("USD")
def residual(residual_usd: Table, at_end: Table) -> Table:
    """What the owned GPUs are sold for in the last month."""
    return over_time(residual_usd, at_end)


@part
def depreciation_over_time(
    depreciation_method: Table, investment_usd: Table, residual_usd: Table, depreciation_years: Table, months: int
) -> Table:
    # By the methods that depend on time alone; UNITS as straight line, until it is known what is sold.
    amounts = depreciation_schedules.schedule(
        np.where(depreciation_method == "UNITS", "SL", depreciation_method)[:, 0],
        investment_usd[:, 0],
        residual_usd[:, 0],
        depreciation_years[:, 0] * MONTHS_PER_YEAR,
        months,
        per_year=MONTHS_PER_YEAR,
    )
    line = np.empty((len(amounts), months + 1), order="F")
    line[:, 0] = 0.0
    line[:, 1:] = amounts
    return line


@line("USD")
def depreciation(
    depreciation_over_time: Table,
    depreciation_method: Table,
    investment_usd: Table,
    residual_usd: Table,
    sold_mtok: Table,
) -> Table:
    """Depreciation of the investment down to the residual value by the chosen method (MACRS5: down to 0)."""
    by_units = depreciation_method == "UNITS"
    if not by_units.any():
        return depreciation_over_time
    life = 1.0  # which UNITS does not look at
    line = depreciation_schedules.schedule(
        "UNITS", investment_usd[:, 0], residual_usd[:, 0], life, sold_mtok.shape[1], sold_mtok
    )
    # GPUs that never sell a token are not used up: their value goes at disposal.
    line[np.broadcast_to(~sold_mtok.any(axis=1), len(line))] = 0.0
    return np.where(by_units, line, depreciation_over_time)


@line("USD")
def net_book_value(investment_usd: Table, depreciation: Table) -> Table:
    """Investment less the depreciation so far."""
    return investment_usd - tables.running_sum(depreciation)


@part
def ebitda(revenue: Table, opex: Table) -> Table:
    return revenue - opex


@line("USD")
def ebit(ebitda: Table, depreciation: Table) -> Table:
    """Revenue less running costs and depreciation."""
    return ebitda - depreciation


@part
def disposal_gain_usd(residual_usd: Table, investment_usd: Table, depreciation: Table) -> Table:
    return residual_usd - (investment_usd - tables.total(depreciation))


@line("USD")
def disposal_gain(disposal_gain_usd: Table, at_end: Table) -> Table:
    """Residual value less net book value in the last month; a loss is negative, and deductible."""
    return over_time(disposal_gain_usd, at_end)


@line("USD")
def taxable(ebit: Table, disposal_gain_usd: Table) -> Table:
    """Profit before losses carried forward: EBIT and the gain on disposal."""
    return add_at_ends(np.array(ebit), 0.0, disposal_gain_usd)


@part
def losses_carried(taxable: Table) -> Table:
    # The losses each month opens with, and at last what the last month closes with: months + 2 balances.
    # What is opened with less the profit, or plus the loss; nothing is left where the profit is larger.
    carried = np.empty((len(taxable), taxable.shape[1] + 1), order="F")
    carried[:, 0] = 0.0
    for profit, (opening, closing) in zip(taxable.T, pairwise(carried.T), strict=True):
        np.subtract(opening, profit, out=closing)
        np.maximum(closing, 0.0, out=closing)
    return carried


@line("USD")
def losses_opening(losses_carried: Table) -> Table:
    """Losses carried forward from the month before."""
    return losses_carried[:, :-1]


@line("USD")
def losses_used(losses_opening: Table, taxable: Table) -> Table:
    """Losses set against the profit of the month."""
    return np.minimum(losses_opening, np.maximum(taxable, 0.0))


@line("USD")
def losses_closing(losses_carried: Table) -> Table:
    """Losses carried forward to the next month."""
    return losses_carried[:, 1:]


@line("USD")
def tax(tax_rate: Table, taxable: Table, losses_opening: Table) -> Table:
    """Tax on the profit that is left; a loss that is left in the last month lapses."""
    found: Table = tax_rate * np.maximum(taxable - losses_opening, 0.0)
    return found


@line("USD")
def fcf(ebitda: Table, tax: Table, investment_usd: Table, residual_usd: Table) -> Table:
    """Free cash flow: revenue less running costs, tax and investment, plus the residual value."""
    return add_at_ends(ebitda - tax, -investment_usd, residual_usd)


@line("share")
def discount_factor(discount_rate: Table, timing: Table, months: int) -> Table:
    """Value today of a dollar of the month: at its end or in its middle; 1 in month 0."""
    growth = curves.compound(1.0 + discount_rate[:, 0], months + 1)
    half_a_month = np.where(timing == "mid", (1.0 + discount_rate) ** (0.5 / MONTHS_PER_YEAR), 1.0)
    factor = half_a_month / growth
    factor[:, 0] = 1.0
    return factor


@line("USD")
def discounted_fcf(fcf: Table, discount_factor: Table) -> Table:
    """Free cash flow, discounted."""
    return fcf * discount_factor


@line("USD")
def npv_curve(discounted_fcf: Table) -> Table:
    """Discounted cash flow so far; ends at the NPV."""
    return tables.running_sum(discounted_fcf)


@line("USD")
def capital_recovery(
    investment_usd: Table, residual_usd: Table, discount_rate: Table, months: int, in_operation: Table
) -> Table:
    """Even monthly amount that pays back the investment, less the residual value, with interest."""
    log_rate = np.log1p(discount_rate) / MONTHS_PER_YEAR
    monthly_rate = np.expm1(log_rate)
    value_of_residual = residual_usd * np.exp(-months * log_rate)
    annuity = np.where(monthly_rate == 0, 1.0 / months, ratio(monthly_rate, -np.expm1(-months * log_rate)))
    return over_time((investment_usd - value_of_residual) * annuity, in_operation)


@line("USD per Mtok")
def cost_per_mtok(opex: Table, capital_recovery: Table, sold_mtok: Table) -> Table:
    """Running costs and capital recovery per million tokens sold; nan in a month without sales."""
    return ratio(opex + capital_recovery, sold_mtok)


@line("share of revenue")
def gross_margin(ebitda: Table, revenue: Table) -> Table:
    """Revenue less running costs, over revenue; nan in a month without revenue."""
    return ratio(ebitda, revenue)


@line("USD")
def cumulative_cash(fcf: Table) -> Table:
    """Cash flow so far, not discounted."""
    return tables.running_sum(fcf)


@line("share of cost")
def roi_curve(revenue: Table, opex: Table, investment: Table, residual: Table) -> Table:
    """Net ROI so far: revenue less cost, over cost, before tax; ends at net_roi."""
    cost = tables.running_sum(opex + investment - residual)
    return ratio(tables.running_sum(revenue) - cost, cost)
