"""``demo``, ``new`` and ``calc``: workbooks written, computed, and computed again with other inputs."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokenbook.addin.commands import show
from tokenbook.addin.commands.errors import CommandError
from tokenbook.addin.version import version
from tokenbook.templates.conventions import MASTER_CHECK

if TYPE_CHECKING:
    from tokenbook.templates.engine import Model
    from tokenbook.templates.models.shared.headlines import Headline
    from tokenbook.templates.sheets.writer import Writer
    from tokenbook.templates.trust.calculate import Calculated

DEMO_NAME = "token-roi"
MOST_NAMED = 12  # results that are not known, told one by one


def demo(folder: Path) -> None:
    """Write and compute the roi workbook, and print its headline."""
    from tokenbook.templates import build

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"{folder}: the folder cannot be made ({error.strerror})") from None
    out = build.free_name(folder, DEMO_NAME)  # the demo never replaces a file
    write("roi", out, force=False)


def write(template: str, out: Path, *, force: bool, host: str = "classic", **wishes: Any) -> None:
    """Write a template workbook with computed values and print what it answers.

    host : how calls of our functions are stored, see ``tokenbook.templates.formulas.stored_calls``.
    wishes : fields of ``tokenbook.templates.models.shared.options.Options``; None leaves one to the template.
    """
    from tokenbook.templates import build, models
    from tokenbook.templates.formulas import stored_calls
    from tokenbook.templates.models.shared.options import Options

    if template not in models.TEMPLATES:
        raise CommandError(f"{template}: there is no such template; there are {', '.join(models.TEMPLATES)}")
    build.check_target(out, force=force)
    stored_calls.prefix_of(host)
    options = Options(version=version(), **{name: value for name, value in wishes.items() if value is not None})
    with show.progress() as progress:
        task = progress.add_task("filling from the catalogue")
        made = models.module(template)
        writer = made.compose(options)

        def step(text: str) -> None:
            progress.update(task, description=text)

        computed = _build(writer, out, force=force, host=host, progress=step)
    _headline(made.headline(writer, computed), computed, out)
    if host == "lite":
        from tokenbook.addin.commands.embed import NEEDED

        show.console.print(NEEDED, soft_wrap=True)


def _build(writer: Writer, out: Path, *, force: bool, host: str, progress: Callable[[str], None]) -> Model:
    """The workbook on disk; for xlwings Lite with the functions in it."""
    from tokenbook.templates import build, ooxml

    if host != "lite":
        return build.build(writer, out, force=force, host=host, progress=progress)
    from tokenbook.addin import lite

    with tempfile.TemporaryDirectory(prefix="tokenbook-") as folder:
        without = Path(folder) / out.name
        computed = build.build(writer, without, host=host, progress=progress)
        progress("putting the functions in")
        with ooxml.open_package(without) as package:
            lite.embed(package)
            package.save(out)
    return computed


def _headline(headline: Headline, model: Model, out: Path) -> None:
    lines = [[label, *(show.formatted(value, kind) for value in values)] for label, kind, values in headline.lines]
    show.table(headline.title, ["", *headline.columns], lines)
    show.console.print(f"Checks: {model.named(MASTER_CHECK)}")
    show.console.print(f"Written: {out}", soft_wrap=True)


def calculate(
    book: Path, settings: list[str], out: Path | None, *, force: bool, refresh_pivots: bool, as_json: bool
) -> None:
    """Recalculate a workbook with other inputs; print its named results, and write it only to ``out``."""
    from tokenbook.templates import build
    from tokenbook.templates.engine import parse_value
    from tokenbook.templates.trust.calculate import calculate as calculated

    if out is not None:
        if out.exists() and book.exists() and out.samefile(book) and not force:
            raise CommandError(f"{out}: is the workbook itself; choose another name, or --force to change it in place")
        build.check_target(out, force=force)
    pairs = [_pair(text) for text in settings]
    with show.progress() as progress:
        progress.add_task("calculating")
        found = calculated(
            book, [(name, parse_value(value)) for name, value in pairs], out, refresh_pivots=refresh_pivots
        )
    if as_json:
        show.as_json(_data(book, out, found))
        return
    if found.changes:
        lines = [[c.name, f"{c.sheet}!{c.ref}", _text(c.old), _text(c.new)] for c in found.changes]
        show.table("Set", ["Name", "Cell", "Old", "New"], lines, left=2)
    results = [
        [name, "not known here" if name in found.unknown_results else _text(value)]
        for name, value in found.results.items()
    ]
    if results:
        show.table(f"{book.name}: named results", ["Name", "Value"], results)
    else:
        show.console.print(f"{book.name}: calculated; it has no named results (name a cell in Excel to see it here)")
    if found.errors:
        show.console.print(f"{found.errors} cells hold an error")
    for sentence in _said(found, out, refresh_pivots):
        show.sentence(sentence)
    if out is not None:
        show.console.print(f"Written: {out}", soft_wrap=True)


def _said(found: Calculated, out: Path | None, refresh_pivots: bool) -> Iterator[str]:
    """What a reader must know of results that are not there."""
    if found.doubts:
        more = f", and {len(found.doubts) - 1:,} more cells" if len(found.doubts) > 1 else ""
        yield f"Not calculated here: {found.doubts[0]}{more}; tokenbook check lists them."
    for name, doubt in list(found.unknown_results.items())[:MOST_NAMED]:
        yield f"{name} is not known here: it needs {doubt.sheet}!{doubt.ref}."
    if found.left and out is not None:
        cells = "1 cell that follows" if found.left == 1 else f"{found.left:,} cells that follow"
        yield f"{cells} from the new inputs keep their old values in the file; Excel calculates it when it opens it."
    if found.pivots:
        from tokenbook.templates.refresh import words

        yield words.PIVOTS_FOLLOW if refresh_pivots and out is not None else words.PIVOTS_OLD


def _data(book: Path, out: Path | None, found: Calculated) -> dict[str, object]:
    return {
        "workbook": str(book),
        "written": str(out) if out else None,
        "set": [{"name": c.name, "cell": f"{c.sheet}!{c.ref}", "old": c.old, "new": c.new} for c in found.changes],
        "results": {name: _plain(value) for name, value in found.results.items()},
        "inputs": {name: _plain(value) for name, value in found.inputs.items()},
        "cell_errors": found.errors,
        "not_calculated_here": [f"{doubt.sheet}!{doubt.ref}" for doubt in found.doubts],
        "why": [str(doubt) for doubt in found.doubts],
        "unknown_results": {name: str(doubt) for name, doubt in found.unknown_results.items()},
        "cells_left": found.left,
        "pivots_to_refresh": found.pivots,
    }


def _plain(value: object) -> object:
    return str(value) if _is_error(value) else value


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise CommandError(f"--set {text}: write NAME=VALUE, for instance --set gpus_1=144")
    return name.strip(), value


def _is_error(value: object) -> bool:
    from tokenbook.udfs.functions.errors import is_error

    return is_error(value)


def _text(value: object) -> str:
    if isinstance(value, float):
        return show.significant(value, 6) if abs(value) < 1000 else f"{value:,.2f}"
    return "" if value is None else str(value)
