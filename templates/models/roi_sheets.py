"""The sheets of the ``roi`` template beside its core: by year, the claim, the function panels, the dashboard."""

from __future__ import annotations

from openpyxl.utils import get_column_letter

from templates.models import deployment_core as core
from templates.sheets import charts, time_sheet
from templates.sheets.formula import Cell, TimeRow
from templates.sheets.rows import Constant, Ingredient
from templates.sheets.style import lines_of
from templates.sheets.writer import SUBTITLE_ROW
from udfs.kernels.deployment import INPUTS, OUTPUTS

ANNUAL, CLAIM = "By year", "Claim"
FIRST = time_sheet.FIRST
CLAIM_FIGURES = (  # name, label, unit, format, catalogue row
    ("investment", "Investment", "USD", "usd", "claim.75m-from-5m.investment"),
    ("revenue", "Token revenue", "USD", "usd", "claim.75m-from-5m.revenue"),
    ("gpus", "GPUs", "GPUs", "count", "claim.75m-from-5m.gpus"),
    ("years", "Years", "years", "number", "claim.75m-from-5m.years"),
    ("throughput", "Throughput, input plus output tokens", "tok/s per GPU", "number", "claim.75m-from-5m.throughput"),
)
CASES = (  # label, utilisation, factor by which the price falls a year, key
    ("As published: all sold, flat price", 1.0, 1.0, "flat"),
    ("40 % utilisation", 0.4, 1.0, "utilized"),
    ("Prices fall 3x a year", 1.0, 3.0, "threefold"),
    ("Prices fall 10x a year", 1.0, 10.0, "tenfold"),
)
CLAIM_YEARS = 3


# --- by year -----------------------------------------------------------------------------------------------------

ANNUAL_SUMS = (
    ("sold", "Sold", "Mtok", "mtok"),
    ("revenue", "Revenue", "USD", "usd"),
    ("opex", "Running costs", "USD", "usd"),
    ("capital_recovery", "Capital recovery", "USD", "usd"),
    ("depreciation", "Depreciation", "USD", "usd"),
    ("tax", "Tax", "USD", "usd"),
    ("fcf", "Free cash flow", "USD", "usd"),
    ("discounted_fcf", "Discounted cash flow", "USD", "usd"),
)


