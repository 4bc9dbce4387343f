"""How a call of our functions is spelled inside a file, by host, and rewriting one spelling into another.

Excel keeps the name of an add-in's function in the file with the prefix of its kind of add-in. A person sees
``=TOK_COST(...)`` in every host; only the stored text differs. Conversion touches nothing but the prefix in front of
a call: found by the tokens of the formula, never inside texts, sheet names or longer names.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from tokenbook.templates.formulas.tokens import FUNCTION, tokens
from tokenbook.templates.ooxml import Package
from tokenbook.templates.ooxml.xmlcheck import mask
from tokenbook.templates.ooxml.xmlscan import ATTRIBUTES, Splice, decode, encode, escape_formula, unescape
from tokenbook.templates.ooxml.xmlscan import splice as spliced
from tokenbook.udfs.errors import TokenbookError
from tokenbook.udfs.functions import registry

# Host -> prefix of our functions in its files. Office.js hosts store the id of the function behind this prefix.
STORED_PREFIX = {
    "classic": "",
    "calc": "",
    "headless": "",
    "lite": "_xldudf_",
    "server": "_xldudf_",
}
FOR_FILES = ("classic", "lite", "server")  # what a user chooses from: Calc and the engine read the classic spelling
OTHER_PREFIXES = (r"\[[0-9]+\]!", "_xldudf_", r"_xll\.")  # also met: the add-in file named in front, an XLL's mark
CALL = r"(?:" + "|".join(OTHER_PREFIXES) + r")*(TOK_[A-Z0-9_]+)\("
CALL_IN_TEXT = re.compile(CALL, re.IGNORECASE)
CALL_IN_XML = re.compile(CALL.encode(), re.IGNORECASE)

# Elements that hold formulas: cells, conditional formats, validations, tables, names, charts, their extensions.
FORMULA_ELEMENTS = (
    "f", "formula", "formula1", "formula2", "calculatedColumnFormula", "totalsRowFormula", "definedName",
)  # fmt: skip
FORMULA_ELEMENT = re.compile(
    rb"<((?:[^\s<>/:!?]+:)?(?:" + "|".join(FORMULA_ELEMENTS).encode() + rb"))(?=[\s>])" + ATTRIBUTES + rb"(?<!/)>"
)
NOT_FORMULAS = ("docProps/", "customXml/", "_rels/")


class HostError(TokenbookError):
    """The host is unknown; one line for the reader."""


def prefix_of(host: str) -> str:
    """The stored prefix of a host; HostError names the hosts there are."""
    if host not in STORED_PREFIX:
        raise HostError(f"--host {host}: there is no such host; choose {', '.join(FOR_FILES)}")
    return STORED_PREFIX[host]


@cache
def _our_names() -> frozenset[str]:
    return frozenset(function.name for function in registry().values())


def calls(formula: str) -> list[tuple[str, str]]:
    """Calls of our functions in a formula: (name, prefix as stored), in order. A broken formula has none."""
    return [(name, prefix) for _, name, prefix in _calls(formula)]


def _calls(formula: str) -> list[tuple[int, str, str]]:
    """(offset of the call in the text, name, stored prefix) of each call of ours."""
    if not CALL_IN_TEXT.search(formula):
        return []
    found, wide = [], not formula.isascii()  # the tokeniser counts bytes
    for token in tokens(formula) or ():
        whole = CALL_IN_TEXT.fullmatch(token.value) if "(" in token.value else None
        if whole and token.token_type == FUNCTION and whole[1].upper() in _our_names():
            start = len(formula.encode()[: token.start - 1].decode()) if wide else token.start - 1
            found.append((start, whole[1].upper(), token.value[: -len(whole[1]) - 1]))
    return found


def with_prefix(formula: str, prefix: str) -> str:
    """A formula (without "=") in which every call of ours is stored with ``prefix``."""
    pieces: list[str] = []
    at = 0
    for start, name, old in _calls(formula):
        behind = start + len(old) + len(name)
        kept = name if prefix else formula[start + len(old) : behind]  # Office.js hosts know ids, in capitals
        pieces += (formula[at:start], prefix + kept)
        at = behind
    return "".join([*pieces, formula[at:]])


def spellings(package: Package) -> Counter[tuple[str, str]]:
    """How often each of our functions is called in cells, by (name, stored prefix)."""
    found: Counter[tuple[str, str]] = Counter()
    for sheet in package.sheets:
        for formula in package.formulas(sheet):
            found.update(calls(formula.text))
    return found


def convert(package: Package, host: str) -> dict[str, int]:
    """Store every call of our functions the way ``host`` does; gives the number of formulas changed by part.

    Formulas in cells (shared and array formulas too), defined names, conditional formats, data validations, tables
    and charts. Nothing but the prefix changes, so converting back gives the old parts byte for byte, unless a part
    mixed spellings or had names in small letters.
    """
    prefix = prefix_of(host)
    changed: dict[str, int] = {}
    for name in package.part_names:
        if not name.endswith(".xml") or name.startswith(NOT_FORMULAS):
            continue
        part = decode(package.read_part(name), name)
        if CALL_IN_XML.search(part.text):
            text, count = _converted(part.text, prefix)
            if count:
                package.set_part(name, encode(part, text))
                changed[name] = count
    return changed


def _converted(text: bytes, prefix: str) -> tuple[bytes, int]:
    lexed, splices, count = mask(text), [], 0
    for opening in FORMULA_ELEMENT.finditer(lexed):
        end = lexed.find(b"</" + opening[1], opening.end())
        if end < 0 or b"<" in lexed[opening.end() : end]:
            continue  # an element of another vocabulary that holds elements
        raw = text[opening.end() : end]
        changes = _element_splices(raw, prefix, opening.end())
        count += bool(changes)
        splices += changes
    return spliced(text, splices), count


def _element_splices(raw: bytes, prefix: str, at: int) -> list[Splice]:
    """Splices for the text of one formula element, which lies at offset ``at``."""
    in_xml = list(CALL_IN_XML.finditer(raw))
    if not in_xml:
        return []
    formula = unescape(raw)
    new = with_prefix(formula, prefix)
    if new == formula:
        return []
    in_text = list(CALL_IN_TEXT.finditer(formula))
    if len(in_xml) != len(in_text) or b"<" in raw:  # letters written as references, CDATA: write the text anew
        return [Splice(at, at + len(raw), escape_formula(new))]
    ours = {start for start, _, _ in _calls(formula)}
    changes = []
    for xml, plain in zip(in_xml, in_text, strict=True):
        if plain.start() in ours:
            name = plain[1].upper() if prefix else plain[1]
            changes.append(Splice(at + xml.start(), at + xml.end(1), (prefix + name).encode()))
    return [change for change in changes if change.new != raw[change.start - at : change.end - at]]
