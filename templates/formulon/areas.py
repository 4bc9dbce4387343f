"""What references and names of a workbook stand for: which cells, numbered as the engine does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tokenbook.templates.formulon.kinds import Place
from tokenbook.templates.ooxml.references import LAST_COLUMN, LAST_ROW, column_number, sheet_name

CELLS = re.compile(
    r"(?:('(?:[^']|'')+'|[^'!:(),\s\[\]]+)!)?(?:\$?([A-Z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Z]{1,3})\$?([0-9]{1,7}))?"
    r"|\$?([A-Z]{1,3}):\$?([A-Z]{1,3})|\$?([0-9]{1,7}):\$?([0-9]{1,7}))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Area:
    """Cells of a sheet; of whole columns or rows those that are in use."""

    sheet: int
    top: int
    left: int
    bottom: int
    right: int

    def places(self) -> list[Place]:
        rows, columns = range(self.top, self.bottom + 1), range(self.left, self.right + 1)
        return [(self.sheet, row, column) for row in rows for column in columns]


@dataclass
class Surroundings:
    """What the formulas of a workbook refer to.

    sheets : name in lower case -> number
    names : (name, sheet or None), in lower case -> what it stands for
    used : rows and columns in use, for each sheet
    """

    titles: list[str]
    names: Mapping[tuple[str, str | None], str]
    used: list[tuple[int, int]]
    sheets: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.sheets = {title.casefold(): number for number, title in enumerate(self.titles)}

    def area(self, text: str, home: int, deep: int = 0) -> Area | None:
        """The cells that a reference or a name stands for, if it is as simple as that."""
        found = CELLS.fullmatch(text)
        if found:
            sheet = home if found[1] is None else self.sheets.get(sheet_name(found[1]).casefold())
            return None if sheet is None else self._area(sheet, found)
        where, bang, name = text.rpartition("!")
        scope = sheet_name(where).casefold() if bang else self.titles[home].casefold()
        for key in ((name.casefold(), scope), (name.casefold(), None)):
            meaning = self.names.get(key)
            if meaning is not None:
                absolute = CELLS.fullmatch(meaning) and "!" in meaning and "$" in meaning
                return self.area(meaning, home, deep + 1) if absolute and not deep else None
        return None

    def _area(self, sheet: int, found: re.Match[str]) -> Area | None:
        rows, columns = self.used[sheet] if sheet < len(self.used) else (1, 1)
        if found[2]:
            top, left = int(found[3]), column_number(found[2])
            bottom, right = int(found[5] or top), column_number(found[4]) if found[4] else left
        elif found[6]:
            top, bottom, left, right = 1, max(rows, 1), column_number(found[6]), column_number(found[7])
        else:
            top, bottom, left, right = int(found[8]), int(found[9]), 1, max(columns, 1)
        top, bottom, left, right = min(top, bottom), max(top, bottom), min(left, right), max(left, right)
        if not (top >= 1 and bottom <= LAST_ROW and right <= LAST_COLUMN):
            return None
        return Area(sheet, top - 1, left - 1, bottom - 1, right - 1)
