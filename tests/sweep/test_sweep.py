"""A workbook swept over scenarios: right figures in the right rows, whatever is interrupted, lost or refused."""

import json
import os
import signal

import openpyxl
import pandas
import pytest
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from tokenbook.addin import cli
from tokenbook.templates.sweep import parts, run, scenarios, schedule, simulate
from tokenbook.templates.sweep.errors import SweepError
from tokenbook.templates.sweep.evaluator import Evaluator
from tokenbook.templates.sweep.parts import Parts, Stretch
from tokenbook.templates.sweep.spec import read_spec


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """price * volume - cost, a share that is validated, a TOK function, an output that errors where volume is 0."""
    path = tmp_path_factory.mktemp("sweep") / "deal.xlsx"
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "Deal"
    for row, (name, value) in enumerate(
        (
            ("price", 2.0), ("volume", 100.0), ("cost", 50.0), ("share", 0.5), ("kind", "own"),
            ("margin", "=B1*B2*B4-B3"), ("unit_cost", "=B3/B2"), ("tok", "=TOK_COST(B1,B2)"),
            ("untouched", "=1+1"), ("word", '=IF(B6>0,"gain","loss")'),
        ),
        1,
    ):  # fmt: skip
        sheet.cell(row, 1).value, sheet.cell(row, 2).value = name, value
        workbook.defined_names[name] = DefinedName(name, attr_text=f"Deal!$B${row}")
    rule = DataValidation("decimal", operator="between", formula1="0", formula2="1", showErrorMessage=True)
    rule.error = "a share from 0 to 1"
    rule.add("B4")
    sheet.add_data_validation(rule)
    workbook.save(path)
    return path


def table(text: str, tmp_path):
    path = tmp_path / "scenarios.csv"
    path.write_text(text)
    return scenarios.read(path)


def test_every_scenario_gets_its_own_row_and_blanks_keep_the_workbook_value(book, tmp_path):
    given = table("scenario,price,volume,share\nbase,,,\nhigh,4,,\nhalf,4,50,25%\n", tmp_path)
    out = tmp_path / "out.csv"
    outcome = run.sweep(book, given, ["margin", "unit_cost", "word"], out, workers=1)
    found = pandas.read_csv(out)
    assert found["scenario"].tolist() == ["base", "high", "half"]
    assert found["margin"].tolist() == [50.0, 150.0, 0.0]
    assert found["unit_cost"].tolist() == [0.5, 0.5, 1.0]
    assert found["word"].tolist() == ["gain", "gain", "loss"]
    assert (outcome.total, outcome.failed) == (3, 0)


def test_a_failing_scenario_says_why_and_the_others_go_on(book, tmp_path):
    given = table("price,volume,share\n1,0,\n1,10,1.5\nmuch,10,\n1,10,0.5\n", tmp_path)
    out = tmp_path / "out.csv"
    outcome = run.sweep(book, given, ["unit_cost", "margin"], out, workers=1)
    found = pandas.read_csv(out)
    assert outcome.failed == 3
    assert found["error"][0] == "unit_cost: #DIV/0!"
    assert found["margin"][0] == -50.0, "the output that has a value keeps it"
    assert "a share from 0 to 1" in found["error"][1]
    assert "'much' is text" in found["error"][2]
    assert found["unit_cost"][3] == 5.0
    assert pandas.isna(found["error"][3])


def test_a_refused_scenario_leaves_nothing_behind_for_the_next(book, tmp_path):
    given = table("price,share\n9,7\n,0.5\n", tmp_path)
    out = tmp_path / "out.csv"
    run.sweep(book, given, ["margin"], out, workers=1)
    assert pandas.read_csv(out)["margin"][1] == 50.0


def test_our_functions_answer_in_a_sweep(book, tmp_path):
    from tokenbook.udfs.functions import registry

    cost = registry()["tok_cost"].call
    out = tmp_path / "out.parquet"
    run.sweep(book, table("price,volume\n2,1000\n3,500\n", tmp_path), ["tok"], out, workers=1)
    assert pandas.read_parquet(out)["tok"].tolist() == pytest.approx([cost(2.0, 1000.0), cost(3.0, 500.0)], rel=1e-12)


def test_parquet_scenarios_are_read(book, tmp_path):
    path = tmp_path / "scenarios.parquet"
    pandas.DataFrame({"price": [1, 2], "volume": [10.0, None]}).to_parquet(path)
    out = tmp_path / "out.csv"
    run.sweep(book, scenarios.read(path), ["margin"], out, workers=1)
    assert pandas.read_csv(out)["margin"].tolist() == [-45.0, 50.0]


