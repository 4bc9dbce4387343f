"""The formulas of the deployment model: each line over time and each output is one small function.

They stand in three modules, in the order in which they are shown; importing them declares them (`deployment_declaring`
says how). `deployment.run` reads the declarations and computes what is asked for and what that needs.
"""

from __future__ import annotations

from tokenbook.udfs.kernels import deployment_capital, deployment_operations, deployment_results
from tokenbook.udfs.kernels.deployment_declaring import (
    FORMULAS,
    LINE_TABLE,
    OUTPUT_FORMULAS,
    OUTPUT_TABLE,
    Formula,
    Quantity,
    Table,
)

MODULES = (deployment_operations, deployment_capital, deployment_results)
LINES: tuple[Quantity, ...] = tuple(LINE_TABLE)
OUTPUTS: tuple[Quantity, ...] = tuple(OUTPUT_TABLE)

__all__ = ["FORMULAS", "LINES", "OUTPUTS", "OUTPUT_FORMULAS", "Formula", "Quantity", "Table"]
