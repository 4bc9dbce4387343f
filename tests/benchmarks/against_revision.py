"""CPU of a roi refresh and of a sweep of three scenarios, against another revision, in turns in one run.

    python tests/benchmarks/against_revision.py 7dd043a

Whole processes, user and system time, the least of ROUNDS. The other revision is checked out beside, and runs in this
interpreter's environment; it must know ``tokenbook`` as this one does. Exit code 1 where a ratio is above its target.
"""

import os
import resource
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROUNDS = int(os.environ.get("TOKENBOOK_BENCH_ROUNDS", "3"))
TARGETS = {"refresh": 0.7, "sweep": 0.4}
MADE_ON = "2026-05-31"
SCENARIOS = "usd_per_mtok_output,discount_rate\n1,0.1\n2,0.12\n3,0.08\n"
# The folders of a checkout as the packages that they are, whatever is installed.
START = """
import sys, types
for name, folder in {folders!r}.items():
    made = types.ModuleType(name)
    made.__path__ = [folder]
    sys.modules[name] = made
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, made)
from tokenbook.addin.cli import run
sys.exit(run(sys.argv[1:]))
"""


def command(checkout: Path) -> list[str]:
    """What runs `tokenbook` of a checkout."""
    table = tomllib.loads((checkout / "pyproject.toml").read_text())["tool"]["setuptools"]["package-dir"]
    folders = {name: str(checkout / folder) for name, folder in sorted(table.items())}
    return [sys.executable, "-c", START.format(folders=folders)]


def seconds(arguments: list[str]) -> float:
    """User and system time of a process and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(arguments, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments[3:])}: {done.stderr[-800:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measured(checkouts: dict[str, Path], folder: Path) -> dict[tuple[str, str], float]:
    """Least time of each action in each checkout."""
    new, old = folder / "new.xlsx", folder / "old.xlsx"
    table = folder / "three.csv"
    table.write_text(SCENARIOS)
    ours = command(ROOT)
    seconds([*ours, "new", "roi", str(new)])
    seconds([*ours, "new", "roi", str(old), "--as-of", MADE_ON])
    times: dict[tuple[str, str], list[float]] = {}
    for number in range(ROUNDS + 1):  # the first compiles modules and is not counted
        for name, checkout in checkouts.items():
            tool = command(checkout)
            stale, out = folder / f"{name}-{number}.xlsx", folder / f"{name}-{number}.csv"
            stale.write_bytes(old.read_bytes())
            given = ["--inputs", str(table), "--outputs", "npv_*", "--workers", "1"]
            actions = {
                "refresh": ["refresh", str(stale), "--write"],
                "sweep": ["sweep", str(new), *given, "-o", str(out)],
            }
            for action, arguments in actions.items():
                spent = seconds([*tool, *arguments])
                if number:
                    times.setdefault((action, name), []).append(spent)
    return {key: min(each) for key, each in times.items()}


def main(revision: str) -> int:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        other = folder / "other"
        subprocess.run(["git", "-C", str(ROOT), "worktree", "add", "--detach", str(other), revision], check=True)
        try:
            best = measured({"here": ROOT, "there": other}, folder)
        finally:
            subprocess.run(["git", "-C", str(ROOT), "worktree", "remove", "--force", str(other)], check=True)
    failed = 0
    for action, most in TARGETS.items():
        here, there = best[action, "here"], best[action, "there"]
        failed += here > most * there
        print(f"{action}: {here:.2f} s against {there:.2f} s at {revision}: {here / there:.2f} (at most {most})")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "HEAD~1"))
