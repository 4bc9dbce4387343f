"""The record of a refresh beside a workbook that has no Log table: a file of its own."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tokenbook.templates.ooxml import write_atomically
from tokenbook.templates.refresh.errors import RefreshError
from tokenbook.templates.refresh.log_table import event_of
from tokenbook.templates.refresh.plan import Line

SIDECAR_SUFFIX = ".refresh.json"
LIST = "refreshes"  # of the sidecar
LARGEST_SIDECAR = 64 << 20  # bytes; decades of refreshes take less


def sidecar(book: str | os.PathLike) -> Path:
    """The file beside a workbook that holds its history."""
    return Path(os.fspath(book) + SIDECAR_SUFFIX)


def read_history(path: Path) -> dict:
    """The history so far; RefreshError when the file is something else, which is never overwritten."""
    try:
        if path.stat().st_size > LARGEST_SIDECAR:
            raise RefreshError(f"{path}: is too large for a history of refreshes; move it away")
        history = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise RefreshError(f"{path}: cannot be read ({error.strerror}); the workbook stays as it is") from None
    except (ValueError, RecursionError):
        raise RefreshError(f"{path}: is not a history of refreshes; move it away") from None
    if not isinstance(history, dict) or not isinstance(history.get(LIST, []), list):
        raise RefreshError(f"{path}: is not a history of refreshes; move it away")
    return history


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def append_history(path: Path, history: dict, book: str, lines: list[Line], **about: object) -> None:
    """Write the history with one refresh more; the old file or the new one, never neither."""
    cells = [
        {
            "cell": line.cell,
            "event": event_of(line),
            "old": line.old,
            "new": line.new,
            "unit": line.row.unit,
            "source": line.row.source,
            "reference": line.row.source_ref,
            "as_of": line.row.as_of,
            "confidence": line.row.confidence,
            "key": line.row.id,
        }
        for line in lines
    ]
    # A refresh a line: to be read by people too, and written by json's fast encoder, which cannot indent.
    refreshes = [_compact(each) for each in [*history.get(LIST, []), {**about, "cells": cells}]]
    head = "".join(
        f"{_compact(key)}: {_compact(value)},\n" for key, value in {**history, "workbook": book}.items() if key != LIST
    )
    text = "{" + head + f'"{LIST}": [\n' + ",\n".join(refreshes) + "\n]}\n"
    write_atomically(os.path.realpath(path), [text.encode("utf-8", "backslashreplace")])  # names that are no Unicode
