"""A formula stored once for many cells, as it reads in each of them."""

import pytest
from openpyxl.formula.translate import Translator

from tokenbook.templates.ooxml import PackageError
from tokenbook.templates.ooxml.references import parse_ref
from tokenbook.templates.ooxml.shared import SharedFormula


def moved(text, to, ref="D5"):
    return SharedFormula(text, ref).at(*parse_ref(to))


@pytest.mark.parametrize("to", ["D5", "D6", "F9", "E5", "B4"])
@pytest.mark.parametrize(
    "text",
    [
        "D4+$B$2*SUM(C:D,$1:5,Sheet2!E4,'It''s A1'!F3)",
        'LOG10(D5)&"A1""B2"&D$1&$D6',
        "IF(D5>0,1E5,2.5E-3)+TOK_COST(D5,,E$2)",
        "{1,2;3,4}+SUM(E2:G5)%-D3^2",
        "ABC+_A1+A1.5x+AA10:AB$12",
        "'[2]x y'!$C4+[1]Rates!E4",
    ],
)
def test_relative_references_move_and_nothing_else(text, to):
    """openpyxl's translator is the oracle where it reads the formula."""
    assert moved(text, to) == Translator("=" + text, "D5").translate_formula(to)[1:]


@pytest.mark.parametrize(
    ("text", "here"),
    [
        ("D5#+@E5", "E7#+@F7"),  # spills and intersections
        ("D5:INDEX(A:A,3)", "E7:INDEX(B:B,3)"),  # a range up to what a function gives
        ("T1[[#This Row],[A1]]+T[It''s '[A1']]", "T1[[#This Row],[A1]]+T[It''s '[A1']]"),  # columns of tables
        ("XYZ1+rate?A1+net\\\\A1", "XYZ1+rate?A1+net\\\\A1"),  # names that look like cells in part
        ("A1(2)", "A1(2)"),  # a call
        ("Jan:Mar!D5", "Jan:Mar!E7"),  # several sheets
    ],
)
def test_what_looks_like_a_reference_and_is_none_stays(text, here):
    assert moved(text, "E7") == here


def test_a_reference_that_leaves_the_grid_is_an_error():
    assert moved("A1", "A1", ref="B2") == "#REF!"
    assert moved("XFC1048576", "F5") == "#REF!"
    assert moved("$A$1", "A1", ref="B2") == "$A$1"


def test_a_formula_longer_than_excel_allows_is_refused():
    with pytest.raises(PackageError, match="B1 shares a formula"):
        SharedFormula("1+" * 5000, "B1")
