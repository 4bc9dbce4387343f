"""Writes ``main.py``: the functions, their arithmetic and the figures as one readable Python file for xlwings Lite.

The text is generated from the modules themselves (see ``flatten``); the same choice gives the same bytes.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from tokenbook.addin.lite.flatten import FlattenError, Section, flatten
from tokenbook.addin.version import version
from tokenbook.udfs.functions import MODULES, registry

INSIDE = "tokenbook.addin.lite.inside"
TABLES, SCRIPTS, HOST = f"{INSIDE}.tables", f"{INSIDE}.scripts", f"{INSIDE}.host"
INSTEAD = {
    "tokenbook.udfs.catalog.packaged": f"{INSIDE}.packaged",
    "tokenbook.udfs.catalog.store": f"{INSIDE}.store",
    "tokenbook.udfs.functions.about": f"{INSIDE}.about",
    "openpyxl.utils": f"{INSIDE}.references",
    "openpyxl.utils.cell": f"{INSIDE}.references",
}
# Methods for the command line and for notebooks, which no cell calls.
WITHOUT = (
    ("tokenbook.udfs.catalog.lookup", "Catalog", "to_frame"),
    ("tokenbook.udfs.catalog.lookup", "Catalog", "diff"),
    ("tokenbook.udfs.catalog.lookup", "Catalog", "history"),
)
CHAPTERS = (  # first letters of a module's name, title of its sections; a section stands in the first that fits
    ("tokenbook.udfs.kernels.", "Arithmetic"),
    ("tokenbook.udfs.catalog.", "Catalogue"),
    (f"{INSIDE}.packaged", "Catalogue"),
    (f"{INSIDE}.store", "Catalogue"),
    *((f"tokenbook.udfs.functions.{module}", "Functions") for module in MODULES),
    ("tokenbook.udfs.functions.", "Cells"),
    ("tokenbook.templates.", "Refresh"),
    (f"{INSIDE}.references", "Refresh"),
    (SCRIPTS, "Scripts"),
    (TABLES, "Figures"),
    (f"{INSIDE}.", "Cells"),
)
ORDER = ("Arithmetic", "Catalogue", "Cells", "Functions", "Refresh", "Scripts", "Figures")
OUR_ROOMS = ("tokenbook.udfs.", "tokenbook.templates.", "tokenbook.addin.")
SCRIPT_NAMES = ("check_model", "refresh_baselines", "insert_help")
RULE = "# " + "=" * 117
SEAL = "# sealed "
MADE_BY = "written by tokenbook"


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
    wanted = tuple(name for name in registry() if functions is None or name in functions)
    imports, sections = _flat(wanted)
    *others, figures = sections
    figures = replace(figures, text=_filled(figures.text, tables, catalogue_date))
    return sealed(_assembled(imports, [*others, figures], len(wanted), catalogue_date))


@cache
def _flat(functions: tuple[str, ...]) -> tuple[str, tuple[Section, ...]]:
    """Imports and sections for these functions; the tables, last, are still empty."""
    sources, packages = _sources()
    roots = [(registry()[name].body.__module__, name) for name in functions]
    roots += [(SCRIPTS, name) for name in SCRIPT_NAMES]
    flat = flatten(sources, roots, packages=packages, instead=INSTEAD, without_methods=WITHOUT)
    return flat.imports, flat.sections


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


# --- which modules -----------------------------------------------------------------------------------------------


@cache
def _sources() -> tuple[dict[str, str], dict[str, str]]:
    """(modules, packages) with their text: all that functions and scripts are made of, in the order of the file."""
    modules: dict[str, str] = {}
    packages: dict[str, str] = {}

    def visit(name: str) -> None:
        name = INSTEAD.get(name, name)
        if name in modules or name in packages:
            return
        origin, is_package = _found(name)
        text = Path(origin).read_text(encoding="utf-8")
        (packages if is_package else modules)[name] = text
        for other in _imported(name, is_package, text):
            visit(other)

    for module in (*MODULES, None):
        visit(f"tokenbook.udfs.functions.{module}" if module else SCRIPTS)
    visit(HOST)
    order = {name: (ORDER.index(_chapter(name)), position) for position, name in enumerate(_sorted(modules))}
    modules = {name: _published(name, modules[name]) for name in sorted(modules, key=order.__getitem__)}
    return modules, packages


def _sorted(modules: Mapping[str, str]) -> list[str]:
    """Each module after those that it imports."""
    done: dict[str, None] = {}

    def place(name: str, above: tuple[str, ...] = ()) -> None:
        if name in done or name in above:
            return
        for other in _imported(name, False, modules[name]):
            other = INSTEAD.get(other, other)
            if other in modules:
                place(other, (*above, name))
        done[name] = None

    for name in modules:
        place(name)
    return list(done)


@cache
def _found(name: str) -> tuple[str, bool]:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise FlattenError(f"{name}: its source was not found")
    return spec.origin, spec.submodule_search_locations is not None


@cache
def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # the part in front of the last dot is no package
        return False


def _imported(name: str, is_package: bool, text: str) -> Iterable[str]:
    """Our modules that a module imports on its top level."""
    parts = name.split(".")
    for node in ast.parse(text).body:
        if not isinstance(node, ast.ImportFrom):
            continue
        up = parts[: len(parts) - node.level + is_package] if node.level else []
        base = ".".join([*up, *([node.module] if node.module else [])])
        if base in INSTEAD:
            yield INSTEAD[base]
        if not base.startswith(OUR_ROOMS) and base not in ("tokenbook", "tokenbook.udfs"):
            continue
        for item in node.names:
            inner = f"{base}.{item.name}"
            yield inner if _is_module(inner) else base


def _published(name: str, text: str) -> str:
    """A module of functions with the two decorators that make them known to Excel."""
    if "\n@excel_function(" not in text or not name.startswith("tokenbook.udfs.functions."):
        return text
    text = text.replace("\n@excel_function(", "\n@func\n@cell\n@excel_function(")
    first = re.search(r"^(?:import|from) (?!__future__)", text, re.MULTILINE)
    assert first is not None
    return f"{text[: first.start()]}from xlwings import func\nfrom {HOST} import cell\n{text[first.start() :]}"


def _filled(text: str, tables: Mapping[str, str], catalogue_date: str) -> str:
    """The section of the tables with their content."""
    items = "\n".join(f'    "{name}": """\n{_in_quotes(table.strip())}\n""",' for name, table in tables.items())
    written = (
        ('VERSION = ""', f'VERSION = "{version()}"'),
        ('CATALOGUE_DATE = ""', f'CATALOGUE_DATE = "{catalogue_date}"'),
        (" = {}\n", f" = {{\n{items}\n}}\n"),
    )
    for empty, full in written:
        if text.count(empty) != 1:
            raise FlattenError(f"{TABLES}: {empty.strip()} is not written there once")
        text = text.replace(empty, full)
    return text


def _in_quotes(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"""', '""\\"')


