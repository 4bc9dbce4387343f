"""The parts of a workbook with xlwings Lite, against those that Excel wrote in three public workbooks (2025)."""

import csv
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from lxml import etree

from tokenbook.addin.lite import EmbedError, embed, part
from tokenbook.templates.ooxml import PackageError, open_package

# As recorded from the real workbooks.
WE = "{http://schemas.microsoft.com/office/webextensions/webextension/2010/11}"
WETP = "{http://schemas.microsoft.com/office/webextensions/taskpanes/2010/11}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
OVERRIDE = "{http://schemas.openxmlformats.org/package/2006/content-types}Override"
CHILDREN = ["reference", "alternateReferences", "properties", "bindings", "snapshot", "extLst"]
PROPERTIES = {"main.py", "pyodideVersion", "addinVersion", "requirements.txt"}
REFERENCE = {"id": "wa200008175", "version": "1.0.0.0", "storeType": "OMEX"}  # and store: the locale
ALTERNATE = {"id": "WA200008175", "version": "1.0.0.0", "store": "WA200008175", "storeType": "OMEX"}
EXTENSIONS = {
    "{D87F86FE-615C-45B5-9D79-34F1136793EB}": "containsCustomFunctions",
    "{7C84B067-C214-45C3-A712-C9D94CD141B2}": "customFunctionIdList",
}
PANE = {"dockstate": "right", "visibility": "0", "width": "350", "row": "2"}
TOUCHED = {"[Content_Types].xml", "_rels/.rels"}
ADDED = {
    "xl/webextensions/taskpanes.xml",
    "xl/webextensions/_rels/taskpanes.xml.rels",
    "xl/webextensions/webextension1.xml",
}
CORPUS = Path(os.environ.get("TOKENBOOK_CORPUS", "/nowhere"))
UNREADABLE = {"corrupt", "encrypted-ole"}  # features in the index of the corpus that mean a refusal at opening


def corpus():
    """The readable workbooks of the corpus."""
    index = CORPUS / "index.csv"
    if not index.exists():
        return []
    with open(index, encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if not UNREADABLE & set(row["features"].split())]
    return [CORPUS / row["file"] for row in rows if (CORPUS / row["file"]).exists()]


def xml(path, name):
    with zipfile.ZipFile(path) as archive:
        return etree.fromstring(archive.read(name))


def local(node):
    return etree.QName(node).localname


@pytest.fixture
def plain(tmp_path):
    """A workbook of somebody else, without web extensions."""
    from openpyxl import Workbook

    path = tmp_path / "plain.xlsx"
    book = Workbook()
    book.active["A1"] = 1
    book.save(path)
    return path


def put_in(path, **options):
    with open_package(path) as package:
        done = embed(package, **options)
        package.save()
    return done


# --- structure ---------------------------------------------------------------------------------------------------


def test_the_package_leads_to_the_task_pane_and_the_pane_to_the_extension(roi_of_may):
    root = {r.get("Type"): r.get("Target") for r in xml(roi_of_may, "_rels/.rels").iter(RELATIONSHIP)}
    kind = "http://schemas.microsoft.com/office/2011/relationships/webextensiontaskpanes"
    assert root[kind] == "xl/webextensions/taskpanes.xml"
    panes = xml(roi_of_may, "xl/webextensions/taskpanes.xml")
    assert panes.tag == f"{WETP}taskpanes"
    (pane,) = panes
    assert (pane.tag, dict(pane.attrib)) == (f"{WETP}taskpane", PANE)
    (reference,) = pane
    (relation,) = xml(roi_of_may, "xl/webextensions/_rels/taskpanes.xml.rels")
    assert reference.tag == f"{WETP}webextensionref"
    assert reference.get(f"{R}id") == relation.get("Id")
    assert relation.get("Type") == "http://schemas.microsoft.com/office/2011/relationships/webextension"
    assert relation.get("Target") == "webextension1.xml"


def test_the_extension_has_the_shape_that_excel_writes(roi_of_may):
    root = xml(roi_of_may, "xl/webextensions/webextension1.xml")
    assert root.tag == f"{WE}webextension"
    assert re.fullmatch(r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}", root.get("id"))
    assert [local(child) for child in root] == CHILDREN
    reference, alternates, properties, bindings, snapshot, extensions = root
    assert {name: value for name, value in reference.attrib.items() if name != "store"} == REFERENCE
    assert re.fullmatch(r"[a-z]{2}-[A-Z]{2}", reference.get("store"))
    assert [dict(item.attrib) for item in alternates] == [ALTERNATE]
    assert {item.get("name") for item in properties} == PROPERTIES
    assert not len(bindings)
    assert not len(snapshot)
    assert "http://schemas.openxmlformats.org/officeDocument/2006/relationships" in snapshot.nsmap.values()
    found = {item.get("uri"): local(item[0]) for item in extensions.iter(f"{A}ext")}
    assert found == EXTENSIONS


