"""Our functions in cells that formulon calculates."""

import pytest

from tokenbook.templates.engine import Model
from tokenbook.templates.formulon.model import Book, EngineError
from tokenbook.udfs.functions import registry

NPV = registry()["tok_npv"].in_cell
CURVE = registry()["tok_npv_curve"].in_cell
FLOWS = {"A1": 0.1, "A2": -100, "B2": 40, "C2": 50, "D2": 60}
ROW = [[-100.0, 40.0, 50.0, 60.0]]


def test_a_call_is_calculated_and_follows_its_inputs(calculated):
    book = calculated({"S": FLOWS | {"A4": "=TOK_NPV(A1,A2:D2)", "A5": "=A4*2"}})
    assert book.value("S", "A4") == NPV(0.1, ROW)
    assert book.value("S", "A5") == 2 * NPV(0.1, ROW)
    book.set("S", "A1", 0.2)
    book.recalculate()
    assert book.value("S", "A4") == NPV(0.2, ROW)
    assert book.value("S", "A5") == 2 * NPV(0.2, ROW)


def test_only_calls_whose_arguments_change_are_made(calculated, monkeypatch):
    from tokenbook.templates.formulon import ours

    made = []
    real = ours.Ours._fit
    monkeypatch.setattr(ours.Ours, "_fit", lambda self, slot: (made.append(slot.name), real(self, slot))[1])
    book = calculated({"S": FLOWS | {"A4": "=TOK_NPV(A1,A2:D2)", "A5": "=TOK_COST(F1,1000)", "F1": 2.0}})
    assert sorted(made) == ["TOK_COST", "TOK_NPV"]
    made.clear()
    book.set("S", "F1", 3.0)
    book.recalculate()
    assert made == ["TOK_COST"]
    made.clear()
    book.recalculate()
    assert made == []


def test_calls_inside_of_calls_and_of_other_functions(calculated):
    book = calculated(
        {"S": FLOWS | {"A4": "=IF(A1>0,ROUND(TOK_NPV(TOK_NPV(0,E1:F1)/1000,A2:D2)+1,2),0)", "E1": 40, "F1": 60}}
    )
    rate = NPV(0.0, [[40.0, 60.0]]) / 1000
    assert rate == 0.1
    assert book.value("S", "A4") == round(NPV(rate, ROW) + 1, 2)
    book.set("S", "E1", 140.0)
    book.recalculate()
    assert book.value("S", "A4") == round(NPV(0.2, ROW) + 1, 2)


def test_calls_that_read_each_other_are_made_once_in_their_order(calculated, monkeypatch):
    from tokenbook.templates.formulon import ours

    made = []
    real = ours.Ours._fit
    monkeypatch.setattr(ours.Ours, "_fit", lambda self, slot: (made.append(slot.name), real(self, slot))[1])
    chain = {f"A{row}": f"=TOK_COST(A{row + 1}*1,3600)+1" for row in range(4, 9)}  # the last row is the first to know
    book = calculated({"S": chain | {"A9": 2.0}})
    assert len(made) == 5
    value = 2.0
    for _ in range(5):
        value = registry()["tok_cost"].in_cell(value, 3600.0) + 1
    assert book.value("S", "A4") == pytest.approx(value, rel=1e-14)


def test_an_expression_reads_other_sheets_as_they_are(calculated):
    """formulon's own evaluation in place takes the references of Two!B5 for those of the sheet that asks."""
    book = calculated({
        "One": {"B4": 100, "A1": "=TOK_COST(Two!B5*2,3600)", "A2": "{=TOK_NPV(0,Two!B4:B6*1)}"},
        "Two": {"B4": 1, "B5": "=B4+1", "B6": "=SUM(B4:B5)"},
    })  # fmt: skip
    assert book.value("One", "A1") == registry()["tok_cost"].in_cell(4.0, 3600.0)
    assert book.value("One", "A2") == NPV(0.0, [[1.0], [2.0], [3.0]])


def test_names_as_arguments(calculated):
    names = {"rate": "=S!$A$1", "flows": "=S!$A$2:$D$2", "bump": "=0.05", "One!own": "=S!$A$1", "higher": "=S!$A$1+0.1"}
    book = calculated(
        {"S": FLOWS, "One": {"A1": "=TOK_NPV(rate,flows)", "A2": "=TOK_NPV(bump,flows)", "A3": "=TOK_NPV(own,flows)",
                             "A4": "=TOK_NPV(rate+bump,flows)", "A5": "=TOK_NPV(higher,flows)"}}, names,
    )  # fmt: skip
    wanted = [NPV(rate, ROW) for rate in (0.1, 0.05, 0.1, 0.1 + 0.05, 0.1 + 0.1)]
    assert [book.value("One", f"A{row}") for row in range(1, 6)] == pytest.approx(wanted, rel=1e-13)


