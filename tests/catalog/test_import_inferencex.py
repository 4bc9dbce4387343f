"""InferenceX files: total throughput in the right units is taken, each trap is refused with its reason."""

import copy
import json
from pathlib import Path

import pytest

from tokenbook.udfs.catalog import Catalog, CatalogError
from tokenbook.udfs.catalog.importers import import_file

DATA = Path(__file__).with_name("data")
ROWS = json.loads((DATA / "inferencex_rows.json").read_text())
AGGREGATED = next(row for row in ROWS if not row["disagg"])
DISAGGREGATED = next(row for row in ROWS if row["disagg"])


def imported(tmp_path, rows):
    file = tmp_path / "rows.json"
    file.write_text(json.dumps(rows, indent=1))
    return import_file("inferencex", file)


def changed(row, **metrics):
    other = copy.deepcopy(row)
    for name, value in metrics.items():
        target = other["metrics"] if name in other["metrics"] else other
        if value is None:
            del target[name]
        else:
            target[name] = value
    return other


def test_api_rows_become_frontier_points():
    result = import_file("inferencex", DATA / "inferencex_rows.json")
    assert (len(result.rows), result.refused_count) == (8, 0)
    row, source = result.rows[3], ROWS[3]
    assert row.platform == "H200"
    assert row.value == pytest.approx(source["metrics"]["tput_per_gpu"], abs=1e-4)
    assert row.interactivity == pytest.approx(1 / source["metrics"]["median_tpot"], rel=1e-4)
    assert row.ttft_ms == pytest.approx(1000 * source["metrics"]["median_ttft"], abs=0.01)
    assert (row.shape, row.precision, row.run_date) == ("8k/1k", "FP8", source["date"])


def test_of_a_disaggregated_row_only_the_total_is_taken():
    result = import_file("inferencex", DATA / "inferencex_rows.json")
    row = result.rows[0]
    assert "disaggregated" in row.conditions
    assert row.value == pytest.approx(ROWS[0]["metrics"]["tput_per_gpu"], abs=1e-4)
    # the split rates are over other GPUs: their sum flatters
    parts = ROWS[0]["metrics"]["input_tput_per_gpu"] + ROWS[0]["metrics"]["output_tput_per_gpu"]
    assert parts > 1.2 * row.value


def test_imported_rows_make_a_frontier():
    result = import_file("inferencex", DATA / "inferencex_rows.json")
    speed, throughput, _ = Catalog(result.rows).frontier("GB200", "dsr1", "8k/1k", "FP4")
    assert len(speed) == len(throughput) >= 1


TRAPS = {
    "milliseconds for seconds": (
        changed(AGGREGATED, median_tpot=AGGREGATED["metrics"]["median_tpot"] * 1000), "milliseconds"),
    "speed and time disagree": (
        changed(AGGREGATED, median_intvty=AGGREGATED["metrics"]["median_intvty"] * 2), "must be 1"),
    "first token in milliseconds": (
        changed(AGGREGATED, median_ttft=AGGREGATED["metrics"]["median_ttft"] * 1000), "whole request"),
    "output tokens for total": (
        changed(AGGREGATED, tput_per_gpu=AGGREGATED["metrics"]["output_tput_per_gpu"]), "output tokens only"),
    "output tokens for total, disaggregated": (
        changed(
            DISAGGREGATED,
            tput_per_gpu=DISAGGREGATED["metrics"]["output_tput_per_gpu"] * DISAGGREGATED["num_decode_gpu"]
            / (DISAGGREGATED["num_decode_gpu"] + DISAGGREGATED["num_prefill_gpu"])),
        "output tokens only"),
    "per node for per GPU": (
        changed(AGGREGATED, tput_per_gpu=AGGREGATED["metrics"]["tput_per_gpu"] * 8), "is not input"),
    "not a number": (changed(AGGREGATED, median_intvty=float("nan")), "not a finite number"),
    "infinite": (changed(AGGREGATED, tput_per_gpu=float("inf")), "not a finite number"),
    "zero": (changed(AGGREGATED, tput_per_gpu=0.0), "not above zero"),
    "negative": (changed(AGGREGATED, tput_per_gpu=-5.0), "not above zero"),
    "text for a number": (changed(AGGREGATED, tput_per_gpu="fast"), "not a number"),
    "throughput missing": (changed(AGGREGATED, tput_per_gpu=None), "tput_per_gpu is missing"),
    "hardware missing": (changed(AGGREGATED, hardware=None), "hardware is missing"),
    "hardware unknown": (changed(AGGREGATED, hardware="gb20"), "did you mean GB200 NVL72"),
    "model unknown": (changed(AGGREGATED, model="dsr9"), "unknown model"),
    "precision unknown": (changed(AGGREGATED, precision="fp5"), "precision 'fp5'"),
    "date unreadable": (changed(AGGREGATED, date="soon"), "not a date"),
    "flag unreadable": (changed(AGGREGATED, disagg="maybe"), "neither true nor false"),
    "half a token": (changed(AGGREGATED, isl=1024.5), "not a whole number"),
    "no object": (7, "not an object"),
    "metrics no object": ({**AGGREGATED, "metrics": [1]}, "metrics is not an object"),
}  # fmt: skip


