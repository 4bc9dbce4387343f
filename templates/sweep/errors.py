"""What goes wrong with a sweep as a whole; a scenario that fails is a row of the results instead."""

from tokenbook.udfs.errors import TokenbookError


class SweepError(TokenbookError):
    """The sweep cannot run as it was asked to; one line for the reader."""
