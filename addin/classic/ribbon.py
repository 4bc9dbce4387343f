"""What the buttons of the ribbon do, in the workbook from which they were pressed (through xlwings' RunPython)."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable
from pathlib import Path

import xlwings as xw

TITLE = "Tokenbook"
FOLDER = "Tokenbook"  # in the user's documents


def button(action: Callable[..., None]) -> Callable[..., None]:
    """Run an action with the workbook of the caller; what goes wrong is shown as a sentence, never as a traceback."""

    @functools.wraps(action)
    def run(*arguments: object) -> None:
        book = xw.Book.caller()
        try:
            action(book, *arguments)
        except Exception as error:
            kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
            book.app.alert(f"{kind}{' '.join(str(error).split())}", title=TITLE, mode="critical")

    return run


@button
def new_model(book: xw.Book, template: str) -> None:
    """Write a template workbook, filled from the catalogue, into the user's documents and open it."""
    from tokenbook.addin.version import version
    from tokenbook.templates import build, models
    from tokenbook.templates.models.shared.options import Options

    writer = models.module(template).compose(Options(version=version()))
    out = build.free_name(documents(), template)  # a button never replaces a file
    build.build(writer, out)
    book.app.books.open(str(out)).activate()


@button
def refresh_baselines(book: xw.Book) -> None:
    """Show what the catalogue would change in this workbook, and write it if the user says yes."""
    from tokenbook.templates.refresh import words
    from tokenbook.templates.refresh.open_book import refresh_open
    from tokenbook.udfs import catalog

    report, known = refresh_open(book), catalog.active().date
    told = "\n".join([words.headline(report, known), *words.shortened(words.changes(report))])
    if not report.changes:
        _say(book, told)
    elif book.app.alert(f"{told}\n\nWrite them?", title=TITLE, buttons="yes_no", mode="info") == "yes":
        _say(book, words.headline(refresh_open(book, write=True), known, written=True))


@button
def check_model(book: xw.Book) -> None:
    """Audit a copy of this workbook and say what was found."""
    from tokenbook.templates.audit import audit
    from tokenbook.templates.refresh import words

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
    _say(book, "\n".join(words.shortened(lines)))


@button
def show_help(book: xw.Book) -> None:
    """List the functions in a new workbook."""
    from tokenbook.addin.lite.inside.scripts import help_rows
    from tokenbook.udfs.functions import registry

    made = book.app.books.add()
    sheet = made.sheets[0]
    sheet.name = "Tokenbook help"
    sheet["A1"].value = registry()["tok_version"].call()
    sheet["A3"].value = help_rows(registry().values())
    sheet["A1:E3"].font.bold = True


def documents() -> Path:
    """The user's folder for models."""
    folder = Path.home() / "Documents"
    folder = (folder if folder.is_dir() else Path.home()) / FOLDER
    folder.mkdir(exist_ok=True)
    return folder


def _copy(book: xw.Book, folder: Path) -> Path:
    """The workbook as it is now, in a file of its own; on macOS as it was saved last."""
    suffix = Path(book.name).suffix or ".xlsx"
    path = folder / f"{Path(book.name).stem}{suffix}"
    try:
        book.api.SaveCopyAs(str(path))
    except AttributeError:
        return Path(book.fullname)
    return path


def _say(book: xw.Book, text: str) -> None:
    book.app.alert(text, title=TITLE, mode="info")
