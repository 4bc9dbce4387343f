"""Putting a workbook on disk so that at every moment either the old file is whole or the new one is.

Temporary file in the same folder, fsync, rename, fsync of the folder. Every system call that can fail goes
through `os`, so that the tests can make each of them fail.
"""

import contextlib
import errno
import os
import secrets
import stat
import sys
import tempfile
from collections.abc import Iterable

from .container import Buffer
from .errors import PackageError

WRITE_BYTES = 1 << 20  # per write call
BACKUP_SUFFIX = ".bak"
ANY_WRITE_BIT = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
REASONS = {
    errno.ENOSPC: "the disk is full: free some space",
    errno.EDQUOT: "the disk quota is used up: free some space",
    errno.EROFS: "the disk is read-only: save to another folder",
    errno.EACCES: "no permission to write there: save to another folder or close the program that holds it",
    errno.EPERM: "no permission to write there: save to another folder or close the program that holds it",
    errno.ENOENT: "the folder does not exist: create it or choose another",
    errno.ENOTDIR: "the folder does not exist: create it or choose another",
    errno.ENAMETOOLONG: "the file name is too long: choose a shorter one",
}
CANNOT_SYNC_FOLDERS = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}  # some network file systems; the rename stands


def read_file(path: str, largest: int) -> bytes:
    """The bytes of a workbook file; PackageError if it cannot be read or is larger than `largest` [bytes]."""
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise PackageError(f"{path} is not a file: give the path of a workbook")
        if status.st_size > largest:
            raise PackageError(f"{path} has {status.st_size:,} bytes, above the limit of {largest:,}: open it in Excel")
        with open(path, "rb") as file:
            return file.read(status.st_size + 1)  # room for a large limit would take longer to get than the file
    except OSError as error:
        raise PackageError(f"{path} cannot be read ({error.strerror or error}): check path and permission") from None


def same_file(first: str, second: str) -> bool:
    """Whether two paths lead to one file."""
    try:
        return os.path.samefile(first, second)
    except OSError:
        return os.path.realpath(first) == os.path.realpath(second)


def replace_workbook(
    path: str, pieces: Iterable[Buffer], original: bytes | None = None, backup: bool = False, sync_folder: bool = True
) -> None:
    """Write a workbook where one may lie already.

    Parameters
    ----------
    path : str
    pieces : list of bytes-like
    original : bytes, optional
        What the file must still hold; None if it is not the one that was opened.
    backup : bool
        Keep the file that is replaced as `<name>.bak`.
    sync_folder : bool
        As `write_atomically` has it.
    """
    path = os.path.realpath(path)  # a link stays a link, to the new content
    refuse_if_locked(path)
    refuse_if_read_only(path)
    if original is not None:
        refuse_if_changed(path, original)
    if backup and os.path.exists(path):
        back_up(path, read_file(path, sys.maxsize - 1) if original is None else original)
    write_atomically(path, pieces, sync_folder=sync_folder)


def refuse_if_locked(path: str) -> None:
    """PackageError when Excel's or LibreOffice's lock file lies beside `path`."""
    folder, name = os.path.split(path)
    for lock, program in ((f"~${name}", "Excel"), (f".~lock.{name}#", "LibreOffice")):
        if os.path.lexists(os.path.join(folder, lock)):
            raise PackageError(f"{path} is open in {program}: close it there, or delete a left-over {lock}")


def refuse_if_read_only(path: str) -> None:
    """PackageError when the file is marked read-only, which a rename would not notice."""
    with contextlib.suppress(FileNotFoundError):
        if not os.stat(path).st_mode & ANY_WRITE_BIT:
            raise PackageError(f"{path} is marked read-only: take the mark off or save under another name")


def refuse_if_changed(path: str, expected: bytes) -> None:
    """PackageError unless the file still holds the bytes `expected`."""
    try:
        same = os.stat(path).st_size == len(expected)
        if same:
            with open(path, "rb") as file:
                same = file.read(len(expected) + 1) == expected
    except OSError as error:
        raise PackageError(f"{path} cannot be read any more ({error.strerror or error}): nothing written") from None
    if not same:
        raise PackageError(f"{path} changed since it was opened: nothing written, run again on the new version")


def write_atomically(path: str, pieces: Iterable[Buffer], mode: int | None = None, sync_folder: bool = True) -> None:
    """Write the `pieces` (bytes-like) to `path`: all of it or nothing.

    Parameters
    ----------
    path : str
    pieces : iterable of bytes-like
    mode : int, optional
        Permission bits; those of the file replaced, or the usual ones for a new file, by default.
    sync_folder : bool
        Wait until the new name is on disk too; not needed when another write to the folder follows.
    """
    folder, name = os.path.split(path)
    temporary, state = None, "nothing written"
    try:
        if mode is None:
            mode = _mode_for(path)
        descriptor, temporary = tempfile.mkstemp(prefix=f".{name[:40]}.", suffix=".tmp", dir=folder)
        try:
            for piece in pieces:
                _write_all(descriptor, piece)
            if hasattr(os, "fchmod"):
                os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, path)
        temporary, state = None, "the new file is in place but may not survive a power cut"
        if sync_folder:
            _sync_folder(folder)
    except OSError as error:
        raise _refusal(path, error, state) from None
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def back_up(path: str, content: bytes) -> None:
    """Keep the old file, which holds `content`, as `<path>.bak`, with its permissions and times.

    The file itself, which gets the second name before it loses the first; a copy where the disk has no hard links.
    """
    backup = path + BACKUP_SUFFIX
    if _link_in_place_of(backup, path):
        return
    write_atomically(backup, [content], mode=_mode_for(path), sync_folder=False)
    with contextlib.suppress(OSError):
        status = os.stat(path)
        os.utime(backup, ns=(status.st_atime_ns, status.st_mtime_ns))


def _link_in_place_of(backup: str, path: str) -> bool:
    """Make `backup` a second name of the file `path`; False where the disk cannot."""
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name[:40]}.{secrets.token_hex(8)}.tmp")
    try:
        os.link(path, temporary)
    except OSError:
        return False
    try:
        os.replace(temporary, backup)
    except OSError as error:
        raise _refusal(backup, error, "nothing written") from None
    finally:
        if os.path.lexists(temporary):  # not only after a failure: two names of one file do not replace each other
            with contextlib.suppress(OSError):
                os.unlink(temporary)
    return True


def _refusal(path: str, error: OSError, state: str) -> PackageError:
    reason = REASONS.get(error.errno or 0, f"{error.strerror or error}: check the disk")
    if not os.path.isdir(os.path.dirname(path)):
        reason = REASONS[errno.ENOENT]
    return PackageError(f"{path}: {reason} ({state})")


def _mode_for(path: str) -> int:
    try:
        return os.stat(path).st_mode & 0o7777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _write_all(descriptor: int, piece: Buffer) -> None:
    view = memoryview(piece)
    while view:
        view = view[os.write(descriptor, view[:WRITE_BYTES]) :]


def _sync_folder(folder: str) -> None:
    if os.name == "nt":  # Windows cannot open a folder; its rename is journalled
        return
    descriptor = os.open(folder or ".", os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in CANNOT_SYNC_FOLDERS:
            raise
    finally:
        os.close(descriptor)
