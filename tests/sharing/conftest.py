"""A small workbook with every way a formula can call us, as XlsxWriter and openpyxl write it, and a generated one."""

import openpyxl
import pytest
import xlsxwriter
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.formula import ArrayFormula

from tokenbook.templates import build
from tokenbook.templates.engine import Model

COST = 1.95 / (28012.9 * 0.0036)


@pytest.fixture
def by_xlsxwriter(tmp_path):
    """A dynamic array, a text, an error and an ordinary call, with the values that Excel would have stored."""
    path = tmp_path / "by_xlsxwriter.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("TOK_COST(1) model")
        sheet.write_row("A1", ["rate", 1.95, 28012.9])
        sheet.write_formula("B3", "=TOK_COST(B1,C1)", None, COST)
        sheet.write_formula(
            "B4", '="TOK_COST("&TEXT(B3,"0.00")&", "&IFERROR(TOK_COST(1,0),"none")', None, "TOK_COST(0.02, none"
        )
        sheet.write_formula("B5", "=TOK_COST(1,0)", None, "#DIV/0!")
        sheet.write_dynamic_array_formula("D1:F1", "=TOK_PRICE_CURVE($B$1,2,3,1)", None, 1.95)
        sheet.write_number("E1", 0.975)
        sheet.write_number("F1", 0.4875)
        sheet.write_formula("B6", "=SUM('TOK_COST(1) model'!B3,1)", None, COST + 1)
    return path


@pytest.fixture
def by_openpyxl(tmp_path):
    """Calls in cells, an array, a defined name, a conditional format and a validation; calculated by the engine."""
    path, out = tmp_path / "plain.xlsx", tmp_path / "by_openpyxl.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Model"
    sheet["A1"], sheet["B1"], sheet["B2"] = "rate & <more>", 1.95, 28012.9
    sheet["B3"] = "=TOK_COST(B1,B2)"
    sheet["B4"] = '=IF(B3>0,"é & <"&TOK_COST($B$1,Other!A1),"")'
    sheet["B5"] = "=price*2"
    sheet["D1"] = ArrayFormula("D1:F1", "=TOK_PRICE_CURVE(B1,2,3,1)")
    book.create_sheet("Other")["A1"] = 20000
    book.defined_names["price"] = DefinedName("price", attr_text="TOK_COST(Model!$B$1,Model!$B$2)")
    rule = FormulaRule(["TOK_COST(B1,B2)>1"], fill=PatternFill("solid", bgColor="FF0000"))
    sheet.conditional_formatting.add("B3", rule)
    sheet.add_data_validation(DataValidation("custom", formula1="TOK_COST(B1,B2)<5", sqref="B1"))
    book.save(path)
    with Model(path) as model:
        model.recalculate()
        for name, cells in model.values().items():
            if cells:
                model.package.set_cached_many(name, cells)
        model.package.save(out)
    return out


@pytest.fixture(scope="session")
def generated(tmp_path_factory):
    """The roi workbook."""
    from tokenbook.templates import models
    from tokenbook.templates.models.shared.options import Options

    path = tmp_path_factory.mktemp("sharing") / "roi.xlsx"
    build.build(models.module("roi").compose(Options(version="test")), path)
    return path


@pytest.fixture(params=["by_xlsxwriter", "by_openpyxl", "generated"])
def workbook(request):
    """Each of them in turn."""
    return request.getfixturevalue(request.param)
