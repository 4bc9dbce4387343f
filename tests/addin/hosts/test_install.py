"""``tokenbook install``: the right file in the right place on every system, nothing else touched, and gone again."""

import sys
from pathlib import Path

import pytest

from tokenbook.addin.calc import profile, wrappers
from tokenbook.addin.classic import place
from tokenbook.addin.cli import run

# What LibreOffice itself writes at its first start, with a macro module of the user in it.
USERS_LIBRARY = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:library PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "library.dtd">
<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard" library:readonly="false" \
library:passwordprotected="false">
 <library:element library:name="Module1"/>
</library:library>"""

EXCEL = {
    "win32": "AppData/Roaming/Microsoft/Excel/XLSTART",
    "darwin": "Library/Group Containers/UBF8T346G9.Office/User Content.localized/Startup.localized/Excel",
}
LIBREOFFICE = {
    "win32": "AppData/Roaming/LibreOffice/4",
    "darwin": "Library/Application Support/LibreOffice/4",
    "linux": ".config/libreoffice/4",
}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home of its own, in which neither Excel nor LibreOffice ever started."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("APPDATA", str(tmp_path / "AppData" / "Roaming"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def library_of(home: Path, system: str) -> Path:
    """A LibreOffice profile with a macro of the user."""
    library = home / LIBREOFFICE[system] / "user" / "basic" / "Standard"
    library.mkdir(parents=True)
    (library / "script.xlb").write_text(USERS_LIBRARY)
    (library / "Module1.xba").write_text("the user's own")
    return library


def refused(capsys, *arguments) -> str:
    assert run(["install", *map(str, arguments)]) == 2
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    return error


@pytest.mark.parametrize("system", EXCEL)
def test_excel_finds_the_add_in_when_it_starts_and_no_longer_after_uninstall(home, monkeypatch, capsys, system):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(place, "missing", list)
    target = home / EXCEL[system] / "tokenbook.xlam"
    assert run(["install"]) == 0
    assert target.stat().st_size > 50_000
    assert f"Installed: {target}" in capsys.readouterr().out
    assert run(["install"]) == 0, "installing again replaces the file"
    assert [path.name for path in target.parent.iterdir()] == ["tokenbook.xlam"]
    assert run(["install", "--uninstall"]) == 0
    assert list(target.parent.iterdir()) == []
    capsys.readouterr()
    assert run(["install", "--uninstall"]) == 0
    assert "Nothing to remove" in capsys.readouterr().out


def test_an_add_in_that_excel_has_open_is_left_alone(home, monkeypatch, capsys):
    monkeypatch.setattr(sys, "platform", "win32")
    folder = home / EXCEL["win32"]
    folder.mkdir(parents=True)
    (folder / "tokenbook.xlam").write_text("old")
    (folder / "~$tokenbook.xlam").write_text("lock")
    assert "close Excel" in refused(capsys)
    assert "close Excel" in refused(capsys, "--uninstall")
    assert (folder / "tokenbook.xlam").read_text() == "old"


def test_without_excel_the_file_is_built_here_and_it_is_said_what_is_missing(home, monkeypatch, capsys):
    monkeypatch.setattr(sys, "platform", "linux")
    assert run(["install"]) == 0
    said = capsys.readouterr().out
    assert f"Built: {home / 'tokenbook.xlam'}" in said
    assert "Missing: Excel for Windows" in said
    assert (home / "tokenbook.xlam").exists()


def test_what_a_windows_machine_lacks_is_named(home, monkeypatch, capsys):
    monkeypatch.setattr(sys, "platform", "win32")
    assert run(["install"]) == 0
    said = capsys.readouterr().out
    assert "Missing: xlwings64-" in said
    assert "Missing: The package pywin32" in said


@pytest.mark.parametrize("host", ["classic", "calc"])
def test_python_of_the_microsoft_store_is_refused_because_nobody_else_sees_what_it_writes(
    home, monkeypatch, capsys, host
):
    monkeypatch.setattr(sys, "platform", "win32")
    store = r"C:\Program Files\WindowsApps\PythonSoftwareFoundation.Python.3.12_3.12.2800.0_x64__qbz5n2kfra8p0"
    monkeypatch.setattr(sys, "base_prefix", store)
    assert "python.org/downloads" in refused(capsys, "--host", host)
    assert list(home.iterdir()) == []


def test_on_a_mac_the_user_is_led_to_the_host_that_has_the_functions(home, monkeypatch, capsys):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert run(["install"]) == 0
    assert "use xlwings Lite" in capsys.readouterr().out


@pytest.mark.parametrize("system", LIBREOFFICE)
def test_calc_finds_the_functions_beside_the_macros_of_the_user(home, monkeypatch, capsys, system):
    monkeypatch.setattr(sys, "platform", system)
    library = library_of(home, system)
    for _ in range(2):  # again replaces
        assert run(["install", "--host", "calc"]) == 0
    index = (library / "script.xlb").read_text()
    end = "</library:library>"
    assert index == USERS_LIBRARY.replace(end, ' <library:element library:name="Tokenbook"/>\n' + end)
    assert "TOK_NPV(" in (library / "Tokenbook.xba").read_text()
    assert (library / "Module1.xba").read_text() == "the user's own"
    assert run(["install", "--host", "calc", "--uninstall"]) == 0
    assert (library / "script.xlb").read_text() == USERS_LIBRARY
    assert sorted(path.name for path in library.iterdir()) == ["Module1.xba", "script.xlb"]
    capsys.readouterr()
    assert run(["install", "--host", "calc", "--uninstall"]) == 0
    assert "Nothing to remove" in capsys.readouterr().out


def test_a_profile_that_is_kept_elsewhere_is_found(home, monkeypatch, capsys):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "elsewhere"))
    library = home / "elsewhere/libreoffice/4/user/basic/Standard"
    library.mkdir(parents=True)
    (library / "script.xlb").write_text(USERS_LIBRARY)
    assert run(["install", "--host", "calc"]) == 0
    assert "TOK_NPV(" in (library / "Tokenbook.xba").read_text()
    assert not (home / ".config").exists()


def test_windows_without_appdata_keeps_to_the_home(home, monkeypatch, capsys):
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(place, "missing", list)
    monkeypatch.delenv("APPDATA")
    assert run(["install"]) == 0
    assert (home / EXCEL["win32"] / "tokenbook.xlam").exists()


def test_libreoffice_that_is_open_is_left_alone(home, capsys, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    library = library_of(home, "linux")
    (library.parents[2] / ".lock").write_text("")
    assert "LibreOffice is open" in refused(capsys, "--host", "calc")
    assert "LibreOffice is open" in refused(capsys, "--host", "calc", "--uninstall")
    assert (library / "script.xlb").read_text() == USERS_LIBRARY


def test_a_macro_module_of_the_user_with_our_name_is_left_alone(home, capsys, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    library = library_of(home, "linux")
    (library / "Tokenbook.xba").write_text("mine")
    assert "macro module of yours" in refused(capsys, "--host", "calc")
    assert "macro module of yours" in refused(capsys, "--host", "calc", "--uninstall")
    assert (library / "Tokenbook.xba").read_text() == "mine"
    assert (library / "script.xlb").read_text() == USERS_LIBRARY


def test_a_library_that_is_none_is_left_alone(home, capsys, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    library = library_of(home, "linux")
    (library / "script.xlb").write_text("<other/>")
    assert "not a list of Basic modules" in refused(capsys, "--host", "calc")
    assert sorted(path.name for path in library.iterdir()) == ["Module1.xba", "script.xlb"]


def test_without_libreoffice_it_is_said_where_to_get_it(home, capsys, monkeypatch):
    monkeypatch.setattr(profile, "program", lambda: None)
    assert "libreoffice.org/download" in refused(capsys, "--host", "calc")
    (home / ".var/app/org.libreoffice.LibreOffice").mkdir(parents=True)
    assert "Flatpak" in refused(capsys, "--host", "calc")


def test_a_libreoffice_that_cannot_be_started_is_named(home, capsys, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(profile, "program", lambda: str(home / "soffice"))
    assert "could not be started" in refused(capsys, "--host", "calc")


def test_output_only_builds(home, capsys):
    (home / "out").mkdir()
    assert run(["install", "--output", "out"]) == 0
    assert run(["install", "--host", "calc", "--output", "out"]) == 0
    assert sorted(path.name for path in (home / "out").iterdir()) == ["Tokenbook.bas", "tokenbook.xlam"]
    assert [path.name for path in home.iterdir()] == ["out"], "nothing is installed"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--host", "lite"), "tokenbook new roi roi.xlsx --host lite"),
        (("--host", "server"), "tokenbook serve"),
        (("--host", "numbers"), "choose classic or calc"),
        (("--output", "nowhere"), "is no folder"),
        (("--output", ".", "--uninstall"), "delete a file built by --output yourself"),
        (("--profile", "."), "use it with --host calc"),
    ],
)
def test_what_does_not_fit_together_is_refused_in_one_line(home, capsys, arguments, says):
    assert says in refused(capsys, *arguments)
    assert list(home.iterdir()) == []


def test_paths_with_blanks_and_quotes_stay_whole_in_the_basic_module(tmp_path):
    where = profile.profile(tmp_path / 'Jane "J" Doe')
    text = wrappers.basic(where.place, python="/opt/my python/bin/python3")
    assert 'Shell("file:///opt/my%20python/bin/python3", 0, "-P -m tokenbook.addin.calc.helper start ' in text
    assert 'Jane ""J"" Doe' in text
