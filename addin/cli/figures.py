"""What there is: ``functions``, ``claims``, and the group ``baselines``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tokenbook.addin.cli.options import AsCsv, AsJson, OnDay, TeamCatalog

app = typer.Typer()


@app.command(epilog="Example:  tokenbook functions  ·  tokenbook functions TOK_NPV")
def functions(
    name: Annotated[str, typer.Argument(help="A function, with or without TOK_.")] = "",
    markdown: Annotated[bool, typer.Option("--markdown", help="Write the whole reference as Markdown.")] = False,
) -> None:
    """List the functions for cells, or show the full help of one."""
    from tokenbook.addin.commands import functions as commands

    if name:
        commands.show_one(name)
    else:
        commands.list_all(markdown)


@app.command(epilog="Example:  tokenbook claims  ·  tokenbook claims 15x  ·  tokenbook claims two-cents --json")
def claims(
    name: Annotated[str, typer.Argument(metavar="[CLAIM]", help="A claim, as 15x or two-cents.")] = "",
    catalog: TeamCatalog = None,
    as_json: AsJson = False,
) -> None:
    """List what vendors claim, or show one claim: conditions, gaps, measurements, what it implies."""
    from tokenbook.addin.commands import claims as commands

    if name:
        commands.show_claim(name, as_json=as_json)
    else:
        commands.list_claims(as_json=as_json)


baselines = typer.Typer(
    help="The figures of the catalogue: list them, show one with its history, compare two dates, import files.",
    no_args_is_help=True,
)
app.add_typer(baselines, name="baselines")

OfPlatforms = Annotated[
    list[str] | None, typer.Option("--platform", "-p", help="Only this platform; may be given several times.")
]
OfMetrics = Annotated[
    list[str] | None, typer.Option("--metric", "-m", help="Only this metric, as usd_per_gpu_hour; or several.")
]
OfModels = Annotated[list[str] | None, typer.Option("--model", help="Only this model, as DeepSeek-R1; or several.")]
Meeting = Annotated[
    list[str] | None,
    typer.Option("--conditions", "-c", help='Words to meet: "hyperscaler", "8k/1k FP4", "at 50 tok/s/user".'),
]


@baselines.command(
    "list",
    epilog="Example:  tokenbook baselines list -p H200 -p B200 -m usd_per_gpu_hour"
    "  ·  tokenbook baselines list --model DeepSeek-R1 -c 8k/1k --csv > dsr1.csv",
)
def baselines_list(
    platform: OfPlatforms = None,
    metric: OfMetrics = None,
    model: OfModels = None,
    conditions: Meeting = None,
    as_of: OnDay = None,
    everything: Annotated[bool, typer.Option("--all-vintages", help="Superseded figures too.")] = False,
    catalog: TeamCatalog = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List the figures in force, with date, confidence and source."""
    from tokenbook.addin.commands import baselines as commands
    from tokenbook.addin.commands import choosing

    filters = choosing.filters(platform, metric, model, conditions)
    commands.list_figures(filters, as_of=as_of, everything=everything, as_json=as_json, as_csv=as_csv)


@baselines.command(
    "show",
    epilog="Example:  tokenbook baselines show B200 usd_per_gpu_hour -c hyperscaler"
    "  ·  tokenbook baselines show pue  ·  tokenbook baselines show b200.kw_per_gpu.corrected.2026-07",
)
def baselines_show(
    first: Annotated[
        str, typer.Argument(metavar="PLATFORM", help="The platform; or a metric that has none, or the id of a figure.")
    ],
    second: Annotated[str, typer.Argument(metavar="METRIC", help="The metric, as usd_per_gpu_hour.")] = "",
    model: Annotated[str | None, typer.Option(help="The model, where the metric depends on one.")] = None,
    conditions: Meeting = None,
    as_of: OnDay = None,
    catalog: TeamCatalog = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show one figure: its whole history, sources, qualifiers, and who says otherwise."""
    from tokenbook.addin.commands import baselines as commands

    commands.show_figure(
        first, second, model=model, conditions=" ".join(conditions or ()), as_of=as_of, as_json=as_json, as_csv=as_csv
    )


@baselines.command(
    "diff",
    epilog="Example:  tokenbook baselines diff 2026-07-30 2026-07-31 -m usd_per_gpu_hour"
    "  ·  tokenbook baselines diff 2025-12 2026-09 -p B200 --json",
)
def baselines_diff(
    date_a: Annotated[str, typer.Argument(metavar="DATE_A", help="The earlier day (2026-07-30, 2026-07, 2026).")],
    date_b: Annotated[str, typer.Argument(metavar="DATE_B", help="The later day.")],
    platform: OfPlatforms = None,
    metric: OfMetrics = None,
    model: OfModels = None,
    conditions: Meeting = None,
    catalog: TeamCatalog = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Compare what was known on two days: figures that changed, and new ones."""
    from tokenbook.addin.commands import baselines as commands
    from tokenbook.addin.commands import choosing

    filters = choosing.filters(platform, metric, model, conditions)
    commands.diff_dates(date_a, date_b, filters, as_json=as_json, as_csv=as_csv)


@baselines.command(
    "import",
    epilog="Example:  tokenbook baselines import quotes offers.xlsx -o mine.csv"
    "  ·  tokenbook baselines import litellm model_prices_and_context_window.json -o prices.csv --as-of 2026-09-15",
)
def baselines_import(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="inferencex (API rows), mlperf (summary_results.json), litellm (price map), quotes (your own table).",
        ),
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to read: .json, .csv or .xlsx.")],
    out: Annotated[Path, typer.Option("--output", "-o", metavar="OUT.csv", help="The team catalogue to write.")],
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="The day from which figures without a date were known.")
    ] = None,
    defaults: Annotated[
        list[str] | None,
        typer.Option("--default", metavar="NAME=VALUE", help="A value for a column that the table lacks."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace OUT.csv if it exists; no .bak is kept.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check a file of figures row by row and write the sound ones as a team catalogue."""
    from tokenbook.addin.commands import importing

    importing.import_rows(kind, file, out, as_of=as_of, defaults=defaults or [], force=force, as_json=as_json)
