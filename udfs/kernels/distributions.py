"""Distributions of uncertain inputs, by the parameters that a finance team has: a mean and a spread, or three points.

`KINDS` is the declaration: what each distribution is called and which parameters it takes, in the unit of the
input. Every distribution is drawn through its inverse (`Distribution.ppf`), so that whatever makes the uniform
numbers (plain draws, a Latin hypercube, Sobol points) decides how well the draws are spread.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tokenbook.udfs.errors import TokenbookError
from tokenbook.udfs.kernels import normal

PERT_WEIGHT = 4.0  # how much the likely value of a PERT counts against one of its ends
Z90 = 1.2815515655446004  # standard deviations from the median to the 90th percentile of a normal distribution
BETA_CELLS = 4096  # of the table by which a beta distribution is inverted: to 1e-9 of the range, 1e-6 at its very ends
SMALLEST_RISE = 1e-280  # of probability within a cell; less is none
GAUSS_NODES, GAUSS_WEIGHTS = np.polynomial.legendre.leggauss(12)

Floats = NDArray[np.float64]
Inverse = Callable[[Floats], Floats]


class DistributionError(TokenbookError):
    """A distribution is unknown or its parameters make none.

    Attributes
    ----------
    domain : bool
        True where a number is out of range, False where a word or a parameter is wrong or missing.
    """

    def __init__(self, message: str, domain: bool = False):
        super().__init__(message)
        self.domain = domain


@dataclass(frozen=True)
class Kind:
    """One kind of distribution: its parameters, what it is, what it refuses, and how it is inverted."""

    parameters: tuple[str, ...]
    help: str
    refuses: Callable[..., str]  # the complaint about parameters, empty if there is none
    inverse: Callable[..., Inverse]
    optional: tuple[tuple[str, float], ...] = ()
    pairs: bool = False  # the parameters repeat: value, weight, value, weight ...


@dataclass(frozen=True)
class Distribution:
    """A distribution with its parameters, checked. Make one with `distribution`."""

    kind: str
    parameters: tuple[float, ...]

    def ppf(self, probability: ArrayLike) -> Floats:
        """The value that is not exceeded with a probability.

        Parameters
        ----------
        probability : array_like, any shape
            Above 0 and below 1.

        Returns
        -------
        ndarray, shape of `probability`
            In the unit of the input.

        Examples
        --------
        >>> distribution("triangular", 1.0, 2.0, 4.0).ppf([1 / 3, 0.5]).round(6).tolist()
        [2.0, 2.267949]
        """
        return _inverse(self.kind, self.parameters)(np.asarray(probability, dtype=float))

    def __str__(self) -> str:
        return f"{self.kind}({', '.join(f'{value:g}' for value in self.parameters)})"


def distribution(kind: str, *parameters: float) -> Distribution:
    """A distribution by its name and parameters.

    Parameters
    ----------
    kind : str
        One of `KINDS`, in any case.
    parameters : float
        As `KINDS` names them, in the unit of the input.

    Raises
    ------
    DistributionError
        If there is no such kind, or the parameters make no distribution.

    Examples
    --------
    >>> str(distribution("PERT", 0.4, 0.7, 0.9))
    'pert(0.4, 0.7, 0.9, 4)'
    """
    word = "_".join(str(kind).strip().lower().replace("-", " ").split())
    if word not in KINDS:
        close = difflib.get_close_matches(word, KINDS, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(KINDS)}"
        raise DistributionError(f"there is no distribution {str(kind)!r}; {hint}")
    declared = KINDS[word]
    names = declared.parameters + tuple(name for name, _ in declared.optional)
    if declared.pairs:
        if len(parameters) < 2 or len(parameters) % 2:
            raise DistributionError(f"{word} takes pairs of value and weight, {len(parameters)} numbers were given")
    elif not len(declared.parameters) <= len(parameters) <= len(names):
        few = len(parameters) < len(declared.parameters)
        problem = f"{names[len(parameters)]} is missing" if few else f"{len(parameters)} parameters are too many"
        shown = [*declared.parameters, *(f"[{name}]" for name, _ in declared.optional)]
        raise DistributionError(f"{problem} ({word} takes {', '.join(shown)})")
    given = [float(value) for value in parameters]
    if not declared.pairs:
        given += [default for _, default in declared.optional[len(given) - len(declared.parameters) :]]
    if not np.all(np.isfinite(given)):
        raise DistributionError(f"a parameter of {word} is not a finite number", domain=True)
    complaint = declared.refuses(*given)
    if complaint:
        raise DistributionError(f"{word}: {complaint}", domain=True)
    return Distribution(word, tuple(given))


@lru_cache(maxsize=256)
def _inverse(kind: str, parameters: tuple[float, ...]) -> Inverse:
    return KINDS[kind].inverse(*parameters)


# ---------------------------------------------------------------------------------------------------------
# What each kind refuses
# ---------------------------------------------------------------------------------------------------------


def _nothing(*parameters: float) -> str:
    return ""


def _negative_sd(mean: float, sd: float) -> str:
    return f"an sd of {sd:g} is negative" if sd < 0 else ""


def _no_lognormal(mean: float, sd: float) -> str:
    return f"a mean of {mean:g} is not above 0" if mean <= 0 else _negative_sd(mean, sd)


def _descending(p10: float, p90: float) -> str:
    return f"p10 {p10:g} is above p90 {p90:g}" if p10 > p90 else ""


def _not_positive(p10: float, p90: float) -> str:
    return f"p10 {p10:g} is not above 0" if p10 <= 0 else _descending(p10, p90)


def _low_above_high(low: float, high: float) -> str:
    return f"low {low:g} is above high {high:g}" if low > high else ""


def _not_in_order(low: float, likely: float, high: float) -> str:
    return "" if low <= likely <= high else f"low {low:g}, likely {likely:g}, high {high:g} are not in ascending order"


def _no_pert(low: float, likely: float, high: float, weight: float) -> str:
    if not 0 < weight <= 100:
        return f"a weight of {weight:g} is not above 0 and at most 100"
    return _not_in_order(low, likely, high)


def _bad_weights(*pairs: float) -> str:
    weights = pairs[1::2]
    if min(weights) < 0:
        return f"a weight of {min(weights):g} is negative"
    return "all weights are 0" if not sum(weights) > 0 else ""


# ---------------------------------------------------------------------------------------------------------
# How each kind is inverted
# ---------------------------------------------------------------------------------------------------------


def _normal(mean: float, sd: float) -> Inverse:
    return lambda u: mean + sd * normal.ppf(u)


def _lognormal(mean: float, sd: float) -> Inverse:
    # Mean and sd are those of the input itself, not of its logarithm.
    log_variance = np.log1p((sd / mean) ** 2)
    log_mean, log_sd = np.log(mean) - 0.5 * log_variance, np.sqrt(log_variance)
    return lambda u: np.exp(log_mean + log_sd * normal.ppf(u))


def _normal_p10_p90(p10: float, p90: float) -> Inverse:
    return _normal(0.5 * p10 + 0.5 * p90, (0.5 * p90 - 0.5 * p10) / Z90)


def _lognormal_p10_p90(p10: float, p90: float) -> Inverse:
    of_logarithm = _normal_p10_p90(np.log(p10), np.log(p90))
    return lambda u: np.exp(of_logarithm(u))


def _uniform(low: float, high: float) -> Inverse:
    return lambda u: low * (1.0 - u) + high * u


def _triangular(low: float, likely: float, high: float) -> Inverse:
    if low == high:
        return _fixed(low)
    rising, falling, width = likely - low, high - likely, high - low
    at_likely = rising / width

    def inverse(u: Floats) -> Floats:
        up = low + np.sqrt(u * (width * rising))
        return np.where(u < at_likely, up, high - np.sqrt((1.0 - u) * (width * falling)))

    return inverse


def _pert(low: float, likely: float, high: float, weight: float) -> Inverse:
    if low == high:
        return _fixed(low)
    width = high - low
    of_share = _beta(1.0 + weight * (likely - low) / width, 1.0 + weight * (high - likely) / width)
    return lambda u: low + width * of_share(u)


def _beta(alpha: float, beta: float) -> Inverse:
    """Inverse of the beta distribution on 0 to 1, for alpha and beta of 1 and more, by a table.

    The distribution function at nodes that crowd towards both ends, cell by cell by Gauss quadrature; between the
    nodes the inverse is a cubic with the slopes 1 / density.
    """
    angle = np.linspace(0.0, np.pi, BETA_CELLS + 1)
    nodes = np.sin(0.5 * angle) ** 2
    half = 0.5 * np.diff(nodes)[:, np.newaxis]
    inside = nodes[:-1, np.newaxis] + half * (1.0 + GAUSS_NODES)
    log_peak = _log_density(np.array((alpha - 1.0) / (alpha + beta - 2.0)), alpha, beta)
    mass = (half * GAUSS_WEIGHTS * np.exp(_log_density(inside, alpha, beta) - log_peak)).sum(axis=1)
    distribution_function = np.concatenate([[0.0], np.cumsum(mass)])
    total = distribution_function[-1]
    distribution_function /= total
    with np.errstate(divide="ignore", over="ignore"):
        slopes = total / np.exp(_log_density(nodes, alpha, beta) - log_peak)
    rise, run = np.diff(distribution_function), np.diff(nodes)
    # In the outermost cells the slope is infinite, the cell of no consequence: straight lines there.
    chord = np.divide(run, rise, out=np.zeros_like(run), where=rise > SMALLEST_RISE)
    left, right = np.minimum(slopes[:-1], 3.0 * chord), np.minimum(slopes[1:], 3.0 * chord)
    quadratic, cubic = run * 3.0 - rise * (2.0 * left + right), rise * (left + right) - 2.0 * run
    inverse_rise = np.divide(1.0, rise, out=np.zeros_like(rise), where=rise > SMALLEST_RISE)

    def inverse(u: Floats) -> Floats:
        cell = np.clip(np.searchsorted(distribution_function, u, side="right") - 1, 0, BETA_CELLS - 1)
        way = (u - distribution_function[cell]) * inverse_rise[cell]
        found: Floats = nodes[cell] + way * ((rise * left)[cell] + way * (quadratic[cell] + way * cubic[cell]))
        return found

    return inverse


def _log_density(x: Floats, alpha: float, beta: float) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        left = (alpha - 1.0) * np.log(x) if alpha > 1.0 else np.zeros_like(x)
        right = (beta - 1.0) * np.log1p(-x) if beta > 1.0 else np.zeros_like(x)
    return left + right


def _discrete(*pairs: float) -> Inverse:
    order = np.argsort(pairs[0::2], kind="stable")  # ascending, so that a high draw is a high value
    values, weights = np.array(pairs[0::2])[order], np.array(pairs[1::2])[order]
    steps = np.cumsum(weights)[:-1] / weights.sum()
    return lambda u: values[np.searchsorted(steps, u, side="right")]


def _fixed(value: float) -> Inverse:
    return lambda u: np.full(np.shape(u), value)


KINDS: dict[str, Kind] = {
    "normal": Kind(("mean", "sd"), "Symmetric around its mean.", _negative_sd, _normal),
    "lognormal": Kind(("mean", "sd"), "Above 0, skewed upwards; mean and sd of the input itself.",
                      _no_lognormal, _lognormal),
    "normal_p10_p90": Kind(("p10", "p90"), "Normal, by the values below which 10 % and 90 % fall.",
                           _descending, _normal_p10_p90),
    "lognormal_p10_p90": Kind(("p10", "p90"), "Lognormal, by the values below which 10 % and 90 % fall.",
                              _not_positive, _lognormal_p10_p90),
    "triangular": Kind(("low", "likely", "high"), "Three points, straight lines between.", _not_in_order, _triangular),
    "pert": Kind(("low", "likely", "high"), "Three points, smooth, the likely one counting four times.",
                 _no_pert, _pert, optional=(("weight", PERT_WEIGHT),)),
    "uniform": Kind(("low", "high"), "Any value between, equally likely.", _low_above_high, _uniform),
    "discrete": Kind(("value", "weight"), "One of several values, by weight: value, weight, value, weight ...",
                     _bad_weights, _discrete, pairs=True),
    "fixed": Kind(("value",), "Always this value.", _nothing, _fixed),
}  # fmt: skip
