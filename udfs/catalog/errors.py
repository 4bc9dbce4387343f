"""What can go wrong with a catalogue. Every message is one line and says what would be right."""


class UnknownKey(LookupError):
    """No row answers the question; the message names the nearest ones."""


class AmbiguousKey(LookupError):
    """Several rows with different values answer it; the message names the words that decide."""


class CatalogError(ValueError):
    """A catalogue or an import file cannot be read, or a row breaks the schema."""


class RowError(ValueError):
    """One row breaks the schema; the message is the reason alone (the reader adds place and line)."""