def write_annual(writer, platforms: tuple[str, ...], months: int) -> int:
    """Sums of the monthly rows by model year; gives the number of years."""
    sheet = writer.sheet(ANNUAL)
    years = -(-months // 12)
    last = FIRST + years
    row = writer.head(ANNUAL, "The model by year: sums of its months. Year 0 is the investment date.", last=3)
    paint, book = writer.painter.paint, writer.book
    for column, text in ((1, "Line"), (2, "Unit"), (4, "Total")):
        sheet.cell(row, column).value = text
    for column in range(1, last + 1):
        paint(sheet.cell(row, column), "TB Column Left" if column <= 2 else "TB Column")
    for column in range(FIRST, last + 1):
        cell = sheet.cell(row, column)
        cell.value = f"=COLUMNS($F${SUBTITLE_ROW}:{get_column_letter(column)}${SUBTITLE_ROW})-1"
        cell.number_format = '"Year "0'
    book.put("annual.year", TimeRow(ANNUAL, row, 4, FIRST, last))
    for n, platform in enumerate(platforms, 1):
        row += 1
        writer.heading(sheet, row, f"Platform {n}: {platform}", last)
        for key, label, unit, kind in ANNUAL_SUMS:
            row += 1
            book.put(f"annual_{n}.{key}", TimeRow(ANNUAL, row, 4, FIRST, last))
            formula = f"=SUMIFS({{model_{n}.{key}:all}},{{time.year:all}},{{annual.year}})"
            _annual_row(writer, sheet, row, label, unit, kind, formula, n, last, total=True)
        for key, label, unit, kind, formula in (
            ("cost_per_mtok", "Cost per million tokens", "USD per Mtok", "usd_per_mtok",
             "=IF({sold}>0,({opex}+{capital_recovery})/{sold},0)"),
            ("margin", "Gross margin", "share", "share", "=IF({revenue}>0,({revenue}-{opex})/{revenue},0)"),
            ("cumulative", "Cumulative cash", "USD", "usd", "=SUM({fcf:to_date})"),
        ):  # fmt: skip
            row += 1
            book.put(f"annual_{n}.{key}", TimeRow(ANNUAL, row, 4, FIRST, last))
            _annual_row(writer, sheet, row, label, unit, kind, formula, n, last, total=False)
    for column, width in (("A", 32), ("B", 16), ("C", 14), ("D", 16), ("E", 2)):
        sheet.column_dimensions[column].width = width
    for column in range(FIRST, last + 1):
        sheet.column_dimensions[get_column_letter(column)].width = 15
    sheet.freeze_panes = sheet.cell(writer.body_row + 1, FIRST)
    writer.finish(sheet, last_row=row, last_column=last, rows=f"1:{writer.body_row}")
    return years


def _annual_row(writer, sheet, row, label, unit, kind, formula, n, last, *, total: bool) -> None:
    paint = writer.painter.paint
    sheet.cell(row, 1).value, sheet.cell(row, 2).value = label, unit
    paint(sheet.cell(row, 1), "TB Label")
    paint(sheet.cell(row, 2), "TB Unit")
    if total:
        cell = sheet.cell(row, 4)
        cell.value = f"=SUM($F{row}:${get_column_letter(last)}{row})"
        paint(cell, "TB Calc", kind)
    for column in range(FIRST, last + 1):
        cell = sheet.cell(row, column)
        cell.value = writer.book.compile(formula, ANNUAL, column=column, scopes=(f"annual_{n}",))
        paint(cell, "TB Link" if "!" in cell.value else "TB Calc", kind)


# --- the claim ---------------------------------------------------------------------------------------------------


def write_claim(writer, filled, about) -> None:
    """The 15x claim: what it says, what it implies, and what is left under other assumptions.

    filled : the figures of CLAIM_FIGURES by name; about : the catalogue's entry of the claim.
    """
    sheet = writer.sheet(CLAIM)
    last = 7 + CLAIM_YEARS + 1
    paint, book = writer.painter.paint, writer.book
    row = writer.head(CLAIM, "75 million USD of token revenue from an investment of 5 million: 15x, examined.", last=last)
    writer.heading(sheet, row, "What the vendor states", last)
    for key, label, unit, kind, _ in CLAIM_FIGURES:
        row += 1
        place = Cell(CLAIM, row, 3)
        book.put(f"claim.{key}", place)
        writer.define(f"claim_{key}", place)
        writer.bound(f"claim_{key}", place, filled[key].baseline)
        _claim_line(writer, sheet, row, label, unit, filled[key].value, kind, "TB Input")
    row += 2
    writer.heading(sheet, row, "What that implies", last)
    for key, label, unit, kind, formula in (
        ("tokens", "Tokens, all hours of all years used", "Mtok", "mtok",
         "={claim.gpus}*{claim.throughput}*{inputs.seconds_per_hour}*{inputs.hours_per_month}*{inputs.months_per_year}"
         "*{claim.years}/{inputs.tokens_per_mtok}"),
        ("price", "Price at which they are sold", "USD per Mtok", "usd_per_mtok", "={claim.revenue}/{claim.tokens}"),
        ("rate", "Investment per GPU-hour", "USD per GPU-hour", "usd_rate",
         "={claim.investment}/({claim.gpus}*{inputs.hours_per_month}*{inputs.months_per_year}*{claim.years})"),
        ("cost", "Cost per million tokens", "USD per Mtok", "usd_per_mtok", "={claim.investment}/{claim.tokens}"),
        ("multiple", "Revenue over investment (the published 15x)", "multiple", "multiple",
         "={claim.revenue}/{claim.investment}"),
        ("net", "Net return: (revenue - investment) / investment", "multiple", "multiple",
         "=({claim.revenue}-{claim.investment})/{claim.investment}"),
    ):  # fmt: skip
        row += 1
        book.put(f"claim.{key}", Cell(CLAIM, row, 3))
        _claim_line(writer, sheet, row, label, unit, book.compile(formula, CLAIM), kind, "TB Calc")
    row = _claim_cases(writer, sheet, row + 2, last)
    row += 1
    writer.heading(sheet, row, "Conditions, gaps and contradictions", last)
    for text in about:
        row += 1
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=last)
        sheet.cell(row, 1).value = text
        paint(sheet.cell(row, 1), "TB Sentence")
        sheet.row_dimensions[row].height = 14.5 * lines_of(text, 46 + 19 * (last - 1))
    sheet.column_dimensions["A"].width = 46
    for column in range(2, last + 1):
        sheet.column_dimensions[get_column_letter(column)].width = 19
    writer.finish(sheet, last_row=row, last_column=last, tall=1)


