"""Our calls in a formula: found wherever they stand, with the arguments that they mean."""

import pytest

from tokenbook.templates.formulon.calls import Call, Local, UnsupportedError, calls_in, pieces_of


def only(formula: str) -> Call:
    found = calls_in(pieces_of(formula))
    assert len(found) == 1
    return found[0]


def test_a_call_among_other_functions():
    call = only("=IFERROR(TOK_NPV('In puts'!$C$49,,A1:B2),\"no, (really)\")*2")
    assert call == Call("TOK_NPV", (("'In puts'!$C$49",), (), ("A1:B2",)), False)


def test_references_without_a_sheet_are_told_apart():
    call = only("=TOK_X(A1:B2,Two!A1,rate,B:B,A1#)")
    local = [isinstance(argument[0], Local) for argument in call.arguments]
    assert local == [True, False, False, True, True]


@pytest.mark.parametrize("formula", ["=TOK_VERSION()", "=TOK_VERSION( )", "=_xldudf_TOK_VERSION()", "=tok_version()"])
def test_a_call_without_arguments(formula):
    assert only(formula) == Call("TOK_VERSION", (), False)


def test_an_empty_argument_at_the_end_is_one():
    assert only("=TOK_X(1,)").arguments == (("1",), ())


def test_calls_inside_of_calls():
    outer = only("=TOK_X(TOK_Y(A1),2+TOK_Z(TOK_Y(B1)))")
    assert outer.arguments[0] == (Call("TOK_Y", (("A1",),), False),)
    assert calls_in(outer.arguments[1])[0].arguments[0] == (Call("TOK_Y", (("B1",),), False),)


def test_of_a_call_behind_an_at_sign_the_first_value_is_meant():
    pieces = pieces_of("=2*@TOK_CURVE(A1)")
    assert calls_in(pieces)[0].first
    assert "@" not in pieces


def test_arguments_bring_the_names_of_a_let_along():
    call = only("=LET(x,A1*2,y,x+1,TOK_X(y,B1,3))")
    assert "".join(call.arguments[0]) == "LET(x,A1*2,y,x+1,y)"
    assert call.arguments[1:] == (("B1",), ("3",))  # which need none


def test_a_value_of_a_let_knows_the_names_before_it_only():
    pieces = pieces_of("=LET(x,A1,y,TOK_X(x),y)")
    assert "".join(calls_in(pieces)[0].arguments[0]) == "LET(x,A1,x)"


@pytest.mark.parametrize("formula", ["=MAP(A1:A3,LAMBDA(v,TOK_X(v)))", "=LAMBDA(v,1+TOK_X(v))(2)"])
def test_a_call_inside_of_a_lambda_is_refused(formula):
    with pytest.raises(UnsupportedError, match="LAMBDA"):
        pieces_of(formula)


def test_separators_in_texts_and_constants_are_none():
    call = only('=TOK_X({1,2;3,4},"a,b)""c",Table1[[#All],[x,y]])')
    assert ["".join(argument) for argument in call.arguments] == ["{1,2;3,4}", '"a,b)""c"', "Table1[[#All],[x,y]]"]
