"""Published costs come out of the catalogue: each best-throughput row, and 22 at equal speed per user."""

import csv
from pathlib import Path

import pytest

from tokenbook.udfs import catalog
from tokenbook.udfs.kernels.frontier import throughput_at

DATA = Path(__file__).with_name("data")
FIGURES = catalog.shipped()
POSTS = "2026-04-06"  # day of the posts; later runs replace some of their rows
CURVE_DAY = "2026-05-22"


def table(name):
    with (DATA / name).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize(
    "row", table("best_throughput.csv"), ids=lambda r: f"{r['platform']}-{r['model']}-{r['shape']}"
)
def test_best_throughput_and_its_cost(row):
    words = f"{row['shape']} {row['precision']}"
    found = FIGURES.get(row["platform"], "total_tok_s_per_gpu", row["model"], words, POSTS)
    rate = FIGURES.get(row["platform"], "usd_per_gpu_hour", conditions="hyperscaler", as_of=POSTS)
    assert found.value == float(row["total_tok_s_per_gpu"])
    assert found.run_date == row["run_date"]
    assert rate.value == float(row["usd_per_gpu_hour"])
    if row["published_usd_per_mtok"]:
        assert f"{rate.value / (found.value * 0.0036):.2f}" == row["published_usd_per_mtok"]


@pytest.mark.parametrize(
    "row",
    [row for row in table("equal_interactivity.csv") if row["published_usd_per_mtok"]],
    ids=lambda r: f"{r['platform']}-{r['tok_s_user']}",
)
def test_cost_at_equal_speed_per_user_from_the_frontier(row):
    speed, throughput, _ = FIGURES.frontier(row["platform"], "DeepSeek-R1", "1k/1k", "FP4")
    rate = FIGURES.get(row["platform"], "usd_per_gpu_hour", conditions="hyperscaler", as_of=CURVE_DAY).value
    cost = rate / (float(throughput_at(float(row["tok_s_user"]), speed, throughput)) * 0.0036)
    assert cost == pytest.approx(float(row["published_usd_per_mtok"]), rel=1e-3)


def test_there_are_44_best_rows_and_22_golden_values():
    assert len(table("best_throughput.csv")) == 44
    assert sum(bool(row["published_usd_per_mtok"]) for row in table("equal_interactivity.csv")) == 22
