"""Simulations whose answer is known in closed form, and the promise that a seed gives one set of figures."""

import doctest
import multiprocessing
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tokenbook.udfs.kernels import correlation, risk_measures, sampling, simulation
from tokenbook.udfs.kernels.distributions import distribution
from tokenbook.udfs.kernels.simulation import BLOCK, SpecError, draws, join, simulate, specification

# Sales are limited by demand, 1,000 Mtok in the only month: revenue is 1,000 times the price.
SOLD = 1000.0
AT_DEMAND = {"gpus": 1, "tok_s_per_gpu": 1e6, "demand_mtok_per_month": SOLD, "months": 1}
FULL = {
    "gpus": 720, "tok_s_per_gpu": 10_000, "software_gain": 3, "software_annual_gain": 0.2, "utilization_start": 0.2,
    "ramp_months": 12, "price_floor": 0.01, "capex_usd_per_gpu": 45_000, "kw_per_gpu": 1.9, "pue": 1.25,
    "maintenance_share_per_year": 0.03, "staff_usd_per_month": 3e4, "tax_rate": 0.21, "months": 60,
}  # fmt: skip
UNCERTAIN = {
    "usd_per_kwh": distribution("normal", 0.086, 0.05),
    "price_usd_per_mtok": distribution("lognormal", 0.4, 0.1),
    "price_annual_factor": distribution("triangular", 1.2, 2.0, 4.0),
    "utilization_end": distribution("pert", 0.4, 0.7, 0.9),
    "software_months": distribution("discrete", 2, 3, 6, 1),
}
CORRELATED = {("price_usd_per_mtok", "utilization_end"): 0.6, ("usd_per_kwh", "price_usd_per_mtok"): -0.3}
OUTPUTS = ("npv", "lcot", "irr", "payback_months")


def full(method: str = "latin_hypercube", trials: int = 6300, **other) -> simulation.Spec:
    return specification(FULL, UNCERTAIN, CORRELATED, OUTPUTS, trials, 11, method, **other)


WIDE = {"utilization_end": distribution("normal", 0.9, 0.1)}


class TestKnownAnswers:
    @pytest.mark.parametrize("method", sampling.METHODS)
    @pytest.mark.parametrize(
        ("asked", "exact"),
        [
            (("uniform", 1, 3), stats.uniform(1, 2)),
            (("lognormal", 0.5, 0.25), stats.lognorm(np.sqrt(np.log(1.25)), scale=0.5 / np.sqrt(1.25))),
            (("normal", 2, 0.25), stats.norm(2, 0.25)),
        ],
    )
    def test_every_figure_is_within_its_stated_error(self, method, asked, exact):
        spec = specification(AT_DEMAND, {"price_usd_per_mtok": distribution(*asked)}, None, ["total_revenue"],
                             20_000, 3, method)  # fmt: skip
        values = simulate(spec).outputs["total_revenue"]
        target = SOLD * exact.ppf(0.3)
        found = risk_measures.summary(values, sampling.groups_of(method, 20_000), target)
        below = exact.expect(lambda x: x, ub=exact.ppf(0.05), lb=max(exact.ppf(0), -10), conditional=True)
        truth = {f"p{p}": SOLD * exact.ppf(p / 100) for p in risk_measures.PERCENTILES} | {
            "mean": SOLD * exact.mean(), "sd": SOLD * exact.std(), "below_target": 0.3, "shortfall": SOLD * below,
        }  # fmt: skip
        for name, expected in truth.items():
            value, error = found[name]
            assert abs(value - expected) < 4 * error + 1e-4 * expected, (name, value, expected, error)

    def test_the_stated_error_is_as_large_as_the_scatter_between_seeds(self):
        found = {name: [] for name in ("mean", "p5", "p50", "p95", "below_target", "shortfall")}
        for seed in range(40):
            spec = specification(FULL, UNCERTAIN, CORRELATED, ["npv"], 10_000, seed)
            summary = risk_measures.summary(
                simulate(spec).outputs["npv"], sampling.groups_of(spec.sampling, spec.trials), target=5e7
            )
            for name, estimates in found.items():
                estimates.append(summary[name])
        for name, estimates in found.items():
            values, errors = np.array(estimates).T
            assert 0.7 < np.sqrt((errors**2).mean()) / values.std(ddof=1) < 1.4, name

    def test_hypercubes_and_sobol_points_beat_plain_draws(self):
        errors = {}
        for method in sampling.METHODS:
            spec = full(method, 16_000)
            values = simulate(spec).outputs["npv"]
            errors[method] = risk_measures.summary(values, sampling.groups_of(method, spec.trials))["mean"][1]
        assert errors["sobol"] < errors["latin_hypercube"] / 2 < errors["plain"] / 4


