"""The form of a binding survives whatever program saves the workbook, and stays within Excel's limits."""

import re
from urllib.parse import unquote

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenbook.templates import bindings, ooxml, refresh
from tokenbook.templates.bindings import Binding, Key, Place
from tokenbook.udfs import catalog

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=120)
values = st.none() | st.floats(allow_nan=False, allow_infinity=False)
sheets = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="[]:*?/\\"), min_size=1, max_size=31)


@given(texts, texts, texts, texts, values, sheets, st.integers(1, 10**6))
def test_what_is_written_is_read_again(platform, model, conditions, row, value, sheet, number):
    key = Key(platform, "usd_per_gpu_hour", model, conditions, "USD/GPU-h", value, row)
    binding = Binding(number, Place(sheet, "XFD1048576"), key, Place(sheet, "B7"))
    names = bindings.names_of(binding)
    assert bindings.read([("other", "1"), *names]) == [binding]
    assert bindings.read((name.upper(), "=" + text) for name, text in names) == [binding], "as Office.js gives them"


@given(texts, texts)
def test_no_text_in_a_name_is_longer_than_excel_allows(platform, conditions):
    _, (_, text) = bindings.names_of(Binding(1, Place("A", "B1"), Key(platform, "pue", "", conditions)))
    literals = re.findall(r'"([^"]*)"', text)
    assert "&".join(f'"{literal}"' for literal in literals) == text
    assert all(len(literal) <= 255 for literal in literals)
    assert len(text) <= 8192
    assert platform in unquote("".join(literals))


def test_a_key_too_long_for_a_name_is_refused():
    with pytest.raises(bindings.BindingError, match="fewer conditions"):
        bindings.names_of(Binding(1, Place("A", "B1"), Key("", "pue", "", "ü" * 1000)))


@pytest.mark.parametrize(
    "text", ["Inputs!#REF!", "#REF!", "Inputs!$A$1:$B$2", "[1]Inputs!$A$1", "SUM(Inputs!$A$1)", "'[b.xlsx]In'!$A$1", ""]
)
def test_what_is_no_single_cell_is_no_place(text):
    assert bindings.place_of(text) is None


@pytest.mark.parametrize("text", ['"metric="', '"platform=B200"', "", "1", '"metric=pue&value=much"', "#REF!"])
def test_a_key_that_cannot_be_read_is_none(text):
    (binding,) = bindings.read([("_tokenbook.4", "Inputs!$B$2"), ("_tokenbook.4.key", text)])
    assert (binding.place, binding.key) == (Place("Inputs", "B2"), None)


def test_every_shipped_row_is_answered_by_its_own_key():
    """A template is bound to rows; the key made for one must lead back to it, as known on its day."""
    figures = catalog.shipped()
    rows = [row for row in figures if not row.metric.startswith("frontier")]
    lost = []
    for row in rows:
        key = bindings.key_of_row(row, figures)
        try:
            found = bindings.answer(key, figures, row.as_of)
        except LookupError:
            found = None
        if found != row:
            lost.append(row.id)
    assert len(lost) <= len(rows) // 500, lost  # a row that only its id tells from another


def test_a_key_asks_for_no_more_than_decides():
    figures = catalog.shipped()
    rate = figures.get("B200", "usd_per_gpu_hour", None, "hyperscaler")
    assert bindings.key_of_row(rate, figures).conditions == "hyperscaler"
    assert bindings.key_of_row(figures.get("B200", "kw_per_gpu"), figures).conditions == ""


# ---- other programs --------------------------------------------------------------------------------------------


def refreshed_rate(path, figures):
    report = refresh.refresh_file(path, figures, write=True)
    assert not report.error
    return {line.cell: (line.status, line.old, line.new) for line in report.lines}


def test_a_save_by_openpyxl_keeps_the_bindings(bound, figures, tmp_path, value_of):
    saved = tmp_path / "saved.xlsx"
    openpyxl.load_workbook(bound()).save(saved)
    assert refreshed_rate(saved, figures)["Inputs!B2"] == ("changed", 1.95, 1.73)
    assert value_of(saved, "Inputs", "B2") == 1.73


@pytest.mark.libreoffice
def test_a_save_by_libreoffice_keeps_the_bindings(bound, figures, libreoffice, value_of):
    saved = libreoffice.convert(bound(), "xlsx")
    assert refreshed_rate(saved, figures)["Inputs!B2"] == ("changed", 1.95, 1.73)
    with ooxml.open_package(saved) as package:
        assert package.cell("Model", "B3").value == pytest.approx(1.73 * 72 * 24, rel=1e-12)
        hidden = {name.name: name.hidden for name in package.names}
    assert hidden["_tokenbook.1.key"], "LibreOffice unhides names; a refresh hides again what it writes"


MACRO = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Module1" script:language="StarBasic">
Sub Move
  Dim opening(0) As New com.sun.star.beans.PropertyValue
  Dim saving(0) As New com.sun.star.beans.PropertyValue
  opening(0).Name = &quot;Hidden&quot;
  opening(0).Value = True
  document = StarDesktop.loadComponentFromURL(Environ(&quot;TOKENBOOK_SOURCE&quot;), &quot;_blank&quot;, 0, opening())
  sheet = document.Sheets.getByIndex(0)
  sheet.Rows.insertByIndex(1, 3)
  sheet.Columns.insertByIndex(0, 1)
  sheet.Name = &quot;What goes in, it&apos;s here&quot;
  saving(0).Name = &quot;FilterName&quot;
  saving(0).Value = &quot;Calc MS Excel 2007 XML&quot;
  document.storeToURL(Environ(&quot;TOKENBOOK_TARGET&quot;), saving())
  document.close(True)
End Sub
</script:module>
"""
LIBRARY = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:library PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "library.dtd">
<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard" library:readonly="false"
 library:passwordprotected="false"><library:element library:name="Module1"/></library:library>
"""


@pytest.mark.libreoffice
def test_the_binding_follows_its_cell(bound, figures, libreoffice, tmp_path, value_of):
    """Rows and a column inserted in front, the sheet renamed: in LibreOffice, as its user would."""
    import os
    import shutil
    import subprocess

    path, moved = bound(), tmp_path / "moved.xlsx"
    libreoffice.convert(path, "xlsx")  # so that the profile exists
    basic = libreoffice.folder / "profile" / "user" / "basic" / "Standard"
    basic.mkdir(parents=True, exist_ok=True)
    (basic / "script.xlb").write_text(LIBRARY)
    (basic / "Module1.xba").write_text(MACRO)
    places = {"TOKENBOOK_SOURCE": path.as_uri(), "TOKENBOOK_TARGET": moved.as_uri(), "PATH": "/usr/bin:/bin"}
    soffice = shutil.which("soffice") or shutil.which("libreoffice")
    profile = f"-env:UserInstallation=file://{libreoffice.folder}/profile"
    command = [soffice, profile, "--headless", "--norestore", "macro:///Standard.Module1.Move"]
    subprocess.run(command, env={**os.environ, **places}, capture_output=True, timeout=180, check=False)
    assert moved.exists(), "LibreOffice did not run the macro"
    found = refreshed_rate(moved, figures)
    assert found["What goes in, it's here!C5"] == ("changed", 1.95, 1.73)
    assert value_of(moved, "What goes in, it's here", "C5") == 1.73
    assert value_of(moved, "Model", "B3") == pytest.approx(1.73 * 72 * 24, rel=1e-12)
