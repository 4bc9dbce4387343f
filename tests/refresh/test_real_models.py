"""Bind, then refresh, on workbooks as people have them: nothing else changes, and other programs read the new value.

Workbooks are made here by four programs; TOKENBOOK_CORPUS names a folder of real ones with an index.csv (see
tests/ooxml/test_real_workbooks.py), which are never part of this repository.
"""

import csv
import datetime
import os
import shutil
import warnings
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import formualizer
import openpyxl
import pytest
import python_calamine
from lxml import etree
from openpyxl.chart import LineChart, Reference
from openpyxl.comments import Comment

from tokenbook.templates import ooxml, refresh
from tokenbook.templates.bindings import Place
from tokenbook.templates.formulas.dependents import Graph, dependents
from tokenbook.templates.formulas.workbook import Formulas
from tokenbook.templates.ooxml.references import parse_ref
from tokenbook.udfs import catalog

REFUSED = {"corrupt", "encrypted-ole", "signatures"}  # features in index.csv of files that cannot be refreshed
LARGEST_GRID = 3_000_000  # cells that calamine may lay out in memory
# A comment in XFD1048576 makes LibreOffice write 17 billion cells to .xlsx or .csv, of the original too; not to .ods.
FILLED_TO_THE_CORNER = {"XlsxWriter__comment03.xlsx"}
NEW = 1.7349
CANDIDATES = 30  # constants looked at for one on which formulas depend


def corpus():
    folder = Path(os.environ.get("TOKENBOOK_CORPUS", "/nowhere"))
    index = folder / "index.csv"
    if not index.exists():
        return []
    with open(index, encoding="utf-8", newline="") as file:
        rows = [(folder / row["file"], set(row["features"].split())) for row in csv.DictReader(file)]
    return [(path, features) for path, features in rows if path.exists()]


def by_openpyxl(path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "P&L 'net' 2026"
    for row in range(1, 20):
        sheet.append([f"month {row}", row * 1.5, f"=B{row}*2", row % 2 == 0])
    sheet["A1"].comment = Comment("a note", "someone")
    sheet.merge_cells("H1:I2")
    chart = LineChart()
    chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=19))
    sheet.add_chart(chart, "K2")
    book.create_sheet("Other")["A1"] = "='P&L ''net'' 2026'!B3"
    book.save(path)


def by_formualizer(path):
    book = formualizer.Workbook()
    book.add_sheet("Calc")
    for row in range(1, 6):
        book.set_value("Calc", row, 1, row * 2.5)
        book.set_formula("Calc", row, 2, f"=A{row}*3+SUM(A1:A5)")
    book.evaluate_all()
    Path(path).write_bytes(bytes(book.to_xlsx_bytes()))


MADE = {"openpyxl.xlsx": by_openpyxl, "formualizer.xlsx": by_formualizer, "XlsxWriter.xlsx": None}
SOUND = {path.name: path for path, features in corpus() if not features & REFUSED}
HOSTILE = {path.name: path for path, features in corpus() if features & REFUSED}


RATE = catalog.shipped().get("B200", "usd_per_gpu_hour", None, "hyperscaler")
FIGURES = catalog.Catalog([replace(RATE, value=NEW)])


@dataclass
class Refreshed:
    """A workbook before (a copy) and after it was bound and refreshed."""

    before: Path
    path: Path
    places: list
    depend: dict
    report: refresh.Report


@pytest.fixture(scope="module", params=[*MADE, *SOUND])
def refreshed(request, tmp_path_factory, write_model):
    """Each workbook in turn, bound and refreshed once for all tests."""
    name = request.param
    path = tmp_path_factory.mktemp("real") / name
    if name in MADE:
        (MADE[name] or write_model)(path)
    else:
        shutil.copyfile(SOUND[name], path)
    before = path.with_name(f"before-{name}")
    shutil.copyfile(path, before)
    return Refreshed(before, path, *bind_and_refresh(path))