def test_relative_names_and_own_positions_mean_the_cell(calculated):
    book = calculated({"S": {"A1": 1, "A2": 2, "A3": 3, "B1": "=TOK_COST(ROW(),3600)", "B3": "=TOK_COST(ROW()*1,3600)",
                             "C2": "=TOK_COST(A1:A3*1,3600)"}})  # fmt: skip
    cost = registry()["tok_cost"].in_cell
    assert book.value("S", "B1") == cost(1.0, 3600.0)
    assert book.value("S", "B3") == cost(3.0, 3600.0)


def test_a_call_without_an_argument_takes_its_default(calculated):
    book = calculated(
        {"S": {"A1": 3, "A2": "=TOK_COST(2,1000,)", "A3": "=TOK_COST(2,1000,1)", "A4": "=TOK_COST(2,1000,B9)"}}
    )
    cost = registry()["tok_cost"].in_cell
    assert book.value("S", "A2") == cost(2.0, 1000.0)
    assert book.value("S", "A3") == cost(2.0, 1000.0, 1.0)
    assert book.value("S", "A4") == cost(2.0, 1000.0, None)


def test_errors_are_arguments_and_results(calculated):
    book = calculated({"S": FLOWS | {"B2": "=1/0", "A4": "=TOK_NPV(A1,A2:D2)", "A5": "=IFERROR(TOK_NPV(A1,A2:D2),-1)",
                                     "A6": '=TOK_COST("x",1)', "A8": "=TOK_COST(1,0)"}})  # fmt: skip
    assert book.value("S", "A4") == "#DIV/0!"
    assert book.value("S", "A5") == -1.0
    assert book.value("S", "A6") == "#VALUE!"
    assert book.value("S", "A8") == "#DIV/0!"


def test_the_name_that_office_hosts_store(calculated):
    book = calculated({"S": FLOWS | {"A4": "=_xldudf_TOK_NPV(A1,A2:D2)"}})
    assert book.value("S", "A4") == NPV(0.1, ROW)


def test_a_spill_grows_and_shrinks_and_its_readers_follow(calculated):
    book = calculated(
        {
            "S": FLOWS
            | {"F1": 4, "A4": "{=TOK_NPV_CURVE(A1,TAKE(A2:D2,1,F1))}", "A6": "=SUM(A4:Z4)", "A7": "=SUM(A4#)"}
            | {"A8": '="x"&C4'}
        }
    )
    for width in (4, 2, 3, 4):
        book.set("S", "F1", float(width))
        book.recalculate()
        curve = CURVE(0.1, [ROW[0][:width]])
        assert [book.at("S", 4, column) for column in range(1, 6)] == curve[0] + [None] * (5 - width)
        assert book.value("S", "A6") == pytest.approx(sum(curve[0]))
        assert book.value("S", "A7") == pytest.approx(sum(curve[0]))
        assert book.value("S", "A8") == "x" or book.value("S", "A8")[1:] == f"{curve[0][2]:.15g}"
        assert book.spill("S", "A4") == (1, width)


def test_a_spill_in_the_way_of_a_value_says_so(calculated):
    book = calculated({"S": FLOWS | {"A4": "{=TOK_NPV_CURVE(A1,A2:D2)}", "C4": 7}})
    assert book.value("S", "A4") == "#SPILL!"
    book.set("S", "C4", None)
    book.recalculate()
    assert [book.at("S", 4, column) for column in range(1, 5)] == CURVE(0.1, ROW)[0]


def test_a_plain_formula_shows_the_first_value_of_an_array(calculated):
    book = calculated({"S": FLOWS | {"A4": "=TOK_NPV_CURVE(A1,A2:D2)", "A5": "=SUM(TOK_NPV_CURVE(A1,A2:D2))", "B4": 5}})
    assert book.value("S", "A4") == CURVE(0.1, ROW)[0][0]
    assert book.value("S", "B4") == 5.0
    assert book.value("S", "A5") == pytest.approx(sum(CURVE(0.1, ROW)[0]))


def test_an_array_of_a_fixed_size_is_filled_as_excel_fills_it(calculated):
    arrays = {
        ("S", "A4:F4"): "=TOK_NPV_CURVE(A1,A2:D2)",
        ("S", "A6:B7"): "=TOK_NPV_CURVE(A1,A2:D2)",
        ("S", "A9:A10"): "=TOK_NPV(A1,A2:D2)",
    }
    book = calculated({"S": FLOWS}, arrays=arrays)
    curve = CURVE(0.1, ROW)[0]
    assert [book.at("S", 4, column) for column in range(1, 7)] == [*curve, "#N/A", "#N/A"]
    assert [[book.at("S", row, column) for column in (1, 2)] for row in (6, 7)] == [curve[:2], curve[:2]]
    assert [book.at("S", row, 1) for row in (9, 10)] == [NPV(0.1, ROW)] * 2


