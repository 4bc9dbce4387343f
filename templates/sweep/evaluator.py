"""One workbook in the engine, as a function from inputs to outputs."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tokenbook.templates.conventions import NOT_IN_FORMULAS
from tokenbook.templates.engine import EngineError, validation
from tokenbook.templates.formulas import places, precedents
from tokenbook.templates.formulas.places import Place, PlaceError
from tokenbook.templates.formulas.workbook import Formulas
from tokenbook.templates.ooxml import Package, open_package
from tokenbook.templates.ooxml.references import parse_ref
from tokenbook.templates.sweep.errors import SweepError
from tokenbook.templates.trust import trusted
from tokenbook.udfs.functions.errors import is_error

MOST_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Target:
    """An input or output: the name a reader gave it, and its cell."""

    name: str
    sheet: str
    ref: str

    @property
    def place(self) -> Place:
        return Place(self.sheet, self.ref)


@dataclass(frozen=True, slots=True)
class Answer:
    """Outputs of one scenario, None where one has no value; ``error`` says why, and is empty if all is well."""

    values: tuple[Any, ...]
    error: str = ""


class Evaluator:
    """Sets inputs, calculates what depends on them, reads outputs. Scenarios do not influence each other."""

    def __init__(self, book: bytes, inputs: tuple[str, ...], outputs: tuple[str, ...], name: str = "the workbook"):
        package = open_package(book)
        self._formulas = Formulas(package)
        self.inputs = tuple(locate(self._formulas, item, "input") for item in inputs)
        self.outputs = tuple(locate(self._formulas, item, "output") for item in outputs)
        self._trusted = trusted(self._formulas, [target.place for target in self.outputs])
        self._trusted.refuse_still([target.place for target in self.inputs])
        self._refuse_unknown(name)
        assert self._trusted.engine is not None  # else everything was unknown
        self.engine = self._trusted.engine
        self.rules = [validation.rules_for(self.engine, target.sheet, target.ref) for target in self.inputs]
        self.base = [self.engine.value(target.sheet, target.ref) for target in self.inputs]
        self._now = list(self.base)
        self._read = [(target.sheet, *parse_ref(target.ref)) for target in self.outputs]

    def _refuse_unknown(self, book: str) -> None:
        for target in self.outputs:
            doubt = self._trusted.why(target.sheet, target.ref)
            if doubt is not None:
                raise SweepError(f"output {target.name}: cannot be calculated here: {doubt}")
        if self._trusted.engine is None:
            raise SweepError(f"{book}: {self._trusted.doubts[0].reason}")

    def close(self) -> None:
        self._trusted.close()
        self._formulas.package.close()

    def answer(self, scenario: tuple[Any, ...]) -> Answer:
        """Calculate one scenario; None in it leaves the workbook's own value."""
        wanted = [base if value is None else value for value, base in zip(scenario, self.base, strict=True)]
        for index, value in enumerate(wanted):
            problem = self._problem(index, value) if value is not self.base[index] else ""
            if problem:
                return Answer((None,) * len(self.outputs), problem)
        for index, value in enumerate(wanted):
            if value != self._now[index] or type(value) is not type(self._now[index]):
                self.engine.put(self.inputs[index].sheet, self.inputs[index].ref, value)
                self._now[index] = value
        try:
            self._calculate()
        except EngineError as error:
            return Answer((None,) * len(self.outputs), str(error))
        values = [self.engine.at(*cell) for cell in self._read]
        errors = [f"{t.name}: {value}" for t, value in zip(self.outputs, values, strict=True) if is_error(value)]
        return Answer(tuple(None if is_error(value) else value for value in values), "; ".join(errors))

    def _calculate(self) -> None:
        self.engine.recalculate(self._read)  # only what the outputs need, and only what changed

    def _problem(self, index: int, value: Any) -> str:
        target, base = self.inputs[index], self.base[index]
        if isinstance(base, float) and isinstance(value, str):
            return f"{target.name}: {value!r} is text, {target.sheet}!{target.ref} holds a number"
        refused = validation.refusal_by(self.rules[index], self.engine, target.sheet, value)
        return f"{target.name}: {value!r} is refused by {target.sheet}!{target.ref}: {refused}" if refused else ""

    def idle_outputs(self) -> list[str]:
        """Outputs that depend on none of the inputs: asked for by mistake, probably."""
        outputs = [target.place for target in self.outputs]
        inputs = [target.place for target in self.inputs]
        apart = precedents.without_effect(self._formulas, inputs, outputs, self._trusted.needs)
        return [target.name for target in self.outputs if target.place in apart]


def locate(formulas: Formulas, name: str, role: str) -> Target:
    """The cell of a name, refused with what is known where it cannot be an input (or output)."""
    try:
        sheet, ref = places.locate(formulas.package, name)
    except PlaceError as error:
        raise SweepError(f"{role} {error}") from None
    if role == "input" and formulas.is_calculated(sheet, ref):
        raise SweepError(f"input {name}: {sheet}!{ref} holds a formula; set the inputs that it depends on")
    return Target(name, sheet, ref)


def spelled_out(package: Package, outputs: Sequence[str]) -> tuple[str, ...]:
    """Names of outputs, with ``npv_*`` replaced by the names it stands for."""
    known = [name for name, scope in package.defined_names if scope is None and not name.startswith(NOT_IN_FORMULAS)]
    found: dict[str, None] = {}
    for output in outputs:
        if "*" not in output and "?" not in output:
            found[output] = None
            continue
        matching = [name for name in known if fnmatch.fnmatch(name.casefold(), output.casefold())]
        if not matching:
            shown = ", ".join(sorted(known)[:MOST_SHOWN])
            raise SweepError(f"output {output}: no name of the workbook is like it; it has {shown}")
        found |= dict.fromkeys(matching)
    if not found:
        raise SweepError("--outputs: name at least one result of the workbook, as npv_1 or Dashboard!C9")
    return tuple(found)
