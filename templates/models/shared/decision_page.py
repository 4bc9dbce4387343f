"""The decision as a page for a board paper: tests passed or not, a recommendation, and the words around it."""

from __future__ import annotations

from dataclasses import dataclass

from openpyxl.worksheet.worksheet import Worksheet

from tokenbook.templates.sheets.formula import Cell
from tokenbook.templates.sheets.style import lines_of
from tokenbook.templates.sheets.writer import Writer

SHEET = "Decision"
WIDTHS = (46, 22, 22, 14)
LAST = len(WIDTHS)
TEXT_WIDTH = sum(WIDTHS)
SENTENCE_LINES = 2  # that a sentence of figures may come to


@dataclass(frozen=True, slots=True)
class Test:
    """A question with a yes or no: ``figure`` must be at least ``asked`` (at most, if ``most``)."""

    key: str
    label: str
    kind: str
    figure: str
    asked: str
    most: bool = False
    kind_asked: str = ""


def write(
    writer: Writer, *, title: str, tests: tuple[Test, ...], verdict: str, paragraphs: tuple[tuple[str, tuple[str, ...]], ...]
) -> None:
    """Write the page.

    verdict : a formula that reads ``{test.<key>}``, 1 for passed and 0 for not.
    paragraphs : headings, each with sentences (text or formulas).
    """
    sheet, paint, book = writer.sheet(SHEET), writer.painter.paint, writer.book
    row = writer.head(SHEET, "Wording for a board paper. Every sentence follows the figures; copy it from here.", last=LAST,
                      title=title)  # fmt: skip
    for column, width in enumerate(WIDTHS, 1):
        sheet.column_dimensions["ABCD"[column - 1]].width = width
    verdict_row = row + 1
    book.put("decision.verdict", Cell(SHEET, verdict_row, 1))
    first = verdict_row + 2
    for offset, test in enumerate(tests, 1):
        book.put(f"test.{test.key}", Cell(SHEET, first + offset, LAST))
    writer.heading(sheet, row, "Recommendation", LAST)
    _sentence(writer, sheet, verdict_row, verdict, strong=True)
    for column, text in enumerate(("Test", "Figure", "Asked", "Passed"), 1):
        sheet.cell(first, column).value = text
        paint(sheet.cell(first, column), "TB Column Left" if column == 1 else "TB Column")
    for row, test in enumerate(tests, first + 1):
        _test(writer, sheet, row, test)
    row = first + len(tests)
    for heading, sentences in paragraphs:
        row += 2
        writer.heading(sheet, row, heading, LAST)
        for text in sentences:
            row += 1
            _sentence(writer, sheet, row, text)
    writer.finish(sheet, last_row=row, last_column=LAST, landscape=False, tall=1)


def _test(writer: Writer, sheet: Worksheet, row: int, test: Test) -> None:
    paint, book = writer.painter.paint, writer.book
    label, figure, asked, passed = (sheet.cell(row, column) for column in range(1, LAST + 1))
    label.value = test.label
    paint(label, "TB Label")
    figure.value, asked.value = book.compile(test.figure, SHEET), book.compile(test.asked, SHEET)
    paint(figure, "TB Link", test.kind)
    paint(asked, "TB Link" if "!" in asked.value else "TB Calc", test.kind_asked or test.kind)
    least, enough = (figure, asked) if test.most else (asked, figure)
    holds = f"IF({least.coordinate}<={enough.coordinate},1,0)"
    # Without a figure to compare with, nothing speaks against it; without a figure of its own it is not shown to hold.
    passed.value = f"=IF(ISNUMBER({figure.coordinate}),IF(ISNUMBER({asked.coordinate}),{holds},1),0)"
    paint(passed, "TB Calc", "yes_no")


def _sentence(writer: Writer, sheet: Worksheet, row: int, text: str, *, strong: bool = False) -> None:
    sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=LAST)
    cell = sheet.cell(row, 1)
    cell.value = writer.book.compile(text, SHEET) if text.startswith("=") else text
    writer.painter.paint(cell, "TB Verdict" if strong else "TB Sentence")
    sheet.row_dimensions[row].height = 15 * (
        lines_of(text, TEXT_WIDTH) if not text.startswith("=") else SENTENCE_LINES + strong
    )
