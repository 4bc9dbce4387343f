"""Tokenbook prices AI inference: cost per million tokens, ROI and NPV, from sourced baselines.

Every Excel function is here under its Python name, and takes numbers, lists or arrays::

    >>> import tokenbook
    >>> round(tokenbook.tok_cost(1.95, 28012.9), 4)
    0.0193

Names are resolved on first use, so that ``import tokenbook`` costs nothing. ``tokenbook.TokenbookError`` is the base of
all errors that are sentences for their reader. The command line is ``python -m tokenbook``.

This folder is the face of the package: installed, it is ``tokenbook`` itself, and the repository's folders ``udfs``,
``templates`` and ``addin`` are inside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenbook.udfs.errors import TokenbookError as TokenbookError

if TYPE_CHECKING:  # for editors and type checkers; a test holds the list against the registry
    from tokenbook.udfs.functions.baselines import (
        tok_baseline as tok_baseline,
    )
    from tokenbook.udfs.functions.baselines import (
        tok_baseline_frontier as tok_baseline_frontier,
    )
    from tokenbook.udfs.functions.baselines import (
        tok_baseline_source as tok_baseline_source,
    )
    from tokenbook.udfs.functions.baselines import (
        tok_baselines as tok_baselines,
    )
    from tokenbook.udfs.functions.baselines import (
        tok_claim as tok_claim,
    )
    from tokenbook.udfs.functions.baselines import (
        tok_claim_audit as tok_claim_audit,
    )
    from tokenbook.udfs.functions.baselines import (
        tok_claims as tok_claims,
    )
    from tokenbook.udfs.functions.baselines import (
        tok_metrics as tok_metrics,
    )
    from tokenbook.udfs.functions.baselines import (
        tok_platforms as tok_platforms,
    )
    from tokenbook.udfs.functions.baselines import (
        tok_version as tok_version,
    )
    from tokenbook.udfs.functions.cash_flow import (
        tok_depreciation as tok_depreciation,
    )
    from tokenbook.udfs.functions.cash_flow import (
        tok_eaa as tok_eaa,
    )
    from tokenbook.udfs.functions.cash_flow import (
        tok_irr as tok_irr,
    )
    from tokenbook.udfs.functions.cash_flow import (
        tok_lcot as tok_lcot,
    )
    from tokenbook.udfs.functions.cash_flow import (
        tok_mirr as tok_mirr,
    )
    from tokenbook.udfs.functions.cash_flow import (
        tok_npv as tok_npv,
    )
    from tokenbook.udfs.functions.cash_flow import (
        tok_npv_curve as tok_npv_curve,
    )
    from tokenbook.udfs.functions.cash_flow import (
        tok_payback as tok_payback,
    )
    from tokenbook.udfs.functions.cash_flow import (
        tok_roi_curve as tok_roi_curve,
    )
    from tokenbook.udfs.functions.cash_flow import (
        tok_xirr as tok_xirr,
    )
    from tokenbook.udfs.functions.cash_flow import (
        tok_xnpv as tok_xnpv,
    )
    from tokenbook.udfs.functions.curves import (
        tok_cost_curve as tok_cost_curve,
    )
    from tokenbook.udfs.functions.curves import (
        tok_fit_decline as tok_fit_decline,
    )
    from tokenbook.udfs.functions.curves import (
        tok_learning_curve as tok_learning_curve,
    )
    from tokenbook.udfs.functions.curves import (
        tok_price_curve as tok_price_curve,
    )
    from tokenbook.udfs.functions.curves import (
        tok_ramp_curve as tok_ramp_curve,
    )
    from tokenbook.udfs.functions.curves import (
        tok_software_curve as tok_software_curve,
    )
    from tokenbook.udfs.functions.deployment import (
        tok_deployment as tok_deployment,
    )
    from tokenbook.udfs.functions.deployment import (
        tok_deployment_curve as tok_deployment_curve,
    )
    from tokenbook.udfs.functions.deployment import (
        tok_deployment_names as tok_deployment_names,
    )
    from tokenbook.udfs.functions.deployment import (
        tok_static_vs_declining as tok_static_vs_declining,
    )
    from tokenbook.udfs.functions.frontier import (
        tok_cost_at as tok_cost_at,
    )
    from tokenbook.udfs.functions.frontier import (
        tok_frontier as tok_frontier,
    )
    from tokenbook.udfs.functions.frontier import (
        tok_throughput_at as tok_throughput_at,
    )
    from tokenbook.udfs.functions.risk import (
        tok_grid as tok_grid,
    )
    from tokenbook.udfs.functions.risk import (
        tok_simulate as tok_simulate,
    )
    from tokenbook.udfs.functions.risk import (
        tok_tornado as tok_tornado,
    )
    from tokenbook.udfs.functions.unit_cost import (
        tok_breakeven_price as tok_breakeven_price,
    )
    from tokenbook.udfs.functions.unit_cost import (
        tok_breakeven_throughput as tok_breakeven_throughput,
    )
    from tokenbook.udfs.functions.unit_cost import (
        tok_breakeven_utilization as tok_breakeven_utilization,
    )
    from tokenbook.udfs.functions.unit_cost import (
        tok_cost as tok_cost,
    )
    from tokenbook.udfs.functions.unit_cost import (
        tok_cost_bridge as tok_cost_bridge,
    )
    from tokenbook.udfs.functions.unit_cost import (
        tok_cost_split as tok_cost_split,
    )
    from tokenbook.udfs.functions.unit_cost import (
        tok_decode_limit as tok_decode_limit,
    )
    from tokenbook.udfs.functions.unit_cost import (
        tok_energy as tok_energy,
    )
    from tokenbook.udfs.functions.unit_cost import (
        tok_expected_sold as tok_expected_sold,
    )
    from tokenbook.udfs.functions.unit_cost import (
        tok_joules as tok_joules,
    )
    from tokenbook.udfs.functions.unit_cost import (
        tok_margin as tok_margin,
    )
    from tokenbook.udfs.functions.unit_cost import (
        tok_multiple as tok_multiple,
    )
    from tokenbook.udfs.functions.unit_cost import (
        tok_per_mw as tok_per_mw,
    )
    from tokenbook.udfs.functions.unit_cost import (
        tok_price_blended as tok_price_blended,
    )
    from tokenbook.udfs.functions.unit_cost import (
        tok_rate as tok_rate,
    )
    from tokenbook.udfs.functions.unit_cost import (
        tok_request_cost as tok_request_cost,
    )
    from tokenbook.udfs.functions.unit_cost import (
        tok_revenue_per_mw as tok_revenue_per_mw,
    )
    from tokenbook.udfs.functions.unit_cost import (
        tok_revenue_per_rack as tok_revenue_per_rack,
    )
    from tokenbook.udfs.functions.unit_cost import (
        tok_roi as tok_roi,
    )
    from tokenbook.udfs.functions.unit_cost import (
        tok_tokens_per_dollar as tok_tokens_per_dollar,
    )
    from tokenbook.udfs.functions.unit_cost import (
        tok_volume as tok_volume,
    )


def __getattr__(name: str) -> object:
    if name.startswith("tok_"):
        from tokenbook.udfs.functions import registry

        if name in registry():
            return registry()[name].call
    raise AttributeError(f"module 'tokenbook' has no attribute {name!r}")


def __dir__() -> list[str]:
    from tokenbook.udfs.functions import registry

    return sorted([*globals(), *registry()])
