"""What the engine refuses."""

from tokenbook.udfs.errors import TokenbookError


class EngineError(TokenbookError):
    """The workbook cannot be recalculated; the message is one line for its reader."""
