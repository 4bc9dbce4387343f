"""What a refresh writes and what it leaves alone, on a workbook that is not ours."""

import json
import os
from dataclasses import replace

import pytest
import xlsxwriter

from tokenbook.templates import ooxml, refresh
from tokenbook.templates.bindings import Key, Place
from tokenbook.templates.refresh.bind import bindings_of
from tokenbook.udfs import catalog


def run(path, figures, **options):
    return refresh.refresh_file(path, figures, today="2026-11-21", **options)


def line_of(report, cell):
    (line,) = [line for line in report.lines if line.cell == cell]
    return line


def test_without_write_the_difference_is_shown_and_nothing_changes(bound, figures):
    path = bound()
    before = path.read_bytes()
    report = run(path, figures)
    line = line_of(report, "Inputs!B2")
    assert (line.status, line.old, line.new, line.row.unit, line.row.as_of) == (
        "changed", 1.95, 1.73, "USD/GPU-h", "2026-09-30",
    )  # fmt: skip
    assert line.row.source == "Table of September"
    assert line_of(report, "Inputs!B3").status == "same"
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


def test_only_the_bound_cell_and_what_depends_on_it_change(bound, figures, parts, cells_that_differ, value_of):
    path = bound()
    before = parts(path)
    report = run(path, figures, write=True)
    after = parts(path)
    changed = {name for name in before if before[name] != after[name]}
    assert list(after) == list(before)
    assert changed == {"xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml", "xl/workbook.xml"}
    for sheet, refs in (("xl/worksheets/sheet1.xml", {"B2"}), ("xl/worksheets/sheet2.xml", {"B2", "B3", "B4"})):
        assert cells_that_differ(before[sheet], after[sheet]) == refs
    assert value_of(path, "Inputs", "B2") == 1.73
    assert value_of(path, "Model", "B3") == pytest.approx(1.73 * 72 * 24, rel=1e-15)
    assert value_of(path, "Model", "B4") == "USD 2989.44"
    assert (report.dependents, report.recalculated, report.left_to_excel) == (3, 3, "")


def test_the_old_file_is_kept_as_bak(bound, figures):
    path = bound()
    before = path.read_bytes()
    run(path, figures, write=True)
    assert path.with_name("model.xlsx.bak").read_bytes() == before


def test_a_second_refresh_finds_nothing_to_do_and_does_not_touch_the_file(bound, figures):
    path = bound()
    run(path, figures, write=True)
    before = path.stat()
    path.with_name("model.xlsx.bak").unlink()
    report = run(path, figures, write=True)
    after = path.stat()
    assert {line.status for line in report.lines} == {"same"}
    assert report.written is None
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert not path.with_name("model.xlsx.bak").exists()


def test_as_of_goes_back_in_time(bound, figures, value_of):
    path = bound()
    run(path, figures, write=True)
    report = run(path, figures, write=True, as_of="2026-03-31")
    assert line_of(report, "Inputs!B2").new == 1.95
    assert value_of(path, "Inputs", "B2") == 1.95


def test_a_figure_typed_over_is_left_alone_and_force_takes_it(bound, figures, put, value_of):
    path = bound()
    put(path, {"Inputs!B2": 1.80})
    before = path.read_bytes()
    report = run(path, figures, write=True)
    assert line_of(report, "Inputs!B2").status == "override"
    assert line_of(report, "Inputs!B2").meaning == "your own figure: left alone"
    assert path.read_bytes() == before, "an override was written over"
    report = run(path, figures, write=True, force=True)
    line = line_of(report, "Inputs!B2")
    assert (line.status, line.taken, value_of(path, "Inputs", "B2")) == ("changed", True, 1.73)
    assert line.meaning == "your own figure: replaced, as forced"


