"""The verdicts of the ``claims`` template: one row a claim, and the sentences that the figures of your claim write.

A verdict is found in this order: above the memory limit; not following from its own figures; a revenue multiple, not a
return; never measured; above, or matching, what was measured like for like; above, below or inside what was measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from tokenbook.templates.sheets import style
from tokenbook.templates.sheets.formula import Cell, Range
from tokenbook.templates.sheets.writer import Writer
from tokenbook.udfs import catalog
from tokenbook.udfs.catalog.claims import Claim

CLAIMS, WORDS = "Claims", "Conditions"
STATES, MISSING = "It states", "Not stated"


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim: formulas for what it states, what its own figures give, and what was measured. Empty: there is none.

    ``better`` says which way the claim flatters: "more" or "less". ``closest`` is the measured figure of the same
    platform and model, ``lowest`` and ``highest`` the range of all. ``opening`` begins the sentence.
    """

    id: str
    name: str
    unit: str
    kind: str
    stated: str
    own: str = ""
    newer: str = ""
    closest: str = ""
    lowest: str = ""
    highest: str = ""
    limit: str = ""
    better: str = "more"
    opening: str = ""
    multiple: bool = False


# The audits written by hand, in the order of the chart: two in money, then those that are a number of times.
CLAIMS_JUDGED = (
    Judged("75m-from-5m", "75 M from 5 M", "USD", "usd", "={inputs.claim_revenue}", "={inputs.claim_investment}*{inputs.claim_multiple}",
           lowest="=MIN({parts.revenue:all})", highest="=MAX({parts.revenue:all})", limit="={limit_1.used}", multiple=True,
           opening='="Gross revenue, not a return. USD "&TEXT({claim.rate},"0.00")&" a GPU-hour, USD "&TEXT({claim.cost},"0.0000")'
           '&" per Mtok; USD "&TEXT({claim.npv_flat}/1000000,"0.0")&" M net present value at a flat price, "'
           '&TEXT({claim.npv_tenfold}/1000000,"0.0")&" M at prices falling "&TEXT({claim.factor_tenfold},"0")&"x a year."'),
    Judged("two-cents", "Two cents", "USD per Mtok", "usd_per_mtok", "={inputs.cents_cost}", "", "={cents_2.cost}", "={cents_1.cost}",
           "=MIN({cents.cost:all})", "=MAX({cents.cost:all})", "={limit_2.used}", "less",
           '="At the owner\'s rate of the time and fully used. Rented at the newest rate: USD "&TEXT({cents_5.cost},"0.0000")'
           '&". No floor: USD "&TEXT({cents_6.cost},"0.0000")&" is measured at 8k/1k."'),
    Judged("15x", "15x return", "times", "multiple", "={inputs.claim_multiple}", "={claim.multiple}",
           lowest="=MIN({parts.multiple:all})", highest="=MAX({parts.multiple:all})", limit="={limit_1.used}", multiple=True,
           opening='="Revenue over investment, not a return: net "&TEXT({claim.net},"0.0")&"x. It implies USD "'
           '&TEXT({claim.price},"0.000")&" per Mtok, every hour sold, for "&{inputs.claim_years}&" years."'),
    Judged("5x-in-2-months", "5x by software", "times", "multiple", "={inputs.software_stated}", "={software.by_cents}",
           lowest="=MIN({software.software_measured:all})", highest="=MAX({software.software_measured:all})",
           opening='="It implies "&TEXT({software.stated_monthly},"0%")&" a month; measured "&TEXT(MIN({software.monthly:all}),"0%")'
           '&" to "&TEXT(MAX({software.monthly:all}),"0%")&", on other platforms and models. A young baseline, not a trend."'),
    Judged("10x-per-mw", "10x per MW", "times", "multiple", "={inputs.mw10_ratio}", newer="={mw10.corrected}", closest="={mw10.measured}",
           lowest="=MIN({mw10.measured},{mwb200.ratio})", highest="=MAX({mw10.measured},{mwb200.ratio})",
           opening='="Up to. About "&TEXT({mw10.measured},"0.0")&"x at 30 tok/s/user; with corrected power "&TEXT({mw10.corrected},"0.0")'
           '&"x. B200 over H100: "&TEXT({mwb200.ratio},"0.0")&"x."'),
    Judged("50x-per-mw", "50x per MW", "times", "multiple", "={inputs.mw50_ratio}", "={mw50.ratio_then}", "={mw50.ratio_corrected}",
           limit="={limit_4.used}",
           opening='="Up to, at one fast point. Its figures give "&TEXT({mw50.ratio_then},"0.0")&"x with the power figures of the time '
           'and "&TEXT({mw50.ratio_corrected},"0.0")&"x with the corrected ones."'),
    Judged("35x", "35x lower cost", "times", "multiple", "={inputs.cost35_ratio}", "={cost35.ratio}", "={cost35.ratio_new}",
           lowest="={cost35.low}", highest="={cost35.high}", limit="={limit_4.used}",
           opening='="One fast point: USD "&TEXT({cost35_1.cost},"0.0000")&" against "&TEXT({cost35_2.cost},"0.000")&" (4.20 is printed). '
           'Measured "&TEXT({cost35.low},"0.0")&"x at 40 and "&TEXT({cost35.high},"0")&"x at 116 tok/s/user."'),
    Judged("15x-lower-cost", "15x lower cost", "times", "multiple", "={inputs.cost15_ratio}",
           lowest="={cost15_2.ratio}", highest="={cost15_3.ratio}",
           opening='="Not the 15x of the return. At the highest throughput of each: "&TEXT({cost15_2.ratio},"0.0")&"x against H200, "'
           '&TEXT({cost15_3.ratio},"0.0")&"x against H100."'),
)  # fmt: skip

