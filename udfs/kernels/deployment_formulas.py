"""The formulas of the deployment model: each line over time and each output is one small function.

The parameters of a formula name what it is made of: inputs (`deployment_inputs`), lines, shared parts, other
outputs. `deployment.run` reads the declarations and computes what is asked for and what that needs.

Everything is a table: a line is (scenarios, months + 1), one value per scenario is a column (scenarios, 1);
what is the same in all scenarios has a single row. Month 0 is the investment date: curves have their value of
today there, volumes and money of operation are 0.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokenbook.udfs.kernels import cash_flow, curves, tables
from tokenbook.udfs.kernels import depreciation as depreciation_schedules
from tokenbook.udfs.kernels.units import HOURS_PER_MONTH, KW_PER_MW, MONTHS_PER_YEAR, MTOK_PER_HOUR

Table = NDArray[Any]
Formula = Callable[..., Any]


# ---------------------------------------------------------------------------------------------------------
# How formulas are declared
# ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Quantity:
    """A line or an output: its name, its unit and what it is."""

    name: str
    unit: str
    help: str


FORMULAS: dict[str, Formula] = {}  # lines, and the parts that several of them share
OUTPUT_FORMULAS: dict[str, Formula] = {}
_line_table: list[Quantity] = []
_output_table: list[Quantity] = []


def _part(formula: Formula) -> Formula:
    FORMULAS[formula.__name__] = formula
    return formula


def _line(unit: str) -> Callable[[Formula], Formula]:
    def declare(formula: Formula) -> Formula:
        _line_table.append(Quantity(formula.__name__, unit, inspect.getdoc(formula) or ""))
        return _part(formula)

    return declare


def _output(unit: str, name: str = "") -> Callable[[Formula], Formula]:
    def declare(formula: Formula) -> Formula:
        quantity = Quantity(name or formula.__name__, unit, inspect.getdoc(formula) or "")
        _output_table.append(quantity)
        OUTPUT_FORMULAS[quantity.name] = formula
        return formula

    return declare


def _ratio(top: Table, bottom: Table) -> Table:
    # nan, not inf, where there is nothing to divide by.
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bottom != 0, top / bottom, np.nan)


def _over_time(column: Table, line: Table) -> Table:
    return np.multiply(column, line, order="F")  # as `tables` has it


def _add_at_ends(line: Table, at_start: Table | float, at_end: Table) -> Table:
    # In place where the amounts are no more than the scenarios of the line.
    scenarios = max(len(line), np.size(at_start), len(at_end))
    if len(line) < scenarios:
        line = np.array(np.broadcast_to(line, (scenarios, line.shape[1])), order="F")
    line[:, :1] += at_start
    line[:, -1:] += at_end
    return line


# ---------------------------------------------------------------------------------------------------------
# Lines: months 0 .. N
# ---------------------------------------------------------------------------------------------------------


@_part
def month(months):
    return np.arange(months + 1.0)[np.newaxis]


@_part
def at_start(month):
    return (month == 0) * 1.0


@_part
def in_operation(month):
    return (month > 0) * 1.0


@_part
def at_end(month, months):
    return (month == months) * 1.0


@_part
def own(acquisition):
    return (acquisition == "own") * 1.0


@_line("times")
def software(months, software_gain, software_months, software_annual_gain):
    """Throughput multiplier from software releases: the gain reached over its months, then so much a year."""
    return curves.software_curve(months + 1, software_gain[:, 0], software_months[:, 0], software_annual_gain[:, 0])


@_line("share of capacity")
def utilization(months, utilization_start, utilization_end, ramp_months, ramp_shape):
    """Share of the capacity that is in use."""
    return curves.ramp_curve(
        months + 1, utilization_start[:, 0], utilization_end[:, 0], ramp_months[:, 0], ramp_shape[:, 0]
    )


@_part
def mtok_at_launch(gpus, tok_s_per_gpu, availability):
    # A month's tokens at full utilisation with the software of today.
    return gpus * tok_s_per_gpu * availability * (MTOK_PER_HOUR * HOURS_PER_MONTH)


@_line("Mtok")
def capacity_mtok(mtok_at_launch, software, utilization):
    """Tokens that can be made: GPUs x throughput x software x hours x availability x utilisation."""
    capacity = _over_time(mtok_at_launch, software) * utilization
    capacity[:, 0] = 0.0
    return capacity


@_line("Mtok")
def demand_mtok(demand_mtok_per_month, demand_growth_per_year, months):
    """Mean demand, growing so much a year; inf where demand is unlimited."""
    growth = curves.compound(1.0 + demand_growth_per_year[:, 0], months + 1)
    demand = _over_time(demand_mtok_per_month, growth)
    demand[:, 0] = 0.0
    return demand


@_line("Mtok")
def sold_mtok(demand_mtok, demand_cv, capacity_mtok):
    """Tokens sold: the smaller of demand and capacity; in expectation where demand is volatile."""
    if len(demand_mtok) == 1 and np.isposinf(demand_mtok[:, 1:]).all():
        return capacity_mtok  # unlimited demand, the usual case
    return curves.expected_sold(demand_mtok, demand_cv, capacity_mtok)


@_line("USD per Mtok")
def price(price_usd_per_mtok, price_annual_factor, price_floor, months):
    """Price, falling by its factor a year, never below the floor."""
    return curves.price_curve(
        price_usd_per_mtok[:, 0], price_annual_factor[:, 0], months + 1, MONTHS_PER_YEAR, price_floor[:, 0]
    )


@_line("USD")
def revenue(sold_mtok, price):
    """Tokens sold x price."""
    return sold_mtok * price


@_line("times")
def cost_index(inflation_per_year, months):
    """Cost level over the level of today: inflation, compounded."""
    return curves.compound(1.0 + inflation_per_year[:, 0], months + 1)


@_part
def cost_index_in_operation(cost_index, in_operation):
    return cost_index * in_operation


@_line("USD")
def energy(own, gpus, kw_per_gpu, pue, availability, usd_per_kwh, cost_index_in_operation):
    """Electricity of owned GPUs while they are up, with the facility's overhead."""
    monthly = own * gpus * kw_per_gpu * pue * HOURS_PER_MONTH * availability * usd_per_kwh
    return _over_time(monthly, cost_index_in_operation)


