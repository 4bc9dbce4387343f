"""How long it takes to refresh one cell of a large workbook, against openpyxl and against a bare re-zip.

Ours is `refresh_file`, all that `tokenbook refresh --write` does with a workbook: read the bindings, ask the catalogue,
look through the formulas of every sheet for one that reads the cell, patch cell and binding, write backup, workbook and
history. openpyxl loads the workbook, sets the cell and saves. The re-zip inflates the one changed sheet, deflates it
again (at level 6, as zipfile does; ours is Excel's 1) and writes it to disk: alone, synced once; or with what a safe
change of a workbook takes besides, the whole new workbook and the old one as .bak, each synced (a refresh also syncs
its history and the folder). Where a formula reads the cell the engine calculates the workbook besides, twice; that is
named apart, because openpyxl cannot. Run as a script for a table; `rows()` gives the same as data. All take turns in
one run, and the shortest time of each counts.
"""

import io
import os
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
from turns import best_in_turns, compared

from tokenbook.templates import ooxml, refresh
from tokenbook.udfs import catalog

SHEETS, ROWS, COLUMNS = 10, 500, 10  # 50,000 cells
SHEET, PART = "Sheet5", "xl/worksheets/sheet5.xml"
FREE, READ = "H250", "C250"  # the sum in J250 leaves the one out and reads the other
REPEATS, FEW = 15, 3
MOST_OF_OPENPYXL = 0.1  # share of openpyxl's load and save
MOST_OF_REZIP = 4.0  # times inflating and deflating the one changed sheet
RATE = catalog.shipped().get("B200", "usd_per_gpu_hour", None, "hyperscaler")


def rows() -> list[dict]:
    """One dict per comparison: name, peer, ratio (ours / peer), target, met, detail."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        constants = _workbook(folder / "constants.xlsx", FREE, formulas=False)
        free = _workbook(folder / "free.xlsx", FREE, formulas=True)
        read = _workbook(folder / "read.xlsx", READ, formulas=True)
        quick = best_in_turns(
            {
                "constants": _refresher(constants),
                "re-zip of constants": lambda: _rezip_sheet(constants, folder / "rezipped.zip"),
                "free": _refresher(free),
                "re-zip": lambda: _rezip_sheet(free, folder / "rezipped.zip"),
                "safe re-zip": lambda: _rezip_safely(free, folder),
            },
            REPEATS,
        )
        slow = best_in_turns(
            {
                "read": _refresher(read, calculated=True),
                "openpyxl with constants": lambda: _load_and_save(constants, folder / "saved.xlsx"),
                "openpyxl": lambda: _load_and_save(free, folder / "saved.xlsx"),
            },
            FEW,
        )
    plain, summed = "one cell of 50,000 constants in 10 sheets", "one cell, 5,000 of the 50,000 formulas"
    peer, floor = "openpyxl load and save", "that sheet re-zipped to disk"
    return [
        compared(plain, peer, quick["constants"], slow["openpyxl with constants"], MOST_OF_OPENPYXL),
        compared(plain, floor, quick["constants"], quick["re-zip of constants"], MOST_OF_REZIP),
        compared(summed, peer, quick["free"], slow["openpyxl"], MOST_OF_OPENPYXL),
        compared(summed, floor, quick["free"], quick["re-zip"], MOST_OF_REZIP),
        compared(summed, floor + ", workbook and .bak too", quick["free"], quick["safe re-zip"], MOST_OF_REZIP),
        compared(summed + ", one reads it: recalculated", peer, slow["read"], slow["openpyxl"], None),
    ]


def _workbook(path, cell, formulas) -> Path:
    """A bound workbook; its formulas carry their values."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    results = {}
    for number in range(SHEETS):
        sheet = book.create_sheet(f"Sheet{number + 1}")
        results[sheet.title] = {}
        for row in range(1, ROWS + 1):
            values = [round((row * 7919 + column * 104729 + number) % 99991 / 7, 4) for column in range(1, COLUMNS)]
            results[sheet.title][f"J{row}"] = sum(values[:7])
            sheet.append([*values, f"=SUM(A{row}:G{row})" if formulas else sum(values[:7])])
    book.save(path)
    if formulas:
        with ooxml.open_package(path) as package:
            for name, values in results.items():
                package.set_cached_many(name, values)
            package.save()
    refresh.bind(path, [refresh.Request(f"{SHEET}!{cell}", RATE.platform, RATE.metric)], _figures(1.0))
    return path


def _figures(value):
    return catalog.Catalog([replace(RATE, value=value)])


def _refresher(path, calculated=False):
    """An action that refreshes the workbook; the catalogue is loaded beforehand and says something new each time."""
    catalogues = iter([_figures(2.0 + number) for number in range(REPEATS)])

    def action():
        report = refresh.refresh_file(path, next(catalogues), write=True)
        assert report.written == path
        assert bool(report.recalculated) == calculated

    return action


def _rezip_sheet(path, target):
    """The floor: inflate one sheet and deflate it into a zip of its own."""
    with zipfile.ZipFile(path) as source:
        content = source.read(PART)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(PART, content)
    _write(target, stream.getvalue())


def _rezip_safely(path, folder):
    """The same, and a workbook's worth of bytes written twice."""
    _rezip_sheet(path, folder / "rezipped.zip")
    _write(folder / "new.xlsx", path.read_bytes())
    _write(folder / "new.xlsx.bak", path.read_bytes())


def _write(target, content):
    with open(target, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _load_and_save(path, target):
    book = openpyxl.load_workbook(path)
    book[SHEET][FREE] = 1.0
    book.save(target)


if __name__ == "__main__":
    for row in rows():
        print(f"{row['name']:68s} {row['peer']:53s} {row['ratio']:7.3f} (at most {row['target']}) {row['detail']}")
