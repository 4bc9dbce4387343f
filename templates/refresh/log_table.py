"""The record of a refresh in our own workbooks: rows of their Log table."""

from __future__ import annotations

from tokenbook.templates.refresh.plan import RENEWED, Line


def event_of(line: Line) -> str:
    """What happened to a cell, in a word or two."""
    if line.status == RENEWED:
        return "source renewed"
    return "override replaced" if line.taken else "refreshed"


def log_rows(lines: list[Line], today: str) -> list[dict[str, object]]:
    """One row of the Log table per cell written, by column title."""
    return [
        {
            "Date": today,
            "Event": event_of(line),
            "Cell": line.cell,
            "Old": line.old,
            "New": line.new,
            "Unit": line.row.unit,
            "Source": f"{line.row.source} ({line.row.source_ref}), as of {line.row.as_of}, {line.row.confidence}",
        }
        for line in lines
        if line.row is not None  # what is written has one
    ]
