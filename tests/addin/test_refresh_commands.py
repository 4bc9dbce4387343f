"""``tokenbook bind`` and ``tokenbook refresh``: what they print, refuse in one line, and never touch."""

import csv
import json
import os
import shutil
import zipfile

import openpyxl
import pytest
import xlsxwriter
from openpyxl.workbook.defined_name import DefinedName
from rich.console import Console

from tokenbook.addin.cli import run
from tokenbook.addin.commands import show
from tokenbook.templates import ooxml
from tokenbook.udfs import catalog

RATE = ("-p", "B200", "-m", "usd_per_gpu_hour", "-c", "hyperscaler")
POWER = ("-p", "B200", "-m", "kw_per_gpu")
EARLIER = "2026-06-30"
TYPED_RATE, TYPED_POWER, GPUS = 9.5, 8.25, 72.0  # not figures of the catalogue, so that a refresh has work
SEALED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512) + "EncryptedPackage".encode("utf-16-le") + bytes(512)
CELL_FIELDS = {
    "cell", "status", "meaning", "old", "new", "unit", "source", "reference", "as_of", "confidence", "key",
}  # fmt: skip
BOOK_FIELDS = {
    "workbook", "error", "written", "cells", "formulas_that_depend", "results_changed", "left_to_excel", "recorded_in",
    "pivots_to_refresh",
}  # fmt: skip


def figure(metric="usd_per_gpu_hour", conditions="hyperscaler", as_of=None):
    """The shipped row that the command should find."""
    return catalog.shipped().get("B200", metric, None, conditions, as_of)


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch):
    """Wide enough that no path is folded, no team catalogue; what a command chose is forgotten afterwards."""
    monkeypatch.setattr(show, "console", Console(highlight=False, color_system=None, width=400))
    monkeypatch.delenv("TOKENBOOK_CATALOG", raising=False)
    yield
    catalog.use(None)


def write_model(path, wrong_by=0.0):
    book = xlsxwriter.Workbook(str(path))
    inputs, model = book.add_worksheet("Inputs"), book.add_worksheet("Model")
    inputs.write_column("A1", ["What", "rate", "power", "GPUs"])
    inputs.write_column("B1", ["Value", TYPED_RATE, TYPED_POWER, GPUS])
    book.define_name("rate", "=Inputs!$B$2")
    book.define_name("everything", "=Inputs!$B$2:$B$4")
    model.write_formula("B2", "=rate*Inputs!B4", None, TYPED_RATE * GPUS + wrong_by)
    model.write_formula("B3", "=B2*24", None, TYPED_RATE * GPUS * 24)
    book.close()


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """An unbound model, and the same with the rate and the power bound through the command."""
    folder = tmp_path_factory.mktemp("originals")
    write_model(folder / "model.xlsx")
    shutil.copyfile(folder / "model.xlsx", folder / "bound.xlsx")
    assert run(["bind", str(folder / "bound.xlsx"), "Inputs!B2", *RATE]) == 0
    assert run(["bind", str(folder / "bound.xlsx"), "Inputs!B3", *POWER]) == 0
    return folder


@pytest.fixture
def model(originals, tmp_path):
    return shutil.copyfile(originals / "model.xlsx", tmp_path / "model.xlsx")


@pytest.fixture
def bound(originals, tmp_path):
    return shutil.copyfile(originals / "bound.xlsx", tmp_path / "model.xlsx")


@pytest.fixture
def tokenbook(capsys):
    """Function: run a command; gives exit code, standard output and the lines of standard error. Never a traceback."""

    def call(*arguments):
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        lines = err.splitlines()
        assert "Traceback" not in out + err
        assert "fault of Tokenbook" not in out + err
        assert all(line.startswith("tokenbook: ") for line in lines), err
        return code, out, lines

    return call


@pytest.fixture
def works(tokenbook):
    """Function: run a command that must work and say nothing on standard error; gives its output."""

    def call(*arguments):
        code, out, err = tokenbook(*arguments)
        assert (code, err) == (0, [])
        return out

    return call


@pytest.fixture
def refused(tokenbook, tmp_path):
    """Function: run a command that must be refused in one line and change no file; gives the line."""

    def call(*arguments):
        before = snapshot(tmp_path)
        code, out, err = tokenbook(*arguments)
        assert code == 2
        assert len(err) == 1, err
        assert out == ""
        assert snapshot(tmp_path) == before
        return err[0].removeprefix("tokenbook: ")

    return call


