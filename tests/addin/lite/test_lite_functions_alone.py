"""The functions in the workbook: the embedded main.py, alone in an interpreter, says what the headless engine says."""

import pytest

from tokenbook.udfs.functions import registry


@pytest.mark.parametrize("name", registry())
def test_an_embedded_function_answers_as_the_engine_does(name, host_cases, expected, ran_alone):
    complaints = []
    for case, answer in zip(host_cases.cases(), ran_alone["answers"], strict=True):
        if case.function == name:
            found = answer["error"] if isinstance(answer, dict) else answer
            wrong = host_cases.difference(found, expected[case.key])
            if wrong:
                complaints.append(f"{case.key}: {wrong}")
    assert complaints == []


def test_a_wrong_argument_is_explained_in_the_cell(host_cases, ran_alone):
    pairs = zip(host_cases.cases(), ran_alone["answers"], strict=True)
    messages = {case.key: answer["message"] for case, answer in pairs if isinstance(answer, dict)}
    assert any("rate:" in message for key, message in messages.items() if key.startswith("tok_npv"))
    assert all(message and "\n" not in message for message in messages.values())


def test_nothing_of_ours_is_installed_where_it_runs(ran_alone):
    assert ran_alone["ours"] == []


def test_excel_is_told_of_every_function_and_argument(ran_alone):
    told = {function["id"]: function for function in ran_alone["meta"]["functions"]}
    assert sorted(told) == sorted(function.name for function in registry().values())
    for function in registry().values():
        known = told[function.name]
        assert known["name"] == function.name
        assert known["description"] == function.help.summary
        assert [p["name"] for p in known["parameters"]] == [a.name for a in function.arguments]
        assert [p.get("optional", False) for p in known["parameters"]] == [a.optional for a in function.arguments]
        assert all(function.help.arguments[p["name"]].text in p["description"] for p in known["parameters"])


def test_the_scripts_are_offered(ran_alone):
    offered = {script["function_name"] for script in ran_alone["scripts"]}
    assert offered == {"check_model", "refresh_baselines", "insert_help"}
