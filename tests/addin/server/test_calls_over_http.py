"""Functions over HTTP, as Excel's client sends them, against the headless engine."""

import datetime as dt
import json

import pytest

from tokenbook.addin.server.calls import CODES
from tokenbook.udfs.functions import CellError, registry
from tokenbook.udfs.functions.arguments import OMITTED

CALL, BATCH = "/xlwings/custom-functions-call", "/xlwings/custom-functions-batch"


def as_sent(host_cases, argument):
    """An argument as Office.js hands it over: a matrix, errors as values with a type, nothing as null."""
    if argument is OMITTED:
        return None
    rows = argument if isinstance(argument, list) else [[argument]]
    return [[sent(host_cases.plain(cell)) for cell in row] for row in rows]


def sent(cell):
    if isinstance(cell, CellError):
        kind = next(kind for kind, code in CODES.items() if code == str(cell))
        return {"type": "Error", "errorType": kind, "basicValue": str(cell)}
    assert not isinstance(cell, dt.datetime)
    return "" if cell is None else cell


def received(rows):
    return [[CellError(CODES[c["errorType"]]) if isinstance(c, dict) else c for c in row] for row in rows]


@pytest.mark.parametrize("name", registry())
def test_every_function_gives_over_http_what_the_engine_gives(name, client, host_cases, expected, body):
    cases = host_cases.cases_of(name)
    calls = [body(case.function, *(as_sent(host_cases, each) for each in case.arguments)) for case in cases]
    answers = []
    for first in range(0, len(calls), 200):
        response = client.post(BATCH, json=calls[first : first + 200])
        assert response.status_code == 200
        answers += response.json()
    complaints = []
    for case, answer in zip(cases, answers, strict=True):
        assert answer["status"] == 200, answer
        wrong = host_cases.difference(received(answer["data"]["result"]), expected[case.key])
        if wrong:
            complaints.append(f"{case.key}: {wrong}")
    assert complaints == []


def test_one_call_alone_is_the_same_as_in_a_batch(client, body):
    call = body("tok_cost", 2.0, 1000.0, None)
    alone = client.post(CALL, json=call)
    together = client.post(BATCH, json=[call, call])
    assert alone.json() == {"result": [[pytest.approx(2.0 / (1000 * 0.0036))]]}
    assert [each["data"] for each in together.json()] == [alone.json()] * 2


def test_a_single_error_brings_its_sentence(client, body):
    (cell,) = client.post(CALL, json=body("tok_cost", 2.0, "much", None)).json()["result"][0]
    assert (cell["type"], cell["errorType"]) == ("Error", "Value")
    assert cell["message"].startswith("tok_s_per_gpu:")


def test_a_runtime_without_error_values_gets_the_text(client, body):
    call = {**body("tok_cost", 2.0, 0.0, None), "runtime": "1.3"}
    (cell,) = client.post(CALL, json=call).json()["result"][0]
    assert isinstance(cell, str)
    assert cell


def test_in_a_batch_one_bad_call_leaves_the_others(client, body):
    good = body("tok_cost", 2.0, 1000.0)
    answers = client.post(BATCH, json=[good, {"func_name": "tok_nothing", "args": []}, 7, good]).json()
    assert [each["status"] for each in answers] == [200, 400, 400, 200]
    assert "no such function" in answers[1]["data"]


def test_a_blank_cell_is_no_zero(client, body):
    (cell,) = client.post(CALL, json=body("tok_cost", [[""]], 1000.0)).json()["result"][0]
    assert cell["errorType"] == "Value"


def test_the_answer_is_always_finite_json(client, body):
    """1e308 * 10 overflows; JSON has no word for that and Excel's client would ask three times."""
    response = client.post(CALL, json=body("tok_cost", 1e308, 1e-300))
    assert response.status_code == 200
    json.loads(response.content, parse_constant=pytest.fail)
    assert response.json()["result"][0][0]["type"] == "Error"


def test_metadata_describes_every_function_and_argument(client):
    metadata = client.get("/xlwings/custom-functions-meta.json").json()
    described = {function["name"]: function for function in metadata["functions"]}
    assert set(described) == {function.name for function in registry().values()}
    for function in registry().values():
        entry = described[function.name]
        assert entry["description"]
        assert [each["name"] for each in entry["parameters"]] == [each.name for each in function.arguments]
        assert all(each["description"] for each in entry["parameters"])
        assert [bool(each.get("optional")) for each in entry["parameters"]] == [a.optional for a in function.arguments]


def test_the_manifest_is_ours_and_has_no_namespace(client):
    from lxml import etree

    manifest = etree.fromstring(client.get("/manifest").content)
    text = etree.tostring(manifest).decode()
    assert "Namespace resid" not in text
    assert "xlwings-" not in text
    assert "Hello World" not in text
    assert manifest.find("{*}ProviderName").text == "Tokenbook"
    ids = {each.get("id") for each in manifest.iter("{*}Image", "{*}Url", "{*}String")}
    used = {each.get("resid") for each in manifest.iter() if each.get("resid")}
    assert used <= ids, "a resource is referred to that is not there"
    for short in manifest.iter("{*}ShortStrings"):
        assert all(len(each.get("DefaultValue")) <= 125 for each in short)
    for url in manifest.iter("{*}Url", "{*}Image"):
        if url.get("resid"):
            continue
        path = url.get("DefaultValue").partition("localhost")[2]
        assert client.get(path).status_code == 200, path
