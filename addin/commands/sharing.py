"""``freeze``, ``thaw`` and ``convert``: a workbook for readers without the add-in, and for another host."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tokenbook.addin.commands import show
from tokenbook.addin.commands.errors import CommandError

if TYPE_CHECKING:
    from tokenbook.templates.ooxml import Package

SHOWN = 5  # lines of what was left alone


def freeze(book: Path, out: Path | None, *, force: bool) -> None:
    """Replace calls of our functions by their values."""
    from tokenbook.templates import sharing

    with _opened(book, out, force) as (package, step):
        done = sharing.freeze(package, step)
        _save(package, book, out)
    kept = (
        "formula that calls our functions holds its value"
        if done.cells == 1
        else "formulas that call our functions hold their values"
    )
    _say(f"Frozen: {done.cells:,} {kept} now")
    if done.unverified:
        _say(f"Not verified, because the engine cannot calculate them: {_count(done.unverified, 'value')} of the file")
    _list("Left as it is, because it is no cell", done.left)
    _say(f"Written: {out or book}; tokenbook thaw brings the formulas back")


def thaw(book: Path, out: Path | None, *, keep_changed: bool, force: bool) -> None:
    """Put the formulas back that freeze replaced."""
    from tokenbook.templates import sharing

    with _opened(book, out, force) as (package, _):
        done = sharing.thaw(package, keep_changed=keep_changed)
        _save(package, book, out)
    how = "exactly as they were" if done.exact else "at the places where their cells are now"
    _say(f"Thawed: {_count(done.cells, 'formula')} put back {how}")
    _list("Left as they are", done.left)
    _say(f"Written: {out or book}")


def convert(book: Path, out: Path | None, *, host: str, force: bool) -> None:
    """Store the calls of our functions the way another host reads them."""
    from tokenbook.templates.formulas import stored_calls

    stored_calls.prefix_of(host)
    with _opened(book, out, force) as (package, _):
        changed = stored_calls.convert(package, host)
        calls = sum(stored_calls.spellings(package).values())
        without = host == "lite" and calls and not _carries_functions(package)
        _save(package, book, out)
    if changed:
        _say(f"Converted to {host}: {_count(sum(changed.values()), 'formula')} in {_count(len(changed), 'part')}")
    else:
        _say(f"Nothing to convert: {'all calls are stored so already' if calls else 'it calls none of our functions'}")
    _say(f"Written: {out or book}" if out or changed else f"{book}: left as it is")
    if without:
        _say(f"It carries no functions yet, without which xlwings Lite shows #NAME?: tokenbook embed {out or book}")


def _carries_functions(package: Package) -> bool:
    """Whether xlwings Lite finds Python code in the workbook."""
    from tokenbook.addin.lite import part

    there = part.lite(package)
    return there is not None and bool(there.properties.get("main.py"))


@contextmanager
def _opened(book: Path, out: Path | None, force: bool) -> Iterator[tuple[Package, Callable[[str], None]]]:
    """The package and a function that shows the step under way; errors name the file."""
    from tokenbook.templates import ooxml
    from tokenbook.templates.sharing import SharingError

    _check_target(book, out, force)
    with show.progress() as progress, ooxml.open_package(book) as package:
        task = progress.add_task("reading")
        try:
            yield package, lambda text: progress.update(task, description=text)
        except SharingError as error:
            raise SharingError(f"{book}: {error}") from None


def _check_target(book: Path, out: Path | None, force: bool) -> None:
    from tokenbook.templates import build

    if out is None:
        if not force:
            raise CommandError(
                f"{book}: name the file to write with -o, or --force to change it in place (kept as .bak)"
            )
        return
    if out.exists() and book.exists() and out.samefile(book) and not force:
        raise CommandError(f"{out}: is the workbook itself; choose another name, or --force to change it in place")
    build.check_target(out, force=force, ending=book.suffix.lower() or ".xlsx")


def _save(package: Package, book: Path, out: Path | None) -> None:
    in_place = out is None or (out.exists() and out.samefile(book))
    package.save(None if in_place else out, backup=in_place)


def _list(title: str, lines: list[str]) -> None:
    if lines:
        more = f", and {len(lines) - SHOWN:,} more" if len(lines) > SHOWN else ""
        _say(f"{title}: {'; '.join(lines[:SHOWN])}{more}")


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _say(text: str) -> None:
    show.console.print(text, markup=False, soft_wrap=True)
