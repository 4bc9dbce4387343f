"""A cell named on the command line: by its name, its sheet and place, or its place on the first sheet."""

import pytest

from tokenbook.templates.formulas.places import Place, PlaceError, locate, place_of


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Inputs!$B$2", Place("Inputs", "B2")),
        ("=Inputs!b2", Place("Inputs", "B2")),
        (" 'It''s & more'!$C$9 ", Place("It's & more", "C9")),
        ("Inputs!$B$2:$C$3", None),
        ("Inputs!B0", None),
        ("B2", None),
        ("Inputs!$B$2*2", None),
        ("[1]Inputs!B2", None),
    ],
)
def test_the_single_cell_that_a_name_stands_for(text, place):
    assert place_of(text) == place


@pytest.fixture
def book(package):
    return package({}, {"rate": "Inputs!$B$2", "block": "Inputs!$A$1:$B$9", "Calc!local": "Calc!$A$1"})


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("rate", ("Inputs", "B2")),
        ("RATE", ("Inputs", "B2")),
        ("Calc!C9", ("Calc", "C9")),
        ("'calc'!$c$9", ("Calc", "C9")),
        ("c9", ("Inputs", "C9")),
    ],
)
def test_a_cell_is_found_by_its_name_or_place(book, name, found):
    assert locate(book, name) == found


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("block", "block: stands for Inputs!$A$1:$B$9, which is not a single cell"),
        ("local", "local: is neither a name of this workbook nor a cell like Inputs!C9; names in this workbook: "
                  "block, rate"),
        ("Outputs!C9", "Outputs!C9: there is no sheet 'Outputs'; it has Inputs, Calc, Jan, Feb, Mar"),
        ("Calc!C9:D9", "Calc!C9:D9: is neither"),
    ],
)  # fmt: skip
def test_what_is_no_cell_is_refused_with_the_names_there_are(book, name, said):
    with pytest.raises(PlaceError) as refused:
        locate(book, name)
    assert str(refused.value).startswith(said)
