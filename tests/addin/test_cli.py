"""The command line as its users meet it: what it prints, what it refuses, and that it never loses a file."""

import json
import subprocess
import sys

import openpyxl
import pytest
from rich.console import Console

from tokenbook.addin.cli import run
from tokenbook.addin.commands import show


@pytest.fixture(scope="module")
def workbook(tmp_path_factory):
    """A roi workbook of one platform, made through the command."""
    path = tmp_path_factory.mktemp("cli") / "roi.xlsx"
    assert run(["new", "roi", str(path), "-p", "GB200"]) == 0
    return path


def lines(text):
    return [line for line in text.splitlines() if line.strip()]


def refused(capsys, *arguments):
    """Run a command that must be refused; gives its one line."""
    assert run([str(argument) for argument in arguments]) == 2
    printed = capsys.readouterr()
    said = lines(printed.err)
    assert len(said) == 1, printed.err
    assert said[0].startswith("tokenbook: ")
    assert "Traceback" not in printed.err
    return said[0]


def test_demo_writes_a_workbook_and_prints_its_headline(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(show, "console", Console(color_system=None, width=100))
    assert run(["demo"]) == 0
    text = capsys.readouterr().out
    for word in ("GB200 NVL72", "GB300 NVL72", "B200", "H100", "Net ROI", "Payback", "LCOT"):
        assert word in text
    assert "Checks: OK" in text
    first = tmp_path / "tokenbook-demo" / "token-roi.xlsx"
    assert first.stat().st_size > 100_000
    assert run(["demo"]) == 0, "a second demo must not fail on the first one's file"
    assert (tmp_path / "tokenbook-demo" / "token-roi-2.xlsx").exists()


def test_new_refuses_to_replace_a_file_and_force_replaces_it(workbook, capsys, tmp_path):
    target = tmp_path / "mine.xlsx"
    target.write_bytes(b"mine")
    assert "exists already" in refused(capsys, "new", "roi", target)
    assert target.read_bytes() == b"mine"
    assert run(["new", "roi", str(target), "-p", "H200", "--force"]) == 0
    assert openpyxl.load_workbook(target, read_only=True).sheetnames[0] == "Cover"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("new", "roy", "x.xlsx"), "there is no such template; there are roi"),
        (("new", "roi", "x.xls"), "is an .xlsx file"),
        (("new", "roi", "nowhere/x.xlsx"), "does not exist"),
        (("new", "roi"), "name the template and the file"),
        (("new", "roi", "x.xlsx", "-p", "GB20"), "unknown platform 'GB20'"),
        (("new", "roi", "x.xlsx", "-p", "B200", "-p", "b200"), "B200: is given twice"),
        (
            ("new", "roi", "x.xlsx", *(["-p", "H100", "-p", "H200", "-p", "B200", "-p", "B300", "-p", "GB200"])),
            "up to 4 platforms",
        ),
        (("new", "roi", "x.xlsx", "--model", "GPT-9"), "GPT-9"),
        (("new", "roi", "x.xlsx", "--shape", "3k/3k"), "it exists at 8k/1k"),
        (("new", "roi", "x.xlsx", "--as-of", "soon"), "--as-of soon: is not a date"),
        (("new", "roi", "x.xlsx", "--as-of", "2020-01-01"), "2020-01-01"),
        (("calc", "nothing.xlsx"), "nothing.xlsx"),
        (("functions", "TOK_NVP"), "did you mean TOK_NPV?"),
        (("--versio",), "No such option"),
        (("calc",), "Missing argument"),
    ],
)
def test_bad_input_is_refused_in_one_line(capsys, tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    assert says in refused(capsys, *arguments)
    assert list(tmp_path.iterdir()) == [], "something was left behind"


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("gpus_1=-5", "a whole number of 1 or more belongs here"),
        ("gpus_1=2.5", "a whole number of 1 or more belongs here"),
        ("gpus_1=many", "holds the number 72, 'many' is text"),
        ("tok_s_per_gpu_1=0", "a number above 0 belongs here"),
        ("months=0", "a whole number from 1 to 60 belongs here"),
        ("months=61", "a whole number from 1 to 60 belongs here"),
        ("utilization_end_1=140%", "a number from 0 to 1 belongs here"),
        ("acquisition_1=lease", "choose from the list"),
        ("gpus_1=", "a blank is refused"),
        ("npv_1=3", "holds a formula"),
        ("gpu=3", "neither a name of this workbook nor a cell"),
        ("gpus_1", "write NAME=VALUE"),
    ],
)
def test_a_setting_that_the_workbook_would_refuse_is_refused(capsys, workbook, tmp_path, setting, says):
    before = workbook.read_bytes()
    out = tmp_path / "out.xlsx"
    assert says in refused(capsys, "calc", workbook, "--set", setting, "-o", out)
    assert workbook.read_bytes() == before
    assert not out.exists()


