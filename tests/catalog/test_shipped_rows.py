"""The shipped tables: a wrong row here would stand in a finance model with our name under it."""

from collections import Counter

import pytest

from tokenbook.udfs import catalog
from tokenbook.udfs.catalog import spelling
from tokenbook.udfs.catalog.choice import series_of
from tokenbook.udfs.catalog.importers.inferencex import METRIC as FRONTIER
from tokenbook.udfs.catalog.packaged import table

SHIPPED = catalog.shipped()
METRICS = catalog.metrics()
OWNING_TIERS = {"hyperscaler", "neocloud", "internal", "operator"}
RENTING_TIERS = {"3-year", "on-demand", "market", "reserved", "spot"}
EARLIEST_TABLE = "2025-10"  # InferenceMAX v1: no rate was published before


def rows_of(metric):
    return [row for row in SHIPPED if row.metric == metric]


def test_every_row_names_a_source_a_place_and_a_day():
    bare = [row.id for row in SHIPPED if not (row.source and row.source_ref and row.as_of)]
    assert bare == []


def test_nothing_was_known_before_it_was_run_or_after_the_catalogue_was_closed():
    early = [row.id for row in SHIPPED if row.run_date and row.run_date > row.as_of]
    assert early == []
    assert max(row.as_of for row in SHIPPED) == SHIPPED.date == "2026-09-30"


def test_platforms_and_models_have_one_spelling():
    strange = {row.platform for row in SHIPPED if row.platform and row.platform not in spelling.platforms()}
    strange |= {row.model for row in SHIPPED if row.model and row.model not in spelling.models()}
    assert strange == set()


def test_every_alias_leads_to_one_name_only():
    for file, column in (("platforms.csv", "platform"), ("models.csv", "model")):
        seen = {}
        for row in table(file):
            for name in {row[column], row["slug"], *row["aliases"].split(";")} - {""}:
                owner = seen.setdefault(spelling.normal(name), row[column])
                assert owner == row[column], f"{name} means {owner} and {row[column]}"


def test_a_metric_counts_one_kind_of_token():
    """MLPerf is output only, InferenceX total, price lists name theirs: no metric holds rows of two kinds."""
    for row in SHIPPED:
        tokens = METRICS[row.metric].tokens
        if row.metric.endswith("tok_s_user"):
            assert tokens == "output", row.id
        elif tokens == "ratio":
            continue
        elif row.source.startswith("MLPerf") and row.metric != "software_gain_months":
            assert tokens == "output", row.id
        elif row.source.startswith(("InferenceX", "SemiAnalysis", "InferenceMAX")) and "tok" in row.unit:
            assert tokens == "total", row.id
        elif row.source.startswith("LiteLLM"):
            assert row.metric == f"usd_per_mtok_{tokens.replace(' ', '_')}", row.id


def test_units_of_throughput_tell_the_kinds_of_token_apart():
    kinds = {}
    for about in METRICS.values():
        if about.unit in ("tok/s/GPU", "tok/s/accelerator", "tok/s/user", "tok/s/MW"):
            kinds.setdefault(about.unit, set()).add(about.tokens)
    assert kinds == {
        "tok/s/GPU": {"total"},
        "tok/s/accelerator": {"output"},
        "tok/s/user": {"output"},
        "tok/s/MW": {"total"},
    }


def test_owning_and_renting_are_different_metrics():
    assert {row.tier for row in rows_of("usd_per_gpu_hour")} <= OWNING_TIERS
    assert {row.tier for row in rows_of("rental_usd_per_gpu_hour")} == RENTING_TIERS
    for about in METRICS.values():
        if about.unit == "USD/GPU-h":
            assert about.ownership in ("owning", "renting"), about.id


def test_peak_and_at_a_speed_per_user_are_different_metrics():
    for row in SHIPPED:
        point = METRICS[row.metric].point
        if row.unit in ("tok/s/GPU", "USD/Mtok") and row.kind == "measured":
            assert point in ("peak", "at_interactivity"), row.id
        if point == "at_interactivity":
            assert row.interactivity, f"{row.id} does not say at which speed per user"


