"""What this copy is: version, and the host it runs in."""

from tokenbook.addin.lite.inside.tables import VERSION

host = "xlwings Lite"


def tokenbook_version() -> str:
    return VERSION