def test_a_figure_that_another_program_wrote_with_15_digits_is_not_the_users_own(bound, put, value_of, figures):
    """LibreOffice saves 0.1 + 0.2 as 0.3: the cell still holds the catalogue's figure and follows it."""
    january = 0.1 + 0.2
    first = catalog.Catalog([replace(row, value=january) if row.id == "rate.old" else row for row in figures])
    path = bound()
    assert line_of(run(path, first, write=True, as_of="2026-03-31", force=True), "Inputs!B2").status == "changed"
    assert value_of(path, "Inputs", "B2") == january != 0.3
    put(path, {"Inputs!B2": 0.3})
    assert line_of(run(path, first, as_of="2026-03-31"), "Inputs!B2").status == "same"
    line = line_of(run(path, first, write=True), "Inputs!B2")
    assert (line.status, line.taken, value_of(path, "Inputs", "B2")) == ("changed", False, 1.73)


def test_a_figure_typed_over_with_nearly_the_same_is_the_users_own(bound, figures, put):
    path = bound()
    put(path, {"Inputs!B2": 1.95 * (1 + 1e-10)})
    assert line_of(run(path, figures), "Inputs!B2").status == "override"


@pytest.mark.parametrize("value", [None, "n/a", True, "#N/A"])
def test_what_is_no_figure_any_more_is_an_override_too(bound, figures, put, value_of, value):
    path = bound()
    put(path, {"Inputs!B2": value})
    assert line_of(run(path, figures, write=True), "Inputs!B2").status == "override"
    assert value_of(path, "Inputs", "B2") == value


@pytest.mark.parametrize("force", [False, True])
def test_a_formula_is_never_replaced(bound, figures, put, force):
    path = bound()
    put(path, {"Inputs!B2": "=B4/40"})
    before = path.read_bytes()
    report = run(path, figures, write=True, force=force)
    assert line_of(report, "Inputs!B2").status == "formula"
    assert path.read_bytes() == before


def test_an_empty_cell_can_be_bound_and_is_filled(bound, figures, value_of):
    path = bound(values=(None, 2.17))
    report = run(path, figures, write=True)
    assert line_of(report, "Inputs!B2").status == "changed"
    assert value_of(path, "Inputs", "B2") == 1.73


def test_a_change_of_unit_is_reported_and_nothing_is_written(bound, figures, value_of):
    from dataclasses import replace

    from tokenbook.udfs import catalog

    path = bound()
    other = catalog.Catalog([replace(row, unit="EUR/GPU-h") for row in figures if row.metric == "usd_per_gpu_hour"])
    report = run(path, other, write=True)
    line = line_of(report, "Inputs!B2")
    assert line.status == "unit"
    assert "USD/GPU-h" in line.meaning
    assert "EUR/GPU-h" in line.meaning
    assert value_of(path, "Inputs", "B2") == 1.95


def test_a_key_that_the_catalogue_no_longer_knows_is_reported(bound, figures, value_of):
    from tokenbook.udfs import catalog

    path = bound()
    report = run(path, catalog.Catalog([row for row in figures if row.metric == "kw_per_gpu"]), write=True)
    line = line_of(report, "Inputs!B2")
    assert line.status == "unknown"
    assert "usd_per_gpu_hour" in line.meaning
    assert value_of(path, "Inputs", "B2") == 1.95


def test_a_figure_not_known_yet_on_the_day_is_reported(bound, figures):
    report = run(bound(), figures, as_of="2025-06-30")
    assert {line.status for line in report.lines} == {"unknown"}
    assert "2025-06-30" in line_of(report, "Inputs!B2").meaning


def test_a_cell_that_was_deleted_is_reported(bound, figures):
    path = bound()
    with ooxml.open_package(path) as package:
        package.add_defined_name("_tokenbook.1", "Inputs!#REF!", hidden=True, replace=True)
        package.save()
    report = run(path, figures)
    assert [line.status for line in report.lines] == ["lost", "same"]
    assert "bind BOOK 1 --remove" in report.lines[0].meaning


def test_a_damaged_key_is_reported(bound, figures):
    path = bound()
    with ooxml.open_package(path) as package:
        package.add_defined_name("_tokenbook.1.key", '"what is this"', hidden=True, replace=True)
        package.save()
    assert run(path, figures).lines[0].status == "unreadable"


