"""Baselines: sourced platform figures from the catalogue in use."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from tokenbook.udfs import catalog
from tokenbook.udfs.catalog import views
from tokenbook.udfs.functions import about
from tokenbook.udfs.functions.arguments import Text
from tokenbook.udfs.functions.declare import excel_function
from tokenbook.udfs.functions.errors import NotFoundError, WrongTypeError
from tokenbook.udfs.functions.quantities import Answer, Date, DayKnown, Grid, TextRange, Word, WordRange, word

Platform = Annotated[TextRange, Text(many=True, blank=True)]  # prices and assumptions belong to no platform
COLUMNS = (
    "platform", "metric", "model", "words", "value", "unit", "kind", "qualifier", "source", "as_of", "confidence", "id",
)  # fmt: skip


@contextmanager
def catalogue() -> Iterator[catalog.Catalog]:
    """The catalogue in use; what it does not hold is #N/A, a team catalogue that cannot be read is #VALUE!."""
    try:
        yield catalog.active()
    except (catalog.UnknownKey, catalog.AmbiguousKey) as error:
        raise NotFoundError(str(error.args[0])) from None
    except catalog.CatalogError as error:
        raise WrongTypeError(str(error)) from None


def _key(
    platform: TextRange, metric: TextRange, model: TextRange, conditions: TextRange
) -> tuple[str | None, str, str | None, str | None]:
    """What the catalogue looks up; what was left out is None."""
    return word(platform) or None, word(metric), word(model) or None, word(conditions) or None


def _day(as_of: Date) -> str | None:
    return str(as_of) or None


@excel_function("Baselines", shape="lookup")
def tok_baseline(
    platform: Platform, metric: WordRange, model: WordRange = "", conditions: WordRange = "", as_of: DayKnown = ""
) -> Answer:
    """A sourced figure of the catalogue: a rate, a power, a throughput, a price, an assumption.

    Every usual spelling is understood (GB200, GB200 NVL72). Where several figures fit, none is guessed: say more in the
    conditions.

    Parameters
    ----------
    platform : text or range, name of a platform
        Such as "B200"; empty for figures of a site, a model or an assumption. A range gives one figure per cell.
    metric : text or range, name of a metric
        Such as "usd_per_gpu_hour"; TOK_METRICS() lists them with their units.
    model : text or range, name of a model
        Such as "DeepSeek-R1", for figures that depend on one.
    conditions : text or range, words that must all be met
        Tier, shape, precision, framework, speed per user: "hyperscaler", "8k/1k FP4", "at 50 tok/s/user".
    as_of : date, day whose knowledge counts
        A serial, 2026-07-31, a month or a year; everything known if omitted.

    Returns
    -------
    number or range, in the unit of the metric.

    Errors
    ------
    #VALUE! a blank metric, ranges of different size, a date that is none
    #NUM! a number that is no date serial
    #N/A unknown platform, metric or model, no figure under these conditions or at that date, several figures

    Formula
    -------
    The newest figure known on the date; a team figure before a shipped one; of equal age the one of higher confidence.

    Source
    ------
    The catalogue; TOK_BASELINE_SOURCE cites the figure.

    Example
    -------
    =TOK_BASELINE("B200", "usd_per_gpu_hour", , "hyperscaler", "2026-04-30") -> 1.95
    =TOK_BASELINE("GB200 NVL72", "total_tok_s_per_gpu", "DeepSeek-R1", "8k/1k FP4", "2026-04-30") -> 14952
    """
    with catalogue() as rows:
        return rows.get(*_key(platform, metric, model, conditions), _day(as_of)).value


@excel_function("Baselines", shape="lookup")
def tok_baseline_source(
    platform: Platform, metric: WordRange, model: WordRange = "", conditions: WordRange = "", as_of: DayKnown = ""
) -> str | Any:
    """The citation of a figure: value, unit, what it is, source, date, confidence, and who says otherwise.

    Parameters
    ----------
    platform : text or range, name of a platform
        As in TOK_BASELINE.
    metric : text or range, name of a metric
        As in TOK_BASELINE.
    model : text or range, name of a model
        As in TOK_BASELINE.
    conditions : text or range, words that must all be met
        As in TOK_BASELINE.
    as_of : date, day whose knowledge counts
        As in TOK_BASELINE.

    Returns
    -------
    text or range, one line per figure.

    Errors
    ------
    #VALUE! a blank metric, ranges of different size, a date that is none
    #NUM! a number that is no date serial
    #N/A as TOK_BASELINE

    Formula
    -------
    None: a citation.

    Source
    ------
    The catalogue.

    Example
    -------
    =LEFT(TOK_BASELINE_SOURCE("B200", "usd_per_gpu_hour", , "hyperscaler", "2026-04-30"), 22)
        -> "1.95 USD/GPU-h, owning"
    """
    with catalogue() as rows:
        return rows.citation(rows.get(*_key(platform, metric, model, conditions), _day(as_of)))


