"""The rule: who reproduces the stored values calculates; what nobody reproduces has a name."""

import pytest

from tokenbook.templates.formulon.areas import Surroundings
from tokenbook.templates.formulon.choose import Choice, Workbook, choose, differing, equal
from tokenbook.templates.ooxml.references import parse_ref
from tokenbook.udfs.functions import CellError


def at(ref):
    row, column = parse_ref(ref)
    return 0, row - 1, column - 1


def workbook(stored, formulas):
    around = Surroundings(["S"], {}, [(20, 20)])

    def area(text, place):
        found = around.area(text, place[0])
        return found and [
            [(0, row, column) for column in range(found.left, found.right + 1)]
            for row in range(found.top, found.bottom + 1)
        ]

    return Workbook({at(k): v for k, v in stored.items()}, {at(k): v for k, v in formulas.items()}, area)


def values(**cells):
    return {at(ref): value for ref, value in cells.items()}


BOOK = workbook({"A1": 2.0, "B1": 4.0, "C1": 8.0}, {"B1": "=A1*2", "C1": "=B1*2"})
CELLS = [at("B1"), at("C1")]


def test_the_first_that_reproduces_everything_calculates():
    right, wrong = values(B1=4.0, C1=8.0), values(B1=4.0, C1=9.0)
    assert choose(BOOK, CELLS, [("one", right), ("two", right)]) == Choice("one")
    assert choose(BOOK, CELLS, [("one", wrong), ("two", right)]) == Choice("two")


def test_a_second_engine_is_not_asked_where_the_first_will_do():
    def answers():
        yield "one", values(B1=4.0, C1=8.0)
        raise AssertionError("asked")

    assert choose(BOOK, CELLS, answers()) == Choice("one")


def test_what_none_reproduces_has_names():
    answers = [("one", values(B1=5.0, C1=9.0)), ("two", values(B1=4.0, C1=9.0))]
    assert choose(BOOK, CELLS, answers) == Choice(None, (at("C1"),))


def test_where_each_fails_elsewhere_the_better_one_is_named():
    answers = [("one", values(B1=5.0, C1=8.0)), ("two", values(B1=4.0, C1=9.0))]
    assert choose(BOOK, CELLS, answers).engine is None
    assert choose(BOOK, CELLS, answers).unknown in ((at("B1"),), (at("C1"),))


def test_a_cell_that_an_engine_does_not_calculate_is_not_reproduced():
    assert choose(BOOK, CELLS, [("one", values(B1=4.0))]) == Choice(None, (at("C1"),))
    assert choose(BOOK, CELLS, []) == Choice(None, tuple(CELLS))


def test_a_cell_that_was_never_calculated_is_not_reproduced():
    book = workbook({"A1": 2.0}, {"B1": "=A1*2"})
    assert differing(book, [at("B1")], values(B1=4.0)) == {at("B1")}


@pytest.mark.parametrize(
    ("held", "value", "same"),
    [
        (1.0, 1.0 + 1e-12, True),
        (1.0, 1.0 + 1e-8, False),
        (1.0, True, False),
        (True, True, True),
        ("a", "a", True),
        ("a", "b", False),
        ("#N/A", CellError("#N/A"), True),
        ("#N/A", CellError("#VALUE!"), False),
        (0.0, None, True),
        ("", None, True),
        (3.0, None, False),
        (0.0, 1e-300, False),
    ],
)
def test_equal(held, value, same):
    assert equal(held, value) is same


RESIDUALS = [
    ("=A1-A2", {"A1": 1e6, "A2": 1e6}, 0.0, 1e-10, True),
    ("=A1-A2", {"A1": 1e6, "A2": 1e6}, 0.0, 1e-6, False),
    ("=SUM(A1:A2,-2000000)", {"A1": 1e6, "A2": 1e6}, 0.0, 2e-9, True),
    ("=ABS(A1-A2)/MAX(1,A1)", {"A1": 1e6, "A2": 1e6}, 0.0, 1.2e-16, True),
    ("=ABS(A1-A2)/MAX(1,A1)", {"A1": 1e6, "A2": 1e6}, 0.0, 1e-10, False),  # beside 1, not beside a million
    ("=IF(A1=A2,0,ABS(A1-A2))", {"A1": 1e6, "A2": 1e6}, 0.0, 1e-10, True),
    ("=SQRT(SUMSQ(A1-A2))", {"A1": 1e6, "A2": 1e6}, 0.0, 1e-10, True),
    ("=A1*A2", {"A1": 1e-6, "A2": 1e-6}, 1e-12, 2e-12, False),  # small, and not what is left of anything
    ("=A1/A2", {"A1": 1.0, "A2": 1e12}, 1e-12, 0.0, False),
    ("=A1/A2", {"A1": 1.0, "A2": 1e12}, 1e-12, 5e-13, False),
    ("=IF(A1<>A2,1,0)", {"A1": 1e6, "A2": 1e6}, 0.0, 1.0, False),
    ("=1/(A1-A2)", {"A1": 1e6, "A2": 1e6}, "#DIV/0!", 1e10, False),
    ("=NO_SUCH_FUNCTION(A1-A2)", {"A1": 1e6, "A2": 1e6}, 0.0, 1e-10, False),
]


@pytest.mark.parametrize(("formula", "inputs", "held", "value", "same"), RESIDUALS)
def test_a_residual_is_nothing_beside_its_amounts(formula, inputs, held, value, same):
    book = workbook(inputs | {"B1": held}, {"B1": formula})
    assert (differing(book, [at("B1")], values(B1=value)) == set()) is same


def test_a_residual_of_a_residual_is_nothing_either():
    stored = {"A1": 1e6, "A2": 1e6, "B1": 0.0, "C1": 0.0, "D1": "OK"}
    book = workbook(stored, {"B1": "=A1-A2", "C1": "=B1*2", "D1": '=IF(C1=0,"OK","CHECK")'})
    cells = [at("B1"), at("C1"), at("D1")]
    assert differing(book, cells, values(B1=1e-10, C1=2e-10, D1="OK")) == set()
    assert differing(book, cells, values(B1=1e-10, C1=2e-10, D1="CHECK")) == {at("D1")}
    assert differing(book, cells, values(B1=1e-10, C1=2e-6, D1="OK")) == {at("C1")}


def test_a_formula_that_comes_back_to_itself_ends():
    book = workbook({"A1": 1.0, "B1": 1.0}, {"A1": "=B1+0", "B1": "=A1+0"})
    assert differing(book, [at("A1"), at("B1")], values(A1=1.1, B1=1.2)) == {at("A1"), at("B1")}
