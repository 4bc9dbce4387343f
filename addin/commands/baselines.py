"""``baselines``: figures listed, one shown with its history, two dates compared, files imported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tokenbook.addin.commands import show
from tokenbook.addin.commands.errors import CommandError

Row = Mapping[str, object]

DIGITS = 6  # significant digits on the screen; JSON and CSV carry all
REFUSALS_SHOWN = 10  # refused rows shown one by one before "and n more"
REASONS_SHOWN = 8  # kinds of reasons shown when not every refused row is
FRONTIER = "frontier_total_tok_s_per_gpu"  # hundreds of points: listed and compared only when asked for by name
POINTS = {
    "peak": "at highest throughput",
    "at_interactivity": "at a stated speed per user",
    "scenario": "in an MLPerf scenario",
}
RIGHT = ("Value", "Change", "Rows", "Line", "Note")  # columns of numbers
DIFF_FIELDS = (
    "change", "platform", "metric", "model", "words", "value_a", "as_of_a", "value_b", "as_of_b", "unit", "ratio",
    "source", "origin",
)  # fmt: skip


@dataclass(frozen=True)
class Filters:
    """What ``list`` and ``diff`` narrow by; of several platforms, metrics or models any will do."""

    platform: tuple[str, ...] = ()
    metric: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    conditions: str = ""

    def __str__(self) -> str:
        given = [f'--{name} "{text}"' for name in ("platform", "metric", "model") for text in getattr(self, name)]
        return " ".join([*given, *([f'--conditions "{self.conditions}"'] if self.conditions else [])])

    def each(self) -> Iterator[tuple[str | None, str | None, str | None, str | None]]:
        """The questions for the catalogue: platform, metric, model, conditions."""
        yield from product(self.platform or [None], self.metric or [None], self.model or [None], [self.conditions])


def filters(platform=None, metric=None, model=None, conditions=None) -> Filters:
    """Filters of options that may each be given several times; every word of the conditions must be met."""
    given = (tuple(text for text in texts or () if text.strip()) for texts in (platform, metric, model))
    return Filters(*given, " ".join(conditions or ()).strip())


def list_figures(
    filters: Filters, *, as_of: str | None, everything: bool, as_json: bool = False, as_csv: bool = False
) -> None:
    """Print the figures that fit: those in force, or with ``everything`` all vintages."""
    from tokenbook.udfs import catalog

    _one_format(as_json, as_csv)
    day = iso_day(as_of, "--as-of")
    figures = catalog.active()
    rows = _listed(figures, filters, day, everything)
    if not rows:
        raise CommandError(_why_nothing(figures, filters, day))
    if as_json or as_csv:
        _for_programs(rows, (*catalog.FIELDS, "words", "origin"), as_json)
        return
    _print_by_metric(
        rows,
        ("Platform", "Which", "Value", "As of", "Confidence", "Note"),
        lambda row: [_name(row), _which(row), number(row["value"]), row["as_of"], row["confidence"]],
        note=lambda row: _joined((row["source"], row["qualifier"]), "; "),
        described=bool(filters.metric),
    )
    metrics = len({row["metric"] for row in rows})
    known = f", as known on {day}" if day else ""
    print_text(f"{_count(len(rows), 'figure')} of {_count(metrics, 'metric')}{known}.")
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
    row = _chosen(figures, first, second, model, conditions, day)
    shown = catalog.views.show(figures, row.id, day)
    shown["in_place_of"] = [other.as_dict() for other in _in_place_of(figures, row, shown["history"], day)]
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
    with _named_well(figures):
        rows = _unlike(change for asked in filters.each() for change in figures.diff(first, second, *asked))
    if not rows and not _listed(figures, filters, second, everything=False):
        raise CommandError(_why_nothing(figures, filters, second))
    if as_json or as_csv:
        _for_programs(rows, DIFF_FIELDS, as_json)
        return
    if not rows:
        print_text(f"Between {first} and {second} nothing changed{' for ' if str(filters) else ''}{filters}.")
        return
    _print_by_metric(
        _in_order(rows),
        ("Platform", "Which", first, second, "Change", "Note"),
        lambda row: [_name(row), _which(row), number(row["value_a"]), number(row["value_b"]), _change(row)],
        note=lambda row: f"{row['source']}, as of {row['as_of_b']}",
        described=bool(filters.metric),
    )
    new = sum(1 for row in rows if row["change"] == "new")
    print_text(f"{_count(len(rows) - new, 'figure')} changed, {new:,} new between {first} and {second}.")
    if not filters.metric:
        print_text(f"Points of measured frontiers are compared by --metric {FRONTIER}.")
    print_team(rows)


def import_rows(
    kind: str,
    file: Path,
    out: Path,
    *,
    as_of: str | None,
    defaults: Sequence[str] = (),
    force: bool = False,
    as_json: bool = False,
) -> None:
    """Check a file row by row, write what is sound as a team catalogue, and say what was refused and why."""
    from tokenbook.udfs import catalog
    from tokenbook.udfs.catalog import importers

    day = iso_day(as_of, "--as-of")
    given = dict(_pair(text) for text in defaults)
    if kind.strip().casefold() not in importers.KINDS:
        kinds = ", ".join(importers.KINDS)
        raise CommandError(f"{kind}: there is no such kind of file; there are {kinds}")
    _check_target(out, file, force)
    with show.progress() as progress:
        task = progress.add_task(f"reading {file.name}")
        result = importers.import_file(kind, file, as_of=day or None, defaults=given, tiers=catalog.shipped().tiers())
        if result.rows:
            progress.update(task, description=f"writing {len(result.rows):,} rows")
            importers.write_csv(result.rows, out)
    if as_json:
        _json_summary(result, out)
    else:
        _print_summary(result)
    if not result.rows:
        raise CommandError(
            f"{file}: none of its {_count(result.refused_count, 'row')} can be used; nothing was written"
            if result.refused_count
            else f"{file}: holds no rows; nothing was written"
        )
    if not as_json:
        print_text(f"Written: {out}", soft_wrap=True)
        print_text(f"To use it: --catalog {out}, or the environment variable TOKENBOOK_CATALOG", soft_wrap=True)


# -- shared with the claims command ----------------------------------------------------------------------------


def number(value: object) -> str:
    """A figure with its own digits and no more: 5,000,000, 28,012.9, 0.0193363; "-" for none."""
    if value is None:
        return "-"
    text = show.significant(float(value), DIGITS)
    return text.rstrip("0").rstrip(".") if "." in text else text


def plain(value: object) -> Text:
    """Text as it stands: no markup is read in it, and no control character reaches the terminal."""
    return Text("".join(sign if sign.isprintable() else " " for sign in str(value)))


def print_text(value: object, *, indent: int = 0, style: str = "", soft_wrap: bool = False) -> None:
    """Print a paragraph, wrapped to the terminal."""
    text = plain(value)
    text.stylize(style)
    show.console.print(Padding(text, (0, 0, 0, indent)) if indent else text, soft_wrap=soft_wrap)


def print_grid(
    columns: Sequence[str], rows: Sequence[Sequence[object]], widths: Sequence[int | None], *, header: bool
) -> None:
    """Print rows under fixed widths; the column of width None takes the rest and wraps."""
    grid = Table(box=None, show_header=header, header_style="bold", padding=(0, 2, 0, 0), pad_edge=False, expand=True)
    for name, width in zip(columns, widths, strict=True):
        grid.add_column(
            name,
            justify="right" if name in RIGHT or name[:1].isdigit() else "left",
            width=width,
            ratio=1 if width is None else None,
            no_wrap=width is not None,
            overflow="fold",
        )
    for row in rows:
        grid.add_row(*map(plain, row))
    show.console.print(grid)


def print_team(rows: Iterable[Row]) -> None:
    """Say which team catalogue is on top and how many of the rows are its own."""
    from tokenbook.udfs import catalog
    from tokenbook.udfs.catalog.team import hidden

    if catalog.place():
        own = sum(1 for row in rows if _is_team(row))
        place = hidden(catalog.place())
        print_text(f"{own:,} of these figures from the team catalogue {place}, marked team.", soft_wrap=True)


def iso_day(text: str | None, name: str) -> str:
    """The ISO day of an option; empty when it was not given."""
    from tokenbook.udfs.catalog import CatalogError
    from tokenbook.udfs.catalog.dates import iso

    if not text:
        return ""
    try:
        return iso(text)
    except CatalogError as error:
        raise CommandError(f"{name} {error}") from None


# -- choosing ----------------------------------------------------------------------------------------------------


def _listed(figures, filters: Filters, day: str, everything: bool) -> list[dict[str, object]]:
    from tokenbook.udfs.catalog import views

    with _named_well(figures):
        rows = _unlike(
            row
            for asked in filters.each()
            for row in views.listing(figures, *asked, day or None, everything=everything)
        )
    return _in_order(rows)


def _unlike(rows: Iterable[dict[str, object]]) -> list[dict[str, object]]:
    """The rows without repetition: B200 asked for under two spellings is one B200."""
    return list({tuple(row.values()): row for row in rows}.values())


@contextmanager
def _named_well(figures) -> Iterator[None]:
    """A name that the catalogue does not know, and that is near none it knows, is answered with those it knows."""
    from tokenbook.udfs import catalog

    try:
        yield
    except catalog.UnknownKey as error:
        message = str(error.args[0])
        if "did you mean" not in message:
            for kind, names in (("platform", figures.platforms), ("model", figures.models)):
                message += f"; there are {', '.join(names())}" if message.startswith(f"unknown {kind}") else ""
            message += "; tokenbook baselines list shows them all" if message.startswith("unknown metric") else ""
        raise CommandError(message) from None


def _in_order(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Metric by metric, in it the platforms and models as they first appear, in them by speed per user and date."""
    from tokenbook.udfs import catalog

    metrics = {name: at for at, name in enumerate(catalog.metrics())}
    seen: dict[tuple, int] = {}

    def key(row: Row) -> tuple:
        series = tuple(row.get(name) for name in ("tier", "isl", "osl", "precision"))
        parts = (("platform", row["platform"]), ("model", row["model"]), ("series", series))
        first_seen = (seen.setdefault(part, len(seen)) for part in parts)
        return (metrics[row["metric"]], *first_seen, row.get("interactivity") or 0.0, row.get("as_of", ""))

    return sorted(rows, key=key)


