"""What a refresh found in one workbook and did to it, on disk or open in Excel."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tokenbook.templates.refresh.plan import SAME, WRITTEN, Line


@dataclass
class Report:
    """What a refresh found in one workbook and did to it.

    Attributes
    ----------
    path : Path
    lines : list of Line
        One per bound cell; empty when nothing is bound.
    error : str
        Why the workbook could not be refreshed, in one line; empty when it could.
    written : Path or None
        Where the result was written; None when nothing was, and for a workbook that is open.
    dependents, recalculated : int
        Cells that depend on what changed, and those of them whose new value was stored.
    left_to_excel : str
        Why the engine was not used; Excel then calculates the workbook when it opens it.
    log : str
        Where the change was recorded.
    pivots : int
        Pivot tables over a cell that changed: they show the old figures.
    pivots_follow : bool
        Whether Excel refreshes them when it opens the file.
    """

    path: Path
    lines: list[Line] = field(default_factory=list)
    error: str = ""
    written: Path | None = None
    dependents: int = 0
    recalculated: int = 0
    left_to_excel: str = ""
    log: str = ""
    pivots: int = 0
    pivots_follow: bool = False

    @property
    def changes(self) -> list[Line]:
        """The lines that are, or would be, written."""
        return [line for line in self.lines if line.status in WRITTEN]

    @property
    def same(self) -> list[Line]:
        """The lines that are as in the catalogue."""
        return [line for line in self.lines if line.status == SAME]

    @property
    def left(self) -> list[Line]:
        """The lines that are neither: each says why it is left alone."""
        return [line for line in self.lines if line.status not in (*WRITTEN, SAME)]