class TestSameFigures:
    @settings(max_examples=12, deadline=None)
    @given(st.data(), st.sampled_from(sampling.METHODS))
    def test_whatever_the_stretches(self, data, method):
        spec = full(method)
        cuts = sorted(data.draw(st.sets(st.integers(1, spec.trials - 1), max_size=4)))
        parts = [simulate(spec, a, b - a) for a, b in zip([0, *cuts], [*cuts, spec.trials], strict=True)]
        assert_same(join(parts), simulate(spec))

    @pytest.mark.parametrize("block", [500, 2000, 4000, 100_000])
    def test_however_many_are_drawn_at_a_time(self, block, monkeypatch):
        whole = simulate(full())
        monkeypatch.setattr(simulation, "DRAWN_AT_A_TIME", max(block // BLOCK, 1) * BLOCK)
        assert_same(simulate(full()), whole)

    def test_with_one_worker_and_with_four(self):
        spec = full(trials=4 * BLOCK)
        with multiprocessing.get_context("spawn").Pool(4) as workers:
            parts = workers.starmap(simulate, [(spec, worker * BLOCK, BLOCK) for worker in range(4)])
        assert_same(join(reversed(parts)), simulate(spec))

    def test_the_first_trials_of_a_longer_simulation(self):
        short, long = full(trials=2 * BLOCK), full(trials=5 * BLOCK)
        assert np.array_equal(simulate(short).outputs["npv"], simulate(long).outputs["npv"][: 2 * BLOCK])

    def test_another_uncertain_input_leaves_the_draws_of_the_others(self):
        fewer = {name: UNCERTAIN[name] for name in ("price_usd_per_mtok", "price_annual_factor")}
        ours, theirs = (
            draws(specification(FULL, fewer, trials=1000)),
            draws(specification(FULL, UNCERTAIN, trials=1000)),
        )
        assert all(np.array_equal(ours[name], theirs[name]) for name in fewer)

    def test_the_order_in_which_inputs_are_listed_does_not_matter(self):
        turned = dict(reversed(UNCERTAIN.items()))
        for method in sampling.METHODS:
            spec = specification(FULL, turned, dict(reversed(CORRELATED.items())), OUTPUTS, 6300, 11, method)
            assert_same(simulate(spec), simulate(full(method)))

    def test_another_seed_gives_other_draws(self):
        ours, theirs = (draws(specification(FULL, UNCERTAIN, trials=1000, seed=seed)) for seed in (1, 2))
        assert all(not np.array_equal(ours[name], theirs[name]) for name in UNCERTAIN)


@pytest.mark.parametrize("method", sampling.METHODS)
def test_the_correlation_asked_for_is_found(method):
    drawn = draws(full(method, 20_000))
    found = correlation.spearman(np.stack([drawn[name] for name in UNCERTAIN]))
    names = list(UNCERTAIN)
    for (first, second), asked in CORRELATED.items():
        assert found[names.index(first), names.index(second)] == pytest.approx(asked, abs=0.015)
    assert abs(found[names.index("price_annual_factor"), names.index("price_usd_per_mtok")]) < 0.03


def test_memory_is_bounded_by_blocks_not_by_trials():
    def peak(trials: int) -> float:
        spec = specification(FULL, UNCERTAIN, CORRELATED, ["npv"], trials)
        tracemalloc.start()
        simulate(spec)
        found = tracemalloc.get_traced_memory()[1] - 8 * trials  # less the results
        tracemalloc.stop()
        return found

    simulate(full())  # tables that are made once
    assert peak(200_000) < 1.1 * peak(40_000)


class TestOutsideTheRange:
    def test_draws_are_moved_to_the_bound_and_counted(self):
        spec = specification(FULL | {"price_usd_per_mtok": 0.4}, WIDE, trials=10_000)
        drawn, done = draws(spec)["utilization_end"], simulate(spec)
        assert drawn.max() == 1.0
        assert done.clipped == {"utilization_end": np.count_nonzero(drawn == 1.0)}
        assert done.clipped["utilization_end"] / 10_000 == pytest.approx(stats.norm.sf(1.0), abs=0.001)

    def test_or_refused(self):
        spec = specification(FULL | {"price_usd_per_mtok": 0.4}, WIDE, outside="refuse")
        with pytest.raises(
            SpecError, match=r"utilization_end: normal\(0.9, 0.1\) gives values outside its range \(sha"
        ):
            simulate(spec)


class TestRefused:
    def test_a_stretch_that_is_not_there_is_refused(self):
        for first, count in ((0, 6301), (-1, 5), (6300, 1), (5, 0)):
            with pytest.raises(SpecError, match="not within the 6300"):
                simulate(full(), first, count)

    def test_a_missing_input_is_named(self):
        with pytest.raises(simulation.InputError, match="gpus: a value is needed"):
            simulate(specification({"tok_s_per_gpu": 1}, {"price_usd_per_mtok": distribution("fixed", 1)}))


def test_stretches_with_a_gap_are_not_joined():
    with pytest.raises(ValueError, match="trial 100 is missing or there twice"):
        join([simulate(full(), 0, 100), simulate(full(), 200, 100)])


def test_examples_in_the_help_are_true():
    assert doctest.testmod(simulation).failed == 0


def assert_same(ours: simulation.Trials, theirs: simulation.Trials):
    assert (ours.first, ours.count, ours.clipped) == (theirs.first, theirs.count, theirs.clipped)
    for name, values in theirs.outputs.items():
        assert np.array_equal(ours.outputs[name], values, equal_nan=True), name
