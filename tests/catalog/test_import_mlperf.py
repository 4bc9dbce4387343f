"""MLPerf results: output tokens per accelerator, counted as the text of the system says."""

import json
from pathlib import Path

import pytest

from tokenbook.udfs import catalog
from tokenbook.udfs.catalog.importers import import_file

DATA = Path(__file__).with_name("data")
RECORDS = json.loads((DATA / "mlperf_results.json").read_text())
RESULT = import_file("mlperf", DATA / "mlperf_results.json")


def of(submission, scenario="Offline"):
    return [row for row in RESULT.rows if submission in row.conditions and scenario in row.conditions]


def test_values_are_output_tokens_over_the_accelerators_used():
    (row,) = of("6.0-0078")
    assert row.metric == "output_tok_s_per_accelerator"
    assert catalog.metric(row.metric).tokens == "output"
    assert row.value == pytest.approx(647_076 / 72, abs=0.01)
    assert row.as_of == "2026-04-01"
    assert "6.0-0078" in row.source_ref


def test_uneven_clusters_are_counted_by_their_text_not_by_nodes():
    row = of("6.0-0001")[0]
    record = next(r for r in RECORDS if r["ID"] == "6.0-0001")
    assert record["Nodes"] * record["a#"] == 88
    assert row.value == pytest.approx(record["Performance_Result"] / 87, rel=1e-6)
    uneven = next(r for r in RECORDS if "(x94)" in r["Accelerator"])
    assert of(uneven["ID"])[0].value == pytest.approx(uneven["Performance_Result"] / 94, rel=1e-6)


def test_two_accuracies_of_one_model_are_two_rows_of_one_model():
    rows = of("6.0-0001")
    assert {row.model for row in rows} == {"Llama-2-70B"}
    assert len({row.id for row in rows}) == 2
    assert sorted(word for row in rows for word in row.conditions.split() if "accuracy" in word) == [
        "accuracy-99",
        "accuracy-99.9",
    ]


def test_what_cannot_be_compared_is_refused():
    reasons = " ".join(reason for _, reason in RESULT.refused)
    assert RESULT.refused_count == 3
    assert "several kinds in one system" in reasons
    assert "open division" in reasons
    assert "'Samples/s'" in reasons


def test_the_summary_says_that_it_is_output_only_and_derived():
    assert "output tokens only" in RESULT.summary
    assert "not official" in RESULT.summary


GOOD = RECORDS[0]
TRAPS = {
    "not a number": ({"Performance_Result": float("nan")}, "not a finite number"),
    "zero": ({"Performance_Result": 0}, "not above zero"),
    "missing result": ({"Performance_Result": None}, "Performance_Result is empty"),
    "latency": ({"Performance_Units": "Latency (ms)"}, "only Tokens/s"),
    "scenario": ({"Scenario": "SingleStream"}, "SingleStream"),
    "unknown accelerator": ({"Accelerator": "NVIDIA L40S"}, "not a platform"),
    "no nodes": ({"Nodes": None}, "Nodes is missing"),
    "none counted": (
        {"Accelerator": "NVIDIA GB300 (x0)"},
        "count in the accelerator text 0 is not above zero",
    ),
    "more than there are": ({"a#": 1e300}, "a# 1e+300 is not a whole number"),
    "unknown round": ({"version": "v9.9"}, "give as_of"),
    "unknown benchmark": ({"Model": "whisper"}, "not a model"),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_a_malformed_record_is_refused_and_stops_no_other(tmp_path, trap):
    change, reason = TRAPS[trap]
    file = tmp_path / "summary_results.json"
    file.write_text(json.dumps([{**GOOD, **change}, RECORDS[2]], indent=0))
    result = import_file("mlperf", file)
    assert len(result.rows) == 1
    assert reason in result.refused[0][1]
    assert result.refused[0][0] == 2


def test_a_later_round_is_taken_with_its_day(tmp_path):
    file = tmp_path / "summary_results.json"
    file.write_text(json.dumps([{**GOOD, "version": "v6.1"}]))
    (row,) = import_file("mlperf", file, as_of="2026-09-15").rows
    assert row.as_of == "2026-09-15"


def test_a_power_cap_stays_visible(tmp_path):
    file = tmp_path / "summary_results.json"
    file.write_text(json.dumps([{**GOOD, "Accelerator": "AMD Instinct MI355X 288GB HBM3e (Power Cap 1000 W)"}]))
    (row,) = import_file("mlperf", file).rows
    assert row.platform == "MI355X"
    assert "power-cap-1000w" in row.conditions