def test_names_with_a_star_stand_for_all_that_are_like_it(book, tmp_path):
    out = tmp_path / "out.csv"
    outcome = run.sweep(book, table("price\n1\n", tmp_path), ["*_cost", "margin"], out, workers=1)
    assert outcome.outputs == ("unit_cost", "margin")


def test_an_output_that_no_input_reaches_is_named(book, tmp_path):
    outcome = run.sweep(book, table("price\n1\n", tmp_path), ["untouched", "margin"], tmp_path / "o.csv", workers=1)
    assert outcome.idle == ("untouched",)


@pytest.mark.parametrize(
    ("text", "outputs", "words"),
    [
        ("prise\n1\n", ["margin"], "prise: is neither a name"),
        ("margin\n1\n", ["unit_cost"], "holds a formula"),
        ("price\n1\n", ["profit"], "profit: is neither a name"),
        ("price\n1\n", ["profit*"], "no name of the workbook is like it"),
        ("price\n1\n", [], "name at least one"),
        ("price,margin\n1,2\n", ["margin"], "holds a formula"),
        ("scenario\n1\n", ["margin"], "has no column that is an input"),
        ("price,price\n1,2\n", ["margin"], "is there twice"),
        ("price\n", ["margin"], "holds no scenarios"),
        ("", ["margin"], "no table of scenarios"),
    ],
)
def test_what_cannot_be_swept_is_refused_in_one_line(book, tmp_path, text, outputs, words):
    with pytest.raises(SweepError) as refusal:
        run.sweep(book, table(text, tmp_path), outputs, tmp_path / "out.csv", workers=1)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert not (tmp_path / "out.csv").exists()


def test_an_interrupted_sweep_continues_and_gives_the_same_table(book, tmp_path, monkeypatch):
    text = "price\n" + "".join(f"{n}\n" for n in range(40))
    whole, resumed = tmp_path / "whole.csv", tmp_path / "resumed.csv"
    run.sweep(book, table(text, tmp_path), ["margin"], whole, workers=1)
    calls = []
    real = schedule.calculate

    def stopping(digest, first, rows):
        calls.append(len(rows))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(digest, first, rows)

    monkeypatch.setattr(schedule, "calculate", stopping)
    monkeypatch.setattr(schedule, "LONGEST_CHUNK", 5)
    with pytest.raises(KeyboardInterrupt):
        run.sweep(book, table(text, tmp_path), ["margin"], resumed, workers=1)
    assert not resumed.exists()
    kept = sum(calls[:2])
    monkeypatch.setattr(schedule, "calculate", real)
    outcome = run.sweep(book, table(text, tmp_path), ["margin"], resumed, workers=1)
    assert outcome.resumed == kept > 0
    assert resumed.read_bytes() == whole.read_bytes()
    assert not list(tmp_path.glob("*.parts")), "the parts go when the table is whole"


def test_parts_of_another_sweep_are_not_mixed_in(book, tmp_path):
    out = tmp_path / "out.csv"
    Parts(out, {"sweep": "another"})
    with pytest.raises(SweepError, match="--restart"):
        run.sweep(book, table("price\n1\n", tmp_path), ["margin"], out, workers=1)
    run.sweep(book, table("price\n1\n", tmp_path), ["margin"], out, workers=1, restart=True)
    assert out.exists()


def test_gaps_between_finished_parts_are_found(tmp_path):
    kept = Parts(tmp_path / "o.csv", {"sweep": "x"})
    answer = schedule.Answer((1.0,))
    kept.keep(2, [answer] * 3)
    kept.keep(7, [answer])
    assert kept.missing(10) == [Stretch(0, 2), Stretch(5, 2), Stretch(8, 2)]
    assert parts.FOLDER in str(kept.folder)


def test_chunks_grow_to_what_fits_the_time():
    chunks = schedule.Chunks([Stretch(0, 10_000)])
    assert chunks.next() == Stretch(0, schedule.FIRST_CHUNK)
    chunks.learn(schedule.Done(0, [None] * 10, 0.1))  # 10 ms each
    assert chunks.next() == Stretch(schedule.FIRST_CHUNK, int(schedule.CHUNK_SECONDS / 0.01))


