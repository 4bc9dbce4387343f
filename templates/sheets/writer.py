"""The workbook while it is written: its sheets in order, the address book, the styles, the names."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from openpyxl import Workbook
from openpyxl.formatting.rule import CellIsRule, FormulaRule
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.worksheet import Worksheet

from tokenbook.templates import bindings
from tokenbook.templates.formulas.places import Place
from tokenbook.templates.sheets import style
from tokenbook.templates.sheets.formula import Book, Cell
from tokenbook.udfs import catalog
from tokenbook.udfs.catalog import Baseline

MONEY = re.compile(r"\bUSD\b")
MASTER = "checks.master"
TITLE_ROW, SUBTITLE_ROW, BODY_ROW = 1, 2, 4


@dataclass(frozen=True, slots=True)
class Binding:
    """A cell that holds a catalogue figure: what refresh needs to find it again and to see an override."""

    name: str
    place: Cell
    baseline: Baseline


@dataclass
class Writer:
    """Collects what the sheets write. One writer makes one workbook."""

    title: str
    order: tuple[str, ...]
    workbook: Workbook = field(default_factory=Workbook)
    book: Book = field(default_factory=Book)
    baselines: dict[str, tuple[Baseline, Cell]] = field(default_factory=dict)
    bindings: list[Binding] = field(default_factory=list)
    dynamic: dict[str, list[str]] = field(default_factory=dict)
    body_row: int = BODY_ROW
    currency: str = "USD"  # of the model and its results; prices on Inputs stay in USD, as they are quoted
    money_format: str | None = None

    def __post_init__(self) -> None:
        self.painter = style.Painter(self.workbook, self.money_format)
        self.workbook.remove(self.workbook.active)
        for name in self.order:
            self.workbook.create_sheet(name)

    def sheet(self, name: str) -> Worksheet:
        return self.workbook[name]

    def head(self, name: str, subtitle: str, *, last: int, title: str = "") -> int:
        """Title, subtitle and the master check on top of a sheet; gives the row on which its body begins."""
        sheet = self.sheet(name)
        sheet.cell(TITLE_ROW, 1).value = title or name
        self.painter.paint(sheet.cell(TITLE_ROW, 1), "TB Title")
        sheet.row_dimensions[TITLE_ROW].height = 26
        sheet.cell(SUBTITLE_ROW, 1).value = subtitle
        self.painter.paint(sheet.cell(SUBTITLE_ROW, 1), "TB Subtitle")
        if name != "Checks":
            cell = sheet.cell(TITLE_ROW, last)
            cell.value = self.book.compile("={" + MASTER + "}", name)
            self.painter.paint(cell, "TB Check")
            mark_check(sheet, cell.coordinate)
        return self.body_row

    def define(self, name: str, place: Cell) -> None:
        """A defined name of the workbook for one cell."""
        text = f"{quote_sheetname(place.sheet)}!${get_column_letter(place.column)}${place.row}"
        self.workbook.defined_names[name] = DefinedName(name, attr_text=text)

    def bound(self, name: str, place: Cell, baseline: str, note: Cell | None = None) -> None:
        """Bind a cell to its catalogue figure, for ``tokenbook refresh``; ``note`` is the cell with its source."""
        row = self.baselines[baseline][0]
        self.bindings.append(Binding(name, place, row))
        bound = bindings.Binding(
            len(self.bindings),
            _place(place),
            bindings.key_of_row(row, catalog.active()),
            _place(note) if note else None,
        )
        for hidden, text in bindings.names_of(bound):
            self.workbook.defined_names[hidden] = DefinedName(hidden, attr_text=text, hidden=True)

    def baseline_place(self, baseline: str) -> Cell:
        return self.baselines[baseline][1]

    def baseline_row(self, baseline: str) -> Baseline:
        """The catalogue row of an id."""
        return self.baselines[baseline][0]

    def unit(self, text: str) -> str:
        """A unit or title in the currency of the workbook."""
        return text if self.currency == "USD" else MONEY.sub(self.currency, text)

    def converted(self, reference: str, unit: str) -> str:
        """A reference to an input, brought into the currency of the workbook if it is money."""
        if self.currency == "USD" or not MONEY.search(unit):
            return reference
        return reference + "*{inputs.exchange_rate}"

    def heading(self, sheet: Worksheet, row: int, text: str, last: int) -> None:
        """A dark band across the sheet."""
        sheet.cell(row, 1).value = text
        for column in range(1, last + 1):
            self.painter.paint(sheet.cell(row, column), "TB Heading")

    def spill(self, sheet: Worksheet, ref: str, formula: str) -> None:
        """A formula whose result fills ``ref``; marked as a dynamic array when the file is finished."""
        from openpyxl.worksheet.formula import ArrayFormula

        first = ref.split(":")[0]
        sheet[first] = ArrayFormula(ref, formula)
        self.dynamic.setdefault(sheet.title, []).append(ref)

    def finish(self, sheet: Worksheet, *, last_row: int, last_column: int, **page: Any) -> None:
        style.page(sheet, last=f"{get_column_letter(last_column)}{last_row}", **page)


def _place(cell: Cell) -> Place:
    return Place(cell.sheet, f"{get_column_letter(cell.column)}{cell.row}")


def mark_check(sheet: Worksheet, ref: str) -> None:
    """Green for OK, red for anything else."""
    first = ref.split(":")[0].replace("$", "")
    good = PatternFill("solid", bgColor=style.PASS_FILL)
    bad = PatternFill("solid", bgColor=style.FAIL_FILL)
    sheet.conditional_formatting.add(ref, CellIsRule("equal", ['"OK"'], font=Font(color="0B6B3A"), fill=good))
    sheet.conditional_formatting.add(
        ref, FormulaRule([f'LEFT({first},5)="CHECK"'], font=Font(color="A61B1B"), fill=bad)
    )
