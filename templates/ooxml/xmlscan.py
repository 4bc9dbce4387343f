"""XML as bytes: enough of a reader to splice one element and leave every other byte alone.

Parts are handled as UTF-8 without byte order mark (`decode` and `encode` turn other encodings into that and
back); `xmlcheck` says whether they are sound.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from .errors import PackageError
from .xmlcheck import check, mask, needs_mask, parse, parser_for, split_tag

DEEPEST = 200  # levels of elements in a small part; Excel writes fewer than 20
MOST_NODES = 300_000  # elements in a small part; 100,000 defined names are beyond any workbook seen
ATTRIBUTES = rb"""[^>"']*(?:"[^"]*"[^>"']*|'[^']*'[^>"']*)*"""  # linear: each quote opens one branch only
ATTRIBUTE = re.compile(rb"""\s([^\s="'/>]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
START_TAG = re.compile(rb"<" + ATTRIBUTES + rb">")
NAME_OF_TAG = re.compile(rb"<([^\s/>]+)")
DECLARED_ENCODING = re.compile(rb"""^<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
OTHER_ENCODINGS = {"us-ascii": "ascii", "ascii": "ascii", "iso-8859-1": "latin-1", "windows-1252": "cp1252"}
XML_BEGINS_WITH = (b"<", b" ", b"\t", b"\r", b"\n", b"")
NOT_IN_XML = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
ESCAPE_LOOKALIKE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
SURROGATE = re.compile("[\ud800-\udfff]")
REFERENCE = re.compile(r"&(#x[0-9A-Fa-f]+|#[0-9]+|\w+);")
ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


class XmlText(NamedTuple):
    """A part as UTF-8 `text` plus what is needed to write it back as it was."""

    mark: bytes
    encoding: str
    text: bytes


def decode(raw: bytes, name: str) -> XmlText:
    """The part's bytes as XmlText; refuses encodings that a workbook may not have."""
    mark, encoding = next((m for m in BYTE_ORDER_MARKS if raw.startswith(m[0])), (b"", None))
    if encoding is None:
        encoding = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}.get(raw[:2])
    if encoding is None:
        declared = DECLARED_ENCODING.match(raw)
        label = declared[1].decode("ascii").lower() if declared else "utf-8"
        encoding = "utf-8" if label in ("utf-8", "utf8") else OTHER_ENCODINGS.get(label)
        if encoding is None:
            raise PackageError(f"{name} is encoded as {label}: save the workbook again in Excel")
    text = raw[len(mark) :]
    if encoding != "utf-8":  # whether UTF-8 is valid is for expat to say
        try:
            text = text.decode(encoding).encode("utf-8")
        except UnicodeError:
            raise PackageError(f"{name} is not valid {encoding}: repair the file in Excel first") from None
    if text[:1] not in XML_BEGINS_WITH or b"\0" in text:  # expat would guess another encoding
        raise PackageError(f"{name} is not XML in {encoding}: repair the file in Excel first")
    return XmlText(mark, encoding, text)


def encode(part: XmlText, text: bytes) -> bytes:
    """`text` (UTF-8) in the encoding, and with the mark, that `part` came with."""
    if part.encoding == "utf-8":
        return part.mark + text
    return part.mark + text.decode("utf-8").encode(part.encoding, "xmlcharrefreplace")


# ---- small parts as a tree with offsets ----------------------------------------------------------------


@dataclass(slots=True)
class Node:
    """An element with the offsets of its tags: start tag [start, open_end), end tag [close_start, end)."""

    uri: str
    name: str
    prefix: str
    attributes: dict[str, str]
    start: int
    open_end: int
    close_start: int = -1
    end: int = -1
    children: list[Node] = field(default_factory=list)
    text: str = ""

    def all(self, name: str) -> list[Node]:
        """Direct children called `name` in this element's own namespace."""
        return [c for c in self.children if c.name == name and c.uri == self.uri]

    def first(self, name: str) -> Node | None:
        return next(iter(self.all(name)), None)

    @property
    def empty_tag(self) -> bool:
        return self.close_start == self.open_end == self.end

    def qualified(self, name: str) -> bytes:
        """`name` with this element's prefix, as bytes."""
        return f"{self.prefix}:{name}".encode() if self.prefix else name.encode()


def tree(text: bytes, name: str) -> Node:
    """Parse a small part (workbook.xml, relationships, tables ...) into Nodes."""
    if needs_mask(text):
        check(text, name)  # blanking is linear only in well-formed text
    lexed, count = mask(text), 0
    stack: list[Node] = []
    top: list[Node] = []

    def on_start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if len(stack) >= DEEPEST or count > MOST_NODES:
            raise PackageError(f"{name} has more elements or levels than any Excel file: hostile, refused")
        start = parser.CurrentByteIndex
        found = START_TAG.match(lexed, start)
        node = Node(*split_tag(tag), _attributes_by_name(attributes), start, found.end() if found else start)
        (stack[-1].children if stack else top).append(node)
        stack.append(node)

    def on_end(_tag: str) -> None:
        node = stack.pop()
        if lexed[node.open_end - 2 : node.open_end] == b"/>":
            node.close_start = node.end = node.open_end
        else:
            node.close_start = parser.CurrentByteIndex
            node.end = lexed.index(b">", node.close_start) + 1

    def on_text(characters: str) -> None:
        if stack:
            stack[-1].text += characters

    parser = parser_for(name)
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = on_start, on_end
    parser.CharacterDataHandler = on_text
    parse(parser, text, name)
    return top[0]


def _attributes_by_name(attributes: dict[str, str]) -> dict[str, str]:
    """Plain attributes by name, qualified ones as `uri name` (prefix dropped)."""
    return {" ".join(key.split(" ")[:2]): value for key, value in attributes.items()}


# ---- splicing ------------------------------------------------------------------------------------------


class Splice(NamedTuple):
    """Replace [start, end) by `new`. Several at the same place are applied in the order given."""

    start: int
    end: int
    new: bytes


def splice(text: bytes, splices: Iterable[Splice]) -> bytes:
    """`text` with all splices applied; they may not overlap."""
    at = 0
    pieces: list[bytes] = []
    for start, end, new in sorted(splices, key=lambda s: (s.start, s.end)):
        if start < at:
            raise ValueError(f"splices overlap at byte {start}")
        pieces += (text[at:start], new)
        at = end
    pieces.append(text[at:])
    return b"".join(pieces)


def set_attribute(tag: bytes, name: str, value: str | None) -> bytes:
    """A start tag (bytes) with attribute `name` set to `value` (str), or left out for None."""
    wanted = name.encode()
    if value is None and wanted not in tag:
        return tag
    for found in ATTRIBUTE.finditer(tag):
        if found[1] == wanted:
            if value is None:
                return tag[: found.start()] + tag[found.end() :]
            group = 2 if found[2] is not None else 3
            return tag[: found.start(group)] + escape_attribute(value) + tag[found.end(group) :]
    if value is None:
        return tag
    close = len(tag) - (2 if tag.endswith(b"/>") else 1)
    close = len(tag[:close].rstrip())
    return tag[:close] + b" " + wanted + b'="' + escape_attribute(value) + b'"' + tag[close:]


def append_child(text: bytes, node: Node, new: bytes) -> Splice:
    """Splice that puts `new` behind the last child of `node`."""
    if not node.empty_tag:
        return Splice(node.close_start, node.close_start, new)
    return Splice(
        node.start, node.end, opened(text[node.start : node.end]) + new + closing(text[node.start : node.end])
    )


def opened(tag: bytes) -> bytes:
    """`<x a="1"/>` as `<x a="1">`."""
    return tag[:-2].rstrip() + b">" if tag.endswith(b"/>") else tag


def closing(tag: bytes) -> bytes:
    """The end tag that belongs to a start tag."""
    found = NAME_OF_TAG.match(tag)
    return b"</" + (found[1] if found else b"") + b">"


def attributes(tag: bytes) -> dict[str, str]:
    """All attributes of a start tag: dict of str to str."""
    return {
        found[1].decode(): unescape(found[2] if found[2] is not None else found[3]) for found in ATTRIBUTE.finditer(tag)
    }


# ---- text ----------------------------------------------------------------------------------------------


def escape_text(value: str) -> bytes:
    """Cell text as XML bytes: markup escaped, characters XML cannot hold written as `_x0007_` like Excel does."""
    value = ESCAPE_LOOKALIKE.sub("_x005F_", value)
    value = NOT_IN_XML.sub(lambda m: f"_x{ord(m[0]):04X}_", value)
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").encode("utf-8")


def escape_formula(value: str) -> bytes:
    """Formula or name text as XML bytes; line ends as references so that a reader does not change them."""
    if NOT_IN_XML.search(value.replace("\r", "")):
        raise PackageError(f"{value!r} holds characters that a formula cannot have: leave them out")
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;").encode("utf-8")


def escape_attribute(value: str) -> bytes:
    """Attribute value as XML bytes, for either kind of quote."""
    raw = escape_formula(value).replace(b'"', b"&quot;").replace(b"'", b"&apos;")
    return raw.replace(b"\n", b"&#10;").replace(b"\t", b"&#9;")


def unescape(raw: bytes) -> str:
    """XML character data (bytes, possibly with CDATA, comments and references) as str."""
    if b"<" not in raw:
        return _plain_text(raw)
    pieces = re.split(rb"(<!\[CDATA\[.*?\]\]>|<!--.*?-->|<\?.*?\?>)", raw, flags=re.DOTALL)
    text = ""
    for plain, special in zip(pieces[0::2], [*pieces[1::2], b""], strict=True):
        text += _plain_text(plain)
        if special.startswith(b"<![CDATA["):
            text += special[9:-3].decode("utf-8")
    return text


def _plain_text(raw: bytes) -> str:
    value = raw.decode("utf-8")
    if "\r" in value:
        value = value.replace("\r\n", "\n").replace("\r", "\n")
    return REFERENCE.sub(_referenced, value) if "&" in value else value


def _referenced(match: re.Match[str]) -> str:
    body = match[1]
    if not body.startswith("#"):
        return ENTITIES.get(body, match[0])
    return chr(int(body[2:], 16) if body[1] == "x" else int(body[1:]))


def resolve_escapes(value: str) -> str:
    """Cell text with Excel's `_x000D_` escapes for characters resolved."""
    if "_x" not in value:
        return value
    value = ESCAPED.sub(lambda m: chr(int(m[1], 16)), value)
    if not SURROGATE.search(value):
        return value
    # two escapes may form one character; a lone half of one is no character at all
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
