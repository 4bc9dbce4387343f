"""The engine's WebAssembly module, compiled once per machine and user.

Compiling takes some 7 s of CPU, loading what was compiled some hundredths of a second. The compiled module lies in
the user's own cache folder. Loading it runs native code: only a file is taken that belongs to the user and that
nobody else can write, and its content has to be what was written. Any other is compiled anew and written over.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import stat
import sys
import tempfile
import threading
import types
from importlib.metadata import version
from pathlib import Path

import wasmtime
from formulon import _c as binding

FOLDER = "TOKENBOOK_CACHE"  # environment variable that names another cache folder
DIGEST = 32  # bytes at the beginning of the file
_once = threading.Lock()


def start() -> None:
    """Make the engine ready; without this its first use compiles the module in every process."""
    with _once:
        if binding.LIB._instance is not None:
            return
        # The binding reads its module by ``wasmtime.Module.from_file``: for this once, its own name for wasmtime
        # leads to a namespace with another reader. Nobody else's wasmtime changes.
        names: dict[str, object] = vars(binding)
        reading = types.SimpleNamespace(**vars(wasmtime))
        reading.Module = types.SimpleNamespace(from_file=module)
        names["wasmtime"] = reading
        try:
            binding.LIB._ensure()
        finally:
            names["wasmtime"] = wasmtime


def module(engine: wasmtime.Engine, path: str) -> wasmtime.Module:
    """The module at ``path`` for this engine: from the cache, or compiled and put there."""
    place = cache_file()
    kept = None if place is None else read(place)
    if kept is not None:
        with contextlib.suppress(wasmtime.WasmtimeError):  # another version's or another processor's
            return wasmtime.Module.deserialize(engine, kept)
    made = wasmtime.Module.from_file(engine, path)
    if place is not None:
        with contextlib.suppress(OSError, wasmtime.WasmtimeError):  # no room, no right to write: next time again
            write(place, bytes(made.serialize()))
    return made


def cache_file() -> Path | None:
    """Where the compiled module of these versions belongs on this machine; None where there is no such place."""
    folder = cache_folder()
    if folder is None:
        return None
    versions = f"formulon-{version('formulon')}-wasmtime-{version('wasmtime')}"
    machine = f"{sys.platform}-{platform.machine() or 'unknown'}".lower()
    return folder / f"{versions}-{machine}.compiled"


def cache_folder() -> Path | None:
    named = os.environ.get(FOLDER)
    if named:
        return Path(named)
    try:
        home = Path.home()
    except RuntimeError:  # no home
        return None
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "tokenbook" if base.is_absolute() else None


def read(place: Path) -> bytes | None:
    """The content of a file that only we can have written, if it is whole; else None."""
    try:
        handle = os.open(place, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        # Asked of the open file, not of its name: nobody can put another in its place in between.
        if not _ours(os.fstat(file.fileno())):
            return None
        content = file.read()
    digest, kept = content[:DIGEST], content[DIGEST:]
    return kept if kept and hashlib.sha256(kept).digest() == digest else None


def write(place: Path, content: bytes) -> None:
    """Put a file in place whole or not at all; only its owner can read or write it."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=place.parent, prefix=".compiled-")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(content).digest() + content)
        os.replace(part, place)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part)
        raise


def _ours(about: os.stat_result) -> bool:
    """Whether a file is a plain one of this user's that nobody else can write."""
    if not stat.S_ISREG(about.st_mode):
        return False
    if not hasattr(os, "getuid"):  # Windows: the folder itself is the user's own
        return True
    return about.st_uid == os.getuid() and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