def test_a_cell_bound_twice_is_written_once(bound, figures, value_of):
    path = bound()
    with ooxml.open_package(path) as package:
        package.add_defined_name("_tokenbook.9", "inputs!$B$2", hidden=True)
        package.add_defined_name("_tokenbook.9.key", '"platform=B200&metric=kw_per_gpu&value=1.95"', hidden=True)
        package.save()
    report = run(path, figures, write=True)
    assert [line.status for line in report.lines] == ["changed", "same", "twice"]
    assert value_of(path, "Inputs", "B2") == 1.73


def test_a_locked_cell_of_a_protected_sheet_is_left_alone(bound, figures, value_of):
    path = bound()
    with ooxml.open_package(path) as package:
        part = package.sheets["Inputs"]
        text = package.read_part(part).replace(b"</sheetData>", b'</sheetData><sheetProtection sheet="1"/>')
        package.set_part(part, text)
        package.save()
    report = run(path, figures, write=True, force=True)
    line = line_of(report, "Inputs!B2")
    assert line.status == "locked"
    assert "protected sheet" in line.meaning
    assert value_of(path, "Inputs", "B2") == 1.95


def test_a_locked_cell_can_be_bound_as_the_sheet_may_be_open_by_the_time_of_a_refresh(tmp_path, figures, rate):
    path = tmp_path / "protected.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Inputs")
        sheet.protect("secret")
        sheet.write("B2", 1.95)
    refresh.bind(path, [rate], figures)
    assert [str(each.binding.place) for each in refresh.list_bound(path, figures)] == ["Inputs!B2"]


def test_an_unlocked_cell_of_a_protected_sheet_is_refreshed(tmp_path, figures, rate, value_of):
    path = tmp_path / "protected.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Inputs")
    sheet.protect("secret")
    sheet.write("B2", 1.95, book.add_format({"locked": False}))
    book.close()
    refresh.bind(path, [rate], figures)
    assert run(path, figures, write=True).changes
    assert value_of(path, "Inputs", "B2") == 1.73


def test_a_foreign_model_gets_its_history_beside_it(bound, figures):
    path = bound()
    run(path, figures, write=True)
    run(path, figures, write=True, as_of="2026-03-31")
    history = json.loads(path.with_name("model.xlsx.refresh.json").read_text())
    first, second = history["refreshes"]
    assert history["workbook"] == "model.xlsx"
    assert first["date"] == "2026-11-21"
    assert first["cells"] == [
        {
            "cell": "Inputs!B2", "event": "refreshed", "old": 1.95, "new": 1.73, "unit": "USD/GPU-h",
            "source": "Table of September", "reference": first["cells"][0]["reference"], "as_of": "2026-09-30",
            "confidence": first["cells"][0]["confidence"], "key": "rate.new",
        }
    ]  # fmt: skip
    assert second["known_on"] == "2026-03-31"
    assert second["cells"][0]["new"] == 1.95
    assert first["formulas_recalculated"] == second["formulas_recalculated"] == 3
    assert "left_to_excel" not in first


def test_the_history_says_why_results_were_left_to_excel(bound, figures):
    path = bound(wrong_by=1e-6)
    report = run(path, figures, write=True)
    (entry,) = json.loads(path.with_name("model.xlsx.refresh.json").read_text())["refreshes"]
    assert entry["left_to_excel"] == report.left_to_excel != ""
    assert entry["formulas_recalculated"] == 0


def test_a_history_that_cannot_be_read_stops_the_refresh_before_it_writes(bound, figures):
    path = bound()
    before = path.read_bytes()
    path.with_name("model.xlsx.refresh.json").mkdir()
    with pytest.raises(refresh.RefreshError, match=r"cannot be read .*; the workbook stays as it is"):
        run(path, figures, write=True)
    assert path.read_bytes() == before


def test_a_file_that_is_no_history_is_not_written_over(bound, figures):
    path = bound()
    beside, before = path.with_name("model.xlsx.refresh.json"), path.read_bytes()
    beside.write_text("my notes")
    with pytest.raises(refresh.RefreshError, match="not a history"):
        run(path, figures, write=True)
    assert (path.read_bytes(), beside.read_text()) == (before, "my notes")


def test_out_leaves_the_workbook_as_it_is(bound, figures, value_of, tmp_path):
    path = bound()
    before, out = path.read_bytes(), tmp_path / "new.xlsx"
    report = run(path, figures, out=out)
    assert report.written == out
    assert value_of(out, "Inputs", "B2") == 1.73
    assert path.read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["model.xlsx", "new.xlsx", "new.xlsx.refresh.json"]


