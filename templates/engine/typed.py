"""What a person types for a cell, and how a value is shown to one."""

from __future__ import annotations

import math
import re

Typed = float | str | bool | None


def parse_value(text: str) -> Typed:
    """What a person types for a cell: 1,250 and 12 % and TRUE are what they look like; nothing clears the cell."""
    stripped = text.strip()
    if not stripped:
        return None
    if stripped.upper() in ("TRUE", "FALSE"):
        return stripped.upper() == "TRUE"
    number, percent = (stripped[:-1].strip(), 0.01) if stripped.endswith("%") else (stripped, 1.0)
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", number):
        number = number.replace(",", "")
    try:
        value = float(number) * percent
    except ValueError:
        return stripped
    return value if math.isfinite(value) else stripped


def shown(value: object) -> str:
    return "a blank" if value is None else f"{value:g}" if isinstance(value, float) else f"{value}"
