"""How long it takes to change one cell of a large workbook, against openpyxl and against a bare re-zip.

Run as a script for a table; `rows()` gives the same as data. All contenders work on the same file in the
same run, in turns, and each figure is the best of several. The re-zip inflates the one changed sheet and
deflates it again: once in memory against our patch in memory, once with both results forced to disk.
"""

import io
import os
import tempfile
import time
import zipfile

import openpyxl
from turns import best_in_turns, compared

from tokenbook.templates import ooxml

SHEETS, ROWS, COLUMNS = 10, 500, 10  # 50,000 cells
REPEATS = 15
MOST_OF_OPENPYXL = 0.1  # share of openpyxl's load and save
MOST_OF_OPENPYXL_FOR_MANY = 0.5  # the same, when a tenth of all cells changes
MOST_OF_REZIP = 4.0  # times inflating and deflating the one changed sheet


def rows() -> list[dict]:
    """One dict per comparison: name, peer, ratio (ours / peer), target, met, detail."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "large.xlsx")
        _write_workbook(path)
        with open(path, "rb") as file:
            data = file.read()
        rezipped, resaved = os.path.join(folder, "rezipped.zip"), os.path.join(folder, "openpyxl.xlsx")
        ours, floor = best_in_turns(
            {"ours": lambda: _patch_in_memory(data), "peer": lambda: _rezip_sheet(data)}, REPEATS
        ).values()
        saved, floor_saved = best_in_turns(
            {"ours": lambda: _patch(path), "peer": lambda: _rezip_to_disk(path, rezipped)}, REPEATS
        ).values()
        many, peer = best_in_turns(
            {"ours": lambda: _patch_many(path), "peer": lambda: _load_and_save(path, resaved)}, 2
        ).values()
    one, all_of_one = "one cell of 50,000 in 10 sheets", "every constant of one sheet (4,500 cells)"
    return [
        compared(one + ", saved in place", "openpyxl load and save", saved, peer, MOST_OF_OPENPYXL),
        compared(one + ", in memory", "inflate and deflate that sheet", ours, floor, MOST_OF_REZIP),
        compared(one + ", saved in place", "that sheet re-zipped on disk, synced", saved, floor_saved, MOST_OF_REZIP),
        compared(all_of_one, "openpyxl load and save", many, peer, MOST_OF_OPENPYXL_FOR_MANY),
    ]


def _write_workbook(path):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number in range(SHEETS):
        sheet = book.create_sheet(f"Sheet{number + 1}")
        for row in range(1, ROWS + 1):
            values = [round((row * 7919 + column * 104729 + number) % 99991 / 7, 4) for column in range(1, COLUMNS)]
            sheet.append([*values, f"=SUM(A{row}:I{row})"])
    book.save(path)


def _patch(path):
    with ooxml.open_package(path) as book:
        book.set_value("Sheet5", "C250", time.perf_counter())
        book.save()


def _patch_many(path):
    with ooxml.open_package(path) as book:
        now = time.perf_counter()
        refs = [f"{letter}{row}" for row in range(1, ROWS + 1) for letter in "ABCDEFGHI"]
        book.set_values_many("Sheet5", {ref: now + place for place, ref in enumerate(refs)})
        book.save()


def _patch_in_memory(data):
    book = ooxml.open_package(data)
    book.set_value("Sheet5", "C250", time.perf_counter())
    return book.to_bytes()


def _rezip_sheet(data):
    """The floor: inflate one sheet and deflate it into a zip of its own."""
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        content = source.read("xl/worksheets/sheet5.xml")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet5.xml", content)
    return stream.getvalue()


def _rezip_to_disk(path, target):
    with open(path, "rb") as file:
        rezipped = _rezip_sheet(file.read())
    with open(target, "wb") as file:
        file.write(rezipped)
        file.flush()
        os.fsync(file.fileno())


def _load_and_save(path, target):
    book = openpyxl.load_workbook(path)
    book["Sheet5"]["C250"] = 1.0
    book.save(target)


if __name__ == "__main__":
    for row in rows():
        print(f"{row['name']:47s} {row['peer']:36s} {row['ratio']:7.3f} (at most {row['target']}) {row['detail']}")
