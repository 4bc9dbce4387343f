"""LibreOffice with our functions installed in a profile of its own, as ``tokenbook install --host calc`` leaves it."""

import os
import subprocess
from pathlib import Path

import pytest

from tokenbook.addin.calc import profile

TIMEOUT = 300  # s, for all workbooks together
ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


class Calc:
    """A LibreOffice profile with the wrappers; every formula is calculated anew when a workbook is loaded."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.profile = profile.profile(folder / "profile")
        user = self.profile.folder / "user"
        user.mkdir(parents=True)
        (user / "registrymodifications.xcu").write_text(ALWAYS_RECALCULATE)

    def recalculated(self, paths: list[Path], kind: str = "xlsx") -> list[Path]:
        """The workbooks as LibreOffice saves them, from one start of it."""
        out = self.folder / kind
        command = [
            profile.program(),
            f"-env:UserInstallation={self.profile.folder.as_uri()}",
            "--headless",
            "--norestore",
        ]
        command += ["--convert-to", kind, "--outdir", str(out), *map(str, paths)]
        # A Python on PATH that is not LibreOffice's own can break it.
        environment = {**os.environ, "PATH": "/usr/bin:/bin"}
        with subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                said, _ = process.communicate(timeout=TIMEOUT)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)  # soffice is a launcher; its child would go on
                raise AssertionError("LibreOffice did not come back: a syntax error in the Basic module?") from None
        made = [out / f"{path.stem}.{kind}" for path in paths]
        assert all(path.exists() for path in made), said
        return made


@pytest.fixture(scope="session")
def calc(tmp_path_factory) -> Calc:
    made = Calc(tmp_path_factory.mktemp("calc"))
    profile.install(made.profile)
    return made
