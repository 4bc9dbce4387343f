"""``install``: the functions into Excel (classic xlwings) or LibreOffice Calc, and out again."""

from __future__ import annotations

import sys
from pathlib import Path

from tokenbook.addin.commands import show
from tokenbook.udfs.errors import TokenbookError

CLASSIC, CALC = "classic", "calc"
HOSTS = (CLASSIC, CALC)
ELSEWHERE = {
    "lite": "xlwings Lite needs no installation from here: tokenbook new roi roi.xlsx --host lite",
    "server": "the server is started, not installed: tokenbook serve",
}

STORE_APPS = "WindowsApps"  # the folder of programs from the Microsoft Store


class InstallError(TokenbookError):
    """The options do not fit together; one line for the reader."""


def install(host: str, *, uninstall: bool, out: Path | None, profile: Path | None) -> None:
    """Install, uninstall or only build, for a host."""
    if host not in HOSTS:
        raise InstallError(f"--host {host}: {ELSEWHERE.get(host, 'choose ' + ' or '.join(HOSTS))}")
    if uninstall and out is not None:
        raise InstallError(
            "--uninstall takes the functions out of the program; delete a file built by --output yourself"
        )
    if profile is not None and host != CALC:
        raise InstallError("--profile names a profile of LibreOffice: use it with --host calc")
    if out is not None and not out.is_dir():
        raise InstallError(f"{out}: is no folder; --output names an existing folder")
    if out is None and not uninstall:
        _refuse_python_of_the_store()
    if host == CLASSIC:
        _remove_classic() if uninstall else _classic(out)
    else:
        _remove_calc(profile) if uninstall else _calc(out, profile)


def _refuse_python_of_the_store() -> None:
    """What it writes into AppData lands in a folder of its own, where neither Excel nor LibreOffice looks."""
    if sys.platform == "win32" and STORE_APPS in sys.base_prefix:
        raise InstallError(
            "this Python comes from the Microsoft Store, and Windows hides from other programs what it writes: install "
            "Python from python.org/downloads and Tokenbook in that one, then run this again"
        )


def _classic(out: Path | None) -> None:
    import xlwings

    from tokenbook.addin.classic import place, xlam
    from tokenbook.udfs.functions import registry

    if out is None and place.folder() is None:
        out = Path()  # no Excel here: the file for another machine
    made = place.install() if out is None else xlam.build(out / xlam.FILE_NAME)
    _say(f"{'Installed' if out is None else 'Built'}: {made.absolute()}")
    _say(f"{len(registry())} functions, through xlwings {xlwings.__version__} and {_python()}")
    for sentence in place.missing():
        _say(f"Missing: {sentence}")
    if out is None:
        _say("Start Excel anew, look for the tab Tokenbook, and type =TOK_VERSION() into a cell.")


def _remove_classic() -> None:
    from tokenbook.addin.classic import place, xlam

    removed = place.uninstall()
    _say(
        f"Removed: {removed}" if removed else f"Nothing to remove: there is no {xlam.FILE_NAME} in Excel's start folder"
    )


def _calc(out: Path | None, folder: Path | None) -> None:
    from tokenbook.addin.calc import profile, wrappers
    from tokenbook.templates.ooxml.save import write_atomically
    from tokenbook.udfs.functions import registry

    where = profile.profile(folder)
    if out is None:
        with show.progress() as progress:
            progress.add_task("preparing LibreOffice's profile")
            made = profile.install(where)
    else:
        made = out / f"{wrappers.MODULE}.bas"
        write_atomically(str(made.absolute()), [wrappers.basic(where.place).encode()])
    _say(f"{'Installed' if out is None else 'Built'}: {made.absolute()}")
    _say(f"{len(registry())} functions, calculated by {_python()}")
    if out is None:
        _say("Start LibreOffice Calc and type =TOK_VERSION() into a cell.")
    else:
        _say("In LibreOffice: Tools, Macros, Edit Macros, open My Macros > Standard, then File, Import BASIC.")


def _remove_calc(folder: Path | None) -> None:
    from tokenbook.addin.calc import profile

    where = profile.profile(folder)
    removed = profile.uninstall(where)
    _say(f"Removed: {where.module}" if removed else f"Nothing to remove: {where.module} does not exist")


def _python() -> str:
    return sys.executable


def _say(text: str) -> None:
    show.console.print(text, soft_wrap=True, markup=False)
