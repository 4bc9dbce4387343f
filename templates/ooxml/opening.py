"""What an opened archive is: a workbook with these sheets, or something else that is refused by name."""

from . import workbook
from .errors import PackageError
from .parts import CONTENT_TYPES
from .store import PartStore
from .workbook import SheetMap
from .xmlscan import Node

WORKBOOK_TYPES = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
    "application/vnd.ms-excel.sheet.macroenabled.main+xml",
    "application/vnd.ms-excel.template.macroenabled.main+xml",
)
BINARY_TYPE = "application/vnd.ms-excel.sheet.binary.macroenabled.main"


def find_workbook(store: PartStore) -> str:
    """Name of the workbook part; PackageError for archives that hold none, or one in another format."""
    if store.find(CONTENT_TYPES) is None:
        raise PackageError("a zip archive but not an Office file: give an .xlsx, .xlsm, .xltx or .xltm file")
    found = store.related("", "officeDocument")
    if not found:
        raise PackageError("an Office file without a main part: repair it in Excel first")
    kind = store.content_type(found[0]).lower()
    if kind == BINARY_TYPE:
        raise PackageError("binary workbook (.xlsb): save it as .xlsx or .xlsm in Excel, then retry")
    if kind not in WORKBOOK_TYPES:
        shown = kind or "unknown type"
        raise PackageError(f"not a spreadsheet ({shown}): give an .xlsx, .xlsm, .xltx or .xltm file")
    return found[0]


def read_sheets(store: PartStore, workbook_part: str, root: Node) -> tuple[SheetMap, SheetMap]:
    """The worksheets, and the sheets without cells (charts, dialogs, macros)."""
    related = {r.id: r for r in store.relationships(workbook_part) if not r.external}
    with_cells: list[tuple[str, str]] = []
    without: list[tuple[str, str]] = []
    seen = set()
    for entry in workbook.sheet_entries(root):
        folded = entry.name.casefold()
        if folded in seen or not entry.name:
            raise PackageError(f"the sheet name {entry.name!r} is empty or given twice: repair it in Excel first")
        seen.add(folded)
        relation = related.get(entry.relationship_id)
        if relation:  # else its part is lost: Excel repairs such a file, we leave the sheet alone
            part = store.find(relation.target) or relation.target
            (with_cells if relation.kind == "worksheet" else without).append((entry.name, part))
    return SheetMap(with_cells), SheetMap(without)
