"""Throws broken and hostile workbooks at the patcher: `python tests/ooxml/fuzz_package.py 100000 [seed]`.

Every input is a small workbook with some mutations of the zip or of the XML inside. The patcher may refuse it
with PackageError or work on it. Anything else is a finding: another exception, more than MOST_SECONDS, a file
outside the target, a result that cannot be opened again, a member that changed without being asked to.
"""

import io
import os
import random
import re
import signal
import struct
import sys
import tempfile
import time
import warnings
import zipfile

import openpyxl
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.table import Table

from tokenbook.templates import ooxml, refresh
from tokenbook.templates.bindings import Place
from tokenbook.templates.formulas.dependents import dependents
from tokenbook.templates.formulas.workbook import Formulas
from tokenbook.templates.ooxml.canonical import canonical
from tokenbook.udfs import catalog

MOST_SECONDS = 5.0  # of processor time, so that a busy machine is no finding
SAVE_EVERY = 10  # inputs between two that are also saved to disk, bound and refreshed
BESIDE = {"book.xlsx", "book.xlsx.bak", "book.xlsx.refresh.json"}  # what a refresh may leave in a folder
LARGEST_SEED = 40_000  # bytes, of corpus files taken along
LIMITS = ooxml.Limits(member_bytes=8 << 20, total_bytes=32 << 20)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
NASTY = [
    b"", b"-1", b"0", b"1", b"99999999999999999999", b"NaN", b"inf", b"1_0", b"1e999", b"A1", b"A0", b"XFE1",
    b"A1:", b":", b"A1:XFD1048576", b"ZZZZZZ99", b"str", b"s", b"b", b"e", b"d", b"inlineStr", b"shared", b"array",
    b"dataTable", b"&amp;", b"&#0;", b"&#xD800;", b"&bomb;", b"_x0000_", b"_xD800_", b"../../evil", b"/etc/passwd",
    b"\xff\xfe", b"\x00", b"\xc3", b"r:id", b"xmlns", b"true", b"2024-13-45", b"1048577", b"16385", b"=1+", b"'",
    b"]]>", b"$A$1",
]  # fmt: skip
FIGURES = [("kw_per_gpu", ""), ("usd_per_gpu_hour", "hyperscaler")]  # metric and conditions
FRAGMENTS = [
    b"<!DOCTYPE x [<!ENTITY bomb 'b'>]>", b"<!-- <c r='A1'/> -->", b"<![CDATA[</c><v>]]>", b"<?pi <c> ?>", b"<c/>",
    b"<c r='A1'><v>1</v></c>", b"<row/>", b"<row r='1'><c/></row>", b"</c>", b"</row>", b"</sheetData>", b"<v>",
    b"<f t='shared' si='0'/>", b"<f t='array' ref='A1:B9'>1</f>", b"<is><t>x</t><rPh><t>y</t></rPh></is>", b"<f/>",
    b"<sheetData/>",
    b"<x:c xmlns:x='http://schemas.openxmlformats.org/spreadsheetml/2006/main' r='B2'><x:v>3</x:v></x:c>",
    b"<mc:AlternateContent xmlns:mc='urn:m'><mc:Choice/></mc:AlternateContent>", b"<mergeCell ref='A1:C3'/>",
    b"<rPh>", b"<t>", b"\n" * 50, b"<a>" * 300,
]  # fmt: skip
HOSTILE_NAMES = [
    "../evil.xml", "/abs.xml", "xl\\workbook.xml", "XL/Workbook.xml", "a" * 300, "C:/x", "xl//x", "\u00e9.xml", ".",
]  # fmt: skip


# ---- seeds -----------------------------------------------------------------------------------------------


def seeds():
    """Workbooks to start from: openpyxl's, hand-written and bound ones, and small ones of TOKENBOOK_CORPUS."""
    found = [_from_openpyxl(), handmade(), handmade(prefix="x:"), handmade(encoding="utf-16")]
    found.append(handmade(irregular=True))
    found += [bound(found[0], "Sheet!B2", "Sheet!B4"), bound(found[1], "rate", "Inputs!B2"), bound(found[3], "rate")]
    folder = os.environ.get("TOKENBOOK_CORPUS", "")
    for name in sorted(os.listdir(folder)) if folder and os.path.isdir(folder) else []:
        path = os.path.join(folder, name)
        if ".xl" in name and 0 < os.path.getsize(path) <= LARGEST_SEED:
            with open(path, "rb") as file:
                found.append(file.read())
    return found


