"""The ``tokenbook`` command.

Only declarations stand here: what a command does is imported when it is called, so that ``--help`` answers at once.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

BAD_INPUT, UNEXPECTED, INTERRUPTED = 2, 1, 130
OURS = ("addin", "templates", "udfs")  # errors raised in these packages are sentences for the user

app = typer.Typer(
    name="tokenbook",
    help="Prices AI inference in Excel: cost per million tokens, ROI and NPV, from sourced baselines.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from addin.version import version

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
    from addin.commands import workbooks

    workbooks.demo(folder)


@app.command(
    epilog='Example:  tokenbook new roi roi.xlsx --platform "GB300 NVL72" --platform H200 --model DeepSeek-R1'
)
def new(
    template: Annotated[str, typer.Argument(help="Name of the template; --list shows them.")] = "",
    out: Annotated[Path | None, typer.Argument(metavar="OUT.xlsx", help="The workbook to write.")] = None,
    platform: Annotated[
        list[str] | None, typer.Option("--platform", "-p", help="A platform to compare; up to four, in this order.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="The model served, as in the catalogue.")] = None,
    shape: Annotated[str | None, typer.Option(help="Input and output tokens of a request, as 8k/1k.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Use what was known on this day (2026-07-31).")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace OUT.xlsx if it exists.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="List the templates.")] = False,
) -> None:
    """Write a template workbook, filled from the catalogue and computed."""
    from addin.commands import workbooks

    if listing:
        from templates.models import TEMPLATES

        for name, sentence in TEMPLATES.items():
            typer.echo(f"{name:14} {sentence}")
        return
    if not template or out is None:
        raise typer.BadParameter("name the template and the file to write: tokenbook new roi roi.xlsx")
    workbooks.write(
        template, out, platforms=platform or (), model=model, shape=shape, as_of=as_of, force=force
    )


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
    from addin.commands import workbooks

    workbooks.calculate(book, settings or [], out, force=force, as_json=as_json)


@app.command(epilog="Example:  tokenbook functions  ·  tokenbook functions TOK_NPV")
def functions(
    name: Annotated[str, typer.Argument(help="A function, with or without TOK_.")] = "",
    markdown: Annotated[bool, typer.Option("--markdown", help="Write the whole reference as Markdown.")] = False,
) -> None:
    """List the functions for cells, or show the full help of one."""
    from addin.commands import functions as commands

    if name:
        commands.show_one(name)
    else:
        commands.list_all(markdown)


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
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left; that is its right
        return 0
    except Exception as error:
        if os.environ.get("TOKENBOOK_DEBUG"):
            raise
        if isinstance(error, OSError):
            return _refuse(f"{error.filename or 'file'}: {error.strerror or error}")
        if type(error).__module__.split(".")[0] in OURS:
            return _refuse(str(error.args[0]) if isinstance(error, LookupError) and error.args else str(error))
        return _refuse(
            f"unexpected {type(error).__name__}: {error}. This is a fault of Tokenbook; "
            "TOKENBOOK_DEBUG=1 shows where, for a report",
            UNEXPECTED,
        )
    if code == INTERRUPTED:  # typer caught the interrupt itself
        return _refuse("stopped; nothing was left half-written", INTERRUPTED)
    return code if isinstance(code, int) else 0


def _refuse(message: str, code: int = BAD_INPUT) -> int:
    print(f"tokenbook: {' '.join(message.split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
