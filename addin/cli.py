"""The ``tokenbook`` command.

Only declarations stand here: what a command does is imported when it is called, so that ``--help`` answers at once.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from tokenbook.udfs.errors import TokenbookError

BAD_INPUT, UNEXPECTED, INTERRUPTED = 2, 1, 130

app = typer.Typer(
    name="tokenbook",
    help="Prices AI inference in Excel: cost per million tokens, ROI and NPV, from sourced baselines.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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


def _version(wanted: bool) -> None:
    if wanted:
        from tokenbook.addin.version import version

        typer.echo(f"tokenbook {version()}")
        raise typer.Exit


@app.callback()
def _main(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and stop.")
    ] = False,
) -> None:
    pass


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
    force: Annotated[bool, typer.Option("--force", help="Replace OUT.xlsx if it exists.")] = False,
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
    force: Annotated[bool, typer.Option("--force", help="Replace OUT.xlsx if it exists.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,
) -> None:
    """Recalculate a workbook, our functions included, with other inputs; the file itself stays as it is."""
    from tokenbook.addin.commands import workbooks

    workbooks.calculate(book, settings or [], out, force=force, as_json=as_json)


@app.command(
    epilog="Example:  tokenbook check roi.xlsx  ·  tokenbook check their-model.xlsx --all --json > findings.json"
)
def check(
    book: Annotated[Path, typer.Argument(metavar="BOOK.xlsx", help="The workbook to check; it is only read.")],
    everything: Annotated[
        bool, typer.Option("--all", help="List every finding, not only the first of each kind.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,
) -> int:
    """Recalculate a workbook and list what an auditor asks for: failed checks, errors, stale values, odd formulas.

    Exit code 0: all fine. 1: a check fails or a cell holds an error. 2: the file cannot be read.
    """
    from tokenbook.addin.commands import check as commands

    return commands.check(book, everything=everything, as_json=as_json)


OutBook = Annotated[Path | None, typer.Option("--output", "-o", metavar="OUT.xlsx", help="The workbook to write.")]
InPlace = Annotated[
    bool, typer.Option("--force", help="Replace OUT.xlsx if it exists; without -o change BOOK.xlsx, kept as .bak.")
]


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
        typer.Option("--output", "-o", metavar="OUT.xlsx", help="Write there; else BOOK itself, kept as .bak."),
    ] = None,
    catalog: TeamCatalog = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,
) -> int:
    """Tie cells of any workbook to figures of the catalogue, so that refresh can keep them up to date.

    The cell keeps its value and looks the same; a hidden name remembers what belongs there.
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
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="As known on this day (2026-07-31, 2026-07, 2026).")
    ] = None,
    catalog: TeamCatalog = None,
    write: Annotated[bool, typer.Option("--write", help="Write the new figures; old files stay as .bak.")] = False,
    out: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="OUT.xlsx", help="Write the result there, BOOK stays.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also replace figures that someone typed over; never formulas.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,
) -> int:
    """Bring bound cells to the newest figures of the catalogue, and change nothing else; without --write only show.

    Exit code 2: a workbook could not be refreshed (the others are).
    """
    from tokenbook.addin.commands import refresh as commands

    return commands.refresh(books, as_of=as_of, write=write, out=out, force=force, as_json=as_json)


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
            "--output", "-o", metavar="OUT.xlsx", help="Write here; else BOOK.xlsx is changed and kept as .bak."
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
            "--force", help="Replace OUT.xlsx if it exists, and Python code that somebody wrote in the workbook."
        ),
    ] = False,
) -> None:
    """Put the functions into a workbook, so that it calculates with the free add-in xlwings Lite and nothing else."""
    from tokenbook.addin.commands import embed as commands

    commands.embed(book, out, requirement=requirement, used=used, all_figures=all_figures, force=force)


