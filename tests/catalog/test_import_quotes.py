"""A team's own quotes, as spreadsheets really look: other headers, other units, gaps and slips."""

import datetime

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenbook.udfs import catalog
from tokenbook.udfs.catalog import CatalogError
from tokenbook.udfs.catalog.importers import import_file, write_csv

HEADER = "platform,metric,value,unit,as_of,source,tier"


def quotes(tmp_path, text, name="quotes.csv", **more):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return import_file("quotes", file, tiers=catalog.shipped().tiers(), **more)


def only(result):
    assert result.refused == []
    (row,) = result.rows
    return row


@pytest.mark.parametrize(
    ("line", "value", "unit"),
    [
        ("B200,usd_per_gpu_hour,2.05,$/GPU-hr,2026-08-01,q17,hyperscaler", 2.05, "USD/GPU-h"),
        ("B200,usd_per_gpu_hour,205,cents per GPU-hour,2026-08-01,q17,", 2.05, "USD/GPU-h"),
        ("B200,rental_usd_per_gpu_hour,1460,USD/GPU-month,2026-08-01,q17,3 years", 2.0, "USD/GPU-h"),
        ("B200,kw_per_gpu,1710,W,2026-08-01,meter,", 1.71, "kW/GPU"),
        ("TPU v7x,hbm_gb,192,GiB,2026-08-01,docs,", 206.158430208, "GB/GPU"),
        ("GB200,rack_price_usd,3.3,M USD,2026-08-01,q18,", 3_300_000, "USD/rack"),
        (",usd_per_kwh,86.1,USD/MWh,2026-08-01,contract,", 0.0861, "USD/kWh"),
        (",utilization_end,55%,,2026-08-01,plan,", 0.55, "share"),
        (",discount_rate,9,%,2026-08-01,treasury,", 0.09, "1/year"),
        (",ramp_months,1.5,years,2026-08-01,plan,", 18, "months"),
        ("B200,usd_per_gpu_hour,$2.05,USD/GPU-h,2026-08,q17,", 2.05, "USD/GPU-h"),
    ],
)  # fmt: skip
def test_units_are_converted_once(tmp_path, line, value, unit):
    row = only(quotes(tmp_path, f"{HEADER}\n{line}\n"))
    assert row.value == pytest.approx(value, rel=1e-12)
    assert row.unit == unit


def test_names_dates_and_tiers_come_to_their_one_spelling(tmp_path):
    row = only(quotes(tmp_path, f"{HEADER}\nnvidia gb200,USD per GPU hour,2,USD/h,2026-08,q,HYPERSCALER\n"))
    assert (row.platform, row.metric, row.tier, row.as_of) == (
        "GB200 NVL72",
        "usd_per_gpu_hour",
        "hyperscaler",
        "2026-08-31",
    )
    assert row.vendor == "NVIDIA"


def test_headers_as_people_write_them_and_semicolons(tmp_path):
    text = """GPU; Metric ;Price;Unit;Quote-date;Notes;Contract
H100;rental_usd_per_gpu_hour;1.9;USD/GPU-h;2026-08-01;2 year lock-in;market
"""
    row = only(quotes(tmp_path, text))
    assert (row.platform, row.value, row.qualifier, row.tier) == ("H100", 1.9, "2 year lock-in", "market")
    assert row.source == "own figure, quotes.csv"
    assert (row.as_of, row.confidence) == ("2026-08-01", "medium")


def test_one_column_per_metric(tmp_path):
    text = """platform,as_of,kw per gpu,usd_per_gpu_hour [hyperscaler],usd_per_gpu_hour [neocloud],colour
B200,2026-08-01,1.7,1.6,2.1,red
H100,2026-08-01,,1.1,,
"""
    result = quotes(tmp_path, text)
    found = {(row.platform, row.metric, row.tier): row.value for row in result.rows}
    assert found == {
        ("B200", "kw_per_gpu", ""): 1.7,
        ("B200", "usd_per_gpu_hour", "hyperscaler"): 1.6,
        ("B200", "usd_per_gpu_hour", "neocloud"): 2.1,
        ("H100", "usd_per_gpu_hour", "hyperscaler"): 1.1,
    }
    assert "'colour' is not read" in result.summary


