"""What is reported: findings in categories."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: where, what, and the formula concerned. ``cell`` is empty for a whole sheet or file."""

    sheet: str
    cell: str
    text: str
    formula: str = ""

    @property
    def where(self) -> str:
        return f"{self.sheet}!{self.cell}" if self.sheet and self.cell else self.sheet or self.cell


@dataclass(slots=True)
class Category:
    """Findings of one kind.

    ``fails`` says that a finding makes the audit fail; ``summary`` is what stands in the overview, "none" without it;
    ``facts`` are lines that are no findings.
    """

    key: str
    title: str
    fails: bool = False
    findings: list[Finding] = field(default_factory=list)
    summary: str = ""
    facts: list[str] = field(default_factory=list)

    def add(self, *finding: str) -> None:
        self.findings.append(Finding(*finding))
