"""The examples in the READMEs of the rooms run as they stand there."""

import doctest
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
READMES = [
    path
    for room in ("addin", "templates", "udfs")
    for path in sorted((ROOT / room).rglob("README.md"))
    if ">>>" in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.parent.name)
def test_the_examples_give_what_they_show(path):
    results = doctest.testfile(str(path), module_relative=False)
    assert results.attempted > 0
    assert results.failed == 0
