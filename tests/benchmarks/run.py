"""Prints one table of ratios: ours against a peer, both measured in the same run.

    python tests/benchmarks/run.py              all
    python tests/benchmarks/run.py cash_flow    one file

Each ``bench_*.py`` beside this file offers ``rows()``: dictionaries with name, peer, ratio, target, met and detail.
"""

import importlib.util
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

FOLDER = Path(__file__).parent


def load(path: Path):
    """The benchmark module of a file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(names: list[str]) -> int:
    """Run the benchmarks named (all of them without names); 1 if a target is missed, 2 for an unknown name."""
    known = {path.stem.removeprefix("bench_"): path for path in sorted(FOLDER.glob("bench_*.py"))}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    console = Console()
    table = Table("What", "Against", "Ratio", "Target", "Met", "Detail", title="Ratios measured in this run")
    missed = 0
    for name, path in known.items():
        if names and name not in names:
            continue
        with console.status(name):
            rows = load(path).rows()
        for row in rows:
            ratio = f"{row['ratio']:.3g}" if isinstance(row["ratio"], (int, float)) else str(row["ratio"])
            met = "" if row["met"] is None else "yes" if row["met"] else "NO"
            missed += row["met"] is False
            table.add_row(row["name"], row["peer"], ratio, str(row["target"]), met, str(row["detail"]))
    console.print(table)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
