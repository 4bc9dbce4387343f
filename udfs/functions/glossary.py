"""The glossary: every name of an argument, of the deployment model and of the catalogue, once, with its unit.

It is generated, so that it cannot differ from the code; what the code does not say (which names mean one thing, which
look alike and do not) stands here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tokenbook.udfs import catalog
from tokenbook.udfs.functions.declare import ExcelFunction
from tokenbook.udfs.kernels import deployment

SAME = (  # names that mean one thing; they are frozen, because workbooks hold them
    ("isl", "input_tokens"),
    ("osl", "output_tokens"),
    ("kw", "kw_per_gpu"),
    ("cashflows", "values"),
    ("usd_input", "usd_per_mtok"),
    ("usd_output", "usd_per_mtok"),
    ("rate", "discount_rate"),
    ("annual_gain", "software_annual_gain"),
    ("gain", "software_gain"),
    ("annual_factor", "price_annual_factor"),
    ("floor", "price_floor"),
    ("cv", "demand_cv"),
)
NOT_THE_SAME = (
    "`rate` is a discount rate, a share; `usd_per_gpu_hour`, which TOK_RATE builds up, is a price of an hour of a GPU.",
    "`tok_s_per_gpu` counts total (input plus output) or output tokens, as the caller says; a cost is per million of "
    "the tokens counted. Compare only what counts the same.",
    "`annual_factor` divides: 10 leaves a tenth after a year. `annual_gain` and `software_annual_gain` are added to 1.",
    "`months` is the time in which a software gain is reached, in the deployment model the life of the project; "
    "`periods` are counted in the step of the series.",
    "`usd_input`, `usd_output` and `usd_cached` are per million tokens, not per token.",
    "`utilization` is a share of the paid hours that is sold; `availability` the share in which the GPUs are up.",
)


@dataclass
class Entry:
    """A name: its units, what it means, and where it is used."""

    units: dict[str, None] = field(default_factory=dict)
    meaning: str = ""
    used: dict[str, None] = field(default_factory=dict)


def entries(functions: dict[str, ExcelFunction]) -> dict[str, Entry]:
    """Every name, in the order of the alphabet."""
    found: dict[str, Entry] = {}

    def say(name: str, unit: str, meaning: str, used: str) -> None:
        entry = found.setdefault(name, Entry())
        entry.units[unit] = None
        entry.meaning = entry.meaning or meaning
        entry.used[used] = None

    for item in deployment.INPUTS:
        say(item.name, item.unit or ", ".join(item.choices), item.help, "input of the deployment model")
    for quantity in deployment.OUTPUTS:
        say(quantity.name, quantity.unit, quantity.help, "output of the deployment model")
    for quantity in deployment.LINES:
        say(quantity.name, quantity.unit, quantity.help, "line of the deployment model")
    for metric in catalog.metrics().values():
        say(metric.id, metric.unit, metric.description, "metric of the catalogue")
    for function in functions.values():
        for argument in function.arguments:
            about = function.help.arguments[argument.name]
            say(argument.name, about.unit, about.text, function.name)
    return dict(sorted(found.items()))


def markdown(functions: dict[str, ExcelFunction]) -> str:
    """The page that stands beside this module."""
    lines = [
        "# Glossary",
        "",
        "Generated from the code by `python -m tokenbook.udfs.functions.glossary`; do not edit. Every argument of a",
        "function, every input, output and line of the deployment model and every metric of the catalogue, once.",
        "Several units beside a name: it depends on the function, see REFERENCE.md.",
        "",
        "Not the same:",
        "",
        *(f"- {sentence}" for sentence in NOT_THE_SAME),
        "",
        "The same under two names: " + ", ".join(f"`{one}` and `{other}`" for one, other in SAME) + ".",
        "",
        "| name | unit | meaning | used by |",
        "|---|---|---|---|",
    ]
    for name, entry in entries(functions).items():
        cells = (f"`{name}`", "; ".join(entry.units), entry.meaning, ", ".join(entry.used))
        lines.append("| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    from pathlib import Path

    from tokenbook.udfs.functions import registry

    Path(__file__).with_name("GLOSSARY.md").write_text(markdown(registry()), encoding="utf-8")
