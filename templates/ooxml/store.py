"""The parts of a package and what has been changed about them so far; nothing here knows about sheets."""

from collections.abc import Callable
from typing import Any

from .container import Buffer, Container, Limits, holds, inflate, read_container
from .errors import PackageError
from .parts import (
    CONTENT_TYPES,
    EMPTY_RELATIONSHIPS,
    Relationship,
    content_type,
    find_part,
    read_relationships,
    relationships_name,
    source_of,
    with_override,
    with_relationship,
    without_override,
    without_target,
)
from .rebuild import rebuild
from .xmlcheck import check
from .xmlscan import XmlText, decode, encode

LARGEST_SMALL_PART = 16 << 20  # bytes; parts that are read as a tree (workbook, relationships, tables ...)


class PartStore:
    """Parts by name (look-up ignores case); edits stay in memory until `pieces` are written somewhere."""

    def __init__(self, data: bytes, limits: Limits):
        self.limits = limits
        self._texts: dict[str, XmlText] = {}
        self._relations: dict[str, tuple[bytes, list[Relationship]]] = {}
        self._archive = read_container(data, self.limits)
        self._saved: list[Buffer] | None = None
        self._forget_changes()
        self._signed = self._find_signature()

    def restart(self, pieces: list[Buffer]) -> None:
        """Start over from the archive that `pieces` make up, the one just saved: it holds what the parts hold now."""
        self._saved = pieces
        self._forget_changes()

    @property
    def _container(self) -> Container:
        if self._saved is not None:  # read when it is asked for: mostly the package is closed next
            self._archive, self._saved = read_container(b"".join(self._saved), self.limits), None
        return self._archive

    def revert(self) -> None:
        """Drop all changes and what is held in memory."""
        self._texts, self._relations = {}, {}
        self._forget_changes()

    def _forget_changes(self) -> None:
        self._changed: dict[str, bytes] = {}
        self._added: dict[str, bytes] = {}
        self._removed: set[str] = set()
        self._proven: set[str] = set()
        self._spellings: dict[str, str] | None = None

    @property
    def _by_lower(self) -> dict[str, str]:
        if self._spellings is None:
            names = [name for name in self._container.members if not name.endswith("/")]
            self._spellings = {name.lower(): name for name in names}
        return self._spellings

    @property
    def data(self) -> bytes:
        """The archive as it was opened or last saved (bytes)."""
        return self._container.data

    @property
    def names(self) -> list[str]:
        """Part names in the order of the archive."""
        return [*(name for name in self._container.members if name not in self._removed), *self._added]

    @property
    def changed(self) -> list[str]:
        """Names of the parts changed, added and removed."""
        return [*self._changed, *self._added, *sorted(self._removed)]

    def find(self, name: str) -> str | None:
        """The part's name as the archive spells it, or None."""
        return find_part(self._by_lower, name)

    def read(self, name: str) -> bytes:
        """The current content (bytes) of a part."""
        found = self.find(name)
        if found is None:
            raise PackageError(f"the part {name} is missing: repair the file in Excel first")
        if found in self._added:
            return self._added[found]
        if found in self._changed:
            return self._changed[found]
        return inflate(self._container, self._container.members[found])

    def write(self, name: str, content: bytes, proven: bool = False) -> None:
        """Replace a part's content; `proven` says that it is known to be well-formed."""
        self.refuse_signed()
        found = self.find(name)
        if found is None:
            raise PackageError(f"no part {name} to replace: add it with add_part")
        self._texts.pop(found, None)
        (self._proven.add if proven else self._proven.discard)(found)
        if found in self._added:
            self._added[found] = content
        elif holds(self._container, self._container.members[found], content):
            self._changed.pop(found, None)  # back to what it was: not a change
        else:
            self._changed[found] = content

    def add(self, name: str, content: bytes, kind: str | None) -> None:
        """Add a part of content type `kind` (None for relationships, whose type goes by their extension)."""
        self.refuse_signed()
        if not name.isascii() or "\\" in name or any(s in ("", ".", "..") for s in name.split("/")):
            raise PackageError(f"{name!r} cannot be a part name: give one like xl/metadata.xml")
        if self.find(name):
            raise PackageError(f"the part {name} exists already: replace it with set_part")
        self._added[name] = content
        self._by_lower[name.lower()] = name
        if kind is not None:
            self.edit(CONTENT_TYPES, with_override, name, kind)

    def remove(self, name: str) -> None:
        """Remove a part, its relationships, its content type and the relationships that lead to it."""
        self.refuse_signed()
        found = self.find(name)
        if found is None:
            raise PackageError(f"no part {name} to remove")
        for doomed in (found, self.find(relationships_name(found))):
            if doomed is None:
                continue
            if self._added.pop(doomed, None) is None:
                self._removed.add(doomed)
                self._changed.pop(doomed, None)
            del self._by_lower[doomed.lower()]
            self._texts.pop(doomed, None)
        self.edit(CONTENT_TYPES, without_override, found)
        for part in [n for n in self.names if n.endswith(".rels") and "_rels/" in n]:
            self.edit(part, without_target, source_of(part), found)

    def relate(self, source: str, kind: str, target: str, external: bool = False) -> str:
        """Relate part `source` ("" is the package) to part or address `target`; returns the id."""
        self.refuse_signed()
        name = relationships_name(source)
        if self.find(name) is None:
            self.add(name, EMPTY_RELATIONSHIPS, None)
        text, identifier = with_relationship(self.text(name), source, kind, target, external)
        self.put_text(name, text)
        return identifier

    def relationships(self, part: str) -> list[Relationship]:
        """The Relationships of a part ("" is the package)."""
        name = self.find(relationships_name(part))
        if name is None:
            return []
        text, known = self.text(name), self._relations.get(name)
        if known is None or known[0] is not text:
            known = self._relations[name] = text, read_relationships(text, part)
        return known[1]

    def related(self, part: str, kind: str) -> list[str]:
        """Names of the parts that `part` refers to with relationships of one kind (last word of the type)."""
        targets = [r.target for r in self.relationships(part) if r.kind == kind and not r.external]
        return [found for found in map(self.find, targets) if found]

    def content_type(self, part: str) -> str:
        """The content type of a part, or ""."""
        return content_type(self.text(CONTENT_TYPES), part)

    def text(self, name: str) -> bytes:
        """A small XML part as UTF-8 without mark, whatever its encoding; kept."""
        found = self.find(name) or name
        if found not in self._texts:
            raw = self.read(found)
            if len(raw) > LARGEST_SMALL_PART:
                raise PackageError(f"refused: {name} has {len(raw):,} bytes, far more than Excel ever writes")
            self._texts[found] = decode(raw, found)
        return self._texts[found].text

    def put_text(self, name: str, text: bytes) -> None:
        """Replace a small part's text (UTF-8), keeping its encoding; the same text is no change."""
        if text == self.text(name):
            return
        found = self.find(name) or name
        part = self._texts[found]
        self.write(found, encode(part, text))
        self._texts[found] = XmlText(part.mark, part.encoding, text)

    def edit(self, name: str, function: Callable[..., bytes], *arguments: Any) -> None:
        """Replace a small part's text by ``function(text, *arguments)``."""
        self.put_text(name, function(self.text(name), *arguments))

    def pieces(self) -> list[Buffer]:
        """The archive with all changes, as bytes-like pieces to write one after the other."""
        if not self.changed:
            return [self._container.data]
        self.refuse_signed()
        for name in (*self._changed, *self._added):
            if name.endswith((".xml", ".rels")) and name not in self._proven:
                check(decode(self.read(name), name).text, name)  # never write what we would not read
        return rebuild(self._container, self._changed, self._added, self._removed)

    @property
    def signed(self) -> bool:
        """Whether the package carries a digital signature."""
        return self._signed

    def refuse_signed(self) -> None:
        """PackageError if the package is signed: any change would break the signature."""
        if self._signed:
            raise PackageError("digitally signed: a change would break the signature, remove it in Excel first")

    def _find_signature(self) -> bool:
        if any(name.startswith("_xmlsignatures/") for name in self._by_lower):
            return True
        return any("/digital-signature/" in relation.type for relation in self.relationships(""))
