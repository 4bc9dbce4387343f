"""The task pane and the functions in headless Chromium, over a stub of Office.js: every control from end to end."""

import base64
import importlib.util
import io
import json
import os
import sys
import time
from pathlib import Path

import openpyxl
import pytest

from tokenbook.templates.models import TEMPLATES
from tokenbook.udfs.functions import CellError, registry

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HERE = Path(__file__).parent
SCREENSHOTS = os.environ.get("TOKENBOOK_SCREENSHOTS")  # a folder: pictures of the pane are left there
NARROW = {"width": 320, "height": 760}
PATIENCE = 90_000  # milliseconds for a template on a busy machine
AN_EARLIER_DAY = "2026-04-15"  # on which some prices of the catalogue were others
TOKEN = "k9Qm2vX7pL4sR8tW1yZ5aB3c"


def load(name: str):
    spec = importlib.util.spec_from_file_location(f"server_{name}", HERE / f"{name}.py")
    sys.modules[spec.name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def address():
    with load("soak").serving() as (port, _):
        yield f"http://localhost:{port}"


@pytest.fixture(scope="module")
def chromium(chromium_program):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium, address):
    """``opened(book=None, at=address)`` gives the task pane in a page; whatever it complains of fails the test."""
    contexts, complaints = [], []

    def open_(book=None, at=address, *, expected_complaints=()):
        context = chromium.new_context(viewport=NARROW, accept_downloads=True)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        if book is not None:
            page.add_init_script(f"globalThis.__book = {json.dumps(book)};")
        page.route("**/office.js", lambda route: route.fulfill(path=HERE / "office.js", content_type="text/javascript"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if message.type == "error" and not any(each in message.text for each in expected_complaints)
                else None
            ),
        )
        page.on(
            "request",
            lambda request: None if request.url.startswith((at, "blob:", "data:")) else complaints.append(request.url),
        )
        page.goto(f"{at}/taskpane.html")
        until(page, "globalThis.__host && Object.keys(__host.functions).length > 0")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def pane(opened):
    page = opened()
    page.wait_for_selector("#new-template option", state="attached")
    return page


def until(page, expression: str, arg=None) -> None:
    """Wait until an expression holds. (Playwright's own way needs eval, which the policy of the page forbids.)"""
    ends = time.monotonic() + PATIENCE / 1000
    while not page.evaluate(expression, arg):
        assert time.monotonic() < ends, f"{expression} does not hold; the pane says {page.inner_text('body')[:400]}"
        page.wait_for_timeout(50)


def picture(page, name: str) -> None:
    if SCREENSHOTS:
        page.screenshot(path=f"{SCREENSHOTS}/{name}.png", full_page=True)


def go(page, tab: str) -> None:
    page.get_by_role("tab", name=tab, exact=True).click()


def status(page, words: str) -> None:
    until(page, "words => document.getElementById('tb-status').textContent.includes(words)", arg=words)


# --- the page itself ---------------------------------------------------------------------------------------------


def test_the_pane_offers_every_template_and_function(pane):
    assert pane.locator("#new-template option").evaluate_all("all => all.map(each => each.value)") == list(TEMPLATES)
    go(pane, "Help")
    assert pane.locator("#help-result details").count() == len(registry())
    picture(pane, "help")


def test_every_control_has_a_name_and_can_be_reached_with_the_keyboard(pane):
    for tab in ("New model", "Refresh", "Baselines", "Claims", "Help"):
        go(pane, tab)
        nameless = pane.evaluate(
            """() => [...document.querySelectorAll("input, select, button")]
                 .filter((each) => each.offsetParent !== null && !(each.labels?.length || each.textContent.trim() ||
                   each.getAttribute("aria-label"))).map((each) => each.outerHTML)"""
        )
        assert nameless == []
    go(pane, "New model")
    pane.locator("#tab-new").focus()
    reached = []
    for _ in range(60):
        pane.keyboard.press("Tab")
        reached.append(pane.evaluate("document.activeElement.id"))
        if reached[-1] == "new-download":
            break
    wanted = ["template", "model", "shape", "interactivity", "months", "currency", "exchange-rate", "as-of"]
    wanted += ["open", "download"]
    order = list(dict.fromkeys(each.removeprefix("new-") for each in reached))
    assert [each for each in order if each in wanted] == wanted
    assert pane.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", "the focus is shown"


def test_tabs_follow_the_arrow_keys_and_say_which_is_chosen(pane):
    pane.locator("#tab-new").focus()
    for key, wanted in (
        ("ArrowRight", "refresh"),
        ("End", "help"),
        ("ArrowRight", "new"),
        ("ArrowLeft", "help"),
        ("Home", "new"),
    ):
        pane.keyboard.press(key)
        assert pane.evaluate("document.activeElement.id") == f"tab-{wanted}"
        chosen = pane.locator("[role=tab][aria-selected=true]")
        assert chosen.evaluate_all("all => all.map(each => each.id)") == [f"tab-{wanted}"]
        shown = pane.locator("[role=tabpanel]:not([hidden])")
        assert shown.evaluate_all("all => all.map(each => each.id)") == [f"panel-{wanted}"]


