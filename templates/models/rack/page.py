"""The dashboard of the ``rack`` template: the figures, what they say, four charts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tokenbook.templates.models.rack.grids import LADDER, WORKLOADS, Workload
from tokenbook.templates.models.shared.frame import Setting
from tokenbook.templates.models.shared.frontier_sheet import NOT_MEASURED
from tokenbook.templates.sheets import charts, dashboard
from tokenbook.templates.sheets.dashboard import Figure
from tokenbook.templates.sheets.formula import Range, TimeRow
from tokenbook.templates.sheets.writer import Writer

KPIS = tuple(
    Figure(key, label, unit, kind, f"={{chosen_#.{key}}}")
    for key, label, unit, kind in (
        ("throughput", "Throughput at that speed", "tok/s per GPU", "count"),
        ("tok_s_per_mw", "Throughput of a megawatt", "tok/s per MW", "count"),
        ("cost_full", "Cost per Mtok at full use", "USD per Mtok", "usd_per_mtok"),
        ("cost", "Cost per Mtok as sold", "USD per Mtok", "usd_per_mtok"),
        ("revenue_rack", "Revenue per rack a year", "USD", "usd"),
        ("margin_rack", "Margin per rack a year", "USD", "usd"),
        ("revenue_mw", "Revenue per megawatt a year", "USD", "usd"),
        ("margin_mw", "Margin per megawatt a year", "USD", "usd"),
        ("margin", "Margin", "share of revenue", "share"),
        ("prefill_share", "Revenue from input (prefill)", "share", "share"),
        ("kw_rack", "Power of a rack", "kW", "number"),
        ("racks_mw", "Racks in a megawatt", "racks", "number"),
    )
)


def write_dashboard(writer: Writer, setting: Setting, workloads: tuple[Workload, ...], pairs: Sequence[Any]) -> None:
    count = len(setting.platforms)
    table = dashboard.write_table(
        writer, title="Which platform earns most per rack, under which workload?", figures=KPIS, count=count,
        subtitle='={inputs.model}&", "&{inputs.workload}&" at "&TEXT({inputs.interactivity},"0")'
        '&" tokens a second for each user, a year at "&TEXT({base_1.utilization},"0.0%")&" use of "&{base_1.heading}'
        '&", prices and software of today"',
    )  # fmt: skip
    dashboard.write_findings(writer, table, findings(writer, table, workloads, pairs))
    dashboard.place_charts(writer, table, dashboard_charts(writer, setting, table, workloads))


def findings(writer: Writer, table: dashboard.Table, workloads: tuple[Workload, ...], pairs: Sequence[Any]) -> tuple[str, ...]:
    """Sentences that the figures write themselves."""
    money = writer.currency
    best = {key: f'IFERROR({table.who(key, "MAX")},"none")' for key in ("revenue_rack", "margin_rack", "revenue_mw")}
    value = lambda key: f'TEXT(MAX({table.span(key)})/1000000,"#,##0.00")'  # noqa: E731
    by_workload = '&"; "&'.join(f'"{w.shape} "&{{winners_{w.number}.revenue_mw}}' for w in workloads)
    unmeasured = f'COUNTIF({table.span("throughput")},"{NOT_MEASURED}")'
    return (
        f'="Most revenue per rack: "&{best["revenue_rack"]}&", {money} "&{value("revenue_rack")}&" million a year; most '
        f'margin per rack: "&{best["margin_rack"]}&", {money} "&{value("margin_rack")}&" million."',
        f'="Most revenue per megawatt: "&{best["revenue_mw"]}&", {money} "&{value("revenue_mw")}&" million a year. Where '
        'power is the limit, this ranks."',
        f'="Most revenue per megawatt under each workload: "&{by_workload}&"."',
        '="Cheapest token along the speeds: "&{ladder_1.winner}&" at "&TEXT({ladder_1.speed},"0")&", "'
        f'&{{ladder_{LADDER // 2}.winner}}&" at "&TEXT({{ladder_{LADDER // 2}.speed}},"0")&", "'
        f'&{{ladder_{LADDER}.winner}}&" at "&TEXT({{ladder_{LADDER}.speed}},"0")&" tok/s per user."',
        f'=IF({unmeasured}=0,"All platforms were measured at this speed.",{unmeasured}&" of {table.columns} were not '
        'measured at this speed; nothing is extrapolated.")&" Points are samples of runs: the true frontier may lie higher."',
        *(
            (
                '=IF(COUNT({serving.ratio:all})=0,"Disaggregated and aggregated serving were not both measured at this '
                'speed.","Disaggregated serving gives "&TEXT(MIN({serving.ratio:all}),"0.0")&" to "'
                '&TEXT(MAX({serving.ratio:all}),"0.0")&" times the throughput of aggregated at this speed, where both were '
                'measured.")',
            )
            if pairs
            else ()
        ),
        f'="Margins hold if every token earns {money} "&TEXT(MAX({{chosen.price:all}}),"0.000")&" per Mtok"'
        '&IF(COUNTIF({inputs.status},"override")=0," (list price; all baselines as in the catalogue)",'
        '" ("&COUNTIF({inputs.status},"override")&" inputs differ from their baselines)")&". Only the all-in rate is cost."',
    )


def dashboard_charts(writer: Writer, setting: Setting, table: dashboard.Table, workloads: tuple[Workload, ...]) -> tuple:
    count, book = len(setting.platforms), writer.book
    names = [book.find(f"dashboard.name_{n}") for n in range(1, count + 1)]
    columns = (dashboard.FIRST, dashboard.UNIT + count)
    curves = []
    for n in range(1, count + 1):
        x, y = book.find(f"chart.x_{n}"), book.find(f"chart.y_{n}")
        curves.append(charts.Curve(_area(x), _area(y), names[n - 1], n - 1))
    for n in range(1, count + 1):
        x, y = book.find(f"chart.at_x_{n}"), book.find(f"chart.at_y_{n}")
        curves.append(charts.Curve(x, y, f"{setting.platforms[n - 1]}, chosen speed", n - 1, points=True))
    frontier = charts.scatter(
        writer, title="Measured frontier and chosen operating point (on the axis: not measured)",
        x_title="Speed of a user, tok/s", y_title="Throughput, tok/s per GPU", number_format="#,##0", curves=curves, x_low=0,
    )  # fmt: skip
    per_rack = charts.bars(
        writer, title="Revenue and margin a year", y_title=writer.unit("USD million"), number_format="#,##0.0,,",
        sheet=dashboard.NAME, categories=(table.names_row, *columns),
        rows=[(table.rows[key], *columns) for key in ("revenue_rack", "margin_rack", "revenue_mw", "margin_mw")],
        names=["Revenue per rack", "Margin per rack", "Revenue per megawatt", "Margin per megawatt"],
    )  # fmt: skip
    tokens = charts.bars(
        writer, title="Throughput of a megawatt at the chosen speed", y_title="million tok/s per MW",
        number_format="#,##0.0,,", sheet=dashboard.NAME, categories=(table.names_row, *columns),
        rows=[(table.rows["tok_s_per_mw"], *columns)], names=["Input plus output tokens"],
    )  # fmt: skip
    heading = book.time_row("base.heading")
    across = (heading.first, heading.last)
    by_workload = charts.bars(
        writer, title="Revenue per megawatt a year, by workload (no bar: not measured)", y_title=writer.unit("USD million"),
        number_format="#,##0,,", sheet=WORKLOADS, categories=(heading.row, *across),
        rows=[(book.find(f"work_{w.number}.revenue_mw").row, *across) for w in workloads],
        names=[f"{w.shape} (input/output)" for w in workloads],
    )  # fmt: skip
    return frontier, per_rack, tokens, by_workload


def _area(place: TimeRow) -> Range:
    return Range(place.sheet, place.row, place.first, place.row, place.last)