def test_throughput_with_its_shape(tmp_path):
    text = """platform,model,metric,value,unit,workload,precision,as_of
B200,dsr1,total_tok_s_per_gpu,9000,tok/s/GPU,8k/1k,fp4,2026-08-01
"""
    row = only(quotes(tmp_path, text))
    assert (row.isl, row.osl, row.precision, row.model, row.kind) == (
        8192,
        1024,
        "FP4",
        "DeepSeek-R1",
        "measured",
    )


@pytest.mark.parametrize("name", catalog.metrics())
def test_a_figure_of_no_stated_kind_is_of_the_kind_of_its_metric(tmp_path, name):
    """A measured PUE or a chip's memory is no price; the shipped rows say what a metric's figures are."""
    about = catalog.metric(name)
    figure = f"B200,dsr1,{name},{max(about.low, 1)},{about.unit},2026-08-01"
    result = quotes(tmp_path, f"platform,model,metric,value,unit,as_of\n{figure}\n")
    assert only(result).kind in {row.kind for row in catalog.shipped().find(metric=name)}


def test_the_teams_own_pue_is_measured_and_its_electricity_a_price(tmp_path):
    text = f"{HEADER}\n,pue,1.2,kW/kW,2026-08-01,meter,\n,usd_per_kwh,0.07,USD/kWh,2026-08-01,contract,\n"
    assert [row.kind for row in quotes(tmp_path, text).rows] == ["measured", "price"]


REFUSED = {
    "decimal comma": ('B200,kw_per_gpu,"1,7",kW,2026-08-01,m,', "'1,7' is not a number"),
    "wrong unit": ("B200,kw_per_gpu,1.7,USD,2026-08-01,m,", "unit 'USD': kw_per_gpu is in kW/GPU"),
    "wrong unit by the value": ("B200,kw_per_gpu,1710,kW,2026-08-01,m,", "outside 0.01 to 100"),
    "other money": ("B200,usd_per_gpu_hour,2,EUR/GPU-h,2026-08-01,m,", "convert it"),
    "whole system": ("B200,total_tok_s_per_gpu,2,tok/s,2026-08-01,m,", "whole system"),
    "no unit": ("B200,kw_per_gpu,1.7,,2026-08-01,m,", "unit is empty"),
    "no date": ("B200,kw_per_gpu,1.7,kW,,m,", "as_of is empty"),
    "no such date": ("B200,kw_per_gpu,1.7,kW,2026-02-31,m,", "not a date"),
    "local date": ("B200,kw_per_gpu,1.7,kW,1/8/2026,m,", "not a date"),
    "nan": ("B200,kw_per_gpu,nan,kW,2026-08-01,m,", "not a finite number"),
    "error of a spreadsheet": ("B200,kw_per_gpu,#N/A,kW,2026-08-01,m,", "not a number"),
    "no value": ("B200,kw_per_gpu,,kW,2026-08-01,m,", "value is empty"),
    "unknown metric": ("B200,kw_per_gpus,1.7,kW,2026-08-01,m,", "did you mean kw_per_gpu"),
    "no platform": (",kw_per_gpu,1.7,kW,2026-08-01,m,", "platform is empty"),
    "no model": ("B200,total_tok_s_per_gpu,9,tok/s/GPU,2026-08-01,m,", "model is empty"),
    "too many cells": ("B200,kw_per_gpu,1,7,kW,2026-08-01,m,x,y", "a comma inside a value?"),
    "share above one": (",utilization_end,55,share,2026-08-01,m,", "outside 0 to 1"),
}


@pytest.mark.parametrize("slip", REFUSED)
def test_a_slip_is_refused_with_line_and_reason_and_stops_no_other(tmp_path, slip):
    line, reason = REFUSED[slip]
    result = quotes(
        tmp_path,
        f"{HEADER}\nH100,kw_per_gpu,1.4,kW,2026-08-01,meter,\n\n{line}\nH200,kw_per_gpu,1.4,kW,2026-08-01,meter,\n",
    )
    assert [row.platform for row in result.rows] == ["H100", "H200"]
    ((at, said),) = result.refused
    assert at == 4
    assert reason in said