@pytest.mark.parametrize(("name", "said"), [("taken.xlsx", "exists already"), ("new.xlsm", "ending .xlsx")])
def test_out_never_replaces_a_file_or_changes_its_kind(bound, figures, tmp_path, name, said):
    path = bound()
    (tmp_path / "taken.xlsx").write_bytes(b"mine")
    with pytest.raises(refresh.RefreshError, match=said):
        run(path, figures, out=tmp_path / name)
    assert (tmp_path / "taken.xlsx").read_bytes() == b"mine"


def test_a_frozen_workbook_is_thawed_first(bound, figures):
    path = bound()
    with ooxml.open_package(path) as package:
        package.add_defined_name("_tb_frozen_data_1", '"..."', hidden=True)
        package.save()
    before = path.read_bytes()
    with pytest.raises(refresh.RefreshError, match="thaw it"):
        run(path, figures, write=True)
    assert path.read_bytes() == before


# ---- binding -----------------------------------------------------------------------------------------------


def test_binding_changes_nothing_but_the_names(model, figures, parts, rate):
    path = model()
    before = parts(path)
    (done,) = refresh.bind(path, [rate], figures)
    after = parts(path)
    assert {name for name in before if before[name] != after[name]} == {"xl/workbook.xml"}
    assert (done.value, done.row.value) == (1.95, 1.73)
    with ooxml.open_package(path) as package:
        (binding,) = bindings_of(package)
        assert all(name.hidden for name in package.names if name.name.startswith("_tokenbook"))
    assert binding.place == Place("Inputs", "B2")
    assert binding.key == Key("B200", "usd_per_gpu_hour", "", "hyperscaler", "USD/GPU-h", 1.95, "")


def test_a_defined_name_can_say_which_cell(model, figures):
    path = model()
    (done,) = refresh.bind(path, [refresh.Request("rate", "b200", "usd per gpu hour", "", "hyperscaler")], figures)
    assert done.binding.place == Place("Inputs", "B2")
    assert (done.binding.key.platform, done.binding.key.metric) == ("B200", "usd_per_gpu_hour")


@pytest.mark.parametrize("written", ["it's 'ours' 2!b2", "'It''s ''ours'' 2'!$B$2", "It's 'ours' 2!B2"])
def test_a_sheet_with_apostrophes_can_be_written_with_and_without_quotes(tmp_path, figures, written):
    import xlsxwriter

    path = tmp_path / "quotes.xlsx"
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet("It's 'ours' 2").write("B2", 1)
    book.close()
    (done,) = refresh.bind(path, [refresh.Request(written, "B200", "kw_per_gpu")], figures)
    assert str(done.binding.place) == "It's 'ours' 2!B2"
    assert refresh.list_bound(path, figures)[0].value == 1


def test_binding_again_changes_the_question_not_the_number(bound, figures):
    path = bound()
    refresh.bind(path, [refresh.Request("Inputs!B2", "B200", "usd_per_gpu_hour", "", "neocloud")], figures)
    listed = refresh.list_bound(path, figures)
    assert [(each.binding.number, each.binding.key.conditions) for each in listed] == [(1, "neocloud"), (2, "")]


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (("Model!B2", "B200", "kw_per_gpu"), "holds a formula"),
        (("Inputs!A2", "B200", "kw_per_gpu"), "holds 'rate'"),
        (("Nowhere!A2", "B200", "kw_per_gpu"), "no sheet 'Nowhere'"),
        (("what", "B200", "kw_per_gpu"), "neither a cell"),
        (("Inputs!ZZZZ1", "B200", "kw_per_gpu"), "neither a cell"),
        (("Inputs!B2", "B9000", "kw_per_gpu"), "unknown platform"),
        (("Inputs!B2", "B200", "usd_per_gpu_hour"), "which tier"),
        (("Inputs!B2", "B200", "rate"), "unknown metric"),
        (("Other!E1", "B200", "kw_per_gpu"), "Other!E1"),
    ],
)
def test_what_cannot_be_bound_is_said_and_nothing_is_written(model, figures, request_, said):
    path = model()
    before = path.read_bytes()
    with pytest.raises(refresh.RefreshError, match=said) as caught:
        refresh.bind(path, [refresh.Request(*request_)], figures)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before


