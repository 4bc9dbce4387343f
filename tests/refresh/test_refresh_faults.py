"""Whatever happens while a refresh writes, the workbook on disk is the whole old one or the whole new one."""

import errno
import os

import pytest

from tokenbook.templates import ooxml, refresh

TODAY = "2026-11-21"


@pytest.fixture
def prepared(bound, figures):
    """A bound workbook: (path, old bytes, bytes after a refresh)."""
    path = bound()
    old = path.read_bytes()
    out = path.with_name("out.xlsx")
    refresh.refresh_file(path, figures, out=out)
    new = out.read_bytes()
    for name in os.listdir(path.parent):
        if name != path.name:
            path.with_name(name).unlink()
    assert new != old
    return path, old, new


def run(path, figures):
    return refresh.refresh_file(path, figures, write=True, today=TODAY)


@pytest.fixture
def no_engine(monkeypatch):
    """Results stay with Excel, so that the system calls counted are those that write; children start at once."""

    def leave(*_):
        from tokenbook.templates.refresh.recalculate import NotTrusted

        raise NotTrusted("no engine here")

    monkeypatch.setattr("tokenbook.templates.refresh.files.recalculated", leave)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EIO])
def test_every_system_call_may_fail(prepared, figures, no_engine, faults, disk, code):
    path, old, _ = prepared
    beside = path.with_name(path.name + ".refresh.json")
    out = path.with_name("out.xlsx")
    refresh.refresh_file(path, figures, out=out)
    new = out.read_bytes()
    out.unlink()
    failed, fail_at = [], 0
    while True:
        fail_at += 1
        path.write_bytes(old)
        beside.unlink(missing_ok=True)
        (report,) = [None]
        with pytest.MonkeyPatch.context() as patch:
            fault = faults.Fault(patch, fail_at, faults.half_done_then(OSError(code, os.strerror(code))))
            (report,) = refresh.refresh_files([path], figures, write=True, today=TODAY)
        if fault.failed is None:
            break
        failed.append(fault.failed)
        content = path.read_bytes()
        assert content in (old, new), f"{fault.failed}, call {fail_at}: the workbook is damaged"
        assert "\n" not in report.error
        if content == old:
            assert "nothing written" in report.error
        elif report.error:
            assert "refreshed" in report.error or "in place" in report.error
        else:
            assert fault.failed in faults.MAY_FAIL_IN_SILENCE
        if code == errno.ENOSPC and report.error:
            assert "disk is full" in report.error
        beside_is_whole = not beside.exists() or b'"new": 1.73' in beside.read_bytes()
        assert beside_is_whole
    assert path.read_bytes() == new
    assert beside.exists()
    assert failed.count("write") >= (3 if disk == "no hard links" else 2), "backup if it is a copy, workbook, history"
    assert failed.count("replace") == 3


def test_killed_at_any_system_call(prepared, figures, no_engine, faults, disk):
    """The process dies for good, without any clean-up: the file is whole, and can be refreshed the next time."""
    path, old, _ = prepared
    beside = path.with_name(path.name + ".refresh.json")
    fail_at, died, seen = 0, 9, set()
    while died == 9:
        fail_at += 1
        path.write_bytes(old)
        beside.unlink(missing_ok=True)
        child = os.fork()
        if child == 0:
            try:
                faults.Fault(pytest.MonkeyPatch(), fail_at, faults.half_done_then_die)
                run(path, figures)
            finally:
                os._exit(0)
        died = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with ooxml.open_package(path) as package:
            value = package.cell("Inputs", "B2").value
        seen.add((path.read_bytes() == old, value))
        assert seen <= {(True, 1.95), (False, 1.73)}, f"killed at call {fail_at}: the workbook is damaged"
        backup = path.with_name(path.name + ".bak")
        assert not backup.exists() or backup.read_bytes() == old
    assert seen == {(True, 1.95), (False, 1.73)}
    path.write_bytes(old)
    assert run(path, figures).written == path


@pytest.mark.parametrize(("lock", "program"), [("~$model.xlsx", "Excel"), (".~lock.model.xlsx#", "LibreOffice")])
def test_a_workbook_that_is_open_elsewhere_is_left_alone(prepared, figures, lock, program):
    path, old, _ = prepared
    path.with_name(lock).touch()
    with pytest.raises(ooxml.PackageError, match=f"is open in {program}"):
        run(path, figures)
    assert path.read_bytes() == old
    assert sorted(os.listdir(path.parent)) == sorted([lock, path.name])
    assert refresh.refresh_file(path, figures).changes, "looking is allowed"


def test_a_workbook_that_changed_meanwhile_is_left_alone(prepared, figures, monkeypatch):
    path, old, _ = prepared
    theirs = old + b"x"

    def someone_saves(step):
        if step == "saving":
            path.write_bytes(theirs)

    with pytest.raises(ooxml.PackageError, match="changed since it was opened"):
        refresh.refresh_file(path, figures, write=True, progress=someone_saves)
    assert path.read_bytes() == theirs
    assert os.listdir(path.parent) == [path.name]


def test_a_read_only_workbook_is_left_alone(prepared, figures):
    path, old, _ = prepared
    path.chmod(0o444)
    with pytest.raises(ooxml.PackageError, match="read-only"):
        run(path, figures)
    assert path.read_bytes() == old


@pytest.mark.parametrize("step", ["writing cells", "recalculating", "saving"])
def test_an_interrupt_leaves_nothing_behind(prepared, figures, step):
    path, old, _ = prepared

    def interrupt(now):
        if now == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        refresh.refresh_file(path, figures, write=True, progress=interrupt)
    assert path.read_bytes() == old
    assert os.listdir(path.parent) == [path.name]
