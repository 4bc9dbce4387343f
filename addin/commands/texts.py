"""How figures of the catalogue are written on the terminal: numbers, paragraphs, grids, and whose they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import SupportsFloat, cast

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tokenbook.addin.commands import show

Row = Mapping[str, object]

DIGITS = 6  # significant digits on the screen; JSON and CSV carry all
RIGHT = ("Value", "Change", "Rows", "Line", "Note")  # columns of numbers


def number(value: object) -> str:
    """A figure with its own digits and no more: 5,000,000, 28,012.9, 0.0193363; "-" for none."""
    if value is None:
        return "-"
    text = show.significant(float(cast(SupportsFloat, value)), DIGITS)
    return text.rstrip("0").rstrip(".") if "." in text else text


def plain(value: object) -> Text:
    """Text as it stands: no markup is read in it, and no control character reaches the terminal."""
    return Text("".join(sign if sign.isprintable() else " " for sign in str(value)))


def print_text(value: object, *, indent: int = 0, style: str = "", soft_wrap: bool = False) -> None:
    """Print a paragraph, wrapped to the terminal."""
    text = plain(value)
    text.stylize(style)
    show.console.print(Padding(text, (0, 0, 0, indent)) if indent else text, soft_wrap=soft_wrap)


def print_grid(
    columns: Sequence[str], rows: Sequence[Sequence[object]], widths: Sequence[int | None], *, header: bool
) -> None:
    """Print rows under fixed widths; the column of width None takes the rest and wraps."""
    grid = Table(box=None, show_header=header, header_style="bold", padding=(0, 2, 0, 0), pad_edge=False, expand=True)
    for name, width in zip(columns, widths, strict=True):
        grid.add_column(
            name,
            justify="right" if name in RIGHT or name[:1].isdigit() else "left",
            width=width,
            ratio=1 if width is None else None,
            no_wrap=width is not None,
            overflow="fold",
        )
    for row in rows:
        grid.add_row(*map(plain, row))
    show.console.print(grid)


def print_team(rows: Iterable[Row]) -> None:
    """Say which team catalogue is on top and how many of the rows are its own."""
    from tokenbook.udfs import catalog
    from tokenbook.udfs.catalog.team import hidden

    if catalog.place():
        own = sum(1 for row in rows if is_team(row))
        place = hidden(catalog.place())
        print_text(f"{own:,} of these figures from the team catalogue {place}, marked team.", soft_wrap=True)


def is_team(row: Row) -> bool:
    return row["origin"] != "shipped"


def counted(many: int, noun: str) -> str:
    return f"{many:,} {noun}{'' if many == 1 else 's'}"


def joined(parts: Iterable[object], sign: str) -> str:
    return sign.join(str(part) for part in parts if part)
