"""The frontier: costs at an interactivity as InferenceX publishes them, and nothing beyond what is measured."""

import csv
import doctest
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import interpolate

from tokenbook.udfs.kernels import frontier

DATA = Path(__file__).parent / "data"


def table(name):
    with open(DATA / name, encoding="utf-8") as lines:
        return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def measured(platform):
    rows = [row for row in table("measured_points.csv") if row["platform"] == platform]
    interactivity = np.array([float(row["interactivity_tok_s_per_user"]) for row in rows])
    throughput = np.array([float(row["throughput_tok_s_per_gpu"]) for row in rows])
    return float(rows[0]["usd_per_gpu_hour"]), interactivity, throughput


def published(column):
    for row in table("costs_at_equal_interactivity.csv"):
        if row[column]:
            target = row["interactivity_tok_s_per_user"]
            name = f"{row['platform']} at {target}"
            yield pytest.param(row["platform"], float(target), float(row[column]), id=name)


COSTS = list(published("usd_per_mtok_total"))
THROUGHPUTS = list(published("throughput_tok_s_per_gpu"))

curves = st.lists(
    st.tuples(st.integers(1, 3000), st.integers(0, 10**6)), min_size=2, max_size=25, unique_by=lambda p: p[0]
)


class TestPublishedFigures:
    def test_all_22_costs_are_here(self):
        assert len(COSTS) == 22

    @pytest.mark.parametrize(("platform", "target", "published"), COSTS)
    def test_cost_at_an_interactivity(self, platform, target, published):
        rate, interactivity, throughput = measured(platform)
        assert frontier.cost_at(rate, target, interactivity, throughput) == pytest.approx(published, rel=1e-3)

    @pytest.mark.parametrize(("platform", "target", "published"), THROUGHPUTS)
    def test_throughput_at_an_interactivity(self, platform, target, published):
        # Published as whole numbers: below 500 that alone is more than 0.1 %.
        _, interactivity, throughput = measured(platform)
        value = frontier.throughput_at(target, interactivity, throughput)
        assert value == pytest.approx(published, rel=1e-3, abs=0.51)

    def test_the_cheaper_platform_changes_between_200_and_225(self):
        cost = {p: frontier.cost_at(rate, [200, 225], x, y) for p in ("GB200 NVL72", "B200")
                for rate, x, y in [measured(p)]}  # fmt: skip
        assert cost["GB200 NVL72"][0] < cost["B200"][0]
        assert cost["GB200 NVL72"][1] > cost["B200"][1]

    def test_beyond_the_measurements_there_is_no_answer(self):
        _, interactivity, throughput = measured("GB200 NVL72")
        assert np.isnan(frontier.throughput_at([17.81, 286.5, 300, np.nan], interactivity, throughput)).all()
        assert frontier.throughput_at([17.82, 286.4], interactivity, throughput) == pytest.approx([14659.4, 60.7])


class TestPareto:
    def test_measured_points_are_all_on_the_frontier(self):
        _, interactivity, throughput = measured("B200")
        assert len(frontier.pareto(interactivity, throughput)) == len(interactivity)

    @pytest.mark.parametrize(
        ("points", "kept"),
        [
            ([(10, 5), (20, 5)], [1]),  # as much throughput at more interactivity
            ([(10, 5), (10, 7)], [1]),  # more throughput at the same interactivity
            ([(10, 5), (10, 5), (10, 5)], [0]),  # the same point three times
            ([(30, 1), (10, 9), (20, 4)], [1, 2, 0]),  # any order in, by interactivity out
            ([(10, 1), (20, 2), (30, 3)], [2]),  # one point beats all
            ([(np.nan, 5), (10, np.nan), (10, 1), (np.inf, 2)], [2]),  # unknown points
            ([], []),
        ],
    )
    def test_keeps_what_no_point_beats(self, points, kept):
        interactivity, throughput = np.array(points, float).reshape(-1, 2).T
        assert frontier.pareto(interactivity, throughput).tolist() == kept

    @given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=30))
    def test_is_the_definition(self, points):
        x, y = np.array(points, float).reshape(-1, 2).T
        front = frontier.pareto(x, y)
        assert (np.diff(x[front]) > 0).all()
        assert (np.diff(y[front]) < 0).all()
        kept = {(a, b) for a, b in zip(x[front], y[front], strict=True)}
        for a, b in points:
            beaten = any((c >= a and d >= b) and (c, d) != (a, b) for c, d in points)
            assert ((a, b) in kept) == (not beaten)

    def test_points_need_both_coordinates(self):
        with pytest.raises(ValueError, match="3 and 2"):
            frontier.pareto([1, 2, 3], [1, 2])


