"""The Panels sheet: the model once more through the functions of the add-in, for reconciliation and for copying.

    panels = Panels.begin(writer, platforms, room)      the add-in's answer and the model's inputs by name
    panels.deployment()                                 TOK_DEPLOYMENT, TOK_STATIC_VS_DECLINING, TOK_DEPLOYMENT_CURVE
    panels.head(...), panels.cell(...), panels.spill    what a template adds
    panels.finish()
    panels.found["model_1.npv"]                         the formula by which Checks refers to a function's result
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from tokenbook.templates.conventions import NO_ADDIN
from tokenbook.templates.models.shared import deployment_core as core
from tokenbook.templates.sheets import time_sheet
from tokenbook.templates.sheets.formula import Cell, TimeRow
from tokenbook.templates.sheets.rows import Constant, Ingredient
from tokenbook.templates.sheets.writer import Writer
from tokenbook.udfs.kernels.deployment import INPUTS, OUTPUTS
from tokenbook.udfs.kernels.deployment import Input as KernelInput

NAME = "Panels"
FIRST = time_sheet.FIRST
# Asked anew in each formula: LibreOffice calculates arrays on load, and single cells not.
MISSING = f'IF(ISERROR(TOK_VERSION()),"{NO_ADDIN}","none")'
NO_CURVE = f'IF(ISERROR(TOK_VERSION()),"{NO_ADDIN}",0)'
CURVES = (  # line of the kernel, label, unit, format
    ("cost_per_mtok", "Cost per Mtok", "USD per Mtok", "usd_per_mtok"),
    ("sold_mtok", "Sold", "Mtok", "mtok"),
    ("depreciation", "Depreciation", "USD", "usd"),
    ("tax", "Tax", "USD", "usd"),
    ("fcf", "Free cash flow", "USD", "usd"),
    ("npv_curve", "Net present value to date", "USD", "usd"),
)
INPUT_KINDS = {"USD": "usd", "USD per Mtok": "usd_per_mtok", "USD per GPU-hour": "usd_rate"}
# Number format of each kind of output. Shares and multiples show all their digits: the sheet is there to reconcile.
OUTPUT_FORMATS = {
    "usd": "usd", "usd_per_mtok": "usd_per_mtok", "mtok": "mtok", "months": "months", "share": "factor", "multiple": "factor",
}  # fmt: skip


@dataclass
class Panels:
    """The sheet while it is written. ``row`` is the last one in use; ``table`` the names and values of the model."""

    writer: Writer
    platforms: tuple[str, ...]
    room: int
    row: int = 0
    top: int = 0
    table: str = ""
    items: tuple[KernelInput, ...] = ()  # the inputs in ``table``
    found: dict[str, str] = field(default_factory=dict)

    @classmethod
    def begin(
        cls, writer: Writer, platforms: tuple[str, ...], room: int, *, core_inputs: bool = True, names: tuple[str, ...] = ()
    ) -> Panels:
        """Head, the add-in's answer and, with ``core_inputs``, the inputs of the model by the functions' names.

        ``names`` are those that the template's model has, if it has not all of the core.
        """
        self = cls(writer, platforms, room)
        sheet, paint = self.sheet, writer.painter.paint
        subtitle = "The same model through the functions of the add-in. Copy these formulas into your own."
        row = writer.head(NAME, subtitle, last=3)
        sheet.cell(row, 1).value, sheet.cell(row, 2).value = "Add-in", f'=IFERROR(TOK_VERSION(),"{NO_ADDIN}")'
        paint(sheet.cell(row, 1), "TB Label")
        paint(sheet.cell(row, 2), "TB Function")
        addin = f"$B${row}"
        row += 1
        sheet.cell(row, 1).value = "Functions answer"
        paint(sheet.cell(row, 1), "TB Label")
        sheet.cell(row, 2).value = f'=IF({addin}="{NO_ADDIN}","no",1)'
        paint(sheet.cell(row, 2), "TB Calc", "flag")
        writer.book.put("panels.addin_missing", Cell(NAME, row, 2))  # text without the add-in, a number with it
        self.row = row
        if core_inputs:
            self._inputs(tuple(item for item in INPUTS if not names or item.name in names))
        return self

    @property
    def sheet(self) -> Worksheet:
        return self.writer.sheet(NAME)

    @property
    def last(self) -> int:
        return FIRST + self.room

    def head(self, text: str, platforms: tuple[str, ...] = ()) -> int:
        """A band with a title, two rows down, and the platforms over their columns; gives its row."""
        self.row += 2
        self.writer.heading(self.sheet, self.row, text, self.last)
        for n, platform in enumerate(platforms, 1):
            self.sheet.cell(self.row, 1 + n).value = platform
        return self.row

    def cell(self, label: str, key: str, call: str, kind: str, *, missing: str = MISSING) -> None:
        """A line with one function's result; ``call`` is a formula without its equals sign, names in braces allowed."""
        self.row += 1
        self.sheet.cell(self.row, 1).value = label
        self.writer.painter.paint(self.sheet.cell(self.row, 1), "TB Label")
        cell = self.sheet.cell(self.row, 2)
        cell.value = f"=IFERROR({self.writer.book.compile(call, NAME)},{missing})"
        self.writer.painter.paint(cell, "TB Function", kind)
        self.found[key] = f'=IF(Panels!$B${self.row}="{NO_ADDIN}",NA(),Panels!$B${self.row})'

    def spill(self, call: str, rows: int, columns: int, kinds: Sequence[str] = ("general",), *, missing: str = MISSING) -> int:
        """A block filled by one formula, from column A of the next row; gives its first row.

        kinds : a number format for each column; the last one serves the columns after it.
        """
        first = self.row + 1
        ref = f"A{first}:{get_column_letter(columns)}{self.row + rows}"
        self.writer.spill(self.sheet, ref, f"=IFERROR({self.writer.book.compile(call, NAME)},{missing})")
        for offset in range(rows):
            for column in range(1, columns + 1):
                kind = kinds[min(column, len(kinds)) - 1]
                self.writer.painter.paint(self.sheet.cell(first + offset, column), "TB Function", kind)
        self.row += rows
        return first

    def _inputs(self, items: tuple[KernelInput, ...]) -> None:
        writer, sheet, paint = self.writer, self.sheet, self.writer.painter.paint
        count, self.items = len(self.platforms), items
        self.head("Inputs, by the names that the functions read", self.platforms)
        native = {line.key for line in core.block("", "", "").lines if isinstance(line, (Constant, Ingredient))}
        self.top = self.row + 1
        for item in items:
            if item.name not in native:
                raise ValueError(f"the sheet has no line for the model input {item.name}")
            self.row += 1
            sheet.cell(self.row, 1).value = item.name
            paint(sheet.cell(self.row, 1), "TB Label")
            for n in range(1, count + 1):
                here = sheet.cell(self.row, 1 + n)
                reference = writer.book.compile(f"{{model_{n}.{item.name}}}", NAME)
                here.value = f'=IF({reference}="","",{reference})' if item.default is None else f"={reference}"
                paint(here, "TB Link", "text" if item.kind == "choice" else INPUT_KINDS.get(item.unit, "general"))
        self.table = f"$A${self.top}:${get_column_letter(1 + count)}${self.row}"

    def first_table(self) -> str:
        """Names and values of platform 1 alone."""
        return self.table.replace(f":${get_column_letter(1 + len(self.platforms))}$", ":$B$")

    def deployment(self, curves: Sequence[tuple[str, str, str, str]] = CURVES) -> None:
        """Results, the static twin of platform 1, and the curves."""
        self._results()
        self.head(f"{self.platforms[0]} with and without software gains: =TOK_STATIC_VS_DECLINING")
        self.spill(f"TOK_STATIC_VS_DECLINING({self.first_table()})", 3, 4, ("number",))
        self._curves(curves)

    def _results(self) -> None:
        count = len(self.platforms)
        self.head("Results: =TOK_DEPLOYMENT(names and values)", self.platforms)
        first = self.spill(f"TOK_DEPLOYMENT({self.table})", len(OUTPUTS), count + 1)
        for offset, output in enumerate(OUTPUTS):
            row = first + offset
            for column in range(1, count + 2):
                self.writer.painter.paint(self.sheet.cell(row, column), "TB Function", OUTPUT_FORMATS[output.kind or ""])
            for n in range(1, count + 1):
                cell = f"Panels!${get_column_letter(1 + n)}${row}"
                self.found[f"model_{n}.{output.name}"] = (
                    f'=IF({cell}="none","never",IF({cell}="{NO_ADDIN}",NA(),{cell}))'
                    if output.name == "payback_months"
                    else f'=IF({cell}="{NO_ADDIN}",NA(),{cell})'
                )

    def _curves(self, curves: Sequence[tuple[str, str, str, str]]) -> None:
        writer, sheet, paint = self.writer, self.sheet, self.writer.painter.paint
        count, last = len(self.platforms), self.last
        self.head("Curves: =TOK_DEPLOYMENT_CURVE(names and values, line), month 0 to the last")
        for column in range(FIRST, last + 1):
            cell = sheet.cell(self.row, column)
            cell.value = writer.book.compile("={time.month}", NAME, column=column)
            paint(cell, "TB Heading", "month")
        width = f"COLUMNS($F${self.row}:${get_column_letter(last)}${self.row})"  # shorter horizons are filled up with 0
        for line, label, unit, kind in curves:
            first = self.row + 1
            call = f'TOK_DEPLOYMENT_CURVE({self.table},"{line}",{width})'
            call = f"TRANSPOSE({call})" if count > 1 else call
            writer.spill(sheet, f"F{first}:{get_column_letter(last)}{self.row + count}", f"=IFERROR({call},{NO_CURVE})")
            for n, platform in enumerate(self.platforms, 1):
                self.row += 1
                for column, text in ((1, label), (2, writer.unit(unit)), (3, platform)):
                    sheet.cell(self.row, column).value = text
                    paint(sheet.cell(self.row, column), "TB Label" if column != 2 else "TB Unit")
                for column in range(FIRST, last + 1):
                    paint(sheet.cell(self.row, column), "TB Function", kind)
                self.found[f"model_{n}.curve.{line}"] = f"Panels!$F${self.row}:${get_column_letter(last)}${self.row}"

    def spill_row(self, call: str, place: TimeRow, kind: str) -> None:
        """A row over time filled by one formula, 0 where the function has no answer."""
        first, last = get_column_letter(place.first), get_column_letter(place.last)
        formula = f"=IFERROR({self.writer.book.compile(call, NAME)},{NO_CURVE})"
        self.writer.spill(self.sheet, f"{first}{place.row}:{last}{place.row}", formula)
        for column in range(place.first, place.last + 1):
            self.writer.painter.paint(self.sheet.cell(place.row, column), "TB Function", kind)

    def variants(self, changes: tuple[dict[str, str], ...]) -> str:
        """The inputs of the first column once more, changed; gives the range of names and values.

        changes : for each column, the formula (without its equals sign) of each input that is another there; ``#`` in it
        is the value of the first column.
        """
        sheet, paint, top = self.sheet, self.writer.painter.paint, self.top
        first = self.row + 1
        for offset, item in enumerate(self.items):
            self.row += 1
            sheet.cell(self.row, 1).value = item.name
            paint(sheet.cell(self.row, 1), "TB Label")
            for column, changed in enumerate(changes, 2):
                here = sheet.cell(self.row, column)
                value = f"$B${top + offset}"
                if item.name in changed:
                    here.value = "=" + self.writer.book.compile(changed[item.name].replace("#", value), NAME)
                else:
                    here.value = f'=IF({value}="","",{value})' if item.default is None else f"={value}"
                paint(here, "TB Calc", "text" if item.kind == "choice" else INPUT_KINDS.get(item.unit, "general"))
        return f"$A${first}:${get_column_letter(1 + len(changes))}${self.row}"

    def finish(self) -> dict[str, str]:
        """Widths and print set-up; gives ``found``."""
        sheet = self.sheet
        sheet.column_dimensions["A"].width = 34
        for column in range(2, 6):
            sheet.column_dimensions[get_column_letter(column)].width = 17
        for column in range(FIRST, self.last + 1):
            sheet.column_dimensions[get_column_letter(column)].width = 12.5
        sheet.freeze_panes = "B5"
        wide = max(1, round(self.room / 12))
        self.writer.finish(
            sheet, last_row=self.row, last_column=self.last, columns="A:E", large=True, wide=wide, tall=1
        )
        return self.found
