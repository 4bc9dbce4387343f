"""The claims workbook: every vendor claim recomputed, judged by a rule a reader can follow, and his own."""

import numpy as np
import openpyxl
import pytest

from tokenbook.templates import build, ooxml
from tokenbook.templates.engine import Model
from tokenbook.templates.models.claims import book as claims
from tokenbook.templates.models.claims import further, page, verdicts
from tokenbook.templates.models.claims import inputs as claims_inputs
from tokenbook.templates.models.shared.fill import FillError
from tokenbook.templates.models.shared.options import Options
from tokenbook.udfs import catalog
from tokenbook.udfs.catalog import recipes
from tokenbook.udfs.kernels import earnings
from tokenbook.udfs.kernels.cash_flow import npv


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("claims") / "claims.xlsx"
    writer = claims.compose(Options(version="test"))
    return path, writer, build.build(writer, path)


def at(writer, model, name):
    place = writer.book.find(name)
    return model.at(place.sheet, place.row, place.column)


def of(writer, model, id, key):
    """A cell of the overview, by claim and column."""
    n = 1 + [judged.id for judged in verdicts.CLAIMS_JUDGED].index(id)
    return at(writer, model, f"claims_{n}.{key}")


GOLDEN = (  # native cell, value, relative tolerance: the golden figures of the design
    ("claim.tokens", 68.11776e6, 1e-12),
    ("claim.price", 1.10, 2e-3),
    ("claim.rate", 2.64, 2e-3),
    ("claim.cost", 0.0734, 1e-3),
    ("claim.multiple", 15.0, 1e-12),
    ("claim.net", 14.0, 1e-12),
    ("claim.npv_flat", 57.1713e6, 1e-5),
    ("claim.npv_tenfold", 19.98e6, 1e-3),
    ("claim.revenue_tenfold", 27.75e6, 1e-12),
    ("claim.multiple_utilized", 6.0, 1e-12),
    ("cost35_1.cost", 0.1228, 5e-4),
    ("cost35_2.cost", 4.352, 5e-5),
    ("cost35.ratio", 35.4, 2e-3),
    ("cost35.ratio_printed", 35.0, 1e-12),
    ("cost35_2.needed", 93.0, 5e-3),
    ("mw50.ratio_then", 54.9, 1e-3),
    ("mw50.ratio_corrected", 43.1, 1e-3),
    ("mw10.measured", 8.0, 1e-12),
    ("mwb200.ratio", 3.1, 5e-3),
    ("cents_1.cost", 0.0193, 2e-3),
    ("cents_2.cost", 0.0172, 5e-3),
    ("cents_3.cost", 0.0232, 1e-3),
    ("cents_4.cost", 0.0288, 2e-3),
    ("cents_5.cost", 0.0367, 1e-3),
    ("cents_6.cost", 0.0088, 2e-3),
    ("software.stated_monthly", 5**0.5 - 1, 1e-12),
    ("software.stated_year", 5.0**6, 1e-12),
    ("software.by_cents", 5.5, 1e-12),
    ("cost15_2.ratio", 3.9, 1e-2),
    ("cost15_3.ratio", 10.3, 1e-2),
    ("parts_1.price", 1.131, 1e-3),
    ("parts_2.price", 0.732, 1e-3),
    ("parts_2.revenue", 49.9e6 * 9335.42 / 10_000, 2e-3),  # 49.9 M at the 10,000 tok/s of the claim
    ("other15_1.measured", 9.2, 5e-3),
    ("other15_2.measured", 12.0, 5e-3),
)


@pytest.mark.parametrize(("name", "value", "tolerance"), GOLDEN)
def test_the_published_arithmetic_is_reproduced(made, name, value, tolerance):
    _, writer, model = made
    assert at(writer, model, name) == pytest.approx(value, rel=tolerance)


def test_every_claim_of_the_catalogue_has_a_row(made):
    _, writer, model = made
    assert {judged.id for judged in verdicts.CLAIMS_JUDGED} == set(catalog.claims.ids())
    for claim in catalog.claims.list():
        assert of(writer, model, claim.id, "about") == claim.statement
        assert of(writer, model, claim.id, "qualifier") == claim.qualifier
        assert of(writer, model, claim.id, "missing") == len(claim.missing)


def test_up_to_stays_up_to(made):
    """A reader must not take the best point of a ratio for a typical one."""
    _, writer, model = made
    for id in ("10x-per-mw", "50x-per-mw"):
        assert of(writer, model, id, "qualifier").startswith("Up to")
        assert of(writer, model, id, "sentence").startswith("Up to")


