"""What is installed: one import name, whole, and nothing else at the top of site-packages."""

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("addin", "templates", "udfs")
FACE = "addin/face"  # becomes the top of the package
DATA = "addin/server/project"  # a project folder of xlwings Server: carried as it is, its .py files are no modules
PICTURES = "/images/"  # of a README, where it is not the server's: not carried
SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]


def files_of(room: str) -> list[str]:
    found = (path.relative_to(ROOT) for path in (ROOT / room).rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in found if "__pycache__" not in path.parts)


def installed_as(path: str) -> str:
    return f"tokenbook/{path.removeprefix(FACE + '/')}"


def test_the_list_of_packages_names_every_folder_with_modules_and_no_other():
    folders = {
        path.rpartition("/")[0]
        for room in ROOMS
        for path in files_of(room)
        if path.endswith(".py") and not path.startswith(f"{DATA}/")
    }
    expected = sorted("tokenbook" if f == FACE else f"tokenbook.{f.replace('/', '.')}" for f in folders)
    assert sorted(SETUPTOOLS["packages"]) == expected


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    """A wheel built from a copy of the sources, so that no build folder is left in them."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    for room in ROOMS:
        shutil.copytree(ROOT / room, source / room, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation", "-q", "-w", str(folder)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.mark.slow
def test_the_wheel_holds_one_package_and_nothing_beside_it(wheel):
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"tokenbook"}
    assert len(tops) == 2


@pytest.mark.slow
def test_the_wheel_holds_every_module_and_every_file_that_code_reads(wheel):
    expected = {
        installed_as(path)
        for room in ROOMS
        for path in files_of(room)
        if PICTURES not in path or path.startswith(f"{DATA}/")
    }
    carried = {name for name in wheel.namelist() if name.startswith("tokenbook/")}
    assert sorted(expected - carried) == [], "left out"
    assert sorted(carried - expected) == [], "too much"
    assert {"tokenbook/py.typed", "tokenbook/__main__.py", "tokenbook/udfs/functions/REFERENCE.md"} <= carried


@pytest.mark.slow
def test_the_wheel_runs_by_itself(wheel, tmp_path):
    """Unpacked somewhere, without the repository: it writes a template, which reads most of its data files."""
    wheel.extractall(tmp_path / "site")
    code = (
        "import sys, tokenbook; assert tokenbook.__file__.startswith(sys.path[0]), tokenbook.__file__; "
        "from tokenbook.addin.cli import run; sys.exit(run(['new', 'claims', 'claims.xlsx']))"
    )
    command = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); {code}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "claims.xlsx").exists()


def told(code: str, folder: Path) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_no_other_name_can_be_imported_here(tmp_path):
    code = "import importlib.util as u; print([n for n in ('udfs', 'templates', 'addin', 'face') if u.find_spec(n)])"
    assert told(code, tmp_path) == "[]"


def test_the_package_and_the_command_are_one_import_name(tmp_path):
    assert told("import tokenbook; print(round(tokenbook.tok_cost(1.95, 28012.9), 4))", tmp_path) == "0.0193"
    code = (
        "import runpy, sys; sys.argv = ['tokenbook', '--version']; runpy.run_module('tokenbook', run_name='__main__')"
    )
    assert told(code, tmp_path).startswith("tokenbook ")
