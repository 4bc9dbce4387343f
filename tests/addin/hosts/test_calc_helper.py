"""The process that calculates for Calc, spoken to as the Basic wrappers speak to it."""

import contextlib
import socket
import struct
import subprocess
import sys
import time

import pytest

from tokenbook.addin.calc import helper, omitted, protocol
from tokenbook.addin.calc.protocol import Literal
from tokenbook.udfs.functions import CellError, registry
from tokenbook.udfs.functions.arguments import OMITTED

PATIENCE = 30  # s, until a process must have ended


class Client:
    """Speaks the protocol of the wrappers over a connection."""

    def __init__(self, connection):
        self.connection, self.stream = connection, connection.makefile("rb")

    def ask(self, name, *arguments):
        utf = lambda text: struct.pack(">H", len(text.encode())) + text.encode()  # noqa: E731
        call = utf(name) + struct.pack(">i", len(arguments))
        for argument in arguments:
            call += self.encoded(argument, utf)
        self.connection.sendall(call)
        kind, head = struct.unpack(">B8s", self.stream.read(9))
        (number,) = struct.unpack(">d", head)
        if kind == protocol.NUMBER:
            return self.error(head) or number
        body = self.stream.read(int(number))
        if kind == protocol.TEXT:
            return body[2:].decode()
        rows, columns = struct.unpack(">ii", body[:8])
        assert kind == protocol.NUMBERS
        flat = struct.unpack(f">{rows * columns}d", body[8:])
        return [list(flat[row * columns : (row + 1) * columns]) for row in range(rows)]

    @staticmethod
    def error(head):
        (bits,) = struct.unpack(">Q", head)
        is_error = bits & protocol.NAN_BITS == protocol.NAN_BITS
        return protocol.ERRORS[bits & 0xFFFF] if is_error else None

    def encoded(self, value, utf):
        if value is OMITTED:
            return struct.pack(">B", protocol.MISSING)
        if isinstance(value, list):
            cells = b"".join(self.encoded(cell, utf) for row in value for cell in row)
            return struct.pack(">Bii", protocol.RANGE, len(value), len(value[0])) + cells
        if isinstance(value, float):
            return struct.pack(">Bd", protocol.NUMBER, value)
        if isinstance(value, CellError):
            return struct.pack(">Bi", protocol.ERROR, protocol.ERROR_NUMBERS[str(value)])
        return struct.pack(">B", protocol.BLANK) if value is None else struct.pack(">B", protocol.TEXT) + utf(value)


def start(tmp_path) -> tuple[int, str]:
    """Start a helper as a wrapper does; the port and word that it tells."""
    place = tmp_path / "a place with blanks" / "helper.txt"
    place.parent.mkdir(exist_ok=True)
    command = [sys.executable, "-P", "-m", "tokenbook.addin.calc.helper", "start", helper.encoded(place)]
    assert subprocess.run(command, cwd=tmp_path, timeout=60).returncode == 0
    assert sys.platform == "win32" or place.stat().st_mode & 0o077 == 0, "others can read the word"
    port, word = place.read_text().split()
    return int(port), word


@pytest.fixture
def client(tmp_path):
    port, word = start(tmp_path)
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(word.encode())
        yield Client(connection)


def test_a_helper_answers_numbers_texts_ranges_and_errors(client):
    assert client.ask("tok_cost", 1.95, 28012.9) == registry()["tok_cost"].call(1.95, 28012.9), "to the last digit"
    assert client.ask("tok_roi_curve", [[-5.0, 25.0, 25.0, 25.0]]) == [[-1.0, 4.0, 9.0, 14.0]]
    assert client.ask("tok_claim", "15x", "platform") == "GB200 NVL72"
    assert "host calc" in client.ask("tok_version")
    assert client.ask("tok_cost", 1.95, [[0.0]]) == "#DIV/0!"
    assert client.ask("tok_cost", [[CellError("#N/A")]], 28012.9) == "#N/A"
    assert client.ask("tok_cost", [[None]], 28012.9) == "#VALUE!"
    assert client.ask("tok_of_tomorrow", 1.0) == "#NAME?"


def test_one_who_does_not_know_the_word_is_turned_away_and_the_right_one_still_gets_in(tmp_path):
    port, word = start(tmp_path)
    for wrong in (b"0" * len(word), b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b""):
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as stranger:
            stranger.sendall(wrong)
            if not wrong:
                stranger.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionResetError):  # turned away with part of what was said unread
                assert stranger.recv(1) == b""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(word.encode())
        assert Client(connection).ask("tok_multiple", 15.0, 3.0) == 5.0
        with pytest.raises(OSError):  # noqa: PT011  refused or reset: nobody listens any more
            socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).recv(1)


def test_the_helper_ends_with_libreoffice(tmp_path):
    place = tmp_path / "helper.txt"
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "tokenbook.addin.calc.helper", "serve", helper.encoded(place)]
    )
    deadline = time.monotonic() + PATIENCE
    while not place.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    port, word = place.read_text().split()
    with socket.create_connection(("127.0.0.1", int(port))) as connection:
        connection.sendall(word.encode())
        assert Client(connection).ask("tok_multiple", 15.0, 3.0) == 5.0
        assert not place.exists(), "the word is used up"
    assert process.wait(PATIENCE) == 0


def test_a_python_without_the_package_says_so_at_once(tmp_path):
    command = [
        sys.executable,
        "-P",
        "-S",
        "-I",
        "-m",
        "tokenbook.addin.calc.helper",
        "start",
        helper.encoded(tmp_path / "x"),
    ]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=PATIENCE).returncode != 0
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("name", "arguments", "given"),
    [
        ("tok_npv", [Literal(0.1), [[1.0]], Literal(0), "mid"], [0.1, [[1.0]], OMITTED, "mid"]),
        ("tok_npv", [Literal(0.0), [[1.0]], 0.0, "mid"], [0.0, [[1.0]], 0.0, "mid"]),
        ("tok_payback", [[[1.0]], Literal(0), Literal(12)], [[[1.0]], 0.0, 12.0]),
        ("tok_volume", [Literal(72), Literal(1000), Literal(0)], [72.0, 1000.0, 0.0]),
        ("tok_volume", [Literal(72), Literal(1000), 0.0, Literal(0.5)], [72.0, 1000.0, 0.0, 0.5]),
        ("tok_volume", [Literal(72), Literal(1000), Literal(0), Literal(0.5)], "#VALUE!"),
        ("tok_baseline", ["B200", "tdp_w", Literal(0), "x"], ["B200", "tdp_w", OMITTED, "x"]),
        ("tok_cost", [Literal(1), OMITTED, OMITTED], [1.0]),
        ("tok_version", [Literal(0), Literal(0)], [0.0, 0.0]),
    ],
)
def test_a_zero_in_the_middle_is_what_was_meant_or_refused(name, arguments, given):
    assert omitted.given(registry()[name], arguments) == given


@pytest.mark.parametrize("text", ["", "plain", "€ ü 𝄞", "a\0b", "x" * 100_000])
def test_texts_cross_in_the_form_of_uno(text):
    sent = protocol.answer(text)
    size = int(struct.unpack(">d", sent[1:9])[0])
    body = sent[9:]
    assert len(body) == size < 2**16
    back = protocol._text(iter_reader(body))
    assert back == text[: protocol.MAX_TEXT]


def iter_reader(data: bytes):
    position = 0

    def read(size):
        nonlocal position
        position += size
        return data[position - size : position]

    return read
