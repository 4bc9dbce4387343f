"""The one base of every error of Tokenbook that is a sentence for its reader.

Hosts and the command line show such an error as it is; any other exception is a fault of ours.
"""


class TokenbookError(ValueError):
    """What was asked cannot be done; the message is one line that says what was wrong and what would be right."""