def _from_openpyxl():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["name", "value", "note"])
    for row in range(2, 6):
        sheet.append([f"row {row}", row * 1.5, None])
    sheet.add_table(Table(displayName="Log", ref="A1:C5"))
    sheet["E1"], sheet["E2"], sheet["E3"] = "=SUM(B2:B5)", True, "#N/A"
    sheet["F1"] = ArrayFormula("F1:F3", "=B2:B4*2")
    sheet.merge_cells("H1:I2")
    book.create_sheet("Other & 'more'")["A1"] = "=Sheet!B2"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def handmade(prefix="", encoding="utf-8", irregular=False):
    """A small package with shared strings and formulas, metadata and a calculation chain."""
    p = prefix
    declared = f'xmlns{":" + p[:-1] if p else ""}="{MAIN}"'
    inner = f'<z:row r="5" xmlns:z="{MAIN}"><z:c r="A5"><z:v>7</z:v></z:c></z:row>' if irregular else ""
    rows = f"""<{p}row r="1" spans="1:3"><{p}c r="A1" t="s"><{p}v>0</{p}v></{p}c>
<{p}c r="B1" s="1"><{p}v>2</{p}v></{p}c>
<{p}c r="C1"><{p}f t="shared" ref="C1:C3" si="0">B1*2</{p}f><{p}v>4</{p}v></{p}c></{p}row><!-- <c r="A2"/> -->
<{p}row><{p}c/><{p}c><{p}v>5</{p}v></{p}c><{p}c><{p}f t="shared" si="0"/><{p}v>10</{p}v></{p}c></{p}row>
<{p}row r="3"><{p}c r="C3"><{p}f t="shared" si="0"/></{p}c><{p}c r="D3" cm="1"><{p}f t="array" ref="D3:D5">C1:C3</{p}f>
<{p}v><![CDATA[4]]></{p}v></{p}c><{p}c r="E3" t="inlineStr"><{p}is><{p}r><{p}t>a</{p}t></{p}r></{p}is></{p}c></{p}row>
<{p}row r="4"><{p}c r="D4" t="e"><{p}v>#N/A</{p}v></{p}c></{p}row>{inner}"""
    sheet = f"""<{p}worksheet {declared}><{p}dimension ref="A1:E5"/>
<{p}cols><{p}col min="7" max="9" style="1"/></{p}cols>
<{p}sheetData>{rows}</{p}sheetData>
<{p}mergeCells count="1"><{p}mergeCell ref="G1:H2"/></{p}mergeCells></{p}worksheet>"""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    spreadsheet = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f"""<Types xmlns="{package}/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml" ContentType="{spreadsheet}.sheet.main+xml"/>
<Override PartName="/xl/calcChain.xml" ContentType="{spreadsheet}.calcChain+xml"/></Types>""",
        "_rels/.rels": f"""<Relationships xmlns="{package}/relationships"><Relationship Id="rId1"
 Type="{office}/officeDocument" Target="/xl/workbook.xml"/></Relationships>""",
        "xl/workbook.xml": f"""<workbook xmlns="{MAIN}" xmlns:r="{office}"><workbookPr/><sheets>
<sheet name="Inputs" sheetId="1" r:id="rId1"/></sheets><definedNames><definedName name="rate">Inputs!$B$1</definedName>
</definedNames><calcPr calcId="191029"/></workbook>""",
        "xl/_rels/workbook.xml.rels": f"""<Relationships xmlns="{package}/relationships">
<Relationship Id="rId1" Type="{office}/worksheet" Target="sheets/odd%20name.xml"/>
<Relationship Id="rId2" Type="{office}/sharedStrings" Target="sharedStrings.xml"/>
<Relationship Id="rId3" Type="{office}/calcChain" Target="calcChain.xml"/></Relationships>""",
        "xl/sheets/odd name.xml": sheet,
        "xl/sharedStrings.xml": f"""<sst xmlns="{MAIN}"><si><t>label</t></si><si><r><t>ri</t></r><r><t>ch</t></r>
<rPh sb="0" eb="1"><t>no</t></rPh></si><si/></sst>""",
        "xl/calcChain.xml": f'<calcChain xmlns="{MAIN}"><c r="C1" i="1"/></calcChain>',
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            own = encoding if name.startswith("xl/sheets") else "utf-8"
            archive.writestr(name, f'<?xml version="1.0" encoding="{own.upper()}"?>{text}'.encode(own))
    return stream.getvalue()


