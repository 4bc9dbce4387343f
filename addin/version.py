"""The version of the installed package."""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as _installed


def version() -> str:
    """As pip knows it; "0+source" in a tree that was never installed."""
    try:
        return _installed("tokenbook")
    except PackageNotFoundError:
        return "0+source"
