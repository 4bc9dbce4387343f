"""The zip container: every member's raw bytes, checked before use and copied as they stand.

`read_container` walks the central directory itself instead of leaning on zipfile, because what we do not
change has to come out with the same header, extra fields, data descriptor and compressed bytes, and because
a hostile archive (overlapping, duplicate, escaping or exploding members) has to be refused before anything
is inflated. What writes it again is `rebuild`.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from .errors import PackageError

Buffer: TypeAlias = bytes | bytearray | memoryview
MIB = 1 << 20
STORED, DEFLATED = 0, 8
FLAG_ENCRYPTED, FLAG_DATA_DESCRIPTOR, FLAG_UTF8 = 0x0001, 0x0008, 0x0800
ZIP64_EXTRA = 0x0001
FULL16, FULL32 = 0xFFFF, 0xFFFFFFFF  # "look in the zip64 field"
NEWEST_ZIP_VERSION = 63  # of the specification, times ten

LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
END64 = struct.Struct("<4sQ2H2I4Q")
LOCATOR64 = struct.Struct("<4sIQI")


@dataclass(frozen=True)
class Limits:
    """What an incoming workbook may cost us.

    Parameters
    ----------
    file_bytes : int
        Largest file on disk [bytes].
    members : int
        Most members in the archive.
    member_bytes : int
        Largest member after inflating [bytes].
    total_bytes : int
        Sum of all members after inflating [bytes].
    ratio : int
        Largest inflated / compressed size of a member ...
    ratio_floor_bytes : int
        ... counted only for members that inflate to more than this [bytes]; small regular parts may
        legitimately shrink a lot.
    """

    file_bytes: int = 512 * MIB
    members: int = 10_000
    member_bytes: int = 256 * MIB
    total_bytes: int = 1024 * MIB
    ratio: int = 400
    ratio_floor_bytes: int = 8 * MIB


@dataclass(frozen=True)
class Member:
    """One entry of the archive. Offsets are into the archive's bytes; `span_end` is where the next one starts.

    `name` is the part's: with slashes, whatever the archive has.
    """

    name: str
    flags: int
    method: int
    crc: int
    compressed_size: int
    size: int
    offset: int
    data_start: int
    span_end: int
    central: bytes


@dataclass(frozen=True)
class Container:
    """An archive held in memory: `members` in the order of the central directory."""

    data: bytes
    members: dict[str, Member]
    directory_offset: int
    end64: bytes  # the zip64 end record as it was, or b""
    tail: bytes  # archive comment and whatever follows it


def read_container(data: bytes, limits: Limits) -> Container:
    """Parse and check the archive in `data` (bytes); raises PackageError for anything not plainly sound."""
    end_at = _find_end(data)
    _, disk, directory_disk, _, count, directory_size, directory_offset, _ = END.unpack_from(data, end_at)
    directory_end, end64 = end_at, b""
    locator_at = end_at - LOCATOR64.size
    if locator_at >= 0 and data[locator_at : locator_at + 4] == b"PK\x06\x07":
        end64, count, directory_size, directory_offset, directory_end = _read_end64(data, locator_at)
    if disk not in (0, FULL16) or directory_disk not in (0, FULL16):
        raise PackageError("a zip split over several disks: join it first")
    if directory_offset + directory_size != directory_end:
        raise PackageError("a damaged zip (its directory is not where it says): repair it in Excel first")
    if count > limits.members:
        raise PackageError(f"refused: {count} members in the zip, more than {limits.members} is hostile")
    records = _read_directory(data, directory_offset, directory_end, count)
    members = _locate(data, records, directory_offset)
    _check_names(members)
    _check_sizes(members, limits)
    return Container(data, {m.name: m for m in members}, directory_offset, end64, data[end_at + END.size :])


def inflate(container: Container, member: Member) -> bytes:
    """The member's content (bytes), its size and checksum verified."""
    raw = memoryview(container.data)[member.data_start : member.data_start + member.compressed_size]
    if member.method == STORED:
        content = bytes(raw)
    else:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            content = inflater.decompress(raw, member.size + 1)  # never more than it declared
        except zlib.error as error:
            raise PackageError(f"{member.name} is damaged ({error}): repair the file in Excel first") from None
    if len(content) != member.size or zlib.crc32(content) != member.crc:
        raise PackageError(f"{member.name} is damaged (size or checksum): repair the file in Excel first")
    return content


