"""What runs in the process of one mutant: pytest on the tests that call the function, the quickest first.

Also the run before: every test once on the code as it is, noting how much CPU each takes and which functions it calls.
"""

import json
import os
import sys
import threading
import time
from pathlib import Path

import pytest

ARGUMENTS = ["-x", "-q", "--tb=line", "-p", "no:cacheprovider", "-p", "_hypothesis_pytestplugin", "-o", "addopts="]
ARGUMENTS += ["--import-mode=importlib", "-m", "not slow and not libreoffice and not browser"]


class Quick:
    """Hypothesis finds the fault and does not look for the smallest example of it."""

    def pytest_configure(self, config):
        from hypothesis import Phase, settings

        quick = settings(settings.get_profile("tokenbook"), phases=[Phase.explicit, Phase.generate], database=None)
        settings.register_profile("mutation", quick)
        settings.load_profile("mutation")


class Chosen(Quick):
    def __init__(self, seconds: dict[str, float], told: Path):
        self.seconds, self.told = seconds, told

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items):
        chosen = [item for item in items if item.nodeid in self.seconds]
        items[:] = sorted(chosen, key=lambda item: self.seconds[item.nodeid])

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.told.write_text(report.nodeid, encoding="utf-8")

    def pytest_collectreport(self, report):
        if report.failed:
            self.told.write_text(f"import of {report.nodeid}", encoding="utf-8")


class Noting(Quick):
    """Calls are noted, not lines: that costs little, and most functions are short."""

    def __init__(self, source: str):
        self.source = source
        self.seconds: dict[str, float] = {}
        self.calls: dict[str, set[str]] = {}
        self.failed: list[str] = []
        self.now: set[str] = set()

    def note(self, frame, event, _):
        code = frame.f_code
        if code.co_filename.startswith(self.source):
            function = code.co_qualname.replace(".<locals>", "")
            self.now.add(f"{code.co_filename[len(self.source) :]}:{function}")

    def noted_as(self, name: str):
        self.now = self.calls.setdefault(name, set())
        sys.settrace(self.note)
        threading.settrace(self.note)

    def pytest_sessionstart(self):
        self.noted_as("collection")

    @pytest.hookimpl(wrapper=True)
    def pytest_pycollect_makemodule(self, module_path):
        self.noted_as("collection")
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item):
        self.noted_as(item.nodeid.split("::")[0])  # a fixture may serve all tests of the file
        self.seconds[item.nodeid] = -time.process_time()
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item):
        self.noted_as(item.nodeid)
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item):
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] += time.process_time()
            sys.settrace(None)

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.failed.append(report.nodeid)


def note_all(copy: Path, tests: list[str], out: Path) -> int:
    noting = Noting(f"{enter(copy)}/tokenbook/")
    code = pytest.main([*[argument for argument in ARGUMENTS if argument != "-x"], *tests], plugins=[noting])
    noted = {
        "seconds": noting.seconds,
        "failed": noting.failed,
        "calls": {name: sorted(calls) for name, calls in noting.calls.items()},
    }
    out.write_text(json.dumps(noted), encoding="utf-8")
    return int(code)


def run(copy: Path, seconds: dict[str, float], told: Path) -> int:
    enter(copy)
    sys.dont_write_bytecode = True
    files = sorted({name.split("::")[0] for name in seconds})
    return int(pytest.main([*ARGUMENTS, *files], plugins=[Chosen(seconds, told)]))


def enter(copy: Path) -> Path:
    imports = copy / "imports"
    os.chdir(copy)
    sys.path.insert(0, str(imports))
    os.environ["PYTHONPATH"] = str(imports)  # for what the tests start
    return imports
