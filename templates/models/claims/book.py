"""The ``claims`` template: is the vendor's claim sound?

Each claim of the catalogue recomputed from its own figures, beside what was measured, with its conditions and gaps; and a
sheet for the reader's own claim. Claims are in USD and stay as they were made; only "Your claim" follows the options: its
platform, model and shape say what it is compared with, months how long it runs, the currency in what it is typed.
"""

from __future__ import annotations

from contextlib import contextmanager

from openpyxl.styles import Alignment

from tokenbook.templates.models.claims import audits, verdicts
from tokenbook.templates.models.claims import inputs as claims_inputs
from tokenbook.templates.models.claims.verdicts import CLAIMS, CLAIMS_JUDGED, COLUMN, WORDS
from tokenbook.templates.models.shared import claim_sheet, core_inputs, frame
from tokenbook.templates.models.shared.claim_sheet import CASES, CLAIM, THE_CLAIM
from tokenbook.templates.models.shared.function_panels import Panels
from tokenbook.templates.models.shared.headlines import Headline, value
from tokenbook.templates.models.shared.options import Options
from tokenbook.templates.sheets import charts, dashboard, grid
from tokenbook.templates.sheets.checks import Check, Group
from tokenbook.templates.sheets.formula import Cell, Range
from tokenbook.templates.sheets.front import Cover, Listed
from tokenbook.templates.sheets.writer import Writer
from tokenbook.udfs import catalog

DEFAULT_PLATFORM = "GB200 NVL72"
DEFAULT_MONTHS = 36
YOURS = "Your claim"
PANEL_COLUMNS = 6  # of the Panels sheet; there is no time axis
SHEETS = (
    "Cover", "Inputs", "Baselines", CLAIMS, YOURS, CLAIM, *(name for name, _, _ in audits.PAGES), WORDS,
    "Panels", "Dashboard", "Checks", "Log", "Lists",
)  # fmt: skip
VERDICT_LIST = Listed("verdicts", "Verdicts", tuple(words for words, _ in verdicts.GRADES), "What a verdict may be")
CONFIDENCE = ("low", "medium", "high")
# The point of your claim is typed once; the memory limit reads it from there.
LIMIT_OF_YOURS = {
    "limit_throughput": "your_throughput",
    "limit_speed": "your_speed",
    "limit_isl": "isl",
    "limit_osl": "osl",
}


def compose(options: Options) -> Writer:
    """Write the workbook; cached values and dynamic arrays are added when the file is finished (``build``)."""
    setting = frame.settle(
        options, default_platforms=(DEFAULT_PLATFORM,), most_platforms=1, default_months=DEFAULT_MONTHS, core=False
    )
    claims_inputs.fill(setting)
    sections = claims_inputs.sections(options.currency)
    platforms = next(listed for listed in core_inputs.lists(setting.figures) if listed.name == "platforms")
    setting.listed += [platforms, VERDICT_LIST]
    writer = frame.start(setting, "Vendor claims", SHEETS, sections)
    _name_places(writer)
    inputs = {item.name: item for section in sections for item in section.inputs}
    known = catalog.claims.list()
    with in_dollars(writer):
        verdicts.write_words(writer, known)
        claim_sheet.write_claim(writer, None, claim_sheet.about_claim(catalog.claims.get(THE_CLAIM)))
        for name, subtitle, grids in audits.PAGES:
            grid.write(writer, name, grids, inputs=inputs, subtitle=subtitle)
        confidence = {claim.id: _confidence(claim) for claim in known}
        verdicts.write_claims(writer, {claim.id: claim for claim in known}, confidence)
    write_yours(writer, inputs)
    found = write_panels(writer, setting.platforms)
    write_dashboard(writer)
    return frame.finish(setting, writer, cover(facts(setting)), checks(found))