def places_to_bind(path):
    """A constant on which formulas depend and one on which none does, where there are such; else an empty cell."""
    with ooxml.open_package(path) as package:
        numbers = [
            Place(sheet, cell.ref)
            for sheet in package.sheets
            for cell in package.cells(sheet)
            if cell.kind == "number" and cell.formula is None and package.obstacle(sheet, cell.ref) is None
        ][:CANDIDATES]
        graph, depended, free = Graph(Formulas(package)), [], []
        for place in numbers:
            if not (depended and free):
                of_kind = depended if len(graph.follow({(place.sheet.casefold(), *parse_ref(place.ref))})) else free
                of_kind.append(place)
        if numbers:
            return [*depended[:1], *free[:1]]
        for sheet in package.sheets:
            for ref in ("B7", "C90", "XFA1"):
                if package.obstacle(sheet, ref) is None and package.cell(sheet, ref).value is None:
                    return [Place(sheet, ref)]
        return []


def quoted(place):
    return "'" + place.sheet.replace("'", "''") + "'!" + place.ref


def bind_and_refresh(path):
    """Bind, refresh; gives the places bound, the cells that depend on them, and the report."""
    places = places_to_bind(path)
    requests = [refresh.Request(quoted(place), "B200", "usd_per_gpu_hour") for place in places]
    with ooxml.open_package(path) as package:
        depend = dependents(Formulas(package), places).cells
    refresh.bind(path, requests, FIGURES)
    return places, depend, refresh.refresh_file(path, FIGURES, write=True)


def raw_members(path):
    """Member name -> local header and compressed bytes, in file order."""
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        items = sorted(archive.infolist(), key=lambda item: item.header_offset)
        ends = [*(item.header_offset for item in items[1:]), archive.start_dir]
    return {item.filename: data[item.header_offset : end] for item, end in zip(items, ends, strict=True)}


def workbook_without_us(xml):
    """The workbook part without our names, the list of names if that is then empty, and the calculation flag."""
    root = etree.fromstring(xml)
    holder = root.find("{*}definedNames")
    if holder is not None:
        for name in list(holder):
            if name.get("name").startswith("_tokenbook."):
                cut_out(name)
        if not len(holder):
            cut_out(holder)
    settings = root.find("{*}calcPr")
    if settings is not None:
        settings.attrib.pop("fullCalcOnLoad", None)
        if not settings.attrib:
            cut_out(settings)
    return etree.tostring(root, method="c14n")


def cut_out(element):
    """Remove an element but not the white space behind it."""
    before, parent = element.getprevious(), element.getparent()
    if before is not None:
        before.tail = (before.tail or "") + (element.tail or "")
    else:
        parent.text = (parent.text or "") + (element.tail or "")
    parent.remove(element)


def without_hints(tree):
    """A sheet without its cells, size hints, and rows that say nothing: what a new cell may change."""
    root = etree.fromstring(tree, etree.XMLParser(huge_tree=True))
    for element in root.iterfind("{*}dimension"):
        element.attrib.pop("ref", None)
    for row in list(root.iterfind("{*}sheetData/{*}row")):
        row.attrib.pop("spans", None)
        for cell in list(row.iterfind("{*}c")):
            row.remove(cell)
        if len(row) == 0 and set(row.attrib) <= {"r"}:
            row.getparent().remove(row)
    return etree.tostring(root, method="c14n")


def test_nothing_but_the_figures_and_their_dependents_changes(refreshed, parts, cells_that_differ):
    places, depend, report = refreshed.places, refreshed.depend, refreshed.report
    before, old = raw_members(refreshed.before), parts(refreshed.before)
    after, new = raw_members(refreshed.path), parts(refreshed.path)
    with ooxml.open_package(refreshed.before) as package:
        sheet_parts, book_part = dict(package.sheets), package.workbook_part
        existing = {place: package.cell(place.sheet, place.ref).value for place in places}
    assert [line.status for line in report.lines] == ["changed"] * len(places)
    assert list(after) == list(before)
    concerned = {sheet_parts[place.sheet] for place in places} | {sheet_parts[sheet] for sheet in depend}
    assert {name for name in before if before[name] != after[name]} <= {*concerned, book_part}
    assert workbook_without_us(old[book_part]) == workbook_without_us(new[book_part])
    for sheet, part in sheet_parts.items():
        if part not in concerned:
            continue
        if any(value is None for value in existing.values()):
            assert without_hints(new[part]) == without_hints(old[part])
            continue
        bound = {place.ref for place in places if place.sheet == sheet}
        differing = cells_that_differ(old[part], new[part])
        assert bound <= differing | {p.ref for p in places if existing[p] == NEW}
        assert differing <= bound | set(depend.get(sheet, ()))
    if report.left_to_excel:
        assert b"fullCalcOnLoad" in new[book_part]


