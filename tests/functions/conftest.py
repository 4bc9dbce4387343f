"""Arguments that every function accepts, read out of the first example of its own docstring."""

import re

import pytest

from tokenbook.udfs.functions.arguments import OMITTED


@pytest.fixture
def good_arguments():
    return arguments_of_example


def arguments_of_example(function) -> list:
    formula = function.help.examples[0][0]
    text = formula[formula.index(function.name + "(") + len(function.name) + 1 :]
    parts, depth, quoted, start = [], 0, False, 0
    for position, char in enumerate(text):
        quoted ^= char == '"'
        if quoted:
            continue
        if depth == 0 and char in ",)":
            parts.append(text[start:position].strip())
            start = position + 1
            if char == ")":
                break
        depth += (char in "({") - (char in ")}")
    return [] if parts == [""] else [_value(part) for part in parts]


def _value(text: str):
    if not text:
        return OMITTED
    if text.startswith("{"):
        return [[_value(cell.strip()) for cell in _cells(row, ",")] for row in _cells(text[1:-1], ";")]
    if text.startswith('"'):
        return text[1:-1]
    return float(text)


def _cells(text: str, separator: str) -> list[str]:
    return re.findall(rf'(?:[^{separator}"]|"[^"]*")+', text)
