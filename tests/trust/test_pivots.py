"""A pivot table whose source holds a changed cell: the reader is told, and Excel refreshes it if that is asked for."""

from tokenbook.addin.cli import run
from tokenbook.templates import ooxml


def refreshes_on_load(path):
    with ooxml.open_package(path) as package:
        caches = [part for part in package.part_names if "pivotCacheDefinition" in part and part.endswith(".xml")]
        return [b'refreshOnLoad="1"' in package.read_part(part) for part in caches]


def test_calc_says_which_figures_are_old(pivoted, tmp_path, capsys):
    out = tmp_path / "out.xlsx"
    assert run(["calc", str(pivoted), "--set", "Data!B2=7", "-o", str(out)]) == 0
    assert "Pivot tables show the old figures until Refresh All." in capsys.readouterr().out
    assert refreshes_on_load(out) == [False]


def test_calc_has_excel_refresh_them(pivoted, tmp_path, capsys):
    out = tmp_path / "out.xlsx"
    assert run(["calc", str(pivoted), "--set", "Data!B2=7", "-o", str(out), "--refresh-pivots"]) == 0
    assert "Pivot tables are refreshed when Excel opens the file." in capsys.readouterr().out
    assert refreshes_on_load(out) == [True]


def test_a_pivot_over_other_cells_is_not_spoken_of(pivoted, tmp_path, capsys):
    assert run(["calc", str(pivoted), "--set", "Data!F9=7", "-o", str(tmp_path / "out.xlsx")]) == 0
    assert "Pivot" not in capsys.readouterr().out


def test_a_refresh_says_so_too(pivoted, tmp_path, capsys):
    bound = tmp_path / "bound.xlsx"
    assert run(["bind", str(pivoted), "Data!B2", "-p", "B200", "-m", "usd_per_gpu_hour", "-c", "hyperscaler"]) == 0
    capsys.readouterr()
    assert run(["refresh", str(pivoted), "-o", str(bound)]) == 0
    assert "Pivot tables show the old figures until Refresh All." in " ".join(capsys.readouterr().out.split())
    assert run(["refresh", str(pivoted), "--write", "--refresh-pivots"]) == 0
    assert refreshes_on_load(pivoted) == [True]
