"""A slice of the fuzzer small enough for every run; the long one is `python tests/ooxml/fuzz_package.py 100000`."""

import pytest

from tokenbook.templates import ooxml

INPUTS = 300


@pytest.mark.parametrize("seed", [101, 102])
def test_broken_and_hostile_workbooks_are_refused_or_patched_and_never_worse(fuzz_package, monkeypatch, seed):
    monkeypatch.delenv("TOKENBOOK_CORPUS", raising=False)  # the same inputs everywhere
    refused, patched, refreshed, slowest = fuzz_package.run(INPUTS, seed, report=lambda line, **_: None)
    assert refused + patched == INPUTS
    assert refused > INPUTS / 5, "the mutations hardly break anything: the fuzzer is asleep"
    assert patched > INPUTS / 5, "hardly anything is patched: the fuzzer sees refusals only"
    assert refreshed, "no input gets as far as a refresh"
    assert slowest < fuzz_package.MOST_SECONDS


def test_the_seeds_themselves_are_patched(fuzz_package, monkeypatch):
    monkeypatch.delenv("TOKENBOOK_CORPUS", raising=False)
    for seed in fuzz_package.seeds():
        assert ooxml.open_package(fuzz_package.exercise(seed)).sheets