def test_one_bad_request_of_many_binds_none(model, figures, rate, power):
    path = model()
    before = path.read_bytes()
    with pytest.raises(refresh.RefreshError):
        refresh.bind(path, [rate, refresh.Request("Model!B2", "B200", "kw_per_gpu"), power], figures)
    assert path.read_bytes() == before


def test_a_cell_given_twice_is_refused(model, figures, rate):
    with pytest.raises(refresh.RefreshError, match="twice"):
        refresh.bind(model(), [rate, rate], figures)


def test_unbinding_brings_back_the_file_as_it_was(model, figures, parts, rate, power):
    path = model()
    before = parts(path)
    refresh.bind(path, [rate, power], figures)
    both = path.read_bytes()
    refresh.unbind(path, ["Inputs!B2"])
    assert path.with_name("model.xlsx.bak").read_bytes() == both
    assert [each.binding.number for each in refresh.list_bound(path, figures)] == [2]
    refresh.unbind(path, ["all"])
    assert parts(path) == before
    assert refresh.unbind(path, ["all"]) == []
    with pytest.raises(refresh.RefreshError, match="not bound"):
        refresh.unbind(path, ["7"])


def test_unbinding_into_another_file_leaves_the_workbook_and_makes_no_backup(bound, figures, tmp_path):
    path = bound()
    before = path.read_bytes()
    refresh.unbind(path, ["all"], out=tmp_path / "free.xlsx")
    assert path.read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["free.xlsx", "model.xlsx"]
    assert refresh.list_bound(tmp_path / "free.xlsx", figures) == []


def test_a_map_is_read_with_the_number_of_every_faulty_line(tmp_path, model, figures):
    table = tmp_path / "map.csv"
    table.write_text(
        "Cell;Platform;Metric;Conditions\nInputs!B2;B200;usd_per_gpu_hour;hyperscaler\n\n;B200;kw_per_gpu;\n"
        "Inputs!B3;B200;;\nInputs!B4;B200;kw_per_gpu;;x\nModel!B2;B200;kw_per_gpu;\n",
        encoding="utf-8-sig",
    )
    path = model()
    before = path.read_bytes()
    with pytest.raises(refresh.RefreshError) as caught:
        refresh.bind(path, refresh.read_map(table), figures)
    assert str(caught.value).split("\n") == [
        "map.csv, line 4: the cell is missing",
        "map.csv, line 5: the metric is missing",
        "map.csv, line 6: 5 cells, the header has 4",
        "map.csv, line 7: Model!B2 holds a formula; bind the input that it refers to",
    ]
    assert path.read_bytes() == before
    table.write_text("cell,platform,metric\nInputs!B2,B200,kw_per_gpu\n")
    (found,) = refresh.read_map(table)
    assert (found.cell, found.platform, found.metric, found.origin) == (
        "Inputs!B2", "B200", "kw_per_gpu", "map.csv, line 2",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"), [("cell,metric,price\na,b,c\n", "no column 'price'"), ("cell,metric\n", "no rows")]
)
def test_a_table_that_is_no_map_is_refused(tmp_path, text, said):
    table = tmp_path / "map.csv"
    table.write_text(text)
    with pytest.raises(refresh.RefreshError, match=said):
        refresh.read_map(table)


def test_of_a_folder_all_workbooks_are_found_but_hidden_ones_and_marks_of_open_ones(tmp_path):
    """In order, each once; what is named itself is taken whatever its name, and said no to later."""
    for name in ("b.xlsx", "a.XLSM", "~$b.xlsx", ".hidden.xlsx", "notes.txt", "deep/er/c.xlsx", "b.xlsx.bak"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = refresh.find_workbooks([tmp_path, tmp_path / "b.xlsx", tmp_path / "notes.txt"])
    assert [str(path.relative_to(tmp_path)) for path in found] == ["a.XLSM", "b.xlsx", "deep/er/c.xlsx", "notes.txt"]
