"""Grid sheets: rows of formulas over columns that stand side by side: platforms, workloads, steps of utilisation.

    RATE = Grid("rate", "The rate, line by line", columns=per_platform(4), lines=(
        Ingredient("kw_per_gpu"),
        Row("energy", "Electricity", "USD per GPU-hour", "={kw_per_gpu}*{pue}*{usd_per_kwh}", "usd_rate"),
        Row("total", "All-in", "USD per GPU-hour", "={energy}+{capital}", "usd_rate", strong=True),
    ))
    grid.write(writer, "Rates", (RATE, ...), inputs=core_inputs.by_name(sections), subtitle="...")

In a formula ``{energy}`` is the cell of this column and ``{energy:all}`` the whole row; ``{kw_per_gpu}`` is the input
of this column's platform, ``{pue}`` the one input for all, and ``#`` the number of the column (``{model_#.npv}``).
Elsewhere ``{rate_2.energy}`` is one cell and ``{rate.energy:all}`` the row; on a grid with the same columns
``{rate.energy}`` is the cell above or below. All grids begin in the same column as the platforms on Inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from tokenbook.templates.sheets.formula import Cell, TimeRow
from tokenbook.templates.sheets.inputs import FIRST, LABEL, UNIT, Input
from tokenbook.templates.sheets.rows import Constant, Heading, Line, Row, write_label
from tokenbook.templates.sheets.style import lines_of
from tokenbook.templates.sheets.writer import Writer

BETWEEN = 2  # rows from the last line of a grid to the title of the next
LABEL_WIDTH, UNIT_WIDTH, COLUMN_WIDTH, NOTE_WIDTH = 50, 24, 15, 70  # characters
WORDS_TOO = Alignment(horizontal="right", vertical="center")  # words stand where numbers would
PLATFORM = "={inputs.p#.platform}"


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows over columns.

    ``columns`` are the headings, text or formulas; ``scope`` names the inputs that a column reads first, ``also`` more
    blocks to look names up in; ``#`` in all of them is the number of the column. Lines are Row, Ingredient, Heading,
    or Constant (one value, in the first column).
    """

    key: str
    title: str
    columns: tuple[str | int, ...]
    lines: tuple[Line, ...]
    scope: str = "p#"
    also: tuple[str, ...] = ()
    heading_kind: str = "general"  # number format of the headings


def per_platform(count: int) -> tuple[str, ...]:
    """Headings of a grid with a column for each platform."""
    return (PLATFORM,) * count


def write(
    writer: Writer,
    name: str,
    grids: tuple[Grid, ...],
    *,
    inputs: dict[str, Input],
    subtitle: str,
    title: str = "",
    row: int = 0,
    notes: bool = True,
    large: bool = False,
    finish: bool = True,
    placed: Callable[[], None] = lambda: None,
    in_place: bool = False,
) -> int:
    """Write a sheet of grids, one below the other; gives the last row.

    ``placed`` is called when all lines have their places, to give further names to some of them; ``in_place`` says that
    they have them already, by ``place``.
    ``row`` continues a sheet that has its head already. ``notes`` keeps a column for the notes of the rows.
    """
    sheet = writer.sheet(name)
    widest = max(len(grid.columns) for grid in grids)
    noted = notes and any(getattr(line, "note", "") for grid in grids for line in grid.lines)
    last = UNIT + widest + (1 if noted else 0)
    row = row or writer.head(name, subtitle, last=max(last, FIRST), title=title)
    if not in_place:
        place(writer, name, grids, row=row)
    placed()
    for grid in grids:
        _write_grid(writer, sheet, grid, row, last, inputs, noted)
        row += len(grid.lines) + BETWEEN
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = LABEL_WIDTH, UNIT_WIDTH
    for column in range(FIRST, FIRST + widest):
        sheet.column_dimensions[get_column_letter(column)].width = COLUMN_WIDTH
    if noted:
        sheet.column_dimensions[get_column_letter(last)].width = NOTE_WIDTH
    if finish:
        sheet.freeze_panes = sheet.cell(writer.body_row, FIRST)
        writer.finish(sheet, last_row=row - 2, last_column=max(last, FIRST), large=large)
    return row - 2


def place(writer: Writer, name: str, grids: tuple[Grid, ...], *, row: int = 0) -> None:
    """Give every line its place before anything is written: for sheets of grids that refer to each other."""
    row = row or writer.body_row
    for grid in grids:
        _place(writer, name, grid, row)
        row += len(grid.lines) + BETWEEN


def _place(writer: Writer, name: str, grid: Grid, row: int) -> None:
    """The whole row by the grid's key, each cell by key and number."""
    count = len(grid.columns)
    writer.book.put(f"{grid.key}.heading", TimeRow(name, row, FIRST, FIRST, UNIT + count))
    for n in range(1, count + 1):
        writer.book.put(f"{grid.key}_{n}.heading", Cell(name, row, UNIT + n))
    for line in grid.lines:
        row += 1
        if isinstance(line, Constant):
            writer.book.put(f"{grid.key}.{line.key}", Cell(name, row, FIRST))
        elif not isinstance(line, Heading):
            writer.book.put(f"{grid.key}.{line.key}", TimeRow(name, row, FIRST, FIRST, UNIT + count))
            for n in range(1, count + 1):
                writer.book.put(f"{grid.key}_{n}.{line.key}", Cell(name, row, UNIT + n))


def _write_grid(
    writer: Writer, sheet: Worksheet, grid: Grid, row: int, last: int, inputs: dict[str, Input], noted: bool
) -> None:
    paint = writer.painter.paint
    for column in range(LABEL, last + 1):
        left = column <= UNIT or (noted and column == last)
        paint(
            sheet.cell(row, column),
            "TB Column Left" if left else "TB Column",
            grid.heading_kind if not left else "text",
        )
    sheet.cell(row, LABEL).value, sheet.cell(row, UNIT).value = grid.title, "Unit"
    for n, heading in enumerate(grid.columns, 1):
        sheet.cell(row, UNIT + n).value = _compiled(writer, grid, heading, sheet.title, n)
    for line in grid.lines:
        row += 1
        _write_line(writer, sheet, row, grid, line, last, inputs, noted)


def _write_line(
    writer: Writer,
    sheet: Worksheet,
    row: int,
    grid: Grid,
    written: Line,
    last: int,
    inputs: dict[str, Input],
    noted: bool,
) -> None:
    paint = writer.painter.paint
    line = write_label(writer, sheet, row, written, inputs, Row)
    if line is None:
        return
    for n in range(1, (1 if isinstance(line, Constant) else len(grid.columns)) + 1):
        cell = sheet.cell(row, UNIT + n)
        cell.value = _compiled(writer, grid, line.formula, sheet.title, n)
        paint(cell, "TB Total" if line.strong else "TB Link" if "!" in cell.value else "TB Calc", line.kind)
        cell.alignment = WORDS_TOO
    note = getattr(line, "note", "")
    if noted and note:
        cell = sheet.cell(row, last)
        cell.value = note
        paint(cell, "TB Note")
        sheet.row_dimensions[row].height = 13.5 * lines_of(note, NOTE_WIDTH)


def _compiled(writer: Writer, grid: Grid, formula: str | int, sheet: str, n: int) -> str | int:
    if not (isinstance(formula, str) and formula.startswith("=")):
        return formula
    own = f"inputs.{grid.scope}".replace("#", str(n))
    scopes = (grid.key, own, *(scope.replace("#", str(n)) for scope in grid.also), "inputs")
    text = formula.replace("#", str(n))
    return writer.book.compile(text, sheet, column=UNIT + n, scopes=scopes, floating=(own,))
