"""Members that are not concerned come out of a patch with the very bytes, dates and order they went in with."""

import io
import struct
import zipfile
import zlib

import openpyxl
import pytest

from tokenbook.templates import ooxml
from tokenbook.templates.ooxml import container

SHEET = "xl/worksheets/sheet1.xml"


def directory(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return archive.infolist()


def patched(data, **limits):
    book = ooxml.open_package(data, **limits)
    book.set_value("Inputs", "A1", 3.5)
    return book.to_bytes()


def test_only_the_changed_member_differs_and_order_dates_and_attributes_stay(package, raw_members):
    before = package(rows='<row r="1"><c r="A1"><v>1</v></c></row>')
    after = patched(before)
    old, new = raw_members(before), raw_members(after)
    assert list(new) == list(old)
    assert [name for name in old if old[name] != new[name]] == [SHEET]
    for was, now in zip(directory(before), directory(after), strict=True):
        assert (was.filename, was.date_time, was.external_attr, was.create_version, was.extra, was.comment) == (
            now.filename, now.date_time, now.external_attr, now.create_version, now.extra, now.comment,
        )  # fmt: skip


def test_a_save_without_a_change_is_the_same_file(package, tmp_path):
    before = package()
    book = ooxml.open_package(before)
    assert book.to_bytes() == before
    book.save(tmp_path / "copy.xlsx")
    assert (tmp_path / "copy.xlsx").read_bytes() == before


def test_setting_a_value_back_leaves_no_trace(package):
    before = package(rows='<row r="1"><c r="A1"><v>1</v></c></row>')
    book = ooxml.open_package(before)
    book.set_value("Inputs", "A1", 2)
    book.set_value("Inputs", "A1", 1)
    assert book.changed_parts == []
    assert book.to_bytes() == before


def test_members_with_data_descriptors_are_copied_and_rewritten(raw_members):
    class Unseekable(io.RawIOBase):
        """zipfile writes data descriptors when it cannot seek back to the header."""

        def __init__(self):
            self.written = bytearray()

        def writable(self):
            return True

        def write(self, data):
            self.written += bytes(data)
            return len(data)

    stream = Unseekable()
    openpyxl.Workbook().save(source := io.BytesIO())
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as copy:
        for item in archive.infolist():
            copy.writestr(item.filename, archive.read(item))
    before = bytes(stream.written)
    assert all(item.flag_bits & container.FLAG_DATA_DESCRIPTOR for item in directory(before))
    book = ooxml.open_package(before)
    book.set_value("Sheet", "A1", 3.5)
    after = book.to_bytes()
    old, new = raw_members(before), raw_members(after)
    assert [name for name in old if old[name] != new[name]] == [SHEET]
    flags = {item.filename: bool(item.flag_bits & container.FLAG_DATA_DESCRIPTOR) for item in directory(after)}
    assert flags.pop(SHEET) is False, "the rewritten member knows its sizes"
    assert all(flags.values())
    assert ooxml.open_package(after).cell("Sheet", "A1").value == 3.5


def test_stored_members_stay_stored(package):
    after = patched(package(compression=zipfile.ZIP_STORED))
    assert {item.compress_type for item in directory(after)} == {zipfile.ZIP_STORED}
    assert ooxml.open_package(after).cell("Inputs", "A1").value == 3.5


def test_zip64_archives_stay_readable(package, monkeypatch, raw_members):
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 0)  # make zipfile use zip64 for everything, end record included
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 0)
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package())) as plain, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for item in plain.infolist():
            with archive.open(zipfile.ZipInfo(item.filename), "w", force_zip64=True) as member:
                member.write(plain.read(item))
    before = stream.getvalue()
    assert b"PK\x06\x06" in before
    book = ooxml.open_package(before)
    book.set_value("Inputs", "A1", "a text long enough to move the members behind it " * 20)
    book.add_part("xl/extra.xml", b"<x/>", "application/xml")
    after = book.to_bytes()
    old, new = raw_members(before), raw_members(after)
    assert [name for name in old if old[name] != new[name]] == ["[Content_Types].xml", SHEET]
    assert b"PK\x06\x06" in after
    assert ooxml.open_package(after).read_part("xl/extra.xml") == b"<x/>"


