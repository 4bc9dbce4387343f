"""The scripts in the workbook, run on the data that Excel sends to xlwings Lite, and what they send back."""

import pytest
from openpyxl.utils import get_column_letter

from tokenbook.templates.bindings import place_of, read
from tokenbook.templates.ooxml import open_package


def sent_by_excel(path, values=None):
    """The workbook as Office.js hands it to a script: values, names, tables; ``values`` ("Sheet!B7") replace some."""
    with open_package(path) as package:
        order = list(package.sheets)
        sheets = []
        for name in order:
            cells = list(package.cells(name))
            height, width = max(cell.row for cell in cells), max(cell.column for cell in cells)
            grid = [[""] * width for _ in range(height)]
            for cell in cells:
                value = (values or {}).get(f"{name}!{cell.ref}", cell.value)
                grid[cell.row - 1][cell.column - 1] = "" if value is None else value
            sheets.append(
                {"name": name, "values": grid, "pictures": [], "tables": list(map(as_table, package.tables(name)))}
            )
        names = [as_name(each, order) for each in package.names if each.scope is None]
    book = {"name": path.name, "active_sheet_index": 0, "selection": "A1"}
    return {"client": "Office.js", "version": "any", "book": book, "names": names, "sheets": sheets}


def as_table(table):
    top, left, bottom, right = table.bounds
    first, last = get_column_letter(left), get_column_letter(right)
    return {
        "name": table.name,
        "range_address": f"{first}{top}:{last}{bottom}",
        "header_row_range_address": f"{first}{top}:{last}{top}",
        "data_body_range_address": f"{first}{top + 1}:{last}{bottom}",
        "total_row_range_address": None,
        "row_count": bottom - top + 1,
        "column_count": right - left + 1,
        "columns": list(table.columns),
    }


def as_name(name, order):
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


@pytest.fixture(scope="module")
def bound(roi_of_may):
    with open_package(roi_of_may) as package:
        return read((name.name, name.text) for name in package.names if name.scope is None)


@pytest.fixture(scope="module")
def moved_on(bound):
    """The bound cells whose figure has changed since May."""
    from tokenbook.templates.bindings import answer
    from tokenbook.udfs import catalog

    return [each for each in bound if answer(each.key, catalog.shipped()).value != each.key.value]


@pytest.fixture(scope="module")
def actions(roi_of_may, carried, moved_on, alone, tmp_path_factory):
    """What each script does; for refresh the first cell that moved on is the user's own, the second a formula."""
    own, formula = (str(each.place) for each in moved_on[:2])
    runs = [
        {"name": "check_model", "book": sent_by_excel(roi_of_may), "formulas": {}},
        {"name": "insert_help", "book": sent_by_excel(roi_of_may), "formulas": {}},
        {
            "name": "refresh_baselines",
            "book": sent_by_excel(roi_of_may, {own: 9.87}),
            "formulas": {formula: "=1+1"},
        },
    ]
    found = alone(carried, tmp_path_factory.mktemp("scripts"), scripts=runs)["actions"]
    return dict(zip((run["name"] for run in runs), found, strict=True))


def alert_of(actions):
    alerts = [action["args"][0] for action in actions if action["func"] == "alert"]
    assert len(alerts) == 1
    return alerts[0]


def test_check_model_tells_that_the_checks_are_fine(actions):
    assert alert_of(actions["check_model"]).startswith("Checks: OK")
    assert [action["func"] for action in actions["check_model"]] == ["alert"]


def test_a_failed_check_is_reported(roi_of_may, carried, alone, tmp_path):
    with open_package(roi_of_may) as package:
        master = place_of(package.defined_names["check_master", None])
    book = sent_by_excel(roi_of_may, {str(master): "CHECK 2"})
    found = alone(carried, tmp_path, scripts=[{"name": "check_model", "book": book, "formulas": {}}])
    assert "CHECK 2" in alert_of(found["actions"][0])


