"""The reference of all functions, generated from their docstrings: a page in Markdown, a page for the terminal."""

from __future__ import annotations

import textwrap

from tokenbook.udfs.functions.declare import CATEGORIES, ExcelFunction
from tokenbook.udfs.functions.docstrings import ArgumentHelp

WIDTH = 100  # of terminal text


def markdown(functions: dict[str, ExcelFunction]) -> str:
    """The whole reference: contents, then the functions by category."""
    by_category = {category: [f for f in functions.values() if f.category == category] for category in CATEGORIES}
    lines = [
        "# Function reference",
        "",
        "Generated from the code by `tokenbook functions --markdown`; do not edit. Arguments in brackets are optional.",
        "Every function takes single values or ranges: ranges broadcast element by element, in cash flows and curves a",
        "row is a scenario. A bad cell of a range spoils its own result only; an argument that is an Excel error is",
        "passed through.",
        "",
    ]
    for category, members in by_category.items():
        if members:
            links = " · ".join(f"[{f.name}](#{f.python_name})" for f in members)
            lines += [f"**{category}**: {links}", ""]
    for category, members in by_category.items():
        if members:
            lines += [f"## {category}", ""]
            for function in members:
                lines += [*_section(function), ""]
    return "\n".join(lines).rstrip() + "\n"


def _section(function: ExcelFunction) -> list[str]:
    text = function.help
    lines = [f"### {function.name}", "", f"`={function.signature}`", "", text.summary]
    if text.description:
        lines += ["", text.description]
    if text.arguments:
        lines += ["", "| argument | takes | unit | meaning |", "|---|---|---|---|"]
        lines += [_row(a.name, a.optional, text.arguments[a.name]) for a in function.arguments]
    lines += ["", f"**Returns** {text.returns}", ""]
    lines += [f"- `{code}` {meaning}" for code, meaning in text.errors]
    lines += ["", f"**Formula** {' '.join(text.formula.split())}", "", f"**Source** {text.source}", "", "```"]
    lines += [f"{formula} -> {value}" for formula, value in text.examples]
    return [*lines, "```"]


def _row(name: str, optional: bool, argument: ArgumentHelp) -> str:
    shown = f"[{name}]" if optional else name
    return f"| {shown} | {_cell(argument.takes)} | {_cell(argument.unit)} | {_cell(argument.text)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def text(function: ExcelFunction) -> str:
    """The full help of one function for a terminal."""
    help_ = function.help
    lines = [f"={function.signature}", "", *_wrapped(help_.summary)]
    if help_.description:
        lines += ["", *_wrapped(help_.description)]
    if function.arguments:
        lines += ["", "Arguments"]
    for argument in function.arguments:
        about = help_.arguments[argument.name]
        shown = f"[{argument.name}]" if argument.optional else argument.name
        lines += [f"  {shown}: {about.takes}, {about.unit}", *_wrapped(about.text, "      ")]
    lines += ["", "Returns", *_wrapped(help_.returns, "  "), "", "Errors"]
    for code, meaning in help_.errors:
        lines += _wrapped(f"{code:<8} {meaning}", "  ", "           ")
    lines += ["", "Formula", *_wrapped(help_.formula, "  "), "", "Source", *_wrapped(help_.source, "  ")]
    lines += ["", "Example", *(f"  {formula} -> {value}" for formula, value in help_.examples)]
    return "\n".join(lines)


def _wrapped(content: str, first: str = "", rest: str | None = None) -> list[str]:
    rest = first if rest is None else rest
    return textwrap.wrap(" ".join(content.split()), WIDTH, initial_indent=first, subsequent_indent=rest)


if __name__ == "__main__":  # writes the page that stands beside this module
    from pathlib import Path

    from tokenbook.udfs.functions import registry

    Path(__file__).with_name("REFERENCE.md").write_text(markdown(registry()), encoding="utf-8")
