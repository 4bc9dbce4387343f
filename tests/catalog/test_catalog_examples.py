"""Every example of the catalogue's documentation runs as printed."""

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import tokenbook.udfs.catalog

MODULES = [found.name for found in pkgutil.walk_packages(tokenbook.udfs.catalog.__path__, "tokenbook.udfs.catalog.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_a_module(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_examples_of_the_read_me():
    readme = Path(tokenbook.udfs.catalog.__file__).with_name("README.md")
    outcome = doctest.testfile(str(readme), module_relative=False)
    assert outcome.attempted >= 5
    assert outcome.failed == 0
