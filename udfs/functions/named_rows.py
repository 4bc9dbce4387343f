"""Ranges of names and values: inputs with their scenarios, rows that a function reads itself, lists of words."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from tokenbook.udfs.errors import did_you_mean
from tokenbook.udfs.functions.arguments import Cells, Clean, Codes, Count, Number, Table, Text, Words
from tokenbook.udfs.functions.errors import CODE_INDEX, NUM, FunctionError, WrongTypeError, error_for, is_error
from tokenbook.udfs.functions.ranges import clean_number
from tokenbook.udfs.functions.scalars import (
    clean_count,
    clean_text,
    is_blank,
    is_range,
    refuse_error,
    scalar_number,
    shown,
    word,
)

STAND_IN = 1.0  # in place of a cell that spoils its scenario anyway


def clean_table(kind: Table, name: str, raw: Any) -> Clean:
    """A dict of name -> value, or list over scenarios. What is blank is left out, and so are headings."""
    pairs = list(raw.items()) if isinstance(raw, Mapping) else _named_rows(name, raw)
    scenarios = max((len(cells) for _, cells in pairs if is_range(cells)), default=0)
    table: dict[str, Any] = {}
    spoilt = np.zeros(scenarios, dtype=np.uint8)
    for key, cells in pairs:
        if is_error(key):
            raise error_for(str(key), f"{name}: a name cell holds {key}")
        if is_blank(key):
            continue
        if not isinstance(key, str):
            raise WrongTypeError(f"{name}: {shown(key)} in the first column is not a name")
        key = re.sub(r"[\s-]+", "_", key.strip().lower())
        values = cells if is_range(cells) else [cells]
        if key not in kind.fields:
            if all(map(is_blank, values)):
                continue  # a heading
            raise WrongTypeError(f"{name}: the model has no input {shown(key)}{did_you_mean(key, kind.fields)}")
        if key in table:
            raise WrongTypeError(f"{name}: {key} is given twice")
        if not is_range(cells):
            table[key] = _field(kind, key, cells)
            continue
        if len(values) not in (1, scenarios):
            raise WrongTypeError(f"{name}: {key} has {len(values)} values for {scenarios} scenarios")
        table[key], codes = _field_of_scenarios(kind, key, values)
        spoilt = np.where(spoilt > 0, spoilt, codes)
    return Clean(table, spoilt if spoilt.any() else None, row=scenarios > 1)


def _named_rows(name: str, raw: Any) -> list[tuple[Any, Any]]:
    """Rows of a range as pairs: the name, and its value or list over scenarios."""
    if hasattr(raw, "to_numpy"):
        raw = raw.to_numpy()
    rows = raw.tolist() if isinstance(raw, np.ndarray) else raw
    if not isinstance(rows, (list, tuple)) or not rows or not all(isinstance(r, (list, tuple)) for r in rows):
        raise WrongTypeError(f"{name}: a range with names in its first column and values beside them belongs here")
    width = len(rows[0])
    if width < 2 or any(len(row) != width for row in rows):
        raise WrongTypeError(f"{name}: the values beside the names are missing (select both columns)")
    return [(row[0], row[1] if width == 2 else list(row[1:])) for row in rows]


def _field_of_scenarios(kind: Table, key: str, values: Any) -> tuple[Any, Codes]:
    """One input over all scenarios, and the error index of those that its cell spoils."""
    field = kind.fields[key]
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiu" and isinstance(field, Number):
        cleaned = clean_number(field, key, values.ravel())
        if cleaned.codes is None:
            return cleaned.value, np.zeros(values.size, dtype=np.uint8)
        return np.where(cleaned.codes > 0, STAND_IN, cleaned.value), cleaned.codes
    values = list(values)
    codes = np.zeros(len(values), dtype=np.uint8)
    for scenario, cell in enumerate(values):
        try:
            values[scenario] = _field(kind, key, cell)
        except FunctionError as error:
            codes[scenario] = CODE_INDEX[error.code]
            values[scenario] = STAND_IN if key in kind.required else None
    return values, codes


def _field(kind: Table, key: str, cell: Any) -> Any:
    """The value of one cell; None, which takes the default, for a blank."""
    if not is_blank(cell):
        refuse_error(key, cell)
        field = kind.fields[key]
        if isinstance(field, Text):
            return clean_text(field, key, cell).value
        if isinstance(field, Count):
            return clean_count(field, key, cell).value
        return clean_number(field, key, cell).value
    if key in kind.required:
        raise WrongTypeError(f"{key}: is blank, a value is needed")
    return None


def clean_cells(kind: Cells, name: str, raw: Any) -> Clean:
    rows = _rows(name, raw)
    if not is_range(raw) and not isinstance(raw, Mapping) and not kind.alone:
        raise WrongTypeError(f"{name}: {shown(raw)} is not a range")
    width = len(rows[0]) if rows else 0
    if width == 0 or any(len(row) != width for row in rows):
        raise WrongTypeError(f"{name}: is not a range of equal rows")
    if width < kind.columns and not (kind.alone and width == len(rows) == 1):
        raise WrongTypeError(f"{name}: has {width} columns, at least {kind.columns} belong here")
    cells = [[_cell_value(name, value) for value in row] for row in rows]
    return Clean([row for row in cells if any(value is not None for value in row)])


def _rows(name: str, raw: Any) -> list[list[Any]]:
    """Rows of a range, of a single value, or of a dictionary of name (or names) -> value (or values)."""
    if isinstance(raw, Mapping):
        pairs = [[key, cells] for key, cells in raw.items()]
        rows = [[x for part in pair for x in (part if isinstance(part, (list, tuple)) else [part])] for pair in pairs]
        width = max(map(len, rows), default=0)
        return [row + [None] * (width - len(row)) for row in rows]
    if hasattr(raw, "to_numpy"):
        raw = raw.to_numpy()
    rows = raw.tolist() if isinstance(raw, np.ndarray) else raw
    rows = list(rows) if isinstance(rows, (list, tuple)) else [[rows]]
    if rows and not any(isinstance(row, (list, tuple)) for row in rows):
        rows = [rows]
    if not all(isinstance(row, (list, tuple)) for row in rows):
        raise WrongTypeError(f"{name}: is not a range of equal rows")
    return rows


def _cell_value(name: str, value: Any) -> Any:
    if is_error(value):
        raise error_for(str(value), f"{name}: a cell holds {value}")
    if is_blank(value):
        return None
    if isinstance(value, str):
        return value.strip()
    value = scalar_number(name, value)
    if not math.isfinite(value):
        raise error_for(NUM, f"{name}: {value:g} is not a finite number")
    return value


def clean_words(kind: Words, name: str, raw: Any) -> Clean:
    words = []
    for row in _rows(name, raw):
        for cell in row:
            value = _cell_value(name, cell)
            parts = value.split(",") if isinstance(value, str) else [value]
            words += [word(Text(kind.choices), name, part) for part in parts if part is not None]
    if not words:
        raise WrongTypeError(f"{name}: is blank")
    return Clean(tuple(dict.fromkeys(words)))
