"""Whatever happens while saving, the workbook on disk is the whole old one or the whole new one."""

import errno
import os
import stat

import pytest

from tokenbook.templates import ooxml


@pytest.fixture
def saved(package, tmp_path):
    """A workbook on disk: (path, old bytes, new bytes after A1 = 5)."""
    path = tmp_path / "model.xlsx"
    noise = {"xl/media/noise.bin": os.urandom(3 << 20)}
    old = package(rows='<row r="1"><c r="A1"><v>1</v></c></row>', extra_parts=noise)
    path.write_bytes(old)
    book = ooxml.open_package(old)
    book.set_value("Inputs", "A1", 5)
    return path, old, book.to_bytes()


def save(path, backup=False):
    with ooxml.open_package(path) as book:
        book.set_value("Inputs", "A1", 5)
        book.save(backup=backup)


# ---- plain saving --------------------------------------------------------------------------------------------


def test_saving_in_place_keeps_mode_and_leaves_nothing_else(saved, tmp_path):
    path, _, new = saved
    path.chmod(0o640)
    save(path)
    assert path.read_bytes() == new
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["model.xlsx"]


def test_what_was_not_saved_is_gone_after_the_block(saved):
    """A save by mistake, after the block, must not write edits that were given up."""
    path, before, _ = saved
    with ooxml.open_package(path) as book:
        book.set_value("Inputs", "A1", 99)
    assert book.cell("Inputs", "A1").value != 99
    book.save()
    assert path.read_bytes() == before


def test_without_a_change_the_file_is_not_touched(saved):
    path, _, _ = saved
    before = path.stat()
    with ooxml.open_package(path) as book:
        book.set_value("Inputs", "A1", 1)
        book.save(backup=True)
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert not path.with_name("model.xlsx.bak").exists()


def test_the_backup_is_the_old_file_with_its_date(saved, disk):
    path, old, new = saved
    os.utime(path, (1_600_000_000, 1_600_000_000))
    save(path, backup=True)
    backup = path.with_name("model.xlsx.bak")
    assert (backup.read_bytes(), path.read_bytes()) == (old, new)
    assert backup.stat().st_mtime == 1_600_000_000
    assert backup.stat().st_nlink == path.stat().st_nlink == 1


def test_a_backup_that_a_killed_save_left_as_a_second_name_of_the_workbook(saved):
    path, old, new = saved
    backup = path.with_name("model.xlsx.bak")
    os.link(path, backup)
    save(path, backup=True)
    assert (backup.read_bytes(), path.read_bytes()) == (old, new)
    assert sorted(os.listdir(path.parent)) == ["model.xlsx", "model.xlsx.bak"]


def test_a_backup_that_cannot_take_its_place_is_named(saved):
    path, old, _ = saved
    backup = path.with_name("model.xlsx.bak")
    backup.mkdir()
    with pytest.raises(ooxml.PackageError, match=r"model.xlsx.bak: .*nothing written"):
        save(path, backup=True)
    assert path.read_bytes() == old
    assert sorted(os.listdir(path.parent)) == ["model.xlsx", "model.xlsx.bak"]


def test_saving_elsewhere_leaves_the_source_alone(saved, tmp_path):
    path, old, new = saved
    with ooxml.open_package(path) as book:
        book.set_value("Inputs", "A1", 5)
        book.save(tmp_path / "copy.xlsx")
    assert (path.read_bytes(), (tmp_path / "copy.xlsx").read_bytes()) == (old, new)


@pytest.mark.parametrize("wanted", [True, False])
def test_the_new_name_is_on_disk_before_a_save_is_over_if_that_is_wanted(saved, monkeypatch, wanted):
    """Else a power cut right after could bring the old workbook back."""
    path, _, new = saved
    folders, sync = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (folders.append(stat.S_ISDIR(os.fstat(fd).st_mode)), sync(fd)))
    with ooxml.open_package(path) as book:
        book.set_value("Inputs", "A1", 5)
        book.save(sync_folder=wanted)
    assert path.read_bytes() == new
    assert folders.count(False) >= 1
    assert any(folders) is wanted


def test_what_is_replaced_elsewhere_is_kept_too_and_not_the_source(saved, tmp_path, disk):
    path, old, new = saved
    other = tmp_path / "other.xlsx"
    other.write_bytes(b"what stood there")
    with ooxml.open_package(path) as book:
        book.set_value("Inputs", "A1", 5)
        book.save(other, backup=True)
    assert (path.read_bytes(), other.read_bytes()) == (old, new)
    assert (tmp_path / "other.xlsx.bak").read_bytes() == b"what stood there"
    assert not (tmp_path / "model.xlsx.bak").exists()


def test_a_link_stays_a_link_and_its_target_is_patched(saved, tmp_path):
    path, _, new = saved
    link = tmp_path / "link.xlsx"
    link.symlink_to(path)
    save(link)
    assert link.is_symlink()
    assert path.read_bytes() == new


def test_several_saves_in_a_row(saved):
    path, _, _ = saved
    with ooxml.open_package(path) as book:
        for value in (5, 6, 7):
            book.set_value("Inputs", "A1", value)
            book.save()
    assert ooxml.open_package(path).cell("Inputs", "A1").value == 7


def test_a_package_from_bytes_needs_a_path(package, tmp_path):
    book = ooxml.open_package(package())
    with pytest.raises(ooxml.PackageError, match="give save a path"):
        book.save()
    book.save(tmp_path / "new.xlsx")
    assert (tmp_path / "new.xlsx").read_bytes() == package()


