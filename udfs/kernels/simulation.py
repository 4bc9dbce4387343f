"""Simulation of the deployment model: what is uncertain, drawn as it is specified, through the model, in blocks.

A `Spec` says all that decides the figures, the seed included. `simulate` computes any stretch of its trials: every
trial follows from the spec and its own number alone, so stretches computed by several workers and put together with
`join` are the very figures of one.
What the trials tell is the business of `risk_measures`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokenbook.udfs.errors import TokenbookError, did_you_mean
from tokenbook.udfs.kernels import correlation, deployment, sampling
from tokenbook.udfs.kernels.deployment_inputs import BY_NAME, Input, InputError
from tokenbook.udfs.kernels.distributions import Distribution

DEFAULT_TRIALS = 10_000
DEFAULT_SEED = 1
OUTSIDE = ("clip", "refuse")
# Trials that go through the model together. The same for everyone, so that results which are solved for many
# rows at once (irr) do not depend on who computes which trials either.
BLOCK = 8 * sampling.CUBE
DRAWN_AT_A_TIME = 5 * BLOCK  # trials; bounds the memory, decides nothing else

Floats = NDArray[np.float64]


class SpecError(TokenbookError):
    """A specification says something that cannot be simulated.

    Attributes
    ----------
    domain : bool
        True where a number is out of range, False where a word or the form is wrong.
    """

    def __init__(self, message: str, domain: bool = False):
        super().__init__(message)
        self.domain = domain


@dataclass(frozen=True)
class Spec:
    """What is simulated. Make one with `specification`, which checks it."""

    inputs: Mapping[str, Any]  # certain: name to value, as `deployment.run` takes them
    uncertain: Mapping[str, Distribution]  # in the order of the model's inputs
    outputs: tuple[str, ...] = ("npv",)
    trials: int = DEFAULT_TRIALS
    seed: int = DEFAULT_SEED
    sampling: str = "latin_hypercube"
    outside: str = "clip"
    correlated: tuple[str, ...] = ()  # the uncertain inputs that the matrix is about, in their order
    correlations: tuple[tuple[float, ...], ...] = ()  # Spearman's


@dataclass(frozen=True)
class Trials:
    """Results of a stretch of trials: ``outputs[name]`` (count,), nan where a trial has no answer."""

    first: int
    count: int
    outputs: dict[str, Floats] = field(default_factory=dict)
    clipped: dict[str, int] = field(default_factory=dict)  # draws moved to the bound of their input, by input


def specification(
    inputs: Mapping[str, Any],
    uncertain: Mapping[str, Distribution],
    correlations: Mapping[tuple[str, str], float] | None = None,
    outputs: Sequence[str] = ("npv",),
    trials: int = DEFAULT_TRIALS,
    seed: int = DEFAULT_SEED,
    method: str = "latin_hypercube",
    outside: str = "clip",
    model: bool = True,
) -> Spec:
    """A checked specification.

    Parameters
    ----------
    inputs : mapping of name to value
        Inputs of the deployment model, one value each. Those that are uncertain may be absent.
    uncertain : mapping of name to Distribution
        Numbers only; `months` is the same in all trials and cannot be uncertain.
    correlations : mapping of pair of names to number, optional
        Spearman's rank correlations between uncertain inputs, -1 to 1; pairs that are absent are 0.
    outputs : sequence of str
        Of `deployment.OUTPUTS`.
    trials : int
        How many.
    seed : int
        0 to 2^53 - 1; another seed, other draws.
    method : {"latin_hypercube", "sobol", "plain"}
        How the draws are spread; see `sampling`.
    outside : {"clip", "refuse"}
        What happens to a draw outside the range of its input (a utilisation above 1): it is moved to the bound
        and counted, or the simulation is refused.
    model : bool
        False for inputs and outputs that are not those of the deployment model but, say, names of a workbook;
        they are taken as they are. Draw them with `sampled`.

    Returns
    -------
    Spec

    Raises
    ------
    SpecError
        If a name is unknown, nothing is uncertain, or the correlations are impossible.

    Examples
    --------
    >>> from tokenbook.udfs.kernels.distributions import distribution
    >>> spec = specification(
    ...     {"gpus": 72, "tok_s_per_gpu": 10_000},
    ...     {"price_usd_per_mtok": distribution("lognormal", 0.4, 0.1)}, trials=1000,
    ... )  # fmt: skip
    >>> values = simulate(spec).outputs["npv"]
    >>> values.shape, bool((values == simulate(spec).outputs["npv"]).all())
    ((1000,), True)
    """
    for name in uncertain if model else ():
        refuse_name(name)
    if not uncertain:
        raise SpecError("nothing is uncertain: give at least one input a distribution")
    for name in outputs if model else ():
        _one_of(name, [item.name for item in deployment.OUTPUTS], "output")
    if not outputs:
        raise SpecError("outputs: name at least one")
    _one_of(method, sampling.METHODS, "way of sampling")
    _one_of(outside, OUTSIDE, "way to treat draws outside the range of an input")
    _whole("trials", trials, 1, None)
    _whole("seed", seed, 0, sampling.HIGHEST_SEED)
    order = [item.name for item in deployment.INPUTS if item.name in uncertain] if model else uncertain
    in_order = {name: uncertain[name] for name in order}
    correlated, matrix = _matrix(correlations or {}, in_order)
    return Spec(
        inputs={name: value for name, value in inputs.items() if name not in uncertain},
        uncertain=in_order,
        outputs=tuple(dict.fromkeys(outputs)),
        trials=int(trials),
        seed=int(seed),
        sampling=method,
        outside=outside,
        correlated=correlated,
        correlations=matrix,
    )


def simulate(spec: Spec, first_trial: int = 0, count: int | None = None) -> Trials:
    """Run trials of a specification through the deployment model.

    Parameters
    ----------
    spec : Spec
    first_trial, count : int, optional
        The stretch to compute, trials counted from 0; all of them if omitted. Multiples of `BLOCK` waste nothing.

    Returns
    -------
    Trials
        The same figures, bit for bit, whatever the stretch.

    Raises
    ------
    SpecError
        If draws fall outside the range of their input and the spec refuses them, or the stretch is not in it.
    InputError
        If a certain input is missing, unknown or outside its range.

    Notes
    -----
    Beside the results, memory does not grow with the number of trials.
    """
    count = spec.trials - first_trial if count is None else count
    last = first_trial + count
    if not 0 <= first_trial < last <= spec.trials:
        raise SpecError(f"trials {first_trial} to {last} are not within the {spec.trials} of the simulation", True)
    result = Trials(
        first_trial, count, {name: np.empty(count) for name in spec.outputs}, dict.fromkeys(spec.uncertain, 0)
    )

    for begin in range(first_trial // BLOCK * BLOCK, last, DRAWN_AT_A_TIME):
        # Whole blocks, but for the last of the simulation; of the first and last only a part may be asked for.
        end = min(-(-last // BLOCK) * BLOCK, begin + DRAWN_AT_A_TIME, spec.trials)
        drawn = sampled(spec, begin, end - begin)
        asked = slice(max(first_trial, begin) - begin, min(last, end) - begin)
        here = slice(begin + asked.start - first_trial, begin + asked.stop - first_trial)
        for name, values in drawn.items():
            drawn[name], moved = _within_range(spec, BY_NAME[name], values)
            result.clipped[name] += int(np.count_nonzero(moved[asked]))
        outputs = deployment.run({**spec.inputs, **drawn}, outputs=spec.outputs, block=BLOCK).outputs
        for name, values in outputs.items():
            result.outputs[name][here] = values[asked]
    return result


def draws(spec: Spec, first_trial: int = 0, count: int | None = None) -> dict[str, Floats]:
    """The uncertain inputs of a stretch of trials, as they enter the model.

    Returns
    -------
    dict of str to ndarray, shape (count,)
        In the order of the model's inputs, clipped to their ranges.
    """
    count = spec.trials - first_trial if count is None else count
    as_sampled = sampled(spec, first_trial, count)
    return {name: _within_range(spec, BY_NAME[name], values)[0] for name, values in as_sampled.items()}


def join(parts: Iterable[Trials]) -> Trials:
    """Stretches of trials that follow each other, as one."""
    parts = sorted(parts, key=lambda part: part.first)
    for before, after in pairwise(parts):
        if before.first + before.count != after.first:
            raise ValueError(f"trial {before.first + before.count} is missing or there twice")
    return Trials(
        parts[0].first,
        sum(part.count for part in parts),
        {name: np.concatenate([part.outputs[name] for part in parts]) for name in parts[0].outputs},
        {name: sum(part.clipped[name] for part in parts) for name in parts[0].clipped},
    )


# ---------------------------------------------------------------------------------------------------------
# Drawing
# ---------------------------------------------------------------------------------------------------------


def sampled(spec: Spec, first: int, count: int) -> dict[str, Floats]:
    """The uncertain inputs of a stretch of trials as their distributions give them, whatever the model takes.

    Returns
    -------
    dict of str to ndarray, shape (count,)
    """
    if spec.sampling == "latin_hypercube":
        return _from_hypercubes(spec, first, count)
    names = tuple(spec.uncertain)
    if spec.sampling == "sobol":
        uniform = sampling.sobol(spec.seed, names, first, count)
    else:
        uniform = np.stack([sampling.uniforms(spec.seed, name, first, count) for name in names])
    if spec.correlated:
        rows = [names.index(name) for name in spec.correlated]
        uniform[rows] = correlation.gaussian_copula(uniform[rows], correlation.factor(spec.correlations))
    return {name: spec.uncertain[name].ppf(row) for name, row in zip(names, uniform, strict=True)}


def _from_hypercubes(spec: Spec, first: int, count: int) -> dict[str, Floats]:
    first_cube, last_cube = first // sampling.CUBE, -(-(first + count) // sampling.CUBE)
    cubes = (spec.seed, first_cube, last_cube - first_cube)
    strata = {name: sampling.hypercube_strata(cubes[0], name, *cubes[1:]) for name in spec.uncertain}
    if spec.correlated:
        together = np.stack([strata[name] for name in spec.correlated], axis=1)
        together = correlation.iman_conover(together, correlation.factor(spec.correlations))
        strata |= {name: together[:, row] for row, name in enumerate(spec.correlated)}
    within = slice(first - first_cube * sampling.CUBE, first - first_cube * sampling.CUBE + count)
    drawn = {}
    for name, of_trials in strata.items():
        values = spec.uncertain[name].ppf(sampling.hypercube_places(cubes[0], name, *cubes[1:]))
        drawn[name] = np.take_along_axis(values, of_trials, axis=1).ravel()[within]
    return drawn


def _within_range(spec: Spec, item: Input, values: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    low = -np.inf if item.low is None else item.low
    high = np.finfo(float).max if item.high is None else item.high
    moved = (values < low) | (values > high)
    if not moved.any():
        return values, moved
    if spec.outside == "refuse":
        drawn = spec.uncertain[item.name]
        raise SpecError(
            f"{item.name}: {drawn} gives values outside its range ({item.domain}), as {values[moved][0]:g}; "
            "choose bounds with pert, triangular or uniform, or have such values clipped",
            domain=True,
        )
    return np.clip(values, low, high), moved


# ---------------------------------------------------------------------------------------------------------
# Checking
# ---------------------------------------------------------------------------------------------------------


def refuse_name(name: str) -> None:
    """Raise if an input of the deployment model cannot be uncertain."""
    item = BY_NAME.get(name)
    if item is None:
        raise SpecError(f"{name}: the model has no such input{did_you_mean(name, BY_NAME)}")
    if item.kind == "integer":
        raise SpecError(f"{name}: is the same in all trials and cannot be uncertain")
    if item.kind == "choice":
        raise SpecError(f"{name}: is a choice ({item.domain}), it cannot have a distribution")


def _matrix(
    correlations: Mapping[tuple[str, str], float], uncertain: Mapping[str, Distribution]
) -> tuple[tuple[str, ...], tuple[tuple[float, ...], ...]]:
    named = {name for pair, value in correlations.items() for name in pair}
    for name in sorted(named):
        if name not in uncertain:
            raise SpecError(f"correlations: {name} has no distribution{did_you_mean(name, uncertain)}")
    matrix = np.eye(len(uncertain))
    position = {name: index for index, name in enumerate(uncertain)}
    for (first, second), value in correlations.items():
        i, j = position[first], position[second]
        matrix[i, j] = matrix[j, i] = value
    try:
        matrix = correlation.check(matrix, list(uncertain))
    except correlation.CorrelationError as error:
        raise SpecError(f"correlations: {error}", error.domain) from None
    chosen = [i for i in range(len(matrix)) if np.count_nonzero(matrix[i]) > 1]
    names = tuple(name for name, index in position.items() if index in chosen)
    return names, tuple(map(tuple, matrix[np.ix_(chosen, chosen)].tolist()))


def _whole(what: str, value: Any, low: int, high: int | None) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not float(value).is_integer():
        raise SpecError(f"{what}: {value!r} is not a whole number")
    if value < low or (high is not None and value > high):
        allowed = f"{low} or more" if high is None else f"{low} to {high}"
        raise SpecError(f"{what}: {value} is out of range ({allowed})", True)


def _one_of(word: Any, known: Sequence[str], what: str) -> None:
    if word not in known:
        close = difflib.get_close_matches(str(word), known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
        raise SpecError(f"there is no {what} {word!r}; {hint}")


__all__ = [
    "InputError", "Spec", "SpecError", "Trials", "draws", "join", "refuse_name", "sampled", "simulate", "specification",
]  # fmt: skip
