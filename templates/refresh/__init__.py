"""Baselines into existing workbooks: bind cells to figures of the catalogue, refresh them, lose nothing.

`bind`, `unbind`, `list_bound` and `read_map` tie cells; `refresh_file` and `refresh_files` (after `find_workbooks`)
bring files up to date, `refresh_open` a workbook that is open in Excel. From the bottom: `plan` (what would become of
each cell), `follow` (the Baselines sheet and the notes of our own workbooks), `log_table`, `changelog`; `recalculate`
(new values of the formulas that depend on a cell, if the engine can be trusted with them); `bind`, `files` and
`open_book`; `report` (what came of it) and `words` (how every host tells it). README.md says what a refresh will and
will not touch.
"""

from . import words
from .bind import Bound, Request, bind, list_bound, read_map, unbind
from .errors import RefreshError
from .files import find_workbooks, refresh_file, refresh_files
from .open_book import read_formulas, refresh_open
from .plan import MEANING, WRITTEN, Line
from .report import Report

__all__ = [
    "MEANING",
    "WRITTEN",
    "Bound",
    "Line",
    "RefreshError",
    "Report",
    "Request",
    "bind",
    "find_workbooks",
    "list_bound",
    "read_formulas",
    "read_map",
    "refresh_file",
    "refresh_files",
    "refresh_open",
    "unbind",
    "words",
]
