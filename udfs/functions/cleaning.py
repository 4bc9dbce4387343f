"""The one place where what a host or a Python caller hands over becomes what the body of a function takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tokenbook.udfs.functions import named_rows, ranges, scalars
from tokenbook.udfs.functions.arguments import (
    OMITTED,
    Block,
    Cells,
    Clean,
    Count,
    Day,
    Kind,
    Number,
    Series,
    Table,
    Text,
    Vector,
    Words,
)
from tokenbook.udfs.functions.errors import WrongTypeError

# What a range means where a function takes a number: a result per element, a result per scenario, or a mistake.
EACH, PER_SCENARIO, REFUSED = "each", "per scenario", "refused"

_CLEANERS: dict[type, Callable[[Any, str, Any], Clean]] = {
    Number: ranges.clean_number,
    Count: scalars.clean_count,
    Text: scalars.clean_text,
    Day: scalars.clean_day,
    Series: ranges.clean_series,
    Vector: ranges.clean_vector,
    Block: ranges.clean_block,
    Table: named_rows.clean_table,
    Cells: named_rows.clean_cells,
    Words: named_rows.clean_words,
}


def clean(kind: Kind, name: str, raw: Any) -> Clean:
    """Turn one raw argument into what a kernel takes. Raises a FunctionError that names the argument."""
    scalars.refuse_error(name, raw)
    return _CLEANERS[type(kind)](kind, name, raw)


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a function: its name, its kind, its default, and what a range of numbers means for it."""

    name: str
    kind: Kind
    default: Any = OMITTED
    of_a_range: str = EACH

    @property
    def optional(self) -> bool:
        return self.default is not OMITTED

    @property
    def takes(self) -> str:
        """In words, what the argument may be."""
        return "number" if isinstance(self.kind, Number) and self.of_a_range == REFUSED else self.kind.takes

    def read(self, raw: Any) -> Any:
        """The value for the body; for ranges and tables a ``Clean``, which has errors and orientation beside it."""
        kind = self.kind
        if type(raw) is float and type(kind) is Number:  # by far the most frequent case in a sheet
            if not (kind.low <= raw <= kind.high and raw > kind.above and (raw or not kind.divisor)):
                kind.check(self.name, raw)
            return raw
        if type(raw) in (list, tuple) and len(raw) == 1 and type(raw[0]) in (list, tuple) and len(raw[0]) == 1:
            raw = raw[0][0]  # hosts hand over one cell as a range
        if scalars.is_blank(raw):
            return self._without(raw)
        found = clean(kind, self.name, raw)
        if not isinstance(found.value, (np.ndarray, dict)):
            return found.value
        if type(kind) is Number and self.of_a_range != EACH:
            if self.of_a_range == REFUSED:
                raise WrongTypeError(f"{self.name}: is a range of several cells, one number belongs here")
            return ranges.one_per_scenario(self.name, found)
        return found

    def _without(self, raw: Any) -> Any:
        if self.optional:
            return self.default
        if isinstance(self.kind, Text) and self.kind.blank:
            return ""
        raise WrongTypeError(f"{self.name}: is {'missing' if raw is OMITTED else 'blank'}")