@excel_function("Baselines", shape="table")
def tok_baselines(platform: Word = "", metric: Word = "", as_of: DayKnown = "") -> Grid:
    """All figures of a platform, of a metric, or of both, as a table with sources.

    Parameters
    ----------
    platform : text, name of a platform
        All platforms if omitted.
    metric : text, name of a metric
        All metrics if omitted (measured frontier points only when frontier_total_tok_s_per_gpu is asked for).
    as_of : date, day whose knowledge counts
        Everything known if omitted.

    Returns
    -------
    range, a table with a header: platform, metric, model, words, value, unit, kind, qualifier, source, as_of,
    confidence, id.

    Errors
    ------
    #VALUE! a range where one name belongs, a date that is none
    #NUM! a number that is no date serial
    #N/A unknown platform or metric, no figure

    Formula
    -------
    The figures valid on the date: of several vintages the newest.

    Source
    ------
    The catalogue.

    Example
    -------
    =INDEX(TOK_BASELINES("H100", "tdp_w"), 2, 5) -> 700
    """
    with catalogue() as rows:
        found = views.listing(rows, platform or None, metric or None, as_of=_day(as_of))
    if not found:
        raise NotFoundError("no figure fits these arguments")
    return [list(COLUMNS), *([row[column] for column in COLUMNS] for row in found)]


@excel_function("Baselines", shape="table")
def tok_platforms(metric: Word = "") -> Grid:
    """The platforms of the catalogue, or those that have a figure of a metric.

    Parameters
    ----------
    metric : text, name of a metric
        All platforms if omitted.

    Returns
    -------
    range, names down a column.

    Errors
    ------
    #VALUE! a range where one name belongs
    #N/A unknown metric, no platform has it

    Formula
    -------
    None: a list.

    Source
    ------
    The catalogue.

    Example
    -------
    =INDEX(TOK_PLATFORMS("usd_per_gpu_hour"), 1) -> "H100"
    """
    with catalogue() as rows:
        found = rows.platforms(metric or None)
    if not found:
        raise NotFoundError(f"no platform has a figure of {metric}")
    return [[name] for name in found]


@excel_function("Baselines", shape="table")
def tok_metrics(platform: Word = "") -> Grid:
    """The metrics of the catalogue with unit and meaning, or those that a platform has.

    Parameters
    ----------
    platform : text, name of a platform
        All metrics if omitted.

    Returns
    -------
    range, a table with a header: metric, unit, description.

    Errors
    ------
    #VALUE! a range where one name belongs
    #N/A unknown platform

    Formula
    -------
    None: a list.

    Source
    ------
    The catalogue.

    Example
    -------
    =INDEX(TOK_METRICS(), 2, 1) -> "usd_per_gpu_hour"
    """
    with catalogue() as rows:
        names = rows.metrics()
        if platform:
            held = {row.metric for row in rows.find(platform)}
            names = [name for name in names if name in held]
        found = [catalog.metric(name) for name in names]
    if not found:
        raise NotFoundError(f"no figure of {platform}")
    return [["metric", "unit", "description"], *([item.id, item.unit, item.description] for item in found)]


@excel_function("Baselines", shape="table")
def tok_baseline_frontier(platform: Word, model: Word, conditions: Word, as_of: DayKnown = "") -> Grid:
    """The measured frontier of a platform: throughput per GPU against the speed that a user sees.

    Feed it to TOK_COST_AT and TOK_THROUGHPUT_AT: first column interactivity, second column throughput.

    Parameters
    ----------
    platform : text, name of a platform
        Such as "GB200 NVL72".
    model : text, name of a model
        Such as "DeepSeek-R1".
    conditions : text, shape and precision
        Such as "1k/1k FP4"; further words (framework, "disaggregated") narrow it.
    as_of : date, day whose knowledge counts
        Only runs of that day and before; everything known if omitted.

    Returns
    -------
    range, tok/s per user and total tok/s per GPU in two columns without a header, slowest user first: the upper-left
    Pareto front.

    Errors
    ------
    #VALUE! a range where one name belongs, a date that is none
    #NUM! a number that is no date serial
    #N/A unknown platform or model, no measured point, several precisions or shapes

    Formula
    -------
    The points that no other point beats in both speed and throughput.

    Source
    ------
    SemiAnalysis InferenceX, as the catalogue cites each point.

    Example
    -------
    =INDEX(TOK_BASELINE_FRONTIER("GB200", "DeepSeek-R1", "1k/1k FP4", "2026-09-30"), 1, 2) -> 14659.4
    """
    with catalogue() as rows:
        interactivity, throughput, _ = rows.frontier(platform, model, conditions, as_of=_day(as_of))
    return [list(point) for point in zip(interactivity.tolist(), throughput.tolist(), strict=True)]


@excel_function("Baselines", shape="table")
def tok_version() -> str:
    """Version of Tokenbook, date of the catalogue in use, and host.

    Returns
    -------
    text, one line.

    Errors
    ------
    #VALUE! an argument was given

    Formula
    -------
    None: a text.

    Source
    ------
    The installed package.

    Example
    -------
    =LEFT(TOK_VERSION(), 10) -> "Tokenbook "
    """
    with catalogue() as rows:
        return f"Tokenbook {about.tokenbook_version()}, catalogue {rows.date}, host {about.host}"