def test_a_file_that_is_no_workbook_is_refused(capsys, tmp_path):
    path = tmp_path / "notes.xlsx"
    path.write_text("just words")
    assert "not a workbook" in refused(capsys, "calc", path)


def test_an_output_that_cannot_be_written_is_refused(capsys, workbook, tmp_path):
    target = tmp_path / "folder.xlsx"
    target.mkdir()
    assert "is a folder" in refused(capsys, "calc", workbook, "-o", target)


def test_calc_prints_json_and_leaves_the_file_alone(workbook, capsys):
    before = workbook.read_bytes()
    capsys.readouterr()
    assert run(["calc", str(workbook), "--json", "--set", "gpus_1=144"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["set"] == [{"name": "gpus_1", "cell": "Inputs!C6", "old": 72.0, "new": 144.0}]
    assert data["results"]["check_master"] == "OK"
    assert data["cell_errors"] == 0
    assert workbook.read_bytes() == before


def test_calc_doubles_what_twice_the_gpus_double(workbook, capsys, tmp_path):
    out = tmp_path / "double.xlsx"
    capsys.readouterr()
    assert run(["calc", str(workbook), "--json"]) == 0
    once = json.loads(capsys.readouterr().out)["results"]
    assert run(["calc", str(workbook), "--set", "gpus_1=144", "-o", str(out)]) == 0
    capsys.readouterr()
    assert run(["calc", str(out), "--json"]) == 0
    twice = json.loads(capsys.readouterr().out)["results"]
    for name in ("investment_1", "npv_1"):
        assert twice[name] == pytest.approx(2 * once[name], rel=1e-12)
    for name in ("lcot_1", "irr_1", "payback_1", "net_roi_1"):
        assert twice[name] == pytest.approx(once[name], rel=1e-9)


def test_calc_in_place_asks_for_force(workbook, capsys):
    assert "is the workbook itself" in refused(capsys, "calc", workbook, "-o", workbook)


def test_an_older_vintage_gives_older_rates(tmp_path, capsys):
    def rate(day):
        path = tmp_path / f"{day}.xlsx"
        assert run(["new", "roi", str(path), "-p", "B200", "--as-of", day]) == 0
        capsys.readouterr()
        assert run(["calc", str(path), "--json"]) == 0
        return json.loads(capsys.readouterr().out)["inputs"]["usd_per_gpu_hour_1"]

    assert rate("2026-06-30") == 1.95
    assert rate("2026-10-31") == 1.73
    cover = openpyxl.load_workbook(tmp_path / "2026-06-30.xlsx", read_only=True)["Cover"]
    facts = {row[0]: row[1] for row in cover.iter_rows(values_only=True) if row and row[0]}
    assert "usd_per_mtok_input (2026-09-30)" in facts["Newer than that"], "a price newer than the day must be named"


def test_functions_lists_all_and_shows_one(capsys):
    assert run(["functions"]) == 0
    listed = capsys.readouterr().out
    assert "TOK_NPV" in listed
    assert "Cash flow" in listed
    assert run(["functions", "npv"]) == 0
    shown = capsys.readouterr().out
    assert "TOK_NPV(rate, cashflows" in shown
    assert "#NUM!" in shown


def test_the_installed_command_answers(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tokenbook", "--version"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    assert done.stdout.startswith("tokenbook ")


def test_an_unexpected_failure_is_one_line_and_not_a_traceback(capsys, monkeypatch):
    from tokenbook.addin.commands import workbooks

    def broken(folder):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(workbooks, "demo", broken)
    assert run(["demo"]) == 1
    said = lines(capsys.readouterr().err)
    assert len(said) == 1
    assert "fault of Tokenbook" in said[0]


def test_an_interruption_leaves_nothing_and_says_so(capsys, monkeypatch, tmp_path):
    from tokenbook.templates import build

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "_save", interrupted)
    assert run(["new", "roi", str(tmp_path / "x.xlsx"), "-p", "B200"]) == 130
    assert "half-written" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
