"""Disaggregated against aggregated serving: the two frontiers of one platform, read at the same speed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tokenbook.templates.models.shared import frontier_sheet
from tokenbook.templates.models.shared.fill import PRECISIONS
from tokenbook.templates.models.shared.frame import Setting
from tokenbook.templates.models.shared.frontier_sheet import Curve
from tokenbook.templates.sheets.grid import Grid
from tokenbook.templates.sheets.rows import Row
from tokenbook.templates.sheets.writer import Writer

MODES = ("disaggregated", "aggregated")
FEWEST_POINTS = 2  # of a frontier that can be read between its points


@dataclass(frozen=True, slots=True)
class Pair:
    """A platform and workload of which both ways of serving were measured."""

    number: int
    platform: str
    shape: str
    precision: str
    curves: tuple[Curve, Curve]


def pairs(setting: Setting, shapes: tuple[str, ...]) -> tuple[Pair, ...]:
    """Where the catalogue has both, in the finest precision that has both; their points are put on Baselines."""
    found: list[Pair] = []
    for platform in setting.platforms:
        for shape in shapes:
            both = _both(setting, platform, shape)
            if both:
                precision, fronts = both
                number = len(found) + 1
                curves = tuple(
                    Curve(
                        f"{mode}_{number}",
                        f"{platform}, {shape}, {precision}, {mode}: {len(rows)} points of its frontier",
                        frontier_sheet.take(setting.filler, rows),
                    )
                    for mode, rows in zip(MODES, fronts, strict=True)
                )
                found.append(Pair(number, platform, shape, precision, curves))
    return tuple(found)


def _both(setting: Setting, platform: str, shape: str) -> Any:
    for precision in PRECISIONS:
        if not precision:
            continue
        try:
            fronts = [
                tuple(
                    setting.figures.frontier(platform, setting.model, shape, precision, setting.filler.as_of, mode)[2]
                )
                for mode in MODES
            ]
        except LookupError:
            continue
        if all(len(rows) >= FEWEST_POINTS for rows in fronts):
            return precision, fronts
    return None


def results(found: tuple[Pair, ...]) -> tuple[Grid, ...]:
    """What disaggregated serving gives over aggregated at the speed asked for."""
    if not found:
        return ()
    ratio = (
        "=IF(AND(N({disaggregated})>0,N({aggregated})>0),{disaggregated}/{aggregated},"
        f'"{frontier_sheet.NOT_MEASURED}")'
    )
    lines = (
        Row("workload", "Workload and precision", "input/output", "=INDEX({lists.serving},{position})", "text"),
        Row("position", "Number of the pair", "position", "=COLUMNS($C$1:{heading})", "flag"),
        Row("disaggregated", "Disaggregated serving at the speed asked for", "tok/s per GPU", "={disaggregated_#.at_0}",
            "number"),
        Row("aggregated", "Aggregated serving at the same speed", "tok/s per GPU", "={aggregated_#.at_0}", "number"),
        Row("ratio", "Disaggregated over aggregated", "times", ratio, "multiple", strong=True,
            note="The best measured of each. Parallelism, software and speculative decoding differ too: not the mode alone."),
    )  # fmt: skip
    columns = tuple(pair.platform for pair in found)
    return (Grid("serving", "Disaggregated over aggregated serving", columns, lines, scope=""),)


def listed(found: tuple[Pair, ...]) -> tuple[str, ...]:
    return tuple(f"{pair.shape}, {pair.precision}" for pair in found)


def write(writer: Writer, name: str, found: tuple[Pair, ...]) -> None:
    """The frontiers of both kinds, each read at the speed asked for."""
    curves = tuple(curve for pair in found for curve in pair.curves)
    frontier_sheet.write(
        writer, name, curves, ("={inputs.interactivity}",), key="serving_target",
        subtitle="The frontiers of disaggregated and of aggregated serving of the same platform, workload and precision. "
        "The ratio stands on Workloads.",
    )  # fmt: skip
