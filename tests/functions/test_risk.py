"""Tornado, two-way table and simulation as a workbook meets them: ranges with headings, half matrices, blanks."""

import numpy as np
import pytest

import tokenbook
from tokenbook.udfs.functions import registry
from tokenbook.udfs.functions.errors import DIV0, NA, NUM, VALUE, CellError
from tokenbook.udfs.kernels import deployment

INPUTS = {"gpus": 720, "tok_s_per_gpu": 10_000, "price_usd_per_mtok": 0.4, "capex_usd_per_gpu": 45_000,
          "utilization_end": 0.7, "tax_rate": 0.21}  # fmt: skip
RANGE = [[name, float(value)] for name, value in INPUTS.items()]
UNCERTAIN = [
    ["price_usd_per_mtok", "lognormal", 0.4, 0.1, None],
    ["utilization_end", "PERT", 0.4, 0.7, 0.9],
    ["tax_rate", "normal", 0.2, 0.2, None],
]
HALF = [
    ["", "price_usd_per_mtok", "utilization_end"],
    ["price_usd_per_mtok", None, None],
    ["utilization_end", 0.6, 1.0],
]
simulate, tornado, grid = (registry()[name].in_cell for name in ("tok_simulate", "tok_tornado", "tok_grid"))


def table(found) -> dict:
    """A spilled table by its first column."""
    assert not isinstance(found, CellError), found.message
    return {row[0]: row[1:] for row in found[1:]}


def npv(**changes) -> float:
    return float(deployment.run({**INPUTS, **changes}, outputs=["npv"]).outputs["npv"][0])


class TestTornado:
    def test_rows_are_read_with_a_heading_and_blank_rows(self):
        ranges = [["Input", "Low", "High"], ["Price USD-per Mtok", 0.3, 0.5], [None] * 3, ["tax rate", 0.1, 0.3]]
        found = table(tornado(RANGE, ranges))
        assert list(found) == ["price_usd_per_mtok", "tax_rate"]
        expected = [0.3, 0.4, 0.5, npv(price_usd_per_mtok=0.3), npv(), npv(price_usd_per_mtok=0.5)]
        assert found["price_usd_per_mtok"][:6] == pytest.approx(expected, rel=1e-12)

    def test_a_share_moves_every_number_that_is_given_within_its_range(self):
        found = table(tornado([*RANGE, ["months", 48.0], ["acquisition", "own"], ["availability", 0.95]], 0.1))
        assert set(found) == {*INPUTS, "availability"}
        assert found["availability"][:3] == [pytest.approx(0.855), 0.95, 1.0]
        assert found["gpus"][:3] == [pytest.approx(648), 720.0, pytest.approx(792)]

    def test_words_and_a_result_without_an_answer(self):
        found = table(tornado(RANGE, [["acquisition", "own", "rent"]], "irr"))
        assert found["acquisition"][:3] == ["own", "own", "rent"]
        assert found["acquisition"][5:] == [NUM, NUM]

    @pytest.mark.parametrize(
        ("ranges", "code", "message"),
        [
            ([["tax_rate", 0.1, 1.5]], NUM, "ranges, row 1, high (tax_rate): 1.5 is above 1 (share of profit)"),
            ([["tax_rate", None, 0.5]], VALUE, "ranges, row 1, low: is blank, a value of tax_rate belongs here"),
            ([["tax_rate", 0.1, 0.5]] * 2, VALUE, "ranges, row 2: tax_rate is given twice"),
            ([["tax_rate", "x", 0.5]], VALUE, 'ranges, row 1, low (tax_rate): "x" is not a number'),
            ([["tax_rat", 0.1, 0.5]], VALUE, "ranges, row 1: the model has no input 'tax_rat'; did you mean tax_rate?"),
            ([[None, 0.1, 0.5]], VALUE, "ranges, row 1: the name of the input is missing"),
            ([["a", "b", "c"]], VALUE, "ranges: is blank"),
            (10.0, NUM, "ranges: 10 is above 1 (share of the base value: 0.1 for 10 % down and up)"),
            ("x", VALUE, 'ranges: "x" is not a number'),
        ],
    )
    def test_refusals_say_where(self, ranges, code, message):
        found = tornado(RANGE, ranges)
        assert (found, found.message) == (code, message)


