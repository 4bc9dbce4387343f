"""The same refresh inside an open workbook, on the JSON book with which the Office.js hosts of xlwings work."""

from dataclasses import replace

import pytest
import xlwings

from tokenbook.templates import ooxml, refresh
from tokenbook.templates.bindings import Place, place_of
from tokenbook.templates.conventions import BASELINE_TABLE, LOG_TABLE
from tokenbook.udfs import catalog

RATE_CELL, POWER_CELL = Place("Inputs", "B2"), Place("Inputs", "B3")
VALUES_ONLY = {RATE_CELL: "1.95", POWER_CELL: "2.17"}  # what the formula bar shows


def opened(path, more_sheets=()):
    """The workbook as Excel's client sends it: values and names, no formulas."""
    with ooxml.open_package(path) as package:
        order = list(package.sheets)
        sheets = [{"name": name, "values": grid(package, name), "pictures": [], "tables": []} for name in order]
        names = [sent_name(each, order) for each in package.names if each.scope is None]
    book = {"name": path.name, "active_sheet_index": 0, "selection": "A1"}
    sheets += more_sheets
    data = {"client": "Office.js", "version": "any", "book": book, "names": names, "sheets": sheets}
    from xlwings.pro import _xlremote  # asks for the licence when it is loaded; xw.Book(json=) only if it was set then

    return xlwings.Book(impl=_xlremote.Engine().apps[0].books.open(json=data))


def grid(package, sheet):
    cells = list(package.cells(sheet))
    rows = [[""] * max(cell.column for cell in cells) for _ in range(max(cell.row for cell in cells))]
    for cell in cells:
        rows[cell.row - 1][cell.column - 1] = "" if cell.value is None else cell.value
    return rows


def sent_name(name, order):
    place = place_of(name.text)
    return {
        "name": name.name,
        "refers_to": f"={name.text}",
        "sheet_index": order.index(place.sheet) if place else None,
        "address": place.ref if place else None,
        "scope_sheet_name": None,
        "scope_sheet_index": None,
        "book_scope": True,
    }


def written(book):
    """What the host would do: ("Inputs", row and column from 0) -> value, and the new texts of names."""
    values, names = {}, {}
    sheets = [sheet.name for sheet in book.sheets]
    for action in book.json()["actions"]:
        if action["func"] == "setValues":
            values[sheets[action["sheet_position"]], action["start_row"], action["start_column"]] = action["values"]
        else:
            names[action["func"]] = action["args"]
    return values, names


@pytest.fixture(autouse=True)
def licence(monkeypatch):
    monkeypatch.setenv("XLWINGS_LICENSE_KEY", "noncommercial")


def test_looking_says_what_the_file_would_get_and_sends_nothing(bound, figures):
    path = bound()
    book = opened(path)
    report = refresh.refresh_open(book, figures, formulas=VALUES_ONLY)
    in_the_file = refresh.refresh_file(path, figures)
    assert [(line.cell, line.status, line.old, line.new) for line in report.lines] == [
        (line.cell, line.status, line.old, line.new) for line in in_the_file.lines
    ]
    assert [line.status for line in report.lines] == ["changed", "same"]
    assert book.json()["actions"] == []


def test_only_the_new_figure_and_its_key_are_written(bound, figures):
    book = opened(bound())
    refresh.refresh_open(book, figures, write=True, formulas=VALUES_ONLY)
    values, names = written(book)
    assert values == {("Inputs", 1, 1): [[1.73]]}
    assert len(names) == 1
    (arguments,) = names.values()
    assert "value=1.73" in str(arguments)
    assert "rate.new" in str(arguments)


@pytest.mark.parametrize(("as_of", "statuses"), [("2026-05-31", ["same", "same"]), (None, ["changed", "same"])])
def test_the_day_counts_there_too(bound, figures, as_of, statuses):
    report = refresh.refresh_open(opened(bound()), figures, as_of=as_of, formulas=VALUES_ONLY)
    assert [line.status for line in report.lines] == statuses


