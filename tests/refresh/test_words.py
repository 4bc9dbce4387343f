"""What is told about a refresh: one text, whoever tells it."""

from dataclasses import replace
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


def written(*statuses, **more):
    return replace(report(*statuses), **more)


@pytest.mark.parametrize(
    ("found", "writes", "says"),
    [
        (
            report(),
            True,
            ["roi.xlsx: nothing is bound; tokenbook bind BOOK Inputs!C9 -p B200 -m usd_per_gpu_hour binds a cell"],
        ),
        (written(error="roi.xlsx: is open elsewhere"), True, []),
        (report("same"), False, ["1 bound cell: 0 to change, 1 as in the catalogue."]),
        (
            report("same", "same"),
            True,
            ["2 bound cells: 0 changed, 2 as in the catalogue.", "The file was not touched."],
        ),
        (
            report("changed", "override"),
            False,
            ["2 bound cells: 1 to change, 1 left alone, 0 as in the catalogue.",
             "Nothing written: --write does it, and keeps the old file as .bak."],
        ),
        (
            written("changed", written=Path("roi.xlsx"), dependents=1200, recalculated=1100, log="Changelog"),
            True,
            ["1 bound cell: 1 changed, 0 as in the catalogue.",
             "Formulas that depend on them: 1,200, recalculated; 1,100 results changed.",
             "Written: roi.xlsx (before: roi.xlsx.bak); recorded in Changelog."],
        ),
        (
            written("changed", written=Path("new.xlsx")),
            True,
            ["1 bound cell: 1 changed, 0 as in the catalogue.", "No formula depends on them.", "Written: new.xlsx."],
        ),
        (
            written("changed", written=Path("new.xlsx"), dependents=2, left_to_excel="B2 is 1 here"),
            True,
            ["1 bound cell: 1 changed, 0 as in the catalogue.",
             "Formulas that depend on them: 2, still with their old results; Excel calculates them when it opens the "
             "file, because B2 is 1 here.",
             "Written: new.xlsx."],
        ),
        (
            written("same", written=Path("new.xlsx")),
            True,
            ["1 bound cell: 0 changed, 1 as in the catalogue.",
             "Written: new.xlsx, a copy; there was nothing to change."],
        ),
    ],
)  # fmt: skip
def test_of_one_file_all_is_told_that_was_done_to_it(found, writes, says):
    assert words.sentences(found, writes=writes) == says


def test_of_one_file_among_many_a_few_words():
    assert words.outcome(written(error="no"), writes=True) == "failed"
    assert words.outcome(report(), writes=True) == "nothing bound"
    assert words.outcome(report("same"), writes=True) == "up to date"
    assert words.outcome(report("changed"), writes=False) == "would change"
    assert words.outcome(report("changed"), writes=True) == "refreshed"
    told = words.outcome(written("changed", left_to_excel="B2 is 1 here"), writes=True)
    assert told == "refreshed; Excel calculates it on opening (B2 is 1 here)"