class TestGrid:
    def test_rows_and_columns_lie_as_their_values_do_whatever_way_they_are_given(self):
        expected = [[npv(price_usd_per_mtok=p, tax_rate=t) for t in (0.1, 0.2, 0.3)] for p in (0.3, 0.5)]
        for rows in ([[0.3], [0.5]], [[0.3, 0.5]]):
            found = grid(RANGE, "price_usd_per_mtok", rows, "tax_rate", [[0.1], [0.2], [0.3]])
            assert np.array(found) == pytest.approx(np.array(expected), rel=1e-12)

    def test_in_python_it_is_an_array(self):
        found = tokenbook.tok_grid(INPUTS, "acquisition", ["own", "rent"], "pue", 1.2, "irr")
        assert found.shape == (2, 1)
        assert np.isnan(found[1, 0])

    def test_a_combination_without_an_answer_is_an_error_in_its_cell(self):
        found = grid(RANGE, "acquisition", [["own", "rent"]], "price_usd_per_mtok", [[0.3, 0.4]], "irr")
        assert found[1] == [NUM, NUM]
        assert all(isinstance(cell, float) for cell in found[0])

    @pytest.mark.parametrize(
        ("rows", "code", "message"),
        [
            ([[0.1, 1.2]], NUM, "row_values, position 2 (tax_rate): 1.2 is above 1 (share of profit)"),
            ([[0.1, None]], VALUE, "row_values, position 2: is blank, a value of tax_rate belongs here"),
            ([[0.1, 0.2], [0.1, 0.2]], VALUE, "row_values: is a 2 x 2 block, one row or column belongs here"),
            ([[None], [None]], VALUE, "row_values: is blank"),
        ],
    )
    def test_refusals_say_where(self, rows, code, message):
        found = grid(RANGE, "tax_rate", rows, "pue", 1.2)
        assert (found, found.message) == (code, message)


