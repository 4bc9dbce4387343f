"""A second opinion: where one engine does not give what the file holds, another is asked before anything is said.

A value is stale, and an error an error, only where two engines agree on it against the file; what only one of them
cannot reproduce is its own fault, and what they differ about is not known here.
"""

from __future__ import annotations

import re
from typing import Any

from tokenbook.templates.audit.book import FormulaCell, Sheet
from tokenbook.templates.audit.depends import Dependence, Place
from tokenbook.templates.audit.results import RELATIVE, SEARCHED, Values, calculated, clock, same
from tokenbook.templates.formulas.workbook import Formulas
from tokenbook.templates.ooxml.references import to_ref
from tokenbook.templates.trust.engines import UnusableError, started

DATE_AS_TEXT = re.compile(r"[0-9]{1,2}[./ -][0-9]{1,2}[./ -][0-9]{2,4}")
READ_DATES = {"TEXT", "YEAR", "MONTH", "DAY", "DATEVALUE", "VALUE", "WEEKDAY", "EDATE", "EOMONTH", "DAYS", "DATEDIF"}
MOST_LOOKED_AT = 1000  # cells of a range


def alone(formulas: Formulas, sheets: dict[str, Sheet]) -> Values | None:
    """The values of the second engine for a workbook that the first cannot calculate; None if it cannot either."""
    other = _other(formulas, sheets)
    if other is None:
        return None
    values = Values()
    for name, place, cell in calculated(sheets):
        value = other.get((name, *place))
        values.sheets.setdefault(name, {})[place] = value
        if not _reproduced(cell, value, SEARCHED):
            values.unknown.add((name, *place))
    values.unsure = Dependence(formulas, sheets).of(values.unknown | clock(sheets))
    return values


def with_second_opinion(values: Values, formulas: Formulas, sheets: dict[str, Sheet]) -> Values:
    """The values of the first engine, put right where the second reproduces what the file holds."""
    disputed = {
        (name, *place): cell
        for name, place, cell in calculated(sheets)
        if not _reproduced(cell, values.at(name, *place), SEARCHED if (name, *place) in values.iterated else RELATIVE)
        or (name, *place) in values.circular | values.unknown
    }
    if not disputed or all(cell.value_kind == "blank" for cell in disputed.values()):
        return values
    other = _other(formulas, sheets)
    if other is None:
        return values
    unknown: set[Place] = set()
    for where, cell in disputed.items():
        name, row, column = where
        first, second = values.at(*where), other.get(where)
        if _reproduced(cell, second, SEARCHED if where in values.iterated else RELATIVE):
            values.sheets[name][row, column] = second
            values.circular.discard(where)
        elif where in values.circular:
            continue  # both say so
        elif where not in values.unknown and _alike(first, second) and not _depends_on_locale(cell, where, formulas):
            continue  # both say so: a stale value, an error
        else:
            unknown.add(where)
    values.unknown = unknown
    values.unsure = Dependence(formulas, sheets).of(unknown | clock(sheets)) if unknown or values.unsure else set()
    return values


def _depends_on_locale(cell: FormulaCell, where: Place, formulas: Formulas) -> bool:
    """Whether both engines may be wrong alike: dates kept as text, day or month first; FIXED without its decimals."""
    parsed = formulas.parsed(cell.text) if cell.text else None
    if parsed is None:
        return False
    if parsed.gaps and any(call.upper() == "FIXED(" for call in parsed.calls):
        return True
    anchor = formulas.at(*where)
    if anchor is None or not any(call.rstrip("(").upper() in READ_DATES for call in parsed.calls):
        return False
    package = formulas.package
    for area in formulas.reads(anchor).values:
        if area.size > MOST_LOOKED_AT:
            continue
        refs = [to_ref(row, column) for row, column in area.cells()]
        for each in package.cells(package.sheets.spelling(area.sheet), set(refs)):
            if each.kind == "string" and DATE_AS_TEXT.fullmatch(str(each.value).strip()):
                return True
    return False


def _other(formulas: Formulas, sheets: dict[str, Sheet]) -> dict[Place, Any] | None:
    keep: dict[str, set[str]] = {sheet: set() for sheet in formulas.package.sheets}
    for cell in formulas:
        keep[cell.sheet].add(cell.ref)
    try:
        engine = started("formulon", formulas, keep)
    except UnusableError:
        return None
    try:
        lacking = set(engine.unsupported)
        return {
            (name, *place): engine.at(name, *place)
            for name, place, cell in calculated(sheets)
            if (name, cell.ref) not in lacking
        }
    finally:
        engine.close()


def _reproduced(cell: FormulaCell, value: Any, relative: float) -> bool:
    if cell.kind == "filled" and value is None:
        return cell.value in (None, "", "#N/A")  # beside a short array
    return same(cell, value, relative)


def _alike(first: Any, second: Any) -> bool:
    if isinstance(first, float) and isinstance(second, float) and not isinstance(first, bool):
        return abs(first - second) <= RELATIVE * max(abs(first), abs(second))
    return str(first) == str(second)