def test_properties_are_json_strings_with_escaped_slashes(roi_of_may):
    root = xml(roi_of_may, "xl/webextensions/webextension1.xml")
    values = {item.get("name"): item.get("value") for item in root.iter(f"{WE}property")}
    assert all(isinstance(json.loads(value), str) for value in values.values())
    assert not any(re.search(r"(?<!\\)/", value) for value in values.values())
    assert not any("\n" in value for value in values.values())
    assert json.loads(values["addinVersion"]) == "1.0.0.0-18"
    assert json.loads(values["pyodideVersion"]) == "0.27.5"
    required = json.loads(values["requirements.txt"]).splitlines()
    assert re.fullmatch(r"xlwings==0\.\d+\.\d+  # required", required[0])
    assert {"pyodide-http  # required", "black  # required", "numpy"} <= set(required)


def test_the_parts_have_their_content_types(roi_of_may):
    types = {o.get("PartName"): o.get("ContentType") for o in xml(roi_of_may, "[Content_Types].xml").iter(OVERRIDE)}
    assert types["/xl/webextensions/taskpanes.xml"] == "application/vnd.ms-office.webextensiontaskpanes+xml"
    assert types["/xl/webextensions/webextension1.xml"] == "application/vnd.ms-office.webextension+xml"


def test_calls_are_stored_the_way_office_add_ins_are(roi_of_may):
    with zipfile.ZipFile(roi_of_may) as archive:
        formulas = [
            formula
            for name in archive.namelist()
            if name.startswith("xl/worksheets/sheet")
            for formula in re.findall(rb"<f[^>]*>([^<]*)</f>", archive.read(name))
        ]
    calls = [call for formula in formulas for call in re.findall(rb"(\w*?)TOK_[A-Z_]+\(", formula)]
    assert len(calls) > 10
    assert set(calls) == {b"_xldudf_"}


def test_equal_workbooks_have_equal_bytes(plain, tmp_path):
    other = tmp_path / "other.xlsx"
    other.write_bytes(plain.read_bytes())
    put_in(plain)
    put_in(other)
    assert plain.read_bytes() == other.read_bytes()


# --- other workbooks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [None, *corpus()], ids=lambda path: path.name if path else "plain")
def test_every_other_part_of_a_workbook_stays_as_it_is(path, plain, tmp_path):
    path = path or plain
    out = tmp_path / f"out-{path.name}"
    with open_package(path) as package:
        if package.signed:
            with pytest.raises(PackageError, match="signed"):
                embed(package)
            return
        embed(package)
        package.save(out)
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(out) as after:
        old = {name: before.read(name) for name in before.namelist()}
        new = {name: after.read(name) for name in after.namelist()}
    changed = {name for name in old if new.get(name) != old[name]}
    panes = {"xl/webextensions/taskpanes.xml", "xl/webextensions/_rels/taskpanes.xml.rels"}
    has_panes = panes <= set(old)
    assert changed <= (TOUCHED | panes if has_panes else TOUCHED)
    assert set(old) <= set(new)
    if not has_panes:
        assert set(new) - set(old) == ADDED
    with open_package(out) as again:
        assert part.lite(again).properties["main.py"]
        assert not embed(again).changed, "the second time there is nothing to do"


def test_embedding_twice_does_not_touch_the_file(plain):
    put_in(plain)
    before = plain.read_bytes(), plain.stat().st_mtime_ns, plain.stat().st_ino
    assert not put_in(plain).changed
    assert (plain.read_bytes(), plain.stat().st_mtime_ns, plain.stat().st_ino) == before


FOREIGN = b"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<we:webextension xmlns:we="http://schemas.microsoft.com/office/webextensions/webextension/2010/11" id="{1}">
<we:reference id="wa104099688" version="2.0.0.0" store="de-DE" storeType="OMEX"/><we:alternateReferences/>
<we:properties><we:property name="main.py" value="&quot;not ours&quot;"/></we:properties>
<we:bindings/></we:webextension>"""


def test_another_add_in_keeps_its_pane_and_its_settings(plain):
    with open_package(plain) as package:
        panes = part.PANES_XML.replace(
            "></wetp:taskpanes>",
            f'><wetp:taskpane dockstate="left" visibility="1" width="300" row="4"><wetp:webextensionref '
            f'xmlns:r="{part.RELATIONS}" r:id="rId1"/></wetp:taskpane></wetp:taskpanes>',
        )
        package.add_part(part.TASKPANES, panes.encode(), part.TASKPANES_TYPE, "", part.TASKPANES_RELATION)
        place = "xl/webextensions/webextension1.xml"
        package.add_part(place, FOREIGN, part.EXTENSION_TYPE, part.TASKPANES, part.EXTENSION_RELATION)
        package.save()
    put_in(plain)
    with open_package(plain) as package:
        assert package.read_part(place) == FOREIGN
        foreign, ours = part.extensions(package)
        assert foreign.properties == {"main.py": "not ours"}
        assert ours.part == "xl/webextensions/webextension2.xml"
    first, second = xml(plain, part.TASKPANES)
    assert first.get("row"), second.get("row") == ("4", "5")
    assert first[0].get(f"{R}id") != second[0].get(f"{R}id")


# --- code of the user --------------------------------------------------------------------------------------------

MINE = """from xlwings import func


