"""Importers: benchmark files, price lists and a team's own quotes as checked rows of the catalogue.

`import_file(kind, path)` takes what is sound, refuses the rest row by row with line and reason, and says how
much of each; `write_csv` writes the rows as a team catalogue. Nothing malformed ever enters.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from ..errors import CatalogError
from .result import Given, ImportResult, write_csv

KINDS = {
    "inferencex": "InferenceX API rows or runner results (.json), or their flat table (.csv)",
    "mlperf": "MLPerf Inference summary_results.json",
    "litellm": "LiteLLM's price map, model_prices_and_context_window.json",
    "quotes": "your own figures: a table (.csv, .xlsx) in the columns of the schema",
}

__all__ = ["KINDS", "CatalogError", "ImportResult", "import_file", "write_csv"]


def import_file(
    kind: str,
    path: str | os.PathLike[str],
    *,
    as_of: object = None,
    defaults: Mapping[str, object] | None = None,
    tiers: Iterable[str] = (),
) -> ImportResult:
    """Read a file of one of the kinds.

    Parameters
    ----------
    kind : str
        "inferencex", "mlperf", "litellm" or "quotes".
    path : path
        The file.
    as_of : str or date, optional
        The day from which the figures were known, for files that do not say it themselves.
    defaults : mapping, optional
        Values for columns a table does not have, for instance {"model": "DeepSeek-R1", "shape": "1k/1k"}.
    tiers : iterable of str, optional
        Tiers whose spelling counts ("On demand" is taken for "on-demand"): `Catalog.tiers` of the base.

    Returns
    -------
    ImportResult
        rows taken, rows refused as (line, reason), and a summary to print.

    Raises
    ------
    CatalogError
        when the file as a whole cannot be read (missing, cut off, not of the kind); nothing is taken then.
    """
    from ..dates import iso
    from . import inferencex, litellm, mlperf, quotes

    readers = {"inferencex": inferencex.read, "mlperf": mlperf.read, "litellm": litellm.read, "quotes": quotes.read}
    name = str(kind).strip().casefold()
    if name not in readers:
        raise CatalogError(f"unknown kind of file {kind!r}: one of {', '.join(KINDS)}")
    try:
        day = "" if as_of in (None, "") else iso(as_of)
    except CatalogError as error:
        raise CatalogError(f"as_of {error}") from None
    return readers[name](path, Given(day, dict(defaults or {}), tuple(tiers)))