HEADS = (  # key, title, width
    ("name", "Claim", 18), ("about", "What is said, in our words", 36), ("platform", "Platform", 14), ("model", "Model", 15),
    ("qualifier", "Qualifier", 32), ("stated", "Stated", 12), ("unit", "Unit", 14), ("own", "From its own figures", 12),
    ("newer", "With newer or corrected figures", 12), ("closest", "Measured, closest", 12), ("lowest", "Measured, lowest", 12),
    ("highest", "Measured, highest", 12), ("over", "Stated over measured", 12), ("limit", "Memory limit used", 11),
    ("missing", "Conditions not stated", 11), ("confidence", "Confidence of the figures", 12), ("verdict", "Verdict", 32),
    ("sentence", "In a sentence", 54),
)  # fmt: skip
COLUMN = {key: number for number, (key, _, _) in enumerate(HEADS, 1)}
# How the verdict reads; the dashboard and the tests use the same words.
IMPOSSIBLE, ODD, GROSS = (
    "above the memory limit",
    "does not follow from its figures",
    "a revenue multiple, not a return",
)
UNMEASURED, ABOVE, BELOW, INSIDE = (
    "not measured independently",
    "above what was measured",
    "below what was measured",
    "inside the measured range",
)
MATCHES = "matches measured"
GRADES = ((IMPOSSIBLE, style.FAIL_FILL), (ODD, style.FAIL_FILL), (ABOVE, "FFE3C2"), (GROSS, "FFE3C2"), (UNMEASURED, style.PALE),
          (INSIDE, style.PALE), (BELOW, style.PASS_FILL), (MATCHES, style.PASS_FILL))  # fmt: skip


def write_claims(writer: Writer, all_judged: Sequence[Judged], claims: Mapping[str, Claim]) -> None:
    """The overview: a row a claim. ``claims`` are the catalogue's entries by id."""
    sheet, paint, book = writer.sheet(CLAIMS), writer.painter.paint, writer.book
    last = len(HEADS)
    subtitle = "Each claim beside what its own figures give and what was measured. The verdict is a formula; its rule is on Inputs."
    top = writer.head(CLAIMS, subtitle, last=last, title="Is the vendor's claim sound?")
    for column, (_, title, width) in enumerate(HEADS, 1):
        cell = sheet.cell(top, column)
        cell.value = title
        paint(cell, "TB Column Left")
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.row_dimensions[top].height = 44
    for n, judged in enumerate(all_judged, 1):
        for key, column in COLUMN.items():
            book.put(f"claims_{n}.{key}", Cell(CLAIMS, top + n, column))
        _write_row(writer, sheet, top + n, judged, claims[judged.id])
    bottom = top + len(all_judged)
    for key in ("name", "stated", "own", "closest", "lowest", "highest", "verdict"):
        book.put(f"claims.{key}", Range(CLAIMS, top + 1, COLUMN[key], bottom, COLUMN[key]))
    grade(sheet, f"{get_column_letter(COLUMN['verdict'])}{top + 1}:{get_column_letter(COLUMN['verdict'])}{bottom}")
    sheet.freeze_panes = sheet.cell(top + 1, 2)
    writer.finish(sheet, last_row=bottom, last_column=last, large=True, tall=1)


def _confidence(claim: Claim) -> str:
    """The lowest confidence among the figures of a claim."""
    return max((row.confidence for row in claim.figures), key=catalog.CONFIDENCES.index, default="no figures")