@func
def my_margin(price, cost):
    return (price - cost) / price  # "mine" & <ours>
"""


@pytest.fixture
def with_my_code(plain):
    with open_package(plain) as package:
        own = {"main.py": MINE, "requirements.txt": "xlwings==0.33.9\npolars\n", "addinVersion": "9", "env": "kept"}
        part.write(package, own)
        package.save()
    return plain


def test_my_own_functions_are_not_lost(with_my_code):
    before = with_my_code.read_bytes()
    with pytest.raises(EmbedError, match=r"my_margin.*--force") as refusal:
        put_in(with_my_code)
    assert "\n" not in str(refusal.value)
    assert with_my_code.read_bytes() == before


def test_with_force_my_code_gives_way_and_my_settings_stay(with_my_code):
    put_in(with_my_code, force=True)
    with open_package(with_my_code) as package:
        (found,) = part.extensions(package)
    assert "def tok_npv" in found.properties["main.py"]
    assert found.properties["requirements.txt"] == "xlwings==0.33.9\npolars\nnumpy\n"
    assert (found.properties["addinVersion"], found.properties["env"]) == ("9", "kept")
    assert found.properties["pyodideVersion"] == "0.27.5"


def test_changes_to_our_code_are_not_lost_either(plain):
    put_in(plain)
    with open_package(plain) as package:
        text = part.lite(package).properties["main.py"]
        part.write(package, {"main.py": text.replace("MONTHS", "MONATE", 1)})
        package.save()
    with pytest.raises(EmbedError, match="changed since"):
        put_in(plain)


def test_an_older_main_of_ours_is_brought_up_to_date(plain):
    from tokenbook.addin.lite.source import sealed

    put_in(plain)
    with open_package(plain) as package:
        part.write(package, {"main.py": sealed('"""Tokenbook 0.0.9 in this workbook, written by tokenbook."""\n')})
        package.save()
    assert put_in(plain).changed
    with open_package(plain) as package:
        assert "def tok_npv" in part.lite(package).properties["main.py"]


def test_a_property_survives_the_part_whatever_is_in_it(plain):
    told = 'a "b" \\ c\n\td / é € 𝄞 \x07 <x> & &amp; \r\n'
    with open_package(plain) as package:
        part.write(package, {"main.py": told})
        package.save()
    with open_package(plain) as package:
        assert part.lite(package).properties["main.py"] == told


# --- what travels ------------------------------------------------------------------------------------------------


def test_a_requirement_instead_of_source(plain):
    from tokenbook.addin.version import version

    put_in(plain, requirement=True)
    with open_package(plain) as package:
        found = part.lite(package).properties
    assert f"tokenbook=={version()}" in found["requirements.txt"].splitlines()
    assert len(found["main.py"]) < 4000
    put_in(plain)  # back to source: the requirement goes
    with open_package(plain) as package:
        assert "tokenbook" not in part.lite(package).properties["requirements.txt"]


ASK_INSTALLED = """
import importlib.util, json, os, sys
os.environ |= {"XLWINGS_ON_SERVER": "true", "XLWINGS_LICENSE_KEY": "noncommercial"}
import xlwings.server
spec = importlib.util.spec_from_file_location("main", sys.argv[1])
main = importlib.util.module_from_spec(spec)
spec.loader.exec_module(main)
functions = [function["id"] for function in xlwings.server.custom_functions_meta(main)["functions"]]
scripts = [script["function_name"] for script in xlwings.server.custom_scripts_meta(main)]
print(json.dumps([functions, scripts, main.tok_cost([[1.95]], [[28012.9]]), main.tok_version()]))
"""


def test_where_the_package_is_installed_the_short_main_offers_everything(plain, tmp_path):
    from tokenbook.udfs.functions import registry

    put_in(plain, requirement=True)
    with open_package(plain) as package:
        (tmp_path / "main.py").write_text(part.lite(package).properties["main.py"])
    command = [sys.executable, "-c", ASK_INSTALLED, str(tmp_path / "main.py")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[3])
    assert done.returncode == 0, done.stderr[-1500:]
    functions, scripts, cost, version = json.loads(done.stdout)
    assert set(functions) == {function.name for function in registry().values()}
    assert set(scripts) == {"check_model", "refresh_baselines", "insert_help"}
    assert cost == pytest.approx(0.01933633)
    assert version.endswith("host xlwings Lite")


def test_only_the_functions_that_are_called_travel(roi_of_may, tmp_path):
    from tokenbook.templates.formulas import stored_calls

    path = tmp_path / "roi.xlsx"
    path.write_bytes(roi_of_may.read_bytes())
    done = put_in(path, used_only=True)
    with open_package(path) as package:
        called = {name.lower() for name, _ in stored_calls.spellings(package)}
        text = part.lite(package).properties["main.py"]
    assert set(re.findall(r"^@func\n@cell\ndef (tok_\w+)", text, re.MULTILINE)) == called
    assert done.functions == len(called) > 3


def test_only_the_modules_that_are_imported_travel(tmp_path, texts_in):
    from openpyxl import Workbook

    path, main = tmp_path / "frontier.xlsx", tmp_path / "main.py"
    book = Workbook()
    book.active["A1"] = "=TOK_THROUGHPUT_AT(50,40,900,60,700)"
    book.save(path)
    put_in(path, used_only=True)
    with open_package(path) as package:
        main.write_text(part.lite(package).properties["main.py"], encoding="utf-8")
    carried = texts_in(main)
    assert {"tokenbook/udfs/functions/frontier.py", "tokenbook/udfs/kernels/frontier.py"} <= set(carried)
    assert "tokenbook/templates/refresh/open_book.py" in carried, "the scripts always travel"
    assert not {"tokenbook/udfs/functions/risk.py", "tokenbook/udfs/kernels/simulation.py"} & set(carried)
    assert "tokenbook/templates/refresh/__init__.py" not in carried, "it would ask for the whole room"


def test_nothing_called_is_said(plain):
    with pytest.raises(EmbedError, match="calls none of our functions"):
        put_in(plain, used_only=True)


def test_a_classic_workbook_is_stored_for_lite_when_the_functions_go_in(tmp_path):
    from openpyxl import Workbook

    path = tmp_path / "classic.xlsx"
    book = Workbook()
    book.active["A1"] = "=TOK_COST(1.95,28012.9)*2"
    book.save(path)
    assert put_in(path).calls_converted == 1
    with open_package(path) as package:
        assert package.cell("Sheet", "A1").formula == "_xldudf_TOK_COST(1.95,28012.9)*2"


def test_measured_points_travel_where_frontiers_are_looked_up(tmp_path):
    from openpyxl import Workbook

    path = tmp_path / "frontier.xlsx"
    book = Workbook()
    book.active["A1"] = "H200"
    book.active["A2"] = '=TOK_BASELINE_FRONTIER(A1,"DeepSeek-R1","1k/1k FP8")'
    book.save(path)
    put_in(path)
    with open_package(path) as package:
        text = part.lite(package).properties["main.py"]
    points = re.findall(r"^([\w.-]+)\.frontier\.", text, re.MULTILINE)
    assert set(points) == {"h200"}


def test_the_figures_of_bound_cells_travel(plain, capsys):
    from tokenbook.addin.cli import run

    metric = "output_tok_s_per_accelerator"
    question = ["--platform", "B200", "--metric", metric, "--model", "DeepSeek-R1", "-c", "Offline"]
    assert run(["bind", str(plain), "Sheet!A1", *question]) == 0, capsys.readouterr().err
    put_in(plain)
    with open_package(plain) as package:
        text = part.lite(package).properties["main.py"]
    rows = re.findall(rf"^b200\.{metric}\.dsr1\.offline[\w.-]*", text, re.MULTILINE)
    assert len(rows) == 1, "only the row that a refresh would write, of this long series"


def test_the_teams_figures_travel_too(plain, tmp_path, monkeypatch):
    from tokenbook.udfs import catalog

    mine = tmp_path / "mine.csv"
    mine.write_text(
        "platform,metric,value,unit,tier,source,as_of,confidence,kind\n"
        'B200,usd_per_gpu_hour,1.11,USD/GPU-h,hyperscaler,"our ""offer""",2026-10-01,high,price\n'
    )
    catalog.use(str(mine))
    try:
        put_in(plain)
    finally:
        catalog.use(None)
    with open_package(plain) as package:
        text = part.lite(package).properties["main.py"]
    assert re.search(r"^[\w.-]+,B200,\w*,usd_per_gpu_hour,1\.11,.*team", text, re.MULTILINE)
