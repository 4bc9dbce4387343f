"""The process that calculates for Calc. LibreOffice starts it at the first call and it ends with LibreOffice.

    python -P -m tokenbook.addin.calc.helper start PLACE     starts ``serve``, returns when that listens
    python -P -m tokenbook.addin.calc.helper serve PLACE     the process itself

PLACE is the path of a small file, as base64 without a blank in it. ``serve`` listens on the loopback only, writes its
port and a random word into that file, which only this user can read, and takes one connection, which must begin with
that word.
"""

from __future__ import annotations

import base64
import contextlib
import hmac
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from io import RawIOBase
from pathlib import Path
from typing import Any, BinaryIO

Read = Callable[[int], bytes]

START_TIMEOUT = 60.0  # s, until the process must listen; a cold disk takes a while to read numpy
CONNECT_TIMEOUT = 60.0  # s, until LibreOffice must have connected
WORD_TIMEOUT = 5.0  # s, until whoever connects must have said the word
WORD_BYTES = 16  # of the random word; it is sent as twice as many hexadecimal digits
POLL = 0.02  # s


def start(place: str) -> int:
    """Start ``serve`` apart from this process and wait until it listens."""
    path = _path(place)
    path.unlink(missing_ok=True)
    command = [sys.executable, "-P", "-m", "tokenbook.addin.calc.helper", "serve", place]
    options: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if sys.platform == "win32":
        options["creationflags"] = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
    else:
        options["start_new_session"] = True
    process = subprocess.Popen(command, **options)
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if path.exists():
            return 0
        if process.poll() is not None:
            return 1
        time.sleep(POLL)
    process.kill()
    return 1


def serve(place: str) -> int:
    """Listen for the one connection, then answer its calls until it closes."""
    from tokenbook.udfs.functions import about

    about.host = "calc"
    answer = calculator()
    path, word = _path(place), secrets.token_hex(WORD_BYTES)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        _publish(path, f"{listener.getsockname()[1]}\n{word}\n")
        try:
            connection = _accepted(listener, word)
        finally:
            path.unlink(missing_ok=True)
    if connection is None:
        return 1
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection.makefile("rb") as stream, contextlib.suppress(EOFError, OSError):
            while True:
                connection.sendall(answer(lambda size: _exactly(stream, size)))
    return 0


def calculator() -> Callable[[Read], bytes]:
    """A function that reads one call and gives the bytes of its answer."""
    from tokenbook.addin.calc import protocol
    from tokenbook.addin.calc.omitted import given
    from tokenbook.udfs.functions import CellError, registry

    functions = registry()

    def answer(read: Read) -> bytes:
        name, arguments = protocol.read_call(read)
        function = functions.get(name)
        if function is None:  # wrappers of another version
            return protocol.answer(CellError("#NAME?"))
        understood = given(function, arguments)
        if isinstance(understood, CellError):
            return protocol.answer(understood)
        return protocol.answer(function.in_cell(*understood))

    return answer


def _accepted(listener: socket.socket, word: str) -> socket.socket | None:
    """The first connection that begins with the word; others are closed."""
    deadline = time.monotonic() + CONNECT_TIMEOUT
    while (left := deadline - time.monotonic()) > 0:
        listener.settimeout(left)
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            return None
        connection.settimeout(WORD_TIMEOUT)
        with contextlib.suppress(EOFError, OSError), connection.makefile("rb", buffering=0) as stream:
            if hmac.compare_digest(_exactly(stream, 2 * WORD_BYTES), word.encode()):
                connection.settimeout(None)
                return connection
        connection.close()
    return None


def _exactly(stream: BinaryIO | RawIOBase, size: int) -> bytes:
    found = b""
    while len(found) < size:
        more = stream.read(size - len(found))
        if not more:
            raise EOFError
        found += more
    return found


def _publish(path: Path, text: str) -> None:
    """Write the file so that it is whole when it appears, and readable for this user only."""
    temporary = path.with_suffix(".tmp")
    temporary.unlink(missing_ok=True)
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text)
    os.replace(temporary, path)


def encoded(path: Path) -> str:
    """A path as PLACE: one word, whatever blanks and letters it has."""
    return base64.urlsafe_b64encode(str(path).encode()).decode().rstrip("=")


def _path(place: str) -> Path:
    return Path(base64.urlsafe_b64decode(place + "=" * (-len(place) % 4)).decode())


if __name__ == "__main__":
    sys.exit({"start": start, "serve": serve}[sys.argv[1]](sys.argv[2]))