def test_the_help_sheet_lists_every_function_with_its_arguments(actions):
    from tokenbook.udfs.functions import registry

    added = [action for action in actions["insert_help"] if action["func"] == "addSheet"]
    assert [action["args"][1] for action in added] == ["Tokenbook help"]
    rows = next(action["values"] for action in actions["insert_help"] if action["func"] == "setValues")
    text = {cell for row in rows for cell in row}
    for function in registry().values():
        assert function.signature in text
        assert {f"[{a.name}]" if a.optional else a.name for a in function.arguments} <= text


def test_no_line_of_the_help_sheet_is_taken_for_a_formula_or_an_error(actions):
    rows = next(action["values"] for action in actions["insert_help"] if action["func"] == "setValues")
    assert not [cell for row in rows for cell in row if str(cell).startswith(("=", "+", "-", "@", "#"))]


def test_refresh_writes_the_figures_that_changed_and_only_them(actions, moved_on, roi_of_may):
    from tokenbook.templates.bindings import answer
    from tokenbook.udfs import catalog

    with open_package(roi_of_may) as package:
        order = list(package.sheets)
    written = {}
    for action in actions["refresh_baselines"]:
        if action["func"] == "setValues" and action["row_count"] == action["column_count"] == 1:
            ref = f"{get_column_letter(action['start_column'] + 1)}{action['start_row'] + 1}"
            written[f"{order[action['sheet_position']]}!{ref}"] = action["values"][0][0]
    expected = {str(each.place): answer(each.key, catalog.shipped()).value for each in moved_on[2:]}
    assert len(expected) >= 3
    assert {place: written.get(place) for place in expected} == expected
    assert not {str(each.place) for each in moved_on[:2]} & set(written)


def test_refresh_says_what_it_did_and_what_it_left_alone(actions, moved_on):
    told = alert_of(actions["refresh_baselines"])
    assert told.startswith(f"{len(moved_on) - 2} of ")
    assert f"{moved_on[0].place}: your own figure: left alone" in told
    assert f"{moved_on[1].place}: now a formula: left alone" in told


def test_refresh_without_the_formula_bar_leaves_the_cells_alone(roi_of_may, carried, alone, tmp_path):
    """An older xlwings cannot tell a formula from a number: better no refresh than a formula overwritten."""
    run = {"name": "refresh_baselines", "book": sent_by_excel(roi_of_may), "formulas": None}
    actions = alone(carried, tmp_path, scripts=[run])["actions"][0]
    assert [action["func"] for action in actions] == ["alert"]
    assert "0 of " in alert_of(actions)


def test_refresh_does_not_go_back_to_figures_older_than_those_of_the_workbook(
    roi_of_may, carried, moved_on, alone, tmp_path
):
    """A colleague refreshed the file with a newer Tokenbook; the Python in it still knows the old figures only."""
    book = sent_by_excel(roi_of_may)
    row = moved_on[0].key.row
    changed = [name for name in book["names"] if f"row={row}" in name["refers_to"]]
    for name in changed:
        name["refers_to"] = name["refers_to"].replace(f"row={row}", "row=b200.of.next.year")
    assert changed
    run = {"name": "refresh_baselines", "book": book, "formulas": {}}
    actions = alone(carried, tmp_path, scripts=[run])["actions"][0]
    assert [action["func"] for action in actions] == ["alert"]
    assert alert_of(actions).startswith(f"Nothing was changed: {moved_on[0].place} holds a figure")
    assert "tokenbook embed" in alert_of(actions)


def test_the_scripts_of_a_workbook_that_asks_for_the_package_do_the_same(roi_of_may, actions, alone, tmp_path):
    from tokenbook.addin.lite import package_source

    main = tmp_path / "main.py"
    main.write_text(package_source.write(None), encoding="utf-8")
    runs = [
        {"name": name, "book": sent_by_excel(roi_of_may), "formulas": {}}
        for name in ("check_model", "insert_help", "refresh_baselines")
    ]
    checked, helped, refreshed = alone(main, tmp_path, scripts=runs, installed=True)["actions"]
    assert checked == actions["check_model"]
    assert helped == actions["insert_help"]
    assert " baselines changed" in alert_of(refreshed)
    assert any(action["func"] == "setValues" for action in refreshed)
