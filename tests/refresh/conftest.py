"""Small workbooks of several producers, a catalogue whose figures the test decides, and a look into packages."""

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import xlsxwriter
from lxml import etree

from tokenbook.templates import ooxml, refresh
from tokenbook.udfs import catalog

OLD, NEW = "2026-01-31", "2026-09-30"


@pytest.fixture(scope="session")
def figures():
    """B200: a rate that fell, a power figure that did not change, a rate of another tier; an energy price."""
    rate = catalog.shipped().get("B200", "usd_per_gpu_hour", None, "hyperscaler")
    power = catalog.shipped().get("B200", "kw_per_gpu")
    return catalog.Catalog(
        [
            replace(rate, id="rate.old", value=1.95, as_of=OLD, source="Table of January"),
            replace(rate, id="rate.new", value=1.73, as_of=NEW, source="Table of September"),
            replace(rate, id="rate.neo", value=2.07, as_of=NEW, tier="neocloud"),
            replace(power, id="power.old", value=2.17, as_of=OLD, conditions=""),
            replace(power, id="power.new", value=2.17, as_of=NEW, conditions=""),
        ]
    )


RATE = refresh.Request("Inputs!B2", "B200", "usd_per_gpu_hour", conditions="hyperscaler")
POWER = refresh.Request("Inputs!B3", "B200", "kw_per_gpu")


@pytest.fixture
def rate():
    """The wish to bind Inputs!B2 to the hyperscalers' rate of a B200."""
    return RATE


@pytest.fixture
def power():
    """The wish to bind Inputs!B3 to the power of a B200."""
    return POWER


def _model(path, values=(1.95, 2.17), wrong_by=0.0):
    """Inputs, a Model that depends on them through a name and a range, and an Other sheet that does not."""
    book = xlsxwriter.Workbook(str(path))
    inputs, model, other = book.add_worksheet("Inputs"), book.add_worksheet("Model"), book.add_worksheet("Other")
    money = book.add_format({"num_format": "0.000", "bg_color": "#FFF9DB"})
    inputs.write_row("A1", ["What", "Value"])
    for row, (label, value) in enumerate(zip(("rate", "power"), values, strict=True), 1):
        inputs.write(row, 0, label)
        if value is not None:
            inputs.write(row, 1, value, money)
    inputs.write("A4", "GPUs")
    inputs.write("B4", 72, money)
    inputs.write_comment("B2", "from the table of January")
    book.define_name("rate", "=Inputs!$B$2")
    rate = values[0] if isinstance(values[0], float) else 0.0
    model.write_formula("B2", "=rate*Inputs!B4", None, rate * 72 + wrong_by)
    model.write_formula("B3", "=SUM(B2:B2)*24", None, rate * 72 * 24)
    model.write_formula("B4", '="USD "&TEXT(B3,"0.00")', None, f"USD {rate * 72 * 24:.2f}")
    other.write_formula("A1", "=1+1", None, 2)
    other.write_formula("A2", "=Inputs!B4*2", None, 144)
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=Model!$B$2:$B$3"})
    model.insert_chart("D2", chart)
    other.conditional_format("A1:A2", {"type": "data_bar"})
    other.data_validation("C1", {"validate": "list", "source": ["a", "b"]})
    other.add_table("E1:F3", {"name": "Prices", "columns": [{"header": "Name"}, {"header": "Price"}]})
    book.close()
    return Path(path)


@pytest.fixture(scope="session")
def write_model():
    """The function that writes the small model to a path."""
    return _model


@pytest.fixture
def model(tmp_path):
    """Function: writes the small model; `wrong_by` spoils the cached value of its first formula."""

    def make(name="model.xlsx", **options):
        return _model(tmp_path / name, **options)

    return make


@pytest.fixture
def bound(model, figures):
    """Function: the small model with rate and power bound."""

    def make(name="model.xlsx", **options):
        path = model(name, **options)
        refresh.bind(path, [RATE, POWER], figures)
        path.with_name(path.name + ".bak").unlink()
        return path

    return make


@pytest.fixture
def value_of():
    """Function: the value that a cell of a file holds."""

    def read(path, sheet, ref):
        with ooxml.open_package(path) as package:
            return package.cell(sheet, ref).value

    return read


@pytest.fixture
def put():
    """Function: set cells of a file as its user would, {"Inputs!B2": 3}; a text that begins with = is a formula."""

    def write(path, cells):
        with ooxml.open_package(path) as package:
            for where, value in cells.items():
                sheet, _, ref = where.rpartition("!")
                if isinstance(value, str) and value.startswith("="):
                    package.set_formula(sheet, ref, value)
                else:
                    package.set_value(sheet, ref, value)
            package.save()

    return write


@pytest.fixture
def parts():
    """Function: part name -> content of a package (bytes or path)."""

    def read(data):
        stream = io.BytesIO(data) if isinstance(data, bytes) else data
        with zipfile.ZipFile(stream) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    return read


@pytest.fixture
def cells_that_differ():
    """Function: references of the cells in which two worksheet parts differ; fails if anything else differs."""

    def compare(before, after):
        old, new = (_split(xml) for xml in (before, after))
        assert old[0] == new[0], "something beside the cells changed"
        assert list(old[1]) == list(new[1]), "cells came or went"
        differing = {ref for ref in old[1] if _text(old[1][ref]) != _text(new[1][ref])}
        for ref in differing:
            assert _skeleton(old[1][ref]) == _skeleton(new[1][ref]), f"{ref}: more than the value changed"
        return {ref for ref in differing if _value(old[1][ref]) != _value(new[1][ref])}

    return compare


def _split(xml):
    root = etree.fromstring(xml, etree.XMLParser(huge_tree=True, resolve_entities=False))
    cells = {}
    for row in root.iterfind("{*}sheetData/{*}row"):
        for place, cell in enumerate(list(row.iterfind("{*}c"))):
            cells[cell.get("r") or f"{row.get('r')}/{place}"] = cell
            row.remove(cell)
    return etree.tostring(root, method="c14n"), cells


def _text(cell):
    return etree.tostring(cell, method="c14n", exclusive=True, with_tail=False)


def _value(cell):
    return cell.get("t", "n"), [_text(child) for child in cell if etree.QName(child).localname in ("v", "is")]


def _skeleton(cell):
    kept = {name: value for name, value in cell.attrib.items() if name not in ("t", "vm")}
    return kept, [_text(child) for child in cell if etree.QName(child).localname not in ("v", "is")]