VERDICTS = {
    "15x": verdicts.GROSS,
    "75m-from-5m": verdicts.GROSS,
    "two-cents": "matches measured within 20%",
    "5x-in-2-months": verdicts.ABOVE,
    "10x-per-mw": verdicts.ABOVE,
    "50x-per-mw": verdicts.UNMEASURED,
    "35x": verdicts.INSIDE,
    "15x-lower-cost": verdicts.ABOVE,
}


def test_the_verdicts(made):
    _, writer, model = made
    assert {id: of(writer, model, id, "verdict") for id in VERDICTS} == VERDICTS


CHANGED = (  # what a reader types, the claim, and the verdict that must follow
    ({"limit_speed_1": 5000.0}, "15x", verdicts.IMPOSSIBLE),
    ({"cents_cost": 0.01}, "two-cents", verdicts.ABOVE),
    ({"cents_cost": 0.03}, "two-cents", verdicts.BELOW),
    ({"verdict_tolerance": 0.3}, "10x-per-mw", "matches measured within 30%"),
    ({"mw10_ratio": 6.0}, "10x-per-mw", verdicts.BELOW),
    ({"software_stated": 2.0}, "5x-in-2-months", verdicts.ODD),  # the printed two cents would be 5.5
    ({"cost35_throughput_2": 200.0}, "35x", verdicts.ODD),
    ({"cost35_high": 20.0}, "35x", verdicts.ABOVE),
    ({"cost35_low": 60.0, "cost35_high": 65.0}, "35x", verdicts.BELOW),
    ({"mw50_kw_then_2": 1.0}, "50x-per-mw", verdicts.ODD),
    ({"cost15_ratio": 4.0}, "15x-lower-cost", verdicts.INSIDE),
)


@pytest.mark.parametrize(("settings", "id", "verdict"), CHANGED)
def test_a_verdict_follows_the_figures(made, settings, id, verdict):
    path, writer, _ = made
    with Model(path) as model:
        for name, value in settings.items():
            model.set(name, value)
        model.recalculate()
        assert of(writer, model, id, "verdict") == verdict
        assert model.named("check_master") == "OK"


def test_the_ends_of_a_curve_taken_as_one_point_are_above_the_memory_limit(made):
    """60,000 tok/s/GPU and 1,000 tok/s/user are stated side by side; one GPU cannot do both at once."""
    _, writer, model = made
    assert at(writer, model, "limit_3.verdict") == "above the limit"
    assert at(writer, model, "limit_1.verdict") == at(writer, model, "limit_2.verdict") == "within the limit"
    assert at(writer, model, "limit_4.verdict") == "not checked"  # no speed is stated


YOURS = (
    "your_investment", "your_revenue", "your_gpus", "your_years", "your_throughput", "view_utilization_1",
    "view_utilization_2", "view_factor_1", "view_factor_2", "discount_rate",
)  # fmt: skip


def random_claim(rng):
    return {
        "your_investment": float(10 ** rng.uniform(5, 9)),
        "your_revenue": float(10 ** rng.uniform(5, 9)),
        "your_gpus": float(rng.integers(1, 20_000)),
        "your_years": float(rng.choice([0.5, 1, 2.5, 3, 5, 10])),
        "your_throughput": float(10 ** rng.uniform(1, 5)),
        "view_utilization_1": float(rng.uniform(0.2, 1)),
        "view_utilization_2": float(rng.uniform(0.05, 1)),
        "view_factor_1": float(rng.choice([1.0, 1.0, rng.uniform(0.8, 3)])),
        "view_factor_2": float(rng.choice([1.0, 2.0, 10.0, rng.uniform(0.5, 10)])),
        "discount_rate": float(rng.choice([0.0, 0.1, rng.uniform(0, 0.5)])),
        "limit_kv_5": float(rng.choice([0.0, rng.uniform(1, 100)])),
        "limit_step_5": float(rng.choice([1.0, 2.0])),
        "your_speed": rng.choice([None, 20.0, 100.0]),
    }