def snapshot(folder):
    """Every file below a folder with its content and its date."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def names(path):
    """Names of the files beside a workbook."""
    return sorted(each.name for each in path.parent.iterdir())


def value(path, sheet, ref):
    with ooxml.open_package(path) as package:
        return package.cell(sheet, ref).value


def put(path, **cells):
    """Type into cells of Inputs; a text that begins with = is a formula."""
    with ooxml.open_package(path) as package:
        for ref, content in cells.items():
            if isinstance(content, str) and content.startswith("="):
                package.set_formula("Inputs", ref, content)
            else:
                package.set_value("Inputs", ref, content)
        package.save()


def row_of(text, *words):
    """The one line of a table that holds all the words."""
    (found,) = [line for line in text.splitlines() if all(word in line for word in words)]
    return found


def cells_of(data, number=0):
    """Status and old value of each cell of a workbook in the JSON of refresh."""
    return {cell["cell"]: (cell["status"], cell["old"]) for cell in data["workbooks"][number]["cells"]}


# -- bind --------------------------------------------------------------------------------------------------------


def test_a_cell_is_bound_and_keeps_its_figure(model, works):
    before = model.read_bytes()
    out = works("bind", model, "Inputs!B2", *RATE)
    line = row_of(out, "Inputs!B2")
    for word in ("B200 usd_per_gpu_hour hyperscaler", "USD/GPU-h", "9.5", show.cell_value(figure().value)):
        assert word in line
    assert "1 cell bound, the figures stay as they are" in out
    assert f"tokenbook refresh {model}" in out
    assert value(model, "Inputs", "B2") == TYPED_RATE
    assert names(model) == ["model.xlsx", "model.xlsx.bak"]
    assert model.with_name("model.xlsx.bak").read_bytes() == before
    kept = openpyxl.load_workbook(model).defined_names
    assert kept["_tokenbook.1"].attr_text == "'Inputs'!$B$2"
    assert all(kept[name].hidden for name in ("_tokenbook.1", "_tokenbook.1.key"))


def test_the_suggested_refresh_is_of_the_file_that_was_written(model, works):
    out = works("bind", model, "Inputs!B2", *RATE, "-o", model.with_name("other.xlsx"))
    assert f"tokenbook refresh {model.with_name('other.xlsx')}" in out


def test_output_leaves_the_workbook_as_it_is(model, works):
    before = model.read_bytes()
    out = model.with_name("bound.xlsx")
    works("bind", model, "Inputs!B2", *RATE, "-o", out)
    assert model.read_bytes() == before
    assert names(model) == ["bound.xlsx", "model.xlsx"]
    assert "nothing is bound" in works("bind", model, "--list")
    assert "Inputs!B2" in works("bind", out, "--list")


def test_a_name_of_the_workbook_says_which_cell(model, works):
    data = json.loads(works("bind", model, "RATE", *RATE, "--json"))
    assert [each["cell"] for each in data["bound"]] == ["Inputs!B2"]


def test_an_empty_cell_is_bound_and_filled_by_refresh(model, works):
    works("bind", model, "Inputs!B9", *RATE)
    works("refresh", model, "--write")
    assert value(model, "Inputs", "B9") == figure().value


def test_bind_as_json(model, works):
    row = figure()
    data = json.loads(works("bind", model, "Inputs!B2", *RATE, "--json"))
    expected = {
        "number": 1, "cell": "Inputs!B2", "platform": "B200", "metric": "usd_per_gpu_hour", "model": "",
        "conditions": "hyperscaler", "value": TYPED_RATE, "last_written": TYPED_RATE, "catalogue": row.value,
        "unit": row.unit, "as_of": row.as_of, "fault": None,
    }  # fmt: skip
    assert data == {"workbook": str(model), "written": str(model), "bound": [expected]}
    assert json.loads(works("bind", model, "--list", "--json")) == {"workbook": str(model), "bound": [expected]}


def test_the_list_only_reads(model, bound, works):
    before = snapshot(bound.parent)
    out = works("bind", bound, "--list")
    assert "hyperscaler" in row_of(out, "Inputs!B2")
    assert "kw_per_gpu" in row_of(out, "Inputs!B3")
    assert snapshot(bound.parent) == before


def test_the_list_says_what_became_of_a_binding(bound, works):
    """Its sheet is gone, or its key was spoilt by another program: listed with the reason, to be removed."""
    book = openpyxl.load_workbook(bound)
    book.defined_names["_tokenbook.1"] = DefinedName("_tokenbook.1", attr_text="#REF!", hidden=True)
    book.defined_names["_tokenbook.2.key"] = DefinedName("_tokenbook.2.key", attr_text='"nonsense"', hidden=True)
    book.save(bound)
    faults = [each["fault"] for each in json.loads(works("bind", bound, "--list", "--json"))["bound"]]
    assert faults == ["the cell is gone", "the binding is damaged"]
    out = works("bind", bound, "--list")
    assert "the cell is gone" in row_of(out, "gone", "usd_per_gpu_hour")
    assert "the binding is damaged" in row_of(out, "Inputs!B3")
    assert "number 1" in works("bind", bound, "1", "--remove")
    assert len(json.loads(works("bind", bound, "--list", "--json"))["bound"]) == 1


def test_binding_again_asks_another_question_under_the_same_number(bound, works):
    works("bind", bound, "inputs!$b$2", "-p", "B200", "-m", "usd_per_gpu_hour", "-c", "neocloud")
    listed = json.loads(works("bind", bound, "--list", "--json"))["bound"]
    assert [(each["number"], each["cell"], each["conditions"]) for each in listed] == [
        (1, "Inputs!B2", "neocloud"), (2, "Inputs!B3", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("Model!B2", *RATE), "Model!B2 holds a formula; bind the input that it refers to"),
        (("Inputs!A2", *RATE), "Inputs!A2 holds 'rate'; a cell with a number, or an empty one, can be bound"),
        (("Imputs!B2", *RATE), "there is no sheet 'Imputs'; it has Inputs, Model"),
        (("B2", *RATE), "B2: is neither a cell like Inputs!C9 nor a name of the workbook"),
        (("Inputs!B2:B4", *RATE), "is neither a cell like Inputs!C9"),
        (("Inputs!XFE1", *RATE), "XFE1"),
        (("Inputs!A1048577", *RATE), "A1048577"),
        (("everything", *RATE), "which is not a single cell"),
        (("Inputs!B2", "-p", "B20", "-m", "kw_per_gpu"), "unknown platform 'B20': did you mean B200"),
        (("Inputs!B2", "-p", "B200", "-m", "kw_per_gpus"), "unknown metric 'kw_per_gpus': did you mean kw_per_gpu"),
        (("Inputs!B2", "-p", "B200", "-m", "usd_per_gpu_hour"), "say which tier"),
        (("Inputs!B2", *RATE[:-1], "moonbase"), "moonbase"),
        (("Inputs!B2", "-m", "usd_per_gpu_hour"), "is kept per platform; name one of"),
        (("Inputs!B2", "-p", "B200"), "name the cell and the figure: tokenbook bind BOOK"),
        ((), "name the cell and the figure: tokenbook bind BOOK"),
        (("--metric", "kw_per_gpu", "-p", "B200"), "name the cell and the figure"),
        (("--remove",), "name the cell, its number in --list, or all"),
        (("Inputs!B2", "--remove"), "Inputs!B2: is not bound; tokenbook bind BOOK --list shows what is"),
        (("9", "--remove"), "9: is not bound"),
        (("Inputs!B2", "--list"), "one thing at a time"),
        (("--list", "--remove"), "one thing at a time"),
        (("--list", "-p", "B200"), "one thing at a time"),
        (("--list", "-o", "x.xlsx"), "one thing at a time"),
        (("Inputs!B2", "--from", "map.csv"), "one thing at a time"),
        (("--from", "map.csv", "-p", "B200"), "one thing at a time"),
        (("--from", "nowhere.csv"), "nowhere.csv: no such file"),
        (("Inputs!B2", *RATE, "-o", "model.xlsx"), "model.xlsx: exists already; choose another name"),
        (("Inputs!B2", *RATE, "-o", "x.xlsm"), "give it the ending .xlsx"),
        (("Inputs!B2", *RATE, "-o", "nowhere/x.xlsx"), "the folder does not exist"),
        (("Inputs!B2", *RATE, "--catalog", "nowhere.csv"), "nowhere.csv"),
    ],
)
def test_what_cannot_be_bound_is_refused_in_one_line(model, refused, monkeypatch, arguments, says):
    monkeypatch.chdir(model.parent)
    assert says in refused("bind", "model.xlsx", *arguments)


def test_a_map_binds_many(model, works, tmp_path):
    table = tmp_path / "map.csv"
    table.write_text(
        "Cell;Platform;Metric;Conditions\n'Inputs'!$B$2;b200;usd_per_gpu_hour;hyperscaler\n\nInputs!B3;B200;kw_per_gpu;\n",
        encoding="utf-8-sig",
    )
    out = works("bind", model, "--from", table)
    assert "2 cells bound" in out
    listed = json.loads(works("bind", model, "--list", "--json"))["bound"]
    assert [(each["cell"], each["platform"], each["metric"]) for each in listed] == [
        ("Inputs!B2", "B200", "usd_per_gpu_hour"), ("Inputs!B3", "B200", "kw_per_gpu"),
    ]  # fmt: skip


def test_a_map_may_be_a_workbook(model, works, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["cell", "platform", "metric", "model", "conditions"])
    book.active.append(["Inputs!B2", "B200", "usd_per_gpu_hour", None, "hyperscaler"])
    book.save(tmp_path / "map.xlsx")
    assert "1 cell bound" in works("bind", model, "--from", tmp_path / "map.xlsx")


def test_every_wrong_line_of_a_map_is_named_and_none_is_bound(model, tokenbook, tmp_path):
    table = tmp_path / "map.csv"
    wrong = {
        3: (["", "B200", "kw_per_gpu", "", ""], "the cell is missing"),
        4: (["Inputs!B3", "B200", "", "", ""], "the metric is missing"),
        5: (["Model!B2", "B200", "kw_per_gpu", "", ""], "Model!B2 holds a formula"),
        6: (["Inputs!B3", "B9000", "kw_per_gpu", "", ""], "unknown platform 'B9000'"),
        7: (["Nowhere!B3", "B200", "kw_per_gpu", "", ""], "no sheet 'Nowhere'"),
        8: (["inputs!b2", "B200", "kw_per_gpu", "", ""], "Inputs!B2 is given twice"),
        9: (["Inputs!B3", "B200", "kw_per_gpu", "", "", "", "x"], "7 cells, the header has 5"),
    }
    with open(table, "w", newline="") as file:
        good = ["Inputs!B2", "B200", "usd_per_gpu_hour", "", "hyperscaler"]
        header = ["cell", "platform", "metric", "model", "conditions"]
        csv.writer(file).writerows([header, good, *(cells for cells, _ in wrong.values())])
    before = snapshot(tmp_path)
    code, out, err = tokenbook("bind", model, "--from", table)
    assert (code, out, err[-1]) == (2, "", "tokenbook: nothing was bound")
    assert len(err) == len(wrong) + 1
    for line, (number, (_, says)) in zip(err, wrong.items(), strict=False):
        assert line.startswith(f"tokenbook: map.csv, line {number}: ")
        assert says in line
    assert snapshot(tmp_path) == before


def test_a_map_that_is_wrong_throughout_does_not_flood_the_screen(model, tokenbook, tmp_path):
    table = tmp_path / "map.csv"
    table.write_text("cell,metric\n" + "Inputs!B2,nonsense\n" * 500)
    code, _, err = tokenbook("bind", model, "--from", table)
    assert code == 2
    assert len(err) < 30
    assert err[-2:] == ["tokenbook: and 480 more", "tokenbook: nothing was bound"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "cell,platform,metric,price\nInputs!B2,B200,kw_per_gpu,3\n",
            "no column 'price'; the columns are cell",
        ),
        ("cell,platform,metric\n", "has a header and no rows"),
        ("", "the file is empty"),
        ("just words\n", "no header of a table"),
    ],
)
def test_a_table_that_is_no_map_is_refused(model, refused, tmp_path, text, says):
    table = tmp_path / "map.csv"
    table.write_text(text)
    assert says in refused("bind", model, "--from", table)


def test_bound_cells_are_let_go(bound, works):
    """One by its place into a copy, one by its number, then all; letting go of nothing is no error."""
    copy = bound.with_name("copy.xlsx")
    assert "Inputs!B2" in works("bind", bound, "Inputs!B2", "--remove", "-o", copy)
    assert len(json.loads(works("bind", copy, "--list", "--json"))["bound"]) == 1
    assert json.loads(works("bind", bound, "2", "--remove", "--json"))["unbound"] == ["Inputs!B3"]
    assert "Inputs!B2" in works("bind", bound, "all", "--remove")
    assert "nothing is bound" in works("bind", bound, "--list")
    assert "nothing is bound" in works("bind", bound, "all", "--remove")
    assert "nothing is bound; tokenbook bind BOOK" in works("refresh", bound)


# -- refresh -----------------------------------------------------------------------------------------------------


def test_the_preview_shows_the_difference_and_touches_nothing(bound, works):
    before = snapshot(bound.parent)
    out = works("refresh", bound)
    rate, power = figure(), figure("kw_per_gpu", None)
    line = row_of(out, "Inputs!B2")
    for word in ("new figure", f"{rate.source}, {rate.as_of}", rate.unit, "9.5", show.cell_value(rate.value)):
        assert word in line
    assert show.cell_value(power.value) in row_of(out, "Inputs!B3")
    assert "2 bound cells: 2 to change, 0 as in the catalogue." in out
    assert "Nothing written: --write does it" in out
    assert snapshot(bound.parent) == before


def test_write_changes_the_cells_and_what_follows_and_keeps_the_old_file(bound, works):
    before = bound.read_bytes()
    out = works("refresh", bound, "--write")
    assert "2 bound cells: 2 changed" in out
    assert "Formulas that depend on them: 2, recalculated; 2 results changed." in out
    assert "Written:" in out
    assert "(before: model.xlsx.bak)" in out
    rate = figure().value
    assert value(bound, "Inputs", "B2") == rate
    assert value(bound, "Model", "B2") == pytest.approx(rate * GPUS, rel=1e-12)
    assert value(bound, "Model", "B3") == pytest.approx(rate * GPUS * 24, rel=1e-12)
    assert value(bound, "Inputs", "B4") == GPUS
    assert names(bound) == ["model.xlsx", "model.xlsx.bak", "model.xlsx.refresh.json"]
    assert bound.with_name("model.xlsx.bak").read_bytes() == before
    (entry,) = json.loads(bound.with_name("model.xlsx.refresh.json").read_text())["refreshes"]
    first = entry["cells"][0]
    assert (first["cell"], first["old"], first["new"]) == ("Inputs!B2", TYPED_RATE, rate)


def test_what_is_up_to_date_is_not_touched(bound, works):
    works("refresh", bound, "--write")
    before = snapshot(bound.parent)
    out = works("refresh", bound, "--write")
    assert "2 bound cells: 0 changed, 2 as in the catalogue." in out
    assert "The file was not touched." in out
    assert snapshot(bound.parent) == before


def test_results_that_the_engine_cannot_vouch_for_are_left_to_excel(works, tmp_path):
    path = tmp_path / "odd.xlsx"
    write_model(path, wrong_by=1.0)
    works("bind", path, "Inputs!B2", *RATE)
    out = works("refresh", path, "--write")
    assert "still with their old results; Excel calculates them when it opens the file, because Model!B2" in out
    assert value(path, "Inputs", "B2") == figure().value
    assert value(path, "Model", "B2") == TYPED_RATE * GPUS + 1.0


def test_output_leaves_the_workbook_itself(bound, works):
    before = snapshot(bound.parent)
    out = bound.with_name("new.xlsx")
    text = works("refresh", bound, "-o", out)
    assert f"Written: {out}" in text
    assert ".bak" not in text
    assert value(out, "Inputs", "B2") == figure().value
    after = snapshot(bound.parent)
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"new.xlsx", "new.xlsx.refresh.json"}


def test_as_of_takes_what_was_known_then(bound, works):
    works("refresh", bound, "--write", "--as-of", EARLIER)
    assert value(bound, "Inputs", "B2") == figure(as_of=EARLIER).value
    assert value(bound, "Inputs", "B3") == figure("kw_per_gpu", None, EARLIER).value
    data = json.loads(works("refresh", bound, "--json"))
    assert cells_of(data)["Inputs!B2"] == ("changed", figure(as_of=EARLIER).value)
    assert json.loads(works("refresh", bound, "--json", "--as-of", "2026-06"))["as_of"] == EARLIER


def test_a_team_catalogue_comes_on_top(bound, works, tmp_path, monkeypatch):
    quotes, team = tmp_path / "offers.csv", tmp_path / "team.csv"
    quotes.write_text(
        "platform,metric,value,unit,as_of,source,tier\n"
        "B200,usd_per_gpu_hour,1.61,USD/GPU-h,2026-10-01,treasury 2026-17,hyperscaler\n"
    )
    works("baselines", "import", "quotes", quotes, "-o", team)
    ours = json.loads(works("refresh", bound, "--catalog", team, "--json"))["workbooks"][0]["cells"][0]
    assert (ours["cell"], ours["new"], ours["as_of"]) == ("Inputs!B2", 1.61, "2026-10-01")
    assert "treasury 2026-17" in ours["source"]
    catalog.use(None)
    assert json.loads(works("refresh", bound, "--json"))["workbooks"][0]["cells"][0]["new"] == figure().value
    monkeypatch.setenv("TOKENBOOK_CATALOG", str(team))
    works("refresh", bound, "--write")
    assert value(bound, "Inputs", "B2") == 1.61
    assert value(bound, "Inputs", "B3") == figure("kw_per_gpu", None).value, "what the team lacks is as shipped"


def test_refresh_as_json(bound, works):
    rate = figure()
    shown = json.loads(works("refresh", bound, "--json"))
    assert set(shown) == {"as_of", "workbooks", "failed"}
    (book,) = shown["workbooks"]
    assert set(book) == BOOK_FIELDS
    assert (shown["as_of"], shown["failed"], book["workbook"], book["error"]) == (None, 0, str(bound), None)
    assert (book["written"], book["recorded_in"], book["results_changed"]) == (None, None, 0)
    assert all(set(cell) == CELL_FIELDS for cell in book["cells"])
    assert book["cells"][0] == {
        "cell": "Inputs!B2", "status": "changed", "meaning": "new figure", "old": TYPED_RATE, "new": rate.value,
        "unit": rate.unit, "source": rate.source, "reference": rate.source_ref, "as_of": rate.as_of,
        "confidence": rate.confidence, "key": rate.id,
    }  # fmt: skip
    (book,) = json.loads(works("refresh", bound, "--json", "--write"))["workbooks"]
    assert book["written"] == str(bound)
    assert (book["formulas_that_depend"], book["results_changed"], book["left_to_excel"]) == (2, 2, None)
    assert book["recorded_in"] == "model.xlsx.refresh.json"
    (book,) = json.loads(works("refresh", bound, "--json"))["workbooks"]
    assert [cell["status"] for cell in book["cells"]] == ["same", "same"]


def test_own_figures_and_formulas_are_left_alone_and_told(bound, works):
    put(bound, B2=1.5, B3="=B4/36")
    before = snapshot(bound.parent)
    out = works("refresh", bound, "--write")
    assert "your own figure: left alone" in row_of(out, "Inputs!B2")
    assert "now a formula: left alone" in row_of(out, "Inputs!B3")
    assert "2 bound cells: 0 changed, 2 left alone, 0 as in the catalogue." in out
    assert snapshot(bound.parent) == before
    assert cells_of(json.loads(works("refresh", bound, "--json")))["Inputs!B2"] == ("override", 1.5)


def test_force_takes_own_figures_but_no_formula(bound, works):
    put(bound, B2=1.5, B3="=B4/36")
    out = works("refresh", bound, "--write", "--force")
    assert "your own figure: replaced, as forced" in row_of(out, "Inputs!B2")
    assert "now a formula: left alone" in row_of(out, "Inputs!B3")
    assert value(bound, "Inputs", "B2") == figure().value
    with ooxml.open_package(bound) as package:
        assert package.cell("Inputs", "B3").formula == "B4/36"


@pytest.mark.parametrize("typed", ["to be agreed", True, None, "#N/A", "two\nlines", "[bold]x[/bold]", "[/]"])
def test_whatever_was_typed_into_a_bound_cell_can_be_shown(bound, works, typed):
    put(bound, B2=typed)
    found = cells_of(json.loads(works("refresh", bound, "--json")))["Inputs!B2"]
    assert found == ("override", typed)
    assert "your own figure: left alone" in row_of(works("refresh", bound), "Inputs!B2")


def test_text_of_a_workbook_does_not_steer_the_terminal(bound, works):
    put(bound, B2="\x1b]0;owned\x07\x1b[2J")
    out = works("refresh", bound) + works("bind", bound, "--list")
    assert "owned" in out
    assert not {"\x1b", "\x07"} & set(out)


def test_brackets_in_the_name_of_a_file_are_shown(bound, works):
    path = bound.rename(bound.with_name("[deal] x[red].xlsx"))
    for command in (("bind", "--list"), ("bind", "Inputs!B4", *POWER), ("refresh",), ("refresh", "--write")):
        out = works(command[0], path, *command[1:])
        assert "[deal] x[red].xlsx" in out.splitlines()[0]
    assert f"Written: {path} (before: [deal] x[red].xlsx.bak); recorded in [deal] x[red].xlsx.refresh.json." in out
    assert f"tokenbook refresh {path} shows" in works("bind", path, "Inputs!B3", *POWER)
    works("bind", path, "all", "--remove")
    assert works("bind", path, "--list").startswith("[deal] x[red].xlsx: nothing is bound")


def test_a_name_that_is_no_unicode_does_not_get_in_the_way(bound, works):
    """Files from old Windows shares: the name is bytes that no text stands for."""
    path = bound.rename(bound.with_name(os.fsdecode(b"m\xe4rz.xlsx")))
    assert "1 cell bound" in works("bind", path, "Inputs!B4", *POWER)
    assert json.loads(works("refresh", path, "--json"))["workbooks"][0]["workbook"] == str(path)
    assert "Written: " in works("refresh", path, "--write")
    assert value(path, "Inputs", "B2") == figure().value


def test_a_copy_of_what_is_not_bound_is_told(model, works):
    copy = model.with_name("copy.xlsx")
    out = works("refresh", model, "-o", copy)
    assert "nothing is bound" in out
    assert f"Written: {copy}, a copy." in out
    assert copy.read_bytes() == model.read_bytes()


def test_a_change_of_unit_is_refused_and_told(bound, works):
    """Someone renamed the metric's unit since: a number in the new one would be wrong by a factor."""
    with ooxml.open_package(bound) as package:
        text = {name.name: name.text for name in package.names}["_tokenbook.1.key"]
        assert "unit=USD/GPU-h" in text
        package.add_defined_name("_tokenbook.1.key", text.replace("GPU-h", "GPU-month"), hidden=True, replace=True)
        package.save()
    out = works("refresh", bound, "--write", "--force")
    assert "unit was USD/GPU-month, the catalogue's is USD/GPU-h: left alone" in row_of(out, "Inputs!B2")
    assert "2 bound cells: 1 changed, 1 left alone" in out
    assert value(bound, "Inputs", "B2") == TYPED_RATE
    assert value(bound, "Inputs", "B3") == figure("kw_per_gpu", None).value


