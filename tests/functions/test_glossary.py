"""The glossary names everything once, with its unit, and is as the code is."""

import re
from pathlib import Path

from tokenbook.udfs import catalog
from tokenbook.udfs.functions import glossary, registry
from tokenbook.udfs.kernels import deployment

PAGE = Path(glossary.__file__).with_name("GLOSSARY.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in PAGE.splitlines() if "| `" in line[:3]
]


def names() -> set[str]:
    arguments = {argument.name for function in registry().values() for argument in function.arguments}
    model = {item.name for table in (deployment.INPUTS, deployment.OUTPUTS, deployment.LINES) for item in table}
    return arguments | model | set(catalog.metrics())


def test_every_name_stands_there_exactly_once_with_a_unit_and_a_meaning():
    listed = [row[0].strip("`") for row in ROWS]
    assert len(listed) == len(set(listed))
    assert set(listed) == names()
    assert [row[0] for row in ROWS if not all(row)] == []


def test_the_page_is_current():
    assert glossary.markdown(registry()) == PAGE, (
        "udfs/functions/GLOSSARY.md is stale: python -m tokenbook.udfs.functions.glossary"
    )


def test_names_said_to_be_the_same_are_names():
    assert {name for pair in glossary.SAME for name in pair} <= names()


def test_units_of_the_model_are_those_it_declares():
    units = {row[0].strip("`"): row[1] for row in ROWS}
    for item in (*deployment.INPUTS, *deployment.OUTPUTS):
        assert item.unit in units[item.name], item.name


def test_the_help_of_every_throughput_says_which_tokens_it_counts():
    for function in registry().values():
        for argument in function.arguments:
            if argument.name == "tok_s_per_gpu":
                assert "otal" in function.help.arguments[argument.name].text, function.name


def test_the_help_of_every_token_price_says_per_how_many():
    for function in registry().values():
        for argument in function.arguments:
            if argument.name in ("usd_input", "usd_output", "usd_cached"):
                about = function.help.arguments[argument.name]
                assert about.unit == "USD per Mtok", function.name
                assert "million" in about.text, function.name
