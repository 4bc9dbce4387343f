"""A sweep from end to end: resumable, in the order of the scenarios, with an error column for what failed."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenbook.templates.ooxml import open_package
from tokenbook.templates.sweep import scenarios, schedule
from tokenbook.templates.sweep.errors import SweepError
from tokenbook.templates.sweep.evaluator import Evaluator, spelled_out
from tokenbook.templates.sweep.parts import Parts, Stretch

ERROR = "error"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a sweep did."""

    outputs: tuple[str, ...]
    total: int
    failed: int
    resumed: int  # scenarios that an earlier run had finished
    idle: tuple[str, ...]  # outputs that depend on no input


def sweep(
    book: Path,
    table: scenarios.Table,
    outputs: list[str],
    out: Path,
    *,
    scheduler: str = "local",
    workers: int | None = None,
    restart: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Outcome:
    """Calculate every scenario of a table and write inputs, outputs and errors to ``out``.

    table : as ``scenarios.read`` gives it; ``progress(done, total)`` is told after every chunk.
    """
    scenarios.kind_of(out)
    content = content_of(book)
    inputs = scenarios.inputs_of(table)
    rows = scenarios.rows(table)
    names = spelled_out(open_package(content), outputs)
    with contextlib.closing(Evaluator(content, inputs, names, book.name)) as first:
        idle = tuple(first.idle_outputs())
        taken = [name for name in names if name in table.columns] or [ERROR] * (ERROR in table.columns)
        if taken:
            raise SweepError(f"{taken[0]}: is a column of the scenarios and of the results; rename one")
        digest = hashlib.sha256(content + repr((inputs, names, rows)).encode()).hexdigest()
        parts = Parts(out, {"sweep": digest, "scenarios": len(rows), "outputs": list(names)}, restart=restart)
        missing = parts.missing(len(rows))
        done = resumed = len(rows) - sum(stretch.count for stretch in missing)
        progress(done, len(rows))
        work = schedule.Work(digest, book.name, content, inputs, names)
        for finished in _scheduled(work, rows, missing, scheduler, workers, first):
            parts.keep(finished.first, finished.answers)
            done += len(finished.answers)
            progress(done, len(rows))
    failed = _assemble(table, names, parts, out)
    parts.remove()
    return Outcome(names, len(rows), failed, resumed, idle)


def _scheduled(
    work: schedule.Work,
    rows: list[tuple[Any, ...]],
    missing: list[Stretch],
    scheduler: str,
    workers: int | None,
    first: Evaluator,
) -> Iterator[schedule.Done]:
    """Answers as they are finished; ``first`` has the workbook in the engine already, for this process."""
    if not missing:
        return iter(())
    if scheduler != "local":
        return schedule.on_dask(work, rows, missing, address=scheduler, workers=0)
    most = workers or (schedule.processors() if schedule.has_dask() else 1)
    most = min(most, sum(stretch.count for stretch in missing))
    if most <= 1:
        return schedule.in_this_process(work, rows, missing, first)
    return schedule.on_dask(work, rows, missing, address=None, workers=most)


def _assemble(table: scenarios.Table, names: tuple[str, ...], parts: Parts, out: Path) -> int:
    answers = list(parts.answers())
    found = {name: [answer.values[index] for answer in answers] for index, name in enumerate(names)}
    result = scenarios.Table({**table.columns, **found, ERROR: [answer.error for answer in answers]})
    unfinished = out.with_name(f".{out.stem}.writing{out.suffix}")
    try:
        scenarios.write(result, unfinished)
        os.replace(unfinished, out)
    finally:
        unfinished.unlink(missing_ok=True)
    return sum(1 for answer in answers if answer.error)


def content_of(book: Path) -> bytes:
    try:
        return book.read_bytes()
    except FileNotFoundError:
        raise SweepError(f"{book}: there is no such file") from None
    except OSError as error:
        raise SweepError(f"{book}: cannot be read ({error.strerror})") from None
