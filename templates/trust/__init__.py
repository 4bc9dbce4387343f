"""The one trust rule: an engine calculates a workbook only where it reproduces what the file holds. README.md says it.

From the bottom: ``stored`` (what the file holds), ``engines`` (two engines under one face), ``rule`` (which of them
calculates, and which cells are unknown).
"""

from tokenbook.templates.trust.rule import Doubt, Trusted, trusted

__all__ = ["Doubt", "Trusted", "trusted"]
