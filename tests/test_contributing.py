"""CONTRIBUTING.md is true: its recipes, applied to a copy of the sources as they stand there, work."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
COPIED = ("addin", "templates", "udfs", "tests")
PLACE = re.compile(
    r"`(?P<path>[\w./-]+)`, (?P<how>a new file|at the end|(?:after|instead of) the line with `(?P<mark>[^`]+)`):$"
)


def recipes(text: str) -> dict[str, str]:
    """Title -> text of each heading of the second level that begins with "A"; a # inside a block is no heading."""
    found, title, fenced = {}, "", False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        if not fenced and line.startswith("#"):
            title = line.removeprefix("## ") if re.match("## An? ", line) else ""
        elif title:
            found[title] = found.get(title, "") + line + "\n"
    return found


RECIPES = recipes(TEXT)


class Step(NamedTuple):
    """A block of a recipe: an edit with its place, or commands."""

    text: str
    path: str = ""
    how: str = ""
    mark: str | None = None


def steps(recipe: str) -> list[Step]:
    found, said, lines = [], "", iter(recipe.splitlines())
    for line in lines:
        if not line.startswith("```"):
            said = line.strip() or said
            continue
        block = []
        for inner in lines:
            if inner == "```":
                break
            block.append(inner)
        text = "\n".join(block) + "\n"
        if line == "```sh":
            found.append(Step(text))
        else:
            place = PLACE.search(said)
            assert place, f"no file is named for the block after: {said}"
            found.append(Step(text, place["path"], place["how"], place["mark"]))
    return found


def apply(step: Step, root: Path) -> None:
    file = root / step.path
    if step.how == "a new file":
        assert not file.exists(), f"{step.path} is there already"
        file.parent.mkdir(exist_ok=True)
        file.write_text(step.text, encoding="utf-8")
        return
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    if step.how == "at the end":
        lines.append(step.text)
    else:
        at = [number for number, line in enumerate(lines) if step.mark in line]
        assert len(at) == 1, f"{step.path}: {step.mark!r} stands in {len(at)} lines"
        replaced = step.how.startswith("instead")
        lines[at[0] + (not replaced) : at[0] + 1] = [step.text]
    file.write_text("".join(lines), encoding="utf-8")


@pytest.fixture
def copy(tmp_path):
    """The sources, to be changed."""
    root = tmp_path / "copy"
    root.mkdir()
    for name in COPIED:
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "images"))
    for path in ROOT.iterdir():
        if path.is_file() and path.name != ".git":
            shutil.copy(path, root / path.name)
    return root


def environment_of(root: Path) -> dict[str, str]:
    """An environment in which ``tokenbook`` is the copy, and ``python`` this Python."""
    spec = importlib.util.spec_from_file_location("types_check_of_copy", root / "tests" / "typing" / "check.py")
    check = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(check)
    package = root.parent / "package"
    check.tree(package)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, "PYTHONPATH": str(package), "PATH": path}


def changed(title: str, root: Path) -> list[str]:
    """Apply the edits of a recipe; gives the files."""
    edits = [step for step in steps(RECIPES[title]) if step.path]
    for step in edits:
        apply(step, root)
    return sorted({step.path for step in edits})


@pytest.mark.parametrize("title", RECIPES)
def test_the_edits_of_a_recipe_fit_the_sources_and_the_style(title, copy):
    files = [path for path in changed(title, copy) if path.endswith(".py")]
    if files:
        command = [sys.executable, "-m", "ruff", "check", *files]
        done = subprocess.run(command, cwd=copy, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
        command[3:4] = ["format", "--diff"]
        done = subprocess.run(command, cwd=copy, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("title", RECIPES)
def test_the_commands_of_a_recipe_show_that_it_works(title, copy):
    changed(title, copy)
    environment = environment_of(copy)
    for command in (line for step in steps(RECIPES[title]) if not step.path for line in step.text.splitlines()):
        done = subprocess.run(command, shell=True, cwd=copy, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}{done.stderr[-2000:]}"
        if "pytest" in command:
            assert re.search(r"\d+ passed", done.stdout), f"{command} ran no test"


def test_a_step_that_no_longer_fits_is_told(copy):
    with pytest.raises(AssertionError, match=r"README.md: 'no such line' stands in 0 lines"):
        apply(Step("x\n", "README.md", "after the line with `no such line`", "no such line"), copy)


def test_every_recipe_that_is_promised_is_there_and_changes_files():
    promised = re.findall(r"\[(an? [^\]]+)\]\(#", TEXT[: TEXT.index("## Set up")], flags=re.IGNORECASE)
    assert [title.lower() for title in RECIPES] == [name.lower() for name in promised]
    for title, body in RECIPES.items():
        found = steps(body)
        assert any(not step.path for step in found), f"{title}: no command shows that it works"
        assert title == "A release" or any(step.path for step in found), title
