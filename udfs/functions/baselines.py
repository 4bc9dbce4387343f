"""Baselines: sourced platform figures, vendor claims and what they imply, from the catalogue in use."""

from contextlib import contextmanager

import numpy as np

from tokenbook.udfs import catalog
from tokenbook.udfs.catalog import views
from tokenbook.udfs.functions import about
from tokenbook.udfs.functions.arguments import Day, Number, Text
from tokenbook.udfs.functions.declare import excel_function
from tokenbook.udfs.functions.errors import NA, CellError, NotFoundError, WrongTypeError
from tokenbook.udfs.functions.unit_cost import Throughput, Utilization
from tokenbook.udfs.kernels import earnings

Words = Text(many=True)
Platform = Text(many=True, blank=True)  # site figures, prices and assumptions belong to no platform
COLUMNS = (
    "platform", "metric", "model", "words", "value", "unit", "kind", "qualifier", "source", "as_of", "confidence", "id",
)  # fmt: skip
NO_THROUGHPUT = float("nan")


@contextmanager
def _catalogue():
    """The catalogue in use; what it does not hold is #N/A, a team catalogue that cannot be read is #VALUE!."""
    try:
        yield catalog.active()
    except (catalog.UnknownKey, catalog.AmbiguousKey) as error:
        raise NotFoundError(str(error.args[0])) from None
    except catalog.CatalogError as error:
        raise WrongTypeError(str(error)) from None


@excel_function("Baselines", shape="lookup")
def tok_baseline(platform: Platform, metric: Words, model: Words = "", conditions: Words = "", as_of: Day() = ""):
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
    with _catalogue() as rows:
        return rows.get(platform or None, metric, model or None, conditions or None, as_of or None).value


@excel_function("Baselines", shape="lookup")
def tok_baseline_source(
    platform: Platform, metric: Words, model: Words = "", conditions: Words = "", as_of: Day() = ""
):
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
    with _catalogue() as rows:
        return rows.citation(rows.get(platform or None, metric, model or None, conditions or None, as_of or None))


@excel_function("Baselines", shape="table")
def tok_baselines(platform: Text() = "", metric: Text() = "", as_of: Day() = ""):
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
    with _catalogue() as rows:
        found = views.listing(rows, platform or None, metric or None, as_of=as_of or None)
    if not found:
        raise NotFoundError("no figure fits these arguments")
    return [list(COLUMNS), *([row[column] for column in COLUMNS] for row in found)]


@excel_function("Baselines", shape="table")
def tok_platforms(metric: Text() = ""):
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
    with _catalogue() as rows:
        found = rows.platforms(metric or None)
    if not found:
        raise NotFoundError(f"no platform has a figure of {metric}")
    return [[name] for name in found]


@excel_function("Baselines", shape="table")
def tok_metrics(platform: Text() = ""):
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
    with _catalogue() as rows:
        names = rows.metrics()
        if platform:
            held = {row.metric for row in rows.find(platform)}
            names = [name for name in names if name in held]
        found = [catalog.metric(name) for name in names]
    if not found:
        raise NotFoundError(f"no figure of {platform}")
    return [["metric", "unit", "description"], *([item.id, item.unit, item.description] for item in found)]


@excel_function("Baselines", shape="table")
def tok_baseline_frontier(platform: Text(), model: Text(), conditions: Text(), as_of: Day() = ""):
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
    with _catalogue() as rows:
        interactivity, throughput, _ = rows.frontier(platform, model, conditions, as_of=as_of or None)
    return [list(point) for point in zip(interactivity.tolist(), throughput.tolist(), strict=True)]


