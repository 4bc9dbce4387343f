"""Sums over time: the bits do not depend on how many scenarios there are, nor on how they lie in memory."""

import numpy as np
import pytest

from tokenbook.udfs.kernels import tables

ANY = np.random.default_rng(5).normal(size=(3 * tables.FEW_SCENARIOS, 61)) * 10.0 ** np.arange(61)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("scenarios", [1, 2, tables.FEW_SCENARIOS - 1, tables.FEW_SCENARIOS, len(ANY)])
def test_sums_are_those_of_one_scenario_after_the_other(scenarios, order):
    table = np.array(ANY[:scenarios], order=order)
    kept = table.copy()
    expected = np.stack([np.cumsum(row) for row in kept])
    np.testing.assert_array_equal(tables.running_sum(table), expected)
    np.testing.assert_array_equal(tables.total(table), expected[:, -1:])
    np.testing.assert_array_equal(table, kept)
