"""What a workbook answers in a few lines, for the command line and for readers of a file without its charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tokenbook.templates.engine import Model
from tokenbook.templates.sheets.formula import place_ref
from tokenbook.templates.sheets.writer import Writer


@dataclass(frozen=True, slots=True)
class Headline:
    """A small table: a title, column headings, and lines of (label, number format, one value a column)."""

    title: str
    columns: tuple[str, ...]
    lines: tuple[tuple[str, str, tuple], ...]


CORE = (  # key of the core's block, label, number format
    ("cost_per_mtok_first", "Cost now, USD/Mtok", "usd_per_mtok"),
    ("cost_per_mtok_last", "Cost at end, USD/Mtok", "usd_per_mtok"),
    ("lcot", "LCOT, USD/Mtok", "usd_per_mtok"),
    ("revenue_multiple", "Revenue multiple", "multiple"),
    ("net_roi", "Net ROI", "multiple"),
    ("npv", "NPV, USD", "usd"),
    ("irr", "IRR a year", "share"),
    ("payback", "Payback, months", "months"),
)


def by_platform(writer: Writer, model: Model, lines: Sequence[tuple[str, str, str]] = CORE, *, block: str = "model") -> Headline:
    """The results of the deployment core (or of another ``block``), a column a platform."""
    columns = range(1, sum(1 for name in writer.workbook.defined_names if name.startswith("platform_")) + 1)
    platforms = tuple(str(value(writer, model, f"inputs.p{n}.platform")) for n in columns)
    title = f"{value(writer, model, 'inputs.model')}, {value(writer, model, 'inputs.months'):.0f} months"
    table = tuple(
        (writer.unit(label), kind, tuple(value(writer, model, f"{block}_{n}.{key}") for n in columns))
        for key, label, kind in lines
    )
    return Headline(title, platforms, table)


def value(writer: Writer, model: Model, name: str) -> Any:
    """The computed value of a named cell of the workbook."""
    place = writer.book.find(name)
    return model.value(place.sheet, place_ref(place))
