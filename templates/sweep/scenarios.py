"""The table of scenarios: a CSV or Parquet file whose columns are inputs of the workbook, a row a scenario."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from tokenbook.templates.sweep.errors import SweepError

LABELS = ("scenario", "id", "case", "label", "trial")  # columns that name a scenario and set nothing
KINDS = {".csv": "csv", ".parquet": "parquet", ".pq": "parquet"}


def kind_of(path: Path) -> str:
    """csv or parquet, by the file's ending."""
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise SweepError(f"{path}: is neither .csv nor .parquet")
    return kind


def read(path: Path):
    """The scenarios as a data frame; columns keep the spelling of the file."""
    import pandas

    kind = kind_of(path)
    if not path.is_file():
        raise SweepError(f"{path}: there is no such file")
    try:
        if kind == "csv":
            table = pandas.read_csv(path, dtype=object, keep_default_na=False, skipinitialspace=True)
            table = table.map(_typed)
        else:
            table = _with_parquet(lambda: pandas.read_parquet(path))
    except (pandas.errors.ParserError, pandas.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise SweepError(f"{path}: is no table of scenarios ({error})") from None
    except SweepError:
        raise
    except Exception as error:  # pyarrow has a dozen of its own
        raise SweepError(f"{path}: cannot be read ({type(error).__name__})") from None
    if table.empty:
        raise SweepError(f"{path}: holds no scenarios; a header of input names and a row for each is needed")
    names = [str(name) for name in table.columns]
    given = _header(path) if kind == "csv" else names  # pandas renames what is there twice
    twice = sorted({name for name in given if given.count(name) > 1})
    if twice:
        raise SweepError(f"{path}: the column {twice[0]} is there twice")
    table.columns = names
    if not inputs_of(table):
        raise SweepError(f"{path}: has no column that is an input; {', '.join(names)} only name scenarios")
    return table


def _header(path: Path) -> list[str]:
    with open(path, newline="", encoding="utf-8-sig") as file:
        return [name.strip() for name in next(csv.reader(file), [])]


def inputs_of(table) -> tuple[str, ...]:
    """The columns that set inputs."""
    return tuple(name for name in table.columns if name.casefold() not in LABELS)


def rows(table) -> list[tuple]:
    """Scenarios as plain Python values; None where a cell is empty, which leaves the workbook's own value."""
    columns = [[_plain(value) for value in table[name].tolist()] for name in inputs_of(table)]
    return list(zip(*columns, strict=True))


def write(table, path: Path) -> None:
    """Write results as CSV or Parquet."""
    if kind_of(path) == "csv":
        table.to_csv(path, index=False)
    else:
        _with_parquet(lambda: table.to_parquet(path, index=False))


def _with_parquet(work):
    try:
        return work()
    except ImportError:
        raise SweepError('Parquet needs pyarrow: python -m pip install "tokenbook[scale]"; or use .csv') from None


def _typed(text: str):
    text = text.strip()
    if text == "":
        return None
    if text.casefold() in ("true", "false"):
        return text.casefold() == "true"
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        return text
    return number / 100 if text.endswith("%") else number


def _plain(value):
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, (bool, str)):
        return value
    item = getattr(value, "item", None)  # numpy's scalars
    value = item() if item else value
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
