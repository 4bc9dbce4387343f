"""The copy that engines get: every formula of the file, every constant by its type, whoever wrote the file."""

import csv
import importlib.util
import io
import os
import re
import zipfile
from pathlib import Path

import formualizer
import openpyxl
import pytest

from tokenbook.templates import ooxml
from tokenbook.templates.ooxml.canonical import canonical
from tokenbook.templates.ooxml.references import inside, parse_range

ENGINES = ["formualizer", *(["formulon"] if importlib.util.find_spec("formulon") else [])]
LARGEST = 400_000  # bytes of a real workbook that is loaded into the engines
MOST_CELLS = 4_000  # of a real workbook that are asked of each engine


def in_formualizer(content):
    """(function to calculate, function for the formula of a cell, function for its value)."""
    book = formualizer.load_workbook_bytes(content, backend="umya")
    book.set_temporal_egress("serial")
    value = book.get_value
    return book.evaluate_all, book.get_formula, lambda *at: "#" if isinstance(value(*at), dict) else value(*at)


def in_formulon(content):
    import formulon

    book = formulon.Workbook.load(content)
    count = book.sheet_count() if callable(book.sheet_count) else book.sheet_count
    numbers = {book.sheet_name(number): number for number in range(count)}

    def value(sheet, row, column):
        found = book.get_value(numbers[sheet], row - 1, column - 1).to_python()
        return found if found is None or isinstance(found, (str, bool, int, float)) else "#"

    return book.recalc, lambda sheet, row, column: book.get_formula(numbers[sheet], row - 1, column - 1), value


LOADED = {"formualizer": in_formualizer, "formulon": in_formulon}


def values(content, engine, refs, sheet="Inputs"):
    """Values of cells after a calculation."""
    calculate, _, value = LOADED[engine](content)
    calculate()
    return [value(sheet, *ooxml.references.parse_ref(ref)) for ref in refs.split()]


def cells_of(data):
    with ooxml.open_package(data) as book:
        return {sheet: {cell.ref: cell for cell in book.cells(sheet)} for sheet in book.sheets}


LABEL = '<row r="1"><c r="A1"><v>2</v></c><c r="B1"><v>4</v></c>'
FORMS = {  # rows of a sheet, and the values of C1 and D1
    "implied addresses": ("<row><c><v>2</v></c><c><v>4</v></c><c><f>A1*B1</f></c><c><f>A1+B1</f></c></row>", [8, 6]),
    "text in the cell that looks like a number": (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>0042</t></is></c><c r="B1"><v>5</v></c>'
        '<c r="C1"><f>SUM(A1:B1)</f></c><c r="D1"><f>LEN(A1)</f></c></row>',
        [5, 4],
    ),
    "rich text": (
        '<row r="1"><c r="A1" t="inlineStr"><is><r><t xml:space="preserve">GPU </t></r><r><rPr><b/></rPr>'
        '<t>100|</t></r></is></c><c r="C1"><f>A1&amp;""</f></c><c r="D1"><f>LEN(A1)</f></c></row>',
        ["GPU 100|", 8],
    ),
    "dates as text": (
        '<row r="1"><c r="A1" t="d"><v>2026-01-01</v></c><c r="B1" t="d"><v>2027-01-01T12:00:00</v></c>'
        '<c r="C1"><f>B1-A1</f></c><c r="D1"><f>YEAR(B1)</f></c></row>',
        [365.5, 2027],
    ),
    "shared formulas": (
        LABEL + '<c r="C1"><f t="shared" ref="C1:D1" si="0">A1*10</f></c><c r="D1"><f t="shared" si="0"/></c></row>',
        [20, 40],
    ),
    "character data sections": (
        '<row r="1"><c r="A1"><v><![CDATA[2]]></v></c><c r="C1"><f><![CDATA[IF(A1<3,7,8)]]></f></c>'
        '<c r="D1" t="str"><f>"a"&amp;<![CDATA["&"]]></f></c></row>',
        [7, "a&"],
    ),
    "line ends in formulas": (
        LABEL + "<c r='C1'><f>A1\r\n+B1</f></c><c r='D1'><f>LEN(\"x\r\ny\")</f></c></row>", [6, 3]
    ),
    "out of order": (
        '<row r="2"><c r="A2"><v>3</v></c></row><row r="1"><c r="D1"><f>A1+A2</f></c><c r="C1"><f>A2*2</f></c>'
        '<c r="A1"><v>2</v></c></row>',
        [6, 5],
    ),
    "a spill with the values it filled": (
        LABEL + '<c r="C1"><f t="array" ref="C1:D1">A1:B1*2</f><v>4</v></c><c r="D1"><v>8</v></c></row>',
        [4, 8],
    ),
    "an error, a truth and an empty text": (
        '<row r="1"><c r="A1" t="e"><v>#N/A</v></c><c r="B1" t="b"><v>true</v></c><c r="E1" t="str"><v></v></c>'
        '<c r="C1"><f>IF(ISNA(A1),IF(B1,1,2),3)</f></c><c r="D1"><f>ISTEXT(E1)</f></c></row>',
        [1, True],
    ),
    "a format that does not exist": (
        '<row r="1"><c r="A1" s="77"><v>2</v></c><c r="C1" s="9"><f>A1*2</f></c><c r="D1"><f>A1</f></c></row>', [4, 2],
    ),
}  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("rows", "expected"), FORMS.values(), ids=FORMS)
def test_what_the_file_says_is_what_the_engine_calculates_with(package, rows, expected, engine):
    copy = canonical(ooxml.open_package(package(rows=rows)))
    assert copy.formulas == {"Inputs": rows.count("<f")}
    assert values(copy.content, engine, "C1 D1") == expected


