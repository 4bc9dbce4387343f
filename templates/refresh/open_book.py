"""Refreshing a workbook that is open in Excel, through xlwings: the same plan, written cell by cell.

`refresh_open` takes an xlwings Book of any engine: classic (COM), or the JSON book with which the Office.js hosts
(xlwings Lite and Server) work. Nothing is recalculated here; Excel does that. What is undone in Excel comes back.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

from tokenbook.templates.bindings import Place, key_name, read
from tokenbook.templates.conventions import BASELINE_TABLE, LOG_TABLE
from tokenbook.templates.ooxml.references import parse_range, to_ref
from tokenbook.templates.refresh import log_table
from tokenbook.templates.refresh.follow import Sheetful, follow, with_renewed
from tokenbook.templates.refresh.plan import CHANGED, LOCKED, WRITTEN, Found, Line, plan
from tokenbook.templates.refresh.report import Report
from tokenbook.udfs import catalog


def refresh_open(
    book,
    figures: catalog.Catalog | None = None,
    *,
    as_of: str | None = None,
    write: bool = False,
    force: bool = False,
    formulas: dict[Place, str] | None = None,
    assume_values: bool = False,
    today: str | None = None,
) -> Report:
    """Bring the bound cells of an open workbook to the catalogue's figures.

    Parameters
    ----------
    book : xlwings.Book
    figures : Catalog, optional
        Default: the active catalogue.
    as_of, write, force, today
        As `refresh_file`.
    formulas : dict of Place to str, optional
        What the formula bar shows for each bound cell, from `read_formulas`, where the host tells it only when
        awaited (xlwings Lite).
    assume_values : bool
        Write also where the host does not tell whether a formula stands in the cell (xlwings Server). Only cells that
        hold the value last written are concerned; ask the user first.

    Returns
    -------
    Report
        `written` is None; `log` says whether a row was added to the Log table.
    """
    figures = catalog.active() if figures is None else figures
    bindings = read(_workbook_names(book))
    report = Report(Path(book.name))
    if not bindings:
        return report
    sheets = {sheet.name.casefold(): sheet for sheet in book.sheets}
    table = _baseline_table(book)
    lines = plan(
        bindings, _look(sheets, formulas or {}), figures, as_of=as_of, force=force, assume_values=assume_values
    )
    report.lines = with_renewed(lines, table)
    if write and report.changes:
        _write(book, sheets, report, table, figures, today or dt.date.today().isoformat())
    return report


async def read_formulas(book) -> dict[Place, str]:
    """What the formula bar shows for each bound cell, on hosts where that has to be awaited (xlwings Lite)."""
    sheets = {sheet.name.casefold(): sheet for sheet in book.sheets}
    places = [each.place for each in read(_workbook_names(book)) if each.place]
    return {
        place: str(await sheets[place.sheet.casefold()].range(place.ref).get_formula())
        for place in places
        if place.sheet.casefold() in sheets
    }


def _workbook_names(book):
    """(name, text) of the workbook-scoped names; a sheet's own carry its name in front."""
    return [(name.name, name.refers_to or "") for name in book.names if "!" not in name.name]


def _look(sheets, formulas):
    def look(place: Place) -> Found | None:
        sheet = sheets.get(place.sheet.casefold())
        if sheet is None:
            return None
        cell = sheet.range(place.ref)
        value = cell.value
        if isinstance(value, (dt.date, dt.time)):
            value = value.isoformat()  # shown as a date: no figure of the catalogue
        return Found(value, _has_formula(cell, formulas.get(place)))

    return look


def _has_formula(cell, known: str | None) -> bool | None:
    if known is None:
        try:
            known = cell.formula
        except NotImplementedError:  # an Office.js host, which sends values only
            return None
    return str(known).startswith("=")


def _baseline_table(book) -> Sheetful | None:
    found = _table(book, BASELINE_TABLE)
    if found is None:
        return None
    sheet, table = found
    top, left, _, _ = parse_range(table.range.address.replace("$", ""))
    titles, *rows = table.range.options(ndim=2).value
    return Sheetful(
        [str(title or "") for title in titles],
        rows,
        lambda row, column: Place(sheet.name, to_ref(top + 1 + row, left + column)),
    )


def _table(book, name):
    for sheet in book.sheets:
        for table in sheet.tables:
            if table.name.casefold() == name.casefold():
                return sheet, table
    return None


def _write(book, sheets, report: Report, table, figures, today) -> None:
    def at(place):
        return sheets[place.sheet.casefold()].range(place.ref)

    report.lines = [_written(book, at, line) if line.status in WRITTEN else line for line in report.lines]
    for place, value in follow(report.lines, table, lambda place: at(place).value, figures):
        at(place).value = _as_typed(value)
    found = _table(book, LOG_TABLE)
    if found is not None and report.changes:
        _, log = found
        titles = [str(title or "") for title in log.header_row_range.options(ndim=1).value]
        for row in log_table.log_rows(report.changes, today):
            log.rows.add([_as_typed(row.get(title)) for title in titles])
        report.log = f"table {log.name}"


def _written(book, at, line: Line) -> Line:
    """The line after its cell and its key are set; one that Excel refuses (a protected sheet) is left alone."""
    try:
        if line.status == CHANGED:
            at(line.place).value = line.new
        name, text = key_name(replace(line.binding, key=line.new_key))
        book.names[name].refers_to = f"={text}"
    except Exception as error:  # of whatever kind the host raises
        reason = " ".join(str(error).split())[:120]
        return replace(line, status=LOCKED, reason=f"Excel refused to set it ({reason or type(error).__name__})")
    return line


def _as_typed(value):
    """A value as a user would enter it: the apostrophe keeps Excel from making a date of 2026-07-31."""
    return f"'{value}" if isinstance(value, str) and value else value
