"""Units people write, and the factor to the one unit of a metric. Converted once, on the way in."""

from __future__ import annotations

import re
from functools import lru_cache

from tokenbook.udfs.kernels.units import HOURS_PER_MONTH, HOURS_PER_YEAR, MONTHS_PER_YEAR

from .errors import RowError

GIB = 1.073741824  # GB in a GiB

# unit of the metric -> {what people write, normalised: factor}
_FACTORS: dict[str, dict[str, float]] = {
    "USD/GPU-h": {
        "usd/gpu-h": 1, "usd/gpuh": 1, "usd/gpu/h": 1, "usd/h": 1, "usd/h/gpu": 1, "usd/chip-h": 1,
        "usd/accelerator-h": 1, "c/gpu-h": 0.01,
        "usd/gpu-month": 1 / HOURS_PER_MONTH, "usd/gpu/month": 1 / HOURS_PER_MONTH,
        "usd/gpu-year": 1 / HOURS_PER_YEAR, "usd/gpu/year": 1 / HOURS_PER_YEAR,
    },
    "kW/GPU": {"kw/gpu": 1, "kw": 1, "w": 1e-3, "w/gpu": 1e-3, "kw/chip": 1, "w/chip": 1e-3},
    "W/GPU": {"w/gpu": 1, "w": 1, "kw": 1e3, "kw/gpu": 1e3, "w/chip": 1},
    "kW/rack": {"kw/rack": 1, "kw": 1, "w": 1e-3, "w/rack": 1e-3},
    "GB/GPU": {"gb/gpu": 1, "gb": 1, "gib": GIB, "gib/gpu": GIB, "tb": 1e3},
    "TB/s/GPU": {"tb/s/gpu": 1, "tb/s": 1, "gb/s": 1e-3, "gb/s/gpu": 1e-3},
    "GB/s/GPU": {"gb/s/gpu": 1, "gb/s": 1, "tb/s": 1e3, "tb/s/gpu": 1e3},
    "TFLOPS/GPU": {"tflops/gpu": 1, "tflops": 1, "tflop/s": 1, "pflops": 1e3, "pflops/gpu": 1e3},
    "USD/GPU": {"usd/gpu": 1, "usd": 1, "usd/accelerator": 1, "usd/chip": 1, "kusd": 1e3, "kusd/gpu": 1e3},
    "USD/rack": {"usd/rack": 1, "usd": 1, "kusd": 1e3, "musd": 1e6, "musd/rack": 1e6},
    "USD": {"usd": 1, "kusd": 1e3, "musd": 1e6},
    "USD/Mtok": {
        "usd/mtok": 1, "usd/mtokens": 1, "usd/m": 1, "usd/1mtok": 1, "usd/1mtokens": 1,
        "usd/milliontokens": 1, "usd/tok": 1e6, "usd/token": 1e6, "usd/ktok": 1e3, "usd/1ktokens": 1e3,
        "usd/1ktok": 1e3, "usd/ktokens": 1e3, "c/mtok": 0.01,
    },
    "USD/kWh": {"usd/kwh": 1, "usd/mwh": 1e-3, "c/kwh": 0.01, "usc/kwh": 0.01, "ct/kwh": 0.01},
    "USD/kW/month": {"usd/kw/month": 1, "usd/kw-month": 1, "usd/kw/year": 1 / MONTHS_PER_YEAR,
                     "usd/kw-year": 1 / MONTHS_PER_YEAR},
    "tok/s/GPU": {"tok/s/gpu": 1, "tokens/s/gpu": 1, "tok/s/chip": 1, "tokens/s/chip": 1, "tps/gpu": 1},
    "tok/s/accelerator": {"tok/s/accelerator": 1, "tokens/s/accelerator": 1},
    "tok/s/user": {"tok/s/user": 1, "tokens/s/user": 1, "tps/user": 1},
    "tok/s/MW": {"tok/s/mw": 1, "tokens/s/mw": 1, "tok/s/kw": 1e3},
    "share": {"share": 1, "fraction": 1, "%": 0.01},
    "1/year": {"1/year": 1, "share/year": 1, "%": 0.01, "%/year": 0.01},
    "x/year": {"x/year": 1, "x": 1},
    "x": {"x": 1, "ratio": 1, "times": 1},
    "kW/kW": {"kw/kw": 1, "ratio": 1, "x": 1},
    "months": {"months": 1, "month": 1, "years": MONTHS_PER_YEAR, "year": MONTHS_PER_YEAR},
    "years": {"years": 1, "year": 1, "months": 1 / MONTHS_PER_YEAR, "month": 1 / MONTHS_PER_YEAR},
    "GPU": {"gpu": 1, "gpus": 1, "chips": 1},
    "GPU/rack": {"gpu/rack": 1, "gpus/rack": 1, "gpu": 1, "gpus": 1},
    "bn": {"bn": 1, "b": 1, "billion": 1, "m": 1e-3, "million": 1e-3},
}  # fmt: skip
_OTHER_MONEY = re.compile(r"eur|gbp|jpy|cny|rmb|chf|€|£|¥")
_SPELLINGS = (
    (re.compile(r"us\$|\$"), "usd"),
    (re.compile(r"us-?cents?|cents?|¢"), "c"),
    (re.compile(r"\bper\b|\ba\b"), "/"),
    (re.compile(r"(?<![a-z])(?:hours?|hrs?)(?![a-z])"), "h"),
    (re.compile(r"\byr\b"), "year"),
    (re.compile(r"(?<![a-z])mo(?![a-z])"), "month"),
    (re.compile(r"[\s_]+"), ""),
)


@lru_cache(maxsize=1024)  # a file repeats few units many times
def factor(written: str, unit: str, name: str) -> float:
    """The factor from a written unit to the unit of a metric.

    Raises
    ------
    RowError
        naming what the metric takes; a whole-system rate ("tok/s") and other currencies are not guessed at.

    Examples
    --------
    >>> factor("$ per GPU-hour", "USD/GPU-h", "rate"), factor("W", "kW/GPU", "power")
    (1, 0.001)
    """
    if written.strip() == unit:
        return 1
    form = written.strip().casefold()
    if _OTHER_MONEY.search(form):
        raise RowError(f"unit {written!r}: money is in USD here, convert it at your own rate first")
    for pattern, instead in _SPELLINGS:
        form = pattern.sub(instead, form)
    known = _FACTORS[unit]
    if form not in known:
        if form in ("tok/s", "tokens/s") and unit.startswith("tok/s/"):
            raise RowError(f"unit {written!r} may be of a whole system: {name} is in {unit}")
        raise RowError(f"unit {written!r}: {name} is in {unit} (also read: {', '.join(list(known)[1:6])})")
    return known[form]
