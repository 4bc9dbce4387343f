"""Baselines in models that exist: ``bind``, ``refresh``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tokenbook.addin.cli.options import AsJson, OnDay, TeamCatalog

app = typer.Typer()


@app.command(
    epilog="Example:  tokenbook bind model.xlsx Inputs!C9 --platform B200 --metric usd_per_gpu_hour -c hyperscaler"
    "  ·  tokenbook bind model.xlsx --from map.csv  ·  tokenbook bind model.xlsx --list"
    "  ·  tokenbook bind model.xlsx Inputs!C9 --remove"
)
def bind(
    book: Annotated[Path, typer.Argument(metavar="BOOK.xlsx", help="The workbook whose cells to bind.")],
    cell: Annotated[
        str, typer.Argument(metavar="[SHEET!CELL]", help="The cell that holds the figure, or a defined name.")
    ] = "",
    platform: Annotated[str, typer.Option("--platform", "-p", help="The platform, where the metric has one.")] = "",
    metric: Annotated[str, typer.Option("--metric", "-m", help="The metric, as usd_per_gpu_hour.")] = "",
    model: Annotated[str, typer.Option(help="The model, where the metric depends on one.")] = "",
    conditions: Annotated[
        str, typer.Option("--conditions", "-c", help='Words that decide: tier, shape, precision ("8k/1k FP4").')
    ] = "",
    table: Annotated[
        Path | None,
        typer.Option("--from", metavar="MAP.csv", help="Bind many: columns cell, platform, metric, model, conditions."),
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help="List what is bound; the workbook is only read.")] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="Let the cell go (or its number in --list, or all).")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="OUT.xlsx", help="Write there, a new file; else BOOK itself, kept as .bak."
        ),
    ] = None,
    catalog: TeamCatalog = None,
    as_json: AsJson = False,
) -> int:
    """Tie cells of any workbook to figures of the catalogue, so that refresh can keep them up to date.

    The cell keeps its value and looks the same; a hidden name remembers what belongs there. Writes at once, without
    being asked twice: BOOK.xlsx stays as .bak, or as it is with -o. Only --list does not write.
    """
    from tokenbook.addin.commands import bind as commands

    return commands.bind(
        book, cell, platform=platform, metric=metric, model=model, conditions=conditions, table=table, remove=remove,
        listing=listing, out=out, as_json=as_json,
    )  # fmt: skip


@app.command(
    epilog="Example:  tokenbook refresh model.xlsx  ·  tokenbook refresh models/ --write"
    "  ·  tokenbook refresh model.xlsx --as-of 2026-07-31 -o model-july.xlsx"
)
def refresh(
    books: Annotated[
        list[Path], typer.Argument(metavar="BOOK...", help="Workbooks, or folders of them (searched all the way down).")
    ],
    as_of: OnDay = None,
    catalog: TeamCatalog = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write the new figures into the workbooks; old files stay as .bak.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="OUT.xlsx", help="Write the result there, a new file; BOOK stays."),
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Replace figures that someone typed over, too; never formulas, never OUT.xlsx."),
    ] = False,
    refresh_pivots: Annotated[
        bool, typer.Option("--refresh-pivots", help="Have Excel refresh pivots over changed cells on opening the file.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Bring bound cells to the newest figures of the catalogue, and change nothing else; without --write only show.

    Exit code 2: a workbook could not be refreshed (the others are).
    """
    from tokenbook.addin.commands import refresh as commands

    return commands.refresh(
        books, as_of=as_of, write=write, out=out, force=force, refresh_pivots=refresh_pivots, as_json=as_json
    )
