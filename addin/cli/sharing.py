"""Workbooks for others: ``freeze``, ``thaw``, ``convert``, ``embed``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tokenbook.addin.cli.options import InPlace, OutBook, TeamCatalog

app = typer.Typer()


@app.command(epilog="Example:  tokenbook freeze roi.xlsx -o roi-for-the-board.xlsx")
def freeze(
    book: Annotated[Path, typer.Argument(metavar="BOOK.xlsx", help="The workbook with calls of our functions.")],
    out: OutBook = None,
    force: InPlace = False,
) -> None:
    """Replace calls of our functions by their values, for readers without the add-in; thaw brings them back."""
    from tokenbook.addin.commands import sharing

    sharing.freeze(book, out, force=force)


@app.command(epilog="Example:  tokenbook thaw roi-for-the-board.xlsx -o roi-again.xlsx")
def thaw(
    book: Annotated[Path, typer.Argument(metavar="BOOK.xlsx", help="A workbook that freeze wrote.")],
    out: OutBook = None,
    keep_changed: Annotated[
        bool, typer.Option("--keep-changed", help="Leave cells that someone changed as they are; restore the others.")
    ] = False,
    force: InPlace = False,
) -> None:
    """Put the formulas back that freeze replaced by values, also where rows or columns were inserted since."""
    from tokenbook.addin.commands import sharing

    sharing.thaw(book, out, keep_changed=keep_changed, force=force)


@app.command(epilog="Example:  tokenbook convert roi.xlsx --host lite -o roi-lite.xlsx")
def convert(
    book: Annotated[Path, typer.Argument(metavar="BOOK.xlsx", help="The workbook with calls of our functions.")],
    host: Annotated[
        str, typer.Option(metavar="HOST", help="Where it will be used: classic (also Calc), lite or server.")
    ],
    out: OutBook = None,
    force: InPlace = False,
) -> None:
    """Store the calls of our functions the way another host reads them; nothing else in the file changes."""
    from tokenbook.addin.commands import sharing

    sharing.convert(book, out, host=host, force=force)


@app.command(epilog="Example:  tokenbook embed model.xlsx  ·  tokenbook embed model.xlsx -o model-lite.xlsx --used")
def embed(
    book: Annotated[Path, typer.Argument(metavar="BOOK.xlsx", help="The workbook that shall carry the functions.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="OUT.xlsx", help="Write here; else BOOK.xlsx is changed at once and kept as .bak."
        ),
    ] = None,
    requirement: Annotated[
        bool, typer.Option("--requirement", help="Carry no source: ask for the package of this version instead.")
    ] = False,
    used: Annotated[bool, typer.Option("--used", help="Carry only the functions that the workbook calls.")] = False,
    all_figures: Annotated[
        bool, typer.Option("--all-figures", help="Carry the whole catalogue, the long measured series too.")
    ] = False,
    catalog: TeamCatalog = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Replace OUT.xlsx if it exists, and Python code in the workbook that is not ours."
        ),
    ] = False,
) -> None:
    """Put the functions into a workbook, so that it calculates with the free add-in xlwings Lite and nothing else."""
    from tokenbook.addin.commands import embed as commands

    commands.embed(book, out, requirement=requirement, used=used, all_figures=all_figures, force=force)
