"""What every test may need: LibreOffice or Chromium, and a word where it is missing.

Tests marked ``libreoffice`` are not collected where no soffice is found (``.ci/run`` installs it and sets
TOKENBOOK_REQUIRE_LIBREOFFICE, so that there its absence is an error); those marked ``browser`` not where there is no
Chromium (TOKENBOOK_REQUIRE_CHROMIUM).
"""

import os
import shutil
import subprocess
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


@pytest.fixture(scope="session")
def chromium_program() -> str:
    return CHROMIUM


class LibreOffice:
    """A profile of its own in which workbooks are recalculated in full when they are loaded."""

    def __init__(self, folder: Path):
        self.folder = folder
        user = folder / "profile" / "user"
        user.mkdir(parents=True)
        (user / "registrymodifications.xcu").write_text(ALWAYS_RECALCULATE)

    def convert(self, path: Path, kind: str) -> Path:
        """The workbook recalculated and saved as ``kind`` (xlsx, pdf)."""
        out = self.folder / uuid.uuid4().hex
        command = [
            SOFFICE,
            f"-env:UserInstallation=file://{self.folder}/profile",
            "--headless",
            "--norestore",
            "--convert-to",
            kind,
            "--outdir",
            str(out),
            str(path),
        ]
        # A Python on PATH that is not LibreOffice's own can break it.
        environment = {**os.environ, "PATH": "/usr/bin:/bin"}
        for _ in range(2):  # a brand-new profile makes it restart once
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180)
            made = out / f"{path.stem}.{kind}"
            if made.exists():
                return made
        raise AssertionError(f"LibreOffice made no {kind} of {path}: {done.stderr[-400:]}")


@pytest.fixture(scope="session")
def libreoffice(tmp_path_factory) -> LibreOffice:
    return LibreOffice(tmp_path_factory.mktemp("libreoffice"))
