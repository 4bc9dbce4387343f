"""The house is kept: no file grows without a reason, every room says what belongs there, no old name is imported."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONGEST = 400  # lines of a file without a reason
REASON = re.compile(r"\bLong because [a-z]")  # in the docstring of the module
FILES = [path for room in ("addin", "templates", "udfs") for path in sorted((ROOT / room).rglob("*.py"))]
ROOMS = (
    "addin", "addin/calc", "addin/classic", "addin/commands", "addin/lite", "addin/server", "templates/audit",
    "templates/ooxml", "templates/refresh", "templates/sweep", "udfs/catalog", "udfs/kernels",
)  # fmt: skip
OLD_NAMES = {"udfs", "templates", "addin"}


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if path.read_text(encoding="utf-8").count("\n") > LONGEST],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_a_long_file_says_why(path):
    text = path.read_text(encoding="utf-8")
    about = ast.get_docstring(ast.parse(text)) or ""
    assert REASON.search(about), f"{text.count(chr(10))} lines, and no sentence 'Long because ...' in its docstring"


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_belongs_there(room):
    text = (ROOT / room / "README.md").read_text(encoding="utf-8")
    assert text.startswith("# ")
    for module in re.findall(r"^\| `([\w/.]+\.py)`", text, flags=re.MULTILINE):
        assert (ROOT / room / module).exists(), f"{module}, which the table names"


def test_nothing_imports_the_rooms_by_another_name_than_the_packages():
    """``import udfs`` would find whatever lies in the working folder."""
    for path in [*FILES, *sorted((ROOT / "tests").rglob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            assert not {name.split(".")[0] for name in names} & OLD_NAMES, path
