"""LiteLLM's price map: per-token prices become prices per million, aliases and placeholders stay out."""

import json
from pathlib import Path

import pytest

from tokenbook.udfs.catalog import Catalog
from tokenbook.udfs.catalog.importers import import_file
from tokenbook.udfs.catalog.importers.litellm import model_of

DATA = Path(__file__).with_name("data")
PRICES = json.loads((DATA / "litellm_prices.json").read_text())
RESULT = import_file("litellm", DATA / "litellm_prices.json", as_of="2026-09-30")
FIGURES = Catalog(RESULT.rows)
GOOD = PRICES["deepseek/deepseek-r1"]


def imported(tmp_path, text):
    file = tmp_path / "prices.json"
    file.write_text(text if isinstance(text, str) else json.dumps(text, indent=1))
    return import_file("litellm", file, as_of="2026-09-30")


@pytest.mark.parametrize(
    ("metric", "expected"),
    [("usd_per_mtok_input", 0.55), ("usd_per_mtok_output", 2.19), ("usd_per_mtok_cached_input", 0.14)],
)
def test_prices_per_token_become_prices_per_million(metric, expected):
    assert FIGURES.get("", metric, "DeepSeek-R1", "DeepSeek").value == expected


def test_medians_are_taken_over_listings_of_one_model():
    row = FIGURES.get("", "usd_per_mtok_input", "DeepSeek-R1", "median")
    assert row.value == pytest.approx((0.55 + 0.70) / 2)  # 0.50, 0.55, 0.70, 1.35
    assert "4 listings" in row.qualifier


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("deepseek/deepseek-reasoner", "alias"),
        ("novita/deepseek/deepseek-r1-0528-qwen3-8b", "derived from DeepSeek-R1"),
        ("deepseek/deepseek-v3.2", "not a model of the catalogue"),
    ],
)
def test_names_that_only_look_like_a_model_are_refused(key, reason):
    assert any(said.startswith(key) and reason in said for _, said in RESULT.refused)


@pytest.mark.parametrize(
    ("key", "model"),
    [
        ("fireworks_ai/accounts/fireworks/models/llama-v3p1-405b-instruct", "Llama-3.1-405B"),
        ("us.meta.llama3-3-70b-instruct-v1:0", "Llama-3.3-70B"),
        ("deepseek.r1-v1:0", "DeepSeek-R1"),
        ("lambda_ai/deepseek-r1-671b", "DeepSeek-R1"),
        ("azure_ai/FW-GPT-OSS-120B", "GPT-OSS-120B"),
        ("ovhcloud/Meta-Llama-3_3-70B-Instruct", "Llama-3.3-70B"),
    ],
)
def test_the_spellings_of_providers_lead_to_the_model(key, model):
    assert model_of(key) == model


TRAPS = {
    "per million for per token": ({"input_cost_per_token": 0.55}, "per million"),
    "negative": ({"output_cost_per_token": -1e-6}, "below zero"),
    "placeholder": ({"input_cost_per_token": 0}, "placeholder"),
    "no output price": ({"output_cost_per_token": None}, "output_cost_per_token is missing"),
    "text": ({"input_cost_per_token": "cheap"}, "not a number"),
    "not a number": ({"input_cost_per_token": float("nan")}, "not a finite number"),
    "no provider": ({"litellm_provider": ""}, "litellm_provider is missing"),
    "no text": ({"mode": "embedding"}, "no text generation"),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_a_malformed_entry_is_refused_and_stops_no_other(tmp_path, trap):
    change, reason = TRAPS[trap]
    result = imported(tmp_path, {"x/deepseek-r1": {**GOOD, **change}, "y/deepseek-r1": GOOD})
    assert {row.conditions for row in result.rows} == {"y/deepseek-r1"}
    assert result.refused[0] == (2, result.refused[0][1])
    assert result.refused[0][1].startswith("x/deepseek-r1 | ")
    assert reason in result.refused[0][1]


def test_a_cached_price_above_the_input_price_is_refused_alone(tmp_path):
    """Cached tokens are part of the input: their price replaces it, it is not a surcharge."""
    result = imported(tmp_path, {"x/deepseek-r1": {**GOOD, "cache_read_input_token_cost": 1e-6}})
    assert {row.metric for row in result.rows} == {"usd_per_mtok_input", "usd_per_mtok_output"}
    assert "cached input" in result.refused[0][1]


def test_an_entry_that_stands_twice_is_refused_the_second_time(tmp_path):
    entry = json.dumps(GOOD)
    result = imported(tmp_path, f'{{"x/deepseek-r1": {entry},\n"x/deepseek-r1": {entry}}}')
    assert result.refused == [(2, "x/deepseek-r1 | the entry stands twice, first on line 1")]


def test_without_a_date_the_day_of_the_import_counts_and_is_said():
    result = import_file("litellm", DATA / "litellm_prices.json")
    assert "as_of is today" in result.summary
