"""``tokenbook claims``: a vendor's words with what they leave out, what was measured and what they imply."""

import json

import pytest
from rich.console import Console

from tokenbook.addin.cli import run
from tokenbook.addin.commands import show
from tokenbook.udfs import catalog
from tokenbook.udfs.catalog import claims


def columns(monkeypatch, count):
    """A terminal so wide. COLUMNS alone would not do: the console may keep what it was when `show` was imported."""
    monkeypatch.setattr(show, "console", Console(highlight=False, color_system=None, width=count, height=50))


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch):
    columns(monkeypatch, 80)
    for name in ("TOKENBOOK_CATALOG", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    yield
    catalog.use(None)


def printed(capsys, *arguments):
    code = run(["claims", *map(str, arguments)])
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    return out


def flowing(text):
    return " ".join(text.split())


def test_the_list_names_every_claim_and_how_it_must_be_read(capsys, monkeypatch):
    columns(monkeypatch, 300)
    text = printed(capsys)
    for claim in claims.list():
        (line,) = [line for line in text.splitlines() if f" {claim.id} " in line]
        assert claim.statement in line
        assert claim.qualifier in line


@pytest.mark.parametrize("claim", claims.list(), ids=claims.ids())
def test_a_claim_is_shown_whole_within_80_columns(capsys, claim):
    text = printed(capsys, claim.id)
    assert max(map(len, text.splitlines())) <= 80
    told = flowing(text)
    for words in (claim.statement, claim.qualifier, claim.conditions, *claim.missing, *claim.disagreements):
        assert flowing(words) in told
    for words in claim.measured:
        assert flowing(words) in told
    for figure in claim.recomputed:
        assert f"{figure.name}:" in text
    for row in claim.figures:
        assert row.metric in text


def test_the_fifteenfold_return_is_told_with_its_net_return_and_the_price_it_implies(capsys, monkeypatch):
    columns(monkeypatch, 120)
    text = printed(capsys, "15x")
    lines = [line.split() for line in text.splitlines()]
    assert ["14", "x", "net_roi:", "(revenue", "-", "investment)", "over", "investment"] in lines
    assert ["1.10103", "USD/Mtok", "implied_usd_per_mtok:", "revenue", "over", "tokens"] in lines
    assert "The net return is 14 times (1400 %)." in text
    assert "utilisation (100 % is implied)" in text


def test_a_claim_answers_to_its_usual_names(capsys):
    assert printed(capsys, "75M from 5M") == printed(capsys, "75m-from-5m")


def test_claims_as_json(capsys):
    found = json.loads(printed(capsys, "two cents", "--json"))
    assert found["id"] == "two-cents"
    assert found["missing"]
    assert {row["metric"] for row in found["figures"]} >= {"claimed_usd_per_mtok"}
    first = found["recomputed"][0]
    assert (first["name"], round(first["value"], 4)) == ("usd_per_mtok_at_1k1k", 0.0193)
    assert [each["id"] for each in json.loads(printed(capsys, "--json"))] == list(claims.ids())


def test_an_unknown_claim_is_one_line_naming_those_there_are(capsys):
    assert run(["claims", "99x"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [f"tokenbook: unknown claim '99x'; there are {', '.join(claims.ids())}"]


def test_the_teams_own_figures_stand_beside_the_claim_and_are_marked(capsys, tmp_path, monkeypatch):
    columns(monkeypatch, 150)
    mine = tmp_path / "mine.csv"
    mine.write_text(
        "platform,model,metric,value,unit,as_of,source\n"
        "B200,,usd_per_gpu_hour,1.61,USD/GPU-h,2026-09-01,treasury\n"
        "B200,DeepSeek-R1,total_tok_s_per_gpu,9000,tok/s/GPU,2026-09-01,our run\n"
        "H100,,usd_per_gpu_hour,1.05,USD/GPU-h,2026-09-01,treasury\n"
    )
    assert "team" not in printed(capsys, "two-cents")
    text = printed(capsys, "two-cents", "--catalog", mine)
    (line,) = [line for line in text.splitlines() if line.startswith("1.61 ")]
    assert line.rstrip().endswith("usd_per_gpu_hour, treasury, as of 2026-09-01, team")
    assert "9,000" not in text, "another model says nothing about this claim"
    assert "1.05" not in text
    found = json.loads(printed(capsys, "two-cents", "--catalog", mine, "--json"))
    assert [(row["value"], row["origin"]) for row in found["team_figures"]] == [(1.61, f"team: {mine}")]
    monkeypatch.setenv("TOKENBOOK_CATALOG", str(tmp_path / "gone.csv"))
    assert run(["claims", "two-cents"]) == 2
    assert "gone.csv: no such file" in capsys.readouterr().err


def test_the_help_has_an_example(capsys):
    assert run(["claims", "--help"]) == 0
    assert "Example: tokenbook claims" in flowing(capsys.readouterr().out)


def test_an_appended_claim_is_listed_and_shown_whole(capsys, append_claims, monkeypatch):
    added = append_claims()
    columns(monkeypatch, 300)
    text = printed(capsys)
    for id in added:
        assert f" {id} " in text
        shown = flowing(printed(capsys, id))
        claim = claims.get(id)
        for words in (claim.statement, claim.qualifier, claim.conditions, *claim.missing):
            assert words in shown
        for figure in claim.recomputed:
            assert f"{figure.name}: {figure.how}" in shown
    assert [each["id"] for each in json.loads(printed(capsys, "--json"))][-len(added) :] == added


def test_the_task_pane_shows_an_appended_claim(append_claims):
    from tokenbook.addin.server import pages

    added = append_claims()
    assert [each["id"] for each in pages.choices()["claims"]][-len(added) :] == added
    assert pages.claim("30m")["recomputed"][0]["name"] == "implied_trillion_tokens"