def test_the_tabs_stand_in_one_line_at_320_pixels(pane):
    tops = pane.locator("[role=tab]").evaluate_all("all => all.map(each => each.getBoundingClientRect().top)")
    assert len(set(tops)) == 1


def test_results_are_announced(pane):
    assert pane.locator("#tb-status").get_attribute("aria-live") == "polite"
    assert pane.locator("#tb-alert").get_attribute("role") == "alert"


CONTRAST = """() => {
  const channel = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (each) => {
    for (; each; each = each.parentElement) {
      const color = parse(getComputedStyle(each).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll("body *")]
    .filter((each) => each.offsetParent !== null && !each.disabled)
    .filter((each) => [...each.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
    .map((each) => {
      const [a, b] = [light(parse(getComputedStyle(each).color)), light(ground(each))];
      return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), each.textContent.trim().slice(0, 40)];
    })
    .filter(([ratio]) => ratio < 4.5);
}"""


def test_text_has_contrast_and_nothing_is_cut_off_at_320_pixels(pane):
    for tab in ("New model", "Refresh", "Baselines", "Claims", "Help"):
        go(pane, tab)
        if tab in ("Baselines", "Claims"):
            pane.locator("[role=tabpanel]:not([hidden]) button[type=submit]").click()
            until(pane, "document.querySelector('[role=tabpanel]:not([hidden]) .tb-result').children.length > 0")
        assert pane.evaluate(CONTRAST) == [], tab
        assert pane.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], tab


def test_ribbon_buttons_show_the_pane_at_their_tab(pane):
    for button, panel in (("Refresh", "refresh"), ("Help", "help"), ("New", "new")):
        done = pane.evaluate(
            """async (id) => {
                 let done = 0;
                 await __host.actions["tokenbook-show"]({ source: { id }, completed: () => (done += 1) });
                 return done;
               }""",
            f"Tokenbook.{button}",
        )
        assert done == 1
        assert pane.locator(f"#panel-{panel}").is_visible()
    assert pane.evaluate("__host.panes") == 3


# --- templates ---------------------------------------------------------------------------------------------------


def test_a_model_with_the_chosen_options_is_opened_in_excel(pane):
    pane.select_option("#new-template", "roi")
    assert pane.locator("#new-question").inner_text() == TEMPLATES["roi"]
    pane.get_by_label("H100", exact=True).check()
    pane.get_by_label("B200", exact=True).check()
    pane.fill("#new-months", "24")
    pane.fill("#new-currency", "eur")
    pane.fill("#new-exchange-rate", "0.9")
    picture(pane, "new-model")
    pane.get_by_role("button", name="Open in Excel").click()
    status(pane, "stands open")
    (content,) = pane.evaluate("__host.created")
    book = openpyxl.load_workbook(io.BytesIO(base64.b64decode(content)))
    inputs = [str(cell.value) for row in book["Inputs"].iter_rows() for cell in row if cell.value is not None]
    assert {"H100", "B200", "EUR per USD"} <= set(inputs)
    assert "24" in inputs
    formulas = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row]
    assert any("_xldudf_TOK_" in text for text in formulas), "stored as this host stores our functions"


def test_a_model_is_downloaded(pane, tmp_path):
    pane.select_option("#new-template", "token-roi" if "token-roi" in TEMPLATES else next(iter(TEMPLATES)))
    with pane.expect_download() as waiting:
        pane.get_by_role("button", name="Download").click()
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    values = openpyxl.load_workbook(path, data_only=True)
    errors = [cell.coordinate for sheet in values for row in sheet.iter_rows() for cell in row if cell.data_type == "e"]
    assert errors == []
    assert path.suffix == ".xlsx"


def test_what_does_not_fit_is_said_where_it_is_heard(opened):
    pane = opened(expected_complaints=("400",))
    pane.wait_for_selector("#new-template option", state="attached")
    pane.fill("#new-months", "many")
    pane.get_by_role("button", name="Download").click()
    pane.wait_for_selector("#tb-alert:not([hidden])")
    assert "months" in pane.locator("#tb-alert").inner_text()
    assert pane.locator("#new-download").is_enabled()


# --- the open workbook -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def old_model(tmp_path_factory):
    """A model that was filled when some prices were others, as Excel holds it open."""
    from tokenbook.addin.server import pages

    path = tmp_path_factory.mktemp("old") / "roi.xlsx"
    path.write_bytes(pages.template("roi", {"as_of": AN_EARLIER_DAY}))
    return load("open_book").description(path)


