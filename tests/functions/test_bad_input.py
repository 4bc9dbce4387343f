"""The error table of the add-in, tried on every argument of every function.

The cases follow from the registry: what kind an argument is decides what is wrong for it, and with which error a
cell must answer. A new function is covered as soon as it is registered.
"""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from udfs.functions import registry
from udfs.functions.arguments import OMITTED, Count, Day, Number, Series, Table, Text, Vector
from udfs.functions.errors import CODES, DIV0, NA, NUM, VALUE, CellError, FunctionError

FUNCTIONS = registry()
ARGUMENTS = [(name, position) for name, f in FUNCTIONS.items() for position in range(len(f.arguments))]
each_argument = pytest.mark.parametrize(("name", "position"), ARGUMENTS, ids=lambda value: str(value))
each_function = pytest.mark.parametrize("name", FUNCTIONS)
UNKNOWN_WORDS_ARE_NA = {"platform", "metric", "model", "conditions", "id", "field"}


def wrong_for(kind, single_only: bool):
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
        if single_only:
            yield [[1.0, 1.0]], VALUE
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
    if kind.least > 1:
        yield [flat[: kind.least - 1]], NUM
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


@each_argument
def test_a_bad_argument_shows_its_documented_error_and_is_named(name, position, good_arguments):
    function = FUNCTIONS[name]
    argument, good = function.arguments[position], good_arguments(function)
    single_only = function.shape in ("table", "lookup")
    cases = [(wrong, code, argument.name) for wrong, code in wrong_for(argument.kind, single_only)]
    if isinstance(argument.kind, (Series, Vector)):
        cases += [(wrong, code, argument.name) for wrong, code in wrong_in_range(argument.kind, good_range(good, position))]
    if isinstance(argument.kind, Table):
        cases += list(wrong_in_table(good[position]))
    if not argument.optional and not getattr(argument.kind, "blank", False):
        cases += [(blank, VALUE, argument.name) for blank in (None, "", "  ", OMITTED, [[None]])]
    complaints = [
        f"{wrong!r}: {found}" for wrong, code, word in cases if (found := complaint(answer(name, good, position, wrong), code, word))
    ]
    assert complaints == []


def good_range(good, position):
    if position < len(good) and isinstance(good[position], list):
        return good[position]
    return [[1.0, 2.0, 3.0]]  # an optional range that the example leaves out


@each_argument
def test_an_excel_error_is_passed_through_unchanged(name, position, good_arguments):
    good = good_arguments(FUNCTIONS[name])
    passed = {code: answer(name, good, position, CellError(code)) for code in CODES if code}
    assert passed == {code: code for code in passed}
    in_a_range = {code: answer(name, good, position, [[CellError(code)]]) for code in CODES if code}
    assert in_a_range == {code: code for code in in_a_range}


@each_argument
def test_python_raises_the_error_that_a_cell_shows(name, position, good_arguments):
    function = FUNCTIONS[name]
    good = good_arguments(function)
    good += [OMITTED] * (position + 1 - len(good))
    with pytest.raises(FunctionError) as caught:
        function.call(*good[:position], CellError(NA), *good[position + 1 :])
    assert caught.value.code == NA


@each_argument
def test_an_optional_argument_may_be_left_blank(name, position, good_arguments):
    function = FUNCTIONS[name]
    argument, good = function.arguments[position], good_arguments(function)
    if not argument.optional:
        return
    short = function.in_cell(*[OMITTED if i == position else value for i, value in enumerate(good)])
    assert not isinstance(short, CellError), short.message
    for blank in (None, "", OMITTED, [[None]]):
        assert answer(name, good, position, blank) == short


@each_argument
def test_one_bad_cell_of_a_range_spoils_one_result(name, position, good_arguments):
    function = FUNCTIONS[name]
    argument, good = function.arguments[position], good_arguments(function)
    if not isinstance(argument.kind, Number) or function.shape in ("table", "lookup"):
        return
    value = good[position] if position < len(good) and good[position] is not OMITTED else argument.default
    alone = answer(name, good, position, value)
    column = answer(name, good, position, [[value], ["abc"], [value], [CellError(NA)]])
    one = lambda found: found if isinstance(found, list) else [[found]]  # noqa: E731
    width = len(one(alone)[0]) if len(one(alone)) == 1 else len(one(alone))
    if len(column) != 4:  # the other ranges of the example run down a column, so the results lie across
        column = [list(row) for row in zip(*column, strict=True)]
    flat = [cell for row in one(alone) for cell in row]
    assert column == [flat, [VALUE] * width, flat, [NA] * width]


@each_argument
def test_a_bad_row_of_cash_flows_spoils_its_own_row(name, position, good_arguments):
    function = FUNCTIONS[name]
    argument, good = function.arguments[position], good_arguments(function)
    if not isinstance(argument.kind, Series) or position >= len(good):
        return
    row = good_range(good, position)[0]
    good = good[:position] + [[row]] + good[position + 1 :]
    alone = answer(name, good, position, [row])
    alone = alone[0] if isinstance(alone, list) else [alone]
    found = answer(name, good, position, [row, [*row[:-1], None], row, [CellError(NA), *row[1:]]])
    assert found == [alone, [VALUE] * len(alone), alone, [NA] * len(alone)]


@each_function
def test_ranges_that_do_not_fit_each_other_are_refused_by_name(name, good_arguments):
    function = FUNCTIONS[name]
    good = good_arguments(function)
    for kinds, short, long in (
        ((Number,), lambda v: [[v], [v]], lambda v: [[v], [v], [v]]),
        ((Series, Vector), lambda v: [v[0][:-1]], lambda v: v),
    ):
        of_kind = [
            (position, argument)
            for position, argument in enumerate(function.arguments[: len(good)])
            if isinstance(argument.kind, kinds) and good[position] is not OMITTED
        ]
        if len(of_kind) < 2 or function.shape in ("table", "lookup"):
            continue
        (i, first), (j, second) = of_kind[:2]
        mixed = list(good)
        mixed[i], mixed[j] = short(good[i]), long(good[j])
        found = function.in_cell(*mixed)
        assert (found, first.name in found.message, second.name in found.message) == (VALUE, True, True)


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
    unforeseen = [cell.message for row in rows for cell in row if isinstance(cell, CellError) and "Error:" in cell.message]
    assert unforeseen == []