@contextmanager
def in_dollars(writer: Writer):
    """What is written inside stays in USD, as vendors state it, whatever the currency of the workbook."""
    currency, writer.currency = writer.currency, "USD"
    try:
        yield
    finally:
        writer.currency = currency


def _name_places(writer: Writer) -> None:
    """Your claim as one more column of the memory limit; the status of the claims' own figures."""
    book = writer.book
    for name, yours in LIMIT_OF_YOURS.items():
        book.put(f"inputs.limit_5.{name}", book.find(f"inputs.{yours}"))
    first, last = book.find("inputs.claim_investment"), book.find("inputs.limit_1.limit_step")
    column = book.find("inputs.status").column
    book.put("inputs.claims_status", Range("Inputs", first.row, column, last.row, column))


def _confidence(claim) -> str:
    """The lowest confidence among the figures of a claim."""
    return min((row.confidence for row in claim.figures), key=CONFIDENCE.index)


def write_yours(writer: Writer, inputs) -> None:
    """The reader's own claim: what it implies, what is left of it, what the catalogue has beside it."""
    sheet = writer.sheet(YOURS)
    row = writer.head(YOURS, "={inputs.your_name}", last=grid.UNIT + 1, title=YOURS)
    sheet.cell(2, 1).value = writer.book.compile("={inputs.your_name}", YOURS)
    last = grid.UNIT + audits.MOST_YEARS
    # The sentences come first; the grids below them are placed by the rows that the sentences take.
    texts = verdicts.your_sentences(writer.currency)
    bottom = grid.write(
        writer, YOURS, audits.YOUR_PAGE, inputs=inputs, subtitle="", row=row + len(texts) + 2, notes=False, finish=False
    )
    verdicts.write_sentences(writer, sheet, row, "What the figures say", texts, last)
    writer.finish(sheet, last_row=bottom, last_column=last, large=True, tall=1)


# --- through the functions ---------------------------------------------------------------------------------------

