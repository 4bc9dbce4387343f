"""A refresh and a sweep read each formula once, and by one reader only."""

from collections import Counter
from types import SimpleNamespace

import formualizer
import openpyxl.formula.tokenizer
import pytest

from tokenbook.templates import build, models, refresh
from tokenbook.templates.formulas import tokens
from tokenbook.templates.models.shared.options import Options
from tokenbook.templates.sweep import run, scenarios
from tokenbook.udfs import catalog

MANY = 5_000  # formulas of a roi workbook with two platforms that are read, at least


@pytest.fixture(scope="module")
def roi(tmp_path_factory):
    path = tmp_path_factory.mktemp("made") / "roi.xlsx"
    writer = models.module("roi").compose(Options(as_of="2026-05-31", version="test", platforms=("B200", "H100")))
    build.build(writer, path).package.close()
    return path.read_bytes()


@pytest.fixture
def read(monkeypatch):
    """How often each text was taken apart by the engine's tokeniser; another one is not used."""
    counted = Counter()

    def tokenize(text):
        counted[text] += 1
        return formualizer.tokenize(text)

    def other(*arguments):
        raise AssertionError("openpyxl reads a formula")

    tokeniser = SimpleNamespace(tokenize=tokenize, TokenizerError=formualizer.TokenizerError)
    monkeypatch.setattr(tokens, "formualizer", tokeniser)
    monkeypatch.setattr(openpyxl.formula.tokenizer.Tokenizer, "__init__", other)
    return counted


def test_a_refresh_reads_each_formula_once(roi, read, tmp_path):
    path = tmp_path / "roi.xlsx"
    path.write_bytes(roi)
    report = refresh.refresh_file(path, catalog.shipped(), write=True)
    assert report.recalculated > MANY / 10
    assert report.left_to_excel == ""
    assert len(read) > MANY
    assert {text: count for text, count in read.items() if count > 1} == {}


def test_a_sweep_reads_each_formula_once(roi, read, tmp_path):
    path = tmp_path / "roi.xlsx"
    path.write_bytes(roi)
    table = scenarios.Table({"usd_per_mtok_output": [1.0, 2.0, 3.0], "discount_rate": [0.1, 0.12, 0.08]})
    outcome = run.sweep(path, table, ["npv_*"], tmp_path / "out.csv", workers=1)
    assert (outcome.total, outcome.failed, outcome.idle) == (3, 0, ())
    assert len(read) > MANY
    assert {text: count for text, count in read.items() if count > 1} == {}