def _claim_line(writer, sheet, row, label, unit, value, kind, style) -> None:
    sheet.cell(row, 1).value, sheet.cell(row, 2).value, sheet.cell(row, 3).value = label, unit, value
    writer.painter.paint(sheet.cell(row, 1), "TB Label")
    writer.painter.paint(sheet.cell(row, 2), "TB Unit")
    writer.painter.paint(sheet.cell(row, 3), style, kind)


def _claim_cases(writer, sheet, row: int, last: int) -> int:
    paint, book = writer.painter.paint, writer.book
    writer.heading(sheet, row, "What is left of it", last)
    row += 1
    titles = ("Case", "Utilisation", "Price fall, x a year", "Revenue, USD", "Multiple", "Net return", "NPV, USD")
    for column, title in enumerate(titles, 1):
        sheet.cell(row, column).value = title
    for column in range(1, last + 1):
        paint(sheet.cell(row, column), "TB Column Left" if column == 1 else "TB Column")
    years = row
    for column in range(8, last + 1):
        cell = sheet.cell(row, column)
        cell.value = f"=COLUMNS($H${SUBTITLE_ROW}:{get_column_letter(column)}${SUBTITLE_ROW})-1"
        cell.number_format = '"Year "0'
    end = get_column_letter(last)
    for label, utilization, factor, key in CASES:
        row += 1
        sheet.cell(row, 1).value = label
        paint(sheet.cell(row, 1), "TB Label")
        for column, value, style, kind in (
            (2, utilization, "TB Input", "share"),
            (3, factor, "TB Input", "number"),
            (4, f"=SUM($I{row}:${end}{row})", "TB Calc", "usd"),
            (5, f"=D{row}/{{claim.investment}}", "TB Calc", "multiple"),
            (6, f"=(D{row}-{{claim.investment}})/{{claim.investment}}", "TB Calc", "multiple"),
            (7, f"=$H{row}+NPV({{inputs.discount_rate}},$I{row}:${end}{row})", "TB Link", "usd"),
        ):
            cell = sheet.cell(row, column)
            cell.value = book.compile(value, CLAIM) if isinstance(value, str) else value
            paint(cell, style, kind)
        book.put(f"claim.npv_{key}", Cell(CLAIM, row, 7))
        book.put(f"claim.flows_{key}", TimeRow(CLAIM, row, 4, 8, last))
        for column in range(8, last + 1):
            letter = get_column_letter(column)
            cell = sheet.cell(row, column)
            cell.value = book.compile(
                f"=IF({letter}${years}=0,-{{claim.investment}},IF({letter}${years}<={{claim.years}},"
                f"{{claim.revenue}}/{{claim.years}}*$B{row}*$C{row}^-({letter}${years}-1),0))",
                CLAIM,
            )
            paint(cell, "TB Calc", "usd")
    return row + 1


# --- function panels ---------------------------------------------------------------------------------------------

CURVES = ("cost_per_mtok", "sold_mtok", "depreciation", "tax", "fcf", "npv_curve")
CURVE_KINDS = {"cost_per_mtok": ("Cost per Mtok", "USD per Mtok", "usd_per_mtok"), "sold_mtok": ("Sold", "Mtok", "mtok")}


