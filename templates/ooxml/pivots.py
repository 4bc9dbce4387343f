"""Pivot tables: which of them summarise cells that changed, and asking Excel to refresh them when it opens the file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from .errors import PackageError
from .package import Package
from .references import Bounds, inside, parse_range, parse_ref, sheet_name
from .xmlcheck import check, mask
from .xmlscan import ATTRIBUTES, Splice, attributes, decode, encode, set_attribute, splice

ROOT = re.compile(rb"<(?:[^\s<>/:!?]+:)?pivot(?:Cache|Table)Definition(?=[\s>])" + ATTRIBUTES + rb">")
SOURCE = re.compile(rb"<(?:[^\s<>/:!?]+:)?(?:worksheetSource|rangeSet)(?=[\s/>])" + ATTRIBUTES + rb">")
AREA = re.compile(
    r"=?(?P<sheet>'(?:[^']|'')+'|[^'!]+)!(?P<area>\$?[A-Za-z]{1,3}\$?[0-9]+(?::\$?[A-Za-z]{1,3}\$?[0-9]+)?)"
)


class Pivot(NamedTuple):
    """A pivot table: where it is, what it is called, and the part that holds the copy of its source."""

    sheet: str
    name: str
    cache: str


def pivots_over(package: Package, cells: Mapping[str, Collection[str]]) -> list[Pivot]:
    """The pivot tables whose source holds one of the cells (sheet -> references): they show the old figures.

    A source that cannot be told from the file, such as a name for a formula, counts as one that does.
    """
    over: dict[str, bool] = {}
    found = []
    for sheet in package.sheets:
        for part in package.related(package.sheets[sheet], "pivotTable"):
            for cache in package.related(part, "pivotCacheDefinition"):
                if cache not in over:
                    over[cache] = any(_holds(package, source, cells) for source in _sources(package, cache))
                if over[cache]:
                    found.append(Pivot(sheet, _root(package, part)[1].get("name", ""), cache))
    return found


def set_refresh_on_load(package: Package, pivots: Iterable[Pivot]) -> None:
    """Let Excel calculate these pivot tables anew when it opens the file."""
    for cache in sorted({pivot.cache for pivot in pivots}):
        part = decode(package.read_part(cache), cache)
        (start, end), _ = _root(package, cache)
        tag = set_attribute(part.text[start:end], "refreshOnLoad", "1")
        package.set_part(cache, encode(part, splice(part.text, [Splice(start, end, tag)])))


def _root(package: Package, name: str) -> tuple[tuple[int, int], dict[str, str]]:
    """Where the start tag of a pivot part is, and its attributes. The parts are large, so no tree is made."""
    text = decode(package.read_part(name), name).text
    check(text, name)
    found = ROOT.search(mask(text))
    if found is None:
        raise PackageError(f"{name} is not a part of a pivot table: repair the file in Excel first")
    return found.span(), attributes(found[0])


def _sources(package: Package, cache: str) -> list[dict[str, str]]:
    """Attributes of the ranges, tables or names of this workbook that a pivot table summarises."""
    text = decode(package.read_part(cache), cache).text
    check(text, cache)
    found = [attributes(tag[0]) for tag in SOURCE.finditer(mask(text))]
    return [marks for marks in found if not any(key.rpartition(":")[2] == "id" for key in marks)]


def _holds(package: Package, source: Mapping[str, str], cells: Mapping[str, Collection[str]]) -> bool:
    area = _area(package, source)
    if area is None:
        return any(cells.values())
    sheet, bounds = area
    mine = [refs for name, refs in cells.items() if name.casefold() == sheet.casefold()]
    return any(inside(bounds, *parse_ref(ref)) for refs in mine for ref in refs)


def _area(package: Package, source: Mapping[str, str]) -> tuple[str, Bounds] | None:
    """Sheet and range of a source, or None if only Excel can tell."""
    sheet, name, ref = source.get("sheet", ""), source.get("name", ""), source.get("ref", "")
    if not ref and name:
        table = package.find_table(name)
        if table is not None:
            return table[0], table[1].bounds
        texts = {
            scope: text for (known, scope), text in package.defined_names.items() if known.casefold() == name.casefold()
        }
        found = AREA.fullmatch(texts.get(sheet or None) or texts.get(None, ""))
        if found is None:
            return None
        sheet, ref = sheet_name(found["sheet"]), found["area"]
    try:
        return sheet, parse_range(ref)
    except PackageError:
        return None
