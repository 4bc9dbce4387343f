"""InferenceX rows: API rows (JSON), raw or unofficial runner results (JSON), and flat tables of them (CSV).

What is taken: total throughput per GPU at its speed per user, one `frontier_total_tok_s_per_gpu` row per run.

Traps handled
- API rows give times in seconds, the unofficial runner in milliseconds (its names end in `_ms`); a row whose
  speed per user and time per output token disagree is refused.
- `tput_per_gpu` must be input plus output; a row where it equals the output rate is refused.
- Disaggregated rows divide output by decode GPUs and input by prefill GPUs: only the total is taken.
- The unofficial runner gives the rate of the whole server (divided by its GPUs here), and runs that stopped
  early, seen by too few output tokens for their shape, are refused.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from tokenbook.udfs.kernels.units import MS_PER_S

from .. import spelling, tabular
from ..baseline import Baseline
from ..conditions import parse
from ..dates import iso
from ..errors import CatalogError, RowError
from ..schema import baseline, number, whole
from .json_records import records
from .result import Given, ImportResult

Fields = Mapping[str, object]  # of a record, by name
METRIC = "frontier_total_tok_s_per_gpu"
UNIT = "tok/s/GPU"
PRECISIONS = ("fp4", "fp8", "fp16", "bf16", "mxfp4", "nvfp4", "int4", "int8")
SUM_TOLERANCE = 0.01  # input + output against total
RECIPROCAL_TOLERANCE = 0.02  # speed per user x time per output token = 1
OUTPUT_SHARE_TOLERANCE = 0.1  # output share of the tokens against the shape's
_NONE = ("None", "", "0")  # a count that a row does not give
FASTEST_USER = 20_000.0  # [tok/s/user] above it the time unit is wrong

_COLUMNS = {  # flat tables: column -> name of the API row
    "platform": "hardware",
    "tok_s_per_gpu": "tput_per_gpu",
    "total_tok_s_per_gpu": "tput_per_gpu",
    "tput_per_chip": "tput_per_gpu",
    "input_tput_per_chip": "input_tput_per_gpu",
    "output_tput_per_chip": "output_tput_per_gpu",
    "tok_s_per_user": "median_intvty",
    "median_tpot_s": "median_tpot",
    "median_ttft_s": "median_ttft",
    "median_e2el_s": "median_e2el",
    "prefill_gpus": "num_prefill_gpu",
    "decode_gpus": "num_decode_gpu",
    "concurrency": "conc",
    "run_date": "date",
}


def read(path: str | os.PathLike[str], given: Given) -> ImportResult:
    """Read a file of InferenceX rows (`import_file` says more)."""
    file = Path(path)
    result = ImportResult("inferencex", str(file))
    for line, label, record in _records(file, given.defaults):
        try:
            if not isinstance(record, Mapping):
                raise RowError("not an object with fields")
            result.take(line, _baseline(record, given.as_of, file.name))
        except RowError as error:
            result.refuse(line, f"record {label} | {error}")
    return result


def _records(file: Path, defaults: Mapping[str, object]) -> Iterator[tuple[int, object, object]]:
    if file.suffix.lower() == ".json":
        yield from records(file, keyed=False)
        return
    shape = parse(str(defaults.get("shape", "")))
    others = {name: value for name, value in defaults.items() if name != "shape"}
    given = {**others, **({"isl": shape.isl, "osl": shape.osl} if shape.isl else {})}
    given = {_COLUMNS.get(name, name): value for name, value in given.items()}
    first = True
    for count, (line, cells) in enumerate(tabular.rows(file), start=1):
        row = dict(given)
        row.update({_COLUMNS.get(name, name): cell for name, cell in cells.items() if cell not in (None, "")})
        if first:
            _check_columns(file, {_COLUMNS.get(name, name) for name in cells} | set(given))
            first = False
        if "disagg" in row:
            row["disagg"] = {"true": True, "false": False}.get(str(row["disagg"]).casefold(), row["disagg"])
        yield line, count, row


def _check_columns(file: Path, names: set[str]) -> None:
    needed = ("hardware", "model", "isl", "osl", "precision", "tput_per_gpu", "median_intvty", "date")
    missing = [name for name in needed if name not in names]
    if missing:
        raise CatalogError(
            f"{file}: column {missing[0]!r} is missing (needed: {', '.join(needed)}; a column with one "
            "value for the whole file can be given as a default)"
        )


def _baseline(record: Fields, as_of: str, file: str) -> Baseline:
    metrics = record.get("metrics", record)
    if not isinstance(metrics, Mapping):
        raise RowError("metrics is not an object with fields")
    platform = _platform(record)
    model = _model(record)
    isl, osl = _count(record, "isl"), _count(record, "osl")
    precision = str(_need(record, "precision")).casefold()
    if precision not in PRECISIONS:
        raise RowError(f"precision {precision!r} is none of {', '.join(PRECISIONS)}")
    concurrency = whole(record.get("conc"), "conc")
    unofficial = any(name.endswith("_ms") for name in metrics) and "total_token_throughput" in metrics
    total, speed, ttft_ms = _unofficial(record, metrics, isl, osl) if unofficial else _official(record, metrics)
    if speed > FASTEST_USER:
        raise RowError(f"{speed:g} tok/s/user is not plausible: is the time per output token in the right unit?")
    written = record.get("date") or record.get("ts") or as_of
    try:
        day = iso(written)
    except CatalogError:  # the text in quotes, so that refusals of one kind are counted together
        raise RowError(f"date {str(written)!r} is not a date; write it as 2026-07-31") from None
    disaggregated = _flag(record, "disagg")
    method = str(record.get("spec_method") or record.get("spec_decoding") or "none").casefold()
    mtp = "no-MTP" if method in ("none", "false") else method.upper()
    layout = _layout(record, disaggregated)
    framework = str(record.get("framework") or "").casefold()
    words = [
        "disaggregated" if disaggregated else "aggregated", mtp, layout,
        "unofficial" if unofficial else "",
    ]  # fmt: skip
    slug = spelling.platforms()[platform].slug
    shape = f"{_k(isl)}{_k(osl)}"
    id_parts = (
        slug, "frontier", f"{spelling.models()[model]}-{shape}-{precision}",
        "-".join(part for part in (framework, "" if mtp == "no-MTP" else mtp.lower()) if part),
        f"c{concurrency}" if concurrency else f"{round(speed, 4):.10g}-tok-s-user", layout,
        "unofficial" if unofficial else "", day,
    )  # fmt: skip
    return baseline(
        {
            "id": ".".join(spelling.slug(part) for part in id_parts if part),
            "platform": platform,
            "vendor": spelling.platforms()[platform].vendor,
            "metric": METRIC,
            "value": round(total, 4),
            "unit": UNIT,
            "kind": "measured",
            "qualifier": "unofficial runner, rate of the server over its GPUs" if unofficial else "",
            "model": model,
            "conditions": " ".join(word for word in words if word),
            "tier": "run",
            "source": "InferenceX unofficial runner" if unofficial else "InferenceX benchmark run",
            "source_ref": str(record.get("run_url") or file),
            "as_of": max(day, as_of) if as_of else day,
            "confidence": "low" if unofficial else "high",
            "isl": isl,
            "osl": osl,
            "precision": precision.upper().replace("NVFP4", "FP4"),
            "framework": framework,
            "interactivity": round(speed, 4),
            "concurrency": concurrency,
            "run_date": day,
            "ttft_ms": None if ttft_ms is None else round(ttft_ms, 2),
        },
        origin=f"import: {file}",
    )


def _official(record: Fields, metrics: Fields) -> tuple[float, float, float | None]:
    """Total tok/s/GPU, tok/s/user and TTFT in ms of an API row (times in seconds)."""
    total = number(_need(metrics, "tput_per_gpu"), "tput_per_gpu")
    if total <= 0:
        raise RowError(f"tput_per_gpu {total:g} is not above zero")
    speed = number(_need(metrics, "median_intvty"), "median_intvty")
    if speed <= 0:
        raise RowError(f"median_intvty {speed:g} is not above zero")
    if metrics.get("median_tpot") not in (None, ""):
        product = speed * number(metrics["median_tpot"], "median_tpot")
        if math.isclose(product, MS_PER_S, rel_tol=RECIPROCAL_TOLERANCE):
            raise RowError("median_tpot is in milliseconds, seconds are expected in this kind of row")
        if not math.isclose(product, 1, rel_tol=RECIPROCAL_TOLERANCE):
            raise RowError(f"median_intvty times median_tpot is {product:.4g}, it must be 1: one has a wrong unit")
    ttft = metrics.get("median_ttft")
    ttft = None if ttft in (None, "") else number(ttft, "median_ttft")
    whole_request = metrics.get("median_e2el")
    if ttft is not None and whole_request not in (None, "") and ttft > number(whole_request, "median_e2el"):
        raise RowError("median_ttft is longer than the whole request (median_e2el): milliseconds for seconds?")
    _check_total(record, metrics, total)
    return total, speed, None if ttft is None else ttft * MS_PER_S


def _check_total(record: Fields, metrics: Fields, total: float) -> None:
    """The throughput must be of input and output tokens together."""
    if metrics.get("input_tput_per_gpu") in (None, "") or metrics.get("output_tput_per_gpu") in (None, ""):
        return
    into = number(metrics["input_tput_per_gpu"], "input_tput_per_gpu")
    out = number(metrics["output_tput_per_gpu"], "output_tput_per_gpu")
    output_only = "tput_per_gpu equals the output rate: output tokens only, the total is expected"
    if _flag(record, "disagg"):
        prefill = number(_need(record, "num_prefill_gpu"), "num_prefill_gpu")
        decode = number(_need(record, "num_decode_gpu"), "num_decode_gpu")
        if math.isclose(total, out * decode / (prefill + decode), rel_tol=SUM_TOLERANCE):
            raise RowError(output_only)
    elif math.isclose(total, out, rel_tol=SUM_TOLERANCE):
        raise RowError(output_only)
    elif not math.isclose(total, into + out, rel_tol=SUM_TOLERANCE):
        raise RowError(f"tput_per_gpu {total:g} is not input {into:g} plus output {out:g}")


def _unofficial(record: Fields, metrics: Fields, isl: int, osl: int) -> tuple[float, float, float | None]:
    """The same of an unofficial runner row (times in milliseconds, rates of the whole server)."""
    gpus = _count(record, "tp")
    total = number(metrics["total_token_throughput"], "total_token_throughput")
    output = number(_need(metrics, "output_token_throughput"), "output_token_throughput")
    tpot = number(_need(metrics, "median_tpot_ms"), "median_tpot_ms")
    if total <= 0 or tpot <= 0:
        raise RowError("total_token_throughput and median_tpot_ms must be above zero")
    expected = osl / (isl + osl)
    if abs(output / total - expected) > OUTPUT_SHARE_TOLERANCE:
        raise RowError(
            f"{output / total:.0%} of the tokens are output where the shape {isl}/{osl} has {expected:.0%}: "
            "the run stopped early or counts other tokens"
        )
    ttft = metrics.get("median_ttft_ms")
    return total / gpus, MS_PER_S / tpot, None if ttft in (None, "") else number(ttft, "median_ttft_ms")


def _platform(record: Fields) -> str:
    text = str(record.get("hardware") or record.get("hw") or "")
    if not text:
        raise RowError("hardware is missing")
    found = spelling.find_platform(text)
    if found is None:
        raise RowError(f"unknown hardware {text!r}{spelling.platform_hint(text)}")
    return found


def _model(record: Fields) -> str:
    texts = [str(record[name]) for name in ("infmax_model_prefix", "model") if record.get(name)]
    if not texts:
        raise RowError("model is missing")
    for text in texts:
        if found := spelling.find_model(text):
            return found
    raise RowError(f"unknown model {texts[0]!r}{spelling.model_hint(texts[0])}")


def _layout(record: Fields, disaggregated: bool) -> str:
    """Parallelism in short: "tp8.ep1" or "1xtp4.ep4-to-6xtp8.ep8" (dp: attention is data-parallel)."""

    def part(prefix: str) -> str:
        cells = {name: record.get(f"{prefix}{name}", record.get(name)) for name in ("tp", "ep", "dp_attention")}
        text = f"tp{cells['tp']}" if cells["tp"] not in (None, "") else ""
        if str(cells["ep"]) not in _NONE:
            text += f".ep{cells['ep']}"
        return text + (".dp" if str(cells["dp_attention"]).casefold() == "true" else "")

    if not disaggregated:
        return part("prefill_")
    sides = []
    for side in ("prefill", "decode"):
        workers, gpus = record.get(f"{side}_num_workers"), record.get(f"num_{side}_gpu")
        sides.append(f"{gpus}gpu-{workers}x{part(side + '_')}" if str(workers) not in _NONE else f"{gpus}gpu")
    return "-to-".join(sides)


def _flag(record: Fields, name: str) -> bool:
    value = record.get(name, False)
    if not isinstance(value, bool):
        raise RowError(f"{name} {value!r} is neither true nor false")
    return value


def _need(fields: Fields, name: str) -> object:
    if fields.get(name) in (None, ""):
        raise RowError(f"{name} is missing")
    return fields[name]


def _count(fields: Fields, name: str) -> int:
    """A whole number above zero that a row must have."""
    found = whole(_need(fields, name), name)
    if found is None:  # only spaces
        raise RowError(f"{name} is missing")
    return found


def _k(tokens: int) -> str:
    return f"{tokens // 1024}k" if tokens % 1024 == 0 else str(tokens)