def write_panels(writer, platforms: tuple[str, ...], months: int) -> dict[str, str]:
    """The model once more through the functions; gives the formulas by which Checks refers to their results."""
    name = "Panels"
    sheet = writer.sheet(name)
    paint, book = writer.painter.paint, writer.book
    count, last = len(platforms), FIRST + months
    end = get_column_letter(1 + count)
    found: dict[str, str] = {}
    row = writer.head(name, "The same model through the functions of the add-in. Copy these formulas into your own.", last=3)
    sheet.cell(row, 1).value = "Add-in"
    paint(sheet.cell(row, 1), "TB Label")
    addin = f"$B${row}"
    sheet.cell(row, 2).value = '=IFERROR(TOK_VERSION(),"no add-in")'
    paint(sheet.cell(row, 2), "TB Function")
    row += 1
    sheet.cell(row, 1).value = "Functions answer"
    paint(sheet.cell(row, 1), "TB Label")
    sheet.cell(row, 2).value = f'=IF({addin}="no add-in","no",1)'
    paint(sheet.cell(row, 2), "TB Calc", "flag")
    book.put("panels.addin_missing", Cell(name, row, 2))  # text without the add-in, a number with it
    # Asked anew in each formula: LibreOffice calculates arrays on load, and single cells not.
    missing = 'IF(ISERROR(TOK_VERSION()),"no add-in","none")'
    no_curve = 'IF(ISERROR(TOK_VERSION()),"no add-in",0)'

    row += 2
    _panel_head(writer, sheet, row, "Inputs, by the names that the functions read", platforms, last)
    native = {line.key for line in core.block("", "", "").lines if isinstance(line, (Constant, Ingredient))}
    top = row + 1
    for item in INPUTS:
        if item.name not in native:
            raise ValueError(f"the sheet has no line for the model input {item.name}")
        row += 1
        sheet.cell(row, 1).value = item.name
        paint(sheet.cell(row, 1), "TB Label")
        for n in range(1, count + 1):
            here = sheet.cell(row, 1 + n)
            reference = book.compile(f"{{model_{n}.{item.name}}}", name)
            here.value = f'=IF({reference}="","",{reference})' if item.default is None else f"={reference}"
            paint(here, "TB Link", _input_kind(item))
    table = f"$A${top}:${end}${row}"

    row += 2
    _panel_head(writer, sheet, row, "Results: =TOK_DEPLOYMENT(names and values)", platforms, last)
    first = row + 1
    writer.spill(sheet, f"A{first}:{end}{row + len(OUTPUTS)}", f"=IFERROR(TOK_DEPLOYMENT({table}),{missing})")
    for offset, output in enumerate(OUTPUTS):
        row = first + offset
        for n in range(1, count + 1):
            cell = f"Panels!${get_column_letter(1 + n)}${row}"
            found[f"model_{n}.{output.name}"] = (
                f'=IF({cell}="none","never",IF({cell}="no add-in",NA(),{cell}))'
                if output.name == "payback_months"
                else f'=IF({cell}="no add-in",NA(),{cell})'
            )
        for column in range(1, count + 2):
            paint(sheet.cell(row, column), "TB Function", _output_kind(output))

    row += 2
    _panel_head(writer, sheet, row, "Platform 1 with and without software gains: =TOK_STATIC_VS_DECLINING", (), last)
    writer.spill(
        sheet, f"A{row + 1}:D{row + 3}", f"=IFERROR(TOK_STATIC_VS_DECLINING($A${top}:$B${top + len(INPUTS) - 1}),{missing})"
    )
    for offset in range(1, 4):
        for column in range(1, 5):
            paint(sheet.cell(row + offset, column), "TB Function", "number")
    row += 5

    _panel_head(writer, sheet, row, "Curves: =TOK_DEPLOYMENT_CURVE(names and values, line), month 0 to the last", (), last)
    for column in range(FIRST, last + 1):
        cell = sheet.cell(row, column)
        cell.value = book.compile("={time.month}", name, column=column)
        paint(cell, "TB Heading", "month")
    for line in CURVES:
        row += 1
        label, unit, kind = CURVE_KINDS.get(line, (line.replace("_", " ").capitalize(), "USD", "usd"))
        label = {"Npv curve": "Net present value to date", "Fcf": "Free cash flow"}.get(label, label)
        ref = f"F{row}:{get_column_letter(last)}{row + count - 1}"
        call = f'TOK_DEPLOYMENT_CURVE({table},"{line}")'
        call = f"TRANSPOSE({call})" if count > 1 else call
        writer.spill(sheet, ref, f"=IFERROR({call},{no_curve})")
        for n, platform in enumerate(platforms, 1):
            at = row + n - 1
            sheet.cell(at, 1).value, sheet.cell(at, 2).value, sheet.cell(at, 3).value = label, unit, platform
            for column in (1, 2, 3):
                paint(sheet.cell(at, column), "TB Label" if column != 2 else "TB Unit")
            for column in range(FIRST, last + 1):
                paint(sheet.cell(at, column), "TB Function", kind)
            found[f"model_{n}.curve.{line}"] = f"Panels!$F${at}:${get_column_letter(last)}${at}"
        row += count

    row = _claim_panel(writer, sheet, row + 1, last, missing, found)
    sheet.column_dimensions["A"].width = 34
    for column in range(2, 6):
        sheet.column_dimensions[get_column_letter(column)].width = 17
    for column in range(FIRST, last + 1):
        sheet.column_dimensions[get_column_letter(column)].width = 12.5
    sheet.freeze_panes = "B5"
    writer.finish(sheet, last_row=row, last_column=last, columns="A:E", large=True, wide=max(1, round(months / 12)), tall=1)
    return found


