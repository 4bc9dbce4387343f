"""Vendor claims: what is said and how, what is missing, who says it differently, what was measured.

The words are in data/claims.toml, the figures are rows of kind "claim" in the shipped catalogue; `recomputed`
repeats the arithmetic of a claim from its own figures and from catalogue rows.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache

from . import spelling
from .baseline import Baseline
from .errors import UnknownKey
from .packaged import text
from .store import shipped

HOURS_PER_YEAR = 8760.0
TOKENS_PER_MTOK = 1e6
MTOK_PER_TOK_S_HOUR = 3600.0 / TOKENS_PER_MTOK  # Mtok in an hour at 1 tok/s


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that follows from a claim, with the way it was reached."""

    name: str
    value: float
    unit: str
    how: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A vendor claim with what a reader needs to judge it."""

    id: str
    statement: str
    claimant: str
    qualifier: str
    platform: str
    model: str
    conditions: str
    missing: tuple[str, ...]
    disagreements: tuple[str, ...]
    measured: tuple[str, ...]
    figures: tuple[Baseline, ...]
    recomputed: tuple[Figure, ...]
    sources: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """All fields, ready for JSON."""
        found = asdict(self)
        found["figures"] = [row.as_dict() for row in self.figures]
        return found

    def field(self, name: str) -> str | float:
        """One field for a cell: a text, or the number of a figure ("multiple", "implied_usd_per_mtok").

        Raises
        ------
        UnknownKey
            with the fields there are.
        """
        form = spelling.normal(name)
        for column in TEXT_FIELDS:
            if form == spelling.normal(column):
                value = getattr(self, column)
                return value if isinstance(value, str) else "; ".join(value)
        numbers = self.numbers()
        for key, value in numbers.items():
            if form == spelling.normal(key):
                return value
        raise UnknownKey(f"claim {self.id} has no field {name!r}; it has {', '.join((*TEXT_FIELDS, *numbers))}")

    def numbers(self) -> dict[str, float]:
        """Every number of the claim by name: its figures first, then what was recomputed."""
        found: dict[str, float] = {}
        for row in self.figures:
            found.setdefault(row.id.rsplit(".", 1)[-1].replace("-", "_"), row.value)
        for figure in self.recomputed:
            found.setdefault(figure.name, figure.value)
        return found


TEXT_FIELDS = (
    "id", "statement", "claimant", "qualifier", "platform", "model", "conditions", "missing", "disagreements",
    "measured", "sources",
)  # fmt: skip


def get(id: str) -> Claim:
    """The claim of an id or one of its usual names ("15x", "75M from 5M", "two cents").

    Raises
    ------
    UnknownKey
        with the claims there are.
    """
    names = {spelling.normal(name): entry["id"] for entry in _entries() for name in _names(entry)}
    found = names.get(spelling.normal(str(id)))
    if found is None:
        raise UnknownKey(f"unknown claim {str(id)!r}; there are {', '.join(ids())}")
    return _claims()[found]


def list() -> tuple[Claim, ...]:
    """Every claim, in the order of the table."""
    return tuple(_claims().values())


def ids() -> tuple[str, ...]:
    """The ids of all claims."""
    return tuple(entry["id"] for entry in _entries())


def audit(
    investment_usd: float,
    revenue_usd: float,
    gpus: float,
    years: float,
    tok_s_per_gpu: float | None = None,
    utilization: float = 1.0,
) -> dict[str, float | None]:
    """What a statement "so much money becomes so much revenue" implies.

    Parameters
    ----------
    investment_usd, revenue_usd : float
        [USD] over the whole time.
    gpus : float
        Accelerators.
    years : float
        Years of 8760 hours.
    tok_s_per_gpu : float, optional
        [tok/s/GPU] total tokens; without it everything per token is None.
    utilization : float
        Share of the hours that is sold, above 0 to 1.

    Returns
    -------
    dict
        multiple and net_roi (fractions), usd_per_gpu_hour, and with a throughput mtok,
        usd_per_mtok_revenue (implied price) and usd_per_mtok_cost.

    Raises
    ------
    ZeroDivisionError
        when investment, GPUs, years, throughput or utilisation is zero.

    Notes
    -----
    mtok = gpus x tok/s x 3600 x 8760 x years x utilisation / 1e6; rate = investment / (gpus x 8760 x years).

    Examples
    --------
    >>> found = audit(5e6, 75e6, 72, 3, 10_000)
    >>> [round(found[name], 4) for name in ("multiple", "net_roi", "usd_per_gpu_hour", "usd_per_mtok_cost")]
    [15.0, 14.0, 2.6425, 0.0734]
    """
    gpu_hours = gpus * HOURS_PER_YEAR * years
    found: dict[str, float | None] = {
        "multiple": revenue_usd / investment_usd,
        "net_roi": (revenue_usd - investment_usd) / investment_usd,
        "usd_per_gpu_hour": investment_usd / gpu_hours,
        "mtok": None,
        "usd_per_mtok_revenue": None,
        "usd_per_mtok_cost": None,
    }
    if tok_s_per_gpu is not None:
        mtok = gpu_hours * tok_s_per_gpu * MTOK_PER_TOK_S_HOUR * utilization
        found["mtok"] = mtok
        found["usd_per_mtok_revenue"] = revenue_usd / mtok
        found["usd_per_mtok_cost"] = investment_usd / mtok
    return found


# -- inside --------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _entries() -> tuple[dict, ...]:
    import tomllib  # 15 ms that only claims need

    return tuple(tomllib.loads(text("claims.toml"))["claim"])


def _names(entry: dict) -> tuple[str, ...]:
    return (entry["id"], *entry["aliases"])


@lru_cache(maxsize=1)
def _claims() -> dict[str, Claim]:
    return {entry["id"]: _claim(entry) for entry in _entries()}


def _claim(entry: dict) -> Claim:
    figures = tuple(
        row
        for row in shipped()
        if any(row.id == name or (name.endswith(".") and row.id.startswith(name)) for name in entry["rows"])
    )
    words = ("statement", "claimant", "qualifier", "platform", "model", "conditions")
    return Claim(
        id=entry["id"],
        **{name: entry[name] for name in words},
        **{name: tuple(entry[name]) for name in ("missing", "disagreements", "measured")},
        figures=figures,
        recomputed=_RECOMPUTE[entry["id"]](),
        sources=tuple(dict.fromkeys(f"{row.source} ({row.source_ref})" for row in figures)),
    )


def _value(id: str) -> float:
    return shipped().row(id).value


def _money_claim() -> tuple[Figure, ...]:
    base = "claim.75m-from-5m."
    gpus, years, speed = _value(base + "gpus"), _value(base + "years"), _value(base + "throughput")
    investment, revenue = _value(base + "investment"), _value(base + "revenue")
    found = audit(investment, revenue, gpus, years, speed)
    hours = f"{gpus:g} GPUs x {years:g} x 8760 h"
    return (
        Figure("implied_trillion_tokens", found["mtok"] / 1e6, "T tokens", f"{hours} x {speed:,.0f} tok/s"),
        Figure("implied_usd_per_mtok", found["usd_per_mtok_revenue"], "USD/Mtok", "revenue over tokens"),
        Figure("implied_usd_per_gpu_hour", found["usd_per_gpu_hour"], "USD/GPU-h", f"investment over {hours}"),
        Figure("implied_cost_usd_per_mtok", found["usd_per_mtok_cost"], "USD/Mtok", "investment over tokens"),
        Figure("revenue_multiple", found["multiple"], "x", "revenue over investment"),
        Figure("net_roi", found["net_roi"], "x", "(revenue - investment) over investment"),
    )


def _two_cents() -> tuple[Figure, ...]:
    point = "b200.total_tok_s_per_gpu.gpt-oss-120b-1k1k-fp4.2026-02-05"
    long = "b200.total_tok_s_per_gpu.gpt-oss-120b-8k1k-fp4.2026-02-05"
    rates = (
        ("usd_per_mtok_at_1k1k", point, "usd_per_gpu_hour.hyperscaler.2025-10"),
        ("usd_per_mtok_hyperscaler_2026_07", point, "usd_per_gpu_hour.hyperscaler.2026-07"),
        ("usd_per_mtok_neocloud_2025_10", point, "usd_per_gpu_hour.neocloud.2025-10"),
        ("usd_per_mtok_rental_2025_10", point, "rental_usd_per_gpu_hour.3-year.2025-10"),
        ("usd_per_mtok_rental_2026_09", point, "rental_usd_per_gpu_hour.3-year.2026-09"),
        ("usd_per_mtok_at_8k1k", long, "usd_per_gpu_hour.hyperscaler.2025-10"),
    )
    return tuple(
        Figure(name, _cost(_value("b200." + rate), _value(row)), "USD/Mtok", f"b200.{rate} over {row}")
        for name, row, rate in rates
    )


def _software() -> tuple[Figure, ...]:
    rows = (
        ("measured_gb300_offline", "gb300.software_throughput_gain.dsr1.mlperf-offline.2026-04"),
        ("measured_gb300_server", "gb300.software_throughput_gain.dsr1.mlperf-server.2026-04"),
        ("measured_mi355x", "mi355x.software_throughput_gain.dsr1-8k1k-fp4.2026-05"),
    )
    cents = _value("claim.two-cents.cost-before") / _value("claim.two-cents.cost")
    return (
        Figure("implied_by_two_cents", cents, "x", "0.11 over 0.02 USD/Mtok"),
        *(Figure(name, _value(row), "x", row) for name, row in rows),
    )


def _per_mw_10() -> tuple[Figure, ...]:
    per_mw = "{}.tok_s_per_mw.gpt-oss-120b-1k8k.90.2025-10"
    measured = "gb200.throughput_per_mw_ratio.vs-h200.30.2025-10"
    return (
        Figure("measured_gb200_h200_at_30", _value(measured), "x", measured),
        Figure(
            "measured_b200_h100_at_90", _value(per_mw.format("b200")) / _value(per_mw.format("h100")), "x",
            "tok/s/MW of B200 over H100, GPT-OSS-120B 1k/8k",
        ),
    )  # fmt: skip


def _per_mw_50() -> tuple[Figure, ...]:
    new, old = _value("claim.35x.throughput"), _value("claim.35x.throughput-before")

    def ratio(name: str, gb300: str, h200: str) -> Figure:
        value = new / _value(gb300) / (old / _value(h200))
        return Figure(name, value, "x", f"{new:g} over {old:g} tok/s/GPU, {gb300} and {h200}")

    return (
        ratio("ratio_with_old_power", "gb300.kw_per_gpu.old.2026-04", "h200.kw_per_gpu.old.2025-10"),
        ratio("ratio_with_corrected_power", "gb300.kw_per_gpu.corrected.2026-07",
              "h200.kw_per_gpu.corrected.2026-07"),
    )  # fmt: skip


def _cost_35() -> tuple[Figure, ...]:
    rate = _value("gb300.usd_per_gpu_hour.hyperscaler.2026-04")  # 2.652, printed as 2.65
    now = _cost(rate, _value("claim.35x.throughput"))
    before = _cost(_value("claim.35x.rate-before"), _value("claim.35x.throughput-before"))
    return (
        Figure("cost_usd_per_mtok", now, "USD/Mtok", f"{rate:g} USD/GPU-h over 6,000 tok/s/GPU"),
        Figure("cost_before_usd_per_mtok", before, "USD/Mtok", "1.41 USD/GPU-h over 90 tok/s/GPU"),
        Figure("cost_ratio", before / now, "x", "from unrounded inputs"),
    )


def _cost_15() -> tuple[Figure, ...]:
    def cost(slug: str, row: str) -> float:
        return _cost(_value(f"{slug}.usd_per_gpu_hour.hyperscaler.2025-10"), _value(row))

    peak = "{}.total_tok_s_per_gpu.dsr1-8k1k-{}"
    gb200 = cost("gb200", peak.format("gb200", "fp4.2026-03-23"))
    return (
        Figure("measured_vs_h200", cost("h200", peak.format("h200", "fp8.2026-01-14")) / gb200, "x",
               "DeepSeek-R1 8k/1k, highest throughput of each, hyperscaler rates of 2025-10"),
        Figure("measured_vs_h100", cost("h100", peak.format("h100", "fp8.2026-02-08")) / gb200, "x",
               "DeepSeek-R1 8k/1k, highest throughput of each, hyperscaler rates of 2025-10"),
    )  # fmt: skip


def _cost(usd_per_gpu_hour: float, tok_s_per_gpu: float) -> float:
    return usd_per_gpu_hour / (tok_s_per_gpu * MTOK_PER_TOK_S_HOUR)


_RECOMPUTE = {
    "15x": _money_claim,
    "75m-from-5m": _money_claim,
    "two-cents": _two_cents,
    "5x-in-2-months": _software,
    "10x-per-mw": _per_mw_10,
    "50x-per-mw": _per_mw_50,
    "35x": _cost_35,
    "15x-lower-cost": _cost_15,
}
