"""main.py as a text that people read: clean, the same each time, with a table of contents that is right."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tokenbook.addin.lite import flatten

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


def flat(roots, packages=None, **sources):
    found = flatten.flatten({name.replace("__", "."): text for name, text in sources.items()}, roots, packages=packages)
    text = found.imports + "\n\n" + "\n\n".join(section.text for section in found.sections)
    space = {"__name__": "main"}
    exec(text, space)
    return text, space


KERNEL = """
import math
import statistics

RATE = 0.5


def _scaled(value):
    return value * RATE


def cost(value):
    return math.floor(_scaled(value))


def unused(value):
    return statistics.mean(value)
"""


def test_what_nothing_reaches_stays_out():
    text, space = flat([("our.kernel", "cost")], our__kernel=KERNEL)
    assert space["cost"](9) == 4
    assert "unused" not in text
    assert "statistics" not in text


def test_two_of_one_name_get_their_modules_in_front():
    top = "from our import kernel\n\nRATE = 2\n\n\ndef cost(value):\n    return kernel.cost(value) * RATE\n"
    text, space = flat([("our.top", "cost")], {"our": ""}, our__kernel=KERNEL, our__top=top)
    assert space["top_cost"](9) == 8
    assert space["kernel_cost"](9) == 4
    assert "kernel.cost" not in text


def test_a_local_name_does_not_hide_a_function_of_ours():
    top = "from our import kernel\n\n\ndef price(cost):\n    return [kernel.cost(cost) for cost in [cost]][0]\n"
    _, space = flat([("our.top", "price")], {"our": ""}, our__kernel=KERNEL, our__top=top)
    assert space["price"](9) == 4


def test_names_inside_texts_with_braces_are_followed():
    top = (
        "from our.kernel import cost as dear\n\nUNIT = 'cost'\n\n\ndef told(x):\n"
        "    return (\n        f'{{cost}} {UNIT}: {dear(x):>4} '\n        f'{dear(x)!r} cost'\n    )\n"
    )
    _, space = flat([("our.top", "told")], {"our": ""}, our__kernel=KERNEL, our__top=top)
    assert space["told"](9) == "{cost} cost:    4 4 cost"


def test_an_attribute_of_the_same_name_is_left_alone():
    top = (
        "from our import kernel\n\n\nclass Row:\n    cost = 7\n\n    def cost_of(self):\n        return self.cost\n\n\n"
        "def cost(row):\n    return row.cost + kernel.cost(1) + Row().cost_of()\n"
    )
    _, space = flat([("our.top", "cost")], {"our": ""}, our__kernel=KERNEL, our__top=top)
    assert space["top_cost"](space["Row"]()) == 14


def test_what_registers_itself_comes_with_its_module_and_keeps_its_name():
    top = (
        "from our import kernel\n\nALL = {}\n\n\ndef keep(f):\n    ALL[f.__name__] = f\n    return f\n\n\n"
        "@keep\ndef cost(x):\n    return kernel.cost(x) + 1\n\n\ndef run(name, x):\n    return ALL[name](x)\n"
    )
    _, space = flat([("our.top", "run")], {"our": ""}, our__kernel=KERNEL, our__top=top)
    assert space["run"]("cost", 9) == 5


def test_equal_constants_are_written_once():
    other = "RATE = 0.5\n\n\ndef half(value):\n    return value * RATE\n"
    text, space = flat([("our.kernel", "cost"), ("our.other", "half")], our__kernel=KERNEL, our__other=other)
    assert text.count("RATE = 0.5") == 1
    assert space["half"](9) == 4.5


def test_a_module_used_as_a_value_is_refused():
    top = "from our import kernel\n\n\ndef cost(value):\n    return getattr(kernel, 'cost')(value)\n"
    with pytest.raises(flatten.FlattenError, match="used as a value"):
        flat([("our.top", "cost")], {"our": ""}, our__kernel=KERNEL, our__top=top)
