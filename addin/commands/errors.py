"""What a command says when it cannot do what it was asked."""

from tokenbook.udfs.errors import TokenbookError


class CommandError(TokenbookError):
    """A command cannot do what it was asked; one line for the reader."""