AUDITED = (  # row of TOK_CLAIM_AUDIT, native row, label, format
    ("mtok", "mtok", "Tokens sold, Mtok", "mtok"),
    ("implied_usd_per_mtok", "price", "Price implied", "usd_per_mtok"),
    ("implied_usd_per_gpu_hour", "rate", "Investment per GPU-hour", "usd_rate"),
    ("implied_cost_usd_per_mtok", "cost", "Cost per Mtok", "usd_per_mtok"),
    ("revenue_multiple", "multiple", "Revenue multiple", "multiple"),
    ("net_roi", "net", "Net return", "multiple"),
)
RECOMPUTED = (  # claim, its figure in TOK_CLAIM, native cell, label, format
    ("15x", "implied_usd_per_mtok", "{claim.price}", "15x: price implied", "usd_per_mtok"),
    ("15x", "implied_usd_per_gpu_hour", "{claim.rate}", "15x: rate implied", "usd_rate"),
    ("15x", "implied_cost_usd_per_mtok", "{claim.cost}", "15x: cost implied", "usd_per_mtok"),
    ("15x", "net_roi", "{claim.net}", "15x: net return", "multiple"),
    ("35x", "cost_usd_per_mtok", "{cost35_1.cost}", "35x: cost of GB300 NVL72", "usd_per_mtok"),
    ("35x", "cost_before_usd_per_mtok", "{cost35_2.cost}", "35x: cost of H200", "usd_per_mtok"),
    ("35x", "cost_ratio", "{cost35.ratio}", "35x: ratio", "multiple"),
    ("50x-per-mw", "ratio_with_old_power", "{mw50.ratio_then}", "50x: power of the time", "multiple"),
    ("50x-per-mw", "ratio_with_corrected_power", "{mw50.ratio_corrected}", "50x: corrected power", "multiple"),
    ("10x-per-mw", "measured_gb200_h200_at_30", "{mw10.measured}", "10x: measured at 30 tok/s/user", "multiple"),
    ("10x-per-mw", "measured_b200_h100_at_90", "{mwb200.ratio}", "10x: B200 over H100", "multiple"),
    ("two-cents", "usd_per_mtok_at_1k1k", "{cents_1.cost}", "Two cents: owned, 2025-10", "usd_per_mtok"),
    ("two-cents", "usd_per_mtok_neocloud_2025_10", "{cents_3.cost}", "Two cents: neocloud, 2025-10", "usd_per_mtok"),
    ("two-cents", "usd_per_mtok_rental_2025_10", "{cents_4.cost}", "Two cents: rented, 2025-10", "usd_per_mtok"),
    ("two-cents", "usd_per_mtok_at_8k1k", "{cents_6.cost}", "Two cents: 8k/1k", "usd_per_mtok"),
    ("5x-in-2-months", "implied_by_two_cents", "{software.by_cents}", "5x: in the printed costs", "multiple"),
    ("15x-lower-cost", "measured_vs_h200", "{cost15_2.ratio}", "15x lower cost: against H200", "multiple"),
    ("15x-lower-cost", "measured_vs_h100", "{cost15_3.ratio}", "15x lower cost: against H100", "multiple"),
)
AGAIN = (  # call, native cell, label, format: live with every input
    ("TOK_COST({inputs.cost35_1.cost35_rate},{inputs.cost35_1.cost35_throughput})", "{cost35_1.cost}",
     "35x: cost of GB300 NVL72", "usd_per_mtok"),
    ("TOK_COST({inputs.cost35_2.cost35_rate},{inputs.cost35_2.cost35_throughput})", "{cost35_2.cost}",
     "35x: cost of H200", "usd_per_mtok"),
    ("TOK_COST({inputs.cents_2.cents_rate},{inputs.cents_2.cents_throughput})", "{cents_2.cost}",
     "Two cents: newest rate", "usd_per_mtok"),
    ("TOK_COST({inputs.cents_1.cents_rate},{inputs.cents_1.cents_throughput},{inputs.cents_4.cents_use})",
     "{cents_use_4.owned}", "Two cents: at a utilisation", "usd_per_mtok"),
    ("TOK_PER_MW({inputs.cost35_1.cost35_throughput},{inputs.mw50_1.mw50_kw_corrected})", "{mw50_1.corrected}",
     "50x: GB300 NVL72 per MW", "count"),
    ("TOK_PRICE_BLENDED({inputs.parts_1.parts_input},{inputs.parts_1.parts_output},{inputs.claim_isl},{inputs.claim_osl})",
     "{parts_1.price}", "15x: listed price, blended", "usd_per_mtok"),
    *(
        (f"{{inputs.limit_{n}.limit_step}}*TOK_DECODE_LIMIT({{inputs.limit_{n}.limit_hbm}},{{inputs.limit_{n}.limit_total}},"
         f"{{inputs.limit_{n}.limit_active}},{{inputs.limit_{n}.limit_bits}},{{limit_{n}.batch}},{{inputs.limit_{n}.limit_isl}},"
         f"{{inputs.limit_{n}.limit_kv}})", f"{{limit_{n}.most}}", f"{title}: memory limit", "number")
        for n, title in enumerate((*claims_inputs.LIMIT_COLUMNS[:3], YOURS), 1)
        for n in ((5,) if title == YOURS else (n,))
    ),
    ("TOK_NPV({inputs.discount_rate},{flow.revenue_1:all})/(1+{inputs.discount_rate})-{inputs.your_investment}", "{left_1.npv}",
     "Your claim: NPV as claimed", "usd"),
    ("TOK_NPV({inputs.discount_rate},{flow.revenue_2:all})/(1+{inputs.discount_rate})-{inputs.your_investment}", "{left_2.npv}",
     "Your claim: NPV as you expect", "usd"),
)  # fmt: skip
SAME_IF_BLANK = "most"  # a limit that is not known has no counterpart