def _chosen(figures, first: str, second: str, model: str | None, conditions: str | None, day: str):
    """The row that two words, or one, ask for."""
    from tokenbook.udfs import catalog

    if not (first.strip() or second.strip()):
        raise CommandError("name a platform and a metric: tokenbook baselines show B200 kw_per_gpu")
    if not second and any(row.id == first for row in figures):
        row = figures.row(first)
        if day and row.as_of > day:
            raise CommandError(f"{first} was not known on {day}; it is of {row.as_of}")
        return row
    platform, metric = (first, second) if second else ("", first)
    if not second:
        try:
            catalog.metric(metric)
        except catalog.UnknownKey as error:
            raise CommandError(_which_metric(figures, first, str(error.args[0]))) from None
    try:
        with _named_well(figures):
            return figures.get(platform, metric, model, conditions, day or None)
    except catalog.AmbiguousKey as error:
        raise CommandError(f"{error.args[0]}; decide with --conditions or --model") from None


def _which_metric(figures, text: str, reason: str) -> str:
    """What to write instead of a single word that is no metric: it may be a platform, or nearly one, or an id."""
    from tokenbook.udfs import catalog

    try:
        if "." in text:
            figures.row(text)
        metrics = list(dict.fromkeys(row.metric for row in figures.find(text)))
    except catalog.UnknownKey as error:
        nearer = error.args[0] if "did you mean" in error.args[0] and "did you mean" not in reason else reason
        return f"{nearer} Name a platform and a metric, a metric, or the id of a figure"
    listed = f'tokenbook baselines list --platform "{text}"'
    return f"{text}: name a metric too, such as {' or '.join(metrics[:2])}; {listed} shows all"


