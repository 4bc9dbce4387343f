"""The ``claims`` template: ``inputs`` of each claim, ``audits`` of them, ``verdicts``; ``book`` puts them together."""

from tokenbook.templates.models.claims.book import compose, headline

__all__ = ["compose", "headline"]
