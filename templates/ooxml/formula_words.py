"""The words of a formula as the file holds it: which names it uses, where it reads another workbook."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping

from .shared import behind_bracket

OPERATORS = r"""\s"'()\[\]{},;:!+\-*/^&=<>%#@$|"""
PIECE = re.compile(
    rf"""(?P<text>"(?:[^"]|"")*")|(?P<quoted>'(?:[^']|'')*')|(?P<bracket>\[)|(?P<word>[^{OPERATORS}]+)"""
)
# A sheet or name of another workbook: [1]Rates!A1, [1]!rate; columns of tables have no "!" behind their brackets.
ELSEWHERE = re.compile(r"""\[[^\[\]]+\][^\s"'()\[\]{},;+\-*/^&=<>%#@$]*!""")
BOOK_AND_SHEET = re.compile(r"\[([0-9]+)\](.+)", re.DOTALL)
PLAIN_NAME = re.compile(r"[^\W\d][\w.]*")


def with_links(formula: str, link: Callable[[str, str], str | None]) -> str | None:
    """The formula with sheets of other workbooks replaced by sheets of this one; None where there is none to take.

    link : callable
        Number of the workbook and name of its sheet to the sheet that stands for it, or None.
    """
    if "[" not in formula:
        return formula
    pieces, at, done = list[str](), 0, 0
    while found := PIECE.search(formula, at):
        start, at = found.span()
        elsewhere = None
        if found["quoted"] and formula.startswith("!", at):  # '[1]Q1 2026'!A1
            elsewhere = found[0][1:-1].replace("''", "'") if "[" in found[0] else None
            at += 1
        elif found["bracket"]:
            outside = ELSEWHERE.match(formula, start)
            at = outside.end() if outside else behind_bracket(formula, start)
            elsewhere = outside[0][:-1] if outside else None
        if elsewhere is None:
            continue
        place = BOOK_AND_SHEET.fullmatch(elsewhere)
        sheet = link(place[1], place[2]) if place else None
        if sheet is None:
            return None
        pieces += [formula[done:start], sheet, "!"]
        done = at
    return "".join([*pieces, formula[done:]])


def words(formula: str) -> Iterator[tuple[int, int]]:
    """Start and end of every word that may be a name: no text, no sheet, no column of a table."""
    at = 0
    while found := PIECE.search(formula, at):
        at = found.end()
        if found["bracket"]:
            at = behind_bracket(formula, found.start())
        elif found["word"] and not formula.startswith("!", at):
            yield found.span()


def uses(formula: str, names: Collection[str]) -> bool:
    """Whether the formula uses one of `names` (casefolded)."""
    return bool(names) and any(formula[start:end].casefold() in names for start, end in words(formula))


def renamed(formula: str, names: Mapping[str, str]) -> str:
    """The formula with names (casefolded old -> new) replaced."""
    pieces, at = [], 0
    for start, end in words(formula):
        new = names.get(formula[start:end].casefold())
        if new is not None:
            pieces += [formula[at:start], new]
            at = end
    return "".join([*pieces, formula[at:]])


class Wording:
    """What becomes of names and formulas in a copy for an engine.

    Parameters
    ----------
    names : collection of (name, text)
        The defined names.
    tables : collection of str
        The names of tables, which formulas use as well.
    link : callable
        As `with_links` takes it.

    Attributes
    ----------
    renamed : dict of str to str
        Names that Excel allows and engines do not (``rate?``, ``net\\gross``), and how they are called in the copy.
    elsewhere : set of str
        Names (casefolded) that stand for something in another workbook of which nothing is kept.
    changes_names : bool
        Whether there are names of either kind; if not, only what may read another workbook needs a look.
    """

    def __init__(
        self, names: Collection[tuple[str, str]], tables: Collection[str], link: Callable[[str, str], str | None]
    ):
        self._link = link
        known = [*(name for name, _ in names), *tables]
        taken, new = {name.casefold() for name in known}, {}
        for name in known:
            if not PLAIN_NAME.fullmatch(name) and name.casefold() not in new:
                new[name.casefold()] = name, _free(taken)
        self.renamed = dict(new.values())
        self._new = {folded: pair[1] for folded, pair in new.items()}
        self.elsewhere: set[str] = set()
        found = {name.casefold() for name, text in names if with_links(text, link) is None}
        while found:  # names that use such names are no better
            self.elsewhere |= found
            found = {name.casefold() for name, text in names if uses(text, self.elsewhere)} - self.elsewhere
        self.changes_names = bool(self._new or self.elsewhere)

    def name(self, name: str) -> str:
        """How a name is called in the copy."""
        return self._new.get(name.casefold(), name)

    def formula(self, text: str) -> str | None:
        """The formula as the copy has it; None if it reads another workbook of which nothing is kept."""
        linked = with_links(text, self._link)
        if linked is None or uses(linked, self.elsewhere):
            return None
        return renamed(linked, self._new) if self._new else linked


def _free(taken: set[str]) -> str:
    """A name that is not taken, and is from now on."""
    number = 1
    while (name := f"_tb_name_{number}") in taken:
        number += 1
    taken.add(name)
    return name
