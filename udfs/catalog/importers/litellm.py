"""LiteLLM's price map: `model_prices_and_context_window.json`.

What is taken: list prices per million input, output and cached input tokens of the models the catalogue
knows, one row per listing, and their medians. The map has no date, so `as_of` is the day of the import unless
given.

Traps handled
- Prices are per token; the catalogue's are per million. A price that only makes sense per million is refused.
- A cached-input price replaces the input price for the cached part. One above the input price is refused.
- `deepseek-reasoner` and `deepseek-chat` are aliases whose model changes: refused, not taken for DeepSeek-R1.
- Distilled and fine-tuned models carry another model's name: refused.
- Zero is a placeholder, not a price.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from statistics import median

from tokenbook.udfs.kernels.units import TOKENS_PER_MTOK

from .. import spelling
from ..baseline import Baseline
from ..errors import RowError
from ..schema import baseline, number
from .json_records import records
from .result import Given, ImportResult

DEAREST_PER_TOKEN = 0.001  # [USD] 1000 USD/Mtok: above it the price is per thousand or million
FEWEST_FOR_MEDIAN = 3
METRICS = {
    "usd_per_mtok_input": "input_cost_per_token",
    "usd_per_mtok_output": "output_cost_per_token",
    "usd_per_mtok_cached_input": "cache_read_input_token_cost",
}
MODES = ("chat", "completion", "responses")
PROVIDERS = {
    "azure": "Azure", "azure_ai": "Azure", "baseten": "Baseten", "bedrock": "AWS Bedrock",
    "bedrock_converse": "AWS Bedrock", "bedrock_mantle": "AWS Bedrock", "cerebras": "Cerebras",
    "cloudflare": "Cloudflare", "crusoe": "Crusoe", "databricks": "Databricks", "deepinfra": "DeepInfra",
    "deepseek": "DeepSeek", "fireworks_ai": "Fireworks", "groq": "Groq", "hyperbolic": "Hyperbolic",
    "lambda_ai": "Lambda", "nebius": "Nebius", "novita": "Novita", "nscale": "Nscale", "oci": "Oracle",
    "ovhcloud": "OVHcloud", "replicate": "Replicate", "sambanova": "SambaNova", "scaleway": "Scaleway",
    "snowflake": "Snowflake", "together_ai": "Together", "wandb": "W&B", "watsonx": "IBM watsonx",
}  # fmt: skip
MOVING_ALIASES = re.compile(r"deepseek-(?:reasoner|chat)$")
DERIVED = re.compile(
    r"distill|r1-(?:0528-)?(?:\d{1,2}b|qwen)|dobby|hermes|nemotron|tulu|deepseek-llama|-vl-|snowflake-llama"
    r"|sonar|guard"
)
MODELS = (  # what a listing's name contains, in the order of trial: pattern, model
    (re.compile(r"gpt-oss-120b"), "GPT-OSS-120B"),
    (re.compile(r"gpt-oss-20b"), "GPT-OSS-20B"),
    (re.compile(r"deepseek[-_./]?(?:deepseek-)?r1(?!\d)|deepseek\.r1"), "DeepSeek-R1"),
    (re.compile(r"deepseek[-_]v3(?:-0324)?(?:-maas|-turbo)?(?:/community)?$|deepseek\.v3-v1"), "DeepSeek-V3"),
    (re.compile(r"llama-?v?3[-._p]3-70b"), "Llama-3.3-70B"),
    (re.compile(r"llama-?v?3[-._p]1-405b"), "Llama-3.1-405B"),
    (re.compile(r"llama-?v?3[-._p]1-70b"), "Llama-3.1-70B"),
    (re.compile(r"llama-?v?3[-._p]1-8b"), "Llama-3.1-8B"),
    (re.compile(r"llama-?4-maverick"), "Llama-4-Maverick"),
    (re.compile(r"qwen3-235b"), "Qwen3-235B"),
    (re.compile(r"qwen3\.5-397b"), "Qwen3.5-397B"),
)


def read(path: str | os.PathLike[str], given: Given) -> ImportResult:
    """Read a price map (`import_file` says more)."""
    file = Path(path)
    result = ImportResult("litellm", str(file))
    day = given.as_of or date.today().isoformat()
    seen: dict[str, int] = {}
    for line, key, entry in records(file, keyed=True):
        try:
            if key in seen:
                raise RowError(f"the entry stands twice, first on line {seen[str(key)]}")
            seen[str(key)] = line
            if not isinstance(entry, Mapping):
                raise RowError("not an object with fields")
            _entry(result, line, str(key), entry, day, file.name)
        except RowError as error:
            result.refuse(line, f"{key} | {error}")
    for row in _medians(result.rows, day, file.name):
        result.take(0, row)
    result.notes.append("community list prices, not quotes; compare medians or name a provider, never the lowest")
    if not given.as_of:
        result.notes.append(f"the map carries no date: as_of is today, {day}")
    return result


def _entry(result: ImportResult, line: int, key: str, entry: Mapping[str, object], day: str, file: str) -> None:
    model = model_of(key)
    if entry.get("mode") not in MODES:
        raise RowError(f"mode {entry.get('mode')!r} is no text generation")
    provider = str(entry.get("litellm_provider") or "")
    if not provider:
        raise RowError("litellm_provider is missing")
    prices = {metric: _price(entry, field) for metric, field in METRICS.items()}
    into, out, cached = prices.values()
    if into is None or out is None:
        raise RowError(f"{METRICS['usd_per_mtok_input' if into is None else 'usd_per_mtok_output']} is missing")
    if into == 0 or out == 0:
        raise RowError("a price of zero is a placeholder")
    if cached is not None and cached > into:
        prices["usd_per_mtok_cached_input"] = None
        reason = f"cached input at {cached:g} is above input at {into:g} USD/Mtok; input and output were taken"
        result.refuse(line, f"{key} | {reason}")
    name = _provider(provider)
    for metric, price in prices.items():
        if price is None:
            continue
        parts = (spelling.models()[model], metric, provider, key.split("/", 1)[-1])
        row = baseline(
            _fields(metric, price, model, name, day, file, f"entry {key}")
            | {"id": _id(*parts), "conditions": key, "qualifier": "list price, not a quote"},
            origin=f"import: {file}",
        )
        result.take(line, row)


def model_of(key: str) -> str:
    """The catalogue's model behind the name of a listing.

    Raises
    ------
    RowError
        for models the catalogue does not know, moving aliases and models derived from another.

    Examples
    --------
    >>> model_of("fireworks_ai/accounts/fireworks/models/llama-v3p3-70b-instruct")
    'Llama-3.3-70B'
    """
    name = key.casefold()
    if MOVING_ALIASES.search(name):
        raise RowError("an alias whose model changes over time; name the model itself")
    found = next((model for pattern, model in MODELS if pattern.search(name)), None)
    if found is None:
        raise RowError("not a model of the catalogue")
    if DERIVED.search(name):
        raise RowError(f"a model derived from {found}, not {found}")
    return found


def _price(entry: Mapping[str, object], field: str) -> float | None:
    """USD per million tokens, or None when the entry has no such price."""
    if entry.get(field) is None:
        return None
    per_token = number(entry[field], field)
    if per_token < 0:
        raise RowError(f"{field} {per_token:g} is below zero")
    if per_token > DEAREST_PER_TOKEN:
        raise RowError(f"{field} {per_token:g} USD a token is not plausible: is it per million tokens?")
    return round(per_token * TOKENS_PER_MTOK, 6)


def _medians(rows: list[Baseline], day: str, file: str) -> list[Baseline]:
    groups: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        if row.metric != "usd_per_mtok_cached_input":  # too few providers list one
            groups.setdefault((row.model, row.metric), []).append(row.value)
    found = []
    for (model, metric), prices in groups.items():
        if len(prices) < FEWEST_FOR_MEDIAN:
            continue
        spread = f"range {min(prices):g}-{max(prices):g}"
        fields = _fields(metric, median(prices), model, "", day, file, f"{len(prices)} entries") | {
            "id": _id(spelling.models()[model], metric, "median", day),
            "tier": "median",
            "confidence": "medium",
            "qualifier": f"median of {len(prices)} listings, {spread}; list prices",
        }
        found.append(baseline(fields, origin=f"import: {file}"))
    return found


def _fields(metric: str, price: float, model: str, provider: str, day: str, file: str, ref: str) -> dict[str, object]:
    return {
        "platform": "", "vendor": provider, "metric": metric, "value": price, "unit": "USD/Mtok",
        "kind": "price", "model": model, "tier": provider, "source": "LiteLLM price map",
        "source_ref": f"{file}, {ref}", "as_of": day, "confidence": "high",
    }  # fmt: skip


def _provider(name: str) -> str:
    if name.startswith("vertex_ai"):
        return "Vertex AI"
    return PROVIDERS.get(name, name)


def _id(model: str, metric: str, *rest: str) -> str:
    return ".".join((model, metric, *(spelling.slug(part) for part in rest)))
