"""One figure of the catalogue, with everything without which it would not be usable."""

from __future__ import annotations

from dataclasses import asdict, dataclass

TOKENS_PER_K = 1024  # "8k/1k" in inference benchmarks is 8192/1024


@dataclass(frozen=True, slots=True)
class Baseline:
    """A dated, sourced figure.

    Empty text and None mean "does not apply" or "the source does not say".
    `as_of` is the ISO date from which the figure was known; `origin` is "shipped" or "team: <place>".
    """

    id: str
    platform: str
    vendor: str
    metric: str
    value: float
    unit: str
    kind: str
    qualifier: str
    model: str
    conditions: str
    tier: str
    source: str
    source_ref: str
    as_of: str
    confidence: str
    isl: int | None = None
    osl: int | None = None
    precision: str = ""
    framework: str = ""
    interactivity: float | None = None  # [tok/s/user]
    concurrency: int | None = None
    run_date: str = ""
    ttft_ms: float | None = None
    origin: str = "shipped"

    @property
    def shape(self) -> str:
        """Input and output length as the field writes it: "8k/1k" (empty without a shape)."""
        if self.isl is None or self.osl is None:
            return ""
        return f"{_length(self.isl)}/{_length(self.osl)}"

    @property
    def words(self) -> str:
        """The words that tell this figure from others of its metric, as `conditions` takes them."""
        speed = f"at {self.interactivity:.4g} tok/s/user" if self.interactivity else ""
        parts = (self.tier, self.shape, self.precision, self.framework, self.conditions, speed)
        return " ".join(part for part in parts if part)

    @property
    def is_team(self) -> bool:
        """True for a row of the team's own catalogue."""
        return self.origin != "shipped"

    def as_dict(self) -> dict[str, object]:
        """All fields in the order of the schema, ready for JSON or CSV."""
        return asdict(self)


def _length(tokens: int) -> str:
    return f"{tokens // TOKENS_PER_K}k" if tokens % TOKENS_PER_K == 0 else str(tokens)


FIELDS = tuple(name for name in Baseline.__dataclass_fields__ if name != "origin")
KINDS = ("measured", "claim", "specification", "price", "assumption")
CONFIDENCES = ("high", "medium", "low")  # best first
