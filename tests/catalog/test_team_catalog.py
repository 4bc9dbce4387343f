"""The team's own figures on top: they win where they answer, are marked, and never fail silently."""

import csv
import os

import openpyxl
import pytest
import sqlalchemy

from tokenbook.udfs import catalog
from tokenbook.udfs.catalog import team

HEADER = ("platform", "metric", "value", "unit", "as_of", "source", "tier")
OWN = ("B200", "usd_per_gpu_hour", "1.61", "USD/GPU-h", "2026-09-01", "treasury 2026-17", "hyperscaler")


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch):
    monkeypatch.delenv("TOKENBOOK_CATALOG", raising=False)
    yield
    catalog.use(None)


def table(path, *rows, header=HEADER):
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def database(path, *rows, name="baselines"):
    engine = sqlalchemy.create_engine(f"sqlite:///{path}")
    columns = ", ".join(HEADER)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"create table {name} ({', '.join(f'{c} text' for c in HEADER)})")
        for row in rows:
            connection.exec_driver_sql(f"insert into {name} ({columns}) values (?,?,?,?,?,?,?)", row)
    engine.dispose()
    return f"sqlite:///{path}"


def test_without_a_team_catalogue_the_shipped_one_is_active():
    assert catalog.active() is catalog.shipped()


def test_a_team_row_wins_and_is_marked(tmp_path):
    catalog.use(table(tmp_path / "mine.csv", OWN))
    row = catalog.active().get("B200", "usd_per_gpu_hour", conditions="hyperscaler")
    assert row.value == 1.61
    assert row.origin == f"team: {tmp_path / 'mine.csv'}"
    assert row.is_team
    assert f"team: {tmp_path / 'mine.csv'}" in catalog.active().citation(row)
    assert catalog.active().get("H100", "usd_per_gpu_hour", conditions="hyperscaler").origin == "shipped"


def test_before_its_day_a_team_row_does_not_count(tmp_path):
    catalog.use(table(tmp_path / "mine.csv", OWN))
    row = catalog.active().get("B200", "usd_per_gpu_hour", conditions="hyperscaler", as_of="2026-08-15")
    assert (row.value, row.origin) == (1.73, "shipped")


def test_a_team_row_without_a_tier_answers_the_question_without_a_tier(tmp_path):
    catalog.use(table(tmp_path / "mine.csv", (*OWN[:6], "")))
    assert catalog.active().get("B200", "usd_per_gpu_hour").value == 1.61
    assert catalog.active().get("B200", "usd_per_gpu_hour", conditions="neocloud").value == 2.07


def test_a_team_row_that_takes_over_several_shipped_figures_is_a_change_of_each(tmp_path):
    catalog.use(table(tmp_path / "mine.csv", (*OWN[:6], "")))
    changes = catalog.diff("2026-08-15", "2026-09-15", platform="B200", metric="usd_per_gpu_hour")
    assert {(c["change"], c["words"], c["value_a"], c["value_b"]) for c in changes} == {
        ("changed", "hyperscaler", 1.73, 1.61),
        ("changed", "neocloud", 2.07, 1.61),
    }
    assert all(change["origin"].startswith("team: ") for change in changes)
    assert catalog.diff("2026-09-05", "2026-09-15", platform="B200", metric="usd_per_gpu_hour") == []


def test_a_team_row_that_takes_over_nothing_is_new(tmp_path):
    catalog.use(table(tmp_path / "mine.csv", (*OWN[:6], "internal")))
    (change,) = catalog.diff("2026-08-15", "2026-09-15", platform="B200", metric="usd_per_gpu_hour")
    assert (change["change"], change["words"], change["value_a"]) == ("new", "internal", None)


def test_an_older_team_row_still_wins_over_a_newer_shipped_one(tmp_path):
    catalog.use(table(tmp_path / "mine.csv", (*OWN[:4], "2026-01-01", *OWN[5:])))
    assert catalog.active().get("B200", "usd_per_gpu_hour", conditions="hyperscaler").value == 1.61


def test_a_team_row_of_a_shipped_id_replaces_it(tmp_path):
    id = "b200.kw_per_gpu.corrected.2026-07"
    header = ("id", *HEADER[:6])
    catalog.use(
        table(
            tmp_path / "mine.csv",
            (id, "B200", "kw_per_gpu", "1.5", "kW", "2026-08-01", "meter"),
            header=header,
        )
    )
    assert catalog.active().row(id).value == 1.5
    assert catalog.active().get("B200", "kw_per_gpu").value == 1.5
    assert len(catalog.active()) == len(catalog.shipped())


def test_the_teams_frontier_stands_alone(tmp_path):
    header = ("platform", "model", "metric", "value", "unit", "as_of", "shape", "precision", "interactivity")
    fixed = ("tok/s/GPU", "2026-08-01", "1k/1k", "FP4")
    points = [
        ("GB200", "dsr1", "frontier_total_tok_s_per_gpu", throughput, *fixed, speed)
        for speed, throughput in ((20, 15000), (60, 11000), (50, 9000))
    ]
    catalog.use(table(tmp_path / "mine.csv", *points, header=header))
    speed, throughput, rows = catalog.active().frontier("GB200", "dsr1", "1k/1k", "FP4")
    assert (speed.tolist(), throughput.tolist()) == ([20, 60], [15000, 11000])
    assert all(row.is_team for row in rows)
    shipped = catalog.active().frontier("GB200", "dsr1", "1k/1k", "FP4", conditions="published-curve")[2]
    assert not any(row.is_team for row in shipped)


