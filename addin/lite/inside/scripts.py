"""Scripts for the task pane: choose one beside the green button and run it."""

from __future__ import annotations

from collections.abc import Iterable

import xlwings as xw
from xlwings import script

from tokenbook.addin.lite.inside.host import declared
from tokenbook.templates.conventions import MASTER_CHECK, OK, OK_WITHOUT_ADDIN
from tokenbook.templates.refresh.open_book import read_formulas, refresh_open
from tokenbook.templates.refresh.plan import Line
from tokenbook.templates.refresh.report import Report
from tokenbook.templates.refresh.words import NOTHING_BOUND, changes, headline, left_alone, shortened
from tokenbook.udfs import catalog
from tokenbook.udfs.functions.declare import ExcelFunction

HELP_SHEET = "Tokenbook help"
HELP_COLUMNS = ("Function", "Argument", "Takes", "Unit", "What it is")
HELP_WIDTHS = (11, 26, 20, 26, 90)  # characters; a signature runs over the columns beside it


def check_text(book: xw.Book) -> str:
    """What the checks of the model say, in one line."""
    named = [name for name in book.names if name.name == MASTER_CHECK]
    if not named:
        return "This workbook has no master check: it was not made by a Tokenbook template."
    verdict = str(named[0].refers_to_range.value)
    if verdict == OK:
        return "Checks: OK. Every figure agrees in both ways of calculating it."
    if verdict == OK_WITHOUT_ADDIN:
        return "Checks: OK, but the functions have not been calculated yet (press Ctrl+Alt+F9)."
    return f"Checks: {verdict}. See the sheet Checks for the lines that differ."


async def refreshed(book: xw.Book) -> str:
    """Refresh, and say in a few lines what changed and what was left alone."""
    try:
        formulas = await read_formulas(book)
    except (AttributeError, NotImplementedError, ImportError):  # an xlwings that cannot tell formulas from values
        formulas = {}
    report = refresh_open(book, catalog.active(), formulas=formulas)
    if not report.lines:
        return NOTHING_BOUND
    if unknown := figures_from_elsewhere(report):
        return (
            f"Nothing was changed: {unknown[0].cell} holds a figure that is not among those of {catalog.active().date} "
            "which this workbook carries, a newer one or your team's. tokenbook embed brings today's in; then refresh."
        )
    report = refresh_open(book, catalog.active(), write=True, formulas=formulas)
    more = [*changes(report, written=True), *left_alone(report)]
    return "\n".join([headline(report, catalog.active().date, written=True), *shortened(more)])


def figures_from_elsewhere(report: Report) -> list[Line]:
    """Lines that would be changed although their figure comes from a catalogue that is not the one carried here."""
    carried = {row.id for row in catalog.active()}
    keys = ((line, line.binding.key) for line in report.changes)
    return [line for line, key in keys if key and key.row and key.row not in carried]


def help_rows(functions: Iterable[ExcelFunction]) -> list[list[str]]:
    """Functions with their arguments, a line each."""
    rows = [list(HELP_COLUMNS)]
    for function in functions:
        text = function.help
        rows += [[""] * len(HELP_COLUMNS), [function.signature, *[""] * 4], ["", "", "", "", text.summary]]
        for argument in function.arguments:
            about = text.arguments[argument.name]
            shown = f"[{argument.name}]" if argument.optional else argument.name
            rows.append(["", shown, about.takes, about.unit, about.text])
        # Nothing may begin with "=" or "#": Excel would make a formula or an error of it.
        rows += [["", "", "error", "", f"shows {code} for {meaning}"] for code, meaning in text.errors]
        rows += [["", "", "example", "", f"{formula.lstrip('=')} gives {value}"] for formula, value in text.examples]
    return rows


@script
def check_model(book: xw.Book) -> None:
    """Say what the checks of this model say."""
    text = check_text(book)
    print(text)
    book.app.alert(text, title="Tokenbook")


@script
async def refresh_baselines(book: xw.Book) -> None:
    """Bring the cells that hold a baseline to the figures which this workbook carries; own figures stay."""
    text = await refreshed(book)
    print(text)
    book.app.alert(text, title="Tokenbook")


@script
def insert_help(book: xw.Book) -> None:
    """Write a sheet that lists the functions with their arguments, errors and examples."""
    names = [sheet.name for sheet in book.sheets]
    sheet = book.sheets[HELP_SHEET] if HELP_SHEET in names else book.sheets.add(HELP_SHEET, after=book.sheets[-1])
    sheet.clear()
    rows = help_rows(declared.values())
    sheet["A1"].value = rows
    sheet.range((1, 1), (1, len(HELP_COLUMNS))).font.bold = True
    for position in [number for number, row in enumerate(rows) if row[0]]:
        sheet[position, 0].font.bold = True
    for column, width in enumerate(HELP_WIDTHS, 1):
        cells = sheet.range((1, column), (len(rows), column))
        cells.column_width = width
        cells.wrap_text = column > 1
    sheet.activate()
