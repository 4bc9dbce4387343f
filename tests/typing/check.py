"""Counts what mypy --strict says of the package, room by room, and holds it against limits.toml.

    python tests/typing/check.py            fails where a room has more errors than its limit
    python tests/typing/check.py --lower    writes lower limits where there are fewer; never higher ones
    python tests/typing/check.py --show addin/calc templates/engine    the errors of these rooms too

A limit may only fall: whoever needs a higher one has made the types worse. A room that is not named there has none.
mypy sees the package as it is installed: the folders of the repository stand in one called ``tokenbook``, by links or,
where there are none, as copies.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LIMITS = HERE / "limits.toml"
ROOMS, FACE = ("addin", "templates", "udfs"), ROOT / "addin" / "face"
ERROR = re.compile(r"^tokenbook[\\/](?P<path>[^:]+):\d+: error: ")
HEAD = "# Errors of mypy --strict by room, counted by tests/typing/check.py. They may only fall; 0 where none stands.\n"


def tree(folder: Path) -> None:
    """The package as it is installed, in ``folder``: the rooms, and the face at the top."""
    package = folder / "tokenbook"
    (package / "addin").mkdir(parents=True)
    placed = {package / "addin" / path.name: path for path in FACE.parent.iterdir() if path != FACE}
    placed |= {package / path.name: path for path in (*FACE.glob("*.py"), FACE / "py.typed")}
    placed |= {package / room: ROOT / room for room in ROOMS if room != "addin"}
    for target, source in placed.items():
        try:
            os.symlink(source, target, target_is_directory=source.is_dir())
        except OSError:  # Windows without the right to make links
            (shutil.copytree if source.is_dir() else shutil.copy)(source, target)


def room_of(path: str) -> str:
    """``templates/refresh/files.py`` -> ``templates/refresh``; ``templates/build.py`` -> ``templates``."""
    parts = path.replace("\\", "/").split("/")
    return "/".join(parts[: min(2, len(parts) - 1)]) or "face"


def errors(cache: Path) -> list[str]:
    """The lines in which mypy names an error of ours."""
    with tempfile.TemporaryDirectory(prefix="tokenbook-types-") as folder:
        tree(Path(folder))
        command = [sys.executable, "-m", "mypy", "--config-file", str(HERE / "mypy.ini"), "--cache-dir", str(cache)]
        environment = {**os.environ, "MYPYPATH": folder}
        done = subprocess.run(
            [*command, "-p", "tokenbook"], cwd=folder, env=environment, capture_output=True, text=True
        )
    if done.returncode not in (0, 1):
        raise SystemExit(f"mypy did not finish:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return [line for line in done.stdout.splitlines() if ERROR.match(line)]


def counted(lines: list[str]) -> Counter[str]:
    return Counter(room_of(ERROR.match(line)["path"]) for line in lines)


def compared(found: Counter[str], limits: dict[str, int]) -> tuple[list[str], list[str]]:
    """(what is worse than its limit, what is better), a sentence each."""
    worse, better = [], []
    for room in sorted({*found, *limits}):
        now, limit = found[room], limits.get(room, 0)
        if now > limit:
            worse.append(f"{room}: {now} errors, at most {limit}; --show {room} lists them")
        elif now < limit:
            better.append(f"{room}: {now} errors, the limit is {limit}; --lower lowers it")
    return worse, better


def lowered(found: Counter[str], limits: dict[str, int]) -> str:
    """The text of limits.toml with every limit that can fall at what was found."""
    fallen = {room: min(limit, found[room]) for room, limit in limits.items()}
    return HEAD + "".join(f'"{room}" = {limit}\n' for room, limit in sorted(fallen.items()) if limit)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lower", action="store_true", help="write lower limits where there are fewer errors")
    parser.add_argument("--show", nargs="*", default=[], metavar="ROOM", help="show the errors of these rooms")
    asked = parser.parse_args()
    limits = tomllib.loads(LIMITS.read_text(encoding="utf-8"))
    lines = errors(ROOT / ".mypy_cache")
    found = counted(lines)
    for line in lines:
        if room_of(ERROR.match(line)["path"]) in asked.show:
            print(line)
    worse, better = compared(found, limits)
    if asked.lower:
        LIMITS.write_text(lowered(found, limits), encoding="utf-8")
    for text in worse if asked.lower else [*worse, *better]:
        print(text)
    print(f"mypy --strict: {sum(found.values())} errors in {len(found)} rooms, {sum(limits.values())} allowed")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
