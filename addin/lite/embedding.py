"""Puts the functions into a workbook for xlwings Lite: readable source and figures, or a line asking for the package.

Other parts of the workbook stay as they are, byte for byte; calls of our functions are stored the way Lite reads
them.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass

from tokenbook.addin.lite import figures, package_source, part, source
from tokenbook.addin.version import version
from tokenbook.templates import bindings
from tokenbook.templates.formulas import stored_calls
from tokenbook.templates.ooxml import Package
from tokenbook.udfs import catalog
from tokenbook.udfs.catalog.spelling import find_platform
from tokenbook.udfs.errors import TokenbookError
from tokenbook.udfs.functions import registry

HOST = "lite"
MAIN, REQUIREMENTS = "main.py", "requirements.txt"
# Versions that were seen together in workbooks which Excel saved with the add-in; the add-in offers newer ones itself.
SEEN_VERSIONS = {"pyodideVersion": "0.27.5", "addinVersion": "1.0.0.0-18"}
XLWINGS = "xlwings==0.37.8"  # the one tested here; reads formulas, which refreshing needs
REQUIRED = (
    f"{XLWINGS}  # required",
    "python-dotenv==1.0.1  # required",
    "pyodide-http  # required",
    "black  # required",
)
NUMPY = "numpy"
LARGEST = 1_500_000  # characters; Office keeps at most 2 MB of settings for an add-in
FRONTIERS = {"TOK_BASELINE_FRONTIER", "TOK_BASELINES"}  # functions that look long series up
WHOLE = {"TOK_METRICS"}  # functions that say what the catalogue holds
IN_QUOTES = re.compile(r'"((?:[^"]|"")*)"')


class EmbedError(TokenbookError):
    """The functions cannot be put into this workbook; one line for the reader."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """What was put in: functions and figures carried (0 with ``requirement``), size, calls stored anew, any change."""

    functions: int
    figures: int
    characters: int
    calls_converted: int
    changed: bool


def embed(
    package: Package,
    *,
    requirement: bool = False,
    used_only: bool = False,
    all_figures: bool = False,
    force: bool = False,
) -> Embedded:
    """Put functions, figures and scripts into an opened workbook (by ``ooxml.open_package``); save it yourself.

    Parameters
    ----------
    package : Package
    requirement : bool
        Ask for the package ``tokenbook`` of this version in requirements.txt instead of carrying the source.
    used_only : bool
        Carry only the functions that the workbook calls.
    all_figures : bool
        Carry every row of the catalogue, the long measured series too.
    force : bool
        Replace a main.py that somebody wrote or changed.

    Raises
    ------
    EmbedError
        The workbook has a main.py of its own, calls none of our functions (``used_only``), or the source would be
        larger than Excel keeps for an add-in.
    """
    there = part.lite(package)
    old = there.properties if there else {}
    if not force:
        _refuse_to_lose(old.get(MAIN, ""))
    called = {name.lower() for name, _ in stored_calls.spellings(package)}
    if used_only and not called:
        raise EmbedError("this workbook calls none of our functions: leave --used out, all of them then travel")
    if requirement:
        text, rows = package_source.write(called if used_only else None), []
    else:
        rows = list(catalog.active()) if all_figures else _rows_for(package, called)
        text = source.write(called if used_only else None, figures.tables(rows), catalog.active().date)
    if len(text) > LARGEST:
        raise EmbedError(
            f"main.py would have {len(text):,} characters, more than the {LARGEST:,} that Excel keeps safely for an "
            "add-in: carry fewer figures or functions (--used), or --requirement"
        )
    properties = {MAIN: text, REQUIREMENTS: _requirements(old.get(REQUIREMENTS, ""), requirement)}
    properties |= {name: value for name, value in SEEN_VERSIONS.items() if name not in old}
    part.write(package, properties)
    converted = sum(stored_calls.convert(package, HOST).values())
    count = len(called & set(registry())) if used_only else len(registry())
    return Embedded(count, len(rows), len(text), converted, bool(package.changed_parts))


def _refuse_to_lose(main: str) -> None:
    """Refuse to replace code that somebody wrote."""
    if not main.strip() or source.is_untouched(main):
        return
    keep = "Keep a copy (xlwings Lite shows it), then --force replaces it"
    if source.is_ours(main):
        raise EmbedError(f"the functions in this workbook were changed since they were put in; {keep}")
    names = re.findall(r"^(?:async )?def ([A-Za-z]\w*)", main, re.MULTILINE)
    shown = f" ({', '.join(names[:4])}{', ...' if len(names) > 4 else ''})" if names else ""
    raise EmbedError(f"this workbook has Python code of its own in xlwings Lite{shown}, which would be lost. {keep}")


def _rows_for(package: Package, called: set[str]) -> list[catalog.Baseline]:
    """The figures for this workbook: see ``figures``."""
    functions = {name.upper() for name in called}
    if functions & WHOLE:
        return list(catalog.active())
    ids = {row.id for row in catalog.active()}
    texts = {
        cell.value for sheet in package.sheets for cell in package.cells(sheet) if isinstance(cell.value, str)
    }  # fmt: skip
    platforms = map(find_platform, texts | _quoted(package)) if functions & FRONTIERS else ()
    return figures.chosen(texts & ids | _bound(package), {name for name in platforms if name})


def _quoted(package: Package) -> set[str]:
    """Texts that stand in formulas and defined names."""
    formulas = [formula.text for sheet in package.sheets for formula in package.formulas(sheet)]
    return {
        text for formula in (*formulas, *(name.text for name in package.names)) for text in IN_QUOTES.findall(formula)
    }


def _bound(package: Package) -> set[str]:
    """Ids of the rows in bound cells, and of those that a refresh would write there."""
    found = set()
    for binding in bindings.read((name.name, name.text) for name in package.names if name.scope is None):
        if binding.key:
            found.add(binding.key.row)
            with suppress(LookupError):
                found.add(bindings.answer(binding.key, catalog.active()).id)
    return found


def _requirements(old: str, requirement: bool) -> str:
    """requirements.txt: what Lite needs, what the author had, and our own line."""
    ours = f"tokenbook=={version()}" if requirement else NUMPY
    if not old.strip():
        return "\n".join([*REQUIRED, ours]) + "\n"
    lines = [line for line in old.splitlines() if _package_of(line) != "tokenbook"]
    if not any(_package_of(line) == _package_of(ours) for line in lines):
        lines.append(ours)
    return "\n".join(lines) + "\n"


def _package_of(line: str) -> str:
    return re.split(r"[^A-Za-z0-9_.-]", line.strip(), maxsplit=1)[0].lower()
