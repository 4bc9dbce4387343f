"""The add-in file, built from the template that xlwings ships: our ribbon, our settings, our VBA, its machinery.

The package is edited as a zip, its VBA project with pyopenvba; no Excel is needed. xlwings' own VBA names the version
of its DLL, so the file belongs to the xlwings that is installed: ``tokenbook install`` again after an upgrade.
"""

from __future__ import annotations

import re
import sys
import tempfile
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from tokenbook.addin.classic import vba
from tokenbook.templates.models import TEMPLATES
from tokenbook.templates.ooxml.save import write_atomically
from tokenbook.udfs.errors import TokenbookError

FILE_NAME = "tokenbook.xlam"
PROJECT = "Tokenbook"
TEMPLATE = "quickstart_addin_ribbon.xlam"
THEIR_PROJECT, THEIR_RIBBON, THEIR_SHEET = 'PROJECT_NAME As String = "myaddin"', "RibbonMyAddin", "_myaddin.conf"
EPOCH = (1980, 1, 1, 0, 0, 0)  # zip's first day: the same call gives the same bytes


class ClassicError(TokenbookError):
    """The add-in file cannot be made or put in place; one line for the reader."""


def build(out: Path) -> Path:
    """Write the add-in file to ``out``, all of it or nothing."""
    with tempfile.TemporaryDirectory(prefix="tokenbook-") as folder:
        plain, finished = Path(folder) / "plain.xlam", Path(folder) / FILE_NAME
        _write_package(_template(), plain)
        _write_vba(plain, finished)
        write_atomically(str(out.absolute()), [finished.read_bytes()])
    return out


def _template() -> Path:
    import xlwings

    path = Path(xlwings.__file__).with_name(TEMPLATE)
    if not path.exists():
        raise ClassicError(f"xlwings {xlwings.__version__} has no {TEMPLATE}: install xlwings 0.37.8 or a newer 0.37")
    return path


# --- the package -------------------------------------------------------------------------------------------------


def _write_package(source: Path, target: Path) -> None:
    with zipfile.ZipFile(source) as theirs, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as ours:
        for name in theirs.namelist():
            content = theirs.read(name)
            if name == "customUI/customUI.xml":
                content = ribbon().encode()
            elif name == "xl/workbook.xml":
                content = _workbook(content.decode()).encode()
            elif name == "xl/worksheets/sheet1.xml":
                content = _settings_sheet(content.decode()).encode()
            elif name == "docProps/core.xml":
                content = _core(content.decode()).encode()
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            ours.writestr(entry, content)


def ribbon() -> str:
    """The tab of the ribbon."""
    models = "".join(
        f"<button id={quoteattr('new_' + re.sub('[^a-z]', '_', name))} label={quoteattr(name)} tag={quoteattr(name)} "
        f'imageMso="FileNew" onAction="{vba.RIBBON}.NewModel" '
        f"screentip={quoteattr(name)} supertip={quoteattr(question)}/>"
        for name, question in TEMPLATES.items()
    )
    buttons = "".join(
        f'<button id="{id_}" label="{label}" size="large" imageMso="{image}" onAction="{vba.RIBBON}.{action}" '
        f"screentip={quoteattr(label)} supertip={quoteattr(tip)}/>"
        for id_, label, image, action, tip in (
            ("refresh", "Refresh baselines", "RefreshAll", "RefreshBaselines",
             "Shows which baselines of this workbook have newer figures, and writes them if you say so."),
            ("check", "Check", "ReviewAcceptChange", "CheckModel",
             "Recalculates a copy of this workbook outside Excel and lists failed checks, errors and odd formulas."),
            ("recalculate", "Recalculate", "CalculateFull", "RecalculateAll",
             "Enters every formula anew; cells that show #NAME? from before the add-in was there come alive."),
            ("help", "Help", "Help", "ShowHelp", "Lists the functions; says what is missing when they cannot answer."),
        )
    )  # fmt: skip
    return (
        '<customUI xmlns="http://schemas.microsoft.com/office/2006/01/customui"><ribbon><tabs>'
        '<tab id="tokenbookTab" label="Tokenbook"><group id="tokenbookGroup" label="Tokenbook">'
        '<menu id="newModel" label="New model" size="large" imageMso="FileNew" itemSize="normal" '
        'screentip="New model" supertip="Writes a model, filled from the baselines, and opens it.">'
        f"{models}</menu>{buttons}</group></tab></tabs></ribbon></customUI>"
    )


