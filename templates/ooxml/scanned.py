"""Sheets as last scanned, and what reading their cells takes from other parts (texts, marks of spills, styles)."""

from . import metadata, protection
from .cells import CellReader, SharedStrings
from .errors import PackageError
from .sheetscan import SheetScan
from .store import PartStore
from .views import SheetView
from .xmlscan import decode

VIEWS_KEPT = 4  # sheets kept scanned at a time


class ScannedSheets:
    """The SheetViews of a workbook, made when asked for; the last few are kept until they are dropped."""

    def __init__(self, store: PartStore):
        self._store, self.workbook_part = store, ""
        self._views: dict[str, SheetView] = {}
        self._strings: SharedStrings | None = None

    def view(self, sheet: str, part_name: str, date1904: bool) -> SheetView:
        """The sheet as it is now."""
        if part_name not in self._views:
            part = decode(self._store.read(part_name), part_name)
            scan = SheetScan(part.text, part_name)
            reader = CellReader(scan, self._shared_string, date1904, self._dynamic_marks())
            while len(self._views) >= VIEWS_KEPT:
                self._views.pop(next(iter(self._views)))
            self._views[part_name] = SheetView(sheet, part_name, part, reader, self._store)
        return self._views[part_name]

    def drop(self, part_name: str) -> None:
        """Forget one sheet, whose text or tables changed."""
        self._views.pop(part_name, None)

    def drop_views(self) -> None:
        """Forget all sheets."""
        self._views = {}

    def drop_all(self) -> None:
        """Forget all sheets and the texts."""
        self._views, self._strings = {}, None

    def unlocked_styles(self) -> frozenset[int]:
        """The cell formats that are not locked on a protected sheet."""
        found = self._related("styles")
        return protection.unlocked_styles(self._store.text(found), found) if found else frozenset()

    def _shared_string(self, index: int) -> str:
        if self._strings is None:
            found = self._related("sharedStrings")
            if not found:
                raise PackageError("the workbook lacks the texts that its cells use: repair the file in Excel first")
            self._strings = SharedStrings(decode(self._store.read(found), found).text, found)
        return self._strings(index)

    def _dynamic_marks(self) -> frozenset[int]:
        found = self._related("sheetMetadata")
        return metadata.dynamic_marks(self._store.text(found), found) if found else frozenset()

    def _related(self, kind: str) -> str | None:
        return next(iter(self._store.related(self.workbook_part, kind)), None)
