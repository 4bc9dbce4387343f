"""Which engine calculates a workbook, and which cells nobody here can vouch for.

Before any input changes, the values that the file holds are reproduced in the cells asked for and in all that they
read. What is not reproduced is unknown, and so is whatever depends on it: such a cell is never written, and refused by
name where somebody asks for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tokenbook.templates.conventions import MASTER_CHECK
from tokenbook.templates.formulas.dependents import Followers
from tokenbook.templates.formulas.places import Place as Cell
from tokenbook.templates.formulas.precedents import Needs, needs
from tokenbook.templates.formulas.stored_calls import calls
from tokenbook.templates.formulas.tokens import SEARCHES
from tokenbook.templates.formulas.workbook import LARGEST_ARRAY, FormulaCell, Formulas
from tokenbook.templates.formulon.choose import Workbook, differing, equal
from tokenbook.templates.ooxml.references import column_letters, parse_ref
from tokenbook.templates.trust.engines import Engine, UnusableError, started
from tokenbook.templates.trust.stored import Place, Stored, standing, without

SEARCHED_TO = 1e-6  # relative, for what follows from a rate that is searched for: programs stop at different digits
TABLE = "is of a what-if table, which is not calculated here"
NEVER = "holds no calculated value to check against"
DISPLAYED = "the workbook calculates with precision as displayed"
RESIZED = "changes the size of what it spills"
CLOCK = "takes the time or a random number, and depends on what changes"


class Doubt(NamedTuple):
    """A cell that is unknown here, and why."""

    sheet: str
    ref: str
    reason: str

    def __str__(self) -> str:
        return f"{self.sheet}!{self.ref} {self.reason}"


@dataclass
class Trusted:
    """A workbook in the engine that reproduces it, or reproduces most of it.

    Attributes
    ----------
    engine : Engine, optional
        None where no engine can load the workbook; then everything is unknown.
    doubts : list of Doubt
        The cells that it does not reproduce.
    unknown : set of (sheet, reference)
        These, and all that depend on them.
    fresh : set of (sheet, reference)
        Cells for which the file holds no value, and that both engines calculate alike.
    needs : Needs, optional
        What those asked for need, where that can be told.
    still : set of (sheet, reference)
        Cells that take the time or a random number: they stand with the value of the file, as long as no input that
        they read changes.
    """

    formulas: Formulas
    engine: Engine | None
    cells: dict[str, list[str]]  # those that are calculated, by sheet
    before: dict[str, dict[str, Any]] = field(default_factory=dict)
    doubts: list[Doubt] = field(default_factory=list)
    unknown: set[tuple[str, str]] = field(default_factory=set)
    fresh: set[tuple[str, str]] = field(default_factory=set)
    needs: Needs | None = None
    still: set[tuple[str, str]] = field(default_factory=set)
    _put: list[Cell] = field(default_factory=list)
    _why: dict[tuple[str, str], Doubt] = field(default_factory=dict)

    def close(self) -> None:
        """Let the engine go."""
        if self.engine is not None:
            self.engine.close()

    def why(self, sheet: str, ref: str) -> Doubt | None:
        """The first doubt that a cell rests on; None for a cell that is known."""
        if (sheet, ref) not in self.unknown:
            return None
        return self._why.get((sheet, ref)) or self._first_read(sheet, ref)

    def put(self, sheet: str, ref: str, value: Any) -> None:
        """Put a constant into a cell."""
        if self.engine is not None:
            self.engine.put(sheet, ref, value)
            self._put.append(Cell(sheet, ref))

    def refuse_still(self, inputs: Iterable[Cell]) -> None:
        """Take the cells that stand still for unknown, if they depend on inputs that change."""
        reached = self.depend_on(inputs) & self.still - self.unknown if self.still else set()
        if reached:
            self._doubt([Doubt(sheet, ref, CLOCK) for sheet, ref in sorted(reached)])

    def recalculate(self) -> dict[str, dict[str, Any]]:
        """Calculate what depends on the constants; gives the known cells whose value is another than before."""
        if self.engine is None:
            return {}
        self.refuse_still(self._put)
        self.engine.recalculate()
        now = _values(self.engine, self.cells)
        self._refuse_spills(now)
        changed: dict[str, dict[str, Any]] = {}
        for sheet, cells in now.items():
            for ref, value in cells.items():
                old = self.before[sheet][ref]
                if (sheet, ref) in self.unknown:
                    continue
                if (sheet, ref) in self.fresh or not (type(value) is type(old) and value == old):
                    changed.setdefault(sheet, {})[ref] = value
        return changed

    def depend_on(self, inputs: Iterable[Cell]) -> set[tuple[str, str]]:
        """The calculated cells that depend on some cells."""
        every = list(self.formulas)
        cells = ((place.sheet.casefold(), *parse_ref(place.ref)) for place in inputs)
        opaque = [n for n, cell in enumerate(every) if self.formulas.reads(cell).opaque]
        return set(_filled(every[n] for n in _followers(self.formulas, every).follow(cells, opaque)))

    def _first_read(self, sheet: str, ref: str) -> Doubt | None:
        known = needs(self.formulas, [Cell(sheet, ref)])
        for other, refs in (known.cells if known else self.cells).items():
            for each in refs:
                if (other, each) in self._why:
                    return self._why[other, each]
        return self.doubts[0] if self.doubts else None

    def _refuse_spills(self, now: Mapping[str, Mapping[str, Any]]) -> None:
        """A result that spills and changes its size fills cells that the file does not give it."""
        resized = []
        package = self.formulas.package
        for cell in self.formulas:
            before = self.before.get(cell.sheet, {})
            if cell.kind != "array" or cell.ref not in before or not package.cell(cell.sheet, cell.ref).dynamic:
                continue
            _, top, left, bottom, right = cell.fills
            border = [(row, right + 1) for row in range(top, bottom + 2)]
            border += [(bottom + 1, column) for column in range(left, right + 1)]
            around = [f"{column_letters(column)}{row}" for row, column in border]
            moved = any((now[cell.sheet][ref] is None) != (before[ref] is None) for ref in _refs(cell) if ref in before)
            blank = (ref for ref in around if self.value(cell.sheet, ref) is not None)
            if moved or any(package.cell(cell.sheet, ref).value is None for ref in blank):
                resized.append(cell)
        if resized:
            self._doubt([Doubt(cell.sheet, cell.ref, RESIZED) for cell in resized])

    def value(self, sheet: str, ref: str) -> Any:
        """The value of a cell as the engine has it now."""
        return self.engine.value(sheet, ref) if self.engine is not None else None

    def _doubt(self, doubts: Sequence[Doubt]) -> None:
        """Take cells for unknown, with all that depend on them."""
        at = {(each.sheet, each.ref) for each in doubts}
        self.doubts += doubts
        self._why |= {(each.sheet, each.ref): each for each in doubts}
        for cell in self.formulas:
            if (cell.sheet, cell.ref) in at:
                self._why |= {key: self._why[cell.sheet, cell.ref] for key in _filled([cell]) if key not in self._why}
        self.unknown |= self._why.keys() | self.depend_on(Cell(sheet, ref) for sheet, ref in self._why)


def trusted(formulas: Formulas, asked: Sequence[Cell] | None = None, order: Sequence[str] | None = None) -> Trusted:
    """The workbook in the engine that calculates it.

    Parameters
    ----------
    formulas : Formulas
        Of the workbook; its package holds no edits yet.
    asked : sequence of Place, optional
        The cells that somebody asks for; all formulas where that cannot be told or nobody says.
    order : sequence of str, optional
        Names of engines, the preferred first.
    """
    known = needs(formulas, asked) if asked is not None else None
    if known is not None:
        cells = {sheet: list(refs) for sheet, refs in known.cells.items()}
    else:
        cells = {sheet: list(formulas.calculated(sheet)) for sheet in formulas.package.sheets}
    if formulas.package.calculation.get("fullPrecision") in ("0", "false"):
        return _nobody(formulas, cells, DISPLAYED)
    found = _chosen(formulas, cells, {}, order)
    clock = standing(formulas) if found.doubts else {}
    if clock:
        again = _chosen(formulas, cells, clock, order)
        if len(again.doubts) < len(found.doubts):
            found, again = again, found
        again.close()
    found.needs = known
    return found


def _nobody(formulas: Formulas, cells: dict[str, list[str]], reason: str) -> Trusted:
    found = Trusted(formulas, None, cells)
    found._doubt([Doubt(sheet, ref, reason) for sheet, refs in cells.items() for ref in refs])
    return found


def _chosen(
    formulas: Formulas, cells: dict[str, list[str]], still: dict[str, set[str]], order: Sequence[str] | None
) -> Trusted:
    """The engine with the fewest doubts; the first without any."""
    tables: dict[str, list[str]] = {sheet: [] for sheet in cells}
    for sheet, ref in _filled(cell for cell in formulas if cell.is_table):
        if sheet in tables:
            tables[sheet].append(ref)
    wanted = {sheet: [ref for ref in refs if ref not in still.get(sheet, ())] for sheet, refs in cells.items()}
    keep = without({sheet: (*refs, *tables[sheet]) for sheet, refs in wanted.items()}, still)
    held = Stored(formulas.package, {sheet: set(refs) for sheet, refs in wanted.items()})
    best: tuple[Trusted, list[Doubt]] | None = None
    refusals, answers = [], []
    for name in order or preferred(formulas):
        try:
            engine = started(name, formulas, keep)
        except UnusableError as error:
            refusals.append(f"{name}: {error}")
            continue
        fills_tables = name == "formulon"
        mine = {sheet: [*refs, *(tables[sheet] if fills_tables else ())] for sheet, refs in wanted.items()}
        found = Trusted(formulas, engine, mine, _values(engine, mine))
        doubts = _doubts(found, held)
        doubts += [
            Doubt(*cell, reason)
            for cell, reason in engine.unsupported.items()
            if cell[1] in found.before.get(cell[0], ())
        ]
        if not fills_tables:
            doubts += [Doubt(sheet, ref, TABLE) for sheet, refs in tables.items() for ref in refs]
        answers.append(found.before)
        if best is None or len(doubts) < len(best[1]):
            if best is not None:
                best[0].close()
            best = found, doubts
        else:
            engine.close()
        if not doubts:
            break
    if best is None:
        return _nobody(formulas, wanted, f"cannot be calculated here ({'; '.join(refusals)})")
    chosen, doubts = best
    left = _agreed(doubts, answers)
    chosen.fresh = {(each.sheet, each.ref) for each in doubts} - {(each.sheet, each.ref) for each in left}
    chosen.still = {(sheet, ref) for sheet, refs in still.items() for ref in refs}
    if left:
        chosen._doubt(left)
    return chosen


def preferred(formulas: Formulas) -> tuple[str, ...]:
    """Our own workbooks and those that call us go to the engine that calls us; others to the one closest to Excel."""
    ours = any(name.casefold() == MASTER_CHECK for name, _ in formulas.package.defined_names)
    ours = ours or any(calls(cell.text) for cell in formulas if cell.text and "TOK_" in cell.text.upper())
    return ("formualizer", "formulon") if ours else ("formulon", "formualizer")


# --- cells -------------------------------------------------------------------------------------------------------


def _refs(cell: FormulaCell) -> Iterator[str]:
    if cell.fills.size > LARGEST_ARRAY:
        yield cell.ref
    else:
        yield from (f"{column_letters(column)}{row}" for row, column in cell.fills.cells())


def _filled(cells: Iterable[FormulaCell]) -> Iterator[tuple[str, str]]:
    for cell in cells:
        yield from ((cell.sheet, ref) for ref in _refs(cell))


def _followers(formulas: Formulas, every: Sequence[FormulaCell]) -> Followers:
    return Followers([cell.fills for cell in every], [formulas.reads(cell).areas for cell in every])


def _values(engine: Engine, cells: Mapping[str, Iterable[str]]) -> dict[str, dict[str, Any]]:
    return {sheet: {ref: engine.value(sheet, ref) for ref in refs} for sheet, refs in cells.items()}


# --- what is reproduced ------------------------------------------------------------------------------------------


def _doubts(found: Trusted, held: Stored) -> list[Doubt]:
    formulas, numbers = found.formulas, {sheet: n for n, sheet in enumerate(held.sheets)}
    place = {(sheet, ref): _place(numbers[sheet], ref) for sheet, cells in found.before.items() for ref in cells}
    values = {place[sheet, ref]: value for sheet, cells in found.before.items() for ref, value in cells.items()}
    unequal = set()
    for at, value in values.items():
        was = held.get(at)
        if not (type(value) is type(was) and value == was) and not equal(was, value):
            unequal.add(at)
    if not unequal:
        return []
    anchors = {(cell.sheet, cell.ref): cell for cell in formulas}
    texts = {place[key]: f"={cell.text}" for key, cell in anchors.items() if key in place}
    wrong = differing(Workbook(held, texts, held.area), unequal, values)
    if not wrong:
        return []
    searched = _searched(formulas)
    doubts = []
    for (sheet, ref), at in place.items():
        if at not in wrong:
            continue
        now, was = values[at], held.get(at)
        filled = (sheet, ref) not in anchors
        if filled and now is None and was in (None, "", "#N/A"):
            continue  # beside a short array
        if was is None and now in (None, "") and at not in held.never:
            continue
        close = type(now) is float and type(was) is float and math.isclose(now, was, rel_tol=SEARCHED_TO)
        if close and (sheet, ref) in searched():
            continue
        doubts.append(Doubt(sheet, ref, NEVER if was is None else f"is {shown(now)} here and {shown(was)} in the file"))
    return doubts


def _searched(formulas: Formulas) -> Callable[[], set[tuple[str, str]]]:
    """The cells that follow from a rate that is searched for, found when somebody asks."""
    known: set[tuple[str, str]] | None = None

    def cells() -> set[tuple[str, str]]:
        nonlocal known
        if known is None:
            every = list(formulas)
            start = []
            for cell in every:
                parsed = formulas.parsed(cell.text) if cell.text else None
                if parsed is not None and any(call.rstrip("(").upper() in SEARCHES for call in parsed.calls):
                    start.append((cell.fills.sheet, cell.fills.top, cell.fills.left))
            known = {(c.sheet, c.ref) for c in every if (c.fills.sheet, c.fills.top, c.fills.left) in set(start)}
            known |= set(_filled(every[n] for n in _followers(formulas, every).follow(start)))
        return known

    return cells


def _agreed(doubts: list[Doubt], answers: list[dict[str, dict[str, Any]]]) -> list[Doubt]:
    """Without the cells that were never calculated and come out alike in both engines."""
    if len(answers) < 2:
        return doubts
    first, second = answers

    def alike(doubt: Doubt) -> bool:
        one, other = (each.get(doubt.sheet, {}).get(doubt.ref) for each in (first, second))
        return doubt.reason == NEVER and one is not None and other is not None and equal(one, other)

    return [doubt for doubt in doubts if not alike(doubt)]


def _place(number: int, ref: str) -> Place:
    row, column = parse_ref(ref)
    return number, row - 1, column - 1


def shown(value: Any) -> str:
    """A value in a sentence."""
    if value is None or value == "":
        return "nothing"
    text = f"{value:.12g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else text[:37] + "..."
