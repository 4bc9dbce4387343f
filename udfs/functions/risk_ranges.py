"""What the functions of risk read out of ranges: low and high values, distributions, correlations.

A name is one of the deployment model's inputs, in any spelling; an error says in which row of which argument it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from tokenbook.udfs.errors import did_you_mean
from tokenbook.udfs.functions.arguments import Number
from tokenbook.udfs.functions.cleaning import clean
from tokenbook.udfs.functions.deployment import INPUTS, NO_ANSWER
from tokenbook.udfs.functions.errors import DIV0, CellError, NoAnswerError, WrongTypeError
from tokenbook.udfs.kernels import correlation, deployment, simulation
from tokenbook.udfs.kernels.deployment_inputs import BY_NAME
from tokenbook.udfs.kernels.distributions import Distribution, DistributionError, distribution

SHARE = Number(high=1, above=0, meaning="share of the base value: 0.1 for 10 % down and up")

Row = list[Any]
Found = TypeVar("Found")


def one_scenario(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a range of inputs that must hold a single scenario."""
    if any(np.ndim(value) and len(value) > 1 for value in inputs.values()):
        raise WrongTypeError("inputs: several scenarios, one belongs here")
    return {name: value[0] if np.ndim(value) else value for name, value in inputs.items()}


def ranges_of(base: Mapping[str, Any], rows: list[Row]) -> dict[str, tuple[Any, Any]]:
    """Name -> low and high value, from rows of three cells or from one share for all."""
    if rows and len(rows[0]) == 1:
        return moved(base, clean(SHARE, "ranges", rows[0][0]).value)
    found: dict[str, tuple[Any, Any]] = {}
    for row, (name, low, high, *_) in named(rows, "ranges"):
        if name in found:
            raise WrongTypeError(f"ranges, row {row}: {name} is given twice")
        where = f"ranges, row {row}"
        found[name] = (input_value(f"{where}, low", name, low), input_value(f"{where}, high", name, high))
    if not found:
        raise WrongTypeError("ranges: is blank")
    return found


def moved(base: Mapping[str, Any], share: float) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for name, value in base.items():
        item = BY_NAME[name]
        if item.kind != "number" or not value or not np.isfinite(value):
            continue
        ends = np.sort([value * (1.0 - share), value * (1.0 + share)])
        low, high = np.clip(ends, item.low, item.high).tolist()
        found[name] = (low, high)
    return found


def values_of(argument: str, name: str, rows: list[Row]) -> list[Any]:
    if not rows:
        raise WrongTypeError(f"{argument}: is blank")
    if len(rows) > 1 and len(rows[0]) > 1:
        raise WrongTypeError(f"{argument}: is a {len(rows)} x {len(rows[0])} block, one row or column belongs here")
    values = [value for row in rows for value in row]
    return [input_value(f"{argument}, position {i}", name, value) for i, value in enumerate(values, start=1)]


def named(rows: Sequence[Row], argument: str) -> Iterator[tuple[int, Row]]:
    """(row number, [input name, ...]) for each row that says something; a heading may stand above."""
    for number, (first, *others) in enumerate(rows, start=1):
        said = [value for value in others if value is not None]
        if not said or (number == 1 and is_heading(first, said)):
            continue
        if first is None:
            raise WrongTypeError(f"{argument}, row {number}: the name of the input is missing")
        yield number, [input_name(f"{argument}, row {number}", first), *others]


def is_heading(first: Any, others: Sequence[Any]) -> bool:
    return all(isinstance(value, str) for value in others) and spelled(first) not in BY_NAME


def spelled(name: Any) -> str:
    return "_".join(str(name).lower().replace("-", " ").split())


def input_name(where: str, given: Any) -> str:
    name = spelled(given)
    if name not in BY_NAME:
        raise WrongTypeError(f"{where}: the model has no input {str(given)!r}{did_you_mean(name, BY_NAME)}")
    return name


def input_value(where: str, name: str, value: Any) -> Any:
    """A value of an input, or an error that says where it stands."""
    if value is None:
        raise WrongTypeError(f"{where}: is blank, a value of {name} belongs here")
    return clean(INPUTS.fields[name], f"{where} ({name})", value).value


def distributions_of(rows: list[Row]) -> dict[str, Distribution]:
    found: dict[str, Distribution] = {}
    for number, (name, kind, *parameters) in named(rows, "distributions"):
        where = f"distributions, row {number}: {name}"
        if name in found:
            raise WrongTypeError(f"{where} is given twice")
        while parameters and parameters[-1] is None:
            parameters.pop()
        for position, value in enumerate(parameters, start=1):
            if not isinstance(value, float):
                problem = "is blank" if value is None else f'"{value}" is not a number'
                raise WrongTypeError(f"{where}: parameter {position} {problem}")
        if not isinstance(kind, str):
            raise WrongTypeError(f"{where}: the name of a distribution is missing")
        found[name] = answered(where, distribution, kind, *parameters)
    if not found:
        raise WrongTypeError("distributions: is blank")
    return found


def correlations_of(rows: Sequence[Row], uncertain: tuple[str, ...]) -> dict[tuple[str, str], float]:
    """Pairs of inputs and their correlation, from a square table or from rows of name, name, number."""
    if not rows:
        return {}
    given = pairs(rows) if isinstance(rows[-1][1], str) else square(rows)
    found: dict[tuple[str, str], float] = {}
    for where, first, second, value in given:
        names = (input_name(where, first), input_name(where, second))
        for name in names:
            if name not in uncertain:
                raise WrongTypeError(f"{where}: {name} has no distribution")
        if not isinstance(value, float):
            raise WrongTypeError(f"{where}: {'a blank' if value is None else value!r} is not a number")
        if names[0] == names[1]:
            if value != 1.0:
                raise NoAnswerError(f"{where}: {names[0]} with itself is {value:g}, it must be 1")
            continue
        other = found.get((names[1], names[0]), found.get(names))
        if other is not None and abs(other - value) > correlation.ASYMMETRY:
            raise NoAnswerError(f"{where}: {names[0]} and {names[1]}: {value:g} here, {other:g} in the other half")
        found.setdefault(names if other is None else (names[1], names[0]), value)
    return found


def pairs(rows: Sequence[Row]) -> Iterator[tuple[str, Any, Any, Any]]:
    for number, (first, second, value, *_) in enumerate(rows, start=1):
        if number > 1 or spelled(first) in BY_NAME:
            yield f"correlations, row {number}", first, second, value


def square(rows: Sequence[Row]) -> Iterator[tuple[str, Any, Any, Any]]:
    (_, *across), *below = rows
    if len(below) != len(across):
        size = f"{len(below)} rows and {len(across)} columns"
        raise WrongTypeError(f"correlations: {size} of numbers; a square with names above and on the left belongs here")
    for number, (name, *values) in enumerate(below, start=2):
        for other, value in zip(across, values, strict=True):
            if value is not None:
                yield f"correlations, row {number}", name, other, value


def answered(where: str, work: Callable[..., Found], *args: Any) -> Found:
    """What the kernel answers; its refusals become typed errors that say where to look."""
    try:
        return work(*args)
    except (DistributionError, simulation.SpecError) as error:
        message = str(error) if str(error).startswith("correlations") else f"{where}: {error}"
        raise (NoAnswerError if error.domain else WrongTypeError)(message) from None
    except deployment.InputError as error:
        raise WrongTypeError(str(error)) from None


def cell_of(output: str, value: float) -> float | CellError:
    if np.isfinite(value):
        return float(value)
    return CellError(NO_ANSWER.get(output, DIV0), f"{output}: has no answer for these inputs")