def test_your_claim_is_the_kernels_audit_for_any_claim(made):
    path, writer, _ = made
    rng = np.random.default_rng(7)
    with Model(path) as model:
        for case in range(25):
            given = random_claim(rng)
            for name, value in given.items():
                model.set(name, value)
            model.recalculate()
            expected = earnings.claim_audit(
                given["your_investment"], given["your_revenue"], given["your_gpus"], given["your_years"],
                given["your_throughput"], given["view_utilization_1"],
            )  # fmt: skip
            for key, value in zip(("mtok", "price", "rate", "cost", "multiple", "net"), expected, strict=True):
                found = at(writer, model, f"your_1.{key}")
                assert found == pytest.approx(float(value), rel=1e-9, abs=1e-9), (case, key)
            years = np.arange(1, claims_inputs.MOST_YEARS + 1)
            share = np.clip(given["your_years"] - years + 1, 0, 1)
            sold = given["view_utilization_2"] / given["view_utilization_1"]
            flows = share * given["your_revenue"] / given["your_years"] * sold * given["view_factor_2"] ** (1.0 - years)
            assert at(writer, model, "left_2.revenue") == pytest.approx(flows.sum(), rel=1e-9)
            value = float(npv(given["discount_rate"], np.concatenate([[-given["your_investment"]], flows])))
            scale = given["your_investment"] + flows.sum()
            assert at(writer, model, "left_2.npv") == pytest.approx(value, abs=1e-9 * scale)
            assert model.named("check_master") == "OK", given


def test_words_of_your_claim_follow_its_figures(made):
    path, writer, _ = made
    place = writer.book.find("your_1.heading")

    def sentences(model):
        return [str(model.at("Your claim", row, 1)) for row in range(4, place.row)]

    with Model(path) as model:
        model.recalculate()
        before = sentences(model)
        assert any("not a return" in text for text in before)
        assert any("within the limit" in text for text in before)
        model.set("your_throughput", 60_000.0)
        model.set("your_speed", 4_000.0)
        model.set("your_cost", 0.001)
        model.set("your_investment", 500_000.0)
        model.recalculate()
        after = sentences(model)
    assert any("times what was measured" in text for text in after)
    assert any("above the limit" in text for text in after)
    assert any("does not follow" in text for text in after)
    assert any("something is left out" in text for text in after)


def test_your_claim_follows_the_options_and_the_claims_do_not(tmp_path):
    options = Options(
        platforms=("H200",), model="Llama-3.3-70B", shape="1k/1k", months=18, currency="EUR", exchange_rate=0.5,
        version="test",
    )  # fmt: skip
    writer = claims.compose(options)
    model = build.build(writer, tmp_path / "other.xlsx")
    assert model.named("check_master") == "OK"
    assert at(writer, model, "inputs.p1.platform") == "H200"
    assert at(writer, model, "inputs.your_years") == 1.5
    assert at(writer, model, "inputs.your_investment") == 2_500_000
    assert at(writer, model, "beside_1.owner_usd_per_gpu_hour") == pytest.approx(1.22 * 0.5)
    assert at(writer, model, "limit_5.limit_total") == 70
    assert of(writer, model, "two-cents", "stated") == 0.02  # USD, as it was made
    assert of(writer, model, "two-cents", "unit") == "USD per Mtok"
    assert at(writer, model, "cost35.ratio") == pytest.approx(35.44, abs=0.01)


def test_claims_keep_the_figures_of_their_day():
    """Refresh must not replace the rate or the power with which a claim was made by today's."""
    writer = claims.compose(Options(version="test"))
    bound = {binding.name for binding in writer.bindings}
    assert not bound & {"mw50_kw_then_1", "cost35_rate_1", "cents_rate_1", "parts_rate_1", "claim_revenue"}
    assert {"cents_rate_2", "cents_rate_5", "cost35_rate_new_1", "owner_usd_per_gpu_hour_1"} <= bound


def test_a_past_day_says_which_figures_are_younger(made, tmp_path):
    writer = claims.compose(Options(version="test", as_of="2025-12-31"))
    model = build.build(writer, tmp_path / "past.xlsx")
    assert at(writer, model, "inputs.cents_2.cents_rate") == 1.95  # the newest rate on that day
    cover = [str(row[1].value) for row in writer.sheet("Cover").iter_rows(min_col=1, max_col=2)]
    assert any("were not known on 2025-12-31" in text for text in cover)


