"""MLPerf Inference results: the root `summary_results.json` of a round.

What is taken: closed-division results in Tokens/s of the models the catalogue knows, one
`output_tok_s_per_accelerator` row each. The value is derived here, not an official MLPerf metric.

Traps handled
- MLPerf counts OUTPUT tokens only; the metric says so and is never mixed with total throughput.
- Results are of the whole system. Accelerators are the "(xN)" counts of the accelerator text; Nodes x a# is
  used only where there are none, since it overcounts uneven clusters (87 as 88, 94 as 96).
- Systems that mix accelerators, open-division results and units other than Tokens/s are refused.
- The benchmark is in Model; UsedModel is free text.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from .. import spelling
from ..baseline import Baseline
from ..errors import RowError
from ..schema import baseline, number, whole
from .json_records import records
from .result import Given, ImportResult

METRIC = "output_tok_s_per_accelerator"
UNIT = "tok/s/accelerator"
ROUNDS = {"v5.1": "2025-09-09", "v6.0": "2026-04-01"}  # round: day its results became public
SCENARIOS = ("Offline", "Server", "Interactive")
ACCURACY = re.compile(r"-(99(?:\.9)?)$")  # llama2-70b-99 and -99.9 are one model at two accuracies
_COUNTED = re.compile(r"\(x(\d+)\)")
_MEMORY = re.compile(r"[\s-]+\d+\s?GB(?:\s?HBM\w*)?", re.IGNORECASE)
_POWER_CAP = re.compile(r"\(Power Cap (\d+) W\)", re.IGNORECASE)


def read(path: str | os.PathLike[str], given: Given) -> ImportResult:
    """Read a summary_results.json (`import_file` says more)."""
    file = Path(path)
    result = ImportResult("mlperf", str(file))
    for line, label, record in records(file, keyed=False):
        try:
            if not isinstance(record, Mapping):
                raise RowError("not an object with fields")
            result.take(line, _baseline(record, given.as_of, file.name))
        except RowError as error:
            name = record.get("ID") if isinstance(record, Mapping) else None
            result.refuse(line, f"record {label}{f' ({name})' if name else ''} | {error}")
    if result.rows:
        result.notes.append("MLPerf counts output tokens only; per-accelerator values are derived, not official")
    return result


def _baseline(record: Mapping[str, object], as_of: str, file: str) -> Baseline:
    unit = _need(record, "Performance_Units")
    if unit != "Tokens/s":
        raise RowError(f"Performance_Units {unit!r}: only Tokens/s can be a token rate")
    division = _need(record, "Category")
    if division != "closed":
        raise RowError(f"{division} division: another model may run under the name of the benchmark")
    scenario = _need(record, "Scenario")
    if scenario not in SCENARIOS:
        raise RowError(f"Scenario {scenario!r} is none of {', '.join(SCENARIOS)}")
    benchmark = _need(record, "Model")
    accuracy = ACCURACY.search(benchmark)
    model = spelling.find_model(ACCURACY.sub("", benchmark))
    if model is None:
        raise RowError(f"model {benchmark!r} is not a model of the catalogue")
    platform, remark = _platform(_need(record, "Accelerator"))
    accelerators = _accelerators(record)
    performance = number(record.get("Performance_Result"), "Performance_Result")
    if performance <= 0:
        raise RowError(f"Performance_Result {performance:g} is not above zero")
    round_ = str(record.get("version") or _round_of(_need(record, "ID")))
    day = as_of or ROUNDS.get(round_, "")
    if not day:
        raise RowError(f"round {round_!r}: its day of publication is not known, give as_of")
    submitter, id_ = _need(record, "Submitter"), _need(record, "ID")
    precision = str(record.get("weight_data_types") or "").upper()
    availability = str(record.get("Availability") or "")
    words = (
        scenario, f"accuracy-{accuracy[1]}" if accuracy else "", availability, submitter.replace(" ", "_"),
        id_, f"x{accelerators}", remark,
    )  # fmt: skip
    slug = spelling.platforms()[platform].slug
    parts = (slug, METRIC, spelling.models()[model] + (f"-{accuracy[1]}" if accuracy else ""), scenario, id_)
    return baseline(
        {
            "id": ".".join(spelling.slug(part) for part in parts).replace(spelling.slug(METRIC), METRIC),
            "platform": platform,
            "vendor": spelling.platforms()[platform].vendor,
            "metric": METRIC,
            "value": round(performance / accelerators, 4),
            "unit": UNIT,
            "kind": "measured",
            "qualifier": f"derived: {performance:,.0f} output tok/s over {accelerators} accelerators",
            "model": model,
            "conditions": " ".join(word for word in words if word),
            "tier": "submission",
            "source": f"MLPerf Inference {round_}, closed division",
            "source_ref": f"{file}, submission {id_}",
            "as_of": day,
            "confidence": "high" if availability == "available" else "medium",
            "precision": "" if precision == "UNSET" else precision,
        },
        origin=f"import: {file}",
    )


def _platform(text: str) -> tuple[str, str]:
    """The platform of an accelerator text, and a word on what is special about it."""
    if len(re.split(r",|\band\b|\+", text)) > 1:
        raise RowError(f"accelerator {text!r}: several kinds in one system, the result belongs to none")
    cap = _POWER_CAP.search(text)
    plain = _MEMORY.sub("", _POWER_CAP.sub("", _COUNTED.sub("", text))).strip()
    found = spelling.find_platform(plain) or spelling.find_platform(_COUNTED.sub("", text).strip())
    if found is None:
        raise RowError(f"accelerator {text!r} is not a platform of the catalogue")
    remark = f"power-cap-{cap[1]}w" if cap else "virtualized" if "virtualized" in text.casefold() else ""
    return found, remark


def _accelerators(record: Mapping[str, object]) -> int:
    counted = _COUNTED.findall(str(record["Accelerator"]))
    if counted:
        counts = [whole(count, "the count in the accelerator text") for count in counted]
        return sum(count for count in counts if count is not None)
    nodes, each = whole(record.get("Nodes"), "Nodes"), whole(record.get("a#"), "a#")
    if nodes is None or each is None:
        raise RowError(f"{'Nodes' if nodes is None else 'a#'} is missing: the accelerators cannot be counted")
    return nodes * each


def _round_of(id_: str) -> str:
    return f"v{id_.split('-')[0]}"


def _need(record: Mapping[str, object], name: str) -> str:
    value = record.get(name)
    if value in (None, ""):
        raise RowError(f"{name} is missing")
    return str(value)
