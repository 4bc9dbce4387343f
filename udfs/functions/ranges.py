"""Ranges of numbers: what is wrong in a cell is kept beside it, or refused with the place where it stands."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tokenbook.udfs.functions.arguments import EXCEL_EPOCH, Block, Clean, Codes, Number, Series, Vector
from tokenbook.udfs.functions.errors import (
    CODE_INDEX,
    CODES,
    NUM,
    FunctionError,
    WrongTypeError,
    error_for,
    is_error,
)
from tokenbook.udfs.functions.scalars import at, is_range, scalar_number, serial_day

Floats = NDArray[np.float64]


def numbers(name: str, raw: Any, *, dates: bool = False) -> tuple[Floats, Codes | None, str]:
    """A float array (1-D for lists, 2-D for ranges), error index per element, and the first complaint.

    Fast for arrays and for nested lists that hold nothing but numbers; the slow path finds what is wrong and where.
    """
    if hasattr(raw, "to_numpy"):  # pandas Series and frames, without importing pandas
        raw = raw.to_numpy()
    if isinstance(raw, np.ndarray) and raw.dtype.kind in "fiu" and raw.ndim in (1, 2) and raw.size:
        return _finite(name, raw.astype(float, copy=False))
    if dates and isinstance(raw, np.ndarray) and raw.dtype.kind == "M":
        days = (raw - np.datetime64(EXCEL_EPOCH, "us")) / np.timedelta64(1, "D")
        return _finite(name, np.atleast_1d(days))
    array = np.array(raw, dtype=object)
    if array.ndim == 0:
        array = array.reshape(1)
    if array.ndim > 2 or any(isinstance(item, (list, tuple, np.ndarray)) for item in array.flat):
        raise WrongTypeError(f"{name}: is not a range of equal rows")
    if array.size == 0:
        raise WrongTypeError(f"{name}: is an empty range")
    if not dates and set(map(type, array.ravel().tolist())) <= {float, int}:
        return _finite(name, array.astype(float))
    values = np.full(array.shape, np.nan)
    codes = np.zeros(array.shape, dtype=np.uint8)
    complaint = ""
    for index, item in enumerate(array.flat):
        where = at(name, index, array.shape)
        try:
            if is_error(item):
                raise error_for(str(item), f"{where} holds {item}")
            value = serial_day(where, item) if dates else scalar_number(where, item)
            if not math.isfinite(value):
                raise error_for(NUM, f"{where} is not a finite number")
            values.flat[index] = value
        except FunctionError as error:
            codes.flat[index] = CODE_INDEX[error.code]
            complaint = complaint or str(error)
    return values, codes if codes.any() else None, complaint


def _finite(name: str, values: Floats) -> tuple[Floats, Codes | None, str]:
    finite = np.isfinite(values)
    if finite.all():
        return values, None, ""
    first = int(np.flatnonzero(~finite.ravel())[0])
    codes = np.where(finite, np.uint8(0), np.uint8(CODE_INDEX[NUM]))
    return values, codes, f"{at(name, first, values.shape)} is not a finite number"


def clean_number(kind: Number, name: str, raw: Any) -> Clean:
    if not is_range(raw):
        return Clean(kind.check(name, scalar_number(name, raw)))
    values, codes, _ = numbers(name, raw)
    codes = merged(codes, kind.codes(values))
    if codes is not None:
        values = np.where(codes > 0, np.nan, values)
    return Clean(values, codes)


def one_per_scenario(name: str, cleaned: Clean) -> Clean:
    """A cleaned range of numbers as a list over scenarios, where it stands beside series or curves."""
    values = cleaned.value
    if values.ndim == 2 and 1 not in values.shape:
        raise WrongTypeError(f"{name}: is a {_size(values)} block, one value per scenario belongs here")
    codes = None if cleaned.codes is None else cleaned.codes.ravel()
    return Clean(values.ravel(), codes, row=values.ndim == 2 and values.shape[0] == 1)


def clean_series(kind: Series, name: str, raw: Any) -> Clean:
    values, codes, complaint = numbers(name, raw if is_range(raw) else [raw], dates=kind.dates)
    column = values.ndim == 2 and values.shape[1] == 1 and values.shape[0] > 1
    if values.ndim == 1 or 1 in values.shape:
        return Clean(_checked(kind, name, values, codes, complaint), column=column)
    _check_length(kind, name, values.shape[-1])
    codes = merged(codes, Number(low=kind.low).codes(values))
    if codes is None:
        return Clean(values)
    # Its first bad cell spoils a row; the other rows stand.
    first_bad = (codes > 0).argmax(axis=1)
    per_row = codes[np.arange(len(codes)), first_bad]
    return Clean(np.where(per_row[:, None] > 0, np.nan, values), per_row)


def clean_vector(kind: Vector, name: str, raw: Any) -> Clean:
    values, codes, complaint = numbers(name, raw if is_range(raw) else [raw], dates=kind.dates)
    column = values.ndim == 2 and values.shape[1] == 1
    return Clean(_checked(kind, name, values, codes, complaint), column=column)


def clean_block(kind: Block, name: str, raw: Any) -> Clean:
    values, codes, complaint = numbers(name, raw if is_range(raw) else [raw])
    _check_all(name, values, codes, complaint, Number(low=kind.low))
    values = np.atleast_2d(values)
    if values.shape[1] == 1:
        values = values.T
    if kind.columns and values.shape[1] not in kind.columns:
        belong = " or ".join(map(str, kind.columns))
        raise WrongTypeError(f"{name}: has {values.shape[1]} columns, {belong} belong here")
    return Clean(values)


def _checked(kind: Series | Vector, name: str, values: Floats, codes: Codes | None, complaint: str) -> Floats:
    """The one list of numbers in a range, in which every cell must be right."""
    _check_all(name, values, codes, complaint, Number(low=kind.low, above=getattr(kind, "above", -math.inf)))
    _check_length(kind, name, values.size)
    return values.ravel()


def _check_all(name: str, values: Floats, codes: Codes | None, complaint: str, bounds: Number) -> None:
    """Raise the first error of a range in which every cell must be right."""
    if codes is not None:
        raise error_for(CODES[codes[codes > 0][0]], complaint)
    outside = bounds.codes(values)
    if outside is not None:
        first = int((outside > 0).argmax())
        bounds.check(at(name, first, values.shape), float(values.flat[first]))


def _check_length(kind: Series | Vector, name: str, length: int) -> None:
    if length < kind.least:
        raise error_for(NUM, f"{name}: has length {length}, at least {kind.least} values belong here")


def merged(codes: Codes | None, more: Codes | None) -> Codes | None:
    if codes is None or more is None:
        return more if codes is None else codes
    return np.where(codes > 0, codes, more)


def _size(values: Floats) -> str:
    return " x ".join(map(str, values.shape))