def _write_row(writer: Writer, sheet: Worksheet, row: int, judged: Judged, claim: Claim) -> None:
    paint, book = writer.painter.paint, writer.book
    cells = {key: f"${get_column_letter(column)}{row}" for key, column in COLUMN.items()}
    texts = {"name": judged.name, "about": claim.statement, "platform": claim.platform, "model": claim.model or "not named",
             "qualifier": claim.qualifier, "unit": judged.unit, "confidence": _confidence(claim)}  # fmt: skip
    formulas = {
        key: getattr(judged, key) for key in ("stated", "own", "newer", "closest", "lowest", "highest", "limit")
    }
    formulas = {key: text or '=""' for key, text in formulas.items()}
    formulas["over"] = over(judged).format(**cells)
    formulas["missing"] = f'=COUNTIFS({{words.claim}},"{claim.id}",{{words.kind}},"{MISSING}")'
    formulas["verdict"] = verdict(judged).format(**cells, tolerance="{inputs.verdict_tolerance}")
    formulas["sentence"] = judged.opening
    for key, column in COLUMN.items():
        cell = sheet.cell(row, column)
        if key in texts:
            cell.value = texts[key]
            paint(cell, "TB Sentence")
        else:
            cell.value = book.compile(formulas[key], CLAIMS)
            kind = {"over": "multiple", "limit": "share", "missing": "flag"}.get(key, judged.kind)
            text = key in ("verdict", "sentence")
            paint(
                cell,
                "TB Sentence" if text else "TB Link" if "!" in cell.value else "TB Calc",
                "general" if text else kind,
            )
    sheet.row_dimensions[row].height = 13.5 * max(
        style.lines_of(claim.statement, 36 * 0.9), style.lines_of(claim.qualifier, 32 * 0.9), 4
    )


def over(judged: Judged) -> str:
    """Stated over measured, above 1 where the claim is better: the closest figure, else the best one."""
    if not judged.highest:
        return '=""'
    best = "{closest}" if judged.closest else "{highest}" if judged.better == "more" else "{lowest}"
    return f"={{stated}}/{best}" if judged.better == "more" else f"={best}/{{stated}}"


def verdict(judged: Judged) -> str:
    """The verdict of a row, in the order that the module's docstring gives."""
    steps = []
    if judged.limit:
        steps.append(f'IF(N({{limit}})>1,"{IMPOSSIBLE}",')
    if judged.own:
        steps.append(f'IF(ABS({{own}}/{{stated}}-1)>{{tolerance}},"{ODD}",')
    if judged.multiple:
        rest = f'"{GROSS}"'
    elif not judged.highest:
        rest = f'"{UNMEASURED}"'
    else:
        match = f'"{MATCHES} within "&TEXT({{tolerance}},"0%")'
        middle = match if judged.closest else f'"{INSIDE}"'
        low = "{highest}/{stated}" if judged.better == "less" else "{stated}/{lowest}"
        under = f'{{over}}<1/(1+{{tolerance}}),"{BELOW}"' if judged.closest else f'{low}<1/(1+{{tolerance}}),"{BELOW}"'
        rest = f'IF({{over}}>1+{{tolerance}},"{ABOVE}",IF({under},{middle}))'
    return "=" + "".join(steps) + rest + ")" * len(steps)


def grade(sheet: Worksheet, ref: str) -> None:
    """Colours for the verdicts."""
    first = ref.split(":")[0]
    for words, color in GRADES:
        rule = FormulaRule([f'LEFT({first},{len(words)})="{words}"'], fill=PatternFill("solid", bgColor=color))
        sheet.conditional_formatting.add(ref, rule)


def write_words(writer: Writer, claims: Sequence[Claim]) -> None:
    """Every condition, gap, contradiction, measurement and source of every claim, a row each."""
    sheet, paint, book = writer.sheet(WORDS), writer.painter.paint, writer.book
    top = writer.head(
        WORDS, "What belongs to each claim, in our own words. Sources that disagree stand side by side.", last=3
    )
    widths = (18, 20, 150)
    for column, (title, width) in enumerate(zip(("Claim", "What", "Text"), widths, strict=True), 1):
        sheet.cell(top, column).value = title
        paint(sheet.cell(top, column), "TB Column Left")
        sheet.column_dimensions[get_column_letter(column)].width = width
    row = top
    for claim in claims:
        for kind, texts in words_of(claim):
            for text in texts:
                row += 1
                for column, value in enumerate((claim.id, kind, text), 1):
                    sheet.cell(row, column).value = value
                    paint(sheet.cell(row, column), "TB Sentence")
                sheet.row_dimensions[row].height = 13.5 * style.lines_of(text, widths[-1] * 0.9)
    for column, name in ((1, "claim"), (2, "kind")):
        book.put(f"words.{name}", Range(WORDS, top + 1, column, row, column))
    sheet.auto_filter.ref = f"A{top}:C{row}"
    sheet.freeze_panes = sheet.cell(top + 1, 1)
    writer.finish(sheet, last_row=row, last_column=3, rows=f"{top}:{top}")