def holds(container: Container, member: Member, content: bytes) -> bool:
    """Whether the member's content is `content`; inflates only when size and checksum say so."""
    same = member.size == len(content) and member.crc == zlib.crc32(content)
    return same and inflate(container, member) == content


def _find_end(data: bytes) -> int:
    """Offset of the end-of-directory record, with messages for the usual things that are not workbooks."""
    if not data:
        raise PackageError("an empty file: nothing to open")
    if data[:4] == b"\xd0\xcf\x11\xe0":
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise PackageError("encrypted or label-protected workbook: remove the password in Excel, then retry")
        raise PackageError("old binary .xls (OLE) file: save it as .xlsx in Excel, then retry")
    if data[:2] != b"PK":
        raise PackageError("not a workbook (not a zip archive): give an .xlsx, .xlsm, .xltx or .xltm file")
    end_at = len(data)
    while True:
        end_at = data.rfind(b"PK\x05\x06", max(0, len(data) - END.size - FULL16 - 1), end_at)
        if end_at < 0:
            raise PackageError("a truncated zip archive: copy or download the file again")
        if end_at + END.size <= len(data):
            comment = int.from_bytes(data[end_at + 20 : end_at + 22], "little")
            if end_at + END.size + comment <= len(data):
                return end_at


def _read_end64(data: bytes, locator_at: int) -> tuple[bytes, int, int, int, int]:
    _, _, end64_at, _ = LOCATOR64.unpack_from(data, locator_at)
    if end64_at + END64.size > locator_at or data[end64_at : end64_at + 4] != b"PK\x06\x06":
        raise PackageError("a damaged zip (zip64 end record): repair it in Excel first")
    fields = END64.unpack_from(data, end64_at)
    return data[end64_at:locator_at], fields[7], fields[8], fields[9], end64_at


def _read_directory(data: bytes, start: int, end: int, count: int) -> list[bytes]:
    records, at = [], start
    while at < end:
        if at + CENTRAL.size > end or data[at : at + 4] != b"PK\x01\x02":
            raise PackageError("a damaged zip directory: repair the file in Excel first")
        name_size, extra_size, comment_size = struct.unpack_from("<3H", data, at + 28)
        stop = at + CENTRAL.size + name_size + extra_size + comment_size
        if stop > end:
            raise PackageError("a damaged zip directory: repair the file in Excel first")
        records.append(data[at:stop])
        at = stop
    if len(records) != count:
        raise PackageError("a damaged zip directory (wrong count): repair the file in Excel first")
    return records