# --- the file ----------------------------------------------------------------------------------------------------


def _chapter(module: str) -> str:
    return next(
        title for start, title in CHAPTERS if module == start or (start[-1] == "." and module.startswith(start))
    )


def _assembled(imports: str, sections: Sequence[Section], functions: int, catalogue_date: str) -> str:
    bodies = [f"{_heading(section)}{section.text}" for section in sections]
    about = [
        f'"""Tokenbook {version()} in this workbook, {MADE_BY}. Python for the xlwings Lite add-in.',
        "",
        f"{functions} functions for cells (=TOK_...), the arithmetic behind them, and figures of the catalogue of",
        f"{catalogue_date}. Nothing is fetched from anywhere. Change what you like: `tokenbook embed` replaces this",
        "file only as long as it is as it was written. MIT licence.",
        "",
        "Contents, with line numbers:",
        "",
    ]
    preface = 4  # the closing quotes, the line for ruff, a blank line after each
    line = len(about) + len(sections) + preface + imports.count("\n") + 2
    contents = []
    for section, body in zip(sections, bodies, strict=True):
        contents.append(f"{line:7,}  {_chapter(section.module):<11}{_title(section)}")
        line += body.count("\n") + 2
    head = "\n".join([*about, *contents, '"""', "", "# ruff: noqa: E501", "", ""])
    return f"{head}{imports}\n" + "\n\n".join(bodies)


def _title(section: Section) -> str:
    first = section.about.partition("\n")[0].rstrip(".")
    name = section.module.rpartition(".")[2]
    room = len("12,345  Arithmetic  ") + 20
    shown = first if len(first) + room <= 110 else first[: 107 - room].rpartition(" ")[0] + " ..."
    return f"{name:<20} {shown}"


def _heading(section: Section) -> str:
    name = f"{_chapter(section.module)}: {section.module.rpartition('.')[2]}"
    lines = [f"# {line}".rstrip() for line in section.about.splitlines()]
    return "\n".join([RULE, f"# {name}", RULE, *lines, "", ""]) + "\n"
