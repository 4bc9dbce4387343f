"""Many cells of the engine at a time.

Each call from Python into the engine costs a quarter of a millisecond: the values of 16,000 cells would take 4 s.
A small WebAssembly module beside the engine's own makes the calls in a loop, and Python reads what it gathered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
import wasmtime
from formulon import FormulonError, Workbook
from formulon._c import LIB

from tokenbook.templates.formulon import compiled, inside
from tokenbook.templates.formulon.kinds import CellValue, Place
from tokenbook.udfs.functions import CellError
from tokenbook.udfs.functions.errors import is_error

TEXTS = 1 << 19  # bytes for the texts gathered in one call; the longest text of a cell takes a quarter
CELLS = 4096  # cells in one call
CODES = {"#NULL!": 0, "#DIV/0!": 1, "#VALUE!": 2, "#REF!": 3, "#NAME?": 4, "#NUM!": 5, "#N/A": 6, "#GETTING_DATA": 7,
         "#SPILL!": 8, "#CALC!": 9, "#BUSY!": 14}  # fmt: skip
VALUE = np.dtype([("kind", "<i4"), ("", "<i4"), ("number", "<f8")])
WRITTEN = np.dtype(
    [("sheet", "<u4"), ("row", "<u4"), ("column", "<u4"), ("kind", "<i4"), ("number", "<f8"), ("word", "<u4"),
     ("", "<u4")]
)  # fmt: skip
NAMES = {code: name for name, code in CODES.items()} | {
    10: "#FIELD!", 11: "#BLOCKED!", 12: "#CONNECT!", 13: "#EXTERNAL!", 15: "#PYTHON!"}  # fmt: skip


def read(book: Workbook, places: Sequence[Place]) -> list[CellValue]:
    """The values of cells, in their order."""
    found: list[CellValue] = []
    with LIB.call_lock, _Room(CELLS * (12 + VALUE.itemsize) + TEXTS) as start:
        values, texts = start + CELLS * 12, start + CELLS * (12 + VALUE.itemsize)
        while len(found) < len(places):
            batch = np.asarray(places[len(found) : len(found) + CELLS], "<u4")
            LIB.write_bytes(start, batch.tobytes())
            done = _call("read", book, len(batch), start, values, texts, texts + TEXTS)
            if not done:
                raise ValueError("a text of a cell is longer than a cell can hold")
            content = LIB.read_bytes(values, done * VALUE.itemsize)
            records = np.frombuffer(content, VALUE)
            words = np.frombuffer(content, "<u4").reshape(-1, 4)[:, 2]
            held = LIB.read_bytes(texts, TEXTS) if (records["kind"] == 3).any() else b""
            for kind, number, word in zip(
                records["kind"].tolist(), records["number"].tolist(), words.tolist(), strict=True
            ):
                found.append(number if kind == 1 else _value(kind, word, held, texts))
    return found


def write(book: Workbook, places: Sequence[Place], values: Sequence[object]) -> None:
    """Set cells to values: numbers, text, logical values, errors, None for a blank."""
    with LIB.call_lock:
        for at in range(0, len(places), CELLS):
            _write(book, places[at : at + CELLS], values[at : at + CELLS])


def scan(book: Workbook, sheet: int) -> tuple[list[tuple[int, int, str]], tuple[int, int]]:
    """The formula cells of a sheet (row, column, text with "="), and how many rows and columns are in use.

    The text is as the engine understands it: what a plain formula intersects implicitly is marked with an @.
    """
    found: list[tuple[int, int, str]] = []
    rows = columns = 0
    with LIB.call_lock, _Room(16 + CELLS * 12 + TEXTS) as start:
        out, texts = start + 16, start + 16 + CELLS * 12
        at, count = 0, _cells(book, sheet)
        while at < count:
            done = _call("formulas", book, sheet, at, min(CELLS, count - at), out, start, texts, texts + TEXTS)
            if not done:
                raise ValueError("a formula is longer than a cell can hold")
            held = LIB.read_bytes(texts, TEXTS)
            for row, column, word in np.frombuffer(LIB.read_bytes(out, done * 12), "<u4").reshape(-1, 3).tolist():
                rows, columns = max(rows, row + 1), max(columns, column + 1)
                if word:
                    found.append((row, column, _text(held, word - texts)))
            at += done
    return found, (rows, columns)


def dependents(book: Workbook, places: Sequence[Place], among: Iterable[Place]) -> list[set[Place]]:
    """For each cell those of ``among`` that depend on it, directly or through others."""
    wanted = {_key(*place): place for place in among}
    keys = np.asarray(sorted(wanted), "u8")
    found: list[set[Place]] = [set() for _ in places]
    asked = np.asarray(places, "<u4").reshape(-1, 3)
    at, room = 0, 1 << 16
    while at < len(places):
        with LIB.call_lock, _Room(4 + asked.nbytes + room * 16) as start:
            cells, out = start + 4, start + 4 + asked.nbytes
            LIB.write_bytes(cells, asked.tobytes())
            after = _call("dependents", book, at, len(places), cells, start, out, room)
            count = LIB.read_u32(start)
            nodes = np.frombuffer(LIB.read_bytes(out, count * 16), "<u4").reshape(-1, 4).astype("u8") if count else ()
        if len(nodes):
            reached = _key(nodes[:, 1], nodes[:, 2], nodes[:, 3])  # type: ignore[call-overload]
            hits = np.isin(reached, keys)
            for number, key in zip(nodes[hits, 0].tolist(), reached[hits].tolist(), strict=True):  # type: ignore[call-overload]
                found[number].add(wanted[key])
        room = room if after > at else room * 8
        at = after
    return found


def _key(sheet: Any, row: Any, column: Any) -> Any:
    return sheet << 40 | row << 16 | column


class _Room:
    """Memory of the engine, for the time of a ``with``."""

    def __init__(self, size: int):
        self._size, self._start = size, 0

    def __enter__(self) -> int:
        self._start = LIB.alloc(self._size)
        return self._start

    def __exit__(self, *exception: object) -> None:
        LIB.free(self._start)


@cache
def _beside() -> dict[str, Any]:
    """The functions of the small module, bound to the engine of this process."""
    compiled.start()
    engine = LIB._engine
    assert engine is not None  # it has been started
    linker = wasmtime.Linker(engine)
    for name, export in inside.IMPORTS.items():
        linker.define(LIB.store, "engine", name, LIB._exports[export])
    exports = linker.instantiate(LIB.store, wasmtime.Module(engine, inside.SOURCE)).exports(LIB.store)
    return {name: exports[name] for name in ("read", "write", "formulas", "dependents")}


def _call(name: str, book: Workbook, *arguments: int) -> int:
    # The engine's own guard: after a crash inside of it nothing is called any more.
    return int(LIB._call_or_poison(_beside()[name], name, _handle(book), *arguments))


def _handle(book: Workbook) -> int:
    if not book.is_valid:
        raise ValueError("the workbook is closed")
    return int(getattr(book, "_handle"))  # noqa: B009 (the type stub leaves it out)


def _cells(book: Workbook, sheet: int) -> int:
    with _Room(4) as start:
        if LIB.fm_workbook_cell_count(_handle(book), sheet, start):
            raise FormulonError(8, op="fm_workbook_cell_count")
        return int(LIB.read_u32(start))


def _value(kind: int, word: int, held: bytes, texts: int) -> CellValue:
    if kind == 0:
        return None
    if kind == 2:
        return bool(word)
    if kind == 3:
        return _text(held, word - texts)
    if kind == 4:
        return CellError(NAMES.get(word, "#UNKNOWN!"))
    return CellError("#CALC!")  # a LAMBDA, which a cell shows as this


def _text(held: bytes, at: int) -> str:
    return held[at : held.index(b"\0", at)].decode("utf-8", "replace")


def _write(book: Workbook, places: Sequence[Place], values: Sequence[object]) -> None:
    records = np.zeros(len(places), WRITTEN)
    grid = np.asarray(places, "<u4").reshape(-1, 3)
    records["sheet"], records["row"], records["column"] = grid.T
    texts, kinds, numbers, words = bytearray(), [], [], []
    for value in values:
        kind, number, word = 0, 0.0, 0
        if value is None:
            pass
        elif isinstance(value, bool):
            kind, word = 2, int(value)
        elif isinstance(value, (int, float)):
            kind, number = 1, float(value)
        elif is_error(value):
            kind, word = 4, CODES[str(value)]
        else:
            kind, word = 3, len(texts)
            texts += str(value).replace("\0", "").encode("utf-8", "replace") + b"\0"
        kinds.append(kind)
        numbers.append(number)
        words.append(word)
    records["kind"], records["number"] = kinds, numbers
    with _Room(records.nbytes + len(texts) + 1) as start:
        behind = start + records.nbytes
        records["word"] = [word + behind if kind == 3 else word for kind, word in zip(kinds, words, strict=True)]
        LIB.write_bytes(start, records.tobytes() + bytes(texts))
        done = _call("write", book, len(records), start)
    if done < len(records):
        sheet, row, column = places[done]
        raise FormulonError(8, op=f"set cell {sheet}/{row}/{column}")
