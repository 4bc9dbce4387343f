"""What else changes in a workbook of our own when a bound cell does: its row on Baselines and the note beside it.

Pure, like `plan`: takes the table as rows of values and gives edits. A foreign workbook has neither, and gets none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from tokenbook.templates.bindings import Place
from tokenbook.templates.conventions import BASELINE_KEY
from tokenbook.templates.refresh.plan import RENEWED, SAME, WRITTEN, Line, is_figure, same_figure
from tokenbook.templates.sheets.citations import COLUMNS, short_citation
from tokenbook.udfs import catalog


class Edit(NamedTuple):
    """A constant to set."""

    place: Place
    value: object


@dataclass(frozen=True, slots=True)
class Sheetful:
    """A table of the workbook: its column titles and its rows of values, and the place of each cell."""

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    place: Callable[[int, int], Place]  # row and column of the body, from 0

    @property
    def keys(self) -> list[str]:
        """The catalogue id that each row was written from."""
        if BASELINE_KEY not in self.columns:
            return []
        column = list(self.columns).index(BASELINE_KEY)
        return [str(row[column] or "") for row in self.rows]


def with_renewed(lines: list[Line], table: Sheetful | None) -> list[Line]:
    """The lines; where the figure stayed but its row on Baselines is an older one, the status says so."""
    shown = set(table.keys) if table else set()
    return [
        replace(line, status=RENEWED)
        if line.status == SAME and line.binding.key.row in shown and line.row.id != line.binding.key.row
        else line
        for line in lines
    ]


def follow(
    lines: list[Line],
    table: Sheetful | None,
    text_at: Callable[[Place], object],
    figures: catalog.Catalog,
) -> list[Edit]:
    """Edits of the Baselines table and of the notes, for lines that are written."""
    replaced = {line.binding.key.row: line.row for line in lines if line.status in WRITTEN and line.binding.key.row}
    edits = _baseline_edits(table, replaced) if table else []
    return edits + _note_edits(lines, text_at, figures)


def _baseline_edits(table: Sheetful, replaced: dict[str, catalog.Baseline]) -> list[Edit]:
    shows = {title: show for title, _, show in COLUMNS}
    edits = []
    for number, (key, values) in enumerate(zip(table.keys, table.rows, strict=True)):
        row = replaced.get(key)
        if row is None:
            continue
        for column, title in enumerate(table.columns):
            if title in shows:
                new = shows[title](row)
                if not _alike(values[column], new):
                    edits.append(Edit(table.place(number, column), None if new == "" else new))
    return edits


def _note_edits(lines, text_at, figures) -> list[Edit]:
    beside: dict[Place, list[Line]] = {}
    for line in lines:
        if line.binding.note and line.binding.key:
            beside.setdefault(line.binding.note, []).append(line)
    edits = []
    for place, theirs in beside.items():
        if not any(line.status in WRITTEN for line in theirs):
            continue
        before = [_row_before(line, figures) for line in theirs]
        after = [line.row if line.status in WRITTEN else row for line, row in zip(theirs, before, strict=True)]
        if None in after:
            continue
        text, new = text_at(place), short_citation(after)
        words_of_the_user = None not in before and text != short_citation(before)
        if text != new and not words_of_the_user:
            edits.append(Edit(place, new))
    return edits


def _row_before(line: Line, figures: catalog.Catalog):
    try:
        return figures.row(line.binding.key.row)
    except LookupError:
        return None


def _alike(old: object, new: object) -> bool:
    if is_figure(old) and is_figure(new):
        return same_figure(old, new)
    return (old in (None, "") and new in (None, "")) or (old == new and type(old) is type(new))
