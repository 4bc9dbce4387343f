"""What engines get wrong most often, and formulon (with what is put right here) does not: the values of Excel."""

import pytest

TABLE = {
    "A2": 45292, "A3": 45323, "A4": 45352, "A5": 45658, "A6": 45689,
    "B2": "North", "B3": "South", "B4": "West", "B5": "North", "B6": "South",
    "C2": 100, "C3": 200, "C4": 300, "C5": 150, "C6": 100,
    "D2": "GPU H100", "D3": "CPU", "D4": "GPU B200", "D5": "NIC", "D6": "GPU B300",
}  # fmt: skip


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ('=SUMPRODUCT(--(LEFT(D2:D6,3)="GPU"),C2:C6)', 500.0),
        ("=SUMPRODUCT((YEAR(A2:A6)=2024)*C2:C6)", 600.0),
        ('=SUM(SUMIFS(C2:C6,B2:B6,{"North","South"}))', 550.0),
        ("=SUM(LARGE(C2:C6,{1,2}))", 500.0),
        ("=SUMPRODUCT(1/COUNTIF(B2:B6,B2:B6))", 3.0),
        ("=SUMPRODUCT(C2:C6/2^(ROW(C2:C6)-1))", 50 + 50 + 37.5 + 9.375 + 3.125),
        ("=COLUMNS($A2:G2)", 7.0),
        ("=IPMT(0.1,3,3,8000,0,1)", -265.8610271903324),
        ('=SUMIF(B2:B6,"North",E2:E6)', "#DIV/0!"),
        ("=IF(0.1*3=0.3,1,0)", 1.0),
        ("=0.1*3-0.3", 0.0),
        ('="$100"*2', 200.0),
    ],
)  # fmt: skip
def test_one_formula(calculated, formula, value):
    book = calculated({"S": TABLE | {"E2": "=1/0", "G9": formula}})
    found = book.value("S", "G9")
    assert found == (pytest.approx(value, rel=1e-12, abs=0) if isinstance(value, float) else value)


def test_plain_formulas_intersect(calculated):
    cells = {"B1": 100, "C1": 200, "D1": 300, "B2": 10, "C2": 20, "D2": 30, "C3": "=Revenue-Costs", "D4": "=Revenue*2"}
    book = calculated({"S": cells}, {"Revenue": "=S!$B$1:$D$1", "Costs": "=S!$B$2:$D$2"})
    assert book.value("S", "C3") == 180.0
    assert book.value("S", "D4") == 600.0
    assert book.value("S", "D3") is None


def test_an_array_of_constants_in_a_plain_formula_gives_one_value(calculated):
    book = calculated({"S": {"A1": 3, "B1": "={1,2,3}*A1", "B2": "=SUM(A1*{1,2,3})", "C1": 9, "D1": "={4,5}+0"}})
    assert [book.value("S", ref) for ref in ("B1", "B2", "C1", "D1", "E1")] == [3.0, 18.0, 9.0, 4.0, None]


def test_references_over_several_sheets(calculated):
    book = calculated({"Jan": {"A1": 1}, "Feb": {"A1": 2}, "Mar": {"A1": 4}, "T": {"A1": "=SUM(Jan:Mar!A1)"}})
    book.set("Feb", "A1", 12.0)
    book.recalculate()
    assert book.value("T", "A1") == 17.0


def test_an_array_over_more_cells_than_its_result(calculated):
    arrays = {("S", "A1:A3"): "=SUM(F1:F2)", ("S", "B1:C3"): "=TRANSPOSE(F1:F2)"}
    book = calculated({"S": {"F1": 1, "F2": 2, "D1": "=SUM(A1:A3)"}}, arrays=arrays)
    assert [book.value("S", f"A{row}") for row in (1, 2, 3)] == [3.0] * 3
    assert [[book.value("S", f"{column}{row}") for column in "BC"] for row in (1, 2, 3)] == [[1.0, 2.0]] * 3
    assert book.value("S", "D1") == 9.0


