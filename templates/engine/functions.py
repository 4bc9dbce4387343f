"""Our functions in the engine: registered under every name that a file may store, and values carried to and fro."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import formualizer

from tokenbook.templates.formulas.tokens import MAY_OMIT, Parsed, parse, spliced
from tokenbook.udfs.functions import CellError, registry
from tokenbook.udfs.functions.arguments import OMITTED

OFFICE_JS_PREFIX = "_xldudf_"
OMITTED_TEXT = "\ufffcomitted"  # stands in for an empty argument, which the engine would read as 0
ENGINE_ERRORS = {
    "Div": "#DIV/0!",
    "Na": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
    "Spill": "#SPILL!",
    "Calc": "#CALC!",
    "Circ": "#NUM!",
}
ENGINE_KINDS = {code: kind for kind, code in ENGINE_ERRORS.items() if kind != "Circ"}
CALLS_US = re.compile(r"TOK_[A-Z0-9_]+\(", re.IGNORECASE)  # behind any prefix that a host stores


def bind(workbook: formualizer.Workbook) -> None:
    """Register every function under its plain name and under the name that Office.js hosts store."""
    for function in registry().values():
        callback = _callback(function.in_cell)
        most = len(function.arguments)
        for name in (function.name, OFFICE_JS_PREFIX + function.name):
            workbook.register_function(name, callback, min_args=0, max_args=most)


def _callback(in_cell: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        given: tuple[Any, ...] | list[Any] = args
        for value in args:
            if type(value) is not float:
                given = [value if type(value) is float else _argument(value) for value in args]
                break
        result = in_cell(*given)
        return result if type(result) is float else to_engine(result)

    return call


def _argument(value: Any) -> Any:
    if type(value) is list:
        return [[from_engine(cell) if type(cell) is dict else cell for cell in row] for row in value]
    if value == OMITTED_TEXT:
        return OMITTED
    return from_engine(value)


def from_engine(value: Any) -> Any:
    """An engine value as ours: errors arrive as dictionaries."""
    if type(value) is dict:
        return CellError(ENGINE_ERRORS.get(value.get("kind", ""), "#VALUE!"), value.get("message") or "")
    if type(value) is int:
        return float(value)
    return value


def to_engine(value: Any) -> Any:
    """Our value as the engine's; rows of cells become nested lists."""
    if isinstance(value, CellError):
        return {"type": "Error", "kind": ENGINE_KINDS.get(str(value), "Value"), "message": value.message}
    if isinstance(value, list):
        return [[cell if type(cell) is float else to_engine(cell) for cell in row] for row in value]
    return value


def entered(formula: str, read: Callable[[str], Parsed | None] = parse) -> str:
    """A formula of the file as the engine is given it. ``read`` takes a formula apart."""
    if CALLS_US.search(formula) and MAY_OMIT.search(formula):
        return "=" + with_omitted_marked(formula, read)
    return "=" + formula


def with_omitted_marked(formula: str, read: Callable[[str], Parsed | None] = parse) -> str:
    """A formula (without "=") in which empty arguments of our functions are a marker text instead of nothing."""
    parsed = read(formula)
    if parsed is None:
        return formula
    marker = f'"{OMITTED_TEXT}"'
    ours = [at for at, name in parsed.gaps if name.upper().removeprefix(OFFICE_JS_PREFIX.upper()).startswith("TOK_")]
    return spliced(formula, [(at, at, marker) for at in ours])
