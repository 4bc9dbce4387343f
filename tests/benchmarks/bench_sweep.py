"""Sweeping the roi workbook: two processes against one, and one scenario against other ways to calculate it.

TOKENBOOK_BENCH_SCENARIOS sets the number of scenarios (400 if unset; 10,000 take about 12 minutes).
"""

import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas

from tokenbook.templates import build, ooxml
from tokenbook.templates.models import module
from tokenbook.templates.models.shared.options import Options
from tokenbook.templates.sweep import run, scenarios

SCENARIOS = int(os.environ.get("TOKENBOOK_BENCH_SCENARIOS", "400"))
SCALING_TARGET = 1.8
OUTPUTS = ["npv_1", "lcot_1", "irr_1"]
LIBREOFFICE_SCENARIOS = 3
FORMULAS_SCENARIOS = 3
ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def rows() -> list[dict]:
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        book = folder / "roi.xlsx"
        build.build(module("roi").compose(Options(version="benchmark")), book)
        rng = np.random.default_rng(1)
        table = pandas.DataFrame(
            {
                "usd_per_mtok_output": rng.uniform(0.5, 4, SCENARIOS),
                "price_annual_factor": rng.uniform(1, 6, SCENARIOS),
                "utilization_end_1": rng.uniform(0.3, 0.95, SCENARIOS),
            }
        )
        given = scenarios.of_frame(table)
        one = timed(lambda: run.sweep(book, given, OUTPUTS, folder / "one.csv", workers=1))
        two = timed(lambda: run.sweep(book, given, OUTPUTS, folder / "two.csv", workers=2))
        same = (folder / "one.csv").read_bytes() == (folder / "two.csv").read_bytes()
        each = one / SCENARIOS
        return [
            {
                "name": f"sweep of {SCENARIOS:,} scenarios, 1 process",
                "peer": "2 processes",
                "ratio": one / two,
                "target": f"at least {SCALING_TARGET:g}",
                "met": one / two >= SCALING_TARGET and same,
                "detail": f"{one:.1f} s against {two:.1f} s, {SCENARIOS / two:.1f} a second; same table: {same}",
            },
            libreoffice(book, table, each, folder),
            formulas(book, table, each),
        ]


def libreoffice(book: Path, table, each: float, folder: Path) -> dict:
    """A plain loop: set the inputs in the file, let LibreOffice recalculate and save it, read the results."""
    about = {"name": "one scenario of that sweep", "peer": "a loop over LibreOffice", "target": "", "met": None}
    office = shutil.which("soffice")
    if not office:
        return about | {"ratio": "-", "detail": "LibreOffice is not on this machine"}
    user = folder / "profile" / "user"
    user.mkdir(parents=True)
    (user / "registrymodifications.xcu").write_text(ALWAYS_RECALCULATE)
    with ooxml.open_package(book) as package:
        cells = {
            name: text.replace("$", "").rpartition("!")
            for (name, scope), text in package.defined_names.items()
            if not scope
        }
    command = [office, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "xlsx"]
    environment = {**os.environ, "PATH": "/usr/bin:/bin"}
    began = 0.0
    for number in range(-1, LIBREOFFICE_SCENARIOS):  # the first start makes the profile
        if number == 0:
            began = time.perf_counter()
        path = folder / f"case{number}.xlsx"
        with ooxml.open_package(book) as package:
            for name, value in table.iloc[max(number, 0)].items():
                sheet, _, ref = cells[name]
                package.set_value(sheet.strip("'"), ref, float(value))
            package.save(path)
        subprocess.run(
            [*command, "--outdir", str(folder / "out"), str(path)], env=environment, capture_output=True, check=True
        )
    seconds = (time.perf_counter() - began) / LIBREOFFICE_SCENARIOS
    return about | {"ratio": seconds / each, "detail": f"{seconds:.2f} s a scenario against {each:.3f} s"}


def formulas(book: Path, table, each: float) -> dict:
    """The ``formulas`` package: compile the workbook to Python once, then calculate it for each scenario."""
    about = {"name": "one scenario of that sweep", "peer": "the formulas package", "target": "", "met": None}
    if importlib.util.find_spec("formulas") is None:
        return about | {"ratio": "-", "detail": "formulas is not installed (pip install formulas)"}
    import formulas as peer

    began = time.perf_counter()
    try:
        model = peer.ExcelModel().loads(str(book)).finish()
    except Exception as error:
        return about | {
            "ratio": "-",
            "detail": f"it cannot load this workbook: {type(error).__name__}: {str(error)[:80]}",
        }
    loading = time.perf_counter() - began
    with ooxml.open_package(book) as package:
        cells = {
            name: text.replace("$", "").rpartition("!")
            for (name, scope), text in package.defined_names.items()
            if not scope
        }
    began = time.perf_counter()
    try:
        for number in range(FORMULAS_SCENARIOS):
            given = {
                f"'[{book.name}]{cells[name][0].strip(chr(39)).upper()}'!{cells[name][2]}": float(value)
                for name, value in table.iloc[number].items()
            }
            model.calculate(inputs=given)
    except Exception as error:
        return about | {"ratio": "-", "detail": f"loaded in {loading:.0f} s; calculation stops: {type(error).__name__}"}
    seconds = (time.perf_counter() - began) / FORMULAS_SCENARIOS
    detail = f"{seconds:.2f} s a scenario against {each:.3f} s, after {loading:.0f} s of loading"
    return about | {"ratio": seconds / each, "detail": detail}


def timed(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    for row in rows():
        print(row)
