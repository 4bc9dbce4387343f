"""Shared by the commands: tables on the terminal, money with the digits it deserves, JSON."""

from __future__ import annotations

import json
import math
import unicodedata

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

console = Console(highlight=False)


def significant(value: float, digits: int = 4) -> str:
    """A number with that many significant digits, never in powers of ten: 0.0088 stays 0.008800."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{decimals}f}"


def formatted(value: object, kind: str) -> str:
    """A cell's value as text, by kind of quantity; text such as "never" stays what it is."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return "" if value is None else str(value)
    if kind == "usd":
        return f"{value:,.0f}"
    if kind == "usd_per_mtok":
        return significant(value)
    if kind == "share":
        return f"{value:,.1%}"
    if kind == "multiple":
        return f"{value:,.2f}x"
    if kind == "months":
        return f"{value:,.1f}"
    return f"{value:,.6g}"


def cell_value(value: object) -> str:
    """What a cell holds, as text: numbers with the digits they have, up to ten."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return "" if value is None else str(value)
    return f"{value:,.10g}" if 1e-4 <= abs(value) < 1e9 else significant(float(value))


def table(title: str, columns: list[str], rows: list[list[str]], *, left: int = 1) -> None:
    """Print a table; the first ``left`` columns are text, the others align right."""
    grid = Table(title=Text(plain(title), style="bold"), title_justify="left", header_style="bold")
    for position, column in enumerate(columns):
        grid.add_column(column, justify="left" if position < left else "right", overflow="fold")
    for row in rows:
        grid.add_row(*(Text(plain(cell)) for cell in row))
    console.print(grid)


def sentence(text: str) -> None:
    """Print a line that may hold names of files, sheets or cells."""
    console.print(Text(plain(text)), soft_wrap=True)


def plain(text: str) -> str:
    """Text from a workbook or a path without what could steer the terminal or cannot be printed.

    Shown as ``Text``, so that rich does not take brackets in it for markup.
    """
    unfit = {each for each in set(text) - {"\n"} if unicodedata.category(each) in ("Cc", "Cs")}
    return text.translate({ord(each): "\N{REPLACEMENT CHARACTER}" for each in unfit})


def progress() -> Progress:
    """A spinner with the step under way, on a terminal only; output for a pipe or a file stays clean."""
    terminal = Console(stderr=True)
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
        transient=True,
        console=terminal,
        disable=not terminal.is_terminal,
    )


def as_json(data: object) -> None:
    """Print data as JSON for another program; errors of cells are their text."""
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
    print(text.encode("utf-8", "backslashreplace").decode("utf-8"))  # a file's name may hold bytes that are no UTF-8