def _claim_panel(writer, sheet, row: int, last: int, missing: str, found: dict[str, str]) -> int:
    book, paint = writer.book, writer.painter.paint
    _panel_head(writer, sheet, row, "The claim: =TOK_CLAIM_AUDIT, =TOK_NPV", (), last)
    audit = book.compile(
        "=TOK_CLAIM_AUDIT({claim.investment},{claim.revenue},{claim.gpus},{claim.years},{claim.throughput})", "Panels"
    )
    for label, key, index, kind in (
        ("Price implied, USD per Mtok", "price", "implied_usd_per_mtok", "usd_per_mtok"),
        ("Rate implied, USD per GPU-hour", "rate", "implied_usd_per_gpu_hour", "usd_rate"),
        ("Net return", "net", "net_roi", "multiple"),
    ):
        row += 1
        sheet.cell(row, 1).value = label
        paint(sheet.cell(row, 1), "TB Label")
        cell = sheet.cell(row, 2)
        cell.value = f'=IFERROR(VLOOKUP("{index}",{audit[1:]},2,FALSE),{missing})'
        paint(cell, "TB Function", kind)
        found[f"claim.{key}"] = f'=IF(Panels!$B${row}="no add-in",NA(),Panels!$B${row})'
    for label, key in (("NPV at a flat price, USD", "flat"), ("NPV at prices falling 10x a year, USD", "tenfold")):
        row += 1
        sheet.cell(row, 1).value = label
        paint(sheet.cell(row, 1), "TB Label")
        cell = sheet.cell(row, 2)
        call = book.compile(f"TOK_NPV({{inputs.discount_rate}},{{claim.flows_{key}:all}})", "Panels")
        cell.value = f"=IFERROR({call},{missing})"
        paint(cell, "TB Function", "usd")
        found[f"claim.npv_{key}"] = f'=IF(Panels!$B${row}="no add-in",NA(),Panels!$B${row})'
    return row


def _panel_head(writer, sheet, row: int, text: str, platforms: tuple[str, ...], last: int) -> None:
    writer.heading(sheet, row, text, last)
    for n, platform in enumerate(platforms, 1):
        sheet.cell(row, 1 + n).value = platform


def _input_kind(item) -> str:
    if item.kind == "choice":
        return "text"
    return {"USD": "usd", "USD per Mtok": "usd_per_mtok", "USD per GPU-hour": "usd_rate"}.get(item.unit, "general")


def _output_kind(output) -> str:
    return {
        "USD": "usd",
        "USD per Mtok": "usd_per_mtok",
        "Mtok": "mtok",
        "months": "months",
        "USD per rack a year": "usd",
        "USD per MW a year": "usd",
    }.get(output.unit, "factor")


# --- dashboard ---------------------------------------------------------------------------------------------------

KPIS = (  # key in the model, label, unit, format
    ("tok_s_per_gpu", "Throughput today, input plus output", "tok/s per GPU", "count"),
    ("lcot", "Levelised cost of token", "USD per Mtok", "usd_per_mtok"),
    ("cost_per_mtok_first", "Cost per Mtok, month 1", "USD per Mtok", "usd_per_mtok"),
    ("cost_per_mtok_last", "Cost per Mtok, last month", "USD per Mtok", "usd_per_mtok"),
    ("investment", "Investment", "USD", "usd"),
    ("npv", "Net present value", "USD", "usd"),
    ("irr", "Internal rate of return", "a year", "share"),
    ("payback", "Payback", "months", "months"),
    ("revenue_multiple", "Revenue over investment", "multiple", "multiple"),
    ("net_roi", "Net return (revenue - cost) / cost", "multiple", "multiple"),
    ("revenue_per_rack_year", "Revenue per rack or server a year", "USD", "usd"),
    ("revenue_per_mw_year", "Revenue per megawatt a year", "USD", "usd"),
    ("gross_margin", "Gross margin", "share", "share"),
    ("average_utilization", "Average utilisation sold", "share", "share"),
)
CHART_ROWS = 20  # rows that a chart covers


