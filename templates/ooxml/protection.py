"""Sheet protection: which cells their owner has locked."""

from .sheetscan import SheetScan
from .xmlscan import attributes, tree

YES = {"1", "true"}


def is_protected(scan: SheetScan) -> bool:
    """Whether a worksheet (SheetScan) has its protection switched on."""
    found = scan.pattern("sheetProtection").search(scan.lexed, scan.data_end)
    return found is not None and attributes(found[0]).get("sheet") in YES


def unlocked_styles(text: bytes, part: str) -> frozenset[int]:
    """The cell formats (indices, as cells use them) that are not locked; `text` is the styles part."""
    holder = tree(text, part).first("cellXfs")
    unlocked = set()
    for index, node in enumerate(holder.all("xf") if holder else ()):
        protection = node.first("protection")
        if protection is not None and protection.attributes.get("locked", "1") not in YES:
            unlocked.add(index)
    return frozenset(unlocked)
