"""Pivot tables keep a copy of their source: which ones show old figures, and asking Excel to refresh them."""

import pytest

from tokenbook.templates import ooxml
from tokenbook.templates.ooxml.pivots import Pivot, pivots_over, set_refresh_on_load

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
CACHE, TABLE = "xl/pivotCache/pivotCacheDefinition1.xml", "xl/pivotTables/pivotTable1.xml"
ROWS = '<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>'
NAMES = (
    '<definedNames><definedName name="costs">Inputs!$A$1:$B$9</definedName>'
    '<definedName name="moving">OFFSET(Inputs!$A$1,0,0,9,2)</definedName></definedNames>'
)


def with_pivot(package, source, prefix=""):
    """A workbook with a pivot table of the given source on its only sheet."""
    p, colon = (prefix, ":") if prefix else ("", "")
    xmlns = f"xmlns:{p}" if prefix else "xmlns"
    book = ooxml.open_package(package(rows=ROWS, book_extra=NAMES))
    cache = (
        f'<?xml version="1.0"?><{p}{colon}pivotCacheDefinition {xmlns}="{MAIN}" xmlns:r="{OFFICE}" refreshedBy="me">'
        f'<!-- <worksheetSource ref="X1:Z9" sheet="Inputs"/> --><{p}{colon}cacheSource type="worksheet">{source}'
        f"</{p}{colon}cacheSource></{p}{colon}pivotCacheDefinition>"
    )
    table = (
        f'<pivotTableDefinition xmlns="{MAIN}" name="Costs by year" cacheId="1"><location ref="D1:E3"/>'
        "</pivotTableDefinition>"
    )
    book.add_part(TABLE, table.encode(), "application/pivot+xml", "xl/worksheets/sheet1.xml", f"{OFFICE}/pivotTable")
    book.add_part(CACHE, cache.encode(), "application/cache+xml", TABLE, f"{OFFICE}/pivotCacheDefinition")
    return ooxml.open_package(book.to_bytes())


@pytest.mark.parametrize(
    ("source", "cell", "over"),
    [
        ('<worksheetSource ref="A1:B9" sheet="Inputs"/>', "B9", True),
        ('<worksheetSource ref="A1:B9" sheet="INPUTS"/>', "C9", False),
        ('<worksheetSource ref="A1:B9" sheet="Other"/>', "B9", False),
        ('<worksheetSource name="costs"/>', "A1", True),
        ('<worksheetSource name="COSTS"/>', "A10", False),
        ('<worksheetSource name="moving"/>', "Z99", True),  # only Excel knows where it lies
        ('<consolidation><rangeSets><rangeSet ref="C1:C2" sheet="Inputs"/></rangeSets></consolidation>', "C2", True),
        ('<worksheetSource r:id="rId1" ref="A1:B9" sheet="Inputs"/>', "A1", False),  # of another workbook
        ("", "A1", False),  # of a database
    ],
)
def test_a_pivot_is_over_the_cells_of_its_source(package, source, cell, over):
    book = with_pivot(package, source)
    assert pivots_over(book, {"Inputs": {cell}}) == ([Pivot("Inputs", "Costs by year", CACHE)] if over else [])
    assert pivots_over(book, {"Inputs": set()}) == []


def test_a_pivot_over_a_table(package):
    book = with_pivot(package, '<worksheetSource name="Prices"/>')
    table = (
        f'<table xmlns="{MAIN}" id="1" name="Prices" displayName="Prices" ref="A1:A2">'
        '<tableColumns count="1"><tableColumn id="1" name="label"/></tableColumns></table>'
    )
    book.add_part(
        "xl/tables/table1.xml", table.encode(), "application/t+xml", "xl/worksheets/sheet1.xml", f"{OFFICE}/table"
    )
    assert [pivot.name for pivot in pivots_over(book, {"inputs": ["A2"]})] == ["Costs by year"]
    assert pivots_over(book, {"Inputs": ["A3"]}) == []


@pytest.mark.parametrize("prefix", ["", "x"])
def test_excel_is_asked_to_refresh_and_nothing_else_changes(package, prefix):
    book = with_pivot(package, '<worksheetSource ref="A1:B9" sheet="Inputs"/>', prefix)
    before = book.read_part(CACHE)
    set_refresh_on_load(book, [Pivot("Inputs", "Costs by year", CACHE), Pivot("Inputs", "again", CACHE)])
    assert book.changed_parts == [CACHE]
    assert book.read_part(CACHE) == before.replace(b' refreshedBy="me"', b' refreshedBy="me" refreshOnLoad="1"')
    set_refresh_on_load(book, [])
    assert book.changed_parts == [CACHE]
