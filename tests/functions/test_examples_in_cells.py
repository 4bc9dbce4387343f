"""Every example of every docstring, calculated by the engine in a cell of a real .xlsx file."""

import re

import pytest

from tokenbook.udfs.functions import registry

EXAMPLES = {
    f"{name}-{index}": (formula, shown)
    for name, function in registry().items()
    for index, (formula, shown) in enumerate(function.help.examples)
}


@pytest.fixture(scope="module")
def calculated(values_of):
    return values_of({key: formula for key, (formula, _) in EXAMPLES.items()})


@pytest.mark.parametrize("key", EXAMPLES)
def test_the_example_gives_the_value_that_the_help_shows(key, calculated):
    shown = EXAMPLES[key][1]
    found = calculated[key]
    rows = found if isinstance(found, list) else [[found]]
    expected = [row.split(", ") for row in shown.strip("{}").split("; ")] if shown.startswith("{") else [[shown]]
    assert [len(row) for row in rows] == [len(row) for row in expected], found
    for row, texts in zip(rows, expected, strict=True):
        for cell, text in zip(row, texts, strict=True):
            assert_shows(cell, text)


def assert_shows(cell, text: str):
    """A cell as the help prints it: text in quotes, an error, or a number to the digits that are given."""
    if not re.fullmatch(r"-?[\d.]+", text):
        assert cell == text.strip('"')
        return
    assert isinstance(cell, float), cell
    decimals = len(text.partition(".")[2])
    exact = "." not in text
    assert cell == pytest.approx(float(text), rel=1e-12, abs=1e-12 if exact else 0.5000001 * 10**-decimals)


def test_every_function_has_an_example_that_calls_it():
    assert [
        f.name for f in registry().values() if not any(f"{f.name}(" in formula for formula, _ in f.help.examples)
    ] == []
