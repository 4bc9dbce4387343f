"""main.py as a text that people read: clean, the same each time, with a table of contents that is right."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tokenbook.addin.lite import modules, source
from tokenbook.addin.lite.modules import INSTEAD

ROOT = Path(__file__).parents[3]
WRITE = (
    "from tokenbook.addin.lite import figures, source\n"
    "print(source.write(None, figures.tables(figures.chosen()), '2026-09-30'))"
)


@pytest.mark.parametrize("which", ["full_main", "carried"])
def test_it_is_clean(which, request, tmp_path):
    path = request.getfixturevalue(which)
    command = [sys.executable, "-m", "ruff", "check", "--config", str(ROOT / "pyproject.toml"), str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-1500:]


def test_the_contents_name_the_right_lines(carried):
    lines = carried.read_text(encoding="utf-8").split("\n")
    entries = [re.match(r" *([\d,]+)  (\w+) +(\w+) ", line) for line in lines[:100]]
    entries = [entry for entry in entries if entry]
    assert len(entries) > 30
    for entry in entries:
        number = int(entry[1].replace(",", ""))
        assert lines[number] == f"# {entry[2]}: {entry[3]}"  # the rule above the title is on that line
        assert set(lines[number - 1]) == {"#", " ", "="}
    rules = [line for line in lines if line.startswith("# ======")]
    assert len(rules) == 2 * len(entries)


def test_the_same_choice_gives_the_same_bytes_whatever_the_hash_seed():
    texts = {
        subprocess.run(
            [sys.executable, "-c", WRITE],
            capture_output=True,
            check=True,
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1


def test_it_is_small_enough_for_excel(carried):
    assert carried.stat().st_size < 1_000_000


@pytest.mark.parametrize("which", ["full_main", "carried"])
def test_modules_travel_as_they_are(which, request, texts_in):
    """Letter by letter, but for those that need files and are replaced."""
    carried = texts_in(request.getfixturevalue(which))
    replaced = {f"{name.replace('.', '/')}.py" for name in INSTEAD}
    assert len(carried) > 40
    assert replaced <= set(carried)
    for path in set(carried) - replaced:
        assert carried[path] == (ROOT / path.removeprefix("tokenbook/")).read_text(encoding="utf-8"), path


@pytest.mark.parametrize(
    "text",
    [
        'plain = """docstring"""\n',
        "backslashes = r'\\d+' '\\n' \"\\\\\"\n",
        "three = '''inside''' + '\\''\n",
        "four = ''''''' \\\n",
        "no line at the end",
        "a backslash at the end\\",
        "quotes at the end''",
        "\n\nblank lines first\n",
        "control \x00 \x0c \r \x7f and \u2028 \x85 €𝄞\n",
        "tab\there\n",
        "",
    ],
)
def test_a_block_holds_any_text_exactly(text):
    assert ast.literal_eval(source.block(text))[1:] == text


def test_a_block_shows_the_text_as_it_is():
    text = 'PATTERN = r"\\d+"  # of "numbers"\n\n\ndef cost():\n    """Cost, \\$."""\n'
    assert source.block(text) == f"r'''\n{text}'''"
    quoted = source.block("a = '''three'''\nb = 1\n")
    assert quoted.split("\n")[2] == "b = 1"


def names(*roots):
    return {module.name for module in modules.needed(roots)}


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Modules ``tokenbook.small.*`` for as long as the test takes: path in the package -> text."""
    import tokenbook

    monkeypatch.setattr(tokenbook, "__path__", [*tokenbook.__path__, str(tmp_path)])

    def write(**texts):
        for path, text in {"small/__init__": "", **texts}.items():
            place = tmp_path / f"{path}.py"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        importlib.invalidate_caches()

    yield write
    for cached in (modules._read, modules._is_module, modules._imported, modules._bound):
        cached.cache_clear()
    for name in [name for name in sys.modules if name.startswith("tokenbook.small")]:
        del sys.modules[name]


def test_imports_are_followed_wherever_they_stand(small):
    small(
        **{
            "small/top": "from tokenbook.small import below\n\n\ndef later():\n    from .deep import deeper as d\n",
            "small/below": "import tokenbook.small.side\n",
            "small/side": "def deeper(): ...\n",
            "small/deep": "from .side import deeper\n",
            "small/nobody": "",
        }
    )
    found = {"top", "below", "side", "deep"}
    assert names("tokenbook.small.top") == {f"tokenbook.small.{name}" for name in found}


def test_what_only_type_checkers_import_stays_out(small):
    small(
        **{
            "small/top": "import typing\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import pandas\n"
            "    from . import hidden\nelse:\n    from . import shown\n"
            "if typing.TYPE_CHECKING:\n    from . import hidden\n",
            "small/hidden": "",
            "small/shown": "",
        }
    )
    assert names("tokenbook.small.top") == {"tokenbook.small.top", "tokenbook.small.shown"}


def test_a_package_travels_if_something_of_its_own_is_asked_for(small):
    small(
        **{
            "small/room/__init__": "from . import other\nfrom .cost import cost\n",
            "small/room/cost": "def cost():\n    return 1\n",
            "small/room/other": "",
            "small/module": "from tokenbook.small.room import other\n",
            "small/value": "from tokenbook.small.room import cost\n",
            "small/whole": "from tokenbook.small import room\n",
        }
    )
    room = {"tokenbook.small.room", "tokenbook.small.room.other", "tokenbook.small.room.cost"}
    assert names("tokenbook.small.module") == {"tokenbook.small.module", "tokenbook.small.room.other"}
    assert names("tokenbook.small.value") == {"tokenbook.small.value", *room}
    assert names("tokenbook.small.whole") == {"tokenbook.small.whole", *room}


def test_a_module_that_lite_cannot_load_is_refused_by_name(small):
    small(**{"small/top": "import math\nfrom lxml import etree\n"})
    with pytest.raises(modules.ModuleError, match=r"tokenbook\.small\.top imports lxml"):
        modules.needed(["tokenbook.small.top"])