@_line("USD")
def hosting(own, gpus, kw_per_gpu, hosting_usd_per_kw_month, cost_index_in_operation):
    """Hosting of owned GPUs, per kW of IT power."""
    return _over_time(own * gpus * kw_per_gpu * hosting_usd_per_kw_month, cost_index_in_operation)


@_line("USD")
def maintenance(own, gpus, capex_usd_per_gpu, maintenance_share_per_year, cost_index_in_operation):
    """Maintenance of owned GPUs, a share of capex a year."""
    yearly = own * gpus * capex_usd_per_gpu * maintenance_share_per_year
    return _over_time(yearly / MONTHS_PER_YEAR, cost_index_in_operation)


@_line("USD")
def licences(gpus, software_usd_per_gpu_month, cost_index_in_operation):
    """Software licences per GPU."""
    return _over_time(gpus * software_usd_per_gpu_month, cost_index_in_operation)


@_line("USD")
def staff(staff_usd_per_month, cost_index_in_operation):
    """Staff."""
    return _over_time(staff_usd_per_month, cost_index_in_operation)


@_line("USD")
def rent(own, gpus, usd_per_gpu_hour, in_operation):
    """All-in rate for every hour of the month, used or not; a contract rate, so not inflated."""
    return _over_time((1.0 - own) * gpus * usd_per_gpu_hour * HOURS_PER_MONTH, in_operation)


@_line("USD")
def opex(energy, hosting, maintenance, licences, staff, rent):
    """Running costs: energy, hosting, maintenance, licences, staff, rent."""
    # What is mostly the same in all scenarios, a single row, comes first.
    return staff + rent + licences + maintenance + hosting + energy


@_part
def capex_usd(own, gpus, capex_usd_per_gpu):
    return own * gpus * capex_usd_per_gpu


@_part
def investment_usd(own, gpus, capex_usd, installation_usd_per_gpu):
    return capex_usd + own * gpus * installation_usd_per_gpu


@_part
def residual_usd(capex_usd, residual_share):
    return capex_usd * residual_share


@_line("USD")
def investment(investment_usd, at_start):
    """Capex and installation, in month 0; nothing for rented GPUs."""
    return _over_time(investment_usd, at_start)


@_line("USD")
def residual(residual_usd, at_end):
    """What the owned GPUs are sold for in the last month."""
    return _over_time(residual_usd, at_end)


@_part
def depreciation_over_time(depreciation_method, investment_usd, residual_usd, depreciation_years, months):
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


@_line("USD")
def depreciation(depreciation_over_time, depreciation_method, investment_usd, residual_usd, sold_mtok):
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


@_line("USD")
def net_book_value(investment_usd, depreciation):
    """Investment less the depreciation so far."""
    return investment_usd - tables.running_sum(depreciation)


@_part
def ebitda(revenue, opex):
    return revenue - opex


@_line("USD")
def ebit(ebitda, depreciation):
    """Revenue less running costs and depreciation."""
    return ebitda - depreciation