def test_in_a_zip64_archive_other_fields_may_stand_before_the_long_place(package, raw_members):
    """A member that moves needs its place set where the record has it, not where most programs put it."""
    stream, mine = io.BytesIO(), struct.pack("<HH4s", 0x7777, 4, b"mine")
    with zipfile.ZipFile(io.BytesIO(package())) as plain, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for item in plain.infolist():
            archive.writestr(item.filename, plain.read(item))
    data, record = stream.getvalue(), b""
    end = data.rindex(b"PK\x05\x06")
    (start,) = struct.unpack_from("<L", data, end + 16)
    at = start
    while at < end:
        name, extra, comment = struct.unpack_from("<3H", data, at + 28)
        (offset,) = struct.unpack_from("<L", data, at + 42)
        more = mine + struct.pack("<HHQ", 1, 8, offset)
        head = data[at : at + 30] + struct.pack("<H", len(more)) + data[at + 32 : at + 42] + b"\xff" * 4
        record += head + data[at + 46 : at + 46 + name] + more
        at += 46 + name + extra + comment
    before = data[:start] + record + data[end : end + 12] + struct.pack("<2L", len(record), start) + b"\0\0"
    book = ooxml.open_package(before)
    book.set_value("Inputs", "A1", "a text long enough to move the members behind it " * 20)
    after = book.to_bytes()
    assert after.count(mine) == before.count(mine) > 0
    with zipfile.ZipFile(io.BytesIO(before)) as old, zipfile.ZipFile(io.BytesIO(after)) as new:
        assert [name for name in old.namelist() if old.read(name) != new.read(name)] == [SHEET]


def test_archive_comment_and_extra_fields_survive(package, raw_members):
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package())) as plain, zipfile.ZipFile(stream, "w") as archive:
        archive.comment = b"kept comment"
        for item in plain.infolist():
            item.extra = struct.pack("<HH4s", 0x7777, 4, b"mine")
            item.comment = b"member comment"
            archive.writestr(item, plain.read(item))
    after = patched(stream.getvalue())
    with zipfile.ZipFile(io.BytesIO(after)) as archive:
        assert archive.comment == b"kept comment"
        assert {(item.extra, item.comment) for item in archive.infolist()} == {
            (struct.pack("<HH4s", 0x7777, 4, b"mine"), b"member comment")
        }
    assert ooxml.open_package(after).cell("Inputs", "A1").value == 3.5


def test_folder_entries_are_kept(package, raw_members):
    stream = io.BytesIO(package())
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("xl/media/", b"")
    assert "xl/media/" in raw_members(patched(stream.getvalue()))


# ---- refusals ------------------------------------------------------------------------------------------


def refusal(data, **options):
    with pytest.raises(ooxml.PackageError) as caught:
        ooxml.open_package(data, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty file"),
        (b"<html>Sign in</html>", "not a zip"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), ".xls"),
        (b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (b"PK\x03\x04" + bytes(100), "truncated"),
        (b"\x15Ilya\x00~$lock", "not a zip"),
    ],
)
def test_files_that_are_no_package_are_named(data, said):
    assert said in refusal(data)


def test_every_truncation_of_a_workbook_is_refused(package):
    whole = package()
    for length in range(0, len(whole) - 1, 7):
        refusal(whole[:length])


def test_a_zip_that_is_no_office_file_is_refused():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert "not an Office file" in refusal(stream.getvalue())


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml", "not a spreadsheet"),
        ("application/vnd.ms-excel.sheet.binary.macroEnabled.main", ".xlsb"),
    ],
)
def test_other_office_files_are_refused(package, kind, said):
    assert said in refusal(package(workbook_type=kind))


