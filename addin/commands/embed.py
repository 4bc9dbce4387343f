"""``embed``: puts the functions into a workbook for xlwings Lite."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tokenbook.addin.commands import show
from tokenbook.addin.commands.errors import CommandError
from tokenbook.addin.commands.texts import counted
from tokenbook.addin.version import version
from tokenbook.templates.ooxml import PackageError, open_package

if TYPE_CHECKING:
    from tokenbook.addin.lite.embedding import Embedded

NEEDED = "To calculate: Excel with the free add-in xlwings Lite, opened once (Home > xlwings Lite)"


def embed(book: Path, out: Path | None, *, requirement: bool, used: bool, all_figures: bool, force: bool) -> None:
    """Put functions and figures into ``book``, in place (kept as .bak) or as ``out``, and say what was put in."""
    from tokenbook.templates import build

    in_place = out is None or (out.exists() and book.exists() and out.samefile(book))
    if out is not None and not in_place:
        build.check_target(out, force=force, ending=book.suffix.lower() or ".xlsx")
    with show.progress() as progress:
        progress.add_task("putting the functions in")
        from tokenbook.addin.lite import EmbedError
        from tokenbook.addin.lite import embed as put_in

        try:
            with open_package(book) as package:
                done = put_in(package, requirement=requirement, used_only=used, all_figures=all_figures, force=force)
                package.save(None if in_place else out, backup=in_place)
        except (EmbedError, PackageError) as error:
            raise CommandError(str(error) if str(book) in str(error) else f"{book}: {error}") from None
    written = book if in_place else out
    if not done.changed and in_place:
        show.console.print(f"{book}: has these functions already; nothing written", soft_wrap=True)
        return
    for line in sentences(done, requirement=requirement):
        show.console.print(line, soft_wrap=True)
    kept = f" (the old file is {book.name}.bak)" if in_place else ""
    show.console.print(f"Written: {written}{kept}", soft_wrap=True)


def sentences(done: Embedded, *, requirement: bool = False) -> list[str]:
    """What was put in, for the reader of the terminal."""
    if requirement:
        lines = [f"requirements.txt asks for tokenbook=={version()}: xlwings Lite must find that package"]
    else:
        lines = [
            f"{counted(done.functions, 'function')} and {counted(done.figures, 'figure')} travel in the workbook "
            f"(main.py, {done.characters / 1000:,.0f} kB of readable Python)"
        ]
    if done.calls_converted:
        formulas = "formula is" if done.calls_converted == 1 else "formulas are"
        lines.append(f"{done.calls_converted} {formulas} stored the way xlwings Lite reads them")
    return [*lines, NEEDED]