class TestSimulate:
    def test_the_summary_of_two_outputs(self):
        found = simulate(RANGE, UNCERTAIN, 5000.0, 3.0, "npv, lcot", HALF)
        assert found[0] == ["statistic", "npv", "standard error", "lcot", "standard error"]
        rows = table(found)
        figures = ["mean", "sd", "p5", "p10", "p25", "p50", "p75", "p90", "p95", "lowest", "highest"]
        risks = ["probability_of_loss", "expected_shortfall", "no_answer", "clipped"]
        assert list(rows) == ["trials", *figures, *risks]
        points = [rows[name][0] for name in ("lowest", "p5", "p25", "p50", "p75", "p95", "highest")]
        assert points == sorted(points)
        assert rows["expected_shortfall"][0] < rows["p5"][0]  # of money the lowest, of costs the highest
        assert rows["expected_shortfall"][2] > rows["p95"][2]
        assert rows["clipped"][0] == pytest.approx(5000 * 0.158655, rel=0.05)  # tax rates below 0

    def test_the_same_call_gives_the_same_cells_and_another_seed_others(self):
        assert simulate(RANGE, UNCERTAIN) == simulate(RANGE, UNCERTAIN, 10_000.0, 1.0)
        assert simulate(RANGE, UNCERTAIN) != simulate(RANGE, UNCERTAIN, 10_000.0, 2.0)

    @pytest.mark.parametrize("method", ["latin_hypercube", "sobol", "plain"])
    def test_correlations_are_found_as_drawn(self, method):
        found = simulate(RANGE, UNCERTAIN, 10_000.0, 1.0, "npv", HALF, "correlations", None, None, method)
        rows = table(found)
        assert found[0][1:] == ["utilization_end", "price_usd_per_mtok", "tax_rate", "npv"]
        assert rows["utilization_end"][:3] == [1.0, pytest.approx(0.6, abs=0.02), pytest.approx(0, abs=0.03)]

    def test_correlations_in_all_the_ways_they_are_written(self):
        full = [[HALF[0][0], *HALF[0][1:]], ["price_usd_per_mtok", 1.0, 0.6], ["utilization_end", 0.6, 1.0]]
        upper = [HALF[0], ["price_usd_per_mtok", 1.0, 0.6], ["utilization_end", None, None]]
        pairs = [["utilization_end", "price_usd_per_mtok", 0.6]]
        headed = [["first", "second", "correlation"], *pairs]
        expected = simulate(RANGE, UNCERTAIN, 1000.0, 1.0, "npv", HALF)
        for way in (full, upper, pairs, headed, {("price_usd_per_mtok", "utilization_end"): 0.6}):
            assert simulate(RANGE, UNCERTAIN, 1000.0, 1.0, "npv", way) == expected
        assert simulate(RANGE, UNCERTAIN, 1000.0, 1.0, "npv", [[None] * 3] * 3) != expected

    def test_the_histogram_holds_all_trials_and_ends_at_one(self):
        found = simulate(RANGE, UNCERTAIN, 5000.0, 1.0, "npv", None, "histogram", None, 8.0)
        assert found[0] == ["from", "to", "trials", "share", "cumulative"]
        assert (len(found), sum(row[2] for row in found[1:]), found[-1][4]) == (9, 5000.0, 1.0)

    def test_percentiles_agree_with_the_summary(self):
        summary, curve = (table(simulate(RANGE, UNCERTAIN, 2000.0, 1.0, "npv", None, show))
                          for show in ("summary", "percentiles"))  # fmt: skip
        assert len(curve) == 99
        assert {p: curve[p / 100] for p in (5, 50, 95)} == {p: summary[f"p{p}"] for p in (5, 50, 95)}

    def test_drivers_and_inputs_as_drawn(self):
        drivers = table(simulate(RANGE, UNCERTAIN, 5000.0, 1.0, "npv", None, "drivers"))
        assert next(iter(drivers)) == "price_usd_per_mtok"
        assert sum(row[1] for row in drivers.values()) == pytest.approx(1.0)
        inputs = table(simulate(RANGE, UNCERTAIN, 5000.0, 1.0, "npv", None, "inputs"))
        assert inputs["price_usd_per_mtok"][:3] == [
            "lognormal(0.4, 0.1)",
            pytest.approx(0.4, rel=0.001),
            pytest.approx(0.1, rel=0.01),
        ]

    def test_every_trial_can_be_looked_at(self):
        found = simulate(RANGE, UNCERTAIN, 50.0, 1.0, "npv", None, "trials")
        assert found[0] == ["trial", "utilization_end", "price_usd_per_mtok", "tax_rate", "npv"]
        assert len(found) == 51
        number, utilization, price, tax, value = found[17]
        assert number == 17.0
        assert value == pytest.approx(npv(utilization_end=utilization, price_usd_per_mtok=price, tax_rate=tax))

    def test_the_probability_of_a_loss_is_that_of_falling_below_the_target(self):
        value, curve = 5e7, table(simulate(RANGE, UNCERTAIN, 4000.0, 1.0, "npv", None, "trials"))
        below = np.mean([row[-1] < value for row in curve.values()])
        rows = table(simulate(RANGE, UNCERTAIN, 4000.0, 1.0, "npv", None, None, value))
        assert rows["probability_of_loss"][0] == pytest.approx(below)
        assert 0.0 < below < 1.0

    def test_an_output_without_an_answer_in_any_trial(self):
        rented = [*RANGE, ["acquisition", "rent"]]
        rows = table(simulate(rented, UNCERTAIN, 100.0, 1.0, "irr"))
        assert (rows["p50"], rows["no_answer"][0]) == ([NUM, NUM], 1.0)
        found = simulate(rented, UNCERTAIN, 100.0, 1.0, "irr", None, "histogram")
        assert (found, found.message) == (NUM, "irr: has no answer in any trial")

    @pytest.mark.parametrize(
        ("given", "code", "message"),
        [
            ([[["pue", "nomal", 1.0, 2.0]]], VALUE,
             "distributions, row 1: pue: there is no distribution 'nomal'; did you mean normal?"),
            ([[["puw", "normal", 1.0, 2.0]]], VALUE,
             "distributions, row 1: the model has no input 'puw'; did you mean pue?"),
            ([[["pue", "normal", 1.0, -2.0]]], NUM, "distributions, row 1: pue: normal: an sd of -2 is negative"),
            ([[["pue", "pert", 1.0, None, 2.0]]], VALUE, "distributions, row 1: pue: parameter 2 is blank"),
            ([[["pue", 1.0, 2.0, 3.0]]], VALUE, "distributions, row 1: pue: the name of a distribution is missing"),
            ([[["pue", "fixed", 1.1]] * 2], VALUE, "distributions, row 2: pue is given twice"),
            ([[["months", "fixed", 12.0]]], VALUE,
             "distributions: months: is the same in all trials and cannot be uncertain"),
            ([[["a", "b", "c"]]], VALUE, "distributions: is blank"),
            ([UNCERTAIN, 1000.0, 1.0, "npv, irr", None, "drivers"], VALUE,
             "output: drivers is of one output, 2 were given"),
            ([UNCERTAIN, 1000.0, 1.0, "npv", [["pue", "tax_rate", 0.5]]], VALUE,
             "correlations, row 1: pue has no distribution"),
            ([UNCERTAIN, 1000.0, 1.0, "npv", [["tax_rate", "utilization_end", 1.5]]], NUM,
             "correlations: utilization_end and tax_rate: 1.5 is not between -1 and 1"),
            ([UNCERTAIN, 1000.0, 1.0, "npv", [["tax_rate", "tax_rate", 0.5]]], NUM,
             "correlations, row 1: tax_rate with itself is 0.5, it must be 1"),
            ([UNCERTAIN, 1000.0, 1.0, "npv", [["tax_rate", "utilization_end", "x"]]], VALUE,
             "correlations, row 1: 'x' is not a number"),
            ([UNCERTAIN, 1000.0, 1.0, "npv", [["", "tax_rate", "utilization_end"], ["tax_rate", 1.0, 0.5]]], VALUE,
             "correlations: 1 rows and 2 columns of numbers; a square with names above and on the left belongs here"),
            ([UNCERTAIN, 1000.0, 1.0, "npv", [["", "tax_rate", "utilization_end"], ["tax_rate", 1.0, 0.5],
                                              ["utilization_end", 0.4, 1.0]]], NUM,
             "correlations, row 3: utilization_end and tax_rate: 0.4 here, 0.5 in the other half"),
        ],
    )  # fmt: skip
    def test_refusals_say_where(self, given, code, message):
        found = simulate(RANGE, *given)
        assert (found, found.message) == (code, message)

    def test_an_impossible_matrix_names_the_pair_and_a_possible_one(self):
        found = simulate(RANGE, UNCERTAIN, 1000.0, 1.0, "npv", [
            ["price_usd_per_mtok", "utilization_end", 0.9], ["price_usd_per_mtok", "tax_rate", 0.9],
            ["utilization_end", "tax_rate", -0.5],
        ])  # fmt: skip
        assert found == NUM
        assert "smallest eigenvalue -0.55" in found.message
        assert "price_usd_per_mtok 0.6 instead of 0.9" in found.message


