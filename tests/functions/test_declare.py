"""What a function gets from its declaration: orientation, broadcasting, errors in place, the Python way in."""

import math
from typing import Annotated, Any

import numpy as np
import pytest

from tokenbook.udfs.functions import registry
from tokenbook.udfs.functions.arguments import OMITTED, Number, Series, Table, Text, Vector
from tokenbook.udfs.functions.declare import Coded, declared, excel_function, registered
from tokenbook.udfs.functions.errors import CODE_INDEX, DIV0, NA, NUM, VALUE, CellError, FunctionError, NoAnswerError


def ratio(top: Annotated[Any, Number()], bottom: Annotated[Any, Number(divisor=True)] = 2.0):
    """One over the other."""
    return top / bottom


def total(rate: Annotated[Any, Number()], flows: Annotated[Any, Series()]):
    """Scaled sum of each scenario; the sum of nothing positive has no answer."""
    found = rate * flows.sum(axis=-1)
    return np.where(found > 0, found, np.nan)


def running(rate: Annotated[Any, Number()], flows: Annotated[Any, Series()]):
    """Scaled running sum of each scenario."""
    return np.asarray(rate)[..., None] * np.cumsum(flows, axis=-1)


ratio, total, running = (
    declared(ratio, "Unit cost"),
    declared(total, "Cash flow", "rows"),
    declared(running, "Cash flow", "curve", no_answer=DIV0),
)
ROW, COLUMN = [[1.0, 2.0, 3.0]], [[1.0], [2.0], [3.0]]
BLOCK = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]


# --- orientation and broadcasting -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((3.0,), 1.5),
        ((3, 2), 1.5),
        (([[3.0]], [[2.0]]), 1.5),
        ((ROW,), [[0.5, 1.0, 1.5]]),
        ((COLUMN,), [[0.5], [1.0], [1.5]]),
        ((BLOCK, 1.0), BLOCK),
        ((COLUMN, [[1.0, 2.0]]), [[1.0, 0.5], [2.0, 1.0], [3.0, 1.5]]),
        ((ROW, OMITTED), [[0.5, 1.0, 1.5]]),
        ((ROW, None), [[0.5, 1.0, 1.5]]),
    ],
)
def test_elementwise_results_lie_as_the_ranges_do(arguments, expected):
    assert ratio.in_cell(*arguments) == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((2.0, ROW), 12.0),
        ((2.0, COLUMN), 12.0),
        ((2.0, BLOCK), [[12.0], [30.0]]),
        (([[1.0], [2.0]], BLOCK), [[6.0], [30.0]]),
        (([[1.0, 2.0]], BLOCK), [[6.0], [30.0]]),
        (([[1.0, 2.0]], ROW), [[6.0, 12.0]]),
        (([[1.0], [2.0]], ROW), [[6.0], [12.0]]),
        (([[1.0, 2.0]], COLUMN), [[6.0, 12.0]]),
    ],
)
def test_one_result_per_scenario_lies_beside_its_row(arguments, expected):
    assert total.in_cell(*arguments) == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((1.0, ROW), [[1.0, 3.0, 6.0]]),
        ((1.0, COLUMN), [[1.0], [3.0], [6.0]]),
        ((1.0, BLOCK), [[1.0, 3.0, 6.0], [4.0, 9.0, 15.0]]),
        (([[1.0], [2.0]], ROW), [[1.0, 3.0, 6.0], [2.0, 6.0, 12.0]]),
        (([[1.0, 2.0]], COLUMN), [[1.0, 2.0], [3.0, 6.0], [6.0, 12.0]]),
        (([[1.0, 2.0]], ROW), [[1.0, 2.0], [3.0, 6.0], [6.0, 12.0]]),
    ],
)
def test_a_curve_runs_as_its_series_or_across_its_scenarios(arguments, expected):
    assert running.in_cell(*arguments) == expected


# --- errors in place ------------------------------------------------------------------------------------


