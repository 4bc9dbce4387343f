"""Which engine reproduces real workbooks: every formula cell calculated anew and compared with its stored value.

    python tests/benchmarks/engines.py [--out ENGINES.md] [--engines formulon,formualizer] LABEL=FOLDER_OR_FILE ...

A value counts as reproduced within 1e-9 (relative; of amounts near 0 absolute). Left out are cells that depend on
volatile functions, and cells that the file keeps no value for. Each workbook and engine has a process of its own.
IronCalc (``pip install ironcalc``) and LibreOffice (its recalculation forced) are compared where they are installed.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.util
import json
import math
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

SECONDS = 240  # for one workbook in one engine
ENGINES = ("formualizer", "formulon", "ironcalc", "libreoffice")
VOLATILE = re.compile(r"\b(RAND|RANDBETWEEN|RANDARRAY|NOW|TODAY|CELL|INFO)\(", re.IGNORECASE)
ENDINGS = {".xlsx", ".xlsm", ".xltx", ".xltm"}
ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


# --- the workbook ------------------------------------------------------------------------------------------------


def stored(path: Path) -> dict[str, dict[str, object]]:
    """Sheet -> reference -> value of the formula cells that do not depend on anything volatile."""
    from tokenbook.templates import ooxml

    with ooxml.open_package(path) as package:
        formulas = {
            (sheet, ref): text
            for sheet in package.sheets
            for ref, text, kind, _ in package.formulas(sheet)
            if kind != "dataTable" and text
        }
        loose = _volatile(package, formulas)
        found: dict[str, dict[str, object]] = {}
        for sheet in package.sheets:
            wanted = {ref for where, ref in formulas if where == sheet and (sheet, ref) not in loose}
            found[sheet] = {cell.ref: cell.value for cell in package.cells(sheet, wanted) if cell.value is not None}
        return found


def _volatile(package, formulas: dict[tuple[str, str], str]) -> set[tuple[str, str]]:
    """The formula cells that depend on something volatile."""
    from openpyxl.formula import Tokenizer

    from tokenbook.templates.formulon.areas import Surroundings
    from tokenbook.templates.ooxml.references import parse_ref

    loose = {cell for cell, text in formulas.items() if VOLATILE.search(text)}
    names = {
        (name.casefold(), scope and scope.casefold()): text for (name, scope), text in package.defined_names.items()
    }
    loose_names = {name for (name, _), text in names.items() if VOLATILE.search(text)}
    if not loose and not loose_names:
        return loose
    sheets = list(package.sheets)
    around = Surroundings(sheets, names, [(5000, 500)] * len(sheets))
    reads: dict[tuple[str, str], list] = {}
    for cell, text in formulas.items():
        try:
            operands = [t.value for t in Tokenizer("=" + text).items if t.type == "OPERAND" and t.subtype == "RANGE"]
        except Exception:
            continue
        if any(operand.casefold() in loose_names for operand in operands):
            loose.add(cell)
        reads[cell] = [area for text in operands if (area := around.area(text, sheets.index(cell[0])))]
    new = set(loose)
    while new:
        places = [(sheets.index(sheet), *(n - 1 for n in parse_ref(ref))) for sheet, ref in new]
        new = {
            cell
            for cell, areas in reads.items()
            if cell not in loose
            and any(
                a.sheet == s and a.top <= r <= a.bottom and a.left <= c <= a.right for a in areas for s, r, c in places
            )
        }
        loose |= new
    return loose


def same(held: object, value: object) -> bool:
    if isinstance(held, bool) or isinstance(value, bool):
        return isinstance(held, (bool, float)) and isinstance(value, (bool, float)) and bool(held) == bool(value)
    if isinstance(held, float) and isinstance(value, float):
        return math.isclose(held, value, rel_tol=1e-9, abs_tol=1e-9)
    return (held or "") == (value or "") or (held == 0.0 and value is None)


# --- the engines -------------------------------------------------------------------------------------------------


def by_formualizer(path: Path, wanted):
    from tokenbook.templates.engine import Model

    with Model(path) as model:
        model.recalculate()
        return {sheet: {ref: model.value(sheet, ref) for ref in refs} for sheet, refs in wanted.items()}


def by_formulon(path: Path, wanted):
    from tokenbook.templates.formulon.model import Book

    with Book(path, canonical=copied) as book:
        book.recalculate()
        here = {sheet.casefold() for sheet in book.sheets}
        return book.values({sheet: refs for sheet, refs in wanted.items() if sheet.casefold() in here})


def copied(content: bytes) -> bytes:
    """The canonical copy, for a file that the engine refuses."""
    from tokenbook.templates import ooxml
    from tokenbook.templates.ooxml.canonical import canonical

    with ooxml.open_package(content) as package:
        return canonical(package).content


def by_ironcalc(path: Path, wanted):
    import ironcalc

    from tokenbook.templates.ooxml.references import parse_ref

    model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
    model.evaluate()
    places = {
        sheet["name"] if isinstance(sheet, dict) else sheet.name: n
        for n, sheet in enumerate(model.get_worksheets_properties())
    }
    found = {}
    for sheet, refs in wanted.items():
        found[sheet] = {}
        for ref in refs:
            value = model.get_cell_value(places[sheet], *parse_ref(ref))
            found[sheet][ref] = float(value) if type(value) is int else value
    return found


def by_libreoffice(path: Path, wanted):
    from tokenbook.templates import ooxml

    soffice = shutil.which("soffice") or shutil.which("libreoffice")
    with tempfile.TemporaryDirectory() as folder:
        user = Path(folder) / "profile" / "user"
        user.mkdir(parents=True)
        (user / "registrymodifications.xcu").write_text(ALWAYS_RECALCULATE)
        given = Path(folder) / ("in" + path.suffix)
        shutil.copy(path, given)
        command = [
            soffice, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--norestore", "--convert-to",
            "xlsx:Calc MS Excel 2007 XML", "--outdir", f"{folder}/out", str(given),
        ]  # fmt: skip
        for _ in range(2):  # a brand-new profile makes it restart once
            subprocess.run(
                command,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PATH": "/usr/bin:/bin"},
            )
            made = Path(folder) / "out" / "in.xlsx"
            if made.exists():
                break
        with ooxml.open_package(made.read_bytes()) as package:
            known = {sheet.casefold(): sheet for sheet in package.sheets}
            return {
                sheet: {cell.ref: cell.value for cell in package.cells(known[sheet.casefold()], set(refs))}
                for sheet, refs in wanted.items()
            }


def one(engine: str, path: Path) -> dict[str, object]:
    """Compare one workbook in one engine: cells, those reproduced, and the first that are not."""
    try:
        wanted = stored(path)
    except Exception as error:
        return {"unreadable": _line(error)}
    cells = sum(map(len, wanted.values()))
    if not cells:
        return {"cells": 0}
    try:
        values = globals()[f"by_{engine}"](path, wanted)
    except BaseException as error:  # an engine's panic too
        return {"cells": cells, "refused": _line(error)}
    wrong = [
        (f"{sheet}!{ref}", held, values.get(sheet, {}).get(ref))
        for sheet, refs in wanted.items()
        for ref, held in refs.items()
        if not same(held, values.get(sheet, {}).get(ref))
    ]
    return {"cells": cells, "wrong": len(wrong), "first": [[c, _short(a), _short(b)] for c, a, b in wrong[:3]]}


def _short(value: object) -> str:
    return f"{value:.12g}" if isinstance(value, float) else repr(str(value))[:40] if value is not None else "nothing"


def _line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:160]


# --- the comparison ----------------------------------------------------------------------------------------------


def measured(engine: str, path: Path) -> dict[str, object]:
    """`one` in a process of its own."""
    command = [sys.executable, __file__, "--one", engine, str(path)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    )
    try:
        said, _ = process.communicate(timeout=SECONDS)
        return json.loads(said.strip().splitlines()[-1])
    except subprocess.TimeoutExpired:
        return {"refused": f"not finished after {SECONDS} s"}
    except (json.JSONDecodeError, IndexError):
        return {"refused": f"its process ended ({process.returncode})"}
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def workbooks(place: Path) -> list[Path]:
    return [place] if place.is_file() else sorted(p for p in place.rglob("*") if p.suffix.lower() in ENDINGS)


def installed() -> list[str]:
    found = ["formualizer", "formulon"]
    found += ["ironcalc"] if importlib.util.find_spec("ironcalc") else []
    found += ["libreoffice"] if shutil.which("soffice") or shutil.which("libreoffice") else []
    return found


def compared(label: str, place: Path, engines: list[str]) -> list[str]:
    """The table of a folder, and what each engine does not reproduce."""
    books: dict[Path, dict[str, dict[str, object]]] = {}
    for path in workbooks(place):
        results: dict[str, dict[str, object]] = {}
        for engine in engines:
            results[engine] = measured(engine, path)
            if not results[engine].get("cells") and "refused" not in results[engine]:
                break  # nothing to compare, or not readable at all
            print(label, path.name, engine, results[engine], flush=True)
        else:
            books[path] = results
    cells = {path: max(int(r.get("cells", 0)) for r in results.values()) for path, results in books.items()}
    lines = [f"## {label}", "", "| engine | workbooks whole | cells reproduced | refused |", "|---|---|---|---|"]
    details: list[str] = []
    for engine in engines:
        done = {path: results[engine] for path, results in books.items()}
        whole = sum(r.get("wrong") == 0 for r in done.values())
        right = sum(cells[path] - int(r["wrong"]) for path, r in done.items() if "wrong" in r)
        refused = sum("refused" in r for r in done.values())
        total = sum(cells.values())
        lines.append(
            f"| {engine} | {whole} of {len(books)} | {right:,} of {total:,} ({right / max(total, 1):.2%}) | {refused} |"
        )
        for path, result in done.items():
            name = path.relative_to(place) if place.is_dir() else path.name
            if "refused" in result:
                details.append(f"- {engine}, {name}: refused ({result['refused']})")
            elif result["wrong"]:
                cell, held, value = result["first"][0]  # type: ignore[index]
                wrong = f"{result['wrong']:,} of {result['cells']:,} differ"
                details.append(f"- {engine}, {name}: {wrong}, first {cell}: {value}, stored {held}")
    return [*lines, "", *details, ""]


def versions(engines: list[str]) -> str:
    found = []
    for engine in engines:
        if engine == "libreoffice":
            said = subprocess.run(["soffice", "--version"], capture_output=True, text=True).stdout
            found.append(" ".join(said.split()[:2]))
            continue
        try:
            found.append(f"{engine} {version(engine)}")
        except PackageNotFoundError:
            found.append(engine)
    return ", ".join(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("places", nargs="*", help="LABEL=FOLDER_OR_FILE")
    parser.add_argument("--engines", help="some of " + ", ".join(ENGINES))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--one", nargs=2, metavar=("ENGINE", "FILE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(one(given.one[0], Path(given.one[1]))))
        return
    engines = given.engines.split(",") if given.engines else installed()
    today = datetime.date.today().isoformat()
    lines = [
        "# Which engine reproduces stored values", "",
        f"Made by `tests/benchmarks/engines.py` on {today}: {versions(engines)}, Python {platform.python_version()}.",
        "Formula cells with a stored value, those that depend on volatile functions left out; within 1e-9. Workbooks",
        "without such cells, and those that are hostile or encrypted, are left out.", "",
    ]  # fmt: skip
    for place in given.places:
        label, _, where = place.partition("=")
        lines += compared(label, Path(where), engines)
    text = "\n".join(lines).rstrip() + "\n"
    print(text)
    if given.out:
        given.out.write_text(text)


if __name__ == "__main__":
    main()