def test_other_programs_read_the_new_figures(refreshed):
    for place in refreshed.places:
        with ooxml.open_package(refreshed.path) as package:
            assert package.cell(place.sheet, place.ref).value == NEW
            epoch = datetime.datetime(1904, 1, 1) if package.date1904 else datetime.datetime(1899, 12, 30)
        for reader in READERS:
            if reads(reader, refreshed.before, place):
                found = as_number(reader(refreshed.path, place), epoch)
                assert found == pytest.approx(NEW, rel=1e-9), reader.__name__


def openpyxl_value(path, place):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sheet = openpyxl.load_workbook(path, read_only=True, data_only=True)[place.sheet]
        column, row = openpyxl.utils.cell.coordinate_from_string(place.ref)
        return sheet[f"{column}{row}"].value


def calamine_value(path, place):
    sheet = python_calamine.load_workbook(str(path)).get_sheet_by_name(place.sheet)
    if sheet.total_height * sheet.total_width > LARGEST_GRID:
        raise MemoryError("a grid too large to lay out")
    row, column = openpyxl.utils.cell.coordinate_to_tuple(place.ref)
    rows = sheet.to_python(skip_empty_area=False)
    return rows[row - 1][column - 1]


READERS = (openpyxl_value, calamine_value)


def reads(reader, path, place):
    """Whether a program can read that cell of the workbook as it was; it may lie beyond the cells in use."""
    try:
        reader(path, place)
    except IndexError:
        return True
    except Exception:  # openpyxl and calamine fail on some real files in many ways
        return False
    return True


def as_number(value, epoch):
    """Dates and times, which both readers make of some number formats, as days."""
    if isinstance(value, datetime.datetime):
        days = (value - epoch).total_seconds() / 86_400
        return days - (epoch.year == 1899 and value < datetime.datetime(1900, 3, 1))
    if isinstance(value, datetime.timedelta):
        return value.total_seconds() / 86_400
    return value


def test_refreshing_again_touches_nothing(refreshed):
    before = refreshed.path.read_bytes(), refreshed.path.stat().st_ino
    report = refresh.refresh_file(refreshed.path, FIGURES, write=True)
    assert {line.status for line in report.lines} <= {"same"}
    assert (refreshed.path.read_bytes(), refreshed.path.stat().st_ino) == before


def test_trusted_results_are_those_of_a_fresh_calculation(refreshed):
    """Where the engine was used, what the file now holds is what it calculates from scratch."""
    from tokenbook.templates.engine import Model

    depend = refreshed.depend
    if refreshed.report.left_to_excel or not depend:
        return
    with Model(refreshed.path) as fresh:
        fresh.recalculate()
        for sheet, refs in depend.items():
            for ref in refs:
                held = fresh.package.cell(sheet, ref).value
                if isinstance(held, float):
                    assert fresh.value(sheet, ref) == pytest.approx(held, rel=1e-9), f"{sheet}!{ref}"


