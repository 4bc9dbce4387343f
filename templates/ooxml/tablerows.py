"""A row of constants below a table."""

from collections.abc import Mapping, Sequence

from .edits import Maker
from .errors import PackageError
from .makers import constant_maker
from .references import Bounds, Place, inside, parse_range, range_text
from .tables import Table
from .values import stored_constant
from .views import SheetView


def row_below(
    view: SheetView, table: Table, values: Sequence[object] | Mapping[str, object], date1904: bool
) -> tuple[dict[Place, Maker], Bounds]:
    """Makers for the cells of the new row, and the table's range with it; refused where the row has no place.

    A table whose only row is empty, as a new one has, takes the values there.
    """
    row = _row_values(table, values)
    first, left, last, right = table.bounds
    columns = range(left, right + 1)
    if table.totals_rows:
        raise PackageError(f"table {table.name} has a totals row: add the row in Excel")
    body_rows = last - first + 1 - table.header_rows
    body_is_empty = body_rows == 1 and not any(view.taken(last, column) for column in columns)
    target = last if body_is_empty else last + 1
    bounds = first, left, target, right
    parse_range(range_text(bounds))  # inside the grid
    if not body_is_empty and any(_taken(view, table, target, column) for column in columns):
        raise PackageError(f"the row below table {table.name} ({view.sheet}, {target}) is taken: make room")
    makers = {}
    for column, value in zip(columns, row, strict=True):
        style = view.cell(last, column).style if body_rows else 0
        stored = None if value is None else stored_constant(value, date1904)
        makers[target, column] = constant_maker(view, target, column, stored, style)
    return makers, bounds


def _taken(view: SheetView, table: Table, row: int, column: int) -> bool:
    others = (other for other in view.tables if other.part != table.part)
    return view.taken(row, column) or any(inside(other.bounds, row, column) for other in others)


def _row_values(table: Table, values: Sequence[object] | Mapping[str, object]) -> list[object]:
    """`values` (sequence, or mapping of column name to value) as one value per table column."""
    if isinstance(values, Mapping):
        known = {name.casefold(): place for place, name in enumerate(table.columns)}
        row: list[object] = [None] * len(table.columns)
        for name in values:
            if name.casefold() not in known:
                raise PackageError(f"table {table.name} has no column {name!r}: it has {', '.join(table.columns)}")
            row[known[name.casefold()]] = values[name]
        return row
    row = list(values)
    width = table.bounds[3] - table.bounds[1] + 1
    if len(row) != width:
        raise PackageError(f"table {table.name} has {width} columns, {len(row)} values given: give one per column")
    return row
