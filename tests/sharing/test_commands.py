"""The commands: what they print, what they refuse, what they leave on disk."""

import pytest

from tokenbook.addin.cli import run
from tokenbook.templates import ooxml


def told(capsys):
    captured = capsys.readouterr()
    return " ".join(captured.out.split()), " ".join(captured.err.split())


def test_freeze_and_thaw_give_the_file_back(by_openpyxl, tmp_path, capsys):
    cold, back = tmp_path / "cold.xlsx", tmp_path / "back.xlsx"
    assert run(["freeze", str(by_openpyxl), "-o", str(cold)]) == 0
    said, _ = told(capsys)
    assert "Frozen: 4 formulas that call our functions hold their values now" in said
    assert "Left as it is, because it is no cell: the name price; conditional formats of sheet Model" in said
    assert run(["thaw", str(cold), "-o", str(back)]) == 0
    assert "Thawed: 4 formulas put back exactly as they were" in told(capsys)[0]
    one, two = ooxml.open_package(by_openpyxl), ooxml.open_package(back)
    assert {name: one.read_part(name) for name in one.part_names} == {n: two.read_part(n) for n in two.part_names}


@pytest.mark.parametrize("command", [["freeze"], ["convert", "--host", "lite"]])
def test_in_place_only_on_request_and_with_a_backup(by_openpyxl, command, capsys):
    before = by_openpyxl.read_bytes()
    for out in ([], ["-o", str(by_openpyxl)]):
        assert run([command[0], str(by_openpyxl), *command[1:], *out]) == 2
        assert by_openpyxl.read_bytes() == before
    assert "--force to change it in place" in told(capsys)[1]
    assert run([command[0], str(by_openpyxl), *command[1:], "--force"]) == 0
    assert by_openpyxl.read_bytes() != before
    assert by_openpyxl.with_name(by_openpyxl.name + ".bak").read_bytes() == before


def test_an_existing_file_is_not_replaced_without_force(by_openpyxl, tmp_path, capsys):
    out = tmp_path / "there.xlsx"
    out.write_text("mine")
    assert run(["convert", str(by_openpyxl), "--host", "lite", "-o", str(out)]) == 2
    assert out.read_text() == "mine"
    assert "exists already" in told(capsys)[1]
    assert run(["convert", str(by_openpyxl), "--host", "lite", "-o", str(out), "--force"]) == 0
    assert "Converted to lite: 6 formulas in 2 parts" in told(capsys)[0]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["convert", "BOOK", "--host", "excel", "-o", "OUT"], "there is no such host; choose classic, lite, server"),
        (["thaw", "BOOK", "-o", "OUT"], "holds nothing that freeze stored"),
        (["freeze", "NONE", "-o", "OUT"], "cannot be read"),
        (["freeze", "BOOK", "-o", "OUT.xlsm"], "the workbook is an .xlsx file"),
        (["new", "roi", "OUT", "--host", "excel"], "there is no such host"),
    ],
)
def test_a_refusal_is_one_line_and_leaves_nothing(by_openpyxl, tmp_path, capsys, arguments, says):
    places = {"BOOK": str(by_openpyxl), "OUT": str(tmp_path / "out.xlsx"), "NONE": str(tmp_path / "none.xlsx")}
    before = sorted(tmp_path.iterdir())
    assert run([places.get(each, each.replace("OUT", str(tmp_path / "out"))) for each in arguments]) == 2
    assert says in told(capsys)[1]
    assert sorted(tmp_path.iterdir()) == before


def test_converting_what_needs_no_conversion_says_so(by_openpyxl, tmp_path, capsys):
    out = tmp_path / "same.xlsx"
    assert run(["convert", str(by_openpyxl), "--host", "classic", "-o", str(out)]) == 0
    assert "Nothing to convert: all calls are stored so already" in told(capsys)[0]
    assert out.read_bytes() == by_openpyxl.read_bytes()


def test_a_cell_someone_changed_stops_the_thaw(by_openpyxl, tmp_path, capsys):
    cold, back = tmp_path / "cold.xlsx", tmp_path / "back.xlsx"
    run(["freeze", str(by_openpyxl), "-o", str(cold)])
    with ooxml.open_package(cold) as book:
        book.set_value("Model", "B3", 7)
        book.save()
    capsys.readouterr()
    assert run(["thaw", str(cold), "-o", str(back)]) == 2
    assert "Model!B3 held 0.019336329572 and now holds 7: nothing thawed" in told(capsys)[1]
    assert not back.exists()
    assert run(["thaw", str(cold), "-o", str(back), "--keep-changed"]) == 0
    assert "Left as they are: Model!B3 held" in told(capsys)[0]
