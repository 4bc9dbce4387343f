"""xl/metadata.xml: the mark (`cm`) by which Excel tells a spilling array from a legacy {array}."""

from collections.abc import Collection, Iterator

from .errors import PackageError
from .sheetscan import STRICT, TRANSITIONAL
from .xmlscan import Node, Splice, append_child, closing, opened, set_attribute, splice, tree

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheetMetadata+xml"
DYNAMIC_ARRAY_NAMESPACE = "http://schemas.microsoft.com/office/spreadsheetml/2017/dynamicarray"
DYNAMIC_ARRAY_EXTENSION = "{bdbb8cdc-fa1e-496e-a857-3c3f30c029c3}"
TYPE_NAME = "XLDAPR"
# What Excel writes for this type; minSupportedVersion is Excel 2007's.
TYPE_ATTRIBUTES = (
    'name="XLDAPR" minSupportedVersion="120000" copy="1" pasteAll="1" pasteValues="1" merge="1" splitFirst="1" '
    'rowColShift="1" clearFormats="1" clearComments="1" assign="1" coerce="1" cellMeta="1"'
)


def new_metadata(strict: bool = False) -> bytes:
    """A metadata part with one dynamic-array mark, which is then number 1."""
    main = STRICT if strict else TRANSITIONAL
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
        f'<metadata xmlns="{main}" xmlns:xda="{DYNAMIC_ARRAY_NAMESPACE}">'
        f'<metadataTypes count="1"><metadataType {TYPE_ATTRIBUTES}/></metadataTypes>'
        f'<futureMetadata name="{TYPE_NAME}" count="1">{_mark("")}</futureMetadata>'
        '<cellMetadata count="1"><bk><rc t="1" v="0"/></bk></cellMetadata></metadata>'
    ).encode()


def dynamic_marks(text: bytes, name: str) -> frozenset[int]:
    """The `cm` values (1-based) that mean "dynamic array" in an existing metadata part."""
    root = tree(text, name)
    type_number, block_numbers = _dynamic_blocks(root)
    marks = set()
    holder = root.first("cellMetadata")
    for number, block in enumerate(holder.all("bk") if holder else [], start=1):
        for record in block.all("rc"):
            if record.attributes.get("t") == str(type_number) and record.attributes.get("v") in block_numbers:
                marks.add(number)
    return frozenset(marks)


def with_dynamic_mark(text: bytes, name: str) -> tuple[bytes, int]:
    """An existing metadata part with a dynamic-array mark; returns (text, its number)."""
    known = dynamic_marks(text, name)
    if known:
        return text, min(known)
    root = tree(text, name)
    if root.name != "metadata":
        raise PackageError(f"{name} is not a metadata part: repair the file in Excel first")
    type_number, block_numbers = _dynamic_blocks(root)
    p = f"{root.prefix}:" if root.prefix else ""
    splices = []
    if type_number is None:
        types = root.first("metadataTypes")
        type_number = len(types.all("metadataType")) + 1 if types else 1
        splices += _add(text, root, types, "metadataTypes", f"<{p}metadataType {TYPE_ATTRIBUTES}/>", ())
    block = min(block_numbers, key=int) if block_numbers else None
    if block is None:
        future = next((f for f in root.all("futureMetadata") if f.attributes.get("name") == TYPE_NAME), None)
        block = str(len(future.all("bk"))) if future else "0"
        mark = _mark(p)
        if future:
            splices += _add(text, root, future, "futureMetadata", mark, ())
        else:
            new = f'<{p}futureMetadata name="{TYPE_NAME}" count="1">{mark}</{p}futureMetadata>'
            at = _behind(root, ("metadataTypes", "metadataStrings", "mdxMetadata", "futureMetadata"))
            splices.append(Splice(at, at, new.encode()))
    cells = root.first("cellMetadata")
    number = len(cells.all("bk")) + 1 if cells else 1
    before = ("metadataTypes", "metadataStrings", "mdxMetadata", "futureMetadata")
    splices += _add(text, root, cells, "cellMetadata", f'<{p}bk><{p}rc t="{type_number}" v="{block}"/></{p}bk>', before)
    return splice(text, splices), number


def _dynamic_blocks(root: Node) -> tuple[int | None, set[str]]:
    """(number of the XLDAPR type or None, block numbers as str that say fDynamic)."""
    types = root.first("metadataTypes")
    names = [t.attributes.get("name") for t in types.all("metadataType")] if types else []
    type_number = names.index(TYPE_NAME) + 1 if TYPE_NAME in names else None
    blocks = set()
    for future in root.all("futureMetadata"):
        if future.attributes.get("name") == TYPE_NAME:
            for number, block in enumerate(future.all("bk")):
                if any(n.attributes.get("fDynamic") in ("1", "true") for n in _descendants(block)):
                    blocks.add(str(number))
    return type_number, blocks


def _descendants(node: Node) -> Iterator[Node]:
    for child in node.children:
        yield child
        yield from _descendants(child)


def _mark(prefix: str) -> str:
    return (
        f'<{prefix}bk><{prefix}extLst><{prefix}ext uri="{DYNAMIC_ARRAY_EXTENSION}">'
        f'<xda:dynamicArrayProperties xmlns:xda="{DYNAMIC_ARRAY_NAMESPACE}" fDynamic="1" fCollapsed="0"/>'
        f"</{prefix}ext></{prefix}extLst></{prefix}bk>"
    )


def _add(text: bytes, root: Node, holder: Node | None, name: str, new: str, before: Collection[str]) -> list[Splice]:
    """Splices that append `new` to `holder` and raise its count, or create the holder."""
    if holder is None:
        tag = root.qualified(name).decode()
        at = _behind(root, before)
        return [Splice(at, at, f'<{tag} count="1">{new}</{tag}>'.encode())]
    count = len([c for c in holder.children if c.uri == holder.uri and c.name != "extLst"]) + 1
    start = set_attribute(text[holder.start : holder.open_end], "count", str(count))
    if holder.empty_tag:
        return [Splice(holder.start, holder.end, opened(start) + new.encode() + closing(start))]
    return [Splice(holder.start, holder.open_end, start), append_child(text, holder, new.encode())]


def _behind(root: Node, names: Collection[str]) -> int:
    ends = [child.end for child in root.children if child.name in names and child.uri == root.uri]
    return max(ends, default=root.open_end)