class TestSteffen:
    @given(curves, st.lists(st.floats(0, 1), min_size=1, max_size=20))
    def test_stays_between_the_points_beside_it(self, points, shares):
        x, y = np.array(sorted(points), float).T
        targets = x[0] + (x[-1] - x[0]) * np.array(shares)
        values = frontier.steffen(x, y, targets)
        inside = (targets >= x[0]) & (targets <= x[-1])
        cell = np.clip(np.searchsorted(x, targets, side="right") - 1, 0, len(x) - 2)
        low, high = np.minimum(y[cell], y[cell + 1]), np.maximum(y[cell], y[cell + 1])
        slack = 1e-12 * (1 + np.abs(y).max())
        assert ((values >= low - slack) & (values <= high + slack))[inside].all()

    @given(curves)
    def test_goes_through_the_points(self, points):
        x, y = np.array(sorted(points), float).T
        assert frontier.steffen(x, y, x).tolist() == y.tolist()

    def test_is_the_hermite_spline_of_its_slopes(self):
        x, y = np.array([0.0, 1.0, 2.5, 3.0, 7.0]), np.array([9.0, 7.5, 4.0, 3.9, 0.5])
        # Slopes by hand from Steffen's rule; ends (3 s - m) / 2.
        slope = np.diff(y) / np.diff(x)
        inner = []
        for k in range(1, 4):
            a, b, ha, hb = slope[k - 1], slope[k], x[k] - x[k - 1], x[k + 1] - x[k]
            inner.append(-2 * min(abs(a), abs(b), 0.5 * abs((a * hb + b * ha) / (ha + hb))))
        slopes = [(3 * slope[0] - inner[0]) / 2, *inner, (3 * slope[-1] - inner[-1]) / 2]
        targets = np.linspace(0, 7, 211)
        expected = interpolate.CubicHermiteSpline(x, y, slopes)(targets)
        np.testing.assert_allclose(frontier.steffen(x, y, targets), expected, rtol=1e-13)

    def test_two_points_are_a_line_and_one_is_itself(self):
        assert frontier.steffen([1, 3], [10, 0], [1, 1.5, 3]) == pytest.approx([10, 7.5, 0])
        one = frontier.steffen([2], [5], [1.9, 2.0, 2.1])
        assert one[1] == 5
        assert np.isnan(one[[0, 2]]).all()
        assert np.isnan(frontier.steffen([], [], 2.0))

    def test_x_that_does_not_rise_is_a_programming_error(self):
        with pytest.raises(ValueError, match="rise"):
            frontier.steffen([1, 1], [2, 3], 1)


class TestAlongTheFrontier:
    @given(curves)
    def test_more_interactivity_never_gives_more_throughput_nor_a_lower_cost(self, points):
        x, y = np.array(points, float).T
        targets = np.linspace(x.min(), x.max(), 60)
        throughput = frontier.throughput_at(targets, x, y)
        throughput = throughput[~np.isnan(throughput)]
        assert (throughput >= 0).all()
        assert (np.diff(throughput) <= 1e-9 * (1 + y.max())).all()
        cost = frontier.cost_at(2.0, targets, x, y)
        cost = cost[~np.isnan(cost)]
        assert (np.diff(cost) >= -1e-9 * cost[1:]).all()

    def test_order_of_the_measurements_does_not_matter(self):
        rate, x, y = measured("B200")
        shuffled = np.random.default_rng(1).permutation(len(x))
        targets = np.linspace(25, 300, 40)
        assert (
            frontier.cost_at(rate, targets, x, y).tolist()
            == frontier.cost_at(rate, targets, x[shuffled], y[shuffled]).tolist()
        )

    def test_a_dominated_measurement_changes_nothing(self):
        rate, x, y = measured("B200")
        worse = frontier.cost_at(rate, 75, np.append(x, 74.0), np.append(y, 1000.0))
        assert worse == frontier.cost_at(rate, 75, x, y)

    def test_rates_and_targets_broadcast_to_a_table(self):
        _, x, y = measured("B200")
        assert frontier.cost_at([[1.95], [2.9]], [50, 75, 100], x, y).shape == (2, 3)
        half_used = frontier.cost_at(1.95, 75, x, y, utilization=0.5)
        assert half_used == pytest.approx(2 * frontier.cost_at(1.95, 75, x, y))

    def test_no_throughput_at_the_end_has_no_cost(self):
        assert np.isnan(frontier.cost_at(2.0, 20, [10, 20], [100, 0]))


def test_examples_in_the_docstrings():
    assert doctest.testmod(frontier).failed == 0
    assert doctest.testmod(frontier).attempted > 0