def test_a_platform_of_the_teams_own_is_found(tmp_path):
    catalog.use(table(tmp_path / "mine.csv", ("Rack 7", *OWN[1:])))
    assert catalog.active().get("rack-7", "usd_per_gpu_hour").value == 1.61
    with pytest.raises(catalog.UnknownKey, match="did you mean Rack 7"):
        catalog.active().get("rack 77", "usd_per_gpu_hour")


def test_the_environment_names_it_too_and_a_choice_comes_first(tmp_path, monkeypatch):
    monkeypatch.setenv("TOKENBOOK_CATALOG", str(table(tmp_path / "env.csv", OWN)))
    assert catalog.active().get("B200", "usd_per_gpu_hour", conditions="hyperscaler").value == 1.61
    catalog.use(table(tmp_path / "chosen.csv", (*OWN[:2], "1.5", *OWN[3:])))
    assert catalog.active().get("B200", "usd_per_gpu_hour", conditions="hyperscaler").value == 1.5


def test_excel_on_a_share(tmp_path):
    book = openpyxl.Workbook()
    for row in (HEADER, OWN):
        book.active.append(row)
    book.save(tmp_path / "mine.xlsx")
    catalog.use(tmp_path / "mine.xlsx")
    assert catalog.active().get("B200", "usd_per_gpu_hour", conditions="hyperscaler").value == 1.61


def test_a_changed_file_is_read_again(tmp_path):
    file = table(tmp_path / "mine.csv", OWN)
    catalog.use(file)
    first = catalog.active()
    assert catalog.active() is first
    table(file, (*OWN[:2], "1.555", *OWN[3:]))
    os.utime(file, ns=(1, 1))
    assert catalog.active().get("B200", "usd_per_gpu_hour", conditions="hyperscaler").value == 1.555


def test_a_database(tmp_path):
    url = database(tmp_path / "prices.db", OWN)
    catalog.use(url)
    row = catalog.active().get("B200", "usd_per_gpu_hour", conditions="hyperscaler")
    assert (row.value, row.origin) == (1.61, f"team: {url}")


def test_a_database_table_by_name(tmp_path):
    url = database(tmp_path / "prices.db", OWN, name="quotes")
    database(tmp_path / "prices.db", name="other")
    catalog.use(f"{url}#quotes")
    assert catalog.active().get("B200", "usd_per_gpu_hour", conditions="hyperscaler").value == 1.61
    catalog.use(url)
    with pytest.raises(catalog.CatalogError, match="no table 'baselines'; there are"):
        catalog.active()


BAD_ROW = ("B200", "usd_per_gpu_hour", "1,61", "USD/GPU-h", "2026-09-01", "treasury", "hyperscaler")


def test_a_bad_row_is_an_error_with_place_line_and_reason(tmp_path):
    file = table(tmp_path / "mine.csv", OWN, BAD_ROW)
    catalog.use(file)
    with pytest.raises(catalog.CatalogError) as caught:
        catalog.active()
    assert str(caught.value) == f"team catalogue {file}, line 3: value '1,61' is not a number (write 1234.5)"


def test_a_bad_row_of_a_database_too(tmp_path):
    catalog.use(database(tmp_path / "prices.db", OWN, BAD_ROW))
    with pytest.raises(catalog.CatalogError, match=r"prices\.db, line 2: value '1,61' is not a number"):
        catalog.active()


@pytest.mark.parametrize(
    "place",
    [
        "{tmp}/missing.csv",
        "{tmp}",
        "sqlite:///{tmp}/missing.db",
        "nosuchdialect://host/db",
        "postgresql+nodriver://u:p@h/db",
        "sqlite:///{tmp}/text.db",
    ],
)
def test_an_unreachable_place_is_an_error_naming_it_and_never_the_shipped_figures(tmp_path, place):
    (tmp_path / "text.db").write_text("this is no database")
    where = place.format(tmp=tmp_path)
    catalog.use(where)
    for _ in range(2):  # nor at the second call
        with pytest.raises(catalog.CatalogError) as caught:
            catalog.active()
        assert team.hidden(where) in str(caught.value)
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "missing.db").exists()


def test_a_password_is_not_shown():
    assert team.hidden("postgresql://ann:s3:cr@t@db/prices") == "postgresql://ann:***@db/prices"
    catalog.use("postgresql+nodriver://ann:secret@db/prices")
    with pytest.raises(catalog.CatalogError) as caught:
        catalog.active()
    assert "secret" not in str(caught.value)


def test_an_imported_file_serves_as_a_team_catalogue(tmp_path):
    from pathlib import Path

    from tokenbook.udfs.catalog.importers import import_file, write_csv

    found = import_file("mlperf", Path(__file__).with_name("data") / "mlperf_results.json")
    catalog.use(write_csv(found.rows, tmp_path / "mlperf.csv"))
    row = catalog.active().get("GB300", "output_tok_s_per_accelerator", "dsr1", "Offline 6.0-0078")
    assert row.is_team
    assert row.value == pytest.approx(8987.17, abs=0.01)
