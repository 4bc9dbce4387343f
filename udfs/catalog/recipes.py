"""The recipes of claims: what follows from their figures. The arithmetic is that of the kernels.

A recipe is a function whose parameters name the figures it takes, each a row of the catalogue. A new one is a
function here, under `RECIPES`, and its native formulas in `templates/models/claims/further.py`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from tokenbook.udfs.kernels import earnings, unit_cost

from .baseline import Baseline
from .claim_table import FILE, Step
from .errors import CatalogError


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that follows from a claim, with the way it was reached."""

    name: str
    value: float
    unit: str
    how: str


def money(
    investment: Baseline, revenue: Baseline, gpus: Baseline, years: Baseline, throughput: Baseline | None = None
) -> tuple[Figure, ...]:
    """So much money becomes so much revenue: price, rate, cost, multiple and net return that it implies."""
    found = earnings.claim_audit(
        investment.value, revenue.value, gpus.value, years.value, throughput.value if throughput else float("nan")
    )
    hours = f"{gpus.value:g} GPUs x {years.value:g} x 8760 h"
    of_money = (
        Figure("revenue_multiple", float(found.revenue_multiple), "x", "revenue over investment"),
        Figure("net_roi", float(found.net_roi), "x", "(revenue - investment) over investment"),
    )
    rate = Figure(
        "implied_usd_per_gpu_hour",
        float(found.implied_usd_per_gpu_hour),
        "USD/GPU-h",
        f"investment over {hours}",
    )
    if throughput is None:
        return (rate, *of_money)
    trillions = float(found.mtok) / 1e6
    price, cost = float(found.implied_usd_per_mtok), float(found.implied_cost_usd_per_mtok)
    return (
        Figure("implied_trillion_tokens", trillions, "T tokens", f"{hours} x {throughput.value:,.0f} tok/s"),
        Figure("implied_usd_per_mtok", price, "USD/Mtok", "revenue over tokens"),
        rate,
        Figure("implied_cost_usd_per_mtok", cost, "USD/Mtok", "investment over tokens"),
        *of_money,
    )


def cost(rate: Baseline, throughput: Baseline) -> tuple[Figure, ...]:
    """Cost per million tokens at a rate and a throughput."""
    value = float(unit_cost.cost_per_mtok(rate.value, throughput.value))
    return (Figure("cost_usd_per_mtok", value, "USD/Mtok", f"{rate.id} over {throughput.id}"),)


def cost_ratio(
    rate: Baseline, throughput: Baseline, rate_before: Baseline, throughput_before: Baseline
) -> tuple[Figure, ...]:
    """How many times lower the cost per million tokens is than before."""
    now = unit_cost.cost_per_mtok(rate.value, throughput.value)
    before = unit_cost.cost_per_mtok(rate_before.value, throughput_before.value)
    how = f"{rate_before.id} over {throughput_before.id}, over {rate.id} over {throughput.id}"
    return (Figure("cost_ratio", float(earnings.multiple(before, now)), "x", how),)


def per_mw_ratio(
    throughput: Baseline, kw: Baseline, throughput_before: Baseline, kw_before: Baseline
) -> tuple[Figure, ...]:
    """How many times the throughput of a megawatt is that of before."""
    now = unit_cost.tok_s_per_mw(throughput.value, kw.value)
    before = unit_cost.tok_s_per_mw(throughput_before.value, kw_before.value)
    how = f"{throughput.value:g} over {throughput_before.value:g} tok/s/GPU, {kw.id} and {kw_before.id}"
    return (Figure("per_mw_ratio", float(earnings.multiple(now, before)), "x", how),)


def ratio(over: Baseline, under: Baseline) -> tuple[Figure, ...]:
    """One figure over another."""
    return (Figure("ratio", float(earnings.multiple(over.value, under.value)), "x", f"{over.id} over {under.id}"),)


def measured(row: Baseline) -> tuple[Figure, ...]:
    """A figure that somebody measured, as it is."""
    return (Figure("measured", row.value, row.unit, row.id),)


Recipe = Callable[..., tuple[Figure, ...]]
RECIPES: dict[str, Recipe] = {
    recipe.__name__: recipe for recipe in (money, cost, cost_ratio, per_mw_ratio, ratio, measured)
}


@lru_cache(maxsize=len(RECIPES))
def arguments(recipe: str) -> dict[str, bool]:
    """The figures a recipe takes, and whether it can do without."""
    parameters = inspect.signature(RECIPES[recipe]).parameters.values()
    return {each.name: each.default is not inspect.Parameter.empty for each in parameters}


def taken(step: Step, own: Mapping[str, Baseline], row: Callable[[str], Baseline], claim: str) -> dict[str, Baseline]:
    """The rows that a step of a claim takes: those it names, else the claim's figures of that name.

    Raises
    ------
    CatalogError
        naming the claim when the recipe or a figure for it does not exist.
    """
    where = f"{FILE}, claim {claim!r}"
    if step.recipe not in RECIPES:
        raise CatalogError(f"{where}: recipe {step.recipe!r} is none of {', '.join(RECIPES)}")
    wanted, named = arguments(step.recipe), dict(step.rows)
    if unknown := [name for name in named if name not in wanted]:
        raise CatalogError(f"{where}: {step.recipe} takes {', '.join(wanted)}, not {unknown[0]!r}")
    found = {}
    for name, optional in wanted.items():
        if name in named:
            found[name] = row(named[name])
        elif name in own:
            found[name] = own[name]
        elif not optional:
            raise CatalogError(f"{where}: {step.recipe} needs {name!r}, a figure of the claim or the id of a row")
    return found


def follow(step: Step, rows: Mapping[str, Baseline]) -> tuple[Figure, ...]:
    """The figures of a step, under its name and in its words where it has some."""
    found = RECIPES[step.recipe](**rows)
    if len(found) > 1:
        return found
    return tuple(replace(figure, name=step.name or figure.name, how=step.how or figure.how) for figure in found)
