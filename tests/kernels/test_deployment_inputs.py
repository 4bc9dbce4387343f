"""Defaults and limits of the model's inputs: a workbook that leaves one out, or is at a limit, keeps its figures.

They stand here a second time on purpose: whoever changes one changes what finished models say, and should mean it.
"""

import pytest

from tokenbook.udfs.kernels.deployment_inputs import INPUTS, REQUIRED, InputError, read

NUMBERS = [  # name, default, least, most
    ("gpus", REQUIRED, 0, None),
    ("tok_s_per_gpu", REQUIRED, 0, None),
    ("software_gain", 1, 0.001, 1000000.0),
    ("software_months", 2, 0, 1200),
    ("software_annual_gain", 0, -0.99, 100),
    ("utilization_start", 1, 0, 1),
    ("utilization_end", 1, 0, 1),
    ("ramp_months", 0, 0, 1200),
    ("availability", 1, 0, 1),
    ("demand_mtok_per_month", None, 0, None),
    ("demand_growth_per_year", 0, -0.99, 100),
    ("demand_cv", 0, 0, 10),
    ("price_usd_per_mtok", REQUIRED, 0, None),
    ("price_annual_factor", 1, 0.001, 1000000.0),
    ("price_floor", 0, 0, None),
    ("capex_usd_per_gpu", 0, 0, None),
    ("installation_usd_per_gpu", 0, 0, None),
    ("usd_per_gpu_hour", 0, 0, None),
    ("kw_per_gpu", 0, 0, None),
    ("pue", 1, 1, 10),
    ("usd_per_kwh", 0, 0, None),
    ("hosting_usd_per_kw_month", 0, 0, None),
    ("maintenance_share_per_year", 0, 0, 1),
    ("software_usd_per_gpu_month", 0, 0, None),
    ("staff_usd_per_month", 0, 0, None),
    ("inflation_per_year", 0, -0.99, 100),
    ("depreciation_years", 5, 0.5, 50),
    ("residual_share", 0, 0, 1),
    ("tax_rate", 0, 0, 1),
    ("discount_rate", 0.1, -0.99, 100),
    ("gpus_per_rack", 72, 1, None),
    ("months", 60, 1, 600),
]  # fmt: skip
CHOICES = [
    ("ramp_shape", "linear", ("linear", "logistic")),
    ("acquisition", "own", ("own", "rent")),
    ("depreciation_method", "SL", ("SL", "SYD", "DDB", "MACRS5", "UNITS")),
    ("timing", "end", ("end", "mid")),
]
NEEDED = {name: 1.0 for name, default, *_ in NUMBERS if default == REQUIRED}


def test_no_input_comes_or_goes_unnoticed():
    assert [each.name for each in INPUTS if each.choices] == [name for name, *_ in CHOICES]
    assert [each.name for each in INPUTS if not each.choices] == [name for name, *_ in NUMBERS]


@pytest.mark.parametrize(("name", "default", "least", "most"), NUMBERS)
def test_what_is_left_out_has_its_default_and_what_is_outside_is_refused(name, default, least, most):
    declared = next(each for each in INPUTS if each.name == name)
    assert declared.default == default
    assert (declared.low, declared.high) == (least, most)
    for limit, beyond in ((least, -1), (most, 1)):
        if limit is None:
            continue
        read({**NEEDED, name: limit})
        with pytest.raises(InputError) as refused:
            read({**NEEDED, name: limit + beyond * max(abs(limit) * 1e-6, 1e-6)})
        assert refused.value.name == name


@pytest.mark.parametrize(("name", "default", "choices"), CHOICES)
def test_words_to_choose_from_and_the_one_that_is_meant_without(name, default, choices):
    declared = next(each for each in INPUTS if each.name == name)
    assert (declared.default, declared.choices) == (default, choices)
