"""Data validation as Excel would apply it when a person types a value: read from the sheet, used before we set one."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from lxml import etree

from tokenbook.templates.formulas.references import reference
from tokenbook.templates.ooxml import Package
from tokenbook.templates.ooxml.references import inside, parse_ref

Rule = etree._Element  # a `dataValidation` of a sheet
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "equal": operator.eq,
    "notEqual": operator.ne,
    "greaterThan": operator.gt,
    "lessThan": operator.lt,
    "greaterThanOrEqual": operator.ge,
    "lessThanOrEqual": operator.le,
}
MOST_LISTED = 10_000  # rows or columns of a list; whole columns are not looked through
NUMERIC = ("whole", "decimal", "date", "time")
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)


class Held(Protocol):
    """A workbook with values, as `Model` is one: rules refer to them."""

    package: Package

    def at(self, sheet: str, row: int, column: int) -> Any: ...

    def validations(self, sheet: str) -> list[Rule]: ...


def refusal(model: Held, sheet: str, ref: str, value: Any) -> str | None:
    """Why the cell's validation refuses a value, in the words of its author, or None where it accepts it."""
    return refusal_by(rules_for(model, sheet, ref), model, sheet, value)


def refusal_by(rules: Sequence[Rule], model: Held, sheet: str, value: Any) -> str | None:
    """As ``refusal``, with the rules of the cell already at hand."""
    for rule in rules:
        if value is None:
            if rule.get("allowBlank") not in ("1", "true"):
                return rule.get("error") or "it may not be blank"
            continue
        if not _accepts(model, sheet, rule, value):
            return rule.get("error") or "its data validation does not allow it"
    return None


def rules_of(package: Package, sheet: str) -> list[Rule]:
    """The validations of a sheet that refuse what they do not allow."""
    root = etree.fromstring(package.read_part(package.sheets[sheet]), PARSER)
    return [
        rule
        for rule in root.iter("{*}dataValidation")
        if rule.get("errorStyle", "stop") == "stop" and rule.get("showErrorMessage") in ("1", "true")
    ]


def bounds(rules: Sequence[Rule]) -> tuple[float, float]:
    """Least and greatest number that the rules of a cell allow, where they say it in plain numbers."""
    low, high = -math.inf, math.inf
    for rule in rules:
        if rule.get("type") not in NUMERIC:
            continue
        try:
            first = float(_formula(rule, "formula1"))
            second = float(_formula(rule, "formula2") or "nan")
        except (TypeError, ValueError):
            continue
        how = rule.get("operator", "between")
        if how == "between":
            low, high = max(low, first), min(high, second)
        elif how in ("greaterThan", "greaterThanOrEqual"):
            low = max(low, math.nextafter(first, math.inf) if how == "greaterThan" else first)
        elif how in ("lessThan", "lessThanOrEqual"):
            high = min(high, math.nextafter(first, -math.inf) if how == "lessThan" else first)
    return low, high


def rules_for(model: Held, sheet: str, ref: str) -> list[Rule]:
    """The rules of a sheet that are about one cell."""
    row, column = parse_ref(ref)
    return [
        rule
        for rule in model.validations(sheet)
        if any(_covers(area, row, column) for area in (rule.get("sqref") or "").split())
    ]


def _covers(area: str, row: int, column: int) -> bool:
    parts = reference(area)
    return parts is not None and inside(parts.bounds, row, column)


def _accepts(model: Held, sheet: str, rule: Rule, value: Any) -> bool:
    kind = rule.get("type", "none")
    if kind == "list":
        allowed = _listed(model, sheet, _formula(rule, "formula1"))
        return allowed is None or any(_same(value, item) for item in allowed)
    if kind not in NUMERIC:
        return True  # custom formulas and text lengths are left to the spreadsheet
    if isinstance(value, (str, bool)):
        return False
    if kind == "whole" and value != int(value):
        return False
    first, second = (_number(model, sheet, _formula(rule, name)) for name in ("formula1", "formula2"))
    if first is None:
        return True
    comparison = rule.get("operator", "between")
    if comparison in ("between", "notBetween"):
        between = second is None or first <= value <= second
        return between == (comparison == "between")
    return bool(COMPARISONS[comparison](value, first))


def _formula(rule: Rule, name: str) -> str:
    return (rule.findtext(f"{{*}}{name}") or "").strip()


def _number(model: Held, sheet: str, text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        values = _listed(model, sheet, text)
        return values[0] if values and isinstance(values[0], float) else None


def _listed(model: Held, sheet: str, text: str) -> list[Any] | None:
    """The values of an inline list or of a range; None where the rule is a formula of another kind."""
    if text.startswith('"') and text.endswith('"'):
        return [item.strip() for item in text[1:-1].split(",")]
    parts = reference(text)
    if parts is None:
        return None
    where = sheet if parts.sheet is None else parts.sheet
    top, left, bottom, right = parts.bounds
    if where not in model.package.sheets or bottom - top >= MOST_LISTED or right - left >= MOST_LISTED:
        return None
    where = model.package.sheets.spelling(where)
    cells = [(row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)]
    return [model.at(where, row, column) for row, column in cells]


def _same(value: Any, item: Any) -> bool:
    if isinstance(value, str) and isinstance(item, str):
        return value.casefold() == item.casefold()
    return bool(value == item)
