"""The web-extension part in which the xlwings Lite add-in keeps its code, as Excel itself writes it.

A workbook with Lite holds a task-pane list, and in it a web extension that names the add-in of the store and carries
its settings as properties. Each value is a JSON string. Other add-ins have parts of the same kind beside it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from tokenbook.templates.ooxml import Package, PackageError
from tokenbook.templates.ooxml.xmlscan import Splice, append_child, escape_attribute, set_attribute, splice, tree

TASKPANES = "xl/webextensions/taskpanes.xml"
EXTENSION = "xl/webextensions/webextension{}.xml"
TASKPANES_TYPE = "application/vnd.ms-office.webextensiontaskpanes+xml"
EXTENSION_TYPE = "application/vnd.ms-office.webextension+xml"
TASKPANES_RELATION = "http://schemas.microsoft.com/office/2011/relationships/webextensiontaskpanes"
EXTENSION_RELATION = "http://schemas.microsoft.com/office/2011/relationships/webextension"

STORE_ID = "WA200008175"  # of the xlwings Lite add-in
STORE_VERSION = "1.0.0.0"
STORE_LOCALE = "en-US"
INSTANCE = "{6F4D3B52-5C1E-4C8E-9A53-7B0E5A1D2F60}"  # a constant, so that equal workbooks have equal bytes
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PANES = "http://schemas.microsoft.com/office/webextensions/taskpanes/2010/11"
PANE = 'dockstate="right" visibility="0" width="350" row="{row}"'
FIRST_ROW = 2
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
EXTENSION_XML = (
    HEAD
    + '<we:webextension xmlns:we="http://schemas.microsoft.com/office/webextensions/webextension/2010/11" '
    + f'id="{INSTANCE}">'
    + f'<we:reference id="{STORE_ID.lower()}" version="{STORE_VERSION}" store="{STORE_LOCALE}" storeType="OMEX"/>'
    + f'<we:alternateReferences><we:reference id="{STORE_ID}" version="{STORE_VERSION}" store="{STORE_ID}" '
    + 'storeType="OMEX"/></we:alternateReferences>'
    + "<we:properties></we:properties><we:bindings/>"
    + f'<we:snapshot xmlns:r="{RELATIONS}"/>'
    + '<we:extLst><a:ext xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    + 'uri="{D87F86FE-615C-45B5-9D79-34F1136793EB}"><we:containsCustomFunctions/></a:ext>'
    + '<a:ext xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    + 'uri="{7C84B067-C214-45C3-A712-C9D94CD141B2}"><we:customFunctionIdList/></a:ext></we:extLst></we:webextension>'
)
PANES_XML = HEAD + f'<wetp:taskpanes xmlns:wetp="{PANES}"></wetp:taskpanes>'


@dataclass(frozen=True, slots=True)
class Extension:
    """A web extension of a workbook: its part, the add-ins it names (capitals), its properties as text."""

    part: str
    addins: frozenset[str]
    properties: dict[str, str]


def extensions(package: Package) -> list[Extension]:
    """The web extensions of a workbook, of whichever add-in."""
    found = []
    for panes in _related(package, "", "webextensiontaskpanes"):
        found += [_read(package, part) for part in _related(package, panes, "webextension")]
    return found


def lite(package: Package) -> Extension | None:
    """The web extension of xlwings Lite, if the workbook has one."""
    return next((extension for extension in extensions(package) if STORE_ID in extension.addins), None)


def write(package: Package, properties: dict[str, str]) -> None:
    """Set properties (plain text) of the Lite extension, adding it to the workbook if need be. Others stay."""
    there = lite(package)
    part = there.part if there else _added(package)
    old = package.read_part(part)
    new = _with_properties(old, part, properties)
    if new != old:
        package.set_part(part, new)


def stored(text: str) -> str:
    """A property value as it stands in the part before XML escapes: a JSON string with escaped slashes."""
    return json.dumps(text, ensure_ascii=False).replace("/", "\\/").replace("\x7f", "\\u007f")


def _read(package: Package, part: str) -> Extension:
    root = tree(package.read_part(part), part)
    references = root.all("reference")
    for group in root.all("alternateReferences"):
        references += group.all("reference")
    properties = {
        item.attributes.get("name", ""): _plain(item.attributes.get("value", ""))
        for group in root.all("properties")
        for item in group.all("property")
    }
    return Extension(part, frozenset(node.attributes.get("id", "").upper() for node in references), properties)


def _plain(value: str) -> str:
    """A property as text; what is no JSON string stays as it is."""
    try:
        found = json.loads(value)
    except ValueError:
        return value
    return found if isinstance(found, str) else value


def _with_properties(text: bytes, part: str, properties: dict[str, str]) -> bytes:
    root = tree(text, part)
    group = root.first("properties")
    if group is None:
        raise PackageError(f"{part} holds no properties: open the workbook in Excel with xlwings Lite, save, retry")
    there = {node.attributes.get("name"): node for node in group.all("property")}
    changes, added = [], b""
    for name, value in properties.items():
        if name in there:
            node = there[name]
            if _plain(node.attributes.get("value", "")) != value:
                tag = set_attribute(text[node.start : node.open_end], "value", stored(value))
                changes.append(Splice(node.start, node.open_end, tag))
        else:
            added += b'<%s name="%s" value="%s"/>' % (
                group.qualified("property"), escape_attribute(name), escape_attribute(stored(value)),
            )  # fmt: skip
    if added:
        changes.append(append_child(text, group, added))
    return splice(text, changes)


def _added(package: Package) -> str:
    """Add an extension without properties, and the task pane that shows it; gives its part name."""
    panes = next(iter(_related(package, "", "webextensiontaskpanes")), None)
    if panes is None:
        panes = _free(package, TASKPANES)
        package.add_part(panes, PANES_XML.encode(), TASKPANES_TYPE, "", TASKPANES_RELATION)
    part = _free(package, EXTENSION.format(1))
    relation = package.add_part(part, EXTENSION_XML.encode(), EXTENSION_TYPE, panes, EXTENSION_RELATION)
    assert relation is not None  # it was asked for
    text = package.read_part(panes)
    root = tree(text, panes)
    rows = [int(row) for row in (node.attributes.get("row", "") for node in root.all("taskpane")) if row.isdigit()]
    pane, reference = root.qualified("taskpane"), root.qualified("webextensionref")
    new = b'<%s %s><%s xmlns:r="%s" r:id="%s"/></%s>' % (
        pane, PANE.format(row=max(rows, default=FIRST_ROW - 1) + 1).encode(), reference, RELATIONS.encode(),
        relation.encode(), pane,
    )  # fmt: skip
    package.set_part(panes, splice(text, [append_child(text, root, new)]))
    return part


def _related(package: Package, part: str, kind: str) -> list[str]:
    names = {name.lower(): name for name in package.part_names}
    targets = (r.target.lower() for r in package.relationships(part) if r.kind == kind and not r.external)
    return [names[target] for target in targets if target in names]


def _free(package: Package, name: str) -> str:
    """The name, or the next number of it that no part has."""
    taken = {other.lower() for other in package.part_names}
    stem, number = name.removesuffix(".xml").rstrip("0123456789"), 1
    while name.lower() in taken:
        number += 1
        name = f"{stem}{number}.xml"
    return name