def words_of(claim: Claim) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (
        (STATES, (f"{claim.statement} ({claim.claimant})",)),
        ("Qualifier", (claim.qualifier,)),
        ("Under the conditions", (claim.conditions,)),
        (MISSING, claim.missing),
        ("Said differently", claim.disagreements),
        ("Measured", claim.measured),
        ("Source", claim.sources),
    )


def your_sentences(money: str) -> tuple[str, ...]:
    """What the figures of your claim say. ``money`` is the currency in which it is typed."""
    more = "1+{inputs.verdict_tolerance}"
    return (
        f'="A revenue multiple of "&TEXT({{your_1.multiple}},"0.0")&"x, not a return. The net return is "&TEXT({{your_1.net}},"0.0")'
        f'&"x. It implies {money} "&TEXT({{your_1.price}},"0.0000")&" per million tokens sold and {money} "&TEXT({{your_1.cost}},"0.0000")&" of cost."',
        '="At "&TEXT({inputs.view_2.view_utilization},"0%")&" sold and prices falling "&TEXT({inputs.view_2.view_factor},"0.0")'
        f'&"x a year: revenue {money} "&TEXT({{left_2.revenue}}/1000000,"0.0")&" M, multiple "&TEXT({{left_2.multiple}},"0.0")&"x, net "'
        f'&TEXT({{left_2.net}},"0.0")&"x, net present value {money} "&TEXT({{left_2.npv}}/1000000,"0.0")&" M."',
        f'="Throughput: "&IF({{beside_1.over_throughput}}>{more},TEXT({{beside_1.over_throughput}},"0.0")&" times what was measured on "'
        '&{inputs.p1.platform}&": ask for the run.",IF({beside_1.over_throughput}<1/('
        f'{more}),"below what was measured on "&{{inputs.p1.platform}}&".","matches what was measured on "&{{inputs.p1.platform}}&" within "'
        '&TEXT({inputs.verdict_tolerance},"0%")&"."))&" Measured: "&TEXT({beside_1.tok_s_per_gpu},"#,##0")&" tok/s per GPU, "'
        '&{inputs.model}&"."',
        f'="Investment: {money} "&TEXT({{your_1.rate}},"0.00")&" per GPU-hour, "&IF({{beside_1.over_rate}}<1/({more}),'
        '"below any all-in rate of an owner: something is left out.",IF({beside_1.over_rental}>'
        f'{more},"above renting.","between or near the owner\'s rate of "&TEXT({{beside_1.owner_usd_per_gpu_hour}},"0.00")&" and the rent of "'
        '&TEXT({beside_1.rental_usd_per_gpu_hour},"0.00")&"."))',
        f'="Price: "&TEXT({{beside_1.over_price}},"0.0")&" times the listed price of "&{{inputs.model}}&" ({money} "&TEXT({{beside_1.price}},"0.0000")&"). "'
        f'&IF({{beside_1.over_price}}>{more},"The revenue needs more than the market asks.","The market asks as much or more.")',
        '="Cost: "&IF({inputs.your_cost}="","none is stated.","the stated cost "&IF(ABS(N({beside_1.stated_cost})-1)<='
        '{inputs.verdict_tolerance},"follows from its figures.","does not follow: its figures give "&TEXT(N({beside_1.stated_cost}),"0.00")'
        '&" times as much."))',
        '="Physics: "&IF({limit_5.known}=0,"not checked; enter the speed for each user and the parameters of the model.",'
        'TEXT(N({limit_5.used}),"0%")&" of what memory bandwidth allows: "&{limit_5.verdict}&".")',
    )  # fmt: skip


def write_sentences(writer: Writer, sheet: Worksheet, row: int, title: str, texts: tuple[str, ...], last: int) -> int:
    """Sentences as formulas across the sheet under a band; gives the last row."""
    writer.heading(sheet, row, title, last)
    for text in texts:
        row += 1
        sheet.cell(row, 1).value = writer.book.compile(text, sheet.title)
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=last)
        writer.painter.paint(sheet.cell(row, 1), "TB Sentence")
        sheet.row_dimensions[row].height = 16
    return row
