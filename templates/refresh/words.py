"""What is told about a refresh, once for all who tell it: ribbon, Lite, task pane (``headline``) and the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from tokenbook.templates.refresh.plan import Line
from tokenbook.templates.refresh.report import Report

NOTHING_BOUND = "No cell of this workbook is bound to a baseline (tokenbook bind does that)."
HOW_TO_BIND = "tokenbook bind BOOK Inputs!C9 -p B200 -m usd_per_gpu_hour binds a cell"
HOW_TO_WRITE = "Nothing written: --write does it, and keeps {} as .bak."
MOST_LINES = 15  # of what changed or was found, in a message


# -- a workbook that is open in Excel ----------------------------------------------------------------------------
PIVOTS_OLD = "Pivot tables show the old figures until Refresh All."
PIVOTS_FOLLOW = "Pivot tables are refreshed when Excel opens the file."


def headline(report: Report, known: str, *, written: bool = False) -> str:
    """A sentence on what would change, or after writing on what did; ``known`` is the day of the catalogue."""
    many, changes, left = len(report.lines), len(report.changes), len(report.left)
    if not many:
        return NOTHING_BOUND
    if changes and written:
        return f"{changes} of {many} baselines changed, with what was known on {known}."
    if changes:
        return f"{changes} of {many} baselines have newer figures."
    if left:
        return f"0 of {many} baselines to change: {left} left alone, {many - left} as known on {known}."
    return f"All {many} baselines are those of {known}."


def changes(report: Report, *, written: bool = False) -> list[str]:
    """A line for each cell that would change or, after writing, did."""
    verb = "is now" if written else "becomes"
    return [f"{line.cell}: {line.old} {verb} {line.new} {_unit_and_day(line)}" for line in report.changes]


def left_alone(report: Report) -> list[str]:
    """A line for each cell that is left alone, with the reason."""
    return [f"{line.cell}: {line.meaning}" for line in report.left]


def shortened(lines: Sequence[str]) -> list[str]:
    """No more lines than a message box shows well."""
    more = len(lines) - MOST_LINES
    return [*lines[:MOST_LINES], *([f"and {more} more"] if more > 0 else [])]


def _unit_and_day(line: Line) -> str:
    return f"{line.row.unit} ({line.row.as_of})" if line.row else ""


# -- files -------------------------------------------------------------------------------------------------------


def sentences(report: Report, *, writes: bool) -> list[str]:
    """What came of one file; ``writes`` says whether it was to be written."""
    if report.error and not report.written:
        return []
    if not report.lines:
        copied = [f"Written: {report.written}, a copy."] if report.written else []
        return [f"{report.path}: nothing is bound; {HOW_TO_BIND}", *copied]
    counts = [f"{len(report.changes)} {'changed' if writes else 'to change'}"]
    counts += [f"{len(report.left)} left alone"] if report.left else []
    cells = f"{len(report.lines)} bound cell{'s' if len(report.lines) != 1 else ''}"
    told = [f"{cells}: {', '.join(counts)}, {len(report.same)} as in the catalogue."]
    if report.changes and not writes:
        told.append(HOW_TO_WRITE.format("the old file"))
    if report.written and report.changes:
        told.append(_about_formulas(report))
        if report.pivots:
            told.append(PIVOTS_FOLLOW if report.pivots_follow else PIVOTS_OLD)
        kept = f" (before: {report.path.name}.bak)" if report.written == report.path else ""
        record = f"; recorded in {report.log}" if report.log else ""
        told.append(f"Written: {report.written}{kept}{record}.")
    elif report.written:
        told.append(f"Written: {report.written}, a copy; there was nothing to change.")
    elif writes:
        told.append("The file was not touched.")
    return told


def _about_formulas(report: Report) -> str:
    if not report.dependents:
        return "No formula depends on them."
    if report.left_to_excel:
        return (
            f"Formulas that depend on them: {report.dependents:,}, still with their old results; Excel calculates them "
            f"when it opens the file, because {report.left_to_excel}."
        )
    return (
        f"Formulas that depend on them: {report.dependents:,}, recalculated; {report.recalculated:,} results changed."
    )


def outcome(report: Report, *, writes: bool) -> str:
    """What came of one file among many, in a few words."""
    if report.error:
        return "failed"
    if not report.lines:
        return "nothing bound"
    if not report.changes:
        return "up to date"
    if not writes:
        return "would change"
    return (
        f"refreshed; Excel calculates it on opening ({report.left_to_excel})" if report.left_to_excel else "refreshed"
    )
