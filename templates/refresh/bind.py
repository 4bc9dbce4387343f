"""Binding cells of a workbook to figures of the catalogue, and letting them go again."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tokenbook.templates.bindings import Binding, BindingError, Key, Place, all_names, answer, names_of, place_of, read
from tokenbook.templates.ooxml import Package, PackageError, open_package
from tokenbook.templates.refresh.errors import RefreshError
from tokenbook.templates.refresh.plan import is_figure
from tokenbook.templates.refresh.targets import target_of
from tokenbook.udfs import catalog
from tokenbook.udfs.catalog import tabular

CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9][0-9]{0,6})")
NUMBER = re.compile(r"[1-9][0-9]{0,6}")
ALL = "all"
COLUMNS = ("cell", "platform", "metric", "model", "conditions")
NEEDED = ("cell", "metric")


@dataclass(frozen=True, slots=True)
class Request:
    """A wish to bind a cell (SHEET!CELL or a defined name).

    `origin` is where it was read, for messages; `fault` is what is wrong with it as written there.
    """

    cell: str
    platform: str
    metric: str
    model: str = ""
    conditions: str = ""
    origin: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Bound:
    """A binding as written or found: what the cell holds, and the catalogue's row for it (None if it has none)."""

    binding: Binding
    value: object
    row: catalog.Baseline | None
    fault: str = ""


def bind(
    path: str | os.PathLike,
    requests: Iterable[Request],
    figures: catalog.Catalog,
    out: str | os.PathLike | None = None,
) -> list[Bound]:
    """Bind cells of a workbook; the cells themselves stay as they are.

    Parameters
    ----------
    path : path of an .xlsx, .xlsm, .xltx or .xltm
    requests : iterable of Request
        All of them are bound or, if one cannot be, none.
    figures : Catalog
        What every key is checked against.
    out : path, optional
        Write there instead of in place (with a .bak beside it).

    Returns
    -------
    list of Bound
        In the order of the requests.

    Raises
    ------
    RefreshError
        With every request that cannot be met, one a line.
    PackageError
        The workbook cannot be read or written.
    """
    target = target_of(path, out)
    with open_package(path) as package:
        known = bindings_of(package)
        by_place = {_folded(each.place): each for each in known if each.place}
        free = max((each.number for each in known), default=0) + 1
        done, faults, taken, names = [], [], {}, {}
        for request in requests:
            origin = f"{request.origin}: " if request.origin else ""
            try:
                if request.fault:
                    raise RefreshError(request.fault)
                place = locate(package, request.cell)
                if _folded(place) in taken:
                    raise RefreshError(f"{place} is given twice")
                taken[_folded(place)] = True
                row, value = _checked(package, place, request, figures)
                before = by_place.get(_folded(place))
                key = Key(
                    row.platform, row.metric, row.model if request.model else "", request.conditions, row.unit, value
                )
                number, free = (before.number, free) if before else (free, free + 1)
                binding = Binding(number, place, key, before.note if before else None)
                names |= dict(names_of(binding))
                done.append(Bound(binding, value, row))
            except (RefreshError, BindingError, PackageError, LookupError) as error:
                faults.append(origin + str(error.args[0]))
        if faults:
            raise RefreshError("\n".join(faults))
        if done:
            package.add_hidden_names(names, replace=True)
            package.save(target, backup=out is None)
    return done


def unbind(path: str | os.PathLike, cells: Iterable[str], out: str | os.PathLike | None = None) -> list[Binding]:
    """Let cells go: their names are removed, nothing else. A cell is SHEET!CELL, a name, a number, or "all"."""
    target = target_of(path, out)
    with open_package(path) as package:
        known = bindings_of(package)
        doomed: dict[int, Binding] = {}
        for cell in cells:
            doomed |= {each.number: each for each in _meant(package, known, cell)}
        if doomed:
            package.remove_names(name for number in doomed for name in all_names(number))
            package.save(target, backup=out is None)
    return list(doomed.values())


def list_bound(path: str | os.PathLike, figures: catalog.Catalog) -> list[Bound]:
    """The bound cells of a workbook with what they hold and what the catalogue says now."""
    with open_package(path) as package:
        return [_found(package, binding, figures) for binding in bindings_of(package)]