def _locate(data: bytes, records: list[bytes], directory_offset: int) -> list[Member]:
    """Members with their place in the file; refuses members that overlap or contradict their local header."""
    parsed = []
    for record in records:
        fields = CENTRAL.unpack_from(record)
        flags, method, crc, compressed, size = fields[3], fields[4], fields[7], fields[8], fields[9]
        offset, name_size, extra_size = fields[16], fields[10], fields[11]
        raw_name = record[CENTRAL.size : CENTRAL.size + name_size]
        extra = record[CENTRAL.size + name_size : CENTRAL.size + name_size + extra_size]
        size, compressed, offset = _wide(extra, size, compressed, offset)
        name = _part_name(raw_name, flags)
        if fields[2] > NEWEST_ZIP_VERSION:
            raise PackageError(f"member {name} asks for zip version {fields[2] / 10}: hostile or damaged, refused")
        if flags & FLAG_ENCRYPTED:
            raise PackageError(f"member {name} is encrypted: remove the zip password first")
        if method not in (STORED, DEFLATED):
            raise PackageError(f"member {name} uses zip method {method}, which Excel cannot read: save it again")
        if method == STORED and size != compressed:
            raise PackageError(f"member {name} is damaged (sizes): repair the file in Excel first")
        if offset + LOCAL.size > directory_offset or data[offset : offset + 4] != b"PK\x03\x04":
            raise PackageError(f"member {name} is damaged (header): repair the file in Excel first")
        local = LOCAL.unpack_from(data, offset)
        name_at = offset + LOCAL.size
        if data[name_at : name_at + local[9]] != raw_name or local[3] != method:
            raise PackageError(f"member {name} disagrees with its own header: hostile or damaged, refused")
        data_start = name_at + local[9] + local[10]
        parsed.append((offset, data_start, name, flags, method, crc, compressed, size, record))
    starts = sorted(p[0] for p in parsed)
    following = dict(pairwise([*starts, directory_offset]))
    members = []
    for offset, data_start, name, flags, method, crc, compressed, size, record in parsed:
        if data_start + compressed > following[offset]:
            raise PackageError(f"member {name} overlaps another one: a zip bomb or damaged, refused")
        members.append(
            Member(name, flags, method, crc, compressed, size, offset, data_start, following[offset], record)
        )
    if len(following) != len(members):
        raise PackageError("two members share the same bytes: a zip bomb or damaged, refused")
    return members


def _wide(extra: bytes, size: int, compressed: int, offset: int) -> tuple[int, int, int]:
    """Replace the fields that are full by those of the zip64 extra field."""
    fields = [size, compressed, offset]
    for tag, body in extra_fields(extra):
        if tag == ZIP64_EXTRA:
            values = [int.from_bytes(body[i : i + 8], "little") for i in range(0, len(body) - 7, 8)]
            fields = [values.pop(0) if field == FULL32 and values else field for field in fields]
    return fields[0], fields[1], fields[2]


def extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<2H", extra, at)
        if at + 4 + length > len(extra):
            raise PackageError("a damaged zip (extra field): repair the file in Excel first")
        yield tag, extra[at + 4 : at + 4 + length]
        at += 4 + length


def _decode_name(raw: bytes, flags: int) -> str:
    try:
        return raw.decode("utf-8")  # also right for the many writers that forget the flag
    except UnicodeDecodeError:
        if flags & FLAG_UTF8:
            raise PackageError("a member name is not valid UTF-8: hostile or damaged, refused") from None
        return raw.decode("cp437")


def _part_name(raw: bytes, flags: int) -> str:
    """The member's name as parts are called: old .NET and Delphi writers put backslashes between folders."""
    return _decode_name(raw, flags).replace("\\", "/")


def _check_names(members: list[Member]) -> None:
    seen = set()
    for member in members:
        name = member.name
        segments = name.rstrip("/").split("/")
        if not name or "\0" in name or ":" in segments[0] or name.startswith("/"):
            raise PackageError(f"member name {name!r} is not a part name: hostile or damaged, refused")
        if ".." in segments or "." in segments or "" in segments:
            raise PackageError(f"member name {name!r} leaves its folder: hostile or damaged, refused")
        if name.lower() in seen:
            raise PackageError(f"two members are called {name!r}: hostile or damaged, refused")
        seen.add(name.lower())


def _check_sizes(members: list[Member], limits: Limits) -> None:
    total = 0
    for member in members:
        total += member.size
        if member.size > limits.member_bytes:
            raise PackageError(
                f"refused: {member.name} inflates to {member.size / MIB:,.0f} MiB "
                f"(limit {limits.member_bytes / MIB:,.0f} MiB)"
            )
        if member.size > limits.ratio_floor_bytes and member.size > limits.ratio * member.compressed_size:
            raise PackageError(f"refused: {member.name} looks like a zip bomb (above {limits.ratio} to 1)")
    if total > limits.total_bytes:
        raise PackageError(f"refused: inflates to {total / MIB:,.0f} MiB (limit {limits.total_bytes / MIB:,.0f} MiB)")
