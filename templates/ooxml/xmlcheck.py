"""Whether a part is sound XML, and where in it regular expressions may look for tags.

Expat checks each part once for being well-formed and free of a DOCTYPE; after that a `<` can only open a tag, a
comment, CDATA or a processing instruction, so regular expressions over a copy in which the last three are blanked
(`mask`) find tags reliably, at the same offsets as in the original.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple, NoReturn
from xml.parsers import expat

from .errors import PackageError

NOT_ELEMENTS = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>", re.DOTALL)


def mask(text: bytes) -> bytes:
    """Well-formed `text` with comments, CDATA sections and processing instructions blanked; same length."""
    if not needs_mask(text):
        return text  # at most an XML declaration, which no pattern for tags matches
    return NOT_ELEMENTS.sub(lambda m: b" " * len(m[0]), text)


def needs_mask(text: bytes) -> bool:
    return b"<!" in text or text.find(b"<?", 1) >= 0


class Root(NamedTuple):
    """The document element.

    `plain`: its namespace has one prefix, the same throughout the part. `bare`: the part holds no comments,
    CDATA or processing instructions, so that `mask` would change nothing.
    """

    uri: str
    local: str
    prefix: str
    plain: bool
    bare: bool


def check(text: bytes, name: str) -> Root:
    """Raise PackageError unless `text` is well-formed XML without DOCTYPE; returns its Root."""
    root: list[str] = []
    declared: list[tuple[str, str]] = []
    others: list[int] = []

    def on_root(tag: str, _attributes: object) -> None:
        root.append(tag)
        parser.StartElementHandler = None

    parser = parser_for(name)
    parser.StartElementHandler = on_root
    parser.StartNamespaceDeclHandler = lambda prefix, uri: declared.append((prefix or "", uri))
    parser.CommentHandler = lambda _text: others.append(1)
    parser.ProcessingInstructionHandler = lambda _target, _text: others.append(1)
    parser.StartCdataSectionHandler = lambda: others.append(1)
    parse(parser, text, name)
    uri, local, prefix = split_tag(root[0])
    plain = all((p == prefix) == (u == uri) for p, u in declared)
    return Root(uri, local, prefix, plain, bare=not others)


def check_elements(elements: Iterable[bytes], name: str) -> None:
    """Raise PackageError unless each of `elements` (bytes that begin with a start tag) is whole.

    They are parsed as one: each can only lack end tags, so none does if the sum is balanced.
    """
    parser = expat.ParserCreate("UTF-8")  # without namespaces: the prefixes are declared elsewhere
    parse(parser, b"<all>" + b"".join(elements) + b"</all>", name)


def lexing_copy(text: bytes, name: str, root: Root) -> bytes:
    """What regular expressions may look for tags in: `text` itself, or a copy with everything else blanked."""
    if root.plain:
        return text if root.bare else mask(text)
    return canonical_mask(text, name, root.uri)


def canonical_mask(text: bytes, name: str, uri: str) -> bytes:
    """Mask for a part with irregular prefixes: elements outside namespace `uri` get a `_` over their name.

    Slow but exact: afterwards a tag of any prefix whose local name is intact belongs to `uri`.
    """
    lexed = bytearray(mask(text))
    local_name = re.compile(rb"</?(?:[^\s/>:]+:)?")

    def blank() -> None:
        at = parser.CurrentByteIndex
        tag = local_name.match(lexed, at)
        if tag:
            lexed[tag.end()] = ord("_")

    def on_start(tag: str, _attributes: object) -> None:
        own = split_tag(tag)[0] == uri
        if not own:
            blank()

    def on_end(tag: str) -> None:
        at = parser.CurrentByteIndex
        if split_tag(tag)[0] != uri and lexed[at : at + 2] == b"</":  # nothing to blank after <tag/>
            blank()

    parser = parser_for(name)
    parser.StartElementHandler = on_start
    parser.EndElementHandler = on_end
    parse(parser, text, name)
    return bytes(lexed)


def parser_for(name: str) -> expat.XMLParserType:
    parser = expat.ParserCreate("UTF-8", " ")
    parser.namespace_prefixes = True

    def refuse(*_: object) -> NoReturn:
        raise PackageError(f"{name} declares a DOCTYPE (entities): hostile, refused")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def parse(parser: expat.XMLParserType, text: bytes, name: str) -> None:
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        reason = expat.errors.messages.get(error.code, error.code)
        raise PackageError(
            f"{name} is damaged XML ({reason}, line {error.lineno}): repair the file in Excel first"
        ) from None


def split_tag(tag: str) -> tuple[str, str, str]:
    """Expat's `uri local prefix` (or fewer of them) as (uri, local, prefix)."""
    words = tag.split(" ")
    if len(words) == 1:
        return "", tag, ""
    return words[0], words[1], words[2] if len(words) == 3 else ""
