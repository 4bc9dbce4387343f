"""The ``claims`` template: is the vendor's claim sound?

Each claim of the catalogue recomputed from its own figures, beside what was measured, with its conditions and gaps; and a
sheet for the reader's own claim. Claims are in USD and stay as they were made; only "Your claim" follows the options: its
platform, model and shape say what it is compared with, months how long it runs, the currency in what it is typed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tokenbook.templates.engine import Model
from tokenbook.templates.models.claims import audits, panels, verdicts
from tokenbook.templates.models.claims import further as further_claims
from tokenbook.templates.models.claims import inputs as claims_inputs
from tokenbook.templates.models.claims.page import write_dashboard
from tokenbook.templates.models.claims.panels import YOURS
from tokenbook.templates.models.claims.verdicts import CLAIMS, WORDS
from tokenbook.templates.models.shared import claim_sheet, core_inputs, frame
from tokenbook.templates.models.shared.claim_sheet import CLAIM, THE_CLAIM
from tokenbook.templates.models.shared.headlines import Headline, value
from tokenbook.templates.models.shared.options import Options
from tokenbook.templates.sheets import grid
from tokenbook.templates.sheets.formula import Range
from tokenbook.templates.sheets.front import Cover, Listed
from tokenbook.templates.sheets.grid import Grid
from tokenbook.templates.sheets.inputs import Input
from tokenbook.templates.sheets.writer import Writer
from tokenbook.udfs import catalog

DEFAULT_PLATFORM = "GB200 NVL72"
DEFAULT_MONTHS = 36
VERDICT_LIST = Listed("verdicts", "Verdicts", tuple(words for words, _ in verdicts.GRADES), "What a verdict may be")
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
    known = catalog.claims.list()
    more = further_claims.further(known)
    groups = [each.group for each in more]
    claims_inputs.fill(setting, groups)
    sections = claims_inputs.sections(options.currency, groups)
    platforms = next(listed for listed in core_inputs.lists(setting.figures) if listed.name == "platforms")
    setting.listed += [platforms, VERDICT_LIST]
    pages = (*audits.PAGES, *_further_page(more))
    writer = frame.start(setting, "Vendor claims", _sheets(pages), sections)
    _name_places(writer)
    inputs = {item.name: item for section in sections for item in section.inputs}
    all_judged = further_claims.all_judged(more)
    with in_dollars(writer):
        verdicts.write_words(writer, known)
        claim_sheet.write_claim(writer, None, claim_sheet.about_claim(catalog.claims.get(THE_CLAIM)))
        for name, subtitle, grids in pages:
            grid.write(writer, name, grids, inputs=inputs, subtitle=subtitle)
        verdicts.write_claims(writer, all_judged, {claim.id: claim for claim in known})
    write_yours(writer, inputs)
    again = [figure for each in more for figure in each.again]
    found = panels.write_panels(writer, setting.platforms, again, len(known))
    write_dashboard(writer, all_judged)
    return frame.finish(setting, writer, cover(facts(setting), pages), panels.checks(found, again))


Page = tuple[str, str, tuple[Grid, ...]]  # name, subtitle, what stands on it


def _further_page(more: tuple[further_claims.Further, ...]) -> tuple[Page, ...]:
    """The page of the claims that have no page of their own; none where every claim has one."""
    if not more:
        return ()
    return ((further_claims.PAGE, further_claims.SUBTITLE, tuple(each.grid for each in more)),)


def _sheets(pages: tuple[Page, ...]) -> tuple[str, ...]:
    return (
        "Cover", "Inputs", "Baselines", CLAIMS, YOURS, CLAIM, *(name for name, _, _ in pages), WORDS,
        "Panels", "Dashboard", "Checks", "Log", "Lists",
    )  # fmt: skip


@contextmanager
def in_dollars(writer: Writer) -> Iterator[None]:
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
    column = book.area("inputs.status").column
    book.put("inputs.claims_status", Range("Inputs", first.row, column, last.row, column))


def write_yours(writer: Writer, inputs: dict[str, Input]) -> None:
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


# --- words ---------------------------------------------------------------------------------------------------------


def facts(setting: frame.Setting) -> tuple[tuple[str, str], ...]:
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


def cover(about: tuple[tuple[str, str], ...], pages: tuple[Page, ...]) -> Cover:
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
            *((name, subtitle) for name, subtitle, _ in pages),
            (WORDS, "Conditions, gaps, contradictions, measurements and sources of every claim."),
            ("Panels", "The same figures through the functions of the add-in."),
            ("Dashboard", "One page for the director."),
            "Checks",
            "Log",
            "Lists",
        ),
        facts=about,
    )  # fmt: skip


def headline(writer: Writer, model: Model) -> Headline:
    """What the workbook answers, for the command line."""
    lines = tuple(
        (
            judged.name,
            judged.kind,
            tuple(
                value(writer, model, f"claims_{n}.{key}") for key in ("stated", "own", "lowest", "highest", "verdict")
            ),
        )
        for n, judged in enumerate(further_claims.all_judged(further_claims.further(catalog.claims.list())), 1)
    )
    return Headline("Vendor claims", ("Stated", "From its figures", "Measured, lowest", "highest", "Verdict"), lines)
