"""``tokenbook baselines``: what a finance person reads, what a program reads, and what is refused in one line."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
import sqlalchemy
from rich.console import Console

from tokenbook.addin.cli import run
from tokenbook.addin.commands import baselines as commands
from tokenbook.addin.commands import importing, show, texts
from tokenbook.udfs import catalog
from tokenbook.udfs.catalog.importers import KINDS

DATA = Path(__file__).parents[1] / "catalog" / "data"
FRONTIER = "frontier_total_tok_s_per_gpu"
HEADER = "platform,metric,value,unit,as_of,source,tier,qualifier"
OWN = 'B200,usd_per_gpu_hour,1.61,USD/GPU-h,2026-09-01,treasury 2026-17,hyperscaler,"net of rebates, [draft]"'
OWN_ANY_TIER = "B200,usd_per_gpu_hour,1.61,USD/GPU-h,2026-09-01,treasury 2026-17,,"


def columns(monkeypatch, count):
    """A terminal so wide. COLUMNS alone would not do: the console may keep what it was when `show` was imported."""
    monkeypatch.setattr(show, "console", Console(highlight=False, color_system=None, width=count, height=50))


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch):
    """100 columns, no team catalogue; what a command chose is forgotten afterwards."""
    columns(monkeypatch, 100)
    for name in ("TOKENBOOK_CATALOG", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    yield
    catalog.use(None)


def printed(capsys, *arguments):
    """Run a command that must work; gives what it printed."""
    code = run(["baselines", *map(str, arguments)])
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    return out


def flowing(text):
    """Text without the line breaks of the terminal."""
    return " ".join(text.split())


def refused(capsys, *arguments):
    """Run a command that must be refused; gives its one line."""
    assert run([*map(str, arguments)]) == 2
    err = capsys.readouterr().err
    said = [line for line in err.splitlines() if line.strip()]
    assert len(said) == 1, err
    assert said[0].startswith("tokenbook: ")
    return said[0].removeprefix("tokenbook: ")


def line_of(text, *words):
    """The one line that has all the words."""
    (found,) = [line for line in text.splitlines() if all(word in line.split() for word in words)]
    return found


def table(text):
    return list(csv.DictReader(io.StringIO(text)))


def file_of(folder, *lines, name="mine.csv"):
    path = folder / name
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def database_of(folder, *lines):
    """A SQLite database with the same table."""
    engine = sqlalchemy.create_engine(f"sqlite:///{folder / 'prices.db'}")
    columns = HEADER.split(",")
    with engine.begin() as connection:
        connection.exec_driver_sql(f"create table baselines ({', '.join(f'{name} text' for name in columns)})")
        for cells in csv.reader(lines):
            connection.exec_driver_sql(f"insert into baselines values ({', '.join('?' * len(columns))})", tuple(cells))
    engine.dispose()
    return f"sqlite:///{folder / 'prices.db'}"


# -- list --------------------------------------------------------------------------------------------------------


def test_list_shows_value_unit_date_confidence_and_source(capsys):
    text = printed(capsys, "list", "--platform", "B200", "--metric", "usd_per_gpu_hour")
    assert line_of(text, "B200", "hyperscaler", "1.73", "2026-09-30", "medium")
    assert line_of(text, "B200", "neocloud", "2.07", "2026-07-31", "high")
    assert "usd_per_gpu_hour: USD/GPU-h, owning" in text
    assert "Electricity is inside; never add it again" in flowing(text)
    assert "SemiAnalysis AI Cloud TCO model, via the InferenceX dashboard; 4-year economic life" in flowing(text)
    assert "2 figures of 1 metric." in text


def test_list_keeps_apart_what_a_reader_could_mistake(capsys):
    text = printed(capsys, "list", "-p", "B200")
    for heading in (
        "usd_per_gpu_hour: USD/GPU-h, owning",
        "rental_usd_per_gpu_hour: USD/GPU-h, renting",
        "total_tok_s_per_gpu: tok/s/GPU, total tokens, at highest throughput",
        "total_tok_s_per_gpu_at_interactivity: tok/s/GPU, total tokens, at a stated speed per user",
        "output_tok_s_per_accelerator: tok/s/accelerator, output tokens, in an MLPerf scenario",
        "claimed_software_gain: x, claim",
    ):
        assert heading in text.splitlines()


def test_a_claim_keeps_its_qualifier_in_the_list(capsys):
    text = printed(capsys, "list", "-m", "claimed_throughput_per_mw_ratio")
    assert "up to; rests on the power figures withdrawn on 2026-07-14" in flowing(text)


def test_options_given_twice_mean_both(capsys):
    text = printed(capsys, "list", "-p", "h100", "-p", "H200", "-m", "kw_per_gpu", "-m", "tdp_w", "-c", "vendor")
    assert text.splitlines()[0] == "tdp_w: W/GPU"
    assert line_of(text, "H100", "vendor", "700")
    assert line_of(text, "H200", "vendor", "700")
    assert "2 figures of 1 metric." in text


def test_one_platform_under_two_spellings_is_listed_once(capsys):
    rows = json.loads(printed(capsys, "list", "-p", "GB200", "-p", "nvidia gb200 nvl72", "-m", "kw_per_gpu", "--json"))
    assert [row["value"] for row in rows] == [1.87]


def test_list_by_model_and_conditions(capsys):
    asked = ("list", "-p", "B200", "-m", "total_tok_s_per_gpu", "--model", "gpt-oss-120b", "-c", "1k/1k")
    rows = json.loads(printed(capsys, *asked, "--json"))
    assert [(row["value"], row["isl"], row["osl"]) for row in rows] == [(28012.9, 1024, 1024)]


def test_list_as_of_a_day_and_with_all_vintages(capsys):
    asked = ("list", "-p", "B200", "-m", "usd_per_gpu_hour", "-c", "hyperscaler", "--json")
    assert [row["value"] for row in json.loads(printed(capsys, *asked, "--as-of", "2026-07-30"))] == [1.95]
    rows = json.loads(printed(capsys, *asked, "--all-vintages"))
    assert [(row["as_of"], row["value"]) for row in rows] == [
        ("2025-10-31", 1.95),
        ("2026-07-31", 1.73),
        ("2026-09-30", 1.73),
    ]
    text = printed(capsys, *asked[:-1], "--as-of", "2026-06")
    assert line_of(text, "1.95", "2025-10-31")
    assert "1 figure of 1 metric, as known on 2026-06-30." in text


def test_vintages_stand_together_figure_by_figure(capsys):
    rows = json.loads(printed(capsys, "list", "-p", "H100", "-m", "usd_per_gpu_hour", "--all-vintages", "--json"))
    assert [(row["tier"], row["as_of"]) for row in rows] == sorted((row["tier"], row["as_of"]) for row in rows)


def test_points_of_frontiers_are_listed_by_name_only_and_by_speed(capsys):
    assert FRONTIER in printed(capsys, "list", "-p", "GB200").splitlines()[-1], "the reader is told how"
    asked = ("-p", "GB200", "--model", "dsr1", "-c", "1k/1k published-curve", "--json")
    assert not any(row["metric"] == FRONTIER for row in json.loads(printed(capsys, "list", "-p", "GB200", "--json")))
    rows = json.loads(printed(capsys, "list", "-m", FRONTIER, *asked))
    speeds = [row["interactivity"] for row in rows]
    assert len(speeds) > 5
    assert speeds == sorted(speeds)


def test_json_and_csv_carry_every_figure_without_loss(capsys):
    rows = json.loads(printed(capsys, "list", "--json"))
    assert {row["id"]: row["value"] for row in rows} == {
        row.id: row.value for row in catalog.shipped().find(current=True) if row.metric != FRONTIER
    }
    assert all(row["source"] and row["as_of"] and row["origin"] == "shipped" for row in rows)
    back = table(printed(capsys, "list", "--csv"))
    assert [(row["id"], float(row["value"])) for row in back] == [(row["id"], row["value"]) for row in rows]
    assert list(back[0]) == [*catalog.FIELDS, "words", "origin"]


def test_a_csv_list_is_a_team_catalogue(capsys, tmp_path):
    mine = tmp_path / "mine.csv"
    mine.write_text(printed(capsys, "list", "-p", "B200", "-m", "usd_per_gpu_hour", "--csv"), encoding="utf-8")
    rows = json.loads(printed(capsys, "list", "-p", "B200", "-m", "usd_per_gpu_hour", "--catalog", mine, "--json"))
    assert {(row["value"], row["origin"]) for row in rows} == {(1.73, f"team: {mine}"), (2.07, f"team: {mine}")}


def test_small_money_keeps_its_digits_and_large_money_its_groups():
    given = (0.0087914, 28012.9, 5_000_000.0, 1.73, 8.0, 0.5e-5, None)
    assert [texts.number(value) for value in given] == [
        "0.0087914", "28,012.9", "5,000,000", "1.73", "8", "0.000005", "-",
    ]  # fmt: skip


def test_what_a_file_says_cannot_command_the_terminal(capsys, tmp_path):
    mine = file_of(tmp_path, OWN.replace("treasury 2026-17", "tre\x1b[2Jasury [bold]"))
    text = printed(capsys, "list", "-p", "B200", "-m", "usd_per_gpu_hour", "--catalog", mine)
    assert "\x1b" not in text
    assert "[2Jasury [bold]; net of rebates" in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("list", "-p", "B20O"), "unknown platform 'B20O': did you mean B200"),
        (("list", "-p", "mainframe"), "unknown platform 'mainframe'; there are H100, H200"),
        (("list", "--model", "abacus"), "unknown model 'abacus'; there are GPT-OSS-120B"),
        (("list", "-m", "kw_per_gpus"), "did you mean kw_per_gpu?"),
        (("list", "-m", "colour"), "unknown metric 'colour'; tokenbook baselines list shows them all"),
        (("list", "--as-of", "soon"), "--as-of soon: is not a date; write it as 2026-07-31"),
        (("list", "--as-of", "2026-02-31"), "--as-of 2026-02-31: is not a date; write it as"),
        (
            ("list", "-p", "B200", "-m", "usd_per_gpu_hour", "-c", "hypersclaer"),
            "no usd_per_gpu_hour of B200 is described by 'hypersclaer'; did you mean hyperscaler?",
        ),
        (("list", "-p", "B200", "-c", "lunar"), 'no figure fits --platform "B200" --conditions "lunar"; without'),
        (("list", "-p", "B200", "--as-of", "2020"), "as known on 2020-12-31; on a later day there are"),
        (("list", "--json", "--csv"), "choose one of --json and --csv"),
        (("list", "-m"), "requires an argument"),
        (("show", "B200"), 'B200: name a metric too, such as usd_per_gpu_hour or'),
        (("show", "B20O"), "unknown platform 'B20O': did you mean B200"),
        (("show", ""), "name a platform and a metric"),
        (("show", "kw_per_gpu"), "kw_per_gpu is kept per platform; name one of H100"),
        (("show", "kw_per_gpus"), "did you mean kw_per_gpu?"),
        (("show", "B200", "pue"), "pue is not kept per platform; leave the platform empty"),
        (("show", "mainframe", "kw_per_gpu"), "unknown platform 'mainframe'; there are H100"),
        (("show", "b200.kw_per_gpu.corrected.2026-08"), "did you mean b200.kw_per_gpu.corrected.2026-07"),
        (
            ("show", "B200", "usd_per_gpu_hour"),
            "say which tier: 1.73 (hyperscaler), 2.07 (neocloud); decide with --conditions or --model",
        ),
        (
            ("show", "B200", "usd_per_gpu_hour", "-c", "neocloud", "--as-of", "2024"),
            "was known on 2024-12-31; the first is of 2025-10-31",
        ),
        (
            ("show", "b200.kw_per_gpu.corrected.2026-07", "--as-of", "2026-01"),
            "was not known on 2026-01-31; it is of 2026-07-14",
        ),
        (("show", "pue", "--as-of", "1/2/26"), "--as-of 1/2/26: is not a date"),
        (("show", "pue", "--json", "--csv"), "choose one of --json and --csv"),
        (("show",), "Missing argument"),
        (("diff", "2026-09", "2025"), "2026-09-30 is after 2025-12-31: write the earlier date first"),
        (("diff", "soon", "2026"), "DATE_A soon: is not a date"),
        (("diff", "2025", "later"), "DATE_B later: is not a date"),
        (("diff", "2025", "2026", "-p", "mainframe"), "unknown platform 'mainframe'; there are H100"),
        (("diff", "2025", "2026", "-c", "lunar"), 'no figure fits --conditions "lunar" as known on 2026-12-31; with'),
        (("diff", "2025", "2026", "--json", "--csv"), "choose one of --json and --csv"),
        (("diff", "2025"), "Missing argument"),
        (("list", "--colour"), "No such option"),
        (("lst",), "No such command"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_one_line_that_says_what_would_be_right(capsys, arguments, says):
    assert says in refused(capsys, "baselines", *arguments)


# -- show --------------------------------------------------------------------------------------------------------


def test_show_gives_the_whole_history_with_sources(capsys):
    text = printed(capsys, "show", "B200", "usd_per_gpu_hour", "--conditions", "hyperscaler")
    assert text.splitlines()[0] == "B200, usd_per_gpu_hour, hyperscaler: 1.73 USD/GPU-h"
    assert line_of(text, "2025-10-31", "1.95", "high")
    assert line_of(text, "2026-07-31", "1.73", "high")
    assert line_of(text, "2026-09-30", "1.73", "medium", "this", "figure")
    assert "confidence medium, owning" in text
    assert "SemiAnalysisAI/InferenceX-app@77ca49a679198bbf593bd1a57fe26a27c9967bb3" in text
    assert "July 2026 pricing survey" in flowing(text)


def test_show_names_who_says_otherwise(capsys):
    text = printed(capsys, "show", "B200", "hbm_tb_s")
    assert "Others say" in text
    assert line_of(text, "7.7", "2026-08-21", "aiconfigurator")
    assert "Others say" not in printed(capsys, "show", "B200", "hbm_tb_s", "--as-of", "2026-08-20")


def test_show_as_of_a_day_holds_what_was_known_then_and_says_that_more_came(capsys):
    text = printed(capsys, "show", "B200", "usd_per_gpu_hour", "-c", "hyperscaler", "--as-of", "2026-06-30")
    assert text.splitlines()[0].endswith("1.95 USD/GPU-h, as known on 2026-06-30")
    assert "1.73" not in text
    assert "2 later vintages left out, known only after 2026-06-30" in flowing(text)


def test_show_shows_a_corrected_figure_beside_the_old_one(capsys):
    text = printed(capsys, "show", "gb200", "kw_per_gpu")
    assert line_of(text, "all-in", "old", "2025-10-31", "low")
    assert line_of(text, "all-in", "corrected", "1.87", "high", "this", "figure")


def test_a_metric_without_platform_and_an_id_stand_alone(capsys):
    assert printed(capsys, "show", "pue").startswith("pue, survey 2025: 1.54 kW/kW")
    shown = json.loads(printed(capsys, "show", "b200.usd_per_gpu_hour.hyperscaler.2025-10", "--json"))
    assert shown["figure"]["value"] == 1.95
    assert len(shown["history"]) == 3


@pytest.mark.parametrize(
    ("arguments", "conditions"),
    [
        (("usd_per_kwh",), "United States mean 2025"),
        (("GB200", "output_tok_s_per_accelerator", "--model", "dsr1", "-c", "offline"), "Offline"),
    ],
)
def test_the_history_of_a_figure_is_not_that_of_another_region_or_scenario(capsys, arguments, conditions):
    shown = json.loads(printed(capsys, "show", *arguments, "--json"))
    assert shown["figure"]["conditions"] == conditions
    without_year = conditions.removesuffix(" 2025")
    assert len(shown["history"]) > 1
    assert shown["known_later"] == 0
    assert {row["conditions"].rsplit(" 20", 1)[0] for row in shown["history"]} == {without_year}


def test_show_as_json_and_csv(capsys):
    shown = json.loads(printed(capsys, "show", "B200", "hbm_tb_s", "--json"))
    assert shown["figure"]["value"] == 8.0
    assert [row["value"] for row in shown["contradictions"]] == [7.7]
    assert "others say 7.7" in shown["citation"]
    assert shown["meaning"] == "Memory bandwidth of one accelerator."
    rows = table(printed(capsys, "show", "B200", "usd_per_gpu_hour", "-c", "hyperscaler", "--csv"))
    assert [(row["role"], row["as_of"], float(row["value"])) for row in rows] == [
        ("history", "2025-10-31", 1.95),
        ("history", "2026-07-31", 1.73),
        ("figure", "2026-09-30", 1.73),
    ]
    assert [row["role"] for row in table(printed(capsys, "show", "B200", "hbm_tb_s", "--csv"))] == [
        "figure",
        "says otherwise",
    ]


# -- diff --------------------------------------------------------------------------------------------------------


def test_diff_shows_old_new_and_change(capsys):
    text = printed(capsys, "diff", "2026-07-30", "2026-07-31", "-p", "B200", "-p", "MI355X", "-m", "usd_per_gpu_hour")
    assert line_of(text, "B200", "hyperscaler", "1.95", "1.73", "-11.3%")
    assert line_of(text, "MI355X", "neocloud", "1.9", "2.09", "+10.0%")
    assert "usd_per_gpu_hour: USD/GPU-h, owning" in text
    assert "4 figures changed, 0 new between 2026-07-30 and 2026-07-31." in text
    assert "as of 2026-07-31" in text


def test_diff_shows_what_a_team_figure_of_any_tier_takes_over_as_changes(capsys, tmp_path):
    asked = ("diff", "2026-08-15", "2026-09-15", "-p", "B200", "-m", "usd_per_gpu_hour")
    text = printed(capsys, *asked, "--catalog", file_of(tmp_path, OWN_ANY_TIER))
    assert line_of(text, "hyperscaler", "1.73", "1.61", "-6.9%").split()[-1] == "team"
    assert line_of(text, "neocloud", "2.07", "1.61", "-22.2%").split()[-1] == "team"
    assert "2 figures changed, 0 new" in text


def test_diff_tells_new_figures_from_changed_ones(capsys):
    text = printed(capsys, "diff", "2026-04-02", "2026-04-03", "-p", "B300", "-m", "usd_per_gpu_hour")
    assert line_of(text, "hyperscaler", "-", "2.34", "new")
    assert "0 figures changed, 2 new" in text


def test_a_change_beyond_tenfold_is_a_factor():
    found = [commands._change({"change": "changed", "ratio": ratio}) for ratio in (12.0, 0.05, 1.5, None)]
    assert found == ["x 12", "x 0.05", "+50.0%", "changed"]


def test_diff_as_json_and_csv(capsys):
    asked = ("diff", "2026-07-30", "2026-07-31", "-p", "B200", "-m", "usd_per_gpu_hour")
    rows = json.loads(printed(capsys, *asked, "--json"))
    assert {(row["value_a"], row["value_b"], row["change"]) for row in rows} == {
        (1.95, 1.73, "changed"),
        (2.34, 2.07, "changed"),
    }
    assert tuple(rows[0]) == commands.DIFF_FIELDS, "the header of an empty CSV is the header of a full one"
    assert [float(row["ratio"]) for row in table(printed(capsys, *asked, "--csv"))] == [row["ratio"] for row in rows]


def test_nothing_changed_is_an_answer(capsys):
    asked = ("diff", "2026-08-01", "2026-08-05", "-p", "H100", "-m", "usd_per_gpu_hour")
    assert "nothing changed" in printed(capsys, *asked)
    assert json.loads(printed(capsys, *asked, "--json")) == []
    assert printed(capsys, *asked, "--csv") == ",".join(commands.DIFF_FIELDS) + "\n"


# -- import ------------------------------------------------------------------------------------------------------

IMPORTS = {  # kind: file, rows taken, refused, a figure as platform, metric, value
    "inferencex": ("inferencex_rows.json", 8, 0, ("GB200 NVL72", FRONTIER, 374.7543)),
    "mlperf": ("mlperf_results.json", 7, 3, ("GB300 NVL72", "output_tok_s_per_accelerator", 8987.1667)),
    "litellm": ("litellm_prices.json", 26, 3, ("", "usd_per_mtok_output", 2.19)),
    "quotes": ("best_throughput.csv", 88, 0, ("B200", "total_tok_s_per_gpu", 61612.7)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_imported_and_serves_as_a_team_catalogue(capsys, tmp_path, kind):
    file, taken, left, (platform, metric, value) = IMPORTS[kind]
    out = tmp_path / "mine.csv"
    text = printed(capsys, "import", kind, DATA / file, "-o", out, "--as-of", "2026-09-15")
    assert f"{file} ({kind}): {texts.counted(taken, 'row')} taken, {left} refused" in text
    assert f"Written: {out}" in text
    assert str(out) in text.splitlines()[-1], "how to use it"
    assert "TOKENBOOK_CATALOG" in text.splitlines()[-1]
    rows = json.loads(printed(capsys, "list", "-m", metric, "--all-vintages", "--catalog", out, "--json"))
    own = [row for row in rows if row["origin"] == f"team: {out}"]
    assert any(row["platform"] == platform and row["value"] == pytest.approx(value, rel=1e-9) for row in own)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.csv"], "nothing else is left behind"


def test_refused_rows_are_shown_with_line_and_reason(capsys, tmp_path):
    text = printed(capsys, "import", "mlperf", DATA / "mlperf_results.json", "-o", tmp_path / "mine.csv")
    assert "open division: another model may run under the name of the benchmark" in flowing(text)
    assert line_of(text, "125", "open", "division:")
    assert "Note: MLPerf counts output tokens only" in text


def slips(folder, count):
    """A table of one sound row and so many with a decimal comma."""
    bad = [f'H100,kw_per_gpu,"1,{number}",kW,2026-08-01,meter,,' for number in range(count)]
    return file_of(folder, OWN, *bad, name="quotes.csv")


def test_of_many_refused_rows_the_first_are_shown_and_the_rest_counted(capsys, tmp_path):
    text = printed(capsys, "import", "quotes", slips(tmp_path, 1500), "-o", tmp_path / "mine.csv")
    assert "1 row taken, 1,500 refused" in text
    shown = [line for line in text.splitlines() if "is not a number" in line and "'1," in line]
    assert len(shown) == importing.REFUSALS_SHOWN
    assert shown[0].split()[0] == "3", "the line in the file, header and all"
    assert "and 1,490 more refused; --json lists them line by line" in flowing(text)
    assert line_of(text, "1,500", "number")


def test_the_summary_for_programs_has_every_refused_row(capsys, tmp_path):
    out = tmp_path / "mine.csv"
    summary = json.loads(printed(capsys, "import", "quotes", slips(tmp_path, 40), "-o", out, "--json"))
    assert (summary["taken"], summary["refused"], summary["written"]) == (1, 40, str(out))
    assert [each["line"] for each in summary["refusals"]] == list(range(3, 43))
    assert "'1,39' is not a number" in summary["refusals"][-1]["reason"]
    assert summary["metrics"] == {"usd_per_gpu_hour": 1}


def test_a_file_is_never_replaced_without_force(capsys, tmp_path):
    out = tmp_path / "mine.csv"
    out.write_text("mine")
    asked = ("import", "quotes", file_of(tmp_path, OWN, name="quotes.csv"), "-o", out)
    assert f"{out}: exists already; choose another name, or --force" in refused(capsys, "baselines", *asked)
    assert out.read_text() == "mine"
    printed(capsys, *asked, "--force")
    assert "1.61" in out.read_text()


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_when_nothing_can_be_used_nothing_is_written(capsys, tmp_path, more):
    out = tmp_path / "mine.csv"
    out.write_text("mine")
    file = DATA / "inferencex_rows.json"
    assert run(["baselines", "import", "mlperf", str(file), "-o", str(out), "--force", *more]) == 2
    text, err = capsys.readouterr()
    assert err.splitlines() == [f"tokenbook: {file}: none of its 8 rows can be used; nothing was written"]
    assert "Performance_Units is missing" in text, "and the reasons are shown all the same"
    if more:
        assert json.loads(text)["written"] is None
    assert out.read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "content"),
    [("cut.json", '[{"hardware": "gb2'), ("empty.json", "[]"), ("other.json", '{"a": 1}'), ("none.json", None)],
)
def test_a_broken_file_is_one_line_naming_it_and_writes_nothing(capsys, tmp_path, name, content):
    file, out = tmp_path / name, tmp_path / "mine.csv"
    if content is not None:
        file.write_text(content)
    assert str(file) in refused(capsys, "baselines", "import", "inferencex", file, "-o", out)
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("excel", "{good}", "-o", "{tmp}/x.csv"), "excel: there is no such kind of file; there are inferencex"),
        (("quotes", "{good}", "-o", "{tmp}/x.xlsx"), "is written as a .csv file"),
        (("quotes", "{good}", "-o", "{tmp}/nowhere/x.csv"), "nowhere does not exist"),
        (("quotes", "{good}", "-o", "{tmp}/folder.csv"), "is a folder"),
        (("quotes", "{good}", "-o", "{good}", "--force"), "is the file to import"),
        (("quotes", "{good}", "-o", "{tmp}/x.csv", "--as-of", "soon"), "--as-of soon: is not a date"),
        (("quotes", "{good}", "-o", "{tmp}/x.csv", "--default", "model"), "write NAME=VALUE"),
        (("quotes", "{good}"), "Missing option"),
        (("quotes", "-o", "{tmp}/x.csv"), "Missing argument"),
    ],
)
def test_an_import_that_cannot_begin_is_one_line(capsys, tmp_path, arguments, says):
    good = file_of(tmp_path, OWN, name="quotes.csv")
    (tmp_path / "folder.csv").mkdir()
    given = [text.format(tmp=tmp_path, good=good) for text in arguments]
    assert says in refused(capsys, "baselines", "import", *given)
    assert good.read_text().endswith(OWN + "\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.csv", "quotes.csv"]


def test_defaults_fill_columns_that_a_table_lacks(capsys, tmp_path):
    """The published curve of an article is a bare table; the rest is said on the command line."""
    file, out = tmp_path / "curve.csv", tmp_path / "mine.csv"
    file.write_text("platform,conc,tok_s_per_user,tok_s_per_gpu\nGB200,64,20,14000\nGB200,8,100,6800\n")
    said = ("model=DeepSeek-R1", "shape=1k/1k", "precision=fp4", "disagg=true", "date=2026-05-22")
    printed(capsys, "import", "inferencex", file, "-o", out, *(word for text in said for word in ("--default", text)))
    with out.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["interactivity"], row["value"], row["isl"], row["run_date"]) for row in rows] == [
        ("20.0", "14000.0", "1024", "2026-05-22"),
        ("100.0", "6800.0", "1024", "2026-05-22"),
    ]


def test_a_workbook_of_quotes_is_imported(capsys, tmp_path):
    book = openpyxl.Workbook()
    for line in csv.reader([HEADER, OWN]):
        book.active.append(line)
    book.save(tmp_path / "offers.xlsx")
    text = printed(capsys, "import", "quotes", tmp_path / "offers.xlsx", "-o", tmp_path / "mine.csv")
    assert "1 row taken, 0 refused" in text


def test_the_reader_of_a_terminal_sees_what_is_going_on(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # makes standard error count as a terminal
    monkeypatch.delenv("NO_COLOR", raising=False)
    code = run(["baselines", "import", "quotes", str(slips(tmp_path, 10)), "-o", str(tmp_path / "mine.csv"), "--json"])
    out, err = capsys.readouterr()
    assert code == 0
    assert "quotes.csv" in err
    assert json.loads(out)["taken"] == 1, "progress never mixes with the answer"


def test_the_help_names_every_kind_of_file(capsys):
    assert run(["baselines", "import", "--help"]) == 0
    text = capsys.readouterr().out
    assert all(kind in text for kind in KINDS)


@pytest.mark.parametrize("command", ["list", "show", "diff", "import"])
def test_every_help_has_an_example(capsys, command):
    assert run(["baselines", command, "--help"]) == 0
    assert f"Example: tokenbook baselines {command}" in flowing(capsys.readouterr().out)


# -- the team's catalogue ----------------------------------------------------------------------------------------


def place_of(kind, folder, *lines):
    if kind == "csv":
        return str(file_of(folder, *lines))
    if kind == "database":
        return database_of(folder, *lines)
    book = openpyxl.Workbook()
    for line in csv.reader([HEADER, *lines]):
        book.active.append(line)
    book.save(folder / "mine.xlsx")
    return str(folder / "mine.xlsx")


@pytest.mark.parametrize("named", ["option", "environment"])
@pytest.mark.parametrize("kind", ["csv", "xlsx", "database"])
def test_a_team_figure_wins_and_is_marked_wherever_it_appears(capsys, tmp_path, monkeypatch, kind, named):
    columns(monkeypatch, 250)
    place = place_of(kind, tmp_path, OWN)
    option = ("--catalog", place) if named == "option" else ()
    if named == "environment":
        monkeypatch.setenv("TOKENBOOK_CATALOG", place)

    text = printed(capsys, "list", "-p", "B200", "-p", "H100", "-m", "usd_per_gpu_hour", "-c", "hyperscaler", *option)
    assert line_of(text, "B200", "1.61").split()[-1] == "team"
    assert "team" not in line_of(text, "H100", "1.17")
    assert "treasury 2026-17; net of rebates, [draft]" in text, "brackets are text, not mark-up"
    assert text.splitlines()[-1] == f"1 of these figures from the team catalogue {place}, marked team."

    text = printed(capsys, "show", "B200", "usd_per_gpu_hour", "-c", "hyperscaler", *option)
    assert f"The team's own figure ({place})." in text
    assert line_of(text, "2026-09-01", "1.61").endswith("this figure, team")
    assert "team" not in line_of(text, "2026-09-30", "1.73")

    text = printed(capsys, "diff", "2026-08-15", "2026-09-15", "-p", "B200", "-m", "usd_per_gpu_hour", *option)
    assert line_of(text, "1.73", "1.61", "-6.9%").split()[-1] == "team"

    for command in (("list", "-p", "B200"), ("diff", "2026-08-15", "2026-09-15", "-p", "B200")):
        rows = json.loads(printed(capsys, *command, "-m", "usd_per_gpu_hour", *option, "--json"))
        assert [row["origin"] for row in rows if 1.61 in row.values()] == [f"team: {place}"]


def test_a_team_figure_says_which_shipped_figures_it_stands_in_for(capsys, tmp_path):
    mine = file_of(tmp_path, OWN_ANY_TIER, ",pue,1.2,kW/kW,2026-08-01,our site,,")
    text = printed(capsys, "show", "B200", "usd_per_gpu_hour", "--catalog", mine)
    after = text.split("Shipped figures that the team's figure stands in for")[1]
    assert line_of(after, "1.73", "hyperscaler")
    assert line_of(after, "2.07", "neocloud")
    shown = json.loads(printed(capsys, "show", "pue", "--catalog", mine, "--json"))
    assert 1.54 in [row["value"] for row in shown["in_place_of"]]
    rows = table(printed(capsys, "show", "B200", "usd_per_gpu_hour", "--catalog", mine, "--csv"))
    assert [row["role"] for row in rows] == ["figure", "in place of", "in place of"]


def test_a_platform_of_the_teams_own_is_listed_and_shown(capsys, tmp_path):
    mine = file_of(tmp_path, "Rack 7,kw_per_gpu,1.5,kW,2026-08-01,meter,,")
    assert line_of(printed(capsys, "list", "-p", "rack-7", "--catalog", mine), "Rack", "7", "1.5", "team")
    assert "1.5 kW/GPU" in printed(capsys, "show", "Rack 7", "kw_per_gpu", "--catalog", mine).splitlines()[0]


def test_the_catalogue_of_one_command_is_not_that_of_the_next(capsys, tmp_path):
    asked = ("list", "-p", "B200", "-m", "usd_per_gpu_hour", "-c", "hyperscaler", "--json")
    assert json.loads(printed(capsys, *asked, "--catalog", file_of(tmp_path, OWN)))[0]["value"] == 1.61
    assert json.loads(printed(capsys, *asked))[0]["value"] == 1.73


UNREADABLE = {
    "{tmp}/nowhere.csv": "no such file",
    "sqlite:///{tmp}/nowhere.db": "no such database file",
    "sqlite:///{tmp}/text.db": "not a database",
    "nosuch://host/db": "nosuch",
    "{tmp}/bad.csv": "line 3: value '1,61' is not a number",
}


@pytest.mark.parametrize("place", UNREADABLE)
@pytest.mark.parametrize(
    "command",
    [
        ("baselines", "list", "-p", "B200"),
        ("baselines", "show", "pue", "--json"),
        ("baselines", "diff", "2025", "2026", "--csv"),
        ("claims",),
        ("claims", "15x"),
        ("new", "roi", "{tmp}/roi.xlsx"),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_an_unusable_catalogue_is_one_line_naming_the_place_and_never_the_shipped_figures(
    capsys, tmp_path, monkeypatch, command, place
):
    (tmp_path / "text.db").write_text("this is no database")
    file_of(tmp_path, OWN, 'H100,usd_per_gpu_hour,"1,61",USD/GPU-h,2026-09-01,treasury,,', name="bad.csv")
    where, reason = place.format(tmp=tmp_path), UNREADABLE[place]
    command = [word.format(tmp=tmp_path) for word in command]
    monkeypatch.setenv("TOKENBOOK_CATALOG", where)
    for arguments in ([*command, "--catalog", where], command):
        assert run(arguments) == 2
        out, err = capsys.readouterr()
        assert out.strip() == ""
        (said,) = [line for line in err.splitlines() if line.strip()]
        assert said.startswith(f"tokenbook: team catalogue {where}")
        assert reason in said
    assert not (tmp_path / "roi.xlsx").exists()


def test_a_password_is_never_printed(capsys):
    said = refused(capsys, "baselines", "list", "--catalog", "postgresql+nodriver://ann:secret@db/prices")
    assert "secret" not in said
    assert "postgresql+nodriver://ann:***@db/prices" in said


def test_a_workbook_takes_the_teams_figure_and_says_whose_it_is(capsys, tmp_path):
    place = database_of(tmp_path, "B200,kw_per_gpu,1.4242,kW,2026-08-01,our meter,,")
    out = tmp_path / "roi.xlsx"
    assert run(["new", "roi", str(out), "-p", "B200", "--catalog", place]) == 0
    capsys.readouterr()
    cells = [
        [cell.value for cell in row]
        for sheet in openpyxl.load_workbook(out, data_only=True)
        for row in sheet.iter_rows()
    ]
    own = [row for row in cells if f"team: {place}" in row]
    assert own
    assert all(1.4242 in row and "our meter" in row for row in own)


# -- as a program ------------------------------------------------------------------------------------------------


def program(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "tokenbook", "baselines", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "COLUMNS": "80", "PYTHONIOENCODING": "utf-8", **environment},
        cwd=Path(__file__).parents[2],
    )


def test_in_80_columns_no_line_is_cut_and_no_figure_is_broken(tmp_path):
    done = program("list", "-p", "GB200 NVL72", "-m", "rack_price_usd", "-m", "usd_per_gpu_hour", "-m", "kw_per_gpu")
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "…" not in done.stdout
    assert line_of(done.stdout, "GB200", "NVL72", "reported", "3,300,000", "2026-02-16", "medium")
    assert line_of(done.stdout, "GB200", "NVL72", "hyperscaler", "1.86", "2026-09-30")


def test_the_program_refuses_with_one_line_and_code_2(tmp_path):
    done = program("list", TOKENBOOK_CATALOG=str(tmp_path / "gone.csv"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [f"tokenbook: team catalogue {tmp_path / 'gone.csv'}: no such file"]


def test_the_program_imports_and_answers_from_what_it_imported(tmp_path):
    out = tmp_path / "mine.csv"
    done = program("import", "quotes", file_of(tmp_path, OWN, name="quotes.csv"), "-o", out)
    assert (done.returncode, done.stderr) == (0, ""), "no trace of progress where nobody watches"
    done = program("show", "B200", "usd_per_gpu_hour", "-c", "hyperscaler", "--json", TOKENBOOK_CATALOG=str(out))
    assert json.loads(done.stdout)["figure"]["origin"] == f"team: {out}"
