"""Models: ``demo``, ``new``, ``calc``, ``check``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tokenbook.addin.cli.options import AsJson, TeamCatalog

app = typer.Typer()


@app.command(epilog="Example:  tokenbook demo  ·  tokenbook demo ~/models")
def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Folder for the workbook.")] = Path("tokenbook-demo"),
) -> None:
    """Write and compute the ROI workbook of four platforms, and print its headline."""
    from tokenbook.addin.commands import workbooks

    workbooks.demo(folder)


@app.command(epilog='Example:  tokenbook new roi roi.xlsx --platform "GB300 NVL72" --platform H200 --model DeepSeek-R1')
def new(
    template: Annotated[str, typer.Argument(help="Name of the template; --list shows them.")] = "",
    out: Annotated[Path | None, typer.Argument(metavar="OUT.xlsx", help="The workbook to write.")] = None,
    platform: Annotated[
        list[str] | None, typer.Option("--platform", "-p", help="A platform to compare; up to four, in this order.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="The model served, as in the catalogue.")] = None,
    shape: Annotated[str | None, typer.Option(help="Input and output tokens of a request, as 8k/1k.")] = None,
    interactivity: Annotated[
        float | None,
        typer.Option(metavar="TOK/S", help="Throughput at this speed for each user, not at its peak."),
    ] = None,
    months: Annotated[int | None, typer.Option(help="Months of operation, up to 120.")] = None,
    currency: Annotated[
        str | None, typer.Option(help="Currency of the model and its results, as EUR; prices stay in USD.")
    ] = None,
    exchange_rate: Annotated[
        float | None, typer.Option(metavar="RATE", help="Units of that currency for one USD.")
    ] = None,
    money_format: Annotated[
        str | None, typer.Option("--number-format", metavar="FORMAT", help='Excel format of amounts, as "#,##0".')
    ] = None,
    as_of: Annotated[str | None, typer.Option(help="Use what was known on this day (2026-07-31).")] = None,
    catalog: TeamCatalog = None,
    force: Annotated[bool, typer.Option("--force", help="Replace OUT.xlsx if it exists; no .bak is kept.")] = False,
    host: Annotated[
        str, typer.Option(metavar="HOST", help="Store our functions for classic (also Calc), lite or server.")
    ] = "classic",
    listing: Annotated[bool, typer.Option("--list", help="List the templates.")] = False,
) -> None:
    """Write a template workbook, filled from the catalogue and computed."""
    from tokenbook.addin.commands import workbooks

    if listing:
        from tokenbook.templates.models import TEMPLATES

        for name, sentence in TEMPLATES.items():
            typer.echo(f"{name:14} {sentence}")
        return
    if not template or out is None:
        raise typer.BadParameter("name the template and the file to write: tokenbook new roi roi.xlsx")
    workbooks.write(
        template, out, force=force, host=host, platforms=tuple(platform or ()), model=model, shape=shape, as_of=as_of,
        interactivity=interactivity, months=months, currency=currency, exchange_rate=exchange_rate,
        money_format=money_format,
    )  # fmt: skip


@app.command(epilog="Example:  tokenbook calc roi.xlsx --set discount_rate=12% --set gpus_1=144 -o roi-12.xlsx")
def calc(
    book: Annotated[Path, typer.Argument(metavar="BOOK.xlsx", help="The workbook to calculate.")],
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Set an input: a name, or a cell as Inputs!C9."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="OUT.xlsx", help="Write the result here; else nothing is.")
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Replace OUT.xlsx if it exists, also when it is BOOK.xlsx itself; no .bak."),
    ] = False,
    refresh_pivots: Annotated[
        bool,
        typer.Option("--refresh-pivots", help="Have Excel refresh pivots over changed cells on opening OUT."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Recalculate a workbook, our functions included, with other inputs; the file itself stays as it is."""
    from tokenbook.addin.commands import workbooks

    workbooks.calculate(book, settings or [], out, force=force, refresh_pivots=refresh_pivots, as_json=as_json)


@app.command(
    epilog="Example:  tokenbook check roi.xlsx  ·  tokenbook check their-model.xlsx --all --json > findings.json"
)
def check(
    book: Annotated[Path, typer.Argument(metavar="BOOK.xlsx", help="The workbook to check; it is only read.")],
    everything: Annotated[
        bool, typer.Option("--all", help="List every finding, not only the first of each kind.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Recalculate a workbook and list what an auditor asks for: failed checks, errors, stale values, odd formulas.

    Exit code 0: all fine. 1: a check fails or a cell holds an error. 2: the file cannot be read.
    """
    from tokenbook.addin.commands import check as commands

    return commands.check(book, everything=everything, as_json=as_json)
