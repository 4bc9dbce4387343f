"""The error table of the add-in, tried on every argument of every function.

The cases follow from the registry: what kind an argument is decides what is wrong for it, and with which error a
cell must answer. A new function is covered as soon as it is registered.
"""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenbook.udfs.functions import registry
from tokenbook.udfs.functions.arguments import (
    OMITTED,
    Block,
    Cells,
    Count,
    Day,
    Number,
    Series,
    Table,
    Text,
    Vector,
    Words,
)
from tokenbook.udfs.functions.errors import CODES, DIV0, NA, NUM, VALUE, CellError, FunctionError

FUNCTIONS = registry()
SINGLE_NUMBERS = ("table", "lookup")  # shapes in which a number may not be a range
ARGUMENTS = [(name, position) for name, f in FUNCTIONS.items() for position in range(len(f.arguments))]
each_function = pytest.mark.parametrize("name", FUNCTIONS)


def each_argument(wanted=lambda function, argument: True):
    """Every argument that is wanted: name of its function, and position."""
    chosen = [
        (name, position) for name, position in ARGUMENTS if wanted(FUNCTIONS[name], FUNCTIONS[name].arguments[position])
    ]
    return pytest.mark.parametrize(("name", "position"), chosen, ids=str)


def takes_numbers_for_several(function, argument) -> bool:
    return isinstance(argument.kind, Number) and function.shape not in SINGLE_NUMBERS


UNKNOWN_WORDS_ARE_NA = {"platform", "metric", "model", "conditions", "id", "field"}


def wrong_for(function, kind):
    """What is wrong for a kind of argument, and the error that says so."""
    if isinstance(kind, Number):
        yield from ((wrong, VALUE) for wrong in ("abc", True, [["abc"]], [[True]]))
        yield from ((wrong, NUM) for wrong in (math.inf, -math.inf, math.nan))
        if kind.low > -1e300:
            yield kind.low - 1.0, NUM
        if kind.high < 1e300:
            yield kind.high + 1.0, NUM
        if math.isfinite(kind.above):
            yield kind.above, NUM
        if kind.divisor:
            yield 0.0, DIV0
            yield [[0.0]], DIV0
        yield [[1.0, 2.0], [3.0]], VALUE
        yield [], VALUE
        if function.shape in SINGLE_NUMBERS:
            yield [[1.0, 1.0]], VALUE
        elif function.shape != "elementwise":
            yield [[1.0, 1.0], [1.0, 1.0]], VALUE
    elif isinstance(kind, Count):
        yield from ((wrong, VALUE) for wrong in ("abc", True, [[1.0, 2.0]]))
        yield from ((wrong, NUM) for wrong in (kind.low + 0.5, kind.low - 1.0, kind.high + 1.0, math.inf))
    elif isinstance(kind, Text):
        yield True, VALUE
        if kind.choices:
            yield "no such word", VALUE
        if not kind.many:
            yield [["a", "b"]], VALUE
    elif isinstance(kind, Day):
        yield from ((wrong, VALUE) for wrong in ("yesterday", "2026-13-01", True, [["2026-01-01", "2026-01-02"]]))
        yield from ((wrong, NUM) for wrong in (-5.0, 0.0, 3e6))
    elif isinstance(kind, Table):
        yield from ((wrong, VALUE) for wrong in (5.0, "gpus", [["gpus"], ["months"]], [[1.0, 2.0]]))
    elif isinstance(kind, Cells):
        yield from ((wrong, VALUE) for wrong in ([["gpus", 1.0, 2.0], ["pue", 1.0]], [], [["gpus", True, 2.0]], True))
        yield [["gpus", math.inf, 2.0]], NUM
        yield [["gpus", CellError(NA), 2.0]], NA
        if kind.columns > 1:
            yield [["gpus"] * (kind.columns - 1)] * 2, VALUE
        if not kind.alone:
            yield from ((wrong, VALUE) for wrong in (5.0, "gpus"))
    elif isinstance(kind, Words):
        yield from ((wrong, VALUE) for wrong in ("no such word", 5.0, True, [["npv", "no such word"]], "npv, npw"))
        yield [["npv", CellError(NA)]], NA


def wrong_in_range(kind, good: list[list]):
    """A good range with one bad cell, too short, or of ragged rows, and the error that says so."""
    flat = good[0] if len(good) == 1 else [row[0] for row in good]
    for cell, code in ((None, VALUE), ("abc", VALUE), (True, VALUE), (math.inf, NUM), (CellError(NA), NA)):
        yield [[*flat[:-1], cell]], code
        yield [[value] for value in [*flat[:-1], cell]], code
    if kind.low > -1e300:
        yield [[*flat[:-1], kind.low - 1.0]], NUM
    if math.isfinite(getattr(kind, "above", -math.inf)):
        yield [[*flat[:-1], kind.above]], NUM
    if getattr(kind, "least", 1) > 1:
        yield [flat[: kind.least - 1]], NUM
    if isinstance(kind, Block):
        yield [[1.0] * (max(kind.columns) + 1)], VALUE
    yield [flat, flat[:-1]], VALUE
    yield [], VALUE


