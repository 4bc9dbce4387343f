"""A workbook with a pivot table over its data."""

import openpyxl
import pytest

from tokenbook.templates import ooxml

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
CACHE, TABLE = "xl/pivotCache/pivotCacheDefinition1.xml", "xl/pivotTables/pivotTable1.xml"


@pytest.fixture
def pivoted(tmp_path):
    """Path of a workbook whose pivot table reads Data!A1:C9; B2 holds a rate, D2 doubles it, F9 is beside it."""
    path, book = tmp_path / "pivoted.xlsx", openpyxl.Workbook()
    book.active.title = "Data"
    for ref, value in {"A1": "GPU", "B1": "Rate", "A2": "B200", "B2": 1.95, "D2": "=B2*2", "F9": 3}.items():
        book.active[ref] = value
    book.save(path)
    cache = (
        f'<pivotCacheDefinition xmlns="{MAIN}" refreshedBy="me"><cacheSource type="worksheet">'
        '<worksheetSource ref="A1:C9" sheet="Data"/></cacheSource></pivotCacheDefinition>'
    )
    table = (
        f'<pivotTableDefinition xmlns="{MAIN}" name="Rates" cacheId="1"><location ref="H1:I3"/></pivotTableDefinition>'
    )
    with ooxml.open_package(path) as package:
        package.set_cached_many("Data", {"D2": 3.9})
        sheet = package.sheets["Data"]
        package.add_part(TABLE, table.encode(), "application/pivot+xml", sheet, f"{OFFICE}/pivotTable")
        package.add_part(CACHE, cache.encode(), "application/cache+xml", TABLE, f"{OFFICE}/pivotCacheDefinition")
        package.save(path)
    return path