def _in_place_of(figures, row, history: Sequence[Row], day: str) -> list:
    """The shipped figures that a team row answers for and that its history does not name."""
    from tokenbook.udfs import catalog

    shipped = catalog.shipped()
    unknown = (row.platform and row.platform not in shipped.platforms()) or (
        row.model and row.model not in shipped.models()
    )
    if not row.is_team or unknown:
        return []
    asked = (row.platform or None, row.metric, row.model or None, None, day or None)
    valid = {other.id for other in figures.find(*asked, current=True)}
    named = {other["id"] for other in history}
    return [
        other
        for other in shipped.find(*asked, current=True)
        if other.id not in valid | named and row.tier in ("", other.tier)
    ]


def _why_nothing(figures, filters: Filters, day: str) -> str:
    """Why no figure fits: the catalogue's own reason, or how many there are without each filter."""
    from tokenbook.udfs import catalog

    asked = list(filters.each())
    if len(asked) == 1 and filters.platform and filters.metric:
        try:
            figures.get(*asked[0], day or None)
        except catalog.UnknownKey as error:
            return str(error.args[0])
    hints = []
    for name in ("conditions", "model", "metric", "platform"):
        if given := getattr(filters, name):
            count = len(_listed(figures, replace(filters, **{name: type(given)()}), day, everything=False))
            hints += [f"without --{name} there are {count:,}"] if count else []
    if day:
        count = len(_listed(figures, filters, "", everything=False))
        hints += [f"on a later day there are {count:,}"] if count else []
    known = f" as known on {day}" if day else ""
    return f"no figure fits {filters}{known}; {', '.join(hints) or 'leave filters out'}"


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
    team = any(_is_team(row) for row in rows)
    lines, notes = {}, {}
    for metric, group in by_metric.items():
        numbers: dict[str, int] = {}
        lines[metric] = [
            [*cells(row), numbers.setdefault(note(row), len(numbers) + 1), *(["team" * _is_team(row)] if team else [])]
            for row in group
        ]
        notes[metric] = numbers
    columns = (*columns, "Whose") if team else columns
    every = [columns, *(line for group in lines.values() for line in group)]
    widths = [None if name == "Which" else max(len(str(line[i])) for line in every) for i, name in enumerate(columns)]
    for position, (metric, group) in enumerate(lines.items()):
        if position:
            show.console.print()
        about = catalog.metric(metric)
        print_text(_heading(about), style="bold")
        if described:
            print_text(about.description)
        print_grid(columns, group, widths, header=position == 0)
        _print_notes(notes[metric])
    show.console.print()


