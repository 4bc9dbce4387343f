"""Options that several commands share, so that they read alike everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def _use_catalog(place: str | None) -> str | None:
    """Put the team's catalogue on top before anything else; without a place TOKENBOOK_CATALOG counts."""
    from tokenbook.udfs import catalog

    catalog.use(place)
    return place


TeamCatalog = Annotated[
    str | None,
    typer.Option(
        "--catalog",
        metavar="PLACE",
        envvar="TOKENBOOK_CATALOG",
        callback=_use_catalog,
        help="Your team's figures, on top of the shipped ones: a .csv or .xlsx file, or a database URL.",
    ),
]

OutBook = Annotated[Path | None, typer.Option("--output", "-o", metavar="OUT.xlsx", help="The workbook to write.")]
InPlace = Annotated[
    bool,
    typer.Option(
        "--force",
        help="Replace OUT.xlsx if it exists; without -o change BOOK.xlsx itself (refused otherwise), kept as .bak.",
    ),
]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for another program.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV for a spreadsheet.")]
OnDay = Annotated[str | None, typer.Option("--as-of", help="As known on this day (2026-07-31, 2026-07, 2026).")]
