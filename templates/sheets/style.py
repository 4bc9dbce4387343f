"""House style: banking colours through named styles, number formats by the kind of quantity, page set-up."""

from __future__ import annotations

from copy import copy
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.worksheet.worksheet import Worksheet

FONT = "Calibri"
INK, BLUE, GREEN, GREY, WHITE = "1F2933", "1F3FBF", "0B6B3A", "6B7280", "FFFFFF"
NAVY, PALE, YELLOW, RULE = "14304F", "EAF0F6", "FFF9DB", "C5CFDA"
PASS_FILL, FAIL_FILL = "D8F0DF", "F9D2CF"
SERIES = ("14304F", "2E86AB", "E07A3F", "8A9A2B", "9B6FB0")  # one colour a platform, told apart in grey print too
PARTS = ("14304F", "2E86AB", "8FC1D4", "E07A3F", "F2C08A", "8A9A2B", "C9D08A", "9AA3AD")  # parts of a whole, stacked

# Number format by kind of quantity. Money per Mtok always shows at least four significant digits.
FORMATS = {
    "text": "@",
    "general": "General",
    "count": "#,##0;-#,##0;0",
    "number": "#,##0.00;-#,##0.00;0.00",
    "factor": "0.0000",
    "share": "0.0%;-0.0%;0.0%",
    "share_fine": "0.00%;-0.00%;0.00%",
    "multiple": '0.00"x";-0.00"x"',
    "usd": "#,##0;[Red]-#,##0;0",
    "usd_rate": "#,##0.0000",
    "usd_per_mtok_change": "+0.000000;-0.000000;0.000000",
    "usd_unit": "[>=1]#,##0.000;[>=0.001]0.000000;0.00000000",
    "usd_per_mtok": "[>=1]#,##0.000;[>=0.1]0.0000;0.000000",
    "mtok": "#,##0;-#,##0;0",
    "months": "0.0",
    "month": "0",
    "date": "yyyy-mm-dd",
    "flag": "0",
    "yes_no": '"yes";"yes";"no"',
}

_THIN = Side(style="thin", color=RULE)
_HAIR = Side(style="hair", color=RULE)


def _style(
    name: str,
    *,
    color: str = INK,
    fill: str | None = None,
    bold: bool = False,
    italic: bool = False,
    size: int = 10,
    border: Any = None,
    wrap: bool = False,
    align: str | None = None,
    middle: bool = False,
    indent: int = 0,
) -> NamedStyle:
    style = NamedStyle(name=name)
    style.font = Font(name=FONT, size=size, bold=bold, italic=italic, color=color)
    if fill:
        style.fill = PatternFill("solid", start_color=fill, end_color=fill)
    if border:
        style.border = border
    style.alignment = Alignment(
        vertical="top" if wrap and not middle else "center",
        wrap_text=wrap,
        indent=indent,
        horizontal=align or ("left" if indent else None),
    )
    return style


def named_styles() -> list[NamedStyle]:
    """Every style that a template uses; cells name them, so that a company can restyle a workbook in one place."""
    box = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
    return [
        _style("TB Text"),
        _style("TB Wrap", wrap=True),
        _style("TB Note", color=GREY, size=9, border=Border(bottom=_HAIR), wrap=True, middle=True, indent=1),
        _style("TB Sentence", color=INK, wrap=True, middle=True, indent=1),
        _style("TB Title", color=NAVY, bold=True, size=18),
        _style("TB Subtitle", color=GREY, size=11),
        _style("TB Heading", color=WHITE, fill=NAVY, bold=True, size=11),
        _style("TB Column", color=NAVY, fill=PALE, bold=True, border=Border(bottom=_THIN), align="right"),
        _style("TB Column Left", color=NAVY, fill=PALE, bold=True, border=Border(bottom=_THIN)),
        _style("TB Label", border=Border(bottom=_HAIR)),
        _style("TB Unit", color=GREY, border=Border(bottom=_HAIR), indent=1),
        _style("TB Input", color=BLUE, fill=YELLOW, border=box),
        _style("TB Calc", border=Border(bottom=_HAIR)),
        _style("TB Link", color=GREEN, border=Border(bottom=_HAIR)),
        _style("TB Total", bold=True, border=Border(top=_THIN, bottom=_THIN)),
        _style("TB Function", color="6A1B9A", border=Border(bottom=_HAIR)),
        _style("TB Check", bold=True, border=box, align="center"),
        _style("TB Verdict", color=NAVY, fill=PALE, bold=True, size=12, wrap=True, middle=True, indent=1),
        _style("TB KPI", color=NAVY, bold=True, size=12, border=Border(bottom=_HAIR), align="right"),
    ]


LEGEND = (
    ("TB Input", "Input", "Blue on yellow: yours to change. A note says which baseline it came from."),
    ("TB Calc", "Formula", "Black: calculated on this sheet. One formula per row, copied across."),
    ("TB Link", "Link", "Green: comes from another sheet."),
    ("TB Function", "Function", "Purple: a TOK_ function of the add-in. The model itself does not need it."),
    ("TB Check", "Check", "OK or CHECK. The master check stands at the top of every sheet."),
)


class Painter:
    """Puts named styles with number formats on cells; remembers each pair, because resolving it is slow."""

    def __init__(self, workbook: Workbook, money_format: str | None = None) -> None:
        for style in named_styles():
            workbook.add_named_style(style)
        self._formats = FORMATS | ({"usd": money_format} if money_format else {})
        self._cache: dict[tuple[str, str], Any] = {}

    def paint(self, cell: Any, style: str, kind: str = "general") -> None:
        """Style a cell; ``kind`` is a key of FORMATS."""
        key = (style, kind)
        known = self._cache.get(key)
        if known is None:
            cell.style = style
            if kind != "general":
                cell.number_format = self._formats[kind]
            self._cache[key] = copy(cell._style)
        else:
            cell._style = known.__copy__()  # a number format or alignment set on one cell changes its array in place


def lines_of(text: str, width: float) -> int:
    """Lines that a text takes in a wrapped cell of a column ``width`` characters wide."""
    return max(1, -(-len(text) // max(1, int(width * 1.08))))


def page(
    sheet: Worksheet,
    *,
    last: str,
    landscape: bool = True,
    tall: int = 0,
    wide: int = 1,
    large: bool = False,
    rows: str = "",
    columns: str = "",
) -> None:
    """Print set-up: fit to ``wide`` x ``tall`` pages (0: as many as it takes), repeated titles, footer."""
    sheet.print_area = f"A1:{last}"
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A3 if large else sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = wide, tall
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top, sheet.page_margins.bottom = 0.5, 0.6
    sheet.print_options.horizontalCentered = True
    if rows:
        sheet.print_title_rows = rows
    if columns:
        sheet.print_title_cols = columns
    sheet.oddFooter.left.text, sheet.oddFooter.left.size = "&F  &A", 8
    sheet.oddFooter.right.text, sheet.oddFooter.right.size = "Page &P of &N", 8
    sheet.sheet_view.showGridLines = False
    sheet.sheet_view.zoomScale = 90
