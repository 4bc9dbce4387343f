"""References as a formula writes them: what cells they mean, and how they look after a copy."""

import pytest

from tokenbook.templates.formulas.references import Area, moved, quoted, reference, relative
from tokenbook.templates.ooxml.references import LAST_COLUMN, LAST_ROW


@pytest.mark.parametrize(
    ("text", "sheet", "bounds", "fixed"),
    [
        ("B7", None, (7, 2, 7, 2), False),
        ("$B$7", None, (7, 2, 7, 2), True),
        ("$B7", None, (7, 2, 7, 2), False),
        ("B$7", None, (7, 2, 7, 2), False),
        ("C9:A1", None, (1, 1, 9, 3), False),
        ("A9:C1", None, (1, 1, 9, 3), False),
        ("$A$1:C3", None, (1, 1, 3, 3), False),
        ("A:C", None, (1, 1, LAST_ROW, 3), False),
        ("$C:$A", None, (1, 1, LAST_ROW, 3), True),
        ("3:5", None, (3, 1, 5, LAST_COLUMN), False),
        ("$5:$3", None, (3, 1, 5, LAST_COLUMN), True),
        ("Inputs!B7", "Inputs", (7, 2, 7, 2), False),
        ("'It''s & more'!$B$7:$C$8", "It's & more", (7, 2, 8, 3), True),
        ("Jan:Mar!A:A", "Jan:Mar", (1, 1, LAST_ROW, 1), False),
        ("XFD1048576", None, (LAST_ROW, LAST_COLUMN, LAST_ROW, LAST_COLUMN), False),
        ("A1:XFD1048576", None, (1, 1, LAST_ROW, LAST_COLUMN), False),
    ],
)
def test_the_cells_that_a_reference_means(text, sheet, bounds, fixed):
    found = reference(text)
    assert (found.sheet, found.bounds, found.fixed) == (sheet, bounds, fixed)


@pytest.mark.parametrize(
    "text",
    ["XFE1", "A1048577", "RATES2026", "A0", "0:3", "rate", "Prices[Value]", "[1]Inputs!B2", "A1:rate", "1:1048577"],
)
def test_what_lies_outside_the_grid_or_has_another_form_is_no_reference(text):
    assert reference(text) is None


@pytest.mark.parametrize(
    ("text", "rows", "columns", "after"),
    [
        ("B2", 3, 2, "D5"),
        ("$B2", 3, 2, "$B5"),
        ("B$2", 3, 2, "D$2"),
        ("$B$2", 3, 2, "$B$2"),
        ("B2:$C$9", -1, -1, "A1:$C$9"),
        ("B2", -1, -1, "A1"),
        ("B2", -2, 0, None),
        ("B2", 0, -2, None),
        ("A1048575", 1, 0, "A1048576"),
        ("A1048576", 1, 0, None),
        ("XFC1", 0, 1, "XFD1"),
        ("XFD1", 0, 1, None),
        ("A:C", 5, 1, "B:D"),
        ("3:$5", 1, 7, "4:$5"),
        ("'Low & high'!B2", 1, 1, "'Low & high'!C3"),
        ("rate", 3, 2, "rate"),
    ],
)
def test_a_copied_formula_looks_as_far_away_as_before(text, rows, columns, after):
    assert moved(text, rows, columns) == after


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("B7", "R[0]C[-1]"),
        ("$B$7", "R7C2"),
        ("D$9", "R9C[1]"),
        ("Inputs!$B8:C9", "Inputs!R[1]C2:R[2]C[0]"),
        ("rate", "RATE"),
    ],
)
def test_formulas_that_say_the_same_from_their_own_cells_look_alike(text, seen):
    assert relative(text, 7, 3) == seen


def test_areas_share_a_cell_or_touch_only():
    area = Area("inputs", 2, 2, 4, 5)
    assert (area.size, area.bounds, len(area.cells())) == (12, (2, 2, 4, 5), 12)
    assert area.cells()[0] == (2, 2)
    assert area.cells()[-1] == (4, 5)
    assert [area.holds(*cell) for cell in ((2, 2), (4, 5), (1, 2), (5, 5), (4, 1), (2, 6))] == [True] * 2 + [False] * 4
    corners = {(4, 5, 9, 9): True, (1, 1, 2, 2): True, (5, 2, 6, 5): False, (2, 6, 4, 7): False, (1, 2, 1, 5): False}
    corners |= {(2, 1, 4, 1): False, (3, 3, 3, 3): True, (1, 1, 9, 9): True}
    for bounds, shared in corners.items():
        other = Area("inputs", *bounds)
        assert area.overlaps(other) is other.overlaps(area) is shared, bounds


def test_a_sheet_with_an_apostrophe_is_quoted():
    assert quoted("It's & more") == "'It''s & more'"