def write_panels(writer: Writer, platforms: tuple[str, ...]) -> dict[str, str]:
    """The same figures through TOK_CLAIM, TOK_CLAIM_AUDIT, TOK_COST and others."""
    panels = Panels.begin(writer, platforms, PANEL_COLUMNS, core_inputs=False)
    panels.head("Your claim: =TOK_CLAIM_AUDIT(investment, revenue, GPUs, years, throughput, utilisation)")
    audit = (
        "TOK_CLAIM_AUDIT({inputs.your_investment},{inputs.your_revenue},{inputs.your_gpus},{inputs.your_years},"
        "{inputs.your_throughput},{inputs.view_1.view_utilization})"
    )
    for row, key, label, kind in AUDITED:
        panels.cell(label, f"your.{key}", f'VLOOKUP("{row}",{audit},2,FALSE)', kind)
    claim_sheet.panel(panels)
    panels.head("Claims of the catalogue: =TOK_CLAIM(claim, figure)")
    for claim, figure, native, label, kind in RECOMPUTED:
        panels.cell(label, native, f'TOK_CLAIM("{claim}","{figure}")', kind)
    panels.head("From the figures on Inputs: =TOK_COST, =TOK_PER_MW, =TOK_PRICE_BLENDED, =TOK_DECODE_LIMIT, =TOK_NPV")
    for call, native, label, kind in AGAIN:
        panels.cell(label, f"again {native}", call, kind)
    panels.head("All claims: =TOK_CLAIMS()")
    panels.spill("TOK_CLAIMS()", len(CLAIMS_JUDGED) + 1, 4, ("text",))
    return panels.finish()


def checks(found: dict[str, str]) -> tuple[Group, ...]:
    """Native formulas against functions; sums against what they are sums of."""
    yours = tuple(
        Check(f"{label}: sheet and TOK_CLAIM_AUDIT", f"={{your_1.{key}}}", found[f"your.{key}"], kind, True)
        for _, key, label, kind in AUDITED
    )
    balances = (
        Check("Revenue of all years as claimed is the claim's revenue", "=SUM({flow.revenue_1:all})",
              "={inputs.your_revenue}*{inputs.view_1.view_factor}^0*SUMPRODUCT({flow.share:all}*{inputs.view_1.view_factor}^(1-{flow.year:all}))"
              "/{inputs.your_years}", "usd"),
        Check("Years of the claim are the shares of its years", "=SUM({flow.share:all})", "={inputs.your_years}", "number"),
        Check("Tokens sold at their price are the revenue", "={your_1.mtok}*{your_1.price}", "={inputs.your_revenue}", "usd"),
        Check("Multiple less 1 is the net return", "={your_1.multiple}-1", "={your_1.net}", "multiple",
              scale="=MAX(1,{your_1.multiple})"),
    )  # fmt: skip
    # TOK_CLAIM knows the catalogue's figures only: where one on Inputs was overridden, there is nothing to compare.
    kept = 'IF(COUNTIF({inputs.claims_status},"override")>0,'
    recomputed = tuple(
        Check(f"{label}: sheet and TOK_CLAIM", f"={native}", f"={kept}{native},{found[native][1:]})", kind, True)
        for _, _, native, label, kind in RECOMPUTED
    )
    again = tuple(
        Check(f"{label}: sheet and function", f"={native}", _unless_blank(native, found[f"again {native}"]), kind, True,
              scale="=MAX(1,{inputs.your_investment})" if "npv" in native else "")
        for _, native, label, kind in AGAIN
    )  # fmt: skip
    return (
        Group(YOURS, (*yours, *balances)),
        claim_sheet.checks(found),
        Group("Claims of the catalogue", recomputed),
        Group("From the figures on Inputs", again),
    )


def _unless_blank(native: str, function: str) -> str:
    return f'=IF({native}="",{native},{function[1:]})' if native.endswith(f".{SAME_IF_BLANK}}}") else function


# --- the page for the director -----------------------------------------------------------------------------------

