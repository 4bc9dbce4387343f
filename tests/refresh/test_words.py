"""What is told about a refresh: one text, whoever tells it."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from tokenbook.templates.refresh import Report, words

ROW = SimpleNamespace(unit="USD/GPU-h", as_of="2026-07-31")


def line(status, cell="Inputs!C9"):
    return SimpleNamespace(status=status, cell=cell, old=1.95, new=1.73, row=ROW, meaning=f"it is {status}")


def report(*statuses):
    return Report(Path("roi.xlsx"), [line(status) for status in statuses])


@pytest.mark.parametrize(
    ("statuses", "written", "says"),
    [
        ((), False, "No cell of this workbook is bound to a baseline (tokenbook bind does that)."),
        (("same", "same"), False, "All 2 baselines are those of 2026-09-30."),
        (("same", "same"), True, "All 2 baselines are those of 2026-09-30."),
        (("same", "override", "formula"), True, "0 of 3 baselines to change: 2 left alone, 1 as known on 2026-09-30."),
        (("changed", "renewed", "locked"), False, "2 of 3 baselines have newer figures."),
        (("changed", "renewed", "locked"), True, "2 of 3 baselines changed, with what was known on 2026-09-30."),
    ],
)
def test_the_headline_says_what_came_of_it(statuses, written, says):
    assert words.headline(report(*statuses), "2026-09-30", written=written) == says


def test_every_change_and_everything_left_alone_has_a_line():
    found = report("changed", "same", "override")
    assert words.changes(found) == ["Inputs!C9: 1.95 becomes 1.73 USD/GPU-h (2026-07-31)"]
    assert words.changes(found, written=True) == ["Inputs!C9: 1.95 is now 1.73 USD/GPU-h (2026-07-31)"]
    assert words.left_alone(found) == ["Inputs!C9: it is override"]
    assert [len(each) for each in (found.lines, found.changes, found.same, found.left)] == [3, 1, 1, 1]


def test_a_message_has_fifteen_lines_and_says_how_many_more_there_are():
    lines = [str(number) for number in range(16)]
    assert words.shortened(lines[:15]) == lines[:15]
    assert words.shortened(lines) == [*lines[:15], "and 1 more"]
