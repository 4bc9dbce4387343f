"""A specification read from a dictionary, as a TOML file gives it, and what is refused in it."""

import doctest

import pytest

from tokenbook.templates.sweep import spec
from tokenbook.templates.sweep.spec import spec_from
from tokenbook.udfs.kernels.distributions import distribution
from tokenbook.udfs.kernels.simulation import SpecError, specification

AS_TOML = {
    "trials": 3000, "seed": 5, "sampling": "sobol", "outside": "refuse", "outputs": ["npv", "lcot"],
    "inputs": {"gpus": 72, "tok_s_per_gpu": 10_000, "price_usd_per_mtok": 0.4, "acquisition": "rent"},
    "uncertain": {
        "price_usd_per_mtok": {"distribution": "lognormal", "sd": 0.1, "mean": 0.4},
        "utilization_end": {"distribution": "pert", "low": 0.4, "likely": 0.7, "high": 0.9, "weight": 6},
        "usd_per_gpu_hour": {"distribution": "discrete", "values": [2.0, 2.5], "weights": [3, 1]},
    },
    "correlations": [{"between": ["utilization_end", "price_usd_per_mtok"], "rank_correlation": 0.5}],
}  # fmt: skip


def test_a_dictionary_says_the_same_as_the_arguments():
    assert spec_from(AS_TOML) == specification(
        {"gpus": 72, "tok_s_per_gpu": 10_000, "acquisition": "rent"},
        {
            "usd_per_gpu_hour": distribution("discrete", 2.0, 3, 2.5, 1),
            "utilization_end": distribution("pert", 0.4, 0.7, 0.9, 6),
            "price_usd_per_mtok": distribution("lognormal", 0.4, 0.1),
        },
        {("price_usd_per_mtok", "utilization_end"): 0.5}, ["npv", "lcot"], 3000, 5, "sobol", "refuse",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"trails": 10}, "a simulation has no 'trails'; did you mean trials?"),
        ({"trials": 0}, "trials: 0 is out of range (1 or more)"),
        ({"trials": 10.5}, "trials: 10.5 is not a whole number"),
        ({"trials": "many"}, "trials: 'many' is not a whole number"),
        ({"seed": -1}, "seed: -1 is out of range (0 to 9007199254740991)"),
        ({"sampling": "sobel"}, "there is no way of sampling 'sobel'; did you mean sobol?"),
        ({"outside": "cut"}, "there is no way to treat draws outside the range of an input 'cut'; "
                             "there are clip, refuse"),
        ({"outputs": ["nvp"]}, "there is no output 'nvp'; did you mean npv?"),
        ({"outputs": []}, "outputs: name at least one"),
        ({"uncertain": {}}, "nothing is uncertain: give at least one input a distribution"),
        ({"uncertain": {"prise": {"distribution": "fixed", "value": 1}}}, "prise: the model has no such input"),
        ({"uncertain": {"months": {"distribution": "fixed", "value": 1}}},
         "months: is the same in all trials and cannot be uncertain"),
        ({"uncertain": {"timing": {"distribution": "fixed", "value": 1}}},
         "timing: is a choice (end, mid), it cannot have a distribution"),
        ({"uncertain": {"pue": {"distribution": "pert", "low": 1, "high": 2}}},
         "pue: likely is missing (pert takes low, likely, high)"),
        ({"uncertain": {"pue": {"distribution": "normal", "mean": 1, "std": 2}}},
         "pue, normal, has no 'std'; did you mean sd?"),
        ({"uncertain": {"pue": {"distribution": "normal", "mean": "1", "sd": 2}}},
         "pue, mean: '1' is not a number"),
        ({"trials": float("inf")}, "trials: inf is not a whole number"),
        ({"uncertain": {"pue": {"distribution": "norml", "mean": 1, "sd": 2}}},
         "pue: there is no distribution 'norml'; did you mean normal?"),
        ({"uncertain": {"pue": {"mean": 1, "sd": 2}}}, "pue: distribution is missing; there are normal, lognormal, "
         "normal_p10_p90, lognormal_p10_p90, triangular, pert, uniform, discrete, fixed"),
        ({"uncertain": {"pue": 1.2}}, "pue: a table of names and values belongs here"),
        ({"correlations": [{"between": ["pue", "utilization_end"], "rank_correlation": 0.5}]},
         "correlations: pue has no distribution"),
        ({"correlations": [{"between": ["utilization_end", "price_usd_per_mtok"], "rank_correlation": 1.5}]},
         "correlations: utilization_end and price_usd_per_mtok: 1.5 is not between -1 and 1"),
        ({"correlations": [{"between": "pue", "rank_correlation": 0.5}]}, "correlations: between takes two names"),
    ],
)  # fmt: skip
def test_what_cannot_be_simulated_is_refused_in_words(changed, message):
    with pytest.raises(SpecError) as caught:
        spec_from(AS_TOML | changed)
    assert str(caught.value) == message


def test_examples_in_the_help_are_true():
    assert doctest.testmod(spec).failed == 0
