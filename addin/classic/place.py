"""Where Excel looks for add-ins that it starts by itself, and putting ours there."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tokenbook.addin.classic import xlam
from tokenbook.addin.classic.xlam import FILE_NAME, ClassicError
from tokenbook.templates.ooxml.errors import PackageError
from tokenbook.templates.ooxml.save import refuse_if_locked

MAC_STARTUP = "Library/Group Containers/UBF8T346G9.Office/User Content.localized/Startup.localized/Excel"
LITE = "use xlwings Lite, which has the functions on macOS and in the browser: addin/lite/README.md"


def folder() -> Path | None:
    """The folder whose add-ins Excel opens by itself; None where there is no Excel for the desktop."""
    if sys.platform == "win32":
        roaming = os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming"
        return Path(roaming) / "Microsoft" / "Excel" / "XLSTART"
    if sys.platform == "darwin":
        return Path.home() / MAC_STARTUP
    return None


def install() -> Path:
    """Build the add-in into Excel's folder."""
    where = folder()
    if where is None:
        raise ClassicError(
            "there is no Excel for this system: --output DIR builds the add-in file for another machine, "
            "--host calc installs the functions in LibreOffice"
        )
    try:
        where.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ClassicError(f"{where}: the folder cannot be made ({error.strerror})") from None
    target = where / FILE_NAME
    _refuse_if_open(target)
    return xlam.build(target)


def uninstall() -> Path | None:
    """Take the add-in away; its path, or None if there was none."""
    where = folder()
    if where is None:
        return None
    target = where / FILE_NAME
    if not target.exists():
        return None
    _refuse_if_open(target)
    try:
        target.unlink()
    except PermissionError:
        raise ClassicError(f"{target}: Excel has it open; close Excel and run this again") from None
    return target


def missing() -> list[str]:
    """What this machine lacks for the add-in to work, one sentence each."""
    if sys.platform == "win32":
        return [*_missing_dll(), *_missing_pywin32()]
    if sys.platform == "darwin":
        return [
            f"Excel for Mac cannot calculate the functions through classic xlwings (they show #NAME?): {LITE}",
            "The buttons need xlwings' helper script once: xlwings runpython install",
        ]
    return [
        "Excel for Windows, which this system has not. Run tokenbook install on the Windows machine; "
        "the file built here looks there for pythonw on the PATH."
    ]


def _refuse_if_open(target: Path) -> None:
    try:
        refuse_if_locked(str(target))
    except PackageError:
        raise ClassicError(f"{target}: Excel has it open; close Excel and run this again") from None


def _missing_dll() -> list[str]:
    import xlwings

    name = f"xlwings64-{xlwings.__version__}.dll"
    folders = (Path(sys.executable).parent, Path(sys.executable).parent.parent)
    if any((folder / name).exists() for folder in folders):
        return []
    return [f"{name} is not beside {sys.executable}: python -m pip install --force-reinstall xlwings"]


def _missing_pywin32() -> list[str]:
    from importlib.util import find_spec

    return [] if find_spec("win32com") else ["The package pywin32: python -m pip install pywin32"]
