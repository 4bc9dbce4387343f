"""The compiled module on disk: taken only when it is whole and nobody else can have written it."""

import os
import stat
import sys

import pytest
import wasmtime

from tokenbook.templates.formulon import compiled

TINY = '(module (func (export "answer") (result i32) i32.const 42))'


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv(compiled.FOLDER, str(folder))
    return folder


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "tiny.wasm"
    path.write_bytes(wasmtime.wat2wasm(TINY))
    return str(path)


@pytest.fixture
def compilations(monkeypatch):
    """How often a module is compiled."""
    real, count = wasmtime.Module.from_file, []

    def counted(engine, path):
        count.append(path)
        return real(engine, path)

    monkeypatch.setattr(wasmtime.Module, "from_file", counted)
    return count


def answer(module, engine) -> int:
    store = wasmtime.Store(engine)
    return wasmtime.Instance(store, module, []).exports(store)["answer"](store)


def test_compiled_once(cache, source, compilations):
    engine = wasmtime.Engine()
    assert [answer(compiled.module(engine, source), engine) for _ in range(3)] == [42, 42, 42]
    assert len(compilations) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_only_its_owner_can_read_or_write_it(cache, source):
    compiled.module(wasmtime.Engine(), source)
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in cache.iterdir()] == [0o600]


def shorten(place):
    place.write_bytes(place.read_bytes()[:-100])


def flip(place):
    content = bytearray(place.read_bytes())
    content[len(content) // 2] ^= 0xFF
    place.write_bytes(content)


def empty(place):
    place.write_bytes(b"")


def foreign(place):
    place.unlink()
    compiled.write(place, b"what another version of wasmtime wrote")


def open_to_all(place):
    place.chmod(0o666)


def link(place):
    other = place.with_name("other")
    place.rename(other)
    place.symlink_to(other)


@pytest.mark.parametrize("spoil", [shorten, flip, empty, foreign, open_to_all, link])
def test_a_file_that_is_not_right_is_compiled_anew_and_written_over(cache, source, compilations, spoil):
    engine = wasmtime.Engine()
    compiled.module(engine, source)
    spoil(compiled.cache_file())
    assert answer(compiled.module(engine, source), engine) == 42
    assert len(compilations) == 2
    assert compiled.read(compiled.cache_file()) is not None
    compiled.module(engine, source)
    assert len(compilations) == 2


def test_a_file_of_somebody_else_is_not_taken(cache, source, monkeypatch):
    compiled.module(wasmtime.Engine(), source)
    assert compiled.read(compiled.cache_file()) is not None
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert compiled.read(compiled.cache_file()) is None


def test_without_a_place_to_write_it_compiles_each_time(tmp_path, source, monkeypatch, compilations):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv(compiled.FOLDER, str(tmp_path / "file"))
    engine = wasmtime.Engine()
    assert [answer(compiled.module(engine, source), engine) for _ in range(2)] == [42, 42]
    assert len(compilations) == 2


def test_a_write_that_fails_leaves_nothing_behind(cache, monkeypatch):
    def fails(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(OSError, match="disk full"):
        compiled.write(compiled.cache_file(), b"content")
    assert list(cache.iterdir()) == []


def test_its_name_says_for_which_versions_it_is(cache):
    name = compiled.cache_file().name
    assert name.startswith("formulon-")
    assert "-wasmtime-" in name
    assert sys.platform in name
