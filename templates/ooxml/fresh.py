"""Results for formula cells that have none yet, as in a workbook that was just written: one pass over a sheet.

`edits.rewrite` looks at every cell in full, because it must keep whatever a real workbook holds. Here only cells of
the plainest kind are taken (written as Excel writes them, a formula, no value), and all others are left to it.
"""

import re
from collections.abc import Collection, Mapping

from .references import Place, column_number
from .sheetscan import SheetScan
from .values import Stored


def plain_cells(scan: SheetScan, wanted: Collection[Place]) -> dict[Place, re.Match[bytes]]:
    """Which of `wanted` (row, column) are such cells: dict of place to the match of `SheetScan.excel_cell`."""
    if not scan.straight or scan.root_prefix != b"" or b"AlternateContent" in scan.lexed:
        return {}
    found, rows = {}, {row for row, _ in wanted}
    for row in scan.rows:
        if row.number not in rows:
            continue
        at = row.open_end
        while cell := scan.plain_cell(at, row.close_start):
            at = cell.end()
            if cell.re is not scan.excel_cell:
                continue
            letters, digits, _, _, more, f_marks, _, value = cell.groups()
            if f_marks is not None and not value and b"vm=" not in more:
                place = int(digits), column_number(letters)
                if place in found or place[0] != row.number:
                    return {}  # a place given twice: for the careful way to refuse
                if place in wanted:
                    found[place] = cell
    return found


def with_results(scan: SheetScan, cells: Mapping[Place, re.Match[bytes]], results: Mapping[Place, Stored]) -> bytes:
    """The sheet's text with results in the cells that `plain_cells` found.

    Parameters
    ----------
    scan : SheetScan
    cells : dict of (row, column) to match
    results : dict of (row, column) to Stored
    """
    text, at = scan.text, 0
    pieces: list[bytes] = []
    for place, cell in sorted(cells.items(), key=lambda item: item[1].start()):
        stored = results[place]
        letters, digits, style, _, more, _, f_text, _ = cell.groups()
        f_start = cell.start(6) - len(b"<f")
        f_end = cell.end(6) + len(b"/>") if f_text is None else cell.end(7) + len(b"</f>")
        tag = b'<c r="%s%s"%s%s%s>' % (
            letters, digits, b' s="%s"' % style if style is not None else b"",
            b' t="%s"' % stored.type.encode() if stored.type else b"", more,
        )  # fmt: skip
        space = b' xml:space="preserve"' if stored.keeps_space else b""
        pieces += (text[at : cell.start()], tag, text[f_start:f_end])
        pieces += (b"<v", space, b">", stored.xml, b"</v>", b"</c>")
        at = cell.end()
    pieces.append(text[at:])
    return b"".join(pieces)