def test_a_refresh_shows_the_difference_then_applies_it(opened, old_model):
    pane = opened(old_model)
    go(pane, "Refresh")
    assert pane.locator("#refresh-apply").is_disabled(), "nothing is written that was not shown"
    pane.get_by_role("button", name="Show differences").click()
    status(pane, "have newer figures")
    assert pane.evaluate("__host.writes.length") == 0
    shown = pane.locator("#refresh-result table").first
    picture(pane, "refresh")
    changes = shown.locator("tbody tr").count()
    assert 0 < changes == int(pane.locator("#tb-status").inner_text().split()[0])
    first = shown.locator("tbody tr").first.locator("td").first.inner_text()
    pane.get_by_role("button", name="Apply").click()
    status(pane, "baselines changed, with what was known on")
    written = dict(map(tuple, pane.evaluate("__host.writes")))
    assert first in written
    log = pane.evaluate(
        "__host.book.sheets.find((each) => each.name === 'Log').values.flat().filter((v) => v !== '').length"
    )
    assert log > changes, "and the Log says so"
    pane.get_by_role("button", name="Show differences").click()
    status(pane, "baselines are those of")
    assert pane.locator("#refresh-apply").is_disabled()


def test_a_workbook_that_is_no_model_is_said_to_be_none(pane):
    go(pane, "Refresh")
    pane.get_by_role("button", name="Show differences").click()
    status(pane, "is bound to a baseline")


def test_the_checks_of_the_model_are_shown(opened, old_model):
    book = json.loads(json.dumps(old_model))
    checks = next(sheet for sheet in book["sheets"] if sheet["name"] == "Checks")["values"]
    pane = opened(book)
    pane.evaluate("""__host.actions["tokenbook-show"]({ source: { id: "Tokenbook.Check" }, completed() {} })""")
    status(pane, "All checks: OK")
    assert pane.locator("#refresh-result table").count() == 0
    row = next(number for number, row in enumerate(checks) if len(row) > 4 and row[4] == "OK")
    pane.evaluate(f"__host.book.sheets.find((each) => each.name === 'Checks').values[{row}][4] = 'CHECK'")
    pane.get_by_role("button", name="Check the model").click()
    pane.wait_for_selector("#refresh-result table")
    assert pane.locator("#tb-status").inner_text() == "One check fails."
    assert str(checks[row][0]) in pane.locator("#refresh-result").inner_text()
    picture(pane, "check")


# --- baselines and claims ----------------------------------------------------------------------------------------


def test_baselines_come_with_their_sources_and_go_into_a_cell(pane):
    go(pane, "Baselines")
    pane.select_option("#baselines-platform", "H100")
    pane.select_option("#baselines-metric", "capex_usd_per_gpu")
    pane.get_by_role("button", name="Show").click()
    status(pane, "figures")
    picture(pane, "baselines")
    figures = pane.locator(".tb-figure")
    assert figures.count() > 1
    for number in range(figures.count()):
        assert "confidence" in figures.nth(number).inner_text()
    assert pane.locator(".tb-figure ul li").count() > 0, "those that say otherwise are named"
    assert pane.evaluate("document.activeElement.id") == "baselines-result"
    for number in range(figures.count()):
        figures.nth(number).get_by_role("button").click()
        status(pane, "stands in")
        formula = pane.evaluate("__host.formulas['Sheet1!C5']")
        shown = float(figures.nth(number).locator(".tb-value").inner_text().split()[0].replace(",", ""))
        assert value_of(formula) == pytest.approx(shown, rel=1e-3), formula


def value_of(formula: str):
    """What a cell with this formula holds, from the headless engine."""
    from formualizer import Workbook  # noqa: F401  the engine of the project

    from tokenbook.templates.engine import Model

    book = openpyxl.Workbook()
    book.active["A1"] = formula
    path = Path(os.environ.get("TMPDIR", "/tmp")) / f"tokenbook-{os.getpid()}-formula.xlsx"
    try:
        book.save(path)
        with Model(path) as model:
            model.recalculate()
            return model.value(book.active.title, "A1")
    finally:
        path.unlink(missing_ok=True)


def test_each_claim_is_audited_with_its_figures(pane):
    go(pane, "Claims")
    claims = pane.locator("#claims-id option").evaluate_all("all => all.map(each => each.value)")
    charts = 0
    for claim in claims:
        pane.select_option("#claims-id", claim)
        statement = pane.locator("#claims-id option:checked").inner_text().partition(": ")[2]
        pane.get_by_role("button", name="Audit").click()
        until(pane, "text => document.querySelector('#claims-result h3')?.textContent === text", arg=statement)
        assert pane.locator("#claims-result table").count() >= 1
        charts += pane.locator("#claims-result svg[role=img][aria-label]").count()
        if claim == "15x":
            picture(pane, "claim")
    assert charts > 0