def test_a_lost_cell_is_told_with_the_command_that_removes_it(bound, works):
    book = openpyxl.load_workbook(bound)
    book.defined_names["_tokenbook.1"] = DefinedName("_tokenbook.1", attr_text="#REF!", hidden=True)
    book.save(bound)
    line = row_of(works("refresh", bound), "binding 1")
    assert "the cell is gone: tokenbook bind BOOK 1 --remove" in line


def test_what_was_not_known_on_the_day_is_told(bound, works):
    out = works("refresh", bound, "--as-of", "2020-01-01")
    assert "2 bound cells: 0 to change, 2 left alone" in out
    assert "Nothing written" not in out, "there is nothing that --write would do"
    assert "2020-01-01" in row_of(out, "Inputs!B2")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("model.xlsx", "--as-of", "soon"), "soon"),
        (("model.xlsx", "-o", "x.xlsx", "--write"), "-o writes one workbook to a new place"),
        (("model.xlsx", "other.xlsx", "-o", "x.xlsx"), "-o writes one workbook to a new place"),
        (("model.xlsx", "-o", "model.xlsx"), "exists already"),
        (("model.xlsx", "-o", "x.xltx"), "give it the ending .xlsx"),
        (("empty",), "empty: holds no workbook"),
        (("nothing.xlsx",), "nothing.xlsx"),
        (("model.xlsx", "--catalog", "nowhere.csv"), "nowhere.csv"),
        ((), "Missing argument"),
        (("model.xlsx", "--wirte"), "No such option"),
    ],
)
def test_what_cannot_be_refreshed_is_refused_in_one_line(bound, refused, monkeypatch, arguments, says):
    monkeypatch.chdir(bound.parent)
    (bound.parent / "empty").mkdir()
    assert says in refused("refresh", *arguments)


