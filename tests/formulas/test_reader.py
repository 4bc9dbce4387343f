"""What a formula refers to, once names, tables and sheets in a row are resolved; and what it does not tell."""

import pytest

from tokenbook.templates.formulas.reader import Reader
from tokenbook.templates.formulas.references import Area

NAMES = {
    "rate": "Inputs!$B$2", "block": "=Inputs!$A$1:$B$9", "twice": "rate*2", "moving": "Inputs!B2", "tax": "0.21",
    "reach": "OFFSET(Inputs!$A$1,1,1)", "Calc!rate": "Calc!$C$3", "scaled": "_xlfn.LAMBDA(_xlpm.x,_xlpm.x*Inputs!$B$2)",
    "round": "about+1", "about": "round-1",
}  # fmt: skip
B2 = Area("inputs", 2, 2, 2, 2)
PRICES = Area("inputs", 1, 1, 3, 2)


@pytest.fixture
def reader(package):
    cells = {"Inputs!A1": "Name", "Inputs!B1": "Value"}
    return Reader(package(cells, NAMES, [("Inputs", "A1:B3", "Prices")]))


@pytest.mark.parametrize(
    ("formula", "sheet", "values"),
    [
        ("B2", "Inputs", [B2]),
        ("B2", "INPUTS", [B2]),
        ("inputs!$b$2*A1", "Jan", [B2, Area("jan", 1, 1, 1, 1)]),
        ("rate", "Jan", [B2]),
        ("rate", "Calc", [Area("calc", 3, 3, 3, 3)]),
        ("Calc!rate+RATE", "Jan", [Area("calc", 3, 3, 3, 3), B2]),
        ("twice", "Jan", [B2]),
        ("SUM(block)", "Jan", [Area("inputs", 1, 1, 9, 2)]),
        ("SUM(Jan:Mar!A1)", "Calc", [Area(each, 1, 1, 1, 1) for each in ("jan", "feb", "mar")]),
        ("SUM(Mar:Jan!A1)", "Calc", [Area(each, 1, 1, 1, 1) for each in ("jan", "feb", "mar")]),
        ("SUM('Feb:Feb'!A1)", "Calc", [Area("feb", 1, 1, 1, 1)]),
        ("tax+unknown+#REF!+Gone!A1+[1]Inputs!B2+'[b.xlsx]Inputs'!B2", "Jan", []),
        ("scaled(3)", "Jan", [B2]),
        ("1+1", "Jan", []),
    ],
)
def test_the_cells_whose_values_are_read(reader, formula, sheet, values):
    found = reader.read(formula, sheet)
    assert (list(found.values), found.places, found.tables, found.opaque, found.special) == (
        values,
        (),
        (),
        False,
        False,
    )


def test_places_that_are_only_asked_for_and_tables_are_told_apart(reader):
    asked = reader.read("ROW(B2)+ROWS(Inputs!A1:B9)", "Inputs")
    assert (asked.values, asked.places, asked.special) == ((), (B2, Area("inputs", 1, 1, 9, 2)), True)
    named = reader.read("ROWS(block)", "Inputs")
    assert (named.values, named.places) == ((Area("inputs", 1, 1, 9, 2),), ())
    for formula in ("SUM(Prices[Value])", "Prices", "ROWS(prices)"):
        tables = reader.read(formula, "Jan")
        assert (tables.values, tables.places, tables.tables, tables.opaque) == ((), (), (PRICES,), False), formula
    assert tables.areas == (PRICES,)


@pytest.mark.parametrize(
    "formula",
    ["moving", "reach", "INDIRECT(A1)", "SUM(A1:INDEX(B:B,2))", "SUM(A1#)", "SUM(Inputs!A1:Inputs!B2)", "round",
     "SUM(A1", "SUM(A1:'Inputs'!C9)", "twice+moving"],
)  # fmt: skip
def test_what_the_text_does_not_tell_may_be_any_cell(reader, formula):
    assert reader.read(formula, "Calc").opaque


def test_names_that_go_round_in_circles_stay_unreadable_and_harm_no_other(reader):
    assert reader.read("round", "Jan").opaque
    assert reader.read("about", "Jan").opaque
    assert not reader.read("rate", "Jan").opaque
    assert reader.read("rate", "Jan").values == (B2,)
