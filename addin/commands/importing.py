"""``baselines import``: a file of figures checked row by row, its sound rows written as a team catalogue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tokenbook.addin.commands import show
from tokenbook.addin.commands.choosing import iso_day
from tokenbook.addin.commands.errors import CommandError
from tokenbook.addin.commands.texts import counted, print_grid, print_text

if TYPE_CHECKING:
    from tokenbook.udfs.catalog.importers.result import ImportResult

REFUSALS_SHOWN = 10  # refused rows shown one by one before "and n more"
REASONS_SHOWN = 8  # kinds of reasons shown when not every refused row is


def import_rows(
    kind: str,
    file: Path,
    out: Path,
    *,
    as_of: str | None,
    defaults: Sequence[str] = (),
    force: bool = False,
    as_json: bool = False,
) -> None:
    """Check a file row by row, write what is sound as a team catalogue, and say what was refused and why."""
    from tokenbook.udfs import catalog
    from tokenbook.udfs.catalog import importers

    day = iso_day(as_of, "--as-of")
    given = dict(_pair(text) for text in defaults)
    if kind.strip().casefold() not in importers.KINDS:
        kinds = ", ".join(importers.KINDS)
        raise CommandError(f"{kind}: there is no such kind of file; there are {kinds}")
    _check_target(out, file, force)
    with show.progress() as progress:
        task = progress.add_task(f"reading {file.name}")
        result = importers.import_file(kind, file, as_of=day or None, defaults=given, tiers=catalog.shipped().tiers())
        if result.rows:
            progress.update(task, description=f"writing {len(result.rows):,} rows")
            importers.write_csv(result.rows, out)
    if as_json:
        _json_summary(result, out)
    else:
        _print_summary(result)
    if not result.rows:
        raise CommandError(
            f"{file}: none of its {counted(result.refused_count, 'row')} can be used; nothing was written"
            if result.refused_count
            else f"{file}: holds no rows; nothing was written"
        )
    if not as_json:
        print_text(f"Written: {out}", soft_wrap=True)
        print_text(f"To use it: --catalog {out}, or the environment variable TOKENBOOK_CATALOG", soft_wrap=True)


def _check_target(out: Path, file: Path, force: bool) -> None:
    """Refuse a place for the result before the file is read."""
    if out.suffix.lower() != ".csv":
        raise CommandError(f"{out}: the catalogue is written as a .csv file; give it that ending")
    if out.is_dir():
        raise CommandError(f"{out}: is a folder; name a file")
    if out.exists() and file.exists() and out.samefile(file):
        raise CommandError(f"{out}: is the file to import; choose another name")
    if out.exists() and not force:
        raise CommandError(f"{out}: exists already; choose another name, or --force to replace it")
    if not out.parent.is_dir():
        raise CommandError(f"{out}: the folder {out.parent} does not exist")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise CommandError(f"--default {text}: write NAME=VALUE, for instance --default model=DeepSeek-R1")
    return name.strip().casefold().replace("-", "_"), value.strip()


def _print_summary(result: ImportResult) -> None:
    taken = Counter(row.metric for row in result.rows)
    print_text(
        f"{result.place} ({result.kind}): {counted(len(result.rows), 'row')} taken, {result.refused_count:,} refused",
        style="bold",
        soft_wrap=True,
    )
    if taken:
        lines = [[f"{count:,}", metric] for metric, count in taken.most_common()]
        print_grid(("Rows", "Taken as"), lines, (_width("Rows", lines), None), header=True)
    if result.refused:
        lines = [[str(line), reason] for line, reason in result.refused[:REFUSALS_SHOWN]]
        print_grid(("Line", "Refused because"), lines, (_width("Line", lines), None), header=True)
    if (rest := result.refused_count - REFUSALS_SHOWN) > 0:
        reasons = result.reasons.most_common(REASONS_SHOWN)
        kept = "them" if len(result.refused) == result.refused_count else f"the first {len(result.refused):,}"
        print_text(f"and {rest:,} more refused; --json lists {kept} line by line. All of them by reason:")
        lines = [[f"{count:,}", reason] for reason, count in reasons]
        if other := result.refused_count - sum(count for _, count in reasons):
            lines.append([f"{other:,}", "other reasons"])
        print_grid(("Rows", "Refused because"), lines, (_width("Rows", lines), None), header=True)
    for note in result.notes:
        print_text(f"Note: {note}")


def _width(header: str, lines: Sequence[Sequence[str]]) -> int:
    return max(len(header), *(len(line[0]) for line in lines))


def _json_summary(result: ImportResult, out: Path) -> None:
    show.as_json(
        {
            "file": result.place,
            "kind": result.kind,
            "written": str(out) if result.rows else None,
            "taken": len(result.rows),
            "refused": result.refused_count,
            "metrics": dict(Counter(row.metric for row in result.rows)),
            "reasons": dict(result.reasons.most_common()),
            "refusals": [{"line": line, "reason": reason} for line, reason in result.refused],
            "refusals_left_off": result.refused_count - len(result.refused),
            "notes": result.notes,
        }
    )
