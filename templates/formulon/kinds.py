"""What a cell is called and what it may hold, for those that need no engine."""

from __future__ import annotations

from typing import TypeAlias

CellValue: TypeAlias = float | str | bool | None  # an error is a CellError, which is a str
Place: TypeAlias = tuple[int, int, int]  # sheet, row, column, all from 0
