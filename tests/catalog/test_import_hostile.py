"""Damaged and oversized files: one clear message, bounded time and memory, nothing half taken."""

import itertools
import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenbook.udfs.catalog import CatalogError
from tokenbook.udfs.catalog.importers import import_file, json_records, result

DATA = Path(__file__).with_name("data")
FILES = {
    "inferencex": DATA / "inferencex_rows.json",
    "mlperf": DATA / "mlperf_results.json",
    "litellm": DATA / "litellm_prices.json",
}
MILLION = 1_000_000
MEMORY_LIMIT_MB = 50


def written(tmp_path, text):
    file = tmp_path / "file.json"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.95])
def test_a_file_cut_off_is_one_clear_message(tmp_path, kind, share):
    text = FILES[kind].read_text()
    with pytest.raises(CatalogError, match=r"cut off after \d+ complete records; nothing was taken"):
        import_file(kind, written(tmp_path, text[: int(len(text) * share)]))


@pytest.mark.parametrize("kind", FILES)
def test_cut_off_anywhere_is_never_a_half_import(tmp_path, kind):
    text = FILES[kind].read_text().rstrip()
    for end in range(1, len(text), 97):
        with pytest.raises(CatalogError):
            import_file(kind, written(tmp_path, text[:end]))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("   ", "was expected"),
        ("<html>503</html>", "a list of rows was expected, the file begins with '<'"),
        ('{"error": "rate limited"}', "a list of rows was expected"),
        ('[{"hardware": "b200"} {"hardware": "b200"}]', "line 1, column 23: not JSON"),
        ("[{'hardware': 1}]", "not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("[" + "9" * 5000 + "]", "a number is too long"),
    ],
)
def test_text_that_is_no_list_of_rows_names_file_and_place(tmp_path, text, reason):
    with pytest.raises(CatalogError) as caught:
        import_file("inferencex", written(tmp_path, text))
    assert "file.json" in str(caught.value)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_text(tmp_path):
    file = tmp_path / "file.json"
    file.write_bytes(b"\xff\xfe\x00[" * 10)
    with pytest.raises(CatalogError, match="not UTF-8"):
        import_file("mlperf", file)


def test_a_list_without_rows_is_no_error(tmp_path):
    assert import_file("mlperf", written(tmp_path, "[]")).rows == []


def test_a_json_file_too_large_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(json_records, "MAX_JSON_MB", 0)
    with pytest.raises(CatalogError, match="MB, more than 0 MB; split it"):
        import_file("mlperf", FILES["mlperf"])


@pytest.mark.parametrize("kind", FILES)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_any_field_may_hold_anything(tmp_path_factory, kind, data):
    """Whatever a field is replaced by, the import answers, and the other records are taken as before."""
    records = json.loads(FILES[kind].read_text())
    clean = len(import_file(kind, FILES[kind], as_of="2026-09-30").rows)
    items = records.values() if isinstance(records, dict) else records
    record = data.draw(st.sampled_from(list(items)))
    target = data.draw(st.sampled_from([record, record.get("metrics", record)]))
    name = data.draw(st.sampled_from(sorted(target)))
    junk = st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)
    target[name] = data.draw(junk | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2))
    file = tmp_path_factory.mktemp("odd") / "file.json"
    file.write_text(json.dumps(records))
    outcome = import_file(kind, file, as_of="2026-09-30")
    assert len(outcome.rows) >= clean - 5  # a price entry is three rows and two medians
    for row in outcome.rows:
        assert row.value == row.value
        assert abs(row.value) != float("inf")


def table(file, lines):
    with file.open("w", encoding="utf-8") as stream:
        stream.write("platform,metric,value,unit,as_of\n")
        stream.writelines(lines)


def peak_mb(action):
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_a_million_bad_rows_are_counted_and_the_first_are_kept(tmp_path):
    file = tmp_path / "log.csv"
    table(file, itertools.repeat("B200,kw_per_gpu,fast,kW,2026-08-01\n", MILLION))
    outcome = import_file("quotes", file)
    assert outcome.refused_count == MILLION
    assert len(outcome.refused) == result.MAX_REFUSED_KEPT
    assert outcome.refused[-1][0] == result.MAX_REFUSED_KEPT + 1
    assert "1,000,000 refused" in outcome.summary


def test_memory_does_not_grow_with_the_length_of_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(result, "MAX_REFUSED_KEPT", 100)
    peaks = []
    for count in (5_000, 50_000):
        file = tmp_path / f"{count}.csv"
        table(file, itertools.repeat("B200,kw_per_gpu,fast,kW,2026-08-01\n", count))
        peaks.append(peak_mb(lambda file=file: import_file("quotes", file)))
    assert peaks[1] < peaks[0] + 1


@pytest.mark.slow
def test_more_good_rows_than_a_catalogue_holds_end_in_one_message(tmp_path, monkeypatch):
    monkeypatch.setattr(result, "MAX_ROWS", 5_000)
    file = tmp_path / "log.csv"
    table(file, (f"P{n},kw_per_gpu,1.7,kW,2026-08-01\n" for n in range(MILLION)))

    def action():
        with pytest.raises(CatalogError, match="more than 5,000 usable rows, nothing taken"):
            import_file("quotes", file)

    assert peak_mb(action) < MEMORY_LIMIT_MB


def test_a_field_without_end_does_not_fill_memory(tmp_path):
    file = tmp_path / "quotes.csv"
    file.write_text('platform,metric,value\nB200,"' + "x" * 300_000 + '",1\n')
    with pytest.raises(CatalogError, match="not a CSV row"):
        import_file("quotes", file)
