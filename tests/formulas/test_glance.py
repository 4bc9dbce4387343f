"""The quick look tells all formulas of a part or says that it cannot; and where it can, does not cry wolf.

Too much means seconds of work for nothing at each refresh, too little means stale figures.
"""

import pytest

from tokenbook.templates.formulas.glance import BETWEEN, formulas_of, may_depend

HEAD, TAIL = b'<worksheet xmlns="urn:x"><sheetData>', b"</sheetData></worksheet>"


@pytest.mark.parametrize(
    ("cells", "shared", "found"),
    [
        (b'<row r="1"><c r="A1"><v>1</v></c></row>', False, []),
        (b'<row r="1"><c r="A1"><f>B1+1</f><v>1</v></c><c r="A2"><f>C1</f></c></row>', False, ["B1+1", "C1"]),
        (b'<row r="1"><c r="A1"><f>Inputs!B1&amp;"&lt;"</f></c></row>', False, ['Inputs!B1&"<"']),
        (b'<row r="1"><c r="A1" t="str"><f>IF(f1,"ff","f")</f></c></row>', False, ['IF(f1,"ff","f")']),
        (b'<row r="1"><c r="A1"><f t="array" ref="A1:A2">B1:B2</f></c></row>', False, ["B1:B2"]),
        (b'<row r="1"><c r="A1" t="inlineStr"><is><t>off</t></is></c><c><f>B1</f></c></row>', False, ["B1"]),
        (b'<row r="1"><c><f t="shared" ref="A1:A2" si="0">B1</f></c><c><f t="shared" si="0"/></c></row>', True, ["B1"]),
        (b'<row r="1"><c><f t="shared" ref="A1:A2" si="0">B1</f></c><c><f t="shared" si="0"/></c></row>', False, None),
        (b'<row><c><f t="shared" ref="A1:A2" si="0">B1</f></c><c><f t="shared" si="0"></f></c></row>', False, None),
        (b'<row r="1"><c r="A1"><f t="dataTable" ref="A1:A2" r1="B2"/></c></row>', True, None),
        (b'<!-- <c><f>A1</f></c> --><row r="1"><c><f>B1</f></c></row>', False, None),
        (b'<row r="1"><c><f><![CDATA[B1]]></f></c></row>', False, None),
        (b'<x:row r="1"><x:c r="A1"><x:f>B1</x:f></x:c></x:row>', False, None),
        (b'<row r="1"><c r="A1"><f>B1<!-- --></f></c></row>', False, None),
        (b'<row r="1"><c r="A1"><f>B1</f></c><c><f >C1</f></c></row>', False, ["B1", "C1"]),
        (b'<row r="1"><c r="A1"><f>B1</f></c><c><for>C1</for></c></row>', False, None),
    ],
)  # fmt: skip
def test_all_formulas_or_none(cells, shared, found):
    assert formulas_of(HEAD + cells + TAIL, shared) == (None if found is None else BETWEEN.join(found))


@pytest.mark.parametrize(
    ("part", "found"),
    [
        (b'<worksheet xmlns="urn:x"><sheetData/></worksheet>', ""),
        (b"\xef\xbb\xbf" + HEAD + b"<row><c><f>B1</f></c></row>" + TAIL, "B1"),
        (b"\xef\xbb\xbf" + b'<worksheet xmlns="urn:x"><sheetData/></worksheet>', None),
        (HEAD.decode().encode("utf-16"), None),
        (b'<worksheet xmlns="urn:x"></worksheet>', None),
        (HEAD + b"<row/>", None),
        (b'<x:worksheet xmlns:x="urn:x"><x:sheetData><x:row/></x:sheetData></x:worksheet>', None),
    ],
)
def test_parts_of_another_form_are_left_to_the_exact_reader(part, found):
    assert formulas_of(part) == found


CELLS = {("inputs", 2, 2)}


@pytest.mark.parametrize(
    "formulas",
    [
        {"Calc!A1": "=Inputs!B2"},
        {"Calc!A1": "='Inputs'!A1"},
        {"Calc!A1": "=SUM(Inputs!A:A)"},
        {"Calc!A1": "=rate*2"},
        {"Calc!A1": "=SUM(Prices[Value])"},
        {"Calc!A1": "=INDIRECT(A1)"},
        {"Calc!A1": "=SUM(Jan:Mar!A1)"},
        {"Calc!A1": "=SUM(A1:INDEX(B:B,3))"},
        {"Inputs!D1": "=SUM(B1:B9)"},
        {"Inputs!D1": "=$B$2"},
        {"Inputs!D1": "=SUM(C9:A1)"},
        {"Inputs!D1": "=SUM(B9:B1)"},
        {"Inputs!D1": "=SUM(B:B)"},
        {"Inputs!D1": "=SUM(2:2)"},
        {"Inputs!D1": "=SUM(Prices[])"},
        {"Calc!A1": "=doubled"},
        {"Calc!A1": "=SUM(some)"},
        {"Calc!A1": "=SUM(across)"},
    ],
)
def test_what_may_depend_is_never_overlooked(package, formulas):
    names = {"rate": "Inputs!$B$2", "doubled": "Inputs!B2*2", "some": "Inputs!$A$1:$C$3", "across": "Inputs:Mar!$B$2"}
    assert may_depend(package({"Inputs!A1": "Name", "Inputs!B1": "Value", **formulas}, names,
                              [("Inputs", "A1:B3", "Prices")]), CELLS)  # fmt: skip


@pytest.mark.parametrize(
    "formulas",
    [
        {"Calc!A1": "=B2+Jan!B2"},
        {"Calc!A1": "=SUM(A1:B9,C:C,3:3)"},
        {"Calc!A1": "=fixed&word&tax&debt"},
        {"Calc!A1": '="see Outputs!B2"&TEXT(A2,"hh:mm")'},
        {"Inputs!D1": "=SUM(B3:B9)+A2+C2"},
        {"Inputs!D1": "=SUM(C1:D9)"},
        {"Inputs!D1": "=SUM(A1:A9)"},
        {"Inputs!D1": "=BB2+B20+B22"},
        {"Inputs!D1": "=SUM(B1:B1)"},
        {},
    ],
)
def test_what_cannot_depend_costs_no_second_look(package, formulas):
    names = {"fixed": "Inputs!$B$3", "word": '"Inputs!B2"', "tax": "0.21", "debt": "-5.5", "range": "Inputs!$A$3:$C$9"}
    assert not may_depend(package({"Inputs!A1": "Name", **formulas}, names), CELLS)