def _print_notes(numbers: Mapping[str, int]) -> None:
    grid = Table.grid(padding=(0, 1, 0, 0), expand=True)
    grid.add_column(justify="right", width=5, no_wrap=True)
    grid.add_column(ratio=1, overflow="fold")
    for text, count in numbers.items():
        grid.add_row(plain(f"{count}:"), plain(text))
    show.console.print(grid)


def _print_figure(row, shown: Mapping, day: str) -> None:
    from tokenbook.udfs import catalog

    about = catalog.metric(row.metric)
    known = f", as known on {day}" if day else ""
    named = _joined((row.platform, about.id, row.model, row.words), ", ")
    print_text(f"{named}: {number(row.value)} {row.unit}{known}", style="bold")
    print_text(_joined((f"id {row.id}", row.kind, f"confidence {row.confidence}", *_nature(about)), ", "))
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
        later = _count(shown["known_later"], "later vintage")
        print_text(f"{later} left out, known only after {day}; without --as-of all are shown.")
    print_team(row for _, rows in parts for row in rows)


def _print_vintages(title: str, rows: Sequence[Row], chosen: str) -> None:
    show.console.print()
    print_text(title, style="bold")
    notes: dict[str, int] = {}
    lines = []
    for row in rows:
        note = _joined((f"{row['source']} ({row['source_ref']})", row["qualifier"]), "; ")
        mark = ", ".join([*(["this figure"] if row["id"] == chosen else []), *(["team"] if _is_team(row) else [])])
        which = _joined((row["tier"], row["conditions"], row["framework"]), " ")
        cells = [row["as_of"], number(row["value"]), row["confidence"], which, notes.setdefault(note, len(notes) + 1)]
        lines.append([*cells, mark])
    columns = ("As of", "Value", "Confidence", "Which", "Note", "")
    every = [columns, *lines]
    widths = [None if name == "Which" else max(len(str(line[i])) for line in every) for i, name in enumerate(columns)]
    print_grid(columns, lines, widths, header=True)
    _print_notes(notes)


def _heading(about) -> str:
    return _joined((f"{about.id}: {about.unit}", *_nature(about)), ", ")


