"""What the buttons of the ribbon do, in the workbook from which they were pressed (through xlwings' RunPython)."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import xlwings as xw

TITLE = "Tokenbook"
MOST_LINES = 15  # of what changed or was found, in a message
FOLDER = "Tokenbook"  # in the user's documents


def button(action):
    """Run an action with the workbook of the caller; what goes wrong is shown as a sentence, never as a traceback."""

    @functools.wraps(action)
    def run(*arguments):
        book = xw.Book.caller()
        try:
            action(book, *arguments)
        except Exception as error:
            kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
            book.app.alert(f"{kind}{' '.join(str(error).split())}", title=TITLE, mode="critical")

    return run


@button
def new_model(book, template: str) -> None:
    """Write a template workbook, filled from the catalogue, into the user's documents and open it."""
    from tokenbook.addin.version import version
    from tokenbook.templates import build, models
    from tokenbook.templates.models.shared.options import Options

    writer = models.module(template).compose(Options(version=version()))
    out = free_name(documents(), template)
    build.build(writer, out)
    book.app.books.open(str(out)).activate()


@button
def refresh_baselines(book) -> None:
    """Show what the catalogue would change in this workbook, and write it if the user says yes."""
    from tokenbook.templates.refresh.open_book import refresh_open
    from tokenbook.udfs import catalog

    report = refresh_open(book)
    if not report.lines:
        _say(book, "No cell of this workbook is bound to a baseline (tokenbook bind does that).")
        return
    if not report.changes:
        _say(book, f"All {len(report.lines)} baselines are those of {catalog.active().date}.")
        return
    changes = [
        f"{line.cell}: {line.old} becomes {line.new} {line.row.unit} ({line.row.as_of})" for line in report.changes
    ]
    question = "\n".join([f"{len(changes)} of {len(report.lines)} baselines have newer figures.", *_first(changes)])
    if book.app.alert(f"{question}\n\nWrite them?", title=TITLE, buttons="yes_no", mode="info") == "yes":
        report = refresh_open(book, write=True)
        _say(book, f"{len(report.changes)} baselines written. What depends on them is calculated by Excel.")


@button
def check_model(book) -> None:
    """Audit a copy of this workbook and say what was found."""
    from tokenbook.templates.audit import audit

    with tempfile.TemporaryDirectory(prefix="tokenbook-") as folder:
        report = audit(_copy(book, Path(folder)))
    lines = [f"{report.formulas:,} formulas on {report.sheets} sheets."]
    if report.refusal:
        lines.append(f"Not recalculated: {report.refusal}.")
    for category in report.categories:
        if category.findings:
            lines.append(f"{category.title}: {len(category.findings)}")
            if category.fails:
                lines += [f"   {finding.where} {finding.text}" for finding in category.findings[:3]]
    lines.append("Not fine; tokenbook check lists everything." if report.failed else "Fine.")
    _say(book, "\n".join(_first(lines)))


@button
def show_help(book) -> None:
    """List the functions in a new workbook."""
    from tokenbook.addin.lite.inside.scripts import help_rows
    from tokenbook.udfs.functions import registry

    made = book.app.books.add()
    sheet = made.sheets[0]
    sheet.name = "Tokenbook help"
    sheet["A1"].value = registry()["tok_version"].call()
    sheet["A3"].value = help_rows()
    sheet["A1:E3"].font.bold = True


def documents() -> Path:
    """The user's folder for models."""
    folder = Path.home() / "Documents"
    folder = (folder if folder.is_dir() else Path.home()) / FOLDER
    folder.mkdir(exist_ok=True)
    return folder


def free_name(folder: Path, stem: str) -> Path:
    """A name that is not taken: a button never replaces a file."""
    from tokenbook.addin.commands.workbooks import _free

    return _free(folder, stem)


def _copy(book, folder: Path) -> Path:
    """The workbook as it is now, in a file of its own; on macOS as it was saved last."""
    suffix = Path(book.name).suffix or ".xlsx"
    path = folder / f"{Path(book.name).stem}{suffix}"
    try:
        book.api.SaveCopyAs(str(path))
    except AttributeError:
        return Path(book.fullname)
    return path


def _first(lines: list[str]) -> list[str]:
    return lines[:MOST_LINES] + ([f"and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else [])


def _say(book, text: str) -> None:
    book.app.alert(text, title=TITLE, mode="info")
