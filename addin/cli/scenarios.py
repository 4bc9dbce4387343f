"""Many cases of one workbook: ``sweep``, ``simulate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tokenbook.addin.cli.options import AsJson

app = typer.Typer()

Scheduler = Annotated[
    str, typer.Option(metavar="local|ADDRESS", help="Processes here, or a Dask cluster as tcp://10.0.0.5:8786.")
]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes to use here; one for each processor by default.")]
Restart = Annotated[bool, typer.Option("--restart", help="Throw away what an interrupted run has finished.")]


@app.command(
    epilog="Example:  tokenbook sweep roi.xlsx --inputs scenarios.csv --outputs 'npv_*,lcot_1' -o results.csv"
    "  ·  the columns of scenarios.csv are names of input cells, as discount_rate"
)
def sweep(
    book: Annotated[Path, typer.Argument(metavar="BOOK.xlsx", help="The workbook to calculate; it is not changed.")],
    inputs: Annotated[
        Path, typer.Option("--inputs", metavar="TABLE", help="A column for each input, a row for each scenario.")
    ],
    outputs: Annotated[
        list[str], typer.Option("--outputs", metavar="NAMES", help="Results to collect: npv_1,lcot_1 or npv_*.")
    ],
    out: Annotated[Path, typer.Option("--output", "-o", metavar="RESULTS", help="Table to write: .csv, .parquet.")],
    scheduler: Scheduler = "local",
    workers: Workers = None,
    restart: Restart = False,
    force: Annotated[bool, typer.Option("--force", help="Replace RESULTS if it exists; no .bak is kept.")] = False,
    as_json: AsJson = False,
) -> None:
    """Calculate a workbook for every scenario of a table. An interrupted run continues where it stopped."""
    from tokenbook.addin.commands import sweep as commands

    names = [name.strip() for text in outputs for name in text.split(",") if name.strip()]
    commands.sweep(
        book, inputs, names, out, scheduler=scheduler, workers=workers, restart=restart, force=force, as_json=as_json
    )


@app.command(epilog="Example:  tokenbook simulate roi.xlsx --spec risk.toml -o trials.csv")
def simulate(
    book: Annotated[Path, typer.Argument(metavar="BOOK.xlsx", help="The workbook to calculate; it is not changed.")],
    spec: Annotated[
        Path, typer.Option("--spec", metavar="RISK.toml", help="Distributions, correlations, outputs, trials, seed.")
    ],
    out: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="TRIALS", help="Keep every trial: .csv or .parquet.")
    ] = None,
    scheduler: Scheduler = "local",
    workers: Workers = None,
    restart: Restart = False,
    force: Annotated[bool, typer.Option("--force", help="Replace TRIALS if it exists; no .bak is kept.")] = False,
    as_json: AsJson = False,
) -> None:
    """Monte Carlo over a workbook: percentiles with their standard errors, chance of a loss, what drives the spread."""
    from tokenbook.addin.commands import sweep as commands

    commands.simulate(
        book, spec, out, scheduler=scheduler, workers=workers, restart=restart, force=force, as_json=as_json
    )
