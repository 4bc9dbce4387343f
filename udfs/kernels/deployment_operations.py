"""Lines of the deployment model from tokens to running costs: throughput, demand, price, revenue, opex."""

from __future__ import annotations

import numpy as np

from tokenbook.udfs.kernels import curves, demand
from tokenbook.udfs.kernels.deployment_declaring import Table, line, over_time, part
from tokenbook.udfs.kernels.units import HOURS_PER_MONTH, MONTHS_PER_YEAR, MTOK_PER_HOUR


@part
def month(months: int) -> Table:
    return np.arange(months + 1.0)[np.newaxis]


@part
def at_start(month: Table) -> Table:
    is_so: Table = (month == 0) * 1.0
    return is_so


@part
def in_operation(month: Table) -> Table:
    is_so: Table = (month > 0) * 1.0
    return is_so


@part
def at_end(month: Table, months: int) -> Table:
    is_so: Table = (month == months) * 1.0
    return is_so


@part
def own(acquisition: Table) -> Table:
    is_so: Table = (acquisition == "own") * 1.0
    return is_so


@line("times")
def software(months: int, software_gain: Table, software_months: Table, software_annual_gain: Table) -> Table:
    """Throughput multiplier from software releases: the gain reached over its months, then so much a year."""
    return curves.software_curve(months + 1, software_gain[:, 0], software_months[:, 0], software_annual_gain[:, 0])


@line("share of capacity")
def utilization(
    months: int, utilization_start: Table, utilization_end: Table, ramp_months: Table, ramp_shape: Table
) -> Table:
    """Share of the capacity that is in use."""
    return curves.ramp_curve(
        months + 1, utilization_start[:, 0], utilization_end[:, 0], ramp_months[:, 0], ramp_shape[:, 0]
    )


@part
def mtok_at_launch(gpus: Table, tok_s_per_gpu: Table, availability: Table) -> Table:
    # A month's tokens at full utilisation with the software of today.
    return gpus * tok_s_per_gpu * availability * (MTOK_PER_HOUR * HOURS_PER_MONTH)


@line("Mtok")
def capacity_mtok(mtok_at_launch: Table, software: Table, utilization: Table) -> Table:
    """Tokens that can be made: GPUs x throughput x software x hours x availability x utilisation."""
    capacity = over_time(mtok_at_launch, software) * utilization
    capacity[:, 0] = 0.0
    return capacity


@line("Mtok")
def demand_mtok(demand_mtok_per_month: Table, demand_growth_per_year: Table, months: int) -> Table:
    """Mean demand, growing so much a year; inf where demand is unlimited."""
    growth = curves.compound(1.0 + demand_growth_per_year[:, 0], months + 1)
    demand = over_time(demand_mtok_per_month, growth)
    demand[:, 0] = 0.0
    return demand


@line("Mtok")
def sold_mtok(demand_mtok: Table, demand_cv: Table, capacity_mtok: Table) -> Table:
    """Tokens sold: the smaller of demand and capacity; in expectation where demand is volatile."""
    if len(demand_mtok) == 1 and np.isposinf(demand_mtok[:, 1:]).all():
        return capacity_mtok  # unlimited demand, the usual case
    return demand.expected_sold(demand_mtok, demand_cv, capacity_mtok)


@line("USD per Mtok")
def price(price_usd_per_mtok: Table, price_annual_factor: Table, price_floor: Table, months: int) -> Table:
    """Price, falling by its factor a year, never below the floor."""
    return curves.price_curve(
        price_usd_per_mtok[:, 0], price_annual_factor[:, 0], months + 1, MONTHS_PER_YEAR, price_floor[:, 0]
    )


@line("USD")
def revenue(sold_mtok: Table, price: Table) -> Table:
    """Tokens sold x price."""
    return sold_mtok * price


@line("times")
def cost_index(inflation_per_year: Table, months: int) -> Table:
    """Cost level over the level of today: inflation, compounded."""
    return curves.compound(1.0 + inflation_per_year[:, 0], months + 1)


@part
def cost_index_in_operation(cost_index: Table, in_operation: Table) -> Table:
    return cost_index * in_operation


@line("USD")
def energy(
    own: Table,
    gpus: Table,
    kw_per_gpu: Table,
    pue: Table,
    availability: Table,
    usd_per_kwh: Table,
    cost_index_in_operation: Table,
) -> Table:
    """Electricity of owned GPUs while they are up, with the facility's overhead."""
    monthly = own * gpus * kw_per_gpu * pue * HOURS_PER_MONTH * availability * usd_per_kwh
    return over_time(monthly, cost_index_in_operation)


@line("USD")
def hosting(
    own: Table, gpus: Table, kw_per_gpu: Table, hosting_usd_per_kw_month: Table, cost_index_in_operation: Table
) -> Table:
    """Hosting of owned GPUs, per kW of IT power."""
    return over_time(own * gpus * kw_per_gpu * hosting_usd_per_kw_month, cost_index_in_operation)


@line("USD")
def maintenance(
    own: Table, gpus: Table, capex_usd_per_gpu: Table, maintenance_share_per_year: Table, cost_index_in_operation: Table
) -> Table:
    """Maintenance of owned GPUs, a share of capex a year."""
    yearly = own * gpus * capex_usd_per_gpu * maintenance_share_per_year
    return over_time(yearly / MONTHS_PER_YEAR, cost_index_in_operation)


@line("USD")
def licences(gpus: Table, software_usd_per_gpu_month: Table, cost_index_in_operation: Table) -> Table:
    """Software licences per GPU."""
    return over_time(gpus * software_usd_per_gpu_month, cost_index_in_operation)


@line("USD")
def staff(staff_usd_per_month: Table, cost_index_in_operation: Table) -> Table:
    """Staff."""
    return over_time(staff_usd_per_month, cost_index_in_operation)


@line("USD")
def rent(own: Table, gpus: Table, usd_per_gpu_hour: Table, in_operation: Table) -> Table:
    """All-in rate for every hour of the month, used or not; a contract rate, so not inflated."""
    return over_time((1.0 - own) * gpus * usd_per_gpu_hour * HOURS_PER_MONTH, in_operation)


@line("USD")
def opex(energy: Table, hosting: Table, maintenance: Table, licences: Table, staff: Table, rent: Table) -> Table:
    """Running costs: energy, hosting, maintenance, licences, staff, rent."""
    # What is mostly the same in all scenarios, a single row, comes first.
    return staff + rent + licences + maintenance + hosting + energy
