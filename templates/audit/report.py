"""Puts the audit together: reads the file, recalculates it if the engine can, and asks each question once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tokenbook.templates import engine, ooxml
from tokenbook.templates.audit import book, results, second, structure
from tokenbook.templates.audit.book import FormulaCell, Sheet
from tokenbook.templates.audit.findings import Category, Finding
from tokenbook.templates.audit.formula import VOLATILE
from tokenbook.templates.audit.rows import TYPED, odd_cells
from tokenbook.templates.conventions import FROZEN_PREFIX
from tokenbook.templates.formulas import stored_calls
from tokenbook.templates.formulas.workbook import Formulas

FROZEN_CELL = f"{FROZEN_PREFIX}cell_"  # names that tokenbook.templates.sharing leaves
OFFICE_JS, PLAIN = "Office.js (Lite, server)", "plain (classic, Calc)"


@dataclass(slots=True)
class Report:
    """What was found. ``failed`` says which categories make the audit fail."""

    path: Path
    formulas: int
    sheets: int
    seconds: float
    refusal: str  # why the engine could not recalculate the workbook; empty if it did
    categories: list[Category] = field(default_factory=list)

    @property
    def failed(self) -> list[Category]:
        return [category for category in self.categories if category.fails and category.findings]

    def category(self, key: str) -> Category:
        return next(category for category in self.categories if category.key == key)


def audit(path: str | Path, progress: Callable[[str], None] = lambda step: None) -> Report:
    """Audit a workbook without changing it.

    Raises PackageError for a file that cannot be read. What the engine cannot calculate is audited by the values in
    the file; ``Report.refusal`` says so.

    Example: ``audit("roi.xlsx").failed == []``.
    """
    path, start = Path(path), time.perf_counter()
    progress("reading")
    with ooxml.open_package(path) as package:
        sheets = book.read(package)
        progress("recalculating")
        values = _recalculated(path, package, sheets)
        progress("looking at formulas")
        roots = structure.roots(package)
        categories = [
            results.checks(package, sheets, values),
            results.errors(sheets, values),
            results.stale(sheets, values),
            results.not_calculated(sheets, values),
            results.circular(sheets, values, structure.iterates(package)),
            numbers(sheets),
            inconsistent(sheets),
            results.overrides(package, sheets, values),
            volatile(sheets),
            structure.links(package, sheets),
            structure.hidden(package, roots),
            structure.merged(sheets, roots),
            functions(package, sheets),
        ]
    count = sum(len(sheet.formulas) for sheet in sheets.values())
    return Report(path, count, len(sheets), time.perf_counter() - start, values.refusal, categories)


def _recalculated(path: Path, package: ooxml.Package, sheets: dict[str, Sheet]) -> results.Values:
    formulas = Formulas(package)
    refusal = ""
    if package.date1904:
        refusal = "its days count from 1904, which the engine does not know"
    else:
        try:
            model = engine.Model(package, formulas=formulas)
            model.recalculate()
            first = results.from_engine(model, formulas, sheets)
        except engine.EngineError as error:
            refusal = str(error).removeprefix(f"{path.name}: ")
        else:
            return second.with_second_opinion(first, formulas, sheets)
    return second.alone(formulas, sheets) or results.from_file(sheets, refusal)


def numbers(sheets: dict[str, Sheet]) -> Category:
    """Numbers written into formulas that belong in a named input. Copies of one formula are listed once."""
    found = Category("numbers", "Hard-coded numbers")
    for sheet in sheets.values():
        copies: dict[str, list[FormulaCell]] = {}
        for cell in sheet.formulas.values():
            if cell.parsed and cell.parsed.numbers:
                copies.setdefault(cell.parsed.form, []).append(cell)
        for cells in copies.values():
            text = ", ".join(dict.fromkeys(cells[0].parsed.numbers))
            where, beside = _span(cells)
            found.add(sheet.name, where, f"{text}{beside}", cells[0].text)
    return found


def _span(cells: list[FormulaCell]) -> tuple[str, str]:
    """Where copies of a formula stand: their range if they fill one, else the first and how many there are."""
    first, last = cells[0], cells[-1]
    size = (last.row - first.row + 1) * (last.column - first.column + 1)
    if len(cells) == 1:
        return first.ref, ""
    if size == len(cells):
        return f"{first.ref}:{last.ref}", ""
    return first.ref, f" (and in {len(cells) - 1:,} copies)"


def inconsistent(sheets: dict[str, Sheet]) -> Category:
    """Cells that break the formula of their row; typed numbers among formulas too."""
    found = Category("inconsistent", "Inconsistent row formulas")
    for sheet in sheets.values():
        rows: dict[int, dict[int, tuple[str, str]]] = {}
        for (row, column), cell in sheet.formulas.items():
            if cell.parsed:
                rows.setdefault(row, {})[column] = (cell.parsed.form, cell.parsed.shape)
        for (row, column), _ in sheet.numbers.items():
            if row in rows:
                rows[row][column] = (TYPED, TYPED)
        for row in sorted(rows):
            for column, beside in odd_cells(rows[row]):
                neighbour = sheet.formulas[row, beside]
                cell = sheet.formulas.get((row, column))
                shown = f"={neighbour.text}"
                ref = ooxml.references.to_ref(row, column)
                if cell is None:
                    typed = sheet.numbers[row, column]
                    found.add(sheet.name, ref, f"the number {typed:g} among formulas; {neighbour.ref} has {shown}")
                else:
                    found.add(sheet.name, ref, f"differs from {neighbour.ref}, which has {shown}", cell.text)
    return found


def volatile(sheets: dict[str, Sheet]) -> Category:
    """Functions that recalculate at every touch, or whose references no auditor can follow."""
    found = Category("volatile", "Volatile functions")
    for sheet in sheets.values():
        for cell in sheet.formulas.values():
            used = sorted(VOLATILE.intersection(cell.parsed.functions)) if cell.parsed else []
            if used:
                found.add(sheet.name, cell.ref, ", ".join(used), cell.text)
    return found


def functions(package: ooxml.Package, sheets: dict[str, Sheet]) -> Category:
    """Our functions in the workbook and the hosts they are stored for; a mixture is a finding."""
    found = Category("functions", "TOK functions")
    count: Counter[tuple[str, str]] = Counter()
    first: dict[str, tuple[str, str, str]] = {}
    for sheet in sheets.values():
        for cell in sheet.formulas.values():
            for name, prefix in stored_calls.calls(cell.text) if cell.text else ():
                count[name, prefix] += 1
                first.setdefault(prefix, (sheet.name, cell.ref, cell.text))
    prefixes = sorted({prefix for _, prefix in count})
    if count:
        stored = " and ".join(_host_of(prefix) for prefix in prefixes)
        found.summary = f"{sum(count.values())} calls of {len({name for name, _ in count})} functions, stored {stored}"
    frozen = sum(name.name.casefold().startswith(FROZEN_CELL) for name in package.names)
    if frozen:
        kept = f"{frozen} frozen to their values (tokenbook thaw brings them back)"
        found.summary = f"{found.summary}; {kept}" if found.summary else kept
    if len(prefixes) > 1:
        for prefix in prefixes:
            sheet_name, ref, text = first[prefix]
            found.add(sheet_name, ref, f"stored {_host_of(prefix)}; convert --host makes them one", text)
    found.facts = [f"{name}: {number} stored {_host_of(prefix)}" for (name, prefix), number in sorted(count.items())]
    return found


def _host_of(prefix: str) -> str:
    if not prefix:
        return PLAIN
    return OFFICE_JS if prefix.lower() == "_xldudf_" else f"as {prefix}..."


__all__ = ["Category", "Finding", "Report", "audit"]
