"""Every room has a README; its examples run as they stand there, its links and the files it names exist."""

import doctest
import re
import tomllib
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


PACKAGES = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
ONE_TEMPLATE = re.compile(r"templates/models/(?!shared$)\w+$")  # a folder of one template: models/README.md is about it
TOOLS = ("tests", "tests/benchmarks", "tests/mutation", "tests/typing")
TOPS = ("addin", "templates", "udfs", "tests")
PAGES = sorted(path for top in TOPS for path in (ROOT / top).rglob("*.md") if path.name != "REFERENCE.md")
PAGES += [ROOT / "CONTRIBUTING.md", ROOT / "README.md"]


def folder_of(package: str) -> str:
    return package.removeprefix("tokenbook.").replace(".", "/") if package != "tokenbook" else "addin/face"


@pytest.mark.parametrize("folder", [*map(folder_of, PACKAGES), *TOOLS])
def test_every_room_says_what_belongs_there(folder):
    if not ONE_TEMPLATE.match(folder):
        assert (ROOT / folder / "README.md").read_text(encoding="utf-8").startswith("# ")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target, anchor in re.findall(r"\]\(([^)#:\s]*)(#[^)]*)?\)", text):
        other = page.parent / target if target else page
        assert other.exists(), target
        if anchor and other.name not in ("REFERENCE.md",):
            headings = re.findall(r"^#+ (.+)$", other.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert anchor[1:] in {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in headings}, anchor


FILES = [f"/{path.relative_to(ROOT).as_posix()}" for top in TOPS for path in (ROOT / top).rglob("*")]
NOT_HERE = ("main.py", "udfs.py")  # what a Lite workbook carries, and what lies beside the workbooks of others


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_modules_and_folders_that_are_named_exist(page):
    """``tests/hosts/cases.py`` in full, ``../schema.py`` from the page, others by the end of their path."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    named = re.findall(r"`([\w./-]+\.py|(?:addin|templates|udfs|tests)/[\w./-]+)`", text)
    made = re.findall(r"`([\w./-]+)`, a new file:", text)  # by who follows a recipe
    for name in (name for name in {*named} - {*made} if not name.startswith(NOT_HERE)):
        end = "/" + name.rstrip("/")
        assert (page.parent / name).exists() or any(file.endswith(end) for file in FILES), name
