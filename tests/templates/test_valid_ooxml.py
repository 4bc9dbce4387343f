"""Every generated workbook is valid for a strict reader: Excel would open it without a word about repairs.

The schemas and rules of the Open XML SDK (through the package openxml-audit) are applied to every part; how the parts
hang together and the marks of spilling formulas are looked at here. Recalculation in LibreOffice and equal bytes of
equal calls are in test_every_template.py. A template listed in ``models.TEMPLATES`` needs no line here.
"""

import functools
import posixpath
import re
import tempfile
import warnings
import zipfile
from pathlib import Path

import openpyxl
import pytest
from lxml import etree
from openxml_audit import OpenXmlValidator
from python_calamine import CalamineWorkbook

from tokenbook.templates import build, models, ooxml, sharing
from tokenbook.templates.audit import audit
from tokenbook.templates.formulas import stored_calls
from tokenbook.templates.models.shared.options import Options

NAMES = tuple(models.TEMPLATES)
# Remarks on taste: openpyxl writes texts into their cells, which Excel reads and moves to a table of texts on saving.
NOT_FAULTS = re.compile("inline-string cell")
PACKAGE = "{http://schemas.openxmlformats.org/package/2006/"


@functools.cache
def written(name: str, variant: str = "as written") -> Path:
    """The workbook as ``tokenbook new`` writes it, with --host lite, or after ``tokenbook freeze``."""
    path = Path(tempfile.mkdtemp(prefix="tokenbook-test-")) / f"{name}.xlsx"
    if variant == "as written":
        build.build(models.module(name).compose(Options(version="test")), path)
        return path
    package = ooxml.open_package(written(name))
    if variant == "for lite":
        stored_calls.convert(package, "lite")
    else:
        sharing.freeze(package)
    package.save(path)
    return path


def faults(path) -> list[str]:
    found = OpenXmlValidator(max_errors=0).validate(str(path)).errors
    return [str(fault) for fault in found if not NOT_FAULTS.search(fault.description)]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_part_follows_the_schema(name):
    assert faults(written(name)) == []


@pytest.mark.parametrize("variant", ["for lite", "frozen"])
def test_what_we_change_later_follows_it_too(variant):
    assert faults(written("roi", variant)) == []


def test_the_strict_reader_sees_a_wrong_order(tmp_path):
    """That it would notice is not taken on trust."""
    path = tmp_path / "wrong.xlsx"
    with zipfile.ZipFile(written("roi")) as source, zipfile.ZipFile(path, "w") as target:
        for part in source.namelist():
            content = source.read(part)
            if part == "xl/worksheets/sheet2.xml":
                first, second = (
                    re.search(b"<%s.*</%s>" % (tag, tag), content, re.DOTALL)[0]
                    for tag in (b"conditionalFormatting", b"dataValidations")
                )
                content = content.replace(second, b"").replace(first, second + first)
            target.writestr(part, content)
    assert any("sheet2.xml" in fault for fault in faults(path))


@pytest.mark.parametrize("name", NAMES)
def test_every_part_has_a_content_type_and_is_related(name):
    with zipfile.ZipFile(written(name)) as archive:
        parts = archive.namelist()
        types = etree.fromstring(archive.read("[Content_Types].xml"))
        relations = {part: etree.fromstring(archive.read(part)) for part in parts if part.endswith(".rels")}
    assert len(parts) == len({part.lower() for part in parts})
    defaults = [node.get("Extension").lower() for node in types.iterfind(PACKAGE + "content-types}Default")]
    overrides = [node.get("PartName") for node in types.iterfind(PACKAGE + "content-types}Override")]
    assert len(set(defaults)) == len(defaults)
    assert len(set(overrides)) == len(overrides)
    assert {override.lstrip("/") for override in overrides} <= set(parts)
    related = set()
    for part, root in relations.items():
        folder, file = posixpath.split(part)
        source = posixpath.join(posixpath.dirname(folder), file.removesuffix(".rels"))
        assert source in parts or not file.removesuffix(".rels"), part
        nodes = list(root)
        assert len({node.get("Id") for node in nodes}) == len(nodes), part
        targets = [(node.get("Type"), node.get("Target")) for node in nodes if node.get("TargetMode") != "External"]
        assert len(set(targets)) == len(targets), part
        for _, target in targets:
            place = posixpath.normpath(posixpath.join(posixpath.dirname(source), target)).lstrip("/")
            assert place in parts, f"{part} leads to {target}, which is not there"
            related.add(place)
    for part in set(parts) - set(relations) - {"[Content_Types].xml"}:
        assert part in related, f"nothing leads to {part}"
        assert f"/{part}" in overrides, f"{part} has only the type of its extension"


@pytest.mark.parametrize("name", NAMES)
def test_spills_are_marked_and_the_core_has_none(name):
    """Excel shows an unmarked array as {=...} or puts @ in front; the model itself must not depend on spilling."""
    with zipfile.ZipFile(written(name)) as archive:
        sheets = [part for part in archive.namelist() if part.startswith("xl/worksheets/sheet")]
        cells = [
            (part, cell)
            for part in sheets
            for cell in etree.fromstring(archive.read(part)).iter("{*}c")
            if cell.get("cm") or (cell.find("{*}f") is not None and cell.find("{*}f").get("t") == "array")
        ]
        metadata = etree.fromstring(archive.read("xl/metadata.xml")) if cells else None
    for _, cell in cells:
        formula = cell.find("{*}f")
        assert formula is not None, cell.get("r")
        assert (formula.get("t"), cell.get("cm")) == ("array", "1"), cell.get("r")
        assert formula.get("ref").startswith(cell.get("r")), cell.get("r")
    if cells:
        (record,) = metadata.find("{*}cellMetadata")
        assert dict(record[0].attrib) == {"t": "1", "v": "0"}
        assert metadata.find("{*}metadataTypes")[0].get("name") == "XLDAPR"
        assert next(metadata.iter("{*}dynamicArrayProperties")).get("fDynamic") == "1"
    package = ooxml.open_package(written(name))
    for sheet in set(package.sheets) & {"Inputs", "Model", "Checks", "Dashboard"}:
        assert [ref for ref, _, kind, _ in package.formulas(sheet) if kind == "array"] == [], sheet


@pytest.mark.parametrize("name", NAMES)
def test_other_readers_open_it_without_a_warning_and_see_the_same_values(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        theirs = openpyxl.load_workbook(written(name), data_only=True)
        openpyxl.load_workbook(written(name))
        calamine = CalamineWorkbook.from_path(str(written(name)))
    assert calamine.sheet_names == theirs.sheetnames
    compared = 0
    for sheet in theirs:
        rows = calamine.get_sheet_by_name(sheet.title).to_python(skip_empty_area=False)
        for cells in sheet.iter_rows(max_row=len(rows)):
            for cell in cells:
                if isinstance(cell.value, (int, float)) and not isinstance(cell.value, bool) and not cell.is_date:
                    assert rows[cell.row - 1][cell.column - 1] == pytest.approx(cell.value), cell.coordinate
                    compared += 1
    assert compared > 300


@pytest.mark.parametrize("name", NAMES)
def test_our_audit_finds_no_failed_check_error_stale_value_or_broken_structure(name):
    report = audit(written(name))
    assert report.failed == []
    for key in (
        "stale",
        "not_calculated",
        "circular",
        "volatile",
        "links",
        "hidden",
        "merged",
        "overrides",
        "functions",
    ):
        assert report.category(key).findings == [], key


def test_the_roi_workbook_passes_its_own_audit_without_any_finding():
    assert [category.key for category in audit(written("roi")).categories if category.findings] == []
