"""Every template in every host: live in LibreOffice, carried by a workbook for xlwings Lite, stored for the server."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import etree

from tokenbook.addin.cli import run
from tokenbook.addin.lite import embed, part
from tokenbook.templates.engine import Model
from tokenbook.templates.formulas import stored_calls
from tokenbook.templates.models import TEMPLATES
from tokenbook.templates.ooxml import open_package
from tokenbook.udfs.functions import CellError
from tokenbook.udfs.functions.declare import ExcelFunction

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]
MONEY, SMALL = 1e-6, 1e-9  # what counts as zero: in USD, where large amounts cancel, and elsewhere
MINUS_ZERO = re.compile(r"-(0\.0+)(?![0-9])")  # a rest of 1e-18 may have either sign in a text
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
MONEY_IDS = {"3", "4"}  # Excel's own numbers for #,##0 and #,##0.00
LARGEST_MAIN = 1_000_000  # characters; above that people have met failures


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict[str, Path]:
    """Each template as ``tokenbook new`` writes it; one that cannot be made is missing."""
    folder = tmp_path_factory.mktemp("templates")
    paths = {name: folder / f"{name}.xlsx" for name in TEMPLATES}
    return {name: path for name, path in paths.items() if run(["new", name, str(path)]) == 0}


# --- LibreOffice Calc --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def recalculated(calc, made) -> dict[str, Path]:
    """Each template as one LibreOffice, in which our functions are installed, calculates and saves it."""
    return dict(zip(made, calc.recalculated(list(made.values())), strict=True))


@pytest.mark.libreoffice
@pytest.mark.parametrize("name", TEMPLATES)
def test_every_cell_of_a_template_is_the_same_in_calc_and_its_checks_are_ok(name, made, recalculated, host_cases):
    complaints, live = [], 0
    with open_package(made[name]) as ours, open_package(recalculated[name]) as theirs:
        amounts = styles_of_amounts(ours)
        for sheet in ours.sheets:
            others = {cell.ref: cell.value for cell in theirs.cells(sheet)}
            for cell in ours.cells(sheet):
                live += "TOK_" in (cell.formula or "")
                mine, other = cell.value, others.get(cell.ref)
                if not same(host_cases, other, mine, MONEY if cell.style in amounts else SMALL):
                    complaints.append(f"{sheet}!{cell.ref} {cell.formula or '':.80}: {other!r}, not {mine!r}")
        sheet, ref = ours.defined_names["check_master", None].replace("$", "").split("!")
        assert complaints == []
        assert live > 0
        assert theirs.cell(sheet.strip("'"), ref).value == "OK"


def styles_of_amounts(package) -> set[int]:
    """The cell styles whose number format is that of amounts of money."""
    root = etree.fromstring(package.read_part("xl/styles.xml"))
    codes = {item.get("numFmtId"): item.get("formatCode") for item in root.iter(f"{MAIN}numFmt")}
    formats = [style.get("numFmtId") for style in root.find(f"{MAIN}cellXfs")]
    return {i for i, id_ in enumerate(formats) if id_ in MONEY_IDS or codes.get(id_, "").startswith("#,##0")}


def same(host_cases, other, mine, near_zero) -> bool:
    if isinstance(mine, (int, float)) and not isinstance(mine, bool) and isinstance(other, (int, float)):
        return other == pytest.approx(mine, rel=1e-9, abs=near_zero)
    if isinstance(mine, str) and isinstance(other, str):
        mine, other = MINUS_ZERO.sub(r"+\1", mine), MINUS_ZERO.sub(r"+\1", other)
    return host_cases.same(other, mine)


# --- xlwings Lite ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def carrying(made, tmp_path_factory) -> dict[str, Path]:
    """Each template with the functions in it."""
    folder = tmp_path_factory.mktemp("lite")
    for path in made.values():
        with open_package(path) as package:
            embed(package)
            package.save(folder / path.name)
    return {name: folder / path.name for name, path in made.items()}


@pytest.fixture
def main(carrying, tmp_path):
    """The main.py that a template carries, as a file."""

    def main(name):
        with open_package(carrying[name]) as package:
            text = part.lite(package).properties["main.py"]
        path = tmp_path / "main.py"
        path.write_text(text, encoding="utf-8")
        return path

    return main


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_for_lite_answers_its_own_calls_with_what_it_carries(
    name, carrying, main, alone, host_cases, tmp_path, monkeypatch
):
    calls, answers, in_cell = [], [], ExcelFunction.in_cell

    def noted(self, *arguments):
        answers.append(in_cell(self, *arguments))
        calls.append((self.python_name, arguments))
        return answers[-1]

    monkeypatch.setattr(ExcelFunction, "in_cell", noted)
    with Model(carrying[name]) as model:
        model.recalculate()
        assert model.named("check_master") == "OK"
    assert calls
    complaints = []
    for (function, _), found, wanted in zip(calls, alone(main(name), tmp_path, calls)["answers"], answers, strict=True):
        rows = [[str(cell) if isinstance(cell, CellError) else cell for cell in row] for row in rows_of(wanted)]
        if wrong := host_cases.difference(found["error"] if isinstance(found, dict) else found, rows):
            complaints.append(f"{function}: {wrong}")
    assert complaints == []


def rows_of(value):
    return value if isinstance(value, list) else [[value]]


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_source_that_a_template_carries_can_be_read(name, main):
    path = main(name)
    text = path.read_text(encoding="utf-8")
    assert len(text) < LARGEST_MAIN
    lines = text.split("\n")
    entries = [re.match(r" *([\d,]+)  (\w+) +(\w+) ", line) for line in lines[:100]]
    entries = [entry for entry in entries if entry]
    assert [lines[int(entry[1].replace(",", ""))] for entry in entries] == [f"# {e[2]}: {e[3]}" for e in entries]
    assert len(entries) > 30
    command = [sys.executable, "-m", "ruff", "check", "--config", str(ROOT / "pyproject.toml"), str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-1500:]


@pytest.mark.parametrize("name", TEMPLATES)
def test_putting_the_functions_in_changes_stored_names_and_nothing_else_and_only_once(name, made, carrying):
    with open_package(made[name]) as before, open_package(carrying[name]) as after:
        old, new = set(before.part_names), set(after.part_names)
        assert new - old == {
            "xl/webextensions/taskpanes.xml",
            "xl/webextensions/_rels/taskpanes.xml.rels",
            "xl/webextensions/webextension1.xml",
        }
        stored_calls.convert(after, "classic")
        changed = {name for name in old if after.read_part(name) != before.read_part(name)}
        assert changed == {"[Content_Types].xml", "_rels/.rels"}
    with open_package(carrying[name]) as again:
        assert not embed(again).changed


# --- stored for another host -------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["lite", "server"])
@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_converted_to_a_host_and_back_is_the_same_file(name, host, made, tmp_path, capsys):
    there, back = tmp_path / "there.xlsx", tmp_path / "back.xlsx"
    assert run(["convert", str(made[name]), "--host", host, "-o", str(there)]) == 0
    assert ("tokenbook embed" in capsys.readouterr().out) == (host == "lite"), "Lite needs more than the names"
    with open_package(there) as package:
        assert {prefix for _, prefix in stored_calls.spellings(package)} == {"_xldudf_"}
    assert run(["convert", str(there), "--host", "classic", "-o", str(back)]) == 0
    with open_package(made[name]) as one, open_package(back) as two:
        assert [n for n in one.part_names if one.read_part(n) != two.read_part(n)] == []


@pytest.mark.parametrize("host", ["lite", "server"])
def test_new_for_a_host_is_what_convert_and_embed_make_of_it(host, made, carrying, tmp_path):
    out = tmp_path / "claims.xlsx"
    assert run(["new", "claims", str(out), "--host", host]) == 0
    with open_package(out) as package, open_package(carrying["claims"] if host == "lite" else made["claims"]) as other:
        if host == "server":
            stored_calls.convert(other, host)
        assert list(package.part_names) == list(other.part_names)
        assert [n for n in package.part_names if package.read_part(n) != other.read_part(n)] == []
