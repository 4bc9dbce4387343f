"""What each kind of argument accepts, and what it says when it refuses."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

import tokenbook
from tokenbook.udfs.errors import did_you_mean
from tokenbook.udfs.functions.arguments import (
    OMITTED,
    Count,
    Day,
    Number,
    Series,
    Table,
    Text,
    Vector,
)
from tokenbook.udfs.functions.cleaning import clean
from tokenbook.udfs.functions.errors import CODE_INDEX, DIV0, NA, NUM, VALUE, CellError, FunctionError
from tokenbook.udfs.functions.scalars import is_blank, serial_day, shown

Share = Number(low=0, high=1, divisor=True, meaning="share of capacity, 0 to 1")


def refusal(kind, raw) -> tuple[str, str]:
    with pytest.raises(FunctionError) as caught:
        clean(kind, "given", raw)
    return caught.value.code, str(caught.value)


@pytest.mark.parametrize(
    ("kind", "raw", "code", "message"),
    [
        (Share, 1.4, NUM, "given: 1.4 is above 1 (share of capacity, 0 to 1)"),
        (Share, -1, NUM, "given: -1 is below 0 (share of capacity, 0 to 1)"),
        (Share, 0, DIV0, "given: 0 cannot be divided by (share of capacity, 0 to 1)"),
        (Number(above=-1), -1.0, NUM, "given: -1 is not above -1"),
        (Number(), float("inf"), NUM, "given: inf is not a finite number"),
        (Number(), float("nan"), NUM, "given: nan is not a finite number"),
        (Number(), "12", VALUE, 'given: "12" is not a number'),
        (Number(), True, VALUE, "given: TRUE is a logical value, a number belongs here"),
        (Number(), [[1, 2], [3]], VALUE, "given: is not a range of equal rows"),
        (Number(), [], VALUE, "given: is an empty range"),
        (Count(), 1.5, NUM, "given: 1.5 is not a whole number"),
        (Count(high=12, meaning="months"), 13, NUM, "given: 13 is not between 1 and 12 (months)"),
        (Count(), [[1, 2]], VALUE, "given: is a range of several cells, one value belongs here"),
        (Text(choices=("end", "mid")), "noon", VALUE, 'given: "noon" is not one of end, mid'),
        (Text(choices=(*"abcdefg", "depreciation")), "depretiation", VALUE,
         'given: there is no "depretiation"; did you mean depreciation?'),
        (Text(), True, VALUE, "given: True is not text"),
        (Day(), "soon", VALUE, 'given: "soon" is not a date (write 2026-07-31)'),
        (Day(), "2026-02-30", VALUE, 'given: "2026-02-30" is not a date (write 2026-07-31)'),
        (Day(), -1, NUM, "given: -1 is not a date serial"),
        (Series(), [[1.0, None, 3.0]], VALUE, "given, position 2: is blank, a number belongs here"),
        (Series(), [[1.0], [""], [3.0]], VALUE, "given, position 2: is blank, a number belongs here"),
        (Series(least=2), 5.0, NUM, "given: has length 1, at least 2 values belong here"),
        (Series(low=0), [[1.0, -2.0]], NUM, "given, position 2: -2 is below 0"),
        (Series(), [1.0, CellError(NA)], NA, "given, position 2 holds #N/A"),
        (Vector(above=0), [1.0, 0.0], NUM, "given, position 2: 0 is not above 0"),
        (Vector(dates=True), ["2026-01-01", "later"], VALUE,
         'given, position 2: "later" is not a date (write 2026-07-31)'),
        (Number(), CellError(NA, "rate: unknown"), NA, "rate: unknown"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_was_given_what_is_allowed_and_where(kind, raw, code, message):
    assert refusal(kind, raw) == (code, message)


def test_the_position_in_a_block_is_given_by_row_and_column():
    cleaned = clean(Number(low=0), "given", [[1.0, 2.0], [3.0, -4.0]])
    assert cleaned.codes.tolist() == [[0, 0], [0, CODE_INDEX[NUM]]]
    assert np.isnan(cleaned.value[1, 1])


def test_a_bad_row_of_a_block_of_series_is_marked_with_its_first_error():
    rows = [[1.0, 2.0, 3.0], [1.0, None, CellError(NA)], [1.0, CellError(NA), None]]
    cleaned = clean(Series(), "flows", rows)
    assert cleaned.codes.tolist() == [0, CODE_INDEX[VALUE], CODE_INDEX[NA]]
    assert np.isfinite(cleaned.value).all(axis=1).tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("raw", "column"),
    [([[1.0, 2.0]], False), ([[1.0], [2.0]], True), ([1.0, 2.0], False), (((1.0, 2.0),), False),
     (np.array([1.0, 2.0]), False), (np.array([1, 2]), False), (pd.Series([1.0, 2.0]), False)],
)  # fmt: skip
def test_a_series_remembers_whether_it_ran_down_a_column(raw, column):
    cleaned = clean(Series(), "flows", raw)
    assert cleaned.value.tolist() == [1.0, 2.0]
    assert cleaned.column is column


def test_a_frame_is_read_as_one_scenario_per_row():
    frame = pd.DataFrame([[-5.0, 3.0, 4.0], [-5.0, 1.0, 9.0]])
    assert clean(Series(), "flows", frame).value.tolist() == frame.to_numpy().tolist()


DAY = dt.date(2026, 7, 31)
SERIAL = 46234.0


@pytest.mark.parametrize(
    "raw",
    [SERIAL, 46234, "2026-07-31", " 2026-07-31 ", DAY, dt.datetime(2026, 7, 31), np.datetime64("2026-07-31"),
     pd.Timestamp("2026-07-31"), dt.datetime(2026, 7, 31, tzinfo=dt.UTC)],
)  # fmt: skip
def test_a_date_may_come_in_any_usual_form(raw):
    assert serial_day("date", raw) == SERIAL
    assert clean(Day(), "date", raw).value == "2026-07-31"


@pytest.mark.parametrize(
    "dates",
    [
        ["2026-07-31", "2026-08-01"],
        [DAY, DAY + dt.timedelta(days=1)],
        np.array(["2026-07-31", "2026-08-01"], dtype="datetime64[D]"),
        np.array(["2026-07-31", "2026-08-01"], dtype="datetime64[ns]"),
        pd.Series(pd.to_datetime(["2026-07-31", "2026-08-01"])),
        [[SERIAL], ["2026-08-01"]],
    ],
)
def test_a_range_of_dates_may_come_in_any_usual_form(dates):
    assert clean(Series(dates=True), "dates", dates).value.tolist() == [SERIAL, SERIAL + 1]


def test_a_missing_day_of_a_pandas_column_is_refused():
    code, message = refusal(Series(dates=True), pd.Series(pd.to_datetime(["2026-07-31", None])))
    assert (code, message) == (NUM, "given, position 2 is not a finite number")


@pytest.mark.parametrize(
    ("raw", "text"), [("2026-07", "2026-07"), ("2026", "2026"), (2026.0, "2026"), (1990, "1990"), (2199, "2199"),
                      (1989, "1905-06-11"), (2200, "1906-01-08"), (46234.9, "2026-07-31")],
)  # fmt: skip
def test_a_month_or_a_year_counts_as_a_date_of_knowledge(raw, text):
    assert clean(Day(), "as_of", raw).value == text


def test_words_are_trimmed_and_choices_are_found_in_any_case():
    assert clean(Text(), "word", "  B200 ").value == "B200"
    assert clean(Text(), "word", 120.0).value == "120"
    assert clean(Text(choices=("SL", "DDB")), "method", " ddb").value == "DDB"


def test_a_range_of_words_keeps_the_error_of_each_cell():
    found = clean(Text(many=True), "platform", [["B200", None, True, CellError(NA)]]).value
    assert found.tolist() == [["B200", "", VALUE, NA]]


FIELDS = Table(
    fields={"gpus": Number(low=0), "months": Count(high=600), "timing": Text(choices=("end", "mid"))},
    required=frozenset({"gpus"}),
)


def test_a_table_gives_values_by_name_and_passes_headings_and_blanks_over():
    rows = [["Hardware", None], ["GPUs", 72], [None, None], ["months", None], ["Timing", "MID"]]
    assert clean(FIELDS, "inputs", rows).value == {"gpus": 72.0, "months": None, "timing": "mid"}


def test_further_columns_are_further_scenarios_and_a_bad_cell_spoils_one():
    rows = [["gpus", 72, -1, CellError(NA), None, 8], ["timing", "mid", "end", "end", "end", "noon"]]
    cleaned = clean(FIELDS, "inputs", rows)
    assert cleaned.codes.tolist() == [0, CODE_INDEX[NUM], CODE_INDEX[NA], CODE_INDEX[VALUE], CODE_INDEX[VALUE]]
    assert cleaned.value["gpus"][0] == 72.0


def test_a_mapping_with_arrays_is_checked_as_a_range_is():
    cleaned = clean(FIELDS, "inputs", {"gpus": np.array([72.0, -1.0, np.nan]), "months": 12})
    assert cleaned.codes.tolist() == [0, CODE_INDEX[NUM], CODE_INDEX[NUM]]
    assert cleaned.value["months"] == 12
    assert refusal(FIELDS, {"gpus": [1, 2], "timing": ["end", "mid", "end"]})[0] == VALUE
    assert refusal(FIELDS, {"gups": 72}) == (VALUE, 'given: the model has no input "gups"; did you mean gpus?')


def test_blank_is_what_a_reader_would_call_blank():
    assert [is_blank(raw) for raw in (None, OMITTED, "", "  ")] == [True] * 4
    assert [is_blank(raw) for raw in (0.0, False, "0", [])] == [False] * 4


def test_only_a_close_word_is_suggested():
    assert did_you_mean("platfrom", ["platform", "metric"]) == "; did you mean platform?"
    assert did_you_mean("zzz", ["platform", "metric"]) == ""


def test_a_message_shows_forty_characters_of_what_was_given():
    """The text of an error stands in one line; the whole is in the cell anyway."""
    assert shown("x" * 38) == '"' + "x" * 38 + '"'
    assert shown("x" * 39) == '"' + "x" * 36 + "..."
    assert shown(1.5) == "1.5"


def test_an_empty_dictionary_of_inputs_says_which_input_is_missing():
    with pytest.raises(FunctionError, match="gpus: a value is needed"):
        tokenbook.tok_deployment({})


@pytest.mark.parametrize("given", [[], [1.0, 2.0], ["gpus", 720], 5.0])
def test_inputs_that_are_no_rows_of_name_and_value_are_refused_in_one_line(given):
    with pytest.raises(FunctionError, match="a range with names in its first column and values beside them"):
        tokenbook.tok_deployment(given)