def test_a_bad_cell_spoils_its_own_result_only():
    assert ratio.in_cell([[1.0, "x", 3.0]], [[2.0], [0.0]]) == [[0.5, VALUE, 1.5], [DIV0, VALUE, DIV0]]


def test_of_two_errors_in_a_cell_that_of_the_first_argument_shows():
    assert ratio.in_cell([[CellError(NA)]], [[0.0]]) == NA
    assert ratio.in_cell([[CellError(NA), 1.0]], [[0.0, 0.0]]) == [[NA, DIV0]]


def test_a_scenario_without_an_answer_leaves_the_others():
    assert total.in_cell(1.0, [[1.0, 2.0], [-1.0, -2.0], [1.0, None]]) == [[3.0], [NUM], [VALUE]]


def test_infinite_results_become_the_error_of_the_function():
    assert ratio.in_cell(1e308, 1e-308) == NUM
    assert ratio.in_cell([[1e308, 1.0]], 1e-308) == [[NUM, 1e308]]
    assert running.in_cell(1e308, [[1e308, 1e308]]) == [[DIV0, DIV0]]


def test_a_body_may_say_which_error_a_missing_answer_is():
    def odd(values: Annotated[Any, Number()]):
        """Odd numbers only."""
        values = np.atleast_1d(values)
        return Coded(values, np.where(values % 2 == 0, CODE_INDEX[NA], 0).astype(np.uint8))

    assert declared(odd, "Unit cost").in_cell([[1.0, 2.0, "x"]]) == [[1.0, NA, VALUE]]


def test_a_fault_of_ours_is_an_error_with_a_sentence_not_a_crash():
    def broken(value: Annotated[Any, Number()]):
        """Fails."""
        raise KeyError("nothing")

    found = declared(broken, "Unit cost").in_cell(1.0)
    assert (found, found.message) == (VALUE, "BROKEN: KeyError: 'nothing'")


def test_too_large_a_result_is_an_error():
    def greedy(value: Annotated[Any, Number()]):
        """Wants everything."""
        raise MemoryError

    assert declared(greedy, "Unit cost").in_cell(1.0) == NUM


def test_cells_never_hold_numpy_values_or_none():
    def mixed(value: Annotated[Any, Number()]):
        """All that a body may give."""
        return [["text", None, True, np.bool_(False)], [1, np.int64(2), np.float64(3.5), math.nan]]

    found = declared(mixed, "Unit cost", "table").in_cell(1.0)
    assert found == [["text", "", True, False], [1.0, 2.0, 3.5, NUM]]
    assert [type(cell) for cell in found[1][:3]] == [float, float, float]


def test_words_of_a_range_are_looked_up_one_by_one():
    def length(word: Annotated[Any, Text(many=True)], unit: Annotated[Any, Text(many=True)] = "letters"):
        """Length of a word that is not empty."""
        if not word:
            raise FunctionError("word: is blank", NA)
        return float(len(word))

    function = declared(length, "Baselines", "lookup")
    assert function.in_cell("B200") == 4.0
    assert function.in_cell([["B200", "", CellError(DIV0)], ["H100", "GB300", "x"]]) == [
        [4.0, NA, DIV0],
        [4.0, 5.0, 1.0],
    ]
    np.testing.assert_array_equal(function.call(["B200", ""]), [4.0, math.nan])


# --- the Python way in ----------------------------------------------------------------------------------


def test_python_gets_floats_and_arrays():
    assert ratio.call(3, 2) == 1.5
    assert type(ratio.call(3, 2)) is float
    np.testing.assert_array_equal(ratio.call([2, 4], bottom=2), [1.0, 2.0])
    np.testing.assert_array_equal(ratio.call(np.ones((2, 3)), 2), np.full((2, 3), 0.5))


def test_python_gets_nan_for_a_row_without_an_answer_and_an_exception_for_a_single_one():
    np.testing.assert_array_equal(total.call(1.0, np.array([[1.0, 2.0], [-1.0, 0.0]])), [3.0, math.nan])
    np.testing.assert_array_equal(total.call([1.0, -1.0], [1.0, 2.0]), [3.0, math.nan])
    with pytest.raises(NoAnswerError) as caught:
        total.call(1.0, [-1.0, 0.0])
    assert caught.value.code == NUM