@pytest.mark.parametrize(
    "kind",
    [
        "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
        "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        "application/vnd.ms-excel.template.macroEnabled.main+xml",
    ],
)
def test_templates_and_macro_workbooks_are_opened(package, kind):
    assert list(ooxml.open_package(package(workbook_type=kind)).sheets) == ["Inputs"]


@pytest.mark.parametrize(
    "name",
    [
        "../evil.xml",
        "/etc/passwd",
        "..\\evil.xml",
        "\\evil.xml",
        "xl\\..\\..\\evil.xml",
        "C:\\evil.xml",
        "C:/evil.xml",
        "xl/./a",
        "xl//a",
    ],
)
def test_members_that_leave_the_package_are_refused(package, name):
    stream = io.BytesIO(package())
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(name, "x")
    assert "hostile" in refusal(stream.getvalue())


@pytest.mark.parametrize("name", [SHEET, SHEET.upper(), SHEET.replace("/", "\\")])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_duplicate_members_are_refused_whatever_their_case(package, name):
    stream = io.BytesIO(package())
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(name, "x")
    assert "two members" in refusal(stream.getvalue())


def test_encrypted_members_are_refused(package):
    data = bytearray(package())
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= container.FLAG_ENCRYPTED
    assert "encrypted" in refusal(bytes(data))


def test_a_member_that_lies_about_its_name_is_refused(package):
    data = package().replace(b"xl/sharedStrings.xml", b"xl/sharedStrinGs.xml", 1)
    assert "disagrees" in refusal(data)


def test_damage_in_a_member_is_noticed_before_anything_is_written(package, raw_members):
    data = package(rows='<row r="1"><c r="A1"><v>1234567</v></c></row>', compression=zipfile.ZIP_STORED)
    book = ooxml.open_package(data.replace(b"1234567", b"7654321"))
    with pytest.raises(ooxml.PackageError, match="damaged"):
        book.set_value("Inputs", "A1", 1)


def bomb(package, size):
    """A package with a member of `size` zeros that really inflates to that."""
    stream = io.BytesIO(package())
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.png", bytes(size))
    return stream.getvalue()


def test_zip_bombs_are_refused_by_ratio_by_size_and_by_number(package):
    assert "bomb" in refusal(bomb(package, 10 << 20))
    assert "inflates to" in refusal(bomb(package, 2 << 20), limits=ooxml.Limits(member_bytes=1 << 20))
    assert "inflates to" in refusal(package(), limits=ooxml.Limits(total_bytes=1000))
    assert "members" in refusal(package(), limits=ooxml.Limits(members=3))


def test_a_member_that_hides_its_real_size_is_stopped_early(package):
    """The directory says 100 bytes, the data inflate to far more: never inflated beyond what was said."""
    data = bytearray(package(extra_parts={"xl/hidden.xml": b" " * 5_000_000}))
    for signature, at_size in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.rfind(b"xl/hidden.xml", 0, data.find(b"PK\x01\x02")) - 30
        if signature == b"PK\x01\x02":
            at = data.rfind(b"xl/hidden.xml") - 46
        assert data[at : at + 4] == signature
        data[at + at_size : at + at_size + 4] = struct.pack("<I", 100)
    book = ooxml.open_package(bytes(data))
    with pytest.raises(ooxml.PackageError, match="damaged"):
        book.read_part("xl/hidden.xml")


def test_overlapping_members_are_refused(package):
    """The best bombs let many directory entries share the same bytes."""
    data = bytearray(package())
    entries = [at for at in range(len(data)) if data[at : at + 4] == b"PK\x01\x02"]
    first, second = entries[0], entries[1]
    data[second + 42 : second + 46] = data[first + 42 : first + 46]
    assert "refused" in refusal(bytes(data))


def test_a_checksum_is_really_checked():
    """The oracle of the damage test: zlib and we agree on a sound member."""
    content = b"x" * 1000
    member = container.Member("a", 0, container.STORED, zlib.crc32(content), 1000, 1000, 0, 0, 1000, b"")
    assert container.inflate(container.Container(content, {}, 0, b"", b""), member) == content
