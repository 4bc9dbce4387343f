"""The table of scenarios: a CSV or Parquet file whose columns are inputs of the workbook, a row a scenario.

CSV is read and written without pandas, which takes longer to import than three scenarios take to calculate; a test
holds the two against each other. Parquet needs pandas, and gets it.
"""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from tokenbook.templates.sweep.errors import SweepError

if TYPE_CHECKING:
    import pandas

LABELS = ("scenario", "id", "case", "label", "trial")  # columns that name a scenario and set nothing
KINDS = {".csv": "csv", ".parquet": "parquet", ".pq": "parquet"}
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Table:
    """Columns by name, all of one length; None or nan where a cell is empty."""

    columns: Mapping[str, list[Any]]

    def __getitem__(self, name: str) -> list[Any]:
        return self.columns[name]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), []))


def kind_of(path: Path) -> str:
    """csv or parquet, by the file's ending."""
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise SweepError(f"{path}: is neither .csv nor .parquet")
    return kind


def read(path: Path) -> Table:
    """The scenarios of a file; columns keep the spelling of the file."""
    kind = kind_of(path)
    if not path.is_file():
        raise SweepError(f"{path}: there is no such file")
    try:
        table = _read_csv(path) if kind == "csv" else _read_parquet(path)
    except (csv.Error, UnicodeDecodeError) as error:
        raise SweepError(f"{path}: is no table of scenarios ({error})") from None
    except SweepError:
        raise
    except Exception as error:  # pyarrow has a dozen of its own
        raise SweepError(f"{path}: cannot be read ({type(error).__name__})") from None
    if not len(table):
        raise SweepError(f"{path}: holds no scenarios; a header of input names and a row for each is needed")
    if not inputs_of(table):
        raise SweepError(f"{path}: has no column that is an input; {', '.join(table.columns)} only name scenarios")
    return table


def inputs_of(table: Table) -> tuple[str, ...]:
    """The columns that set inputs."""
    return tuple(name for name in table.columns if name.casefold() not in LABELS)


def rows(table: Table) -> list[tuple[Any, ...]]:
    """Scenarios as plain Python values; None where a cell is empty, which leaves the workbook's own value."""
    columns = [[_plain(value) for value in table[name]] for name in inputs_of(table)]
    return list(zip(*columns, strict=True))


def write(table: Table, path: Path) -> None:
    """Write results as CSV or Parquet."""
    if kind_of(path) == "csv":
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator=os.linesep)
            writer.writerow(table.columns)
            blank_or_not = (
                [None if value != value else value for value in column] for column in table.columns.values()
            )
            writer.writerows(zip(*blank_or_not, strict=True))
    else:
        _with_parquet(lambda pandas: pandas.DataFrame(table.columns).to_parquet(path, index=False))


def of_frame(frame: pandas.DataFrame) -> Table:
    """A data frame as a table of plain Python values."""
    return Table({str(name): frame[name].tolist() for name in frame.columns})


def _read_csv(path: Path) -> Table:
    with open(path, newline="", encoding="utf-8-sig") as file:
        records = _records(file)
        names = next(records, None)
        if names is None:
            raise csv.Error("it is empty")
        _refuse_twice(path, [name.strip() for name in names])
        found = [
            [_typed(text) for text in record] + [None] * (len(names) - len(record))
            for record in records
            if _fits(record, names)
        ]
    columns = zip(*found, strict=True) if found else ((),) * len(names)
    return Table({name: list(column) for name, column in zip(names, columns, strict=True)})


def _records(file: TextIO) -> Iterator[list[str]]:
    """The records of a CSV file; lines of nothing but spaces are none, ``""`` is one."""
    latest = ""

    def noted(line: str) -> str:
        nonlocal latest
        latest = line
        return line

    for record in csv.reader(map(noted, file), skipinitialspace=True, strict=True):
        if record and (record != [""] or '"' in latest):
            yield record


def _fits(record: list[str], names: list[str]) -> bool:
    if len(record) > len(names):
        raise csv.Error(f"{len(record)} values in a row, under {len(names)} names: {', '.join(record)}")
    return True


def _refuse_twice(path: Path, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SweepError(f"{path}: the column {twice[0]} is there twice")


def _read_parquet(path: Path) -> Table:
    frame = _with_parquet(lambda pandas: pandas.read_parquet(path))
    _refuse_twice(path, [str(name) for name in frame.columns])
    return of_frame(frame)


def _with_parquet(work: Callable[[Any], Result]) -> Result:
    import pandas

    try:
        return work(pandas)
    except ImportError:
        raise SweepError('Parquet needs pyarrow: python -m pip install "tokenbook[scale]"; or use .csv') from None


def _typed(text: str) -> float | str | bool | None:
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


def _plain(value: Any) -> Any:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, (bool, str)):
        return value
    item = getattr(value, "item", None)  # numpy's scalars
    value = item() if item else value
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
