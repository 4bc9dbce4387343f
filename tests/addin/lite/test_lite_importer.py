"""The importer of main.py: whose modules it gives, what disturbs it (nothing), and what an error message shows."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
import importlib.util, json, os, sys
os.environ |= {"XLWINGS_ON_SERVER": "true", "XLWINGS_LICENSE_KEY": "noncommercial"}

def load(path):
    spec = importlib.util.spec_from_file_location("main", path)
    main = sys.modules["main"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(main)
    return main

"""
LOAD = "main = load(sys.argv[1])\n"


@pytest.fixture
def run(full_main, tmp_path):
    """The function that runs lines of Python after ``main = load(main.py)``; gives what they print, from JSON."""

    def run(lines, main=full_main, isolated=True, first=""):
        command = [sys.executable, *(["-I"] if isolated else []), "-c", RUN + first + LOAD + lines, str(main)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout)

    return run


def test_modules_and_folders_of_the_same_names_beside_the_workbook_do_not_disturb_it(run, tmp_path, full_main):
    broken = 'raise RuntimeError("a neighbour was imported")\n'
    for name in ("udfs", "addin", "templates", "tokenbook", "importer", "tables", "host"):
        (tmp_path / f"{name}.py").write_text(broken)
    for name in ("templates", "tokenbook/udfs/kernels"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "__init__.py").write_text(broken)
    (tmp_path / "main.py").write_bytes(full_main.read_bytes())
    lines = """
import tokenbook.udfs.kernels.cash_flow as kernel
print(json.dumps([sys.path[0], main.tok_cost([[1.95]], [[28012.9]]), kernel.__spec__.origin]))
"""
    first, cost, origin = run(lines, tmp_path / "main.py", isolated=False)
    assert first == "", "the folder of the workbook is where Python looks first"
    assert cost == pytest.approx(0.01933633)
    assert origin == "main.py/tokenbook/udfs/kernels/cash_flow.py"


def test_modules_of_other_names_are_none_of_its_business(run, tmp_path):
    (tmp_path / "udfs.py").write_text("mine = 7\n")
    found = run("import udfs, statistics\nprint(json.dumps([udfs.mine, statistics.mean([1, 2])]))", isolated=False)
    assert found == [7, 1.5]


def test_an_installed_package_is_neither_used_nor_mixed_in(run):
    """Where requirements.txt asks for it, and a module of it had been imported before."""
    first = """
import tokenbook.udfs.errors, tokenbook.udfs.kernels.curves
assert tokenbook.udfs.errors.__file__.endswith("udfs/errors.py")
"""
    lines = """
import tokenbook.udfs.errors
try:
    import tokenbook.templates.build
except ModuleNotFoundError as error:
    told = str(error)
ours = [module for name, module in sys.modules.items() if name.startswith("tokenbook")]
carried = all(module.__spec__.origin.startswith("main.py/") for module in ours)
print(json.dumps([told, carried]))
"""
    assert run(lines, first=first) == ["tokenbook.templates.build is not among the modules in this workbook", True]


def test_an_error_message_shows_module_line_and_text(run, full_main, texts_in):
    lines = """
import traceback
from tokenbook.udfs.catalog.dates import iso
try:
    iso("no date")
except Exception as error:
    frame = traceback.extract_tb(error.__traceback__)[-1]
print(json.dumps([frame.filename, frame.lineno, frame.line]))
"""
    place, number, line = run(lines)
    assert place == "main.py/tokenbook/udfs/catalog/dates.py"
    assert line.startswith("raise CatalogError")
    text = texts_in(full_main)["tokenbook/udfs/catalog/dates.py"]
    assert text.split("\n")[number - 1].strip() == line
    assert text == (Path(__file__).parents[3] / "udfs/catalog/dates.py").read_text()


def test_a_main_that_was_changed_and_runs_again_counts_as_it_is_now(run, tmp_path, full_main):
    """xlwings Lite runs main.py again when somebody has changed it in its editor."""
    text = full_main.read_text()
    changed = tmp_path / "changed.py"
    changed.write_text(text.replace('tables.VERSION = "', 'tables.VERSION = "9', 1))
    lines = f"""
before = main.tok_version()
main = load({str(changed)!r})
finders = [finder for finder in sys.meta_path if type(finder).__name__ == "Carried"]
print(json.dumps([before, main.tok_version(), len(finders)]))
"""
    before, after, finders = run(lines)
    assert (after, finders) == (before.replace("Tokenbook ", "Tokenbook 9", 1), 1)
