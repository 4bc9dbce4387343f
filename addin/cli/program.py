"""Runs a command and turns whatever happens into one line and an exit code."""

from __future__ import annotations

import gc
import os
import sys
from typing import Annotated

import typer

from tokenbook.addin.cli import bound, figures, hosts, models, scenarios, sharing
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
for _group in (models, bound, sharing, hosts, figures, scenarios):  # in the order of the help
    app.add_typer(_group.app)


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


# A command reads tens of thousands of formulas, lives for seconds and leaves hardly a circle of objects behind.
SELDOM = (100_000, 50, 50)


def main(arguments: list[str] | None = None) -> None:
    """Run a command. Bad input gives one line and exit code 2, never a traceback."""
    gc.set_threshold(*SELDOM)
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