def test_the_same_figure_twice_is_refused_the_second_time(tmp_path):
    row = "B200,kw_per_gpu,1.7,kW,2026-08-01,m,\n"
    result = quotes(tmp_path, f"{HEADER}\n{row}{row}")
    assert len(result.rows) == 1
    assert result.refused[0][0] == 3
    assert "same key as line 2" in result.refused[0][1]


def test_a_new_platform_is_taken_and_pointed_out(tmp_path):
    result = quotes(tmp_path, f"{HEADER}\nB20O,kw_per_gpu,1.7,kW,2026-08-01,m,\n")
    assert result.rows[0].platform == "B20O"
    assert "'B20O' is new to the catalogue: did you mean B200" in result.summary


def test_excel_with_real_dates_and_percent_cells(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Platform", "Metric", "Value", "Unit", "As of"])
    sheet.append(["GB200", "usd_per_gpu_hour", 1.99, "USD/GPU-h", datetime.date(2026, 8, 1)])
    sheet.append([None, "utilization_end", 0.5, "share", datetime.datetime(2026, 8, 2, 12)])
    sheet.append([])
    sheet.append(["GB200", "kw_per_gpu", "#DIV/0!", "kW", datetime.date(2026, 8, 1)])
    book.save(tmp_path / "quotes.xlsx")
    result = import_file("quotes", tmp_path / "quotes.xlsx")
    assert [(row.value, row.as_of) for row in result.rows] == [(1.99, "2026-08-01"), (0.5, "2026-08-02")]
    assert result.refused[0][0] == 5


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("no.csv", None, "no such file"),
        ("empty.csv", b"", "is empty"),
        ("head.csv", b"platform,metric,value\n", "header and no rows"),
        ("one.csv", b"hello\nworld\n", "no header of a table"),
        ("latin.csv", "platform,metric,value\nB200,Strom für,1\n".encode("latin-1"), "not UTF-8"),
        ("missing.csv", b"platform,price\nB200,2\n", "column 'metric' is missing"),
        ("twice.csv", b"platform,value,value\nB200,2,3\n", "stands twice"),
        ("both.csv", b"platform,metric,price,value\nB200,kw_per_gpu,3,3\n", "two columns mean 'value'"),
        ("bad.xlsx", b"PK\x03\x04 not a workbook", "not a readable Excel workbook"),
        ("quotes.pdf", b"%PDF", "a table is expected as .csv"),
    ],
)
def test_a_file_that_is_no_table_is_one_clear_line_naming_it(tmp_path, name, content, reason):
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CatalogError) as caught:
        import_file("quotes", file)
    assert str(file) in str(caught.value)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_kind_names_the_kinds(tmp_path):
    with pytest.raises(CatalogError, match="inferencex, mlperf, litellm, quotes"):
        import_file("excel", tmp_path / "x.csv")


def test_what_is_written_reads_back_the_same(tmp_path):
    rows = catalog.shipped().rows
    file = write_csv(rows, tmp_path / "mine.csv")
    back = import_file("quotes", file)
    assert back.refused == []
    for before, after in zip(rows, back.rows, strict=True):
        assert {**before.as_dict(), "origin": ""} == {**after.as_dict(), "origin": ""}


def test_writing_is_whole_or_not_at_all(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("old")

    def breaks():
        yield catalog.shipped().rows[0]
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        write_csv(breaks(), file)
    assert file.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.csv"]
    with pytest.raises(CatalogError, match="cannot be written"):
        write_csv([], tmp_path / "nowhere" / "mine.csv")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.text(max_size=12), min_size=1, max_size=8), min_size=1, max_size=8))
def test_no_table_however_odd_makes_the_import_fail_otherwise_than_by_a_catalog_error(tmp_path_factory, cells):
    import csv

    file = tmp_path_factory.mktemp("odd") / "quotes.csv"
    with file.open("w", newline="", encoding="utf-8", errors="surrogatepass") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER.split(","))
        writer.writerows(cells)
    try:
        result = import_file("quotes", file)
    except CatalogError:
        return
    assert result.rows == []
