"""The Baselines sheet: every figure the model was filled with, and the figures that contradict or frame it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import Table, TableStyleInfo

from tokenbook.templates.conventions import BASELINE_TABLE
from tokenbook.templates.sheets.citations import COLUMNS, VALUE_COLUMN
from tokenbook.templates.sheets.formula import Cell
from tokenbook.templates.sheets.style import lines_of
from tokenbook.templates.sheets.writer import Writer
from tokenbook.udfs.catalog import Baseline

LONG_WORDS = 0.75  # of a column's width is used where words are as long as commit hashes


def kept(baseline: str) -> str:
    """The key of a second row for a figure that one input keeps as it was and another has refreshed."""
    return f"{baseline} (as it was)"


def place(writer: Writer, used: Sequence[Baseline], context: Sequence[Baseline], kept_ids: Iterable[str] = ()) -> None:
    """Decide which row stands where, before anything refers to it: ``used``, ``kept_ids`` among them, ``context``."""
    also = [replace(row, id=kept(row.id)) for row in used if row.id in kept_ids]
    ordered = list(dict.fromkeys([*used, *also, *context]))
    for offset, row in enumerate(ordered):
        writer.baselines[row.id] = (row, Cell("Baselines", writer.body_row + 1 + offset, VALUE_COLUMN))


def write(writer: Writer, used: Sequence[Baseline]) -> None:
    """Write the table. Figures in use are bound by a defined name, so that ``tokenbook refresh`` finds them."""
    sheet = writer.sheet("Baselines")
    last = len(COLUMNS)
    header = writer.head(
        "Baselines",
        'Every pre-filled figure with its source, date and qualifier. "up to" stays "up to"; sources that disagree '
        "stand side by side.",
        last=last,
    )
    for column, (title, width, _) in enumerate(COLUMNS, 1):
        sheet.cell(header, column).value = title
        writer.painter.paint(sheet.cell(header, column), "TB Column Left")
        sheet.column_dimensions[get_column_letter(column)].width = width
    in_use = {id for row in used for id in (row.id, kept(row.id))}
    for row, cell in writer.baselines.values():
        for column, (_, _, show) in enumerate(COLUMNS, 1):
            here = sheet.cell(cell.row, column)
            here.value = show(row)
            if column == VALUE_COLUMN:
                writer.painter.paint(here, "TB Input" if row.id in in_use else "TB Calc", _kind(row.value))
            else:
                writer.painter.paint(here, "TB Sentence")
        texts = ((str(show(row)), width) for _, width, show in COLUMNS)
        sheet.row_dimensions[cell.row].height = 13.5 * max(lines_of(text, width * LONG_WORDS) for text, width in texts)
    bottom = header + len(writer.baselines)
    table = Table(displayName=BASELINE_TABLE, ref=f"A{header}:{get_column_letter(last)}{bottom}")
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
    sheet.add_table(table)
    sheet.freeze_panes = sheet.cell(header + 1, VALUE_COLUMN + 1)
    writer.finish(sheet, last_row=bottom, last_column=last, rows=f"{header}:{header}", large=True)


def _kind(value: float) -> str:
    if abs(value) >= 1000:
        return "count"
    return "factor" if abs(value) < 10 else "number"
