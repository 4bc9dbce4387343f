"""A formula taken apart: what it reads, what it only asks the place of, what it leaves out."""

import pytest

from tokenbook.templates.formulas.tokens import parse, spliced


@pytest.mark.parametrize(
    ("formula", "operands", "asked", "calls"),
    [
        ("A1+rate*Inputs!$B$2", ("A1", "rate", "Inputs!$B$2"), (), ()),
        ("SUM(A1:A9,B2)", ("A1:A9", "B2"), (), ("SUM(",)),
        ("ROW(A1)+A2", ("A2",), ("A1",), ("ROW(",)),
        ("rows(A1:A9)*SUM(B1)", ("B1",), ("A1:A9",), ("rows(", "SUM(")),
        ("COLUMNS((A1:C1))", ("A1:C1",), (), ("COLUMNS(",)),
        ("SUM(ROW(A1),B1)", ("B1",), ("A1",), ("SUM(", "ROW(")),
        ('IF(A1="B2",1,2)', ("A1",), (), ("IF(",)),
        ("1+2", (), (), ()),
    ],
)
def test_what_is_read_and_what_is_only_asked_where_it_lies(formula, operands, asked, calls):
    found = parse(formula)
    assert (found.operands, found.asked, found.calls, found.computed) == (operands, asked, calls, False)


@pytest.mark.parametrize(
    "formula",
    ["SUM(A1#)", "SUM(A1:INDEX(B:B,3))", "indirect(A1)", "1+OFFSET (A1,1,1)", "SUM(first:last)", "SUM(A1:(B2))"],
)
def test_places_that_only_a_calculation_tells(formula):
    assert parse(formula).computed


@pytest.mark.parametrize("formula", ["OFFSETS(A1)", "SUM(A1:B2)", "SUM(Jan:Mar!A1)", 'A1&"#"'])
def test_places_that_the_text_tells(formula):
    assert not parse(formula).computed


@pytest.mark.parametrize(
    ("formula", "gaps"),
    [
        ("PV(A1,,B1)", ((6, "PV"),)),
        ("PV(,A1)", ((3, "PV"),)),
        ("PV(A1, ,B1)", ((7, "PV"),)),
        ("PV(A1,B1,)", ((9, "PV"),)),
        ("PV(,,)", ((3, "PV"), (4, "PV"), (5, "PV"))),
        ("NOW()", ()),
        ("PV(A1,(B1),{1,2})", ()),
        ("IF(A1,,SUM(B1,))", ((6, "IF"), (14, "SUM"))),
        ("(A1,B1)", ()),
        ('"ä"&PV(,1)', ((8, "PV"),)),  # counted in bytes
    ],
)
def test_arguments_left_empty_are_found_where_they_are(formula, gaps):
    assert parse(formula).gaps == gaps


@pytest.mark.parametrize("text", ["SUM(A1", 'A1&"open', "'open!A1"])
def test_what_is_no_formula_is_none(text):
    assert parse(text) is None


def test_stretches_are_replaced_by_bytes_from_left_to_right():
    assert spliced("ä+rate+rate", [(3, 7, "(0.5)"), (8, 12, "ö")]) == "ä+(0.5)+ö"
    assert spliced("same", []) == "same"