def _nature(about) -> list[str]:
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
    return _joined((row["model"] if row["platform"] else "", row["words"]), " ")


def _change(row: Row) -> str:
    if row["change"] == "new":
        return "new"
    ratio = row["ratio"]
    if ratio is None or not 0.1 <= ratio < 10:  # beyond it a percentage is hard to read
        return "changed" if ratio is None else f"x {number(ratio)}"
    return f"{ratio - 1:+.1%}"


def _is_team(row: Row) -> bool:
    return row["origin"] != "shipped"


def _count(many: int, noun: str) -> str:
    return f"{many:,} {noun}{'' if many == 1 else 's'}"


def _joined(parts: Iterable[object], sign: str) -> str:
    return sign.join(str(part) for part in parts if part)


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


def _roles(shown: Mapping) -> list[dict[str, object]]:
    """One figure's rows, each with what it is to the figure."""
    chosen = shown["figure"]["id"]
    rows = [{"role": "figure" if row["id"] == chosen else "history", **row} for row in shown["history"]]
    rows += [{"role": "in place of", **row} for row in shown["in_place_of"]]
    return rows + [{"role": "says otherwise", **row} for row in shown["contradictions"]]


# -- importing ---------------------------------------------------------------------------------------------------


def _check_target(out: Path, file: Path, force: bool) -> None:
    """Refuse a place for the result before the file is read."""
    if out.suffix.lower() != ".csv":
        raise CommandError(f"{out}: the catalogue is written as a .csv file; give it that ending")
    if out.is_dir():
        raise CommandError(f"{out}: is a folder; name a file")
    if out.exists() and file.exists() and out.samefile(file):
        raise CommandError(f"{out}: is the file to import; choose another name")
    if out.exists() and not force:
        raise CommandError(f"{out}: exists already; choose another name, or --force to replace it")
    if not out.parent.is_dir():
        raise CommandError(f"{out}: the folder {out.parent} does not exist")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise CommandError(f"--default {text}: write NAME=VALUE, for instance --default model=DeepSeek-R1")
    return name.strip().casefold().replace("-", "_"), value.strip()


def _print_summary(result) -> None:
    from collections import Counter

    taken = Counter(row.metric for row in result.rows)
    print_text(
        f"{result.place} ({result.kind}): {_count(len(result.rows), 'row')} taken, {result.refused_count:,} refused",
        style="bold",
        soft_wrap=True,
    )
    if taken:
        lines = [[f"{count:,}", metric] for metric, count in taken.most_common()]
        print_grid(("Rows", "Taken as"), lines, (_width("Rows", lines), None), header=True)
    if result.refused:
        lines = [[str(line), reason] for line, reason in result.refused[:REFUSALS_SHOWN]]
        print_grid(("Line", "Refused because"), lines, (_width("Line", lines), None), header=True)
    if (rest := result.refused_count - REFUSALS_SHOWN) > 0:
        reasons = result.reasons.most_common(REASONS_SHOWN)
        kept = "them" if len(result.refused) == result.refused_count else f"the first {len(result.refused):,}"
        print_text(f"and {rest:,} more refused; --json lists {kept} line by line. All of them by reason:")
        lines = [[f"{count:,}", reason] for reason, count in reasons]
        if other := result.refused_count - sum(count for _, count in reasons):
            lines.append([f"{other:,}", "other reasons"])
        print_grid(("Rows", "Refused because"), lines, (_width("Rows", lines), None), header=True)
    for note in result.notes:
        print_text(f"Note: {note}")


def _width(header: str, lines: Sequence[Sequence[str]]) -> int:
    return max(len(header), *(len(line[0]) for line in lines))


def _json_summary(result, out: Path) -> None:
    from collections import Counter

    show.as_json(
        {
            "file": result.place,
            "kind": result.kind,
            "written": str(out) if result.rows else None,
            "taken": len(result.rows),
            "refused": result.refused_count,
            "metrics": dict(Counter(row.metric for row in result.rows)),
            "reasons": dict(result.reasons.most_common()),
            "refusals": [{"line": line, "reason": reason} for line, reason in result.refused],
            "refusals_left_off": result.refused_count - len(result.refused),
            "notes": result.notes,
        }
    )
