"""What every test may need: LibreOffice or Chromium, and a word where it is missing.

Tests marked ``libreoffice`` are not collected where no soffice is found (``.ci/run`` installs it and sets
TOKENBOOK_REQUIRE_LIBREOFFICE, so that there its absence is an error); those marked ``browser`` not where there is no
Chromium (TOKENBOOK_REQUIRE_CHROMIUM).
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from pathlib import Path

import pytest
from hypothesis import settings

# Time limits per example measure how busy the machine is. Where CI is set the examples are the same in every run.
settings.register_profile("tokenbook", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("tokenbook")

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PROGRAMS = {"libreoffice": ("LibreOffice", SOFFICE), "browser": ("Chromium", CHROMIUM)}  # by marker
FIRST_SECONDS, SECONDS_EACH = 180, 20  # time for LibreOffice to start, and for each workbook on a busy machine
ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def pytest_collection_modifyitems(config, items):
    for marker, (name, found) in PROGRAMS.items():
        if found:
            continue
        if os.environ.get(f"TOKENBOOK_REQUIRE_{name.upper()}"):
            raise pytest.UsageError(f"{name} is required here and is not on PATH")
        missing = [item for item in items if item.get_closest_marker(marker)]
        config.hook.pytest_deselected(items=missing)
        items[:] = [item for item in items if item not in missing]


def pytest_report_header():
    return [f"{name}: {found or 'not found, its tests are deselected'}" for name, found in PROGRAMS.values()]


FURTHER_CLAIMS = Path(__file__).parent / "catalog" / "data" / "further_claims.toml"


@pytest.fixture
def append_claims(monkeypatch):
    """Appends text to claims.toml for one test, as who adds a claim does; by default one claim for each recipe."""
    from tokenbook.udfs.catalog import claim_table, claims, packaged, store

    def forget():
        for read in (claim_table._tables, claim_table.entries, claims._claims, claims._followed, store.shipped):
            read.cache_clear()

    read_text, shipped = packaged.text, len(claims.list())

    def append(text=None):
        more = FURTHER_CLAIMS.read_text(encoding="utf-8") if text is None else text
        monkeypatch.setattr(
            packaged, "text", lambda name: read_text(name) + ("\n" + more if name == claim_table.FILE else "")
        )
        forget()
        return [claim.id for claim in claims.list()][shipped:]

    yield append
    monkeypatch.undo()
    forget()


@pytest.fixture(scope="session")
def faults():
    """The module ``faults.py`` beside this file."""
    spec = importlib.util.spec_from_file_location("disk_faults", Path(__file__).with_name("faults.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=["hard links", "no hard links"])
def disk(request, monkeypatch, faults):
    """Both kinds of disk: one that can give a file a second name, and one that cannot."""
    if request.param == "no hard links":
        faults.no_hard_links(monkeypatch)
    return request.param


@pytest.fixture(scope="session")
def chromium_program() -> str:
    return CHROMIUM


class LibreOffice:
    """A profile of its own in which workbooks are recalculated in full when they are loaded."""

    def __init__(self, folder: Path):
        self.folder, self.said = folder, ""
        user = folder / "profile" / "user"
        user.mkdir(parents=True)
        (user / "registrymodifications.xcu").write_text(ALWAYS_RECALCULATE)

    def convert(self, path: Path, kind: str) -> Path:
        """The workbook recalculated and saved as ``kind`` (xlsx, pdf)."""
        made = self.convert_many([path], kind)
        assert made, f"LibreOffice made no {kind} of {path}: {self.said[-400:]}"
        return made[path]

    def convert_many(self, paths: list[Path], kind: str) -> dict[Path, Path]:
        """The same for workbooks of different names in one run; those that LibreOffice could not save are left out."""
        out = self.folder / uuid.uuid4().hex
        made = {path: out / f"{path.stem}.{kind}" for path in paths}
        # A brand-new profile makes it restart once; then each alone, as one that ends it takes those behind it along.
        for together in (True, True, False):
            missing = [path for path in paths if not made[path].exists()]
            for batch in [missing] if together else [[path] for path in missing if len(paths) > 1]:
                self._run(batch, kind, out)
        return {path: result for path, result in made.items() if result.exists()}

    def _run(self, paths: list[Path], kind: str, out: Path) -> None:
        if not paths:
            return
        profile = f"-env:UserInstallation=file://{self.folder}/profile"
        command = [SOFFICE, profile, "--headless", "--norestore", "--convert-to", kind, "--outdir", str(out)]
        # A Python on PATH that is not LibreOffice's own can break it. One group of processes: they end together.
        environment = {**os.environ, "PATH": "/usr/bin:/bin"}
        process = subprocess.Popen(
            [*command, *map(str, paths)],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        try:
            _, self.said = process.communicate(timeout=FIRST_SECONDS + SECONDS_EACH * len(paths))
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise


@pytest.fixture(scope="session")
def libreoffice(tmp_path_factory) -> LibreOffice:
    return LibreOffice(tmp_path_factory.mktemp("libreoffice"))


def _values_of(formulas: dict[str, str], cells: dict[str, object] | None = None) -> dict[str, object]:
    """Formulas by name, each calculated in a cell of its own sheet of a real .xlsx; a spill gives its rows."""
    from openpyxl import Workbook

    from tokenbook.templates.engine import Model

    book = Workbook()
    data = book.active
    data.title = "Data"
    for ref, value in (cells or {}).items():
        data[ref] = value
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "calc.xlsx"
        sheets = {}
        for index, (name, formula) in enumerate(formulas.items()):  # one sheet each: spills must not collide
            sheet = book.create_sheet(f"F{index}")
            sheet["A1"] = formula
            sheets[name] = sheet.title
        book.save(path)
        with Model(path) as model:
            model.recalculate()
            return {name: _spilled(model, sheet) for name, sheet in sheets.items()}


def _spilled(model, sheet: str):
    width = height = 1
    while model.at(sheet, 1, width + 1) is not None:
        width += 1
    while model.at(sheet, height + 1, 1) is not None:
        height += 1
    rows = [[model.at(sheet, row, column) for column in range(1, width + 1)] for row in range(1, height + 1)]
    return rows[0][0] if width == height == 1 else rows


@pytest.fixture(scope="session")
def values_of():
    """Function: formulas by name, and cells of a sheet Data to which they may refer -> values by name."""
    return _values_of