@pytest.fixture(scope="module")
def by_libreoffice(request, tmp_path_factory, write_model, libreoffice):
    """Name -> places bound and the refreshed workbook as LibreOffice saved it, of every workbook asked for.

    LibreOffice starts once for all of them, and once for those that it cannot save as .xlsx.
    """
    asked = [item.callspec.params["name"] for item in request.session.items if "by_libreoffice" in item.fixturenames]
    folder, places, made = tmp_path_factory.mktemp("by_libreoffice"), {}, {}
    for name in asked:
        path = folder / name
        if name in MADE:
            (MADE[name] or write_model)(path)
        else:
            shutil.copyfile(SOUND[name], path)
        places[name], _, _ = bind_and_refresh(path)
    for kind in ("xlsx", "ods"):
        paths = [folder / name for name in asked if (name in FILLED_TO_THE_CORNER) == (kind == "ods")]
        made |= {path.name: saved for path, saved in libreoffice.convert_many(paths, kind).items()}
    return {name: (places[name], made.get(name)) for name in asked}


@pytest.mark.libreoffice
@pytest.mark.parametrize("name", [*MADE, *(pytest.param(name, marks=pytest.mark.slow) for name in SOUND)])
def test_libreoffice_reads_the_new_figures(name, by_libreoffice):
    places, saved = by_libreoffice[name]
    assert places, "nothing could be bound"
    assert saved, "LibreOffice cannot open the refreshed workbook, or not save it"
    for place in places:
        assert value_saved(saved, place) == pytest.approx(NEW, rel=1e-12), place


def value_saved(path, place):
    """What a cell of a workbook holds that LibreOffice saved as .xlsx or .ods."""
    if path.suffix == ".ods":
        return ods_number(path, place)
    with ooxml.open_package(path) as package:
        return package.cell(place.sheet, place.ref).value


def ods_number(path, place):
    """The number in a cell of an OpenDocument spreadsheet, where equal rows and cells are stored once."""
    with zipfile.ZipFile(path) as archive:
        root = etree.fromstring(archive.read("content.xml"))
    name = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}name"
    (sheet,) = [each for each in root.iterfind(".//{*}table") if each.get(name) == place.sheet]
    row, column = parse_ref(place.ref)
    cell = nth(nth(sheet.iter("{*}table-row"), row, "rows"), column, "columns")
    return float(cell.get("{urn:oasis:names:tc:opendocument:xmlns:office:1.0}value"))


def nth(elements, position, what):
    """The element that covers a position, counted from 1."""
    for element in elements:
        position -= int(element.get(f"{{urn:oasis:names:tc:opendocument:xmlns:table:1.0}}number-{what}-repeated", 1))
        if position <= 0:
            return element
    raise IndexError(what)


@pytest.mark.libreoffice
def test_a_workbook_that_libreoffice_wrote_is_refreshed(model, libreoffice, parts, cells_that_differ):
    path = libreoffice.convert(model(), "xlsx")
    old = parts(path)
    *_, report = bind_and_refresh(path)
    new = parts(path)
    assert report.left_to_excel == ""
    assert report.recalculated
    for name in old:
        if old[name] != new[name] and "worksheets" in name:
            assert cells_that_differ(old[name], new[name])
        elif old[name] != new[name]:
            assert name == "xl/workbook.xml"


def first_free_cell(path):
    """A cell that could be bound if the file could; a signed one can at least be read."""
    try:
        return places_to_bind(path)[0]
    except ooxml.PackageError:
        return Place("Sheet1", "B7")


def test_what_cannot_be_refreshed_is_refused_in_one_line_and_left_as_it_was(tmp_path):
    """Encrypted, damaged, signed files."""
    (tmp_path / "encrypted.xlsx").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(512) + "EncryptedPackage".encode("utf-16-le"))
    for name, path in HOSTILE.items():
        shutil.copyfile(path, tmp_path / name)
    for path in sorted(tmp_path.iterdir()):
        before = path.read_bytes()
        wish = refresh.Request(quoted(first_free_cell(path)), "B200", "usd_per_gpu_hour")
        with pytest.raises((ooxml.PackageError, refresh.RefreshError)) as caught:
            refresh.bind(path, [wish], FIGURES)
        assert "\n" not in str(caught.value)
        assert path.read_bytes() == before
    reports = list(refresh.refresh_files(refresh.find_workbooks([tmp_path]), FIGURES, write=True))
    assert all(report.error or not report.lines for report in reports)