def test_a_let_gives_its_names_to_arguments(calculated):
    book = calculated({"S": FLOWS | {"A4": "{=LET(r,A1*2,n,TOK_NPV(r,A2:D2),n+TOK_NPV(r/2,A2:D2))}"}})
    assert book.value("S", "A4") == pytest.approx(NPV(0.2, ROW) + NPV(0.1, ROW), rel=1e-14)


@pytest.mark.parametrize(
    ("formula", "reason"),
    [
        ("{=MAP(A2:D2,LAMBDA(v,TOK_COST(v,1)))}", "LAMBDA"),
        ('=TOK_COST(INDIRECT("A"&1),1)', "INDIRECT"),
        ("=TOK_NO_SUCH_FUNCTION(1)", "TOK_NO_SUCH_FUNCTION"),
    ],
)
def test_what_cannot_be_calculated_is_named(calculated, formula, reason):
    book = calculated({"S": FLOWS | {"A4": formula}})
    assert list(book.unsupported) == [("S", "A4")]
    assert reason in book.unsupported["S", "A4"]


def test_a_what_if_table_over_our_functions_is_named(make):
    from openpyxl import load_workbook
    from openpyxl.worksheet.formula import DataTableFormula

    path = make({"S": FLOWS | {"A4": "=TOK_NPV(A1,A2:D2)", "G1": "=A4", "F2": 0.1, "F3": 0.2}})
    book = load_workbook(path)
    book["S"]["G2"] = DataTableFormula(ref="G2:G3", dt2D=False, dtr=False, r1="A1")
    book.save(path)
    with Book(path) as book:
        assert ("S", "G2") in book.unsupported


def test_only_the_calls_that_are_asked_for_are_made(calculated, make, monkeypatch):
    from tokenbook.templates.formulon import ours

    made = []
    real = ours.Ours._fit
    monkeypatch.setattr(ours.Ours, "_fit", lambda self, slot: (made.append(slot.name), real(self, slot))[1])
    path = make(
        {
            "S": FLOWS
            | {"A4": "=TOK_NPV(A1,A2:D2)", "A5": "=A4*2", "A6": "=TOK_COST(A1,3600)", "A7": "=TOK_COST(A5,3600)"}
        }
    )
    with Book(path) as book:
        book.recalculate([("S", "A5")])
        assert made == ["TOK_NPV"]
        assert book.value("S", "A5") == 2 * NPV(0.1, ROW)
        book.set("S", "A1", 0.2)
        book.recalculate([("S", "A7")])
        assert made == ["TOK_NPV", "TOK_NPV", "TOK_COST"]
        book.recalculate()
        assert book.value("S", "A6") == registry()["tok_cost"].in_cell(0.2, 3600.0)


def test_both_engines_answer_alike(make):
    cells = {"S": FLOWS | {"A4": "=IFERROR(TOK_NPV(rate,flows)/TOK_COST(A1,3600),0)", "A5": "=TOK_IRR(flows)",
                           "A6": '=IF(ISERROR(TOK_VERSION()),"none",TOK_NPV(A1,A2:D2,,"end"))',
                           "A7": "=A4+A5"}}  # fmt: skip
    path = make(cells, {"rate": "=S!$A$1", "flows": "=S!$A$2:$D$2"})
    with Book(path) as book, Model(path) as model:
        for rate in (0.1, 0.15, 0.3):
            book.set("S", "A1", rate)
            model.set("S!A1", rate)
            book.recalculate()
            model.recalculate()
            for ref in ("A4", "A5", "A6", "A7"):
                ours, theirs = book.value("S", ref), model.value("S", ref)
                assert ours == pytest.approx(theirs, rel=1e-12) if isinstance(ours, float) else ours == theirs


def test_a_formula_cell_is_no_input(calculated):
    book = calculated({"S": FLOWS | {"A4": "=A1*2"}})
    with pytest.raises(EngineError, match="holds a formula"):
        book.set("S", "A4", 1.0)


def test_a_text_that_looks_like_a_call_is_none(calculated):
    book = calculated({"S": {"A1": '="tok_s_per_gpu"&B1', "A2": '="TOK_NPV(1)"&B1', "B1": 7}})
    assert book.values() == {"S": {"A1": "tok_s_per_gpu7", "A2": "TOK_NPV(1)7"}}
    assert not book.unsupported
