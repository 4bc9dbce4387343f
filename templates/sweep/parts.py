"""What a sweep has finished, on disk: a folder of parts beside the result, until the result is whole.

Each part is written whole or not at all. A rerun of the same sweep finds them and continues; another sweep is refused.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenbook.templates.sweep.errors import SweepError
from tokenbook.templates.sweep.evaluator import Answer

FOLDER = ".parts"
JOB = "sweep.json"
PART = re.compile(r"part-(\d{9})-(\d+)\.json")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Scenarios that follow each other."""

    first: int
    count: int


class Parts:
    """The parts of one result file. ``job`` says which sweep they belong to."""

    def __init__(self, out: Path, job: dict[str, Any], *, restart: bool = False):
        self.folder = out.with_name(out.name + FOLDER)
        if restart:
            shutil.rmtree(self.folder, ignore_errors=True)
        known = self.folder / JOB
        if known.exists():
            if json.loads(known.read_text(encoding="utf-8")) != job:
                raise SweepError(
                    f"{self.folder}: holds parts of another sweep (other workbook, scenarios or outputs); --restart "
                    "throws them away"
                )
        else:
            self.folder.mkdir(parents=True, exist_ok=True)
            _write(known, json.dumps(job))

    def finished(self) -> list[Stretch]:
        """Stretches that are there, in order."""
        found = [PART.fullmatch(path.name) for path in self.folder.iterdir()]
        return sorted((Stretch(int(m[1]), int(m[2])) for m in found if m), key=lambda stretch: stretch.first)

    def missing(self, total: int) -> list[Stretch]:
        """Stretches that are still to do."""
        gaps, at = [], 0
        for stretch in self.finished():
            if stretch.first > at:
                gaps.append(Stretch(at, stretch.first - at))
            at = max(at, stretch.first + stretch.count)
        return [*gaps, Stretch(at, total - at)] if at < total else gaps

    def keep(self, first: int, answers: list[Answer]) -> None:
        """Write the answers of a stretch."""
        text = json.dumps([[list(answer.values), answer.error] for answer in answers])
        _write(self.folder / f"part-{first:09d}-{len(answers)}.json", text)

    def answers(self) -> Iterator[Answer]:
        """All answers in the order of the scenarios."""
        for stretch in self.finished():
            path = self.folder / f"part-{stretch.first:09d}-{stretch.count}.json"
            for values, error in json.loads(path.read_text(encoding="utf-8")):
                yield Answer(tuple(values), error)

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def _write(path: Path, text: str) -> None:
    unfinished = path.with_suffix(".writing")
    with open(unfinished, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, path)
