"""Vendor claims: each with its conditions, what is missing, who disagrees, and figures that recompute."""

import pytest

from tokenbook.udfs import catalog
from tokenbook.udfs.catalog import claims

WANTED = (
    "15x",
    "75m-from-5m",
    "two-cents",
    "5x-in-2-months",
    "10x-per-mw",
    "50x-per-mw",
    "35x",
    "15x-lower-cost",
)


def test_the_claims_of_the_field_are_there():
    assert claims.ids() == WANTED


@pytest.mark.parametrize("claim", claims.list(), ids=claims.ids())
def test_a_claim_says_what_a_reader_needs(claim):
    assert claim.statement
    assert claim.qualifier
    assert claim.conditions
    assert claim.missing
    assert claim.disagreements
    assert claim.measured
    assert claim.sources
    assert claim.figures
    assert all(row.kind == "claim" for row in claim.figures)


def test_no_claimed_figure_hides_among_measurements():
    for row in catalog.shipped():
        assert (row.kind == "claim") == row.metric.startswith("claimed_"), row.id


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("75M from 5M", "75m-from-5m"),
        ("15X", "15x"),
        ("two cents", "two-cents"),
        ("50x", "50x-per-mw"),
        ("5x", "5x-in-2-months"),
    ],
)
def test_a_claim_is_found_by_its_usual_name(name, expected):
    assert claims.get(name).id == expected


def test_an_unknown_claim_names_those_there_are():
    with pytest.raises(catalog.UnknownKey, match="two-cents"):
        claims.get("100x")


@pytest.mark.parametrize(
    ("claim", "field", "expected", "tolerance"),
    [
        ("15x", "implied_trillion_tokens", 68.1, 0.05),
        ("15x", "implied_usd_per_mtok", 1.10, 0.005),
        ("15x", "implied_usd_per_gpu_hour", 2.64, 0.005),
        ("15x", "implied_cost_usd_per_mtok", 0.0734, 5e-5),
        ("15x", "multiple", 15, 0),
        ("15x", "net_roi", 14, 1e-9),
        ("75m-from-5m", "revenue", 75e6, 0),
        ("two-cents", "usd_per_mtok_at_1k1k", 0.0193, 5e-5),
        ("two-cents", "usd_per_mtok_at_8k1k", 0.0088, 5e-5),
        ("two-cents", "usd_per_mtok_hyperscaler_2026_07", 0.0172, 5e-5),
        ("two-cents", "usd_per_mtok_neocloud_2025_10", 0.0232, 5e-5),
        ("two-cents", "usd_per_mtok_rental_2025_10", 0.0288, 5e-5),
        ("two-cents", "usd_per_mtok_rental_2026_09", 0.0367, 5e-5),
        ("35x", "cost_usd_per_mtok", 0.1228, 5e-5),
        ("35x", "cost_before_usd_per_mtok", 4.352, 5e-4),
        ("35x", "cost_ratio", 35.4, 0.05),
        ("50x", "ratio_with_old_power", 54.9, 0.05),
        ("50x", "ratio_with_corrected_power", 43.1, 0.05),
        ("5x", "measured_gb300_offline", 1.54, 0.005),
        ("10x-per-mw", "measured_b200_h100_at_90", 3.1, 0.05),
    ],
)
def test_golden_figures(claim, field, expected, tolerance):
    assert claims.get(claim).field(field) == pytest.approx(expected, abs=tolerance)


def test_a_field_of_words_is_text_and_an_unknown_one_is_named():
    assert "GPT-OSS-120B" in claims.get("15x").field("disagreements")
    assert claims.get("15x").field("Platform") == "GB200 NVL72"
    with pytest.raises(catalog.UnknownKey, match="implied_usd_per_mtok"):
        claims.get("15x").field("profit")


def test_the_measured_words_agree_with_the_rows_behind_them():
    """A number in a sentence must be the number of a row."""
    figures = catalog.shipped()
    gb200 = figures.get(
        "GB200",
        "frontier_total_tok_s_per_gpu",
        "dsr1",
        "8k/1k fp4 sample at 54.2 tok/s/user",
        as_of="2025-12-31",
    )
    assert f"{gb200.value:,.0f} tok/s/GPU at {gb200.interactivity:.1f}" in claims.get("15x").measured[0]
    numbers = claims.get("15x-lower-cost").numbers()
    assert (
        f"{numbers['measured_vs_h200']:.1f} and {numbers['measured_vs_h100']:.1f} times"
        in claims.get("15x-lower-cost").measured[0]
    )
    blended = (8 * 0.9 + 2.978) / 9
    assert f"{blended * 68.118:.1f}" in claims.get("15x").measured[2]
