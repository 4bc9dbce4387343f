"""How a package hangs together: part names, relationships and content types, read and spliced."""

import posixpath
import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote

from .xmlscan import Splice, append_child, escape_attribute, splice, tree

CONTENT_TYPES = "[Content_Types].xml"
RELATIONSHIP_BASES = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/",
    "http://purl.oclc.org/ooxml/officeDocument/relationships/",
)
EMPTY_RELATIONSHIPS = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
)


class Relationship(NamedTuple):
    """`target` is a part name, or the address as it stands when `external`. `kind`: last word of the type."""

    id: str
    kind: str
    type: str
    target: str
    external: bool


def relationships_name(part: str) -> str:
    """Where a part's relationships are kept; "" is the package itself."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def source_of(relationships_part: str) -> str:
    """The part that a relationships part belongs to."""
    folder, name = posixpath.split(relationships_part)
    return posixpath.join(posixpath.dirname(folder), name.removesuffix(".rels"))


def read_relationships(text: bytes, source: str) -> list[Relationship]:
    """The Relationships of part `source` from the text (UTF-8) of its relationships part."""
    found = []
    for node in tree(text, relationships_name(source)).all("Relationship"):
        marks = node.attributes
        external = marks.get("TargetMode", "").lower() == "external"
        target = marks.get("Target", "")
        kind = marks.get("Type", "").rpartition("/")[2]
        if not external:
            target = resolve(target, source)
        found.append(Relationship(marks.get("Id", ""), kind, marks.get("Type", ""), target, external))
    return found


def resolve(target: str, source: str) -> str:
    """A relationship target, relative to `source` or absolute, as a part name without leading slash.

    As RFC 3986 (5.2.4) says, ".." at the root is dropped, so that no target leads out of the package: LibreOffice
    writes ``../customXml/item1.xml`` in the root's relationships. Backslashes are taken for slashes.
    """
    path = target.partition("#")[0].replace("\\", "/")
    if not path.startswith("/"):
        path = posixpath.join(posixpath.dirname(source), path)
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    return "/".join(kept)


def find_part(names_by_lower: Mapping[str, str], target: str) -> str | None:
    """The member name for a target: part names ignore case, and some writers percent-encode only one side."""
    for spelling in (target, unquote(target)):
        if spelling.lower() in names_by_lower:
            return names_by_lower[spelling.lower()]
    return None


def content_type(text: bytes, part: str) -> str:
    """The content type of `part` according to [Content_Types].xml, or ""."""
    extension = part.rpartition(".")[2].lower()
    by_extension = ""
    for node in tree(text, CONTENT_TYPES).children:
        marks = node.attributes
        if node.name == "Override" and unquote(marks.get("PartName", "")).lower() == "/" + unquote(part).lower():
            return marks.get("ContentType", "")
        if node.name == "Default" and marks.get("Extension", "").lower() == extension:
            by_extension = marks.get("ContentType", "")
    return by_extension


def with_override(text: bytes, part: str, kind: str) -> bytes:
    """Content types with an Override for `part` added or changed."""
    root = tree(text, CONTENT_TYPES)
    new = b'<%s PartName="%s" ContentType="%s"/>' % (
        root.qualified("Override"), escape_attribute("/" + part), escape_attribute(kind)
    )  # fmt: skip
    for node in root.all("Override"):
        if node.attributes.get("PartName", "").lower() == "/" + part.lower():
            if node.attributes.get("ContentType") == kind:
                return text
            return splice(text, [Splice(node.start, node.end, new)])
    return splice(text, [append_child(text, root, new)])


def without_override(text: bytes, part: str) -> bytes:
    """Content types without the Override for `part`."""
    doomed = [
        Splice(node.start, node.end, b"")
        for node in tree(text, CONTENT_TYPES).all("Override")
        if unquote(node.attributes.get("PartName", "")).lower() == "/" + unquote(part).lower()
    ]
    return splice(text, doomed)


def with_relationship(text: bytes, source: str, kind: str, target: str, external: bool = False) -> tuple[bytes, str]:
    """Relationships of `source` with one more; returns (text, its id). An equal one is reused."""
    root = tree(text, relationships_name(source))
    nodes = root.all("Relationship")
    for node in nodes:
        marks = node.attributes
        if marks.get("Type") == kind and (marks.get("TargetMode", "").lower() == "external") == external:
            existing = marks.get("Target", "")
            if existing == target if external else resolve(existing, source).lower() == target.lower():
                return text, marks.get("Id", "")
    taken = {node.attributes.get("Id") for node in nodes}
    numbers = [int(m[1]) for m in (re.fullmatch(r"rId([0-9]{1,8})", t or "") for t in taken) if m]
    identifier = f"rId{max(numbers, default=0) + 1}"
    shown = target if external else _relative(target, source)
    new = b'<%s Id="%s" Type="%s" Target="%s"%s/>' % (
        root.qualified("Relationship"), identifier.encode(), escape_attribute(kind), escape_attribute(shown),
        b' TargetMode="External"' if external else b"",
    )  # fmt: skip
    return splice(text, [append_child(text, root, new)]), identifier


def without_target(text: bytes, source: str, part: str) -> bytes:
    """Relationships of `source` without those that lead to `part`."""
    doomed = []
    for node in tree(text, relationships_name(source)).all("Relationship"):
        marks = node.attributes
        external = marks.get("TargetMode", "").lower() == "external"
        if not external and unquote(resolve(marks.get("Target", ""), source)).lower() == unquote(part).lower():
            doomed.append(Splice(node.start, node.end, b""))
    return splice(text, doomed)


def _relative(target: str, source: str) -> str:
    folder = posixpath.dirname(source)
    return posixpath.relpath(target, folder) if folder else target
