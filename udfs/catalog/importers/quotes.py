"""A team's own figures: a CSV or Excel table in the columns of the schema, or with one column per metric.

Long: `platform, metric, value, unit, as_of, source, ...`.
Wide: `platform, as_of, kw_per_gpu, usd_per_gpu_hour [hyperscaler], ...`, where the header names the metric
and, in brackets, the tier; values are in the unit of the metric.
What is missing gets an honest default (source: the file, confidence: medium); date and unit never do.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path

from .. import spelling, tabular, units
from ..baseline import FIELDS, Baseline
from ..conditions import parse
from ..dates import iso
from ..errors import CatalogError, RowError, UnknownKey
from ..metrics import Metric, metric, metrics
from ..schema import baseline, number
from .result import Given, ImportResult

COLUMNS = {  # what people call a column of the schema
    "gpu": "platform", "accelerator": "platform", "hardware": "platform", "system": "platform",
    "price": "value", "amount": "value", "figure": "value",
    "date": "as_of", "valid_from": "as_of", "quote_date": "as_of", "known_since": "as_of",
    "provider": "vendor", "supplier": "vendor",
    "note": "qualifier", "notes": "qualifier", "comment": "qualifier", "remark": "qualifier",
    "contract": "tier", "ownership": "tier",
    "conc": "concurrency", "median_ttft_ms": "ttft_ms", "tok_s_per_user": "interactivity",
    "reference": "source_ref", "quote": "source_ref", "document": "source_ref", "link": "source_ref",
    "isl_osl": "shape", "workload": "shape",
}  # fmt: skip
KIND_OF_SUBJECT = {
    "rate": "price", "token price": "price", "price decline": "measured", "site": "measured",
    "throughput": "measured", "software": "measured",
    "power": "specification", "hardware": "specification", "model": "specification",
    "assumption": "assumption", "claim": "claim",
}  # fmt: skip
PRICED = ("hardware", "site")  # subjects in which what is counted in money is a price
Row = Mapping[str, object]  # cells by column
_WITH_TIER = re.compile(r"(.+?)_?\[(.+)\]")


def read(path: str | os.PathLike[str], given: Given) -> ImportResult:
    """Read a table of own figures (`import_file` says more)."""
    file = Path(path)
    return convert(tabular.rows(file), str(file), file.name, given)


def convert(
    table: Iterator[tuple[int, Mapping[str, object]]],
    place: str,
    name: str,
    given: Given,
) -> ImportResult:
    """Rows of any table (file or database) as checked figures; `name` is the source when none is given."""
    result = ImportResult("quotes", place)
    defaults = {COLUMNS.get(key, key): value for key, value in given.defaults.items()}
    tiers = {spelling.normal(tier): tier for tier in given.tiers}
    layout: _Layout | None = None
    for line, cells in table:
        layout = layout or _Layout.of(place, cells, defaults, result)
        for figure in layout.figures(cells, defaults):
            try:
                if isinstance(figure, RowError):
                    raise figure
                row = _baseline(figure, given.as_of, name, tiers)
                result.take(line, row)
            except RowError as error:
                result.refuse(line, str(error))
    if layout is None:
        raise CatalogError(f"{place}: the table has a header and no rows")
    strange = {row.platform for row in result.rows if row.platform and not spelling.find_platform(row.platform)}
    for platform in sorted(strange)[:5]:
        result.notes.append(f"platform {platform!r} is new to the catalogue{spelling.platform_hint(platform)}")
    return result


class _Layout:
    """Which columns of a table mean what."""

    def __init__(self, known: dict[str, str], wide: dict[str, tuple[str, str]]) -> None:
        self.known, self.wide = known, wide

    @classmethod
    def of(cls, place: str, cells: Row, given: Row, result: ImportResult) -> _Layout:
        """The layout a header asks for; CatalogError when nothing can come of it."""
        known: dict[str, str] = {}
        wide: dict[str, tuple[str, str]] = {}
        ids = {spelling.normal(name): name for name in metrics()}
        for column in cells:
            if column == "":
                continue
            field = COLUMNS.get(column, column)
            bracket = _WITH_TIER.fullmatch(column)
            metric_id = ids.get(spelling.normal(bracket[1] if bracket else column))
            if field in FIELDS or field == "shape":
                if field in known.values():
                    raise CatalogError(f"{place}: two columns mean {field!r}, one of them {column!r}")
                known[column] = field
            elif metric_id:
                wide[column] = (metric_id, bracket[2].replace("_", " ") if bracket else "")
            else:
                result.notes.append(f"column {column!r} is not read")
        named = set(known.values()) | set(given)
        missing = [field for field in ("metric", "value") if field not in named]
        if missing and not wide:
            raise CatalogError(
                f"{place}: column {missing[0]!r} is missing; needed are metric, value, unit, as_of and "
                "platform or model, or one column per metric such as usd_per_gpu_hour"
            )
        return cls(known, {} if not missing else wide)

    def figures(self, cells: Row, given: Row) -> Iterator[dict[str, object] | RowError]:
        """The figures of one row: itself, or one per metric column that is not blank."""
        if cells.get(""):
            yield RowError(f"{cells['']}: a comma inside a value?")
            return
        row = {
            **given,
            **{field: cells[column] for column, field in self.known.items() if not _blank(cells.get(column))},
        }
        if not self.wide:
            yield row
            return
        for column, (metric_id, tier) in self.wide.items():
            if not _blank(cells.get(column)):
                extra = {"tier": tier} if tier else {}
                yield (row | extra | {"metric": metric_id, "value": cells[column], "unit": metrics()[metric_id].unit})


def _baseline(row: dict[str, object], as_of: str, name: str, tiers: Mapping[str, str]) -> Baseline:
    try:
        about = metric(str(row.get("metric") or ""))
    except UnknownKey as error:
        raise RowError("metric is empty" if _blank(row.get("metric")) else str(error)) from None
    value, written = _value(row, about)
    if _blank(written):
        raise RowError(f"unit is empty: {about.id} is in {about.unit}")
    fields = {key: _text(value) for key, value in row.items() if key in FIELDS}
    fields |= {"metric": about.id, "value": value * units.factor(str(written), about.unit, about.id)}
    fields["unit"] = about.unit
    _shape(row, fields)
    _names(fields)
    fields["tier"] = _tier(str(fields.get("tier", "")), tiers)
    fields["as_of"] = _day(row.get("as_of") or row.get("run_date") or as_of, "as_of")
    if not _blank(row.get("run_date")):
        fields["run_date"] = _day(row["run_date"], "run_date")
    fields["precision"] = str(fields.get("precision", "")).upper()
    fields["framework"] = str(fields.get("framework", "")).casefold()
    fields["kind"] = str(fields.get("kind") or _kind(about)).casefold()
    fields["confidence"] = str(fields.get("confidence") or "medium").casefold()
    fields["source"] = fields.get("source") or f"own figure, {name}"
    fields["source_ref"] = fields.get("source_ref") or name
    fields["id"] = str(fields.get("id", "")).casefold() or _id(fields)
    return baseline(fields, origin=f"import: {name}")


def _value(row: Row, about: Metric) -> tuple[float, object]:
    """The number and its written unit; a dollar sign or a percent sign on the number is understood."""
    value, written = row.get("value"), row.get("unit")
    if isinstance(value, str):
        text = value.strip()
        for sign in ("US$", "USD", "$"):
            text = text.removeprefix(sign).strip()
        if text.endswith("%"):
            text, written = (
                text[:-1].strip(),
                "%" if _blank(written) or written in ("%", about.unit) else written,
            )
        value = text
    return number(value, "value"), written


def _kind(about: Metric) -> str:
    """What a figure without a stated kind most likely is."""
    priced = about.subject in PRICED and about.unit.startswith("USD")
    return "price" if priced else KIND_OF_SUBJECT[about.subject]


def _shape(row: Row, fields: dict[str, object]) -> None:
    if _blank(row.get("shape")):
        return
    found = parse(str(row["shape"]))
    if found.isl is None or found.osl is None:
        raise RowError(f"shape {row['shape']!r} is not like 8k/1k or 8192/1024")
    for name, tokens in (("isl", found.isl), ("osl", found.osl)):
        if _blank(fields.get(name)):
            fields[name] = tokens


def _names(fields: dict[str, object]) -> None:
    """Bring platform and model to their one spelling; a team may have platforms of its own."""
    platform = " ".join(str(fields.get("platform", "")).split())
    fields["platform"] = (spelling.find_platform(platform) or platform) if platform else ""
    model = " ".join(str(fields.get("model", "")).split())
    fields["model"] = (spelling.find_model(model) or model) if model else ""
    if not fields.get("vendor") and fields["platform"] in spelling.platforms():
        fields["vendor"] = spelling.platforms()[fields["platform"]].vendor


def _tier(text: str, tiers: Mapping[str, str]) -> str:
    text = text.strip()
    form = spelling.normal(re.sub(r"(\d)\s*-?\s*(?:yrs?|years?)\b", r"\1year", text.casefold()))
    return tiers.get(form, text)


def _day(value: object, name: str) -> str:
    if _blank(value):
        raise RowError(f"{name} is empty: from which day was the figure known?")
    try:
        return iso(value)
    except CatalogError:  # the text in quotes, so that refusals of one kind are counted together
        raise RowError(f"{name} {str(value)!r} is not a date; write it as 2026-07-31") from None


def _id(fields: Mapping[str, object]) -> str:
    platform = spelling.platforms().get(str(fields["platform"]))
    head = platform.slug if platform else str(fields["platform"])
    model = spelling.models().get(str(fields["model"]), str(fields["model"]))
    shape = "-".join(str(fields[name]) for name in ("isl", "osl") if not _blank(fields.get(name)))
    tail = [fields.get(name, "") for name in ("tier", "conditions", "precision", "framework", "interactivity",
                                              "concurrency", "as_of")]  # fmt: skip
    metric_id = str(fields["metric"])
    return ".".join(
        part if part == metric_id else spelling.slug(str(part))
        for part in (head, metric_id, model, shape, *tail)
        if not _blank(part)
    )


def _text(value: object) -> object:
    if isinstance(value, (date, datetime)):
        return iso(value)
    return value.strip() if isinstance(value, str) else value


def _blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
