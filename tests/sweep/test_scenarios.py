"""The table of scenarios, read and written without pandas: as pandas would."""

import random
import subprocess
import sys

import pandas
import pytest

from tokenbook.templates.sweep import scenarios
from tokenbook.templates.sweep.errors import SweepError

CELLS = (
    0.1, -0.0, 1e16, 1e15, 1e-5, 0.0001, 5e-324, 1.7976931348623157e308, float("inf"), float("nan"), 2.0,
    None, True, False, "", "plain", 'a "word"', "comma, here", "two\nlines", "cr\rhere", " space ", "naïve €", "#N/A",
    "1",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_what_is_written_is_what_pandas_writes(seed, tmp_path):
    chance = random.Random(seed)
    some = [CELLS, CELLS[:11], [*CELLS[:12]], [True, False, None], [None], [1, 2, 3]]
    names = ["a", 'b "x"', "c,d", "e", "f", "g"]
    columns = {name: [chance.choice(kind) for _ in range(30)] for name, kind in zip(names, some, strict=True)}
    scenarios.write(scenarios.Table(columns), tmp_path / "ours.csv")
    pandas.DataFrame(columns).to_csv(tmp_path / "theirs.csv", index=False)
    assert (tmp_path / "ours.csv").read_bytes() == (tmp_path / "theirs.csv").read_bytes()


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n",
        "\ufeffa,b\r\n1,x\r\n\r\n3,\r\n",
        'scenario, a ,b\n" x ", 1 ,\n   \n"two\nlines",2\n',
        'a\n""\n1\n\n2',
        "a,b\n1\n,\n",
        '"a, b",c\n"say ""no""",50%\n',
        "a,,c\n1,2,3\n",
        "a,b\rtrue,1e3\r",
    ],
)
def test_what_is_read_is_what_pandas_reads(text, tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode())
    theirs = pandas.read_csv(path, dtype=object, keep_default_na=False, skipinitialspace=True)
    ours = scenarios.read(path)
    names = [str(name) if not str(name).startswith("Unnamed: ") else "" for name in theirs.columns]
    assert list(ours.columns) == names
    typed = [[scenarios._typed(text) for text in theirs[name].tolist()] for name in theirs.columns]
    assert [ours[name] for name in names] == typed


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a,b\n1,2,3\n", "3 values in a row, under 2 names: 1, 2, 3"),  # pandas takes the first for a row's name
        ('a,b\n1,"2\n3,4\n', "unexpected end of data"),
        ("", "it is empty"),
        ("a, a\n1,2\n", "the column a is there twice"),
        ("a,b\n", "holds no scenarios"),
    ],
)
def test_what_is_no_table_is_refused(text, why, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(SweepError, match=why):
        scenarios.read(path)


def test_no_pandas_is_loaded_for_csv(tmp_path):
    """Importing it takes longer than calculating three scenarios."""
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n")
    lines = (
        "import pathlib, sys",
        "from tokenbook.addin.commands import sweep",
        "from tokenbook.templates.sweep import run, scenarios",
        "scenarios.write(scenarios.read(pathlib.Path(sys.argv[1])), pathlib.Path(sys.argv[2]))",
        "sys.exit(str({'pandas', 'openpyxl', 'distributed'} & set(sys.modules) or ''))",
    )
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines), path, tmp_path / "out.csv"], capture_output=True, text=True
    )
    assert done.stderr.strip() == ""
    assert (tmp_path / "out.csv").read_text() == "a,b\n1.0,2.0\n"