@pytest.mark.parametrize(
    ("wishes", "word"),
    [
        ({"platforms": ("H100", "H200")}, "one platform"),
        ({"platforms": ("Hal 9000",)}, "Hal 9000"),
        ({"model": "no-such-model"}, "no-such-model"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_a_line(wishes, word):
    with pytest.raises(FillError, match=word) as refused:
        claims.compose(Options(version="test", **wishes))
    assert "\n" not in str(refused.value)


def test_an_overridden_claim_is_not_held_against_the_catalogue(made):
    path, _, _ = made
    with Model(path) as model:
        model.set("claim_throughput", 5000.0)
        model.recalculate()
        assert model.named("check_master") == "OK"


def test_the_dashboard_shows_the_verdict_of_every_claim(made):
    path, _, _ = made
    sheet = openpyxl.load_workbook(path, data_only=True)["Dashboard"]
    shown = [sheet.cell(row, page.VERDICT_COLUMN).value for row in range(5, 5 + len(verdicts.CLAIMS_JUDGED))]
    assert shown == [VERDICTS[judged.id] for judged in verdicts.CLAIMS_JUDGED]
    assert len(sheet._charts) == 4


def test_text_stays_within_what_excel_takes(made):
    path, _, _ = made
    with ooxml.open_package(path) as package:
        for name in package.sheets:
            for cell in package.cells(name):
                if isinstance(cell.value, str):
                    assert len(cell.value) < 1000, f"{name}!{cell.ref}"


APPENDED = {  # what each of tests/catalog/data/further_claims.toml states, and its verdict
    "30m-from-3m": (10, verdicts.GROSS),
    "h200-penny": (0.16, verdicts.INSIDE),
    "4x-cheaper": (4, verdicts.INSIDE),
    "40x-per-mw": (40, verdicts.UNMEASURED),
    "2x-in-software": (2, verdicts.INSIDE),
    "1000-gpus": (1000, verdicts.UNMEASURED),
    "best-of-all": ("", verdicts.UNMEASURED),
}


class TestAClaimThatSomebodyAppended:
    """A [[claim]] in claims.toml is all that the workbook needs; see tests/catalog/data/further_claims.toml."""

    @pytest.fixture
    def more(self, append_claims, tmp_path):
        added = append_claims()
        path = tmp_path / "claims.xlsx"
        writer = claims.compose(Options(version="test"))
        return added, path, writer, build.build(writer, path)

    def test_every_sheet_shows_it_and_the_checks_reconcile(self, more):
        added, path, writer, model = more
        assert added == list(APPENDED)
        assert model.named("check_master") == "OK"
        book = openpyxl.load_workbook(path, data_only=True)
        texts = {
            sheet.title: [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]
            for sheet in book
        }
        ids = [judged.id for judged in further.all_judged(further.further(catalog.claims.list()))]
        assert set(ids) == set(catalog.claims.ids())
        for id in added:
            claim, n = catalog.claims.get(id), 1 + ids.index(id)
            assert claim.statement in texts[verdicts.CLAIMS]
            assert at(writer, model, f"claims_{n}.about") == claim.statement
            assert at(writer, model, f"claims_{n}.missing") == len(claim.missing)
            stated = (at(writer, model, f"claims_{n}.stated"), at(writer, model, f"claims_{n}.verdict"))
            assert stated == APPENDED[id], id
            assert at(writer, model, f"dashboard_{n}.verdict") == at(writer, model, f"claims_{n}.verdict")
            assert claim.title in texts["Dashboard"]
            assert texts[verdicts.WORDS].count(id) >= 3
            assert id in texts["Panels"]  # spilled by TOK_CLAIMS
            assert f"{claim.title}: {claim.claimant}" in texts[further.PAGE]
            for row in claim.figures:
                assert any(row.id in text for text in texts["Baselines"])
        assert further.PAGE in texts["Cover"]
        assert not [text for texts_of in texts.values() for text in texts_of if text.startswith("#")]

    def test_its_native_formulas_give_what_the_recipes_give(self, more):
        _, _, writer, model = more
        for each in further.further(catalog.claims.list()):
            numbers = catalog.claims.get(each.judged.id).numbers()
            for figure in each.again:
                found = at(writer, model, figure.native.strip("{}"))
                assert found == pytest.approx(numbers[figure.figure], rel=1e-12), figure
        named = {figure.figure for each in further.further(catalog.claims.list()) for figure in each.again}
        assert {"net_roi", "cost_usd_per_mtok", "measured_ratio", "per_mw_ratio", "gain_server"} <= named

    def test_its_verdict_follows_its_inputs(self, more):
        _, path, writer, _ = more
        (penny,) = [each for each in further.further(catalog.claims.list()) if each.judged.id == "h200-penny"]
        n = 1 + [judged.id for judged in further.all_judged(further.further(catalog.claims.list()))].index("h200-penny")
        with Model(path) as model:
            model.set(f"{penny.group.key}_throughput", 5000.0)
            model.recalculate()
            assert at(writer, model, f"claims_{n}.verdict") == verdicts.ODD
            assert model.named("check_master") == "OK"  # an override is not held against the catalogue

    def test_the_page_is_there_only_for_such_claims(self, made):
        path, _, _ = made
        assert further.PAGE not in openpyxl.load_workbook(path, read_only=True).sheetnames


def test_every_recipe_has_its_native_formulas():
    assert set(further.NATIVE) == set(recipes.RECIPES)
