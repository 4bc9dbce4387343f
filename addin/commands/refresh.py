"""``refresh``: the bound cells of workbooks against the catalogue; shown, or written."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tokenbook.addin.commands import show
from tokenbook.addin.commands.errors import CommandError

if TYPE_CHECKING:
    from tokenbook.templates.refresh import Line, Report

BAD_INPUT, FINE = 2, 0


def refresh(
    paths: list[Path],
    *,
    as_of: str | None,
    write: bool,
    out: Path | None,
    force: bool,
    refresh_pivots: bool,
    as_json: bool,
) -> int:
    """Show or write what the catalogue would change; exit code 2 when a workbook failed."""
    from tokenbook.templates.refresh import find_workbooks, refresh_files
    from tokenbook.udfs import catalog

    books = find_workbooks(paths)
    if not books:
        raise CommandError(f"{', '.join(map(str, paths))}: holds no workbook (.xlsx, .xlsm, .xltx, .xltm)")
    if out is not None and (len(books) > 1 or write):
        raise CommandError("-o writes one workbook to a new place; without it --write changes them in place")
    day = None if as_of is None else catalog.iso(as_of)
    figures, reports = catalog.active(), []
    with _progress(len(books)) as step:
        options = {"as_of": day, "write": write, "out": out, "force": force, "refresh_pivots": refresh_pivots}
        for book, report in zip(books, refresh_files(books, figures, **options), strict=True):
            reports.append(report)
            step(book)
    failed = sum(1 for report in reports if report.error)
    if as_json:
        show.as_json({"as_of": day, "workbooks": [_data(report) for report in reports], "failed": failed})
    else:
        _print(reports, writes=write or out is not None)
    return BAD_INPUT if failed else FINE


@contextlib.contextmanager
def _progress(count: int) -> Iterator[Callable[[Path], None]]:
    """A bar over the workbooks on a terminal; gives the function that moves it on."""
    terminal = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, transient=True, console=terminal, disable=not terminal.is_terminal) as progress:
        task = progress.add_task("refreshing", total=count)
        yield lambda book: progress.update(task, advance=1, description=book.name[:40])


# ---- for people ------------------------------------------------------------------------------------------


def _print(reports: list[Report], *, writes: bool) -> None:
    from tokenbook.templates.refresh import words

    for report in reports:
        _print_lines(report)
    if len(reports) == 1:
        _fault(reports[0])
        for sentence in words.sentences(reports[0], writes=writes):
            show.sentence(sentence)
        return
    rows = [_summary(report, writes) for report in reports]
    show.table("Workbooks", ["Workbook", "Result", "Bound", "New", "Left alone"], rows, left=2)
    failed = [report for report in reports if report.error]
    for report in failed:
        _fault(report)
    if not writes and any(report.changes for report in reports):
        show.console.print(words.HOW_TO_WRITE.format("each old file"))
    if failed:
        untouched = "nothing was written to them" if not any(report.written for report in failed) else "see above"
        show.console.print(f"{len(failed)} of {len(reports)} workbooks failed; {untouched}.")


def _fault(report: Report) -> None:
    if report.error:
        print(f"tokenbook: {report.path}: {' '.join(report.error.split())}", file=sys.stderr)


def _print_lines(report: Report) -> None:
    told = [line for line in report.lines if line.status != "same"]
    if not told:
        return
    rows = [
        [
            line.cell,
            line.meaning,
            "" if line.row is None else f"{line.row.source}, {line.row.as_of}",
            "" if line.row is None else line.row.unit,
            show.cell_value(line.old),
            show.cell_value(line.new),
        ]
        for line in told
    ]
    show.table(str(report.path), ["Cell", "What", "Source, as of", "Unit", "Old", "New"], rows, left=4)


def _summary(report: Report, writes: bool) -> list[str]:
    from tokenbook.templates.refresh import words

    counts = (len(each) for each in (report.lines, report.changes, report.left))
    return [str(report.path), words.outcome(report, writes=writes), *(str(count or "") for count in counts)]


# ---- for programs ----------------------------------------------------------------------------------------


def _data(report: Report) -> dict[str, object]:
    return {
        "workbook": str(report.path),
        "error": report.error or None,
        "written": str(report.written) if report.written else None,
        "cells": [_cell(line) for line in report.lines],
        "formulas_that_depend": report.dependents,
        "results_changed": report.recalculated,
        "left_to_excel": report.left_to_excel or None,
        "recorded_in": report.log or None,
        "pivots_to_refresh": report.pivots,
    }


def _cell(line: Line) -> dict[str, object]:
    row = line.row
    return {
        "cell": line.cell,
        "status": line.status,
        "meaning": line.meaning,
        "old": line.old,
        "new": line.new,
        "unit": row.unit if row else None,
        "source": row.source if row else None,
        "reference": row.source_ref if row else None,
        "as_of": row.as_of if row else None,
        "confidence": row.confidence if row else None,
        "key": row.id if row else None,
    }