@_part
def disposal_gain_usd(residual_usd, investment_usd, depreciation):
    return residual_usd - (investment_usd - tables.total(depreciation))


@_line("USD")
def disposal_gain(disposal_gain_usd, at_end):
    """Residual value less net book value in the last month; a loss is negative, and deductible."""
    return _over_time(disposal_gain_usd, at_end)


@_line("USD")
def taxable(ebit, disposal_gain_usd):
    """Profit before losses carried forward: EBIT and the gain on disposal."""
    return _add_at_ends(np.array(ebit), 0.0, disposal_gain_usd)


@_part
def losses_carried(taxable):
    # The losses each month opens with, and at last what the last month closes with: months + 2 balances.
    # What is opened with less the profit, or plus the loss; nothing is left where the profit is larger.
    carried = np.empty((len(taxable), taxable.shape[1] + 1), order="F")
    carried[:, 0] = 0.0
    for profit, (opening, closing) in zip(taxable.T, pairwise(carried.T), strict=True):
        np.subtract(opening, profit, out=closing)
        np.maximum(closing, 0.0, out=closing)
    return carried


@_line("USD")
def losses_opening(losses_carried):
    """Losses carried forward from the month before."""
    return losses_carried[:, :-1]


@_line("USD")
def losses_used(losses_opening, taxable):
    """Losses set against the profit of the month."""
    return np.minimum(losses_opening, np.maximum(taxable, 0.0))


@_line("USD")
def losses_closing(losses_carried):
    """Losses carried forward to the next month."""
    return losses_carried[:, 1:]


@_line("USD")
def tax(tax_rate, taxable, losses_opening):
    """Tax on the profit that is left; a loss that is left in the last month lapses."""
    return tax_rate * np.maximum(taxable - losses_opening, 0.0)


@_line("USD")
def fcf(ebitda, tax, investment_usd, residual_usd):
    """Free cash flow: revenue less running costs, tax and investment, plus the residual value."""
    return _add_at_ends(ebitda - tax, -investment_usd, residual_usd)


@_line("share")
def discount_factor(discount_rate, timing, months):
    """Value today of a dollar of the month: at its end or in its middle; 1 in month 0."""
    growth = curves.compound(1.0 + discount_rate[:, 0], months + 1)
    half_a_month = np.where(timing == "mid", (1.0 + discount_rate) ** (0.5 / MONTHS_PER_YEAR), 1.0)
    factor = half_a_month / growth
    factor[:, 0] = 1.0
    return factor


@_line("USD")
def discounted_fcf(fcf, discount_factor):
    """Free cash flow, discounted."""
    return fcf * discount_factor


@_line("USD")
def npv_curve(discounted_fcf):
    """Discounted cash flow so far; ends at the NPV."""
    return tables.running_sum(discounted_fcf)


@_line("USD")
def capital_recovery(investment_usd, residual_usd, discount_rate, months, in_operation):
    """Even monthly amount that pays back the investment, less the residual value, with interest."""
    log_rate = np.log1p(discount_rate) / MONTHS_PER_YEAR
    monthly_rate = np.expm1(log_rate)
    value_of_residual = residual_usd * np.exp(-months * log_rate)
    annuity = np.where(monthly_rate == 0, 1.0 / months, _ratio(monthly_rate, -np.expm1(-months * log_rate)))
    return _over_time((investment_usd - value_of_residual) * annuity, in_operation)


@_line("USD per Mtok")
def cost_per_mtok(opex, capital_recovery, sold_mtok):
    """Running costs and capital recovery per million tokens sold; nan in a month without sales."""
    return _ratio(opex + capital_recovery, sold_mtok)


@_line("share of revenue")
def gross_margin(ebitda, revenue):
    """Revenue less running costs, over revenue; nan in a month without revenue."""
    return _ratio(ebitda, revenue)


@_line("USD")
def cumulative_cash(fcf):
    """Cash flow so far, not discounted."""
    return tables.running_sum(fcf)


@_line("share of cost")
def roi_curve(revenue, opex, investment, residual):
    """Net ROI so far: revenue less cost, over cost, before tax; ends at net_roi."""
    cost = tables.running_sum(opex + investment - residual)
    return _ratio(tables.running_sum(revenue) - cost, cost)


# ---------------------------------------------------------------------------------------------------------
# Outputs: one value per scenario
# ---------------------------------------------------------------------------------------------------------


@_output("USD")
def npv(discounted_fcf):
    """Net present value."""
    return tables.total(discounted_fcf)  # where the NPV curve ends, to the bit


