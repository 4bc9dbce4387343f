"""Looking figures up: what a cell or a template gets, and what it is told when it asks for too little."""

import dataclasses
import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenbook.udfs import catalog
from tokenbook.udfs.catalog.conditions import parse

FIGURES = catalog.shipped()


def value(*key, **more):
    return FIGURES.get(*key, **more).value


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (("B200", "usd_per_gpu_hour", None, "neocloud"), 2.07),
        (("nvidia gb200 nvl72", "USD per GPU hour", None, "Hyperscaler"), 1.86),
        (("gb300", "kw_per_gpu"), 2.12),
        (("gb300", "kw_per_gpu", None, "old"), 2.10),
        (("GB200 NVL72", "total_tok_s_per_gpu", "DeepSeek-R1", "8k/1k FP4"), 14952.0),
        (("b200", "total_tok_s_per_gpu", "gptoss", "1024/1024"), 28012.9),
        (("b200", "total_tok_s_per_gpu", "gpt-oss-120b", "isl 8k osl 1k"), 61612.7),
        (("b200", "total_tok_s_per_gpu_at_interactivity", "dsr1", "1k/1k FP4 at 100 tok/s/user"), 3047.0),
        (("b200", "total_tok_s_per_gpu_at_interactivity", "dsr1", "FP8, 1k/1k, 71 tok/s/user"), 1020.2),
        (("H100", "rental_usd_per_gpu_hour", None, "3 year"), 2.0),
        (("TPU v6e", "rental_usd_per_gpu_hour", None, "on demand"), 2.70),
        (("GB300", "output_tok_s_per_accelerator", "dsr1", "server"), 8063.75),
        (("", "usd_per_mtok_input", "DeepSeek-R1"), 0.9),
        ((None, "usd_per_mtok_cached_input", "DeepSeek-R1", "DeepSeek"), 0.14),
        (("", "usd_per_kwh"), 0.0861),
        (("", "usd_per_kwh", None, "Texas industrial"), 0.066),
        (("", "pue"), 1.54),
        (("", "utilization_end"), 0.60),
        (("", "active_params_bn", "gpt-oss-120b"), 5.1),
        (("B200", "hbm_tb_s"), 8.0),
        (("B200", "hbm_tb_s", None, "aiconfigurator"), 7.7),
        (("GB200", "rack_power_kw"), 120.0),
        (("GB200", "rack_power_kw", None, "installed"), 264.0),
        (("GB300", "rack_power_kw", None, "shelf-capacity"), 132.0),
    ],
)
def test_a_figure_is_found_under_the_words_people_use(key, expected):
    assert value(*key) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2025-12-01", 2.17),
        ("2026-07-13", 2.17),
        ("2026-07-14", 1.71),
        (datetime.date(2026, 7, 1), 2.17),
        (None, 1.71),
    ],
)
def test_as_of_gives_what_was_known_on_the_day(day, expected):
    assert value("B200", "kw_per_gpu", as_of=day) == expected


def test_a_month_means_its_last_day():
    assert value("B200", "usd_per_gpu_hour", None, "hyperscaler", as_of="2026-07") == 1.73
    assert value("B200", "usd_per_gpu_hour", None, "hyperscaler", as_of="2026-06") == 1.95


def test_a_baseline_that_aged_is_replaced_by_the_newer_run():
    assert value("MI355X", "total_tok_s_per_gpu", "dsr1", "8k/1k", as_of="2026-04-06") == 4222.8
    assert value("MI355X", "total_tok_s_per_gpu", "dsr1", "8k/1k") == 10125.0


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (("GB20", "kw_per_gpu"), ("GB20", "did you mean GB200 NVL72")),
        (("B200", "usd_per_gpu_hr"), ("did you mean", "usd_per_gpu_hour")),
        (("B200", "total_tok_s_per_gpu", "deepseek-r2", ""), ("unknown model", "DeepSeek-R1")),
        (("B200", "usd_per_gpu_hour", None, "hyperscaller"), ("did you mean hyperscaler?",)),
        (("", "usd_per_gpu_hour"), ("per platform", "H100")),
        (("H100", "pue"), ("leave the platform empty",)),
        (("B300", "capex_usd_per_gpu"), ("B300", "H100")),
        (("H100", "kw_per_gpu", "DeepSeek-R1"), ("does not depend on a model",)),
        (("B200", "total_tok_s_per_gpu", "dsr1", "2k/2k"), ("8k/1k FP4",)),
        (("TPU v7x", "total_tok_s_per_gpu", "Llama-3.3-70B"), ("Qwen3.5-397B",)),
    ],
)
def test_nothing_found_says_in_one_line_what_would_be_right(key, words):
    with pytest.raises(catalog.UnknownKey) as caught:
        FIGURES.get(*key)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 300
    for word in words:
        assert word in message


