"""``embed --used``, one workbook for each function: what it carries answers the call as the engine does."""

import pytest

from tokenbook.addin.lite import embed, part
from tokenbook.templates.ooxml import open_package
from tokenbook.udfs.functions import registry


@pytest.fixture(scope="module")
def answers(host_cases, alone, tmp_path_factory):
    """Function -> (its case, what the workbook made for it told Excel of itself, the answer)."""
    folder = tmp_path_factory.mktemp("used")
    cases, mains = {name: host_cases.cases_of(name)[0] for name in registry()}, []
    for name, case in cases.items():
        path, main = folder / f"{name}.xlsx", folder / f"{name}.py"
        host_cases.write_workbook(path, [case])
        with open_package(path) as package:
            assert embed(package, used_only=True).functions == 1
            main.write_text(part.lite(package).properties["main.py"], encoding="utf-8")
        mains.append(main)
    calls = [(case.function, [host_cases.plain(a) for a in case.arguments]) for case in cases.values()]
    found = alone(mains, folder, calls)
    return {name: (cases[name], *each) for name, each in zip(cases, found["each"], strict=True)}


@pytest.mark.parametrize("name", registry())
def test_a_workbook_that_calls_one_function_carries_it(name, answers, host_cases, expected):
    case, told, answer = answers[name]
    assert [function["id"] for function in told["functions"]] == [name.upper()]
    assert host_cases.difference(answer, expected[case.key]) == ""
