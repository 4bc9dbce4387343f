"""The gate on types: a room may have fewer errors than its limit, never more."""

import importlib.util
import tomllib
from collections import Counter
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def check():
    spec = importlib.util.spec_from_file_location("types_check", HERE / "check.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("path", "room"),
    [
        ("udfs/kernels/units.py", "udfs/kernels"),
        ("templates/models/shared/fill.py", "templates/models"),
        ("templates/build.py", "templates"),
        ("__init__.py", "face"),
    ],
)
def test_a_file_counts_for_its_room(check, path, room):
    lines = [f"tokenbook/{path}:7: error: Missing return type  [no-untyped-def]", "Found 1 error in 1 file"]
    assert check.counted([line for line in lines if check.ERROR.match(line)]) == {room: 1}


def test_more_errors_than_allowed_are_worse_fewer_are_told(check):
    worse, better = check.compared(Counter({"a": 3, "b": 1, "new": 1}), {"a": 2, "b": 2, "c": 1})
    assert [text.split(":")[0] for text in worse] == ["a", "new"]
    assert [text.split(":")[0] for text in better] == ["b", "c"]
    assert check.compared(Counter({"a": 2}), {"a": 2}) == ([], [])


def test_a_limit_only_ever_falls(check):
    text = check.lowered(Counter({"a": 3, "b": 1}), {"a": 2, "b": 2, "c": 1})
    assert tomllib.loads(text) == {"a": 2, "b": 1}


def test_the_package_stands_as_it_is_installed(check, tmp_path):
    check.tree(tmp_path)
    found = tmp_path / "tokenbook"
    assert all(
        (found / name).exists() for name in ("py.typed", "__main__.py", "udfs/errors.py", "addin/cli/program.py")
    )
    assert not (found / "addin" / "face").exists()


def test_the_limits_are_numbers_of_rooms_that_exist():
    limits = tomllib.loads((HERE / "limits.toml").read_text(encoding="utf-8"))
    root = HERE.parents[1]
    assert all(limit > 0 and (room == "face" or (root / room).is_dir()) for room, limit in limits.items())
