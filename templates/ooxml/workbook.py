"""The workbook part: sheets, defined names, date system and calculation settings; read and spliced."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from .errors import PackageError
from .references import CELL
from .sheetscan import STRICT, TRANSITIONAL
from .xmlscan import (
    Node,
    Splice,
    append_child,
    closing,
    escape_attribute,
    escape_formula,
    opened,
    set_attribute,
    splice,
    tree,
)

RELATIONSHIP_NAMESPACES = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
LONGEST_NAME, LONGEST_COMMENT, LONGEST_FORMULA = 255, 255, 8192  # characters, Excel's limits
NAME = re.compile(r"[^\W\d][\w.\\?]*|\\[\w.\\?]*|_xlnm\.\w+")
R1C1 = re.compile(r"[rR]\d*([cC]\d*)?|[cC]\d*")
# What CT_Workbook puts in front of definedNames, and between it and calcPr; new elements go behind the last.
BEFORE_DEFINED_NAMES = (
    "fileVersion", "fileSharing", "workbookPr", "workbookProtection", "bookViews", "sheets", "functionGroups",
    "externalReferences",
)  # fmt: skip
FILLED_TAG, FILLED_PAIR = b"definedNames >", b"definedNames  >"  # ends a list of names that was <x/>, or <x></x>
BEFORE_CALCULATION = (*BEFORE_DEFINED_NAMES, "definedNames")


class SheetEntry(NamedTuple):
    """A `<sheet>`: its display name, state and relationship id."""

    name: str
    state: str
    relationship_id: str


class DefinedName(NamedTuple):
    """A defined name; `scope` is a sheet name or None for the whole workbook."""

    name: str
    scope: str | None
    text: str
    hidden: bool
    comment: str | None


class SheetMap(Mapping[str, str]):
    """Sheet name -> part name, in tab order; look-up ignores case, as Excel does."""

    def __init__(self, pairs: Iterable[tuple[str, str]]):
        self._pairs = dict(pairs)
        self._by_fold = {name.casefold(): name for name in self._pairs}

    def __getitem__(self, name: str) -> str:
        return self._pairs[self.spelling(name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def __repr__(self) -> str:
        return f"SheetMap({self._pairs!r})"

    def spelling(self, name: str) -> str:
        """The name as the workbook writes it; KeyError when there is none."""
        return self._by_fold[name.casefold()]


def read_root(text: bytes, name: str) -> Node:
    """The workbook element; refuses a part that is something else."""
    root = tree(text, name)
    if root.name != "workbook" or root.uri not in (TRANSITIONAL, STRICT):
        raise PackageError(f"{name} is not a workbook (its root is {root.name}): give an .xlsx or .xlsm file")
    return root


def sheet_entries(root: Node) -> list[SheetEntry]:
    """The SheetEntries in tab order."""
    holder, entries = root.first("sheets"), []
    for node in holder.all("sheet") if holder else []:
        marks = node.attributes
        identifier = next((marks[k] for k in (f"{n} id" for n in RELATIONSHIP_NAMESPACES) if k in marks), "")
        entries.append(SheetEntry(marks.get("name", ""), marks.get("state", "visible"), identifier))
    return entries


def uses_1904(root: Node) -> bool:
    """Whether day numbers count from 1904 (old Macintosh workbooks)."""
    properties = root.first("workbookPr")
    return properties is not None and properties.attributes.get("date1904", "0") in ("1", "true")


def defined_names(root: Node) -> list[DefinedName]:
    """The DefinedNames in file order."""
    sheets, names = [entry.name for entry in sheet_entries(root)], []
    for node in _name_nodes(root):
        marks = node.attributes
        local = marks.get("localSheetId", "")
        scope = None
        if local:
            known = local.isascii() and local.isdigit() and len(local) < 6 and int(local) < len(sheets)
            scope = sheets[int(local)] if known else f"#{local}"
        names.append(
            DefinedName(
                marks.get("name", ""), scope, node.text, marks.get("hidden", "0") in ("1", "true"), marks.get("comment")
            )
        )
    return names


def with_defined_name(
    text: bytes,
    root: Node,
    name: str,
    formula: str,
    scope: str | None,
    hidden: bool,
    comment: str | None,
    replace: bool,
) -> bytes:
    """Workbook text with a defined name added (or changed, with `replace`)."""
    _check_name(name, formula, comment)
    sheets = [entry.name.casefold() for entry in sheet_entries(root)]
    if scope is not None and scope.casefold() not in sheets:
        raise PackageError(f"no sheet {scope!r} to scope the name {name} to: give a sheet of this workbook")
    tag = (root.first("definedNames") or root).qualified("definedName")
    marks = [("name", name)]
    marks += [("comment", comment)] if comment is not None else []
    marks += [("localSheetId", str(sheets.index(scope.casefold())))] if scope is not None else []
    marks += [("hidden", "1")] if hidden else []
    start = b"<" + tag + b"".join(b' %s="%s"' % (k.encode(), escape_attribute(v)) for k, v in marks) + b">"
    new = start + escape_formula(formula) + b"</" + tag + b">"
    node = _find_name(root, name, scope)
    if node:
        if not replace:
            raise PackageError(f"the name {name} exists already: choose another, or replace it on purpose")
        kept = text[node.start : node.open_end]
        for key, value in (("comment", comment), ("hidden", "1" if hidden else None)):
            kept = set_attribute(kept, key, value)
        new = opened(kept) + escape_formula(formula) + closing(kept)
        return splice(text, [Splice(node.start, node.end, new)])
    return splice(text, [_more_names(text, root, new)])


def with_hidden_names(text: bytes, root: Node, names: Mapping[str, str], replace: bool) -> bytes:
    """Workbook text with many hidden names of the whole workbook, name -> formula, new ones behind the existing.

    With `replace` a name that exists gets the formula, and is hidden.
    """
    pairs = zip(_name_nodes(root), defined_names(root), strict=True)
    known = {each.name.casefold(): node for node, each in pairs if each.scope is None}
    tag = (root.first("definedNames") or root).qualified("definedName")
    new, splices = b"", []
    for name, formula in names.items():
        _check_name(name, formula, None)
        node = known.get(name.casefold())
        if node is None:
            new += b'<%s name="%s" hidden="1">%s</%s>' % (tag, escape_attribute(name), escape_formula(formula), tag)
        elif replace:
            kept = set_attribute(text[node.start : node.open_end], "hidden", "1")
            splices.append(Splice(node.start, node.end, opened(kept) + escape_formula(formula) + closing(kept)))
        else:
            raise PackageError(f"the name {name} exists already: choose another")
    if new:
        splices.append(_more_names(text, root, new))
    return splice(text, splices)


def without_names(text: bytes, root: Node, names: Iterable[str]) -> bytes:
    """Workbook text without many names of the whole workbook; the list goes with its last entry.

    One that stood there empty before names came into it stands there again as it was (see `_more_names`).
    """
    wanted = {name.casefold() for name in names}
    pairs = zip(_name_nodes(root), defined_names(root), strict=True)
    doomed = [node for node, known in pairs if known.scope is None and known.name.casefold() in wanted]
    holder = root.first("definedNames")
    if holder is not None and doomed and len(doomed) == len(holder.children):
        closing_tag = text[holder.close_start : holder.end]
        if closing_tag.endswith(FILLED_TAG):
            tag = text[holder.start : holder.open_end]
            return splice(text, [Splice(holder.start, holder.end, tag[:-1] + b"/>")])
        if closing_tag.endswith(FILLED_PAIR):
            kept_end = Splice(holder.close_start, holder.end, closing_tag.removesuffix(b"  >") + b">")
            return splice(text, [*(Splice(node.start, node.end, b"") for node in doomed), kept_end])
        doomed = [holder]
    return splice(text, [Splice(node.start, node.end, b"") for node in doomed])


def with_calculation(text: bytes, root: Node, calc_id: int | None, full_calc_on_load: bool | None) -> bytes:
    """Workbook text with calcPr's calcId and fullCalcOnLoad set; None leaves one as it is."""
    changes: list[tuple[str, str | None]] = []
    if calc_id is not None:
        changes.append(("calcId", str(int(calc_id))))
    if full_calc_on_load is not None:
        changes.append(("fullCalcOnLoad", "1" if full_calc_on_load else None))
    node = root.first("calcPr")
    tag = b"<" + root.qualified("calcPr") + b"/>" if node is None else text[node.start : node.open_end]
    for key, value in changes:
        tag = set_attribute(tag, key, value)
    if node is not None:
        return splice(text, [Splice(node.start, node.open_end, tag)])
    at = _place_behind(root, BEFORE_CALCULATION)
    return splice(text, [Splice(at, at, tag)]) if any(v for _, v in changes) else text