@_output("share a year")
def irr(fcf, investment_usd):
    """Internal rate of return a year: (1 + monthly rate)^12 - 1; nan if there is none, as for rented GPUs."""
    # Rented GPUs that first earn and later lose have a root, but it is the rate of a loan, not of a return.
    rates = cash_flow.irr(np.ascontiguousarray(fcf))  # it goes scenario by scenario
    monthly = np.where(investment_usd > 0, rates[:, np.newaxis], np.nan)
    return (1.0 + monthly) ** MONTHS_PER_YEAR - 1.0


@_output("months")
def payback_months(cumulative_cash):
    """Months until the cash is back, interpolated; 0 if it was never out, nan if it never comes back."""
    return _months_until_back(cumulative_cash)


@_output("months")
def discounted_payback_months(npv_curve):
    """Months until the discounted cash is back, interpolated; 0 if it was never out, nan if never."""
    return _months_until_back(npv_curve)


@_output("USD")
def total_revenue(revenue):
    """Revenue of all months."""
    return tables.total(revenue)


@_output("USD")
def total_opex(opex):
    """Running costs of all months."""
    return tables.total(opex)


@_output("USD")
def total_cost(investment_usd, total_opex, residual_usd):
    """Investment and running costs less the residual value, before tax."""
    return investment_usd + total_opex - residual_usd


@_output("times")
def revenue_multiple(own, total_revenue, investment_usd, total_cost):
    """Revenue over investment; for rented GPUs over total cost."""
    return _ratio(total_revenue, np.where(own, investment_usd, total_cost))


@_output("share of cost")
def net_roi(total_revenue, total_cost):
    """Revenue less total cost, over total cost, before tax. A multiple of 15 is a net ROI of 14."""
    return _ratio(total_revenue - total_cost, total_cost)


@_output("Mtok")
def total_mtok(sold_mtok):
    """Tokens sold in all months."""
    return tables.total(sold_mtok)


@_output("USD per Mtok")
def lcot(opex, investment, residual, sold_mtok, discount_factor):
    """Levelised cost of token: present value of all costs over that of the tokens sold, before tax."""
    costs = tables.total((opex + investment - residual) * discount_factor)
    return _ratio(costs, tables.total(sold_mtok * discount_factor))


@_output("USD per Mtok")
def cost_per_mtok_first(cost_per_mtok):
    """Cost per million tokens in month 1."""
    return cost_per_mtok[:, 1:2]


@_output("USD per Mtok")
def cost_per_mtok_last(cost_per_mtok):
    """Cost per million tokens in the last month."""
    return cost_per_mtok[:, -1:]


@_output("USD per rack and year")
def revenue_per_rack_year(total_revenue, gpus, gpus_per_rack, months):
    """Revenue a year per rack."""
    return _ratio(total_revenue * (MONTHS_PER_YEAR / months), gpus / gpus_per_rack)


@_output("USD per MW and year")
def revenue_per_mw_year(total_revenue, gpus, kw_per_gpu, pue, months):
    """Revenue a year per MW of facility power (IT power x PUE)."""
    return _ratio(total_revenue * (MONTHS_PER_YEAR / months), gpus * kw_per_gpu * pue / KW_PER_MW)


@_output("share of revenue", name="gross_margin")
def overall_gross_margin(total_revenue, total_opex):
    """Revenue less running costs, over revenue, of all months."""
    return _ratio(total_revenue - total_opex, total_revenue)


@_output("share of capacity")
def average_utilization(total_mtok, mtok_at_launch, software, in_operation):
    """Tokens sold over the tokens that full utilisation would make."""
    return _ratio(total_mtok, mtok_at_launch * tables.total(software * in_operation))


@_output("USD")
def peak_funding(cumulative_cash):
    """Lowest point of the cash so far: what has to be funded, as a negative number."""
    return np.minimum(cumulative_cash.min(axis=1, keepdims=True), 0.0)


def _months_until_back(balance: Table) -> Table:
    # The first month that is not below 0 after one that was; linear between the two month-ends.
    below = balance < 0
    back = ~below[:, 1:] & below[:, :-1]
    before = np.argmax(back, axis=1)[:, np.newaxis]
    owed = -np.take_along_axis(balance, before, axis=1)
    left = np.take_along_axis(balance, before + 1, axis=1)
    never_out = ~below.any(axis=1, keepdims=True)
    is_back = back.any(axis=1, keepdims=True)
    return np.where(is_back, before + _ratio(owed, owed + left), np.where(never_out, 0.0, np.nan))


LINES: tuple[Quantity, ...] = tuple(_line_table)
OUTPUTS: tuple[Quantity, ...] = tuple(_output_table)