# ---- refusals --------------------------------------------------------------------------------------------------


def refused(path, said, backup=False):
    content = path.read_bytes()
    with pytest.raises(ooxml.PackageError, match=said):
        save(path, backup)
    assert path.read_bytes() == content


@pytest.mark.parametrize(("lock", "program"), [("~$model.xlsx", "Excel"), (".~lock.model.xlsx#", "LibreOffice")])
def test_a_file_that_is_open_elsewhere_is_left_alone(saved, tmp_path, lock, program):
    (tmp_path / lock).touch()
    refused(saved[0], f"is open in {program}")


def test_the_lock_beside_the_target_of_a_link_counts(saved, tmp_path):
    (tmp_path / "~$model.xlsx").touch()
    links = tmp_path / "links"
    links.mkdir()
    (links / "link.xlsx").symlink_to(saved[0])
    refused(links / "link.xlsx", "is open in Excel")


@pytest.mark.parametrize("size", ["same", "other"])
def test_a_file_that_changed_meanwhile_is_left_alone(saved, size):
    path, old, _ = saved
    book = ooxml.open_package(path)
    book.set_value("Inputs", "A1", 5)
    theirs = old[:-30] + b"x" * 30 if size == "same" else old + b"x"
    path.write_bytes(theirs)
    with pytest.raises(ooxml.PackageError, match="changed since it was opened"):
        book.save()
    assert path.read_bytes() == theirs


def test_a_file_that_vanished_is_reported(saved):
    path, _, _ = saved
    book = ooxml.open_package(path)
    book.set_value("Inputs", "A1", 5)
    path.unlink()
    with pytest.raises(ooxml.PackageError, match="nothing written"):
        book.save()
    assert not path.exists()


def test_a_read_only_file_is_left_alone(saved):
    saved[0].chmod(0o444)
    refused(saved[0], "marked read-only")


def test_a_missing_folder_is_named(package, tmp_path):
    with pytest.raises(ooxml.PackageError, match="folder does not exist"):
        ooxml.open_package(package()).save(tmp_path / "nowhere" / "new.xlsx")


@pytest.mark.parametrize("path", ["", "missing.xlsx", "."])
def test_paths_that_are_no_file_are_refused(tmp_path, path):
    with pytest.raises(ooxml.PackageError):
        ooxml.open_package(tmp_path / path)


# ---- faults ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backup", [False, True])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES])
def test_every_system_call_may_fail(saved, tmp_path, faults, disk, code, backup):
    path, old, new = saved
    failed, fail_at = [], 0
    while True:
        fail_at += 1
        path.write_bytes(old)
        with pytest.MonkeyPatch.context() as patch:
            fault = faults.Fault(patch, fail_at, faults.half_done_then(OSError(code, os.strerror(code))))
            try:
                save(path, backup)
                outcome = None
            except ooxml.PackageError as error:
                outcome = str(error)
        if fault.failed is None:
            break
        failed.append(fault.failed)
        assert path.read_bytes() in (old, new), f"{fault.failed}, call {fail_at}: the workbook is damaged"
        if outcome is None:
            assert fault.failed in faults.MAY_FAIL_IN_SILENCE
        elif "nothing written" in outcome:
            assert path.read_bytes() == old
        else:
            assert path.read_bytes() == new
            assert "in place" in outcome
        stray = set(os.listdir(tmp_path)) - {"model.xlsx", "model.xlsx.bak"}
        assert not stray, f"{fault.failed}, call {fail_at}: left {stray}"
        if path.with_name("model.xlsx.bak").exists():
            assert path.with_name("model.xlsx.bak").read_bytes() == old
    assert path.read_bytes() == new
    assert {"open", "write", "fsync", "replace", "close"} <= set(failed)
    assert failed.count("write") >= (6 if backup and disk == "no hard links" else 3)


@pytest.mark.parametrize("backup", [False, True])
def test_killed_at_any_system_call(saved, tmp_path, faults, disk, backup):
    """The process dies for good, without any clean-up: the file is whole, and can be saved the next time."""
    path, old, new = saved
    fail_at, died = 0, 9
    while died == 9:
        fail_at += 1
        path.write_bytes(old)
        child = os.fork()
        if child == 0:
            faults.Fault(pytest.MonkeyPatch(), fail_at, faults.half_done_then_die)
            try:
                save(path, backup)
            finally:
                os._exit(0)
        died = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert path.read_bytes() in (old, new), f"killed at call {fail_at}: the workbook is damaged"
        backup_path = path.with_name("model.xlsx.bak")
        assert not backup_path.exists() or backup_path.read_bytes() == old
        for name in set(os.listdir(tmp_path)) - {"model.xlsx", "model.xlsx.bak"}:
            assert name.startswith(".model.xlsx")
            assert name.endswith(".tmp")
    assert fail_at > 6
    path.write_bytes(old)
    save(path)
    assert path.read_bytes() == new


def test_short_writes_are_continued(saved, monkeypatch):
    path, _, new = saved
    original = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: original(descriptor, bytes(data)[:70_000]))
    save(path)
    assert path.read_bytes() == new


def test_an_interrupt_leaves_no_litter(saved, tmp_path, monkeypatch):
    path, old, _ = saved

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save(path)
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == ["model.xlsx"]


def test_a_file_system_that_cannot_sync_folders_is_no_obstacle(saved, monkeypatch):
    path, _, new = saved
    original = os.fsync

    def picky(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        original(descriptor)

    monkeypatch.setattr(os, "fsync", picky)
    save(path)
    assert path.read_bytes() == new
