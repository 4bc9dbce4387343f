"""What follows a refreshed cell in a workbook of our own: its row on Baselines and the note beside it, no more."""

from dataclasses import replace

import pytest

from tokenbook.templates.bindings import Binding, Key, Place
from tokenbook.templates.refresh.follow import Edit, Sheetful, follow, with_renewed
from tokenbook.templates.refresh.plan import Line
from tokenbook.templates.sheets.citations import COLUMNS, short_citation
from tokenbook.udfs import catalog

TITLES = [title for title, _, _ in COLUMNS]
CELL, NOTE = Place("Inputs", "C9"), Place("Inputs", "E9")


@pytest.fixture
def old():
    return replace(catalog.shipped().get("B200", "usd_per_gpu_hour", None, "hyperscaler"), id="rate.old", value=1.95)


@pytest.fixture
def new(old):
    return replace(old, id="rate.new", value=1.73, as_of="2026-10-01", source="Table of October")


def table(*rows, titles=TITLES):
    shown = {title: show for title, _, show in COLUMNS}
    values = [[shown[title](row) if title in shown else "mine" for title in titles] for row in rows]
    return Sheetful(titles, values, lambda row, column: Place("Baselines", f"{chr(65 + column)}{row + 5}"))


def line(old, row, status, note=None):
    key = Key(old.platform, old.metric, unit=old.unit, value=old.value, row=old.id)
    return Line(Binding(1, CELL, key, note), status, old.value, row)


def test_only_the_cells_that_say_something_else_are_written(old, new):
    other = replace(old, id="power", metric="kw_per_gpu")
    edits = follow([line(old, new, "changed")], table(other, old), lambda place: None, catalog.Catalog([old, new]))
    at = {title: f"{chr(65 + column)}6" for column, title in enumerate(TITLES)}
    assert {edit.place.ref: edit.value for edit in edits} == {
        at["Value"]: 1.73,
        at["Source"]: "Table of October",
        at["As of"]: "2026-10-01",
        at["Key"]: "rate.new",
    }


def test_a_column_of_the_users_own_and_a_figure_to_15_digits_stay(old, new):
    titles = ["Key", "Value", "My remark"]
    same = replace(new, value=old.value * (1 + 1e-15))
    edits = follow([line(old, same, "renewed")], table(old, titles=titles), lambda place: None, catalog.Catalog([old]))
    assert edits == [Edit(Place("Baselines", "A5"), "rate.new")]


def test_what_a_row_no_longer_says_is_emptied(old, new):
    qualified = replace(old, qualifier="1 year, prepaid")
    bare = replace(new, qualifier="", value=old.value, as_of=old.as_of, source=old.source)
    table_of_one = table(qualified, titles=["Qualifier", "Key"])
    edits = follow([line(qualified, bare, "changed")], table_of_one, lambda place: None, catalog.Catalog([qualified]))
    assert edits == [Edit(Place("Baselines", "A5"), None), Edit(Place("Baselines", "B5"), "rate.new")]


@pytest.mark.parametrize("status", ["same", "override", "formula", "unit", "locked"])
def test_what_is_left_alone_changes_neither_table_nor_note(old, new, status):
    edits = follow(
        [line(old, new, status, NOTE)], table(old), lambda place: short_citation([old]), catalog.Catalog([old])
    )
    assert edits == []


def test_the_note_follows_and_the_users_own_words_stay(old, new):
    lines, figures = [line(old, new, "changed", NOTE)], catalog.Catalog([old, new])
    assert follow(lines, None, lambda place: short_citation([old]), figures) == [Edit(NOTE, short_citation([new]))]
    assert follow(lines, None, lambda place: "agreed with the supplier", figures) == []
    assert follow(lines, None, lambda place: short_citation([new]), figures) == []


def test_a_note_whose_old_row_is_gone_from_the_catalogue_is_written_anew(old, new):
    lines = [line(old, new, "changed", NOTE)]
    assert follow(lines, None, lambda place: "anything", catalog.Catalog([new])) == [Edit(NOTE, short_citation([new]))]


def test_a_note_on_two_cells_cites_both_also_where_one_stays(old, new):
    power = replace(old, id="power", metric="kw_per_gpu", source="Data sheet")
    lines = [line(old, new, "changed", NOTE), line(power, power, "same", NOTE)]
    edits = follow(lines, None, lambda place: short_citation([old, power]), catalog.Catalog([old, new, power]))
    assert edits == [Edit(NOTE, short_citation([new, power]))]


def test_a_newer_row_of_the_same_figure_is_said_where_baselines_shows_the_older(old, new):
    lines = [line(old, replace(new, value=old.value), "same"), line(old, old, "same"), line(old, new, "override")]
    assert [each.status for each in with_renewed(lines, table(old))] == ["renewed", "same", "override"]
    assert [each.status for each in with_renewed(lines, table(new))] == ["same", "same", "override"]
    assert [each.status for each in with_renewed(lines, None)] == ["same", "same", "override"]
    assert [each.status for each in with_renewed(lines, table(old, titles=["Value"]))] == ["same", "same", "override"]
