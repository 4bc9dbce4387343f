"""The one error of this room."""

from tokenbook.udfs.errors import TokenbookError


class RefreshError(TokenbookError):
    """A workbook cannot be bound or refreshed as asked; one line for the reader."""
