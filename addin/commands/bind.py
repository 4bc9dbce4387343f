"""``bind``: cells of a workbook tied to figures of the catalogue, listed, and let go."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tokenbook.addin.commands import show
from tokenbook.addin.commands.errors import CommandError

if TYPE_CHECKING:
    from tokenbook.templates.refresh import Bound, Request

BAD_INPUT, FINE = 2, 0
MOST_FAULTS = 20  # lines of a map that are told one by one


def bind(
    book: Path,
    cell: str,
    *,
    platform: str,
    metric: str,
    model: str,
    conditions: str,
    table: Path | None,
    remove: bool,
    listing: bool,
    out: Path | None,
    as_json: bool,
) -> int:
    """Do what the options ask for; exit code 2 when something could not be bound."""
    from tokenbook.templates import refresh

    chosen = [name for name, given in (("--from", table), ("--remove", remove), ("--list", listing)) if given]
    figure = platform or metric or model or conditions
    if len(chosen) > 1 or (chosen and figure) or (table and cell) or (listing and (cell or out)):
        raise CommandError("one thing at a time: a CELL with --metric, --from TABLE, --list, or CELL --remove")
    if listing:
        return _list(book, as_json)
    if remove:
        if not cell:
            raise CommandError("name the cell, its number in --list, or all: tokenbook bind BOOK Inputs!C9 --remove")
        return _remove(book, cell, out, as_json)
    if table:
        requests = refresh.read_map(table)
    elif cell and metric:
        requests = [refresh.Request(cell, platform, metric, model, conditions)]
    else:
        raise CommandError("name the cell and the figure: tokenbook bind BOOK Inputs!C9 -p B200 -m usd_per_gpu_hour")
    return _bind(book, requests, out, as_json)


def _bind(book: Path, requests: list[Request], out: Path | None, as_json: bool) -> int:
    from tokenbook.templates import refresh
    from tokenbook.udfs import catalog

    try:
        done = refresh.bind(book, requests, catalog.active(), out)
    except refresh.RefreshError as error:
        return _refused(str(error).split("\n"))
    if as_json:
        show.as_json({"workbook": str(book), "written": str(out or book), "bound": [_data(each) for each in done]})
        return FINE
    _table(f"{book.name}: bound", done)
    count = f"{len(done)} cell{'s' if len(done) != 1 else ''} bound, the figures stay as they are"
    show.sentence(f"{count}: tokenbook refresh {out or book} shows what it would change.")
    return FINE


def _remove(book: Path, cell: str, out: Path | None, as_json: bool) -> int:
    from tokenbook.templates import refresh

    gone = refresh.unbind(book, [cell], out)
    if as_json:
        show.as_json({"workbook": str(book), "unbound": [str(each.place or each.number) for each in gone]})
        return FINE
    told = ", ".join(str(each.place) if each.place else f"number {each.number}" for each in gone[:10])
    more = f" and {len(gone) - 10} more" if len(gone) > 10 else ""
    show.sentence(f"No longer bound: {told}{more}" if gone else f"{book.name}: nothing is bound")
    return FINE


def _list(book: Path, as_json: bool) -> int:
    from tokenbook.templates import refresh
    from tokenbook.udfs import catalog

    bound = refresh.list_bound(book, catalog.active())
    if as_json:
        show.as_json({"workbook": str(book), "bound": [_data(each) for each in bound]})
    elif bound:
        _table(f"{book.name}: bound cells", bound)
    else:
        show.sentence(f"{book.name}: nothing is bound; {refresh.words.HOW_TO_BIND}")
    return FINE


def _refused(faults: list[str]) -> int:
    """What is wrong goes to standard error, one fault a line."""
    for fault in faults[:MOST_FAULTS]:
        print(f"tokenbook: {fault}", file=sys.stderr)
    if len(faults) > MOST_FAULTS:
        print(f"tokenbook: and {len(faults) - MOST_FAULTS} more", file=sys.stderr)
    if len(faults) > 1:
        print("tokenbook: nothing was bound", file=sys.stderr)
    return BAD_INPUT


def _table(title: str, bound: list[Bound]) -> None:
    rows = [
        [
            str(each.binding.number),
            str(each.binding.place or "gone"),
            each.binding.key.words if each.binding.key else "",
            "" if each.row is None else f"{each.row.unit}, {each.row.as_of}",
            show.cell_value(each.value),
            each.fault if each.row is None else show.cell_value(each.row.value),
        ]
        for each in bound
    ]
    show.table(title, ["No.", "Cell", "Figure", "Unit, as of", "In the cell", "Catalogue"], rows, left=4)


def _data(each: Bound) -> dict[str, object]:
    key, row = each.binding.key, each.row
    return {
        "number": each.binding.number,
        "cell": str(each.binding.place) if each.binding.place else None,
        "platform": key.platform if key else None,
        "metric": key.metric if key else None,
        "model": key.model if key else None,
        "conditions": key.conditions if key else None,
        "value": each.value,
        "last_written": key.value if key else None,
        "catalogue": row.value if row else None,
        "unit": row.unit if row else None,
        "as_of": row.as_of if row else None,
        "fault": each.fault or None,
    }
