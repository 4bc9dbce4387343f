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

from tokenbook.udfs.errors import TokenbookError

if TYPE_CHECKING:
    from tokenbook.udfs.functions.baselines import (
        tok_baseline,
        tok_baseline_frontier,
        tok_baseline_source,
        tok_baselines,
        tok_metrics,
        tok_platforms,
        tok_version,
    )
    from tokenbook.udfs.functions.cash_flow import (
        tok_eaa,
        tok_lcot,
        tok_npv,
        tok_npv_curve,
        tok_payback,
        tok_roi_curve,
        tok_xnpv,
    )
    from tokenbook.udfs.functions.claims import (
        tok_claim,
        tok_claim_audit,
        tok_claims,
    )
    from tokenbook.udfs.functions.curves import (
        tok_cost_curve,
        tok_fit_decline,
        tok_learning_curve,
        tok_price_curve,
        tok_ramp_curve,
        tok_software_curve,
    )
    from tokenbook.udfs.functions.deployment import (
        tok_deployment,
        tok_deployment_curve,
        tok_deployment_names,
        tok_static_vs_declining,
    )
    from tokenbook.udfs.functions.depreciation import (
        tok_depreciation,
    )
    from tokenbook.udfs.functions.frontier import (
        tok_cost_at,
        tok_frontier,
        tok_throughput_at,
    )
    from tokenbook.udfs.functions.margins import (
        tok_breakeven_price,
        tok_breakeven_throughput,
        tok_breakeven_utilization,
        tok_margin,
        tok_multiple,
        tok_revenue_per_mw,
        tok_revenue_per_rack,
        tok_roi,
    )
    from tokenbook.udfs.functions.returns import (
        tok_irr,
        tok_irr_roots,
        tok_mirr,
        tok_xirr,
    )
    from tokenbook.udfs.functions.risk import (
        tok_grid,
        tok_simulate,
        tok_tornado,
    )
    from tokenbook.udfs.functions.unit_cost import (
        tok_cost,
        tok_cost_bridge,
        tok_cost_split,
        tok_energy,
        tok_joules,
        tok_per_mw,
        tok_rate,
    )
    from tokenbook.udfs.functions.workload import (
        tok_decode_limit,
        tok_expected_sold,
        tok_price_blended,
        tok_request_cost,
        tok_tokens_per_dollar,
        tok_volume,
    )

# What editors and type checkers see of the functions stands above; a test holds both lists against the registry.
__all__ = [
    "TokenbookError", "tok_baseline", "tok_baseline_frontier", "tok_baseline_source", "tok_baselines",
    "tok_breakeven_price", "tok_breakeven_throughput", "tok_breakeven_utilization", "tok_claim", "tok_claim_audit",
    "tok_claims", "tok_cost", "tok_cost_at", "tok_cost_bridge", "tok_cost_curve", "tok_cost_split",
    "tok_decode_limit", "tok_deployment", "tok_deployment_curve", "tok_deployment_names", "tok_depreciation",
    "tok_eaa", "tok_energy", "tok_expected_sold", "tok_fit_decline", "tok_frontier", "tok_grid", "tok_irr",
    "tok_irr_roots", "tok_joules", "tok_lcot", "tok_learning_curve", "tok_margin", "tok_metrics", "tok_mirr",
    "tok_multiple", "tok_npv", "tok_npv_curve", "tok_payback", "tok_per_mw", "tok_platforms", "tok_price_blended",
    "tok_price_curve", "tok_ramp_curve", "tok_rate", "tok_request_cost", "tok_revenue_per_mw", "tok_revenue_per_rack",
    "tok_roi", "tok_roi_curve", "tok_simulate", "tok_software_curve", "tok_static_vs_declining", "tok_throughput_at",
    "tok_tokens_per_dollar", "tok_tornado", "tok_version", "tok_volume", "tok_xirr", "tok_xnpv",
]  # fmt: skip


def __getattr__(name: str) -> object:
    if name.startswith("tok_"):
        from tokenbook.udfs.functions import registry

        if name in registry():
            return registry()[name].call
    raise AttributeError(f"module 'tokenbook' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
