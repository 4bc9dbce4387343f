"""What this copy is: version, and the host it runs in."""

from tokenbook.addin.lite.inside import tables

host = "xlwings Lite"


def tokenbook_version() -> str:
    return tables.VERSION
