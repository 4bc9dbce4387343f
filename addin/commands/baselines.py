"""``baselines``: figures listed, one shown with its history, two dates compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from tokenbook.addin.commands import show
from tokenbook.addin.commands.choosing import (
    Filters,
    chosen,
    in_order,
    in_place_of,
    iso_day,
    listed,
    named_well,
    unlike,
    why_nothing,
)
from tokenbook.addin.commands.errors import CommandError
from tokenbook.addin.commands.texts import (
    Row,
    counted,
    is_team,
    joined,
    number,
    plain,
    print_grid,
    print_team,
    print_text,
)

if TYPE_CHECKING:
    from tokenbook.udfs.catalog import Baseline, Metric

FRONTIER = "frontier_total_tok_s_per_gpu"  # hundreds of points: listed and compared only when asked for by name
POINTS = {
    "peak": "at highest throughput",
    "at_interactivity": "at a stated speed per user",
    "scenario": "in an MLPerf scenario",
}
DIFF_FIELDS = (
    "change", "platform", "metric", "model", "words", "value_a", "as_of_a", "value_b", "as_of_b", "unit", "ratio",
    "source", "origin",
)  # fmt: skip


def list_figures(
    filters: Filters, *, as_of: str | None, everything: bool, as_json: bool = False, as_csv: bool = False
) -> None:
    """Print the figures that fit: those in force, or with ``everything`` all vintages."""
    from tokenbook.udfs import catalog

    _one_format(as_json, as_csv)
    day = iso_day(as_of, "--as-of")
    figures = catalog.active()
    rows = listed(figures, filters, day, everything)
    if not rows:
        raise CommandError(why_nothing(figures, filters, day))
    if as_json or as_csv:
        _for_programs(rows, (*catalog.FIELDS, "words", "origin"), as_json)
        return
    _print_by_metric(
        rows,
        ("Platform", "Which", "Value", "As of", "Confidence", "Note"),
        lambda row: [_name(row), _which(row), number(row["value"]), row["as_of"], row["confidence"]],
        note=lambda row: joined((row["source"], row["qualifier"]), "; "),
        described=bool(filters.metric),
    )
    metrics = len({row["metric"] for row in rows})
    known = f", as known on {day}" if day else ""
    print_text(f"{counted(len(rows), 'figure')} of {counted(metrics, 'metric')}{known}.")
    if not str(filters):
        print_text("Fewer with --platform, --metric, --model or --conditions.")
    if not filters.metric:
        print_text(f"Points of measured frontiers are listed by --metric {FRONTIER}.")
    print_team(rows)


def show_figure(
    first: str,
    second: str,
    *,
    model: str | None,
    conditions: str | None,
    as_of: str | None,
    as_json: bool = False,
    as_csv: bool = False,
) -> None:
    """Print one figure, named by platform and metric, by a metric alone or by its id, with its whole history."""
    from tokenbook.udfs import catalog

    _one_format(as_json, as_csv)
    day = iso_day(as_of, "--as-of")
    figures = catalog.active()
    row = chosen(figures, first, second, model, conditions, day)
    shown: dict[str, Any] = catalog.views.show(figures, row.id, day)
    shown["in_place_of"] = [other.as_dict() for other in in_place_of(figures, row, shown["history"], day)]
    if as_json:
        show.as_json(shown | {"words": row.words, "as_known_on": day or None})
    elif as_csv:
        _for_programs(_roles(shown), ("role", *catalog.FIELDS, "origin"), as_json=False)
    else:
        _print_figure(row, shown, day)


def diff_dates(date_a: str, date_b: str, filters: Filters, *, as_json: bool = False, as_csv: bool = False) -> None:
    """Print what was known on the second date and not, or otherwise, on the first."""
    from tokenbook.udfs import catalog

    _one_format(as_json, as_csv)
    first, second = iso_day(date_a, "DATE_A"), iso_day(date_b, "DATE_B")
    if first > second:
        raise CommandError(f"{first} is after {second}: write the earlier date first")
    figures = catalog.active()
    with named_well(figures):
        rows = unlike(change for asked in filters.each() for change in figures.diff(first, second, *asked))
    if not rows and not listed(figures, filters, second, everything=False):
        raise CommandError(why_nothing(figures, filters, second))
    if as_json or as_csv:
        _for_programs(rows, DIFF_FIELDS, as_json)
        return
    if not rows:
        print_text(f"Between {first} and {second} nothing changed{' for ' if str(filters) else ''}{filters}.")
        return
    _print_by_metric(
        in_order(rows),
        ("Platform", "Which", first, second, "Change", "Note"),
        lambda row: [_name(row), _which(row), number(row["value_a"]), number(row["value_b"]), _change(row)],
        note=lambda row: f"{row['source']}, as of {row['as_of_b']}",
        described=bool(filters.metric),
    )
    new = sum(1 for row in rows if row["change"] == "new")
    print_text(f"{counted(len(rows) - new, 'figure')} changed, {new:,} new between {first} and {second}.")
    if not filters.metric:
        print_text(f"Points of measured frontiers are compared by --metric {FRONTIER}.")
    print_team(rows)


# -- printing ----------------------------------------------------------------------------------------------------


def _print_by_metric(
    rows: Sequence[Row],
    columns: Sequence[str],
    cells: Callable[[Row], list[object]],
    *,
    note: Callable[[Row], str],
    described: bool,
) -> None:
    """Rows under the heading of their metric, with numbered notes that say the source; aligned throughout."""
    from tokenbook.udfs import catalog

    by_metric: dict[str, list[Row]] = {}
    for row in rows:
        by_metric.setdefault(str(row["metric"]), []).append(row)
    team = any(is_team(row) for row in rows)
    lines: dict[str, list[list[object]]] = {}
    notes: dict[str, dict[str, int]] = {}
    for metric, group in by_metric.items():
        numbers: dict[str, int] = {}
        lines[metric] = [
            [*cells(row), numbers.setdefault(note(row), len(numbers) + 1), *(["team" * is_team(row)] if team else [])]
            for row in group
        ]
        notes[metric] = numbers
    columns = (*columns, "Whose") if team else columns
    every = [columns, *(line for written in lines.values() for line in written)]
    widths = [None if name == "Which" else max(len(str(line[i])) for line in every) for i, name in enumerate(columns)]
    for position, (metric, written) in enumerate(lines.items()):
        if position:
            show.console.print()
        about = catalog.metric(metric)
        print_text(_heading(about), style="bold")
        if described:
            print_text(about.description)
        print_grid(columns, written, widths, header=position == 0)
        _print_notes(notes[metric])
    show.console.print()


def _print_notes(numbers: Mapping[str, int]) -> None:
    grid = Table.grid(padding=(0, 1, 0, 0), expand=True)
    grid.add_column(justify="right", width=5, no_wrap=True)
    grid.add_column(ratio=1, overflow="fold")
    for text, count in numbers.items():
        grid.add_row(plain(f"{count}:"), plain(text))
    show.console.print(grid)


def _print_figure(row: Baseline, shown: Mapping[str, Any], day: str) -> None:
    from tokenbook.udfs import catalog

    about = catalog.metric(row.metric)
    known = f", as known on {day}" if day else ""
    named = joined((row.platform, about.id, row.model, row.words), ", ")
    print_text(f"{named}: {number(row.value)} {row.unit}{known}", style="bold")
    print_text(joined((f"id {row.id}", row.kind, f"confidence {row.confidence}", *_nature(about)), ", "))
    if row.is_team:
        print_text(f"The team's own figure ({row.origin.removeprefix('team: ')}).", soft_wrap=True)
    print_text(about.description)
    parts = (
        ("History", shown["history"]),
        ("Shipped figures that the team's figure stands in for", shown["in_place_of"]),
        ("Others say", shown["contradictions"]),
    )
    for title, rows in parts:
        if rows:
            _print_vintages(title, rows, row.id)
    if shown["known_later"]:
        later = counted(shown["known_later"], "later vintage")
        print_text(f"{later} left out, known only after {day}; without --as-of all are shown.")
    print_team(row for _, rows in parts for row in rows)


def _print_vintages(title: str, rows: Sequence[Row], chosen: str) -> None:
    show.console.print()
    print_text(title, style="bold")
    notes: dict[str, int] = {}
    lines = []
    for row in rows:
        note = joined((f"{row['source']} ({row['source_ref']})", row["qualifier"]), "; ")
        mark = ", ".join([*(["this figure"] if row["id"] == chosen else []), *(["team"] if is_team(row) else [])])
        which = joined((row["tier"], row["conditions"], row["framework"]), " ")
        cells = [row["as_of"], number(row["value"]), row["confidence"], which, notes.setdefault(note, len(notes) + 1)]
        lines.append([*cells, mark])
    columns = ("As of", "Value", "Confidence", "Which", "Note", "")
    every = [columns, *lines]
    widths = [None if name == "Which" else max(len(str(line[i])) for line in every) for i, name in enumerate(columns)]
    print_grid(columns, lines, widths, header=True)
    _print_notes(notes)


def _heading(about: Metric) -> str:
    return joined((f"{about.id}: {about.unit}", *_nature(about)), ", ")


def _nature(about: Metric) -> list[str]:
    """What a reader could mistake: owning or renting, which tokens, at which point of the curve."""
    return [
        about.ownership if about.ownership != "none" else "",
        f"{about.tokens} tokens" if about.tokens not in ("none", "ratio") else "",
        POINTS.get(about.point, ""),
        about.subject if about.subject in ("assumption", "claim") else "",
    ]


def _name(row: Row) -> str:
    return str(row["platform"] or row["model"] or "")


def _which(row: Row) -> str:
    return joined((row["model"] if row["platform"] else "", row["words"]), " ")


def _change(row: Row) -> str:
    if row["change"] == "new":
        return "new"
    ratio = row["ratio"]
    if not isinstance(ratio, float) or not 0.1 <= ratio < 10:  # beyond it a percentage is hard to read
        return "changed" if not isinstance(ratio, float) else f"x {number(ratio)}"
    return f"{ratio - 1:+.1%}"


# -- for programs ------------------------------------------------------------------------------------------------


def _one_format(as_json: bool, as_csv: bool) -> None:
    if as_json and as_csv:
        raise CommandError("choose one of --json and --csv")


def _for_programs(rows: Sequence[Row], fields: Sequence[str], as_json: bool) -> None:
    from tokenbook.udfs.catalog import views

    if as_json:
        show.as_json(list(rows))
    else:
        print(views.to_csv(rows, fields), end="")


def _roles(shown: Mapping[str, Any]) -> list[dict[str, object]]:
    """One figure's rows, each with what it is to the figure."""
    chosen = shown["figure"]["id"]
    rows = [{"role": "figure" if row["id"] == chosen else "history", **row} for row in shown["history"]]
    rows += [{"role": "in place of", **row} for row in shown["in_place_of"]]
    return rows + [{"role": "says otherwise", **row} for row in shown["contradictions"]]
