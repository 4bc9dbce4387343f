"""What a workbook meets: ranges, blanks, text, errors and dates in cells, calculated in a real .xlsx file."""

import datetime as dt

import pytest

CELLS = {
    # a rate, a throughput, a blank (A3), text, an error, a logical value
    "A1": 1.95, "A2": 28012.9, "A4": "abc", "A5": "=1/0", "A6": True,
    # cash flows: good, with a blank, with text, with an error
    "B1": -5, "C1": 25, "D1": 25, "E1": 25,
    "B2": -5, "C2": 25, "E2": 25,
    "B3": -5, "C3": "x", "D3": 25, "E3": 25,
    "B4": -5, "C4": "=NA()", "D4": 25, "E4": 25,
    # dated cash flows down a column
    "G1": dt.date(2026, 1, 1), "G2": dt.date(2027, 1, 1), "G3": dt.date(2028, 1, 1), "H1": -100, "H2": 60, "H3": 60,
    # a deployment with a heading, a blank optional input, and a second scenario that is wrong
    "J1": "Inputs", "J2": "gpus", "K2": 72, "L2": 72, "J3": "tok_s_per_gpu", "K3": 10000, "L3": -1,
    "J4": "price_usd_per_mtok", "K4": 1.1, "L4": 1.1, "J5": "tax_rate", "J6": "months", "K6": 36, "L6": 36,
    # platforms down a column
    "M1": "B200", "M2": "h100", "M3": "Z80",
}  # fmt: skip

CASES = {
    "cells": ("=TOK_COST(Data!A1, Data!A2)", pytest.approx(0.0193363, abs=5e-8)),
    "a blank where a number belongs": ("=TOK_COST(Data!A1, Data!A3)", "#VALUE!"),
    "a blank optional argument": ("=TOK_COST(Data!A1, Data!A2, Data!A3)", pytest.approx(0.0193363, abs=5e-8)),
    "text": ("=TOK_COST(Data!A1, Data!A4)", "#VALUE!"),
    "an error": ("=TOK_COST(Data!A1, Data!A5)", "#DIV/0!"),
    "a logical value": ("=TOK_COST(Data!A6, Data!A2)", "#VALUE!"),
    "the name in Office.js hosts": ("=_xldudf_TOK_COST(1.95, 28012.9)", pytest.approx(0.0193363, abs=5e-8)),
    "an empty argument in the middle": (
        '=TOK_BASELINE("B200", "usd_per_gpu_hour", , "hyperscaler", DATE(2026, 4, 30))', 1.95,
    ),
    "a block of cash flows": (
        "=TOK_NPV(0.1, Data!B1:E4)", [[pytest.approx(57.1713, abs=5e-5)], ["#VALUE!"], ["#VALUE!"], ["#N/A"]],
    ),
    "a curve along a row": (
        "=TOK_NPV_CURVE(0.1, Data!B1:E1)", [pytest.approx([-5, 17.7273, 38.3884, 57.1713], abs=5e-5)],
    ),
    "a curve down a column": (
        "=TOK_ROI_CURVE(Data!H1:H3)", [[-1.0], [pytest.approx(-0.4)], [pytest.approx(0.2)]],
    ),
    "a curve inside another function": (
        "=INDEX(TOK_NPV_CURVE(0.1, Data!B1:E1), 1, 4) - TOK_NPV(0.1, Data!B1:E1)", pytest.approx(0, abs=1e-12),
    ),
    "date cells": ("=TOK_XIRR(Data!H1:H3, Data!G1:G3)", pytest.approx(0.130662, abs=5e-7)),
    "one scenario": ('=TOK_DEPLOYMENT(Data!J1:K6, "revenue_multiple")', "#DIV/0!"),
    "one scenario, an output": ('=TOK_DEPLOYMENT(Data!J1:K6, "total_mtok")', pytest.approx(68117760)),
    "two scenarios, one wrong": (
        '=TOK_DEPLOYMENT(Data!J1:L6, "total_mtok")', [[pytest.approx(68117760), "#NUM!"]],
    ),
    "platforms in a range": ('=TOK_BASELINE(Data!M1:M3, "tdp_w")', [[1000.0], [700.0], ["#N/A"]]),
    "IFERROR": ('=IFERROR(TOK_COST(1, 0), "none")', "none"),
}  # fmt: skip


@pytest.fixture(scope="module")
def calculated(values_of):
    return values_of({name: formula for name, (formula, _) in CASES.items()}, CELLS)


@pytest.mark.parametrize("name", CASES)
def test_in_a_cell(name, calculated):
    assert calculated[name] == CASES[name][1]
