"""The add-in file for Excel, read back by parsers that know nothing of how it was made."""

import re
import warnings
import zipfile

import pytest
from lxml import etree
from openpyxl import load_workbook

from tokenbook.addin.classic import functions, vba, xlam
from tokenbook.templates.models import TEMPLATES
from tokenbook.udfs.functions import registry

FUNCTIONS = registry()
MOST_OF_A_LINE = 1023  # characters that VBA takes
MOST_CONTINUED = 24  # times that one statement may go on in the next line


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return xlam.build(tmp_path_factory.mktemp("xlam") / "tokenbook.xlam")


@pytest.fixture(scope="module")
def modules(made) -> dict[str, str]:
    """The VBA as olevba reads it out of the file: name of the module -> source."""
    with warnings.catch_warnings(action="ignore"):  # it uses old names of its own parser library
        from oletools.olevba import VBA_Parser
    parser = VBA_Parser(str(made))
    try:
        found = {name.rsplit(".", 1)[0]: code for _, _, name, code in parser.extract_macros()}
    finally:
        parser.close()
    return {name: code.replace("\r\n", "\n") for name, code in found.items()}


def joined(code: str) -> str:
    return code.replace(" _\n", " ")


def test_an_independent_parser_finds_our_modules_beside_those_of_xlwings(modules):
    assert set(modules) == {
        "ThisWorkbook", "Dictionary", "Sheet2", "xlwings", vba.FUNCTIONS, vba.HELP, vba.RIBBON,
    }  # fmt: skip
    assert 'PROJECT_NAME As String = "Tokenbook"' in modules["xlwings"]
    assert "BSD 3-clause" in modules["xlwings"], "xlwings' licence stays with its code"
    assert "TokenbookRegisterHelp" in modules["ThisWorkbook"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_declared_and_called_with_all_its_arguments(name, modules):
    function = FUNCTIONS[name]
    names = [vba.name_of(argument) for argument in function.arguments]
    code = joined(modules[vba.FUNCTIONS])
    declared = re.findall(rf"^Public Function {function.name}\(([^)]*)\) As Variant$", code, flags=re.MULTILINE)
    assert declared == [", ".join(f"Optional {argument}" for argument in names)]
    body = code.split(f"Public Function {function.name}(")[1].split("End Function")[0]
    called = re.findall(r'XLPy\.CallUDF\("([\w.]+)", "call",\s+Array\(([^)]*)\)', body)
    assert called == [(functions.__name__, ", ".join([f'"{name}"', *names]))]
    assert not vba.RESERVED & {argument.lower() for argument in names}
    assert len({argument.lower() for argument in names}) == len(names)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_function_wizard_shows_the_sentence_and_every_argument(name, modules):
    function = FUNCTIONS[name]
    code = modules[vba.HELP]
    assert f"    Help_{function.name}\n" in code
    body = code.split(f"Private Sub Help_{function.name}()\n")[1].split("End Sub")[0]
    texts = {}
    for variable, text in re.findall(r'^    ([\w()]+) = (?:\1 & )?"((?:[^"]|"")*)"$', body, flags=re.MULTILINE):
        texts[variable] = texts.get(variable, "") + text.replace('""', '"')
    assert texts.pop("about") == vba.plain(function.help.summary)
    assert list(texts) == [f"arguments({number})" for number in range(1, len(function.arguments) + 1)]
    for text, argument in zip(texts.values(), function.arguments, strict=True):
        assert 0 < len(text) <= vba.MOST_HELP
        about = function.help.arguments[argument.name]
        assert text.startswith(vba.plain(f"{about.takes}, {about.unit}")[:200])


def test_vba_can_read_every_line(modules):
    for name in (vba.FUNCTIONS, vba.HELP, vba.RIBBON, "ThisWorkbook"):
        code = modules[name]
        assert code.isascii(), name
        assert max(map(len, code.splitlines())) <= MOST_OF_A_LINE
        assert not re.search(rf"(?:[^\n]* _\n){{{MOST_CONTINUED + 1}}}", code)
        opened = len(re.findall(r"^(?:Public |Private )?(?:Function|Sub) ", code, flags=re.MULTILINE))
        assert opened == len(re.findall(r"^End (?:Function|Sub)$", code, flags=re.MULTILINE))


def test_buttons_call_macros_and_macros_call_python_that_exist(made, modules):
    from tokenbook.addin.classic import ribbon

    with zipfile.ZipFile(made) as package:
        ui = etree.fromstring(package.read("customUI/customUI.xml"))
        assert "customUI/customUI.xml" in package.read("_rels/.rels").decode()
    actions = {element.get("onAction") for element in ui.iter() if element.get("onAction")}
    macro = r"Public Sub (\w+)\(control As IRibbonControl\)\n(.*?)End Sub"
    macros = dict(re.findall(macro, modules[vba.RIBBON], re.DOTALL))
    assert actions == {f"{vba.RIBBON}.{name}" for name in macros}
    called = {name for body in macros.values() for name in re.findall(r'Run "(\w+)\(', body)}
    assert called == {"new_model", "refresh_baselines", "check_model", "show_help"}
    assert all(callable(getattr(ribbon, name)) for name in called)
    tags = [element.get("tag") for element in ui.iter() if element.get("tag")]
    assert tags == list(TEMPLATES)
    ids = [element.get("id") for element in ui.iter() if element.get("id")]
    assert len(ids) == len(set(ids))


def test_xlwings_finds_its_settings(made, tmp_path):
    content = tmp_path / "as.xlsx"  # openpyxl reads no .xlam: the same sheets under another content type
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(content, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "[Content_Types].xml":
                data = data.replace(
                    b"application/vnd.ms-excel.addin.macroEnabled.main+xml",
                    b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
                )
            target.writestr(name, data)
    book = load_workbook(content)
    assert book.sheetnames == ["Tokenbook.conf"]
    settings = dict(book["Tokenbook.conf"].iter_rows(values_only=True))
    assert settings["UDF Modules"] == functions.__name__
    assert settings["ADD_WORKBOOK_TO_PYTHONPATH"] is False, "a workbook's folder must not bring Python code in"
    assert settings["Use UDF Server"] is True
    assert settings["Interpreter_Win"]


def test_nobody_elses_folder_is_in_the_file(made):
    with zipfile.ZipFile(made) as package:
        assert b"Users\\felix" not in package.read("xl/workbook.xml")


def test_the_same_call_gives_the_same_settings_and_ribbon(made, tmp_path):
    again = xlam.build(tmp_path / "tokenbook.xlam")
    with zipfile.ZipFile(made) as one, zipfile.ZipFile(again) as two:
        for name in one.namelist():
            if name != "xl/vbaProject.bin":
                assert one.read(name) == two.read(name), name


def test_texts_are_cut_where_the_wizard_would_cut_them_and_in_letters_that_vba_knows():
    assert vba.plain("10 € – “up to” 3×") == "10 EUR - up to 3x"
    assert len(vba.shortened("word " * 100)) <= vba.MOST_HELP
    assert vba.shortened("word " * 100).endswith("...")