def test_a_word_near_to_none_is_answered_with_the_words_there_are():
    with pytest.raises(catalog.UnknownKey) as caught:
        FIGURES.get("B200", "kw_per_gpu", conditions="xyz")
    assert str(caught.value) == (
        "no kw_per_gpu of B200 is described by 'xyz'; words it knows: all, all-in, corrected, in, nvidia, old"
    )


def test_a_day_before_the_first_figure_names_the_first():
    with pytest.raises(catalog.UnknownKey, match="2025-09-01; the first is of 2025-10-31"):
        FIGURES.get("B200", "usd_per_gpu_hour", None, "hyperscaler", as_of="2025-09-01")


@pytest.mark.parametrize(
    "day", ["soon", "2026-07-31\nsoon", "31.07.2026", "2026-13", "2026-00", "2026-02-30", "2026-07-00", "yesterday"]
)
def test_a_day_that_is_none_is_an_error_and_not_ignored(day):
    with pytest.raises(catalog.CatalogError) as caught:  # its own kind: a bare ValueError would read as a fault
        FIGURES.get("B200", "kw_per_gpu", as_of=day)
    assert isinstance(caught.value, ValueError)
    assert str(caught.value) == f"{' '.join(day.split())}: is not a date; write it as 2026-07-31"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (("B200", "usd_per_gpu_hour"), ("tier", "1.73 (hyperscaler)", "2.07 (neocloud)")),
        (("VR200", "rental_usd_per_gpu_hour"), ("3.61", "8.5", "stored-version")),
        (("H100", "total_tok_s_per_gpu", "dsr1"), ("shape", "8k/1k", "1k/1k")),
        (("B200", "total_tok_s_per_gpu_at_interactivity", "dsr1", "at 100 tok/s/user"), ("precision", "FP8")),
        (("GB300", "software_throughput_gain", None, "same-submitter"), ("Offline", "Server")),
        (("", "token_price_annual_factor"), ("10 (", "900")),
    ],
)
def test_different_figures_are_not_chosen_between_by_guessing(key, words):
    with pytest.raises(catalog.AmbiguousKey) as caught:
        FIGURES.get(*key)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def test_a_tier_that_the_newest_table_dropped_is_not_answered_by_another_tier():
    """The table of 2026-09 has no neocloud rate; asking for B200 alone must not fall to hyperscaler."""
    with pytest.raises(catalog.AmbiguousKey):
        FIGURES.get("GB200", "usd_per_gpu_hour", conditions="")
    assert FIGURES.get("GB200", "usd_per_gpu_hour", conditions="neocloud").as_of == "2026-07-31"


def test_both_errors_are_lookup_errors():
    assert issubclass(catalog.UnknownKey, LookupError)
    assert issubclass(catalog.AmbiguousKey, LookupError)


def test_citation_is_one_line_with_value_source_date_confidence_and_dissent():
    line = FIGURES.citation(FIGURES.get("B200", "hbm_tb_s"))
    for part in (
        "8 TB/s/GPU",
        "InferenceX",
        "as of 2026-04-03",
        "confidence high",
        "others say 7.7 (aiconfigurator",
    ):
        assert part in line
    rate = FIGURES.citation(FIGURES.get("B200", "usd_per_gpu_hour", conditions="hyperscaler", as_of="2026-07-31"))
    assert rate.startswith("1.73 USD/GPU-h, owning, hyperscaler")
    assert "\n" not in rate
    assert "output tokens" in FIGURES.citation(FIGURES.get("GB300", "output_tok_s_per_accelerator", "dsr1", "offline"))


def test_citation_of_a_rate_does_not_call_another_tier_a_contradiction():
    assert "others say" not in FIGURES.citation(FIGURES.get("B200", "usd_per_gpu_hour", conditions="hyperscaler"))


def test_history_is_every_vintage_oldest_first():
    found = FIGURES.history("GB200", "usd_per_gpu_hour", conditions="hyperscaler")
    assert [(row.as_of, row.value) for row in found] == [
        ("2025-10-31", 2.21),
        ("2026-07-31", 1.86),
        ("2026-09-30", 1.86),
    ]