TABLE = (  # key of the overview, title
    ("stated", "Stated"), ("own", "From its figures"), ("closest", "Measured: closest"), ("lowest", "lowest"), ("highest", "highest"),
)  # fmt: skip
LEFT_CHART = 25.0  # cm; the table is wider here than on other dashboards
WIDTHS = (22, 15, 15, 15, 15, 15, 34)
VERDICT_COLUMN = 7


def write_dashboard(writer: Writer) -> None:
    """Every claim in a line, what the figures say, four charts."""
    sheet, paint, book = writer.sheet(dashboard.NAME), writer.painter.paint, writer.book
    row = writer.head(dashboard.NAME, "", last=dashboard.LAST, title="Is the vendor's claim sound?")
    sheet.cell(2, 1).value = book.compile(
        '="What vendors state, what follows from it, what was measured. Figures match within "&TEXT({inputs.verdict_tolerance},"0%")&"."',
        dashboard.NAME,
    )
    table = dashboard.Table(len(TABLE), row)
    heads = ("Claim", *(title for _, title in TABLE), "Verdict")
    _heads(writer, sheet, row, heads)
    for n, judged in enumerate(CLAIMS_JUDGED, 1):
        row += 1
        for column, key in enumerate(("name", *(key for key, _ in TABLE), "verdict"), 1):
            cell = sheet.cell(row, column)
            cell.value = book.compile(f"={{claims_{n}.{key}}}", dashboard.NAME)
            shown = "TB Label" if column == 1 else "TB Sentence" if key == "verdict" else "TB KPI"
            paint(cell, shown, judged.kind if shown == "TB KPI" else "general")
            book.put(f"dashboard_{n}.{key}", Cell(dashboard.NAME, row, column))
        writer.define(f"claim_verdict_{n}", book.find(f"claims_{n}.verdict"))
        sheet.row_dimensions[row].height = 19
    verdicts.grade(sheet, f"G{table.names_row + 1}:G{row}")
    row = _your_line(writer, sheet, row + 2)
    table.last_row = row
    for column, width in enumerate(WIDTHS, 1):
        sheet.column_dimensions[chr(64 + column)].width = width
    for column in range(dashboard.FINDINGS, dashboard.LAST + 1):
        sheet.column_dimensions[chr(64 + column)].width = 17
    dashboard.write_findings(writer, table, findings())
    placed = dashboard_charts(writer)
    dashboard.place_charts(writer, table, placed)
    for chart in placed[::2]:
        chart.width = LEFT_CHART


def _heads(writer: Writer, sheet, row: int, titles: tuple[str, ...]) -> None:
    for column, title in enumerate(titles, 1):
        cell = sheet.cell(row, column)
        cell.value = title
        writer.painter.paint(cell, "TB Column" if 1 < column < VERDICT_COLUMN else "TB Column Left")
        if column == VERDICT_COLUMN:
            cell.alignment = Alignment(vertical="center", indent=1)


YOUR_LINE = (  # title, name, format
    ("Multiple claimed", "your_1.multiple", "multiple"), ("Net return", "your_1.net", "multiple"),
    ("... as you expect", "left_2.net", "multiple"), ("Price implied", "your_1.price", "usd_per_mtok"),
    ("Cost implied", "your_1.cost", "usd_per_mtok"),
)  # fmt: skip


def _your_line(writer: Writer, sheet, row: int) -> int:
    """The reader's own claim in one line below the others."""
    paint, book = writer.painter.paint, writer.book
    _heads(writer, sheet, row, (YOURS, *(title for title, _, _ in YOUR_LINE), "Memory limit"))
    row += 1
    sheet.cell(row, 1).value = book.compile("={inputs.your_name}", dashboard.NAME)
    paint(sheet.cell(row, 1), "TB Sentence")
    for column, (_, name, kind) in enumerate(YOUR_LINE, 2):
        sheet.cell(row, column).value = book.compile(f"={{{name}}}", dashboard.NAME)
        paint(sheet.cell(row, column), "TB KPI", kind)
    sheet.cell(row, VERDICT_COLUMN).value = book.compile("={limit_5.verdict}", dashboard.NAME)
    paint(sheet.cell(row, VERDICT_COLUMN), "TB Sentence")
    sheet.row_dimensions[row].height = 27
    return row