def settings() -> list[tuple[str, str | bool]]:
    """What xlwings reads from the sheet of settings: this Python, and one server process for cells and buttons."""
    return [
        ("Interpreter_Win", sys.executable if sys.platform == "win32" else "pythonw"),
        ("Interpreter_Mac", sys.executable if sys.platform == "darwin" else "python3"),
        ("PYTHONPATH", ""),
        ("ADD_WORKBOOK_TO_PYTHONPATH", False),
        ("UDF Modules", vba.PYTHON),
        ("Debug UDFs", False),
        ("Use UDF Server", True),
        ("Show Console", False),
    ]


def _settings_sheet(xml: str) -> str:
    rows = "".join(
        f'<row r="{number}">{_cell(f"A{number}", name)}{_cell(f"B{number}", value)}</row>'
        for number, (name, value) in enumerate(settings(), start=1)
    )
    xml = re.sub(r"<sheetData>.*</sheetData>", lambda _: f"<sheetData>{rows}</sheetData>", xml, flags=re.DOTALL)
    return re.sub(r'<dimension ref="[^"]*"', f'<dimension ref="A1:B{len(settings())}"', xml)


def _cell(ref: str, value: str | bool) -> str:
    if isinstance(value, bool):
        return f'<c r="{ref}" t="b"><v>{value:d}</v></c>'
    return f'<c r="{ref}" t="inlineStr"><is><t>{escape(value)}</t></is></c>' if value else ""


def _workbook(xml: str) -> str:
    if THEIR_SHEET not in xml:
        raise ClassicError(f"{TEMPLATE} of this xlwings is not as expected (no sheet {THEIR_SHEET})")
    xml = xml.replace(f'name="{THEIR_SHEET}"', f'name="{PROJECT}.conf"')
    # A folder on the machine of xlwings' author.
    return re.sub(r"<mc:AlternateContent.*?</mc:AlternateContent>", "", xml, flags=re.DOTALL)


def _core(xml: str) -> str:
    """The title that Excel shows in its list of add-ins."""
    xml = re.sub(r"<dc:(title|description)>.*?</dc:\1>|<dc:(?:title|description)\s*/>", "", xml, flags=re.DOTALL)
    about = (
        "<dc:title>Tokenbook</dc:title><dc:description>Prices AI inference: TOK_ functions and models.</dc:description>"
    )
    return xml.replace("</cp:coreProperties>", about + "</cp:coreProperties>")


# --- the VBA project ---------------------------------------------------------------------------------------------


def _write_vba(source: Path, target: Path) -> None:
    try:
        from pyopenvba import ExcelFile
    except ImportError:
        raise ClassicError("the package pyopenvba is missing: python -m pip install pyopenvba") from None
    with ExcelFile(source) as book:
        theirs = book.get_module("xlwings")
        if THEIR_PROJECT not in theirs or THEIR_RIBBON not in book.module_names():
            raise ClassicError(f"{TEMPLATE} of this xlwings is not as expected (its VBA changed)")
        book.set_module("xlwings", theirs.replace(THEIR_PROJECT, f'PROJECT_NAME As String = "{PROJECT}"'))
        project = book.vba_project()
        project.delete_module(THEIR_RIBBON)
        for name, text in vba.modules().items():
            project.add_module(name, _module(name, text))
        book.set_module("ThisWorkbook", _lines(vba.THIS_WORKBOOK))
        book.save(target)


def _module(name: str, text: str) -> str:
    return _lines(f'Attribute VB_Name = "{name}"\n{text}')


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", "\r\n")