def write_dashboard(writer, platforms: tuple[str, ...], months: int, years: int) -> None:
    """One page for the director: the figures side by side, what they say, four charts."""
    name = "Dashboard"
    sheet = writer.sheet(name)
    paint, book = writer.painter.paint, writer.book
    count, last = len(platforms), 12
    row = writer.head(name, "", last=last, title="Which platform pays?")
    sheet.cell(2, 1).value = book.compile(
        '={inputs.model}&" at "&TEXT({inputs.isl},"#,##0")&" input and "&TEXT({inputs.osl},"#,##0")&" output tokens, "'
        '&{inputs.months}&" months, discount rate "&TEXT({inputs.discount_rate},"0.0%")'
        '&", prices falling "&TEXT({inputs.price_annual_factor},"0.0")&"x a year"',
        name,
    )
    sheet.cell(row, 1).value, sheet.cell(row, 2).value = "Per platform", "Unit"
    for column in range(1, 3 + count):
        paint(sheet.cell(row, column), "TB Column Left" if column <= 2 else "TB Column")
    for n in range(1, count + 1):
        cell = sheet.cell(row, 2 + n)
        cell.value = book.compile(f"={{inputs.p{n}.platform}}", name)
        book.put(f"dashboard.name_{n}", Cell(name, row, 2 + n))
    names_row, rows = row, {}
    for key, label, unit, kind in KPIS:
        row += 1
        rows[key] = row
        sheet.cell(row, 1).value, sheet.cell(row, 2).value = label, unit
        paint(sheet.cell(row, 1), "TB Label")
        paint(sheet.cell(row, 2), "TB Unit")
        for n in range(1, count + 1):
            cell = sheet.cell(row, 2 + n)
            cell.value = book.compile(f"={{model_{n}.{key}}}", name)
            paint(cell, "TB KPI", kind)
            if f"{key}_{n}" not in writer.workbook.defined_names:  # an input has its name already
                writer.define(f"{key}_{n}", book.find(f"model_{n}.{key}"))
    _findings(writer, sheet, names_row, rows, count)
    _charts(writer, sheet, row + 2, rows, names_row, count, years)
    for column, width in (("A", 34), ("B", 14), ("C", 15), ("D", 15), ("E", 15), ("F", 15), ("G", 2)):
        sheet.column_dimensions[column].width = width
    for column in range(8, last + 1):
        sheet.column_dimensions[get_column_letter(column)].width = 17
    writer.finish(sheet, last_row=row + 2 + 2 * CHART_ROWS, last_column=last, tall=1)


