"""Where LibreOffice keeps a user's Basic, and putting our module there without touching anybody else's.

The module goes into the library Standard of the user's profile: it is the one that Calc searches for functions.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from tokenbook.addin.calc import wrappers
from tokenbook.templates.ooxml.save import write_atomically
from tokenbook.udfs.errors import TokenbookError

START_TIMEOUT = 120  # s, for LibreOffice to make a profile
ELEMENT = f' <library:element library:name="{wrappers.MODULE}"/>\n'
ELEMENT_PATTERN = re.compile(rf'[ \t]*<library:element library:name="{wrappers.MODULE}"\s*/>\r?\n?')
CLOSING = "</library:library>"
MODULE_XML = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="{name}" script:language="StarBasic">{text}\
</script:module>
"""
WHERE = "https://www.libreoffice.org/download"
FLATPAK = Path("~/.var/app/org.libreoffice.LibreOffice")


class CalcError(TokenbookError):
    """The functions cannot be put into LibreOffice; one line for the reader."""


@dataclass(frozen=True)
class Profile:
    """A LibreOffice profile: the folder that holds ``user``."""

    folder: Path
    own: bool = False  # named by the user, not the one that LibreOffice takes by itself

    @property
    def library(self) -> Path:
        return self.folder / "user" / "basic" / "Standard"

    @property
    def module(self) -> Path:
        return self.library / f"{wrappers.MODULE}.xba"

    @property
    def place(self) -> Path:
        """The file through which a helper process says where it listens."""
        return self.folder / "user" / "tokenbook-helper.txt"


def profile(folder: Path | None = None) -> Profile:
    """The profile of this user, or the one in a folder."""
    return Profile(folder.absolute(), own=True) if folder else Profile(usual_folder())


def usual_folder() -> Path:
    """Where LibreOffice keeps the profile of this user, by system."""
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming") / "LibreOffice" / "4"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "LibreOffice" / "4"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "libreoffice" / "4"


def program() -> str | None:
    """The soffice program, if this machine has one."""
    if found := shutil.which("soffice") or shutil.which("libreoffice"):
        return found
    if sys.platform == "darwin":
        places = [Path("/Applications/LibreOffice.app/Contents/MacOS/soffice")]
    elif sys.platform == "win32":
        roots = [os.environ.get(name) for name in ("ProgramFiles", "ProgramFiles(x86)")]
        places = [Path(root) / "LibreOffice" / "program" / "soffice.com" for root in roots if root]
    else:
        places = [
            Path("/usr/lib/libreoffice/program/soffice"),
            *sorted(Path("/opt").glob("libreoffice*/program/soffice")),
        ]
    return next((str(place) for place in places if place.exists()), None)


def install(where: Profile) -> Path:
    """Write our module and name it in the library; gives the path of the module."""
    refuse_if_open(where)
    if not (where.library / "script.xlb").exists():
        _make(where)
    index = where.library / "script.xlb"
    text = index.read_text(encoding="utf-8")
    if CLOSING not in text:
        raise CalcError(f"{index}: is not a list of Basic modules as LibreOffice writes it; nothing was changed")
    _refuse_if_foreign(where.module)
    write_atomically(str(where.module), [module_xml(where).encode()])
    if not ELEMENT_PATTERN.search(text):
        write_atomically(str(index), [text.replace(CLOSING, ELEMENT + CLOSING).encode()])
    return where.module


def uninstall(where: Profile) -> bool:
    """Take our module out again; whether there was one."""
    refuse_if_open(where)
    index, found = where.library / "script.xlb", False
    if where.module.exists():
        _refuse_if_foreign(where.module)
        found = True
    if index.exists():
        text = index.read_text(encoding="utf-8")
        if found and ELEMENT_PATTERN.search(text):
            write_atomically(str(index), [ELEMENT_PATTERN.sub("", text).encode()])
    where.module.unlink(missing_ok=True)
    where.place.unlink(missing_ok=True)
    return found


def module_xml(where: Profile) -> str:
    """The file that holds our module."""
    return MODULE_XML.format(name=wrappers.MODULE, text=escape(wrappers.basic(where.place)))


def refuse_if_open(where: Profile) -> None:
    """LibreOffice writes its libraries back when it closes: a change behind its back would be lost."""
    if (where.folder / ".lock").exists():
        lock = where.folder / ".lock"
        raise CalcError(
            f"LibreOffice is open: close all its windows and run this again (if none is open, delete {lock})"
        )


def _refuse_if_foreign(module: Path) -> None:
    if module.exists() and wrappers.MARK not in module.read_text(encoding="utf-8", errors="replace"):
        raise CalcError(f"{module}: is a macro module of yours with our name; rename it in LibreOffice first")


def _make(where: Profile) -> None:
    """Let LibreOffice make the profile: what is written before its first start would be overwritten."""
    soffice = program()
    if soffice is None and FLATPAK.expanduser().exists():
        raise CalcError(
            "LibreOffice is a Flatpak here, which cannot start Python outside of it: install it from " + WHERE
        )
    if soffice is None:
        raise CalcError(
            f"LibreOffice was not found on this machine: install it from {WHERE}, start it once, run this again"
        )
    command = [soffice, "--headless", "--norestore", "--terminate_after_init"]
    if where.own:
        command.insert(1, f"-env:UserInstallation={where.folder.as_uri()}")
    # A Python on PATH that is not LibreOffice's own can break it.
    environment = {**os.environ, "PATH": "/usr/bin:/bin"} if os.name == "posix" else None
    try:
        subprocess.run(command, env=environment, capture_output=True, timeout=START_TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CalcError(
            f"{soffice}: could not be started ({type(error).__name__}): start LibreOffice once yourself"
        ) from None
    if not (where.library / "script.xlb").exists():
        raise CalcError(f"LibreOffice made no profile in {where.folder}: start it once yourself, then run this again")
