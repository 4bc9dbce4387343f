"""What a user of Calc meets beside the table: values written into formulas, nesting, and a missing Python."""

import math
import os
import re
import sys

import openpyxl
import pytest

from tokenbook.addin.calc import profile, wrappers
from tokenbook.udfs.functions import registry

pytestmark = pytest.mark.libreoffice
EXAMPLES = {
    f"{name}-{number}": formula
    for name, function in registry().items()
    for number, (formula, _) in enumerate(function.help.examples)
}
# What no example shows: formula -> what the cell shows.
WRITTEN = {
    '=TOK_NPV(0.1,{-5,25,25,25},,"mid")': 60.2058093058453,
    "=TOK_RATE(40000,4,,0.1)": 1.02739726027397,
    "=TOK_VOLUME(72,1000,,0.5)": "#VALUE!",
    "=SUM(TOK_NPV_CURVE(0.1,{-5,25,25,25}))": 108.287002253944,
    "=IFERROR(TOK_COST(1,0),7)": 7,
    "=TOK_COST(TOK_COST(1,2),5)": 7716.04938271605,
    '=TOK_COST(1,"")': "#VALUE!",
    "=TOK_COST(1/0,5)": "#DIV/0!",
    "=TOK_COST(TRUE,5)": 55.5555555555556,
    "=TOK_NPV(0.1,Z1:Z100)": "#VALUE!",
    "=TOK_COST(1,A:B)": "#VALUE!",
    '=TOK_CLAIM("ü€")': "#N/A",
    "=tok_multiple(15,3)": 5,
}


def shown(calc, folder, formulas, name="cells"):
    """What cells with these formulas show, one below the other."""
    book = openpyxl.Workbook()
    for row, formula in enumerate(formulas, start=1):
        book.active.cell(row, 3).value = formula
    path = folder / f"{name}.xlsx"
    book.save(path)
    (made,) = calc.recalculated([path])
    sheet = openpyxl.load_workbook(made, data_only=True).active
    return [sheet.cell(row, 3).value for row in range(1, len(formulas) + 1)]


@pytest.fixture(scope="module")
def in_calc(calc, tmp_path_factory):
    formulas = [*EXAMPLES.values(), *WRITTEN]
    return dict(zip(formulas, shown(calc, tmp_path_factory.mktemp("cells"), formulas), strict=True))


@pytest.fixture(scope="module")
def in_engine(values_of):
    return values_of(EXAMPLES)


@pytest.mark.parametrize("key", EXAMPLES)
def test_an_example_of_the_help_gives_the_same_when_it_is_typed_into_calc(key, in_calc, in_engine):
    wanted = in_engine[key]
    first = wanted[0][0] if isinstance(wanted, list) else wanted
    found = in_calc[EXAMPLES[key]]
    assert found == (pytest.approx(first, rel=1e-9) if isinstance(first, float) else first)


@pytest.mark.parametrize("formula", WRITTEN)
def test_values_written_into_a_formula(formula, in_calc):
    found, wanted = in_calc[formula], WRITTEN[formula]
    assert math.isclose(found, wanted, rel_tol=1e-12) if isinstance(wanted, (int, float)) else found == wanted


@pytest.mark.parametrize("what", ["the Python is gone", "the package is gone"])
def test_without_python_cells_show_a_name_error_at_once_and_can_be_caught(what, calc, tmp_path):
    broken = str(tmp_path / "python")
    if what == "the package is gone":  # a Python that knows no module
        (tmp_path / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "$@"\n')
        os.chmod(broken, 0o755)
    module = calc.profile.module
    good = module.read_text()
    text = profile.MODULE_XML.format(
        name=wrappers.MODULE, text=profile.escape(wrappers.basic(calc.profile.place, python=broken))
    )
    try:
        module.write_text(text)
        formulas = ["=TOK_VERSION()", "=TOK_COST(1.95,28012.9)", '=IFERROR(TOK_VERSION(),"no add-in")'] * 20
        found = shown(calc, tmp_path, formulas, re.sub(r"\W", "-", what))
    finally:
        module.write_text(good)
    assert found == ["#NAME?", "#NAME?", "no add-in"] * 20