def findings() -> tuple[str, ...]:
    """Sentences that the figures write themselves."""
    count = 'COUNTIF({claims.verdict},"%s*")'
    return (
        f'={count % verdicts.MATCHES}&" of "&ROWS({{claims.verdict}})&" claims match a like-for-like measurement; "'
        f'&{count % verdicts.ABOVE}&" are above what was measured, "&{count % verdicts.UNMEASURED}&" not measured independently."',
        '="The 15x is revenue over investment; net it is "&TEXT({claim.net},"0.0")&"x. At "&TEXT({claim.utilization_utilized},"0%")&" utilisation net "'
        '&TEXT({claim.net_utilized},"0.0")&"x, at prices falling "&TEXT({claim.factor_tenfold},"0")&"x a year "&TEXT({claim.net_tenfold},"0.0")&"x."',
        '="Two cents holds for an owner at full use; rented at the newest rate it is USD "&TEXT({cents_5.cost},"0.0000")&" per Mtok."',
        '="50x per MW is up to, and rests on power figures since corrected: "&TEXT({mw50.ratio_then},"0.0")&"x then, "'
        '&TEXT({mw50.ratio_corrected},"0.0")&"x now."',
        '="35x is one operating point: measured ratios run from "&TEXT({cost35.low},"0.0")&"x to "&TEXT({cost35.high},"0")&"x with the speed per user."',
        '="5x in two months would be "&TEXT({software.stated_monthly},"0%")&" a month; dated rows show at most "'
        '&TEXT(MAX({software.monthly:all}),"0%")&"."',
        '=IF(COUNTIF({inputs.status},"override")=0,"All figures as in the catalogue.",COUNTIF({inputs.status},"override")'
        '&" lines of Inputs differ from the catalogue.")',
    )  # fmt: skip


def dashboard_charts(writer: Writer) -> tuple:
    top = writer.book.find("claims.name").row
    ratios = (top + verdicts.FIRST_RATIO - 1, top + len(CLAIMS_JUDGED) - 1)
    series = (
        ("stated", "Stated"),
        ("own", "From its own figures"),
        ("lowest", "Measured, lowest"),
        ("highest", "Measured, highest"),
    )
    stated = charts.bars(
        writer, title="Stated and measured (no bar: nothing measured)", y_title="times", number_format="0", sheet=CLAIMS, down=True,
        categories=(COLUMN["name"], *ratios), rows=[(COLUMN[key], *ratios) for key, _ in series], names=[name for _, name in series],
    )  # fmt: skip
    first = writer.book.find(f"claim.npv_{CASES[0][3]}").row
    cases = (first, first + len(CASES) - 1)
    left = charts.bars(
        writer, title="What is left of the 15x", y_title="times the investment", number_format="0", sheet=CLAIM, down=True,
        categories=(1, *cases), rows=[(5, *cases), (6, *cases)], names=["Revenue over investment", "Net return"],
    )  # fmt: skip
    heading, cost, claimed = (writer.book.find(f"cents.{key}") for key in ("heading", "cost", "stated"))
    span = (cost.first, cost.last)
    cents = charts.bars(
        writer, title="Two cents: cost claimed and implied", y_title="USD per Mtok", number_format="0.000", sheet=cost.sheet,
        categories=(heading.row, *span), rows=[(claimed.row, *span), (cost.row, *span)], names=["Stated", "Implied by the measured point"],
    )  # fmt: skip
    heading, multiple, net = (writer.book.find(f"left.{key}") for key in ("heading", "multiple", "net"))
    span = (multiple.first, multiple.last)
    yours = charts.bars(
        writer, title="Your claim: as claimed, and as you expect", y_title="times the investment", number_format="0.0", sheet=YOURS,
        categories=(heading.row, *span), rows=[(multiple.row, *span), (net.row, *span)], names=["Revenue over investment", "Net return"],
    )  # fmt: skip
    return stated, left, cents, yours