def test_dates_from_1904(make):
    import xlsxwriter

    from tokenbook.templates.formulon.model import Book

    path = make({"S": {"A1": 1}})
    with xlsxwriter.Workbook(path, {"date_1904": True}) as book:
        sheet = book.add_worksheet("S")
        sheet.write("A1", 44835)
        sheet.write_formula("A2", "=YEAR(A1)")
        sheet.write_formula("A3", "=DATE(2026,10,2)")
    with Book(path) as book:
        book.recalculate()
        assert [book.value("S", "A2"), book.value("S", "A3")] == [2026.0, 44835.0]


def test_a_what_if_table_follows_its_inputs(make):
    from openpyxl import load_workbook
    from openpyxl.worksheet.formula import DataTableFormula

    from tokenbook.templates.formulon.model import Book

    cells = {"B1": 2, "B3": 1, "B2": "=Other!B5*B3", "D2": 1, "D3": 2, "D4": 3, "E1": "=B2", "G1": "=MAX(E2:E4)"}
    path = make({"S": cells, "Other": {"B4": 100, "B5": "=B4*S!B1"}})  # B4 is B4 of its own sheet
    book = load_workbook(path)
    book["S"]["E2"] = DataTableFormula(ref="E2:E4", dt2D=False, dtr=False, r1="B1")
    book.save(path)
    with Book(path) as book:
        book.recalculate()
        assert [book.value("S", f"E{row}") for row in (2, 3, 4)] == [100.0, 200.0, 300.0]
        book.set("S", "B3", 10.0)
        book.recalculate()
        assert [book.value("S", f"E{row}") for row in (2, 3, 4)] == [1000.0, 2000.0, 3000.0]
        assert book.value("S", "G1") == 3000.0


def test_a_file_that_is_refused_is_read_through_a_copy(make):
    from tokenbook.templates.formulon.model import Book, EngineError

    path = make({"S": {"A1": 2, "A2": "=A1*2"}})
    content = path.read_bytes()
    asked = []

    def canonical(given):
        asked.append(given)
        return content

    with Book(path, canonical) as book:
        book.recalculate()
        assert book.value("S", "A2") == 4.0
    assert asked == []
    with Book(b"PK no workbook", canonical) as book:
        book.recalculate()
        assert book.value("S", "A2") == 4.0
    assert asked == [b"PK no workbook"]
    with pytest.raises(EngineError, match="cannot load this workbook"):
        Book(b"PK no workbook")


@pytest.fixture
def table(tmp_path):
    import xlsxwriter

    from tokenbook.templates.formulon.model import Book

    path = tmp_path / "table.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        columns = [{"header": "Budget"}, {"header": "Actual"}, {"header": "Left"}]
        sheet.add_table("A1:C4", {"name": "T", "columns": columns, "data": [[10, 7, 0], [20, 5, 0], [30, 1, 0]]})
        for row in (2, 3, 4):
            sheet.write_formula(f"C{row}", "=[Budget]-[Actual]")
        sheet.write_formula("D3", "=ROW(T[[#This Row],[Budget]])")
        sheet.write_formula("E1", "=SUM(T[Left])")
        sheet.write_formula("E2", '="[Budget]"')
        sheet.write_formula("E3", "=SUM(T)")
        sheet.write_formula("E4", "=SUM(budgets)")
        book.define_name("budgets", "=T[Budget]")
    with Book(path) as book:
        yield book


def test_columns_without_their_table(table):
    table.recalculate()
    assert [table.value("S", f"C{row}") for row in (2, 3, 4)] == [3.0, 15.0, 29.0]
    assert table.value("S", "E1") == 47.0
    table.set("S", "B3", 6.0)
    table.recalculate()
    table.set("S", "A2", 11.0)
    table.recalculate()
    assert [table.value("S", ref) for ref in ("C3", "E1", "E2")] == [14.0, 47.0, "[Budget]"]
    assert [table.value("S", ref) for ref in ("E3", "E4")] == [61.0 + 14.0 + 47.0, 61.0]


def test_the_row_of_a_table(table):
    table.recalculate()
    assert table.value("S", "D3") == 3.0