def _findings(writer, sheet, names_row: int, rows: dict[str, int], count: int) -> None:
    """Sentences that the figures write themselves."""
    paint = writer.painter.paint
    last = get_column_letter(2 + count)
    names = f"$C${names_row}:${last}${names_row}"

    def best(key: str, function: str) -> str:
        values = f"$C${rows[key]}:${last}${rows[key]}"
        return f"INDEX({names},MATCH({function}({values}),{values},0))", f"{function}({values})"

    who_cost, cost = best("lcot", "MIN")
    who_npv, npv = best("npv", "MAX")
    multiple = f"INDEX($C${rows['revenue_multiple']}:${last}${rows['revenue_multiple']},MATCH({who_npv},{names},0))"
    net = f"INDEX($C${rows['net_roi']}:${last}${rows['net_roi']},MATCH({who_npv},{names},0))"
    payback = f"INDEX($C${rows['payback']}:${last}${rows['payback']},MATCH({who_npv},{names},0))"
    losing = f'COUNTIF($C${rows["npv"]}:${last}${rows["npv"]},"<0")'
    lines = (
        f'="Lowest levelised cost: "&{who_cost}&", "&TEXT({cost},"$0.0000")&" per million tokens."',
        f'="Highest net present value: "&{who_npv}&", "&TEXT({npv}/1000000,"$#,##0.0")&" million."',
        f'={who_npv}&" earns "&TEXT({multiple},"0.0")&"x its investment in revenue; after all cost the net return is "'
        f'&TEXT({net},"0.0")&"x. The first is no return."',
        f'={who_npv}&" pays back "&IF(ISNUMBER({payback}),"in month "&TEXT({payback},"0.0"),"never")&" of "'
        '&{inputs.months}&"."',
        f'=IF({losing}=0,"Every platform earns its capital.",{losing}&" of {count} do not earn their capital at these '
        'assumptions.")',
        '="Assumed: utilisation "&TEXT({inputs.p1.utilization_start},"0%")&" to "&TEXT({inputs.p1.utilization_end},"0%")'
        '&", "&IF({inputs.demand_mtok_per_month}="","unlimited demand","limited demand")&", blended price "'
        '&TEXT({model_1.price_usd_per_mtok},"$0.000")&" today. "'
        '&IF(COUNTIF({inputs.status},"override")=0,"All baselines as in the catalogue.",'
        'COUNTIF({inputs.status},"override")&" inputs differ from their baselines.")',
    )
    sheet.cell(names_row, 8).value = "What the figures say"
    for column in range(8, 13):
        paint(sheet.cell(names_row, column), "TB Column Left")
    row = names_row + 1
    for text in lines:
        cell = sheet.cell(row, 8)
        cell.value = writer.book.compile(text, "Dashboard")
        sheet.merge_cells(start_row=row, start_column=8, end_row=row + 1, end_column=12)
        paint(cell, "TB Sentence")
        row += 2


def _charts(writer, sheet, row: int, rows: dict[str, int], names_row: int, count: int, years: int) -> None:
    models = [f"model_{n}" for n in range(1, count + 1)]
    labels = [writer.book.find(f"dashboard.name_{n}") for n in range(1, count + 1)]
    texts = [writer.sheet("Inputs").cell(p.row, p.column).value for p in
             (writer.book.find(f"inputs.p{n}.platform") for n in range(1, count + 1))]  # fmt: skip
    cost = charts.lines_over_months(
        writer, title="Cost per million tokens: with software gains, and static (dashed)", y_title="USD per Mtok, log scale",
        number_format="0.00##", rows=[f"{m}.cost_per_mtok" for m in models] + [f"{m}.cost_per_mtok_static" for m in models],
        names=labels + [f"{text}, static" for text in texts], skip=1, dashed=tuple(range(count, 2 * count)), log=True,
    )  # fmt: skip
    value = charts.lines_over_months(
        writer, title="Net present value to date", y_title="USD million", number_format='#,##0,,', names=labels,
        rows=[f"{m}.npv_curve" for m in models],
    )  # fmt: skip
    annual = [writer.book.find(f"annual_1.{key}") for key in ("revenue", "opex", "capital_recovery", "tax")]
    money = charts.bars(
        writer, title=f"{texts[0]}: revenue and cost by year", y_title="USD million", number_format='#,##0.0,,',
        sheet=ANNUAL, categories=(writer.book.find("annual.year").row, FIRST + 1, FIRST + years),
        rows=[(place.row, FIRST + 1, FIRST + years) for place in annual],
        names=["Revenue", "Running costs", "Capital recovery", "Tax"],
    )  # fmt: skip
    returns = charts.bars(
        writer, title="Revenue multiple is not net return", y_title="times", number_format="0.0", sheet="Dashboard",
        categories=(names_row, 3, 2 + count),
        rows=[(rows[key], 3, 2 + count) for key in ("revenue_multiple", "net_roi")],
        names=["Revenue over investment", "Net return (revenue - cost) / cost"],
    )  # fmt: skip
    for chart, anchor in (
        (cost, f"A{row}"),
        (value, f"H{row}"),
        (money, f"A{row + CHART_ROWS}"),
        (returns, f"H{row + CHART_ROWS}"),
    ):
        chart.height = CHART_ROWS * 0.51
        chart.width = 20.3 if anchor.startswith("A") else 16.6
        sheet.add_chart(chart, anchor)