def test_a_formula_is_left_alone_with_force_too(bound, figures):
    book = opened(bound())
    shown = VALUES_ONLY | {RATE_CELL: "=2*0.975"}
    report = refresh.refresh_open(book, figures, write=True, force=True, formulas=shown, assume_values=True)
    assert [line.status for line in report.lines] == ["formula", "same"]
    assert book.json()["actions"] == []


def test_where_the_host_does_not_show_formulas_nothing_is_written_unasked(bound, figures):
    book = opened(bound())
    report = refresh.refresh_open(book, figures, write=True)
    assert [line.status for line in report.lines] == ["unseen", "same"]
    assert book.json()["actions"] == []
    refresh.refresh_open(book, figures, write=True, assume_values=True)
    assert written(book)[0] == {("Inputs", 1, 1): [[1.73]]}


def test_the_row_of_the_baselines_table_follows_wherever_the_table_stands(bound, figures):
    """The key of the figure, at the right of the table, and its value are those of the new row; no other cell."""
    empty = [""] * 5
    rows = [["", "", "Value", "My remark", "Key"], ["", "", 1.0, "", "other"], ["", "", 1.99, "ask Ann", "rate.old"]]
    table = {
        "name": BASELINE_TABLE, "range_address": "C3:E5", "header_row_range_address": "C3:E3",
        "data_body_range_address": "C4:E5", "total_row_range_address": None, "show_headers": True,
        "show_totals": False, "table_style": "", "show_autofilter": True,
    }  # fmt: skip
    sheet = {"name": "Sources", "values": [empty, empty, *rows], "pictures": [], "tables": [table]}
    path = bound()
    january = catalog.Catalog([replace(row, value=1.99) if row.id == "rate.old" else row for row in figures])
    refresh.refresh_file(path, january, write=True, as_of="2026-03-31")
    book = opened(path, [sheet])
    refresh.refresh_open(book, figures, write=True, formulas=VALUES_ONLY | {RATE_CELL: "1.99"})
    values, _ = written(book)
    assert values == {
        ("Inputs", 1, 1): [[1.73]], ("Sources", 4, 2): [[1.73]], ("Sources", 4, 4): [["'rate.new"]],
    }  # fmt: skip


def test_the_change_is_entered_in_the_log_of_the_open_workbook(bound, figures):
    """A row for each cell, in the table's own order of columns, texts so that Excel makes no date of them."""
    titles = ["Cell", "Date", "Remark", "Event", "Old", "New", "Unit"]
    table = {
        "name": LOG_TABLE, "range_address": "B2:H3", "header_row_range_address": "B2:H2",
        "data_body_range_address": "B3:H3", "total_row_range_address": None, "show_headers": True,
        "show_totals": False, "table_style": "", "show_autofilter": True, "columns": titles,
        "row_count": 2, "column_count": len(titles),
    }  # fmt: skip
    sheet = {"name": "Log", "values": [[""] * 8, ["", *titles], [""] * 8], "pictures": [], "tables": [table]}
    book = opened(bound(), [sheet])
    report = refresh.refresh_open(book, figures, write=True, formulas=VALUES_ONLY, today="2026-11-21")
    assert report.log == f"table {LOG_TABLE}"
    (added,) = [action for action in book.json()["actions"] if "Row" in action["func"]]
    assert added["args"][2] == ["'Inputs!B2", "'2026-11-21", None, "'refreshed", 1.95, 1.73, "'USD/GPU-h"]


def test_a_figure_of_the_user_is_taken_by_force_only(bound, figures, put):
    path = bound()
    put(path, {"Inputs!B2": 3.0})
    book = opened(path)
    shown = VALUES_ONLY | {RATE_CELL: "3"}
    report = refresh.refresh_open(book, figures, write=True, formulas=shown)
    assert [line.status for line in report.lines] == ["override", "same"]
    assert book.json()["actions"] == []
    refresh.refresh_open(book, figures, write=True, force=True, formulas=shown)
    assert written(book)[0] == {("Inputs", 1, 1): [[1.73]]}


def test_a_workbook_without_bindings_is_left_alone(model, figures):
    book = opened(model())
    assert refresh.refresh_open(book, figures, write=True).lines == []
    assert book.json()["actions"] == []
