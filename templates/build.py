"""Finishes a composed workbook: saved by openpyxl, calculated by the engine, cached values patched in.

The result shows its numbers in Protected View, previews, pandas and LibreOffice before anything recalculates it:
every formula cell carries its value, spills are marked as dynamic arrays, Excel is not asked to recalculate on load.
"""

from __future__ import annotations

import datetime as dt
import io
import itertools
import os
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from lxml import etree
from openpyxl.writer.excel import ExcelWriter

from tokenbook.templates.engine import Model
from tokenbook.templates.formulas import stored_calls
from tokenbook.udfs.errors import TokenbookError

CALC_ID = 191029  # of current Excel; a lower one would make it recalculate, and lose function values without the add-in
EPOCH = (1980, 1, 1, 0, 0, 0)  # zip's first day: the same call gives the same bytes
STAMP = dt.datetime(2026, 1, 1)
STYLES = "xl/styles.xml"
PASSING_LEVEL = 1  # of compression, for what is written a second time anyway
FONT_ORDER = (
    "b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign", "sz", "color", "name", "family",
    "charset", "scheme",
)  # fmt: skip


class BuildError(TokenbookError):
    """The workbook cannot be written where it was asked for; one line for the reader."""


def check_target(out: Path, *, force: bool, ending: str = ".xlsx") -> None:
    """Refuse an output path before any work is done."""
    if out.suffix.lower() != ending:
        raise BuildError(f"{out}: the workbook is an {ending} file; give it that ending")
    if out.is_dir():
        raise BuildError(f"{out}: is a folder; name a file")
    if out.exists() and not force:
        raise BuildError(f"{out}: exists already; choose another name, or --force to replace it")
    folder = out.parent
    if not folder.is_dir():
        raise BuildError(f"{out}: the folder {folder} does not exist")
    if not os.access(folder, os.W_OK):
        raise BuildError(f"{out}: the folder {folder} cannot be written to")


def free_name(folder: Path, stem: str) -> Path:
    """The first of stem.xlsx, stem-2.xlsx, ... in the folder that is not taken."""
    names = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
    return next(path for name in names if not (path := folder / f"{name}.xlsx").exists())


def build(
    writer,
    out: str | Path,
    *,
    force: bool = False,
    host: str = "classic",
    progress: Callable[[str], None] = lambda step: None,
) -> Model:
    """Write a composed workbook to ``out``; gives the calculated model. Nothing is left behind if it fails.

    ``host`` says how calls of our functions are stored (``tokenbook.templates.formulas.stored_calls``).
    """
    out = Path(out)
    stored_calls.prefix_of(host)  # refuse an unknown one before any work is done
    check_target(out, force=force)
    with tempfile.TemporaryDirectory(prefix="tokenbook-") as folder:
        plain = Path(folder) / "plain.xlsx"
        progress("writing sheets")
        _save(writer.workbook, plain)
        progress("calculating")
        model = Model(plain)
        model.recalculate()
        progress("storing values")
        package = model.package
        for sheet, cells in writer.dynamic.items():
            package.mark_dynamic_arrays(sheet, cells)
        model.store()
        stored_calls.convert(package, host)
        package.set_calculation(calc_id=CALC_ID, full_calc_on_load=False)
        package.save(out)
        package.close()
    return model


def _save(workbook, path: Path) -> None:
    """openpyxl's own parts, in a zip without the clock: equal calls give equal bytes."""
    workbook.properties.creator = "Tokenbook"
    workbook.properties.created = workbook.properties.modified = STAMP
    workbook.calculation.fullCalcOnLoad = False
    parts = io.BytesIO()
    ExcelWriter(workbook, zipfile.ZipFile(parts, "w", zipfile.ZIP_STORED)).save()
    with zipfile.ZipFile(parts) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == STYLES:
                content = with_fonts_in_order(content)
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            again = b"<f" in content  # gets its values and is compressed once more
            target.writestr(entry, content, compresslevel=PASSING_LEVEL if again else None)


def with_fonts_in_order(styles: bytes) -> bytes:
    """The styles part with the children of every font in the order of Excel, which strict readers insist on."""
    root = etree.fromstring(styles)
    for font in root.iter("{*}font"):
        font[:] = sorted(font, key=lambda child: FONT_ORDER.index(etree.QName(child).localname))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
