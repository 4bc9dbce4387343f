"""The one base of every error of Tokenbook that is a sentence for its reader, and how such a sentence ends.

Hosts and the command line show such an error as it is; any other exception is a fault of ours.
"""

import difflib
from collections.abc import Iterable


class TokenbookError(ValueError):
    """What was asked cannot be done; the message is one line that says what was wrong and what would be right."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of an error message: the closest known word, if one is close."""
    close = difflib.get_close_matches(str(word).strip().lower(), [name.lower() for name in known], n=1)
    return f"; did you mean {close[0]}?" if close else ""
