"""How far two engines may be apart at a formula for no other reason than the 15th digit.

Of two equal amounts a subtraction leaves 0 in Excel, and some digits beyond the 15th elsewhere. How large such a
residual may be follows from the amounts, along the formula: a sum adds what is beyond the 15th digit of its largest
amount, a product or a quotient makes it larger or smaller. A formula with a function that is not known here may not
be apart at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from formualizer import parse

Array: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"
DIGITS = 1e-14  # relative to the largest amount that is added; engines differ by some units of the 15th digit


class _UnknownError(Exception):
    """Nothing can be said of this part of a formula."""


@dataclass(frozen=True)
class Part:
    """A part of a formula: its values, and how far each may be off."""

    value: Array
    off: Array


Read: TypeAlias = Callable[[str], Part]


def leeway(formula: str, read: Read) -> float:
    """How far off the value of a formula (with "=") may be; 0.0 where that cannot be told.

    read : a reference or name -> its values (text and blanks as 0) and how far off they may be
    """
    try:
        with np.errstate(all="ignore"):
            part = _part(parse(formula).to_dict(), read)
    except Exception:  # what the parser raises on what it does not know, and what numpy does on sizes that do not fit
        return 0.0
    off = float(np.max(part.off)) if part.off.size else 0.0
    return off if np.isfinite(off) else 0.0


def _part(node: dict[str, Any], read: Read) -> Part:
    kind = node["node_type"]
    if kind == "Literal" and isinstance(node["value"], (int, float)):
        return _exactly(np.array(float(node["value"])))
    if kind == "Reference":
        return read(node["reference"])
    if kind == "UnaryOp":
        inner = _part(node["operand"], read)
        by = {"-": -1.0, "+": 1.0, "%": 0.01}.get(node["operator"])
        if by is not None:
            return Part(inner.value * by, inner.off * abs(by))
    if kind == "BinaryOp":
        return _operation(node["operator"], _part(node["left"], read), _part(node["right"], read))
    if kind == "Function" and node["name"].upper() in FUNCTIONS:
        return FUNCTIONS[node["name"].upper()](node["args"], read)
    raise _UnknownError


def _operation(operator: str, left: Part, right: Part) -> Part:
    a, b = left.value, right.value
    if operator in "+-":
        return Part(a + b if operator == "+" else a - b, left.off + right.off + DIGITS * np.maximum(abs(a), abs(b)))
    if operator == "*":
        return Part(a * b, abs(a) * right.off + abs(b) * left.off + left.off * right.off)
    if operator == "/":
        return Part(a / b, left.off / abs(b) + abs(a) * right.off / (b * b))
    if operator == "^":
        if np.any(right.off > 0):
            raise _UnknownError
        return Part(a**b, abs((abs(a) + left.off) ** b - abs(a) ** b))
    if operator in COMPARISONS:
        return _exactly(COMPARISONS[operator](a, b).astype(float))
    raise _UnknownError


COMPARISONS: dict[str, Callable[[Array, Array], Any]] = {
    "=": np.equal,
    "<>": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def _exactly(value: Array) -> Part:
    return Part(value, np.zeros_like(value))


def _sum(args: list[dict[str, Any]], read: Read) -> Part:
    parts = [_part(arg, read) for arg in args]
    amounts = np.concatenate([part.value.ravel() for part in parts])
    off = sum(float(part.off.sum()) for part in parts)
    return Part(np.array(amounts.sum()), np.array(off + DIGITS * float(np.max(abs(amounts), initial=0.0))))


def _sum_of_products(args: list[dict[str, Any]], read: Read) -> Part:
    product = _part(args[0], read)
    for arg in args[1:]:
        product = _operation("*", product, _part(arg, read))
    largest = float(np.max(abs(product.value), initial=0.0))
    return Part(np.array(product.value.sum()), np.array(float(product.off.sum()) + DIGITS * largest))


def _absolute(args: list[dict[str, Any]], read: Read) -> Part:
    inner = _part(args[0], read)
    return Part(abs(inner.value), inner.off)


def _extreme(largest: bool) -> Callable[[list[dict[str, Any]], Read], Part]:
    def extreme(args: list[dict[str, Any]], read: Read) -> Part:
        parts = [_part(arg, read) for arg in args]
        amounts = np.concatenate([part.value.ravel() for part in parts])
        off = max(float(np.max(part.off, initial=0.0)) for part in parts)
        return Part(np.array(amounts.max() if largest else amounts.min()), np.array(off))

    return extreme


def _first(args: list[dict[str, Any]], read: Read) -> Part:
    return _part(args[0], read)


def _branch(args: list[dict[str, Any]], read: Read) -> Part:
    condition = _part(args[0], read).value
    if condition.size != 1:
        raise _UnknownError
    other = _part(args[2], read) if len(args) > 2 else _exactly(np.array(0.0))
    taken, left = (_part(args[1], read), other) if condition.item() else (other, _part(args[1], read))
    # Amounts that count as equal may send another engine the other way; what it finds there may be off as that is.
    return Part(taken.value, np.maximum(taken.off, left.off)) if _uncertain(args[0], read) else taken


def _uncertain(condition: dict[str, Any], read: Read) -> bool:
    if condition["node_type"] != "BinaryOp" or condition["operator"] not in COMPARISONS:
        return False
    difference = _operation("-", _part(condition["left"], read), _part(condition["right"], read))
    return bool(np.all(abs(difference.value) <= difference.off))


def _squares(args: list[dict[str, Any]], read: Read) -> Part:
    parts = [_operation("^", _part(arg, read), _exactly(np.array(2.0))) for arg in args]
    largest = max(float(np.max(part.value, initial=0.0)) for part in parts)
    total = sum(float(part.value.sum()) for part in parts)
    return Part(np.array(total), np.array(sum(float(part.off.sum()) for part in parts) + DIGITS * largest))


def _root(args: list[dict[str, Any]], read: Read) -> Part:
    inner = _part(args[0], read)
    return Part(inner.value**0.5, (abs(inner.value) + inner.off) ** 0.5 - abs(inner.value) ** 0.5)


def _all(args: list[dict[str, Any]], read: Read) -> Part:
    return _exactly(np.array(float(all(np.all(_part(arg, read).value != 0) for arg in args))))


FUNCTIONS: dict[str, Callable[[list[dict[str, Any]], Read], Part]] = {
    "SUM": _sum,
    "SUMPRODUCT": _sum_of_products,
    "ABS": _absolute,
    "MAX": _extreme(True),
    "MIN": _extreme(False),
    "IFERROR": _first,
    "ROUND": _first,
    "IF": _branch,
    "AND": _all,
    "SQRT": _root,
    "SUMSQ": _squares,
}
