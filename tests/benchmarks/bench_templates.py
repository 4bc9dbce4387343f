"""How long a template takes to write, against what openpyxl needs to write the same cells alone.

The peer gets values, formulas and styles of every cell ready in memory and makes a new workbook of them. Ours looks
the figures up, composes, calculates every formula and stores the values; that is named apart, because openpyxl cannot
calculate; the target is for the writing. Run as a script for a table; `rows()` gives the same as data. Everything is
measured in turns in one run.
"""

import tempfile
from pathlib import Path

import openpyxl
from turns import best_in_turns, compared

from tokenbook.templates import build, models
from tokenbook.templates.engine import Model
from tokenbook.templates.models.shared.options import Options

TEMPLATE = "roi"
REPEATS = 3
MOST = 1.5  # times openpyxl
STYLE_TABLES = ("_cell_styles", "_fonts", "_fills", "_borders", "_number_formats", "_named_styles", "_alignments")


def rows() -> list[dict]:
    """One dict per comparison: name, peer, ratio (ours / peer), target, met, detail."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build.build(_composed(), folder / "first.xlsx")
        source = openpyxl.load_workbook(folder / "first.xlsx")
        cells = [
            (sheet.title, [(c.row, c.column, c.value, c._style) for c in sheet._cells.values()]) for sheet in source
        ]
        count = sum(len(each) for _, each in cells)
        plain = folder / "plain.xlsx"
        actions = {
            "whole": lambda: build.build(_composed(), folder / "whole.xlsx", force=True),
            "peer": lambda: _write_cells(cells, source, folder / "peer.xlsx"),
            "written": lambda: build._save(_composed().workbook, plain),
            "calculated": lambda: _calculate(plain),
        }
        best = best_in_turns(actions, REPEATS)
    peer = f"openpyxl writing its {count:,} cells"
    engine = best["calculated"]
    return [
        compared(f"{TEMPLATE}: composed and written", peer, best["written"], best["peer"], MOST),
        compared(f"{TEMPLATE}: composed, written, calculated, values stored", peer, best["whole"], best["peer"], None),
        compared(f"{TEMPLATE}: loaded and calculated by the engine", peer, engine, best["peer"], None),
    ]


def _composed():
    return models.module(TEMPLATE).compose(Options(version="benchmark"))


def _calculate(path: Path) -> None:
    with Model(path) as model:
        model.recalculate()


def _write_cells(sheets, source, path: Path) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for table in STYLE_TABLES:
        setattr(book, table, getattr(source, table))
    for title, cells in sheets:
        sheet = book.create_sheet(title)
        for row, column, value, style in cells:
            cell = sheet.cell(row, column)
            cell.value = value
            cell._style = style
    book.save(path)


if __name__ == "__main__":
    for row in rows():
        print(f"{row['name']:50s} {row['peer']:34s} {row['ratio']:6.2f} (at most {row['target']}) {row['detail']}")
