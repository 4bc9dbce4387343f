"""The one exception of this room."""

from tokenbook.udfs.errors import TokenbookError

LONGEST_MESSAGE = 500  # characters; names inside hostile files may be arbitrarily long


class PackageError(TokenbookError):
    """A workbook that cannot be read or may not be changed: one line saying what it is and what to do."""

    def __init__(self, message: object):
        printable = "".join(c if c.isprintable() else " " for c in str(message))
        one_line = " ".join(printable.split())
        super().__init__(one_line if len(one_line) <= LONGEST_MESSAGE else one_line[:LONGEST_MESSAGE] + "...")
