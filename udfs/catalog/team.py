"""The team's own catalogue on top of the shipped one: a table on a share, or a database.

A place that cannot be reached or holds a bad row is an error that names it; there is no silent fall-back to
the shipped figures.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from .baseline import Baseline
from .errors import CatalogError
from .importers.quotes import convert
from .importers.result import Given, ImportResult
from .lookup import Catalog
from .tabular import column, rows

DATABASE_TABLE = "baselines"  # read when the URL names none (…#table names one)
DATABASE_FRESH_SECONDS = 60  # a database is asked again after that; a file when it changed

_cache: dict[str, tuple[object, Catalog]] = {}


def layered(place: str, base: Catalog) -> Catalog:
    """The rows of ``base`` with those of the place on top; a row of the same id replaces the one below.

    Raises
    ------
    CatalogError
        naming the place, and the row and reason where there is one.
    """
    mark = (_mark(place), id(base))
    if place in _cache and _cache[place][0] == mark:
        return _cache[place][1]
    team = team_rows(place, base.tiers())
    ids = {row.id for row in team}
    catalog = Catalog([*team, *(row for row in base if row.id not in ids)])
    _cache.clear()
    _cache[place] = (mark, catalog)
    return catalog


def team_rows(place: str, tiers: Iterable[str]) -> list[Baseline]:
    """The checked rows of a place, marked with their origin; ``tiers`` are spelled as the catalogue spells them."""
    shown = hidden(place)
    given = Given(tiers=tuple(tiers))
    if "://" in place:
        result = convert(_database_rows(place), f"team catalogue {shown}", shown, given)
    else:
        try:
            result = convert(rows(place), f"team catalogue {shown}", Path(place).name, given)
        except CatalogError as error:
            message = str(error)
            raise CatalogError(
                message if message.startswith("team catalogue") else f"team catalogue {message}"
            ) from None
    _refuse_bad_rows(result)
    return [replace(row, origin=f"team: {shown}") for row in result.rows]


def hidden(place: str) -> str:
    """The place as it may be shown: without the password of a database URL."""
    if "://" not in place:
        return place
    scheme, _, rest = place.partition("://")
    login, at, host = rest.rpartition("@")
    if not at:
        return place
    user = login.split(":", 1)[0]
    return f"{scheme}://{user}:***@{host}" if ":" in login else place


def _refuse_bad_rows(result: ImportResult) -> None:
    if not result.refused_count:
        return
    line, reason = result.refused[0]
    more = f" (and {result.refused_count - 1:,} more rows)" if result.refused_count > 1 else ""
    raise CatalogError(f"{result.place}, line {line}: {reason}{more}")


def _mark(place: str) -> object:
    """What changes when the place changes."""
    if "://" in place:
        return int(time.monotonic() // DATABASE_FRESH_SECONDS)
    try:
        found = os.stat(place)
    except OSError:
        return None  # reading it will say what is wrong
    return (found.st_mtime_ns, found.st_size)


def _database_rows(url: str) -> Iterator[tuple[int, dict[str, object]]]:
    shown = f"team catalogue {hidden(url)}"
    try:
        import sqlalchemy
    except ImportError:
        raise CatalogError(f"{shown}: a database needs SQLAlchemy, install tokenbook[sql]") from None
    address, _, named = url.partition("#")
    try:
        if address.startswith("sqlite:///") and not address.endswith(":memory:"):
            file = Path(address.removeprefix("sqlite:///").split("?")[0])
            if not file.is_file():  # SQLite would create an empty one
                raise CatalogError(f"{shown}: no such database file")
        engine = sqlalchemy.create_engine(address)
        try:
            tables = sqlalchemy.inspect(engine)
            names = [*tables.get_table_names(), *tables.get_view_names()]
            table = named or (DATABASE_TABLE if DATABASE_TABLE in names else names[0] if len(names) == 1 else "")
            if table not in names:
                wanted = table or DATABASE_TABLE
                raise CatalogError(f"{shown}: no table {wanted!r}; there are {', '.join(names) or 'none'}")
            with engine.connect() as connection:
                query = sqlalchemy.select(sqlalchemy.text("*")).select_from(sqlalchemy.table(table))
                for line, row in enumerate(connection.execute(query).mappings(), start=1):
                    yield line, {column(name): value for name, value in row.items()}
        finally:
            engine.dispose()
    except CatalogError:
        raise
    except ImportError as error:
        raise CatalogError(f"{shown}: the driver of this database is not installed ({error})") from None
    except Exception as error:  # each driver has its own kinds; the place and the first line are what helps
        reason = str(getattr(error, "orig", None) or error).strip().splitlines() or [type(error).__name__]
        raise CatalogError(f"{shown}: cannot be read ({reason[0]})") from None
