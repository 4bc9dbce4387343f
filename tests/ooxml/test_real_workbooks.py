"""In workbooks as people have them, one input and one cached value change and not another byte.

Besides a few workbooks made here, every file of the folder named by TOKENBOOK_CORPUS is tried (a folder with
an index.csv that says what each file holds); its files are never part of this repository.
"""

import csv
import datetime
import io
import os
import warnings
from pathlib import Path

import openpyxl
import pytest
import python_calamine
from lxml import etree
from openpyxl.chart import LineChart, Reference
from openpyxl.comments import Comment
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.table import Table

from tokenbook.templates import ooxml
from tokenbook.templates.ooxml.references import parse_ref
from tokenbook.templates.ooxml.values import SECONDS_PER_DAY, serial

UNREADABLE = {"corrupt", "encrypted-ole"}  # features in index.csv that mean a refusal at opening
SIGNED = {"signatures"}  # ... and at changing
LARGEST_GRID = 3_000_000  # cells that calamine may lay out in memory
LARGEST_FOR_OPENPYXL = 100_000  # bytes of a file that is also loaded in full by openpyxl
NEW_VALUE, NEW_RESULT = 123456.789, 987654.321


def corpus():
    """(path, features) of the corpus files that exist."""
    folder = Path(os.environ.get("TOKENBOOK_CORPUS", "/nowhere"))
    index = folder / "index.csv"
    if not index.exists():
        return []
    with open(index, encoding="utf-8", newline="") as file:
        rows = [(folder / row["file"], set(row["features"].split())) for row in csv.DictReader(file)]
    return [(path, features) for path, features in rows if path.exists()]


def made_by_openpyxl():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "P&L 'net'"
    for row in range(1, 30):
        sheet.append([f"month {row}", row * 1.5, f"=B{row}*2", row % 2 == 0])
    sheet["F1"] = ArrayFormula("F1:F3", "=B1:B3*2")
    sheet.merge_cells("H1:I2")
    sheet["A1"].comment = Comment("a note", "someone")
    sheet.add_data_validation(DataValidation(type="decimal", sqref="B1:B29", operator="greaterThan", formula1="0"))
    chart = LineChart()
    chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=29))
    sheet.add_chart(chart, "K2")
    other = book.create_sheet("Other")
    other.append(["name", "value"])
    other.append(["a", 1])
    other.add_table(Table(displayName="T", ref="A1:B2"))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


MADE = {
    "openpyxl": lambda fuzz: made_by_openpyxl(),
    "hand-written": lambda fuzz: fuzz.handmade(),
    "hand-written with prefix": lambda fuzz: fuzz.handmade(prefix="x:"),
    "hand-written in UTF-16": lambda fuzz: fuzz.handmade(encoding="utf-16"),
    "hand-written with odd namespaces": lambda fuzz: fuzz.handmade(irregular=True),
}
SOUND = {path.name: path for path, features in corpus() if not features & (UNREADABLE | SIGNED)}
REFUSED = [(path, features) for path, features in corpus() if features & (UNREADABLE | SIGNED)]


@pytest.fixture(params=[*MADE, *SOUND])
def workbook(request, fuzz_package):
    """The bytes of each workbook in turn."""
    return MADE[request.param](fuzz_package) if request.param in MADE else SOUND[request.param].read_bytes()


def change_one_of_each(book):
    """Set one input (an existing one if there is any) and one cached value: {(sheet, ref): value}."""
    changed = {}
    for sheet in book.sheets:
        constants = [c.ref for c in book.cells(sheet) if c.formula is None and c.kind in ("number", "string")]
        if constants and not any(value == NEW_VALUE for value in changed.values()):
            ref = first_accepted(book, sheet, constants)
            if ref:
                changed[sheet, ref] = NEW_VALUE
        formula = next((f for f in book.formulas(sheet) if f.kind != "dataTable"), None)
        if formula and NEW_RESULT not in changed.values():
            book.set_cached_many(sheet, {formula.ref: NEW_RESULT})
            changed[sheet, formula.ref] = NEW_RESULT
    if NEW_VALUE not in changed.values():
        sheet = next(iter(book.sheets))
        book.set_value(sheet, "B7", NEW_VALUE)
        changed[sheet, "B7"] = NEW_VALUE
    return changed


def first_accepted(book, sheet, refs):
    for ref in refs:
        try:
            book.set_value(sheet, ref, NEW_VALUE)
            return ref
        except ooxml.PackageError:
            continue  # a table header or the like
    return None


def test_only_the_intended_elements_change(workbook, raw_members):
    book = ooxml.open_package(workbook)
    changed = change_one_of_each(book)
    after = book.to_bytes()
    touched = {book.sheets[sheet] for sheet, _ in changed}
    old, new = raw_members(workbook), raw_members(after)
    assert list(new) == list(old)
    assert {name for name in old if old[name] != new[name]} == touched
    for part in touched:
        refs = {ref for sheet, ref in changed if book.sheets[sheet] == part}
        before_tree, before_cells = without_cells(ooxml.open_package(workbook).read_part(part), refs)
        after_tree, after_cells = without_cells(book.read_part(part), refs)
        assert set(after_cells) == refs
        if set(before_cells) != refs:  # a cell was created: its row and the size hints may be new too
            before_tree, after_tree = without_hints(before_tree), without_hints(after_tree)
        assert after_tree == before_tree
        for ref, cell in before_cells.items():
            assert skeleton(after_cells[ref]) == skeleton(cell)