def read_map(file: str | os.PathLike) -> list[Request]:
    """Requests of a table (CSV or Excel) with the columns cell, platform, metric, model, conditions.

    A faulty line becomes a request with its `fault`, so that `bind` can name all that is wrong at once.

    Raises
    ------
    RefreshError
        The header names another column, or no row follows it.
    """
    requests = []
    for line, row in tabular.rows(file):
        where = f"{Path(file).name}, line {line}"
        texts = {name: str(row.get(name) or "").strip() for name in COLUMNS}
        unknown = [name for name in row if name and name not in COLUMNS]
        if unknown:
            raise RefreshError(f"{where}: there is no column {unknown[0]!r}; the columns are {', '.join(COLUMNS)}")
        missing = [name for name in NEEDED if not texts[name]]
        fault = row.get("") or (f"the {missing[0]} is missing" if missing else "")
        requests.append(Request(**texts, origin=where, fault=fault))
    if not requests:
        raise RefreshError(f"{file}: has a header and no rows")
    return requests


def bindings_of(package: Package) -> list[Binding]:
    """The bindings of an open package."""
    return read((name.name, name.text) for name in package.names if name.scope is None)


def locate(package: Package, cell: str) -> Place:
    """The cell that ``Inputs!B7``, ``'My Inputs'!B7`` or a defined name stands for."""
    for name in package.names:
        if name.scope is None and name.name.casefold() == cell.casefold():
            place = place_of(name.text)
            if place is None:
                raise RefreshError(f"{cell}: stands for {name.text}, which is not a single cell")
            return place
    sheet, bang, ref = cell.strip().rpartition("!")
    if sheet.startswith("'") and sheet.endswith("'") and len(sheet) > 1:
        sheet = sheet[1:-1].replace("''", "'")
    match = CELL.fullmatch(ref)
    if not bang or not match:
        raise RefreshError(f"{cell}: is neither a cell like Inputs!C9 nor a name of the workbook")
    if sheet not in package.sheets:
        raise RefreshError(f"{cell}: there is no sheet {sheet!r}; it has {', '.join(package.sheets)}")
    return Place(package.sheets.spelling(sheet), (match[1] + match[2]).upper())


def _checked(package, place, request, figures):
    """The catalogue's row for a request and the cell's value, or an error that says why it cannot be bound."""
    cell = package.cell(place.sheet, place.ref)
    if cell.formula is not None:
        raise RefreshError(f"{place} holds a formula; bind the input that it refers to")
    if cell.value is not None and not is_figure(cell.value):
        raise RefreshError(
            f"{place} holds {str(cell.value)[:40]!r}; a cell with a number, or an empty one, can be bound"
        )
    if reason := package.obstacle(place.sheet, place.ref, locks=False):  # it may be unlocked by the time of a refresh
        raise RefreshError(reason)
    key = Key(request.platform, request.metric, request.model, request.conditions)
    try:
        return answer(key, figures), cell.value
    except LookupError as error:
        raise RefreshError(f"{place}: {error.args[0]}") from None


def _found(package, binding, figures) -> Bound:
    if binding.place is None or binding.place.sheet not in package.sheets:
        return Bound(binding, None, None, "the cell is gone")
    value = package.cell(binding.place.sheet, binding.place.ref).value
    if binding.key is None:
        return Bound(binding, value, None, "the binding is damaged")
    try:
        return Bound(binding, value, answer(binding.key, figures))
    except LookupError as error:
        return Bound(binding, value, None, str(error.args[0]))


def _meant(package, known, cell) -> list[Binding]:
    if cell.strip().casefold() == ALL:
        return known
    if NUMBER.fullmatch(cell.strip()):
        found = [each for each in known if each.number == int(cell)]
    else:
        place = locate(package, cell)
        found = [each for each in known if each.place and _folded(each.place) == _folded(place)]
    if not found:
        raise RefreshError(f"{cell}: is not bound; tokenbook bind BOOK --list shows what is")
    return found


def _folded(place: Place) -> tuple[str, str]:
    return place.sheet.casefold(), place.ref