def wrong_in_table(good: list[list]):
    """A good table with one bad cell in its first scenario, and the name that the message must hold."""
    yield [*good, ["gpu_count", 5.0]], VALUE, "gpu_count"
    yield [*good, ["discuont_rate", 0.1]], VALUE, "did you mean discount_rate"
    yield [*good, [7.0, 0.1]], VALUE, "inputs"
    yield [*good, good[0]], VALUE, "twice"
    yield [*good, ["tax_rate", "abc"]], VALUE, "tax_rate"
    yield [*good, ["tax_rate", True]], VALUE, "tax_rate"
    yield [*good, ["tax_rate", 1.5]], NUM, "tax_rate"
    yield [*good, ["tax_rate", CellError(NA)]], NA, "tax_rate"
    yield [*good, [CellError(NA), 0.2]], NA, "inputs"
    yield [*good, ["timing", "noon"]], VALUE, "timing"
    yield [["gpus", None], *good[1:]], VALUE, "gpus"
    yield good[1:], VALUE, "gpus"
    without_months = [row for row in good if row[0] != "months"]
    yield [*without_months, ["months", 12.5]], NUM, "months"
    yield [*without_months, ["months", 0.0]], NUM, "months"


def answer(name, good, position, wrong):
    arguments = good + [OMITTED] * (position + 1 - len(good))
    return FUNCTIONS[name].in_cell(*arguments[:position], wrong, *arguments[position + 1 :])


def complaint(found, code, argument):
    """What is wrong with an answer to bad input; empty when it is the documented error and names its cause."""
    if not isinstance(found, CellError) or found != code:
        return f"expected {code}, got {found!r} {getattr(found, 'message', '')}"
    return "" if argument in found.message else f"{code} does not name {argument}: {found.message!r}"


@each_argument()
def test_a_bad_argument_shows_its_documented_error_and_is_named(name, position, good_arguments):
    function = FUNCTIONS[name]
    argument, good = function.arguments[position], good_arguments(function)
    cases = [(wrong, code, argument.name) for wrong, code in wrong_for(function, argument.kind)]
    if isinstance(argument.kind, (Series, Vector, Block)):
        wrong_ranges = wrong_in_range(argument.kind, good_range(good, position))
        cases += [(wrong, code, argument.name) for wrong, code in wrong_ranges]
    if isinstance(argument.kind, Table):
        cases += list(wrong_in_table(good[position]))
    if not argument.optional and not getattr(argument.kind, "blank", False):
        cases += [(blank, VALUE, argument.name) for blank in (None, "", "  ", OMITTED, [[None]])]
    complaints = [
        f"{wrong!r}: {found}"
        for wrong, code, word in cases
        if (found := complaint(answer(name, good, position, wrong), code, word))
    ]
    assert complaints == []


def good_range(good, position):
    if position < len(good) and isinstance(good[position], list):
        return good[position]
    return [[1.0, 2.0, 3.0]]  # an optional range that the example leaves out


@each_argument()
def test_an_excel_error_is_passed_through_unchanged(name, position, good_arguments):
    good = good_arguments(FUNCTIONS[name])
    passed = {code: answer(name, good, position, CellError(code)) for code in CODES if code}
    assert passed == {code: code for code in passed}
    in_a_range = {code: answer(name, good, position, [[CellError(code)]]) for code in CODES if code}
    assert in_a_range == {code: code for code in in_a_range}


@each_argument()
def test_python_raises_the_error_that_a_cell_shows(name, position, good_arguments):
    function = FUNCTIONS[name]
    good = good_arguments(function)
    good += [OMITTED] * (position + 1 - len(good))
    with pytest.raises(FunctionError) as caught:
        function.call(*good[:position], CellError(NA), *good[position + 1 :])
    assert caught.value.code == NA


@each_argument(lambda function, argument: argument.optional)
def test_an_optional_argument_may_be_left_blank(name, position, good_arguments):
    function = FUNCTIONS[name]
    good = good_arguments(function)
    short = answer(name, good, position, OMITTED)
    refused = isinstance(short, CellError) and short != NA  # without conditions a look-up may be ambiguous
    assert not refused, short.message
    for blank in (None, "", [[None]]):
        assert answer(name, good, position, blank) == short


