"""Our templates in formulon: the stored values of every cell, and after changes what formualizer makes of them."""

import functools
import tempfile
from pathlib import Path

import pytest

from tokenbook.templates import build, models
from tokenbook.templates.engine import EngineError as Refused
from tokenbook.templates.engine import Model
from tokenbook.templates.formulon.areas import Surroundings
from tokenbook.templates.formulon.choose import Workbook, differing
from tokenbook.templates.formulon.model import Book
from tokenbook.templates.models.shared.options import Options
from tokenbook.templates.ooxml.references import parse_ref, to_ref

LARGE = ("roi", "rack", "business-case", "cfo", "board", "tco")
CHANGES = 5
# The NPV at the price at which it is 0: what is left of amounts of millions inside of one of our functions.
AT_BREAK_EVEN = {
    "business-case": [f"Panels!B{row}" for row in range(141, 145)]
    + [f"Checks!{column}{row}" for column in "CD" for row in range(116, 120)]
}


@functools.cache
def made(name: str) -> Path:
    path = Path(tempfile.mkdtemp(prefix="tokenbook-test-")) / f"{name}.xlsx"
    build.build(models.module(name).compose(Options(version="test")), path)
    return path


def apart(name: str, book: Book, model: Model, held: dict[str, dict[str, object]]) -> list[str]:
    """The cells where formulon differs from ``held`` by more than what is left of equal amounts."""
    number = {sheet: place for place, sheet in enumerate(book.sheets)}

    def placed(values):
        return {
            (number[sheet], row - 1, column - 1): value
            for sheet, cells in values.items()
            for (row, column), value in ((parse_ref(ref), value) for ref, value in cells.items())
        }

    names = {
        (name.casefold(), scope and scope.casefold()): text
        for (name, scope), text in model.package.defined_names.items()
    }
    around = Surroundings(book.sheets, names, [(500, 200)] * len(book.sheets))

    def area(text, place):
        found = around.area(text, place[0])
        return found and [
            [(found.sheet, row, column) for column in range(found.left, found.right + 1)]
            for row in range(found.top, found.bottom + 1)
        ]

    inputs = {
        sheet: {cell.ref: cell.value for cell in model.package.cells(sheet) if cell.formula is None}
        for sheet in model.package.sheets
    }
    for change in model.changes:
        inputs[change.sheet][change.ref] = change.new
    formulas = placed({s: {r: "=" + t for r, t in model.formulas(s).items() if t} for s in model.package.sheets})
    wanted = placed(held)
    found = placed(book.values({sheet: list(cells) for sheet, cells in held.items()}))
    wrong = differing(Workbook(placed(inputs) | wanted, formulas, area), wanted, found)
    return [
        f"{cell}: {found[place]!r}, {wanted[place]!r} expected"
        for place in sorted(wrong)
        for cell in [f"{book.sheets[place[0]]}!{to_ref(place[1] + 1, place[2] + 1)}"]
        if not _allowed(name, cell, found[place], wanted[place])
    ]


def _allowed(name, cell, value, held) -> bool:
    numbers = isinstance(value, float) and isinstance(held, float)
    return cell in AT_BREAK_EVEN.get(name, ()) and numbers and abs(value - held) < 1e-6


def inputs_of(model: Model) -> list[str]:
    """Some named inputs that hold a number, from all over the workbook."""
    found = []
    for (name, scope), _ in sorted(model.package.defined_names.items(), key=str):
        if scope is None and not name.startswith("_"):
            try:
                sheet, ref = model.locate(name)
            except Refused:
                continue
            value = model.value(sheet, ref)
            if isinstance(value, float) and value and ref not in model.formulas(sheet):
                found.append(name)
    return found[:: max(1, len(found) // CHANGES)][:CHANGES]


def check(name: str) -> None:
    path = made(name)
    with Model(path) as model, Book(path) as book:
        book.recalculate()
        stored = {
            sheet: {
                cell.ref: cell.value
                for cell in model.package.cells(sheet, set(model.formulas(sheet)))
                if cell.value is not None
            }
            for sheet in model.package.sheets
        }
        assert not book.unsupported
        assert apart(name, book, model, stored) == []
        model.recalculate()
        changed = 0
        for each in inputs_of(model):
            sheet, ref = model.locate(each)
            value = model.value(sheet, ref) * 1.04
            try:
                model.set(each, value)
            except Refused:  # its validation: a whole number, say
                continue
            book.set(sheet, ref, value)
            changed += 1
        assert changed >= 2
        before = book.values()
        book.recalculate()
        model.recalculate()
        assert book.values() != before
        assert apart(name, book, model, model.values()) == []


def test_claims_in_both_engines():
    check("claims")


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_every_template_in_both_engines(name):
    check(name)
