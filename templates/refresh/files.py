"""Refreshing workbooks on disk: one file at a time, each whole before and after."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from tokenbook.templates.bindings import Place, key_name, read
from tokenbook.templates.conventions import BASELINE_TABLE, FROZEN_PREFIX, LOG_TABLE, PRINT_AREA
from tokenbook.templates.formulas.dependents import dependents
from tokenbook.templates.formulas.workbook import Formulas
from tokenbook.templates.ooxml import Package, PackageError, open_package
from tokenbook.templates.ooxml.pivots import pivots_over, set_refresh_on_load
from tokenbook.templates.ooxml.references import range_text, to_ref
from tokenbook.templates.refresh import changelog, log_table
from tokenbook.templates.refresh.errors import RefreshError
from tokenbook.templates.refresh.follow import Edit, Sheetful, follow, with_renewed
from tokenbook.templates.refresh.plan import CHANGED, Found, plan
from tokenbook.templates.refresh.recalculate import NotTrusted, recalculated
from tokenbook.templates.refresh.report import Report
from tokenbook.templates.refresh.targets import target_of
from tokenbook.udfs import catalog

ENDINGS = (".xlsx", ".xlsm", ".xltx", ".xltm")


def refresh_file(
    path: str | os.PathLike,
    figures: catalog.Catalog,
    *,
    as_of: str | None = None,
    write: bool = False,
    out: str | os.PathLike | None = None,
    force: bool = False,
    refresh_pivots: bool = False,
    today: str | None = None,
    progress: Callable[[str], None] = lambda step: None,
) -> Report:
    """Bring the bound cells of one workbook to the catalogue's figures.

    Parameters
    ----------
    path : path of an .xlsx, .xlsm, .xltx or .xltm
    figures : Catalog
    as_of : str, optional
        The day whose knowledge counts (2026-07-31); default: everything known.
    write : bool
        Write in place, with a .bak beside it; otherwise the report only says what would change.
    out : path, optional
        Write the result there instead and leave the workbook as it is.
    force : bool
        Replace the user's own figures too; never formulas.
    refresh_pivots : bool
        Have Excel refresh the pivot tables over changed cells when it opens the file.
    today : str, optional
        Date for the change log; default: today.

    Returns
    -------
    Report

    Raises
    ------
    RefreshError, PackageError
        One line on what is wrong; then nothing was written.
    """
    path = Path(path)
    target = target_of(path, out)
    with open_package(path) as package:
        report = Report(path)
        bindings = read((name.name, name.text) for name in package.names if name.scope is None)
        if bindings:
            table = _baseline_table(package)
            lines = plan(bindings, _look(package), figures, as_of=as_of, force=force, obstacle=_obstacle(package))
            report.lines = with_renewed(lines, table)
        if not (write or out):
            return report
        if report.changes:
            if any(name.name.startswith(FROZEN_PREFIX) for name in package.names):
                raise RefreshError(f"{path}: is frozen: thaw it, refresh it and freeze it again")
            history = changelog.read_history(changelog.sidecar(target))
            progress("writing cells")
            edits = _apply(package, report, table, figures, today or dt.date.today().isoformat())
            progress("recalculating")
            _recalculate(package, report, edits, refresh_pivots)
            keys = (key_name(replace(line.binding, key=line.new_key)) for line in report.changes)
            package.add_hidden_names(dict(keys), replace=True)
        progress("saving")
        if report.changes or out:
            history_follows = bool(report.changes) and not report.log
            package.save(target, backup=out is None, sync_folder=not history_follows)
            report.written = target
        if report.changes and not report.log:
            _record_beside(report, target, history, as_of, today or dt.date.today().isoformat())
    return report


def refresh_files(paths: Iterable[Path], figures: catalog.Catalog, **options) -> Iterator[Report]:
    """`refresh_file` for many; a bad file gives a Report with its error and the rest goes on."""
    for path in paths:
        if os.path.isdir(path):  # `find_workbooks` keeps those that it could not look into
            yield Report(Path(path), error="this folder cannot be read: check its permissions")
            continue
        try:
            yield refresh_file(path, figures, **options)
        except (RefreshError, PackageError, catalog.CatalogError) as error:
            yield Report(Path(path), error=_without_path(str(error), path))
        except OSError as error:
            yield Report(Path(path), error=f"{error.strerror or error}")
        except MemoryError:
            yield Report(Path(path), error="needs more memory than there is")
        except Exception as error:
            yield Report(Path(path), error=f"unexpected {type(error).__name__}: {error}; a fault of Tokenbook")


def find_workbooks(paths: Iterable[str | os.PathLike]) -> list[Path]:
    """The workbooks meant by files and folders; folders are searched all the way down, each file is given once.

    Lock files and hidden ones are passed over in folders. A path that does not exist and a folder that cannot be read
    are kept: opening them says so.
    """
    found: dict[Path, None] = {}
    for path in map(Path, paths):
        if not path.is_dir():
            found[path] = None
            continue
        for folder, folders, names in os.walk(path, onerror=lambda error: found.setdefault(Path(error.filename))):
            folders.sort()
            for name in sorted(names):
                if name.lower().endswith(ENDINGS) and not name.startswith((".", "~$")):
                    found[Path(folder) / name] = None
    return list(found)


def _without_path(message: str, path) -> str:
    """A message without the path in front, which is shown beside it."""
    for known in (str(path), os.path.realpath(path)):
        message = message.removeprefix(f"{known}: ").removeprefix(f"{known} ")
    return message


# ---- looking ---------------------------------------------------------------------------------------------


def _look(package: Package):
    def look(place: Place) -> Found | None:
        if place.sheet not in package.sheets:
            return None
        cell = package.cell(place.sheet, place.ref)
        return Found(cell.value, cell.formula is not None)

    return look


def _obstacle(package: Package):
    return lambda place: package.obstacle(place.sheet, place.ref)


def _baseline_table(package: Package) -> Sheetful | None:
    found = package.find_table(BASELINE_TABLE)
    if found is None:
        return None
    sheet, table = found
    top, left, bottom, right = table.bounds
    first, last = top + table.header_rows, bottom - table.totals_rows
    values = {(c.row, c.column): c.value for c in package.cells(sheet, range_text((first, left, last, right)))}
    rows = [[values.get((row, column)) for column in range(left, right + 1)] for row in range(first, last + 1)]
    return Sheetful(table.columns, rows, lambda row, column: Place(sheet, to_ref(first + row, left + column)))


# ---- changing --------------------------------------------------------------------------------------------


def _apply(package: Package, report: Report, table, figures, today) -> list[Edit]:
    """Set every cell of a refresh in memory; the constants set, for the engine."""
    lines = report.changes
    edits = [Edit(line.place, line.new) for line in lines if line.status == CHANGED]
    edits += follow(report.lines, table, lambda place: package.cell(place.sheet, place.ref).value, figures)
    settable = [edit for edit in edits if package.obstacle(*_where(edit.place)) is None]
    by_sheet: dict[str, dict[str, object]] = {}
    for place, value in settable:
        by_sheet.setdefault(place.sheet, {})[place.ref] = value
    for sheet, values in by_sheet.items():
        package.set_values_many(sheet, values)
    return settable + _log(package, report, lines, today)


def _log(package: Package, report: Report, lines, today) -> list[Edit]:
    """Append to the workbook's own Log table, if it has one."""
    found = package.find_table(LOG_TABLE)
    if found is None:
        return []
    sheet, table = found
    edits = []
    try:
        for row in log_table.log_rows(lines, today):
            package.append_table_row(table.name, row)
            _, left, last, _ = package.find_table(table.name)[1].bounds
            edits += [
                Edit(Place(sheet, to_ref(last, column)), row.get(title))
                for column, title in enumerate(table.columns, left)
            ]
    except PackageError:
        return edits  # no room below it, or other columns: the record goes beside the workbook
    report.log = f"table {table.name} on {sheet}"
    _print_all_of(package, sheet, table.bounds[2], last)
    return edits


