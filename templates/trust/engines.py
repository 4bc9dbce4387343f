"""Two engines under one face: put a constant, calculate, read a value. What else they can do is not asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any, Protocol

from tokenbook.templates.engine.validation import Rule, rules_of
from tokenbook.templates.formulas.workbook import Formulas
from tokenbook.templates.ooxml import Package
from tokenbook.templates.ooxml.canonical import canonical
from tokenbook.templates.ooxml.references import to_ref
from tokenbook.udfs.errors import TokenbookError

Asked = tuple[str, int, int]  # sheet, row and column from 1
Keep = Mapping[str, Set[str]]  # sheet -> the cells that are calculated; all others stand still with the file's values


class Engine(Protocol):
    """A workbook that an engine has loaded and not calculated yet."""

    name: str
    package: Package
    unsupported: Mapping[tuple[str, str], str]  # (sheet, reference) of cells that it does not calculate, and why

    def put(self, sheet: str, ref: str, value: Any) -> None:
        """Put a constant into a cell."""

    def recalculate(self, asked: Sequence[Asked] | None = None) -> None:
        """Calculate everything at first, then what depends on the constants put in, or what is asked of it."""

    def value(self, sheet: str, ref: str) -> Any:
        """The value of a cell: float, str, bool, a CellError, or None for an empty one."""

    def at(self, sheet: str, row: int, column: int) -> Any:
        """The same by row and column, from 1."""

    def validations(self, sheet: str) -> list[Rule]:
        """The data validations of a sheet."""

    def close(self) -> None:
        """Let the workbook go; the package stays open."""


class _Formualizer:
    name = "formualizer"

    def __init__(self, formulas: Formulas, keep: Keep):
        from tokenbook.templates.engine import Model

        self.model = Model(formulas.package, keep, formulas)
        self.package, self.unsupported = formulas.package, dict[tuple[str, str], str]()
        self.put, self.value, self.at = self.model.put, self.model.value, self.model.at
        self.validations = self.model.validations

        # A cell that an array fills does not pass its change on by itself; that needs a second calculation.
        self.narrow = not any(
            cell.fills.size > 1 and cell.ref in keep.get(cell.sheet, ()) for cell in formulas if cell.kind == "array"
        )

    def recalculate(self, asked: Sequence[Asked] | None = None) -> None:
        if asked is None or not self.narrow:
            self.model.recalculate()
        else:
            self.model.evaluate_only(list(asked))

    def close(self) -> None:
        pass


class _Formulon:
    name = "formulon"

    def __init__(self, formulas: Formulas, keep: Keep):
        from tokenbook.templates.formulon.model import Book

        self.package = formulas.package
        self.book = Book(canonical(formulas.package, keep).content)
        self.unsupported = {cell: f"is not calculated here ({why})" for cell, why in self.book.unsupported.items()}
        self.value, self.at, self.close = self.book.value, self.book.at, self.book.close
        self._rules: dict[str, list[Rule]] = {}

    def put(self, sheet: str, ref: str, value: Any) -> None:
        self.book.set(sheet, ref, value)

    def recalculate(self, asked: Sequence[Asked] | None = None) -> None:
        self.book.recalculate(None if asked is None else [(sheet, to_ref(row, column)) for sheet, row, column in asked])

    def validations(self, sheet: str) -> list[Rule]:
        if sheet not in self._rules:
            self._rules[sheet] = rules_of(self.package, sheet)
        return self._rules[sheet]


ENGINES: dict[str, Callable[[Formulas, Keep], Any]] = {"formualizer": _Formualizer, "formulon": _Formulon}


class UnusableError(TokenbookError):
    """An engine cannot load or calculate a workbook at all; the message says why."""


def started(name: str, formulas: Formulas, keep: Keep) -> Engine:
    """A workbook in an engine, calculated once as it stands.

    Raises
    ------
    UnusableError
        Whatever the engine fails with, its panics included; an interrupt stays one.
    """
    try:
        engine: Engine = ENGINES[name](formulas, keep)
        engine.recalculate()
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # a panic is no Exception
        text = " ".join(str(error).split()) or type(error).__name__
        raise UnusableError(text.split(": ", 1)[-1][:160]) from None
    return engine
