"""A workbook as Excel would hold it open: what our stub of Office.js and the server's JSON books are made from."""

import datetime as dt

import openpyxl
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.utils.datetime import to_excel


def description(path) -> dict:
    """Sheets (values and number formats from A1), names and tables of a workbook, as JSON can hold them."""
    values, formulas = openpyxl.load_workbook(path, data_only=True), openpyxl.load_workbook(path)
    sheets = []
    for position, sheet in enumerate(values.worksheets):
        grid = [[_plain(cell) for cell in row] for row in sheet.iter_rows(1, sheet.max_row, 1, sheet.max_column)]
        formats = [
            [cell.number_format for cell in row] for row in sheet.iter_rows(1, sheet.max_row, 1, sheet.max_column)
        ]
        sheets.append(
            {
                "name": sheet.title,
                "position": position,
                "values": grid,
                "formats": formats,
                "tables": [_table(each) for each in formulas[sheet.title].tables.values()],
            }
        )
    names = [{"name": name, "formula": _formula(each.attr_text)} for name, each in formulas.defined_names.items()]
    return {"name": path.name, "sheets": sheets, "names": names}


def payload(book: dict) -> dict:
    """The same as xlwings' client sends it to the server."""
    return {
        "client": "Office.js",
        "version": "0.37.8",
        "book": {"name": book["name"], "active_sheet_index": 0, "selection": "A1", "calculation": "Automatic"},
        "names": [_sent_name(each, book) for each in book["names"]],
        "sheets": [
            {
                "name": sheet["name"],
                "visibility": "Visible",
                "used_range_address": f"A1:{get_column_letter(len(sheet['values'][0]))}{len(sheet['values'])}",
                "used_range_row_count": len(sheet["values"]),
                "used_range_column_count": len(sheet["values"][0]),
                "values": sheet["values"],
                "pictures": [],
                "shapes": [],
                "charts": [],
                "notes": [],
                "pivot_tables": [],
                "tables": [_sent_table(each) for each in sheet["tables"]],
            }
            for sheet in book["sheets"]
        ],
    }


def _plain(cell):
    value = cell.value
    if isinstance(value, (dt.datetime, dt.date)):
        return to_excel(value)
    return "" if value is None else value


def _formula(text: str) -> str:
    return text if text.startswith("=") else f"={text}"


def _table(table) -> dict:
    left, top, _, bottom = range_boundaries(table.ref)
    columns = [column.name for column in table.tableColumns]
    return {"name": table.displayName, "row": top - 1, "column": left - 1, "columns": columns,
            "rows": bottom - top + 1, "style": "TableStyleLight1"}  # fmt: skip


def _sent_table(table: dict) -> dict:
    left = get_column_letter(table["column"] + 1)
    right = get_column_letter(table["column"] + len(table["columns"]))
    top, bottom = table["row"] + 1, table["row"] + table["rows"]
    return {
        "name": table["name"],
        "range_address": f"{left}{top}:{right}{bottom}",
        "row_count": table["rows"],
        "column_count": len(table["columns"]),
        "columns": table["columns"],
        "header_row_range_address": f"{left}{top}:{right}{top}",
        "data_body_range_address": f"{left}{top + 1}:{right}{bottom}",
        "total_row_range_address": None,
        "show_headers": True,
        "show_totals": False,
        "table_style": table["style"],
        "show_autofilter": True,
    }


def _sent_name(name: dict, book: dict) -> dict:
    sheet, _, address = name["formula"].removeprefix("=").rpartition("!")
    found = [each["position"] for each in book["sheets"] if each["name"] == sheet.strip("'")]
    return {
        "name": name["name"],
        "refers_to": name["formula"],
        "type": "Range" if found else "String",
        "sheet_index": found[0] if found else None,
        "address": address.replace("$", "") if found else None,
        "scope_sheet_name": None,
        "scope_sheet_index": None,
        "book_scope": True,
    }
