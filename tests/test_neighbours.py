"""Files called ``udfs.py``, ``templates/``, ``addin.py`` in the working folder and beside the workbook disturb nobody.

xlwings itself makes a ``udfs.py`` beside a workbook, and every web project has ``templates``. Here each raises when it
is imported, stands on PYTHONPATH too, as xlwings puts the workbook's folder there, and every command and host is run.
"""

import contextlib
import http.client
import importlib.util
import json
import os
import pickle
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TRAP = "raise SystemExit(f'{__file__} was imported, though nobody asked for it')\n"
NAMES = ("udfs.py", "addin.py", "templates/__init__.py", "catalog.py", "kernels.py", "functions.py", "engine.py")
PATIENCE = 120  # s
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("model") / "roi.xlsx"
    # In a process of its own: other tests of this one may have made it another host, which the workbook then names.
    subprocess.run([sys.executable, "-m", "tokenbook", "new", "roi", str(path), "-p", "H200"], check=True)
    return path


@pytest.fixture
def folder(tmp_path, model) -> Path:
    """A folder full of traps, with a workbook and a table of scenarios among them."""
    for name in NAMES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(TRAP)
    shutil.copy(model, tmp_path / "roi.xlsx")
    (tmp_path / "scenarios.csv").write_text("discount_rate\n0.08\n0.10\n0.12\n0.14\n")
    return tmp_path


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(folder)}


def run(folder: Path, *command: str | Path) -> subprocess.CompletedProcess:
    command = [sys.executable, *map(str, command)]
    done = subprocess.run(
        command, cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-2000:]
    return done


def test_the_traps_work(folder):
    """Whoever imports one of these names does fall in."""
    for name in ("udfs", "addin", "templates"):
        done = subprocess.run([sys.executable, "-c", f"import {name}"], cwd=folder, env=environment(folder))
        assert done.returncode != 0


COMMANDS = {
    "new": "new claims claims.xlsx",
    "calc": "calc roi.xlsx --set discount_rate=12% -o calc.xlsx",
    "check": "check roi.xlsx",
    "bind": "bind roi.xlsx gpus_1 -p H200 -m usd_per_gpu_hour -c hyperscaler -o bound.xlsx",
    "refresh": "refresh roi.xlsx --as-of 2026-05-31 -o refreshed.xlsx",
    "sweep": "sweep roi.xlsx --inputs scenarios.csv --outputs npv_1 --workers 2 -o out.csv",
    "freeze": "freeze roi.xlsx -o frozen.xlsx",
    "embed": "embed roi.xlsx -o lite.xlsx",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_falls_in(command, folder):
    words = COMMANDS[command].split()
    run(folder, "-m", "tokenbook", *words)  # -m puts the working folder first of all
    for out in (each for each in words if each.endswith((".xlsx", ".csv"))):
        assert (folder / out).exists()
    if command == "sweep":
        assert len((folder / "out.csv").read_text().splitlines()) == 5


def test_python_itself_does_not_fall_in(folder):
    assert run(folder, "-c", "import tokenbook; print(tokenbook.tok_npv(0.1, [-10, 20]) > 0)").stdout == "True\n"


def test_the_tests_do_not_fall_in(folder):
    done = run(folder, "-m", "pytest", "-n", "0", "-q", "-p", "no:cacheprovider", HERE / "kernels" / "test_tables.py")
    assert "passed" in done.stdout


def test_classic_does_not_fall_in(folder):
    """Every function through xlwings' COM server, in a process that stands in for Excel on Windows."""
    run(folder, HERE / "addin" / "hosts" / "classic_process.py", folder / "found.pickle")
    found, _ = pickle.loads((folder / "found.pickle").read_bytes())
    assert len(found) > 100


def test_calc_does_not_fall_in(folder):
    from tokenbook.addin.calc import helper

    spec = importlib.util.spec_from_file_location("calc_client", HERE / "addin" / "hosts" / "test_calc_helper.py")
    client = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(client)
    place = folder / "helper.txt"
    run(folder, "-P", "-m", "tokenbook.addin.calc.helper", "start", helper.encoded(place))
    port, word = place.read_text().split()
    with socket.create_connection(("127.0.0.1", int(port)), timeout=PATIENCE) as connection:
        connection.sendall(word.encode())
        assert client.Client(connection).ask("tok_cost", 1.95, 28012.9) == pytest.approx(0.019336, rel=1e-4)


def test_the_server_does_not_fall_in(folder):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tokenbook", "serve", "--license-key", "noncommercial", "--port", str(port)]
    process = subprocess.Popen(command, cwd=folder, env=environment(folder), stdout=subprocess.DEVNULL)
    try:
        body = json.dumps({"func_name": "tok_cost", "args": [[[1.95]], [[28012.9]]]})
        answer = _posted(process, port, "/xlwings/custom-functions-call", body)
        assert answer["result"][0][0] == pytest.approx(0.019336, rel=1e-4)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _posted(process: subprocess.Popen, port: int, path: str, body: str) -> dict:
    """The answer of the server, as soon as it listens."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(ConnectionRefusedError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            connection.request("POST", path, body)
            return json.loads(connection.getresponse().read())
        time.sleep(0.1)
    raise AssertionError(f"the server did not start (exit code {process.poll()})")
