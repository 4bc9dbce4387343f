"""What an import gives: the rows taken, the rows refused with their reasons, and a summary."""

from __future__ import annotations

import csv
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from ..baseline import FIELDS, Baseline
from ..errors import CatalogError, RowError

MAX_ROWS = 200_000  # taken from one file; a catalogue holds baselines, not logs
MAX_REFUSED_KEPT = 10_000  # refusals kept word for word; all are counted
REASONS_SHOWN = 8
NEW_FILE_MODE = 0o644  # a catalogue is for the team to read


@dataclass(frozen=True, slots=True)
class Given:
    """What is known of a file besides its content.

    ``as_of`` is the ISO day from which figures without a date were known, ``defaults`` fill columns that a table does
    not have, ``tiers`` are the tiers of the catalogue, whose spelling counts.
    """

    as_of: str = ""
    defaults: Mapping[str, object] = field(default_factory=dict)
    tiers: tuple[str, ...] = ()


@dataclass
class ImportResult:
    """The outcome of an import."""

    kind: str
    place: str
    rows: list[Baseline] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)  # (line, reason), at most MAX_REFUSED_KEPT
    refused_count: int = 0
    notes: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    _lines: dict[str, int] = field(default_factory=dict, repr=False)

    def take(self, line: int, row: Baseline) -> None:
        """Add a sound row; a second row of the same key is refused."""
        if row.id in self._lines:
            raise RowError(f"same key as line {self._lines[row.id]}: {row.id}")
        if len(self.rows) >= MAX_ROWS:
            raise CatalogError(
                f"{self.place}: more than {MAX_ROWS:,} usable rows, nothing taken; a catalogue holds "
                "baselines, filter the file first"
            )
        self._lines[row.id] = line
        self.rows.append(row)

    def refuse(self, line: int, reason: str) -> None:
        """Count a refused row, and keep its reason."""
        self.refused_count += 1
        self.reasons[_group(reason)] += 1
        if len(self.refused) < MAX_REFUSED_KEPT:
            self.refused.append((line, reason))

    @property
    def summary(self) -> str:
        """What was taken and what was refused, as lines to print."""
        metrics = Counter(row.metric for row in self.rows)
        lines = [f"{self.place} ({self.kind}): {len(self.rows):,} rows taken, {self.refused_count:,} refused"]
        lines += [f"  taken   {count:>7,}  {name}" for name, count in metrics.most_common()]
        shown = self.reasons.most_common(REASONS_SHOWN)
        lines += [f"  refused {count:>7,}  {reason}" for reason, count in shown]
        rest = self.refused_count - sum(count for _, count in shown)
        if rest:
            lines.append(f"  refused {rest:>7,}  for other reasons")
        if self.refused_count > len(self.refused):
            lines.append(f"  the first {len(self.refused):,} refusals are kept line by line")
        return "\n".join(lines + [f"  note: {note}" for note in self.notes])


@lru_cache(maxsize=1024)
def _group(reason: str) -> str:
    """Reasons that differ only in names and numbers count as one."""
    reason = reason.split(" | ", 1)[-1]
    reason = re.sub(r"'[^']*'", "'...'", reason)
    return re.sub(r"\d[\d.,e+]*", "n", reason)


def write_csv(rows: Iterable[Baseline], path: str | os.PathLike[str]) -> Path:
    """Write rows as a catalogue CSV: whole or not at all, through a temporary file in the same folder.

    Raises
    ------
    CatalogError
        when the place cannot be written; an older file there is left as it was.
    """
    target = Path(path)
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent or ".", prefix=f".{target.name}.", suffix=".tmp")
        with os.fdopen(handle, "w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(FIELDS)
            for row in rows:
                writer.writerow([_cell(getattr(row, name)) for name in FIELDS])
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, target.stat().st_mode & 0o777 if target.exists() else NEW_FILE_MODE)
        os.replace(temporary, target)
    except OSError as error:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
        raise CatalogError(f"{target}: cannot be written ({error.strerror})") from None
    except BaseException:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
        raise
    return target


def _cell(value: object) -> object:
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else value
