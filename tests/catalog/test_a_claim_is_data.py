"""Appending a claim to claims.toml is all that it takes: words, figures and what follows from them are there."""

import pytest

from tokenbook import tok_baselines, tok_claim, tok_claim_audit, tok_claims
from tokenbook.udfs import catalog
from tokenbook.udfs.catalog import claim_table, claims, recipes

WORDS = """
[[claim]]
id = "mine"
statement = "s"
claimant = "c"
platform = "B200"
model = ""
qualifier = "q"
conditions = "c"
"""


def test_every_recipe_is_used_by_an_appended_claim_and_one_by_none(append_claims):
    steps = [step for id in append_claims() for step in claim_table.entries()[id].steps]
    assert {step.recipe for step in steps} == set(recipes.RECIPES)
    assert any(not claim_table.entries()[id].steps for id in append_claims())


def test_appended_claims_stand_after_the_others_and_answer_to_their_names(append_claims):
    before = claims.ids()
    added = append_claims()
    assert len(added) == 7
    assert claims.ids() == (*before, *added)
    assert claims.get("30m").id == claims.get("30M from 3M").id == "30m-from-3m"


@pytest.mark.parametrize(
    ("claim", "field", "expected"),
    [
        ("30m-from-3m", "implied_trillion_tokens", 72 * 3 * 8760 * 3600 * 8000 / 1e12),
        ("30m-from-3m", "implied_usd_per_mtok", 30e6 / (72 * 3 * 8760 * 0.0036 * 8000)),
        ("30m-from-3m", "implied_usd_per_gpu_hour", 3e6 / (72 * 3 * 8760)),
        ("30m-from-3m", "implied_cost_usd_per_mtok", 3e6 / (72 * 3 * 8760 * 0.0036 * 8000)),
        ("30m-from-3m", "revenue_multiple", 10),
        ("30m-from-3m", "net_roi", 9),
        ("h200-penny", "cost_usd_per_mtok", 1.41 / (2450 * 0.0036)),
        ("h200-penny", "usd_per_mtok_measured", 0.1596),
        ("4x-cheaper", "measured_ratio", 3.88),
        ("40x-per-mw", "per_mw_ratio", (6000 / 2.12) / (90 / 1.37)),
        ("2x-in-software", "gain_from_its_figures", 7900 / 4000),
        ("2x-in-software", "gain_server", 1.91),
        ("1000-gpus", "gpus", 1000),
    ],
)
def test_the_functions_give_its_figures(append_claims, claim, field, expected):
    append_claims()
    assert tok_claim(claim, field) == pytest.approx(expected, rel=5e-3)


def test_the_functions_list_it_and_give_its_words_and_rows(append_claims):
    added = append_claims()
    assert [row[0] for row in tok_claims()][-len(added) :] == added
    assert tok_claim("h200-penny") == "H200 serves DeepSeek-R1 for 16 cents per million tokens."
    assert tok_claim("best-of-all", "qualifier") == "No figure is given."
    rows = tok_baselines("H200", "claimed_usd_per_mtok")
    assert [row[rows[0].index("id")] for row in rows[1:]] == ["claim.35x.cost-before", "claim.h200-penny.cost"]


def test_the_audit_of_its_money_is_that_of_the_function(append_claims):
    append_claims()
    claim = claims.get("30m-from-3m")
    given = {claims.named(row): row.value for row in claim.figures}
    names = ("investment", "revenue", "gpus", "years", "throughput")
    audit = dict(tok_claim_audit(*(given[name] for name in names)))
    found = claim.numbers()
    assert found["implied_trillion_tokens"] == audit["mtok"] / 1e6
    for name in set(audit) - {"mtok"}:
        assert found[name] == audit[name], name


def test_its_rows_take_what_they_do_not_say_from_the_claim(append_claims):
    append_claims()
    row = catalog.shipped().row("claim.h200-penny.rate")
    assert (row.platform, row.vendor, row.model, row.kind, row.tier) == (
        "H200", "NVIDIA", "DeepSeek-R1", "claim", "h200-penny",
    )  # fmt: skip
    assert (row.unit, row.precision, row.as_of, row.source) == ("USD/GPU-h", "FP8", "2026-06-30", "A vendor's page")


def test_money_without_a_throughput_gives_nothing_per_token(append_claims):
    figures = "".join(
        f'[[claim.figure]]\nname = "{name}"\nmetric = "{metric}"\nvalue = {value}\nsource = "s"\nas_of = "2026-06-30"\n'
        'confidence = "low"\n'
        for name, metric, value in (
            ("investment", "claimed_investment_usd", 3e6), ("revenue", "claimed_revenue_usd", 30e6),
            ("gpus", "claimed_gpus", 72), ("years", "claimed_years", 3),
        )
    )  # fmt: skip
    append_claims(WORDS + 'recompute = "money"\n' + figures)
    assert [figure.name for figure in claims.get("mine").recomputed] == [
        "implied_usd_per_gpu_hour", "revenue_multiple", "net_roi",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (WORDS.replace('qualifier = "q"\n', ""), "claim 'mine': qualifier is missing"),
        (WORDS + 'speaker = "x"\n', "claim 'mine': no such field as 'speaker'"),
        (WORDS.replace('"mine"', '"15x"'), "claim '15x' stands twice"),
        (WORDS + 'recompute = "magic"\n', "recipe 'magic' is none of money, cost"),
        (WORDS + 'recompute = "cost"\n', "cost needs 'rate', a figure of the claim or the id of a row"),
        (WORDS + '[[claim.recompute]]\nrecipe = "measured"\nrole = "best"\n', "role 'best' is none of own, measured"),
        (
            WORDS + '[[claim.recompute]]\nrecipe = "ratio"\nrow = "x"\n',
            "ratio takes over, under, not 'row'",
        ),
        (
            WORDS + 2 * '[[claim.recompute]]\nrecipe = "measured"\nrow = "gb300.kw_per_gpu.old.2026-04"\n',
            "two figures are called 'measured'; give one a name",
        ),
    ],
)
def test_what_is_wrong_with_a_claim_is_one_line_that_names_it(append_claims, text, reason):
    def numbers():
        append_claims(text)
        return claims.get("mine").numbers()

    with pytest.raises(catalog.CatalogError, match=reason) as refused:
        numbers()
    assert "\n" not in str(refused.value)


def test_a_figure_that_breaks_the_schema_says_where_it_stands(append_claims):
    with pytest.raises(catalog.CatalogError, match=r"claims.toml, figure claim\.mine\.gpus: source is empty"):
        append_claims(WORDS + '[[claim.figure]]\nname = "gpus"\nmetric = "claimed_gpus"\nvalue = 1\n')


def test_a_row_of_a_recipe_that_does_not_exist_is_named(append_claims):
    append_claims(WORDS + '[[claim.recompute]]\nrecipe = "measured"\nrow = "gb300.kw"\n')
    with pytest.raises(catalog.UnknownKey, match=r"unknown baseline id 'gb300\.kw'"):
        claims.get("mine").numbers()
