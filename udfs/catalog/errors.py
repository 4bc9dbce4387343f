"""What can go wrong with a catalogue. Every message is one line and says what would be right."""

from tokenbook.udfs.errors import TokenbookError


class UnknownKey(TokenbookError, LookupError):
    """No row answers the question; the message names the nearest ones."""


class AmbiguousKey(TokenbookError, LookupError):
    """Several rows with different values answer it; the message names the words that decide."""


class CatalogError(TokenbookError):
    """A catalogue or an import file cannot be read, or a row breaks the schema."""


class RowError(TokenbookError):
    """One row breaks the schema; the message is the reason alone (the reader adds place and line)."""
