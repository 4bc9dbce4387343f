"""The examples of templates/sweep/README.md, run as they stand there on the template they name."""

import csv
import re
from pathlib import Path

import pytest

from tokenbook.addin.cli import run
from tokenbook.templates.sweep.spec import read_spec
from tokenbook.udfs.kernels.distributions import KINDS

TEXT = (Path(__file__).parents[2] / "templates" / "sweep" / "README.md").read_text(encoding="utf-8")
(TABLE,) = re.findall(r"```csv\n(.*?)```", TEXT, flags=re.DOTALL)
(SPEC,) = re.findall(r"```toml\n(.*?)```", TEXT, flags=re.DOTALL)
SWEEP, SIMULATE = re.findall(r"^    tokenbook (s.*)$", TEXT, flags=re.MULTILINE)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "scenarios.csv").write_text(TABLE)
    (tmp_path / "risk.toml").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_the_examples_run(folder):
    assert run(["new", "roi", "roi.xlsx"]) == 0
    assert run([*SWEEP.replace("'", "").split(), "--workers", "1"]) == 0
    with open("results.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["scenario"] for row in rows] == ["cheap money", "dear money", "prices fall faster"]
    assert {"npv_1", "npv_4", "lcot_1", "error"} <= set(rows[0])
    npv = [float(row["npv_1"]) for row in rows]
    assert npv[0] > npv[1] > npv[2], "money that costs more, and prices that fall faster, are worth less"
    assert run([*SIMULATE.split(), "--workers", "1"]) == 0
    with open("trials.csv", newline="") as file:
        trials = list(csv.DictReader(file))
    assert len(trials) == 100
    assert all(0.3 <= float(row["utilization_end_1"]) <= 0.85 for row in trials)


def test_the_specification_says_what_it_seems_to(folder):
    spec = read_spec(Path("risk.toml"))
    assert (spec.trials, spec.seed, spec.sampling, spec.outside) == (100, 7, "latin_hypercube", "clip")
    assert list(spec.uncertain) == ["price_annual_factor", "utilization_end_1", "usd_per_kwh"]


def test_every_distribution_is_listed_with_its_parameters():
    listed = {}
    for names, text in re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| (.*?) \|$", TEXT, flags=re.MULTILINE):
        listed |= {name: re.findall(r"`(\w+)`", text) for name in re.findall(r"`(\w+)`", names)}
    assert set(listed) == set(KINDS)
    for name, kind in KINDS.items():
        expected = ["values", "weights"] if kind.pairs else [*kind.parameters, *(key for key, _ in kind.optional)]
        assert listed[name] == expected