def test_find_filters_and_current_keeps_valid_vintages():
    every = FIGURES.find("B200", "kw_per_gpu")
    assert [row.value for row in every] == [2.17, 1.71]
    assert [row.value for row in FIGURES.find("B200", "kw_per_gpu", current=True)] == [1.71]
    assert {row.metric for row in FIGURES.find("B200")} >= {"usd_per_gpu_hour", "hbm_gb"}
    assert len(FIGURES.find()) == len(FIGURES)
    assert FIGURES.find("B200", "kw_per_gpu", conditions="nonsense") == []


def test_platforms_of_a_metric():
    assert "Trainium3" in FIGURES.platforms()
    assert set(FIGURES.platforms("total_tok_s_per_gpu")) == {
        "H100", "H200", "B200", "B300", "GB200 NVL72", "GB300 NVL72", "MI300X", "MI325X", "MI355X", "TPU v7x",
    }  # fmt: skip


def test_diff_tells_new_from_changed():
    changes = {
        (change["metric"], change["words"]): change
        for change in FIGURES.diff("2026-07-30", "2026-07-31", platform="B200")
    }
    changed = changes["usd_per_gpu_hour", "hyperscaler"]
    assert (changed["change"], changed["value_a"], changed["value_b"]) == ("changed", 1.95, 1.73)
    assert changed["ratio"] == pytest.approx(1.73 / 1.95)
    power = FIGURES.diff("2026-07-13", "2026-07-14", platform="B200", metric="kw_per_gpu")
    assert [(c["value_a"], c["value_b"]) for c in power] == [(2.17, 1.71)]
    new = FIGURES.diff("2026-07-01", "2026-07-31", platform="RTX PRO 6000", metric="usd_per_gpu_hour")
    assert {change["change"] for change in new} == {"new"}
    assert FIGURES.diff("2026-08-01", "2026-08-01") == []


def test_frontier_is_the_upper_left_front_rising_in_speed():
    speed, throughput, rows = FIGURES.frontier("B200", "DeepSeek-R1", "8k/1k", "FP4")
    assert (speed[1:] > speed[:-1]).all()
    assert (throughput[1:] < throughput[:-1]).all()
    assert [row.value for row in rows] == throughput.tolist()
    assert len(speed) >= 5


def test_frontier_asks_for_the_precision_and_knows_the_day():
    with pytest.raises(catalog.AmbiguousKey, match="FP4 and FP8"):
        FIGURES.frontier("GB200", "dsr1", "1k/1k")
    with pytest.raises(catalog.UnknownKey, match="it exists for DeepSeek-R1"):
        FIGURES.frontier("B200", "GPT-OSS-120B", "1k/1k")
    _, _, rows = FIGURES.frontier("GB200", "dsr1", "8k/1k", "FP4", as_of="2025-12-31")
    assert {row.run_date[:4] for row in rows} == {"2025"}


def test_frontier_takes_the_published_curve_before_the_sample():
    curve = FIGURES.frontier("GB200", "dsr1", "1k/1k", "FP4")[2]
    assert {row.tier for row in curve} == {"published-curve"}
    assert {row.tier for row in FIGURES.frontier("GB200", "dsr1", "1k/1k", "FP4", conditions="sample")[2]} == {"sample"}


def test_frontier_never_loses_ground_as_days_pass():
    days = ("2025-12-31", "2026-02-15", "2026-04-01", "2026-06-30")
    best = [FIGURES.frontier("MI355X", "dsr1", "8k/1k", "FP4", as_of=day)[1].max() for day in days]
    assert best == sorted(best)


def test_aggregated_and_disaggregated_serving_can_be_told_apart():
    for word in ("aggregated", "disaggregated"):
        rows = FIGURES.frontier("B200", "dsr1", "8k/1k", "FP4", conditions=word)[2]
        assert all(row.conditions.split()[0] == word for row in rows)


@given(st.text(max_size=60))
def test_any_text_of_conditions_is_read_without_failing(text):
    request = parse(text)
    assert all(word == word.casefold() for word in request.words)
    assert (request.isl is None) == (request.osl is None) or "sl" in text.casefold()


@given(st.sampled_from(FIGURES.rows), st.integers(0, 3650))
def test_a_look_up_never_answers_with_a_later_row(row, days):
    day = (datetime.date(2019, 1, 1) + datetime.timedelta(days=days)).isoformat()
    for found in FIGURES.find(row.platform or None, row.metric, row.model, as_of=day, current=True):
        assert found.as_of <= day


def test_rows_cannot_be_changed_by_a_reader():
    row = FIGURES.get("B200", "kw_per_gpu")
    with pytest.raises(dataclasses.FrozenInstanceError):
        row.value = 1.0


def test_to_frame_has_a_row_per_figure():
    frame = FIGURES.to_frame()
    assert len(frame) == len(FIGURES)
    assert frame["value"].dtype == float
