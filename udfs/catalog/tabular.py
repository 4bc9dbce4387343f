"""Rows of a CSV or Excel file one by one, with the line they stand on; only the row at hand is held."""

from __future__ import annotations

import csv
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

from .errors import CatalogError

MAX_FILE_MB = 200  # a catalogue is kilobytes; beyond it the file is something else
MAX_UNPACKED_MB = 1000  # of an .xlsx, against archives that unfold without end
MAX_FIELD_CHARACTERS = 100_000
DELIMITERS = ",;\t"
EXCEL = (".xlsx", ".xlsm")
TEXT = (".csv", ".tsv", ".txt")


def rows(path: str | os.PathLike[str]) -> Iterator[tuple[int, dict[str, object]]]:
    """(line, {column: cell}) of every row that is not blank; columns in lower case with underscores.

    A row with more cells than the header carries them under the key "" for the reader to refuse.

    Raises
    ------
    CatalogError
        naming the file when it cannot be read as a table at all.
    """
    file = Path(path)
    check_file(file)
    kind = file.suffix.lower()
    if kind in EXCEL:
        yield from _excel_rows(file)
    elif kind in TEXT:
        yield from _csv_rows(file)
    else:
        raise CatalogError(f"{file}: a table is expected as {', '.join(TEXT + EXCEL)}")


def check_file(file: Path, limit_mb: int = MAX_FILE_MB) -> None:
    """Refuse what is no readable file of a sensible size."""
    try:
        if not file.is_file():
            raise CatalogError(f"{file}: no such file")
        size = file.stat().st_size
    except OSError as error:
        raise CatalogError(f"{file}: cannot be read ({error.strerror})") from None
    if size == 0:
        raise CatalogError(f"{file}: the file is empty")
    if size > limit_mb * 1_000_000:
        raise CatalogError(f"{file}: {size / 1e6:.0f} MB, more than {limit_mb} MB; split it")


def column(name: object) -> str:
    """A header as a column name: "Tok/s per GPU " stays recognisable, "As of" becomes as_of."""
    return "_".join(str(name).strip().casefold().replace("-", "_").split())


def _header(file: Path, cells: list[object]) -> list[str]:
    names = [column(cell) if cell is not None else "" for cell in cells]
    while names and not names[-1]:
        names.pop()
    twice = {name for name in names if name and names.count(name) > 1}
    if twice:
        raise CatalogError(f"{file}: column {sorted(twice)[0]!r} stands twice in the header")
    if len(names) < 2:
        raise CatalogError(f"{file}: the first row is no header of a table (one column found)")
    return names


def _row(names: list[str], cells: list[object]) -> dict[str, object]:
    padded = cells + [None] * (len(names) - len(cells))
    found = {name: cell for name, cell in zip(names, padded, strict=False) if name}
    extra = [cell for cell in cells[len(names) :] if cell not in (None, "")]
    if extra:
        found[""] = f"{len(cells)} cells, the header has {len(names)}"
    return found


def _csv_rows(file: Path) -> Iterator[tuple[int, dict[str, object]]]:
    csv.field_size_limit(MAX_FIELD_CHARACTERS)
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            first = stream.readline(MAX_FIELD_CHARACTERS)
            delimiter = max(DELIMITERS, key=first.count)
            stream.seek(0)
            reader = csv.reader(stream, delimiter=delimiter)
            names: list[str] | None = None
            for cells in reader:
                if not any(cell.strip() for cell in cells):
                    continue
                if names is None:
                    names = _header(file, list(cells))
                else:
                    yield reader.line_num, _row(names, list(cells))
    except UnicodeDecodeError as error:
        raise CatalogError(f"{file}: not UTF-8 text (byte {error.start}); save it as CSV UTF-8") from None
    except csv.Error as error:
        raise CatalogError(f"{file}, line {reader.line_num}: not a CSV row ({error})") from None
    except OSError as error:
        raise CatalogError(f"{file}: cannot be read ({error.strerror})") from None


def _excel_rows(file: Path) -> Iterator[tuple[int, dict[str, object]]]:
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(file) as package:
            unpacked = sum(part.file_size for part in package.infolist())
        if unpacked > MAX_UNPACKED_MB * 1_000_000:
            raise CatalogError(f"{file}: unpacks to {unpacked / 1e6:.0f} MB, more than {MAX_UNPACKED_MB} MB")
        book = load_workbook(file, read_only=True, data_only=True)
    except CatalogError:
        raise
    except Exception as error:  # openpyxl raises many kinds on a file that is no workbook
        raise CatalogError(
            f"{file}: not a readable Excel workbook ({type(error).__name__}); encrypted or another format?"
        ) from None
    try:
        sheet = book.worksheets[0]
        names: list[str] | None = None
        for line, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
            if all(cell is None or cell == "" for cell in cells):
                continue
            if names is None:
                names = _header(file, list(cells))
            else:
                yield line, _row(names, list(cells))
    finally:
        book.close()