def _name_nodes(root: Node) -> list[Node]:
    holder = root.first("definedNames")
    return holder.all("definedName") if holder else []


def _more_names(text: bytes, root: Node, new: bytes) -> Splice:
    """Splice that puts definedName elements behind the last one, or into a list of their own.

    An empty list, which openpyxl, ClosedXML and Google Sheets write, is marked by blanks in its end tag, which mean
    nothing to a reader: so the bytes come back when the names go again.
    """
    holder = root.first("definedNames")
    if holder and holder.empty_tag:
        start = text[holder.start : holder.end].removesuffix(b"/>") + b">"
        return Splice(holder.start, holder.end, start + new + closing(start)[:-1] + b" >")
    if holder and not holder.children:
        end = text[holder.close_start : holder.end]
        return Splice(holder.close_start, holder.end, new + end[:-1].rstrip() + b"  >")
    if holder:
        return append_child(text, holder, new)
    wrapper = root.qualified("definedNames")
    at = _place_behind(root, BEFORE_DEFINED_NAMES)
    return Splice(at, at, b"<" + wrapper + b">" + new + b"</" + wrapper + b">")


def _find_name(root: Node, name: str, scope: str | None) -> Node | None:
    wanted = None if scope is None else scope.casefold()
    for node, known in zip(_name_nodes(root), defined_names(root), strict=True):
        known_scope = None if known.scope is None else known.scope.casefold()
        if known.name.casefold() == name.casefold() and known_scope == wanted:
            return node
    return None


def _place_behind(root: Node, names: Collection[str]) -> int:
    """Offset behind the last child that has one of `names`."""
    ends = [child.end for child in root.children if child.name in names and child.uri == root.uri]
    return max(ends, default=root.open_end)


def _check_name(name: str, formula: str, comment: str | None) -> None:
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME or CELL.fullmatch(name) or R1C1.fullmatch(name):
        raise PackageError(
            f"{name!r} cannot be a defined name: letters, digits, _ and . up to {LONGEST_NAME}, not like a cell"
        )
    if not formula or len(formula) > LONGEST_FORMULA:
        raise PackageError(f"the name {name} needs a text of 1 to {LONGEST_FORMULA} characters")
    if comment is not None and len(comment) > LONGEST_COMMENT:
        raise PackageError(f"the comment of {name} has {len(comment)} characters: at most {LONGEST_COMMENT}")