@pytest.mark.parametrize("engine", ENGINES)
def test_elements_and_relationships_under_other_prefixes(package, engine):
    stream, data = io.BytesIO(), package(rows=LABEL + "<c r='C1'><f>A1*B1</f></c></row>")
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(stream, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.startswith("xl/") and name.endswith(".xml"):
                content = content.replace(b"r:id", b"ns1:id").replace(b"xmlns:r=", b"xmlns:ns1=")
                content = re.sub(rb"<(/?)(?=[A-Za-z])", rb"<\1ns0:", content).replace(b" xmlns=", b" xmlns:ns0=")
            target.writestr(name, content)
    copy = canonical(ooxml.open_package(stream.getvalue()))
    assert values(copy.content, engine, "C1") == [8]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_other_encodings_and_strict_files(package, engine, encoding):
    sheet = (
        f'<?xml version="1.0" encoding="{encoding}"?><worksheet xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main">'
        '<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>für</t></is></c><c r="C1"><f>LEN(A1)</f></c></row>'
        "</sheetData></worksheet>"
    )
    copy = canonical(ooxml.open_package(package(sheet=sheet.encode(encoding), strict=True)))
    assert values(copy.content, engine, "A1 C1") == ["für", 3]


ODD = {"rate?": "A", "net\\gross": "B", "lien.☏": "A"}


@pytest.mark.parametrize("engine", ENGINES)
def test_names_that_engines_do_not_take_have_others_in_the_copy(package, engine):
    names = "".join(f'<definedName name="{name}">Inputs!${column}$1</definedName>' for name, column in ODD.items())
    names += '<definedName name="both">rate?+net\\gross</definedName>'
    rows = LABEL + (
        '<c r="C1"><f>rate?*NET\\gross+lien.☏</f></c><c r="D1"><f>"rate?"&amp;rate?</f></c>'
        '<c r="E1" t="str"><f>"net\\gross"&amp;\'Inputs\'!A1</f></c></row>'
    )
    copy = canonical(ooxml.open_package(package(rows=rows, book_extra=f"<definedNames>{names}</definedNames>")))
    assert list(copy.renamed) == list(ODD)
    assert all(re.fullmatch(r"_tb_name_\d", new) for new in copy.renamed.values())
    assert values(copy.content, engine, "C1 D1 E1") == [10, "rate?2", "net\\gross2"]
    assert ooxml.open_package(copy.content).defined_names["both", None] == "_tb_name_1+_tb_name_2"


@pytest.mark.parametrize("engine", ENGINES)
def test_formulas_left_out_stand_still_with_the_values_of_the_file(package, engine):
    rows = LABEL + (
        '<c r="C1"><f>A1*B1</f><v>99</v></c><c r="D1" t="str"><f>"x"</f><v>007</v></c>'
        '<c r="E1"><f>C1+1</f><v>1</v></c></row>'
        '<row r="2"><c r="A2"><f t="array" ref="A2:B2">A1:B1</f><v>70</v></c><c r="B2"><v>71</v></c>'
        '<c r="C2"><f>B2+LEN(D1)</f><v>0</v></c></row>'
    )
    copy = canonical(ooxml.open_package(package(rows=rows)), keep={"Inputs": {"E1", "C2"}})
    assert copy.formulas == {"Inputs": 2}
    assert values(copy.content, engine, "C1 D1 E1 A2 B2 C2") == [99, "007", 100, 70, 71, 74]


@pytest.mark.parametrize("engine", ENGINES)
def test_days_counted_from_1904_stay_so(package, engine):
    data = package(rows='<row r="1"><c r="A1"><v>44835</v></c></row>')
    book = ooxml.open_package(data)
    book.set_part(
        book.workbook_part, book.read_part(book.workbook_part).replace(b"<workbookPr/>", b'<workbookPr date1904="1"/>')
    )
    copy = canonical(book)
    assert ooxml.open_package(copy.content).date1904
    assert values(copy.content, engine, "A1") == [44835]


def test_arrays_that_spill_and_what_if_tables_are_carried(package):
    rows = LABEL + (
        '</row><row r="3"><c r="A3"><f>A1*2</f><v>4</v></c>'
        '<c r="B3"><f t="dataTable" ref="B3:B4" dt2D="0" dtr="0" r1="A1" ca="1"/><v>5</v></c></row>'
        '<row r="4"><c r="B4"><v>6</v></c><c r="C4"><f t="array" ref="C4">SUM(A1:B1*2)</f><v>12</v></c></row>'
    )
    book = ooxml.open_package(package(rows=rows))
    book.set_formula("Inputs", "E4", "A1:B1", array_ref="E4:F4", dynamic=True)
    again = ooxml.open_package(canonical(book).content)
    found = {
        cell.ref: (cell.formula_kind, cell.array_ref, cell.dynamic)
        for cell in again.cells("Inputs")
        if cell.formula_kind
    }
    assert found == {
        "A3": ("normal", None, False), "B3": ("dataTable", "B3:B4", False), "C4": ("array", "C4", False),
        "E4": ("array", "E4:F4", True),
    }  # fmt: skip
    assert again.cell("Inputs", "B4").value == 6
    assert b'r1="A1"' in again.read_part("xl/worksheets/sheet1.xml")


def test_what_engines_do_not_calculate_with_is_left_out_and_formats_and_tables_stay(tmp_path):
    path = tmp_path / "book.xlsx"
    made = openpyxl.Workbook()
    sheet = made.active
    for row in [("Item", "Cost ($)"), ("a", 1), ("b", 2)]:
        sheet.append(row)
    sheet["C1"], sheet["C2"] = "=SUM(T[Cost ($)])", "=B3"
    sheet["C2"].number_format = "yyyy-mm-dd"
    sheet.add_table(openpyxl.worksheet.table.Table(displayName="T", ref="A1:B3"))
    sheet.merge_cells("E1:F2")
    sheet.row_dimensions[3].hidden = True
    sheet["B2"].comment = openpyxl.comments.Comment("note", "me")
    chart = openpyxl.chart.LineChart()
    chart.add_data(openpyxl.chart.Reference(sheet, min_col=2, min_row=1, max_row=3))
    sheet.add_chart(chart, "H2")
    made.save(path)
    copy = canonical(ooxml.open_package(path))
    with zipfile.ZipFile(io.BytesIO(copy.content)) as archive:
        assert not [name for name in archive.namelist() if re.search("chart|drawing|comment|theme|docProps", name)]
    book = openpyxl.load_workbook(io.BytesIO(copy.content))
    assert (book.active["C1"].value, book.active["C2"].number_format) == ("=SUM(T[Cost ($)])", "yyyy-mm-dd")
    assert book.active.tables["T"].ref == "A1:B3"
    assert [str(area) for area in book.active.merged_cells.ranges] == ["E1:F2"]
    assert book.active.row_dimensions[3].hidden
    for engine in ENGINES:
        assert values(copy.content, engine, "C1", "Sheet") == [3]


LINK = (
    '<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><externalBook>'
    '<sheetNames><sheetName val="Rates"/><sheetName val="It&apos;s Q1"/><sheetName val="Lost"/></sheetNames>'
    "<sheetDataSet>"
    '<sheetData sheetId="0"><row r="1"><cell r="A1"><v>10</v></cell><cell r="B1" t="str"><v>0042</v></cell></row>'
    '<row r="3"><cell r="A3"><v>5</v></cell></row></sheetData>'
    '<sheetData sheetId="1"><row r="2"><cell r="B2" t="e"><v>#N/A</v></cell></row></sheetData>'
    "</sheetDataSet></externalBook></externalLink>"
)
LINKED = {
    "A1*[1]Rates!A1": 20, "SUM([1]Rates!A1:A9)": 15, "LEN([1]Rates!$B$1)": 4, "rate+1": 11,
    "IF(ISNA('[1]It''s Q1'!B2),\"none\",1)": "none",
}  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_what_the_file_keeps_of_other_workbooks_is_calculated_with(package, engine):
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    lost = {"[1]Lost!A1": 7, "[1]!rate": 8, "[2]Rates!A1": 9, "gone*2": 10, "SUM([1]Rates:Lost!A1)": 11}
    formulas = {**LINKED, **lost}
    cells = "".join(
        f'<row r="{row}"><c r="A{row}"><f>{text}</f><v>{stored if text in lost else 0}</v></c></row>'
        for row, (text, stored) in enumerate(formulas.items(), start=2)
    )
    book = ooxml.open_package(
        package(
            rows='<row r="1"><c r="A1"><v>2</v></c></row>' + cells,
            book_extra='<externalReferences><externalReference r:id="rId3"/></externalReferences><definedNames>'
            '<definedName name="rate">[1]Rates!$A$1</definedName><definedName name="gone">[1]Lost!$A$1</definedName>'
            "</definedNames>",
        )
    )
    kind = f"{office}/externalLink"
    book.add_part("xl/externalLinks/externalLink1.xml", LINK.encode(), "x/link+xml", book.workbook_part, kind)  # rId3
    copy = canonical(book)
    assert copy.frozen == {"Inputs": [f"A{row}" for row in range(7, 12)]}
    assert values(copy.content, engine, " ".join(f"A{row}" for row in range(2, 12))) == list(formulas.values())


def test_a_cell_given_twice_is_refused(package):
    book = ooxml.open_package(package(rows='<row r="1"><c r="A1"><v>1</v></c><c r="A1"><f>2</f></c></row>'))
    with pytest.raises(ooxml.PackageError, match="A1 twice"):
        canonical(book)


def test_a_formula_that_was_not_read_is_named(package):
    """A second formula in one cell: Excel repairs such a file, and nobody knows which one holds."""
    book = ooxml.open_package(package(rows='<row r="1"><c r="A1"><f>1</f><f>2</f><v>1</v></c></row>'))
    with pytest.raises(ooxml.PackageError, match="Inputs: the file holds 2 formulas, 1 were read"):
        canonical(book)


# ---- real workbooks ----------------------------------------------------------------------------------------


def corpus():
    folder = Path(os.environ.get("TOKENBOOK_CORPUS", "/nowhere"))
    index = folder / "index.csv"
    if not index.exists():
        return []
    with open(index, encoding="utf-8", newline="") as file:
        paths = [folder / row["file"] for row in csv.DictReader(file)]
    return [path for path in paths if path.exists() and path.stat().st_size <= LARGEST]


@pytest.mark.slow
@pytest.mark.parametrize("path", corpus(), ids=lambda path: path.name)
def test_engines_see_every_formula_and_every_constant_of_real_workbooks(path):
    try:
        copy = canonical(ooxml.open_package(path))
    except ooxml.PackageError:  # tests of their own say which files are refused, and how
        return
    before, after = cells_of(path), cells_of(copy.content)
    engines = {name: LOADED[name](copy.content)[1:] for name in ENGINES}
    assert copy.formulas == {sheet: sum(cell.formula is not None for cell in after[sheet].values()) for sheet in before}
    for sheet, cells in before.items():
        frozen = copy.frozen.get(sheet, [])
        assert copy.formulas[sheet] + len(frozen) == sum(cell.formula is not None for cell in cells.values())
        arrays = [parse_range(cell.array_ref) for cell in cells.values() if cell.formula_kind == "array"]
        asked = 0
        for ref, cell in cells.items():
            spilled = cell.formula is None and any(inside(area, cell.row, cell.column) for area in arrays)
            if spilled or (cell.value is None and cell.formula is None):
                continue
            mine = after[sheet][ref]
            assert mine.value == cell.value
            if cell.formula is not None and ref not in frozen and not copy.renamed and "[" not in cell.formula:
                assert mine.formula == cell.formula
            asked += 1
            if asked > MOST_CELLS or cell.formula_kind == "dataTable":
                continue
            for name, (formula, value) in engines.items():
                if mine.formula is not None:
                    assert formula(sheet, cell.row, cell.column), (name, sheet, ref)
                else:
                    expected = "#" if cell.kind == "error" else cell.value
                    assert (value(sheet, cell.row, cell.column) or "") == (expected or ""), (name, sheet, ref)
