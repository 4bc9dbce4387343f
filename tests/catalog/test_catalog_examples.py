"""Every example of the catalogue's documentation runs as printed."""

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import udfs.catalog

MODULES = [found.name for found in pkgutil.walk_packages(udfs.catalog.__path__, "udfs.catalog.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_a_module(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_examples_of_the_read_me():
    readme = Path(udfs.catalog.__file__).with_name("README.md")
    outcome = doctest.testfile(str(readme), module_relative=False)
    assert outcome.attempted >= 5
    assert outcome.failed == 0
