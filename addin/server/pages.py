"""What the task pane asks for: choices, templates as files, baselines, claims, the open workbook refreshed or checked.

Plain functions from parsed requests to data or bytes; ``routes`` calls them off the event loop.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokenbook.addin.version import version
from tokenbook.templates.conventions import ALL_CHECKS, CHECK_VERDICT, CHECKS, FAILED
from tokenbook.udfs.errors import TokenbookError

if TYPE_CHECKING:
    import xlwings as xw

MOST_ROWS = 300
Answer = dict[str, Any]  # an object of JSON
VERDICT = CHECK_VERDICT - 1  # in a row of values
log = logging.getLogger("tokenbook.server")
OPTIONS: dict[str, Callable[[Any], object]] = {  # field of a template's options: how it is read from JSON
    "platforms": lambda value: tuple(str(item) for item in value),
    "model": str,
    "shape": str,
    "interactivity": float,
    "months": int,
    "currency": str,
    "exchange_rate": float,
    "as_of": str,
}
SHOWN = (  # of a figure of the catalogue
    "id", "platform", "metric", "value", "unit", "kind", "qualifier", "model", "shape", "precision", "conditions",
    "tier", "source", "source_ref", "as_of", "confidence", "origin", "words",
)  # fmt: skip


class PageError(TokenbookError):
    """The task pane asked for what cannot be; one line for the reader."""


def choices() -> Answer:
    """What the selects of the task pane offer."""
    from tokenbook.templates.models import TEMPLATES
    from tokenbook.udfs import catalog
    from tokenbook.udfs.catalog import claims
    from tokenbook.udfs.functions import registry

    figures = catalog.active()
    return {
        "version": version(),
        "catalogue": figures.date,
        "team": bool(catalog.place()),
        "templates": [{"name": name, "question": question} for name, question in TEMPLATES.items()],
        "platforms": figures.platforms("usd_per_gpu_hour"),
        "models": figures.models("total_tok_s_per_gpu"),
        "metrics": figures.metrics(),
        "all_platforms": figures.platforms(),
        "functions": [{"signature": each.signature, "summary": each.help.summary} for each in registry().values()],
        "claims": [{"id": claim.id, "statement": claim.statement} for claim in claims.list()],
    }


def template(name: str, wishes: Answer) -> bytes:
    """A template workbook, filled and computed, as the bytes of an .xlsx file for this host."""
    from tokenbook.templates import build, models
    from tokenbook.templates.models.shared.options import Options

    if name not in models.TEMPLATES:
        raise PageError(f"there is no template {name!r}")
    unknown = sorted(set(wishes) - set(OPTIONS))
    if unknown:
        raise PageError(f"a template has no option {unknown[0]!r}")
    given: dict[str, Any] = {}
    for option, value in wishes.items():
        if value in (None, "", []):
            continue
        try:
            given[option] = OPTIONS[option](value)
        except (TypeError, ValueError, OverflowError):
            raise PageError(f"{option}: {value!r} does not fit there") from None
    with tempfile.TemporaryDirectory(prefix="tokenbook-") as folder:
        out = Path(folder) / f"{name}.xlsx"
        build.build(models.module(name).compose(Options(version=version(), **given)), out, host="server")
        return out.read_bytes()


def baselines(platform: str | None, metric: str | None, model: str | None, as_of: str | None) -> Answer:
    """Figures in force, with what a reader must know of each; and those that contradict them."""
    from tokenbook.udfs import catalog
    from tokenbook.udfs.catalog import views

    figures = catalog.active()
    rows = views.listing(figures, platform or None, metric or None, model or None, None, as_of or None)
    shown = [{field: row.get(field) for field in SHOWN} for row in rows[:MOST_ROWS]]
    for row in shown:
        others = figures.contradictions(figures.row(str(row["id"])))
        row["contradictions"] = [
            {field: getattr(other, field) for field in ("value", "unit", "source", "as_of")} for other in others
        ]
    return {"rows": shown, "more": max(0, len(rows) - MOST_ROWS)}


def claim(name: str) -> Answer:
    """A claim: words, conditions, gaps, measurements, figures and what follows from them."""
    from tokenbook.udfs.catalog import claims

    found = claims.get(name)
    return found.as_dict()


def refresh(payload: Answer, *, write: bool, force: bool) -> Answer:
    """What a refresh changes in the open workbook; with ``write`` also the actions that change it."""
    from tokenbook.templates.refresh import refresh_open, words
    from tokenbook.udfs import catalog

    with _open(payload) as book:
        report = refresh_open(book, write=write, force=force, assume_values=True)
        lines = [
            {
                "cell": line.cell,
                "old": line.old if isinstance(line.old, (int, float, str)) else None,
                "new": line.new,
                "name": " ".join(filter(None, (line.row.platform, line.row.metric))) if line.row else "",
                "unit": line.row.unit if line.row else "",
                "source": line.row.source if line.row else "",
                "as_of": line.row.as_of if line.row else "",
                "status": line.status,
                "meaning": line.meaning,
            }
            for line in report.lines
        ]
        said = words.headline(report, catalog.active().date, written=write)
        answer: Answer = {"lines": lines, "changes": len(report.changes), "said": said}
        if write:
            answer["actions"] = book.json()
        return answer


def check(payload: Answer) -> Answer:
    """The checks of an open model that its Checks sheet does not call OK."""
    with _open(payload) as book:
        sheet = next((sheet for sheet in book.sheets if sheet.name == CHECKS), None)
        if sheet is None:
            raise PageError("this workbook has no sheet Checks; it is no model of Tokenbook")
        rows = sheet.used_range.options(ndim=2).value
        master = next((row[1] for row in rows if row and row[0] == ALL_CHECKS), None)
        failed = [
            {"check": str(row[0]), "result": row[VERDICT]}
            for row in rows
            if len(row) > VERDICT and row[VERDICT] == FAILED
        ]
        return {"master": str(master), "failed": failed}


@contextlib.contextmanager
def _open(payload: Answer) -> Iterator[xw.Book]:
    """The workbook that a task pane sent. What its parts lack shows only while they are read."""
    import xlwings as xw

    book = None
    try:
        book = xw.Book(json=payload)
        yield book
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, xw.XlwingsError) as error:
        if isinstance(error, TokenbookError):
            raise
        log.warning("a workbook could not be read", exc_info=True)
        if isinstance(error, xw.LicenseError):
            raise PageError("the licence key of xlwings Server is not valid; tell your administrator") from None
        raise PageError("the workbook was not sent as it should be; reload the task pane") from None
    finally:
        if book is not None:
            book.close()
