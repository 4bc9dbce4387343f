"""Where a command writes: the workbook itself, or a new file of the same kind. An existing one is never replaced."""

from __future__ import annotations

import os
from pathlib import Path

from tokenbook.templates.refresh.errors import RefreshError


def target_of(path: str | os.PathLike, out: str | os.PathLike | None) -> Path:
    """The path to write to."""
    path = Path(path)
    if out is None:
        return path
    out = Path(out)
    if out.exists():
        raise RefreshError(f"{out}: exists already; choose another name")
    if out.suffix.lower() != path.suffix.lower():
        raise RefreshError(f"{out}: give it the ending {path.suffix} of the workbook, whose kind stays the same")
    return out
