"""What goes wrong with freezing, thawing and converting a workbook."""

from tokenbook.udfs.errors import TokenbookError


class SharingError(TokenbookError):
    """A workbook cannot be frozen, thawed or converted; one line for the reader."""
