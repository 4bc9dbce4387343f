"""A workbook that Tokenbook made is bound already, and after a refresh reads as if it had been made anew."""

import pytest

from tokenbook.templates import build, models, ooxml, refresh
from tokenbook.templates.audit import audit
from tokenbook.templates.conventions import BINDING_PREFIX
from tokenbook.templates.engine import Model
from tokenbook.templates.models.shared.options import Options
from tokenbook.templates.refresh.bind import bindings_of
from tokenbook.udfs import catalog

MADE_ON = "2026-05-31"


def make(path, template="roi", **wishes):
    writer = models.module(template).compose(Options(as_of=MADE_ON, version="test", **wishes))
    build.build(writer, path).package.close()
    return writer


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A roi workbook as of an earlier day: (bytes, writer)."""
    path = tmp_path_factory.mktemp("made") / "roi.xlsx"
    writer = make(path, platforms=("B200", "H100"))
    return path.read_bytes(), writer


@pytest.fixture(scope="module")
def refreshed(made, tmp_path_factory):
    """The same, refreshed: (path, report)."""
    path = tmp_path_factory.mktemp("refreshed") / "roi.xlsx"
    path.write_bytes(made[0])
    report = refresh.refresh_file(path, catalog.shipped(), write=True, today="2026-11-21")
    return path, report


@pytest.mark.parametrize("template", models.TEMPLATES)
def test_every_template_is_bound_and_can_be_refreshed(template, tmp_path):
    """Made half a year ago, refreshed today: no cell is wrong, no check fails, nothing was left to Excel."""
    path = tmp_path / f"{template}.xlsx"
    writer = make(path, template)
    with ooxml.open_package(path) as package:
        assert len(bindings_of(package)) == len(writer.bindings) > 15
    report = refresh.refresh_file(path, catalog.shipped(), write=True)
    assert {line.status for line in report.lines} == {"changed", "same"}
    assert report.left_to_excel == ""
    assert report.recalculated > 20
    found = audit(path)
    assert not found.failed
    assert not found.refusal
    stale = next(category for category in found.categories if category.key == "stale")
    assert not stale.findings
    overrides = next(category for category in found.categories if category.key == "overrides")
    assert [finding.text for finding in overrides.findings] == [], "nobody has overridden anything"
    with ooxml.open_package(path) as package:
        shown = {cell.value for cell in package.cells("Inputs")}
    assert "baseline" in shown
    assert "override" not in shown


def baselines(package):
    """Rows of the Baselines table, by column title."""
    sheet, table = package.find_table("BaselineTable")
    top, left, bottom, right = table.bounds
    cells = {(c.row, c.column): c.value for c in package.cells(sheet)}
    return [
        dict(zip(table.columns, (cells.get((row, column)) for column in range(left, right + 1)), strict=True))
        for row in range(top + 1, bottom + 1)
    ]


def test_every_bound_cell_is_bound_in_the_file(made):
    data, writer = made
    package = ooxml.open_package(data)
    found = bindings_of(package)
    assert len(found) == len(writer.bindings) > 25
    for binding, written in zip(found, writer.bindings, strict=True):
        value = package.cell(binding.place.sheet, binding.place.ref).value
        assert (binding.place.sheet, binding.key.row) == (written.place.sheet, written.baseline.id)
        assert value == binding.key.value == written.baseline.value
    assert all(name.hidden for name in package.names if name.name.startswith(BINDING_PREFIX))


def test_making_it_twice_gives_the_same_bytes(made, tmp_path):
    make(tmp_path / "again.xlsx", platforms=("B200", "H100"))
    assert (tmp_path / "again.xlsx").read_bytes() == made[0]


def test_as_of_its_own_day_there_is_nothing_to_do(made, tmp_path):
    path = tmp_path / "roi.xlsx"
    path.write_bytes(made[0])
    report = refresh.refresh_file(path, catalog.shipped(), as_of=MADE_ON)
    off = {line.cell: line.meaning for line in report.lines if line.status != "same"}
    known_later = {cell for cell, meaning in off.items() if "was known on" in meaning}
    assert set(off) == known_later, "rows taken from later days, for want of others, are the only exception"


def test_inputs_baselines_and_notes_follow(refreshed):
    path, report = refreshed
    figures = catalog.shipped()
    assert report.changes
    with ooxml.open_package(path) as package:
        rows = {row["Key"]: row for row in baselines(package)}
        for line in report.changes:
            assert package.cell(line.place.sheet, line.place.ref).value == line.new
            row = rows[line.row.id]
            assert (row["Value"], row["As of"], row["Source"]) == (line.new, line.row.as_of, line.row.source)
            assert row["Qualifier"] in (line.row.qualifier, None)
            assert line.binding.key.row not in rows, "the old row is still there"
            if line.binding.note:
                note = package.cell(line.binding.note.sheet, line.binding.note.ref).value
                assert line.row.source in note
                assert line.row.as_of in note
        states = [c.value for c in package.cells("Inputs") if c.value in ("baseline", "override")]
        assert "override" not in states
        assert len(states) > 10
        for binding in bindings_of(package):
            assert figures.row(binding.key.row).value == binding.key.value


def test_every_result_is_that_of_a_fresh_calculation(refreshed):
    path, report = refreshed
    assert report.left_to_excel == ""
    assert report.recalculated > 100
    with Model(path) as fresh:
        fresh.recalculate()
        for sheet, cells in fresh.values().items():
            held = {cell.ref: cell.value for cell in fresh.package.cells(sheet)}
            for ref, value in cells.items():
                if isinstance(value, float):
                    assert held[ref] == pytest.approx(value, rel=1e-12, abs=1e-12), f"{sheet}!{ref}"
                else:
                    assert (held[ref] or "") == (value or ""), f"{sheet}!{ref}"
        assert fresh.named("check_master") == "OK"


def test_the_log_gets_a_row_for_each_cell(refreshed):
    path, report = refreshed
    with ooxml.open_package(path) as package:
        sheet, table = package.find_table("ChangeLog")
        values = {cell.ref: cell.value for cell in package.cells(sheet)}
        bottom = table.bounds[2]
        assert bottom - table.bounds[0] == 1 + len(report.changes)
        last = report.changes[-1]
        assert [values[f"{letter}{bottom}"] for letter in "ABCDEF"] == [
            "2026-11-21", "refreshed", last.cell, last.old, last.new, last.row.unit,
        ]  # fmt: skip
        assert last.row.source in values[f"G{bottom}"]
        assert package.defined_names["_xlnm.Print_Area", sheet].endswith(f"$G${bottom}")
    assert report.log == "table ChangeLog on Log"
    assert not path.with_name("roi.xlsx.refresh.json").exists()


def test_only_sheets_that_hold_something_of_it_change(made, refreshed, parts):
    old, new = parts(made[0]), parts(refreshed[0].read_bytes())
    changed = {name for name in old if old[name] != new[name]}
    assert list(old) == list(new)
    assert all(
        name.startswith("xl/worksheets/") or name in ("xl/workbook.xml", "xl/tables/table2.xml") for name in changed
    )
    assert not any("chart" in name or "style" in name or "docProps" in name for name in changed)


def test_a_second_refresh_has_nothing_to_do(refreshed):
    path, _ = refreshed
    before = path.read_bytes()
    report = refresh.refresh_file(path, catalog.shipped(), write=True)
    assert {line.status for line in report.lines} == {"same"}
    assert path.read_bytes() == before


def test_an_override_keeps_its_own_row_and_the_words_of_the_user_stay(made, tmp_path):
    path = tmp_path / "roi.xlsx"
    path.write_bytes(made[0])
    figures = catalog.shipped()
    first = next(line for line in refresh.refresh_file(path, figures).changes if line.binding.note)
    with ooxml.open_package(path) as package:
        package.set_value(first.place.sheet, first.place.ref, 1.234)
        package.set_value(first.binding.note.sheet, first.binding.note.ref, "Our offer of May")
        package.save()
    report = refresh.refresh_file(path, figures, write=True)
    assert next(line for line in report.lines if line.place == first.place).status == "override"
    with ooxml.open_package(path) as package:
        assert package.cell(first.place.sheet, first.place.ref).value == 1.234
        assert package.cell(first.binding.note.sheet, first.binding.note.ref).value == "Our offer of May"
        assert first.binding.key.row in {row["Key"] for row in baselines(package)}


def test_a_newer_source_of_the_same_figure_renews_its_row_only(made, tmp_path):
    from dataclasses import replace

    path = tmp_path / "roi.xlsx"
    path.write_bytes(made[0])
    shipped = catalog.shipped()
    old = shipped.get("B200", "kw_per_gpu", as_of=MADE_ON)
    newer = replace(old, id="kw.confirmed", as_of="2026-10-31", source="Meter reading")
    keep = [row for row in shipped if row.metric != "kw_per_gpu" or row.platform != "B200" or row.as_of <= MADE_ON]
    rates = [row for row in keep if not (row.metric == "usd_per_gpu_hour" and row.as_of > MADE_ON)]
    report = refresh.refresh_file(path, catalog.Catalog([*rates, newer]), write=True)
    line = next(line for line in report.lines if line.row and line.row.id == "kw.confirmed")
    assert (line.status, line.old) == ("renewed", old.value)
    with ooxml.open_package(path) as package:
        rows = {row["Key"]: row for row in baselines(package)}
        assert rows["kw.confirmed"]["Source"] == "Meter reading"
        assert old.id not in rows


def test_going_back_gives_the_workbook_that_was(made, refreshed, tmp_path):
    """Forward and back again: every cell but the log holds what it held."""
    path = tmp_path / "roi.xlsx"
    path.write_bytes(refreshed[0].read_bytes())
    refresh.refresh_file(path, catalog.shipped(), write=True, as_of=MADE_ON)
    was, now = ooxml.open_package(made[0]), ooxml.open_package(path)
    for sheet in was.sheets:
        if sheet == "Log":
            continue
        before = {cell.ref: cell.value for cell in was.cells(sheet)}
        after = {cell.ref: cell.value for cell in now.cells(sheet)}
        for ref, value in before.items():
            if isinstance(value, float):
                assert after[ref] == pytest.approx(value, rel=1e-12, abs=1e-12), f"{sheet}!{ref}"
            else:
                assert (after[ref] or "") == (value or ""), f"{sheet}!{ref}"
