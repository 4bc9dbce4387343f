"""Reads the help of a function out of its docstring, so that the text stands in one place only.

The form is numpydoc with four sections of our own (``Errors``, ``Formula``, ``Source``, ``Example``); the example is
a cell formula and its value, ``=TOK_COST(1.95, 28012.9) -> 0.01934``, and a test computes it.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

SECTIONS = ("Parameters", "Returns", "Errors", "Formula", "Source", "Example", "Notes")
REQUIRED = ("Returns", "Errors", "Formula", "Source", "Example")


@dataclass(frozen=True, slots=True)
class ArgumentHelp:
    takes: str
    unit: str
    text: str


@dataclass(frozen=True, slots=True)
class Help:
    summary: str
    description: str
    arguments: dict[str, ArgumentHelp]
    returns: str
    errors: tuple[tuple[str, str], ...]
    formula: str
    source: str
    examples: tuple[tuple[str, str], ...]
    notes: str


def parse(docstring: str, name: str) -> Help:
    """Read a docstring. Raises ValueError where a required section is missing."""
    text = docstring.strip("\n")
    head, _, rest = text.partition("\n")
    text = head.strip() + "\n" + textwrap.dedent(rest)
    parts = re.split(rf"^({'|'.join(SECTIONS)})\n-+\n", text, flags=re.MULTILINE)
    summary, _, description = parts[0].strip().partition("\n\n")
    sections = {parts[i]: parts[i + 1].strip() for i in range(1, len(parts), 2)}
    missing = [section for section in REQUIRED if not sections.get(section)]
    if missing:
        raise ValueError(f"{name}: the docstring lacks {', '.join(missing)}")
    return Help(
        summary=_joined(summary),
        description=description.strip(),
        arguments=_arguments(sections.get("Parameters", "")),
        returns=_joined(sections["Returns"]),
        errors=tuple(_errors(sections["Errors"])),
        formula=sections["Formula"],
        source=_joined(sections["Source"]),
        examples=tuple(_examples(sections["Example"], name)),
        notes=_joined(sections.get("Notes", "")),
    )


def _arguments(section: str) -> dict[str, ArgumentHelp]:
    found = {}
    for match in re.finditer(r"^(\w+) : (.+)\n((?:[ ]+.+\n?)+)", section + "\n", flags=re.MULTILINE):
        takes, _, unit = match[2].partition(", ")
        found[match[1]] = ArgumentHelp(takes, unit, _joined(match[3]))
    return found


def _errors(section: str) -> Iterator[tuple[str, str]]:
    """(code, meaning) pairs; a line that begins with no code goes on with the one before."""
    for part in re.split(r"\n(?=\s*#)", section):
        code, _, text = _joined(part).partition(" ")
        yield code, text


def _examples(section: str, name: str) -> Iterator[tuple[str, str]]:
    """(formula, value) pairs; a formula may go on over several lines."""
    for example in re.split(r"\n(?=\s*=)", section):
        formula, arrow, value = _joined(example).partition(" -> ")
        if not arrow:
            raise ValueError(f"{name}: the example {formula!r} says no value (write = ... -> value)")
        yield formula, value


def _joined(text: str) -> str:
    return " ".join(text.split())