# --- words ---------------------------------------------------------------------------------------------------------


def facts(setting) -> tuple[tuple[str, str], ...]:
    options = setting.options
    late = [f"{row.id} ({row.as_of})" for row in setting.filler.newer]
    rows = [
        ("Made by", f"Tokenbook {options.version}"),
        ("Catalogue", f"of {setting.figures.date}; figures as known on {setting.day}"),
        *(
            [("Newer than that", f"{len(late)} figures were not known on {setting.day}, among them {late[0]}")]
            if late
            else []
        ),
        (
            YOURS,
            f"compared with {setting.platforms[0]} serving {setting.model} at {setting.shape} (input/output tokens)",
        ),
        (
            "Claims",
            "Read through the sources on Baselines and Conditions, some of them copies; in USD, as they were made.",
        ),
        (
            "Not included",
            "Tax, idle power, prefill and decode priced apart, quality of the answers, availability of the hardware.",
        ),
    ]
    if options.currency != "USD":
        rows.append(("Currency", f"{YOURS} is typed in {options.currency}; the claims, prices and rates stay in USD."))
    return tuple(rows)


def cover(about: tuple[tuple[str, str], ...]) -> Cover:
    pages = tuple((name, subtitle) for name, subtitle, _ in audits.PAGES)
    return Cover(
        title="Is the vendor's claim sound?",
        question="What vendors state, under which conditions, what it implies, where sources disagree, what was measured.",
        first_steps=(
            "Dashboard: read the verdicts first. A multiple of revenue is no return; a ratio holds at one operating point.",
            "Inputs, Your claim: type the claim that lies on your table: investment, revenue, GPUs, years, throughput.",
            "Inputs, Your claim, two ways to see it: enter the utilisation you would sell and how fast you expect prices to fall.",
            "Inputs, What your claim is compared with: replace rate and price by your own quotes; an override turns orange.",
            "Your claim: read the seven sentences, then what is left of the claim year by year.",
            "Claims: see how the verdict came about: own figures, measured range, memory limit, conditions that are not stated.",
            "Conditions: filter by claim. Ask the vendor for every line that says Not stated.",
            "Inputs, How verdicts are made: choose within which share two figures count as equal.",
            "Baselines: look at the date, qualifier and confidence of each figure. \"Up to\" stays \"up to\".",
            "Checks: must say OK. Without the add-in the audit still works; only the function panels need it.",
        ),
        sheets=(
            "Inputs",
            "Baselines",
            (CLAIMS, "The overview: a row a claim, with its verdict."),
            (YOURS, "The claim that you type, audited the same way."),
            (CLAIM, "USD 75 M from USD 5 M, the 15x, reproduced and stressed."),
            *pages,
            (WORDS, "Conditions, gaps, contradictions, measurements and sources of every claim."),
            ("Panels", "The same figures through the functions of the add-in."),
            ("Dashboard", "One page for the director."),
            "Checks",
            "Log",
            "Lists",
        ),
        facts=about,
    )  # fmt: skip


def headline(writer: Writer, model) -> Headline:
    """What the workbook answers, for the command line."""
    lines = tuple(
        (
            judged.name,
            judged.kind,
            tuple(
                value(writer, model, f"claims_{n}.{key}") for key in ("stated", "own", "lowest", "highest", "verdict")
            ),
        )
        for n, judged in enumerate(CLAIMS_JUDGED, 1)
    )
    return Headline("Vendor claims", ("Stated", "From its figures", "Measured, lowest", "highest", "Verdict"), lines)
