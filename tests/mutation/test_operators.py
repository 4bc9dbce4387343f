"""The faults of a mutation run are those it says: one stretch of text, never what no test should notice."""

import importlib.util
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def operators():
    spec = importlib.util.spec_from_file_location("mutation_operators", Path(__file__).with_name("operators.py"))
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.mark.parametrize(
    ("source", "becomes"),
    [
        ("a < b", {"a <= b", "a >= b"}),
        ("a is None", {"a is not None"}),
        ("(a) not in ( b)", {"(a) in ( b)"}),
        ("x = a * 2 + b", {"x = a / 2 + b", "x = a * 3 + b", "x = a * 2 - b"}),
        ("n += m", {"n -= m"}),
        ("x = a and b", {"x = a or b"}),
        ("x = -a", {"x = (a)"}),
        ("x = 0.5", {"x = 0.75"}),
        ("f(a, k=c)", {"pass", "f(a)"}),
        ("x = d['ß'] == 'é'", {"x = d['ß~'] == 'é'", "x = d['ß'] != 'é'", "x = d['ß'] == 'é~'"}),
        ("if a:\n    raise ValueError(1 + 1)", {"if not (a):\n    raise ValueError(1 + 1)", "if a:\n    pass"}),
        ("for a in b:\n    continue", {"for a in b:\n    break"}),
    ],
)
def test_each_fault_changes_one_place(operators, source, becomes):
    assert {mutant.applied(source) for mutant in operators.mutants(source, "x.py")} == becomes


@pytest.mark.parametrize(
    "source",
    [
        '"""Said."""\nx: int | None\n__slots__ = ("a",)',
        "def f(a: int | str, b: list[1]) -> int | None:\n    '''Said.'''\n    assert a > 1",
        "@dataclass(frozen=True)\nclass C:\n    a: int",
        "@lru_cache(maxsize=9)\ndef f(): ...",
        "class C:\n    def __repr__(self):\n        return a + b",
        "if TYPE_CHECKING:\n    x = 1",
        'if __name__ == "__main__":\n    x = 1',
        "x = f'{a + 1}' + g",
    ],
)
def test_what_no_test_should_notice_is_left_alone(operators, source):
    assert operators.mutants(source, "x.py") == []


def test_a_fault_keeps_its_name_while_lines_move(operators):
    source = "def f(a):\n    return a + 1, a + 1\n"
    before = operators.mutants(source, "x.py")
    after = operators.mutants("import b\n\n\n" + source, "x.py")
    assert [mutant.id for mutant in after] == [mutant.id for mutant in before]
    assert len({mutant.id for mutant in before}) == len(before) == 4
    assert {mutant.function for mutant in before} == {"f"}
