"""The public files in full, where TOKENBOOK_SHARED_DATA names a folder of them: published costs come out.

Without the folder nothing is collected here; the same checks run on small extracts in the other modules.
"""

import csv
import os
from pathlib import Path

import pytest

from tokenbook.udfs import catalog
from tokenbook.udfs.catalog import Catalog, spelling
from tokenbook.udfs.catalog.importers import import_file
from tokenbook.udfs.kernels.frontier import throughput_at

FOLDERS = [Path(found) for found in [os.environ.get("TOKENBOOK_SHARED_DATA", "")] if found and Path(found).is_dir()]
CURVE = {
    "model": "DeepSeek-R1", "shape": "1k/1k", "precision": "fp4", "framework": "dynamo-trt",
    "spec_method": "mtp", "disagg": True, "date": "2026-05-22",
}  # fmt: skip


def table(file):
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def pytest_generate_tests(metafunc):
    metafunc.parametrize("folder", FOLDERS)


if FOLDERS:

    def test_best_throughput_costs_to_two_decimals(folder):
        file = folder / "inferencex" / "best_throughput_2026-04-06.csv"
        result = import_file("quotes", file)
        assert (len(result.rows), result.refused_count) == (44, 0)
        figures = Catalog(result.rows)
        for row in table(file):
            words = f"{row['isl']}/{row['osl']} {row['precision']}"
            found = figures.get(row["platform"], "total_tok_s_per_gpu", row["model"], words)
            rate = catalog.shipped().get(
                row["platform"], "usd_per_gpu_hour", conditions="hyperscaler", as_of="2026-04-06"
            )
            cost = rate.value / (found.value * 0.0036)
            if row["usd_per_m_total_tok_published_rounded"]:
                assert f"{cost:.2f}" == row["usd_per_m_total_tok_published_rounded"]
            assert cost == pytest.approx(float(row["usd_per_m_total_tok_recomputed"]), abs=6e-6)

    def test_22_costs_at_equal_speed_from_the_imported_curves(folder):
        result = import_file("inferencex", folder / "inferencex" / "dsr1_fp4_1k1k_mtp_curves.csv", defaults=CURVE)
        figures, checked = Catalog(result.rows), 0
        for row in table(folder / "inferencex" / "dsr1_fp4_1k1k_mtp_iso_interactivity_golden.csv"):
            if not row["usd_per_m_total_tok_published"]:
                continue
            speed, throughput, _ = figures.frontier(row["platform"], "dsr1", "1k/1k", "FP4")
            rate = catalog.shipped().get(
                row["platform"], "usd_per_gpu_hour", conditions="hyperscaler", as_of="2026-05-22"
            )
            cost = rate.value / (float(throughput_at(float(row["target_tok_s_per_user"]), speed, throughput)) * 0.0036)
            assert cost == pytest.approx(float(row["usd_per_m_total_tok_published"]), rel=1e-3)
            checked += 1
        assert checked == 22

    def test_api_rows_are_taken_whole(folder):
        for name, count in (("dsr1_benchmarks.json", 435), ("dsr1_benchmarks_history.json", 1462)):
            result = import_file("inferencex", folder / "inferencex" / name)
            assert (len(result.rows), result.refused_count) == (count, 0)

    def test_the_shipped_frontier_is_that_of_the_files(folder):
        rows = {
            row.id: row
            for name in ("dsr1_benchmarks_history.json", "dsr1_benchmarks.json")
            for row in import_file("inferencex", folder / "inferencex" / name).rows
        }
        figures = Catalog(rows.values())
        for platform, precision in (("GB200", "FP4"), ("B200", "FP4"), ("H100", "FP8"), ("MI355X", "FP4")):
            for day in ("2026-02-28", None):
                shipped = catalog.shipped().frontier(platform, "dsr1", "8k/1k", precision, as_of=day)[1]
                full = figures.frontier(platform, "dsr1", "8k/1k", precision, as_of=day)[1]
                assert shipped.tolist() == pytest.approx(full.tolist(), abs=0.01)

    def test_unofficial_runs_that_stopped_early_stay_out(folder):
        result = import_file("inferencex", folder / "inferencex" / "b200_unofficial_runner_baselines.json")
        assert {row.model for row in result.rows} == {"DeepSeek-R1"}
        assert result.refused_count == 5

    def test_best_closed_mlperf_results_come_out(folder):
        for round_ in ("v5.1", "v6.0"):
            best = {}
            for row in import_file("mlperf", folder / "mlperf" / f"llm_results_{round_}.json").rows:
                words = row.conditions.split()
                key = (row.platform, row.model, words[0], "accuracy-99.9" in words)
                best[key] = max(row.value, best.get(key, 0))
            for row in table(folder / "mlperf" / "best_closed_per_accelerator.csv"):
                if row["round"] != round_:
                    continue
                model = spelling.find_model(row["model"])
                key = (
                    spelling.platform(row["platform"]),
                    model,
                    row["scenario"],
                    row["model"].endswith("99.9"),
                )
                assert best[key] == pytest.approx(float(row["output_tok_s_per_accelerator"]), abs=0.006)

    def test_medians_of_list_prices_come_out(folder):
        result = import_file("litellm", folder / "prices" / "litellm_prices_trimmed.json", as_of="2026-09-30")
        figures = Catalog(result.rows)
        for model, into, out in (("DeepSeek-R1", 0.90, 2.978), ("GPT-OSS-120B", 0.15, 0.60)):
            assert figures.get("", "usd_per_mtok_input", model, "median").value == pytest.approx(into)
            assert figures.get("", "usd_per_mtok_output", model, "median").value == pytest.approx(out, abs=0.002)
        for row in figures.find(conditions="median"):
            shipped = catalog.shipped().get("", row.metric, row.model, "median")
            assert shipped.value == pytest.approx(row.value, abs=1e-6)