def bound(data, *cells):
    """The workbook with cells bound to figures, so that the names and keys of bindings are mutated too."""
    pairs = zip(cells, FIGURES, strict=False)
    wishes = [refresh.Request(cell, "B200", metric, "", words) for cell, (metric, words) in pairs]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "book.xlsx")
        with open(path, "wb") as file:
            file.write(data)
        refresh.bind(path, wishes, catalog.shipped())
        with open(path, "rb") as file:
            return file.read()


# ---- mutations -------------------------------------------------------------------------------------------


def mutate(data, chance):
    """One mutated copy of the workbook `data`; `chance` is a random.Random."""
    kind = chance.random()
    if kind < 0.25:
        return _mutate_bytes(data, chance, chance.randint(1, 8))
    if kind < 0.4:
        return _mutate_zip_fields(data, chance)
    return _mutate_members(data, chance)


def _mutate_bytes(data, chance, times):
    data = bytearray(data)
    for _ in range(times):
        if not data:
            break
        at, kind = chance.randrange(len(data)), chance.randrange(5)
        if kind == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            data[at] = chance.choice((0, 0xFF, 0x7F, 0x80))
        elif kind == 2:
            del data[at : at + chance.randint(1, 64)]
        elif kind == 3:
            data[at:at] = data[chance.randrange(len(data)) :][: chance.randint(1, 64)]
        else:
            del data[at:]
    return bytes(data)