@pytest.mark.parametrize("trap", TRAPS)
def test_a_malformed_row_is_refused_with_its_reason_and_stops_no_other(tmp_path, trap):
    bad, reason = TRAPS[trap]
    result = imported(tmp_path, [DISAGGREGATED, bad, AGGREGATED])
    assert len(result.rows) == 2
    assert result.refused_count == 1
    line, said = result.refused[0]
    assert said.startswith("record 2 | ")
    assert reason in said
    text = (tmp_path / "rows.json").read_text().splitlines()
    assert text[line - 1].strip() in ("{", "7,")


def test_the_same_run_twice_is_refused_the_second_time(tmp_path):
    result = imported(tmp_path, [AGGREGATED, AGGREGATED])
    assert len(result.rows) == 1
    assert "same key as line 2" in result.refused[0][1]


def test_unofficial_runner_rows_are_in_milliseconds_and_of_the_whole_server():
    result = import_file("inferencex", DATA / "inferencex_unofficial.json")
    source = json.loads((DATA / "inferencex_unofficial.json").read_text())[1]
    (row,) = result.rows
    assert row.value == pytest.approx(source["metrics"]["total_token_throughput"] / source["tp"], abs=1e-4)
    assert row.interactivity == pytest.approx(1000 / source["metrics"]["median_tpot_ms"], rel=1e-4)
    assert row.ttft_ms == pytest.approx(source["metrics"]["median_ttft_ms"], abs=0.01)
    assert row.confidence == "low"


def test_an_unofficial_run_that_stopped_early_is_refused():
    result = import_file("inferencex", DATA / "inferencex_unofficial.json")
    assert result.refused_count == 1
    assert "24% of the tokens are output" in result.refused[0][1]


CURVE = """platform,conc,prefill_gpus,decode_gpus,tok_s_per_gpu,tok_s_per_user
B200,6,4,40,49.3,309.17
B200,10,4,40,118.7,277.39
"""
GIVEN = {"model": "dsr1", "shape": "1k/1k", "precision": "fp4", "date": "2026-05-22", "disagg": True}


def test_a_flat_table_takes_what_it_lacks_from_the_defaults(tmp_path):
    file = tmp_path / "curve.csv"
    file.write_text(CURVE)
    result = import_file("inferencex", file, defaults=GIVEN)
    assert [(row.interactivity, row.value) for row in result.rows] == [(309.17, 49.3), (277.39, 118.7)]
    assert result.rows[0].shape == "1k/1k"


def test_points_of_a_flat_table_without_concurrency_are_told_apart_by_their_speed(tmp_path):
    file = tmp_path / "curve.csv"
    point = "B200,4,40,{},{}\n".format
    points = [(49.3, 309.17), (118.7, 277.39), (118.8, 277.3901), (49.3, 309.17)]
    header = "platform,prefill_gpus,decode_gpus,tok_s_per_gpu,tok_s_per_user\n"
    file.write_text(header + "".join(point(*each) for each in points))
    result = import_file("inferencex", file, defaults=GIVEN)
    assert [(row.value, row.interactivity) for row in result.rows] == points[:3]
    ((line, reason),) = result.refused
    assert line == 5
    assert "same key as line 2" in reason
    assert "309.17-tok-s-user" in result.rows[0].id


def test_a_flat_table_without_a_column_it_needs_is_refused_as_a_whole(tmp_path):
    file = tmp_path / "curve.csv"
    file.write_text(CURVE)
    with pytest.raises(CatalogError, match="column 'model' is missing"):
        import_file("inferencex", file)
