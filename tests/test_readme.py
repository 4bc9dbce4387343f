"""The README says what is true: its example runs, its commands exist, its links lead somewhere."""

import doctest
import re
from pathlib import Path

import pytest

from tokenbook.addin.cli import run

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_python_example_gives_what_it_shows():
    results = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert results.attempted >= 3
    assert results.failed == 0


@pytest.mark.parametrize("command", sorted(set(re.findall(r"^    tokenbook ([a-z]+)", TEXT, flags=re.MULTILINE))))
def test_every_command_shown_exists(command, capsys):
    assert run([command, "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


def test_the_two_first_commands_do_all_the_set_up():
    commands = re.findall(r"^    (python .*)$", TEXT, flags=re.MULTILINE)
    assert commands[:2] == [
        "python -m pip install . && tokenbook demo",
        'python -m pip install -e ".[test]" && python -m pytest',
    ]


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (ROOT / target).exists(), target
