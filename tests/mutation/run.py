"""Puts small faults into a copy of the code, one at a time, and counts those that the tests notice.

    python tests/mutation/run.py kernels --sample 80 --seed 1
    python tests/mutation/run.py --report

The working tree is only read. Everything lives in one folder (``--work``), so a run that was stopped goes on where it
was; results are kept by the mutant's own text, so code that moved keeps its result until ``--again``.
"""

import argparse
import hashlib
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import tomllib
from collections import Counter
from contextlib import contextmanager
from difflib import unified_diff
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import inside
from operators import Mutant, mutants, parses

ROOT = Path(__file__).parents[2]
ROOMS = tomllib.loads(Path(__file__).with_name("rooms.toml").read_text(encoding="utf-8"))
PREPARED = (
    "numpy",
    "pandas",
    "hypothesis.extra.numpy",
    "openpyxl",
    "lxml.etree",
    "formualizer",
    "_hypothesis_pytestplugin",
)
MOST_MEMORY = 8 << 30  # a fault may ask for more than there is
NOTICED = {"killed", "timeout"}


def main() -> None:
    arguments = parse()
    for number in (
        signal.SIGINT,
        signal.SIGTERM,
    ):  # in the background of a script, too: the copy goes, its process ends
        signal.signal(number, lambda *_: sys.exit("stopped; the same command goes on from here"))
    arguments.work.mkdir(parents=True, exist_ok=True)
    rooms = arguments.rooms or list(ROOMS)
    if not arguments.report:
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # they take longer to load than most tests to run
        for name in PREPARED:  # once here, and not in the process of each mutant
            __import__(name)
        for room in rooms:
            with copied(arguments.work / f"{room}-{os.getpid()}") as copy:
                Run(room, copy, arguments).all()
    for room in rooms:
        report(room, arguments)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("rooms", nargs="*", choices=[[], *ROOMS][1:] or None, help="kernels, functions, ... (all)")
    parser.add_argument("--sample", type=int, default=80, help="mutants of each room (80)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (1)")
    parser.add_argument("--module", default="", help="only files whose path contains this")
    parser.add_argument("--seconds", type=float, default=1.0, help="leave out tests that take more CPU than this (1)")
    parser.add_argument("--together", type=float, default=10.0, help="CPU seconds of all tests of a mutant (10)")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "tokenbook-mutation")
    parser.add_argument("--again", choices=["survived", "all"], help="run these once more instead of keeping results")
    parser.add_argument("--report", action="store_true", help="only print what is known")
    return parser.parse_args()


def sample(room: str, arguments: argparse.Namespace) -> list[Mutant]:
    """The mutants whose hash comes first: another change of the code elsewhere leaves the choice as it is."""
    found, sources = [], {}
    for place in ROOMS[room]["modules"]:
        path = ROOT / place
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            name = file.relative_to(ROOT).as_posix()
            if arguments.module in name:
                sources[name] = file.read_text(encoding="utf-8")
                found += mutants(sources[name], name)
    found.sort(key=lambda mutant: hashlib.sha256(f"{arguments.seed}:{mutant.id}".encode()).digest())
    readable = (mutant for mutant in found if parses(mutant.applied(sources[mutant.path])))
    return list(islice(readable, arguments.sample))


