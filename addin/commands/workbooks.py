"""``demo``, ``new`` and ``calc``: workbooks written, computed, and computed again with other inputs."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
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

DEMO_NAME = "token-roi"


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


def calculate(book: Path, settings: list[str], out: Path | None, *, force: bool, as_json: bool) -> None:
    """Recalculate a workbook with other inputs; print its named results, and write it only to ``out``."""
    from tokenbook.templates import build
    from tokenbook.templates.engine import Model, parse_value

    if out is not None:
        if out.exists() and book.exists() and out.samefile(book) and not force:
            raise CommandError(f"{out}: is the workbook itself; choose another name, or --force to change it in place")
        build.check_target(out, force=force)
    pairs = [_pair(text) for text in settings]
    with show.progress() as progress:
        task = progress.add_task("loading")
        with Model(book) as model:
            for name, value in pairs:
                model.set(name, parse_value(value))
            progress.update(task, description="calculating")
            model.recalculate()
            named, values = _named(model), model.values()
            unknown = model.unknown(values)
            if out is not None:
                progress.update(task, description="writing")
                model.save(out)
    errors = sum(1 for cells in values.values() for value in cells.values() if _is_error(value))
    if as_json:
        show.as_json(
            {
                "workbook": str(book),
                "written": str(out) if out else None,
                "set": [
                    {"name": c.name, "cell": f"{c.sheet}!{c.ref}", "old": c.old, "new": c.new} for c in model.changes
                ],
                "results": {name: value for name, (value, formula) in named.items() if formula},
                "inputs": {name: value for name, (value, formula) in named.items() if not formula},
                "cell_errors": errors,
                "not_calculated_here": unknown,
            }
        )
        return
    if model.changes:
        lines = [[c.name, f"{c.sheet}!{c.ref}", _text(c.old), _text(c.new)] for c in model.changes]
        show.table("Set", ["Name", "Cell", "Old", "New"], lines, left=2)
    results = [[name, _text(value)] for name, (value, formula) in named.items() if formula]
    if results:
        show.table(f"{book.name}: named results", ["Name", "Value"], results)
    else:
        show.console.print(f"{book.name}: calculated; it has no named results (name a cell in Excel to see it here)")
    if errors:
        show.console.print(f"{errors} cells hold an error")
    if unknown:
        more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
        kept = "" if out is None else " The file has the new inputs and the old results; Excel calculates it."
        show.console.print(f"Not known here: a function in {unknown[0]}{more}.{kept}", soft_wrap=True)
    if out is not None:
        show.console.print(f"Written: {out}", soft_wrap=True)


def _named(model: Model) -> dict[str, tuple[object, bool]]:
    """Values of the defined names that stand for one cell, and whether a formula gives them."""
    found: dict[str, tuple[object, bool]] = {}
    for name, scope in model.package.defined_names:
        if scope is not None or name.startswith(("_xlnm", "_tokenbook.")):
            continue  # of a sheet, of Excel, or a binding
        try:
            sheet, ref = model.locate(name)
        except ValueError:
            continue  # a range or an expression
        value = model.value(sheet, ref)
        found[name] = (str(value) if _is_error(value) else value, ref in model.formulas(sheet))
    return found


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
