"""Rows whose formulas were copied across, and the one cell in them that was not.

A run is a stretch of adjacent cells of a row with the same relative form. A cell is odd when it interrupts a run:
left and right of it stands the same formula. A number typed over a formula is odd in the same way. Totals that
return every few columns (quarters) are a pattern, not an oddity, and so are openings and totals at the ends; at an
end only a cell of the same shape with other references counts.
"""

from __future__ import annotations

from itertools import groupby

SHORTEST_RUN = 3  # equal cells around an odd one that make a row of formulas
WIDEST_ODD = 2  # adjacent cells that can be a slip; more are a section of their own
TYPED = "(number)"


def odd_cells(cells: dict[int, tuple[str, str]]) -> list[tuple[int, int]]:
    """Columns of a row that break its formula, each with the column of the neighbour that shows the right one.

    cells : column -> (relative form, shape); a typed number has the form TYPED.
    """
    odd = []
    for segment in _segments(sorted(cells)):
        runs = [list(run) for _, run in groupby(segment, key=lambda column: cells[column][0])]
        forms = [cells[run[0]][0] for run in runs]
        for place, run in enumerate(runs):
            form = forms[place]
            if len(run) > WIDEST_ODD or (form != TYPED and forms.count(form) > 1):
                continue
            left = runs[place - 1] if place else []
            right = runs[place + 1] if place + 1 < len(runs) else []
            if left and right:
                if forms[place - 1] == forms[place + 1] != TYPED and len(left) + len(right) >= SHORTEST_RUN:
                    odd += [(column, left[-1]) for column in run]
            elif form != TYPED:
                beside = left or right
                near = beside[-1] if left else beside[0] if beside else 0
                if len(beside) >= SHORTEST_RUN and cells[near][1] == cells[run[0]][1]:
                    odd += [(column, near) for column in run]
    return odd


def _segments(columns: list[int]) -> list[list[int]]:
    """Stretches of adjacent columns."""
    segments: list[list[int]] = []
    for column in columns:
        if segments and segments[-1][-1] == column - 1:
            segments[-1].append(column)
        else:
            segments.append([column])
    return [segment for segment in segments if len(segment) > SHORTEST_RUN]
