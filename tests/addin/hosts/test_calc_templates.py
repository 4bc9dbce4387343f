"""Every template with its function cells live in LibreOffice Calc: the same numbers, and its checks say OK."""

import re

import openpyxl
import pytest

from addin.cli import run
from templates.models import TEMPLATES

pytestmark = [pytest.mark.libreoffice, pytest.mark.slow]
MONEY, SMALL = 1e-6, 1e-9  # what counts as zero: in USD, where large amounts cancel, and elsewhere
MINUS_ZERO = re.compile(r"-(0\.0+)(?![0-9])")  # a rest of 1e-18 may have either sign in a text


@pytest.fixture(scope="module")
def recalculated(calc, tmp_path_factory):
    """Each template as made and as one LibreOffice recalculates it; one that cannot be made is missing."""
    folder = tmp_path_factory.mktemp("templates")
    made = {name: folder / f"{name}.xlsx" for name in TEMPLATES}
    made = {name: path for name, path in made.items() if run(["new", name, str(path)]) == 0}
    theirs = calc.recalculated(list(made.values()))
    return {name: (path, other) for (name, path), other in zip(made.items(), theirs, strict=True)}


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_cell_of_a_template_is_the_same_in_calc_and_its_checks_are_ok(name, recalculated, host_cases):
    made, recalculated_path = recalculated[name]
    formulas = openpyxl.load_workbook(made)
    ours = openpyxl.load_workbook(made, data_only=True)
    theirs = openpyxl.load_workbook(recalculated_path, data_only=True)
    complaints, live = [], 0
    for sheet in formulas:
        for cell in (cell for cells in sheet.iter_rows() for cell in cells if cell.data_type == "f"):
            text = getattr(cell.value, "text", cell.value)
            live += "TOK_" in text
            mine, other = ours[sheet.title][cell.coordinate].value, theirs[sheet.title][cell.coordinate].value
            if not same(host_cases, other, mine, MONEY if cell.number_format.startswith("#,##0") else SMALL):
                complaints.append(f"{sheet.title}!{cell.coordinate} {text:.80}: {other!r}, not {mine!r}")
    assert complaints == []
    assert live > 0
    sheet, cell = formulas.defined_names["check_master"].attr_text.replace("$", "").split("!")
    assert theirs[sheet.strip("'")][cell].value == "OK"


def same(host_cases, other, mine, near_zero) -> bool:
    if isinstance(mine, (int, float)) and not isinstance(mine, bool) and isinstance(other, (int, float)):
        return other == pytest.approx(mine, rel=1e-9, abs=near_zero)
    if isinstance(mine, str) and isinstance(other, str):
        mine, other = MINUS_ZERO.sub(r"+\1", mine), MINUS_ZERO.sub(r"+\1", other)
    return host_cases.same(other, mine)
