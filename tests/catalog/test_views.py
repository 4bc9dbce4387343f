"""What the commands print: aligned text, JSON and CSV without loss, one figure with its whole history."""

import csv
import io
import json

import pytest

from udfs import catalog
from udfs.catalog import claims, views

FIGURES = catalog.shipped()


def test_listing_shows_valid_figures_and_all_vintages_on_request():
    current = views.listing(FIGURES, "B200", "kw_per_gpu")
    assert [row["value"] for row in current] == [1.71]
    assert [row["value"] for row in views.listing(FIGURES, "B200", "kw_per_gpu", everything=True)] == [
        2.17,
        1.71,
    ]


def test_listing_leaves_out_frontier_points_until_asked():
    assert not any(row["metric"].startswith("frontier") for row in views.listing(FIGURES, "B200"))
    assert len(views.listing(FIGURES, "B200", "frontier_total_tok_s_per_gpu")) > 20


def test_show_gives_history_meaning_and_dissent():
    shown = views.show(FIGURES, "b200.hbm_tb_s.2026-04")
    assert [row["value"] for row in shown["contradictions"]] == [7.7]
    shown = views.show(FIGURES, "gb200.usd_per_gpu_hour.hyperscaler.2026-07")
    assert [row["as_of"] for row in shown["history"]] == ["2025-10-31", "2026-07-31", "2026-09-30"]
    text = views.show_text(shown)
    assert "2.21 USD/GPU-h" in text
    assert "ae3a240c4d94214dd6915cac1613f97bd77a09d7" in text


def test_show_of_an_unknown_id_names_near_ones():
    with pytest.raises(catalog.UnknownKey, match=r"gb200\.kw_per_gpu\.corrected\.2026-07"):
        views.show(FIGURES, "gb200.kw_per_gpu.corrected.2026-08")


def test_text_is_aligned_and_empty_columns_are_left_out():
    text = views.to_text(views.listing(FIGURES, "B200", "usd_per_gpu_hour"), views.LIST_COLUMNS)
    lines = text.splitlines()
    assert lines[0].split() == [
        "platform",
        "metric",
        "words",
        "value",
        "unit",
        "as_of",
        "confidence",
        "origin",
    ]
    assert len({line.index("USD/GPU-h") for line in lines[2:]}) == 1
    assert views.to_text([]) == "nothing found"


def test_json_and_csv_carry_every_field():
    rows = views.listing(FIGURES, "GB300 NVL72")
    assert json.loads(views.to_json(rows)) == rows
    back = list(csv.DictReader(io.StringIO(views.to_csv(rows))))
    assert [float(row["value"]) for row in back] == [row["value"] for row in rows]


def test_schema_rows_are_a_team_catalogue(tmp_path):
    from udfs.catalog.importers import import_file

    file = tmp_path / "part.csv"
    file.write_text(views.to_csv(views.schema_rows(FIGURES.find("B200", "usd_per_gpu_hour"))))
    assert len(import_file("quotes", file).rows) == 5


def test_small_money_keeps_its_digits():
    """0.0088 and 0.0091 must not both print as 0.01."""
    text = views.to_text([{"value": 0.0087914}, {"value": 0.0091402}])
    assert "0.0087914" in text
    assert "0.0091402" in text


@pytest.mark.parametrize("claim", claims.list(), ids=claims.ids())
def test_a_claim_prints_whole(claim):
    text = views.claim_text(claim)
    for title in (
        "conditions",
        "missing",
        "said differently",
        "measured independently",
        "recomputed",
        "sources",
    ):
        assert f"\n{title}\n" in text
    assert max(map(len, text.splitlines())) < 200
    assert json.loads(views.to_json(claim.as_dict()))["id"] == claim.id


def test_claims_as_a_list():
    assert [row["id"] for row in views.claim_rows(claims.list())] == list(claims.ids())


def test_diff_prints():
    text = views.to_text(catalog.diff("2026-07-30", "2026-07-31", platform="B200"), views.DIFF_COLUMNS)
    assert "changed" in text
    assert "1.95" in text