def test_all_three_in_the_cells_of_a_workbook(values_of):
    cells = {f"{column}{row}": value
             for row, pair in enumerate(RANGE, start=2) for column, value in zip("AB", pair, strict=True)}  # fmt: skip
    cells |= {"A1": "Inputs", "D1": "input", "E1": "distribution"}
    for row, uncertain in enumerate(UNCERTAIN, start=2):
        cells |= {f"{c}{row}": v for c, v in zip("DEFGH", uncertain, strict=True) if v is not None}
    cells |= {"J1": "price_usd_per_mtok", "K1": "utilization_end", "L1": 0.6}
    found = values_of(
        {
            "simulate": "=TOK_SIMULATE(Data!A1:B8, Data!D1:H6, 2000, 1, , Data!J1:L1)",
            "one": '=INDEX(TOK_SIMULATE(Data!A1:B8, Data!D1:H6, 2000, 1, "npv", Data!J1:L1), 8, 2)',
            "tornado": "=TOK_TORNADO(Data!A1:B8, 0.1)",
            "grid": '=TOK_GRID(Data!A1:B8, "pue", Data!L1, "gpus", 720)',
            "wrong": '=TOK_SIMULATE(Data!A1:B8, Data!D1:H6, 2000, 1, "no such output")',
            "never": '=INDEX(TOK_GRID(Data!A1:B8, "price_usd_per_mtok", {0,0.4}, "gpus", 720, "payback_months"), 1, 1)',
            "nothing": '=INDEX(TOK_GRID(Data!A1:B8, "utilization_end", {0,0.4}, "utilization_start", 0, "lcot"), 1, 1)',
        },
        cells,
    )
    assert found["simulate"][7][:2] == ["p50", found["one"]]
    expected = simulate(RANGE, UNCERTAIN, 2000.0, 1.0, "npv", [["price_usd_per_mtok", "utilization_end", 0.6]])
    assert found["simulate"][2][1] == pytest.approx(expected[2][1], rel=1e-12)
    assert found["tornado"][0][0] == "input"
    assert (found["grid"], found["wrong"]) == (NUM, VALUE)  # a PUE of 0.6
    assert (found["never"], found["nothing"]) == (NA, DIV0)