@app.command(epilog="Example:  tokenbook install  ·  tokenbook install --host calc  ·  tokenbook install --uninstall")
def install(
    host: Annotated[
        str, typer.Option(metavar="HOST", help="classic: Excel on Windows, through xlwings. calc: LibreOffice Calc.")
    ] = "classic",
    uninstall: Annotated[bool, typer.Option("--uninstall", help="Take the functions out again.")] = False,
    out: Annotated[
        Path | None, typer.Option("--output", metavar="DIR", help="Only build the add-in file, into this folder.")
    ] = None,
    profile: Annotated[
        Path | None, typer.Option(metavar="DIR", help="With calc: another profile of LibreOffice than your usual one.")
    ] = None,
) -> None:
    """Install the functions in Excel or LibreOffice Calc, for this user; --uninstall takes them out."""
    from tokenbook.addin.commands import install as commands

    commands.install(host, uninstall=uninstall, out=out, profile=profile)


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
OnDay = Annotated[str | None, typer.Option("--as-of", help="As known on this day (2026-07-31, 2026-07, 2026).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for another program.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV for a spreadsheet.")]


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

    filters = commands.filters(platform, metric, model, conditions)
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

    filters = commands.filters(platform, metric, model, conditions)
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
    force: Annotated[bool, typer.Option("--force", help="Replace OUT.csv if it exists.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check a file of figures row by row and write the sound ones as a team catalogue."""
    from tokenbook.addin.commands import baselines as commands

    commands.import_rows(kind, file, out, as_of=as_of, defaults=defaults or [], force=force, as_json=as_json)


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


@app.command(
    epilog="Example:  tokenbook serve --license-key noncommercial --dev-cert"
    "  ·  tokenbook serve --host 0.0.0.0 --allowed-host prices.example.com --auth token --token-file tokens.txt"
)
def serve(
    license_key: Annotated[
        str | None,
        typer.Option(
            "--license-key",
            envvar="XLWINGS_LICENSE_KEY",
            help="Of xlwings Server: noncommercial, or the key of a paid plan.",
        ),
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; only this machine by default.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 8000 by default.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that answer; one by default.")] = None,
    allowed_host: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Name under which users reach it; or several.")
    ] = None,
    allow_origin: Annotated[
        list[str] | None, typer.Option(metavar="ORIGIN", help="Another origin that may call it; none by default.")
    ] = None,
    auth: Annotated[str | None, typer.Option(help="How users sign in: none, token or entraid.")] = None,
    token_file: Annotated[
        str | None, typer.Option(metavar="FILE", help="Bearer tokens, one a line, readable by you only.")
    ] = None,
    entra_client: Annotated[str | None, typer.Option(metavar="ID", help="Application (client) id in Entra ID.")] = None,
    entra_tenant: Annotated[str | None, typer.Option(metavar="ID", help="Directory (tenant) id in Entra ID.")] = None,
    role: Annotated[list[str] | None, typer.Option(metavar="ROLE", help="Role a user must have; or several.")] = None,
    certificate: Annotated[str | None, typer.Option(metavar="FILE", help="TLS certificate, PEM.")] = None,
    key: Annotated[str | None, typer.Option(metavar="FILE", help="Its private key, PEM.")] = None,
    dev_cert: Annotated[bool, typer.Option("--dev-cert", help="Make a certificate for this machine.")] = False,
    proxy: Annotated[
        str | None, typer.Option(metavar="ADDRESSES", help="Proxies whose X-Forwarded-For counts, as 10.0.0.2.")
    ] = None,
    max_megabytes: Annotated[float | None, typer.Option(help="Largest request; 16 by default.")] = None,
    max_seconds: Annotated[float | None, typer.Option(help="Longest calculation; 60 by default.")] = None,
    rate: Annotated[int | None, typer.Option(help="Requests a minute from one address; 6000 by default.")] = None,
    rate_store: Annotated[
        str | None, typer.Option(metavar="URL", help="Where requests are counted, as redis://HOST.")
    ] = None,
    catalog: TeamCatalog = None,
    log: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
) -> None:
    """Run the add-in for a whole company: xlwings Server with our functions and task pane."""
    from tokenbook.addin.commands import serve as commands

    commands.serve(
        dev_cert=dev_cert, license_key=license_key, host=host, port=port, workers=workers,
        hosts=tuple(allowed_host or ()), origins=tuple(allow_origin or ()), auth=auth, token_file=token_file,
        entra_client=entra_client, entra_tenant=entra_tenant, roles=tuple(role or ()), certificate=certificate, key=key,
        proxies=proxy, most_bytes=None if max_megabytes is None else int(max_megabytes * 1024 * 1024),
        most_seconds=max_seconds, per_minute=rate, rate_store=rate_store, catalog=catalog, log=log,
    )  # fmt: skip


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
    force: Annotated[bool, typer.Option("--force", help="Replace RESULTS if it exists.")] = False,
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
    force: Annotated[bool, typer.Option("--force", help="Replace TRIALS if it exists.")] = False,
    as_json: AsJson = False,
) -> None:
    """Monte Carlo over a workbook: percentiles with their standard errors, chance of a loss, what drives the spread."""
    from tokenbook.addin.commands import sweep as commands

    commands.simulate(
        book, spec, out, scheduler=scheduler, workers=workers, restart=restart, force=force, as_json=as_json
    )


def main(arguments: list[str] | None = None) -> None:
    """Run a command. Bad input gives one line and exit code 2, never a traceback."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run a command and give its exit code."""
    try:
        code = app(arguments, standalone_mode=False)
    except typer.Exit as stop:
        return stop.exit_code
    except typer.TyperException as error:  # an unknown option, a missing argument; no arguments at all shows the help
        return _refuse(error.format_message()) if error.format_message() else BAD_INPUT
    except (KeyboardInterrupt, typer.Abort):
        return _refuse("stopped; nothing was left half-written", INTERRUPTED)
    except BrokenPipeError:
        return _reader_left()
    except SystemExit as stop:  # rich ends the program so when the reader of a pipe leaves
        return _reader_left() if stop.code == 1 else BAD_INPUT
    except Exception as error:
        if os.environ.get("TOKENBOOK_DEBUG"):
            raise
        if isinstance(error, OSError):
            return _refuse(f"{error.filename or 'file'}: {error.strerror or error}")
        if isinstance(error, TokenbookError):
            return _refuse(str(error.args[0]) if isinstance(error, LookupError) and error.args else str(error))
        return _refuse(
            f"unexpected {type(error).__name__}: {error}. This is a fault of Tokenbook; "
            "TOKENBOOK_DEBUG=1 shows where, for a report",
            UNEXPECTED,
        )
    if code == INTERRUPTED:  # typer caught the interrupt itself
        return _refuse("stopped; nothing was left half-written", INTERRUPTED)
    return code if isinstance(code, int) else 0


def _reader_left() -> int:
    """The reader of our output closed it (``| head``); that is its right."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _refuse(message: str, code: int = BAD_INPUT) -> int:
    print(f"tokenbook: {' '.join(message.split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
