"""What the commands print: CSV without loss, one figure with its whole history and no other figure's."""

import csv
import io

import pytest

from tokenbook.udfs import catalog
from tokenbook.udfs.catalog import views

FIGURES = catalog.shipped()


def history(key):
    return [(row["as_of"], row["value"], row["conditions"]) for row in views.show(FIGURES, key)["history"]]


def test_listing_shows_valid_figures_and_all_vintages_on_request():
    current = views.listing(FIGURES, "B200", "kw_per_gpu")
    assert [row["value"] for row in current] == [1.71]
    assert [row["value"] for row in views.listing(FIGURES, "B200", "kw_per_gpu", everything=True)] == [2.17, 1.71]


def test_listing_leaves_out_frontier_points_until_asked():
    assert not any(row["metric"].startswith("frontier") for row in views.listing(FIGURES, "B200"))
    assert len(views.listing(FIGURES, "B200", "frontier_total_tok_s_per_gpu")) > 20


def test_show_gives_history_meaning_and_dissent():
    shown = views.show(FIGURES, "b200.hbm_tb_s.2026-04")
    assert [row["value"] for row in shown["contradictions"]] == [7.7]
    assert shown["meaning"] == "Memory bandwidth of one accelerator."
    assert [day for day, *_ in history("gb200.usd_per_gpu_hour.hyperscaler.2026-07")] == [
        "2025-10-31",
        "2026-07-31",
        "2026-09-30",
    ]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (("GB200", "kw_per_gpu"), [("2025-10-31", 2.10, "old"), ("2026-07-14", 1.87, "corrected")]),
        (
            ("", "usd_per_kwh"),
            [("2026-04-27", 0.0811, "United States mean 2024"), ("2026-04-27", 0.0861, "United States mean 2025")],
        ),
        (
            ("GB200", "output_tok_s_per_accelerator", "dsr1", "offline"),
            [("2025-09-09", 4023.78, "Offline"), ("2026-04-01", 7322.89, "Offline")],
        ),
        (
            ("B200", "total_tok_s_per_gpu_at_interactivity", "dsr1", "1k/1k FP4 at 100 tok/s/user"),
            [("2026-05-22", 3047.0, "disaggregated MTP")],
        ),
    ],
    ids=["correction", "region", "scenario", "speed per user"],
)
def test_the_history_of_a_figure_holds_its_vintages_and_no_other_figure(asked, expected):
    """Texas is not an older United States, Offline is not an older Server, 45 tok/s/user not an older 100."""
    assert sorted(history(FIGURES.get(*asked).id)) == sorted(expected)


def test_show_as_of_a_day_holds_what_was_known_then_and_counts_what_came_later():
    old = "b200.usd_per_gpu_hour.hyperscaler.2025-10"
    shown = views.show(FIGURES, old, "2026-06")
    assert [row["value"] for row in shown["history"]] == [1.95]
    assert shown["known_later"] == 2
    assert views.show(FIGURES, old)["known_later"] == 0
    assert "others say" not in views.show(FIGURES, "b200.hbm_tb_s.2026-04", "2026-08-20")["citation"]
    with pytest.raises(catalog.UnknownKey):
        views.show(FIGURES, "b200.usd_per_gpu_hour.hyperscaler.2026-07", "2026-06")


def test_show_of_an_unknown_id_names_near_ones():
    with pytest.raises(catalog.UnknownKey, match=r"gb200\.kw_per_gpu\.corrected\.2026-07"):
        views.show(FIGURES, "gb200.kw_per_gpu.corrected.2026-08")


def test_csv_carries_every_field():
    rows = views.listing(FIGURES, "GB300 NVL72")
    back = list(csv.DictReader(io.StringIO(views.to_csv(rows, tuple(rows[0])))))
    assert back == [{name: "" if value is None else str(value) for name, value in row.items()} for row in rows]
    assert views.to_csv([], ("platform", "value")) == "platform,value\n"


def test_csv_of_the_schema_is_a_team_catalogue(tmp_path):
    from tokenbook.udfs.catalog.importers import import_file

    file = tmp_path / "part.csv"
    file.write_text(views.to_csv(views.listing(FIGURES, "B200", "usd_per_gpu_hour", everything=True), catalog.FIELDS))
    assert len(import_file("quotes", file).rows) == 5
