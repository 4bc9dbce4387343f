"""The embedded main.py under Pyodide, the Python that xlwings Lite runs, and without what Pyodide lacks.

Pyodide with numpy is fetched by pyodide/get_pyodide.py; where TOKENBOOK_PYODIDE does not name its folder the test says
so as an expected failure. The tests of what is imported need nothing.
"""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PYODIDE = os.environ.get("TOKENBOOK_PYODIDE", "")
TIMEOUT = 600  # s, for the whole table; 20 s on a laptop
# Standard library that Pyodide lacks or that has no use there: threads, processes, sockets, files of the system.
LACKING = {
    "threading", "_thread", "multiprocessing", "concurrent", "subprocess", "socket", "ssl", "select", "selectors",
    "asyncio", "signal", "ctypes", "mmap", "fcntl", "resource", "sqlite3", "tkinter", "curses", "pty", "tty",
    "termios", "urllib.request", "http", "ftplib", "smtplib", "socketserver", "tempfile", "shutil", "glob",
}  # fmt: skip


LATER = {"pandas"}  # in Catalog.to_frame, for notebooks; no cell and no script calls it


def imports_of(nodes):
    """What the statements import; a dot of our own packages as ``tokenbook``."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "tokenbook" if node.level else node.module


@pytest.mark.parametrize("which", ["full_main", "carried"])
def test_it_imports_the_standard_library_numpy_and_xlwings_alone(which, request, texts_in):
    main = request.getfixturevalue(which)
    trees = [ast.parse(text) for text in (main.read_text(encoding="utf-8"), *texts_in(main).values())]
    loaded = {name for tree in trees for name in imports_of(tree.body)}
    anywhere = {name for tree in trees for name in imports_of(ast.walk(tree))}
    allowed = {"numpy", "xlwings", "tokenbook", *sys.stdlib_module_names}
    assert {"numpy", "xlwings"} <= loaded
    assert {name.split(".")[0] for name in loaded} <= allowed
    assert {name.split(".")[0] for name in anywhere} <= allowed | LATER
    assert not {name for name in anywhere if name in LACKING or name.split(".")[0] in LACKING}


BLOCKED = """
import builtins, importlib.util, sys, types
import numpy
real, lacking = builtins.__import__, set(sys.argv[2].split())
def guarded(name, globals=None, locals=None, fromlist=(), level=0):
    ours = (globals or {}).get("__name__", "").partition(".")[0] in ("main", "tokenbook")
    if ours and (name in lacking or name.split(".")[0] in lacking):
        raise ModuleNotFoundError(f"{name} is not there in Pyodide")
    return real(name, globals, locals, fromlist, level)
xlwings = types.ModuleType("xlwings")
xlwings.XlwingsError = type("XlwingsError", (Exception,), {})
xlwings.Book = xlwings.Range = object
xlwings.func = xlwings.script = lambda f: f
xlwings.arg = lambda *a, **k: lambda f: f
sys.modules["xlwings"] = xlwings
builtins.__import__ = guarded
spec = importlib.util.spec_from_file_location("main", sys.argv[1])
main = sys.modules["main"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(main)
import io, os
def refuse(*a, **k): raise AssertionError("a file was opened or a process started")
io.open = builtins.open = os.open = os.system = refuse
from tokenbook.udfs.functions.declare import registered
assert len(registered()) > 50
for name, function in registered().items():
    if not function.arguments:
        assert function.in_cell() != "#VALUE!", name
rate = main.tok_baseline("B200", "usd_per_gpu_hour", None, "hyperscaler", "2026-04-30")
print(rate, main.tok_npv(0.1, [[-5.0, 25.0, 25.0, 25.0]]))
print(main.tok_claim("15x", "net_roi"))
"""


def test_it_runs_where_threads_sockets_processes_and_files_are_missing(full_main, tmp_path):
    command = [sys.executable, "-I", "-c", BLOCKED, str(full_main), " ".join(sorted(LACKING))]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-1500:]
    *_, figures, claim = done.stdout.strip().splitlines()
    assert figures == "1.95 57.17129977460556"
    assert float(claim) == pytest.approx(14)


def test_under_pyodide_it_answers_as_the_engine_does(full_main, host_cases, expected, asked, tmp_path):
    node = shutil.which("node")
    if not PYODIDE:
        pytest.xfail("NOT RUN: Pyodide is not here (pyodide/get_pyodide.py FOLDER, then TOKENBOOK_PYODIDE=FOLDER)")
    if node is None:
        pytest.xfail("NOT RUN: Pyodide is here, but Node.js, in which it runs, is not on PATH")
    cases = host_cases.cases()
    questions, answers = tmp_path / "questions.json", tmp_path / "answers.json"
    questions.write_text(asked([(case.function, [host_cases.plain(a) for a in case.arguments]) for case in cases]))
    command = [node, HERE / "pyodide/run.mjs", PYODIDE, full_main, HERE / "alone.py", questions, answers]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=TIMEOUT)
    assert done.returncode == 0, done.stderr[-2000:]
    print(done.stdout)
    found = json.loads(answers.read_text())
    complaints = []
    for case, answer in zip(cases, found["answers"], strict=True):
        answer = answer["error"] if isinstance(answer, dict) else answer
        wrong = host_cases.difference(answer, expected[case.key])
        if wrong:
            complaints.append(f"{case.key}: {wrong}")
    assert complaints == []
    assert {script["function_name"] for script in found["scripts"]} == {
        "check_model",
        "refresh_baselines",
        "insert_help",
    }
