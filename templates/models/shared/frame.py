"""What all templates have in common: from the options to filled inputs, and the sheets around the model.

    setting = frame.settle(options, default_platforms=...)      look-ups only
    setting.filled["..."] = ...                                 inputs of the template's own
    writer = frame.start(setting, title, sheets, sections)      Baselines, Lists and Inputs are placed
    ...                                                         the sheets of the template
    frame.finish(setting, writer, cover, groups)                Checks, Baselines, Lists, Cover, Log
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tokenbook.templates.models.shared import core_inputs
from tokenbook.templates.models.shared.fill import Filler, FillError, day_of, spell_platforms
from tokenbook.templates.models.shared.options import Options, checked, room_for
from tokenbook.templates.sheets import baselines, checks, front, inputs
from tokenbook.templates.sheets.checks import Group
from tokenbook.templates.sheets.front import Cover, Listed
from tokenbook.templates.sheets.inputs import Filled, Section
from tokenbook.templates.sheets.writer import Writer
from tokenbook.udfs import catalog

DEFAULT_MODEL = "DeepSeek-R1"
DEFAULT_SHAPE = "8k/1k"
DEFAULT_MONTHS = 60


@dataclass
class Setting:
    """The options of one workbook, resolved: which platforms, which figures, how long."""

    options: Options
    figures: catalog.Catalog
    filler: Filler
    platforms: tuple[str, ...]
    model: str
    shape: str
    months: int  # horizon
    room: int  # months that the sheets hold
    filled: dict[str, Filled | list[Filled]]
    lists: tuple[Listed, ...] = ()
    listed: list[Listed] = field(default_factory=list)

    @property
    def scopes(self) -> tuple[str, ...]:
        """The column of each platform on the Inputs sheet: p1, p2, ..."""
        return tuple(f"p{number}" for number in range(1, len(self.platforms) + 1))

    @property
    def day(self) -> str:
        return self.filler.as_of or self.figures.date


def settle(
    options: Options,
    *,
    default_platforms: tuple[str, ...],
    most_platforms: int = 4,
    default_months: int = DEFAULT_MONTHS,
    default_shape: str = DEFAULT_SHAPE,
    core: bool = True,
) -> Setting:
    """Resolve the options against the catalogue and, with ``core``, fill the inputs of the deployment core."""
    options = checked(options)
    figures = catalog.active()
    platforms = spell_platforms(figures, options.platforms or default_platforms, "usd_per_gpu_hour")
    if len(platforms) > most_platforms:
        most = "one platform" if most_platforms == 1 else f"up to {most_platforms} platforms"
        raise FillError(f"this workbook is about {most}, {len(platforms)} were given")
    filler = Filler(figures, day_of(options.as_of))
    months = options.months or default_months
    model, shape = options.model or DEFAULT_MODEL, options.shape or default_shape
    filled: dict[str, Filled | list[Filled]] = {"model": Filled(model)}
    if core:
        filled = core_inputs.fill(
            filler, platforms, model, shape, months=months, interactivity=options.interactivity
        )
    if options.currency != "USD":
        filled["exchange_rate"] = Filled(options.exchange_rate)
    return Setting(
        options, figures, filler, platforms, filled["model"].value, shape, months, room_for(months), filled,
        core_inputs.lists(figures) if core else (),
    )  # fmt: skip


def start(setting: Setting, title: str, sheets: tuple[str, ...], sections: tuple[Section, ...]) -> Writer:
    """A writer with Baselines and Lists placed and Inputs written; all figures must have been taken by now."""
    options = setting.options
    writer = Writer(title, sheets, currency=options.currency, money_format=options.money_format)
    checks.reserve(writer)
    context = setting.filler.context(setting.platforms, setting.model)
    baselines.place(writer, setting.filler.used, context, inputs.kept_and_refreshed(setting.filled))
    front.place_lists(writer, (*setting.lists, *setting.listed))
    inputs.write(writer, sections, setting.filled, setting.scopes)
    _label_columns(writer, setting.platforms)
    return writer


def finish(setting: Setting, writer: Writer, cover: Cover, groups: tuple[Group, ...]) -> Writer:
    """The sheets that every template ends with."""
    checks.write(writer, groups)
    baselines.write(writer, setting.filler.used)
    front.write_lists(writer, (*setting.lists, *setting.listed))
    front.write_cover(writer, cover)
    made = f"Tokenbook {setting.options.version}, catalogue {setting.figures.date}"
    front.write_log(writer, (setting.day, "created", "", "", "", "", made))
    return writer


def facts(setting: Setting, *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """What a reader should know of the figures: whose, of when, of what, and which are younger than the day asked."""
    options, day = setting.options, setting.day
    late = [f"{row.metric} ({row.as_of})" for row in setting.filler.newer]
    throughput = (
        "Peak-throughput benchmark points, input plus output tokens. Latency at that point is part of the row on "
        "Baselines; a stricter latency target means less throughput."
        if options.interactivity is None
        else f"At {options.interactivity:g} tokens a second for each user, read off the measured frontiers; input plus "
        "output tokens."
    )
    rows = [
        ("Made by", f"Tokenbook {options.version}"),
        ("Catalogue", f"of {setting.figures.date}; figures as known on {day}"),
        *([("Newer than that", f"{', '.join(late)}: nothing was known on {day}")] if late else []),
        (
            "Compared" if len(setting.platforms) > 1 else "Platform",
            f"{', '.join(setting.platforms)} serving {setting.model} at {setting.shape} (input/output tokens)",
        ),
        ("Throughput", throughput),
    ]
    if options.currency != "USD":
        rows.append(
            ("Currency", f"{options.currency}, at the exchange rate on Inputs. Baselines and prices on Inputs stay in USD.")
        )
    return (*rows, *more)


def _label_columns(writer: Writer, platforms: tuple[str, ...]) -> None:
    """Put "Platform n" over the columns of the Inputs sheet."""
    sheet = writer.sheet("Inputs")
    for number in range(1, len(platforms) + 1):
        place = writer.book.cell(f"inputs.p{number}.platform")
        sheet.cell(place.row - 1, place.column).value = f"Platform {number}"
