"""Keeping what the engine prints when it crashes off the terminal; the crash itself arrives as an exception."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Nothing reaches standard error meanwhile."""
    try:
        terminal = os.dup(2)
    except OSError:  # no such stream
        yield
        return
    sys.stderr.flush()
    try:
        with open(os.devnull, "wb") as nothing:
            os.dup2(nothing.fileno(), 2)
        yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