def test_no_point_at_a_speed_per_user_beats_the_peak_of_its_configuration():
    peaks = {}
    for row in rows_of("total_tok_s_per_gpu"):
        key = (row.platform, row.model, row.isl, row.osl, row.precision)
        peaks[key] = max(row.value, peaks.get(key, 0))
    compared = 0
    for row in rows_of("total_tok_s_per_gpu_at_interactivity") + rows_of(FRONTIER):
        key = (row.platform, row.model, row.isl, row.osl, row.precision)
        if key in peaks and row.run_date <= "2026-04-06":
            compared += 1
            # MI300X and MI325X: runs of December 2025 beat the later post, a regression in the source
            allowed = 1.17 if row.platform in ("MI300X", "MI325X") else 1.0001
            assert row.value <= peaks[key] * allowed, row.id
    assert compared > 100


def test_two_figures_that_differ_have_a_word_that_decides():
    """Otherwise a look-up could only end in an error that no further word resolves."""
    seen = {}
    for row in SHIPPED:
        key = (series_of(METRICS[row.metric], row), row.as_of, row.confidence)
        other = seen.setdefault(key, row)
        assert other.value == row.value, f"{other.id} and {row.id} cannot be told apart"


def test_every_row_is_found_by_its_own_words():
    for row in SHIPPED:
        found = SHIPPED.find(row.platform, row.metric, row.model, row.words, row.as_of)
        assert row in found, row.id


def test_rate_tables_of_three_dates_are_there():
    for day, expected in (("2025-10-31", 1.95), ("2026-07-31", 1.73), ("2026-09-30", 1.73)):
        row = SHIPPED.get("B200", "usd_per_gpu_hour", conditions="hyperscaler", as_of=day)
        assert (row.value, row.as_of) == (expected, day)
    vintages = Counter(row.as_of for row in rows_of("usd_per_gpu_hour") if row.tier == "hyperscaler")
    assert vintages == {"2025-10-31": 7, "2026-04-03": 2, "2026-07-31": 10, "2026-09-30": 12}
    assert min(row.as_of for row in rows_of("usd_per_gpu_hour")) >= EARLIEST_TABLE


def test_derived_rows_repeat_their_arithmetic():
    get = SHIPPED.row
    rack = get("gb200.rack_price_usd.reported.2026-02").value
    assert get("gb200.capex_usd_per_gpu.rack-share.2026-02").value == pytest.approx(rack / 72, abs=0.01)
    for platform in ("gb200", "gb300"):
        all_in = get(f"{platform}.rack_power_kw.all-in.2026-07").value
        assert all_in == pytest.approx(72 * get(f"{platform}.kw_per_gpu.corrected.2026-07").value)
    rate = get("gb200.usd_per_gpu_hour.hyperscaler.2026-07").value
    kw = get("gb200.kw_per_gpu.corrected.2026-07").value
    electricity = get("us.usd_per_kwh.industrial.2025").value
    hosting = (0.20 * rate - kw * electricity) * 730 / kw
    assert get("assumption.hosting_usd_per_kw_month").value == pytest.approx(hosting, abs=0.5)
    investment = get("claim.75m-from-5m.investment").value
    assert get("assumption.installation_share_of_capex").value == pytest.approx(investment / rack - 1, abs=5e-4)


@pytest.mark.parametrize(
    ("platform", "scenario", "gain"),
    [
        ("GB300", "Offline", 1.54),
        ("GB300", "Server", 1.91),
        ("GB200", "Offline", 1.68),
        ("GB200", "Server", 2.01),
    ],
)
def test_software_gain_of_one_submitter_on_the_same_hardware(platform, scenario, gain):
    words = f"{scenario} same-submitter"
    found = SHIPPED.get(platform, "software_throughput_gain", "DeepSeek-R1", words)
    assert found.value == pytest.approx(gain, abs=0.005)
    months = SHIPPED.get(platform, "software_gain_months", "DeepSeek-R1", words)
    assert months.value == pytest.approx(204 / 30.44, abs=0.05)  # 2025-09-09 to 2026-04-01


def test_importing_the_catalogue_reads_no_table_and_no_pandas():
    import subprocess
    import sys

    code = (
        "import sys, tokenbook.udfs.catalog as c; from tokenbook.udfs.catalog.store import shipped; "
        "assert shipped.cache_info().currsize == 0; "
        "assert not {'pandas', 'numpy', 'openpyxl', 'sqlalchemy'} & set(sys.modules); "
        "c.shipped(); c.claims.list(); assert 'pandas' not in sys.modules and 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
