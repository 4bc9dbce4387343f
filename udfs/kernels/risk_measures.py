"""What the trials of a simulation tell: percentiles, chance of a loss, shortfall, what drives the spread.

Every figure comes with its standard error. Where trials fall into independent groups (hypercubes, Sobol sequences)
it is estimated from how the groups differ, which counts in what the stratification gains; otherwise, and with few
groups, trials count as independent, which for hypercubes says too much rather than too little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokenbook.udfs.kernels import correlation

PERCENTILES = (5, 10, 25, 50, 75, 90, 95)
SHORTFALL_SHARE = 0.05
LEAST_GROUPS = 10  # with fewer, how they differ is a guess
MOST_BINS, TRIALS_PER_BIN = 50, 100  # of an input, for its first-order index

Floats = NDArray[np.float64]
Groups = NDArray[np.int64] | None


class Estimate(NamedTuple):
    """A figure and its standard error, in the same unit."""

    value: float
    standard_error: float


class Driver(NamedTuple):
    """What an uncertain input does to an output."""

    name: str
    rank_correlation: float
    contribution: float  # squared rank correlation, over the sum of all inputs
    first_order: float  # share of the variance that goes if the input were known


def summary(
    values: Floats, groups: Groups = None, target: float = 0.0, high_is_bad: bool = False
) -> dict[str, Estimate]:
    """The figures that a finance team asks of a simulated output.

    Parameters
    ----------
    values : ndarray, shape (trials,)
        One output; nan where a trial has no answer.
    groups : ndarray of int, shape (trials,), optional
        Independent group of each trial (`sampling.groups_of`); -1 is in none.
    target : float
        Below it is a loss.
    high_is_bad : bool
        True for costs: the shortfall is then the mean of the highest values, not of the lowest.

    Returns
    -------
    dict of str to Estimate
        ``mean``, ``sd``, ``p5`` .. ``p95``, ``lowest``, ``highest``, ``below_target`` (share of the trials),
        ``shortfall`` (mean of the worst 5 %), ``no_answer`` (share of the trials; the other figures are of the
        trials that have one). nan where nothing has an answer.

    Examples
    --------
    >>> figures = summary(np.arange(1.0, 101.0), target=20.5)
    >>> [round(figures[name].value, 2) for name in ("mean", "p50", "below_target", "shortfall")]
    [50.5, 50.5, 0.2, 3.0]
    """
    answered = np.isfinite(values)
    no_answer = Estimate(float(1.0 - answered.mean()), _standard_error(~answered * 1.0, groups))
    if not answered.all():
        values, groups = values[answered], None if groups is None else groups[answered]
    found = {name: Estimate(np.nan, np.nan) for name in ("mean", "sd")}
    if not len(values):
        names = [*(f"p{p}" for p in PERCENTILES), "lowest", "highest", "below_target", "shortfall"]
        return found | dict.fromkeys(names, Estimate(np.nan, np.nan)) | {"no_answer": no_answer}
    ordered = np.sort(values)
    mean, sd = float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else np.nan
    found["mean"] = Estimate(mean, _standard_error(values, groups))
    around = (values - mean) ** 2 / (2.0 * sd) if sd > 0 else np.zeros_like(values)
    found["sd"] = Estimate(sd, _standard_error(around, groups))
    found |= {f"p{p}": estimate for p, estimate in zip(PERCENTILES, percentiles(values, groups), strict=True)}
    found["lowest"], found["highest"] = Estimate(float(ordered[0]), np.nan), Estimate(float(ordered[-1]), np.nan)
    below = (values < target).astype(float)
    found["below_target"] = Estimate(float(below.mean()), _standard_error(below, groups))
    found["shortfall"] = _shortfall(values, groups, high_is_bad)
    return found | {"no_answer": no_answer}


def percentiles(values: Floats, groups: Groups = None, shares: Sequence[float] = PERCENTILES) -> list[Estimate]:
    """Percentiles and their standard errors.

    Parameters
    ----------
    values : ndarray, shape (trials,)
        Without nan.
    groups : ndarray of int, shape (trials,), optional
        As in `summary`.
    shares : sequence of float
        In percent.

    Returns
    -------
    list of Estimate
        As Excel's PERCENTILE.INC.

    Notes
    -----
    The share of trials at or below the percentile has a standard error e, binomial or from how the groups differ;
    half the distance between the percentiles at share - e and share + e is that of the percentile (order statistics:
    no density has to be estimated).
    """
    ordered = np.sort(values)
    found = []
    for percent in shares:
        share = percent / 100.0
        value = _at(ordered, share)
        error = max(_standard_error((values <= value).astype(float), groups), 0.5 / len(values))
        found.append(Estimate(value, 0.5 * (_at(ordered, share + error) - _at(ordered, share - error))))
    return found


def histogram(values: Floats, bins: int) -> tuple[Floats, NDArray[np.int64]]:
    """Counts in bins of equal width from the lowest to the highest value.

    Parameters
    ----------
    values : ndarray, shape (trials,)
        Without nan, at least one.
    bins : int

    Returns
    -------
    edges : ndarray, shape (bins + 1,)
    counts : ndarray of int, shape (bins,)
        A value on an edge counts in the bin above it, the highest in the last. Values that are all the same make
        one bin full, in the middle of a range around them.
    """
    counts, edges = np.histogram(values, bins)
    return edges, counts


def drivers(draws: Mapping[str, Floats], values: Floats) -> list[Driver]:
    """What drives the spread of an output, the strongest first.

    Parameters
    ----------
    draws : mapping of name to ndarray, shape (trials,)
        Uncertain inputs.
    values : ndarray, shape (trials,)
        The output; trials without an answer (nan) do not count.

    Returns
    -------
    list of Driver

    Notes
    -----
    Contribution: Spearman's rank correlation with the output, squared, over the sum of those of all inputs; it sees
    what rises or falls all the way. First-order index (Sobol): the variance of the mean output at a known input,
    over the variance of the output, from bins of equally many trials (as adjusted R2, so that noise is 0 on
    average); it sees any shape, and is unstable where a few trials hold most of the variance. Correlated inputs
    share the effect in both, so that the indices of all may add to more than 1.
    """
    answered = np.isfinite(values)
    values = values[answered]
    found = []
    for name, drawn in draws.items():
        kept = drawn[answered]
        rank_correlation = correlation.spearman(np.stack([kept, values]))[0, 1] if len(values) > 1 else np.nan
        found.append((name, float(np.nan_to_num(rank_correlation)), _first_order(kept, values)))
    total = sum(rank_correlation**2 for _, rank_correlation, _ in found)
    result = [Driver(name, rank, rank**2 / total if total > 0 else 0.0, first) for name, rank, first in found]
    return sorted(result, key=lambda driver: -driver.contribution)


def _first_order(drawn: Floats, values: Floats) -> float:
    bins = min(MOST_BINS, len(values) // TRIALS_PER_BIN)
    spread = values - values.mean() if len(values) else values
    total = (spread * spread).sum()
    if bins < 2 or total == 0.0 or drawn.min() == drawn.max():
        return np.nan if bins < 2 else 0.0
    # Equal values are in one bin: that of the first of them.
    position = np.ceil(correlation.ranks(drawn)).astype(np.int64) - 1
    bin_of = position * bins // len(values)
    counts, sums = np.bincount(bin_of, minlength=bins), np.bincount(bin_of, spread, minlength=bins)
    filled = counts > 0
    between = (sums[filled] ** 2 / counts[filled]).sum()
    left = (total - between) / (len(values) - np.count_nonzero(filled))
    return float(max(0.0, 1.0 - left / (total / (len(values) - 1))))


def _shortfall(values: Floats, groups: Groups, high_is_bad: bool) -> Estimate:
    sign = -1.0 if high_is_bad else 1.0
    ordered = np.sort(sign * values)
    size = SHORTFALL_SHARE * len(ordered)
    whole = int(size)
    worst = (ordered[:whole].sum() + (size - whole) * ordered[whole]) / size
    edge = _at(ordered, SHORTFALL_SHARE)
    influence = np.minimum(sign * values - edge, 0.0) / SHORTFALL_SHARE
    return Estimate(float(sign * worst), _standard_error(influence, groups))


def _standard_error(influence: Floats, groups: Groups) -> float:
    """Of the mean of what each trial adds to a figure."""
    count = len(influence)
    if groups is not None:
        grouped = groups >= 0
        members = np.count_nonzero(grouped)
        centred = influence[grouped] - influence[grouped].mean() if members else influence
        number = len(np.unique(groups[grouped]))
        if number >= LEAST_GROUPS:
            sums = np.bincount(groups[grouped], centred)
            error = np.sqrt(number / (number - 1.0) * (sums * sums).sum()) / members
            return float(error * np.sqrt(members / count))
    return float(influence.std(ddof=1) / np.sqrt(count)) if count > 1 else np.nan


def _at(ordered: Floats, share: float) -> float:
    place = min(max(share, 0.0), 1.0) * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return float(ordered[below] + (place - below) * (ordered[above] - ordered[below]))