def test_outputs_behind_a_spill_are_calculated_in_full(tmp_path):
    """Checks reads cells that a function fills on Panels; it must follow a changed input."""
    from tokenbook.templates import build
    from tokenbook.templates.models import module
    from tokenbook.templates.models.shared.options import Options

    path = tmp_path / "roi.xlsx"
    build.build(module("roi").compose(Options(platforms=("B200",), version="test")), path)
    narrow = Evaluator(path.read_bytes(), ("discount_rate",), ("npv_1",))
    wide = Evaluator(path.read_bytes(), ("discount_rate",), ("npv_1", "check_master"))
    try:
        assert narrow.engine.narrow
        assert not wide.engine.narrow, "the master check reads the panels"
        first = narrow.answer((0.2,))
        assert first.values[0] == pytest.approx(wide.answer((0.2,)).values[0], rel=1e-12)
        assert wide.answer((0.3,)).values[1] == "OK"
    finally:
        narrow.close()
        wide.close()


@pytest.mark.parametrize("output", ["B9", "B12", "B13", "B14", "B15"])
def test_formulas_that_no_output_reads_stand_still_and_all_others_follow(tmp_path, output):
    """Only what an output needs is calculated; a formula left out by mistake would give an old result."""
    path = tmp_path / "chain.xlsx"
    workbook = openpyxl.Workbook()
    sheet, other = workbook.active, workbook.create_sheet("Other one")
    sheet["A1"] = 2.0
    for row in range(1, 9):
        sheet.cell(row, 2).value = f"=$A$1*{row}" if row < 3 else f"=B{row - 1}+B{row - 2}"
    sheet["B9"] = "=SUM('Other one'!A:A)+B8"
    other["A1"], other["A2"] = "=Sheet!B3*10", "=PRICE_NOW*2"
    workbook.defined_names["PRICE_NOW"] = DefinedName("PRICE_NOW", attr_text="Sheet!$A$1")
    sheet["B12"] = '=INDIRECT("B"&8)'
    sheet["B13"] = "=SUM(B1:INDEX(B:B,8))"
    sheet["B14"] = "=TOK_COST(B8,B9)"
    sheet["B15"] = "=SUMPRODUCT((B1:B8>0)*B1:B8)"
    workbook.save(path)
    evaluator = Evaluator(path.read_bytes(), ("Sheet!A1",), (f"Sheet!{output}",))
    try:
        for value in (3.0, 5.0):
            fibonacci = [value, 2 * value]
            while len(fibonacci) < 8:
                fibonacci.append(fibonacci[-1] + fibonacci[-2])
            total = fibonacci[7] + 10 * fibonacci[2] + 2 * value
            right = {
                "B9": total,
                "B12": fibonacci[7],
                "B13": sum(fibonacci),
                "B14": fibonacci[7] * 1e6 / (total * 3600),
                "B15": sum(fibonacci),
            }
            answer = evaluator.answer((value,))
            assert answer.error == ""
            assert answer.values[0] == pytest.approx(right[output], rel=1e-12)
    finally:
        evaluator.close()


# --- several workers ---------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_two_processes_give_the_table_of_one(book, tmp_path):
    text = "price,volume\n" + "".join(f"{n},{n % 7}\n" for n in range(60))
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    run.sweep(book, table(text, tmp_path), ["margin", "unit_cost"], one, workers=1)
    run.sweep(book, table(text, tmp_path), ["margin", "unit_cost"], two, workers=2)
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.slow
def test_a_killed_worker_loses_nothing(book, tmp_path, monkeypatch):
    """One process of the cluster is killed while it works; its chunk is done again."""
    import threading

    import distributed

    text = "price\n" + "".join(f"{n}\n" for n in range(300))
    expected, found = tmp_path / "expected.csv", tmp_path / "found.csv"
    run.sweep(book, table(text, tmp_path), ["margin"], expected, workers=1)
    monkeypatch.setattr(schedule, "LONGEST_CHUNK", 10)
    killed = threading.Event()
    real = distributed.LocalCluster

    class Watched(real):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            Watched.instance = self

    monkeypatch.setattr(distributed, "LocalCluster", Watched)

    def progress(done, total):
        if 0 < done < total and not killed.is_set():
            killed.set()
            worker = next(iter(Watched.instance.workers.values()))
            os.kill(worker.pid, signal.SIGKILL)

    run.sweep(book, table(text, tmp_path), ["margin"], found, workers=2, progress=progress)
    assert killed.is_set()
    assert found.read_bytes() == expected.read_bytes()


@pytest.mark.slow
def test_an_existing_cluster_is_used(book, tmp_path):
    import distributed

    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        out = tmp_path / "out.csv"
        given = table("price\n1\n2\n", tmp_path)
        run.sweep(book, given, ["margin"], out, scheduler=cluster.scheduler_address)
    assert pandas.read_csv(out)["margin"].tolist() == [0.0, 50.0]