def test_a_batch_of_one_scenario_stays_a_batch():
    assert total.call(1.0, np.array([[1.0, 2.0]])).shape == (1,)
    assert running.call(1.0, np.array([[1.0, 2.0]])).shape == (1, 2)
    assert np.isnan(total.call(1.0, np.array([[-1.0, -2.0]]))).tolist() == [True]


def test_python_arguments_may_be_named_but_not_twice_and_not_by_another_name():
    assert ratio.call(top=3, bottom=2) == 1.5
    with pytest.raises(TypeError, match="twice"):
        ratio.call(3, top=3)
    with pytest.raises(TypeError, match="has no argument 'base'; it takes top, bottom"):
        ratio.call(3, base=2)


def test_python_help_is_the_help_of_the_function():
    assert ratio.call.__doc__ == "One over the other."
    assert ratio.call.__name__ == "ratio"


@pytest.mark.parametrize("function", [total, running])
def test_a_batch_gives_what_its_rows_give_alone(function):
    flows = np.random.default_rng(1).normal(size=(7, 5)) + 1.0
    rates = np.linspace(0.5, 2.0, 7)
    batch = function.call(rates, flows)
    for row, rate in enumerate(rates):
        np.testing.assert_array_equal(batch[row], function.call(rate, flows[row : row + 1])[0])


# --- declarations ---------------------------------------------------------------------------------------


def test_the_signature_reads_as_in_the_reference():
    assert ratio.signature == "RATIO(top, [bottom])"


def test_a_name_is_registered_once():
    registry()
    name = next(iter(registered()))
    body = registered()[name].body
    with pytest.raises(ValueError, match=f"{name} is registered twice"):
        excel_function("Unit cost")(body)


def test_unknown_categories_and_shapes_are_refused_at_import():
    with pytest.raises(ValueError, match="unknown category"):
        excel_function("Magic")
    with pytest.raises(ValueError, match="unknown category or shape"):
        excel_function("Curves", shape="blob")


def test_vectors_of_a_function_must_be_of_one_length():
    def paired(x: Annotated[Any, Vector()], y: Annotated[Any, Vector()], at: Annotated[Any, Number()]):
        """Pairs."""
        return at + x[0] + y[0]

    function = declared(paired, "Frontier")
    assert function.in_cell(ROW, COLUMN, [[1.0], [2.0]]) == [[3.0], [4.0]]
    found = function.in_cell(ROW, [[1.0, 2.0]], 1.0)
    assert (found, found.message) == (VALUE, "PAIRED: x (3) and y (2) differ in length")


def test_vectors_that_are_not_paired_may_differ_in_length():
    def counted(x: Annotated[Any, Vector(paired=False)], y: Annotated[Any, Vector(paired=False)]):
        """Both lengths in one number."""
        return 10.0 * len(x) + len(y)

    assert declared(counted, "Frontier", "table").in_cell(ROW, [[1.0, 2.0]]) == 32.0


def test_labelled_rows_show_the_error_of_a_spoilt_scenario():
    table = Table(fields={"gpus": Number(low=0)}, required=frozenset({"gpus"}))

    def labelled(inputs: Annotated[Any, table]):
        """Twice the GPUs."""
        return [["double", *(2 * value for value in inputs["gpus"])]]

    found = declared(labelled, "Deployment", "table").in_cell([["gpus", 1, -1, 3]])
    assert found == [["double", 2.0, NUM, 6.0]]


def test_what_gives_a_grid_is_declared_a_table_and_what_gives_one_number_is_none():
    """A host spills a table whole; element by element, it would repeat it for every cell of an argument."""
    for name, function in registry().items():
        given = str(function.body.__annotations__["return"])
        if "list[list" in given:
            assert function.shape == "table", name
        if given.startswith("float"):
            assert function.shape in ("elementwise", "rows", "lookup"), name
