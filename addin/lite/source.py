"""Writes ``main.py``: an importer, our modules as they are, the figures, and what Excel sees, as one readable file.

The same choice gives the same bytes.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenbook.addin.lite.inside import importer
from tokenbook.addin.lite.modules import INSIDE, Module, needed
from tokenbook.addin.version import version
from tokenbook.udfs.functions import registry
from tokenbook.udfs.functions.declare import ExcelFunction

TABLES, SCRIPTS, HOST = f"{INSIDE}.tables", f"{INSIDE}.scripts", f"{INSIDE}.host"
CHAPTERS = {  # how the path of a module begins, title of its chapter; in the order of the file, the first that fits
    "tokenbook/udfs/kernels/": "Arithmetic",
    "tokenbook/udfs/catalog/": "Catalogue",
    "tokenbook/udfs/": "Functions",
    "tokenbook/templates/": "Refresh",
    "tokenbook/": "Cells",
}
SCRIPT_NAMES = ("check_model", "insert_help", "refresh_baselines")
RULE = "# " + "=" * 117
SEAL = "# sealed "
MADE_BY = "written by tokenbook"
NOT_RAW = re.compile(r"'''|[\x00-\x08\x0b-\x1f\x7f]")  # what a raw block cannot hold, or editors would not show
ESCAPED = re.compile(rf"\\|'\Z|{NOT_RAW.pattern}")


@dataclass(frozen=True)
class Section:
    """A part of main.py with a heading: its chapter, name, line of the contents, and text."""

    chapter: str
    name: str
    about: str
    text: str

    @property
    def body(self) -> str:
        return f"{RULE}\n# {self.chapter}: {self.name}\n{RULE}\n\n{self.text}"


def write(functions: Collection[str] | None, tables: Mapping[str, str], catalogue_date: str) -> str:
    """The text of ``main.py``.

    Parameters
    ----------
    functions : collection of str, optional
        Python names (``tok_npv``); all functions by default.
    tables : mapping
        What ``figures.tables`` gave.
    catalogue_date : str
        Date of the catalogue they were taken from.
    """
    wanted = [function for name, function in registry().items() if functions is None or name in functions]
    modules = needed([*(function.body.__module__ for function in wanted), TABLES, SCRIPTS, HOST])
    sections = [_importer(), *_carried(modules), _figures(tables, catalogue_date), _excel(wanted)]
    return sealed(_assembled(sections, len(wanted), catalogue_date))


def is_ours(text: str) -> bool:
    """Whether a ``main.py`` was written here, changed since or not."""
    return MADE_BY in text[:400] and SEAL in text


def is_untouched(text: str) -> bool:
    """Whether a ``main.py`` is as it was written here, so that replacing it loses nothing."""
    body, _, seal = text.rstrip("\n").rpartition(SEAL)
    return is_ours(text) and hashlib.sha256(body.encode()).hexdigest()[: len(seal)] == seal and len(seal) == 16


def sealed(text: str) -> str:
    """With a last line by which ``embed`` knows a file that nobody has changed."""
    return f"{text}{SEAL}{hashlib.sha256(text.encode()).hexdigest()[:16]}\n"


def block(text: str) -> str:
    """A text as Python reads it and people do: raw, line by line; escaped only where it holds three quotes itself."""
    if text.endswith("\n") and not NOT_RAW.search(text):
        return f"r'''\n{text}'''"
    return f"'''\n{ESCAPED.sub(_escape, text)}'''"


def _escape(found: re.Match[str]) -> str:
    return "".join(f"\\{char}" if char in "\\'" else f"\\x{ord(char):02x}" for char in found[0])


# --- the sections ------------------------------------------------------------------------------------------------


def _importer() -> Section:
    text = Path(importer.__file__).read_text(encoding="utf-8")
    docstring = ast.parse(text).body[0]
    code = "\n".join(text.split("\n")[docstring.end_lineno :]).lstrip("\n")
    told = "\n".join(f"# {line}".rstrip() for line in (importer.__doc__ or "").strip().split("\n"))
    about = (importer.__doc__ or "").partition("\n")[0]
    return Section("Start", "importer", about, f"{told}\n\n{code}\n\ncarried = install()\n")


def _carried(modules: Iterable[Module]) -> list[Section]:
    """Modules by chapter, each a readable block."""
    found: dict[str, list[Section]] = {title: [] for title in CHAPTERS.values()}
    for module in modules:
        chapter = next(title for start, title in CHAPTERS.items() if module.path.startswith(start))
        name = module.name.rpartition(".")[2]
        text = f'carried.add("{module.path}", {block(module.text)})\n'
        found[chapter].append(Section(chapter, name, module.about, text))
    return [section for chapter in found.values() for section in chapter]


def _figures(tables: Mapping[str, str], catalogue_date: str) -> Section:
    lines = [
        "# Columns as in the catalogue of Tokenbook. Sources and qualifiers are listed once and referred to by number.",
        "",
        f"from {INSIDE} import tables",
        "",
        f'tables.VERSION = "{version()}"',
        f'tables.CATALOGUE_DATE = "{catalogue_date}"',
        *(f'tables.TABLES["{name}"] = {block(_ended(text))}' for name, text in tables.items()),
    ]
    return Section("Excel", "figures", "The figures that this workbook carries.", "\n".join(lines) + "\n")


def _excel(functions: Sequence[ExcelFunction]) -> Section:
    """What xlwings Lite looks for: decorated functions and scripts."""
    rooms = sorted({function.body.__module__.rpartition(".")[2] for function in functions})
    lines = [
        "# Each is answered by the function of the same name in its module above.",
        "",
        "from xlwings import func",
        "",
        f"from {HOST} import cell",
        f"from {SCRIPTS} import {', '.join(SCRIPT_NAMES)}  # noqa: F401",
        "from tokenbook.udfs.functions import (  # noqa: F401",
        *(f"    {room}," for room in rooms),
        ")",
        *(_declared(function) for function in functions),
    ]
    return Section("Excel", "functions", "The functions and scripts that Excel offers.", "\n".join(lines) + "\n")


def _declared(function: ExcelFunction) -> str:
    names = ", ".join(f"{each.name}=None" if each.optional else each.name for each in function.arguments)
    about = function.help.summary.replace("\\", "\\\\").replace('"', '\\"')
    return f'\n\n@func\n@cell\ndef {function.python_name}({names}):\n    """{about}"""'


def _ended(text: str) -> str:
    return text.strip("\n") + "\n"


# --- the file ----------------------------------------------------------------------------------------------------


def _assembled(sections: Sequence[Section], functions: int, catalogue_date: str) -> str:
    about = [
        f'"""Tokenbook {version()} in this workbook, {MADE_BY}. Python for the xlwings Lite add-in.',
        "",
        f"{functions} functions for cells (=TOK_...), the modules behind them, and figures of the catalogue of",
        f"{catalogue_date}. Nothing is fetched from anywhere. Change what you like: `tokenbook embed` replaces this",
        "file only as long as it is as it was written. MIT licence.",
        "",
        "Contents, with line numbers:",
        "",
    ]
    after = ['"""', "", "# ruff: noqa: E402, E501", "", ""]
    line = len(about) + len(sections) + len(after)
    contents = []
    for section in sections:
        contents.append(f"{line:7,}  {section.chapter:<11}{_title(section)}")
        line += section.body.count("\n") + 2
    return "\n".join([*about, *contents, *after]) + "\n\n".join(section.body for section in sections)


def _title(section: Section) -> str:
    first = section.about.rstrip(".")
    room = len("12,345  Arithmetic  ") + 20
    shown = first if len(first) + room <= 110 else first[: 107 - room].rpartition(" ")[0] + " ..."
    return f"{section.name:<20} {shown}"