def test_no_cluster_there_is_said(book, tmp_path, monkeypatch):
    monkeypatch.setattr(schedule, "CONNECT_SECONDS", 1)
    with pytest.raises(SweepError, match="no Dask scheduler answers there"):
        run.sweep(book, table("price\n1\n", tmp_path), ["margin"], tmp_path / "o.csv", scheduler="tcp://127.0.0.1:9")


# --- simulation --------------------------------------------------------------------------------------------------

SPEC = """
trials = 2000
seed = 3
outputs = ["margin", "unit_cost"]
inputs = {cost = 0}
[uncertain.price]
distribution = "uniform"
low = 1
high = 3
[uncertain.share]
distribution = "normal"
mean = 0.9
sd = 0.2
[[correlations]]
between = ["price", "share"]
rank_correlation = 0.6
"""


@pytest.mark.slow
def test_a_simulation_finds_the_closed_form_within_its_stated_error(book, tmp_path):
    """With cost 0 and share certain, margin is 50 * price: a uniform from 50 to 150."""
    spec = tmp_path / "risk.toml"
    spec.write_text(SPEC.partition("[uncertain.share]")[0])
    result = simulate.simulate(book, read_spec(spec), tmp_path / "t.csv", progress=lambda done, total: None, workers=1)
    margin = result.summaries["margin"]
    for share in (5, 25, 50, 75, 95):
        estimate = margin[f"p{share}"]
        assert abs(estimate.value - (50 + share)) <= 4 * max(estimate.standard_error, 0.05)
    assert margin["mean"].value == pytest.approx(100, abs=0.5)


@pytest.mark.slow
def test_draws_respect_the_cell_and_the_correlation_asked_for(book, tmp_path):
    spec = tmp_path / "risk.toml"
    spec.write_text(SPEC)
    read = read_spec(spec)
    drawn, clipped = simulate.trials(book, read)
    assert clipped["share"] > 0
    assert max(drawn["share"]) == 1.0
    price, share = (pandas.Series(drawn[name]).rank() for name in ("price", "share"))
    assert price.corr(share) == pytest.approx(0.6, abs=0.03)
    again, _ = simulate.trials(book, read)
    assert all(again[name] == drawn[name] for name in ("price", "share")), "one seed, one set of draws"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("uniform", "unifrom"), "uniform"),
        (('outputs = ["margin", "unit_cost"]', ""), "outputs is missing"),
        (("rank_correlation = 0.6", "rank_correlation = 1.6"), "1.6"),
        (("trials = 2000", "trials = ["), "is no TOML"),
        (("seed = 3", "sead = 3"), "did you mean seed"),
    ],
)
def test_a_wrong_specification_is_refused_in_one_line(tmp_path, change, words):
    spec = tmp_path / "risk.toml"
    spec.write_text(SPEC.replace(*change))
    with pytest.raises(SweepError) as refusal:
        read_spec(spec)
    assert words in str(refusal.value)


def test_only_numbers_are_uncertain(book, tmp_path):
    spec = tmp_path / "risk.toml"
    spec.write_text(SPEC.replace("uncertain.share", "uncertain.kind").replace('"share"', '"kind"'))
    with pytest.raises(SweepError, match="only numbers are uncertain"):
        simulate.trials(book, read_spec(spec))


# --- the commands ------------------------------------------------------------------------------------------------


def test_the_commands_from_the_outside(book, tmp_path, capsys):
    (tmp_path / "s.csv").write_text("price\n1\n2\n")
    (tmp_path / "r.toml").write_text(SPEC.replace("2000", "40"))
    out = tmp_path / "out.csv"
    given = ["sweep", str(book), "--inputs", str(tmp_path / "s.csv"), "--outputs", "margin", "-o", str(out)]
    assert cli.run([*given, "--workers", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scenarios"] == 2
    assert cli.run([*given, "--workers", "1"]) == 2
    assert "exists already" in capsys.readouterr().err
    assert cli.run(["simulate", str(book), "--spec", str(tmp_path / "r.toml"), "--workers", "1"]) == 0
    shown = capsys.readouterr().out
    assert "50 % are below" in shown
    assert "What drives margin" in shown
    assert cli.run(["sweep", "nothing.xlsx", *given[2:-1], str(tmp_path / "new.csv")]) == 2
    assert "no such file" in capsys.readouterr().err
