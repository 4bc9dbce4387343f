"""Reads the specification of a simulation: from a TOML file, or from a dictionary of the same form."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tokenbook.templates.sweep.errors import SweepError
from tokenbook.udfs.kernels import simulation
from tokenbook.udfs.kernels.distributions import KINDS, Distribution, DistributionError, distribution
from tokenbook.udfs.kernels.simulation import Spec, SpecError

SPEC_KEYS = ("inputs", "uncertain", "correlations", "outputs", "trials", "seed", "sampling", "outside")


def read_spec(path: Path) -> Spec:
    """A specification from a TOML file; names are those of the workbook."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SweepError(f"{path}: there is no such file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SweepError(f"{path}: is no TOML ({error})") from None
    if "outputs" not in data:
        raise SweepError(f'{path}: outputs is missing; name results of the workbook, as outputs = ["npv_1"]')
    try:
        return spec_from(data, model=False)
    except SpecError as error:
        raise SweepError(f"{path}: {error}") from None


def spec_from(data: Mapping[str, Any], *, model: bool = True) -> Spec:
    """A specification from a plain dictionary, as a TOML or JSON file gives it.

    Parameters
    ----------
    data : mapping
        ``inputs``: name to value. ``uncertain``: name to a table with ``distribution`` and its parameters by name
        (``values`` and ``weights``, lists, for discrete). ``correlations``: a list of tables with ``between``, two
        names, and ``rank_correlation``. And ``outputs``, ``trials``, ``seed``, ``sampling``, ``outside``.
    model : bool
        As in `specification`.

    Raises
    ------
    SpecError
        As `specification`, and for a key that is not one of these.

    Examples
    --------
    >>> spec = spec_from({
    ...     "trials": 2000,
    ...     "inputs": {"gpus": 72, "tok_s_per_gpu": 10_000, "price_usd_per_mtok": 0.4},
    ...     "uncertain": {
    ...         "price_usd_per_mtok": {"distribution": "lognormal", "mean": 0.4, "sd": 0.1},
    ...         "utilization_end": {"distribution": "pert", "low": 0.4, "likely": 0.7, "high": 0.9},
    ...     },
    ...     "correlations": [{"between": ["price_usd_per_mtok", "utilization_end"], "rank_correlation": 0.5}],
    ... })
    >>> [f"{name}: {drawn}" for name, drawn in spec.uncertain.items()]
    ['utilization_end: pert(0.4, 0.7, 0.9, 4)', 'price_usd_per_mtok: lognormal(0.4, 0.1)']
    """
    _known_keys(data, SPEC_KEYS, "a simulation")
    tables = _table(data.get("uncertain", {}), "uncertain")
    uncertain = {name: _distribution_from(name, _table(table, name), model) for name, table in tables.items()}
    correlations: dict[tuple[str, str], float] = {}
    for table in data.get("correlations", ()):
        _known_keys(_table(table, "correlations"), ("between", "rank_correlation"), "a correlation")
        pair = table.get("between", ())
        if len(pair) != 2 or isinstance(pair, str):
            raise SpecError("correlations: between takes two names")
        first, second = pair
        if (first, second) in correlations or (second, first) in correlations:
            raise SpecError(f"correlations: {first} and {second} are given twice")
        correlations[first, second] = _number(f"{first} and {second}", table.get("rank_correlation"))
    outputs = data.get("outputs", ("npv",))
    return simulation.specification(
        _table(data.get("inputs", {}), "inputs"),
        uncertain,
        correlations,
        (outputs,) if isinstance(outputs, str) else tuple(outputs),
        data.get("trials", simulation.DEFAULT_TRIALS),
        data.get("seed", simulation.DEFAULT_SEED),
        data.get("sampling", "latin_hypercube"),
        data.get("outside", "clip"),
        model,
    )


def _distribution_from(name: str, table: Mapping[str, Any], model: bool) -> Distribution:
    if model:
        simulation.refuse_name(name)
    kind = table.get("distribution")
    if not isinstance(kind, str):
        raise SpecError(f"{name}: distribution is missing; there are {', '.join(KINDS)}")
    given = {key: value for key, value in table.items() if key != "distribution"}
    try:
        if kind not in KINDS:
            return distribution(kind)  # raises, and says what there is
        declared = KINDS[kind]
        if declared.pairs:
            _known_keys(given, ("values", "weights"), f"{name}, discrete,")
            values, weights = given.get("values", ()), given.get("weights", ())
            if len(values) != len(weights):
                raise SpecError(f"{name}: {len(values)} values with {len(weights)} weights")
            parameters = [_number(name, x) for pair in zip(values, weights, strict=True) for x in pair]
        else:
            optional = tuple(key for key, _ in declared.optional)
            _known_keys(given, declared.parameters + optional, f"{name}, {kind},")
            missing = [key for key in declared.parameters if key not in given]
            if missing:
                raise SpecError(f"{name}: {missing[0]} is missing ({kind} takes {', '.join(declared.parameters)})")
            keys = declared.parameters + tuple(key for key in optional if key in given)
            parameters = [_number(f"{name}, {key}", given[key]) for key in keys]
        return distribution(kind, *parameters)
    except DistributionError as error:
        raise SpecError(f"{name}: {error}", error.domain) from None


def _number(what: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise SpecError(f"{what}: {value!r} is not a number")
    return float(value)


def _table(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise SpecError(f"{what}: a table of names and values belongs here")
    return value


def _known_keys(table: Mapping[str, Any], known: Sequence[str], what: str) -> None:
    for key in table:
        if key not in known:
            close = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
            raise SpecError(f"{what} has no {key!r}; {hint}")
