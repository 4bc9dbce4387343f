"""Help is part of the product: function wizards, the terminal and the reference page read it from the code."""

import math
from pathlib import Path

import pytest

from tokenbook.udfs.functions import reference, registry
from tokenbook.udfs.functions.arguments import Count, Day
from tokenbook.udfs.functions.errors import CODES

FUNCTIONS = registry()
REFERENCE = Path(reference.__file__).with_name("REFERENCE.md")
each_function = pytest.mark.parametrize("name", FUNCTIONS)

# Names are frozen once released: workbooks hold them. Adding is fine, renaming and removing are not.
RELEASED = """
tok_cost tok_cost_split tok_rate tok_energy tok_joules tok_per_mw tok_price_blended tok_request_cost tok_volume
tok_tokens_per_dollar tok_expected_sold tok_decode_limit tok_cost_bridge tok_revenue_per_rack tok_revenue_per_mw
tok_margin tok_multiple tok_roi tok_breakeven_price tok_breakeven_utilization tok_breakeven_throughput
tok_price_curve tok_software_curve tok_ramp_curve tok_learning_curve tok_cost_curve tok_fit_decline
tok_npv tok_npv_curve tok_roi_curve tok_irr tok_irr_roots tok_xnpv tok_xirr tok_mirr tok_payback tok_eaa tok_lcot
tok_depreciation
tok_frontier tok_throughput_at tok_cost_at
tok_deployment tok_deployment_curve tok_static_vs_declining tok_deployment_names
tok_tornado tok_grid tok_simulate
tok_baseline tok_baseline_source tok_baselines tok_baseline_frontier tok_platforms tok_metrics tok_claim tok_claims
tok_claim_audit tok_version
""".split()  # noqa: SIM905


def test_no_released_name_is_missing():
    assert [name for name in RELEASED if name not in FUNCTIONS] == []


def test_no_name_is_registered_that_the_released_list_does_not_hold():
    assert [name for name in FUNCTIONS if name not in RELEASED] == []


def test_argument_order_and_names_are_those_that_workbooks_and_python_callers_rely_on():
    signatures = {
        name: FUNCTIONS[name].signature for name in ("tok_npv", "tok_irr", "tok_xnpv", "tok_xirr", "tok_mirr")
    }
    assert signatures == {
        "tok_npv": "TOK_NPV(rate, cashflows, [per_year], [timing])",
        "tok_irr": "TOK_IRR(values, [guess])",
        "tok_xnpv": "TOK_XNPV(rate, values, dates)",
        "tok_xirr": "TOK_XIRR(values, dates, [guess])",
        "tok_mirr": "TOK_MIRR(values, finance_rate, reinvest_rate)",
    }


@each_function
def test_every_argument_is_explained_with_its_kind_and_unit(name):
    function = FUNCTIONS[name]
    assert list(function.help.arguments) == [argument.name for argument in function.arguments]
    for argument in function.arguments:
        about = function.help.arguments[argument.name]
        assert about.takes == argument.takes, argument.name
        assert about.unit, f"{argument.name} has no unit"
        assert about.text.endswith("."), argument.name


@each_function
def test_help_says_what_comes_back_what_goes_wrong_and_where_it_is_from(name):
    text = FUNCTIONS[name].help
    assert text.summary.endswith(".")
    assert len(text.summary) <= 130, "function wizards cut longer sentences"
    assert text.returns
    assert text.formula
    assert text.source
    assert {code for code, _ in text.errors} <= set(CODES[1:5])
    assert all(meaning for _, meaning in text.errors)


def expected_errors(function) -> set[str]:
    """The errors that the declaration of a function leads to."""
    kinds = [argument.kind for argument in function.arguments]
    found = {"#VALUE!"}
    if any(getattr(kind, "divisor", False) for kind in kinds):
        found.add("#DIV/0!")
    if any(isinstance(kind, (Count, Day)) or getattr(kind, "low", -1e308) > -1e300 for kind in kinds):
        found.add("#NUM!")
    if any(getattr(kind, "above", -math.inf) > -1e300 for kind in kinds):
        found.add("#NUM!")
    if function.shape == "lookup":
        found.add("#N/A")
    return found


@each_function
def test_help_lists_every_error_that_the_arguments_lead_to(name):
    function = FUNCTIONS[name]
    assert expected_errors(function) - {code for code, _ in function.help.errors} == set()
    if function.no_answer != "#NUM!":
        assert function.no_answer in {code for code, _ in function.help.errors}


@each_function
def test_help_fits_the_terminal_and_names_everything(name):
    function = FUNCTIONS[name]
    page = reference.text(function)
    assert page.startswith(f"={function.signature}\n")
    assert all(argument.name in page for argument in function.arguments)
    assert all(formula in page for formula, _ in function.help.examples)
    prose = [line for line in page.splitlines() if not line.lstrip().startswith("=")]
    assert max(map(len, prose)) <= reference.WIDTH


def test_the_reference_page_is_current():
    assert REFERENCE.read_text(encoding="utf-8") == reference.markdown(FUNCTIONS), (
        "udfs/functions/REFERENCE.md is stale: python -m tokenbook.udfs.functions.reference"
    )


def test_every_link_of_the_reference_leads_to_a_function():
    page = REFERENCE.read_text(encoding="utf-8")
    for function in FUNCTIONS.values():
        assert f"[{function.name}](#{function.python_name})" in page
        assert f"\n### {function.name}\n" in page


def test_importing_the_functions_does_not_import_pandas():
    import subprocess
    import sys

    code = "import sys; from tokenbook.udfs.functions import registry; registry(); print('pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