def _mutate_zip_fields(data, chance):
    """Change a 2- or 4-byte field behind one of the zip signatures."""
    data = bytearray(data)
    signature = chance.choice((b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"))
    places = [m.start() for m in re.finditer(re.escape(signature), data)]
    if not places:
        return bytes(data)
    at = chance.choice(places) + chance.randrange(4, 46)
    size = chance.choice((2, 4))
    value = chance.choice((0, 1, 0xFFFF, 0xFFFFFFFF, 0x7FFFFFFF, len(data), chance.getrandbits(32)))
    data[at : at + size] = struct.pack("<I", value)[:size]
    return bytes(data)


def _mutate_members(data, chance):
    """Rebuild the archive with mutated members, names, order or compression."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [[item.filename, archive.read(item)] for item in archive.infolist()]
    except Exception:  # the seed itself may be broken
        return _mutate_bytes(data, chance, 3)
    for _ in range(chance.randint(1, 3)):
        member = chance.choice(members)
        if chance.random() < 0.6:  # the interesting ones
            wanted = chance.choice(("sheet", "workbook", "shared", "rels", "Content"))
            member = chance.choice([m for m in members if wanted in m[0]] or members)
        kind = chance.random()
        if kind < 0.8:
            member[1] = _mutate_xml(member[1], chance)
        elif kind < 0.85:
            members.remove(member)
        elif kind < 0.9:
            members.append([member[0], member[1]])
        elif kind < 0.95:
            member[0] = chance.choice(HOSTILE_NAMES)
        else:
            chance.shuffle(members)
        if not members:
            break
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members:
            item = zipfile.ZipInfo(name)
            item.compress_type = chance.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # duplicate names are meant
                archive.writestr(item, content)
    return stream.getvalue()


def _mutate_xml(content, chance):
    kind = chance.randrange(8)
    tags = [m.span() for m in re.finditer(rb"<[^>]*>", content)]
    values = [m.span(1) for m in re.finditer(rb"=\"([^\"]*)\"|>([^<]+)<", content) if m[1] is not None]
    if kind == 0:
        return _mutate_bytes(content, chance, chance.randint(1, 4))
    if kind == 1 and values:
        start, end = chance.choice(values)
        return content[:start] + chance.choice(NASTY) + content[end:]
    if kind == 2 and tags:
        start, end = chance.choice(tags)
        return content[:start] + content[end:]
    if kind == 3 and tags:
        at = chance.choice(tags)[chance.randrange(2)]
        return content[:at] + chance.choice(FRAGMENTS) + content[at:]
    if kind == 4 and len(tags) > 1:  # move a run of elements
        (start, _), (_, end) = sorted(chance.sample(tags, 2))
        at = chance.choice(tags)[0]
        return content[:at] + content[start:end] + content[at:]
    if kind == 5:
        texts = [m.span(1) for m in re.finditer(rb">([^<]+)<", content)]
        if texts:
            start, end = chance.choice(texts)
            return content[:start] + chance.choice(NASTY) + content[end:]
    if kind == 6:
        words = (b"row", b"c", b"v", b"f", b"r", b"t", b"s", b"sheetData", b"ref", b"si", b"sheet", b"table")
        old, new = chance.choice(words), chance.choice(words)
        return re.sub(rb"\b%s\b" % old, new, content, count=chance.choice((1, 2, 0)))
    if kind == 7:
        try:
            other = chance.choice(("utf-16", "utf-16-le", "utf-8-sig", "latin-1", "utf-7"))
            return content.decode("utf-8").encode(other)
        except UnicodeError:
            return content
    return content


# ---- what is done with each input -------------------------------------------------------------------------


def exercise(data):
    """Use everything on one input; raises PackageError or returns the patched bytes."""
    with ooxml.open_package(data, limits=LIMITS) as book:
        _ = book.names, book.date1904, repr(book), book.other_sheets, book.calculation, book.find_table("Log")
        for sheet in book.sheets:
            try:
                _exercise_sheet(book, sheet)
            except ooxml.PackageError as refusal:
                _check_message(refusal)
        for action in (
            lambda: _check_copy(canonical(book)),
            lambda: book.add_defined_name("fuzz.name", "1", hidden=True, comment="x"),
            lambda: book.set_calculation(191029, True),
            lambda: book.append_table_row("Log", ["new", 1, None]),
            lambda: book.add_part("xl/fuzz.xml", b"<x/>", "application/xml", book.workbook_part, "urn:fuzz"),
            lambda: book.remove_part("docProps/app.xml"),
        ):
            try:
                action()
            except ooxml.PackageError as refusal:
                _check_message(refusal)
        changed = set(book.changed_parts)
        patched = book.to_bytes()
    _check_untouched(data, patched, changed)
    with ooxml.open_package(patched, limits=LIMITS) as again:
        assert list(again.sheets) == list(book.sheets), "sheets lost"
    return patched


def _exercise_sheet(book, sheet):
    constants, formulas = [], []
    for cell in book.cells(sheet):
        (constants if cell.formula is None else formulas).append(cell.ref)
    for _ in book.formulas(sheet):
        pass
    book.cell(sheet, "C3")
    for ref in ("A1", "H2", *constants[:2], *formulas[:2]):
        reason = book.obstacle(sheet, ref)
        assert reason is None or "\n" not in reason
    dependents(Formulas(book), [Place(sheet, ref) for ref in ("B2", *constants[:2])])
    for action in (
        lambda: book.set_value(sheet, (constants or ["Z9"])[0], 12.5),
        lambda: book.set_values_many(sheet, {"B2": "text", "AA40": True}),
        lambda: book.set_cached_many(sheet, dict.fromkeys(formulas[:5], 1.25)),
        lambda: book.set_formula(sheet, (formulas or ["B7"])[0], "1+1"),
        lambda: book.mark_dynamic_arrays(sheet, formulas[-1:]),
        lambda: book.set_formula(sheet, (formulas or ["B7"])[0], None),
        lambda: book.set_value(sheet, "A1", None),
    ):
        try:
            action()
        except ooxml.PackageError as refusal:
            _check_message(refusal)


def _check_copy(copy):
    """What an engine gets is a workbook with the formulas that it says it has."""
    with ooxml.open_package(copy.content) as book:
        found = {sheet: sum(cell.formula is not None for cell in book.cells(sheet)) for sheet in copy.formulas}
    assert found == copy.formulas, f"the copy says {copy.formulas} and holds {found}"


def _check_message(refusal):
    text = str(refusal)
    if not text or "\n" in text or len(text) >= 600:
        raise AssertionError(f"the message is not one line: {text!r}")


def _check_untouched(before, after, changed):
    """Every member not listed as changed has the same raw header and compressed bytes."""
    old, new = _raw_members(before), _raw_members(after)
    for name, raw in old.items():
        if name not in changed:
            assert new.get(name) == raw, f"{name} changed without being asked to"


def _raw_members(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        items = archive.infolist()
    raw = {}
    for item in items:
        at = item.header_offset
        name_size, extra_size = struct.unpack_from("<2H", data, at + 26)
        raw[item.orig_filename.replace("\\", "/")] = data[at : at + 30 + name_size + extra_size + item.compress_size]
    return raw


def _save_and_look(data, folder):
    """Patch a file on disk, whether it could be refreshed; nothing else may appear or change in the folder."""
    inner = os.path.join(folder, "inner")
    os.makedirs(inner, exist_ok=True)
    path = os.path.join(inner, "book.xlsx")
    with open(path, "wb") as file:
        file.write(data)
    try:
        with ooxml.open_package(path, limits=LIMITS) as book:
            book.set_calculation(191029, True)
            book.save()
    except ooxml.PackageError as refusal:
        _check_message(refusal)
        with open(path, "rb") as file:
            assert file.read() == data, "a refused file changed"
    assert os.listdir(inner) == ["book.xlsx"], f"stray files: {os.listdir(inner)}"
    refreshed = _bind_and_refresh(path)
    assert set(os.listdir(inner)) <= BESIDE, f"stray files: {os.listdir(inner)}"
    assert os.listdir(folder) == ["inner"], f"stray files: {os.listdir(folder)}"
    for name in os.listdir(inner):
        os.unlink(os.path.join(inner, name))
    return refreshed


def _bind_and_refresh(path):
    """Bind the first number of the workbook and refresh it, engine and all; whether anything was written."""
    figures = catalog.shipped()
    try:
        with ooxml.open_package(path, limits=LIMITS) as book:
            cells = [f"'{sheet.replace(chr(39), chr(39) * 2)}'!{cell.ref}" for sheet in book.sheets
                     for cell in book.cells(sheet) if cell.kind == "number" and cell.formula is None]  # fmt: skip
        refresh.bind(path, [refresh.Request(cell, "B200", "kw_per_gpu") for cell in cells[:1]], figures)
        return refresh.refresh_file(path, figures, write=True, force=True).written is not None
    except (ooxml.PackageError, refresh.RefreshError) as refusal:
        _check_message(refusal)
        return False


def run(count, seed=1, report=print):
    """Try `count` inputs; returns (refused, patched, refreshed on disk, slowest seconds).

    A finding raises, and its input is kept.
    """
    chance, starts = random.Random(seed), seeds()
    refused = patched = refreshed = 0
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            data = mutate(chance.choice(starts), chance)
            started = time.process_time()
            try:
                with _alarm(MOST_SECONDS):
                    if number % SAVE_EVERY == 0:
                        refreshed += _save_and_look(data, folder)
                    exercise(data)
                patched += 1
            except ooxml.PackageError as refusal:
                _check_message(refusal)
                refused += 1
            except BaseException:
                kept = os.path.join(tempfile.gettempdir(), f"fuzz-finding-{seed}-{number}.xlsx")
                with open(kept, "wb") as file:
                    file.write(data)
                report(f"input {number} of seed {seed} is a finding, kept as {kept}")
                raise
            slowest = max(slowest, time.process_time() - started)
            if number % 5000 == 4999:
                told = f"{refused:,} refused, {patched:,} patched, {refreshed:,} refreshed on disk"
                report(f"{number + 1:,} inputs, {told}, slowest {slowest:.2f} s", flush=True)
    return refused, patched, refreshed, slowest


class _alarm:
    """Raise TimeoutError in the block after some seconds of processor time."""

    def __init__(self, seconds):
        self.seconds = seconds

    def __enter__(self):
        def ring(*_):
            raise TimeoutError(f"more than {self.seconds} s")

        self.before = signal.signal(signal.SIGPROF, ring)
        signal.setitimer(signal.ITIMER_PROF, self.seconds)

    def __exit__(self, *_):
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, self.before)


if __name__ == "__main__":
    inputs, first_seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    began = time.perf_counter()
    refusals, patches, refreshes, longest = run(inputs, first_seed)
    print(f"{inputs:,} inputs in {time.perf_counter() - began:.0f} s: {refusals:,} refused, {patches:,} patched;")
    print(f"{(inputs - 1) // SAVE_EVERY + 1:,} of them on disk too, {refreshes:,} bound and refreshed there;")
    print(f"no crash, no hang (slowest {longest:.2f} s), nothing written outside the target")