@contextmanager
def copied(folder: Path):
    """The repository's code and tests, and ``imports/tokenbook`` laid out as an installation has it."""
    ignored = shutil.ignore_patterns("__pycache__", ".*", "mutation")
    try:
        for part in ("addin", "templates", "udfs", "tests"):
            shutil.copytree(ROOT / part, folder / part, ignore=ignored)
        for part in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"):
            shutil.copy(ROOT / part, folder / part)
        package = folder / "imports" / "tokenbook"
        package.mkdir(parents=True)
        for part in [*(ROOT / "addin" / "face").iterdir(), ROOT / "addin", ROOT / "templates", ROOT / "udfs"]:
            if not part.name.startswith("__pyc"):
                (package / part.name).symlink_to(folder / part.relative_to(ROOT))
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Run:
    def __init__(self, room: str, copy: Path, arguments: argparse.Namespace):
        self.room, self.copy, self.arguments = room, copy, arguments
        self.results_file = results_file(room, arguments)
        self.results = read_results(self.results_file)

    def all(self) -> None:
        todo = [mutant for mutant in sample(self.room, self.arguments) if self.is_open(mutant)]
        print(f"{self.room}: {len(todo)} mutants to run", flush=True)
        if not todo:
            return
        noted = self.noted()
        began = time.time()
        for place, mutant in enumerate(todo, 1):
            result = self.one(mutant, tests_of(mutant, noted, self.arguments))
            with self.results_file.open("a", encoding="utf-8") as out:
                out.write(json.dumps({"id": mutant.id, **result}) + "\n")
            minutes = (time.time() - began) / 60
            print(f"{place}/{len(todo)} {minutes:.1f} min  {result['outcome']:9} {mutant.id}", flush=True)

    def is_open(self, mutant: Mutant) -> bool:
        outcome = self.results.get(mutant.id, {}).get("outcome")
        return outcome is None or self.arguments.again == "all" or outcome == self.arguments.again

    def noted(self) -> dict:
        """Time and calls of each test, found by running once the test files that changed since they were last noted."""
        out = self.arguments.work / f"{self.room}-noted.json"
        noted = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {}
        places = [self.copy / place for place in ROOMS[self.room]["tests"] if (ROOT / place).exists()]
        files = [file for place in places for file in ([place] if place.is_file() else sorted(place.glob("test_*.py")))]
        digests = {str(file.relative_to(self.copy)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
        noted = {file: kept for file, kept in noted.items() if kept["digest"] == digests.get(file)}
        for file in digests.keys() - noted.keys():
            print(f"{self.room}: noting {file}", flush=True)
            new, log = self.arguments.work / f"{self.room}-new.json", self.arguments.work / f"{self.room}-before.log"
            new.unlink(missing_ok=True)
            in_a_process(lambda: inside.note_all(self.copy, [file], new), log, cpu=1500, wall=6000)  # noqa: B023
            if not new.exists():
                raise SystemExit(f"{file} could not run, see {log}")
            noted[file] = {"digest": digests[file], **json.loads(new.read_text(encoding="utf-8"))}
            out.write_text(json.dumps(noted), encoding="utf-8")
            for name in noted[file]["failed"]:
                print(f"{self.room}: fails without a fault, left out: {name}", flush=True)
        return noted

    def one(self, mutant: Mutant, seconds: dict[str, float]) -> dict:
        if not seconds:
            return {"outcome": "survived", "by": "no test calls it", "tests": 0}
        near, far = near_and_far(mutant, seconds)
        result = self.noticed(mutant, near)
        return self.noticed(mutant, far) if far and result["outcome"] == "survived" else result

    def noticed(self, mutant: Mutant, seconds: dict[str, float]) -> dict:
        file, told = self.copy / mutant.path, self.arguments.work / f"{self.room}-told.txt"
        told.unlink(missing_ok=True)
        source = file.read_text(encoding="utf-8")
        try:
            file.write_text(mutant.applied(source), encoding="utf-8")
            for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):
                compiled.unlink()
            cpu = 10 + 3 * sum(seconds.values())
            log = self.arguments.work / f"{self.room}-one.log"
            code = in_a_process(lambda: inside.run(self.copy, seconds, told), log, cpu=int(cpu), wall=10 * cpu)
        finally:
            file.write_text(source, encoding="utf-8")
        outcome = "survived" if code == 0 else "timeout" if code in (-signal.SIGXCPU, -signal.SIGKILL) else "killed"
        by = told.read_text(encoding="utf-8") if told.exists() else f"exit {code}"
        if code in (5, 99):  # no tests; the run itself failed. Else (4: a conftest that cannot be imported) it noticed
            raise SystemExit(f"pytest could not run ({code}), see {log}: {mutant.id}")
        return {"outcome": outcome, "by": by, "tests": len(seconds)}


def tests_of(mutant: Mutant, noted: dict, arguments: argparse.Namespace) -> dict[str, float]:
    """The tests that call the mutant's function; of what stands in none or is cached, all that call into its file."""
    wanted = f"{mutant.path}:{mutant.function}"

    def calls(file: str, name: str) -> bool:
        called = noted[file]["calls"].get(name, ())
        return wanted in called if mutant.is_called else any(call.startswith(f"{mutant.path}:") for call in called)

    found = {}
    for file, kept in noted.items():
        whole_file = calls(file, "collection") or calls(file, file)
        for test, seconds in kept["seconds"].items():
            if test not in kept["failed"] and (whole_file or calls(file, test)):
                found[test] = seconds
    chosen, together = {}, 0.0
    for test, seconds in sorted(found.items(), key=lambda item: item[1]):
        together += seconds
        if seconds > arguments.seconds or together > arguments.together:
            break
        chosen[test] = seconds
    return chosen


def near_and_far(mutant: Mutant, seconds: dict[str, float]) -> tuple[dict[str, float], dict[str, float]]:
    """The tests of one file, its own where there is one, and the others: most faults need only the first."""
    files = Counter(test.split("::")[0] for test in seconds)
    own = f"test_{Path(mutant.path).stem}.py"
    first = max(files, key=lambda file: (file.endswith(own), files[file]))
    near = {test: cost for test, cost in seconds.items() if test.startswith(first)}
    return near, {test: cost for test, cost in seconds.items() if test not in near}


def in_a_process(work, log: Path, cpu: int, wall: float) -> int:
    """What ``work`` returns in a process of its own, or minus the signal that ended it."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            os.setsid()
            resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 5))
            resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
            os.environ["CI"] = "1"  # the same examples in every run
            output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(output, 1)
            os.dup2(output, 2)
            code = work()
        finally:
            os._exit(code)
    ends = time.time() + wall
    try:
        while True:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            if time.time() > ends:
                os.killpg(child, signal.SIGKILL)
                return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            time.sleep(0.05)
    except BaseException:
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise


def results_file(room: str, arguments: argparse.Namespace) -> Path:
    return arguments.work / f"{room}.jsonl"


def read_results(file: Path) -> dict[str, dict]:
    if not file.exists():
        return {}
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return {line["id"]: line for line in lines}


def report(room: str, arguments: argparse.Namespace) -> None:
    results = read_results(results_file(room, arguments))
    known = [(mutant, results[mutant.id]) for mutant in sample(room, arguments) if mutant.id in results]
    counts = Counter(result["outcome"] for _, result in known)
    noticed = sum(counts[outcome] for outcome in NOTICED)
    print(f"\n== {room}, seed {arguments.seed}: {noticed} of {len(known)} noticed", end="")
    print(f" ({100 * noticed / max(len(known), 1):.0f} %): {dict(counts)}")
    for mutant, result in known:
        if result["outcome"] == "survived":
            print(f"\n-- {mutant.kind} in {mutant.function or 'the module'}, {result['tests']} tests: {mutant.id}")
            print(diff(mutant), end="")


def diff(mutant: Mutant) -> str:
    source = (ROOT / mutant.path).read_text(encoding="utf-8")
    old, new = (text.splitlines(keepends=True) for text in (source, mutant.applied(source)))
    return "".join(unified_diff(old, new, mutant.path, "mutant", n=1))


if __name__ == "__main__":
    main()
