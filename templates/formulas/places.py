"""Cells by name: a defined name, ``Inputs!C9``, or ``C9`` on the first sheet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokenbook.udfs.errors import TokenbookError

if TYPE_CHECKING:  # the code inside a Lite workbook takes `Place` from here, and has no packages
    from tokenbook.templates.ooxml import Package

CELL_REFERENCE = re.compile(r"(?:'((?:[^'\[\]]|'')+)'|([^'!\[\]:,()]+))!\$?([A-Za-z]{1,3})\$?([1-9][0-9]{0,6})")
CELL = re.compile(r"[A-Z]{1,3}[1-9][0-9]{0,6}")
MOST_SHOWN = 12


class PlaceError(TokenbookError):
    """There is no such cell; one line for the reader."""


@dataclass(frozen=True, slots=True)
class Place:
    """A cell: sheet name and reference."""

    sheet: str
    ref: str

    def __str__(self) -> str:
        return f"{self.sheet}!{self.ref}"


def place_of(text: str) -> Place | None:
    """The single cell that the text of a name stands for, or None (a range, an expression, a lost reference)."""
    match = CELL_REFERENCE.fullmatch(text.removeprefix("=").strip())
    if not match:
        return None
    sheet = match[1].replace("''", "'") if match[1] else match[2]
    return Place(sheet, (match[3] + match[4]).upper())


def locate(package: Package, name: str) -> tuple[str, str]:
    """Sheet and cell of a defined name, of ``Sheet!B7``, or of ``B7`` on the first sheet."""
    for (defined, scope), text in package.defined_names.items():
        if scope is None and defined.casefold() == name.casefold():
            place = place_of(text)
            if place is None:
                raise PlaceError(f"{name}: stands for {text}, which is not a single cell")
            return place.sheet, place.ref
    sheet, bang, ref = name.rpartition("!")
    sheet = sheet.strip("'").replace("''", "'") if bang else next(iter(package.sheets))
    ref = ref.replace("$", "").upper()
    if not CELL.fullmatch(ref):
        hidden = {each.name for each in package.names if each.hidden}
        known = sorted(n for n, scope in package.defined_names if scope is None and n not in hidden)
        hint = f"; names in this workbook: {', '.join(known[:MOST_SHOWN])}" if known else ""
        raise PlaceError(f"{name}: is neither a name of this workbook nor a cell like Inputs!C9{hint}")
    if sheet not in package.sheets:
        raise PlaceError(f"{name}: there is no sheet {sheet!r}; it has {', '.join(package.sheets)}")
    return package.sheets.spelling(sheet), ref