def no_workbook(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")


BAD_FILES = {
    "empty": lambda path: path.write_bytes(b""),
    "words": lambda path: path.write_text("just words"),
    "half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "sealed": lambda path: path.write_bytes(SEALED),
    "a zip of something else": lambda path: (path.unlink(), no_workbook(path)),
}


@pytest.mark.parametrize("kind", BAD_FILES)
@pytest.mark.parametrize(
    "command",
    [("bind", "--list"), ("bind", "Inputs!B2", *RATE), ("bind", "1", "--remove"), ("refresh",), ("refresh", "--write")],
    ids=" ".join,
)
def test_a_bad_file_is_refused_in_one_line(bound, refused, kind, command):
    BAD_FILES[kind](bound)
    line = refused(command[0], bound, *command[1:])
    assert str(bound) in line
    assert line.count(str(bound)) == 1, "the path is said once"


@pytest.mark.parametrize(
    "command",
    [("bind", "Inputs!B4", *POWER), ("bind", "1", "--remove"), ("refresh", "--write")],
    ids=" ".join,
)
def test_a_workbook_that_is_open_in_excel_is_only_looked_at(bound, refused, works, command):
    bound.with_name(f"~${bound.name}").write_bytes(bytes(165))
    assert "open" in refused(command[0], bound, *command[1:])
    assert "2 to change" in works("refresh", bound)
    assert "Inputs!B3" in works("bind", bound, "--list")


def test_a_record_that_is_not_ours_is_not_written_over(bound, refused):
    bound.with_name("model.xlsx.refresh.json").write_text("[1, 2]")
    assert "is not a history of refreshes; move it away" in refused("refresh", bound, "--write")


# -- folders -----------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(originals, tmp_path):
    """Two to refresh (one deep down), one up to date, one unbound, three that fail, and what is no workbook."""
    top = tmp_path / "models"
    (top / "deals" / "2026").mkdir(parents=True)
    for name in ("a good one.xlsx", "deals/2026/deep.xlsx", "fresh.xlsx", "half.xlsx", "open.xlsx", ".hidden.xlsx"):
        shutil.copyfile(originals / "bound.xlsx", top / name)
    shutil.copyfile(originals / "model.xlsx", top / "unbound.xlsx")
    assert run(["refresh", str(top / "fresh.xlsx"), "--write"]) == 0
    (top / "fresh.xlsx.bak").unlink()
    BAD_FILES["half"](top / "half.xlsx")
    (top / "sealed.xlsx").write_bytes(SEALED)
    (top / "~$open.xlsx").write_bytes(bytes(165))
    (top / "notes.txt").write_text("not a workbook")
    return top


GOOD, FAILED = ("a good one.xlsx", "deals/2026/deep.xlsx"), ("half.xlsx", "open.xlsx", "sealed.xlsx")


def test_one_bad_file_never_stops_the_rest(folder, tokenbook):
    before = snapshot(folder)
    code, out, err = tokenbook("refresh", folder, "--write")
    after = snapshot(folder)
    assert code == 2
    assert [line.split(": ")[1] for line in err] == [str(folder / name) for name in FAILED]
    for name in GOOD:
        assert value(folder / name, "Inputs", "B2") == figure().value
        assert after[f"{name}.bak"] == before[name]
    touched = {*GOOD, *(f"{name}{ending}" for name in GOOD for ending in (".bak", ".refresh.json"))}
    assert {name for name in after if after[name] != before.get(name)} == touched
    summary = out[out.index("\nWorkbooks ") :]
    results = {"a good one": "refreshed", "deep": "refreshed", "fresh": "up to date", "unbound": "nothing bound"}
    for name, result in {**results, "half": "failed", "open": "failed", "sealed": "failed"}.items():
        assert result in row_of(summary, f"{name}.xlsx")
    assert ".hidden" not in out
    assert "3 of 7 workbooks failed; nothing was written to them." in out


def test_a_folder_is_previewed_without_touching_it(folder, tokenbook):
    """One that is open elsewhere can be looked at, so only the two unreadable ones fail."""
    before = snapshot(folder)
    code, out, err = tokenbook("refresh", folder)
    assert code == 2
    assert [line.split(": ")[1] for line in err] == [str(folder / name) for name in ("half.xlsx", "sealed.xlsx")]
    assert "would change" in row_of(out[out.index("\nWorkbooks ") :], "open.xlsx")
    assert "Nothing written: --write does it" in out
    assert snapshot(folder) == before


def test_a_folder_as_json(folder, tokenbook):
    code, out, err = tokenbook("refresh", folder, folder / "fresh.xlsx", "--write", "--json")
    data = json.loads(out)
    assert (code, err, data["failed"], len(data["workbooks"])) == (2, [], 3, 7)
    by_name = {book["workbook"].removeprefix(f"{folder}/"): book for book in data["workbooks"]}
    for name, book in by_name.items():
        assert set(book) == BOOK_FIELDS
        assert (book["error"] is not None) == (name in FAILED)
        assert (book["written"] is not None) == (name in GOOD)
    assert "password" in by_name["sealed.xlsx"]["error"]
    assert "\n" not in "".join(book["error"] or "" for book in by_name.values())
    assert by_name["unbound.xlsx"]["cells"] == []
    assert [cell["status"] for cell in by_name["fresh.xlsx"]["cells"]] == ["same", "same"]


def test_a_folder_that_cannot_be_read_is_named(folder, tokenbook, monkeypatch):
    """Passed over in silence, its workbooks would be taken for refreshed. (Root may read all: it is played.)"""
    closed, scandir = folder / "deals", os.scandir

    def guarded(path):
        if os.fspath(path) == str(closed):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    code, out, err = tokenbook("refresh", folder)
    assert code == 2
    assert f"tokenbook: {closed}: this folder cannot be read: check its permissions" in err
    assert "failed" in row_of(out[out.index("\nWorkbooks ") :], f"{closed} ")


def test_a_folder_without_failures_is_fine(originals, works, tmp_path):
    for name in ("one.xlsx", "two.xlsx"):
        shutil.copyfile(originals / "bound.xlsx", tmp_path / name)
    out = works("refresh", tmp_path, "--write")
    assert "failed" not in out
    assert "--write" not in out


def test_a_record_that_could_not_be_written_is_told_and_not_called_unwritten(folder, tokenbook, monkeypatch):
    """The workbook was refreshed, only the file beside it was not: the summary must not say that nothing was."""
    from tokenbook.templates.refresh import changelog

    def full(path, *_, **__):
        raise ooxml.PackageError(f"{path}: no space left on the disk")

    monkeypatch.setattr(changelog, "append_history", full)
    code, out, err = tokenbook("refresh", folder / "a good one.xlsx", folder / "unbound.xlsx", "--write")
    assert code == 2
    assert len(err) == 1
    assert "the workbook is refreshed, but not its history: no space left" in err[0]
    assert value(folder / "a good one.xlsx", "Inputs", "B2") == figure().value
    assert "nothing was written" not in out


def test_an_interrupt_leaves_each_workbook_whole(folder, tokenbook, monkeypatch):
    """Stopped while the second is being written: the first is refreshed, the second as it was, nothing is left over."""
    from tokenbook.templates.refresh import files

    before, seen = snapshot(folder), []

    def interrupted(*arguments):
        seen.append(arguments)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return recalculate(*arguments)

    recalculate = files._recalculate
    monkeypatch.setattr(files, "_recalculate", interrupted)
    code, _, err = tokenbook("refresh", folder, "--write")
    after = snapshot(folder)
    assert code == 130
    assert len(err) == 1
    assert value(folder / GOOD[0], "Inputs", "B2") == figure().value
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {GOOD[0], f"{GOOD[0]}.bak", f"{GOOD[0]}.refresh.json"}
