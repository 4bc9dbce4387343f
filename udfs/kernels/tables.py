"""Sums along the time of tables (scenarios, periods).

The tables of the kernels are made with ``order="F"``: the values of one period lie next to each other. One pass then
runs over all scenarios of a period at once, instead of one short loop for each scenario, and a running sum is one
addition a period. What numpy makes of such tables has their order, so only the first of a chain has to ask for it.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEW_SCENARIOS = 64  # below, one loop in numpy along the time is faster than one step of Python for each period


def running_sum(table: Floats) -> Floats:
    """The sums so far: the bits of np.cumsum."""
    if len(table) < FEW_SCENARIOS:
        return np.cumsum(table, axis=1)
    sums = np.array(table, order="F")
    for before, now in pairwise(sums.T):
        now += before
    return sums


def total(table: Floats) -> Floats:
    """The sum of each scenario, (scenarios, 1), to the bit where `running_sum` ends.

    Added period after period, so that it does not depend on how many scenarios there are; that of np.sum does.
    """
    if len(table) < FEW_SCENARIOS:
        return np.cumsum(table, axis=1)[:, -1:]
    sums = table[:, 0].copy()
    for of_period in table.T[1:]:
        sums += of_period
    return sums[:, np.newaxis]
