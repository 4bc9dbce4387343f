"""Formulas by name: the same row means the same cells, whoever asks and from where."""

import pytest

from tokenbook.templates.sheets.formula import Book, Cell, Range, TimeRow, UnknownName


@pytest.fixture
def book():
    book = Book()
    book.put("model_1.sold", TimeRow("Model", 20, 4, 6, 66))
    book.put("model_1.price", TimeRow("Model", 21, 4, 6, 66))
    book.put("model_1.gpus", Cell("Model", 8, 3))
    book.put("inputs.p1.gpus", Cell("Inputs", 6, 3))
    book.put("inputs.tax_rate", Cell("Inputs", 40, 3))
    book.put("lists.methods", Range("Lists", 6, 5, 10, 5))
    book.put("other.cash", TimeRow("By year", 9, 4, 6, 11))
    return book


SCOPES = ("model_1", "inputs.p1", "inputs")


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("={sold}*{price}", "=G$20*G$21"),
        ("={sold:prev}+1", "=F$20+1"),
        ("=SUM({sold:all})", "=SUM($F$20:$BN$20)"),
        ("=INDEX({sold:periods},1)", "=INDEX($G$20:$BN$20,1)"),
        ("=SUM({sold:to_date})", "=SUM($F$20:G$20)"),
        ("={sold:total}", "=$D$20"),
        ("={sold:start}", "=$F$20"),
        ("={gpus}", "=$C$8"),
        ("={@gpus}", "='Inputs'!$C$6"),
        ("={tax_rate}", "='Inputs'!$C$40"),
        ("=MATCH(1,{lists.methods},0)", "=MATCH(1,'Lists'!$E$6:$E$10,0)"),
        ("={other.cash:all}", "='By year'!$F$9:$K$9"),
    ],
)
def test_names_become_references(book, formula, expected):
    assert book.compile(formula, "Model", column=7, scopes=SCOPES) == expected


def test_an_unknown_name_is_refused_where_it_is_written(book):
    with pytest.raises(UnknownName, match="no row or input is called 'tokens'"):
        book.compile("={tokens}", "Model", column=7, scopes=SCOPES)


def test_a_row_over_time_needs_a_column_or_an_option(book):
    with pytest.raises(ValueError, match="say which part"):
        book.compile("={sold}", "Model", scopes=SCOPES)


def test_a_name_stands_in_one_place(book):
    with pytest.raises(ValueError, match="two places"):
        book.put("model_1.sold", Cell("Model", 1, 1))
