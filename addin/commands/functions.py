"""``functions``: the list, the full help of one, the reference page."""

from __future__ import annotations

from tokenbook.addin.commands import show
from tokenbook.addin.commands.errors import CommandError


def list_all(markdown: bool) -> None:
    """Every function with its sentence, by category; or the reference page as Markdown."""
    from tokenbook.udfs.functions import reference, registry

    functions = registry()
    if markdown:
        print(reference.markdown(functions), end="")
        return
    by_category: dict[str, list[list[str]]] = {}
    for function in functions.values():
        by_category.setdefault(function.category, []).append([function.name, function.help.summary])
    for category, rows in by_category.items():
        show.table(category, ["Function", "What it gives"], rows, left=2)
    show.console.print("tokenbook functions NAME shows the full help of one.")


def show_one(name: str) -> None:
    """The full help of one function."""
    import difflib

    from tokenbook.udfs.functions import reference, registry

    functions = {function.name: function for function in registry().values()}
    wanted = name.strip().lstrip("=").upper()
    wanted = wanted if wanted in functions else f"TOK_{wanted}"
    if wanted not in functions:
        close = difflib.get_close_matches(wanted, functions, n=1)
        hint = f"; did you mean {close[0]}?" if close else "; tokenbook functions lists them"
        raise CommandError(f"{name}: there is no such function{hint}")
    print(reference.text(functions[wanted]))