@excel_function("Baselines", shape="lookup")
def tok_claim(id: Words, field: Words = "statement"):
    """What a vendor claims, under which conditions, what is missing, who says it differently, what was measured.

    Parameters
    ----------
    id : text or range, id of a claim
        Such as "15x", "35x", "two-cents"; TOK_CLAIMS() lists them.
    field : text or range, name of a field
        statement (if omitted), claimant, qualifier, platform, model, conditions, missing, disagreements, measured,
        sources, or a figure of the claim such as multiple or implied_usd_per_mtok.

    Returns
    -------
    text or number, or a range of them.

    Errors
    ------
    #VALUE! a blank id, ranges of different size
    #N/A unknown claim or field

    Formula
    -------
    Implied figures are recomputed from the claim's own figures, see TOK_CLAIM_AUDIT.

    Source
    ------
    The catalogue; the field sources names the texts.

    Example
    -------
    =TOK_CLAIM("15x", "implied_usd_per_mtok") -> 1.10103
    =TOK_CLAIM("15x", "platform") -> "GB200 NVL72"
    """
    with _catalogue():
        return catalog.claims.get(id).field(field)


@excel_function("Baselines", shape="table")
def tok_claims():
    """The vendor claims that the catalogue examines.

    Returns
    -------
    range, a table with a header: id, platform, model, statement.

    Errors
    ------
    #VALUE! an argument was given

    Formula
    -------
    None: a list.

    Source
    ------
    The catalogue.

    Example
    -------
    =INDEX(TOK_CLAIMS(), 2, 1) -> "15x"
    """
    return [
        ["id", "platform", "model", "statement"],
        *([claim.id, claim.platform, claim.model, claim.statement] for claim in catalog.claims.list()),
    ]


@excel_function("Baselines", shape="table")
def tok_claim_audit(
    investment: Number(low=0, divisor=True, meaning="USD"),
    revenue: Number(low=0, meaning="USD"),
    gpus: Number(low=0, divisor=True, meaning="GPUs"),
    years: Number(low=0, divisor=True, meaning="years of 8,760 hours"),
    tok_s_per_gpu: Throughput = None,
    utilization: Utilization = 1.0,
):
    """What a claim "invest this, earn that" implies about prices, rates and costs.

    Parameters
    ----------
    investment : number, USD
        Money put in over the whole time.
    revenue : number, USD
        Token revenue over the whole time, gross.
    gpus : number, GPUs
        Number of GPUs.
    years : number, years
        Length of the time, in years of 8,760 hours.
    tok_s_per_gpu : number, tok/s per GPU
        Throughput claimed or measured; without it everything per token is #N/A.
    utilization : number, share 0 to 1
        Share of the hours sold at that throughput; 1 if omitted.

    Returns
    -------
    range, a table of two columns: mtok, implied_usd_per_mtok, implied_usd_per_gpu_hour, implied_cost_usd_per_mtok,
    revenue_multiple, net_roi.

    Errors
    ------
    #VALUE! text, a blank or a range where a number belongs
    #NUM! a negative number, a utilization outside 0 to 1
    #DIV/0! zero investment, GPUs, years, throughput or utilization
    #N/A a figure per token without a throughput

    Formula
    -------
    mtok = gpus x tok_s_per_gpu x 0.0036 x 8760 x years x utilization; price = revenue / mtok; rate = investment /
    (gpus x 8760 x years); cost = investment / mtok; multiple = revenue / investment; net ROI is one less

    Source
    ------
    Arithmetic. The example is NVIDIA's "5 M USD of GB200 NVL72 earn 75 M USD" (blog of 2025-10-09).

    Example
    -------
    =INDEX(TOK_CLAIM_AUDIT(5000000, 75000000, 72, 3, 10000), 2, 2) -> 1.10103
    =INDEX(TOK_CLAIM_AUDIT(5000000, 75000000, 72, 3, 10000), 6, 2) -> 14
    """
    throughput = NO_THROUGHPUT if tok_s_per_gpu is None else tok_s_per_gpu
    audit = earnings.claim_audit(investment, revenue, gpus, years, throughput, utilization)
    unknown = CellError(NA, "tok_s_per_gpu: is needed for this figure")
    return [[name, float(value) if np.isfinite(value) else unknown] for name, value in audit._asdict().items()]


@excel_function("Baselines", shape="table")
def tok_version():
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
    with _catalogue() as rows:
        return f"Tokenbook {about.tokenbook_version()}, catalogue {rows.date}, host {about.host}"
