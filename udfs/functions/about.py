"""What this copy is: version, date of the catalogue in use, and the host it runs in."""

from importlib.metadata import PackageNotFoundError, version

SOURCE_VERSION = "0.1.0"  # for copies that were not installed, as inside a workbook

host = "headless"  # a host writes its own name here


def tokenbook_version() -> str:
    try:
        return version("tokenbook")
    except PackageNotFoundError:
        return SOURCE_VERSION
