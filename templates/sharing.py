"""Freezing a workbook for readers without the add-in, and thawing it again.

``freeze`` turns the formulas that call our functions into their values and keeps the formulas inside the file;
``thaw`` puts them back. What is kept lives in hidden defined names, because they are the one thing that Excel and
LibreOffice both keep when they save (LibreOffice drops custom XML parts and unhides the names, no more), and because
a name follows its cell when rows or columns are inserted:

    _tb_frozen_cell_7   where frozen cell (or spilled range) 7 is now
    _tb_frozen_ref_12   where the range is now to which reference 12 of the frozen formulas leads
    _tb_frozen_data_1   the record: formulas, values and XML of the cells, compressed, as text constants

In a file that nobody saved in between every part comes back byte for byte. After a save, formulas are written anew
at the place where their cells are, with references that follow what was moved.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

from tokenbook.templates import engine, ooxml
from tokenbook.templates.audit import book, results
from tokenbook.templates.conventions import FROZEN_PREFIX
from tokenbook.templates.formulas.references import Reference, quoted, reference, written
from tokenbook.templates.formulas.stored_calls import CALL_IN_XML, calls
from tokenbook.templates.formulas.tokens import RANGE, tokens
from tokenbook.templates.formulas.workbook import Formulas
from tokenbook.templates.ooxml.references import LAST_COLUMN, LAST_ROW, column_letters, parse_range, range_text, to_ref
from tokenbook.templates.ooxml.xmlscan import Splice, set_attribute, splice, tree
from tokenbook.udfs.errors import TokenbookError

CELL_NAME, REFERENCE_NAME, DATA_NAME = (FROZEN_PREFIX + kind for kind in ("cell_{}", "ref_{}", "data_{}"))
OUR_NAME = re.compile(FROZEN_PREFIX + "(cell|ref|data)_[0-9]+", re.IGNORECASE)
LITERAL = 255  # characters that Excel allows in one text constant of a formula
LITERALS = 24  # in one name, so that it stays below Excel's 8,192 characters and 16,384 bytes
MOST_NAMES = 60_000
SAME = 1e-12  # relative; LibreOffice saves 15 digits of a number
VERSION = 1
EXAMPLES = 3  # cells named in a refusal


class SharingError(TokenbookError):
    """A workbook cannot be frozen, thawed or converted; one line for the reader."""


@dataclass(slots=True)
class Frozen:
    """What freeze did: calls replaced (spills count once), of these not verified by the engine, and rules left."""

    cells: int
    unverified: int
    left: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Thawed:
    """What thaw did: formulas put back, whether byte for byte, and cells left because someone changed them."""

    cells: int
    exact: bool
    left: list[str] = field(default_factory=list)


# --- freeze ------------------------------------------------------------------------------------------------------


def freeze(package, progress: Callable[[str], None] = lambda step: None) -> Frozen:
    """Replace the formulas that call our functions by their values, in an opened package.

    Raises SharingError where there is nothing to freeze, or a value is missing or not what the formula gives.
    """
    if any(OUR_NAME.fullmatch(name.name) for name in package.names):
        raise SharingError("is frozen already; thaw it first")
    progress("reading")
    sheets = book.read(package)
    wanted = _calling(package, sheets)
    if not wanted:
        raise SharingError("no cell calls a function of Tokenbook: there is nothing to freeze")
    progress("recalculating")
    unverified = _refuse_stale(package, sheets, wanted)
    progress("storing formulas")
    record, names = _record(package, wanted)
    _put_values(package, wanted)
    record["chain"] = _without_chain_entries(package, wanted)
    for entry in record["sheets"].values():
        entry["sha"] = _sha(package.read_part(package.sheets[entry["name"]]))
    package.add_hidden_names(names | _stored(record))
    return Frozen(sum(map(len, wanted.values())), unverified, _rules_left(package))


def _calling(package, sheets) -> dict[str, list]:
    """Formula cells that call us, directly or through a defined name, by sheet."""
    names = {each.name.casefold(): each.text.removeprefix("=") for each in package.names}
    ours = {name for name, text in names.items() if calls(text)}
    while more := {name for name, text in names.items() if name not in ours and _uses(text, ours)}:
        ours |= more
    found: dict[str, list] = {}
    for name, sheet in sheets.items():
        for cell in sheet.formulas.values():
            if cell.kind != "dataTable" and cell.text and (calls(cell.text) or (ours and _uses(cell.text, ours))):
                found.setdefault(name, []).append(cell)
    return found


def _uses(text: str, names: set[str]) -> bool:
    found = tokens(text) or ()
    return any(each.subtype == RANGE and each.value.rpartition("!")[2].casefold() in names for each in found)


def _refuse_stale(package, sheets, wanted) -> int:
    """Refuse values that are missing or not current; gives the number that the engine could not verify."""
    for name, cells in wanted.items():
        for cell in cells:
            if cell.value_kind == "error" and cell.value == "#NAME?":
                _refuse(name, cell, "holds #NAME?: it was saved where the add-in was missing")
    cells = [(name, cell) for name, each in wanted.items() for cell in each]
    try:
        formulas = Formulas(package)
        with engine.Model(package.path, formulas=formulas) as model:
            model.recalculate()
            values = results.from_engine(model, formulas, sheets)
    except engine.EngineError:
        values = None
    unverified = 0
    for name, cell in cells:
        if values is None or (name, cell.row, cell.column) in values.unsure:
            unverified += 1
            if cell.value_kind == "blank":
                _refuse(name, cell, "has no value in the file, and the engine cannot calculate it")
            continue
        for each in _block(sheets[name], cell):
            now = values.at(name, each.row, each.column)
            loose = results.SEARCHED if (name, each.row, each.column) in values.iterated else results.RELATIVE
            if not results.same(each, now, loose):
                _refuse(name, each, f"holds {results.shown(each.value)} and recalculates to {results.shown(now)}")
    return unverified


def _refuse(sheet: str, cell, reason: str) -> None:
    raise SharingError(
        f"{sheet}!{cell.ref} {reason}; calculate and save it first: tokenbook calc BOOK.xlsx -o NEW.xlsx"
    )


def _block(sheet, cell) -> list:
    """The cell and, for an array, the cells that it fills."""
    filled = [sheet.filled[place] for place, anchor in sheet.anchors.items() if anchor == (cell.row, cell.column)]
    return [cell, *filled] if cell.kind == "array" else [cell]


def _record(package, wanted) -> tuple[dict, dict[str, str]]:
    """What thaw must know, and the names that follow cells and references."""
    names: dict[str, str] = {}
    numbers: dict[str, int] = {}  # absolute reference -> number of its name
    record: dict = {"version": VERSION, "sheets": {}, "refs": []}
    number = 0
    for name, cells in wanted.items():
        raw = package.raw_cells(name, [cell.ref for cell in cells])
        entries = []
        for cell in cells:
            number += 1
            here = package.cell(name, cell.ref)
            bounds = parse_range(here.array_ref) if here.array_ref else (cell.row, cell.column, cell.row, cell.column)
            names[CELL_NAME.format(number)] = _absolute(name, bounds)
            entries.append({
                "cell": number, "ref": cell.ref, "text": here.formula, "array": here.array_ref, "dynamic": here.dynamic,
                "refs": [_number(each, names, numbers, record) for each in _tracked(package, name, here.formula)],
                "values": _values(package, name, bounds), "raw": raw[cell.ref].decode("utf-8"),
            })  # fmt: skip
        record["sheets"][str(len(record["sheets"]))] = {"name": name, "cells": entries}
        if len(names) > MOST_NAMES:
            raise SharingError(f"it calls our functions in more cells than can be kept track of ({MOST_NAMES:,} names)")
    return record, names


def _tracked(package, sheet: str, formula: str) -> list[tuple[int, int, str, str]]:
    """References of a formula that names can follow: (start, end in UTF-8 bytes, as it stands, absolute)."""
    found = []
    for token in tokens(formula) or ():
        place = reference(token.value) if token.subtype == RANGE else None
        if place and (place.sheet is None or place.sheet in package.sheets):
            where = sheet if place.sheet is None else package.sheets.spelling(place.sheet)
            found.append((token.start - 1, token.end - 1, token.value, _absolute(where, place.bounds)))
    return found


def _number(tracked, names, numbers, record) -> list:
    start, end, text, absolute = tracked
    if absolute not in numbers:
        numbers[absolute] = len(numbers) + 1
        names[REFERENCE_NAME.format(numbers[absolute])] = absolute
        record["refs"].append(absolute)
    return [start, end, text, numbers[absolute]]


def _absolute(sheet: str, bounds) -> str:
    top, left, bottom, right = bounds
    name = quoted(sheet)
    if (top, bottom) == (1, LAST_ROW):
        return f"{name}!${column_letters(left)}:${column_letters(right)}"
    if (left, right) == (1, LAST_COLUMN):
        return f"{name}!${top}:${bottom}"
    first, last = (f"${column_letters(column)}${row}" for row, column in ((top, left), (bottom, right)))
    return f"{name}!{first}" if first == last else f"{name}!{first}:{last}"


def _values(package, sheet: str, bounds) -> list:
    """[kind, value] of the cells of a block, row by row."""
    cells = {(cell.row, cell.column): cell for cell in package.cells(sheet, range_text(bounds))}
    places = [(row, column) for row in range(bounds[0], bounds[2] + 1) for column in range(bounds[1], bounds[3] + 1)]
    found = [cells.get(place) for place in places]
    return [["blank", None] if cell is None else [cell.kind, cell.value] for cell in found]


def _put_values(package, wanted) -> None:
    """Turn the cells into their values; in a copy, so that the calculation chain of this package stays."""
    copy = ooxml.open_package(package.to_bytes())
    for name, cells in wanted.items():
        refs = [cell.ref for cell in cells]
        copy.set_formulas_many(name, dict.fromkeys(refs))
        package.put_raw_cells(name, copy.raw_cells(name, refs))


def _stored(record: dict) -> dict[str, str]:
    """The record as names that hold text constants."""
    content = json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()
    text = base64.b64encode(zlib.compress(content, 9)).decode()
    literals = [text[at : at + LITERAL] for at in range(0, len(text), LITERAL)]
    chunks = [literals[at : at + LITERALS] for at in range(0, len(literals), LITERALS)]
    return {DATA_NAME.format(n): "&".join(f'"{each}"' for each in chunk) for n, chunk in enumerate(chunks, 1)}


def _rules_left(package) -> list[str]:
    """Places that call us and are no cells: a reader without the add-in sees them not work, no number is lost."""
    left = [f"the name {name.name}" for name in package.names if calls(name.text)]
    for name, part in package.sheets.items():
        text = package.read_part(part)
        for word, element in (("conditional formats", b"<cfRule"), ("validations", b"<dataValidation ")):
            at = text.find(element)
            if at >= 0 and CALL_IN_XML.search(text, at):
                left.append(f"{word} of sheet {name}")
    return left


# --- the calculation chain -----------------------------------------------------------------------------------------


def _without_chain_entries(package, wanted) -> dict | None:
    """Take frozen cells out of calcChain.xml, whose entries must all be formulas; gives what undoes it."""
    part = _chain(package)
    if part is None:
        return None
    old = package.read_part(part)
    root = tree(old, part)
    ids = {name: number for number, name in _sheet_numbers(package).items()}
    doomed = {(ids.get(name), cell.ref) for name, cells in wanted.items() for cell in cells}
    splices, sheet, written, kept = [], "", "", 0
    for node in root.children:
        sheet = node.attributes.get("i", sheet)
        if (sheet, node.attributes.get("r")) in doomed:
            splices.append(Splice(node.start, node.end, b""))
            continue
        kept += 1
        if "i" not in node.attributes and written != sheet:  # the entry that named its sheet is gone
            tag = old[node.start : node.end]
            splices.append(Splice(node.start, node.end, set_attribute(tag, "i", sheet)))
        written = sheet
    if not splices:
        return None
    if not kept:
        package.remove_part(part)  # an empty chain is not allowed; Excel makes a new one
        return None
    new = splice(old, splices)
    package.set_part(part, new)
    undo, shift = [], 0
    for at, end, content in splices:
        undo.append([at + shift, at + shift + len(content), old[at:end].decode()])
        shift += len(content) - (end - at)
    return {"sha": _sha(new), "undo": undo}


def _with_chain_entries(package, undo: dict | None) -> None:
    part = _chain(package)
    if undo and part and _sha(package.read_part(part)) == undo["sha"]:
        splices = [Splice(start, end, text.encode()) for start, end, text in undo["undo"]]
        package.set_part(part, splice(package.read_part(part), splices))
    elif part:
        package.remove_part(part)


def _chain(package) -> str | None:
    related = (r.target for r in package.relationships(package.workbook_part) if r.kind == "calcChain")
    return next((target for target in related if target in package.part_names), None)


def _sheet_numbers(package) -> dict[str, str]:
    """Sheet id, as calcChain uses it, -> sheet name."""
    root = tree(package.read_part(package.workbook_part), package.workbook_part)
    holder = root.first("sheets")
    return {node.attributes.get("sheetId", ""): node.attributes.get("name", "") for node in holder.children}


# --- thaw --------------------------------------------------------------------------------------------------------


def thaw(package, *, keep_changed: bool = False) -> Thawed:
    """Put the formulas back that ``freeze`` replaced, in an opened package.

    Raises SharingError where the file is not frozen, its record was damaged, or a cell no longer holds the value that
    was frozen; with ``keep_changed`` such cells stay as they are and the others are thawed.
    """
    texts = {each.name.casefold(): each.text for each in package.names if each.scope is None}
    record = _read_record(texts)
    places = [[_place_of(package, texts, entry) for entry in sheet["cells"]] for sheet in record["sheets"].values()]
    references = [_now(package, texts, n) for n in range(1, len(record["refs"]) + 1)]
    changed = []
    todo: list[tuple[dict, list]] = []
    for sheet, found in zip(record["sheets"].values(), places, strict=True):
        kept = []
        for entry, place in zip(sheet["cells"], found, strict=True):
            problem = _problem(package, sheet, entry, place)
            if problem:
                changed.append(problem)
            else:
                kept.append((entry, place))
        todo.append((sheet, kept))
    if changed and not keep_changed:
        more = f", and {len(changed) - EXAMPLES:,} more" if len(changed) > EXAMPLES else ""
        raise SharingError(
            f"{'; '.join(changed[:EXAMPLES])}{more}: nothing thawed. --keep-changed thaws all other cells"
        )
    exact = not changed and references == record["refs"] and all(_untouched(package, *each) for each in todo)
    for sheet, kept in todo:
        if exact:
            package.put_raw_cells(sheet["name"], {entry["ref"]: entry["raw"].encode() for entry, _ in kept})
        else:
            for entry, (name, bounds) in kept:
                _put_formula(package, name, bounds, entry, references)
    if exact:
        _with_chain_entries(package, record["chain"])
    package.remove_names([name for name in texts if OUR_NAME.fullmatch(name)])
    return Thawed(sum(len(kept) for _, kept in todo), exact, changed)


def _read_record(texts: dict[str, str]) -> dict:
    pieces_, number = [], 1
    while (text := texts.get(DATA_NAME.format(number))) is not None:
        pieces_ += re.findall(r'"([A-Za-z0-9+/=]*)"', text)
        number += 1
    if not pieces_:
        raise SharingError("holds nothing that freeze stored: there is nothing to thaw")
    try:
        record = json.loads(zlib.decompress(base64.b64decode("".join(pieces_), validate=True)))
    except (ValueError, zlib.error):
        raise SharingError("what freeze stored was damaged since: its hidden names were edited") from None
    if record.get("version") != VERSION:
        raise SharingError("was frozen by a newer Tokenbook: thaw it with that one")
    return record


def _place_of(package, texts, entry):
    """Where the cell or block is now: (sheet, bounds), or None if it is gone."""
    return _bounds(package, texts.get(CELL_NAME.format(entry["cell"]), ""))


def _now(package, texts, number: int) -> str:
    """Where a reference leads now, absolute; "#REF!" if its cells are gone."""
    place = _bounds(package, texts.get(REFERENCE_NAME.format(number), ""))
    return _absolute(*place) if place else "#REF!"


def _bounds(package, text: str):
    place = reference(text.removeprefix("=").strip())
    if place is None or place.sheet is None or place.sheet not in package.sheets:
        return None
    return package.sheets.spelling(place.sheet), place.bounds


def _problem(package, sheet: dict, entry: dict, place) -> str:
    """Why a cell cannot be thawed, or nothing."""
    was = f"{sheet['name']}!{entry['ref']}"
    if place is None:
        return f"{was} was deleted"
    name, bounds = place
    here = f"{name}!{to_ref(*bounds[:2])}"
    values = _values(package, name, bounds)
    if len(values) != len(entry["values"]):
        return f"{here} filled {len(entry['values'])} cells, and rows or columns were put between them"
    cell = package.cell(name, to_ref(*bounds[:2]))
    if cell.formula is not None:
        return f"{here} holds a formula now"
    for at, (now, then) in enumerate(zip(values, entry["values"], strict=True)):
        if not _same_value(now, then):
            width = bounds[3] - bounds[1] + 1
            ref = to_ref(bounds[0] + at // width, bounds[1] + at % width)
            return f"{name}!{ref} held {results.shown(then[1])} and now holds {results.shown(now[1])}"
    return ""


def _same_value(now: list, then: list) -> bool:
    if now[0] == then[0] == "number":
        return abs(now[1] - then[1]) <= SAME * max(abs(now[1]), abs(then[1]))
    empty = (None, "")
    return now[1] == then[1] or (now[1] in empty and then[1] in empty)


def _untouched(package, sheet: dict, kept: list) -> bool:
    """Whether nobody saved the sheet since, and all its frozen cells are where they were."""
    name = sheet["name"]
    if name not in package.sheets or _sha(package.read_part(package.sheets[name])) != sheet["sha"]:
        return False
    return all(place[0] == name and to_ref(*place[1][:2]) == entry["ref"] for entry, place in kept)


def _put_formula(package, sheet: str, bounds, entry: dict, references: list[str]) -> None:
    text = entry["text"].encode()
    for start, end, old, number in reversed(entry["refs"]):
        text = text[:start] + _rendered(old, references[number - 1], sheet).encode() + text[end:]
    area_ref = range_text(bounds) if entry["array"] else None
    package.set_formula(sheet, to_ref(*bounds[:2]), text.decode(), array_ref=area_ref, dynamic=entry["dynamic"])


def _rendered(old: str, absolute: str, sheet: str) -> str:
    """A reference in the style of ``old`` (its $ marks, its sheet prefix) that leads to ``absolute``."""
    if absolute == "#REF!":
        return absolute
    new, before = reference(absolute), reference(old)
    if new.sheet.casefold() == (before.sheet or "").casefold():
        qualifier = before.qualifier
    else:
        qualifier = None if before.qualifier is None and new.sheet == sheet else quoted(new.sheet)
    first, last = before.first, before.last or before.first
    top, left, bottom, right = new.bounds
    start = first._replace(row=top, column=left)
    whole = (top, bottom) == (1, LAST_ROW) or (left, right) == (1, LAST_COLUMN)
    end = last._replace(row=bottom, column=right) if whole or ":" in old else None
    return written(Reference(qualifier, start, end), absolute if whole else "A1")


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