def _print_all_of(package: Package, sheet: str, was: int, now: int) -> None:
    """Let a print area that ended with the table end with it again."""
    text = package.defined_names.get((PRINT_AREA, sheet), "")
    if text.endswith(f"${was}"):
        package.add_defined_name(PRINT_AREA, f"{text.removesuffix(str(was))}{now}", scope=sheet, replace=True)


def _recalculate(package: Package, report: Report, edits: list[Edit], refresh_pivots: bool) -> None:
    """Store new values of the formulas that depend on the edits, or ask Excel to calculate on opening."""
    formulas = Formulas(package)
    found = dependents(formulas, (edit.place for edit in edits))
    moved: dict[str, set[str]] = {sheet: set(refs) for sheet, refs in found.cells.items()}
    for place, _ in edits:
        moved.setdefault(package.sheets.spelling(place.sheet), set()).add(place.ref)
    pivots = pivots_over(package, moved)
    report.pivots, report.pivots_follow = len(pivots), refresh_pivots
    if refresh_pivots:
        set_refresh_on_load(package, pivots)
    report.dependents = len(found) + len(found.doubts)
    if not report.dependents:
        return
    try:
        values = recalculated(formulas, found, edits)
    except NotTrusted as reason:
        report.left_to_excel = str(reason)
        package.set_calculation(full_calc_on_load=True)
        return
    for sheet, cells in values.items():
        package.set_cached_many(sheet, cells)
    report.recalculated = sum(map(len, values.values()))


def _record_beside(report: Report, target: Path, history, as_of, today) -> None:
    beside = changelog.sidecar(target)
    about = {"date": today, "known_on": as_of or "", "formulas_recalculated": report.recalculated}
    if report.left_to_excel:
        about["left_to_excel"] = report.left_to_excel
    try:
        changelog.append_history(beside, history, target.name, report.changes, **about)
    except PackageError as error:
        report.error = f"the workbook is refreshed, but not its history: {_without_path(str(error), beside)}"
    else:
        report.log = beside.name


def _where(place: Place) -> tuple[str, str]:
    return place.sheet, place.ref