@each_argument(takes_numbers_for_several)
def test_one_bad_cell_of_a_range_spoils_one_result(name, position, good_arguments):
    function = FUNCTIONS[name]
    good = good_arguments(function)
    value = good[position] if position < len(good) else function.arguments[position].default
    value = 1.0 if value is None or value is OMITTED else value
    alone = cells(answer(name, good, position, value))
    found = answer(name, good, position, [[value], ["abc"], [value], [CellError(NA)]])
    assert len(found) == 4
    assert_same(found, [alone, [VALUE] * len(alone), alone, [NA] * len(alone)])


@each_argument(lambda function, argument: isinstance(argument.kind, Series) and not argument.optional)
def test_a_bad_row_of_cash_flows_spoils_its_own_row(name, position, good_arguments):
    good = good_arguments(FUNCTIONS[name])
    row = good[position][0]
    alone = cells(answer(name, good, position, [row]))
    found = answer(name, good, position, [row, [*row[:-1], None], row, [CellError(NA), *row[1:]]])
    assert_same(found, [alone, [VALUE] * len(alone), alone, [NA] * len(alone)])


def cells(found) -> list:
    return [cell for row in found for cell in row] if isinstance(found, list) else [found]


def assert_same(found, expected):
    """Same cells; numbers to 14 digits, as a batch may sum in another order."""
    for row, expected_row in zip(found, expected, strict=True):
        for cell, wanted in zip(row, expected_row, strict=True):
            assert cell == (pytest.approx(wanted, rel=1e-14) if isinstance(wanted, float) else wanted)


def several_of(kinds):
    return [
        name
        for name, function in FUNCTIONS.items()
        if function.shape not in SINGLE_NUMBERS
        and sum(isinstance(a.kind, kinds) and not a.optional for a in function.arguments) > 1
    ]


@pytest.mark.parametrize("name", several_of(Number))
def test_numbers_of_different_size_are_refused_by_name(name, good_arguments):
    function = FUNCTIONS[name]
    good = good_arguments(function)
    i, j = [i for i, a in enumerate(function.arguments) if isinstance(a.kind, Number)][:2]
    good[i], good[j] = [[good[i]]] * 2, [[good[j]]] * 3
    assert_sizes_refused(function, good, i, j)


@pytest.mark.parametrize("name", several_of((Series, Vector)))
def test_series_of_different_length_are_refused_by_name(name, good_arguments):
    function = FUNCTIONS[name]
    good = good_arguments(function)
    i, j = [i for i, a in enumerate(function.arguments) if isinstance(a.kind, (Series, Vector))][:2]
    good[i] = [*good[i], good[i][-1]] if len(good[i]) > 1 else [[*good[i][0], good[i][0][-1]]]
    assert_sizes_refused(function, good, i, j)


def assert_sizes_refused(function, arguments, i, j):
    found = function.in_cell(*arguments)
    assert found == VALUE
    assert function.arguments[i].name in found.message
    assert function.arguments[j].name in found.message


@each_function
def test_too_many_arguments_are_refused(name, good_arguments):
    function = FUNCTIONS[name]
    found = function.in_cell(*[1.0] * (len(function.arguments) + 1))
    assert found == VALUE
    assert f"takes {len(function.arguments)} arguments" in found.message


@pytest.mark.parametrize(("name", "position"), [
    (name, position) for name, position in ARGUMENTS
    if FUNCTIONS[name].category == "Baselines" and FUNCTIONS[name].arguments[position].name in UNKNOWN_WORDS_ARE_NA
])  # fmt: skip
def test_an_unknown_platform_metric_model_or_claim_is_not_available(name, position, good_arguments):
    found = answer(name, good_arguments(FUNCTIONS[name]), position, "no such thing")
    assert found == NA
    assert "no such thing" in found.message or "'no'" in found.message


junk_cells = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([0.0, 1.0, -1.0, 1e308, 5e-324, -0.0]),
    st.text(max_size=3),
    st.sampled_from([CellError(code) for code in CODES if code]),
)
junk = st.one_of(
    junk_cells,
    st.integers(1, 3).flatmap(
        lambda width: st.lists(st.lists(junk_cells, min_size=width, max_size=width), min_size=1, max_size=3)
    ),
)


def is_a_cell(value) -> bool:
    return isinstance(value, (str, bool)) or (isinstance(value, float) and math.isfinite(value))


@each_function
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_whatever_comes_in_a_cell_can_hold_what_comes_out(name, data):
    function = FUNCTIONS[name]
    arguments = data.draw(st.lists(junk, min_size=0, max_size=len(function.arguments) + 1))
    found = function.in_cell(*arguments)
    rows = found if isinstance(found, list) else [[found]]
    assert all(is_a_cell(cell) for row in rows for cell in row)
    assert len({len(row) for row in rows}) == 1
    messages = [cell.message for row in rows for cell in row if isinstance(cell, CellError)]
    assert [message for message in messages if "Error:" in message] == [], "a fault of ours, not of the input"
