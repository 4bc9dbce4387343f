"""``embed --used``, one workbook for each function: what it carries answers the call as the engine does."""

import pytest

from tokenbook.addin.lite import embed, part
from tokenbook.templates.engine import Model
from tokenbook.templates.ooxml import open_package
from tokenbook.udfs.functions import registry


@pytest.fixture(scope="module")
def answers(host_cases, alone, tmp_path_factory):
    """Function -> what the engine says, what the workbook made for it tells Excel of itself, and what it answers."""
    folder = tmp_path_factory.mktemp("used")
    cases = [host_cases.cases_of(name)[0] for name in registry()]
    mains = [carried(host_cases, case, folder) for case in cases]
    calls = [(case.function, [host_cases.plain(a) for a in case.arguments]) for case in cases]
    placed = host_cases.write_workbook(folder / "all.xlsx", cases)
    with Model(folder / "all.xlsx") as model:
        model.recalculate()
        expected = [[[model.value(p.sheet, ref) for ref in row] for row in p.refs()] for p in placed]
    found = alone(mains, folder, calls)["each"]
    return {
        case.function: (wanted, *each) for case, wanted, each in zip(cases, expected, found, strict=True)
    }  # fmt: skip


def carried(host_cases, case, folder):
    """The main.py that a workbook with this one call carries."""
    path, main = folder / f"{case.function}.xlsx", folder / f"{case.function}.py"
    host_cases.write_workbook(path, [case])
    with open_package(path) as package:
        assert embed(package, used_only=True).functions == 1
        main.write_text(part.lite(package).properties["main.py"], encoding="utf-8")
    return main


@pytest.mark.parametrize("name", registry())
def test_a_workbook_that_calls_one_function_carries_it(name, answers, host_cases):
    wanted, told, answer = answers[name]
    assert [function["id"] for function in told["functions"]] == [name.upper()]
    assert host_cases.difference(answer, wanted) == ""