# --- functions as Excel calls them -------------------------------------------------------------------------------

CALL_ALL = """(calls) => Promise.all(calls.map(([id, args]) => __host.call(id, args)))"""


def test_every_case_through_the_client_gives_what_the_engine_gives(pane, host_cases, expected):
    over_http = load("test_calls_over_http")
    cases = host_cases.cases()
    calls = []
    for case in cases:
        given = [over_http.as_sent(host_cases, each) for each in case.arguments]
        missing = len(registry()[case.function].arguments) - len(given)
        calls.append([case.function.upper(), given + [None] * missing])
    answers = pane.evaluate(CALL_ALL, calls)
    complaints = []
    for case, answer in zip(cases, answers, strict=True):
        found = [[CellError(answer["error"]["code"])]] if "error" in answer else over_http.received(answer["value"])
        wrong = host_cases.difference(found, expected[case.key])
        if wrong:
            complaints.append(f"{case.key}: {wrong}")
    assert complaints == []


def test_calls_of_one_calculation_are_few_requests(pane):
    requests = []
    pane.on("request", lambda request: requests.append(request.url) if "/xlwings/" in request.url else None)
    calls = [["TOK_COST", [[[1 + n]], [[1000]], None]] for n in range(5000)]
    answers = pane.evaluate(CALL_ALL, calls)
    assert [each["value"][0][0] for each in answers] == pytest.approx([(1 + n) / 3.6 for n in range(5000)])
    assert len(requests) <= 25
    assert all(url.endswith("-batch") for url in requests)


def test_a_single_error_is_thrown_with_its_sentence(pane):
    value, number = pane.evaluate(
        CALL_ALL, [["TOK_COST", [[["much"]], [[1]], None]], ["TOK_COST", [[[1]], [[0]], None]]]
    )
    assert value["error"]["code"] == "#VALUE!"
    assert value["error"]["message"].startswith("usd_per_hour:") or ":" in value["error"]["message"]
    (cell,) = number["value"][0]
    assert cell == {"type": "Error", "errorType": "Div0"}, "an error that Excel has no sentence for is a plain value"


def test_one_lost_connection_is_asked_again(opened):
    """Excel's client repeats a request that had no answer; so must each call of a batch."""
    pane = opened(expected_complaints=("Attempt", "ERR_FAILED"))
    failures = []

    def once(route):
        if not failures:
            failures.append(1)
            return route.abort()
        return route.continue_()

    pane.route("**/custom-functions-batch", once)
    answers = pane.evaluate(CALL_ALL, [["TOK_COST", [[[n]], [[1000]], None]] for n in (3.6, 7.2)])
    assert [each.get("value") for each in answers] == [[[pytest.approx(1.0)]], [[pytest.approx(2.0)]]]


# --- signing in --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    path = tmp_path_factory.mktemp("auth") / "tokens"
    path.write_text(f"{TOKEN} Anna\n")
    path.chmod(0o600)
    with load("soak").serving(auth="token", **{"token-file": path}) as (port, _):
        yield f"http://localhost:{port}"


def test_a_token_is_asked_for_once_and_kept_apart_for_each_tenant(opened, guarded):
    pane = opened(at=guarded, expected_complaints=("401", "Attempt"))
    pane.wait_for_selector("#tb-sign-in:not([hidden])")
    assert pane.locator("main").is_hidden(), "nothing that could not work is offered"
    assert pane.locator("#tb-alert").is_hidden(), "nobody did anything wrong yet"
    picture(pane, "sign-in")
    answer = pane.evaluate("__host.call('TOK_COST', [[[2]], [[1000]], null])")
    assert "token" in answer["error"]["message"], "the cell says what is missing"
    pane.fill("#tb-token", "wrong")
    pane.get_by_role("button", name="Sign in").click()
    pane.wait_for_selector("#tb-alert:not([hidden])")
    pane.wait_for_selector("#tb-sign-in:not([hidden])")
    pane.fill("#tb-token", TOKEN)
    pane.get_by_role("button", name="Sign in").click()
    pane.wait_for_selector("#new-template option", state="attached")
    assert pane.locator("#tb-sign-in").is_hidden()
    assert pane.locator("main").is_visible()
    assert pane.evaluate("Object.keys(localStorage).filter((key) => key.includes('token'))") == [
        "partition-tokenbook-token"
    ]
    pane.reload()
    pane.wait_for_selector("#new-template option", state="attached")
    answer = pane.evaluate("__host.call('TOK_COST', [[[3.6]], [[1000]], null])")
    assert answer["value"] == [[pytest.approx(1.0)]]