def without_cells(xml, refs):
    """The canonical tree with some cells taken out, and those cells by reference."""
    root = etree.fromstring(xml, etree.XMLParser(huge_tree=True, resolve_entities=False))
    data, cells = root.find("{*}sheetData"), {}
    row_number = 0
    for row in data.iterfind("{*}row"):
        row_number, column = int(row.get("r", row_number + 1)), 0
        for cell in list(row.iterfind("{*}c")):
            if cell.get("r"):
                row_number, column = parse_ref(cell.get("r"))
            else:
                column += 1
            ref = f"{openpyxl.utils.get_column_letter(column)}{row_number}"
            if ref in refs:
                cells[ref] = cell
                row.remove(cell)
    return etree.tostring(root, method="c14n"), cells


def without_hints(tree):
    """A canonical tree without the sheet's and the rows' size hints and without rows that say nothing."""
    root = etree.fromstring(tree, etree.XMLParser(huge_tree=True))
    for element in root.iterfind("{*}dimension"):
        element.attrib.pop("ref", None)
    for row in list(root.iterfind("{*}sheetData/{*}row")):
        row.attrib.pop("spans", None)
        if len(row) == 0 and set(row.attrib) <= {"r"}:
            row.getparent().remove(row)
    return etree.tostring(root, method="c14n")


def skeleton(cell):
    """What of a cell may not change: attributes but type and value metadata, children but the value."""
    attributes = {k: v for k, v in cell.attrib.items() if k not in ("t", "vm")}
    kept = [etree.tostring(child, method="c14n", exclusive=True, with_tail=False) for child in cell
            if isinstance(child.tag, str) and etree.QName(child).localname not in ("v", "is")]  # fmt: skip
    return attributes, kept


def test_others_read_the_new_values(workbook):
    book = ooxml.open_package(workbook)
    before = {sheet: [tuple(c) for c in book.cells(sheet)] for sheet in book.sheets}
    changed = change_one_of_each(book)
    after = book.to_bytes()
    for (sheet, ref), value in changed.items():
        assert ooxml.open_package(after).cell(sheet, ref).value == value
        for name, reader in (("openpyxl", openpyxl_value), ("calamine", calamine_value)):
            if reads(reader, workbook, sheet, ref):
                found = as_number(reader(after, sheet, ref), book.date1904)
                assert found == pytest.approx(value, rel=1e-12), f"{name}: {sheet}!{ref}"
    patched = ooxml.open_package(after)
    for sheet, cells in before.items():
        mine = {ref for name, ref in changed if name == sheet}
        assert [tuple(c) for c in patched.cells(sheet) if c.ref not in mine] == [c for c in cells if c[0] not in mine]


def reads(reader, data, sheet, ref):
    """Whether another program can read that cell of the workbook as it was."""
    try:
        reader(data, sheet, ref)
    except Exception:  # openpyxl and calamine fail on some real files in many ways
        return False
    return True


def openpyxl_value(data, sheet, ref):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        worksheet = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)[sheet]
    row, column = parse_ref(ref)
    return next(worksheet.iter_rows(row, row, column, column))[0].value


def calamine_value(data, sheet, ref):
    worksheet = python_calamine.load_workbook(io.BytesIO(data)).get_sheet_by_name(sheet)
    if worksheet.total_height * worksheet.total_width > LARGEST_GRID:
        raise MemoryError("a grid too large to lay out")
    row, column = parse_ref(ref)
    return worksheet.to_python(skip_empty_area=False)[row - 1][column - 1]


def as_number(value, date1904):
    """Dates and times, which both readers make of some number formats, as the serial in the file."""
    if isinstance(value, datetime.datetime | datetime.date):
        return serial(value, date1904)
    return value.total_seconds() / SECONDS_PER_DAY if isinstance(value, datetime.timedelta) else value


def test_formulas_agree_with_openpyxl(workbook):
    """Every formula text, shared ones translated, is the one that openpyxl reports, where it can read the file."""
    if len(workbook) > LARGEST_FOR_OPENPYXL:
        workbook = made_by_openpyxl()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = openpyxl.load_workbook(io.BytesIO(workbook))
    except Exception:  # openpyxl fails on some real files in many ways
        theirs = None
    book = ooxml.open_package(workbook)
    for sheet in book.sheets:
        for ref, text, kind, _ in book.formulas(sheet):
            assert text or kind in ("shared", "dataTable")
            if theirs is not None and kind != "dataTable" and text and sheet in theirs.sheetnames:
                value = theirs[sheet][ref].value
                assert "=" + text == (value.text if isinstance(value, ArrayFormula) else value), f"{sheet}!{ref}"


def open_and_change(path, may_open):
    book = ooxml.open_package(path)
    assert may_open, f"{path.name} should not open"
    book.set_value(next(iter(book.sheets)), "A1", 1)


def test_files_that_cannot_be_refreshed_are_refused_in_one_line():
    """Encrypted, truncated and signed files: a sentence, and nothing changed."""
    for path, features in REFUSED:
        with pytest.raises(ooxml.PackageError) as caught:
            open_and_change(path, may_open=bool(features & SIGNED))
        assert "\n" not in str(caught.value)
    with pytest.raises(ooxml.PackageError, match="encrypted"):
        ooxml.open_package(b"\xd0\xcf\x11\xe0" + bytes(512) + "EncryptedPackage".encode("utf-16-le"))
